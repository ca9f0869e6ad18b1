/*
 * The tree of IPv6 address intervals against a slow model that looks at every interval: many shapes, words at both ends of the
 * intervals, sizes around full nodes and levels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "address_intervals.h"
#include "base/random.h"

enum {
	MOST = 3000,
	ROUNDS = 120,
	PROBES = 1000, /* of a round: 120,000 in all */
};

struct fixture {
	struct ipv6_address starts[MOST];
	uint32_t values[MOST];
	struct address_intervals intervals;
	void *memory;
	size_t octets;
	struct address_tree tree;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->intervals = (struct address_intervals){.starts = fixture->starts, .values = fixture->values};
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static int
compare(const void *left, const void *right)
{
	return ipv6_compare(*(const struct ipv6_address *)left, *(const struct ipv6_address *)right);
}

/* Starts in order without those that are there twice, :: among them; then the tree, in memory of just its size. */
static void
lay(struct fixture *fixture, uint32_t count)
{
	uint32_t kept = 0;

	fixture->starts[0] = (struct ipv6_address){0, 0};
	qsort(fixture->starts, count, sizeof(fixture->starts[0]), compare);
	for (uint32_t i = 0; i < count; i++) {
		if (kept == 0 || !ipv6_equal(fixture->starts[kept - 1], fixture->starts[i])) {
			fixture->starts[kept++] = fixture->starts[i];
		}
	}
	fixture->intervals.count = kept;

	const struct address_shape shape = address_shape_of(&fixture->intervals);

	fixture->octets = address_shape_octets(&shape);
	assert_int_equal(posix_memalign(&fixture->memory, ADDRESS_TREE_ALIGNMENT, fixture->octets), 0);
	fixture->tree = address_tree_lay(&fixture->intervals, &shape, fixture->memory);
}

/* The slow model: the last of all intervals that does not start after the address. */
static uint32_t
model(const struct fixture *fixture, struct ipv6_address address)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < fixture->intervals.count; i++) {
		if (!ipv6_less(address, fixture->starts[i])) {
			found = i;
		}
	}
	return fixture->intervals.values == NULL ? found : fixture->values[found];
}

static void
probe(const struct fixture *fixture, struct ipv6_address address)
{
	assert_int_equal(address_tree_find(&fixture->tree, address), model(fixture, address));
}

/* The address, the one before it and the one behind it; each word's ends in it. */
static void
probe_around(const struct fixture *fixture, struct ipv6_address address)
{
	probe(fixture, address);
	probe(fixture, ipv6_next(address));
	probe(fixture, (struct ipv6_address){address.high - (address.low == 0), address.low - 1});
	probe(fixture, (struct ipv6_address){address.high, 0});
	probe(fixture, (struct ipv6_address){address.high, UINT64_MAX});
}

static struct ipv6_address
random_start(struct random_source *random, uint32_t kind)
{
	const uint64_t network = UINT64_C(0x2400000000000000);

	switch (kind) {
	case 0: /* networks alone */
		return (struct ipv6_address){network + ((uint64_t)random_below(random, 1U << 30) << 16), 0};
	case 1: /* hosts of one network */
		return (struct ipv6_address){network, random_below(random, 1U << 30)};
	case 2: /* hosts of some networks */
		return (struct ipv6_address){network + random_below(random, 40), random_u64(random)};
	case 3: /* both, and the ends of all words */
		return (struct ipv6_address){random_below(random, 4) == 0 ? UINT64_MAX - random_below(random, 2) : random_below(random, 3),
		    random_below(random, 3) == 0 ? 0 : UINT64_MAX - random_below(random, 2)};
	}
	return (struct ipv6_address){random_u64(random), random_below(random, 2) == 0 ? 0 : random_u64(random)};
}

static void
test_random_intervals(void **state)
{
	struct fixture *fixture = *state;
	struct random_source random = random_seeded(31);

	for (uint32_t round = 0; round < ROUNDS; round++) {
		const uint32_t count = 1 + random_below(&random, round % 3 == 0 ? 20 : 700);
		const bool numbered = random_below(&random, 2) == 0;

		for (uint32_t i = 0; i < count; i++) {
			fixture->starts[i] = random_start(&random, round % 5);
			fixture->values[i] = random_below(&random, 1U << 31);
		}
		fixture->intervals.values = numbered ? NULL : fixture->values;
		lay(fixture, count);
		for (uint32_t i = 0; i < PROBES / 5; i++) {
			const uint32_t place = random_below(&random, fixture->intervals.count);

			probe_around(fixture, random_below(&random, 4) == 0 ? random_start(&random, round % 5)
									    : fixture->starts[place]);
		}
		free(fixture->memory);
	}
}

/* Full nodes and one key more, at each level, of high words and of low ones. */
static void
test_sizes_around_nodes(void **state)
{
	static const uint32_t sizes[] = {1, 2, 7, 8, 9, 63, 64, 65, 71, 72, 73, 511, 512, 513, 519, 520, 521, 575, 576, 577, 2999};
	struct fixture *fixture = *state;

	fixture->intervals.values = NULL;
	for (uint32_t kind = 0; kind < 2; kind++) {
		for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			for (uint64_t j = 0; j < sizes[i]; j++) {
				fixture->starts[j] = kind == 0 ? (struct ipv6_address){j << 20, 0} : (struct ipv6_address){0, j << 20};
			}
			lay(fixture, sizes[i]);
			assert_int_equal(fixture->intervals.count, sizes[i]);
			for (uint32_t j = 0; j < sizes[i]; j++) {
				assert_int_equal(address_tree_find(&fixture->tree, fixture->starts[j]), j);
			}
			for (uint32_t j = sizes[i] > 20 ? sizes[i] - 20 : 0; j < sizes[i]; j++) {
				probe_around(fixture, fixture->starts[j]);
			}
			probe_around(fixture, (struct ipv6_address){UINT64_MAX, UINT64_MAX});
			free(fixture->memory);
		}
	}
}

/* What a prefix costs: networks by their high words alone, 18 octets and a part of a node; a lone host as much as a branch. */
static void
test_memory(void **state)
{
	struct fixture *fixture = *state;

	fixture->intervals.values = NULL;
	for (uint64_t i = 0; i < 1000; i++) {
		fixture->starts[i] = (struct ipv6_address){i << 20, 0};
	}
	lay(fixture, 1000);
	/* 125 leaves, 16, 2 and 1 nodes; a part each */
	assert_int_equal(fixture->octets, (125 + 16 + 2 + 1) * 64 + 1000 * 8);
	free(fixture->memory);
	for (uint64_t i = 1; i < 1000; i++) {
		fixture->starts[i] = (struct ipv6_address){i << 20, 5};
	}
	lay(fixture, 1000);
	/* besides, of 999: a branch, its node, and two values */
	assert_int_equal(fixture->octets, (125 + 16 + 2 + 1) * 64 + 1000 * 8 + 999 * (24 + 64 + 2 * 4));
	free(fixture->memory);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_random_intervals),
	    TEST(test_sizes_around_nodes),
	    TEST(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
