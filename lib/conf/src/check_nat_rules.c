/*
 * Address translation by rule-sets: their contexts, what rules match and do, and that the device is configured in one form
 * only. Pools: check_nat_pools.c.
 */
#include <string.h>

#include "check_private.h"
#include "conf/applications.h"
#include "conf/books.h"

static const char *const kinds[] = {"source", "destination", "static"};
static const char *const contexts[] = {"routing-instance", "zone", "interface"};

enum {
	KINDS = sizeof(kinds) / sizeof(kinds[0]),
	CONTEXTS = sizeof(contexts) / sizeof(contexts[0]),
};

/* --- one form only ----------------------------------------------------------------------------------------------- */

/* The first policy that translates; NULL: none does. */
static const struct conf_node *
translating_policy(const struct check *check)
{
	const struct conf_node *policies = conf_walk(check->top, "security", "policies", NULL);

	for (const struct conf_node *context = conf_first(policies, "from-zone"); context != NULL;
	     context = conf_next(context)) {
		for (const struct conf_node *policy = conf_first(context, "policy"); policy != NULL;
		     policy = conf_next(policy)) {
			const struct conf_node *permit = conf_walk(policy, "then", "permit", NULL);

			if (conf_present(permit, "source-nat") || conf_present(permit, "destination-nat")) {
				return policy;
			}
		}
	}
	return NULL;
}

/* The first statement of the form that interfaces and policies have. */
static const struct conf_node *
interface_form(const struct check *check, const struct conf_node *nat)
{
	const struct conf_node *found = conf_child(nat, "source-nat");

	found = found != NULL ? found : conf_first(nat, "destination-nat");
	found = found != NULL ? found : conf_first(nat, "interface");
	return found != NULL ? found : translating_policy(check);
}

static void
check_one_form(const struct check *check, const struct conf_node *nat)
{
	static const char *const rule_form[] = {"source", "destination", "static", "proxy-arp"};
	const struct conf_node *other = interface_form(check, nat);

	for (size_t i = 0; other != NULL && i < sizeof(rule_form) / sizeof(rule_form[0]); i++) {
		const struct conf_node *node = conf_child(nat, rule_form[i]);
		struct text place = TEXT_EMPTY;

		if (node == NULL) {
			continue;
		}
		conf_path(other, &place);
		check_error(check, node,
		    "NAT by rule-sets and NAT by interfaces and policies ([edit %s]) exclude each other on one device: write all "
		    "of it in one form",
		    text_string(&place));
		text_release(&place);
		return;
	}
}

/* --- contexts ---------------------------------------------------------------------------------------------------- */

static void
check_context(const struct check *check, const struct conf_node *side)
{
	const struct conf_node *zones = conf_walk(check->top, "security", "zones", NULL);

	for (const struct conf_node *name = conf_first(side, "zone"); name != NULL; name = conf_next(name)) {
		if (conf_entry(zones, "security-zone", name->value, NULL) == NULL) {
			check_error(check, name, "security zone '%s' is not configured", name->value);
		}
	}
	for (const struct conf_node *name = conf_first(side, "interface"); name != NULL; name = conf_next(name)) {
		if (!check_unit_exists(check, name->value)) {
			check_error(check, name, "interface '%s' is not configured", name->value);
		}
	}
	for (const struct conf_node *name = conf_first(side, "routing-instance"); name != NULL; name = conf_next(name)) {
		if (!check_instance_exists(check, name->value)) {
			check_error(check, name, "routing instance '%s' is not configured", name->value);
		}
	}
}

/* The first value that both have; NULL: none, also when one of them is not there. */
static const struct conf_node *
common_value(const struct conf_node *one, const struct conf_node *other)
{
	for (size_t i = 0; i < CONTEXTS; i++) {
		for (const struct conf_node *value = conf_first(one, contexts[i]); value != NULL; value = conf_next(value)) {
			for (const struct conf_node *same = conf_first(other, contexts[i]); same != NULL;
			     same = conf_next(same)) {
				if (strcmp(value->value, same->value) == 0) {
					return value;
				}
			}
		}
	}
	return NULL;
}

/* As on the SRX two rule-sets never have the same context: which one counts would be a matter of chance. */
static void
check_context_once(const struct check *check, const struct conf_node *first, const struct conf_node *set)
{
	for (const struct conf_node *other = first; other != set; other = conf_next(other)) {
		const struct conf_node *from = common_value(conf_child(set, "from"), conf_child(other, "from"));
		const struct conf_node *to = conf_child(set, "to");

		if (from != NULL && (to == NULL || common_value(to, conf_child(other, "to")) != NULL)) {
			check_error(check, set, "rule-set '%s' has the same context (from %s %s)", other->value,
			    from->schema->name, from->value);
		}
	}
}

/* --- what rules match -------------------------------------------------------------------------------------------- */

static void
check_names(const struct check *check, const struct conf_node *match, const char *leaf)
{
	const struct conf_node *book = conf_global_book(check->top);

	for (const struct conf_node *name = conf_first(match, leaf); name != NULL; name = conf_next(name)) {
		if (!conf_book_has(book, name->value)) {
			check_error(check, name, "address '%s' is not in the global address book", name->value);
		}
	}
}

static void
check_port_list(const struct check *check, const struct conf_node *match, const char *leaf)
{
	for (const struct conf_node *port = conf_first(match, leaf); port != NULL; port = conf_next(port)) {
		if (conf_child(port, "to") != NULL && conf_number(port, "low", 0) > conf_number(port, "to", 0)) {
			check_error(check, port, "the first port is above the last one");
		}
	}
}

static void
check_applications_of(const struct check *check, const struct conf_node *match)
{
	static const char *const others[] = {"source-port", "destination-port", "protocol"};
	const struct conf_node *first = conf_first(match, "application");

	for (const struct conf_node *name = first; name != NULL; name = conf_next(name)) {
		if (conf_application_find(check->tree, name->value).kind == CONF_APPLICATION_NONE) {
			check_error(check, name, "application '%s' is neither configured nor predefined", name->value);
		}
	}
	for (size_t i = 0; first != NULL && i < sizeof(others) / sizeof(others[0]); i++) {
		if (conf_first(match, others[i]) != NULL) {
			check_error(check, first, "'application' and '%s' exclude each other", others[i]);
		}
	}
}

static void
check_protocols(const struct check *check, const struct conf_node *match)
{
	const bool ports = conf_first(match, "source-port") != NULL || conf_first(match, "destination-port") != NULL;

	for (const struct conf_node *protocol = conf_first(match, "protocol"); ports && protocol != NULL;
	     protocol = conf_next(protocol)) {
		if (strcmp(protocol->value, "tcp") != 0 && strcmp(protocol->value, "udp") != 0 &&
		    strcmp(protocol->value, "sctp") != 0 && strcmp(protocol->value, "136") != 0) {
			check_error(check, protocol, "%s has no ports: they need protocol tcp or udp", protocol->value);
		}
	}
}

static void
check_match(const struct check *check, const struct conf_node *match)
{
	check_names(check, match, "source-address-name");
	check_names(check, match, "destination-address-name");
	check_port_list(check, match, "source-port");
	check_port_list(check, match, "destination-port");
	check_applications_of(check, match);
	check_protocols(check, match);
}

/* --- what rules do ----------------------------------------------------------------------------------------------- */

/* The prefix that a statement, or the name of an address in the global book, stands for. */
static bool
prefix_of(const struct check *check, const struct conf_node *node, struct check_range *range)
{
	if (node != NULL && strstr(node->schema->name, "name") != NULL && strchr(node->value, '/') == NULL) {
		const struct conf_node *entry = conf_entry(conf_global_book(check->top), "address", node->value, NULL);

		return check_nat_prefix(conf_value(entry, "ip-prefix"), range);
	}
	return node != NULL && check_nat_prefix(node->value, range);
}

static const struct conf_node *
public_of(const struct conf_node *rule)
{
	const struct conf_node *match = conf_child(rule, "match");
	const struct conf_node *address = conf_child(match, "destination-address");

	return address != NULL ? address : conf_child(match, "destination-address-name");
}

/* The address alone can be kept only where a host has one for itself: the ports are its own then. */
static void
check_persistent(const struct check *check, const struct conf_node *action, const struct conf_node *pool)
{
	const struct conf_node *persistent = conf_child(action, "persistent-nat");
	const struct conf_node *mapping = conf_child(persistent, "address-mapping");
	const char *permit = conf_value(persistent, "permit");

	if (persistent == NULL) {
		return;
	}
	if (permit == NULL) {
		check_error(check, persistent, "missing mandatory statement 'permit'");
	} else if (mapping != NULL && strcmp(permit, "any-remote-host") != 0) {
		check_error(check, mapping, "'address-mapping' needs 'permit any-remote-host'");
	}
	if (conf_present(pool, "address-shared")) {
		check_error(check, persistent, "'persistent-nat' needs a pool without 'address-shared'");
	}
	if (mapping != NULL && conf_child(pool, "host-address-base") == NULL &&
	    !conf_present(conf_child(pool, "port"), "no-translation")) {
		check_error(check, mapping,
		    "'address-mapping' needs a pool that keeps ports ('port no-translation' or 'host-address-base')");
	} else if (mapping != NULL && conf_child(pool, "overflow-pool") != NULL) {
		check_error(check, mapping, "'address-mapping' needs a pool without 'overflow-pool'");
	}
}

static void
check_source_action(const struct check *check, const struct conf_node *rule)
{
	const struct conf_node *source = conf_walk(check->top, "security", "nat", "source", NULL);
	const struct conf_node *name = conf_walk(rule, "then", "source-nat", "pool", "name", NULL);

	if (conf_walk(rule, "then", "source-nat", NULL) == NULL) {
		check_error(check, rule, "missing mandatory statement 'then source-nat'");
	}
	if (name != NULL && conf_entry(source, "pool", name->value, NULL) == NULL) {
		check_error(check, name, "source NAT pool '%s' is not configured", name->value);
	}
	const struct conf_node *then = conf_walk(rule, "then", "source-nat", NULL);

	check_persistent(check, conf_child(then, "pool"), name == NULL ? NULL : conf_entry(source, "pool", name->value, NULL));
	check_persistent(check, conf_child(then, "interface"), NULL);
}

/* A range takes over the place of each address: it needs one for each. */
static void
check_destination_action(const struct check *check, const struct conf_node *rule)
{
	const struct conf_node *destination = conf_walk(check->top, "security", "nat", "destination", NULL);
	const struct conf_node *name = conf_walk(rule, "then", "destination-nat", "pool", "name", NULL);
	const struct conf_node *address =
	    name == NULL ? NULL : conf_first(conf_entry(destination, "pool", name->value, NULL), "address");
	struct check_range public;
	struct check_range host;

	if (conf_walk(rule, "then", "destination-nat", NULL) == NULL) {
		check_error(check, rule, "missing mandatory statement 'then destination-nat'");
	}
	if (address != NULL && check_nat_range(address, &host) && prefix_of(check, public_of(rule), &public) &&
	    host.low != host.high && host.high - host.low < public.high - public.low) {
		check_error(check, name, "pool '%s' has fewer addresses than the rule's destination", name->value);
	}
}

static void
check_static_action(const struct check *check, const struct conf_node *rule)
{
	const struct conf_node *action = conf_walk(rule, "then", "static-nat", NULL);
	const struct conf_node *prefix = conf_walk(action, "prefix", "name", NULL);
	const struct conf_node *name = conf_walk(action, "prefix-name", "name", NULL);
	const struct conf_node *host_node = prefix != NULL ? prefix : name;
	struct check_range public;
	struct check_range host;

	if (action == NULL) {
		check_error(check, rule, "missing mandatory statement 'then static-nat'");
	}
	if (name != NULL && conf_entry(conf_global_book(check->top), "address", name->value, NULL) == NULL) {
		check_error(check, name, "address '%s' is not in the global address book", name->value);
		return;
	}
	if (name != NULL && !prefix_of(check, name, &host)) {
		check_error(check, name, "address '%s' is no IPv4 prefix", name->value);
		return;
	}
	if (prefix_of(check, host_node, &host) && prefix_of(check, public_of(rule), &public) &&
	    host.high - host.low != public.high - public.low) {
		check_error(check, host_node, "public and private prefix must have the same length");
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const holders[] = {"prefix", "prefix-name", "inet"};
		const struct conf_node *instance = conf_child(conf_child(action, holders[i]), "routing-instance");

		if (instance != NULL && !check_instance_exists(check, instance->value)) {
			check_error(check, instance, "routing instance '%s' is not configured", instance->value);
		}
	}
}

/* A mapped port stands for each of the public ones: of one range, as long as its own. */
static void
check_mapped_port(const struct check *check, const struct conf_node *rule)
{
	const struct conf_node *mapped = conf_walk(rule, "then", "static-nat", "prefix", "mapped-port", NULL);
	const struct conf_node *port = conf_first(conf_child(rule, "match"), "destination-port");

	if (mapped == NULL) {
		return;
	}
	if (port == NULL || conf_next(port) != NULL) {
		check_error(check, mapped, "'mapped-port' needs one 'match destination-port'");
		return;
	}
	const uint32_t low = conf_number(mapped, "low", 0);
	const uint32_t high = conf_number(mapped, "to", low);
	const uint32_t public = conf_number(port, "low", 0);

	if (low > high) {
		check_error(check, mapped, "the first port is above the last one");
	} else if (high - low != conf_number(port, "to", public) - public) {
		check_error(check, mapped, "as many ports as 'match destination-port' has");
	}
}

static bool
has_conditions(const struct conf_node *rule)
{
	static const char *const leaves[] = {"source-address", "source-address-name", "source-port", "destination-port"};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		if (conf_first(conf_child(rule, "match"), leaves[i]) != NULL) {
			return true;
		}
	}
	return false;
}

/* Two static rules of one rule-set for the same public address: the second could never count, unless the first has conditions. */
static void
check_static_overlap(const struct check *check, const struct conf_node *first, const struct conf_node *rule)
{
	struct check_range one;
	struct check_range other;

	for (const struct conf_node *before = first; before != rule; before = conf_next(before)) {
		if (prefix_of(check, public_of(rule), &one) && prefix_of(check, public_of(before), &other) &&
		    one.low <= other.high && other.low <= one.high &&
		    !(has_conditions(before) && one.low == other.low && one.high == other.high)) {
			check_error(check, rule, "its destination overlaps with that of rule '%s'", before->value);
		}
	}
}

static void
check_set(const struct check *check, size_t kind, const struct conf_node *set)
{
	const struct conf_node *first = conf_first(set, "rule");

	check_context(check, conf_child(set, "from"));
	check_context(check, conf_child(set, "to"));
	if (first == NULL) {
		check_warning(check, set, "a rule-set without rules does nothing");
	}
	for (const struct conf_node *rule = first; rule != NULL; rule = conf_next(rule)) {
		check_match(check, conf_child(rule, "match"));
		if (kind == 0) {
			check_source_action(check, rule);
		} else if (kind == 1) {
			check_destination_action(check, rule);
		} else {
			check_static_action(check, rule);
			check_static_overlap(check, first, rule);
			check_mapped_port(check, rule);
		}
	}
}

void
check_nat_rules(const struct check *check)
{
	const struct conf_node *nat = conf_walk(check->top, "security", "nat", NULL);

	if (nat == NULL) {
		return;
	}
	check_one_form(check, nat);
	for (size_t kind = 0; kind < KINDS; kind++) {
		const struct conf_node *first = conf_first(conf_child(nat, kinds[kind]), "rule-set");

		for (const struct conf_node *set = first; set != NULL; set = conf_next(set)) {
			check_set(check, kind, set);
			check_context_once(check, first, set);
		}
	}
}
