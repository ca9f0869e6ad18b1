/*
 * Rule-sets of address translation: which rule a first packet meets, before the route for its destination and behind the
 * policies for its source, and whether a session's still says the same. See engine/nat.h.
 */
#include "engine_private.h"

#include "engine/classifier.h"

static const struct snapshot_nat_rule *
find_rule(const struct snapshot_nat *nat, const struct classifier *classifier, const struct classifier_key *key,
    uint16_t *identity)
{
	const struct classifier_match match = classifier_find(classifier, key);

	*identity = SNAPSHOT_NAT_NONE;
	if (match.policy == PACKET_NO_POLICY) {
		return NULL;
	}
	assert(match.policy < nat->rule_count && nat->rules[match.policy].present);
	*identity = (uint16_t)match.policy;
	return &nat->rules[match.policy];
}

/* The key of a flow; type and code of ICMP are no matter of these rules. */
static struct classifier_key
key_of(const struct flow_fields *fields, uint16_t from, uint16_t to)
{
	const bool ports = fields->protocol != IPV4_PROTOCOL_ICMP;

	return (struct classifier_key){
	    .source = fields->source,
	    .destination = fields->destination,
	    .from_zone = from,
	    .to_zone = to,
	    .source_port = ports ? fields->source_port : 0,
	    .destination_port = ports ? fields->destination_port : 0,
	    .protocol = fields->protocol,
	};
}

/* What destination rules make of a flow that comes in on a unit. */
static void
public_by_rule(const struct engine *engine, const struct flow_fields *fields, uint16_t unit, struct nat_public *public)
{
	const struct snapshot_nat *nat = &engine->snapshot->nat;
	const struct snapshot_unit *row =
	    unit < engine->snapshot->unit_count ? &engine->snapshot->units[unit] : NULL;

	if (nat->destination_classifier == NULL || row == NULL || row->nat_public == SNAPSHOT_NAT_NONE) {
		return;
	}
	const struct classifier_key key = key_of(fields, row->nat_public, 0);
	const struct snapshot_nat_rule *rule = find_rule(nat, nat->destination_classifier, &key, &public->rule);
	const struct snapshot_nat_destination *destination =
	    rule == NULL || rule->action >= nat->destination_count ? NULL : &nat->destinations[rule->action];

	if (destination == NULL || destination->off ||
	    !nat_destination_of(destination, rule->base, fields->destination, &public->destination)) {
		return;
	}
	public->found = true;
	public->instance = destination->instance == SNAPSHOT_NONE ? fields->instance : destination->instance;
	if (nat_has_ports(fields->protocol)) {
		public->port = destination->port;
	}
}

void
nat_public_find(const struct engine *engine, const struct item *item, struct nat_public *public)
{
	const struct snapshot_nat *nat = &engine->snapshot->nat;
	const struct flow_fields fields = flow_fields_of(item->key);

	public->mapping = nat->static_count == 0 ? NULL : nat_static_public(nat, item->unit, &fields);
	if (public->mapping == NULL) {
		public_by_rule(engine, &fields, item->unit, public);
		if (public->rule == SNAPSHOT_NAT_NONE && engine->nat.mappings.count != 0) {
			nat_persistent_find(engine, &fields, public);
		}
		return;
	}
	public->found = true;
	public->destination = public->mapping->host + (item->destination - public->mapping->public);
	if (public->mapping->condition != NULL && public->mapping->condition->mapped_port != 0) {
		public->port = nat_static_port(public->mapping, fields.destination_port);
	}
	public->instance = public->mapping->instance;
	public->rule = nat->by_rules ? public->mapping->rule : SNAPSHOT_NAT_NONE;
}

/* The source rule of a flow that comes in on one unit and leaves by another; NULL: none. */
static const struct snapshot_nat_rule *
source_rule(const struct engine *engine, const struct flow_fields *fields, const uint16_t units[2], uint16_t *identity)
{
	const struct snapshot *snapshot = engine->snapshot;
	const struct snapshot_nat *nat = &snapshot->nat;

	if (nat->source_classifier == NULL || units[0] >= snapshot->unit_count || units[1] >= snapshot->unit_count) {
		return NULL;
	}
	const uint16_t from = snapshot->units[units[0]].nat_from;
	const uint16_t to = snapshot->units[units[1]].nat_to;

	if (from == SNAPSHOT_NAT_NONE || to == SNAPSHOT_NAT_NONE) {
		return NULL;
	}
	const struct classifier_key key = key_of(fields, from, to);

	return find_rule(nat, nat->source_classifier, &key, identity);
}

const struct snapshot_nat_source *
nat_rules_source(const struct engine *engine, const struct item *item, struct admission *admission)
{
	const struct snapshot_nat *nat = &engine->snapshot->nat;
	const uint16_t units[2] = {item->unit, admission->way.unit};
	struct flow_fields fields = flow_fields_of(item->key);

	/* As on the SRX, behind the translation of the destination. */
	fields.destination = admission->nat->destination;
	fields.destination_port = admission->nat->destination_port;
	const struct snapshot_nat_rule *rule = source_rule(engine, &fields, units, &admission->nat->rule);

	return rule == NULL || rule->action >= nat->source_count ? NULL : &nat->sources[rule->action];
}

uint16_t
nat_rules_again(const struct engine *engine, uint32_t host, const struct nat_meeting *meeting)
{
	const uint16_t units[2] = {meeting->in_unit, meeting->out_unit};
	const struct flow_fields fields = {
	    .source = host,
	    .destination = meeting->destination,
	    .source_port = meeting->source_port,
	    .destination_port = meeting->destination_port,
	    .protocol = meeting->protocol,
	};
	uint16_t identity = SNAPSHOT_NAT_NONE;

	return source_rule(engine, &fields, units, &identity) == NULL ? SNAPSHOT_NAT_NONE : identity;
}

void
nat_rules_count(struct engine *engine, const struct admission *admission, bool translated)
{
	const uint16_t rules[] = {
	    admission->nat->rule,
	    admission->public == NULL ? SNAPSHOT_NAT_NONE : admission->public->rule,
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i] < engine->nat.rule_count) {
			struct engine_nat_rule_counters *counters = &engine->nat.rules[rules[i]];

			counters->hits += translated ? 1 : 0;
			counters->failures += translated ? 0 : 1;
		}
	}
}

/* One session more or less of a rule; identity + 1. */
static void
change(struct engine *engine, uint16_t rule, int32_t sessions)
{
	if (rule > 0 && rule <= engine->nat.rule_count) {
		engine->nat.rules[rule - 1].sessions += (uint32_t)sessions;
	}
}

void
nat_rules_start(struct engine *engine, const struct session *session, const struct admission *admission)
{
	const uint16_t source = admission->nat->rule;
	const uint16_t destination = admission->public == NULL ? SNAPSHOT_NAT_NONE : admission->public->rule;
	struct nat_session_rules *row = &engine->nat.session_rules[session_index(&engine->table, session)];

	*row = (struct nat_session_rules){
	    .source = source == SNAPSHOT_NAT_NONE ? 0 : source + 1,
	    .destination = destination == SNAPSHOT_NAT_NONE ? 0 : destination + 1,
	};
	engine->nat.rule_sessions += row->source != 0 || row->destination != 0 ? 1 : 0;
	change(engine, row->source, 1);
	change(engine, row->destination, 1);
}

void
nat_rules_end(struct engine *engine, const struct session *session)
{
	struct nat_session_rules *row = &engine->nat.session_rules[session_index(&engine->table, session)];

	if (row->source == 0 && row->destination == 0) {
		return;
	}
	change(engine, row->source, -1);
	change(engine, row->destination, -1);
	*row = (struct nat_session_rules){0};
	engine->nat.rule_sessions--;
}

/* What the rules would make of the session's destination now. */
static struct nat_public
public_of_session(const struct engine *engine, const struct session *session)
{
	const struct flow_fields forth = flow_fields_of(session->forth.key);
	struct nat_public public = {.rule = SNAPSHOT_NAT_NONE};

	public_by_rule(engine, &forth, session->common.in_unit, &public);
	return public;
}

bool
nat_rules_destination_stands(const struct engine *engine, const struct session *session)
{
	const struct flow_fields forth = flow_fields_of(session->forth.key);
	const struct flow_fields back = flow_fields_of(session->back.key);
	const struct nat_public public = public_of_session(engine, session);

	/* The reply to a query has the translated identifier in both places: only ports are compared. */
	return public.found && public.destination == back.source &&
	       (forth.protocol == IPV4_PROTOCOL_ICMP ||
		   back.source_port == (public.port != 0 ? public.port : forth.destination_port));
}

uint16_t
nat_rules_instance(const struct engine *engine, const struct session *session)
{
	const struct nat_public public = public_of_session(engine, session);

	return public.found ? public.instance : flow_fields_of(session->forth.key).instance;
}

struct engine_nat_rule_counters
engine_nat_rule_counters(const struct engine *engine, uint16_t rule)
{
	return rule < engine->nat.rule_count ? engine->nat.rules[rule] : (struct engine_nat_rule_counters){0};
}

void
engine_clear_nat_rule(struct engine *engine, uint16_t rule)
{
	if (rule < engine->nat.rule_count) {
		engine->nat.rules[rule] =
		    (struct engine_nat_rule_counters){.sessions = engine->nat.rules[rule].sessions};
	}
}
