/*
 * Inside the building of forwarding tables: what snapshot_fib.c (hops, tries, the whole) and fib_intervals.c (inet6) share.
 */
#ifndef SNAPSHOT_FIB_BUILD_H
#define SNAPSHOT_FIB_BUILD_H

#include <stddef.h>

#include "snapshot/snapshot.h"

enum {
	FIB_NODE_SIZE = 256,
};

struct fib_store {
	struct fib fib; /* first: what the caller holds */
	uint32_t *roots;
	uint32_t (*nodes)[FIB_NODE_SIZE];
	struct fib_hop *hops;
	struct address_tree *roots6;
	void **memory6; /* by instance: what its inet6 tree lies in, or NULL */
	struct ipv6_address *gateways6;
};

struct fib_builder {
	struct fib_store *store;
	struct rib_route *routes; /* the active ones of the table at hand */
	uint32_t route_count;
	size_t route_capacity;
	size_t node_capacity;
	size_t hop_capacity;
	uint32_t *hop_table; /* open addressing, by hop; 0 is empty */
	uint32_t hop_table_size;
	struct ipv6_address *starts6; /* the inet6 intervals of the instance at hand */
	uint32_t *hops6;
	uint32_t interval_count;
	size_t start6_capacity;
	size_t hop6_capacity;
	size_t gateway6_capacity;
	uint32_t *gateway6_table; /* open addressing, by address: index + 1; 0 is empty */
	uint32_t gateway6_table_size;
	bool failed; /* memory ran out */
};

/* The index of the route's next hop, the same for equal ones; 0 and `failed` when memory ran out. */
uint32_t fib_hop_index(struct fib_builder *builder, const struct rib_route *route);
/* The number of an inet6 gateway, the same for the same one; 0 and `failed` when memory ran out. */
uint32_t fib_gateway6_index(struct fib_builder *builder, struct ipv6_address gateway);
/* The intervals of the instance's inet6 routes. => those are builder->routes, in the order of their addresses */
void fib_build_intervals(struct fib_builder *builder, uint16_t instance);

#endif
