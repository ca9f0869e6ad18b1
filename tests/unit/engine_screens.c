/*
 * The tables of the screens that count: exact with room, and what a flood of others does to one that is watched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../lib/engine/src/screen_rate.h"

enum {
	SECOND = 1000000000,
	THRESHOLD = 1000,
	OTHERS = 200, /* between two packets to the watched one: more than 200000 in its second */
	ZONE = 5,
};

static struct screen_tables
tables_create(void)
{
	struct screen_tables tables = {
	    .secret = {.low = 0x0123456789abcdef, .high = 0xfedcba9876543210},
	    .rates = calloc((size_t)SCREEN_RATE_SETS * SCREEN_WAYS, sizeof(struct screen_rate)),
	    .scans = calloc((size_t)SCREEN_SCAN_SETS * SCREEN_WAYS, sizeof(struct screen_scan)),
	};

	assert_non_null(tables.rates);
	assert_non_null(tables.scans);
	return tables;
}

static void
tables_destroy(struct screen_tables *tables)
{
	free(tables->rates);
	free(tables->scans);
}

static struct screen_rate_key
rate_of(uint32_t address)
{
	return (struct screen_rate_key){.address = ipv6_mapped(address), .zone = ZONE, .screen = 1};
}

/* REQ-SCR-046: a thousand addresses at a time, each at its threshold exactly, and by zone */
static void
test_exact(void **state)
{
	struct screen_tables tables = tables_create();
	struct screen_rate_key other_zone = rate_of(1);

	(void)state;
	for (uint32_t packet = 1; packet <= 20; packet++) {
		for (uint32_t address = 1; address <= 1000; address++) {
			const struct screen_rate_key key = rate_of(address);

			assert_int_equal(screen_rate_over(&tables, &key, 10, SECOND), packet > 10);
		}
	}
	other_zone.zone = ZONE + 1;
	assert_false(screen_rate_over(&tables, &other_zone, 10, SECOND));
	tables_destroy(&tables);
}

/* A flood to one is found though there are many more others than places; it counts too few at most, never too many. */
static void
test_crowd(void **state)
{
	struct screen_tables tables = tables_create();
	const struct screen_rate_key watched = rate_of(7);
	uint32_t passed = 0;
	uint32_t next = 1000;

	(void)state;
	while (!screen_rate_over(&tables, &watched, THRESHOLD, SECOND + passed * 900000)) {
		passed++;
		assert_true(passed < THRESHOLD + 20);
		for (uint32_t i = 0; i < OTHERS; i++) {
			const struct screen_rate_key key = rate_of(next++);

			assert_false(screen_rate_over(&tables, &key, THRESHOLD, SECOND + passed * 900000));
		}
	}
	assert_true(passed >= THRESHOLD);
	tables_destroy(&tables);
}

/* REQ-SCR-009: a scan is found in a crowd of sources that each try one thing, and its block stays. */
static void
test_scan_in_crowd(void **state)
{
	struct screen_tables tables = tables_create();
	struct screen_scan_key key = {.source = ipv6_mapped(9), .zone = ZONE, .screen = 2};
	const uint64_t window = 1000 * 1000;
	uint32_t next = 1000;
	uint64_t until = 0;

	(void)state;
	for (uint64_t target = 1; target <= 10; target++) {
		assert_int_equal(until, 0);
		until = screen_scan_target(&tables, &key, target, window, SECOND + target);
		for (uint32_t i = 0; target > 1 && i < 10000; i++) {
			const struct screen_scan_key other = {.source = ipv6_mapped(next++), .zone = ZONE, .screen = 2};

			assert_int_equal(screen_scan_target(&tables, &other, 1, window, SECOND + target), 0);
		}
	}
	assert_int_equal(until, SECOND + 1 + window);
	screen_scan_block(&tables, &key, until, SECOND + 10);
	for (uint32_t i = 0; i < 50000; i++) {
		const struct screen_scan_key other = {.source = ipv6_mapped(next++), .zone = ZONE, .screen = 2};

		(void)screen_scan_target(&tables, &other, 1, window, SECOND + 11);
	}
	assert_true(screen_scan_blocked(&tables, &key, until));
	assert_false(screen_scan_blocked(&tables, &key, until + 1));
	tables_destroy(&tables);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exact),
	    cmocka_unit_test(test_crowd),
	    cmocka_unit_test(test_scan_in_crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
