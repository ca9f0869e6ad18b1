/*
 * Address translation by rule-sets as it is compiled: which rule a packet meets, by how closely rule-sets fit and by their
 * order; what rules do; pools, static mappings and answers.
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

#define UNITS                                                                                                          \
	"set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"                                             \
	"set interfaces ge-0/0/1 unit 0 family inet address 203.0.113.1/24\n"                                          \
	"set interfaces ge-0/0/2 unit 0 family inet address 198.51.100.1/24\n"                                         \
	"set interfaces ge-0/0/3 unit 0 family inet address 192.0.2.1/24\n"                                            \
	"set interfaces ge-0/0/4 unit 0 family inet address 172.16.0.1/24\n"                                           \
	"set routing-instances v instance-type virtual-router interface ge-0/0/4.0\n"                                  \
	"set security zones security-zone in interfaces ge-0/0/0.0\n"                                                  \
	"set security zones security-zone out interfaces ge-0/0/1.0\n"                                          \
	"set security zones security-zone out interfaces ge-0/0/2.0\n"                                                 \
	"set security zones security-zone other interfaces ge-0/0/3.0\n"                                               \
	"set security zones security-zone far interfaces ge-0/0/4.0\n"
#define NAT "set security nat "
#define SOURCE NAT "source "
#define SET(name, from, to) SOURCE "rule-set " name " from " from "\n" SOURCE "rule-set " name " to " to "\n"
#define RULE(set, name, what) SOURCE "rule-set " set " rule " name " " what "\n"
#define OFF(set, name) RULE(set, name, "then source-nat off")

static const struct snapshot_nat_pool *
pool(const char *name)
{
	const struct snapshot_nat *nat = &world.snapshot->nat;
	uint16_t place = 0;

	while (place < nat->pool_count && strcmp(nat->pools[place].name, name) != 0) {
		place++;
	}
	assert_true(place < nat->pool_count);
	return &nat->pools[place];
}

struct flow {
	const char *from;
	const char *to;
	uint32_t source;
	uint32_t destination;
	uint8_t protocol;
	uint16_t port;
};

/* "set/rule" of the rule that a flow meets, or "none". */
static const char *
rule_of(const struct flow *flow, bool source)
{
	const struct snapshot_nat *nat = &world.snapshot->nat;
	const struct classifier_key key = {
	    .source = flow->source,
	    .destination = flow->destination,
	    .from_zone = source ? unit(flow->from)->nat_from : unit(flow->from)->nat_public,
	    .to_zone = source ? unit(flow->to)->nat_to : 0,
	    .source_port = 40000,
	    .destination_port = flow->port,
	    .protocol = flow->protocol,
	};
	static char name[128];
	const struct classifier_match match =
	    classifier_find(source ? nat->source_classifier : nat->destination_classifier, &key);

	if (match.policy == PACKET_NO_POLICY) {
		return "none";
	}
	assert_true(match.policy < nat->rule_count);
	assert_true(nat->rules[match.policy].present);
	assert_int_equal(nat->rules[match.policy].kind, source ? NAT_RULE_SOURCE : NAT_RULE_DESTINATION);
	(void)snprintf(name, sizeof(name), "%s/%s", nat->rules[match.policy].set, nat->rules[match.policy].name);
	return name;
}

static const char *
tcp(const char *from, const char *to, uint32_t source, uint16_t port)
{
	const struct flow flow = {from, to, source, IP(8, 8, 8, 8), 6, port};

	return rule_of(&flow, true);
}

static void
the_closest_context_first(void **state)
{
	(void)state;
	world_set(&world, UNITS SET("instance", "routing-instance default", "routing-instance default") OFF("instance", "r")
	    SET("zone", "zone in", "zone out") OFF("zone", "r")
	    SET("zone-interface", "zone in", "interface ge-0/0/2.0") OFF("zone-interface", "r")
	    SET("interface", "interface ge-0/0/0.0", "routing-instance default")
	    RULE("interface", "r", "match destination-port 25") OFF("interface", "r"));
	world_run(&world);
	/* from by interface counts before to by interface */
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/2.0", IP(10, 0, 0, 5), 25), "interface/r");
	/* what no rule of the closest matches goes on to the next */
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/2.0", IP(10, 0, 0, 5), 80), "zone-interface/r");
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/1.0", IP(10, 0, 0, 5), 80), "zone/r");
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/3.0", IP(10, 0, 0, 5), 80), "instance/r");
	assert_string_equal(tcp("ge-0/0/3.0", "ge-0/0/1.0", IP(192, 0, 2, 5), 80), "instance/r");
	/* the other instance is in no rule-set */
	assert_int_equal(unit("ge-0/0/4.0")->nat_from, SNAPSHOT_NAT_NONE);
	assert_string_equal(tcp("ge-0/0/4.0", "ge-0/0/1.0", IP(172, 16, 0, 5), 80), "none");
}

static void
the_first_rule_counts(void **state)
{
	(void)state;
	world_set(&world, UNITS "set security address-book global address few 10.0.0.8/29\n"
	    SET("s", "zone in", "zone [ out other ]")
	    RULE("s", "a", "match source-address 10.0.0.7") RULE("s", "a", "match source-address-name few")
	    RULE("s", "a", "match protocol tcp") RULE("s", "a", "match destination-port 80 to 90")
	    RULE("s", "a", "match destination-port 443") OFF("s", "a")
	    RULE("s", "b", "match application junos-dns-udp") OFF("s", "b")
	    RULE("s", "c", "match destination-port 500") OFF("s", "c")
	    RULE("s", "d", "match protocol icmp") OFF("s", "d")
	    RULE("s", "e", "match source-address 10.0.0.0/28") OFF("s", "e"));
	world_run(&world);
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/1.0", IP(10, 0, 0, 7), 80), "s/a");
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/3.0", IP(10, 0, 0, 15), 90), "s/a");
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/1.0", IP(10, 0, 0, 8), 443), "s/a");
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/1.0", IP(10, 0, 0, 8), 91), "s/e");
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/1.0", IP(10, 0, 0, 6), 80), "s/e");
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/1.0", IP(10, 0, 0, 16), 80), "none");
	/* ports without a protocol are those of TCP and of UDP */
	assert_string_equal(tcp("ge-0/0/0.0", "ge-0/0/1.0", IP(10, 9, 9, 9), 500), "s/c");
	const struct flow isakmp = {"ge-0/0/0.0", "ge-0/0/1.0", IP(10, 9, 9, 9), IP(8, 8, 8, 8), 17, 500};
	const struct flow name = {"ge-0/0/0.0", "ge-0/0/1.0", IP(10, 0, 0, 7), IP(8, 8, 8, 8), 17, 53};
	const struct flow ping = {"ge-0/0/0.0", "ge-0/0/1.0", IP(10, 0, 0, 7), IP(8, 8, 8, 8), 1, 0};
	const struct flow tunnel = {"ge-0/0/0.0", "ge-0/0/1.0", IP(10, 9, 9, 9), IP(8, 8, 8, 8), 47, 500};

	assert_string_equal(rule_of(&isakmp, true), "s/c");
	assert_string_equal(rule_of(&name, true), "s/b");
	assert_string_equal(rule_of(&ping, true), "s/d");
	assert_string_equal(rule_of(&tunnel, true), "none");
}

static void
what_source_rules_do(void **state)
{
	const struct snapshot_nat *nat;

	(void)state;
	world_set(&world, UNITS SOURCE "pool p address 203.0.113.10 to 203.0.113.12\n" SOURCE
	    "pool p address 203.0.113.32/30\n" SOURCE "pool p port range 20000 to 30000\n" SOURCE
	    "pool p routing-instance v\n" SOURCE "pool p pool-utilization-alarm raise-threshold 90\n" SOURCE "pool-utilization-alarm raise-threshold 70 "
	    "clear-threshold 50\n" SOURCE "pool q address 203.0.113.64/28\n" SOURCE "pool q port no-translation\n" SOURCE
	    "pool q overflow-pool p\n" SOURCE "pool r address 203.0.113.80/28\n" SOURCE
	    "pool r host-address-base 10.0.0.16\n" SOURCE "address-persistent\n" SOURCE "interface port-overloading off\n"
	    SET("s", "zone in", "zone out") RULE("s", "a", "then source-nat pool q") RULE("s", "b", "then source-nat interface")
	    OFF("s", "c"));
	world_run(&world);
	nat = &world.snapshot->nat;
	assert_true(nat->active && nat->by_rules && nat->address_persistent);
	const struct snapshot_nat_pool *p = pool("p");
	const struct snapshot_nat_pool *q = pool("q");
	const struct snapshot_nat_pool *r = pool("r");

	assert_int_equal(p->kind, NAT_POOL_PORTS);
	assert_int_equal(p->size, 7);
	assert_int_equal(p->range_count, 2);
	assert_int_equal(p->ranges[0].high, IP(203, 0, 113, 12));
	assert_int_equal(p->ranges[1].low, IP(203, 0, 113, 32));
	assert_int_equal(p->ranges[1].high, IP(203, 0, 113, 35));
	assert_int_equal(p->port_low, 20000);
	assert_int_equal(p->port_high, 30000);
	assert_int_equal(p->unit, SNAPSHOT_NONE);
	assert_int_equal(p->instance, world_instance(&world, "v"));
	assert_int_equal(q->instance, SNAPSHOT_NONE);
	assert_int_equal(p->layers, 1);
	assert_int_equal(p->alarm_raise, 90);
	assert_int_equal(p->alarm_clear, 72); /* four fifths */
	assert_int_equal(q->kind, NAT_POOL_ADDRESSES);
	assert_ptr_equal(&nat->pools[q->overflow], p);
	assert_int_equal(q->alarm_raise, 70); /* of all pools */
	assert_int_equal(q->alarm_clear, 50);
	assert_int_equal(q->port_low, 1024);
	assert_int_equal(q->port_high, 63487);
	assert_int_equal(r->kind, NAT_POOL_STATIC);
	assert_int_equal(r->host_low, IP(10, 0, 0, 16));
	/* each unit's own address */
	const struct snapshot_nat_pool *own = &nat->pools[unit("ge-0/0/1.0")->nat_pool];

	assert_true(own->interface);
	assert_int_equal(own->layers, 1);
	assert_int_equal(own->ranges[0].low, IP(203, 0, 113, 1));
	assert_int_equal(nat->source_count, 3);
	assert_int_equal(nat->sources[0].kind, NAT_SOURCE_POOLS);
	assert_ptr_equal(&nat->pools[nat->sources[0].pools[0]], q);
	assert_int_equal(nat->sources[1].kind, NAT_SOURCE_INTERFACE);
	assert_int_equal(nat->sources[2].kind, NAT_SOURCE_OFF);
}

static void
what_destination_rules_do(void **state)
{
	const struct snapshot_nat *nat;

	(void)state;
	world_set(&world, UNITS NAT "destination pool w address 10.0.0.80 port 8080\n" NAT
	    "destination pool n address 10.0.0.64/28\n" NAT "destination pool n routing-instance v\n" NAT
	    "destination rule-set d from zone out\n" NAT "destination rule-set d rule w match destination-address 203.0.113.5\n" NAT
	    "destination rule-set d rule w match destination-port 80\n" NAT
	    "destination rule-set d rule w then destination-nat pool w\n" NAT
	    "destination rule-set d rule n match destination-address 203.0.113.64/28\n" NAT
	    "destination rule-set d rule n then destination-nat pool n\n" NAT
	    "destination rule-set e from interface ge-0/0/1.0\n" NAT
	    "destination rule-set e rule o match destination-address 203.0.113.70\n" NAT
	    "destination rule-set e rule o then destination-nat off\n");
	world_run(&world);
	nat = &world.snapshot->nat;
	const struct flow web = {"ge-0/0/2.0", NULL, IP(8, 8, 8, 8), IP(203, 0, 113, 5), 6, 80};
	const struct flow mail = {"ge-0/0/2.0", NULL, IP(8, 8, 8, 8), IP(203, 0, 113, 5), 6, 25};
	const struct flow net = {"ge-0/0/2.0", NULL, IP(8, 8, 8, 8), IP(203, 0, 113, 70), 6, 25};
	const struct flow near = {"ge-0/0/1.0", NULL, IP(8, 8, 8, 8), IP(203, 0, 113, 70), 6, 25};
	const struct flow inside = {"ge-0/0/0.0", NULL, IP(8, 8, 8, 8), IP(203, 0, 113, 5), 6, 80};

	assert_string_equal(rule_of(&web, false), "d/w");
	assert_string_equal(rule_of(&mail, false), "none");
	assert_string_equal(rule_of(&net, false), "d/n");
	assert_string_equal(rule_of(&near, false), "e/o");
	assert_string_equal(rule_of(&inside, false), "none");
	assert_int_equal(nat->destination_count, 3);
	assert_int_equal(nat->destinations[0].low, IP(10, 0, 0, 80));
	assert_int_equal(nat->destinations[0].port, 8080);
	assert_int_equal(nat->destinations[0].instance, SNAPSHOT_NONE);
	assert_false(nat->destinations[0].range);
	assert_true(nat->destinations[1].range);
	assert_int_equal(nat->destinations[1].high, IP(10, 0, 0, 79));
	assert_int_equal(nat->destinations[1].instance, world_instance(&world, "v"));
	assert_true(nat->destinations[2].off);
}

static void
static_mappings_and_answers(void **state)
{
	const struct snapshot_nat *nat;

	(void)state;
	world_set(&world, UNITS NAT "static rule-set z from zone out\n" NAT
	    "static rule-set z rule n match destination-address 203.0.113.64/28\n" NAT
	    "static rule-set z rule n then static-nat prefix 10.0.0.64/28\n" NAT
	    "static rule-set z rule t match destination-address 203.0.113.6\n" NAT
	    "static rule-set z rule t then static-nat prefix 10.0.0.70\n" NAT
	    "static rule-set i from interface ge-0/0/1.0\n" NAT
	    "static rule-set i rule n match destination-address 203.0.113.64/28\n" NAT
	    "static rule-set i rule n then static-nat prefix 172.16.0.64/28 routing-instance v\n" NAT
	    "proxy-arp interface ge-0/0/1.0 address 203.0.113.64/28\n" NAT
	    "proxy-arp interface ge-0/0/1.0 address 203.0.113.6 to 203.0.113.7\n");
	world_run(&world);
	nat = &world.snapshot->nat;
	/* on ge-0/0/1.0 the closer rule-set has the net; on ge-0/0/2.0 both of the zone's are there */
	assert_int_equal(nat->static_count, 4);
	assert_int_equal(nat->statics[0].public, IP(203, 0, 113, 6));
	assert_int_equal(nat->statics[0].unit, world_unit(&world, "ge-0/0/1.0"));
	assert_int_equal(nat->statics[1].public, IP(203, 0, 113, 64));
	assert_int_equal(nat->statics[1].host, IP(172, 16, 0, 64));
	assert_int_equal(nat->statics[1].instance, world_instance(&world, "v"));
	assert_int_equal(nat->statics[1].length, 28);
	assert_string_equal(nat->rules[nat->statics[1].rule].set, "i");
	assert_int_equal(nat->statics[3].unit, world_unit(&world, "ge-0/0/2.0"));
	assert_int_equal(nat->statics[3].host, IP(10, 0, 0, 64));
	/* 10.0.0.70 has two public addresses on ge-0/0/2.0: it is there once as a host */
	assert_int_equal(nat->static_host_count, 3);
	assert_int_equal(unit("ge-0/0/1.0")->answer_count, 2);
	assert_int_equal(unit("ge-0/0/1.0")->answers[0].low, IP(203, 0, 113, 6));
	assert_int_equal(unit("ge-0/0/1.0")->answers[0].high, IP(203, 0, 113, 7));
	assert_int_equal(unit("ge-0/0/1.0")->answers[1].high, IP(203, 0, 113, 79));
	assert_int_equal(unit("ge-0/0/2.0")->answer_count, 0);
	/* A part of what a closer one has: which would count could not be said. */
	world_set(&world, NAT "static rule-set i rule u match destination-address 203.0.113.100\n" NAT
	    "static rule-set i rule u then static-nat prefix 10.0.0.100\n" NAT
	    "static rule-set z rule v match destination-address 203.0.113.96/28\n" NAT
	    "static rule-set z rule v then static-nat prefix 10.0.0.96/28\n");
	assert_false(world_compile(&world));
	assert_int_equal(
	    world_count(&world, DIAGNOSTIC_ERROR, "its destination overlaps with that of rule 'u' of rule-set 'i' on ge-0/0/1.0"),
	    1);
}

/* Conditions that are not there yet: the mapping is not there then, and the commit says so. */
static void
unsupported_statics_do_nothing(void **state)
{
	(void)state;
	world_set(&world, UNITS NAT "static rule-set z from zone out\n" NAT
	    "static rule-set z rule n match destination-address 203.0.113.6\n" NAT
	    "static rule-set z rule n then static-nat inet\n");
	world_run(&world);
	assert_int_equal(world.snapshot->nat.static_count, 0);
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "translation between IPv6 and IPv4"), 1);
}

/* Rules for one prefix stand beside each other in their order, closer rule-sets first, and end with the one that has none. */
static void
static_conditions(void **state)
{
	const struct snapshot_nat *nat;

	(void)state;
	world_set(&world, UNITS NAT "static rule-set z from zone out\n" NAT
	    "static rule-set z rule a match destination-address 203.0.113.6\n" NAT
	    "static rule-set z rule a match destination-port 80 to 89\n" NAT
	    "static rule-set z rule a then static-nat prefix 10.0.0.6 mapped-port 8080 to 8089\n" NAT
	    "static rule-set z rule b match destination-address 203.0.113.6\n" NAT
	    "static rule-set z rule b then static-nat prefix 10.0.0.7\n" NAT
	    "static rule-set i from interface ge-0/0/1.0\n" NAT
	    "static rule-set i rule c match destination-address 203.0.113.6\n" NAT
	    "static rule-set i rule c match source-address 8.8.8.0/24\n" NAT
	    "static rule-set i rule c match source-port 53\n" NAT
	    "static rule-set i rule c then static-nat prefix 10.0.0.6\n");
	world_run(&world);
	nat = &world.snapshot->nat;
	/* c, a, b on ge-0/0/1.0 (interface before zone), a, b on ge-0/0/2.0 */
	assert_int_equal(nat->static_count, 5);
	assert_string_equal(nat->rules[nat->statics[0].rule].name, "c");
	assert_string_equal(nat->rules[nat->statics[1].rule].name, "a");
	assert_string_equal(nat->rules[nat->statics[2].rule].name, "b");
	assert_string_equal(nat->rules[nat->statics[3].rule].name, "a");
	assert_null(nat->statics[2].condition);
	assert_int_equal(nat->statics[0].condition->remote_count, 1);
	assert_int_equal(nat->statics[0].condition->remotes[0].address, IP(8, 8, 8, 0));
	assert_int_equal(nat->statics[0].condition->remote_ports[0].high, 53);
	assert_false(nat->statics[0].condition->remote_any);
	assert_true(nat->statics[1].condition->remote_any);
	assert_int_equal(nat->statics[1].condition->ports[0].low, 80);
	assert_int_equal(nat->statics[1].condition->ports[0].high, 89);
	assert_int_equal(nat->statics[1].condition->mapped_port, 8080);
	/* 10.0.0.6 twice on the first unit: both may be about what it sends */
	assert_int_equal(nat->static_host_count, 5);
	/* Where prefixes differ it cannot be told which of two is meant. */
	world_set(&world, NAT "static rule-set i rule c match destination-address 203.0.113.0/28\n" NAT
	    "static rule-set i rule c then static-nat prefix 10.0.0.0/28\n");
	assert_false(world_compile(&world));
}

/* Identities are by path: a rule keeps its counters over commits. */
static void
rules_keep_their_identity(void **state)
{
	uint32_t before = 0;

	(void)state;
	world_set(&world, UNITS SET("s", "zone in", "zone out") OFF("s", "a") OFF("s", "b"));
	world_run(&world);
	for (uint16_t i = 0; i < world.snapshot->nat.rule_count; i++) {
		before = strcmp(world.snapshot->nat.rules[i].name, "b") == 0 ? i : before;
	}
	world_delete(&world, "security nat source rule-set s rule a");
	world_set(&world, OFF("s", "c"));
	world_run(&world);
	assert_true(world.snapshot->nat.rules[before].present);
	assert_string_equal(world.snapshot->nat.rules[before].name, "b");
	assert_int_equal(world.snapshot->nat.rule_count, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(the_closest_context_first, clear_world),
	    cmocka_unit_test_teardown(the_first_rule_counts, clear_world),
	    cmocka_unit_test_teardown(what_source_rules_do, clear_world),
	    cmocka_unit_test_teardown(what_destination_rules_do, clear_world),
	    cmocka_unit_test_teardown(static_mappings_and_answers, clear_world),
	    cmocka_unit_test_teardown(unsupported_statics_do_nothing, clear_world),
	    cmocka_unit_test_teardown(static_conditions, clear_world),
	    cmocka_unit_test_teardown(rules_keep_their_identity, clear_world),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
