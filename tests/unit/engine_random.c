/*
 * Well-formed packets at random over few addresses and ports, changes of configuration, time,
 * clears: nothing is lost, the table stays sound, and every packet has one verdict (cs10157). Every packet's buffer is given
 * back (07887): each is a heap block of its own, so the sanitizer names one that is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/engine_private.h"
#include "engine_world.h"

enum {
	STEPS = 100000,
};

static uint32_t
pick(struct random_source *random, const uint32_t *from, uint32_t count)
{
	return from[random_below(random, count)];
}

static uint32_t
random_address(struct random_source *random)
{
	static const uint32_t addresses[] = {IP(10, 0, 0, 2), IP(10, 0, 0, 3), IP(10, 0, 0, 1),
	    IP(192, 0, 2, 1), IP(192, 0, 2, 7), IP(8, 8, 8, 8), IP(8, 8, 8, 9), IP(10, 3, 0, 5),
	    IP(10, 5, 1, 5), IP(10, 5, 0, 1), IP(10, 66, 0, 1), IP(100, 64, 0, 1),
	    IP(198, 51, 100, 1), IP(203, 0, 113, 1), IP(224, 0, 0, 1), UINT32_MAX,
	    IP(10, 0, 0, 255), 0};

	/* Mostly the first few: so that packets meet their sessions. */
	return random_below(random, 4) != 0
		   ? pick(random, addresses, 6)
		   : pick(random, addresses, sizeof addresses / sizeof addresses[0]);
}

static struct world_packet
random_packet(struct random_source *random)
{
	static const uint32_t protocols[] = {6, 6, 6, 17, 17, 1, 1, 47};
	static const uint32_t flags[] = {
	    SYN, SYN, SYN | ACK, ACK, ACK, ACK, FIN | ACK, FIN | ACK, RST, RST | ACK, 0, 63};
	static const uint32_t ports[] = {22, 53, 80, 161, 4000, 4001};
	static const uint32_t numbers[] = {1000, 1001, 1002, 1101, 5000, 5001, 5002, 900000};
	static const uint32_t types[] = {8, 8, 0, 13, 14, 42};
	static const uint32_t vlans[] = {0, 10, 20, 30, 99};

	return (struct world_packet){
	    .source = random_address(random),
	    .destination = random_address(random),
	    .source_port = (uint16_t)pick(random, ports, 6),
	    .destination_port = (uint16_t)pick(random, ports, 6),
	    .payload = (uint16_t)(random_below(random, 20) == 0 ? 1300 : random_below(random, 40)),
	    .vlan = (uint16_t)pick(random, vlans, 5),
	    .sequence = pick(random, numbers, 8),
	    .acknowledgement = pick(random, numbers, 8),
	    .protocol = (uint8_t)pick(random, protocols, 8),
	    .flags = (uint8_t)pick(random, flags, 12),
	    .ttl = (uint8_t)(random_below(random, 20) == 0 ? 1 : 64),
	    .type = (uint8_t)pick(random, types, 6),
	    .dont_fragment = random_below(random, 2) != 0,
	};
}

/* A packet between two clients on port 0 and two servers behind port 1, with numbers that often
 * fit. */
static struct world_packet
random_talk(struct random_source *random, bool back)
{
	static const uint8_t flags[2][8] = {{SYN, SYN, ACK, ACK, ACK, FIN | ACK, RST, ACK},
	    {SYN | ACK, SYN | ACK, ACK, ACK, FIN | ACK, RST | ACK, ACK, SYN}};
	static const uint32_t numbers[2][4] = {{1000, 1001, 1001, 1002}, {5000, 5001, 5001, 5002}};
	static const uint32_t ports[] = {53, 80, 81};
	const uint32_t which = random_below(random, 8);
	struct world_packet packet = random_packet(random);

	packet.source = random_below(random, 2) == 0 ? IP(10, 0, 0, 2) : IP(10, 0, 0, 3);
	packet.destination = random_below(random, 2) == 0 ? IP(8, 8, 8, 8) : IP(8, 8, 8, 9);
	packet.source_port = (uint16_t)(4000 + random_below(random, 3));
	packet.destination_port = packet.protocol == 1 ? 0 : (uint16_t)pick(random, ports, 3);
	packet.vlan = 0;
	packet.flags = flags[back][which];
	packet.sequence = packet.flags == SYN           ? 1000
			  : packet.flags == (SYN | ACK) ? 5000
							: pick(random, numbers[back], 4);
	packet.acknowledgement = pick(random, numbers[!back], 4);
	packet.payload = (uint16_t)random_below(random, 3);
	packet.type = back ? 0 : 8;
	if (back) {
		const struct world_packet forth = packet;

		packet.source = forth.destination;
		packet.destination = forth.source;
		packet.source_port =
		    packet.protocol == 1 ? forth.source_port : forth.destination_port;
		packet.destination_port = forth.source_port;
	}
	return packet;
}

/* An ICMP error, right in itself, that quotes another random packet. */
static uint32_t
random_error(struct random_source *random, uint8_t *frame, bool ethernet)
{
	static const uint32_t types[] = {3, 4, 5, 11, 12};
	const struct world_packet quoted = random_below(random, 2) == 0
					       ? random_packet(random)
					       : random_talk(random, random_below(random, 2) != 0);
	struct world_packet packet = random_packet(random);
	uint8_t quote[2048];
	const uint32_t quote_length = world_frame(quote, &quoted, false);

	packet.protocol = 1;
	packet.type = (uint8_t)pick(random, types, 5);
	packet.payload = (uint16_t)(quote_length < 28 ? quote_length : 28);
	packet.destination = random_below(random, 4) == 0 ? packet.destination : quoted.source;
	packet.vlan = 0;
	const uint32_t length = world_frame(frame, &packet, ethernet);
	uint8_t *icmp = frame + length - packet.payload - 8;

	memcpy(icmp + 8, quote, packet.payload);
	icmp[2] = 0;
	icmp[3] = 0;
	bytes_store_16(icmp + 2, checksum_finish(checksum_sum(icmp, 8U + packet.payload)));
	return length;
}

/* How it all begins, and returns to now and then. */
static void
configure(struct world *world)
{
	static const uint16_t zones[WORLD_UNITS] = {
	    0, TRUST, UNTRUST, DMZ, SNAPSHOT_NONE, TRUST, UNTRUST};

	for (unsigned i = 1; i < WORLD_UNITS; i++) {
		world->units[i].zone = zones[i];
		world->units[i].enabled = true;
		world->units[i].mtu = 1500;
		world->units[i].instance = 0;
	}
	world->flow = (struct snapshot_flow){.syn_check = true, .sequence_check = true};
	world->rules[0].action = POLICY_PERMIT;
	world->rules[1].action = POLICY_REJECT;
}

static void
change_something(struct world *world, struct random_source *random)
{
	static const uint16_t zones[] = {TRUST, UNTRUST, DMZ, SNAPSHOT_NONE};
	const uint16_t unit = (uint16_t)(1 + random_below(random, 5));

	switch (random_below(random, 16)) {
	case 0:
		world->units[unit].zone = zones[random_below(random, 4)];
		break;
	case 1:
		world->units[unit].enabled = !world->units[unit].enabled;
		break;
	case 2:
		world->units[unit].mtu = random_below(random, 2) == 0 ? 1500 : 600;
		break;
	case 3:
		world->flow = (struct snapshot_flow){.syn_check = random_below(random, 2) != 0,
		    .sequence_check = random_below(random, 2) != 0,
		    .policy_rematch = random_below(random, 4) == 0,
		    .default_permit = random_below(random, 4) == 0,
		    .allow_dns_reply = random_below(random, 2) != 0,
		    .early_ageout = (uint16_t)random_below(random, 9),
		    .high_watermark = (uint8_t)random_below(random, 90)};
		world->flow.low_watermark =
		    (uint8_t)random_below(random, world->flow.high_watermark + 1U);
		break;
	case 4:
		world->rules[0].action = (uint8_t)random_below(random, 4);
		world->rules[1].action = (uint8_t)random_below(random, 4);
		break;
	case 5:
		world->units[unit].instance = (uint16_t)random_below(random, 2);
		break;
	case 6:
		world->hops[0].address = ipv6_mapped(IP(192, 0, 2, 250) + random_below(random, 4));
		break;
	case 7:
		world->zones[TRUST].tcp_rst = !world->zones[TRUST].tcp_rst;
		break;
	default:
		configure(world);
		break;
	}
	world_apply(world);
}

/* Every entry of the buckets leads to a flow with that key, and every session has both of its. */
static void
check_table(const struct world *world)
{
	const struct session_table *table = &world->engine->table;
	uint32_t sessions = 0;
	uint32_t entries = 0;

	for (uint32_t i = 0; i < table->capacity; i++) {
		const struct session *session = &table->sessions[i];

		if (session->common.number == 0) {
			continue;
		}
		sessions++;
		assert_int_equal(session_table_find(table, session->forth.key,
				     session_table_hash(table, session->forth.key)),
		    i << 1);
		assert_int_equal(session_table_find(table, session->back.key,
				     session_table_hash(table, session->back.key)),
		    i << 1 | 1);
		assert_true(wheel_armed(&table->wheel, i));
		/* The timer is for no later than its end, or for the next tick of the wheel. */
		const uint32_t wheel_end =
		    session_end_tick(world->engine, &session->common) + world->engine->aging.lead;
		const uint32_t armed = table->rare[i].link.deadline;

		assert_true((int32_t)(armed - wheel_end) <= 0 ||
		    armed - table->wheel.now <= 1);
	}
	for (uint32_t b = 0; b <= table->mask; b++) {
		for (unsigned s = 0; s < BUCKET_SLOTS; s++) {
			entries += table->buckets[b].tags[s] != 0;
		}
	}
	assert_int_equal(sessions, table->count);
	assert_int_equal(entries, 2 * sessions);
}

static void
one_packet(struct world *world, struct random_source *random)
{
	uint8_t frame[2048];
	const uint16_t port =
	    (uint16_t)(random_below(random, 8) == 0 ? UINT16_MAX
						    : random_below(random, WORLD_PORTS));
	const bool ethernet = port != UINT16_MAX;
	struct packet_result result;

	if (ethernet && random_below(random, 10) == 0) {
		static const uint16_t vlans[] = {0, 10, 30};
		const uint16_t vlan = port == 2 ? vlans[random_below(random, 3)] : 0;

		static const uint32_t hops[] = {
		    IP(192, 0, 2, 254), IP(10, 0, 0, 2), IP(10, 0, 0, 3)};
		const uint32_t sender =
		    random_below(random, 2) == 0 ? random_address(random) : pick(random, hops, 3);

		result = world_arp(world, port, vlan, (uint16_t)(1 + random_below(random, 2)),
		    sender, port == 0 ? IP(10, 0, 0, 1) : IP(192, 0, 2, 1),
		    (uint8_t)random_below(random, 3));
	} else if (random_below(random, 6) == 0) {
		const uint32_t length = random_error(random, frame, ethernet);

		result = world_input(world, port, frame, length);
	} else if (random_below(random, 4) != 0) {
		const bool back = random_below(random, 2) != 0;
		const struct world_packet packet = random_talk(random, back);

		result = world_packet_in(world, back, &packet);
	} else {
		const struct world_packet packet = random_packet(random);

		result = world_packet_in(world, port, &packet);
	}
	assert_int_not_equal(result.verdict, VERDICT_NONE);
	assert_int_not_equal(result.reason, REASON_NONE);
	assert_true(result.verdict == VERDICT_DROP || result.verdict == VERDICT_REJECT ||
	    reason_kind(result.reason) == REASON_KIND_PASS);
	/* What goes on left on a unit that is in force. */
	if (result.verdict == VERDICT_FORWARD) {
		assert_int_not_equal(result.out_unit, PACKET_NO_UNIT);
		assert_true(world->units[result.out_unit].enabled);
	}
	for (uint32_t i = 0; i < world->sent_count; i++) {
		const struct world_sent *sent = &world->sent[i];
		struct ipv4_header header;

		if (sent->verb == ENGINE_SEND &&
		    (sent->data[12] == 8 ? sent->data[13] : sent->data[17]) == 6) {
			continue;
		}
		const uint8_t *ip = world_ip(sent);

		assert_int_equal(
		    ipv4_parse(ip, sent->length - (uint32_t)(ip - sent->data), &header), IPV4_OK);
		assert_true(header.ttl > 0);
	}
}

static void
run(bool neighbours_auto, uint64_t seed)
{
	struct world *world = world_create();
	struct random_source random = random_seeded(seed);
	struct event event;
	uint32_t created = 0;
	uint32_t closed = 0;

	world->config.neighbours_auto = neighbours_auto;
	world->units[1].host_inbound = (struct snapshot_host_inbound){.any_service = true};
	world->units[2].host_inbound.services = (uint64_t)1 << HOST_SERVICE_SSH;
	world->services_running = (uint64_t)1 << HOST_SERVICE_SSH | (uint64_t)1
									<< HOST_SERVICE_SNMP;
	world->rules[1] =
	    (struct world_rule){.from_zone = UNTRUST, .to_zone = TRUST, .action = POLICY_PERMIT};
	world->rule_count = 2;
	configure(world);
	world_apply(world);
	for (uint32_t step = 0; step < STEPS; step++) {
		const uint32_t what = random_below(&random, 1000);

		if (what < 3) {
			change_something(world, &random);
			world_drain(world);
		} else if (what < 15) {
			world_advance(
			    world, world->now + (uint64_t)random_below(&random, 30) * SECOND / 10);
		} else if (what < 16) {
			world_advance(world, world->now + 100 * SECOND);
		} else if (what < 18) {
			(void)engine_clear_session(
			    world->engine, world->now, 1 + random_below(&random, 200));
		} else {
			one_packet(world, &random);
		}
		while (engine_take_event(world->engine, &event)) {
			created += event.kind == EVENT_SESSION_CREATE;
			closed += event.kind == EVENT_SESSION_CLOSE;
		}
		assert_int_equal(created - closed, world_session_count(world));
		if (step % 500 == 0) {
			check_table(world);
		}
		world->sent_count = 0;
	}
	assert_true(created > 100);
	check_table(world);
	world_destroy(world);
}

static void
test_with_made_up_neighbours(void **state)
{
	(void)state;
	run(true, 21);
}

static void
test_with_real_neighbours(void **state)
{
	(void)state;
	run(false, 22);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_with_made_up_neighbours),
	    cmocka_unit_test(test_with_real_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
