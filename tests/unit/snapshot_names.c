/*
 * Addresses by DNS name in policies (REQ-POL-020): what the names stand for when the snapshot is compiled, nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "snapshot_world.h"

static const char configuration[] =
    "set security zones security-zone a address-book address any-host 10.0.0.0/8\n"
    "set security zones security-zone b address-book address www dns-name www.example.net\n"
    "set security zones security-zone b address-book address old dns-name old.example.net\n"
    "set security zones security-zone b address-book address none dns-name none.example.net\n"
    "set security zones security-zone b address-book address-set some address www\n"
    "set security zones security-zone b address-book address-set some address none\n"
    "set security policies from-zone a to-zone b policy refused match source-address any destination-address old application any\n"
    "set security policies from-zone a to-zone b policy refused then deny\n"
    "set security policies from-zone a to-zone b policy nothing match source-address any destination-address none application any\n"
    "set security policies from-zone a to-zone b policy nothing then permit\n"
    "set security policies from-zone a to-zone b policy stale match source-address any destination-address old application any\n"
    "set security policies from-zone a to-zone b policy stale then permit\n"
    "set security policies from-zone a to-zone b policy named match source-address any destination-address some application any\n"
    "set security policies from-zone a to-zone b policy named then permit\n"
    "set security policies from-zone a to-zone b policy rest match source-address any destination-address any application any\n"
    "set security policies from-zone a to-zone b policy rest then deny\n";

/* www is known; old has expired: for refusals only; none is nothing. */
static uint32_t
find(void *context, const char *name, bool refusal, struct snapshot_name_address *addresses)
{
	unsigned *asked = context;

	(*asked)++;
	if (strcmp(name, "www.example.net") == 0) {
		addresses[0] = (struct snapshot_name_address){.family = 4, .octets = {192, 0, 2, 1}};
		addresses[1] = (struct snapshot_name_address){.family = 4, .octets = {192, 0, 2, 7}};
		addresses[2] = (struct snapshot_name_address){.family = 6, .octets = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
		return 3;
	}
	if (strcmp(name, "old.example.net") == 0 && refusal) {
		addresses[0] = (struct snapshot_name_address){.family = 4, .octets = {192, 0, 2, 5}};
		return 1;
	}
	return 0;
}

/* Does the policy of that name take a connection to port 80 of this address? */
static bool
takes6(const struct world *world, struct ipv6_address destination, const char *policy)
{
	const struct classifier_key6 key = {
	    .source = {.high = UINT64_C(0x20010db800010000), .low = 1},
	    .destination = destination,
	    .from_zone = world_zone(world, "a"),
	    .to_zone = world_zone(world, "b"),
	    .source_port = 40000,
	    .destination_port = 80,
	    .protocol = 6,
	};
	const struct classifier_match match = classifier_lookup6(world->snapshot, &key, world->wall);

	return match.policy < world->snapshot->policy_count &&
	    strcmp(world->snapshot->policies[match.policy].name, policy) == 0;
}

static void
test_names(void **state)
{
	unsigned asked = 0;
	const struct snapshot_names names = {.find = find, .context = &asked};
	struct world world;

	(void)state;
	world_open(&world);
	world_set(&world, configuration);
	world_run(&world);
	/* Nobody resolves: nothing matches, never any. */
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 1), IP(192, 0, 2, 1), 80), "rest");
	world.names = &names;
	world_run(&world);
	assert_true(asked >= 3);
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 1), IP(192, 0, 2, 1), 80), "named");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 1), IP(192, 0, 2, 7), 80), "named");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 1), IP(192, 0, 2, 2), 80), "rest");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 1), IP(0, 0, 0, 0), 80), "rest");
	/* AAAA records are prefixes of 128 bits like others. */
	assert_true(takes6(&world, (struct ipv6_address){.high = UINT64_C(0x20010db800000000), .low = 1}, "named"));
	assert_true(takes6(&world, (struct ipv6_address){.high = UINT64_C(0x20010db800000000), .low = 2}, "rest"));
	/* The same entry means more to a refusal than to a permit. */
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 1), IP(192, 0, 2, 5), 80), "refused");
	assert_int_equal(world_count(&world, DIAGNOSTIC_WARNING, "refuses nothing before the name is resolved (1 of them)"), 1);
	world_delete(&world, "security policies from-zone a to-zone b policy refused");
	world_run(&world);
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 1), IP(192, 0, 2, 5), 80), "rest");
	/* DNS-01, POL-03: what the configuration says of a name comes before DNS, and with the commit that says so. */
	world_set(&world, "set system static-host-mapping WWW.example.net inet [ 192.0.2.77 192.0.2.78 ] inet6 2001:db8::77\n");
	world_run(&world);
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 1), IP(192, 0, 2, 78), 80), "named");
	assert_string_equal(world_policy(&world, "a", "b", IP(10, 0, 0, 1), IP(192, 0, 2, 1), 80), "rest");
	assert_true(takes6(&world, (struct ipv6_address){.high = UINT64_C(0x20010db800000000), .low = 0x77}, "named"));
	world_close(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
