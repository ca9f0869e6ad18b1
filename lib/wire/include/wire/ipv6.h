/*
 * IPv6 (RFC 8200): addresses, the fixed header, and the chain of extension headers after it.
 *
 *    0                   1                   2                   3
 *   |version| traffic class |              flow label               |
 *   |        payload length         |  next header  |   hop limit   |
 *   |                      source (16 octets)                       |
 *   |                    destination (16 octets)                    |
 *
 * Addresses (RFC 4291) are two numbers in host order, so that prefixes are masks and comparisons are
 * two instructions. An IPv4 address where both families share a table is ::ffff:a.b.c.d (2.5.5.2).
 * Jumbograms (RFC 2675) are not known: their payload length of 0 leaves the chain
 * truncated.
 */
#ifndef WIRE_IPV6_H
#define WIRE_IPV6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "wire/bytes.h"
#include "wire/checksum.h"

enum {
	IPV6_LENGTH_MOST = 128,
	IPV6_MAPPED_LENGTH = 96, /* of ::ffff:0:0/96 */
	IPV6_HEADER = 40,
	IPV6_ADDRESS = 16,
	IPV6_SOURCE_AT = 8, /* of the addresses in the header */
	IPV6_DESTINATION_AT = 24,
	IPV6_MTU_LEAST = 1280, /* RFC 8200 5 */
	IPV6_HOP_LIMIT_DEFAULT = 64,
	IPV6_FRAGMENT_HEADER = 8,
	/* Bounds of a chain: what is longer is nobody's real traffic, but work for us. */
	IPV6_EXTENSIONS_MOST = 8,
	IPV6_EXTENSION_OCTETS_MOST = 512,
	IPV6_OPTIONS_MOST = 32, /* in all its option headers, padding included */
};

/* Values of "next header"; the transports' are those of IPv4. */
enum ipv6_next_header {
	IPV6_NEXT_HOP_BY_HOP = 0,
	IPV6_NEXT_ROUTING = 43,
	IPV6_NEXT_FRAGMENT = 44,
	IPV6_NEXT_ESP = 50,
	IPV6_NEXT_AUTHENTICATION = 51,
	IPV6_NEXT_ICMP = 58,
	IPV6_NEXT_NONE = 59,
	IPV6_NEXT_DESTINATION = 60,
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
	    .high = bytes_load_64(from),
	    .low = bytes_load_64(from + 8),
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

enum ipv6_class {
	IPV6_CLASS_UNICAST,      /* 2000::/3, and 64:ff9b::/32 (RFC 6052, 8215) */
	IPV6_CLASS_UNIQUE_LOCAL, /* fc00::/7 */
	IPV6_CLASS_LINK_LOCAL,   /* fe80::/10 */
	IPV6_CLASS_MULTICAST,    /* ff00::/8 */
	IPV6_CLASS_UNSPECIFIED,  /* :: */
	IPV6_CLASS_LOOPBACK,     /* ::1 */
	IPV6_CLASS_MAPPED,       /* ::ffff:0:0/96: never on a wire */
	IPV6_CLASS_SITE_LOCAL,   /* fec0::/10, deprecated (RFC 3879) */
	IPV6_CLASS_RESERVED,     /* the rest: for future use (RFC 4291 4) */
};

enum ipv6_class ipv6_special_class(struct ipv6_address address);

/* What kind of address it is (RFC 4291 2.4, RFC 6890). */
static inline enum ipv6_class
ipv6_class(struct ipv6_address address)
{
	return address.high >> 61 == 1 ? IPV6_CLASS_UNICAST : ipv6_special_class(address);
}

/* The scope of a group (RFC 4291 2.7, RFC 7346): 1 the interface, 2 the link, 5 the site, 14 all.
 * => ipv6_is_multicast() */
static inline unsigned
ipv6_multicast_scope(struct ipv6_address address)
{
	return (unsigned)(address.high >> 48 & 0xf);
}

#define IPV6_ALL_NODES ((struct ipv6_address){0xff02000000000000, 1})
#define IPV6_ALL_ROUTERS ((struct ipv6_address){0xff02000000000000, 2})

/* The group that is asked for an address (RFC 4291 2.7.1): ff02::1:ffXX:XXXX. */
static inline struct ipv6_address
ipv6_solicited_node(struct ipv6_address address)
{
	return (struct ipv6_address){
	    0xff02000000000000, 0x00000001ff000000 | (address.low & 0xffffff)};
}

static inline bool
ipv6_is_solicited_node(struct ipv6_address address)
{
	return address.high == 0xff02000000000000 && address.low >> 24 == 0x1ff;
}

/* The Ethernet group of an IPv6 group (RFC 2464 7): 33:33 and its last four octets. */
static inline void
ipv6_group_mac(struct ipv6_address group, uint8_t *mac)
{
	mac[0] = 0x33;
	mac[1] = 0x33;
	bytes_store_32(mac + 2, (uint32_t)group.low);
}

enum ipv6_status {
	IPV6_OK,
	IPV6_TRUNCATED,
	IPV6_BAD_VERSION,
	IPV6_BAD_PAYLOAD_LENGTH, /* more than there is */
};

struct ipv6_header {
	struct ipv6_address source;
	struct ipv6_address destination;
	uint32_t flow_label;
	uint16_t payload_length; /* all after the fixed header */
	uint8_t traffic_class;
	uint8_t next_header;
	uint8_t hop_limit;
};

/* The fields as they stand. => there are IPV6_HEADER octets */
static inline void
ipv6_load(const uint8_t *b, struct ipv6_header *header)
{
	const uint32_t first = bytes_load_32(b);

	header->traffic_class = (uint8_t)(first >> 20);
	header->flow_label = first & 0xfffff;
	header->payload_length = bytes_load_16(b + 4);
	header->next_header = b[6];
	header->hop_limit = b[7];
	header->source = ipv6_address_load(b + IPV6_SOURCE_AT);
	header->destination = ipv6_address_load(b + IPV6_DESTINATION_AT);
}

/* The payload length is not checked against `length`: for the header that an ICMPv6 error
 * quotes. */
static inline enum ipv6_status
ipv6_parse_quoted(const uint8_t *bytes, size_t length, struct ipv6_header *header)
{
	struct reader reader = reader_over(bytes, length);
	const uint8_t *b = reader_bytes(&reader, IPV6_HEADER);

	if (b == NULL) {
		return IPV6_TRUNCATED;
	}
	if ((b[0] >> 4) != 6) {
		return IPV6_BAD_VERSION;
	}
	ipv6_load(b, header);
	return IPV6_OK;
}

/* `length` may exceed what the header says: short frames are padded. */
static inline enum ipv6_status
ipv6_parse(const uint8_t *bytes, size_t length, struct ipv6_header *header)
{
	const enum ipv6_status status = ipv6_parse_quoted(bytes, length, header);

	if (status != IPV6_OK) {
		return status;
	}
	return header->payload_length > length - IPV6_HEADER ? IPV6_BAD_PAYLOAD_LENGTH : IPV6_OK;
}

/* Takes one off the hop limit in place. => it is over 1 */
static inline void
ipv6_decrement_hop_limit(uint8_t *bytes)
{
	bytes[7]--;
}

/* Writes IPV6_HEADER octets. */
void ipv6_build(uint8_t *to, const struct ipv6_header *header);

/* The pseudo-header's sum (RFC 8200 8.1) of the addresses as they stand in the header: 32 octets.
 * `length` is that of the upper layer's header and payload. */
static inline uint64_t
ipv6_pseudo_at(const uint8_t *addresses, uint8_t protocol, uint32_t length)
{
	return checksum_sum_short(addresses, 2 * (size_t)IPV6_ADDRESS) +
	       ((uint64_t)protocol << 8) + __builtin_bswap16((uint16_t)length) +
	       __builtin_bswap16((uint16_t)(length >> 16));
}

/* The same for addresses at hand. */
uint64_t ipv6_pseudo(struct ipv6_address source, struct ipv6_address destination, uint8_t protocol,
    uint32_t length);

/* Is it an extension header that ipv6_chain_parse() walks over? All others, ESP and "no next
 * header" included, end the chain. */
static inline bool
ipv6_is_extension(uint8_t next_header)
{
	return next_header == IPV6_NEXT_HOP_BY_HOP || next_header == IPV6_NEXT_ROUTING ||
	       next_header == IPV6_NEXT_FRAGMENT || next_header == IPV6_NEXT_DESTINATION ||
	       next_header == IPV6_NEXT_AUTHENTICATION;
}

enum ipv6_chain_status {
	IPV6_CHAIN_OK,
	IPV6_CHAIN_TRUNCATED,    /* a header or an option runs past the end */
	IPV6_CHAIN_BAD_ORDER,    /* not the order of RFC 8200 4.1 */
	IPV6_CHAIN_REPEATED,     /* one that may be there once is there twice */
	IPV6_CHAIN_TOO_LONG,     /* over one of the bounds above */
	IPV6_CHAIN_BAD_FRAGMENT, /* a length that is no multiple of 8, or past 65535 octets */
	IPV6_CHAIN_BAD_OPTION,   /* a length that its kind cannot have */
};

enum ipv6_chain_flag {
	IPV6_CHAIN_FRAGMENT = 1 << 0,       /* there is a fragment header */
	IPV6_CHAIN_MORE_FRAGMENTS = 1 << 1,
	IPV6_CHAIN_ROUTING = 1 << 2,        /* there is a routing header */
	IPV6_CHAIN_ROUTER_ALERT = 1 << 3,   /* RFC 2711, among the hop-by-hop options */
	IPV6_CHAIN_JUMBO = 1 << 4,
	IPV6_CHAIN_MUST_DISCARD = 1 << 5,   /* a hop-by-hop option that we don't know, of a kind
					       whose ignorance discards (RFC 8200 4.2) */
	IPV6_CHAIN_HOP_BY_HOP = 1 << 6,
	IPV6_CHAIN_DESTINATION = 1 << 7,
	IPV6_CHAIN_AUTHENTICATION = 1 << 8,
	IPV6_CHAIN_DESTINATION_DISCARD = 1 << 9, /* IPV6_CHAIN_MUST_DISCARD of the options for a destination: for that
						    one to heed */
};

struct ipv6_chain {
	uint32_t identification;  /* of the fragment */
	uint16_t length;          /* octets of all extension headers: the upper layer is behind */
	uint16_t flags;           /* enum ipv6_chain_flag */
	uint16_t fragment_at;     /* of the fragment header after the fixed one */
	uint16_t fragment_offset; /* octets; what is behind is no header when it is not 0 */
	uint16_t bad_at;          /* when not OK, or MUST_DISCARD: of the fault after the fixed
				     header (for a parameter problem) */
	uint16_t destination_bad_at; /* the same of DESTINATION_DISCARD */
	uint16_t routing_at;      /* of the routing header */
	uint8_t protocol;         /* of the upper layer, or what the fragment header names */
	uint8_t routing_type;
	uint8_t segments_left;
};

/* Walks over the extension headers. => bytes are the `length` octets after the fixed header, cut at
 * its payload length */
enum ipv6_chain_status ipv6_chain_parse(
    const uint8_t *bytes, size_t length, uint8_t next_header, struct ipv6_chain *chain);
/* The same for what an error quotes: it may be cut behind the chain, so that a fragment's length is
 * not known. */
enum ipv6_chain_status ipv6_chain_parse_quoted(
    const uint8_t *bytes, size_t length, uint8_t next_header, struct ipv6_chain *chain);

/* Is it a piece of a larger packet? An atomic fragment (offset 0, no more; RFC 6946) is none. */
static inline bool
ipv6_is_fragment(const struct ipv6_chain *chain)
{
	return chain->fragment_offset != 0 || (chain->flags & IPV6_CHAIN_MORE_FRAGMENTS) != 0;
}

#endif
