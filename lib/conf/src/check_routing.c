/*
 * Routing: instances and their interfaces, static routes, groups of tables.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "check_private.h"

static const char *const default_tables[] = {"inet.0", "inet6.0"};

enum {
	FAMILIES = sizeof(default_tables) / sizeof(default_tables[0]),
	INET6 = 1, /* its place there */
	INSTANCE_MOST = 128,
};

/* What a set of routing options belongs to. */
struct scope {
	const struct conf_node *instance; /* NULL: the default instance */
	const struct conf_node *options;
	size_t family; /* of the routes at hand */
};

/* The place of the table's family in default_tables; FAMILIES: it is no table's name. */
static size_t
family_of(const char *table)
{
	const size_t length = strlen(table);
	size_t family = 0;

	for (; family < FAMILIES; family++) {
		const size_t tail = strlen(default_tables[family]);

		if (length >= tail && strcmp(table + length - tail, default_tables[family]) == 0 &&
		    (length == tail || table[length - tail - 1] == '.')) {
			break;
		}
	}
	return family;
}

static bool
is_default_table(const char *table)
{
	const size_t family = family_of(table);

	return family < FAMILIES && strcmp(table, default_tables[family]) == 0;
}

/* The table of the scope's instance and family. */
static void
own_table(const struct scope *scope, struct text *table)
{
	if (scope->instance != NULL) {
		text_printf(table, "%s.", scope->instance->value);
	}
	text_append(table, default_tables[scope->family]);
}

static bool
table_exists(const struct check *check, const char *table)
{
	const size_t family = family_of(table);
	char name[INSTANCE_MOST];

	if (is_default_table(table)) {
		return true;
	}
	if (family == FAMILIES) {
		return false;
	}
	const size_t length = strlen(table) - strlen(default_tables[family]) - 1;

	if (length >= sizeof(name)) {
		return false;
	}
	memcpy(name, table, length);
	name[length] = '\0';
	return conf_entry(conf_child(check->top, "routing-instances"), "instance", name, NULL) != NULL;
}

/* One instance a unit (REQ-ZN-005), and the unit must be there. */
static void
check_instance_interfaces(const struct check *check, const struct conf_node *instances)
{
	struct check_nodes units = {.items = NULL};
	bool good = true;

	for (const struct conf_node *instance = conf_first(instances, "instance"); good && instance != NULL;
	     instance = conf_next(instance)) {
		good = check_collect(&units, conf_first(instance, "interface"));
	}
	if (!good) {
		check_memory(check);
	}
	check_sort_by_value(&units);
	for (size_t i = 0; i < units.count; i++) {
		const struct conf_node *unit = units.items[i];

		if (i > 0 && strcmp(units.items[i - 1]->value, unit->value) == 0) {
			check_error(check, unit, "interface '%s' is in routing instance '%s' already", unit->value,
			    units.items[i - 1]->parent->value);
		}
		if (!check_unit_exists(check, unit->value)) {
			check_error(check, unit, "interface '%s' is not configured", unit->value);
		}
	}
	free((void *)(uintptr_t)units.items);
}

static void
check_unit(const struct check *check, const struct conf_node *node, const struct scope *scope)
{
	if (!check_unit_exists(check, node->value)) {
		check_warning(check, node, "E-069 interface '%s' is not configured: the route stays inactive", node->value);
	} else if (scope->instance != NULL && conf_entry(scope->instance, "interface", node->value, NULL) == NULL) {
		check_warning(check, node, "interface '%s' is not in routing instance '%s': the route stays inactive",
		    node->value, scope->instance->value);
	}
}

/* fe80::/10: the same on every link. */
static bool
is_link_local(const char *address)
{
	struct in6_addr binary;

	return inet_pton(AF_INET6, address, &binary) == 1 && IN6_IS_ADDR_LINKLOCAL(&binary);
}

static void
check_next_hop(const struct check *check, const struct conf_node *hop, const struct scope *scope)
{
	const bool inet6 = strchr(hop->value, ':') != NULL;
	const struct conf_node *unit = conf_child(hop, "interface");

	if (unit != NULL) {
		check_unit(check, unit, scope);
	}
	if (!inet6 && (hop->value[0] < '0' || hop->value[0] > '9')) {
		check_unit(check, hop, scope);
	} else if (inet6 != (scope->family == INET6)) {
		check_error(check, hop, "a gateway of a route in %s is an %s address", default_tables[scope->family],
		    scope->family == INET6 ? "IPv6" : "IPv4");
	} else if (unit == NULL && is_link_local(hop->value)) {
		check_error(check, hop,
		    "a link-local address is on every link: write 'qualified-next-hop %s interface INTERFACE'", hop->value);
	}
}

static void
check_route(const struct check *check, const struct conf_node *route, const struct scope *scope)
{
	static const char *const targets[] = {"next-hop", "qualified-next-hop", "next-table", "discard", "reject"};
	static const char *const pairs[][2] = {
	    {"retain", "no-retain"},
	    {"passive", "active"},
	    {"readvertise", "no-readvertise"},
	    {"resolve", "no-resolve"},
	};
	const char *kind = NULL;

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		const struct conf_node *target = conf_first(route, targets[i]);

		if (target == NULL) {
			continue;
		}
		/* The two kinds of next hop go together; nothing else does. */
		if (kind != NULL && i > 1) {
			check_error(check, target, "'%s' and '%s' exclude each other", kind, targets[i]);
		}
		kind = targets[i];
		for (; i < 2 && target != NULL; target = conf_next(target)) {
			check_next_hop(check, target, scope);
		}
	}
	if (kind == NULL) {
		check_error(check, route,
		    "missing mandatory statement: one of 'next-hop', 'qualified-next-hop', 'next-table', 'discard', "
		    "'reject'");
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (conf_present(route, pairs[i][0]) && conf_present(route, pairs[i][1])) {
			check_error(check, route, "'%s' and '%s' exclude each other", pairs[i][0], pairs[i][1]);
		}
	}
	const struct conf_node *table = conf_child(route, "next-table");

	if (table != NULL && !table_exists(check, table->value)) {
		check_error(check, table, "routing table '%s' does not exist", table->value);
	} else if (table != NULL && family_of(table->value) != scope->family) {
		check_error(check, table, "a route of %s cannot go on in '%s'", default_tables[scope->family], table->value);
	}
}

static void
check_group_reference(const struct check *check, const struct conf_node *leaf, const struct scope *scope)
{
	if (leaf == NULL) {
		return;
	}
	const struct conf_node *groups = conf_walk(check->top, "routing-options", "rib-groups", NULL);
	const struct conf_node *group = conf_entry(groups, "rib-group", leaf->value, NULL);

	if (group == NULL) {
		check_error(check, leaf, "rib-group '%s' is not configured", leaf->value);
		return;
	}
	/* The first table is the one that the routes come from. */
	const struct conf_node *first = conf_first(group, "import-rib");
	struct text table = TEXT_EMPTY;

	own_table(scope, &table);
	if (first != NULL && strcmp(first->value, text_string(&table)) != 0) {
		check_error(check, leaf, "the first table of rib-group '%s' is '%s', not '%s'", leaf->value, first->value,
		    text_string(&table));
	}
	text_release(&table);
}

static void
check_statics(const struct check *check, const struct conf_node *statics, const struct scope *scope)
{
	for (const struct conf_node *route = conf_first(statics, "route"); route != NULL; route = conf_next(route)) {
		check_route(check, route, scope);
	}
	check_group_reference(check, conf_child(statics, "rib-group"), scope);
}

static void
check_options(const struct check *check, const struct scope *scope)
{
	const struct conf_node *direct = conf_walk(scope->options, "interface-routes", "rib-group", NULL);
	struct scope inet6 = *scope;
	struct text table = TEXT_EMPTY;

	inet6.family = INET6;
	own_table(&inet6, &table);
	check_statics(check, conf_child(scope->options, "static"), scope);
	check_group_reference(check, conf_child(direct, "inet"), scope);
	for (const struct conf_node *rib = conf_first(scope->options, "rib"); rib != NULL; rib = conf_next(rib)) {
		if (strcmp(rib->value, text_string(&table)) != 0) {
			check_error(check, rib, "the IPv6 table here is '%s'", text_string(&table));
		}
		check_statics(check, conf_child(rib, "static"), &inet6);
	}
	check_group_reference(check, conf_child(direct, "inet6"), &inet6);
	text_release(&table);
}

/* The statements that name a group. */
static bool
collect_references(const struct conf_node *options, struct check_nodes *references)
{
	const struct conf_node *direct = conf_walk(options, "interface-routes", "rib-group", NULL);
	const struct conf_node *rib = conf_first(options, "rib");
	bool good = check_collect(references, conf_child(conf_child(options, "static"), "rib-group")) &&
	    check_collect(references, conf_child(direct, "inet")) && check_collect(references, conf_child(direct, "inet6"));

	for (; good && rib != NULL; rib = conf_next(rib)) {
		good = check_collect(references, conf_child(conf_child(rib, "static"), "rib-group"));
	}
	return good;
}

static bool
is_named(const struct check_nodes *references, const char *group)
{
	size_t low = 0;
	size_t high = references->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(references->items[middle]->value, group) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < references->count && strcmp(references->items[low]->value, group) == 0;
}

/* E-062: a group that nobody names is applied to its first table. */
static void
check_groups(const struct check *check, const struct conf_node *instances)
{
	const struct conf_node *options = conf_child(check->top, "routing-options");
	const struct conf_node *group = conf_first(conf_child(options, "rib-groups"), "rib-group");
	const struct conf_node *instance = conf_first(instances, "instance");
	struct check_nodes references = {.items = NULL};
	bool good = collect_references(options, &references);

	for (; good && instance != NULL; instance = conf_next(instance)) {
		good = collect_references(conf_child(instance, "routing-options"), &references);
	}
	if (!good) {
		check_memory(check);
	}
	check_sort_by_value(&references);
	for (; group != NULL; group = conf_next(group)) {
		const char *first = conf_value(group, "import-rib");

		for (const struct conf_node *table = conf_first(group, "import-rib"); table != NULL;
		     table = conf_next(table)) {
			if (!table_exists(check, table->value)) {
				check_error(check, table, "routing table '%s' does not exist", table->value);
			} else if (family_of(table->value) != family_of(first)) {
				check_error(check, table, "a group's tables are of one family: '%s' is not of that of '%s'",
				    table->value, first);
			}
		}
		if (first != NULL && !is_default_table(first) && !is_named(&references, group->value)) {
			check_warning(check, group,
			    "E-062 no rib-group statement names this group: it is applied to the routes of %s", first);
		}
	}
	free((void *)(uintptr_t)references.items);
}

void
check_routing(const struct check *check)
{
	const struct conf_node *instances = conf_child(check->top, "routing-instances");
	const struct scope main = {.options = conf_child(check->top, "routing-options")};

	check_options(check, &main);
	for (const struct conf_node *instance = conf_first(instances, "instance"); instance != NULL;
	     instance = conf_next(instance)) {
		const struct scope scope = {.instance = instance, .options = conf_child(instance, "routing-options")};
		const struct conf_node *type = conf_child(instance, "instance-type");

		/* E-068, REQ-RT-021 */
		if (type != NULL && strcmp(type->value, "virtual-router") != 0) {
			check_error(check, type, "E-068 instance-type '%s' is not supported: only virtual-router is",
			    type->value);
		}
		check_options(check, &scope);
	}
	check_instance_interfaces(check, instances);
	check_groups(check, instances);
}
