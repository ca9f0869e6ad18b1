/*
 * apply-path: which prefixes a list takes from elsewhere, and that a path that
 * leads nowhere is told with its place.
 */
#include "conf_support.h"

#define ADDRESSES "policy-options prefix-list l apply-path \"interfaces <*> unit <*> family inet address <*>\"\n"

/* The set lines in force below policy-options. */
static void
expands(void **state, const char *lines, const char *expected)
{
	assert_expands(state, lines, "policy-options", expected);
}

/* Networks of the interfaces; twice the same counts once; what is written stays. */
static void
addresses_of_interfaces(void **state)
{
	expands(state,
	    "set " ADDRESSES "set policy-options prefix-list l 192.0.2.0/24\n"
	    "set interfaces ge-0/0/0 unit 0 family inet address 10.1.2.3/24\n"
	    "set interfaces ge-0/0/0 unit 1 family inet address 10.1.2.4/24\n"
	    "set interfaces ge-0/0/1 unit 0 family inet address 10.9.0.1/32\n"
	    "set interfaces ge-0/0/1 unit 1 family inet6 address 2001:db8::1/64\n",
	    "set " ADDRESSES "set policy-options prefix-list l 10.1.2.0/24\n"
	    "set policy-options prefix-list l 10.9.0.1/32\n"
	    "set policy-options prefix-list l 192.0.2.0/24\n");
}

/* Patterns, exact names, names of two parts, values without a list; what is no prefix is passed over. */
static void
words_of_paths(void **state)
{
	expands(state,
	    "set policy-options prefix-list a apply-path \"interfaces <ge-0/0/[01]> unit 0 family inet6 address <2001:*>\"\n"
	    "set policy-options prefix-list b apply-path \"security zones security-zone trust address-book address <*> <10.*>\"\n"
	    "set policy-options prefix-list c apply-path \"  system   syslog host <*> \"\n"
	    "set policy-options prefix-list d apply-path \"security policies from-zone a to-zone <b*> policy <*> match "
	    "source-address <*>\"\n"
	    "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/48\n"
	    "set interfaces ge-0/0/0 unit 1 family inet6 address 2001:db8:2::1/48\n"
	    "set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:3::1/48\n"
	    "set security zones security-zone trust address-book address x 10.0.0.9/32\n"
	    "set security zones security-zone trust address-book address y 11.0.0.9/32\n"
	    "set system syslog host 192.0.2.7 any any\nset system syslog host logs.example.com any any\n"
	    "set security policies from-zone a to-zone b policy p match source-address 10.3.0.0/16\n"
	    "set security policies from-zone a to-zone c policy p match source-address 10.4.0.0/16\n",
	    "set policy-options prefix-list a apply-path \"interfaces <ge-0/0/[01]> unit 0 family inet6 address <2001:*>\"\n"
	    "set policy-options prefix-list a 2001:db8:1::/48\n"
	    "set policy-options prefix-list b apply-path \"security zones security-zone trust address-book address <*> <10.*>\"\n"
	    "set policy-options prefix-list b 10.0.0.9/32\n"
	    "set policy-options prefix-list c apply-path \"  system   syslog host <*> \"\n"
	    "set policy-options prefix-list c 192.0.2.7/32\n"
	    "set policy-options prefix-list d apply-path \"security policies from-zone a to-zone <b*> policy <*> match "
	    "source-address <*>\"\n"
	    "set policy-options prefix-list d 10.3.0.0/16\n");
}

/* Inherited statements count, on both sides; inactive ones do not. */
static void
groups_and_inactive(void **state)
{
	expands(state,
	    "set groups g " ADDRESSES "set groups g interfaces ge-0/0/7 unit 0 family inet address 10.7.0.1/16\n"
	    "set apply-groups g\nset interfaces ge-0/0/0 unit 0 family inet address 10.1.2.3/24\n"
	    "set interfaces ge-0/0/1 unit 0 family inet address 10.2.2.3/24\ndeactivate interfaces ge-0/0/1\n",
	    "set " ADDRESSES "set policy-options prefix-list l 10.1.2.0/24\n"
	    "set policy-options prefix-list l 10.7.0.0/16\n");
}

/* Lists that fill each other take what is written, once. */
static void
circles_end(void **state)
{
	expands(state,
	    "set policy-options prefix-list a apply-path \"policy-options prefix-list b <*>\"\n"
	    "set policy-options prefix-list a 10.1.0.0/16\n"
	    "set policy-options prefix-list b apply-path \"policy-options prefix-list <*> <*>\"\n"
	    "set policy-options prefix-list b 10.2.0.0/16\n",
	    "set policy-options prefix-list a apply-path \"policy-options prefix-list b <*>\"\n"
	    "set policy-options prefix-list a 10.1.0.0/16\nset policy-options prefix-list a 10.2.0.0/16\n"
	    "set policy-options prefix-list b apply-path \"policy-options prefix-list <*> <*>\"\n"
	    "set policy-options prefix-list b 10.1.0.0/16\nset policy-options prefix-list b 10.2.0.0/16\n");
}

static void
bad_paths(void **state)
{
	static const struct {
		const char *path;
		const char *message;
	} rows[] = {
	    {"interface <*>", "'interface' is no statement at [edit]"},
	    {"interfaces <*> units <*>", "'units' is no statement at [edit interfaces <*>]"},
	    {"interfaces <*> unit", "the path ends too early: a pattern such as <*> is expected behind 'unit'"},
	    {"interfaces <*> unit <*> family inet", "the path ends too early: it ends in a pattern"},
	    {"security policies from-zone <*> policy <*>", "'to-zone' is missing behind 'from-zone' and its name"},
	    {"security policies from-zone <*> to-zone", "is expected behind 'to-zone'"},
	    {"<*>", "'<*>' is no statement at [edit]"},
	    {"interfaces <*> mtu <*> unit", "'unit' is no statement at [edit interfaces <*> mtu <*>]"},
	    {" ", "the path ends too early"},
	    {"security ike policy <*> pre-shared-key ascii-text <*>", "a path leads to no secret"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text line = TEXT_EMPTY;

		text_printf(&line, "set policy-options prefix-list l apply-path \"%s\"\n", rows[i].path);
		struct world world = world_of(state, text_string(&line));

		conf_check(world.tree, &world.list);
		assert_int_equal(world.list.errors, 1);
		assert_told(&world, "1: [edit policy-options prefix-list l] 'apply-path");
		assert_told(&world, rows[i].message);
		text_release(&line);
		world_release(&world);
	}
}

/* JUNOS's form. */
static void
inheritance_is_shown(void **state)
{
	struct world world = world_of(state,
	    "set " ADDRESSES "set policy-options prefix-list l 192.0.2.0/24\n"
	    "set interfaces ge-0/0/0 unit 0 family inet address 10.1.2.3/24\n"
	    "set interfaces ge-0/0/1 unit 0 family inet address 10.1.3.3/24\n");
	struct conf_tree *expanded = conf_expand(world.tree, &world.list);

	assert_non_null(expanded);
	text_clear(&world.out);
	conf_render_remarks(conf_walk(conf_tree_top(expanded), "policy-options", NULL), CONF_REMARKS_INHERITANCE, &world.out);
	assert_string_equal(text_string(&world.out),
	    "prefix-list l {\n"
	    "    ##\n"
	    "    ## apply-path was expanded to:\n"
	    "    ##     10.1.2.0/24;\n"
	    "    ##     10.1.3.0/24;\n"
	    "    ##\n"
	    "    apply-path \"interfaces <*> unit <*> family inet address <*>\";\n"
	    "    192.0.2.0/24;\n"
	    "}\n");
	conf_tree_destroy(expanded);
	/* What is written is shown as it is. */
	assert_null(strstr(world_render(&world, CONF_FORMAT_TEXT), "10.1.2.0/24"));
	world_release(&world);
}

/* Both families; bits behind the length are cleared, and that is told. */
static void
prefixes(void **state)
{
	struct world world = world_create(state);

	assert_true(world_load(&world, CONF_FORMAT_SET,
	    "set policy-options prefix-list l 10.1.2.3/24\nset policy-options prefix-list l 10.1.2.3\n"
	    "set policy-options prefix-list l 2001:DB8:0::1/33\nset policy-options prefix-list l ::1\n"));
	assert_int_equal(world.list.count, 2);
	assert_told(&world, "1: [edit policy-options prefix-list l] '10.1.2.3/24': warning: bits behind the prefix length");
	assert_renders(&world, CONF_FORMAT_SET, "set policy-options prefix-list l 10.1.2.0/24\nset policy-options prefix-list l 10.1.2.3/32\n"
	    "set policy-options prefix-list l 2001:db8::/33\nset policy-options prefix-list l ::1/128\n");
	assert_false(world_load(&world, CONF_FORMAT_SET, "set policy-options prefix-list l 10.1.2.3/33\n"));
	assert_false(world_load(&world, CONF_FORMAT_SET, "set policy-options prefix-list l 2001:db8::/129\n"));
	assert_false(world_load(&world, CONF_FORMAT_SET, "set policy-options prefix-list l 2001:db8:::/32\n"));
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_of_interfaces),
	    cmocka_unit_test(words_of_paths),
	    cmocka_unit_test(groups_and_inactive),
	    cmocka_unit_test(circles_end),
	    cmocka_unit_test(bad_paths),
	    cmocka_unit_test(inheritance_is_shown),
	    cmocka_unit_test(prefixes),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
