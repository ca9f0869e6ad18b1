/*
 * IPv6 headers and the walk over extension headers. See wire/ipv6.h.
 *
 * Each header has a rank by the order of RFC 8200 4.1; ranks must grow. Destination options have
 * two places: before a routing header, and before the upper layer.
 */
#include "wire/ipv6.h"

#include <string.h>

enum rank {
	RANK_START,
	RANK_HOP_BY_HOP,
	RANK_FIRST_DESTINATION,
	RANK_ROUTING,
	RANK_FRAGMENT,
	RANK_AUTHENTICATION,
	RANK_LAST_DESTINATION,
};

enum {
	OPTION_PAD_1 = 0,
	OPTION_PAD_N = 1,
	OPTION_ROUTER_ALERT = 5,
	OPTION_JUMBO = 0xc2,
	OPTION_ACTION = 0xc0, /* what ignorance does: 0 skips it, all else discards */
	ROUTER_ALERT_LENGTH = 2,
	AUTHENTICATION_LEAST = 12, /* RFC 4302 2 */
	DATAGRAM_MOST = 65535,
};

/* On the way over the chain. */
struct walk {
	struct ipv6_chain *chain;
	struct reader reader;
	const uint8_t *start;
	unsigned count;
	unsigned options;
	enum rank rank;
	bool quoted;
};

void
ipv6_build(uint8_t *to, const struct ipv6_header *header)
{
	bytes_store_32(to, 6U << 28 | (uint32_t)header->traffic_class << 20 |
			       (header->flow_label & 0xfffff));
	bytes_store_16(to + 4, header->payload_length);
	to[6] = header->next_header;
	to[7] = header->hop_limit;
	ipv6_address_store(to + IPV6_SOURCE_AT, header->source);
	ipv6_address_store(to + IPV6_DESTINATION_AT, header->destination);
}

enum ipv6_class
ipv6_special_class(struct ipv6_address address)
{
	static const struct {
		struct ipv6_address prefix;
		uint32_t length;
		enum ipv6_class class;
	} kinds[] = {
	    {{0xff00000000000000, 0}, 8, IPV6_CLASS_MULTICAST},
	    {{0xfe80000000000000, 0}, 10, IPV6_CLASS_LINK_LOCAL},
	    {{0xfc00000000000000, 0}, 7, IPV6_CLASS_UNIQUE_LOCAL},
	    {{0x2000000000000000, 0}, 3, IPV6_CLASS_UNICAST},
	    {{0x0064ff9b00000000, 0}, 32, IPV6_CLASS_UNICAST},
	    {{0xfec0000000000000, 0}, 10, IPV6_CLASS_SITE_LOCAL},
	    {{0, 0}, 128, IPV6_CLASS_UNSPECIFIED},
	    {{0, 1}, 128, IPV6_CLASS_LOOPBACK},
	    {{0, 0x0000ffff00000000}, 96, IPV6_CLASS_MAPPED},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (ipv6_covers(kinds[i].prefix, kinds[i].length, address)) {
			return kinds[i].class;
		}
	}
	return IPV6_CLASS_RESERVED;
}

uint64_t
ipv6_pseudo(struct ipv6_address source, struct ipv6_address destination, uint8_t protocol,
    uint32_t length)
{
	uint8_t addresses[2 * IPV6_ADDRESS];

	ipv6_address_store(addresses, source);
	ipv6_address_store(addresses + IPV6_ADDRESS, destination);
	return ipv6_pseudo_at(addresses, protocol, length);
}

static uint16_t
place_of(const struct walk *walk, const uint8_t *at)
{
	return (uint16_t)(at - walk->start);
}

static enum ipv6_chain_status
bad(struct walk *walk, const uint8_t *at, enum ipv6_chain_status status)
{
	walk->chain->bad_at = place_of(walk, at);
	return status;
}

/* One option of a hop-by-hop header. */
static enum ipv6_chain_status
hop_by_hop_option(struct walk *walk, const uint8_t *option)
{
	struct ipv6_chain *chain = walk->chain;

	if (option[0] == OPTION_ROUTER_ALERT) {
		if (option[1] != ROUTER_ALERT_LENGTH) {
			return bad(walk, option + 1, IPV6_CHAIN_BAD_OPTION);
		}
		chain->flags |= IPV6_CHAIN_ROUTER_ALERT;
		return IPV6_CHAIN_OK;
	}
	if (option[0] == OPTION_JUMBO) {
		chain->flags |= IPV6_CHAIN_JUMBO;
	}
	if ((option[0] & OPTION_ACTION) != 0 && (chain->flags & IPV6_CHAIN_MUST_DISCARD) == 0) {
		chain->flags |= IPV6_CHAIN_MUST_DISCARD;
		chain->bad_at = place_of(walk, option);
	}
	return IPV6_CHAIN_OK;
}

/* One of a destination header: we know none of them. */
static void
destination_option(struct walk *walk, const uint8_t *option)
{
	struct ipv6_chain *chain = walk->chain;

	if ((option[0] & OPTION_ACTION) != 0 && (chain->flags & IPV6_CHAIN_DESTINATION_DISCARD) == 0) {
		chain->flags |= IPV6_CHAIN_DESTINATION_DISCARD;
		chain->destination_bad_at = place_of(walk, option);
	}
}

/* The options of a hop-by-hop or a destination header. */
static enum ipv6_chain_status
walk_options(struct walk *walk, struct reader options, bool hop_by_hop)
{
	while (reader_left(&options) > 0) {
		const uint8_t *option = options.next;

		if (++walk->options > IPV6_OPTIONS_MOST) {
			return bad(walk, option, IPV6_CHAIN_TOO_LONG);
		}
		if (reader_u8(&options) == OPTION_PAD_1) {
			continue;
		}
		reader_skip(&options, reader_u8(&options));
		if (reader_failed(&options)) {
			return bad(walk, option, IPV6_CHAIN_TRUNCATED);
		}
		if (option[0] == OPTION_PAD_N) {
			continue;
		}
		if (!hop_by_hop) {
			destination_option(walk, option);
			continue;
		}
		const enum ipv6_chain_status status = hop_by_hop_option(walk, option);

		if (status != IPV6_CHAIN_OK) {
			return status;
		}
	}
	return IPV6_CHAIN_OK;
}

static enum ipv6_chain_status
read_fragment(struct walk *walk, const uint8_t *header)
{
	struct ipv6_chain *chain = walk->chain;
	const uint16_t word = bytes_load_16(header + 2);
	const size_t payload = reader_left(&walk->reader);

	chain->flags |= IPV6_CHAIN_FRAGMENT;
	chain->fragment_at = place_of(walk, header);
	chain->fragment_offset = word & 0xfff8;
	chain->identification = bytes_load_32(header + 4);
	if ((word & 1) != 0) {
		chain->flags |= IPV6_CHAIN_MORE_FRAGMENTS;
	}
	if (walk->quoted) {
		return IPV6_CHAIN_OK;
	}
	if ((word & 1) != 0 && (payload % 8 != 0 || payload == 0)) {
		return bad(walk, header, IPV6_CHAIN_BAD_FRAGMENT);
	}
	if (chain->fragment_at + chain->fragment_offset + payload > DATAGRAM_MOST) {
		return bad(walk, header + 2, IPV6_CHAIN_BAD_FRAGMENT);
	}
	return IPV6_CHAIN_OK;
}

/* Where a header stands in the order; 0: it may not stand here. */
static enum rank
rank_of(uint8_t kind, enum rank before)
{
	enum rank rank = RANK_START;

	switch ((enum ipv6_next_header)kind) {
	case IPV6_NEXT_HOP_BY_HOP:
		rank = RANK_HOP_BY_HOP;
		break;
	case IPV6_NEXT_DESTINATION:
		rank = before < RANK_FIRST_DESTINATION ? RANK_FIRST_DESTINATION
						       : RANK_LAST_DESTINATION;
		break;
	case IPV6_NEXT_ROUTING:
		rank = RANK_ROUTING;
		break;
	case IPV6_NEXT_FRAGMENT:
		rank = RANK_FRAGMENT;
		break;
	case IPV6_NEXT_AUTHENTICATION:
		rank = RANK_AUTHENTICATION;
		break;
	case IPV6_NEXT_ESP:
	case IPV6_NEXT_ICMP:
	case IPV6_NEXT_NONE:
		break;
	}
	return rank;
}

/* Is the kind of header, which stands in the wrong place, there a second time? */
static bool
repeated(const struct walk *walk, uint8_t kind)
{
	const uint16_t flags = walk->chain->flags;

	return (kind == IPV6_NEXT_HOP_BY_HOP && (flags & IPV6_CHAIN_HOP_BY_HOP) != 0) ||
	       (kind == IPV6_NEXT_ROUTING && (flags & IPV6_CHAIN_ROUTING) != 0) ||
	       (kind == IPV6_NEXT_FRAGMENT && (flags & IPV6_CHAIN_FRAGMENT) != 0) ||
	       (kind == IPV6_NEXT_AUTHENTICATION && (flags & IPV6_CHAIN_AUTHENTICATION) != 0) ||
	       kind == IPV6_NEXT_DESTINATION;
}

/* The octets of a header after its first 8. */
static size_t
rest_of(uint8_t kind, const uint8_t *header)
{
	if (kind == IPV6_NEXT_FRAGMENT) {
		return 0;
	}
	return kind == IPV6_NEXT_AUTHENTICATION ? (size_t)header[1] * 4 : (size_t)header[1] * 8;
}

/* What a whole header says. */
static enum ipv6_chain_status
read_header(struct walk *walk, uint8_t kind, const uint8_t *header, size_t length)
{
	struct ipv6_chain *chain = walk->chain;

	switch ((enum ipv6_next_header)kind) {
	case IPV6_NEXT_HOP_BY_HOP:
		chain->flags |= IPV6_CHAIN_HOP_BY_HOP;
		return walk_options(walk, reader_over(header + 2, length - 2), true);
	case IPV6_NEXT_DESTINATION:
		chain->flags |= IPV6_CHAIN_DESTINATION;
		return walk_options(walk, reader_over(header + 2, length - 2), false);
	case IPV6_NEXT_ROUTING:
		chain->flags |= IPV6_CHAIN_ROUTING;
		chain->routing_at = place_of(walk, header);
		chain->routing_type = header[2];
		chain->segments_left = header[3];
		break;
	case IPV6_NEXT_FRAGMENT:
		return read_fragment(walk, header);
	case IPV6_NEXT_AUTHENTICATION:
		chain->flags |= IPV6_CHAIN_AUTHENTICATION;
		return length < AUTHENTICATION_LEAST ? bad(walk, header + 1, IPV6_CHAIN_TRUNCATED)
						     : IPV6_CHAIN_OK;
	case IPV6_NEXT_ESP:
	case IPV6_NEXT_ICMP:
	case IPV6_NEXT_NONE:
		break;
	}
	return IPV6_CHAIN_OK;
}

static enum ipv6_chain_status
walk_header(struct walk *walk, uint8_t kind)
{
	const uint8_t *header = walk->reader.next;
	const enum rank rank = rank_of(kind, walk->rank);

	/* Two of destination options with nothing between them are one too many. */
	if (rank <= walk->rank || (walk->rank == RANK_FIRST_DESTINATION &&
				      rank == RANK_LAST_DESTINATION)) {
		return bad(walk, header,
		    repeated(walk, kind) ? IPV6_CHAIN_REPEATED : IPV6_CHAIN_BAD_ORDER);
	}
	if (++walk->count > IPV6_EXTENSIONS_MOST) {
		return bad(walk, header, IPV6_CHAIN_TOO_LONG);
	}
	walk->rank = rank;
	if (reader_bytes(&walk->reader, 8) == NULL) {
		return bad(walk, header, IPV6_CHAIN_TRUNCATED);
	}
	const size_t rest = rest_of(kind, header);

	reader_skip(&walk->reader, rest);
	if (reader_failed(&walk->reader)) {
		return bad(walk, header + 1, IPV6_CHAIN_TRUNCATED);
	}
	if (place_of(walk, walk->reader.next) > IPV6_EXTENSION_OCTETS_MOST) {
		return bad(walk, header + 1, IPV6_CHAIN_TOO_LONG);
	}
	return read_header(walk, kind, header, 8 + rest);
}

static enum ipv6_chain_status
walk_chain(struct walk *walk, uint8_t next_header)
{
	struct ipv6_chain *chain = walk->chain;

	memset(chain, 0, sizeof *chain);
	while (ipv6_is_extension(next_header)) {
		const uint8_t *header = walk->reader.next;
		const enum ipv6_chain_status status = walk_header(walk, next_header);

		if (status != IPV6_CHAIN_OK) {
			return status;
		}
		next_header = header[0];
		if (chain->fragment_offset != 0) {
			break;
		}
	}
	chain->protocol = next_header;
	chain->length = place_of(walk, walk->reader.next);
	return IPV6_CHAIN_OK;
}

enum ipv6_chain_status
ipv6_chain_parse(const uint8_t *bytes, size_t length, uint8_t next_header, struct ipv6_chain *chain)
{
	struct walk walk = {
	    .chain = chain, .reader = reader_over(bytes, length), .start = bytes};

	return walk_chain(&walk, next_header);
}

enum ipv6_chain_status
ipv6_chain_parse_quoted(
    const uint8_t *bytes, size_t length, uint8_t next_header, struct ipv6_chain *chain)
{
	struct walk walk = {
	    .chain = chain, .reader = reader_over(bytes, length), .start = bytes, .quoted = true};

	return walk_chain(&walk, next_header);
}
