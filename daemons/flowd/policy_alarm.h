/*
 * `count alarm` of policies: their traffic in seconds and minutes against the thresholds (REQ-POL-015).
 *
 * Intervals are measured by the control thread's clock: about once a second policy_alarms_sample() takes the counters and
 * compares what came since the last time with the threshold for just as long; minutes are 60 such seconds that follow each
 * other. At most one alarm an interval; the alarm ends with the first interval that is not above.
 *
 * A policy is known by its identity: a commit that changes other things changes nothing here.
 *
 * Threads: the control thread. Pure: counters and time are arguments.
 */
#ifndef FLOWD_POLICY_ALARM_H
#define FLOWD_POLICY_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "alarm.h"
#include "engine/snapshot.h"
#include "snapshot/snapshot.h"

struct policy_alarms;

/* Borrows the table. NULL: no memory. */
struct policy_alarms *policy_alarms_create(struct alarms *alarms) __attribute__((warn_unused_result));
void policy_alarms_destroy(struct policy_alarms *watch);
/*
 * From now on the policies of this snapshot; what is measured of those that stay goes on, alarms of those that do not end.
 * False: no memory, all is as it was. `wall`: UTC seconds.
 */
bool policy_alarms_follow(struct policy_alarms *watch, const struct snapshot *snapshot,
    const struct snapshot_registry *registry, int64_t wall) __attribute__((warn_unused_result));

/* The policies that have thresholds: their counters are wanted. */
uint32_t policy_alarms_count(const struct policy_alarms *watch);
uint32_t policy_alarms_policy(const struct policy_alarms *watch, uint32_t index);

/* When the counters were read. */
struct policy_alarms_time {
	uint64_t monotonic; /* nanoseconds */
	int64_t wall;       /* UTC seconds */
};
/* `bytes[i]` is the counter of policy_alarms_policy(i). */
void policy_alarms_sample(struct policy_alarms *watch, const uint64_t *bytes, const struct policy_alarms_time *now,
    const struct snapshot_registry *registry);

#endif
