/*
 * Pages about statements: which statements words mean, and what is said of them.
 */
#include "conf/reference.h"
#include "op_house.h"

enum { MOST = 4 };

/* The paths of what is found, joined by "; ". */
static void
expect_found(const struct house *house, const char *words, const char *paths)
{
	const struct schema_node *found[MOST];
	const size_t count = reference_find(house->schema, words, found, MOST);
	struct text got = TEXT_EMPTY;

	for (size_t i = 0; i < count && i < MOST; i++) {
		text_append(&got, i == 0 ? "" : "; ");
		reference_path(found[i], &got);
	}
	assert_string_equal(text_string(&got), paths);
	text_release(&got);
}

static void
test_way_from_the_top(void **state)
{
	const struct house *house = *state;

	expect_found(house, "security zones security-zone", "security zones security-zone <name>");
	/* Names stand where they do in a configuration, or are left out. */
	expect_found(house, "security zones security-zone trust tcp-rst", "security zones security-zone <name> tcp-rst");
	expect_found(house, "security zones security-zone tcp-rst", "security zones security-zone <name> tcp-rst");
	expect_found(house, "  sec  zon security-z <name> tcp-r ", "security zones security-zone <name> tcp-rst");
	/* Names without a keyword, and two names. */
	expect_found(house, "interfaces ge-0/0/0 unit 0 vlan-id", "interfaces <name> unit <name> vlan-id");
	expect_found(house, "security policies from-zone a to-zone b policy p then deny",
	    "security policies from-zone <from-zone-name> to-zone <name> policy <name> then deny");
	expect_found(house, "security policies from-zone policy",
	    "security policies from-zone <from-zone-name> to-zone <name> policy <name>");
	/* Behind the value of a leaf nothing stands. */
	expect_found(house, "system time-zone Europe/Vienna", "system time-zone");
	/* Groups repeat the top. */
	expect_found(house, "groups g security zones", "security zones");
}

static void
test_last_words(void **state)
{
	const struct house *house = *state;
	const struct schema_node *found[MOST];

	expect_found(house, "tcp-rst", "security zones security-zone <name> tcp-rst");
	expect_found(house, "security-zone tcp-rst", "security zones security-zone <name> tcp-rst");
	expect_found(house, "zones address-set address", "security zones security-zone <name> address-book address-set <name> address <name>");
	/* In their order. */
	expect_found(house, "address-set zones address", "");
	/* More than there is room for are counted. */
	assert_true(reference_find(house->schema, "address", found, MOST) > MOST);
	assert_true(reference_find(house->schema, "address", found, 0) > MOST);
	expect_found(house, "nonsense", "");
	expect_found(house, "", "");
	expect_found(house, "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a", "");
}

static void
expect_page(const struct house *house, const char *words, const char *page)
{
	const struct schema_node *found[MOST];
	struct text out = TEXT_EMPTY;

	assert_int_equal(reference_find(house->schema, words, found, MOST), 1);
	reference_render(found[0], &out);
	assert_string_equal(text_string(&out), page);
	text_release(&out);
}

static void
test_pages(void **state)
{
	const struct house *house = *state;

	expect_page(house, "interfaces unit vlan-id",
	    "vlan-id\n"
	    "\n  Syntax\n\n"
	    "      vlan-id <uint16>;\n"
	    "\n  Hierarchy Level\n\n"
	    "      [edit interfaces <name> unit <name>]\n"
	    "\n  Description\n\n"
	    "      802.1Q tag sent and expected on this unit; the port needs vlan-tagging\n"
	    "\n  Options\n\n"
	    "      Range: 1..4094\n");
	expect_page(house, "system time-zone",
	    "time-zone\n"
	    "\n  Syntax\n\n"
	    "      time-zone <time-zone>;\n"
	    "\n  Hierarchy Level\n\n"
	    "      [edit system]\n"
	    "\n  Description\n\n"
	    "      Local time zone of schedulers and log files, Europe/Vienna or GMT-14 to GMT+12, where GMT+5 is five hours behind "
	    "(default UTC)\n"
	    "\n  Options\n\n"
	    "      Default: UTC\n");
	expect_page(house, "security zones",
	    "zones\n"
	    "\n  Syntax\n\n"
	    "      zones {\n"
	    "          security-zone <name> { ... }\n"
	    "      }\n"
	    "\n  Hierarchy Level\n\n"
	    "      [edit security]\n"
	    "\n  Description\n\n"
	    "      Security zones\n"
	    "\n  Options\n\n"
	    "      security-zone <name>: Group of logical interfaces: the unit of policies and screens\n");
}

/* Values without a keyword, and the words of an enumeration with what they mean. */
static void
test_values(void **state)
{
	const struct house *house = *state;
	const struct schema_node *found[MOST];
	struct text out = TEXT_EMPTY;

	assert_int_equal(reference_find(house->schema, "security ike policy", found, MOST), 1);
	reference_render(found[0], &out);
	assert_non_null(strstr(text_string(&out), "          mode (main | aggressive);\n"));
	assert_non_null(strstr(text_string(&out), "          proposals [ <object-name> ... ];\n"));
	assert_non_null(strstr(text_string(&out), "\n          main: Six messages; identities are encrypted\n"));
	text_clear(&out);
	assert_int_equal(reference_find(house->schema, "security zones security-zone address-book address", found, MOST), 1);
	reference_render(found[0], &out);
	assert_non_null(strstr(text_string(&out), "          <book-prefix>;\n"));
	assert_non_null(strstr(text_string(&out), "\n      <book-prefix>: IPv4 or IPv6 address with prefix length"));
	text_clear(&out);
	/* At the top there is no level above. */
	assert_int_equal(reference_find(house->schema, "security", found, MOST), 1);
	reference_render(found[0], &out);
	assert_non_null(strstr(text_string(&out), "\n      [edit]\n"));
	text_release(&out);
}

/* Every statement has a page, and words that are its own way find it. */
static void
walk(const struct house *house, const struct schema_node *node, size_t depth)
{
	for (size_t i = 0; i < node->child_count && depth < 20; i++) {
		const struct schema_node *child = node->children[i];
		const struct schema_node *found[MOST];
		struct text path = TEXT_EMPTY;
		struct text page = TEXT_EMPTY;

		if (child->hidden || child->whole) {
			continue;
		}
		reference_path(child, &path);
		/* A value without a keyword has no word of its own. */
		if (!child->keyword_less || child->kind == SCHEMA_LIST) {
			assert_int_equal(reference_find(house->schema, text_string(&path), found, MOST), 1);
			assert_ptr_equal(found[0], child);
		}
		reference_render(child, &page);
		assert_non_null(strstr(text_string(&page), "\n  Description\n"));
		assert_false(text_failed(&page));
		text_release(&path);
		text_release(&page);
		walk(house, child, depth + 1);
	}
}

static void
test_every_statement(void **state)
{
	const struct house *house = *state;

	walk(house, schema_top(house->schema), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_way_from_the_top),
	    cmocka_unit_test(test_last_words),
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_every_statement),
	};

	return cmocka_run_group_tests(tests, build, tear_down);
}
