/*
 * What most tests of the engine end with: the verdict of a packet, and a world that goes. Its teardown is cmocka's.
 */
#ifndef TESTS_ENGINE_EXPECT_H
#define TESTS_ENGINE_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/reasons.h"
#include "engine_world.h"

static inline int
teardown(void **state)
{
	world_destroy(*state);
	return 0;
}

static inline void
expect(struct packet_result result, enum packet_verdict verdict, enum reason reason)
{
	assert_string_equal(reason_name(result.reason), reason_name(reason));
	assert_int_equal(result.verdict, verdict);
}

#endif
