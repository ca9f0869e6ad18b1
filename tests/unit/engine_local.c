/*
 * To ourselves: host-inbound-traffic, what we answer, what our host gets and sends; ARP and
 * neighbours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine_expect.h"
#include "engine_world.h"

#define CLIENT IP(10, 0, 0, 2)
#define US IP(10, 0, 0, 1)
#define US_OUTSIDE IP(192, 0, 2, 1)
#define BIT(service) ((uint64_t)1 << HOST_SERVICE_##service)

static int
setup(void **state)
{
	struct world *world = world_create();

	world->units[1].host_inbound.services =
	    BIT(PING) | BIT(SSH) | BIT(HTTP) | BIT(SNMP) | BIT(TRACEROUTE);
	world->services_running = BIT(SSH) | BIT(SNMP);
	world_apply(world);
	*state = world;
	return 0;
}

static int
setup_real(void **state)
{
	struct world *world = world_create();

	world->config.neighbours_auto = false;
	world->config.sessions = 256;
	world_apply(world);
	*state = world;
	return 0;
}

static uint32_t
read32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static struct packet_result
syn(struct world *world, uint32_t destination, uint16_t port)
{
	return world_tcp(
	    world, 0, CLIENT, destination, 4000U << 16 | port, (uint32_t[2]){100, 0}, SYN);
}

static struct packet_result
datagram(struct world *world, uint32_t destination, uint16_t port)
{
	const struct world_packet packet = {.protocol = 17,
	    .source = CLIENT,
	    .destination = destination,
	    .source_port = 4000,
	    .destination_port = port,
	    .payload = 4};

	return world_packet_in(world, 0, &packet);
}

static struct packet_result
ping(struct world *world, uint32_t destination)
{
	const struct world_packet packet = {.protocol = 1,
	    .type = 8,
	    .source = CLIENT,
	    .destination = destination,
	    .source_port = 7,
	    .payload = 20};

	return world_packet_in(world, 0, &packet);
}

/* REQ-HI-001, REQ-HI-002, REQ-FW-012: the services of the list and no others, without policy. */
static void
test_services(void **state)
{
	struct world *world = *state;
	const struct packet_result result = syn(world, US, 22);

	expect(result, VERDICT_HOST, REASON_HOST_INBOUND);
	assert_int_equal(result.to_zone, SNAPSHOT_ZONE_SELF);
	assert_int_equal(world->sent_count, 1);
	assert_int_equal(world->sent[0].verb, ENGINE_HOST);
	assert_int_equal(world->sent[0].data[0], 0x45);
	assert_int_equal(world->sent[0].data[8], 64);
	assert_int_equal(world->sent[0].length, 40);
	expect(datagram(world, US, 161), VERDICT_HOST, REASON_HOST_INBOUND);
	expect(syn(world, US, 23), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	expect(datagram(world, US, 53), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	expect(datagram(world, US, 22), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	assert_int_equal(world->sent_count, 0);
	assert_int_equal(world_session_count(world), 2);
}

/* Replies of our host find their way, from the address that was asked (cs06832). */
static void
test_host_session(void **state)
{
	struct world *world = *state;

	syn(world, US, 22);
	expect(world_tcp(world, UINT16_MAX, US, CLIENT, 22U << 16 | 4000, (uint32_t[2]){900, 101},
		   SYN | ACK),
	    VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].port, 0);
	assert_int_equal(read32(world_ip(&world->sent[0]) + 12), US);
	/* Our own TTL is not taken from. */
	assert_int_equal(world_ip(&world->sent[0])[8], 64);
	struct engine_session_view view;
	uint32_t cursor = 0;

	assert_int_equal(
	    engine_list_sessions(world->engine, world->now, &cursor, 100, &view, 1), 1);
	assert_int_equal(view.to_zone, SNAPSHOT_ZONE_SELF);
	assert_int_equal(view.unit[1], PACKET_NO_UNIT);
	assert_int_equal(view.policy, PACKET_NO_POLICY);
}

/* What our host sends makes a session without policy, so that answers come back. */
static void
test_host_outbound(void **state)
{
	struct world *world = *state;
	const struct world_packet query = {.protocol = 17,
	    .source = US_OUTSIDE,
	    .destination = IP(8, 8, 8, 8),
	    .source_port = 3333,
	    .destination_port = 53,
	    .payload = 10};
	const struct world_packet answer = {.protocol = 17,
	    .source = IP(8, 8, 8, 8),
	    .destination = US_OUTSIDE,
	    .source_port = 53,
	    .destination_port = 3333,
	    .payload = 10};

	const struct packet_result result = world_packet_in(world, UINT16_MAX, &query);

	expect(result, VERDICT_FORWARD, REASON_HOST_OUTBOUND);
	assert_int_equal(result.from_zone, SNAPSHOT_ZONE_SELF);
	assert_int_equal(world->sent[0].port, 1);
	expect(world_packet_in(world, 1, &answer), VERDICT_HOST, REASON_SESSION);
	assert_int_equal(world->sent[0].verb, ENGINE_HOST);
	const struct world_packet self = {.protocol = 17, .source = US_OUTSIDE, .destination = US};

	expect(world_packet_in(world, UINT16_MAX, &self), VERDICT_DROP, REASON_HOST_TO_SELF);
}

/* Our host learns a path's MTU and that there is no route, as if the far end had said so. */
static void
test_host_is_told(void **state)
{
	struct world *world = *state;
	struct world_packet big = {.protocol = 17,
	    .source = US_OUTSIDE,
	    .destination = IP(8, 8, 8, 8),
	    .source_port = 3333,
	    .destination_port = 514,
	    .payload = 1400,
	    .dont_fragment = true};

	world->units[2].mtu = 1200;
	world_apply(world);
	expect(
	    world_packet_in(world, UINT16_MAX, &big), VERDICT_REJECT, REASON_FRAGMENTATION_NEEDED);
	assert_int_equal(world->sent_count, 1);
	assert_int_equal(world->sent[0].verb, ENGINE_HOST);
	const uint8_t *ip = world->sent[0].data;

	assert_int_equal(read32(ip + 12), IP(8, 8, 8, 8));
	assert_int_equal(read32(ip + 16), US_OUTSIDE);
	assert_int_equal(ip[20], 3);
	assert_int_equal(ip[21], 4);
	assert_int_equal(ip[26] << 8 | ip[27], 1200);
	big.destination = IP(198, 51, 100, 1);
	expect(world_packet_in(world, UINT16_MAX, &big), VERDICT_REJECT, REASON_ROUTE_REJECT);
	assert_int_equal(world->sent[0].verb, ENGINE_HOST);
	assert_int_equal(world_session_count(world), 0);
}

/* REQ-HI-013: allowed, not started. */
static void
test_closed(void **state)
{
	struct world *world = *state;

	expect(syn(world, US, 80), VERDICT_REJECT, REASON_SERVICE_CLOSED);
	const uint8_t *ip = world_ip(&world->sent[0]);

	assert_int_equal(ip[33], RST | ACK);
	assert_int_equal(read32(ip + 28), 101);
	assert_int_equal(read32(ip + 12), US);
	/* REQ-HI-010: traceroute probes. */
	expect(datagram(world, US, 33434), VERDICT_REJECT, REASON_TRACEROUTE);
	assert_int_equal(world_ip(&world->sent[0])[20], 3);
	assert_int_equal(world_ip(&world->sent[0])[21], 3);
	world->services_running = 0;
	world_apply(world);
	expect(datagram(world, US, 161), VERDICT_REJECT, REASON_SERVICE_CLOSED);
	assert_int_equal(world_session_count(world), 0);
}

static void
test_echo(void **state)
{
	struct world *world = *state;
	uint32_t sum = 0;

	expect(ping(world, US), VERDICT_PROXY, REASON_ECHO_REPLY);
	const uint8_t *ip = world_ip(&world->sent[0]);

	assert_int_equal(read32(ip + 12), US);
	assert_int_equal(read32(ip + 16), CLIENT);
	assert_int_equal(ip[20], 0);
	assert_int_equal(ip[25], 7);
	assert_int_equal(ip[28 + 19], 19);
	for (uint32_t i = 20; i < 48; i++) {
		sum += (uint32_t)ip[i] << ((i & 1) == 0 ? 8 : 0);
	}
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
	/* REQ-HI-010: without ping in the list it is dropped. */
	world->units[1].host_inbound.services = BIT(SNMP);
	world_apply(world);
	expect(ping(world, US), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
}

/* REQ-HI-003, REQ-HI-004, REQ-HI-005, REQ-HI-006. */
static void
test_any_and_except(void **state)
{
	struct world *world = *state;

	world->units[1].host_inbound =
	    (struct snapshot_host_inbound){.any_service = true, .except = BIT(TELNET)};
	world_apply(world);
	expect(syn(world, US, 9999), VERDICT_REJECT, REASON_SERVICE_CLOSED);
	expect(datagram(world, US, 9999), VERDICT_REJECT, REASON_SERVICE_CLOSED);
	expect(ping(world, US), VERDICT_PROXY, REASON_ECHO_REPLY);
	expect(syn(world, US, 23), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	const struct world_packet gre = {
	    .protocol = 47, .source = CLIENT, .destination = US, .payload = 8};

	expect(world_packet_in(world, 0, &gre), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	world->units[1].host_inbound = (struct snapshot_host_inbound){.except = BIT(TELNET)};
	world_apply(world);
	expect(syn(world, US, 22), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	/* REQ-HI-016: a custom application by protocol and port. */
	static const struct snapshot_host_port custom = {.protocol = 6, .low = 8000, .high = 8010};

	world->units[1].host_inbound =
	    (struct snapshot_host_inbound){.custom_count = 1, .custom = &custom};
	world_apply(world);
	expect(syn(world, US, 8010), VERDICT_REJECT, REASON_SERVICE_CLOSED);
	expect(syn(world, US, 8011), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
}

/* REQ-HI-012 */
static void
test_ident(void **state)
{
	struct world *world = *state;

	world->units[1].host_inbound.services |= BIT(IDENT_RESET);
	world_apply(world);
	expect(syn(world, US, 113), VERDICT_REJECT, REASON_IDENT_RESET);
	assert_int_equal(world_ip(&world->sent[0])[33], RST | ACK);
}

/* REQ-HI-009: service here, service there, and a policy, also within one zone. */
static void
test_other_unit(void **state)
{
	struct world *world = *state;

	world->rule_count = 0;
	world_apply(world);
	expect(syn(world, US_OUTSIDE, 22), VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	world->units[2].host_inbound.services = BIT(SSH);
	world_apply(world);
	expect(syn(world, US_OUTSIDE, 22), VERDICT_DROP, REASON_DEFAULT_DENY);
	world->rule_count = 1;
	world_apply(world);
	const struct packet_result result = syn(world, US_OUTSIDE, 22);

	expect(result, VERDICT_HOST, REASON_HOST_INBOUND);
	assert_int_equal(result.policy, 0);
	world->units[1].host_inbound.services = 0;
	world_apply(world);
	expect(world_tcp(world, 0, CLIENT, US_OUTSIDE, 4001U << 16 | 22, (uint32_t[2]){1, 0}, SYN),
	    VERDICT_DROP, REASON_HOST_INBOUND_DENIED);
	/* Units 1 and 5 are both in trust: that alone is not enough. */
	world->units[1].host_inbound.services = BIT(SSH);
	world->units[5].host_inbound.services = BIT(SSH);
	world_apply(world);
	expect(syn(world, IP(10, 5, 0, 1), 22), VERDICT_DROP, REASON_DEFAULT_DENY);
	world->rules[1] =
	    (struct world_rule){.from_zone = TRUST, .to_zone = TRUST, .action = POLICY_PERMIT};
	world->rule_count = 2;
	world_apply(world);
	expect(syn(world, IP(10, 5, 0, 1), 22), VERDICT_HOST, REASON_HOST_INBOUND);
}

/* Broadcasts reach a service that takes them and are never answered. */
static void
test_broadcast(void **state)
{
	struct world *world = *state;
	struct world_packet discover = {.protocol = 17,
	    .source = 0,
	    .destination = UINT32_MAX,
	    .source_port = 68,
	    .destination_port = 67,
	    .payload = 100};

	expect(world_packet_in(world, 0, &discover), VERDICT_DROP, REASON_DESTINATION_BROADCAST);
	world->units[1].host_inbound.services |= BIT(DHCP);
	world->services_running |= BIT(DHCP);
	world_apply(world);
	expect(world_packet_in(world, 0, &discover), VERDICT_HOST, REASON_HOST_INBOUND);
	assert_int_equal(world_session_count(world), 0);
	expect(ping(world, IP(10, 0, 0, 255)), VERDICT_DROP, REASON_DESTINATION_BROADCAST);
	assert_int_equal(world->sent_count, 0);
}

/* ARP for our addresses is answered in both modes, from any sender; for others not. */
static void
test_arp_answer(void **state)
{
	struct world *world = *state;

	expect(world_arp(world, 0, 0, 1, CLIENT, US, 5), VERDICT_CONSUME, REASON_ARP);
	assert_int_equal(world->sent_count, 1);
	static const uint8_t expected[42] = {2, 0, 0, 0, 0, 5, 2, 0x53, 0x50, 0, 0, 0, 8, 6, 0, 1,
	    8, 0, 6, 4, 0, 2, 2, 0x53, 0x50, 0, 0, 0, 10, 0, 0, 1, 2, 0, 0, 0, 0, 5, 10, 0, 0, 2};

	assert_memory_equal(world->sent[0].data, expected, sizeof expected);
	expect(world_arp(world, 0, 0, 1, CLIENT, IP(10, 0, 0, 9), 5), VERDICT_DROP,
	    REASON_ARP_NOT_FOR_US);
	expect(
	    world_arp(world, 0, 0, 1, CLIENT, US_OUTSIDE, 5), VERDICT_DROP, REASON_ARP_NOT_FOR_US);
	assert_int_equal(world->sent_count, 0);
	/* A /32 interface: the sender is in no subnet of ours. */
	expect(world_arp(world, 2, 30, 1, IP(10, 5, 1, 9), IP(10, 5, 0, 1), 6), VERDICT_CONSUME,
	    REASON_ARP);
	assert_int_equal(world->sent_count, 1);
	assert_int_equal(world->sent[0].data[15], 30);
	/* A priority tag is no VLAN: the answer has none. */
	uint8_t tagged[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 5, 0x81, 0, 0xe0,
	    0, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 5, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0,
	    0, 1};

	expect(world_input(world, 0, tagged, sizeof tagged), VERDICT_CONSUME, REASON_ARP);
	assert_int_equal(world->sent_count, 1);
	assert_int_equal(world->sent[0].length, 56);
	assert_memory_equal(world->sent[0].data, expected, sizeof expected);
	/* Somebody claims our address. */
	expect(world_arp(world, 0, 0, 1, US, US, 6), VERDICT_DROP, REASON_ARP_CONFLICT);
	expect(world_arp(world, 0, 0, 2, US, CLIENT, 6), VERDICT_DROP, REASON_ARP_CONFLICT);
	/* Probes of a station without address (RFC 5227) are answered. */
	expect(world_arp(world, 0, 0, 1, 0, US, 6), VERDICT_CONSUME, REASON_ARP);
	assert_int_equal(world->sent_count, 1);
}

/* A packet waits for its next hop, goes with the answer; a second one too; unasked answers change
 * nothing. */
static void
test_neighbour_resolution(void **state)
{
	struct world *world = *state;

	expect(datagram(world, IP(8, 8, 8, 8), 1), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	assert_int_equal(world->sent_count, 1);
	static const uint8_t question[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0x53, 0x50, 0, 0,
	    1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0x53, 0x50, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0,
	    192, 0, 2, 254};

	assert_memory_equal(world->sent[0].data, question, sizeof question);
	assert_int_equal(world->sent[0].port, 1);
	expect(datagram(world, IP(8, 8, 8, 8), 2), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	assert_int_equal(world->sent_count, 0);
	/* An answer about another address, then the right one. */
	expect(world_arp(world, 1, 0, 2, IP(192, 0, 2, 253), US_OUTSIDE, 7), VERDICT_DROP,
	    REASON_ARP_UNASKED);
	expect(world_arp(world, 1, 0, 2, IP(192, 0, 2, 254), US_OUTSIDE, 8), VERDICT_CONSUME,
	    REASON_ARP);
	assert_int_equal(world->sent_count, 2);
	assert_int_equal(world->sent[0].data[5], 8);
	assert_int_equal(world_ip(&world->sent[0])[23], 1);
	assert_int_equal(world_ip(&world->sent[1])[23], 2);
	/* A second answer from another station is not believed; it makes us ask. */
	expect(world_arp(world, 1, 0, 2, IP(192, 0, 2, 254), US_OUTSIDE, 66), VERDICT_DROP,
	    REASON_ARP_UNASKED);
	assert_int_equal(world->sent_count, 1);
	assert_int_equal(world->sent[0].data[13], 6);
	expect(datagram(world, IP(8, 8, 8, 8), 2), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].data[5], 8);
	/* The true one answers: nothing changed. */
	expect(world_arp(world, 1, 0, 2, IP(192, 0, 2, 254), US_OUTSIDE, 8), VERDICT_CONSUME,
	    REASON_ARP);
}

/* Nobody answers: asked three times, a second apart; then those that waited come back and the
 * sender is told. */
static void
test_neighbour_fails(void **state)
{
	struct world *world = *state;
	uint32_t asked = 0;

	world_arp(world, 0, 0, 1, CLIENT, US, 5);
	datagram(world, IP(8, 8, 8, 8), 1);
	asked += world->sent_count;
	world->sent_count = 0;
	world_advance(world, world->now + 2 * SECOND);
	asked += world->sent_count;
	assert_int_equal(asked, 3);
	world->sent_count = 0;
	world_advance(world, world->now + SECOND);
	assert_int_equal(world->sent_count, 1);
	assert_int_equal(world->sent[0].port, 0);
	assert_int_equal(world_ip(&world->sent[0])[20], 3);
	assert_int_equal(world_ip(&world->sent[0])[21], 1);
	expect(datagram(world, IP(8, 8, 8, 8), 1), VERDICT_REJECT, REASON_NEIGHBOUR_UNREACHABLE);
	world_advance(world, world->now + 3 * SECOND);
	expect(datagram(world, IP(8, 8, 8, 8), 1), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
}

/* The queue is bounded. */
static void
test_neighbour_queue(void **state)
{
	struct world *world = *state;

	world_needs_one_engine();
	for (uint16_t i = 0; i < 64; i++) {
		expect(datagram(world, IP(8, 8, 8, 8), i), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	}
	expect(datagram(world, IP(8, 8, 8, 8), 64), VERDICT_DROP, REASON_NEIGHBOUR_QUEUE_FULL);
	world_arp(world, 1, 0, 2, IP(192, 0, 2, 254), US_OUTSIDE, 8);
	assert_int_equal(world->sent_count, 64);
}

/* Reachable for a minute, then used on while it is asked again; gone when it does not answer. */
static void
test_neighbour_ages(void **state)
{
	struct world *world = *state;
	struct engine_neighbour_view view;
	uint32_t cursor = 0;

	datagram(world, IP(8, 8, 8, 8), 1);
	world_arp(world, 1, 0, 2, IP(192, 0, 2, 254), US_OUTSIDE, 8);
	assert_int_equal(engine_list_neighbours(world->engine, world->now, &cursor, &view, 1), 1);
	assert_int_equal(view.state, NEIGHBOUR_REACHABLE);
	assert_true(ipv6_equal(view.address, ipv6_mapped(IP(192, 0, 2, 254))));
	assert_int_equal(view.unit, 2);
	world_advance(world, world->now + 61 * SECOND);
	cursor = 0;
	engine_list_neighbours(world->engine, world->now, &cursor, &view, 1);
	assert_int_equal(view.state, NEIGHBOUR_STALE);
	expect(datagram(world, IP(8, 8, 8, 8), 1), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent_count, 2);
	/* The question goes to the station itself. */
	assert_int_equal(world->sent[1].data[5], 8);
	assert_int_equal(world->sent[1].data[13], 6);
	/* So another's answer counts only when that one stays silent and the third question went to all. */
	expect(world_arp(world, 1, 0, 2, IP(192, 0, 2, 254), US_OUTSIDE, 9), VERDICT_DROP,
	    REASON_ARP_UNASKED);
	datagram(world, IP(8, 8, 8, 8), 1);
	assert_int_equal(world->sent[0].data[5], 8);
	world_advance(world, world->now + 2 * SECOND + SECOND / 2);
	expect(world_arp(world, 1, 0, 2, IP(192, 0, 2, 254), US_OUTSIDE, 9), VERDICT_CONSUME,
	    REASON_ARP);
	datagram(world, IP(8, 8, 8, 8), 1);
	assert_int_equal(world->sent[0].data[5], 9);
	world_advance(world, world->now + 61 * SECOND);
	datagram(world, IP(8, 8, 8, 8), 1);
	world_advance(world, world->now + 3 * SECOND);
	expect(datagram(world, IP(8, 8, 8, 8), 1), VERDICT_REJECT, REASON_NEIGHBOUR_UNREACHABLE);
}

/* A full table keeps those in use and refuses strangers. */
static void
test_neighbour_table_full(void **state)
{
	struct world *world = *state;
	struct packet_result result = {0};

	datagram(world, IP(8, 8, 8, 8), 1);
	world_arp(world, 1, 0, 2, IP(192, 0, 2, 254), US_OUTSIDE, 8);
	for (uint32_t i = 2; i < 80; i++) {
		result = datagram(world, IP(192, 0, 2, 0) + i, 1);
	}
	expect(result, VERDICT_DROP, REASON_NEIGHBOUR_TABLE_FULL);
	expect(datagram(world, IP(8, 8, 8, 8), 1), VERDICT_FORWARD, REASON_SESSION);
}

/* A unit that goes takes its neighbours and what waits for them along. */
static void
test_neighbour_unit_gone(void **state)
{
	struct world *world = *state;

	datagram(world, IP(8, 8, 8, 8), 1);
	world->freed = 0;
	world->units[2].enabled = false;
	world_apply(world);
	world_drain(world);
	assert_int_equal(world->freed, 1);
	expect(datagram(world, IP(8, 8, 8, 8), 1), VERDICT_DROP, REASON_EGRESS_DOWN);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
#define TEST_REAL(function) cmocka_unit_test_setup_teardown(function, setup_real, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_services),
	    TEST(test_host_session),
	    TEST(test_host_outbound),
	    TEST(test_host_is_told),
	    TEST(test_closed),
	    TEST(test_echo),
	    TEST(test_any_and_except),
	    TEST(test_ident),
	    TEST(test_other_unit),
	    TEST(test_broadcast),
	    TEST(test_arp_answer),
	    TEST_REAL(test_arp_answer),
	    TEST_REAL(test_neighbour_resolution),
	    TEST_REAL(test_neighbour_fails),
	    TEST_REAL(test_neighbour_queue),
	    TEST_REAL(test_neighbour_ages),
	    TEST_REAL(test_neighbour_table_full),
	    TEST_REAL(test_neighbour_unit_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
