/*
 * See rib_world.h.
 */
#include "rib_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum rib_family rib_world_family = RIB_INET;

struct rib *
new_rib(void)
{
	struct rib *rib = rib_create();

	assert_non_null(rib);
	assert_true(rib_add_instance(rib, MAIN, ""));
	assert_true(rib_add_instance(rib, RED, "red"));
	assert_true(rib_add_instance(rib, BLUE, "blue"));
	return rib;
}

struct rib_table
table_of(uint16_t instance)
{
	return (struct rib_table){.instance = instance, .family = rib_world_family};
}

struct ipv6_address
at(uint32_t address)
{
	return rib_world_family == RIB_INET || address == 0 ? ipv6_mapped(address)
						  : (struct ipv6_address){0x20010db800000000U, 0xffff00000000U | address};
}

uint8_t
bits(uint8_t length)
{
	return rib_world_family == RIB_INET || length == 0 ? length : (uint8_t)(96 + length);
}

void
add_unit(struct rib *rib, uint16_t unit, uint16_t instance, uint32_t address, uint8_t length)
{
	assert_true(rib_add_unit(rib, unit, instance, true));
	assert_true(rib_add_address(rib, unit, rib_world_family, at(address), bits(length)));
}

struct rib_next_hop
by_address(uint32_t address)
{
	return (struct rib_next_hop){.address = at(address), .unit = RIB_NO_UNIT};
}

struct rib_next_hop
by_unit(uint16_t unit)
{
	return (struct rib_next_hop){.by_unit = true, .unit = unit};
}

struct rib_next_hop
qualified(struct rib_next_hop next_hop, uint32_t preference)
{
	next_hop.qualified = true;
	next_hop.preference = preference;
	return next_hop;
}

void
add_route(struct rib *rib, uint16_t instance, uint32_t prefix, uint8_t length, uint8_t flags, struct rib_next_hop hop)
{
	const struct rib_static route = {
	    .table = table_of(instance),
	    .prefix = at(prefix),
	    .length = bits(length),
	    .flags = flags,
	    .preference = RIB_PREFERENCE_STATIC,
	    .kind = RIB_STATIC_NEXT_HOPS,
	    .next_hop_count = 1,
	    .next_hops = &hop,
	};

	assert_true(rib_add_static(rib, &route));
}

void
add_pair(struct rib *rib, uint16_t instance, uint32_t prefix, uint8_t length, struct rib_next_hop first,
    struct rib_next_hop second)
{
	const struct rib_next_hop hops[] = {first, second};
	const struct rib_static route = {
	    .table = table_of(instance),
	    .prefix = at(prefix),
	    .length = bits(length),
	    .preference = RIB_PREFERENCE_STATIC,
	    .kind = RIB_STATIC_NEXT_HOPS,
	    .next_hop_count = 2,
	    .next_hops = hops,
	};

	assert_true(rib_add_static(rib, &route));
}

struct rib_hop
look_up(const struct rib *rib, uint16_t instance, uint32_t destination)
{
	struct rib_route route;

	if (!rib_lookup(rib, table_of(instance), at(destination), &route)) {
		return (struct rib_hop){.kind = RIB_HOP_NONE, .unit = RIB_NO_UNIT};
	}
	return route.hop;
}

void
expect(const struct rib *rib, uint16_t instance, uint32_t destination, enum rib_hop_kind kind, uint16_t unit)
{
	const struct rib_hop hop = look_up(rib, instance, destination);

	assert_int_equal(hop.kind, kind);
	assert_int_equal(hop.unit, unit);
}
