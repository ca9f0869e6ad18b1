/*
 * The sizes of the tables: what the chassis file says counts, the rest is by the machine's memory, and what does not fit is
 * refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sizing.h"

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

static const uint32_t nothing[CHASSIS_SETTINGS];

/* A machine never has all of what it was sold with; half a class is the class below. */
static void
by_memory(void **state)
{
	static const struct {
		uint64_t memory;
		uint32_t sessions;
	} rows[] = {
	    {256 * MIB, 65536},
	    {GIB - 60 * MIB, 262144},
	    {2 * GIB, 262144},
	    {4 * GIB - 200 * MIB, 1000000},
	    {8 * GIB, 1000000},
	    {16 * GIB - 500 * MIB, 2000000},
	    {64 * GIB - 2 * GIB, 8000000},
	    {1024 * GIB, 8000000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sizing sizing = sizing_for(nothing, rows[i].memory);
		struct text error = TEXT_EMPTY;

		assert_int_equal(sizing.values[CHASSIS_SESSIONS], rows[i].sessions);
		assert_int_equal(sizing.values[CHASSIS_NAT_BINDINGS], rows[i].sessions);
		for (unsigned s = 0; s < CHASSIS_SETTINGS; s++) {
			assert_true(sizing.values[s] > 0);
		}
		/* What nobody asked for leaves half of the memory to others. */
		assert_true(sizing_octets(&sizing, 1) < rows[i].memory / 2);
		assert_true(sizing_fits(&sizing, 1, rows[i].memory, &error));
		text_release(&error);
	}
}

static void
as_said(void **state)
{
	uint32_t said[CHASSIS_SETTINGS] = {0};
	struct sizing sizing;
	struct engine_config config;

	(void)state;
	said[CHASSIS_SESSIONS] = 3000001;
	said[CHASSIS_NEIGHBOURS] = 500;
	said[CHASSIS_EVENT_RECORDS] = 20000;
	sizing = sizing_for(said, 4 * GIB);
	config = sizing_engine(&sizing, 1);
	assert_int_equal(config.sessions, 3000001);
	assert_int_equal(config.nat_bindings, 3000001);
	assert_int_equal(config.neighbours, 500);
	assert_int_equal(config.datagrams, 4096);
	assert_int_equal(sizing.values[CHASSIS_EVENT_RECORDS], 32768);
	/* Four workers share the sessions; each knows all neighbours. */
	config = sizing_engine(&sizing, 4);
	assert_int_equal(config.sessions, 750001);
	assert_int_equal(config.neighbours, 500);
	assert_int_equal(config.workers, 4);
	/* What one worker has for all of them it has whole. */
	assert_int_equal(config.nat_bindings, 3000001);
	/* One worker, unless it is said otherwise. */
	assert_int_equal(sizing.values[CHASSIS_WORKERS], 1);
	assert_true(engine_size(&config) > 0);
}

/* Ten million sessions fit into 8 GiB, a hundred million do not, and the sentence says both numbers. */
static void
must_fit(void **state)
{
	uint32_t said[CHASSIS_SETTINGS] = {[CHASSIS_SESSIONS] = 10000000};
	struct text error = TEXT_EMPTY;
	struct sizing sizing = sizing_for(said, 8 * GIB);

	(void)state;
	assert_true(sizing_fits(&sizing, 1, 8 * GIB, &error));
	assert_false(sizing_fits(&sizing, 1, 4 * GIB, &error));
	text_clear(&error);
	said[CHASSIS_SESSIONS] = 100000000;
	sizing = sizing_for(said, 8 * GIB);
	assert_false(sizing_fits(&sizing, 1, 8 * GIB, &error));
	assert_non_null(strstr(text_string(&error), "sessions 100000000"));
	assert_non_null(strstr(text_string(&error), "8.0 GiB"));
	text_release(&error);
}

/* Every size that a chassis file may have is one that the engine takes. */
static void
limits_are_sane(void **state)
{
	static const uint32_t most[CHASSIS_SETTINGS] = {
#define SETTING(symbol, word, least, highest, help) [CHASSIS_##symbol] = (highest),
#include "chassis_settings.def"
#undef SETTING
	};
	static const uint32_t least[CHASSIS_SETTINGS] = {
#define SETTING(symbol, word, lowest, highest, help) [CHASSIS_##symbol] = (lowest),
#include "chassis_settings.def"
#undef SETTING
	};
	const struct sizing large = sizing_for(most, 64 * GIB);
	const struct sizing small = sizing_for(least, 64 * GIB);
	const struct engine_config large_config = sizing_engine(&large, 1);
	const struct engine_config small_config = sizing_engine(&small, 1);

	(void)state;
	assert_true(engine_size(&large_config) > 0);
	assert_true(engine_size(&small_config) > 0);
}

/* This machine has some memory, and not more than its kernel says. */
static void
of_this_machine(void **state)
{
	(void)state;
	assert_true(sizing_memory() > 64 * MIB);
	assert_true(sizing_memory() < 1024 * 1024 * GIB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_memory),
	    cmocka_unit_test(as_said),
	    cmocka_unit_test(must_fit),
	    cmocka_unit_test(limits_are_sane),
	    cmocka_unit_test(of_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
