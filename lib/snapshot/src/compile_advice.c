/*
 * Advice: warnings about policies that can never match and policies that change nothing, with the
 * name of the policy that makes them so. policy_cover.c finds them; here configuration becomes what
 * it compares.
 *
 * Only the first ADVICE_MOST are told one by one: one line too far up may shadow thousands.
 */
#include "compile.h"
#include "policy_cover.h"

enum {
	ADVICE_MOST = 100,
	ACTION_FLAGS = 8, /* POLICY_LOG_INIT and POLICY_LOG_CLOSE lie below */
	ACTION_KINDS = 8,
};

_Static_assert((POLICY_LOG_INIT | POLICY_LOG_CLOSE) < ACTION_FLAGS, "flags of an action");

/*
 * Policies with the same number do the same. Each counts for itself and what is not carried out yet
 * may differ in ways that are not known here: those are like no other.
 */
static uint32_t
action_number(const struct snapshot_policy *policy, uint32_t place)
{
	if (policy->action == POLICY_NOT_SUPPORTED || (policy->flags & POLICY_COUNT_TRAFFIC) != 0) {
		return ACTION_KINDS * ACTION_FLAGS + place;
	}
	return (uint32_t)policy->action * ACTION_FLAGS +
	       (policy->flags & (POLICY_LOG_INIT | POLICY_LOG_CLOSE));
}

static void
tell(struct compilation *compilation, const struct policy_cover_rule *rule,
    const struct conf_node *const *nodes, const struct conf_node *node)
{
	if (compilation->advice_count++ >= ADVICE_MOST) {
		return;
	}
	if (rule->shadowed_by != CLASSIFIER_NONE) {
		compile_warning(compilation, node,
		    "this policy can never match: policy '%s' before it matches everything that it "
		    "does",
		    nodes[rule->shadowed_by]->value);
	} else {
		compile_warning(compilation, node,
		    "this policy is redundant: policy '%s' after it matches everything that it "
		    "does, with the same action",
		    nodes[rule->redundant_by]->value);
	}
}

bool
compile_advice(struct compilation *compilation, const struct conf_node *context,
    const struct classifier_source_context *source)
{
	struct arena scratch = ARENA_EMPTY;
	struct policy_cover_rule *rules = arena_take(&scratch, source->rule_count, sizeof(*rules));
	const struct conf_node **nodes = arena_take(&scratch, source->rule_count, sizeof(*nodes));
	const struct conf_node *node = conf_first(context, "policy");
	bool good = rules != NULL && nodes != NULL;

	for (uint32_t i = 0; good && i < source->rule_count; i++) {
		const struct snapshot_policy *policy =
		    &compilation->policies[source->rules[i].policy];

		nodes[i] = node;
		rules[i] = (struct policy_cover_rule){
		    .rule = &source->rules[i],
		    .schedulers = policy->schedulers,
		    .scheduler_count = policy->scheduler_count,
		    .action = action_number(policy, i),
		    .partial = compilation->partial[source->rules[i].policy],
		};
		node = conf_next(node);
	}
	good = good && policy_cover(&scratch, rules, source->rule_count);
	for (uint32_t i = 0; good && i < source->rule_count; i++) {
		if (rules[i].shadowed_by != CLASSIFIER_NONE ||
		    rules[i].redundant_by != CLASSIFIER_NONE) {
			tell(compilation, &rules[i], nodes, nodes[i]);
		}
	}
	arena_release(&scratch);
	return good;
}

void
compile_advice_end(struct compilation *compilation)
{
	if (compilation->advice_count > ADVICE_MOST) {
		compile_warning(compilation,
		    conf_walk(compilation->top, "security", "policies", NULL),
		    "%u more policies can never match or are redundant",
		    compilation->advice_count - ADVICE_MOST);
	}
}
