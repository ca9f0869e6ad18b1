/*
 * What a first packet is translated to. See engine/nat.h for the order.
 */
#include "engine_private.h"

enum {
	PORT_TRIES = 4, /* when what comes back would be another session's */
};

bool
nat_policy_destination(
    const struct snapshot *snapshot, uint32_t policy, const struct snapshot_nat_destination **destination)
{
	if (policy >= snapshot->policy_count || !snapshot->policies[policy].present ||
	    snapshot->policies[policy].destination_nat >= snapshot->nat.destination_count) {
		return false;
	}
	*destination = &snapshot->nat.destinations[snapshot->policies[policy].destination_nat];
	return true;
}

bool
nat_destination_of(
    const struct snapshot_nat_destination *destination, uint32_t base, uint32_t public, uint32_t *private)
{
	const uint32_t place = destination->range ? public - base : 0;

	if (destination->range && (public < base || place > destination->high - destination->low)) {
		return false;
	}
	*private = destination->low + place;
	return true;
}

/* Refused for want of a translation: told, as often as may be. */
static void
refuse(struct engine *engine, struct item *item, struct admission *admission, enum reason reason)
{
	const bool exhausted = reason == REASON_NAT_NO_PORTS || reason == REASON_NAT_NO_ADDRESSES;
	const bool say = reply_token(engine, &engine->nat_limit, REASON_NAT_LOG_RATE);

	admission->reason = reason;
	event_deny(engine, item, admission, say && !exhausted);
	if (say && exhausted && event_spare(engine)) {
		event_nat_exhausted(engine, item, admission,
		    reason == REASON_NAT_NO_PORTS ? EVENT_NAT_NO_PORTS : EVENT_NAT_NO_ADDRESSES);
	}
	finish_drop(engine, item->packet, reason);
}

/* The way to a translated destination. False: the packet is finished. */
static bool
second_way(struct engine *engine, struct item *item, struct admission *admission, uint16_t instance)
{
	const uint16_t zone = admission->to_zone;
	struct way way;
	const enum reason reason = route_find(engine, instance, admission->nat->destination, &way);

	if (way.local && reason == REASON_NONE) {
		refuse(engine, item, admission, REASON_NAT_TO_SELF);
		return false;
	}
	if (reason != REASON_NONE && reason != REASON_NO_TUNNEL) {
		refuse_route(engine, item, reason);
		return false;
	}
	const struct unit *out = &engine->units[way.unit];

	/* REQ-NAT-026 */
	if ((admission->nat->flags & SESSION_NAT_POLICY_DESTINATION) != 0 && out->zone != zone) {
		refuse(engine, item, admission, REASON_NAT_ZONE);
		return false;
	}
	if (out->zone == SNAPSHOT_NONE || unit_broadcast(engine, way.unit, admission->nat->destination)) {
		finish_drop(engine, item->packet,
		    out->zone == SNAPSHOT_NONE ? REASON_NULL_ZONE_EGRESS : REASON_DESTINATION_BROADCAST);
		return false;
	}
	admission->way = way;
	admission->to_zone = out->zone;
	item->packet->result.to_zone = out->zone;
	return true;
}

/* The policy's destination (REQ-NAT-024 to 035). False: finished. */
static bool
policy_destination(struct engine *engine, struct item *item, struct admission *admission,
    const struct snapshot_nat_destination *destination)
{
	const struct flow_fields fields = flow_fields_of(item->key);
	const uint32_t base = engine->snapshot->policies[admission->policy].destination_base;
	struct translation *nat = admission->nat;

	if (destination->off) {
		return true;
	}
	if (!nat_destination_of(destination, base, item->destination, &nat->destination)) {
		refuse(engine, item, admission, REASON_NAT_DESTINATION_RANGE);
		return false;
	}
	if (destination->port != 0 && nat_has_ports(fields.protocol)) {
		nat->destination_port = destination->port;
	}
	nat->flags |= SESSION_NAT_POLICY_DESTINATION;
	return second_way(engine, item, admission, item->instance);
}

bool
nat_refuses6(struct engine *engine, struct item *item, struct admission *admission)
{
	const struct snapshot_nat_destination *destination = NULL;

	if (!nat_policy_destination(engine->snapshot, admission->policy, &destination) || destination->off) {
		return false;
	}
	refuse(engine, item, admission, REASON_NAT_DESTINATION_RANGE);
	return true;
}

void
nat_begin(const struct item *item, const struct admission *admission)
{
	const struct flow_fields fields = flow_fields_of(item->key);

	*admission->nat = (struct translation){
	    .source = fields.source,
	    .destination = fields.destination,
	    .source_port = fields.source_port,
	    .destination_port = fields.destination_port,
	    .pool = SNAPSHOT_NAT_NONE,
	    .rule = SNAPSHOT_NAT_NONE,
	    .unit = admission->way.unit,
	    .protocol = fields.protocol,
	};
}

bool
nat_destination(struct engine *engine, struct item *item, struct admission *admission)
{
	const struct nat_public *public = admission->public;
	const struct snapshot_nat_static *mapping;
	const struct snapshot_nat *snapshot = &engine->snapshot->nat;
	const struct snapshot_nat_destination *destination = NULL;
	struct translation *nat = admission->nat;
	const struct flow_fields fields = flow_fields_of(item->key);

	nat_begin(item, admission);
	if (public->found) {
		nat->destination = public->destination;
		nat->destination_port = public->port != 0 ? public->port : nat->destination_port;
		if (public->persistent != 0 && nat_persistent_full(engine, public)) {
			refuse(engine, item, admission, REASON_NAT_MAPPING_SESSIONS);
			return false;
		}
		nat->flags |= public->mapping != NULL ? SESSION_NAT_STATIC_DESTINATION :
		    public->persistent != 0	      ? SESSION_NAT_PERSISTENT :
							SESSION_NAT_RULE_DESTINATION;
		return true;
	}
	if (nat_policy_destination(engine->snapshot, admission->policy, &destination)) {
		return policy_destination(engine, item, admission, destination);
	}
	/* Hairpin: it would leave by the interface where the mapping is. */
	mapping = snapshot->static_count == 0
		      ? NULL
		      : nat_static_public(snapshot, admission->way.unit, &fields);
	if (mapping == NULL) {
		return true;
	}
	/* It was judged as leaving. It comes back as if from outside, and what is published there is for the policies to say. */
	if (!policy_publishes(engine, item, admission, admission->to_zone)) {
		return false;
	}
	nat->destination = mapping->host + (item->destination - mapping->public);
	nat->destination_port = nat_static_port(mapping, fields.destination_port);
	nat->flags |= SESSION_NAT_STATIC_DESTINATION;
	/* By rule-sets the policies to its host's zone count too, else a public address would be a way round them. */
	return second_way(engine, item, admission, mapping->instance) &&
	    (!snapshot->by_rules || policy_reaches(engine, item, admission));
}

/* The pool of an action that may be used on a unit, or SNAPSHOT_NAT_NONE. */
uint16_t
nat_pool_on(const struct snapshot *snapshot, const struct snapshot_nat_source *source, uint16_t unit)
{
	if (source->kind == NAT_SOURCE_INTERFACE) {
		return unit < snapshot->unit_count ? snapshot->units[unit].nat_pool : SNAPSHOT_NAT_NONE;
	}
	for (uint16_t i = 0; i < source->pool_count; i++) {
		const uint16_t number = source->pools[i];

		if (number < snapshot->nat.pool_count &&
		    (snapshot->nat.pools[number].unit == unit ||
			snapshot->nat.pools[number].unit == SNAPSHOT_NONE)) {
			return number;
		}
	}
	return SNAPSHOT_NAT_NONE;
}

const struct snapshot_nat_source *
nat_policy_source(const struct snapshot *snapshot, uint32_t policy)
{
	if (policy >= snapshot->policy_count || !snapshot->policies[policy].present ||
	    snapshot->policies[policy].source_nat >= snapshot->nat.source_count) {
		return NULL;
	}
	return &snapshot->nat.sources[snapshot->policies[policy].source_nat];
}

/* What rules or a policy say of the source. */
static enum reason
pool_of_source(const struct engine *engine, const struct snapshot_nat_source *source, uint16_t unit, uint16_t *pool)
{
	if (source->kind == NAT_SOURCE_OFF) {
		return REASON_NONE;
	}
	*pool = nat_pool_on(engine->snapshot, source, unit);
	return *pool == SNAPSHOT_NAT_NONE ? REASON_NAT_NO_EGRESS_POOL : REASON_NONE;
}

/* The pool that the source gets its address from; SNAPSHOT_NAT_NONE: from none. */
static enum reason
choose_pool(const struct engine *engine, const struct item *item, struct admission *admission, uint16_t *pool)
{
	const struct snapshot *snapshot = engine->snapshot;
	const struct snapshot_nat_source *source = nat_policy_source(snapshot, admission->policy);
	struct translation *nat = admission->nat;

	*pool = SNAPSHOT_NAT_NONE;
	if (source != NULL) {
		return pool_of_source(engine, source, nat->unit, pool);
	}
	const struct nat_host host = {
	    .address = item->source,
	    .remote = nat->destination,
	    .port = nat->source_port,
	    .remote_port = nat->destination_port,
	    .unit = nat->unit,
	    .instance = item->instance,
	    .protocol = item->protocol,
	};
	uint16_t port = 0;
	const struct snapshot_nat_static *mapping =
	    snapshot->nat.static_host_count == 0 ? NULL : nat_static_host(&snapshot->nat, &host, &port);

	if (mapping != NULL) {
		nat->source = mapping->public + (item->source - mapping->host);
		nat->source_port = port;
		nat->flags |= SESSION_NAT_STATIC_SOURCE;
		nat->rule = snapshot->nat.by_rules ? mapping->rule : SNAPSHOT_NAT_NONE;
		return REASON_NONE;
	}
	source = snapshot->nat.by_rules ? nat_rules_source(engine, item, admission) : NULL;
	if (source != NULL) {
		const enum reason reason = pool_of_source(engine, source, nat->unit, pool);

		nat->persistent = nat_persistent_fits(engine, item, source, *pool) ? source : NULL;
		return reason;
	}
	if (nat->destination != item->destination && admission->way.unit == item->unit &&
		   item->unit < snapshot->unit_count) {
		/* Hairpin to where it came from: replies would go past us. */
		*pool = snapshot->units[item->unit].nat_pool;
		nat->unit = item->unit;
	}
	return REASON_NONE;
}

/* The session's keys: that of the answer is the reverse of what leaves. As admit_prepare(). */
static void
set_keys(const struct engine *engine, const struct item *item, struct admission *admission)
{
	const struct translation *nat = admission->nat;
	const uint8_t kind = (uint8_t)(item->key.high >> 56);
	const struct flow_fields back = {
	    .source = nat->destination,
	    .destination = nat->source,
	    .source_port = nat->destination_port,
	    .destination_port = nat->source_port,
	    .instance = engine->units[admission->way.unit].instance,
	    .protocol = item->protocol,
	    .kind = kind == 0 ? 0 : icmp_kind_reverse(kind),
	};
	const struct flow_key key = flow_key_of(&back);
	struct flow_pair *pair = &admission->pair;

	/* As foreseen. */
	if (flow_key_equal(pair->keys[SESSION_BACK], key)) {
		return;
	}
	pair->keys[SESSION_FORTH] = item->key;
	pair->hashes[SESSION_FORTH] = item->hash;
	pair->keys[SESSION_BACK] = key;
	pair->hashes[SESSION_BACK] = session_table_hash4(&engine->table, pair->keys[SESSION_BACK]);
	session_table_prefetch_add(&engine->table, pair);
}

void
nat_foresee(struct engine *engine, const struct item *item, struct admission *admission)
{
	const struct nat_public *public = admission->public;
	const uint16_t pool = engine->nat.guesses[admission->way.unit % NAT_GUESSES];
	struct translation *nat = admission->nat;

	nat_begin(item, admission);
	if (public->found) {
		nat->destination = public->destination;
		nat->destination_port = public->port != 0 ? public->port : nat->destination_port;
	}
	if (pool == SNAPSHOT_NAT_NONE || nat_pool_foresee(engine, item, pool, nat)) {
		set_keys(engine, item, admission);
	} else {
		session_table_prefetch_free(&engine->table);
	}
}

bool
nat_source(struct engine *engine, struct item *item, struct admission *admission)
{
	struct translation *nat = admission->nat;
	uint16_t pool = SNAPSHOT_NAT_NONE;
	enum reason reason = choose_pool(engine, item, admission, &pool);

	nat->instance = engine->units[nat->unit].instance;
	nat->may_wake = sharing_may_wake(engine, item);
	if (reason == REASON_NONE && pool != SNAPSHOT_NAT_NONE) {
		reason = nat->persistent != NULL ? nat_persistent_take(engine, item, admission, pool)
						 : nat_pool_take(engine, item, pool, nat);
		if (reason == REASON_NONE) {
			nat_pool_count(engine, nat->pool);
		}
	}
	if (reason == REASON_HANDED_OFF || (reason == REASON_NAT_NO_PORTS && nat->persistent == NULL && !sharing_last_try(engine, item))) {
		policy_uncount(engine, admission->policy);
		if (reason == REASON_HANDED_OFF) {
			sharing_hand(engine, item, 0, true);
		} else {
			sharing_try_next(engine, item);
		}
		return false;
	}
	if (engine->snapshot->nat.by_rules) {
		nat_rules_count(engine, admission, reason == REASON_NONE);
	}
	if (reason != REASON_NONE) {
		refuse(engine, item, admission, reason);
		return false;
	}
	const struct flow_fields fields = flow_fields_of(item->key);

	if (nat->source != fields.source || nat->destination != fields.destination ||
	    nat->source_port != fields.source_port || nat->destination_port != fields.destination_port) {
		nat->flags |= SESSION_NAT;
	}
	set_keys(engine, item, admission);
	engine->nat.guesses[admission->way.unit % NAT_GUESSES] = nat->pool;
	admission->flags |= nat->flags;
	return true;
}

bool
nat_again(struct engine *engine, struct item *item, struct admission *admission)
{
	struct translation *nat = admission->nat;
	const uint16_t pool = nat->pool;

	if ((admission->flags & SESSION_NAT) == 0 || pool == SNAPSHOT_NAT_NONE || nat->mapping != 0 || nat->tries >= PORT_TRIES ||
	    engine->snapshot->nat.pools[pool].kind != NAT_POOL_PORTS) {
		return false;
	}
	nat->tries++;
	nat_pool_give_up(engine, item, nat);
	admission->flags &= (uint16_t)~(SESSION_NAT_PORT | SESSION_NAT_BINDING | SESSION_NAT_PROTOCOL);
	if (nat_pool_take(engine, item, pool, nat) != REASON_NONE) {
		nat->pool = SNAPSHOT_NAT_NONE;
		return false;
	}
	nat_pool_count(engine, nat->pool);
	admission->flags |= nat->flags;
	set_keys(engine, item, admission);
	return true;
}
