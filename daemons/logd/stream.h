/*
 * A stream: traffic logs to one server by UDP, TCP or TLS, never waited for.
 *
 * Messages stand in a bounded queue; what does not fit is lost, counted, and the count is sent once there is room. A
 * connection that fails or ends is made again after 1, 2, 4 ... 60 seconds; the message that was on its way is sent again
 * whole. Over TCP and TLS each message stands behind its length (RFC 6587 section 3.4.1, RFC 5425 section 4.3).
 *
 * Threads: one. In a poll loop: stream_polls() -> poll -> stream_serve(); stream_flush() at the end of each pass;
 * stream_tick() about once a second.
 */
#ifndef LOGD_STREAM_H
#define LOGD_STREAM_H

#include <poll.h>
#include <stdint.h>

#include "base/text.h"
#include "ipc/resolve.h"
#include "plan_traffic.h"

enum {
	STREAM_QUEUE = 32768,       /* messages */
	STREAM_QUEUE_BYTES = 1 << 24,
	STREAM_RETRY_MOST = 60,     /* seconds */
	STREAM_PATIENCE = 15,       /* seconds that connecting and the handshake may take */
};

enum stream_state {
	STREAM_UNRESOLVED, /* the server's name has no address */
	STREAM_WAITING,    /* until the next try */
	STREAM_CONNECTING,
	STREAM_HANDSHAKE,
	STREAM_OPEN,
};

struct stream_counts {
	uint64_t sent;
	uint64_t lost;       /* no room in the queue */
	uint64_t suppressed; /* over the rate limit */
	uint64_t queued;     /* now */
};

struct stream;

/* Borrows the plan, which outlives it. NULL: no memory. */
struct stream *stream_create(const struct plan_stream *plan) __attribute__((warn_unused_result));
void stream_destroy(struct stream *stream);
/* Where the server is; NULL: its name has no address. */
void stream_set_address(struct stream *stream, const struct resolve_address *address);
/* Queues a copy, if the rate allows. `now`: monotonic seconds. */
void stream_send(struct stream *stream, const struct text *message, uint64_t now);
/* How many messages the rate limit kept out in the seconds before; they count as told. */
uint64_t stream_take_suppressed(struct stream *stream, uint64_t now);
/* How many were lost since it was last asked, once there is room again; else 0. */
uint64_t stream_take_lost(struct stream *stream);
/* Queues a message about the stream itself, whatever the rate. */
void stream_say(struct stream *stream, const struct text *message);

/* What to poll for; fd -1: nothing. */
struct pollfd stream_polls(const struct stream *stream);
void stream_serve(struct stream *stream, short events, uint64_t now);
void stream_flush(struct stream *stream, uint64_t now);
void stream_tick(struct stream *stream, uint64_t now);

enum stream_state stream_state(const struct stream *stream);
const char *stream_state_word(enum stream_state state);
struct stream_counts stream_counts(const struct stream *stream);
/* Why it is not open; "". */
const char *stream_error(const struct stream *stream);
/* True once after the connection came up, or was lost and why (stream_error()), which shall be logged. */
bool stream_take_news(struct stream *stream);

#endif
