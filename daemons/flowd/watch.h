/*
 * What is looked at about once a second, and the alarms that come of it: thresholds of policies and NAT pools, screens, how full
 * the tables are, lost event records.
 *
 * Life cycle: watch_create() -> { watch_follow() with each configuration, watch_tick(), watch_note() }... -> watch_destroy().
 * Threads: the control thread; counters are read by jobs of bounded steps.
 */
#ifndef FLOWD_WATCH_H
#define FLOWD_WATCH_H

#include "alarm.h"
#include "engine/event.h"
#include "engine/snapshot.h"
#include "ipc/log.h"
#include "load.h"
#include "resources.h"
#include "snapshot/snapshot.h"
#include "worker.h"

struct watch;

/* Borrows both. NULL: no memory. */
struct watch *watch_create(struct logger *logger, struct workers *workers) __attribute__((warn_unused_result));
void watch_destroy(struct watch *watch);
struct alarms *watch_alarms(struct watch *watch);
struct resources *watch_resources(struct watch *watch);
const struct loads *watch_loads(const struct watch *watch);
/* A configuration came into force: from here on is measured. */
void watch_follow(struct watch *watch, const struct snapshot *snapshot, const struct snapshot_registry *registry);
/* A record that the engine wrote. */
void watch_note(struct watch *watch, const struct event *event, const struct snapshot_registry *registry);
/* About once a second; `snapshot` is NULL before the first configuration. */
void watch_tick(struct watch *watch, const struct snapshot *snapshot, const struct snapshot_registry *registry);

#endif
