/*
 * Address translation by interfaces (the guide's form): pools, static mappings, destinations, and what policies make of them.
 *
 * A pool's identity is its path, "ge-0/0/3.2 NAME"; the pool that is a unit's own address has "interface ge-0/0/3.2". Pools come
 * before the policies that name them.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compile_nat.h"

enum {
	POOL_ADDRESSES_MOST = 65536,
};

static const struct conf_node *
nat_of(const struct compilation *compilation)
{
	return conf_walk(compilation->top, "security", "nat", NULL);
}

static uint32_t
mask_of(uint8_t length)
{
	return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

/* One address, or a range. False: there is neither, which conf_check() has said. */
static bool
read_range(const struct conf_node *holder, struct snapshot_nat_range *range)
{
	const struct conf_node *single = conf_first(holder, "address");
	const struct conf_node *between = conf_child(holder, "address-range");
	const char *low = single != NULL ? single->value : conf_value(between, "low");
	const char *high = single != NULL ? single->value : conf_value(between, "high");
	uint8_t length;

	return low != NULL && high != NULL && parse_prefix(low, &range->low, &length) &&
	    parse_prefix(high, &range->high, &length) && range->low <= range->high;
}

/* Does any policy or static mapping need the units' own addresses as pools? */
static bool
needs_interface_pools(const struct compilation *compilation)
{
	const struct conf_node *policies = conf_walk(compilation->top, "security", "policies", NULL);

	if (has_content(nat_of(compilation))) {
		return true;
	}
	for (const struct conf_node *context = conf_first(policies, "from-zone"); context; context = conf_next(context)) {
		for (const struct conf_node *policy = conf_first(context, "policy"); policy; policy = conf_next(policy)) {
			if (has_content(conf_child(conf_walk(policy, "then", "permit", NULL), "source-nat"))) {
				return true;
			}
		}
	}
	return false;
}

static bool
register_pool(struct compilation *compilation, const struct conf_node *node, const char *first, const char *name)
{
	const char *const words[] = {first, name};
	const struct compile_path path = {REGISTRY_NAT_POOL, arena_join(&compilation->scratch, words, 2), name};

	return path.path != NULL && compile_register(compilation, node, &path) != REGISTRY_NONE;
}

/* => it was registered */
static uint16_t
pool_number(struct compilation *compilation, const char *first, const char *name)
{
	const char *const words[] = {first, name};
	const char *path = arena_join(&compilation->scratch, words, 2);
	const uint32_t found =
	    path == NULL ? REGISTRY_NONE : registry_find(compilation->registry, REGISTRY_NAT_POOL, path);

	return found == REGISTRY_NONE ? SNAPSHOT_NAT_NONE : (uint16_t)found;
}

static bool
register_pools(struct compilation *compilation)
{
	const struct conf_node *nat = nat_of(compilation);

	for (const struct conf_node *unit = conf_first(nat, "interface"); unit != NULL; unit = conf_next(unit)) {
		const struct conf_node *pool = conf_first(conf_child(unit, "source-nat"), "pool");

		for (; pool != NULL; pool = conf_next(pool)) {
			if (!register_pool(compilation, pool, unit->value, pool->value)) {
				return false;
			}
		}
	}
	const uint32_t units = needs_interface_pools(compilation) ? compilation->snapshot->unit_count : 0;

	for (uint32_t i = 0; i < units; i++) {
		const struct snapshot_unit *unit = &compilation->units[i];

		if (unit->present && unit->address_count > 0 &&
		    !register_pool(compilation, NULL, "interface", unit->name)) {
			return false;
		}
	}
	const uint32_t count = registry_count(compilation->registry, REGISTRY_NAT_POOL);

	compilation->nat_pools = arena_take(compilation->arena, count, sizeof(*compilation->nat_pools));
	compilation->snapshot->nat.pools = compilation->nat_pools;
	compilation->snapshot->nat.pool_count = (uint16_t)count;
	return compilation->nat_pools != NULL;
}

static bool
fill_pool(struct compilation *compilation, uint16_t number, const char *name, const struct snapshot_nat_range *range)
{
	struct snapshot_nat_range *copy = arena_take(compilation->arena, 1, sizeof(*copy));
	struct snapshot_nat_pool *pool = &compilation->nat_pools[number];

	*pool = (struct snapshot_nat_pool){
	    .name = arena_copy(compilation->arena, name),
	    .present = true,
	    .unit = SNAPSHOT_NONE,
	    .instance = SNAPSHOT_NONE,
	    .overflow = SNAPSHOT_NAT_NONE,
	    .port_low = SNAPSHOT_NAT_PORT_LOW,
	    .port_high = SNAPSHOT_NAT_PORT_HIGH,
	    .range_count = 1,
	    .ranges = copy,
	    .size = range->high - range->low + 1,
	};
	if (pool->name == NULL || copy == NULL) {
		return false;
	}
	*copy = *range;
	return true;
}

static bool
make_pool(struct compilation *compilation, uint16_t unit, const struct conf_node *interface, const struct conf_node *node)
{
	const uint16_t number = pool_number(compilation, interface->value, node->value);
	const char *host = conf_value(node, "host-address-low");
	struct snapshot_nat_range range;
	uint8_t length;

	if (number == SNAPSHOT_NAT_NONE) {
		return false;
	}
	if (!read_range(node, &range)) {
		return true;
	}
	if (range.high - range.low >= POOL_ADDRESSES_MOST) {
		compile_error(compilation, node, "a pool has at most %d addresses", POOL_ADDRESSES_MOST);
		return true;
	}
	if (!fill_pool(compilation, number, node->value, &range)) {
		return false;
	}
	struct snapshot_nat_pool *pool = &compilation->nat_pools[number];

	pool->unit = unit;
	if (host != NULL && parse_prefix(host, &pool->host_low, &length)) {
		pool->kind = NAT_POOL_STATIC;
	} else if (conf_present(node, "no-port-translation")) {
		pool->kind = NAT_POOL_ADDRESSES;
	}
	return true;
}

static bool
make_pools(struct compilation *compilation)
{
	const struct conf_node *nat = nat_of(compilation);

	for (const struct conf_node *node = conf_first(nat, "interface"); node != NULL; node = conf_next(node)) {
		const uint32_t unit = registry_find(compilation->registry, REGISTRY_UNIT, node->value);
		const struct conf_node *pool = conf_first(conf_child(node, "source-nat"), "pool");

		if (unit == REGISTRY_NONE || !compilation->units[unit].present) {
			continue; /* conf_check() has said so */
		}
		for (; pool != NULL; pool = conf_next(pool)) {
			if (!make_pool(compilation, (uint16_t)unit, node, pool)) {
				return false;
			}
		}
	}
	for (uint32_t i = 0; i < compilation->snapshot->unit_count; i++) {
		struct snapshot_unit *unit = &compilation->units[i];

		unit->nat_pool = SNAPSHOT_NAT_NONE;
		if (!unit->present || unit->address_count == 0) {
			continue;
		}
		const struct snapshot_nat_range own = {unit->addresses[0].address, unit->addresses[0].address};
		const uint16_t number = pool_number(compilation, "interface", unit->name);

		if (number == SNAPSHOT_NAT_NONE) {
			continue;
		}
		if (!fill_pool(compilation, number, unit->name, &own)) {
			return false;
		}
		compilation->nat_pools[number].unit = (uint16_t)i;
		compilation->nat_pools[number].interface = true;
		unit->nat_pool = number;
	}
	return true;
}

/* --- static mappings ------------------------------------------------------------------- */

static int
compare_public(const void *left, const void *right)
{
	const struct snapshot_nat_static *l = left;
	const struct snapshot_nat_static *r = right;

	if (l->unit != r->unit) {
		return l->unit < r->unit ? -1 : 1;
	}
	return l->public < r->public ? -1 : l->public > r->public;
}

static int
compare_host(const void *left, const void *right)
{
	const struct snapshot_nat_static *l = left;
	const struct snapshot_nat_static *r = right;

	if (l->unit != r->unit) {
		return l->unit < r->unit ? -1 : 1;
	}
	if (l->instance != r->instance) {
		return l->instance < r->instance ? -1 : 1;
	}
	if (l->host != r->host) {
		return l->host < r->host ? -1 : 1;
	}
	return l->public < r->public ? -1 : l->public > r->public;
}

static bool
read_mapping(const struct compilation *compilation, uint16_t unit, const struct conf_node *node,
    struct snapshot_nat_static *row)
{
	const char *host = conf_value(node, "host");
	const char *instance = conf_value(node, "virtual-router");
	const uint32_t number = instance == NULL ?
	    compilation->units[unit].instance :
	    registry_find(compilation->registry, REGISTRY_INSTANCE, instance);
	uint8_t length;

	if (host == NULL || number == REGISTRY_NONE || !parse_prefix(node->value, &row->public, &row->length) ||
	    !parse_prefix(host, &row->host, &length) || length != row->length) {
		return false;
	}
	row->public &= mask_of(row->length);
	row->host &= mask_of(row->length);
	row->unit = unit;
	row->instance = (uint16_t)number;
	return true;
}

/* The second list: of those that would overlap in it the first stays. */
static bool
sort_mappings(struct compilation *compilation, struct snapshot_nat_static *rows, uint32_t count)
{
	struct snapshot_nat *nat = &compilation->snapshot->nat;
	struct snapshot_nat_static *hosts = arena_take(compilation->arena, count, sizeof(*hosts));
	uint32_t kept = 0;

	if (hosts == NULL) {
		return false;
	}
	if (count > 0) {
		memcpy(hosts, rows, count * sizeof(*hosts));
		qsort(rows, count, sizeof(*rows), compare_public);
		qsort(hosts, count, sizeof(*hosts), compare_host);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct snapshot_nat_static *last = kept > 0 ? &hosts[kept - 1] : NULL;

		if (last != NULL && last->unit == hosts[i].unit && last->instance == hosts[i].instance &&
		    hosts[i].host <= (last->host | ~mask_of(last->length))) {
			continue;
		}
		hosts[kept++] = hosts[i];
	}
	nat->statics = rows;
	nat->static_count = count;
	nat->static_hosts = hosts;
	nat->static_host_count = kept;
	return true;
}

static bool
make_mappings(struct compilation *compilation)
{
	const struct conf_node *nat = nat_of(compilation);
	uint32_t count = 0;
	uint32_t used = 0;

	for (const struct conf_node *node = conf_first(nat, "interface"); node != NULL; node = conf_next(node)) {
		for (const struct conf_node *row = conf_first(node, "static-nat"); row != NULL; row = conf_next(row)) {
			count++;
		}
	}
	struct snapshot_nat_static *rows = arena_take(compilation->arena, count, sizeof(*rows));

	if (rows == NULL) {
		return false;
	}
	for (const struct conf_node *node = conf_first(nat, "interface"); node != NULL; node = conf_next(node)) {
		const uint32_t unit = registry_find(compilation->registry, REGISTRY_UNIT, node->value);

		for (const struct conf_node *row = conf_first(node, "static-nat"); row != NULL; row = conf_next(row)) {
			if (unit != REGISTRY_NONE && compilation->units[unit].present &&
			    read_mapping(compilation, (uint16_t)unit, row, &rows[used])) {
				used++;
			}
		}
	}
	return sort_mappings(compilation, rows, used);
}

/* --- destinations and what policies name ------------------------------------------------ */

static bool
make_destinations(struct compilation *compilation)
{
	const struct conf_node *nat = nat_of(compilation);
	uint32_t count = 0;

	for (const struct conf_node *node = conf_first(nat, "destination-nat"); node != NULL; node = conf_next(node)) {
		count++;
	}
	struct snapshot_nat_destination *rows = arena_take(compilation->arena, count, sizeof(*rows));

	compilation->nat_destination_names = name_table_create(&compilation->scratch);
	if (rows == NULL || compilation->nat_destination_names == NULL || count >= SNAPSHOT_NAT_NONE) {
		return false;
	}
	count = 0;
	for (const struct conf_node *node = conf_first(nat, "destination-nat"); node != NULL; node = conf_next(node)) {
		struct snapshot_nat_destination *row = &rows[count];
		const struct conf_node *single = conf_first(node, "address");
		struct snapshot_nat_range range;

		if (!read_range(node, &range)) {
			continue;
		}
		row->name = arena_copy(compilation->arena, node->value);
		row->low = range.low;
		row->high = range.high;
		row->range = single == NULL;
		row->port = (uint16_t)conf_number(
		    single != NULL ? single : conf_child(node, "address-range"), "port", 0);
		count++;
		if (row->name == NULL || !name_table_set(compilation->nat_destination_names, node->value, count)) {
			return false;
		}
	}
	compilation->snapshot->nat.destinations = rows;
	compilation->snapshot->nat.destination_count = (uint16_t)count;
	return true;
}

/* A row of the sources, the same for the same words. */
static bool
give_source(struct compilation *compilation, const char *key, const struct snapshot_nat_source *source, uint16_t *number)
{
	struct snapshot_nat_source *moved = arena_grow(compilation->arena, compilation->nat_sources,
	    compilation->snapshot->nat.source_count, &compilation->nat_source_capacity, sizeof(*moved));

	if (moved == NULL || compilation->snapshot->nat.source_count >= SNAPSHOT_NAT_NONE - 1) {
		return false;
	}
	compilation->nat_sources = moved;
	compilation->snapshot->nat.sources = moved;
	*number = compilation->snapshot->nat.source_count;
	moved[compilation->snapshot->nat.source_count++] = *source;
	return name_table_set(compilation->nat_source_names, key, *number + 1U);
}

/* All pools of that name, on whatever interface, appended. */
static uint16_t
find_pools(struct compilation *compilation, const char *name, uint16_t *pools, uint16_t count)
{
	const struct conf_node *nat = nat_of(compilation);

	for (const struct conf_node *unit = conf_first(nat, "interface"); unit != NULL; unit = conf_next(unit)) {
		if (conf_entry(conf_child(unit, "source-nat"), "pool", name, NULL) == NULL) {
			continue;
		}
		const uint16_t number = pool_number(compilation, unit->value, name);

		if (number != SNAPSHOT_NAT_NONE) {
			if (pools != NULL) {
				pools[count] = number;
			}
			count++;
		}
	}
	return count;
}

/* The pools of a pool, or of a set of them. */
static bool
read_pools(struct compilation *compilation, const struct conf_node *source, struct snapshot_nat_source *row)
{
	const char *name = conf_value(source, "pool");
	const struct conf_node *set = name != NULL ?
	    NULL :
	    conf_entry(conf_child(nat_of(compilation), "source-nat"), "pool-set", conf_value(source, "pool-set"), NULL);
	uint16_t *pools = NULL;

	for (int pass = 0; pass < 2; pass++) {
		row->pool_count = name == NULL ? 0 : find_pools(compilation, name, pools, 0);
		for (const struct conf_node *pool = conf_first(set, "pool"); pool != NULL; pool = conf_next(pool)) {
			row->pool_count = find_pools(compilation, pool->value, pools, row->pool_count);
		}
		if (pass == 0) {
			pools = arena_take(compilation->arena, row->pool_count, sizeof(*pools));
			if (pools == NULL) {
				return false;
			}
		}
	}
	row->pools = pools;
	return true;
}

static bool
policy_source(struct compilation *compilation, const struct conf_node *source, struct snapshot_policy *policy)
{
	const char *pool = conf_value(source, "pool");
	const char *set = conf_value(source, "pool-set");
	const bool interface = conf_present(source, "interface");
	const char *const words[] = {pool != NULL ? "pool" : set != NULL ? "pool-set" : "interface",
	    pool != NULL ? pool : set != NULL ? set : ""};
	struct snapshot_nat_source row = {.kind = interface ? NAT_SOURCE_INTERFACE : NAT_SOURCE_POOLS};

	if (pool == NULL && set == NULL && !interface) {
		return true;
	}
	const char *key = arena_join(&compilation->scratch, words, 2);
	const uint32_t known = key == NULL ? 0 : name_table_find(compilation->nat_source_names, key);

	if (known != 0) {
		policy->source_nat = (uint16_t)(known - 1);
		return true;
	}
	return key != NULL && (interface || read_pools(compilation, source, &row)) &&
	    give_source(compilation, key, &row, &policy->source_nat);
}

/* The lowest address as it was written (E-212). */
static uint32_t
lowest(const struct address_list *list)
{
	uint32_t base = UINT32_MAX;

	for (uint32_t i = 0; i < list->count; i++) {
		base = list->addresses[i].address < base ? list->addresses[i].address : base;
	}
	return base;
}

/* Remembers the single addresses of a list; a prefix has other hosts in it. */
static bool
note_publics(struct compilation *compilation, const struct address_list *list, uint16_t zone)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->addresses[i].length < 32) {
			continue;
		}
		struct nat_public *moved = arena_grow(&compilation->scratch, compilation->nat_publics,
		    compilation->nat_public_count, &compilation->nat_public_capacity, sizeof(*moved));

		if (moved == NULL) {
			return false;
		}
		compilation->nat_publics = moved;
		moved[compilation->nat_public_count++] =
		    (struct nat_public){.address = list->addresses[i].address, .zone = zone};
	}
	return true;
}

bool
compile_policy_nat(struct compilation *compilation, const struct conf_node *permit, const struct address_list *destinations,
    struct snapshot_policy *policy)
{
	const char *destination = conf_value(permit, "destination-nat");

	policy->source_nat = SNAPSHOT_NAT_NONE;
	policy->destination_nat = SNAPSHOT_NAT_NONE;
	if (destination != NULL) {
		const uint32_t found = name_table_find(compilation->nat_destination_names, destination);

		policy->destination_nat = found == 0 ? SNAPSHOT_NAT_NONE : (uint16_t)(found - 1);
		policy->destination_base = lowest(destinations);
		compilation->snapshot->nat.active = true;
		if (!note_publics(compilation, destinations, policy->from_zone)) {
			return false;
		}
	}
	if (has_content(conf_child(permit, "source-nat"))) {
		compilation->snapshot->nat.active = true;
		return policy_source(compilation, conf_child(permit, "source-nat"), policy);
	}
	return true;
}

bool
compile_nat(struct compilation *compilation)
{
	struct snapshot_nat *nat = &compilation->snapshot->nat;

	compilation->nat_source_names = name_table_create(&compilation->scratch);
	if (compilation->nat_source_names == NULL || !register_pools(compilation) || !make_pools(compilation) ||
	    !make_mappings(compilation) || !make_destinations(compilation)) {
		return false;
	}
	nat->active = nat->static_count > 0;
	nat->address_persistent = conf_present(conf_child(nat_of(compilation), "source-nat"), "address-persistent");
	return compile_nat_addresses(compilation);
}
