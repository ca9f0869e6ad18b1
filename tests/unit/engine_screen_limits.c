/*
 * Limits of sessions by address that come while there are many sessions: these are counted in steps between which packets,
 * ends of sessions and further changes of the configuration fall, and the sum is exact when the steps are over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/reasons.h"
#include "engine_world.h"

enum {
	SESSIONS = 8192, /* their addresses have more places than a change of the configuration makes ready at once */
	FIRST = 3000,
	LIMIT = 3300,
};

#define BUSY   IP(10, 0, 0, 5)
#define QUIET  IP(10, 0, 0, 6)
#define SERVER IP(198, 18, 0, 1)

struct fixture {
	struct world *world;
	struct snapshot_screens screens;
	uint32_t next; /* flow */
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	fixture->world = world_create();
	fixture->world->config.sessions = SESSIONS;
	fixture->world->now = SECOND;
	world_apply(fixture->world);
	fixture->screens.on = screen_bit(SCREEN_LIMIT_SOURCE);
	fixture->screens.thresholds[SCREEN_LIMIT_SOURCE] = LIMIT;
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	world_destroy(fixture->world);
	free(fixture);
	return 0;
}

/* A datagram of a flow that was not there before: its session, or 0 when the limit refused it. */
static uint64_t
begin(struct fixture *fixture, uint32_t source)
{
	const uint32_t flow = fixture->next++;
	const struct world_packet packet = {
	    .source = source,
	    .destination = SERVER,
	    .source_port = (uint16_t)(1024 + flow),
	    .destination_port = 53,
	    .protocol = 17,
	    .payload = 8,
	};
	const struct packet_result result = world_packet_in(fixture->world, 0, &packet);

	if (result.session == 0) {
		assert_int_equal(result.reason, REASON_SCREEN_LIMIT_SOURCE);
	}
	return result.session;
}

static bool
step(const struct fixture *fixture)
{
	const bool more = engine_advance(fixture->world->engine, fixture->world->now);

	world_drain(fixture->world);
	return more;
}

/* Exactly `room` more sessions of the source are let in. */
static void
check_room(struct fixture *fixture, uint32_t source, uint32_t room)
{
	for (uint32_t i = 0; i < room; i++) {
		assert_true(begin(fixture, source) != 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_true(begin(fixture, source) == 0);
	}
}

static void
limit(struct fixture *fixture, bool on)
{
	fixture->world->zones[TRUST].screens = on ? &fixture->screens : NULL;
	world_apply(fixture->world);
}

/* REQ-SCR-027: sessions that begin and end while those that were there are being counted. */
static void
test_counted_in_steps(void **state)
{
	struct fixture *fixture = *state;
	struct engine *engine = fixture->world->engine;
	uint64_t sessions[FIRST];
	uint32_t alive = FIRST;
	unsigned steps = 0;

	for (uint32_t i = 0; i < FIRST; i++) {
		sessions[i] = begin(fixture, BUSY);
		assert_true(sessions[i] != 0);
	}
	limit(fixture, true);
	while (step(fixture)) {
		/* One that may be counted already, one that is not yet, and new ones in both places. */
		assert_true(engine_clear_session(engine, fixture->world->now, sessions[steps]));
		assert_true(engine_clear_session(engine, fixture->world->now, sessions[FIRST - 1 - steps]));
		assert_true(begin(fixture, BUSY) != 0);
		assert_true(begin(fixture, BUSY) != 0);
		assert_true(begin(fixture, BUSY) != 0);
		alive++;
		steps++;
		assert_true(steps < FIRST / 2);
	}
	/* 4096 of the 32768 places are made ready by the change, 512 in a step; then 64 sessions in a step. */
	assert_true(steps >= (32768 - 4096) / 512 + FIRST / 64);
	check_room(fixture, BUSY, LIMIT - alive);
	check_room(fixture, QUIET, LIMIT);
}

/* REQ-SCR-027: the limit goes, sessions come and go, and comes back, also in the middle of its counting. */
static void
test_counted_again(void **state)
{
	struct fixture *fixture = *state;
	uint64_t sessions[FIRST];

	limit(fixture, true);
	for (uint32_t i = 0; i < FIRST; i++) {
		sessions[i] = begin(fixture, BUSY);
	}
	limit(fixture, false);
	for (uint32_t i = 0; i < 100; i++) {
		assert_true(engine_clear_session(fixture->world->engine, fixture->world->now, sessions[10 * i]));
	}
	/* Whether they stand under the change is looked at in steps, too. */
	while (step(fixture)) {
	}
	limit(fixture, true);
	for (unsigned i = 0; i < 70; i++) {
		assert_true(step(fixture));
	}
	limit(fixture, false);
	limit(fixture, true);
	while (step(fixture)) {
	}
	check_room(fixture, BUSY, LIMIT - (FIRST - 100));
}

/* REQ-SCR-027: in a small table the limit holds from the change on. */
static void
test_small_at_once(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	(void)state;
	assert_non_null(fixture);
	fixture->world = world_create();
	fixture->world->config.sessions = 1000;
	fixture->world->now = SECOND;
	world_apply(fixture->world);
	fixture->screens.on = screen_bit(SCREEN_LIMIT_SOURCE);
	fixture->screens.thresholds[SCREEN_LIMIT_SOURCE] = 500;
	for (unsigned i = 0; i < 500; i++) {
		assert_true(begin(fixture, BUSY) != 0);
	}
	limit(fixture, true);
	assert_true(begin(fixture, BUSY) == 0);
	world_destroy(fixture->world);
	free(fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_counted_in_steps, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_counted_again, setup, teardown),
	    cmocka_unit_test(test_small_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
