/*
 * show security alarms, clear security alarms.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "policy_walk.h"

static const char *const severities[] = {
    "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"};

/* The words of both commands. */
static bool
read_filter(const struct op_node *request, struct alarm_filter *filter, struct text *error)
{
	const char *id = op_value(request, "alarm-id");
	const char *type = op_value(request, "alarm-type");
	const char *severity = op_value(request, "severity");

	*filter = ALARM_FILTER_ALL;
	filter->id = id == NULL ? 0 : (uint32_t)strtoul(id, NULL, 10);
	filter->active_only = op_find(request, "active") != NULL;
	for (size_t i = 0; severity != NULL && i < sizeof(severities) / sizeof(severities[0]); i++) {
		filter->severity = strcmp(severity, severities[i]) == 0 ? (int)i : filter->severity;
	}
	if (type != NULL && (filter->kind = alarm_kind_find(type)) < 0) {
		text_printf(error, "there are no alarms of type '%s': ", type);
		for (int kind = 0; kind < ALARM_KINDS; kind++) {
			text_printf(error, "%s%s", kind == 0 ? "" : ", ", alarm_kind_name((enum alarm_kind)kind));
		}
		return false;
	}
	return true;
}

static void
add_alarm(struct op_tree *tree, const struct alarm *alarm, bool detail)
{
	struct op_node *row = op_add(tree, tree->root, "security-alarm", NULL);

	(void)op_add_number(tree, row, "alarm-id", alarm->id);
	policy_add_time(tree, row, "alarm-time", alarm->last);
	(void)op_add(tree, row, "alarm-severity", severities[alarm_severity(alarm->kind)]);
	(void)op_add(tree, row, "alarm-state", alarm->active ? "active" : "ended");
	(void)op_add_number(tree, row, "alarm-count", alarm->count);
	(void)op_add(tree, row, "alarm-message", alarm->message);
	if (detail) {
		(void)op_add(tree, row, "alarm-type", alarm_kind_name(alarm->kind));
		(void)op_add(tree, row, "alarm-subject", alarm->subject);
		policy_add_time(tree, row, "alarm-first-time", alarm->first);
	}
}

/* Where to begin so that no more than the newest `most` of those that match come. */
static size_t
skip_older(const struct alarms *alarms, const struct alarm_filter *filter, size_t most)
{
	size_t index = alarms_count(alarms);

	while (index > 0 && most > 0) {
		index--;
		most -= alarm_matches(alarms_at(alarms, index), filter) ? 1 : 0;
	}
	return index;
}

/* The whole table fits in one chunk. */
enum answer_progress
show_alarms(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const bool detail = op_find(answer->request.root, "detail") != NULL;
	const char *newest = op_value(answer->request.root, "newest");
	const size_t most = newest == NULL ? ALARMS_MOST : (size_t)strtoul(newest, NULL, 10);
	struct alarm_filter filter;
	uint64_t count = 0;

	if (!read_filter(answer->request.root, &filter, error)) {
		return ANSWER_FAILED;
	}
	for (size_t i = skip_older(sources->alarms, &filter, most); i < alarms_count(sources->alarms); i++) {
		const struct alarm *alarm = alarms_at(sources->alarms, i);

		if (alarm_matches(alarm, &filter)) {
			add_alarm(tree, alarm, detail);
			count++;
		}
	}
	(void)op_add_number(tree, tree->root, "alarm-total-count", count);
	if (alarms_refused(sources->alarms) > 0) {
		(void)op_add_number(tree, tree->root, "alarm-refused-count", alarms_refused(sources->alarms));
	}
	return ANSWER_END;
}

enum answer_progress
clear_alarms(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct alarm_filter filter;

	if (!read_filter(answer->request.root, &filter, error)) {
		return ANSWER_FAILED;
	}
	const size_t cleared = alarm_clear(sources->alarms, &filter, worker_wall() / 1000000);

	if (filter.id != 0 && cleared == 0) {
		text_printf(error, "there is no alarm %u", filter.id);
		return ANSWER_FAILED;
	}
	(void)op_add_number(tree, tree->root, "cleared-alarm-count", cleared);
	return ANSWER_END;
}
