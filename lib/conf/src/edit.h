/*
 * Inside lib/conf: the verbs of set lines, for files and for the command line.
 *
 * The statement's tokens hold the level's words, then the verb's; reading begins at `from`.
 */
#ifndef EDIT_H
#define EDIT_H

#include "conf/conf.h"
#include "statement.h"

/*
 * True when it was done; else diagnostics, and the tree is what it was. CONF_EDIT_ENTER makes the level; the caller takes
 * its path from statement_node().
 */
bool edit_run(struct statement *statement, enum conf_edit_verb verb, size_t from) __attribute__((warn_unused_result));
/* The statement of a line without doing anything: the level's words, then `words`. => statement_release() in any case */
bool edit_prepare(struct statement *statement, const struct conf_editor *editor, const char *words,
    struct diagnostics *list) __attribute__((warn_unused_result));

/* CONF_NO_SUCH_STATEMENT as an error; returns false. */
bool edit_missing(struct statement *statement);
/* Memory is short; returns false. */
bool edit_no_memory(struct statement *statement);
/* May the node be changed; with `below`, taken away with all below it? Else it is told. */
bool edit_allowed(struct statement *statement, const struct conf_node *node, bool below);

/* In edit_pattern.c: an error about a node, NULL for none; and about memory. Both return false. */
bool edit_tell(struct diagnostics *list, const struct conf_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool edit_list_no_memory(struct diagnostics *list);
/* A copy of the editor's tree to work on; NULL: it was told. */
struct conf_tree *edit_copy_tree(const struct conf_editor *editor, struct diagnostics *list)
    __attribute__((warn_unused_result));

/* In edit_verbs.c. */
bool edit_rename(struct statement *statement, size_t from, bool copies) __attribute__((warn_unused_result));
bool edit_annotate(struct statement *statement, size_t from) __attribute__((warn_unused_result));

/*
 * A comment as it is kept: one line, blanks folded. False when it cannot be: control characters, no UTF-8, the end of a
 * comment inside.
 */
bool edit_clean_annotation(const char *bytes, size_t length, struct text *out) __attribute__((warn_unused_result));

#endif
