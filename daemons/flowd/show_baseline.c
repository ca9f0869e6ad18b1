/*
 * request security screen baseline start, stop and show.
 */
#include <stdlib.h>

#include "answer.h"
#include "baseline.h"
#include "explain/baseline.h"

enum answer_progress
start_baseline(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	(void)answer;
	if (sources->configuration == NULL) {
		text_append(error, "there is no configuration yet");
	} else if (baseline_keeper_running(sources->baseline)) {
		text_append(error, "a baseline is being measured: end it with 'request security screen baseline stop'");
	} else if (!baseline_keeper_start(sources->baseline)) {
		text_append(error, "out of memory");
	} else {
		(void)op_add(tree, tree->root, "baseline-message", "measuring");
		return ANSWER_END;
	}
	return ANSWER_FAILED;
}

enum answer_progress
stop_baseline(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	(void)answer;
	if (!baseline_keeper_running(sources->baseline)) {
		text_append(error, "no baseline is being measured");
		return ANSWER_FAILED;
	}
	baseline_keeper_stop(sources->baseline);
	(void)op_add(tree, tree->root, "baseline-message", "finished");
	return ANSWER_END;
}

enum answer_progress
show_baseline(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct baseline_keeper *keeper = sources->baseline;
	struct explain_baseline what = {.registry = sources->registry};
	struct baseline_report *report;

	(void)answer;
	what.began = baseline_keeper_began(keeper);
	what.running = baseline_keeper_running(keeper);
	if (what.began == 0) {
		text_append(error, "no baseline was measured yet: begin with 'request security screen baseline start'");
		return ANSWER_FAILED;
	}
	report = baseline_keeper_report(keeper);
	if (report == NULL) {
		text_append(error, "out of memory");
		return ANSWER_FAILED;
	}
	what.report = report;
	explain_add_baseline(&what, tree);
	free(report);
	return ANSWER_END;
}
