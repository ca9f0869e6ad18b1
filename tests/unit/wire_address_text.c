/*
 * Addresses as text: the rules of RFC 5952 4, by hand and against the C library.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "base/random.h"
#include "wire/address_text.h"

static void
test_forms(void **state)
{
	static const struct {
		struct ipv6_address address;
		const char *text;
	} rows[] = {
	    {{0, 0}, "::"},
	    {{0, 1}, "::1"},
	    {{0x20010db800000000, 1}, "2001:db8::1"},
	    {{0x20010db800000000, 0}, "2001:db8::"},
	    /* 4.2.2: one zero group is not shortened; 4.2.3: the longer run, then the first. */
	    {{0x20010db800000001, 0x0001000100010001}, "2001:db8:0:1:1:1:1:1"},
	    {{0x2001000000000001, 0x0000000000000001}, "2001:0:0:1::1"},
	    {{0x20010db800000000, 0x0001000000000001}, "2001:db8::1:0:0:1"},
	    {{0x0000000000000001, 0x0002000300040005}, "::1:2:3:4:5"},
	    {{0xffffffffffffffff, 0xffffffffffffffff}, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	    {{0xfe80000000000000, 0x025353fffe000102}, "fe80::253:53ff:fe00:102"},
	    {{0, 0x0000ffff0a010203}, "10.1.2.3"},
	    {{0, 0x0000ffff00000000}, "0.0.0.0"},
	    {{0, 0x0000ffffffffffff}, "255.255.255.255"},
	};
	char text[ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_string_equal(address_text(text, rows[i].address), rows[i].text);
	}
}

/* Random addresses with many zero groups. */
static void
test_as_the_library(void **state)
{
	struct random_source random = random_seeded(5);

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t octets[16] = {0x20};
		char ours[ADDRESS_TEXT];
		char theirs[INET6_ADDRSTRLEN];
		const uint64_t shape = random_u64(&random);
		struct ipv6_address address = {0, 0};

		for (unsigned group = 1; group < 8; group++) {
			const uint16_t value = (uint16_t)random_u64(&random);

			octets[2 * group] = (shape >> group & 1) != 0 ? (uint8_t)(value >> 8) : 0;
			octets[2 * group + 1] =
			    (shape >> (8 + group) & 1) != 0 ? (uint8_t)value : 0;
		}
		for (unsigned octet = 0; octet < 8; octet++) {
			address.high = address.high << 8 | octets[octet];
			address.low = address.low << 8 | octets[8 + octet];
		}
		assert_non_null(inet_ntop(AF_INET6, octets, theirs, sizeof theirs));
		assert_string_equal(address_text(ours, address), theirs);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_as_the_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
