/*
 * Each statement of the guide (statements.tsv) as a user types it: it loads, comes back from every form, takes the ends of
 * its range and each of its words, and refuses what is beyond them with its place (REQ-CFG-001). What is saved is all of
 * it (cs10996), and a statement that is deleted leaves nothing (cs08670).
 */
#include "config_support.h"

enum { COLUMNS = 4, COLUMN_PATH = 0, COLUMN_KIND, COLUMN_VALUES };

/* One of these fits each type that is no number and no list of words; they are canonical. */
static const char *const samples[] = {"x1", "ge-0/0/0", "ge-0/0/0.0", "st0.1", "192.0.2.1", "192.0.2.0/24", "inet.0", "tcp",
    "80", "fin", "user@example.com", "2026-12-31.18:00", "07:00:00", "00ff", "$6$salt$hash", "2001:db8::1/64", "http", "any"};

struct line {
	struct text words;
	const struct schema_node *last; /* of the last value; NULL: there is none */
	size_t value;                   /* where that begins */
};

static bool
accepts(const struct schema *schema, const struct schema_node *typed, const char *value)
{
	struct text canonical = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	const bool good = schema_check_value(schema, typed, value, &canonical, &error) &&
	    strcmp(text_string(&canonical), value) == 0;

	text_release(&canonical);
	text_release(&error);
	return good;
}

static void
append_sample(const struct schema *schema, const struct schema_node *typed, struct line *line)
{
	size_t count;
	const struct schema_word *words = schema_words(typed, &count);

	line->last = typed;
	line->value = line->words.length;
	if (typed->range != NULL) {
		text_append_bytes(&line->words, typed->range, strcspn(typed->range, "."));
		return;
	}
	if (count > 0) {
		text_append(&line->words, words[0].name);
		return;
	}
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		if (accepts(schema, typed, samples[i])) {
			text_printf(&line->words, "\"%s\"", samples[i]);
			return;
		}
	}
	fail_msg("%s %s: no sample fits %s", typed->parent->name, typed->name, typed->type_name);
}

/* The path with a value in each place for one. */
static struct line
line_of(const struct schema *schema, const char *path)
{
	struct line line = {.last = NULL};
	const struct schema_node *node = schema_top(schema);
	const struct schema_node *due = NULL; /* whose value comes next */

	text_append(&line.words, "set");
	while (*path != '\0') {
		const size_t length = strcspn(path, " ");
		const struct schema_node *child = due == NULL ? schema_child(node, path, length) : NULL;

		text_append_char(&line.words, ' ');
		if (due != NULL) {
			append_sample(schema, due, &line);
			due = NULL;
		} else if (child != NULL && !child->keyword_less) {
			text_append_bytes(&line.words, path, length);
			node = child;
			due = child->kind == SCHEMA_LIST                                      ? child->key_node
			    : child->kind == SCHEMA_LEAF || child->kind == SCHEMA_LEAF_LIST ? child
			                                                                      : NULL;
		} else if (node->second_key != NULL && strncmp(node->second_key, path, length) == 0) {
			text_append_bytes(&line.words, path, length);
			due = node->second_key_node;
		} else {
			node = node->keyword_less_child;
			assert_non_null(node);
			if (*path == '<') {
				append_sample(schema, node->key_node == NULL ? node : node->key_node, &line);
			} else {
				text_append_bytes(&line.words, path, length); /* st0 */
			}
		}
		path += length + (path[length] == ' ' ? 1 : 0);
	}
	assert_false(text_failed(&line.words));
	return line;
}

/* The same statement with another value at its end. */
static void
put_value(struct line *line, const char *value, size_t length)
{
	line->words.length = line->value;
	text_append_bytes(&line->words, value, length);
}

static struct world
load_line(const struct schema *schema, const struct line *line, bool *good)
{
	struct world loaded = {.tree = conf_tree_create(schema)};

	*good = conf_load(loaded.tree, CONF_FORMAT_SET, "test", text_string(&line->words), line->words.length, &loaded.list);
	return loaded;
}

/* `shows`: a statement stands there. Containers that mean nothing by themselves are not kept. */
static void
loads(const struct schema *schema, const struct line *line, bool shows)
{
	static const enum conf_format formats[] = {CONF_FORMAT_SET, CONF_FORMAT_TEXT, CONF_FORMAT_JSON, CONF_FORMAT_XML};
	bool good;
	struct world loaded = load_line(schema, line, &good);
	char *stored = strdup(world_render(&loaded, CONF_FORMAT_SET));

	if (!good || loaded.list.errors > 0) {
		fail_msg("%s", world_told(&loaded));
	}
	assert_true(*stored != '\0' || !shows);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct world again = {.tree = conf_tree_create(schema)};
		const char *text = world_render(&loaded, formats[i]);

		if (*stored != '\0' && !conf_load(again.tree, formats[i], "again", text, strlen(text), &again.list)) {
			fail_msg("%s%s", text, world_told(&again));
		}
		assert_string_equal(world_render(&again, CONF_FORMAT_SET), stored);
		world_release(&again);
	}
	struct conf_editor editor = {.tree = loaded.tree};

	if (shows && !conf_edit(&editor, CONF_EDIT_DELETE, text_string(&line->words) + strlen("set "), &loaded.list)) {
		fail_msg("%s", world_told(&loaded));
	}
	assert_null(shows ? strstr(world_render(&loaded, CONF_FORMAT_SET), stored) : NULL);
	free(stored);
	world_release(&loaded);
}

static void
refuses(const struct schema *schema, const struct line *line)
{
	bool good;
	struct world loaded = load_line(schema, line, &good);

	if (good || strstr(world_told(&loaded), "test:1: [edit") == NULL) {
		fail_msg("%s: %s", text_string(&line->words), text_string(&loaded.out));
	}
	assert_string_equal(world_render(&loaded, CONF_FORMAT_SET), "");
	world_release(&loaded);
}

static void
refuses_number(const struct schema *schema, struct line *line, unsigned long long number)
{
	char value[32];

	(void)snprintf(value, sizeof(value), "%llu", number);
	put_value(line, value, strlen(value));
	refuses(schema, line);
}

static void
check_values(const struct schema *schema, struct line *line, const char *values)
{
	char *end;
	const unsigned long long low = strtoull(values, &end, 10);

	if (end != values && strncmp(end, "..", 2) == 0) {
		const unsigned long long high = strtoull(end + 2, NULL, 10);

		put_value(line, end + 2, strlen(end + 2));
		loads(schema, line, true);
		put_value(line, values, (size_t)(end - values));
		loads(schema, line, true);
		refuses_number(schema, line, high + 1);
		if (low > 0) {
			refuses_number(schema, line, low - 1);
		}
		put_value(line, "some", 4);
		refuses(schema, line);
		return;
	}
	while (*values != '\0') {
		const size_t length = strcspn(values, ",");

		put_value(line, values, length);
		loads(schema, line, true);
		values += length + (values[length] == ',' ? 1 : 0);
	}
	/* Words of an open type are not all that it takes. */
	if (!accepts(schema, line->last, "no-such-word")) {
		put_value(line, "no-such-word", strlen("no-such-word"));
		refuses(schema, line);
	}
}

static void
each_statement_loads(void **state)
{
	struct table table = table_open(TABLES "/statements.tsv");
	char *columns[COLUMNS];
	size_t count = 0;

	while (table_next(&table, columns, COLUMNS)) {
		if (strcmp(columns[COLUMN_KIND], "application") == 0 || strcmp(columns[COLUMN_KIND], "zone") == 0) {
			continue; /* no statements: names that are there */
		}
		struct line line = line_of(*state, columns[COLUMN_PATH]);

		loads(*state, &line, strcmp(columns[COLUMN_KIND], "container") != 0);
		if (strcmp(columns[COLUMN_VALUES], "-") != 0) {
			assert_non_null(line.last);
			check_values(*state, &line, columns[COLUMN_VALUES]);
		}
		text_release(&line.words);
		count++;
	}
	table_close(&table);
	assert_true(count > 340);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_statement_loads),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
