/*
 * What the op files share: the table's body, the words of a line, and what may stand next in one.
 */
#ifndef CONF_OP_PRIVATE_H
#define CONF_OP_PRIVATE_H

#include "conf/op.h"

/* Leading words that are no command by themselves: "show security". */
struct op_group {
	const char *words;
	size_t length;
	const char *help; /* ends at `help_length` */
	size_t help_length;
};

struct op_table {
	struct op_rpc *rpcs; /* in the order of the modules, then of their statements */
	size_t rpc_count;
	struct op_group *groups;
	size_t group_count;
	const struct schema *schema; /* owns the strings that the rows borrow */
};

/* --- words of a line -------------------------------------------------------------------------------------------- */

struct op_word {
	const char *start; /* in the line, with its quotes */
	size_t length;
	bool quoted;
	bool open; /* a quote that the line does not close */
};

/*
 * The next word at or after `*cursor`, which moves behind it. A `|` outside quotes is a word by itself. False: no
 * more. A line that begins with `#` is a comment (op_parse() knows).
 */
bool op_next_word(const char **cursor, struct op_word *word);
/* A word's text without quotes and backslashes; appends. */
void op_word_text(const struct op_word *word, struct text *out);

/* --- matching words against the table --------------------------------------------------------------------------- */

/* One thing that may stand at a place of a command line. */
enum op_step_kind {
	OP_STEP_WORD,     /* a leading word of commands */
	OP_STEP_ARGUMENT, /* an argument's name, or a positional one, of `rpc` */
	OP_STEP_PIPE,
	OP_STEP_ENTER,
};

/* How far a line has been read. */
struct op_walk {
	const struct op_table *table;
	enum op_mode mode;
	struct text path;         /* the whole words so far: "show security" */
	const struct op_rpc *rpc; /* the command that `path` names, or NULL: not yet one */
	bool leaf;                /* an argument was read: no more leading words */
	uint64_t given;           /* bits of rpc->arguments */
};

struct op_step {
	enum op_step_kind kind;
	const char *word; /* not terminated at word_length for leading words */
	size_t word_length;
	const char *help; /* not terminated either */
	size_t help_length;
	const struct op_argument *argument;
};

/* Is the line a whole command as it stands? */
bool op_walk_complete(const struct op_walk *walk);
void op_walk_start(struct op_walk *walk, const struct op_table *table, enum op_mode mode);
void op_walk_release(struct op_walk *walk);
/* Calls `each` for everything that may stand next; it returns false to stop. */
void op_walk_steps(const struct op_walk *walk, bool (*each)(void *context, const struct op_step *step), void *context);
/* Takes a leading word. */
void op_walk_enter(struct op_walk *walk, const struct op_step *step);
/* Marks an argument as given. */
void op_walk_give(struct op_walk *walk, const struct op_argument *argument);

enum op_match {
	OP_MATCH_NONE,
	OP_MATCH_ONE,
	OP_MATCH_MANY,
};

/* Finds the step whose word is `text`, or the only one that begins with it; a positional argument takes what fits no word. */
enum op_match op_walk_match(const struct op_walk *walk, const char *text, bool quoted, struct op_step *step);

/* --- pipes ------------------------------------------------------------------------------------------------------- */

struct op_pipe_row {
	const char *name;
	const char *value; /* placeholder of its value; NULL: none */
	const char *help;
	bool local; /* the front end does it; it never comes here */
};

const struct op_pipe_row *op_pipe_rows(size_t *count);
/* Reads what follows the first `|` of a line (cursor behind it) into command->pipe. */
bool op_pipe_parse(const char *line, const char *cursor, struct op_command *command, struct op_error *error);
void op_pipe_complete(const char *cursor, void (*each)(void *context, const struct conf_candidate *candidate),
    void *context);

#endif
