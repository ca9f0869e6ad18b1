/*
 * Compilation beyond the examples: tags, MTU, host-inbound lists, address books, contexts, identities, what fails closed.
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

static const struct snapshot_policy *
policy(const char *name)
{
	for (uint32_t i = 0; i < world.snapshot->policy_count; i++) {
		if (world.snapshot->policies[i].present && strcmp(world.snapshot->policies[i].name, name) == 0) {
			return &world.snapshot->policies[i];
		}
	}
	fail_msg("no policy %s", name);
	return &world.snapshot->policies[0];
}

/* Lines of a whole policy: context, name, source, destination, application, action. */
static void
set_policy(const char *from, const char *to, const char *name, const char *source, const char *destination,
    const char *application, const char *then)
{
	char lines[2048];
	const char *prefix = "set security policies from-zone";

	(void)snprintf(lines, sizeof(lines),
	    "%s %s to-zone %s policy %s match source-address %s\n%s %s to-zone %s policy %s match destination-address %s\n"
	    "%s %s to-zone %s policy %s match application %s\n%s %s to-zone %s policy %s then %s\n",
	    prefix, from, to, name, source, prefix, from, to, name, destination, prefix, from, to, name, application,
	    prefix, from, to, name, then);
	world_set(&world, lines);
}

#define ZONES "set security zones security-zone a interfaces ge-0/0/0.0\n" \
	"set security zones security-zone b interfaces ge-0/0/1.0\n" \
	"set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n" \
	"set interfaces ge-0/0/1 unit 0 family inet address 10.0.1.1/24\n"

/* Natural order: REQ-ZN-001 */
static void
test_order_of_interfaces(void **state)
{
	const char *const sorted[] = {"ge-0/0/0", "ge-0/0/2", "ge-0/0/10", "ge-0/1/0", "ge-1/0/0", "t1-0/0/1", "t1-0/0/01",
	    "t1-0/0/1.0", "t1-0/0/1.5", "t1-0/0/1.10"};
	const size_t count = sizeof(sorted) / sizeof(sorted[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			const int order = snapshot_compare_interfaces(sorted[i], sorted[j]);
			if (i == j) {
				assert_int_equal(order, 0);
			} else if (strcmp(sorted[i], "t1-0/0/01") != 0 && strcmp(sorted[j], "t1-0/0/01") != 0) {
				assert_int_equal(order < 0, i < j);
			} else {
				assert_int_not_equal(order, 0);
			}
			assert_int_equal(order < 0, snapshot_compare_interfaces(sorted[j], sorted[i]) > 0);
		}
	}
	world_set(&world, "set interfaces ge-0/0/10 unit 0\nset interfaces ge-0/0/9 unit 0\nset interfaces st0 unit 0\n");
	world_run(&world);
	assert_int_equal(world.snapshot->port_count, 2);
	assert_string_equal(world.snapshot->ports[0].name, "ge-0/0/9");
	assert_int_equal(world.snapshot->ports[1].mac[5], 1);
	assert_int_equal(world.snapshot->ports[1].mac[0], 2);
}

/* The caller's ports: their order, their MACs; a configured port that is not there is kept (E-036) */
static void
test_ports_of_the_caller(void **state)
{
	const char *const ports[] = {"ge-0/0/1", "ge-0/0/7"};
	const uint8_t macs[] = {2, 0, 0, 0, 0, 0xaa, 2, 0, 0, 0, 0, 0xbb};
	const struct snapshot_options options = {.id = 3, .ports = ports, .port_count = 2, .macs = macs};
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	(void)state;
	world_set(&world, ZONES);
	struct snapshot *snapshot = snapshot_compile(world.tree, world.registry, &options, &list);
	assert_non_null(snapshot);
	assert_int_equal(snapshot->id, 3);
	assert_int_equal(snapshot->port_count, 2);
	assert_true(snapshot->ports[0].present);
	assert_false(snapshot->ports[1].present);
	assert_int_equal(snapshot->ports[1].mac[5], 0xbb);
	assert_int_equal(snapshot->units[snapshot->ports[0].unit_by_tag[0]].port, 0);
	assert_int_equal(snapshot->units[0].port, SNAPSHOT_NONE);
	assert_string_equal(snapshot->units[0].name, "ge-0/0/0.0");
	/* its routes are not in force */
	struct rib *rib = snapshot_rib_create(world.tree, world.registry, snapshot);
	assert_non_null(rib);
	assert_false(rib_unit_is_up(rib, 0));
	assert_true(rib_unit_is_up(rib, 1));
	rib_destroy(rib);
	snapshot_destroy(snapshot);
	diagnostics_release(&list);
}

/* REQ-ZN-003, REQ-ZN-007, E-031 */
static void
test_tags(void **state)
{
	(void)state;
	world_set(&world, "set interfaces ge-0/0/0 unit 7 family inet\n"
			  "set interfaces ge-0/0/1 unit 1 family inet\nset interfaces ge-0/0/1 unit 2 family inet\n"
			  "set interfaces ge-0/0/2 vlan-tagging\nset interfaces ge-0/0/2 unit 5 vlan-id 4094\n");
	world_run(&world);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-031"), 1);
	assert_int_equal(unit("ge-0/0/0.7")->vlan, SNAPSHOT_VLAN_UNTAGGED);
	assert_int_equal(world.snapshot->ports[0].unit_by_tag[0], world_unit(&world, "ge-0/0/0.7"));
	assert_int_equal(unit("ge-0/0/1.2")->vlan, 2);
	assert_int_equal(world.snapshot->ports[1].unit_by_tag[2], world_unit(&world, "ge-0/0/1.2"));
	assert_int_equal(world.snapshot->ports[1].unit_by_tag[0], SNAPSHOT_NONE);
	assert_int_equal(world.snapshot->ports[2].unit_by_tag[4094], world_unit(&world, "ge-0/0/2.5"));
}

/* 1514 with the Ethernet header is an IP packet of 1500; 4 more for each tag */
static void
test_mtu(void **state)
{
	(void)state;
	world_set(&world, "set interfaces ge-0/0/0 unit 0 family inet\n"
			  "set interfaces ge-0/0/1 mtu 1400\nset interfaces ge-0/0/1 unit 0 family inet\n"
			  "set interfaces ge-0/0/2 mtu 9014\nset interfaces ge-0/0/2 vlan-tagging\n"
			  "set interfaces ge-0/0/2 unit 1 vlan-id 1\n"
			  "set interfaces ge-0/0/2 unit 2 vlan-id 2 family inet mtu 1280\n"
			  "set interfaces ge-0/0/3 vlan-tagging\nset interfaces ge-0/0/3 unit 1 vlan-id 1\n");
	world_run(&world);
	assert_int_equal(unit("ge-0/0/0.0")->mtu, 1500);
	assert_int_equal(unit("ge-0/0/1.0")->mtu, 1386);
	assert_int_equal(unit("ge-0/0/2.1")->mtu, 8996);
	assert_int_equal(unit("ge-0/0/2.2")->mtu, 1280);
	assert_int_equal(unit("ge-0/0/3.1")->mtu, 1500);
	assert_int_equal(world.snapshot->ports[0].mtu, 1500);
	assert_int_equal(world.snapshot->ports[1].mtu, 1386);
}

static void
inbound(const char *lines)
{
	world_clear(&world);
	world_set(&world, "set interfaces ge-0/0/0 unit 0 family inet\nset security zones security-zone z interfaces ge-0/0/0.0\n");
	world_set(&world, lines);
	world_run(&world);
}

#define ZONE_SERVICE "set security zones security-zone z host-inbound-traffic system-services "
#define UNIT_SERVICE "set security zones security-zone z interfaces ge-0/0/0.0 host-inbound-traffic system-services "

/* REQ-HI-003, REQ-HI-004, REQ-HI-005, REQ-HI-006, REQ-HI-007, REQ-HI-008, REQ-HI-016 */
static void
test_host_inbound(void **state)
{
	(void)state;
	const struct snapshot_host_inbound *list = NULL;
	inbound("");
	list = &unit("ge-0/0/0.0")->host_inbound;
	assert_true(list->services == 0 && !list->any_service && list->custom_count == 0 && list->protocols == 0);

	inbound(ZONE_SERVICE "all\n" ZONE_SERVICE "telnet except\n");
	list = &unit("ge-0/0/0.0")->host_inbound;
	assert_true((list->services & SERVICE(SSH)) != 0);
	assert_true((list->services & SERVICE(TELNET)) == 0);
	assert_true((list->services & SERVICE(DHCP)) == 0);
	assert_false(list->any_service);

	inbound(ZONE_SERVICE "telnet except\n");
	assert_int_equal(unit("ge-0/0/0.0")->host_inbound.services, 0);

	inbound(ZONE_SERVICE "any-service\n" ZONE_SERVICE "ssh except\n");
	list = &unit("ge-0/0/0.0")->host_inbound;
	assert_true(list->any_service);
	assert_int_equal(list->except, SERVICE(SSH) | SERVICE(DHCP) | SERVICE(BOOTP));
	assert_true((list->services & SERVICE(SSH)) == 0);
	assert_true((list->services & SERVICE(PING)) != 0);

	inbound(ZONE_SERVICE "all\n" UNIT_SERVICE "dhcp\n");
	assert_int_equal(unit("ge-0/0/0.0")->host_inbound.services, SERVICE(DHCP));

	inbound(ZONE_SERVICE "dhcp\n" ZONE_SERVICE "ping\n");
	assert_int_equal(unit("ge-0/0/0.0")->host_inbound.services, SERVICE(PING));
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-049"), 1);
}

/* E-160: the unit of a VPN carries IPv4 without being told, one without VPN does not. */
static void
test_tunnel_units(void **state)
{
	(void)state;
	world_set(&world, "set interfaces st0 unit 1\nset interfaces st0 unit 2\n"
		"set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
		"set security ike policy p proposal-set standard\n"
		"set security ike policy p pre-shared-key ascii-text k\n"
		"set security ike gateway g ike-policy p\nset security ike gateway g address 192.0.2.1\n"
		"set security ike gateway g external-interface ge-0/0/0.0\n"
		"set security ipsec policy q proposal-set standard\n"
		"set security ipsec vpn v bind-interface st0.1\nset security ipsec vpn v ike gateway g\n"
		"set security ipsec vpn v ike ipsec-policy q\n");
	world_run(&world);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-160"), 1);
	assert_true(unit("st0.1")->has_inet);
	assert_false(unit("st0.2")->has_inet);
}

/* REQ-HI-016, and the bits of routing protocols */
static void
test_host_inbound_applications_and_protocols(void **state)
{
	(void)state;
	inbound("set applications application mine protocol udp destination-port 7000-7010\n"
		"set applications application odd protocol tcp source-port 20 destination-port 99\n" ZONE_SERVICE
		"mine\n" ZONE_SERVICE "odd\n"
		"set security zones security-zone z host-inbound-traffic protocols all\n"
		"set security zones security-zone z host-inbound-traffic protocols bgp except\n");
	const struct snapshot_host_inbound *list = &unit("ge-0/0/0.0")->host_inbound;
	assert_int_equal(list->custom_count, 1);
	assert_int_equal(list->custom[0].protocol, 17);
	assert_int_equal(list->custom[0].low, 7000);
	assert_int_equal(list->custom[0].high, 7010);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-048"), 1);
	assert_int_equal(list->protocols, (1U << HOST_PROTOCOL_COUNT) - 1 - (1U << HOST_PROTOCOL_BGP));
}

/* REQ-HI-013, REQ-CFG-011: what runs, and the web server's interfaces; Telnet is never started */
static void
test_services_running(void **state)
{
	(void)state;
	world_set(&world, ZONES "set system services ssh\nset system services telnet\n"
				"set system services web-management http interface ge-0/0/1.0\n"
				"set security zones security-zone a host-inbound-traffic system-services all\n"
				"set security zones security-zone b host-inbound-traffic system-services all\n");
	world_run(&world);
	assert_int_equal(world.snapshot->services_running, SERVICE(SSH) | SERVICE(HTTP));
	assert_true((unit("ge-0/0/1.0")->host_inbound.services & SERVICE(HTTP)) != 0);
	assert_true((unit("ge-0/0/0.0")->host_inbound.services & SERVICE(HTTP)) == 0);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "the Telnet server, which is never started"), 1);
}

/* REQ-POL-016, REQ-POL-017, REQ-POL-018, E-074, E-076, E-077 */
static void
test_address_books(void **state)
{
	(void)state;
	world_set(&world, ZONES "set security zones security-zone a address-book address net 10.1.2.3/24\n"
				"set security zones security-zone a address-book address host 10.2.0.1\n"
				"set security zones security-zone a address-book address named dns-name x.example\n"
				"set security zones security-zone a address-book address-set inner address host\n"
				"set security zones security-zone a address-book address-set outer address net\n"
				"set security zones security-zone a address-book address-set outer address-set inner\n"
				"set security zones security-zone b address-book address net 10.9.0.0/16\n");
	set_policy("a", "b", "p1", "outer", "net", "junos-ssh", "permit");
	set_policy("a", "b", "p2", "[ host 10.3.0.0/16 ]", "any", "junos-ssh", "permit");
	set_policy("a", "b", "p3", "named", "any", "any", "permit");
	set_policy("a", "b", "p4", "net", "all", "all", "deny");
	world_run(&world);
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 1, 2, 77), IP(10, 9, 1, 1), 22), "p1");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 2, 0, 1), IP(10, 9, 1, 1), 22), "p1");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 2, 0, 1), IP(10, 10, 1, 1), 22), "p2");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 3, 9, 9), IP(10, 9, 1, 1), 22), "p2");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 3, 9, 9), IP(10, 9, 1, 1), 23), "default-policy");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 1, 2, 77), IP(10, 9, 1, 1), 23), "p4");
	assert_int_equal(policy("p1")->position, 0);
	assert_int_equal(policy("p4")->position, 3);
}

/* REQ-POL-003: insert changes the order and nothing else */
static void
test_order_of_policies(void **state)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_editor editor = {.tree = world.tree, .level = TEXT_EMPTY};

	(void)state;
	world_set(&world, ZONES);
	set_policy("a", "b", "first", "any", "any", "any", "deny");
	set_policy("a", "b", "second", "any", "any", "any", "permit");
	world_run(&world);
	assert_string_equal(world_policy(&world, "a", "b", 1, 2, 3), "first");
	const uint32_t before = (uint32_t)(policy("second") - world.snapshot->policies);
	editor.tree = world.tree;
	assert_true(conf_edit(&editor, CONF_EDIT_INSERT, "security policies from-zone a to-zone b policy second before policy first", &list));
	text_release(&editor.level);
	diagnostics_release(&list);
	world_run(&world);
	assert_string_equal(world_policy(&world, "a", "b", 1, 2, 3), "second");
	assert_int_equal(policy("second") - world.snapshot->policies, before);
}

/* REQ-POL-019, E-009: the pair itself, then from any zone or to any zone, then default-policy */
static void
test_contexts_with_any(void **state)
{
	(void)state;
	world_set(&world, ZONES);
	set_policy("any", "any", "last", "any", "any", "junos-ssh", "permit");
	set_policy("any", "b", "into", "any", "any", "junos-http", "deny");
	set_policy("a", "any", "outof", "any", "any", "junos-telnet", "deny");
	set_policy("a", "b", "pair", "any", "any", "junos-http", "permit");
	world_run(&world);
	assert_string_equal(world_policy(&world, "a", "b", 1, 2, 80), "pair");
	assert_string_equal(world_policy(&world, "b", "b", 1, 2, 80), "into");
	assert_string_equal(world_policy(&world, "a", "b", 1, 2, 23), "outof");
	assert_string_equal(world_policy(&world, "a", "b", 1, 2, 22), "last");
	assert_string_equal(world_policy(&world, "b", "a", 1, 2, 23), "default-policy");
}

/* What cannot be done yet is matched and dropped: nothing passes that was not written */
static void
test_actions_and_what_fails_closed(void **state)
{
	(void)state;
	world_set(&world, ZONES);
	set_policy("a", "b", "nat", "any", "any", "junos-http", "permit source-nat interface");
	set_policy("a", "b", "auth", "any", "any", "junos-ftp", "permit firewall-authentication pass-through");
	set_policy("a", "b", "rej", "any", "any", "junos-ssh", "reject");
	set_policy("a", "b", "den", "any", "any", "junos-telnet", "deny");
	set_policy("a", "b", "yes", "any", "any", "any", "permit");
	world_set(&world, "set security policies from-zone a to-zone b policy yes then log session-init session-close\n"
			  "set security policies from-zone a to-zone b policy yes then count\n");
	world_run(&world);
	assert_int_equal(policy("nat")->action, POLICY_PERMIT);
	assert_int_equal(world.snapshot->nat.sources[policy("nat")->source_nat].kind, NAT_SOURCE_INTERFACE);
	assert_int_equal(policy("auth")->action, POLICY_NOT_SUPPORTED);
	assert_int_equal(policy("rej")->action, POLICY_REJECT);
	assert_int_equal(policy("den")->action, POLICY_DENY);
	assert_int_equal(policy("yes")->action, POLICY_PERMIT);
	assert_int_equal(policy("yes")->flags, POLICY_LOG_INIT | POLICY_LOG_CLOSE | POLICY_COUNT_TRAFFIC);
	assert_string_equal(world_policy(&world, "a", "b", 1, 2, 80), "nat");
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "firewall authentication (1); what it is about"), 1);
}

/* A filter that might discard keeps its unit out of every zone; one that only counts does not */
static void
test_filters_fail_closed(void **state)
{
	(void)state;
	world_set(&world, ZONES "set interfaces ge-0/0/0 unit 0 family inet filter input drops\n"
				"set interfaces ge-0/0/1 unit 0 family inet filter input counts\n"
				"set firewall filter drops term t from protocol tcp\n"
				"set firewall filter drops term t then accept\n"
				"set firewall filter counts term t from protocol tcp\n"
				"set firewall filter counts term t then count c\n"
				"set firewall filter counts term rest then accept\n");
	world_run(&world);
	assert_true(unit("ge-0/0/0.0")->unsupported);
	assert_int_equal(unit("ge-0/0/0.0")->zone, SNAPSHOT_NONE);
	assert_false(unit("ge-0/0/1.0")->unsupported);
	assert_int_equal(unit("ge-0/0/1.0")->zone, world_zone(&world, "b"));
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "stateless filters on interfaces (2)"), 1);
}

/* Identities are those of the path: kept over recompiles, after a deletion, and given back to a path that returns */
static void
test_identities(void **state)
{
	(void)state;
	world_set(&world, ZONES);
	set_policy("a", "b", "p1", "any", "any", "any", "permit");
	set_policy("a", "b", "p2", "any", "any", "any", "deny");
	set_policy("b", "a", "p1", "any", "any", "any", "deny");
	world_run(&world);
	const uint32_t first = (uint32_t)(policy("p1") - world.snapshot->policies);
	const uint32_t second = (uint32_t)(policy("p2") - world.snapshot->policies);
	const uint16_t zone_b = world_zone(&world, "b");
	const uint16_t wan = world_unit(&world, "ge-0/0/1.0");
	assert_int_equal(world.snapshot->policy_count, 3);
	world_delete(&world, "security policies from-zone a to-zone b policy p1");
	world_delete(&world, "interfaces ge-0/0/0");
	world_delete(&world, "security zones security-zone a interfaces");
	set_policy("a", "b", "p3", "any", "any", "any", "deny");
	world_run(&world);
	assert_int_equal(policy("p2") - world.snapshot->policies, second);
	assert_int_equal(world.snapshot->policy_count, 4);
	assert_false(world.snapshot->policies[first].present);
	assert_string_equal(snapshot_policy_name(world.registry, first), "p1");
	assert_int_equal(world_zone(&world, "b"), zone_b);
	assert_int_equal(world_unit(&world, "ge-0/0/1.0"), wan);
	assert_string_equal(snapshot_unit_name(world.registry, 0), "ge-0/0/0.0");
	assert_false(world.snapshot->units[0].present);
	assert_string_equal(world_policy(&world, "a", "b", 1, 2, 3), "p2");
	set_policy("a", "b", "p1", "any", "any", "any", "permit");
	world_run(&world);
	assert_true(world.snapshot->policies[first].present);
	assert_null(snapshot_policy_name(world.registry, 99));
	assert_null(snapshot_unit_name(world.registry, 99));
	assert_string_equal(snapshot_zone_name(world.registry, SNAPSHOT_ZONE_SELF), "junos-self");
	assert_string_equal(snapshot_instance_name(world.registry, SNAPSHOT_INSTANCE_DEFAULT), "");
}

/* A compilation that fails leaves no identity behind */
static void
test_failure_leaves_the_registry_alone(void **state)
{
	(void)state;
	world_set(&world, ZONES);
	world_run(&world);
	const uint16_t units = world.snapshot->unit_count;
	world_set(&world, "set interfaces ge-0/0/5 unit 0\nset system time-zone Nowhere\n");
	assert_false(world_compile(&world));
	assert_null(snapshot_unit_name(world.registry, units));
	world_delete(&world, "system time-zone");
	world_run(&world);
	assert_int_equal(world.snapshot->unit_count, units + 1);
	assert_string_equal(snapshot_unit_name(world.registry, units), "ge-0/0/5.0");
}

/* The same local address in two instances, and an own address in an address book (E-033) */
static void
test_warnings_about_addresses(void **state)
{
	(void)state;
	world_set(&world, ZONES "set interfaces ge-0/0/2 unit 0 family inet address 10.0.1.1/24\n"
				"set routing-instances r instance-type virtual-router\n"
				"set routing-instances r interface ge-0/0/2.0\n"
				"set security zones security-zone a address-book address me 10.0.0.1/32\n"
				"set security zones security-zone a address-book address other 10.0.0.2/32\n");
	world_run(&world);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "has the same address"), 1);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "E-033"), 1);
	assert_int_equal(unit("ge-0/0/2.0")->instance, world_instance(&world, "r"));
}

/* REQ-SES-003, REQ-POL-031: an own application's name and timeout, before a predefined one of that name */
static void
test_applications(void **state)
{
	struct classifier_key key = {.source = 1, .destination = 2, .protocol = 6, .destination_port = 8080};

	(void)state;
	world_set(&world, ZONES "set applications application http protocol tcp\n"
				"set applications application http destination-port 8080\n"
				"set applications application http inactivity-timeout 77\n"
				"set applications application echo protocol icmp icmp-type echo-request\n"
				"set applications application-set both application http\n"
				"set applications application-set both application echo\n"
				"set applications application-set both application junos-dns-udp\n");
	set_policy("a", "b", "p", "any", "any", "both", "permit");
	set_policy("b", "a", "any", "any", "any", "any", "permit");
	world_run(&world);
	key.from_zone = world_zone(&world, "a");
	key.to_zone = world_zone(&world, "b");
	struct classifier_match match = classifier_lookup(world.snapshot, &key, 0);
	assert_int_not_equal(match.policy, PACKET_NO_POLICY);
	assert_string_equal(world.snapshot->applications[match.application].name, "http");
	assert_int_equal(world.snapshot->applications[match.application].timeout, 77);
	key.destination_port = 80;
	assert_int_equal(classifier_lookup(world.snapshot, &key, 0).policy, PACKET_NO_POLICY);
	key = (struct classifier_key){.from_zone = key.from_zone, .to_zone = key.to_zone, .protocol = 1, .icmp_type = 8};
	match = classifier_lookup(world.snapshot, &key, 0);
	assert_int_not_equal(match.policy, PACKET_NO_POLICY);
	assert_string_equal(world.snapshot->applications[match.application].name, "echo");
	key.icmp_type = 13;
	assert_int_equal(classifier_lookup(world.snapshot, &key, 0).policy, PACKET_NO_POLICY);
	/* any: by port */
	key = (struct classifier_key){.from_zone = world_zone(&world, "b"), .to_zone = world_zone(&world, "a"),
	    .protocol = 6, .destination_port = 80};
	match = classifier_lookup(world.snapshot, &key, 0);
	assert_string_equal(world.snapshot->applications[match.application].name, "junos-http");
	assert_int_equal(world.snapshot->applications[match.application].timeout, 300);
	/* A number once given stays: a session that began under it is still logged by its name after the policy has gone. */
	const uint32_t kept = match.application;
	world_delete(&world, "security policies from-zone a to-zone b policy p");
	world_run(&world);
	assert_string_equal(world.snapshot->applications[kept].name, "junos-http");
	assert_int_equal(classifier_lookup(world.snapshot, &key, 0).application, kept);
}

/* What is inactive is as if absent, and so is a container in which everything is */
static void
test_inactive_statements(void **state)
{
	(void)state;
	world_set(&world, ZONES "set security zones security-zone c interfaces all\nset interfaces ge-0/0/2 unit 0\n"
				"set schedulers scheduler s daily start-time 07:00 stop-time 18:00\n");
	set_policy("a", "b", "p", "any", "any", "any", "permit source-nat interface");
	world_set(&world, "set security policies from-zone a to-zone b policy p scheduler-name s\n"
			  "deactivate security policies from-zone a to-zone b policy p then permit source-nat interface\n"
			  "deactivate schedulers scheduler s daily start-time\n"
			  "deactivate schedulers scheduler s daily stop-time\n"
			  "deactivate security zones security-zone b interfaces ge-0/0/1.0\n"
			  "deactivate interfaces ge-0/0/2\n");
	world_run(&world);
	assert_int_equal(policy("p")->action, POLICY_PERMIT);
	assert_string_equal(world_policy(&world, "a", "b", 1, 2, 3), "p");
	assert_int_equal(unit("ge-0/0/1.0")->zone, world_zone(&world, "c"));
	assert_int_equal(world.snapshot->port_count, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_order_of_interfaces, clear_world),
	    cmocka_unit_test_teardown(test_ports_of_the_caller, clear_world),
	    cmocka_unit_test_teardown(test_tags, clear_world),
	    cmocka_unit_test_teardown(test_mtu, clear_world),
	    cmocka_unit_test_teardown(test_tunnel_units, clear_world),
	    cmocka_unit_test_teardown(test_host_inbound, clear_world),
	    cmocka_unit_test_teardown(test_host_inbound_applications_and_protocols, clear_world),
	    cmocka_unit_test_teardown(test_services_running, clear_world),
	    cmocka_unit_test_teardown(test_address_books, clear_world),
	    cmocka_unit_test_teardown(test_order_of_policies, clear_world),
	    cmocka_unit_test_teardown(test_contexts_with_any, clear_world),
	    cmocka_unit_test_teardown(test_actions_and_what_fails_closed, clear_world),
	    cmocka_unit_test_teardown(test_filters_fail_closed, clear_world),
	    cmocka_unit_test_teardown(test_identities, clear_world),
	    cmocka_unit_test_teardown(test_failure_leaves_the_registry_alone, clear_world),
	    cmocka_unit_test_teardown(test_warnings_about_addresses, clear_world),
	    cmocka_unit_test_teardown(test_applications, clear_world),
	    cmocka_unit_test_teardown(test_inactive_statements, clear_world),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
