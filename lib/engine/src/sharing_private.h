/*
 * What an engine that is one of several keeps for the others, and what its files call of it. With one worker there is none of
 * it: every call here stands behind `engine_shares()`.
 *
 * A session belongs to the worker that made it. Whoever else gets packets of one of its keys by their hash (engine/owner.h)
 * has a referral: the key and the worker whose it is. It comes by message before the session's first packet leaves, and goes by
 * message when the session ends.
 *
 * Threads: the engine's own.
 */
#ifndef ENGINE_SHARING_PRIVATE_H
#define ENGINE_SHARING_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/message.h"
#include "engine/owner.h"
#include "session_private.h"

struct datagram_key;
struct engine;
struct engine_config;
struct item;

enum {
	HAND_OVERS_MOST = 80, /* of a packet: more than workers are tried for a port, twice */
	RELAY_SETS = 1024,    /* powers of two */
	RELAY_WAYS = 4,
	RELAY_HELD = 1024, /* fragments that wait to know where their datagram goes */
};

#define REFERRAL_NONE UINT32_MAX

struct referral {
	struct flow_addresses addresses; /* IPv4 as ::ffff:a.b.c.d */
	uint64_t high;                   /* of the key */
	uint32_t next; /* in the hash chain, or in the free list */
	uint16_t owner;
	uint16_t asked; /* when its owner was asked for it, or said so: seconds */
};

struct referrals {
	struct referral *entries;
	uint32_t *heads;
	uint32_t head_mask;
	uint32_t capacity;
	uint32_t count;
	uint32_t free;
	uint32_t fresh; /* entries from here on were never used */
	uint32_t swept; /* the one that was looked at last */
};

/* See relay.c. */
struct relay {
	uint64_t name; /* hash of the datagram's key; 0: free */
	uint32_t tick; /* when a fragment came last */
	uint32_t low;  /* all octets before this one have come */
	uint32_t high; /* and all from this one on */
	uint32_t first; /* of those that wait */
	uint32_t last;
	uint16_t waiting;
	uint16_t worker; /* where they go; NOWHERE: not known */
	bool complete;   /* all has come, and nothing waits */
};

struct relay_place {
	struct packet *packet; /* data is at its IP header */
	uint32_t next;
	uint16_t flags; /* of its item */
	uint16_t zone;
};

struct relays {
	struct relay *relays; /* RELAY_SETS sets */
	struct relay_place *places;
	uint32_t free;
	uint32_t held;
	uint32_t swept; /* the set that is looked at next */
};

struct sharing {
	struct engine_sharing with;
	struct referrals referrals;
	struct relays relays;
	struct engine_message *messages; /* a queue: ENGINE_MESSAGES */
	uint32_t taken;
	uint32_t put;
	uint32_t room; /* how many the caller has room for */
};

size_t sharing_size(const struct engine_config *config);
/* => memory is sharing_size() octets, 64-aligned, zeroed */
void sharing_init(struct sharing *sharing, void *memory, const struct engine_config *config);

/* Who gets packets of the item's key by their hash. */
uint16_t sharing_owner(const struct engine *engine, const struct item *item);
/* A packet without session here: true when it is another worker's, and was handed over. */
bool sharing_hands_over(struct engine *engine, struct item *item);
/* Hands a packet to a worker; finishes it. `admit`: without session it is to be admitted there. */
void sharing_hand(struct engine *engine, struct item *item, uint16_t worker, bool admit);
/* The same before screens that count packets without session saw it: where it is admitted they do. */
void sharing_hand_unseen(struct engine *engine, struct item *item, uint16_t worker, bool admit);
/* Have all workers been asked for what is free, so that what rests may be taken? */
bool sharing_may_wake(const struct engine *engine, const struct item *item);
/* A segment with PACKET_PROVEN: takes what was agreed, and sets ITEM_PROVEN. */
void sharing_prove(struct engine *engine, struct item *item);
/* Is there no other worker to try? */
bool sharing_last_try(const struct engine *engine, const struct item *item);
/* To the next worker: for what this one has no more of. => !sharing_last_try() */
void sharing_try_next(struct engine *engine, struct item *item);
/* The others' referrals of a session that was made, or ends. */
void sharing_session_begins(struct engine *engine, const struct session *session);
void sharing_session_ends(struct engine *engine, const struct session *session);
/* Before and after one of its keys changes. */
void sharing_key_begins(struct engine *engine, const struct session *session, unsigned direction);
void sharing_key_ends(struct engine *engine, const struct session *session, unsigned direction);
/* The key that a message names, as this engine's session table has it. */
struct flow_key sharing_key_of(const struct engine *engine, const struct engine_message *message);
/* Fetches what sharing_find() reads first. => there is a referral */
void sharing_expect(const struct engine *engine, const struct item *item);
/* Whose packets of the item's key are; false: nobody said so. */
bool sharing_find(const struct engine *engine, const struct item *item, uint16_t *owner);
/* Is there room for what the others have to hear when a session begins, when a packet ends one, and of all that a step of aging
 * may end? */
bool sharing_may_begin(const struct engine *engine);
bool sharing_may_end(const struct engine *engine);
bool sharing_may_advance(const struct engine *engine);
/* Has a key that a message names a session here whose time is not over? One whose time is over ends. */
bool sharing_session_lives(struct engine *engine, const struct engine_message *message);
/* referrals.c: what MESSAGE_REFER and MESSAGE_REFER_END say. */
void referral_begins(struct engine *engine, const struct engine_message *message);
void referral_ends(struct engine *engine, const struct engine_message *message);
/* Asks the owners of some that are old; bounded. */
void referrals_advance(struct engine *engine);
/* Sends a message; the sender is filled in. */
void sharing_say(struct engine *engine, const struct engine_message *message);
/* The same of what may be lost: packets alone cause it, in any number, and it must not take the room of what sessions say. False:
 * it is lost, and counted. */
bool sharing_say_spare(struct engine *engine, const struct engine_message *message);

/* relay.c: a fragment, before anything else is done with it: it is entered here (datagram_enter()), handed over, or held until
 * it is known whose it is; finishes it. => it is not from our own host */
struct relay_piece {
	const struct datagram_key *key;
	uint32_t offset; /* octets */
	uint16_t size;
	bool more;
};
void relay_packet(struct engine *engine, struct item *item, const struct relay_piece *piece);
/* Drops what waited too long; bounded. */
void relay_advance(struct engine *engine);
/* Drops all that waits: the engine is closed. */
void relay_close(struct engine *engine);

#endif
