/*
 * What inspect.c and inspect6.c read of transport headers in the same way.
 */
#ifndef ENGINE_INSPECT_PRIVATE_H
#define ENGINE_INSPECT_PRIVATE_H

#include "engine_private.h"

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

#endif
