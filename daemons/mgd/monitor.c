/*
 * Log files that sessions watch. See monitor.h.
 *
 * A place is free while it has no session. While `starting` the session's command waits for logd's first answer.
 */
#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "history.h"

enum {
	PATIENCE = 5000, /* milliseconds until logd's first answer */
	NAME_MOST = 80,  /* as logd takes them */
};

struct monitor {
	struct session *session; /* NULL: the place is free */
	struct ipc_connection *connection; /* NULL: logd is away */
	char file[NAME_MOST + 1];
	bool starting;
	int64_t deadline;  /* of logd's first answer, monotonic milliseconds */
	int64_t changed;   /* the last line came, UTC seconds; 0: none yet */
	uint64_t right_of; /* the configuration by which its user may have it */
};

struct monitors {
	struct monitor places[MONITORS_MOST];
};

struct monitors *
monitors_create(void)
{
	return calloc(1, sizeof(struct monitors));
}

static void
end(struct monitor *monitor)
{
	ipc_connection_destroy(monitor->connection);
	*monitor = (struct monitor){.session = NULL};
}

void
monitors_destroy(struct monitors *monitors)
{
	for (size_t i = 0; monitors != NULL && i < MONITORS_MOST; i++) {
		end(&monitors->places[i]);
	}
	free(monitors);
}

/* --- what the session is told ----------------------------------------------------------------------------------- */

static void
send_notice(const struct monitor *monitor, const struct text *notice)
{
	struct ipc_client *client = monitor->session->client;

	if (text_failed(notice) ||
	    ipc_connection_send_chunks(client->connection, IPC_CLI_NOTICE, 0, text_string(notice), notice->length) != IPC_OK) {
		ipc_client_close(client);
	} else if (!session_has_room(monitor->session)) {
		ipc_client_expect_drained(client);
	}
}

/* Why it ends or what is missing, among the lines. */
static void
tell(const struct monitor *monitor, const char *what)
{
	struct text notice = TEXT_EMPTY;

	text_printf(&notice, "*** %s: %s ***\n", monitor->file, what);
	send_notice(monitor, &notice);
	text_release(&notice);
}

/* It cannot go on. */
static void
fail(struct monitor *monitor, const char *why)
{
	struct session *session = monitor->session;

	if (monitor->starting) {
		session_failf(session, "error: %s\n", why);
		end(monitor);
		session_done(session, IPC_DONE_ERROR);
	} else {
		tell(monitor, why);
		end(monitor);
	}
}

/* --- logd ------------------------------------------------------------------------------------------------------- */

static bool
ask(struct monitor *monitor)
{
	struct text path = TEXT_EMPTY;
	struct op_tree request;
	uint8_t *bytes = NULL;
	bool good = false;

	daemon_socket_path(monitor->session->mgd->options.state, "logd", &path);
	op_tree_start(&request, "monitor-log");
	(void)op_add(&request, request.root, "filename", monitor->file);
	monitor->connection = text_failed(&path) ? NULL : ipc_connect(text_string(&path), "mgd", NULL);
	if (monitor->connection != NULL && !request.failed && (bytes = malloc(request.size)) != NULL) {
		struct writer writer = writer_over(bytes, request.size);

		op_tree_encode(&request, &writer);
		good = !writer_failed(&writer) &&
		    ipc_connection_send(monitor->connection, IPC_RPC, 1, bytes, writer_length(&writer)) == IPC_OK;
	}
	if (!good) {
		ipc_connection_destroy(monitor->connection);
		monitor->connection = NULL;
	}
	monitor->deadline = mgd_now() + PATIENCE;
	free(bytes);
	op_tree_release(&request);
	text_release(&path);
	return good;
}

static void
take_lines(struct monitor *monitor, const struct ipc_message *message)
{
	struct reader reader = reader_over(message->payload, message->length);
	struct op_tree tree = {.root = NULL};
	struct text notice = TEXT_EMPTY;

	if (!op_tree_decode(&tree, &reader) || tree.root == NULL) {
		op_tree_release(&tree);
		fail(monitor, "logd sent a malformed answer");
		return;
	}
	monitor->deadline = INT64_MAX;
	if (monitor->starting) {
		monitor->starting = false;
		session_done(monitor->session, IPC_DONE_OK);
	}
	text_printf(&notice, "*** %s ***\n", monitor->file);
	for (const struct op_node *line = op_find(tree.root, "log-line"); line != NULL; line = op_next(line)) {
		const char *text = op_value(line, "text");

		text_printf(&notice, "%s\n", text == NULL ? "" : text);
		monitor->changed = (int64_t)time(NULL);
	}
	if (op_find(tree.root, "log-line") != NULL) {
		send_notice(monitor, &notice);
	}
	text_release(&notice);
	op_tree_release(&tree);
}

static void
take_end(struct monitor *monitor, const struct ipc_message *message)
{
	struct ipc_rpc_done done;

	if (!ipc_rpc_done_decode(&done, message->payload, message->length)) {
		fail(monitor, "logd sent a malformed answer");
		return;
	}
	fail(monitor, done.message[0] == '\0' ? "logd has no more of it" : done.message);
	ipc_string_release(done.message);
}

static void
lose(struct monitor *monitor)
{
	ipc_connection_destroy(monitor->connection);
	monitor->connection = NULL;
	if (monitor->starting) {
		fail(monitor, "logd is not running");
	} else {
		tell(monitor, "logd went away; lines may be missing");
	}
}

/* What has come, as long as the front end takes it. */
static void
take_all(struct monitor *monitor)
{
	struct ipc_message message;

	while (monitor->session != NULL && monitor->connection != NULL && session_has_room(monitor->session)) {
		const enum ipc_status status = ipc_connection_next(monitor->connection, &message);

		if (status == IPC_AGAIN) {
			return;
		}
		if (status != IPC_OK) {
			lose(monitor);
		} else if (message.type == IPC_RPC_DATA) {
			take_lines(monitor, &message);
		} else if (message.type == IPC_RPC_DONE) {
			take_end(monitor, &message);
		} else {
			fail(monitor, "logd sent something unexpected");
		}
	}
}

static void
serve(struct monitor *monitor, short events)
{
	if (monitor->session == NULL || monitor->connection == NULL || events == 0) {
		return;
	}
	if ((events & POLLOUT) != 0 && ipc_connection_flush(monitor->connection) == IPC_FAILED) {
		lose(monitor);
		return;
	}
	if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && ipc_connection_fill(monitor->connection) == IPC_FAILED) {
		lose(monitor);
		return;
	}
	take_all(monitor);
}

/* --- the loop --------------------------------------------------------------------------------------------------- */

size_t
monitors_prepare(const struct monitors *monitors, struct pollfd *polls)
{
	for (size_t i = 0; i < MONITORS_MOST; i++) {
		const struct monitor *monitor = &monitors->places[i];

		polls[i] = (struct pollfd){.fd = -1};
		if (monitor->session != NULL && monitor->connection != NULL && session_has_room(monitor->session)) {
			polls[i].fd = ipc_connection_descriptor(monitor->connection);
			polls[i].events = ipc_connection_queued(monitor->connection) > 0 ? POLLIN | POLLOUT : POLLIN;
		}
	}
	return MONITORS_MOST;
}

void
monitors_serve(struct monitors *monitors, const struct pollfd *polls)
{
	for (size_t i = 0; i < MONITORS_MOST; i++) {
		serve(&monitors->places[i], polls[i].fd < 0 ? 0 : polls[i].revents);
	}
}

/* Is it still its user's to see? */
static bool
allowed(struct monitor *monitor)
{
	struct session *session = monitor->session;
	struct text words = TEXT_EMPTY;
	bool good;

	if (monitor->right_of == session->mgd->running_id) {
		return true;
	}
	monitor->right_of = session->mgd->running_id;
	text_printf(&words, "monitor start %s", monitor->file);
	good = !text_failed(&words) && access_known(session) &&
	    permission_command(&session->class, OP_MODE_OPERATIONAL, text_string(&words));
	text_release(&words);
	return good;
}

void
monitors_tick(struct monitors *monitors)
{
	for (size_t i = 0; i < MONITORS_MOST; i++) {
		struct monitor *monitor = &monitors->places[i];

		if (monitor->session == NULL) {
			continue;
		}
		if (!allowed(monitor)) {
			fail(monitor, "permission denied");
		} else if (monitor->connection == NULL) {
			(void)ask(monitor);
		} else if (mgd_now() > monitor->deadline) {
			lose(monitor);
		}
	}
}

void
monitors_drained(struct monitors *monitors, const struct session *session)
{
	for (size_t i = 0; i < MONITORS_MOST; i++) {
		if (monitors->places[i].session == session) {
			take_all(&monitors->places[i]);
		}
	}
}

void
monitors_interrupt(struct monitors *monitors, const struct session *session)
{
	for (size_t i = 0; i < MONITORS_MOST; i++) {
		if (monitors->places[i].session == session && monitors->places[i].starting) {
			fail(&monitors->places[i], "interrupted");
		}
	}
}

void
monitors_forget(struct monitors *monitors, const struct session *session)
{
	for (size_t i = 0; i < MONITORS_MOST; i++) {
		if (monitors->places[i].session == session) {
			end(&monitors->places[i]);
		}
	}
}

/* --- commands --------------------------------------------------------------------------------------------------- */

static struct monitor *
find(struct monitors *monitors, const struct session *session, const char *file)
{
	for (size_t i = 0; i < MONITORS_MOST; i++) {
		struct monitor *monitor = &monitors->places[i];

		if (monitor->session == session && (session == NULL || strcmp(monitor->file, file) == 0)) {
			return monitor;
		}
	}
	return NULL;
}

static size_t
count(const struct monitors *monitors, const struct session *session)
{
	size_t has = 0;

	for (size_t i = 0; i < MONITORS_MOST; i++) {
		has += monitors->places[i].session == session ? 1 : 0;
	}
	return has;
}

enum command_outcome
command_monitor_start(struct session *session, const struct op_command *command)
{
	struct monitors *monitors = session->mgd->monitors;
	const char *file = op_value(command->request.root, "filename");
	struct monitor *monitor = find(monitors, NULL, NULL);

	if (file == NULL || strlen(file) > NAME_MOST) {
		session_failf(session, "error: a log file's name has letters, digits and the signs - _ .\n");
		return COMMAND_WRONG;
	}
	if (find(monitors, session, file) != NULL) {
		session_failf(session, "error: %s is monitored already\n", file);
		return COMMAND_WRONG;
	}
	if (monitor == NULL || count(monitors, session) >= MONITORS_OF_SESSION) {
		session_failf(session, "error: a session may monitor %d files, all sessions together %d\n", MONITORS_OF_SESSION,
		    MONITORS_MOST);
		return COMMAND_WRONG;
	}
	*monitor = (struct monitor){.session = session, .starting = true, .right_of = session->mgd->running_id};
	(void)snprintf(monitor->file, sizeof(monitor->file), "%s", file);
	if (!ask(monitor)) {
		end(monitor);
		session_failf(session, "error: logd is not running\n");
		return COMMAND_WRONG;
	}
	return COMMAND_LATER;
}

enum command_outcome
command_monitor_stop(struct session *session, const struct op_command *command)
{
	struct monitors *monitors = session->mgd->monitors;
	const char *file = op_value(command->request.root, "filename");

	if (file == NULL) {
		monitors_forget(monitors, session);
		return COMMAND_DONE;
	}
	struct monitor *monitor = find(monitors, session, file);

	if (monitor == NULL) {
		session_failf(session, "error: %s is not monitored\n", file);
		return COMMAND_WRONG;
	}
	end(monitor);
	return COMMAND_DONE;
}

enum command_outcome
command_monitor_list(struct session *session, const struct op_command *command)
{
	const struct monitors *monitors = session->mgd->monitors;
	struct op_tree tree;
	enum command_outcome outcome;

	op_tree_start(&tree, command->rpc->root);
	for (size_t i = 0; i < MONITORS_MOST; i++) {
		const struct monitor *monitor = &monitors->places[i];
		struct text line = TEXT_EMPTY;

		if (monitor->session != session) {
			continue;
		}
		text_printf(&line, "monitor start \"%s\"", monitor->file);
		if (monitor->changed != 0) {
			text_append(&line, " (Last changed ");
			history_append_time(monitor->changed, &line);
			text_append_char(&line, ')');
		}
		(void)op_add(&tree, op_add(&tree, tree.root, "monitored-file", NULL), "text", text_string(&line));
		tree.failed = tree.failed || text_failed(&line);
		text_release(&line);
	}
	outcome = command_render(session, command, &tree);
	op_tree_release(&tree);
	return outcome;
}
