/*
 * Framing: whole messages out of a byte stream.
 *
 * A connection has a buffer each way. What came is parsed in place and borrowed by the caller; what goes out is queued and
 * written as the socket takes it. A length is checked against its type's limit before a byte of room is made for it, and
 * room grows with what arrives, so that a peer cannot make us allocate by promising.
 *
 * Reading and writing end apart: when the peer has gone, messages that had arrived whole are still given out.
 *
 * Threads: one owner a connection; nothing is shared.
 */
#include "ipc/connection.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "ipc/payload.h"

#if !defined(IPC_RELEASE)
#define IPC_RELEASE "unknown" /* the build says which */
#endif

enum {
	FIRST_CAPACITY = 4096,
	READ_ROOM = 65536, /* most bytes one fill asks for */
};

struct octets {
	uint8_t *bytes;
	size_t start;
	size_t length; /* from start */
	size_t capacity;
};

struct ipc_connection {
	int descriptor;
	struct ipc_peer peer;
	bool greeted;
	bool ended;  /* the peer sends no more */
	bool broken; /* the peer takes no more */
	enum ipc_status final; /* IPC_OK while messages may come */
	struct octets in;
	size_t consumed; /* the message that the caller borrows, taken off at the next call */
	struct octets out;
	struct text error;
};

struct header {
	uint32_t length;
	uint32_t type;
	uint32_t request;
	uint32_t version;
};

struct row {
	uint32_t type;
	uint32_t limit;
	const char *name;
};

static const struct row rows[] = {
#define MESSAGE(symbol, number, name, limit, help) {IPC_##symbol, limit, name},
#include "ipc/messages.def"
#undef MESSAGE
};

static const struct row *
row_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == type) {
			return &rows[i];
		}
	}
	return NULL;
}

const char *
ipc_type_name(enum ipc_type type)
{
	const struct row *row = row_of((uint32_t)type);

	return row == NULL ? "?" : row->name;
}

static void
octets_release(struct octets *octets)
{
	free(octets->bytes);
	*octets = (struct octets){.bytes = NULL};
}

/* Room for `more` bytes behind what is there; the content may move. */
static bool
octets_reserve(struct octets *octets, size_t more)
{
	size_t capacity = octets->capacity;
	uint8_t *bytes;

	if (octets->start + octets->length + more <= capacity) {
		return true;
	}
	if (octets->start > 0) {
		memmove(octets->bytes, octets->bytes + octets->start, octets->length);
		octets->start = 0;
		if (octets->length + more <= capacity) {
			return true;
		}
	}
	if (capacity == 0) {
		capacity = FIRST_CAPACITY;
	}
	while (capacity < octets->length + more) {
		capacity *= 2;
	}
	bytes = realloc(octets->bytes, capacity);
	if (bytes == NULL) {
		return false;
	}
	octets->bytes = bytes;
	octets->capacity = capacity;
	return true;
}

static void
octets_drop(struct octets *octets, size_t count)
{
	assert(count <= octets->length);
	octets->start += count;
	octets->length -= count;
	if (octets->length == 0) {
		octets->start = 0;
	}
}

static const char *
peer_name(const struct ipc_connection *connection)
{
	return connection->peer.name[0] == '\0' ? "peer without name" : connection->peer.name;
}

static enum ipc_status
end_with(struct ipc_connection *connection, enum ipc_status status)
{
	assert(status != IPC_OK && status != IPC_AGAIN);
	connection->final = status;
	return status;
}

static void
say_hello(struct ipc_connection *connection, const char *own_name)
{
	struct text hello = TEXT_EMPTY;

	ipc_put_string(&hello, own_name);
	ipc_put_string(&hello, IPC_RELEASE);
	if (text_failed(&hello)) {
		connection->broken = true;
	} else {
		(void)ipc_connection_send(connection, IPC_HELLO, 0, hello.bytes, hello.length);
	}
	text_release(&hello);
}

struct ipc_connection *
ipc_connection_create(int descriptor, const char *own_name)
{
	struct ipc_connection *connection = calloc(1, sizeof(*connection));
	struct ucred credentials = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
	socklen_t size = sizeof(credentials);

	if (connection == NULL) {
		close(descriptor);
		return NULL;
	}
	connection->descriptor = descriptor;
	/* Unknown credentials stay those of nobody at all, whom no rule allows. */
	(void)getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
	connection->peer.uid = credentials.uid;
	connection->peer.gid = credentials.gid;
	connection->peer.pid = credentials.pid;
	say_hello(connection, own_name);
	return connection;
}

void
ipc_connection_destroy(struct ipc_connection *connection)
{
	if (connection == NULL) {
		return;
	}
	close(connection->descriptor);
	octets_release(&connection->in);
	octets_release(&connection->out);
	text_release(&connection->error);
	free(connection);
}

int
ipc_connection_descriptor(const struct ipc_connection *connection)
{
	return connection->descriptor;
}

const struct ipc_peer *
ipc_connection_peer(const struct ipc_connection *connection)
{
	return &connection->peer;
}

size_t
ipc_connection_queued(const struct ipc_connection *connection)
{
	return connection->broken ? 0 : connection->out.length;
}

const char *
ipc_connection_error(const struct ipc_connection *connection)
{
	return text_string(&connection->error);
}

enum ipc_status
ipc_connection_fill(struct ipc_connection *connection)
{
	struct octets *in = &connection->in;
	ssize_t got;

	if (connection->final != IPC_OK) {
		return connection->final;
	}
	if (connection->ended) {
		return IPC_CLOSED;
	}
	octets_drop(in, connection->consumed);
	connection->consumed = 0;
	if (!octets_reserve(in, READ_ROOM)) {
		text_printf(&connection->error, "%s: out of memory", peer_name(connection));
		return end_with(connection, IPC_FAILED);
	}
	do {
		got = recv(connection->descriptor, in->bytes + in->start + in->length, READ_ROOM, MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	if (got > 0) {
		in->length += (size_t)got;
		return IPC_OK;
	}
	if (got < 0 && (errno == EAGAIN)) {
		return IPC_AGAIN;
	}
	if (got < 0 && errno != ECONNRESET) {
		text_printf(&connection->error, "%s: %s", peer_name(connection), strerror(errno));
		return end_with(connection, IPC_FAILED);
	}
	connection->ended = true;
	return IPC_CLOSED;
}

static void
copy_printable(char *to, size_t capacity, const char *from)
{
	size_t length = 0;

	while (length + 1 < capacity && from[length] != '\0') {
		to[length] = isprint((unsigned char)from[length]) ? from[length] : '?';
		length++;
	}
	to[length] = '\0';
}

/* The greeting's layout is the same in all versions, so that a stranger can be called by its name. */
static bool
take_hello(struct ipc_connection *connection, const uint8_t *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);
	char *name = ipc_get_string(&reader);
	char *release = ipc_get_string(&reader);
	bool good = name != NULL && release != NULL;

	if (good) {
		copy_printable(connection->peer.name, sizeof(connection->peer.name), name);
		copy_printable(connection->peer.release, sizeof(connection->peer.release), release);
	}
	free(name);
	free(release);
	return good;
}

static enum ipc_status
refuse_version(struct ipc_connection *connection, const struct header *header, const uint8_t *payload)
{
	if (header->type == IPC_HELLO) {
		(void)take_hello(connection, payload, header->length);
	}
	text_printf(&connection->error, "%s (release %s) speaks protocol version %u, this program speaks %u: refused",
	    peer_name(connection), connection->peer.release[0] == '\0' ? "unknown" : connection->peer.release,
	    header->version, IPC_VERSION);
	return end_with(connection, IPC_REFUSED_VERSION);
}

/* Is the header one that we go on with? Called again and again until the payload is there. */
static enum ipc_status
check_header(struct ipc_connection *connection, const struct header *header)
{
	const struct row *row = row_of(header->type);

	if (header->version != IPC_VERSION) {
		if (header->type != IPC_HELLO || header->length > row->limit) {
			return refuse_version(connection, &(struct header){.version = header->version}, NULL);
		}
		return IPC_OK;
	}
	if (row == NULL) {
		text_printf(&connection->error, "%s: unknown message type %u", peer_name(connection), header->type);
		return end_with(connection, IPC_UNKNOWN_TYPE);
	}
	if (header->length > row->limit) {
		text_printf(&connection->error, "%s: message %s of %u bytes, %u are the limit", peer_name(connection),
		    row->name, header->length, row->limit);
		return end_with(connection, IPC_OVERSIZED);
	}
	if (connection->greeted == (header->type == IPC_HELLO)) {
		text_printf(&connection->error, "%s: message %s where %s hello is due", peer_name(connection), row->name,
		    connection->greeted ? "no" : "a");
		return end_with(connection, IPC_MALFORMED);
	}
	return IPC_OK;
}

static enum ipc_status
nothing_whole(struct ipc_connection *connection)
{
	if (!connection->ended) {
		return IPC_AGAIN;
	}
	if (connection->in.length == 0) {
		text_printf(&connection->error, "%s has gone", peer_name(connection));
		return end_with(connection, IPC_CLOSED);
	}
	text_printf(&connection->error, "%s has gone in the middle of a message", peer_name(connection));
	return end_with(connection, IPC_TRUNCATED);
}

enum ipc_status
ipc_connection_next(struct ipc_connection *connection, struct ipc_message *message)
{
	struct octets *in = &connection->in;

	for (;;) {
		struct reader reader;
		struct header header;
		const uint8_t *payload;
		enum ipc_status status;

		if (connection->final != IPC_OK) {
			return connection->final;
		}
		octets_drop(in, connection->consumed);
		connection->consumed = 0;
		if (in->length == 0) {
			return nothing_whole(connection);
		}
		reader = reader_over(in->bytes + in->start, in->length);
		header.length = reader_u32(&reader);
		header.type = reader_u32(&reader);
		header.request = reader_u32(&reader);
		header.version = reader_u32(&reader);
		if (reader_failed(&reader)) {
			return nothing_whole(connection);
		}
		status = check_header(connection, &header);
		if (status != IPC_OK) {
			return status;
		}
		payload = reader_bytes(&reader, header.length);
		if (payload == NULL) {
			return nothing_whole(connection);
		}
		connection->consumed = IPC_HEADER + header.length;
		if (header.version != IPC_VERSION) {
			return refuse_version(connection, &header, payload);
		}
		if (header.type == IPC_HELLO) {
			if (!take_hello(connection, payload, header.length)) {
				text_append(&connection->error, "peer sent a broken hello");
				return end_with(connection, IPC_MALFORMED);
			}
			connection->greeted = true;
			continue;
		}
		*message = (struct ipc_message){.type = (enum ipc_type)header.type,
		    .request = header.request,
		    .payload = payload,
		    .length = header.length};
		return IPC_OK;
	}
}

enum ipc_status
ipc_connection_queue(struct ipc_connection *connection, enum ipc_type type, uint32_t request, const void *payload,
    size_t length)
{
	const struct row *row = row_of((uint32_t)type);
	struct octets *out = &connection->out;
	struct writer writer;

	assert(row != NULL);
	if (row == NULL || length > row->limit) {
		return IPC_OVERSIZED;
	}
	if (connection->broken) {
		return IPC_CLOSED;
	}
	if (out->length + IPC_HEADER + length > IPC_QUEUE_MAX) {
		return IPC_FULL;
	}
	if (!octets_reserve(out, IPC_HEADER + length)) {
		return IPC_FAILED;
	}
	writer = writer_over(out->bytes + out->start + out->length, IPC_HEADER + length);
	writer_u32(&writer, (uint32_t)length);
	writer_u32(&writer, (uint32_t)type);
	writer_u32(&writer, request);
	writer_u32(&writer, IPC_VERSION);
	writer_bytes(&writer, payload, length);
	assert(!writer_failed(&writer));
	out->length += IPC_HEADER + length;
	return IPC_OK;
}

enum ipc_status
ipc_connection_send(struct ipc_connection *connection, enum ipc_type type, uint32_t request, const void *payload,
    size_t length)
{
	const enum ipc_status status = ipc_connection_queue(connection, type, request, payload, length);

	return status == IPC_OK ? ipc_connection_flush(connection) : status;
}

enum ipc_status
ipc_connection_send_chunks(struct ipc_connection *connection, enum ipc_type type, uint32_t request, const void *bytes,
    size_t length)
{
	const uint8_t *next = bytes;

	while (length > 0) {
		size_t piece = length < IPC_CHUNK ? length : IPC_CHUNK;
		enum ipc_status status = ipc_connection_send(connection, type, request, next, piece);

		if (status != IPC_OK) {
			return status;
		}
		next += piece;
		length -= piece;
	}
	return IPC_OK;
}

enum ipc_status
ipc_connection_flush(struct ipc_connection *connection)
{
	struct octets *out = &connection->out;

	while (out->length > 0 && !connection->broken) {
		ssize_t sent = send(connection->descriptor, out->bytes + out->start, out->length,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			octets_drop(out, (size_t)sent);
		} else if (sent < 0 && errno == EINTR) {
			continue;
		} else if (sent < 0 && (errno == EAGAIN)) {
			return IPC_OK;
		} else {
			connection->broken = true;
		}
	}
	return connection->broken ? IPC_CLOSED : IPC_OK;
}

static int64_t
now_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What is left until the deadline, as poll(2) wants it. */
static int
left_until(int64_t deadline)
{
	int64_t left;

	if (deadline < 0) {
		return -1;
	}
	left = deadline - now_milliseconds();
	return left < 0 ? 0 : (int)left;
}

static enum ipc_status
wait_ready(struct ipc_connection *connection, short events, int64_t deadline)
{
	struct pollfd one = {.fd = connection->descriptor, .events = events};
	int ready;

	if (ipc_connection_queued(connection) > 0) {
		one.events |= POLLOUT;
	}
	ready = poll(&one, 1, left_until(deadline));
	if (ready == 0) {
		return IPC_AGAIN;
	}
	if (ready < 0 && errno != EINTR) {
		return IPC_FAILED;
	}
	/* A peer that takes no more may still have sent: reading finds out. */
	if ((one.revents & POLLOUT) != 0 && ipc_connection_flush(connection) == IPC_FAILED) {
		return IPC_FAILED;
	}
	return IPC_OK;
}

enum ipc_status
ipc_wait_message(struct ipc_connection *connection, struct ipc_message *message, int milliseconds)
{
	int64_t deadline = milliseconds < 0 ? -1 : now_milliseconds() + milliseconds;

	for (;;) {
		enum ipc_status status = ipc_connection_next(connection, message);

		if (status != IPC_AGAIN) {
			return status;
		}
		status = wait_ready(connection, POLLIN, deadline);
		if (status != IPC_OK) {
			return status;
		}
		status = ipc_connection_fill(connection);
		if (status != IPC_OK && status != IPC_AGAIN && status != IPC_CLOSED) {
			return status;
		}
	}
}

enum ipc_status
ipc_wait_sent(struct ipc_connection *connection, int milliseconds)
{
	int64_t deadline = milliseconds < 0 ? -1 : now_milliseconds() + milliseconds;

	for (;;) {
		enum ipc_status status = ipc_connection_flush(connection);

		if (status != IPC_OK || ipc_connection_queued(connection) == 0) {
			return status;
		}
		status = wait_ready(connection, 0, deadline);
		if (status != IPC_OK) {
			return status;
		}
	}
}
