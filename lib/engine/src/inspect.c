/*
 * From a frame to a key: everything that is checked of a packet on its own, once, before anything
 * acts on it.
 *
 * Order: port, frame, VLAN and unit, zone, then IP header, transport header and checksums (RFC 1812
 * 5.2.2, RFC 1122 4.1.3.4 and 4.2.2.7). Addresses that must not be in transit are judged in
 * admit.c: a packet of a session has its session's addresses.
 */
#include "egress_private.h"

#include <string.h>

#include "inspect_private.h"
#include "wire/icmp.h"
#include "wire/icmp6.h"
#include "wire/udp.h"

static const enum reason ip_reasons[] = {
    [IPV4_OK] = REASON_NONE,
    [IPV4_TRUNCATED] = REASON_IP_TRUNCATED,
    [IPV4_BAD_VERSION] = REASON_IP_BAD_VERSION,
    [IPV4_BAD_HEADER_LENGTH] = REASON_IP_BAD_HEADER_LENGTH,
    [IPV4_BAD_TOTAL_LENGTH] = REASON_IP_BAD_TOTAL_LENGTH,
    [IPV4_BAD_CHECKSUM] = REASON_IP_BAD_CHECKSUM,
};

static const struct packet_result result_empty = {
    .policy = PACKET_NO_POLICY,
    .in_unit = PACKET_NO_UNIT,
    .out_unit = PACKET_NO_UNIT,
    .from_zone = PACKET_NO_ZONE,
    .to_zone = PACKET_NO_ZONE,
};

static inline enum reason
check_transport(const struct item *item, const uint8_t *transport, uint16_t length, uint16_t at,
    enum reason bad)
{
	if ((item->packet->flags & PACKET_CHECKSUM_DUE) != 0) {
		return REASON_NONE;
	}
	return check_due(item, check_sum(transport, length,
	    checksum_pseudo_at(item->ip + 12, item->protocol, length), at, bad));
}

static inline __attribute__((always_inline)) enum reason
inspect_tcp(struct item *item, const uint8_t *transport, uint16_t length)
{
	const enum reason reason = head_tcp(item, transport, length);

	return reason != REASON_NONE
		   ? reason
		   : check_transport(item, transport, length, 16, REASON_TCP_BAD_CHECKSUM);
}

static enum reason
inspect_udp(struct item *item, const uint8_t *transport, uint16_t length)
{
	struct udp_header header;
	const enum udp_status status = udp_parse(transport, length, &header);

	if (status != UDP_OK) {
		return status == UDP_TRUNCATED ? REASON_UDP_TRUNCATED : REASON_UDP_BAD_LENGTH;
	}
	key_add_ports(item, header.source_port, header.destination_port);
	if (header.checksum == 0) {
		return REASON_NONE;
	}
	return check_transport(item, transport, header.length, 6, REASON_UDP_BAD_CHECKSUM);
}

/* The key of an ICMP error is that of the session it is about, in the direction that the error
 * itself goes. */
static enum reason
inspect_icmp_error(
    struct item *item, const uint8_t *message, uint16_t length, struct flow_fields *fields)
{
	struct icmp_quote quote;

	if (!icmp_parse_quote(message + ICMP_HEADER, (size_t)length - ICMP_HEADER, &quote)) {
		return REASON_ICMP_TRUNCATED;
	}
	item->flags |= ITEM_RELATED;
	item->segment.header.sequence = quote.sequence;
	fields->protocol = quote.ip.protocol;
	fields->source = quote.ip.destination;
	fields->destination = quote.ip.source;
	fields->source_port = quote.destination_port;
	fields->destination_port = quote.source_port;
	if (quote.ip.protocol == IPV4_PROTOCOL_ICMP) {
		fields->source_port = quote.source_port;
		fields->kind = icmp_kind_reverse((uint8_t)(quote.icmp_type + 1));
	}
	return REASON_NONE;
}

static enum reason
head_icmp_message(
    struct item *item, const uint8_t *message, uint16_t length, struct flow_fields *fields)
{
	struct icmp_header header;

	if (!icmp_parse(message, length, &header)) {
		return REASON_ICMP_TRUNCATED;
	}
	item->icmp_type = header.type;
	item->icmp_code = header.code;
	if (icmp_is_error(header.type)) {
		return inspect_icmp_error(item, message, length, fields);
	}
	/* Identifier in both ports, so that it stays what it is in the reply. */
	if (icmp_is_request(header.type) || icmp_is_reply(header.type)) {
		fields->source_port = header.identifier;
		fields->destination_port = header.identifier;
	}
	fields->kind = (uint8_t)(header.type + 1);
	return REASON_NONE;
}

/* Not inline: it is for few packets and would cost the others registers. */
static __attribute__((noinline)) enum reason
head_icmp(struct item *item, const uint8_t *message, uint16_t length)
{
	struct flow_fields fields = flow_fields_of(item->key);
	const enum reason reason = head_icmp_message(item, message, length, &fields);

	item->key = flow_key_of(&fields);
	return reason;
}

static enum reason
inspect_icmp(struct item *item, const uint8_t *message, uint16_t length)
{
	if (length >= ICMP_HEADER && checksum_fold(checksum_sum(message, length)) != 0xffff) {
		return REASON_ICMP_BAD_CHECKSUM;
	}
	return head_icmp(item, message, length);
}

enum reason
inspect_head(struct engine *engine, struct item *item, struct transport_head *head)
{
	const uint8_t *transport = item->ip + item->ip_header;
	const uint16_t length = (uint16_t)(item->length - item->ip_header);
	const struct flow_fields fields = {
	    .source = item->source,
	    .destination = item->destination,
	    .instance = item->instance,
	    .protocol = item->protocol,
	};
	enum reason reason = REASON_NONE;

	*head = (struct transport_head){.summed = false};
	if ((item->flags & ITEM_IPV6) != 0) {
		return inspect_head6(engine, item, head);
	}
	item->key = flow_key_of(&fields);
	if (item->protocol == IPV4_PROTOCOL_TCP) {
		reason = head_tcp(item, transport, length);
		head->summed = true;
	} else if (item->protocol == IPV4_PROTOCOL_UDP) {
		reason = head_udp(item, transport, length, head);
	} else if (item->protocol == IPV4_PROTOCOL_ICMP) {
		reason = head_icmp(item, transport, length);
		head->summed = true;
	} else if (item->protocol == IPV6_NEXT_ICMP) {
		reason = REASON_ICMP_FAMILY;
	} else {
		reason = head_ports(item, transport, length, head);
	}
	if (head->summed && item->protocol != IPV4_PROTOCOL_ICMP) {
		head->pseudo = checksum_pseudo_at(item->ip + 12, item->protocol, 0);
	}
	item->hash = session_table_hash4(&engine->table, item->key);
	return head_reason(item, reason);
}

/* A fragment is looked up by its datagram, when it is its turn (datagram.c). It reads its header
 * itself: another's would have to be in memory. */
static __attribute__((noinline)) enum reason
inspect_fragment(struct item *item)
{
	struct ipv4_header header;

	ipv4_load(item->ip, &header);
	item->key = (struct flow_key){.low = 0};
	item->hash = 0;
	item->source = header.source;
	item->destination = header.destination;
	item->length = header.total_length;
	item->ip_header = header.header_length;
	item->ttl = header.ttl;
	item->protocol = header.protocol;
	item->flags |= ITEM_FRAGMENT;
	if ((header.fragment & IPV4_DONT_FRAGMENT) != 0) {
		item->flags |= ITEM_DONT_FRAGMENT;
	}
	return REASON_NONE;
}

static inline __attribute__((always_inline)) enum reason
inspect_ip(struct engine *engine, struct item *item, uint32_t room)
{
	struct ipv4_header header;
	const enum ipv4_status status = ipv4_parse(item->ip, room, &header);

	if (status != IPV4_OK) {
		return ip_reasons[status];
	}
	if (ipv4_is_fragment(&header)) {
		return inspect_fragment(item);
	}
	const uint8_t *transport = item->ip + header.header_length;
	const uint16_t length = (uint16_t)(header.total_length - header.header_length);
	const struct flow_fields fields = {
	    .source = header.source,
	    .destination = header.destination,
	    .instance = item->instance,
	    .protocol = header.protocol,
	};
	enum reason reason = REASON_NONE;

	item->key = flow_key_of(&fields);
	item->source = header.source;
	item->destination = header.destination;
	item->length = header.total_length;
	item->ip_header = header.header_length;
	item->ttl = header.ttl;
	item->protocol = header.protocol;
	if ((header.fragment & IPV4_DONT_FRAGMENT) != 0) {
		item->flags |= ITEM_DONT_FRAGMENT;
	}
	if (header.protocol == IPV4_PROTOCOL_TCP) {
		reason = inspect_tcp(item, transport, length);
	} else if (header.protocol == IPV4_PROTOCOL_UDP) {
		reason = inspect_udp(item, transport, length);
	} else if (header.protocol == IPV4_PROTOCOL_ICMP) {
		reason = inspect_icmp(item, transport, length);
	} else if (header.protocol == IPV6_NEXT_ICMP) {
		reason = REASON_ICMP_FAMILY;
	} else {
		reason = inspect_ports(item, transport, length);
	}
	item->hash = session_table_hash4(&engine->table, item->key);
	return reason;
}

/* Frame to unit: which logical interface, and may it take what the frame carries? */
static enum reason
inspect_frame(struct engine *engine, struct packet *packet, struct ethernet_header *frame,
    uint16_t *unit_number)
{
	const struct snapshot *snapshot = engine->snapshot;

	if (packet->port >= snapshot->port_count || !snapshot->ports[packet->port].present) {
		return REASON_PORT_UNKNOWN;
	}
	const struct snapshot_port *port = &snapshot->ports[packet->port];

	if (!port->enabled) {
		return REASON_PORT_DISABLED;
	}
	if ((packet->flags & PACKET_SUPERFRAME) != 0) {
		return REASON_SUPERFRAME;
	}
	if (!ethernet_parse(packet->data, packet->length, frame)) {
		return REASON_FRAME_TRUNCATED;
	}
	const uint16_t number = port->unit_by_tag[frame->vlan];
	const struct unit *unit = unit_of(engine, number);

	if (unit == NULL || (unit->flags & UNIT_PRESENT) == 0) {
		return frame->vlan == ETHERNET_VLAN_NONE ? REASON_VLAN_MISSING
							 : REASON_VLAN_UNKNOWN;
	}
	*unit_number = number;
	packet->result.in_unit = number;
	packet->result.from_zone = unit->zone;
	if ((unit->flags & UNIT_USABLE) == 0) {
		return REASON_UNIT_DISABLED;
	}
	if (frame->type == ETHERNET_TYPE_VLAN || frame->type == ETHERNET_TYPE_VLAN_SERVICE) {
		return REASON_VLAN_STACKED;
	}
	if (engine->config.check_mac && !ethernet_to_group(packet->data) &&
	    !ethernet_same_address(packet->data, port->mac)) {
		return REASON_FRAME_NOT_FOR_US;
	}
	if (unit->zone == SNAPSHOT_NONE) {
		return engine->snapshot->units[number].unsupported ? REASON_NOT_SUPPORTED
								   : REASON_NULL_ZONE;
	}
	return REASON_NONE;
}

/* Screens, and the count for the baseline: bits of enum unit_flag. Inline, as most packets need neither. */
static inline __attribute__((always_inline)) enum reason
look(struct engine *engine, struct item *item, unsigned wanted, enum reason reason)
{
	if (wanted == 0 || (wanted == UNIT_SCREENED && reason == REASON_NONE && screens_indifferent(item))) {
		return reason;
	}
	return wanted == UNIT_SCREENED ? screen_packet(engine, item, reason) : baseline_packet(engine, item, reason);
}

/* Not inline, as it is to leave the others' registers alone. */
static __attribute__((noinline)) enum reason
inspect_family6(struct engine *engine, struct item *item, uint32_t room)
{
	const struct unit *unit = &engine->units[item->unit];

	if (engine->snapshot->flow.inet6_mode == INET6_MODE_DROP) {
		return REASON_INET6_MODE_DROP;
	}
	if ((unit->flags & UNIT_INET6) == 0) {
		return REASON_FAMILY_NOT_CONFIGURED;
	}
	const enum reason reason = inspect_ip6(engine, item, room);

	/* Mode packet-based knows no zones. */
	return engine->snapshot->flow.inet6_mode == INET6_MODE_FLOW_BASED
		   ? look(engine, item, unit->flags & UNIT_LOOKED_AT, reason)
		   : reason;
}

/* Options whose lengths or pointers cannot be right (RFC 791 3.1). Few packets have any. */
static __attribute__((noinline)) enum reason
inspect_options(const struct item *item)
{
	const uint64_t seen =
	    screen_options(item->ip + IPV4_HEADER, (size_t)item->ip_header - IPV4_HEADER);

	return (seen & screen_bit(SCREEN_IP_BAD_OPTION)) != 0 ? REASON_IP_BAD_OPTIONS : REASON_NONE;
}

static enum reason
inspect_from_wire(
    struct engine *engine, struct packet *packet, struct item *item, struct ethernet_header *frame)
{
	uint16_t number = PACKET_NO_UNIT;
	const enum reason reason = inspect_frame(engine, packet, frame, &number);

	if (number != PACKET_NO_UNIT) {
		engine->units[number].counters.in_packets += 1U + packet->segments_more;
		engine->units[number].counters.in_bytes += packet->length;
	}
	if (reason != REASON_NONE) {
		return reason;
	}
	const struct unit *unit = &engine->units[number];

	item->unit = number;
	item->zone = unit->zone;
	item->instance = unit->instance;
	item->ip = packet->data + frame->length;
	if (ethernet_to_group(packet->data)) {
		item->flags |= ITEM_GROUP_FRAME;
	}
	if (frame->type == ETHERNET_TYPE_IPV4) {
		if ((unit->flags & UNIT_INET) == 0) {
			return REASON_FAMILY_NOT_CONFIGURED;
		}
		enum reason wrong = inspect_ip(engine, item, packet->length - frame->length);

		/* Screens look at options anyway. */
		if (wrong == REASON_NONE && item->ip_header > IPV4_HEADER && (unit->flags & UNIT_SCREENED) == 0) {
			wrong = inspect_options(item);
		}
		return look(engine, item, unit->flags & UNIT_LOOKED_AT, wrong);
	}
	if (frame->type == ETHERNET_TYPE_ARP) {
		return (unit->flags & UNIT_INET) != 0 ? REASON_NONE : REASON_FAMILY_NOT_CONFIGURED;
	}
	return frame->type == ETHERNET_TYPE_IPV6
		   ? inspect_family6(engine, item, packet->length - frame->length)
		   : REASON_ETHERTYPE_UNKNOWN;
}

/* An IP packet of our own host. */
static enum reason
inspect_from_host(struct engine *engine, struct packet *packet, struct item *item)
{
	item->flags = ITEM_FROM_HOST;
	item->unit = PACKET_NO_UNIT;
	item->zone = SNAPSHOT_ZONE_SELF;
	item->instance = packet->instance;
	item->ip = packet->data;
	packet->result.from_zone = SNAPSHOT_ZONE_SELF;
	if (packet->length == 0 || packet->data[0] >> 4 != 6) {
		return inspect_ip(engine, item, packet->length);
	}
	return engine->snapshot->flow.inet6_mode == INET6_MODE_DROP
		   ? REASON_INET6_MODE_DROP
		   : inspect_ip6(engine, item, packet->length);
}

/* An IP packet that another worker has counted. */
static __attribute__((noinline)) enum reason
inspect_handed(struct engine *engine, struct packet *packet, struct item *item)
{
	const struct unit *unit = unit_of(engine, packet->instance);

	if (unit == NULL || (unit->flags & UNIT_USABLE) == 0 || unit->zone == SNAPSHOT_NONE) {
		return REASON_UNIT_DISABLED;
	}
	item->unit = packet->instance;
	item->zone = unit->zone;
	item->instance = unit->instance;
	item->ip = packet->data;
	item->flags = (packet->flags & PACKET_TO_GROUP) != 0 ? ITEM_GROUP_FRAME : 0;
	packet->result.in_unit = item->unit;
	packet->result.from_zone = unit->zone;
	return packet->data[0] >> 4 == 6 ? inspect_ip6(engine, item, packet->length)
					 : inspect_ip(engine, item, packet->length);
}

/* What did not come by a wire: from our own host, or from another worker. */
static __attribute__((noinline)) enum reason
inspect_inside(struct engine *engine, struct packet *packet, struct item *item)
{
	return (packet->flags & PACKET_FROM_HOST) != 0 ? inspect_from_host(engine, packet, item)
						       : inspect_handed(engine, packet, item);
}

/* What is of the link goes no further, and what passes through under mode packet-based is not looked
 * up. */
static __attribute__((noinline)) bool
inspect_packet6(struct engine *engine, struct item *item)
{
	if (item->protocol == IPV6_NEXT_ICMP && (item->flags & ITEM_FRAGMENT) == 0 &&
	    (icmp6_is_discovery(item->icmp_type) || icmp6_is_listener(item->icmp_type))) {
		nd_input(engine, item, item->ip_header);
		return false;
	}
	if (!packet_based6(engine)) {
		return true;
	}
	if (stateless_packet6(engine, item)) {
		return false;
	}
	if ((item->flags & ITEM_FRAGMENT) == 0) {
		inspect_hash6(engine, item);
	}
	return true;
}

enum reason
inspect_whole(struct engine *engine, struct item *item, uint32_t room)
{
	if ((item->flags & ITEM_IPV6) == 0) {
		return inspect_ip(engine, item, room);
	}
	const enum reason reason = inspect_ip6(engine, item, room);

	if (reason == REASON_NONE) {
		inspect_hash6(engine, item);
	}
	return reason;
}

/* Drops it, and tells its sender of what RFC 8200 says that every router has to tell. */
static void
refuse(struct engine *engine, struct item *item, enum reason reason)
{
	if ((item->flags & ITEM_IPV6) == 0 || !problem6_told(engine, item, reason)) {
		finish_refused(engine, item, reason);
	}
}

bool
inspect_packet(struct engine *engine, struct packet *packet, struct item *item)
{
	struct ethernet_header frame = {.type = ETHERNET_TYPE_IPV4};
	enum reason reason;

	packet->result = result_empty;
	item->packet = packet;
	item->ip = NULL;
	item->flags = 0;
	item->icmp_type = 0;
	item->icmp_code = 0;
	if (engine->snapshot == NULL || engine->fib == NULL) {
		reason = REASON_NO_CONFIGURATION;
	} else if ((packet->flags & (PACKET_FROM_HOST | PACKET_AT_IP)) != 0) {
		reason = inspect_inside(engine, packet, item);
		if ((item->flags & ITEM_IPV6) != 0) {
			frame.type = ETHERNET_TYPE_IPV6;
		}
	} else {
		reason = inspect_from_wire(engine, packet, item, &frame);
	}
	if (reason != REASON_NONE) {
		refuse(engine, item, reason);
		return false;
	}
	if (frame.type == ETHERNET_TYPE_IPV4) {
		return true;
	}
	if (frame.type == ETHERNET_TYPE_ARP) {
		arp_input(engine, packet, item->unit, frame.length);
		return false;
	}
	return inspect_packet6(engine, item);
}
