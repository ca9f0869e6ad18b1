/*
 * Samples of a baseline: seconds of addresses and of zones become counts of values; figures are read off them. See baseline.h.
 */
#include "baseline_private.h"

#include <assert.h>
#include <string.h>


enum {
	SETTLE_STEP = 4096, /* windows that one call looks at */
	VALUE_MOST = (1 << BASELINE_VALUE_BITS) - 1,
};

static const struct {
	const char *name;
	enum baseline_scope scope;
} rows[] = {
#define BASELINE(symbol, name, scope) {name, BASELINE_SCOPE_##scope},
#include "engine/baseline.def"
#undef BASELINE
};

const char *
baseline_name(enum baseline_measure measure)
{
	assert(measure < BASELINE_COUNT);
	return rows[measure].name;
}

enum baseline_scope
baseline_scope(enum baseline_measure measure)
{
	assert(measure < BASELINE_COUNT);
	return rows[measure].scope;
}

size_t
baseline_size(void)
{
	return sizeof(struct baseline);
}

struct baseline *
baseline_init(void *memory, struct random_source *random)
{
	struct baseline *baseline = memory;

	baseline->secret = (struct hash_key){.low = random_u64(random), .high = random_u64(random)};
	return baseline;
}

static uint32_t
bucket_of(uint32_t value)
{
	const uint32_t bounded = value > VALUE_MOST ? VALUE_MOST : value;

	if (bounded < BASELINE_EXACT) {
		return bounded;
	}
	const uint32_t shift = 31 - (uint32_t)__builtin_clz(bounded) - 7;

	return BASELINE_EXACT + (shift - 1) * BASELINE_PARTS + (bounded >> shift) - BASELINE_PARTS;
}

/* The same value, `times` times. */
static void
sample(struct baseline_samples *samples, uint32_t value, uint64_t times)
{
	const uint32_t bucket = bucket_of(value);

	assert(bucket < BASELINE_BUCKETS);
	samples->buckets[bucket] += times;
	samples->count += times;
	samples->sum += value * times;
}

static void
sample_zone(const struct baseline *baseline, struct baseline_zone_state *state, enum baseline_measure measure, uint64_t seconds)
{
	struct baseline_samples *samples = &state->of[measure];
	const uint32_t value = state->second[measure];
	const uint32_t idle = measure == BASELINE_SESSIONS ? state->level : 0;

	sample(samples, value, 1);
	if (seconds > 1) {
		sample(samples, idle, seconds - 1);
	}
	if (value > samples->peak) {
		samples->peak = value;
		samples->peak_time = baseline->second * BASELINE_SECOND;
	}
	state->second[measure] = idle;
}

void
baseline_begin(struct baseline *baseline, uint64_t now)
{
	assert(!baseline->going);
	baseline->going = true;
	baseline->began = now;
	for (uint32_t place = 0; place < baseline->totals.zones; place++) {
		baseline->states[place].second[BASELINE_SESSIONS] = baseline->states[place].level;
	}
}

void
baseline_roll(struct baseline *baseline, uint64_t now)
{
	const uint64_t over = (now - baseline->began) / BASELINE_SECOND;

	assert(baseline->going && now >= baseline->began);
	if (over <= baseline->second) {
		return;
	}
	for (uint32_t place = 0; place < baseline->totals.zones; place++) {
		for (unsigned i = 0; i < BASELINE_COUNT; i++) {
			if (rows[i].scope == BASELINE_SCOPE_ZONE) {
				sample_zone(baseline, &baseline->states[place], (enum baseline_measure)i,
				    over - baseline->second);
			}
		}
	}
	baseline->second = over;
	baseline->touched = false;
}

uint32_t
baseline_place(struct baseline *baseline, uint16_t zone)
{
	assert(zone < SNAPSHOT_ZONES_MOST);
	if (baseline->places[zone] != 0) {
		return baseline->places[zone] - 1U;
	}
	const uint32_t place = baseline->totals.zones;

	if (place == BASELINE_ZONES) {
		return place;
	}
	baseline->totals.zones++;
	baseline->zones[place] = zone;
	baseline->places[zone] = (uint8_t)(place + 1);
	/* Nothing came of it so far. */
	for (unsigned i = 0; i < BASELINE_COUNT && baseline->second > 0; i++) {
		if (rows[i].scope == BASELINE_SCOPE_ZONE) {
			sample(&baseline->states[place].of[i], 0, baseline->second);
		}
	}
	return place;
}

/* Its second becomes a sample, and its place is free. */
static void
window_close(struct baseline *baseline, struct baseline_window *window)
{
	struct baseline_samples *samples;

	assert(window->place != 0 && window->place <= BASELINE_ZONES && window->measure < BASELINE_COUNT);
	samples = &baseline->states[window->place - 1].of[window->measure];
	sample(samples, window->count, 1);
	if (window->count > samples->peak) {
		samples->peak = window->count;
		samples->peak_address = window->address;
		samples->peak_port = window->port;
		samples->peak_time = window->began - baseline->began;
	}
	window->place = 0;
}

static bool
window_over(const struct baseline_window *window, uint64_t now)
{
	return window->place == 0 || now - window->began >= BASELINE_SECOND;
}

static bool
window_fits(const struct baseline_window *window, const struct baseline_key *key)
{
	return window->place == key->place + 1 && window->measure == key->measure && window->port == key->port &&
	       ipv6_equal(window->address, key->address);
}

/* In a full set the place of who counted least is taken. */
static void
window_vacate(struct baseline *baseline, struct baseline_window *window, uint64_t now)
{
	if (window->place != 0) {
		baseline->totals.crowded += window_over(window, now) ? 0 : 1;
		window_close(baseline, window);
	}
}

struct baseline_window *
baseline_window(struct baseline *baseline, const struct baseline_key *key, uint64_t now)
{
	const uint64_t hash = hash_four(&baseline->secret, key->address.high, key->address.low,
	    key->place | (uint64_t)key->measure << 8 | (uint64_t)key->port << 16, 0);
	struct baseline_window *set = &baseline->windows[(hash & (BASELINE_SETS - 1)) * BASELINE_WAYS];
	struct baseline_window *chosen = set;

	assert(key->place < BASELINE_ZONES && key->measure < BASELINE_COUNT);
	for (unsigned i = 0; i < BASELINE_WAYS; i++) {
		struct baseline_window *window = &set[i];

		if (window_fits(window, key)) {
			if (!window_over(window, now)) {
				return window;
			}
			chosen = window;
			break;
		}
		if (!window_over(chosen, now) && (window_over(window, now) || window->count < chosen->count)) {
			chosen = window;
		}
	}
	window_vacate(baseline, chosen, now);
	*chosen = (struct baseline_window){
	    .address = key->address,
	    .began = now,
	    .port = key->port,
	    .place = (uint8_t)(key->place + 1),
	    .measure = key->measure,
	};
	return chosen;
}

void
baseline_know(struct baseline *baseline, uint32_t place, enum baseline_known role, struct ipv6_address address)
{
	const uint64_t name = hash_four(&baseline->secret, address.high, address.low, place, (uint64_t)role + 1) | 1;
	uint32_t at = (uint32_t)(name >> 32) & (BASELINE_KNOWN_PLACES - 1);

	while (baseline->known[at] != 0 && baseline->known[at] != name) {
		at = (at + 1) & (BASELINE_KNOWN_PLACES - 1);
	}
	if (baseline->known[at] == name) {
		return;
	}
	if (baseline->known_count == BASELINE_KNOWN_MOST) {
		baseline->totals.strangers++;
		return;
	}
	baseline->known[at] = name;
	baseline->known_count++;
	baseline->states[place].counts.known[role]++;
}

void
baseline_settle(struct baseline *baseline, uint64_t now, uint32_t *cursor)
{
	const uint32_t from = *cursor;
	const uint32_t to = BASELINE_WINDOWS - from < SETTLE_STEP ? BASELINE_WINDOWS : from + SETTLE_STEP;

	assert(from < BASELINE_WINDOWS);
	baseline_roll(baseline, now);
	for (uint32_t i = from; i < to; i++) {
		if (baseline->windows[i].place != 0 && window_over(&baseline->windows[i], now)) {
			window_close(baseline, &baseline->windows[i]);
		}
	}
	*cursor = to == BASELINE_WINDOWS ? UINT32_MAX : to;
}

void
baseline_end(struct baseline *baseline, uint64_t now)
{
	if (!baseline->going) {
		return;
	}
	baseline_roll(baseline, now);
	baseline->totals.duration = now - baseline->began;
	baseline->ended = true;
	if (now > baseline->began + baseline->second * BASELINE_SECOND || baseline->touched) {
		baseline_roll(baseline, baseline->began + (baseline->second + 1) * BASELINE_SECOND);
	}
	for (uint32_t i = 0; i < BASELINE_WINDOWS; i++) {
		if (baseline->windows[i].place != 0) {
			window_close(baseline, &baseline->windows[i]);
		}
	}
}
