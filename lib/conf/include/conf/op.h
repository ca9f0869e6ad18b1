/*
 * Operational commands: the data trees that daemons answer with, the command table, and the renderers.
 *
 * One definition: the rpcs of schema/NAME-op.yang say the words of a command, who answers it, its arguments and how its
 * output looks. Names are JUNOS's rpc and element names.
 *
 * The way of a command:
 *   mgd: op_parse(line) -> struct op_command {rpc, request tree, pipe}
 *        rpc->daemon is OP_DAEMON_MGD: mgd answers itself; else it sends the encoded request tree to that daemon
 *   daemon: op_tree_decode(request); looks up request.root->name; reads arguments by op_value(); answers with one or
 *        more trees (chunks), each encoded by op_tree_encode(). Every chunk has the same root element as the rpc's
 *        output, and each child of the root is whole in one chunk: the renderer joins them.
 *   mgd: op_renderer_start(), op_renderer_add() for each chunk as it comes, op_renderer_end().
 *
 * A request tree's root is named as the rpc; each argument is a child with the canonical value, a flag has none.
 * Nothing here has a thread or a clock; a table is immutable after op_table_create().
 */
#ifndef CONF_OP_H
#define CONF_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"
#include "conf/conf.h"

/* --- data trees ------------------------------------------------------------------------------------------------- */

enum {
	OP_TREE_DEPTH = 16,            /* deeper is malformed */
	OP_TREE_SIZE = 4 * 1024 * 1024, /* a chunk's octets; more is malformed */
};

struct op_node {
	const char *name;
	const char *value; /* NULL: a container or a flag */
	struct op_node *parent;
	struct op_node *first; /* children */
	struct op_node *last;
	struct op_node *next; /* siblings */
};

/*
 * The caller owns the struct; op_tree_release() frees all nodes. A failed allocation is sticky: `failed` is set, further
 * additions return NULL and do nothing, and op_add() under a NULL parent is allowed and does nothing; check once.
 */
struct op_tree {
	struct op_node *root;
	size_t size; /* octets that op_tree_encode() writes: flush a chunk when it passes your limit */
	bool failed;
};

/* Starts a tree with its root element. */
void op_tree_start(struct op_tree *tree, const char *root);
void op_tree_release(struct op_tree *tree);
/* Adds a child at the end. The strings are copied; `value` NULL makes a container or a flag. */
struct op_node *op_add(struct op_tree *tree, struct op_node *parent, const char *name, const char *value);
struct op_node *op_add_number(struct op_tree *tree, struct op_node *parent, const char *name, uint64_t value);
struct op_node *op_addf(struct op_tree *tree, struct op_node *parent, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The first child of that name, NULL when there is none or `node` is NULL. */
const struct op_node *op_find(const struct op_node *node, const char *name);
/* The next sibling of the same name: for (n = op_find(p, "flow-session"); n != NULL; n = op_next(n)). */
const struct op_node *op_next(const struct op_node *node);
/* A child's value; NULL when there is no such child or it has no value. */
const char *op_value(const struct op_node *node, const char *name);
/* The number that a child holds; `otherwise` when it is absent or no number. */
uint64_t op_number(const struct op_node *node, const char *name, uint64_t otherwise);

/* Writes tree->size octets. => !tree->failed */
void op_tree_encode(const struct op_tree *tree, struct writer *writer);
/* The same in a block that the caller frees. NULL: memory is short, or was while the tree was made. */
uint8_t *op_tree_octets(const struct op_tree *tree, size_t *length) __attribute__((warn_unused_result));
/* Builds `tree` from untrusted octets. False when they are malformed, too deep or too many, or memory is short. */
bool op_tree_decode(struct op_tree *tree, struct reader *reader) __attribute__((warn_unused_result));

/* --- the command table ------------------------------------------------------------------------------------------ */

struct op_table;

enum op_daemon {
	OP_DAEMON_MGD,
	OP_DAEMON_FLOWD,
	OP_DAEMON_LOGD,
	OP_DAEMON_TRANSFERD,
	OP_DAEMON_PROBED,
};

enum op_mode {
	OP_MODE_OPERATIONAL,
	OP_MODE_CONFIGURATION,
};

enum op_argument_kind {
	OP_ARGUMENT_FLAG,      /* its name alone: summary */
	OP_ARGUMENT_VALUE,     /* name and value: source-port 80 */
	OP_ARGUMENT_POSITION,  /* a value without a name: show route 10.0.0.1 */
	OP_ARGUMENT_STATEMENT, /* the rest of the line: words of the configuration, relative to the edit level */
	OP_ARGUMENT_COMMAND,   /* the rest of the line: a command (run, top) */
};

struct op_argument {
	const char *name;
	const char *help;
	enum op_argument_kind kind;
	bool mandatory;
	bool alone;            /* stands with no other argument (all) */
	const char *needs;     /* only after this other argument: its name; NULL: none */
	const char *reference; /* lists of the configuration that hold the names, as schema_node's; NULL: none */
	enum op_mode command;  /* OP_ARGUMENT_COMMAND: of this mode */
	const char *units;     /* what the value is, for <placeholder> lines: "prefix", "0..65535" */
	const char *rule;      /* what a value must be; NULL: the type says it */
	const struct schema_node *leaf; /* its type */
};

struct op_column {
	const char *name; /* the leaf */
	const char *heading;
	uint32_t width; /* 0: the last column, as wide as it is */
	bool right;     /* numbers */
};

struct op_rpc {
	const char *name; /* get-flow-session-information */
	const char *words; /* show security flow session */
	const char *help;
	enum op_mode mode;
	enum op_daemon daemon;
	const char *root;   /* the output's element, NULL: the answer is no tree (show configuration, commit, quit, ...) */
	const char *layout; /* the text form: "table", "form", "lines", or one of its own; NULL with root NULL */
	const char *row;    /* table: the list under the root */
	const struct op_argument *arguments;
	size_t argument_count;
	bool needs_argument; /* at least one: clear security flow session */
	const struct op_column *columns; /* of the row: a table's headings */
	size_t column_count;
	const struct op_column *labels; /* leaves of the root: a form, or the lines after a table */
	size_t label_count;
};

/* From the rpcs of a schema, which must outlive the table. NULL when memory is short. */
struct op_table *op_table_create(const struct schema *schema) __attribute__((warn_unused_result));
void op_table_destroy(struct op_table *table);
/* An rpc by its name, or NULL. */
const struct op_rpc *op_table_find(const struct op_table *table, const char *name);
const struct op_rpc *op_table_rpcs(const struct op_table *table, size_t *count);

/* --- command lines ---------------------------------------------------------------------------------------------- */

enum op_format {
	OP_FORMAT_TEXT,
	OP_FORMAT_SET, /* | display set: configuration only */
	OP_FORMAT_XML,
	OP_FORMAT_JSON,
};

/* Comments before what configuration shows. */
enum op_remarks {
	OP_REMARKS_NONE,
	OP_REMARKS_INHERITANCE, /* | display inheritance: what is in force, and the groups that it comes from */
	OP_REMARKS_DETAIL,      /* | display detail: what each statement is */
};

/* What mgd does with a command's output. Text filters (match, count, ...) run in the front end and never come here. */
struct op_pipe {
	enum op_format format;
	enum op_remarks remarks;
	bool relative;     /* | display set relative: to the level or statement that is shown */
	bool compare;      /* | compare [rollback N] */
	uint32_t rollback; /* OP_COMPARE_ACTIVE or a number */
};
#define OP_COMPARE_ACTIVE UINT32_MAX

struct op_command {
	const struct op_rpc *rpc;
	struct op_tree request;
	struct op_pipe pipe;
	size_t rest; /* octets before the argument that takes the rest of the line; 0: none does */
};

/* Where a line went wrong: `column` counts octets from the line's start (for the caret), `message` has no newline at its end. */
struct op_error {
	size_t column;
	struct text message;
};
#define OP_ERROR_EMPTY ((struct op_error){.column = 0, .message = {.bytes = NULL}})

/*
 * Parses one line of a mode, with unique prefixes for words. True: `command` is set, op_command_release() frees it. False:
 * `error` says where and what would be allowed. An empty line or one that is only a comment gives true with rpc NULL.
 * The caller handles OP_ARGUMENT_COMMAND (run, top) by parsing the value again in the argument's mode.
 */
bool op_parse(const struct op_table *table, enum op_mode mode, const char *line, struct op_command *command,
    struct op_error *error) __attribute__((warn_unused_result));
void op_command_release(struct op_command *command);
void op_error_release(struct op_error *error);
/*
 * As the command line prints it: a caret under the place, then the message. `indent` is what the prompt takes on the
 * user's screen before the line; OP_INDENT_ECHO prints the line itself first.
 */
void op_error_render(const struct op_error *error, const char *line, uint32_t indent, struct text *out);
#define OP_INDENT_ECHO UINT16_MAX
/* Only the caret's line, under octet `column` of `line`. With OP_INDENT_ECHO no secret of the line is shown. */
void op_caret_render(const char *line, size_t column, uint32_t indent, struct text *out);
/* The commands of a mode with their help, for `help`. */
void op_help(const struct op_table *table, enum op_mode mode, struct text *out);
/*
 * The commands of a mode, and in configuration mode the statements, whose words or help hold `word` in any case. Returns
 * how many.
 */
size_t op_apropos(const struct op_table *table, enum op_mode mode, const char *word, struct text *out);

/*
 * Completion of a line in either mode: the possible next words, or those that begin with its last word when the line does
 * not end in a space. `editor` is the session's candidate and level; in operational mode the running configuration at the
 * top (names for arguments). Statements complete by conf_complete(). Pipes complete after `|`.
 * => editor may be NULL: then no names
 */
void op_complete(const struct op_table *table, enum op_mode mode, const struct conf_editor *editor, const char *line,
    void (*each)(void *context, const struct conf_candidate *candidate), void *context);

/* --- output ----------------------------------------------------------------------------------------------------- */

struct op_renderer {
	const struct op_rpc *rpc;
	const struct op_node *request; /* borrowed: some layouts depend on arguments (summary, detail); may be NULL */
	enum op_format format;
	bool started;
	bool owed; /* text: an empty line before what comes next */
	uint64_t rows;
	struct text last; /* JSON: the element whose array is open; layouts: the group that is open */
};

void op_renderer_start(struct op_renderer *renderer, const struct op_rpc *rpc, const struct op_node *request,
    enum op_format format, struct text *out);
/* Appends a chunk's rendering; take and clear `out` as often as you like. => chunk's root is rpc->root */
void op_renderer_add(struct op_renderer *renderer, const struct op_tree *chunk, struct text *out);
void op_renderer_end(struct op_renderer *renderer, struct text *out);

#endif
