/*
 * Memory that runs out at each single allocation of a command's way: nothing leaks, nothing crashes, and what is said to
 * have worked has worked.
 */
#include "op_house.h"

#include "conf/line.h"
#include "failing_memory.h"

static int
furnish(void **state)
{
	*state = house_create("set security zones security-zone trust interfaces ge-0/0/1.2\n");
	return 0;
}

/* Runs `attempt` with the n-th allocation failing, for each n until one run needs no n-th. It says whether it worked. */
static void
fail_each(const struct house *house, bool (*attempt)(const struct house *house))
{
	uint32_t refused = 0;
	bool finished = false;

	for (uint32_t n = 0; !finished; n++) {
		assert_true(n < 100000);
		failing_memory_start(n);
		const bool worked = attempt(house);

		finished = !failing_memory_failed();
		failing_memory_stop();
		refused += !worked;
		assert_true(worked || !finished);
	}
	assert_true(refused > 0);
}

/* Shortened words: what comes out is whole or the line as it was typed, never something between. */
static bool
attempt_line(const struct house *house)
{
	static const char typed[] = "sec zon security-z trust tcp-r";
	static const struct conf_line_rule rule = {.whole = true};
	struct text expanded = TEXT_EMPTY;
	struct op_error error;
	const enum conf_line_state state = conf_line_read(&house->editor, typed, &rule, &expanded, &error);
	const bool whole = strcmp(text_string(&expanded), "security zones security-zone trust tcp-rst") == 0;

	assert_int_not_equal(state, CONF_LINE_AMBIGUOUS);
	assert_true(whole || state != CONF_LINE_READS || text_failed(&expanded) ||
	    strcmp(text_string(&expanded), typed) == 0);
	op_error_release(&error);
	text_release(&expanded);
	return whole && state == CONF_LINE_READS;
}

static bool
attempt_table(const struct house *house)
{
	struct op_table *table = op_table_create(house->schema);
	size_t count = 0;

	if (table == NULL) {
		return false;
	}
	assert_true(op_table_rpcs(table, &count) != NULL && count > 20);
	op_table_destroy(table);
	return true;
}

static bool
attempt_parse(const struct house *house)
{
	struct op_command command;
	struct op_error error;
	const bool parsed = op_parse(house->table, OP_MODE_OPERATIONAL,
	    "show security flow session source-prefix 10.0.0.0/8 protocol tcp | display xml", &command, &error);

	if (parsed) {
		assert_string_equal(command.rpc->name, "get-flow-session-information");
		assert_string_equal(op_value(command.request.root, "source-prefix"), "10.0.0.0/8");
		assert_string_equal(op_value(command.request.root, "protocol"), "tcp");
		assert_int_equal(command.pipe.format, OP_FORMAT_XML);
		op_command_release(&command);
	}
	op_error_release(&error);
	return parsed;
}

static bool
attempt_statement(const struct house *house)
{
	static const char *const statement =
	    "security policies from-zone trust to-zone untrust policy a-name-that-is-long-enough match application any";
	struct op_command command;
	struct op_error error;
	struct text line = TEXT_EMPTY;

	text_printf(&line, "set %s", statement);
	const bool whole = !text_failed(&line);
	const bool parsed = op_parse(house->table, OP_MODE_CONFIGURATION, text_string(&line), &command, &error);

	if (parsed && whole) {
		assert_string_equal(op_value(command.request.root, "statement"), statement);
	}
	op_command_release(&command);
	op_error_release(&error);
	text_release(&line);
	return parsed && whole;
}

static bool
attempt_tree(const struct house *house)
{
	struct op_tree tree;
	struct op_tree copy;
	struct op_renderer renderer;
	struct text out = TEXT_EMPTY;
	uint8_t bytes[512];
	struct writer writer = writer_over(bytes, sizeof(bytes));
	bool worked = false;

	op_tree_start(&tree, "software-information");
	(void)op_add(&tree, tree.root, "host-name", "fw");
	(void)op_addf(&tree, tree.root, "product-model", "%s", "sallyport");
	(void)op_add_number(&tree, tree.root, "sallyport-version", 1);
	op_tree_encode(&tree, &writer);
	assert_int_equal(tree.failed, writer_failed(&writer));
	struct reader reader = reader_over(bytes, writer_failed(&writer) ? 0 : writer_length(&writer));

	if (op_tree_decode(&copy, &reader)) {
		op_renderer_start(&renderer, op_table_find(house->table, "get-software-information"), NULL, OP_FORMAT_JSON, &out);
		op_renderer_add(&renderer, &copy, &out);
		op_renderer_end(&renderer, &out);
		worked = !text_failed(&out);
		op_tree_release(&copy);
	}
	op_tree_release(&tree);
	text_release(&out);
	return worked;
}

static void
count(void *context, const struct conf_candidate *candidate)
{
	uint32_t *found = context;

	assert_non_null(candidate->word);
	assert_non_null(candidate->help);
	(*found)++;
}

static bool
attempt_completion(const struct house *house)
{
	uint32_t found = 0;

	op_complete(house->table, OP_MODE_OPERATIONAL, &house->editor, "show security zones ", count, &found);
	op_complete(house->table, OP_MODE_CONFIGURATION, &house->editor, "set security zones security-zone trust interfaces ",
	    count, &found);
	return found == 8; /* Enter, terse, the zone, <zone>, detail, the pipe; the unit and its placeholder */
}

static void
test_table(void **state)
{
	fail_each(*state, attempt_table);
}

static void
test_parse(void **state)
{
	fail_each(*state, attempt_parse);
	fail_each(*state, attempt_statement);
}

static void
test_tree(void **state)
{
	fail_each(*state, attempt_tree);
}

static void
test_completion(void **state)
{
	fail_each(*state, attempt_completion);
}

static void
test_line(void **state)
{
	fail_each(*state, attempt_line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_tree),
	    cmocka_unit_test(test_completion),
	    cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, furnish, tear_down);
}
