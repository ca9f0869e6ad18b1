/*
 * show schedulers: which are active now, and when that changes next.
 */
#include <string.h>
#include <time.h>

#include "answer.h"

enum {
	SCHEDULERS_STEP = 256, /* in one chunk */
};

/* The time that the snapshot's intervals are about. */
struct span {
	int64_t now; /* UTC seconds */
	int64_t until;
};

static void
add_time(struct op_tree *tree, struct op_node *row, const char *name, int64_t wall)
{
	char word[sizeof("-2147483648-01-01 00:00:00 UTC")];
	const time_t time = (time_t)wall;
	struct tm parts;

	if (gmtime_r(&time, &parts) != NULL && strftime(word, sizeof(word), "%Y-%m-%d %H:%M:%S UTC", &parts) > 0) {
		(void)op_add(tree, row, name, word);
	}
}

static void
add_scheduler(struct op_tree *tree, const char *name, const struct snapshot_scheduler *scheduler, const struct span *span)
{
	struct op_node *row = op_add(tree, tree->root, "scheduler", NULL);
	const struct snapshot_interval *next = NULL;

	/* Sorted and disjoint: the first that has not ended. */
	for (uint32_t i = 0; i < scheduler->interval_count && next == NULL; i++) {
		next = scheduler->intervals[i].to > span->now ? &scheduler->intervals[i] : NULL;
	}
	const bool active = next != NULL && next->from <= span->now;
	const int64_t change = next == NULL ? span->until : active ? next->to : next->from;

	(void)op_add(tree, row, "scheduler-name", name);
	(void)op_add(tree, row, "scheduler-state", active ? "active" : "inactive");
	/* Beyond that nothing was worked out yet. */
	if (change < span->until) {
		add_time(tree, row, "scheduler-next-change", change);
	}
}

enum answer_progress
show_schedulers(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const char *asked = op_value(answer->request.root, "scheduler-name");
	const struct conf_node *schedulers;
	uint32_t index = 0;
	uint32_t seen = 0;

	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	/* The snapshot has them in the order of the configuration. */
	const struct snapshot *snapshot = sources->configuration->snapshot;

	const struct span span = {.now = worker_wall() / 1000000, .until = snapshot->schedules_until};

	schedulers = conf_child(conf_tree_top(sources->configuration->tree), "schedulers");
	for (const struct conf_node *node = conf_first(schedulers, "scheduler"); node != NULL; node = conf_next(node)) {
		if (index >= answer->cursor && index < snapshot->scheduler_count && seen < SCHEDULERS_STEP) {
			seen++;
			if (asked == NULL || strcmp(asked, node->value) == 0) {
				add_scheduler(tree, node->value, &snapshot->schedulers[index], &span);
				answer->total++;
			}
		}
		index++;
	}
	answer->cursor += seen;
	if (answer->cursor < snapshot->scheduler_count) {
		return ANSWER_MORE;
	}
	if (asked != NULL && answer->total == 0) {
		text_printf(error, "scheduler '%s' is not configured", asked);
		return ANSWER_FAILED;
	}
	return ANSWER_END;
}
