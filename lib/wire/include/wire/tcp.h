/*
 * TCP (RFC 9293): the header and the options that a stateful filter needs.
 *
 *    0                   1                   2                   3
 *   |          source port          |       destination port        |
 *   |                            sequence                           |
 *   |                         acknowledgement                       |
 *   |offset | 0 |U|A|P|R|S|F|            window             |         (offset, flags, window:
 * octets 12 to 15) |           checksum            |            urgent             |
 */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "wire/bytes.h"

enum {
	TCP_HEADER = 20,
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PUSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URGENT = 0x20,
	TCP_SCALE_NONE = 0xff,
	TCP_SCALE_MOST = 14, /* RFC 7323 2.3 */
};

enum tcp_status {
	TCP_OK,
	TCP_TRUNCATED,
	TCP_BAD_HEADER_LENGTH,
};

struct tcp_header {
	uint32_t sequence;
	uint32_t acknowledgement;
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t window;
	uint8_t header_length; /* octets */
	uint8_t flags;
};

/* => length is that of the segment: header and payload */
static inline enum tcp_status
tcp_parse(const uint8_t *bytes, size_t length, struct tcp_header *header)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, TCP_HEADER);

	if (b == NULL) {
		return TCP_TRUNCATED;
	}
	header->source_port = bytes_load_16(b);
	header->destination_port = bytes_load_16(b + 2);
	header->sequence = bytes_load_32(b + 4);
	header->acknowledgement = bytes_load_32(b + 8);
	header->header_length = (uint8_t)((b[12] >> 4) * 4);
	header->flags = b[13];
	header->window = bytes_load_16(b + 14);
	if (header->header_length < TCP_HEADER || header->header_length > length) {
		return TCP_BAD_HEADER_LENGTH;
	}
	return TCP_OK;
}

/* The window scale option's shift (RFC 7323 2), at most TCP_SCALE_MOST, or TCP_SCALE_NONE when
 * there is none. => tcp_parse() said TCP_OK; `options` are the header_length - TCP_HEADER octets
 * after the fixed header */
uint8_t tcp_window_scale(const uint8_t *options, size_t length);

/* Makes every maximum segment size option (RFC 9293 3.7.1) that is larger than `most` that small,
 * and the checksum right by what changed; the checksum's pseudo-header does not matter, so it is
 * the same for IPv4 and IPv6. An option list that is cut short or wrong is left from there on. True:
 * something changed. => tcp_parse() said TCP_OK; header_length is what it found */
bool tcp_limit_segment(uint8_t *segment, uint8_t header_length, uint16_t most);

/* Sequence space that a segment takes (RFC 9293 3.4): payload, SYN and FIN. */
static inline uint32_t
tcp_sequence_length(uint8_t flags, uint16_t payload)
{
	return (uint32_t)payload + ((flags & TCP_SYN) != 0) + ((flags & TCP_FIN) != 0);
}

/* Writes 20 octets; the checksum is left zero. => header->header_length is TCP_HEADER */
void tcp_build(uint8_t *to, const struct tcp_header *header);

#endif
