/*
 * SCTP (RFC 9260 3): the common header and what must follow it, a chunk at least.
 *
 *   |          source port          |       destination port        |
 *   |                       verification tag                        |
 *   |          CRC32c of all of it, lowest octet first              |
 *   |  chunk type   |     flags     |  length, its header included  |
 */
#ifndef WIRE_SCTP_H
#define WIRE_SCTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "wire/bytes.h"

enum {
	SCTP_HEADER = 12,
	SCTP_CHUNK_HEADER = 4,
	SCTP_CHECKSUM_AT = 8,
};

enum sctp_status {
	SCTP_OK,
	SCTP_TRUNCATED,
	SCTP_BAD_CHUNK,
};

struct sctp_header {
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t chunk; /* octets of the first one */
};

/* => length is what there is of the packet; a chunk that goes on behind that is the caller's to judge */
static inline enum sctp_status
sctp_parse(const uint8_t *bytes, size_t length, struct sctp_header *header)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, SCTP_HEADER + SCTP_CHUNK_HEADER);

	if (b == NULL) {
		return SCTP_TRUNCATED;
	}
	header->source_port = bytes_load_16(b);
	header->destination_port = bytes_load_16(b + 2);
	header->chunk = bytes_load_16(b + SCTP_HEADER + 2);
	return header->chunk < SCTP_CHUNK_HEADER ? SCTP_BAD_CHUNK : SCTP_OK;
}

/* The checksum that a whole packet should have, as the number that stands there big-endian. => length >= SCTP_HEADER */
uint32_t sctp_checksum(const uint8_t *bytes, size_t length);
/*
 * Other ports (4 octets as they stand there), and the checksum changed by the difference: a packet that was damaged before
 * stays damaged. `length` is the whole packet's; the common header is all that is read. => length >= SCTP_HEADER
 */
void sctp_set_ports(uint8_t *bytes, const uint8_t *ports, uint32_t length);

#endif
