/*
 * show system resources: the tables that can get full.
 */
#include "answer.h"
#include "resources.h"

enum answer_progress
show_resources(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	(void)answer;
	(void)error;
	resources_sample(sources->resources, sources->worker, worker_wall() / 1000000);
	for (size_t i = 0; i < resources_count(sources->resources); i++) {
		const struct resource *row = resources_at(sources->resources, i);
		struct op_node *node = op_add(tree, tree->root, "resource", NULL);

		(void)op_add(tree, node, "resource-name", row->name);
		(void)op_add_number(tree, node, "in-use-count", row->used);
		(void)op_add_number(tree, node, "highest-count", row->most);
		(void)op_add_number(tree, node, "limit-count", row->limit);
		(void)op_add_number(tree, node, "utilization-percent", row->percent);
		(void)op_add_number(tree, node, "memory-octets", row->octets);
		(void)op_add(tree, node, "full-effect", row->effect);
	}
	return ANSWER_END;
}
