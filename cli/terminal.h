/*
 * The interactive command line: line editing, prompts, completion.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "session.h"

/* Until the user leaves. Opens the session itself, again when the gateway comes back. Returns the exit status. */
int cli_terminal_run(const char *state) __attribute__((warn_unused_result));

#endif
