/*
 * Details of interfaces. See interface_detail.h.
 */
#include "interface_detail.h"

#include <string.h>

#include "engine/screens.h"
#include "policy_walk.h"

enum interface_detail
interface_detail_of(const struct op_node *request)
{
	if (strcmp(request->name, "get-interface-details") != 0 || op_find(request, "terse") != NULL) {
		return INTERFACE_TERSE;
	}
	if (op_find(request, "extensive") != NULL) {
		return INTERFACE_EXTENSIVE;
	}
	return op_find(request, "detail") != NULL ? INTERFACE_DETAIL : INTERFACE_PLAIN;
}

/* The last change of the port's state, and what has to last how long to be one. */
static void
add_link(struct op_tree *tree, struct op_node *element, const struct link_hold *hold)
{
	const int64_t ago = worker_wall() / 1000000 - hold->changed;

	if (hold->changed == 0) {
		(void)op_add(tree, element, "interface-flapped", "Never");
	} else {
		policy_add_time(tree, element, "interface-flapped", hold->changed);
		(void)op_addf(tree, element, "interface-flapped-ago", "%02lld:%02u:%02u", (long long)(ago / 3600),
		    (unsigned)(ago / 60 % 60), (unsigned)(ago % 60));
	}
	(void)op_add_number(tree, element, "interface-flaps", hold->changes);
	if (hold->rules.up != 0 || hold->rules.down != 0) {
		(void)op_add_number(tree, element, "interface-flaps-suppressed", hold->suppressed);
		(void)op_add_number(tree, element, "up-hold-time", hold->rules.up);
		(void)op_add_number(tree, element, "down-hold-time", hold->rules.down);
	}
}

void
interface_add_port(struct op_tree *tree, struct op_node *element, const struct answer_sources *sources, size_t index)
{
	const struct port *port = edge_port(sources->edge, index);
	const struct port_counters counters = edge_counters(sources->edge, index);
	const uint8_t *mac = port->mac;
	struct text device = TEXT_EMPTY;

	chassis_describe(port->chassis, &device);
	(void)op_add(tree, element, "port-device", text_string(&device));
	text_release(&device);
	if (port->open) {
		(void)op_add(tree, element, "port-driver", port->driver);
		(void)op_add(tree, element, "port-mode", port_mode(port));
		(void)op_addf(tree, element, "hardware-address", "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		    mac[4], mac[5]);
		(void)op_add_number(tree, element, "mtu", port->mtu);
	} else if (port->trouble[0] != '\0') {
		(void)op_add(tree, element, "port-trouble", port->trouble);
	}
	(void)op_add_number(tree, element, "input-packets", counters.in_packets);
	(void)op_add_number(tree, element, "input-lost", counters.in_lost);
	(void)op_add_number(tree, element, "output-packets", counters.out_packets);
	(void)op_add_number(tree, element, "output-lost", counters.out_lost);
	add_link(tree, element, edge_link(sources->edge, index));
}

/* Of all workers. */
struct unit_sums {
	uint16_t unit;
	struct engine_unit_counters counters;
	uint64_t detected[SCREEN_COUNT];
};

static void
sum_job(const struct worker_hands *hands, void *argument)
{
	struct unit_sums *sums = argument;
	const struct engine_unit_counters counters = engine_unit_counters(hands->engine, sums->unit);

	sums->counters.in_packets += counters.in_packets;
	sums->counters.in_bytes += counters.in_bytes;
	sums->counters.out_packets += counters.out_packets;
	sums->counters.out_bytes += counters.out_bytes;
	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		sums->detected[i] += engine_screen_unit_count(hands->engine, sums->unit, (enum screen)i);
	}
}

static void
add_sums(struct op_tree *tree, struct op_node *element, const struct interface_unit *unit)
{
	struct unit_sums sums = {.unit = unit->number};

	worker_run(unit->sources->worker, sum_job, &sums);
	(void)op_add_number(tree, element, "input-packets", sums.counters.in_packets);
	(void)op_add_number(tree, element, "input-bytes", sums.counters.in_bytes);
	(void)op_add_number(tree, element, "output-packets", sums.counters.out_packets);
	(void)op_add_number(tree, element, "output-bytes", sums.counters.out_bytes);
	for (unsigned i = 0; i < SCREEN_COUNT && unit->detail == INTERFACE_EXTENSIVE; i++) {
		if (sums.detected[i] > 0) {
			struct op_node *row = op_add(tree, element, "screen-detected", NULL);

			(void)op_addf(tree, row, "screen-option-name", "%s %s", screen_group((enum screen)i),
			    screen_option((enum screen)i));
			(void)op_add_number(tree, row, "screen-detected-count", sums.detected[i]);
		}
	}
}

static const char *const services[] = {
#define HOST_SERVICE(symbol, name, protocol, low, high) name,
#include "engine/services.def"
#undef HOST_SERVICE
};

static const char *const protocols[] = {
#define HOST_PROTOCOL(symbol, name, ...) name,
#include "engine/protocols.def"
#undef HOST_PROTOCOL
};

static bool
bit_of(uint64_t bits, size_t bit)
{
	return (bits >> bit & 1) != 0;
}

/* What is in force: the interface's own list, or else its zone's. A name may have several rows. */
static void
add_inbound(struct op_tree *tree, struct op_node *element, const struct snapshot_host_inbound *inbound)
{
	const char *last = "";

	if (inbound->any_service) {
		(void)op_add(tree, element, "allowed-host-inbound", "any-service");
	}
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		const bool except = inbound->any_service && bit_of(inbound->except, i);

		if (strcmp(services[i], last) != 0 && (except || (!inbound->any_service && bit_of(inbound->services, i)))) {
			(void)op_addf(tree, element, "allowed-host-inbound", "%s%s", services[i], except ? " except" : "");
			last = services[i];
		}
	}
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strcmp(protocols[i], last) != 0 && bit_of(inbound->protocols, i)) {
			(void)op_add(tree, element, "allowed-host-inbound", protocols[i]);
			last = protocols[i];
		}
	}
}

void
interface_add_unit(struct op_tree *tree, struct op_node *element, const struct interface_unit *unit)
{
	const struct snapshot *snapshot = unit->sources->configuration->snapshot;
	const struct snapshot_unit *what = &snapshot->units[unit->number];
	const char *description = conf_value(unit->configured, "description");
	const char *instance = what->instance < snapshot->instance_count ? snapshot->instances[what->instance].name : "";

	if (description != NULL) {
		(void)op_add(tree, element, "description", description);
	}
	if (what->vlan != SNAPSHOT_VLAN_UNTAGGED) {
		(void)op_add_number(tree, element, "vlan-id", what->vlan);
	}
	(void)op_add(tree, element, "logical-interface-zone-name",
	    what->zone == SNAPSHOT_NONE ? "Null" : answer_zone_name(unit->sources, what->zone));
	(void)op_add(tree, element, "routing-instance", instance[0] == '\0' ? "default" : instance);
	add_sums(tree, element, unit);
	if (unit->detail >= INTERFACE_DETAIL) {
		add_inbound(tree, element, &what->host_inbound);
	}
}
