/*
 * IPv4 headers. See wire/ipv4.h.
 */
#include "wire/ipv4.h"

#include <assert.h>

enum ipv4_status
ipv4_check(const uint8_t *bytes, size_t length)
{
	struct ipv4_header header;
	const enum ipv4_status status = ipv4_parse_quoted(bytes, length, &header);

	if (status != IPV4_OK) {
		return status;
	}
	if (header.total_length > length) {
		return IPV4_BAD_TOTAL_LENGTH;
	}
	return checksum_fold(checksum_sum(bytes, header.header_length)) == 0xffff
		   ? IPV4_OK
		   : IPV4_BAD_CHECKSUM;
}

void
ipv4_build(uint8_t *to, const struct ipv4_header *header)
{
	assert(header->header_length == IPV4_HEADER);
	to[0] = 0x45;
	to[1] = header->tos;
	bytes_store_16(to + 2, header->total_length);
	bytes_store_16(to + 4, header->identification);
	bytes_store_16(to + 6, header->fragment);
	to[8] = header->ttl;
	to[9] = header->protocol;
	bytes_store_32(to + 12, header->source);
	bytes_store_32(to + 16, header->destination);
	ipv4_set_checksum(to, IPV4_HEADER);
}

void
ipv4_set_checksum(uint8_t *bytes, uint8_t header_length)
{
	assert(header_length >= IPV4_HEADER && header_length <= IPV4_HEADER_MOST);
	bytes_store_16(bytes + 10, 0);
	bytes_store_16(bytes + 10, checksum_finish(checksum_sum(bytes, header_length)));
}
