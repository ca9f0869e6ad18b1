/*
 * What we say because of an IPv6 packet: RST, ICMPv6 errors, echo replies. The packet's own buffer
 * carries the answer. The callers are of both families and speak of ICMP's codes; a table has those of
 * ICMPv6.
 *
 * Errors (RFC 4443 2.4): as many a second as of IPv4 together; none because of an ICMPv6 error or a
 * redirect, none to a source that is no single host, and none for a packet to a group or in a group
 * frame but that it is too big, or that its options want one (problem6.c). They quote as much as fits in 1280 octets.
 */
#include "egress_private.h"

#include <string.h>

#include "wire/icmp.h"
#include "wire/icmp6.h"

enum {
	RESET_LENGTH = IPV6_HEADER + TCP_HEADER,
	TOO_BIG_LEAST = IPV6_MTU_LEAST, /* no host goes below (RFC 8201 4) */
};

struct answer_row {
	uint8_t type;
	uint8_t code;
};

/* By enum icmp_unreachable. */
static const struct answer_row unreachable_rows[] = {
    [ICMP_UNREACHABLE_NET] = {ICMP6_UNREACHABLE, ICMP6_UNREACHABLE_NO_ROUTE},
    [ICMP_UNREACHABLE_HOST] = {ICMP6_UNREACHABLE, ICMP6_UNREACHABLE_ADDRESS},
    [ICMP_UNREACHABLE_PROTOCOL] = {ICMP6_PARAMETER_PROBLEM, ICMP6_PARAMETER_NEXT_HEADER},
    [ICMP_UNREACHABLE_PORT] = {ICMP6_UNREACHABLE, ICMP6_UNREACHABLE_PORT},
    [ICMP_UNREACHABLE_FRAGMENTATION] = {ICMP6_TOO_BIG, 0},
    [ICMP_UNREACHABLE_PROHIBITED] = {ICMP6_UNREACHABLE, ICMP6_UNREACHABLE_PROHIBITED},
};

/* The row of a code that has one; others are forbidden by the administrator. */
static const struct answer_row *
row_of(uint8_t code)
{
	const size_t count = sizeof unreachable_rows / sizeof unreachable_rows[0];

	return code < count && unreachable_rows[code].type != 0
		   ? &unreachable_rows[code]
		   : &unreachable_rows[ICMP_UNREACHABLE_PROHIBITED];
}

static bool
single_host(struct ipv6_address address)
{
	switch (ipv6_class(address)) {
	case IPV6_CLASS_UNICAST:
	case IPV6_CLASS_UNIQUE_LOCAL:
	case IPV6_CLASS_LINK_LOCAL:
		return true;
	case IPV6_CLASS_MULTICAST:
	case IPV6_CLASS_UNSPECIFIED:
	case IPV6_CLASS_LOOPBACK:
	case IPV6_CLASS_MAPPED:
	case IPV6_CLASS_SITE_LOCAL:
	case IPV6_CLASS_RESERVED:
		break;
	}
	return false;
}

/* May the packet be answered at all? */
static bool
may_answer(const struct item *item)
{
	return (item->flags & (ITEM_RELATED | ITEM_GROUP_FRAME)) == 0 &&
	       single_host(item->addresses.source) && single_host(item->addresses.destination);
}

/* May it cause this error? Being too big is said for groups too, and of options what they say themselves (RFC 4443 2.4 (e)). */
static bool
may_complain(const struct item *item, const struct icmp6_header *error)
{
	if (item->protocol == IPV6_NEXT_ICMP && icmp6_never_answered(item->icmp_type)) {
		return false;
	}
	return error->type == ICMP6_TOO_BIG ||
		       (error->type == ICMP6_PARAMETER_PROBLEM && error->code == ICMP6_PARAMETER_OPTION)
		   ? (item->flags & ITEM_RELATED) == 0 && single_host(item->addresses.source)
		   : may_answer(item);
}

/* Puts an IPv6 and an ICMPv6 header before the packet, which is cut to what an error quotes. => data
 * is at its IP header */
static bool
wrap(struct packet *packet, const struct flow_addresses *ends, const struct icmp6_header *error)
{
	const uint16_t headers = IPV6_HEADER + ICMP6_HEADER;
	const uint32_t room = (uint32_t)packet->headroom + packet->length + packet->tailroom;
	uint32_t quoted = packet->length;

	if (quoted > (uint32_t)ICMP6_ERROR_PACKET_MOST - headers) {
		quoted = (uint32_t)ICMP6_ERROR_PACKET_MOST - headers;
	}
	if (room < (uint32_t)ETHERNET_ROOM + headers + quoted) {
		if (room < (uint32_t)ETHERNET_ROOM + headers + IPV6_HEADER + ICMP6_QUOTE_LEAST) {
			return false;
		}
		quoted = room - ETHERNET_ROOM - headers;
	}
	packet->tailroom = (uint16_t)(packet->tailroom + packet->length - quoted);
	packet->length = quoted;
	if (!packet_make_room(packet, (uint16_t)(ETHERNET_ROOM + headers))) {
		return false;
	}
	packet_is_ours(packet);
	packet->data -= headers;
	packet->headroom = (uint16_t)(packet->headroom - headers);
	packet->length += headers;
	const struct ipv6_header header = {
	    .source = ends->source,
	    .destination = ends->destination,
	    .payload_length = (uint16_t)(ICMP6_HEADER + quoted),
	    .next_header = IPV6_NEXT_ICMP,
	    .hop_limit = IPV6_HOP_LIMIT_DEFAULT,
	};

	ipv6_build(packet->data, &header);
	icmp6_build_error(
	    packet->data + IPV6_HEADER, error, packet->data + IPV6_SOURCE_AT, quoted);
	return true;
}

/* Sends an error about the packet to its sender, or to our own host as if the far end had said so.
 * => data is at its IP header */
static bool
send_error(struct engine *engine, struct packet *packet, uint16_t unit,
    const struct icmp6_header *error)
{
	const bool from_host = (packet->flags & PACKET_FROM_HOST) != 0;
	const struct ipv6_address sender = ipv6_address_load(packet->data + IPV6_SOURCE_AT);

	/* The token first: whose address speaks may be a search through all units. */
	if (!answer_token(engine, error->type == ICMP6_TOO_BIG ? REPLY_TOO_LARGE : REPLY_ERROR, packet->result.from_zone)) {
		return false;
	}
	const struct flow_addresses ends = {
	    from_host ? ipv6_address_load(packet->data + IPV6_DESTINATION_AT)
		      : unit_speaking_address6(engine, unit, sender),
	    sender,
	};

	if (ipv6_is_unspecified(ends.source) || !wrap(packet, &ends, error)) {
		return false;
	}
	if (from_host) {
		output_put(engine, packet, ENGINE_HOST);
		return true;
	}
	return egress_originate6(engine, packet, engine->units[unit].instance, unit);
}

void
reply_error6(struct engine *engine, struct item *item, const struct icmp6_header *error,
    enum reason reason)
{
	struct packet *packet = item->packet;

	if (!may_complain(item, error)) {
		finish_drop(engine, packet, reason);
		return;
	}
	/* After a full neighbour queue the packet may be at its IP header already. */
	if (packet->data != item->ip) {
		packet_to_ip(packet, item->ip, item->length);
	}
	reply_finish(engine, packet, send_error(engine, packet, item->unit, error), reason);
}

void
reply_unreachable6(
    struct engine *engine, struct item *item, uint8_t code, uint16_t mtu, enum reason reason)
{
	const struct answer_row *row = row_of(code);

	if (row->type == ICMP6_PARAMETER_PROBLEM) {
		problem6_protocol(engine, item, reason);
		return;
	}
	const struct icmp6_header error = {
	    .type = row->type,
	    .code = row->code,
	    .parameter = row->type != ICMP6_TOO_BIG ? 0
			 : mtu < TOO_BIG_LEAST	    ? TOO_BIG_LEAST
						    : mtu,
	};

	reply_error6(engine, item, &error, reason);
}

_Static_assert((int)ICMP_TIME_EXCEEDED_TTL == (int)ICMP6_TIME_EXCEEDED_HOPS &&
		   (int)ICMP_TIME_EXCEEDED_REASSEMBLY == (int)ICMP6_TIME_EXCEEDED_REASSEMBLY,
    "the codes are the same");

void
reply_time6(struct engine *engine, struct item *item, uint8_t code, enum reason reason)
{
	const struct icmp6_header error = {.type = ICMP6_TIME_EXCEEDED, .code = code};

	reply_error6(engine, item, &error, reason);
}

bool
reply_late_unreachable6(struct engine *engine, struct packet *packet, uint8_t code)
{
	const struct answer_row *row = row_of(code);
	const struct icmp6_header error = {.type = row->type, .code = row->code};
	struct ipv6_header header;
	struct ipv6_chain chain;

	if (ipv6_parse(packet->data, packet->length, &header) != IPV6_OK ||
	    ipv6_chain_parse(packet->data + IPV6_HEADER, header.payload_length,
		header.next_header, &chain) != IPV6_CHAIN_OK ||
	    !single_host(header.source)) {
		return false;
	}
	if (chain.protocol == IPV6_NEXT_ICMP && chain.fragment_offset == 0 &&
	    chain.length < header.payload_length &&
	    icmp6_never_answered(packet->data[IPV6_HEADER + chain.length])) {
		return false;
	}
	return send_error(engine, packet, packet->result.in_unit, &error);
}

void
reply_reset6(struct engine *engine, struct item *item, enum reason reason)
{
	struct packet *packet = item->packet;
	const struct tcp_header reset = reset_for(&item->segment);
	const struct ipv6_header header = {
	    .source = item->addresses.destination,
	    .destination = item->addresses.source,
	    .payload_length = TCP_HEADER,
	    .next_header = IPV4_PROTOCOL_TCP,
	    .hop_limit = IPV6_HOP_LIMIT_DEFAULT,
	};

	if ((item->segment.header.flags & TCP_RST) != 0 ||
	    (item->flags & ITEM_FROM_HOST) != 0 || !may_answer(item) || !answer_token(engine, REPLY_RESET, item->zone)) {
		finish_drop(engine, packet, reason);
		return;
	}
	/* The segment had both headers at least, so the answer fits where it was. */
	packet_to_ip(packet, item->ip, RESET_LENGTH);
	packet_is_ours(packet);
	ipv6_build(packet->data, &header);
	tcp_build(packet->data + IPV6_HEADER, &reset);
	bytes_store_16(packet->data + IPV6_HEADER + 16,
	    checksum_finish(
		ipv6_pseudo_at(packet->data + IPV6_SOURCE_AT, IPV4_PROTOCOL_TCP, TCP_HEADER) +
		checksum_sum(packet->data + IPV6_HEADER, TCP_HEADER)));
	reply_finish(engine, packet,
	    egress_originate6(engine, packet, item->instance, item->unit), reason);
}

/* Without the request's extension headers, whose routes and options are not for the way back. */
void
reply_echo6(struct engine *engine, struct item *item)
{
	struct packet *packet = item->packet;
	const uint16_t length = (uint16_t)(item->length - item->ip_header);
	uint8_t *message = item->ip + item->ip_header;
	uint8_t *ip = message - IPV6_HEADER;
	const struct ipv6_header header = {
	    .source = item->addresses.destination,
	    .destination = item->addresses.source,
	    .payload_length = length,
	    .next_header = IPV6_NEXT_ICMP,
	    .hop_limit = IPV6_HOP_LIMIT_DEFAULT,
	};

	if (!may_answer(item)) {
		finish_drop(engine, packet, REASON_DESTINATION_MULTICAST);
		return;
	}
	packet_to_ip(packet, ip, (uint16_t)(IPV6_HEADER + length));
	ipv6_build(ip, &header);
	message[0] = ICMP6_ECHO_REPLY;
	icmp6_set_checksum(ip + IPV6_SOURCE_AT, message, length);
	if (egress_originate6(engine, packet, item->instance, item->unit)) {
		verdict_set(engine, packet, VERDICT_PROXY, REASON_ECHO_REPLY);
	} else {
		finish_drop(engine, packet, REASON_NO_ROUTE);
	}
}
