/*
 * lib/rib: next hops that are found by other routes, and groups that copy routes from table to table.
 *
 * All of it for both families: see rib_world.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rib_world.h"

/* E-06A: the default route by a provider whose address is reached by an interface route; `resolve` allows it */
static void
test_recursion_over_another_static(void **state)
{
	struct rib *rib = new_rib();
	struct rib_next_hop hops[] = {qualified(by_address(IP(9, 10, 14, 5)), 5),
	    qualified(by_address(IP(11, 12, 15, 7)), 7)};
	const struct rib_static route = {.table = table_of(RED), .flags = RIB_RESOLVE, .preference = 5,
	    .kind = RIB_STATIC_NEXT_HOPS, .next_hop_count = 2, .next_hops = hops};

	(void)state;
	add_unit(rib, 0, RED, IP(10, 11, 16, 5), 32);
	add_unit(rib, 1, RED, IP(10, 11, 16, 6), 32);
	add_route(rib, RED, IP(9, 10, 14, 5), 32, 0, qualified(by_unit(0), 5));
	add_route(rib, RED, IP(11, 12, 15, 7), 32, 0, qualified(by_unit(1), 7));
	add_route(rib, RED, IP(40, 0, 0, 0), 8, 0, by_address(IP(9, 10, 14, 5)));
	assert_true(rib_add_static(rib, &route));
	assert_true(rib_finish(rib, 0));
	expect(rib, RED, IP(8, 8, 8, 8), RIB_HOP_GATEWAY, 0);
	assert_int_equal(look_up(rib, RED, IP(8, 8, 8, 8)).gateway.low, 0xffff00000000U | IP(9, 10, 14, 5));
	/* without `resolve` only a direct route counts: 40/8 falls to the default route */
	assert_int_equal(look_up(rib, RED, IP(40, 1, 1, 1)).gateway.low, 0xffff00000000U | IP(9, 10, 14, 5));
	assert_true(rib_set_unit_state(rib, 0, false, 1));
	expect(rib, RED, IP(8, 8, 8, 8), RIB_HOP_GATEWAY, 1);
	assert_int_equal(look_up(rib, RED, IP(8, 8, 8, 8)).gateway.low, 0xffff00000000U | IP(11, 12, 15, 7));
	assert_true(rib_set_unit_state(rib, 1, false, 2));
	expect(rib, RED, IP(8, 8, 8, 8), RIB_HOP_NONE, RIB_NO_UNIT);
	rib_destroy(rib);
}

/* Routes that stand on each other only must not hold themselves up */
static void
test_recursion_is_loop_safe(void **state)
{
	struct rib *rib = new_rib();

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_route(rib, MAIN, IP(20, 0, 0, 0), 8, RIB_RESOLVE, by_address(IP(30, 0, 0, 1)));
	add_route(rib, MAIN, IP(30, 0, 0, 0), 8, RIB_RESOLVE, by_address(IP(20, 0, 0, 1)));
	add_route(rib, MAIN, IP(40, 0, 0, 0), 8, RIB_RESOLVE, by_address(IP(40, 0, 0, 1)));
	/* stands on the default route, which goes away */
	add_route(rib, MAIN, 0, 0, 0, qualified(by_address(IP(10, 0, 0, 9)), 5));
	assert_true(rib_finish(rib, 0));
	assert_int_equal(look_up(rib, MAIN, IP(20, 1, 1, 1)).gateway.low, 0xffff00000000U | IP(10, 0, 0, 9));
	assert_true(rib_set_unit_state(rib, 0, false, 1));
	expect(rib, MAIN, IP(20, 1, 1, 1), RIB_HOP_NONE, RIB_NO_UNIT);
	expect(rib, MAIN, IP(30, 1, 1, 1), RIB_HOP_NONE, RIB_NO_UNIT);
	expect(rib, MAIN, IP(40, 1, 1, 1), RIB_HOP_NONE, RIB_NO_UNIT);
	rib_destroy(rib);
}

/* A route that, once usable, takes its own next hop away: it must settle as unusable, and the others go on */
static void
test_recursion_that_swings(void **state)
{
	struct rib *rib = new_rib();
	const struct rib_static hole = {.table = table_of(MAIN), .prefix = at(IP(50, 0, 0, 0)), .length = bits(24), .preference = 9,
	    .kind = RIB_STATIC_DISCARD};

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_route(rib, MAIN, 0, 0, 0, by_address(IP(10, 0, 0, 9)));
	/* a is usable by 0/0 while b is not there; b by a; b then leads a to b, which leads to a ... through a discard */
	add_route(rib, MAIN, IP(20, 0, 0, 0), 8, RIB_RESOLVE, by_address(IP(50, 0, 0, 1)));
	add_route(rib, MAIN, IP(50, 0, 0, 0), 16, RIB_RESOLVE, by_address(IP(20, 0, 0, 1)));
	assert_true(rib_add_static(rib, &hole));
	add_route(rib, MAIN, IP(60, 0, 0, 0), 8, RIB_RESOLVE, by_address(IP(61, 0, 0, 1)));
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(60, 0, 0, 1), RIB_HOP_GATEWAY, 0);
	/* 20/8 by 50.0.0.1, which is discarded: not usable; so 20.0.0.1 goes by the default route */
	expect(rib, MAIN, IP(50, 0, 0, 1), RIB_HOP_DISCARD, RIB_NO_UNIT);
	expect(rib, MAIN, IP(20, 0, 0, 1), RIB_HOP_GATEWAY, 0);
	rib_destroy(rib);
}

/* A chain deeper than the bound ends unusable at its far end, and nothing hangs */
static void
test_recursion_is_bounded(void **state)
{
	struct rib *rib = new_rib();

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_route(rib, MAIN, IP(20, 0, 0, 0), 24, RIB_RESOLVE, by_address(IP(10, 0, 0, 9)));
	for (uint32_t i = 1; i < 200; i++) {
		add_route(rib, MAIN, IP(20, 0, i, 0), 24, RIB_RESOLVE, by_address(IP(20, 0, i - 1, 1)));
	}
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(20, 0, 5, 1), RIB_HOP_GATEWAY, 0);
	rib_destroy(rib);
}

/* REQ-RT-017, REQ-RT-018, E-062: copies keep the original next hop, and there are none without a group */
static void
test_groups_copy_with_the_original_next_hop(void **state)
{
	struct rib *rib = new_rib();
	const struct rib_table members[] = {table_of(RED), table_of(BLUE)};
	struct rib_route route;

	(void)state;
	add_unit(rib, 0, RED, IP(10, 0, 0, 1), 24);
	add_unit(rib, 1, BLUE, IP(10, 1, 0, 1), 24);
	add_route(rib, RED, IP(20, 0, 0, 0), 8, 0, by_address(IP(10, 0, 0, 9)));
	assert_true(rib_add_group(rib, members, 2, RIB_GROUP_INTERFACE | RIB_GROUP_STATIC));
	assert_true(rib_finish(rib, 0));
	expect(rib, BLUE, IP(10, 0, 0, 7), RIB_HOP_DIRECT, 0);
	expect(rib, BLUE, IP(10, 0, 0, 1), RIB_HOP_LOCAL, 0);
	assert_true(rib_lookup(rib, table_of(BLUE), at(IP(20, 0, 0, 1)), &route));
	assert_int_equal(route.hop.kind, RIB_HOP_GATEWAY);
	assert_int_equal(route.hop.unit, 0);
	assert_int_equal(route.hop.gateway.low, 0xffff00000000U | IP(10, 0, 0, 9));
	assert_int_equal(route.table.instance, BLUE);
	assert_int_equal(route.origin, RED);
	expect(rib, RED, IP(10, 1, 0, 7), RIB_HOP_NONE, RIB_NO_UNIT);
	expect(rib, MAIN, IP(10, 0, 0, 7), RIB_HOP_NONE, RIB_NO_UNIT);
	/* the copy goes with its original */
	assert_true(rib_set_unit_state(rib, 0, false, 1));
	expect(rib, BLUE, IP(20, 0, 0, 1), RIB_HOP_NONE, RIB_NO_UNIT);
	rib_destroy(rib);
}

/* REQ-RT-017: only what the group is applied to; copies of copies are not made; a table's own route comes first */
static void
test_groups_copy_what_they_are_applied_to(void **state)
{
	struct rib *rib = new_rib();
	const struct rib_table first[] = {table_of(RED), table_of(BLUE)};
	const struct rib_table second[] = {table_of(BLUE), table_of(MAIN)};

	(void)state;
	add_unit(rib, 0, RED, IP(10, 0, 0, 1), 24);
	add_unit(rib, 1, BLUE, IP(10, 1, 0, 1), 24);
	add_route(rib, RED, IP(20, 0, 0, 0), 8, 0, by_unit(0));
	add_route(rib, RED, IP(30, 0, 0, 0), 8, 0, by_unit(0));
	add_route(rib, BLUE, IP(30, 0, 0, 0), 8, 0, by_unit(1));
	assert_true(rib_add_group(rib, first, 2, RIB_GROUP_STATIC));
	assert_true(rib_add_group(rib, first, 2, RIB_GROUP_STATIC));
	assert_true(rib_add_group(rib, second, 2, RIB_GROUP_INTERFACE | RIB_GROUP_STATIC));
	assert_true(rib_finish(rib, 0));
	expect(rib, BLUE, IP(10, 0, 0, 7), RIB_HOP_NONE, RIB_NO_UNIT);
	expect(rib, BLUE, IP(20, 0, 0, 7), RIB_HOP_DIRECT, 0);
	expect(rib, BLUE, IP(30, 0, 0, 7), RIB_HOP_DIRECT, 1);
	expect(rib, MAIN, IP(30, 0, 0, 7), RIB_HOP_DIRECT, 1);
	expect(rib, MAIN, IP(20, 0, 0, 7), RIB_HOP_NONE, RIB_NO_UNIT);
	rib_destroy(rib);
}

/* A static route may use a network that a group brought into its table */
static void
test_next_hop_on_a_copied_network(void **state)
{
	struct rib *rib = new_rib();
	const struct rib_table members[] = {table_of(RED), table_of(BLUE)};

	(void)state;
	add_unit(rib, 0, RED, IP(10, 0, 0, 1), 24);
	add_route(rib, BLUE, IP(20, 0, 0, 0), 8, 0, by_address(IP(10, 0, 0, 9)));
	assert_true(rib_add_group(rib, members, 2, RIB_GROUP_INTERFACE));
	assert_true(rib_finish(rib, 0));
	expect(rib, BLUE, IP(20, 0, 0, 1), RIB_HOP_GATEWAY, 0);
	/* but our own address there is no gateway */
	rib_destroy(rib);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recursion_over_another_static),
	    cmocka_unit_test(test_recursion_is_loop_safe),
	    cmocka_unit_test(test_recursion_that_swings),
	    cmocka_unit_test(test_recursion_is_bounded),
	    cmocka_unit_test(test_groups_copy_with_the_original_next_hop),
	    cmocka_unit_test(test_groups_copy_what_they_are_applied_to),
	    cmocka_unit_test(test_next_hop_on_a_copied_network),
	};
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rib_world_family = RIB_INET6;
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
