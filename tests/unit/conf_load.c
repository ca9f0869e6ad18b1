/*
 * The ways of loading into a candidate, and that a file with one wrong statement changes nothing.
 */
#include "conf_support.h"
#include "conf/line.h"
#include "conf/load.h"

#define POLICIES "security policies from-zone a to-zone b"
#define HEAD "security {\n    policies {\n        from-zone a to-zone b {\n"
#define TAIL "        }\n    }\n}\n"

static bool
load(struct world *world, enum conf_load_mode mode, const char *level, const char *text)
{
	struct conf_editor editor = {.tree = world->tree, .level = TEXT_EMPTY};
	const struct conf_load_order order = {
	    .mode = mode,
	    .relative = level != NULL,
	    .format = CONF_FORMAT_AUTO,
	    .bytes = text,
	    .length = strlen(text),
	};

	text_append(&editor.level, level == NULL ? "" : level);
	const bool good = conf_load_into(&editor, &order, &world->list);

	text_release(&editor.level);
	return good;
}

static const char before[] = "set system host-name x\nset " POLICIES " policy p match source-address s\n"
                             "set " POLICIES " policy p then permit\nset " POLICIES " policy q then deny\n";

static void
merge(void **state)
{
	struct world world = world_of(state, before);

	/* A new value, a choice the other way, a new entry; all else stays. */
	assert_true(load(&world, CONF_LOAD_MERGE, NULL, "system { host-name y; }\n" HEAD
	    "policy p { then { reject; } } policy r { then { deny; } }\n" TAIL));
	assert_renders(&world, CONF_FORMAT_SET,
	    "set system host-name y\nset " POLICIES " policy p match source-address s\n"
	    "set " POLICIES " policy p then reject\nset " POLICIES " policy q then deny\n"
	    "set " POLICIES " policy r then deny\n");
	assert_true(load(&world, CONF_LOAD_MERGE, POLICIES, "policy q { then { permit; } }\n"));
	assert_non_null(strstr(world_render(&world, CONF_FORMAT_SET), "policy q then permit"));
	world_release(&world);
}

static void
override(void **state)
{
	static const enum conf_load_mode modes[] = {CONF_LOAD_OVERRIDE, CONF_LOAD_UPDATE};

	for (size_t i = 0; i < 2; i++) {
		struct world world = world_of(state, before);

		assert_true(load(&world, modes[i], NULL, "{\"configuration\": {\"system\": {\"host-name\": \"new\"}}}"));
		assert_renders(&world, CONF_FORMAT_SET, "set system host-name new\n");
		world_release(&world);
	}
}

/* Only what is marked is replaced, at its place. */
static void
replace(void **state)
{
	struct world world = world_of(state, before);

	assert_true(load(&world, CONF_LOAD_REPLACE, NULL, "system { host-name y; }\n" HEAD
	    "replace: policy p { then { deny; } }\n policy q { match { application any; } }\n" TAIL));
	assert_renders(&world, CONF_FORMAT_SET,
	    "set system host-name y\nset " POLICIES " policy p then deny\n"
	    "set " POLICIES " policy q match application any\nset " POLICIES " policy q then deny\n");
	/* The values of a statement together. */
	assert_true(load(&world, CONF_LOAD_REPLACE, NULL, HEAD
	    "policy q { match { replace: application [ junos-ssh junos-ftp ]; } }\n" TAIL));
	assert_non_null(strstr(world_render(&world, CONF_FORMAT_TEXT), "application [ junos-ssh junos-ftp ];"));
	assert_null(strstr(world_render(&world, CONF_FORMAT_TEXT), "replace:"));
	/* Merging takes no notice of marks. */
	assert_true(load(&world, CONF_LOAD_MERGE, NULL, HEAD "replace: policy p { description d; }\n" TAIL));
	assert_non_null(strstr(world_render(&world, CONF_FORMAT_SET), "policy p then deny"));
	world_release(&world);
}

static void
typed(void **state)
{
	struct world world = world_of(state, before);

	assert_true(load(&world, CONF_LOAD_SET, NULL,
	    "delete system\nset " POLICIES " policy p then deny\nedit " POLICIES "\nrename policy q to policy z\n"));
	assert_renders(&world, CONF_FORMAT_SET,
	    "set " POLICIES " policy p match source-address s\nset " POLICIES " policy p then deny\n"
	    "set " POLICIES " policy z then deny\n");
	assert_true(load(&world, CONF_LOAD_SET, POLICIES, "delete policy z\n"));
	assert_null(strstr(world_render(&world, CONF_FORMAT_SET), "policy z"));
	world_release(&world);
}

/* What compare writes brings one configuration to the other, and back. */
static void
patch(void **state)
{
	static const char *const others[] = {
	    "set system host-name y\nset " POLICIES " policy p match source-address [ s t ]\n"
	    "set " POLICIES " policy p then permit\nset " POLICIES " policy q then permit\nset interfaces ge-0/0/0 mtu 1400\n",
	    "set system host-name x\n",
	    "set security zones security-zone z\nset " POLICIES " policy q then deny\n",
	    /* Moved, put in between, switched, noted. */
	    "set system host-name x\nset " POLICIES " policy q then deny\nset " POLICIES " policy n then deny\n"
	    "set " POLICIES " policy p match source-address s\nset " POLICIES " policy p then permit\n"
	    "annotate " POLICIES " policy n \"new {\"\nannotate " POLICIES " policy p \"old\"\n"
	    "deactivate " POLICIES " policy q\nannotate system \"sys\"\n",
	    "set system host-name x\nannotate system host-name \"h\"\nset " POLICIES " policy a then deny\n"
	    "set " POLICIES " policy p match source-address s\n"
	    "deactivate " POLICIES " policy p match source-address s\nset " POLICIES " policy p then permit\n"
	    "set " POLICIES " policy b then deny\nset " POLICIES " policy q then deny\nset " POLICIES " policy z then deny\n"
	    "set groups y system host-name y\nset groups x system host-name y\nset apply-groups [ x y ]\n",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct world first = world_of(state, before);
		struct world second = world_of(state, others[i]);
		struct text there = TEXT_EMPTY;
		struct text back = TEXT_EMPTY;

		conf_compare(first.tree, second.tree, &there);
		conf_compare(second.tree, first.tree, &back);
		if (!load(&first, CONF_LOAD_PATCH, NULL, text_string(&there))) {
			fail_msg("%s\n%s", text_string(&there), world_told(&first));
		}
		assert_string_equal(world_render(&first, CONF_FORMAT_SET), world_render(&second, CONF_FORMAT_SET));
		if (!load(&first, CONF_LOAD_PATCH, NULL, text_string(&back))) {
			fail_msg("%s\n%s", text_string(&back), world_told(&first));
		}
		text_release(&there);
		text_release(&back);
		world_release(&first);
		world_release(&second);
	}
}

/* Many orders of the same policies: a patch brings each to each other one. */
static void
patches_of_orders(void **state)
{
	static const char *const orders[] = {"abcd", "dcba", "badc", "bd", "xaybzcd", "dabc", "cxdya", "d"};
	const size_t count = sizeof(orders) / sizeof(orders[0]);

	for (size_t i = 0; i < count * count; i++) {
		struct text lines[2] = {TEXT_EMPTY, TEXT_EMPTY};
		struct text difference = TEXT_EMPTY;

		for (size_t side = 0; side < 2; side++) {
			for (const char *name = orders[side == 0 ? i / count : i % count]; *name != '\0'; name++) {
				text_printf(&lines[side], "set " POLICIES " policy %c then deny\n", *name);
			}
		}
		struct world first = world_of(state, text_string(&lines[0]));
		struct world second = world_of(state, text_string(&lines[1]));

		conf_compare(first.tree, second.tree, &difference);
		if (!load(&first, CONF_LOAD_PATCH, NULL, text_string(&difference))) {
			fail_msg("%s\n%s", text_string(&difference), world_told(&first));
		}
		assert_string_equal(world_render(&first, CONF_FORMAT_SET), text_string(&lines[1]));
		text_release(&lines[0]);
		text_release(&lines[1]);
		text_release(&difference);
		world_release(&first);
		world_release(&second);
	}
}

/* What is protected is not moved, and a patch protects and gives free. */
static void
patches_and_protection(void **state)
{
	struct world world = world_of(state, before);
	struct conf_editor editor = {.tree = world.tree};
	static const char move[] = "[edit " POLICIES "]\n!  policy q { ... }\n   policy p { ... }\n";

	assert_true(load(&world, CONF_LOAD_PATCH, NULL, "[edit security]\n!  protect: policies { ... }\n"));
	assert_false(conf_edit(&editor, CONF_EDIT_DELETE, POLICIES " policy q", &world.list));
	assert_false(load(&world, CONF_LOAD_PATCH, NULL, move));
	assert_told(&world, "this is protected");
	assert_true(load(&world, CONF_LOAD_PATCH, NULL, "[edit security]\n!  unprotect: policies { ... }\n"));
	assert_true(load(&world, CONF_LOAD_PATCH, NULL, move));
	assert_true(strstr(world_render(&world, CONF_FORMAT_SET), "policy q") <
	    strstr(text_string(&world.out), "policy p"));
	world_release(&world);
}

/* merge, replace, update and set at a level: what stands beside it stays. */
static void
relative(void **state)
{
	static const char beside[] = "set system host-name x\nset system services ssh\nset interfaces ge-0/0/0 mtu 1400\n"
	                             "annotate system \"kept\"\n";
	static const struct {
		enum conf_load_mode mode;
		const char *text;
		const char *expected; /* NULL: refused */
	} rows[] = {
	    {CONF_LOAD_MERGE, "host-name y;\n", "set system host-name y\nset system services ssh\n"},
	    {CONF_LOAD_MERGE, "set host-name y\n", "set system host-name y\nset system services ssh\n"},
	    {CONF_LOAD_SET, "delete services\nset host-name y\n", "set system host-name y\n"},
	    {CONF_LOAD_REPLACE, "replace: services { telnet; }\n", "set system host-name x\nset system services telnet\n"},
	    {CONF_LOAD_UPDATE, "host-name y;\nservices { telnet; }\n", "set system host-name y\nset system services telnet\n"},
	    {CONF_LOAD_UPDATE, "host-name y;\n", "set system host-name y\n"},
	    {CONF_LOAD_UPDATE, "interfaces { ge-0/0/1 { mtu 1400; } }\n", NULL},
	    {CONF_LOAD_MERGE, "{\"configuration\": {}}\n", NULL},
	    {CONF_LOAD_MERGE, "host-name y;\n}\n", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world world = world_of(state, beside);

		if (load(&world, rows[i].mode, "system", rows[i].text) != (rows[i].expected != NULL)) {
			fail_msg("%s: %s", rows[i].text, world_told(&world));
		}
		if (rows[i].expected != NULL) {
			const char *end = strstr(world_render(&world, CONF_FORMAT_SET), "annotate system kept\n");

			assert_non_null(strstr(text_string(&world.out), "set interfaces ge-0/0/0 mtu 1400\n"));
			assert_true(end != NULL || strstr(text_string(&world.out), "annotate system \"kept\"\n") != NULL);
			assert_memory_equal(text_string(&world.out), rows[i].expected, strlen(rows[i].expected));
		}
		world_release(&world);
	}
}

static void
all_or_nothing(void **state)
{
	static const struct {
		enum conf_load_mode mode;
		const char *text;
		const char *told;
	} rows[] = {
	    {CONF_LOAD_MERGE, "system { host-name y; }\nnonsense { x; }\n", ":2:"},
	    {CONF_LOAD_OVERRIDE, "system {\n    host-name y;\n", "'}' is missing"},
	    {CONF_LOAD_REPLACE, "replace: nonsense;", "nonsense"},
	    {CONF_LOAD_PATCH, "[edit system]\n-  host-name z;\n+  host-name y;\n", CONF_NO_SUCH_STATEMENT},
	    {CONF_LOAD_PATCH, "[edit system]\n+  host-name y;\n+  nonsense;\n", "nonsense"},
	    {CONF_LOAD_PATCH, "host-name y;\n", "no line of a patch"},
	    {CONF_LOAD_PATCH, "[edit system]\n!  host-name x;\n", ":2: '': there is nothing of this name that can be moved"},
	    {CONF_LOAD_PATCH, "[edit " POLICIES "]\n!  policy q { ... }\n", "the place is not known"},
	    {CONF_LOAD_PATCH, "[edit " POLICIES "]\n!  policy none { ... }\n   policy p { ... }\n", ":2:"},
	    {CONF_LOAD_PATCH, "[edit " POLICIES "]\n!  inactive: policy none { ... }\n", CONF_NO_SUCH_STATEMENT},
	    {CONF_LOAD_PATCH, "[edit security policies]\n   from-zone a to-zone b {\n-     policy q;\n   }\n", "stays opens a level"},
	    {CONF_LOAD_PATCH, "+  host-name y;\n[edit system]\n", "no line of a patch"},
	    {CONF_LOAD_PATCH, "[edit } { ]\n+  host-name y;\n", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world world = world_of(state, before);

		assert_false(load(&world, rows[i].mode, NULL, rows[i].text));
		assert_renders(&world, CONF_FORMAT_SET, before);
		assert_true(world.list.errors > 0);
		world_release(&world);
	}
}

/* A file that takes out what is not there goes on, with a warning that names the line. */
static void
deleting_nothing(void **state)
{
	struct world world = world_of(state, "set system host-name x\n");

	assert_true(load(&world, CONF_LOAD_SET, NULL, "set interfaces ge-0/0/0 mtu 1400\ndelete system services\ndelete system host-name\n"));
	assert_int_equal(world.list.count, 1);
	assert_int_equal(world.list.items[0].severity, DIAGNOSTIC_WARNING);
	assert_int_equal(world.list.items[0].line, 2);
	assert_string_equal(world.list.items[0].message, CONF_NO_SUCH_STATEMENT);
	assert_renders(&world, CONF_FORMAT_SET, "set interfaces ge-0/0/0 mtu 1400\n");
	world_release(&world);
}

static void
protected_statements_stay(void **state)
{
	static const char *const texts[] = {"set system host-name y\n", "delete system\n"};
	struct world world = world_of(state, before);
	struct conf_editor editor = {.tree = world.tree};

	assert_true(conf_edit(&editor, CONF_EDIT_PROTECT, "system", &world.list));
	assert_false(load(&world, CONF_LOAD_MERGE, NULL, "system { host-name y; }\n"));
	assert_told(&world, "protected");
	assert_false(load(&world, CONF_LOAD_OVERRIDE, NULL, "interfaces { ge-0/0/0 { mtu 1400; } }\n"));
	assert_false(load(&world, CONF_LOAD_SET, NULL, texts[0]));
	assert_false(load(&world, CONF_LOAD_SET, NULL, texts[1]));
	assert_true(load(&world, CONF_LOAD_MERGE, NULL, "interfaces { ge-0/0/0 { mtu 1400; } }\n"));
	assert_non_null(strstr(world_render(&world, CONF_FORMAT_SET), "set system host-name x\nprotect system\n"));
	world_release(&world);
}

/* E-001: a pasted session: prompts, and the lines above them that name the level, are no statements in any form. */
static void
pasted(void **state)
{
	struct world world = world_of(state, "");

	assert_true(load(&world, CONF_LOAD_SET, NULL, "[edit]\nuser@host# set system host-name x\n\n[edit security zones]\n"
	                                              "user@host# set security zones security-zone z tcp-rst\n"));
	assert_int_equal(world.list.count, 0);
	assert_true(load(&world, CONF_LOAD_MERGE, NULL, "[edit]\nsystem {\n    host-name y;\n}\n[edit system]\n"
	                                                "system { services { ssh; } }\n"));
	assert_int_equal(world.list.count, 0);
	assert_renders(&world, CONF_FORMAT_SET,
	    "set system host-name y\nset system services ssh\nset security zones security-zone z tcp-rst\n");
	/* Nothing else begins with a bracket. */
	assert_false(load(&world, CONF_LOAD_SET, NULL, "[editor]\nset system host-name w\n"));
	assert_false(load(&world, CONF_LOAD_MERGE, NULL, "[ system ]\nsystem { host-name w; }\n"));
	world_release(&world);
}

/* E-001: the same at a prompt; columns are those of what is left. */
static void
pasted_lines(void **state)
{
	static const char *const rows[][2] = {
	    {"set system host-name x", "set system host-name x"},
	    {"user@host# set system host-name x", "set system host-name x"},
	    {"user@host> show version", "show version"},
	    {"  user@host # up", "up"},
	    {"user@host#set x", "set x"},
	    {"user@host#", ""},
	    {"[edit]", ""},
	    {"[edit security zones]  ", ""},
	    {"user@host show version", "user@host show version"},
	    {"[editor]", "[editor]"},
	    {"set system login user a@b # x", "set system login user a@b # x"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(conf_line_pasted(rows[i][0]), rows[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(merge),
	    cmocka_unit_test(override),
	    cmocka_unit_test(replace),
	    cmocka_unit_test(typed),
	    cmocka_unit_test(pasted),
	    cmocka_unit_test(pasted_lines),
	    cmocka_unit_test(patch),
	    cmocka_unit_test(patches_of_orders),
	    cmocka_unit_test(patches_and_protection),
	    cmocka_unit_test(relative),
	    cmocka_unit_test(deleting_nothing),
	    cmocka_unit_test(all_or_nothing),
	    cmocka_unit_test(protected_statements_stay),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
