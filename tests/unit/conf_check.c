/*
 * The rules of a commit: each by a configuration that breaks it, and by the sentence with its place.
 */
#include "conf_support.h"

#define ZONES                                                                                                          \
	"set security zones security-zone a address-book address x 192.0.2.0/24\n"                                     \
	"set security zones security-zone b address-book address y 198.51.100.0/24\n"
#define POLICY "set security policies from-zone a to-zone b policy p "
#define MATCH POLICY "match source-address x destination-address y application any\n"
#define PERMIT POLICY "then permit\n"
#define PLACE "[edit security policies from-zone a to-zone b"

#define INET "set interfaces ge-0/0/1 unit 0 family inet address "

static const struct rule rules[] = {
    {ZONES MATCH PERMIT, NULL},
    /* REQ-POL-022, E-083 */
    {ZONES MATCH, PLACE "] 'policy p': missing mandatory statement 'then'"},
    {ZONES PERMIT, PLACE "] 'policy p': missing mandatory statement 'match'"},
    {ZONES POLICY "match source-address x destination-address y\n" PERMIT,
        PLACE " policy p] 'match': missing mandatory statement 'application'"},
    {ZONES POLICY "match source-address x application any\n" PERMIT, "missing mandatory statement 'destination-address'"},
    {ZONES POLICY "match destination-address y application any\n" PERMIT, "missing mandatory statement 'source-address'"},
    {ZONES MATCH POLICY "then log session-init\n",
        PLACE " policy p] 'then': missing mandatory statement: one of 'permit', 'deny', 'reject'"},
    /* A later set line takes the place of the action it excludes, as when it is typed. */
    {ZONES MATCH PERMIT POLICY "then deny\n", NULL},
    {"set security policies default-policy permit-all\nset security policies default-policy deny-all\n", NULL},
    /* REQ-POL-016: names come from the side's own book; E-076: prefixes may be written out. */
    {ZONES POLICY "match source-address y destination-address y application any\n" PERMIT,
        PLACE " policy p match] 'source-address y': address 'y' is not in the address book of zone 'a'"},
    {ZONES POLICY "match source-address x destination-address x application any\n" PERMIT,
        "address 'x' is not in the address book of zone 'b'"},
    {ZONES POLICY "match source-address [ 192.0.2.1 192.0.2.0/25 ] destination-address any application any\n" PERMIT, NULL},
    {ZONES POLICY "match source-address 192.0.2.0/33 destination-address any application any\n" PERMIT,
        "address '192.0.2.0/33' is not in the address book"},
    /* REQ-POL-021 */
    {"set security zones security-zone a address-book address-set s address z\n",
        "[edit security zones security-zone a address-book address-set s] 'address z': address 'z' is not in the address "
        "book of zone 'a'"},
    {ZONES "set security zones security-zone a address-book address-set s address y\n", "address 'y' is not in"},
    {ZONES "set security zones security-zone a address-book address-set s address-set t\n"
           "set security zones security-zone a address-book address-set t address-set s\n",
        "'address-set s': this set contains itself"},
    {ZONES "set security zones security-zone a address-book address-set s address-set s\n", "contains itself"},
    {ZONES "set security zones security-zone a address-book address-set s address-set t\n"
           "set security zones security-zone a address-book address-set t address x\n", NULL},
    {ZONES "set security zones security-zone a address-book address-set s address t\n"
           "set security zones security-zone a address-book address-set t address x\n",
        "'address t': 't' is a set: write address-set"},
    {"set security zones security-zone a address-book address-set s address-set t\n",
        "address-set 't' is not in the address book"},
    {"set security zones security-zone a address-book address x\n",
        "'address x': missing mandatory statement: one of 'ip-prefix', 'dns-name'"},
    /* REQ-ZN-011 */
    {ZONES "set security policies from-zone a to-zone c policy p match source-address any destination-address any "
           "application any\nset security policies from-zone a to-zone c policy p then deny\n",
        "[edit security policies] 'from-zone a to-zone c': security zone 'c' is not configured"},
    /* REQ-ZN-012 */
    {ZONES "set security policies from-zone junos-global to-zone b policy p match source-address any "
           "destination-address any application any\n"
           "set security policies from-zone junos-global to-zone b policy p then deny\n",
        "junos-global is possible as to-zone only"},
    {ZONES "set security policies from-zone a to-zone junos-global policy p match source-address any "
           "destination-address any application any\n"
           "set security policies from-zone a to-zone junos-global policy p then deny\n",
        NULL},
    {"set interfaces ge-0/0/0 unit 0\nset security zones security-zone junos-global interfaces ge-0/0/0.0\n",
        "junos-global cannot hold interfaces"},
    /* E-009 */
    {ZONES "set security policies from-zone any to-zone any policy p match source-address any destination-address any "
           "application any\nset security policies from-zone any to-zone any policy p then deny\n",
        NULL},
    /* REQ-CFG-015, 07614: applications, own and predefined */
    {ZONES POLICY "match source-address x destination-address y application custApp\n" PERMIT,
        PLACE " policy p match] 'application custApp': application 'custApp' is neither configured nor predefined"},
    {"set applications application-set s application custApp\n",
        "[edit applications application-set s] 'application custApp': application 'custApp' is neither"},
    {"set applications application-set s application-set t\n", "application set 't' is not configured"},
    {"set applications application-set s application-set t\nset applications application-set t application-set s\n",
        "contains itself"},
    {"set applications application c destination-port 7\n", "'application c': missing mandatory statement 'protocol'"},
    {"set applications application c protocol icmp destination-port 7\n", "icmp has no ports"},
    {"set applications application c protocol tcp icmp-type 8\n", "tcp has no ICMP types"},
    /* REQ-CFG-014: nothing wants to be used. */
    {"set applications application c protocol tcp\nset schedulers scheduler s daily all-day\n"
     "set security screen ids-option s tcp land\n" ZONES,
        NULL},
    {ZONES MATCH PERMIT POLICY "scheduler-name s\n", "'scheduler-name s': scheduler 's' is not configured"},
    {"set security zones security-zone a screen s\n",
        "[edit security zones security-zone a] 'screen s': screen 's' is not configured"},
    {ZONES MATCH POLICY "then permit tunnel ipsec-vpn v\n" POLICY "then permit source-nat interface\n",
        "a tunnel and NAT in one policy are not possible"},
    /* Interfaces. REQ-ZN-005 */
    {"set security zones security-zone a interfaces ge-0/0/9.0\n",
        "[edit security zones security-zone a] 'interfaces ge-0/0/9.0': interface 'ge-0/0/9.0' is not configured"},
    {"set interfaces ge-0/0/1 unit 0\nset security zones security-zone a interfaces ge-0/0/1.0\n"
     "set security zones security-zone b interfaces ge-0/0/1.0\n",
        "3: [edit security zones security-zone b] 'interfaces ge-0/0/1.0': interface 'ge-0/0/1.0' is in security zone 'a' "
        "already"},
    {"set security zones security-zone a interfaces all\nset security zones security-zone b interfaces all\n",
        "interface 'all' is in security zone 'a' already"},
    {"set interfaces ge-0/0/1 unit 0\n"
     "set routing-instances v instance-type virtual-router interface ge-0/0/1.0\n"
     "set routing-instances w instance-type virtual-router interface ge-0/0/1.0\n",
        "[edit routing-instances w] 'interface ge-0/0/1.0': interface 'ge-0/0/1.0' is in routing instance 'v' already"},
    {"set routing-instances v instance-type virtual-router interface ge-0/0/1.0\n",
        "[edit routing-instances v] 'interface ge-0/0/1.0': interface 'ge-0/0/1.0' is not configured"},
    {"set system services web-management http interface ge-0/0/1.0\n", "interface 'ge-0/0/1.0' is not configured"},
    {"set interfaces ge-0/0/1 unit 0 family inet filter input f\n", "firewall filter 'f' is not configured"},
    /* VLANs. REQ-ZN-007, E-031 */
    {"set interfaces ge-0/0/1 unit 5\n", NULL},
    {"set interfaces ge-0/0/1 unit 1\nset interfaces ge-0/0/1 unit 2\n",
        "1: [edit] 'interfaces ge-0/0/1': warning: E-031 several units without vlan-tagging"},
    {"set interfaces ge-0/0/1 unit 0\nset interfaces ge-0/0/1 unit 2\n", "there is no VLAN 0"},
    {"set interfaces st0 unit 1\nset interfaces st0 unit 2\n", NULL},
    {"set interfaces ge-0/0/1 unit 1 vlan-id 5\n", "'vlan-id 5': a VLAN needs vlan-tagging on ge-0/0/1"},
    {"set interfaces ge-0/0/1 vlan-tagging unit 1\n",
        "[edit interfaces ge-0/0/1] 'unit 1': missing mandatory statement 'vlan-id'"},
    {"set interfaces ge-0/0/1 vlan-tagging unit 1 vlan-id 5\nset interfaces ge-0/0/1 unit 2 vlan-id 5\n",
        "[edit interfaces ge-0/0/1 unit 2] 'vlan-id 5': VLAN 5 belongs to unit 1 of ge-0/0/1 already"},
    /* Services. E-048, E-049 */
    {"set security zones security-zone a host-inbound-traffic system-services quake\n",
        "'quake' is neither a system service nor an application"},
    {"set security zones security-zone a host-inbound-traffic system-services custApp\n"
     "set applications application custApp protocol tcp\n",
        NULL},
    {"set security zones security-zone a host-inbound-traffic system-services dhcp\n",
        "'system-services dhcp': warning: E-049 dhcp has no effect on a zone"},
    /* E-074, E-245 */
    {"set security zones security-zone a address-book address x 1.2.2.3/24\n", "warning: E-074 "},
    {"set security zones security-zone a address-book address x dns-name www.example.net\n", "warning: E-245 "},
    {"set system name-server 192.0.2.53\n"
     "set security zones security-zone a address-book address x dns-name www.example.net\n",
        NULL},
    /* Traffic logs */
    {"set security log stream s host 192.0.2.1\nset security log stream s host port 515\n", NULL},
    {"set security log stream s severity error\n", "[edit security log] 'stream s': a stream needs the host"},
    {"set security log mode event\nset security log stream s host 192.0.2.1\n", "warning: streams get nothing"},
    {"set security log mode stream\n", "warning: traffic logs go nowhere"},
    {"set security log stream s host 192.0.2.1\nset security log stream s transport trusted-ca x.pem\n",
        "warning: certificates are looked at with protocol tls only"},
    /* Schedulers */
    {"set schedulers scheduler s daily start-time 12:00\n", "each start-time needs its stop-time"},
    {"set schedulers scheduler s daily start-time 12:00 stop-time 11:00\n", "is not after start-time"},
    {"set schedulers scheduler s daily exclude start-time 12:00 stop-time 13:00\n", "exclude each other"},
    {"set schedulers scheduler s start-date 2008-01-01.00:00 stop-date 2007-01-01.00:00\n", "is not after start-date"},
    {"set schedulers scheduler s daily start-time [ 1:00 3:00 5:00 ] stop-time [ 2:00 4:00 6:00 ]\n",
        "at most 2 of these are possible"},
    /* Routing. REQ-RT-021, E-068 */
    {"set routing-instances v instance-type vrf\n",
        "[edit routing-instances v] 'instance-type vrf': E-068 instance-type 'vrf' is not supported"},
    {"set routing-instances v description x\n", "missing mandatory statement 'instance-type'"},
    {"set routing-options static route 192.0.2.0/24 preference 5\n", "missing mandatory statement: one of 'next-hop'"},
    {"set routing-options static route 192.0.2.0/24 next-hop 10.0.0.1 discard\n",
        "'next-hop' and 'discard' exclude each other"},
    {"set routing-options static route 192.0.2.0/24 discard retain no-retain\n", "exclude each other"},
    {"set routing-options static route 192.0.2.0/24 next-table v.inet.0\n", "routing table 'v.inet.0' does not exist"},
    {"set routing-options static route 192.0.2.0/24 next-hop ge-0/0/1.0\n", "warning: E-069 "},
    /* E-062, E-064 */
    {"set routing-options rib-groups g import-rib [ inet.0 v.inet.0 ]\n",
        "[edit routing-options rib-groups g] 'import-rib v.inet.0': routing table 'v.inet.0' does not exist"},
    {"set routing-instances v instance-type virtual-router\n"
     "set routing-options rib-groups g import-rib [ v.inet.0 inet.0 ]\n",
        "[edit routing-options] 'rib-groups g': warning: E-062 "},
    {"set routing-options static rib-group g\n",
        "[edit routing-options static] 'rib-group g': rib-group 'g' is not configured"},
    {"set routing-instances v instance-type virtual-router\n"
     "set routing-options rib-groups g import-rib [ v.inet.0 inet.0 ]\nset routing-options static rib-group g\n",
        "the first table of rib-group 'g' is 'v.inet.0', not 'inet.0'"},
    /* Own addresses: E-033, E-055, the same one twice. */
    {"set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24\n"
     "set interfaces ge-0/0/2 unit 0 family inet address 10.0.0.1/32\n",
        "2: [edit interfaces ge-0/0/2 unit 0 family inet] 'address 10.0.0.1/32': ge-0/0/1.0 has the same address"},
    {"set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24\n"
     "set interfaces ge-0/0/2 unit 0 family inet address 10.0.0.1/32\n"
     "set routing-instances v instance-type virtual-router interface ge-0/0/2.0\n",
        "warning: ge-0/0/1.0 of another routing instance has the same address"},
    {"set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24\n"
     "set security zones security-zone a address-book address x 10.0.0.1\n",
        "'address x': warning: E-033 this is the address of ge-0/0/1.0"},
    {"set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/32\n"
     "set routing-options static route 192.0.2.0/24 next-hop 10.0.0.1\n",
        "'next-hop 10.0.0.1': warning: E-055 this is the device's own address: read as interface ge-0/0/1.0"},
    {"set security flow aging low-watermark 90 high-watermark 80\n", "low-watermark 90 is above high-watermark 80"},
    {"set security flow aging high-watermark 80 low-watermark 60\n", NULL},
    {"set security flow aging high-watermark 80\n", NULL},
    {"set security flow aging low-watermark 80\n", NULL},
    /* Own addresses that no device can have, and those beside them that it can. */
    {INET "10.0.0.0/24\n", "'address 10.0.0.0/24': this is the address of the network itself"},
    {INET "10.0.0.255/24\n", "'address 10.0.0.255/24': this is the broadcast address"},
    {INET "10.0.0.0/23\n", "this is the address of the network itself"},
    {INET "10.0.0.3/30\n", "this is the broadcast address"},
    {INET "10.0.0.0/31\n", NULL},
    {INET "10.0.0.1/31\n", NULL},
    {INET "10.0.0.0/32\n", NULL},
    {INET "10.0.0.255/23\n", NULL},
    {INET "0.0.0.0/0\n", "it is of this network (0.0.0.0/8)"},
    {INET "224.0.0.1/24\n", "it is of a group (224.0.0.0/4)"},
    {INET "255.255.255.255/32\n", "it is reserved (240.0.0.0/4)"},
    {INET "127.0.0.1/8\n", "it is of the loopback (127.0.0.0/8)"},
    {"set interfaces lo0 unit 0 family inet address 127.0.0.1/32\n", NULL},
    /* Inactive statements are as if absent. */
    {"set security zones security-zone a screen s\ndeactivate security zones security-zone a\n", NULL},
};

static void
each_rule_tells(void **state)
{
	assert_rules(state, rules, sizeof(rules) / sizeof(rules[0]));
}

/* Sets nested too deep or too large are told once, not for each set around them. */
static void
deep_and_large_sets(void **state)
{
	struct text lines = TEXT_EMPTY;
	struct world world = world_create(state);

	for (int i = 1; i <= 40; i++) {
		text_printf(&lines, "set applications application-set s%d application-set s%d\n", i, i - 1);
	}
	text_append(&lines, "set applications application-set s0 application junos-http\n");
	assert_true(world_load(&world, CONF_FORMAT_SET, text_string(&lines)));
	conf_check(world.tree, &world.list);
	/* s0 is one deep, so s16 is the first with seventeen. */
	assert_int_equal(world.list.errors, 1);
	assert_told(&world, "[edit applications] 'application-set s16': sets are nested more than 16 deep");
	world_release(&world);
	text_clear(&lines);
	world = world_create(state);
	for (int i = 0; i < 300; i++) {
		text_printf(&lines, "set applications application a%d protocol tcp destination-port %d\n", i, i);
		text_printf(&lines, "set applications application-set inner application a%d\n", i);
		text_printf(&lines, "set applications application-set m%d application-set inner\n", i);
		text_printf(&lines, "set applications application-set outer application-set m%d\n", i);
	}
	assert_true(world_load(&world, CONF_FORMAT_SET, text_string(&lines)));
	conf_check(world.tree, &world.list);
	assert_int_equal(world.list.errors, 1);
	assert_told(&world, "'application-set outer': this set stands for more than 65536 members");
	world_release(&world);
	text_release(&lines);
}

/* 07614: a custom application that a policy or a set names cannot go. */
static void
a_used_application_stays(void **state)
{
	struct world world = world_of(state, ZONES
	    "set applications application custApp protocol tcp destination-port 7001\n"
	    "set applications application-set s application custApp\n"
	    POLICY "match source-address x destination-address y application [ s custApp ]\n" PERMIT);
	struct conf_editor editor = {.tree = world.tree};

	conf_check(world.tree, &world.list);
	assert_int_equal(world.list.count, 0);
	assert_true(conf_edit(&editor, CONF_EDIT_DELETE, "applications application custApp", &world.list));
	conf_check(world.tree, &world.list);
	assert_int_equal(world.list.errors, 2);
	assert_told(&world, "[edit applications application-set s] 'application custApp'");
	assert_told(&world, PLACE " policy p match] 'application custApp'");
	world_release(&world);
}

/* cs09436: sets of screens have a bound, and one more is refused when it is checked. */
static void
screens_are_bounded(void **state)
{
	for (unsigned count = 4096; count <= 4097; count++) {
		struct text lines = TEXT_EMPTY;

		for (unsigned i = 0; i < count; i++) {
			text_printf(&lines, "set security screen ids-option s%u tcp land\n", i);
		}
		struct world world = world_of(state, text_string(&lines));

		conf_check(world.tree, &world.list);
		assert_int_equal(world.list.errors, count > 4096 ? 1 : 0);
		if (count > 4096) {
			assert_told(&world, "[edit security screen] 'ids-option s4096': at most 4096 of these are possible");
		}
		world_release(&world);
		text_release(&lines);
	}
}

/* REQ-CFG-015: all of them at once, in the order of the lines. */
static void
all_errors_at_once(void **state)
{
	struct world world = world_of(state,
	    "set security zones security-zone a screen none\n"
	    "set security zones security-zone a interfaces ge-0/0/0.0\n"
	    "set routing-instances v instance-type vpls\n");

	conf_check(world.tree, &world.list);
	assert_int_equal(world.list.errors, 3);
	assert_string_equal(world_told(&world),
	    "1: [edit security zones security-zone a] 'screen none': screen 'none' is not configured\n"
	    "2: [edit security zones security-zone a] 'interfaces ge-0/0/0.0': interface 'ge-0/0/0.0' is not configured\n"
	    "3: [edit routing-instances v] 'instance-type vpls': E-068 instance-type 'vpls' is not supported: only "
	    "virtual-router is\n");
	text_clear(&world.out);
	diagnostics_render_cli(&world.list, &world.out);
	assert_non_null(strstr(text_string(&world.out),
	    "[edit security zones security-zone a]\n  'screen none'\n    error: screen 'none' is not configured\n"));
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_rule_tells),
	    cmocka_unit_test(deep_and_large_sets),
	    cmocka_unit_test(a_used_application_stays),
	    cmocka_unit_test(screens_are_bounded),
	    cmocka_unit_test(all_errors_at_once),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
