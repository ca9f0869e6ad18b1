/*
 * What a user sets for a session of the command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "settings.h"

static void
expect_taken(struct cli_settings *settings, const char *line, const char *output)
{
	struct text out = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	size_t column = 0;

	assert_true(cli_settings_take(settings, line, &out, &error, &column));
	assert_string_equal(text_string(&error), "");
	assert_string_equal(text_string(&out), output);
	text_release(&out);
	text_release(&error);
}

static void
expect_refused(const char *line, size_t place, const char *part)
{
	struct cli_settings settings = {.length = 24};
	struct text out = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	size_t column = 0;

	assert_true(cli_settings_take(&settings, line, &out, &error, &column));
	assert_non_null(strstr(text_string(&error), part));
	assert_int_equal(column, place);
	assert_int_equal(settings.length, 24);
	assert_false(settings.length_set);
	text_release(&out);
	text_release(&error);
}

static void
expect_left(const char *line)
{
	struct cli_settings settings = {.length = 24};
	struct text out = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	size_t column = 0;

	assert_false(cli_settings_take(&settings, line, &out, &error, &column));
	assert_int_equal(out.length + error.length, 0);
}

static void
test_settings(void **state)
{
	struct cli_settings settings = {.length = 24, .width = 80};

	(void)state;
	expect_taken(&settings, "set cli screen-length 50", "CLI screen-length set to 50\n");
	expect_taken(&settings, "set cli screen-w 132", "CLI screen-width set to 132\n");
	expect_taken(&settings, "set cli idle-timeout 15", "CLI idle-timeout set to 15 minutes\n");
	expect_taken(&settings, "set cli timestamp", "CLI timestamp set to: %b %d %T\n");
	expect_taken(&settings, "set cli complete-on-space off", "CLI complete-on-space set to off\n");
	assert_true(settings.length_set && settings.width_set && settings.timestamp && settings.no_space);
	expect_taken(&settings, "show cli",
	    "CLI complete-on-space set to off\nCLI idle-timeout set to 15 minutes\nCLI prompt set to 'user@host'\n"
	    "CLI screen-length set to 50\n"
	    "CLI screen-width set to 132\nCLI timestamp set to: %b %d %T\n");
	expect_taken(&settings, "set c timestamp disable", "CLI timestamp disabled\n");
	expect_taken(&settings, "set cli idle 0", "CLI idle-timeout disabled\n");
	expect_taken(&settings, "set cli complete-on-space on", "CLI complete-on-space set to on\n");
	expect_taken(&settings, "set cli screen-length 0", "CLI screen-length set to 0\n");
}

static void
test_prompt(void **state)
{
	struct cli_settings settings = {.length = 24};

	(void)state;
	expect_taken(&settings, "set cli prompt gate", "CLI prompt set to 'gate'\n");
	assert_string_equal(settings.prompt, "gate");
	expect_taken(&settings, "set cli prompt \"my | gate\"", "CLI prompt set to 'my | gate'\n");
	assert_string_equal(settings.prompt, "my | gate");
	expect_taken(&settings, "set cli prompt user@host", "CLI prompt set to 'user@host'\n");
	assert_string_equal(settings.prompt, "");
	expect_refused("set cli prompt", 14, "prompt takes");
	expect_refused("set cli prompt a b", 17, "prompt takes");
	expect_refused("set cli prompt \"\"", 15, "prompt takes");
	expect_refused("set cli prompt \"a\033[2J\"", 15, "prompt takes");
	expect_refused("set cli prompt 12345678901234567890123456789012345678901234567890123456789012345", 15, "prompt takes");
}

/* The last ones, the oldest first, and what is forgotten is what is oldest. */
static void
test_history(void **state)
{
	static struct cli_settings settings;
	struct text out = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	size_t column = 0;
	char line[32];

	(void)state;
	for (unsigned i = 0; i < CLI_HISTORY + 2; i++) {
		(void)snprintf(line, sizeof(line), "show log %u", i);
		cli_settings_remember(&settings, line);
	}
	assert_true(cli_settings_take(&settings, "show cli history 2", &out, &error, &column));
	assert_non_null(strstr(text_string(&out), "-- show log 1000\n  "));
	assert_non_null(strstr(text_string(&out), "-- show log 1001\n"));
	assert_null(strstr(text_string(&out), "-- show log 999\n"));
	text_clear(&out);
	assert_true(cli_settings_take(&settings, "show cli history", &out, &error, &column));
	assert_null(strstr(text_string(&out), "-- show log 1\n"));
	assert_non_null(strstr(text_string(&out), "-- show log 2\n"));
	assert_true(cli_settings_take(&settings, "show cli history x", &out, &error, &column));
	assert_int_equal(column, 17);
	cli_settings_release(&settings);
	text_release(&out);
	text_release(&error);
}

static void
test_refused(void **state)
{
	(void)state;
	expect_refused("set cli", 7, "possible: complete-on-space, idle-timeout");
	expect_refused("set cli colour red", 8, "possible: ");
	expect_refused("set cli screen 5", 8, "possible: ");
	expect_refused("set cli screen-length", 21, "0..100000");
	expect_refused("set cli screen-length many", 22, "0..100000");
	expect_refused("set cli screen-length -1", 22, "0..100000");
	expect_refused("set cli screen-length 100001", 22, "0..100000");
	expect_refused("set cli screen-length 99999999999999999999", 22, "0..100000");
	expect_refused("set cli screen-width 39", 21, "40..1024");
	expect_refused("set cli screen-length 5 6", 24, "screen-length takes");
	expect_refused("set cli complete-on-space maybe", 26, "on or off");
}

static void
test_others(void **state)
{
	(void)state;
	expect_left("");
	expect_left("show");
	expect_left("show configuration");
	expect_left("show cli | match x");
	expect_left("set system host-name x");
	expect_left("settle cli");
	expect_left("s cli");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_prompt),
	    cmocka_unit_test(test_history),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
