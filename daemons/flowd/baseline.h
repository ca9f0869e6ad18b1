/*
 * The baseline that is measured of live traffic, or was: `request security screen baseline`.
 *
 * Each worker's engine has one of its own while it is measured; then they are here until the next measurement or flowd's end.
 * Nothing of it outlives flowd.
 *
 * Threads: the control thread; what an engine has is read by jobs of bounded steps.
 */
#ifndef FLOWD_BASELINE_H
#define FLOWD_BASELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/baseline.h"
#include "worker.h"

struct baseline_keeper;

struct baseline_keeper *baseline_keeper_create(struct workers *workers) __attribute__((warn_unused_result));
/* => the workers have stopped, or never started; NULL does nothing */
void baseline_keeper_destroy(struct baseline_keeper *keeper);
/* False when memory is short. => not running */
bool baseline_keeper_start(struct baseline_keeper *keeper) __attribute__((warn_unused_result));
/* => running */
void baseline_keeper_stop(struct baseline_keeper *keeper);
bool baseline_keeper_running(const struct baseline_keeper *keeper);
/* When it began, UTC seconds; 0: never */
int64_t baseline_keeper_began(const struct baseline_keeper *keeper);
/* What was measured so far, of all workers together. NULL when memory is short; the caller frees it. => one was started */
struct baseline_report *baseline_keeper_report(struct baseline_keeper *keeper) __attribute__((warn_unused_result));

#endif
