/*
 * Handshakes that we answer for a server when several engines share the packets, one of them has the addresses of the pool that
 * hides the clients, and the flows' hash leads to all of them: every client's ACK proves it wherever its session is made
 * (REQ-SCR-033, REQ-SCR-043). With one engine the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_world.h"
#include "wire/bytes.h"

enum {
	CLIENTS = 40,
	NEVER = 1 << 30,
	ROOM = 60, /* octets of payload, which nobody takes: there has to be room for options */
	MINE = 1000,
	THEIRS = 5000,
};

#define HIDDEN IP(192, 0, 2, 64)
#define SERVER IP(8, 8, 8, 8)

static const struct snapshot_nat_range range = {HIDDEN, HIDDEN + CLIENTS - 1};
static const uint16_t pool_numbers[] = {3};
static const struct snapshot_nat_source source = {.kind = NAT_SOURCE_POOLS, .pool_count = 1, .pools = pool_numbers};
static const struct snapshot_nat_pool pools[4] = {
    [3] = {
	.name = "pool",
	.present = true,
	.kind = NAT_POOL_ADDRESSES,
	.unit = 2,
	.overflow = SNAPSHOT_NAT_NONE,
	.range_count = 1,
	.ranges = &range,
	.size = CLIENTS,
    },
};
static const struct snapshot_screens screens = {
    .on = (uint64_t)1 << SCREEN_TCP_SYN_FLOOD,
    .syn_flood = {.attack = 0, .alarm = NEVER, .source = NEVER, .destination = NEVER, .queue = 1000, .timeout = 20},
};

static struct world *
make_world(bool cookies)
{
	struct world *world = world_create();

	world->config.sessions = 256;
	world->config.nat_bindings = 256;
	world->config.nat_blocks = 8;
	world->nat = (struct snapshot_nat){
	    .active = true, .pool_count = 4, .pools = pools, .source_count = 1, .sources = &source};
	world->rules[0].destination_nat = SNAPSHOT_NAT_NONE;
	world->zones[TRUST].screens = &screens;
	world->flow.syn_cookies = cookies;
	world_apply(world);
	return world;
}

static void
run(bool cookies)
{
	struct world *world = make_world(cookies);
	struct world_packet packet = {
	    .destination = SERVER, .protocol = 6, .destination_port = 80, .payload = ROOM, .source_port = 4000};

	for (uint32_t i = 0; i < CLIENTS; i++) {
		packet.source = IP(10, 0, 0, 2) + i;
		packet.sequence = MINE;
		packet.acknowledgement = 0;
		packet.flags = SYN;
		struct packet_result result = world_packet_in(world, 0, &packet);

		assert_int_equal(result.verdict, VERDICT_PROXY);
		assert_int_equal(result.reason, cookies ? REASON_SYN_COOKIE : REASON_SYN_PROXY);
		assert_int_equal(world->sent_count, 1);
		assert_int_equal(world->sent[0].port, 0);
		packet.acknowledgement = bytes_load_32(world_ip(&world->sent[0]) + 24) + 1;
		packet.sequence = MINE + 1;
		packet.flags = ACK;
		/* A number that is none, first. */
		packet.acknowledgement ^= 4;
		assert_int_equal(world_packet_in(world, 0, &packet).reason, REASON_NO_SESSION);
		packet.acknowledgement ^= 4;
		result = world_packet_in(world, 0, &packet);
		assert_int_equal(result.verdict, VERDICT_FORWARD);
		assert_int_equal(world->sent_count, 1);
		assert_int_equal(world->sent[0].port, 1);
		const uint8_t *ip = world_ip(&world->sent[0]);

		assert_in_range(bytes_load_32(ip + 12), HIDDEN, HIDDEN + CLIENTS - 1);
		assert_int_equal(bytes_load_32(ip + 24), MINE);
		assert_int_equal(ip[33], SYN);
	}
	world_destroy(world);
}

static void
test_cookies(void **state)
{
	(void)state;
	run(true);
}

static void
test_proxy(void **state)
{
	(void)state;
	run(false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cookies),
	    cmocka_unit_test(test_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
