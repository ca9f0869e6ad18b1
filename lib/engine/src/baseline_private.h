/*
 * A baseline's state, and how it counts. baseline.c keeps samples, baseline_count.c sees packets and sessions.
 */
#ifndef ENGINE_BASELINE_PRIVATE_H
#define ENGINE_BASELINE_PRIVATE_H

#include "base/hash.h"
#include "engine/baseline.h"
#include "engine/snapshot.h"

enum {
	BASELINE_EXACT = 256, /* values below are kept as they are */
	BASELINE_PARTS = 128, /* of each power of two above */
	BASELINE_VALUE_BITS = 24,
	BASELINE_BUCKETS = BASELINE_EXACT + (BASELINE_VALUE_BITS - 8) * BASELINE_PARTS,
	BASELINE_WAYS = 4,
	BASELINE_SETS = BASELINE_WINDOWS / BASELINE_WAYS,
	BASELINE_KNOWN_PLACES = 131072, /* a power of two, a third more than BASELINE_KNOWN_MOST */
};

#define BASELINE_SECOND UINT64_C(1000000000)

/* Samples: how often each value was there. */
struct baseline_samples {
	uint64_t buckets[BASELINE_BUCKETS];
	uint64_t count;
	uint64_t sum;
	uint64_t peak_time;
	struct ipv6_address peak_address;
	uint32_t peak;
	uint16_t peak_port;
	uint16_t pad;
};

/* What one address did in its second. */
struct baseline_window {
	struct ipv6_address address;
	uint64_t began;
	uint32_t count;
	uint16_t port;
	uint8_t place; /* the zone's, + 1; 0: free */
	uint8_t measure;
};

struct baseline_zone_state {
	struct baseline_samples of[BASELINE_COUNT];
	uint32_t second[BASELINE_COUNT]; /* scope ZONE: of the second that is under way */
	uint32_t level;                  /* sessions that there are */
	struct baseline_counts counts;
};

struct baseline {
	uint64_t began;
	uint32_t counted; /* slots of the session table that the walk has seen; its capacity: all */
	bool going;       /* else sessions that there are, are still being counted */
	bool ended;
	uint64_t second; /* how many are over */
	bool touched;    /* something was counted since */
	struct baseline_totals totals;
	struct hash_key secret;
	uint16_t zones[BASELINE_ZONES];           /* identities, by place */
	uint8_t places[SNAPSHOT_ZONES_MOST];      /* + 1, by identity; 0: none yet */
	uint32_t known_count;
	uint64_t known[BASELINE_KNOWN_PLACES];    /* names; 0: free */
	uint32_t ports[2][BASELINE_PORTS];        /* sessions to TCP ports, to UDP ports */
	struct baseline_window windows[BASELINE_WINDOWS];
	struct baseline_zone_state states[BASELINE_ZONES];
};

/* Of which address, and which measure of it. */
struct baseline_key {
	struct ipv6_address address;
	uint16_t port;
	uint8_t place;
	uint8_t measure;
};

/* The zone's place, which it gets with its first packet; BASELINE_ZONES when there is none left. */
uint32_t baseline_place(struct baseline *baseline, uint16_t zone);
/* All sessions that there are have been counted: now the measurement begins. */
void baseline_begin(struct baseline *baseline, uint64_t now);
/* Seconds that are over by `now` become samples of zones. => before anything of `now` is counted */
void baseline_roll(struct baseline *baseline, uint64_t now);
/* engine_baseline_settle(), at a time that is not before anything counted. */
void baseline_settle(struct baseline *baseline, uint64_t now, uint32_t *cursor);
/* The second of an address that is under way, to be counted in. */
struct baseline_window *baseline_window(struct baseline *baseline, const struct baseline_key *key, uint64_t now);
/* An address of a session, in one of its roles. */
void baseline_know(struct baseline *baseline, uint32_t place, enum baseline_known role, struct ipv6_address address);

#endif
