/*
 * show security screen ids-option, show security screen statistics, clear security screen statistics.
 */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "engine/screens.h"

static const struct conf_node *
set_of(const struct answer_sources *sources, const char *name)
{
	const struct conf_node *top = conf_tree_top(sources->configuration->tree);

	return conf_entry(conf_walk(top, "security", "screen", NULL), "ids-option", name, NULL);
}

static void
add_value(struct op_tree *tree, const char *group, const char *option, const char *value)
{
	struct op_node *row = op_add(tree, tree->root, "screen-option", NULL);

	(void)op_addf(tree, row, "screen-option-name", "%s %s", group, option);
	(void)op_add(tree, row, "screen-option-value", value);
}

/* A screen is on by itself, by a number, or with thresholds below it, which have a value whether they are written or not. */
static void
add_screen(struct op_tree *tree, const char *group, const struct conf_node *node)
{
	const struct schema_node *schema = node->schema;
	struct text name = TEXT_EMPTY;

	if (schema->child_count == 0) {
		add_value(tree, group, schema->name, node->value == NULL ? "enabled" : node->value);
	}
	for (size_t i = 0; i < schema->child_count; i++) {
		const char *value = conf_value(node, schema->children[i]->name);

		text_clear(&name);
		text_printf(&name, "%s %s", schema->name, schema->children[i]->name);
		if (value != NULL) {
			add_value(tree, group, text_string(&name), value);
		}
	}
	text_release(&name);
}

enum answer_progress
show_screen_option(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	static const char *const groups[] = {"icmp", "ip", "tcp", "udp", "limit-session"};
	const char *name = op_value(answer->request.root, "screen-name");
	const struct conf_node *set = sources->configuration == NULL ? NULL : set_of(sources, name);

	if (set == NULL) {
		text_printf(error, "screen '%s' is not configured", name);
		return ANSWER_FAILED;
	}
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct conf_node *group = conf_child(set, groups[i]);

		for (const struct conf_node *node = group == NULL ? NULL : group->first; node != NULL; node = node->next) {
			if (!node->inactive) {
				add_screen(tree, groups[i], node);
			}
		}
	}
	(void)op_add(tree, tree->root, "alarm-without-drop", conf_present(set, "alarm-without-drop") ? "enabled" : "disabled");
	return ANSWER_END;
}

/* Whose counters are asked for. */
struct asked {
	bool zone;
	uint16_t number;
	uint64_t counts[SCREEN_COUNT];
	uint32_t from; /* clear: a bounded step */
	uint32_t to;
};

/* True: `zone` or `interface` of the request names one, or there is neither; false with a sentence when there is no such. */
static bool
read_asked(const struct answer *answer, const struct answer_sources *sources, struct asked *asked, struct text *error)
{
	const char *zone = op_value(answer->request.root, "zone");
	const char *interface = op_value(answer->request.root, "interface");

	if (sources->configuration == NULL) {
		text_append(error, "there is no configuration yet");
		return false;
	}
	if (zone != NULL && interface != NULL) {
		text_append(error, "ask for a zone or for an interface, not for both");
		return false;
	}
	if (zone == NULL && interface == NULL) {
		return true;
	}
	const struct snapshot *snapshot = sources->configuration->snapshot;

	asked->zone = zone != NULL;
	asked->number = asked->zone ? snapshot_find_zone(snapshot, zone) : snapshot_find_unit(snapshot, interface);
	if (asked->number == SNAPSHOT_NONE) {
		text_printf(error, "%s '%s' is not configured", asked->zone ? "security zone" : "interface",
		    asked->zone ? zone : interface);
	}
	return asked->number != SNAPSHOT_NONE;
}

static void
count_job(const struct worker_hands *hands, void *argument)
{
	struct asked *asked = argument;

	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		asked->counts[i] += asked->zone ? engine_screen_zone_count(hands->engine, asked->number, (enum screen)i) :
		                                  engine_screen_unit_count(hands->engine, asked->number, (enum screen)i);
	}
}

enum answer_progress
show_screen_statistics(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct asked asked = {.zone = false};

	if (!read_asked(answer, sources, &asked, error)) {
		return ANSWER_FAILED;
	}
	worker_run(sources->worker, count_job, &asked);
	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		struct op_node *row = op_add(tree, tree->root, "screen-statistic", NULL);

		(void)op_addf(tree, row, "screen-option-name", "%s %s", screen_group((enum screen)i), screen_option((enum screen)i));
		(void)op_add_number(tree, row, "screen-detected-count", asked.counts[i]);
	}
	return ANSWER_END;
}

enum {
	CLEAR_STEP = 64,
};

static void
clear_job(const struct worker_hands *hands, void *argument)
{
	const struct asked *asked = argument;

	for (uint32_t i = asked->from; i < asked->to; i++) {
		if (asked->zone) {
			engine_clear_screen_zone(hands->engine, (uint16_t)i);
		} else {
			engine_clear_screen_unit(hands->engine, (uint16_t)i);
		}
	}
}

static void
clear_range(const struct answer_sources *sources, struct asked *asked, uint32_t from, uint32_t count)
{
	for (uint32_t i = from; i < from + count; i += CLEAR_STEP) {
		asked->from = i;
		asked->to = from + count - i < CLEAR_STEP ? from + count : i + CLEAR_STEP;
		worker_run(sources->worker, clear_job, asked);
	}
}

enum answer_progress
clear_screen_statistics(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const bool all = op_value(answer->request.root, "zone") == NULL && op_value(answer->request.root, "interface") == NULL;
	struct asked asked = {.zone = true};
	uint32_t count = 1;

	if (!read_asked(answer, sources, &asked, error)) {
		return ANSWER_FAILED;
	}
	if (all) {
		count = sources->configuration->snapshot->zone_count;
		clear_range(sources, &asked, 0, count);
		asked.zone = false;
		clear_range(sources, &asked, 0, sources->configuration->snapshot->unit_count);
		count += sources->configuration->snapshot->unit_count;
	} else {
		clear_range(sources, &asked, asked.number, 1);
	}
	(void)op_add_number(tree, tree->root, "cleared-count", count);
	return ANSWER_END;
}
