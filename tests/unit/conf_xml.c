/*
 * XML in: what render_xml.c writes comes back, and what is wrong costs itself only and is told with its line.
 */
#include "conf_support.h"

static void
comes_back(void **state)
{
	struct world world = world_of(state,
	    "set system host-name x\nset system services ssh\n"
	    "set interfaces ge-0/0/0 description \"a <b> & \\\"c\\\"\"\nset interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	    "set security zones security-zone a interfaces ge-0/0/0.0 host-inbound-traffic system-services ping\n"
	    "set security policies from-zone a to-zone b policy p match source-address [ x y ]\n"
	    "set security policies from-zone a to-zone b policy p then permit\ndeactivate system services\n");
	struct conf_editor editor = {.tree = world.tree};

	assert_true(conf_edit(&editor, CONF_EDIT_ANNOTATE, "system \"first & <last>\"", &world.list));
	assert_true(conf_edit(&editor, CONF_EDIT_ANNOTATE, "system host-name note", &world.list));
	assert_true(conf_edit(&editor, CONF_EDIT_PROTECT, "interfaces ge-0/0/0", &world.list));
	char *set = strdup(world_render(&world, CONF_FORMAT_SET));
	char *xml = strdup(world_render(&world, CONF_FORMAT_XML));
	struct world again = world_create(state);

	if (!world_load(&again, CONF_FORMAT_AUTO, xml)) {
		fail_msg("%s\n%s", xml, world_told(&again));
	}
	assert_int_equal(again.list.count, 0);
	assert_renders(&again, CONF_FORMAT_SET, set);
	assert_renders(&again, CONF_FORMAT_XML, xml);
	free(set);
	free(xml);
	world_release(&world);
	world_release(&again);
}

static void
wrong_places(void **state)
{
	struct world world = world_create(state);

	assert_false(world_load(&world, CONF_FORMAT_XML,
	    "<?xml version=\"1.0\"?>\n<rpc-reply xmlns:junos=\"u\">\n<configuration junos:commit-seconds=\"1\">\n"
	    "<system>\n<host-name>\n  good\n</host-name>\n<nonsense/>\n</system>\n"
	    "<interfaces>\n<interface>\n<mtu>1400</mtu>\n</interface>\n<interface>\n<name>wrong</name>\n</interface>\n"
	    "<interface>\n<name>ge-0/0/0</name>\n<mtu>\n1</mtu>\n<description><b/></description>\n</interface>\n</interfaces>\n"
	    "</configuration></rpc-reply>\n"));
	assert_told(&world, "test:8: [edit system] 'nonsense': this is not possible here");
	assert_told(&world, "test:11: [edit interfaces] 'interface': an entry has no name");
	assert_told(&world, "test:15: [edit interfaces] 'name': 'wrong' is not possible here");
	assert_told(&world, "test:19: [edit interfaces ge-0/0/0] 'mtu': '1' is not possible here");
	assert_told(&world, "test:21: [edit interfaces ge-0/0/0] 'description': a value is expected");
	/* The rest is there. */
	assert_renders(&world, CONF_FORMAT_SET, "set system host-name good\nset interfaces ge-0/0/0\n");
	world_release(&world);
}

/* What is no configuration at all, and what would like all memory. */
static void
hostile(void **state)
{
	static const struct {
		const char *text;
		const char *told;
	} rows[] = {
	    {"<configuration><system>", "test:1: this is not XML: "},
	    {"<configuration>\n<system></configuration>", "test:2: this is not XML: "},
	    {"<!DOCTYPE c [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n<configuration>&b;</configuration>",
	        "a document type is not possible"},
	    {"<a><b/></a>", "no element 'configuration'"},
	    {"<configuration>\xff</configuration>", "this is not XML"},
	    {"<", "this is not XML"},
	    {"<configuration><system><host-name>x&#1;</host-name></system></configuration>", "this is not XML"},
	    {"<configuration><groups><name>g</name><groups><name>h</name></groups></groups></configuration>", "not possible"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world world = world_create(state);

		assert_false(world_load(&world, CONF_FORMAT_XML, rows[i].text));
		assert_told(&world, rows[i].told);
		world_release(&world);
	}
	struct world deep = world_create(state);
	struct text text = TEXT_EMPTY;

	for (size_t i = 0; i < 100000; i++) {
		text_append(&text, "<configuration>");
	}
	assert_false(world_load(&deep, CONF_FORMAT_XML, text_string(&text)));
	assert_told(&deep, "nested deeper than 64");
	text_release(&text);
	world_release(&deep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comes_back),
	    cmocka_unit_test(wrong_places),
	    cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
