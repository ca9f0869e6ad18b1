/*
 * Rename, copy, annotate, protect, replace and the wildcards: what they do, and that a refused one changes nothing.
 */
#include "conf_support.h"
#include "conf/verbs.h"

#define POLICIES "security policies from-zone a to-zone b"

#define THREE "set " POLICIES " policy p then deny\nset " POLICIES " policy q then deny\nset " POLICIES " policy r then deny\n"

static void
rename_keeps_the_place(void **state)
{
	struct session session = session_of(state, THREE);

	assert_done(session_edit(&session, CONF_EDIT_RENAME, POLICIES " policy q to policy new"));
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set " POLICIES " policy p then deny\nset " POLICIES " policy new then deny\n"
	    "set " POLICIES " policy r then deny\n");
	assert_done(session_edit(&session, CONF_EDIT_ENTER, POLICIES));
	assert_done(session_edit(&session, CONF_EDIT_RENAME, "policy r to last"));
	assert_false(session_edit(&session, CONF_EDIT_RENAME, "policy p to policy new"));
	assert_told(&session.world, "this is there already");
	assert_false(session_edit(&session, CONF_EDIT_RENAME, "policy p"));
	assert_told(&session.world, "'to' and a new name are missing");
	assert_false(session_edit(&session, CONF_EDIT_RENAME, "policy x to policy y"));
	assert_false(session_edit(&session, CONF_EDIT_RENAME, "policy p to then deny"));
	assert_false(session_edit(&session, CONF_EDIT_RENAME, "policy p then deny to x"));
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set " POLICIES " policy p then deny\nset " POLICIES " policy new then deny\n"
	    "set " POLICIES " policy last then deny\n");
	conf_edit_top(&session.editor);
	/* Both keys; and still found by them. */
	assert_done(session_edit(&session, CONF_EDIT_RENAME, POLICIES " to from-zone c to-zone d"));
	assert_done(session_edit(&session, CONF_EDIT_DELETE, "security policies from-zone c to-zone d policy p"));
	session_release(&session);
}

/* Sorted lists are sorted afterwards; what has no keyword is renamed too. */
static void
rename_interfaces(void **state)
{
	struct session session = session_of(state, "set interfaces ge-0/0/0 mtu 1400\nset interfaces ge-0/0/5 mtu 1500\n");

	assert_done(session_edit(&session, CONF_EDIT_RENAME, "interfaces ge-0/0/0 to ge-0/0/9"));
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set interfaces ge-0/0/5 mtu 1500\nset interfaces ge-0/0/9 mtu 1400\n");
	assert_false(session_edit(&session, CONF_EDIT_RENAME, "interfaces ge-0/0/9 to nonsense"));
	assert_false(session_edit(&session, CONF_EDIT_RENAME, "interfaces ge-0/0/9 mtu 1400 to 1500"));
	assert_told(&session.world, "no name");
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set interfaces ge-0/0/5 mtu 1500\nset interfaces ge-0/0/9 mtu 1400\n");
	session_release(&session);
}

static void
copy_goes_to_the_end(void **state)
{
	struct session session = session_of(state, THREE);

	assert_done(session_edit(&session, CONF_EDIT_COPY, POLICIES " policy p to policy s"));
	assert_renders(&session.world, CONF_FORMAT_SET, THREE "set " POLICIES " policy s then deny\n");
	assert_false(session_edit(&session, CONF_EDIT_COPY, POLICIES " policy p to policy s"));
	/* Two configurations of one, not one twice. */
	assert_done(session_edit(&session, CONF_EDIT_SET, POLICIES " policy s then permit"));
	assert_renders(&session.world, CONF_FORMAT_SET, THREE "set " POLICIES " policy s then permit\n");
	session_release(&session);
}

/* REQ-CFG-005: a note is a comment in curly text and comes back from every form that has a place for it. */
static void
notes(void **state)
{
	struct session session = session_of(state, "set system host-name x\nset interfaces ge-0/0/0 mtu 1400\n"
	                                           "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n");
	static const char text[] = "/* ours */\n"
	                           "system {\n"
	                           "    /* two  words */\n"
	                           "    host-name x;\n"
	                           "}\n"
	                           "interfaces {\n"
	                           "    ge-0/0/0 {\n"
	                           "        mtu 1400;\n"
	                           "        unit 0 {\n"
	                           "            /* v4 */\n"
	                           "            family inet {\n"
	                           "                address 10.0.0.1/24;\n"
	                           "            }\n"
	                           "        }\n"
	                           "    }\n"
	                           "}\n";
	static const char folded[] = "/* two words */\n";

	assert_done(session_edit(&session, CONF_EDIT_ANNOTATE, "system \"ours\""));
	assert_done(session_edit(&session, CONF_EDIT_ANNOTATE, "system host-name \"two  words\""));
	assert_done(session_edit(&session, CONF_EDIT_ANNOTATE, "interfaces ge-0/0/0 unit 0 family inet v4"));
	assert_non_null(strstr(world_render(&session.world, CONF_FORMAT_TEXT), folded));

	struct world again = world_create(state);

	assert_true(world_load(&again, CONF_FORMAT_TEXT, text));
	char *first = strdup(world_render(&again, CONF_FORMAT_TEXT));

	assert_string_equal(first, world_render(&session.world, CONF_FORMAT_TEXT));
	free(first);
	struct world lines = world_create(state);

	assert_true(world_load(&lines, CONF_FORMAT_SET, world_render(&again, CONF_FORMAT_SET)));
	first = strdup(world_render(&lines, CONF_FORMAT_TEXT));
	assert_string_equal(first, world_render(&session.world, CONF_FORMAT_TEXT));
	free(first);
	/* Gone again; what ends a comment is refused. */
	assert_done(session_edit(&session, CONF_EDIT_ANNOTATE, "system \"\""));
	assert_null(strstr(world_render(&session.world, CONF_FORMAT_TEXT), "ours"));
	assert_false(session_edit(&session, CONF_EDIT_ANNOTATE, "system \"a */ b\""));
	assert_told(&session.world, "without '*/'");
	assert_false(session_edit(&session, CONF_EDIT_ANNOTATE, "security \"a\""));
	assert_false(session_edit(&session, CONF_EDIT_ANNOTATE, "system"));
	world_release(&again);
	world_release(&lines);
	session_release(&session);
}

/* A comment behind a statement is not about the next one; header lines with # are about nothing. */
static void
comments_that_are_no_notes(void **state)
{
	struct world world = world_create(state);

	assert_true(world_load(&world, CONF_FORMAT_TEXT,
	    "# head\n/* About\n * the file. */\ninterfaces {\n    ge-0/0/0 {\n        description x; /* behind */\n        mtu /* inside */ 1400;\n"
	    "        /* last */\n    }\n}\n"));
	assert_renders(&world, CONF_FORMAT_TEXT,
	    "interfaces {\n    ge-0/0/0 {\n        description x;\n        mtu 1400;\n    }\n}\n");
	world_release(&world);
}

static void
protection(void **state)
{
	struct session session = session_of(state, THREE);
	char *before;

	assert_done(session_edit(&session, CONF_EDIT_PROTECT, POLICIES " policy q"));
	assert_non_null(strstr(world_render(&session.world, CONF_FORMAT_TEXT), "protect: policy q {"));
	before = strdup(world_render(&session.world, CONF_FORMAT_SET));
	assert_false(session_edit(&session, CONF_EDIT_SET, POLICIES " policy q then permit"));
	assert_told(&session.world, "is protected: unprotect it first");
	assert_false(session_edit(&session, CONF_EDIT_SET, POLICIES " policy q description x"));
	assert_false(session_edit(&session, CONF_EDIT_DELETE, POLICIES " policy q"));
	assert_false(session_edit(&session, CONF_EDIT_DELETE, "security"));
	assert_false(session_edit(&session, CONF_EDIT_DELETE, POLICIES " policy"));
	assert_false(session_edit(&session, CONF_EDIT_DEACTIVATE, POLICIES " policy q"));
	assert_false(session_edit(&session, CONF_EDIT_RENAME, POLICIES " policy q to policy z"));
	assert_false(session_edit(&session, CONF_EDIT_RENAME, POLICIES " to from-zone c to-zone d"));
	assert_false(session_edit(&session, CONF_EDIT_INSERT, POLICIES " policy q before policy p"));
	assert_false(session_edit(&session, CONF_EDIT_ANNOTATE, POLICIES " policy q note"));
	assert_string_equal(before, world_render(&session.world, CONF_FORMAT_SET));

	/* Loading what was shown protects again. */
	struct world again = world_of(state, before);

	assert_renders(&again, CONF_FORMAT_SET, before);
	world_release(&again);
	free(before);
	assert_done(session_edit(&session, CONF_EDIT_SET, POLICIES " policy p then permit"));
	assert_done(session_edit(&session, CONF_EDIT_UNPROTECT, POLICIES " policy q"));
	assert_done(session_edit(&session, CONF_EDIT_DELETE, "security"));
	session_release(&session);
}

/* What a choice would take out counts as changed. */
static void
protected_choice(void **state)
{
	struct session session = session_of(state, "set " POLICIES " policy q then permit\n");

	assert_done(session_edit(&session, CONF_EDIT_PROTECT, POLICIES " policy q then permit"));
	assert_false(session_edit(&session, CONF_EDIT_SET, POLICIES " policy q then deny"));
	assert_told(&session.world, "is protected");
	session_release(&session);
}

static void
replace_pattern(void **state)
{
	struct session session = session_of(state,
	    "set interfaces ge-0/0/0 description ge-0/0/0-out\nset interfaces ge-0/0/0 unit 0\n"
	    "set security zones security-zone trust interfaces ge-0/0/0.0\n");
	struct diagnostics *list = &session.world.list;
	struct conf_replacement order = {.pattern = "ge-0/0/0", .with = "ge-0/0/7"};
	uint32_t count;

	assert_done(conf_edit_replace(&session.editor, &order, &count, list));
	assert_int_equal(count, 3);
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set interfaces ge-0/0/7 description ge-0/0/7-out\nset interfaces ge-0/0/7 unit 0\n"
	    "set security zones security-zone trust interfaces ge-0/0/7.0\n");
	/* Not all of it possible: nothing is done. */
	order = (struct conf_replacement){.pattern = "ge-0/0/7", .with = "wrong"};
	assert_false(conf_edit_replace(&session.editor, &order, &count, list));
	assert_int_equal(count, 0);
	assert_non_null(strstr(world_render(&session.world, CONF_FORMAT_SET), "ge-0/0/7-out"));
	order = (struct conf_replacement){.pattern = "trust", .with = "un&", .most = 1};
	assert_done(conf_edit_replace(&session.editor, &order, &count, list));
	assert_non_null(strstr(world_render(&session.world, CONF_FORMAT_SET), "security-zone untrust "));
	order = (struct conf_replacement){.pattern = "(", .with = "x"};
	assert_false(conf_edit_replace(&session.editor, &order, &count, list));
	assert_told(&session.world, "this is no pattern");
	order = (struct conf_replacement){.pattern = "a{1000}", .with = "x"};
	assert_false(conf_edit_replace(&session.editor, &order, &count, list));
	order = (struct conf_replacement){.pattern = "x*", .with = ""};
	assert_done(conf_edit_replace(&session.editor, &order, &count, list));
	session_release(&session);
}

/* Two names that become one. */
static void
replace_makes_twins(void **state)
{
	struct session session = session_of(state, "set security zones security-zone a\nset security zones security-zone b\n");
	struct conf_replacement order = {.pattern = "a", .with = "b"};
	uint32_t count;

	assert_false(conf_edit_replace(&session.editor, &order, &count, &session.world.list));
	assert_told(&session.world, "'b' is there already");
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set security zones security-zone a\nset security zones security-zone b\n");
	session_release(&session);
}

static void
wildcard_delete(void **state)
{
	struct session session = session_of(state, THREE "set interfaces ge-0/0/0 mtu 1400\nset interfaces ge-0/0/1 mtu 1400\n"
	                                                 "set interfaces ge-0/1/0 mtu 1400\n");
	struct diagnostics *list = &session.world.list;
	uint32_t count;

	assert_done(conf_edit_wildcard_delete(&session.editor, "interfaces ge-0/0/*", &count, list));
	assert_int_equal(count, 2);
	assert_done(conf_edit_wildcard_delete(&session.editor, POLICIES " policy [q-r]", &count, list));
	assert_int_equal(count, 2);
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set interfaces ge-0/1/0 mtu 1400\nset " POLICIES " policy p then deny\n");
	assert_false(conf_edit_wildcard_delete(&session.editor, "interfaces xe-*", &count, list));
	assert_told(&session.world, "nothing fits the pattern 'xe-*'");
	assert_false(conf_edit_wildcard_delete(&session.editor, "", &count, list));
	assert_done(session_edit(&session, CONF_EDIT_PROTECT, "interfaces ge-0/1/0"));
	assert_false(conf_edit_wildcard_delete(&session.editor, "interfaces *", &count, list));
	session_release(&session);
}

static void
collect(void *context, const char *name)
{
	text_printf(context, "%s;", name);
}

/* A look tells and changes nothing; what does not stand in the tree that is seen fits no pattern. */
static void
wildcard_of_what_is_seen(void **state)
{
	static const char seen_lines[] = "set interfaces ge-0/0/1 mtu 1400\nset security zones security-zone \"far away\" tcp-rst\n";
	struct session session = session_of(state, "set interfaces ge-0/0/0 mtu 1400\nset interfaces ge-0/0/1 mtu 1400\n"
	                                           "set system host-name x\n"
	                                           "set security zones security-zone \"far away\" tcp-rst\n"
	                                           "set security zones security-zone far tcp-rst\n");
	struct diagnostics *list = &session.world.list;
	struct world seen = world_of(state, seen_lines);
	struct text names = TEXT_EMPTY;
	struct conf_wildcard order = {.words = "interfaces *", .look = true, .each = collect, .context = &names};
	uint32_t count;

	assert_done(conf_edit_wildcard(&session.editor, &order, &count, list));
	assert_int_equal(count, 2);
	assert_string_equal(text_string(&names), "ge-0/0/0;ge-0/0/1;");
	text_clear(&names);
	order.seen = seen.tree;
	assert_done(conf_edit_wildcard(&session.editor, &order, &count, list));
	assert_string_equal(text_string(&names), "ge-0/0/1;");
	order.look = false;
	assert_done(conf_edit_wildcard(&session.editor, &order, &count, list));
	assert_int_equal(count, 1);
	text_clear(&names);
	order.words = "security zones security-zone f*";
	assert_done(conf_edit_wildcard(&session.editor, &order, &count, list));
	assert_string_equal(text_string(&names), "\"far away\";");
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set system host-name x\nset interfaces ge-0/0/0 mtu 1400\nset security zones security-zone far tcp-rst\n");
	/* What is left fits, but nobody sees it: as if it were not there. */
	order.words = "security zones security-zone far";
	assert_false(conf_edit_wildcard(&session.editor, &order, &count, list));
	assert_told(&session.world, "nothing fits the pattern 'far'");
	order.words = "system h*";
	assert_false(conf_edit_wildcard(&session.editor, &order, &count, list));
	assert_told(&session.world, CONF_NO_SUCH_STATEMENT);
	text_release(&names);
	world_release(&seen);
	session_release(&session);
}

static void
wildcard_range(void **state)
{
	struct session session = session_of(state, "");
	struct diagnostics *list = &session.world.list;
	uint32_t count;

	assert_done(conf_edit_wildcard_range(&session.editor, "set interfaces ge-0/0/[0-2,!1] unit [5,7]", &count, list));
	assert_int_equal(count, 4);
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set interfaces ge-0/0/0 unit 5\nset interfaces ge-0/0/0 unit 7\n"
	    "set interfaces ge-0/0/2 unit 5\nset interfaces ge-0/0/2 unit 7\n");
	/* The last one is not possible: none is done. */
	assert_false(conf_edit_wildcard_range(&session.editor, "set interfaces ge-0/0/0 mtu [1000-1023,9]", &count, list));
	assert_false(conf_edit_wildcard_range(&session.editor, "set interfaces ge-0/0/[0-1023] unit [0-1023]", &count, list));
	assert_told(&session.world, "more than 4096");
	assert_false(conf_edit_wildcard_range(&session.editor, "set interfaces ge-0/0/[3-1]", &count, list));
	assert_false(conf_edit_wildcard_range(&session.editor, "set interfaces ge-0/0/[1", &count, list));
	assert_false(conf_edit_wildcard_range(&session.editor, "commit [1]", &count, list));
	assert_done(conf_edit_wildcard_range(&session.editor, "delete interfaces ge-0/0/[0,2] unit 5", &count, list));
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set interfaces ge-0/0/0 unit 7\nset interfaces ge-0/0/2 unit 7\n");
	session_release(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rename_keeps_the_place),
	    cmocka_unit_test(rename_interfaces),
	    cmocka_unit_test(copy_goes_to_the_end),
	    cmocka_unit_test(notes),
	    cmocka_unit_test(comments_that_are_no_notes),
	    cmocka_unit_test(protection),
	    cmocka_unit_test(protected_choice),
	    cmocka_unit_test(replace_pattern),
	    cmocka_unit_test(replace_makes_twins),
	    cmocka_unit_test(wildcard_delete),
	    cmocka_unit_test(wildcard_of_what_is_seen),
	    cmocka_unit_test(wildcard_range),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
