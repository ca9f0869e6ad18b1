/*
 * The ways of loading into a candidate, and that a file with one wrong statement changes nothing.
 */
#include "conf_support.h"
#include "conf/load.h"
#include "conf/verbs.h"

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
	    {CONF_LOAD_SET, "set system host-name y\ndelete system services\n", "no such statement"},
	    {CONF_LOAD_PATCH, "[edit system]\n-  host-name z;\n+  host-name y;\n", "no such statement"},
	    {CONF_LOAD_PATCH, "[edit system]\n+  host-name y;\n+  nonsense;\n", "nonsense"},
	    {CONF_LOAD_PATCH, "host-name y;\n", "no line of a patch"},
	    {CONF_LOAD_PATCH, "[edit system]\n!  host-name y;\n", "by hand"},
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

static void
protected_statements_stay(void **state)
{
	static const char *const texts[] = {"set system host-name y\n", "delete system\n"};
	struct world world = world_of(state, before);
	struct conf_editor editor = {.tree = world.tree};

	assert_true(conf_edit_protect(&editor, "system", &world.list));
	assert_false(load(&world, CONF_LOAD_MERGE, NULL, "system { host-name y; }\n"));
	assert_told(&world, "protected");
	assert_false(load(&world, CONF_LOAD_OVERRIDE, NULL, "interfaces { ge-0/0/0 { mtu 1400; } }\n"));
	assert_false(load(&world, CONF_LOAD_SET, NULL, texts[0]));
	assert_false(load(&world, CONF_LOAD_SET, NULL, texts[1]));
	assert_true(load(&world, CONF_LOAD_MERGE, NULL, "interfaces { ge-0/0/0 { mtu 1400; } }\n"));
	assert_non_null(strstr(world_render(&world, CONF_FORMAT_SET), "set system host-name x\nprotect system\n"));
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(merge),
	    cmocka_unit_test(override),
	    cmocka_unit_test(replace),
	    cmocka_unit_test(typed),
	    cmocka_unit_test(patch),
	    cmocka_unit_test(all_or_nothing),
	    cmocka_unit_test(protected_statements_stay),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
