/*
 * What each worker does, and the alarm about one that has too much to do while another idles, or that lost what others had for it.
 * The workers' counters are the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "load.h"

#define SECOND UINT64_C(1000000000)

struct workers {
	struct worker_load each[2];
};

uint16_t
worker_count(const struct workers *workers)
{
	(void)workers;
	return 2;
}

struct worker_load
worker_load(const struct workers *workers, uint16_t worker)
{
	return workers->each[worker];
}

struct scene {
	struct workers workers;
	struct alarms *alarms;
	struct loads *loads;
	uint64_t now;
};

static void
begin(struct scene *scene)
{
	*scene = (struct scene){.alarms = alarms_create(NULL), .now = 100 * SECOND};
	assert_non_null(scene->alarms);
	scene->loads = loads_create(scene->alarms);
	assert_non_null(scene->loads);
	loads_sample(scene->loads, &scene->workers, scene->now, 100);
}

static void
finish(struct scene *scene)
{
	loads_destroy(scene->loads);
	alarms_destroy(scene->alarms);
}

/* A second, for which the workers are busy so many percent. */
static void
pass(struct scene *scene, unsigned first, unsigned second)
{
	scene->now += SECOND;
	scene->workers.each[0].busy += first * (SECOND / 100);
	scene->workers.each[1].busy += second * (SECOND / 100);
	loads_sample(scene->loads, &scene->workers, scene->now, (int64_t)(scene->now / SECOND));
}

static bool
active(const struct scene *scene)
{
	return alarms_count(scene->alarms) > 0 && alarms_at(scene->alarms, 0)->active;
}

static void
test_percent(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	assert_int_equal(loads_of(scene.loads, &scene.workers, 0).percent, 0);
	pass(&scene, 25, 100);
	assert_int_equal(loads_of(scene.loads, &scene.workers, 0).percent, 25);
	assert_int_equal(loads_of(scene.loads, &scene.workers, 1).percent, 100);
	/* A round that began before the last sample. */
	pass(&scene, 0, 130);
	assert_int_equal(loads_of(scene.loads, &scene.workers, 0).percent, 0);
	assert_int_equal(loads_of(scene.loads, &scene.workers, 1).percent, 100);
	scene.workers.each[1].packets = 77;
	assert_int_equal(loads_of(scene.loads, &scene.workers, 1).counts.packets, 77);
	finish(&scene);
}

/* Ten seconds on end, and the other has time: then it is said once, and ten seconds of anything else end it. */
static void
test_uneven(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (unsigned i = 0; i < 9; i++) {
		pass(&scene, 10, 95);
	}
	pass(&scene, 10, 94);
	for (unsigned i = 0; i < 9; i++) {
		pass(&scene, 10, 99);
		assert_false(active(&scene));
	}
	pass(&scene, 50, 99);
	assert_true(active(&scene));
	assert_string_equal(alarms_at(scene.alarms, 0)->subject, "worker 1");
	assert_string_equal(alarms_at(scene.alarms, 0)->message,
	    "worker 1: busy for 99 percent of the time while others have little to do: show system workers");
	pass(&scene, 10, 99);
	for (unsigned i = 0; i < 9; i++) {
		pass(&scene, 51, 99);
		assert_true(active(&scene));
	}
	pass(&scene, 0, 0);
	assert_false(active(&scene));
	assert_int_equal(alarms_at(scene.alarms, 0)->count, 1);
	finish(&scene);
}

/* Where all have much to do none is said to have too much. */
static void
test_all_busy(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (unsigned i = 0; i < 30; i++) {
		pass(&scene, 100, 100);
	}
	assert_int_equal(alarms_count(scene.alarms), 0);
	finish(&scene);
}

static void
test_lost(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.workers.each[0].lost = 40;
	pass(&scene, 100, 100);
	assert_true(active(&scene));
	assert_string_equal(alarms_at(scene.alarms, 0)->message,
	    "worker 0: 40 packets and messages that others handed over to it were lost (worker-ring-full): show system workers");
	for (unsigned i = 0; i < 5; i++) {
		pass(&scene, 20, 20);
	}
	scene.workers.each[0].lost = 41;
	for (unsigned i = 0; i < 10; i++) {
		pass(&scene, 20, 20);
		assert_true(active(&scene));
	}
	pass(&scene, 20, 20);
	assert_false(active(&scene));
	assert_int_equal(alarms_at(scene.alarms, 0)->count, 1);
	finish(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_percent),
	    cmocka_unit_test(test_uneven),
	    cmocka_unit_test(test_all_busy),
	    cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests_name("flowd_load", tests, NULL, NULL);
}
