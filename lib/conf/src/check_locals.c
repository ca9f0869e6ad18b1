/*
 * The device's own addresses: the same one twice, as an address that policies name (E-033), as a next hop (E-055).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "check_private.h"
#include "value_read.h"

struct local {
	struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d */
	const struct conf_node *node; /* the address entry */
	const struct conf_node *port;
	const struct conf_node *unit;
	const struct conf_node *instance; /* NULL: the default instance */
};

struct locals {
	struct local *items;
	size_t count;
	size_t capacity;
	struct check_nodes members; /* interfaces of instances, by name */
};

/* "10.0.0.1/24", "10.0.0.1" or the like of IPv6. */
static bool
read_address(const char *value, struct in6_addr *address, bool *single)
{
	char text[INET_ADDRSTRLEN];
	const size_t length = strcspn(value, "/");
	struct in_addr binary;
	uint32_t bits;

	if (value_read_ipv6_prefix(value, strlen(value), address, &bits)) {
		*single = bits == 128;
		return true;
	}
	*single = value[length] == '\0' || strcmp(value + length, "/32") == 0;
	if (length >= sizeof(text)) {
		return false;
	}
	memcpy(text, value, length);
	text[length] = '\0';
	if (inet_pton(AF_INET, text, &binary) != 1) {
		return false;
	}
	*address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
	memcpy(&address->s6_addr[12], &binary.s_addr, sizeof(binary.s_addr));
	return true;
}

static bool
same_address(const struct in6_addr *left, const struct in6_addr *right)
{
	return memcmp(left, right, sizeof(*left)) == 0;
}

static const struct conf_node *
instance_of(const struct locals *locals, const struct conf_node *port, const struct conf_node *unit)
{
	size_t low = 0;
	size_t high = locals->members.count;
	char name[96];

	(void)snprintf(name, sizeof(name), "%s.%s", port->value, unit->value);
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(locals->members.items[middle]->value, name) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < locals->members.count && strcmp(locals->members.items[low]->value, name) == 0
	    ? locals->members.items[low]->parent
	    : NULL;
}

static bool
add_family(struct locals *locals, const struct conf_node *port, const struct conf_node *unit, const char *family)
{
	const struct conf_node *node = conf_first(conf_walk(unit, "family", family, NULL), "address");

	for (; node != NULL; node = conf_next(node)) {
		struct local local = {.node = node, .port = port, .unit = unit, .instance = instance_of(locals, port, unit)};
		bool single;

		if (!read_address(node->value, &local.address, &single)) {
			continue;
		}
		struct local *items = array_grow(locals->items, locals->count, &locals->capacity, sizeof(*items));

		if (items == NULL) {
			return false;
		}
		locals->items = items;
		items[locals->count++] = local;
	}
	return true;
}

static bool
add_unit(struct locals *locals, const struct conf_node *port, const struct conf_node *unit)
{
	return add_family(locals, port, unit, "inet") && add_family(locals, port, unit, "inet6");
}

static int
compare_locals(const void *left, const void *right)
{
	const struct local *a = left;
	const struct local *b = right;

	const int order = memcmp(&a->address, &b->address, sizeof(a->address));

	if (order != 0) {
		return order;
	}
	return (a->node->line > b->node->line) - (a->node->line < b->node->line);
}

static bool
collect(const struct check *check, struct locals *locals)
{
	const struct conf_node *instance = conf_first(conf_child(check->top, "routing-instances"), "instance");
	const struct conf_node *port = conf_first(conf_child(check->top, "interfaces"), "interface");

	for (; instance != NULL; instance = conf_next(instance)) {
		if (!check_collect(&locals->members, conf_first(instance, "interface"))) {
			return false;
		}
	}
	check_sort_by_value(&locals->members);
	for (; port != NULL; port = conf_next(port)) {
		for (const struct conf_node *unit = conf_first(port, "unit"); unit != NULL; unit = conf_next(unit)) {
			if (!add_unit(locals, port, unit)) {
				return false;
			}
		}
	}
	if (locals->count > 1) {
		qsort(locals->items, locals->count, sizeof(locals->items[0]), compare_locals);
	}
	return true;
}

/* The first one of that address; NULL: none. */
static const struct local *
find_local(const struct locals *locals, const struct in6_addr *address)
{
	size_t low = 0;
	size_t high = locals->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (memcmp(&locals->items[middle].address, address, sizeof(*address)) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < locals->count && same_address(&locals->items[low].address, address) ? &locals->items[low] : NULL;
}

static void
check_twins(const struct check *check, const struct locals *locals)
{
	for (size_t i = 1; i < locals->count; i++) {
		const struct local *one = &locals->items[i - 1];
		const struct local *other = &locals->items[i];

		/* A link-local address belongs to its link alone. */
		if (!same_address(&one->address, &other->address) || IN6_IS_ADDR_LINKLOCAL(&one->address)) {
			continue;
		}
		if (one->instance == other->instance) {
			check_error(check, other->node, "%s.%s has the same address", one->port->value, one->unit->value);
		} else {
			check_warning(check, other->node, "%s.%s of another routing instance has the same address",
			    one->port->value, one->unit->value);
		}
	}
}

/* E-033: what is addressed to the device never meets a policy. */
static void
check_books(const struct check *check, const struct locals *locals)
{
	const struct conf_node *zone = conf_first(conf_walk(check->top, "security", "zones", NULL), "security-zone");

	for (; zone != NULL; zone = conf_next(zone)) {
		const struct conf_node *entry = conf_first(conf_child(zone, "address-book"), "address");

		for (; entry != NULL; entry = conf_next(entry)) {
			const char *prefix = conf_value(entry, "ip-prefix");
			struct in6_addr address;
			bool single;
			const struct local *local = prefix != NULL && read_address(prefix, &address, &single) && single
			    ? find_local(locals, &address)
			    : NULL;

			if (local != NULL) {
				check_warning(check, entry,
				    "E-033 this is the address of %s.%s: packets to it are for the device itself",
				    local->port->value, local->unit->value);
			}
		}
	}
}

/* E-055: a next hop that is the device's own address means the interface that has it. */
static void
check_hops(const struct check *check, const struct locals *locals, const struct conf_node *statics,
    const struct conf_node *instance)
{
	static const char *const lists[] = {"next-hop", "qualified-next-hop"};
	const struct conf_node *route = conf_first(statics, "route");

	for (; route != NULL; route = conf_next(route)) {
		for (size_t i = 0; i < 2; i++) {
			for (const struct conf_node *hop = conf_first(route, lists[i]); hop != NULL; hop = conf_next(hop)) {
				struct in6_addr address;
				bool single;
				const struct local *local =
				    read_address(hop->value, &address, &single) ? find_local(locals, &address) : NULL;
				const struct local *const end = locals->items + locals->count;

				for (; local != NULL && local < end && same_address(&local->address, &address); local++) {
					if (local->instance == instance) {
						check_warning(check, hop,
						    "E-055 this is the device's own address: read as interface %s.%s",
						    local->port->value, local->unit->value);
					}
				}
			}
		}
	}
}

static void
check_options(const struct check *check, const struct locals *locals, const struct conf_node *options,
    const struct conf_node *instance)
{
	check_hops(check, locals, conf_child(options, "static"), instance);
	for (const struct conf_node *rib = conf_first(options, "rib"); rib != NULL; rib = conf_next(rib)) {
		check_hops(check, locals, conf_child(rib, "static"), instance);
	}
}

/* What no host may have as its own: it could never be reached, or would take what is for all. */
static void
check_kinds(const struct check *check, const struct locals *locals)
{
	for (size_t i = 0; i < locals->count; i++) {
		const struct in6_addr *address = &locals->items[i].address;

		if (IN6_IS_ADDR_UNSPECIFIED(address) || IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_MULTICAST(address) ||
		    (IN6_IS_ADDR_V4MAPPED(address) && strchr(locals->items[i].node->value, ':') != NULL)) {
			check_error(check, locals->items[i].node, "this is no unicast address");
		}
	}
}

void
check_locals(const struct check *check)
{
	struct locals locals = {.items = NULL};
	const struct conf_node *instance = conf_first(conf_child(check->top, "routing-instances"), "instance");

	if (!collect(check, &locals)) {
		check_memory(check);
	} else if (locals.count > 0) {
		check_kinds(check, &locals);
		check_twins(check, &locals);
		check_books(check, &locals);
		check_options(check, &locals, conf_child(check->top, "routing-options"), NULL);
		for (; instance != NULL; instance = conf_next(instance)) {
			check_options(check, &locals, conf_child(instance, "routing-options"), instance);
		}
	}
	free(locals.items);
	free((void *)(uintptr_t)locals.members.items);
}
