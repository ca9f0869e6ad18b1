/*
 * TCP as a filter in the middle sees it: states by the flags of both directions, and the window of
 * each.
 */
#ifndef ENGINE_TCP_PRIVATE_H
#define ENGINE_TCP_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "session_private.h"
#include "wire/tcp.h"

enum tcp_state {
	TCP_STATE_NONE, /* not TCP; as a successor in the table: invalid */
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_BOTH, /* simultaneous open: two bare SYNs */
	TCP_STATE_SYN_BOTH_FORTH, /* and the SYN with ACK of one side */
	TCP_STATE_SYN_BOTH_BACK,
	TCP_STATE_SYN_RECEIVED,
	TCP_STATE_EARLY_FIN, /* as SYN_RECEIVED, and the server has closed already */
	TCP_STATE_PICKUP, /* begun without SYN (no-syn-check): nothing seen from the other side yet
			   */
	TCP_STATE_ESTABLISHED,
	TCP_STATE_FIN_FORTH,
	TCP_STATE_FIN_BACK,
	TCP_STATE_CLOSED, /* FIN in both directions: lingers for the last segments */
	TCP_STATE_RESET,  /* by a RST that its receiver may still challenge: lingers for that */
	TCP_STATE_COUNT
};

enum tcp_outcome {
	TCP_PASS,
	TCP_PASS_UNTRACKED, /* goes on, but says nothing about the session: no refresh */
	TCP_RESET,          /* goes on, and ends the session */
	TCP_RESTART,        /* a SYN for a session that is over: end it and begin anew */
	TCP_OUT_OF_WINDOW,
	TCP_OUT_OF_STATE,
};

enum tcp_check {
	TCP_CHECK_WINDOW = 1 << 0,     /* off: no-sequence-check */
	TCP_CHECK_RESET_ENDS = 1 << 1, /* rst-invalidate-session */
};

struct tcp_segment {
	struct tcp_header header;
	uint16_t payload;
	uint8_t scale; /* window scale option of a SYN, or TCP_SCALE_NONE */
};

/* Is the handshake still going on? */
static inline bool
tcp_opening(uint8_t state)
{
	return state <= TCP_STATE_PICKUP;
}

/* Is it over, and only lingers? */
static inline bool
tcp_lingers(uint8_t state)
{
	return state >= TCP_STATE_CLOSED;
}

/* May it begin a session: SYN and none of ACK, FIN, RST (REQ-SES-014)? */
static inline bool
tcp_is_start(uint8_t flags)
{
	return (flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) == TCP_SYN;
}

/* The first segment of a session sets its state; with a start that is no SYN the windows are learnt
 * on the way. */
void tcp_begin(struct session_common *common, const struct tcp_segment *segment);
/* Judges a segment and, when it passes, moves state and windows on. `checks`: bits of
 * enum tcp_check. */
enum tcp_outcome tcp_track(struct session_common *common, unsigned direction,
    const struct tcp_segment *segment, uint8_t checks);
/* Could the sequence number quoted by an ICMP error have been sent by that direction lately (RFC
 * 5927 4.1)? */
bool tcp_quoted_in_window(
    const struct session_common *common, unsigned direction, uint32_t sequence);

#endif
