/*
 * The routing information base: one table a routing instance and family (NAME.inet.0, NAME.inet6.0; inet.0, inet6.0 for the
 * default instance), filled with direct and local routes of units and with static routes, and what of it is in force while
 * units go up and down.
 *
 * Life cycle: rib_create() -> rib_add_*() -> rib_finish() -> { rib_set_unit_state(), rib_each_route(), rib_lookup() } ...
 * -> rib_destroy(). After rib_finish() nothing allocates. A new configuration makes a new rib, which takes the ages of the
 * former one's routes over by rib_carry_ages().
 *
 * Pure: no sockets, no clock. Times are nanoseconds of the caller's monotonic clock. Units and instances go by the small
 * numbers that the caller gives them. One thread owns a rib.
 *
 * Addresses of both families are struct ipv6_address, those of inet as ::ffff:a.b.c.d; lengths are the family's own, up to
 * 32 or 128. The two families share code, but no route.
 *
 * Rules: the longest prefix wins, in it the lowest preference among usable routes (direct and local 0, static 5 if not
 * said otherwise), among equals a table's own route before a copy, then the one added first. A next hop is usable while
 * its unit is up: a unit of the table's instance by name; an address by the direct route that covers it; one of our own
 * addresses stands for its unit (E-055); with RIB_RESOLVE by any other route, recursively.
 */
#ifndef RIB_RIB_H
#define RIB_RIB_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/ipv6.h"

#define RIB_NO_UNIT UINT16_MAX
#define RIB_NO_INSTANCE UINT16_MAX

enum {
	RIB_PREFERENCE_DIRECT = 0,
	RIB_PREFERENCE_STATIC = 5, /* REQ-RT-008 */
};

enum rib_family {
	RIB_INET,
	RIB_INET6,
};

enum {
	RIB_FAMILIES = 2,
};

struct rib_table {
	uint16_t instance;
	enum rib_family family;
};

enum rib_protocol {
	RIB_DIRECT,
	RIB_LOCAL,
	RIB_STATIC,
};

/* As `show route` prints it: "Static". */
const char *rib_protocol_name(enum rib_protocol protocol);

/* What a packet does that takes a hop. */
enum rib_hop_kind {
	RIB_HOP_NONE,    /* not usable */
	RIB_HOP_LOCAL,   /* an address of ours, on `unit` */
	RIB_HOP_DIRECT,  /* the destination itself is the neighbour on `unit` */
	RIB_HOP_GATEWAY, /* by `gateway` on `unit` */
	RIB_HOP_DISCARD,
	RIB_HOP_REJECT,
	RIB_HOP_TABLE, /* look up again in `instance` */
};

struct rib_hop {
	enum rib_hop_kind kind;
	uint16_t unit;     /* RIB_NO_UNIT when there is none */
	uint16_t instance; /* RIB_HOP_TABLE */
	struct ipv6_address gateway; /* RIB_HOP_GATEWAY */
};

enum rib_flag {
	RIB_RESOLVE = 1 << 0,        /* next hops may be reached by other routes */
	RIB_PASSIVE = 1 << 1,        /* no usable next hop: stays in the table and rejects (E-059) */
	RIB_RETAIN = 1 << 2,         /* stays in the forwarding table when its next hop is lost (E-061) */
	RIB_NO_READVERTISE = 1 << 3, /* an attribute; nothing is exported yet */
};

/* A next hop as configured. */
struct rib_next_hop {
	bool by_unit;         /* an interface name: `unit`; else `address` */
	bool qualified;       /* has a preference of its own: makes a route of its own */
	bool on_unit;         /* with an address: it is a neighbour on `unit`, whatever routes say (inet6 link-local ones) */
	uint16_t unit;        /* RIB_NO_UNIT: a name that no unit has; never usable */
	struct ipv6_address address;
	uint32_t preference;  /* when qualified */
};

enum rib_static_kind {
	RIB_STATIC_NEXT_HOPS,
	RIB_STATIC_DISCARD,
	RIB_STATIC_REJECT,
	RIB_STATIC_TABLE,
};

struct rib_static {
	struct rib_table table;
	uint8_t length;
	uint8_t flags;       /* enum rib_flag */
	struct ipv6_address prefix; /* host bits are masked */
	uint32_t preference; /* of next hops that are not qualified, and of the other kinds */
	enum rib_static_kind kind;
	uint16_t next_table; /* RIB_STATIC_TABLE: the instance to go on in, in its table of the same family */
	uint16_t next_hop_count;
	const struct rib_next_hop *next_hops; /* copied */
};

/* Which of its primary table's routes a rib-group copies. */
enum rib_group_use {
	RIB_GROUP_INTERFACE = 1 << 0, /* direct and local routes */
	RIB_GROUP_STATIC = 1 << 1,
};

struct rib;

struct rib *rib_create(void) __attribute__((warn_unused_result));
void rib_destroy(struct rib *rib);

/* All rib_add functions return false when memory ran out, or for an instance or unit that was not added before. */
/* => instance is not there yet; `name` is "" for the default instance; copied */
bool rib_add_instance(struct rib *rib, uint16_t instance, const char *name) __attribute__((warn_unused_result));
bool rib_add_unit(struct rib *rib, uint16_t unit, uint16_t instance, bool up) __attribute__((warn_unused_result));
/* A local route of the address alone and, unless that is the whole prefix, a direct route. */
bool rib_add_address(struct rib *rib, uint16_t unit, enum rib_family family, struct ipv6_address address, uint8_t length)
    __attribute__((warn_unused_result));
bool rib_add_static(struct rib *rib, const struct rib_static *route) __attribute__((warn_unused_result));
/* Copies routes of the first table, as `use` says (bits), into the others with their original next hops.
 * => the tables are of one family */
bool rib_add_group(struct rib *rib, const struct rib_table *tables, uint32_t count, uint32_t use)
    __attribute__((warn_unused_result));

/* Sorts, copies, resolves; routes are as old as `now`. False when memory ran out; the rib is then only good to destroy. */
bool rib_finish(struct rib *rib, uint64_t now) __attribute__((warn_unused_result));
/* Routes that stood in `former` (NULL: none) with the same hop keep their age; the others are as old as `now`.
 * `former` may be NULL: all are. */
void rib_carry_ages(struct rib *rib, const struct rib *former, uint64_t now);

/* Link up or down. Returns true when what is in force has changed, so that a new forwarding table is due. */
bool rib_set_unit_state(struct rib *rib, uint16_t unit, bool up, uint64_t now);
bool rib_unit_is_up(const struct rib *rib, uint16_t unit);

/* A route as `show route` wants it. */
struct rib_route {
	struct rib_table table; /* where it stands */
	uint16_t origin;        /* the instance it was copied from; its own for those of its own */
	struct ipv6_address prefix;
	uint8_t length;
	uint8_t flags; /* enum rib_flag */
	enum rib_protocol protocol;
	uint32_t preference;
	bool active; /* it is the prefix's route in force */
	bool hidden; /* no usable next hop */
	uint64_t since;     /* when it came to its present state */
	struct rib_hop hop; /* what it does, or would do if it were active */
	/* As configured; only static routes to next hops have any. `selected` is UINT16_MAX when none is in use. */
	uint16_t next_hop_count;
	uint16_t selected;
	const struct rib_next_hop *next_hops;
};

/*
 * Calls `each` for the routes of one table in the order of `show route`: by address, then length, the active
 * one first, then by preference. Stops when `each` returns false.
 */
void rib_each_route(const struct rib *rib, struct rib_table table,
    bool (*each)(void *context, const struct rib_route *route), void *context);
/* Active routes only, hidden ones left out, for building forwarding tables; same order. */
void rib_each_active(const struct rib *rib, struct rib_table table,
    bool (*each)(void *context, const struct rib_route *route), void *context);
/* The active route that takes `destination` in one table (next-table is not followed), or false. */
bool rib_lookup(const struct rib *rib, struct rib_table table, struct ipv6_address destination, struct rib_route *route)
    __attribute__((warn_unused_result));

/* The instances by number in ascending order: rib_next_instance(rib, -1) is the first; -1 at the end. */
int32_t rib_next_instance(const struct rib *rib, int32_t after);
/* "" for the default instance; NULL when there is none of that number. Its tables' names begin with it. */
const char *rib_instance_name(const struct rib *rib, uint16_t instance);

#endif
