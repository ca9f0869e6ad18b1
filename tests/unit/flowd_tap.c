/*
 * Copies of frames for whoever watches a port: which are copied, as whose unit sees them, in which order, and that one who
 * does not read costs nobody anything but what he does not see. The last test runs both sides as threads.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tap.h"

enum {
	HEADER = 14,
	FRAMES = 100000,
};

/* An Ethernet header of that type, worked out by hand: addresses 02:..:01 and 02:..:02. */
static const uint8_t plain[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 'p', 'l', 'a', 'i', 'n'};
static const uint8_t arp[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x06, 'a', 'r', 'p'};
static const uint8_t tagged[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0x00, 0x20, 0x07, 0x08, 0x00, 's', 'e', 'v', 'e', 'n'};

/* ether proto 0x0800, as tcpdump -ddd prints it: load half-word 12, equal 2048 or skip one, all of it, nothing. */
#define IPV4_ONLY "40 0 0 12;21 0 1 2048;6 0 0 262144;6 0 0 0;"

static struct tap *
make(uint16_t tag, uint32_t octets, const char *filter, uint16_t workers)
{
	const struct tap_choice choice = {.port = 3, .tag = tag, .octets = octets, .filter = filter, .workers = workers};
	struct text error = TEXT_EMPTY;
	struct tap *tap = tap_create(&choice, &error);

	assert_non_null(tap);
	assert_int_equal(error.length, 0);
	assert_int_equal(tap_port(tap), 3);
	return tap;
}

static void
put(struct tap *tap, uint16_t worker, const void *octets, uint32_t length, int64_t time)
{
	tap_put(tap, worker, &(struct tap_frame){.time = time, .length = length, .octets = octets, .outward = worker == 1});
}

/* The next frame has these octets behind an Ethernet header of type IPv4 or ARP. */
static void
expect_next(struct tap *tap, const char *rest, int64_t time)
{
	struct tap_frame frame;

	assert_true(tap_take(tap, &frame));
	assert_int_equal(frame.kept, HEADER + strlen(rest));
	assert_memory_equal(frame.octets, plain, HEADER - 1);
	assert_memory_equal(frame.octets + HEADER, rest, strlen(rest));
	assert_int_equal(frame.time, time);
	tap_next(tap);
}

static void
test_units(void **state)
{
	struct tap_frame frame;
	struct tap *whole = make(TAP_ANY_TAG, 96, "", 1);
	struct tap *untagged = make(0, 96, "", 1);
	struct tap *seven = make(7, 96, IPV4_ONLY, 1);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct tap *tap = i == 0 ? whole : i == 1 ? untagged : seven;

		put(tap, 0, plain, sizeof(plain), 1);
		put(tap, 0, tagged, sizeof(tagged), 2);
		put(tap, 0, arp, sizeof(arp), 3);
		put(tap, 0, arp, 5, 4); /* no frame at all */
	}
	assert_int_equal(tap_counts(whole).matched, 4);
	expect_next(whole, "plain", 1);
	assert_true(tap_take(whole, &frame));
	assert_memory_equal(frame.octets, tagged, sizeof(tagged));
	tap_next(whole);
	expect_next(whole, "arp", 3);
	assert_true(tap_take(whole, &frame));
	assert_int_equal(frame.kept, 5);
	tap_next(whole);
	assert_false(tap_take(whole, &frame));

	expect_next(untagged, "plain", 1);
	expect_next(untagged, "arp", 3);
	/* Priority 1, VLAN 7: the unit's frame as the unit sees it, for the filter as well. */
	expect_next(seven, "seven", 2);
	assert_false(tap_take(seven, &frame));
	tap_destroy(whole);
	tap_destroy(untagged);
	tap_destroy(seven);
}

static void
test_filter(void **state)
{
	static const char *const wrong[] = {"40 0 0 12", "40 0 0 12;x", "40 0 0 12;", "21 200 0 1;6 0 0 1;", "6 0 0 99999999999;",
	    "70000 0 0 0;", "-1 0 0 0;", "5 0 0 4294967295;6 0 0 0;"};
	struct tap *tap = make(TAP_ANY_TAG, 16, IPV4_ONLY, 1);
	struct text error = TEXT_EMPTY;
	struct tap_frame frame;

	(void)state;
	put(tap, 0, arp, sizeof(arp), 1);
	put(tap, 0, plain, sizeof(plain), 2);
	assert_true(tap_take(tap, &frame));
	assert_int_equal(frame.length, sizeof(plain));
	assert_int_equal(frame.kept, 16); /* as many as were asked for */
	tap_next(tap);
	assert_false(tap_take(tap, &frame));
	assert_int_equal(tap_counts(tap).matched, 1);
	tap_destroy(tap);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct tap_choice choice = {.tag = TAP_ANY_TAG, .octets = 96, .filter = wrong[i], .workers = 1};

		text_clear(&error);
		assert_null(tap_create(&choice, &error));
		assert_string_equal(text_string(&error), "the filter is malformed or too long");
	}
	text_release(&error);
}

static void
test_order_and_room(void **state)
{
	struct tap *tap = make(TAP_ANY_TAG, 96, "", 2);
	struct tap_frame frame;

	(void)state;
	put(tap, 0, plain, sizeof(plain), 20);
	put(tap, 1, arp, sizeof(arp), 10);
	assert_true(tap_take(tap, &frame));
	assert_true(frame.outward);
	expect_next(tap, "arp", 10);
	expect_next(tap, "plain", 20);
	for (unsigned i = 0; i < TAP_FRAMES + 5; i++) {
		put(tap, 0, plain, sizeof(plain), 100 + i);
	}
	put(tap, 1, arp, sizeof(arp), 1);
	assert_int_equal(tap_counts(tap).lost, 5);
	assert_int_equal(tap_counts(tap).matched, TAP_FRAMES + 8);
	expect_next(tap, "arp", 1); /* the other worker's ring has room */
	for (unsigned i = 0; i < TAP_FRAMES; i++) {
		expect_next(tap, "plain", 100 + i);
	}
	assert_false(tap_take(tap, &frame));
	tap_destroy(tap);
}

static void *
write_all(void *context)
{
	uint8_t octets[64] = {0};

	for (uint32_t i = 0; i < FRAMES; i++) {
		memset(octets, (int)(i & 0xff), sizeof(octets));
		put(context, 0, octets, sizeof(octets), i + 1);
	}
	return NULL;
}

/* Whatever is read is whole, and in order; what is missing is counted. */
static void
test_threads(void **state)
{
	struct tap *tap = make(TAP_ANY_TAG, 64, "", 1);
	pthread_t writer;
	struct tap_frame frame;
	int64_t last = 0;
	uint64_t read = 0;
	bool over = false;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_all, tap), 0);
	while (!over) {
		over = tap_counts(tap).matched == FRAMES;
		while (tap_take(tap, &frame)) {
			assert_true(frame.time > last);
			last = frame.time;
			for (uint32_t i = 0; i < frame.kept; i++) {
				assert_int_equal(frame.octets[i], (frame.time - 1) & 0xff);
			}
			read++;
			tap_next(tap);
		}
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	while (tap_take(tap, &frame)) {
		read++;
		tap_next(tap);
	}
	assert_int_equal(read + tap_counts(tap).lost, FRAMES);
	tap_destroy(tap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_units),
	    cmocka_unit_test(test_filter),
	    cmocka_unit_test(test_order_and_room),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
