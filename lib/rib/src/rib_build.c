/*
 * From what was collected to tables: groups copy candidates, candidates are sorted into prefixes, prefixes are nested.
 *
 * Life cycle: once, in rib_finish(). Candidates of a table lie side by side in the order of `show route`, those of one
 * prefix best first; each prefix knows the next shorter one that covers it, so that a look-up is one binary search and a
 * walk up.
 */
#include <assert.h>
#include <stdlib.h>

#include "rib_private.h"

static bool
group_takes(uint32_t use, enum rib_protocol protocol)
{
	return (use & (protocol == RIB_STATIC ? (uint32_t)RIB_GROUP_STATIC : (uint32_t)RIB_GROUP_INTERFACE)) != 0;
}

static bool
copy_group(struct rib *rib, uint32_t index, uint32_t member, uint32_t originals)
{
	const struct rib_group *group = &rib->groups[index];
	const struct rib_table primary = rib->group_tables[group->start];
	const struct rib_table table = rib->group_tables[group->start + member];

	if (rib_table_equal(table, primary)) {
		return true;
	}
	for (uint32_t i = 0; i < originals; i++) {
		struct rib_candidate copy = rib->candidates[i];
		if (!rib_table_equal(copy.table, primary) || !group_takes(group->use, copy.protocol)) {
			continue;
		}
		copy.source = i;
		copy.table = table;
		if (!rib_push(rib, &copy)) {
			return false;
		}
	}
	return true;
}

static bool
copy_groups(struct rib *rib)
{
	const uint32_t originals = rib->candidate_count;

	for (uint32_t i = 0; i < rib->group_count; i++) {
		for (uint32_t member = 1; member < rib->groups[i].count; member++) {
			if (!copy_group(rib, i, member, originals)) {
				return false;
			}
		}
	}
	return true;
}

static int
compare_numbers(uint32_t left, uint32_t right)
{
	return (left > right) - (left < right);
}

/* Table, address, length; then best first: preference, own before copied, first come. */
static int
compare_candidates(const void *left, const void *right)
{
	const struct rib_candidate *a = left;
	const struct rib_candidate *b = right;
	int order = compare_numbers(a->table.instance, b->table.instance);

	if (order == 0) {
		order = compare_numbers((uint32_t)a->table.family, (uint32_t)b->table.family);
	}
	if (order == 0) {
		order = ipv6_compare(a->prefix, b->prefix);
	}
	if (order == 0) {
		order = compare_numbers(a->length, b->length);
	}
	if (order == 0) {
		order = compare_numbers(a->preference, b->preference);
	}
	if (order == 0) {
		order = (a->source != RIB_NOWHERE) - (b->source != RIB_NOWHERE);
	}
	return order == 0 ? compare_numbers(a->order, b->order) : order;
}

static bool
same_prefix(const struct rib_candidate *left, const struct rib_candidate *right)
{
	return rib_table_equal(left->table, right->table) && ipv6_equal(left->prefix, right->prefix) &&
	    left->length == right->length;
}

/* A route that several groups bring into the same table stands there once. => sorted: they are near each other */
static void
drop_repeated_copies(struct rib *rib)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		const struct rib_candidate *candidate = &rib->candidates[i];
		bool repeated = false;
		for (uint32_t j = kept; candidate->source != RIB_NOWHERE && !repeated && j > 0 &&
		     same_prefix(&rib->candidates[j - 1], candidate);
		     j--) {
			repeated = rib->candidates[j - 1].source == candidate->source;
		}
		if (!repeated) {
			rib->candidates[kept++] = rib->candidates[i];
		}
	}
	rib->candidate_count = kept;
}

/* Copies name their originals by order of adding until now; from here on by index. => orders are less than `orders` */
static bool
point_copies_at_indices(struct rib *rib, uint32_t orders)
{
	uint32_t *index_of = calloc((size_t)orders + 1, sizeof(*index_of));

	if (index_of == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		index_of[rib->candidates[i].order] = i;
	}
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		if (rib->candidates[i].source != RIB_NOWHERE) {
			rib->candidates[i].source = index_of[rib->candidates[i].source];
			assert(rib->candidates[rib->candidates[i].source].source == RIB_NOWHERE);
		}
	}
	free(index_of);
	return true;
}

static bool
make_prefixes(struct rib *rib)
{
	rib->routes = calloc((size_t)rib->candidate_count + 1, sizeof(*rib->routes));
	if (rib->routes == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		const struct rib_candidate *candidate = &rib->candidates[i];
		struct rib_span *span = &rib->instances[candidate->table.instance].tables[candidate->table.family];
		struct rib_prefix *last = &rib->routes[rib->route_count == 0 ? 0 : rib->route_count - 1];
		if (span->count > 0 && ipv6_equal(last->prefix, candidate->prefix) &&
		    last->length == candidate->length) {
			last->count++;
			continue;
		}
		if (span->count == 0) {
			span->start = rib->route_count;
		}
		span->count++;
		rib->routes[rib->route_count++] = (struct rib_prefix){
		    .prefix = candidate->prefix,
		    .length = candidate->length,
		    .start = i,
		    .count = 1,
		    .parent = RIB_NOWHERE,
		    .active = RIB_NOWHERE,
		};
	}
	return true;
}

/* In sorted order a prefix follows those that cover it: the last one and its parents are the only possible parents. */
static void
nest_table(struct rib *rib, const struct rib_span *span)
{
	for (uint32_t i = 1; i < span->count; i++) {
		const uint32_t here = span->start + i;
		uint32_t parent = here - 1;
		while (parent != RIB_NOWHERE && !rib_covers(&rib->routes[parent], rib->routes[here].prefix)) {
			parent = rib->routes[parent].parent;
		}
		rib->routes[here].parent = parent;
	}
}

static void
nest_prefixes(struct rib *rib)
{
	for (uint32_t n = 0; n < rib->instance_count; n++) {
		for (uint32_t family = 0; family < RIB_FAMILIES; family++) {
			nest_table(rib, &rib->instances[n].tables[family]);
		}
	}
}

static bool
has_recursion(const struct rib *rib)
{
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		if ((rib->candidates[i].flags & RIB_RESOLVE) != 0) {
			return true;
		}
	}
	return false;
}

bool
rib_finish(struct rib *rib, uint64_t now)
{
	assert(rib->routes == NULL);
	if (!copy_groups(rib)) {
		return false;
	}
	if (rib->candidate_count > 0) {
		qsort(rib->candidates, rib->candidate_count, sizeof(*rib->candidates), compare_candidates);
	}
	const uint32_t orders = rib->candidate_count;
	drop_repeated_copies(rib);
	if (!point_copies_at_indices(rib, orders) || !make_prefixes(rib)) {
		return false;
	}
	nest_prefixes(rib);
	rib->has_recursion = has_recursion(rib);
	(void)rib_resolve(rib, now);
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		rib->candidates[i].since = now;
	}
	return true;
}

struct rib_span
rib_span_of(const struct rib *rib, struct rib_table table)
{
	if (table.instance >= rib->instance_count || rib->routes == NULL) {
		return (struct rib_span){.count = 0};
	}
	return rib->instances[table.instance].tables[table.family];
}

/* The last prefix of the table that is not greater than (prefix, length), or RIB_NOWHERE. */
static uint32_t
find_not_greater(const struct rib *rib, struct rib_table table, struct ipv6_address prefix, uint8_t length)
{
	const struct rib_span span = rib_span_of(rib, table);
	uint32_t low = span.start;
	uint32_t high = span.start + span.count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct rib_prefix *route = &rib->routes[middle];
		const int order = ipv6_compare(route->prefix, prefix);
		if (order < 0 || (order == 0 && route->length <= length)) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low == span.start ? RIB_NOWHERE : low - 1;
}

uint32_t
rib_find_covering(const struct rib *rib, struct rib_table table, struct ipv6_address address)
{
	uint32_t route = find_not_greater(rib, table, address, IPV6_LENGTH_MOST);

	while (route != RIB_NOWHERE && !rib_covers(&rib->routes[route], address)) {
		route = rib->routes[route].parent;
	}
	return route;
}

uint32_t
rib_find_prefix(const struct rib *rib, struct rib_table table, struct ipv6_address prefix, uint8_t length)
{
	const uint32_t route = find_not_greater(rib, table, prefix, length);

	if (route == RIB_NOWHERE || !ipv6_equal(rib->routes[route].prefix, prefix) ||
	    rib->routes[route].length != length) {
		return RIB_NOWHERE;
	}
	return route;
}
