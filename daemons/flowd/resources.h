/*
 * How full the tables are (engine/resources.def, and the rings of event records): in use, at most so far, room, memory; and the
 * alarm about it.
 *
 * resources_sample() reads them once a second and at each `show system resources`. From RESOURCE_RAISE percent on an alarm is
 * raised, once; below RESOURCE_CLEAR it ends. With several workers the percentage is that of the one whose table is fullest,
 * because that one refuses first.
 *
 * Threads: the control thread; the engines are read by a job that reads a few counters.
 */
#ifndef FLOWD_RESOURCES_H
#define FLOWD_RESOURCES_H

#include <stddef.h>
#include <stdint.h>

#include "alarm.h"
#include "worker.h"

enum {
	RESOURCE_RAISE = 90, /* percent */
	RESOURCE_CLEAR = 80,
};

/* Of all workers together. */
struct resource {
	const char *name;
	const char *effect; /* what happens when it is full */
	uint64_t used;
	uint64_t most; /* since the start, as far as samples saw it */
	uint64_t limit;
	uint64_t octets;  /* set aside */
	uint32_t percent; /* of the fullest worker's */
};

struct resources;

/* Borrows the table of alarms. NULL: no memory. */
struct resources *resources_create(struct alarms *alarms) __attribute__((warn_unused_result));
void resources_destroy(struct resources *resources);
/* `wall`: UTC seconds. */
void resources_sample(struct resources *resources, struct workers *workers, int64_t wall);
size_t resources_count(const struct resources *resources);
/* As the last sample saw it. => index < resources_count() */
const struct resource *resources_at(const struct resources *resources, size_t index);

/* The alarm alone: `percent` of a table in use. Pure. */
void resource_watch(struct resources *resources, size_t index, uint32_t percent, int64_t wall);

#endif
