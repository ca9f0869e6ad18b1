/*
 * Chains of a keyed hash table over an array of entries that link themselves: for keys that come from the network.
 *
 * An entry has a link for each table that it is in. Links and heads are a number + 1, 0 at the end, so that zeroed memory is an
 * empty table, and memory that nobody needs is not touched. Whoever looks something up compares the keys.
 *
 * Memory is the engine's; one thread.
 */
#ifndef ENGINE_NAT_CHAINS_H
#define ENGINE_NAT_CHAINS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "lines.h"

#define NAT_CHAIN_END UINT32_MAX

struct nat_chain_key {
	uint64_t low;
	uint64_t high;
};

struct nat_chains {
	uint32_t *links; /* of the first entry */
	size_t stride;   /* octets from entry to entry */
	struct hash_key secret;
	uint32_t *heads;
	uint32_t mask;
};

/* Octets of the heads for so many entries. */
static inline size_t
nat_chains_size(uint32_t capacity)
{
	return line_up(sizeof(uint32_t) * heads_for(capacity));
}

/* Takes them from zeroed memory, and moves on. => links, stride and secret are set */
static inline void
nat_chains_init(struct nat_chains *chains, uint8_t **memory, uint32_t capacity)
{
	chains->heads = (uint32_t *)(void *)*memory;
	chains->mask = heads_for(capacity) - 1;
	*memory += nat_chains_size(capacity);
}

static inline uint32_t *
nat_chains_head(const struct nat_chains *chains, struct nat_chain_key key)
{
	return &chains->heads[hash_pair(&chains->secret, key.low, key.high) & chains->mask];
}

static inline uint32_t *
nat_chains_link(const struct nat_chains *chains, uint32_t index)
{
	return (uint32_t *)(void *)((uint8_t *)chains->links + chains->stride * index);
}

/* The first entry that may have the key, and the next one; NAT_CHAIN_END: no more. */
static inline uint32_t
nat_chains_first(const struct nat_chains *chains, struct nat_chain_key key)
{
	return *nat_chains_head(chains, key) - 1;
}

static inline uint32_t
nat_chains_next(const struct nat_chains *chains, uint32_t index)
{
	return *nat_chains_link(chains, index) - 1;
}

/* => the entry is in no chain of the table */
static inline void
nat_chains_put(struct nat_chains *chains, struct nat_chain_key key, uint32_t index)
{
	uint32_t *head = nat_chains_head(chains, key);

	*nat_chains_link(chains, index) = *head;
	*head = index + 1;
}

/* => it was put there with this key */
static inline void
nat_chains_take(struct nat_chains *chains, struct nat_chain_key key, uint32_t index)
{
	uint32_t *link = nat_chains_head(chains, key);

	while (*link != index + 1) {
		assert(*link != 0);
		link = nat_chains_link(chains, *link - 1);
	}
	*link = *nat_chains_link(chains, index);
}

#endif
