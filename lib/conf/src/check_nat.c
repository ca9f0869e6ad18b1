/*
 * Address translation: pools, static mappings, translated destinations, and what policies name of
 * them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_private.h"

static const struct conf_node *
nat_of(const struct check *check)
{
	return conf_walk(check->top, "security", "nat", NULL);
}

static bool
read_address(const char *value, uint32_t *address)
{
	struct in_addr binary;

	if (value == NULL || inet_pton(AF_INET, value, &binary) != 1) {
		return false;
	}
	*address = ntohl(binary.s_addr);
	return true;
}

/* One address or one range, and the range not upside down. */
static void
check_addresses(const struct check *check, const struct conf_node *holder)
{
	const struct conf_node *single = conf_first(holder, "address");
	const struct conf_node *range = conf_child(holder, "address-range");
	uint32_t low;
	uint32_t high;

	if (single == NULL && range == NULL) {
		check_error(check, holder,
		    "missing mandatory statement: one of 'address', 'address-range'");
	} else if (single != NULL && range != NULL) {
		check_error(check, range, "'address' and 'address-range' exclude each other");
	}
	if (single != NULL &&
	    strcmp(strchr(single->value, '/') == NULL ? "" : strchr(single->value, '/'), "/32") !=
		0) {
		check_error(check, single,
		    "this is a single address, without a prefix length: several are an "
		    "address-range");
	}
	if (read_address(conf_value(range, "low"), &low) &&
	    read_address(conf_value(range, "high"), &high) && low > high) {
		check_error(check, range, "the first address (low) is above the last one (high)");
	}
}

static void
check_pool(const struct check *check, const struct conf_node *pool)
{
	const struct conf_node *host = conf_child(pool, "host-address-low");

	check_addresses(check, pool);
	if (host != NULL && conf_present(pool, "no-port-translation")) {
		check_error(
		    check, host, "'host-address-low' and 'no-port-translation' exclude each other");
	}
}

/* REQ-NAT-022, E-228. */
static void
check_mapping(const struct check *check, const struct conf_node *mapping)
{
	const struct conf_node *host = conf_child(mapping, "host");
	const struct conf_node *instance = conf_child(mapping, "virtual-router");
	const char *length = strchr(mapping->value, '/');

	if (host != NULL && length != NULL &&
	    (strchr(host->value, '/') == NULL || strcmp(strchr(host->value, '/'), length) != 0)) {
		check_error(check, host, "public and private prefix must have the same length");
	}
	if (instance != NULL && conf_entry(conf_child(check->top, "routing-instances"), "instance",
				    instance->value, NULL) == NULL) {
		check_error(
		    check, instance, "routing instance '%s' is not configured", instance->value);
	}
}

/* The interface that has the pool, after `from`; NULL: none. */
static const struct conf_node *
next_with_pool(const struct conf_node *from, const char *pool)
{
	while (from != NULL &&
	       conf_entry(conf_child(from, "source-nat"), "pool", pool, NULL) == NULL) {
		from = conf_next(from);
	}
	return from;
}

/* REQ-NAT-003: the interface that a packet leaves by must tell the pool. */
static void
check_pool_set(const struct check *check, const struct conf_node *set)
{
	const struct conf_node *first = conf_first(nat_of(check), "interface");

	for (const struct conf_node *pool = conf_first(set, "pool"); pool != NULL;
	     pool = conf_next(pool)) {
		const struct conf_node *interface = next_with_pool(first, pool->value);

		if (interface == NULL) {
			check_error(
			    check, pool, "source NAT pool '%s' is not configured", pool->value);
			continue;
		}
		for (const struct conf_node *other = conf_first(set, "pool"); other != pool;
		     other = conf_next(other)) {
			if (conf_entry(conf_child(interface, "source-nat"), "pool", other->value,
				NULL) != NULL) {
				check_error(check, pool,
				    "pool '%s' of the set is on interface %s too", other->value,
				    interface->value);
			}
		}
	}
}

void
check_nat(const struct check *check)
{
	const struct conf_node *nat = nat_of(check);

	for (const struct conf_node *interface = conf_first(nat, "interface"); interface != NULL;
	     interface = conf_next(interface)) {
		const struct conf_node *pool =
		    conf_first(conf_child(interface, "source-nat"), "pool");
		const struct conf_node *mapping = conf_first(interface, "static-nat");

		if (!check_unit_exists(check, interface->value)) {
			check_error(
			    check, interface, "interface '%s' is not configured", interface->value);
		}
		for (; pool != NULL; pool = conf_next(pool)) {
			check_pool(check, pool);
		}
		for (; mapping != NULL; mapping = conf_next(mapping)) {
			check_mapping(check, mapping);
		}
	}
	for (const struct conf_node *set = conf_first(conf_child(nat, "source-nat"), "pool-set");
	     set != NULL; set = conf_next(set)) {
		check_pool_set(check, set);
	}
	for (const struct conf_node *destination = conf_first(nat, "destination-nat");
	     destination != NULL; destination = conf_next(destination)) {
		check_addresses(check, destination);
	}
}

/* --- what policies name ---------------------------------------------------------------- */

bool
check_static_nat_exists(const struct check *check, const char *name)
{
	static const char prefix[] = "static_nat_";
	char mapping[32];

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 ||
	    (size_t)snprintf(mapping, sizeof(mapping), "%s", name + sizeof(prefix) - 1) >=
		sizeof(mapping)) {
		return false;
	}
	char *sign = strrchr(mapping, '_');

	if (sign == NULL) {
		return false;
	}
	*sign = '/';
	for (const struct conf_node *interface = conf_first(nat_of(check), "interface");
	     interface != NULL; interface = conf_next(interface)) {
		if (conf_entry(interface, "static-nat", mapping, NULL) != NULL) {
			return true;
		}
	}
	return false;
}

/* Is the unit in the zone, by name or because the zone takes all that no other zone names? */
static bool
is_in_zone(const struct conf_node *zones, const struct conf_node *zone, const char *unit)
{
	const struct conf_node *interfaces = conf_child(zone, "interfaces");

	if (conf_entry(interfaces, "interface", unit, NULL) != NULL) {
		return true;
	}
	if (conf_entry(interfaces, "interface", "all", NULL) == NULL) {
		return false;
	}
	for (const struct conf_node *other = conf_first(zones, "security-zone"); other != NULL;
	     other = conf_next(other)) {
		if (conf_entry(conf_child(other, "interfaces"), "interface", unit, NULL) != NULL) {
			return false;
		}
	}
	return true;
}

/* E-200, E-226: the pool is on an interface that packets to the zone may leave by. */
static void
check_policy_pool(const struct check *check, const struct conf_node *pool, const char *to)
{
	const struct conf_node *zones = conf_walk(check->top, "security", "zones", NULL);
	const struct conf_node *zone = conf_entry(zones, "security-zone", to, NULL);
	const struct conf_node *interface =
	    next_with_pool(conf_first(nat_of(check), "interface"), pool->value);

	if (interface == NULL) {
		check_error(check, pool, "source NAT pool '%s' is not configured", pool->value);
		return;
	}
	if (zone == NULL) {
		return;
	}
	while (interface != NULL && !is_in_zone(zones, zone, interface->value)) {
		interface = next_with_pool(conf_next(interface), pool->value);
	}
	if (interface == NULL) {
		check_error(check, pool,
		    "source NAT pool '%s' is on no interface of zone '%s' (E-226)", pool->value,
		    to);
	}
}

void
check_policy_nat(
    const struct check *check, const struct conf_node *context, const struct conf_node *policy)
{
	const struct conf_node *permit = conf_walk(policy, "then", "permit", NULL);
	const struct conf_node *pool = conf_child(conf_child(permit, "source-nat"), "pool");

	if (pool != NULL) {
		check_policy_pool(check, pool, context->value2);
	}
}
