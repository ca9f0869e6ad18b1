/*
 * Who has which MAC address on which unit, and the packets that wait to know: one table for ARP and
 * for neighbour discovery (RFC 4861). An IPv4 address is ::ffff:a.b.c.d in it.
 *
 * An entry is made when a packet wants it (or when somebody asks for us), asks by arp.c or nd.c, and
 * goes
 *     incomplete -> reachable (45 to 60 s, spread over the entries) -> stale -> probe -> reachable, or
 *     after three unanswered probes -> failed -> gone.
 * Stale and probed ones are used on. Only an answer to our question, or the sender of a question
 * put to us, sets an address; a sender that contradicts a reachable entry starts a probe instead of
 * overwriting it. A probe asks the station that we know. Only that one may answer, until it stayed
 * silent and the last question went to all: who contradicts and answers in one breath gains nothing.
 *
 * Sessions keep index and serial; the serial changes when the entry is given to another address.
 *
 * A subnet of IPv6 has more addresses than any table, one of IPv4 can have (RFC 6583): entries that
 * nobody has answered for are at most a quarter of the pool for each unit and family, and those of
 * IPv6 half of it in all, so that a scan leaves the rest alone, and the other links.
 */
#ifndef ENGINE_NEIGHBOUR_PRIVATE_H
#define ENGINE_NEIGHBOUR_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/wheel.h"
#include "engine/packet.h"
#include "engine/views.h"
#include "wire/ethernet.h"
#include "wire/ipv6.h"

struct engine;

enum {
	NEIGHBOUR_QUEUE = 64, /* packets that may wait for one neighbour: a datagram of 64 KB is 46 */
	NEIGHBOUR_SUPERFRAMES = 16, /* that may wait for all of them: few buffers are so large, and all ports want them */
	NEIGHBOUR_TRIES = 3,
	NEIGHBOUR_ABSENT = 0xff, /* state of a free entry */
	NEIGHBOUR_RECENT = 8,    /* a power of two */
};

struct neighbour {
	struct ipv6_address address;
	uint16_t unit;
	uint8_t state; /* enum neighbour_state, or NEIGHBOUR_ABSENT */
	uint8_t tries;
	uint8_t mac[ETHERNET_ADDRESS];
	uint8_t waiting;
	bool router; /* says so in its advertisements */
	uint32_t serial;
	uint32_t next; /* in its hash chain, or in the free list */
	uint32_t first; /* of the packets that wait */
	uint32_t last;
	uint32_t confirmed; /* tick */
	uint32_t used;      /* tick */
	struct wheel_link link;
};
_Static_assert(sizeof(struct neighbour) == 64, "a neighbour is a cache line");

struct held {
	struct packet *packet;
	uint32_t next;
};

struct neighbour_table {
	struct neighbour *entries;
	uint32_t *heads; /* of the hash chains */
	struct held *held;
	struct hash_key secret;
	uint32_t head_mask;
	uint32_t capacity;
	uint32_t count;
	uint32_t free;
	uint32_t held_free;
	uint32_t held_count;
	uint32_t superframes; /* of those that are held */
	uint32_t unanswered6; /* entries of IPv6 that are incomplete or failed */
	/* By unit, what was wanted last: new sessions go to the same few routers, and a look-up is a keyed hash of 100
	 * instructions. */
	uint32_t recent[NEIGHBOUR_RECENT];
	struct wheel wheel;
};

static inline bool
neighbour_usable(const struct neighbour *neighbour)
{
	return neighbour->state >= NEIGHBOUR_REACHABLE && neighbour->state <= NEIGHBOUR_PROBE;
}

size_t neighbour_table_size(uint32_t capacity, uint32_t held);
void neighbour_table_init(struct neighbour_table *table, void *memory, uint32_t capacity,
    uint32_t held, struct hash_key secret, uint32_t tick);

/* The entry for an address on a unit; made when there is none. NEIGHBOUR_NONE: table full. */
uint32_t neighbour_get(struct engine *engine, uint16_t unit, struct ipv6_address address);
uint32_t neighbour_find(
    const struct engine *engine, uint16_t unit, struct ipv6_address address);
/* Lets a packet wait, and asks. REASON_NEIGHBOUR_WAIT, or why not. => data is at the IP header */
enum reason neighbour_hold(struct engine *engine, uint32_t index, struct packet *packet);
/* A used entry is stale: asks again. */
void neighbour_refresh(struct engine *engine, uint32_t index);
/* An answer to our question: false when there was none. */
bool neighbour_answered(
    struct engine *engine, uint16_t unit, struct ipv6_address address, const uint8_t *mac);
/* Somebody asked for us, or claims an address: learn it if that is safe. => the address is one that
 * a single station can have */
void neighbour_heard(struct engine *engine, uint16_t unit, struct ipv6_address address,
    const uint8_t *mac, bool may_create);
/* Forgets those of a unit, whose link is lost. Packets that waited come back to be freed. */
void neighbour_lose_unit(struct engine *engine, uint16_t unit);
/* Forgets those of units that are not usable any more. */
void neighbour_sweep(struct engine *engine);
/*
 * Several workers: worker 0 alone asks on the links, and hears what comes from them. The others keep what they use, ask worker 0
 * by message instead of a link, at the same times, and believe what it says. So a link sees what it would see of one worker, and
 * a packet costs at most one message.
 */
struct engine_message;
/* Worker 0: another worker asks. */
void neighbour_wanted(struct engine *engine, const struct engine_message *message);
/* The others: what worker 0 says. */
void neighbour_told(struct engine *engine, const struct engine_message *message);
/* Timers; true when more is due. */
bool neighbour_advance(struct engine *engine);

#endif
