/*
 * What we say because of a packet: RST, ICMP errors, echo replies. The packet's own buffer carries
 * the answer.
 *
 * ICMP errors are limited to ICMP_RATE a second and RSTs to RESET_RATE, so that a flood of stray
 * segments is not sent back to whom it names as its source; each zone has its own, and errors about a path's MTU are apart, so
 * that such a flood does not leave others' connections without them. None is sent because of an ICMP error, a
 * broadcast (of any unit: a directed one would come back as the answer's source), a multicast, a
 * fragment other than the first or a source that is no single host (RFC 1122 3.2.2 and 4.2.3.10, RFC
 * 1812 4.3.2.7). Errors quote as much as fits in 576 octets and come from the address that was asked
 * when that is ours (cs06832), else from an address of the unit where the packet came in.
 */
#include "egress_private.h"

#include <string.h>

#include "wire/icmp.h"

enum {
	NS_A_SECOND = 1000000000,
	RESET_LENGTH = IPV4_HEADER + TCP_HEADER,
};

bool
reply_token(struct engine *engine, struct reply_limit *limit, enum reason reason)
{
	const uint64_t interval = NS_A_SECOND / limit->rate;
	const uint64_t grown = (engine->now - limit->filled) / interval;

	if (grown >= limit->rate - limit->tokens) {
		limit->tokens = limit->rate;
		limit->filled = engine->now;
	} else {
		limit->tokens += (uint32_t)grown;
		limit->filled += grown * interval;
	}
	if (limit->tokens == 0) {
		reason_note(engine, reason);
		return false;
	}
	limit->tokens--;
	return true;
}

bool
answer_token(struct engine *engine, enum reply_kind kind, uint16_t zone)
{
	return reply_token(engine, &engine->reply_limits[zone & (REPLY_ZONES - 1)][kind],
	    kind == REPLY_RESET ? REASON_RESET_RATE : REASON_ICMP_RATE);
}

static enum reply_kind
kind_of(const uint8_t type_code[2])
{
	return type_code[0] == ICMP_UNREACHABLE && type_code[1] == ICMP_UNREACHABLE_FRAGMENTATION ? REPLY_TOO_LARGE
												  : REPLY_ERROR;
}

/* Puts an IP and an ICMP header before the packet, which is cut to what an error quotes. => data is
 * at its IP header */
static bool
icmp_wrap(struct packet *packet, uint32_t source, uint32_t destination, const uint8_t type_code[2],
    uint16_t mtu)
{
	const uint16_t headers = IPV4_HEADER + ICMP_HEADER;
	const uint32_t room = (uint32_t)packet->headroom + packet->length + packet->tailroom;
	uint32_t quoted = packet->length;

	if (quoted > (uint32_t)ICMP_ERROR_PACKET_MOST - headers) {
		quoted = (uint32_t)ICMP_ERROR_PACKET_MOST - headers;
	}
	if (room < (uint32_t)ETHERNET_ROOM + headers + quoted) {
		if (room <
		    (uint32_t)ETHERNET_ROOM + headers + IPV4_HEADER_MOST + ICMP_QUOTE_LEAST) {
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
	const struct ipv4_header header = {
	    .source = source,
	    .destination = destination,
	    .total_length = (uint16_t)packet->length,
	    .fragment = IPV4_DONT_FRAGMENT,
	    .header_length = IPV4_HEADER,
	    .tos = 0xc0, /* internetwork control (RFC 1812 4.3.2.5) */
	    .ttl = IPV4_TTL_DEFAULT,
	    .protocol = IPV4_PROTOCOL_ICMP,
	};

	ipv4_build(packet->data, &header);
	icmp_build_error(packet->data + IPV4_HEADER, type_code[0], type_code[1], mtu, quoted);
	return true;
}

/* May the packet cause an ICMP error at all? */
static bool
may_complain(const struct engine *engine, const struct item *item)
{
	return (item->flags & (ITEM_RELATED | ITEM_GROUP_FRAME | ITEM_LATER)) == 0 &&
	       ipv4_class(item->source) == IPV4_CLASS_UNICAST &&
	       ipv4_class(item->destination) == IPV4_CLASS_UNICAST &&
	       !unit_broadcast(engine, item->unit, item->source) &&
	       !unit_broadcast(engine, item->unit, item->destination) &&
	       !instance_broadcast(engine, item->instance, item->source) &&
	       !instance_broadcast(engine, item->instance, item->destination);
}

void
reply_finish(struct engine *engine, struct packet *packet, bool sent, enum reason reason)
{
	if (sent) {
		verdict_set(engine, packet, VERDICT_REJECT, reason);
	} else {
		finish_drop(engine, packet, reason);
	}
}

/* Our own host hears of it too (a path's MTU, a route that is not there): as if the far end had
 * said so. */
static bool
tell_host(struct engine *engine, struct packet *packet, const uint8_t type_code[2], uint16_t mtu)
{
	const uint32_t host = bytes_load_32(packet->data + 12);
	const uint32_t far = bytes_load_32(packet->data + 16);

	if (!answer_token(engine, kind_of(type_code), SNAPSHOT_ZONE_SELF) || !icmp_wrap(packet, far, host, type_code, mtu)) {
		return false;
	}
	output_put(engine, packet, ENGINE_HOST);
	return true;
}

/* Who says it: the host that was asked (RFC 1122 3.2.2), or the router that cannot. 0: nobody. */
static uint32_t
speaking_address(const struct engine *engine, const struct item *item)
{
	struct way way;

	return route_find(engine, item->instance, item->destination, &way) == REASON_NONE && way.local
		   ? item->destination
		   : unit_speaking_address(engine, item->unit);
}

static void
reply_icmp(struct engine *engine, struct item *item, const uint8_t type_code[2], uint16_t mtu,
    enum reason reason)
{
	struct packet *packet = item->packet;
	const bool from_host = (item->flags & ITEM_FROM_HOST) != 0;

	if (!may_complain(engine, item)) {
		finish_drop(engine, packet, reason);
		return;
	}
	/* After a full neighbour queue the packet may be at its IP header already. */
	if (packet->data != item->ip) {
		packet_to_ip(packet, item->ip, item->length);
	}
	if (from_host) {
		reply_finish(engine, packet, tell_host(engine, packet, type_code, mtu), reason);
		return;
	}
	/* The token first: whose address speaks may be a search through all units. */
	const uint32_t speaking =
	    answer_token(engine, kind_of(type_code), item->zone) ? speaking_address(engine, item) : 0;

	reply_finish(engine, packet,
	    speaking != 0 && icmp_wrap(packet, speaking, item->source, type_code, mtu) &&
	        egress_originate(engine, packet, item->instance, item->unit),
	    reason);
}

void
reply_unreachable(
    struct engine *engine, struct item *item, uint8_t code, uint16_t mtu, enum reason reason)
{
	const uint8_t type_code[2] = {ICMP_UNREACHABLE, code};

	if ((item->flags & ITEM_IPV6) != 0) {
		reply_unreachable6(engine, item, code, mtu, reason);
		return;
	}
	reply_icmp(engine, item, type_code, mtu, reason);
}

static void
reply_time(struct engine *engine, struct item *item, uint8_t code, enum reason reason)
{
	const uint8_t type_code[2] = {ICMP_TIME_EXCEEDED, code};

	if ((item->flags & ITEM_IPV6) != 0) {
		reply_time6(engine, item, code, reason);
		return;
	}
	reply_icmp(engine, item, type_code, 0, reason);
}

void
reply_time_exceeded(struct engine *engine, struct item *item, enum reason reason)
{
	reply_time(engine, item, ICMP_TIME_EXCEEDED_TTL, reason);
}

void
reply_reassembly_time(struct engine *engine, struct item *item, enum reason reason)
{
	reply_time(engine, item, ICMP_TIME_EXCEEDED_REASSEMBLY, reason);
}

bool
reply_late_unreachable(struct engine *engine, struct packet *packet, uint8_t code)
{
	const uint8_t type_code[2] = {ICMP_UNREACHABLE, code};
	const uint16_t unit = packet->result.in_unit;
	const uint32_t speaking = unit_speaking_address(engine, unit);
	const bool from_host = (packet->flags & PACKET_FROM_HOST) != 0;
	struct ipv4_header header;

	if (packet->length > 0 && packet->data[0] >> 4 == 6) {
		return reply_late_unreachable6(engine, packet, code);
	}
	if (engine->snapshot == NULL || !nat_restore(engine, packet)) {
		return false;
	}
	if ((speaking == 0 && !from_host) ||
	    ipv4_parse(packet->data, packet->length, &header) != IPV4_OK ||
	    (header.fragment & IPV4_FRAGMENT_OFFSET) != 0) {
		return false;
	}
	if (header.protocol == IPV4_PROTOCOL_ICMP && packet->length > header.header_length &&
	    icmp_is_error(packet->data[header.header_length])) {
		return false;
	}
	if (from_host) {
		return tell_host(engine, packet, type_code, 0);
	}
	return answer_token(engine, kind_of(type_code), packet->result.from_zone) && icmp_wrap(packet, speaking, header.source, type_code, 0) &&
	    egress_originate(engine, packet, engine->units[unit].instance, unit);
}

/* RFC 9293 3.10.7.1: the number that the segment acknowledges, or an acknowledgement of all that it
 * took. */
struct tcp_header
reset_for(const struct tcp_segment *segment)
{
	const struct tcp_header *offending = &segment->header;
	const bool acknowledges = (offending->flags & TCP_ACK) != 0;

	return (struct tcp_header){
	    .source_port = offending->destination_port,
	    .destination_port = offending->source_port,
	    .sequence = acknowledges ? offending->acknowledgement : 0,
	    .acknowledgement = acknowledges ? 0
	                                    : offending->sequence +
	            tcp_sequence_length(offending->flags, segment->payload),
	    .header_length = TCP_HEADER,
	    .flags = acknowledges ? TCP_RST : TCP_RST | TCP_ACK,
	};
}

void
reply_reset(struct engine *engine, struct item *item, enum reason reason)
{
	struct packet *packet = item->packet;

	if ((item->flags & ITEM_IPV6) != 0) {
		reply_reset6(engine, item, reason);
		return;
	}
	if ((item->segment.header.flags & TCP_RST) != 0 || (item->flags & ITEM_FROM_HOST) != 0 ||
	    !may_complain(engine, item) || !answer_token(engine, REPLY_RESET, item->zone)) {
		finish_drop(engine, packet, reason);
		return;
	}
	const struct tcp_header reset = reset_for(&item->segment);
	const struct ipv4_header header = {
	    .source = item->destination,
	    .destination = item->source,
	    .total_length = RESET_LENGTH,
	    .fragment = IPV4_DONT_FRAGMENT,
	    .header_length = IPV4_HEADER,
	    .ttl = IPV4_TTL_DEFAULT,
	    .protocol = IPV4_PROTOCOL_TCP,
	};
	const uint64_t pseudo =
	    checksum_pseudo(header.source, header.destination, IPV4_PROTOCOL_TCP, TCP_HEADER);

	/* The segment had both headers at least, so the answer fits where it was. */
	packet_to_ip(packet, item->ip, RESET_LENGTH);
	packet_is_ours(packet);
	ipv4_build(packet->data, &header);
	tcp_build(packet->data + IPV4_HEADER, &reset);
	bytes_store_16(packet->data + IPV4_HEADER + 16,
	    checksum_finish(pseudo + checksum_sum(packet->data + IPV4_HEADER, TCP_HEADER)));
	reply_finish(engine, packet, egress_originate(engine, packet, item->instance, item->unit), reason);
}

void
reply_echo(struct engine *engine, struct item *item)
{
	struct packet *packet = item->packet;
	uint8_t *ip = item->ip;
	uint8_t *message = ip + item->ip_header;

	if ((item->flags & ITEM_IPV6) != 0) {
		reply_echo6(engine, item);
		return;
	}
	if (!may_complain(engine, item)) {
		finish_drop(engine, packet, REASON_DESTINATION_BROADCAST);
		return;
	}
	packet_to_ip(packet, ip, item->length);
	bytes_store_32(ip + 12, item->destination);
	bytes_store_32(ip + 16, item->source);
	bytes_store_16(ip + 6, 0);
	ip[8] = IPV4_TTL_DEFAULT;
	ipv4_set_checksum(ip, (uint8_t)item->ip_header);
	message[0] = ICMP_ECHO_REPLY;
	const uint16_t checksum = checksum_update_16(bytes_load_16(message + 2), ICMP_ECHO << 8, 0);

	/* A reply of zeros alone (identifier, number, no data) needs the other zero: RFC 1624
	 * yields 0 for it. */
	bytes_store_16(message + 2, checksum == 0 ? UINT16_MAX : checksum);
	if (egress_originate(engine, packet, item->instance, item->unit)) {
		verdict_set(engine, packet, VERDICT_PROXY, REASON_ECHO_REPLY);
	} else {
		finish_drop(engine, packet, REASON_NO_ROUTE);
	}
}
