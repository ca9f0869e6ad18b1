/*
 * Sessions across routing instances: the client's unit is in instance 1, whose unknown destinations
 * go on in instance 0.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/engine_private.h"
#include "engine_expect.h"
#include "engine_world.h"

#define CLIENT IP(10, 0, 0, 2)
#define SERVER IP(8, 8, 8, 8)

static const struct world_packet out = {.protocol = 17,
    .source = CLIENT,
    .destination = SERVER,
    .source_port = 5,
    .destination_port = 6};
static const struct world_packet in = {.protocol = 17,
    .source = SERVER,
    .destination = CLIENT,
    .source_port = 6,
    .destination_port = 5};

static int
setup(void **state)
{
	struct world *world = world_create();

	world->units[1].instance = 1;
	world->statics[world->static_count++] = (struct rib_static){
	    .table = {.instance = 1}, .kind = RIB_STATIC_TABLE, .next_table = 0, .preference = 5};
	world_apply(world);
	*state = world;
	return 0;
}

/* The reply comes in in instance 0, which knows no way to the client but the default route: the
 * client's instance decides. */
static void
test_reply_by_the_clients_instance(void **state)
{
	struct world *world = *state;
	struct engine_session_view view;

	expect(world_packet_in(world, 0, &out), VERDICT_FORWARD, REASON_SESSION);
	expect(world_packet_in(world, 1, &in), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].port, 0);
	assert_int_equal(world_list_sessions(world, &view, 1), 1);
	assert_int_equal(view.instance[0], 1);
	assert_int_equal(view.instance[1], 0);
	assert_int_equal(view.unit[0], 1);
	assert_int_equal(view.unit[1], 2);
}

/* REQ-RT-004: the same addresses in two instances are two clients; their replies could not be told
 * apart. */
static void
test_same_addresses(void **state)
{
	struct world *world = *state;
	struct world_packet other = out;

	world->rules[1] =
	    (struct world_rule){.from_zone = DMZ, .to_zone = UNTRUST, .action = POLICY_PERMIT};
	world->rule_count = 2;
	world_apply(world);
	other.vlan = 10;
	expect(world_packet_in(world, 0, &out), VERDICT_FORWARD, REASON_SESSION);
	expect(world_packet_in(world, 2, &other), VERDICT_DROP, REASON_SESSION_CLASH);
	other.source_port = 7;
	expect(world_packet_in(world, 2, &other), VERDICT_FORWARD, REASON_SESSION);
}

/* The way moves to a unit of the same zone in another instance: replies are expected there from
 * then on. */
static void
test_far_end_moves_to_another_instance(void **state)
{
	struct world *world = *state;

	world->units[3].zone = UNTRUST;
	world->units[3].instance = 1;
	world_apply(world);
	expect(world_packet_in(world, 0, &out), VERDICT_FORWARD, REASON_SESSION);
	expect(world_packet_in(world, 1, &in), VERDICT_FORWARD, REASON_SESSION);
	const uint32_t i = world->static_count;

	world_add_route(world, IP(8, 0, 0, 0), 8, 3, IP(10, 3, 0, 9));
	world->statics[i].table.instance = 1;
	world_apply_fib(world);
	expect(world_packet_in(world, 0, &out), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].port, 2);
	struct world_packet reply = in;

	reply.vlan = 10;
	expect(world_packet_in(world, 2, &reply), VERDICT_FORWARD, REASON_SESSION);
	expect(world_packet_in(world, 1, &in), VERDICT_DROP, REASON_DEFAULT_DENY);
	assert_int_equal(world_session_count(world), 1);
}

/* Delivered to the TUN of the instance that owns the address; the reply comes from there. */
static void
test_local_address_of_another_instance(void **state)
{
	struct world *world = *state;
	const uint64_t ssh = (uint64_t)1 << HOST_SERVICE_SSH;
	uint32_t numbers[2] = {100, 0};

	world->units[1].host_inbound.services = ssh;
	world->units[2].host_inbound.services = ssh;
	world->services_running = ssh;
	world_apply(world);
	expect(world_tcp(world, 0, CLIENT, IP(192, 0, 2, 1), 4000U << 16 | 22, numbers, SYN),
	    VERDICT_HOST, REASON_HOST_INBOUND);
	assert_int_equal(world->sent[0].instance, 0);
	numbers[1] = 101;
	expect(world_tcp(world, UINT16_MAX, IP(192, 0, 2, 1), CLIENT, 22U << 16 | 4000, numbers,
		   SYN | ACK),
	    VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].port, 0);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_reply_by_the_clients_instance),
	    TEST(test_same_addresses),
	    TEST(test_far_end_moves_to_another_instance),
	    TEST(test_local_address_of_another_instance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
