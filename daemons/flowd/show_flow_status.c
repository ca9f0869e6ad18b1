/*
 * show security flow status: what of `security flow` is in force.
 */
#include "answer.h"

static const char *
inet6_word(enum inet6_mode mode)
{
	switch (mode) {
	case INET6_MODE_DROP:
		break;
	case INET6_MODE_FLOW_BASED:
		return "flow based";
	case INET6_MODE_PACKET_BASED:
		return "packet based";
	}
	return "drop";
}

static void
sessions_job(const struct worker_hands *hands, void *argument)
{
	uint64_t *sessions = argument;

	*sessions += engine_session_count(hands->engine);
}

static void
add_checks(struct op_tree *tree, const struct snapshot_flow *flow)
{
	(void)op_add(tree, tree->root, "default-policy", flow->default_permit ? "permit-all" : "deny-all");
	(void)op_add(tree, tree->root, "tcp-syn-check", flow->syn_check ? "enabled" : "disabled");
	(void)op_add(tree, tree->root, "tcp-sequence-check", flow->sequence_check ? "enabled" : "disabled");
	if (flow->segment_most != 0) {
		(void)op_addf(tree, tree->root, "tcp-mss", "%u at most", (unsigned)flow->segment_most);
	} else {
		(void)op_add(tree, tree->root, "tcp-mss", "as hosts agree");
	}
	(void)op_add(tree, tree->root, "syn-flood-protection-mode", flow->syn_cookies ? "syn-cookie" : "syn-proxy");
	(void)op_add(tree, tree->root, "policy-rematch", flow->policy_rematch ? "enabled" : "disabled");
	if (flow->early_ageout != 0) {
		(void)op_addf(tree, tree->root, "aggressive-aging", "from %u%% of the sessions down to %u%%",
		    (unsigned)flow->high_watermark, (unsigned)flow->low_watermark);
	} else {
		(void)op_add(tree, tree->root, "aggressive-aging", "off");
	}
}

enum answer_progress
show_flow_status(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	uint64_t sessions = 0;

	(void)answer;
	if (sources->configuration == NULL) {
		text_append(error, "there is no configuration yet: nothing is forwarded");
		return ANSWER_FAILED;
	}
	(void)op_add(tree, tree->root, "inet-forwarding-mode", "flow based");
	(void)op_add(tree, tree->root, "inet6-forwarding-mode",
	    inet6_word(sources->configuration->snapshot->flow.inet6_mode));
	add_checks(tree, &sources->configuration->snapshot->flow);
	worker_run(sources->worker, sessions_job, &sessions);
	(void)op_add_number(tree, tree->root, "flow-workers", worker_count(sources->worker));
	(void)op_addf(tree, tree->root, "flow-sessions", "%llu of %u", (unsigned long long)sessions,
	    (unsigned)worker_sessions(sources->worker));
	(void)op_add_number(tree, tree->root, "configuration-serial", sources->configuration->id);
	return ANSWER_END;
}
