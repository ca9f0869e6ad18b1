/*
 * See conversation.h.
 */
#include "conversation.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "audit.h"
#include "command_line.h"
#include "command_run.h"
#include "commit.h"
#include "conf/line.h"
#include "editing.h"
#include "history.h"
#include "monitor.h"
#include "relay.h"

enum { AUDIT_READ = 4096 }; /* octets of a line that is looked at to hide secrets */

struct session *
conversation_start(struct mgd *mgd, struct ipc_client *client)
{
	struct session *session = calloc(1, sizeof(*session));

	if (session == NULL) {
		return NULL;
	}
	session->mgd = mgd;
	session->client = client;
	session->last = mgd_now();
	session->began = (int64_t)time(NULL);
	access_start(session);
	return session;
}

void
conversation_end(struct session *session)
{
	if (session == NULL) {
		return;
	}
	relay_destroy(session->relay);
	monitors_forget(session->mgd->monitors, session);
	commit_orphan(session->mgd, session);
	editing_close(session, false);
	access_end(session);
	session_forget_levels(session);
	text_release(&session->level);
	text_release(&session->content);
	text_release(&session->question);
	free(session);
}

/*
 * Secrets are known by the keyword in front of them. Of a line that cannot be read with whole keywords, a shortened one may
 * be that: then all behind it is kept from the log.
 */
static void
record_command(struct session *session, const char *line)
{
	struct text whole = TEXT_EMPTY;
	const bool read = strlen(line) <= AUDIT_READ && command_line_whole(session, line, &whole);

	audit_command(session->mgd, session->user, read ? text_string(&whole) : line,
	    read || session->mode != IPC_MODE_CONFIGURE);
	text_release(&whole);
}

/* It may have been a password. */
static void
forget_content(struct session *session)
{
	if (session->content.bytes != NULL) {
		explicit_bzero(session->content.bytes, session->content.length);
	}
	text_release(&session->content);
}

static void
take_command(struct session *session, const struct ipc_message *message)
{
	static const enum ipc_done_status ends[] = {
	    [COMMAND_DONE] = IPC_DONE_OK,
	    [COMMAND_WRONG] = IPC_DONE_ERROR,
	    [COMMAND_LEAVE] = IPC_DONE_LEAVE,
	    [COMMAND_SECRET] = IPC_DONE_SECRET,
	    [COMMAND_QUESTION] = IPC_DONE_QUESTION,
	};
	struct ipc_command command;
	enum command_outcome outcome;

	if (session->busy || !ipc_command_decode(&command, message->payload, message->length)) {
		ipc_client_close(session->client);
		return;
	}
	session->busy = true;
	session->last = mgd_now();
	session->request = message->request;
	const char *line = conf_line_pasted(command.line);

	session->indent =
	    command.indent == IPC_INDENT_ECHO ? command.indent : (uint16_t)(command.indent + (line - command.line));
	if (line[strspn(line, " \t")] != '\0') {
		record_command(session, line);
	}
	outcome = !access_refresh(session)
	    ? COMMAND_WRONG
	    : command_run(session, line,
	          session->mode == IPC_MODE_CONFIGURE ? OP_MODE_CONFIGURATION : OP_MODE_OPERATIONAL);
	ipc_string_release(command.line);
	forget_content(session);
	if (outcome != COMMAND_LATER) {
		session_done(session, ends[outcome]);
	}
}

static void
add_candidate(void *context, const struct conf_candidate *candidate)
{
	static const enum ipc_candidate_kind kinds[] = {
	    [CONF_CANDIDATE_KEYWORD] = IPC_CANDIDATE_KEYWORD,
	    [CONF_CANDIDATE_NAME] = IPC_CANDIDATE_NAME,
	    [CONF_CANDIDATE_PLACEHOLDER] = IPC_CANDIDATE_PLACEHOLDER,
	    [CONF_CANDIDATE_ENTER] = IPC_CANDIDATE_ENTER,
	    [CONF_CANDIDATE_LEVEL] = IPC_CANDIDATE_LEVEL,
	    [CONF_CANDIDATE_SET] = IPC_CANDIDATE_SET,
	};

	ipc_candidates_add(context, kinds[candidate->kind], candidate->word, candidate->help);
}

/* Names that the session may not see are not offered. */
static void
complete_line(struct session *session, const char *line, struct ipc_candidates *list)
{
	const bool edits = session->mode == IPC_MODE_CONFIGURE;
	struct conf_editor editor = {.level = TEXT_EMPTY};
	struct access_view view;

	if (!access_known(session) ||
	    !access_view_names(session, edits ? editing_candidate(session) : session->mgd->running, &view)) {
		return;
	}
	if (edits) {
		editor = editing_editor(session);
	}
	editor.tree = view.tree;
	op_complete(session->mgd->commands, edits ? OP_MODE_CONFIGURATION : OP_MODE_OPERATIONAL, &editor, line,
	    add_candidate, list);
	access_view_end(&view);
}

/* Where the last word begins; blanks in quotation marks are part of it. */
static const char *
last_word(const char *line)
{
	const char *word = line;
	bool inside = false;

	for (const char *c = line; *c != '\0'; c++) {
		if (*c == '\\' && inside && c[1] != '\0') {
			c++;
		} else if (*c == '"') {
			inside = !inside;
		} else if (*c == ' ' && !inside) {
			word = c + 1;
		}
	}
	return word;
}

static void
take_complete(struct session *session, const struct ipc_message *message)
{
	struct ipc_candidates list = IPC_CANDIDATES_EMPTY;
	struct ipc_complete complete;
	struct text encoded = TEXT_EMPTY;

	if (!ipc_complete_decode(&complete, message->payload, message->length)) {
		ipc_client_close(session->client);
		return;
	}
	complete_line(session, complete.line, &list);
	if (session->known) {
		history_complete(session, complete.line, &list);
	}
	list.replace = (uint32_t)strlen(last_word(complete.line));
	ipc_candidates_encode(&list, &encoded);
	if (text_failed(&encoded) ||
	    ipc_connection_send(session->client->connection, IPC_CLI_CANDIDATES, message->request, encoded.bytes,
	        encoded.length) != IPC_OK) {
		ipc_client_close(session->client);
	}
	text_release(&encoded);
	ipc_candidates_release(&list);
	ipc_string_release(complete.line);
}

static void
interrupt(struct session *session)
{
	/* A commit goes on to its end: half of one is not to be had. */
	if (session->relay != NULL) {
		relay_destroy(session->relay);
		session->relay = NULL;
		session->then = NULL;
		session->discreet = false;
		session_failf(session, "^C\n");
		session_done(session, IPC_DONE_ERROR);
	}
	monitors_interrupt(session->mgd->monitors, session);
}

/* A file comes in pieces before its command. One that no configuration can be that big ends the connection. */
static void
take_content(struct session *session, const struct ipc_message *message)
{
	if (session->busy || session->content.length + message->length > SESSION_CONTENT_MOST) {
		ipc_client_close(session->client);
		return;
	}
	text_append_bytes(&session->content, (const char *)message->payload, message->length);
	if (text_failed(&session->content)) {
		ipc_client_close(session->client);
	}
}

void
conversation_take(struct session *session, const struct ipc_message *message)
{
	if (message->type == IPC_CLI_COMMAND) {
		take_command(session, message);
	} else if (message->type == IPC_CLI_CONTENT) {
		take_content(session, message);
	} else if (message->type == IPC_CLI_COMPLETE) {
		take_complete(session, message);
	} else if (message->type == IPC_CLI_INTERRUPT) {
		interrupt(session);
	} else {
		ipc_client_close(session->client);
	}
}
