/*
 * The ring between two threads: in order, nothing lost and nothing twice, with both sides in bursts of any size; full and
 * empty are told.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/ring.h"

enum {
	CAPACITY = 64,
	BURST = 17,
	ITEMS = 300000,
};

struct item {
	uint64_t number;
	uint64_t check;
	uint32_t spare;
};

static void
test_bounds(void **state)
{
	struct ring *ring = ring_create(4, sizeof(uint32_t));
	const uint32_t in[] = {1, 2, 3, 4, 5, 6};
	uint32_t out[6] = {0};

	(void)state;
	assert_non_null(ring);
	assert_true(ring_empty(ring));
	assert_int_equal(ring_take(ring, out, 6), 0);
	assert_int_equal(ring_put(ring, in, 6), 4);
	assert_int_equal(ring_put(ring, in, 1), 0);
	assert_false(ring_empty(ring));
	assert_int_equal(ring_take(ring, out, 3), 3);
	assert_int_equal(out[0] + 10 * out[1] + 100 * out[2], 321);
	assert_int_equal(ring_put(ring, in + 4, 2), 2);
	assert_int_equal(ring_take(ring, out, 6), 1); /* what it knew of */
	assert_int_equal(out[0], 4);
	assert_int_equal(ring_take(ring, out, 6), 2);
	assert_int_equal(out[0] * 10 + out[1], 56);
	assert_true(ring_empty(ring));
	ring_destroy(ring);
}

/* Room and what waits are told right over the ring's end, whatever is fetched ahead. */
static void
test_room(void **state)
{
	struct ring *ring = ring_create(8, sizeof(uint64_t));
	const uint64_t in[] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint64_t out[8] = {0};
	uint64_t next = 0;

	(void)state;
	assert_non_null(ring);
	for (unsigned round = 0; round < 20; round++) {
		assert_true(ring_has_room(ring, 8));
		assert_false(ring_has_room(ring, 9));
		assert_int_equal(ring_put(ring, in, 5), 5);
		assert_true(ring_has_room(ring, 3));
		assert_false(ring_has_room(ring, 4));
		assert_int_equal(ring_waiting(ring), 0); /* nobody has asked */
		ring_ahead(ring, 8);
		assert_int_equal(ring_take(ring, out, 2), 2);
		assert_int_equal(ring_waiting(ring), 3);
		assert_true(ring_has_room(ring, 5));
		assert_int_equal(ring_take(ring, out + 2, 8), 3);
		for (next = 0; next < 5; next++) {
			assert_int_equal(out[next], next + 1);
		}
	}
	ring_destroy(ring);
}

static void *
put_all(void *context)
{
	struct random_source random = random_seeded(4);
	struct item items[BURST];
	uint64_t next = 0;

	while (next < ITEMS) {
		const uint32_t wanted = 1 + random_below(&random, BURST);
		const uint32_t count = ITEMS - next < wanted ? (uint32_t)(ITEMS - next) : wanted;

		for (uint32_t i = 0; i < count; i++) {
			items[i] = (struct item){.number = next + i, .check = ~(next + i)};
		}
		const uint32_t put = ring_put(context, items, count);

		next += put;
		if (put < count) {
			(void)sched_yield();
		}
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct ring *ring = ring_create(CAPACITY, sizeof(struct item));
	struct random_source random = random_seeded(5);
	struct item items[BURST];
	uint64_t next = 0;
	pthread_t thread;

	(void)state;
	assert_non_null(ring);
	assert_int_equal(pthread_create(&thread, NULL, put_all, ring), 0);
	while (next < ITEMS) {
		const uint32_t got = ring_take(ring, items, 1 + random_below(&random, BURST));

		for (uint32_t i = 0; i < got; i++) {
			assert_true(items[i].number == next && items[i].check == ~next);
			next++;
		}
		if (got == 0) {
			(void)sched_yield();
		}
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(ring_empty(ring));
	ring_destroy(ring);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_room),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("base_ring", tests, NULL, NULL);
}
