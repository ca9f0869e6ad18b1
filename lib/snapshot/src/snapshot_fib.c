/*
 * Forwarding tables from a rib: for each instance a trie with a stride of eight bits, leaves pushed down, and the intervals
 * of inet6 (fib_intervals.c).
 *
 * Prefixes go into the trie from the shortest to the longest, so that each one simply overwrites what it covers: a new node
 * starts as 256 copies of the entry that it replaces. One thread; the finished table is immutable.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fib_build.h"

enum {
	STRIDE = 8,
};

static bool
collect_route(void *context, const struct rib_route *route)
{
	struct fib_builder *builder = context;
	struct rib_route *moved =
	    array_grow(builder->routes, builder->route_count, &builder->route_capacity, sizeof(*moved));

	if (moved == NULL) {
		builder->failed = true;
		return false;
	}
	builder->routes = moved;
	moved[builder->route_count++] = *route;
	return true;
}

static struct fib_hop
hop_of(struct fib_builder *builder, const struct rib_hop *hop, enum rib_family family)
{
	struct fib_hop result = {.unit = hop->unit, .instance = hop->instance};

	if (hop->kind == RIB_HOP_GATEWAY) {
		result.gateway = family == RIB_INET ? (uint32_t)hop->gateway.low
						  : fib_gateway6_index(builder, hop->gateway);
	}
	switch (hop->kind) {
	case RIB_HOP_NONE:
		result.kind = FIB_NO_ROUTE;
		break;
	case RIB_HOP_LOCAL:
		result.kind = FIB_LOCAL;
		break;
	case RIB_HOP_DIRECT:
		result.kind = FIB_DIRECT;
		break;
	case RIB_HOP_GATEWAY:
		result.kind = FIB_GATEWAY;
		break;
	case RIB_HOP_DISCARD:
		result.kind = FIB_DISCARD;
		break;
	case RIB_HOP_REJECT:
		result.kind = FIB_REJECT;
		break;
	case RIB_HOP_TABLE:
		result.kind = FIB_TABLE;
		break;
	}
	return result;
}

static bool
hop_equal(const struct fib_hop *left, const struct fib_hop *right)
{
	return left->kind == right->kind && left->unit == right->unit && left->instance == right->instance &&
	    left->gateway == right->gateway;
}

/* Where the hop stands, or would stand, in the table of hops. */
static uint32_t *
hop_slot(const struct fib_builder *builder, const struct fib_hop *hop)
{
	uint64_t mixed = ((uint64_t)hop->gateway << 32) | ((uint32_t)hop->unit << 16) | hop->kind;
	mixed = (mixed ^ hop->instance) * 0x9e3779b97f4a7c15ULL;
	uint32_t place = (uint32_t)(mixed >> 32) & (builder->hop_table_size - 1);

	while (builder->hop_table[place] != 0 &&
	    !hop_equal(&builder->store->hops[builder->hop_table[place]], hop)) {
		place = (place + 1) & (builder->hop_table_size - 1);
	}
	return &builder->hop_table[place];
}

static bool
grow_hop_table(struct fib_builder *builder)
{
	const uint32_t size = builder->hop_table_size == 0 ? 64 : builder->hop_table_size * 2;
	uint32_t *table = calloc(size, sizeof(*table));

	if (table == NULL) {
		return false;
	}
	free(builder->hop_table);
	builder->hop_table = table;
	builder->hop_table_size = size;
	for (uint32_t i = 1; i < builder->store->fib.hop_count; i++) {
		*hop_slot(builder, &builder->store->hops[i]) = i;
	}
	return true;
}

static bool
push_hop(struct fib_builder *builder, const struct fib_hop *hop)
{
	struct fib_store *store = builder->store;
	struct fib_hop *moved = array_grow(store->hops, store->fib.hop_count, &builder->hop_capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	store->hops = moved;
	moved[store->fib.hop_count++] = *hop;
	return true;
}

uint32_t
fib_hop_index(struct fib_builder *builder, const struct rib_route *route)
{
	const struct fib_hop wanted = hop_of(builder, &route->hop, route->table.family);
	const struct fib_hop *hop = &wanted;

	if (builder->failed) {
		return 0;
	}
	if ((builder->store->fib.hop_count + 1) * 2 > builder->hop_table_size && !grow_hop_table(builder)) {
		builder->failed = true;
		return 0;
	}
	uint32_t *slot = hop_slot(builder, hop);
	if (*slot == 0) {
		const uint32_t index = builder->store->fib.hop_count;
		if (!push_hop(builder, hop)) {
			builder->failed = true;
			return 0;
		}
		*slot = index;
	}
	return *slot;
}

/* A node full of `entry`; its entry, or 0 when memory ran out. */
static uint32_t
push_node(struct fib_builder *builder, uint32_t entry)
{
	struct fib_store *store = builder->store;
	uint32_t(*moved)[FIB_NODE_SIZE] =
	    array_grow(store->nodes, store->fib.node_count, &builder->node_capacity, sizeof(*moved));

	if (moved == NULL) {
		builder->failed = true;
		return 0;
	}
	store->nodes = moved;
	for (uint32_t i = 0; i < FIB_NODE_SIZE; i++) {
		moved[store->fib.node_count][i] = entry;
	}
	return FIB_NODE | store->fib.node_count++;
}

/* => no longer prefix went in before */
static void
insert(struct fib_builder *builder, uint16_t instance, uint32_t prefix, uint8_t length, uint32_t hop)
{
	struct fib_store *store = builder->store;
	uint32_t shift = 32;

	if (length == 0) {
		store->roots[instance] = hop;
		return;
	}
	if ((store->roots[instance] & FIB_NODE) == 0) {
		const uint32_t entry = push_node(builder, store->roots[instance]);
		if (builder->failed) {
			return;
		}
		store->roots[instance] = entry;
	}
	uint32_t node = store->roots[instance] & ~FIB_NODE;
	for (shift -= STRIDE; 32U - shift < length; shift -= STRIDE) {
		const uint32_t place = (prefix >> shift) & 0xff;
		uint32_t entry = store->nodes[node][place];
		if ((entry & FIB_NODE) == 0) {
			entry = push_node(builder, entry);
			if (builder->failed) {
				return;
			}
			store->nodes[node][place] = entry;
		}
		node = entry & ~FIB_NODE;
	}
	const uint32_t first = (prefix >> shift) & 0xff;
	const uint32_t count = 1U << (32U - shift - length);
	for (uint32_t i = first; i < first + count; i++) {
		assert((store->nodes[node][i] & FIB_NODE) == 0);
		store->nodes[node][i] = hop;
	}
}

static int
compare_lengths(const void *left, const void *right)
{
	const struct rib_route *a = left;
	const struct rib_route *b = right;

	return (a->length > b->length) - (a->length < b->length);
}

/* The active routes of a table, in the order of their addresses, shorter ones first. */
static bool
collect_routes(struct fib_builder *builder, const struct rib *rib, struct rib_table table)
{
	builder->route_count = 0;
	rib_each_active(rib, table, collect_route, builder);
	return !builder->failed && builder->route_count > 0;
}

static void
build_instance(struct fib_builder *builder, const struct rib *rib, uint16_t instance)
{
	const struct rib_table inet = {.instance = instance, .family = RIB_INET};
	const struct rib_table inet6 = {.instance = instance, .family = RIB_INET6};

	if (collect_routes(builder, rib, inet)) {
		qsort(builder->routes, builder->route_count, sizeof(*builder->routes), compare_lengths);
		for (uint32_t i = 0; i < builder->route_count && !builder->failed; i++) {
			const struct rib_route *route = &builder->routes[i];
			const uint32_t index = fib_hop_index(builder, route);
			if (!builder->failed) {
				insert(builder, instance, (uint32_t)route->prefix.low, route->length, index);
			}
		}
	}
	if (collect_routes(builder, rib, inet6)) {
		fib_build_intervals(builder, instance);
	}
}

void
snapshot_fib_destroy(struct fib *fib)
{
	if (fib == NULL) {
		return;
	}
	struct fib_store *store = (struct fib_store *)fib;
	free(store->roots);
	free(store->nodes);
	free(store->hops);
	free(store->roots6);
	for (uint16_t i = 0; store->memory6 != NULL && i < fib->instance_count; i++) {
		free(store->memory6[i]);
	}
	free(store->memory6);
	free(store->gateways6);
	free(store);
}

struct fib *
snapshot_fib_create(const struct rib *rib, const struct snapshot *snapshot, uint64_t id)
{
	const struct fib_hop none = {.kind = FIB_NO_ROUTE, .unit = RIB_NO_UNIT, .instance = RIB_NO_INSTANCE};
	struct fib_builder builder = {.store = calloc(1, sizeof(struct fib_store))};

	if (builder.store == NULL) {
		return NULL;
	}
	builder.store->fib.id = id;
	builder.store->fib.instance_count = snapshot->instance_count;
	builder.store->roots = calloc((size_t)snapshot->instance_count + 1, sizeof(*builder.store->roots));
	builder.store->roots6 = calloc((size_t)snapshot->instance_count + 1, sizeof(*builder.store->roots6));
	builder.store->memory6 = calloc((size_t)snapshot->instance_count + 1, sizeof(*builder.store->memory6));
	if (builder.store->roots == NULL || builder.store->roots6 == NULL || builder.store->memory6 == NULL || !push_hop(&builder, &none)) {
		snapshot_fib_destroy(&builder.store->fib);
		return NULL;
	}
	for (uint16_t i = 0; i < snapshot->instance_count && !builder.failed; i++) {
		build_instance(&builder, rib, i);
	}
	free(builder.routes);
	free(builder.hop_table);
	free(builder.gateway6_table);
	free(builder.starts6);
	free(builder.hops6);
	if (builder.failed) {
		snapshot_fib_destroy(&builder.store->fib);
		return NULL;
	}
	struct fib *fib = &builder.store->fib;
	fib->roots = builder.store->roots;
	fib->nodes = (const uint32_t(*)[FIB_NODE_SIZE])builder.store->nodes;
	fib->hops = builder.store->hops;
	fib->roots6 = builder.store->roots6;
	fib->gateways6 = builder.store->gateways6;
	return fib;
}
