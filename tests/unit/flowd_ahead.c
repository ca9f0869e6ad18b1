/*
 * Memory has pages before a packet is the first to write them: tables that are used all over from the start, pools a part
 * ahead of what was ever used, the counters of limits when they are wanted. What nobody needs has none. Asked of the kernel
 * (mincore), page by page.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ahead.h"
#include "base/pages.h"
#include "base/random.h"
#include "engine/engine.h"

enum {
	SESSIONS = 65536,
	PAGE = 4096,
};

struct house {
	uint8_t *memory;
	size_t size;
	struct random_source random;
	struct engine *engine;
	struct ahead ahead;
};

static uint8_t *
take(size_t size)
{
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(memory != MAP_FAILED);
	/* So that a page is one. */
	(void)madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

/* How many pages of a range the kernel has. */
static size_t
pages_of(const uint8_t *start, size_t octets)
{
	uint8_t *first = (uint8_t *)((uintptr_t)start & ~(uintptr_t)(PAGE - 1));
	const size_t count = (size_t)(start + octets - first + PAGE - 1) / PAGE;
	unsigned char *there = malloc(count);
	size_t found = 0;

	assert_non_null(there);
	assert_int_equal(mincore(first, count * PAGE, there), 0);
	for (size_t i = 0; i < count; i++) {
		found += there[i] & 1;
	}
	free(there);
	return found;
}

static bool
kernel_can(void)
{
	uint8_t *memory = take(PAGE);
	const bool can = pages_populate(memory, PAGE);

	(void)munmap(memory, PAGE);
	return can;
}

static void
open_house(struct house *house)
{
	struct engine_config config = engine_config_for(SESSIONS);

	*house = (struct house){.random = random_seeded(3)};
	config.random = &house->random;
	house->size = (engine_size(&config) + PAGE - 1) / PAGE * PAGE;
	house->memory = take(house->size);
	house->engine = engine_init(house->memory, house->size, &config);
	assert_non_null(house->engine);
	ahead_init(&house->ahead, house->engine, house->memory, house->size);
}

static void
close_house(struct house *house)
{
	(void)munmap(house->memory, house->size);
}

static void
pages_as_asked(void **state)
{
	uint8_t *memory = take(16 * PAGE);

	(void)state;
	if (!kernel_can()) {
		skip();
	}
	memory[3 * PAGE] = 7;
	assert_int_equal(pages_of(memory, 16 * PAGE), 1);
	/* An octet of the sixth page to an octet of the eighth: three pages, and what was written stays. */
	assert_true(pages_populate(memory + 6 * PAGE - 1, 2 * PAGE + 1));
	assert_int_equal(pages_of(memory, 16 * PAGE), 4);
	assert_int_equal(pages_of(memory + 5 * PAGE, 3 * PAGE), 3);
	assert_true(pages_populate(memory, 16 * PAGE));
	assert_int_equal(pages_of(memory, 16 * PAGE), 16);
	assert_int_equal(memory[3 * PAGE], 7);
	/* Nothing is asked for, nothing happens; what is no memory of ours is refused. */
	assert_true(pages_populate(memory, 0));
	(void)munmap(memory, 16 * PAGE);
	assert_false(pages_populate(memory, PAGE));
}

/* Every table is either in an array, whose pool says when it is used, or has its pages from the start. */
static void
arrays_in_order(void **state)
{
	struct house house;
	const uint8_t *next;
	unsigned pools = 0;

	(void)state;
	open_house(&house);
	next = house.memory;
	assert_true(house.ahead.count > 0);
	for (uint32_t i = 0; i < house.ahead.count; i++) {
		const struct engine_array *array = &house.ahead.arrays[i];

		assert_true(array->start >= next);
		next = array->start + array->item * array->count;
		pools |= 1U << array->pool;
	}
	assert_true(next <= house.memory + house.size);
	/* One worker alone has no referrals. */
	assert_int_equal(pools, ((1U << ENGINE_POOLS) - 1) & ~(1U << ENGINE_POOL_REFERRALS));
	close_house(&house);
}

static void
begins_with_the_rest(void **state)
{
	struct house house;
	size_t before = 0;

	(void)state;
	if (!kernel_can()) {
		skip();
	}
	open_house(&house);
	for (uint32_t i = 0; i < house.ahead.count; i++) {
		before += pages_of(house.ahead.arrays[i].start, house.ahead.arrays[i].item * house.ahead.arrays[i].count);
	}
	ahead_begin(&house.ahead);
	const uint8_t *next = house.memory;
	size_t after = 0;

	for (uint32_t i = 0; i < house.ahead.count; i++) {
		const struct engine_array *array = &house.ahead.arrays[i];
		const size_t octets = (size_t)(array->start - next);

		if (octets > 0) {
			assert_int_equal(pages_of(next, octets), ((uintptr_t)array->start + PAGE - 1) / PAGE - (uintptr_t)next / PAGE);
		}
		after += pages_of(array->start, array->item * array->count);
		next = array->start + array->item * array->count;
	}
	assert_int_equal(pages_of(next, (size_t)(house.memory + house.size - next)),
	    (size_t)(house.memory + house.size - (uint8_t *)((uintptr_t)next & ~(uintptr_t)(PAGE - 1))) / PAGE);
	/* Of pools no more than the pages at both ends, which they share. */
	assert_true(after - before <= 2 * (size_t)house.ahead.count);
	close_house(&house);
}

/* The first array of a pool. */
static struct engine_array
array_of(const struct house *house, enum engine_pool pool)
{
	uint32_t index = 0;

	while (index < house->ahead.count && house->ahead.arrays[index].pool != pool) {
		index++;
	}
	assert_true(index < house->ahead.count);
	return house->ahead.arrays[index];
}

/* 65536 places: a thirty-second part and 64, which is 2112, lie ahead; half of them later it is time to go on. */
static void
follows_a_pool(void **state)
{
	struct house house;

	(void)state;
	if (!kernel_can()) {
		skip();
	}
	open_house(&house);
	const struct engine_array sessions = array_of(&house, ENGINE_POOL_SESSIONS);

	assert_int_equal(sessions.count, SESSIONS);
	assert_int_equal(ahead_follow(&house.ahead, ENGINE_POOL_SESSIONS, 0), 1056);
	assert_true(pages_of(sessions.start, sessions.item * 2112) >= sessions.item * 2112 / PAGE);
	assert_true(pages_of(sessions.start + sessions.item * 2112 + PAGE, sessions.item * (SESSIONS - 2112) - 2 * PAGE) == 0);
	assert_int_equal(ahead_follow(&house.ahead, ENGINE_POOL_SESSIONS, 1056), 2112);
	assert_true(pages_of(sessions.start, sessions.item * 3168) >= sessions.item * 3168 / PAGE);
	/* The end is near: all of it, and nothing is left to follow. */
	assert_int_equal(ahead_follow(&house.ahead, ENGINE_POOL_SESSIONS, SESSIONS - 2112), UINT32_MAX);
	assert_true(pages_of(sessions.start, sessions.item * SESSIONS) >= sessions.item * SESSIONS / PAGE);
	close_house(&house);
}

static void
limits_when_wanted(void **state)
{
	struct house house;
	struct snapshot_screens screens = {.on = screen_bit(SCREEN_TCP_LAND)};
	struct snapshot_zone zones[2] = {{.name = "a", .present = true}, {.name = "b", .present = true, .screens = &screens}};
	const struct snapshot snapshot = {.zone_count = 2, .zones = zones};

	(void)state;
	assert_false(engine_limits_wanted(NULL));
	assert_false(engine_limits_wanted(&snapshot));
	screens.on |= screen_bit(SCREEN_LIMIT_DESTINATION);
	assert_true(engine_limits_wanted(&snapshot));
	screens.on = screen_bit(SCREEN_LIMIT_SOURCE);
	assert_true(engine_limits_wanted(&snapshot));
	if (!kernel_can()) {
		skip();
	}
	open_house(&house);
	const struct engine_array holders = array_of(&house, ENGINE_POOL_LIMITS);

	assert_true(pages_of(holders.start + PAGE, holders.item * holders.count - 2 * PAGE) == 0);
	ahead_whole(&house.ahead, ENGINE_POOL_LIMITS);
	assert_true(pages_of(holders.start, holders.item * holders.count) >= holders.item * holders.count / PAGE);
	close_house(&house);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pages_as_asked),
	    cmocka_unit_test(arrays_in_order),
	    cmocka_unit_test(begins_with_the_rest),
	    cmocka_unit_test(follows_a_pool),
	    cmocka_unit_test(limits_when_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
