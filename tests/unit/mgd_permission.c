/*
 * What a class may: the table of commands and statements, what permissions imply, and where
 * expressions decide.
 */
#include "conf_support.h"

#include "permission.h"

/* A class from what stands behind `set system login class x`, lines of it. */
static struct permission_class
class_of(void **state, const char *lines)
{
	struct world world = world_create(state);
	struct permission_class class;

	assert_true(world_load(&world, CONF_FORMAT_SET, lines));
	assert_true(permission_read(
	    conf_entry(
		conf_walk(conf_tree_top(world.tree), "system", "login", NULL), "class", "x", NULL),
	    &class));
	world_release(&world);
	return class;
}

#define CLASS "set system login class x "

/* Each name that the schema takes is one of the table, and each of the table one of the schema. */
static void
test_names(void **state)
{
	static const char *const path[] = {"system", "login", "class", "permissions"};
	const struct schema_node *node = schema_top(*state);
	const struct schema_word *words;
	uint32_t all = 0;
	size_t count;

	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		node = schema_child(node, path[i], strlen(path[i]));
		assert_non_null(node);
	}
	words = schema_words(node, &count);
	for (size_t i = 0; i < count; i++) {
		const uint32_t bit = permission_of(words[i].name);

		assert_true(bit != 0 && (all & bit) == 0);
		all |= bit;
	}
	assert_int_equal(all, ((uint32_t)PERMISSION_ALL << 1) - 1);
	assert_int_equal(permission_of("everything"), 0);
}

struct command_row {
	const char *class; /* predefined */
	const char *words;
	bool allowed;
};

static const struct command_row predefined[] = {
    {"super-user", "request system reboot", true},
    {"super-user", "a command of tomorrow", true},
    {"operator", "show version", true},
    {"operator", "show log messages", true},
    {"operator", "show configuration", true},
    {"operator", "clear security flow session", true},
    {"operator", "clear system commit", false},
    {"operator", "ping 10.0.0.1", true},
    {"operator", "restart routing", true},
    {"operator", "configure", false},
    {"operator", "request system reboot", false},
    {"operator", "a command of tomorrow", false},
    {"operator", "help", true},
    {"read-only", "show version", true},
    {"read-only", "showing", false},
    {"read-only", "show log messages", false},
    {"read-only", "clear security flow session", false},
    {"read-only", "show usage of address x", false},
    {"read-only", "start shell", false},
    {"unauthorized", "show version", false},
    {"unauthorized", "exit", true},
};

static void
test_predefined(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(predefined) / sizeof(predefined[0]); i++) {
		struct permission_class class;

		assert_true(permission_predefined(predefined[i].class, &class));
		if (permission_command(&class, OP_MODE_OPERATIONAL, predefined[i].words) !=
		    predefined[i].allowed) {
			fail_msg("%s: %s", predefined[i].class, predefined[i].words);
		}
		assert_int_equal(
		    permission_unlimited(&class), strcmp(predefined[i].class, "super-user") == 0);
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const changing[] = {"set", "commit", "load merge"};
		struct permission_class class;

		assert_true(permission_predefined("operator", &class));
		assert_false(permission_command(&class, OP_MODE_CONFIGURATION, changing[i]));
	}
}

struct expression_row {
	const char *lines;
	const char *words;
	bool allowed;
};

static const struct expression_row expressions[] = {
    {CLASS "permissions view\n", "show version", true},
    {CLASS "permissions view\n" CLASS "deny-commands \"show version\"\n", "show version", false},
    {CLASS "permissions view\n" CLASS "deny-commands \"show version\"\n", "show route", true},
    /* Who may look may look at what was measured, and not begin a measurement. */
    {CLASS "permissions view\n", "request security screen baseline show", true},
    {CLASS "permissions view\n", "show security screen baseline", true},
    {CLASS "permissions view\n", "request security screen baseline start", false},
    {CLASS "permissions maintenance\n", "request security screen baseline start", true},
    {CLASS "permissions view\n", "ping", false},
    {CLASS "permissions network\n", "traceroute", true},
    {CLASS "allow-commands \"show version\"\n", "show version", true},
    {CLASS "allow-commands \"show version\"\n", "show route", false},
    /* The one that describes more wins, */
    {CLASS "allow-commands \"request system software\"\n" CLASS
	   "deny-commands \"request system\"\n",
	"request system software add", true},
    {CLASS "allow-commands \"request system\"\n" CLASS "deny-commands \"request system reboot\"\n",
	"request system reboot", false},
    {CLASS "allow-commands \"show .*\"\n" CLASS "deny-commands \"show log\"\n", "show log messages",
	false},
    /* and at the same length deny. */
    {CLASS "allow-commands \"show log\"\n" CLASS "deny-commands \"show (log|route)\"\n", "show log",
	false},
    {CLASS "permissions all\n" CLASS "deny-commands \"configure\"\n", "configure", false},
    {CLASS "permissions all\n" CLASS "deny-commands \"configure\"\n", "request system reboot",
	true},
};

static void
test_expressions(void **state)
{
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		struct permission_class class = class_of(state, expressions[i].lines);

		if (permission_command(&class, OP_MODE_OPERATIONAL, expressions[i].words) !=
		    expressions[i].allowed) {
			fail_msg("row %zu: %s", i, expressions[i].words);
		}
		permission_release(&class);
	}
}

struct statement_row {
	const char *class;
	const char *statement; /* without "set"; its last node is asked about */
	bool see;
	bool change;
};

#define HOST "system host-name a"
#define USER "system login user a class b"
#define KEY  "security ike policy p pre-shared-key ascii-text k"
#define QUOTED "security zones security-zone \"the core\" tcp-rst"
#define MTU  "interfaces ge-0/0/1 mtu 1500"

static const struct statement_row statements[] = {
    {CLASS "permissions system\n", HOST, true, false},
    {CLASS "permissions system-control\n", HOST, true, true},
    {CLASS "permissions system-control\n", USER, false, false},
    {CLASS "permissions admin-control\n", USER, true, true},
    {CLASS "permissions admin-control\n", HOST, false, false},
    {CLASS "permissions admin-control\n",
	"system root-authentication encrypted-password \"$y$a$b$c\"", true, false},
    {CLASS "permissions view-configuration\n", USER, true, false},
    {CLASS "permissions view\n", HOST, false, false},
    {CLASS "permissions security-control\n", KEY, true, false},
    {CLASS "permissions [ security-control secret-control ]\n", KEY, true, true},
    {CLASS "permissions control\n", KEY, true, true},
    {CLASS "permissions all\n", KEY, true, true},
    {CLASS "permissions interface-control\n", MTU, true, true},
    {CLASS "permissions interface-control\n" CLASS "deny-configuration \"interfaces ge-0/0/1\"\n",
	MTU, false, false},
    {CLASS "permissions interface-control\n" CLASS "deny-configuration \"interfaces ge-0/0/2\"\n",
	MTU, true, true},
    {CLASS "allow-configuration \"interfaces .* mtu\"\n", MTU, true, true},
    {CLASS "allow-configuration \"interfaces .* mtu\"\n", "interfaces ge-0/0/1 description x",
	false, false},
    {CLASS "permissions view\n" CLASS "allow-configuration \"system\"\n" CLASS
	   "deny-configuration \"system login\"\n",
	USER, false, false},
    /* A name with blanks is denied by either spelling, and allowed by its own alone. */
    {CLASS "permissions security-control\n" CLASS "deny-configuration \"security zones security-zone the core\"\n", QUOTED, false, false},
    {CLASS "permissions security-control\n" CLASS "deny-configuration \"security zones security-zone the\"\n", QUOTED, false, false},
    {CLASS "permissions security-control\n" CLASS "deny-configuration \"security zones security-zone .the core.\"\n", QUOTED, false,
	false},
    {CLASS "permissions security-control\n" CLASS "deny-configuration \"security zones security-zone core\"\n", QUOTED, true, true},
    {CLASS "allow-configuration \"security zones security-zone the\"\n", QUOTED, false, false},
    {CLASS "allow-configuration \"security zones security-zone .the core.\"\n", QUOTED, true, true},
};

static void
test_statements(void **state)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		struct permission_class class = class_of(state, statements[i].class);
		struct world world = world_create(state);
		const struct conf_node *node;
		struct text line = TEXT_EMPTY;

		text_printf(&line, "set %s\n", statements[i].statement);
		if (!world_load(&world, CONF_FORMAT_SET, text_string(&line))) {
			fail_msg("%s", world_told(&world));
		}
		node = conf_tree_top(world.tree);
		while (node->last != NULL) {
			node = node->last;
		}
		if (permission_see(&class, node) != statements[i].see ||
		    permission_change(&class, node) != statements[i].change) {
			fail_msg("row %zu: %s", i, statements[i].statement);
		}
		text_release(&line);
		world_release(&world);
		permission_release(&class);
	}
}

/* What help reference tells: the table's row of a statement, wherever below it that stands. */
static void
test_needed(void **state)
{
	static const char *const path[] = {"system", "login", "user", "class"};
	const struct schema_node *node = schema_top(*state);
	uint32_t see;
	uint32_t change;

	node = schema_child(node, "system", strlen("system"));
	permission_needed(node, &see, &change);
	assert_true(see == PERMISSION_SYSTEM && change == PERMISSION_SYSTEM_CONTROL);
	node = schema_top(*state);
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		node = schema_child(node, path[i], strlen(path[i]));
		assert_non_null(node);
	}
	permission_needed(node, &see, &change);
	assert_true(see == PERMISSION_ADMIN && change == PERMISSION_ADMIN_CONTROL);
	/* What no row knows. */
	permission_needed(schema_child(schema_top(*state), "groups", strlen("groups")), &see, &change);
	assert_true(see == PERMISSION_ALL && change == PERMISSION_ALL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_predefined),
	    cmocka_unit_test(test_expressions),
	    cmocka_unit_test(test_statements),
	    cmocka_unit_test(test_needed),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
