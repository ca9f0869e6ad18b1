/*
 * The filters behind `|` that work on lines of text: match, except, find, last, count, trim, save, append, tee; and those
 * that say how all of it is shown: no-more, hold, refresh.
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
#include "pipe_file.h"

enum {
	CLI_FILTERS = 8,
	CLI_PATTERN_LENGTH = 255,
	CLI_LAST_LINES = 100000,
	CLI_TRIM_COLUMNS = 65535,
	CLI_REFRESH_SECONDS = 604800, /* a week */
};

enum cli_filter_kind {
	CLI_FILTER_MATCH,
	CLI_FILTER_EXCEPT,
	CLI_FILTER_FIND,
	CLI_FILTER_LAST,
	CLI_FILTER_COUNT,
	CLI_FILTER_TRIM,
	CLI_FILTER_SAVE, /* | append as well */
	CLI_FILTER_TEE,
};

struct cli_filter {
	enum cli_filter_kind kind;
	regex_t pattern;
	bool found;    /* find: it has begun */
	size_t count;  /* count: lines; last: how many are wanted; trim: columns */
	struct cli_pipe_file file;
	char **lines;  /* last: a ring of `count` */
	size_t next;   /* ... where the next one goes */
};

struct cli_pipeline {
	struct text command;
	struct cli_filter filters[CLI_FILTERS];
	size_t filter_count;
	bool no_more;
	bool hold;          /* stop once more at the end */
	unsigned refresh;   /* seconds after which all begins again; 0: never */
	struct text partial; /* a line that has not ended yet */
	struct text problem; /* a file that could not be written */
	bool failed;         /* out of memory */
	bool refused;        /* the command failed: files that nothing came for stay as they are */
};

/* A pattern of ours, bounded in what it may cost. False with a sentence in `error`. */
bool cli_pattern_compile(regex_t *compiled, const char *pattern, struct text *error) __attribute__((warn_unused_result));

/* False: the sink wants no more. */
typedef bool (*cli_sink)(void *context, const char *bytes, size_t length);

/* False with a sentence in `error` and its place in the line; nothing to release then. */
bool cli_pipeline_parse(struct cli_pipeline *pipeline, const char *line, size_t *column, struct text *error)
    __attribute__((warn_unused_result));
/* False: the sink wants no more, or a file that the lines go to cannot be written: cli_pipeline_end() says why. */
bool cli_pipeline_feed(struct cli_pipeline *pipeline, const char *bytes, size_t length, cli_sink sink, void *context)
    __attribute__((warn_unused_result));
/* What is still held: an unended line, the last lines, the count; files are closed. */
void cli_pipeline_end(struct cli_pipeline *pipeline, cli_sink sink, void *context);
void cli_pipeline_release(struct cli_pipeline *pipeline);

#endif
