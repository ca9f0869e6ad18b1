/*
 * The corrected examples say what the errata decided: the rows of corrected-statements.tsv.
 */
#include "config_support.h"

enum { COLUMNS = 4 };

static bool
has_line(const char *shown, const char *statement)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "set %s\n", statement);
	const char *at = strstr(shown, line);

	while (at != NULL && at != shown && at[-1] != '\n') {
		at = strstr(at + 1, line);
	}
	return at != NULL;
}

/* REQ-CFG-002: what an erratum corrected is corrected, and stays so. */
static void
examples_are_as_decided(void **state)
{
	struct table table = table_open(TABLES "/corrected-statements.tsv");
	char *columns[COLUMNS];
	size_t rows = 0;
	size_t wrong = 0;

	while (table_next(&table, columns, COLUMNS)) {
		struct world loaded = load_numbered(*state, EXAMPLES, columns[1], ".set");
		const char *shown = world_render(&loaded, CONF_FORMAT_SET);
		const bool line = strcmp(columns[2], "line") == 0;
		const bool holds = line ? has_line(shown, columns[3]) : strstr(shown, columns[3]) == NULL;

		assert_true(line || strcmp(columns[2], "none") == 0);
		assert_string_not_equal(columns[3], "");
		if (!holds) {
			print_error("%s: example %s: %s: %s\n", columns[0], columns[1], columns[2], columns[3]);
			wrong++;
		}
		rows++;
		world_release(&loaded);
	}
	table_close(&table);
	assert_true(rows > 0);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(examples_are_as_decided)};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
