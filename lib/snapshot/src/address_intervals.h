/*
 * Laying intervals of IPv6 addresses out as a tree for the engine (engine/address_tree.h), in memory of the caller's.
 */
#ifndef SNAPSHOT_ADDRESS_INTERVALS_H
#define SNAPSHOT_ADDRESS_INTERVALS_H

#include <stddef.h>

#include "engine/address_tree.h"

/* Intervals in order: each from its start to before the next one's. The first starts at ::; no two start alike. */
struct address_intervals {
	uint32_t count;
	const struct ipv6_address *starts;
	const uint32_t *values; /* NULL: their numbers */
};

/* What a tree is made of. */
struct address_shape {
	uint64_t nodes;
	uint32_t parts;
	uint32_t branches;
	uint32_t values;
};

/* Memory for the tree has to be aligned like this. */
#define ADDRESS_TREE_ALIGNMENT 64

/* => count > 0 */
struct address_shape address_shape_of(const struct address_intervals *intervals);
size_t address_shape_octets(const struct address_shape *shape);
/* => memory has as many octets as the intervals' shape says; the intervals may go afterwards, the memory not before the tree */
struct address_tree address_tree_lay(
    const struct address_intervals *intervals, const struct address_shape *shape, void *memory);

#endif
