/*
 * Zones: their interfaces, services, screens and address books.
 */
#include <stdlib.h>
#include <string.h>

#include "check_private.h"
#include "conf/hosts.h"
#include "value_read.h"
#include "conf/applications.h"
#include "conf/books.h"

static const struct conf_node *
zones_of(const struct check *check)
{
	return conf_walk(check->top, "security", "zones", NULL);
}

/* One zone a unit (REQ-ZN-005), and the unit must be there. */
static void
check_zone_interfaces(const struct check *check, const struct conf_node *zones)
{
	struct check_nodes units = {.items = NULL};
	bool good = true;

	for (const struct conf_node *zone = conf_first(zones, "security-zone"); good && zone != NULL;
	     zone = conf_next(zone)) {
		good = check_collect(&units, conf_first(conf_child(zone, "interfaces"), "interface"));
	}
	if (!good) {
		check_memory(check);
	}
	check_sort_by_value(&units);
	for (size_t i = 0; i < units.count; i++) {
		const struct conf_node *unit = units.items[i];
		const struct conf_node *zone = unit->parent->parent;

		if (i > 0 && strcmp(units.items[i - 1]->value, unit->value) == 0) {
			check_error(check, unit, "interface '%s' is in security zone '%s' already", unit->value,
			    units.items[i - 1]->parent->parent->value);
		}
		if (strcmp(zone->value, "junos-global") == 0) {
			check_error(check, unit, "junos-global cannot hold interfaces");
		} else if (strcmp(unit->value, "all") != 0 && !check_unit_exists(check, unit->value)) {
			check_error(check, unit, "interface '%s' is not configured", unit->value);
		}
	}
	free((void *)(uintptr_t)units.items);
}

static bool
is_listed(const struct conf_node *service)
{
	size_t count;
	const struct schema_word *words = schema_words(service->schema->key_node, &count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i].name, service->value) == 0) {
			return true;
		}
	}
	return false;
}

/* A service is one of the list or an application (E-048); dhcp and bootp count at an interface only (E-049). */
static void
check_services(const struct check *check, const struct conf_node *holder, bool is_zone)
{
	const struct conf_node *services = conf_walk(holder, "host-inbound-traffic", "system-services", NULL);

	for (const struct conf_node *service = conf_first(services, "service"); service != NULL;
	     service = conf_next(service)) {
		if (!is_listed(service) &&
		    conf_application_find(check->tree, service->value).kind == CONF_APPLICATION_NONE) {
			check_error(check, service, "'%s' is neither a system service nor an application", service->value);
		}
		if (is_zone && (strcmp(service->value, "dhcp") == 0 || strcmp(service->value, "bootp") == 0)) {
			check_warning(check, service, "E-049 %s has no effect on a zone, only on an interface of it",
			    service->value);
		}
	}
}

static bool
has_host_bits(const char *prefix)
{
	struct in6_addr binary;
	uint32_t length;

	if (strchr(prefix, ':') != NULL) {
		return value_read_ipv6_prefix(prefix, strlen(prefix), &binary, &length) &&
		    value_clear_host_bits(&binary, length);
	}
	unsigned octets[4] = {0};
	unsigned bits = 32;
	const char *at = prefix;

	for (int i = 0; i < 4; i++) {
		char *end;

		octets[i] = (unsigned)strtoul(at, &end, 10) & 255;
		at = *end == '\0' ? end : end + 1;
	}
	if (*at != '\0') {
		bits = (unsigned)strtoul(at, NULL, 10);
	}
	const uint32_t address = (octets[0] << 24) | (octets[1] << 16) | (octets[2] << 8) | octets[3];
	const uint32_t mask = bits == 0 ? 0 : bits >= 32 ? UINT32_MAX : UINT32_MAX << (32 - bits);

	return (address & ~mask) != 0;
}

static void
check_addresses(const struct check *check, const struct conf_node *book)
{
	const struct conf_node *servers = conf_walk(check->top, "system", "name-server", NULL);

	for (const struct conf_node *address = conf_first(book, "address"); address != NULL;
	     address = conf_next(address)) {
		const struct conf_node *prefix = conf_child(address, "ip-prefix");

		check_any_name(check, address);
		if (prefix != NULL && has_host_bits(prefix->value)) {
			check_warning(check, address, "E-074 bits behind the prefix length: the whole prefix matches");
		}
		if (conf_present(address, "dns-name") && conf_first(servers, "server") == NULL &&
		    conf_static_host(check->top, conf_value(address, "dns-name")) == NULL) {
			check_warning(check, address, "E-245 no DNS server is configured: the entry matches nothing");
		}
	}
}

/* Members are of the same book (REQ-POL-021). */
static void
check_sets(const struct check *check, const char *owner, const struct conf_node *book)
{
	static const char *const lists[] = {"address", "address-set"};

	for (const struct conf_node *set = conf_first(book, "address-set"); set != NULL; set = conf_next(set)) {
		check_any_name(check, set);
		if (conf_entry(book, "address", set->value, NULL) != NULL) {
			check_error(check, set, "an address of this book has the same name");
		}
		for (size_t i = 0; i < 2; i++) {
			for (const struct conf_node *member = conf_first(set, lists[i]); member != NULL;
			     member = conf_next(member)) {
				if (conf_entry(book, lists[i], member->value, NULL) != NULL) {
					continue;
				}
				if (i == 0 && conf_entry(book, "address-set", member->value, NULL) != NULL) {
					check_error(check, member, "'%s' is a set: write address-set", member->value);
				} else {
					check_error(check, member, "%s '%s' is not in the address book of %s", lists[i],
					    member->value, owner);
				}
			}
		}
	}
	check_circles(check, conf_first(book, "address-set"), "address-set");
}

static void
check_screens(const struct check *check, const struct conf_node *zone)
{
	const struct conf_node *screens = conf_walk(check->top, "security", "screen", NULL);

	for (const struct conf_node *screen = conf_first(zone, "screen"); screen != NULL; screen = conf_next(screen)) {
		if (conf_entry(screens, "ids-option", screen->value, NULL) == NULL) {
			check_error(check, screen, "screen '%s' is not configured", screen->value);
		}
	}
}

void
check_zones(const struct check *check)
{
	const struct conf_node *zones = zones_of(check);
	const struct conf_node *aging = conf_walk(check->top, "security", "flow", "aging", NULL);

	for (const struct conf_node *zone = conf_first(zones, "security-zone"); zone != NULL; zone = conf_next(zone)) {
		const struct conf_node *book = conf_child(zone, "address-book");

		if (strcmp(zone->value, "any") == 0) {
			check_error(check, zone, "'any' cannot be the name of a zone");
		}
		check_screens(check, zone);
		check_services(check, zone, true);
		for (const struct conf_node *unit = conf_first(conf_child(zone, "interfaces"), "interface"); unit != NULL;
		     unit = conf_next(unit)) {
			check_services(check, unit, false);
		}
		struct text owner = TEXT_EMPTY;

		check_addresses(check, book);
		text_printf(&owner, "zone '%s'", zone->value);
		check_sets(check, text_string(&owner), book);
		text_release(&owner);
	}
	check_addresses(check, conf_global_book(check->top));
	check_sets(check, "all zones", conf_global_book(check->top));
	check_zone_interfaces(check, zones);
	/* A low watermark that nobody wrote is never above the high one. */
	if (conf_present(aging, "low-watermark") &&
	    conf_number(aging, "low-watermark", 0) > conf_number(aging, "high-watermark", 0)) {
		check_error(check, aging, "low-watermark %u is above high-watermark %u",
		    conf_number(aging, "low-watermark", 0), conf_number(aging, "high-watermark", 0));
	}
}
