/*
 * How full source NAT pools are, and the alarm about it: pool-utilization-alarm.
 *
 * About once a second nat_alarms_sample() compares what is in use with the thresholds: at raise-threshold or more the alarm is
 * raised, once; at clear-threshold or less it ends. The table writes the log records.
 *
 * A pool is known by its identity: a commit that changes other things changes nothing here.
 *
 * Threads: the control thread. Pure: counters and time are arguments.
 */
#ifndef FLOWD_NAT_ALARM_H
#define FLOWD_NAT_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "alarm.h"
#include "engine/engine.h"
#include "engine/snapshot.h"

/* How many sessions of a protocol a pool has ports for. */
uint64_t nat_pool_room(const struct snapshot_nat_pool *pool);
/* Percent of a pool that is in use: of its ports, by the protocol that has most of them; of its addresses where a host has one
 * of its own. 100 at most; 0 of a static pool, which cannot get full. */
uint32_t nat_pool_used(const struct snapshot_nat_pool *pool, const struct engine_nat_counters *counters);

struct nat_alarms;

/* Borrows the table. NULL: no memory. */
struct nat_alarms *nat_alarms_create(struct alarms *alarms) __attribute__((warn_unused_result));
void nat_alarms_destroy(struct nat_alarms *watch);
/* Has the pool thresholds, or an alarm that may have to end? Then its counters are wanted. */
bool nat_alarms_watches(const struct nat_alarms *watch, const struct snapshot_nat *nat, uint16_t pool);
/* One pool's turn. `wall`: UTC seconds. */
void nat_alarms_sample(struct nat_alarms *watch, const struct snapshot_nat *nat, uint16_t pool,
    const struct engine_nat_counters *counters, int64_t wall);

/* Adds what one worker's engine counted of a pool. The most at a time is of each by itself: together they had no more. */
void nat_counters_add(struct engine_nat_counters *sum, const struct engine *engine, uint16_t pool);

#endif
