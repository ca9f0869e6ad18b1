/*
 * Superframes. See segment.h.
 */
#include "wire/segment.h"

#include <assert.h>
#include <string.h>

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum {
	TOTAL_LENGTH_AT = 2, /* of IPv4's header */
	IDENTIFICATION_AT = 4,
	ADDRESSES_AT = 12,
	PAYLOAD_LENGTH_AT = 4, /* of IPv6's */
	SEQUENCE_AT = 4,       /* of TCP's */
	FLAGS_AT = 13,
	TCP_SUM_AT = 16,
	UDP_LENGTH_AT = 4,
	UDP_SUM_AT = 6,
	CWR = 0x80,
};

/* --- the layout -------------------------------------------------------------------------------------------------- */

static bool
layout_transport(struct segment_layout *layout, const uint8_t *frame, uint8_t protocol)
{
	const uint8_t *transport = frame + layout->transport;
	const uint32_t length = layout->length - layout->transport;
	struct tcp_header tcp;
	struct udp_header udp;
	uint8_t header = UDP_HEADER;

	layout->tcp = protocol == IPV4_PROTOCOL_TCP;
	if (layout->tcp) {
		if (tcp_parse(transport, length, &tcp) != TCP_OK) {
			return false;
		}
		header = tcp.header_length;
	} else {
		if (protocol != IPV4_PROTOCOL_UDP || udp_parse(transport, length, &udp) != UDP_OK) {
			return false;
		}
		layout->length = (uint32_t)layout->transport + udp.length;
	}
	layout->payload = (uint16_t)(layout->transport + header);
	layout->checksum = (uint16_t)(layout->transport + (layout->tcp ? TCP_SUM_AT : UDP_SUM_AT));
	return true;
}

static bool
layout_inet6(struct segment_layout *layout, const uint8_t *frame, uint32_t room)
{
	const uint8_t *ip = frame + layout->ip;
	struct ipv6_header header;
	struct ipv6_chain chain;

	if (ipv6_parse(ip, room, &header) != IPV6_OK ||
	    ipv6_chain_parse(ip + IPV6_HEADER, header.payload_length, header.next_header, &chain) != IPV6_CHAIN_OK ||
	    ipv6_is_fragment(&chain)) {
		return false;
	}
	layout->inet6 = true;
	layout->length = (uint32_t)layout->ip + IPV6_HEADER + header.payload_length;
	layout->transport = (uint16_t)(layout->ip + IPV6_HEADER + chain.length);
	return layout_transport(layout, frame, chain.protocol);
}

bool
segment_layout_of(struct segment_layout *layout, const uint8_t *frame, uint32_t length, uint16_t ip)
{
	struct ipv4_header header;

	*layout = (struct segment_layout){.ip = ip};
	if (length <= ip) {
		return false;
	}
	if (frame[ip] >> 4 == 6) {
		return layout_inet6(layout, frame, length - ip);
	}
	/* Its header's checksum is nothing that anybody leaves half made. */
	if (ipv4_parse(frame + ip, length - ip, &header) != IPV4_OK || ipv4_is_fragment(&header)) {
		return false;
	}
	layout->length = (uint32_t)ip + header.total_length;
	layout->transport = (uint16_t)(ip + header.header_length);
	return layout_transport(layout, frame, header.protocol);
}

bool
segment_layout_of_frame(struct segment_layout *layout, const uint8_t *frame, uint32_t length)
{
	struct ethernet_header header;

	return ethernet_parse(frame, length, &header) &&
	       (header.type == ETHERNET_TYPE_IPV4 || header.type == ETHERNET_TYPE_IPV6) &&
	       segment_layout_of(layout, frame, length, header.length);
}

/* --- checksums --------------------------------------------------------------------------------------------------- */

/* Of the pseudo-header of a segment with so many octets from the transport header on. */
static uint64_t
pseudo(const struct segment_layout *layout, const uint8_t *frame, uint32_t length)
{
	const uint8_t protocol = layout->tcp ? IPV4_PROTOCOL_TCP : IPV4_PROTOCOL_UDP;
	const uint8_t *ip = frame + layout->ip;

	return layout->inet6 ? ipv6_pseudo_at(ip + IPV6_SOURCE_AT, protocol, length)
			     : checksum_pseudo_at(ip + ADDRESSES_AT, protocol, (uint16_t)length);
}

void
segment_begin_checksum(const struct segment_layout *layout, uint8_t *frame)
{
	const uint16_t half = checksum_fold(pseudo(layout, frame, layout->length - layout->transport));

	memcpy(frame + layout->checksum, &half, sizeof half);
}

void
segment_complete_checksum(const struct segment_layout *layout, uint8_t *frame)
{
	const uint32_t length = layout->length - layout->transport;
	uint16_t whole;

	bytes_store_16(frame + layout->checksum, 0);
	whole = checksum_finish(
	    pseudo(layout, frame, length) + checksum_sum(frame + layout->transport, length));
	/* With UDP no checksum is written as 0 (RFC 768). */
	bytes_store_16(frame + layout->checksum, whole == 0 && !layout->tcp ? UINT16_MAX : whole);
}

/* --- segments ---------------------------------------------------------------------------------------------------- */

uint32_t
segment_count(const struct segment_layout *layout, uint16_t size)
{
	const uint32_t payload = layout->length - layout->payload;

	assert(size > 0);
	return payload <= size ? 1 : (payload + size - 1) / size;
}

static void
build_ip(const struct segment_layout *part, uint32_t number, uint8_t *to)
{
	uint8_t *ip = to + part->ip;

	if (part->inet6) {
		bytes_store_16(ip + PAYLOAD_LENGTH_AT, (uint16_t)(part->length - part->ip - IPV6_HEADER));
		return;
	}
	bytes_store_16(ip + TOTAL_LENGTH_AT, (uint16_t)(part->length - part->ip));
	bytes_store_16(ip + IDENTIFICATION_AT, (uint16_t)(bytes_load_16(ip + IDENTIFICATION_AT) + number));
	ipv4_set_checksum(ip, (uint8_t)(part->transport - part->ip));
}

uint32_t
segment_build(
    const struct segment_layout *layout, const uint8_t *frame, uint16_t size, uint32_t number, uint8_t *to)
{
	const uint32_t from = number * size; /* of the payload */
	const uint32_t left = layout->length - layout->payload - from;
	const uint32_t octets = left < size ? left : size;
	struct segment_layout part = *layout;
	uint8_t *transport = to + layout->transport;

	assert(number < segment_count(layout, size));
	part.length = layout->payload + octets;
	memcpy(to, frame, layout->payload);
	memcpy(to + layout->payload, frame + layout->payload + from, octets);
	build_ip(&part, number, to);
	if (layout->tcp) {
		bytes_store_32(transport + SEQUENCE_AT, bytes_load_32(transport + SEQUENCE_AT) + from);
		transport[FLAGS_AT] &= (uint8_t)~((number > 0 ? CWR : 0) | (octets < left ? TCP_FIN | TCP_PUSH : 0));
	} else {
		bytes_store_16(transport + UDP_LENGTH_AT, (uint16_t)(part.length - part.transport));
	}
	segment_complete_checksum(&part, to);
	return part.length;
}
