/*
 * Schedulers as intervals: dates, days, exceptions, summer time; and time zones against the C library's own reading.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/random.h"
#include "snapshot_fixture.h"
#include "time_rule.h"
#include "time_zone.h"

enum {
	HOUR = 3600,
	DAY = 86400,
};

#define POLICY "set security zones security-zone a\nset security zones security-zone b\n" \
	"set security policies from-zone a to-zone b policy p match source-address any\n" \
	"set security policies from-zone a to-zone b policy p match destination-address any\n" \
	"set security policies from-zone a to-zone b policy p match application any\n" \
	"set security policies from-zone a to-zone b policy p then permit\n" \
	"set security policies from-zone a to-zone b policy p scheduler-name s\n"

static void
run(int64_t wall, const char *scheduler)
{
	world_set(&world, POLICY);
	world_set(&world, scheduler);
	world.wall = wall;
	world_run(&world);
}

static bool
active(int64_t wall)
{
	world.wall = wall;
	return strcmp(world_policy(&world, "a", "b", 1, 2, 3), "p") == 0;
}

/* UTC seconds, by the C library. */
static int64_t
utc(int year, int month, int day, int hour, int minute)
{
	struct tm parts = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute};

	return timegm(&parts);
}

/* When the policy must be active, and when not; the year 0 ends a row of them. */
struct moment {
	int year;
	int month;
	int day;
	int hour;
	int minute;
	bool active;
};

static void
expect(const struct moment *moments)
{
	for (const struct moment *at = moments; at->year != 0; at++) {
		if (active(utc(at->year, at->month, at->day, at->hour, at->minute)) != at->active) {
			fail_msg("%04d-%02d-%02d %02d:%02d: the policy is %s", at->year, at->month, at->day, at->hour, at->minute,
			    at->active ? "not active" : "active");
		}
	}
}

/* REQ-SCH-002, REQ-SCH-003, REQ-SCH-005, E-092: the printed shape: dates with times, and exceptions only */
static void
test_regular_hours_as_printed(void **state)
{
	(void)state;
	run(utc(2007, 10, 3, 0, 0), "set schedulers scheduler s start-date 2007-10-01.07:00\n"
				    "set schedulers scheduler s stop-date 2008-10-01.18:00\n"
				    "set schedulers scheduler s saturday exclude\n"
				    "set schedulers scheduler s sunday exclude\n");
	expect((const struct moment[]){
	    {2007, 9, 28, 10, 0, false},
	    {2007, 10, 1, 6, 59, false},
	    {2007, 10, 1, 7, 0, true},
	    {2007, 10, 3, 10, 0, true},
	    {2007, 10, 3, 18, 0, false},
	    {2007, 10, 3, 17, 59, true},
	    {2007, 10, 3, 20, 0, false},
	    {2007, 10, 6, 10, 0, false},
	    {2007, 10, 7, 10, 0, false},
	    {2008, 10, 1, 17, 59, true},
	    {2008, 10, 1, 18, 0, false},
	    {2008, 10, 2, 10, 0, false},
	    {0},
	});
}

/* REQ-SCH-005: the corrected shape says the same */
static void
test_regular_hours_as_corrected(void **state)
{
	(void)state;
	run(utc(2007, 10, 3, 0, 0), "set schedulers scheduler s start-date 2007-10-01.07:00\n"
				    "set schedulers scheduler s stop-date 2008-10-01.18:00\n"
				    "set schedulers scheduler s daily start-time 07:00:00\n"
				    "set schedulers scheduler s daily stop-time 18:00:00\n"
				    "set schedulers scheduler s saturday exclude\n"
				    "set schedulers scheduler s sunday exclude\n");
	expect((const struct moment[]){
	    {2007, 10, 3, 10, 0, true},
	    {2007, 10, 3, 20, 0, false},
	    {2007, 10, 6, 10, 0, false},
	    {2007, 9, 28, 10, 0, false},
	    {2008, 10, 2, 10, 0, false},
	    {0},
	});
}

/* E-092: every other shape is canonical: without exceptions, or without both dates, day and night */
static void
test_dates_alone_are_day_and_night(void **state)
{
	(void)state;
	run(utc(2007, 10, 3, 0, 0), "set schedulers scheduler s start-date 2007-10-01.07:00\n"
				    "set schedulers scheduler s stop-date 2007-10-05.18:00\n");
	expect((const struct moment[]){
	    {2007, 10, 3, 20, 0, true},
	    {2007, 10, 5, 18, 0, false},
	    {0},
	});
	world_clear(&world);
	run(utc(2007, 10, 3, 0, 0), "set schedulers scheduler s start-date 2007-10-01.07:00\n"
				    "set schedulers scheduler s saturday exclude\n");
	expect((const struct moment[]){
	    {2007, 10, 3, 20, 0, true},
	    {2007, 10, 5, 23, 59, true},
	    {2007, 10, 6, 0, 0, false},
	    {2007, 10, 6, 23, 59, false},
	    {2007, 10, 7, 0, 0, true},
	    {0},
	});
}

/* REQ-SCH-004, REQ-SCH-006, E-091: two schedulers on one policy; other days are inactive */
static void
test_weekend_by_two_schedulers(void **state)
{
	(void)state;
	run(utc(2026, 3, 4, 0, 0), "set schedulers scheduler s saturday start-time 12:00 stop-time 17:00\n"
				   "set schedulers scheduler t sunday start-time 12:00:00 stop-time 17:00:00\n"
				   "set security policies from-zone a to-zone b policy p scheduler-name t\n");
	expect((const struct moment[]){
	    {2026, 3, 6, 12, 0, false},
	    {2026, 3, 7, 11, 59, false},
	    {2026, 3, 7, 12, 0, true},
	    {2026, 3, 7, 16, 59, true},
	    {2026, 3, 7, 17, 0, false},
	    {2026, 3, 8, 12, 0, true},
	    {2026, 3, 8, 17, 0, false},
	    {2026, 3, 9, 12, 0, false},
	    {0},
	});
}

/* E-096: a day's own entry beats daily, exclude beats all; E-093; two windows a day; all-day */
static void
test_precedence_of_day_entries(void **state)
{
	(void)state;
	run(utc(2026, 3, 4, 0, 0), "set schedulers scheduler s daily start-time 08:00 stop-time 12:00\n"
				   "set schedulers scheduler s daily start-time 13:00 stop-time 17:30\n"
				   "set schedulers scheduler s monday start-time 20:00 stop-time 24:00\n"
				   "set schedulers scheduler s tuesday all-day\n"
				   "set schedulers scheduler s wednesday exclude\n");
	expect((const struct moment[]){
	    {2026, 3, 9, 9, 0, false},
	    {2026, 3, 9, 23, 59, true},
	    {2026, 3, 10, 0, 0, true},
	    {2026, 3, 10, 23, 59, true},
	    {2026, 3, 11, 9, 0, false},
	    {2026, 3, 12, 9, 0, true},
	    {2026, 3, 12, 12, 30, false},
	    {2026, 3, 12, 17, 29, true},
	    {2026, 3, 12, 17, 30, false},
	    {0},
	});
	/* monday night and tuesday are one interval */
	const struct snapshot_scheduler *scheduler = &world.snapshot->schedulers[0];
	for (uint32_t i = 1; i < scheduler->interval_count; i++) {
		assert_true(scheduler->intervals[i - 1].to < scheduler->intervals[i].from);
		assert_true(scheduler->intervals[i].from < scheduler->intervals[i].to);
	}
}

/* REQ-SCH-010: local time of `system time-zone`, never of the process; summer time moves the hours */
static void
test_local_time(void **state)
{
	(void)state;
	assert_int_equal(setenv("TZ", "America/Denver", 1), 0);
	tzset();
	run(utc(2026, 3, 20, 0, 0), "set system time-zone Europe/Vienna\n"
				    "set schedulers scheduler s daily start-time 07:00 stop-time 18:00\n");
	expect((const struct moment[]){
	    {2026, 3, 27, 5, 59, false},
	    {2026, 3, 27, 6, 0, true},
	    {2026, 3, 27, 17, 0, false},
	    {0},
	});
	/* from 2026-03-29 on one hour earlier */
	expect((const struct moment[]){
	    {2026, 3, 30, 4, 59, false},
	    {2026, 3, 30, 5, 0, true},
	    {2026, 3, 30, 16, 0, false},
	    {0},
	});
	/* back on 2026-10-25 */
	expect((const struct moment[]){
	    {2026, 10, 24, 5, 0, true},
	    {2026, 10, 26, 5, 0, false},
	    {2026, 10, 26, 6, 0, true},
	    {0},
	});
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
}

/* The hour that is missing in spring and the one that comes twice in autumn. */
static void
test_hours_of_the_change(void **state)
{
	(void)state;
	run(utc(2026, 3, 20, 0, 0), "set system time-zone Europe/Vienna\n"
				    "set schedulers scheduler s daily start-time 02:15 stop-time 02:45\n");
	/* 2026-03-29 has no 02:15 to 02:45: 01:59 CET is followed by 03:00 CEST */
	for (int minute = 0; minute < 120; minute++) {
		assert_false(active(utc(2026, 3, 29, 0, 0) + minute * 60));
	}
	/* 2026-10-25 has it twice */
	expect((const struct moment[]){
	    {2026, 10, 25, 0, 30, true},
	    {2026, 10, 25, 1, 30, true},
	    {2026, 10, 25, 0, 50, false},
	    {2026, 10, 25, 2, 30, false},
	    {0},
	});
}

/* GMT+5 is west of Greenwich, as JUNOS has it: 08:00 there is 13:00 UTC; GMT-14 is the first place of all to see a day. */
static void
test_offsets_from_gmt(void **state)
{
	static const struct {
		const char *zone;
		int hour; /* UTC, when it is 08:00 there */
		int day;
	} rows[] = {{"GMT+5", 13, 10}, {"GMT+12", 20, 10}, {"GMT-1", 7, 10}, {"GMT-14", 18, 9}, {"GMT+0", 8, 10}, {"GMT-0", 8, 10}};
	static const char *const wrong[] = {"GMT+13", "GMT-15", "GMT+005", "GMT+"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char lines[200];

		(void)snprintf(lines, sizeof(lines),
		    "set system time-zone %s\nset schedulers scheduler s daily start-time 08:00 stop-time 09:00\n", rows[i].zone);
		run(utc(2026, 3, 8, 0, 0), lines);
		const int64_t begin = utc(2026, 3, rows[i].day, rows[i].hour, 0);

		assert_false(active(begin - 1));
		assert_true(active(begin));
		assert_true(active(begin + 3599));
		assert_false(active(begin + 3600));
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char line[100];

		(void)snprintf(line, sizeof(line), "set system time-zone %s\n", wrong[i]);
		world_set(&world, line);
		assert_false(world_compile(&world));
	}
}

static void
test_unknown_time_zone(void **state)
{
	(void)state;
	world_set(&world, "set system time-zone Europe/Atlantis\n");
	assert_false(world_compile(&world));
	assert_int_equal(world_count(&world, DIAGNOSTIC_ERROR, "Europe/Atlantis"), 1);
}

static int64_t
offset_at(const struct time_zone *zone, int64_t time)
{
	uint32_t i = zone->count - 1;

	while (i > 0 && zone->segments[i].from > time) {
		i--;
	}
	return zone->segments[i].offset;
}

/* Against localtime(3), which reads the same files with other code: past, present, and far behind the files' ends */
static void
test_zones_against_the_library(void **state)
{
	static const char *const names[] = {"Europe/Vienna", "America/Denver", "Asia/Kolkata", "Europe/Dublin",
	    "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Asia/Tehran", "Africa/Casablanca", "UTC"};
	const int64_t starts[] = {utc(1975, 1, 1, 0, 0), utc(2007, 6, 1, 0, 0), utc(2026, 1, 1, 0, 0), utc(2051, 3, 1, 0, 0)};
	struct random_source random = random_seeded(3);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(setenv("TZ", names[i], 1), 0);
		tzset();
		for (size_t j = 0; j < sizeof(starts) / sizeof(starts[0]); j++) {
			struct arena arena = ARENA_EMPTY;
			struct time_zone zone;
			assert_int_equal(time_zone_load(&arena, names[i], starts[j], starts[j] + 500 * DAY, &zone),
			    TIME_ZONE_LOADED);
			assert_int_equal(zone.segments[0].from, starts[j]);
			for (int k = 0; k < 3000; k++) {
				const time_t time = starts[j] + random_below(&random, 500 * DAY);
				struct tm parts;
				assert_non_null(localtime_r(&time, &parts));
				assert_int_equal(offset_at(&zone, time), parts.tm_gmtoff);
			}
			arena_release(&arena);
		}
	}
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
}

/* A file cut at every octet, and every octet changed: an error or another zone, never a bad access */
static void
test_broken_zone_files(void **state)
{
	uint8_t bytes[4096];
	FILE *file = fopen("/usr/share/zoneinfo/Europe/Vienna", "re");

	(void)state;
	if (file == NULL) {
		skip();
	}
	const size_t length = fread(bytes, 1, sizeof(bytes), file);
	assert_int_equal(fclose(file), 0);
	for (size_t cut = 0; cut < length; cut++) {
		struct arena arena = ARENA_EMPTY;
		struct time_zone zone;
		uint8_t *exact = malloc(cut == 0 ? 1 : cut);
		assert_non_null(exact);
		memcpy(exact, bytes, cut);
		assert_int_not_equal(time_zone_parse(&arena, exact, cut, 0, 1000 * DAY, &zone), TIME_ZONE_MEMORY);
		free(exact);
		arena_release(&arena);
	}
	for (size_t at = 0; at < length; at++) {
		struct arena arena = ARENA_EMPTY;
		struct time_zone zone;
		bytes[at] ^= 0xa5;
		(void)!time_zone_parse(&arena, bytes, length, 0, 1000 * DAY, &zone);
		bytes[at] ^= 0xa5;
		arena_release(&arena);
	}
}

static void
test_rules(void **state)
{
	struct time_rule rule;
	struct time_segment changes[2];
	const char *const broken[] = {"\nA1\n", "\nCET\n", "\nCET-1CEST\n", "\nCET-1CEST,M13.1.1,M1.1.1\n",
	    "\nCET-1CEST,M3.6.0,M10.5.0\n", "\nCET-1CEST,J0,J1\n", "\nCET-1 \n", "\n<>-1\n", "CET-1\n", "\nCET-1"};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		assert_int_equal(time_rule_parse((const uint8_t *)broken[i], strlen(broken[i]), &rule), TIME_RULE_BROKEN);
	}
	const char plain[] = "\n<+0330>-3:30\n";
	assert_int_equal(time_rule_parse((const uint8_t *)plain, strlen(plain), &rule), TIME_RULE_PARSED);
	assert_int_equal(rule.standard_offset, 3 * HOUR + 1800);
	assert_false(rule.has_summer);
	/* by day numbers: 2024 is a leap year; J60 is 1 March, 59 is 29 February */
	const char days[] = "\nAAA0BBB-2,J60/0,300/1:30:15\n";
	assert_int_equal(time_rule_parse((const uint8_t *)days, strlen(days), &rule), TIME_RULE_PARSED);
	time_rule_changes(&rule, 2024, changes);
	assert_int_equal(changes[0].from, utc(2024, 3, 1, 0, 0));
	assert_int_equal(changes[0].offset, 2 * HOUR);
	assert_int_equal(changes[1].from, utc(2024, 1, 1, 0, 0) + 300 * DAY + HOUR + 1815 - 2 * HOUR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_regular_hours_as_printed, clear_world),
	    cmocka_unit_test_teardown(test_regular_hours_as_corrected, clear_world),
	    cmocka_unit_test_teardown(test_dates_alone_are_day_and_night, clear_world),
	    cmocka_unit_test_teardown(test_weekend_by_two_schedulers, clear_world),
	    cmocka_unit_test_teardown(test_precedence_of_day_entries, clear_world),
	    cmocka_unit_test_teardown(test_local_time, clear_world),
	    cmocka_unit_test_teardown(test_hours_of_the_change, clear_world),
	    cmocka_unit_test_teardown(test_offsets_from_gmt, clear_world),
	    cmocka_unit_test_teardown(test_unknown_time_zone, clear_world),
	    cmocka_unit_test(test_zones_against_the_library),
	    cmocka_unit_test(test_broken_zone_files),
	    cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
