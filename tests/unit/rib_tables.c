/*
 * lib/rib: tables, preferences, reachability, ages. Times are a virtual clock.
 *
 * All of it for both families: see rib_world.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rib_world.h"

/* REQ-RT-001, REQ-RT-002, REQ-RT-003, REQ-RT-004 */
static void
test_each_instance_has_its_own_table(void **state)
{
	struct rib *rib = new_rib();

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_unit(rib, 1, RED, IP(10, 0, 0, 2), 24);
	add_route(rib, MAIN, IP(20, 0, 0, 0), 8, 0, by_address(IP(10, 0, 0, 9)));
	add_route(rib, RED, IP(20, 0, 0, 0), 8, 0, by_address(IP(10, 0, 0, 8)));
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(10, 0, 0, 7), RIB_HOP_DIRECT, 0);
	expect(rib, RED, IP(10, 0, 0, 7), RIB_HOP_DIRECT, 1);
	expect(rib, BLUE, IP(10, 0, 0, 7), RIB_HOP_NONE, RIB_NO_UNIT);
	expect(rib, MAIN, IP(10, 0, 0, 1), RIB_HOP_LOCAL, 0);
	expect(rib, MAIN, IP(10, 0, 0, 2), RIB_HOP_DIRECT, 0);
	assert_int_equal(look_up(rib, MAIN, IP(20, 1, 1, 1)).gateway.low, 0xffff00000000U | IP(10, 0, 0, 9));
	assert_int_equal(look_up(rib, RED, IP(20, 1, 1, 1)).gateway.low, 0xffff00000000U | IP(10, 0, 0, 8));
	assert_string_equal(rib_instance_name(rib, RED), "red");
	assert_null(rib_instance_name(rib, GREEN));
	assert_int_equal(rib_next_instance(rib, -1), MAIN);
	assert_int_equal(rib_next_instance(rib, BLUE), -1);
	rib_destroy(rib);
}

/* REQ-RT-006 */
static void
test_longest_prefix_wins(void **state)
{
	struct rib *rib = new_rib();

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_unit(rib, 1, MAIN, IP(10, 0, 1, 1), 24);
	add_unit(rib, 2, MAIN, IP(10, 0, 2, 1), 24);
	add_route(rib, MAIN, 0, 0, 0, by_unit(0));
	add_route(rib, MAIN, IP(20, 0, 0, 0), 8, 0, by_unit(1));
	add_route(rib, MAIN, IP(20, 1, 0, 0), 16, 0, by_unit(2));
	add_route(rib, MAIN, IP(20, 1, 2, 3), 32, 0, by_unit(0));
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(9, 9, 9, 9), RIB_HOP_DIRECT, 0);
	expect(rib, MAIN, IP(20, 255, 0, 0), RIB_HOP_DIRECT, 1);
	expect(rib, MAIN, IP(20, 1, 0, 0), RIB_HOP_DIRECT, 2);
	expect(rib, MAIN, IP(20, 1, 255, 255), RIB_HOP_DIRECT, 2);
	expect(rib, MAIN, IP(20, 1, 2, 3), RIB_HOP_DIRECT, 0);
	expect(rib, MAIN, IP(20, 2, 0, 0), RIB_HOP_DIRECT, 1);
	expect(rib, MAIN, IP(21, 0, 0, 0), RIB_HOP_DIRECT, 0);
	rib_destroy(rib);
}

/* REQ-RT-005, REQ-RT-007, REQ-RT-009: st0.1 with preference 5, st0.2 with 7 */
static void
test_backup_takes_over_and_gives_back(void **state)
{
	struct rib *rib = new_rib();

	(void)state;
	assert_true(rib_add_unit(rib, 1, MAIN, true));
	assert_true(rib_add_unit(rib, 2, MAIN, true));
	add_pair(rib, MAIN, IP(13, 16, 14, 16), 32, qualified(by_unit(2), 7), qualified(by_unit(1), 5));
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(13, 16, 14, 16), RIB_HOP_DIRECT, 1);
	assert_true(rib_set_unit_state(rib, 1, false, 10));
	assert_false(rib_set_unit_state(rib, 1, false, 11));
	expect(rib, MAIN, IP(13, 16, 14, 16), RIB_HOP_DIRECT, 2);
	assert_true(rib_set_unit_state(rib, 2, false, 12));
	expect(rib, MAIN, IP(13, 16, 14, 16), RIB_HOP_NONE, RIB_NO_UNIT);
	assert_true(rib_set_unit_state(rib, 2, true, 13));
	expect(rib, MAIN, IP(13, 16, 14, 16), RIB_HOP_DIRECT, 2);
	assert_true(rib_set_unit_state(rib, 1, true, 14));
	expect(rib, MAIN, IP(13, 16, 14, 16), RIB_HOP_DIRECT, 1);
	rib_destroy(rib);
}

/* REQ-RT-008: 5 when nothing is said; lower wins, whatever the order of adding */
static void
test_preference_among_routes_of_a_prefix(void **state)
{
	struct rib *rib = new_rib();
	const struct rib_static discard = {.table = table_of(MAIN), .prefix = at(IP(20, 0, 0, 0)), .length = bits(8),
	    .preference = 6, .kind = RIB_STATIC_DISCARD};
	const struct rib_static reject = {.table = table_of(MAIN), .prefix = at(IP(30, 0, 0, 0)), .length = bits(8),
	    .preference = 4, .kind = RIB_STATIC_REJECT};

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	assert_true(rib_add_static(rib, &discard));
	add_route(rib, MAIN, IP(20, 0, 0, 0), 8, 0, by_unit(0));
	add_route(rib, MAIN, IP(30, 0, 0, 0), 8, 0, by_unit(0));
	assert_true(rib_add_static(rib, &reject));
	/* a direct route beats a static one to the same prefix */
	add_route(rib, MAIN, IP(10, 0, 0, 0), 24, 0, by_unit(RIB_NO_UNIT));
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(20, 0, 0, 1), RIB_HOP_DIRECT, 0);
	/* REQ-RT-012 */
	expect(rib, MAIN, IP(30, 0, 0, 1), RIB_HOP_REJECT, RIB_NO_UNIT);
	expect(rib, MAIN, IP(10, 0, 0, 3), RIB_HOP_DIRECT, 0);
	assert_true(rib_set_unit_state(rib, 0, false, 1));
	expect(rib, MAIN, IP(20, 0, 0, 1), RIB_HOP_DISCARD, RIB_NO_UNIT);
	rib_destroy(rib);
}

/* REQ-RT-010, REQ-RT-011, E-055 */
static void
test_next_hop_by_name_by_address_and_own_address(void **state)
{
	struct rib *rib = new_rib();

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 11, 16, 5), 32);
	add_unit(rib, 1, MAIN, IP(10, 11, 17, 1), 24);
	add_unit(rib, 2, RED, IP(10, 11, 18, 1), 24);
	add_route(rib, MAIN, IP(9, 10, 14, 5), 32, 0, by_address(IP(10, 11, 16, 5)));
	add_route(rib, MAIN, IP(9, 10, 14, 6), 32, 0, by_unit(0));
	add_route(rib, MAIN, IP(9, 10, 14, 7), 32, 0, by_address(IP(10, 11, 17, 9)));
	/* not on any network of ours */
	add_route(rib, MAIN, IP(9, 10, 14, 8), 32, 0, by_address(IP(10, 11, 16, 9)));
	/* another instance's unit, and one that does not exist (E-069) */
	add_route(rib, MAIN, IP(9, 10, 14, 9), 32, 0, by_unit(2));
	add_route(rib, MAIN, IP(9, 10, 14, 10), 32, 0, by_unit(RIB_NO_UNIT));
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(9, 10, 14, 5), RIB_HOP_DIRECT, 0);
	expect(rib, MAIN, IP(9, 10, 14, 6), RIB_HOP_DIRECT, 0);
	expect(rib, MAIN, IP(9, 10, 14, 7), RIB_HOP_GATEWAY, 1);
	assert_int_equal(look_up(rib, MAIN, IP(9, 10, 14, 7)).gateway.low, 0xffff00000000U | IP(10, 11, 17, 9));
	expect(rib, MAIN, IP(9, 10, 14, 8), RIB_HOP_NONE, RIB_NO_UNIT);
	expect(rib, MAIN, IP(9, 10, 14, 9), RIB_HOP_NONE, RIB_NO_UNIT);
	expect(rib, MAIN, IP(9, 10, 14, 10), RIB_HOP_NONE, RIB_NO_UNIT);
	/* an address of a unit that is down stays ours */
	assert_true(rib_set_unit_state(rib, 0, false, 1));
	expect(rib, MAIN, IP(10, 11, 16, 5), RIB_HOP_REJECT, 0);
	expect(rib, MAIN, IP(9, 10, 14, 5), RIB_HOP_NONE, RIB_NO_UNIT);
	rib_destroy(rib);
}

/* Several next hops of one preference: the first usable one. REQ-RT-005 */
static void
test_first_usable_next_hop(void **state)
{
	struct rib *rib = new_rib();
	struct rib_route route;

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_unit(rib, 1, MAIN, IP(10, 0, 1, 1), 24);
	add_pair(rib, MAIN, IP(20, 0, 0, 0), 8, by_address(IP(10, 0, 0, 9)), by_address(IP(10, 0, 1, 9)));
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(20, 0, 0, 1), RIB_HOP_GATEWAY, 0);
	assert_true(rib_set_unit_state(rib, 0, false, 1));
	expect(rib, MAIN, IP(20, 0, 0, 1), RIB_HOP_GATEWAY, 1);
	assert_true(rib_lookup(rib, table_of(MAIN), at(IP(20, 0, 0, 1)), &route));
	assert_int_equal(route.next_hop_count, 2);
	assert_int_equal(route.selected, 1);
	rib_destroy(rib);
}

/* REQ-RT-013 */
static void
test_next_table(void **state)
{
	struct rib *rib = new_rib();
	const struct rib_static onward = {.table = table_of(RED), .preference = 5,
	    .kind = RIB_STATIC_TABLE, .next_table = MAIN};
	const struct rib_static nowhere = {.table = table_of(RED), .preference = 5,
	    .kind = RIB_STATIC_TABLE, .next_table = GREEN};

	(void)state;
	assert_true(rib_add_static(rib, &onward));
	assert_false(rib_add_static(rib, &nowhere));
	assert_true(rib_finish(rib, 0));
	assert_int_equal(look_up(rib, RED, IP(1, 2, 3, 4)).kind, RIB_HOP_TABLE);
	assert_int_equal(look_up(rib, RED, IP(1, 2, 3, 4)).instance, MAIN);
	rib_destroy(rib);
}

/* REQ-RT-015, E-059: with a next hop it forwards, without one it stays and rejects; without passive it is gone */
static void
test_passive(void **state)
{
	struct rib *rib = new_rib();

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_route(rib, MAIN, IP(20, 0, 0, 0), 8, RIB_PASSIVE, by_unit(0));
	add_route(rib, MAIN, IP(30, 0, 0, 0), 8, 0, by_unit(0));
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(20, 0, 0, 1), RIB_HOP_DIRECT, 0);
	assert_true(rib_set_unit_state(rib, 0, false, 1));
	expect(rib, MAIN, IP(20, 0, 0, 1), RIB_HOP_REJECT, RIB_NO_UNIT);
	expect(rib, MAIN, IP(30, 0, 0, 1), RIB_HOP_NONE, RIB_NO_UNIT);
	rib_destroy(rib);
}

/* E-061: kept when its next hop is lost, but never before another way that works */
static void
test_retain(void **state)
{
	struct rib *rib = new_rib();

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_unit(rib, 1, MAIN, IP(10, 0, 1, 1), 24);
	add_route(rib, MAIN, IP(20, 0, 0, 0), 8, RIB_RETAIN, by_unit(0));
	add_route(rib, MAIN, IP(30, 0, 0, 0), 8, RIB_RETAIN, by_unit(0));
	add_route(rib, MAIN, IP(30, 0, 0, 0), 8, 0, qualified(by_unit(1), 9));
	assert_true(rib_finish(rib, 0));
	assert_true(rib_set_unit_state(rib, 0, false, 1));
	expect(rib, MAIN, IP(20, 0, 0, 1), RIB_HOP_DIRECT, 0);
	expect(rib, MAIN, IP(30, 0, 0, 1), RIB_HOP_DIRECT, 1);
	rib_destroy(rib);
}

struct collected {
	struct rib_route routes[16];
	uint32_t count;
	uint32_t stop_after;
};

static bool
collect(void *context, const struct rib_route *route)
{
	struct collected *collected = context;

	collected->routes[collected->count++] = *route;
	return collected->count != collected->stop_after;
}

/* The order of `show route`: address, length, the active one first; hidden ones are marked */
static void
test_walk_in_order(void **state)
{
	struct rib *rib = new_rib();
	struct collected all = {.count = 0};
	struct collected some = {.stop_after = 2};
	struct collected active = {.count = 0};

	(void)state;
	assert_true(rib_add_unit(rib, 7, MAIN, false));
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_pair(rib, MAIN, IP(10, 0, 0, 0), 8, qualified(by_unit(7), 5), qualified(by_unit(0), 7));
	add_route(rib, MAIN, 0, 0, RIB_NO_READVERTISE, by_unit(0));
	assert_true(rib_finish(rib, 100));
	rib_each_route(rib, table_of(MAIN), collect, &all);
	assert_int_equal(all.count, 5);
	assert_int_equal(all.routes[0].length, 0);
	assert_int_equal(all.routes[0].flags, RIB_NO_READVERTISE);
	assert_int_equal(all.routes[1].length, bits(8));
	assert_int_equal(all.routes[1].preference, 7);
	assert_true(all.routes[1].active);
	assert_int_equal(all.routes[2].preference, 5);
	assert_true(all.routes[2].hidden);
	assert_false(all.routes[2].active);
	assert_int_equal(all.routes[3].protocol, RIB_DIRECT);
	assert_int_equal(all.routes[3].length, bits(24));
	assert_int_equal(all.routes[4].protocol, RIB_LOCAL);
	assert_int_equal(all.routes[4].prefix.low, 0xffff00000000U | IP(10, 0, 0, 1));
	rib_each_route(rib, table_of(MAIN), collect, &some);
	assert_int_equal(some.count, 2);
	rib_each_active(rib, table_of(MAIN), collect, &active);
	assert_int_equal(active.count, 4);
	rib_destroy(rib);
}

/* Ages: from the given clock; a change of state starts them again; a commit does not */
static void
test_ages(void **state)
{
	struct rib *rib = new_rib();
	struct rib *next = new_rib();
	struct rib_route route;

	(void)state;
	add_unit(rib, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_route(rib, MAIN, IP(20, 0, 0, 0), 8, 0, by_unit(0));
	assert_true(rib_finish(rib, 100));
	assert_true(rib_set_unit_state(rib, 0, false, 200));
	assert_true(rib_set_unit_state(rib, 0, true, 300));
	assert_true(rib_lookup(rib, table_of(MAIN), at(IP(20, 0, 0, 1)), &route));
	assert_int_equal(route.since, 300);

	add_unit(next, 0, MAIN, IP(10, 0, 0, 1), 24);
	add_route(next, MAIN, IP(20, 0, 0, 0), 8, 0, by_unit(0));
	add_route(next, MAIN, IP(30, 0, 0, 0), 8, 0, by_unit(0));
	assert_true(rib_finish(next, 0));
	rib_carry_ages(next, NULL, 350);
	assert_true(rib_lookup(next, table_of(MAIN), at(IP(20, 0, 0, 1)), &route));
	assert_int_equal(route.since, 350);
	rib_carry_ages(next, rib, 400);
	assert_true(rib_lookup(next, table_of(MAIN), at(IP(20, 0, 0, 1)), &route));
	assert_int_equal(route.since, 300);
	assert_true(rib_lookup(next, table_of(MAIN), at(IP(30, 0, 0, 1)), &route));
	assert_int_equal(route.since, 400);
	rib_destroy(next);
	rib_destroy(rib);
}

static void
test_empty_and_unknown(void **state)
{
	struct rib *rib = rib_create();
	const struct rib_static route = {.table = table_of(GREEN), .kind = RIB_STATIC_DISCARD};

	(void)state;
	assert_non_null(rib);
	assert_false(rib_add_unit(rib, 0, MAIN, true));
	assert_false(rib_add_address(rib, 0, rib_world_family, at(IP(10, 0, 0, 1)), bits(24)));
	assert_false(rib_add_static(rib, &route));
	assert_true(rib_finish(rib, 0));
	expect(rib, MAIN, IP(10, 0, 0, 1), RIB_HOP_NONE, RIB_NO_UNIT);
	assert_false(rib_set_unit_state(rib, 3, true, 0));
	assert_int_equal(rib_next_instance(rib, -1), -1);
	rib_destroy(rib);
	rib_destroy(NULL);
}

/* The same bits in both families' tables: neither knows the other's routes. REQ-RT-001 */
static void
test_families_share_nothing(void **state)
{
	struct rib *rib = new_rib();
	const struct ipv6_address six = {0x20010db800000000U, 1};
	const struct rib_table inet = {.instance = MAIN, .family = RIB_INET};
	const struct rib_table inet6 = {.instance = MAIN, .family = RIB_INET6};
	const struct rib_next_hop hop = {.by_unit = true, .unit = 0};
	struct rib_static route = {.table = inet6, .preference = 5, .kind = RIB_STATIC_NEXT_HOPS, .next_hop_count = 1,
	    .next_hops = &hop};
	struct rib_route found;

	(void)state;
	assert_true(rib_add_unit(rib, 0, MAIN, true));
	assert_true(rib_add_address(rib, 0, RIB_INET6, six, 64));
	assert_true(rib_add_address(rib, 0, RIB_INET, ipv6_mapped(IP(10, 0, 0, 1)), 24));
	assert_true(rib_add_static(rib, &route)); /* ::/0 */
	assert_true(rib_finish(rib, 0));
	assert_true(rib_lookup(rib, inet6, ipv6_mapped(IP(10, 0, 0, 1)), &found));
	assert_int_equal(found.protocol, RIB_STATIC);
	assert_true(rib_lookup(rib, inet6, six, &found));
	assert_int_equal(found.protocol, RIB_LOCAL);
	assert_int_equal(found.length, 128);
	assert_true(rib_lookup(rib, inet, ipv6_mapped(IP(10, 0, 0, 1)), &found));
	assert_int_equal(found.length, 32);
	assert_false(rib_lookup(rib, inet, ipv6_mapped(IP(11, 0, 0, 1)), &found));
	rib_destroy(rib);
}

/* A link-local gateway means nothing without its unit: with it, it is a neighbour there while that is up. */
static void
test_gateway_on_a_unit(void **state)
{
	struct rib *rib = new_rib();
	const struct ipv6_address gateway = {0xfe80ULL << 48, 9};
	const struct rib_table table = {.instance = RED, .family = RIB_INET6};
	const struct rib_next_hop hops[] = {{.on_unit = true, .unit = 4, .address = gateway},
	    {.on_unit = true, .unit = 3, .address = gateway}, {.on_unit = true, .unit = RIB_NO_UNIT, .address = gateway}};
	struct rib_static route = {.table = table, .preference = 5, .kind = RIB_STATIC_NEXT_HOPS, .next_hop_count = 3,
	    .next_hops = hops};
	struct rib_route found;

	(void)state;
	assert_true(rib_add_unit(rib, 3, RED, true));
	assert_true(rib_add_unit(rib, 4, MAIN, true)); /* of another instance: not for RED */
	assert_true(rib_add_address(rib, 4, RIB_INET6, (struct ipv6_address){0xfe80ULL << 48, 1}, 64));
	assert_true(rib_add_static(rib, &route));
	assert_true(rib_finish(rib, 0));
	assert_true(rib_lookup(rib, table, (struct ipv6_address){1, 1}, &found));
	assert_int_equal(found.hop.kind, RIB_HOP_GATEWAY);
	assert_int_equal(found.hop.unit, 3);
	assert_true(ipv6_equal(found.hop.gateway, gateway));
	assert_true(rib_set_unit_state(rib, 3, false, 1));
	assert_false(rib_lookup(rib, table, (struct ipv6_address){1, 1}, &found));
	rib_destroy(rib);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_instance_has_its_own_table),
	    cmocka_unit_test(test_longest_prefix_wins),
	    cmocka_unit_test(test_backup_takes_over_and_gives_back),
	    cmocka_unit_test(test_preference_among_routes_of_a_prefix),
	    cmocka_unit_test(test_next_hop_by_name_by_address_and_own_address),
	    cmocka_unit_test(test_first_usable_next_hop),
	    cmocka_unit_test(test_next_table),
	    cmocka_unit_test(test_passive),
	    cmocka_unit_test(test_retain),
	    cmocka_unit_test(test_walk_in_order),
	    cmocka_unit_test(test_ages),
	    cmocka_unit_test(test_empty_and_unknown),
	    cmocka_unit_test(test_families_share_nothing),
	    cmocka_unit_test(test_gateway_on_a_unit),
	};
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rib_world_family = RIB_INET6;
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
