/*
 * Ports of translated addresses against a slow model: REQ-NAT-005 (only ports of the range), REQ-NAT-006 (pairs), REQ-NAT-007
 * (nobody's port is given to another), REQ-NAT-009 (they come back), REQ-NAT-041 (refused when there is none).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/nat_ports.h"

enum {
	LOW = 1024,
	HIGH = 63487,
	BLOCKS = 8,
	RESTING = 1024,
	SPACES = 6,
};

struct world {
	struct nat_ports ports;
	void *memory;
	struct random_source random;
	uint32_t now;
	uint8_t taken[SPACES][NAT_SPACE_PORTS];
};

static struct world *
create(uint32_t blocks, uint16_t worker, uint16_t workers)
{
	struct world *world = calloc(1, sizeof(*world));
	const size_t size = nat_ports_size(blocks, RESTING);

	assert_non_null(world);
	world->memory = aligned_alloc(64, size);
	assert_non_null(world->memory);
	memset(world->memory, 0, size);
	world->random = random_seeded(7);
	nat_ports_init(&world->ports, world->memory, blocks, RESTING, (struct hash_key){.low = 1, .high = 2}, worker, workers);
	return world;
}

static void
destroy(struct world *world)
{
	free(world->memory);
	free(world);
}

static struct nat_space
space(uint32_t number)
{
	return nat_space_of(0x0b0c0100 + number / 3, 0, (enum nat_class)(number % 3));
}

static bool
take(struct world *world, uint32_t number, enum nat_want want, uint16_t low, uint16_t high, uint16_t *port)
{
	if (!nat_ports_take(&world->ports, space(number), low, high, want, world->now, &world->random, port)) {
		return false;
	}
	assert_in_range(*port, low, high);
	assert_int_equal(world->taken[number][*port], 0);
	world->taken[number][*port] = 1;
	if (want == NAT_WANT_PAIR) {
		assert_int_equal(*port % 2, 0);
		assert_int_equal(world->taken[number][*port + 1], 0);
		world->taken[number][*port + 1] = 1;
	}
	return true;
}

/* Any order of taking and giving back: no port twice, none outside its range, all back in the end. */
static void
test_random(void **state)
{
	struct world *world = create(BLOCKS, 0, 1);
	uint32_t live = 0;

	(void)state;
	for (uint32_t i = 0; i < 400000; i++) {
		const uint32_t number = random_below(&world->random, SPACES);
		uint16_t port = 0;

		if (random_below(&world->random, 100) < 52) {
			const bool pair = random_below(&world->random, 8) == 0;

			if (take(world, number, pair ? NAT_WANT_PAIR : NAT_WANT_ANY, pair ? 63488 : LOW, pair ? 65535 : HIGH, &port)) {
				live += pair ? 2 : 1;
			}
		} else {
			port = (uint16_t)random_below(&world->random, NAT_SPACE_PORTS);
			if (world->taken[number][port]) {
				nat_ports_give(&world->ports, space(number), port, world->now);
				world->taken[number][port] = 0;
				live--;
			}
		}
		world->now += random_below(&world->random, 3);
	}
	for (uint32_t number = 0; number < SPACES; number++) {
		for (uint32_t port = 0; port < NAT_SPACE_PORTS; port++) {
			if (world->taken[number][port]) {
				nat_ports_give_at_once(&world->ports, space(number), (uint16_t)port);
				live--;
			}
		}
	}
	assert_int_equal(live, 0);
	while (nat_ports_advance(&world->ports, world->now + NAT_REST_TICKS, 256)) {
	}
	for (uint32_t number = 0; number < SPACES; number++) {
		assert_int_equal(nat_ports_used(&world->ports, space(number)), 0);
	}
	assert_int_equal(world->ports.block_count, 0);
	destroy(world);
}

/* The last port is found, the next is refused, one that comes back is the one that is given (REQ-NAT-041, REQ-NAT-009). */
static void
test_exhaustion(void **state)
{
	struct world *world = create(BLOCKS, 0, 1);
	uint16_t port = 0;

	(void)state;
	for (uint32_t i = LOW; i <= HIGH; i++) {
		assert_true(take(world, 0, NAT_WANT_ANY, LOW, HIGH, &port));
	}
	assert_int_equal(nat_ports_used(&world->ports, space(0)), HIGH - LOW + 1);
	assert_false(take(world, 0, NAT_WANT_ANY, LOW, HIGH, &port));
	/* Another class of the same address, and pairs above, have theirs. */
	assert_true(take(world, 1, NAT_WANT_ANY, LOW, HIGH, &port));
	assert_true(take(world, 0, NAT_WANT_PAIR, 63488, 65535, &port));
	nat_ports_give(&world->ports, space(0), 40000, world->now);
	world->taken[0][40000] = 0;
	/* It rests, but nothing else is there. */
	assert_true(take(world, 0, NAT_WANT_ANY, LOW, HIGH, &port));
	assert_int_equal(port, 40000);
	destroy(world);
}

/* One that came back is not given at once while others are free, and is after its rest. */
static void
test_rest(void **state)
{
	struct world *world = create(BLOCKS, 0, 1);
	uint16_t port = 0;

	(void)state;
	assert_true(nat_ports_take_this(&world->ports, space(0), 2000));
	assert_false(nat_ports_take_this(&world->ports, space(0), 2000));
	nat_ports_give(&world->ports, space(0), 2000, 0);
	assert_true(nat_ports_take(&world->ports, space(0), 2000, 2001, NAT_WANT_ANY, NAT_REST_TICKS - 1, &world->random, &port));
	assert_int_equal(port, 2001);
	assert_true(nat_ports_take(&world->ports, space(0), 2000, 2001, NAT_WANT_ANY, NAT_REST_TICKS, &world->random, &port));
	assert_int_equal(port, 2000);
	destroy(world);
}

/* Who has seen a thousand ports cannot say the next: they are spread, and two seeds have nothing in common (RFC 6056). */
static void
test_spread(void **state)
{
	struct world *world = create(BLOCKS, 0, 1);
	uint32_t quarters[4] = {0};
	uint32_t follows = 0;
	uint16_t before = 0;
	uint16_t port = 0;

	(void)state;
	for (uint32_t i = 0; i < 4000; i++) {
		assert_true(take(world, 0, NAT_WANT_ANY, LOW, HIGH, &port));
		quarters[(uint32_t)(port - LOW) * 4 / (HIGH - LOW + 1)]++;
		follows += port == before + 1;
		before = port;
	}
	for (int i = 0; i < 4; i++) {
		assert_in_range(quarters[i], 850, 1150);
	}
	assert_in_range(follows, 0, 10);
	destroy(world);
}

/* Workers never give the same port, and together they give all. */
static void
test_workers(void **state)
{
	struct world *worlds[3];
	static uint8_t taken[NAT_SPACE_PORTS];
	uint32_t count = 0;

	(void)state;
	memset(taken, 0, sizeof(taken));
	for (uint16_t i = 0; i < 3; i++) {
		uint16_t port = 0;

		worlds[i] = create(BLOCKS, i, 3);
		while (take(worlds[i], 0, NAT_WANT_ANY, LOW, HIGH, &port)) {
			assert_int_equal(taken[port], 0);
			taken[port] = 1;
			count++;
		}
	}
	assert_int_equal(count, HIGH - LOW + 1);
	for (int i = 0; i < 3; i++) {
		destroy(worlds[i]);
	}
}

/* No block for one more space: refused, and there is one again when a space is empty. */
static void
test_blocks(void **state)
{
	struct world *world = create(2, 0, 1);
	uint16_t first = 0;
	uint16_t port = 0;

	(void)state;
	assert_true(take(world, 0, NAT_WANT_ANY, LOW, HIGH, &first));
	assert_true(take(world, 1, NAT_WANT_ANY, LOW, HIGH, &port));
	assert_false(take(world, 2, NAT_WANT_ANY, LOW, HIGH, &port));
	assert_false(nat_ports_take_this(&world->ports, space(2), 5000));
	nat_ports_give_at_once(&world->ports, space(0), first);
	assert_true(take(world, 2, NAT_WANT_ANY, LOW, HIGH, &port));
	destroy(world);
}

/* A look ahead at a place among the ports; whether it named one. */
static bool
foresee(const struct world *world, uint32_t number, uint16_t start, uint16_t high, struct nat_next *next)
{
	*next = (struct nat_next){.space = space(number), .start = start, .found = true};
	nat_ports_prefetch(&world->ports, next);
	assert_false(next->found);
	nat_ports_foresee(&world->ports, high, next);
	return next->found;
}

/* REQ-NAT-007, REQ-NAT-008: what was foreseen is the next free port from the drawn place on, and is taken only while it is free,
 * its block is the space's, and another one is left. */
static void
test_foreseen(void **state)
{
	static const struct nat_port_range range = {2000, 2003};
	struct world *world = create(1, 0, 1);
	struct nat_next next;
	struct nat_next other;

	(void)state;
	/* Nothing is known of a space without block. */
	assert_false(foresee(world, 0, 2000, range.high, &next));
	assert_false(nat_ports_take_foreseen(&world->ports, &range, &next));
	assert_true(nat_ports_take_this(&world->ports, space(0), 2001));
	/* 2001 is taken: 2002 is next. Two looks see the same port, and one of them gets it. */
	assert_true(foresee(world, 0, 2001, range.high, &next));
	assert_int_equal(next.port, 2002);
	assert_true(foresee(world, 0, 2002, range.high, &other));
	assert_int_equal(other.port, 2002);
	assert_true(nat_ports_take_foreseen(&world->ports, &range, &next));
	assert_false(nat_ports_take_foreseen(&world->ports, &range, &other));
	assert_int_equal(nat_ports_used(&world->ports, space(0)), 2);
	/* Beyond the range there is none. */
	assert_false(foresee(world, 0, 2001, 2002, &next));
	/* The third; the fourth is the last one, and for others to say so. */
	assert_true(foresee(world, 0, 2003, range.high, &next));
	assert_true(nat_ports_take_foreseen(&world->ports, &range, &next));
	assert_true(foresee(world, 0, 2000, range.high, &next));
	assert_int_equal(next.port, 2000);
	assert_false(nat_ports_take_foreseen(&world->ports, &range, &next));
	/* The block goes: nothing of it is given; then it is another space's, in which the port is free. */
	for (uint16_t port = 2001; port <= 2003; port++) {
		nat_ports_give_at_once(&world->ports, space(0), port);
	}
	assert_false(nat_ports_take_foreseen(&world->ports, &range, &next));
	assert_int_equal(nat_ports_used(&world->ports, space(0)), 0);
	assert_true(nat_ports_take_this(&world->ports, space(1), 2001));
	assert_false(nat_ports_take_foreseen(&world->ports, &range, &next));
	assert_int_equal(nat_ports_used(&world->ports, space(1)), 1);
	destroy(world);
}

/* REQ-NAT-007: one of three workers is shown its own free ports of a word, and no others: pairs in turn, so of 2000 to 2011 the second
 * one's are those whose half leaves one when it is divided by three. */
static void
test_open(void **state)
{
	static const struct nat_port_range range = {2000, 2011};
	const uint32_t word = 31; /* 1984 to 2047 */
	const uint64_t mine = 3ULL << (2000 - 1984) | 3ULL << (2006 - 1984);
	struct world *world = create(1, 1, 3);
	struct nat_next next = {.space = space(0), .start = 2000};

	(void)state;
	nat_ports_prefetch(&world->ports, &next);
	assert_int_equal(nat_ports_open(&world->ports, &range, &next, word), 0);
	assert_true(nat_ports_take_this(&world->ports, space(0), 2006));
	nat_ports_prefetch(&world->ports, &next);
	assert_int_equal(nat_ports_open(&world->ports, &range, &next, word), mine & ~(1ULL << (2006 - 1984)));
	assert_int_equal(nat_ports_open(&world->ports, &range, &next, word + 1), 0);
	next.port = 2007;
	next.found = true;
	assert_true(nat_ports_take_foreseen(&world->ports, &range, &next));
	assert_false(nat_ports_take_foreseen(&world->ports, &range, &next));
	assert_int_equal(nat_ports_open(&world->ports, &range, &next, word), 3ULL << (2000 - 1984));
	destroy(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_exhaustion),
	    cmocka_unit_test(test_rest),
	    cmocka_unit_test(test_spread),
	    cmocka_unit_test(test_workers),
	    cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_foreseen),
	    cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests_name("nat_ports", tests, NULL, NULL);
}
