/*
 * The editor of the command line: set, delete, insert, levels, and that a refused statement changes nothing.
 */
#include "conf_support.h"

#define POLICIES "security policies from-zone a to-zone b"

/* REQ-CFG-003: the same statement from the top and at a level. */
static void
levels(void **state)
{
	struct session session = session_of(state, "");

	assert_done(session_edit(&session, CONF_EDIT_SET, "security zones security-zone a tcp-rst"));
	assert_done(session_edit(&session, CONF_EDIT_ENTER, "security zones security-zone b"));
	assert_string_equal(text_string(&session.editor.level), "security zones security-zone b");
	assert_done(session_edit(&session, CONF_EDIT_SET, "tcp-rst"));
	assert_done(session_edit(&session, CONF_EDIT_ENTER, "interfaces ge-0/0/0.0"));
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
	assert_false(session_edit(&session, CONF_EDIT_ENTER, "system host-name x"));
	assert_told(&session.world, "this is not a level that can be edited");
	assert_null(conf_child(conf_tree_top(session.world.tree), "system"));
	session_release(&session);
}

/* A level whose words need quotation marks. */
static void
contexts_are_levels(void **state)
{
	struct session session = session_of(state, "");

	assert_done(session_edit(&session, CONF_EDIT_ENTER, POLICIES " policy p"));
	assert_done(session_edit(&session, CONF_EDIT_SET, "match source-address any"));
	assert_true(conf_edit_up(&session.editor, 1));
	assert_string_equal(text_string(&session.editor.level), POLICIES);
	assert_done(session_edit(&session, CONF_EDIT_SET, "policy q then deny"));
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

	assert_string_equal(policy_order(&session), "pqr");
	assert_done(session_edit(&session, CONF_EDIT_SET, POLICIES " policy a then deny"));
	assert_string_equal(policy_order(&session), "pqra");
	assert_done(session_edit(&session, CONF_EDIT_INSERT, POLICIES " policy a before policy p"));
	assert_string_equal(policy_order(&session), "apqr");
	assert_done(session_edit(&session, CONF_EDIT_INSERT, POLICIES " policy a after policy r"));
	assert_string_equal(policy_order(&session), "pqra");
	assert_done(session_edit(&session, CONF_EDIT_ENTER, POLICIES));
	assert_done(session_edit(&session, CONF_EDIT_INSERT, "policy r before q"));
	assert_string_equal(policy_order(&session), "prqa");
	assert_done(session_edit(&session, CONF_EDIT_INSERT, "policy r after policy r"));
	assert_string_equal(policy_order(&session), "prqa");
	/* Still found by name. */
	assert_done(session_edit(&session, CONF_EDIT_SET, "policy r description x"));
	assert_string_equal(policy_order(&session), "prqa");
	assert_false(session_edit(&session, CONF_EDIT_INSERT, "policy r before policy z"));
	assert_told(&session.world, CONF_NO_SUCH_STATEMENT);
	assert_false(session_edit(&session, CONF_EDIT_INSERT, "policy r"));
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

	assert_done(session_edit(&session, CONF_EDIT_INSERT, "routing-options rib-groups g import-rib c.inet.0 before a.inet.0"));
	assert_false(session_edit(&session, CONF_EDIT_INSERT, "security zones security-zone y before security-zone x"));
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

	/* What is not there: a warning, and nothing changes; nor does it with a part of it there. */
	static const char *const absent[] = {"system services telnet", "system host-name b", "system services ssh telnet",
	    POLICIES " policy q", "interfaces", "security zones security-zone none", POLICIES " policy q then"};

	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		diagnostics_release(&session.world.list);
		assert_true(session_edit(&session, CONF_EDIT_DELETE, absent[i]));
		assert_true(conf_only_absent(&session.world.list));
		assert_int_equal(session.world.list.errors, 0);
		assert_true(session_edit(&session, CONF_EDIT_DEACTIVATE, absent[i]));
		assert_true(session_edit(&session, CONF_EDIT_ACTIVATE, absent[i]));
		assert_int_equal(session.world.list.errors, 0);
	}
	assert_false(session_edit(&session, CONF_EDIT_DELETE, "system bogus"));
	diagnostics_release(&session.world.list);
	assert_renders(&session.world, CONF_FORMAT_SET, lines);
	assert_done(session_edit(&session, CONF_EDIT_DELETE, POLICIES " policy p match source-address x"));
	assert_done(session_edit(&session, CONF_EDIT_DELETE, "system host-name"));
	assert_done(session_edit(&session, CONF_EDIT_DELETE, "system services"));
	assert_renders(&session.world, CONF_FORMAT_SET,
	    "set " POLICIES " policy p match source-address y\n"
	    "set " POLICIES " policy p then permit\n");
	assert_done(session_edit(&session, CONF_EDIT_DELETE, POLICIES " policy"));
	assert_renders(&session.world, CONF_FORMAT_SET, "set " POLICIES "\n");
	assert_done(session_edit(&session, CONF_EDIT_DELETE, "security"));
	assert_null(conf_tree_top(session.world.tree)->first);
	session_release(&session);
}

/* All below a level, which may be the top, or gone; nothing when something in it is protected. */
static void
clearing(void **state)
{
	struct session session = session_of(state, "set system host-name a\nset " POLICIES " policy p then permit\nset " POLICIES " policy q then deny\n");
	uint32_t count = 9;

	assert_done(session_edit(&session, CONF_EDIT_ENTER, POLICIES));
	assert_true(conf_edit_clear(&session.editor, &count, &session.world.list));
	assert_int_equal(count, 2);
	assert_renders(&session.world, CONF_FORMAT_SET, "set system host-name a\nset " POLICIES "\n");
	conf_edit_top(&session.editor);
	assert_done(session_edit(&session, CONF_EDIT_DELETE, "security"));
	assert_done(session_edit(&session, CONF_EDIT_PROTECT, "system"));
	assert_false(conf_edit_clear(&session.editor, &count, &session.world.list));
	assert_told(&session.world, "this is protected");
	assert_int_equal(count, 0);
	diagnostics_release(&session.world.list);
	text_append(&session.editor.level, "security screen ids-option gone");
	assert_true(conf_edit_clear(&session.editor, &count, &session.world.list));
	assert_int_equal(count, 0);
	assert_int_equal(session.world.list.count, 0);
	conf_edit_top(&session.editor);
	assert_done(session_edit(&session, CONF_EDIT_UNPROTECT, "system"));
	assert_true(conf_edit_clear(&session.editor, &count, &session.world.list));
	assert_int_equal(count, 1);
	assert_null(conf_tree_top(session.world.tree)->first);
	session_release(&session);
}

/* A statement is taken whole or not at all. */
static void
all_or_nothing(void **state)
{
	static const char lines[] = "set system host-name a\n";
	struct session session = session_of(state, lines);

	assert_false(session_edit(&session, CONF_EDIT_SET, "security zones security-zone z tcp-rst bogus"));
	assert_false(session_edit(&session, CONF_EDIT_SET, "system host-name b services") &&
	    session_edit(&session, CONF_EDIT_SET, "system host-name"));
	assert_false(session_edit(&session, CONF_EDIT_SET, ""));
	assert_false(session_edit(&session, CONF_EDIT_SET, "security zones security-zone z screen [ a b"));
	assert_null(conf_child(conf_tree_top(session.world.tree), "security"));
	session_release(&session);
}

/* What excludes each other replaces each other when it is typed. */
static void
choices_replace(void **state)
{
	struct session session = session_of(state, "set " POLICIES " policy p then permit source-nat interface\n");

	assert_done(session_edit(&session, CONF_EDIT_SET, POLICIES " policy p then deny"));
	assert_renders(&session.world, CONF_FORMAT_SET, "set " POLICIES " policy p then deny\n");
	assert_done(session_edit(&session, CONF_EDIT_SET, POLICIES " policy p then permit"));
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

	assert_done(session_edit(&session, CONF_EDIT_DEACTIVATE, POLICIES " policy p"));
	assert_string_equal(policy_order(&session), "");
	assert_true(session_edit(&session, CONF_EDIT_DEACTIVATE, POLICIES " policy q"));
	assert_true(conf_only_absent(&session.world.list));
	diagnostics_release(&session.world.list);
	assert_done(session_edit(&session, CONF_EDIT_ACTIVATE, POLICIES " policy p"));
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
		assert_done(session_edit(&session, CONF_EDIT_SET, words));
	}
	for (int i = 0; i < 2000; i += 2) {
		(void)snprintf(words, sizeof(words), POLICIES " policy p%d", i);
		assert_done(session_edit(&session, CONF_EDIT_DELETE, words));
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
	    cmocka_unit_test(clearing),
	    cmocka_unit_test(all_or_nothing),
	    cmocka_unit_test(choices_replace),
	    cmocka_unit_test(finding),
	    cmocka_unit_test(switching_off),
	    cmocka_unit_test(many_entries),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
