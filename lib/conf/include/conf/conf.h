/*
 * Loading, rendering, editing, comparing and checking configurations: the verbs of lib/conf.
 *
 * Loading accepts statement by statement (errata.md): what is wrong is reported with its line, the rest still loads. The
 * caller decides whether errors make the load void. Checks are strict: any dangling reference or missing mandatory leaf.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "conf/diagnostic.h"
#include "conf/tree.h"

enum conf_format {
	CONF_FORMAT_AUTO,
	CONF_FORMAT_SET,
	CONF_FORMAT_TEXT, /* curly */
	CONF_FORMAT_JSON,
	CONF_FORMAT_XML,
};

/* "set", "text", ...; false for an unknown word. */
bool conf_format_parse(const char *word, enum conf_format *format);
/* What the bytes look like: set lines, JSON, XML, else curly. */
enum conf_format conf_format_guess(const char *bytes, size_t length);

/*
 * Reads `length` bytes into the tree (merge). `file` names the source in diagnostics, NULL for none. Returns false when a
 * statement was refused (its diagnostics are in `list`); what could be read is in the tree all the same.
 */
bool conf_load(struct conf_tree *tree, enum conf_format format, const char *file, const char *bytes, size_t length,
    struct diagnostics *list);

/*
 * Spellings that only the whole configuration can tell are made canonical: a bare application name such as "http" that
 * nobody configured becomes junos-http, "all" becomes any. conf_load() does it at its end; a commit does it to a candidate
 * that was typed. A short memory changes nothing.
 */
void conf_canonicalize(struct conf_tree *tree, struct diagnostics *list);

/* Renders the subtree at `node` (conf_tree_top() for all) in the canonical form. Byte-identical after load and render. */
void conf_render(const struct conf_node *node, enum conf_format format, struct text *out);

/* Every rule that one value alone cannot show: references, mandatory leaves, uniqueness, exclusions. All errors at once. */
void conf_check(const struct conf_tree *tree, struct diagnostics *list);

/* `show | compare`: what changed from `before` to `after`, in JUNOS's form ([edit ...] with + and - lines). */
void conf_compare(const struct conf_tree *before, const struct conf_tree *after, struct text *out);

/* Editing at a level. `level` is the edit path's node words ("security zones"); statements are relative to it. */
struct conf_editor {
	struct conf_tree *tree;
	struct text level; /* "" at the top */
};

/* What is done with the statement that the words name. */
enum conf_edit_verb {
	CONF_EDIT_SET,
	CONF_EDIT_DELETE, /* of this, activate and deactivate: what is not there is a warning, and nothing changes */
	CONF_EDIT_ACTIVATE,
	CONF_EDIT_DEACTIVATE, /* it stays in the text and is as if absent for everyone who reads the tree */
	CONF_EDIT_INSERT,     /* "policy b before policy a" */
	CONF_EDIT_RENAME,     /* "policy a to policy b": the same place, all below it stays */
	CONF_EDIT_COPY,       /* the same, and the first one stays too */
	CONF_EDIT_ANNOTATE,   /* "policy a \"text\"": a comment before the statement; an empty text takes it away */
	CONF_EDIT_PROTECT,    /* no verb but unprotect changes it */
	CONF_EDIT_UNPROTECT,
	CONF_EDIT_ENTER, /* moves the level there; makes what is not there */
};

/* False with diagnostics, and then the tree and the level are exactly what they were. */
bool conf_edit(struct conf_editor *editor, enum conf_edit_verb verb, const char *words, struct diagnostics *list);
/* Deletes all that stands at the level; `count` is how many statements of that level. */
bool conf_edit_clear(struct conf_editor *editor, uint32_t *count, struct diagnostics *list);
/* These never fail below zero. */
bool conf_edit_up(struct conf_editor *editor, uint32_t levels);
void conf_edit_top(struct conf_editor *editor);
/* What is said of words that the schema knows and the tree does not hold; a `show` takes it for an empty answer. */
#define CONF_NO_SUCH_STATEMENT "statement not found"
/* Was this, and nothing else, said of one statement? */
bool conf_only_absent(const struct diagnostics *list) __attribute__((warn_unused_result));
/* The node at the level followed by `words`, or NULL with a diagnostic. Creates nothing. */
const struct conf_node *conf_edit_find(const struct conf_editor *editor, const char *words, struct diagnostics *list);

/*
 * Completion of a set/delete/edit/show line at the editor's level. For each possible next word calls `each`; `value` tells a
 * placeholder such as <name> from a keyword. Names that exist come first.
 */
enum conf_candidate_kind {
	CONF_CANDIDATE_KEYWORD,
	CONF_CANDIDATE_NAME,        /* an existing name: list entry or reference target */
	CONF_CANDIDATE_PLACEHOLDER, /* <value> with its type, range and default in help */
	CONF_CANDIDATE_ENTER,       /* <[Enter]>: the line is complete as it stands */
	CONF_CANDIDATE_LEVEL,       /* a keyword with statements below it: JUNOS marks it > */
	CONF_CANDIDATE_SET,         /* a keyword that takes several values: JUNOS marks it + */
};

struct conf_candidate {
	enum conf_candidate_kind kind;
	const char *word;
	const char *help;
};

enum conf_verb {
	CONF_VERB_SET,
	CONF_VERB_DELETE,
	CONF_VERB_EDIT,
	CONF_VERB_SHOW,
	CONF_VERB_INSERT,
	CONF_VERB_RENAME, /* copy too */
};

void conf_complete(const struct conf_editor *editor, enum conf_verb verb, const char *words,
    void (*each)(void *context, const struct conf_candidate *candidate), void *context);

#endif
