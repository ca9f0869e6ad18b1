/*
 * Address translation by rule-sets, the form of later SRX releases: what a commit refuses, each with its place; and that the
 * four forms of a configuration say the same.
 */
#include "conf_support.h"

#define INTERFACES                                                                                                     \
	"set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"                                             \
	"set interfaces ge-0/0/1 unit 0 family inet address 203.0.113.1/24\n"
#define ZONES INTERFACES "set security zones security-zone a\nset security zones security-zone b\n"
#define BOOK                                                                                                           \
	"set security address-book global address web 10.0.0.80\n"                                                     \
	"set security address-book global address net 10.0.0.64/28\n"                                                  \
	"set security address-book global address six 2001:db8::1\n"
#define NAT "set security nat "
#define SOURCE NAT "source "
#define POOL SOURCE "pool p "
#define ADDRESS POOL "address 203.0.113.10 to 203.0.113.12\n"
#define SET SOURCE "rule-set s "
#define CONTEXT ZONES SET "from zone a\n" SET "to zone b\n"
#define RULE SET "rule r "
#define OFF RULE "then source-nat off\n"
#define DESTINATION NAT "destination "
#define DSET DESTINATION "rule-set d "
#define DRULE DSET "rule r "
#define DCONTEXT ZONES DSET "from zone b\n"
#define STATIC NAT "static "
#define SSET STATIC "rule-set t "
#define SRULE SSET "rule r "
#define SCONTEXT ZONES BOOK SSET "from zone b\n"
#define PROXY NAT "proxy-arp interface ge-0/0/1.0 "
#define PLACE_POOL "[edit security nat source pool p] "
#define PLACE_RULE "[edit security nat source rule-set s rule r] "
#define PLACE_MATCH "[edit security nat source rule-set s rule r match] "

static const struct rule rules[] = {
    {CONTEXT OFF, NULL},
    {CONTEXT RULE "match source-address 10.0.0.0/24\n" OFF, NULL},
    {CONTEXT ADDRESS RULE "then source-nat pool p\n", NULL},
    /* persistent-nat. */
    {CONTEXT RULE "then source-nat interface persistent-nat permit target-host\n", NULL},
    {CONTEXT RULE "then source-nat interface persistent-nat max-session-number 8\n",
        "[edit security nat source rule-set s rule r then source-nat interface] 'persistent-nat': missing mandatory statement "
        "'permit'"},
    {CONTEXT ADDRESS RULE "then source-nat pool p persistent-nat permit any-remote-host\n" RULE
                          "then source-nat pool p persistent-nat address-mapping\n",
        "'address-mapping' needs a pool that keeps ports"},
    {CONTEXT ADDRESS POOL "port no-translation\n" RULE "then source-nat pool p persistent-nat permit target-host\n" RULE
                          "then source-nat pool p persistent-nat address-mapping\n",
        "'address-mapping' needs 'permit any-remote-host'"},
    {CONTEXT ADDRESS POOL "port no-translation\n" POOL "overflow-pool interface\n" RULE
                          "then source-nat pool p persistent-nat permit any-remote-host\n" RULE
                          "then source-nat pool p persistent-nat address-mapping\n",
        "'address-mapping' needs a pool without 'overflow-pool'"},
    {CONTEXT ADDRESS POOL "port no-translation\n" RULE "then source-nat pool p persistent-nat permit any-remote-host\n" RULE
                          "then source-nat pool p persistent-nat address-mapping\n",
        NULL},
    /* One form on one device. */
    {CONTEXT OFF NAT "interface ge-0/0/1.0 source-nat pool q address 203.0.113.9\n",
        "[edit security nat] 'source': NAT by rule-sets and NAT by interfaces and policies ([edit security nat interface "
        "ge-0/0/1.0]) exclude each other on one device"},
    {CONTEXT OFF NAT "source-nat address-persistent\n", "([edit security nat source-nat]) exclude each other on one device"},
    {DESTINATION "pool w address 10.0.0.80\n" NAT "destination-nat x address 10.0.0.5\n",
        "[edit security nat] 'destination': NAT by rule-sets"},
    {CONTEXT OFF "set security policies from-zone a to-zone b policy n match source-address any destination-address any "
                 "application any\nset security policies from-zone a to-zone b policy n then permit source-nat interface\n",
        "([edit security policies from-zone a to-zone b policy n]) exclude each other"},
    /* Contexts. */
    {ZONES SET "from zone a\n" OFF, "'rule-set s': missing mandatory statement 'to'"},
    {ZONES SET "to zone b\n" OFF, "'rule-set s': missing mandatory statement 'from'"},
    {CONTEXT SET "from interface ge-0/0/0.0\n" OFF, "'zone' and 'interface' exclude each other"},
    {ZONES SET "from zone [ a c ]\n" SET "to zone b\n" OFF,
        "[edit security nat source rule-set s from] 'zone c': security zone 'c' is not configured"},
    {ZONES SET "from interface ge-0/0/7.0\n" SET "to zone b\n" OFF, "'interface ge-0/0/7.0': interface 'ge-0/0/7.0' is not"},
    {ZONES SET "from zone a\n" SET "to routing-instance v\n" OFF,
        "[edit security nat source rule-set s to] 'routing-instance v': routing instance 'v' is not configured"},
    {ZONES SET "from routing-instance default\n" SET "to zone b\n" OFF, NULL},
    {CONTEXT OFF SOURCE "rule-set t from zone [ b a ]\n" SOURCE "rule-set t to zone b\n" SOURCE
                        "rule-set t rule r then source-nat off\n",
        "[edit security nat source] 'rule-set t': rule-set 's' has the same context (from zone a)"},
    {CONTEXT OFF SOURCE "rule-set t from zone a\n" SOURCE "rule-set t to interface ge-0/0/1.0\n" SOURCE
                        "rule-set t rule r then source-nat off\n",
        NULL},
    {CONTEXT, "'rule-set s': warning: a rule-set without rules does nothing"},
    /* What rules match. */
    {CONTEXT RULE "match source-address-name x\n" OFF,
        PLACE_MATCH "'source-address-name x': address 'x' is not in the global address book"},
    {CONTEXT BOOK RULE "match destination-address-name web\n" OFF, NULL},
    {CONTEXT RULE "match destination-port 90 to 80\n" OFF,
        PLACE_MATCH "'destination-port 90': the first port is above the last one"},
    {CONTEXT RULE "match source-port 80 to 80\n" OFF, NULL},
    {CONTEXT RULE "match application junos-http\n" OFF, NULL},
    {CONTEXT RULE "match application x\n" OFF, "'application x': application 'x' is neither configured nor predefined"},
    {CONTEXT RULE "match application junos-http\n" RULE "match protocol tcp\n" OFF,
        PLACE_MATCH "'application junos-http': 'application' and 'protocol' exclude each other"},
    {CONTEXT RULE "match destination-port 53\n" RULE "match protocol [ udp icmp ]\n" OFF,
        PLACE_MATCH "'protocol icmp': icmp has no ports"},
    /* What they do. */
    {CONTEXT RULE "match protocol tcp\n", "'rule r': missing mandatory statement 'then source-nat'"},
    {CONTEXT RULE "then source-nat pool x\n", "'pool x': source NAT pool 'x' is not configured"},
    {DCONTEXT DRULE "match destination-address 203.0.113.5\n" DRULE "then destination-nat pool x\n",
        "destination NAT pool 'x' is not configured"},
    {DCONTEXT DRULE "match protocol tcp\n" DRULE "then destination-nat off\n",
        "missing mandatory statement: one of 'destination-address', 'destination-address-name'"},
    {DCONTEXT DRULE "match destination-address 203.0.113.4/30\n" DESTINATION "pool w address 10.0.0.4 to 10.0.0.5\n" DRULE
                    "then destination-nat pool w\n",
        "pool 'w' has fewer addresses than the rule's destination"},
    {DCONTEXT DRULE "match destination-address 203.0.113.4/30\n" DESTINATION "pool w address 10.0.0.4/30\n" DRULE
                    "then destination-nat pool w\n",
        NULL},
    {DCONTEXT DRULE "match destination-address 203.0.113.4/30\n" DESTINATION "pool w address 10.0.0.4 port 80\n" DRULE
                    "then destination-nat pool w\n",
        NULL},
    {SCONTEXT SRULE "match destination-address 203.0.113.64/28\n" SRULE "then static-nat prefix-name net\n", NULL},
    {SCONTEXT SRULE "match destination-address 203.0.113.64/28\n" SRULE "then static-nat prefix 10.0.0.64/29\n",
        "public and private prefix must have the same length"},
    {SCONTEXT SRULE "match destination-address 203.0.113.64/28\n" SRULE "then static-nat prefix-name web\n",
        "public and private prefix must have the same length"},
    /* Conditions of static rules: several for one address; a mapped port as long as its own. */
    {SCONTEXT SRULE "match destination-address 203.0.113.64\n" SRULE "match destination-port 80\n" SRULE
                    "then static-nat prefix 10.0.0.9 mapped-port 8080\n" SSET
                    "rule q match destination-address 203.0.113.64\n" SSET "rule q then static-nat prefix 10.0.0.10\n",
        NULL},
    {SCONTEXT SRULE "match destination-address 203.0.113.64\n" SRULE "then static-nat prefix 10.0.0.9\n" SSET
                    "rule q match destination-address 203.0.113.64\n" SSET "rule q match destination-port 80\n" SSET
                    "rule q then static-nat prefix 10.0.0.10\n",
        "'rule q': its destination overlaps with that of rule 'r'"},
    {SCONTEXT SRULE "match destination-address 203.0.113.64/30\n" SRULE "match destination-port 80\n" SRULE
                    "then static-nat prefix 10.0.0.8/30\n" SSET
                    "rule q match destination-address 203.0.113.64\n" SSET "rule q then static-nat prefix 10.0.0.10\n",
        "'rule q': its destination overlaps with that of rule 'r'"},
    {SCONTEXT SRULE "match destination-address 203.0.113.64\n" SRULE "then static-nat prefix 10.0.0.9 mapped-port 8080\n",
        "'mapped-port' needs one 'match destination-port'"},
    {SCONTEXT SRULE "match destination-address 203.0.113.64\n" SRULE "match destination-port 80 to 89\n" SRULE
                    "then static-nat prefix 10.0.0.9 mapped-port 8080 to 8088\n",
        "as many ports as 'match destination-port' has"},
    {SCONTEXT SRULE "match destination-address 203.0.113.64\n" SRULE "match destination-port 80 to 89\n" SRULE
                    "then static-nat prefix 10.0.0.9 mapped-port 8080 to 8089\n",
        NULL},
    {SCONTEXT SRULE "match destination-address 203.0.113.64\n" SRULE "match destination-port 89 to 80\n" SRULE
                    "then static-nat prefix 10.0.0.9\n",
        "the first port is above the last one"},
    {SCONTEXT SRULE "match destination-address 203.0.113.64\n" SRULE "then static-nat prefix-name none\n",
        "address 'none' is not in the global address book"},
    {SCONTEXT SRULE "match destination-address 203.0.113.64\n" SRULE "then static-nat prefix-name six\n",
        "address 'six' is no IPv4 prefix"},
    {SCONTEXT SRULE "match destination-address 203.0.113.64\n" SRULE "then static-nat prefix 10.0.0.9 routing-instance v\n",
        "routing instance 'v' is not configured"},
    {SCONTEXT SRULE "match destination-address 203.0.113.64/28\n" SRULE "then static-nat prefix 10.0.0.64/28\n" SSET
                    "rule q match destination-address 203.0.113.70\n" SSET "rule q then static-nat prefix 10.0.0.9\n",
        "'rule q': its destination overlaps with that of rule 'r'"},
    /* Pools. */
    {POOL "port no-translation\n", "'pool p': missing mandatory statement 'address'"},
    {POOL "address 203.0.113.12 to 203.0.113.10\n", "the first address is above the last one"},
    {POOL "address 203.0.113.0/28 to 203.0.113.20\n",
        PLACE_POOL "'address 203.0.113.0/28': a range goes from a single address to a single address"},
    {ADDRESS POOL "address 203.0.113.12\n", "'address 203.0.113.12/32': overlaps with address 203.0.113.10/32 of 'p'"},
    {ADDRESS SOURCE "pool q address 203.0.113.0/28\n",
        "[edit security nat source pool q] 'address 203.0.113.0/28': overlaps with address 203.0.113.10/32 of 'p'"},
    {ADDRESS SOURCE "pool q address 203.0.113.13\n", NULL},
    {INTERFACES POOL "address 203.0.113.0/28\n", "warning: 203.0.113.1 is an address of interface ge-0/0/1.0"},
    {ADDRESS POOL "port range 30000 to 20000\n", "the first port is above the last one"},
    {ADDRESS POOL "port range 1024 to 65535\n", NULL},
    {ADDRESS POOL "host-address-base 10.0.0.5\n" POOL "port range 2000 to 3000\n", "'host-address-base' keeps ports"},
    {ADDRESS POOL "host-address-base 10.0.0.0/24\n", "this is a single address, without a prefix length"},
    {ADDRESS POOL "port no-translation\n" POOL "port port-overloading-factor 2\n", "exclude each other"},
    {ADDRESS POOL "routing-instance v\n", PLACE_POOL "'routing-instance v': routing instance 'v' is not configured"},
    {ADDRESS POOL "overflow-pool interface\n", "only a pool with 'port no-translation' has an overflow pool"},
    {ADDRESS POOL "port no-translation\n" POOL "overflow-pool interface\n", NULL},
    {ADDRESS POOL "port no-translation\n" POOL "overflow-pool p\n", "a pool cannot be its own overflow pool"},
    {ADDRESS POOL "port no-translation\n" POOL "overflow-pool q\n", "source NAT pool 'q' is not configured"},
    {ADDRESS POOL "port no-translation\n" POOL "overflow-pool q\n" SOURCE "pool q address 203.0.113.13\n" SOURCE
                  "pool q port no-translation\n",
        "pool 'q' keeps ports"},
    {SOURCE "pool interface address 203.0.113.13\n", "'interface' is the name of the egress interface's own address"},
    {ADDRESS POOL "pool-utilization-alarm raise-threshold 80 clear-threshold 80\n", "clear-threshold is below raise-threshold"},
    {ADDRESS POOL "pool-utilization-alarm clear-threshold 60\n", "missing mandatory statement 'raise-threshold'"},
    {ADDRESS POOL "pool-utilization-alarm raise-threshold 80 clear-threshold 70\n", NULL},
    {SOURCE "pool-utilization-alarm raise-threshold 50 clear-threshold 90\n", "clear-threshold is below raise-threshold"},
    {SOURCE "port-randomization disable\n", "warning: ports stay unpredictable"},
    {DESTINATION "pool w address 10.0.0.0/30 port 80\n", "a port goes with a single address"},
    {DESTINATION "pool w routing-instance v\n", "'pool w': missing mandatory statement 'address'"},
    /* Addresses that are answered for. */
    {INTERFACES PROXY "address 203.0.113.10 to 203.0.113.12\n", NULL},
    {PROXY "address 203.0.113.10\n", "'interface ge-0/0/1.0': interface 'ge-0/0/1.0' is not configured"},
    {INTERFACES PROXY "address 203.0.113.8/29\n" PROXY "address 203.0.113.10\n", "overlaps with address 203.0.113.8/29"},
};

static void
each_rule_tells(void **state)
{
	assert_rules(state, rules, sizeof(rules) / sizeof(rules[0]));
}

/* REQ-CFG-015: all at once. */
static void
all_errors_at_once(void **state)
{
	struct world world = world_of(state, POOL "port no-translation\n" SET "from zone a\n" SET "to zone b\n" RULE
	    "match source-address-name x\n" RULE "then source-nat pool y\n");

	conf_check(world.tree, &world.list);
	assert_told(&world, "1: [edit security nat source] 'pool p': missing mandatory statement 'address'");
	assert_told(&world, "security zone 'a' is not configured");
	assert_told(&world, "security zone 'b' is not configured");
	assert_told(&world, "address 'x' is not in the global address book");
	assert_told(&world, "source NAT pool 'y' is not configured");
	assert_int_equal(world.list.errors, 5);
	world_release(&world);
}

/* As a later release prints it, with braces around the entries of a list. */
static const char printed[] =
    "security { nat {\n"
    " source {\n"
    "  pool p { address { 203.0.113.10/32 to 203.0.113.12/32; 203.0.113.20/32; } port { range { 20000; to { 30000; } } } }\n"
    "  rule-set s { from zone a; to zone [ b a ]; rule r { match { source-address [ 10.0.0.0/24 10.0.1.0/24 ];\n"
    "   destination-port { 80 to 90; 443; } } then { source-nat { pool { p; } } } } }\n"
    " }\n"
    " static { rule-set t { from interface ge-0/0/1.0; rule r { match { destination-address 203.0.113.5/32; }\n"
    "  then { static-nat { prefix { 10.0.0.5/32; } } } } } }\n"
    " proxy-arp { interface ge-0/0/1.0 { address { 203.0.113.10/32 to 203.0.113.12/32; } } }\n"
    "} }\n";

static const char lines[] = NAT "source pool p address 203.0.113.10/32 to 203.0.113.12/32\n"
    NAT "source pool p address 203.0.113.20/32\n"
    NAT "source pool p port range 20000\n"
    NAT "source pool p port range to 30000\n"
    NAT "source rule-set s from zone a\n"
    NAT "source rule-set s to zone b\n"
    NAT "source rule-set s to zone a\n"
    NAT "source rule-set s rule r match source-address 10.0.0.0/24\n"
    NAT "source rule-set s rule r match source-address 10.0.1.0/24\n"
    NAT "source rule-set s rule r match destination-port 80 to 90\n"
    NAT "source rule-set s rule r match destination-port 443\n"
    NAT "source rule-set s rule r then source-nat pool p\n"
    NAT "static rule-set t from interface ge-0/0/1.0\n"
    NAT "static rule-set t rule r match destination-address 203.0.113.5/32\n"
    NAT "static rule-set t rule r then static-nat prefix 10.0.0.5/32\n"
    NAT "proxy-arp interface ge-0/0/1.0 address 203.0.113.10/32 to 203.0.113.12/32\n";

static void
each_form_comes_back(void **state)
{
	static const enum conf_format formats[] = {CONF_FORMAT_SET, CONF_FORMAT_TEXT, CONF_FORMAT_JSON, CONF_FORMAT_XML};
	struct world first = world_create(state);

	assert_true(world_load(&first, CONF_FORMAT_TEXT, printed));
	assert_renders(&first, CONF_FORMAT_SET, lines);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct world again = world_create(state);

		assert_true(world_load(&again, formats[i], world_render(&first, formats[i])));
		assert_renders(&again, CONF_FORMAT_SET, lines);
		world_release(&again);
	}
	world_release(&first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_rule_tells),
	    cmocka_unit_test(all_errors_at_once),
	    cmocka_unit_test(each_form_comes_back),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
