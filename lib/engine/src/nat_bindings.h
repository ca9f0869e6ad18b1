/*
 * Which translated address a host keeps, while it has sessions (REQ-NAT-011, REQ-NAT-016, E-222, E-235).
 *
 * A binding is of a host in an instance and a pool; of protocols that have no ports each has one of its own. It counts its
 * sessions and goes with the last one. The keys come from the network: the hash has a secret.
 *
 * Memory is the engine's; one thread.
 */
#ifndef ENGINE_NAT_BINDINGS_H
#define ENGINE_NAT_BINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat_chains.h"

#define NAT_BINDING_NONE UINT32_MAX

struct nat_binding_key {
	uint32_t host;
	uint16_t instance; /* of the host */
	uint16_t pool;
	uint8_t protocol; /* 0: of all that have ports */
};

struct nat_binding {
	uint64_t low;  /* the key */
	uint8_t protocol;
	bool alone;        /* nobody else has the address */
	uint16_t instance; /* of the address */
	uint32_t address;
	uint32_t sessions;
	uint32_t next; /* in the hash chain, or in the free list */
};

struct nat_bindings {
	struct nat_binding *entries;
	struct nat_chains chains;
	uint32_t capacity;
	uint32_t count;
	uint32_t free; /* list; then entries that were never used */
	uint32_t fresh;
};

size_t nat_bindings_size(uint32_t capacity);
/* => memory is nat_bindings_size() octets, 64-aligned, zeroed */
void nat_bindings_init(struct nat_bindings *bindings, void *memory, uint32_t capacity, struct hash_key secret);

/* The binding of a key, or NAT_BINDING_NONE. */
uint32_t nat_bindings_find(const struct nat_bindings *bindings, const struct nat_binding_key *key);
/* A new one without sessions; NAT_BINDING_NONE: no room. => there is none */
uint32_t nat_bindings_add(struct nat_bindings *bindings, const struct nat_binding_key *key, uint32_t address);
struct nat_binding_key nat_binding_key_of(const struct nat_binding *binding);
/* => it has no sessions */
void nat_bindings_remove(struct nat_bindings *bindings, uint32_t index);

#endif
