/*
 * What the engine reads of a configuration: an immutable value, compiled by lib/snapshot, never changed after it was
 * handed to engine_apply() and freed by its owner only after the engine was given another and said so.
 *
 * Identities (unit, zone, instance, policy, application) are small dense numbers that stand for a configured path. lib/snapshot keeps
 * the registry: the same path has the same number over commits, so sessions, counters and neighbours survive them. Arrays
 * here are indexed by identity; a hole has `present` false.
 */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/nat.h"
#include "engine/screens.h"
#include "wire/ipv6.h"

#define SNAPSHOT_NONE UINT16_MAX
#define SNAPSHOT_NO_ALARM UINT64_MAX
#define SNAPSHOT_VLAN_UNTAGGED 0
/* Zone identities that exist without configuration. */
#define SNAPSHOT_ZONE_SELF 0   /* junos-self: what our own host sends and gets */
#define SNAPSHOT_ZONE_GLOBAL 1 /* junos-global */
#define SNAPSHOT_INSTANCE_DEFAULT 0

/* How many identities of a kind there are at most: the engine has tables by them. */
enum {
	SNAPSHOT_POLICIES_MOST = 131072,
	SNAPSHOT_UNITS_MOST = 8192,
	SNAPSHOT_INSTANCES_MOST = 32768, /* a session's key has 15 bits for them */
	SNAPSHOT_ZONES_MOST = 4096,
};

struct classifier; /* engine/classifier.h */

/* A physical port in the order of the chassis (live) or of the names (replay). Index = struct packet's `port`. */
struct snapshot_port {
	const char *name; /* ge-0/0/1 */
	bool present;
	bool enabled; /* false: `disable` */
	uint8_t mac[6];
	uint16_t mtu;          /* largest IP packet of an untagged frame: configured mtu less 14 */
	uint16_t *unit_by_tag; /* 4096 entries; [0] is the untagged unit; SNAPSHOT_NONE: drop */
};

/* Local services by bit; a bit in `running` says that a server listens on the host's side. services.def is the table. */
enum host_service {
#define HOST_SERVICE(symbol, name, protocol, low, high) HOST_SERVICE_##symbol,
#include "engine/services.def"
#undef HOST_SERVICE
	HOST_SERVICE_COUNT
};

/* Routing protocols by bit; protocols.def is the table. */
enum host_protocol {
#define HOST_PROTOCOL(symbol, name, protocol, low, high) HOST_PROTOCOL_##symbol,
#include "engine/protocols.def"
#undef HOST_PROTOCOL
	HOST_PROTOCOL_COUNT
};

struct snapshot_host_port { /* a custom application that host-inbound-traffic names (E-048) */
	uint8_t protocol;
	uint16_t low;
	uint16_t high;
};

/* What may be addressed to us from a zone or, where an interface has a list of its own, from that interface. */
struct snapshot_host_inbound {
	uint64_t services; /* bit by enum host_service */
	bool any_service;  /* every TCP and UDP port, and ping (E-047) */
	uint64_t except;   /* bits taken out of any_service */
	uint32_t protocols; /* bit by enum host_protocol */
	uint16_t custom_count;
	const struct snapshot_host_port *custom;
};

enum {
	SNAPSHOT_PREFIXES_MOST = 16, /* of a router advertisement */
	SNAPSHOT_SERVERS_MOST = 8,
};

struct snapshot_advertised_prefix {
	struct ipv6_address prefix;
	uint32_t valid;     /* seconds; UINT32_MAX: for ever */
	uint32_t preferred; /* likewise */
	uint8_t length;
	bool on_link;
	bool autonomous;
};

/* protocols router-advertisement interface NAME */
struct snapshot_advertisement {
	uint16_t max_interval; /* seconds */
	uint16_t min_interval;
	uint16_t lifetime; /* seconds; 0: no default router */
	uint8_t hop_limit; /* 0: the host's own choice, as for the next two */
	bool managed;      /* addresses by DHCPv6 */
	bool other;        /* other things by DHCPv6 */
	uint32_t reachable_time;   /* milliseconds */
	uint32_t retransmit_timer; /* milliseconds */
	uint32_t link_mtu;         /* 0: not said */
	uint32_t server_lifetime;  /* seconds */
	uint8_t prefix_count;
	uint8_t server_count;
	const struct snapshot_advertised_prefix *prefixes;
	const struct ipv6_address *servers; /* of DNS */
};

struct snapshot_unit {
	const char *name; /* ge-0/0/1.2 */
	bool present;
	bool enabled;
	bool has_inet; /* family inet is configured: IPv4 is accepted */
	bool tunnel;   /* st0.N: packets routed to it drop with no-tunnel until a VPN is bound */
	bool unsupported; /* a filter is bound that might discard: in no zone until there are filters, so nothing passes */
	uint16_t port; /* SNAPSHOT_NONE for st0 units and for ports that are not there */
	uint16_t vlan; /* SNAPSHOT_VLAN_UNTAGGED or the tag */
	uint16_t mtu;  /* largest IPv4 packet */
	uint16_t zone; /* SNAPSHOT_NONE: the null zone, drops everything */
	uint16_t instance;
	uint16_t address_count;
	const struct snapshot_address *addresses;
	/* Translated addresses that the unit answers ARP for and announces (REQ-NAT-040): sorted, disjoint. */
	uint16_t answer_count;
	uint16_t nat_pool; /* its interface pool, or SNAPSHOT_NAT_NONE */
	const struct snapshot_nat_range *answers;
	/* Contexts of rule-sets, or SNAPSHOT_NAT_NONE: of source rules as ingress and egress unit, of destination rules. */
	uint16_t nat_from;
	uint16_t nat_to;
	uint16_t nat_public;
	/*
	 * Family inet6. The addresses include the link-local one, derived from the port's MAC address where none is
	 * configured; it is there even when no other is. `link_local` says it once more; :: without family inet6.
	 */
	bool has_inet6;
	uint16_t mtu6;
	uint16_t address6_count;
	const struct snapshot_address6 *addresses6;
	struct ipv6_address link_local;
	const struct snapshot_advertisement *advertisement; /* NULL: none is sent */
	struct snapshot_host_inbound host_inbound; /* effective: the interface's own list, else the zone's */
};

struct snapshot_address {
	uint32_t address; /* host order */
	uint8_t length;
};

struct snapshot_address6 {
	struct ipv6_address address;
	uint8_t length;
};

struct snapshot_zone {
	const char *name;
	bool present;
	bool tcp_rst;
	const struct snapshot_screens *screens; /* NULL: none is on */
};

struct snapshot_instance {
	const char *name; /* "" for the default instance */
	bool present;
};

enum policy_action {
	POLICY_DENY,
	POLICY_REJECT,
	POLICY_PERMIT,
	POLICY_NOT_SUPPORTED, /* permit with something we cannot do yet: fails closed */
};

enum policy_flag {
	POLICY_LOG_INIT = 1 << 0,
	POLICY_LOG_CLOSE = 1 << 1,
	POLICY_COUNT_TRAFFIC = 1 << 2,
};

/* An interval of UTC seconds, [from, to). */
struct snapshot_interval {
	int64_t from;
	int64_t to;
};

struct snapshot_scheduler {
	uint32_t interval_count; /* sorted, disjoint */
	const struct snapshot_interval *intervals;
};

struct snapshot_policy {
	const char *name;
	bool present;
	uint8_t action; /* enum policy_action */
	uint8_t flags;  /* enum policy_flag */
	uint16_t from_zone; /* SNAPSHOT_NONE: any; SNAPSHOT_ZONE_GLOBAL: a global policy */
	uint16_t to_zone;
	uint32_t position; /* in its context */
	uint16_t source_nat;      /* index of nat.sources, or SNAPSHOT_NAT_NONE */
	uint16_t destination_nat; /* index of nat.destinations, or SNAPSHOT_NAT_NONE */
	uint32_t destination_base; /* the lowest destination address as it was written: what a range is counted from (E-212) */
	uint16_t scheduler_count; /* 0: always active; else active while any of them is */
	const uint16_t *schedulers;
	/* count alarm: more bytes in a second, in a minute raise an alarm (E-08G); SNAPSHOT_NO_ALARM: none. */
	uint64_t alarm_second;
	uint64_t alarm_minute;
	/* A global policy's zones; none: all. Those of other policies are from_zone and to_zone alone. */
	uint16_t from_count;
	uint16_t to_count;
	const uint16_t *from_zones;
	const uint16_t *to_zones;
};

struct snapshot_application { /* what decides timeouts and names in logs: the application that the policy matched */
	const char *name;
	uint32_t timeout; /* seconds; 0: the protocol's default */
};

/* forwarding-options family inet6 mode (REQ-FW-017): what happens to IPv6 packets that would pass through. */
enum inet6_mode {
	INET6_MODE_DROP,
	INET6_MODE_PACKET_BASED, /* forwarded by the route alone: no zones, no policies, no sessions */
	INET6_MODE_FLOW_BASED,
};

enum drop_log { /* what is logged of packets that are dropped whatever the policies say */
	DROP_LOG_ILLEGAL = 1 << 0,
	DROP_LOG_ICMP = 1 << 1,
};

struct snapshot_flow {
	enum inet6_mode inet6_mode;
	bool syn_check;
	bool syn_check_in_tunnel;
	bool sequence_check;
	bool reset_invalidates; /* any RST within the window ends its session at once */
	bool allow_dns_reply;
	bool default_permit;
	bool policy_rematch;
	bool syn_cookies; /* syn-flood-protection-mode syn-cookie, else syn-proxy */
	uint8_t log_drops; /* bits of enum drop_log */
	uint16_t segment_most; /* largest TCP segment that SYNs may ask for (tcp-mss all-tcp); 0: any */
	/* Aggressive aging: percent of the session table; the low one is not above the high one. */
	uint8_t high_watermark;
	uint8_t low_watermark;
	uint16_t early_ageout; /* tens of seconds (E-121); 0: there is no aggressive aging */
};

struct snapshot {
	uint64_t id; /* of the commit; grows */
	struct snapshot_flow flow;
	uint64_t services_running; /* bit by enum host_service */
	uint16_t port_count;
	uint16_t unit_count;
	uint16_t zone_count;
	uint16_t instance_count;
	uint16_t scheduler_count;
	uint16_t application_count;
	uint32_t policy_count;
	const struct snapshot_port *ports;
	const struct snapshot_unit *units;
	const struct snapshot_zone *zones;
	const struct snapshot_instance *instances;
	const struct snapshot_scheduler *schedulers;
	const struct snapshot_application *applications;
	const struct snapshot_policy *policies;
	const struct classifier *classifier;
	struct snapshot_nat nat;
	int64_t schedules_from; /* the schedulers' intervals hold within [from, until); compile again before */
	int64_t schedules_until;
};

#endif
