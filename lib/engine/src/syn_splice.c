/*
 * The segments of a session for whose server we answered: what the client knows of the server's numbers is ours. See
 * syn_private.h.
 *
 *   client to server   acknowledgement, SACK blocks, echo of the timestamp: less our difference; the window as the server
 *                      knows it, which may not scale
 *   server to client   sequence number, timestamp: plus our difference; the window in the scale that we promised
 *
 * The server may take smaller segments than we promised: who sends larger ones hears of a path with a smaller MTU, which is
 * what it comes to (RFC 1191). With IPv6 nobody need go below 1280 octets (RFC 8200 5): those pass, whatever the server said.
 *
 * What has been promised and the server did not agree to becomes padding on its way to it: SACK blocks, timestamps. A client
 * that agreed on timestamps gets segments without them then, which RFC 7323 3.2 lets it take.
 */
#include "engine_private.h"

#include <string.h>

#include "wire/icmp.h"
#include "wire/icmp6.h"

static const struct syn_splice *
splice_of(const struct engine *engine, const struct session *session)
{
	return &engine->syn.splices[session_index(&engine->table, session)];
}

/* The window that a client's segment says, as the server knows it. */
static uint16_t
window_forth(const struct syn_splice *splice, uint16_t window)
{
	if (splice->client_scale == TCP_SCALE_NONE || splice->server_scale != TCP_SCALE_NONE) {
		return window;
	}
	const uint32_t octets = (uint32_t)window << splice->client_scale;

	return octets > UINT16_MAX ? UINT16_MAX : (uint16_t)octets;
}

/* The server's as the client knows it. */
static uint16_t
window_back(const struct syn_splice *splice, const struct tcp_header *header)
{
	if (splice->client_scale == TCP_SCALE_NONE || (header->flags & TCP_SYN) != 0) {
		return header->window;
	}
	const unsigned scale = splice->server_scale == TCP_SCALE_NONE ? 0 : splice->server_scale;
	const uint32_t field = ((uint32_t)header->window << scale) >> SYN_SCALE;

	return field > UINT16_MAX ? UINT16_MAX : (uint16_t)field;
}

/* The largest packet for the server that its client can be held to. */
static uint32_t
largest(const struct syn_splice *splice, const struct item *item)
{
	const uint32_t length = (uint32_t)item->ip_header + TCP_HEADER + splice->segment;

	return (item->flags & ITEM_IPV6) != 0 && length < IPV6_MTU_LEAST ? IPV6_MTU_LEAST : length;
}

/* Larger than that, and not to be cut? */
static bool
too_large(const struct syn_splice *splice, const struct item *item)
{
	return (item->flags & (ITEM_IPV6 | ITEM_DONT_FRAGMENT)) != 0 && (item->flags & ITEM_FRAGMENT) == 0 &&
	       item->segment.payload != 0 && item->length > largest(splice, item);
}

/* What will be told about the packet itself has to be told before it is changed. False: it is finished. */
static bool
may_pass(struct engine *engine, struct item *item, const struct session *session, unsigned direction)
{
	const struct flow *flow = direction == SESSION_FORTH ? &session->forth : &session->back;
	const struct syn_splice *splice = splice_of(engine, session);
	const struct unit *unit = flow->out_unit == PACKET_NO_UNIT ? NULL : &engine->units[flow->out_unit];
	struct packet_result *result = &item->packet->result;
	uint16_t mtu = 0;

	result->session = session->common.number;
	result->policy = session->common.policy;
	result->to_zone = session->common.zone[!direction];
	if (unit != NULL && (item->flags & ITEM_FROM_HOST) == 0 && item->ttl <= 1) {
		reply_time_exceeded(engine, item, REASON_TTL_EXCEEDED);
		return false;
	}
	if (unit != NULL && item_too_large(unit, item)) {
		mtu = unit_mtu(unit, item);
	} else if (direction == SESSION_FORTH && too_large(splice, item)) {
		mtu = (uint16_t)largest(splice, item);
	}
	if (mtu != 0) {
		reply_unreachable(
		    engine, item, ICMP_UNREACHABLE_FRAGMENTATION, mtu, REASON_FRAGMENTATION_NEEDED);
	}
	return mtu == 0;
}

static void
forth(const struct syn_splice *splice, struct item *item)
{
	struct tcp_header *header = &item->segment.header;
	const struct tcp_change change = {
	    .acknowledgement = 0U - splice->sequence,
	    .echo = 0U - splice->value,
	    .window = window_forth(splice, header->window),
	    .no_sack = !splice->server_sack,
	    .no_stamps = !splice->server_stamps,
	};

	tcp_change(item->ip + item->ip_header, header->header_length, &change);
	header->acknowledgement -= splice->sequence;
	header->window = change.window;
}

/* What is tracked stays as the server sent it. */
static void
back(const struct syn_splice *splice, const struct item *item)
{
	const struct tcp_change change = {
	    .sequence = splice->sequence,
	    .value = splice->value,
	    .window = window_back(splice, &item->segment.header),
	};

	tcp_change(item->ip + item->ip_header, item->segment.header.header_length, &change);
}

/* An ICMP error from the client's side quotes what was sent to the client. => what is quoted has an IP header and 8 octets of TCP
 * at least (icmp_parse_quote(), icmp6_parse_quote()) */
static void
related_forth(const struct syn_splice *splice, struct item *item)
{
	const bool ipv6 = (item->flags & ITEM_IPV6) != 0;
	uint8_t *message = item->ip + item->ip_header;
	uint8_t *quote = message + ICMP_HEADER;
	uint8_t *number;
	uint16_t words[2];
	uint16_t sum;

	item->segment.header.sequence -= splice->sequence;
	if ((item->flags & ITEM_LATER) != 0) {
		return;
	}
	if (ipv6) {
		struct icmp6_quote parsed;
		const bool good =
		    icmp6_parse_quote(quote, (size_t)item->length - item->ip_header - ICMP_HEADER, &parsed);

		assert(good);
		(void)good;
		number = quote + IPV6_HEADER + parsed.chain.length + 4;
	} else {
		number = quote + (quote[0] & 0xf) * 4 + 4;
	}
	assert(number + sizeof words <= item->ip + item->length);
	memcpy(words, number, sizeof words);
	uint64_t change = (uint64_t)(uint16_t)~words[0] + (uint16_t)~words[1];

	bytes_store_32(number, bytes_load_32(number) - splice->sequence);
	memcpy(words, number, sizeof words);
	change += (uint64_t)words[0] + words[1];
	memcpy(&sum, message + 2, sizeof sum);
	sum = (uint16_t)~checksum_fold((uint64_t)(uint16_t)~sum + change);
	memcpy(message + 2, &sum, sizeof sum);
}

bool
syn_splice_packet(struct engine *engine, struct item *item, struct session *session, unsigned direction)
{
	const struct syn_splice *splice = splice_of(engine, session);

	if (!splice->server && (item->flags & (ITEM_RELATED | ITEM_LATER)) == 0) {
		syn_open_packet(engine, item, session, direction);
		return false;
	}
	/* The client's numbers are its own: errors about them go on as they are. */
	if ((item->flags & ITEM_RELATED) != 0 && direction == SESSION_BACK) {
		return true;
	}
	/* About the server's segments, which there are none of yet. */
	if (!splice->server) {
		finish_refused(engine, item,
		    (item->flags & ITEM_RELATED) != 0 ? REASON_ICMP_NO_SESSION : REASON_TCP_STATE);
		return false;
	}
	if ((item->flags & ITEM_RELATED) != 0) {
		related_forth(splice, item);
		return true;
	}
	/* A SYN of a new connection, which knows nothing of ours. */
	if ((item->flags & ITEM_LATER) == 0 && tcp_is_start(item->segment.header.flags)) {
		return true;
	}
	if (!may_pass(engine, item, session, direction)) {
		return false;
	}
	if ((item->flags & ITEM_LATER) == 0 && direction == SESSION_FORTH) {
		forth(splice, item);
	} else if ((item->flags & ITEM_LATER) == 0) {
		back(splice, item);
	}
	return true;
}
