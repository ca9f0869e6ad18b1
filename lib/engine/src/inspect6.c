/*
 * From an IPv6 packet to a key: its header, its extension headers, its transport header and
 * checksums (RFC 8200, RFC 4443). See inspect.c for what is before.
 *
 * Extension headers are walked over within bounds (wire/ipv6.h); what is behind them is the
 * transport. Behind an authentication header nothing is looked at: the packet is of protocol 51, as
 * it is for IPv4. While a routing header has segments left the destination is not the one that
 * policies would have to judge, so it is dropped; type 0 always is (RFC 5095).
 *
 * Not inline, any of it: IPv4 passes by here.
 */
#include "egress_private.h"

#include <string.h>

#include "inspect_private.h"
#include "wire/icmp6.h"
#include "wire/udp.h"

enum {
	ROUTING_SOURCE_ROUTE = 0, /* RFC 2460 4.4 */
};

static const enum reason header_reasons[] = {
    [IPV6_OK] = REASON_NONE,
    [IPV6_TRUNCATED] = REASON_IP_TRUNCATED,
    [IPV6_BAD_VERSION] = REASON_IP_BAD_VERSION,
    [IPV6_BAD_PAYLOAD_LENGTH] = REASON_IP_BAD_TOTAL_LENGTH,
};

static const enum reason chain_reasons[] = {
    [IPV6_CHAIN_OK] = REASON_NONE,
    [IPV6_CHAIN_TRUNCATED] = REASON_EXTENSION_TRUNCATED,
    [IPV6_CHAIN_BAD_ORDER] = REASON_EXTENSION_ORDER,
    [IPV6_CHAIN_REPEATED] = REASON_EXTENSION_REPEATED,
    [IPV6_CHAIN_TOO_LONG] = REASON_EXTENSION_LIMIT,
    [IPV6_CHAIN_BAD_FRAGMENT] = REASON_FRAGMENT_HEADER,
    [IPV6_CHAIN_BAD_OPTION] = REASON_EXTENSION_OPTION,
};

/* => the high word of its key is there, and so are the addresses of its flow */
static inline __attribute__((always_inline)) void
set_hash(const struct engine *engine, struct item *item)
{
	item->key.low = flow_hash6(&engine->table, item->key.high, &item->key_addresses);
	item->hash = item->key.low;
}

static inline __attribute__((always_inline)) enum reason
check_checksum(const struct item *item, const uint8_t *transport, uint16_t length, uint16_t at,
    enum reason bad)
{
	if ((item->packet->flags & PACKET_CHECKSUM_DUE) != 0) {
		return REASON_NONE;
	}
	const enum reason reason = check_sum(transport, length,
	    ipv6_pseudo_at(item->ip + IPV6_SOURCE_AT, item->protocol, length), at, bad);

	return item->protocol == IPV6_NEXT_ICMP && reason == REASON_CHECKSUM_PARTIAL ? bad : check_due(item, reason);
}

static enum reason
inspect_udp(struct item *item, const uint8_t *transport, uint16_t length)
{
	struct udp_header header;
	const enum udp_status status = udp_parse(transport, length, &header);

	if (status != UDP_OK) {
		return status == UDP_TRUNCATED ? REASON_UDP_TRUNCATED : REASON_UDP_BAD_LENGTH;
	}
	/* IPv6 has no header checksum that would save the addresses (RFC 8200 8.1). */
	if (header.checksum == 0) {
		return REASON_UDP_NO_CHECKSUM;
	}
	key_add_ports(item, header.source_port, header.destination_port);
	return check_checksum(item, transport, header.length, 6, REASON_UDP_BAD_CHECKSUM);
}

/* The key of an ICMPv6 error is that of the session it is about, in the direction that the error
 * itself goes. */
static enum reason
inspect_error(
    struct item *item, const uint8_t *message, uint16_t length, struct flow_fields *fields)
{
	struct icmp6_quote quote;

	if (!icmp6_is_known_error(message[0])) {
		return REASON_ICMP_NO_SESSION;
	}
	if (!icmp6_parse_quote(message + ICMP6_HEADER, (size_t)length - ICMP6_HEADER, &quote)) {
		return REASON_ICMP_TRUNCATED;
	}
	item->flags |= ITEM_RELATED;
	item->key_addresses =
	    (struct flow_addresses){quote.ip.destination, quote.ip.source};
	item->segment.header.sequence = quote.sequence;
	fields->protocol = quote.chain.protocol;
	if ((quote.chain.flags & IPV6_CHAIN_AUTHENTICATION) != 0) {
		fields->protocol = IPV6_NEXT_AUTHENTICATION;
		return REASON_NONE;
	}
	fields->source_port = quote.destination_port;
	fields->destination_port = quote.source_port;
	if (quote.chain.protocol == IPV6_NEXT_ICMP) {
		fields->source_port = quote.source_port;
		fields->kind = icmp_kind_reverse((uint8_t)(quote.icmp_type + 1));
	}
	return REASON_NONE;
}

static enum reason
head_icmp(
    const struct engine *engine, struct item *item, const uint8_t *message, uint16_t length)
{
	struct flow_fields fields = flow_fields_of(item->key);
	struct icmp6_header header;
	enum reason reason = REASON_NONE;

	if (!icmp6_parse(message, length, &header)) {
		return REASON_ICMP_TRUNCATED;
	}
	item->icmp_type = header.type;
	item->icmp_code = header.code;
	if (icmp6_is_error(header.type)) {
		/* What only passes through under mode packet-based is of no session. */
		reason = item_stateless(engine, item)
			     ? REASON_NONE
			     : inspect_error(item, message, length, &fields);
	} else {
		/* Identifier in both ports, so that it stays what it is in the reply. */
		if (header.type == ICMP6_ECHO || header.type == ICMP6_ECHO_REPLY) {
			fields.source_port = header.identifier;
			fields.destination_port = header.identifier;
		}
		fields.kind = (uint8_t)(header.type + 1);
	}
	item->key = flow_key_of(&fields);
	item->key.high |= FLOW_IPV6;
	return reason;
}

static enum reason
inspect_icmp(
    const struct engine *engine, struct item *item, const uint8_t *message, uint16_t length)
{
	if (length >= ICMP6_HEADER &&
	    !icmp6_checksum_right(item->ip + IPV6_SOURCE_AT, message, length)) {
		return REASON_ICMP_BAD_CHECKSUM;
	}
	return head_icmp(engine, item, message, length);
}

static enum reason
inspect_transport(
    const struct engine *engine, struct item *item, const uint8_t *transport, uint16_t length)
{
	enum reason reason = REASON_NONE;

	if (item->protocol == IPV4_PROTOCOL_TCP) {
		reason = head_tcp(item, transport, length);
		if (reason == REASON_NONE) {
			reason = check_checksum(
			    item, transport, length, 16, REASON_TCP_BAD_CHECKSUM);
		}
	} else if (item->protocol == IPV4_PROTOCOL_UDP) {
		reason = inspect_udp(item, transport, length);
	} else if (item->protocol == IPV6_NEXT_ICMP) {
		reason = inspect_icmp(engine, item, transport, length);
	} else if (item->protocol == IPV4_PROTOCOL_ICMP) {
		reason = REASON_ICMP_FAMILY;
	} else {
		reason = inspect_ports(item, transport, length);
	}
	return reason;
}

/* What the extension headers say that no packet may. */
static enum reason
check_chain(const struct ipv6_chain *chain)
{
	if ((chain->flags & IPV6_CHAIN_JUMBO) != 0) {
		return REASON_JUMBOGRAM;
	}
	if ((chain->flags & IPV6_CHAIN_MUST_DISCARD) != 0) {
		return REASON_EXTENSION_OPTION;
	}
	if ((chain->flags & IPV6_CHAIN_ROUTING) == 0) {
		return REASON_NONE;
	}
	if (chain->routing_type == ROUTING_SOURCE_ROUTE) {
		return REASON_ROUTING_HEADER_ZERO;
	}
	return chain->segments_left != 0 ? REASON_ROUTING_HEADER : REASON_NONE;
}

/* Fills in the item as if there were no extension headers. */
static inline __attribute__((always_inline)) enum reason
fixed_header(struct item *item, uint32_t room)
{
	struct ipv6_header header;
	const enum ipv6_status status = ipv6_parse(item->ip, room, &header);

	if (status != IPV6_OK) {
		return header_reasons[status];
	}
	item->flags |= ITEM_IPV6 | ITEM_DONT_FRAGMENT;
	item->addresses.source = header.source;
	item->addresses.destination = header.destination;
	/* Not a copy of the above: what was just written in two words would be read in one, which waits. */
	item->key_addresses.source = header.source;
	item->key_addresses.destination = header.destination;
	item->source = 0;
	item->destination = 0;
	item->length = (uint16_t)(IPV6_HEADER + header.payload_length);
	item->ip_header = IPV6_HEADER;
	item->ttl = header.hop_limit;
	item->protocol = header.next_header;
	return REASON_NONE;
}

/* What is behind the fixed header is an extension header. Few packets have any. */
static __attribute__((noinline)) enum reason
extension_headers(struct item *item, struct ipv6_chain *chain)
{
	const enum ipv6_chain_status walked = ipv6_chain_parse(
	    item->ip + IPV6_HEADER, (size_t)item->length - IPV6_HEADER, item->protocol, chain);

	if (walked != IPV6_CHAIN_OK) {
		item->flags &= (uint16_t)~(ITEM_IPV6 | ITEM_DONT_FRAGMENT);
		return chain_reasons[walked];
	}
	item->ip_header = (uint16_t)(IPV6_HEADER + chain->length);
	item->protocol =
	    (chain->flags & IPV6_CHAIN_AUTHENTICATION) != 0 ? IPV6_NEXT_AUTHENTICATION : chain->protocol;
	return check_chain(chain);
}

enum reason
inspect_headers6(struct item *item, uint32_t room, struct ipv6_chain *chain)
{
	const enum reason reason = fixed_header(item, room);

	if (reason != REASON_NONE) {
		return reason;
	}
	*chain = (struct ipv6_chain){.protocol = item->protocol};
	return ipv6_is_extension(item->protocol) ? extension_headers(item, chain) : REASON_NONE;
}

void
inspect_hash6(const struct engine *engine, struct item *item)
{
	set_hash(engine, item);
}

enum reason
inspect_head6(struct engine *engine, struct item *item, struct transport_head *head)
{
	const uint8_t *transport = item->ip + item->ip_header;
	const uint16_t length = (uint16_t)(item->length - item->ip_header);
	const struct flow_fields fields = {
	    .instance = item->instance,
	    .protocol = item->protocol,
	};
	struct ipv6_chain chain;
	enum reason reason = inspect_headers6(item, item->length, &chain);

	if (reason != REASON_NONE) {
		return reason;
	}
	item->key = flow_key_of(&fields);
	item->key.high |= FLOW_IPV6;
	if (item->protocol == IPV4_PROTOCOL_TCP) {
		reason = head_tcp(item, transport, length);
		head->summed = true;
	} else if (item->protocol == IPV4_PROTOCOL_UDP) {
		reason = head_udp(item, transport, length, head);
		reason = reason == REASON_NONE && !head->summed ? REASON_UDP_NO_CHECKSUM : reason;
	} else if (item->protocol == IPV6_NEXT_ICMP) {
		reason = head_icmp(engine, item, transport, length);
		head->summed = true;
		/* RFC 6980 */
		if (reason == REASON_NONE && (icmp6_is_discovery(item->icmp_type) ||
						 icmp6_is_listener(item->icmp_type))) {
			reason = REASON_ND_EXTENSION;
		}
	} else if (item->protocol == IPV4_PROTOCOL_ICMP) {
		reason = REASON_ICMP_FAMILY;
	} else {
		reason = head_ports(item, transport, length, head);
	}
	const uint8_t *payload = item->ip + IPV6_HEADER + chain.fragment_at + IPV6_FRAGMENT_HEADER;

	head->before = (uint16_t)(transport - payload);
	if (head->summed) {
		/* What stands before is taken off by adding its complement. */
		head->pseudo = ipv6_pseudo_at(item->ip + IPV6_SOURCE_AT, item->protocol, 0) +
			       (uint16_t)~checksum_fold(checksum_sum(payload, head->before));
	}
	set_hash(engine, item);
	return head_reason(item, reason);
}

/* The same, and marks fragments. */
static __attribute__((noinline)) enum reason
inspect_chain(struct item *item)
{
	struct ipv6_chain chain;
	const enum reason reason = extension_headers(item, &chain);

	if (reason == REASON_NONE && ipv6_is_fragment(&chain)) {
		item->flags |= ITEM_FRAGMENT;
	}
	return reason;
}

enum reason
inspect_ip6(struct engine *engine, struct item *item, uint32_t room)
{
	enum reason reason = fixed_header(item, room);

	if (reason == REASON_NONE && ipv6_is_extension(item->protocol)) {
		reason = inspect_chain(item);
	}
	if (reason != REASON_NONE) {
		return reason;
	}
	const struct flow_fields fields = {
	    .instance = item->instance,
	    .protocol = item->protocol,
	};

	item->key = flow_key_of(&fields);
	item->key.high |= FLOW_IPV6;
	if ((item->flags & ITEM_FRAGMENT) != 0) {
		/* It is looked up by its datagram; under mode packet-based it goes by its route alone. */
		item->hash = 0;
		return REASON_NONE;
	}
	reason = inspect_transport(engine, item, item->ip + item->ip_header,
	    (uint16_t)(item->length - item->ip_header));
	if (packet_based6(engine)) {
		item->hash = 0;
	} else {
		set_hash(engine, item);
	}
	return reason;
}
