/*
 * A configuration in all its forms. See configuration.h.
 */
#include "configuration.h"

#include <stdlib.h>
#include <string.h>

#include "engine/memory.h"

#define SECOND INT64_C(1000000)

/* Is the link of the unit's port there? A unit without a port is up when it is a tunnel. */
static bool
unit_is_up(const struct snapshot *snapshot, uint16_t unit, const struct edge *edge)
{
	const struct snapshot_unit *here = &snapshot->units[unit];

	if (!here->enabled) {
		return false;
	}
	if (here->port == SNAPSHOT_NONE) {
		return here->tunnel;
	}
	return here->port < edge_port_count(edge) && snapshot->ports[here->port].enabled &&
	    edge_port(edge, here->port)->open && edge_port(edge, here->port)->running;
}

static uint32_t
milliseconds(const struct conf_node *hold, const char *name)
{
	const char *value = conf_value(hold, name);

	return value == NULL ? 0 : (uint32_t)strtoul(value, NULL, 10);
}

void
configuration_rule_links(const struct configuration *configuration, struct edge *edge)
{
	const struct conf_node *interfaces = conf_child(conf_tree_top(configuration->tree), "interfaces");

	for (size_t i = 0; i < edge_port_count(edge); i++) {
		const struct conf_node *interface =
		    conf_entry(interfaces, "interface", edge_port(edge, i)->chassis->name, NULL);
		const struct conf_node *hold = conf_child(interface, "hold-time");

		edge_rule(edge, i,
		    &(struct link_rules){
			.up = milliseconds(hold, "up"),
			.down = milliseconds(hold, "down"),
			.disabled = conf_present(interface, "disable"),
		    });
	}
}

bool
configuration_take_links(struct configuration *configuration, const struct edge *edge)
{
	const struct snapshot *snapshot = configuration->snapshot;
	const uint64_t now = worker_now();
	bool changed = false;

	for (uint16_t u = 0; u < snapshot->unit_count; u++) {
		if (snapshot->units[u].present) {
			changed |= rib_set_unit_state(configuration->rib, u, unit_is_up(snapshot, u, edge), now);
		}
	}
	return changed;
}

/* Which units a job is about. */
struct link_units {
	const struct snapshot *snapshot;
	const struct edge *edge;
};

static void
link_job(const struct worker_hands *hands, void *argument)
{
	const struct link_units *links = argument;

	for (uint16_t u = 0; u < links->snapshot->unit_count; u++) {
		if (links->snapshot->units[u].present) {
			engine_set_link(hands->engine, u, unit_is_up(links->snapshot, u, links->edge));
		}
	}
}

void
configuration_tell_links(const struct configuration *configuration, const struct edge *edge, struct workers *worker)
{
	struct link_units links = {.snapshot = configuration->snapshot, .edge = edge};

	worker_run(worker, link_job, &links);
}

struct fib *
configuration_fib(const struct configuration *configuration, struct compiler *compiler)
{
	compiler->fib_id++;
	return snapshot_fib_create(configuration->rib, configuration->snapshot, compiler->fib_id);
}

void
configuration_destroy(struct configuration *configuration)
{
	if (configuration == NULL) {
		return;
	}
	snapshot_fib_destroy(configuration->fib);
	rib_destroy(configuration->rib);
	snapshot_destroy(configuration->snapshot);
	conf_tree_destroy(configuration->tree);
	free(configuration);
}

static struct snapshot *
compile_snapshot(struct compiler *compiler, const struct configuration *configuration, struct diagnostics *list)
{
	const char *names[CHASSIS_PORTS];
	uint8_t macs[6 * CHASSIS_PORTS];
	const struct snapshot_options options = {
	    .id = configuration->id,
	    .wall = worker_wall() / SECOND,
	    .ports = names,
	    .port_count = (uint32_t)edge_port_count(compiler->edge),
	    .macs = macs,
	    .advice = true,
	    .names = dns_names(compiler->dns),
	};

	for (size_t i = 0; i < options.port_count; i++) {
		names[i] = edge_port(compiler->edge, i)->chassis->name;
		memcpy(macs + 6 * i, edge_port(compiler->edge, i)->mac, 6);
	}
	return snapshot_compile(configuration->tree, compiler->registry, &options, list);
}

/* All that follows from the tree. */
static bool
compile(struct compiler *compiler, struct configuration *configuration, struct diagnostics *list)
{
	configuration->serial = ++compiler->serial;
	configuration->names_version = dns_version(compiler->dns);
	configuration->snapshot = compile_snapshot(compiler, configuration, list);
	if (configuration->snapshot == NULL) {
		return false;
	}
	configuration->rib = snapshot_rib_create(configuration->tree, compiler->registry, configuration->snapshot);
	if (configuration->rib != NULL) {
		(void)configuration_take_links(configuration, compiler->edge);
		configuration->fib = configuration_fib(configuration, compiler);
	}
	if (configuration->fib == NULL) {
		diagnostics_addf(list, DIAGNOSTIC_ERROR, NULL, NULL, 0, "out of memory for the routing tables");
		return false;
	}
	return true;
}

struct configuration *
configuration_create(struct compiler *compiler, const struct configuration_source *source, struct diagnostics *list)
{
	struct configuration *configuration = calloc(1, sizeof(*configuration));

	if (configuration == NULL || (configuration->tree = conf_tree_create(compiler->schema)) == NULL) {
		diagnostics_addf(list, DIAGNOSTIC_ERROR, NULL, NULL, 0, "out of memory");
		free(configuration);
		return NULL;
	}
	configuration->id = source->id;
	if (!conf_load(configuration->tree, CONF_FORMAT_TEXT, NULL, source->text, source->length, list) ||
	    !compile(compiler, configuration, list)) {
		configuration_destroy(configuration);
		return NULL;
	}
	return configuration;
}

struct configuration *
configuration_again(struct compiler *compiler, const struct configuration *configuration)
{
	struct configuration *again = calloc(1, sizeof(*again));
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	if (again == NULL || (again->tree = conf_tree_copy(configuration->tree)) == NULL) {
		free(again);
		return NULL;
	}
	again->id = configuration->id;
	if (!compile(compiler, again, &list)) {
		configuration_destroy(again);
		again = NULL;
	}
	diagnostics_release(&list);
	return again;
}

bool
configuration_macs_current(const struct configuration *configuration, const struct edge *edge)
{
	const struct snapshot *snapshot = configuration->snapshot;

	for (size_t i = 0; i < edge_port_count(edge) && i < snapshot->port_count; i++) {
		const struct port *port = edge_port(edge, i);

		if (port->open && memcmp(port->mac, snapshot->ports[i].mac, sizeof(port->mac)) != 0) {
			return false;
		}
	}
	return true;
}

static void
publish_job(const struct worker_hands *hands, void *argument)
{
	const struct configuration *configuration = argument;

	engine_set_wall(hands->engine, hands->now, worker_wall());
	engine_apply(hands->engine, configuration->snapshot, configuration->fib);
}

void
configuration_publish(const struct configuration *configuration, struct workers *worker)
{
	/* Jobs only read it; the job's interface has no const. */
	struct configuration copy = *configuration;

	worker_memory_ready(worker, engine_limits_wanted(configuration->snapshot));
	worker_run(worker, publish_job, &copy);
}
