/*
 * Interfaces: VLANs (E-031, REQ-ZN-007), filters, own addresses, and services that name logical interfaces.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_private.h"

enum {
	VLAN_LAST = 4094,
	VLAN_TAG = 4,
	ETHERNET_HEADER = 14,
	INET6_PACKET = 1280,
};

static bool
is_ethernet(const struct conf_node *port)
{
	return strncmp(port->value, "st", 2) != 0 && strncmp(port->value, "lo", 2) != 0;
}

/* Each VLAN belongs to one unit. */
static void
check_vlans(const struct check *check, const struct conf_node *port)
{
	const struct conf_node *owner[VLAN_LAST + 1] = {NULL};

	for (const struct conf_node *unit = conf_first(port, "unit"); unit != NULL; unit = conf_next(unit)) {
		const struct conf_node *vlan = conf_child(unit, "vlan-id");

		if (vlan == NULL) {
			check_error(check, unit, "missing mandatory statement 'vlan-id': %s has vlan-tagging", port->value);
			continue;
		}
		const unsigned long id = strtoul(vlan->value, NULL, 10);

		if (id > VLAN_LAST) {
			continue;
		}
		if (owner[id] != NULL) {
			check_error(check, vlan, "VLAN %lu belongs to unit %s of %s already", id, owner[id]->value,
			    port->value);
		} else {
			owner[id] = unit;
		}
	}
}

/* Without vlan-tagging: one unit is untagged, several take the VLAN of their number (E-031). */
static void
check_untagged(const struct check *check, const struct conf_node *port)
{
	const struct conf_node *first = conf_first(port, "unit");

	for (const struct conf_node *unit = first; unit != NULL; unit = conf_next(unit)) {
		const struct conf_node *vlan = conf_child(unit, "vlan-id");

		if (vlan != NULL) {
			check_error(check, vlan, "a VLAN needs vlan-tagging on %s", port->value);
		}
	}
	if (first == NULL || conf_next(first) == NULL || !is_ethernet(port)) {
		return;
	}
	check_warning(check, port, "E-031 several units without vlan-tagging: each takes the VLAN of its unit number");
	for (const struct conf_node *unit = first; unit != NULL; unit = conf_next(unit)) {
		const unsigned long id = strtoul(unit->value, NULL, 10);

		if (id < 1 || id > VLAN_LAST) {
			check_error(check, unit, "there is no VLAN %lu: give %s vlan-tagging and the unit a vlan-id", id,
			    port->value);
		}
	}
}

static void
check_filters(const struct check *check, const struct conf_node *unit)
{
	static const char *const directions[] = {"input", "output"};
	const struct conf_node *filter = conf_walk(unit, "family", "inet", "filter", NULL);

	for (size_t i = 0; i < 2; i++) {
		const struct conf_node *leaf = conf_child(filter, directions[i]);

		if (leaf != NULL && conf_entry(conf_child(check->top, "firewall"), "filter", leaf->value, NULL) == NULL) {
			check_error(check, leaf, "firewall filter '%s' is not configured", leaf->value);
		}
	}
}

/* As JUNOS, it is refused what no device can have. */
static void
check_address(const struct check *check, const struct conf_node *node, bool loopback)
{
	const char *slash = strchr(node->value, '/');
	const unsigned long bits = slash == NULL ? 32 : strtoul(slash + 1, NULL, 10);
	char text[INET_ADDRSTRLEN];
	struct in_addr binary;

	(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(node->value, "/"), node->value);
	if (inet_pton(AF_INET, text, &binary) != 1) {
		return;
	}
	const uint32_t address = ntohl(binary.s_addr);
	const uint32_t net = address >> 24;
	const uint32_t hosts = bits < 31 ? UINT32_MAX >> bits : 0;

	if (net == 0 || net >= 224) {
		check_error(check, node, "a device has no such address: it is %s",
		    net == 0      ? "of this network (0.0.0.0/8)"
		        : net < 240 ? "of a group (224.0.0.0/4)"
		                    : "reserved (240.0.0.0/4)");
	} else if (net == 127 && !loopback) {
		check_error(check, node, "a device has no such address outside lo0: it is of the loopback (127.0.0.0/8)");
	} else if (hosts != 0 && (address & hosts) == 0) {
		check_error(check, node, "this is the address of the network itself, not of a device in it");
	} else if (hosts != 0 && (address & hosts) == hosts) {
		check_error(check, node, "this is the broadcast address of the network, not of a device in it");
	}
}

static void
check_own_addresses(const struct check *check, const struct conf_node *port, const struct conf_node *unit)
{
	const bool loopback = strncmp(port->value, "lo", 2) == 0;
	const struct conf_node *node = conf_first(conf_walk(unit, "family", "inet", NULL), "address");

	for (; node != NULL; node = conf_next(node)) {
		check_address(check, node, loopback);
	}
}

/* RFC 8200 5: a link of IPv6 carries packets of 1280. */
static void
check_inet6_room(const struct check *check, const struct conf_node *port, const struct conf_node *unit)
{
	const struct conf_node *inet6 = conf_walk(unit, "family", "inet6", NULL);
	const uint32_t tag = conf_present(port, "vlan-tagging") ? VLAN_TAG : 0;
	const uint32_t frame = conf_number(port, "mtu", ETHERNET_HEADER + INET6_PACKET + tag);

	if (inet6 != NULL && frame < ETHERNET_HEADER + INET6_PACKET + tag) {
		check_error(check, inet6, "IPv6 needs packets of %d: the MTU of %s leaves %u", INET6_PACKET, port->value,
		    frame - ETHERNET_HEADER - tag);
	}
}

static void
check_web_interfaces(const struct check *check)
{
	static const char *const servers[] = {"http", "https"};
	const struct conf_node *web = conf_walk(check->top, "system", "services", "web-management", NULL);

	for (size_t i = 0; i < 2; i++) {
		const struct conf_node *unit = conf_first(conf_child(web, servers[i]), "interface");

		for (; unit != NULL; unit = conf_next(unit)) {
			if (!check_unit_exists(check, unit->value)) {
				check_error(check, unit, "interface '%s' is not configured", unit->value);
			}
		}
	}
}

void
check_interfaces(const struct check *check)
{
	const struct conf_node *port = conf_first(conf_child(check->top, "interfaces"), "interface");

	for (; port != NULL; port = conf_next(port)) {
		if (conf_present(port, "vlan-tagging")) {
			check_vlans(check, port);
		} else {
			check_untagged(check, port);
		}
		for (const struct conf_node *unit = conf_first(port, "unit"); unit != NULL; unit = conf_next(unit)) {
			check_filters(check, unit);
			check_inet6_room(check, port, unit);
			check_own_addresses(check, port, unit);
		}
	}
	check_web_interfaces(check);
}
