/*
 * Decisions of the errata that are no other spelling: what loads as it is, what counts when nothing
 * is written, and what is refused. Each row names its erratum.
 */
#include "conf_support.h"

#define POLICY  "set security policies from-zone a to-zone b policy p "
#define ROUTE   "set routing-options static route 192.0.2.0/24 "
#define GATEWAY "set security ike gateway g "

struct decision {
	const char *erratum;
	const char *lines;
	const char *stored; /* NULL: as it is written */
};

/* Loads without a word. */
static const struct decision loads[] = {
    {"E-012",
	"set security policies from-zone a to-zone b policy src--nat-nopat-policy then deny\n",
	NULL},
    {"E-022", "set interfaces ge-0/0/0 unit 0\n", NULL},
    {"E-036", "set interfaces t1-7/0/9 unit 0\n", NULL},
    {"E-037", "set interfaces ge-0/0/0 unit 16385\n", NULL},
    {"E-047",
	"set security zones security-zone a host-inbound-traffic system-services dns\n"
	"set security zones security-zone a host-inbound-traffic system-services ntp\n"
	"set security zones security-zone a host-inbound-traffic system-services lsping\n",
	NULL},
    {"E-058", ROUTE "next-hop st0.0\n" ROUTE "preference 4294967295\n", NULL},
    {"E-06B", ROUTE "next-table x-vr.inet.0\n", NULL},
    {"E-06B", ROUTE "discard\n", NULL},
    {"E-06B", ROUTE "reject\n", NULL},
    {"E-074", "set security zones security-zone a address-book address r 1.2.2.3/24\n",
	NULL}, /* E-212 counts from it */
    {"E-08G",
	POLICY "then count alarm per-second-threshold 0\n" POLICY
	       "then count alarm per-minute-threshold 4294967295\n",
	NULL},
    {"E-08H", POLICY "then log session-init session-close\n",
	POLICY "then log session-init\n" POLICY "then log session-close\n"},
    {"E-091", POLICY "scheduler-name x\n" POLICY "scheduler-name y\n", NULL},
    {"E-103", "set security screen ids-option s ip filter-source\n",
	"set security screen ids-option s ip source-route-option\n"},
    {"E-105",
	"set security zones security-zone a screen y\nset security zones security-zone a screen "
	"x\n",
	NULL},
    {"E-129", "set security screen ids-option s alarm-without-drop\n", NULL},
    {"E-132",
	"set firewall filter f term t then count x\nset firewall filter f term t then count y\n",
	"set firewall filter f term t then count y\n"},
    {"E-169", GATEWAY "local-identity hostname a.b\n", NULL},
    {"E-16L", GATEWAY "address [ 192.0.2.1 gw.example.com ]\n",
	GATEWAY "address 192.0.2.1\n" GATEWAY "address gw.example.com\n"},
    {"E-16N", "set security ike policy p pre-shared-key ascii-text $9$LbHX-wg4Z\n",
	"set security ike policy p pre-shared-key ascii-text lc\n"},
    {"E-172",
	"set security ike proposal prop1 dh-group group1\nset security ipsec proposal prop1 "
	"protocol ah\n",
	NULL},
    {"E-180", "user@host > set security ike gateway g dynamic hostname a.b\n",
	GATEWAY "dynamic hostname a.b\n"},
    {"E-193",
	GATEWAY "dynamic distinguished-name container O=Bank,CN=x\n" GATEWAY
		"dynamic distinguished-name wildcard OU=y\n",
	NULL},
    {"E-199", GATEWAY "dynamic user-at-hostname @newbank.com\n", NULL},
    {"E-194", GATEWAY "dynamic inet 192.0.2.1\n", NULL},
    {"E-209", "set security policies from-zone a to-zone junos-global policy p then permit\n",
	NULL},
};

static void
each_decision_loads(void **state)
{
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		struct world world = world_of(state, loads[i].lines);
		const char *stored = loads[i].stored == NULL ? loads[i].lines : loads[i].stored;

		if (strcmp(world_render(&world, CONF_FORMAT_SET), stored) != 0) {
			fail_msg("%s: %s", loads[i].erratum, world_render(&world, CONF_FORMAT_SET));
		}
		world_release(&world);
	}
}

/* Is refused, at load or at commit, with this sentence. */
static void
each_decision_refuses(void **state)
{
	static const struct decision rows[] = {
	    {"E-027", "set security alg icmp disable\n", "'icmp' is not possible here"},
	    {"E-037", "set interfaces ge-0/0/0 unit 16386\n", "a unit is a number from 0 to 16385"},
	    {"E-054", ROUTE "next-hop 192.0.2.1/24\n", "a next hop is a single address"},
	    {"E-060", ROUTE "no-re advertise\n", "the statement is no-readvertise"},
	    {"E-064", "set routing-options rib-groups g import-rib PublicAppServers-vr.inet.0\n",
		"'PublicAppServers-vr.inet.0'"},
	    {"E-068", "set routing-instances x instance-type vrf\n",
		"instance-type 'vrf' is not supported"},
	    {"E-083", POLICY "match source-address any\n", "missing mandatory statement"},
	    {"E-089",
		POLICY "then permit source-nat pool x\n" POLICY
		       "then permit source-nat interface\n",
		"'pool' and 'interface' exclude each other"},
	    {"E-173",
		POLICY "then permit tunnel ipsec-vpn v\n" POLICY
		       "then permit source-nat interface\n",
		"a tunnel and NAT in one policy are not possible"},
	    {"E-188",
		GATEWAY "ike-policy p\n" GATEWAY
			"dynamic user-at-hostname a@b.c ike-user-type shared-ike-id\n"
			"set security ike policy p proposals x\n",
		"ike-user-type shared-ike-id needs a pre-shared-key in IKE policy 'p'"},
	    {"E-209",
		"set security policies from-zone junos-global to-zone a policy p then permit\n",
		"junos-global is possible as to-zone only"},
	    {"E-233", POLICY "then permit source-nat interface ge-0/0/0.0\n",
		"'ge-0/0/0.0' is not possible here"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world world = world_create(state);

		(void)world_load(&world, CONF_FORMAT_SET, rows[i].lines);
		conf_check(world.tree, &world.list);
		assert_true(world.list.errors > 0);
		assert_told(&world, rows[i].stored);
		world_release(&world);
	}
}

/* What counts when nothing is written. */
static void
each_decision_has_its_default(void **state)
{
	static const struct {
		const char *erratum;
		const char *lines;
		const char *list; /* below security ike or ipsec */
		const char *leaf;
		const char *value;
	} rows[] = {
	    {"E-165", "set security ike proposal x\n", "proposal", "dh-group", "group2"},
	    {"E-16B", "set security ipsec vpn x\n", "vpn", "establish-tunnels", "on-traffic"},
	    {"E-16H", "set security ipsec vpn x\n", "vpn", "df-bit", "clear"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world world = world_of(state, rows[i].lines);
		const struct conf_node *security =
		    conf_child(conf_tree_top(world.tree), "security");
		const struct conf_node *entry = conf_first(security->first, rows[i].list);

		assert_string_equal(conf_value(entry, rows[i].leaf), rows[i].value);
		world_release(&world);
	}
}

/* E-045: addresses of a zone may lie anywhere. */
static void
addresses_need_no_interface(void **state)
{
	struct world world = world_of(state,
	    "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
	    "set security zones security-zone a interfaces ge-0/0/0.0\n"
	    "set security zones security-zone a address-book address far 203.0.113.7/32\n");

	conf_check(world.tree, &world.list);
	assert_int_equal(world.list.count, 0);
	world_release(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_decision_loads),
	    cmocka_unit_test(each_decision_refuses),
	    cmocka_unit_test(each_decision_has_its_default),
	    cmocka_unit_test(addresses_need_no_interface),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
