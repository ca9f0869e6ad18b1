/*
 * REQ-CFG-002: every statement that the guide prints (printed-statements.tsv) loads with its class:
 * OK, ALIAS, EXT, SEM and NOTE without a word, LENIENT with exactly the warnings of its errata
 * (REQ-CFG-016), FIX leads to a message that names the cause.
 */
#include "config_support.h"

enum {
	COLUMNS = 7,
	COLUMN_LINE = 0,
	COLUMN_CLASS,
	COLUMN_ERRATA,
	COLUMN_WARNS,
	COLUMN_CONTEXT,
	COLUMN_TOLD,
	COLUMN_STATEMENT,
};

/* Loads "@NN ; set ... ; delete ...": example NN and further lines. */
static void
load_context(const struct schema *schema, struct world *loaded, const char *context)
{
	struct diagnostics ignored = DIAGNOSTICS_EMPTY;

	while (*context != '\0') {
		const char *end = strstr(context, " ; ");
		const size_t length = end == NULL ? strlen(context) : (size_t)(end - context);

		if (*context == '@') {
			conf_tree_destroy(loaded->tree);
			*loaded = load_numbered(schema, EXAMPLES, context + 1, ".set");
		} else {
			assert_true(conf_load(
			    loaded->tree, CONF_FORMAT_SET, NULL, context, length, &ignored));
		}
		context += length + (end == NULL ? 0 : 3);
	}
	diagnostics_release(&ignored);
}

/* The errata that the warnings name, sorted, each once: "E-071,E-074". */
static void
warned(const struct diagnostics *list, struct text *out)
{
	static const char last[] = "0123456789ABCDEFGHIJKLMNOP";

	for (unsigned tens = 0; tens < 30; tens++) {
		for (size_t c = 0; last[c] != '\0'; c++) {
			char name[16];
			bool there = false;

			(void)snprintf(name, sizeof(name), "E-%02u%c ", tens, last[c]);
			for (size_t i = 0; i < list->count; i++) {
				there = there || (list->items[i].severity == DIAGNOSTIC_WARNING &&
						     strncmp(list->items[i].message, name, 6) == 0);
			}
			if (there) {
				text_printf(out, "%s%.5s", out->length > 0 ? "," : "", name);
			}
		}
	}
}

static void
check_lenient(char *const columns[], struct world *loaded)
{
	struct text names = TEXT_EMPTY;

	assert_int_equal(loaded->list.errors, 0);
	conf_check(loaded->tree, &loaded->list);
	warned(&loaded->list, &names);
	if (strcmp(text_string(&names), columns[COLUMN_WARNS]) != 0) {
		fail_msg("line %s: %s\nwarned %s, not %s:\n%s", columns[COLUMN_LINE],
		    columns[COLUMN_STATEMENT], text_string(&names), columns[COLUMN_WARNS],
		    world_told(loaded));
	}
	text_release(&names);
}

static void
check_fix(char *const columns[], struct world *loaded)
{
	const char *told = columns[COLUMN_TOLD];

	conf_check(loaded->tree, &loaded->list);
	if (*told == '\0') {
		return;
	}
	const bool refused = loaded->list.errors > 0 || strncmp(told, "E-069", 5) == 0;

	if (!refused || strstr(world_told(loaded), told) == NULL) {
		fail_msg("line %s: %s\nnobody told: %s\nbut: %s", columns[COLUMN_LINE],
		    columns[COLUMN_STATEMENT], told, world_told(loaded));
	}
}

/* REQ-CFG-005: what is shown is canonical: it loads without a word, and is shown the same again. */
static void
check_canonical(const struct schema *schema, char *const columns[], struct world *loaded)
{
	struct world again = {.tree = conf_tree_create(schema)};
	const char *shown = world_render(loaded, CONF_FORMAT_SET);

	if (!conf_load(again.tree, CONF_FORMAT_SET, NULL, shown, strlen(shown), &again.list) ||
	    again.list.count > 0) {
		fail_msg("line %s: %s\nshown as %s%s", columns[COLUMN_LINE],
		    columns[COLUMN_STATEMENT], shown, world_told(&again));
	}
	assert_string_equal(world_render(&again, CONF_FORMAT_SET), shown);
	world_release(&again);
}

static void
check_row(const struct schema *schema, char *const columns[])
{
	struct world loaded = {.tree = conf_tree_create(schema)};
	const char *statement = columns[COLUMN_STATEMENT];
	const char *class = columns[COLUMN_CLASS];

	load_context(schema, &loaded, columns[COLUMN_CONTEXT]);
	(void)conf_load(
	    loaded.tree, CONF_FORMAT_SET, NULL, statement, strlen(statement), &loaded.list);
	if (loaded.list.errors == 0) {
		check_canonical(schema, columns, &loaded);
	}
	if (strcmp(class, "LENIENT") == 0) {
		check_lenient(columns, &loaded);
	} else if (strcmp(class, "FIX") == 0) {
		check_fix(columns, &loaded);
	} else if (loaded.list.count > 0) {
		fail_msg("line %s, %s: %s\n%s", columns[COLUMN_LINE], class, statement,
		    world_told(&loaded));
	} else {
		assert_non_null(conf_tree_top(loaded.tree)->first);
	}
	world_release(&loaded);
}

static void
each_printed_statement_has_its_class(void **state)
{
	struct table table = table_open(TABLES "/printed-statements.tsv");
	char *columns[COLUMNS];
	size_t count = 0;
	size_t fixed = 0;

	while (table_next(&table, columns, COLUMNS)) {
		check_row(*state, columns);
		fixed += strcmp(columns[COLUMN_CLASS], "FIX") == 0 && *columns[COLUMN_TOLD] != '\0';
		count++;
	}
	table_close(&table);
	assert_int_equal(count, 583);
	/* All FIX rows but E-131's lead to a message. */
	assert_int_equal(fixed, 51);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_printed_statement_has_its_class),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
