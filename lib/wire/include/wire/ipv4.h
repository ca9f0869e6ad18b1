/*
 * IPv4 (RFC 791): the header, checked whole before any field of it is used, and its builder.
 *
 *    0                   1                   2                   3
 *   |version|  IHL  |      TOS      |          total length         |
 *   |        identification         |flags|     fragment offset     |
 *   |      TTL      |   protocol    |            checksum           |
 *   |                             source                            |
 *   |                          destination                          |
 */
#ifndef WIRE_IPV4_H
#define WIRE_IPV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "wire/bytes.h"
#include "wire/checksum.h"

enum {
	IPV4_HEADER = 20,
	IPV4_HEADER_MOST = 60,
	IPV4_PROTOCOL_ICMP = 1,
	IPV4_PROTOCOL_TCP = 6,
	IPV4_PROTOCOL_UDP = 17,
	IPV4_PROTOCOL_SCTP = 132,
	IPV4_PROTOCOL_UDP_LITE = 136,
	IPV4_DONT_FRAGMENT = 0x4000,
	IPV4_MORE_FRAGMENTS = 0x2000,
	IPV4_FRAGMENT_OFFSET = 0x1fff,
	IPV4_TTL_DEFAULT = 64,
};

enum ipv4_status {
	IPV4_OK,
	IPV4_TRUNCATED,
	IPV4_BAD_VERSION,
	IPV4_BAD_HEADER_LENGTH,
	IPV4_BAD_TOTAL_LENGTH,
	IPV4_BAD_CHECKSUM,
};

struct ipv4_header {
	uint32_t source; /* host order, as all here */
	uint32_t destination;
	uint16_t total_length;
	uint16_t identification;
	uint16_t fragment; /* IPV4_DONT_FRAGMENT, IPV4_MORE_FRAGMENTS and the offset in units of 8
			      octets */
	uint8_t header_length; /* octets */
	uint8_t tos;
	uint8_t ttl;
	uint8_t protocol;
};

/* Do packets of a protocol, of either version of IP, begin with two ports? */
static inline bool
ip_protocol_has_ports(uint8_t protocol)
{
	return protocol == IPV4_PROTOCOL_TCP || protocol == IPV4_PROTOCOL_UDP || protocol == IPV4_PROTOCOL_SCTP ||
	       protocol == IPV4_PROTOCOL_UDP_LITE;
}

/* The fields as they stand. => there are IPV4_HEADER octets */
static inline void
ipv4_load(const uint8_t *b, struct ipv4_header *header)
{
	header->header_length = (uint8_t)((b[0] & 0xf) * 4);
	header->tos = b[1];
	header->total_length = bytes_load_16(b + 2);
	header->identification = bytes_load_16(b + 4);
	header->fragment = bytes_load_16(b + 6);
	header->ttl = b[8];
	header->protocol = b[9];
	header->source = bytes_load_32(b + 12);
	header->destination = bytes_load_32(b + 16);
}

/* Reads the fields; the lengths are checked against each other but not against `length`, nor is the
 * checksum: this is for the header that an ICMP error quotes. */
static inline enum ipv4_status
ipv4_parse_quoted(const uint8_t *bytes, size_t length, struct ipv4_header *header)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, IPV4_HEADER);

	if (b == NULL) {
		return IPV4_TRUNCATED;
	}
	if ((b[0] >> 4) != 4) {
		return IPV4_BAD_VERSION;
	}
	ipv4_load(b, header);
	if (header->header_length < IPV4_HEADER || header->header_length > length) {
		return IPV4_BAD_HEADER_LENGTH;
	}
	if (header->total_length < header->header_length) {
		return IPV4_BAD_TOTAL_LENGTH;
	}
	return IPV4_OK;
}

/* The checks of ipv4_parse() on any header. */
enum ipv4_status ipv4_check(const uint8_t *bytes, size_t length);

/* The checks of a router (RFC 1812 5.2.2): length, version, header length, total length, checksum.
 * `length` may exceed the total length: short frames are padded. */
static inline enum ipv4_status
ipv4_parse(const uint8_t *bytes, size_t length, struct ipv4_header *header)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, IPV4_HEADER);

	if (b == NULL) {
		return IPV4_TRUNCATED;
	}
	/* Nearly all are of version 4 without options, and right: the sum of 20 octets is a few
	 * additions. What is wrong with the others is found by ipv4_check(). */
	if (b[0] != 0x45 || bytes_load_16(b + 2) < IPV4_HEADER ||
	    bytes_load_16(b + 2) > length ||
	    checksum_fold(checksum_sum(b, IPV4_HEADER)) != 0xffff) {
		const enum ipv4_status status = ipv4_check(bytes, length);

		if (status != IPV4_OK) {
			return status;
		}
	}
	ipv4_load(bytes, header);
	return IPV4_OK;
}

/* Is it a piece of a larger packet, the first one included? */
static inline bool
ipv4_is_fragment(const struct ipv4_header *header)
{
	return (header->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)) != 0;
}

/* Writes 20 octets with a right checksum. => header->header_length is IPV4_HEADER */
void ipv4_build(uint8_t *to, const struct ipv4_header *header);

/* Takes one off the time to live in place. => the header was parsed and its TTL is over 1 */
static inline void
ipv4_decrement_ttl(uint8_t *bytes)
{
	const uint16_t before = bytes_load_16(bytes + 8);

	bytes[8]--;
	bytes_store_16(bytes + 10,
	    checksum_update_16(bytes_load_16(bytes + 10), before, (uint16_t)(before - 0x100)));
}

/* Writes the checksum of a header that was changed. => the header was parsed */
void ipv4_set_checksum(uint8_t *bytes, uint8_t header_length);

enum ipv4_class {
	IPV4_CLASS_UNICAST,
	IPV4_CLASS_ZERO,      /* 0/8 */
	IPV4_CLASS_LOOPBACK,  /* 127/8 */
	IPV4_CLASS_MULTICAST, /* 224/4 */
	IPV4_CLASS_RESERVED,  /* 240/4 */
	IPV4_CLASS_BROADCAST, /* 255.255.255.255 */
};

/* What kind of address it is (RFC 1122 3.2.1.3, RFC 6890); broadcasts of a subnet look like unicast
 * here. */
static inline enum ipv4_class
ipv4_class(uint32_t address)
{
	const uint32_t first = address >> 24;

	if (first - 1 < 126 || first - 128 < 96) {
		return IPV4_CLASS_UNICAST;
	}
	if (first == 0) {
		return IPV4_CLASS_ZERO;
	}
	if (first == 127) {
		return IPV4_CLASS_LOOPBACK;
	}
	if (first < 240) {
		return IPV4_CLASS_MULTICAST;
	}
	return address == UINT32_MAX ? IPV4_CLASS_BROADCAST : IPV4_CLASS_RESERVED;
}

/* 169.254/16, which no router forwards (RFC 3927 2.7)? */
static inline bool
ipv4_link_local(uint32_t address)
{
	return address >> 16 == 0xa9fe;
}

#endif
