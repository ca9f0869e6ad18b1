/*
 * How full the tables are, read from a real engine, and the alarms at 90 and 80 percent. The workers are the test's: jobs run at
 * once, on one engine or on two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine_world.h"
#include "resources.h"

enum {
	SESSIONS = 100,
};

struct workers {
	struct world *worlds[2];
	struct event_ring *rings[2];
	uint16_t count;
};

uint16_t
worker_count(const struct workers *workers)
{
	return workers->count;
}

void
worker_run(struct workers *workers, worker_job *job, void *argument)
{
	for (uint16_t i = 0; i < workers->count; i++) {
		job(&(struct worker_hands){.engine = workers->worlds[i]->engine, .worker = i}, argument);
	}
}

struct event_ring *
worker_events(struct workers *workers, uint16_t worker)
{
	return workers->rings[worker];
}

static int
setup(void **state)
{
	static struct workers workers;

	workers = (struct workers){.count = 1};
	for (unsigned i = 0; i < 2; i++) {
		workers.worlds[i] = world_create();
		workers.worlds[i]->config.sessions = SESSIONS;
		world_apply(workers.worlds[i]);
		workers.rings[i] = event_ring_create(1024);
		assert_non_null(workers.rings[i]);
	}
	*state = &workers;
	return 0;
}

static int
teardown(void **state)
{
	struct workers *workers = *state;

	for (unsigned i = 0; i < 2; i++) {
		world_destroy(workers->worlds[i]);
		event_ring_destroy(workers->rings[i]);
	}
	return 0;
}

static void
begin(struct world *world, uint16_t first, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		const struct world_packet packet = {
		    .source = IP(10, 0, 0, 5),
		    .destination = IP(198, 18, 0, 1),
		    .source_port = (uint16_t)(1024 + first + i),
		    .destination_port = 53,
		    .protocol = 17,
		    .payload = 8,
		};

		assert_true(world_packet_in(world, 0, &packet).session != 0);
	}
}

/* Ends the first `count` sessions that there are. */
static void
end(struct world *world, uint32_t count)
{
	struct engine_session_view views[SESSIONS];
	uint32_t cursor = 0;

	assert_true(engine_list_sessions(world->engine, world->now, &cursor, SESSIONS, views, count) == count);
	for (uint32_t i = 0; i < count; i++) {
		assert_true(engine_clear_session(world->engine, world->now, views[i].session));
	}
	world_drain(world);
}

static struct resource
find(const struct resources *resources, const char *name)
{
	for (size_t i = 0; i < resources_count(resources); i++) {
		if (strcmp(resources_at(resources, i)->name, name) == 0) {
			return *resources_at(resources, i);
		}
	}
	fail_msg("there is no resource %s", name);
	return (struct resource){.name = NULL};
}

static void
in_use_and_highest(void **state)
{
	struct workers *workers = *state;
	struct resources *resources = resources_create(NULL);
	struct resource sessions;
	struct event event = {.kind = EVENT_SESSION_CREATE};

	assert_non_null(resources);
	begin(workers->worlds[0], 0, 60);
	end(workers->worlds[0], 50);
	for (unsigned i = 0; i < 300; i++) {
		event_ring_write(workers->rings[0], &event);
	}
	event_ring_publish(workers->rings[0]);
	resources_sample(resources, workers, 100);
	sessions = find(resources, "sessions");
	assert_int_equal(sessions.used, 10);
	assert_int_equal(sessions.most, 60); /* although nobody looked then */
	assert_int_equal(sessions.limit, SESSIONS);
	assert_int_equal(sessions.percent, 10);
	assert_true(sessions.octets > SESSIONS * 256);
	assert_int_equal(find(resources, "event-records").used, 300);
	assert_int_equal(find(resources, "event-records").limit, 1024);
	assert_int_equal(find(resources, "event-records").percent, 29);
	/* The station behind the default route is asked for by the first packet, and the others wait with it. */
	assert_int_equal(find(resources, "neighbours").used, 1);
	assert_int_equal(find(resources, "neighbours").limit, 64);
	while (event_ring_read(workers->rings[0], &event)) {
	}
	resources_sample(resources, workers, 101);
	assert_int_equal(find(resources, "event-records").used, 0);
	assert_int_equal(find(resources, "event-records").most, 300);
	resources_destroy(resources);
}

static void
alarm_at_90_until_80(void **state)
{
	static const struct {
		uint16_t more;
		uint16_t fewer;
		bool active;
	} steps[] = {{89, 0, false}, {1, 0, true}, {10, 0, true}, {0, 15, true}, {0, 5, true}, {0, 1, false}, {5, 0, false}, {6, 0, true}};
	struct workers *workers = *state;
	struct alarms *alarms = alarms_create(NULL);
	struct resources *resources = resources_create(alarms);
	uint16_t next = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		begin(workers->worlds[0], next, steps[i].more);
		next += steps[i].more;
		end(workers->worlds[0], steps[i].fewer);
		resources_sample(resources, workers, 100 + (int64_t)i);
		resources_sample(resources, workers, 100 + (int64_t)i);
		assert_int_equal(alarms_count(alarms) > 0 && alarms_at(alarms, 0)->active, steps[i].active);
	}
	/* One alarm, raised when it was reached and no more often. */
	assert_int_equal(alarms_count(alarms), 1);
	assert_int_equal(alarms_at(alarms, 0)->count, 2);
	assert_string_equal(alarms_at(alarms, 0)->subject, "sessions");
	assert_string_equal(alarms_at(alarms, 0)->message,
	    "sessions: 90 percent in use; when all are, new sessions are refused (session-table-full)");
	resources_destroy(resources);
	alarms_destroy(alarms);
}

/* With two workers the fullest counts: it refuses while the other has room. */
static void
of_the_fullest_worker(void **state)
{
	struct workers *workers = *state;
	struct alarms *alarms = alarms_create(NULL);
	struct resources *resources = resources_create(alarms);

	workers->count = 2;
	begin(workers->worlds[0], 0, 5);
	begin(workers->worlds[1], 0, 95);
	resources_sample(resources, workers, 100);
	assert_int_equal(find(resources, "sessions").used, 100);
	assert_int_equal(find(resources, "sessions").limit, 2 * SESSIONS);
	assert_int_equal(find(resources, "sessions").percent, 95);
	assert_int_equal(alarms_count(alarms), 1);
	resources_destroy(resources);
	alarms_destroy(alarms);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(in_use_and_highest, setup, teardown),
	    cmocka_unit_test_setup_teardown(alarm_at_90_until_80, setup, teardown),
	    cmocka_unit_test_setup_teardown(of_the_fullest_worker, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
