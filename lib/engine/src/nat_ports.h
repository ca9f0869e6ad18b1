/*
 * Which ports of which translated addresses are taken.
 *
 * A space is a translated address in an instance and a class of protocols; its 65536 ports are bits of a block, with one more
 * bit for each full word, so that the next free port after any is found in a few words, also the very last one. A block is
 * taken from a common store when its space is first used and given back when its last port is free. The same blocks say which
 * addresses are taken by hosts that do not share them: then a /16 is the space and the address's lower half the port.
 *
 * A port is drawn at random and the next free one from there on is taken (RFC 6056 3.3.1 with a generator that cannot be
 * predicted: the engine's random source). Several workers share a space without talking: pairs of ports belong to them in
 * turn. Addresses that hosts have for themselves are not shared out: one worker gives them.
 *
 * A port that is given back rests a while, so that a late packet of its session does not meet another's; when there is no
 * other port left, the one of the space that rests longest is handed over (REQ-NAT-007, REQ-NAT-009): each block knows its own.
 *
 * Where a port may be given several times a space has layers, a block each, and lower ones are filled first: so as long as there
 * is one that nobody has, nobody shares. The block of the first layer remembers which layers had nothing for a range.
 *
 * Memory is the engine's; one thread.
 */
#ifndef ENGINE_NAT_PORTS_H
#define ENGINE_NAT_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/random.h"
#include "nat_places.h"

enum {
	NAT_SPACE_PORTS = 65536,
	NAT_WORD_PORTS = 64,
	NAT_LINE_WORDS = 8, /* of a cache line */
	NAT_SPACE_WORDS = NAT_SPACE_PORTS / NAT_WORD_PORTS,
	NAT_REST_TICKS = 200,  /* that a port rests: 2 s */
	NAT_WAKE_MOST = 8,     /* ports that are woken, or looked at, for one that is wanted */
	NAT_SHARES_MOST = 32,  /* workers */
	NAT_LAYERS_MOST = 32,  /* as SNAPSHOT_NAT_LAYERS_MOST */
	NAT_LAYER_SHIFT = 57,  /* in the key: above the class */
	NAT_CLASS_SHIFT = 48,
	NAT_CLASS_MASK = 0x1ff,
};

#define NAT_BLOCK_NONE UINT32_MAX
#define NAT_RESTING_NONE UINT32_MAX

enum nat_class {
	NAT_CLASS_TCP, /* and SCTP */
	NAT_CLASS_UDP, /* and UDP-Lite */
	NAT_CLASS_QUERY, /* ICMP identifiers */
	NAT_CLASS_ADDRESSES, /* no ports but addresses of hosts; + an IP protocol: of hosts for that protocol */
};

struct nat_space {
	uint64_t key; /* address | instance << 32 | class << 48 | layer << 57 */
};

static inline struct nat_space
nat_space_of(uint32_t address, uint16_t instance, enum nat_class class)
{
	return (struct nat_space){.key = address | (uint64_t)instance << 32 | (uint64_t)class << 48};
}

static inline struct nat_space
nat_space_layer(struct nat_space space, uint32_t layer)
{
	return (struct nat_space){.key = space.key | (uint64_t)layer << NAT_LAYER_SHIFT};
}

struct nat_block {
	uint64_t key;
	uint32_t used; /* ports that are taken or rest */
	uint32_t next; /* of the hash chain or the free blocks */
	uint32_t resting_first; /* places in the ring, the oldest first; NAT_RESTING_NONE */
	uint32_t resting_last;
	uint32_t layers_full; /* bit a layer, of the first one's block: nothing was free in layers_low..layers_high */
	uint16_t layers_low;
	uint16_t layers_high;
	uint64_t full[NAT_SPACE_WORDS / 64]; /* bit a word: it has no free port */
	_Alignas(NAT_LINE_WORDS * sizeof(uint64_t)) uint64_t taken[NAT_SPACE_WORDS];
};

struct nat_resting {
	uint64_t key;
	uint32_t until; /* tick */
	uint32_t next;  /* the next one of the same block */
	uint32_t place; /* that opens when it wakes; NAT_PLACE_NONE */
	uint16_t port;
	bool handed; /* it was given again already: nothing wakes */
};

struct nat_ports {
	struct nat_block *blocks;
	uint32_t *heads;
	struct nat_resting *resting; /* a ring, the oldest first */
	struct hash_key secret;
	uint32_t head_shift; /* 64 - log2 of the heads */
	uint32_t capacity;
	uint32_t block_count; /* in use */
	uint32_t free;
	uint32_t fresh; /* blocks from here on were never used */
	uint32_t resting_mask;
	uint32_t resting_head;
	uint32_t resting_tail;
	uint16_t worker;
	uint16_t workers;
	uint64_t shares[NAT_SHARES_MOST]; /* bits of a word that are this worker's, by the worker of the word's first pair */
	struct nat_places *places; /* borrowed; NULL: none */
};

/* Octets for so many blocks and resting ports (a power of two). */
size_t nat_ports_size(uint32_t blocks, uint32_t resting);
/* => memory is nat_ports_size() octets, 64-aligned, zeroed; resting is a power of two; worker < workers */
void nat_ports_init(struct nat_ports *ports, void *memory, uint32_t blocks, uint32_t resting, struct hash_key secret,
    uint16_t worker, uint16_t workers);

struct nat_port_range {
	uint16_t low;
	uint16_t high;
};

struct nat_layer_port {
	uint16_t port;
	uint8_t layer;
	bool last; /* there is no other of the range now, as far as that is known */
};

enum nat_want {
	NAT_WANT_ANY,  /* one port */
	NAT_WANT_PAIR, /* an even one and its odd neighbour: RTP and RTCP (REQ-NAT-006) */
};

/*
 * Takes a port in low..high, both ends included; with NAT_WANT_PAIR the even one of two, both are taken. False: none is free,
 * or there is no block for the space. `now` is a tick.
 */
bool nat_ports_take(struct nat_ports *ports, struct nat_space space, uint16_t low, uint16_t high, enum nat_want want,
    uint32_t now, struct random_source *random, uint16_t *port) __attribute__((warn_unused_result));
/* The same of what is free already: ports that rest are let rest. */
bool nat_ports_take_free(struct nat_ports *ports, struct nat_space space, uint16_t low, uint16_t high, enum nat_want want,
    struct random_source *random, uint16_t *port) __attribute__((warn_unused_result));
/* Hands over the port of the range that rests longest. False: none does, or none of the oldest ones is of the range. */
bool nat_ports_take_resting(struct nat_ports *ports, struct nat_space space, uint16_t low, uint16_t high, uint16_t *port)
    __attribute__((warn_unused_result));
/* Where the search for a free port of a range begins: it may be drawn before the port is wanted. */
static inline uint16_t
nat_ports_start(const struct nat_port_range *range, struct random_source *random)
{
	return (uint16_t)(range->low + random_below(random, (uint32_t)range->high - range->low + 1));
}
/* The next free port from `start` on, round the range's end, of the lowest layer of several that has one. => start is in the
 * range, layers <= NAT_LAYERS_MOST */
bool nat_ports_take_layer(struct nat_ports *ports, struct nat_space space, uint32_t layers,
    const struct nat_port_range *range, uint16_t start, struct nat_layer_port *taken) __attribute__((warn_unused_result));
/* The same in steps, some before the port is wanted. */
struct nat_next {
	struct nat_space space;
	uint32_t block; /* of the space when it was looked for; NAT_BLOCK_NONE: it had none */
	uint16_t start;
	uint16_t port;
	bool found;
};
/* Finds the block and fetches what the search will read. => space and start are set */
void nat_ports_prefetch(const struct nat_ports *ports, struct nat_next *next);
/* Looks for a free port, among the next few and up to `high` only; sets `found`. => one worker has all ports */
void nat_ports_foresee(const struct nat_ports *ports, uint16_t high, struct nat_next *next);
/* Of several workers: the free ports of a word that are this one's to give, as bits; none without a block. For who takes not the
 * first one: that one goes into `port` and `found`. */
uint64_t nat_ports_open(
    const struct nat_ports *ports, const struct nat_port_range *range, const struct nat_next *next, uint32_t word);
/* Takes that port. False: none was found, or it was taken meanwhile, or there may be none after it. => found says what
 * nat_ports_foresee() did, or nat_ports_open() */
bool nat_ports_take_foreseen(struct nat_ports *ports, const struct nat_port_range *range, const struct nat_next *next)
    __attribute__((warn_unused_result));
/* Has the space a block, or could it have one? */
bool nat_ports_room(const struct nat_ports *ports, struct nat_space space);
/* One of the spaces that have blocks, at random. => no block is free */
struct nat_space nat_ports_any_space(const struct nat_ports *ports, struct random_source *random);
/* Takes this port of the space. False: it is taken, or there is no block. */
bool nat_ports_take_this(struct nat_ports *ports, struct nat_space space, uint16_t port) __attribute__((warn_unused_result));
/* Gives a port back; it rests until `now` + NAT_REST_TICKS, or not at all. => it is taken */
void nat_ports_give(struct nat_ports *ports, struct nat_space space, uint16_t port, uint32_t now);
/* The same of a pool's address that has a place. */
void nat_ports_give_place(
    struct nat_ports *ports, struct nat_space space, uint16_t port, uint32_t now, uint32_t place);
void nat_ports_give_at_once(struct nat_ports *ports, struct nat_space space, uint16_t port);
/* Wakes what has rested long enough, `most` ports at most; true when there may be more. */
bool nat_ports_advance(struct nat_ports *ports, uint32_t now, uint32_t most);
/* Ports of the space that are taken, those that rest included. */
uint32_t nat_ports_used(const struct nat_ports *ports, struct nat_space space);

#endif
