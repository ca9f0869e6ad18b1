/*
 * Address translation as the engine reads it: part of a snapshot, compiled by lib/snapshot from either form of the
 * configuration, immutable as all of it.
 *
 * Order (IPv4 only; what our own host sends or gets is never translated): static mappings of the ingress unit (judged by the
 * policies to junos-global) or, before the route, the destination rules; route; zones; policy, which sees the private source and
 * the public destination (REQ-NAT-038); the policy's destination, or a static mapping of the egress unit (hairpin: judged again,
 * from the zone of that unit to junos-global), each with a second route; then the source: by the policy, else by the source rules, else by a static mapping of the egress unit.
 *
 * A pool's identity is given by its configured path and outlives commits: sessions, bindings and counters are by it.
 */
#ifndef ENGINE_NAT_H
#define ENGINE_NAT_H

#include <stdbool.h>
#include <stdint.h>

struct classifier; /* engine/classifier.h */

#define SNAPSHOT_NAT_NONE UINT16_MAX /* no pool, no action, no rule, no context */
#define SNAPSHOT_NAT_INTERFACE (UINT16_MAX - 1) /* as an overflow: the interface pool of the egress unit */

enum {
	SNAPSHOT_NAT_POOLS_MOST = 16384,
	SNAPSHOT_NAT_RULES_MOST = 16384,
	SNAPSHOT_NAT_LAYERS_MOST = 32, /* how often a port may be given towards different destinations, at most */
	SNAPSHOT_NAT_PORT_LOW = 1024, /* REQ-NAT-005: single ports */
	SNAPSHOT_NAT_PORT_HIGH = 63487,
	SNAPSHOT_NAT_PAIR_LOW = 63488, /* REQ-NAT-006: pairs for RTP and RTCP */
	SNAPSHOT_NAT_PAIR_HIGH = 65535,
};

enum nat_pool_kind {
	NAT_POOL_PORTS,     /* PAT: a port of an address a session */
	NAT_POOL_ADDRESSES, /* no-port-translation: an address a host, while it has sessions */
	NAT_POOL_STATIC,    /* by position: host_low + i is always the pool's address i, ports stay */
};

/* Addresses from low to high, both included, host order. */
struct snapshot_nat_range {
	uint32_t low;
	uint32_t high;
};

struct snapshot_nat_pool {
	const char *name; /* of `interface`, the unit's */
	bool present;
	bool interface;   /* it is a unit's own first address (source-nat interface) */
	bool shared;      /* NAT_POOL_ADDRESSES: when all are taken hosts share them */
	bool paired;      /* a host keeps its address while it has sessions */
	uint8_t layers;   /* how often a port may be given, towards different destinations; 0 and 1: once */
	uint8_t kind;     /* enum nat_pool_kind */
	uint16_t unit;    /* packets must leave by it (REQ-NAT-002); SNAPSHOT_NONE: by any */
	uint16_t instance; /* that its addresses and ports are of; SNAPSHOT_NONE: that of the egress unit */
	uint16_t overflow; /* pool that is used when this one has nothing left; SNAPSHOT_NAT_NONE: refused; SNAPSHOT_NAT_INTERFACE */
	uint16_t port_low;
	uint16_t port_high;
	uint16_t range_count;
	const struct snapshot_nat_range *ranges; /* disjoint, in the configured order */
	uint32_t size;     /* addresses in them all */
	uint32_t host_low; /* NAT_POOL_STATIC */
	uint8_t alarm_raise; /* percent of the pool in use that raise an alarm; 0: none */
	uint8_t alarm_clear; /* percent that end it, when no more are in use */
};

enum nat_source_kind {
	NAT_SOURCE_OFF,       /* a rule that says so: nothing is translated */
	NAT_SOURCE_INTERFACE, /* the interface pool of the egress unit */
	NAT_SOURCE_POOLS,     /* the first of the pools that may be used on the egress unit; none: dropped (E-226) */
};

/* Who may send to what a host is translated to, of those rules that keep it (persistent-nat). */
enum nat_persistent_kind {
	NAT_PERSISTENT_NONE, /* nobody: nothing is kept */
	NAT_PERSISTENT_ANY_REMOTE_HOST,
	NAT_PERSISTENT_TARGET_HOST,      /* whom the host has sent to */
	NAT_PERSISTENT_TARGET_HOST_PORT, /* from the port that it has sent to */
};

/* What policies and rules do with a source. */
struct snapshot_nat_source {
	uint8_t kind; /* enum nat_source_kind */
	uint8_t persistent; /* enum nat_persistent_kind; of rules only */
	bool persistent_address; /* the address alone is kept, ports are as the host has them */
	uint16_t pool_count;
	uint16_t persistent_seconds;  /* that a mapping stays without sessions */
	uint32_t persistent_sessions; /* of a mapping, at most */
	const uint16_t *pools;
};

/* What they do with a destination: public base + i becomes low + i (REQ-NAT-030), or low whatever it was. */
struct snapshot_nat_destination {
	const char *name;
	uint32_t low;
	uint32_t high;
	uint16_t port; /* 0: stays */
	uint16_t instance; /* that it is reached in; SNAPSHOT_NONE: that of the ingress unit */
	bool range;    /* counted from the base; else every destination becomes low */
	bool off;      /* a rule that says so */
};

struct snapshot_nat_ports {
	uint16_t low;
	uint16_t high;
};

/* Of whose packets a mapping is, as they stand outside; no ports in a list: all. Ports: of protocols whose ports are translated. */
struct snapshot_nat_condition {
	const struct snapshot_address *remotes; /* who sends to the public side, or is sent to from there */
	const struct snapshot_nat_ports *remote_ports;
	const struct snapshot_nat_ports *ports; /* of the public side */
	uint32_t remote_count;
	uint16_t remote_port_count;
	uint16_t port_count;
	uint16_t mapped_port; /* of the host, instead of the first of the one range of ports; 0: they stay */
	bool remote_any; /* whoever it is: else a list of none is nobody */
};

/* public + i and host + i, i < 2 to the (32 - length), stand for each other (REQ-NAT-018 to 023). Both are masked. */
struct snapshot_nat_static {
	uint32_t public;
	uint32_t host;
	uint16_t unit;     /* where packets for the public side come in, and packets of the host leave */
	uint16_t instance; /* of the host */
	uint8_t length;
	uint16_t rule; /* that it is of, or SNAPSHOT_NAT_NONE */
	uint32_t order; /* as configured, the closest first: of rows of one prefix the first that fits counts */
	const struct snapshot_nat_condition *condition; /* NULL: none, all packets are its */
};

enum nat_rule_kind {
	NAT_RULE_SOURCE,
	NAT_RULE_DESTINATION,
	NAT_RULE_STATIC,
};

/* A rule of a rule-set. Its identity is given by its configured path; it is what the classifiers give. */
struct snapshot_nat_rule {
	const char *set;
	const char *name;
	bool present;
	uint8_t kind;    /* enum nat_rule_kind */
	uint16_t action; /* index of sources, or of destinations */
	uint32_t base;   /* destinations: see above */
};

struct snapshot_nat {
	bool active; /* there is anything at all to translate */
	bool address_persistent;
	uint16_t pool_count; /* pools by identity */
	uint16_t source_count;
	uint16_t destination_count;
	const struct snapshot_nat_pool *pools;
	const struct snapshot_nat_source *sources;
	const struct snapshot_nat_destination *destinations;
	/* The same mappings twice: by (unit, public), and by (unit, instance, host). Prefixes are the same, which takes conditions,
	 * or disjoint. A host that has several public addresses on a unit without conditions is in the second list once. */
	uint32_t static_count;
	uint32_t static_host_count;
	const struct snapshot_nat_static *statics;
	const struct snapshot_nat_static *static_hosts;
	/*
	 * Rule-sets, the other form: then no policy translates, and policies see the private destination also of static
	 * mappings. The classifiers' "zones" are the units' contexts: nat_from to nat_to, and nat_public to 0. A context is
	 * what rule-sets cannot tell apart; its rules are those of all rule-sets that fit, in the order of how closely they
	 * fit. NULL: there is none. The "policy" that matches is an index of the rules.
	 */
	bool by_rules;
	const struct classifier *source_classifier;
	const struct classifier *destination_classifier;
	uint16_t rule_count;
	const struct snapshot_nat_rule *rules;
};

#endif
