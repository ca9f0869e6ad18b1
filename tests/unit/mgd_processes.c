/*
 * What /proc/ID/stat says, by lines as proc(5) describes them, and this very process among its parent's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "processes.h"

static const struct process_units units = {.clock = 100, .page = 4096, .uptime = 5000000};

static void
parsed(void **state)
{
	struct process process = {.id = 0};

	(void)state;
	/* user 250 and system 50 ticks are 3 s; started 2000 s after boot; 300 pages. */
	assert_true(process_parse_stat(&process,
	    "4711 (sallyport-flowd) S 4700 4700 4700 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 7 0 200000 1000000 300 "
	    "18446744073709551615 1 1 0 0 0 0\n",
	    &units));
	assert_int_equal(process.id, 4711);
	assert_int_equal(process.parent, 4700);
	assert_int_equal(process.threads, 7);
	assert_int_equal(process.cpu, 3000);
	assert_int_equal(process.age, 3000000);
	assert_int_equal(process.resident, 300 * 4096);
}

/* A program may call itself anything. */
static void
odd_names(void **state)
{
	struct process process = {.id = 0};

	(void)state;
	assert_true(process_parse_stat(
	    &process, "7 (a) R 1 (b) S 3 7 7 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 100 0 5 0\n", &units));
	assert_int_equal(process.parent, 3);
	assert_int_equal(process.resident, 5 * 4096);
}

static void
broken(void **state)
{
	static const char *const lines[] = {"", "4711", "4711 (x", "4711 (x)", "4711 (x) ", "4711 (x) S", "4711 (x) S 1 2 3",
	    "4711 (x) S 1 7 7 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 100 0", "4711 (x) S one 7 7 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 100 0 5"};
	struct process process;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_false(process_parse_stat(&process, lines[i], &units));
	}
}

/* This program is none of the gateway's, whoever its parent is. */
static void
others_are_left_out(void **state)
{
	struct process list[4];

	(void)state;
	assert_int_equal(processes_list(getpid(), list, 4), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parsed),
	    cmocka_unit_test(odd_names),
	    cmocka_unit_test(broken),
	    cmocka_unit_test(others_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
