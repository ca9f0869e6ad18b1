/*
 * Address translation by rule-sets: pools, addresses that are answered for, alarms. What rules say: check_nat_rules.c.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "check_private.h"

enum {
	ADDRESS_BITS = 32,
};

/* "192.0.2.0/24" with its length; false: nothing that the checks could judge (the value itself has been refused). */
static bool
read_prefix(const char *text, struct check_range *range, uint32_t *length)
{
	char address[INET_ADDRSTRLEN];
	struct in_addr binary;
	const size_t end = strcspn(text, "/");
	const unsigned long bits = text[end] == '/' ? strtoul(text + end + 1, NULL, 10) : ADDRESS_BITS;

	if (end >= sizeof(address) || bits > ADDRESS_BITS) {
		return false;
	}
	memcpy(address, text, end);
	address[end] = '\0';
	if (inet_pton(AF_INET, address, &binary) != 1) {
		return false;
	}
	const uint32_t rest = bits == 0 ? UINT32_MAX : (uint32_t)((UINT64_C(1) << (ADDRESS_BITS - bits)) - 1);

	*length = (uint32_t)bits;
	range->low = ntohl(binary.s_addr) & ~rest;
	range->high = range->low | rest;
	return true;
}

bool
check_nat_prefix(const char *text, struct check_range *range)
{
	uint32_t length;

	return text != NULL && read_prefix(text, range, &length);
}

bool
check_nat_range(const struct conf_node *address, struct check_range *range)
{
	const char *to = conf_value(address, "to");
	struct check_range last;

	if (!check_nat_prefix(address->value, range) || (to != NULL && !check_nat_prefix(to, &last))) {
		return false;
	}
	if (to != NULL) {
		range->high = last.high;
	}
	return range->low <= range->high;
}

static void
check_address(const struct check *check, const struct conf_node *address)
{
	const struct conf_node *to = conf_child(address, "to");
	struct check_range first;
	struct check_range last;
	uint32_t length;
	uint32_t last_length = ADDRESS_BITS;

	if (!read_prefix(address->value, &first, &length) || (to != NULL && !read_prefix(to->value, &last, &last_length))) {
		return;
	}
	if (to != NULL && (length != ADDRESS_BITS || last_length != ADDRESS_BITS)) {
		check_error(check, address, "a range goes from a single address to a single address, without prefix lengths");
	} else if (to != NULL && first.low > last.low) {
		check_error(check, address, "the first address is above the last one");
	}
}

/* Two routing instances may have the same addresses. */
static bool
same_instance(const struct conf_node *pool, const struct conf_node *other)
{
	const char *one = conf_value(pool, "routing-instance");
	const char *two = conf_value(other, "routing-instance");

	return one == NULL || two == NULL || strcmp(one, two) == 0;
}

/* Two ranges below the same statement, or of two: each pair is told once. */
static void
check_disjoint(const struct check *check, const struct conf_node *address, const struct conf_node *before)
{
	struct check_range one;
	struct check_range other;

	for (; before != NULL && before != address; before = conf_next(before)) {
		if (check_nat_range(address, &one) && check_nat_range(before, &other) && one.low <= other.high &&
		    other.low <= one.high) {
			check_error(check, address, "overlaps with address %s of '%s'", before->value, before->parent->value);
		}
	}
}

static void
check_alarm(const struct check *check, const struct conf_node *holder)
{
	const struct conf_node *alarm = conf_child(holder, "pool-utilization-alarm");
	const struct conf_node *clear = conf_child(alarm, "clear-threshold");

	if (alarm == NULL) {
		return;
	}
	if (conf_child(alarm, "raise-threshold") == NULL) {
		check_error(check, alarm, "missing mandatory statement 'raise-threshold'");
	} else if (clear != NULL && conf_number(alarm, "clear-threshold", 0) >= conf_number(alarm, "raise-threshold", 0)) {
		check_error(check, clear, "clear-threshold is below raise-threshold");
	}
}

static void
check_instance(const struct check *check, const struct conf_node *pool)
{
	const struct conf_node *name = conf_child(pool, "routing-instance");

	if (name != NULL && !check_instance_exists(check, name->value)) {
		check_error(check, name, "routing instance '%s' is not configured", name->value);
	}
}

bool
check_instance_exists(const struct check *check, const char *name)
{
	return strcmp(name, "default") == 0 ||
	    conf_entry(conf_child(check->top, "routing-instances"), "instance", name, NULL) != NULL;
}

static bool
keeps_ports(const struct conf_node *pool)
{
	return conf_child(pool, "host-address-base") != NULL ||
	    conf_present(conf_child(pool, "port"), "no-translation");
}

/* When a pool has nothing left: one with ports takes over, as on the SRX. */
static void
check_overflow(const struct check *check, const struct conf_node *source, const struct conf_node *pool)
{
	const struct conf_node *overflow = conf_child(pool, "overflow-pool");

	if (overflow == NULL) {
		return;
	}
	if (!conf_present(conf_child(pool, "port"), "no-translation")) {
		check_error(check, overflow, "only a pool with 'port no-translation' has an overflow pool");
	}
	if (strcmp(overflow->value, "interface") == 0) {
		return;
	}
	const struct conf_node *other = conf_entry(source, "pool", overflow->value, NULL);

	if (other == NULL) {
		check_error(check, overflow, "source NAT pool '%s' is not configured", overflow->value);
	} else if (other == pool) {
		check_error(check, overflow, "a pool cannot be its own overflow pool");
	} else if (keeps_ports(other)) {
		check_error(check, overflow, "pool '%s' keeps ports: an overflow pool translates them", overflow->value);
	}
}

static void
check_ports(const struct check *check, const struct conf_node *pool)
{
	const struct conf_node *port = conf_child(pool, "port");
	const struct conf_node *range = conf_child(port, "range");
	const struct conf_node *base = conf_child(pool, "host-address-base");
	struct check_range host;
	uint32_t length;

	if (conf_child(range, "to") != NULL && conf_number(range, "low", 0) > conf_number(range, "to", 0)) {
		check_error(check, range, "the first port is above the last one");
	}
	if (base != NULL && read_prefix(base->value, &host, &length) && length != ADDRESS_BITS) {
		check_error(check, base, "this is a single address, without a prefix length");
	}
	if (base != NULL && (range != NULL || conf_child(port, "port-overloading-factor") != NULL)) {
		check_error(check, base, "'host-address-base' keeps ports: it excludes 'port range' and 'port-overloading-factor'");
	}
	if (conf_present(pool, "address-shared") && !conf_present(port, "no-translation")) {
		check_error(check, conf_child(pool, "address-shared"), "only a pool with 'port no-translation' has shared addresses");
	} else if (conf_present(pool, "address-shared") && conf_child(pool, "overflow-pool") != NULL) {
		check_error(check, conf_child(pool, "address-shared"), "'address-shared' and 'overflow-pool' exclude each other");
	}
	if (conf_present(port, "no-translation") && conf_child(port, "port-overloading-factor") != NULL) {
		check_error(check, port, "'no-translation' and 'port-overloading-factor' exclude each other");
	}
}

/* Is an address of the pool one of our own? Then its ports and those of our services are the same. */
static void
warn_own_address(const struct check *check, const struct conf_node *address, const struct conf_node *unit)
{
	struct check_range range;
	struct in_addr binary;
	char text[INET_ADDRSTRLEN];

	for (const struct conf_node *own = conf_first(conf_walk(unit, "family", "inet", NULL), "address"); own != NULL;
	     own = conf_next(own)) {
		const size_t length = strcspn(own->value, "/");

		if (length >= sizeof(text)) {
			continue;
		}
		memcpy(text, own->value, length);
		text[length] = '\0';
		if (inet_pton(AF_INET, text, &binary) == 1 && check_nat_range(address, &range) &&
		    ntohl(binary.s_addr) >= range.low && ntohl(binary.s_addr) <= range.high) {
			check_warning(check, address, "%s is an address of interface %s.%s: the pool shares it with the device itself",
			    text, unit->parent->value, unit->value);
		}
	}
}

static void
warn_own_addresses(const struct check *check, const struct conf_node *address)
{
	for (const struct conf_node *port = conf_first(conf_child(check->top, "interfaces"), "interface"); port != NULL;
	     port = conf_next(port)) {
		for (const struct conf_node *unit = conf_first(port, "unit"); unit != NULL; unit = conf_next(unit)) {
			warn_own_address(check, address, unit);
		}
	}
}

static void
check_source_pool(const struct check *check, const struct conf_node *source, const struct conf_node *pool)
{
	const struct conf_node *first = conf_first(pool, "address");

	if (first == NULL) {
		check_error(check, pool, "missing mandatory statement 'address'");
	}
	if (strcmp(pool->value, "interface") == 0) {
		check_error(check, pool, "'interface' is the name of the egress interface's own address");
	}
	for (const struct conf_node *address = first; address != NULL; address = conf_next(address)) {
		check_address(check, address);
		check_disjoint(check, address, first);
		for (const struct conf_node *other = conf_first(source, "pool"); other != pool; other = conf_next(other)) {
			if (same_instance(pool, other)) {
				check_disjoint(check, address, conf_first(other, "address"));
			}
		}
		warn_own_addresses(check, address);
	}
	check_instance(check, pool);
	check_ports(check, pool);
	check_overflow(check, source, pool);
	check_alarm(check, pool);
}

static void
check_destination_pool(const struct check *check, const struct conf_node *pool)
{
	const struct conf_node *address = conf_first(pool, "address");
	struct check_range range;

	check_instance(check, pool);
	if (address == NULL) {
		check_error(check, pool, "missing mandatory statement 'address'");
		return;
	}
	check_address(check, address);
	if (conf_child(address, "port") != NULL && check_nat_range(address, &range) && range.low != range.high) {
		check_error(check, address, "a port goes with a single address");
	}
}

static void
check_proxy(const struct check *check, const struct conf_node *interface)
{
	const struct conf_node *first = conf_first(interface, "address");

	if (!check_unit_exists(check, interface->value)) {
		check_error(check, interface, "interface '%s' is not configured", interface->value);
	}
	for (const struct conf_node *address = first; address != NULL; address = conf_next(address)) {
		check_address(check, address);
		check_disjoint(check, address, first);
	}
}

void
check_nat_pools(const struct check *check)
{
	const struct conf_node *nat = conf_walk(check->top, "security", "nat", NULL);
	const struct conf_node *source = conf_child(nat, "source");
	const struct conf_node *interface = conf_first(conf_child(nat, "proxy-arp"), "interface");
	const struct conf_node *randomization = conf_child(source, "port-randomization");

	for (const struct conf_node *pool = conf_first(source, "pool"); pool != NULL; pool = conf_next(pool)) {
		check_source_pool(check, source, pool);
	}
	for (const struct conf_node *pool = conf_first(conf_child(nat, "destination"), "pool"); pool != NULL;
	     pool = conf_next(pool)) {
		check_destination_pool(check, pool);
	}
	for (; interface != NULL; interface = conf_next(interface)) {
		check_proxy(check, interface);
	}
	if (conf_present(randomization, "disable")) {
		check_warning(check, randomization, "ports stay unpredictable: giving them in order is not possible");
	}
	check_alarm(check, source);
}
