/*
 * Screens of zones: the sets that a zone names, as one (E-105).
 */
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "conf/schema.h"

/* The number of a leaf below it, which has a default; without such a leaf its own value. */
static uint32_t
number_of(const struct conf_node *node, const char *leaf)
{
	const struct schema_node *schema = schema_child(node->schema, leaf, strlen(leaf));
	const char *otherwise = schema == NULL ? node->value : schema->default_value;

	return conf_number(node, leaf, otherwise == NULL ? 0 : (uint32_t)strtoul(otherwise, NULL, 10));
}

static struct snapshot_syn_flood
syn_flood_of(const struct conf_node *node)
{
	return (struct snapshot_syn_flood){
	    .attack = number_of(node, "attack-threshold"),
	    .alarm = number_of(node, "alarm-threshold"),
	    .source = number_of(node, "source-threshold"),
	    .destination = number_of(node, "destination-threshold"),
	    .queue = number_of(node, "queue-size"),
	    .timeout = number_of(node, "timeout"),
	};
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
			screens->thresholds[i] = number_of(node, "threshold");
			screens->kept = kept ? screens->kept | bit : screens->kept & ~bit;
			if (screen == SCREEN_TCP_SYN_FLOOD) {
				screens->syn_flood = syn_flood_of(node);
			}
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
