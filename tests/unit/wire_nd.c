/*
 * lib/wire's neighbour and listener discovery against messages that scapy made, over exact-size
 * heap blocks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "wire/nd.h"

/* ICMPv6ND_NS(tgt='2001:db8::2') / ICMPv6NDOptSrcLLAddr(lladdr='02:53:50:00:00:01') */
static const uint8_t solicitation[32] = {0x87, 0x00, 0xfb, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x20, 0x01,
    0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x01, 0x01,
    0x02, 0x53, 0x50, 0x00, 0x00, 0x01};
/* ICMPv6ND_NA(tgt='2001:db8::2', R=1, S=1, O=1) / ICMPv6NDOptDstLLAddr('02:00:00:00:00:02') */
static const uint8_t advertisement[32] = {0x88, 0x00, 0x68, 0xe1, 0xe0, 0x00, 0x00, 0x00, 0x20, 0x01,
    0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x01,
    0x02, 0x00, 0x00, 0x00, 0x00, 0x02};
/* ICMPv6ND_RA(chlim=64, O=1, prf=0, routerlifetime=1800) / SrcLLAddr / MTU(1400) /
 * PrefixInfo('2001:db8:0:1::', 64, L=1, A=1, 2592000, 604800) / RDNSS(1800, two servers) */
static const uint8_t router[104] = {0x86, 0x00, 0x00, 0x00, 0x40, 0x40, 0x07, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x01, 0x02, 0x53, 0x50, 0x00, 0x00, 0x01, 0x05, 0x01, 0x00,
    0x00, 0x00, 0x00, 0x05, 0x78, 0x03, 0x04, 0x40, 0xc0, 0x00, 0x27, 0x8d, 0x00, 0x00, 0x09, 0x3a,
    0x80, 0x00, 0x00, 0x00, 0x00, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x19, 0x05, 0x00, 0x00, 0x00, 0x00, 0x07, 0x08, 0x20, 0x01, 0x0d,
    0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x53, 0x20, 0x01, 0x0d,
    0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x54};
/* IPv6ExtHdrHopByHop(RouterAlert(0)) / ICMPv6MLReport2 of ff02::1:ff00:2 and ff02::2, type 4 */
static const uint8_t report[56] = {0x3a, 0x00, 0x05, 0x02, 0x00, 0x00, 0x01, 0x00, 0x8f, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x02, 0x04, 0x00, 0x00, 0x00, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x01, 0xff, 0x00, 0x00, 0x02, 0x04, 0x00, 0x00, 0x00, 0xff, 0x02, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02};

static const struct ipv6_address target = {0x20010db800000000, 2};
static const uint8_t our_mac[6] = {0x02, 0x53, 0x50, 0x00, 0x00, 0x01};

/* Parses a copy whose last octet is the last of its heap block. */
static bool
parse(const void *bytes, size_t length, struct nd_message *message)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	const bool good = nd_parse(copy, length, message);

	free(copy);
	return good;
}

static void
test_parse(void **state)
{
	struct nd_message message;

	(void)state;
	for (size_t length = 0; length <= sizeof solicitation; length++) {
		/* Whole with its option, or without any. */
		assert_int_equal(
		    parse(solicitation, length, &message), length == 24 || length == 32);
	}
	assert_int_equal(message.type, ICMP6_NEIGHBOUR_SOLICITATION);
	assert_true(ipv6_equal(message.target, target));
	assert_true(message.has_source_mac && !message.has_target_mac && !message.has_nonce);
	assert_memory_equal(message.source_mac, our_mac, 6);
	assert_true(parse(advertisement, sizeof advertisement, &message));
	assert_int_equal(message.flags, ND_ROUTER | ND_SOLICITED | ND_OVERRIDE);
	assert_true(message.has_target_mac && !message.has_source_mac);
	assert_memory_equal(message.target_mac, "\x02\x00\x00\x00\x00\x02", 6);
	for (size_t length = 0; length <= sizeof router; length++) {
		const bool whole = length == 16 || length == 24 || length == 32 || length == 64 ||
				   length == 104;

		assert_int_equal(parse(router, length, &message), whole);
	}
	assert_int_equal(message.type, ICMP6_ROUTER_ADVERTISEMENT);
	assert_true(parse("\x85\x00\x00\x00\x00\x00\x00\x00", 8, &message));
	assert_int_equal(message.type, ICMP6_ROUTER_SOLICITATION);
}

/* One octet of a good message made bad. */
static void
test_parse_bad(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} rows[] = {
	    {0, 138},  /* another type */
	    {1, 1},    /* a code */
	    {8, 0xff}, /* a group as target */
	    {25, 0},   /* an option without length */
	    {25, 2},   /* an option past the end */
	    {26, 3},   /* a group's MAC address */
	};
	struct nd_message message;
	uint8_t many[24 + 17 * 8];
	uint8_t long_option[40];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t bytes[sizeof solicitation];

		memcpy(bytes, solicitation, sizeof bytes);
		bytes[rows[i].at] = rows[i].value;
		assert_false(parse(bytes, sizeof bytes, &message));
	}
	/* A link-layer address of another medium: 16 octets. */
	memset(long_option, 0, sizeof long_option);
	memcpy(long_option, solicitation, sizeof solicitation);
	long_option[25] = 2;
	assert_false(parse(long_option, sizeof long_option, &message));
	/* The bound of options: 16. */
	memcpy(many, solicitation, 24);
	for (unsigned i = 0; i < 17; i++) {
		memcpy(many + 24 + (size_t)i * 8, "\xfe\x01\x00\x00\x00\x00\x00\x00", 8);
	}
	assert_true(parse(many, 24 + 16 * 8, &message));
	assert_false(parse(many, sizeof many, &message));
}

static void
test_build(void **state)
{
	struct nd_message message = {
	    .type = ICMP6_NEIGHBOUR_SOLICITATION, .target = target, .has_source_mac = true};
	const struct nd_message nonce = {.type = ICMP6_NEIGHBOUR_SOLICITATION,
	    .target = target,
	    .has_nonce = true,
	    .nonce = {1, 2, 3, 4, 5, 6}};
	struct nd_message back;
	uint8_t bytes[ND_NEIGHBOUR_MOST];

	(void)state;
	memcpy(message.source_mac, our_mac, 6);
	memset(bytes, 0xaa, sizeof bytes);
	assert_int_equal(nd_build(bytes, &message), sizeof solicitation);
	memcpy(bytes + 2, solicitation + 2, 2); /* the checksum is the caller's */
	assert_memory_equal(bytes, solicitation, sizeof solicitation);
	message = (struct nd_message){.type = ICMP6_NEIGHBOUR_ADVERTISEMENT,
	    .flags = ND_ROUTER | ND_SOLICITED | ND_OVERRIDE,
	    .target = target,
	    .has_target_mac = true,
	    .target_mac = {2, 0, 0, 0, 0, 2}};
	memset(bytes, 0xaa, sizeof bytes);
	assert_int_equal(nd_build(bytes, &message), sizeof advertisement);
	memcpy(bytes + 2, advertisement + 2, 2);
	assert_memory_equal(bytes, advertisement, sizeof advertisement);
	assert_int_equal(nd_build(bytes, &nonce), 32);
	assert_memory_equal(bytes + 24, "\x0e\x01\x01\x02\x03\x04\x05\x06", 8);
	assert_true(parse(bytes, 32, &back));
	assert_true(back.has_nonce);
	assert_memory_equal(back.nonce, nonce.nonce, ND_NONCE);
}

static void
test_build_router(void **state)
{
	const struct nd_advertisement head = {.lifetime = 1800, .hop_limit = 64, .flags = ND_OTHER};
	const struct nd_prefix prefix = {
	    /* What is not of the prefix is not sent. */
	    .prefix = {0x20010db800000001, 0x1234},
	    .length = 64,
	    .flags = ND_ON_LINK | ND_AUTONOMOUS,
	    .valid = 2592000,
	    .preferred = 604800,
	};
	const struct ipv6_address servers[] = {
	    {0x20010db800000000, 0x53}, {0x20010db800000000, 0x54}};
	uint8_t bytes[sizeof router];
	uint8_t *to = bytes;

	(void)state;
	memset(bytes, 0xaa, sizeof bytes);
	to += nd_build_advertisement(to, &head);
	to += nd_build_source_mac(to, our_mac);
	to += nd_build_mtu(to, 1400);
	to += nd_build_prefix(to, &prefix);
	to += nd_build_dns(to, servers, 2, 1800);
	assert_ptr_equal(to, bytes + sizeof bytes);
	assert_memory_equal(bytes, router, sizeof router);
}

static void
test_listener(void **state)
{
	/* ICMPv6MLQuery2(mladdr='::') */
	static const uint8_t query[28] = {0x82, 0x00, 0x59, 0x0b, 0x27, 0x10};
	const struct ipv6_address groups[] = {
	    {0xff02000000000000, 0x1ff000002}, {0xff02000000000000, 2}};
	struct ipv6_address group;
	uint8_t bytes[sizeof report];
	uint8_t other[24];

	(void)state;
	memset(bytes, 0xaa, sizeof bytes);
	assert_int_equal(mld_build_router_alert(bytes), 8);
	assert_int_equal(mld_build_report(bytes + 8, MLD_TO_EXCLUDE, groups, 2), 48);
	assert_memory_equal(bytes, report, sizeof report);
	assert_true(mld_parse_query(query, 28, &group));
	assert_true(ipv6_is_unspecified(group));
	assert_true(mld_parse_query(query, 24, &group));
	assert_false(mld_parse_query(query, 23, &group));
	memcpy(other, query, sizeof other);
	other[8] = 0x20; /* a group that is none */
	assert_false(mld_parse_query(other, sizeof other, &group));
}

static void
test_random(void **state)
{
	struct random_source random = random_seeded(21);

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[64] = {0};
		struct nd_message message;
		const size_t length = random_below(&random, sizeof bytes + 1);

		for (size_t b = 0; b < length; b++) {
			bytes[b] = (uint8_t)random_below(&random, b > 24 ? 4 : 256);
		}
		if (length > 1) {
			bytes[0] = (uint8_t)(133 + random_below(&random, 5));
			bytes[1] = 0;
		}
		(void)parse(bytes, length, &message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_bad),
	    cmocka_unit_test(test_build),
	    cmocka_unit_test(test_build_router),
	    cmocka_unit_test(test_listener),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
