/*
 * What becomes of sessions: ICMP about them, changes of configuration and routes, a full table, records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine_talk.h"

/* ICMP echo by identifier; errors by what they quote; neither without session. */
static void
test_icmp(void **state)
{
	struct world *world = *state;
	struct world_packet echo = {.protocol = 1,
	    .type = 8,
	    .source = CLIENT,
	    .destination = SERVER,
	    .source_port = 33,
	    .payload = 8};
	struct world_packet reply = {.protocol = 1,
	    .type = 0,
	    .source = SERVER,
	    .destination = CLIENT,
	    .source_port = 33,
	    .payload = 8};

	expect(world_packet_in(world, 1, &reply), VERDICT_DROP, REASON_ICMP_NO_SESSION);
	expect(world_packet_in(world, 0, &echo), VERDICT_FORWARD, REASON_SESSION);
	expect(world_packet_in(world, 1, &reply), VERDICT_FORWARD, REASON_SESSION);
	reply.source_port = 34;
	expect(world_packet_in(world, 1, &reply), VERDICT_DROP, REASON_ICMP_NO_SESSION);
	/* A request from the other side with the same identifier is another session. */
	reply.source_port = 33;
	reply.type = 8;
	expect(world_packet_in(world, 1, &reply), VERDICT_DROP, REASON_DEFAULT_DENY);
	struct world_packet redirect = {
	    .protocol = 1, .type = 5, .source = SERVER, .destination = CLIENT, .payload = 28};

	expect(world_packet_in(world, 1, &redirect), VERDICT_DROP, REASON_ICMP_TRUNCATED);
}

/* Builds an ICMP error from `router` to `to` that quotes a packet. */
static struct packet_result
error_in(struct world *world, uint16_t port, uint32_t router, uint32_t to,
    const struct world_packet *quoted)
{
	uint8_t quote[256];
	uint8_t frame[512];
	const uint32_t quote_length = world_frame(quote, quoted, false);
	const struct world_packet packet = {.protocol = 1,
	    .type = 3,
	    .code = 1,
	    .source = router,
	    .destination = to,
	    .payload = (uint16_t)quote_length};
	const uint32_t length = world_frame(frame, &packet, true);
	uint8_t *icmp = frame + 34;
	uint32_t sum = 0;

	memset(icmp + 2, 0, 6);
	memcpy(icmp + 8, quote, quote_length);
	for (uint32_t i = 0; i < 8 + quote_length; i++) {
		sum += (uint32_t)icmp[i] << ((i & 1) == 0 ? 8 : 0);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	icmp[2] = (uint8_t)(~sum >> 8);
	icmp[3] = (uint8_t)~sum;
	return world_input(world, port, frame, length);
}

static void
test_icmp_errors(void **state)
{
	struct world *world = *state;
	struct world_packet out = {.protocol = 17,
	    .source = CLIENT,
	    .destination = SERVER,
	    .source_port = 5,
	    .destination_port = 6,
	    .payload = 4};
	struct world_packet in = {.protocol = 17,
	    .source = SERVER,
	    .destination = CLIENT,
	    .source_port = 6,
	    .destination_port = 5,
	    .payload = 4};
	const uint32_t router = IP(9, 9, 9, 9);

	expect(error_in(world, 1, router, CLIENT, &out), VERDICT_DROP, REASON_ICMP_NO_SESSION);
	world_packet_in(world, 0, &out);
	world_packet_in(world, 1, &in);
	const struct engine_session_view before = only_session(world);

	world->now += 10 * SECOND;
	expect(error_in(world, 1, router, CLIENT, &out), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].port, 0);
	expect(error_in(world, 0, IP(10, 0, 0, 77), SERVER, &in), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].port, 1);
	/* From the wrong side, or to somebody else. */
	expect(error_in(world, 0, router, CLIENT, &out), VERDICT_DROP, REASON_SESSION_ZONE);
	expect(error_in(world, 1, router, IP(10, 0, 0, 3), &out), VERDICT_DROP,
	    REASON_ICMP_NO_SESSION);
	/* Errors do not refresh. */
	assert_int_equal(only_session(world).left, before.left - 10);
	assert_int_equal(only_session(world).packets[1], before.packets[1]);
	/* About TCP the quoted number must have been sent. */
	shake_hands(world);
	struct world_packet segment = {.protocol = 6,
	    .source = CLIENT,
	    .destination = SERVER,
	    .source_port = 4000,
	    .destination_port = 80,
	    .sequence = ISN_CLIENT,
	    .flags = ACK};

	expect(error_in(world, 1, router, CLIENT, &segment), VERDICT_FORWARD, REASON_SESSION);
	segment.sequence = ISN_CLIENT + 2;
	expect(error_in(world, 1, router, CLIENT, &segment), VERDICT_DROP, REASON_TCP_WINDOW);
}

/* REQ-SES-020. */
static void
test_dns_reply(void **state)
{
	struct world *world = *state;
	const struct world_packet reply = {.protocol = 17,
	    .source = CLIENT,
	    .destination = SERVER,
	    .source_port = 53,
	    .destination_port = 999};

	expect(world_packet_in(world, 0, &reply), VERDICT_DROP, REASON_DNS_REPLY_NO_SESSION);
	world->flow.allow_dns_reply = true;
	world_apply(world);
	expect(world_packet_in(world, 0, &reply), VERDICT_FORWARD, REASON_SESSION);
}

/* REQ-FW-016: a full table refuses and says so, once a second. */
static void
test_table_full(void **state)
{
	struct world *world = *state;
	struct world_packet packet = {
	    .protocol = 17, .source = CLIENT, .destination = SERVER, .destination_port = 7};
	struct event event;
	uint32_t logged = 0;

	world_needs_one_engine();
	for (uint16_t i = 0; i < 64; i++) {
		packet.source_port = (uint16_t)(i + 1000);
		expect(world_packet_in(world, 0, &packet), VERDICT_FORWARD, REASON_SESSION);
	}
	for (uint16_t i = 0; i < 3; i++) {
		packet.source_port = (uint16_t)(i + 2000);
		expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_SESSION_TABLE_FULL);
	}
	while (world_event(world, EVENT_SESSION_DENY, &event)) {
		assert_int_equal(event.reason, REASON_SESSION_TABLE_FULL);
		logged += event.logged;
	}
	assert_int_equal(logged, 1);
	/* Those that are there go on. */
	packet.source_port = 1000;
	expect(world_packet_in(world, 0, &packet), VERDICT_FORWARD, REASON_SESSION);
	world_advance(world, world->now + 61 * SECOND);
	packet.source_port = 2000;
	expect(world_packet_in(world, 0, &packet), VERDICT_FORWARD, REASON_SESSION);
}

/* REQ-FW-002, REQ-POL-024: a policy changed to deny, or deleted, lets its sessions live;
 * policy-rematch does not. */
static void
test_policy_changes(void **state)
{
	struct world *world = *state;

	shake_hands(world);
	world->rules[0].action = POLICY_DENY;
	world_apply(world);
	expect(forth(world, ISN_CLIENT + 1, ISN_SERVER + 1, ACK), VERDICT_FORWARD, REASON_SESSION);
	world->rule_count = 0;
	world_apply(world);
	expect(back(world, ISN_SERVER + 1, ISN_CLIENT + 1, ACK), VERDICT_FORWARD, REASON_SESSION);
	expect(world_tcp(world, 0, CLIENT, SERVER, 4001 << 16 | 80, (uint32_t[2]){1, 0}, SYN),
	    VERDICT_DROP, REASON_DEFAULT_DENY);
	world->flow.policy_rematch = true;
	world_apply(world);
	expect(forth(world, ISN_CLIENT + 1, ISN_SERVER + 1, ACK), VERDICT_DROP, REASON_NO_SESSION);
	expect_close(world, REASON_CLOSE_REMATCH);
}

/* A route that moves within the zone is followed; one to another zone ends the session. */
static void
test_route_changes(void **state)
{
	struct world *world = *state;

	world->rules[0].to_zone = TRUST;
	world_apply(world);
	world_add_route(world, IP(8, 0, 0, 0), 8, 5, 0);
	world_apply_fib(world);
	expect(forth(world, ISN_CLIENT, 0, SYN), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].port, 2);
	/* Now by unit 1, the same zone. */
	world_add_route(world, IP(8, 8, 0, 0), 16, 1, IP(10, 0, 0, 50));
	world_apply_fib(world);
	expect(forth(world, ISN_CLIENT, 0, SYN), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].port, 0);
	assert_int_equal(world->sent[0].data[5], 50);
	/* Now to another zone: as if there were no session. */
	world_add_route(world, IP(8, 8, 8, 0), 24, 2, IP(192, 0, 2, 7));
	world_apply_fib(world);
	expect(forth(world, ISN_CLIENT, 0, SYN), VERDICT_DROP, REASON_DEFAULT_DENY);
	expect_close(world, REASON_CLOSE_ZONE);
	/* And no route at all. */
	world->rules[0].to_zone = UNTRUST;
	world_apply(world);
	expect(forth(world, ISN_CLIENT, 0, SYN), VERDICT_FORWARD, REASON_SESSION);
	world->static_count = 0;
	world_apply_fib(world);
	expect(forth(world, ISN_CLIENT, 0, SYN), VERDICT_REJECT, REASON_NO_ROUTE);
	expect_close(world, REASON_CLOSE_ROUTE);
}

static void
test_client_zone_changes(void **state)
{
	struct world *world = *state;

	shake_hands(world);
	world->units[1].zone = DMZ;
	world_apply(world);
	expect(back(world, ISN_SERVER + 1, ISN_CLIENT + 1, ACK), VERDICT_DROP, REASON_NO_SESSION);
	expect_close(world, REASON_CLOSE_ZONE);
}

/* REQ-POL-013, REQ-POL-014, REQ-CFG-013: records and counters. */
static void
test_records(void **state)
{
	struct world *world = *state;
	struct event event;

	world_needs_one_engine();
	world->rules[0].flags = POLICY_LOG_INIT | POLICY_COUNT_TRAFFIC;
	world_apply(world);
	shake_hands(world);
	assert_true(world_event(world, EVENT_SESSION_CREATE, &event));
	assert_int_equal(event.logged, 1);
	assert_true(ipv6_equal(event.source, ipv6_mapped(CLIENT)));
	assert_true(ipv6_equal(event.destination, ipv6_mapped(SERVER)));
	assert_int_equal(event.source_port, 4000);
	assert_int_equal(event.destination_port, 80);
	assert_int_equal(event.protocol, 6);
	assert_int_equal(event.from_zone, TRUST);
	assert_int_equal(event.to_zone, UNTRUST);
	assert_int_equal(event.unit, 1);
	assert_int_equal(event.policy, 0);
	const struct engine_policy_counters counters = engine_policy_counters(world->engine, 0);

	assert_int_equal(counters.hits, 1);
	assert_int_equal(counters.packets, 3);
	assert_int_equal(counters.bytes, 120);
	world->now += 7 * SECOND;
	assert_true(world_clear_session(world, 1));
	assert_false(world_clear_session(world, 1));
	assert_true(world_event(world, EVENT_SESSION_CLOSE, &event));
	/* cs09197: init and close do not depend on each other. */
	assert_int_equal(event.logged, 0);
	assert_int_equal(event.duration, 7);
	assert_int_equal(event.packets[0], 2);
	assert_int_equal(event.packets[1], 1);
	assert_int_equal(event.bytes[0], 80);
	assert_int_equal(event.bytes[1], 40);
	assert_int_equal(event.reason, REASON_CLOSE_CLEARED);
}

/* REQ-SCH-001, REQ-SCH-009, REQ-SCH-010: at each look-up, by the wall clock; sessions stay. */
static void
test_scheduler(void **state)
{
	struct world *world = *state;
	static const struct snapshot_interval interval = {.from = 1000, .to = 2000};
	static const struct snapshot_scheduler scheduler = {
	    .interval_count = 1, .intervals = &interval};
	static const uint16_t use = 0;

	world_needs_one_engine();
	world->rules[0].schedulers = &use;
	world->rules[0].scheduler_count = 1;
	world_apply(world);
	world->snapshots[world->which].schedulers = &scheduler;
	world->snapshots[world->which].scheduler_count = 1;
	engine_set_wall(world->engine, world->now, 999999999);
	expect(forth(world, 1, 0, SYN), VERDICT_DROP, REASON_DEFAULT_DENY);
	engine_set_wall(world->engine, world->now, 1000000000);
	expect(forth(world, 1, 0, SYN), VERDICT_FORWARD, REASON_SESSION);
	engine_set_wall(world->engine, world->now, 2000000000);
	expect(forth(world, 1, 0, SYN), VERDICT_FORWARD, REASON_SESSION);
	expect(world_tcp(world, 0, CLIENT, SERVER, 4001 << 16 | 80, (uint32_t[2]){1, 0}, SYN),
	    VERDICT_DROP, REASON_DEFAULT_DENY);
}

/* A burst whose packets belong together: the second finds the session that the first made. */
static void
test_burst(void **state)
{
	struct world *world = *state;
	uint8_t frame[256];
	struct packet packets[4];
	struct packet *burst[4];
	uint8_t blocks[4][256];
	const struct world_packet packet = {.protocol = 17,
	    .source = CLIENT,
	    .destination = SERVER,
	    .source_port = 9,
	    .destination_port = 9};
	const uint32_t length = world_frame(frame, &packet, true);
	struct engine_output outputs[8];

	world_needs_one_engine();
	for (unsigned i = 0; i < 4; i++) {
		memcpy(blocks[i] + 64, frame, length);
		packets[i] = (struct packet){
		    .data = blocks[i] + 64, .headroom = 64, .length = length, .tailroom = 20};
		burst[i] = &packets[i];
	}
	engine_process(world->engine, world->now, burst, 4);
	assert_int_equal(engine_take_output(world->engine, outputs, 8), 4);
	assert_int_equal(packets[0].result.reason, REASON_SESSION);
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(packets[i].result.reason, REASON_SESSION);
		assert_int_equal(packets[i].result.session, packets[0].result.session);
		assert_ptr_equal(outputs[i].packet, &packets[i]);
	}
}

/* The ring keeps what it can and counts what it cannot. */
static void
test_event_ring(void **state)
{
	struct world *world = *state;
	struct event event;
	uint32_t count = 0;

	world_needs_one_engine();
	world->rules[0].action = POLICY_DENY;
	world_apply(world);
	for (int i = 0; i < 300; i++) {
		forth(world, 1, 0, SYN);
	}
	assert_int_equal(world_reason_count(world, REASON_EVENT_RING_FULL), 300 - 192);
	while (engine_take_event(world->engine, &event)) {
		count++;
	}
	assert_int_equal(count, 192);
}

static int
logged_only_setup(void **state)
{
	struct world *world = world_create();

	world->config.records_logged_only = true;
	world_apply(world);
	*state = world;
	return 0;
}

/* REQ-POL-013, as flowd has it: who wants no line in the log gets no record, and so none takes the place of another. */
static void
test_records_logged_only(void **state)
{
	struct world *world = *state;
	struct event event;

	world_needs_one_engine();
	world->rules[0].flags = POLICY_LOG_CLOSE;
	world_apply(world);
	shake_hands(world);
	assert_true(world_clear_session(world, 1));
	assert_true(engine_take_event(world->engine, &event));
	assert_int_equal(event.kind, EVENT_SESSION_CLOSE);
	assert_int_equal(event.logged, 1);
	assert_false(engine_take_event(world->engine, &event));
	world->rules[0].action = POLICY_DENY;
	world->rules[0].flags = 0;
	world_apply(world);
	for (int i = 0; i < 300; i++) {
		expect(forth(world, 1, 0, SYN), VERDICT_DROP, REASON_POLICY_DENY);
	}
	assert_int_equal(world_reason_count(world, REASON_EVENT_RING_FULL), 0);
	assert_false(engine_take_event(world->engine, &event));
	world->rules[0].flags = POLICY_LOG_INIT;
	world_apply(world);
	expect(forth(world, 1, 0, SYN), VERDICT_DROP, REASON_POLICY_DENY);
	assert_true(engine_take_event(world->engine, &event));
	assert_int_equal(event.kind, EVENT_SESSION_DENY);
	assert_int_equal(event.logged, 1);
	assert_false(engine_take_event(world->engine, &event));
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, talk_setup, talk_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_icmp),
	    TEST(test_icmp_errors),
	    TEST(test_dns_reply),
	    TEST(test_table_full),
	    TEST(test_policy_changes),
	    TEST(test_route_changes),
	    TEST(test_client_zone_changes),
	    TEST(test_records),
	    cmocka_unit_test_setup_teardown(test_records_logged_only, logged_only_setup, talk_teardown),
	    TEST(test_scheduler),
	    TEST(test_burst),
	    TEST(test_event_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
