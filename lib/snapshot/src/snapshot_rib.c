/*
 * The routing side of a configuration: instances, addresses of units, static routes and groups into a rib.
 *
 * E-062: a group that no rib-group statement names is applied to the interface and static routes of its first table's
 * instance (conf_check() warns). One reference anywhere switches that off for the group.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

struct filling {
	const struct conf_node *top;
	const struct snapshot_registry *registry;
	const struct snapshot *snapshot;
	struct rib *rib;
	struct arena scratch;
};

static const char *const table_names[RIB_FAMILIES] = {[RIB_INET] = "inet.0", [RIB_INET6] = "inet6.0"};

/* The table of a name ("inet.0", "NAME.inet6.0"); its instance is RIB_NO_INSTANCE when there is none. */
static struct rib_table
table_of_name(struct filling *filling, const char *name)
{
	const struct rib_table none = {.instance = RIB_NO_INSTANCE};
	const char *dot = NULL;

	for (enum rib_family family = RIB_INET; family <= RIB_INET6; family++) {
		const size_t tail = strlen(table_names[family]);
		const size_t length = strlen(name);
		if (strcmp(name, table_names[family]) == 0) {
			return (struct rib_table){.instance = SNAPSHOT_INSTANCE_DEFAULT, .family = family};
		}
		if (length <= tail + 1 || strcmp(name + length - tail, table_names[family]) != 0 ||
		    name[length - tail - 1] != '.') {
			continue;
		}
		dot = name + length - tail - 1;
		char *instance_name = arena_copy(&filling->scratch, name);
		if (instance_name == NULL) {
			return none;
		}
		instance_name[dot - name] = '\0';
		const uint32_t instance = registry_find(filling->registry, REGISTRY_INSTANCE, instance_name);
		if (instance < filling->snapshot->instance_count && filling->snapshot->instances[instance].present) {
			return (struct rib_table){.instance = (uint16_t)instance, .family = family};
		}
	}
	return none;
}

static uint16_t
unit_of_name(const struct filling *filling, const char *name)
{
	const uint32_t unit = registry_find(filling->registry, REGISTRY_UNIT, name);

	if (unit >= filling->snapshot->unit_count || !filling->snapshot->units[unit].present) {
		return RIB_NO_UNIT;
	}
	return (uint16_t)unit;
}

/* Up until someone says otherwise: a unit that is switched on, and has a port or needs none. */
static bool
unit_starts_up(const struct snapshot_unit *unit)
{
	return unit->enabled && (unit->port != SNAPSHOT_NONE || unit->tunnel || strncmp(unit->name, "lo", 2) == 0);
}

static bool
fill_addresses(struct filling *filling, uint16_t identity, const struct snapshot_unit *unit)
{
	for (uint16_t i = 0; i < unit->address_count; i++) {
		if (!rib_add_address(filling->rib, identity, RIB_INET, ipv6_mapped(unit->addresses[i].address),
			unit->addresses[i].length)) {
			return false;
		}
	}
	for (uint16_t i = 0; i < unit->address6_count; i++) {
		if (!rib_add_address(filling->rib, identity, RIB_INET6, unit->addresses6[i].address,
			unit->addresses6[i].length)) {
			return false;
		}
	}
	return true;
}

static bool
fill_units(struct filling *filling)
{
	const struct snapshot *snapshot = filling->snapshot;

	for (uint16_t i = 0; i < snapshot->instance_count; i++) {
		if (snapshot->instances[i].present &&
		    !rib_add_instance(filling->rib, i, snapshot->instances[i].name)) {
			return false;
		}
	}
	for (uint16_t i = 0; i < snapshot->unit_count; i++) {
		const struct snapshot_unit *unit = &snapshot->units[i];
		if (!unit->present) {
			continue;
		}
		if (!rib_add_unit(filling->rib, i, unit->instance, unit_starts_up(unit)) ||
		    !fill_addresses(filling, i, unit)) {
			return false;
		}
	}
	return true;
}

/* A prefix of the family. conf_check() has told of those of the other. */
static bool
parse_family(enum rib_family family, const char *text, struct ipv6_address *address, uint8_t *length)
{
	uint32_t inet = 0;

	if (family == RIB_INET6) {
		return parse_prefix6(text, address, length);
	}
	if (!parse_prefix(text, &inet, length)) {
		return false;
	}
	*address = ipv6_mapped(inet);
	return true;
}

static struct rib_next_hop
next_hop_of(const struct filling *filling, enum rib_family family, const struct conf_node *node)
{
	const char *unit = conf_value(node, "interface");
	struct rib_next_hop hop = {.unit = RIB_NO_UNIT};
	uint8_t length = 0;

	if (!parse_family(family, node->value, &hop.address, &length)) {
		hop.by_unit = true;
		hop.unit = unit_of_name(filling, node->value);
	} else if (unit != NULL) {
		hop.on_unit = true;
		hop.unit = unit_of_name(filling, unit);
	}
	return hop;
}

static bool
read_next_hops(struct filling *filling, const struct conf_node *node, struct rib_static *route)
{
	uint32_t count = 0;
	uint32_t at = 0;

	for (const struct conf_node *hop = conf_first(node, "next-hop"); hop; hop = conf_next(hop)) {
		count++;
	}
	for (const struct conf_node *hop = conf_first(node, "qualified-next-hop"); hop; hop = conf_next(hop)) {
		count++;
	}
	struct rib_next_hop *hops = arena_take(&filling->scratch, count, sizeof(*hops));
	if (hops == NULL || count > UINT16_MAX) {
		return false;
	}
	for (const struct conf_node *hop = conf_first(node, "next-hop"); hop; hop = conf_next(hop)) {
		hops[at++] = next_hop_of(filling, route->table.family, hop);
	}
	for (const struct conf_node *hop = conf_first(node, "qualified-next-hop"); hop; hop = conf_next(hop)) {
		hops[at] = next_hop_of(filling, route->table.family, hop);
		hops[at].qualified = true;
		hops[at++].preference = conf_number(hop, "preference", route->preference);
	}
	route->next_hops = hops;
	route->next_hop_count = (uint16_t)count;
	return true;
}

static uint8_t
route_flags(const struct conf_node *node)
{
	return (uint8_t)((conf_present(node, "resolve") ? RIB_RESOLVE : 0) |
	    (conf_present(node, "passive") ? RIB_PASSIVE : 0) | (conf_present(node, "retain") ? RIB_RETAIN : 0) |
	    (conf_present(node, "no-readvertise") ? RIB_NO_READVERTISE : 0));
}

static bool
fill_route(struct filling *filling, const struct conf_node *node, struct rib_table own)
{
	struct rib_static route = {
	    .table = own,
	    .flags = route_flags(node),
	    .preference = conf_number(node, "preference", RIB_PREFERENCE_STATIC),
	    .kind = RIB_STATIC_NEXT_HOPS,
	};
	const char *table = conf_value(node, "next-table");

	if (!parse_family(own.family, node->value, &route.prefix, &route.length)) {
		return true;
	}
	if (conf_present(node, "discard")) {
		route.kind = RIB_STATIC_DISCARD;
	} else if (conf_present(node, "reject")) {
		route.kind = RIB_STATIC_REJECT;
	} else if (table != NULL) {
		const struct rib_table onward = table_of_name(filling, table);
		route.kind = RIB_STATIC_TABLE;
		route.next_table = onward.instance;
		if (onward.instance == RIB_NO_INSTANCE || onward.family != own.family) {
			return !arena_failed(&filling->scratch);
		}
	} else if (!read_next_hops(filling, node, &route)) {
		return false;
	}
	return rib_add_static(filling->rib, &route);
}

static bool
fill_routes(struct filling *filling, const struct conf_node *statics, struct rib_table table)
{
	for (const struct conf_node *route = conf_first(statics, "route"); route; route = conf_next(route)) {
		if (!fill_route(filling, route, table)) {
			return false;
		}
	}
	return true;
}

/* An instance's static routes: inet.0's stand under `static`, those of other tables under `rib`. */
static const struct conf_node *
statics_of(const struct conf_node *routing_options, enum rib_family family)
{
	if (family == RIB_INET) {
		return conf_child(routing_options, "static");
	}
	return conf_child(conf_first(routing_options, "rib"), "static"); /* there is one at most: its own inet6.0 */
}

static bool
fill_options(struct filling *filling, const struct conf_node *routing_options, uint16_t instance)
{
	for (enum rib_family family = RIB_INET; family <= RIB_INET6; family++) {
		const struct rib_table table = {.instance = instance, .family = family};
		if (!fill_routes(filling, statics_of(routing_options, family), table)) {
			return false;
		}
	}
	return true;
}

/* How an instance's routing-options use a group for a family's routes. */
static uint32_t
use_of_group(const struct conf_node *routing_options, enum rib_family family, const char *group)
{
	const char *statics = conf_value(statics_of(routing_options, family), "rib-group");
	const char *direct = conf_value(conf_walk(routing_options, "interface-routes", "rib-group", NULL),
	    family == RIB_INET ? "inet" : "inet6");

	return (statics != NULL && strcmp(statics, group) == 0 ? (uint32_t)RIB_GROUP_STATIC : 0) |
	    (direct != NULL && strcmp(direct, group) == 0 ? (uint32_t)RIB_GROUP_INTERFACE : 0);
}

static bool
uses_group(const struct conf_node *routing_options, const char *group)
{
	return (use_of_group(routing_options, RIB_INET, group) | use_of_group(routing_options, RIB_INET6, group)) != 0;
}

static const struct conf_node *
options_of_instance(const struct conf_node *top, const char *name)
{
	if (*name == '\0') {
		return conf_child(top, "routing-options");
	}
	return conf_child(
	    conf_entry(conf_child(top, "routing-instances"), "instance", name, NULL), "routing-options");
}

static bool
group_is_named(const struct conf_node *top, const char *group)
{
	const struct conf_node *instances = conf_child(top, "routing-instances");

	if (uses_group(conf_child(top, "routing-options"), group)) {
		return true;
	}
	for (const struct conf_node *node = conf_first(instances, "instance"); node; node = conf_next(node)) {
		if (uses_group(conf_child(node, "routing-options"), group)) {
			return true;
		}
	}
	return false;
}

/* Only tables of instances, never those of the default one, are applied without being named. */
static bool
group_is_implicit(const struct conf_node *top, const struct conf_node *group)
{
	const struct conf_node *first = conf_first(group, "import-rib");

	return first != NULL && strcmp(first->value, table_names[RIB_INET]) != 0 &&
	    strcmp(first->value, table_names[RIB_INET6]) != 0 && !group_is_named(top, group->value);
}

static bool
fill_group(struct filling *filling, const struct conf_node *group)
{
	struct rib_table *members = NULL;
	uint32_t count = 0;
	uint32_t at = 0;

	for (const struct conf_node *table = conf_first(group, "import-rib"); table; table = conf_next(table)) {
		count++;
	}
	members = arena_take(&filling->scratch, count, sizeof(*members));
	if (members == NULL) {
		return false;
	}
	for (const struct conf_node *table = conf_first(group, "import-rib"); table; table = conf_next(table)) {
		members[at] = table_of_name(filling, table->value);
		if (members[at].instance != RIB_NO_INSTANCE && members[at].family == members[0].family) {
			at++;
		} else if (at == 0) {
			/* REQ-RT-018: without its primary table a group copies nothing */
			return !arena_failed(&filling->scratch);
		}
	}
	if (at < 2) {
		return true;
	}
	const char *name = filling->snapshot->instances[members[0].instance].name;
	const uint32_t use = group_is_implicit(filling->top, group)
	    ? (uint32_t)RIB_GROUP_INTERFACE | (uint32_t)RIB_GROUP_STATIC
	    : use_of_group(options_of_instance(filling->top, name), members[0].family, group->value);
	return use == 0 || rib_add_group(filling->rib, members, at, use);
}

static bool
fill(struct filling *filling)
{
	const struct conf_node *options = conf_child(filling->top, "routing-options");
	const struct conf_node *instances = conf_child(filling->top, "routing-instances");
	const struct conf_node *groups = conf_child(options, "rib-groups");

	if (!fill_units(filling) || !fill_options(filling, options, SNAPSHOT_INSTANCE_DEFAULT)) {
		return false;
	}
	for (const struct conf_node *node = conf_first(instances, "instance"); node; node = conf_next(node)) {
		const uint32_t instance = registry_find(filling->registry, REGISTRY_INSTANCE, node->value);
		if (instance < filling->snapshot->instance_count &&
		    !fill_options(filling, conf_child(node, "routing-options"), (uint16_t)instance)) {
			return false;
		}
	}
	for (const struct conf_node *group = conf_first(groups, "rib-group"); group; group = conf_next(group)) {
		if (!fill_group(filling, group)) {
			return false;
		}
	}
	return rib_finish(filling->rib, 0);
}

struct rib *
snapshot_rib_create(const struct conf_tree *tree, const struct snapshot_registry *registry,
    const struct snapshot *snapshot)
{
	struct filling filling = {
	    .top = conf_tree_top(tree),
	    .registry = registry,
	    .snapshot = snapshot,
	    .rib = rib_create(),
	};

	if (filling.rib == NULL) {
		return NULL;
	}
	const bool filled = fill(&filling);
	arena_release(&filling.scratch);
	if (!filled) {
		rib_destroy(filling.rib);
		return NULL;
	}
	return filling.rib;
}
