/*
 * A configuration file as the offline commands take it: named or "-" for standard input, in any form that lib/conf reads.
 *
 * Life cycle: source_open() reads the bytes and fixes the form; source_load() may be called for any number of trees;
 * source_release() gives the bytes back.
 */
#ifndef FRONT_SOURCE_H
#define FRONT_SOURCE_H

#include <stdbool.h>

#include "base/text.h"
#include "conf/conf.h"

struct source {
	const char *name; /* as diagnostics call it */
	enum conf_format format;
	struct text bytes;
};

/* Reads all of `path`. Returns false with a line on stderr. */
bool source_open(struct source *source, const char *command, const char *path, enum conf_format format)
    __attribute__((warn_unused_result));
void source_release(struct source *source);
/* What is in force in place of what is written, when there are groups. False: memory is short, it is told. */
bool source_expand(struct conf_tree **tree, struct diagnostics *list);
/* As conf_load(): false when a statement was refused. */
bool source_load(const struct source *source, struct conf_tree *tree, struct diagnostics *list);
/* The word of --format; false with a line on stderr when we cannot read that. */
bool source_format(const char *command, const char *word, enum conf_format *format);
/* The compiled schema, or NULL with a line on stderr. */
struct schema *source_schema(const char *command) __attribute__((warn_unused_result));
/*
 * Prints a list to stderr, sorted, one line each, errors as FILE:LINE: [edit path] 'statement': message, whatever of that
 * the list leaves open. Returns true when there was no error in it. The list is released.
 */
bool source_report(struct diagnostics *list, const char *command, const struct source *source);

#endif
