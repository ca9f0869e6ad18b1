/*
 * Neighbour discovery where the engine's tables are full, links come and go, and packets of our own are short. What a
 * capture can show is in tests/packet/replay_nd.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine_expect.h"
#include "engine_world.h"
#include "wire/ethernet.h"
#include "wire/nd.h"
#include "wire/udp.h"

#define PREFIX_1 0x20010db800010000ULL /* unit 1's, 2001:db8:1::/64 */
#define PREFIX_2 0x20010db800020000ULL
#define HOST (struct ipv6_address){PREFIX_1, 5}
#define FAR (struct ipv6_address){PREFIX_2, 9}

enum {
	NEIGHBOURS = 16,
	FRAME = 256,
};

static struct snapshot_address6 addresses[WORLD_UNITS][2];
static struct snapshot_advertisement advertisement;

static struct world *
make_world(void)
{
	struct world *world = world_create();

	for (uint16_t u = 1; u <= 2; u++) {
		struct snapshot_unit *unit = &world->units[u];

		unit->has_inet6 = true;
		unit->mtu6 = 1500;
		unit->link_local = ipv6_link_local_of(world->ports[unit->port].mac);
		addresses[u][0] = (struct snapshot_address6){{u == 1 ? PREFIX_1 : PREFIX_2, 1}, 64};
		addresses[u][1] = (struct snapshot_address6){unit->link_local, 64};
		unit->addresses6 = addresses[u];
		unit->address6_count = 2;
	}
	world->flow.inet6_mode = INET6_MODE_FLOW_BASED;
	world->flow.default_permit = true;
	world->config.neighbours_auto = false;
	world->config.neighbours = NEIGHBOURS;
	world->config.sessions = 256;
	return world;
}

static int
setup(void **state)
{
	struct world *world = make_world();

	world_apply(world);
	world_advance(world, world->now + 3 * SECOND);
	world->sent_count = 0;
	*state = world;
	return 0;
}

/* Hands an ICMPv6 message in; the destination MAC address says nothing here. */
static struct packet_result
message_in(struct world *world, uint16_t port, struct ipv6_address source, struct ipv6_address destination,
    const struct nd_message *message)
{
	static const uint8_t station[6] = {2, 0xaa, 0, 0, 0, 5};
	uint8_t frame[FRAME];
	uint8_t *ip = frame + ETHERNET_HEADER;
	const size_t length = nd_build(ip + IPV6_HEADER, message);
	const struct ipv6_header header = {.source = source,
	    .destination = destination,
	    .payload_length = (uint16_t)length,
	    .next_header = IPV6_NEXT_ICMP,
	    .hop_limit = ND_HOP_LIMIT};
	uint8_t group[6];

	ipv6_group_mac(destination, group);
	ethernet_build(frame, group, station, ETHERNET_VLAN_NONE, ETHERNET_TYPE_IPV6);
	ipv6_build(ip, &header);
	icmp6_set_checksum(ip + IPV6_SOURCE_AT, ip + IPV6_HEADER, length);
	return world_input(world, port, frame, (uint32_t)(ETHERNET_HEADER + IPV6_HEADER + length));
}

static struct packet_result
solicit(struct world *world, struct ipv6_address source)
{
	const struct ipv6_address target = addresses[1][0].address;
	const struct nd_message message = {.type = ICMP6_NEIGHBOUR_SOLICITATION,
	    .target = target,
	    .has_source_mac = true,
	    .source_mac = {2, 0xaa, 0, 0, 0, (uint8_t)source.low}};

	return message_in(world, 0, source, ipv6_solicited_node(target), &message);
}

static struct packet_result
answer(struct world *world, uint16_t port, struct ipv6_address target, uint8_t station)
{
	const struct nd_message message = {.type = ICMP6_NEIGHBOUR_ADVERTISEMENT,
	    .flags = ND_SOLICITED | ND_OVERRIDE,
	    .target = target,
	    .has_target_mac = true,
	    .target_mac = {2, 0xaa, 0, 0, 0, station}};

	return message_in(world, port, target, addresses[port + 1][1].address, &message);
}

/* A datagram from the host behind unit 1. */
static struct packet_result
datagram(struct world *world, struct ipv6_address destination)
{
	uint8_t frame[ETHERNET_HEADER + IPV6_HEADER + UDP_HEADER] = {0};
	uint8_t *ip = frame + ETHERNET_HEADER;
	uint8_t *udp = ip + IPV6_HEADER;
	const struct ipv6_header header = {.source = HOST,
	    .destination = destination,
	    .payload_length = UDP_HEADER,
	    .next_header = 17,
	    .hop_limit = 64};

	ethernet_build(frame, world->ports[0].mac, (const uint8_t[]){2, 0xaa, 0, 0, 0, 5}, ETHERNET_VLAN_NONE,
	    ETHERNET_TYPE_IPV6);
	ipv6_build(ip, &header);
	bytes_store_16(udp, 4000);
	bytes_store_16(udp + 2, 99);
	bytes_store_16(udp + 4, UDP_HEADER);
	bytes_store_16(udp + 6,
	    checksum_finish(ipv6_pseudo(HOST, destination, 17, UDP_HEADER) + checksum_sum(udp, UDP_HEADER)));
	return world_input(world, 0, frame, sizeof frame);
}

/* The ICMPv6 message of an output behind the headers that ours have, NULL when it is none of `type`. */
static const uint8_t *
message_of(const struct world_sent *sent, uint8_t type)
{
	const uint8_t *ip = sent->data + ETHERNET_HEADER;
	const uint8_t *message = ip + IPV6_HEADER + (ip[6] == IPV6_NEXT_HOP_BY_HOP ? 8 : 0);

	return sent->verb == ENGINE_SEND && bytes_load_16(sent->data + 12) == ETHERNET_TYPE_IPV6 && message[0] == type
	    ? message : NULL;
}

/* How many messages of a type went out on a port since the last input. */
static unsigned
sent_of(const struct world *world, uint16_t port, uint8_t type)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < world->sent_count; i++) {
		count += world->sent[i].port == port && message_of(&world->sent[i], type) != NULL;
	}
	return count;
}

static uint64_t
counter(const struct world *world, enum reason reason)
{
	return world_reason_count(world, reason);
}

static bool
is_known(const struct world *world, struct ipv6_address address, struct engine_neighbour_view *view)
{
	uint32_t cursor = 0;

	while (cursor != UINT32_MAX) {
		if (engine_list_neighbours(world->engine, world->now, &cursor, view, 1) == 1 &&
		    ipv6_equal(view->address, address)) {
			return true;
		}
	}
	return false;
}

/* RFC 6583: of 16 places 4 may wait for an answer in IPv6; what asks itself, and IPv4, still has room; later all is well. */
static void
test_scan(void **state)
{
	struct world *world = *state;
	struct engine_neighbour_view view;

	world_needs_one_engine();
	for (uint64_t i = 0; i < NEIGHBOURS / 4; i++) {
		expect(datagram(world, (struct ipv6_address){PREFIX_2, 0x100 + i}), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	}
	expect(datagram(world, FAR), VERDICT_DROP, REASON_NEIGHBOUR_TABLE_FULL);
	assert_int_equal(counter(world, REASON_NEIGHBOUR_TABLE_FULL), 1);
	expect(solicit(world, HOST), VERDICT_CONSUME, REASON_ND);
	assert_true(is_known(world, HOST, &view));
	assert_int_equal(view.state, NEIGHBOUR_REACHABLE);
	expect(world_tcp(world, 0, IP(10, 0, 0, 2), IP(192, 0, 2, 7), 4000U << 16 | 80, (uint32_t[2]){1, 0}, SYN),
	    VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	/* An answer makes room. */
	expect(answer(world, 1, (struct ipv6_address){PREFIX_2, 0x100}, 7), VERDICT_CONSUME, REASON_ND);
	expect(datagram(world, FAR), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	/* Three seconds of questions, two of silence. */
	world_advance(world, world->now + 6 * SECOND);
	for (uint64_t i = 0; i < NEIGHBOURS / 4; i++) {
		expect(datagram(world, (struct ipv6_address){PREFIX_2, 0x200 + i}), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	}
	expect(datagram(world, FAR), VERDICT_DROP, REASON_NEIGHBOUR_TABLE_FULL);
}

/* A scan of one link's subnet leaves the other links room, whichever family; of IPv6 half of the table waits at most. */
static void
test_scan_of_one_link(void **state)
{
	struct world *world = *state;
	struct packet_result result = {0};

	world_needs_one_engine();
	for (uint64_t i = 0; i < NEIGHBOURS; i++) {
		result = datagram(world, (struct ipv6_address){PREFIX_2, 0x100 + i});
	}
	expect(result, VERDICT_DROP, REASON_NEIGHBOUR_TABLE_FULL);
	expect(datagram(world, (struct ipv6_address){PREFIX_1, 9}), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	world_advance(world, world->now + 6 * SECOND);
	for (uint32_t i = 0; i < NEIGHBOURS; i++) {
		result = world_tcp(world, 0, IP(10, 0, 0, 2), IP(192, 0, 2, 7) + i, 4000U << 16 | 80, (uint32_t[2]){1, 0}, SYN);
	}
	expect(result, VERDICT_DROP, REASON_NEIGHBOUR_TABLE_FULL);
	expect(world_tcp(world, 0, IP(10, 0, 0, 2), IP(10, 0, 0, 9), 4000U << 16 | 80, (uint32_t[2]){1, 0}, SYN),
	    VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	expect(datagram(world, FAR), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
}

/* Who asks us may fill three quarters; those in use by our own packets stay. */
static void
test_many_ask(void **state)
{
	struct world *world = *state;
	struct engine_neighbour_view view;

	expect(datagram(world, FAR), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	expect(answer(world, 1, FAR, 9), VERDICT_CONSUME, REASON_ND);
	for (uint64_t i = 0; i < 4 * NEIGHBOURS; i++) {
		expect(solicit(world, (struct ipv6_address){PREFIX_1, 0x1000 + i}), VERDICT_CONSUME, REASON_ND);
		assert_int_equal(sent_of(world, 0, ICMP6_NEIGHBOUR_ADVERTISEMENT), 1);
	}
	assert_true(is_known(world, FAR, &view));
	expect(datagram(world, (struct ipv6_address){PREFIX_2, 10}), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
}

/* A sender that is not on the link by its address is answered, but not kept. */
static void
test_off_link(void **state)
{
	struct world *world = *state;
	const struct ipv6_address stranger = {0x20010db800990000, 1};
	struct engine_neighbour_view view;

	expect(solicit(world, stranger), VERDICT_CONSUME, REASON_ND);
	assert_int_equal(sent_of(world, 0, ICMP6_NEIGHBOUR_ADVERTISEMENT), 1);
	assert_false(is_known(world, stranger, &view));
}

/* With the link its neighbours go; when it is back our addresses are asked for again. */
static void
test_link(void **state)
{
	struct world *world = *state;
	struct engine_neighbour_view view;

	expect(solicit(world, HOST), VERDICT_CONSUME, REASON_ND);
	assert_true(is_known(world, HOST, &view));
	world_set_link(world, 1, false);
	assert_false(is_known(world, HOST, &view));
	world->sent_count = 0;
	world_advance(world, world->now + 5 * SECOND);
	assert_int_equal(world->sent_count, 0);
	world_set_link(world, 1, true);
	world_set_link(world, 1, true); /* says nothing new */
	world_advance(world, world->now + SECOND / 2);
	assert_int_equal(sent_of(world, 0, ICMP6_NEIGHBOUR_SOLICITATION), 2);
	assert_int_equal(sent_of(world, 1, ICMP6_NEIGHBOUR_SOLICITATION), 0);
	expect(solicit(world, HOST), VERDICT_DROP, REASON_ND_TENTATIVE);
	world_advance(world, world->now + SECOND);
	expect(solicit(world, HOST), VERDICT_CONSUME, REASON_ND);
}

/* A lost duplicate is asked for again after a commit. */
static void
test_duplicate_mended(void **state)
{
	struct world *world = make_world();
	const struct nd_message claim = {.type = ICMP6_NEIGHBOUR_ADVERTISEMENT,
	    .flags = ND_OVERRIDE,
	    .target = addresses[1][0].address,
	    .has_target_mac = true,
	    .target_mac = {2, 0x66, 0, 0, 0, 1}};
	struct event event;

	*state = world;
	world_apply(world);
	world_advance(world, world->now + SECOND / 2);
	expect(message_in(world, 0, claim.target, IPV6_ALL_NODES, &claim), VERDICT_DROP, REASON_ND_CONFLICT);
	assert_true(world_event(world, EVENT_ADDRESS_DUPLICATE, &event));
	assert_true(ipv6_equal(event.source, claim.target));
	assert_int_equal(event.unit, 1);
	assert_int_equal(event.logged, 1);
	world_advance(world, world->now + 3 * SECOND);
	expect(solicit(world, HOST), VERDICT_DROP, REASON_ND_DUPLICATE);
	world_apply(world);
	world_advance(world, world->now + 3 * SECOND);
	expect(solicit(world, HOST), VERDICT_CONSUME, REASON_ND);
}

/* No room to ask: the address is used, and that is counted. */
static void
test_claims_full(void **state)
{
	struct world *world = make_world();

	*state = world;
	world->config.claims = 1;
	world_apply(world);
	assert_int_equal(counter(world, REASON_ND_ADDRESSES_FULL), 3 * world->config.workers);
	world_advance(world, world->now + 3 * SECOND);
	expect(solicit(world, HOST), VERDICT_CONSUME, REASON_ND);
}

/* Without packets nothing is said, nothing is lost, and each miss is counted. */
static void
test_no_packets(void **state)
{
	struct world *world = make_world();

	*state = world;
	world->spare = 0;
	world_apply(world);
	world_advance(world, world->now + 3 * SECOND);
	assert_int_equal(world->sent_count, 0);
	assert_true(counter(world, REASON_PACKET_POOL_EMPTY) > 0);
	expect(solicit(world, HOST), VERDICT_CONSUME, REASON_ND);
	world->spare = UINT32_MAX;
	expect(solicit(world, HOST), VERDICT_CONSUME, REASON_ND);
	assert_int_equal(sent_of(world, 0, ICMP6_NEIGHBOUR_ADVERTISEMENT), 1);
}

/* RFC 4861 6.2.5: who stops to be a router says so; and what show sees. */
static void
test_farewell(void **state)
{
	struct world *world = make_world();
	struct engine_advertiser_view view;
	uint32_t cursor = 0;

	*state = world;
	advertisement = (struct snapshot_advertisement){
	    .max_interval = 600, .min_interval = 200, .lifetime = 1800, .hop_limit = 64};
	world->units[1].advertisement = &advertisement;
	world_apply(world);
	world_advance(world, world->now + 2 * SECOND);
	assert_int_equal(sent_of(world, 0, ICMP6_ROUTER_ADVERTISEMENT), 1);
	assert_int_equal(engine_list_advertisers(world->engine, world->now, &cursor, &view, 1), 1);
	assert_int_equal(view.unit, 1);
	assert_int_equal(view.sent, 1);
	assert_true(engine_advertises(world->engine));
	/* A commit that changes nothing of it says nothing new; one that does, does soon. */
	world->sent_count = 0;
	world_apply(world);
	world_advance(world, world->now + 5 * SECOND);
	assert_int_equal(sent_of(world, 0, ICMP6_ROUTER_ADVERTISEMENT), 0);
	advertisement.hop_limit = 32;
	world_apply(world);
	world_advance(world, world->now + 5 * SECOND);
	assert_int_equal(sent_of(world, 0, ICMP6_ROUTER_ADVERTISEMENT), 1);
	world_set_link(world, 1, false);
	world_set_link(world, 1, true);
	world->sent_count = 0;
	world_advance(world, world->now + 5 * SECOND);
	assert_int_equal(sent_of(world, 0, ICMP6_ROUTER_ADVERTISEMENT), 1);
	world->units[1].advertisement = NULL;
	world->sent_count = 0;
	world_apply(world);
	world_advance(world, world->now + 5 * SECOND);
	assert_int_equal(sent_of(world, 0, ICMP6_ROUTER_ADVERTISEMENT), 1);
	for (uint32_t i = 0; i < world->sent_count; i++) {
		const uint8_t *message = message_of(&world->sent[i], ICMP6_ROUTER_ADVERTISEMENT);

		assert_true(message == NULL || bytes_load_16(message + 6) == 0);
	}
	cursor = 0;
	assert_int_equal(engine_list_advertisers(world->engine, world->now, &cursor, &view, 1), 0);
	assert_false(engine_advertises(world->engine));
}

static void
test_clear(void **state)
{
	struct world *world = *state;
	struct engine_neighbour_view view;

	expect(datagram(world, FAR), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	assert_true(is_known(world, FAR, &view));
	const uint32_t freed = world->freed;

	world_clear_neighbour(world, &view);
	assert_int_equal(world->freed, freed + 1); /* what waited */
	assert_false(is_known(world, FAR, &view));
	view.address = FAR;
	world_clear_neighbour(world, &view); /* is gone: nothing */
}

/* inet6 taken off a unit: it is silent and deaf at once. */
static void
test_family_removed(void **state)
{
	struct world *world = *state;
	struct engine_neighbour_view view;

	expect(solicit(world, HOST), VERDICT_CONSUME, REASON_ND);
	assert_true(is_known(world, HOST, &view));
	world->units[1].has_inet6 = false;
	world->units[1].address6_count = 0;
	world->units[1].link_local = (struct ipv6_address){0, 0};
	world_apply(world);
	assert_false(is_known(world, HOST, &view));
	world->sent_count = 0;
	expect(solicit(world, HOST), VERDICT_DROP, REASON_FAMILY_NOT_CONFIGURED);
	world_advance(world, world->now + 3 * SECOND);
	assert_int_equal(sent_of(world, 0, ICMP6_NEIGHBOUR_SOLICITATION), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_scan, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_scan_of_one_link, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many_ask, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_off_link, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_link, setup, teardown),
	    cmocka_unit_test_teardown(test_duplicate_mended, teardown),
	    cmocka_unit_test_teardown(test_claims_full, teardown),
	    cmocka_unit_test_teardown(test_no_packets, teardown),
	    cmocka_unit_test_teardown(test_farewell, teardown),
	    cmocka_unit_test_setup_teardown(test_clear, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_family_removed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
