/*
 * UDP (RFC 768).
 *
 *   |          source port          |       destination port        |
 *   |            length             |           checksum            |
 */
#ifndef WIRE_UDP_H
#define WIRE_UDP_H

#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "wire/bytes.h"

enum {
	UDP_HEADER = 8,
};

enum udp_status {
	UDP_OK,
	UDP_TRUNCATED,
	UDP_BAD_LENGTH,
};

struct udp_header {
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t length; /* header and payload */
	uint16_t checksum; /* 0: the sender made none */
};

/* => length is what the IP packet holds for UDP */
static inline enum udp_status
udp_parse(const uint8_t *bytes, size_t length, struct udp_header *header)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, UDP_HEADER);

	if (b == NULL) {
		return UDP_TRUNCATED;
	}
	header->source_port = bytes_load_16(b);
	header->destination_port = bytes_load_16(b + 2);
	header->length = bytes_load_16(b + 4);
	header->checksum = bytes_load_16(b + 6);
	return header->length < UDP_HEADER || header->length > length ? UDP_BAD_LENGTH : UDP_OK;
}

#endif
