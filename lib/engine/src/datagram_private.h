/*
 * Datagrams that come in fragments, and the table that finds them. See datagram.c for what becomes of them.
 *
 * A datagram is known by its addresses, identification, protocol (IPv4 only: RFC 791 3.2, RFC 8200
 * 4.5), and by the instance and zone where it came in: who is elsewhere cannot meddle with it. What
 * of it has come lies in a list of pieces by offset; a piece has its packet while it is held.
 *
 * Room is bounded three times: datagrams, pieces, held packets. When one runs out somebody has to go,
 * and an attacker who sends incomplete datagrams must not choose whom. So datagrams belong to one of
 * DATAGRAM_GROUPS groups by a keyed hash of the source (IPv6: of its /64), and the one that goes is
 * of the group that uses most among the newcomer's own, the heaviest one that was seen, and two
 * drawn at random:
 *   - one source that floods is soon the heaviest, and pushes out its own;
 *   - many (forged) sources fill all groups alike; there the first to go, oldest first, are those of
 *     which only one fragment came or which are refused already, so that one that makes progress
 *     stays, and one of a single fragment has as long as the flood needs to fill the table.
 * A search looks at DATAGRAM_LOOKS of a group at most.
 *
 * Threads: the owner's only.
 */
#ifndef ENGINE_DATAGRAM_PRIVATE_H
#define ENGINE_DATAGRAM_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/wheel.h"
#include "engine/packet.h"
#include "engine/reasons.h"
#include "session_private.h"

struct engine;
struct item;

#define DATAGRAM_NONE UINT32_MAX

enum {
	DATAGRAM_GROUPS = 256, /* a power of two */
	DATAGRAM_LOOKS = 32,
	DATAGRAM_PIECES_MOST = 128, /* of one datagram: 64 KB over a link of 576 octets are 119 */
	DATAGRAM_OCTETS_MOST = 65535,
};

struct datagram_key {
	uint64_t source[2]; /* IPv4 as ::ffff:a.b.c.d */
	uint64_t destination[2];
	uint32_t identification;
	uint16_t instance;
	uint16_t zone;
	uint8_t protocol; /* IPv6: 0 */
	uint8_t version;
	uint16_t pad;
	uint32_t spare;
};
_Static_assert(sizeof(struct datagram_key) == 48, "without holes: it is hashed and compared whole");

enum datagram_state {
	DATAGRAM_OPEN,    /* the first fragment, or all of them, are waited for: pieces are held */
	DATAGRAM_FOLLOWS, /* its first went along a session, and so do the others as they come */
	DATAGRAM_REFUSED, /* dropped with its reason, and so is what comes yet */
};

enum datagram_flag {
	DATAGRAM_HAS_FIRST = 1 << 0,
	DATAGRAM_GATHER = 1 << 1,  /* all of it has to be there before any of it goes */
	DATAGRAM_LINEAR = 1 << 2,  /* and then it is put together */
	DATAGRAM_RELATED = 1 << 3, /* an ICMP error */
	DATAGRAM_SUMMED = 1 << 4,  /* it has a checksum over all */
	DATAGRAM_HANDED = 1 << 5,  /* its first went to another worker, and so do the others */
};

struct datagram {
	struct datagram_key key;
	struct flow_key flow; /* of its first fragment: how its session is found */
	struct flow_addresses flow_addresses; /* IPv6: the same */
	uint64_t flow_hash;
	uint64_t session; /* number; 0: none */
	uint64_t sum;     /* of what has come, and with the first of the pseudo-header */
	struct wheel_link link;
	uint32_t next;  /* in the hash chain, or in the free list */
	uint32_t older; /* in the group */
	uint32_t newer;
	uint32_t first; /* piece */
	uint32_t last;
	uint32_t received; /* octets of payload */
	uint32_t end;      /* of the payload, octets; 0: the last fragment has not come */
	uint32_t policy;   /* that judged its first */
	uint32_t sequence; /* of a related one: the quoted segment's */
	uint16_t length;   /* that the UDP header says; 0: no UDP */
	uint16_t headers;  /* octets before the payload that count for the length of the whole: the most seen */
	uint16_t before;   /* octets of payload before the transport header: IPv6 extension headers */
	uint16_t reason;   /* DATAGRAM_REFUSED: enum reason */
	uint16_t pieces;
	uint16_t held;
	uint16_t group;
	uint16_t worker;  /* DATAGRAM_HANDED */
	uint8_t state;    /* enum datagram_state */
	uint8_t flags;    /* enum datagram_flag */
	uint8_t protocol; /* of what it carries */
};

struct datagram_piece {
	struct packet *packet; /* held: data is at its IP header; NULL: it went on */
	uint32_t next; /* by offset, or in the free list */
	uint16_t offset; /* octets */
	uint16_t size;
	uint16_t sum;   /* folded, of the payload */
	uint16_t at;    /* of the payload in its packet */
	uint8_t flags;  /* of the item that a held packet was */
	uint8_t pad;
};

enum datagram_resource {
	DATAGRAM_ENTRIES,
	DATAGRAM_PIECES,
	DATAGRAM_HELD,
	DATAGRAM_RESOURCES,
};

struct datagram_group {
	uint32_t oldest;
	uint32_t newest;
	uint32_t used[DATAGRAM_RESOURCES];
};

/* How many there may be. */
struct datagram_limits {
	uint32_t entries;
	uint32_t pieces;
	uint32_t held;
};

struct datagram_table {
	struct datagram *entries;
	struct datagram_piece *pieces;
	uint32_t *heads; /* of the hash chains */
	struct hash_key secret;
	uint32_t head_mask;
	uint32_t free;
	uint32_t free_piece;
	uint32_t used[DATAGRAM_RESOURCES];
	uint32_t most[DATAGRAM_RESOURCES];
	uint16_t heaviest[DATAGRAM_RESOURCES];
	struct wheel wheel;
	struct datagram_group groups[DATAGRAM_GROUPS];
};

enum datagram_outcome {
	DATAGRAM_ADDED,
	DATAGRAM_DUPLICATE, /* that very piece was there */
	DATAGRAM_OVERLAP,   /* another with some of its octets was there */
	DATAGRAM_BAD_END,   /* beyond the end, or another end */
	DATAGRAM_TOO_MANY,
};

size_t datagram_table_size(const struct datagram_limits *limits);
/* => memory is datagram_table_size() octets, 64-aligned, zeroed */
void datagram_table_init(struct datagram_table *table, void *memory,
    const struct datagram_limits *limits, struct hash_key secret, uint32_t tick);

/* Is there room for one more? */
static inline bool
datagram_room(const struct datagram_table *table, enum datagram_resource resource)
{
	return table->used[resource] < table->most[resource];
}

/* The datagram of a key, or DATAGRAM_NONE. */
uint32_t datagram_find(const struct datagram_table *table, const struct datagram_key *key);
/* => there is none of that key, and datagram_room(DATAGRAM_ENTRIES) */
uint32_t datagram_add(struct datagram_table *table, const struct datagram_key *key);
/* => it has no pieces, and its timer is not armed */
void datagram_remove(struct datagram_table *table, uint32_t index);
/* Who has to go so that a newcomer of `group` finds room; DATAGRAM_NONE: nobody was found. `draw` is
 * random. */
uint32_t datagram_victim(const struct datagram_table *table, enum datagram_resource resource,
    uint16_t group, uint64_t draw);
uint16_t datagram_group_of(const struct datagram_table *table, const struct datagram_key *key);

/* Enters a piece without packet; `more` is what its header says. => datagram_room(DATAGRAM_PIECES),
 * 0 < piece->size, offset + size <= DATAGRAM_OCTETS_MOST */
enum datagram_outcome datagram_add_piece(struct datagram_table *table, struct datagram *datagram,
    const struct datagram_piece *piece, bool more, uint32_t *place);
/* Is there a piece with some of the octets from `start` to before `end`? */
bool datagram_overlaps(const struct datagram_table *table, const struct datagram *datagram,
    uint32_t start, uint32_t end);
/* Gives a piece the packet that it holds. => datagram_room(DATAGRAM_HELD) */
void datagram_hold(struct datagram_table *table, struct datagram *datagram, uint32_t piece,
    struct packet *packet);
/* Takes the packet off a piece; NULL: it has none. */
struct packet *datagram_release(
    struct datagram_table *table, struct datagram *datagram, uint32_t piece);
/* Forgets all pieces. => none of them has a packet */
void datagram_drop_pieces(struct datagram_table *table, struct datagram *datagram);

static inline bool
datagram_complete(const struct datagram *datagram)
{
	return datagram->end != 0 && datagram->received == datagram->end;
}

static inline uint32_t
datagram_index(const struct datagram_table *table, const struct datagram *datagram)
{
	return (uint32_t)(datagram - table->entries);
}

/* datagram.c: a fragment of the burst; finishes it, or holds it. */
void datagram_packet(struct engine *engine, struct item *item);
/* The same where it is known that its datagram is this worker's. => its length is right */
void datagram_enter(struct engine *engine, struct item *item);
/* Ends the datagrams whose time is over; bounded; true when more are due. */
bool datagram_advance(struct engine *engine);
/* Ends all of them: the engine is closed. */
void datagram_close(struct engine *engine);

/* datagram_follow.c: drops a fragment by what became of its datagram. */
void datagram_drop_with(struct engine *engine, const struct datagram *datagram, struct item *item);
/* A held packet as an item again. */
struct item datagram_recall_piece(
    const struct datagram *datagram, const struct datagram_piece *piece, struct packet *packet);
/* Is a held packet's unit still what it was when the packet came in? */
bool datagram_item_remains(const struct engine *engine, const struct item *item);
/* A fragment after the first goes along its session; false: that is not there any more. */
bool datagram_follow(struct engine *engine, struct item *item, const struct datagram *datagram)
    __attribute__((warn_unused_result));
/* The first is there, and so is all that has to be: it is judged, and the others follow it. The packet of the piece at `place`
 * is the burst's, those of the others are held. False: all of it is to be refused, by datagram->reason. */
bool datagram_start(struct engine *engine, const struct item *current, struct datagram *datagram, uint32_t place)
    __attribute__((warn_unused_result));
/* All of a datagram for ourselves is held: puts it together and runs it as if it had come so. What becomes of it is the last
 * fragment's result too. */
void datagram_deliver(struct engine *engine, struct packet *last, struct datagram *datagram);

/* datagram_whole.c: what can be said only when all of it is there: REASON_NONE, or why it is
 * refused. => datagram_complete() */
enum reason datagram_check(const struct datagram *datagram);
/* A packet with the whole datagram, data at its IP header; the pieces keep theirs. NULL, and
 * counted: there is no packet for it. => all pieces are held */
struct packet *datagram_linear(struct engine *engine, const struct datagram *datagram);

#endif
