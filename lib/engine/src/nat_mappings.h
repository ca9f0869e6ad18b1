/*
 * Persistent NAT (RFC 4787 4.1 and 5): which address and port a host's address and port keep, and whom the host has sent to.
 *
 * A mapping has an inside (host, port, its instance, the pool, the protocol) and an outside (translated address, port, its
 * instance, the protocol), and is found by either. One that keeps the address alone has port and protocol 0 on both sides.
 * It counts its sessions; without any it waits for its deadline, by the owner's wheel. One that no longer stands while it still
 * has sessions is detached: nobody finds it, and it goes with the last of them.
 *
 * Remotes are whom the host has sent to, for those who may answer: an address, and a port or 0 for any. A mapping has so many at
 * most; then the one that was noted first makes room. They go with their mapping.
 *
 * The keys come from the network: the hash has a secret. Memory is the engine's; one thread.
 */
#ifndef ENGINE_NAT_MAPPINGS_H
#define ENGINE_NAT_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wheel.h"
#include "nat_chains.h"

#define NAT_MAPPING_NONE UINT32_MAX

enum {
	NAT_REMOTES_OF_ONE = 256, /* of a mapping, at most */
};

struct nat_inside {
	uint32_t host;
	uint16_t port;
	uint16_t instance;
	uint16_t pool; /* that the rule names */
	uint8_t protocol;
};

struct nat_outside {
	uint32_t address;
	uint16_t port;
	uint16_t instance;
	uint8_t protocol;
};

struct nat_remote {
	uint32_t mapping; /* NAT_MAPPING_NONE: free */
	uint32_t address;
	uint32_t next;    /* in the hash chain, or of the free ones */
	uint32_t younger; /* the next of its mapping */
	uint16_t port;    /* 0: any */
	uint16_t pad;
};

/* The host's packet that the mapping was given to last, as source rules met it. */
struct nat_meeting {
	uint32_t destination; /* behind its own translation, as its port */
	uint16_t destination_port;
	uint16_t source_port;
	uint16_t in_unit;
	uint16_t out_unit;
	uint8_t protocol;
};

struct nat_mapping {
	struct wheel_link link; /* first: the wheel's */
	uint32_t sessions;
	struct nat_inside inside;
	struct nat_outside outside;
	uint32_t next_inside; /* in the hash chain, or of the free ones */
	uint32_t next_outside;
	uint32_t remotes; /* the one that was noted first */
	uint32_t remotes_last;
	uint16_t remote_count;
	uint16_t held_instance; /* where it is taken */
	uint16_t held_pool; /* that has what it holds: another one than inside.pool after an overflow */
	uint16_t rule;      /* that it was made by, or confirmed last */
	uint16_t held;      /* what it holds of the pool: enum session_flag */
	uint8_t host_protocol; /* of the binding that it counts in */
	bool used;
	bool detached;
	bool uncovered; /* no rule is for its host any more, as of the generation */
	struct nat_meeting meeting;
	uint32_t generation; /* of the configuration when the rules were asked last */
};

struct nat_mappings {
	struct nat_mapping *entries;
	struct nat_remote *remotes;
	struct nat_chains by_inside;
	struct nat_chains by_outside;
	struct nat_chains by_remote;
	uint32_t capacity;
	uint32_t remote_capacity;
	uint32_t count;      /* detached ones included */
	uint32_t remote_count;
	uint32_t free;       /* list; then entries that were never used */
	uint32_t fresh;
	uint32_t remote_free;
	uint32_t remote_fresh;
	uint32_t address_count; /* of those that keep the address alone */
	struct wheel wheel;
};

size_t nat_mappings_size(uint32_t capacity, uint32_t remotes);
/* => memory is nat_mappings_size() octets, 64-aligned, zeroed */
void nat_mappings_init(struct nat_mappings *mappings, void *memory, uint32_t capacity, uint32_t remotes,
    struct hash_key secret);

/* An index, or NAT_MAPPING_NONE. */
uint32_t nat_mappings_find_inside(const struct nat_mappings *mappings, const struct nat_inside *inside);
uint32_t nat_mappings_find_outside(const struct nat_mappings *mappings, const struct nat_outside *outside);
/* A new one without sessions; NAT_MAPPING_NONE: no room. => neither side is there */
uint32_t nat_mappings_add(
    struct nat_mappings *mappings, const struct nat_inside *inside, const struct nat_outside *outside);
/* Nobody finds it any more. => it has sessions, and is not detached */
void nat_mappings_detach(struct nat_mappings *mappings, uint32_t index);
/* => it has no sessions */
void nat_mappings_remove(struct nat_mappings *mappings, uint32_t index);

/* Notes whom a host has sent to; port 0: any of its. Without room nothing is noted. */
void nat_mappings_note(struct nat_mappings *mappings, uint32_t index, uint32_t address, uint16_t port);
bool nat_mappings_noted(const struct nat_mappings *mappings, uint32_t index, uint32_t address, uint16_t port);

#endif
