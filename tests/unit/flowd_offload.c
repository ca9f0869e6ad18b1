/*
 * Frames that a sender's offloads left unfinished: half-made checksums and superframes.
 *
 * The frame: 10.0.0.1:1000 > 10.0.0.2:80, a SYN without data. Worked out by hand: the pseudo header's words are 0a00 0001
 * 0a00 0002 0006 0014, their sum 141d: what an unfinished checksum holds. The segment's other words are 03e8 0050 0000
 * 0001 5002 2000, with the pseudo header 8858; its complement 77a7 is the finished checksum.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/packet.h"
#include "offload.h"

enum {
	HEADERS = 14 + 20,
	CHECKSUM = HEADERS + 16,
	FRAME = HEADERS + 20,
	MTU = 1500,
};

static const uint8_t syn[FRAME] = {
    0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
    0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    0x03, 0xe8, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0x20, 0, 0x77, 0xa7, 0, 0,
};

/* In a block of exactly its size. */
static uint16_t
flags_of(const uint8_t *frame, size_t length, uint32_t mtu)
{
	uint8_t *block = malloc(length == 0 ? 1 : length);

	assert_non_null(block);
	memcpy(block, frame, length);
	const uint16_t flags = offload_flags(block, (uint32_t)length, mtu);

	free(block);
	return flags;
}

static void
finished_checksum_passes(void **state)
{
	(void)state;
	assert_int_equal(flags_of(syn, sizeof(syn), MTU), 0);
}

static void
half_made_checksum_is_marked(void **state)
{
	uint8_t frame[FRAME];

	(void)state;
	memcpy(frame, syn, sizeof(frame));
	frame[CHECKSUM] = 0x14;
	frame[CHECKSUM + 1] = 0x1d;
	assert_int_equal(flags_of(frame, sizeof(frame), MTU), PACKET_CHECKSUM_PARTIAL);
	/* A wrong one that is not half-made is the receiver's business. */
	frame[CHECKSUM + 1] = 0x1e;
	assert_int_equal(flags_of(frame, sizeof(frame), MTU), 0);
}

static void
half_made_checksum_behind_a_tag(void **state)
{
	uint8_t frame[FRAME + 4];

	(void)state;
	memcpy(frame, syn, 12);
	frame[12] = 0x81;
	frame[13] = 0x00;
	frame[14] = 0x01;
	frame[15] = 0x2b;
	memcpy(frame + 16, syn + 12, sizeof(syn) - 12);
	assert_int_equal(flags_of(frame, sizeof(frame), MTU), 0);
	frame[CHECKSUM + 4] = 0x14;
	frame[CHECKSUM + 5] = 0x1d;
	assert_int_equal(flags_of(frame, sizeof(frame), MTU), PACKET_CHECKSUM_PARTIAL);
}

/* A checksum that equals the pseudo header's sum and is right all the same: seen once in 65536 segments. */
static void
right_by_chance_passes(void **state)
{
	uint8_t frame[FRAME];
	/* Wanted: segment words sum with the pseudo header to ffff - 141d = ebe2 without the checksum; the window makes it so:
	 * 8858 - 2000 + window = ebe2, window = 838a. */
	(void)state;
	memcpy(frame, syn, sizeof(frame));
	frame[HEADERS + 14] = 0x83;
	frame[HEADERS + 15] = 0x8a;
	frame[CHECKSUM] = 0x14;
	frame[CHECKSUM + 1] = 0x1d;
	assert_int_equal(flags_of(frame, sizeof(frame), MTU), 0);
}

static void
superframe_is_marked(void **state)
{
	uint8_t frame[4096] = {0};

	(void)state;
	memcpy(frame, syn, sizeof(syn));
	assert_int_equal(flags_of(frame, 1500 + 14 + 8, 1500), 0);
	assert_int_equal(flags_of(frame, 1500 + 14 + 8 + 1, 1500), PACKET_SUPERFRAME);
	assert_int_equal(flags_of(frame, 3000 + 14 + 8, 3000), 0);
	assert_int_equal(flags_of(frame, 3000 + 14 + 8 + 1, 3000), PACKET_SUPERFRAME);
}

static void
any_cut_is_harmless(void **state)
{
	uint8_t frame[FRAME];

	(void)state;
	memcpy(frame, syn, sizeof(frame));
	frame[CHECKSUM] = 0x14;
	frame[CHECKSUM + 1] = 0x1d;
	for (size_t length = 0; length < sizeof(frame); length++) {
		assert_int_equal(flags_of(frame, length, MTU), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finished_checksum_passes),
	    cmocka_unit_test(half_made_checksum_is_marked),
	    cmocka_unit_test(half_made_checksum_behind_a_tag),
	    cmocka_unit_test(right_by_chance_passes),
	    cmocka_unit_test(superframe_is_marked),
	    cmocka_unit_test(any_cut_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
