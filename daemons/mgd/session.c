/*
 * What is said to a front end. See session.h.
 */
#include "session.h"

#include <stdarg.h>

bool
session_has_room(const struct session *session)
{
	return ipc_connection_queued(session->client->connection) <= IPC_QUEUE_HIGH;
}

static void
send_text(struct session *session, enum ipc_type type, const struct text *text)
{
	if (text_failed(text)) {
		ipc_client_close(session->client);
		return;
	}
	if (ipc_connection_send_chunks(session->client->connection, type, session->request, text_string(text),
	        text->length) != IPC_OK) {
		ipc_client_close(session->client);
	}
	if (!session_has_room(session)) {
		ipc_client_expect_drained(session->client);
	}
}

void
session_print(struct session *session, const struct text *text)
{
	send_text(session, IPC_CLI_OUTPUT, text);
}

void
session_fail(struct session *session, const struct text *text)
{
	/* Of several commands in one, what one could not do stands where its output would. */
	send_text(session, session->then == NULL ? IPC_CLI_ERROR : IPC_CLI_OUTPUT, text);
}

void
session_failf(struct session *session, const char *format, ...)
{
	struct text text = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	session_fail(session, &text);
	text_release(&text);
}

void
session_say(struct session *session, const char *line)
{
	struct text text = TEXT_EMPTY;

	text_printf(&text, "%s\n", line);
	session_print(session, &text);
	text_release(&text);
}

void
session_sayf(struct session *session, const char *format, ...)
{
	struct text text = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	text_append_char(&text, '\n');
	session_print(session, &text);
	text_release(&text);
}

void
session_forget_levels(struct session *session)
{
	while (session->depth > 0) {
		text_release(&session->before[--session->depth]);
	}
	text_clear(&session->level);
}

void
session_done(struct session *session, enum ipc_done_status status)
{
	struct ipc_done done = {.status = status,
	    .mode = session->mode,
	    .level = text_string(&session->level),
	    .user = session->user,
	    .host = mgd_host_name(session->mgd),
	    .question = text_string(&session->question)};
	struct text encoded = TEXT_EMPTY;

	if (session->then != NULL) {
		session->then(session);
		return;
	}
	session->busy = false;
	ipc_done_encode(&done, &encoded);
	if (text_failed(&encoded) ||
	    ipc_connection_send(session->client->connection, IPC_CLI_DONE, session->request, encoded.bytes,
	        encoded.length) != IPC_OK) {
		ipc_client_close(session->client);
	}
	text_release(&encoded);
	text_clear(&session->question);
}

void
session_tell_all(struct mgd *mgd, const char *line)
{
	const struct ipc_client *client;
	struct text notice = TEXT_EMPTY;

	if (mgd->server == NULL) {
		return; /* at boot nobody is there yet */
	}
	text_printf(&notice, "Message from %s: %s", mgd_host_name(mgd), line);
	for (size_t i = 0; !text_failed(&notice) && (client = ipc_server_client(mgd->server, i)) != NULL; i++) {
		/* Who is known has a class: nobody else is told anything. */
		if (client->data != NULL && ((const struct session *)client->data)->known) {
			(void)ipc_connection_send(client->connection, IPC_CLI_NOTICE, 0, notice.bytes, notice.length);
		}
	}
	text_release(&notice);
}
