/*
 * Alarms of screens: one for each screen and zone from which it detects attacks. It is raised with the first record and once
 * a minute while they go on, and ends when there was none for a minute.
 *
 * Bounded: SCREEN_ALARMS_MOST screens and zones at a time; what is detected beside them is logged and counted, no more.
 *
 * Threads: the control thread.
 */
#ifndef FLOWD_SCREEN_ALARM_H
#define FLOWD_SCREEN_ALARM_H

#include <stdint.h>

#include "alarm.h"
#include "engine/event.h"
#include "snapshot/snapshot.h"

enum {
	SCREEN_ALARMS_MOST = 256,
	SCREEN_ALARM_SECONDS = 60,
};

struct screen_alarms;

/* Borrows the table. NULL: no memory. */
struct screen_alarms *screen_alarms_create(struct alarms *alarms) __attribute__((warn_unused_result));
void screen_alarms_destroy(struct screen_alarms *screens);
/* A record that is to be logged; those of other kinds are passed over. */
void screen_alarms_note(
    struct screen_alarms *screens, const struct event *event, const struct snapshot_registry *registry);
/* `now`: UTC seconds. */
void screen_alarms_tick(struct screen_alarms *screens, int64_t now);

#endif
