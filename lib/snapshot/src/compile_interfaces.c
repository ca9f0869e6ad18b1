/*
 * Ports and units: which frames belong to which unit, how large packets may be, which addresses are ours.
 *
 * E-031 (REQ-ZN-007): on a port without vlan-tagging a single unit is untagged, several take their number as tag.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

enum {
	ETHERNET_HEADER = 14,
	VLAN_TAG = 4,
	PACKET_DEFAULT = 1500,
	TAGS = 4096,
	UNIT_NAME_MOST = 80,
};

static bool
is_tunnel(const char *name)
{
	return strncmp(name, "st", 2) == 0 && strchr(name, '-') == NULL;
}

static bool
is_loopback(const char *name)
{
	return strcmp(name, "lo0") == 0;
}

static int
compare_names(const void *left, const void *right)
{
	const char *const *a = left;
	const char *const *b = right;

	return snapshot_compare_interfaces(*a, *b);
}

/* The ports' names: the caller's, or those of the configuration in natural order. */
static const char *const *
port_names(struct compilation *compilation, uint32_t *count)
{
	const struct conf_node *interfaces = conf_child(compilation->top, "interfaces");
	const struct snapshot_options *options = compilation->options;

	if (options->ports != NULL) {
		*count = options->port_count;
		return options->ports;
	}
	*count = 0;
	for (const struct conf_node *port = conf_first(interfaces, "interface"); port; port = conf_next(port)) {
		*count += is_tunnel(port->value) || is_loopback(port->value) ? 0 : 1;
	}
	const char **names = arena_take(&compilation->scratch, *count, sizeof(*names));
	if (names == NULL) {
		return NULL;
	}
	uint32_t at = 0;
	for (const struct conf_node *port = conf_first(interfaces, "interface"); port; port = conf_next(port)) {
		if (!is_tunnel(port->value) && !is_loopback(port->value)) {
			names[at++] = port->value;
		}
	}
	if (at > 1) {
		qsort(names, at, sizeof(*names), compare_names);
	}
	return names;
}

static bool
make_port(struct compilation *compilation, uint32_t index, const char *name)
{
	const struct conf_node *interfaces = conf_child(compilation->top, "interfaces");
	const struct conf_node *node = conf_entry(interfaces, "interface", name, NULL);
	const uint8_t place[6] = {0x02, 0x53, 0x50, 0x00, (uint8_t)(index >> 8), (uint8_t)index};
	const uint8_t *macs = compilation->options->macs;
	const uint32_t frame = conf_number(node, "mtu", PACKET_DEFAULT + ETHERNET_HEADER);
	struct snapshot_port *port = &compilation->ports[index];

	port->name = arena_copy(compilation->arena, name);
	port->present = node != NULL;
	port->enabled = node != NULL && !conf_present(node, "disable");
	port->mtu = (uint16_t)(frame - ETHERNET_HEADER);
	memcpy(port->mac, macs == NULL ? place : &macs[(size_t)index * 6], 6);
	port->unit_by_tag = arena_take(compilation->arena, TAGS, sizeof(*port->unit_by_tag));
	if (port->name == NULL || port->unit_by_tag == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < TAGS; i++) {
		port->unit_by_tag[i] = SNAPSHOT_NONE;
	}
	return true;
}

static bool
make_ports(struct compilation *compilation)
{
	uint32_t count = 0;
	const char *const *names = port_names(compilation, &count);

	if (names == NULL || count >= SNAPSHOT_NONE) {
		return count == 0;
	}
	compilation->ports = arena_take(compilation->arena, count, sizeof(*compilation->ports));
	if (compilation->ports == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!make_port(compilation, i, names[i])) {
			return false;
		}
	}
	compilation->snapshot->ports = compilation->ports;
	compilation->snapshot->port_count = (uint16_t)count;
	return true;
}

static uint16_t
find_port(const struct compilation *compilation, const char *name)
{
	for (uint16_t i = 0; i < compilation->snapshot->port_count; i++) {
		if (strcmp(compilation->ports[i].name, name) == 0) {
			return i;
		}
	}
	return SNAPSHOT_NONE;
}

/* Gives every configured unit its identity, so that the array can be made. */
static bool
register_units(struct compilation *compilation)
{
	const struct conf_node *interfaces = conf_child(compilation->top, "interfaces");
	char name[UNIT_NAME_MOST];

	for (const struct conf_node *port = conf_first(interfaces, "interface"); port; port = conf_next(port)) {
		for (const struct conf_node *unit = conf_first(port, "unit"); unit; unit = conf_next(unit)) {
			(void)snprintf(name, sizeof(name), "%s.%s", port->value, unit->value);
			const struct compile_path path = {REGISTRY_UNIT, name, name};
			if (compile_register(compilation, unit, &path) == REGISTRY_NONE) {
				return false;
			}
		}
	}
	const uint32_t count = registry_count(compilation->registry, REGISTRY_UNIT);
	compilation->units = arena_take(compilation->arena, count, sizeof(*compilation->units));
	compilation->snapshot->units = compilation->units;
	compilation->snapshot->unit_count = (uint16_t)count;
	for (uint32_t i = 0; compilation->units != NULL && i < count; i++) {
		compilation->units[i].port = SNAPSHOT_NONE;
		compilation->units[i].zone = SNAPSHOT_NONE;
		compilation->units[i].instance = SNAPSHOT_INSTANCE_DEFAULT;
	}
	return compilation->units != NULL;
}

static bool
read_addresses(struct compilation *compilation, const struct conf_node *inet, struct snapshot_unit *unit)
{
	uint32_t count = 0;
	uint32_t at = 0;

	for (const struct conf_node *entry = conf_first(inet, "address"); entry; entry = conf_next(entry)) {
		count++;
	}
	struct snapshot_address *addresses = arena_take(compilation->arena, count, sizeof(*addresses));
	if (addresses == NULL) {
		return false;
	}
	for (const struct conf_node *entry = conf_first(inet, "address"); entry; entry = conf_next(entry)) {
		if (at < UINT16_MAX && parse_prefix(entry->value, &addresses[at].address, &addresses[at].length)) {
			at++;
		}
	}
	unit->addresses = addresses;
	unit->address_count = (uint16_t)at;
	return true;
}

/*
 * A unit of an Ethernet port has a link-local address from its port's MAC address (RFC 4291 2.5.6, RFC 2464 5) unless one is
 * configured.
 */
static bool
read_addresses6(struct compilation *compilation, const struct conf_node *inet6, struct snapshot_unit *unit)
{
	uint32_t count = 1;
	uint16_t at = 0;

	for (const struct conf_node *entry = conf_first(inet6, "address"); entry; entry = conf_next(entry)) {
		count++;
	}
	struct snapshot_address6 *addresses = arena_take(compilation->arena, count, sizeof(*addresses));
	if (addresses == NULL) {
		return false;
	}
	for (const struct conf_node *entry = conf_first(inet6, "address"); entry; entry = conf_next(entry)) {
		if (at == UINT16_MAX - 1 ||
		    !parse_prefix6(entry->value, &addresses[at].address, &addresses[at].length)) {
			continue;
		}
		if (ipv6_is_link_local(addresses[at].address) && ipv6_is_unspecified(unit->link_local)) {
			unit->link_local = addresses[at].address;
		}
		at++;
	}
	if (ipv6_is_unspecified(unit->link_local) && unit->port != SNAPSHOT_NONE) {
		unit->link_local = ipv6_link_local_of(compilation->ports[unit->port].mac);
		addresses[at++] = (struct snapshot_address6){.address = unit->link_local, .length = 64};
	}
	unit->addresses6 = addresses;
	unit->address6_count = at;
	return true;
}

/* How the units of a port are told apart. */
enum tagging {
	TAGGING_NONE,     /* one unit, untagged */
	TAGGING_BY_ID,    /* vlan-tagging, vlan-id */
	TAGGING_IMPLICIT, /* the unit's number (E-031) */
};

static enum tagging
tagging_of(const struct conf_node *port)
{
	const struct conf_node *first = conf_first(port, "unit");

	if (conf_present(port, "vlan-tagging")) {
		return TAGGING_BY_ID;
	}
	return first == NULL || conf_next(first) == NULL ? TAGGING_NONE : TAGGING_IMPLICIT;
}

static uint16_t
tag_of(const struct conf_node *unit, enum tagging tagging)
{
	switch (tagging) {
	case TAGGING_NONE:
		return SNAPSHOT_VLAN_UNTAGGED;
	case TAGGING_BY_ID:
		return (uint16_t)(conf_number(unit, "vlan-id", 0) % TAGS);
	case TAGGING_IMPLICIT:
		break;
	}
	return (uint16_t)(strtoul(unit->value, NULL, 10) % TAGS);
}

/* A filter that might discard is not there yet: the unit takes no part in anything (fails closed). */
static bool
filters_pass(const struct compilation *compilation, const struct conf_node *inet)
{
	const struct conf_node *filter = conf_child(inet, "filter");
	const char *input = conf_value(filter, "input");
	const char *output = conf_value(filter, "output");

	return (input == NULL || filter_passes_everything(compilation->top, input)) &&
	    (output == NULL || filter_passes_everything(compilation->top, output));
}

/* The largest IP packet: the port's frame less header and tag, or what the family says if that is less. */
static uint16_t
packet_most(const struct conf_node *port, const struct conf_node *family, uint16_t tag)
{
	const uint32_t overhead = ETHERNET_HEADER + (tag == SNAPSHOT_VLAN_UNTAGGED ? 0 : VLAN_TAG);
	const uint32_t most = conf_number(port, "mtu", PACKET_DEFAULT + overhead) - overhead;
	const uint32_t family_most = conf_number(family, "mtu", most);

	return (uint16_t)(family_most < most ? family_most : most);
}

/* E-160: the unit of a VPN carries IPv4 though nobody wrote it. */
static bool
is_bound(const struct compilation *compilation, const char *unit)
{
	const struct conf_node *vpn = conf_first(conf_walk(compilation->top, "security", "ipsec", NULL), "vpn");

	while (vpn != NULL) {
		const char *bound = conf_value(vpn, "bind-interface");

		if (bound != NULL && strcmp(bound, unit) == 0) {
			return true;
		}
		vpn = conf_next(vpn);
	}
	return false;
}

static bool
make_unit(struct compilation *compilation, const struct conf_node *port, const struct conf_node *node,
    enum tagging tagging)
{
	const struct conf_node *inet = conf_walk(node, "family", "inet", NULL);
	const struct conf_node *inet6 = conf_walk(node, "family", "inet6", NULL);
	char name[UNIT_NAME_MOST];

	(void)snprintf(name, sizeof(name), "%s.%s", port->value, node->value);
	const uint32_t identity = registry_find(compilation->registry, REGISTRY_UNIT, name);
	assert(identity != REGISTRY_NONE);
	struct snapshot_unit *unit = &compilation->units[identity];
	unit->name = arena_copy(compilation->arena, name);
	unit->present = true;
	unit->enabled = !conf_present(port, "disable") && !conf_present(node, "disable");
	unit->has_inet = inet != NULL || (is_tunnel(port->value) && is_bound(compilation, name));
	unit->has_inet6 = inet6 != NULL;
	unit->tunnel = is_tunnel(port->value);
	unit->unsupported = inet != NULL && !filters_pass(compilation, inet);
	unit->vlan = unit->tunnel || is_loopback(port->value) ? SNAPSHOT_VLAN_UNTAGGED
							      : tag_of(node, tagging);
	unit->mtu = packet_most(port, inet, unit->vlan);
	unit->mtu6 = packet_most(port, inet6, unit->vlan);
	unit->port = find_port(compilation, port->value);
	if (unit->port != SNAPSHOT_NONE) {
		compilation->ports[unit->port].unit_by_tag[unit->vlan] = (uint16_t)identity;
	}
	return unit->name != NULL && (inet == NULL || read_addresses(compilation, inet, unit)) &&
	    (inet6 == NULL || read_addresses6(compilation, inet6, unit));
}

bool
compile_interfaces(struct compilation *compilation)
{
	const struct conf_node *interfaces = conf_child(compilation->top, "interfaces");

	if (!make_ports(compilation) || !register_units(compilation)) {
		return false;
	}
	for (const struct conf_node *port = conf_first(interfaces, "interface"); port; port = conf_next(port)) {
		const bool tags = !is_tunnel(port->value) && !is_loopback(port->value);
		const enum tagging tagging = tags ? tagging_of(port) : TAGGING_NONE;
		for (const struct conf_node *unit = conf_first(port, "unit"); unit; unit = conf_next(unit)) {
			if (!make_unit(compilation, port, unit, tagging)) {
				return false;
			}
		}
	}
	return true;
}

/* An accept that nothing limits, before any term that could drop. */
bool
filter_passes_everything(const struct conf_node *top, const char *name)
{
	const struct conf_node *filter = conf_entry(conf_child(top, "firewall"), "filter", name, NULL);

	for (const struct conf_node *term = conf_first(filter, "term"); term; term = conf_next(term)) {
		const struct conf_node *then = conf_child(term, "then");
		const struct conf_node *from = conf_child(term, "from");
		if (conf_present(then, "discard") || conf_present(then, "reject")) {
			return false;
		}
		if (!has_content(from)) {
			return true;
		}
	}
	return false;
}

/* Instances by identity, and which one each unit is in. */
bool
compile_instances(struct compilation *compilation)
{
	const struct conf_node *instances = conf_child(compilation->top, "routing-instances");

	for (const struct conf_node *node = conf_first(instances, "instance"); node; node = conf_next(node)) {
		const struct compile_path path = {REGISTRY_INSTANCE, node->value, node->value};
		if (compile_register(compilation, node, &path) == REGISTRY_NONE) {
			return false;
		}
	}
	const uint32_t count = registry_count(compilation->registry, REGISTRY_INSTANCE);
	struct snapshot_instance *rows = arena_take(compilation->arena, count, sizeof(*rows));
	if (rows == NULL) {
		return false;
	}
	rows[SNAPSHOT_INSTANCE_DEFAULT] = (struct snapshot_instance){.name = "", .present = true};
	for (const struct conf_node *node = conf_first(instances, "instance"); node; node = conf_next(node)) {
		const uint32_t identity = registry_find(compilation->registry, REGISTRY_INSTANCE, node->value);
		rows[identity].name = arena_copy(compilation->arena, node->value);
		rows[identity].present = true;
		if (rows[identity].name == NULL) {
			return false;
		}
		for (const struct conf_node *entry = conf_first(node, "interface"); entry; entry = conf_next(entry)) {
			const uint32_t unit =
			    registry_find(compilation->registry, REGISTRY_UNIT, entry->value);
			if (unit != REGISTRY_NONE && compilation->units[unit].present) {
				compilation->units[unit].instance = (uint16_t)identity;
			}
		}
	}
	compilation->snapshot->instances = rows;
	compilation->snapshot->instance_count = (uint16_t)count;
	return true;
}
