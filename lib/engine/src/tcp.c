/*
 * TCP state and window tracking of a session.
 *
 * States follow the flags of both directions by the table below; an unlisted pair is invalid. The
 * window check is that of van Rooij, "Real Stateful TCP Packet Filtering in IP Filter" (2000): for
 * each side we keep the highest sequence number it sent (end), how far the other side lets it send
 * (limit) and the largest window it ever offered (window). A segment is in the window when
 *     its last octet lies below the sender's limit,
 *     it ends above what the receiver had a window for: sender's end less receiver's window,
 *     it acknowledges nothing that was not sent, and nothing older than ACK_PAST or a window.
 * Windows in segments with SYN are never scaled, and scaling counts only when both sides offer it
 * (RFC 7323 2.2).
 *
 * Half open (RFC 9293 3.5.1): a server that still has an old connection answers the SYN with an ACK
 * of what it knows of that. The ACK goes on when it carries no data and acknowledges anything but the
 * SYN; we keep the number in the server's window, which is empty yet, and let the client's RST with
 * just that number go on. Both say nothing about the session, which waits for the client's next SYN.
 * A server whose SYN with ACK was answered behind us in vain sends it again, whatever was said since.
 * A server may also close before the client's first ACK (3.10.4): the handshake's time runs on then.
 *
 * Simultaneous open (3.5): after the second bare SYN both sides must send a SYN with ACK. So a server
 * that answers a SYN with a SYN, to be taken for the client by what watches it (the split handshake),
 * gets the client's SYN with ACK, but nothing that it sends then passes.
 *
 * A RST must lie within the window too (REQ-SES-007), or in the handshake acknowledge the SYN (RFC
 * 9293 3.10.7.3). It ends the session when it has the highest number that its sender reached and that
 * was acknowledged last: its receiver waits for that. With only one of both the receiver takes it, or
 * does not: when something before it got lost behind us it answers with a challenge, and when more is
 * on its way than was acknowledged it acknowledges that; what the sender says then has the right number
 * (RFC 5961 3). The session lingers for it. Any other RST goes on and changes nothing, as it may be a
 * guess of a stranger. Under rst-invalidate-session (ScreenOS 08256) each one within the window ends it at once.
 *
 * A bare SYN within an established or half closed session goes on and changes
 * nothing: a host that lost its memory, or has given up on a peer that does not close, gets its
 * peer's challenge and answers with the RST that ends the session (RFC 5961 4). After FIN in both
 * directions the session lingers for 2 s for the last ACK and for FINs that are sent again; a SYN
 * that comes then begins a new session.
 */
#include "tcp_private.h"

#include <assert.h>

enum tcp_event {
	TCP_EVENT_INVALID,
	TCP_EVENT_SYN,
	TCP_EVENT_SYN_ACK,
	TCP_EVENT_ACK,
	TCP_EVENT_FIN,
	TCP_EVENT_RST,
	TCP_EVENT_COUNT
};

enum {
	/* An ACK may be this old at least: the largest unscaled window and a little. */
	ACK_PAST = 66000,
	/* The ACK of a SYN may leave out the data that came with the SYN (RFC 7413). */
	ACK_PAST_SYN = 1460,
	FLAG_PATTERNS = 16,
};

/* By ACK, RST, SYN, FIN as a number of four bits. */
static const uint8_t event_of_flags[FLAG_PATTERNS] = {
    [0x2] = TCP_EVENT_SYN,
    [0x8] = TCP_EVENT_ACK,
    [0xa] = TCP_EVENT_SYN_ACK,
    [0x9] = TCP_EVENT_FIN,
    [0x4] = TCP_EVENT_RST,
    [0xc] = TCP_EVENT_RST,
};

#define BOTH(state) {state, state}
static const uint8_t successor[TCP_STATE_COUNT][TCP_EVENT_COUNT][2] = {
    [TCP_STATE_SYN_SENT] = {
        [TCP_EVENT_SYN] = {TCP_STATE_SYN_SENT, TCP_STATE_SYN_BOTH},
        [TCP_EVENT_SYN_ACK] = {TCP_STATE_NONE, TCP_STATE_SYN_RECEIVED},
        [TCP_EVENT_ACK] = {TCP_STATE_NONE, TCP_STATE_SYN_SENT},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_SYN_SENT),
    },
    [TCP_STATE_SYN_BOTH] = {
        [TCP_EVENT_SYN] = BOTH(TCP_STATE_SYN_BOTH),
        [TCP_EVENT_SYN_ACK] = {TCP_STATE_SYN_BOTH_FORTH, TCP_STATE_SYN_BOTH_BACK},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_SYN_BOTH),
    },
    [TCP_STATE_SYN_BOTH_FORTH] = {
        [TCP_EVENT_SYN] = BOTH(TCP_STATE_SYN_BOTH_FORTH),
        [TCP_EVENT_SYN_ACK] = {TCP_STATE_SYN_BOTH_FORTH, TCP_STATE_ESTABLISHED},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_SYN_BOTH_FORTH),
    },
    [TCP_STATE_SYN_BOTH_BACK] = {
        [TCP_EVENT_SYN] = BOTH(TCP_STATE_SYN_BOTH_BACK),
        [TCP_EVENT_SYN_ACK] = {TCP_STATE_ESTABLISHED, TCP_STATE_SYN_BOTH_BACK},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_SYN_BOTH_BACK),
    },
    [TCP_STATE_SYN_RECEIVED] = {
        [TCP_EVENT_SYN] = {TCP_STATE_SYN_RECEIVED, TCP_STATE_NONE},
        [TCP_EVENT_SYN_ACK] = {TCP_STATE_NONE, TCP_STATE_SYN_RECEIVED},
        [TCP_EVENT_ACK] = {TCP_STATE_ESTABLISHED, TCP_STATE_SYN_RECEIVED},
        [TCP_EVENT_FIN] = {TCP_STATE_FIN_FORTH, TCP_STATE_EARLY_FIN},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_SYN_RECEIVED),
    },
    [TCP_STATE_EARLY_FIN] = {
        [TCP_EVENT_SYN] = {TCP_STATE_EARLY_FIN, TCP_STATE_NONE},
        [TCP_EVENT_SYN_ACK] = {TCP_STATE_NONE, TCP_STATE_EARLY_FIN},
        [TCP_EVENT_ACK] = {TCP_STATE_FIN_BACK, TCP_STATE_EARLY_FIN},
        [TCP_EVENT_FIN] = {TCP_STATE_CLOSED, TCP_STATE_EARLY_FIN},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_EARLY_FIN),
    },
    [TCP_STATE_PICKUP] = {
        [TCP_EVENT_SYN_ACK] = {TCP_STATE_PICKUP, TCP_STATE_NONE},
        [TCP_EVENT_ACK] = {TCP_STATE_PICKUP, TCP_STATE_ESTABLISHED},
        [TCP_EVENT_FIN] = {TCP_STATE_PICKUP, TCP_STATE_FIN_BACK},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_PICKUP),
    },
    [TCP_STATE_ESTABLISHED] = {
        [TCP_EVENT_SYN] = {TCP_STATE_ESTABLISHED, TCP_STATE_NONE},
        [TCP_EVENT_SYN_ACK] = BOTH(TCP_STATE_ESTABLISHED),
        [TCP_EVENT_ACK] = BOTH(TCP_STATE_ESTABLISHED),
        [TCP_EVENT_FIN] = {TCP_STATE_FIN_FORTH, TCP_STATE_FIN_BACK},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_ESTABLISHED),
    },
    [TCP_STATE_FIN_FORTH] = {
        [TCP_EVENT_SYN] = {TCP_STATE_FIN_FORTH, TCP_STATE_NONE},
        [TCP_EVENT_SYN_ACK] = BOTH(TCP_STATE_FIN_FORTH),
        [TCP_EVENT_ACK] = BOTH(TCP_STATE_FIN_FORTH),
        [TCP_EVENT_FIN] = {TCP_STATE_FIN_FORTH, TCP_STATE_CLOSED},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_FIN_FORTH),
    },
    [TCP_STATE_FIN_BACK] = {
        [TCP_EVENT_SYN] = {TCP_STATE_FIN_BACK, TCP_STATE_NONE},
        [TCP_EVENT_SYN_ACK] = BOTH(TCP_STATE_FIN_BACK),
        [TCP_EVENT_ACK] = BOTH(TCP_STATE_FIN_BACK),
        [TCP_EVENT_FIN] = {TCP_STATE_CLOSED, TCP_STATE_FIN_BACK},
        [TCP_EVENT_RST] = BOTH(TCP_STATE_FIN_BACK),
    },
    [TCP_STATE_CLOSED] = {
        [TCP_EVENT_SYN] = BOTH(TCP_STATE_CLOSED),
        [TCP_EVENT_SYN_ACK] = BOTH(TCP_STATE_CLOSED),
        [TCP_EVENT_ACK] = BOTH(TCP_STATE_CLOSED),
        [TCP_EVENT_FIN] = BOTH(TCP_STATE_CLOSED),
        [TCP_EVENT_RST] = BOTH(TCP_STATE_CLOSED),
    },
    [TCP_STATE_RESET] = {
        [TCP_EVENT_SYN] = BOTH(TCP_STATE_RESET),
        [TCP_EVENT_SYN_ACK] = BOTH(TCP_STATE_RESET),
        [TCP_EVENT_ACK] = BOTH(TCP_STATE_RESET),
        [TCP_EVENT_FIN] = BOTH(TCP_STATE_RESET),
        [TCP_EVENT_RST] = BOTH(TCP_STATE_RESET),
    },
};
#undef BOTH

/* left <= right in sequence space. */
static inline bool
not_after(uint32_t left, uint32_t right)
{
	return (int32_t)(right - left) >= 0;
}

static inline uint32_t
at_least_one(uint32_t window)
{
	return window == 0 ? 1 : window;
}

static inline uint32_t
window_of(
    const struct session_common *common, unsigned direction, uint16_t window, uint8_t flags)
{
	const uint8_t scale = common->scale[direction];

	/* A side that offered none is known as such until the other has said what it offers. */
	return (flags & TCP_SYN) != 0 || scale > TCP_SCALE_MOST ? window : (uint32_t)window << scale;
}

/* Notes what a side offers; once both have, one that offers none turns it off for both (RFC 7323
 * 2.2). */
static void
take_scale(struct session_common *common, unsigned direction, uint8_t scale)
{
	common->scale[direction] = scale;
	if (common->window[!direction].window == 0) {
		return;
	}
	if (scale == TCP_SCALE_NONE || common->scale[!direction] == TCP_SCALE_NONE) {
		common->scale[0] = 0;
		common->scale[1] = 0;
	}
}

/* The first segment of a side: what it sends from here on is measured from this. */
static void
first_of_side(struct session_common *common, unsigned direction, const struct tcp_segment *segment,
    uint32_t end)
{
	struct tcp_window *sender = &common->window[direction];
	const struct tcp_window *receiver = &common->window[!direction];

	sender->limit = end + receiver->window;
	if ((segment->header.flags & TCP_SYN) != 0) {
		take_scale(common, direction, segment->scale);
	} else {
		/* Begun in the middle: the scales were agreed before; take the largest. */
		common->scale[direction] = TCP_SCALE_MOST;
		if (common->scale[!direction] == TCP_SCALE_NONE) {
			common->scale[!direction] = 0;
		}
	}
	if (receiver->window == 0 && !tcp_is_start(segment->header.flags)) {
		sender->limit = end + ((uint32_t)UINT16_MAX << TCP_SCALE_MOST);
	}
	sender->end = end;
	sender->window = at_least_one(
	    window_of(common, direction, segment->header.window, segment->header.flags));
}

void
tcp_begin(struct session_common *common, const struct tcp_segment *segment)
{
	const uint8_t flags = segment->header.flags;

	common->tcp = tcp_is_start(flags) ? TCP_STATE_SYN_SENT : TCP_STATE_PICKUP;
	first_of_side(common, SESSION_FORTH, segment,
	    segment->header.sequence + tcp_sequence_length(flags, segment->payload));
	/* An answer to a SYN that we did not see offers no scaling unless the SYN did. */
	if (common->tcp == TCP_STATE_PICKUP && common->scale[SESSION_FORTH] == TCP_SCALE_NONE) {
		common->scale[SESSION_FORTH] = 0;
	}
}

static bool
reset_in_window(
    const struct session_common *common, unsigned direction, const struct tcp_segment *segment)
{
	const struct tcp_window *sender = &common->window[direction];
	const struct tcp_window *receiver = &common->window[!direction];
	const uint32_t sequence = segment->header.sequence;

	if (sender->window == 0) {
		return common->tcp == TCP_STATE_PICKUP ||
		       ((segment->header.flags & TCP_ACK) != 0 &&
			   segment->header.acknowledgement == receiver->end);
	}
	return not_after(sequence, sender->limit) &&
	       not_after(sender->end - receiver->window, sequence);
}

/* Will the receiver take the RST, as far as can be known here? */
static enum tcp_outcome
judge_reset(
    struct session_common *common, unsigned direction, const struct tcp_segment *segment, uint8_t checks)
{
	const struct tcp_window *sender = &common->window[direction];
	const uint32_t sequence = segment->header.sequence;

	if (!reset_in_window(common, direction, segment)) {
		return TCP_OUT_OF_WINDOW;
	}
	const bool reached = sequence == sender->end;
	const bool acknowledged = sequence == common->acknowledged;

	if (sender->window == 0 || (reached && acknowledged) || (checks & TCP_CHECK_RESET_ENDS) != 0) {
		return TCP_RESET;
	}
	if (!reached && !acknowledged) {
		return TCP_PASS_UNTRACKED;
	}
	common->tcp = TCP_STATE_RESET;
	return TCP_PASS;
}

/* `flags` are the segment's: said apart, so that the compiler can leave out what they exclude. */
static inline bool
segment_in_window(const struct session_common *common, unsigned direction,
    const struct tcp_segment *segment, uint8_t flags, uint32_t end)
{
	const struct tcp_window *sender = &common->window[direction];
	const struct tcp_window *receiver = &common->window[!direction];
	const uint32_t past = sender->window == 0 && (flags & TCP_SYN) != 0
				  ? ACK_PAST_SYN
			      : sender->window > ACK_PAST ? sender->window
							  : ACK_PAST;
	const uint32_t acknowledged = segment->header.acknowledgement;
	bool good = true;

	if (sender->window != 0) {
		good = not_after(segment->header.sequence + segment->payload, sender->limit) &&
		    not_after(sender->end - at_least_one(receiver->window), end);
	}
	if ((flags & TCP_ACK) != 0 && receiver->window != 0) {
		good = good && not_after(acknowledged, receiver->end) &&
		       not_after(receiver->end - past, acknowledged);
	}
	return good;
}

static inline void
move_window(struct session_common *common, unsigned direction, const struct tcp_segment *segment,
    uint8_t flags, uint32_t end)
{
	struct tcp_window *sender = &common->window[direction];
	struct tcp_window *receiver = &common->window[!direction];
	const uint32_t window = window_of(common, direction, segment->header.window, flags);

	if (sender->window == 0) {
		first_of_side(common, direction, segment, end);
	} else {
		if (!not_after(end, sender->end)) {
			sender->end = end;
		}
		if (window > sender->window) {
			sender->window = window;
		}
	}
	if ((flags & TCP_ACK) != 0 && receiver->window != 0) {
		const uint32_t limit = segment->header.acknowledgement + at_least_one(window);

		if (!not_after(limit, receiver->limit)) {
			receiver->limit = limit;
		}
		common->acknowledged = segment->header.acknowledgement;
	}
}

/* An ACK to a SYN that the server does not take: it has an old connection. */
static enum tcp_outcome
take_challenge(struct session_common *common, const struct tcp_segment *segment)
{
	struct tcp_window *server = &common->window[SESSION_BACK];
	const uint32_t acknowledged = segment->header.acknowledgement;

	if (segment->payload != 0 || acknowledged == common->window[SESSION_FORTH].end) {
		return TCP_OUT_OF_STATE;
	}
	server->end = acknowledged;
	common->flags |= SESSION_CHALLENGED;
	return TCP_PASS_UNTRACKED;
}

/* The client's RST for the old connection. */
static inline bool
answers_challenge(
    const struct session_common *common, unsigned direction, const struct tcp_segment *segment)
{
	return (common->flags & SESSION_CHALLENGED) != 0 && common->tcp == TCP_STATE_SYN_SENT &&
	       direction == SESSION_FORTH &&
	       segment->header.sequence == common->window[SESSION_BACK].end;
}

/* Any segment in any state. Not inline: the usual ones need none of its registers. */
static __attribute__((noinline)) enum tcp_outcome
track_by_table(struct session_common *common, unsigned direction,
    const struct tcp_segment *segment, uint8_t checks)
{
	const uint8_t flags = segment->header.flags;
	const enum tcp_event event = event_of_flags[(flags & 7) | (flags & TCP_ACK) >> 1];
	const uint8_t next = successor[common->tcp][event][direction];
	const uint32_t end =
	    segment->header.sequence + tcp_sequence_length(flags, segment->payload);

	if (next == TCP_STATE_NONE) {
		return TCP_OUT_OF_STATE;
	}
	if (event == TCP_EVENT_RST) {
		if (answers_challenge(common, direction, segment)) {
			return TCP_PASS_UNTRACKED;
		}
		return (checks & TCP_CHECK_WINDOW) != 0 ? judge_reset(common, direction, segment, checks) : TCP_RESET;
	}
	if (event == TCP_EVENT_SYN) {
		if (tcp_lingers(common->tcp)) {
			return TCP_RESTART;
		}
		if (common->tcp >= TCP_STATE_ESTABLISHED) {
			return TCP_PASS_UNTRACKED;
		}
		if (common->tcp == TCP_STATE_SYN_SENT && direction == SESSION_FORTH) {
			tcp_begin(common, segment);
			return TCP_PASS;
		}
	}
	if (event == TCP_EVENT_ACK && common->tcp == TCP_STATE_SYN_SENT) {
		return take_challenge(common, segment);
	}
	if ((checks & TCP_CHECK_WINDOW) != 0 && !segment_in_window(common, direction, segment, flags, end)) {
		return TCP_OUT_OF_WINDOW;
	}
	move_window(common, direction, segment, flags, end);
	common->tcp = next;
	return TCP_PASS;
}

enum tcp_outcome
tcp_track(struct session_common *common, unsigned direction, const struct tcp_segment *segment,
    uint8_t checks)
{
	const uint8_t flags = segment->header.flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);
	const uint32_t end = segment->header.sequence + segment->payload;

	/* An ACK, with data or without, changes no state once the handshake is done. */
	if (flags != TCP_ACK || common->tcp < TCP_STATE_ESTABLISHED ||
	    common->window[0].window == 0 || common->window[1].window == 0) {
		return track_by_table(common, direction, segment, checks);
	}
	if ((checks & TCP_CHECK_WINDOW) != 0 && !segment_in_window(common, direction, segment, TCP_ACK, end)) {
		return TCP_OUT_OF_WINDOW;
	}
	move_window(common, direction, segment, TCP_ACK, end);
	return TCP_PASS;
}

bool
tcp_quoted_in_window(const struct session_common *common, unsigned direction, uint32_t sequence)
{
	const struct tcp_window *sender = &common->window[direction];
	const struct tcp_window *receiver = &common->window[!direction];
	const uint32_t past = receiver->window > ACK_PAST ? receiver->window : ACK_PAST;

	return sender->window == 0 ||
	       (not_after(sequence, sender->end) && not_after(sender->end - past, sequence));
}
