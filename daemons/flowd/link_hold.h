/*
 * What becomes of a link's ups and downs before anybody else hears of them: `interfaces X hold-time` has a change wait, and one
 * that is over before its time never was (cs07702). And since when the port is in its present state (07661), which it is
 * also by the configuration (disable) and by an interface that is gone.
 *
 * Pure: times are handed in. Threads: the control thread.
 */
#ifndef FLOWD_LINK_HOLD_H
#define FLOWD_LINK_HOLD_H

#include <stdbool.h>
#include <stdint.h>

/* As configured. */
struct link_rules {
	uint32_t up;   /* ms that a link has to be up before it counts as up; 0: none */
	uint32_t down;
	bool disabled;
};

struct link_hold {
	struct link_rules rules;
	bool link;    /* what the interface says now */
	bool running; /* what counts */
	bool state;   /* the port's: running, open and not disabled */
	uint64_t due; /* ns: when `link` counts; 0: it does */
	int64_t changed;     /* wall clock, s: when `state` changed last; 0: never since the start */
	uint32_t changes;    /* of `state` */
	uint32_t suppressed; /* changes of the link that were over before their time */
};

/* The interface was opened and its link is so: nobody waits. */
void link_hold_start(struct link_hold *hold, bool link);
/* What the interface says. True when `running` changed. */
bool link_hold_take(struct link_hold *hold, bool link, uint64_t now);
/* True when a change has waited long enough: `running` changed. */
bool link_hold_settle(struct link_hold *hold, uint64_t now);
/* Milliseconds until that may be, `most` at most. */
int link_hold_wait(const struct link_hold *hold, uint64_t now, int most);
/* Other rules: a change that waits begins to wait anew. */
void link_hold_rule(struct link_hold *hold, const struct link_rules *rules, uint64_t now);
/* After anything that may have changed the port's state. */
void link_hold_note(struct link_hold *hold, bool open, int64_t wall);

#endif
