/*
 * Inside lib/conf: the verbs of set lines, for files and for the command line.
 *
 * The statement's tokens hold the level's words, then the verb's; reading begins at `from`.
 */
#ifndef EDIT_H
#define EDIT_H

#include "statement.h"

enum edit_verb {
	EDIT_SET,
	EDIT_DELETE,
	EDIT_ACTIVATE,
	EDIT_DEACTIVATE,
	EDIT_INSERT,
	EDIT_ENTER, /* makes the level; the caller takes its path from statement_node() */
};

/* True when it was done; else diagnostics, and the tree is what it was. */
bool edit_run(struct statement *statement, enum edit_verb verb, size_t from) __attribute__((warn_unused_result));

#endif
