/*
 * Completion of configuration lines: keywords, names that exist, reference targets, placeholders with range and default.
 */
#include "op_house.h"

#include <time.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
#define LARGE_MILLISECONDS 1000 /* checks everywhere: no figure to hold it to */
#else
#define LARGE_MILLISECONDS 50
#endif

static const char configuration[] =
    "set interfaces ge-0/0/1 vlan-tagging\n"
    "set interfaces ge-0/0/1 unit 2 vlan-id 5\n"
    "set interfaces ge-0/0/1 unit 2 family inet address 10.0.0.1/24\n"
    "set interfaces ge-0/0/10 unit 0 family inet address 10.0.1.1/24\n"
    "set security screen ids-option edge tcp land\n"
    "set security zones security-zone trust address-book address lan 10.0.0.0/24\n"
    "set security zones security-zone trust interfaces ge-0/0/1.2\n"
    "set security zones security-zone trust host-inbound-traffic system-services ping\n"
    "set security zones security-zone trust host-inbound-traffic system-services ssh\n"
    "set security zones security-zone untrust address-book address web 192.0.2.0/24\n"
    "set security policies from-zone trust to-zone untrust policy a match source-address lan\n"
    "set security policies from-zone trust to-zone untrust policy b match source-address any\n"
    "set security policies from-zone trust to-zone trust policy c match source-address any\n"
    "set applications application own protocol tcp\n";

static int
furnish(void **state)
{
	*state = house_create(configuration);
	return 0;
}

static void
expect(const struct house *house, enum conf_verb verb, const char *line, const char *words)
{
	struct text got = TEXT_EMPTY;

	conf_complete(&house->editor, verb, line, collect, &got);
	assert_string_equal(text_string(&got), words);
	text_release(&got);
}

/* Are all the words among the candidates? */
static void
expect_among(const struct house *house, enum conf_verb verb, const char *line, const char *const *words)
{
	struct text got = TEXT_EMPTY;

	text_append_char(&got, ' ');
	conf_complete(&house->editor, verb, line, collect, &got);
	for (; *words != NULL; words++) {
		struct text word = TEXT_EMPTY;

		text_printf(&word, " %s ", *words);
		if (strstr(text_string(&got), text_string(&word)) == NULL) {
			fail_msg("'%s' does not offer '%s' but:%s", line, *words, text_string(&got));
		}
		text_release(&word);
	}
	text_release(&got);
}

static void
test_keywords(void **state)
{
	const struct house *house = *state;

	expect_among(house, CONF_VERB_SET, "",
	    (const char *const[]){">system", ">interfaces", ">security", ">applications", ">routing-options", NULL});
	expect(house, CONF_VERB_SET, "sec", ">security ");
	expect(house, CONF_VERB_SET, "security zo", ">zones ");
	expect(house, CONF_VERB_SET, "sec zo security-zone trust tcp", "tcp-rst ");
	expect(house, CONF_VERB_SET, "nonsense ", "");
	expect(house, CONF_VERB_SET, "security nonsense ", "");
	expect(house, CONF_VERB_SET, "security policies default-policy ", "deny-all permit-all ");
	expect(house, CONF_VERB_SET, "security policies default-policy p", "permit-all ");
}

static void
test_names(void **state)
{
	const struct house *house = *state;

	expect(house, CONF_VERB_SET, "interfaces ", "'ge-0/0/1 'ge-0/0/10 <interface-name> ");
	expect(house, CONF_VERB_SET, "interfaces ge-0/0/10", "'ge-0/0/10 <interface-name> ");
	expect(house, CONF_VERB_SET, "interfaces ge-0/0/1 unit ", "'2 <0..16385> ");
	expect(house, CONF_VERB_SET, "interfaces ge-0/0/1 unit 2 vlan-id ", "<1..4094> ");
	/* E-16D: the number may be left out. */
	expect(house, CONF_VERB_SET, "security ike respond-bad-spi ", "! <1..30> ");
	expect(house, CONF_VERB_SET, "security zones security-zone ", "'trust 'untrust <name> ");
	expect(house, CONF_VERB_SET, "security policies from-zone trust ", "to-zone ");
	expect(house, CONF_VERB_SET, "security policies from-zone trust to-zone untrust policy ", "'a 'b <name> ");
}

/* A reference offers what may be named: units with their port, the addresses of the policy's own zones. */
static void
test_references(void **state)
{
	const struct house *house = *state;

	expect_among(house, CONF_VERB_SET, "security zones security-zone untrust interfaces ",
	    (const char *const[]){"'ge-0/0/1.2", "'ge-0/0/10.0", NULL});
	expect(house, CONF_VERB_SET, "security zones security-zone trust screen ", "'edge <name> [ ");
	expect_among(house, CONF_VERB_SET, "security policies from-zone ",
	    (const char *const[]){"'trust", "'untrust", NULL});
	expect(house, CONF_VERB_SET, "security policies from-zone trust to-zone untrust policy a match source-address ",
	    "'lan any <address-reference> [ ");
	expect(house, CONF_VERB_SET,
	    "security policies from-zone trust to-zone untrust policy new match destination-address ",
	    "'web any <address-reference> [ ");
	expect(house, CONF_VERB_SET, "security policies from-zone trust to-zone untrust policy a match application o",
	    "'own <application-reference> ");
	/* What is predefined is a name as any other. */
	expect(house, CONF_VERB_SET, "security policies from-zone trust to-zone untrust policy a match application junos-htt",
	    "'junos-http 'junos-http-ext 'junos-https <application-reference> ");
}

/* A book of 5000 addresses: more than one answer shows, but what is typed finds its names. */
static void
test_many_names(void **state)
{
	struct house *house = *state;
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text got = TEXT_EMPTY;
	static const char *const line = "security policies from-zone trust to-zone untrust policy a match source-address ";

	for (unsigned i = 0; i < 5000; i++) {
		struct text words = TEXT_EMPTY;

		text_printf(&words, "security zones security-zone trust address-book address host-%u 10.0.%u.%u/32", i, i / 250,
		    i % 250);
		assert_true(conf_edit(&house->editor, CONF_EDIT_SET, text_string(&words), &list));
		text_release(&words);
	}
	text_printf(&got, "%shost-4999", line);
	expect(house, CONF_VERB_SET, text_string(&got), "'host-4999 <address-reference> ");
	text_release(&got);
	assert_true(conf_edit(&house->editor, CONF_EDIT_DELETE, "security zones security-zone trust address-book", &list));
	assert_true(conf_edit(&house->editor, CONF_EDIT_SET, "security zones security-zone trust address-book address lan 10.0.0.0/24",
	    &list));
	diagnostics_release(&list);
}

static void
test_ends_of_lines(void **state)
{
	const struct house *house = *state;

	/* REQ-CFG-004: after a leaf its neighbours may follow on the same line. */
	expect_among(house, CONF_VERB_SET, "interfaces ge-0/0/1 unit 2 vlan-id 5 ",
	    (const char *const[]){"!", "vlan-id", ">family", "description", NULL});
	expect(house, CONF_VERB_SET, "interfaces ge-0/0/1 unit 2 vlan-id 5 desc", "description ");
	expect(house, CONF_VERB_SET, "security policies from-zone trust to-zone untrust policy a match source-address [ ",
	    "'lan any <address-reference> ] ");
	expect_among(house, CONF_VERB_SET,
	    "security policies from-zone trust to-zone untrust policy a match source-address [ lan any ] ",
	    (const char *const[]){"!", "+application", NULL});
	expect(house, CONF_VERB_SET, "interfaces ge-0/0/1 unit 2 family inet address 10.0.0.1/24 ", "! ");
}

static void
test_delete_and_show(void **state)
{
	const struct house *house = *state;

	expect(house, CONF_VERB_DELETE, "", "! >interfaces >security >applications ");
	expect(house, CONF_VERB_SHOW, "interfaces ", "! 'ge-0/0/1 'ge-0/0/10 ");
	expect(house, CONF_VERB_SHOW, "interfaces ge-0/0/10 ", "! >unit ");
	expect(house, CONF_VERB_DELETE, "interfaces ge-0/0/1 ", "! vlan-tagging >unit ");
	expect(house, CONF_VERB_DELETE, "security policies from-zone ", "! 'trust ");
	expect(house, CONF_VERB_DELETE, "security policies from-zone trust to-zone ", "'untrust 'trust ");
	expect(house, CONF_VERB_DELETE, "security zones security-zone trust host-inbound-traffic system-services ",
	    "! 'ping 'ssh ");
	expect(house, CONF_VERB_DELETE, "system ", "! ");
}

static void
test_edit(void **state)
{
	const struct house *house = *state;

	expect(house, CONF_VERB_EDIT, "security zo", ">zones ");
	expect(house, CONF_VERB_EDIT, "interfaces ge-0/0/1 ", "! >hold-time >unit ");
	expect_among(house, CONF_VERB_EDIT, "security zones security-zone trust ",
	    (const char *const[]){"!", ">address-book", ">host-inbound-traffic", NULL});
	expect(house, CONF_VERB_EDIT, "security zones security-zone ", "'trust 'untrust <name> ");
}

static void
test_insert(void **state)
{
	const struct house *house = *state;

	expect(house, CONF_VERB_INSERT, "security policies from-zone trust to-zone untrust policy ", "'a 'b ");
	expect_among(house, CONF_VERB_INSERT, "security policies from-zone trust to-zone untrust policy b ",
	    (const char *const[]){"before", "after", NULL});
	expect(house, CONF_VERB_INSERT, "security policies from-zone trust to-zone untrust policy b before ", "policy ");
	expect(house, CONF_VERB_INSERT, "security policies from-zone trust to-zone untrust policy b before policy ", "'a ");
	expect(house, CONF_VERB_INSERT, "security policies from-zone trust to-zone untrust policy b before policy a ",
	    "! ");
}

/* REQ-CFG-003: below edit the same words without the leading ones. */
static void
test_at_a_level(void **state)
{
	struct house *house = *state;

	text_append(&house->editor.level, "security policies from-zone trust to-zone untrust");
	expect(house, CONF_VERB_SET, "pol", ">policy ");
	expect(house, CONF_VERB_SET, "policy ", "'a 'b <name> ");
	expect(house, CONF_VERB_SET, "policy a match source-address l", "'lan <address-reference> ");
	expect(house, CONF_VERB_SHOW, "", "! >policy ");
	text_clear(&house->editor.level);
}

static void
find_help(void *context, const struct conf_candidate *candidate)
{
	struct text *help = context;

	if (candidate->kind == CONF_CANDIDATE_PLACEHOLDER) {
		text_append(help, candidate->help);
	}
}

/* A placeholder says what the value is for, and what counts without it. */
static void
test_help_of_values(void **state)
{
	const struct house *house = *state;
	struct text help = TEXT_EMPTY;

	conf_complete(&house->editor, CONF_VERB_SET, "interfaces ge-0/0/1 mtu ", find_help, &help);
	assert_non_null(strstr(text_string(&help), "bytes"));
	assert_non_null(strstr(text_string(&help), "default 1514"));
	text_release(&help);
}

/* Completion takes under 50 ms with 10,000 policies; names more than anybody reads are not told, and none comes twice. */
static void
test_large(void **state)
{
	struct house *house = *state;
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text lines = TEXT_EMPTY;
	struct text got = TEXT_EMPTY;
	struct timespec before;
	struct timespec after;

	for (int i = 0; i < 10000; i++) {
		text_printf(&lines, "set security zones security-zone trust address-book address a-host-with-a-long-name-%d 10.1.1.1/32\n", i);
		text_printf(&lines, "set security policies from-zone trust to-zone untrust policy many-%d match source-address any\n", i);
	}
	assert_true(conf_load(house->editor.tree, CONF_FORMAT_SET, NULL, text_string(&lines), lines.length, &list));
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before), 0);
	conf_complete(&house->editor, CONF_VERB_SET,
	    "security policies from-zone trust to-zone untrust policy many-9999 match source-address ", collect, &got);
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after), 0);
	const double milliseconds =
	    (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;

	assert_true(milliseconds < LARGE_MILLISECONDS);
	size_t names = 0;

	for (const char *at = strchr(text_string(&got), '\''); at != NULL; at = strchr(at + 1, '\'')) {
		names++;
	}
	assert_int_equal(names, 4096);
	text_clear(&got);
	conf_complete(&house->editor, CONF_VERB_SET, "security policies from-zone trust to-zone untrust policy many-9999", collect,
	    &got);
	assert_string_equal(text_string(&got), "'many-9999 <name> ");
	text_release(&got);
	text_release(&lines);
	diagnostics_release(&list);
}

/* cs09142: a name with blanks is offered in quotation marks, with what is typed of it in front or not. */
static void
test_quoted_names(void **state)
{
	struct house *house = *state;
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	assert_true(conf_edit(&house->editor, CONF_EDIT_SET,
	    "security zones security-zone \"far away\" address-book address \"head office\" 198.51.100.0/24", &list));
	assert_true(conf_edit(&house->editor, CONF_EDIT_SET,
	    "security policies from-zone \"far away\" to-zone trust policy \"way in\" match source-address any", &list));
	diagnostics_release(&list);
	expect(house, CONF_VERB_EDIT, "security zones security-zone f", "'\"far away\" <name> ");
	expect(house, CONF_VERB_EDIT, "security zones security-zone \"far a", "'\"far away\" <name> ");
	expect(house, CONF_VERB_EDIT, "security zones security-zone \"far b", "<name> ");
	expect(house, CONF_VERB_SET, "security policies from-zone \"far away\" to-zone trust policy \"way in\" match source-address \"h",
	    "'\"head office\" <address-reference> ");
	expect(house, CONF_VERB_DELETE, "security policies from-zone \"far away\" to-zone trust policy w", "'\"way in\" ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keywords),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_references),
	    cmocka_unit_test_setup_teardown(test_large, furnish, tear_down),
	    cmocka_unit_test_setup_teardown(test_quoted_names, furnish, tear_down),
	    cmocka_unit_test(test_many_names),
	    cmocka_unit_test(test_ends_of_lines),
	    cmocka_unit_test(test_delete_and_show),
	    cmocka_unit_test(test_edit),
	    cmocka_unit_test(test_insert),
	    cmocka_unit_test(test_at_a_level),
	    cmocka_unit_test(test_help_of_values),
	};

	return cmocka_run_group_tests(tests, furnish, tear_down);
}
