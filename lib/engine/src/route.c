/*
 * Which way: the forwarding table's answer turned into a unit and a neighbour, and the ways of
 * sessions after a change.
 *
 * A session goes on after a change when both ends are still in its zones: forth towards the
 * destination by the instance where the first packet came in, back towards the client by that same
 * instance.
 */
#include "engine_private.h"

enum reason
route_find(const struct engine *engine, uint16_t instance, uint32_t destination, struct way *way)
{
	const struct fib_hop *hop = fib_lookup(engine->fib, instance, destination);

	way->next_hop =
	    ipv6_mapped(hop->kind == FIB_GATEWAY ? hop->gateway : destination);
	return way_of_hop(engine, hop, way);
}

bool
unit_owns(const struct engine *engine, uint16_t unit, uint32_t address)
{
	if (unit >= engine->snapshot->unit_count) {
		return false;
	}
	const struct snapshot_unit *configured = &engine->snapshot->units[unit];

	for (uint16_t i = 0; i < configured->address_count; i++) {
		if (configured->addresses[i].address == address) {
			return true;
		}
	}
	return false;
}

uint32_t
address_broadcast(uint32_t address, uint8_t length)
{
	return length < 31 ? address | UINT32_MAX >> length : 0;
}

bool
unit_broadcast_any(const struct engine *engine, uint16_t unit, uint32_t address)
{
	if (unit >= engine->snapshot->unit_count) {
		return false;
	}
	const struct snapshot_unit *configured = &engine->snapshot->units[unit];

	for (uint16_t i = 0; i < configured->address_count; i++) {
		const uint8_t length = configured->addresses[i].length;

		if (broadcast_of_subnet(address, address_broadcast(configured->addresses[i].address, length), length)) {
			return true;
		}
	}
	return false;
}

bool
instance_broadcast(const struct engine *engine, uint16_t instance, uint32_t address)
{
	struct way way;

	return route_find(engine, instance, address, &way) == REASON_NONE && !way.local &&
	       unit_broadcast(engine, way.unit, address);
}

uint32_t
unit_speaking_address(const struct engine *engine, uint16_t unit)
{
	if (unit >= engine->config.units) {
		return 0;
	}
	if (engine->units[unit].address != 0) {
		return engine->units[unit].address;
	}
	/* An unnumbered unit: any address of its instance. */
	for (uint32_t i = 0; i < engine->config.units; i++) {
		const struct unit *other = &engine->units[i];

		if ((other->flags & UNIT_PRESENT) != 0 && other->address != 0 &&
		    other->instance == engine->units[unit].instance) {
			return other->address;
		}
	}
	return 0;
}

/* The key of the far flow names the instance where its packets come in: that of the egress unit of
 * the near flow. */
static bool
far_instance_follows(
    struct engine *engine, struct session *session, unsigned direction, uint16_t instance)
{
	const struct flow *far = session_flow(session, !direction);
	struct flow_key key = flow_key_in_instance(far->key, instance);

	if (flow_fields_of(far->key).instance == instance) {
		return true;
	}
	if (flow_key_is_ipv6(key)) {
		key.low = flow_hash6(&engine->table, key.high,
		    session_flow_addresses(&engine->table, session_index(&engine->table, session) << 1 | !direction));
	}
	if (engine_shares(engine)) {
		sharing_key_ends(engine, session, !direction);
	}
	const bool done = session_table_rekey(&engine->table, session, !direction, key);

	if (engine_shares(engine)) {
		sharing_key_begins(engine, session, !direction);
	}
	return done;
}

void
flow_set_neighbour(
    const struct engine *engine, struct flow *flow, uint16_t unit, uint32_t neighbour)
{
	flow->neighbour = neighbour;
	flow->neighbour_serial = engine->neighbours.entries[neighbour].serial;
	flow->out_unit = unit;
	flow->generation = engine->generation;
}

void
flow_set_host(const struct engine *engine, struct flow *flow, uint16_t instance)
{
	flow->out_unit = PACKET_NO_UNIT;
	flow->out_instance = instance;
	flow->generation = engine->generation;
}

static bool
resolve_to_host(
    struct engine *engine, struct session *session, unsigned direction, const struct way *way)
{
	struct flow *flow = session_flow(session, direction);
	/* Replies come from the TUN of the instance that owns the address; our own host as client
	 * stays in its own. */
	const uint16_t instance = direction == SESSION_FORTH
				      ? engine->units[way->unit].instance
				      : flow_fields_of(session->forth.key).instance;

	if (!way->local) {
		return false;
	}
	if (direction == SESSION_FORTH &&
	    !far_instance_follows(engine, session, direction, instance)) {
		return false;
	}
	flow_set_host(engine, flow, instance);
	return true;
}

/* The configuration changed since the way was looked up: is the client still where it was, and may
 * it still? */
static bool
client_remains(const struct engine *engine, struct session *session, enum reason *why)
{
	struct session_common *common = &session->common;
	const struct unit *in = unit_of(engine, common->in_unit);

	if (common->in_unit != PACKET_NO_UNIT &&
	    (in == NULL || in->zone != common->zone[SESSION_FORTH] ||
	        in->instance != flow_fields_of(session->forth.key).instance)) {
		*why = REASON_CLOSE_ZONE;
		return false;
	}
	if (engine->snapshot->flow.policy_rematch && (common->flags & SESSION_HOST) == 0 &&
	    !policy_still_permits(engine, session, &common->policy)) {
		*why = REASON_CLOSE_REMATCH;
		return false;
	}
	return true;
}

/* The way of a flow's destination now. */
static enum reason
flow_route(const struct engine *engine, struct session *session, unsigned direction,
    struct way *way)
{
	const uint16_t instance = direction == SESSION_FORTH ? nat_forth_instance(engine, session)
							     : flow_fields_of(session->forth.key).instance;
	const struct flow_key far = session_flow(session, !direction)->key;

	/* What it is translated to is where the answers come from. */
	if (!flow_key_is_ipv6(far)) {
		return route_find(engine, instance, flow_fields_of(far).source, way);
	}
	return route_find6(engine, instance, PACKET_NO_UNIT,
	    session_addresses_of(&engine->table, session, direction).destination, way);
}

/* Is it translated, or is it because of its place in a pool that it is not? */
static bool
session_translated(const struct engine *engine, const struct session *session)
{
	return (session->common.flags & SESSION_NAT) != 0 ||
	       engine->table.rare[session_index(&engine->table, session)].nat_pool != SNAPSHOT_NAT_NONE;
}

static bool
unit_in_zone(const struct engine *engine, uint16_t number, uint16_t zone)
{
	return number < engine->config.units && (engine->units[number].flags & UNIT_PRESENT) != 0 &&
	       engine->units[number].zone == zone;
}

/* Is there still an interface of the far zone towards its destination? What is only down may come back. */
static bool
server_remains(const struct engine *engine, struct session *session, enum reason *why)
{
	const uint16_t zone = session->common.zone[SESSION_BACK];
	struct way way;

	if (zone != SNAPSHOT_ZONE_SELF && unit_in_zone(engine, session->forth.out_unit, zone)) {
		return true;
	}
	*why = REASON_CLOSE_ROUTE;
	if (flow_route(engine, session, SESSION_FORTH, &way) != REASON_NONE) {
		return false;
	}
	if (zone == SNAPSHOT_ZONE_SELF) {
		return way.local;
	}
	*why = REASON_CLOSE_ZONE;
	return !way.local && unit_in_zone(engine, way.unit, zone);
}

bool
session_stands(const struct engine *engine, struct session *session, enum reason *why)
{
	if (!client_remains(engine, session, why) || !server_remains(engine, session, why)) {
		return false;
	}
	*why = REASON_CLOSE_NAT;
	return !session_translated(engine, session) || nat_stands(engine, session);
}

bool
session_resolve(
    struct engine *engine, struct session *session, unsigned direction, enum reason *why)
{
	struct session_common *common = &session->common;
	struct flow *flow = session_flow(session, direction);
	const uint16_t zone = common->zone[!direction];
	struct way way;

	if (session->forth.generation < engine->snapshot_generation &&
	    !client_remains(engine, session, why)) {
		return false;
	}
	if (session->forth.generation != engine->generation && session_translated(engine, session) &&
	    !nat_stands(engine, session)) {
		*why = REASON_CLOSE_NAT;
		return false;
	}
	*why = REASON_CLOSE_ROUTE;
	if (flow_route(engine, session, direction, &way) != REASON_NONE) {
		return false;
	}
	if (zone == SNAPSHOT_ZONE_SELF) {
		return resolve_to_host(engine, session, direction, &way);
	}
	if (way.local) {
		return false;
	}
	if (engine->units[way.unit].zone != zone) {
		*why = REASON_CLOSE_ZONE;
		return false;
	}
	if (direction == SESSION_FORTH &&
	    !far_instance_follows(engine, session, direction, engine->units[way.unit].instance)) {
		return false;
	}
	const uint32_t neighbour = neighbour_get(engine, way.unit, way.next_hop);

	if (neighbour == NEIGHBOUR_NONE) {
		flow->generation = 0;
		*why = REASON_NEIGHBOUR_TABLE_FULL;
		return false;
	}
	flow_set_neighbour(engine, flow, way.unit, neighbour);
	return true;
}
