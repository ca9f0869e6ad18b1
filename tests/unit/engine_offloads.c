/*
 * What a sender left to its network card, through the engine: superframes count as the packets that they are and are compared with
 * an MTU by the size of one; marks stay with what goes on and are gone from what we say ourselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine_world.h"

static const struct world_packet datagram = {.protocol = 17, .source = IP(10, 0, 0, 2), .destination = IP(8, 8, 8, 8),
    .source_port = 5000, .destination_port = 7000, .payload = 1500};
static const struct world_packet segment = {.protocol = 6, .flags = 0x10, .source = IP(10, 0, 0, 2),
    .destination = IP(8, 8, 8, 8), .source_port = 5000, .destination_port = 80, .payload = 1500, .dont_fragment = true};

static int
setup(void **state)
{
	struct world *world = world_create();

	world_apply(world);
	*state = world;
	return 0;
}

/* Neighbours have to be asked for. */
static int
setup_real(void **state)
{
	struct world *world = world_create();

	world->config.neighbours_auto = false;
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

/* From now on packets come as superframes of so many segments with so many octets of payload. */
static void
come_as(struct world *world, uint16_t size, uint16_t segments)
{
	world->flags = PACKET_CHECKSUM_DUE;
	world->segment_size = size;
	world->segments_more = (uint16_t)(segments - 1);
}

static void
test_counts_as_segments(void **state)
{
	struct world *world = *state;
	struct engine_session_view view;

	come_as(world, 500, 3);
	expect(world_packet_in(world, 0, &datagram), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].flags, PACKET_CHECKSUM_DUE);
	assert_int_equal(world->sent[0].segment_size, 500);
	assert_int_equal(world->sent[0].segments_more, 2);
	assert_int_equal(world->sent[0].length, 14 + 20 + 8 + 1500);
	assert_int_equal(engine_unit_counters(world->engine, 1).in_packets, 3);
	assert_int_equal(engine_unit_counters(world->engine, 2).out_packets, 3);
	expect(world_packet_in(world, 0, &datagram), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world_list_sessions(world, &view, 1), 1);
	assert_int_equal(view.packets[0], 6);
}

/* Segments of 20 + 8 + 972 octets fit into 1000, of one octet more they do not, and are never fragmented. */
static void
test_mtu_is_for_segments(void **state)
{
	struct world *world = *state;

	world->units[2].mtu = 1000;
	world_apply(world);
	come_as(world, 972, 2);
	expect(world_packet_in(world, 0, &datagram), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent_count, 1);
	come_as(world, 973, 2);
	expect(world_packet_in(world, 0, &datagram), VERDICT_REJECT, REASON_FRAGMENTATION_NEEDED);
	assert_int_equal(world->sent_count, 1);
	const uint8_t *ip = world_ip(&world->sent[0]);

	assert_int_equal(ip[20], 3);
	assert_int_equal(ip[21], 4);
	assert_int_equal(ip[26] << 8 | ip[27], 1000);
	/* The error is a packet of ours, whole. */
	assert_int_equal(world->sent[0].flags & PACKET_CHECKSUM_DUE, 0);
	assert_int_equal(world->sent[0].segment_size, 0);
	assert_int_equal(world->sent[0].segments_more, 0);
}

/* The first packet of a session as well, and when it may not be fragmented: 1528 octets in segments of 528. */
static void
test_first_may_not_be_fragmented(void **state)
{
	struct world *world = *state;
	struct world_packet packet = datagram;

	packet.dont_fragment = true;
	come_as(world, 500, 3);
	expect(world_packet_in(world, 0, &packet), VERDICT_FORWARD, REASON_SESSION);
	assert_int_equal(world->sent[0].segment_size, 500);
	packet.source_port++;
	come_as(world, 1473, 2);
	expect(world_packet_in(world, 0, &packet), VERDICT_REJECT, REASON_FRAGMENTATION_NEEDED);
}

/* 2000 datagrams a second and source may go to our own host: two superframes of 1000, and not one of two more. */
static void
test_host_limit_counts_segments(void **state)
{
	struct world *world = *state;
	struct world_packet packet = datagram;

	world_needs_one_engine();
	world->units[1].host_inbound = (struct snapshot_host_inbound){.any_service = true};
	world->services_running = UINT64_MAX;
	world_apply(world);
	packet.destination = IP(10, 0, 0, 1);
	packet.destination_port = 161;
	come_as(world, 1, 1000);
	expect(world_packet_in(world, 0, &packet), VERDICT_HOST, REASON_HOST_INBOUND);
	expect(world_packet_in(world, 0, &packet), VERDICT_HOST, REASON_SESSION);
	come_as(world, 750, 2);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_HOST_SOURCE_RATE);
}

/* Buffers for superframes are few, and all ports': no more than 16 of them wait for neighbours, of whomever; others go on doing so. */
static void
test_few_wait_for_neighbours(void **state)
{
	struct world *world = *state;
	struct world_packet packet = datagram;

	world_needs_one_engine();
	packet.payload = 1000;
	come_as(world, 500, 2);
	for (uint16_t i = 0; i < 16; i++) {
		packet.destination = IP(192, 0, 2, 100) + i / 8U;
		packet.source_port++;
		expect(world_packet_in(world, 0, &packet), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	}
	packet.destination = IP(192, 0, 2, 120);
	expect(world_packet_in(world, 0, &packet), VERDICT_DROP, REASON_NEIGHBOUR_QUEUE_FULL);
	world->flags = 0;
	world->segment_size = 0;
	world->segments_more = 0;
	expect(world_packet_in(world, 0, &packet), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
	/* Eight leave, and there is room for eight. */
	world_arp(world, 1, 0, 2, IP(192, 0, 2, 100), IP(192, 0, 2, 1), 8);
	assert_int_equal(world->sent_count, 8);
	come_as(world, 500, 2);
	packet.source_port++;
	expect(world_packet_in(world, 0, &packet), VERDICT_PROXY, REASON_NEIGHBOUR_WAIT);
}

/* A stray superframe of TCP is refused by a RST of ours, where that is on. */
static void
test_reset_is_whole(void **state)
{
	struct world *world = *state;

	world->zones[TRUST].tcp_rst = true;
	world_apply(world);
	come_as(world, 500, 3);
	expect(world_packet_in(world, 0, &segment), VERDICT_REJECT, REASON_NO_SESSION);
	assert_int_equal(world->sent_count, 1);
	assert_int_equal(world->sent[0].flags & PACKET_CHECKSUM_DUE, 0);
	assert_int_equal(world->sent[0].segment_size, 0);
}

/* In pieces nobody completes a checksum: it is made before. */
static void
test_fragments_are_completed(void **state)
{
	struct world *world = *state;
	struct world_packet packet = datagram;
	uint8_t frame[2048];
	uint8_t right[2];
	uint32_t length;

	packet.payload = 1200;
	length = world_frame(frame, &packet, true);
	world->units[2].mtu = 1000;
	world_apply(world);
	memcpy(right, frame + 14 + 20 + 6, 2);
	/* The pseudo-header's words are 0a00 0002 0808 0808 0011 04b8, their sum 1edb. */
	frame[14 + 20 + 6] = 0x1e;
	frame[14 + 20 + 7] = 0xdb;
	world->flags = PACKET_CHECKSUM_DUE;
	world->spare = 4;
	expect(world_input(world, 0, frame, length), VERDICT_FORWARD, REASON_FRAGMENTED);
	assert_int_equal(world->sent_count, 2);
	assert_memory_equal(world_ip(&world->sent[0]) + 20 + 6, right, 2);
	assert_int_equal(world->sent[0].flags & PACKET_CHECKSUM_DUE, 0);
}

/* Without a mark, and with a header that says no length that anything could be cut by, it stays a drop. */
static void
test_unknown_is_dropped(void **state)
{
	struct world *world = *state;

	world->flags = PACKET_SUPERFRAME;
	expect(world_packet_in(world, 0, &datagram), VERDICT_DROP, REASON_SUPERFRAME);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_counts_as_segments, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mtu_is_for_segments, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_first_may_not_be_fragmented, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_host_limit_counts_segments, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_few_wait_for_neighbours, setup_real, teardown),
	    cmocka_unit_test_setup_teardown(test_reset_is_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_fragments_are_completed, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unknown_is_dropped, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
