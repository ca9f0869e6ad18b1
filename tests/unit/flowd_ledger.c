/*
 * The ledger of interfaces: what is entered is there after a crash, what is struck out is not, rubbish is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger.h"

static char own[] = "sp0";
static char other[] = "sp1";
static char branch[] = "branch";

static void
path_in(char *path)
{
	(void)strcpy(path, "/tmp/ledger-XXXXXX");
	const int descriptor = mkstemp(path);

	assert_true(descriptor >= 0);
	(void)close(descriptor);
}

static struct ledger *
open_it(const char *path)
{
	struct text error = TEXT_EMPTY;
	struct ledger *ledger = ledger_open(path, &error);

	assert_string_equal(text_string(&error), "");
	assert_non_null(ledger);
	return ledger;
}

static void
survives_the_one_who_wrote_it(void **state)
{
	char path[32];
	const struct ledger_entry first = {.netdev = own, .before = {.ipv6_off = 0, .gro = 1, .gso = -1, .queues = 4, .tags_off = 1}};
	const struct ledger_entry second = {.namespace = branch, .netdev = own, .before = {.ipv6_off = 1}};
	const struct ledger_entry third = {.namespace = branch, .netdev = other};

	(void)state;
	path_in(path);
	struct ledger *ledger = open_it(path);

	assert_true(ledger_put(ledger, &first));
	assert_true(ledger_put(ledger, &second));
	assert_true(ledger_put(ledger, &third));
	ledger_strike(ledger, branch, other);
	ledger_close(ledger);
	ledger = open_it(path);
	assert_int_equal(ledger_count(ledger), 2);
	assert_int_equal(ledger_find(ledger, NULL, own)->before.gro, 1);
	assert_int_equal(ledger_find(ledger, NULL, own)->before.gso, -1);
	assert_int_equal(ledger_find(ledger, NULL, own)->before.queues, 4);
	assert_int_equal(ledger_find(ledger, NULL, own)->before.tags_off, 1);
	assert_int_equal(ledger_find(ledger, branch, own)->before.ipv6_off, 1);
	assert_null(ledger_find(ledger, branch, other));
	assert_null(ledger_find(ledger, NULL, other));
	ledger_close(ledger);
	(void)unlink(path);
}

static void
entered_twice_is_one(void **state)
{
	char path[32];
	const struct ledger_entry first = {.netdev = own, .before = {.gro = 1}};
	const struct ledger_entry again = {.netdev = own, .before = {.gro = 0}};

	(void)state;
	path_in(path);
	struct ledger *ledger = open_it(path);

	assert_true(ledger_put(ledger, &first));
	assert_true(ledger_put(ledger, &again));
	assert_int_equal(ledger_count(ledger), 1);
	assert_int_equal(ledger_at(ledger, 0)->before.gro, 0);
	ledger_close(ledger);
	(void)unlink(path);
}

static void
rubbish_is_skipped(void **state)
{
	char path[32];
	FILE *file;

	(void)state;
	path_in(path);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs("- sp0 0 1 1 1 1 0\n"
		    "- sp1 0 1 1 1 1\n"
		    "- sp1 0 1 1 1 1 7\n"
		    "../x sp1 0 1 1 1 1 0\n"
		    "- ../sp1 0 1 1 1 1 0\n"
		    "- .. 0 1 1 1 1 0\n"
		    "- sp2;reboot 0 1 1 1 1 0\n"
		    "- sp1 0 1 1 1 1 0 1\n"
		    "- sp1 0 1 1 1 1 0 1 1 1\n"
		    "- sp1 0 1 1 1 1 0 1 2\n"
		    "- sp1 0 1 1 1 1 0 65536 0\n"
		    "- sp1 0 1 1 1 1 0 x 0\n"
		    "\n"
		    "branch sp3 0 1 1 1 -1 -1",
	    file);
	(void)fclose(file);
	struct ledger *ledger = open_it(path);

	assert_int_equal(ledger_count(ledger), 2);
	assert_non_null(ledger_find(ledger, NULL, own));
	assert_string_equal(ledger_at(ledger, 1)->netdev, "sp3");
	assert_int_equal(ledger_at(ledger, 1)->before.queues, -1);
	assert_int_equal(ledger_at(ledger, 1)->before.tags_off, -1);
	ledger_close(ledger);
	(void)unlink(path);
}

static void
one_flowd_alone(void **state)
{
	char path[32];
	struct text error = TEXT_EMPTY;

	(void)state;
	path_in(path);
	struct ledger *ledger = open_it(path);

	assert_null(ledger_open(path, &error));
	assert_non_null(strstr(text_string(&error), "another flowd runs"));
	ledger_close(ledger);
	text_release(&error);
	(void)unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(survives_the_one_who_wrote_it),
	    cmocka_unit_test(entered_twice_is_one),
	    cmocka_unit_test(rubbish_is_skipped),
	    cmocka_unit_test(one_flowd_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
