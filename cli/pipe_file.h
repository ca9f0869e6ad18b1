/*
 * Where a filter writes lines to: | save, | append and | tee.
 *
 * The file is made when the first line comes or the output ends, so that a command that fails leaves what was there.
 */
#ifndef CLI_PIPE_FILE_H
#define CLI_PIPE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/text.h"

struct cli_pipe_file {
	char *path;
	FILE *file;
	bool append;
	size_t lines;
	int problem; /* an errno; 0: none */
};

/* False with a sentence in `error`: no name, or no memory. */
bool cli_pipe_file_start(struct cli_pipe_file *file, const char *path, struct text *error)
    __attribute__((warn_unused_result));
/* False: it could not be written; cli_pipe_file_end() says why. */
bool cli_pipe_file_line(struct cli_pipe_file *file, const char *line);
/* Closes it: "Wrote 3 lines of output to 'NAME'" or what went wrong. True: all is written. */
bool cli_pipe_file_end(struct cli_pipe_file *file, struct text *out) __attribute__((warn_unused_result));
void cli_pipe_file_release(struct cli_pipe_file *file);

#endif
