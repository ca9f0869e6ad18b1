/*
 * An explanation, step by step: the packet's way at once, then policy by policy, then what came of it.
 *
 * The policies are gone through in the order of the search, by the classifier's own walk. Policies of which no address
 * is known have no rule there; the list of all policies of the contexts tells where they would stand.
 */
#include "explain/explain.h"

#include <stdlib.h>
#include <string.h>

#include "engine/classifier.h"
#include "explain/policy_element.h"
#include "explain_private.h"

enum phase {
	PHASE_WAY,
	PHASE_POLICIES,
	PHASE_OUTCOME,
	PHASE_DONE,
};

struct explanation {
	struct explain_question question;
	struct explain_question inside; /* as the route, and by rule-sets the policies, see it: behind the destination's translation */
	enum phase phase;
	bool zones_only;
	bool local;  /* to an address of ours */
	bool search; /* the policies are asked */
	uint16_t unit; /* of arrival; SNAPSHOT_NONE with zones_only */
	uint16_t instance; /* that the destination is reached in */
	const struct explain_question *seen; /* what policies see: one of the two */
	uint16_t from_zone;
	uint16_t to_zone;
	struct trial trial;
	struct classifier_walk walk;
	struct classifier_step step; /* the next rule of the walk, while `ahead` */
	bool ahead;
	uint32_t matches;
	uint32_t policy; /* the first match, or PACKET_NO_POLICY */
	uint32_t application;
	uint32_t at;
	uint32_t order_count;
	uint32_t order[]; /* all policies of the contexts in the order of the search */
};

static const char *const criteria[] = {
    [CLASSIFIER_MATCH] = "address-unknown", /* a policy without rule */
    [CLASSIFIER_MISS_FROM_ZONE] = "from-zone",
    [CLASSIFIER_MISS_TO_ZONE] = "to-zone",
    [CLASSIFIER_MISS_SOURCE] = "source-address",
    [CLASSIFIER_MISS_DESTINATION] = "destination-address",
    [CLASSIFIER_MISS_APPLICATION] = "application",
    [CLASSIFIER_MISS_SCHEDULER] = "scheduler-name",
};

static const char *const verdict_names[VERDICT_COUNT] = {
    [VERDICT_NONE] = "none",
    [VERDICT_FORWARD] = "forward",
    [VERDICT_DROP] = "drop",
    [VERDICT_REJECT] = "reject",
    [VERDICT_HOST] = "host",
    [VERDICT_PROXY] = "proxy",
    [VERDICT_CONSUME] = "consume",
};

const char *
explain_verdict_name(uint8_t verdict)
{
	return verdict < VERDICT_COUNT ? verdict_names[verdict] : "none";
}

/* --- the question's places --------------------------------------------------------------------------------------- */

/* A zone that was named has to be there, and to be the one that the packet's way has. */
static bool
zone_fits(const struct explain_sources *sources, const char *named, uint16_t zone, const char *end, struct text *error)
{
	if (named[0] == '\0') {
		return true;
	}
	if (snapshot_find_zone(sources->snapshot, named) == SNAPSHOT_NONE) {
		text_printf(error, "security zone '%s' is not configured", named);
		return false;
	}
	if (zone != SNAPSHOT_NONE && snapshot_find_zone(sources->snapshot, named) != zone) {
		text_printf(error, "the packet %s zone %s, not %s", end, explain_zone_name(sources, zone), named);
		return false;
	}
	return true;
}

static bool
find_way(struct explanation *explanation, const struct explain_sources *sources, struct text *error)
{
	const struct explain_question *question = &explanation->question;
	const struct snapshot *snapshot = sources->snapshot;
	uint16_t out;

	explanation->unit = question->interface[0] != '\0' ? snapshot_find_unit(snapshot, question->interface) :
	                                                     path_find_ingress(sources, question);
	if (explanation->unit == SNAPSHOT_NONE) {
		if (question->interface[0] != '\0') {
			text_printf(error, "interface '%s' is not configured", question->interface);
		} else {
			text_append(error, "no route leads to the source address: name the interface of arrival");
		}
		return false;
	}
	const struct snapshot_unit *unit = &snapshot->units[explanation->unit];

	if (!trial_run(sources, question, explanation->unit, &explanation->trial)) {
		text_append(error, "out of memory");
		return false;
	}
	explanation->instance = unit->instance;
	if (explanation->trial.has_destination) {
		explanation->inside.destination = ipv6_mapped(explanation->trial.destination.address);
		explanation->inside.destination_port = explanation->trial.destination.port;
		explanation->instance = explanation->trial.destination.instance;
	}
	out = path_find_egress(sources, &explanation->inside, explanation->instance, &explanation->local);
	explanation->from_zone = unit->zone;
	explanation->to_zone = out == SNAPSHOT_NONE ? SNAPSHOT_NONE : snapshot->units[out].zone;
	if (explanation->trial.has_destination && !snapshot->nat.by_rules) {
		explanation->to_zone = SNAPSHOT_ZONE_GLOBAL; /* where policies say who may send to public addresses */
		explanation->seen = question;
	}
	explanation->search = explanation->trial.run ? explanation->trial.result.policy != PACKET_NO_POLICY :
	    !explanation->local && unit->zone != SNAPSHOT_NONE && explanation->to_zone != SNAPSHOT_NONE;
	return zone_fits(sources, question->from_zone, unit->zone, "arrives from", error) &&
	    zone_fits(sources, question->to_zone, explanation->to_zone, "goes to", error);
}

static bool
find_zones(struct explanation *explanation, const struct explain_sources *sources, struct text *error)
{
	const struct explain_question *question = &explanation->question;

	explanation->unit = SNAPSHOT_NONE;
	explanation->search = true;
	explanation->from_zone = snapshot_find_zone(sources->snapshot, question->from_zone);
	explanation->to_zone = snapshot_find_zone(sources->snapshot, question->to_zone);
	return zone_fits(sources, question->from_zone, SNAPSHOT_NONE, "", error) &&
	    zone_fits(sources, question->to_zone, SNAPSHOT_NONE, "", error);
}

/* --- the order of the search ------------------------------------------------------------------------------------- */

/* Which of the contexts that are searched for the zones a policy stands in, from 0; UINT32_MAX: in none. */
static uint32_t
layer_of(const struct snapshot_policy *policy, const struct explanation *key)
{
	const bool from_any = policy->from_zone == SNAPSHOT_NONE;
	const bool to_any = policy->to_zone == SNAPSHOT_NONE;

	if (policy->from_zone == SNAPSHOT_ZONE_GLOBAL) {
		return 4;
	}
	if ((!from_any && policy->from_zone != key->from_zone) || (!to_any && policy->to_zone != key->to_zone)) {
		return UINT32_MAX;
	}
	return (from_any ? 2U : 0U) + (to_any ? 1U : 0U);
}

struct ordering {
	const struct snapshot *snapshot;
	const struct explanation *key;
};

static int
compare_policies(const void *left, const void *right, void *context)
{
	const struct ordering *ordering = context;
	const struct snapshot_policy *l = &ordering->snapshot->policies[*(const uint32_t *)left];
	const struct snapshot_policy *r = &ordering->snapshot->policies[*(const uint32_t *)right];
	const uint32_t layer = layer_of(l, ordering->key);
	const uint32_t other = layer_of(r, ordering->key);

	if (layer != other) {
		return layer < other ? -1 : 1;
	}
	return (l->position > r->position) - (l->position < r->position);
}

static void
sort_policies(struct explanation *explanation, const struct snapshot *snapshot)
{
	struct ordering ordering = {.snapshot = snapshot, .key = explanation};

	for (uint32_t i = 0; i < snapshot->policy_count; i++) {
		if (snapshot->policies[i].present && layer_of(&snapshot->policies[i], explanation) != UINT32_MAX) {
			explanation->order[explanation->order_count++] = i;
		}
	}
	qsort_r(explanation->order, explanation->order_count, sizeof(explanation->order[0]), compare_policies, &ordering);
}

struct explanation *
explain_create(const struct explain_sources *sources, const struct explain_question *question, struct text *error)
{
	struct explanation *explanation =
	    calloc(1, sizeof(*explanation) + sources->snapshot->policy_count * sizeof(explanation->order[0]));
	bool good;

	if (explanation == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	explanation->question = *question;
	explanation->inside = *question;
	explanation->seen = &explanation->inside;
	explanation->policy = PACKET_NO_POLICY;
	explanation->application = CLASSIFIER_NO_APPLICATION;
	explanation->zones_only =
	    question->interface[0] == '\0' && question->from_zone[0] != '\0' && question->to_zone[0] != '\0';
	good = explanation->zones_only ? find_zones(explanation, sources, error) : find_way(explanation, sources, error);
	if (!good) {
		free(explanation);
		return NULL;
	}
	if (explanation->search) {
		sort_policies(explanation, sources->snapshot);
	}
	return explanation;
}

/* --- the policies ------------------------------------------------------------------------------------------------ */

static const char *
side_name(const struct explain_sources *sources, uint16_t zone)
{
	return zone == SNAPSHOT_NONE ? "any" : explain_zone_name(sources, zone);
}

/* The policy's context in the configuration, or NULL. */
static const struct conf_node *
find_context(const struct explain_sources *sources, const struct snapshot_policy *policy)
{
	const struct conf_node *policies = conf_walk(conf_tree_top(sources->tree), "security", "policies", NULL);

	if (policy->from_zone == SNAPSHOT_ZONE_GLOBAL) {
		return conf_child(policies, "global");
	}
	return conf_entry(policies, "from-zone", side_name(sources, policy->from_zone), side_name(sources, policy->to_zone));
}

static void
add_names(const struct explain_sources *sources, uint32_t identity, struct op_tree *tree, struct op_node *element)
{
	const struct snapshot_policy *policy = &sources->snapshot->policies[identity];

	(void)op_add(tree, element, "source-zone-name", side_name(sources, policy->from_zone));
	(void)op_add(tree, element, "destination-zone-name", side_name(sources, policy->to_zone));
}

/* What stands there in place of what would have matched. */
static void
add_configured(const struct conf_node *policy, const char *criterion, struct op_tree *tree, struct op_node *element)
{
	const struct conf_node *holder =
	    strcmp(criterion, "scheduler-name") == 0 ? policy : conf_child(policy, "match");

	for (const struct conf_node *value = conf_first(holder, criterion); value != NULL; value = conf_next(value)) {
		(void)op_add(tree, element, "configured", value->value);
	}
}

static void
add_passed(const struct explain_sources *sources, uint32_t identity, enum classifier_miss miss, struct op_tree *tree)
{
	const struct snapshot_policy *row = &sources->snapshot->policies[identity];
	const struct conf_node *policy = conf_entry(find_context(sources, row), "policy", row->name, NULL);
	struct op_node *element = op_add(tree, tree->root, "passed-over", NULL);

	add_names(sources, identity, tree, element);
	(void)op_add(tree, element, "policy-name", row->name);
	(void)op_add_number(tree, element, "policy-identifier", (uint64_t)identity + EXPLAIN_POLICY_INDEX_FIRST);
	(void)op_add(tree, element, "criterion", criteria[miss]);
	if (policy != NULL && miss != CLASSIFIER_MATCH) {
		add_configured(policy, criteria[miss], tree, element);
	}
}

static void
add_match(const struct explain_sources *sources, uint32_t identity, bool first, struct op_tree *tree)
{
	const struct snapshot_policy *row = &sources->snapshot->policies[identity];
	struct explain_policy what = {
	    .tree = sources->tree,
	    .snapshot = sources->snapshot,
	    .context = find_context(sources, row),
	    .identity = identity,
	    .position = row->position,
	    .wall = sources->wall,
	    .detail = true,
	};
	struct op_node *element = op_add(tree, tree->root, "policy-information", NULL);

	what.policy = conf_entry(what.context, "policy", row->name, NULL);
	add_names(sources, identity, tree, element);
	if (!first) {
		(void)op_add(tree, element, "not-reached", NULL);
	}
	if (what.policy != NULL) {
		explain_add_policy(&what, tree, element);
	} else {
		(void)op_add(tree, element, "policy-name", row->name);
	}
}

static bool
walk_on(struct explanation *explanation, const struct explain_sources *sources)
{
	const struct explain_question *question = explanation->seen;
	const struct classifier_key key = {
	    .source = (uint32_t)question->source.low,
	    .destination = (uint32_t)question->destination.low,
	    .from_zone = explanation->from_zone,
	    .to_zone = explanation->to_zone,
	    .source_port = question->source_port,
	    .destination_port = question->destination_port,
	    .protocol = question->protocol,
	    .icmp_type = question->icmp_type,
	    .icmp_code = question->icmp_code,
	};
	const struct classifier_key6 key6 = {
	    .source = question->source,
	    .destination = question->destination,
	    .from_zone = explanation->from_zone,
	    .to_zone = explanation->to_zone,
	    .source_port = question->source_port,
	    .destination_port = question->destination_port,
	    .protocol = question->protocol,
	    .icmp_type = question->icmp_type,
	    .icmp_code = question->icmp_code,
	};

	return question->inet6 ?
	    classifier_walk_next6(sources->snapshot, &key6, sources->wall, &explanation->walk, &explanation->step) :
	    classifier_walk_next(sources->snapshot, &key, sources->wall, &explanation->walk, &explanation->step);
}

/* What the classifier makes of the next policy in order. CLASSIFIER_MATCH with `ruled` false: it has no rule. */
static enum classifier_miss
try_next(struct explanation *explanation, const struct explain_sources *sources, uint32_t identity, bool *ruled)
{
	if (!explanation->ahead) {
		explanation->ahead = walk_on(explanation, sources);
	}
	*ruled = explanation->ahead && explanation->step.policy == identity;
	if (!*ruled) {
		return CLASSIFIER_MATCH;
	}
	explanation->ahead = false;
	return explanation->step.miss;
}

static void
step_policies(struct explanation *explanation, const struct explain_sources *sources, size_t size, struct op_tree *tree)
{
	while (explanation->at < explanation->order_count && explanation->matches < explanation->question.results) {
		const uint32_t identity = explanation->order[explanation->at++];
		bool ruled = false;
		const enum classifier_miss miss = try_next(explanation, sources, identity, &ruled);

		if (ruled && miss == CLASSIFIER_MATCH) {
			const bool first = explanation->matches++ == 0;

			add_match(sources, identity, first, tree);
			explanation->policy = first ? identity : explanation->policy;
			explanation->application = first ? explanation->step.application : explanation->application;
		} else if (explanation->matches == 0) {
			add_passed(sources, identity, miss, tree);
		}
		if (tree->size >= size) {
			return;
		}
	}
	explanation->phase = PHASE_OUTCOME;
}

/* --- way and outcome --------------------------------------------------------------------------------------------- */

/* The destination as the rest of the way sees it. */
static void
add_destination(const struct explanation *explanation, struct op_tree *tree)
{
	const struct trial *trial = &explanation->trial;
	struct op_node *element;

	if (!trial->has_destination) {
		return;
	}
	element = op_add(tree, tree->root, "public-destination", NULL);
	explain_add_address(tree, element, "destination-address", ipv6_mapped(trial->destination.address));
	if (trial->destination.port != 0) {
		(void)op_add_number(tree, element, "destination-port", trial->destination.port);
	}
	(void)op_add(tree, element, "by", trial->destination.by_static ? "static mapping" : "destination rule");
}

/* Both sides as they leave. Which port a pool gives is drawn for each session. */
static void
add_translation(const struct explanation *explanation, const struct explain_sources *sources, struct op_tree *tree)
{
	const struct trial *trial = &explanation->trial;
	const struct engine_session_view *session = &trial->session;
	const struct snapshot_nat *nat = &sources->snapshot->nat;
	const bool drawn = trial->has_session && session->nat_pool < nat->pool_count && nat->pools[session->nat_pool].present &&
	    nat->pools[session->nat_pool].kind == NAT_POOL_PORTS;
	const bool ports = session->source_port[0] != 0 && !explain_has_type(&explanation->question);
	struct op_node *element;

	if (!trial->has_session || session->nat == 0) {
		return;
	}
	element = op_add(tree, tree->root, "translation", NULL);
	explain_add_address(tree, element, "source-address", session->destination[1]);
	if (ports && ((session->nat & SESSION_NAT_SOURCE) == 0 || !drawn)) {
		(void)op_add_number(tree, element, "source-port", session->destination_port[1]);
	}
	explain_add_address(tree, element, "destination-address", session->source[1]);
	if (ports) {
		(void)op_add_number(tree, element, "destination-port", session->source_port[1]);
	}
	if (session->nat_pool < nat->pool_count && nat->pools[session->nat_pool].present) {
		(void)op_add(tree, element, "pool-name", nat->pools[session->nat_pool].name);
	}
	for (uint8_t i = 0; i < trial->rule_count; i++) {
		const struct snapshot_nat_rule *rule = &nat->rules[trial->rules[i]];

		(void)op_addf(tree, element, "rule-name", "%s of %s", rule->name, rule->set);
	}
}

static void
add_way(const struct explanation *explanation, const struct explain_sources *sources, struct op_tree *tree)
{
	const struct explain_question *question = &explanation->question;

	path_add_flow(question, tree);
	if (explanation->zones_only) {
		return;
	}

	path_add_arrival(sources, question, explanation->unit, tree);
	add_destination(explanation, tree);
	path_add_routes(sources, &explanation->inside, explanation->instance, tree);
	if (explanation->local) {
		bool local = false;
		const uint16_t owner = path_find_egress(sources, question, explanation->instance, &local);

		path_add_inbound(sources, explanation->unit, &explanation->trial, tree);
		if (owner != explanation->unit && explanation->search) {
			path_add_inbound(sources, owner, &explanation->trial, tree);
		}
	}
}

static void
add_session(const struct explanation *explanation, const struct explain_sources *sources, struct op_tree *tree)
{
	const struct snapshot *snapshot = sources->snapshot;
	const struct trial *trial = &explanation->trial;
	const bool known = explanation->application < snapshot->application_count;
	const uint8_t flags = explanation->policy == PACKET_NO_POLICY ? 0 : snapshot->policies[explanation->policy].flags;
	uint32_t timeout = known ? snapshot->applications[explanation->application].timeout : 0;
	struct op_node *element;

	if (trial->run && !trial->has_session) {
		return;
	}
	if (!trial->run && (explanation->policy == PACKET_NO_POLICY ||
	                       snapshot->policies[explanation->policy].action != POLICY_PERMIT)) {
		return;
	}
	element = op_add(tree, tree->root, "session", NULL);
	(void)op_add(tree, element, "application", known ? snapshot->applications[explanation->application].name : "none");
	if (trial->has_session) {
		/* Half open it has another one, which says nothing of the flow. */
		timeout = trial->session.state == SESSION_TCP_OPENING ? timeout : trial->session.timeout;
	}
	/* 05515: what the application leaves open is the protocol's. */
	(void)op_add_number(tree, element, "inactivity-timeout",
	    timeout != 0 ? timeout : engine_idle_timeout(explanation->seen->protocol));
	if ((flags & POLICY_LOG_INIT) != 0) {
		(void)op_add(tree, element, "log-session-init", NULL);
	}
	if ((flags & POLICY_LOG_CLOSE) != 0) {
		(void)op_add(tree, element, "log-session-close", NULL);
	}
	if ((flags & POLICY_COUNT_TRAFFIC) != 0) {
		(void)op_add(tree, element, "count", NULL);
	}
}

static const char *
action_word(const struct snapshot *snapshot, uint32_t policy)
{
	if (policy == PACKET_NO_POLICY) {
		return snapshot->flow.default_permit ? "permit" : "deny";
	}
	switch ((enum policy_action)snapshot->policies[policy].action) {
	case POLICY_PERMIT:
		return "permit";
	case POLICY_REJECT:
		return "reject";
	case POLICY_DENY:
		return "deny";
	case POLICY_NOT_SUPPORTED:
		break;
	}
	return "not-supported";
}

static void
add_outcome(const struct explanation *explanation, const struct explain_sources *sources, struct op_tree *tree)
{
	const struct trial *trial = &explanation->trial;
	struct op_node *element;

	add_session(explanation, sources, tree);
	add_translation(explanation, sources, tree);
	element = op_add(tree, tree->root, "outcome", NULL);
	if (explanation->search) {
		(void)op_add(tree, element, "policy-name",
		    explanation->policy == PACKET_NO_POLICY ? "default-policy" :
		                                              sources->snapshot->policies[explanation->policy].name);
		(void)op_add(tree, element, "action", action_word(sources->snapshot, explanation->policy));
	}
	if (trial->run) {
		(void)op_add(tree, element, "verdict", explain_verdict_name(trial->result.verdict));
		(void)op_add(tree, element, "reason", reason_name((enum reason)trial->result.reason));
		(void)op_add(tree, element, "help", reason_help((enum reason)trial->result.reason));
		if (trial->result.verdict == VERDICT_FORWARD) {
			(void)op_add(tree, element, "interface", explain_unit_name(sources, trial->result.out_unit));
		}
	}
}

enum explain_progress
explain_step(struct explanation *explanation, const struct explain_sources *sources, size_t size, struct op_tree *tree,
    struct text *error)
{
	switch (explanation->phase) {
	case PHASE_WAY:
		add_way(explanation, sources, tree);
		explanation->phase = explanation->search ? PHASE_POLICIES : PHASE_OUTCOME;
		return EXPLAIN_MORE;
	case PHASE_POLICIES:
		step_policies(explanation, sources, size, tree);
		return EXPLAIN_MORE;
	case PHASE_OUTCOME:
		add_outcome(explanation, sources, tree);
		explanation->phase = PHASE_DONE;
		break;
	case PHASE_DONE:
		break;
	}
	if (tree->failed) {
		text_append(error, "out of memory");
		return EXPLAIN_FAILED;
	}
	return EXPLAIN_END;
}
