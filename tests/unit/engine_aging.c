/*
 * Aggressive aging in the engine: what the packet scripts cannot see. The table has 64 places and
 * the watermarks are 50 and 25 %: more than 32 sessions begin it, fewer than 16 end it. Sessions are
 * UDP: 60 s, or 20 s while aggressive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/engine_private.h"
#include "engine_expect.h"
#include "engine_world.h"

#define CLIENT IP(10, 0, 0, 2)
#define SERVER IP(8, 8, 8, 8)

static int
setup(void **state)
{
	struct world *world = world_create();

	world->flow.early_ageout = 4;
	world->flow.high_watermark = 50;
	world->flow.low_watermark = 25;
	world_apply(world);
	*state = world;
	return 0;
}

static struct packet_result
send(struct world *world, uint16_t port)
{
	const struct world_packet packet = {.protocol = 17,
	    .source = CLIENT,
	    .destination = SERVER,
	    .source_port = port,
	    .destination_port = 7};

	return world_packet_in(world, 0, &packet);
}

static void
fill(struct world *world, uint16_t first, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		assert_int_equal(send(world, (uint16_t)(first + i)).verdict, VERDICT_FORWARD);
	}
}

static bool
aggressive(const struct world *world)
{
	return world->engine->aging.cut != 0;
}

/* REQ-SES-008, REQ-SES-009: what the records say. */
static void
test_records(void **state)
{
	struct world *world = *state;
	struct event event;

	fill(world, 1000, 32);
	assert_false(aggressive(world));
	while (engine_take_event(world->engine, &event)) {
		assert_int_equal(event.kind, EVENT_SESSION_CREATE);
	}
	fill(world, 2000, 1);
	assert_true(world_event(world, EVENT_AGING_START, &event));
	assert_int_equal(event.sessions, 33);
	assert_int_equal(event.percent, 50);
	assert_int_equal(event.logged, 1);
	assert_string_equal(event_tag(event.kind), "FLOW_HIGH_WATERMARK_TRIGGERED");
	world_advance(world, world->now + 21 * SECOND);
	assert_true(world_event(world, EVENT_AGING_STOP, &event));
	assert_int_equal(event.sessions, 15);
	assert_int_equal(event.percent, 25);
	assert_string_equal(event_tag(event.kind), "FLOW_LOW_WATERMARK_TRIGGERED");
	assert_int_equal(engine_session_count(world->engine), 15);
}

/* cs08222: the clock of the day may be put anywhere: sessions last by the one that never goes back. */
static void
test_clock_steps(void **state)
{
	static const int64_t walls[] = {1763630464000000, 0, 4102444800000000, 946684800000000};
	struct world *world = *state;
	struct engine_session_view view;
	const uint64_t first = send(world, 1000).session;
	uint32_t cursor = 0;

	for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++) {
		engine_set_wall(world->engine, world->now, walls[i]);
		world_advance(world, world->now + 59 * SECOND);
		assert_int_equal(engine_session_count(world->engine), 1);
		assert_int_equal(send(world, 1000).session, first);
	}
	engine_set_wall(world->engine, world->now, 1763630464000000);
	assert_int_equal(engine_list_sessions(world->engine, world->now, &cursor, 1, &view, 1), 1);
	assert_int_equal(view.left, 60);
	world_advance(world, world->now + 61 * SECOND);
	assert_int_equal(engine_session_count(world->engine), 0);
}

/* REQ-SES-010: a packet that comes after the shortened time finds its session over, though no timer
 * ran; and `show` tells the shortened times. */
static void
test_without_timers(void **state)
{
	struct world *world = *state;
	struct engine_session_view view;
	uint32_t cursor = 0;

	fill(world, 1000, 40);
	assert_int_equal(engine_list_sessions(world->engine, world->now, &cursor, 1, &view, 1), 1);
	assert_int_equal(view.timeout, 20);
	assert_int_equal(view.left, 20);
	const uint64_t first = send(world, 1000).session;

	world->now += 20 * SECOND - SECOND / 50;
	assert_int_equal(send(world, 1000).session, first);
	world->now += 20 * SECOND;
	cursor = 0;
	assert_int_equal(
	    engine_list_sessions(world->engine, world->now, &cursor, UINT32_MAX, &view, 1), 0);
	assert_int_not_equal(send(world, 1000).session, first);
}

/* A commit with another early-ageout holds at once for all sessions, longer or shorter. */
static void
test_commits(void **state)
{
	struct world *world = *state;
	const uint64_t start = world->now;

	world->flow.low_watermark = 0;
	world_apply(world);
	fill(world, 1000, 40);
	world_advance(world, start + 5 * SECOND);
	world->flow.early_ageout = 5; /* 10 s */
	world_apply(world);
	world_advance(world, start + 9 * SECOND + SECOND / 2);
	assert_int_equal(engine_session_count(world->engine), 40);
	world->flow.early_ageout = 1; /* 50 s */
	world_apply(world);
	world_advance(world, start + 49 * SECOND);
	assert_int_equal(engine_session_count(world->engine), 40);
	world->flow.early_ageout = 0;
	world_apply(world);
	assert_false(aggressive(world));
	world_advance(world, start + 59 * SECOND);
	assert_int_equal(engine_session_count(world->engine), 40);
	world_advance(world, start + 60 * SECOND);
	assert_int_equal(engine_session_count(world->engine), 0);
}

/* Ends sessions, those with the highest slots first: the first one stays. */
static void
clear(struct world *world, unsigned count)
{
	struct engine_session_view views[64];
	uint32_t cursor = 0;
	const uint32_t there =
	    engine_list_sessions(world->engine, world->now, &cursor, UINT32_MAX, views, 64);

	assert_true(count <= there);
	for (unsigned i = 0; i < count; i++) {
		assert_true(engine_clear_session(
		    world->engine, world->now, views[there - 1 - i].session));
	}
}

/* Begins and ends many times: no timeout is late or early afterwards. */
static void
test_many_times(void **state)
{
	struct world *world = *state;
	const uint32_t keep = 1;

	assert_int_equal(send(world, 3000).verdict, VERDICT_FORWARD);
	for (unsigned round = 0; round < 50; round++) {
		fill(world, 1000, 39);
		assert_true(aggressive(world));
		clear(world, 25);
		assert_false(aggressive(world));
		const uint64_t start = world->now;

		world_advance(world, start + 30 * SECOND);
		assert_int_equal(send(world, 3000).verdict, VERDICT_FORWARD);
		world_advance(world, start + 59 * SECOND + SECOND / 2);
		assert_int_equal(engine_session_count(world->engine), 15);
		world_advance(world, start + 60 * SECOND);
		assert_int_equal(engine_session_count(world->engine), keep);
		/* Without one that stays the wheel would be empty, and the lead gone. */
		if (round < 49) {
			assert_int_equal(send(world, 3000).verdict, VERDICT_FORWARD);
		}
	}
	assert_true(world->engine->aging.lead >= 49 * 4000);
	clear(world, 1);
	(void)engine_advance(world->engine, world->now);
	assert_int_equal(world->engine->aging.lead, 0);
}

/* The largest early-ageout turns the wheel by a week: in small steps, and all have their second. */
static void
test_bounded(void **state)
{
	struct world *world = *state;
	const uint64_t start = world->now;

	world->flow.early_ageout = 65535;
	world->flow.low_watermark = 0;
	world_apply(world);
	fill(world, 1000, 40);
	const uint32_t before = world->engine->table.wheel.now;

	assert_true(engine_advance(world->engine, world->now));
	assert_true(world->engine->table.wheel.now - before <= 1024);
	while (engine_advance(world->engine, world->now)) {
	}
	assert_int_equal(engine_session_count(world->engine), 40);
	world_advance(world, start + SECOND - SECOND / 50);
	assert_int_equal(engine_session_count(world->engine), 40);
	world_advance(world, start + SECOND);
	assert_int_equal(engine_session_count(world->engine), 0);
	assert_false(aggressive(world));
}

/* REQ-SES-003: an application's timeout that is shorter than the handshake's counts from the
 * handshake's end. */
static void
test_short_application(void **state)
{
	struct world *world = *state;

	world->rules[0].timeout = 5;
	world_apply(world);
	(void)world_tcp(world, 0, CLIENT, SERVER, 4000 << 16 | 80, (uint32_t[2]){1000, 0}, SYN);
	(void)world_tcp(
	    world, 1, SERVER, CLIENT, 80 << 16 | 4000, (uint32_t[2]){500, 1001}, SYN | ACK);
	(void)world_tcp(world, 0, CLIENT, SERVER, 4000 << 16 | 80, (uint32_t[2]){1001, 501}, ACK);
	world_advance(world, world->now + 4 * SECOND);
	assert_int_equal(engine_session_count(world->engine), 1);
	world_advance(world, world->now + SECOND);
	assert_int_equal(engine_session_count(world->engine), 0);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_clock_steps),
	    TEST(test_records),
	    TEST(test_without_timers),
	    TEST(test_commits),
	    TEST(test_many_times),
	    TEST(test_bounded),
	    TEST(test_short_application),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
