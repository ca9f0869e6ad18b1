/*
 * Fuzz target: the TCP state of a session between two honest ends and a stranger (cs08787, REQ-SES-007, REQ-SES-019).
 *
 * The input says in which order things happen: an end sends, sends again, acknowledges, changes its window; a segment arrives,
 * gets lost before or behind us, comes twice, overtakes others; a stranger who knows the addresses and ports but not the
 * numbers sends what he likes. Held against it:
 *   - what has numbers outside the windows changes nothing in the session, and neither goes on as a part of it nor ends it;
 *   - after all of that, on a network that loses nothing, both ends get everything across and close, and the session with them;
 *     or, when one has given up, the other hears of it.
 * The ends are a TCP of their own, by RFC 9293, that shares nothing with the engine but the segment's struct.
 *
 * The input begins with both ends' first numbers (4 octets each), scales (1 each: 15 and more offer none), sizes (2 each);
 * then a row of actions of one octet and what it needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/engine/src/tcp_private.h"
#include "base/reader.h"
#include "house.h"
#include "target.h"

enum {
	QUEUE = 32,
	SEGMENT = 1460,
	/* Windows of at most 2^24 octets: what is 2^27 away is outside of all that may be in flight. */
	SCALE_MOST = 8,
	FAIR_ROUNDS = 2000,
	FAIR_BURST = 8,
	WINDOW_WHOLE = UINT16_MAX,
};

#define OUTSIDE_LEAST (1U << 27)
#define OUTSIDE_SPAN (UINT32_MAX - 2 * OUTSIDE_LEAST)

/* Its stream: SYN at `first`, then `size` octets, then FIN. */
struct end {
	uint32_t first;
	uint32_t size;
	uint32_t una;      /* oldest number that is not acknowledged */
	uint32_t next;     /* to be sent */
	uint32_t received; /* the next it waits for */
	uint32_t peer_window;
	uint16_t window; /* that it offers, unscaled */
	uint8_t offer;   /* scale, or TCP_SCALE_NONE */
	uint8_t shift_own;
	uint8_t shift_peer;
	bool begun;  /* has sent its SYN */
	bool synced; /* has the other's */
	bool gone;   /* has given up: knows nothing of the connection any more */
	bool told;   /* has heard that the other one has */
};

struct channel { /* what is under way from an end, before us */
	struct tcp_segment segments[QUEUE];
	uint32_t count;
};

struct talk {
	struct end ends[2]; /* SESSION_FORTH: the client */
	struct channel channels[2];
	struct session_common session;
	bool open; /* the session was made */
	bool over; /* a RST has ended it */
	bool fair; /* nothing is lost, so nothing of the ends may be dropped either */
};

/* left < right in sequence space. */
static bool
before(uint32_t left, uint32_t right)
{
	return (int32_t)(left - right) < 0;
}

static uint32_t
last_number(const struct end *end)
{
	return end->first + end->size + 2;
}

static void
channel_put(struct channel *channel, const struct tcp_segment *segment)
{
	if (channel->count == QUEUE) {
		channel->count--;
		memmove(channel->segments, channel->segments + 1, channel->count * sizeof *channel->segments);
	}
	channel->segments[channel->count++] = *segment;
}

/* A segment from `sequence` on with up to `most` octets, with SYN and FIN where they have their place; returns its end. */
static uint32_t
transmit(struct talk *talk, unsigned direction, uint32_t sequence, uint32_t most, bool finish)
{
	struct end *end = &talk->ends[direction];
	struct tcp_segment segment = {
	    .header = {
		.sequence = sequence,
		.acknowledgement = end->synced ? end->received : 0,
		.window = end->window,
		.header_length = TCP_HEADER,
		.flags = end->synced ? TCP_ACK : 0,
	    },
	    .scale = TCP_SCALE_NONE,
	};

	if (sequence == end->first) {
		segment.header.flags |= TCP_SYN;
		segment.scale = end->offer;
	} else {
		const uint32_t left = last_number(end) - 1 - sequence;
		const uint32_t size = before(last_number(end) - 1, sequence) ? 0 : left < most ? left : most;

		segment.payload = (uint16_t)size;
		segment.header.flags |= finish && left == size ? TCP_FIN : 0;
	}
	channel_put(&talk->channels[direction], &segment);
	return sequence + tcp_sequence_length(segment.header.flags, segment.payload);
}

static bool
silent(const struct end *end)
{
	return end->gone || end->told;
}

static void
acknowledge(struct talk *talk, unsigned direction)
{
	if (!silent(&talk->ends[direction]) && talk->ends[direction].synced &&
	    talk->ends[direction].una != talk->ends[direction].first) {
		(void)transmit(talk, direction, talk->ends[direction].next, 0, false);
	}
}

static void
transmit_reset(struct talk *talk, unsigned direction, uint32_t sequence, uint8_t flags)
{
	const struct tcp_segment segment = {
	    .header = {
		.sequence = sequence,
		.acknowledgement = (flags & TCP_ACK) != 0 ? talk->ends[direction].received : 0,
		.header_length = TCP_HEADER,
		.flags = flags,
	    },
	    .scale = TCP_SCALE_NONE,
	};

	channel_put(&talk->channels[direction], &segment);
}

/* Gives up in the middle of it. */
static void
give_up(struct talk *talk, unsigned direction)
{
	struct end *end = &talk->ends[direction];

	if (!end->gone && !end->told && end->synced && end->una != end->first) {
		end->gone = true;
		transmit_reset(talk, direction, end->next, TCP_RST | TCP_ACK);
	}
}

/* Something that was not sent before; false: there is nothing, or no window for it. */
static bool
send_new(struct talk *talk, unsigned direction)
{
	struct end *end = &talk->ends[direction];

	if (silent(end)) {
		return false;
	}
	if (!end->begun) {
		end->begun = direction == SESSION_FORTH;
		end->next = end->begun ? transmit(talk, direction, end->first, 0, false) : end->next;
		return end->begun;
	}
	const uint32_t allowed = end->una + end->peer_window - end->next;

	if (end->una == end->first || end->next == last_number(end) || (int32_t)allowed <= 0) {
		return false;
	}
	end->next = transmit(talk, direction, end->next, allowed < SEGMENT ? allowed : SEGMENT,
	    allowed > SEGMENT);
	return true;
}

/* The oldest again; into a closed window one octet. */
static void
send_again(struct talk *talk, unsigned direction)
{
	struct end *end = &talk->ends[direction];

	if (silent(end)) {
		return;
	}
	if (!end->begun) {
		(void)send_new(talk, direction);
	} else if (end->una != end->next) {
		const uint32_t left = end->next - end->una;
		const bool finish = end->next == last_number(end) && left <= SEGMENT;

		(void)transmit(talk, direction, end->una, left < SEGMENT ? left : SEGMENT, finish);
	} else if (end->peer_window == 0 && before(end->next, last_number(end) - 1)) {
		end->next = transmit(talk, direction, end->next, 1, false);
	} else {
		acknowledge(talk, direction);
	}
}

static void
take_syn(struct talk *talk, unsigned direction, const struct tcp_segment *segment)
{
	struct end *end = &talk->ends[direction];
	const bool scales = end->offer != TCP_SCALE_NONE && segment->scale != TCP_SCALE_NONE;

	end->synced = true;
	end->received = segment->header.sequence + 1;
	end->peer_window = segment->header.window;
	end->shift_own = scales ? end->offer : 0;
	end->shift_peer = scales ? segment->scale : 0;
}

static void
receive_syn(struct talk *talk, unsigned direction, const struct tcp_segment *segment)
{
	struct end *end = &talk->ends[direction];
	const bool answers = (segment->header.flags & TCP_ACK) != 0;

	if (end->synced) {
		if (end->una == end->first) {
			(void)transmit(talk, direction, end->first, 0, false);
		} else {
			acknowledge(talk, direction); /* a challenge, if need be */
		}
	} else if (direction == SESSION_BACK && !answers) {
		take_syn(talk, direction, segment);
		end->begun = true;
		end->next = transmit(talk, direction, end->first, 0, false);
	} else if (direction == SESSION_FORTH && answers &&
		   segment->header.acknowledgement == end->first + 1) {
		take_syn(talk, direction, segment);
		end->una = end->first + 1;
		acknowledge(talk, direction);
	}
}

/* RFC 5961 3: only the very number counts, another one in the window is challenged. */
static void
receive_reset(struct talk *talk, unsigned direction, const struct tcp_segment *segment)
{
	struct end *end = &talk->ends[direction];
	const uint32_t ahead = segment->header.sequence - end->received;

	if (end->synced && ahead == 0) {
		end->told = true;
	} else if (end->synced && ahead <= (uint32_t)end->window << end->shift_own) {
		acknowledge(talk, direction);
	}
}

/* An end gets a segment. */
static void
receive(struct talk *talk, unsigned direction, const struct tcp_segment *segment)
{
	struct end *end = &talk->ends[direction];
	const struct tcp_header *header = &segment->header;
	const uint32_t until =
	    header->sequence + tcp_sequence_length(header->flags, segment->payload);

	if (end->told) {
		return;
	}
	if (end->gone) {
		if ((header->flags & (TCP_ACK | TCP_RST)) == TCP_ACK) {
			transmit_reset(talk, direction, header->acknowledgement, TCP_RST);
		}
		return;
	}
	if ((header->flags & TCP_RST) != 0) {
		receive_reset(talk, direction, segment);
		return;
	}
	if ((header->flags & TCP_SYN) != 0) {
		receive_syn(talk, direction, segment);
		return;
	}
	if (!end->synced || (header->flags & TCP_ACK) == 0 ||
	    before(end->next, header->acknowledgement)) {
		return;
	}
	if (!before(header->acknowledgement, end->una)) {
		end->una = header->acknowledgement;
		end->peer_window = (uint32_t)header->window << end->shift_peer;
	}
	if (until == header->sequence) {
		return;
	}
	if (!before(end->received, header->sequence) && before(end->received, until)) {
		end->received = until;
	}
	acknowledge(talk, direction);
}

/* A segment reaches us, and the other end if we let it and `arrives`. */
static void
pass(struct talk *talk, unsigned direction, const struct tcp_segment *segment, bool arrives)
{
	const bool given_up = talk->ends[0].gone || talk->ends[1].gone;
	enum tcp_outcome outcome = TCP_PASS;

	if (talk->over) {
		return;
	}
	if (!talk->open) {
		if (direction != SESSION_FORTH || !tcp_is_start(segment->header.flags)) {
			return;
		}
		talk->open = true;
		tcp_begin(&talk->session, segment);
	} else {
		outcome = tcp_track(&talk->session, direction, segment, TCP_CHECK_WINDOW);
	}
	fuzz_hold(!talk->fair || given_up || outcome == TCP_PASS || outcome == TCP_PASS_UNTRACKED,
	    "an honest segment is dropped");
	fuzz_hold(outcome != TCP_RESET || given_up, "an end that sent no RST has ended the session");
	talk->over = outcome == TCP_RESET;
	if (talk->over) {
		receive(talk, !direction, segment);
	} else if (arrives && (outcome == TCP_PASS || outcome == TCP_PASS_UNTRACKED)) {
		receive(talk, !direction, segment);
	}
}

/* One of those that are under way: arrives, gets lost behind us or before us, or arrives and stays under way too. */
static void
deliver(struct talk *talk, unsigned direction, uint8_t which, unsigned how)
{
	struct channel *channel = &talk->channels[direction];

	if (channel->count == 0) {
		return;
	}
	const uint32_t at = which % channel->count;
	const struct tcp_segment segment = channel->segments[at];

	if (how != 3) {
		channel->count--;
		memmove(&channel->segments[at], &channel->segments[at + 1],
		    (channel->count - at) * sizeof segment);
	}
	if (how != 2) {
		pass(talk, direction, &segment, how != 1);
	}
}

/* A stranger's segment: its number, or what it acknowledges, is far from what is in flight. */
static void
attack(struct talk *talk, unsigned direction, struct reader *reader)
{
	const uint8_t flags = reader_u8(reader) & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);
	const uint8_t how = reader_u8(reader);
	const uint32_t away = OUTSIDE_LEAST + reader_u32(reader) % OUTSIDE_SPAN;
	const uint32_t other = reader_u32(reader);
	const bool first = talk->session.tcp == TCP_STATE_SYN_SENT && direction == SESSION_BACK;
	const bool acknowledges = first || ((how & 1) != 0 && (flags & TCP_ACK) != 0 &&
					       (flags & TCP_RST) == 0);
	const struct session_common was = talk->session;
	struct tcp_segment segment = {
	    .header = {
		.sequence = acknowledges ? talk->ends[direction].next : talk->ends[direction].next + away,
		.acknowledgement = acknowledges ? talk->ends[!direction].next + away : other,
		.window = (uint16_t)other,
		.header_length = TCP_HEADER,
		.flags = first ? flags | TCP_ACK : flags,
	    },
	    .payload = (uint16_t)((how & 2) != 0 ? how : 0),
	    .scale = (uint8_t)((how & 4) != 0 ? how & 7 : TCP_SCALE_NONE),
	};

	/* Before the handshake is done nobody can tell whose a bare SYN is. */
	if (!talk->open || talk->over || (was.tcp < TCP_STATE_ESTABLISHED && tcp_is_start(segment.header.flags))) {
		return;
	}
	const enum tcp_outcome outcome = tcp_track(&talk->session, direction, &segment, TCP_CHECK_WINDOW);

	fuzz_hold(outcome != TCP_PASS && outcome != TCP_RESET, "a stranger's segment counts");
	fuzz_hold(outcome != TCP_RESTART || tcp_lingers(was.tcp), "a stranger begins anew");
	/* The acknowledgement of something else than the SYN is kept, so that its RST may pass. */
	fuzz_hold(memcmp(&was, &talk->session, sizeof was) == 0 ||
		 (was.tcp == TCP_STATE_SYN_SENT && outcome == TCP_PASS_UNTRACKED),
	    "a stranger's segment changes the session");
	if (outcome == TCP_PASS_UNTRACKED && (segment.header.flags & TCP_RST) == 0) {
		receive(talk, !direction, &segment);
	}
}

static void
act(struct talk *talk, struct reader *reader)
{
	const uint8_t action = reader_u8(reader);
	const unsigned direction = action & 1;

	switch (action >> 1 & 7) {
	case 0:
		(void)send_new(talk, direction);
		break;
	case 1:
		send_again(talk, direction);
		break;
	case 2:
		acknowledge(talk, direction);
		break;
	case 3:
		talk->ends[direction].window = reader_u16(reader);
		break;
	case 4:
		if ((action & 0xf0) == 0xf0) {
			give_up(talk, direction);
		} else {
			attack(talk, direction, reader);
		}
		break;
	default:
		deliver(talk, direction, reader_u8(reader), action >> 4 & 3);
		break;
	}
}

static bool
done(const struct talk *talk)
{
	if (talk->ends[0].gone || talk->ends[1].gone) {
		return silent(&talk->ends[0]) && silent(&talk->ends[1]);
	}
	return talk->ends[0].una == last_number(&talk->ends[0]) &&
	       talk->ends[1].una == last_number(&talk->ends[1]);
}

/* From here on nothing is lost and all windows are open. */
static void
finish(struct talk *talk)
{
	for (unsigned round = 0; !done(talk); round++) {
		fuzz_hold(round < FAIR_ROUNDS, "honest ends do not get through, or do not hear that the other is gone");
		for (unsigned direction = 0; direction < 2; direction++) {
			talk->ends[direction].window = WINDOW_WHOLE;
			send_again(talk, direction);
			for (unsigned i = 0; i < FAIR_BURST && send_new(talk, direction); i++) {
			}
			while (talk->channels[direction].count > 0) {
				deliver(talk, direction, 0, 0);
			}
		}
		talk->fair = true;
	}
	fuzz_hold(talk->ends[0].gone || talk->ends[1].gone || talk->session.tcp == TCP_STATE_CLOSED, "both have closed, and the session has not");
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct reader reader = reader_over(bytes, length);
	struct talk talk = {.session = {.protocol = 6}};

	for (unsigned direction = 0; direction < 2; direction++) {
		struct end *end = &talk.ends[direction];
		const uint32_t first = reader_u32(&reader);
		const uint8_t scale = reader_u8(&reader);

		*end = (struct end){.first = first, .una = first, .next = first,
		    .size = reader_u16(&reader), .window = WINDOW_WHOLE,
		    .offer = scale >= 15 ? TCP_SCALE_NONE : scale % (SCALE_MOST + 1)};
	}
	while (reader_left(&reader) > 0) {
		act(&talk, &reader);
	}
	finish(&talk);
	return 0;
}
