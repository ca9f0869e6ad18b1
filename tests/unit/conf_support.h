/*
 * What the tests of lib/conf share: a schema for all tests of a program, configurations from strings, and looking for
 * what was told.
 */
#ifndef CONF_SUPPORT_H
#define CONF_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/groups.h"

/* One configuration with what was told about it. */
struct world {
	struct conf_tree *tree;
	struct diagnostics list;
	struct text out;
};

static inline int
world_schema(void **state)
{
	struct text error = TEXT_EMPTY;

	*state = schema_create(&error);
	if (*state == NULL) {
		print_error("%s\n", text_string(&error));
	}
	text_release(&error);
	return *state == NULL ? -1 : 0;
}

static inline int
world_schema_end(void **state)
{
	schema_destroy(*state);
	return 0;
}

static inline struct world
world_create(void **state)
{
	struct world world = {.tree = conf_tree_create(*state)};

	assert_non_null(world.tree);
	return world;
}

static inline void
world_release(struct world *world)
{
	conf_tree_destroy(world->tree);
	diagnostics_release(&world->list);
	text_release(&world->out);
}

static inline bool
world_load(struct world *world, enum conf_format format, const char *text)
{
	return conf_load(world->tree, format, "test", text, strlen(text), &world->list);
}

/* Everything that was told, one line each. */
static inline const char *
world_told(struct world *world)
{
	text_clear(&world->out);
	diagnostics_sort(&world->list);
	diagnostics_render_lines(&world->list, &world->out);
	return text_string(&world->out);
}

static inline bool
told(struct world *world, const char *piece)
{
	return strstr(world_told(world), piece) != NULL;
}

static inline const char *
world_render(struct world *world, enum conf_format format)
{
	text_clear(&world->out);
	conf_render(conf_tree_top(world->tree), format, &world->out);
	assert_false(text_failed(&world->out));
	return text_string(&world->out);
}

/* Loads set lines without a word of complaint. */
static inline struct world
world_of(void **state, const char *lines)
{
	struct world world = world_create(state);

	if (!world_load(&world, CONF_FORMAT_SET, lines) || world.list.count > 0) {
		fail_msg("%s", world_told(&world));
	}
	return world;
}

/* A configuration that is edited, and where. */
struct session {
	struct world world;
	struct conf_editor editor;
};

static inline struct session
session_of(void **state, const char *lines)
{
	struct session session = {.world = world_of(state, lines)};

	session.editor.tree = session.world.tree;
	return session;
}

static inline void
session_release(struct session *session)
{
	text_release(&session->editor.level);
	world_release(&session->world);
}

static inline bool
session_edit(struct session *session, enum conf_edit_verb verb, const char *words)
{
	return conf_edit(&session->editor, verb, words, &session->world.list);
}

#define assert_done(expression)                                                                                        \
	do {                                                                                                           \
		if (!(expression)) {                                                                                   \
			fail_msg("%s: %s", #expression, world_told(&session.world));                                   \
		}                                                                                                      \
	} while (0)

#define assert_told(world, piece)                                                                                      \
	do {                                                                                                           \
		if (!told(world, piece)) {                                                                             \
			fail_msg("nobody told: %s\nbut: %s", piece, world_told(world));                                \
		}                                                                                                      \
	} while (0)

/* A row of a table of what conf_check() tells. */
struct rule {
	const char *lines;
	const char *told; /* NULL: all is well; with "warning: " in it there is no error, else there is one */
};

static inline void
assert_rules(void **state, const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &rules[i];
		struct world world = world_of(state, rule->lines);

		conf_check(world.tree, &world.list);
		if (rule->told == NULL ? world.list.count > 0 : !told(&world, rule->told)) {
			fail_msg("%s\nexpected: %s\ntold: %s", rule->lines, rule->told == NULL ? "nothing" : rule->told,
			    world_told(&world));
		}
		if (rule->told != NULL && (strstr(rule->told, "warning: ") == NULL) != (world.list.errors > 0)) {
			fail_msg("%s\nexpected %s\ntold: %s", rule->lines, world.list.errors > 0 ? "no error" : "an error",
			    world_told(&world));
		}
		world_release(&world);
	}
}

/* A row of a table of spellings that are read as others. */
struct reading {
	const char *erratum; /* each warning begins with it, and there is one; NULL: there is none */
	const char *lines;
	const char *stored; /* the set lines that come of it; NULL: not asked */
};

static inline void
assert_readings(void **state, const struct reading *readings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct reading *row = &readings[i];
		struct world world = world_create(state);
		bool good = world_load(&world, CONF_FORMAT_SET, row->lines) && (world.list.count > 0) == (row->erratum != NULL);

		for (size_t k = 0; good && k < world.list.count; k++) {
			good = strncmp(world.list.items[k].message, row->erratum, strlen(row->erratum)) == 0;
		}
		if (!good) {
			fail_msg("%s\nexpected: %s\ntold: %s", row->lines, row->erratum == NULL ? "nothing" : row->erratum,
			    world_told(&world));
		}
		if (row->stored != NULL && strcmp(world_render(&world, CONF_FORMAT_SET), row->stored) != 0) {
			fail_msg("%s\nexpected:\n%s\nstored:\n%s", row->lines, row->stored, world_render(&world, CONF_FORMAT_SET));
		}
		world_release(&world);
	}
}

/* The set lines in force, with groups and paths worked out, at `place` ("policy-options"; NULL: all). */
static inline void
assert_expands(void **state, const char *lines, const char *place, const char *expected)
{
	struct world world = world_of(state, lines);
	struct conf_tree *expanded = conf_expand(world.tree, &world.list);

	if (expanded == NULL || world.list.count > 0) {
		fail_msg("%s", world_told(&world));
	}
	assert_false(conf_has_groups(expanded));
	text_clear(&world.out);
	conf_render(place == NULL ? conf_tree_top(expanded) : conf_walk(conf_tree_top(expanded), place, NULL), CONF_FORMAT_SET,
	    &world.out);
	assert_string_equal(text_string(&world.out), expected);
	conf_tree_destroy(expanded);
	world_release(&world);
}

#define assert_renders(world, format, expected) assert_string_equal(world_render(world, format), expected)

#endif
