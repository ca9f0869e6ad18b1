/*
 * The engine's state and what its files call of each other.
 *
 * A packet's way: inspect.c (frame, hard checks, key) -> process.c (look-up in stages, packets of
 * sessions; fragments first through datagram.c) or admit.c (first packets: checks, route, policy,
 * session) with local.c (to ourselves)
 * -> nat.c (translated addresses of first packets; nat_rewrite.c of all others) -> egress.c (next hop, frame, out). reply.c makes what we say ourselves; neighbour.c knows who
 * lives where; the timers of session.c and neighbour.c and show.c run between bursts.
 *
 * IPv6 goes the same way. What differs is in files of its own: inspect6.c (headers), addresses6.c
 * (which addresses may be where), route6.c, reply6.c, and stateless6.c (mode packet-based).
 *
 * Every function that ends a packet's way calls finish_*(): each packet gets one verdict, one
 * reason and one output.
 * Threads: all of it belongs to the one worker thread of the engine.
 */
#ifndef ENGINE_ENGINE_PRIVATE_H
#define ENGINE_ENGINE_PRIVATE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "datagram_private.h"
#include "engine/baseline.h"
#include "engine/classifier.h"
#include "engine/engine.h"
#include "discovery_private.h"
#include "limit_private.h"
#include "nat_private.h"
#include "neighbour_private.h"
#include "screen_private.h"
#include "session_private.h"
#include "sharing_private.h"
#include "syn_private.h"
#include "tcp_private.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"

#define TICK_NS 10000000ULL /* 10 ms: of the sessions' and the neighbours' wheels */

enum {
	TICKS_A_SECOND = 100,
	/* REQ-SES-001 to 005; what an application sets wins once a TCP session is established. */
	TIMEOUT_HANDSHAKE = 20 * TICKS_A_SECOND,
	TIMEOUT_TCP = 1800 * TICKS_A_SECOND,
	TIMEOUT_OTHER = 60 * TICKS_A_SECOND,
	TIMEOUT_LINGER = 2 * TICKS_A_SECOND,
	/* Our ICMP errors: this many a second, and as many at once (RFC 1812 4.3.2.8), of each kind and for each zone. */
	ICMP_RATE = 1000,
	/* Records of dropped packets. */
	DROP_RECORDS = 100,
	/* Records of translations that were refused. */
	NAT_RECORDS = 10,
	/* Our RSTs: generous, a server that goes away ends thousands of connections at once. */
	RESET_RATE = 10000,
	ETHERNET_ROOM = ETHERNET_HEADER_MOST,
	REPLY_ZONES = 64, /* a power of two: zones have small numbers, and those beyond share */
};

/* What we say ourselves and limit. That a packet is too large is apart: whole connections hang on it, and any packet can cause one of
 * the other errors. */
enum reply_kind {
	REPLY_ERROR,
	REPLY_TOO_LARGE,
	REPLY_RESET,
	REPLY_KINDS,
};

enum unit_flag {
	UNIT_PRESENT = 1 << 0,
	UNIT_USABLE = 1 << 1, /* enabled, and its port is there and enabled */
	UNIT_INET = 1 << 2,
	UNIT_TUNNEL = 1 << 3,
	UNIT_ADDRESSES = 1 << 4, /* it has more than one */
	UNIT_INET6 = 1 << 5,
	UNIT_SCREENED = 1 << 6, /* its zone has screens */
	UNIT_WATCHED = 1 << 7,  /* a baseline is measured */
	/* A guess that changes with each: the policies refused its last first packet. Then they are asked before the next one's
	 * session is prepared: 150 instructions and a miss less for what is denied. */
	UNIT_REFUSES = 1 << 8,
	UNIT_LOOKED_AT = UNIT_SCREENED | UNIT_WATCHED,
};

/* What a packet needs of a logical interface: copied out of the snapshot so that it is one cache
 * line. */
struct unit {
	uint16_t port;
	uint16_t vlan;
	uint16_t mtu; /* of IPv4 */
	uint16_t zone;
	uint16_t instance;
	uint16_t flags; /* enum unit_flag */
	uint8_t mac[ETHERNET_ADDRESS];
	uint16_t mtu6;
	uint32_t address; /* its first, 0: none */
	uint32_t broadcast; /* of its first address, 0: none */
	uint16_t mtu_least; /* of both families: what is not larger needs no closer look */
	uint8_t prefix_length; /* of its first address */
	struct engine_unit_counters counters;
};
_Static_assert(sizeof(struct unit) == CACHE_LINE, "a unit is a cache line");

enum item_flag {
	ITEM_FROM_HOST = 1 << 0,
	ITEM_RELATED = 1 << 1, /* an ICMP error: the key is that of the session it is about */
	ITEM_DONT_FRAGMENT = 1 << 2,
	ITEM_GROUP_FRAME = 1 << 3, /* came in a broadcast or multicast frame */
	ITEM_BEGAN = 1 << 4,       /* the SYN that its session was made of */
	ITEM_IPV6 = 1 << 5,
	ITEM_FRAGMENT = 1 << 6,
	ITEM_LATER = 1 << 7, /* a fragment that is not the first: no transport header */
	ITEM_PROXIED = 1 << 8, /* a SYN that we answer ourselves once its way is known */
	ITEM_PROVEN = 1 << 9,  /* completes a handshake with us: its session begins with a SYN of ours */
};

/* A packet of the burst after inspection. */
struct item {
	struct packet *packet;
	uint8_t *ip;
	struct flow_key key;
	uint64_t hash;
	struct tcp_segment segment; /* TCP; of an ICMP error about TCP the quoted sequence number */
	uint32_t guess;             /* what the table may hold for the key */
	uint32_t source; /* IPv4 */
	uint32_t destination;
	uint16_t length; /* of the IP packet */
	uint16_t unit;
	uint16_t zone;
	uint16_t instance;
	uint16_t ip_header; /* octets; IPv6: with the extension headers */
	uint8_t ttl;
	uint8_t protocol;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t flags; /* enum item_flag */
	/* IPv6: those of the packet, and those of the flow that the key names, which are others for
	 * an ICMPv6 error. */
	struct flow_addresses addresses;
	struct flow_addresses key_addresses;
};

/* The addresses of the flow that the key names, IPv4 as ::ffff:a.b.c.d. */
static inline struct flow_addresses
item_flow_addresses(const struct item *item)
{
	if ((item->flags & ITEM_IPV6) != 0) {
		return item->key_addresses;
	}
	return (struct flow_addresses){ipv6_mapped((uint32_t)item->key.low),
	    ipv6_mapped((uint32_t)(item->key.low >> 32))};
}

/* Whom a limit for one source counts: an IPv4 address, or the network's half of an IPv6 address. */
static inline uint64_t
item_sender(const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0 ? item->addresses.source.high : item->source;
}

enum {
	OWNED6_BITS = 4096,
};

/* The bit that stands for an IPv6 address among those of our own. */
static inline uint32_t
owned6_bit(struct ipv6_address address)
{
	return (uint32_t)((address.high ^ (address.low * 0xff51afd7ed558ccdULL)) * 0x9e3779b97f4a7c15ULL >> 52);
}

/* Where a destination is reached. */
struct way {
	uint16_t unit;
	bool local; /* the unit owns the address */
	struct ipv6_address next_hop; /* IPv4 as ::ffff:a.b.c.d */
};

/* What was found out about an item beforehand, by its own addresses: its way, and the policy to that way's zone. */
struct foreseen {
	struct classifier_match match;
	struct way way;
	uint16_t to_zone;
};

struct engine {
	/* What every packet needs. */
	uint64_t now;
	uint32_t tick;
	uint32_t generation; /* grows with each engine_apply() */
	uint32_t snapshot_generation; /* its value when the configuration changed last */
	uint8_t tcp_checks; /* bits of enum tcp_check */
	uint16_t segment_most; /* tcp-mss; 0: as the hosts agree */
	uint8_t log_drops;     /* bits of enum drop_log */
	const struct snapshot *snapshot;
	const struct fib *fib;
	uint64_t owned6[OWNED6_BITS / 64]; /* see may_be_owned6() */
	struct unit *units;
	struct aging aging;
	struct session_table table;
	struct neighbour_table neighbours;
	struct claim_table claims;
	struct datagram_table datagrams;
	struct nat_state nat;
	struct nat_announcements announcements;
	struct screen_state screens;
	struct baseline *baseline; /* NULL: none is measured */
	struct sharing sharing;
	struct engine_policy_counters *policies;
	struct engine_output *outputs;
	uint32_t output_mask;
	uint32_t output_head; /* next to be taken */
	uint32_t output_tail; /* next free */

	struct event *events;
	uint32_t event_size;
	uint32_t event_head;
	uint32_t event_count;

	struct reply_limit drop_limit;
	struct reply_limit nat_limit;
	uint64_t drops_unsaid; /* records of dropped packets that were left out since the last one */
	uint64_t full_said; /* when a full session table was logged last */
	int64_t wall_offset; /* microseconds from monotonic time to UTC */
	struct engine_config config;
	uint64_t reasons[REASON_COUNT];
	struct host_bucket host_kinds[HOST_LIMIT_COUNT];
	struct host_bucket host_sources[HOST_SOURCES];
	/* What we say ourselves, by the zone that we say it to: a flood from one leaves the others theirs. */
	struct reply_limit reply_limits[REPLY_ZONES][REPLY_KINDS];
	struct syn_state syn;
	uint32_t sweep_next; /* the session that session_sweep_advance() looks at next */
	uint32_t sweep_left; /* so many, in the round; 0: none */
	struct item items[ENGINE_BURST];
	uint32_t foreseen_items; /* bit by item: looked up with those of the burst */
	struct foreseen foreseen[ENGINE_BURST];
};

/* May the IPv6 address be one of ours? False for nearly all others', at a tenth of a look-up of its route; who finds others is
 * looked up as ever. */
static inline bool
may_be_owned6(const struct engine *engine, struct ipv6_address address)
{
	const uint32_t bit = owned6_bit(address);

	_Static_assert(OWNED6_BITS == 1 << (64 - 52), "a bit's number is the product's upper bits");
	return (engine->owned6[bit / 64] >> bit % 64 & 1) != 0;
}

/* What is known of the item beforehand, or NULL. */
static inline const struct foreseen *
foreseen_of(const struct engine *engine, const struct item *item)
{
	if (engine->foreseen_items == 0 || item < engine->items || item >= engine->items + ENGINE_BURST) {
		return NULL;
	}
	const size_t place = (size_t)(item - engine->items);

	return (engine->foreseen_items >> place & 1) != 0 ? &engine->foreseen[place] : NULL;
}

/* Is it one of several? */
static inline bool
engine_shares(const struct engine *engine)
{
	return engine->config.workers > 1;
}

static inline int64_t
engine_wall(const struct engine *engine)
{
	return (int64_t)(engine->now / 1000) + engine->wall_offset;
}

/* Hands a packet back to the caller. => there is room: see engine_size() */
static inline void
output_put(struct engine *engine, struct packet *packet, enum engine_verb verb)
{
	struct engine_output *output = &engine->outputs[engine->output_tail & engine->output_mask];

	assert(engine->output_tail - engine->output_head <= engine->output_mask);
	output->packet = packet;
	output->verb = (uint8_t)verb;
	output->worker = engine->config.worker;
	engine->output_tail++;
}

static inline void
verdict_set(
    struct engine *engine, struct packet *packet, enum packet_verdict verdict, enum reason reason)
{
	packet->result.verdict = (uint8_t)verdict;
	packet->result.reason = (uint16_t)reason;
	engine->reasons[reason]++;
}

static inline void
finish_drop(struct engine *engine, struct packet *packet, enum reason reason)
{
	verdict_set(engine, packet, VERDICT_DROP, reason);
	output_put(engine, packet, ENGINE_FREE);
}

/* drop_log.c: a record of a packet that is about to be dropped, if the configuration asks for one.
 * item->ip is within the packet, or NULL: then there is none. */
void drop_log(struct engine *engine, const struct item *item, enum reason reason);

/* Addresses, ports and protocol of a record, by the octets of a packet as far as there are any. */
void drop_log_see(struct event *event, const uint8_t *ip, size_t length);

/* finish_drop() for what may be logged. => packet->data is still the frame, item->ip in it */
static inline void
finish_refused(struct engine *engine, struct item *item, enum reason reason)
{
	if (engine->log_drops != 0) {
		drop_log(engine, item, reason);
	}
	finish_drop(engine, item->packet, reason);
}

/* Arms a timer of a wheel that is at `now`; one that stood still for want of timers need not turn
 * through the time that went by. */
static inline void
timer_arm(struct wheel *wheel, uint32_t now, uint32_t index, uint32_t deadline)
{
	if (wheel->armed == 0) {
		wheel->now = now;
	}
	wheel_arm(wheel, index, deadline);
}

/* Places in the output queue for packets of our own: those that are held or in the burst have
 * theirs already. */
static inline uint32_t
output_room(const struct engine *engine)
{
	const uint32_t used = engine->output_tail - engine->output_head;
	const uint32_t kept = engine->neighbours.held_count + engine->datagrams.used[DATAGRAM_HELD] +
			      engine->sharing.relays.held + ENGINE_BURST;

	return used + kept > engine->output_mask ? 0 : engine->output_mask - used - kept;
}

/* Counts a row that is not the packet's own reason. */
static inline void
reason_note(struct engine *engine, enum reason reason)
{
	engine->reasons[reason]++;
}

/* What of a session is translated, for those who look: enum session_nat. */
uint8_t session_nat_bits(const struct session *session);

/* The unit of an identity of the snapshot, or NULL when the engine has no room for it. */
static inline struct unit *
unit_of(const struct engine *engine, uint16_t unit)
{
	return unit < engine->config.units ? &engine->units[unit] : NULL;
}

/* Is IPv6 forwarded packet by packet? */
static inline bool
packet_based6(const struct engine *engine)
{
	return engine->snapshot->flow.inet6_mode == INET6_MODE_PACKET_BASED;
}

/* The largest IP packet that a unit takes, of the item's family. */
static inline uint16_t
unit_mtu(const struct unit *unit, const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0 ? unit->mtu6 : unit->mtu;
}

/* Octets of the header of TCP or UDP. */
static inline uint32_t
item_transport_header(const struct item *item)
{
	return item->protocol == IPV4_PROTOCOL_TCP ? item->segment.header.header_length : 8U;
}

/* baseline_count.c: a packet of a unit that is looked at: counts it if a baseline is measured, and hands it to the screens if
 * its zone has any: REASON_NONE, or why it is dropped. */
enum reason baseline_packet(struct engine *engine, struct item *item, enum reason reason);
/* Goes on with what has to be counted before a measurement begins; true when more is due. */
bool baseline_advance(struct engine *engine);
/* A session of a zone began, or ends; how many its source and its destination have with it. => a baseline is measured */
void baseline_session(
    struct engine *engine, const struct session *session, bool began, const uint64_t levels[2]);

/* Does the unit take it whole, or each segment of a superframe? */
static inline bool
item_fits(const struct unit *unit, const struct item *item)
{
	const uint16_t size = item->packet->segment_size;

	if (size == 0) {
		return item->length <= unit_mtu(unit, item);
	}
	/* Between the IP header and the payload there is that of TCP or UDP. */
	return (uint32_t)item->ip_header + item_transport_header(item) + size <= unit_mtu(unit, item);
}

/* Is it larger than the unit takes, and may not be fragmented? Superframes never are. */
static inline bool
item_too_large(const struct unit *unit, const struct item *item)
{
	return !item_fits(unit, item) && ((item->flags & ITEM_DONT_FRAGMENT) != 0 || item->packet->segment_size != 0);
}

/* inspect.c: true when the item is to be looked up; else the packet is finished. */
bool inspect_packet(struct engine *engine, struct packet *packet, struct item *item);
/* What the transport header of a first fragment says of all of its datagram. */
struct transport_head {
	uint64_t pseudo; /* the pseudo-header's sum, less that of the length and of what stands before */
	uint16_t before; /* octets of payload before it: IPv6 extension headers */
	uint16_t length; /* UDP: header and payload; else 0 */
	bool summed;     /* there is a checksum */
};
/* Key, hash and segment of a first fragment. */
enum reason inspect_head(struct engine *engine, struct item *item, struct transport_head *head);
/* A datagram that was put together: ip, unit, zone, instance and flags are set. */
enum reason inspect_whole(struct engine *engine, struct item *item, uint32_t room);
/* inspect6.c: an IPv6 packet with `room` octets at item->ip; REASON_NONE, or why it is dropped. */
enum reason inspect_ip6(struct engine *engine, struct item *item, uint32_t room);
/* Its hash, which inspect_ip6() leaves out under mode packet-based, as hardly any packet has a session there. */
void inspect_hash6(const struct engine *engine, struct item *item);
/* stateless6.c: is an IPv6 packet neither from ourselves nor for us? */
bool passes_through6(const struct engine *engine, const struct item *item);
/* Forwards such a packet under mode packet-based, and finishes it; false: it is none. */
bool stateless_packet6(struct engine *engine, struct item *item) __attribute__((warn_unused_result));
/* Does an IPv6 packet pass through packet by packet, so that no session explains it and none is
 * made? */
static inline bool
item_stateless(const struct engine *engine, const struct item *item)
{
	return packet_based6(engine) && passes_through6(engine, item);
}

/* datagram_follow.c: an IP packet that was held, as an item again; its instance is set by datagram_unit_remains(), which says
 * whether its unit is still what it was. */
struct item datagram_recall(struct packet *packet, uint16_t zone, uint8_t flags);
bool datagram_unit_remains(const struct engine *engine, struct item *item);

/* arp.c: an ARP frame that came in on a unit; the packet is finished. */
void arp_input(struct engine *engine, struct packet *packet, uint16_t unit, uint16_t offset);
/* Sends a request; false when there is no packet to do it with. */
bool arp_request(struct engine *engine, uint16_t unit, uint32_t address, const uint8_t *mac);
/* Tells everybody on the link that an address is ours. */
bool arp_announce(struct engine *engine, uint16_t unit, uint32_t address);

/* nd.c: a neighbour or listener discovery message that came in on a unit, whatever its destination;
 * finishes it. => the IPv6 header, the chain of extension headers and the checksum are right, the
 * message at `offset` of the IP packet has ICMP6_HEADER octets at least, and it is no fragment */
void nd_input(struct engine *engine, struct item *item, uint16_t offset);
/* Asks who has an address: all that may (mac NULL), or the one that had it. */
void nd_solicit(
    struct engine *engine, uint16_t unit, struct ipv6_address target, const uint8_t *mac);

/* process.c: the reference of an item's session, or SESSION_NONE. */
uint32_t item_session(const struct engine *engine, const struct item *item);
/* An item that has its key, outside of the burst's stages; finishes it. */
void process_item(struct engine *engine, struct item *item);
/* The same for one that must not begin a session: false when there is none. */
bool session_take(struct engine *engine, struct item *item);
/* Sends a packet on by its session; `reason` is what its result says then. */
void session_forward(struct engine *engine, struct item *item, struct session *session,
    unsigned direction, enum reason reason);
/* Sends a packet without session to a neighbour on a unit, one hop less; finishes it. => its hop
 * limit and the unit's MTU allow it */
void stateless_forward(
    struct engine *engine, struct item *item, uint16_t unit, uint32_t neighbour, enum reason reason);

/* admit.c: a packet without session; finishes it. */
void admit_packet(struct engine *engine, struct item *item);
/* Drops a packet that has no way, and tells its sender. */
void refuse_route(struct engine *engine, struct item *item, enum reason reason);
/* addresses6.c: may an IPv6 packet have its addresses, wherever it goes? */
enum reason check_addresses6(const struct engine *engine, const struct item *item);
/* May the source be where it is: none of ours by the routes? */
enum reason check_source_way6(const struct engine *engine, const struct item *item);
/* admit.c: the same of an ICMP error, whose session says nothing about who sent it. => its class is right, and
 * result.to_zone is set */
enum reason check_related_source(const struct engine *engine, const struct item *item);
/* What a first packet is, on its way through admit.c and local.c. */
/* What static mappings and destination rules make of a destination before the route. */
struct nat_public {
	const struct snapshot_nat_static *mapping; /* or NULL */
	uint32_t destination;
	uint16_t port; /* 0: stays */
	uint16_t instance;
	uint16_t rule; /* that says so, also that nothing is translated; SNAPSHOT_NAT_NONE: none */
	uint32_t persistent; /* the host's mapping that it is by: index + 1, 0: none */
	uint32_t lapsed;     /* likewise, of one that does not count any more */
	bool found;    /* it is translated */
	bool filtered; /* it would be, if the host had sent to the packet's sender */
};

struct admission {
	struct way way;
	struct flow_pair pair;
	struct translation *nat; /* the caller's; NULL: nothing is translated */
	uint16_t to_zone;
	const struct nat_public *public; /* NULL: cannot be translated */
	uint16_t judged_zone; /* as policies have it: junos-global for a static mapping's destination */
	uint32_t policy;
	uint32_t application;
	uint16_t flags; /* enum session_flag */
	enum reason reason;
};
/* What the session's keys will be, by the way that was found; fetches their places. */
void admit_prepare(
    const struct engine *engine, const struct item *item, struct admission *admission);
/* Makes the session and sends the packet on; finishes it. => admit_prepare() */
void admit_create(struct engine *engine, struct item *item, struct admission *admission);
/* Finds the ways of the items that likely begin sessions, and looks up their policies, all together; `found`: how many
 * items there are. */
void policy_foresee(struct engine *engine, uint32_t found);
/* Runs the policies between two zones: true when the packet may go on; else it is finished. */
bool policy_permits(struct engine *engine, struct item *item, struct admission *admission);
/* Takes back the hit of a policy that another worker will count. */
void policy_uncount(struct engine *engine, uint32_t policy);
/* Do they permit what comes from a zone to junos-global? Counts and says nothing when they do; else it is finished. */
bool policy_publishes(
    struct engine *engine, struct item *item, struct admission *admission, uint16_t from_zone);
/* May the item go from its zone to its translated destination (a hairpin by rule-sets)? False: refused, and finished. */
bool policy_reaches(struct engine *engine, struct item *item, struct admission *admission);
/* Would the policies still permit the session? Sets the policy that does. */
bool policy_still_permits(
    const struct engine *engine, const struct session *session, uint32_t *policy);

#include "nat_calls.h"

/* local.c: a packet to one of our addresses, or (way NULL) to a broadcast of the ingress unit or a multicast group;
 * finishes it. */
void local_packet(struct engine *engine, struct item *item, const struct way *way);
/* Does host-inbound-traffic of the ingress unit allow it? */
bool local_allows(const struct engine *engine, const struct item *item);
/* Is who comes in by this unit let know that we are here: does its host-inbound-traffic answer a ping? */
bool local_answers_ping(const struct engine *engine, uint16_t unit);

/* route.c: REASON_NONE and a way, or why there is none. */
enum reason route_find(
    const struct engine *engine, uint16_t instance, uint32_t destination, struct way *way);
bool unit_owns(const struct engine *engine, uint16_t unit, uint32_t address);
/* What a hop of either family's table means; next_hop is the caller's. */
static inline enum reason
way_of_hop(const struct engine *engine, const struct fib_hop *hop, struct way *way)
{
	way->unit = hop->unit;
	way->local = false;
	switch ((enum fib_kind)hop->kind) {
	case FIB_NO_ROUTE:
	case FIB_TABLE:
		return REASON_NO_ROUTE;
	case FIB_DISCARD:
		return REASON_ROUTE_DISCARD;
	case FIB_REJECT:
		return REASON_ROUTE_REJECT;
	case FIB_LOCAL:
		way->local = true;
		break;
	case FIB_GATEWAY:
	case FIB_DIRECT:
		break;
	}
	const struct unit *unit = unit_of(engine, hop->unit);

	if (unit == NULL || (unit->flags & UNIT_PRESENT) == 0) {
		return REASON_EGRESS_DOWN;
	}
	if (way->local) {
		return REASON_NONE;
	}
	if ((unit->flags & UNIT_TUNNEL) != 0) {
		return REASON_NO_TUNNEL;
	}
	return (unit->flags & UNIT_USABLE) != 0 ? REASON_NONE : REASON_EGRESS_DOWN;
}

/* route6.c: the same for IPv6. A link-local destination is on the link of `unit`. */
enum reason route_find6(const struct engine *engine, uint16_t instance, uint16_t unit,
    struct ipv6_address destination, struct way *way);
bool unit_owns6(const struct engine *engine, uint16_t unit, struct ipv6_address address);
/* Takes note of all units' addresses of the snapshot, for the next one. */
void owned6_apply(struct engine *engine);
/* An address of ours to speak from towards `peer` on `unit`; ::, when there is none. */
struct ipv6_address unit_speaking_address6(
    const struct engine *engine, uint16_t unit, struct ipv6_address peer);
/* The broadcast address of a subnet; 0: a /31 and a /32 have none (RFC 3021). */
uint32_t address_broadcast(uint32_t address, uint8_t length);
/* unit_broadcast() by the configuration: all addresses of the unit. */
bool unit_broadcast_any(const struct engine *engine, uint16_t unit, uint32_t address);

/* Is it the broadcast address of a subnet, or the subnet's own address, which hosts of old take for it (RFC 1812 4.2.3.1)?
 * `broadcast` is address_broadcast(). */
static inline bool
broadcast_of_subnet(uint32_t address, uint32_t broadcast, uint8_t length)
{
	const uint32_t difference = address ^ broadcast;

	return broadcast != 0 && (difference == 0 || difference == UINT32_MAX >> length);
}

/* Is it a broadcast address of the unit? */
static inline bool
unit_broadcast(const struct engine *engine, uint16_t number, uint32_t address)
{
	const struct unit *unit = unit_of(engine, number);

	if (unit == NULL) {
		return false;
	}
	return broadcast_of_subnet(address, unit->broadcast, unit->prefix_length) ||
	       ((unit->flags & UNIT_ADDRESSES) != 0 &&
		   unit_broadcast_any(engine, number, address));
}

/* Is it the broadcast address of any unit that the instance reaches? */
bool instance_broadcast(const struct engine *engine, uint16_t instance, uint32_t address);
/* An address of ours to speak from towards a sender on `unit`; 0: none. */
uint32_t unit_speaking_address(const struct engine *engine, uint16_t unit);
/* Looks the way of a flow up again after a change; false when the session has to end, and why. */
bool session_resolve(
    struct engine *engine, struct session *session, unsigned direction, enum reason *why);
/* Would a session that has been silent since the configuration changed go on, but for who is up and who is not? Else why not. */
bool session_stands(const struct engine *engine, struct session *session, enum reason *why);
/* The way of a flow, as found: to a neighbour, or to our own host by an instance's TUN. */
void flow_set_neighbour(
    const struct engine *engine, struct flow *flow, uint16_t unit, uint32_t neighbour);
void flow_set_host(const struct engine *engine, struct flow *flow, uint16_t instance);

/* egress.c: puts the frame header before the IP packet and sends it to a neighbour; or holds it.
 * REASON_NONE: sent; NEIGHBOUR_WAIT: held; else it was neither and is still the caller's. =>
 * packet->data is at the IP header */
enum reason egress_send(struct engine *engine, struct packet *packet, uint32_t neighbour);
/* Sends what answers a packet of `unit` by the routing table of an instance; false: there is no way,
 * or it leads to another zone (who forges a source must not have us speak there), and the packet is
 * still the caller's. */
bool egress_originate(
    struct engine *engine, struct packet *packet, uint16_t instance, uint16_t unit);
/* The same for IPv6; a link-local destination is on the link of `unit`. */
bool egress_originate6(
    struct engine *engine, struct packet *packet, uint16_t instance, uint16_t unit);
/* Moves the IP packet so that a frame header fits before it; false when the buffer is too small. */
bool packet_make_room(struct packet *packet, uint16_t headroom);

/* From now on it is what we say, whole: what a sender left undone in its buffer is gone. */
static inline void
packet_is_ours(struct packet *packet)
{
	packet->flags &= (uint16_t)~PACKET_CHECKSUM_DUE;
	packet->segment_size = 0;
	packet->segments_more = 0;
}

/* fragment.c: a fresh packet with room for `length` octets at data; NULL, and counted, when there
 * is none. */
struct packet *packet_obtain(struct engine *engine, uint16_t length);
/* The same for an IP packet of any length. */
struct packet *packet_obtain_large(struct engine *engine, uint16_t length);
/* Sends an IP packet that is larger than the unit's MTU in pieces and finishes it; false: there are
 * no packets for the pieces, and it is still the caller's. */
bool fragment_send(struct engine *engine, struct packet *packet, uint32_t neighbour, uint16_t mtu);
/* The same for an IPv6 packet of our own making, without extension headers. */
bool fragment_send6(struct engine *engine, struct packet *packet, uint32_t neighbour, uint16_t mtu);

/* reply.c, for IPv6 by reply6.c: each finishes the packet; when an answer is not allowed or not
 * possible the packet is dropped silently. `code` is enum icmp_unreachable for both families. */
void reply_unreachable(
    struct engine *engine, struct item *item, uint8_t code, uint16_t mtu, enum reason reason);
void reply_time_exceeded(struct engine *engine, struct item *item, enum reason reason);
/* Not all of its datagram came in time. */
void reply_reassembly_time(struct engine *engine, struct item *item, enum reason reason);
void reply_reset(struct engine *engine, struct item *item, enum reason reason);
void reply_echo(struct engine *engine, struct item *item);
/* An ICMP error for a packet that is not part of a burst any more: data is at its IP header. False:
 * still the caller's. */
bool reply_late_unreachable(struct engine *engine, struct packet *packet, uint8_t code);
/* One more of our ICMP errors, of either family, or of our RSTs may go out to a zone. */
bool answer_token(struct engine *engine, enum reply_kind kind, uint16_t zone);
/* The RST that a segment gets, and whether the packet was sent back with it. */
struct tcp_header reset_for(const struct tcp_segment *segment);
void reply_finish(struct engine *engine, struct packet *packet, bool sent, enum reason reason);
struct icmp6_header;
void reply_error6(struct engine *engine, struct item *item, const struct icmp6_header *error,
    enum reason reason);
void reply_unreachable6(
    struct engine *engine, struct item *item, uint8_t code, uint16_t mtu, enum reason reason);
/* `code` is enum icmp_time_exceeded. */
void reply_time6(struct engine *engine, struct item *item, uint8_t code, enum reason reason);
/* problem6.c: tells of what inspect_ip6() dropped a packet for; false: there is nothing to tell, and it is still the caller's. */
bool problem6_told(struct engine *engine, struct item *item, enum reason reason);
/* Has a packet to ourselves an option that its destination must not ignore? True: it is finished. => IPv6 */
bool problem6_option(struct engine *engine, struct item *item);
/* We have not the protocol of a packet to ourselves; finishes it. => IPv6 */
void problem6_protocol(struct engine *engine, struct item *item, enum reason reason);
void reply_reset6(struct engine *engine, struct item *item, enum reason reason);
void reply_echo6(struct engine *engine, struct item *item);
bool reply_late_unreachable6(struct engine *engine, struct packet *packet, uint8_t code);

/* Takes a token; none: false, and counted as `reason`. */
bool reply_token(struct engine *engine, struct reply_limit *limit, enum reason reason);

/* aging.c: takes the watermarks of the configuration; looks whether the count of sessions begins or
 * ends aggressive aging; a session's whole timeout, and what is taken off it now. */
void aging_apply(struct engine *engine);
void aging_update(struct engine *engine);
uint32_t session_base(const struct session_common *common);
uint32_t session_cut(const struct engine *engine, const struct session_common *common);

/* aging_update() after a session came or went: nearly always it has nothing to do. */
static inline void
aging_check(struct engine *engine)
{
	if (engine->aging.cut != 0 || engine->table.count > engine->aging.high) {
		aging_update(engine);
	}
}

/* session_sweep.c: the configuration changed; ends those that do not stand under it, in bounded steps: true when more are due. */
void session_sweep_begin(struct engine *engine);
bool session_sweep_advance(struct engine *engine);

/* session.c */
/* A record to be filled in, or NULL, and counted, when the ring is full. */
struct event *event_next(struct engine *engine, enum event_kind kind);
/* May records that a flood can cause be written, or is only the sessions' part of the ring left? Counts when not. */
bool event_spare(struct engine *engine);
void session_start(struct engine *engine, struct session *session, struct item *item,
    const struct admission *admission);
void session_end(struct engine *engine, struct session *session, enum reason reason);
/* Arms the timer for the deadline that is set. */
void session_arm(struct engine *engine, const struct session *session);
/* Sets the deadline of a state whose end packets don't move. */
void session_fix_deadline(struct engine *engine, struct session *session, uint32_t ticks);
/* When it ends unless a packet comes: its deadline, less what aggressive aging takes off. */
static inline uint32_t
session_end_tick(const struct engine *engine, const struct session_common *common)
{
	return engine->aging.cut == 0 ? common->deadline
				      : common->deadline - session_cut(engine, common);
}
/* Why a session whose time is over ends. */
enum reason session_timeout_reason(const struct session *session);
/* Ends the sessions whose time is over; bounded; true when more are due. */
bool session_advance(struct engine *engine);
void event_deny(
    struct engine *engine, const struct item *item, const struct admission *admission, bool logged);
/* The pool of the admission has nothing left. */
void event_nat_exhausted(struct engine *engine, const struct item *item, const struct admission *admission,
    enum event_kind kind);

#endif
