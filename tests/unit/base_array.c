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

/* By number: what is skipped is zeros, what was there stays, and a lower number or short memory changes nothing. */
static void
reaches_a_number(void **state)
{
	uint32_t count = 0;
	uint32_t *items = array_reach(NULL, &count, 2, sizeof(*items));

	(void)state;
	assert_non_null(items);
	assert_int_equal(count, 3);
	items[0] = 5;
	items[2] = 7;
	items = array_reach(items, &count, 900, sizeof(*items));
	assert_non_null(items);
	assert_int_equal(count, 901);
	assert_ptr_equal(array_reach(items, &count, 4, sizeof(*items)), items);
	assert_int_equal(count, 901);
	assert_true(items[0] == 5 && items[1] == 0 && items[2] == 7);
	for (uint32_t i = 3; i < count; i++) {
		assert_int_equal(items[i], 0);
	}
	failing_memory_start(0);
	assert_null(array_reach(items, &count, 901, sizeof(*items)));
	failing_memory_stop();
	assert_int_equal(count, 901);
	assert_int_equal(items[2], 7);
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
	    cmocka_unit_test(reaches_a_number),
	    cmocka_unit_test(short_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
