/*
 * Translated sessions: their beginning, and whether they go on after a change.
 *
 * A session goes on while what it is translated to still stands: the pool has the address, the port and the interface it leaves
 * by, the mapping is the same, the policy's destination is. What would be translated otherwise if it began now, because a
 * policy says so, ends only under policy-rematch.
 */
#include "nat_rewrite.h"

void
nat_session_start(struct engine *engine, struct session *session, const struct admission *admission)
{
	struct session_rare *rare = &engine->table.rare[session_index(&engine->table, session)];

	rare->nat_pool = admission->nat->pool;
	session->common.nat_instance = admission->nat->instance;
	if (engine->snapshot->nat.by_rules) {
		nat_rules_start(engine, session, admission);
	}
	if (admission->nat->layer > 0 && admission->nat->mapping == 0) {
		engine->nat.pools[admission->nat->pool].layered = true;
		engine->nat.session_layers[session_index(&engine->table, session)] = admission->nat->layer;
	}
	if ((admission->flags & SESSION_NAT_PERSISTENT) != 0) {
		nat_persistent_start(engine, session, admission);
	}
	if ((admission->flags & SESSION_NAT) != 0) {
		session->forth.rewrite = nat_rewrite_between(session->forth.key, session->back.key);
		session->back.rewrite = nat_rewrite_reverse(&session->forth);
	}
}

/* The mapping of a session's destination, as it is now, and the unit that it is on; NULL: there is none. */
static const struct snapshot_nat_static *
destination_mapping(const struct engine *engine, const struct session *session)
{
	const struct snapshot_nat *nat = &engine->snapshot->nat;
	const struct flow_fields forth = flow_fields_of(session->forth.key);
	const struct snapshot_nat_static *mapping =
	    nat_static_public(nat, session->common.in_unit, &forth);
	struct way way;

	if (mapping != NULL || route_find(engine, forth.instance, forth.destination, &way) != REASON_NONE) {
		return mapping;
	}
	return nat_static_public(nat, way.unit, &forth);
}

uint16_t
nat_forth_instance(const struct engine *engine, const struct session *session)
{
	uint16_t instance = flow_fields_of(session->forth.key).instance;

	if ((session->common.flags & SESSION_NAT_PERSISTENT) != 0 && nat_persistent_instance(engine, session, &instance)) {
		return instance;
	}
	if ((session->common.flags & SESSION_NAT_RULE_DESTINATION) != 0) {
		return nat_rules_instance(engine, session);
	}
	if ((session->common.flags & SESSION_NAT_STATIC_DESTINATION) == 0) {
		return instance;
	}
	const struct snapshot_nat_static *mapping = destination_mapping(engine, session);

	return mapping == NULL ? instance : mapping->instance;
}

uint16_t
nat_judged_zone(const struct engine *engine, const struct session *session)
{
	const struct session_common *common = &session->common;

	if ((common->flags & SESSION_NAT_STATIC_DESTINATION) == 0 || engine->snapshot->nat.by_rules) {
		return common->zone[SESSION_BACK];
	}
	const struct snapshot_nat_static *mapping = destination_mapping(engine, session);

	if (mapping == NULL || mapping->unit == common->in_unit) {
		return SNAPSHOT_ZONE_GLOBAL;
	}
	return engine->units[mapping->unit].zone;
}

/* Is the destination still translated as it was? Sets the unit that pools of the source are of. */
static bool
destination_stands(const struct engine *engine, const struct session *session, uint16_t *unit)
{
	const struct session_common *common = &session->common;
	const struct snapshot *snapshot = engine->snapshot;
	const struct flow_fields forth = flow_fields_of(session->forth.key);
	const struct flow_fields back = flow_fields_of(session->back.key);
	const struct snapshot_nat_destination *destination = NULL;
	uint32_t private = 0;

	if ((common->flags & SESSION_NAT_PERSISTENT) != 0 && !nat_persistent_stands(engine, session)) {
		return false;
	}
	if ((common->flags & SESSION_NAT_STATIC_DESTINATION) != 0) {
		const struct snapshot_nat_static *mapping = destination_mapping(engine, session);

		if (mapping == NULL || mapping->host + (forth.destination - mapping->public) != back.source ||
		    (forth.protocol != IPV4_PROTOCOL_ICMP &&
			nat_static_port(mapping, forth.destination_port) != back.source_port)) {
			return false;
		}
		*unit = mapping->unit == common->in_unit ? *unit : mapping->unit;
		return true;
	}
	if ((common->flags & SESSION_NAT_RULE_DESTINATION) != 0) {
		return nat_rules_destination_stands(engine, session);
	}
	if ((common->flags & SESSION_NAT_POLICY_DESTINATION) == 0) {
		return true;
	}
	return nat_policy_destination(snapshot, common->policy, &destination) && !destination->off &&
	       nat_destination_of(destination, snapshot->policies[common->policy].destination_base,
		   forth.destination, &private) &&
	       private == back.source &&
	       back.source_port == (destination->port != 0 && nat_has_ports(common->protocol)
					   ? destination->port
					   : back.source_port);
}

/* Does the pool still give what the session has of it, on that unit? */
static bool
pool_stands(const struct engine *engine, const struct session *session, uint16_t number, uint16_t unit)
{
	const uint16_t flags = session->common.flags;
	const struct snapshot_nat *nat = &engine->snapshot->nat;
	const struct flow_fields back = flow_fields_of(session->back.key);
	const struct flow_fields forth = flow_fields_of(session->forth.key);
	uint32_t place = 0;

	if (number >= nat->pool_count || !nat->pools[number].present) {
		return false;
	}
	const struct snapshot_nat_pool *pool = &nat->pools[number];

	if (pool->unit != SNAPSHOT_NONE && pool->unit != unit) {
		return false;
	}
	const bool inside = nat_pool_place(pool, back.destination, &place);

	switch ((enum nat_pool_kind)pool->kind) {
	case NAT_POOL_STATIC:
		/* Whom no place is for goes untranslated. */
		return inside ? forth.source - pool->host_low == place
			      : forth.source == back.destination && forth.source - pool->host_low >= pool->size;
	case NAT_POOL_ADDRESSES:
		return inside && (flags & (SESSION_NAT_BINDING | SESSION_NAT_PERSISTENT)) != 0 &&
		       (flags & (SESSION_NAT_PORT | SESSION_NAT_PROTOCOL)) == 0;
	case NAT_POOL_PORTS:
		break;
	}
	if (!inside || (flags & (SESSION_NAT_PORT | SESSION_NAT_PROTOCOL | SESSION_NAT_PERSISTENT)) == 0) {
		return false;
	}
	return (flags & SESSION_NAT_PROTOCOL) != 0 ||
	       (back.destination_port >= pool->port_low && back.destination_port <= pool->port_high);
}

/* Under policy-rematch: would the policy still take its source from there? */
static bool
policy_takes(const struct engine *engine, const struct session *session, uint16_t pool, uint16_t unit)
{
	const struct snapshot *snapshot = engine->snapshot;
	const struct snapshot_nat_source *source = nat_policy_source(snapshot, session->common.policy);

	if (snapshot->nat.by_rules) {
		return true;
	}
	if (!snapshot->flow.policy_rematch || source == NULL) {
		return !snapshot->flow.policy_rematch || session->common.in_unit == unit;
	}
	return source->kind != NAT_SOURCE_OFF && nat_pool_on(snapshot, source, unit) == pool;
}

bool
nat_stands(const struct engine *engine, const struct session *session)
{
	const struct session_rare *rare = &engine->table.rare[session_index(&engine->table, session)];
	const struct flow_fields forth = flow_fields_of(session->forth.key);
	const struct flow_fields back = flow_fields_of(session->back.key);
	struct way way;

	if (route_find(engine, nat_forth_instance(engine, session), back.source, &way) != REASON_NONE || way.local) {
		return true; /* it has no way, and ends for that */
	}
	uint16_t unit = way.unit;

	if (!destination_stands(engine, session, &unit)) {
		return false;
	}
	if ((session->common.flags & SESSION_NAT_STATIC_SOURCE) != 0) {
		const struct nat_host host = {
		    .address = forth.source,
		    .remote = back.source,
		    .port = forth.source_port,
		    .remote_port = back.source_port,
		    .unit = unit,
		    .instance = forth.instance,
		    .protocol = forth.protocol,
		};
		uint16_t port = 0;
		const struct snapshot_nat_static *mapping = nat_static_host(&engine->snapshot->nat, &host, &port);

		return mapping != NULL && mapping->public + (forth.source - mapping->host) == back.destination &&
		       (forth.protocol == IPV4_PROTOCOL_ICMP || port == back.destination_port);
	}
	if (rare->nat_pool == SNAPSHOT_NAT_NONE) {
		return true;
	}
	/* A hairpin to its own interface takes that one's pool. */
	if (!pool_stands(engine, session, rare->nat_pool, unit)) {
		unit = way.unit;
		if (!pool_stands(engine, session, rare->nat_pool, unit)) {
			return false;
		}
	}
	return policy_takes(engine, session, rare->nat_pool, unit);
}
