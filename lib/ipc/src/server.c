/*
 * The listening side of local sockets. Clients stand in a small array of pointers; one that is closed while a pass runs is
 * only marked and swept at the end, so that handlers may close any of them at any time.
 */
#include "ipc/server.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

struct ipc_server {
	int listener;
	const char *own_name;
	const struct ipc_server_handler *handler;
	void *context;
	struct ipc_client *clients[IPC_SERVER_CLIENTS];
	size_t count;
};

struct ipc_server *
ipc_server_create(int listener, const char *own_name, const struct ipc_server_handler *handler, void *context)
{
	struct ipc_server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		return NULL;
	}
	server->listener = listener;
	server->own_name = own_name;
	server->handler = handler;
	server->context = context;
	return server;
}

static void
destroy_client(struct ipc_server *server, struct ipc_client *client)
{
	/* That a peer has gone between two messages is no fault of its. */
	struct ipc_message none;
	enum ipc_status status = ipc_connection_next(client->connection, &none);
	const char *why = ipc_connection_error(client->connection);

	server->handler->gone(server->context, client,
	    status == IPC_CLOSED || status == IPC_OK || status == IPC_AGAIN ? "" : why);
	ipc_connection_destroy(client->connection);
	free(client);
}

void
ipc_server_destroy(struct ipc_server *server)
{
	if (server == NULL) {
		return;
	}
	for (size_t i = 0; i < server->count; i++) {
		destroy_client(server, server->clients[i]);
	}
	close(server->listener);
	free(server);
}

size_t
ipc_server_prepare(struct ipc_server *server, struct pollfd *polls, size_t capacity)
{
	size_t count = 0;

	assert(capacity > server->count);
	(void)capacity;
	polls[count++] = (struct pollfd){.fd = server->listener, .events = POLLIN};
	for (size_t i = 0; i < server->count; i++) {
		const struct ipc_client *client = server->clients[i];
		struct pollfd *one = &polls[count++];

		*one = (struct pollfd){.fd = ipc_connection_descriptor(client->connection)};
		if (!client->paused) {
			one->events |= POLLIN;
		}
		if (ipc_connection_queued(client->connection) > 0) {
			one->events |= POLLOUT;
		}
	}
	return count;
}

static void
accept_clients(struct ipc_server *server)
{
	struct ipc_connection *connection;

	while ((connection = ipc_accept(server->listener, server->own_name)) != NULL) {
		struct ipc_client *client = NULL;

		if (server->count < IPC_SERVER_CLIENTS &&
		    server->handler->allowed(server->context, ipc_connection_peer(connection))) {
			client = calloc(1, sizeof(*client));
		}
		if (client == NULL) {
			ipc_connection_destroy(connection);
			continue;
		}
		client->connection = connection;
		server->clients[server->count++] = client;
	}
}

static void
hand_out(struct ipc_server *server, struct ipc_client *client)
{
	struct ipc_message message;

	client->resumed = false;
	while (!client->paused && !client->doomed) {
		enum ipc_status status = ipc_connection_next(client->connection, &message);

		if (status == IPC_OK) {
			server->handler->message(server->context, client, &message);
		} else {
			client->doomed = status != IPC_AGAIN;
			return;
		}
	}
}

static void
write_out(struct ipc_server *server, struct ipc_client *client)
{
	if (ipc_connection_queued(client->connection) > IPC_QUEUE_HIGH) {
		client->expect_drained = true;
	}
	if (ipc_connection_flush(client->connection) != IPC_OK) {
		client->doomed = true;
		return;
	}
	if (client->expect_drained && ipc_connection_queued(client->connection) == 0) {
		client->expect_drained = false;
		if (server->handler->drained != NULL) {
			server->handler->drained(server->context, client);
		}
	}
}

static void
serve_client(struct ipc_server *server, struct ipc_client *client, short events)
{
	if (!client->paused && (events & (POLLIN | POLLHUP | POLLERR)) != 0) {
		enum ipc_status status = ipc_connection_fill(client->connection);

		client->doomed = status != IPC_OK && status != IPC_AGAIN && status != IPC_CLOSED;
	} else if ((events & (POLLHUP | POLLERR)) != 0) {
		client->doomed = true;
	}
	hand_out(server, client);
	if (!client->doomed) {
		write_out(server, client);
	}
}

static void
sweep(struct ipc_server *server)
{
	size_t kept = 0;

	for (size_t i = 0; i < server->count; i++) {
		struct ipc_client *client = server->clients[i];

		if (client->doomed) {
			destroy_client(server, client);
		} else {
			server->clients[kept++] = client;
		}
	}
	server->count = kept;
}

void
ipc_server_serve(struct ipc_server *server, const struct pollfd *polls, size_t count)
{
	/* Only the clients that were polled: later ones have their turn in the next pass. */
	size_t polled = count - 1;

	assert(count > 0 && polled <= server->count);
	for (size_t i = 0; i < polled; i++) {
		if (!server->clients[i]->doomed) {
			serve_client(server, server->clients[i], polls[i + 1].revents);
		}
	}
	if ((polls[0].revents & POLLIN) != 0) {
		accept_clients(server);
	}
	sweep(server);
}

void
ipc_client_expect_drained(struct ipc_client *client)
{
	client->expect_drained = true;
}

void
ipc_client_close(struct ipc_client *client)
{
	client->doomed = true;
}

void
ipc_client_resume(struct ipc_client *client)
{
	client->paused = false;
	client->resumed = true;
}

struct ipc_client *
ipc_server_client(struct ipc_server *server, size_t index)
{
	return index < server->count ? server->clients[index] : NULL;
}

bool
ipc_server_busy(const struct ipc_server *server)
{
	for (size_t i = 0; i < server->count; i++) {
		const struct ipc_client *client = server->clients[i];

		if (client->doomed || client->resumed ||
		    (client->expect_drained && ipc_connection_queued(client->connection) == 0)) {
			return true;
		}
	}
	return false;
}
