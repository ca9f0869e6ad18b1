/*
 * Operational trees: building, finding, the form that crosses sockets, and what malformed octets do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/op.h"

static void
build_session(struct op_tree *tree)
{
	op_tree_start(tree, "flow-session-information");
	struct op_node *session = op_add(tree, tree->root, "flow-session", NULL);

	op_add_number(tree, session, "session-identifier", 7);
	op_add(tree, session, "policy", "p/4");
	op_addf(tree, session, "timeout", "%u", 1798U);
	op_add(tree, session, "flag", NULL);
	op_add(tree, session, "empty", "");
	op_add_number(tree, tree->root, "displayed-session-count", 1);
}

/* A block of exactly the promised size. */
static uint8_t *
encode(const struct op_tree *tree)
{
	size_t length = 0;
	uint8_t *octets = op_tree_octets(tree, &length);

	assert_non_null(octets);
	assert_int_equal(length, tree->size);
	return octets;
}

/* A tree for which memory was short is not sent as what is left of it. */
static void
test_failed_tree_has_no_octets(void **state)
{
	struct op_tree tree;
	size_t length = 0;

	(void)state;
	build_session(&tree);
	tree.failed = true;
	assert_null(op_tree_octets(&tree, &length));
	assert_int_equal(length, 0);
	op_tree_release(&tree);
}

static void
test_build_and_find(void **state)
{
	struct op_tree tree;

	(void)state;
	build_session(&tree);
	assert_false(tree.failed);
	const struct op_node *session = op_find(tree.root, "flow-session");

	assert_string_equal(op_value(session, "policy"), "p/4");
	assert_int_equal(op_number(session, "timeout", 0), 1798);
	assert_int_equal(op_number(session, "policy", 5), 5);
	assert_int_equal(op_number(session, "absent", 6), 6);
	assert_int_equal(op_number(session, "empty", 8), 8);
	assert_null(op_value(session, "flag"));
	assert_non_null(op_find(session, "flag"));
	assert_null(op_next(session));
	assert_null(op_find(NULL, "x"));
	assert_null(op_add(&tree, NULL, "x", NULL));
	assert_false(tree.failed);
	op_tree_release(&tree);
}

static void
test_numbers_do_not_wrap(void **state)
{
	struct op_tree tree;

	(void)state;
	op_tree_start(&tree, "r");
	op_add(&tree, tree.root, "most", "18446744073709551615");
	op_add(&tree, tree.root, "more", "18446744073709551616");
	assert_true(op_number(tree.root, "most", 1) == UINT64_MAX);
	assert_int_equal(op_number(tree.root, "more", 1), 1);
	op_tree_release(&tree);
}

static void
test_round_trip(void **state)
{
	struct op_tree tree;
	struct op_tree copy;

	(void)state;
	build_session(&tree);
	uint8_t *bytes = encode(&tree);
	struct reader reader = reader_over(bytes, tree.size);

	assert_true(op_tree_decode(&copy, &reader));
	assert_int_equal(reader_left(&reader), 0);
	assert_int_equal(copy.size, tree.size);
	const struct op_node *session = op_find(copy.root, "flow-session");

	assert_string_equal(op_value(session, "policy"), "p/4");
	assert_string_equal(op_value(session, "empty"), "");
	assert_null(op_value(session, "flag"));
	assert_string_equal(session->next->name, "displayed-session-count");
	uint8_t *again = encode(&copy);

	assert_memory_equal(bytes, again, tree.size);
	free(bytes);
	free(again);
	op_tree_release(&tree);
	op_tree_release(&copy);
}

/* Cut anywhere, and with any octet changed: refused or read, never past the end. */
static void
test_malformed(void **state)
{
	struct op_tree tree;
	struct op_tree copy;

	(void)state;
	build_session(&tree);
	uint8_t *bytes = encode(&tree);

	for (size_t length = 0; length < tree.size; length++) {
		uint8_t *cut = malloc(length == 0 ? 1 : length);

		assert_non_null(cut);
		memcpy(cut, bytes, length);
		struct reader reader = reader_over(cut, length);

		assert_false(op_tree_decode(&copy, &reader));
		free(cut);
	}
	for (size_t at = 0; at < tree.size; at++) {
		for (unsigned value = 0; value < 256; value += 5) {
			const uint8_t was = bytes[at];

			bytes[at] = (uint8_t)value;
			struct reader reader = reader_over(bytes, tree.size);

			if (op_tree_decode(&copy, &reader)) {
				op_tree_release(&copy);
			}
			bytes[at] = was;
		}
	}
	free(bytes);
	op_tree_release(&tree);
}

static void
test_depth_is_bounded(void **state)
{
	struct op_tree tree;
	struct op_tree copy;

	(void)state;
	op_tree_start(&tree, "r");
	struct op_node *at = tree.root;

	for (int i = 1; i < OP_TREE_DEPTH; i++) {
		at = op_add(&tree, at, "n", NULL);
	}
	uint8_t *bytes = encode(&tree);
	struct reader reader = reader_over(bytes, tree.size);

	assert_true(op_tree_decode(&copy, &reader));
	op_tree_release(&copy);
	free(bytes);
	(void)op_add(&tree, at, "n", NULL);
	bytes = encode(&tree);
	reader = reader_over(bytes, tree.size);
	assert_false(op_tree_decode(&copy, &reader));
	free(bytes);
	op_tree_release(&tree);
}

static void
test_nul_in_a_string(void **state)
{
	static const uint8_t bytes[] = {2, 1, 'r', 0, 0, 0, 3, 'a', 0, 'b', 0};
	static const uint8_t name[] = {1, 2, 'r', 0, 0};
	static const uint8_t nameless[] = {1, 0, 0};
	static const uint8_t markup[] = {1, 2, 'r', '<', 0};
	struct op_tree copy;

	(void)state;
	struct reader reader = reader_over(bytes, sizeof(bytes));

	assert_false(op_tree_decode(&copy, &reader));
	reader = reader_over(name, sizeof(name));
	assert_false(op_tree_decode(&copy, &reader));
	reader = reader_over(markup, sizeof(markup));
	assert_false(op_tree_decode(&copy, &reader));
	reader = reader_over(nameless, sizeof(nameless));
	assert_false(op_tree_decode(&copy, &reader));
}

static void
test_two_trees_in_a_row(void **state)
{
	static const uint8_t bytes[] = {1, 1, 'a', 0, 2, 1, 'b', 0, 0, 0, 1, 'x', 0};
	struct op_tree first;
	struct op_tree second;
	struct reader reader = reader_over(bytes, sizeof(bytes));

	(void)state;
	assert_true(op_tree_decode(&first, &reader));
	assert_true(op_tree_decode(&second, &reader));
	assert_string_equal(first.root->name, "a");
	assert_string_equal(second.root->value, "x");
	op_tree_release(&first);
	op_tree_release(&second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_failed_tree_has_no_octets),
	    cmocka_unit_test(test_build_and_find),
	    cmocka_unit_test(test_numbers_do_not_wrap),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_depth_is_bounded),
	    cmocka_unit_test(test_nul_in_a_string),
	    cmocka_unit_test(test_two_trees_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
