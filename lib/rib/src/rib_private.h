/*
 * Inside lib/rib: how tables lie in memory. Shared by rib.c (filling), rib_build.c (sorting and copying), rib_resolve.c
 * (what is in force) and rib_show.c (reading).
 */
#ifndef RIB_PRIVATE_H
#define RIB_PRIVATE_H

#include <stddef.h>

#include "rib/rib.h"

#define RIB_NOWHERE UINT32_MAX

struct rib_span { /* a table: a span of rib->routes */
	uint32_t start;
	uint32_t count;
};

struct rib_instance {
	char *name;
	bool present;
	struct rib_span tables[RIB_FAMILIES];
};

struct rib_unit {
	bool present;
	bool up;
	uint16_t instance;
};

/* One way to a prefix: what `show route` prints as one entry. */
struct rib_candidate {
	struct ipv6_address prefix;
	uint32_t preference;
	uint32_t order;  /* place in the order of adding */
	uint32_t source; /* a copy's original: its order until sorted, then its index; else RIB_NOWHERE */
	uint32_t next_hop_start;
	uint16_t next_hop_count;
	struct rib_table table;
	uint16_t origin;
	uint16_t unit; /* direct and local routes */
	uint16_t next_table;
	uint16_t selected;
	uint8_t length; /* of 128 bits, whatever the family */
	uint8_t flags;
	enum rib_protocol protocol;
	enum rib_static_kind kind;
	bool looping;  /* its recursion found no end in this round of resolving */
	bool retained; /* `hop` is the lost one, kept by RIB_RETAIN */
	bool active;
	bool was_active;
	struct rib_hop hop;
	struct rib_hop former; /* the hop before this round of resolving */
	uint64_t since;
};

/* A prefix of a table with its candidates, best first. */
struct rib_prefix {
	struct ipv6_address prefix;
	uint32_t start;
	uint32_t count;
	uint32_t parent; /* the next shorter prefix of the table that covers it, or RIB_NOWHERE */
	uint32_t active; /* candidate, or RIB_NOWHERE */
	uint8_t length;
};

struct rib_group {
	uint32_t start; /* of its tables in group_tables */
	uint32_t count;
	uint32_t use;
};

struct rib {
	struct rib_instance *instances; /* by number */
	struct rib_unit *units;
	struct rib_candidate *candidates;
	struct rib_prefix *routes;
	struct rib_next_hop *next_hops;
	struct rib_group *groups;
	struct rib_table *group_tables;
	uint32_t instance_count;
	uint32_t unit_count;
	uint32_t candidate_count;
	size_t candidate_capacity;
	uint32_t route_count;
	uint32_t next_hop_count;
	size_t next_hop_capacity;
	uint32_t group_count;
	size_t group_capacity;
	uint32_t group_table_count;
	size_t group_table_capacity;
	bool has_recursion;
};

/* A prefix's length among 128 bits, and back. */
static inline uint8_t
rib_length_in(enum rib_family family, uint8_t length)
{
	return family == RIB_INET ? (uint8_t)(length + IPV6_MAPPED_LENGTH) : length;
}

static inline uint8_t
rib_length_out(enum rib_family family, uint8_t length)
{
	return family == RIB_INET ? (uint8_t)(length - IPV6_MAPPED_LENGTH) : length;
}

/* An inet address as those of inet lie in tables. */
static inline struct ipv6_address
rib_address_in(enum rib_family family, struct ipv6_address address)
{
	return family == RIB_INET ? ipv6_mapped((uint32_t)address.low) : address;
}

static inline bool
rib_table_equal(struct rib_table left, struct rib_table right)
{
	return left.instance == right.instance && left.family == right.family;
}

static inline bool
rib_covers(const struct rib_prefix *route, struct ipv6_address address)
{
	return ipv6_covers(route->prefix, route->length, address);
}

static inline bool
rib_hop_equal(const struct rib_hop *left, const struct rib_hop *right)
{
	return left->kind == right->kind && left->unit == right->unit && left->instance == right->instance &&
	    ipv6_equal(left->gateway, right->gateway);
}

/* A candidate with nothing said; `order` is set by rib_push(). */
struct rib_candidate rib_candidate_blank(struct rib_table table, enum rib_protocol protocol);
/* Appends a copy of `candidate`; false when memory ran out. */
bool rib_push(struct rib *rib, const struct rib_candidate *candidate);

/* The table's span; empty when there is no such instance. */
struct rib_span rib_span_of(const struct rib *rib, struct rib_table table);
/* The longest prefix of the table that covers `address`, active or not, or RIB_NOWHERE. */
uint32_t rib_find_covering(const struct rib *rib, struct rib_table table, struct ipv6_address address);
/* The prefix itself, or RIB_NOWHERE. `length` is of 128 bits. */
uint32_t rib_find_prefix(const struct rib *rib, struct rib_table table, struct ipv6_address prefix, uint8_t length);

/* Works out all hops and active routes from unit states. Returns true when something in force changed. */
bool rib_resolve(struct rib *rib, uint64_t now);

#endif
