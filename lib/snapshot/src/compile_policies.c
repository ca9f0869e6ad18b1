/*
 * Policies: rows by identity, rules by context for the classifier.
 *
 * Identity is the configured path, so a policy keeps its number over commits and a renamed one gets another. What a
 * policy permits with something that is not there yet matches and drops (fails closed).
 */
#include <assert.h>
#include <string.h>

#include "compile.h"

enum {
	KILOBYTE = 1024,
};

struct context {
	const struct conf_node *node; /* from-zone ... to-zone ..., or global */
	const struct conf_node *from; /* NULL: any */
	const struct conf_node *to;
	uint16_t from_zone;
	uint16_t to_zone;
};

static bool
is_any(const char *zone)
{
	return strcmp(zone, "any") == 0;
}

static bool
is_global(const struct conf_node *context)
{
	return strcmp(context->schema->name, "global") == 0;
}

/* The contexts one after the other: those of zones, then the global one. NULL at the end. */
static const struct conf_node *
first_context(const struct conf_node *policies)
{
	const struct conf_node *first = conf_first(policies, "from-zone");

	return first != NULL ? first : conf_child(policies, "global");
}

static const struct conf_node *
next_context(const struct conf_node *context)
{
	if (is_global(context)) {
		return NULL;
	}
	const struct conf_node *next = conf_next(context);

	return next != NULL ? next : conf_child(context->parent, "global");
}

/* Zones of a context; false when one is not there: conf_check() has said so. */
static bool
find_context(const struct compilation *compilation, const struct conf_node *node, struct context *context)
{
	*context = (struct context){.node = node, .from_zone = SNAPSHOT_NONE, .to_zone = SNAPSHOT_NONE};
	if (is_global(node)) {
		context->from_zone = SNAPSHOT_ZONE_GLOBAL;
		context->to_zone = SNAPSHOT_ZONE_GLOBAL;
		return true;
	}
	if (!is_any(node->value)) {
		context->from = find_zone(compilation->top, node->value);
		if (context->from == NULL) {
			return false;
		}
		context->from_zone =
		    (uint16_t)registry_find(compilation->registry, REGISTRY_ZONE, context->from->value);
	}
	if (strcmp(node->value2, "junos-global") == 0) {
		context->to_zone = SNAPSHOT_ZONE_GLOBAL;
		return true;
	}
	if (!is_any(node->value2)) {
		context->to = find_zone(compilation->top, node->value2);
		if (context->to == NULL) {
			return false;
		}
		context->to_zone =
		    (uint16_t)registry_find(compilation->registry, REGISTRY_ZONE, context->to->value);
	}
	return true;
}

static char *
policy_path(struct compilation *compilation, const struct context *context, const struct conf_node *policy)
{
	const bool global = is_global(context->node);
	const char *const words[] = {
	    global                  ? "junos-global" :
	    context->from == NULL ? context->node->value :
	                            context->from->value,
	    global                ? "junos-global" :
	    context->to == NULL ? context->node->value2 :
	                          context->to->value,
	    policy->value,
	};

	return arena_join(&compilation->scratch, words, 3);
}

/* Identities of all policies, in their order: the array is made before it is filled. */
static bool
register_policies(struct compilation *compilation)
{
	const struct conf_node *policies = conf_walk(compilation->top, "security", "policies", NULL);
	struct context context;

	for (const struct conf_node *node = first_context(policies); node != NULL; node = next_context(node)) {
		if (!find_context(compilation, node, &context)) {
			continue;
		}
		for (const struct conf_node *policy = conf_first(node, "policy"); policy; policy = conf_next(policy)) {
			const struct compile_path path = {
			    REGISTRY_POLICY, policy_path(compilation, &context, policy), policy->value};
			if (path.path == NULL || compile_register(compilation, policy, &path) == REGISTRY_NONE) {
				return false;
			}
		}
	}
	const uint32_t count = registry_count(compilation->registry, REGISTRY_POLICY);
	compilation->policies = arena_take(compilation->arena, count, sizeof(*compilation->policies));
	compilation->snapshot->policies = compilation->policies;
	compilation->snapshot->policy_count = count;
	compilation->partial = arena_take(&compilation->scratch, count, sizeof(*compilation->partial));
	return compilation->policies != NULL && compilation->partial != NULL;
}

static enum policy_action
action_of(const struct conf_node *then)
{
	const struct conf_node *permit = conf_child(then, "permit");

	if (permit == NULL) {
		return conf_present(then, "reject") ? POLICY_REJECT : POLICY_DENY;
	}
	if (has_content(conf_child(permit, "tunnel")) || has_content(conf_child(permit, "firewall-authentication"))) {
		return POLICY_NOT_SUPPORTED;
	}
	return POLICY_PERMIT;
}

static uint8_t
flags_of(const struct conf_node *then)
{
	const struct conf_node *log = conf_child(then, "log");

	return (uint8_t)((conf_present(log, "session-init") ? POLICY_LOG_INIT : 0) |
	    (conf_present(log, "session-close") ? POLICY_LOG_CLOSE : 0) |
	    (conf_present(then, "count") ? POLICY_COUNT_TRAFFIC : 0));
}

/* In bytes an interval. */
static uint64_t
threshold_of(const struct conf_node *then, const char *name, uint64_t unit)
{
	const struct conf_node *alarm = conf_walk(then, "count", "alarm", NULL);

	return conf_value(alarm, name) == NULL ? SNAPSHOT_NO_ALARM : conf_number(alarm, name, 0) * unit;
}

/* Several schedulers: active while any of them is (E-091). Unknown ones never are. */
static bool
read_schedulers(struct compilation *compilation, const struct conf_node *node, struct snapshot_policy *policy)
{
	const struct conf_node *first = conf_first(node, "scheduler-name");
	uint32_t count = 0;

	for (const struct conf_node *name = first; name != NULL; name = conf_next(name)) {
		count++;
	}
	uint16_t *schedulers = arena_take(compilation->arena, count, sizeof(*schedulers));
	if (schedulers == NULL || count > UINT16_MAX) {
		return false;
	}
	for (const struct conf_node *name = first; name != NULL; name = conf_next(name)) {
		const uint32_t found = name_table_find(compilation->scheduler_names, name->value);
		if (found != 0) {
			schedulers[policy->scheduler_count++] = (uint16_t)(found - 1);
		}
	}
	policy->schedulers = schedulers;
	return true;
}

/* The zones that a global policy names; `any` among them, or none at all, is all. Unknown ones match nothing. */
static bool
read_zones(struct compilation *compilation, const struct conf_node *first, const uint16_t **zones, uint16_t *count)
{
	uint32_t named = 0;

	for (const struct conf_node *name = first; name != NULL; name = conf_next(name)) {
		named++;
		if (is_any(name->value)) {
			return true;
		}
	}
	uint16_t *list = arena_take(compilation->arena, named, sizeof(*list));
	if (list == NULL || named > UINT16_MAX) {
		return false;
	}
	for (const struct conf_node *name = first; name != NULL; name = conf_next(name)) {
		/* REGISTRY_NONE becomes SNAPSHOT_NONE, which no packet has: conf_check() has said so */
		list[(*count)++] = (uint16_t)registry_find(compilation->registry, REGISTRY_ZONE, name->value);
	}
	*zones = list;
	return true;
}

bool
compile_terms(struct compilation *compilation, const struct conf_node *first, struct classifier_source_rule *rule)
{
	const struct compiled_application *application = NULL;
	struct classifier_term *terms = NULL;
	uint32_t count = 0;

	if (first != NULL && conf_next(first) == NULL) {
		application = compile_find_application(compilation, first->value);
		if (application == NULL) {
			return false;
		}
		rule->terms = application->terms;
		rule->term_count = application->term_count;
		return true;
	}
	for (const struct conf_node *name = first; name != NULL; name = conf_next(name)) {
		application = compile_find_application(compilation, name->value);
		if (application == NULL) {
			return false;
		}
		count += application->term_count;
	}
	terms = arena_take(&compilation->scratch, count, sizeof(*terms));
	if (terms == NULL) {
		return false;
	}
	for (const struct conf_node *name = first; name != NULL; name = conf_next(name)) {
		application = compile_find_application(compilation, name->value);
		if (application == NULL) {
			return false;
		}
		if (application->term_count > 0) {
			memcpy(&terms[rule->term_count], application->terms,
			    application->term_count * sizeof(*terms));
			rule->term_count += application->term_count;
		}
	}
	rule->terms = terms;
	return true;
}

static bool
compile_policy(struct compilation *compilation, const struct context *context, const struct conf_node *node,
    uint32_t position, struct classifier_source_rule *rule)
{
	const struct conf_node *match = conf_child(node, "match");
	const struct conf_node *then = conf_child(node, "then");
	const char *path = policy_path(compilation, context, node);
	struct address_list sources;
	struct address_list destinations;

	if (path == NULL) {
		return false;
	}
	const uint32_t identity = registry_find(compilation->registry, REGISTRY_POLICY, path);
	assert(identity != REGISTRY_NONE);
	struct snapshot_policy *policy = &compilation->policies[identity];
	policy->name = arena_copy(compilation->arena, node->value);
	policy->present = true;
	policy->action = (uint8_t)action_of(then);
	policy->flags = flags_of(then);
	policy->from_zone = context->from_zone;
	policy->to_zone = context->to_zone;
	policy->position = position;
	policy->alarm_second = threshold_of(then, "per-second-threshold", 1);
	policy->alarm_minute = threshold_of(then, "per-minute-threshold", KILOBYTE);
	compilation->refusal = policy->action == POLICY_DENY || policy->action == POLICY_REJECT;
	/* REQ-POL-016: sources in the from-zone's book, destinations in the to-zone's */
	if (policy->name == NULL || !read_schedulers(compilation, node, policy) ||
	    !compile_addresses(compilation, context->from, conf_first(match, "source-address"), &sources) ||
	    !compile_addresses(compilation, context->to, conf_first(match, "destination-address"), &destinations) ||
	    !compile_terms(compilation, conf_first(match, "application"), rule)) {
		return false;
	}
	if (is_global(context->node) &&
	    (!read_zones(compilation, conf_first(match, "from-zone"), &policy->from_zones, &policy->from_count) ||
	        !read_zones(compilation, conf_first(match, "to-zone"), &policy->to_zones, &policy->to_count))) {
		return false;
	}
	if (!compile_policy_nat(compilation, conf_child(then, "permit"), &destinations, policy)) {
		return false;
	}
	compilation->partial[identity] = sources.partial || destinations.partial;
	if (compilation->refusal && compilation->partial[identity]) {
		compilation->named_refusal = compilation->named_refusals++ == 0 ? node : compilation->named_refusal;
	}
	rule->policy = identity;
	rule->conditional = policy->scheduler_count > 0 || policy->from_count > 0 || policy->to_count > 0;
	rule->sources = sources.addresses;
	rule->source_count = sources.count;
	rule->destinations = destinations.addresses;
	rule->destination_count = destinations.count;
	rule->sources6 = sources.addresses6;
	rule->source6_count = sources.count6;
	rule->destinations6 = destinations.addresses6;
	rule->destination6_count = destinations.count6;
	if (conf_present(node, "scheduler-name") && policy->scheduler_count == 0) {
		rule->term_count = 0; /* its schedulers are not there: never active, conf_check() has said so */
	}
	return true;
}

static bool
compile_context(struct compilation *compilation, const struct context *context,
    struct classifier_source_context *result)
{
	struct classifier_source_rule *rules = NULL;
	uint32_t count = 0;
	uint32_t at = 0;

	for (const struct conf_node *policy = conf_first(context->node, "policy"); policy; policy = conf_next(policy)) {
		count++;
	}
	rules = arena_take(&compilation->scratch, count, sizeof(*rules));
	if (rules == NULL) {
		return false;
	}
	for (const struct conf_node *policy = conf_first(context->node, "policy"); policy; policy = conf_next(policy)) {
		if (!compile_policy(compilation, context, policy, at, &rules[at])) {
			return false;
		}
		at++;
	}
	*result = (struct classifier_source_context){
	    .from_zone = context->from_zone,
	    .to_zone = context->to_zone,
	    .rule_count = count,
	    .rules = rules,
	};
	return true;
}

/* Two spellings of one context (E-041) would be two lists for one pair of zones: the second is refused. */
static bool
context_is_new(struct compilation *compilation, const struct classifier_source_context *contexts, uint32_t count,
    const struct context *context)
{
	for (uint32_t i = 0; i < count; i++) {
		if (contexts[i].from_zone == context->from_zone && contexts[i].to_zone == context->to_zone) {
			compile_error(compilation, context->node, "the same pair of zones stands there twice in different spelling");
			return false;
		}
	}
	return true;
}

/* Has the context policies for some zones only? What covers what is not told then. */
static bool
names_zones(const struct conf_node *context)
{
	for (const struct conf_node *policy = conf_first(context, "policy"); policy != NULL; policy = conf_next(policy)) {
		const struct conf_node *match = conf_child(policy, "match");

		if (conf_first(match, "from-zone") != NULL || conf_first(match, "to-zone") != NULL) {
			return true;
		}
	}
	return false;
}

bool
compile_policies(struct compilation *compilation)
{
	const struct conf_node *policies = conf_walk(compilation->top, "security", "policies", NULL);
	const struct classifier_source_port *ports = NULL;
	uint32_t port_count = 0;
	uint32_t count = 0;
	uint32_t used = 0;

	if (!register_policies(compilation)) {
		return false;
	}
	for (const struct conf_node *node = first_context(policies); node != NULL; node = next_context(node)) {
		count++;
	}
	struct classifier_source_context *contexts = arena_take(&compilation->scratch, count, sizeof(*contexts));
	if (contexts == NULL) {
		return false;
	}
	for (const struct conf_node *node = first_context(policies); node != NULL; node = next_context(node)) {
		struct context context;
		if (!find_context(compilation, node, &context) ||
		    !context_is_new(compilation, contexts, used, &context)) {
			continue;
		}
		if (!compile_context(compilation, &context, &contexts[used])) {
			return false;
		}
		if (compilation->options->advice && compilation->list->errors == compilation->errors &&
		    !names_zones(node) && !compile_advice(compilation, node, &contexts[used])) {
			return false;
		}
		used++;
	}
	compile_advice_end(compilation);
	compile_names_end(compilation);
	if (!compile_finish_applications(compilation, &ports, &port_count)) {
		return false;
	}
	compilation->store->classifier = classifier_create(contexts, used, ports, port_count);
	compilation->snapshot->classifier = compilation->store->classifier;
	return compilation->store->classifier != NULL;
}
