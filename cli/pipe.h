/*
 * The filters behind `|` that work on lines of text: match, except, find, last, count, no-more.
 *
 * A pipeline is made of one typed line: its filters are taken out, the rest (with | display and | compare, which are mgd's)
 * is the command to send. What the command prints is fed through, whole lines reach the sink.
 */
#ifndef CLI_PIPE_H
#define CLI_PIPE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	CLI_FILTERS = 8,
	CLI_PATTERN_LENGTH = 255,
	CLI_LAST_LINES = 100000,
};

enum cli_filter_kind {
	CLI_FILTER_MATCH,
	CLI_FILTER_EXCEPT,
	CLI_FILTER_FIND,
	CLI_FILTER_LAST,
	CLI_FILTER_COUNT,
};

struct cli_filter {
	enum cli_filter_kind kind;
	regex_t pattern;
	bool found;    /* find: it has begun */
	size_t count;  /* count: lines; last: how many are wanted */
	char **lines;  /* last: a ring of `count` */
	size_t next;   /* ... where the next one goes */
};

struct cli_pipeline {
	struct text command;
	struct cli_filter filters[CLI_FILTERS];
	size_t filter_count;
	bool no_more;
	struct text partial; /* a line that has not ended yet */
	bool failed;         /* out of memory */
};

/* False: the sink wants no more. */
typedef bool (*cli_sink)(void *context, const char *bytes, size_t length);

/* False with a sentence in `error` and its place in the line; nothing to release then. */
bool cli_pipeline_parse(struct cli_pipeline *pipeline, const char *line, size_t *column, struct text *error)
    __attribute__((warn_unused_result));
bool cli_pipeline_feed(struct cli_pipeline *pipeline, const char *bytes, size_t length, cli_sink sink, void *context)
    __attribute__((warn_unused_result));
/* What is still held: an unended line, the last lines, the count. */
void cli_pipeline_end(struct cli_pipeline *pipeline, cli_sink sink, void *context);
void cli_pipeline_release(struct cli_pipeline *pipeline);

#endif
