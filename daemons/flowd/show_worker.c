/*
 * show system workers: what each of the data plane's workers does.
 */
#include "answer.h"
#include "load.h"

static void
count_sessions(const struct worker_hands *hands, void *argument)
{
	uint32_t *sessions = argument;

	sessions[hands->worker] = engine_session_count(hands->engine);
}

enum answer_progress
show_workers(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	uint32_t sessions[WORKERS_MOST] = {0};

	(void)answer;
	(void)error;
	worker_run(sources->worker, count_sessions, sessions);
	for (uint16_t i = 0; i < worker_count(sources->worker); i++) {
		const struct load load = loads_of(sources->loads, sources->worker, i);
		struct op_node *node = op_add(tree, tree->root, "worker", NULL);

		(void)op_add_number(tree, node, "worker-number", i);
		(void)op_add_number(tree, node, "busy-percent", load.percent);
		(void)op_add_number(tree, node, "session-count", sessions[i]);
		(void)op_add_number(tree, node, "processed-packet-count", load.counts.packets);
		(void)op_add_number(tree, node, "handed-packet-count", load.counts.handed);
		(void)op_add_number(tree, node, "waiting-packet-count", load.counts.waiting);
		(void)op_add_number(tree, node, "lost-count", load.counts.lost);
	}
	return ANSWER_END;
}
