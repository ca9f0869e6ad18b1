/*
 * What the policies say of a packet without session, and of a session after a change.
 */
#include "engine_private.h"

#include "engine/classifier.h"
#include "wire/icmp.h"

static struct classifier_key
key_of(const struct flow_fields *fields, uint16_t from_zone, uint16_t to_zone)
{
	const bool ports = fields->protocol != IPV4_PROTOCOL_ICMP;

	return (struct classifier_key){
	    .source = fields->source,
	    .destination = fields->destination,
	    .from_zone = from_zone,
	    .to_zone = to_zone,
	    .source_port = ports ? fields->source_port : 0,
	    .destination_port = ports ? fields->destination_port : 0,
	    .protocol = fields->protocol,
	};
}

static struct classifier_key6
key6_of(const struct flow_fields *fields, const struct flow_addresses *addresses,
    uint16_t from_zone, uint16_t to_zone)
{
	const bool ports = fields->protocol != IPV6_NEXT_ICMP;

	return (struct classifier_key6){
	    .source = addresses->source,
	    .destination = addresses->destination,
	    .from_zone = from_zone,
	    .to_zone = to_zone,
	    .source_port = ports ? fields->source_port : 0,
	    .destination_port = ports ? fields->destination_port : 0,
	    .protocol = fields->protocol,
	};
}

/* What was found out for the whole burst, if it was asked for the same zones; else NULL. */
static const struct classifier_match *
foreseen_match(const struct engine *engine, const struct item *item, const struct nat_public *public,
    const uint16_t zones[2])
{
	const struct foreseen *foreseen = foreseen_of(engine, item);

	return foreseen != NULL && (public == NULL || !public->found) && zones[0] == item->zone &&
		       zones[1] == foreseen->to_zone
		   ? &foreseen->match
		   : NULL;
}

static struct classifier_match
match_item(
    const struct engine *engine, const struct item *item, const struct nat_public *public, const uint16_t zones[2])
{
	struct flow_fields fields = flow_fields_of(item->key);
	const int64_t wall = engine_wall(engine) / 1000000;
	const struct classifier_match *match = foreseen_match(engine, item, public, zones);

	if ((item->flags & ITEM_IPV6) != 0) {
		struct classifier_key6 key =
		    key6_of(&fields, &item->key_addresses, zones[0], zones[1]);

		key.icmp_type = item->icmp_type;
		key.icmp_code = item->icmp_code;
		assert(match == NULL || classifier_lookup6(engine->snapshot, &key, wall).policy == match->policy);
		return match != NULL ? *match : classifier_lookup6(engine->snapshot, &key, wall);
	}
	/* By rule-sets policies see who the packet is really for. */
	if (public != NULL && public->found && engine->snapshot->nat.by_rules) {
		fields.destination = public->destination;
		fields.destination_port =
		    public->port != 0 ? public->port : fields.destination_port;
	}
	struct classifier_key key = key_of(&fields, zones[0], zones[1]);

	key.icmp_type = item->icmp_type;
	key.icmp_code = item->icmp_code;
	assert(match == NULL || classifier_lookup(engine->snapshot, &key, wall).policy == match->policy);
	return match != NULL ? *match : classifier_lookup(engine->snapshot, &key, wall);
}

static struct classifier_match
match_session(const struct engine *engine, const struct session *session, const uint16_t zones[2])
{
	struct flow_fields fields = flow_fields_of(session->forth.key);
	const struct session_rare *rare =
	    &engine->table.rare[session_index(&engine->table, session)];
	const int64_t wall = engine_wall(engine) / 1000000;

	if (flow_key_is_ipv6(session->forth.key)) {
		const struct flow_addresses addresses =
		    session_addresses_of(&engine->table, session, SESSION_FORTH);
		struct classifier_key6 key =
		    key6_of(&fields, &addresses, zones[0], zones[1]);

		key.icmp_type = rare->icmp_type;
		key.icmp_code = rare->icmp_code;
		return classifier_lookup6(engine->snapshot, &key, wall);
	}
	if (engine->snapshot->nat.by_rules && (session->common.flags & SESSION_NAT) != 0) {
		const struct flow_fields back = flow_fields_of(session->back.key);

		fields.destination = back.source;
		fields.destination_port = back.source_port;
	}
	struct classifier_key key = key_of(&fields, zones[0], zones[1]);

	key.icmp_type = rare->icmp_type;
	key.icmp_code = rare->icmp_code;
	return classifier_lookup(engine->snapshot, &key, wall);
}

/* May the item begin a session whose policy is looked up by its own addresses? During a flood of SYNs that cookies answer, whose
 * zone no policy is asked for, none is. */
static bool
likely_first(const struct engine *engine, const struct item *item)
{
	return item->guess == SESSION_NONE && (item->flags & (ITEM_FRAGMENT | ITEM_RELATED | ITEM_FROM_HOST)) == 0 &&
	       (item->protocol != IPV4_PROTOCOL_TCP ||
		   (tcp_is_start(item->segment.header.flags) && !syn_flood_runs(engine, item)));
}

/* By the route, where its destination is not translated. False: it is not in transit, or there is none. */
static bool
foresee_way(const struct engine *engine, const struct item *item, struct foreseen *foreseen)
{
	const enum reason reason =
	    (item->flags & ITEM_IPV6) != 0
		? route_find6(engine, item->instance, item->unit, item->addresses.destination, &foreseen->way)
		: route_find(engine, item->instance, item->destination, &foreseen->way);

	if (reason != REASON_NONE || foreseen->way.local) {
		return false;
	}
	foreseen->to_zone = engine->units[foreseen->way.unit].zone;
	return foreseen->to_zone != SNAPSHOT_NONE;
}

/* The items of a burst that are looked up together: those of a family. */
struct foreseen_burst {
	struct classifier_match matches[ENGINE_BURST];
	uint32_t places[ENGINE_BURST];
	uint32_t count;
};

static void
keep_foreseen(struct engine *engine, const struct foreseen_burst *burst)
{
	for (uint32_t i = 0; i < burst->count; i++) {
		const uint32_t policy = burst->matches[i].policy;

		engine->foreseen[burst->places[i]].match = burst->matches[i];
		engine->foreseen_items |= 1U << burst->places[i];
		if (policy < engine->config.policies) {
			const struct engine_policy_counters *counters = &engine->policies[policy];

			__builtin_prefetch(&counters->hits, 1);
			__builtin_prefetch(&counters->last_hit, 1);
		}
	}
}

static void
foresee_inet(struct engine *engine, struct foreseen_burst *burst)
{
	struct classifier_key keys[ENGINE_BURST];

	for (uint32_t i = 0; i < burst->count; i++) {
		const struct item *item = &engine->items[burst->places[i]];
		const struct flow_fields fields = flow_fields_of(item->key);

		keys[i] = key_of(&fields, item->zone, engine->foreseen[burst->places[i]].to_zone);
		keys[i].icmp_type = item->icmp_type;
		keys[i].icmp_code = item->icmp_code;
	}
	classifier_lookup_burst(
	    engine->snapshot, keys, burst->count, engine_wall(engine) / 1000000, burst->matches);
	keep_foreseen(engine, burst);
}

static void
foresee_inet6(struct engine *engine, struct foreseen_burst *burst)
{
	struct classifier_key6 keys[ENGINE_BURST];

	for (uint32_t i = 0; i < burst->count; i++) {
		const struct item *item = &engine->items[burst->places[i]];
		const struct flow_fields fields = flow_fields_of(item->key);

		keys[i] = key6_of(
		    &fields, &item->key_addresses, item->zone, engine->foreseen[burst->places[i]].to_zone);
		keys[i].icmp_type = item->icmp_type;
		keys[i].icmp_code = item->icmp_code;
	}
	classifier_lookup_burst6(
	    engine->snapshot, keys, burst->count, engine_wall(engine) / 1000000, burst->matches);
	keep_foreseen(engine, burst);
}

void
policy_foresee(struct engine *engine, uint32_t found)
{
	struct foreseen_burst inet;
	struct foreseen_burst inet6;

	_Static_assert((unsigned)ENGINE_BURST <= CLASSIFIER_BURST, "one call for a whole burst");
	inet.count = 0;
	inet6.count = 0;
	for (uint32_t i = 0; i < found; i++) {
		const struct item *item = &engine->items[i];

		if (likely_first(engine, item) && foresee_way(engine, item, &engine->foreseen[i])) {
			struct foreseen_burst *burst = (item->flags & ITEM_IPV6) != 0 ? &inet6 : &inet;

			burst->places[burst->count++] = i;
		}
	}
	/* Alone a packet waits for the same loads here or there. */
	if (inet.count > 1) {
		foresee_inet(engine, &inet);
	}
	if (inet6.count > 1) {
		foresee_inet6(engine, &inet6);
	}
}

/* Refused: notice to the sender as the action says (REQ-POL-008 to 011), and a record. */
static void
refuse(struct engine *engine, struct item *item, const struct admission *admission, bool logged)
{
	event_deny(engine, item, admission, logged);
	if (admission->reason == REASON_POLICY_REJECT && item->protocol == IPV4_PROTOCOL_TCP) {
		reply_reset(engine, item, admission->reason);
	} else if (admission->reason == REASON_POLICY_REJECT &&
		   item->protocol == IPV4_PROTOCOL_UDP) {
		reply_unreachable(engine, item, ICMP_UNREACHABLE_PORT, 0, admission->reason);
	} else {
		finish_drop(engine, item->packet, admission->reason);
	}
}

static enum reason
reason_of_action(uint8_t action)
{
	switch ((enum policy_action)action) {
	case POLICY_DENY:
		return REASON_POLICY_DENY;
	case POLICY_REJECT:
		return REASON_POLICY_REJECT;
	case POLICY_PERMIT:
		return REASON_SESSION;
	case POLICY_NOT_SUPPORTED:
		return REASON_NOT_SUPPORTED;
	}
	return REASON_NOT_SUPPORTED;
}

static void
count_hit(struct engine *engine, uint32_t policy, int64_t wall)
{
	if (policy < engine->config.policies) {
		struct engine_policy_counters *counters = &engine->policies[policy];

		counters->first_hit = counters->hits == 0 ? wall : counters->first_hit;
		counters->last_hit = wall;
		counters->hits++;
	}
}

void
policy_uncount(struct engine *engine, uint32_t policy)
{
	if (policy < engine->config.policies) {
		assert(engine->policies[policy].hits > 0);
		engine->policies[policy].hits--;
	}
}

bool
policy_permits(struct engine *engine, struct item *item, struct admission *admission)
{
	const struct snapshot *snapshot = engine->snapshot;
	const int64_t wall = engine_wall(engine) / 1000000;
	const struct classifier_match match =
	    match_item(engine, item, admission->public, (const uint16_t[2]){item->zone, admission->judged_zone});

	admission->application = match.application;
	if (match.policy == PACKET_NO_POLICY) {
		admission->policy = PACKET_DEFAULT_POLICY;
		item->packet->result.policy = PACKET_DEFAULT_POLICY;
		admission->reason =
		    snapshot->flow.default_permit ? REASON_SESSION : REASON_DEFAULT_DENY;
		if (!snapshot->flow.default_permit) {
			refuse(engine, item, admission, false);
		}
		return snapshot->flow.default_permit;
	}
	const struct snapshot_policy *policy = &snapshot->policies[match.policy];

	admission->policy = match.policy;
	item->packet->result.policy = match.policy;
	admission->reason = reason_of_action(policy->action);
	/* A SYN that we answer is counted with its session, if there comes to be one. */
	if ((item->flags & ITEM_PROXIED) == 0 || admission->reason != REASON_SESSION) {
		count_hit(engine, match.policy, wall);
	}
	if (admission->reason != REASON_SESSION) {
		refuse(engine, item, admission, (policy->flags & POLICY_LOG_INIT) != 0);
		return false;
	}
	admission->flags |=
	    (uint16_t)(((policy->flags & POLICY_LOG_INIT) != 0 ? SESSION_LOG_INIT : 0) |
		       ((policy->flags & POLICY_LOG_CLOSE) != 0 ? SESSION_LOG_CLOSE : 0) |
		       ((policy->flags & POLICY_COUNT_TRAFFIC) != 0 ? SESSION_COUNT : 0));
	return true;
}

/* What the policies between two other zones say too. False: refused, and finished. */
static bool
also_permits(struct engine *engine, struct item *item, struct admission *admission, const struct nat_public *public,
    const uint16_t zones[2])
{
	const struct snapshot *snapshot = engine->snapshot;
	const int64_t wall = engine_wall(engine) / 1000000;
	const struct classifier_match match = match_item(engine, item, public, zones);
	const bool found = match.policy != PACKET_NO_POLICY;
	const struct snapshot_policy *policy = found ? &snapshot->policies[match.policy] : NULL;

	if (found ? policy->action == POLICY_PERMIT : snapshot->flow.default_permit) {
		return true;
	}
	if (found) {
		count_hit(engine, match.policy, wall);
	}
	admission->policy = found ? match.policy : PACKET_DEFAULT_POLICY;
	admission->reason = found ? reason_of_action(policy->action) : REASON_DEFAULT_DENY;
	item->packet->result.policy = admission->policy;
	refuse(engine, item, admission, found && (policy->flags & POLICY_LOG_INIT) != 0);
	return false;
}

bool
policy_publishes(struct engine *engine, struct item *item, struct admission *admission, uint16_t from_zone)
{
	return also_permits(engine, item, admission, NULL, (const uint16_t[2]){from_zone, SNAPSHOT_ZONE_GLOBAL});
}

bool
policy_reaches(struct engine *engine, struct item *item, struct admission *admission)
{
	const struct nat_public public = {
	    .found = true, .destination = admission->nat->destination, .port = admission->nat->destination_port};

	return also_permits(engine, item, admission, &public, (const uint16_t[2]){item->zone, admission->to_zone});
}

/* Would they permit a session between two zones now? Sets the policy that says so. */
static bool
permits_session(
    const struct engine *engine, const struct session *session, const uint16_t zones[2], uint32_t *policy)
{
	const struct snapshot *snapshot = engine->snapshot;
	const struct classifier_match match = match_session(engine, session, zones);

	if (match.policy == PACKET_NO_POLICY) {
		*policy = PACKET_DEFAULT_POLICY;
		return snapshot->flow.default_permit;
	}
	*policy = match.policy;
	return snapshot->policies[match.policy].action == POLICY_PERMIT;
}

bool
policy_still_permits(const struct engine *engine, const struct session *session, uint32_t *policy)
{
	const struct session_common *common = &session->common;
	const uint16_t judged = nat_judged_zone(engine, session);
	uint32_t published;

	if (!permits_session(engine, session, (const uint16_t[2]){common->zone[SESSION_FORTH], judged}, policy)) {
		return false;
	}
	/* A hairpin: see nat_destination(). By rule-sets it was judged by its host's zone. */
	return (common->flags & SESSION_NAT_STATIC_DESTINATION) == 0 || judged == SNAPSHOT_ZONE_GLOBAL ||
	       engine->snapshot->nat.by_rules ||
	       permits_session(
		   engine, session, (const uint16_t[2]){judged, SNAPSHOT_ZONE_GLOBAL}, &published);
}
