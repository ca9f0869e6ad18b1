/*
 * Statements as they are typed: shortened keywords, what is ambiguous, and where a line is wrong.
 */
#include "op_house.h"

#include "conf/line.h"

static const char configuration[] =
    "set security zones security-zone trust address-book address tcp 10.0.0.0/24\n"
    "set security zones security-zone untrust address-book address web 192.0.2.0/24\n"
    "set security policies from-zone trust to-zone untrust policy a match source-address tcp\n"
    "set security policies from-zone trust to-zone untrust policy b match source-address any\n";

static int
furnish(void **state)
{
	*state = house_create(configuration);
	return 0;
}

static const struct conf_line_rule set_rule = {.whole = true};
static const struct conf_line_rule show_rule = {.until = NULL};
static const struct conf_line_rule insert_rule = {.until = "before after"};
static const struct conf_line_rule rename_rule = {.until = "to"};
static const struct conf_line_rule text_rule = {.but_last = true};

static void
expect_read(struct house *house, const struct conf_line_rule *rule, const char *words, const char *whole)
{
	struct text expanded = TEXT_EMPTY;
	struct op_error error;

	assert_int_equal(conf_line_read(&house->editor, words, rule, &expanded, &error), CONF_LINE_READS);
	assert_string_equal(text_string(&expanded), whole);
	text_release(&expanded);
	op_error_release(&error);
}

static void
expect_wrong(struct house *house, const struct conf_line_rule *rule, const char *words, size_t column)
{
	struct text expanded = TEXT_EMPTY;
	struct op_error error;

	assert_int_equal(conf_line_read(&house->editor, words, rule, &expanded, &error), CONF_LINE_WRONG);
	assert_int_equal(error.column, column);
	text_release(&expanded);
	op_error_release(&error);
}

static void
test_keywords(void **state)
{
	struct house *house = *state;

	expect_read(house, &set_rule, "sec zones security-zone trust tcp-r", "security zones security-zone trust tcp-rst");
	expect_read(house, &set_rule, "secu  zon security-z x  addr address y 10.0.0.1/32",
	    "security  zones security-zone x  address-book address y 10.0.0.1/32");
	expect_read(house, &set_rule, "sec pol from trust to untrust pol c th perm",
	    "security policies from-zone trust to-zone untrust policy c then permit");
	expect_read(house, &set_rule, "interf ge-0/0/0 uni 0 fam inet addr 10.0.0.1/24",
	    "interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24");
	/* A value of an enumeration is a keyword too. */
	expect_read(house, &set_rule, "security ike policy p mode aggr", "security ike policy p mode aggressive");
	expect_read(house, &show_rule, "sec zon", "security zones");
	expect_read(house, &show_rule, "sec zon security-z", "security zones security-zone");
	expect_read(house, &show_rule, "", "");
	text_append(&house->editor.level, "security zones security-zone trust");
	expect_read(house, &set_rule, "tcp-r", "tcp-rst");
	text_clear(&house->editor.level);
}

/* Behind before, after and to the list's keyword may be shortened, when a name follows; a name alone is a name. */
static void
test_behind(void **state)
{
	struct house *house = *state;

	expect_read(house, &insert_rule, "sec pol from trust to untrust pol b before pol a",
	    "security policies from-zone trust to-zone untrust policy b before policy a");
	expect_read(house, &insert_rule, "sec pol from trust to untrust pol b after pol",
	    "security policies from-zone trust to-zone untrust policy b after pol");
	expect_read(house, &rename_rule, "sec pol from trust to untrust pol b to  poli \"c d\"",
	    "security policies from-zone trust to-zone untrust policy b to  policy \"c d\"");
	expect_read(house, &rename_rule, "sec pol from trust to untrust pol b to \"poli\" c",
	    "security policies from-zone trust to-zone untrust policy b to \"poli\" c");
	expect_read(house, &rename_rule, "sec pol from trust to untrust to from-z c to-zone d",
	    "security policies from-zone trust to-zone untrust to from-zone c to-zone d");
	expect_read(house, &rename_rule, "sec pol from trust to untrust pol b to", "security policies from-zone trust to-zone untrust policy b to");
}

/* The last word is a pattern or a text. */
static void
test_but_last(void **state)
{
	struct house *house = *state;

	expect_read(house, &text_rule, "interf ge-*", "interfaces ge-*");
	expect_read(house, &text_rule, "sec zon security-z t*", "security zones security-zone t*");
	expect_read(house, &text_rule, "sys \"the whole\"", "system \"the whole\"");
	expect_read(house, &text_rule, "interf ge-0/0/[12]  ", "interfaces ge-0/0/[12]  ");
	expect_read(house, &text_rule, "sys \"a \\\" b\"", "system \"a \\\" b\"");
	expect_read(house, &text_rule, "sys", "sys");
	expect_read(house, &text_rule, "", "");
	expect_wrong(house, &text_rule, "security zoens t*", strlen("security "));
}

/* Names stay, be they ever so near to a keyword or to another name. */
static void
test_names_stay(void **state)
{
	struct house *house = *state;

	expect_read(house, &set_rule, "security zones security-zone tru tcp-r", "security zones security-zone tru tcp-rst");
	expect_read(house, &set_rule, "security zones security-zone security tcp-rst",
	    "security zones security-zone security tcp-rst");
	expect_read(house, &set_rule, "sec pol from trust to untrust pol a match source-address [ tc web ]",
	    "security policies from-zone trust to-zone untrust policy a match source-address [ tc web ]");
	expect_read(house, &set_rule, "sys host-n \"sec\"", "system host-name \"sec\"");
	expect_read(house, &insert_rule, "sec pol from trust to untrust pol b before policy a",
	    "security policies from-zone trust to-zone untrust policy b before policy a");
	/* Quotation marks say that it is no keyword. */
	expect_wrong(house, &set_rule, "\"sec\" zones", 0);
}

static void
test_ambiguous(void **state)
{
	struct house *house = *state;
	struct text expanded = TEXT_EMPTY;
	struct op_error error;

	assert_int_equal(conf_line_read(&house->editor, "sec zon security-z trust addr a", &set_rule, &expanded, &error),
	    CONF_LINE_AMBIGUOUS);
	/* The place counts what was typed. */
	assert_int_equal(error.column, strlen("sec zon security-z trust addr "));
	assert_string_equal(text_string(&error.message), "'a' is ambiguous, possible: address, address-set");
	op_error_release(&error);
	text_release(&expanded);
}

static void
test_places(void **state)
{
	struct house *house = *state;

	expect_wrong(house, &set_rule, "security zoens security-zone trust", strlen("security "));
	expect_wrong(house, &set_rule, "sec zon security-z trust tcp-x", strlen("sec zon security-z trust "));
	expect_wrong(house, &set_rule, "interfaces ge-0/0/0 unit 0 vlan-id 5000", strlen("interfaces ge-0/0/0 unit 0 vlan-id "));
	/* Between the keys of a list a keyword is due. */
	expect_wrong(house, &set_rule, "security policies from-zone trust untrust", strlen("security policies from-zone trust "));
	expect_wrong(house, &set_rule, "security policies from-zone trust", strlen("security policies from-zone trust "));
	/* Something is missing at the end. */
	expect_wrong(house, &set_rule, "system host-name", strlen("system host-name "));
	expect_read(house, &show_rule, "system host-name", "system host-name");
	text_append(&house->editor.level, "security zones security-zone trust");
	expect_wrong(house, &set_rule, "tcp-x", 0);
	text_clear(&house->editor.level);
}

/* What a file holds is read as it stands. */
static void
test_files_stay(void **state)
{
	struct house *house = *state;
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	static const char file[] = "set sec zones security-zone trust tcp-r\n";

	assert_false(conf_load(house->editor.tree, CONF_FORMAT_SET, NULL, file, strlen(file), &list));
	assert_int_equal(list.errors, 1);
	diagnostics_release(&list);
}

/* Bad input: signs, quotes that are open, more words than anybody types. */
static void
test_hostile(void **state)
{
	struct house *house = *state;
	struct text words = TEXT_EMPTY;

	expect_wrong(house, &set_rule, "sec }", strlen("sec "));
	expect_wrong(house, &set_rule, "{", 0);
	for (int i = 0; i < 1000; i++) {
		text_append(&words, "sec ");
	}
	expect_read(house, &set_rule, text_string(&words), text_string(&words));
	text_release(&words);
	expect_read(house, &set_rule, "sec \"zones", "sec \"zones");
}

/* The tree is what it was, whatever was tried. */
static void
test_nothing_changes(void **state)
{
	struct house *house = *state;
	struct text before = TEXT_EMPTY;
	struct text after = TEXT_EMPTY;

	conf_render(conf_tree_top(house->editor.tree), CONF_FORMAT_SET, &before);
	test_keywords(state);
	test_places(state);
	conf_render(conf_tree_top(house->editor.tree), CONF_FORMAT_SET, &after);
	assert_string_equal(text_string(&before), text_string(&after));
	text_release(&before);
	text_release(&after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_keywords, furnish, tear_down),
	    cmocka_unit_test_setup_teardown(test_behind, furnish, tear_down),
	    cmocka_unit_test_setup_teardown(test_but_last, furnish, tear_down),
	    cmocka_unit_test_setup_teardown(test_names_stay, furnish, tear_down),
	    cmocka_unit_test_setup_teardown(test_ambiguous, furnish, tear_down),
	    cmocka_unit_test_setup_teardown(test_places, furnish, tear_down),
	    cmocka_unit_test_setup_teardown(test_files_stay, furnish, tear_down),
	    cmocka_unit_test_setup_teardown(test_hostile, furnish, tear_down),
	    cmocka_unit_test_setup_teardown(test_nothing_changes, furnish, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
