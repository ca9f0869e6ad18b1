/*
 * Screens that count, with four engines among which the packets spread: when they block, and when not yet.
 *
 *   floods              none is blocked up to the threshold, and all are beyond it, however it is spread (REQ-SCR-045)
 *   sweeps and scans    the source is blocked with the packet after its tenth target, in all engines (REQ-SCR-005, REQ-SCR-009)
 *   spoofed sources     none passes, whichever engine it is handed to (REQ-SCR-024)
 *   our ICMP errors     as many a second as with one engine
 *   limits of sessions  exact, when messages are there at once: also of sessions that were there before (REQ-SCR-027)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../lib/engine/src/engine_private.h"
#include "engine_world.h"

enum {
	WORKERS = 4,
	THRESHOLD = 1000,
	LIMIT = 100,
};

#define SOURCE IP(10, 0, 0, 5)
#define SERVER IP(198, 18, 0, 1)

struct fixture {
	struct world *world;
	struct snapshot_screens screens;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	fixture->world = world_create();
	fixture->world->config.sessions = 8192;
	fixture->world->config.events = 65536;
	fixture->world->config.workers = WORKERS;
	fixture->world->now = SECOND;
	world_apply(fixture->world);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	world_destroy(fixture->world);
	free(fixture);
	return 0;
}

static void
turn_on(struct fixture *fixture, enum screen screen, uint32_t threshold)
{
	fixture->screens = (struct snapshot_screens){.on = screen_bit(screen)};
	fixture->screens.thresholds[screen] = threshold;
	fixture->world->zones[TRUST].screens = &fixture->screens;
	world_apply(fixture->world);
}

static struct packet_result
send(struct fixture *fixture, uint8_t protocol, uint32_t destination, uint32_t ports)
{
	const struct world_packet packet = {
	    .source = SOURCE,
	    .destination = destination,
	    .source_port = (uint16_t)(ports >> 16),
	    .destination_port = (uint16_t)ports,
	    .protocol = protocol,
	    .payload = 8,
	    .type = 8,
	    .flags = SYN,
	};

	return world_packet_in(fixture->world, 0, &packet);
}

/* A whole datagram's IPv4 header becomes that of the first fragment of a longer one. */
static void
make_fragment(uint8_t *ip, uint16_t identification)
{
	uint32_t sum = 0;

	ip[4] = (uint8_t)(identification >> 8);
	ip[5] = (uint8_t)identification;
	ip[6] = 0x20;
	ip[7] = 0;
	ip[10] = ip[11] = 0;
	for (unsigned i = 0; i < 20; i += 2) {
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

/* Datagrams of so many flows to one destination, within a second; returns how many went through. */
static uint32_t
flood(struct fixture *fixture, uint32_t flows, uint32_t packets)
{
	uint32_t passed = 0;

	for (uint32_t i = 0; i < packets; i++) {
		const struct packet_result result = send(fixture, 17, SERVER, (1024 + i % flows) << 16 | 53);

		passed += result.reason == REASON_SESSION;
		assert_true(result.reason == REASON_SESSION || result.reason == REASON_SCREEN_UDP_FLOOD);
	}
	return passed;
}

static void
test_flood_of_many_flows(void **state)
{
	struct fixture *fixture = *state;

	turn_on(fixture, SCREEN_UDP_FLOOD, THRESHOLD);
	assert_int_equal(flood(fixture, 512, THRESHOLD), THRESHOLD);
	/* Messages take no time here: what is lost of the count on the way is nothing. */
	const uint32_t more = flood(fixture, 512, 4 * THRESHOLD);

	assert_int_equal(more, 0);
	assert_int_equal(flood(fixture, 512, 100), 0);
	/* The rest of that second and the next one, and then no more. */
	fixture->world->now += 2 * SECOND + SECOND / 10;
	assert_int_equal(flood(fixture, 512, THRESHOLD), THRESHOLD);
}

/* What one engine counted and kept to itself as long as much was left is said when the others' counts make that less. */
static void
test_flood_uneven(void **state)
{
	struct fixture *fixture = *state;
	uint32_t first = 0;

	turn_on(fixture, SCREEN_UDP_FLOOD, THRESHOLD);
	for (uint32_t flow = 1; flow <= 40; flow++) {
		const struct packet_result result = send(fixture, 17, SERVER, (9000 + flow) << 16 | 53);

		first += result.reason == REASON_SESSION;
	}
	assert_int_equal(first, 40);
	/* From here on all is one flow's, which is one engine's. */
	assert_int_equal(flood(fixture, 1, 2 * THRESHOLD), THRESHOLD - 40);
}

/* A datagram from where its source cannot be. */
static struct world_packet
spoofed(uint32_t number)
{
	return (struct world_packet){.source = IP(192, 0, 2, 77),
	    .destination = SERVER,
	    .source_port = (uint16_t)(1024 + number),
	    .destination_port = 53,
	    .protocol = 17,
	    .payload = 56};
}

/* First fragments are judged as whole datagrams are, though they go after their ports to another engine (REQ-SCR-024). */
static void
test_spoofed_fragments(void **state)
{
	struct fixture *fixture = *state;

	turn_on(fixture, SCREEN_IP_SPOOFING, 0);
	for (uint32_t i = 0; i < 64; i++) {
		const struct world_packet packet = spoofed(i);
		uint8_t frame[256];
		const uint32_t length = world_frame(frame, &packet, true);

		make_fragment(frame + 14, (uint16_t)(1 + i));
		assert_int_equal(world_input(fixture->world, 0, frame, length).reason, REASON_SCREEN_IP_SPOOFING);
	}
}

/* So is what a referral of a session that is no more sent there and back. */
static void
test_spoofed_and_referred(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;

	turn_on(fixture, SCREEN_IP_SPOOFING, 0);
	for (uint32_t i = 0; i < 64; i++) {
		const struct world_packet packet = spoofed(i);
		const struct flow_fields fields = {.source = packet.source,
		    .destination = packet.destination,
		    .source_port = packet.source_port,
		    .destination_port = packet.destination_port,
		    .protocol = packet.protocol};
		const struct engine_flow flow = {.source = ipv6_mapped(packet.source),
		    .destination = ipv6_mapped(packet.destination),
		    .source_port = packet.source_port,
		    .destination_port = packet.destination_port,
		    .protocol = packet.protocol};
		const uint16_t owner = engine_flow_owner(&world->engine->sharing.with, &flow);
		const struct engine_message message = {.kind = MESSAGE_REFER,
		    .worker = owner,
		    .from = (uint16_t)((owner + 1) % WORKERS),
		    .first = flow.source,
		    .second = flow.destination,
		    .word = flow_key_of(&fields).high};
		const uint32_t before = world->handed;

		engine_give_message(world->engines[owner], world->now, &message);
		assert_int_equal(world_packet_in(world, 0, &packet).reason, REASON_SCREEN_IP_SPOOFING);
		assert_int_equal(world->handed - before, 2);
	}
}

/* One flow is one engine's: it blocks as one alone, and no other address is blocked with it. */
static void
test_flood_of_one_flow(void **state)
{
	struct fixture *fixture = *state;

	turn_on(fixture, SCREEN_UDP_FLOOD, THRESHOLD);
	assert_int_equal(flood(fixture, 1, 2 * THRESHOLD), THRESHOLD);
	assert_int_equal(send(fixture, 17, SERVER + 1, 5000 << 16 | 53).reason, REASON_SESSION);
}

static void
test_sweep(void **state)
{
	struct fixture *fixture = *state;

	turn_on(fixture, SCREEN_ICMP_IP_SWEEP, 5000);
	/* An identifier each, so that they go to different engines. */
	for (uint32_t i = 0; i < 9; i++) {
		assert_int_equal(send(fixture, 1, SERVER + i, (100 + i * 7) << 16).reason, REASON_SESSION);
	}
	(void)send(fixture, 1, SERVER + 9, 333U << 16); /* the tenth may pass */
	for (uint32_t i = 0; i < 40; i++) {
		assert_int_equal(
		    send(fixture, 1, SERVER + 10 + i, (900 + i) << 16).reason, REASON_SCREEN_ICMP_IP_SWEEP);
	}
}

/* The same targets again and again are no sweep, whoever counts them. */
static void
test_no_sweep(void **state)
{
	struct fixture *fixture = *state;

	turn_on(fixture, SCREEN_ICMP_IP_SWEEP, 5000);
	for (uint32_t i = 0; i < 200; i++) {
		assert_int_equal(send(fixture, 1, SERVER + i % 9, (100 + i) << 16).reason, REASON_SESSION);
	}
}

static void
test_scan(void **state)
{
	struct fixture *fixture = *state;

	turn_on(fixture, SCREEN_TCP_PORT_SCAN, 5000);
	for (uint32_t i = 0; i < 10; i++) {
		(void)send(fixture, 6, SERVER, (2000 + i) << 16 | (1 + i));
	}
	for (uint32_t i = 0; i < 40; i++) {
		assert_int_equal(
		    send(fixture, 6, SERVER, (3000 + i) << 16 | (100 + i)).reason, REASON_SCREEN_TCP_PORT_SCAN);
	}
}

static void
test_limit(void **state)
{
	struct fixture *fixture = *state;
	uint64_t sessions[LIMIT];

	for (uint32_t i = 0; i < LIMIT / 2; i++) {
		sessions[i] = send(fixture, 17, SERVER, (1000 + i) << 16 | 53).session;
	}
	turn_on(fixture, SCREEN_LIMIT_SOURCE, LIMIT);
	/* Those that were there are counted by all from a second on; until then each makes its table ready. */
	world_advance(fixture->world, fixture->world->now + SECOND / 2);
	world_advance(fixture->world, fixture->world->now + 2 * SECOND);
	for (uint32_t i = LIMIT / 2; i < LIMIT; i++) {
		sessions[i] = send(fixture, 17, SERVER, (1000 + i) << 16 | 53).session;
		assert_true(sessions[i] != 0);
	}
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(send(fixture, 17, SERVER, (4000 + i) << 16 | 53).reason, REASON_SCREEN_LIMIT_SOURCE);
	}
	/* One that ends makes room for one, whichever engine it was of. */
	for (uint32_t i = 0; i < LIMIT; i += 9) {
		assert_true(world_clear_session(fixture->world, sessions[i]));
		assert_int_equal(send(fixture, 17, SERVER, (5000 + i) << 16 | 53).reason, REASON_SESSION);
		assert_int_equal(send(fixture, 17, SERVER, (6000 + i) << 16 | 53).reason, REASON_SCREEN_LIMIT_SOURCE);
	}
}

/* Our ICMP errors are limited in all engines together as in one: 1000 a second, each a quarter of them. */
static void
test_icmp_errors(void **state)
{
	struct fixture *fixture = *state;
	uint32_t sent = 0;

	for (uint32_t i = 0; i < 4000; i++) {
		/* The route says reject. */
		(void)send(fixture, 17, IP(198, 51, 100, 1), (1024 + i) << 16 | 53);
		sent += fixture->world->sent_count;
	}
	assert_int_equal(sent, 1000);
	assert_int_equal(world_reason_count(fixture->world, REASON_ICMP_RATE), 3000);
}

/* A flood of SYNs is answered with cookies by the engine that gets them; whose handshake is complete has a session with the
 * one that gives the pool's addresses (REQ-SCR-043). */
static void
test_cookies_and_a_pool(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;
	static const struct snapshot_nat_range range = {IP(192, 0, 2, 10), IP(192, 0, 2, 13)};
	static const uint16_t numbers[] = {0};
	static const struct snapshot_nat_source source = {.kind = NAT_SOURCE_POOLS, .pool_count = 1, .pools = numbers};
	static struct snapshot_nat_pool pool = {.name = "pool",
	    .present = true,
	    .unit = 2,
	    .kind = NAT_POOL_ADDRESSES,
	    .overflow = SNAPSHOT_NAT_NONE,
	    .range_count = 1,
	    .ranges = &range,
	    .size = 4};
	uint32_t handed = 0;

	world->nat =
	    (struct snapshot_nat){.active = true, .pool_count = 1, .pools = &pool, .source_count = 1, .sources = &source};
	world->rules[0].destination_nat = SNAPSHOT_NAT_NONE;
	world->flow.syn_cookies = true;
	fixture->screens = (struct snapshot_screens){.on = screen_bit(SCREEN_TCP_SYN_FLOOD),
	    .syn_flood = {.attack = 0, .alarm = 1000, .source = 10000, .destination = 10000, .queue = 100, .timeout = 20}};
	world->zones[TRUST].screens = &fixture->screens;
	world_apply(world);
	for (uint32_t i = 0; i < 40; i++) {
		const uint32_t ports = (3000 + i) << 16 | 80;

		(void)world_tcp(world, 0, SOURCE, SERVER, ports, (uint32_t[2]){5000, 0}, SYN);
		assert_int_equal(world->sent_count, 1);
		assert_int_equal(world->sent[0].port, 0); /* our answer */
		const uint8_t *tcp = world_ip(&world->sent[0]) + 20;
		const uint32_t number =
		    (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
		const uint32_t before = world->handed;

		assert_int_equal(tcp[13], SYN | ACK);
		assert_int_equal(
		    world_tcp(world, 0, SOURCE, SERVER, ports, (uint32_t[2]){5001, number + 1}, ACK).verdict, VERDICT_FORWARD);
		assert_int_equal(world->sent_count, 1);
		assert_int_equal(world->sent[0].port, 1); /* our SYN to the server */
		assert_int_equal(world_ip(&world->sent[0])[20 + 13], SYN);
		assert_in_range(world_ip(&world->sent[0])[15], 10, 13);
		handed += world->handed - before;
	}
	assert_in_range(handed, 20, 40); /* three of four are others' */
	assert_int_equal(engine_session_count(world->engine), 40);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_flood_of_many_flows),
	    TEST(test_spoofed_fragments),
	    TEST(test_spoofed_and_referred),
	    TEST(test_flood_uneven),
	    TEST(test_flood_of_one_flow),
	    TEST(test_sweep),
	    TEST(test_no_sweep),
	    TEST(test_scan),
	    TEST(test_limit),
	    TEST(test_icmp_errors),
	    TEST(test_cookies_and_a_pool),
	};
#undef TEST

	return cmocka_run_group_tests_name("engine_workers_screens", tests, NULL, NULL);
}
