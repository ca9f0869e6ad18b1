/*
 * lib/wire's IPv6 and ICMPv6 against bytes that scapy made or that are worked out by hand, over
 * exact-size heap blocks.
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
#include "wire/icmp6.h"
#include "wire/ipv6.h"

/* IPv6(src='2001:db8::1', dst='2001:db8:1::2', hlim=7, tc=0xb8, fl=0x12345) /
 * ICMPv6EchoRequest(id=0x1234, seq=5, data=b'abc') */
static const uint8_t echo[51] = {0x6b, 0x81, 0x23, 0x45, 0x00, 0x0b, 0x3a, 0x07, 0x20, 0x01, 0x0d,
    0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01, 0x0d,
    0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x80, 0x00, 0x4d,
    0xa8, 0x12, 0x34, 0x00, 0x05, 0x61, 0x62, 0x63};

/* IPv6(src='2001:db8:1::ff', dst='2001:db8::1') / ICMPv6PacketTooBig(mtu=1280) /
 * IPv6(src='2001:db8::1', dst='2001:db8:1::2', hlim=7) / IPv6ExtHdrDestOpt(PadN of 4) /
 * UDP(sport=5000, dport=53) / b'x' */
static const uint8_t too_big[105] = {0x60, 0x00, 0x00, 0x00, 0x00, 0x41, 0x3a, 0x40, 0x20, 0x01,
    0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0x20, 0x01,
    0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00,
    0xee, 0x0e, 0x00, 0x00, 0x05, 0x00, 0x60, 0x00, 0x00, 0x00, 0x00, 0x11, 0x3c, 0x07, 0x20, 0x01,
    0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01,
    0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x11, 0x00,
    0x01, 0x04, 0x00, 0x00, 0x00, 0x00, 0x13, 0x88, 0x00, 0x35, 0x00, 0x09, 0x18, 0xa9, 0x78};

static const struct ipv6_address one = {0x20010db800000000, 1};
static const struct ipv6_address two = {0x20010db800010000, 2};

static void
test_header(void **state)
{
	struct ipv6_header header;
	uint8_t built[IPV6_HEADER];

	(void)state;
	assert_int_equal(ipv6_parse(echo, sizeof echo, &header), IPV6_OK);
	assert_int_equal(header.traffic_class, 0xb8);
	assert_int_equal(header.flow_label, 0x12345);
	assert_int_equal(header.payload_length, 11);
	assert_int_equal(header.next_header, IPV6_NEXT_ICMP);
	assert_int_equal(header.hop_limit, 7);
	assert_true(ipv6_equal(header.source, one));
	assert_true(ipv6_equal(header.destination, two));
	ipv6_build(built, &header);
	assert_memory_equal(built, echo, IPV6_HEADER);
	for (size_t length = 0; length <= sizeof echo + 3; length++) {
		uint8_t padded[sizeof echo + 3] = {0};

		memcpy(padded, echo, sizeof echo);
		uint8_t *copy = exact_block(padded, length);

		assert_int_equal(ipv6_parse(copy, length, &header),
		    length < IPV6_HEADER	  ? IPV6_TRUNCATED
			: length < sizeof echo ? IPV6_BAD_PAYLOAD_LENGTH
					       : IPV6_OK);
		free(copy);
	}
	memcpy(built, echo, sizeof built);
	built[0] = 0x4b;
	assert_int_equal(ipv6_parse(built, sizeof built, &header), IPV6_BAD_VERSION);
}

static void
test_addresses(void **state)
{
	static const uint8_t mac[6] = {0x00, 0x53, 0x50, 0xaa, 0xbb, 0xcc};
	const struct ipv6_address link_local = ipv6_link_local_of(mac);
	uint8_t bytes[16];
	uint8_t group[6];

	(void)state;
	assert_true(link_local.high == 0xfe80000000000000 && link_local.low == 0x025350fffeaabbcc);
	ipv6_address_store(bytes, link_local);
	assert_int_equal(bytes[0], 0xfe);
	assert_int_equal(bytes[15], 0xcc);
	assert_true(ipv6_equal(ipv6_address_load(bytes), link_local));
	const struct ipv6_address node = ipv6_solicited_node(link_local);

	assert_true(node.high == 0xff02000000000000 && node.low == 0x00000001ffaabbcc);
	assert_true(ipv6_is_solicited_node(node));
	assert_false(ipv6_is_solicited_node(IPV6_ALL_NODES));
	assert_int_equal(ipv6_multicast_scope(node), 2);
	ipv6_group_mac(node, group);
	assert_memory_equal(group, "\x33\x33\xff\xaa\xbb\xcc", 6);
	assert_true(ipv6_is_mapped(ipv6_mapped(0xc0000201)));
	assert_true(ipv6_mapped(0xc0000201).low == 0x0000ffffc0000201);
	assert_int_equal(ipv6_compare(one, two), -1);
	assert_int_equal(ipv6_compare(two, one), 1);
	assert_int_equal(ipv6_compare(one, (struct ipv6_address){one.high, 2}), -1);
	assert_int_equal(ipv6_compare(one, one), 0);
	for (unsigned length = 0; length <= 128; length++) {
		const struct ipv6_address mask = ipv6_mask(length);

		assert_int_equal((unsigned)__builtin_popcountll(mask.high) +
				     (unsigned)__builtin_popcountll(mask.low),
		    length);
		/* 2001:db8::1 and 2001:db8:1::2 differ in bit 47 (of 0) first. */
		assert_int_equal(ipv6_covers(one, length, two), length <= 47);
	}
}

/* RFC 4291 2.4 and the reserved rest, which must be dropped. */
static void
test_classes(void **state)
{
	static const struct {
		struct ipv6_address address;
		enum ipv6_class class;
	} rows[] = {
	    {{0x2000000000000000, 0}, IPV6_CLASS_UNICAST},
	    {{0x3fffffffffffffff, UINT64_MAX}, IPV6_CLASS_UNICAST},
	    {{0x0064ff9b00000000, 0xc0000201}, IPV6_CLASS_UNICAST},
	    {{0x4000000000000000, 1}, IPV6_CLASS_RESERVED},
	    {{0x1fffffffffffffff, 1}, IPV6_CLASS_RESERVED},
	    {{0, 0}, IPV6_CLASS_UNSPECIFIED},
	    {{0, 1}, IPV6_CLASS_LOOPBACK},
	    {{0, 2}, IPV6_CLASS_RESERVED},
	    {{0, 0x0000ffff01020304}, IPV6_CLASS_MAPPED},
	    {{0xfc00000000000000, 1}, IPV6_CLASS_UNIQUE_LOCAL},
	    {{0xfdffffffffffffff, 1}, IPV6_CLASS_UNIQUE_LOCAL},
	    {{0xfe00000000000000, 1}, IPV6_CLASS_RESERVED},
	    {{0xfe80000000000000, 1}, IPV6_CLASS_LINK_LOCAL},
	    {{0xfebfffffffffffff, 1}, IPV6_CLASS_LINK_LOCAL},
	    {{0xfec0000000000000, 1}, IPV6_CLASS_SITE_LOCAL},
	    {{0xff02000000000000, 1}, IPV6_CLASS_MULTICAST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(ipv6_class(rows[i].address), rows[i].class);
	}
}

/* Chains as "kind, octets" rows of their headers, zero otherwise; the last kind is the upper
 * layer's. */
static void
test_chain_order(void **state)
{
	static const struct {
		uint8_t kinds[12];
		unsigned count; /* the upper layer included */
		enum ipv6_chain_status status;
	} rows[] = {
	    {{6}, 1, IPV6_CHAIN_OK},
	    {{0, 60, 43, 44, 51, 60, 17}, 7, IPV6_CHAIN_OK},
	    {{60, 60, 17}, 3, IPV6_CHAIN_REPEATED},
	    {{60, 44, 60, 6}, 4, IPV6_CHAIN_OK},
	    {{60, 0, 6}, 3, IPV6_CHAIN_BAD_ORDER},
	    {{0, 0, 6}, 3, IPV6_CHAIN_REPEATED},
	    {{43, 43, 6}, 3, IPV6_CHAIN_REPEATED},
	    {{44, 44, 6}, 3, IPV6_CHAIN_REPEATED},
	    {{51, 51, 6}, 3, IPV6_CHAIN_REPEATED},
	    {{44, 43, 6}, 3, IPV6_CHAIN_BAD_ORDER},
	    {{51, 44, 6}, 3, IPV6_CHAIN_BAD_ORDER},
	    {{43, 60, 60, 6}, 4, IPV6_CHAIN_REPEATED},
	    {{0, 59}, 2, IPV6_CHAIN_OK},
	    {{0, 50}, 2, IPV6_CHAIN_OK},
	    {{0, 135}, 2, IPV6_CHAIN_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t bytes[12 * 16] = {0};
		struct ipv6_chain chain;
		size_t length = 0;

		for (unsigned k = 0; k + 1 < rows[i].count; k++) {
			bytes[length] = rows[i].kinds[k + 1];
			/* Authentication: 16 octets are a length of 2. */
			bytes[length + 1] = rows[i].kinds[k] == 51 ? 2 : 0;
			length += rows[i].kinds[k] == 51 ? 16 : 8;
		}
		uint8_t *copy = exact_block(bytes, length);

		assert_int_equal(
		    ipv6_chain_parse(copy, length, rows[i].kinds[0], &chain), rows[i].status);
		if (rows[i].status == IPV6_CHAIN_OK) {
			assert_int_equal(chain.length, length);
			assert_int_equal(chain.protocol, rows[i].kinds[rows[i].count - 1]);
		}
		for (size_t cut = 0; cut < length && rows[i].status == IPV6_CHAIN_OK; cut++) {
			uint8_t *less = exact_block(bytes, cut);

			assert_int_equal(ipv6_chain_parse(less, cut, rows[i].kinds[0], &chain),
			    IPV6_CHAIN_TRUNCATED);
			free(less);
		}
		free(copy);
	}
}

static void
test_chain_fields(void **state)
{
	static const uint8_t routing[8] = {17, 0, 4, 1};
	static const uint8_t alert[8] = {58, 0, 5, 2, 0, 0, 1, 0};
	static const uint8_t alert_bad[8] = {58, 0, 5, 1, 0, 1, 1, 0};
	static const uint8_t unknown[8] = {58, 0, 1, 0, 0x9e, 2, 0, 0};
	static const uint8_t harmless[8] = {58, 0, 1, 0, 0x1e, 2, 0, 0};
	static const uint8_t past[8] = {58, 0, 1, 5, 0, 0, 0, 0};
	static const uint8_t first[16] = {17, 0, 0, 1, 1, 2, 3, 4};
	static const uint8_t odd[15] = {17, 0, 0, 1, 1, 2, 3, 4};
	static const uint8_t later[9] = {60, 0, 0x05, 0xa8, 1, 2, 3, 4, 9};
	static const uint8_t beyond[16] = {17, 0, 0xff, 0xf8, 1, 2, 3, 4};
	struct ipv6_chain chain;

	(void)state;
	assert_int_equal(ipv6_chain_parse(routing, 8, 43, &chain), IPV6_CHAIN_OK);
	assert_int_equal(chain.flags, IPV6_CHAIN_ROUTING);
	assert_int_equal(chain.routing_type, 4);
	assert_int_equal(chain.segments_left, 1);
	assert_int_equal(chain.routing_at, 0);
	assert_int_equal(ipv6_chain_parse(alert, 8, 0, &chain), IPV6_CHAIN_OK);
	assert_int_equal(chain.flags, IPV6_CHAIN_HOP_BY_HOP | IPV6_CHAIN_ROUTER_ALERT);
	assert_int_equal(ipv6_chain_parse(alert_bad, 8, 0, &chain), IPV6_CHAIN_BAD_OPTION);
	assert_int_equal(chain.bad_at, 3);
	assert_int_equal(ipv6_chain_parse(unknown, 8, 0, &chain), IPV6_CHAIN_OK);
	assert_int_equal(chain.flags, IPV6_CHAIN_HOP_BY_HOP | IPV6_CHAIN_MUST_DISCARD);
	assert_int_equal(chain.bad_at, 4);
	/* Destination options are the destination's to judge. */
	assert_int_equal(ipv6_chain_parse(unknown, 8, 60, &chain), IPV6_CHAIN_OK);
	assert_int_equal(chain.flags, IPV6_CHAIN_DESTINATION | IPV6_CHAIN_DESTINATION_DISCARD);
	assert_int_equal(chain.destination_bad_at, 4);
	assert_int_equal(ipv6_chain_parse(harmless, 8, 60, &chain), IPV6_CHAIN_OK);
	assert_int_equal(chain.flags, IPV6_CHAIN_DESTINATION);
	assert_int_equal(ipv6_chain_parse(harmless, 8, 0, &chain), IPV6_CHAIN_OK);
	assert_int_equal(chain.flags, IPV6_CHAIN_HOP_BY_HOP);
	assert_int_equal(ipv6_chain_parse(past, 8, 0, &chain), IPV6_CHAIN_TRUNCATED);
	assert_int_equal(ipv6_chain_parse(past, 8, 60, &chain), IPV6_CHAIN_TRUNCATED);
	assert_int_equal(ipv6_chain_parse(first, 16, 44, &chain), IPV6_CHAIN_OK);
	assert_true(ipv6_is_fragment(&chain));
	assert_int_equal(chain.identification, 0x01020304);
	assert_int_equal(chain.fragment_offset, 0);
	assert_int_equal(ipv6_chain_parse(odd, 15, 44, &chain), IPV6_CHAIN_BAD_FRAGMENT);
	assert_int_equal(ipv6_chain_parse(odd, 8, 44, &chain), IPV6_CHAIN_BAD_FRAGMENT);
	/* A later fragment's payload is not read as headers, whatever it is. */
	assert_int_equal(ipv6_chain_parse(later, 9, 44, &chain), IPV6_CHAIN_OK);
	assert_int_equal(chain.fragment_offset, 1448);
	assert_int_equal(chain.protocol, 60);
	assert_int_equal(chain.length, 8);
	/* 65528 and 8 octets are one more than 65535. */
	assert_int_equal(ipv6_chain_parse(beyond, 16, 44, &chain), IPV6_CHAIN_BAD_FRAGMENT);
	assert_int_equal(ipv6_chain_parse(beyond, 15, 44, &chain), IPV6_CHAIN_OK);
	/* An atomic fragment is none. */
	assert_int_equal(ipv6_chain_parse((const uint8_t[8]){17}, 8, 44, &chain), IPV6_CHAIN_OK);
	assert_false(ipv6_is_fragment(&chain));
	assert_int_equal(chain.flags, IPV6_CHAIN_FRAGMENT);
}

/* The bounds: 512 octets, 32 options. */
static void
test_chain_limits(void **state)
{
	uint8_t bytes[520] = {6, 0};
	struct ipv6_chain chain;

	(void)state;
	bytes[2] = 0x1e;
	bytes[3] = 255;
	bytes[259] = 0x1e;
	bytes[260] = 251;
	bytes[1] = 63;
	assert_int_equal(ipv6_chain_parse(bytes, 512, 60, &chain), IPV6_CHAIN_OK);
	assert_int_equal(chain.length, 512);
	bytes[260] = 255;
	bytes[517] = 1;
	bytes[518] = 1;
	bytes[1] = 64;
	assert_int_equal(ipv6_chain_parse(bytes, 520, 60, &chain), IPV6_CHAIN_TOO_LONG);
	memset(bytes, 0, sizeof bytes);
	bytes[0] = 6;
	bytes[1] = 4; /* 40 octets: 38 times Pad1 */
	assert_int_equal(ipv6_chain_parse(bytes, 40, 60, &chain), IPV6_CHAIN_TOO_LONG);
	bytes[1] = 3; /* 30 times */
	assert_int_equal(ipv6_chain_parse(bytes, 32, 60, &chain), IPV6_CHAIN_OK);
}

static void
test_icmp6(void **state)
{
	struct icmp6_header header;
	uint8_t copy[sizeof echo];

	(void)state;
	assert_true(icmp6_parse(echo + 40, 11, &header));
	assert_int_equal(header.type, ICMP6_ECHO);
	assert_int_equal(header.identifier, 0x1234);
	assert_int_equal(header.parameter, 0x12340005);
	assert_false(icmp6_parse(echo + 40, 7, &header));
	assert_true(icmp6_checksum_right(echo + 8, echo + 40, 11));
	memcpy(copy, echo, sizeof copy);
	for (size_t i = 8; i < sizeof copy; i++) {
		copy[i] ^= 0x10;
		assert_false(icmp6_checksum_right(copy + 8, copy + 40, 11));
		copy[i] ^= 0x10;
	}
	copy[42] = copy[43] = 0xee;
	icmp6_set_checksum(copy + 8, copy + 40, 11);
	assert_memory_equal(copy, echo, sizeof copy);
	assert_int_equal(checksum_fold(ipv6_pseudo(one, two, 58, 11)),
	    checksum_fold(ipv6_pseudo_at(echo + 8, 58, 11)));
	assert_true(icmp6_is_error(127) && !icmp6_is_error(128));
	assert_true(icmp6_is_known_error(1) && icmp6_is_known_error(4));
	assert_false(icmp6_is_known_error(0) || icmp6_is_known_error(5));
	assert_true(icmp6_is_discovery(133) && icmp6_is_discovery(137));
	assert_false(icmp6_is_discovery(132) || icmp6_is_discovery(138));
	assert_true(icmp6_is_listener(130) && icmp6_is_listener(132) && icmp6_is_listener(143));
	assert_false(icmp6_is_listener(133) || icmp6_is_listener(129));
	assert_true(icmp6_never_answered(1) && icmp6_never_answered(137));
	assert_false(icmp6_never_answered(128));
}

static void
test_icmp6_quote(void **state)
{
	const size_t quoted = sizeof too_big - 48;
	struct icmp6_quote quote;
	uint8_t copy[sizeof too_big];

	(void)state;
	for (size_t length = 0; length <= quoted; length++) {
		uint8_t *bytes = exact_block(too_big + 48, length);

		/* The IP header, the options' 8 octets and UDP's 8. */
		assert_int_equal(icmp6_parse_quote(bytes, length, &quote), length >= 56);
		free(bytes);
	}
	assert_true(icmp6_parse_quote(too_big + 48, quoted, &quote));
	assert_true(ipv6_equal(quote.ip.source, one) && ipv6_equal(quote.ip.destination, two));
	assert_int_equal(quote.chain.protocol, 17);
	assert_int_equal(quote.source_port, 5000);
	assert_int_equal(quote.destination_port, 53);
	memset(copy, 0xaa, sizeof copy);
	memcpy(copy + 48, too_big + 48, quoted);
	icmp6_build_error(copy + 40,
	    &(struct icmp6_header){.type = ICMP6_TOO_BIG, .parameter = 1280}, too_big + 8, quoted);
	assert_memory_equal(copy + 40, too_big + 40, sizeof too_big - 40);
	/* A quoted first fragment that the error cut at a length that is no multiple of 8. */
	memcpy(copy, too_big + 48, quoted);
	copy[6] = IPV6_NEXT_FRAGMENT;
	memcpy(copy + 40, "\x11\x00\x00\x01\x00\x00\x00\x07", 8);
	assert_true(icmp6_parse_quote(copy, 57, &quote));
	assert_int_equal(quote.source_port, 5000);
	copy[42] = 1;
	assert_false(icmp6_parse_quote(copy, 57, &quote));
}

/* No bytes make the walk read past its end (a sanitizer's business) or give a length over it. */
static void
test_chain_random(void **state)
{
	static const uint8_t kinds[] = {0, 43, 44, 51, 60, 60, 6};
	struct random_source random = random_seeded(9);

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[96] = {0};
		struct ipv6_chain chain;
		const size_t length = random_below(&random, sizeof bytes);

		for (size_t b = 0; b < length; b++) {
			bytes[b] = b % 8 == 0   ? kinds[random_below(&random, sizeof kinds)]
				   : b % 8 == 1 ? (uint8_t)random_below(&random, 3)
						: (uint8_t)random_below(&random, 8);
		}
		uint8_t *copy = exact_block(bytes, length);

		if (ipv6_chain_parse(copy, length, kinds[random_below(&random, sizeof kinds)],
			&chain) == IPV6_CHAIN_OK) {
			assert_true(chain.length <= length);
			assert_true(!ipv6_is_extension(chain.protocol) ||
				    chain.fragment_offset != 0);
		} else {
			assert_true(chain.bad_at <= length);
		}
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_chain_order),
	    cmocka_unit_test(test_chain_fields),
	    cmocka_unit_test(test_chain_limits),
	    cmocka_unit_test(test_chain_random),
	    cmocka_unit_test(test_icmp6),
	    cmocka_unit_test(test_icmp6_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
