/*
 * Operational commands of daemons. See relay.h.
 */
#include "relay.h"

#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "ipc/rpc.h"

enum {
	FIRST_PATIENCE = 5000, /* milliseconds until the daemon's greeting */
	PATIENCE = 30000,      /* without a chunk */
};

struct relay {
	struct ipc_connection *connection;
	const char *daemon;
	struct op_command command;
	struct op_renderer renderer;
	int64_t deadline;
	uint64_t allowed_by; /* the configuration in force by which its user may run it */
	bool greeted;
};

static const char *const daemon_names[] = {
    [OP_DAEMON_MGD] = "mgd",
    [OP_DAEMON_FLOWD] = "flowd",
    [OP_DAEMON_LOGD] = "logd",
    [OP_DAEMON_TRANSFERD] = "transferd",
    [OP_DAEMON_PROBED] = "probed",
};

void
relay_destroy(struct relay *relay)
{
	if (relay == NULL) {
		return;
	}
	ipc_connection_destroy(relay->connection);
	op_command_release(&relay->command);
	text_release(&relay->renderer.last);
	free(relay);
}

static void
end(struct session *session, enum ipc_done_status status)
{
	relay_destroy(session->relay);
	session->relay = NULL;
	session_done(session, status);
}

static void
give_up(struct session *session, const char *why)
{
	session_failf(session, "error: %s %s\n", session->relay->daemon, why);
	end(session, IPC_DONE_ERROR);
}

static bool
send_request(struct relay *relay)
{
	size_t length = 0;
	uint8_t *octets = op_tree_octets(&relay->command.request, &length);

	return ipc_rpc_send(relay->connection, IPC_RPC, 1, octets, length);
}

void
relay_start(struct session *session, struct op_command *command)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	struct text path = TEXT_EMPTY;
	struct text out = TEXT_EMPTY;

	if (relay == NULL) {
		session_failf(session, "error: out of memory\n");
		session_done(session, IPC_DONE_ERROR);
		return;
	}
	session->relay = relay;
	relay->command = *command;
	*command = (struct op_command){.rpc = NULL};
	/* logd writes down who cleared what. No line can say this itself: no command has such an argument. */
	if (relay->command.rpc->daemon == OP_DAEMON_LOGD) {
		(void)op_add(&relay->command.request, relay->command.request.root, "asked-by", session->user);
	}
	relay->daemon = daemon_names[relay->command.rpc->daemon];
	relay->deadline = mgd_now() + FIRST_PATIENCE;
	relay->allowed_by = session->mgd->running_id;
	daemon_socket_path(session->mgd->options.state, relay->daemon, &path);
	relay->connection = ipc_connect(text_string(&path), "mgd", NULL);
	text_release(&path);
	if (relay->connection == NULL) {
		give_up(session, "is not running");
		return;
	}
	if (!send_request(relay)) {
		give_up(session, "does not take the request");
		return;
	}
	if (relay->command.rpc->root != NULL) {
		op_renderer_start(&relay->renderer, relay->command.rpc, relay->command.request.root,
		    relay->command.pipe.format, &out);
		session_print(session, &out);
		text_release(&out);
	}
}

const struct op_command *
relay_command(const struct relay *relay)
{
	return &relay->command;
}

struct pollfd
relay_prepare(const struct relay *relay)
{
	struct pollfd one = {.fd = ipc_connection_descriptor(relay->connection), .events = POLLIN};

	if (ipc_connection_queued(relay->connection) > 0) {
		one.events |= POLLOUT;
	}
	return one;
}

static void
take_data(struct session *session, const struct ipc_message *message)
{
	struct relay *relay = session->relay;
	struct reader reader = reader_over(message->payload, message->length);
	struct op_tree tree = {.root = NULL};
	struct text out = TEXT_EMPTY;

	if (relay->command.rpc->root == NULL || !op_tree_decode(&tree, &reader) || tree.root == NULL ||
	    strcmp(tree.root->name, relay->command.rpc->root) != 0) {
		op_tree_release(&tree);
		give_up(session, "sent a malformed answer");
		return;
	}
	relay->deadline = mgd_now() + PATIENCE;
	op_renderer_add(&relay->renderer, &tree, &out);
	op_tree_release(&tree);
	session_print(session, &out);
	text_release(&out);
}

static void
take_done(struct session *session, const struct ipc_message *message)
{
	struct relay *relay = session->relay;
	struct ipc_rpc_done done;
	struct text out = TEXT_EMPTY;

	if (!ipc_rpc_done_decode(&done, message->payload, message->length)) {
		give_up(session, "sent a malformed answer");
		return;
	}
	if (!done.ok) {
		session_failf(session, "error: %s\n", done.message[0] == '\0' ? "the command failed" : done.message);
	} else if (relay->command.rpc->root != NULL) {
		op_renderer_end(&relay->renderer, &out);
		session_print(session, &out);
	}
	text_release(&out);
	end(session, done.ok ? IPC_DONE_OK : IPC_DONE_ERROR);
	ipc_string_release(done.message);
}

/* One message. False: the relay is over, or has to wait. */
static bool
take_next(struct session *session)
{
	struct ipc_message message;
	enum ipc_status status;

	if (!session_has_room(session)) {
		return false;
	}
	status = ipc_connection_next(session->relay->connection, &message);
	if (ipc_connection_peer(session->relay->connection)->name[0] != '\0' && !session->relay->greeted) {
		session->relay->greeted = true;
		session->relay->deadline = mgd_now() + PATIENCE;
	}
	if (status == IPC_AGAIN) {
		return false;
	}
	if (status != IPC_OK) {
		give_up(session, session->relay->greeted ? "went away" : "is not running");
		return false;
	}
	if (message.type == IPC_RPC_DATA) {
		take_data(session, &message);
	} else if (message.type == IPC_RPC_DONE) {
		take_done(session, &message);
	} else {
		give_up(session, "sent something unexpected");
	}
	return session->relay != NULL;
}

void
relay_serve(struct session *session, short events)
{
	struct relay *relay = session->relay;

	if ((events & POLLOUT) != 0 && ipc_connection_flush(relay->connection) == IPC_FAILED) {
		give_up(session, "went away");
		return;
	}
	/* What had come before the front end was slow is taken without new bytes, too. */
	if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && session_has_room(session)) {
		enum ipc_status status = ipc_connection_fill(relay->connection);

		if (status == IPC_FAILED) {
			give_up(session, "went away");
			return;
		}
	}
	while (session->relay != NULL && take_next(session)) {
		/* everything that is there */
	}
}

/* Some commands go on until they are ended: what a commit takes from their user ends them as well. */
static bool
still_allowed(struct session *session)
{
	struct relay *relay = session->relay;

	if (relay->allowed_by == session->mgd->running_id) {
		return true;
	}
	relay->allowed_by = session->mgd->running_id;
	return access_refresh(session) && access_command(session, &relay->command, relay->command.rpc->mode);
}

void
relay_tick(struct session *session)
{
	if (!still_allowed(session)) {
		end(session, IPC_DONE_ERROR);
	} else if (!session_has_room(session)) {
		session->relay->deadline = mgd_now() + PATIENCE;
	} else if (mgd_now() > session->relay->deadline) {
		give_up(session, session->relay->greeted ? "does not answer" : "is not running");
	}
}
