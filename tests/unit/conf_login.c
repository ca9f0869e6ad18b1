/*
 * Users and classes in the configuration, the expressions of classes, and trees of which somebody
 * may not see or change everything.
 */
#include "conf_support.h"

#include "conf/expression.h"
#include "conf/restrict.h"

#define LOGIN "set system login "

/* --- rules of a commit
 * ------------------------------------------------------------------------------------------ */

static const struct rule rules[] = {
    {LOGIN "user a class super-user\n", NULL},
    {LOGIN "user a class operator\n" LOGIN "user b class read-only\n" LOGIN
	   "user c class unauthorized\n",
	NULL},
    {LOGIN "class x permissions view\n" LOGIN "user a class x\n", NULL},
    {LOGIN "user a class x\n", "there is no class 'x'"},
    {LOGIN "user a uid 1000\n", "class"},
    {LOGIN "class operator permissions all\n", "the class operator is predefined"},
    {LOGIN "class x deny-commands \"(\"\n", "not a regular expression"},
    {LOGIN "class x deny-commands \"a)(b\"\n", "not a regular expression"},
    {LOGIN "class x deny-commands \"a{1,9}\"\n", "counts"},
    {LOGIN "class x allow-configuration \"((((((a))))))\"\n", "four groups"},
    {LOGIN "class x allow-configuration \"a++\"\n", "repeated again"},
};

static void
test_rules(void **state)
{
	assert_rules(state, rules, sizeof(rules) / sizeof(rules[0]));
}

/* Values that no statement takes; what a password looks like is told to nobody. */
static void
test_values(void **state)
{
	static const char *const refused[] = {
	    LOGIN "user a authentication encrypted-password open-sesame\n",
	    LOGIN "user a authentication encrypted-password \"$1$open-sesame\"\n",
	    LOGIN "user a authentication ssh-rsa open-sesame\n",
	    LOGIN "user a uid 7\n",
	    LOGIN "class x permissions open-sesame-2\n",
	    LOGIN "class x idle-timeout 0\n",
	    LOGIN "user \"a b\" class x\n",
	};
	static const char good[] =
	    LOGIN "user a authentication encrypted-password \"$y$j9T$x$y\"\n" LOGIN
		  "user a authentication ssh-ed25519 \"ssh-ed25519 AAAAC3Nz a@b\"\n" LOGIN
		  "class x permissions [ view clear ]\n" LOGIN "message \"hands off\"\n";
	struct world world = world_create(state);

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_false(world_load(&world, CONF_FORMAT_SET, refused[i]));
	}
	assert_null(strstr(world_told(&world), "$1$"));
	assert_null(strstr(world_told(&world), "password open"));
	diagnostics_release(&world.list);
	world.list = DIAGNOSTICS_EMPTY;
	if (!world_load(&world, CONF_FORMAT_SET, good)) {
		fail_msg("%s", world_told(&world));
	}
	world_release(&world);
}

/* --- expressions
 * ------------------------------------------------------------------------------------------------
 */

struct trial {
	const char *pattern;
	const char *words;
	size_t length;
};

static const struct trial trials[] = {
    {"show", "show", 4},
    {"show", "show log messages", 4},
    {"show", "showing", 0},
    {"show", "run show", 0},
    {"show log", "show log messages", 8},
    {"show log", "show logs", 0},
    /* The least that the expression describes counts, not what it could swallow. */
    {"show .*", "show log messages", 8},
    {".*", "show log messages", 4},
    {"show|show log", "show log messages", 4},
    {"(clear|request) system", "request system reboot", 14},
    {"show$", "show", 4},
    {"show$", "show log", 0},
    {"^show", "show log", 4},
    {"interfaces ge-0/0/[12]", "interfaces ge-0/0/2 mtu", 19},
    {"interfaces ge-0/0/[12]", "interfaces ge-0/0/20 mtu", 0},
    {"interfaces ge-.*", "interfaces ge-0/0/20 mtu", 20},
    {"a*", "show", 0},
};

static void
test_expressions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		struct conf_expression expression;
		struct text error = TEXT_EMPTY;

		assert_true(conf_expression_compile(&expression, trials[i].pattern, &error));
		if (conf_expression_match(&expression, trials[i].words) != trials[i].length) {
			fail_msg("'%s' takes %zu of '%s'", trials[i].pattern,
			    conf_expression_match(&expression, trials[i].words), trials[i].words);
		}
		conf_expression_release(&expression);
		text_release(&error);
	}
	assert_int_equal(conf_expression_match(&CONF_EXPRESSION_EMPTY, "show"), 0);
}

/* --- what may be seen and changed
 * ------------------------------------------------------------------------------- */

/* All but what has the word in its path. */
static bool
without(void *context, const struct conf_node *statement)
{
	struct text path = TEXT_EMPTY;
	bool good;

	conf_path(statement, &path);
	good = strstr(text_string(&path), context) == NULL;
	text_release(&path);
	return good;
}

static const char whole[] = "set system host-name gate\n"
			    "set system login class secretary permissions view\n"
			    "set system login user anna class secretary\n"
			    "set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24\n"
			    "set interfaces ge-0/0/2 unit 0\n"
			    "set security ike policy p pre-shared-key ascii-text open-sesame\n";

static void
test_restrict(void **state)
{
	struct world world = world_create(state);
	char word[] = "system login";

	assert_true(world_load(&world, CONF_FORMAT_SET, whole));
	/* permissions and class: two statements; the entries and the container around them go too.
	 */
	assert_int_equal(conf_restrict(world.tree, without, word), 2);
	assert_int_equal(conf_restrict(world.tree, without, word), 0);
	assert_true(conf_hide_secrets(world.tree));
	text_clear(&world.out);
	conf_render(conf_tree_top(world.tree), CONF_FORMAT_SET, &world.out);
	assert_string_equal(text_string(&world.out),
	    "set system host-name gate\n"
	    "set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24\n"
	    "set interfaces ge-0/0/2 unit 0\n"
	    "set security ike policy p pre-shared-key ascii-text \"/* SECRET-DATA */\"\n");
	world_release(&world);
}

/* A change, and whether somebody who may do all but `word` may do it. */
struct change {
	const char *verb;
	const char *words;
	const char *word;
	bool allowed;
};

static const struct change changes[] = {
    {"set", "system host-name gate", "host-name", true}, /* nothing changes */
    {"set", "system host-name other", "host-name", false},
    {"set", "system host-name other", "login", true},
    {"set", "system login user bert class secretary", "login", false},
    {"delete", "system", "login", false},
    {"delete", "system login user anna", "login", false},
    {"delete", "system host-name", "login", true},
    {"delete", "interfaces ge-0/0/2", "ge-0/0/2", false},
    {"delete", "interfaces ge-0/0/2 unit 0", "ge-0/0/2", false},
    {"deactivate", "system", "login", false},
    {"deactivate", "interfaces", "login", true},
    {"deactivate", "interfaces ge-0/0/1", "ge-0/0/2", true},
    {"set", "security ike policy p pre-shared-key ascii-text close-sesame", "ascii-text", false},
};

static void
test_changes(void **state)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *one = &changes[i];
		struct world world = world_create(state);
		struct conf_editor editor = {.level = TEXT_EMPTY};
		char word[64];
		bool good;

		(void)snprintf(word, sizeof(word), "%s", one->word);
		assert_true(world_load(&world, CONF_FORMAT_SET, whole));
		editor.tree = conf_tree_copy(world.tree);
		assert_non_null(editor.tree);
		if (one->verb[0] == 's') {
			assert_true(conf_edit(&editor, CONF_EDIT_SET, one->words, &world.list));
		} else if (strcmp(one->verb, "delete") == 0) {
			assert_true(conf_edit(&editor, CONF_EDIT_DELETE, one->words, &world.list));
		} else {
			assert_true(conf_edit(&editor, CONF_EDIT_DEACTIVATE, one->words, &world.list));
		}
		good = conf_denied_change(world.tree, editor.tree, without, word) == NULL &&
		       conf_denied_change(editor.tree, world.tree, without, word) == NULL;
		if (good != one->allowed) {
			fail_msg("%s %s without %s", one->verb, one->words, one->word);
		}
		conf_tree_destroy(editor.tree);
		text_release(&editor.level);
		world_release(&world);
	}
}

/* Another order is a change of what stands in it. */
static void
test_order(void **state)
{
	static const char policies[] =
	    "set security policies from-zone a to-zone b policy one match source-address any\n"
	    "set security policies from-zone a to-zone b policy two match source-address any\n"
	    "set security policies from-zone a to-zone b policy three match source-address any\n";
	struct world world = world_create(state);
	struct conf_editor editor = {.level = TEXT_EMPTY};
	char policy[] = "policy";
	char other[] = "system";

	assert_true(world_load(&world, CONF_FORMAT_SET, policies));
	editor.tree = conf_tree_copy(world.tree);
	assert_true(conf_edit(&editor, CONF_EDIT_INSERT,
	    "security policies from-zone a to-zone b policy three before policy one", &world.list));
	assert_non_null(conf_denied_change(world.tree, editor.tree, without, policy));
	assert_null(conf_denied_change(world.tree, editor.tree, without, other));
	conf_tree_destroy(editor.tree);
	text_release(&editor.level);
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_expressions),
	    cmocka_unit_test(test_restrict),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
