/*
 * Single packets through the engine: hard checks, units, zones, routes, policies, answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine_expect.h"
#include "engine_world.h"

static const struct world_packet udp_out = {.protocol = 17, .source = IP(10, 0, 0, 2),
    .destination = IP(8, 8, 8, 8), .source_port = 5000, .destination_port = 7000, .payload = 10};

static int
setup(void **state)
{
	struct world *world = world_create();

	world_apply(world);
	*state = world;
	return 0;
}

static uint16_t
read16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

static uint32_t
read32(const uint8_t *from)
{
	return (uint32_t)read16(from) << 16 | read16(from + 2);
}

/* One's complement sum over an IP header or an ICMP message must be all ones. */
static bool
sum_right(const uint8_t *bytes, uint32_t length)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < length; i++) {
		sum += (uint32_t)bytes[i] << ((i & 1) == 0 ? 8 : 0);
	}
	while (sum >> 16 != 0) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum == 0xffff;
}

/* REQ-FW-006, REQ-FW-007: zones by units; forwarded with TTL less one and the next hop's MAC. */
static void
test_forward(void **state)
{
	struct world *world = *state;
	const struct packet_result result = world_packet_in(world, 0, &udp_out);

	expect(result, VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(result.in_unit, 1);
	assert_int_equal(result.out_unit, 2);
	assert_int_equal(result.from_zone, TRUST);
	assert_int_equal(result.to_zone, UNTRUST);
	assert_int_equal(result.policy, 0);
	assert_int_equal((result.session - 1) / world->config.workers, 0); /* the first of its engine */
	assert_int_equal(world->sent_count, 1);
	static const uint8_t macs[12] = {2, 0, 0, 0, 2, 254, 2, 0x53, 0x50, 0, 0, 1};

	assert_memory_equal(world->sent[0].data, macs, 12);
	assert_int_equal(world->sent[0].port, 1);
	const uint8_t *ip = world_ip(&world->sent[0]);

	assert_int_equal(ip[8], 63);
	assert_true(sum_right(ip, 20));
	assert_int_equal(world->sent[0].length, 14 + 38);
}

/* REQ-FW-003: the reply belongs to the session; REQ-POL-007: the other side may not begin. */
static void
test_reply(void **state)
{
	struct world *world = *state;
	const struct world_packet reply = {.protocol = 17,
	    .source = udp_out.destination,
	    .destination = udp_out.source,
	    .source_port = 7000,
	    .destination_port = 5000};
	const struct world_packet other = {.protocol = 17,
	    .source = udp_out.destination,
	    .destination = udp_out.source,
	    .source_port = 7000,
	    .destination_port = 5001};

	expect(world_packet_in(world, 1, &reply), VERDICT_DROP, REASON_DEFAULT_DENY);
	const uint64_t session = world_packet_in(world, 0, &udp_out).session;
	const struct packet_result result = world_packet_in(world, 1, &reply);

	expect(result, VERDICT_FORWARD, REASON_SESSION);
	assert_true(result.session == session && session != 0);
	assert_int_equal(world->sent[0].port, 0);
	expect(world_packet_in(world, 1, &other), VERDICT_DROP, REASON_DEFAULT_DENY);
	assert_int_equal(world_session_count(world), 1);
}

/* The reply must come from the session's far zone. */
static void
test_reply_from_other_zone(void **state)
{
	struct world *world = *state;
	const struct world_packet reply = {.protocol = 17,
	    .source = udp_out.destination,
	    .destination = udp_out.source,
	    .source_port = 7000,
	    .destination_port = 5000,
	    .vlan = 10};

	world_packet_in(world, 0, &udp_out);
	expect(world_packet_in(world, 2, &reply), VERDICT_DROP, REASON_SESSION_ZONE);
}

static void
test_vlan(void **state)
{
	struct world *world = *state;
	struct world_packet packet = udp_out;

	/* REQ-ZN-003: tags of no unit and untagged frames on a tagged port. */
	packet.vlan = 11;
	expect(world_packet_in(world, 2, &packet), VERDICT_DROP, REASON_VLAN_UNKNOWN);
	packet.vlan = 0;
	expect(world_packet_in(world, 2, &packet), VERDICT_DROP, REASON_VLAN_MISSING);
	packet.vlan = 10;
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_VLAN_UNKNOWN);
	/* REQ-FW-010: no zone in; REQ-FW-011: no zone out. */
	packet.vlan = 20;
	expect(world_packet_in(world, 2, &packet), VERDICT_DROP, REASON_NULL_ZONE);
	packet = udp_out;
	packet.destination = IP(100, 64, 1, 1);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_NULL_ZONE_EGRESS);
	/* REQ-ZN-004: out with the unit's tag. */
	world->rules[0] =
	    (struct world_rule){.from_zone = TRUST, .to_zone = TRUST, .action = POLICY_PERMIT};
	world_apply(world);
	packet.destination = IP(10, 5, 1, 9);
	expect(world_packet_in(world, 0, &packet), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(read16(world->sent[0].data + 12), 0x8100);
	assert_int_equal(read16(world->sent[0].data + 14), 30);
}

static void
test_routes(void **state)
{
	struct world *world = *state;
	struct world_packet packet = udp_out;

	packet.destination = IP(203, 0, 113, 1);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_ROUTE_DISCARD);
	assert_int_equal(world->sent_count, 0);
	/* REQ-RT-012: reject answers with unreachable. */
	packet.destination = IP(198, 51, 100, 1);
	expect(world_packet_in(world, 0, &packet), VERDICT_REJECT, REASON_ROUTE_REJECT);
	assert_int_equal(world->sent_count, 1);
	const uint8_t *ip = world_ip(&world->sent[0]);

	assert_int_equal(ip[9], 1);
	assert_int_equal(ip[20], 3);
	assert_int_equal(ip[21], 1);
	assert_int_equal(read32(ip + 12), IP(10, 0, 0, 1));
	assert_int_equal(read32(ip + 16), IP(10, 0, 0, 2));
	assert_true(sum_right(ip, 20));
	assert_true(sum_right(ip + 20, read16(ip + 2) - 20U));
	assert_int_equal(read32(ip + 28 + 16), IP(198, 51, 100, 1));
	packet.destination = IP(10, 66, 0, 1);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_NO_TUNNEL);
	/* REQ-FW-009: no route. */
	world->static_count = 0;
	world_apply(world);
	packet.destination = IP(8, 8, 8, 8);
	expect(world_packet_in(world, 0, &packet), VERDICT_REJECT, REASON_NO_ROUTE);
	assert_int_equal(world_ip(&world->sent[0])[21], 0);
}

static void
test_bad_addresses(void **state)
{
	struct world *world = *state;
	static const struct {
		uint32_t source;
		enum reason reason;
	} rows[] = {
	    {UINT32_MAX, REASON_SOURCE_BROADCAST},
	    {IP(10, 0, 0, 255), REASON_SOURCE_BROADCAST},
	    {IP(224, 0, 0, 1), REASON_SOURCE_MULTICAST},
	    {IP(239, 255, 255, 255), REASON_SOURCE_MULTICAST},
	    {IP(127, 0, 0, 1), REASON_SOURCE_LOOPBACK},
	    {0, REASON_SOURCE_ZERO},
	    {IP(240, 0, 0, 1), REASON_SOURCE_RESERVED},
	    {IP(192, 0, 2, 1), REASON_SOURCE_OURS},
	};

	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct world_packet packet = udp_out;

		packet.source = rows[i].source;
		expect(world_packet_in(world, 0, &packet), VERDICT_DROP, rows[i].reason);
		assert_int_equal(world->sent_count, 0);
		assert_int_equal(world_reason_count(world, rows[i].reason) > 0, 1);
	}
	struct world_packet packet = udp_out;

	packet.destination = IP(224, 0, 0, 5);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_DESTINATION_MULTICAST);
	packet.destination = IP(127, 0, 0, 5);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_DESTINATION_LOOPBACK);
	packet.destination = IP(192, 0, 2, 255);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_DESTINATION_BROADCAST);
	assert_int_equal(world_session_count(world), 0);
}

/* Every cut of a good frame is dropped with a reason that names the layer, and nothing beyond it is
 * read. */
static void
test_truncated(void **state)
{
	struct world *world = *state;
	uint8_t frame[256];
	struct world_packet packet = {.protocol = 6,
	    .source = IP(10, 0, 0, 2),
	    .destination = IP(8, 8, 8, 8),
	    .source_port = 1,
	    .destination_port = 2,
	    .flags = SYN};
	const uint32_t length = world_frame(frame, &packet, true);

	for (uint32_t cut = 0; cut < length; cut++) {
		const enum reason reason = cut < 14 ? REASON_FRAME_TRUNCATED
		    : cut < 34                      ? REASON_IP_TRUNCATED
		                                    : REASON_IP_BAD_TOTAL_LENGTH;

		expect(world_input(world, 0, frame, cut), VERDICT_DROP, reason);
	}
	expect(world_input(world, 0, frame, length), VERDICT_FORWARD, REASON_SESSION);
}

/* Whatever is flipped, no octet beyond the block is touched and every packet comes back. */
static void
test_flipped_octets(void **state)
{
	struct world *world = *state;
	struct random_source random = random_seeded(7);
	uint8_t frame[256];
	const uint8_t protocols[] = {6, 17, 1};

	for (uint32_t round = 0; round < 20000; round++) {
		struct world_packet packet = udp_out;

		packet.protocol = protocols[round % 3];
		packet.flags = SYN;
		packet.type = round % 2 == 0 ? 8 : 3;
		packet.payload = (uint16_t)random_below(&random, 60);
		uint32_t length = world_frame(frame, &packet, true);

		for (uint32_t i = 0; i < 1 + round % 4; i++) {
			frame[random_below(&random, length)] = (uint8_t)random_below(&random, 256);
		}
		length -= random_below(&random, 8) == 0 ? random_below(&random, length) : 0;
		(void)world_input(world, (uint16_t)random_below(&random, 3), frame, length);
		assert_int_equal(world->sent_count + world->freed >= 1, 1);
	}
}

static void
test_header_checks(void **state)
{
	struct world *world = *state;
	uint8_t good[256];
	uint8_t frame[256];
	const uint32_t length = world_frame(good, &udp_out, true);
	static const struct {
		uint32_t at;
		uint8_t value;
		enum reason reason;
	} rows[] = {
	    {14, 0x65, REASON_IP_BAD_VERSION},
	    {14, 0x44, REASON_IP_BAD_HEADER_LENGTH},
	    {14, 0x4f, REASON_IP_BAD_HEADER_LENGTH},
	    {17, 19, REASON_IP_BAD_TOTAL_LENGTH},
	    {17, 39, REASON_IP_BAD_TOTAL_LENGTH},
	    {24, 1, REASON_IP_BAD_CHECKSUM},
	    {45, 99, REASON_UDP_BAD_CHECKSUM},
	    {12, 0x86, REASON_ETHERTYPE_UNKNOWN},
	};

	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memcpy(frame, good, length);
		frame[rows[i].at] = rows[i].value;
		expect(world_input(world, 0, frame, length), VERDICT_DROP, rows[i].reason);
	}
	memcpy(frame, good, length);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	expect(world_input(world, 0, frame, length), VERDICT_DROP, REASON_INET6_MODE_DROP);
	expect(world_input(world, 9, good, length), VERDICT_DROP, REASON_PORT_UNKNOWN);
}

/* A half-made checksum holds the pseudo-header's sum alone; it is completed where the packet leaves. */
static void
test_partial_checksum(void **state)
{
	struct world *world = *state;
	uint8_t frame[256];
	const uint32_t length = world_frame(frame, &udp_out, true);
	uint32_t sum = (udp_out.source >> 16) + (udp_out.source & 0xffff) +
		       (udp_out.destination >> 16) + (udp_out.destination & 0xffff) + 17 + 18;

	sum = (sum & 0xffff) + (sum >> 16);
	frame[40] = (uint8_t)(sum >> 8);
	frame[41] = (uint8_t)sum;
	expect(world_input(world, 0, frame, length), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].flags, PACKET_CHECKSUM_DUE);
	frame[41] ^= 1;
	expect(world_input(world, 0, frame, length), VERDICT_DROP, REASON_UDP_BAD_CHECKSUM);
}

/* A first fragment whose length is no multiple of 8. */
static void
test_fragment_dropped(void **state)
{
	struct world *world = *state;
	uint8_t frame[256];
	const uint32_t length = world_frame(frame, &udp_out, true);

	/* More fragments set, the checksum less by as much. */
	const uint32_t checksum = read16(frame + 24) - 0x2000U;

	frame[20] |= 0x20;
	frame[24] = (uint8_t)(checksum >> 8);
	frame[25] = (uint8_t)(checksum - (checksum >> 31));
	expect(world_input(world, 0, frame, length), VERDICT_DROP, REASON_FRAGMENT_BAD_LENGTH);
}

/* os58621: TTL 1 is answered every time, on the first packet and on a session's. */
static void
test_ttl(void **state)
{
	struct world *world = *state;
	struct world_packet packet = udp_out;

	packet.ttl = 1;
	for (int i = 0; i < 3; i++) {
		expect(world_packet_in(world, 0, &packet), VERDICT_REJECT, REASON_TTL_EXCEEDED);
		assert_int_equal(world_ip(&world->sent[0])[20], 11);
		assert_int_equal(world_session_count(world), 0);
	}
	world_packet_in(world, 0, &udp_out);
	for (int i = 0; i < 3; i++) {
		expect(world_packet_in(world, 0, &packet), VERDICT_REJECT, REASON_TTL_EXCEEDED);
		assert_int_equal(world_ip(&world->sent[0])[20], 11);
	}
	/* Denied packets are not told. */
	packet.destination = IP(10, 3, 0, 9);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_DEFAULT_DENY);
}

/* os58124: DF and too big: the next hop's MTU is told every time, no session is made or refreshed.
 */
static void
test_too_big(void **state)
{
	struct world *world = *state;
	struct world_packet packet = udp_out;

	world->units[2].mtu = 1000;
	world_apply(world);
	packet.payload = 1200;
	packet.dont_fragment = true;
	for (int i = 0; i < 2; i++) {
		expect(world_packet_in(world, 0, &packet), VERDICT_REJECT,
		    REASON_FRAGMENTATION_NEEDED);
		const uint8_t *ip = world_ip(&world->sent[0]);

		assert_int_equal(ip[20], 3);
		assert_int_equal(ip[21], 4);
		assert_int_equal(read16(ip + 26), 1000);
		assert_int_equal(read16(ip + 2), 576);
		assert_true(sum_right(ip + 20, 556));
		assert_int_equal(world_session_count(world), 0);
	}
	/* A session is not refreshed by such a packet: 60 s after its first it is gone. */
	world_packet_in(world, 0, &udp_out);
	world_advance(world, world->now + 50 * SECOND);
	expect(world_packet_in(world, 0, &packet), VERDICT_REJECT, REASON_FRAGMENTATION_NEEDED);
	world_advance(world, world->now + 11 * SECOND);
	assert_int_equal(world_session_count(world), 0);
	/* Without DF it goes in pieces whose payloads make the whole. */
	packet.dont_fragment = false;
	expect(world_packet_in(world, 0, &packet), VERDICT_FORWARD, REASON_FRAGMENTED);
	assert_int_equal(world->sent_count, 2);
	const uint8_t *first = world_ip(&world->sent[0]);
	const uint8_t *second = world_ip(&world->sent[1]);

	assert_int_equal(read16(first + 2), 20 + 976);
	assert_int_equal(read16(first + 6), 0x2000);
	assert_int_equal(read16(second + 2), 20 + 1208 - 976);
	assert_int_equal(read16(second + 6), 976 / 8);
	assert_true(sum_right(first, 20));
	assert_true(sum_right(second, 20));
	assert_int_equal(second[20], (uint8_t)(976 - 8));
	world->spare = 0;
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_PACKET_POOL_EMPTY);
}

/* REQ-POL-008, REQ-POL-009, REQ-POL-010, REQ-POL-011, and what is not there yet. */
static void
test_actions(void **state)
{
	struct world *world = *state;
	struct world_packet packet = udp_out;

	world->rules[0].action = POLICY_REJECT;
	world_apply(world);
	expect(world_packet_in(world, 0, &packet), VERDICT_REJECT, REASON_POLICY_REJECT);
	assert_int_equal(world_ip(&world->sent[0])[20], 3);
	assert_int_equal(world_ip(&world->sent[0])[21], 3);
	packet.protocol = 6;
	packet.flags = SYN;
	packet.sequence = 1000;
	expect(world_packet_in(world, 0, &packet), VERDICT_REJECT, REASON_POLICY_REJECT);
	const uint8_t *tcp = world_ip(&world->sent[0]) + 20;

	assert_int_equal(tcp[13], RST | ACK);
	assert_int_equal(read32(tcp + 4), 0);
	assert_int_equal(read32(tcp + 8), 1000 + 10 + 1);
	packet.protocol = 1;
	packet.type = 8;
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_POLICY_REJECT);
	packet.protocol = 47;
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_POLICY_REJECT);
	assert_int_equal(world->sent_count, 0);
	assert_int_equal(world_policy_hits(world, 0), 4);
	world->rules[0].action = POLICY_DENY;
	world_apply(world);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_POLICY_DENY);
	world->rules[0].action = POLICY_NOT_SUPPORTED;
	world_apply(world);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_NOT_SUPPORTED);
	/* REQ-POL-004, REQ-POL-005, REQ-POL-006. */
	world->rule_count = 0;
	world_apply(world);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_DEFAULT_DENY);
	world->flow.default_permit = true;
	world_apply(world);
	const struct packet_result result = world_packet_in(world, 0, &packet);

	expect(result, VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(result.policy, PACKET_DEFAULT_POLICY);
}

/* Our ICMP errors are limited, and never about ICMP errors or to many. */
static void
test_icmp_restraint(void **state)
{
	struct world *world = *state;
	struct world_packet packet = udp_out;
	uint32_t sent = 0;
	uint8_t frame[256];

	world_needs_one_engine();
	packet.destination = IP(198, 51, 100, 1);
	for (int i = 0; i < 1500; i++) {
		(void)world_packet_in(world, 0, &packet);
		sent += world->sent_count;
	}
	assert_int_equal(sent, 1000);
	assert_int_equal(world_reason_count(world, REASON_ICMP_RATE), 500);
	world->now += SECOND / 100;
	expect(world_packet_in(world, 0, &packet), VERDICT_REJECT, REASON_ROUTE_REJECT);
	packet.protocol = 1;
	packet.type = 3;
	packet.payload = 28;
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_ICMP_TRUNCATED);
	packet = udp_out;
	packet.destination = IP(198, 51, 100, 1);
	const uint32_t length = world_frame(frame, &packet, true);

	memset(frame, 0xff, 6);
	expect(world_input(world, 0, frame, length), VERDICT_DROP, REASON_FRAME_BROADCAST);
	/* Nor does a session carry what came to everybody on the link. */
	world_packet_in(world, 0, &udp_out);
	const uint32_t again = world_frame(frame, &udp_out, true);

	memset(frame, 0xff, 6);
	expect(world_input(world, 0, frame, again), VERDICT_DROP, REASON_FRAME_BROADCAST);
}

static void
test_closed_without_configuration(void **state)
{
	struct world *world = *state;

	world_close(world);
	expect(world_packet_in(world, 0, &udp_out), VERDICT_DROP, REASON_NO_CONFIGURATION);
	assert_int_equal(world->freed, 1);
}

static void
test_mac_check(void **state)
{
	struct world *world = *state;
	uint8_t frame[256];
	const uint32_t length = world_frame(frame, &udp_out, true);

	frame[5] = 9;
	expect(world_input(world, 0, frame, length), VERDICT_FORWARD, REASON_SESSION);
	world_destroy(world);
	world = world_create();
	*state = world;
	world->config.check_mac = true;
	world_apply(world);
	expect(world_input(world, 0, frame, length), VERDICT_DROP, REASON_FRAME_NOT_FOR_US);
	frame[5] = 0;
	expect(world_input(world, 0, frame, length), VERDICT_FORWARD, REASON_SESSION);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_forward),
	    TEST(test_reply),
	    TEST(test_reply_from_other_zone),
	    TEST(test_vlan),
	    TEST(test_routes),
	    TEST(test_bad_addresses),
	    TEST(test_truncated),
	    TEST(test_flipped_octets),
	    TEST(test_header_checks),
	    TEST(test_partial_checksum),
	    TEST(test_fragment_dropped),
	    TEST(test_ttl),
	    TEST(test_too_big),
	    TEST(test_actions),
	    TEST(test_icmp_restraint),
	    TEST(test_closed_without_configuration),
	    TEST(test_mac_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
