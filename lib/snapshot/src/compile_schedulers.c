/*
 * Schedulers to sorted, disjoint intervals of UTC, so that the engine knows no calendar.
 *
 * What a scheduler says is a rule over local time: within its dates, and within the day's windows. Local time is UTC plus
 * an offset that is constant within a segment (time_zone.h), so each segment's local days give exact intervals, summer
 * time included (REQ-SCH-010). A day's own entry beats `daily`, `exclude` beats times (E-096).
 */
#include <assert.h>
#include <string.h>

#include "calendar.h"
#include "compile.h"
#include "time_zone.h"

enum {
	DAY = 86400,
	SPAN_BEFORE = 32 * DAY,  /* replays and steps of the clock go back */
	SPAN_BEHIND = 400 * DAY, /* compiled again before then */
	WINDOWS = 2,
};

/* Dates that a capture or a clock may sensibly have; beyond them the span is clamped. */
static const int64_t earliest = -(int64_t)3650 * DAY;
static const int64_t latest = (int64_t)2932896 * DAY; /* 9999-12-31 */

static const char *const day_names[] = {
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "daily"};

enum {
	DAILY = 7,
	DAY_ENTRIES = 8,
};

struct window { /* seconds of local time within a day */
	int64_t from;
	int64_t to;
};

struct day_entry {
	bool present;
	bool exclude;
	uint32_t window_count;
	struct window windows[WINDOWS];
};

struct rule {
	int64_t start; /* local seconds since 1970; INT64_MIN: none */
	int64_t stop;
	struct day_entry days[DAY_ENTRIES];
	struct day_entry otherwise; /* what a day without entry does */
};

struct builder {
	struct arena *arena;
	struct snapshot_interval *intervals;
	uint32_t count;
	uint32_t capacity;
};

/* "hh:mm:ss"; lib/conf has checked it. */
static int64_t
parse_time(const char *text)
{
	int64_t seconds = 0;
	int64_t unit = 3600;

	for (const char *c = text; *c != '\0' && unit > 0; c++) {
		int64_t number = 0;
		while (*c >= '0' && *c <= '9' && number < 100) {
			number = number * 10 + (*c - '0');
			c++;
		}
		seconds += number * unit;
		unit /= 60;
		if (*c == '\0') {
			break;
		}
	}
	return seconds;
}

/* "YYYY-MM-DD.hh:mm[:ss]" as local seconds. */
static int64_t
parse_date(const char *text)
{
	int64_t parts[3] = {0, 0, 0};
	const char *c = text;

	for (int i = 0; i < 3; i++) {
		while (*c >= '0' && *c <= '9' && parts[i] < 100000) {
			parts[i] = parts[i] * 10 + (*c - '0');
			c++;
		}
		if (*c != '\0') {
			c++;
		}
	}
	return calendar_day(parts[0], (uint32_t)parts[1], (uint32_t)parts[2]) * DAY + parse_time(c);
}

static void
push_window(struct day_entry *entry, int64_t from, int64_t to)
{
	if (to > from && entry->window_count < WINDOWS) {
		entry->windows[entry->window_count++] = (struct window){.from = from, .to = to};
	}
}

static void
read_entry(const struct conf_node *node, struct day_entry *entry)
{
	const struct conf_node *start = conf_first(node, "start-time");
	const struct conf_node *stop = conf_first(node, "stop-time");

	if (!has_content(node)) {
		return;
	}
	entry->present = true;
	entry->exclude = conf_present(node, "exclude");
	if (conf_present(node, "all-day")) {
		push_window(entry, 0, DAY);
	}
	while (start != NULL || stop != NULL) {
		push_window(entry, start == NULL ? 0 : parse_time(start->value),
		    stop == NULL ? DAY : parse_time(stop->value));
		start = conf_next(start);
		stop = conf_next(stop);
	}
}

static struct day_entry
whole_day(void)
{
	return (struct day_entry){.present = true, .window_count = 1, .windows = {{.from = 0, .to = DAY}}};
}

static int64_t
time_of_day(int64_t local)
{
	const int64_t rest = local % DAY;

	return rest < 0 ? rest + DAY : rest;
}

/*
 * What a day without its own entry does: `daily` if it is there; inactive when another entry has times (REQ-SCH-004); the
 * window that start-date and stop-date show by their times when there are only exceptions (E-092); else active.
 */
static struct day_entry
day_otherwise(const struct rule *rule)
{
	const struct day_entry inactive = {.present = true, .exclude = true};
	struct day_entry window = whole_day();
	bool excludes = false;

	if (rule->days[DAILY].present) {
		return rule->days[DAILY];
	}
	for (int i = 0; i < DAILY; i++) {
		if (rule->days[i].present && !rule->days[i].exclude) {
			return inactive;
		}
		excludes = excludes || rule->days[i].present;
	}
	if (excludes && rule->start != INT64_MIN && rule->stop != INT64_MAX &&
	    time_of_day(rule->start) < time_of_day(rule->stop)) {
		window.windows[0].from = time_of_day(rule->start);
		window.windows[0].to = time_of_day(rule->stop);
	}
	return window;
}

static struct rule
read_rule(const struct conf_node *node)
{
	const char *start = conf_value(node, "start-date");
	const char *stop = conf_value(node, "stop-date");
	struct rule rule = {.start = INT64_MIN, .stop = INT64_MAX};

	if (start != NULL) {
		rule.start = parse_date(start);
	}
	if (stop != NULL) {
		rule.stop = parse_date(stop);
	}
	for (int i = 0; i < DAY_ENTRIES; i++) {
		read_entry(conf_child(node, day_names[i]), &rule.days[i]);
	}
	rule.otherwise = day_otherwise(&rule);
	return rule;
}

/* [from, to) of UTC; joined with the one before when they touch. => in order of time */
static bool
push_interval(struct builder *builder, int64_t from, int64_t to)
{
	if (from >= to) {
		return true;
	}
	if (builder->count > 0 && builder->intervals[builder->count - 1].to >= from) {
		if (builder->intervals[builder->count - 1].to < to) {
			builder->intervals[builder->count - 1].to = to;
		}
		return true;
	}
	struct snapshot_interval *moved =
	    arena_grow(builder->arena, builder->intervals, builder->count, &builder->capacity, sizeof(*moved));
	if (moved == NULL) {
		return false;
	}
	builder->intervals = moved;
	moved[builder->count++] = (struct snapshot_interval){.from = from, .to = to};
	return true;
}

static int64_t
greater(int64_t left, int64_t right)
{
	return left > right ? left : right;
}

static int64_t
lesser(int64_t left, int64_t right)
{
	return left < right ? left : right;
}

static bool
add_day(struct builder *builder, const struct rule *rule, int64_t day, int64_t from, int64_t to, int64_t offset)
{
	const struct day_entry *own = &rule->days[calendar_weekday(day)];
	const struct day_entry *entry = own->present ? own : &rule->otherwise;

	for (uint32_t i = 0; !entry->exclude && i < entry->window_count; i++) {
		const int64_t begin = greater(day * DAY + entry->windows[i].from, from);
		const int64_t end = lesser(day * DAY + entry->windows[i].to, to);
		if (!push_interval(builder, begin - offset, end - offset)) {
			return false;
		}
	}
	return true;
}

static int64_t
day_of(int64_t local)
{
	return (local - time_of_day(local)) / DAY;
}

/* One segment [from, to) of UTC with a constant offset, in local time day by day. */
static bool
add_segment(struct builder *builder, const struct rule *rule, int64_t from, int64_t to, int64_t offset)
{
	const int64_t local_from = greater(from + offset, rule->start);
	const int64_t local_to = lesser(to + offset, rule->stop);

	if (local_from >= local_to) {
		return true;
	}
	for (int64_t day = day_of(local_from); day * DAY < local_to; day++) {
		if (!add_day(builder, rule, day, local_from, local_to, offset)) {
			return false;
		}
	}
	return true;
}

/* Two windows of a day in order, as push_interval() wants them. */
static void
sort_windows(struct rule *rule)
{
	for (int i = 0; i <= DAY_ENTRIES; i++) {
		struct day_entry *entry = i < DAY_ENTRIES ? &rule->days[i] : &rule->otherwise;
		if (entry->window_count == WINDOWS && entry->windows[1].from < entry->windows[0].from) {
			const struct window first = entry->windows[1];
			entry->windows[1] = entry->windows[0];
			entry->windows[0] = first;
		}
	}
}

static bool
compile_scheduler(struct compilation *compilation, const struct conf_node *node, const struct time_zone *zone,
    struct snapshot_scheduler *scheduler)
{
	struct builder builder = {.arena = &compilation->scratch};
	struct rule rule = read_rule(node);

	sort_windows(&rule);
	for (uint32_t i = 0; i < zone->count; i++) {
		const int64_t end =
		    i + 1 < zone->count ? zone->segments[i + 1].from : compilation->snapshot->schedules_until;
		if (!add_segment(&builder, &rule, zone->segments[i].from, end, zone->segments[i].offset)) {
			return false;
		}
	}
	struct snapshot_interval *intervals =
	    arena_take(compilation->arena, builder.count, sizeof(*intervals));
	if (intervals == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < builder.count; i++) {
		intervals[i] = builder.intervals[i];
	}
	*scheduler = (struct snapshot_scheduler){.interval_count = builder.count, .intervals = intervals};
	return true;
}

/* The configured zone; one that this machine does not know is an error, and UTC in its place. */
static bool
load_zone(struct compilation *compilation, struct time_zone *zone)
{
	const struct conf_node *system = conf_child(compilation->top, "system");
	const struct conf_node *node = conf_child(system, "time-zone");
	const char *name = node == NULL ? "UTC" : node->value;
	const int64_t from = compilation->snapshot->schedules_from;
	const int64_t until = compilation->snapshot->schedules_until;
	const enum time_zone_result result = time_zone_load(&compilation->scratch, name, from, until, zone);

	switch (result) {
	case TIME_ZONE_LOADED:
		return true;
	case TIME_ZONE_MEMORY:
		return false;
	case TIME_ZONE_UNKNOWN:
		compile_error(compilation, node, "this machine knows no time zone %s", name);
		break;
	case TIME_ZONE_BROKEN:
		compile_error(compilation, node, "the description of time zone %s on this machine cannot be read", name);
		break;
	}
	return time_zone_load(&compilation->scratch, "UTC", from, until, zone) == TIME_ZONE_LOADED;
}

bool
compile_schedulers(struct compilation *compilation)
{
	const struct conf_node *schedulers = conf_child(compilation->top, "schedulers");
	const int64_t wall = lesser(greater(compilation->options->wall, earliest), latest);
	struct time_zone zone;
	uint32_t count = 0;
	uint32_t at = 0;

	compilation->snapshot->schedules_from = wall - SPAN_BEFORE;
	compilation->snapshot->schedules_until = wall + SPAN_BEHIND;
	for (const struct conf_node *node = conf_first(schedulers, "scheduler"); node; node = conf_next(node)) {
		count++;
	}
	if (count >= SNAPSHOT_NONE) {
		compile_error(compilation, schedulers, "there are more than %d schedulers", SNAPSHOT_NONE - 1);
		return true;
	}
	struct snapshot_scheduler *rows = arena_take(compilation->arena, count, sizeof(*rows));
	if (rows == NULL || !load_zone(compilation, &zone)) {
		return false;
	}
	assert(zone.count > 0);
	for (const struct conf_node *node = conf_first(schedulers, "scheduler"); node; node = conf_next(node)) {
		if (!compile_scheduler(compilation, node, &zone, &rows[at]) ||
		    !name_table_set(compilation->scheduler_names, node->value, ++at)) {
			return false;
		}
	}
	compilation->snapshot->schedulers = rows;
	compilation->snapshot->scheduler_count = (uint16_t)count;
	return true;
}
