/*
 * The alarm table, and policies' `count alarm` with a clock of the test's own (REQ-POL-015).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "alarm.h"
#include "nat_alarm.h"
#include "policy_alarm.h"
#include "snapshot_world.h"

#define SECOND UINT64_C(1000000000)

enum { NAME_OCTETS = 252 };

static void
raise_one(struct alarms *alarms, const char *subject, int64_t now)
{
	alarm_raise(alarms, &(struct alarm_name){ALARM_DNS_NAME, subject}, "it does not resolve", now);
}

static void
test_table(void **state)
{
	struct alarms *alarms = alarms_create(NULL);
	struct alarm_filter filter = ALARM_FILTER_ALL;

	(void)state;
	raise_one(alarms, "a", 100);
	raise_one(alarms, "a", 160);
	alarm_raise(alarms, &(struct alarm_name){ALARM_POLICY_COUNT, "a"}, "much", 170);
	assert_int_equal(alarms_count(alarms), 2);
	assert_int_equal(alarms_at(alarms, 0)->count, 2);
	assert_int_equal(alarms_at(alarms, 0)->first, 100);
	assert_int_equal(alarms_at(alarms, 0)->last, 160);
	assert_true(alarms_at(alarms, 0)->active);
	/* What has ended stays, and begins anew under its number. */
	alarm_settle(alarms, &(struct alarm_name){ALARM_DNS_NAME, "a"}, 200);
	assert_false(alarms_at(alarms, 0)->active);
	alarm_settle(alarms, &(struct alarm_name){ALARM_DNS_NAME, "a"}, 300);
	assert_int_equal(alarms_at(alarms, 0)->last, 200);
	alarm_settle(alarms, &(struct alarm_name){ALARM_DNS_NAME, "nobody"}, 300);
	raise_one(alarms, "a", 400);
	assert_int_equal(alarms_at(alarms, 0)->id, 1);
	assert_int_equal(alarms_at(alarms, 0)->count, 3);
	/* Filters. */
	filter.kind = alarm_kind_find("policy-count");
	assert_true(filter.kind >= 0);
	assert_false(alarm_matches(alarms_at(alarms, 0), &filter));
	assert_true(alarm_matches(alarms_at(alarms, 1), &filter));
	assert_int_equal(alarm_kind_find("no-such"), -1);
	filter.severity = LOG_SEVERITY_ERROR;
	assert_int_equal(alarm_clear(alarms, &filter, 500), 0);
	filter = ALARM_FILTER_ALL;
	filter.id = 1;
	assert_int_equal(alarm_clear(alarms, &filter, 500), 1);
	assert_int_equal(alarms_count(alarms), 1);
	/* A number is never given twice. */
	raise_one(alarms, "a", 600);
	assert_int_equal(alarms_at(alarms, 1)->id, 3);
	filter = ALARM_FILTER_ALL;
	assert_int_equal(alarm_clear(alarms, &filter, 700), 2);
	assert_int_equal(alarms_count(alarms), 0);
	alarms_destroy(alarms);
}

static void
test_bound(void **state)
{
	struct alarms *alarms = alarms_create(NULL);
	char subject[32];

	(void)state;
	for (unsigned i = 0; i < ALARMS_MOST; i++) {
		(void)snprintf(subject, sizeof(subject), "s%u", i);
		raise_one(alarms, subject, i);
	}
	raise_one(alarms, "one more", 5000);
	assert_int_equal(alarms_count(alarms), ALARMS_MOST);
	assert_int_equal(alarms_refused(alarms), 1);
	/* One that has ended makes room. */
	alarm_settle(alarms, &(struct alarm_name){ALARM_DNS_NAME, "s7"}, 5001);
	raise_one(alarms, "one more", 5002);
	assert_int_equal(alarms_count(alarms), ALARMS_MOST);
	assert_int_equal(alarms_refused(alarms), 1);
	assert_string_equal(alarms_at(alarms, ALARMS_MOST - 1)->subject, "one more");
	/* A subject longer than its place is the same alarm the next time. */
	alarm_settle(alarms, &(struct alarm_name){ALARM_DNS_NAME, "s8"}, 5003);
	char lengthy[2000];

	memset(lengthy, 'x', sizeof(lengthy) - 1);
	lengthy[sizeof(lengthy) - 1] = '\0';
	raise_one(alarms, lengthy, 5004);
	raise_one(alarms, lengthy, 5005);
	assert_int_equal(alarms_at(alarms, ALARMS_MOST - 1)->count, 2);
	alarms_destroy(alarms);
}

/* Sixty-three times a character of four octets, the last of them `last`: the longest name that may be configured. */
static void
longest_name(char name[NAME_OCTETS + 1], char last)
{
	for (unsigned i = 0; i < NAME_OCTETS; i += 4) {
		memcpy(name + i, "\xf0\xa0\x80\x80", 4);
	}
	name[NAME_OCTETS - 1] = last;
	name[NAME_OCTETS] = '\0';
}

static const char configuration[] =
    "set security zones security-zone a\n"
    "set security zones security-zone b\n"
    "set security policies from-zone a to-zone b policy plain match source-address any destination-address any application any\n"
    "set security policies from-zone a to-zone b policy plain then permit\n"
    "set security policies from-zone a to-zone b policy plain then count\n"
    "set security policies from-zone a to-zone b policy much match source-address any destination-address any application any\n"
    "set security policies from-zone a to-zone b policy much then permit\n"
    "set security policies from-zone a to-zone b policy much then count alarm per-second-threshold 1000\n"
    "set security policies from-zone a to-zone b policy much then count alarm per-minute-threshold 10\n";

struct clock {
	struct policy_alarms *watch;
	const struct world *world;
	uint64_t bytes;
	uint64_t now;
};

/* `bytes` more a second later. */
static void
tick(struct clock *clock, uint64_t bytes)
{
	clock->bytes += bytes;
	clock->now += SECOND;
	policy_alarms_sample(clock->watch, &clock->bytes,
	    &(struct policy_alarms_time){.monotonic = clock->now, .wall = (int64_t)(clock->now / SECOND)}, clock->world->registry);
}

static void
test_policies(void **state)
{
	struct alarms *alarms = alarms_create(NULL);
	struct world world;
	struct clock clock = {.watch = policy_alarms_create(alarms), .world = &world, .now = 1000 * SECOND};
	const struct alarm_filter all = ALARM_FILTER_ALL;

	(void)state;
	world_open(&world);
	world_set(&world, configuration);
	world_run(&world);
	assert_true(policy_alarms_follow(clock.watch, world.snapshot, world.registry, 0));
	assert_int_equal(policy_alarms_count(clock.watch), 1);
	/* What was counted before it was looked at is not of this second. */
	tick(&clock, 1000000);
	assert_int_equal(alarms_count(alarms), 0);
	/* Exactly the threshold is not above; one octet more is. */
	tick(&clock, 1000);
	assert_int_equal(alarms_count(alarms), 0);
	tick(&clock, 1001);
	assert_int_equal(alarms_count(alarms), 1);
	assert_string_equal(alarms_at(alarms, 0)->subject, "much from a to b");
	assert_non_null(strstr(alarms_at(alarms, 0)->message, "1001 bytes in a second, more than 1000"));
	/* Once an interval, not more. */
	tick(&clock, 500000);
	assert_int_equal(alarms_at(alarms, 0)->count, 2);
	tick(&clock, 0);
	assert_false(alarms_at(alarms, 0)->active);
	assert_int_equal(alarm_clear(alarms, &all, 0), 1);
	/* A minute: 10 kilobytes are 10240 octets. The one that runs has had more already. */
	for (unsigned i = 0; i < 60; i++) {
		tick(&clock, 0);
	}
	assert_int_equal(alarms_count(alarms), 1);
	assert_non_null(strstr(alarms_at(alarms, 0)->message, "bytes in a minute, more than 10240"));
	assert_int_equal(alarm_clear(alarms, &all, 0), 1);
	for (unsigned i = 0; i < 120; i++) {
		tick(&clock, 160);
	}
	assert_int_equal(alarms_count(alarms), 0); /* 60 times 160 is less */
	for (unsigned i = 0; i < 120; i++) {
		tick(&clock, 180);
	}
	assert_true(alarms_count(alarms) == 1 && alarms_at(alarms, 0)->count >= 1 && alarms_at(alarms, 0)->count <= 2);
	/* Another commit changes nothing; one without the threshold ends the alarm. */
	assert_true(alarms_at(alarms, 0)->active);
	world_run(&world);
	assert_true(policy_alarms_follow(clock.watch, world.snapshot, world.registry, 0));
	assert_true(alarms_at(alarms, 0)->active);
	world_delete(&world, "security policies from-zone a to-zone b policy much then count alarm");
	world_run(&world);
	assert_true(policy_alarms_follow(clock.watch, world.snapshot, world.registry, 0));
	assert_int_equal(policy_alarms_count(clock.watch), 0);
	assert_false(alarms_at(alarms, 0)->active);
	world_close(&world);
	policy_alarms_destroy(clock.watch);
	alarms_destroy(alarms);
}

/* A pool between its thresholds changes nothing; gone, its alarm ends; a static one never is full. */
static void
test_pools(void **state)
{
	const struct snapshot_nat_pool pools[] = {
	    {.name = "p", .present = true, .kind = NAT_POOL_PORTS, .size = 2, .port_low = 1001, .port_high = 1100, .alarm_raise = 90,
		.alarm_clear = 70},
	    {.name = "q", .present = true, .kind = NAT_POOL_ADDRESSES, .size = 4, .alarm_raise = 75, .alarm_clear = 50},
	    {.name = "r", .present = true, .kind = NAT_POOL_STATIC, .size = 4, .alarm_raise = 50},
	};
	static const struct {
		uint32_t ports;
		bool active;
	} steps[] = {{179, false}, {180, true}, {200, true}, {142, true}, {140, false}, {179, false}, {180, true}};
	struct snapshot_nat nat = {.pool_count = 3, .pools = pools};
	struct alarms *alarms = alarms_create(NULL);
	struct nat_alarms *watch = nat_alarms_create(alarms);
	struct engine_nat_counters counters = {.sessions = 0};

	(void)state;
	assert_non_null(watch);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		/* Each protocol has all ports for itself: the fullest counts. */
		counters = (struct engine_nat_counters){.ports = {20, 20, 20}};
		counters.ports[i % ENGINE_NAT_CLASSES] = steps[i].ports;
		assert_true(nat_alarms_watches(watch, &nat, 0));
		nat_alarms_sample(watch, &nat, 0, &counters, 100 + (int64_t)i);
		assert_true((alarms_count(alarms) == 1 && alarms_at(alarms, 0)->active) == steps[i].active);
	}
	assert_int_equal(alarms_at(alarms, 0)->count, 2); /* once each time that it rose */
	assert_string_equal(alarms_at(alarms, 0)->subject, "p");
	counters = (struct engine_nat_counters){.ports = {100, 100, 100}};
	assert_int_equal(nat_pool_used(&pools[0], &counters), 50);
	const struct snapshot_nat_pool twice = {
	    .kind = NAT_POOL_PORTS, .size = 1, .layers = 2, .port_low = 1001, .port_high = 1100};

	assert_int_equal(nat_pool_used(&twice, &counters), 50);
	counters = (struct engine_nat_counters){.addresses = 3};
	assert_int_equal(nat_pool_used(&pools[1], &counters), 75);
	nat_alarms_sample(watch, &nat, 1, &counters, 200);
	assert_int_equal(alarms_count(alarms), 2);
	assert_int_equal(nat_pool_used(&pools[2], &counters), 0);
	nat.pool_count = 1;
	assert_true(nat_alarms_watches(watch, &nat, 1));
	nat_alarms_sample(watch, &nat, 1, &counters, 300);
	assert_false(alarms_at(alarms, 1)->active);
	assert_false(nat_alarms_watches(watch, &nat, 1));
	nat_alarms_destroy(watch);
	alarms_destroy(alarms);
}

static void
set_long(struct world *world, const char *policy, const char *zones, const char *words)
{
	char line[8 * NAME_OCTETS];

	(void)snprintf(line, sizeof(line), "set security policies %s policy %s %s\n", zones, policy, words);
	world_set(world, line);
}

/* Policies of the longest names between zones of the longest names: an alarm each, and what it says is whole (REQ-POL-015). */
static void
test_long_policies(void **state)
{
	struct alarms *alarms = alarms_create(NULL);
	struct world world;
	char zone[NAME_OCTETS + 1];
	char zones[4 * NAME_OCTETS];
	char names[2][NAME_OCTETS + 1];
	char subject[5 * NAME_OCTETS];

	(void)state;
	longest_name(zone, '\x81');
	(void)snprintf(zones, sizeof(zones), "from-zone %s to-zone %s", zone, zone);
	world_open(&world);
	(void)snprintf(subject, sizeof(subject), "set security zones security-zone %s\n", zone);
	world_set(&world, subject);
	for (unsigned i = 0; i < 2; i++) {
		longest_name(names[i], (char)('\x82' + (char)i));
		set_long(&world, names[i], zones, "match source-address any destination-address any application any");
		set_long(&world, names[i], zones, "then permit");
		set_long(&world, names[i], zones, "then count alarm per-second-threshold 1000");
	}
	world_run(&world);
	struct policy_alarms *watch = policy_alarms_create(alarms);

	assert_true(policy_alarms_follow(watch, world.snapshot, world.registry, 0));
	assert_int_equal(policy_alarms_count(watch), 2);
	for (uint64_t i = 0; i < 2; i++) {
		policy_alarms_sample(watch, (const uint64_t[]){i * 2000, i * 3000},
		    &(struct policy_alarms_time){.monotonic = (1000 + i) * SECOND, .wall = (int64_t)i}, world.registry);
	}
	assert_int_equal(alarms_count(alarms), 2);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(subject, sizeof(subject), "%s from %s to %s", names[i], zone, zone);
		assert_string_equal(alarms_at(alarms, i)->subject, subject);
		assert_non_null(strstr(alarms_at(alarms, i)->message, i == 0 ? "2000 bytes in a second, more than 1000"
									     : "3000 bytes in a second, more than 1000"));
	}
	policy_alarms_destroy(watch);
	world_close(&world);
	alarms_destroy(alarms);
}

/* Two pools whose names differ in their last octet alone. */
static void
test_long_pools(void **state)
{
	struct snapshot_nat_pool pools[2];
	char names[2][NAME_OCTETS + 1];
	const struct snapshot_nat nat = {.pool_count = 2, .pools = pools};
	const struct engine_nat_counters counters = {.addresses = 4};
	struct alarms *alarms = alarms_create(NULL);
	struct nat_alarms *watch = nat_alarms_create(alarms);

	(void)state;
	for (uint16_t i = 0; i < 2; i++) {
		longest_name(names[i], (char)('\x81' + (char)i));
		pools[i] = (struct snapshot_nat_pool){.name = names[i], .present = true, .kind = NAT_POOL_ADDRESSES, .size = 4,
		    .alarm_raise = 75, .alarm_clear = 50};
	}
	for (uint16_t i = 0; i < 2; i++) {
		nat_alarms_sample(watch, &nat, i, &counters, 100);
		assert_int_equal(alarms_count(alarms), i + 1);
		assert_string_equal(alarms_at(alarms, i)->subject, names[i]);
		assert_non_null(strstr(alarms_at(alarms, i)->message, ": 100 percent in use, the threshold is 75"));
	}
	nat_alarms_destroy(watch);
	alarms_destroy(alarms);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_bound),
	    cmocka_unit_test(test_policies),
	    cmocka_unit_test(test_pools),
	    cmocka_unit_test(test_long_policies),
	    cmocka_unit_test(test_long_pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
