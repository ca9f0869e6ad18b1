/*
 * Screens: detectors of attacks that a zone's configuration puts on what comes in from it. Rows in screens.def.
 *
 * A zone's screens are bits by enum screen: `on`, and of them `kept`, of a set with alarm-without-drop, which count and log
 * but let pass. Several sets of a zone act as their union; of a screen that two have, the later set's counts (E-105).
 */
#ifndef ENGINE_SCREENS_H
#define ENGINE_SCREENS_H

#include <stdint.h>

#include "engine/reasons.h"

enum screen {
#define SCREEN(symbol, group, option, action, tag, attack, help) SCREEN_##symbol,
#include "engine/screens.def"
#undef SCREEN
	SCREEN_COUNT
};
_Static_assert(SCREEN_COUNT <= 64, "a bit each in 64");

enum screen_action {
	SCREEN_DROP,
	SCREEN_RECORD, /* counts and logs only */
	SCREEN_CLEAN,  /* mends the packet and lets it go */
};

enum screen_outcome { /* of a packet in which one detected something */
	SCREEN_OUTCOME_DROPPED,
	SCREEN_OUTCOME_KEPT, /* by alarm-without-drop */
	SCREEN_OUTCOME_RECORDED,
	SCREEN_OUTCOME_CLEANED,
	SCREEN_OUTCOME_PROXIED, /* answered by the gateway for its destination */
	SCREEN_OUTCOMES
};

/* tcp syn-flood: SYNs a second, and the queue of mode syn-proxy. */
struct snapshot_syn_flood {
	uint32_t attack; /* to one destination address and port */
	uint32_t alarm;  /* beyond `attack` */
	uint32_t source;
	uint32_t destination; /* to one address, all ports */
	uint32_t queue;
	uint32_t timeout; /* seconds */
};

/* The screens of one zone. */
struct snapshot_screens {
	uint64_t on;   /* bit by enum screen */
	uint64_t kept; /* of them: alarm-without-drop */
	uint32_t thresholds[SCREEN_COUNT]; /* of those that have one, in the unit of its statement */
	struct snapshot_syn_flood syn_flood;
};

static inline uint64_t
screen_bit(enum screen screen)
{
	return (uint64_t)1 << screen;
}

/* Texts of a row. => screen < SCREEN_COUNT */
const char *screen_group(enum screen screen);
const char *screen_option(enum screen screen);
const char *screen_tag(enum screen screen);
const char *screen_attack(enum screen screen);
enum screen_action screen_action(enum screen screen);
/* The word of a record. => outcome < SCREEN_OUTCOMES */
const char *screen_outcome_word(enum screen_outcome outcome);
/* Its name is reason_name() of this. */
enum reason screen_reason(enum screen screen);

#endif
