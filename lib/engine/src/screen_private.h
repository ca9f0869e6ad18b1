/*
 * The engine's state of screens, and what its files call of it.
 *
 * screen_packet.c looks at every packet of a screened zone, screen_options.c at its IP options; screen_record.c counts and
 * logs what they detect. screen_count.c has the screens that count packets, screen_rate.c their tables.
 *
 * Counters are by zone and by unit, and outlive changes of the configuration as those of units do.
 */
#ifndef ENGINE_SCREEN_PRIVATE_H
#define ENGINE_SCREEN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/screens.h"
#include "screen_rate.h"
#include "session_private.h"

struct engine;
struct item;
struct session;

/* How many of something may be in a while: a token bucket. */
struct reply_limit {
	uint64_t filled; /* when it was filled last */
	uint32_t tokens;
	uint32_t rate; /* a second, and as many at once */
};

/* A worker's part of a limit, so that all together have no more; each may have one. */
static inline struct reply_limit
reply_limit_share(const struct engine_config *config, uint32_t rate)
{
	const uint32_t share = rate / config->workers > 0 ? rate / config->workers : 1;

	return (struct reply_limit){.tokens = share, .rate = share};
}

struct screen_counts {
	uint64_t detected[SCREEN_COUNT];
};

/* What was written, and what was not, of what a zone's screens detected. */
struct screen_log {
	struct reply_limit limits[SCREEN_COUNT]; /* of records */
	struct reply_limit alarms;               /* of records of alarms */
	uint64_t unsaid[SCREEN_COUNT]; /* records that were left out since the last summary */
	uint32_t next; /* zone's number plus one that left something out too; 0: the last */
	bool listed;
};

struct screen_holder {
	uint64_t name; /* 0: a free place */
	uint64_t count; /* sessions */
};

/* See screen_limit.c. */
struct screen_limits {
	struct hash_key secret;
	struct screen_holder *holders;
	uint32_t mask;
	uint32_t counted; /* sessions in slots below this one are counted */
	uint32_t emptied; /* places below this one are free, while nothing is counted; over the mask: all are */
	uint64_t begin;   /* with several workers: when the sessions that there are begin to be counted */
	bool wanted;      /* by the configuration */
	bool counting;
};

struct screen_state {
	struct screen_counts *zones;
	struct screen_counts *units;
	struct screen_log *logs; /* by zone */
	uint32_t left_out; /* the first zone that left out records, its number plus one; 0: none did */
	struct screen_tables tables;
	struct screen_limits session_limits;
	uint64_t summary; /* when the next one is due; 0: nothing was left out */
};

size_t screen_state_size(const struct engine_config *config);
/* => memory is screen_state_size() octets, 64-aligned, zeroed */
void screen_state_init(struct screen_state *state, void *memory, const struct engine_config *config);

/* A packet of a screened zone: REASON_NONE, or why it is dropped; `reason` is what is wrong with it otherwise. A screen that
 * drops names the drop. => item->ip is in the packet; with REASON_NONE it was inspected */
enum reason screen_packet(struct engine *engine, struct item *item, enum reason reason);
/* A fragment that does not fit its datagram: the reason, which is a screen's if one detects it. `overlaps`: some of its
 * octets were there. */
enum reason screen_fragment(struct engine *engine, struct item *item, enum reason reason, bool overlaps);
/* Is it a whole datagram, or the first fragment of one? => as screen_packet() */
bool screen_begins_datagram(const struct item *item);
/* An echo request, by its octets: of a fragment nothing else has been read. => screen_begins_datagram() */
bool screen_is_echo(const struct item *item);
/* Bits of the screens that say something of the options of an IPv4 header, whose octets they are. */
uint64_t screen_options(const uint8_t *options, size_t length);
/* Floods, of every packet that is the first or only fragment of its datagram; scans, sweeps and spoofed sources, of packets
 * without session: REASON_NONE, or why it is dropped. => the item's zone has screens */
enum reason screen_flood(struct engine *engine, const struct item *item);
enum reason screen_first(struct engine *engine, const struct item *item);
/* An ICMP error about a session: is its source spoofed, where that is looked for? */
enum reason screen_related(struct engine *engine, const struct item *item);
/* Counts and logs what a screen of the item's zone detected: its reason, or REASON_NONE when it lets the packet go. */
enum reason screen_detect(struct engine *engine, const struct item *item, enum screen screen);
/* The parts of it, for a screen that decides itself what becomes of the packet: counts; writes a record; a record that an alarm
 * is raised. */
void screen_count(struct engine *engine, const struct item *item, enum screen screen);
void screen_say(struct engine *engine, const struct item *item, enum screen screen, enum screen_outcome outcome);
void screen_alarm(struct engine *engine, const struct item *item, enum screen screen, enum screen_outcome outcome);
size_t screen_limits_size(uint32_t sessions);
void screen_limits_init(struct screen_limits *limits, void *memory, uint32_t sessions, struct hash_key secret);
/* After a change: begins to count sessions, or ends it. */
void screen_limits_apply(struct engine *engine);
/* Makes some places free, then counts some of the sessions that there are; true when there is more. */
bool screen_limits_advance(struct engine *engine);
/* A session was made, or ends. => limits are counted */
void screen_session_change(struct engine *engine, const struct session *session, bool began);
/* Are all sessions that there are counted? */
bool screen_limits_whole(const struct engine *engine);
/* A packet that would make a session: REASON_NONE, or why it is refused. => it is no packet of our own host */
enum reason screen_limit(struct engine *engine, const struct item *item);

/* screen_share.c: with several workers. What keys of targets are hashed by, so that all have the same. */
const struct hash_key *screen_target_secret(const struct engine *engine);
/* One more that is counted here. */
void screen_say_rate(struct engine *engine, const struct screen_rate_key *key, uint32_t threshold);
/* One more target of a source: until when it is blocked, if that is known here at once; else 0. */
uint64_t screen_shared_target(
    struct engine *engine, const struct screen_scan_key *key, uint64_t what, uint64_t window);
/* A session was counted, or is not any more. */
struct screen_change {
	uint16_t zone; /* where it comes in from */
	bool began;
};
void screen_say_holders(
    struct engine *engine, const struct flow_addresses *addresses, const struct screen_change *change);
/* The same of another worker's. */
void screen_count_holders(
    struct engine *engine, const struct flow_addresses *addresses, const struct screen_change *change);
struct engine_message;
void screen_told(struct engine *engine, const struct engine_message *message);

/* Says how many records were left out, once a second; goes on with the limits. True when there is more to do. */
bool screen_advance(struct engine *engine);

#endif
