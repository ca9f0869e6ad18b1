/*
 * The guide's examples 01 to 03 as snapshots and routes: what a person reads out of the text must come out of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/packet.h"
#include "snapshot_fixture.h"

#define SERVICE(symbol) ((uint64_t)1 << HOST_SERVICE_##symbol)
#define WEDNESDAY_TEN 1191405600 /* 2007-10-03 10:00 UTC */
#define SATURDAY_NOON 1191672000 /* 2007-10-06 12:00 UTC */

static uint64_t
services_of(const char *unit)
{
	return world.snapshot->units[world_unit(&world, unit)].host_inbound.services;
}

static const struct fib_hop *
hop(const char *instance, uint32_t destination)
{
	return fib_lookup(world.fib, world_instance(&world, instance), destination);
}

static void
expect_hop(const char *instance, uint32_t destination, enum fib_kind kind, const char *unit)
{
	const struct fib_hop *found = hop(instance, destination);

	assert_int_equal(found->kind, kind);
	if (unit != NULL) {
		assert_int_equal(found->unit, world_unit(&world, unit));
	}
}

static void
run_albuquerque(int64_t wall)
{
	world.wall = wall;
	world_load_example(&world, "03-albuquerque-firewall.set");
	world_run(&world);
}

/* REQ-ZN-001, REQ-ZN-002, REQ-ZN-003, REQ-ZN-004 */
static void
test_ports_and_units(void **state)
{
	(void)state;
	run_albuquerque(WEDNESDAY_TEN);
	assert_int_equal(world.snapshot->port_count, 4);
	assert_string_equal(world.snapshot->ports[0].name, "ge-0/0/1");
	assert_string_equal(world.snapshot->ports[3].name, "ge-0/0/4");
	const uint8_t mac[6] = {0x02, 0x53, 0x50, 0, 0, 2};
	assert_memory_equal(world.snapshot->ports[2].mac, mac, 6);
	const struct snapshot_unit *wan = &world.snapshot->units[world_unit(&world, "ge-0/0/3.2")];
	assert_int_equal(wan->port, 2);
	assert_int_equal(wan->vlan, 398);
	assert_int_equal(wan->mtu, 1500);
	assert_int_equal(wan->zone, world_zone(&world, "InternetALBQ"));
	assert_int_equal(wan->instance, world_instance(&world, "InternetALBQ-vr"));
	assert_int_equal(wan->address_count, 1);
	assert_int_equal(wan->addresses[0].address, IP(10, 11, 16, 5));
	assert_int_equal(wan->addresses[0].length, 32);
	const struct snapshot_port *port = &world.snapshot->ports[2];
	assert_int_equal(port->unit_by_tag[299], world_unit(&world, "ge-0/0/3.1"));
	assert_int_equal(port->unit_by_tag[398], world_unit(&world, "ge-0/0/3.2"));
	assert_int_equal(port->unit_by_tag[0], SNAPSHOT_NONE);
	assert_int_equal(port->unit_by_tag[399], SNAPSHOT_NONE);
	assert_true(world.snapshot->units[world_unit(&world, "st0.1")].tunnel);
	assert_int_equal(world.snapshot->units[world_unit(&world, "st0.1")].port, SNAPSHOT_NONE);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-031"), 0);
}

/* REQ-ZN-008, REQ-HI-007, REQ-HI-008, REQ-HI-010, REQ-HI-006 */
static void
test_zones_and_inbound(void **state)
{
	(void)state;
	run_albuquerque(WEDNESDAY_TEN);
	assert_true(world.snapshot->zones[world_zone(&world, "TellersALBQ")].tcp_rst);
	assert_true(world.snapshot->zones[world_zone(&world, "InternetALBQ")].screens != NULL);
	assert_int_equal(services_of("ge-0/0/1.2"), SERVICE(TRACEROUTE) | SERVICE(SNMP) | SERVICE(SNMP_TRAP));
	assert_int_equal(services_of("ge-0/0/2.1"), SERVICE(TRACEROUTE) | SERVICE(SNMP) | SERVICE(SNMP_TRAP));
	/* `telnet except` gives nothing; `ike` was added for the VPNs */
	assert_int_equal(services_of("ge-0/0/3.2"), SERVICE(IKE) | SERVICE(IKE_NAT));
	/* the interface's list: all and dhcp */
	assert_true((services_of("ge-0/0/1.3") & SERVICE(DHCP)) != 0);
	assert_true((services_of("ge-0/0/1.3") & SERVICE(SSH)) != 0);
	/* the zone's `all` does not open dhcp */
	assert_true((services_of("ge-0/0/1.1") & SERVICE(PING)) != 0);
	assert_true((services_of("ge-0/0/1.1") & (SERVICE(DHCP) | SERVICE(BOOTP))) == 0);
}

/* REQ-POL-001, REQ-POL-002, REQ-POL-004, REQ-POL-016, REQ-POL-017, REQ-POL-025, REQ-POL-026, REQ-POL-027 */
static void
test_policies(void **state)
{
	(void)state;
	run_albuquerque(WEDNESDAY_TEN);
	const uint32_t teller = IP(10, 11, 13, 9);
	const uint32_t manager = IP(10, 11, 14, 9);
	const uint32_t bank_record = IP(13, 16, 14, 16);
	assert_string_equal(world_policy(&world, "TellersALBQ", "IntranetALBQ", teller, bank_record, 7001), "TellCustRec");
	assert_string_equal(
	    world_policy(&world, "TellersALBQ", "IntranetALBQ", teller, bank_record + 1, 7001), "default-policy");
	assert_string_equal(
	    world_policy(&world, "TellersALBQ", "IntranetALBQ", teller, bank_record, 7002), "default-policy");
	assert_string_equal(
	    world_policy(&world, "TellersALBQ", "IntranetALBQ", manager, bank_record, 7001), "default-policy");
	assert_string_equal(
	    world_policy(&world, "TellersALBQ", "InternetALBQ", teller, IP(8, 8, 8, 8), 80), "default-policy");
	assert_string_equal(
	    world_policy(&world, "TellersALBQ", "PublicAppServersALBQ", teller, IP(10, 11, 15, 5), 110), "TellMailOut");
	assert_string_equal(
	    world_policy(&world, "TellersALBQ", "PublicAppServersALBQ", teller, IP(10, 11, 15, 5), 25), "TellMailOut");
	assert_string_equal(
	    world_policy(&world, "TellersALBQ", "PublicAppServersALBQ", teller, IP(10, 11, 15, 6), 80), "default-policy");
	assert_string_equal(world_policy(&world, "FinancialALBQ", "PublicAppServersALBQ", IP(10, 12, 12, 7),
				IP(10, 11, 15, 6), 443),
	    "FinMailWebOut");
	assert_string_equal(
	    world_policy(&world, "BankManagersALBQ", "PublicAppServersALBQ", manager, IP(10, 11, 15, 6), 22),
	    "BankMantoWebApps");
	assert_string_equal(
	    world_policy(&world, "BankManagersALBQ", "InternetALBQ", manager, IP(8, 8, 8, 8), 12345), "InternetAccess");
	assert_string_equal(
	    world_policy(&world, "FinancialALBQ", "InternetALBQ", IP(10, 12, 12, 7), IP(8, 8, 8, 8), 22),
	    "InternetAccess");
	assert_string_equal(
	    world_policy(&world, "PublicAppServersALBQ", "BankManagersALBQ", IP(10, 11, 15, 5), manager, 7003),
	    "ManRecServIn");
	/* one way only */
	assert_string_equal(
	    world_policy(&world, "IntranetALBQ", "TellersALBQ", bank_record, teller, 7001), "default-policy");
	assert_false(world.snapshot->flow.default_permit);
	assert_true(world.snapshot->flow.syn_check);
	assert_true(world.snapshot->flow.sequence_check);
}

/* REQ-SCH-001, REQ-SCH-005, REQ-SCH-006: the same question at different times */
static void
test_schedules(void **state)
{
	const uint32_t teller = IP(10, 11, 13, 9);
	const uint32_t manager = IP(10, 11, 14, 9);
	const uint32_t bank_record = IP(13, 16, 14, 16);

	(void)state;
	run_albuquerque(WEDNESDAY_TEN);
	assert_string_equal(world_policy(&world, "BankManagersALBQ", "IntranetALBQ", manager, bank_record, 22), "default-policy");
	world.wall = WEDNESDAY_TEN + 10 * 3600;
	assert_string_equal(
	    world_policy(&world, "TellersALBQ", "IntranetALBQ", teller, bank_record, 7001), "default-policy");
	world.wall = SATURDAY_NOON - 2 * 3600;
	assert_string_equal(
	    world_policy(&world, "TellersALBQ", "IntranetALBQ", teller, bank_record, 7001), "default-policy");
	assert_string_equal(world_policy(&world, "BankManagersALBQ", "IntranetALBQ", manager, bank_record, 22), "default-policy");
	world.wall = SATURDAY_NOON;
	assert_string_equal(
	    world_policy(&world, "BankManagersALBQ", "IntranetALBQ", manager, bank_record, 22), "BankManHQServOut");
	world.wall = SATURDAY_NOON + 86400 + 5 * 3600 - 1;
	assert_string_equal(
	    world_policy(&world, "BankManagersALBQ", "IntranetALBQ", manager, bank_record, 22), "BankManHQServOut");
	world.wall++;
	assert_string_equal(world_policy(&world, "BankManagersALBQ", "IntranetALBQ", manager, bank_record, 22), "default-policy");
}

static void
expect_reachability(void)
{
	/* tellers: the servers and the Intranet, nothing else */
	expect_hop("TellersALBQ-vr", IP(10, 11, 13, 77), FIB_DIRECT, "ge-0/0/1.2");
	expect_hop("TellersALBQ-vr", IP(10, 11, 13, 2), FIB_LOCAL, "ge-0/0/1.2");
	expect_hop("TellersALBQ-vr", IP(10, 11, 15, 5), FIB_DIRECT, "ge-0/0/2.1");
	expect_hop("TellersALBQ-vr", IP(10, 11, 15, 6), FIB_DIRECT, "ge-0/0/2.2");
	expect_hop("TellersALBQ-vr", IP(13, 16, 14, 16), FIB_DIRECT, "st0.1");
	expect_hop("TellersALBQ-vr", IP(10, 11, 15, 7), FIB_LOCAL, "ge-0/0/3.1");
	expect_hop("TellersALBQ-vr", IP(9, 10, 14, 5), FIB_NO_ROUTE, NULL);
	expect_hop("TellersALBQ-vr", IP(8, 8, 8, 8), FIB_NO_ROUTE, NULL);
	expect_hop("TellersALBQ-vr", IP(10, 12, 12, 7), FIB_NO_ROUTE, NULL);
	/* managers: those and the Internet */
	expect_hop("BankManagersALBQ-vr", IP(8, 8, 8, 8), FIB_GATEWAY, "ge-0/0/3.2");
	expect_hop("BankManagersALBQ-vr", IP(13, 16, 14, 17), FIB_DIRECT, "st0.1");
	expect_hop("FinancialALBQ-vr", IP(8, 8, 8, 8), FIB_GATEWAY, "ge-0/0/3.2");
	/* and the ways back */
	expect_hop("InternetALBQ-vr", IP(10, 11, 14, 9), FIB_DIRECT, "ge-0/0/1.3");
	expect_hop("InternetALBQ-vr", IP(10, 11, 13, 9), FIB_GATEWAY, "ge-0/0/3.2"); /* tellers: only the default route */
	expect_hop("PublicAppServersALBQ-vr", IP(10, 11, 13, 9), FIB_DIRECT, "ge-0/0/1.2");
	/* nothing of this is in the default instance */
	expect_hop("", IP(10, 11, 13, 77), FIB_NO_ROUTE, NULL);
}

/* REQ-RT-001, REQ-RT-002, REQ-RT-009, REQ-RT-017, REQ-RT-019: explicit groups */
static void
test_reachability_with_groups_named(void **state)
{
	(void)state;
	run_albuquerque(WEDNESDAY_TEN);
	expect_reachability();
	assert_int_equal(hop("InternetALBQ-vr", IP(8, 8, 8, 8))->gateway, IP(9, 10, 14, 5));
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-062"), 0);
	/* the second provider takes over */
	assert_true(rib_set_unit_state(world.rib, world_unit(&world, "ge-0/0/3.2"), false, 1));
	snapshot_fib_destroy(world.fib);
	world.fib = snapshot_fib_create(world.rib, world.snapshot, 2);
	assert_non_null(world.fib);
	assert_int_equal(hop("BankManagersALBQ-vr", IP(8, 8, 8, 8))->gateway, IP(11, 12, 15, 7));
	assert_true(rib_set_unit_state(world.rib, world_unit(&world, "st0.1"), false, 2));
	snapshot_fib_destroy(world.fib);
	world.fib = snapshot_fib_create(world.rib, world.snapshot, 3);
	assert_non_null(world.fib);
	expect_hop("TellersALBQ-vr", IP(13, 16, 14, 16), FIB_DIRECT, "st0.2");
}

/* REQ-RT-019, E-062: groups that nobody names are applied, each with a warning */
static void
test_reachability_with_groups_implied(void **state)
{
	const char *const instances[] = {"IntranetALBQ-vr", "InternetALBQ-vr", "PublicAppServersALBQ-vr",
	    "TellersALBQ-vr", "BankManagersALBQ-vr", "FinancialALBQ-vr"};
	char words[256];

	(void)state;
	world.wall = WEDNESDAY_TEN;
	world_load_example(&world, "03-albuquerque-firewall.set");
	for (size_t i = 0; i < sizeof(instances) / sizeof(instances[0]); i++) {
		(void)snprintf(words, sizeof(words), "routing-instances %s routing-options interface-routes", instances[i]);
		world_delete(&world, words);
		(void)snprintf(
		    words, sizeof(words), "routing-instances %s routing-options static rib-group", instances[i]);
		world_delete(&world, words);
	}
	world_run(&world);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-062"), 6);
	expect_reachability();
	/* one name anywhere switches the group's own use off: the Intranet's routes are gone from the others */
	world_set(&world, "set routing-instances IntranetALBQ-vr routing-options static rib-group intranet-rg\n");
	world_run(&world);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-062"), 5);
	expect_hop("TellersALBQ-vr", IP(13, 16, 14, 16), FIB_DIRECT, "st0.1");
	expect_hop("TellersALBQ-vr", IP(10, 11, 15, 7), FIB_NO_ROUTE, NULL);
}

/* REQ-RT-018: a deleted primary table must go from all groups, and with it go its copies */
static void
test_group_without_primary_table(void **state)
{
	const char *const others[] = {"intranet-rg", "tellers-rg", "bankManagers-rg", "financial-rg"};
	char words[256];

	(void)state;
	world.wall = WEDNESDAY_TEN;
	world_load_example(&world, "03-albuquerque-firewall.set");
	world_run(&world);
	expect_hop("TellersALBQ-vr", IP(10, 11, 15, 5), FIB_DIRECT, "ge-0/0/2.1");
	world_delete(&world, "routing-instances PublicAppServersALBQ-vr");
	assert_false(world_compile(&world));
	assert_int_equal(world_count(&world, DIAGNOSTIC_ERROR, "'PublicAppServersALBQ-vr.inet.0' does not exist"), 5);
	world_delete(&world, "routing-options rib-groups publicAppSrv-rg");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		(void)snprintf(words, sizeof(words),
		    "routing-options rib-groups %s import-rib PublicAppServersALBQ-vr.inet.0", others[i]);
		world_delete(&world, words);
	}
	world_run(&world);
	expect_hop("TellersALBQ-vr", IP(10, 11, 15, 5), FIB_NO_ROUTE, NULL);
	expect_hop("TellersALBQ-vr", IP(13, 16, 14, 16), FIB_DIRECT, "st0.1");
}

/* The features of the example that have no effect yet are told, each once */
static void
test_unsupported_features(void **state)
{
	(void)state;
	run_albuquerque(WEDNESDAY_TEN);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "not supported yet"), 2);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "application layer gateways"), 1);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "logins that are not completed"), 1);
	/* REQ-SCR-032, REQ-SES-013: nor are other screens */
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "SYN"), 0);
	/* REQ-SES-008, E-121: aggressive aging is not among them */
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "aggressive aging"), 0);
	assert_int_equal(world.snapshot->flow.early_ageout, 4);
	assert_int_equal(world.snapshot->flow.high_watermark, 80);
	assert_int_equal(world.snapshot->flow.low_watermark, 60);
	assert_int_equal(world.list.errors, 0);
}

/* REQ-SCR-053: the factory default's screen of untrust, and of nobody else, with the values of Figure 1 */
static void
test_secure_context_screen(void **state)
{
	const uint64_t on = screen_bit(SCREEN_ICMP_PING_DEATH) | screen_bit(SCREEN_IP_SOURCE_ROUTE_OPTION) |
			    screen_bit(SCREEN_IP_TEAR_DROP) | screen_bit(SCREEN_TCP_LAND) | screen_bit(SCREEN_TCP_SYN_FLOOD);

	(void)state;
	world_load_example(&world, "01-secure-context-default.set");
	world_run(&world);
	const struct snapshot_screens *screens = world.snapshot->zones[world_zone(&world, "untrust")].screens;

	assert_non_null(screens);
	assert_int_equal(screens->on, on);
	assert_int_equal(screens->kept, 0);
	assert_int_equal(screens->syn_flood.alarm, 1024);
	assert_int_equal(screens->syn_flood.attack, 200);
	assert_int_equal(screens->syn_flood.source, 1024);
	assert_int_equal(screens->syn_flood.destination, 2048);
	assert_int_equal(screens->syn_flood.queue, 2000);
	assert_int_equal(screens->syn_flood.timeout, 20);
	assert_null(world.snapshot->zones[world_zone(&world, "trust")].screens);
	/* All of it is there in this release. */
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "SYN"), 0);
}

/* REQ-HI-015, REQ-ZN-006, REQ-FW-015, E-020, E-022: the factory default */
static void
test_secure_context(void **state)
{
	(void)state;
	world_load_example(&world, "01-secure-context-default.set");
	world_set(&world, "set interfaces ge-0/0/1 unit 0\nset interfaces ge-0/0/2 unit 0\n");
	world_run(&world);
	assert_int_equal(services_of("ge-0/0/0.0"),
	    SERVICE(HTTP) | SERVICE(HTTPS) | SERVICE(SSH) | SERVICE(TELNET) | SERVICE(DHCP));
	assert_int_equal(services_of("ge-0/0/1.0"), 0);
	assert_int_equal(
	    world.snapshot->units[world_unit(&world, "ge-0/0/2.0")].zone, world_zone(&world, "untrust"));
	assert_int_equal(world.snapshot->units[world_unit(&world, "ge-0/0/0.0")].zone, world_zone(&world, "trust"));
	assert_false(world.snapshot->units[world_unit(&world, "ge-0/0/0.0")].has_inet);
	assert_int_equal(world.snapshot->services_running, SERVICE(SSH) | SERVICE(HTTP));
	assert_string_equal(world_policy(&world, "trust", "untrust", 1, 2, 3), "default-permit");
	assert_string_equal(world_policy(&world, "untrust", "trust", 1, 2, 3), "default-deny");
	assert_string_equal(world_policy(&world, "untrust", "untrust", 1, 2, 3), "default-policy");
}

/* REQ-FW-014, REQ-POL-006, REQ-HI-004, REQ-SES-017: the router context */
static void
test_router_context(void **state)
{
	(void)state;
	world_load_example(&world, "02-router-context-default.set");
	world_set(&world, "set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24\n");
	world_run(&world);
	assert_true(world.snapshot->flow.default_permit);
	assert_false(world.snapshot->flow.syn_check);
	assert_false(world.snapshot->flow.syn_check_in_tunnel);
	assert_false(world.snapshot->flow.sequence_check);
	assert_true(world.snapshot->flow.allow_dns_reply);
	const struct snapshot_unit *unit = &world.snapshot->units[world_unit(&world, "ge-0/0/1.0")];
	assert_true(unit->host_inbound.any_service);
	assert_true((unit->host_inbound.except & SERVICE(SSH)) == 0);
	assert_int_equal(unit->zone, world_zone(&world, "trust"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_ports_and_units, clear_world),
	    cmocka_unit_test_teardown(test_zones_and_inbound, clear_world),
	    cmocka_unit_test_teardown(test_policies, clear_world),
	    cmocka_unit_test_teardown(test_schedules, clear_world),
	    cmocka_unit_test_teardown(test_reachability_with_groups_named, clear_world),
	    cmocka_unit_test_teardown(test_reachability_with_groups_implied, clear_world),
	    cmocka_unit_test_teardown(test_group_without_primary_table, clear_world),
	    cmocka_unit_test_teardown(test_unsupported_features, clear_world),
	    cmocka_unit_test_teardown(test_secure_context, clear_world),
	    cmocka_unit_test_teardown(test_secure_context_screen, clear_world),
	    cmocka_unit_test_teardown(test_router_context, clear_world),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
