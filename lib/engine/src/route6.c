/*
 * Which way for IPv6 destinations, and which addresses are ours.
 *
 * Link-local addresses belong to a link and stand in no table: where one is the destination the
 * caller says on which unit.
 */
#include "engine_private.h"

#include <string.h>

/* The unit's configured addresses; none for one that is not there. */
static uint16_t
addresses_of(
    const struct engine *engine, uint16_t unit, const struct snapshot_address6 **addresses)
{
	if (engine->snapshot == NULL || unit >= engine->snapshot->unit_count ||
	    !engine->snapshot->units[unit].present) {
		return 0;
	}
	*addresses = engine->snapshot->units[unit].addresses6;
	return engine->snapshot->units[unit].address6_count;
}

bool
unit_owns6(const struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	const struct snapshot_address6 *addresses = NULL;
	const uint16_t count = addresses_of(engine, unit, &addresses);

	for (uint16_t i = 0; i < count; i++) {
		if (ipv6_equal(addresses[i].address, address)) {
			return true;
		}
	}
	return false;
}

void
owned6_apply(struct engine *engine)
{
	memset(engine->owned6, 0, sizeof engine->owned6);
	for (uint16_t unit = 0; engine->snapshot != NULL && unit < engine->snapshot->unit_count; unit++) {
		const struct snapshot_address6 *addresses = NULL;
		const uint16_t count = addresses_of(engine, unit, &addresses);

		for (uint16_t i = 0; i < count; i++) {
			const uint32_t bit = owned6_bit(addresses[i].address);

			engine->owned6[bit / 64] |= UINT64_C(1) << bit % 64;
		}
	}
}

static enum reason
route_on_link(
    const struct engine *engine, uint16_t number, struct ipv6_address destination, struct way *way)
{
	const struct unit *unit = unit_of(engine, number);

	if (unit == NULL || (unit->flags & UNIT_PRESENT) == 0) {
		return REASON_NO_ROUTE;
	}
	way->unit = number;
	way->local = unit_owns6(engine, number, destination);
	return way->local || (unit->flags & UNIT_USABLE) != 0 ? REASON_NONE : REASON_EGRESS_DOWN;
}

enum reason
route_find6(const struct engine *engine, uint16_t instance, uint16_t unit,
    struct ipv6_address destination, struct way *way)
{
	way->next_hop = destination;
	if (ipv6_is_link_local(destination)) {
		return route_on_link(engine, unit, destination, way);
	}
	const struct fib_hop *hop = fib_lookup6(engine->fib, instance, destination);

	if (hop->kind == FIB_GATEWAY) {
		assert(hop->gateway < engine->fib->gateway6_count);
		way->next_hop = engine->fib->gateways6[hop->gateway];
	}
	return way_of_hop(engine, hop, way);
}

/* The first address of the unit that others than its link can reach. */
static bool
first_global(const struct engine *engine, uint16_t unit, struct ipv6_address *address)
{
	const struct snapshot_address6 *addresses = NULL;
	const uint16_t count = addresses_of(engine, unit, &addresses);

	for (uint16_t i = 0; i < count; i++) {
		if (!ipv6_is_link_local(addresses[i].address)) {
			*address = addresses[i].address;
			return true;
		}
	}
	return false;
}

struct ipv6_address
unit_speaking_address6(const struct engine *engine, uint16_t unit, struct ipv6_address peer)
{
	struct ipv6_address address = {0, 0};

	if (unit >= engine->config.units || unit >= engine->snapshot->unit_count) {
		return address;
	}
	if (ipv6_is_link_local(peer)) {
		return engine->snapshot->units[unit].link_local;
	}
	if (first_global(engine, unit, &address)) {
		return address;
	}
	/* A unit with its link-local address alone: any address of its instance. */
	for (uint16_t i = 0; i < engine->snapshot->unit_count && i < engine->config.units; i++) {
		if ((engine->units[i].flags & UNIT_PRESENT) != 0 &&
		    engine->units[i].instance == engine->units[unit].instance &&
		    first_global(engine, i, &address)) {
			return address;
		}
	}
	return address;
}
