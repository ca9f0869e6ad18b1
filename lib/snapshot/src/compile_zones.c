/*
 * Zones: their units (REQ-ZN-006: `all` takes every unit that no zone names), and what may be addressed to the device.
 */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "compile.h"

/* The zone's own list for a unit: the interface's if it has one, else the zone's (E-039, REQ-HI-007). */
static bool
bind_unit(struct compilation *compilation, const struct conf_node *zone, const struct conf_node *entry, uint32_t index)
{
	struct snapshot_unit *unit = &compilation->units[index];
	const struct conf_node *own = conf_child(entry, "host-inbound-traffic");
	const uint32_t identity = registry_find(compilation->registry, REGISTRY_ZONE, zone->value);

	assert(identity != REGISTRY_NONE);
	/* in no zone nothing passes: what a unit must not do before there are filters */
	unit->zone = unit->unsupported ? SNAPSHOT_NONE : (uint16_t)identity;
	if (own != NULL) {
		return compile_host_inbound(compilation, own, true, &unit->host_inbound);
	}
	return compile_host_inbound(
	    compilation, conf_child(zone, "host-inbound-traffic"), false, &unit->host_inbound);
}

/* Units that zones name. Which ones are taken is needed before `all` means anything. */
static bool
bind_named_units(struct compilation *compilation, bool *taken)
{
	const struct conf_node *zones = conf_walk(compilation->top, "security", "zones", NULL);

	for (const struct conf_node *zone = conf_first(zones, "security-zone"); zone; zone = conf_next(zone)) {
		const struct conf_node *interfaces = conf_child(zone, "interfaces");
		for (const struct conf_node *entry = conf_first(interfaces, "interface"); entry;
		     entry = conf_next(entry)) {
			const uint32_t unit = registry_find(compilation->registry, REGISTRY_UNIT, entry->value);
			if (unit == REGISTRY_NONE || !compilation->units[unit].present || taken[unit]) {
				continue; /* conf_check() reports what is wrong with it */
			}
			taken[unit] = true;
			if (!bind_unit(compilation, zone, entry, unit)) {
				return false;
			}
		}
	}
	return true;
}

static bool
bind_other_units(struct compilation *compilation, bool *taken)
{
	const struct conf_node *zones = conf_walk(compilation->top, "security", "zones", NULL);

	for (const struct conf_node *zone = conf_first(zones, "security-zone"); zone; zone = conf_next(zone)) {
		const struct conf_node *all = conf_entry(conf_child(zone, "interfaces"), "interface", "all", NULL);
		for (uint32_t unit = 0; all != NULL && unit < compilation->snapshot->unit_count; unit++) {
			if (!compilation->units[unit].present || taken[unit]) {
				continue;
			}
			taken[unit] = true;
			if (!bind_unit(compilation, zone, all, unit)) {
				return false;
			}
		}
	}
	return true;
}

static bool
make_zones(struct compilation *compilation)
{
	const struct conf_node *zones = conf_walk(compilation->top, "security", "zones", NULL);

	for (const struct conf_node *zone = conf_first(zones, "security-zone"); zone; zone = conf_next(zone)) {
		const struct compile_path path = {REGISTRY_ZONE, zone->value, zone->value};
		if (compile_register(compilation, zone, &path) == REGISTRY_NONE) {
			return false;
		}
	}
	const uint32_t count = registry_count(compilation->registry, REGISTRY_ZONE);
	compilation->zones = arena_take(compilation->arena, count, sizeof(*compilation->zones));
	if (compilation->zones == NULL) {
		return false;
	}
	compilation->zones[SNAPSHOT_ZONE_SELF] = (struct snapshot_zone){.name = "junos-self", .present = true};
	compilation->zones[SNAPSHOT_ZONE_GLOBAL] = (struct snapshot_zone){.name = "junos-global", .present = true};
	for (const struct conf_node *zone = conf_first(zones, "security-zone"); zone; zone = conf_next(zone)) {
		const uint32_t identity = registry_find(compilation->registry, REGISTRY_ZONE, zone->value);
		struct snapshot_zone *row = &compilation->zones[identity];
		if (identity == SNAPSHOT_ZONE_SELF || identity == SNAPSHOT_ZONE_GLOBAL) {
			compile_error(compilation, zone, "the zone %s is predefined and cannot be configured",
			    zone->value);
			continue;
		}
		row->name = arena_copy(compilation->arena, zone->value);
		row->present = true;
		row->tcp_rst = conf_present(zone, "tcp-rst");
		if (row->name == NULL || !compile_screens(compilation, zone, row)) {
			return false;
		}
	}
	compilation->snapshot->zones = compilation->zones;
	compilation->snapshot->zone_count = (uint16_t)count;
	return true;
}

bool
compile_zones(struct compilation *compilation)
{
	bool *taken = arena_take(&compilation->scratch, compilation->snapshot->unit_count, sizeof(*taken));

	return taken != NULL && make_zones(compilation) && bind_named_units(compilation, taken) &&
	    bind_other_units(compilation, taken);
}

const struct conf_node *
find_zone(const struct conf_node *top, const char *name)
{
	const struct conf_node *zones = conf_walk(top, "security", "zones", NULL);
	const struct conf_node *exact = conf_entry(zones, "security-zone", name, NULL);
	const struct conf_node *similar = NULL;

	if (exact != NULL) {
		return exact;
	}
	for (const struct conf_node *zone = conf_first(zones, "security-zone"); zone; zone = conf_next(zone)) {
		if (strcasecmp(zone->value, name) == 0) {
			if (similar != NULL) {
				return NULL;
			}
			similar = zone;
		}
	}
	return similar;
}
