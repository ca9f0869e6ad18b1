/*
 * What each worker does: how busy it was in the last second, what it processed and handed over, what others handed over to it and
 * its rings had no room for; and the alarm about one that has more to do than it can while others have less.
 *
 * Flows are shared out by a hash, so one that carries very much (an elephant), or several that meet by chance, may fill one worker
 * while others idle. Nothing is moved then: a session has one owner. The alarm says which it is.
 *
 * A worker's alarm is raised when packets for it were lost, or when it was busy for LOAD_HIGH percent and more for LOAD_SECONDS on end
 * while another one was for LOAD_LOW percent at most; it ends when neither was so for LOAD_SECONDS.
 *
 * Threads: the control thread.
 */
#ifndef FLOWD_LOAD_H
#define FLOWD_LOAD_H

#include <stdint.h>

#include "alarm.h"
#include "worker.h"

enum {
	LOAD_HIGH = 95, /* percent of the time */
	LOAD_LOW = 50,
	LOAD_SECONDS = 10, /* samples */
};

struct load {
	struct worker_load counts; /* since the start */
	uint32_t percent;          /* of the time between the last two samples in which it had something to do */
};

struct loads;

/* Borrows the table of alarms. NULL: no memory. */
struct loads *loads_create(struct alarms *alarms) __attribute__((warn_unused_result));
void loads_destroy(struct loads *loads);
/* About once a second. `now`: monotonic nanoseconds, later than the last time; `wall`: UTC seconds. */
void loads_sample(struct loads *loads, const struct workers *workers, uint64_t now, int64_t wall);
/* Counts are those of now, the percentage that of the last sample. => worker < worker_count() */
struct load loads_of(const struct loads *loads, const struct workers *workers, uint16_t worker);

#endif
