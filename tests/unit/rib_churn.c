/*
 * Routes that come, go and flap for a long time: nothing stale stays, ages are right, and next hops that cannot be resolved
 * do no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "rib_world.h"

enum {
	UNITS = 4,
	HOSTS = 64,   /* host routes that there may be */
	COMMITS = 400,
	WORLDS = 150, /* of routes by each other */
	PREFIXES = 24,
	FLAPS = 12,
};

/* What has to be there. */
struct model {
	bool present[HOSTS];
	uint64_t since[HOSTS];
	bool up[UNITS];
	uint64_t now;
	uint32_t seen;
};

static uint32_t
host_address(uint32_t host)
{
	return IP(100, 64, 0, 0) + host;
}

static uint16_t
host_unit(uint32_t host)
{
	return (uint16_t)(host % UNITS);
}

static struct rib *
commit(const struct model *model, const struct rib *former)
{
	struct rib *rib = new_rib();

	for (uint16_t unit = 0; unit < UNITS; unit++) {
		assert_true(rib_add_unit(rib, unit, MAIN, model->up[unit]));
		assert_true(rib_add_address(rib, unit, rib_world_family, at(IP(10, 0, unit, 1)), bits(24)));
	}
	for (uint32_t host = 0; host < HOSTS; host++) {
		if (model->present[host]) {
			add_route(rib, MAIN, host_address(host), 32, 0, by_unit(host_unit(host)));
		}
	}
	assert_true(rib_finish(rib, model->now));
	rib_carry_ages(rib, former, model->now);
	return rib;
}

static bool
check_route(void *context, const struct rib_route *route)
{
	struct model *model = context;

	if (route->protocol != RIB_STATIC) {
		return true;
	}
	const uint64_t host = route->prefix.low - at(host_address(0)).low;

	assert_true(host < HOSTS && route->length == bits(32));
	assert_true(model->present[host]);
	assert_int_equal(route->since, model->since[host]);
	assert_int_equal(route->active, model->up[host_unit((uint32_t)host)]);
	model->seen++;
	return true;
}

static void
check_all(const struct rib *rib, struct model *model)
{
	uint32_t wanted = 0;

	for (uint32_t host = 0; host < HOSTS; host++) {
		const uint16_t unit = host_unit(host);

		wanted += model->present[host];
		if (model->present[host] && model->up[unit]) {
			expect(rib, MAIN, host_address(host), RIB_HOP_DIRECT, unit);
		} else {
			expect(rib, MAIN, host_address(host), RIB_HOP_NONE, RIB_NO_UNIT);
		}
	}
	model->seen = 0;
	rib_each_route(rib, table_of(MAIN), check_route, model);
	assert_int_equal(model->seen, wanted);
}

/*
 * cs11312: host routes that come, go, come back and whose units flap, over 400 commits: after each there are exactly those that
 * are configured, and each is as old as its own last change.
 */
static void
test_host_routes_leave_nothing(void **state)
{
	struct random_source random = random_seeded(11312);
	struct model model = {.up = {true, true, true, true}, .now = 1};
	struct rib *rib = commit(&model, NULL);

	(void)state;
	for (uint32_t round = 0; round < COMMITS; round++) {
		for (uint32_t change = 0; change < 4; change++) {
			const uint32_t host = random_below(&random, HOSTS);

			model.now += 1 + random_below(&random, 1000);
			model.present[host] = !model.present[host];
			struct rib *next = commit(&model, rib);

			if (model.present[host]) {
				model.since[host] = model.now;
			}
			rib_destroy(rib);
			rib = next;
		}
		const uint16_t unit = (uint16_t)random_below(&random, UNITS);

		model.now += 10;
		model.up[unit] = !model.up[unit];
		assert_true(rib_set_unit_state(rib, unit, model.up[unit], model.now));
		for (uint32_t host = 0; host < HOSTS; host++) {
			if (host_unit(host) == unit) {
				model.since[host] = model.now;
			}
		}
		check_all(rib, &model);
	}
	rib_destroy(rib);
}

/* Routes that stand on each other as chance has it: some resolve, some in circles, some nowhere. */
struct tangle {
	uint32_t prefix[PREFIXES];
	uint8_t length[PREFIXES];
	uint8_t flags[PREFIXES];
	struct rib_next_hop hop[PREFIXES];
	bool up[UNITS];
};

static struct tangle
draw_tangle(struct random_source *random)
{
	struct tangle tangle = {.up = {true, true, true, true}};

	for (uint32_t i = 0; i < PREFIXES; i++) {
		tangle.prefix[i] = IP(20 + random_below(random, 8), random_below(random, 2), 0, 0);
		tangle.length[i] = (uint8_t)(8 + 8 * random_below(random, 2));
		tangle.prefix[i] &= tangle.length[i] == 8 ? 0xff000000U : 0xffff0000U;
		tangle.flags[i] = random_below(random, 4) == 0 ? 0 : RIB_RESOLVE;
		tangle.hop[i] = random_below(random, 4) == 0
				    ? by_address(IP(10, 0, random_below(random, UNITS), 9))
				    : by_address(IP(20 + random_below(random, 9), random_below(random, 2), 0, 1));
		tangle.hop[i] = qualified(tangle.hop[i], 1 + random_below(random, 3));
	}
	return tangle;
}

static struct rib *
build_tangle(const struct tangle *tangle)
{
	struct rib *rib = new_rib();

	for (uint16_t unit = 0; unit < UNITS; unit++) {
		assert_true(rib_add_unit(rib, unit, MAIN, tangle->up[unit]));
		assert_true(rib_add_address(rib, unit, rib_world_family, at(IP(10, 0, unit, 1)), bits(24)));
	}
	for (uint32_t i = 0; i < PREFIXES; i++) {
		add_route(rib, MAIN, tangle->prefix[i], tangle->length[i], tangle->flags[i], tangle->hop[i]);
	}
	assert_true(rib_finish(rib, 0));
	return rib;
}

/* Nothing leads to a unit that is down, and a neighbour is always one of a network of its unit. */
static uint32_t
check_tangle(const struct rib *rib, const struct tangle *tangle, const struct rib *fresh)
{
	uint32_t ways = 0;

	for (uint32_t first = 20; first < 29; first++) {
		for (uint32_t second = 0; second < 3; second++) {
			const struct rib_hop hop = look_up(rib, MAIN, IP(first, second, 0, 1));
			const struct rib_hop again = look_up(fresh, MAIN, IP(first, second, 0, 1));

			assert_int_equal(hop.kind, again.kind);
			assert_int_equal(hop.unit, again.unit);
			if (hop.kind == RIB_HOP_NONE) {
				continue;
			}
			assert_int_equal(hop.kind, RIB_HOP_GATEWAY);
			assert_true(hop.unit < UNITS && tangle->up[hop.unit]);
			assert_true(ipv6_equal(hop.gateway, at(IP(10, 0, hop.unit, 9))));
			ways++;
		}
	}
	return ways;
}

/* 08066: whatever cannot be resolved, now or since a unit went, is no way; and what flapped is as what was made so at once. */
static void
test_unresolved_routes(void **state)
{
	struct random_source random = random_seeded(8066);
	uint32_t ways = 0;

	(void)state;
	for (uint32_t world = 0; world < WORLDS; world++) {
		struct tangle tangle = draw_tangle(&random);
		struct rib *rib = build_tangle(&tangle);

		for (uint32_t flap = 0; flap < FLAPS; flap++) {
			const uint16_t unit = (uint16_t)random_below(&random, UNITS);

			tangle.up[unit] = !tangle.up[unit];
			(void)rib_set_unit_state(rib, unit, tangle.up[unit], flap + 1);
			struct rib *fresh = build_tangle(&tangle);

			ways += check_tangle(rib, &tangle, fresh);
			rib_destroy(fresh);
		}
		for (uint16_t unit = 0; unit < UNITS; unit++) {
			tangle.up[unit] = false;
			(void)rib_set_unit_state(rib, unit, false, 100);
		}
		assert_int_equal(check_tangle(rib, &tangle, rib), 0);
		rib_destroy(rib);
	}
	assert_true(ways > WORLDS); /* else nothing was tried */
}

static int
run(enum rib_family family)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_host_routes_leave_nothing),
	    cmocka_unit_test(test_unresolved_routes),
	};

	rib_world_family = family;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	const int inet = run(RIB_INET);

	return inet + run(RIB_INET6);
}
