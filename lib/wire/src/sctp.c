/*
 * SCTP's checksum. See wire/sctp.h.
 */
#include "wire/sctp.h"

#include <string.h>

#include "wire/crc32c.h"

enum {
	PORTS = 4, /* octets */
	CHECKSUM = 4,
};

uint32_t
sctp_checksum(const uint8_t *bytes, size_t length)
{
	uint32_t state = crc32c_add(CRC32C_BEGIN, bytes, SCTP_CHECKSUM_AT);

	state = crc32c_add_zeros(state, CHECKSUM);
	state = crc32c_add(state, bytes + SCTP_HEADER, length - SCTP_HEADER);
	return __builtin_bswap32(crc32c_finish(state));
}

void
sctp_set_ports(uint8_t *bytes, const uint8_t *ports, uint32_t length)
{
	uint8_t difference[PORTS];

	for (size_t i = 0; i < PORTS; i++) {
		difference[i] = bytes[i] ^ ports[i];
	}
	const uint32_t change = crc32c_add_zeros(crc32c_add(0, difference, PORTS), length - PORTS);

	memcpy(bytes, ports, PORTS);
	bytes_store_32(
	    bytes + SCTP_CHECKSUM_AT, bytes_load_32(bytes + SCTP_CHECKSUM_AT) ^ __builtin_bswap32(change));
}
