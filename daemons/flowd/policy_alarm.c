/*
 * Traffic alarms of policies. See policy_alarm.h.
 */
#include "policy_alarm.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

enum { WATCH_MINUTE = 60 };
#define WATCH_SECOND UINT64_C(1000000000)

/* One threshold and the interval that runs. */
struct gauge {
	uint64_t threshold; /* bytes an interval; SNAPSHOT_NO_ALARM: none */
	uint64_t began;     /* monotonic ns */
	uint64_t bytes;     /* counter when it began */
	bool above;
};

struct watch {
	uint32_t policy;
	bool started;
	bool raised;
	uint16_t from_zone;
	uint16_t to_zone;
	struct gauge second;
	struct gauge minute;
};

struct policy_alarms {
	struct alarms *alarms;
	struct watch *items; /* ascending by policy */
	uint32_t count;
};

struct policy_alarms *
policy_alarms_create(struct alarms *alarms)
{
	struct policy_alarms *watch = calloc(1, sizeof(*watch));

	if (watch != NULL) {
		watch->alarms = alarms;
	}
	return watch;
}

void
policy_alarms_destroy(struct policy_alarms *watch)
{
	if (watch == NULL) {
		return;
	}
	free(watch->items);
	free(watch);
}

static bool
has_threshold(const struct snapshot_policy *policy)
{
	return policy->present &&
	    (policy->alarm_second != SNAPSHOT_NO_ALARM || policy->alarm_minute != SNAPSHOT_NO_ALARM);
}

static const char *
zone_word(const struct snapshot_registry *registry, uint16_t zone)
{
	const char *name = zone == SNAPSHOT_NONE ? "any" :
	    zone == SNAPSHOT_ZONE_GLOBAL         ? "global" :
	                                           snapshot_zone_name(registry, zone);

	return name == NULL ? "any" : name;
}

static void
describe(const struct watch *one, const struct snapshot_registry *registry, struct text *subject)
{
	const char *name = snapshot_policy_name(registry, one->policy);

	text_printf(subject, "%s from %s to %s", name == NULL ? "?" : name, zone_word(registry, one->from_zone),
	    zone_word(registry, one->to_zone));
}

static void
settle(struct policy_alarms *watch, struct watch *one, const struct text *subject, int64_t wall)
{
	if (one->raised) {
		one->raised = false;
		alarm_settle(watch->alarms, &(struct alarm_name){ALARM_POLICY_COUNT, text_string(subject)}, wall);
	}
}

/* Fills the new list; both are in the order of identities. */
static uint32_t
carry_over(const struct policy_alarms *watch, const struct snapshot *snapshot, struct watch *items)
{
	uint32_t count = 0;
	uint32_t old = 0;

	for (uint32_t p = 0; p < snapshot->policy_count; p++) {
		const struct snapshot_policy *policy = &snapshot->policies[p];

		if (!has_threshold(policy)) {
			continue;
		}
		while (old < watch->count && watch->items[old].policy < p) {
			old++;
		}
		if (old < watch->count && watch->items[old].policy == p) {
			items[count] = watch->items[old];
			watch->items[old].raised = false; /* the new entry's from now on */
		}
		items[count].policy = p;
		items[count].from_zone = policy->from_zone;
		items[count].to_zone = policy->to_zone;
		items[count].second.threshold = policy->alarm_second;
		items[count].minute.threshold = policy->alarm_minute;
		count++;
	}
	return count;
}

bool
policy_alarms_follow(struct policy_alarms *watch, const struct snapshot *snapshot,
    const struct snapshot_registry *registry, int64_t wall)
{
	struct watch *items;
	uint32_t count = 0;

	for (uint32_t p = 0; p < snapshot->policy_count; p++) {
		count += has_threshold(&snapshot->policies[p]) ? 1 : 0;
	}
	items = calloc(count + 1, sizeof(*items));
	if (items == NULL) {
		return false;
	}
	count = carry_over(watch, snapshot, items);
	for (uint32_t i = 0; i < watch->count; i++) {
		struct text subject = TEXT_EMPTY;

		if (watch->items[i].raised) {
			describe(&watch->items[i], registry, &subject);
			settle(watch, &watch->items[i], &subject, wall);
		}
		text_release(&subject);
	}
	free(watch->items);
	watch->items = items;
	watch->count = count;
	return true;
}

uint32_t
policy_alarms_count(const struct policy_alarms *watch)
{
	return watch->count;
}

uint32_t
policy_alarms_policy(const struct policy_alarms *watch, uint32_t index)
{
	assert(index < watch->count);
	return watch->items[index].policy;
}

/* More than `threshold` bytes in `length` of time? Longer than that is measured in proportion. */
static bool
is_above(uint64_t bytes, uint64_t threshold, uint64_t elapsed, uint64_t length)
{
	return (double)bytes * (double)length > (double)threshold * (double)elapsed;
}

/* Ends the interval when it is over. True when it was above. */
static bool
close_interval(struct gauge *gauge, uint64_t bytes, uint64_t now, uint64_t length)
{
	const uint64_t elapsed = now - gauge->began;
	/* A sample that comes a little early counts as the whole interval. */
	const uint64_t least = length - WATCH_SECOND / 10;

	if (gauge->threshold == SNAPSHOT_NO_ALARM || elapsed < least) {
		return false;
	}
	const uint64_t came = bytes - gauge->bytes;

	gauge->above = is_above(came, gauge->threshold, elapsed > length ? elapsed : length, length);
	gauge->began = now;
	gauge->bytes = bytes;
	return gauge->above;
}

static void
raise(struct policy_alarms *watch, struct watch *one, const struct text *subject, const char *words, int64_t wall)
{
	struct text message = TEXT_EMPTY;

	text_printf(&message, "policy %s: %s", text_string(subject), words);
	alarm_raise(watch->alarms, &(struct alarm_name){ALARM_POLICY_COUNT, text_string(subject)}, text_string(&message), wall);
	text_release(&message);
	one->raised = true;
}

static void
sample(struct policy_alarms *watch, struct watch *one, uint64_t bytes, const struct policy_alarms_time *now,
    const struct text *subject)
{
	const uint64_t second_began = one->second.bytes;
	const uint64_t minute_began = one->minute.bytes;
	char words[128];

	if (close_interval(&one->second, bytes, now->monotonic, WATCH_SECOND)) {
		(void)snprintf(words, sizeof(words), "%llu bytes in a second, more than %llu",
		    (unsigned long long)(bytes - second_began), (unsigned long long)one->second.threshold);
		raise(watch, one, subject, words, now->wall);
	}
	if (close_interval(&one->minute, bytes, now->monotonic, WATCH_MINUTE * WATCH_SECOND)) {
		(void)snprintf(words, sizeof(words), "%llu bytes in a minute, more than %llu",
		    (unsigned long long)(bytes - minute_began), (unsigned long long)one->minute.threshold);
		raise(watch, one, subject, words, now->wall);
	}
	if (!one->second.above && !one->minute.above) {
		settle(watch, one, subject, now->wall);
	}
}

void
policy_alarms_sample(struct policy_alarms *watch, const uint64_t *bytes, const struct policy_alarms_time *now,
    const struct snapshot_registry *registry)
{
	for (uint32_t i = 0; i < watch->count; i++) {
		struct watch *one = &watch->items[i];
		struct text subject = TEXT_EMPTY;

		/* Counters that went back were cleared. */
		if (!one->started || bytes[i] < one->second.bytes || bytes[i] < one->minute.bytes) {
			one->started = true;
			one->second.began = one->minute.began = now->monotonic;
			one->second.bytes = one->minute.bytes = bytes[i];
			continue;
		}
		describe(one, registry, &subject);
		sample(watch, one, bytes[i], now, &subject);
		text_release(&subject);
	}
}
