/*
 * Which way: the forwarding table's answer turned into a unit and a neighbour, and the ways of sessions after a change.
 *
 * A session goes on after a change when both ends are still in its zones: forth towards the destination by the instance where
 * the first packet came in, back towards the client by that same instance.
 */
#include "engine_private.h"

enum reason
route_find(const struct engine *engine, uint16_t instance, uint32_t destination, struct way *way)
{
	const struct fib_hop *hop = fib_lookup(engine->fib, instance, destination);

	way->unit = hop->unit;
	way->local = false;
	way->next_hop = destination;
	switch ((enum fib_kind)hop->kind) {
	case FIB_NO_ROUTE:
	case FIB_TABLE:
		return REASON_NO_ROUTE;
	case FIB_DISCARD:
		return REASON_ROUTE_DISCARD;
	case FIB_REJECT:
		return REASON_ROUTE_REJECT;
	case FIB_LOCAL:
		way->local = true;
		break;
	case FIB_GATEWAY:
		way->next_hop = hop->gateway;
		break;
	case FIB_DIRECT:
		break;
	}
	const struct unit *unit = unit_of(engine, hop->unit);

	if (unit == NULL || (unit->flags & UNIT_PRESENT) == 0) {
		return REASON_EGRESS_DOWN;
	}
	if (way->local) {
		return REASON_NONE;
	}
	if ((unit->flags & UNIT_TUNNEL) != 0) {
		return REASON_NO_TUNNEL;
	}
	return (unit->flags & UNIT_USABLE) != 0 ? REASON_NONE : REASON_EGRESS_DOWN;
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

bool
unit_broadcast(const struct engine *engine, uint16_t unit, uint32_t address)
{
	if (unit >= engine->snapshot->unit_count) {
		return false;
	}
	const struct snapshot_unit *configured = &engine->snapshot->units[unit];

	for (uint16_t i = 0; i < configured->address_count; i++) {
		const uint8_t length = configured->addresses[i].length;

		/* A /31 and a /32 have no broadcast address (RFC 3021). */
		if (length < 31) {
			const uint32_t host = UINT32_MAX >> length;

			if (address == (configured->addresses[i].address | host)) {
				return true;
			}
		}
	}
	return false;
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

/* The key of the far flow names the instance where its packets come in: that of the egress unit of the near flow. */
static bool
far_instance_follows(struct engine *engine, struct session *session, unsigned direction, uint16_t instance)
{
	struct flow *far = session_flow(session, !direction);
	struct flow_fields fields = flow_fields_of(far->key);

	if (fields.instance == instance) {
		return true;
	}
	fields.instance = instance;
	return session_table_rekey(&engine->table, session, !direction, flow_key_of(&fields));
}

static bool
resolve_to_host(struct engine *engine, struct session *session, unsigned direction, const struct way *way,
    enum reason *why)
{
	struct flow *flow = session_flow(session, direction);

	if (!way->local) {
		*why = REASON_CLOSE_ROUTE;
		return false;
	}
	/* Replies come from the TUN of the instance that owns the address; our own host as client stays in its own. */
	flow->out_instance = direction == SESSION_FORTH ? engine->units[way->unit].instance
	                                                : flow_fields_of(session->forth.key).instance;
	if (direction == SESSION_FORTH && !far_instance_follows(engine, session, direction, flow->out_instance)) {
		*why = REASON_CLOSE_ROUTE;
		return false;
	}
	flow->out_unit = PACKET_NO_UNIT;
	flow->generation = engine->generation;
	return true;
}

bool
session_resolve(struct engine *engine, struct session *session, unsigned direction, enum reason *why)
{
	struct session_common *common = &session->common;
	struct flow *flow = session_flow(session, direction);
	const struct flow_fields fields = flow_fields_of(flow->key);
	const uint16_t instance = (uint16_t)(session->forth.key.high >> 32);
	const uint16_t zone = common->zone[!direction];
	struct way way;

	/* The configuration changed: is the client still where it was, and may it still? */
	if (session->forth.generation < engine->snapshot_generation && session->forth.generation != 0) {
		const struct unit *in = unit_of(engine, common->in_unit);

		if (common->in_unit != PACKET_NO_UNIT &&
		    (in == NULL || in->zone != common->zone[SESSION_FORTH] || in->instance != instance)) {
			*why = REASON_CLOSE_ZONE;
			return false;
		}
		if (engine->snapshot->flow.policy_rematch && (common->flags & SESSION_HOST) == 0 &&
		    !policy_still_permits(engine, session, &common->policy)) {
			*why = REASON_CLOSE_REMATCH;
			return false;
		}
	}
	const enum reason reason = route_find(engine, instance, fields.destination, &way);

	if (reason != REASON_NONE) {
		*why = REASON_CLOSE_ROUTE;
		return false;
	}
	if (zone == SNAPSHOT_ZONE_SELF) {
		return resolve_to_host(engine, session, direction, &way, why);
	}
	if (way.local || engine->units[way.unit].zone != zone) {
		*why = way.local ? REASON_CLOSE_ROUTE : REASON_CLOSE_ZONE;
		return false;
	}
	if (direction == SESSION_FORTH &&
	    !far_instance_follows(engine, session, direction, engine->units[way.unit].instance)) {
		*why = REASON_CLOSE_ROUTE;
		return false;
	}
	flow->neighbour = neighbour_get(engine, way.unit, way.next_hop);
	if (flow->neighbour == NEIGHBOUR_NONE) {
		flow->neighbour = 0;
		flow->generation = 0;
		*why = REASON_NEIGHBOUR_TABLE_FULL;
		return false;
	}
	flow->neighbour_serial = engine->neighbours.entries[flow->neighbour].serial;
	flow->out_unit = way.unit;
	flow->generation = engine->generation;
	return true;
}
