/*
 * The screens that judge a packet by itself (REQ-SCR-011 to 026, 048 to 052): one pass over its octets makes a bit for each
 * that has something to say, and what the zone has on of them is counted, logged and acted on.
 *
 * They see every packet that comes in from the zone, those of sessions too (E-126), before anything else is asked: what they
 * drop makes no session and counts for no policy. A packet with a wrong checksum is looked at all the same, so that the
 * screen names its drop. Fragments are judged as they are: flags by the octets of the first one, lengths by where each ends.
 * Overlaps, and what would be too large when put together, are seen by the table of datagrams, which drops them whether there
 * are screens or not; screen_fragment() gives them their name.
 *
 * Of IPv6, extension headers are looked past, and there are no options to be judged.
 */
#include "engine_private.h"

#include "wire/ipv6.h"

enum {
	PROTOCOL_UNKNOWN_FIRST = 137, /* E-249 */
	ICMP_LARGE_MOST = 1024,       /* octets with the IP header (E-124) */
	PORT_NETBIOS = 139,           /* E-248 */
	TCP_FLAGS_AT = 13,
	TCP_CHECKSUM_AT = 16,
	TCP_URGENT_AT = 18,
	TCP_ALL_FLAGS = 0x3f,
	DATAGRAM_MOST = 65535,
};

#define FLOODS (screen_bit(SCREEN_ICMP_FLOOD) | screen_bit(SCREEN_UDP_FLOOD))

/* Where a packet stands in its datagram. */
struct extent {
	uint32_t offset; /* of the payload that it has, octets */
	uint32_t end;    /* the datagram is this long at least, with the IP header */
	bool fragment;
	bool oversize; /* by itself it makes its datagram longer than any (IPv6: without the header) */
};

static struct extent
extent_of(const struct item *item)
{
	struct extent extent = {.end = item->length};

	if ((item->flags & ITEM_FRAGMENT) == 0) {
		return extent;
	}
	extent.fragment = true;
	if ((item->flags & ITEM_IPV6) != 0) {
		struct ipv6_header header;
		struct ipv6_chain chain;

		ipv6_load(item->ip, &header);
		(void)ipv6_chain_parse(
		    item->ip + IPV6_HEADER, header.payload_length, header.next_header, &chain);
		extent.offset = chain.fragment_offset;
	} else {
		struct ipv4_header header;

		ipv4_load(item->ip, &header);
		extent.offset = (header.fragment & IPV4_FRAGMENT_OFFSET) * 8U;
	}
	extent.end += extent.offset;
	extent.oversize = extent.end > DATAGRAM_MOST + ((item->flags & ITEM_IPV6) != 0
							   ? (uint32_t)IPV6_HEADER + IPV6_FRAGMENT_HEADER
							   : 0);
	return extent;
}

bool
screen_begins_datagram(const struct item *item)
{
	return (item->flags & ITEM_FRAGMENT) == 0 || extent_of(item).offset == 0;
}

static bool
to_itself(const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0
		   ? ipv6_equal(item->addresses.source, item->addresses.destination)
		   : item->source == item->destination;
}

static inline uint64_t
bit_if(bool seen, enum screen screen)
{
	return (uint64_t)seen << screen;
}

/* A fragment may end within the header: what is there of it tells, as far as it goes. */
static uint64_t
see_tcp(const struct item *item, bool fragment)
{
	struct reader reader = reader_over(item->ip, item->length);

	reader_skip(&reader, item->ip_header);
	const bool whole = reader_left(&reader) >= TCP_HEADER;
	const uint8_t *tcp = reader_bytes(&reader, fragment ? TCP_FLAGS_AT + 1 : TCP_HEADER);

	if (tcp == NULL) {
		return 0;
	}
	const uint8_t flags = tcp[TCP_FLAGS_AT] & TCP_ALL_FLAGS;
	const bool syn = (flags & TCP_SYN) != 0;
	const bool fin = (flags & TCP_FIN) != 0;
	const uint16_t port = bytes_load_16(tcp + 2);

	return bit_if(syn && fin, SCREEN_TCP_SYN_FIN) |
	       bit_if(fin && (flags & TCP_ACK) == 0, SCREEN_TCP_FIN_NO_ACK) |
	       bit_if(flags == 0, SCREEN_TCP_NO_FLAG) |
	       bit_if(syn && fragment, SCREEN_TCP_SYN_FRAG) |
	       bit_if(syn && to_itself(item), SCREEN_TCP_LAND) |
	       bit_if(whole && (flags & TCP_URGENT) != 0 && port == PORT_NETBIOS, SCREEN_TCP_WINNUKE);
}

static uint64_t
see(const struct item *item)
{
	const struct extent extent = extent_of(item);
	uint64_t seen = bit_if(extent.fragment, SCREEN_IP_BLOCK_FRAG) |
			bit_if(item->protocol >= PROTOCOL_UNKNOWN_FIRST, SCREEN_IP_UNKNOWN_PROTOCOL);

	if (item->protocol == IPV4_PROTOCOL_TCP && extent.offset == 0) {
		seen |= see_tcp(item, extent.fragment);
	} else if (item->protocol == IPV4_PROTOCOL_ICMP || item->protocol == IPV6_NEXT_ICMP) {
		/* One that is oversize is screen_fragment()'s, which knows its name. */
		seen |= bit_if(extent.fragment, SCREEN_ICMP_FRAGMENT) |
			bit_if(extent.end > ICMP_LARGE_MOST && !extent.oversize, SCREEN_ICMP_LARGE);
	}
	if ((item->flags & ITEM_IPV6) == 0 && item->ip_header > IPV4_HEADER) {
		seen |= screen_options(
		    item->ip + IPV4_HEADER, (size_t)item->ip_header - IPV4_HEADER);
	}
	return seen;
}

/* A word of the TCP header becomes another. */
static void
change_word(uint8_t *tcp, size_t at, uint16_t word)
{
	const uint16_t sum = bytes_load_16(tcp + TCP_CHECKSUM_AT);

	bytes_store_16(
	    tcp + TCP_CHECKSUM_AT, checksum_update_16(sum, bytes_load_16(tcp + at), word));
	bytes_store_16(tcp + at, word);
}

/* Urgent data becomes ordinary data (REQ-SCR-051). => see_tcp() found the header whole */
static void
clean_winnuke(struct item *item)
{
	uint8_t *tcp = item->ip + item->ip_header;
	const uint16_t flags = bytes_load_16(tcp + TCP_FLAGS_AT - 1);

	change_word(tcp, TCP_FLAGS_AT - 1, (uint16_t)(flags & ~TCP_URGENT));
	change_word(tcp, TCP_URGENT_AT, 0);
	item->segment.header.flags &= (uint8_t)~TCP_URGENT;
}

static __attribute__((noinline)) enum reason
act(struct engine *engine, struct item *item, uint64_t hits, enum reason reason)
{
	const struct snapshot_screens *screens = engine->snapshot->zones[item->zone].screens;
	enum reason named = REASON_NONE;

	for (uint64_t left = hits; left != 0; left &= left - 1) {
		const enum screen screen = (enum screen)__builtin_ctzll(left);
		const enum reason drop = screen_detect(engine, item, screen);

		named = named == REASON_NONE ? drop : named;
	}
	if (named == REASON_NONE && reason == REASON_NONE &&
	    (hits & ~screens->kept & screen_bit(SCREEN_TCP_WINNUKE)) != 0) {
		clean_winnuke(item);
	}
	return named != REASON_NONE ? named : reason;
}

enum reason
screen_packet(struct engine *engine, struct item *item, enum reason reason)
{
	assert(item->zone < engine->snapshot->zone_count);
	const struct snapshot_screens *screens = engine->snapshot->zones[item->zone].screens;
	const size_t room = item->packet->length - (size_t)(item->ip - item->packet->data);

	assert(screens != NULL);
	/* It was looked at, and counted, where it came in. */
	if ((item->packet->flags & PACKET_HANDED) != 0) {
		return reason;
	}
	/* What is wrong may be the header itself. */
	if (reason != REASON_NONE &&
	    ((item->flags & ITEM_IPV6) != 0 || ipv4_check(item->ip, room) != IPV4_OK)) {
		return reason;
	}
	/* Of a datagram whose header is sound and plain nothing but floods can be said. */
	const bool plain = item->protocol == IPV4_PROTOCOL_UDP && (item->flags & (ITEM_FRAGMENT | ITEM_IPV6)) == 0 &&
			   item->ip_header == IPV4_HEADER;
	const uint64_t seen = plain ? 0 : see(item);
	const uint64_t hits = seen & screens->on;

	if (reason == REASON_NONE && (seen & screen_bit(SCREEN_IP_BAD_OPTION)) != 0) {
		reason = REASON_IP_BAD_OPTIONS;
	}
	if (hits != 0) {
		reason = act(engine, item, hits, reason);
	}
	return reason == REASON_NONE && (screens->on & FLOODS) != 0 &&
		       screen_begins_datagram(item)
		   ? screen_flood(engine, item)
		   : reason;
}

enum reason
screen_fragment(struct engine *engine, struct item *item, enum reason reason, bool overlaps)
{
	const struct unit *unit = unit_of(engine, item->unit);
	const struct snapshot *snapshot = engine->snapshot;
	const bool icmp = item->protocol == IPV4_PROTOCOL_ICMP || item->protocol == IPV6_NEXT_ICMP;
	const bool death = icmp && reason == REASON_FRAGMENT_OVERSIZE;
	const uint64_t seen =
	    bit_if(overlaps, SCREEN_IP_TEAR_DROP) | bit_if(death, SCREEN_ICMP_PING_DEATH) |
	    bit_if(death && extent_of(item).oversize, SCREEN_ICMP_LARGE);

	if ((item->flags & ITEM_FROM_HOST) != 0 || unit == NULL || (unit->flags & UNIT_SCREENED) == 0 ||
	    item->zone >= snapshot->zone_count || snapshot->zones[item->zone].screens == NULL) {
		return reason;
	}
	const uint64_t hits = seen & snapshot->zones[item->zone].screens->on;

	return hits == 0 ? reason : act(engine, item, hits, reason);
}
