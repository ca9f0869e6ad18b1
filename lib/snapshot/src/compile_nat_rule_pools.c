/*
 * Address translation by rule-sets: source pools, one more for each interface, and the addresses that interfaces answer for.
 */
#include <stdlib.h>
#include <string.h>

#include "compile_nat_rules.h"
#include "conf/books.h"

static int
compare_ranges(const void *left, const void *right)
{
	const struct snapshot_nat_range *a = left;
	const struct snapshot_nat_range *b = right;

	return (a->low > b->low) - (a->low < b->low);
}

static uint32_t
last_of(const struct snapshot_address *prefix)
{
	return prefix->length == 0 ? UINT32_MAX :
	                             prefix->address | (uint32_t)((UINT64_C(1) << (32 - prefix->length)) - 1);
}

static uint32_t
masked(const struct snapshot_address *prefix)
{
	return prefix->length == 0 ? 0 : prefix->address & (UINT32_MAX << (32 - prefix->length));
}

bool
nat_read_range(const struct conf_node *address, struct snapshot_nat_range *range)
{
	const char *to = conf_value(address, "to");
	struct snapshot_address first = {.address = 0};
	struct snapshot_address last = {.address = 0};

	if (!parse_prefix(address->value, &first.address, &first.length) ||
	    (to != NULL && !parse_prefix(to, &last.address, &last.length))) {
		return false;
	}
	range->low = masked(&first);
	range->high = to == NULL ? last_of(&first) : last.address;
	return range->low <= range->high;
}

bool
nat_read_prefix(const struct compilation *compilation, const struct conf_node *node, struct snapshot_address *prefix)
{
	const char *text = node == NULL ? NULL : node->value;

	if (text != NULL && strchr(text, '/') == NULL) {
		text = conf_value(conf_entry(conf_global_book(compilation->top), "address", text, NULL), "ip-prefix");
	}
	if (text == NULL || !parse_prefix(text, &prefix->address, &prefix->length)) {
		return false;
	}
	prefix->address = masked(prefix);
	return true;
}

uint16_t
nat_instance_of(const struct compilation *compilation, const char *name, uint16_t otherwise)
{
	const uint32_t found = name == NULL ? REGISTRY_NONE :
	    strcmp(name, "default") == 0    ? SNAPSHOT_INSTANCE_DEFAULT :
	                                      registry_find(compilation->registry, REGISTRY_INSTANCE, name);

	return found == REGISTRY_NONE ? otherwise : (uint16_t)found;
}

/* --- pools ------------------------------------------------------------------------------------------------------- */

static const char *
pool_path(struct compilation *compilation, const char *kind, const char *name)
{
	const char *const words[] = {kind, name};

	return arena_join(&compilation->scratch, words, sizeof(words) / sizeof(words[0]));
}

uint16_t
nat_rule_pool_find(struct compilation *compilation, const char *name)
{
	const char *path = pool_path(compilation, "source", name);
	const uint32_t found = path == NULL ? REGISTRY_NONE : registry_find(compilation->registry, REGISTRY_NAT_POOL, path);

	return found == REGISTRY_NONE ? SNAPSHOT_NAT_NONE : (uint16_t)found;
}

/* The ranges in the configured order, and how many addresses there are in them. */
static bool
read_ranges(struct compilation *compilation, const struct conf_node *holder, struct snapshot_nat_pool *pool)
{
	struct snapshot_nat_range *ranges;
	uint32_t count = 0;

	for (const struct conf_node *address = conf_first(holder, "address"); address != NULL; address = conf_next(address)) {
		count++;
	}
	ranges = arena_take(compilation->arena, count, sizeof(*ranges));
	if (ranges == NULL || count > UINT16_MAX) {
		return false;
	}
	for (const struct conf_node *address = conf_first(holder, "address"); address != NULL; address = conf_next(address)) {
		if (nat_read_range(address, &ranges[pool->range_count])) {
			pool->size += ranges[pool->range_count].high - ranges[pool->range_count].low + 1;
			pool->range_count++;
		}
	}
	pool->ranges = ranges;
	return true;
}

static uint8_t
percent(const struct conf_node *holder, const char *leaf, uint32_t otherwise)
{
	return (uint8_t)conf_number(conf_child(holder, "pool-utilization-alarm"), leaf, otherwise);
}

/* The thresholds of a pool, else those of all pools; the lower one is four fifths of the upper one unless written. */
static void
read_alarm(const struct conf_node *source, const struct conf_node *holder, struct snapshot_nat_pool *pool)
{
	const struct conf_node *from = conf_present(holder, "pool-utilization-alarm") ? holder : source;

	pool->alarm_raise = percent(from, "raise-threshold", 0);
	pool->alarm_clear = percent(from, "clear-threshold", pool->alarm_raise * 4U / 5);
}

static bool
read_pool(struct compilation *compilation, const struct conf_node *source, const struct conf_node *holder,
    struct snapshot_nat_pool *pool)
{
	const struct conf_node *port = conf_child(holder, "port");
	const struct conf_node *range = conf_child(port, "range");
	const char *base = conf_value(holder, "host-address-base");
	const char *overflow = conf_value(holder, "overflow-pool");
	uint8_t length = 0;

	*pool = (struct snapshot_nat_pool){
	    .name = arena_copy(compilation->arena, holder->value),
	    .present = true,
	    .shared = conf_present(holder, "address-shared"),
	    .paired = conf_present(conf_child(holder, "address-pooling"), "paired"),
	    .layers = (uint8_t)conf_number(port, "port-overloading-factor", 1),
	    .kind = conf_present(port, "no-translation") ? NAT_POOL_ADDRESSES : NAT_POOL_PORTS,
	    .unit = SNAPSHOT_NONE,
	    .instance = nat_instance_of(compilation, conf_value(holder, "routing-instance"), SNAPSHOT_NONE),
	    .overflow = SNAPSHOT_NAT_NONE,
	    .port_low = (uint16_t)conf_number(range, "low", SNAPSHOT_NAT_PORT_LOW),
	};
	pool->port_high = (uint16_t)conf_number(range, "to", range == NULL ? SNAPSHOT_NAT_PORT_HIGH : pool->port_low);
	if (base != NULL && parse_prefix(base, &pool->host_low, &length)) {
		pool->kind = NAT_POOL_STATIC;
	}
	if (overflow != NULL) {
		pool->overflow =
		    strcmp(overflow, "interface") == 0 ? SNAPSHOT_NAT_INTERFACE : nat_rule_pool_find(compilation, overflow);
	}
	read_alarm(source, holder, pool);
	return pool->name != NULL && read_ranges(compilation, holder, pool);
}

/* A unit's own first address; ports may be given again towards other destinations unless that is off. */
static bool
unit_pool(struct compilation *compilation, const struct conf_node *source, uint32_t unit, struct snapshot_nat_pool *pool)
{
	const struct snapshot_unit *row = &compilation->units[unit];
	const struct conf_node *overloading = conf_walk(source, "interface", "port-overloading", NULL);
	struct snapshot_nat_range *range = arena_take(compilation->arena, 1, sizeof(*range));

	if (range == NULL) {
		return false;
	}
	*range = (struct snapshot_nat_range){row->addresses[0].address, row->addresses[0].address};
	*pool = (struct snapshot_nat_pool){
	    .name = row->name,
	    .present = true,
	    .interface = true,
	    .layers = conf_present(overloading, "off") ? 1 : SNAPSHOT_NAT_LAYERS_MOST,
	    .kind = NAT_POOL_PORTS,
	    .unit = (uint16_t)unit,
	    .instance = SNAPSHOT_NONE,
	    .overflow = SNAPSHOT_NAT_NONE,
	    .port_low = SNAPSHOT_NAT_PORT_LOW,
	    .port_high = SNAPSHOT_NAT_PORT_HIGH,
	    .range_count = 1,
	    .ranges = range,
	    .size = 1,
	};
	return true;
}

static bool
register_pools(struct compilation *compilation, const struct conf_node *source)
{
	for (const struct conf_node *pool = conf_first(source, "pool"); pool != NULL; pool = conf_next(pool)) {
		const struct compile_path path = {
		    REGISTRY_NAT_POOL, pool_path(compilation, "source", pool->value), pool->value};

		if (path.path == NULL || compile_register(compilation, pool, &path) == REGISTRY_NONE) {
			return false;
		}
	}
	for (uint32_t unit = 0; unit < compilation->snapshot->unit_count; unit++) {
		struct snapshot_unit *row = &compilation->units[unit];

		row->nat_pool = SNAPSHOT_NAT_NONE;
		if (!row->present || row->address_count == 0) {
			continue;
		}
		const struct compile_path path = {REGISTRY_NAT_POOL, pool_path(compilation, "interface", row->name), row->name};
		const uint32_t identity = path.path == NULL ? REGISTRY_NONE : compile_register(compilation, NULL, &path);

		if (identity == REGISTRY_NONE) {
			return false;
		}
		row->nat_pool = (uint16_t)identity;
	}
	return true;
}

bool
compile_nat_rule_pools(struct compilation *compilation, const struct conf_node *nat)
{
	const struct conf_node *source = conf_child(nat, "source");

	if (!register_pools(compilation, source)) {
		return false;
	}
	const uint32_t count = registry_count(compilation->registry, REGISTRY_NAT_POOL);
	struct snapshot_nat_pool *pools = arena_take(compilation->arena, count, sizeof(*pools));

	if (pools == NULL) {
		return false;
	}
	for (const struct conf_node *pool = conf_first(source, "pool"); pool != NULL; pool = conf_next(pool)) {
		const uint16_t identity = nat_rule_pool_find(compilation, pool->value);

		if (identity == SNAPSHOT_NAT_NONE || !read_pool(compilation, source, pool, &pools[identity])) {
			return false;
		}
	}
	for (uint32_t unit = 0; unit < compilation->snapshot->unit_count; unit++) {
		const uint16_t identity = compilation->units[unit].nat_pool;

		if (identity != SNAPSHOT_NAT_NONE && !unit_pool(compilation, source, unit, &pools[identity])) {
			return false;
		}
	}
	compilation->snapshot->nat.pools = pools;
	compilation->snapshot->nat.pool_count = (uint16_t)count;
	return true;
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

bool
compile_nat_answers(struct compilation *compilation, const struct conf_node *nat)
{
	const struct conf_node *interface = conf_first(conf_child(nat, "proxy-arp"), "interface");

	for (; interface != NULL; interface = conf_next(interface)) {
		const uint32_t unit = registry_find(compilation->registry, REGISTRY_UNIT, interface->value);
		struct snapshot_nat_pool ranges = {.range_count = 0};
		struct snapshot_nat_range *sorted;

		if (unit == REGISTRY_NONE || !compilation->units[unit].present) {
			continue;
		}
		if (!read_ranges(compilation, interface, &ranges)) {
			return false;
		}
		sorted = arena_take(compilation->arena, ranges.range_count, sizeof(*sorted));
		if (sorted == NULL) {
			return false;
		}
		memcpy(sorted, ranges.ranges, ranges.range_count * sizeof(*sorted));
		qsort(sorted, ranges.range_count, sizeof(*sorted), compare_ranges);
		compilation->units[unit].answers = sorted;
		compilation->units[unit].answer_count = ranges.range_count;
	}
	return true;
}
