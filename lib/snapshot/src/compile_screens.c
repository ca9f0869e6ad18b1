/*
 * Screens of zones: the sets that a zone names, as one (E-105).
 */
#include <stdlib.h>

#include "compile.h"
#include "conf/schema.h"

/* Its own value, or that of its threshold, which has a default. */
static uint32_t
threshold_of(const struct conf_node *node)
{
	static const char leaf[] = "threshold";
	const struct schema_node *schema = schema_child(node->schema, leaf, sizeof(leaf) - 1);
	const char *otherwise = schema == NULL ? node->value : schema->default_value;

	return conf_number(node, leaf, otherwise == NULL ? 0 : (uint32_t)strtoul(otherwise, NULL, 10));
}

/* One set over those before it: of a screen that both have, this one's counts. */
static void
add_set(const struct conf_node *set, struct snapshot_screens *screens)
{
	const bool kept = conf_present(set, "alarm-without-drop");

	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		const enum screen screen = (enum screen)i;
		const uint64_t bit = screen_bit(screen);

		const struct conf_node *node = conf_child(conf_child(set, screen_group(screen)), screen_option(screen));

		if (node != NULL) {
			screens->on |= bit;
			screens->thresholds[i] = threshold_of(node);
			screens->kept = kept ? screens->kept | bit : screens->kept & ~bit;
		}
	}
}

bool
compile_screens(struct compilation *compilation, const struct conf_node *zone, struct snapshot_zone *row)
{
	const struct conf_node *sets = conf_walk(compilation->top, "security", "screen", NULL);
	struct snapshot_screens *screens = arena_take(compilation->arena, 1, sizeof(*screens));

	if (screens == NULL) {
		return false;
	}
	for (const struct conf_node *name = conf_first(zone, "screen"); name != NULL; name = conf_next(name)) {
		add_set(conf_entry(sets, "ids-option", name->value, NULL), screens);
	}
	row->screens = screens->on == 0 ? NULL : screens;
	return true;
}
