/*
 * A session and the table that finds it.
 *
 * A session is one object for both directions. It lies in three adjacent cache lines: the forth
 * flow, what is common, the back flow; a packet touches the common line and that of its own
 * direction, never the third. What only creation, expiry and `show` need is in an array of its own
 * (struct session_rare), so that the timing wheel walks over dense memory.
 *
 * The table is an array of buckets of one cache line. An entry is a 16-bit tag of the keyed hash
 * and a reference (session number and direction). Each key has a home bucket and one other; it goes
 * to the home while there is room, then to the other, then one entry of the two is moved to its own
 * other bucket. A bucket counts the entries that belong home here and lie elsewhere, so that most
 * look-ups, hits and misses, read one bucket.
 *
 *   octets a session: 192 + 32 + its two entries' share of the buckets, 32 at half load: 256,
 *   and 64 for the addresses of an IPv6 flow
 *
 * Two words hold a key of IPv4 whole. A key of IPv6 has its keyed hash (of the addresses and the
 * second word) in the first word; the addresses themselves lie in an array of their own, a cache
 * line a session, and are compared in every look-up, so that it is exact. That array is written and read for IPv6 only: its
 * memory stays untouched, so costs nothing, while all sessions are of IPv4.
 *
 * Threads: the owner's only. A session holds identities (unit, zone, policy), never pointers into a
 * snapshot.
 */
#ifndef ENGINE_SESSION_PRIVATE_H
#define ENGINE_SESSION_PRIVATE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/wheel.h"
#include "wire/ipv6.h"

#include "lines.h"

enum {
	SESSION_FORTH,
	SESSION_BACK,
	BUCKET_SLOTS = 8,
};

#define SESSION_NONE UINT32_MAX
#define NEIGHBOUR_NONE UINT32_MAX

/* In flow_key.high: the key is of IPv6. The top bit of the instance. */
#define FLOW_IPV6 (1ULL << 47)
#define FLOW_INSTANCES (1U << 15) /* that a key can tell apart: SNAPSHOT_INSTANCES_MOST */

/* 5-tuple, instance where the packet comes in, and for ICMP queries the type + 1, packed into two
 * words. */
struct flow_key {
	uint64_t low;  /* source, destination; IPv6: flow_hash6() */
	uint64_t high; /* source port, destination port, instance, protocol, kind, FLOW_IPV6 */
};

/* The addresses of an IPv6 flow, as its packets come in. */
struct flow_addresses {
	struct ipv6_address source;
	struct ipv6_address destination;
};

struct flow_fields { /* without addresses for IPv6 */
	uint32_t source;
	uint32_t destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t instance;
	uint8_t protocol;
	uint8_t kind;
};

static inline struct flow_key
flow_key_of(const struct flow_fields *fields)
{
	return (struct flow_key){
	    .low = fields->source | (uint64_t)fields->destination << 32,
	    .high = fields->source_port | (uint64_t)fields->destination_port << 16 |
	        (uint64_t)fields->instance << 32 | (uint64_t)fields->protocol << 48 |
	        (uint64_t)fields->kind << 56,
	};
}

static inline struct flow_fields
flow_fields_of(struct flow_key key)
{
	return (struct flow_fields){
	    .source = (uint32_t)key.low,
	    .destination = (uint32_t)(key.low >> 32),
	    .source_port = (uint16_t)key.high,
	    .destination_port = (uint16_t)(key.high >> 16),
	    .instance = (uint16_t)(key.high >> 32) & (FLOW_INSTANCES - 1),
	    .protocol = (uint8_t)(key.high >> 48),
	    .kind = (uint8_t)(key.high >> 56),
	};
}

static inline bool
flow_key_equal(struct flow_key left, struct flow_key right)
{
	return ((left.low ^ right.low) | (left.high ^ right.high)) == 0;
}

static inline bool
flow_key_is_ipv6(struct flow_key key)
{
	return (key.high & FLOW_IPV6) != 0;
}

static inline bool
flow_addresses_equal(const struct flow_addresses *left, const struct flow_addresses *right)
{
	return ipv6_equal(left->source, right->source) &&
	       ipv6_equal(left->destination, right->destination);
}

static inline struct flow_addresses
flow_addresses_reverse(const struct flow_addresses *addresses)
{
	return (struct flow_addresses){addresses->destination, addresses->source};
}

/* The kind of the answer to an ICMP query (0 is for what is no ICMP query), and back again; others
 * stay as they are. The types of ICMP for IPv6 begin where those for IPv4 end. */
static inline uint8_t
icmp_kind_reverse(uint8_t kind)
{
	switch (kind) {
	case 1: /* echo reply */
		return 9;
	case 9:
		return 1;
	case 14: /* timestamp, information, mask: request and reply are neighbours */
	case 16:
	case 18:
	case 129: /* echo of IPv6 */
		return kind + 1;
	case 15:
	case 17:
	case 19:
	case 130: /* echo reply of IPv6 (RFC 4443 4.2) */
		return kind - 1;
	default:
		return kind;
	}
}

/* The key of the answer, which comes in in `instance`; for IPv6 its low word is still to be set. */
static inline struct flow_key
flow_key_reverse(struct flow_key key, uint16_t instance)
{
	const struct flow_fields forth = flow_fields_of(key);
	const struct flow_fields back = {
	    .source = forth.destination,
	    .destination = forth.source,
	    .source_port = forth.destination_port,
	    .destination_port = forth.source_port,
	    .instance = instance,
	    .protocol = forth.protocol,
	    .kind = forth.kind == 0 ? 0 : icmp_kind_reverse(forth.kind),
	};
	struct flow_key reverse = flow_key_of(&back);

	reverse.high |= key.high & FLOW_IPV6;
	return reverse;
}

/* The same flow, coming in in another instance; for IPv6 its low word is still to be set. */
static inline struct flow_key
flow_key_in_instance(struct flow_key key, uint16_t instance)
{
	const uint64_t mask = (uint64_t)(FLOW_INSTANCES - 1) << 32;

	assert(instance < FLOW_INSTANCES);
	key.high = (key.high & ~mask) | (uint64_t)instance << 32;
	return key;
}

/* What a translated packet gets: addresses and ports as they stand in it, and what the sums over them change by, folded in
 * the machine's order (wire/checksum.h). See nat_rewrite.h. */
struct flow_rewrite {
	uint32_t source;
	uint32_t destination;
	uint32_t ports; /* ICMP queries: the identifier, twice */
	uint16_t address_delta;
	uint16_t transport_delta;
};

/* One direction: what its packets look like when they come in, and where they go. */
struct flow {
	struct flow_key key;
	uint64_t packets;
	uint64_t bytes;
	uint32_t neighbour; /* index, or NEIGHBOUR_NONE */
	uint32_t neighbour_serial; /* that of the neighbour when it was looked up */
	uint32_t generation; /* of the engine when the way was looked up; 0: not yet */
	uint16_t out_unit;   /* PACKET_NO_UNIT: our own host */
	uint16_t out_instance; /* to our own host: the instance of its TUN */
	struct flow_rewrite rewrite; /* SESSION_NAT */
};

struct tcp_window {
	uint32_t end;    /* highest sequence number it sent, plus one */
	uint32_t limit;  /* highest that the other side lets it send up to */
	uint32_t window; /* largest window it ever offered, scaled; 0: nothing seen from it yet */
};

enum session_flag {
	SESSION_LOG_INIT = 1 << 0,
	SESSION_LOG_CLOSE = 1 << 1,
	SESSION_COUNT = 1 << 2, /* the policy counts packets and bytes */
	SESSION_HOST = 1 << 3,  /* one end is our own host */
	SESSION_FIXED = 1 << 4, /* packets do not push the deadline: handshake, linger */
	SESSION_CHALLENGED = 1 << 5, /* the SYN was answered with an ACK of something else */
	SESSION_NAT = 1 << 6,        /* its packets are rewritten */
	SESSION_NAT_PORT = 1 << 7,   /* it holds a port of its pool */
	SESSION_NAT_BINDING = 1 << 8, /* it counts in a binding of its host */
	SESSION_NAT_PROTOCOL = 1 << 9, /* that is of its protocol alone */
	SESSION_NAT_STATIC_SOURCE = 1 << 10,
	SESSION_NAT_STATIC_DESTINATION = 1 << 11,
	SESSION_NAT_POLICY_DESTINATION = 1 << 12,
	SESSION_NAT_RULE_DESTINATION = 1 << 13,
	SESSION_NAT_PERSISTENT = 1 << 14, /* it counts in mappings: nat_state.session_mappings */
	SESSION_SPLICED = 1 << 15, /* we answered for the server: it has a struct syn_splice */
};

struct session_common {
	uint64_t number; /* 0: free */
	uint32_t policy;
	uint32_t deadline; /* tick */
	uint32_t timeout;  /* ticks; for TCP that of the established state */
	struct tcp_window window[2];
	uint8_t scale[2];
	uint8_t tcp; /* enum tcp_state */
	uint8_t protocol;
	uint16_t zone[2]; /* where the packets of each direction come in */
	uint16_t in_unit; /* of the first packet; PACKET_NO_UNIT: our own host */
	uint16_t owner;   /* worker */
	uint16_t flags;   /* enum session_flag */
	uint16_t nat_instance; /* where what it has of its pool is taken */
	uint32_t acknowledged; /* TCP: by the last segment that passed, of either direction */
};

struct session {
	struct flow forth;
	struct session_common common;
	struct flow back;
};

/* By direction; without translation each is the other turned round. */
struct session_addresses {
	struct flow_addresses flows[2];
};

struct session_rare {
	struct wheel_link link;
	uint32_t application;
	uint64_t created; /* ns */
	uint32_t round;   /* how often the slot was used: part of the number */
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t nat_pool; /* of the source, or SNAPSHOT_NAT_NONE */
};

struct bucket {
	uint16_t tags[BUCKET_SLOTS]; /* 0: free */
	uint32_t references[BUCKET_SLOTS];
	uint32_t displaced; /* entries whose home is here and that lie in their other bucket */
	uint8_t away;       /* bit a slot: its entry's home is the other bucket */
	uint8_t pad[11];
};

_Static_assert(sizeof(struct flow) == CACHE_LINE, "a flow is a cache line");
_Static_assert(sizeof(struct session_common) == CACHE_LINE, "so is the common part");
_Static_assert(sizeof(struct session) == 3 * CACHE_LINE, "three adjacent lines");
_Static_assert(sizeof(struct session_rare) == 32, "half a line");
_Static_assert(sizeof(struct session_addresses) == CACHE_LINE, "the addresses of IPv6 are a line");
_Static_assert(sizeof(struct bucket) == CACHE_LINE, "a bucket is a cache line");

struct session_table {
	struct bucket *buckets;
	struct session *sessions;
	struct session_rare *rare;
	struct session_addresses *addresses; /* of IPv6 sessions only */
	struct hash_key secret;
	uint32_t mask; /* buckets - 1 */
	uint32_t capacity;
	uint32_t count;
	uint32_t free; /* list by rare.link.next, whose last is `fresh`; SESSION_NONE: full */
	uint32_t fresh; /* sessions from here on were never used: their memory was never touched */
	uint16_t worker;   /* whose: part of the sessions' numbers */
	uint16_t workers;
	struct wheel wheel;
};

/* Octets that a table for `capacity` sessions needs, cache line aligned parts. */
size_t session_table_size(uint32_t capacity);
/* => memory is session_table_size() octets, 64-aligned, zeroed */
void session_table_init(struct session_table *table, void *memory, uint32_t capacity,
    struct hash_key secret, uint32_t tick);

/* The key with source and destination in each other's places where `mask` is all ones; the same where it is 0. */
static inline struct flow_key
flow_key_turned(struct flow_key key, uint64_t mask)
{
	const uint32_t ports = (uint32_t)key.high;
	const uint32_t other = ports >> 16 | ports << 16;

	return (struct flow_key){
	    .low = key.low ^ ((key.low ^ hash_rotate(key.low, 32)) & mask),
	    .high = key.high ^ ((ports ^ other) & mask),
	};
}

/* Alike for a key and the same turned round, but for the last bit: one keyed hash does for both flows of a session, and their
 * buckets are neighbours; see session_table_hash_other() for what that spares. By a mask, as nobody can guess which of two addresses
 * is the greater one. => the key is of IPv4 */
static inline uint64_t
session_table_hash4(const struct session_table *table, struct flow_key key)
{
	const uint64_t greater = key.low > hash_rotate(key.low, 32);
	const struct flow_key ordered = flow_key_turned(key, -greater);

	return hash_pair(&table->secret, ordered.low, ordered.high) ^ greater;
}

/* The low word of an IPv6 key whose high word is `high`: its hash, which is alike for both flows likewise. One hash instead of one of
 * the addresses and one of the key took 100 of 1134 instructions off an established packet. */
static inline uint64_t
flow_hash6(const struct session_table *table, uint64_t high, const struct flow_addresses *addresses)
{
	const struct ipv6_address source = addresses->source;
	const struct ipv6_address destination = addresses->destination;
	const uint64_t greater = (source.high > destination.high) |
				 ((source.high == destination.high) & (source.low > destination.low));
	const uint64_t turn_high = (source.high ^ destination.high) & -greater;
	const uint64_t turn_low = (source.low ^ destination.low) & -greater;
	const uint64_t words[] = {source.high ^ turn_high, source.low ^ turn_low, destination.high ^ turn_high,
	    destination.low ^ turn_low, flow_key_turned((struct flow_key){.high = high}, -greater).high};

	assert((high & FLOW_IPV6) != 0);
	return hash_five(&table->secret, words) ^ greater;
}

/* flow_hash6() of the other flow of a session, whose high word is `other`, by the key of the one and its addresses. */
static inline uint64_t
flow_hash6_other(const struct session_table *table, struct flow_key key, const struct flow_addresses *addresses, uint64_t other)
{
	const struct flow_addresses back = flow_addresses_reverse(addresses);

	/* An ICMP query, in another instance, or from an address to itself. */
	if (flow_key_turned(key, UINT64_MAX).high != other || flow_addresses_equal(&back, addresses)) {
		return flow_hash6(table, other, &back);
	}
	assert((key.low ^ 1) == flow_hash6(table, other, &back));
	return key.low ^ 1;
}

static inline uint64_t
session_table_hash(const struct session_table *table, struct flow_key key)
{
	return flow_key_is_ipv6(key) ? key.low : session_table_hash4(table, key);
}

/* session_table_hash() of the other flow's key of a session, by the key and the hash of the one. A new session takes 346
 * cycles; 420 with two hashes and a loop over a bucket's slots (session_table.c). */
static inline uint64_t
session_table_hash_other(
    const struct session_table *table, struct flow_key key, uint64_t hash, struct flow_key other)
{
	const struct flow_key turned = flow_key_turned(key, UINT64_MAX);

	/* Translated, an ICMP query, in another instance, or from an address to itself. Those of IPv6 hold their hashes. */
	if (flow_key_is_ipv6(key) || !flow_key_equal(other, turned) || turned.low == key.low) {
		return session_table_hash(table, other);
	}
	assert((hash ^ 1) == session_table_hash(table, other));
	return hash ^ 1;
}

static inline uint16_t
bucket_tag(uint64_t hash)
{
	const uint16_t tag = (uint16_t)(hash >> 48);

	return tag == 0 ? 1 : tag;
}

static inline uint32_t
bucket_home(const struct session_table *table, uint64_t hash)
{
	return (uint32_t)hash & table->mask;
}

/* The other bucket of an entry that lies in `bucket`: the same function leads there and back. */
static inline uint32_t
bucket_other(const struct session_table *table, uint32_t bucket, uint16_t tag)
{
	return (bucket ^ (tag * 0x9e3779b1U | 1)) & table->mask;
}

static inline void
session_table_prefetch_bucket(const struct session_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->buckets[bucket_home(table, hash)]);
}

/* The slots whose tag is `tag`: 0x8000 set in the 16-bit lane of each; a lane above a true one may
 * be set falsely. */
static inline uint64_t
bucket_match(uint64_t lanes, uint16_t tag)
{
	const uint64_t ones = 0x0001000100010001ULL;
	const uint64_t difference = lanes ^ (tag * ones);

	return (difference - ones) & ~difference & (ones << 15);
}

/* A slot whose tag is `tag` (0: a free one), or BUCKET_SLOTS. Without a branch for each slot, or for half of them: where an entry
 * lies is chance, and such branches are often guessed wrong. An established packet of a thousand sessions takes 93 cycles and 882
 * instructions; with a branch for the second half 97 and 870. */
static inline unsigned
bucket_slot(const struct bucket *bucket, uint16_t tag)
{
	uint64_t lanes[2];

	__builtin_memcpy(lanes, bucket->tags, sizeof lanes);
	/* Slot i at bit 16 i, slot 4 + i at the next one. The lowest of either half is a true one, so the lowest of both is. */
	const uint64_t slots = bucket_match(lanes[0], tag) >> 15 | bucket_match(lanes[1], tag) >> 14;

	if (slots == 0) {
		return BUCKET_SLOTS;
	}
	const unsigned lowest = (unsigned)__builtin_ctzll(slots);

	return lowest / 16 + lowest % 2 * (BUCKET_SLOTS / 2);
}

/* An entry of the home bucket that could be the one looked for, or SESSION_NONE. => its bucket was prefetched */
static inline uint32_t
session_table_guess(const struct session_table *table, uint64_t hash)
{
	const struct bucket *bucket = &table->buckets[bucket_home(table, hash)];
	const unsigned slot = bucket_slot(bucket, bucket_tag(hash));

	return slot == BUCKET_SLOTS ? SESSION_NONE : bucket->references[slot];
}

/* May an entry be elsewhere than in the home bucket? */
static inline bool
session_table_displaced(const struct session_table *table, uint64_t hash)
{
	return table->buckets[bucket_home(table, hash)].displaced != 0;
}

static inline struct session *
session_of(const struct session_table *table, uint32_t reference)
{
	assert(reference >> 1 < table->capacity);
	return &table->sessions[reference >> 1];
}

static inline struct flow *
session_flow(struct session *session, unsigned direction)
{
	return direction == SESSION_FORTH ? &session->forth : &session->back;
}

static inline uint32_t
session_index(const struct session_table *table, const struct session *session)
{
	return (uint32_t)(session - table->sessions);
}

/* The addresses of an IPv6 session's flow. => reference is index * 2 + direction */
static inline const struct flow_addresses *
session_flow_addresses(const struct session_table *table, uint32_t reference)
{
	assert(reference >> 1 < table->capacity);
	return &table->addresses[reference >> 1].flows[reference & 1];
}

/* A flow's addresses of either family, IPv4 as ::ffff:a.b.c.d. */
static inline struct flow_addresses
session_addresses_of(
    const struct session_table *table, const struct session *session, unsigned direction)
{
	const struct flow_key key =
	    direction == SESSION_FORTH ? session->forth.key : session->back.key;

	if (flow_key_is_ipv6(key)) {
		return *session_flow_addresses(
		    table, session_index(table, session) << 1 | direction);
	}
	return (struct flow_addresses){
	    ipv6_mapped((uint32_t)key.low), ipv6_mapped((uint32_t)(key.low >> 32))};
}

/* Exact look-up: the reference (index * 2 + direction), or SESSION_NONE. */
uint32_t session_table_find(const struct session_table *table, struct flow_key key, uint64_t hash);
/* The same for IPv6. => flow_key_is_ipv6(key), and its low word is the hash of `addresses` */
uint32_t session_table_find6(const struct session_table *table, struct flow_key key, uint64_t hash,
    const struct flow_addresses *addresses);

/* Both keys of a session to be, and their hashes. */
struct flow_pair {
	struct flow_key keys[2];
	uint64_t hashes[2];
	const struct flow_addresses *addresses; /* IPv6: of the forth flow; borrowed; else NULL */
};

/* Fetches what session_table_add() will write, while something else is found out; and only the session that is next. */
void session_table_prefetch_add(const struct session_table *table, const struct flow_pair *pair);
void session_table_prefetch_free(const struct session_table *table);
/*
 * Takes a free session and enters both flows; NULL when there is none, when the table has no place
 * for them, or when the back key is there already (*clash then). Keys and number are set, all else
 * is zero. => the forth key is not there
 */
struct session *session_table_add(struct session_table *table, const struct flow_pair *pair,
    bool *clash) __attribute__((warn_unused_result));
/* Takes both flows out and gives the session back. */
void session_table_remove(struct session_table *table, struct session *session);
/* Gives one flow of a session another key; false (and nothing changed) when that is taken or there
 * is no place. */
bool session_table_rekey(struct session_table *table, struct session *session, unsigned direction,
    struct flow_key key) __attribute__((warn_unused_result));
/* The session of a number, or NULL. */
struct session *session_table_by_number(const struct session_table *table, uint64_t number);

#endif
