/*
 * The parts of a packet's way before the policies: where it arrives, its routes, host-inbound-traffic.
 */
#include <string.h>

#include "explain_private.h"
#include "wire/address_text.h"

enum {
	TABLES_MOST = 8, /* as the forwarding table follows next-table */
};

const char *
explain_unit_name(const struct explain_sources *sources, uint16_t unit)
{
	const char *name = unit == SNAPSHOT_NONE ? NULL : snapshot_unit_name(sources->registry, unit);

	return name == NULL ? "" : name;
}

const char *
explain_zone_name(const struct explain_sources *sources, uint16_t zone)
{
	const char *name = zone == SNAPSHOT_NONE ? NULL : snapshot_zone_name(sources->registry, zone);

	return name == NULL ? "Null" : name;
}

void
explain_add_address(struct op_tree *tree, struct op_node *parent, const char *name, struct ipv6_address address)
{
	char string[ADDRESS_TEXT];

	(void)op_add(tree, parent, name, address_text(string, address));
}

static const char *
instance_name(const struct explain_sources *sources, uint16_t instance)
{
	const char *name = snapshot_instance_name(sources->registry, instance);

	return name == NULL || name[0] == '\0' ? "default" : name;
}

static enum rib_family
family_of(const struct explain_question *question)
{
	return question->inet6 ? RIB_INET6 : RIB_INET;
}

uint16_t
path_find_ingress(const struct explain_sources *sources, const struct explain_question *question)
{
	const struct snapshot *snapshot = sources->snapshot;
	uint16_t unit = SNAPSHOT_NONE;
	uint8_t longest = 0;

	for (int32_t i = rib_next_instance(sources->rib, -1); i >= 0; i = rib_next_instance(sources->rib, i)) {
		const struct rib_table table = {.instance = (uint16_t)i, .family = family_of(question)};
		struct rib_route route;
		const bool known = rib_lookup(sources->rib, table, question->source, &route) &&
		    (route.hop.kind == RIB_HOP_DIRECT || route.hop.kind == RIB_HOP_GATEWAY);

		/* Only an interface of the table's own: a copied route leads to where such packets do not come in. */
		if (known && snapshot->units[route.hop.unit].instance == i &&
		    (unit == SNAPSHOT_NONE || route.length > longest)) {
			unit = route.hop.unit;
			longest = route.length;
		}
	}
	return unit;
}

uint16_t
path_find_egress(const struct explain_sources *sources, const struct explain_question *question, uint16_t instance,
    bool *local)
{
	const struct fib_hop *hop = question->inet6 ?
	    fib_lookup6(sources->fib, instance, question->destination) :
	    fib_lookup(sources->fib, instance, (uint32_t)question->destination.low);

	*local = hop->kind == FIB_LOCAL;
	return hop->kind == FIB_DIRECT || hop->kind == FIB_GATEWAY || *local ? hop->unit : SNAPSHOT_NONE;
}

void
path_add_flow(const struct explain_question *question, struct op_tree *tree)
{
	struct op_node *flow = op_add(tree, tree->root, "flow", NULL);

	explain_add_protocol(tree, flow, question->protocol);
	explain_add_address(tree, flow, "source-address", question->source);
	explain_add_address(tree, flow, "destination-address", question->destination);
	if (question->source_port != 0 || question->destination_port != 0) {
		(void)op_add_number(tree, flow, "source-port", question->source_port);
		(void)op_add_number(tree, flow, "destination-port", question->destination_port);
	}
	if (explain_has_type(question)) {
		(void)op_add_number(tree, flow, "icmp-type", question->icmp_type);
		(void)op_add_number(tree, flow, "icmp-code", question->icmp_code);
	}
}

void
path_add_arrival(const struct explain_sources *sources, const struct explain_question *question, uint16_t unit,
    struct op_tree *tree)
{
	const struct snapshot_unit *row = &sources->snapshot->units[unit];
	struct op_node *arrival = op_add(tree, tree->root, "arrival", NULL);

	(void)op_add(tree, arrival, "interface", explain_unit_name(sources, unit));
	(void)op_add(tree, arrival, "routing-instance", instance_name(sources, row->instance));
	(void)op_add(tree, arrival, "zone", explain_zone_name(sources, row->zone));
	if (question->interface[0] == '\0') {
		(void)op_add(tree, arrival, "by-source-route", NULL);
	}
}

static const char *
hop_word(enum rib_hop_kind kind)
{
	switch (kind) {
	case RIB_HOP_LOCAL:
		return "local";
	case RIB_HOP_DIRECT:
		return "direct";
	case RIB_HOP_GATEWAY:
		return "gateway";
	case RIB_HOP_DISCARD:
		return "discard";
	case RIB_HOP_REJECT:
		return "reject";
	case RIB_HOP_TABLE:
		return "table";
	case RIB_HOP_NONE:
		break;
	}
	return "none";
}

static void
add_route(const struct explain_sources *sources, const struct rib_route *route, struct op_node *element,
    struct op_tree *tree)
{
	char prefix[ADDRESS_TEXT];

	(void)op_addf(tree, element, "destination", "%s/%u", address_text(prefix, route->prefix), route->length);
	(void)op_add(tree, element, "protocol-name", rib_protocol_name(route->protocol));
	(void)op_add_number(tree, element, "preference", route->preference);
	(void)op_add(tree, element, "next-hop-type", hop_word(route->hop.kind));
	if (route->hop.kind == RIB_HOP_GATEWAY) {
		explain_add_address(tree, element, "next-hop", route->hop.gateway);
	}
	if (route->hop.unit != RIB_NO_UNIT) {
		(void)op_add(tree, element, "interface", explain_unit_name(sources, route->hop.unit));
		(void)op_add(
		    tree, element, "zone", explain_zone_name(sources, sources->snapshot->units[route->hop.unit].zone));
	}
}

void
path_add_routes(const struct explain_sources *sources, const struct explain_question *question, uint16_t instance,
    struct op_tree *tree)
{
	for (int i = 0; i < TABLES_MOST; i++) {
		const char *name = rib_instance_name(sources->rib, instance);
		const struct rib_table table = {.instance = instance, .family = family_of(question)};
		struct op_node *element = op_add(tree, tree->root, "route", NULL);
		struct rib_route route;

		(void)op_addf(tree, element, "table-name", "%s%s%s.0", name == NULL ? "" : name,
		    name == NULL || name[0] == '\0' ? "" : ".", question->inet6 ? "inet6" : "inet");
		if (!rib_lookup(sources->rib, table, question->destination, &route)) {
			return; /* without destination: there is none */
		}
		add_route(sources, &route, element, tree);
		if (route.hop.kind != RIB_HOP_TABLE) {
			return;
		}
		instance = route.hop.instance;
	}
}

static const char *const service_names[HOST_SERVICE_COUNT] = {
#define HOST_SERVICE(symbol, name, protocol, low, high) [HOST_SERVICE_##symbol] = (name),
#include "engine/services.def"
#undef HOST_SERVICE
};

static void
add_services(struct op_tree *tree, struct op_node *element, const char *name, uint64_t services)
{
	for (unsigned i = 0; i < HOST_SERVICE_COUNT; i++) {
		/* Some have two rows: one name. */
		const bool again = i > 0 && strcmp(service_names[i], service_names[i - 1]) == 0 &&
		    (services & (uint64_t)1 << (i - 1)) != 0;

		if ((services & (uint64_t)1 << i) != 0 && !again) {
			(void)op_add(tree, element, name, service_names[i]);
		}
	}
}

void
path_add_inbound(const struct explain_sources *sources, uint16_t unit, const struct trial *trial, struct op_tree *tree)
{
	const struct snapshot_unit *row = &sources->snapshot->units[unit];
	struct op_node *element = op_add(tree, tree->root, "host-inbound", NULL);

	(void)op_add(tree, element, "interface", explain_unit_name(sources, unit));
	if (row->host_inbound.any_service) {
		(void)op_add(tree, element, "service", "any-service");
		add_services(tree, element, "except", row->host_inbound.except);
	}
	add_services(tree, element, "service", row->host_inbound.services);
	for (uint16_t i = 0; i < row->host_inbound.custom_count; i++) {
		const struct snapshot_host_port *custom = &row->host_inbound.custom[i];

		(void)op_addf(tree, element, "service", "protocol %u port %u-%u", custom->protocol, custom->low, custom->high);
	}
	if (trial->run) {
		(void)op_add(tree, element, "state",
		    trial->result.reason == REASON_HOST_INBOUND_DENIED ? "denied" : "allowed");
	}
}
