/*
 * Streams of traffic logs. See stream.h.
 *
 * A queue of whole messages in front of a socket that may come and go. `offset` counts the octets of the first message that
 * are out; a new connection begins with that message anew.
 */
#include "stream.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rate.h"
#include "tls.h"

enum {
	DATAGRAM_MOST = 8192, /* longer ones are cut */
	BATCH = 64,           /* datagrams in one call */
	FRAME_LENGTH = 16,    /* octets of the length before a message, at most */
	SEND_BUFFER = 1 << 20,
};

struct message {
	char *bytes;
	size_t length;
};

struct stream {
	const struct plan_stream *plan;
	enum stream_state state;
	bool resolved;
	bool news;
	struct resolve_address address;
	int descriptor; /* -1: none */
	short wanted;   /* of the poll */
	struct tls *tls;
	uint64_t retry;    /* STREAM_WAITING: when to try */
	uint64_t deadline; /* connecting and handshake */
	uint32_t delay;    /* seconds */
	struct message *ring;
	size_t first;
	size_t count;
	size_t bytes;
	size_t offset;
	struct rate rate;
	struct stream_counts counts;
	uint64_t lost_told;
	struct text error;
};

struct stream *
stream_create(const struct plan_stream *plan)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL || (stream->ring = calloc(STREAM_QUEUE, sizeof(*stream->ring))) == NULL) {
		free(stream);
		return NULL;
	}
	stream->plan = plan;
	stream->descriptor = -1;
	stream->rate.limit = plan->rate;
	return stream;
}

static void
disconnect(struct stream *stream)
{
	tls_destroy(stream->tls);
	stream->tls = NULL;
	if (stream->descriptor >= 0) {
		(void)close(stream->descriptor);
	}
	stream->descriptor = -1;
	stream->wanted = 0;
	stream->offset = 0;
	stream->state = stream->resolved ? STREAM_WAITING : STREAM_UNRESOLVED;
}

void
stream_destroy(struct stream *stream)
{
	if (stream == NULL) {
		return;
	}
	disconnect(stream);
	for (size_t i = 0; i < stream->count; i++) {
		free(stream->ring[(stream->first + i) % STREAM_QUEUE].bytes);
	}
	free(stream->ring);
	text_release(&stream->error);
	free(stream);
}

/* It failed: tried again later and later. Said once, not at every try. */
static void
give_up(struct stream *stream, const char *why, uint64_t now)
{
	if (stream->state == STREAM_OPEN || strcmp(text_string(&stream->error), why) != 0) {
		stream->news = true;
	}
	if (why != text_string(&stream->error)) {
		text_clear(&stream->error);
		text_append(&stream->error, why);
	}
	disconnect(stream);
	stream->delay = stream->delay == 0 ? 1 : stream->delay * 2;
	stream->delay = stream->delay < STREAM_RETRY_MOST ? stream->delay : STREAM_RETRY_MOST;
	stream->retry = now + stream->delay;
}

void
stream_set_address(struct stream *stream, const struct resolve_address *address)
{
	const bool same = address != NULL && stream->resolved && resolve_address_compare(address, &stream->address) == 0;

	if (same) {
		return;
	}
	stream->resolved = address != NULL;
	if (address != NULL) {
		stream->address = *address;
	}
	stream->retry = 0;
	stream->delay = 0;
	disconnect(stream);
}

/* --- queue ------------------------------------------------------------------------------------------------------ */

static void
enqueue(struct stream *stream, const struct text *message)
{
	const bool framed = stream->plan->transport != PLAN_UDP;
	struct message new = {.length = message->length};
	char frame[FRAME_LENGTH];
	int head = 0;

	if (framed) {
		head = snprintf(frame, sizeof(frame), "%zu ", message->length);
		assert(head > 0 && head < FRAME_LENGTH);
		new.length += (size_t)head;
	} else if (new.length > DATAGRAM_MOST) {
		new.length = DATAGRAM_MOST;
	}
	if (text_failed(message) || stream->count == STREAM_QUEUE || stream->bytes + new.length > STREAM_QUEUE_BYTES ||
	    (new.bytes = malloc(new.length + 1)) == NULL) {
		stream->counts.lost++;
		return;
	}
	memcpy(new.bytes, frame, (size_t)head);
	memcpy(new.bytes + head, text_string(message), new.length - (size_t)head);
	stream->ring[(stream->first + stream->count) % STREAM_QUEUE] = new;
	stream->count++;
	stream->bytes += new.length;
}

static void
drop_first(struct stream *stream)
{
	struct message *first = &stream->ring[stream->first];

	assert(stream->count > 0 && stream->bytes >= first->length);
	stream->bytes -= first->length;
	free(first->bytes);
	stream->first = (stream->first + 1) % STREAM_QUEUE;
	stream->count--;
	stream->offset = 0;
	stream->counts.sent++;
}

void
stream_send(struct stream *stream, const struct text *message, uint64_t now)
{
	if (rate_pass(&stream->rate, now)) {
		enqueue(stream, message);
	}
}

void
stream_say(struct stream *stream, const struct text *message)
{
	enqueue(stream, message);
}

uint64_t
stream_take_suppressed(struct stream *stream, uint64_t now)
{
	return rate_take_suppressed(&stream->rate, now);
}

uint64_t
stream_take_lost(struct stream *stream)
{
	const uint64_t lost = stream->counts.lost - stream->lost_told;

	if (stream->count > STREAM_QUEUE / 2) {
		return 0;
	}
	stream->lost_told = stream->counts.lost;
	return lost;
}

/* --- connection ------------------------------------------------------------------------------------------------- */

static socklen_t
make_address(const struct resolve_address *from, uint16_t port, struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	if (from->family == 4) {
		struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

		memcpy(&address.sin_addr, from->octets, sizeof(address.sin_addr));
		memcpy(to, &address, sizeof(address));
		return sizeof(address);
	}
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memcpy(&address.sin6_addr, from->octets, sizeof(address.sin6_addr));
	memcpy(to, &address, sizeof(address));
	return sizeof(address);
}

static void
opened(struct stream *stream)
{
	stream->state = STREAM_OPEN;
	stream->delay = 0;
	stream->news = stream->news || stream->error.length > 0 || stream->plan->transport != PLAN_UDP;
	text_clear(&stream->error);
}

static void
shake_hands(struct stream *stream, uint64_t now)
{
	struct text error = TEXT_EMPTY;

	switch (tls_handshake(stream->tls, &error)) {
	case TLS_DONE:
		opened(stream);
		break;
	case TLS_WANT_READ:
		stream->wanted = POLLIN;
		break;
	case TLS_WANT_WRITE:
		stream->wanted = POLLOUT;
		break;
	case TLS_CLOSED:
	case TLS_FAILED:
		give_up(stream, text_string(&error), now);
		break;
	}
	text_release(&error);
}

static void
start_tls(struct stream *stream, uint64_t now)
{
	const struct tls_peer peer = {.trusted = stream->plan->trusted, .name = stream->plan->server_name};
	struct text error = TEXT_EMPTY;

	stream->tls = tls_create(stream->descriptor, &peer, &error);
	if (stream->tls == NULL) {
		give_up(stream, text_string(&error), now);
	} else {
		stream->state = STREAM_HANDSHAKE;
		shake_hands(stream, now);
	}
	text_release(&error);
}

/* The socket is connected, or has failed. */
static void
connected(struct stream *stream, uint64_t now)
{
	socklen_t length = sizeof(int);
	int failure = 0;

	if (getsockopt(stream->descriptor, SOL_SOCKET, SO_ERROR, &failure, &length) != 0 || failure != 0) {
		give_up(stream, strerror(failure == 0 ? errno : failure), now);
	} else if (stream->plan->transport == PLAN_TLS) {
		start_tls(stream, now);
	} else {
		opened(stream);
	}
}

static bool
bind_source(const struct stream *stream)
{
	struct sockaddr_storage address;

	return stream->plan->source.family == 0 ||
	    bind(stream->descriptor, (const struct sockaddr *)&address,
		make_address(&stream->plan->source, 0, &address)) == 0;
}

static void
try_connect(struct stream *stream, uint64_t now)
{
	const int kind = stream->plan->transport == PLAN_UDP ? SOCK_DGRAM : SOCK_STREAM;
	const int room = SEND_BUFFER;
	struct sockaddr_storage address;
	const socklen_t length = make_address(&stream->address, stream->plan->port, &address);

	stream->descriptor = socket(address.ss_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stream->descriptor < 0 || !bind_source(stream)) {
		give_up(stream, strerror(errno), now);
		return;
	}
	(void)setsockopt(stream->descriptor, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	stream->deadline = now + STREAM_PATIENCE;
	if (connect(stream->descriptor, (const struct sockaddr *)&address, length) == 0) {
		connected(stream, now);
	} else if (errno == EINPROGRESS) {
		stream->state = STREAM_CONNECTING;
		stream->wanted = POLLOUT;
	} else {
		give_up(stream, strerror(errno), now);
	}
}

/* --- sending ---------------------------------------------------------------------------------------------------- */

/* Datagrams, many at a time. An error of an earlier datagram (nobody listened) is no error of this one: once more. */
static void
flush_datagrams(struct stream *stream)
{
	bool refused = false;

	while (stream->count > 0) {
		struct mmsghdr headers[BATCH];
		struct iovec parts[BATCH];
		const unsigned most = stream->count < BATCH ? (unsigned)stream->count : BATCH;

		for (unsigned i = 0; i < most; i++) {
			const struct message *message = &stream->ring[(stream->first + i) % STREAM_QUEUE];

			parts[i] = (struct iovec){.iov_base = message->bytes, .iov_len = message->length};
			headers[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
		}
		const int sent = sendmmsg(stream->descriptor, headers, most, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno == ECONNREFUSED && !refused) {
			refused = true;
			continue;
		}
		if (sent <= 0) {
			stream->wanted = POLLOUT;
			return;
		}
		for (int i = 0; i < sent; i++) {
			drop_first(stream);
		}
	}
	stream->wanted = 0;
}

static enum tls_status
write_some(struct stream *stream, const char *bytes, size_t length, size_t *written, struct text *error)
{
	ssize_t sent;

	if (stream->tls != NULL) {
		return tls_write(stream->tls, bytes, length, written, error);
	}
	sent = send(stream->descriptor, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0) {
		const int failure = errno;

		if (failure == EAGAIN || failure == EINTR) {
			return TLS_WANT_WRITE;
		}
		text_append(error, strerror(failure));
		return TLS_FAILED;
	}
	*written = (size_t)sent;
	return TLS_DONE;
}

static void
flush_stream(struct stream *stream, uint64_t now)
{
	struct text error = TEXT_EMPTY;
	enum tls_status status = TLS_DONE;

	while (stream->count > 0 && status == TLS_DONE) {
		const struct message *first = &stream->ring[stream->first];
		size_t written = 0;

		status = write_some(stream, first->bytes + stream->offset, first->length - stream->offset, &written, &error);
		stream->offset += written;
		if (stream->offset == first->length) {
			drop_first(stream);
		}
	}
	/* That the server ends the connection is always of interest. */
	stream->wanted = status == TLS_WANT_WRITE ? POLLIN | POLLOUT : POLLIN;
	if (status == TLS_FAILED || status == TLS_CLOSED) {
		give_up(stream, text_string(&error), now);
	}
	text_release(&error);
}

void
stream_flush(struct stream *stream, uint64_t now)
{
	if (stream->state != STREAM_OPEN) {
		return;
	}
	if (stream->plan->transport == PLAN_UDP) {
		flush_datagrams(stream);
	} else {
		flush_stream(stream, now);
	}
}

/* What comes from the server is nothing but the connection's end. */
static void
take_input(struct stream *stream, uint64_t now)
{
	struct text error = TEXT_EMPTY;
	bool over = false;

	if (stream->plan->transport == PLAN_UDP) {
		return;
	}
	if (stream->tls != NULL) {
		const enum tls_status status = tls_read(stream->tls, &error);

		over = status == TLS_CLOSED || status == TLS_FAILED;
	} else {
		char thrown[65536];
		/* Once: who talks without end takes nobody else's turn. */
		const ssize_t got = recv(stream->descriptor, thrown, sizeof(thrown), MSG_DONTWAIT);

		over = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
		text_append(&error, got == 0 ? "the server ended the connection" : strerror(errno));
	}
	if (over) {
		give_up(stream, text_string(&error), now);
	}
	text_release(&error);
}

struct pollfd
stream_polls(const struct stream *stream)
{
	return (struct pollfd){.fd = stream->wanted == 0 ? -1 : stream->descriptor, .events = stream->wanted};
}

void
stream_serve(struct stream *stream, short events, uint64_t now)
{
	if (events == 0 || stream->descriptor < 0) {
		return;
	}
	switch (stream->state) {
	case STREAM_CONNECTING:
		connected(stream, now);
		break;
	case STREAM_HANDSHAKE:
		shake_hands(stream, now);
		break;
	case STREAM_OPEN:
		if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) {
			take_input(stream, now);
		}
		break;
	case STREAM_UNRESOLVED:
	case STREAM_WAITING:
		break;
	}
}

void
stream_tick(struct stream *stream, uint64_t now)
{
	const bool trying = stream->state == STREAM_CONNECTING || stream->state == STREAM_HANDSHAKE;

	if (trying && now >= stream->deadline) {
		give_up(stream, "the server does not answer", now);
	}
	if (stream->state == STREAM_WAITING && now >= stream->retry) {
		try_connect(stream, now);
	}
	stream_flush(stream, now);
}

/* --- what is to be told ----------------------------------------------------------------------------------------- */

enum stream_state
stream_state(const struct stream *stream)
{
	return stream->state;
}

const char *
stream_state_word(enum stream_state state)
{
	static const char *const words[] = {
	    [STREAM_UNRESOLVED] = "unresolved",
	    [STREAM_WAITING] = "down",
	    [STREAM_CONNECTING] = "connecting",
	    [STREAM_HANDSHAKE] = "handshake",
	    [STREAM_OPEN] = "up",
	};

	return words[state];
}

struct stream_counts
stream_counts(const struct stream *stream)
{
	struct stream_counts counts = stream->counts;

	counts.queued = stream->count;
	counts.suppressed = stream->rate.total;
	return counts;
}

const char *
stream_error(const struct stream *stream)
{
	return text_string(&stream->error);
}

bool
stream_take_news(struct stream *stream)
{
	const bool news = stream->news;

	stream->news = false;
	return news;
}
