/*
 * start shell: a shell of the user's, by his own rights, at the terminal of the command line. Whether he may is the gateway's to
 * say, and was said before.
 */
#ifndef CLI_SHELL_H
#define CLI_SHELL_H

#include <stdbool.h>

#include "base/text.h"

/* Is the line start shell? */
bool cli_shell_wanted(const char *line);
/* Runs it until its end. `keys`: the terminal, -1: none. False with a sentence. */
bool cli_shell_run(int keys, struct text *error) __attribute__((warn_unused_result));

#endif
