/*
 * show security policies.
 */
#include <stdlib.h>
#include <string.h>

#include "explain/policy_element.h"
#include "policy_walk.h"

static void
add_counters(const struct policy_row *row, struct op_tree *tree, struct op_node *element)
{
	const struct engine_policy_counters *counters = &row->counters;

	(void)op_add_number(tree, element, "policy-hit-count", counters->hits);
	if (counters->hits > 0) {
		policy_add_time(tree, element, "policy-first-hit", counters->first_hit);
		policy_add_time(tree, element, "policy-last-hit", counters->last_hit);
	}
	if (conf_present(conf_child(row->policy, "then"), "count")) {
		(void)op_add_number(tree, element, "policy-packets", counters->packets);
		(void)op_add_number(tree, element, "policy-bytes", counters->bytes);
	}
}

enum answer_progress
show_policies(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const bool detail = op_find(answer->request.root, "detail") != NULL;
	const struct conf_node *context = NULL;
	struct op_node *element = NULL;
	struct policy_page *page;

	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	page = policy_page_read(answer, sources, error);
	if (page == NULL) {
		return ANSWER_FAILED;
	}
	if (answer->cursor == 0) {
		(void)op_add(tree, tree->root, "default-policy",
		    sources->configuration->snapshot->flow.default_permit ? "permit-all" : "deny-all");
	}
	uint32_t shown = 0;

	while (shown < page->count && tree->size < ANSWER_CHUNK) {
		const struct policy_row *row = &page->rows[shown++];
		const struct explain_policy what = {
		    .tree = sources->configuration->tree,
		    .snapshot = sources->configuration->snapshot,
		    .context = row->context,
		    .policy = row->policy,
		    .identity = row->identity,
		    .position = row->position,
		    .wall = worker_wall() / 1000000,
		    .detail = detail,
		};

		if (element == NULL || context != row->context) {
			context = row->context;
			element = op_add(tree, tree->root, "security-context", NULL);
			(void)op_add(tree, element, "source-zone-name", explain_from_zone(context));
			(void)op_add(tree, element, "destination-zone-name", explain_to_zone(context));
		}
		struct op_node *policy = op_add(tree, element, "policy-information", NULL);

		explain_add_policy(&what, tree, policy);
		if (detail) {
			add_counters(row, tree, policy);
		}
	}
	answer->cursor += shown;
	if (shown < page->count) {
		policy_page_return(answer, &page->rows[shown]);
	}
	const bool more = page->more || shown < page->count;

	free(page);
	return more ? ANSWER_MORE : ANSWER_END;
}
