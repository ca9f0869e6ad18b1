/*
 * Memory that runs out at each single allocation: nothing leaks, nothing is half done, and the compilation says so
 * (06295, cs09468: the former policies stay whole).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_memory.h"
#include "snapshot_fixture.h"

enum {
	POLICIES = 10, /* of example 03 */
	UNITS = 11,
	INET6_ROUTES = 100,
};

#define INET6_POLICY "set security policies from-zone TellersALBQ to-zone IntranetALBQ policy TellCustRec match "

/* IPv6 beside the example: addresses, a book entry in use, routes with gateways of their own. */
static void
add_inet6(void)
{
	char line[160];

	world_set(&world, "set interfaces ge-0/0/3 unit 2 family inet6 address 2001:db8:3::1/64\n"
	                  "set security forwarding-options family inet6 mode flow-based\n"
	                  "set routing-instances InternetALBQ-vr routing-options interface-routes rib-group inet6 six\n"
	                  "set routing-options rib-groups six import-rib [ InternetALBQ-vr.inet6.0 inet6.0 ]\n"
	                  INET6_POLICY "source-address 2001:db8:4::/64\n" INET6_POLICY "source-address 2001:db8:5::1\n");
	for (unsigned i = 0; i < INET6_ROUTES; i++) {
		(void)snprintf(line, sizeof(line),
		    "set routing-instances InternetALBQ-vr routing-options rib InternetALBQ-vr.inet6.0 static route "
		    "2001:db8:%x::/48 next-hop 2001:db8:3::%x\n",
		    16 + i, 16 + i);
		world_set(&world, line);
	}
}

/* Translated addresses of all kinds. */
static void
add_nat(void)
{
	world_set(&world,
	    "set security nat interface ge-0/0/3.2 source-nat pool ports address-range low 11.12.1.20 high 11.12.1.30\n"
	    "set security nat interface ge-0/0/4.2 source-nat pool others address 11.12.2.20\n"
	    "set security nat source-nat pool-set both pool ports\n"
	    "set security nat source-nat pool-set both pool others\n"
	    "set security nat interface ge-0/0/3.2 static-nat 5.6.7.0/29 host 10.11.14.0/29\n"
	    "set security nat destination-nat web address 10.11.15.6/32 port 8080\n"
	    "set security policies from-zone BankManagersALBQ to-zone InternetALBQ policy InternetAccess then permit "
	    "source-nat pool-set both\n"
	    "set security policies from-zone FinancialALBQ to-zone InternetALBQ policy InternetAccess then permit "
	    "source-nat interface\n");
}

static int
furnish(void **state)
{
	(void)open_world(state);
	world_load_example(&world, "03-albuquerque-firewall.set");
	world_set(&world, "set system time-zone Europe/Vienna\n");
	add_inet6();
	add_nat();
	return 0;
}

/* One attempt with the n-th allocation failing; whether it came to a snapshot. */
static bool
compile_failing_at(uint32_t at, struct snapshot_registry *registry)
{
	const struct snapshot_options options = {.id = 1, .wall = 1191405600, .advice = true};
	struct diagnostics list = DIAGNOSTICS_EMPTY;

	failing_memory_start(at);
	struct snapshot *snapshot = snapshot_compile(world.tree, registry, &options, &list);
	failing_memory_stop();
	if (snapshot == NULL) {
		assert_true(list.failed || list.errors > 0);
		assert_null(snapshot_unit_name(registry, 0));
		assert_null(snapshot_policy_name(registry, 0));
	}
	if (snapshot != NULL) {
		/* only a sentence that nobody needed was lost */
		assert_int_equal(snapshot->policy_count, POLICIES);
		assert_int_equal(snapshot->unit_count, UNITS);
		assert_non_null(snapshot->classifier);
		assert_int_equal(snapshot->nat.static_count, 1);
		assert_int_equal(snapshot->nat.source_count, 2);
	}
	const bool compiled = snapshot != NULL;
	snapshot_destroy(snapshot);
	diagnostics_release(&list);
	return compiled;
}

static void
test_compilation(void **state)
{
	struct snapshot_registry *registry = snapshot_registry_create();
	uint32_t total = 0;
	uint32_t failed = 0;

	(void)state;
	assert_non_null(registry);
	assert_true(compile_failing_at(UINT32_MAX, registry));
	total = failing_memory_count();
	snapshot_registry_destroy(registry);
	assert_true(total > 20);
	for (uint32_t at = 0; at < total; at++) {
		registry = snapshot_registry_create();
		assert_non_null(registry);
		failed += compile_failing_at(at, registry) ? 0 : 1;
		/* the same registry is as good as new */
		if (at % 10 == 0) {
			assert_true(compile_failing_at(UINT32_MAX, registry));
		}
		snapshot_registry_destroy(registry);
	}
	assert_true(failed > total / 2);
}

static void
test_routes(void **state)
{
	(void)state;
	world.wall = 1191405600;
	world_run(&world);
	failing_memory_start(UINT32_MAX);
	struct rib *rib = snapshot_rib_create(world.tree, world.registry, world.snapshot);
	assert_non_null(rib);
	const uint32_t rib_total = failing_memory_count();
	struct fib *fib = snapshot_fib_create(rib, world.snapshot, 1);
	const uint32_t total = failing_memory_count();
	assert_non_null(fib);
	snapshot_fib_destroy(fib);
	rib_destroy(rib);
	for (uint32_t at = 0; at < total; at++) {
		failing_memory_start(at);
		rib = snapshot_rib_create(world.tree, world.registry, world.snapshot);
		assert_int_equal(rib == NULL, at < rib_total);
		if (rib != NULL) {
			assert_null(snapshot_fib_create(rib, world.snapshot, 1));
		}
		failing_memory_stop();
		rib_destroy(rib);
	}
}

static void
test_registry(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 4; at++) {
		failing_memory_start(at);
		struct snapshot_registry *registry = snapshot_registry_create();
		failing_memory_stop();
		assert_null(registry);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_compilation),
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_registry),
	};

	return cmocka_run_group_tests(tests, furnish, close_world);
}
