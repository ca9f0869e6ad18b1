/*
 * Local time from the tz database, without touching the process's own time zone: /usr/share/zoneinfo is read here.
 *
 * A zone is loaded for a span of UTC seconds and becomes segments of constant offset that cover it. Reference: RFC 8536
 * (TZif), POSIX.1-2017 section 8.3 (TZ rules in its footer).
 */
#ifndef SNAPSHOT_TIME_ZONE_H
#define SNAPSHOT_TIME_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* From `from` up to the next segment's `from` local time is UTC plus `offset` seconds. */
struct time_segment {
	int64_t from;
	int64_t offset;
};

struct time_zone {
	struct time_segment *segments; /* in order; the first begins at the span's start */
	uint32_t count;
};

enum time_zone_result {
	TIME_ZONE_LOADED,
	TIME_ZONE_UNKNOWN, /* no such zone on this machine */
	TIME_ZONE_BROKEN,  /* its file cannot be read */
	TIME_ZONE_MEMORY,
};

/* Segments live in the arena. UTC needs no file. */
enum time_zone_result time_zone_load(struct arena *arena, const char *name, int64_t from, int64_t until,
    struct time_zone *zone) __attribute__((warn_unused_result));
/* The same from the bytes of a TZif file. */
enum time_zone_result time_zone_parse(struct arena *arena, const uint8_t *bytes, size_t length, int64_t from,
    int64_t until, struct time_zone *zone) __attribute__((warn_unused_result));

/* Days since 1970-01-01 of a date of the civil calendar, and the weekday of such a day (0 is Sunday). */
int64_t calendar_day(int64_t year, uint32_t month, uint32_t day);
uint32_t calendar_weekday(int64_t day);
int64_t calendar_year(int64_t day);

#endif
