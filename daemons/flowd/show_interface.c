/*
 * show interfaces, show security zones.
 */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "interface_detail.h"
#include "wire/address_text.h"

enum {
	ROWS_MOST = 64, /* interfaces or zones in one chunk */
};

/* --- interfaces ------------------------------------------------------------------------------------------------- */

/* Where a port of this name stands in the chassis; the count when there is none. */
static size_t
port_by_name(const struct edge *edge, const char *name)
{
	size_t i = 0;

	while (i < edge_port_count(edge) && strcmp(edge_port(edge, i)->chassis->name, name) != 0) {
		i++;
	}
	return i;
}

static bool
port_running(const struct edge *edge, const char *name)
{
	const size_t index = port_by_name(edge, name);

	return index < edge_port_count(edge) && edge_port(edge, index)->open && edge_port(edge, index)->running;
}

struct interface_row {
	const struct answer_sources *sources;
	struct op_tree *tree;
	struct op_node *element;
	const char *name;
	const struct conf_node *interface; /* NULL: a port without configuration */
	const char *only;                  /* a unit that is asked for; NULL: all */
	enum interface_detail detail;
	bool up;
	bool enabled;
};

static void
add_inet(const struct interface_row *row, struct op_node *element, const struct conf_node *unit, const struct snapshot_unit *found)
{
	const struct conf_node *node = conf_child(conf_child(unit, "family"), "inet");
	struct op_node *list;

	if (node == NULL) {
		return;
	}
	list = op_add(row->tree, element, "address-family", NULL);
	(void)op_add(row->tree, list, "address-family-name", "inet");
	if (row->detail != INTERFACE_TERSE && found != NULL) {
		(void)op_add_number(row->tree, list, "mtu", found->mtu);
	}
	for (const struct conf_node *address = conf_first(node, "address"); address != NULL; address = conf_next(address)) {
		struct op_node *entry = op_add(row->tree, list, "interface-address", NULL);

		(void)op_add(row->tree, entry, "ifa-local", address->value);
	}
}

/* As configured, and the link-local one that comes by itself. */
static void
add_inet6(const struct interface_row *row, struct op_node *element, const struct snapshot_unit *unit)
{
	struct op_node *list;
	char string[ADDRESS_TEXT];

	if (unit == NULL || !unit->has_inet6) {
		return;
	}
	list = op_add(row->tree, element, "address-family", NULL);
	(void)op_add(row->tree, list, "address-family-name", "inet6");
	if (row->detail != INTERFACE_TERSE) {
		(void)op_add_number(row->tree, list, "mtu", unit->mtu6);
	}
	for (uint16_t i = 0; i < unit->address6_count; i++) {
		struct op_node *entry = op_add(row->tree, list, "interface-address", NULL);

		(void)op_addf(row->tree, entry, "ifa-local", "%s/%u", address_text(string, unit->addresses6[i].address),
		    (unsigned)unit->addresses6[i].length);
	}
}

static void
add_unit(const struct interface_row *row, const struct conf_node *unit)
{
	struct text name = TEXT_EMPTY;
	const bool enabled = row->enabled && !conf_present(unit, "disable");

	text_printf(&name, "%s.%s", row->name, unit->value);
	if (!text_failed(&name) && (row->only == NULL || strcmp(row->only, text_string(&name)) == 0)) {
		struct op_node *element = op_add(row->tree, row->element, "logical-interface", NULL);
		const struct snapshot *snapshot = row->sources->configuration->snapshot;
		const uint16_t number = snapshot_find_unit(snapshot, text_string(&name));
		const struct snapshot_unit *found = number == SNAPSHOT_NONE ? NULL : &snapshot->units[number];
		/* A unit's own state: what the routing table goes by. */
		const bool up = found != NULL && rib_unit_is_up(row->sources->configuration->rib, number);

		(void)op_add(row->tree, element, "name", text_string(&name));
		(void)op_add(row->tree, element, "admin-status", enabled ? "up" : "down");
		(void)op_add(row->tree, element, "oper-status", up ? "up" : "down");
		if (row->detail != INTERFACE_TERSE && found != NULL) {
			interface_add_unit(row->tree, element,
			    &(struct interface_unit){.sources = row->sources, .configured = unit, .number = number, .detail = row->detail});
		}
		add_inet(row, element, unit, found);
		add_inet6(row, element, found);
	}
	text_release(&name);
}

static void
add_interface(struct interface_row *row)
{
	const char *description = conf_value(row->interface, "description");

	row->enabled = !conf_present(row->interface, "disable");
	row->up = port_running(row->sources->edge, row->name) || strcmp(row->name, "st0") == 0;
	row->element = op_add(row->tree, row->tree->root, "physical-interface", NULL);
	(void)op_add(row->tree, row->element, "name", row->name);
	(void)op_add(row->tree, row->element, "admin-status", row->enabled ? "up" : "down");
	(void)op_add(row->tree, row->element, "oper-status", row->enabled && row->up ? "up" : "down");
	if (description != NULL) {
		(void)op_add(row->tree, row->element, "description", description);
	}
	if (row->detail != INTERFACE_TERSE && port_by_name(row->sources->edge, row->name) < edge_port_count(row->sources->edge)) {
		interface_add_port(row->tree, row->element, row->sources, port_by_name(row->sources->edge, row->name));
	}
	for (const struct conf_node *unit = conf_first(row->interface, "unit"); unit != NULL; unit = conf_next(unit)) {
		add_unit(row, unit);
	}
}

/* Names of the configuration's interfaces and of the chassis' ports, each once, in natural order. */
struct name_list {
	const char **items;
	size_t count;
};

static int
compare_names(const void *left, const void *right)
{
	const char *const *l = left;
	const char *const *r = right;

	return snapshot_compare_interfaces(*l, *r);
}

static const struct conf_node *
interfaces_of(const struct answer_sources *sources)
{
	return sources->configuration == NULL ? NULL :
	                                        conf_child(conf_tree_top(sources->configuration->tree), "interfaces");
}

static bool
list_names(struct name_list *names, const struct answer_sources *sources)
{
	const struct conf_node *interfaces = interfaces_of(sources);
	size_t count = edge_port_count(sources->edge);

	for (const struct conf_node *i = conf_first(interfaces, "interface"); i != NULL; i = conf_next(i)) {
		count++;
	}
	names->count = 0;
	names->items = calloc(count + 1, sizeof(*names->items));
	if (names->items == NULL) {
		return false;
	}
	for (const struct conf_node *i = conf_first(interfaces, "interface"); i != NULL; i = conf_next(i)) {
		names->items[names->count++] = i->value;
	}
	for (size_t i = 0; i < edge_port_count(sources->edge); i++) {
		const char *name = edge_port(sources->edge, i)->chassis->name;

		if (conf_entry(interfaces, "interface", name, NULL) == NULL) {
			names->items[names->count++] = name;
		}
	}
	qsort(names->items, names->count, sizeof(*names->items), compare_names);
	return true;
}

/* "ge-0/0/1" and "ge-0/0/1.2" both ask for the port; the second for one unit of it. */
static bool
interface_wanted(const char *asked, const char *name)
{
	const size_t length = strlen(name);

	return asked == NULL ||
	    (strncmp(asked, name, length) == 0 && (asked[length] == '\0' || asked[length] == '.'));
}

enum answer_progress
show_interfaces(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const char *asked = op_value(answer->request.root, "interface-name");
	struct name_list names;
	uint32_t added = 0;

	if (!list_names(&names, sources)) {
		text_append(error, "out of memory");
		return ANSWER_FAILED;
	}
	while (answer->cursor < names.count && added < ROWS_MOST && tree->size < ANSWER_CHUNK) {
		const char *name = names.items[answer->cursor++];
		struct interface_row row = {
		    .sources = sources,
		    .tree = tree,
		    .name = name,
		    .interface = conf_entry(interfaces_of(sources), "interface", name, NULL),
		    .only = asked != NULL && strchr(asked, '.') != NULL ? asked : NULL,
		    .detail = interface_detail_of(answer->request.root),
		};

		if (interface_wanted(asked, name)) {
			add_interface(&row);
			added++;
		}
	}
	const bool more = answer->cursor < names.count;

	answer->total += added;
	if (!more && asked != NULL && answer->total == 0) {
		text_printf(error, "there is no interface %s", asked);
	}

	free(names.items);
	return more ? ANSWER_MORE : error->length > 0 ? ANSWER_FAILED : ANSWER_END;
}

static void
add_description(struct op_tree *tree, const struct answer_sources *sources, const struct conf_node *interface,
    const struct conf_node *unit)
{
	const char *description = conf_value(unit == NULL ? interface : unit, "description");
	const bool enabled = !conf_present(interface, "disable") && (unit == NULL || !conf_present(unit, "disable"));
	struct op_node *element = description == NULL ? NULL : op_add(tree, tree->root, "interface-description", NULL);

	if (description == NULL) {
		return;
	}
	(void)op_addf(tree, element, "name", "%s%s%s", interface->value, unit == NULL ? "" : ".", unit == NULL ? "" : unit->value);
	(void)op_add(tree, element, "admin-status", enabled ? "up" : "down");
	(void)op_add(tree, element, "oper-status", enabled && port_running(sources->edge, interface->value) ? "up" : "down");
	(void)op_add(tree, element, "description", description);
}

enum answer_progress
show_descriptions(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct name_list names;

	if (!list_names(&names, sources)) {
		text_append(error, "out of memory");
		return ANSWER_FAILED;
	}
	while (answer->cursor < names.count && tree->size < ANSWER_CHUNK) {
		const struct conf_node *interface =
		    conf_entry(interfaces_of(sources), "interface", names.items[answer->cursor++], NULL);

		if (interface == NULL) {
			continue;
		}
		add_description(tree, sources, interface, NULL);
		for (const struct conf_node *unit = conf_first(interface, "unit"); unit != NULL; unit = conf_next(unit)) {
			add_description(tree, sources, interface, unit);
		}
	}
	const bool more = answer->cursor < names.count;

	free(names.items);
	return more ? ANSWER_MORE : ANSWER_END;
}

/* --- zones ------------------------------------------------------------------------------------------------------ */

static void
add_services(struct op_tree *tree, struct op_node *parent, const char *element, const struct conf_node *owner)
{
	const struct conf_node *inbound = conf_child(owner, "host-inbound-traffic");
	static const char *const lists[][2] = {{"system-services", "service"}, {"protocols", "protocol"}};

	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
		const struct conf_node *list = conf_child(inbound, lists[l][0]);

		for (const struct conf_node *entry = conf_first(list, lists[l][1]); entry != NULL; entry = conf_next(entry)) {
			(void)op_addf(tree, parent, element, "%s%s", entry->value,
			    conf_present(entry, "except") ? " except" : "");
		}
	}
}

/* What the zone's interfaces statement says of one unit; NULL when it is there by `all` only. */
static const struct conf_node *
zone_interface(const struct conf_node *zone, const char *unit)
{
	const struct conf_node *interfaces = conf_child(zone, "interfaces");

	return conf_entry(interfaces, "interface", unit, NULL);
}

static void
add_zone(struct op_tree *tree, const struct answer_sources *sources, uint16_t number)
{
	const struct snapshot *snapshot = sources->configuration->snapshot;
	const struct snapshot_zone *zone = &snapshot->zones[number];
	const struct conf_node *security = conf_child(conf_tree_top(sources->configuration->tree), "security");
	const struct conf_node *zones = conf_child(security, "zones");
	const struct conf_node *node = conf_entry(zones, "security-zone", zone->name, NULL);
	const struct conf_node *screen = conf_first(node, "screen");
	struct op_node *element = op_add(tree, tree->root, "zones-security", NULL);
	uint32_t bound = 0;

	for (uint16_t u = 0; u < snapshot->unit_count; u++) {
		bound += snapshot->units[u].present && snapshot->units[u].zone == number ? 1 : 0;
	}
	(void)op_add(tree, element, "zones-security-zonename", zone->name);
	(void)op_add(tree, element, "zones-security-send-reset", zone->tcp_rst ? "On" : "Off");
	(void)op_add(tree, element, "zones-security-policy-configurable", "Yes");
	if (screen != NULL) {
		(void)op_add(tree, element, "zones-security-screen", screen->value);
	}
	(void)op_add_number(tree, element, "zones-security-interfaces-bound", bound);
	for (uint16_t u = 0; u < snapshot->unit_count; u++) {
		if (!snapshot->units[u].present || snapshot->units[u].zone != number) {
			continue;
		}
		struct op_node *interface = op_add(tree, element, "zones-security-interfaces", NULL);

		(void)op_add(tree, interface, "zones-security-interface-name", snapshot->units[u].name);
		add_services(tree, interface, "host-inbound-service", zone_interface(node, snapshot->units[u].name));
	}
	add_services(tree, element, "zones-security-host-inbound-service", node);
}

enum answer_progress
show_zones(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const char *asked = op_value(answer->request.root, "zone-name");
	const struct snapshot *snapshot;
	uint32_t added = 0;

	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	snapshot = sources->configuration->snapshot;
	if (asked != NULL && snapshot_find_zone(snapshot, asked) == SNAPSHOT_NONE) {
		text_printf(error, "there is no zone %s", asked);
		return ANSWER_FAILED;
	}
	while (answer->cursor < snapshot->zone_count && added < ROWS_MOST && tree->size < ANSWER_CHUNK) {
		const uint16_t number = (uint16_t)answer->cursor++;
		const struct snapshot_zone *zone = &snapshot->zones[number];

		if (number > SNAPSHOT_ZONE_GLOBAL && zone->present && (asked == NULL || strcmp(asked, zone->name) == 0)) {
			add_zone(tree, sources, number);
			added++;
		}
	}
	return answer->cursor < snapshot->zone_count ? ANSWER_MORE : ANSWER_END;
}

enum answer_progress
show_zones_terse(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const struct snapshot *snapshot = sources->configuration == NULL ? NULL : sources->configuration->snapshot;

	(void)error;
	while (snapshot != NULL && answer->cursor < snapshot->zone_count && tree->size < ANSWER_CHUNK) {
		const uint16_t number = (uint16_t)answer->cursor++;
		const struct snapshot_zone *zone = &snapshot->zones[number];
		uint32_t units = 0;

		if (number <= SNAPSHOT_ZONE_GLOBAL || !zone->present) {
			continue;
		}
		for (uint16_t i = 0; i < snapshot->unit_count; i++) {
			units += snapshot->units[i].present && snapshot->units[i].zone == number;
		}
		struct op_node *element = op_add(tree, tree->root, "zone", NULL);

		(void)op_add(tree, element, "name", zone->name);
		(void)op_add(tree, element, "type", "Security");
		(void)op_add_number(tree, element, "interface-count", units);
	}
	return snapshot != NULL && answer->cursor < snapshot->zone_count ? ANSWER_MORE : ANSWER_END;
}
