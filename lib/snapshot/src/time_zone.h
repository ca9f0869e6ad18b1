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
#include "time_rule.h"

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

#endif
