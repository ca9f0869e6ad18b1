/*
 * Sessions through the engine: TCP from SYN to the end, timeouts, ICMP, changes of configuration
 * and routes, records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine_world.h"

#define CLIENT IP(10, 0, 0, 2)
#define SERVER IP(8, 8, 8, 8)

enum {
	ISN_CLIENT = 1000,
	ISN_SERVER = 500000,
	PORTS = 4000 << 16 | 80,
	PORTS_BACK = 80 << 16 | 4000,
};

static int
setup(void **state)
{
	struct world *world = world_create();

	world_apply(world);
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	world_destroy(*state);
	return 0;
}

static void
expect(struct packet_result result, enum packet_verdict verdict, enum reason reason)
{
	assert_string_equal(reason_name(result.reason), reason_name(reason));
	assert_int_equal(result.verdict, verdict);
}

static uint32_t
read32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static struct packet_result
forth(struct world *world, uint32_t sequence, uint32_t acknowledgement, uint8_t flags)
{
	return world_tcp(
	    world, 0, CLIENT, SERVER, PORTS, (uint32_t[2]){sequence, acknowledgement}, flags);
}

static struct packet_result
back(struct world *world, uint32_t sequence, uint32_t acknowledgement, uint8_t flags)
{
	return world_tcp(
	    world, 1, SERVER, CLIENT, PORTS_BACK, (uint32_t[2]){sequence, acknowledgement}, flags);
}

static void
shake_hands(struct world *world)
{
	expect(forth(world, ISN_CLIENT, 0, SYN), VERDICT_FORWARD, REASON_SESSION);
	expect(back(world, ISN_SERVER, ISN_CLIENT + 1, SYN | ACK), VERDICT_FORWARD, REASON_SESSION);
	expect(forth(world, ISN_CLIENT + 1, ISN_SERVER + 1, ACK), VERDICT_FORWARD, REASON_SESSION);
}

static struct engine_session_view
only_session(struct world *world)
{
	struct engine_session_view views[4];

	assert_int_equal(world_list_sessions(world, views, 4), 1);
	return views[0];
}

static void
expect_close(struct world *world, enum reason reason)
{
	struct event event;

	assert_true(world_event(world, EVENT_SESSION_CLOSE, &event));
	assert_string_equal(reason_name(event.reason), reason_name(reason));
	assert_int_equal(world_session_count(world), 0);
}

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

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
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
	    TEST(test_icmp),
	    TEST(test_icmp_errors),
	    TEST(test_dns_reply),
	    TEST(test_table_full),
	    TEST(test_policy_changes),
	    TEST(test_route_changes),
	    TEST(test_client_zone_changes),
	    TEST(test_records),
	    TEST(test_scheduler),
	    TEST(test_burst),
	    TEST(test_event_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
