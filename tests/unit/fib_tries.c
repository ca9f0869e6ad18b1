/*
 * Forwarding tables against the rib they were made from, and next-table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "snapshot/snapshot.h"

#define IP(a, b, c, d) (((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) | (uint32_t)(d))

enum {
	UNITS = 20,
	ROUTES = 400,
	PROBES = 4000,
};

static void
add_static(struct rib *rib, uint16_t instance, uint32_t prefix, uint8_t length, uint16_t unit)
{
	const struct rib_next_hop hop = {.by_unit = true, .unit = unit};
	const struct rib_static route = {
	    .table = {.instance = instance},
	    .prefix = ipv6_mapped(prefix),
	    .length = length,
	    .preference = RIB_PREFERENCE_STATIC,
	    .kind = RIB_STATIC_NEXT_HOPS,
	    .next_hop_count = 1,
	    .next_hops = &hop,
	};

	assert_true(rib_add_static(rib, &route));
}

static void
add_onward(struct rib *rib, uint16_t instance, uint16_t next_table)
{
	const struct rib_static route = {
	    .table = {.instance = instance},
	    .prefix = ipv6_mapped(0),
	    .preference = RIB_PREFERENCE_STATIC,
	    .kind = RIB_STATIC_TABLE,
	    .next_table = next_table,
	};

	assert_true(rib_add_static(rib, &route));
}

/* An address of a prefix or just beside it: where mistakes are. */
static uint32_t
probe_near(struct random_source *random, uint32_t prefix)
{
	switch (random_below(random, 4)) {
	case 0:
		return prefix;
	case 1:
		return prefix - 1;
	case 2:
		return prefix ^ (1U << random_below(random, 32));
	case 3:
		return prefix + random_below(random, 1U << random_below(random, 20));
	}
	return (uint32_t)random_u64(random);
}

/* The naive model: the longest of all prefixes that covers the address; of equal ones the first. */
struct naive_route {
	uint32_t prefix;
	uint8_t length;
	uint16_t unit;
};

static uint16_t
naive_lookup(const struct naive_route *routes, uint32_t count, uint32_t address)
{
	int best = -1;
	uint16_t unit = RIB_NO_UNIT;

	for (uint32_t i = 0; i < count; i++) {
		const uint64_t size = 1ULL << (32 - routes[i].length);
		const bool covers = address >= routes[i].prefix && address < (uint64_t)routes[i].prefix + size;
		if (covers && (int)routes[i].length > best) {
			best = routes[i].length;
			unit = routes[i].unit;
		}
	}
	return unit;
}

/* REQ-RT-006 */
static void
test_random_tables_against_a_naive_model(void **state)
{
	static struct naive_route routes[ROUTES];
	struct random_source random = random_seeded(20);
	const struct snapshot snapshot = {.instance_count = 1};
	const struct rib_table inet = {.instance = 0, .family = RIB_INET};

	(void)state;
	for (uint32_t round = 0; round < 30; round++) {
		struct rib *rib = rib_create();
		const uint32_t count = 1 + random_below(&random, ROUTES);
		assert_non_null(rib);
		assert_true(rib_add_instance(rib, 0, ""));
		for (uint16_t unit = 0; unit < UNITS; unit++) {
			assert_true(rib_add_unit(rib, unit, 0, true));
		}
		for (uint32_t i = 0; i < count; i++) {
			const uint8_t length = (uint8_t)random_below(&random, 33);
			const uint32_t mask = length == 0 ? 0 : UINT32_MAX << (32 - length);
			/* few different octets, so that prefixes nest */
			const uint32_t bits = IP(random_below(&random, 3), random_below(&random, 3) * 127,
			    random_below(&random, 256), random_below(&random, 256));
			routes[i] = (struct naive_route){.prefix = bits & mask, .length = length,
			    .unit = (uint16_t)random_below(&random, UNITS)};
			add_static(rib, 0, routes[i].prefix, length, routes[i].unit);
		}
		assert_true(rib_finish(rib, 0));
		struct fib *fib = snapshot_fib_create(rib, &snapshot, 7);
		assert_non_null(fib);
		assert_int_equal(fib->id, 7);
		assert_true(fib->hop_count <= UNITS + 1);
		for (uint32_t i = 0; i < PROBES; i++) {
			const uint32_t address = probe_near(&random, routes[random_below(&random, count)].prefix);
			const uint16_t expected = naive_lookup(routes, count, address);
			const struct fib_hop *hop = fib_lookup(fib, 0, address);
			struct rib_route route;
			assert_int_equal(hop->kind, expected == RIB_NO_UNIT ? FIB_NO_ROUTE : FIB_DIRECT);
			assert_int_equal(hop->unit, expected);
			assert_int_equal(rib_lookup(rib, inet, ipv6_mapped(address), &route), expected != RIB_NO_UNIT);
			if (expected != RIB_NO_UNIT) {
				assert_int_equal(route.hop.unit, expected);
			}
		}
		snapshot_fib_destroy(fib);
		rib_destroy(rib);
	}
}

/* REQ-RT-001, REQ-RT-013: tables of their own; next-table goes on in the other; a ring of tables ends without a route */
static void
test_instances_and_next_table(void **state)
{
	const struct snapshot snapshot = {.instance_count = 6};
	struct rib *rib = rib_create();

	(void)state;
	assert_non_null(rib);
	for (uint16_t i = 0; i < 5; i++) {
		assert_true(rib_add_instance(rib, i, "x"));
	}
	assert_true(rib_add_unit(rib, 0, 0, true));
	assert_true(rib_add_unit(rib, 1, 1, true));
	assert_true(rib_add_address(rib, 0, RIB_INET, ipv6_mapped(IP(10, 0, 0, 1)), 24));
	add_static(rib, 1, IP(20, 0, 0, 0), 8, 1);
	add_onward(rib, 1, 0);
	add_onward(rib, 2, 1);
	add_onward(rib, 3, 4);
	add_onward(rib, 4, 3);
	assert_true(rib_finish(rib, 0));
	struct fib *fib = snapshot_fib_create(rib, &snapshot, 1);
	assert_non_null(fib);
	assert_int_equal(fib_lookup(fib, 0, IP(10, 0, 0, 1))->kind, FIB_LOCAL);
	assert_int_equal(fib_lookup(fib, 1, IP(10, 0, 0, 1))->kind, FIB_LOCAL);
	assert_int_equal(fib_lookup(fib, 2, IP(10, 0, 0, 5))->kind, FIB_DIRECT);
	assert_int_equal(fib_lookup(fib, 2, IP(20, 0, 0, 5))->unit, 1);
	assert_int_equal(fib_lookup(fib, 2, IP(30, 0, 0, 5))->kind, FIB_NO_ROUTE);
	assert_int_equal(fib_lookup(fib, 3, IP(10, 0, 0, 1))->kind, FIB_NO_ROUTE);
	assert_int_equal(fib_lookup(fib, 5, IP(10, 0, 0, 1))->kind, FIB_NO_ROUTE);
	assert_int_equal(fib_lookup(fib, 6, IP(10, 0, 0, 1))->kind, FIB_NO_ROUTE);
	snapshot_fib_destroy(fib);
	snapshot_fib_destroy(NULL);
	rib_destroy(rib);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_tables_against_a_naive_model),
	    cmocka_unit_test(test_instances_and_next_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
