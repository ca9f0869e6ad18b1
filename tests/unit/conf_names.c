/*
 * Names that users give: in every language and with the signs that a quotation keeps; the same in each form of the configuration,
 * in references, and where a name is typed or completed. What cannot be seen, or turns what follows around, is in no name.
 */
#include "conf/verbs.h"
#include "conf_support.h"

/* As they are, and as configuration text has them. */
static const char *const names[][2] = {
    {"B\303\274ro Z\303\274rich", "\"B\303\274ro Z\303\274rich\""},
    {"\346\235\261\344\272\254", "\"\346\235\261\344\272\254\""},
    {"\330\247\331\204\331\205\331\203\330\252\330\250", "\"\330\247\331\204\331\205\331\203\330\252\330\250\""},
    {"\360\237\217\242", "\"\360\237\217\242\""},
    {"the \"old\" net", "\"the \\\"old\\\" net\""},
    {"a\\b", "\"a\\\\b\""},
    {"a|b | c", "\"a|b | c\""},
    {"ends\\", "\"ends\\\\\""},
    {"R&D (lab) 100%", "\"R&D (lab) 100%\""},
};

static const char *const refused[] = {
    "",
    " a",
    "a ",
    "\"a",
    "|a",
    "\\a",
    "a\tb",
    "a\x7f",
    "a;b",
    "a{b",
    "a<b>",
    "a\303",             /* half a character */
    "a\300\257",         /* a slash that is too long */
    "a\355\240\200",     /* a surrogate */
    "a\302\205",         /* next line */
    "a\342\200\213b",    /* a blank without a width */
    "a\342\200\256b",    /* from here to the left */
    "a\342\201\246b",
    "a\330\234b",
    "\357\273\277a",     /* a mark of the order of octets */
    "a\302\255b",        /* a hyphen that is not shown */
    "a\342\200\231b",    /* quotation marks that are read as plain ones */
    "a\342\200\234b",
    "a\363\240\201\201b", /* a tag */
};

static void
set(struct world *world, const char *format, const char *name)
{
	struct conf_editor editor = {.tree = world->tree, .level = TEXT_EMPTY};
	struct text words = TEXT_EMPTY;

	for (const char *c = format; *c != '\0'; c++) {
		if (*c == '@') {
			text_append(&words, name);
		} else {
			text_append_char(&words, *c);
		}
	}
	if (!conf_edit(&editor, CONF_EDIT_SET, text_string(&words), &world->list)) {
		fail_msg("%s: %s", text_string(&words), world->list.items[0].message);
	}
	text_release(&words);
}

/* Every kind of object has such names, and refers to such names. */
static const char *const statements[] = {
    "security zones security-zone @ address-book address @ 10.0.0.0/8",
    "security zones security-zone @ address-book address-set all address @",
    "security screen ids-option @ tcp land",
    "security zones security-zone @ screen @",
    "applications application @ protocol tcp",
    "schedulers scheduler @ daily all-day",
    "security policies from-zone @ to-zone @ policy @ match source-address @",
    "security policies from-zone @ to-zone @ policy @ match application @",
    "security policies from-zone @ to-zone @ policy @ scheduler-name @",
    "security nat source pool @ address 192.0.2.0/24",
    "security nat source rule-set @ from zone @",
    "security nat source rule-set @ to zone @",
    "security nat source rule-set @ rule @ match source-address 10.0.0.0/8",
    "security nat source rule-set @ rule @ then source-nat pool @",
    "security nat destination pool @ address 10.0.0.1",
    "security ike proposal @ authentication-method pre-shared-keys",
    "security ike policy @ proposals @",
    "security ike gateway @ ike-policy @",
    "security ipsec vpn @ ike gateway @",
    "firewall filter @ term @ then accept",
    "policy-options prefix-list @ 10.0.0.0/8",
};

static const enum conf_format formats[] = {CONF_FORMAT_SET, CONF_FORMAT_TEXT, CONF_FORMAT_JSON, CONF_FORMAT_XML};

static void
every_form(void **state)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct world world = world_create(state);

		for (size_t k = 0; k < sizeof(statements) / sizeof(statements[0]); k++) {
			set(&world, statements[k], names[i][1]);
		}
		assert_non_null(conf_entry(conf_walk(conf_tree_top(world.tree), "security", "zones", NULL), "security-zone", names[i][0], NULL));
		char *before = strdup(world_render(&world, CONF_FORMAT_SET));

		for (size_t k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
			struct world again = world_create(state);

			assert_true(world_load(&again, formats[k], world_render(&world, formats[k])));
			assert_renders(&again, CONF_FORMAT_SET, before);
			world_release(&again);
		}
		free(before);
		world_release(&world);
	}
}

static void
what_is_no_name(void **state)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct world world = world_create(state);
		struct conf_editor editor = {.tree = world.tree, .level = TEXT_EMPTY};
		struct text words = TEXT_EMPTY;

		text_append(&words, "security zones security-zone \"");
		for (const char *c = refused[i]; *c != '\0'; c++) {
			text_printf(&words, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
		}
		text_append(&words, "\"");
		if (conf_edit(&editor, CONF_EDIT_SET, text_string(&words), &world.list)) {
			fail_msg("row %zu is a name: %s", i, text_string(&words));
		}
		assert_null(conf_tree_top(world.tree)->first);
		text_release(&words);
		world_release(&world);
	}
}

/* Characters are counted, not octets. */
static void
sixty_three(void **state)
{
	struct world world = world_create(state);
	struct conf_editor editor = {.tree = world.tree, .level = TEXT_EMPTY};
	struct text words = TEXT_EMPTY;

	text_append(&words, "security screen ids-option ");
	for (int i = 0; i < 63; i++) {
		text_append(&words, "\346\235\261");
	}
	assert_true(conf_edit(&editor, CONF_EDIT_SET, text_string(&words), &world.list));
	text_append(&words, "\346\235\261");
	assert_false(conf_edit(&editor, CONF_EDIT_SET, text_string(&words), &world.list));
	assert_told(&world, "1 to 63 characters");
	text_release(&words);
	world_release(&world);
}

/* A plain quotation ends with a plain mark; E-008: one that a typographic mark opened with either. */
static void
quotations(void **state)
{
	struct world world = world_create(state);
	static const char line[] = "set interfaces ge-0/0/0 description \"it\342\200\231s \342\200\234new\342\200\235\"\n";

	assert_true(world_load(&world, CONF_FORMAT_SET, line));
	assert_renders(&world, CONF_FORMAT_SET, line);
	assert_true(world_load(&world, CONF_FORMAT_SET, "set interfaces ge-0/0/1 description \342\200\234a b\342\200\235\n"
	                                                "set interfaces ge-0/0/2 description \342\200\234a b\"\n"));
	assert_non_null(strstr(world_render(&world, CONF_FORMAT_SET), "ge-0/0/1 description \"a b\"\n"));
	assert_non_null(strstr(text_string(&world.out), "ge-0/0/2 description \"a b\"\n"));
	world_release(&world);
}

static void
editing(void **state)
{
	struct world world = world_of(state, "set security screen ids-option \"B\303\274ro | \\\"1\\\"\" tcp land\n");
	struct conf_editor editor = {.tree = world.tree, .level = TEXT_EMPTY};

	assert_true(conf_edit(&editor, CONF_EDIT_RENAME,
	    "security screen ids-option \"B\303\274ro | \\\"1\\\"\" to ids-option \"\346\235\261 2\"", &world.list));
	assert_renders(&world, CONF_FORMAT_SET, "set security screen ids-option \"\346\235\261 2\" tcp land\n");
	assert_true(conf_edit(&editor, CONF_EDIT_ENTER, "security screen ids-option \"\346\235\261 2\"", &world.list));
	assert_string_equal(text_string(&editor.level), "security screen ids-option \"\346\235\261 2\"");
	assert_true(conf_edit(&editor, CONF_EDIT_SET, "tcp winnuke", &world.list));
	text_release(&editor.level);
	assert_true(conf_edit(&editor, CONF_EDIT_DELETE, "security screen ids-option \"\346\235\261 2\"", &world.list));
	assert_null(conf_tree_top(world.tree)->first);
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_form),
	    cmocka_unit_test(what_is_no_name),
	    cmocka_unit_test(sixty_three),
	    cmocka_unit_test(quotations),
	    cmocka_unit_test(editing),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
