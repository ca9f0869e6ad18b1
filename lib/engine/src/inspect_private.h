/*
 * What inspect.c and inspect6.c read of transport headers in the same way.
 */
#ifndef ENGINE_INSPECT_PRIVATE_H
#define ENGINE_INSPECT_PRIVATE_H

#include "engine_private.h"
#include "wire/ipv6.h"
#include "wire/udp.h"

static inline void
key_add_ports(struct item *item, uint16_t source, uint16_t destination)
{
	item->key.high |= source | (uint64_t)destination << 16;
}

/* The TCP header: segment and ports. The checksum is the caller's. */
static inline __attribute__((always_inline)) enum reason
head_tcp(struct item *item, const uint8_t *transport, uint16_t length)
{
	struct tcp_segment *segment = &item->segment;
	const enum tcp_status status = tcp_parse(transport, length, &segment->header);

	if (status != TCP_OK) {
		return status == TCP_TRUNCATED ? REASON_TCP_TRUNCATED
					       : REASON_TCP_BAD_HEADER_LENGTH;
	}
	segment->payload = (uint16_t)(length - segment->header.header_length);
	segment->scale = TCP_SCALE_NONE;
	if ((segment->header.flags & TCP_SYN) != 0) {
		segment->scale = tcp_window_scale(transport + TCP_HEADER,
		    (size_t)segment->header.header_length - TCP_HEADER);
	}
	key_add_ports(item, segment->header.source_port, segment->header.destination_port);
	return REASON_NONE;
}

/* The UDP header of a first fragment. */
static inline enum reason
head_udp(struct item *item, const uint8_t *transport, uint16_t length, struct transport_head *head)
{
	struct udp_header header;

	if (udp_parse(transport, length, &header) == UDP_TRUNCATED) {
		return REASON_UDP_TRUNCATED;
	}
	key_add_ports(item, header.source_port, header.destination_port);
	head->length = header.length;
	head->summed = header.checksum != 0;
	return header.length < UDP_HEADER ? REASON_UDP_BAD_LENGTH : REASON_NONE;
}

/* What begins in a first fragment and is cut short there is a trick to hide it (RFC 3128). */
static inline enum reason
head_reason(const struct item *item, enum reason reason)
{
	if (reason == REASON_TCP_TRUNCATED || reason == REASON_UDP_TRUNCATED ||
	    reason == REASON_ICMP_TRUNCATED || reason == REASON_SCTP_TRUNCATED ||
	    reason == REASON_UDP_LITE_TRUNCATED ||
	    (reason == REASON_TCP_BAD_HEADER_LENGTH &&
		item->segment.header.header_length >= TCP_HEADER)) {
		return REASON_FRAGMENT_TINY;
	}
	return reason;
}

/* Can no packet screen and no flood counter have anything to say? True for the bulk of all traffic, so it is asked before
 * anything is gathered for them: established TCP under all packet screens costs 2 cycles more than without, was 14. */
static inline bool
screens_indifferent(const struct item *item)
{
	const unsigned told = TCP_SYN | TCP_FIN | TCP_URGENT;

	return item->protocol == IPV4_PROTOCOL_TCP && (item->flags & ITEM_FRAGMENT) == 0 &&
	       ((item->flags & ITEM_IPV6) != 0 || item->ip_header == IPV4_HEADER) &&
	       (item->segment.header.flags & (told | TCP_ACK)) == TCP_ACK;
}

/* inspect_ports.c: the transport header of SCTP and UDP-Lite, and REASON_NONE for all other protocols; the second one of a first
 * fragment. */
enum reason inspect_ports(struct item *item, const uint8_t *transport, uint16_t length);
enum reason head_ports(struct item *item, const uint8_t *transport, uint16_t length, struct transport_head *head);

/* inspect6.c: fixed header and chain: what the item is before its transport is looked at. */
enum reason inspect_headers6(struct item *item, uint32_t room, struct ipv6_chain *chain);
enum reason inspect_head6(
    struct engine *engine, struct item *item, struct transport_head *head);

/* Is the checksum at `at` right over `length` octets and a pseudo-header of that sum? A half-made one
 * holds the pseudo-header's sum alone. */
static inline enum reason
check_sum(const uint8_t *transport, uint16_t length, uint64_t pseudo, uint16_t at, enum reason bad)
{
	uint16_t stored;

	if (checksum_fold(pseudo + checksum_sum(transport, length)) == 0xffff) {
		return REASON_NONE;
	}
	memcpy(&stored, transport + at, sizeof stored);
	return stored == checksum_fold(pseudo) ? REASON_CHECKSUM_PARTIAL : bad;
}

/* Of TCP and UDP a half-made checksum is completed where the packet leaves, also when no mark came with it: AF_XDP and captures
 * have none. Of what was damaged on its way one in 65,536 looks like that and is made good; a sender gets nothing by it that a
 * right checksum would not give him. */
static inline enum reason
check_due(const struct item *item, enum reason reason)
{
	if (__builtin_expect(reason == REASON_CHECKSUM_PARTIAL, false)) {
		item->packet->flags |= PACKET_CHECKSUM_DUE;
		return REASON_NONE;
	}
	return reason;
}

#endif
