/*
 * lib/wire against bytes worked out by hand, over exact-size heap blocks.
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
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/* The example of RFC 1071 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2. */
static void
test_checksum(void **state)
{
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	static const uint8_t odd[] = {0x12, 0x34, 0x56};

	(void)state;
	assert_int_equal(checksum_finish(checksum_sum(example, 8)), (uint16_t)~0xddf2);
	assert_int_equal(checksum_finish(checksum_sum(odd, 3)), (uint16_t)~(0x1234 + 0x5600));
	assert_int_equal(checksum_finish(checksum_sum(odd, 0)), 0xffff);
}

/* RFC 1624 4: checksum dd2f, a word goes from 5555 to 3285: 0000 (and not ffff). */
static void
test_checksum_update(void **state)
{
	struct random_source random = random_seeded(3);

	(void)state;
	assert_int_equal(checksum_update_16(0xdd2f, 0x5555, 0x3285), 0x0000);
	for (int i = 0; i < 10000; i++) {
		uint8_t bytes[20];

		for (unsigned b = 0; b < sizeof bytes; b++) {
			bytes[b] = (uint8_t)random_u64(&random);
		}
		const uint16_t before = checksum_finish(checksum_sum(bytes, sizeof bytes));
		const uint32_t word = bytes_load_32(bytes + 8);
		const uint32_t after = (uint32_t)random_u64(&random);

		bytes_store_32(bytes + 8, after);
		assert_int_equal(checksum_update_32(before, word, after),
		    checksum_finish(checksum_sum(bytes, sizeof bytes)));
	}
}

static void
test_ethernet(void **state)
{
	static const uint8_t tagged[18] = {
	    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0xe0, 0x64, 8, 0};
	struct ethernet_header header;
	uint8_t built[18];

	(void)state;
	for (size_t length = 0; length <= 18; length++) {
		uint8_t *copy = exact_block(tagged, length);

		assert_int_equal(ethernet_parse(copy, length, &header), length == 18);
		free(copy);
	}
	assert_int_equal(header.vlan, 100);
	assert_int_equal(header.type, ETHERNET_TYPE_IPV4);
	assert_int_equal(header.length, 18);
	assert_true(ethernet_to_group(tagged));
	uint8_t *plain = exact_block(tagged, 14);

	plain[12] = 8;
	assert_true(ethernet_parse(plain, 14, &header));
	assert_int_equal(header.vlan, ETHERNET_VLAN_NONE);
	assert_int_equal(header.length, 14);
	free(plain);
	ethernet_build(built, tagged, tagged + 6, 100, ETHERNET_TYPE_IPV4);
	assert_memory_equal(built, tagged, 14);
	assert_int_equal(built[15], 100);
	assert_int_equal(bytes_load_16(built + 16), ETHERNET_TYPE_IPV4);
}

/* A header of Wikipedia's article on the IPv4 checksum: b861. */
static const uint8_t ip_example[20] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
    0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

static void
test_ipv4_parse(void **state)
{
	uint8_t packet[0x73] = {0};
	struct ipv4_header header = {0};

	(void)state;
	memcpy(packet, ip_example, sizeof ip_example);
	for (size_t length = 0; length <= sizeof packet; length++) {
		uint8_t *copy = exact_block(packet, length);
		const enum ipv4_status expected = length < 20 ? IPV4_TRUNCATED
		    : length < sizeof packet                  ? IPV4_BAD_TOTAL_LENGTH
		                                              : IPV4_OK;

		assert_int_equal(ipv4_parse(copy, length, &header), expected);
		free(copy);
	}
	assert_int_equal(header.source, 0xc0a80001);
	assert_int_equal(header.destination, 0xc0a800c7);
	assert_int_equal(header.ttl, 64);
	assert_int_equal(header.protocol, 17);
	assert_int_equal(header.fragment, IPV4_DONT_FRAGMENT);
	assert_false(ipv4_is_fragment(&header));
	packet[8]--;
	assert_int_equal(ipv4_parse(packet, sizeof packet, &header), IPV4_BAD_CHECKSUM);
	packet[8]++;
	ipv4_decrement_ttl(packet);
	assert_int_equal(ipv4_parse(packet, sizeof packet, &header), IPV4_OK);
	assert_int_equal(header.ttl, 63);
	packet[0] = 0x44;
	assert_int_equal(ipv4_parse(packet, sizeof packet, &header), IPV4_BAD_HEADER_LENGTH);
	packet[0] = 0x55;
	assert_int_equal(ipv4_parse(packet, sizeof packet, &header), IPV4_BAD_VERSION);
	uint8_t *options = exact_block(ip_example, 20);

	options[0] = 0x46;
	assert_int_equal(ipv4_parse(options, 20, &header), IPV4_BAD_HEADER_LENGTH);
	free(options);
}

static void
test_ipv4_build(void **state)
{
	const struct ipv4_header header = {.source = 0xc0a80001,
	    .destination = 0xc0a800c7,
	    .total_length = 0x73,
	    .fragment = IPV4_DONT_FRAGMENT,
	    .header_length = 20,
	    .ttl = 64,
	    .protocol = 17};
	uint8_t built[20];

	(void)state;
	ipv4_build(built, &header);
	assert_memory_equal(built, ip_example, sizeof built);
}

/* Every TTL and checksum: the incremental update keeps the header right. */
static void
test_ttl_everywhere(void **state)
{
	struct ipv4_header header = {.total_length = 20, .header_length = 20, .protocol = 6};
	uint8_t built[20];

	(void)state;
	for (uint32_t i = 0; i < 65536; i++) {
		header.ttl = (uint8_t)(2 + i % 254);
		header.identification = (uint16_t)i;
		ipv4_build(built, &header);
		ipv4_decrement_ttl(built);
		assert_int_equal(checksum_fold(checksum_sum(built, 20)), 0xffff);
	}
}

static void
test_ipv4_class(void **state)
{
	static const struct {
		uint32_t address;
		enum ipv4_class class;
	} rows[] = {
	    {0, IPV4_CLASS_ZERO},
	    {0x00ffffff, IPV4_CLASS_ZERO},
	    {0x01000000, IPV4_CLASS_UNICAST},
	    {0x7effffff, IPV4_CLASS_UNICAST},
	    {0x7f000000, IPV4_CLASS_LOOPBACK},
	    {0x7fffffff, IPV4_CLASS_LOOPBACK},
	    {0x80000000, IPV4_CLASS_UNICAST},
	    {0xdfffffff, IPV4_CLASS_UNICAST},
	    {0xe0000000, IPV4_CLASS_MULTICAST},
	    {0xefffffff, IPV4_CLASS_MULTICAST},
	    {0xf0000000, IPV4_CLASS_RESERVED},
	    {0xfffffffe, IPV4_CLASS_RESERVED},
	    {0xffffffff, IPV4_CLASS_BROADCAST},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(ipv4_class(rows[i].address), rows[i].class);
	}
}

static void
test_tcp(void **state)
{
	static const uint8_t syn[32] = {0x0f, 0xa0, 0, 80, 0, 0, 3, 0xe8, 0, 0, 0, 7, 0x80, 0x02,
	    0x10, 0, 0, 0, 0, 0,
	    /* MSS 1460, no-operation, window scale 9, no-operation three times, end */
	    2, 4, 5, 0xb4, 1, 3, 3, 9, 1, 1, 1, 0};
	struct tcp_header header;

	(void)state;
	for (size_t length = 0; length <= sizeof syn; length++) {
		uint8_t *copy = exact_block(syn, length);
		const enum tcp_status expected = length < 20   ? TCP_TRUNCATED
						 : length < 32 ? TCP_BAD_HEADER_LENGTH
							       : TCP_OK;

		assert_int_equal(tcp_parse(copy, length, &header), expected);
		free(copy);
	}
	assert_int_equal(header.source_port, 4000);
	assert_int_equal(header.destination_port, 80);
	assert_int_equal(header.sequence, 1000);
	assert_int_equal(header.acknowledgement, 7);
	assert_int_equal(header.flags, TCP_SYN);
	assert_int_equal(header.window, 4096);
	assert_int_equal(tcp_window_scale(syn + 20, 12), 9);
	assert_int_equal(tcp_sequence_length(TCP_SYN | TCP_FIN, 10), 12);
	/* Cut options, zero and overlong lengths, shifts above 14. */
	static const uint8_t bad[][4] = {
	    {1, 1, 3, 3}, {3, 0, 9}, {3, 1, 9}, {2, 200, 3, 3}, {3, 4, 9, 9}, {1, 1, 1, 3}};

	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		uint8_t *copy = exact_block(bad[i], 4);

		assert_int_equal(tcp_window_scale(copy, 4), TCP_SCALE_NONE);
		free(copy);
	}
	assert_int_equal(tcp_window_scale((const uint8_t[]){3, 3, 200}, 3), TCP_SCALE_MOST);
	assert_int_equal(tcp_window_scale(syn, 0), TCP_SCALE_NONE);
}

static void
test_udp(void **state)
{
	static const uint8_t datagram[12] = {0, 53, 0x10, 0, 0, 12, 0xab, 0xcd, 1, 2, 3, 4};
	struct udp_header header;

	(void)state;
	for (size_t length = 0; length <= sizeof datagram; length++) {
		uint8_t *copy = exact_block(datagram, length);
		const enum udp_status expected = length < 8    ? UDP_TRUNCATED
						 : length < 12 ? UDP_BAD_LENGTH
							       : UDP_OK;

		assert_int_equal(udp_parse(copy, length, &header), expected);
		free(copy);
	}
	assert_int_equal(header.source_port, 53);
	assert_int_equal(header.destination_port, 4096);
	assert_int_equal(header.checksum, 0xabcd);
}

static void
test_icmp_quote(void **state)
{
	uint8_t quoted[28] = {0};
	struct icmp_quote quote;

	(void)state;
	memcpy(quoted, ip_example, 20);
	memcpy(quoted + 20, (const uint8_t[]){0, 53, 0x10, 0, 1, 2, 3, 4}, 8);
	for (size_t length = 0; length <= sizeof quoted; length++) {
		uint8_t *copy = exact_block(quoted, length);

		assert_int_equal(icmp_parse_quote(copy, length, &quote), length == 28);
		free(copy);
	}
	assert_int_equal(quote.source_port, 53);
	assert_int_equal(quote.destination_port, 4096);
	assert_int_equal(quote.sequence, 0x01020304);
	quoted[7] = 1;
	assert_false(icmp_parse_quote(quoted, sizeof quoted, &quote));
	quoted[7] = 0;
	quoted[0] = 0x4f;
	assert_false(icmp_parse_quote(quoted, sizeof quoted, &quote));
}

static void
test_icmp_build(void **state)
{
	uint8_t message[8 + 28] = {0};

	(void)state;
	memcpy(message + 8, ip_example, 20);
	icmp_build_error(message, ICMP_UNREACHABLE, ICMP_UNREACHABLE_FRAGMENTATION, 1400, 28);
	assert_int_equal(checksum_fold(checksum_sum(message, sizeof message)), 0xffff);
	assert_int_equal(bytes_load_16(message + 6), 1400);
}

static void
test_arp(void **state)
{
	const struct arp_packet reply = {.operation = ARP_REPLY,
	    .sender = 0x0a000001,
	    .target = 0x0a000002,
	    .sender_mac = {2, 0, 0, 0, 0, 1},
	    .target_mac = {2, 0, 0, 0, 0, 2}};
	struct arp_packet parsed;
	uint8_t built[ARP_PACKET];

	(void)state;
	arp_build(built, &reply);
	for (size_t length = 0; length <= sizeof built; length++) {
		uint8_t *copy = exact_block(built, length);

		assert_int_equal(arp_parse(copy, length, &parsed), length == ARP_PACKET);
		free(copy);
	}
	assert_int_equal(parsed.operation, reply.operation);
	assert_int_equal(parsed.sender, reply.sender);
	assert_int_equal(parsed.target, reply.target);
	assert_memory_equal(parsed.sender_mac, reply.sender_mac, sizeof reply.sender_mac);
	assert_memory_equal(parsed.target_mac, reply.target_mac, sizeof reply.target_mac);
	built[8] = 1; /* a group as sender */
	assert_false(arp_parse(built, sizeof built, &parsed));
	built[8] = 2;
	built[7] = 3;
	assert_false(arp_parse(built, sizeof built, &parsed));
	built[7] = 2;
	built[4] = 8;
	assert_false(arp_parse(built, sizeof built, &parsed));
}

/* Every length, at any alignment, of octets that carry much: held against RFC 1071 word by word. */
static void
test_checksum_lengths(void **state)
{
	struct random_source random = random_seeded(5);
	uint8_t bytes[320];

	(void)state;
	for (unsigned fill = 0; fill < 3; fill++) {
		for (size_t i = 0; i < sizeof bytes; i++) {
			bytes[i] = fill == 0 ? 0xff : fill == 1 ? 0 : (uint8_t)random_below(&random, 256);
		}
		for (size_t length = 0; length <= 300; length++) {
			const uint8_t *at = bytes + length % 7;
			uint64_t words = 0;

			for (size_t i = 0; i < length; i++) {
				words += (i & 1) != 0 ? at[i] : (uint64_t)at[i] << 8;
			}
			while (words >> 16 != 0) {
				words = (words & 0xffff) + (words >> 16);
			}
			assert_int_equal(checksum_finish(checksum_sum(at, length)), (uint16_t)~words);
		}
	}
	for (unsigned i = 0; i < 1000; i++) {
		const uint32_t source = (uint32_t)random_u64(&random);
		const uint32_t destination = (uint32_t)random_u64(&random);
		const uint16_t length = (uint16_t)random_below(&random, 65536);
		uint8_t addresses[8];

		bytes_store_32(addresses, source);
		bytes_store_32(addresses + 4, destination);
		assert_int_equal(checksum_fold(checksum_pseudo_at(addresses, 17, length)),
		    checksum_fold(checksum_pseudo(source, destination, 17, length)));
	}
}

/* A SYN with `options` (a multiple of four octets), its checksum right for a pseudo-header that sums to nothing. */
static uint8_t *
syn_with(const uint8_t *options, uint8_t length)
{
	uint8_t segment[60] = {0x0f, 0xa0, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0, TCP_SYN, 0xff, 0xff};

	segment[12] = (uint8_t)((TCP_HEADER + length) / 4 << 4);
	memcpy(segment + TCP_HEADER, options, length);
	bytes_store_16(segment + 16, checksum_finish(checksum_sum(segment, TCP_HEADER + length)));
	return exact_block(segment, TCP_HEADER + length);
}

/* tcp-mss: the option is found wherever it stands, made small, and the checksum stays right. */
static void
test_tcp_limit_segment(void **state)
{
	static const struct {
		uint8_t options[12];
		uint8_t length;
		uint16_t most;
		bool changes;
		uint8_t after[12];
	} rows[] = {
	    {{2, 4, 0x05, 0xb4}, 4, 1350, true, {2, 4, 0x05, 0x46}},
	    {{2, 4, 0x05, 0xb4}, 4, 1460, false, {2, 4, 0x05, 0xb4}},
	    {{2, 4, 0x02, 0x18}, 4, 1350, false, {2, 4, 0x02, 0x18}},
	    /* at an odd place, after a scale option */
	    {{3, 3, 7, 2, 4, 0x23, 0x00, 0}, 8, 1350, true, {3, 3, 7, 2, 4, 0x05, 0x46, 0}},
	    {{1, 1, 1, 2, 4, 0xff, 0xff, 1}, 8, 64, true, {1, 1, 1, 2, 4, 0, 64, 1}},
	    /* said twice: the last one counts for some */
	    {{2, 4, 0x05, 0xb4, 2, 4, 0x05, 0xb5}, 8, 1350, true, {2, 4, 0x05, 0x46, 2, 4, 0x05, 0x46}},
	    /* behind the end, of another length, cut short, a length of nothing (08257): left alone */
	    {{0, 0, 0, 0, 2, 4, 0x05, 0xb4}, 8, 1350, false, {0, 0, 0, 0, 2, 4, 0x05, 0xb4}},
	    {{2, 3, 0xff, 1}, 4, 1350, false, {2, 3, 0xff, 1}},
	    {{1, 1, 2, 4}, 4, 1350, false, {1, 1, 2, 4}},
	    {{1, 2, 4, 0xff}, 4, 1350, false, {1, 2, 4, 0xff}},
	    {{8, 0, 2, 4, 0xff, 0xff, 0, 0}, 8, 1350, false, {8, 0, 2, 4, 0xff, 0xff, 0, 0}},
	    {{8, 1, 2, 4, 0xff, 0xff, 0, 0}, 8, 1350, false, {8, 1, 2, 4, 0xff, 0xff, 0, 0}},
	    {{1, 1, 1, 2}, 4, 1350, false, {1, 1, 1, 2}},
	    {{0}, 0, 1350, false, {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t *segment = syn_with(rows[i].options, rows[i].length);
		const uint8_t header = (uint8_t)(TCP_HEADER + rows[i].length);

		assert_int_equal(tcp_limit_segment(segment, header, rows[i].most), rows[i].changes);
		assert_memory_equal(segment + TCP_HEADER, rows[i].after, rows[i].length);
		assert_int_equal(checksum_fold(checksum_sum(segment, header)), 0xffff);
		free(segment);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_checksum_lengths),
	    cmocka_unit_test(test_checksum),
	    cmocka_unit_test(test_checksum_update),
	    cmocka_unit_test(test_ethernet),
	    cmocka_unit_test(test_ipv4_parse),
	    cmocka_unit_test(test_ipv4_build),
	    cmocka_unit_test(test_ttl_everywhere),
	    cmocka_unit_test(test_ipv4_class),
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_tcp_limit_segment),
	    cmocka_unit_test(test_udp),
	    cmocka_unit_test(test_icmp_quote),
	    cmocka_unit_test(test_icmp_build),
	    cmocka_unit_test(test_arp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
