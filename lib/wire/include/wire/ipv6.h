/*
 * IPv6 (RFC 8200): addresses (RFC 4291) as two numbers, and what is asked of them: order, masks, prefixes, kinds.
 *
 * An IPv4 address where both families share a table is ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
 */
#ifndef WIRE_IPV6_H
#define WIRE_IPV6_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/bytes.h"

enum {
	IPV6_LENGTH_MOST = 128,
	IPV6_MAPPED_LENGTH = 96, /* of ::ffff:0:0/96 */
};

struct ipv6_address {
	uint64_t high; /* host order, as all here */
	uint64_t low;
};

/* => there are 16 octets */
static inline struct ipv6_address
ipv6_address_load(const uint8_t *from)
{
	return (struct ipv6_address){
	    .high = (uint64_t)bytes_load_32(from) << 32 | bytes_load_32(from + 4),
	    .low = (uint64_t)bytes_load_32(from + 8) << 32 | bytes_load_32(from + 12),
	};
}

static inline void
ipv6_address_store(uint8_t *to, struct ipv6_address address)
{
	bytes_store_32(to, (uint32_t)(address.high >> 32));
	bytes_store_32(to + 4, (uint32_t)address.high);
	bytes_store_32(to + 8, (uint32_t)(address.low >> 32));
	bytes_store_32(to + 12, (uint32_t)address.low);
}

static inline bool
ipv6_equal(struct ipv6_address left, struct ipv6_address right)
{
	return ((left.high ^ right.high) | (left.low ^ right.low)) == 0;
}

static inline bool
ipv6_less(struct ipv6_address left, struct ipv6_address right)
{
	return left.high < right.high || (left.high == right.high && left.low < right.low);
}

static inline int
ipv6_compare(struct ipv6_address left, struct ipv6_address right)
{
	if (left.high != right.high) {
		return left.high > right.high ? 1 : -1;
	}
	return (left.low > right.low) - (left.low < right.low);
}

/* The first `length` bits set. => length <= 128 */
static inline struct ipv6_address
ipv6_mask(uint32_t length)
{
	const uint64_t all = UINT64_MAX;

	if (length <= 64) {
		return (struct ipv6_address){.high = length == 0 ? 0 : all << (64 - length)};
	}
	return (struct ipv6_address){.high = all, .low = all << (128 - length)};
}

/* The first address of the prefix that `address` lies in, and the last one. => length <= 128 */
static inline struct ipv6_address
ipv6_first(struct ipv6_address address, uint32_t length)
{
	const struct ipv6_address mask = ipv6_mask(length);

	return (struct ipv6_address){.high = address.high & mask.high, .low = address.low & mask.low};
}

static inline struct ipv6_address
ipv6_last(struct ipv6_address address, uint32_t length)
{
	const struct ipv6_address mask = ipv6_mask(length);

	return (struct ipv6_address){.high = address.high | ~mask.high, .low = address.low | ~mask.low};
}

/* Does `address` lie in the prefix? => length <= 128 */
static inline bool
ipv6_covers(struct ipv6_address prefix, uint32_t length, struct ipv6_address address)
{
	return ipv6_equal(ipv6_first(prefix, length), ipv6_first(address, length));
}

/* One more; after the last address comes ::. */
static inline struct ipv6_address
ipv6_next(struct ipv6_address address)
{
	return (struct ipv6_address){.high = address.high + (address.low == UINT64_MAX ? 1 : 0), .low = address.low + 1};
}

static inline bool
ipv6_is_unspecified(struct ipv6_address address)
{
	return (address.high | address.low) == 0;
}

static inline bool
ipv6_is_loopback(struct ipv6_address address)
{
	return address.high == 0 && address.low == 1;
}

/* fe80::/10 (RFC 4291 2.5.6) */
static inline bool
ipv6_is_link_local(struct ipv6_address address)
{
	return address.high >> 54 == 0x3fa;
}

/* ff00::/8 */
static inline bool
ipv6_is_multicast(struct ipv6_address address)
{
	return address.high >> 56 == 0xff;
}

static inline struct ipv6_address
ipv6_mapped(uint32_t ipv4)
{
	return (struct ipv6_address){.low = 0xffff00000000U | ipv4};
}

static inline bool
ipv6_is_mapped(struct ipv6_address address)
{
	return address.high == 0 && address.low >> 32 == 0xffff;
}

/* The link-local address of an Ethernet port: fe80::/64 with the modified EUI-64 of its MAC address (RFC 2464 5). */
static inline struct ipv6_address
ipv6_link_local_of(const uint8_t mac[6])
{
	return (struct ipv6_address){
	    .high = 0xfe80ULL << 48,
	    .low = (uint64_t)(mac[0] ^ 0x02) << 56 | (uint64_t)mac[1] << 48 | (uint64_t)mac[2] << 40 |
		0xfffeULL << 24 | (uint64_t)mac[3] << 16 | (uint64_t)mac[4] << 8 | mac[5],
	};
}

#endif
