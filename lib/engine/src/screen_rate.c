/*
 * Tables of the screens that count packets. See screen_rate.h.
 */
#include "screen_rate.h"

#include <assert.h>
#include <stddef.h>

enum {
	SECOND_NS = 1000000000,
	SHARE_PARTS = 4,       /* of a worker's even share of what is left up to a threshold: less than one of them is kept back */
	SCAN_IDLE_SECONDS = 2, /* longer than any threshold: what was seen before says nothing */
};

static struct screen_rate *
rate_set(const struct screen_tables *tables, const struct screen_rate_key *key)
{
	const uint64_t kind = key->zone | (uint64_t)key->screen << 16;
	/* IPv4 has one word only: three rounds of eight less. Equality is that of the whole key. */
	const uint64_t hash = key->address.high == 0
				  ? hash_pair(&tables->secret, key->address.low, kind)
				  : hash_four(&tables->secret, key->address.high, key->address.low, kind, 0);

	return &tables->rates[(hash & (SCREEN_RATE_SETS - 1)) * SCREEN_WAYS];
}

static bool
rate_over(const struct screen_rate *entry, uint64_t now)
{
	return entry->zone == 0 || now - entry->began >= 2 * (uint64_t)SECOND_NS;
}

static inline bool
rate_is(const struct screen_rate *entry, const struct screen_rate_key *key)
{
	return entry->zone == key->zone && entry->screen == key->screen && ipv6_equal(entry->address, key->address);
}

/* Of the entry's set; it takes the place of the least when it is new. */
static __attribute__((noinline)) struct screen_rate *
rate_search(struct screen_tables *tables, const struct screen_rate_key *key, uint64_t now)
{
	struct screen_rate *set = rate_set(tables, key);
	struct screen_rate *least = set;

	for (unsigned i = 0; i < SCREEN_WAYS; i++) {
		if (rate_is(&set[i], key)) {
			return &set[i];
		}
	}
	for (unsigned i = 1; i < SCREEN_WAYS && !rate_over(least, now); i++) {
		if (rate_over(&set[i], now) || set[i].count < least->count) {
			least = &set[i];
		}
	}
	*least = (struct screen_rate){
	    .address = key->address,
	    .began = now,
	    .zone = key->zone,
	    .screen = key->screen,
	};
	return least;
}

/* The one that was asked for last needs no hash: a datagram of a flood is dropped in 83 cycles,
 * was 106. */
static inline struct screen_rate *
rate_get(struct screen_tables *tables, const struct screen_rate_key *key, uint64_t now)
{
	uint32_t *recent = &tables->recent[(key->screen ^ key->zone) & (SCREEN_RECENT - 1)];
	struct screen_rate *entry = &tables->rates[*recent];

	assert(key->zone != 0);
	if (!rate_is(entry, key)) {
		entry = rate_search(tables, key, now);
		*recent = (uint32_t)(entry - tables->rates);
	}
	return entry;
}

static inline bool
rate_count(struct screen_rate *entry, uint32_t threshold, uint32_t more, uint64_t now)
{
	const bool over = entry->count > threshold;

	if (over && now - entry->began < 2 * (uint64_t)SECOND_NS) {
		return true;
	}
	if (over || now - entry->began >= SECOND_NS) {
		entry->began = now;
		entry->count = 0;
		entry->unsaid = 0;
	}
	entry->count += more;
	return entry->count > threshold;
}

static inline struct screen_rate *
rate_this_second(struct screen_tables *tables, const struct screen_rate_key *key, uint64_t now)
{
	struct screen_rate *entry = rate_get(tables, key, now);

	if (now - entry->began >= SECOND_NS) {
		entry->began = now;
		entry->count = 0;
		entry->unsaid = 0;
		entry->asked = false;
	}
	return entry;
}

uint32_t
screen_rate_count(struct screen_tables *tables, const struct screen_rate_key *key, uint64_t now)
{
	return ++rate_this_second(tables, key, now)->count;
}

void
screen_rate_more(struct screen_tables *tables, const struct screen_rate_key *key, uint32_t more, uint64_t now)
{
	rate_this_second(tables, key, now)->count += more;
}

bool
screen_rate_first(struct screen_tables *tables, const struct screen_rate_key *key, uint64_t now)
{
	struct screen_rate *entry = rate_this_second(tables, key, now);
	const bool first = !entry->asked;

	entry->asked = true;
	return first;
}

bool
screen_rate_over(struct screen_tables *tables, const struct screen_rate_key *key, uint32_t threshold, uint64_t now)
{
	return rate_count(rate_get(tables, key, now), threshold, 1, now);
}

void
screen_rate_add(struct screen_tables *tables, const struct screen_rate_key *key, uint32_t threshold, uint32_t more,
    uint64_t now)
{
	(void)rate_count(rate_get(tables, key, now), threshold, more, now);
}

/* The nearer the threshold is the less is kept back, and at last nothing. */
uint32_t
screen_rate_unsaid(struct screen_tables *tables, const struct screen_rate_key *key,
    const struct screen_rate_share *share, uint64_t now)
{
	struct screen_rate *entry = rate_get(tables, key, now);
	const uint32_t left =
	    entry->count <= share->threshold ? share->threshold - entry->count : share->threshold;
	const uint32_t kept = left / (SHARE_PARTS * share->workers);

	entry->unsaid += share->more;
	if (entry->unsaid == 0 || entry->unsaid < kept) {
		return 0;
	}
	const uint32_t unsaid = entry->unsaid;

	entry->unsaid = 0;
	return unsaid;
}

static struct screen_scan *
scan_set(const struct screen_tables *tables, const struct screen_scan_key *key)
{
	const uint64_t first = hash_four(
	    &tables->secret, key->source.high, key->source.low, key->destination.high, key->destination.low);
	const uint64_t hash = hash_pair(&tables->secret, first, key->zone | (uint64_t)key->screen << 16);

	return &tables->scans[(hash & (SCREEN_SCAN_SETS - 1)) * SCREEN_WAYS];
}

static bool
scan_fits(const struct screen_scan *entry, const struct screen_scan_key *key)
{
	return entry->zone == key->zone && entry->screen == key->screen &&
	    ipv6_equal(entry->source, key->source) && ipv6_equal(entry->destination, key->destination);
}

static const struct screen_scan *
scan_find(const struct screen_tables *tables, const struct screen_scan_key *key)
{
	const struct screen_scan *set = scan_set(tables, key);

	for (unsigned i = 0; i < SCREEN_WAYS; i++) {
		if (scan_fits(&set[i], key)) {
			return &set[i];
		}
	}
	return NULL;
}

/* The less, the sooner it makes room. */
static unsigned
scan_worth(const struct screen_scan *entry, uint64_t now)
{
	if (entry->zone != 0 && entry->until >= now && entry->until != 0) {
		return SCREEN_SCAN_TARGETS + 1;
	}
	if (entry->zone == 0 || now - entry->last > SCAN_IDLE_SECONDS * (uint64_t)SECOND_NS) {
		return 0;
	}
	return entry->count + 1U;
}

static struct screen_scan *
scan_get(struct screen_tables *tables, const struct screen_scan_key *key, uint64_t now)
{
	struct screen_scan *set = scan_set(tables, key);
	struct screen_scan *least = set;

	assert(key->zone != 0);
	for (unsigned i = 0; i < SCREEN_WAYS; i++) {
		if (scan_fits(&set[i], key)) {
			return &set[i];
		}
		if (scan_worth(&set[i], now) < scan_worth(least, now)) {
			least = &set[i];
		}
	}
	*least = (struct screen_scan){
	    .source = key->source,
	    .destination = key->destination,
	    .zone = key->zone,
	    .screen = key->screen,
	};
	return least;
}

bool
screen_scan_blocked(const struct screen_tables *tables, const struct screen_scan_key *key, uint64_t now)
{
	const struct screen_scan *entry = scan_find(tables, key);

	return entry != NULL && entry->until != 0 && now <= entry->until;
}

/* Takes out what is too old, and `what` where it is. */
static void
scan_forget(struct screen_scan *entry, uint64_t what, uint64_t window, uint64_t now)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < entry->count; i++) {
		if (now - entry->targets[i].when <= window && entry->targets[i].what != what) {
			entry->targets[kept++] = entry->targets[i];
		}
	}
	entry->count = kept;
}

uint64_t
screen_scan_target(
    struct screen_tables *tables, const struct screen_scan_key *key, uint64_t what, uint64_t window, uint64_t now)
{
	struct screen_scan *entry = scan_get(tables, key, now);

	entry->last = now;
	scan_forget(entry, what, window, now);
	if (entry->count < SCREEN_SCAN_TARGETS - 1) {
		entry->targets[entry->count++] = (struct screen_target){.what = what, .when = now};
		return 0;
	}
	const uint64_t until = entry->targets[0].when + window;

	entry->count = 0;
	return until;
}

void
screen_scan_block(struct screen_tables *tables, const struct screen_scan_key *key, uint64_t until, uint64_t now)
{
	struct screen_scan *entry = scan_get(tables, key, now);

	entry->last = now;
	entry->until = until;
}
