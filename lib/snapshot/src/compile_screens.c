/*
 * Screens of zones: the sets that a zone names, as one (E-105).
 */
#include "compile.h"

/* One set over those before it: of a screen that both have, this one's counts. */
static void
add_set(const struct conf_node *set, struct snapshot_screens *screens)
{
	const bool kept = conf_present(set, "alarm-without-drop");

	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		const enum screen screen = (enum screen)i;
		const uint64_t bit = screen_bit(screen);

		if (conf_present(conf_child(set, screen_group(screen)), screen_option(screen))) {
			screens->on |= bit;
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
