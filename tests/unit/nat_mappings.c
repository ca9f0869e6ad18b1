/*
 * The table of persistent NAT against a slow model: a mapping is found by either side while it is there and not detached, by
 * nobody else's, and whom its host has sent to is known while there is room; everything comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/nat_mappings.h"
#include "base/random.h"

enum {
	MAPPINGS = 64,
	REMOTES = 300,
	HOSTS = 16,
	PORTS = 8,
	TURNS = 200000,
};

struct world {
	struct nat_mappings mappings;
	void *memory;
	struct random_source random;
	uint32_t of[HOSTS][PORTS]; /* index + 1 */
	bool detached[MAPPINGS];
	uint32_t used;
};

static struct world *
create(void)
{
	struct world *world = calloc(1, sizeof(*world));
	const size_t size = nat_mappings_size(MAPPINGS, REMOTES);

	assert_non_null(world);
	world->memory = aligned_alloc(64, size);
	assert_non_null(world->memory);
	memset(world->memory, 0, size);
	world->random = random_seeded(11);
	nat_mappings_init(&world->mappings, world->memory, MAPPINGS, REMOTES, (struct hash_key){.low = 3, .high = 4});
	return world;
}

static void
destroy(struct world *world)
{
	free(world->memory);
	free(world);
}

static struct nat_inside
inside_of(uint32_t host, uint32_t port)
{
	return (struct nat_inside){.host = 0x0a000000 + host, .port = (uint16_t)(4000 + port), .pool = 3, .protocol = 17};
}

static struct nat_outside
outside_of(uint32_t host, uint32_t port)
{
	return (struct nat_outside){.address = 0xcb007100, .port = (uint16_t)(host * PORTS + port + 1024), .protocol = 17};
}

static void
check(const struct world *world)
{
	uint32_t count = 0;

	for (uint32_t host = 0; host < HOSTS; host++) {
		for (uint32_t port = 0; port < PORTS; port++) {
			const struct nat_inside inside = inside_of(host, port);
			const struct nat_outside outside = outside_of(host, port);
			const uint32_t expected = world->of[host][port] - 1;

			assert_int_equal(nat_mappings_find_inside(&world->mappings, &inside), expected);
			assert_int_equal(nat_mappings_find_outside(&world->mappings, &outside), expected);
			count += world->of[host][port] != 0 ? 1 : 0;
		}
	}
	for (uint32_t i = 0; i < MAPPINGS; i++) {
		count += world->detached[i] ? 1 : 0;
	}
	assert_int_equal(world->mappings.count, count);
}

static void
turn(struct world *world)
{
	const uint32_t host = random_below(&world->random, HOSTS);
	const uint32_t port = random_below(&world->random, PORTS);
	const struct nat_inside inside = inside_of(host, port);
	const struct nat_outside outside = outside_of(host, port);
	uint32_t *place = &world->of[host][port];

	if (*place == 0) {
		const uint32_t index = nat_mappings_add(&world->mappings, &inside, &outside);

		assert_int_equal(index == NAT_MAPPING_NONE, world->used == MAPPINGS);
		world->used += index == NAT_MAPPING_NONE ? 0 : 1;
		*place = index + 1;
	} else if (random_below(&world->random, 4) == 0) {
		world->mappings.entries[*place - 1].sessions = 1;
		nat_mappings_detach(&world->mappings, *place - 1);
		world->detached[*place - 1] = true;
		*place = 0;
	} else if (random_below(&world->random, 2) == 0) {
		nat_mappings_remove(&world->mappings, *place - 1);
		world->used--;
		*place = 0;
	} else {
		nat_mappings_note(&world->mappings, *place - 1, random_below(&world->random, 50), 0);
	}
	const uint32_t other = random_below(&world->random, MAPPINGS);

	if (world->detached[other]) {
		world->mappings.entries[other].sessions = 0;
		nat_mappings_remove(&world->mappings, other);
		world->detached[other] = false;
		world->used--;
	}
}

static void
test_random(void **state)
{
	struct world *world = create();

	(void)state;
	for (int i = 0; i < TURNS; i++) {
		turn(world);
		if (i % 1000 == 0) {
			check(world);
		}
	}
	check(world);
	for (uint32_t i = 0; i < MAPPINGS; i++) {
		if (world->mappings.entries[i].used) {
			world->mappings.entries[i].sessions = 0;
			nat_mappings_remove(&world->mappings, i);
		}
	}
	assert_int_equal(world->mappings.count, 0);
	assert_int_equal(world->mappings.remote_count, 0);
	destroy(world);
}

/* Whom a host has sent to: exactly those, by address or by address and port; the one noted first makes room; and no host takes
 * another's. */
static void
test_remotes(void **state)
{
	struct world *world = create();
	struct nat_inside inside = inside_of(0, 0);
	struct nat_outside outside = outside_of(0, 0);
	const uint32_t one = nat_mappings_add(&world->mappings, &inside, &outside);

	(void)state;
	inside = inside_of(1, 0);
	outside = outside_of(1, 0);
	const uint32_t other = nat_mappings_add(&world->mappings, &inside, &outside);

	nat_mappings_note(&world->mappings, other, 8, 53);
	assert_true(nat_mappings_noted(&world->mappings, other, 8, 53));
	assert_false(nat_mappings_noted(&world->mappings, other, 8, 0));
	assert_false(nat_mappings_noted(&world->mappings, other, 8, 54));
	assert_false(nat_mappings_noted(&world->mappings, other, 9, 53));
	assert_false(nat_mappings_noted(&world->mappings, one, 8, 53));
	for (uint32_t i = 0; i < NAT_REMOTES_OF_ONE; i++) {
		nat_mappings_note(&world->mappings, one, 100 + i, 0);
		nat_mappings_note(&world->mappings, one, 100 + i, 0); /* once only */
	}
	assert_int_equal(world->mappings.remote_count, NAT_REMOTES_OF_ONE + 1);
	assert_true(nat_mappings_noted(&world->mappings, one, 100, 0));
	nat_mappings_note(&world->mappings, one, 7, 0);
	assert_false(nat_mappings_noted(&world->mappings, one, 100, 0));
	assert_true(nat_mappings_noted(&world->mappings, one, 101, 0));
	assert_true(nat_mappings_noted(&world->mappings, one, 7, 0));
	/* The table is full: a host with remotes gives up its own first one, a host without gets no place. */
	for (uint32_t i = 0; i < REMOTES; i++) {
		nat_mappings_note(&world->mappings, other, 1000 + i, 0);
	}
	assert_int_equal(world->mappings.remote_count, REMOTES);
	assert_true(nat_mappings_noted(&world->mappings, one, 101, 0));
	inside = inside_of(2, 0);
	outside = outside_of(2, 0);
	const uint32_t third = nat_mappings_add(&world->mappings, &inside, &outside);

	nat_mappings_note(&world->mappings, third, 5, 0);
	assert_false(nat_mappings_noted(&world->mappings, third, 5, 0));
	nat_mappings_remove(&world->mappings, one);
	assert_int_equal(world->mappings.remote_count, REMOTES - NAT_REMOTES_OF_ONE);
	nat_mappings_note(&world->mappings, third, 5, 0);
	assert_true(nat_mappings_noted(&world->mappings, third, 5, 0));
	destroy(world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_remotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
