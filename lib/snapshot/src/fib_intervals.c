/*
 * The inet6 side of forwarding tables: prefixes cut the addresses into intervals; each has the hop of the innermost prefix
 * that covers it. Prefixes nest, so a stack of the open ones is enough, and n of them make at most 2n + 1 intervals.
 */
#include <assert.h>
#include <stdlib.h>

#include "address_intervals.h"
#include "base/array.h"
#include "fib_build.h"

enum {
	NESTED_MOST = 129, /* one prefix for each length */
};

struct sweep {
	struct fib_builder *builder;
	uint32_t depth;
	/* open prefixes, outermost first */
	struct {
		struct ipv6_address last;
		uint32_t hop;
	} open[NESTED_MOST];
};

static uint32_t *
gateway_slot(const struct fib_builder *builder, struct ipv6_address gateway)
{
	const uint64_t mixed = (gateway.high ^ (gateway.low * 0x9e3779b97f4a7c15ULL)) * 0x9e3779b97f4a7c15ULL;
	uint32_t place = (uint32_t)(mixed >> 32) & (builder->gateway6_table_size - 1);

	while (builder->gateway6_table[place] != 0 &&
	    !ipv6_equal(builder->store->gateways6[builder->gateway6_table[place] - 1], gateway)) {
		place = (place + 1) & (builder->gateway6_table_size - 1);
	}
	return &builder->gateway6_table[place];
}

static bool
grow_gateway_table(struct fib_builder *builder)
{
	const uint32_t size = builder->gateway6_table_size == 0 ? 64 : builder->gateway6_table_size * 2;
	uint32_t *table = calloc(size, sizeof(*table));

	if (table == NULL) {
		return false;
	}
	free(builder->gateway6_table);
	builder->gateway6_table = table;
	builder->gateway6_table_size = size;
	for (uint32_t i = 0; i < builder->store->fib.gateway6_count; i++) {
		*gateway_slot(builder, builder->store->gateways6[i]) = i + 1;
	}
	return true;
}

uint32_t
fib_gateway6_index(struct fib_builder *builder, struct ipv6_address gateway)
{
	struct fib_store *store = builder->store;

	if ((store->fib.gateway6_count + 1) * 2 > builder->gateway6_table_size && !grow_gateway_table(builder)) {
		builder->failed = true;
		return 0;
	}
	uint32_t *slot = gateway_slot(builder, gateway);
	if (*slot == 0) {
		struct ipv6_address *moved = array_grow(
		    store->gateways6, store->fib.gateway6_count, &builder->gateway6_capacity, sizeof(*moved));
		if (moved == NULL) {
			builder->failed = true;
			return 0;
		}
		store->gateways6 = moved;
		moved[store->fib.gateway6_count++] = gateway;
		*slot = store->fib.gateway6_count;
	}
	return *slot - 1;
}

/* From `start` on the hop of the innermost open prefix. One that starts where the last one does takes its place. */
static void
begin_interval(struct sweep *sweep, struct ipv6_address start)
{
	struct fib_builder *builder = sweep->builder;
	const uint32_t hop = sweep->depth == 0 ? 0 : sweep->open[sweep->depth - 1].hop;
	uint32_t count = builder->interval_count;

	if (count > 0 && ipv6_equal(builder->starts6[count - 1], start)) {
		count--;
	}
	if (count > 0 && builder->hops6[count - 1] == hop) {
		builder->interval_count = count; /* goes on */
		return;
	}
	struct ipv6_address *starts = array_grow(builder->starts6, count, &builder->start6_capacity, sizeof(*starts));
	builder->starts6 = starts == NULL ? builder->starts6 : starts;
	uint32_t *hops = array_grow(builder->hops6, count, &builder->hop6_capacity, sizeof(*hops));
	builder->hops6 = hops == NULL ? builder->hops6 : hops;
	if (starts == NULL || hops == NULL) {
		builder->failed = true;
		return;
	}
	starts[count] = start;
	hops[count] = hop;
	builder->interval_count = count + 1;
}

/* Closes the open prefixes that end before `first`. */
static void
close_before(struct sweep *sweep, struct ipv6_address first)
{
	while (sweep->depth > 0 && ipv6_less(sweep->open[sweep->depth - 1].last, first)) {
		sweep->depth--;
		begin_interval(sweep, ipv6_next(sweep->open[sweep->depth].last));
	}
}

/* The tree over the intervals that are gathered. */
static void
lay_tree(struct fib_builder *builder, uint16_t instance)
{
	const struct address_intervals intervals = {
	    .count = builder->interval_count,
	    .starts = builder->starts6,
	    .values = builder->hops6,
	};
	const struct address_shape shape = address_shape_of(&intervals);
	const size_t octets = address_shape_octets(&shape);
	void *memory = aligned_alloc(ADDRESS_TREE_ALIGNMENT,
	    (octets + ADDRESS_TREE_ALIGNMENT - 1) / ADDRESS_TREE_ALIGNMENT * ADDRESS_TREE_ALIGNMENT);

	if (memory == NULL) {
		builder->failed = true;
		return;
	}
	builder->store->memory6[instance] = memory;
	builder->store->roots6[instance] = address_tree_lay(&intervals, &shape, memory);
}

void
fib_build_intervals(struct fib_builder *builder, uint16_t instance)
{
	struct sweep sweep = {.builder = builder};

	builder->interval_count = 0;
	begin_interval(&sweep, (struct ipv6_address){.high = 0});
	for (uint32_t i = 0; i < builder->route_count && !builder->failed; i++) {
		const struct rib_route *route = &builder->routes[i];
		close_before(&sweep, route->prefix);
		assert(sweep.depth < NESTED_MOST);
		sweep.open[sweep.depth].last = ipv6_last(route->prefix, route->length);
		sweep.open[sweep.depth++].hop = fib_hop_index(builder, route);
		begin_interval(&sweep, route->prefix);
	}
	while (sweep.depth > 0 && !builder->failed) {
		const struct ipv6_address behind = ipv6_next(sweep.open[--sweep.depth].last);
		if (!ipv6_is_unspecified(behind)) {
			begin_interval(&sweep, behind);
		}
	}
	if (!builder->failed) {
		lay_tree(builder, instance);
	}
}
