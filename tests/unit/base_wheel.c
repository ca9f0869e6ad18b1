/*
 * The timing wheel against a plain model: what fires, when, and in what number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/wheel.h"

enum {
	OBJECTS = 500,
};

struct object {
	uint64_t before;
	struct wheel_link link;
	uint64_t after;
};

static struct object objects[OBJECTS];
static uint32_t expected[OBJECTS]; /* 0: unarmed */

static void
wheel_start(struct wheel *wheel, uint32_t now)
{
	for (uint32_t i = 0; i < OBJECTS; i++) {
		wheel_link_init(&objects[i].link);
		expected[i] = 0;
	}
	wheel_init(wheel, &objects[0].link, sizeof objects[0], now);
}

static void
test_fires_at_its_tick(void **state)
{
	struct wheel wheel;
	uint32_t due[4];

	(void)state;
	wheel_start(&wheel, 10);
	wheel_arm(&wheel, 7, 15);
	assert_true(wheel_armed(&wheel, 7));
	assert_int_equal(wheel_advance(&wheel, 14, due, 4), 0);
	assert_int_equal(wheel_advance(&wheel, 15, due, 4), 1);
	assert_int_equal(due[0], 7);
	assert_false(wheel_armed(&wheel, 7));
}

static void
test_past_deadline_fires_at_the_next_tick(void **state)
{
	struct wheel wheel;
	uint32_t due[4];

	(void)state;
	wheel_start(&wheel, 100);
	wheel_arm(&wheel, 1, 50);
	assert_int_equal(wheel_advance(&wheel, 101, due, 4), 1);
}

static void
test_cancel_and_rearm(void **state)
{
	struct wheel wheel;
	uint32_t due[4];

	(void)state;
	wheel_start(&wheel, 0);
	wheel_arm(&wheel, 1, 5);
	wheel_arm(&wheel, 2, 5);
	wheel_arm(&wheel, 3, 5);
	wheel_cancel(&wheel, 2);
	wheel_arm(&wheel, 3, 400);
	assert_int_equal(wheel_advance(&wheel, 399, due, 4), 1);
	assert_int_equal(due[0], 1);
	assert_int_equal(wheel_advance(&wheel, 400, due, 4), 1);
	assert_int_equal(due[0], 3);
}

static void
test_beyond_the_wheels_reach(void **state)
{
	struct wheel wheel;
	uint32_t due[4];

	(void)state;
	wheel_start(&wheel, 3);
	wheel_arm(&wheel, 9, 40000000);
	assert_int_equal(wheel_advance(&wheel, 39999999, due, 4), 0);
	assert_int_equal(wheel_advance(&wheel, 40000000, due, 4), 1);
}

/* With a small budget every call is short, and all fire at their time when the owner calls until it is not behind. */
static void
run_against_a_model(uint32_t cascade_most)
{
	struct wheel wheel;
	struct random_source random = random_seeded(4);
	uint32_t now = UINT32_MAX - 200000; /* the tick counter wraps on the way */
	uint32_t due[3];

	wheel_start(&wheel, now);
	wheel.cascade_most = cascade_most;
	for (int step = 0; step < 20000; step++) {
		const uint32_t i = random_below(&random, OBJECTS);

		if (random_below(&random, 10) == 0) {
			wheel_cancel(&wheel, i);
			expected[i] = 0;
		} else {
			uint32_t deadline = now + 1 + random_below(&random, step % 50 == 0 ? 300000 : 2000);

			deadline += deadline == 0;
			wheel_arm(&wheel, i, deadline);
			expected[i] = deadline;
		}
		now += random_below(&random, 40);
		uint32_t count;

		do {
			count = wheel_advance(&wheel, now, due, 3);
			for (uint32_t d = 0; d < count; d++) {
				assert_int_not_equal(expected[due[d]], 0);
				assert_true((int32_t)(now - expected[due[d]]) >= 0);
				expected[due[d]] = 0;
			}
		} while (wheel_behind(&wheel, now));
		for (uint32_t o = 0; o < OBJECTS; o++) {
			if (expected[o] != 0) {
				assert_true((int32_t)(now - expected[o]) < 0);
				assert_true(wheel_armed(&wheel, o));
			}
		}
	}
}

static void
test_against_a_model(void **state)
{
	(void)state;
	run_against_a_model(UINT32_MAX);
}

static void
test_against_a_model_in_small_steps(void **state)
{
	(void)state;
	run_against_a_model(1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fires_at_its_tick),
	    cmocka_unit_test(test_past_deadline_fires_at_the_next_tick),
	    cmocka_unit_test(test_cancel_and_rearm),
	    cmocka_unit_test(test_beyond_the_wheels_reach),
	    cmocka_unit_test(test_against_a_model),
	    cmocka_unit_test(test_against_a_model_in_small_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
