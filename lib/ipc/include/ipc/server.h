/*
 * The listening side: accepts peers, asks who may stay, hands out their messages. One poll loop drives it.
 *
 *   count = ipc_server_prepare(server, polls, capacity);  poll(polls, count, ...);  ipc_server_serve(server, polls, count);
 *
 * Life cycle of a client: handler->allowed says who stays; message() for each of its messages in order; drained() once its
 * queue is empty again after it had been over IPC_QUEUE_HIGH or ipc_client_expect_drained() asked; gone() last, after
 * which the client is freed. A client that is paused is not read from. Nothing here blocks; one thread owns it all.
 */
#ifndef IPC_SERVER_H
#define IPC_SERVER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "ipc/connection.h"

enum { IPC_SERVER_CLIENTS = 64 }; /* more at a time are turned away */

struct ipc_server;

struct ipc_client {
	struct ipc_connection *connection;
	void *data; /* the handler's own */
	bool paused;
	bool doomed;         /* closed at the end of the pass */
	bool expect_drained;
	bool resumed; /* messages may wait in the buffer */
};

struct ipc_server_handler {
	/* False: the peer is turned away. */
	bool (*allowed)(void *context, const struct ipc_peer *peer);
	void (*message)(void *context, struct ipc_client *client, const struct ipc_message *message);
	/* NULL: nobody wants to know. */
	void (*drained)(void *context, struct ipc_client *client);
	/* `why` is a sentence when the peer broke the rules, "" when it simply went. */
	void (*gone)(void *context, struct ipc_client *client, const char *why);
};

/* Owns `listener`. NULL: no memory. */
struct ipc_server *ipc_server_create(int listener, const char *own_name, const struct ipc_server_handler *handler,
    void *context) __attribute__((warn_unused_result));
/* Clients are closed, gone() is called for each. */
void ipc_server_destroy(struct ipc_server *server);
/* => capacity >= IPC_SERVER_CLIENTS + 1 */
size_t ipc_server_prepare(struct ipc_server *server, struct pollfd *polls, size_t capacity);
void ipc_server_serve(struct ipc_server *server, const struct pollfd *polls, size_t count);
/* Asks for drained() as soon as the queue is empty, also when it is now. */
void ipc_client_expect_drained(struct ipc_client *client);
/* Closes it at the end of this pass. */
void ipc_client_close(struct ipc_client *client);
/* Reads from it again; messages that wait already are handed out in the next pass. */
void ipc_client_resume(struct ipc_client *client);
/* Clients from 0 until NULL: for walks over all. */
struct ipc_client *ipc_server_client(struct ipc_server *server, size_t index);
/* A client has something to do without waiting (drained, resumed): poll with no time-out. */
bool ipc_server_busy(const struct ipc_server *server);

#endif
