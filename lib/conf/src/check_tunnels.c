/*
 * IKE and IPsec: what one statement alone cannot show. References are check_references.c's, choices
 * and mandatory statements check.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_private.h"
#include "conf/applications.h"

static const struct conf_node *
ike_of(const struct check *check)
{
	return conf_walk(check->top, "security", "ike", NULL);
}

static bool
value_is(const struct conf_node *node, const char *leaf, const char *value)
{
	const char *there = conf_value(node, leaf);

	return there != NULL && strcmp(there, value) == 0;
}

/* E-171: the proposals' way to prove identity is one that the policy has. */
static void
check_ike_policy(const struct check *check, const struct conf_node *policy)
{
	const bool key = conf_present(policy, "pre-shared-key");
	const struct conf_node *set = conf_child(policy, "proposal-set");

	for (const struct conf_node *name = conf_first(policy, "proposals"); name != NULL;
	     name = conf_next(name)) {
		const struct conf_node *proposal =
		    conf_entry(ike_of(check), "proposal", name->value, NULL);
		const char *method = conf_value(proposal, "authentication-method");

		if (method == NULL) {
			continue;
		}
		if (strcmp(method, "pre-shared-keys") == 0) {
			if (!key) {
				check_error(check, name,
				    "proposal '%s' needs a pre-shared-key in this policy",
				    name->value);
			}
		} else if (key) {
			check_error(check, name,
			    "proposal '%s' wants %s, and this policy has a pre-shared-key",
			    name->value, method);
		}
	}
	if (set != NULL && !key) {
		check_error(check, set, "proposal-set '%s' needs a pre-shared-key in this policy",
		    set->value);
	}
}

/* --- gateways -------------------------------------------------------------------------- */

/* The interface as its zone lists it; NULL: in none by name. */
static const struct conf_node *
zone_interface(const struct check *check, const char *unit)
{
	const struct conf_node *zones = conf_walk(check->top, "security", "zones", NULL);

	for (const struct conf_node *zone = conf_first(zones, "security-zone"); zone != NULL;
	     zone = conf_next(zone)) {
		const struct conf_node *entry =
		    conf_entry(conf_child(zone, "interfaces"), "interface", unit, NULL);

		if (entry != NULL) {
			return entry;
		}
	}
	return NULL;
}

static bool
allows_ike(const struct conf_node *inbound)
{
	static const char *const names[] = {"ike", "all", "any-service"};
	const struct conf_node *services = conf_child(inbound, "system-services");
	const struct conf_node *ike = conf_entry(services, "service", "ike", NULL);

	if (conf_present(ike, "except")) {
		return false;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct conf_node *service = conf_entry(services, "service", names[i], NULL);

		if (service != NULL && !conf_present(service, "except")) {
			return true;
		}
	}
	return false;
}

static void
check_external(const struct check *check, const struct conf_node *gateway)
{
	const struct conf_node *external = conf_child(gateway, "external-interface");

	if (external == NULL) {
		return;
	}
	if (!check_unit_exists(check, external->value)) {
		check_error(check, external, "interface '%s' is not configured", external->value);
		return;
	}
	const struct conf_node *entry = zone_interface(check, external->value);

	if (entry == NULL) {
		return;
	}
	const struct conf_node *zone = entry->parent->parent;
	const struct conf_node *own = conf_child(entry, "host-inbound-traffic");

	if (!allows_ike(own != NULL ? own : conf_child(zone, "host-inbound-traffic"))) {
		check_warning(check, external,
		    "E-042 security zone '%s' does not allow system-services ike: the peer's "
		    "packets are dropped",
		    zone->value);
	}
}

/* E-187, REQ-RA-005. */
static void
check_mode(
    const struct check *check, const struct conf_node *gateway, const struct conf_node *policy)
{
	if (policy == NULL || !conf_present(gateway, "dynamic") ||
	    !conf_present(policy, "pre-shared-key")) {
		return;
	}
	if (!conf_present(policy, "mode")) {
		check_warning(check, gateway,
		    "E-187 a dynamic peer with a preshared key: mode aggressive is used");
	} else if (value_is(policy, "mode", "main")) {
		check_error(check, gateway,
		    "IKE policy '%s' has mode main: with a preshared key, a dynamic peer needs "
		    "mode aggressive (E-187)",
		    policy->value);
	}
}

static void
check_gateway(const struct check *check, const struct conf_node *gateway)
{
	const struct conf_node *dynamic = conf_child(gateway, "dynamic");
	const char *name = conf_value(gateway, "ike-policy");
	const struct conf_node *policy =
	    name == NULL ? NULL : conf_entry(ike_of(check), "policy", name, NULL);

	check_external(check, gateway);
	check_mode(check, gateway, policy);
	if (!value_is(dynamic, "ike-user-type", "shared-ike-id")) {
		return;
	}
	/* REQ-RA-008, E-188 */
	if (conf_value(conf_child(gateway, "xauth"), "access-profile") == NULL) {
		check_error(
		    check, gateway, "ike-user-type shared-ike-id needs xauth access-profile");
	}
	if (policy != NULL && !conf_present(policy, "pre-shared-key")) {
		check_error(check, gateway,
		    "ike-user-type shared-ike-id needs a pre-shared-key in IKE policy '%s'", name);
	}
}

/* --- IPsec ----------------------------------------------------------------------------- */

static void
check_ipsec_proposal(const struct check *check, const struct conf_node *proposal)
{
	const struct conf_node *cipher = conf_child(proposal, "encryption-algorithm");
	const bool hash = conf_present(proposal, "authentication-algorithm");

	if (value_is(proposal, "protocol", "ah")) {
		if (cipher != NULL) {
			check_error(check, cipher,
			    "protocol ah does not encrypt: an encryption-algorithm is not "
			    "possible");
		}
		if (!hash) {
			check_error(check, proposal,
			    "missing mandatory statement 'authentication-algorithm': protocol ah "
			    "needs it");
		}
	} else if (cipher == NULL && !hash) {
		check_error(check, proposal,
		    "missing mandatory statement: one of 'authentication-algorithm', "
		    "'encryption-algorithm'");
	}
}

/* E-160: the unit of a tunnel carries IPv4 though nobody wrote it. */
static void
check_binding(const struct check *check, const struct conf_node *bind)
{
	const struct conf_node *port =
	    conf_entry(conf_child(check->top, "interfaces"), "interface", "st0", NULL);
	const char *dot = strchr(bind->value, '.');
	const struct conf_node *unit = dot == NULL ? NULL : conf_entry(port, "unit", dot + 1, NULL);

	if (unit == NULL) {
		check_error(check, bind, "interface '%s' is not configured", bind->value);
	} else if (conf_walk(unit, "family", "inet", NULL) == NULL) {
		check_warning(
		    check, unit, "E-160 a VPN is bound to this unit: family inet is implied");
	}
}

static void
check_vpn(const struct check *check, const struct conf_node *vpn)
{
	const struct conf_node *ike = conf_child(vpn, "ike");
	const struct conf_node *monitor =
	    conf_child(conf_child(vpn, "vpn-monitor"), "source-interface");
	const struct conf_node *service = conf_child(conf_child(ike, "proxy-identity"), "service");
	const struct conf_node *establish = conf_child(vpn, "establish-tunnels");
	const char *name = conf_value(ike, "gateway");
	const struct conf_node *gateway =
	    name == NULL ? NULL : conf_entry(ike_of(check), "gateway", name, NULL);

	if (conf_present(vpn, "bind-interface")) {
		check_binding(check, conf_child(vpn, "bind-interface"));
	}
	/* REQ-RA-002, E-16E */
	if (establish != NULL && strcmp(establish->value, "immediately") == 0 &&
	    conf_present(gateway, "dynamic")) {
		check_error(check, establish,
		    "gateway '%s' is dynamic: only its peer can start, establish-tunnels must be "
		    "on-traffic",
		    name);
	}
	if (monitor != NULL && !check_unit_exists(check, monitor->value)) {
		check_error(check, monitor, "interface '%s' is not configured", monitor->value);
	}
	if (service != NULL && strcmp(service->value, "any") != 0 &&
	    conf_application_find(check->tree, service->value).kind == CONF_APPLICATION_NONE) {
		check_error(check, service, "application '%s' is neither configured nor predefined",
		    service->value);
	}
}

/* A unit of st0 belongs to one tunnel. */
static void
check_bindings(const struct check *check, const struct conf_node *ipsec)
{
	struct check_nodes bindings = {.items = NULL};
	bool good = true;

	for (const struct conf_node *vpn = conf_first(ipsec, "vpn"); good && vpn != NULL;
	     vpn = conf_next(vpn)) {
		const struct conf_node *bind = conf_child(vpn, "bind-interface");

		good = bind == NULL || check_collect(&bindings, bind);
	}
	if (!good) {
		check_memory(check);
	}
	check_sort_by_value(&bindings);
	for (size_t i = 1; i < bindings.count; i++) {
		if (strcmp(bindings.items[i - 1]->value, bindings.items[i]->value) == 0) {
			check_error(check, bindings.items[i],
			    "interface '%s' is bound to VPN '%s' already", bindings.items[i]->value,
			    bindings.items[i - 1]->parent->value);
		}
	}
	free((void *)(uintptr_t)bindings.items);
}

void
check_tunnels(const struct check *check)
{
	const struct conf_node *ike = ike_of(check);
	const struct conf_node *ipsec = conf_walk(check->top, "security", "ipsec", NULL);

	for (const struct conf_node *policy = conf_first(ike, "policy"); policy != NULL;
	     policy = conf_next(policy)) {
		check_ike_policy(check, policy);
	}
	for (const struct conf_node *gateway = conf_first(ike, "gateway"); gateway != NULL;
	     gateway = conf_next(gateway)) {
		check_gateway(check, gateway);
	}
	for (const struct conf_node *proposal = conf_first(ipsec, "proposal"); proposal != NULL;
	     proposal = conf_next(proposal)) {
		check_ipsec_proposal(check, proposal);
	}
	for (const struct conf_node *vpn = conf_first(ipsec, "vpn"); vpn != NULL;
	     vpn = conf_next(vpn)) {
		check_vpn(check, vpn);
	}
	check_bindings(check, ipsec);
}

/* --- policies that name a tunnel ------------------------------------------------------- */

/* E-177: both policies name each other and the same tunnel. */
static void
check_pair(const struct check *check, const struct conf_node *context,
    const struct conf_node *policy, const struct conf_node *pair)
{
	const struct conf_node *opposite =
	    conf_entry(context->parent, "from-zone", context->value2, context->value);
	const struct conf_node *other = conf_entry(opposite, "policy", pair->value, NULL);
	const struct conf_node *tunnel = conf_walk(other, "then", "permit", "tunnel", NULL);
	const char *vpn = conf_value(pair->parent, "ipsec-vpn");

	if (other == NULL) {
		check_error(check, pair, "there is no policy '%s' from zone '%s' to zone '%s'",
		    pair->value, context->value2, context->value);
	} else if (!value_is(tunnel, "pair-policy", policy->value)) {
		check_error(check, pair,
		    "policy '%s' of the opposite direction does not name policy '%s' as its "
		    "pair-policy",
		    pair->value, policy->value);
	} else if (vpn != NULL && !value_is(tunnel, "ipsec-vpn", vpn)) {
		check_error(check, pair, "policy '%s' of the opposite direction has another VPN",
		    pair->value);
	}
}

void
check_policy_tunnel(
    const struct check *check, const struct conf_node *context, const struct conf_node *policy)
{
	const struct conf_node *tunnel = conf_walk(policy, "then", "permit", "tunnel", NULL);
	const struct conf_node *name = conf_child(tunnel, "ipsec-vpn");
	const struct conf_node *pair = conf_child(tunnel, "pair-policy");
	const struct conf_node *ipsec = conf_walk(check->top, "security", "ipsec", NULL);

	if (name != NULL &&
	    conf_present(conf_entry(ipsec, "vpn", name->value, NULL), "bind-interface")) {
		check_error(check, name,
		    "VPN '%s' has a bind-interface: routes lead to it, not policies", name->value);
	}
	if (pair != NULL) {
		if (name == NULL) {
			check_error(check, pair, "missing mandatory statement 'ipsec-vpn'");
		}
		check_pair(check, context, policy, pair);
	}
}
