/*
 * Many neighbours at once. 07816: their ageing is spread out, and never takes a packet's time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine_expect.h"
#include "engine_world.h"

enum {
	NEIGHBOURS = 3000,
	A_CALL = 64,   /* entries that one call for timers may look at */
	A_SECOND = 400, /* of 3000 over 15 s: 200 on average */
	UDP = 17,
};

#define US_OUTSIDE IP(192, 0, 2, 1)
#define CLIENT IP(10, 0, 0, 2)

static uint32_t
neighbour_of(uint32_t number)
{
	return IP(192, 0, 16, 1) + number;
}

static int
setup(void **state)
{
	struct world *world = world_create();

	world->config.neighbours_auto = false;
	world->config.neighbours = 4096;
	world->config.sessions = 4096;
	world->addresses[2].length = 16;
	world_apply(world);
	*state = world;
	/* All in the same instant: each asks for us, and is known thereby. */
	for (uint32_t i = 0; i < NEIGHBOURS; i++) {
		(void)world_arp(world, 1, 0, 1, neighbour_of(i), US_OUTSIDE, 7);
	}
	return 0;
}

static uint32_t
count_state(const struct world *world, enum neighbour_state state)
{
	struct engine_neighbour_view views[256];
	uint32_t cursor = 0;
	uint32_t sum = 0;
	uint32_t count = 256;

	while (count == 256) {
		count = engine_list_neighbours(world->engine, world->now, &cursor, views, 256);
		for (uint32_t i = 0; i < count; i++) {
			sum += views[i].state == (uint8_t)state;
		}
	}
	return sum;
}

/* A datagram to a neighbour; the questions that it made us ask. */
static uint32_t
send_to(struct world *world, uint32_t number)
{
	uint32_t questions = 0;
	const struct packet_result result = world_packet_in(world, 0,
	    &(struct world_packet){.source = CLIENT, .destination = neighbour_of(number), .protocol = UDP,
		.source_port = 4000, .destination_port = 99});

	assert_int_equal(result.verdict, VERDICT_FORWARD);
	for (uint32_t i = 0; i < world->sent_count; i++) {
		questions += world->sent[i].data[12] == 8 && world->sent[i].data[13] == 6;
	}
	return questions;
}

/* Learned at once, they turn stale one by one: none before 45 s, none left at 61 s, and never many in a second. */
static void
test_ageing_is_spread(void **state)
{
	struct world *world = *state;
	const uint64_t start = world->now;
	uint32_t before = NEIGHBOURS;

	world_needs_one_engine();
	assert_int_equal(count_state(world, NEIGHBOUR_REACHABLE), NEIGHBOURS);
	world_advance(world, start + 44 * SECOND);
	assert_int_equal(count_state(world, NEIGHBOUR_REACHABLE), NEIGHBOURS);
	for (uint32_t second = 45; second <= 61; second++) {
		world_advance(world, start + second * SECOND);
		const uint32_t left = count_state(world, NEIGHBOUR_REACHABLE);

		assert_true(before - left <= A_SECOND);
		before = left;
	}
	assert_int_equal(before, 0);
	assert_int_equal(count_state(world, NEIGHBOUR_STALE), NEIGHBOURS);
}

/* All in use: each is asked again once within the 15 s, spread like that, and packets go on meanwhile. */
static void
test_questions_are_spread(void **state)
{
	struct world *world = *state;
	const uint64_t start = world->now;
	uint32_t sum = 0;

	world_needs_one_engine();
	for (uint32_t second = 44; second <= 61; second++) {
		uint32_t questions = 0;

		world_advance(world, start + second * SECOND);
		for (uint32_t i = 0; i < NEIGHBOURS; i++) {
			const uint32_t asked = send_to(world, i);

			questions += asked;
			if (asked > 0) {
				(void)world_arp(world, 1, 0, 2, neighbour_of(i), US_OUTSIDE, 7);
			}
		}
		assert_true(questions <= A_SECOND);
		assert_true(second > 44 || questions == 0);
		sum += questions;
	}
	assert_int_equal(sum, NEIGHBOURS);
}

/* Even when all are due at once, because the clock was not looked at for so long, no call takes many, and packets pass between. */
static void
test_a_call_is_bounded(void **state)
{
	struct world *world = *state;
	uint32_t before = 0;
	uint32_t calls = 0;
	bool more = true;

	world_needs_one_engine();
	world->now += 120 * SECOND;
	while (more) {
		more = engine_advance(world->engine, world->now);
		const uint32_t stale = count_state(world, NEIGHBOUR_STALE);

		assert_true(stale >= before && stale - before <= A_CALL);
		before = stale;
		assert_true(++calls < 100000);
	}
	assert_int_equal(count_state(world, NEIGHBOUR_REACHABLE), 0);
	assert_int_equal(count_state(world, NEIGHBOUR_STALE), NEIGHBOURS);
	assert_int_equal(send_to(world, 5), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_ageing_is_spread, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_questions_are_spread, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_call_is_bounded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
