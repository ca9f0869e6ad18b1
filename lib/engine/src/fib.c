/*
 * The forwarding table's look-up: at most four dependent loads (inet6: those of an address tree), and as many again for each
 * next-table.
 *
 * Read-only; any thread. Built by lib/snapshot.
 */
#include "engine/fib.h"

#include <assert.h>

enum {
	FIB_TABLES = 8, /* most next-table steps */
	FIB_STRIDE = 8,
};

static uint32_t
walk(const struct fib *fib, uint32_t entry, uint32_t destination)
{
	uint32_t shift = 32;

	while ((entry & FIB_NODE) != 0) {
		assert((entry & ~FIB_NODE) < fib->node_count);
		assert(shift >= FIB_STRIDE);
		shift -= FIB_STRIDE;
		entry = fib->nodes[entry & ~FIB_NODE][(destination >> shift) & 0xff];
	}
	return entry;
}

const struct fib_hop *
fib_lookup(const struct fib *fib, uint16_t instance, uint32_t destination)
{
	for (int step = 0; step <= FIB_TABLES; step++) {
		if (instance >= fib->instance_count) {
			break;
		}
		const uint32_t index = walk(fib, fib->roots[instance], destination);
		assert(index < fib->hop_count);
		const struct fib_hop *hop = &fib->hops[index];
		if (hop->kind != FIB_TABLE) {
			return hop;
		}
		instance = hop->instance;
	}
	return &fib->hops[0];
}

const struct fib_hop *
fib_lookup6(const struct fib *fib, uint16_t instance, struct ipv6_address destination)
{
	for (int step = 0; fib->roots6 != NULL && step <= FIB_TABLES; step++) {
		if (instance >= fib->instance_count || fib->roots6[instance].search.leaves == 0) {
			break;
		}
		const uint32_t index = address_tree_find(&fib->roots6[instance], destination);
		assert(index < fib->hop_count);
		const struct fib_hop *hop = &fib->hops[index];
		if (hop->kind != FIB_TABLE) {
			return hop;
		}
		instance = hop->instance;
	}
	return &fib->hops[0];
}
