/*
 * Routing tables for tests: three instances, units and static routes in a few words.
 *
 * Tests run for both families: in the second run a.b.c.d is 2001:db8::ffff:a.b.c.d, and lengths are 96 more.
 */
#ifndef RIB_WORLD_H
#define RIB_WORLD_H

#include <stdint.h>

#include "rib/rib.h"

#define IP(a, b, c, d) (((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) | (uint32_t)(d))

enum {
	MAIN,
	RED,
	BLUE,
	GREEN,
};

/* What all functions here make. */
extern enum rib_family rib_world_family;

/* With the first three instances. */
struct rib *new_rib(void);
struct rib_table table_of(uint16_t instance);
/* An address, and the length of a prefix, in the family. */
struct ipv6_address at(uint32_t address);
uint8_t bits(uint8_t length);
/* A unit that is up. */
void add_unit(struct rib *rib, uint16_t unit, uint16_t instance, uint32_t address, uint8_t length);
/* Next hops. */
struct rib_next_hop by_address(uint32_t address);
struct rib_next_hop by_unit(uint16_t unit);
struct rib_next_hop qualified(struct rib_next_hop next_hop, uint32_t preference);
/* Static routes, by one next hop and by two. */
void add_route(struct rib *rib, uint16_t instance, uint32_t prefix, uint8_t length, uint8_t flags, struct rib_next_hop hop);
void add_pair(struct rib *rib, uint16_t instance, uint32_t prefix, uint8_t length, struct rib_next_hop first, struct rib_next_hop second);
/* The best route to a destination. */
struct rib_hop look_up(const struct rib *rib, uint16_t instance, uint32_t destination);
/* What it has to be. */
void expect(const struct rib *rib, uint16_t instance, uint32_t destination, enum rib_hop_kind kind, uint16_t unit);

#endif
