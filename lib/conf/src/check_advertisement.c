/*
 * `protocols router-advertisement`: what a host could not use, or RFC 4861 6.2.1 and RFC 4862 5.5.3 forbid.
 */
#include <stdlib.h>
#include <string.h>

#include "check_private.h"

enum {
	PREFIXES_MOST = 16,
	SERVERS_MOST = 8,
	MAX_INTERVAL = 600, /* default */
	VALID = 2592000,
	PREFERRED = 604800,
	AUTONOMOUS_LENGTH = 64, /* on Ethernet (RFC 2464 4) */
};

static void
check_times(const struct check *check, const struct conf_node *interface)
{
	const uint32_t most = conf_number(interface, "max-advertisement-interval", MAX_INTERVAL);
	const uint32_t least = conf_number(interface, "min-advertisement-interval", 0);
	const uint32_t lifetime = conf_number(interface, "default-lifetime", 0);

	if (least > most * 3 / 4) {
		check_error(check, conf_child(interface, "min-advertisement-interval"),
		    "it is at most three quarters of max-advertisement-interval: %u", most * 3 / 4);
	}
	if (lifetime != 0 && lifetime < most) {
		check_error(check, conf_child(interface, "default-lifetime"),
		    "it is 0, or at least max-advertisement-interval: %u", most);
	}
}

static void
check_prefix(const struct check *check, const struct conf_node *prefix)
{
	const char *slash = strchr(prefix->value, '/');
	const unsigned long length = slash == NULL ? 128 : strtoul(slash + 1, NULL, 10);
	const uint32_t valid = conf_number(prefix, "valid-lifetime", VALID);
	const uint32_t preferred = conf_number(prefix, "preferred-lifetime", valid < PREFERRED ? valid : PREFERRED);

	if (strncmp(prefix->value, "ff", 2) == 0 || strncmp(prefix->value, "fe8", 3) == 0) {
		check_error(check, prefix, "multicast and link-local prefixes are not advertised");
	}
	if (length != AUTONOMOUS_LENGTH && !conf_present(prefix, "no-autonomous")) {
		check_error(check, prefix,
		    "hosts make addresses of prefixes of 64 bits only: this one needs no-autonomous");
	}
	if (preferred > valid) {
		check_error(check, conf_child(prefix, "preferred-lifetime"),
		    "it is at most valid-lifetime: %u", valid);
	}
}

static void
check_count(const struct check *check, const struct conf_node *interface, const char *list, unsigned most)
{
	unsigned count = 0;

	for (const struct conf_node *entry = conf_first(interface, list); entry != NULL; entry = conf_next(entry)) {
		if (++count == most + 1) {
			check_error(check, entry, "an advertisement has room for %u of them", most);
		}
	}
}

static bool
has_inet6(const struct check *check, const char *name)
{
	const struct conf_node *port = conf_first(conf_child(check->top, "interfaces"), "interface");
	const char *dot = strrchr(name, '.');

	for (; port != NULL && dot != NULL; port = conf_next(port)) {
		if (strlen(port->value) == (size_t)(dot - name) &&
		    strncmp(port->value, name, (size_t)(dot - name)) == 0) {
			return conf_walk(conf_entry(port, "unit", dot + 1, NULL), "family", "inet6", NULL) != NULL;
		}
	}
	return false;
}

void
check_advertisement(const struct check *check)
{
	const struct conf_node *interface =
	    conf_first(conf_walk(check->top, "protocols", "router-advertisement", NULL), "interface");

	for (; interface != NULL; interface = conf_next(interface)) {
		if (!check_unit_exists(check, interface->value)) {
			check_error(check, interface, "interface '%s' is not configured", interface->value);
		} else if (!has_inet6(check, interface->value)) {
			check_error(check, interface, "interface '%s' has no family inet6", interface->value);
		}
		check_times(check, interface);
		check_count(check, interface, "prefix", PREFIXES_MOST);
		check_count(check, interface, "dns-server-address", SERVERS_MOST);
		for (const struct conf_node *prefix = conf_first(interface, "prefix"); prefix; prefix = conf_next(prefix)) {
			check_prefix(check, prefix);
		}
	}
}
