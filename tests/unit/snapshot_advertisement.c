/*
 * protocols router-advertisement: what is advertised by default (RFC 4861 6.2.1), what is written, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "snapshot_fixture.h"

#define UNIT "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64\n"
#define RA   "set protocols router-advertisement interface ge-0/0/0.0 "

static const struct snapshot_advertisement *
advertisement(const char *lines)
{
	world_set(&world, UNIT);
	world_set(&world, lines);
	world_run(&world);
	return world.snapshot->units[world_unit(&world, "ge-0/0/0.0")].advertisement;
}

static void
test_absent(void **state)
{
	(void)state;
	assert_null(advertisement("set system host-name a\n"));
}

static void
test_defaults(void **state)
{
	const struct snapshot_advertisement *row = advertisement(
	    RA "prefix 2001:db8:1::/64\n" RA "dns-server-address 2001:db8::53\n");

	(void)state;
	assert_non_null(row);
	assert_int_equal(row->max_interval, 600);
	assert_int_equal(row->min_interval, 200);
	assert_int_equal(row->lifetime, 1800);
	assert_int_equal(row->hop_limit, 64);
	assert_false(row->managed || row->other);
	assert_int_equal(row->link_mtu, 0);
	assert_int_equal(row->reachable_time, 0);
	assert_int_equal(row->prefix_count, 1);
	assert_true(ipv6_equal(row->prefixes[0].prefix, (struct ipv6_address){0x20010db800010000, 0}));
	assert_int_equal(row->prefixes[0].length, 64);
	assert_int_equal(row->prefixes[0].valid, 2592000);
	assert_int_equal(row->prefixes[0].preferred, 604800);
	assert_true(row->prefixes[0].on_link && row->prefixes[0].autonomous);
	assert_int_equal(row->server_count, 1);
	assert_true(ipv6_equal(row->servers[0], (struct ipv6_address){0x20010db800000000, 0x53}));
	assert_int_equal(row->server_lifetime, 1800);
}

static void
test_written(void **state)
{
	const struct snapshot_advertisement *row = advertisement(
	    RA "max-advertisement-interval 10\n" RA "min-advertisement-interval 4\n" RA "default-lifetime 0\n"
	    RA "current-hop-limit 0\n" RA "reachable-time 30000\n" RA "retransmit-timer 1000\n"
	    RA "managed-configuration\n" RA "other-stateful-configuration\n" RA "link-mtu\n"
	    RA "prefix 2001:db8:2::/56 no-autonomous\n" RA "prefix 2001:db8:1::/64 no-on-link\n"
	    RA "prefix 2001:db8:1::/64 valid-lifetime 600\n" RA "dns-server-address 2001:db8::53 lifetime 60\n"
	    RA "dns-server-address 2001:db8::54 lifetime 50\n"
	    "set interfaces ge-0/0/0 mtu 1414\n");

	(void)state;
	assert_int_equal(row->max_interval, 10);
	assert_int_equal(row->min_interval, 4);
	assert_int_equal(row->lifetime, 0);
	assert_int_equal(row->hop_limit, 0);
	assert_int_equal(row->reachable_time, 30000);
	assert_int_equal(row->retransmit_timer, 1000);
	assert_true(row->managed && row->other);
	assert_int_equal(row->link_mtu, 1400);
	assert_int_equal(row->prefix_count, 2);
	assert_int_equal(row->prefixes[0].length, 56);
	assert_true(row->prefixes[0].on_link && !row->prefixes[0].autonomous);
	assert_true(!row->prefixes[1].on_link && row->prefixes[1].autonomous);
	/* Preferred no longer than good. */
	assert_int_equal(row->prefixes[1].valid, 600);
	assert_int_equal(row->prefixes[1].preferred, 600);
	assert_int_equal(row->server_count, 2);
	assert_int_equal(row->server_lifetime, 50);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *lines;
		const char *message;
	} rows[] = {
	    {RA "min-advertisement-interval 451\n", "at most three quarters of max-advertisement-interval: 450"},
	    {RA "default-lifetime 599\n", "it is 0, or at least max-advertisement-interval: 600"},
	    {RA "prefix 2001:db8::/56\n", "this one needs no-autonomous"},
	    {RA "prefix fe80::/64\n", "multicast and link-local prefixes are not advertised"},
	    {RA "prefix ff02::/64\n", "multicast and link-local prefixes are not advertised"},
	    {RA "prefix 2001:db8:1::/64 preferred-lifetime 2592001\n", "it is at most valid-lifetime: 2592000"},
	    {"set protocols router-advertisement interface ge-0/0/9.0 managed-configuration\n",
		"interface 'ge-0/0/9.0' is not configured"},
	    {"set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24\n"
	     "set protocols router-advertisement interface ge-0/0/1.0 managed-configuration\n",
		"interface 'ge-0/0/1.0' has no family inet6"},
	    {RA "dns-server-address 2001:db8::1\n" RA "dns-server-address 2001:db8::2\n"
	     RA "dns-server-address 2001:db8::3\n" RA "dns-server-address 2001:db8::4\n"
	     RA "dns-server-address 2001:db8::5\n" RA "dns-server-address 2001:db8::6\n"
	     RA "dns-server-address 2001:db8::7\n" RA "dns-server-address 2001:db8::8\n"
	     RA "dns-server-address 2001:db8::9\n",
		"an advertisement has room for 8 of them"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_clear(&world);
		world_set(&world, UNIT);
		world_set(&world, rows[i].lines);
		assert_false(world_compile(&world));
		if (world_count(&world, DIAGNOSTIC_ERROR, rows[i].message) != 1) {
			fail_msg("not told once: %s", rows[i].message);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_absent, clear_world),
	    cmocka_unit_test_setup(test_defaults, clear_world),
	    cmocka_unit_test_setup(test_written, clear_world),
	    cmocka_unit_test_setup(test_refused, clear_world),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
