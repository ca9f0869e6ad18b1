/*
 * CRC32c, SCTP and UDP-Lite headers, over exact-size heap blocks. Vectors are those of RFC 3720 B.4; differences are held against
 * computations of the whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "exact_block.h"
#include "wire/crc32c.h"
#include "wire/sctp.h"
#include "wire/udp_lite.h"

enum {
	MOST = 1500,
	ROUNDS = 2000,
};

static void
draw(struct random_source *random, uint8_t *to, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		to[i] = (uint8_t)random_below(random, 256);
	}
}

static void
expect_crc(const uint8_t *bytes, size_t length, uint32_t wanted)
{
	uint8_t *exact = exact_block(bytes, length);

	assert_int_equal(crc32c_finish(crc32c_add(CRC32C_BEGIN, exact, length)), wanted);
	assert_int_equal(crc32c_finish(crc32c_add_by_table(CRC32C_BEGIN, exact, length)), wanted);
	free(exact);
}

/* RFC 3720 B.4 prints the octets lowest first: "aa 36 91 8a" is 0x8a9136aa. */
static void
test_vectors(void **state)
{
	static const uint8_t command[48] = {
	    0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	    0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
	    0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
	uint8_t bytes[32];

	(void)state;
	memset(bytes, 0, sizeof bytes);
	expect_crc(bytes, sizeof bytes, 0x8a9136aa);
	memset(bytes, 0xff, sizeof bytes);
	expect_crc(bytes, sizeof bytes, 0x62a8ab43);
	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] = (uint8_t)i;
	}
	expect_crc(bytes, sizeof bytes, 0x46dd794e);
	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] = (uint8_t)(31 - i);
	}
	expect_crc(bytes, sizeof bytes, 0x113fdb5c);
	expect_crc(command, sizeof command, 0xd9963a56);
	expect_crc((const uint8_t *)"123456789", 9, 0xe3069283);
}

/* Octets of 0 that are not read do what those do that are; both ways of reading agree at any length. */
static void
test_zeros(void **state)
{
	static const uint8_t zeros[70000];
	static const uint32_t lengths[] = {0, 1, 2, 3, 4, 7, 255, 256, 1496, 32768, 65535, 65536, 69999};
	struct random_source random = random_seeded(3);
	uint8_t bytes[MOST];

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		const uint32_t begun = (uint32_t)i * 0x9e3779b9U + 1;

		assert_int_equal(crc32c_add_zeros(begun, lengths[i]), crc32c_add_by_table(begun, zeros, lengths[i]));
	}
	for (uint32_t i = 0; i < ROUNDS; i++) {
		const size_t length = random_below(&random, MOST);

		draw(&random, bytes, length);
		assert_int_equal(crc32c_add(i, bytes, length), crc32c_add_by_table(i, bytes, length));
	}
}

/* Other ports by the difference: right packets stay right, and damaged ones stay damaged. */
static void
test_ports_by_difference(void **state)
{
	struct random_source random = random_seeded(4);
	uint8_t bytes[MOST];
	uint8_t ports[4];

	(void)state;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		const uint32_t length = 16 + random_below(&random, MOST - 16);

		draw(&random, bytes, length);
		draw(&random, ports, sizeof ports);
		uint8_t *packet = exact_block(bytes, length);

		bytes_store_32(packet + SCTP_CHECKSUM_AT, sctp_checksum(packet, length));
		const uint32_t damage = i % 2 == 0 ? 0 : 0x40;

		packet[9] ^= (uint8_t)damage;
		sctp_set_ports(packet, ports, length);
		packet[9] ^= (uint8_t)damage;
		assert_memory_equal(packet, ports, sizeof ports);
		assert_memory_equal(packet + 4, bytes + 4, 4);
		assert_memory_equal(packet + SCTP_HEADER, bytes + SCTP_HEADER, length - SCTP_HEADER);
		assert_int_equal(bytes_load_32(packet + SCTP_CHECKSUM_AT), sctp_checksum(packet, length));
		free(packet);
	}
}

/* Its octets stand in the packet lowest first (RFC 9260 appendix A): the CRC of 12 + 20 octets of 0 is that of RFC 3720's 32. */
static void
test_order(void **state)
{
	static const uint8_t zeros[32];
	uint8_t stored[4];
	uint8_t *packet = exact_block(zeros, sizeof zeros);

	(void)state;
	bytes_store_32(stored, sctp_checksum(packet, sizeof zeros));
	assert_memory_equal(stored, ((const uint8_t[]){0xaa, 0x36, 0x91, 0x8a}), 4);
	free(packet);
}

static enum sctp_status
sctp_status_of(const uint8_t *bytes, size_t length, struct sctp_header *header)
{
	uint8_t *exact = exact_block(bytes, length);
	const enum sctp_status status = sctp_parse(exact, length, header);

	free(exact);
	return status;
}

static void
test_sctp_header(void **state)
{
	uint8_t bytes[20] = {0x13, 0x88, 0x96, 0x0c, 1, 2, 3, 4, 0, 0, 0, 0, 1, 0, 0, 8};
	struct sctp_header header;

	(void)state;
	assert_int_equal(sctp_status_of(bytes, 16, &header), SCTP_OK);
	assert_int_equal(header.source_port, 5000);
	assert_int_equal(header.destination_port, 38412);
	assert_int_equal(header.chunk, 8);
	for (size_t length = 0; length < 16; length++) {
		assert_int_equal(sctp_status_of(bytes, length, &header), SCTP_TRUNCATED);
	}
	for (uint8_t chunk = 0; chunk < 4; chunk++) {
		bytes[15] = chunk;
		assert_int_equal(sctp_status_of(bytes, 20, &header), SCTP_BAD_CHUNK);
	}
}

static enum udp_lite_status
light_status_of(const uint8_t *bytes, size_t length, struct udp_lite_header *header)
{
	uint8_t *exact = exact_block(bytes, length);
	const enum udp_lite_status status = udp_lite_parse(exact, length, header);

	free(exact);
	return status;
}

/* RFC 3828 3.1: coverage is 0, or 8 and more; a checksum of 0 is none, and there must be one. */
static void
test_udp_lite_header(void **state)
{
	uint8_t bytes[12] = {0x13, 0x88, 0, 99, 0, 0, 0x12, 0x34};
	struct udp_lite_header header;

	(void)state;
	for (size_t length = 0; length < 8; length++) {
		assert_int_equal(light_status_of(bytes, length, &header), UDP_LITE_TRUNCATED);
	}
	for (uint8_t coverage = 0; coverage < 13; coverage++) {
		bytes[5] = coverage;
		assert_int_equal(light_status_of(bytes, 12, &header),
		    coverage >= 1 && coverage <= 7 ? UDP_LITE_BAD_COVERAGE : UDP_LITE_OK);
		assert_int_equal(header.coverage, coverage);
	}
	assert_int_equal(header.source_port, 5000);
	assert_int_equal(header.destination_port, 99);
	assert_int_equal(header.checksum, 0x1234);
	bytes[6] = 0;
	bytes[7] = 0;
	assert_int_equal(light_status_of(bytes, 12, &header), UDP_LITE_NO_CHECKSUM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_zeros),
	    cmocka_unit_test(test_ports_by_difference),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_sctp_header),
	    cmocka_unit_test(test_udp_lite_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
