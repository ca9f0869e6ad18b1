/*
 * Text, keyed hash, random sources, reader and writer: the ground that everything stands on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/random.h"
#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"

static void
test_text(void **state)
{
	struct text text = TEXT_EMPTY;

	(void)state;
	assert_string_equal(text_string(&text), "");
	text_append(&text, "zone ");
	text_printf(&text, "%s-%d", "trust", 7);
	text_append_repeated(&text, '=', 100);
	assert_int_equal(text.length, 5 + 7 + 100);
	assert_memory_equal(text_string(&text), "zone trust-7===", 15);
	char *taken = text_take(&text);

	assert_non_null(taken);
	assert_int_equal(strlen(taken), 112);
	assert_int_equal(text.length, 0);
	free(taken);
}

/* The reference vectors of the SipHash paper: key 00..0f, input 00..0e. */
static void
test_siphash_vector(void **state)
{
	const struct hash_key key = {.low = 0x0706050403020100ULL, .high = 0x0f0e0d0c0b0a0908ULL};
	uint8_t input[15];

	(void)state;
	for (uint8_t i = 0; i < sizeof input; i++) {
		input[i] = i;
	}
	assert_true(hash_bytes(&key, input, sizeof input) == 0xa129ca6149be45e5ULL);
	assert_true(hash_bytes(&key, input, 0) == 0x726fdb47dd0e0e31ULL);
}

/* SipHash-1-3 of octets 00, 01 and so on, by a program of its own that has the vectors above right. */
static void
test_words_are_siphash(void **state)
{
	const struct hash_key key = {.low = 0x0706050403020100ULL, .high = 0x0f0e0d0c0b0a0908ULL};
	const uint64_t words[5] = {0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL, 0x1716151413121110ULL,
	    0x1f1e1d1c1b1a1918ULL, 0x2726252423222120ULL};

	(void)state;
	assert_true(hash_pair(&key, words[0], words[1]) == 0xcc4fdd1a7d908b66ULL);
	assert_true(hash_four(&key, words[0], words[1], words[2], words[3]) == 0x81157b6c16a7b60dULL);
	/* of 39 octets: the last one is their length */
	assert_true(hash_five(&key, words) == 0x626b57547b108392ULL);
}

static void
test_pair_depends_on_every_bit(void **state)
{
	const struct hash_key key = {.low = 1, .high = 2};
	const uint64_t plain = hash_pair(&key, 3, 4);

	(void)state;
	for (int bit = 0; bit < 64; bit++) {
		assert_true(hash_pair(&key, 3ULL ^ (1ULL << bit), 4) != plain);
		assert_true(hash_pair(&key, 3, 4ULL ^ (1ULL << bit)) != plain);
	}
}

static void
test_random(void **state)
{
	struct random_source a = random_seeded(1);
	struct random_source b = random_seeded(1);
	struct random_source kernel = random_from_kernel();
	uint32_t seen[7] = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(random_u64(&a) == random_u64(&b));
	}
	for (int i = 0; i < 7000; i++) {
		seen[random_below(&a, 7)]++;
	}
	for (int i = 0; i < 7; i++) {
		assert_in_range(seen[i], 800, 1200);
	}
	assert_true(random_u64(&kernel) != random_u64(&kernel));
}

static void
test_reader_fails_once_and_for_all(void **state)
{
	/* exactly as long as the data, so that a read beyond it is seen by the sanitizer */
	uint8_t *bytes = malloc(7);

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, "\x01\x02\x03\x04\x05\x06\x07", 7);
	struct reader reader = reader_over(bytes, 7);

	assert_int_equal(reader_u16(&reader), 0x0102);
	struct reader sub = reader_sub(&reader, 3);

	assert_int_equal(reader_u32(&sub), 0);
	assert_true(reader_failed(&sub));
	assert_false(reader_failed(&reader));
	assert_int_equal(reader_left(&reader), 2);
	assert_int_equal(reader_u32(&reader), 0);
	assert_int_equal(reader_u8(&reader), 0);
	assert_true(reader_failed(&reader));
	struct reader child = reader_sub(&reader, 0);

	assert_true(reader_failed(&child));
	free(bytes);
}

static void
test_writer_is_the_readers_counterpart(void **state)
{
	uint8_t buffer[15];
	struct writer writer = writer_over(buffer, sizeof buffer);

	(void)state;
	writer_u8(&writer, 0xab);
	writer_u16(&writer, 0x1234);
	writer_u32(&writer, 0xdeadbeef);
	writer_u64(&writer, 0x0102030405060708ULL);
	assert_false(writer_failed(&writer));
	struct reader reader = reader_over(buffer, writer_length(&writer));

	assert_int_equal(reader_u8(&reader), 0xab);
	assert_int_equal(reader_u16(&reader), 0x1234);
	assert_true(reader_u32(&reader) == 0xdeadbeef);
	assert_true(reader_u64(&reader) == 0x0102030405060708ULL);
	writer_u8(&writer, 1);
	assert_true(writer_failed(&writer));
	assert_int_equal(writer_length(&writer), 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_siphash_vector),
	    cmocka_unit_test(test_words_are_siphash),
	    cmocka_unit_test(test_pair_depends_on_every_bit),
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_reader_fails_once_and_for_all),
	    cmocka_unit_test(test_writer_is_the_readers_counterpart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
