/*
 * Maps of a pool's addresses against a slow model: the next open place from any on, round the end of its range and no further.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../lib/engine/src/nat_places.h"
#include "base/random.h"

enum {
	RANGES = 5,
	TURNS = 100000,
};

static const uint32_t counts[RANGES] = {1, 63, 64, 5000, 60000};

struct world {
	struct nat_places places;
	struct random_source random;
	uint32_t first[RANGES];
	bool closed[NAT_PLACES];
};

/* The model's answer. */
static uint32_t
next_open(const struct world *world, uint32_t range, uint32_t from)
{
	const uint32_t first = world->first[range];

	for (uint32_t i = 0; i < counts[range]; i++) {
		const uint32_t place = first + (from - first + i) % counts[range];

		if (!world->closed[place]) {
			return place;
		}
	}
	return NAT_PLACE_NONE;
}

static void
check_next(const struct world *world, struct nat_place_of of, uint32_t range, uint32_t from)
{
	const struct nat_place_range places = {world->first[range], counts[range]};

	assert_int_equal(nat_places_next(&world->places, of, places, from), next_open(world, range, from));
}

static void
test_model(void **state)
{
	const struct nat_place_of of = {NAT_MAP_FREE, 1};
	struct world *world = calloc(1, sizeof(*world));

	(void)state;
	assert_non_null(world);
	world->random = random_seeded(3);
	nat_places_reset(&world->places);
	for (uint32_t i = 0; i < RANGES; i++) {
		world->first[i] = nat_places_assign(&world->places, counts[i]);
		assert_int_not_equal(world->first[i], NAT_PLACE_NONE);
	}
	assert_int_equal(nat_places_assign(&world->places, NAT_PLACES), NAT_PLACE_NONE);
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		const uint32_t range = random_below(&world->random, RANGES);
		const uint32_t place = world->first[range] + random_below(&world->random, counts[range]);

		/* Nearly all closed in the end, one in a while opened. */
		if (random_below(&world->random, 8) == 0) {
			nat_places_open(&world->places, of, place);
			world->closed[place] = false;
		} else {
			nat_places_close(&world->places, of, place);
			world->closed[place] = true;
		}
		assert_true(nat_places_are_open(&world->places, of, place) == !world->closed[place]);
		if (turn % 64 == 0) {
			check_next(world, of, range, place);
		}
	}
	/* The last one of the largest range, wherever the search begins; then none. */
	for (uint32_t i = 0; i < counts[RANGES - 1]; i++) {
		nat_places_close(&world->places, of, world->first[RANGES - 1] + i);
		world->closed[world->first[RANGES - 1] + i] = true;
	}
	nat_places_open(&world->places, of, world->first[RANGES - 1] + 4321);
	world->closed[world->first[RANGES - 1] + 4321] = false;
	check_next(world, of, RANGES - 1, world->first[RANGES - 1]);
	check_next(world, of, RANGES - 1, world->first[RANGES - 1] + 4321);
	check_next(world, of, RANGES - 1, world->first[RANGES - 1] + 4322);
	nat_places_close(&world->places, of, world->first[RANGES - 1] + 4321);
	world->closed[world->first[RANGES - 1] + 4321] = true;
	check_next(world, of, RANGES - 1, world->first[RANGES - 1] + 7);
	free(world);
}

/* Other maps know nothing of it; what rests is nothing at first. */
static void
test_maps(void **state)
{
	struct nat_places *places = calloc(1, sizeof(*places));
	const struct nat_place_range all = {0, 100};

	(void)state;
	assert_non_null(places);
	nat_places_reset(places);
	assert_int_equal(nat_places_assign(places, 100), 0);
	assert_int_equal(nat_places_next(places, (struct nat_place_of){NAT_MAP_RESTING, 0}, all, 0), NAT_PLACE_NONE);
	nat_places_open(places, (struct nat_place_of){NAT_MAP_RESTING, 0}, 77);
	assert_int_equal(nat_places_next(places, (struct nat_place_of){NAT_MAP_RESTING, 0}, all, 78), 77);
	assert_int_equal(nat_places_next(places, (struct nat_place_of){NAT_MAP_RESTING, 1}, all, 0), NAT_PLACE_NONE);
	nat_places_close(places, (struct nat_place_of){NAT_MAP_FREE, 2}, 5);
	assert_int_equal(nat_places_next(places, (struct nat_place_of){NAT_MAP_FREE, 2}, all, 5), 6);
	assert_int_equal(nat_places_next(places, (struct nat_place_of){NAT_MAP_FREE, 0}, all, 5), 5);
	nat_places_open_all(places);
	assert_int_equal(nat_places_next(places, (struct nat_place_of){NAT_MAP_FREE, 2}, all, 5), 5);
	assert_int_equal(nat_places_next(places, (struct nat_place_of){NAT_MAP_RESTING, 0}, all, 0), 77);
	free(places);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_model),
	    cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests_name("nat_places", tests, NULL, NULL);
}
