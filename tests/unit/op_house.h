/*
 * The schema, the table of operational commands and an editor, for tests of what is typed and what is answered. build() and
 * tear_down() are setup and teardown of cmocka's groups; a setup of a test's own has a configuration.
 */
#ifndef TESTS_OP_HOUSE_H
#define TESTS_OP_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/op.h"

struct house {
	struct schema *schema;
	struct op_table *table;
	struct conf_editor editor; /* at the top */
};

/* With the configuration of these set lines. */
static inline struct house *
house_create(const char *lines)
{
	struct house *house = calloc(1, sizeof(*house));
	struct text error = TEXT_EMPTY;
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	assert_non_null(house);
	house->schema = schema_create(&error);
	assert_non_null(house->schema);
	house->table = op_table_create(house->schema);
	assert_non_null(house->table);
	house->editor = (struct conf_editor){.tree = conf_tree_create(house->schema), .level = TEXT_EMPTY};
	assert_non_null(house->editor.tree);
	assert_true(conf_load(house->editor.tree, CONF_FORMAT_SET, NULL, lines, strlen(lines), &list));
	diagnostics_release(&list);
	text_release(&error);
	return house;
}

/* With none. */
static inline int
build(void **state)
{
	*state = house_create("");
	return 0;
}

static inline int
tear_down(void **state)
{
	struct house *house = *state;

	conf_tree_destroy(house->editor.tree);
	text_release(&house->editor.level);
	op_table_destroy(house->table);
	schema_destroy(house->schema);
	free(house);
	return 0;
}

struct leaf {
	const char *name;
	const char *value; /* NULL: a flag */
};
#define LEAVES(...) ((const struct leaf[]){__VA_ARGS__, {NULL, NULL}})

/* Leaves of one node of an answer, in order: add_leaves(tree, node, LEAVES({"name", "value"}, {"flag", NULL})). */
static inline void
add_leaves(struct op_tree *tree, struct op_node *node, const struct leaf *leaves)
{
	for (; leaves->name != NULL; leaves++) {
		assert_non_null(op_add(tree, node, leaves->name, leaves->value));
	}
}

/* Candidates of a completion as words: 'a name, !the end, >what has more below it, +what is set. `context` is a text. */
static inline void
collect(void *context, const struct conf_candidate *candidate)
{
	static const char *const marks[] = {
	    [CONF_CANDIDATE_KEYWORD] = "",
	    [CONF_CANDIDATE_NAME] = "'",
	    [CONF_CANDIDATE_PLACEHOLDER] = "",
	    [CONF_CANDIDATE_ENTER] = "!",
	    [CONF_CANDIDATE_LEVEL] = ">",
	    [CONF_CANDIDATE_SET] = "+",
	};

	text_printf(context, "%s%s ", marks[candidate->kind], candidate->word);
}

#endif
