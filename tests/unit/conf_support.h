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

#define assert_renders(world, format, expected) assert_string_equal(world_render(world, format), expected)

#endif
