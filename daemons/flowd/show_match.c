/*
 * show security match-policies, show security policies memory.
 */
#include <stdlib.h>

#include "answer.h"
#include "explain/explain.h"

/* The explanation is the answer's state. Should the configuration change meanwhile, its identities mean others. */
enum answer_progress
show_match(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const struct configuration *configuration = sources->configuration;
	struct explain_question question;

	if (configuration == NULL) {
		text_append(error, "no configuration is in force");
		return ANSWER_FAILED;
	}
	const struct explain_sources what = {
	    .tree = configuration->tree,
	    .snapshot = configuration->snapshot,
	    .fib = configuration->fib,
	    .rib = configuration->rib,
	    .registry = sources->registry,
	    .wall = worker_wall() / 1000000,
	};

	if (answer->state == NULL) {
		if (!explain_question_read(answer->request.root, &question, error)) {
			return ANSWER_FAILED;
		}
		answer->state = explain_create(&what, &question, error);
		answer->total = configuration->serial;
		if (answer->state == NULL) {
			return ANSWER_FAILED;
		}
	}
	if (answer->total != configuration->serial) {
		text_append(error, "the configuration has changed meanwhile: ask again");
		return ANSWER_FAILED;
	}
	switch (explain_step(answer->state, &what, ANSWER_CHUNK, tree, error)) {
	case EXPLAIN_MORE:
		return ANSWER_MORE;
	case EXPLAIN_END:
		return ANSWER_END;
	case EXPLAIN_FAILED:
		break;
	}
	return ANSWER_FAILED;
}

enum answer_progress
show_policy_memory(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct snapshot_size size;

	(void)answer;
	(void)error;
	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	size = snapshot_size(sources->configuration->snapshot, sources->registry);
	(void)op_add_number(tree, tree->root, "policies", size.policies);
	(void)op_addf(tree, tree->root, "policy-numbers", "%u of %u", size.policy_numbers, size.policies_most);
	(void)op_add_number(tree, tree->root, "contexts", size.classifier.contexts);
	(void)op_add_number(tree, tree->root, "rules", size.classifier.rules);
	(void)op_add_number(tree, tree->root, "address-sets", size.classifier.sets);
	(void)op_add_number(tree, tree->root, "address-ranges", size.classifier.ranges);
	(void)op_add_number(tree, tree->root, "application-terms", size.classifier.terms);
	(void)op_add_number(tree, tree->root, "classifier-bytes", size.classifier.bytes);
	(void)op_add_number(
	    tree, tree->root, "bytes-per-policy", size.policies == 0 ? 0 : size.classifier.bytes / size.policies);
	(void)op_add_number(tree, tree->root, "snapshot-bytes", size.bytes);
	(void)op_add_number(
	    tree, tree->root, "counter-bytes", (uint64_t)size.policies_most * sizeof(struct engine_policy_counters));
	return ANSWER_END;
}
