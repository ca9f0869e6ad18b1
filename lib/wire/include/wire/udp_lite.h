/*
 * UDP-Lite (RFC 3828): UDP whose checksum covers as much as its sender says, and always the header.
 *
 *   |          source port          |       destination port        |
 *   |       checksum coverage       |           checksum            |
 *
 * The length in its pseudo-header is that of all IP carries.
 */
#ifndef WIRE_UDP_LITE_H
#define WIRE_UDP_LITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "wire/bytes.h"

enum {
	UDP_LITE_HEADER = 8,
	UDP_LITE_CHECKSUM_AT = 6,
};

enum udp_lite_status {
	UDP_LITE_OK,
	UDP_LITE_TRUNCATED,
	UDP_LITE_BAD_COVERAGE,
	UDP_LITE_NO_CHECKSUM,
};

struct udp_lite_header {
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t coverage; /* octets from the header on; 0: all */
	uint16_t checksum;
};

/* => length is what there is of the packet; a coverage beyond that is the caller's to judge */
static inline enum udp_lite_status
udp_lite_parse(const uint8_t *bytes, size_t length, struct udp_lite_header *header)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, UDP_LITE_HEADER);

	if (b == NULL) {
		return UDP_LITE_TRUNCATED;
	}
	header->source_port = bytes_load_16(b);
	header->destination_port = bytes_load_16(b + 2);
	header->coverage = bytes_load_16(b + 4);
	header->checksum = bytes_load_16(b + UDP_LITE_CHECKSUM_AT);
	if (header->coverage != 0 && header->coverage < UDP_LITE_HEADER) {
		return UDP_LITE_BAD_COVERAGE;
	}
	return header->checksum == 0 ? UDP_LITE_NO_CHECKSUM : UDP_LITE_OK;
}

#endif
