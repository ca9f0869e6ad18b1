/*
 * Routing: instances and their interfaces, static routes, groups of tables.
 */
#include <stdlib.h>
#include <string.h>

#include "check_private.h"

#define DEFAULT_TABLE "inet.0"

/* What a set of routing options belongs to. */
struct scope {
	const struct conf_node *instance; /* NULL: the default instance */
	const struct conf_node *options;
};

static bool
table_exists(const struct check *check, const char *table)
{
	const size_t suffix = strlen(DEFAULT_TABLE) + 1;
	const size_t length = strlen(table);
	char name[128];

	if (strcmp(table, DEFAULT_TABLE) == 0) {
		return true;
	}
	if (length <= suffix || length - suffix >= sizeof(name)) {
		return false;
	}
	memcpy(name, table, length - suffix);
	name[length - suffix] = '\0';
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
check_next_hop(const struct check *check, const struct conf_node *hop, const struct scope *scope)
{
	if (hop->value[0] >= '0' && hop->value[0] <= '9') {
		return;
	}
	if (!check_unit_exists(check, hop->value)) {
		check_warning(check, hop, "E-069 interface '%s' is not configured: the route stays inactive", hop->value);
	} else if (scope->instance != NULL && conf_entry(scope->instance, "interface", hop->value, NULL) == NULL) {
		check_warning(check, hop, "interface '%s' is not in routing instance '%s': the route stays inactive",
		    hop->value, scope->instance->value);
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

	if (scope->instance != NULL) {
		text_printf(&table, "%s.", scope->instance->value);
	}
	text_append(&table, DEFAULT_TABLE);
	if (first != NULL && strcmp(first->value, text_string(&table)) != 0) {
		check_error(check, leaf, "the first table of rib-group '%s' is '%s', not '%s'", leaf->value, first->value,
		    text_string(&table));
	}
	text_release(&table);
}

static void
check_options(const struct check *check, const struct scope *scope)
{
	const struct conf_node *routes = conf_child(scope->options, "static");

	for (const struct conf_node *route = conf_first(routes, "route"); route != NULL; route = conf_next(route)) {
		check_route(check, route, scope);
	}
	check_group_reference(check, conf_child(routes, "rib-group"), scope);
	check_group_reference(
	    check, conf_walk(scope->options, "interface-routes", "rib-group", "inet", NULL), scope);
}

/* The statements that name a group. */
static bool
collect_references(const struct conf_node *options, struct check_nodes *references)
{
	const struct conf_node *routes = conf_child(conf_child(options, "static"), "rib-group");
	const struct conf_node *direct = conf_walk(options, "interface-routes", "rib-group", "inet", NULL);

	return check_collect(references, routes) && check_collect(references, direct);
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
			}
		}
		if (first != NULL && strcmp(first, DEFAULT_TABLE) != 0 && !is_named(&references, group->value)) {
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
