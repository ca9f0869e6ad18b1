/*
 * Requests for probes. See service.h.
 */
#include "service.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/op.h"
#include "ipc/rpc.h"
#include "ipc/server.h"
#include "probe.h"
#include "watch.h"

enum {
	SILENCE = 10, /* seconds until an empty piece is sent */
};

struct running {
	struct probe *probe; /* NULL: free */
	struct ipc_client *client;
	uint32_t request;
	int64_t said; /* monotonic seconds: when a piece was sent last */
};

struct service {
	struct ipc_server *server;
	const char *state;
	struct running running[SERVICE_PROBES];
};

static int64_t
now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void
send_piece(const struct running *running, const struct op_tree *tree)
{
	size_t length = 0;
	uint8_t *octets = op_tree_octets(tree, &length);

	if (!ipc_rpc_send(running->client->connection, IPC_RPC_DATA, running->request, octets, length)) {
		ipc_client_close(running->client);
	}
}

static void
stop(struct running *running)
{
	probe_destroy(running->probe);
	*running = (struct running){.probe = NULL};
}

static void
begin(struct service *service, struct ipc_client *client, const struct ipc_message *message, const struct op_node *request)
{
	struct text error = TEXT_EMPTY;
	struct running *place = NULL;

	for (size_t i = 0; i < SERVICE_PROBES && place == NULL; i++) {
		place = service->running[i].probe == NULL ? &service->running[i] : NULL;
	}
	if (place == NULL) {
		text_printf(&error, "there are %d probes at a time: end one of them first", SERVICE_PROBES);
	} else {
		place->probe = probe_start(request, service->state, &error);
		place->client = client;
		place->request = message->request;
		place->said = now_seconds();
	}
	if (place == NULL || place->probe == NULL) {
		ipc_rpc_end(client, message->request, text_string(&error));
	}
	text_release(&error);
}

static bool
has_command(const char *name)
{
	static const char *const names[] = {"ping", "traceroute", PROBE_HOST, WATCH_REQUEST};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0) {
			return true;
		}
	}
	return false;
}

static void
take_rpc(struct service *service, struct ipc_client *client, const struct ipc_message *message)
{
	struct reader reader = reader_over(message->payload, message->length);
	struct op_tree request = {.root = NULL};

	if (!op_tree_decode(&request, &reader) || request.root == NULL) {
		ipc_rpc_end(client, message->request, "malformed request");
	} else if (!has_command(request.root->name)) {
		ipc_rpc_end(client, message->request, "probed has no such command");
	} else {
		begin(service, client, message, request.root);
	}
	op_tree_release(&request);
}

static void
cancel(struct service *service, struct ipc_client *client, uint32_t request)
{
	for (size_t i = 0; i < SERVICE_PROBES; i++) {
		if (service->running[i].probe != NULL && service->running[i].client == client &&
		    service->running[i].request == request) {
			stop(&service->running[i]);
			ipc_rpc_end(client, request, "cancelled");
		}
	}
}

static bool
on_allowed(void *context, const struct ipc_peer *peer)
{
	const struct service *service = context;

	return ipc_peer_allowed(peer, service->state, IPC_ALLOW_DAEMONS);
}

static void
on_message(void *context, struct ipc_client *client, const struct ipc_message *message)
{
	if (message->type == IPC_RPC) {
		take_rpc(context, client, message);
	} else if (message->type == IPC_RPC_CANCEL) {
		cancel(context, client, message->request);
	} else {
		ipc_client_close(client);
	}
}

static void
on_gone(void *context, struct ipc_client *client, const char *why)
{
	struct service *service = context;

	(void)why;
	for (size_t i = 0; i < SERVICE_PROBES; i++) {
		if (service->running[i].client == client) {
			stop(&service->running[i]);
		}
	}
}

static const struct ipc_server_handler handler = {
    .allowed = on_allowed,
    .message = on_message,
    .gone = on_gone,
};

struct service *
service_create(int listener, const char *state)
{
	struct service *service = calloc(1, sizeof(*service));

	if (service == NULL) {
		return NULL;
	}
	service->state = state;
	service->server = ipc_server_create(listener, "probed", &handler, service);
	if (service->server == NULL) {
		free(service);
		return NULL;
	}
	return service;
}

void
service_destroy(struct service *service)
{
	ipc_server_destroy(service->server);
	for (size_t i = 0; i < SERVICE_PROBES; i++) {
		stop(&service->running[i]);
	}
	free(service);
}

struct ipc_server *
service_server(struct service *service)
{
	return service->server;
}

/* What a slow reader has not taken yet, holds its probe up, and nobody else. */
size_t
service_prepare(const struct service *service, struct pollfd *polls)
{
	for (size_t i = 0; i < SERVICE_PROBES; i++) {
		const struct running *running = &service->running[i];
		const bool wanted =
		    running->probe != NULL && ipc_connection_queued(running->client->connection) <= IPC_QUEUE_HIGH;

		polls[i] = (struct pollfd){.fd = wanted ? probe_descriptor(running->probe) : -1, .events = POLLIN};
	}
	return SERVICE_PROBES;
}

static void
go_on(struct running *running, bool readable)
{
	enum probe_state state = PROBE_RUNNING;
	struct text error = TEXT_EMPTY;
	struct op_tree tree;

	op_tree_start(&tree, "probe-information");
	if (readable) {
		state = probe_read(running->probe, &tree, &error);
	}
	if ((tree.root != NULL && tree.root->first != NULL) || now_seconds() - running->said >= SILENCE) {
		send_piece(running, &tree);
		running->said = now_seconds();
	}
	if (state != PROBE_RUNNING) {
		ipc_rpc_end(running->client, running->request, state == PROBE_DONE ? NULL : text_string(&error));
		stop(running);
	}
	op_tree_release(&tree);
	text_release(&error);
}

void
service_serve(struct service *service, const struct pollfd *polls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (service->running[i].probe != NULL) {
			go_on(&service->running[i], polls[i].fd >= 0 && polls[i].revents != 0);
		}
	}
}
