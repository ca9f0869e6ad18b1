/*
 * One end of a local socket: whole messages out of a byte stream, both without blocking (daemons) and with (front ends).
 *
 * A message is a 16-byte header and a payload, all big-endian:
 *
 *    0                   4                   8                   12
 *   +-------------------+-------------------+-------------------+-------------------+
 *   | payload length    | type              | request id        | protocol version  |
 *   +-------------------+-------------------+-------------------+-------------------+
 *
 * The first message each way is HELLO, sent and taken by this file. A peer of another protocol version, an unknown type or
 * a payload over the type's limit ends the connection with a sentence that names the peer (ipc_connection_error()).
 *
 * Life cycle: ipc_connect() or ipc_accept() gives a connection that owns its descriptor; any result but IPC_OK and
 * IPC_AGAIN is final and only ipc_connection_destroy() may follow. One thread owns a connection.
 *
 * In a poll loop: poll ipc_connection_descriptor() for POLLIN, and for POLLOUT while ipc_connection_queued() is not 0.
 * Readable: ipc_connection_fill(), then ipc_connection_next() until IPC_AGAIN. Writable: ipc_connection_flush().
 * A sender of long answers stops while ipc_connection_queued() is over IPC_QUEUE_HIGH and goes on when it has drained.
 */
#ifndef IPC_CONNECTION_H
#define IPC_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

#define IPC_VERSION 1U
#define IPC_HEADER 16U
#define IPC_CHUNK 65536U          /* most payload bytes of a piece of a long answer */
#define IPC_QUEUE_HIGH 262144U    /* a polite sender waits above this */
#define IPC_QUEUE_MAX 134217728U  /* above this a send fails with IPC_FULL */

enum ipc_type {
#define MESSAGE(symbol, number, name, limit, help) IPC_##symbol = number,
#include "ipc/messages.def"
#undef MESSAGE
};

enum ipc_status {
	IPC_OK,
	IPC_AGAIN,     /* nothing whole there yet; a blocking call: the time is over */
	IPC_CLOSED,    /* the peer went away between messages */
	IPC_TRUNCATED, /* ... or in the middle of one */
	IPC_OVERSIZED,
	IPC_REFUSED_VERSION,
	IPC_UNKNOWN_TYPE,
	IPC_MALFORMED, /* no HELLO first, or a broken one */
	IPC_FULL,      /* too much queued towards a peer that doesn't read */
	IPC_FAILED,    /* the system said no, or no memory */
};

struct ipc_message {
	enum ipc_type type;
	uint32_t request;
	const uint8_t *payload; /* borrowed: until the next call of fill, next or destroy */
	size_t length;
};

struct ipc_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char name[64];    /* from HELLO, printable; "" before it came */
	char release[64];
};

struct ipc_connection;

/*
 * A listening socket at `path` (an old socket file there is replaced), non-blocking, mode 0660. -errno on failure. Daemons
 * under the supervisor get theirs as an inherited descriptor instead.
 */
int ipc_listen(const char *path) __attribute__((warn_unused_result));
/* Takes one waiting peer. NULL: none waits, or it failed. `own_name` is what HELLO says: "mgd". */
struct ipc_connection *ipc_accept(int listener, const char *own_name) __attribute__((warn_unused_result));
/* Connects at once (a local socket either takes us or refuses). NULL with a sentence in `error` (may be NULL). */
struct ipc_connection *ipc_connect(const char *path, const char *own_name, struct text *error)
    __attribute__((warn_unused_result));
/* A connection over a connected stream socket, which it owns from now on, also on failure (NULL: no memory). */
struct ipc_connection *ipc_connection_create(int descriptor, const char *own_name) __attribute__((warn_unused_result));
/* NULL does nothing. What is still queued is lost: ipc_wait_sent() before, when it matters. */
void ipc_connection_destroy(struct ipc_connection *connection);

int ipc_connection_descriptor(const struct ipc_connection *connection);
/* Who is there: credentials by the kernel, name from HELLO. */
const struct ipc_peer *ipc_connection_peer(const struct ipc_connection *connection);
size_t ipc_connection_queued(const struct ipc_connection *connection);
/* A sentence for the log about the last final status; "" while all is well. */
const char *ipc_connection_error(const struct ipc_connection *connection);

/* Reads what is there into the buffer. IPC_OK: something came; IPC_CLOSED still leaves whole messages to next(). */
enum ipc_status ipc_connection_fill(struct ipc_connection *connection) __attribute__((warn_unused_result));
/* The next whole message, or IPC_AGAIN. */
enum ipc_status ipc_connection_next(struct ipc_connection *connection, struct ipc_message *message)
    __attribute__((warn_unused_result));
/* Queues a message and writes what the socket takes now. => length <= the type's limit */
enum ipc_status ipc_connection_send(struct ipc_connection *connection, enum ipc_type type, uint32_t request,
    const void *payload, size_t length);
/* Only queues it: ipc_connection_flush() sends many at once. */
enum ipc_status ipc_connection_queue(struct ipc_connection *connection, enum ipc_type type, uint32_t request,
    const void *payload, size_t length) __attribute__((warn_unused_result));
/* Queues `length` bytes as messages of at most IPC_CHUNK each (none for 0 bytes): for CLI_OUTPUT. */
enum ipc_status ipc_connection_send_chunks(struct ipc_connection *connection, enum ipc_type type, uint32_t request,
    const void *bytes, size_t length);
/* Writes more of the queue. IPC_OK also when some is left. */
enum ipc_status ipc_connection_flush(struct ipc_connection *connection) __attribute__((warn_unused_result));

/* Blocking forms for front ends and tests: milliseconds, -1 for ever; IPC_AGAIN when the time is over. */
enum ipc_status ipc_wait_message(struct ipc_connection *connection, struct ipc_message *message, int milliseconds)
    __attribute__((warn_unused_result));
enum ipc_status ipc_wait_sent(struct ipc_connection *connection, int milliseconds) __attribute__((warn_unused_result));

/*
 * Who may talk to a daemon of the state directory `dir`: root and the directory's owner always; processes of the
 * directory's group (the daemons among themselves) where `ours` is IPC_ALLOW_DAEMONS.
 */
enum ipc_allowed {
	IPC_ALLOW_ADMINISTRATORS,
	IPC_ALLOW_DAEMONS,
};
bool ipc_peer_allowed(const struct ipc_peer *peer, const char *dir, enum ipc_allowed ours);

const char *ipc_type_name(enum ipc_type type); /* "?" for a number that is not in the table */

#endif
