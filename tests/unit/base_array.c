/*
 * Arrays that grow one by one: what is in them stays, and memory that is short changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "failing_memory.h"

enum { ITEMS = 1000 };

static void
grows_and_keeps(void **state)
{
	uint32_t *items = NULL;
	size_t capacity = 0;

	(void)state;
	for (uint32_t count = 0; count < ITEMS; count++) {
		items = array_grow(items, count, &capacity, sizeof(*items));
		assert_non_null(items);
		assert_true(capacity > count);
		items[count] = count * 7;
	}
	for (uint32_t i = 0; i < ITEMS; i++) {
		assert_int_equal(items[i], i * 7);
	}
	free(items);
}

/* It moves seldom: 1000 items one by one are a handful of allocations, not a thousand. */
static void
asks_seldom(void **state)
{
	uint32_t *items = NULL;
	size_t capacity = 0;

	(void)state;
	failing_memory_start(UINT32_MAX);
	for (uint32_t count = 0; count < ITEMS; count++) {
		items = array_grow(items, count, &capacity, sizeof(*items));
		assert_non_null(items);
	}
	assert_true(failing_memory_count() <= 10);
	free(items);
}

static void
short_memory_changes_nothing(void **state)
{
	uint32_t *items = NULL;
	size_t capacity = 0;

	(void)state;
	failing_memory_start(0);
	assert_null(array_grow(NULL, 0, &capacity, sizeof(*items)));
	assert_int_equal(capacity, 0);
	failing_memory_stop();
	items = array_grow(NULL, 0, &capacity, sizeof(*items));
	assert_non_null(items);
	const size_t before = capacity;

	items[before - 1] = 42;
	failing_memory_start(0);
	assert_null(array_grow(items, before, &capacity, sizeof(*items)));
	failing_memory_stop();
	assert_int_equal(capacity, before);
	assert_int_equal(items[before - 1], 42);
	free(items);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(grows_and_keeps),
	    cmocka_unit_test(asks_seldom),
	    cmocka_unit_test(short_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
