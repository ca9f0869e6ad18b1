/*
 * show route, show route summary.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "wire/address_text.h"

enum {
	ROUTES_MOST = 512, /* in one chunk */
	TABLE_NAME = 80,
	ROUTE_FAMILY = 1 << 16, /* the cursor of the first inet6 table */
	SECOND = 1000000000,
	RIB_PROTOCOLS = RIB_STATIC + 1,
};

struct route_sums {
	uint32_t routes;
	uint32_t destinations;
	uint32_t active;
	uint32_t hidden;
	uint32_t of[RIB_PROTOCOLS];
	struct ipv6_address prefix;
	uint8_t length;
};

enum route_choice {
	ROUTES_ALL,
	ROUTES_WITHIN, /* a prefix and what lies in it */
	ROUTES_EXACT,  /* one prefix: the one that takes an address */
};

/* One walk over one table. Routes up to `skip` went out in chunks before. */
struct route_walk {
	const struct answer_sources *sources;
	struct op_tree *tree;
	struct op_node *table;
	struct op_node *destination; /* the rt element that is open */
	uint64_t now;
	uint32_t seen;
	uint32_t skip;
	uint32_t added;
	struct ipv6_address prefix; /* of the open element */
	uint8_t length;
	bool cut; /* more are to come */
	bool hidden; /* those, and only those, that no packet takes */
	enum route_choice choice;
	struct answer_prefix only;
};

static void
table_name(const char *instance, enum rib_family family, char *name)
{
	(void)snprintf(name, TABLE_NAME, "%s%s%s", instance, instance[0] == '\0' ? "" : ".",
	    family == RIB_INET ? "inet.0" : "inet6.0");
}

/* A route's prefix as those that are asked for lie: IPv4 within ::ffff:0:0/96. */
static uint8_t
whole_length(const struct rib_route *route)
{
	return (uint8_t)(route->length + (route->table.family == RIB_INET ? IPV6_MAPPED_LENGTH : 0));
}

static void
add_unit(const struct route_walk *walk, struct op_node *hop, const char *element, uint16_t unit)
{
	if (unit != RIB_NO_UNIT) {
		(void)op_add(walk->tree, hop, element, answer_unit_name(walk->sources, unit));
	}
}

static void
add_configured_hops(const struct route_walk *walk, struct op_node *entry, const struct rib_route *route)
{
	for (uint16_t i = 0; i < route->next_hop_count; i++) {
		const struct rib_next_hop *configured = &route->next_hops[i];
		struct op_node *hop = op_add(walk->tree, entry, "nh", NULL);

		if (route->selected == i) {
			(void)op_add(walk->tree, hop, "selected-next-hop", NULL);
		}
		if (configured->by_unit) {
			add_unit(walk, hop, "via", configured->unit);
			continue;
		}
		answer_add_address(walk->tree, hop, "to", configured->address);
		if (route->selected == i) {
			add_unit(walk, hop, "via", route->hop.unit);
		}
	}
}

static void
add_hop(const struct route_walk *walk, struct op_node *entry, const struct rib_route *route)
{
	char name[TABLE_NAME];
	struct op_node *hop;

	if (route->next_hop_count > 0) {
		add_configured_hops(walk, entry, route);
		return;
	}
	switch (route->hop.kind) {
	case RIB_HOP_DISCARD:
		(void)op_add(walk->tree, entry, "nh-type", "Discard");
		break;
	case RIB_HOP_REJECT:
		(void)op_add(walk->tree, entry, "nh-type", "Reject");
		break;
	case RIB_HOP_TABLE: {
		const char *instance = snapshot_instance_name(walk->sources->registry, route->hop.instance);

		(void)op_add(walk->tree, entry, "nh-type", "Table");
		table_name(instance == NULL ? "" : instance, route->table.family, name);
		hop = op_add(walk->tree, entry, "nh", NULL);
		(void)op_add(walk->tree, hop, "nh-table", name);
		break;
	}
	case RIB_HOP_LOCAL:
		hop = op_add(walk->tree, entry, "nh", NULL);
		add_unit(walk, hop, "nh-local-interface", route->hop.unit);
		break;
	case RIB_HOP_DIRECT:
	case RIB_HOP_GATEWAY:
	case RIB_HOP_NONE:
		hop = op_add(walk->tree, entry, "nh", NULL);
		if (route->active) {
			(void)op_add(walk->tree, hop, "selected-next-hop", NULL);
		}
		add_unit(walk, hop, "via", route->hop.unit);
		break;
	}
}

static bool
wanted(const struct route_walk *walk, const struct rib_route *route)
{
	switch (walk->choice) {
	case ROUTES_ALL:
		break;
	case ROUTES_WITHIN:
		return whole_length(route) >= walk->only.length &&
		    ipv6_covers(walk->only.prefix, walk->only.length, route->prefix);
	case ROUTES_EXACT:
		return whole_length(route) == walk->only.length && ipv6_equal(route->prefix, walk->only.prefix);
	}
	return true;
}

static void
open_destination(struct route_walk *walk, const struct rib_route *route)
{
	char string[ADDRESS_TEXT];

	if (walk->destination != NULL && ipv6_equal(walk->prefix, route->prefix) && walk->length == route->length) {
		return;
	}
	walk->prefix = route->prefix;
	walk->length = route->length;
	walk->destination = op_add(walk->tree, walk->table, "rt", NULL);
	(void)op_addf(walk->tree, walk->destination, "rt-destination", "%s/%u", address_text(string, route->prefix),
	    (unsigned)route->length);
}

static bool
add_route(void *context, const struct rib_route *route)
{
	struct route_walk *walk = context;

	walk->seen++;
	if (route->hidden != walk->hidden || walk->seen <= walk->skip || !wanted(walk, route)) {
		return true;
	}
	if (walk->added == ROUTES_MOST) {
		walk->cut = true;
		return false;
	}
	walk->added++;
	walk->skip = walk->seen;
	open_destination(walk, route);
	struct op_node *entry = op_add(walk->tree, walk->destination, "rt-entry", NULL);

	if (route->active) {
		(void)op_add(walk->tree, entry, "active-tag", "*");
	}
	(void)op_add(walk->tree, entry, "protocol-name", rib_protocol_name(route->protocol));
	(void)op_add_number(walk->tree, entry, "preference", route->preference);
	(void)op_add_number(walk->tree, entry, "age", walk->now > route->since ? (walk->now - route->since) / SECOND : 0);
	add_hop(walk, entry, route);
	return true;
}

static bool
sum_route(void *context, const struct rib_route *route)
{
	struct route_sums *sums = context;

	if (sums->routes == 0 || !ipv6_equal(sums->prefix, route->prefix) || sums->length != route->length) {
		sums->destinations++;
		sums->prefix = route->prefix;
		sums->length = route->length;
	}
	sums->routes++;
	sums->active += route->active ? 1 : 0;
	sums->hidden += route->hidden ? 1 : 0;
	sums->of[route->protocol]++;
	return true;
}

/* An address alone asks for the route that a packet to it takes. False when nothing in this table can match. */
static bool
choose(struct route_walk *walk, const struct op_node *request, struct rib_table table)
{
	const char *destination = op_value(request, "destination");
	struct rib_route route;

	if (destination == NULL) {
		walk->choice = ROUTES_ALL;
		return true;
	}
	if (!answer_prefix_parse(destination, &walk->only) ||
	    (table.family == RIB_INET) != (walk->only.length >= IPV6_MAPPED_LENGTH && ipv6_is_mapped(walk->only.prefix))) {
		return false;
	}
	walk->only.prefix = ipv6_first(walk->only.prefix, walk->only.length);
	walk->choice = ROUTES_WITHIN;
	if (walk->only.length == IPV6_LENGTH_MOST) {
		if (!rib_lookup(walk->sources->configuration->rib, table, walk->only.prefix, &route)) {
			return false;
		}
		walk->choice = ROUTES_EXACT;
		walk->only.prefix = route.prefix;
		walk->only.length = whole_length(&route);
	}
	return true;
}

/* One table's part of an answer. True when the table has more. */
static bool
show_table(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct rib_table table)
{
	const struct rib *rib = sources->configuration->rib;
	struct route_sums sums = {.routes = 0};
	struct route_walk walk = {
	    .sources = sources,
	    .tree = tree,
	    .now = worker_now(),
	    .skip = (uint32_t)answer->total,
	    .hidden = op_find(answer->request.root, "hidden") != NULL,
	};
	char name[TABLE_NAME];

	rib_each_route(rib, table, sum_route, &sums);
	if (sums.routes == 0 || !choose(&walk, answer->request.root, table)) {
		return false;
	}
	table_name(rib_instance_name(rib, table.instance), table.family, name);
	walk.table = op_add(tree, tree->root, "route-table", NULL);
	(void)op_add(tree, walk.table, "table-name", name);
	(void)op_add_number(tree, walk.table, "destination-count", sums.destinations);
	(void)op_add_number(tree, walk.table, "total-route-count", sums.routes);
	(void)op_add_number(tree, walk.table, "active-route-count", sums.active);
	(void)op_add_number(tree, walk.table, "holddown-route-count", 0);
	(void)op_add_number(tree, walk.table, "hidden-route-count", sums.hidden);
	rib_each_route(rib, table, add_route, &walk);
	answer->total = walk.cut ? walk.skip : 0;
	return walk.cut;
}

static bool
table_wanted(const struct op_node *request, const struct rib *rib, struct rib_table table)
{
	const char *wanted_name = op_value(request, "table");
	char name[TABLE_NAME];

	table_name(rib_instance_name(rib, table.instance), table.family, name);
	return wanted_name == NULL || strcmp(wanted_name, name) == 0;
}

enum answer_progress
show_routes(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const char *destination = op_value(answer->request.root, "destination");
	struct answer_prefix prefix;
	bool more = false;

	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	if (destination != NULL && !answer_prefix_parse(destination, &prefix)) {
		text_printf(error, "destination %s: not an IP prefix", destination);
		return ANSWER_FAILED;
	}
	/* The cursor counts tables: all of inet, instance by instance, then all of inet6. */
	const struct rib *rib = sources->configuration->rib;
	const enum rib_family family = answer->cursor < ROUTE_FAMILY ? RIB_INET : RIB_INET6;
	const uint32_t first = family == RIB_INET ? 0 : ROUTE_FAMILY;
	const int32_t instance = rib_next_instance(rib, (int32_t)(answer->cursor - first) - 1);

	if (instance < 0) {
		answer->cursor = ROUTE_FAMILY;
		return family == RIB_INET ? ANSWER_MORE : ANSWER_END;
	}
	const struct rib_table table = {.instance = (uint16_t)instance, .family = family};

	if (table_wanted(answer->request.root, rib, table)) {
		more = show_table(answer, sources, tree, table);
	}
	answer->cursor = first + (uint32_t)instance + (more ? 0 : 1);
	return ANSWER_MORE;
}

static void
add_summary(struct op_tree *tree, const struct rib *rib, struct rib_table table)
{
	struct route_sums sums = {.routes = 0};
	struct op_node *row;
	char name[TABLE_NAME];

	rib_each_route(rib, table, sum_route, &sums);
	if (sums.routes == 0) {
		return;
	}
	table_name(rib_instance_name(rib, table.instance), table.family, name);
	row = op_add(tree, tree->root, "route-table", NULL);
	(void)op_add(tree, row, "table-name", name);
	(void)op_add_number(tree, row, "destination-count", sums.destinations);
	(void)op_add_number(tree, row, "total-route-count", sums.routes);
	(void)op_add_number(tree, row, "active-route-count", sums.active);
	(void)op_add_number(tree, row, "hidden-route-count", sums.hidden);
	(void)op_add_number(tree, row, "direct-route-count", sums.of[RIB_DIRECT]);
	(void)op_add_number(tree, row, "local-route-count", sums.of[RIB_LOCAL]);
	(void)op_add_number(tree, row, "static-route-count", sums.of[RIB_STATIC]);
}

enum answer_progress
show_route_summary(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	static const enum rib_family families[] = {RIB_INET, RIB_INET6};

	(void)error;
	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	const struct rib *rib = sources->configuration->rib;
	const int32_t instance = rib_next_instance(rib, (int32_t)answer->cursor - 1);

	if (instance < 0) {
		return ANSWER_END;
	}
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		add_summary(tree, rib, (struct rib_table){.instance = (uint16_t)instance, .family = families[i]});
	}
	answer->cursor = (uint32_t)instance + 1;
	return ANSWER_MORE;
}
