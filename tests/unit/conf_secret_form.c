/*
 * Secrets in the form in which JUNOS shows them ($9$): what is read is the secret itself
 * (REQ-VPN-051).
 */
#include "conf_support.h"
#include "conf/wrapped.h"

#define KEY "set security ike policy p pre-shared-key ascii-text "

struct form {
	const char *form;
	const char *secret;
};

static const struct form readings[] = {
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
    /* Another magic is none. */
    {"$8$LbHX-wg4Z", "\"$8$LbHX-wg4Z\""},
};

/* What begins so and is no such form: cut short, a foreign character, nothing in it, a form in a form. */
static const char *const malformed[] = {
    "$9$LbHX-wg4", "$9$LbHX-wg4_", "$9$", "$9$Qzz", "$9$sB24aUjq.fT9CJG"};

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

/* It is the secret as it stands, and that is told with its place, but not the secret. */
static void
test_malformed(void **state)
{
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct world world = world_create(state);
		struct text line = TEXT_EMPTY;

		text_printf(&line, "\n" KEY "\"%s\"\n", malformed[i]);
		assert_true(world_load(&world, CONF_FORMAT_SET, text_string(&line)));
		assert_int_equal(world.list.count, 1);
		assert_told(&world, "test:2: [edit security ike policy p pre-shared-key] ");
		assert_told(&world, "warning: this begins as the $9$ form of a secret and is none");
		assert_true(strlen(malformed[i]) == 3 || !told(&world, malformed[i]));
		text_clear(&world.out);
		conf_render(conf_tree_top(world.tree), CONF_FORMAT_SET, &world.out);
		assert_string_equal(text_string(&world.out), text_string(&line) + 1);
		/* It has no form that would be read again as itself. */
		assert_true(conf_show_secrets(world.tree));
		assert_renders(&world, CONF_FORMAT_SET, text_string(&line) + 1);
		text_release(&line);
		world_release(&world);
	}
}

/* What is shown hides each secret, is the same each time, and loads as the same secret in every form. */
static void
test_shown(void **state)
{
	static const char *const secrets[] = {"hello", "a", "~", "secret with blanks", "Gr\303\274n\303\277", "1234pskey5678",
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234"};
	static const enum conf_format formats[] = {CONF_FORMAT_SET, CONF_FORMAT_TEXT, CONF_FORMAT_JSON, CONF_FORMAT_XML};

	for (size_t i = 0; i < 4 * sizeof(secrets) / sizeof(secrets[0]); i++) {
		const char *secret = secrets[i / 4];
		struct text line = TEXT_EMPTY;

		text_printf(&line, KEY "\"%s\"\n", secret);
		struct world world = world_of(state, text_string(&line));
		struct world again = world_create(state);
		char *plain = strdup(world_render(&world, CONF_FORMAT_SET));

		assert_true(conf_show_secrets(world.tree));
		assert_null(strlen(secret) < 3 ? NULL : strstr(world_render(&world, formats[i % 4]), secret));
		assert_non_null(strstr(world_render(&world, formats[i % 4]), "$9$"));
		assert_true(world_load(&again, formats[i % 4], world_render(&world, formats[i % 4])));
		assert_int_equal(again.list.count, 0);
		assert_renders(&again, CONF_FORMAT_SET, plain);
		free(plain);
		text_release(&line);
		world_release(&world);
		world_release(&again);
	}
}

/* JUNOS's form of the line; hashes of passwords stay as they are. */
static void
test_text(void **state)
{
	struct world world = world_of(state, KEY "lc\nset system root-authentication encrypted-password \"$6$salt$hash\"\n");

	assert_true(conf_show_secrets(world.tree));
	assert_non_null(strstr(world_render(&world, CONF_FORMAT_TEXT), "encrypted-password \"$6$salt$hash\"; ## SECRET-DATA\n"));
	const char *shown = strstr(world_render(&world, CONF_FORMAT_TEXT), "pre-shared-key ascii-text \"$9$");

	assert_non_null(shown);
	assert_non_null(strstr(shown, "\"; ## SECRET-DATA\n"));
	world_release(&world);
}

/* Daemons learn that there is a secret and not which, and no hash; what they get is a configuration that they can read. */
static void
test_withheld(void **state)
{
	struct world world = world_of(state, KEY "hush\nset security ike policy q pre-shared-key hexadecimal 00ff\n"
	                                         "set access profile x radius-server 192.0.2.1 secret hush\n"
	                                         "set system root-authentication encrypted-password \"$6$salt$hush\"\n"
	                                         "set system login user u class operator\n"
	                                         "set system login user u authentication encrypted-password \"$6$salt$hush\"\n");
	struct world again = world_create(state);

	assert_true(conf_names_secrets(world.tree));
	assert_true(conf_withhold_secrets(world.tree));
	assert_true(world_load(&again, CONF_FORMAT_TEXT, world_render(&world, CONF_FORMAT_TEXT)));
	assert_null(strstr(world_render(&again, CONF_FORMAT_SET), "hush"));
	assert_null(strstr(text_string(&again.out), "00ff"));
	assert_null(strstr(text_string(&again.out), "encrypted-password"));
	assert_non_null(strstr(text_string(&again.out), "user u class operator"));
	assert_non_null(strstr(text_string(&again.out), "ascii-text"));
	assert_non_null(strstr(text_string(&again.out), "hexadecimal"));
	assert_non_null(strstr(text_string(&again.out), "radius-server 192.0.2.1 secret"));
	world_release(&world);
	world_release(&again);
}

/* A secret of digits only is checked as what it stands for. */
static void
test_hexadecimal(void **state)
{
	struct world world = world_of(state, "set security ike policy p pre-shared-key hexadecimal 00ff00ff\n");

	assert_true(conf_show_secrets(world.tree));
	struct world again = world_create(state);

	assert_true(world_load(&again, CONF_FORMAT_TEXT, world_render(&world, CONF_FORMAT_TEXT)));
	assert_renders(&again, CONF_FORMAT_SET, "set security ike policy p pre-shared-key hexadecimal 00ff00ff\n");
	assert_false(world_load(&again, CONF_FORMAT_SET, "set security ike policy p pre-shared-key hexadecimal \"$9$FNkC3/t1IcevLuOWx\"\n"));
	world_release(&again);
	world_release(&world);
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
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_shown),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_hexadecimal),
	    cmocka_unit_test(test_withheld),
	    cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
