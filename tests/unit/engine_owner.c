/*
 * Which worker a packet goes to: both directions of a flow to the same, an ICMP error where what it quotes went, all
 * fragments of a datagram together, what is of the link or no sound packet to worker 0; equal shares for all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/owner.h"
#include "engine_world.h"
#include "wire/bytes.h"
#include "wire/ipv6.h"

enum {
	FLOWS = 20000,
	ETHERNET = 14,
	ROOM = 1500,
};

static struct engine_sharing
sharing_of(uint16_t workers)
{
	return engine_sharing_of(&(struct hash_key){.low = 3, .high = 4}, workers);
}

static uint16_t
owner_of_frame(const struct engine_sharing *sharing, uint8_t *frame, uint32_t length)
{
	const struct packet packet = {.data = frame, .length = length};

	return engine_owner(sharing, &packet);
}

/* The world's packets of SCTP have no ports: whom they go to is said by them alone. */
static uint32_t
frame_of(uint8_t *frame, const struct world_packet *packet, bool ethernet)
{
	const uint32_t length = world_frame(frame, packet, ethernet);

	if (packet->protocol == 132) {
		uint8_t *ports = frame + (!ethernet ? 0 : packet->vlan != 0 ? 18 : 14) + 20;

		ports[0] = (uint8_t)(packet->source_port >> 8);
		ports[1] = (uint8_t)packet->source_port;
		ports[2] = (uint8_t)(packet->destination_port >> 8);
		ports[3] = (uint8_t)packet->destination_port;
	}
	return length;
}

static uint16_t
owner_of(const struct engine_sharing *sharing, const struct world_packet *packet)
{
	uint8_t frame[ROOM];

	return owner_of_frame(sharing, frame, frame_of(frame, packet, true));
}

static struct world_packet
draw(struct random_source *random)
{
	static const uint8_t protocols[] = {6, 17, 1, 132};
	struct world_packet packet = {
	    .source = IP(10, 0, 0, 0) + random_below(random, 1 << 16),
	    .destination = IP(8, 0, 0, 0) + random_below(random, 1 << 20),
	    .source_port = (uint16_t)random_below(random, 65536),
	    .destination_port = (uint16_t)random_below(random, 65536),
	    .protocol = protocols[random_below(random, 4)],
	    .vlan = (uint16_t)(random_below(random, 2) * 7),
	    .payload = 8,
	    .type = 8,
	    .flags = ACK,
	};

	return packet;
}

static struct world_packet
reverse(const struct world_packet *packet)
{
	struct world_packet back = *packet;

	back.source = packet->destination;
	back.destination = packet->source;
	back.type = 0;
	if (packet->protocol != 1) {
		back.source_port = packet->destination_port;
		back.destination_port = packet->source_port;
	}
	return back;
}

static void
test_symmetry_and_shares(void **state)
{
	struct random_source random = random_seeded(1);
	uint32_t counts[5] = {0};

	(void)state;
	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct engine_sharing sharing = sharing_of(5);
		const struct world_packet packet = draw(&random);
		const struct world_packet back = reverse(&packet);
		const uint16_t owner = owner_of(&sharing, &packet);

		assert_in_range(owner, 0, 4);
		assert_int_equal(owner_of(&sharing, &back), owner);
		counts[owner]++;
	}
	for (uint32_t i = 0; i < 5; i++) {
		/* 4000 are expected, the standard deviation is 57: six of them. */
		assert_in_range(counts[i], 4000 - 340, 4000 + 340);
	}
}

/* Flows that differ in a port alone are spread too, and another secret spreads them otherwise. */
static void
test_ports_and_secret(void **state)
{
	const struct engine_sharing one = sharing_of(2);
	const struct engine_sharing other = engine_sharing_of(&(struct hash_key){.low = one.secret.low + 1, .high = one.secret.high}, 2);
	uint32_t first = 0;
	uint32_t same = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		const struct world_packet packet = {.source = IP(10, 0, 0, 2),
		    .destination = IP(8, 8, 8, 8),
		    .protocol = 6,
		    .source_port = (uint16_t)(1024 + i),
		    .destination_port = 443};

		first += owner_of(&one, &packet);
		same += owner_of(&one, &packet) == owner_of(&other, &packet);
	}
	assert_in_range(first, 400, 600);
	assert_in_range(same, 400, 600);
	/* What shares out is no key of any table, but the same for all workers who have the secret. */
	const struct engine_sharing again = sharing_of(2);

	assert_memory_equal(&again.shares, &one.shares, sizeof(one.shares));
	assert_true(one.shares.low != one.secret.low && one.shares.high != one.secret.high && one.shares.low != one.shares.high);
	assert_true(one.shares.low != one.secret.high && one.shares.high != one.secret.low);
}

/* The quoted packet as it was sent, within an error from anywhere to its sender. */
static void
test_icmp_errors(void **state)
{
	const struct engine_sharing sharing = sharing_of(7);
	struct random_source random = random_seeded(2);
	static const uint8_t types[] = {3, 11, 12, 5, 4};

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		const struct world_packet packet = draw(&random);
		struct world_packet plain = packet;
		struct world_packet error = {.source = IP(9, 9, 9, 9),
		    .destination = packet.source,
		    .protocol = 1,
		    .type = types[i % 5],
		    .payload = 28};
		uint8_t quoted[ROOM];
		uint8_t frame[ROOM];

		plain.vlan = 0;
		(void)frame_of(quoted, &plain, false);
		const uint32_t length = world_frame(frame, &error, true);

		memcpy(frame + ETHERNET + 28, quoted, 28);
		assert_int_equal(owner_of_frame(&sharing, frame, length), owner_of(&sharing, &packet));
	}
}

static void
test_fragments(void **state)
{
	const struct engine_sharing sharing = sharing_of(4);
	struct world_packet packet = {.source = IP(10, 0, 0, 2),
	    .destination = IP(8, 8, 8, 8),
	    .protocol = 17,
	    .source_port = 9,
	    .destination_port = 53,
	    .payload = 100};
	uint32_t counts[4] = {0};
	uint8_t frame[ROOM];

	(void)state;
	const uint32_t length = world_frame(frame, &packet, true);

	for (uint32_t i = 0; i < 4000; i++) {
		bytes_store_16(frame + ETHERNET + 4, (uint16_t)i); /* identification */
		bytes_store_16(frame + ETHERNET + 6, 0x2000);      /* the first */
		const uint16_t owner = owner_of_frame(&sharing, frame, length);

		counts[owner]++;
		bytes_store_16(frame + ETHERNET + 6, 0x2010);
		memset(frame + ETHERNET + 20, (int)i, 8); /* no ports there */
		assert_int_equal(owner_of_frame(&sharing, frame, length), owner);
		bytes_store_16(frame + ETHERNET + 6, 0x0020);
		assert_int_equal(owner_of_frame(&sharing, frame, length), owner);
	}
	for (uint32_t i = 0; i < 4; i++) {
		assert_in_range(counts[i], 800, 1200);
	}
}

static uint32_t
write_ipv6(uint8_t *frame, uint8_t next_header, const uint8_t *payload, uint16_t size)
{
	const struct ipv6_header header = {.source = {0x20010db800000001, 2},
	    .destination = {0x20010db800000002, 3},
	    .payload_length = size,
	    .next_header = next_header,
	    .hop_limit = 64};

	memset(frame, 0, ETHERNET);
	bytes_store_16(frame + 12, 0x86dd);
	ipv6_build(frame + ETHERNET, &header);
	memcpy(frame + ETHERNET + IPV6_HEADER, payload, size);
	return (uint32_t)ETHERNET + IPV6_HEADER + size;
}

static void
test_ipv6(void **state)
{
	const struct engine_sharing sharing = sharing_of(6);
	uint8_t udp[8] = {0, 53, 0x30, 0x39, 0, 8, 0, 0};
	const uint8_t solicitation[24] = {135};
	uint8_t frame[ROOM];
	uint32_t length = write_ipv6(frame, 17, udp, sizeof udp);
	const uint16_t owner = owner_of_frame(&sharing, frame, length);
	uint8_t swapped[16];
	uint8_t error[56] = {1};

	(void)state;
	/* What it quotes begins behind its own header. */
	memcpy(error + 8, frame + ETHERNET, 48);
	/* The other direction. */
	memcpy(swapped, frame + ETHERNET + 8, 16);
	memcpy(frame + ETHERNET + 8, frame + ETHERNET + 24, 16);
	memcpy(frame + ETHERNET + 24, swapped, 16);
	memcpy(frame + ETHERNET + 40, (uint8_t[4]){0x30, 0x39, 0, 53}, 4);
	assert_int_equal(owner_of_frame(&sharing, frame, length), owner);
	length = write_ipv6(frame, 58, error, sizeof error);
	assert_int_equal(owner_of_frame(&sharing, frame, length), owner);
	/* Neighbour discovery is the first worker's; so is what is cut short. */
	length = write_ipv6(frame, 58, solicitation, sizeof solicitation);
	assert_int_equal(owner_of_frame(&sharing, frame, length), 0);
	length = write_ipv6(frame, 17, udp, sizeof udp);
	assert_int_equal(owner_of_frame(&sharing, frame, length - 1), 0);
}

/* Cut short anywhere it is somebody's, and nothing behind its end is read. */
static void
test_any_length(void **state)
{
	const struct engine_sharing sharing = sharing_of(3);
	struct random_source random = random_seeded(3);

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		const struct world_packet packet = draw(&random);
		uint8_t whole[ROOM];
		const uint32_t length = world_frame(whole, &packet, true);
		const uint32_t kept = random_below(&random, length + 1);
		uint8_t *block = malloc(kept == 0 ? 1 : kept);

		assert_non_null(block);
		memcpy(block, whole, kept);
		if (kept > 0 && i % 2 == 0) {
			block[random_below(&random, kept)] ^= (uint8_t)(1 + random_below(&random, 255));
		}
		assert_in_range(owner_of_frame(&sharing, block, kept), 0, 2);
		free(block);
	}
}

/* A burst's owners are those of its packets one by one: sound ones, cut ones, with a bit turned, and our own host's. */
static void
test_bursts(void **state)
{
	const struct engine_sharing sharing = sharing_of(5);
	struct random_source random = random_seeded(9);

	(void)state;
	for (uint32_t round = 0; round < 5000; round++) {
		struct packet packets[4] = {{.data = NULL}};
		struct packet *burst[4];
		uint16_t owners[4];

		for (unsigned i = 0; i < 4; i++) {
			const struct world_packet what = draw(&random);
			uint8_t whole[ROOM];
			const uint32_t length = frame_of(whole, &what, true);
			const uint32_t kept = i == 0 ? random_below(&random, length + 1) : length;

			packets[i] = (struct packet){.data = malloc(kept == 0 ? 1 : kept), .length = kept};
			assert_non_null(packets[i].data);
			memcpy(packets[i].data, whole, kept);
			if (i == 1) {
				packets[i].data[random_below(&random, kept < 40 ? kept : 40)] ^=
				    (uint8_t)(1U << random_below(&random, 8));
			}
			packets[i].flags = i == 2 ? PACKET_FROM_HOST : 0;
			burst[i] = &packets[i];
		}
		engine_owners(&sharing, burst, 4, owners);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(owners[i], engine_owner(&sharing, burst[i]));
			free(packets[i].data);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_symmetry_and_shares),
	    cmocka_unit_test(test_ports_and_secret),
	    cmocka_unit_test(test_icmp_errors),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_ipv6),
	    cmocka_unit_test(test_any_length),
	    cmocka_unit_test(test_bursts),
	};

	return cmocka_run_group_tests_name("engine_owner", tests, NULL, NULL);
}
