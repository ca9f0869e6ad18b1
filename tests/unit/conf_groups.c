/*
 * Groups: what is inherited, from which of several, what is not, and that bad ones are told with their place.
 */
#include "conf_support.h"

/* The set lines in force of what the lines say. */
static void
expands(void **state, const char *lines, const char *expected)
{
	assert_expands(state, lines, NULL, expected);
}

static void
written_wins(void **state)
{
	expands(state,
	    "set groups g system host-name inherited\nset groups g interfaces ge-0/0/0 mtu 1400\n"
	    "set groups g interfaces ge-0/0/0 description d\nset apply-groups g\n"
	    "set system host-name written\nset interfaces ge-0/0/0 mtu 1500\n",
	    "set system host-name written\nset interfaces ge-0/0/0 description d\nset interfaces ge-0/0/0 mtu 1500\n");
}

static void
first_group_wins(void **state)
{
	expands(state, "set groups a system host-name of-a\nset groups b system host-name of-b\nset apply-groups [ b a ]\n",
	    "set system host-name of-b\n");
}

/* Where groups cannot be applied they are no names either: the error tells where they can. */
static void
told_where_they_belong(void **state)
{
	static const struct {
		const char *line;
		const char *told;
	} rows[] = {
	    {"set interfaces ge-0/0/0 unit 0 family apply-groups g\n",
	        "'apply-groups' is not possible in 'family': it belongs directly below 'unit'"},
	    {"set routing-options rib-groups apply-groups g\n",
	        "'apply-groups' is not possible in 'rib-groups': it belongs directly below 'routing-options'"},
	    {"set routing-options rib-groups apply-groups-except g\n",
	        "'apply-groups-except' is not possible in 'rib-groups': it belongs directly below 'routing-options'"},
	    {"routing-options { rib-groups { apply-groups g; } }\n",
	        "'apply-groups' is not possible in 'rib-groups': it belongs directly below 'routing-options'"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_tree *tree = conf_tree_create(*state);
		struct diagnostics list = DIAGNOSTICS_EMPTY;
		struct text out = TEXT_EMPTY;

		assert_false(conf_load(tree, CONF_FORMAT_AUTO, NULL, rows[i].line, strlen(rows[i].line), &list));
		diagnostics_render_lines(&list, &out);
		if (list.errors != 1 || strstr(text_string(&out), rows[i].told) == NULL) {
			fail_msg("%s: %s", rows[i].line, text_string(&out));
		}
		text_release(&out);
		diagnostics_release(&list);
		conf_tree_destroy(tree);
	}
}

/* Groups named inside come before those named outside, and reach no further. */
static void
inner_before_outer(void **state)
{
	expands(state,
	    "set groups out interfaces <*> mtu 1400\nset groups in interfaces ge-0/0/1 mtu 1300\n"
	    "set groups in system host-name x\nset apply-groups out\nset interfaces ge-0/0/0 unit 0\n"
	    "set interfaces ge-0/0/1 unit 0\nset interfaces ge-0/0/1 apply-groups in\n",
	    "set interfaces ge-0/0/0 mtu 1400\nset interfaces ge-0/0/0 unit 0\n"
	    "set interfaces ge-0/0/1 mtu 1300\nset interfaces ge-0/0/1 unit 0\n");
}

static void
excepted(void **state)
{
	expands(state,
	    "set groups g interfaces <*> mtu 1400\nset apply-groups g\nset interfaces ge-0/0/0 unit 0\n"
	    "set interfaces ge-0/0/1 unit 0\nset interfaces ge-0/0/1 apply-groups-except g\n",
	    "set interfaces ge-0/0/0 mtu 1400\nset interfaces ge-0/0/0 unit 0\nset interfaces ge-0/0/1 unit 0\n");
}

/* Patterns make no entries; they meet written and inherited ones, in all keys and levels. */
static void
patterns(void **state)
{
	expands(state,
	    "set groups g interfaces <ge-*> unit <*> description u\nset groups g interfaces <t*> mtu 1400\n"
	    "set groups h interfaces ge-0/0/2 unit 3\nset apply-groups [ g h ]\n"
	    "set interfaces ge-0/0/0 unit 0\nset interfaces st0 unit 1\n",
	    "set interfaces ge-0/0/0 unit 0 description u\nset interfaces ge-0/0/2 unit 3 description u\n"
	    "set interfaces st0 unit 1\n");
	expands(state,
	    "set groups g security policies from-zone <*> to-zone <un*> policy <*> then log session-close\n"
	    "set apply-groups g\nset security policies from-zone a to-zone untrust policy p then permit\n"
	    "set security policies from-zone a to-zone b policy p then permit\n",
	    "set security policies from-zone a to-zone untrust policy p then permit\n"
	    "set security policies from-zone a to-zone untrust policy p then log session-close\n"
	    "set security policies from-zone a to-zone b policy p then permit\n");
}

/* A policy that denies stays one that denies: what is written excludes the group's choice. */
static void
choices(void **state)
{
	expands(state,
	    "set groups g security policies from-zone <*> to-zone <*> policy <*> then permit\nset apply-groups g\n"
	    "set security policies from-zone a to-zone b policy p then deny\n"
	    "set security policies from-zone a to-zone b policy q match application any\n",
	    "set security policies from-zone a to-zone b policy p then deny\n"
	    "set security policies from-zone a to-zone b policy q match application any\n"
	    "set security policies from-zone a to-zone b policy q then permit\n");
}

/* What is switched off is as if absent, in groups and beside them. */
static void
inactive(void **state)
{
	expands(state,
	    "set groups g system host-name x\nset groups g interfaces ge-0/0/0 mtu 1400\n"
	    "deactivate groups g interfaces\nset apply-groups g\nset system host-name y\ndeactivate system host-name\n",
	    "set system host-name x\n");
}

/* Values are joined, the written ones first. */
static void
values(void **state)
{
	expands(state,
	    "set groups g security policies from-zone a to-zone b policy <*> match source-address y\nset apply-groups g\n"
	    "set security policies from-zone a to-zone b policy p match source-address x\n",
	    "set security policies from-zone a to-zone b policy p match source-address x\n"
	    "set security policies from-zone a to-zone b policy p match source-address y\n");
}

/* Statements that share a line, families, lists without keyword: they inherit from groups around them, and show it. */
static void
one_line_and_prefix_forms(void **state)
{
	static const char lines[] =
	    "set groups g interfaces <*> unit <*> family inet mtu 1400\n"
	    "set groups g security screen ids-option <*> tcp port-scan threshold 6000\n"
	    "set groups g security ike policy <*> pre-shared-key ascii-text k\n"
	    "set groups g routing-options static route <*> qualified-next-hop <*> preference 7\n"
	    "set groups g routing-options rib-groups <*> import-rib inet.0\n"
	    "set groups g security zones security-zone <*> interfaces <*> host-inbound-traffic system-services ping\n"
	    "set apply-groups g\n"
	    "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	    "set routing-options rib-groups r import-rib v.inet.0\n"
	    "set routing-options static route 192.0.2.0/24 qualified-next-hop 10.0.0.2\n"
	    "set security ike policy p proposal-set standard\n"
	    "set security screen ids-option s tcp land\n"
	    "set security zones security-zone z interfaces ge-0/0/0.0\n";

	expands(state, lines,
	    "set interfaces ge-0/0/0 unit 0 family inet mtu 1400\n"
	    "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	    "set routing-options rib-groups r import-rib v.inet.0\n"
	    "set routing-options rib-groups r import-rib inet.0\n"
	    "set routing-options static route 192.0.2.0/24 qualified-next-hop 10.0.0.2 preference 7\n"
	    "set security ike policy p proposal-set standard\n"
	    "set security ike policy p pre-shared-key ascii-text k\n"
	    "set security screen ids-option s tcp port-scan threshold 6000\n"
	    "set security screen ids-option s tcp land\n"
	    "set security zones security-zone z interfaces ge-0/0/0.0 host-inbound-traffic system-services ping\n");
	struct world world = world_of(state, lines);
	struct conf_tree *expanded = conf_expand(world.tree, &world.list);

	assert_non_null(expanded);
	text_clear(&world.out);
	conf_render_remarks(conf_walk(conf_tree_top(expanded), "routing-options", "static", NULL), CONF_REMARKS_INHERITANCE,
	    &world.out);
	assert_string_equal(text_string(&world.out),
	    "route 192.0.2.0/24 {\n"
	    "    qualified-next-hop 10.0.0.2 {\n"
	    "        ##\n"
	    "        ## '7' was inherited from group 'g'\n"
	    "        ##\n"
	    "        preference 7;\n"
	    "    }\n"
	    "}\n");
	conf_tree_destroy(expanded);
	world_release(&world);
}

static void
errors_name_places(void **state)
{
	struct world world = world_of(state,
	    "set groups g security zones security-zone z interfaces ge-0/0/9.0\nset groups h apply-groups g\n"
	    "set apply-groups g\nset interfaces apply-groups none\nset interfaces ge-0/0/0 unit 0\n");

	conf_check(world.tree, &world.list);
	assert_told(&world, "(inherited from [edit groups g])");
	assert_told(&world, "4: [edit interfaces] 'apply-groups none': this group is not configured");
	assert_told(&world, "a group does not inherit from groups");
	world_release(&world);

	world = world_create(state);
	assert_false(world_load(&world, CONF_FORMAT_SET, "set groups g groups h system host-name x\n"));
	assert_false(world_load(&world, CONF_FORMAT_SET, "set interfaces <ge-*> mtu 1400\n"));
	assert_false(world_load(&world, CONF_FORMAT_JSON,
	    "{\"configuration\": {\"groups\": {\"group\": [{\"name\": \"g\", \"groups\": {\"group\": [{\"name\": \"h\"}]}}]}}}"));
	world_release(&world);
}

/* Raw in every form and back. */
static void
forms(void **state)
{
	static const char lines[] = "set groups g interfaces <ge-*> unit <*> description u\n"
	                            "set groups g security policies from-zone <*> to-zone b policy <[a-c]*> then deny\n"
	                            "set apply-groups g\nset interfaces apply-groups-except g\n"
	                            "set interfaces ge-0/0/0 mtu 1400\n";
	static const enum conf_format formats[] = {CONF_FORMAT_SET, CONF_FORMAT_TEXT, CONF_FORMAT_JSON, CONF_FORMAT_XML};
	struct world world = world_create(state);

	assert_true(world_load(&world, CONF_FORMAT_SET, lines) || true);
	char *set = strdup(world_render(&world, CONF_FORMAT_SET));

	for (size_t i = 0; i < 4; i++) {
		struct world again = world_create(state);

		if (!world_load(&again, formats[i], world_render(&world, formats[i]))) {
			fail_msg("%s", world_told(&again));
		}
		assert_renders(&again, CONF_FORMAT_SET, set);
		world_release(&again);
	}
	assert_non_null(strstr(set, "set groups g interfaces <ge-*> unit <*> description u\n"));
	free(set);
	world_release(&world);
}

static void
remarks(void **state)
{
	struct world world = world_of(state,
	    "set groups g system host-name x\nset groups g interfaces <*> mtu 1400\nset apply-groups g\n"
	    "set interfaces ge-0/0/0 description d\n");
	struct conf_tree *expanded = conf_expand(world.tree, &world.list);

	assert_non_null(expanded);
	text_clear(&world.out);
	conf_render_remarks(conf_tree_top(expanded), CONF_REMARKS_INHERITANCE, &world.out);
	assert_string_equal(text_string(&world.out), "##\n"
	    "## 'system' was inherited from group 'g'\n"
	    "##\n"
	    "system {\n"
	    "    ##\n"
	    "    ## 'x' was inherited from group 'g'\n"
	    "    ##\n"
	    "    host-name x;\n"
	    "}\n"
	    "interfaces {\n"
	    "    ge-0/0/0 {\n"
	    "        description d;\n"
	    "        ##\n"
	    "        ## '1400' was inherited from group 'g'\n"
	    "        ##\n"
	    "        mtu 1400;\n"
	    "    }\n"
	    "}\n");
	text_clear(&world.out);
	conf_render_remarks(conf_tree_top(expanded), CONF_REMARKS_DETAIL, &world.out);
	assert_non_null(strstr(text_string(&world.out), "    ##\n    ## host-name: "));
	conf_tree_destroy(expanded);
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(told_where_they_belong),
	    cmocka_unit_test(written_wins),
	    cmocka_unit_test(first_group_wins),
	    cmocka_unit_test(inner_before_outer),
	    cmocka_unit_test(excepted),
	    cmocka_unit_test(patterns),
	    cmocka_unit_test(choices),
	    cmocka_unit_test(inactive),
	    cmocka_unit_test(values),
	    cmocka_unit_test(one_line_and_prefix_forms),
	    cmocka_unit_test(errors_name_places),
	    cmocka_unit_test(forms),
	    cmocka_unit_test(remarks),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
