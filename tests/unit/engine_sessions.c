/*
 * Sessions through the engine: TCP from SYN to the end, and timeouts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine_talk.h"

/* REQ-SES-001: 20 s for the handshake, whatever packets come. */
static void
test_handshake_timeout(void **state)
{
	struct world *world = *state;
	const uint64_t start = world->now;

	forth(world, ISN_CLIENT, 0, SYN);
	world_advance(world, start + 10 * SECOND);
	expect(forth(world, ISN_CLIENT, 0, SYN), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(only_session(world).state, SESSION_TCP_OPENING);
	world_advance(world, start + 19 * SECOND);
	assert_int_equal(world_session_count(world), 1);
	world_advance(world, start + 20 * SECOND);
	expect_close(world, REASON_CLOSE_HANDSHAKE);
	assert_int_equal(world_reason_count(world, REASON_CLOSE_HANDSHAKE), 1);
}

/* REQ-SES-002, REQ-SES-006: 1800 s after the last packet either way. */
static void
test_established_timeout(void **state)
{
	struct world *world = *state;

	shake_hands(world);
	assert_int_equal(only_session(world).state, SESSION_TCP_ESTABLISHED);
	assert_int_equal(only_session(world).timeout, 1800);
	world_advance(world, world->now + 1000 * SECOND);
	expect(back(world, ISN_SERVER + 1, ISN_CLIENT + 1, ACK), VERDICT_FORWARD, REASON_SESSION);
	world_advance(world, world->now + 1799 * SECOND);
	assert_int_equal(only_session(world).left, 1);
	world_advance(world, world->now + SECOND);
	expect_close(world, REASON_CLOSE_IDLE);
}

/* A clock that is far along when the engine starts costs nothing, and timeouts count from there. */
static void
test_late_clock(void **state)
{
	struct world *world = *state;

	world->now = 4000000 * SECOND;
	forth(world, ISN_CLIENT, 0, SYN);
	assert_false(engine_advance(world->engine, world->now + SECOND));
	world->now += SECOND;
	world_advance(world, world->now + 18 * SECOND);
	assert_int_equal(world_session_count(world), 1);
	world_advance(world, world->now + SECOND);
	expect_close(world, REASON_CLOSE_HANDSHAKE);
}

/* A session whose time is over takes no packet, also when no timer ran. */
static void
test_expired_without_timers(void **state)
{
	struct world *world = *state;

	shake_hands(world);
	world->now += 1800 * SECOND;
	expect(forth(world, ISN_CLIENT + 1, ISN_SERVER + 1, ACK), VERDICT_DROP, REASON_NO_SESSION);
}

/* REQ-SES-003: the application's timeout, once established. REQ-SES-001 before. */
static void
test_application_timeout(void **state)
{
	struct world *world = *state;

	world->rules[0].timeout = 300;
	world->rules[0].protocol = 6;
	world->rules[0].low = 80;
	world->rules[0].high = 80;
	world_apply(world);
	forth(world, ISN_CLIENT, 0, SYN);
	assert_int_equal(only_session(world).timeout, 20);
	world_advance(world, world->now + 21 * SECOND);
	expect_close(world, REASON_CLOSE_HANDSHAKE);
	shake_hands(world);
	assert_int_equal(only_session(world).application, 0);
	world_advance(world, world->now + 299 * SECOND);
	assert_int_equal(world_session_count(world), 1);
	world_advance(world, world->now + SECOND);
	expect_close(world, REASON_CLOSE_IDLE);
}

/* REQ-SES-004, REQ-SES-005. */
static void
test_other_timeouts(void **state)
{
	struct world *world = *state;
	const uint8_t protocols[] = {17, 1, 47};

	for (unsigned i = 0; i < 3; i++) {
		const struct world_packet packet = {.protocol = protocols[i],
		    .source = CLIENT,
		    .destination = SERVER,
		    .source_port = 7,
		    .destination_port = 7,
		    .type = 8,
		    .payload = 8};

		expect(world_packet_in(world, 0, &packet), VERDICT_FORWARD, REASON_SESSION);
		world_advance(world, world->now + 59 * SECOND);
		expect(world_packet_in(world, 0, &packet), VERDICT_FORWARD, REASON_SESSION);
		world_advance(world, world->now + 59 * SECOND);
		assert_int_equal(world_session_count(world), 1);
		world_advance(world, world->now + SECOND);
		expect_close(world, REASON_CLOSE_IDLE);
	}
}

/* REQ-SES-007: FIN both ways; then 2 s for the last segments. */
static void
test_fin(void **state)
{
	struct world *world = *state;

	shake_hands(world);
	expect(forth(world, ISN_CLIENT + 1, ISN_SERVER + 1, FIN | ACK), VERDICT_FORWARD,
	    REASON_SESSION);
	assert_int_equal(only_session(world).state, SESSION_TCP_CLOSING);
	expect(back(world, ISN_SERVER + 1, ISN_CLIENT + 2, FIN | ACK), VERDICT_FORWARD,
	    REASON_SESSION);
	assert_int_equal(only_session(world).state, SESSION_TCP_CLOSED);
	expect(forth(world, ISN_CLIENT + 2, ISN_SERVER + 2, ACK), VERDICT_FORWARD, REASON_SESSION);
	world_advance(world, world->now + 2 * SECOND);
	expect_close(world, REASON_CLOSE_TCP_FIN);
	expect(forth(world, ISN_CLIENT + 2, ISN_SERVER + 2, ACK), VERDICT_DROP, REASON_NO_SESSION);
}

/* A SYN while the session lingers begins a new one, by policy. */
static void
test_port_reuse(void **state)
{
	struct world *world = *state;
	struct event event;

	shake_hands(world);
	forth(world, ISN_CLIENT + 1, ISN_SERVER + 1, FIN | ACK);
	back(world, ISN_SERVER + 1, ISN_CLIENT + 2, FIN | ACK);
	const struct packet_result result = forth(world, ISN_CLIENT + 90000, 0, SYN);

	expect(result, VERDICT_FORWARD, REASON_SESSION);
	assert_int_not_equal(result.session, 1);
	assert_true(world_event(world, EVENT_SESSION_CLOSE, &event));
	assert_int_equal(event.reason, REASON_CLOSE_REPLACED);
	assert_int_equal(world_session_count(world), 1);
}

/* REQ-SES-007: RST within the window ends it, one outside does not. */
static void
test_reset(void **state)
{
	struct world *world = *state;

	shake_hands(world);
	expect(back(world, ISN_SERVER + 1 + 65536, 0, RST), VERDICT_DROP, REASON_TCP_WINDOW);
	expect(back(world, ISN_SERVER - 70000, 0, RST), VERDICT_DROP, REASON_TCP_WINDOW);
	assert_int_equal(world_session_count(world), 1);
	expect(back(world, ISN_SERVER + 1, 0, RST), VERDICT_FORWARD, REASON_SESSION);
	expect_close(world, REASON_CLOSE_TCP_RST);
	/* A refused SYN: the RST has to acknowledge it. */
	forth(world, ISN_CLIENT, 0, SYN);
	expect(back(world, 0, ISN_CLIENT + 2, RST | ACK), VERDICT_DROP, REASON_TCP_WINDOW);
	expect(back(world, 0, ISN_CLIENT + 1, RST | ACK), VERDICT_FORWARD, REASON_SESSION);
	expect_close(world, REASON_CLOSE_TCP_RST);
}

/* REQ-SES-014, REQ-SES-015, REQ-SES-016, REQ-SES-017, REQ-SES-021. */
static void
test_syn_check(void **state)
{
	struct world *world = *state;
	const uint8_t no_start[] = {ACK, SYN | ACK, FIN | ACK, SYN | FIN, SYN | RST, RST, 0};

	for (unsigned i = 0; i < sizeof no_start; i++) {
		expect(forth(world, 5, 9, no_start[i]), VERDICT_DROP, REASON_NO_SESSION);
		assert_int_equal(world->sent_count, 0);
	}
	world->zones[TRUST].tcp_rst = true;
	expect(forth(world, 5, 9, ACK), VERDICT_REJECT, REASON_NO_SESSION);
	assert_int_equal(world->sent_count, 1);
	const uint8_t *tcp = world_ip(&world->sent[0]) + 20;

	assert_int_equal(tcp[13], RST);
	assert_int_equal(read32(tcp + 4), 9);
	assert_int_equal(read32(tcp - 8), SERVER);
	assert_int_equal(read32(tcp - 4), CLIENT);
	expect(forth(world, 5, 9, FIN), VERDICT_REJECT, REASON_NO_SESSION);
	assert_int_equal(tcp[13], RST | ACK);
	assert_int_equal(read32(tcp + 8), 6);
	/* E-043: never to a RST, never to a segment with SYN. */
	expect(forth(world, 5, 9, RST), VERDICT_DROP, REASON_NO_SESSION);
	expect(forth(world, 5, 9, SYN | ACK), VERDICT_DROP, REASON_NO_SESSION);
	/* REQ-ZN-008: by the zone it comes from. */
	expect(back(world, 5, 9, ACK), VERDICT_DROP, REASON_NO_SESSION);
	/* REQ-SES-017: policy decides. */
	world->flow.syn_check = false;
	world_apply(world);
	expect(back(world, 5, 9, ACK), VERDICT_DROP, REASON_DEFAULT_DENY);
	expect(forth(world, 5, 9, RST), VERDICT_DROP, REASON_NO_SESSION);
	expect(forth(world, 5, 9, ACK), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(only_session(world).state, SESSION_TCP_OPENING);
	expect(back(world, 9, 5, ACK), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(only_session(world).state, SESSION_TCP_ESTABLISHED);
}

/* REQ-SES-019. */
static void
test_window(void **state)
{
	struct world *world = *state;

	shake_hands(world);
	const struct engine_session_view before = only_session(world);

	/* The server offered 65535 from ISN + 1 on. */
	expect(forth(world, ISN_CLIENT + 1 + 65535, ISN_SERVER + 1, ACK), VERDICT_FORWARD,
	    REASON_SESSION);
	expect(forth(world, ISN_CLIENT + 1 + 65536, ISN_SERVER + 1, ACK), VERDICT_DROP,
	    REASON_TCP_WINDOW);
	/* Acknowledges what was never sent. */
	expect(forth(world, ISN_CLIENT + 1, ISN_SERVER + 2, ACK), VERDICT_DROP, REASON_TCP_WINDOW);
	/* Long past. */
	expect(back(world, ISN_SERVER + 1 - 70000, ISN_CLIENT + 1, ACK), VERDICT_DROP,
	    REASON_TCP_WINDOW);
	assert_int_equal(only_session(world).packets[0], before.packets[0] + 1);
	assert_int_equal(only_session(world).packets[1], before.packets[1]);
	world->flow.sequence_check = false;
	world_apply(world);
	expect(forth(world, ISN_CLIENT + 1 + 900000, ISN_SERVER + 1, ACK), VERDICT_FORWARD,
	    REASON_SESSION);
}

/* REQ-SES-019 with window scaling: both SYNs offer it. */
static void
test_window_scaled(void **state)
{
	struct world *world = *state;
	struct world_packet syn = {.protocol = 6,
	    .source = CLIENT,
	    .destination = SERVER,
	    .source_port = 4000,
	    .destination_port = 80,
	    .flags = SYN,
	    .sequence = ISN_CLIENT,
	    .scale = 8};
	struct world_packet answer = {.protocol = 6,
	    .source = SERVER,
	    .destination = CLIENT,
	    .source_port = 80,
	    .destination_port = 4000,
	    .flags = SYN | ACK,
	    .sequence = ISN_SERVER,
	    .acknowledgement = ISN_CLIENT + 1,
	    .scale = 5};

	world_packet_in(world, 0, &syn);
	world_packet_in(world, 1, &answer);
	/* The client's window is 1000 << 7 from here on. */
	const struct world_packet acknowledge = {.protocol = 6,
	    .source = CLIENT,
	    .destination = SERVER,
	    .source_port = 4000,
	    .destination_port = 80,
	    .flags = ACK,
	    .sequence = ISN_CLIENT + 1,
	    .acknowledgement = ISN_SERVER + 1,
	    .window = 1000};

	expect(world_packet_in(world, 0, &acknowledge), VERDICT_FORWARD, REASON_SESSION);
	expect(back(world, ISN_SERVER + 1 + 128000, ISN_CLIENT + 1, ACK), VERDICT_FORWARD,
	    REASON_SESSION);
	expect(back(world, ISN_SERVER + 1 + 128001, ISN_CLIENT + 1, ACK), VERDICT_DROP,
	    REASON_TCP_WINDOW);
}

/* A SYN within an established session goes on and changes nothing. */
static void
test_syn_in_session(void **state)
{
	struct world *world = *state;

	shake_hands(world);
	expect(forth(world, 77, 0, SYN), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(only_session(world).state, SESSION_TCP_ESTABLISHED);
	expect(back(world, 77, 0, SYN), VERDICT_DROP, REASON_TCP_STATE);
	expect(forth(world, ISN_CLIENT + 1, ISN_SERVER + 1, ACK), VERDICT_FORWARD, REASON_SESSION);
	expect(forth(world, ISN_CLIENT + 1, ISN_SERVER + 1, FIN), VERDICT_DROP, REASON_TCP_STATE);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, talk_setup, talk_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_handshake_timeout),
	    TEST(test_established_timeout),
	    TEST(test_late_clock),
	    TEST(test_expired_without_timers),
	    TEST(test_application_timeout),
	    TEST(test_other_timeouts),
	    TEST(test_fin),
	    TEST(test_port_reuse),
	    TEST(test_reset),
	    TEST(test_syn_check),
	    TEST(test_window),
	    TEST(test_window_scaled),
	    TEST(test_syn_in_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
