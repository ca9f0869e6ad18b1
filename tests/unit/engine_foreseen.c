/*
 * What is found out beforehand for the first packets of a burst changes nothing: each packet's fate is what it is alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine_world.h"

#define CLIENT IP(10, 0, 0, 2)
#define SERVER IP(198, 18, 0, 7)
#define PUBLIC IP(192, 0, 2, 80) /* stands for a host in the dmz */
#define HOST   IP(10, 3, 0, 80)

enum {
	HEADROOM = 128,
	TELNET = 23,
	WEB = 80,
};

struct arrival {
	uint16_t port;
	struct world_packet packet;
};

static const struct snapshot_nat_static mapping = {.public = PUBLIC, .host = HOST, .unit = 2, .length = 32, .rule = SNAPSHOT_NAT_NONE};

/* From trust to untrust telnet is denied and all else goes; to the dmz only the web; from untrust to the mapped host the same. */
static struct world *
world_with(uint32_t foreseen)
{
	struct world *world = world_create();

	world->config.policies_foreseen = foreseen;
	world->rules[0] = (struct world_rule){.from_zone = TRUST, .to_zone = UNTRUST, .action = POLICY_DENY, .protocol = 6,
	    .low = TELNET, .high = TELNET};
	world->rules[1] = (struct world_rule){.from_zone = TRUST, .to_zone = UNTRUST, .action = POLICY_PERMIT};
	world->rules[2] = (struct world_rule){
	    .from_zone = TRUST, .to_zone = DMZ, .action = POLICY_PERMIT, .protocol = 6, .low = WEB, .high = WEB};
	world->rules[3] = (struct world_rule){.from_zone = UNTRUST, .to_zone = SNAPSHOT_ZONE_GLOBAL, .action = POLICY_PERMIT,
	    .protocol = 6, .low = WEB, .high = WEB};
	world->rules[4] = (struct world_rule){.from_zone = UNTRUST, .to_zone = DMZ, .action = POLICY_REJECT};
	world->rule_count = 5;
	world->nat = (struct snapshot_nat){.active = true, .static_count = 1, .statics = &mapping};
	world_apply(world);
	return world;
}

static struct world_packet
segment(uint32_t source, uint32_t destination, uint16_t source_port, uint16_t destination_port)
{
	return (struct world_packet){.source = source, .destination = destination, .source_port = source_port,
	    .destination_port = destination_port, .sequence = 1000, .protocol = 6, .flags = SYN};
}

/* All that a burst can hold, a few of each kind, so that each stands beside others. */
static uint32_t
fill(struct arrival *arrivals)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < 3; i++) {
		const uint16_t from = (uint16_t)(2000 + i);

		arrivals[count++] = (struct arrival){0, segment(CLIENT, SERVER, from, WEB)};
		arrivals[count++] = (struct arrival){0, segment(CLIENT, SERVER, from, TELNET)};
		arrivals[count++] = (struct arrival){2, segment(IP(10, 3, 0, 9), SERVER, from, WEB)};
		arrivals[count - 1].packet.vlan = 10; /* the dmz may not begin anything */
		arrivals[count++] = (struct arrival){0, segment(CLIENT, HOST, from, WEB)};
		arrivals[count++] = (struct arrival){0, segment(CLIENT, HOST, from, TELNET)};
		arrivals[count++] = (struct arrival){1, segment(IP(192, 0, 2, 7), PUBLIC, from, WEB)};
		arrivals[count++] = (struct arrival){1, segment(IP(192, 0, 2, 7), PUBLIC, from, TELNET)};
		/* the same once more: the first of the two has made the session */
		arrivals[count++] = (struct arrival){0, segment(CLIENT, SERVER, from, WEB)};
	}
	arrivals[count++] = (struct arrival){0, segment(CLIENT, IP(10, 0, 0, 1), 3000, WEB)}; /* to ourselves */
	arrivals[count++] = (struct arrival){0, segment(CLIENT, IP(198, 51, 100, 1), 3000, WEB)}; /* no way */
	arrivals[count++] = (struct arrival){0, segment(CLIENT, IP(100, 64, 0, 1), 3000, WEB)}; /* no zone */
	arrivals[count] = (struct arrival){0, segment(CLIENT, SERVER, 3001, WEB)};
	arrivals[count++].packet.flags = ACK; /* of no session */
	arrivals[count] = (struct arrival){0, segment(CLIENT, SERVER, 3002, TELNET)};
	arrivals[count++].packet.protocol = 17;
	arrivals[count] = (struct arrival){0, segment(CLIENT, SERVER, 3003, 0)};
	arrivals[count].packet.type = 8;
	arrivals[count++].packet.protocol = 1;
	assert_true(count <= ENGINE_BURST);
	return count;
}

static struct packet *
packet_of(const struct arrival *arrival)
{
	struct packet *packet = calloc(1, sizeof *packet);
	uint8_t frame[2048];
	const uint32_t length = world_frame(frame, &arrival->packet, true);
	uint8_t *block = malloc(HEADROOM + length);

	assert_non_null(packet);
	assert_non_null(block);
	memcpy(block + HEADROOM, frame, length);
	*packet = (struct packet){
	    .data = block + HEADROOM, .handle = block, .length = length, .headroom = HEADROOM, .port = arrival->port};
	return packet;
}

/* REQ-POL-001, REQ-POL-002: the order of a burst, and what stands beside a packet, mean nothing to the policies. */
static void
test_a_burst_is_judged_as_its_packets(void **state)
{
	world_needs_one_engine();
	struct world *together = world_with(1);
	struct world *alone = world_with(UINT32_MAX);
	struct arrival arrivals[ENGINE_BURST];
	struct packet *packets[ENGINE_BURST];
	struct packet_result results[ENGINE_BURST];
	const uint32_t count = fill(arrivals);

	(void)state;
	for (uint32_t i = 0; i < count; i++) {
		packets[i] = packet_of(&arrivals[i]);
	}
	engine_process(together->engine, together->now, packets, count);
	for (uint32_t i = 0; i < count; i++) {
		results[i] = packets[i]->result;
	}
	world_drain(together);
	for (uint32_t i = 0; i < count; i++) {
		const struct packet_result expected = world_packet_in(alone, arrivals[i].port, &arrivals[i].packet);

		assert_int_equal(results[i].reason, expected.reason);
		assert_int_equal(results[i].verdict, expected.verdict);
		assert_int_equal(results[i].policy, expected.policy);
		assert_int_equal(results[i].session, expected.session);
		assert_int_equal(results[i].to_zone, expected.to_zone);
		assert_int_equal(results[i].out_unit, expected.out_unit);
	}
	/* By hand: 3 to the server, 3 to the host, 3 to its public address; of the others the datagram and the echo. */
	assert_int_equal(world_session_count(together), 11);
	assert_int_equal(world_session_count(alone), 11);
	assert_int_equal(results[0].policy, 1);
	assert_int_equal(results[1].policy, 0);
	assert_int_equal(results[3].policy, 2);
	assert_int_equal(results[5].policy, 3);
	for (uint32_t i = 0; i < together->rule_count; i++) {
		assert_int_equal(world_policy_hits(together, i), world_policy_hits(alone, i));
	}
	assert_int_equal(world_policy_hits(together, 0), 3);
	assert_int_equal(world_policy_hits(together, 1), 5);
	world_destroy(together);
	world_destroy(alone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_burst_is_judged_as_its_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
