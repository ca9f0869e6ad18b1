/*
 * From a line to the command that does it.
 */
#ifndef MGD_COMMAND_RUN_H
#define MGD_COMMAND_RUN_H

#include "command.h"

/* Runs a command line of the session's mode, or, for `run`, of operational mode. */
enum command_outcome command_run(struct session *session, const char *line, enum op_mode mode);

#endif
