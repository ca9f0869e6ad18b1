/*
 * A session with mgd. See session.h.
 */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/connection.h"
#include "ipc/daemon.h"

enum {
	CLI_COMPLETE_TIME = 3000, /* milliseconds: nobody waits longer for a Tab */
	CLI_SEND_TIME = 10000,
	CLI_NOTICES_MOST = 1 << 20, /* octets that wait for the end of a command */
	CLI_CONTENT_PIECE = 65536, /* octets, the most that a message takes */
};

struct cli_session {
	struct ipc_connection *connection;
	struct ipc_done prompt;
	struct text error;
	struct text notices; /* that came unasked and were not shown yet */
	bool missing;        /* more came than is kept */
	bool lost;           /* the connection is at its end */
	uint32_t request;
};

static void
cli_explain(const char *state, const char *path, const char *why, struct text *error)
{
	struct stat status;

	if (stat(state, &status) != 0 && errno != EACCES) {
		text_printf(error, "no gateway at %s: %s", state, strerror(errno));
	} else if (access(path, F_OK) == 0 && access(path, R_OK | W_OK) != 0) {
		text_printf(error, "%s: %s. Only root and the owner of %s may configure this gateway", path, strerror(errno),
		    state);
		return;
	} else if (access(path, F_OK) != 0 && errno == EACCES) {
		text_printf(error, "%s: %s. Only root and the owner of %s may configure this gateway", path,
		    strerror(EACCES), state);
		return;
	} else {
		text_printf(error, "no gateway runs with state %s (%s)", state, why);
	}
	text_append(error, "\nStart one with 'sallyport up --chassis FILE --config FILE --state DIR', or name the DIR of one "
			   "that runs: 'sallyport cli --state DIR'");
}

struct cli_session *
cli_session_open(const char *state, struct text *error)
{
	struct cli_session *session = calloc(1, sizeof(*session));
	struct text path = TEXT_EMPTY;
	struct text why = TEXT_EMPTY;

	if (session == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	daemon_socket_path(state, "mgd", &path);
	session->connection = ipc_connect(text_string(&path), "cli", &why);
	if (session->connection == NULL) {
		cli_explain(state, text_string(&path), text_string(&why), error);
		free(session);
		session = NULL;
	}
	text_release(&path);
	text_release(&why);
	return session;
}

void
cli_session_close(struct cli_session *session)
{
	if (session == NULL) {
		return;
	}
	ipc_connection_destroy(session->connection);
	ipc_done_release(&session->prompt);
	text_release(&session->error);
	text_release(&session->notices);
	free(session);
}

const char *
cli_session_error(const struct cli_session *session)
{
	return text_string(&session->error);
}

const struct ipc_done *
cli_session_prompt(const struct cli_session *session)
{
	return &session->prompt;
}

static enum cli_result
cli_lost(struct cli_session *session, const char *what)
{
	const char *why = ipc_connection_error(session->connection);

	text_clear(&session->error);
	text_printf(&session->error, "%s%s%s", what, *why == '\0' ? "" : ": ", why);
	if (session->prompt.user == NULL) {
		text_append(&session->error, "; it said nothing at all: only root and the owner of its state directory are let in");
	}
	return CLI_LOST;
}

static bool
cli_send(struct cli_session *session, enum ipc_type type, const struct text *payload)
{
	session->request++;
	return !text_failed(payload) &&
	    ipc_connection_send(session->connection, type, session->request, payload->bytes, payload->length) == IPC_OK &&
	    ipc_wait_sent(session->connection, CLI_SEND_TIME) == IPC_OK;
}

/* Waits for the gateway or the user. False: the connection is at its end. */
static bool
cli_wait(struct cli_session *session, int interrupt, bool *interrupted)
{
	struct pollfd wait[2] = {
	    {.fd = ipc_connection_descriptor(session->connection), .events = POLLIN},
	    {.fd = *interrupted ? -1 : interrupt, .events = POLLIN},
	};

	if (poll(wait, 2, -1) < 0) {
		return errno == EINTR;
	}
	if ((wait[1].revents & POLLIN) != 0) {
		*interrupted = true;
		(void)ipc_connection_send(session->connection, IPC_CLI_INTERRUPT, session->request, NULL, 0);
	}
	if (wait[0].revents == 0) {
		return true;
	}
	const enum ipc_status status = ipc_connection_fill(session->connection);

	return status == IPC_OK || status == IPC_AGAIN;
}

static enum cli_result
cli_take_done(struct cli_session *session, const struct ipc_message *message)
{
	struct ipc_done done;

	if (!ipc_done_decode(&done, message->payload, message->length)) {
		return cli_lost(session, "the gateway's answer is malformed");
	}
	ipc_done_release(&session->prompt);
	session->prompt = done;
	switch (done.status) {
	case IPC_DONE_OK:
		return CLI_OK;
	case IPC_DONE_ERROR:
		return CLI_FAILED;
	case IPC_DONE_LEAVE:
		return CLI_LEAVE;
	case IPC_DONE_SECRET:
	case IPC_DONE_QUESTION:
		return CLI_ASKS;
	}
	return CLI_FAILED;
}

/* False: it is something else. */
static bool
cli_take_notice(struct cli_session *session, const struct ipc_message *message)
{
	if (message->type != IPC_CLI_NOTICE) {
		return false;
	}
	if (session->notices.length < CLI_NOTICES_MOST) {
		text_append_bytes(&session->notices, (const char *)message->payload, message->length);
	} else {
		session->missing = true;
	}
	return true;
}

int
cli_session_descriptor(const struct cli_session *session)
{
	return session->lost ? -1 : ipc_connection_descriptor(session->connection);
}

void
cli_session_notices(struct cli_session *session, struct text *out)
{
	struct ipc_message message;

	if (!session->lost) {
		const enum ipc_status status = ipc_connection_fill(session->connection);

		session->lost = status != IPC_OK && status != IPC_AGAIN;
	}
	while (ipc_connection_next(session->connection, &message) == IPC_OK) {
		(void)cli_take_notice(session, &message);
	}
	text_append(out, text_string(&session->notices));
	text_append(out, session->missing ? "*** more came than could be kept: lines are missing ***\n" : "");
	text_clear(&session->notices);
	session->missing = false;
}

static enum cli_result
cli_receive(struct cli_session *session, const struct cli_receiver *receiver)
{
	struct ipc_message message;
	bool interrupted = false;
	bool wanted = true;

	for (;;) {
		const enum ipc_status status = ipc_connection_next(session->connection, &message);

		if (status == IPC_AGAIN) {
			if (!cli_wait(session, receiver->interrupt, &interrupted)) {
				return cli_lost(session, "the gateway went away");
			}
			continue;
		}
		if (status != IPC_OK) {
			return cli_lost(session, "the connection to the gateway is lost");
		}
		if (cli_take_notice(session, &message) || message.request != session->request) {
			continue; /* of a completion that was not waited for */
		}
		if (message.type == IPC_CLI_DONE) {
			return cli_take_done(session, &message);
		}
		if (message.type == IPC_CLI_ERROR) {
			receiver->error(receiver->context, (const char *)message.payload, message.length);
		} else if (message.type == IPC_CLI_OUTPUT && wanted && !interrupted) {
			wanted = receiver->output(receiver->context, (const char *)message.payload, message.length);
			if (!wanted) {
				interrupted = true;
				(void)ipc_connection_send(session->connection, IPC_CLI_INTERRUPT, session->request, NULL, 0);
			}
		}
	}
}

enum cli_result
cli_session_run(struct cli_session *session, const struct ipc_command *command, const struct cli_receiver *receiver)
{
	struct text payload = TEXT_EMPTY;

	ipc_command_encode(command, &payload);
	const bool sent = cli_send(session, IPC_CLI_COMMAND, &payload);

	text_release(&payload);
	return sent ? cli_receive(session, receiver) : cli_lost(session, "the gateway went away");
}

bool
cli_session_content(struct cli_session *session, const char *bytes, size_t length)
{
	while (length > 0) {
		const size_t part = length < CLI_CONTENT_PIECE ? length : CLI_CONTENT_PIECE;

		if (ipc_connection_send(session->connection, IPC_CLI_CONTENT, session->request, bytes, part) != IPC_OK ||
		    ipc_wait_sent(session->connection, CLI_SEND_TIME) != IPC_OK) {
			return false;
		}
		bytes += part;
		length -= part;
	}
	return true;
}

bool
cli_session_complete(struct cli_session *session, const char *line, enum ipc_complete_reason reason,
    struct ipc_candidates *candidates)
{
	struct text payload = TEXT_EMPTY;
	struct ipc_message message;

	ipc_complete_encode(&(struct ipc_complete){.line = line, .reason = reason}, &payload);
	bool ok = cli_send(session, IPC_CLI_COMPLETE, &payload);

	text_release(&payload);
	while (ok) {
		ok = ipc_wait_message(session->connection, &message, CLI_COMPLETE_TIME) == IPC_OK;
		if (ok && cli_take_notice(session, &message)) {
			continue;
		}
		if (ok && message.type == IPC_CLI_CANDIDATES && message.request == session->request) {
			return ipc_candidates_decode(candidates, message.payload, message.length);
		}
	}
	return false;
}
