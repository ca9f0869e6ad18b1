/*
 * Set lines and curly text: reading, what is told where, and that one bad statement costs itself only.
 */
#include "conf_support.h"

/* REQ-CFG-004, E-003: several leaves of one container on one line. */
static void
several_leaves_on_one_line(void **state)
{
	struct world world = world_of(state,
	    "set security screen ids-option s tcp syn-fin tcp-no-flag syn-frag\n"
	    "set security screen ids-option s limit-session source-ip-based 100 destination-ip-based 200\n"
	    "set routing-instances a-vr instance-type virtual-router interface ge-0/0/3.1\n"
	    "set schedulers scheduler w saturday start-time 12:00 stop-time 17:00\n");

	assert_renders(&world, CONF_FORMAT_SET,
	    "set schedulers scheduler w saturday start-time 12:00:00\n"
	    "set schedulers scheduler w saturday stop-time 17:00:00\n"
	    "set security screen ids-option s tcp syn-fin\n"
	    "set security screen ids-option s tcp tcp-no-flag\n"
	    "set security screen ids-option s tcp syn-frag\n"
	    "set security screen ids-option s limit-session source-ip-based 100\n"
	    "set security screen ids-option s limit-session destination-ip-based 200\n"
	    "set routing-instances a-vr instance-type virtual-router\n"
	    "set routing-instances a-vr interface ge-0/0/3.1\n");
	world_release(&world);
}

/* E-003: the words never climb to an enclosing container. */
static void
words_never_climb(void **state)
{
	struct world world = world_create(state);

	assert_false(world_load(&world, CONF_FORMAT_SET,
	    "set security screen ids-option s tcp port-scan threshold 1000 syn-fin\n"));
	assert_told(&world, "[edit security screen ids-option s tcp port-scan] 'threshold 1000 syn-fin': 'syn-fin' is not");
	assert_renders(&world, CONF_FORMAT_SET, "");
	world_release(&world);
}

/* E-005: a list of values without brackets goes to the next keyword of its level. */
static void
values_without_brackets(void **state)
{
	struct world world = world_of(state,
	    "set security policies from-zone a to-zone b policy p match source-address x y z destination-address any "
	    "application [junos-http junos-ssh]\n");

	assert_renders(&world, CONF_FORMAT_TEXT,
	    "security {\n"
	    "    policies {\n"
	    "        from-zone a to-zone b {\n"
	    "            policy p {\n"
	    "                match {\n"
	    "                    source-address [ x y z ];\n"
	    "                    destination-address any;\n"
	    "                    application [ junos-http junos-ssh ];\n"
	    "                }\n"
	    "            }\n"
	    "        }\n"
	    "    }\n"
	    "}\n");
	world_release(&world);
}

/* REQ-CFG-003: the same statements below an edit level. */
static void
statements_at_a_level(void **state)
{
	struct world world = world_of(state,
	    "edit security zones\n"
	    "set security-zone trust tcp-rst\n"
	    "edit security-zone trust interfaces\n"
	    "set ge-0/0/0.0\n"
	    "up\n"
	    "set description inside\n"
	    "top\n"
	    "set system host-name gate\n");

	assert_renders(&world, CONF_FORMAT_SET,
	    "set system host-name gate\n"
	    "set security zones security-zone trust description inside\n"
	    "set security zones security-zone trust tcp-rst\n"
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n");
	world_release(&world);
}

/* cs09306: one bad statement never truncates the rest; all are told at once, each with line and place. */
static void
bad_lines_cost_themselves(void **state)
{
	struct world world = world_create(state);

	assert_false(world_load(&world, CONF_FORMAT_SET,
	    "set system host-name a\n"
	    "bogus line\n"
	    "set security zones security-zone trust tcp-rts\n"
	    "set system host-name\n"
	    "set interfaces ge-0/0/0 unit 99999\n"
	    "exit\n"
	    "set security zones security-zone untrust\n"));
	assert_int_equal(world.list.errors, 4);
	assert_told(&world, "test:2: 'bogus line': a line begins with set");
	assert_told(&world, "test:3: [edit security zones security-zone trust] 'tcp-rts': 'tcp-rts' is not possible here: "
	                    "did you mean 'tcp-rst'?");
	assert_told(&world, "test:4: [edit system] 'host-name': a value is missing behind 'host-name'");
	assert_told(&world, "test:5: [edit interfaces ge-0/0/0] 'unit 99999': '99999' is not possible here: a unit is a "
	                    "number from 0 to 16385");
	assert_renders(&world, CONF_FORMAT_SET,
	    "set system host-name a\n"
	    "set security zones security-zone untrust\n");
	world_release(&world);
}

/* cs09306, curly: a bad head costs its block, a stray brace nothing more. */
static void
bad_blocks_cost_themselves(void **state)
{
	struct world world = world_create(state);

	assert_false(world_load(&world, CONF_FORMAT_TEXT,
	    "system {\n"
	    "    bogus {\n"
	    "        deep { deeper; }\n"
	    "    }\n"
	    "    host-name a;\n"
	    "}\n"
	    "}\n"
	    "security {\n"
	    "    flow { allow-dns-reply; allow-everything; }\n"
	    "}\n"));
	assert_int_equal(world.list.errors, 3);
	assert_told(&world, "test:2: [edit system] 'bogus': 'bogus' is not possible here");
	assert_told(&world, "test:7: [edit]: '}' without a block");
	assert_told(&world, "test:9: [edit security flow] 'allow-everything': 'allow-everything' is not possible here");
	assert_renders(&world, CONF_FORMAT_SET,
	    "set system host-name a\n"
	    "set security flow allow-dns-reply\n");
	world_release(&world);
}

static void
open_blocks_are_told(void **state)
{
	struct world world = world_create(state);

	assert_false(world_load(&world, CONF_FORMAT_TEXT, "system {\n    host-name a;\n    services {\n        ssh;\n"));
	assert_told(&world, "2 blocks not closed, the last one of line 3: '}' is missing");
	assert_renders(&world, CONF_FORMAT_SET, "set system host-name a\nset system services ssh\n");
	world_release(&world);
}

/* Texts with blanks and quotation marks keep every character. */
static void
quoted_texts_round_trip(void **state)
{
	struct world world = world_of(state, "set interfaces ge-0/0/0 description \"a \\\"b\\\" \\\\ c; { }\"\n");
	static const char curly[] = "interfaces {\n    ge-0/0/0 {\n        description \"a \\\"b\\\" \\\\ c; { }\";\n    }\n}\n";
	struct world again = world_create(state);

	assert_string_equal(conf_value(conf_entry(conf_child(conf_tree_top(world.tree), "interfaces"), "interface",
	                        "ge-0/0/0", NULL), "description"),
	    "a \"b\" \\ c; { }");
	assert_renders(&world, CONF_FORMAT_TEXT, curly);
	assert_true(world_load(&again, CONF_FORMAT_TEXT, curly));
	assert_renders(&again, CONF_FORMAT_TEXT, curly);
	world_release(&world);
	world_release(&again);
}

/* Inactive statements stay in the text and are as if absent for readers. */
static void
inactive_statements(void **state)
{
	struct world world = world_of(state,
	    "set security zones security-zone a tcp-rst\n"
	    "set security zones security-zone b\n"
	    "deactivate security zones security-zone a\n");
	static const char curly[] =
	    "security {\n"
	    "    zones {\n"
	    "        inactive: security-zone a {\n"
	    "            tcp-rst;\n"
	    "        }\n"
	    "        security-zone b;\n"
	    "    }\n"
	    "}\n";
	const struct conf_node *zones = conf_walk(conf_tree_top(world.tree), "security", "zones", NULL);
	struct world again = world_create(state);

	assert_null(conf_entry(zones, "security-zone", "a", NULL));
	assert_string_equal(conf_first(zones, "security-zone")->value, "b");
	assert_renders(&world, CONF_FORMAT_TEXT, curly);
	assert_true(world_load(&again, CONF_FORMAT_TEXT, curly));
	assert_renders(&again, CONF_FORMAT_SET,
	    "set security zones security-zone a tcp-rst\n"
	    "deactivate security zones security-zone a\n"
	    "set security zones security-zone b\n");
	world_release(&world);
	world_release(&again);
}

/* Interfaces and units stand in natural order, whatever the order of entry. */
static void
interfaces_are_sorted(void **state)
{
	struct world world = world_of(state,
	    "set interfaces ge-0/0/10 unit 0\n"
	    "set interfaces ge-0/0/2 unit 10\n"
	    "set interfaces ge-0/0/2 unit 9\n");

	assert_renders(&world, CONF_FORMAT_SET,
	    "set interfaces ge-0/0/2 unit 9\n"
	    "set interfaces ge-0/0/2 unit 10\n"
	    "set interfaces ge-0/0/10 unit 0\n");
	world_release(&world);
}

/* Lines that end as on other systems, a byte order mark, tabs. */
static void
texts_of_other_systems(void **state)
{
	struct world world = world_of(state, "\xef\xbb\xbfset system host-name a\r\n\tset\tsystem services ssh\r\n");
	struct world again = world_create(state);

	assert_true(world_load(&again, CONF_FORMAT_AUTO, "\xef\xbb\xbfsystem {\r\n\thost-name a;\r\n\tservices { ssh; }\r\n}\r\n"));
	assert_int_equal(again.list.count, 0);
	assert_renders(&world, CONF_FORMAT_SET, "set system host-name a\nset system services ssh\n");
	assert_renders(&again, CONF_FORMAT_SET, "set system host-name a\nset system services ssh\n");
	world_release(&world);
	world_release(&again);
}

static void
comments_between_lines(void **state)
{
	struct world world = world_of(state,
	    "# one\n/* two */\nset system host-name a\n/* three\nset system host-name b\nfour */\nset system services ssh\n");

	assert_renders(&world, CONF_FORMAT_SET, "set system host-name a\nset system services ssh\n");
	assert_false(world_load(&world, CONF_FORMAT_SET, "set system services telnet\n/* five\nset system host-name b\n"));
	assert_told(&world, "test:2: the comment does not end");
	assert_renders(&world, CONF_FORMAT_SET,
	    "set system host-name a\nset system services ssh\nset system services telnet\n");
	world_release(&world);
}

/* Delete lines in a file; what is left empty goes too. */
static void
delete_lines(void **state)
{
	struct world world = world_of(state,
	    "set system services ssh\n"
	    "set system host-name a\n"
	    "delete system services ssh\n"
	    "delete system host-name\n");

	assert_renders(&world, CONF_FORMAT_SET, "");
	assert_null(conf_tree_top(world.tree)->first);
	world_release(&world);
}

static void
forms_are_guessed(void **state)
{
	static const struct {
		const char *text;
		enum conf_format format;
	} samples[] = {
	    {"# comment\nset system host-name a\n", CONF_FORMAT_SET},
	    {"user@host# set system host-name a\n", CONF_FORMAT_SET},
	    {"/* a\n b */\nsystem {\n", CONF_FORMAT_TEXT},
	    {"  { \"configuration\": {} }", CONF_FORMAT_JSON},
	    {"<configuration/>", CONF_FORMAT_XML},
	    {"", CONF_FORMAT_TEXT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		assert_int_equal(conf_format_guess(samples[i].text, strlen(samples[i].text)), samples[i].format);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(several_leaves_on_one_line),
	    cmocka_unit_test(words_never_climb),
	    cmocka_unit_test(values_without_brackets),
	    cmocka_unit_test(statements_at_a_level),
	    cmocka_unit_test(bad_lines_cost_themselves),
	    cmocka_unit_test(bad_blocks_cost_themselves),
	    cmocka_unit_test(open_blocks_are_told),
	    cmocka_unit_test(quoted_texts_round_trip),
	    cmocka_unit_test(inactive_statements),
	    cmocka_unit_test(interfaces_are_sorted),
	    cmocka_unit_test(texts_of_other_systems),
	    cmocka_unit_test(comments_between_lines),
	    cmocka_unit_test(delete_lines),
	    cmocka_unit_test(forms_are_guessed),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
