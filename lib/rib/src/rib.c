/*
 * Filling a rib: instances, units, addresses, static routes and groups are collected in the order they come.
 *
 * Life cycle, threads: see rib/rib.h. Nothing here decides anything; rib_build.c sorts, rib_resolve.c decides.
 */
#include "rib/rib.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "rib_private.h"

struct rib *
rib_create(void)
{
	return calloc(1, sizeof(struct rib));
}

void
rib_destroy(struct rib *rib)
{
	if (rib == NULL) {
		return;
	}
	for (uint32_t i = 0; i < rib->instance_count; i++) {
		free(rib->instances[i].name);
	}
	free(rib->instances);
	free(rib->units);
	free(rib->candidates);
	free(rib->routes);
	free(rib->next_hops);
	free(rib->groups);
	free(rib->group_tables);
	free(rib);
}

static bool
instance_is_there(const struct rib *rib, uint16_t instance)
{
	return instance < rib->instance_count && rib->instances[instance].present;
}

bool
rib_add_instance(struct rib *rib, uint16_t instance, const char *name)
{
	assert(!instance_is_there(rib, instance));
	struct rib_instance *instances = array_reach(rib->instances, &rib->instance_count, instance, sizeof(*instances));

	if (instances == NULL) {
		return false;
	}
	rib->instances = instances;
	instances[instance].name = strdup(name);
	instances[instance].present = instances[instance].name != NULL;
	return instances[instance].present;
}

bool
rib_add_unit(struct rib *rib, uint16_t unit, uint16_t instance, bool up)
{
	if (!instance_is_there(rib, instance) || unit == RIB_NO_UNIT) {
		return false;
	}
	struct rib_unit *units = array_reach(rib->units, &rib->unit_count, unit, sizeof(*units));

	if (units == NULL) {
		return false;
	}
	rib->units = units;
	units[unit] = (struct rib_unit){.present = true, .up = up, .instance = instance};
	return true;
}

struct rib_candidate
rib_candidate_blank(struct rib_table table, enum rib_protocol protocol)
{
	return (struct rib_candidate){
	    .source = RIB_NOWHERE,
	    .table = table,
	    .origin = table.instance,
	    .unit = RIB_NO_UNIT,
	    .next_table = RIB_NO_INSTANCE,
	    .selected = UINT16_MAX,
	    .protocol = protocol,
	    .kind = RIB_STATIC_NEXT_HOPS,
	    .hop = {.kind = RIB_HOP_NONE, .unit = RIB_NO_UNIT, .instance = RIB_NO_INSTANCE},
	    .former = {.kind = RIB_HOP_NONE, .unit = RIB_NO_UNIT, .instance = RIB_NO_INSTANCE},
	};
}

bool
rib_push(struct rib *rib, const struct rib_candidate *candidate)
{
	struct rib_candidate *moved =
	    array_grow(rib->candidates, rib->candidate_count, &rib->candidate_capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	rib->candidates = moved;
	moved[rib->candidate_count] = *candidate;
	moved[rib->candidate_count].order = rib->candidate_count;
	rib->candidate_count++;
	return true;
}

bool
rib_add_address(struct rib *rib, uint16_t unit, enum rib_family family, struct ipv6_address address, uint8_t length)
{
	const uint8_t bits = rib_length_in(family, length);

	assert(bits <= IPV6_LENGTH_MOST && ipv6_is_mapped(address) == (family == RIB_INET));
	if (unit >= rib->unit_count || !rib->units[unit].present) {
		return false;
	}
	const struct rib_table table = {.instance = rib->units[unit].instance, .family = family};
	struct rib_candidate local = rib_candidate_blank(table, RIB_LOCAL);
	local.prefix = address;
	local.length = IPV6_LENGTH_MOST;
	local.unit = unit;
	local.preference = RIB_PREFERENCE_DIRECT;
	if (!rib_push(rib, &local)) {
		return false;
	}
	if (bits == IPV6_LENGTH_MOST) {
		return true;
	}
	struct rib_candidate direct = rib_candidate_blank(table, RIB_DIRECT);
	direct.prefix = ipv6_first(address, bits);
	direct.length = bits;
	direct.unit = unit;
	direct.preference = RIB_PREFERENCE_DIRECT;
	return rib_push(rib, &direct);
}

static bool
push_next_hop(struct rib *rib, const struct rib_next_hop *next_hop)
{
	struct rib_next_hop *moved =
	    array_grow(rib->next_hops, rib->next_hop_count, &rib->next_hop_capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	rib->next_hops = moved;
	moved[rib->next_hop_count++] = *next_hop;
	return true;
}

/* The next hops without a preference of their own: one candidate, the first usable one is taken. */
static bool
add_plain_next_hops(struct rib *rib, const struct rib_static *route, const struct rib_candidate *blank)
{
	struct rib_candidate candidate = *blank;

	candidate.next_hop_start = rib->next_hop_count;
	for (uint16_t i = 0; i < route->next_hop_count; i++) {
		if (route->next_hops[i].qualified) {
			continue;
		}
		if (!push_next_hop(rib, &route->next_hops[i])) {
			return false;
		}
		candidate.next_hop_count++;
	}
	return candidate.next_hop_count == 0 || rib_push(rib, &candidate);
}

static bool
add_qualified_next_hops(struct rib *rib, const struct rib_static *route, const struct rib_candidate *blank)
{
	for (uint16_t i = 0; i < route->next_hop_count; i++) {
		struct rib_candidate candidate = *blank;
		if (!route->next_hops[i].qualified) {
			continue;
		}
		candidate.next_hop_start = rib->next_hop_count;
		candidate.next_hop_count = 1;
		candidate.preference = route->next_hops[i].preference;
		if (!push_next_hop(rib, &route->next_hops[i]) || !rib_push(rib, &candidate)) {
			return false;
		}
	}
	return true;
}

bool
rib_add_static(struct rib *rib, const struct rib_static *route)
{
	const uint8_t bits = rib_length_in(route->table.family, route->length);

	assert(bits <= IPV6_LENGTH_MOST);
	if (!instance_is_there(rib, route->table.instance)) {
		return false;
	}
	struct rib_candidate blank = rib_candidate_blank(route->table, RIB_STATIC);
	blank.prefix = ipv6_first(rib_address_in(route->table.family, route->prefix), bits);
	blank.length = bits;
	blank.flags = route->flags;
	blank.preference = route->preference;
	blank.kind = route->kind;
	if (route->kind == RIB_STATIC_NEXT_HOPS) {
		return add_plain_next_hops(rib, route, &blank) && add_qualified_next_hops(rib, route, &blank);
	}
	if (route->kind == RIB_STATIC_TABLE) {
		if (!instance_is_there(rib, route->next_table)) {
			return false;
		}
		blank.next_table = route->next_table;
	}
	return rib_push(rib, &blank);
}

bool
rib_add_group(struct rib *rib, const struct rib_table *tables, uint32_t count, uint32_t use)
{
	struct rib_group *groups = array_grow(rib->groups, rib->group_count, &rib->group_capacity, sizeof(*groups));

	if (groups == NULL) {
		return false;
	}
	rib->groups = groups;
	const struct rib_group group = {.start = rib->group_table_count, .count = count, .use = use};
	for (uint32_t i = 0; i < count; i++) {
		struct rib_table *moved = array_grow(rib->group_tables, rib->group_table_count,
		    &rib->group_table_capacity, sizeof(*moved));
		if (moved == NULL) {
			return false;
		}
		rib->group_tables = moved;
		if (!instance_is_there(rib, tables[i].instance)) {
			return false;
		}
		assert(tables[i].family == tables[0].family);
		moved[rib->group_table_count++] = tables[i];
	}
	groups[rib->group_count++] = group;
	return true;
}
