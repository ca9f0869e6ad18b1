/*
 * What ping and traceroute are called with: the options of the request in their words, and nothing that is not a number or an address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan.h"

/* The arguments as one line, or the sentence behind "!". */
static void
expect_plan(const char *rpc, const char *const *pairs, const char *source, const char *expected)
{
	struct op_tree request;
	struct plan plan;
	struct text said = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	op_tree_start(&request, rpc);
	for (size_t i = 0; pairs[i] != NULL; i += 2) {
		(void)op_add(&request, request.root, pairs[i], strcmp(pairs[i + 1], "-") == 0 ? NULL : pairs[i + 1]);
	}
	char destination[INET6_ADDRSTRLEN];
	const struct plan_ends ends = {.source = source, .destination = destination};

	if (plan_address(op_value(request.root, "destination"), destination, &error) &&
	    plan_probe(request.root, &ends, &plan, &error)) {
		for (size_t i = 0; i < plan.count; i++) {
			text_printf(&said, "%s%s", i == 0 ? "" : " ", plan.words[i]);
		}
	} else {
		text_printf(&said, "!%s", text_string(&error));
	}
	assert_string_equal(text_string(&said), expected);
	op_tree_release(&request);
	text_release(&said);
	text_release(&error);
}

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
test_options(void **state)
{
	(void)state;
	expect_plan("ping", PAIRS("destination", "10.2.2.2"), "10.2.2.1", "ping -4 -n -I 10.2.2.1 -- 10.2.2.2");
	expect_plan("ping",
	    PAIRS("destination", "10.2.2.2", "count", "3", "size", "1472", "do-not-fragment", "-", "ttl", "5", "wait", "2", "interval",
		"7"),
	    "10.2.2.1", "ping -4 -n -c 3 -i 7 -s 1472 -t 5 -W 2 -M do -I 10.2.2.1 -- 10.2.2.2");
	expect_plan("ping", PAIRS("destination", "2001:DB8:0::2", "rapid", "-"), "2001:db8::1",
	    "ping -6 -n -i 0.01 -c 5 -I 2001:db8::1 -- 2001:db8::2");
	expect_plan("ping", PAIRS("destination", "10.2.2.2", "rapid", "-", "count", "9"), "10.2.2.1",
	    "ping -4 -n -c 9 -i 0.01 -I 10.2.2.1 -- 10.2.2.2");
	expect_plan("traceroute", PAIRS("destination", "10.2.2.2", "ttl", "9", "wait", "1"), "10.2.2.1",
	    "traceroute -4 -n -m 9 -w 1 -s 10.2.2.1 -- 10.2.2.2");
}

/* mgd checks what is typed; what another sends is checked here again. */
static void
test_refused(void **state)
{
	(void)state;
	expect_plan("ping", PAIRS("destination", "-f"), "10.2.2.1", "!'-f' is not an IP address");
	expect_plan("ping", PAIRS("destination", "10.2.2.2;id"), "10.2.2.1", "!'10.2.2.2;id' is not an IP address");
	expect_plan("ping", PAIRS("count", "1"), "10.2.2.1", "!'' is not an IP address");
	expect_plan("ping", PAIRS("destination", "10.2.2.2", "count", "1 -f"), "10.2.2.1", "!ping has no such count");
	expect_plan("ping", PAIRS("destination", "10.2.2.2", "count", "-1"), "10.2.2.1", "!ping has no such count");
	expect_plan("traceroute", PAIRS("destination", "10.2.2.2", "count", "1"), "10.2.2.1", "!traceroute has no such count");
	expect_plan("ping", PAIRS("destination", "2001:db8::2"), "10.2.2.1",
	    "!10.2.2.1 cannot ask 2001:db8::2: they are of different families");
	expect_plan("ping", PAIRS("destination", "fe80::1"), "2001:db8::1", "!fe80::1 is of a link: show ipv6 neighbors tells who is there");
}

/* A name never looks like an option, an address or a word of a shell. */
static void
test_names(void **state)
{
	static const char *const names[] = {"www.example.net", "a", "Mail-1.example", "host.", "_sip.example.net", "10.2.2.2.example",
	    "1a.2b"};
	static const char *const others[] = {"", "-f", "--help", "a..b", ".a", "a b", "a;id", "$(id)", "10.2.2.2", "10.2.2", "300.1.1.1",
	    "2001:db8::1", "a.-b", "a/b", "a'b", "a\nb", "\303\251",
	    "a23456789012345678901234567890123456789012345678901234567890123x.example"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_true(plan_is_name(names[i]));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(plan_is_name(others[i]));
	}
	assert_false(plan_is_name(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
