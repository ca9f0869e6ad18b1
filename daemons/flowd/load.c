/*
 * What each worker does. See load.h.
 */
#include "load.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PERCENT = 100,
	NAME = 32,
};

struct known {
	uint64_t busy; /* at the last sample; as the next one */
	uint64_t lost;
	uint32_t percent;
	uint32_t above; /* samples on end in which it was too busy */
	uint32_t calm;  /* on end in which it was not, and lost nothing */
	bool raised;
};

struct loads {
	struct alarms *alarms;
	uint64_t sampled; /* when; 0: never */
	struct known known[WORKERS_MOST];
};

struct loads *
loads_create(struct alarms *alarms)
{
	struct loads *loads = calloc(1, sizeof(*loads));

	if (loads != NULL) {
		loads->alarms = alarms;
	}
	return loads;
}

void
loads_destroy(struct loads *loads)
{
	free(loads);
}

struct load
loads_of(const struct loads *loads, const struct workers *workers, uint16_t worker)
{
	assert(worker < worker_count(workers));
	return (struct load){.counts = worker_load(workers, worker), .percent = loads->known[worker].percent};
}

static void
raise_alarm(struct loads *loads, uint16_t worker, uint64_t lost, int64_t wall)
{
	struct known *known = &loads->known[worker];
	char subject[NAME];
	char message[ALARM_MESSAGE];

	(void)snprintf(subject, sizeof(subject), "worker %u", (unsigned)worker);
	if (lost > 0) {
		(void)snprintf(message, sizeof(message),
		    "%s: %llu packets and messages that others handed over to it were lost (worker-ring-full): show system workers",
		    subject, (unsigned long long)lost);
	} else {
		(void)snprintf(message, sizeof(message),
		    "%s: busy for %u percent of the time while others have little to do: show system workers", subject,
		    known->percent);
	}
	alarm_raise(loads->alarms, &(struct alarm_name){ALARM_WORKER, subject}, message, wall);
	known->raised = true;
}

static void
settle_alarm(struct loads *loads, uint16_t worker, int64_t wall)
{
	char subject[NAME];

	(void)snprintf(subject, sizeof(subject), "worker %u", (unsigned)worker);
	alarm_settle(loads->alarms, &(struct alarm_name){ALARM_WORKER, subject}, wall);
	loads->known[worker].raised = false;
}

/* One worker against the least busy one. */
static void
judge(struct loads *loads, uint16_t worker, uint64_t lost, uint32_t least, int64_t wall)
{
	struct known *known = &loads->known[worker];
	const bool above = known->percent >= LOAD_HIGH && least <= LOAD_LOW;

	known->above = above ? known->above + 1 : 0;
	known->calm = above || lost > 0 ? 0 : known->calm + 1;
	if (!known->raised && (lost > 0 || known->above >= LOAD_SECONDS)) {
		raise_alarm(loads, worker, lost, wall);
	} else if (known->raised && known->calm >= LOAD_SECONDS) {
		settle_alarm(loads, worker, wall);
	}
}

void
loads_sample(struct loads *loads, const struct workers *workers, uint64_t now, int64_t wall)
{
	const uint16_t count = worker_count(workers);
	const uint64_t passed = now - loads->sampled;
	const bool first = loads->sampled == 0;
	uint64_t lost[WORKERS_MOST] = {0};
	uint32_t least = PERCENT;

	assert(now > loads->sampled && count <= WORKERS_MOST);
	loads->sampled = now;
	for (uint16_t i = 0; i < count; i++) {
		const struct worker_load load = worker_load(workers, i);
		struct known *known = &loads->known[i];
		const uint64_t busy = load.busy - known->busy;

		known->percent = first ? 0 : busy >= passed ? PERCENT : (uint32_t)(busy * PERCENT / passed);
		least = known->percent < least ? known->percent : least;
		lost[i] = load.lost - known->lost;
		known->busy = load.busy;
		known->lost = load.lost;
	}
	for (uint16_t i = 0; i < count; i++) {
		judge(loads, i, lost[i], least, wall);
	}
}
