/*
 * Secrets in the form in which JUNOS shows them ($9$): what is read is the secret itself
 * (REQ-VPN-051).
 */
#include "conf_support.h"

#define KEY "set security ike policy p pre-shared-key ascii-text "

struct reading {
	const char *form;
	const char *secret;
};

static const struct reading readings[] = {
    /* Published examples. */
    {"$9$FNkC3/t1IcevLuOWx", "hello"},
    {"$9$o1aGiPfz/Cuk.tO", "hello"},
    {"$9$LbHX-wg4Z", "lc"},
    /* Made by hand from the description, one of each family: three, two, one, no meaningless
       characters. */
    {"$9$QQQQnA0EhrvMXEcK8LxsY", "secret"},
    {"$9$BQQIRSyreWLNAp-wsY4o/CtuBEreW8X-6/A0ORlevWL7VYiHmTF/Vbqm5T3nreK",
	"\"a key with blanks 123\""},
    {"$9$7Q-s2oJGiqmaJz6AtRE8X7-VYDi.Q36mPhSyeW8", "1234pskey5678"},
    {"$9$iqz69CtpBE", "\"~!x\""},
    /* What is no such form is a secret as it stands: cut short, a foreign character, nothing in it,
       another magic. */
    {"$9$LbHX-wg4", "$9$LbHX-wg4"},
    {"$9$LbHX-wg4_", "$9$LbHX-wg4_"},
    {"$9$", "$9$"},
    {"$9$Qzz", "$9$Qzz"},
    {"$8$LbHX-wg4Z", "$8$LbHX-wg4Z"},
};

static void
test_readings(void **state)
{
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		struct world world = world_create(state);
		struct text line = TEXT_EMPTY;
		struct text expected = TEXT_EMPTY;

		text_printf(&line, KEY "\"%s\"\n", readings[i].form);
		text_printf(&expected, KEY "%s\n", readings[i].secret);
		assert_true(world_load(&world, CONF_FORMAT_SET, text_string(&line)));
		assert_string_equal(world_told(&world), "");
		text_clear(&world.out);
		conf_render(conf_tree_top(world.tree), CONF_FORMAT_SET, &world.out);
		assert_string_equal(text_string(&world.out), text_string(&expected));
		text_release(&line);
		text_release(&expected);
		world_release(&world);
	}
}

/* Any part of a form is read without harm. */
static void
test_parts(void **state)
{
	static const char form[] =
	    "$9$BQQIRSyreWLNAp-wsY4o/CtuBEreW8X-6/A0ORlevWL7VYiHmTF/Vbqm5T3nreK";

	for (size_t length = 1; length < sizeof(form); length++) {
		struct world world = world_create(state);
		struct text line = TEXT_EMPTY;

		text_printf(&line, KEY "\"%.*s\"\n", (int)length, form);
		assert_true(world_load(&world, CONF_FORMAT_SET, text_string(&line)));
		text_release(&line);
		world_release(&world);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_readings),
	    cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
