/*
 * IPv6 from configuration to what the engine reads: canonical forms, refusals, addresses of units, policies of both
 * families, static routes in inet6.0, modes. What requirements say of addresses and routes holds for either family.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/packet.h"
#include "snapshot_fixture.h"

#define PORTS \
	"set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:a::1/64\n" \
	"set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n" \
	"set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:b::1/64\n" \
	"set security zones security-zone a interfaces ge-0/0/0.0\n" \
	"set security zones security-zone b interfaces ge-0/0/1.0\n" \
	"set security forwarding-options family inet6 mode flow-based\n"

static struct ipv6_address
six(uint64_t high, uint64_t low)
{
	return (struct ipv6_address){high, low};
}

#define A(low) six(0x20010db8000a0000U, low)
#define B(low) six(0x20010db8000b0000U, low)

static const struct fib_hop *
hop(const char *instance, struct ipv6_address destination)
{
	return fib_lookup6(world.fib, world_instance(&world, instance), destination);
}

/* The name of the policy that takes a packet from a to b. `number`: the destination port, or ICMPv6's type + 256 * code. */
static const char *
policy(struct ipv6_address source, struct ipv6_address destination, uint8_t protocol, uint16_t number)
{
	const bool icmp = protocol == 58;
	const struct classifier_key6 key = {
	    .source = source,
	    .destination = destination,
	    .from_zone = world_zone(&world, "a"),
	    .to_zone = world_zone(&world, "b"),
	    .protocol = protocol,
	    .destination_port = icmp ? 0 : number,
	    .icmp_type = (uint8_t)(icmp ? number & 0xff : 0),
	    .icmp_code = (uint8_t)(icmp ? number >> 8 : 0),
	};
	const struct classifier_match match = classifier_lookup6(world.snapshot, &key, world.wall);

	return match.policy == PACKET_NO_POLICY ? "default-policy" : world.snapshot->policies[match.policy].name;
}

/* RFC 5952 4: lower case, no leading zeros, the longest run of zeros shortened. */
static void
test_canonical_forms(void **state)
{
	static const char *const pairs[][2] = {
	    {"set interfaces ge-0/0/0 unit 0 family inet6 address 2001:DB8:0:0:1:0:0:1/64",
		"set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8::1:0:0:1/64\n"},
	    {"set interfaces ge-0/0/0 unit 0 family inet6 address 2001:0db8::0001",
		"set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8::1/128\n"},
	    {"set security zones security-zone a address-book address x 2001:DB8::5",
		"set security zones security-zone a address-book address x 2001:db8::5/128\n"},
	    {"set routing-options rib inet6.0 static route default next-hop 2001:DB8::0:1/128",
		"set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8::1\n"},
	    {"set routing-options rib inet6.0 static route 2001:db8:1::77/48 discard",
		"set routing-options rib inet6.0 static route 2001:db8:1::/48 discard\n"},
	    {"set applications application e icmp6-type echo-request",
		"set applications application e icmp6-type echo-request\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct text out = TEXT_EMPTY;
		world_set(&world, pairs[i][0]);
		conf_render(conf_tree_top(world.tree), CONF_FORMAT_SET, &out);
		assert_string_equal(text_string(&out), pairs[i][1]);
		text_release(&out);
		world_clear(&world);
	}
}

static void
test_refusals(void **state)
{
	static const char *const rows[][2] = {
	    {"set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:a::1/48\n", "has the same address"},
	    {"set interfaces ge-0/0/1 unit 0 family inet6 address ff02::1/128\n", "this is no unicast address"},
	    {"set interfaces ge-0/0/1 unit 0 family inet6 address ::1/128\n", "this is no unicast address"},
	    {"set interfaces ge-0/0/1 mtu 1293\n", "IPv6 needs packets of 1280: the MTU of ge-0/0/1 leaves 1279"},
	    {"set interfaces ge-0/0/1 vlan-tagging\nset interfaces ge-0/0/1 unit 0 vlan-id 5\n"
	     "set interfaces ge-0/0/1 mtu 1297\n",
		"IPv6 needs packets of 1280: the MTU of ge-0/0/1 leaves 1279"},
	    {"set routing-options rib inet6.0 static route ::/0 next-hop 10.0.0.9\n",
		"a gateway of a route in inet6.0 is an IPv6 address"},
	    {"set routing-options static route 0.0.0.0/0 next-hop 2001:db8:a::9\n",
		"a gateway of a route in inet.0 is an IPv4 address"},
	    {"set routing-options rib inet6.0 static route ::/0 next-hop fe80::9\n",
		"write 'qualified-next-hop fe80::9 interface INTERFACE'"},
	    {"set routing-options rib inet6.0 static route ::/0 next-table inet.0\n",
		"a route of inet6.0 cannot go on in 'inet.0'"},
	    {"set routing-options rib inet6.0 static route ::/0 next-table x.inet6.0\n",
		"routing table 'x.inet6.0' does not exist"},
	    {"set routing-options rib r.inet6.0 static route ::/0 discard\n", "the IPv6 table here is 'inet6.0'"},
	    {"set routing-options rib inet6.0 static route ::/0 passive\n", "missing mandatory statement"},
	    {"set routing-options rib-groups g import-rib [ inet.0 inet6.0 ]\n", "a group's tables are of one family"},
	    {"set routing-options rib-groups g import-rib [ inet.0 ]\n"
	     "set routing-options interface-routes rib-group inet6 g\n",
		"the first table of rib-group 'g' is 'inet.0', not 'inet6.0'"},
	    {"set applications application e protocol icmp6\nset applications application e icmp-type echo-request\n",
		"'echo-request' is a type of ICMP: write icmp6-type"},
	    {"set applications application e protocol icmp\nset applications application e icmp6-type echo-request\n",
		"they need protocol icmp6"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_set(&world, PORTS);
		world_set(&world, rows[i][0]);
		assert_false(world_compile(&world));
		assert_int_equal(world_count(&world, DIAGNOSTIC_ERROR, rows[i][1]), 1);
		world_clear(&world);
	}
	world_set(&world, PORTS);
	world_set(&world, "set interfaces ge-0/0/1 mtu 1294\n"
	                  "set security zones security-zone a address-book address mine 2001:db8:a::1/128\n"
	                  "set security zones security-zone a address-book address loose 2001:db8:a::1/64\n");
	assert_true(world_compile(&world));
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-033 this is the address of ge-0/0/0.0"), 1);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-074 bits behind the prefix length"), 1);
}

/* RFC 4291 2.5.6, RFC 2464 5: MAC 02:53:50:00:00:01 is fe80::53:50ff:fe00:1. */
static void
test_addresses_of_units(void **state)
{
	(void)state;
	world_set(&world, PORTS "set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:b:2::1/64\n"
	                        "set interfaces ge-0/0/2 unit 0 family inet6 address fe80::7/64\n"
	                        "set interfaces ge-0/0/2 unit 0 family inet6 mtu 1400\n"
	                        "set interfaces ge-0/0/3 unit 0 family inet\n");
	world_run(&world);
	const struct snapshot_unit *first = unit("ge-0/0/1.0");
	assert_true(first->has_inet6);
	assert_false(first->has_inet);
	assert_int_equal(first->mtu6, 1500);
	assert_int_equal(first->address6_count, 3);
	assert_true(ipv6_equal(first->addresses6[0].address, B(1)));
	assert_int_equal(first->addresses6[0].length, 64);
	assert_true(ipv6_equal(first->addresses6[1].address, six(0x20010db8000b0002U, 1)));
	assert_true(ipv6_equal(first->addresses6[2].address, six(0xfe80ULL << 48, 0x005350fffe000001U)));
	assert_int_equal(first->addresses6[2].length, 64);
	assert_true(ipv6_equal(first->link_local, first->addresses6[2].address));
	const struct snapshot_unit *own = unit("ge-0/0/2.0");
	assert_int_equal(own->address6_count, 1);
	assert_true(ipv6_equal(own->link_local, six(0xfe80ULL << 48, 7)));
	assert_int_equal(own->mtu6, 1400);
	assert_int_equal(own->mtu, 1500);
	assert_false(unit("ge-0/0/3.0")->has_inet6);
	assert_int_equal(unit("ge-0/0/3.0")->address6_count, 0);
	assert_true(ipv6_is_unspecified(unit("ge-0/0/3.0")->link_local));
}

/* REQ-FW-017: dropped unless the configuration says otherwise */
static void
test_modes(void **state)
{
	(void)state;
	world_run(&world);
	assert_int_equal(world.snapshot->flow.inet6_mode, INET6_MODE_DROP);
	world_set(&world, "set security forwarding-options family inet6 mode packet-based\n");
	world_run(&world);
	assert_int_equal(world.snapshot->flow.inet6_mode, INET6_MODE_PACKET_BASED);
	world_set(&world, "set security forwarding-options family inet6 mode flow-based\n");
	world_run(&world);
	assert_int_equal(world.snapshot->flow.inet6_mode, INET6_MODE_FLOW_BASED);
	world_set(&world, "set security forwarding-options family inet6 mode drop\n");
	world_run(&world);
	assert_int_equal(world.snapshot->flow.inet6_mode, INET6_MODE_DROP);
}

#define POLICY "set security policies from-zone a to-zone b policy "
#define BOOK_A "set security zones security-zone a address-book "

/* REQ-POL-016, REQ-POL-018: books, sets of both families, any, any-ipv4, any-ipv6, literal prefixes (E-076) */
static void
test_policies(void **state)
{
	(void)state;
	world_set(&world, PORTS BOOK_A "address hosts6 2001:db8:a::/64\n" BOOK_A "address hosts4 10.0.0.0/24\n"
		BOOK_A "address-set mixed address hosts4\n" BOOK_A "address-set mixed address hosts6\n"
		"set applications application ping6 protocol icmp6\n"
		"set applications application ping6 icmp6-type echo-request\n"
		POLICY "old match source-address any-ipv4 destination-address any application any\n" POLICY "old then deny\n"
		POLICY "web match source-address mixed destination-address 2001:db8:b::5/128 application junos-http\n"
		POLICY "web then permit\n"
		POLICY "ping match source-address mixed destination-address any application ping6\n"
		POLICY "ping then permit\n"
		POLICY "ping4 match source-address any destination-address any application junos-icmp-all\n"
		POLICY "ping4 then permit\n"
		POLICY "new match source-address any-ipv6 destination-address any application junos-ssh\n"
		POLICY "new then permit\n"
		POLICY "all match source-address any destination-address any application junos-https\n"
		POLICY "all then permit\n"
		POLICY "port match source-address any destination-address any application junos-icmp6-dst-unreach-port\n"
		POLICY "port then deny\n"
		POLICY "icmp6 match source-address any destination-address any application junos-icmp6-all\n"
		POLICY "icmp6 then permit\n");
	world_run(&world);
	assert_string_equal(policy(A(5), B(5), 6, 80), "web");
	assert_string_equal(policy(A(5), B(6), 6, 80), "default-policy");
	assert_string_equal(policy(B(5), B(5), 6, 80), "default-policy");
	assert_string_equal(policy(A(5), B(6), 58, 128), "ping");
	assert_string_equal(policy(B(5), B(6), 58, 128), "icmp6"); /* not from hosts6 */
	assert_string_equal(policy(A(5), B(6), 58, 1 + 256 * 4), "port");
	assert_string_equal(policy(A(5), B(6), 58, 1 + 256 * 3), "icmp6");
	assert_string_equal(policy(A(5), B(6), 58, 8), "icmp6"); /* 8 is ICMP's echo request, not ICMPv6's */
	assert_string_equal(policy(A(5), B(6), 1, 8), "ping4"); /* protocol 1 is ICMP whatever carries it; no type there */
	assert_string_equal(policy(A(5), B(6), 6, 22), "new");
	assert_string_equal(policy(six(0, 0), six(UINT64_MAX, UINT64_MAX), 6, 443), "all");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 5), IP(10, 1, 0, 5), 443), "old");
	world_delete(&world, "security policies from-zone a to-zone b policy old");
	world_run(&world);
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 5), IP(10, 1, 0, 5), 443), "all");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 5), IP(10, 1, 0, 5), 22), "default-policy");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 5), IP(10, 1, 0, 5), 80), "default-policy");
}

/* REQ-RT-001, REQ-RT-004, REQ-RT-008, REQ-RT-013: tables of their own with the same statements as inet.0 */
static void
test_routes(void **state)
{
	const struct ipv6_address far = six(0x20010db800990000U, 1);

	(void)state;
	world_set(&world, PORTS
		"set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:c::1/64\n"
		"set routing-instances red instance-type virtual-router\n"
		"set routing-instances red interface ge-0/0/2.0\n"
		"set routing-instances red routing-options rib red.inet6.0 static route ::/0 next-table inet6.0\n"
		"set routing-instances red routing-options rib red.inet6.0 static route 2001:db8:77::/48 reject\n"
		"set routing-options rib inet6.0 static route 2001:db8:99::/48 next-hop 2001:db8:b::9\n"
		"set routing-options rib inet6.0 static route 2001:db8:98::/48 qualified-next-hop fe80::9 "
		"interface ge-0/0/0.0\n"
		"set routing-options rib inet6.0 static route 2001:db8:97::/48 next-hop ge-0/0/1.0\n"
		"set routing-options rib inet6.0 static route 2001:db8:96::/48 discard\n"
		"set routing-options rib inet6.0 static route 2001:db8:95::/48 next-hop 2001:db8:99::1\n"
		"set routing-options rib inet6.0 static route 2001:db8:95::/48 resolve\n"
		"set routing-options rib inet6.0 static route 2001:db8:94::/48 qualified-next-hop 2001:db8:a::9 preference 9\n"
		"set routing-options rib inet6.0 static route 2001:db8:94::/48 qualified-next-hop 2001:db8:b::9 preference 7\n");
	world_run(&world);
	assert_int_equal(hop("", A(1))->kind, FIB_LOCAL);
	assert_int_equal(hop("", A(2))->kind, FIB_DIRECT);
	assert_int_equal(hop("", A(2))->unit, world_unit(&world, "ge-0/0/0.0"));
	assert_int_equal(hop("", far)->kind, FIB_GATEWAY);
	assert_int_equal(hop("", far)->unit, world_unit(&world, "ge-0/0/1.0"));
	assert_true(ipv6_equal(world.fib->gateways6[hop("", far)->gateway], B(9)));
	const struct fib_hop *local = hop("", six(0x20010db800980000U, 1));
	assert_int_equal(local->kind, FIB_GATEWAY);
	assert_int_equal(local->unit, world_unit(&world, "ge-0/0/0.0"));
	assert_true(ipv6_equal(world.fib->gateways6[local->gateway], six(0xfe80ULL << 48, 9)));
	assert_int_equal(hop("", six(0x20010db800970000U, 1))->kind, FIB_DIRECT);
	assert_int_equal(hop("", six(0x20010db800970000U, 1))->unit, world_unit(&world, "ge-0/0/1.0"));
	assert_int_equal(hop("", six(0x20010db800960000U, 1))->kind, FIB_DISCARD);
	assert_true(ipv6_equal(world.fib->gateways6[hop("", six(0x20010db800950000U, 1))->gateway], B(9)));
	assert_true(ipv6_equal(world.fib->gateways6[hop("", six(0x20010db800940000U, 1))->gateway], B(9)));
	assert_int_equal(hop("", six(0x20010db800770000U, 1))->kind, FIB_NO_ROUTE);
	assert_int_equal(hop("red", six(0x20010db800770000U, 1))->kind, FIB_REJECT);
	assert_true(ipv6_equal(world.fib->gateways6[hop("red", far)->gateway], B(9)));
	assert_int_equal(hop("red", six(0x20010db8000c0000U, 1))->kind, FIB_LOCAL);
	assert_int_equal(hop("", six(0x20010db8000c0000U, 1))->kind, FIB_NO_ROUTE);
	/* the way with preference 7 is lost: that with 9 takes over */
	assert_true(rib_set_unit_state(world.rib, world_unit(&world, "ge-0/0/1.0"), false, 1));
	struct rib_route route;
	const struct rib_table inet6 = {.instance = 0, .family = RIB_INET6};
	assert_true(rib_lookup(world.rib, inet6, six(0x20010db800940000U, 1), &route));
	assert_true(ipv6_equal(route.hop.gateway, A(9)));
	assert_false(rib_lookup(world.rib, inet6, far, &route));
}

/* REQ-RT-017: a group copies interface and static routes of the family it is named for, no other */
static void
test_groups(void **state)
{
	(void)state;
	world_set(&world, PORTS
		"set interfaces ge-0/0/2 unit 0 family inet6 address 2001:db8:c::1/64\n"
		"set interfaces ge-0/0/2 unit 0 family inet address 10.2.0.1/24\n"
		"set routing-instances red instance-type virtual-router\n"
		"set routing-instances red interface ge-0/0/2.0\n"
		"set routing-instances red routing-options interface-routes rib-group inet6 six\n"
		"set routing-instances red routing-options rib red.inet6.0 static rib-group six\n"
		"set routing-instances red routing-options rib red.inet6.0 static route 2001:db8:99::/48 "
		"next-hop 2001:db8:c::9\n"
		"set routing-options rib-groups six import-rib [ red.inet6.0 inet6.0 ]\n");
	world_run(&world);
	assert_int_equal(hop("", six(0x20010db8000c0000U, 1))->kind, FIB_LOCAL);
	assert_int_equal(hop("", six(0x20010db8000c0000U, 2))->kind, FIB_DIRECT);
	assert_int_equal(hop("", six(0x20010db8000c0000U, 2))->unit, world_unit(&world, "ge-0/0/2.0"));
	assert_int_equal(hop("", six(0x20010db800990000U, 2))->kind, FIB_GATEWAY);
	assert_int_equal(fib_lookup(world.fib, 0, IP(10, 2, 0, 5))->kind, FIB_NO_ROUTE);
	assert_int_equal(hop("red", A(2))->kind, FIB_NO_ROUTE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_canonical_forms, clear_world),
	    cmocka_unit_test_setup(test_refusals, clear_world),
	    cmocka_unit_test_setup(test_addresses_of_units, clear_world),
	    cmocka_unit_test_setup(test_modes, clear_world),
	    cmocka_unit_test_setup(test_policies, clear_world),
	    cmocka_unit_test_setup(test_routes, clear_world),
	    cmocka_unit_test_setup(test_groups, clear_world),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
