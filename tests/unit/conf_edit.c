/*
 * The editor of the command line: set, delete, insert, levels, and that a refused statement changes nothing.
 */
#include "conf_support.h"

#define POLICIES "security policies from-zone a to-zone b"

struct session {
	struct world world;
	struct conf_editor editor;
};

static struct session
session_of(void **state, const char *lines)
{
	struct session session = {.world = world_of(state, lines)};

	session.editor.tree = session.world.tree;
	return session;
}

static void
session_release(struct session *session)
{
	text_release(&session->editor.level);
	world_release(&session->world);
}

#define assert_done(expression)                                                                                        \
	do {                                                                                                           \
		if (!(expression)) {                                                                                   \
			fail_msg("%s: %s", #expression, world_told(&session.world));                                   \
		}                                                                                                      \
	} while (0)

/* REQ-CFG-003: the same statement from the top and at a level. */
static void
levels(void **state)
{
	struct session session = session_of(state, "");
	struct diagnostics *list = &session.world.list;

	assert_done(conf_edit_set(&session.editor, "security zones security-zone a tcp-rst", list));
	assert_done(conf_edit_enter(&session.editor, "security zones security-zone b", list));
	assert_string_equal(text_string(&session.editor.level), "security zones security-zone b");
	assert_done(conf_edit_set(&session.editor, "tcp-rst", list));
	assert_done(conf_edit_enter(&session.editor, "interfaces ge-0/0/0.0", list));
	assert_string_equal(text_string(&session.editor.level), "security zones security-zone b interfaces ge-0/0/0.0");
	assert_true(conf_edit_up(&session.editor, 1));
	assert_string_equal(text_string(&session.editor.level), "security zones security-zone b interfaces");
	assert_true(conf_edit_up(&session.editor, 2));
	assert_string_equal(text_string(&session.editor.level), "security zones");
	assert_true(conf_edit_up(&session.editor, 9));
	assert_string_equal(text_string(&session.editor.level), "");
	assert_true(conf_edit_up(&session.editor, 1));
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set security zones security-zone a tcp-rst\n"
	    "set security zones security-zone b tcp-rst\n"
	    "set security zones security-zone b interfaces ge-0/0/0.0\n");
	assert_false(conf_edit_enter(&session.editor, "system host-name x", list));
	assert_told(&session.world, "this is not a level that can be edited");
	assert_null(conf_child(conf_tree_top(session.world.tree), "system"));
	session_release(&session);
}

/* A level whose words need quotation marks. */
static void
contexts_are_levels(void **state)
{
	struct session session = session_of(state, "");
	struct diagnostics *list = &session.world.list;

	assert_done(conf_edit_enter(&session.editor, POLICIES " policy p", list));
	assert_done(conf_edit_set(&session.editor, "match source-address any", list));
	assert_true(conf_edit_up(&session.editor, 1));
	assert_string_equal(text_string(&session.editor.level), POLICIES);
	assert_done(conf_edit_set(&session.editor, "policy q then deny", list));
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set " POLICIES " policy p match source-address any\n"
	    "set " POLICIES " policy q then deny\n");
	session_release(&session);
}

static const char *
policy_order(struct session *session)
{
	struct text *out = &session->world.out;
	const struct conf_node *policy = conf_first(conf_entry(conf_walk(conf_tree_top(session->world.tree), "security",
	    "policies", NULL), "from-zone", "a", "b"), "policy");

	text_clear(out);
	for (; policy != NULL; policy = conf_next(policy)) {
		text_append(out, policy->value);
	}
	return text_string(out);
}

/* REQ-POL-003: a new policy goes to the end of its context; insert reorders. */
static void
policies_are_ordered(void **state)
{
	struct session session = session_of(state,
	    "set " POLICIES " policy p then deny\nset " POLICIES " policy q then deny\n"
	    "set " POLICIES " policy r then deny\n");
	struct diagnostics *list = &session.world.list;

	assert_string_equal(policy_order(&session), "pqr");
	assert_done(conf_edit_set(&session.editor, POLICIES " policy a then deny", list));
	assert_string_equal(policy_order(&session), "pqra");
	assert_done(conf_edit_insert(&session.editor, POLICIES " policy a before policy p", list));
	assert_string_equal(policy_order(&session), "apqr");
	assert_done(conf_edit_insert(&session.editor, POLICIES " policy a after policy r", list));
	assert_string_equal(policy_order(&session), "pqra");
	assert_done(conf_edit_enter(&session.editor, POLICIES, list));
	assert_done(conf_edit_insert(&session.editor, "policy r before q", list));
	assert_string_equal(policy_order(&session), "prqa");
	assert_done(conf_edit_insert(&session.editor, "policy r after policy r", list));
	assert_string_equal(policy_order(&session), "prqa");
	/* Still found by name. */
	assert_done(conf_edit_set(&session.editor, "policy r description x", list));
	assert_string_equal(policy_order(&session), "prqa");
	assert_false(conf_edit_insert(&session.editor, "policy r before policy z", list));
	assert_told(&session.world, "there is no such statement");
	assert_false(conf_edit_insert(&session.editor, "policy r", list));
	assert_told(&session.world, "'before' or 'after' is missing");
	assert_string_equal(policy_order(&session), "prqa");
	session_release(&session);
}

/* The order of a leaf-list's values counts where the schema says so. */
static void
values_are_ordered(void **state)
{
	struct session session = session_of(state,
	    "set routing-options rib-groups g import-rib [ a.inet.0 b.inet.0 c.inet.0 ]\n"
	    "set security zones security-zone x\nset security zones security-zone y\n");

	assert_done(conf_edit_insert(&session.editor, "routing-options rib-groups g import-rib c.inet.0 before a.inet.0",
	    &session.world.list));
	assert_false(conf_edit_insert(&session.editor, "security zones security-zone y before security-zone x",
	    &session.world.list));
	assert_told(&session.world, "the order of 'security-zone' has no meaning");
	assert_non_null(strstr(world_render(&session.world, CONF_FORMAT_TEXT), "[ c.inet.0 a.inet.0 b.inet.0 ]"));
	session_release(&session);
}

static void
deletions(void **state)
{
	static const char lines[] =
	    "set system host-name a\n"
	    "set system services ssh\n"
	    "set " POLICIES " policy p match source-address x\n"
	    "set " POLICIES " policy p match source-address y\n"
	    "set " POLICIES " policy p then permit\n";
	struct session session = session_of(state, lines);
	struct diagnostics *list = &session.world.list;

	assert_false(conf_edit_delete(&session.editor, "system services telnet", list));
	assert_false(conf_edit_delete(&session.editor, "system host-name b", list));
	assert_false(conf_edit_delete(&session.editor, "system services ssh telnet", list));
	assert_false(conf_edit_delete(&session.editor, POLICIES " policy q", list));
	assert_false(conf_edit_delete(&session.editor, "system bogus", list));
	assert_renders(&session.world, CONF_FORMAT_SET, lines);
	assert_done(conf_edit_delete(&session.editor, POLICIES " policy p match source-address x", list));
	assert_done(conf_edit_delete(&session.editor, "system host-name", list));
	assert_done(conf_edit_delete(&session.editor, "system services", list));
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set " POLICIES " policy p match source-address y\n"
	    "set " POLICIES " policy p then permit\n");
	assert_done(conf_edit_delete(&session.editor, POLICIES " policy", list));
	assert_renders(&session.world, CONF_FORMAT_SET, "set " POLICIES "\n");
	assert_done(conf_edit_delete(&session.editor, "security", list));
	assert_null(conf_tree_top(session.world.tree)->first);
	session_release(&session);
}

/* A statement is taken whole or not at all. */
static void
all_or_nothing(void **state)
{
	static const char lines[] = "set system host-name a\n";
	struct session session = session_of(state, lines);

	assert_false(conf_edit_set(&session.editor, "security zones security-zone z tcp-rst bogus", &session.world.list));
	assert_false(conf_edit_set(&session.editor, "system host-name b services", &session.world.list) &&
	    conf_edit_set(&session.editor, "system host-name", &session.world.list));
	assert_false(conf_edit_set(&session.editor, "", &session.world.list));
	assert_false(conf_edit_set(&session.editor, "security zones security-zone z screen [ a b", &session.world.list));
	assert_null(conf_child(conf_tree_top(session.world.tree), "security"));
	session_release(&session);
}

/* What excludes each other replaces each other when it is typed. */
static void
choices_replace(void **state)
{
	struct session session = session_of(state, "set " POLICIES " policy p then permit source-nat interface\n");

	assert_done(conf_edit_set(&session.editor, POLICIES " policy p then deny", &session.world.list));
	assert_renders(&session.world, CONF_FORMAT_SET, "set " POLICIES " policy p then deny\n");
	assert_done(conf_edit_set(&session.editor, POLICIES " policy p then permit", &session.world.list));
	assert_renders(&session.world, CONF_FORMAT_SET, "set " POLICIES " policy p then permit\n");
	session_release(&session);
}

static void
finding(void **state)
{
	struct session session = session_of(state,
	    "set interfaces ge-0/0/1 unit 2 vlan-id 5\nset interfaces ge-0/0/1 unit 3\n");
	struct diagnostics *list = &session.world.list;

	assert_ptr_equal(conf_edit_find(&session.editor, "", list), conf_tree_top(session.world.tree));
	assert_string_equal(conf_edit_find(&session.editor, "interfaces ge-0/0/1", list)->value, "ge-0/0/1");
	assert_string_equal(conf_edit_find(&session.editor, "interfaces ge-0/0/1 unit 2 vlan-id", list)->value, "5");
	assert_string_equal(conf_edit_find(&session.editor, "interfaces ge-0/0/1 unit", list)->value, "2");
	assert_null(conf_edit_find(&session.editor, "interfaces ge-0/0/1 unit 9", list));
	assert_null(conf_edit_find(&session.editor, "interfaces ge-0/0/1 mtu", list));
	assert_null(conf_edit_find(&session.editor, "interfaces bogus", list));
	assert_non_null(conf_entry(conf_entry(conf_child(conf_tree_top(session.world.tree), "interfaces"), "interface",
	    "ge-0/0/1", NULL), "unit", "3", NULL));
	session_release(&session);
}

static void
switching_off(void **state)
{
	struct session session = session_of(state, "set " POLICIES " policy p then deny\n");

	assert_done(conf_edit_deactivate(&session.editor, POLICIES " policy p", &session.world.list));
	assert_string_equal(policy_order(&session), "");
	assert_false(conf_edit_deactivate(&session.editor, POLICIES " policy q", &session.world.list));
	assert_done(conf_edit_activate(&session.editor, POLICIES " policy p", &session.world.list));
	assert_string_equal(policy_order(&session), "p");
	session_release(&session);
}

/* Two thousand entries in and out again: the index keeps up. */
static void
many_entries(void **state)
{
	struct session session = session_of(state, "");
	struct conf_tree *copy;
	char words[128];

	for (int i = 0; i < 2000; i++) {
		(void)snprintf(words, sizeof(words), POLICIES " policy p%d then deny", i);
		assert_done(conf_edit_set(&session.editor, words, &session.world.list));
	}
	for (int i = 0; i < 2000; i += 2) {
		(void)snprintf(words, sizeof(words), POLICIES " policy p%d", i);
		assert_done(conf_edit_delete(&session.editor, words, &session.world.list));
	}
	copy = conf_tree_copy(session.world.tree);
	assert_non_null(copy);
	const struct conf_node *context =
	    conf_entry(conf_walk(conf_tree_top(copy), "security", "policies", NULL), "from-zone", "a", "b");

	for (int i = 0; i < 2000; i++) {
		(void)snprintf(words, sizeof(words), "p%d", i);
		assert_int_equal(conf_entry(context, "policy", words, NULL) != NULL, i % 2);
	}
	conf_tree_destroy(copy);
	session_release(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(levels),
	    cmocka_unit_test(contexts_are_levels),
	    cmocka_unit_test(policies_are_ordered),
	    cmocka_unit_test(values_are_ordered),
	    cmocka_unit_test(deletions),
	    cmocka_unit_test(all_or_nothing),
	    cmocka_unit_test(choices_replace),
	    cmocka_unit_test(finding),
	    cmocka_unit_test(switching_off),
	    cmocka_unit_test(many_entries),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
