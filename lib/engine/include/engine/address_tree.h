/*
 * Which interval of IPv6 addresses an address lies in, and what the interval's value is: what prefixes are compiled into for
 * the forwarding table and for the policies' address numbers. Written by lib/snapshot, immutable, read by any thread.
 *
 * Nearly all prefixes end within an address's first 64 bits, and hosts lie in few networks. So the intervals are searched by
 * the high words alone: the runs of high words between two starts are parts. A part has a value for all its addresses, but for
 * those of its first high word where an interval starts or ends within it: these have a branch, in which the low words are
 * searched likewise.
 *
 * Each search is a tree of ADDRESS_FANOUT keys a node, one cache line. The leaves are the last words of the intervals in
 * order, each level above has the last key of each node below, up to a root of one node; levels lie root first. The last node
 * of a level is filled up with UINT64_MAX, so that keys below a word can be counted without asking where a node ends: their
 * count is the way down. Without branches, which would be taken by chance.
 *
 *   octets: 8 and a seventh for each key, 8 a part; 24 a branch, with its keys in whole nodes and 4 for each of its values
 *
 * By it a look-up among 200,000 prefixes takes 7 lines, of which the upper ones stay in the caches.
 */
#ifndef ENGINE_ADDRESS_TREE_H
#define ENGINE_ADDRESS_TREE_H

#include <assert.h>
#include <stdint.h>

#include "wire/ipv6.h"

#define ADDRESS_NO_BRANCH UINT32_MAX

enum {
	ADDRESS_FANOUT = 8,
	ADDRESS_FANOUT_BITS = 3,
};

/* Where a search begins: a tree of so many leaf nodes and levels whose root is node `root`. */
struct address_search {
	uint32_t root;
	uint32_t leaves; /* 0: there are no intervals */
	uint32_t levels;
};

struct address_part {
	uint32_t value;
	uint32_t branch; /* or ADDRESS_NO_BRANCH */
};

struct address_branch {
	uint64_t high; /* for addresses with this high word */
	struct address_search search;
	uint32_t values; /* where those of its intervals begin */
};

struct address_tree {
	struct address_search search; /* of the high words */
	const uint64_t *keys;         /* nodes of all searches */
	const struct address_part *parts;
	const struct address_branch *branches;
	const uint32_t *values;
};

/* The leaf that a word leads to: its keys, and the place of the first of them among all leaves' keys. */
struct address_leaf {
	const uint64_t *keys;
	uint32_t first;
};

static inline uint32_t
address_keys_below(const uint64_t *keys, uint64_t word)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < ADDRESS_FANOUT; i++) {
		count += keys[i] < word;
	}
	return count;
}

/* => the search has leaves */
static inline struct address_leaf
address_descend(const struct address_tree *tree, const struct address_search *search, uint64_t word)
{
	const uint64_t *level = tree->keys + (uint64_t)search->root * ADDRESS_FANOUT;
	uint32_t node = 0;

	assert(search->leaves > 0);
	for (uint32_t bits = (search->levels - 1) * ADDRESS_FANOUT_BITS; bits > 0; bits -= ADDRESS_FANOUT_BITS) {
		const uint64_t nodes = (search->leaves + (UINT64_C(1) << bits) - 1) >> bits;

		node = node * ADDRESS_FANOUT + address_keys_below(level + (uint64_t)node * ADDRESS_FANOUT, word);
		level += nodes * ADDRESS_FANOUT;
	}
	assert(node < search->leaves);
	return (struct address_leaf){level + (uint64_t)node * ADDRESS_FANOUT, node * ADDRESS_FANOUT};
}

/* The place of the interval that the word lies in. */
static inline uint32_t
address_place(const struct address_leaf *leaf, uint64_t word)
{
	return leaf->first + address_keys_below(leaf->keys, word);
}

/* The branch for the address, or NULL: then the part's value is its. */
static inline const struct address_branch *
address_branch_of(const struct address_tree *tree, const struct address_part *part, struct ipv6_address address)
{
	if (part->branch == ADDRESS_NO_BRANCH || tree->branches[part->branch].high != address.high) {
		return NULL;
	}
	return &tree->branches[part->branch];
}

/* The value of the interval that holds the address. => there are intervals */
static inline uint32_t
address_tree_find(const struct address_tree *tree, struct ipv6_address address)
{
	struct address_leaf leaf = address_descend(tree, &tree->search, address.high);
	const struct address_part *part = &tree->parts[address_place(&leaf, address.high)];
	const struct address_branch *branch = address_branch_of(tree, part, address);

	if (branch == NULL) {
		return part->value;
	}
	leaf = address_descend(tree, &branch->search, address.low);
	return tree->values[branch->values + address_place(&leaf, address.low)];
}

#endif
