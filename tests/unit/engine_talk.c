/*
 * See engine_talk.h.
 */
#include "engine_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

int
talk_setup(void **state)
{
	struct world *world = world_create();

	world_apply(world);
	*state = world;
	return 0;
}

int
talk_teardown(void **state)
{
	world_destroy(*state);
	return 0;
}

void
expect(struct packet_result result, enum packet_verdict verdict, enum reason reason)
{
	assert_string_equal(reason_name(result.reason), reason_name(reason));
	assert_int_equal(result.verdict, verdict);
}

uint32_t
read32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

struct packet_result
forth(struct world *world, uint32_t sequence, uint32_t acknowledgement, uint8_t flags)
{
	return world_tcp(
	    world, 0, CLIENT, SERVER, PORTS, (uint32_t[2]){sequence, acknowledgement}, flags);
}

struct packet_result
back(struct world *world, uint32_t sequence, uint32_t acknowledgement, uint8_t flags)
{
	return world_tcp(
	    world, 1, SERVER, CLIENT, PORTS_BACK, (uint32_t[2]){sequence, acknowledgement}, flags);
}

void
shake_hands(struct world *world)
{
	expect(forth(world, ISN_CLIENT, 0, SYN), VERDICT_FORWARD, REASON_SESSION);
	expect(back(world, ISN_SERVER, ISN_CLIENT + 1, SYN | ACK), VERDICT_FORWARD, REASON_SESSION);
	expect(forth(world, ISN_CLIENT + 1, ISN_SERVER + 1, ACK), VERDICT_FORWARD, REASON_SESSION);
}

struct engine_session_view
only_session(struct world *world)
{
	struct engine_session_view views[4];

	assert_int_equal(world_list_sessions(world, views, 4), 1);
	return views[0];
}

void
expect_close(struct world *world, enum reason reason)
{
	struct event event;

	assert_true(world_event(world, EVENT_SESSION_CLOSE, &event));
	assert_string_equal(reason_name(event.reason), reason_name(reason));
	assert_int_equal(world_session_count(world), 0);
}
