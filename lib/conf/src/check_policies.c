/*
 * Policies: zones, addresses, applications, schedulers that they name; applications, sets and schedulers themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "canonical.h"
#include "check_private.h"
#include "conf/applications.h"
#include "conf/books.h"

#define GLOBAL_ZONE "junos-global"

/* The address books that names of this side come from: the zone's own, then the one of all zones. */
struct side {
	const char *zone; /* as configured; NULL: a global policy's */
	const struct conf_node *book;
	bool any; /* every zone: names come from the global book alone */
};

/* REQ-ZN-011, REQ-ZN-012, E-041. */
static struct side
check_zone(const struct check *check, const struct conf_node *context, const char *name, bool is_from)
{
	const struct conf_node *zones = conf_walk(check->top, "security", "zones", NULL);
	const struct conf_node *zone = conf_entry(zones, "security-zone", name, NULL);
	struct side side = {
	    .zone = name,
	    .any = strcmp(name, "any") == 0,
	};

	if (side.any) {
		return side;
	}
	if (strcmp(name, GLOBAL_ZONE) == 0) {
		if (is_from) {
			check_error(check, context, "%s is possible as to-zone only", GLOBAL_ZONE);
		}
		return side;
	}
	if (zone == NULL) {
		zone = canonical_zone(zones, name);
		if (zone == NULL) {
			check_error(check, context, "security zone '%s' is not configured", name);
			return side;
		}
		check_warning(check, context, "E-041 security zone '%s' is read as '%s'", name, zone->value);
		side.zone = zone->value;
	}
	side.book = conf_child(zone, "address-book");
	return side;
}

/* REQ-POL-016: names come from the side's own book. E-076: prefixes may be written out. */
static void
check_side(const struct check *check, const struct conf_node *match, const char *leaf, const struct side *side)
{
	for (const struct conf_node *value = conf_first(match, leaf); value != NULL; value = conf_next(value)) {
		const char *name = value->value;

		if (strcmp(name, "any") == 0 || strcmp(name, "all") == 0 || strcmp(name, "any-ipv4") == 0 ||
		    strcmp(name, "any-ipv6") == 0 ||
		    conf_book_of(check->top, side->book, name) != NULL || canonical_is_prefix(name)) {
			continue;
		}
		if (side->zone == NULL) {
			check_error(check, value, "address '%s' is not in the global address book", name);
		} else if (side->any) {
			check_error(check, value,
			    "address '%s': with zone 'any' only 'any', prefixes and the global address book are possible", name);
		} else if (strcmp(side->zone, GLOBAL_ZONE) == 0) {
			if (!check_static_nat_exists(check, name)) {
				check_error(check, value, "there is no static NAT mapping '%s'", name);
			}
		} else {
			check_error(check, value, "address '%s' is not in the address book of zone '%s'", name, side->zone);
		}
	}
}

static void
check_policy(const struct check *check, const struct conf_node *policy, const struct side *from,
    const struct side *to)
{
	const struct conf_node *match = conf_child(policy, "match");
	const struct conf_node *schedulers = conf_child(check->top, "schedulers");
	const struct conf_node *permit = conf_walk(policy, "then", "permit", NULL);

	check_side(check, match, "source-address", from);
	check_side(check, match, "destination-address", to);
	for (const struct conf_node *value = conf_first(match, "application"); value != NULL;
	     value = conf_next(value)) {
		if (strcmp(value->value, "all") != 0 &&
		    conf_application_find(check->tree, value->value).kind == CONF_APPLICATION_NONE) {
			check_error(check, value, "application '%s' is neither configured nor predefined", value->value);
		}
	}
	for (const struct conf_node *value = conf_first(policy, "scheduler-name"); value != NULL;
	     value = conf_next(value)) {
		if (conf_entry(schedulers, "scheduler", value->value, NULL) == NULL) {
			check_error(check, value, "scheduler '%s' is not configured", value->value);
		}
	}
	/* REQ-POL-030 */
	if (conf_present(permit, "tunnel") &&
	    (conf_present(permit, "source-nat") || conf_present(permit, "destination-nat"))) {
		check_error(check, permit, "a tunnel and NAT in one policy are not possible");
	}
}

/* Zones that a global policy names: those that are there. */
static void
check_global_zones(const struct check *check, const struct conf_node *match, const char *leaf)
{
	const struct conf_node *zones = conf_walk(check->top, "security", "zones", NULL);

	for (const struct conf_node *value = conf_first(match, leaf); value != NULL; value = conf_next(value)) {
		if (strcmp(value->value, "any") != 0 && conf_entry(zones, "security-zone", value->value, NULL) == NULL) {
			check_error(check, value, "security zone '%s' is not configured", value->value);
		}
	}
}

/* Tunnels and translations belong to a pair of zones; what a global policy permits just passes. */
static void
check_global_permit(const struct check *check, const struct conf_node *permit)
{
	static const char *const leaves[] = {"tunnel", "firewall-authentication", "source-nat", "destination-nat"};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		const struct conf_node *node = conf_child(permit, leaves[i]);

		if (node != NULL) {
			check_error(check, node, "'%s' is not possible in a global policy", leaves[i]);
		}
	}
}

static void
check_global_policies(const struct check *check, const struct conf_node *global)
{
	const struct side side = {.any = true};

	for (const struct conf_node *policy = conf_first(global, "policy"); policy != NULL; policy = conf_next(policy)) {
		check_policy(check, policy, &side, &side);
		check_global_zones(check, conf_child(policy, "match"), "from-zone");
		check_global_zones(check, conf_child(policy, "match"), "to-zone");
		check_global_permit(check, conf_walk(policy, "then", "permit", NULL));
	}
}

void
check_policies(const struct check *check)
{
	const struct conf_node *policies = conf_walk(check->top, "security", "policies", NULL);

	for (const struct conf_node *context = conf_first(policies, "from-zone"); context != NULL;
	     context = conf_next(context)) {
		const struct side from = check_zone(check, context, context->value, true);
		const struct side to = check_zone(check, context, context->value2, false);

		for (const struct conf_node *policy = conf_first(context, "policy"); policy != NULL;
		     policy = conf_next(policy)) {
			check_policy(check, policy, &from, &to);
			check_policy_tunnel(check, context, policy);
			check_policy_nat(check, context, policy);
		}
	}
	check_global_policies(check, conf_child(policies, "global"));
}

/* --- applications ------------------------------------------------------------------------------------------------ */

void
check_any_name(const struct check *check, const struct conf_node *named)
{
	if (strcmp(named->value, "any") == 0 || strcmp(named->value, "ANY") == 0) {
		check_error(check, named, "'any' is predefined");
	}
}

/* A statement that only packets of some protocols have. */
struct protocol_leaf {
	const char *leaf;
	const char *protocols; /* each between blanks */
	const char *complaint;
};

static void
check_application(const struct check *check, const struct conf_node *application)
{
	static const struct protocol_leaf leaves[] = {
	    {"source-port", " tcp udp sctp 136 ", "has no ports: they need protocol tcp or udp"},
	    {"destination-port", " tcp udp sctp 136 ", "has no ports: they need protocol tcp or udp"},
	    {"icmp-type", " icmp icmp6 ", "has no ICMP types: they need protocol icmp"},
	    {"icmp-code", " icmp icmp6 ", "has no ICMP types: they need protocol icmp"},
	    {"icmp6-type", " icmp6 ", "has no ICMPv6 types: they need protocol icmp6"},
	    {"icmp6-code", " icmp6 ", "has no ICMPv6 types: they need protocol icmp6"},
	};
	const char *protocol = conf_value(application, "protocol");
	const struct conf_node *type = conf_child(application, "icmp-type");
	char word[32];

	check_any_name(check, application);
	if (protocol == NULL || strlen(protocol) + 3 > sizeof(word)) {
		return;
	}
	(void)stpcpy(stpcpy(stpcpy(word, " "), protocol), " ");
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		const struct conf_node *leaf = conf_child(application, leaves[i].leaf);

		if (leaf != NULL && strstr(leaves[i].protocols, word) == NULL) {
			check_error(check, leaf, "%s %s", protocol, leaves[i].complaint);
		}
	}
	/* The names of ICMP's types stand for other numbers there. */
	if (type != NULL && strcmp(protocol, "icmp6") == 0 && (type->value[0] < '0' || type->value[0] > '9')) {
		check_error(check, type, "'%s' is a type of ICMP: write icmp6-type", type->value);
	}
}

void
check_applications(const struct check *check)
{
	const struct conf_node *own = conf_child(check->top, "applications");

	for (const struct conf_node *application = conf_first(own, "application"); application != NULL;
	     application = conf_next(application)) {
		check_application(check, application);
	}
	for (const struct conf_node *set = conf_first(own, "application-set"); set != NULL; set = conf_next(set)) {
		check_any_name(check, set);
		if (conf_entry(own, "application", set->value, NULL) != NULL) {
			check_error(check, set, "an application has the same name");
		}
		for (const struct conf_node *member = conf_first(set, "application"); member != NULL;
		     member = conf_next(member)) {
			const struct conf_application found = conf_application_find(check->tree, member->value);

			if (found.kind == CONF_APPLICATION_NONE) {
				check_error(check, member, "application '%s' is neither configured nor predefined",
				    member->value);
			} else if (found.kind == CONF_APPLICATION_SET) {
				check_error(check, member, "'%s' is a set: write application-set", member->value);
			}
		}
		for (const struct conf_node *member = conf_first(set, "application-set"); member != NULL;
		     member = conf_next(member)) {
			if (conf_entry(own, "application-set", member->value, NULL) == NULL) {
				check_error(check, member, "application set '%s' is not configured", member->value);
			}
		}
	}
	check_circles(check, conf_first(own, "application-set"), "application-set");
}

/* --- schedulers -------------------------------------------------------------------------------------------------- */

static void
check_day(const struct check *check, const struct conf_node *day)
{
	const struct conf_node *start = conf_first(day, "start-time");
	const struct conf_node *stop = conf_first(day, "stop-time");
	const bool exclude = conf_present(day, "exclude");

	if (exclude && (start != NULL || stop != NULL || conf_present(day, "all-day"))) {
		check_error(check, day, "'exclude' and times exclude each other");
	}
	for (; start != NULL || stop != NULL; start = conf_next(start), stop = conf_next(stop)) {
		if (start == NULL || stop == NULL) {
			check_error(check, day, "each start-time needs its stop-time");
			return;
		}
		if (strcmp(start->value, stop->value) >= 0) {
			check_error(check, stop, "stop-time %s is not after start-time %s", stop->value, start->value);
		}
	}
}

void
check_schedulers(const struct check *check)
{
	static const char *const days[] = {
	    "daily", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
	const struct conf_node *schedulers = conf_child(check->top, "schedulers");

	for (const struct conf_node *scheduler = conf_first(schedulers, "scheduler"); scheduler != NULL;
	     scheduler = conf_next(scheduler)) {
		const char *start = conf_value(scheduler, "start-date");
		const char *stop = conf_value(scheduler, "stop-date");

		/* Both are written from the year down to the second. */
		if (start != NULL && stop != NULL && strcmp(start, stop) >= 0) {
			check_error(check, scheduler, "stop-date %s is not after start-date %s", stop, start);
		}
		for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
			const struct conf_node *day = conf_child(scheduler, days[i]);

			if (day != NULL) {
				check_day(check, day);
			}
		}
	}
}
