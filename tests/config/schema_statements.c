/*
 * The schema against the list of the guide's statements (statements.tsv): each is there with its
 * kind, values and default; and every node has its help, which names the default.
 */
#include "conf/applications.h"
#include "config_support.h"

enum { COLUMNS = 4, COLUMN_PATH = 0, COLUMN_KIND, COLUMN_VALUES, COLUMN_DEFAULT };

static const struct schema_node *
next_level(const struct schema_node *node, const char *word, size_t length, bool *value_due)
{
	const struct schema_node *child = schema_child(node, word, length);

	if (child == NULL || child->keyword_less) {
		/* A name without keyword: <interface-name>, or one that is written out (st0). */
		child = node->keyword_less_child;
		*value_due = false;
		return child;
	}
	*value_due = child->kind == SCHEMA_LIST || child->kind == SCHEMA_LEAF ||
		     child->kind == SCHEMA_LEAF_LIST;
	return child;
}

/* "security zones security-zone <name> tcp-rst": the node that the path leads to; NULL: there is
 * none. */
static const struct schema_node *
find(const struct schema *schema, const char *path)
{
	const struct schema_node *node = schema_top(schema);
	bool value_due = false;

	while (node != NULL && *path != '\0') {
		const size_t length = strcspn(path, " ");

		if (value_due) {
			value_due = false;
		} else if (node->second_key == NULL || strlen(node->second_key) != length ||
			   strncmp(node->second_key, path, length) != 0) {
			node = next_level(node, path, length, &value_due);
		} else {
			value_due = true;
		}
		path += length + (path[length] == ' ' ? 1 : 0);
	}
	return node;
}

static bool
has_kind(const struct schema_node *node, const char *kind)
{
	static const char *const names[] = {
	    [SCHEMA_CONTAINER] = "container",
	    [SCHEMA_PRESENCE] = "presence",
	    [SCHEMA_LEAF] = "leaf",
	    [SCHEMA_LEAF_LIST] = "leaf-list",
	    [SCHEMA_LIST] = "list",
	};
	/* A container may mean something by itself. */
	const bool container = node->kind == SCHEMA_PRESENCE && node->child_count > 0 &&
			       strcmp(kind, "container") == 0;

	return container || strcmp(names[node->kind], kind) == 0;
}

static bool
accepts(const struct schema *schema, const struct schema_node *node, const char *value)
{
	struct text canonical = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	const bool good = schema_check_value(schema, node, value, &canonical, &error);

	/* Who is refused is told what would be allowed. */
	assert_true(good || error.length > 0);
	text_release(&canonical);
	text_release(&error);
	return good;
}

static bool
accepts_number(
    const struct schema *schema, const struct schema_node *node, unsigned long long number)
{
	char value[32];

	(void)snprintf(value, sizeof(value), "%llu", number);
	return accepts(schema, node, value);
}

/* "1..30" or "esp,ah". */
static bool
has_values(const struct schema *schema, const struct schema_node *node, const char *values)
{
	char *end;
	const unsigned long long low = strtoull(values, &end, 10);
	char word[64];

	if (end != values && strncmp(end, "..", 2) == 0) {
		const unsigned long long high = strtoull(end + 2, NULL, 10);

		return accepts_number(schema, node, low) && accepts_number(schema, node, high) &&
		       !accepts_number(schema, node, high + 1) &&
		       (low == 0 || !accepts_number(schema, node, low - 1));
	}
	while (*values != '\0') {
		const size_t length = strcspn(values, ",");

		(void)snprintf(word, sizeof(word), "%.*s", (int)length, values);
		if (!accepts(schema, node, word)) {
			return false;
		}
		values += length + (values[length] == ',' ? 1 : 0);
	}
	return true;
}

/* As the schema has it, as the statement without value means it, or as the help says (where it
 * depends on something). */
static bool
has_default(const struct schema_node *node, const char *value)
{
	char said[80];

	if (node->default_value != NULL) {
		return strcmp(node->default_value, value) == 0;
	}
	if (node->omitted != NULL) {
		return strcmp(node->omitted, value) == 0;
	}
	(void)snprintf(said, sizeof(said), "(default %s", value);
	return strstr(node->help, said) != NULL;
}

/* "tcp/22", or "any". */
static void
add_term(void *context, const struct conf_application_term *term)
{
	struct text *out = context;

	assert_int_equal(term->destination_low,
	    term->protocol == CONF_PROTOCOL_ANY ? 0 : term->destination_high);
	if (term->protocol == CONF_PROTOCOL_ANY) {
		text_append(out, "any");
	} else {
		text_printf(out, "%s/%u",
		    term->protocol == 6    ? "tcp"
		    : term->protocol == 17 ? "udp"
					   : "?",
		    term->destination_low);
	}
}

static void
check_application(const struct schema *schema, char *const columns[])
{
	struct conf_tree *tree = conf_tree_create(schema);
	struct text terms = TEXT_EMPTY;

	assert_true(conf_application_resolve(tree, columns[COLUMN_PATH], add_term, &terms));
	assert_string_equal(text_string(&terms), columns[COLUMN_VALUES]);
	text_release(&terms);
	conf_tree_destroy(tree);
}

/* A predefined zone is no error as to-zone, though nobody configured it. */
static void
check_zone(const struct schema *schema, const char *name)
{
	struct world loaded = {.tree = conf_tree_create(schema)};
	struct text lines = TEXT_EMPTY;

	text_printf(&lines,
	    "set security zones security-zone a\nset security policies from-zone a to-zone %s\n",
	    name);
	assert_true(conf_load(
	    loaded.tree, CONF_FORMAT_SET, NULL, text_string(&lines), lines.length, &loaded.list));
	conf_check(loaded.tree, &loaded.list);
	assert_int_equal(loaded.list.count, 0);
	text_release(&lines);
	world_release(&loaded);
}

static void
check_row(const struct schema *schema, char *const columns[])
{
	const char *kind = columns[COLUMN_KIND];

	if (strcmp(kind, "application") == 0) {
		check_application(schema, columns);
		return;
	}
	if (strcmp(kind, "zone") == 0) {
		check_zone(schema, columns[COLUMN_PATH]);
		return;
	}
	const struct schema_node *node = find(schema, columns[COLUMN_PATH]);

	if (node == NULL) {
		fail_msg("%s: not in the schema", columns[COLUMN_PATH]);
		return;
	}
	if (strcmp(kind, "value") != 0 && !has_kind(node, kind)) {
		fail_msg("%s: no %s", columns[COLUMN_PATH], kind);
	}
	if (strcmp(columns[COLUMN_VALUES], "-") != 0 &&
	    !has_values(schema, node, columns[COLUMN_VALUES])) {
		fail_msg("%s: values are not %s", columns[COLUMN_PATH], columns[COLUMN_VALUES]);
	}
	if (strcmp(columns[COLUMN_DEFAULT], "-") != 0 &&
	    !has_default(node, columns[COLUMN_DEFAULT])) {
		fail_msg("%s: default is not %s", columns[COLUMN_PATH], columns[COLUMN_DEFAULT]);
	}
}

static void
each_statement_is_in_the_schema(void **state)
{
	struct table table = table_open(TABLES "/statements.tsv");
	char *columns[COLUMNS];
	size_t count = 0;

	while (table_next(&table, columns, COLUMNS)) {
		check_row(*state, columns);
		count++;
	}
	table_close(&table);
	assert_int_equal(count, 368);
}

/* The help is the manual. => recursion goes as deep as the schema */
static void
check_help(const struct schema_node *node)
{
	char said[80];

	for (size_t i = 0; i < node->child_count; i++) {
		const struct schema_node *child = node->children[i];

		if (strlen(child->help) < 2 || child->help[0] == ' ' ||
		    child->help[strlen(child->help) - 1] == '.') {
			fail_msg("%s %s: help '%s'", node->name, child->name, child->help);
		}
		if (child->default_value != NULL) {
			(void)snprintf(said, sizeof(said), "(default %s", child->default_value);
			if (strstr(child->help, said) == NULL) {
				fail_msg("%s %s: help does not tell the default %s", node->name,
				    child->name, child->default_value);
			}
		}
		if (child->key_node != NULL) {
			assert_true(strlen(child->key_node->help) >= 2);
		}
		if (!child->whole) {
			check_help(child);
		}
	}
}

static void
each_node_has_its_help(void **state)
{
	check_help(schema_top(*state));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_statement_is_in_the_schema),
	    cmocka_unit_test(each_node_has_its_help),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
