/*
 * A session with mgd: one connection, one command at a time.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "ipc/payload.h"

struct cli_session;

enum cli_result {
	CLI_OK,
	CLI_FAILED, /* the command did; it has said why */
	CLI_LEAVE,  /* quit */
	CLI_ASKS,   /* wants to be run again behind an answer: the status and question of cli_session_prompt() */
	CLI_LOST,   /* the gateway went away; cli_session_error() */
};

/* What a command prints, piece by piece. */
struct cli_receiver {
	void *context;
	/* False: no more is wanted (quit at a page); the command is given up and the rest thrown away. */
	bool (*output)(void *context, const char *bytes, size_t length);
	void (*error)(void *context, const char *bytes, size_t length);
	int interrupt; /* a descriptor that is readable once the user wants to give up (signalfd); -1: none */
};

/* Connects to DIR/run/mgd.sock. NULL with what to do about it in `error`. */
struct cli_session *cli_session_open(const char *state, struct text *error) __attribute__((warn_unused_result));
void cli_session_close(struct cli_session *session);
const char *cli_session_error(const struct cli_session *session);

/* Runs one line. `width`: of the terminal, 0: none. `indent`: columns before the line, or IPC_INDENT_ECHO. */
enum cli_result cli_session_run(struct cli_session *session, const struct ipc_command *command,
    const struct cli_receiver *receiver) __attribute__((warn_unused_result));
/* Sends what the next command loads. False: the gateway went away. */
bool cli_session_content(struct cli_session *session, const char *bytes, size_t length)
    __attribute__((warn_unused_result));
/* The descriptor that is readable when the gateway says something unasked; -1 when the connection is at its end. */
int cli_session_descriptor(const struct cli_session *session);
/* Takes what it said unasked into `out`, also what came while something else was waited for. */
void cli_session_notices(struct cli_session *session, struct text *out);
/* What may follow? False when the gateway does not answer; else release the candidates. */
bool cli_session_complete(struct cli_session *session, const char *line, enum ipc_complete_reason reason,
    struct ipc_candidates *candidates) __attribute__((warn_unused_result));
/* Mode, level, user and host after the last command. */
const struct ipc_done *cli_session_prompt(const struct cli_session *session);

#endif
