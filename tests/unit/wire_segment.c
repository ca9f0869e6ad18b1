/*
 * Superframes cut into segments, and half-made checksums (wire/segment.h): RFC 9293 3.4 (sequence numbers), RFC 3168 6.1.2 (CWR), RFC
 * 791 3.2 (identification, lengths), RFC 768 and RFC 8200 8.1 (UDP). The checksums are verified by a sum of 16-bit words that is
 * written here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/segment.h"

enum {
	ETHERNET = 14,
	IP4 = 20,
	IP6 = 40,
	TCP = 20,
	UDP = 8,
	PAYLOAD = 25,
};

/* 10.0.0.1:1000 > 10.0.0.2:80, sequence 1, flags CWR ACK PSH FIN; identification ffff; 25 octets of payload. */
static const uint8_t tcp4[ETHERNET + IP4 + TCP + PAYLOAD] = {
    0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
    0x45, 0, 0, 65, 0xff, 0xff, 0x40, 0, 64, 6, 0x26, 0xb5, 10, 0, 0, 1, 10, 0, 0, 2,
    0x03, 0xe8, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x99, 0x20, 0, 0, 0, 0, 0,
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
};

/* 2001:db8::1 port 53 > 2001:db8::2 port 53, behind destination options of 8 octets, in VLAN 5; 7 octets of payload. */
static const uint8_t udp6[ETHERNET + 4 + IP6 + 8 + UDP + 7] = {
    0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x81, 0x00, 0, 5, 0x86, 0xdd,
    0x60, 0, 0, 0, 0, 23, 60, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    17, 0, 1, 4, 0, 0, 0, 0, 0, 53, 0, 53, 0, 15, 0, 0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
};

static uint32_t
words(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	}
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > 0xffff) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static uint16_t
load(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static struct segment_layout
layout_of(const uint8_t *frame, uint32_t length)
{
	struct segment_layout layout;

	assert_true(segment_layout_of_frame(&layout, frame, length));
	return layout;
}

/* Builds it in a block of just its size. */
static uint8_t *
build(const struct segment_layout *layout, const uint8_t *frame, uint16_t size, uint32_t number, uint32_t length)
{
	uint8_t *block = malloc(length);

	assert_non_null(block);
	assert_int_equal(segment_build(layout, frame, size, number, block), length);
	return block;
}

static void
tcp_is_cut(void **state)
{
	static const struct {
		uint16_t total;
		uint16_t identification;
		uint8_t sequence;
		uint8_t flags;
		uint8_t first;
		uint8_t octets;
	} rows[] = {{50, 0xffff, 1, 0x90, 1, 10}, {50, 0, 11, 0x10, 11, 10}, {45, 1, 21, 0x19, 21, 5}};
	const struct segment_layout layout = layout_of(tcp4, sizeof tcp4);

	(void)state;
	assert_true(layout.tcp && !layout.inet6);
	assert_int_equal(layout.transport, ETHERNET + IP4);
	assert_int_equal(layout.payload, ETHERNET + IP4 + TCP);
	assert_int_equal(segment_count(&layout, 10), 3);
	for (uint32_t i = 0; i < 3; i++) {
		uint8_t *frame = build(&layout, tcp4, 10, i, (uint32_t)ETHERNET + rows[i].total);
		const uint8_t *ip = frame + ETHERNET;
		const uint8_t *tcp = ip + IP4;
		const uint32_t length = (uint32_t)TCP + rows[i].octets;

		assert_memory_equal(frame, tcp4, ETHERNET);
		assert_int_equal(load(ip + 2), rows[i].total);
		assert_int_equal(load(ip + 4), rows[i].identification);
		assert_int_equal(fold(words(ip, IP4)), 0xffff);
		assert_int_equal(load(tcp + 4), 0);
		assert_int_equal(load(tcp + 6), rows[i].sequence);
		assert_int_equal(tcp[13], rows[i].flags);
		for (uint8_t k = 0; k < rows[i].octets; k++) {
			assert_int_equal(tcp[TCP + k], rows[i].first + k);
		}
		assert_int_equal(fold(words(ip + 12, 8) + 6 + length + words(tcp, length)), 0xffff);
		free(frame);
	}
}

static void
udp_is_cut(void **state)
{
	static const uint8_t octets[] = {4, 3};
	const struct segment_layout layout = layout_of(udp6, sizeof udp6);
	const uint32_t headers = ETHERNET + 4 + IP6 + 8 + UDP;

	(void)state;
	assert_true(!layout.tcp && layout.inet6);
	assert_int_equal(layout.payload, headers);
	assert_int_equal(segment_count(&layout, 4), 2);
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t *frame = build(&layout, udp6, 4, i, headers + octets[i]);
		const uint8_t *ip = frame + ETHERNET + 4;
		const uint8_t *udp = ip + IP6 + 8;
		const uint32_t length = (uint32_t)UDP + octets[i];

		assert_memory_equal(frame, udp6, ETHERNET + 4);
		assert_int_equal(load(ip + 4), 8 + length);
		assert_memory_equal(ip + IP6, udp6 + ETHERNET + 4 + IP6, 8);
		assert_int_equal(load(udp + 4), length);
		assert_int_equal(udp[UDP], 0xa1 + 4 * i);
		assert_int_equal(fold(words(ip + 8, 32) + 17 + length + words(udp, length)), 0xffff);
		free(frame);
	}
}

static void
counts_at_the_bounds(void **state)
{
	const struct segment_layout layout = layout_of(tcp4, sizeof tcp4);
	struct segment_layout empty = layout;

	(void)state;
	assert_int_equal(segment_count(&layout, PAYLOAD), 1);
	assert_int_equal(segment_count(&layout, PAYLOAD - 1), 2);
	assert_int_equal(segment_count(&layout, 1), PAYLOAD);
	assert_int_equal(segment_count(&layout, 5), 5);
	empty.length = empty.payload;
	assert_int_equal(segment_count(&empty, 1), 1);
}

/* A SYN from 10.0.0.1:1000 to 10.0.0.2:80. By hand: the pseudo header's words are 0a00 0001 0a00 0002 0006 0014, their sum 141d. The
 * segment's other words are 03e8 0050 0000 0001 5002 2000, with the pseudo header 8858; its complement is 77a7. */
static void
checksums_half_and_whole(void **state)
{
	uint8_t ip[IP4 + TCP] = {0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0x26, 0xce, 10, 0, 0, 1, 10, 0, 0, 2, 0x03, 0xe8, 0, 80, 0, 0,
	    0, 1, 0, 0, 0, 0, 0x50, 0x02, 0x20, 0, 0xde, 0xad, 0, 0};
	struct segment_layout layout;

	(void)state;
	assert_true(segment_layout_of(&layout, ip, sizeof ip, 0));
	segment_begin_checksum(&layout, ip);
	assert_int_equal(load(ip + IP4 + 16), 0x141d);
	segment_complete_checksum(&layout, ip);
	assert_int_equal(load(ip + IP4 + 16), 0x77a7);
}

/* A sum whose complement is 0 is written as ffff with UDP: 0 would say that there is none (RFC 768). */
static void
udp_checksum_is_never_zero(void **state)
{
	uint8_t ip[IP4 + UDP + 2] = {0x45, 0, 0, 30, 0, 0, 0x40, 0, 64, 17, 0x26, 0xcd, 10, 0, 0, 1, 10, 0, 0, 2, 0x03, 0xe8, 0, 80, 0, 10,
	    0, 0, 0, 0};
	const uint16_t rest = (uint16_t)~fold(words(ip + 12, 8) + 17 + 10 + words(ip + IP4, UDP));
	struct segment_layout layout;

	(void)state;
	ip[IP4 + UDP] = (uint8_t)(rest >> 8);
	ip[IP4 + UDP + 1] = (uint8_t)rest;
	assert_true(segment_layout_of(&layout, ip, sizeof ip, 0));
	segment_complete_checksum(&layout, ip);
	assert_int_equal(load(ip + IP4 + 6), 0xffff);
}

/* Cut anywhere it is no whole packet; neither is a fragment, nor ICMP. */
static void
what_is_no_layout(void **state)
{
	struct segment_layout layout;
	uint8_t frame[sizeof tcp4];

	(void)state;
	for (uint32_t length = 0; length < sizeof tcp4; length++) {
		uint8_t *block = malloc(length + (length == 0 ? 1 : 0));

		assert_non_null(block);
		memcpy(block, tcp4, length);
		assert_false(segment_layout_of_frame(&layout, block, length));
		free(block);
	}
	memcpy(frame, tcp4, sizeof frame);
	frame[ETHERNET + 6] = 0x20; /* more fragments */
	frame[ETHERNET + 10] = 0x46;
	assert_int_equal(fold(words(frame + ETHERNET, IP4)), 0xffff);
	assert_false(segment_layout_of_frame(&layout, frame, sizeof frame));
	memcpy(frame, tcp4, sizeof frame);
	frame[ETHERNET + 9] = 1; /* ICMP */
	frame[ETHERNET + 11] = 0xba;
	assert_int_equal(fold(words(frame + ETHERNET, IP4)), 0xffff);
	assert_false(segment_layout_of_frame(&layout, frame, sizeof frame));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tcp_is_cut),
	    cmocka_unit_test(udp_is_cut),
	    cmocka_unit_test(counts_at_the_bounds),
	    cmocka_unit_test(checksums_half_and_whole),
	    cmocka_unit_test(udp_checksum_is_never_zero),
	    cmocka_unit_test(what_is_no_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
