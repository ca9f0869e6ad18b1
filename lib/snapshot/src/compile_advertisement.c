/*
 * `protocols router-advertisement` to what each unit advertises. lib/conf has checked that it makes sense.
 */
#include "compile.h"

enum {
	MAX_INTERVAL = 600,
	MIN_INTERVAL_LEAST = 3,
	LIFETIMES = 3, /* of the longest interval: the default router's, and DNS servers' */
	LIFETIME_MOST = 9000,
	HOP_LIMIT = 64,
	VALID = 2592000,
	PREFERRED = 604800,
};

static uint32_t
lesser(uint32_t left, uint32_t right)
{
	return left < right ? left : right;
}

static bool
read_prefixes(struct compilation *compilation, const struct conf_node *node, struct snapshot_advertisement *row)
{
	struct snapshot_advertised_prefix *prefixes =
	    arena_take(compilation->arena, SNAPSHOT_PREFIXES_MOST, sizeof(*prefixes));

	if (prefixes == NULL) {
		return false;
	}
	row->prefixes = prefixes;
	for (const struct conf_node *entry = conf_first(node, "prefix");
	     entry != NULL && row->prefix_count < SNAPSHOT_PREFIXES_MOST; entry = conf_next(entry)) {
		struct snapshot_advertised_prefix *prefix = &prefixes[row->prefix_count];

		if (!parse_prefix6(entry->value, &prefix->prefix, &prefix->length)) {
			continue;
		}
		prefix->valid = conf_number(entry, "valid-lifetime", VALID);
		prefix->preferred =
		    conf_number(entry, "preferred-lifetime", lesser(PREFERRED, prefix->valid));
		prefix->on_link = !conf_present(entry, "no-on-link");
		prefix->autonomous = !conf_present(entry, "no-autonomous");
		row->prefix_count++;
	}
	return true;
}

static bool
read_servers(struct compilation *compilation, const struct conf_node *node, struct snapshot_advertisement *row)
{
	struct ipv6_address *servers = arena_take(compilation->arena, SNAPSHOT_SERVERS_MOST, sizeof(*servers));
	uint8_t length;

	if (servers == NULL) {
		return false;
	}
	row->servers = servers;
	row->server_lifetime = UINT32_MAX;
	for (const struct conf_node *entry = conf_first(node, "dns-server-address");
	     entry != NULL && row->server_count < SNAPSHOT_SERVERS_MOST; entry = conf_next(entry)) {
		if (parse_prefix6(entry->value, &servers[row->server_count], &length)) {
			row->server_count++;
			row->server_lifetime = lesser(row->server_lifetime,
			    conf_number(entry, "lifetime", (uint32_t)row->max_interval * LIFETIMES));
		}
	}
	return true;
}

static bool
read_interface(struct compilation *compilation, const struct conf_node *node, struct snapshot_unit *unit)
{
	struct snapshot_advertisement *row = arena_take(compilation->arena, 1, sizeof(*row));
	const uint32_t most = conf_number(node, "max-advertisement-interval", MAX_INTERVAL);
	const uint32_t third = most / 3 > MIN_INTERVAL_LEAST ? most / 3 : MIN_INTERVAL_LEAST;

	if (row == NULL) {
		return false;
	}
	*row = (struct snapshot_advertisement){
	    .max_interval = (uint16_t)most,
	    .min_interval = (uint16_t)lesser(conf_number(node, "min-advertisement-interval", third), most),
	    .lifetime = (uint16_t)conf_number(node, "default-lifetime", lesser(most * LIFETIMES, LIFETIME_MOST)),
	    .hop_limit = (uint8_t)conf_number(node, "current-hop-limit", HOP_LIMIT),
	    .managed = conf_present(node, "managed-configuration"),
	    .other = conf_present(node, "other-stateful-configuration"),
	    .reachable_time = conf_number(node, "reachable-time", 0),
	    .retransmit_timer = conf_number(node, "retransmit-timer", 0),
	    .link_mtu = conf_present(node, "link-mtu") ? unit->mtu6 : 0,
	};
	unit->advertisement = row;
	return read_prefixes(compilation, node, row) && read_servers(compilation, node, row);
}

bool
compile_advertisements(struct compilation *compilation)
{
	const struct conf_node *node =
	    conf_first(conf_walk(compilation->top, "protocols", "router-advertisement", NULL), "interface");

	for (; node != NULL; node = conf_next(node)) {
		const uint32_t identity = registry_find(compilation->registry, REGISTRY_UNIT, node->value);

		if (identity != REGISTRY_NONE && compilation->units[identity].has_inet6 &&
		    !read_interface(compilation, node, &compilation->units[identity])) {
			return false;
		}
	}
	return true;
}
