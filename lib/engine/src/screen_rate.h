/*
 * Tables of the screens that count packets: fixed memory, whatever comes.
 *
 * A table has sets of SCREEN_WAYS entries, found by a keyed hash, so that nobody can choose who shares a set with whom. Counts
 * are exact while a set has room. In a full one a newcomer takes the place of the entry that counted least (of scans: that
 * saw fewest targets, and is not blocked): one that is about to be detected stays, and a flood of others, forged or not,
 * takes places of its own kind. What is pushed out is counted anew: it fails open.
 */
#ifndef ENGINE_SCREEN_RATE_H
#define ENGINE_SCREEN_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "wire/ipv6.h"

enum {
	SCREEN_WAYS = 4,
	SCREEN_RECENT = 8, /* a power of two */
	SCREEN_RATE_SETS = 8192, /* powers of two */
	SCREEN_SCAN_SETS = 1024,
	SCREEN_SCAN_TARGETS = 10, /* so many make a scan (REQ-SCR-005, REQ-SCR-009) */
};

/* Packets a second to, or from, one address. */
struct screen_rate {
	struct ipv6_address address; /* IPv4 as ::ffff:a.b.c.d */
	uint64_t began; /* ns */
	uint32_t count;
	uint16_t zone; /* 0: the place is free */
	uint8_t screen;
	bool asked; /* screen_rate_first() */
	uint32_t unsaid; /* of the count: what other workers do not know of */
	uint32_t spare;
};

struct screen_target {
	uint64_t what;
	uint64_t when; /* ns */
};

/* What one source tried. */
struct screen_scan {
	struct ipv6_address source;
	struct ipv6_address destination; /* of ports; else :: */
	uint64_t until; /* blocked up to then, ns; 0: not */
	uint64_t last;
	uint16_t zone; /* 0: the place is free */
	uint8_t screen;
	uint8_t count;
	uint32_t pad;
	struct screen_target targets[SCREEN_SCAN_TARGETS - 1]; /* different ones, the oldest first */
};

struct screen_tables {
	struct hash_key secret;
	struct screen_rate *rates;
	struct screen_scan *scans;
	uint32_t recent[SCREEN_RECENT]; /* by screen and zone, the entry that was asked for last: a flood is to one address */
};

struct screen_rate_key {
	struct ipv6_address address;
	uint16_t zone; /* not 0 */
	uint8_t screen;
};

struct screen_scan_key {
	struct ipv6_address source;
	struct ipv6_address destination;
	uint16_t zone; /* not 0 */
	uint8_t screen;
};

/* Counts one more now: is it over `threshold` in a second? Then all are for the rest of that second, which began with its
 * first packet, and the whole next one (REQ-SCR-045). */
bool screen_rate_over(struct screen_tables *tables, const struct screen_rate_key *key, uint32_t threshold, uint64_t now);
/* Counts `more` that other workers counted. */
void screen_rate_more(struct screen_tables *tables, const struct screen_rate_key *key, uint32_t more, uint64_t now);
/* Is it the first time in this second that somebody asks? */
bool screen_rate_first(struct screen_tables *tables, const struct screen_rate_key *key, uint64_t now);
/* Counts one more now: which one is it in its second, which began with its first packet? */
uint32_t screen_rate_count(struct screen_tables *tables, const struct screen_rate_key *key, uint64_t now);
/* The same of `more` that other workers counted. */
void screen_rate_add(struct screen_tables *tables, const struct screen_rate_key *key, uint32_t threshold, uint32_t more,
    uint64_t now);
/* Several workers that count together towards a threshold. */
struct screen_rate_share {
	uint32_t threshold;
	uint16_t workers;
	uint16_t more; /* of what was counted just now the others do not know */
};
/* How many the others have to be told of now, and they count as told; else 0. => `more` was counted */
uint32_t screen_rate_unsaid(struct screen_tables *tables, const struct screen_rate_key *key,
    const struct screen_rate_share *share, uint64_t now);
/* Is it blocked now? */
bool screen_scan_blocked(const struct screen_tables *tables, const struct screen_scan_key *key, uint64_t now);
/* One more target: when it is the tenth different one within `window` ns, returns until when that goes on; else 0. */
uint64_t screen_scan_target(struct screen_tables *tables, const struct screen_scan_key *key, uint64_t what, uint64_t window,
    uint64_t now);
void screen_scan_block(struct screen_tables *tables, const struct screen_scan_key *key, uint64_t until, uint64_t now);

#endif
