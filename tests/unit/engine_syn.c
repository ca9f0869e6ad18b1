/*
 * SYN cookies: what they carry, what is refused, and how long they live (REQ-SCR-042, REQ-SCR-043).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/engine/src/engine_private.h"

#define EPOCH UINT64_C(32000000000) /* ns */

enum {
	ZONE = 5,
};

static struct item
item_of(uint32_t sequence, uint32_t acknowledgement)
{
	const struct flow_fields fields = {
	    .source = 0xc6336407, .destination = 0x0a000005, .source_port = 4000, .destination_port = 80, .protocol = 6};

	return (struct item){
	    .key = flow_key_of(&fields),
	    .zone = ZONE,
	    .segment = {.header = {.sequence = sequence, .acknowledgement = acknowledgement}},
	};
}

/* Makes a cookie at `now`; what the ACK brings back of it. */
static struct item
make(struct syn_cookies *cookies, struct syn_offer *offer, struct tcp_options *back, uint64_t now)
{
	static struct random_source random;
	struct item syn = item_of(offer->sequence, 0);

	if (random.draw == NULL) {
		random = random_seeded(3);
	}
	syn_cookie_make(cookies, &random, &syn, offer, now);
	*back = (struct tcp_options){.stamps = offer->stamps, .echo = offer->value, .value = 99};
	return item_of(offer->sequence + 1, offer->answer + 1);
}

static bool
good(const struct syn_cookies *cookies, const struct item *ack, const struct tcp_options *back, uint64_t now)
{
	struct syn_offer found;

	return syn_cookie_check(cookies, ack, back, &found, now);
}

/* All that is agreed comes back; a segment size is never more than the client takes. */
static void
test_carries(void **state)
{
	static const uint16_t sizes[] = {64, 100, 536, 1000, 1220, 1380, 1400, 1452, 1459, 1460, 8960, 65535};
	struct syn_cookies cookies = {.secrets = {{.epoch = 0}}};

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (unsigned i = 0; i < 64; i++) {
			const uint8_t scale = i % 16 == 15 ? TCP_SCALE_NONE : (uint8_t)(i % 15);
			struct syn_offer offer = {.sequence = i * 0x10000001U,
			    .segment = sizes[s],
			    .scale = scale,
			    .sack = (i & 16) != 0,
			    .stamps = (i & 32) != 0};
			struct syn_offer found;
			struct tcp_options back;
			const struct item ack = make(&cookies, &offer, &back, EPOCH + i * 1000000);

			assert_true(syn_cookie_check(&cookies, &ack, &back, &found, EPOCH + i * 1000000));
			assert_int_equal(found.sequence, i * 0x10000001U);
			assert_int_equal(found.segment, offer.segment);
			assert_true(found.segment <= sizes[s]);
			assert_true(sizes[s] < 536 || found.segment >= 536);
			assert_int_equal(found.stamps, offer.stamps);
			assert_int_equal(found.client_value, 99);
			/* Without timestamps there is nowhere to keep them. */
			assert_int_equal(found.scale, (i & 32) != 0 ? scale : TCP_SCALE_NONE);
			assert_int_equal(found.sack, (i & 16) != 0 && (i & 32) != 0);
		}
	}
}

/* No bit of it may be another: of the number, the flow, the zone, the client's number, what the timestamp says. */
static void
test_refuses(void **state)
{
	struct syn_cookies cookies = {.secrets = {{.epoch = 0}}};
	struct syn_offer offer = {.sequence = 0x12345678, .segment = 1460, .scale = 9, .sack = true, .stamps = true};
	struct tcp_options back;

	(void)state;
	/* Before there is any cookie nothing is one, and in the next epoch none was made yet. */
	assert_false(syn_cookie_made(&cookies, 5));
	assert_false(syn_cookie_made(&cookies, EPOCH + 5));
	const struct item early = item_of(1, 1);

	back = (struct tcp_options){.stamps = false};
	assert_false(good(&cookies, &early, &back, 5));
	const struct item ack = make(&cookies, &offer, &back, 5);

	assert_true(good(&cookies, &ack, &back, 5));
	assert_true(syn_cookie_made(&cookies, 5) && syn_cookie_made(&cookies, EPOCH - 1));
	assert_false(syn_cookie_made(&cookies, EPOCH) || syn_cookie_made(&cookies, 2 * EPOCH));
	for (unsigned bit = 0; bit < 64; bit++) {
		struct item other = ack;
		struct tcp_options changed = back;

		other.key.low ^= UINT64_C(1) << bit;
		assert_false(good(&cookies, &other, &back, 5));
		other = ack;
		other.key.high ^= UINT64_C(1) << bit;
		assert_false(good(&cookies, &other, &back, 5));
		other = ack;
		other.segment.header.acknowledgement =
		    ((ack.segment.header.acknowledgement - 1) ^ UINT32_C(1) << bit % 32) + 1;
		assert_false(good(&cookies, &other, &back, 5));
		other = ack;
		other.segment.header.sequence ^= UINT32_C(1) << bit % 32;
		/* The number before it is that of a question about the window. */
		assert_int_equal(good(&cookies, &other, &back, 5), other.segment.header.sequence == offer.sequence);
		other = ack;
		other.zone ^= (uint16_t)(1U << bit % 16);
		assert_false(good(&cookies, &other, &back, 5));
		changed.echo ^= UINT32_C(1) << bit % 6;
		assert_false(good(&cookies, &ack, &changed, 5));
	}
	back.stamps = false;
	assert_false(good(&cookies, &ack, &back, 5));
}

/* It lives to the end of the epoch after its own; and each epoch has a secret of its own. */
static void
test_rotation(void **state)
{
	struct syn_cookies cookies = {.secrets = {{.epoch = 0}}};
	struct syn_offer first = {.sequence = 7, .segment = 1460};
	struct syn_offer second = first;
	struct syn_offer third = first;
	struct tcp_options back;
	const uint64_t start = 10 * EPOCH;

	(void)state;
	const struct item ack = make(&cookies, &first, &back, start);

	assert_true(good(&cookies, &ack, &back, start + EPOCH));
	assert_true(good(&cookies, &ack, &back, start + 2 * EPOCH - 1));
	assert_false(good(&cookies, &ack, &back, start + 2 * EPOCH));
	const struct item later = make(&cookies, &second, &back, start + EPOCH);

	assert_true((first.answer & 0x0fffffff) != (second.answer & 0x0fffffff));
	assert_true(good(&cookies, &ack, &back, start + 2 * EPOCH - 1));
	assert_true(good(&cookies, &later, &back, start + 3 * EPOCH - 1));
	/* The third epoch's secret takes the place of the first one's. */
	const struct item last = make(&cookies, &third, &back, start + 2 * EPOCH);

	assert_true((first.answer & 0x0fffffff) != (third.answer & 0x0fffffff));
	assert_false(good(&cookies, &ack, &back, start + 2 * EPOCH));
	assert_true(good(&cookies, &later, &back, start + 2 * EPOCH));
	assert_true(good(&cookies, &last, &back, start + 2 * EPOCH));
	/* After a pause of any length nothing of before is good. */
	assert_false(good(&cookies, &last, &back, start + 100 * EPOCH));
	assert_false(good(&cookies, &later, &back, start + 101 * EPOCH));
}

/* The timestamp says nothing of our clock: it is not the same for two flows at a time (RFC 7323 7.1), and is the same for a SYN that
 * comes again. */
static void
test_no_clock(void **state)
{
	struct syn_cookies cookies = {.secrets = {{.epoch = 0}}};
	struct syn_offer first = {.sequence = 7, .segment = 1460, .scale = 7, .stamps = true};
	struct syn_offer again = first;
	struct syn_offer other = {.sequence = 8, .segment = 1460, .scale = 7, .stamps = true};
	struct tcp_options back;

	(void)state;
	(void)make(&cookies, &first, &back, EPOCH);
	(void)make(&cookies, &again, &back, EPOCH + EPOCH / 2);
	(void)make(&cookies, &other, &back, EPOCH);
	assert_int_equal(again.value, first.value);
	assert_int_not_equal(other.value, first.value);
	assert_int_equal(first.value & 0x3f, 7);
	assert_int_equal(other.value & 0x3f, 7);
}

/* A segment that is changed in the middle has the checksum that it would have if it were made so: by adding all of it up again. */
static void
test_change(void **state)
{
	struct random_source random = random_seeded(9);

	(void)state;
	for (unsigned run = 0; run < 20000; run++) {
		uint8_t segment[60 + 40];
		uint8_t wanted[sizeof(segment)];
		const uint8_t header = (uint8_t)(TCP_HEADER + 4 * random_below(&random, 11));
		const struct tcp_change change = {
		    .sequence = (uint32_t)random_u64(&random),
		    .acknowledgement = (uint32_t)random_u64(&random),
		    .value = (uint32_t)random_u64(&random),
		    .echo = (uint32_t)random_u64(&random),
		    .window = (uint16_t)random_u64(&random),
		    .no_sack = (run & 1) != 0,
		    .no_stamps = (run & 2) != 0,
		};

		for (size_t i = 0; i < sizeof(segment); i++) {
			segment[i] = (uint8_t)random_u64(&random);
		}
		segment[12] = (uint8_t)(header / 4 << 4);
		/* Often the options of a real segment: padding, timestamps, SACK of two blocks, at even and odd places. */
		if (header >= TCP_HEADER + 36 && (run & 4) != 0) {
			static const uint8_t heads[][2] = {{8, 10}, {5, 18}};
			const size_t at = TCP_HEADER + (run >> 3) % 4;

			memset(segment + TCP_HEADER, 1, (size_t)header - TCP_HEADER);
			memcpy(segment + at, heads[0], 2);
			memcpy(segment + at + 10, heads[1], 2);
		}
		bytes_store_16(segment + 16, 0);
		bytes_store_16(segment + 16, checksum_finish(checksum_sum(segment, sizeof(segment))));
		tcp_change(segment, header, &change);
		memcpy(wanted, segment, sizeof(segment));
		bytes_store_16(wanted + 16, 0);
		bytes_store_16(wanted + 16, checksum_finish(checksum_sum(wanted, sizeof(wanted))));
		assert_memory_equal(segment, wanted, sizeof(segment));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_carries),
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_rotation),
	    cmocka_unit_test(test_no_clock),
	    cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
