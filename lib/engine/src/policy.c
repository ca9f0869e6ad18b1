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

/* What was found out for the whole burst, if it was asked for this item and for the same zones; else NULL. */
static const struct classifier_match *
foreseen_match(const struct engine *engine, const struct item *item, const struct nat_public *public,
    const uint16_t zones[2])
{
	if (engine->foreseen_items == 0 || item < engine->items || item >= engine->items + ENGINE_BURST ||
	    (public != NULL && public->found)) {
		return NULL;
	}
	const uint32_t place = (uint32_t)(item - engine->items);

	return (engine->foreseen_items >> place & 1) != 0 && zones[0] == item->zone &&
		       zones[1] == engine->foreseen[place].to_zone
		   ? &engine->foreseen[place].match
		   : NULL;
}

static struct classifier_match
match_item(
    const struct engine *engine, const struct item *item, const struct nat_public *public, const uint16_t zones[2])
{
	struct flow_fields fields = flow_fields_of(item->key);
	const int64_t wall = engine_wall(engine) / 1000000;

	if ((item->flags & ITEM_IPV6) != 0) {
		struct classifier_key6 key =
		    key6_of(&fields, &item->key_addresses, zones[0], zones[1]);

		key.icmp_type = item->icmp_type;
		key.icmp_code = item->icmp_code;
		return classifier_lookup6(engine->snapshot, &key, wall);
	}
	/* By rule-sets policies see who the packet is really for. */
	if (public != NULL && public->found && engine->snapshot->nat.by_rules) {
		fields.destination = public->destination;
		fields.destination_port =
		    public->port != 0 ? public->port : fields.destination_port;
	}
	struct classifier_key key = key_of(&fields, zones[0], zones[1]);
	const struct classifier_match *match = foreseen_match(engine, item, public, zones);

	key.icmp_type = item->icmp_type;
	key.icmp_code = item->icmp_code;
	if (match != NULL) {
		assert(classifier_lookup(engine->snapshot, &key, wall).policy == match->policy);
		return *match;
	}
	return classifier_lookup(engine->snapshot, &key, wall);
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

/* May the item begin a session whose policy is looked up by its own addresses? */
static bool
likely_first(const struct item *item)
{
	return item->guess == SESSION_NONE &&
	       (item->flags & (ITEM_IPV6 | ITEM_FRAGMENT | ITEM_RELATED | ITEM_FROM_HOST)) == 0 &&
	       (item->protocol != IPV4_PROTOCOL_TCP || tcp_is_start(item->segment.header.flags));
}

/* By the route, where its destination is not translated: the zone, or SNAPSHOT_NONE. */
static uint16_t
likely_zone(const struct engine *engine, const struct item *item)
{
	const struct fib_hop *hop = fib_lookup(engine->fib, item->instance, item->destination);
	const struct unit *unit = unit_of(engine, hop->unit);

	return (hop->kind == FIB_GATEWAY || hop->kind == FIB_DIRECT) && unit != NULL ? unit->zone : SNAPSHOT_NONE;
}

void
policy_foresee(struct engine *engine, uint32_t found)
{
	struct classifier_key keys[ENGINE_BURST];
	struct classifier_match matches[ENGINE_BURST];
	uint32_t places[ENGINE_BURST];
	uint32_t count = 0;

	_Static_assert((unsigned)ENGINE_BURST <= CLASSIFIER_BURST, "one call for a whole burst");
	for (uint32_t i = 0; i < found; i++) {
		const struct item *item = &engine->items[i];

		if (!likely_first(item)) {
			continue;
		}
		const uint16_t zone = likely_zone(engine, item);

		if (zone != SNAPSHOT_NONE) {
			const struct flow_fields fields = flow_fields_of(item->key);

			keys[count] = key_of(&fields, item->zone, zone);
			keys[count].icmp_type = item->icmp_type;
			keys[count].icmp_code = item->icmp_code;
			places[count++] = i;
		}
	}
	/* Alone a packet waits for the same loads here or there. */
	if (count < 2) {
		return;
	}
	classifier_lookup_burst(engine->snapshot, keys, count, engine_wall(engine) / 1000000, matches);
	for (uint32_t i = 0; i < count; i++) {
		engine->foreseen[places[i]] = (struct foreseen_policy){.match = matches[i], .to_zone = keys[i].to_zone};
		engine->foreseen_items |= 1U << places[i];
		if (matches[i].policy < engine->config.policies) {
			const struct engine_policy_counters *counters = &engine->policies[matches[i].policy];

			__builtin_prefetch(&counters->hits, 1);
			__builtin_prefetch(&counters->last_hit, 1);
		}
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
