/*
 * inet6 forwarding tables against a naive model, next-table, and the memory that many prefixes take.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "snapshot/snapshot.h"

enum {
	UNITS = 20,
	ROUTES = 400,
	PROBES = 4000,
	MANY = 10000,
};

static void
add_static(struct rib *rib, uint16_t instance, struct ipv6_address prefix, uint8_t length, struct rib_next_hop hop)
{
	const struct rib_static route = {
	    .table = {.instance = instance, .family = RIB_INET6},
	    .prefix = prefix,
	    .length = length,
	    .preference = RIB_PREFERENCE_STATIC,
	    .kind = RIB_STATIC_NEXT_HOPS,
	    .next_hop_count = 1,
	    .next_hops = &hop,
	};

	assert_true(rib_add_static(rib, &route));
}

/* The naive model: the longest of all prefixes whose bits the address has, compared one by one; of equal ones the first. */
struct naive_route {
	struct ipv6_address prefix;
	uint8_t length;
	uint16_t unit;
};

static uint32_t
bit_of(struct ipv6_address address, uint32_t place)
{
	return (uint32_t)((place < 64 ? address.high >> (63 - place) : address.low >> (127 - place)) & 1);
}

static uint16_t
naive_lookup(const struct naive_route *routes, uint32_t count, struct ipv6_address address)
{
	int best = -1;
	uint16_t unit = RIB_NO_UNIT;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t same = 0;
		while (same < routes[i].length && bit_of(routes[i].prefix, same) == bit_of(address, same)) {
			same++;
		}
		if (same == routes[i].length && (int)routes[i].length > best) {
			best = routes[i].length;
			unit = routes[i].unit;
		}
	}
	return unit;
}

/* Few different bits, so that prefixes nest; now and then the first or last addresses of all. */
static struct ipv6_address
random_address(struct random_source *random)
{
	switch (random_below(random, 16)) {
	case 0:
		return (struct ipv6_address){.low = random_below(random, 4)};
	case 1:
		return (struct ipv6_address){UINT64_MAX, UINT64_MAX - random_below(random, 4)};
	}
	return (struct ipv6_address){
	    .high = 0x20010db800000000U | (uint64_t)random_below(random, 3) << 31 | random_below(random, 4),
	    .low = (uint64_t)random_below(random, 3) << 62 | random_below(random, 8),
	};
}

/* An address of a prefix or just beside it: where mistakes are. */
static struct ipv6_address
probe_near(struct random_source *random, const struct naive_route *route)
{
	const struct ipv6_address prefix = route->prefix;
	const uint32_t bit = random_below(random, 64);

	switch (random_below(random, 5)) {
	case 0:
		return prefix;
	case 1:
		return (struct ipv6_address){prefix.high - (prefix.low == 0 ? 1 : 0), prefix.low - 1};
	case 2:
		return (struct ipv6_address){prefix.high ^ 1ULL << bit, prefix.low};
	case 3:
		return (struct ipv6_address){prefix.high, prefix.low ^ 1ULL << bit};
	}
	return random_address(random);
}

/* REQ-RT-006 */
static void
test_random_tables_against_a_naive_model(void **state)
{
	static struct naive_route routes[ROUTES];
	struct random_source random = random_seeded(21);
	const struct snapshot snapshot = {.instance_count = 1};

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
			routes[i] = (struct naive_route){.prefix = random_address(&random),
			    .length = (uint8_t)random_below(&random, 129), .unit = (uint16_t)random_below(&random, UNITS)};
			add_static(rib, 0, routes[i].prefix, routes[i].length,
			    (struct rib_next_hop){.by_unit = true, .unit = routes[i].unit});
		}
		assert_true(rib_finish(rib, 0));
		struct fib *fib = snapshot_fib_create(rib, &snapshot, 7);
		assert_non_null(fib);
		for (uint32_t i = 0; i < PROBES; i++) {
			const struct ipv6_address address = probe_near(&random, &routes[random_below(&random, count)]);
			const uint16_t expected = naive_lookup(routes, count, address);
			const struct fib_hop *hop = fib_lookup6(fib, 0, address);
			assert_int_equal(hop->kind, expected == RIB_NO_UNIT ? FIB_NO_ROUTE : FIB_DIRECT);
			assert_int_equal(hop->unit, expected);
		}
		snapshot_fib_destroy(fib);
		rib_destroy(rib);
	}
}

/* REQ-RT-001, REQ-RT-013: next-table goes on in the other instance's inet6 table; a circle of them ends. */
static void
test_next_table(void **state)
{
	struct rib *rib = rib_create();
	const struct snapshot snapshot = {.instance_count = 4};
	const struct ipv6_address there = {0x20010db800010000U, 5};
	struct rib_static onward = {.table = {.instance = 1, .family = RIB_INET6}, .preference = 5,
	    .kind = RIB_STATIC_TABLE, .next_table = 0};

	(void)state;
	for (uint16_t i = 0; i < 4; i++) {
		assert_true(rib_add_instance(rib, i, i == 0 ? "" : "x"));
	}
	assert_true(rib_add_unit(rib, 0, 0, true));
	assert_true(rib_add_address(rib, 0, RIB_INET6, (struct ipv6_address){0x20010db800000000U, 1}, 64));
	add_static(rib, 0, there, 48, (struct rib_next_hop){.address = {0x20010db800000000U, 9}});
	assert_true(rib_add_static(rib, &onward));
	onward.table.instance = 2;
	onward.next_table = 2;
	assert_true(rib_add_static(rib, &onward));
	assert_true(rib_finish(rib, 0));
	struct fib *fib = snapshot_fib_create(rib, &snapshot, 1);
	assert_non_null(fib);
	const struct fib_hop *hop = fib_lookup6(fib, 1, there);
	assert_int_equal(hop->kind, FIB_GATEWAY);
	assert_int_equal(hop->unit, 0);
	assert_true(ipv6_equal(fib->gateways6[hop->gateway], (struct ipv6_address){0x20010db800000000U, 9}));
	assert_int_equal(fib_lookup6(fib, 1, (struct ipv6_address){0x20010db800000000U, 1})->kind, FIB_LOCAL);
	assert_int_equal(fib_lookup6(fib, 1, (struct ipv6_address){0x20010db800000000U, 2})->kind, FIB_DIRECT);
	assert_int_equal(fib_lookup6(fib, 1, (struct ipv6_address){0, 0})->kind, FIB_NO_ROUTE);
	assert_int_equal(fib_lookup6(fib, 2, there)->kind, FIB_NO_ROUTE);
	assert_int_equal(fib_lookup6(fib, 3, there)->kind, FIB_NO_ROUTE);
	assert_int_equal(fib_lookup6(fib, 9, there)->kind, FIB_NO_ROUTE);
	snapshot_fib_destroy(fib);
	rib_destroy(rib);
}

/* 10,000 prefixes of 48 bits that lie apart, each with a gateway of its own: 18 octets an interval, 28 a gateway. */
static void
test_memory_of_many_prefixes(void **state)
{
	struct rib *rib = rib_create();
	const struct snapshot snapshot = {.instance_count = 1};

	(void)state;
	assert_true(rib_add_instance(rib, 0, ""));
	assert_true(rib_add_unit(rib, 0, 0, true));
	assert_true(rib_add_address(rib, 0, RIB_INET6, (struct ipv6_address){0xfd00000000000000U, 1}, 64));
	for (uint64_t i = 0; i < MANY; i++) {
		add_static(rib, 0, (struct ipv6_address){.high = 0x2000000000000000U + (i * 2654435761U % (1U << 30) << 18)}, 48,
		    (struct rib_next_hop){.address = {0xfd00000000000000U, 2 + i}});
	}
	assert_true(rib_finish(rib, 0));
	struct fib *fib = snapshot_fib_create(rib, &snapshot, 1);
	assert_non_null(fib);
	const size_t intervals = (size_t)fib->roots6[0].search.leaves * ADDRESS_FANOUT;
	/* a key of 8 octets, a seventh of one above it, a part */
	const size_t octets = intervals * (8 + 2 + sizeof(struct address_part)) +
	    fib->gateway6_count * sizeof(*fib->gateways6) + fib->hop_count * sizeof(*fib->hops) +
	    fib->node_count * sizeof(*fib->nodes);
	print_message("10,000 inet6 prefixes: %zu intervals, %zu KB\n", intervals, octets / 1024);
	assert_int_equal(fib->gateway6_count, MANY);
	assert_true(intervals > MANY && intervals < 2 * MANY + 16);
	assert_true(octets < 700 * 1024);
	for (uint64_t i = 0; i < MANY; i++) {
		const struct ipv6_address address = {
		    .high = 0x2000000000000000U + (i * 2654435761U % (1U << 30) << 18), .low = 77};
		const struct fib_hop *hop = fib_lookup6(fib, 0, address);
		assert_int_equal(hop->kind, FIB_GATEWAY);
		assert_int_equal(fib->gateways6[hop->gateway].low, 2 + i);
	}
	snapshot_fib_destroy(fib);
	rib_destroy(rib);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_tables_against_a_naive_model),
	    cmocka_unit_test(test_next_table),
	    cmocka_unit_test(test_memory_of_many_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
