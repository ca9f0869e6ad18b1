/*
 * What is looked at about once a second. See watch.h.
 */
#include "watch.h"

#include <stdlib.h>

#include "nat_alarm.h"
#include "policy_alarm.h"
#include "screen_alarm.h"
#include "tell.h"

enum {
	COUNTERS_STEP = 256, /* counters of policies that a job reads */
};

struct watch {
	struct logger *logger;
	struct workers *workers;
	struct alarms *alarms;
	struct policy_alarms *policies;
	struct screen_alarms *screens;
	struct nat_alarms *pools;
	struct resources *resources;
	struct loads *loads;
	uint64_t lost_told; /* event records whose loss was logged */
};

struct watch *
watch_create(struct logger *logger, struct workers *workers)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL) {
		return NULL;
	}
	watch->logger = logger;
	watch->workers = workers;
	watch->alarms = alarms_create(logger);
	if (watch->alarms != NULL) {
		watch->policies = policy_alarms_create(watch->alarms);
		watch->screens = screen_alarms_create(watch->alarms);
		watch->pools = nat_alarms_create(watch->alarms);
		watch->resources = resources_create(watch->alarms);
		watch->loads = loads_create(watch->alarms);
	}
	if (watch->policies == NULL || watch->screens == NULL || watch->pools == NULL || watch->resources == NULL ||
	    watch->loads == NULL) {
		watch_destroy(watch);
		return NULL;
	}
	return watch;
}

void
watch_destroy(struct watch *watch)
{
	if (watch == NULL) {
		return;
	}
	loads_destroy(watch->loads);
	resources_destroy(watch->resources);
	nat_alarms_destroy(watch->pools);
	screen_alarms_destroy(watch->screens);
	policy_alarms_destroy(watch->policies);
	alarms_destroy(watch->alarms);
	free(watch);
}

struct alarms *
watch_alarms(struct watch *watch)
{
	return watch->alarms;
}

struct resources *
watch_resources(struct watch *watch)
{
	return watch->resources;
}

const struct loads *
watch_loads(const struct watch *watch)
{
	return watch->loads;
}

/* Which counters a job reads, in steps that hold no packet up. */
struct counters {
	const struct policy_alarms *watch;
	uint64_t *bytes;
	uint32_t from;
	uint32_t to;
};

static void
read_counters(const struct worker_hands *hands, void *argument)
{
	const struct counters *counters = argument;

	for (uint32_t i = counters->from; i < counters->to; i++) {
		counters->bytes[i] +=
		    engine_policy_counters(hands->engine, policy_alarms_policy(counters->watch, i)).bytes;
	}
}

static void
sample_policies(struct watch *watch, const struct snapshot_registry *registry)
{
	const uint32_t count = policy_alarms_count(watch->policies);
	struct counters counters = {.watch = watch->policies};

	if (count == 0 || (counters.bytes = calloc(count, sizeof(*counters.bytes))) == NULL) {
		return;
	}
	while (counters.from < count) {
		counters.to = count - counters.from < COUNTERS_STEP ? count : counters.from + COUNTERS_STEP;
		worker_run(watch->workers, read_counters, &counters);
		counters.from = counters.to;
	}
	policy_alarms_sample(watch->policies, counters.bytes,
	    &(struct policy_alarms_time){.monotonic = worker_now(), .wall = worker_wall() / 1000000}, registry);
	free(counters.bytes);
}

struct pool_counters {
	uint16_t pool;
	struct engine_nat_counters counters;
};

static void
read_pool_counters(const struct worker_hands *hands, void *argument)
{
	struct pool_counters *counters = argument;

	nat_counters_add(&counters->counters, hands->engine, counters->pool);
}

static void
sample_pools(struct watch *watch, const struct snapshot *snapshot)
{
	const struct snapshot_nat *nat = snapshot == NULL ? NULL : &snapshot->nat;

	for (uint32_t pool = 0; nat != NULL && pool < nat->pool_count; pool++) {
		struct pool_counters counters = {.pool = (uint16_t)pool};

		if (nat_alarms_watches(watch->pools, nat, counters.pool)) {
			worker_run(watch->workers, read_pool_counters, &counters);
			nat_alarms_sample(
			    watch->pools, nat, counters.pool, &counters.counters, worker_wall() / 1000000);
		}
	}
}

static void
tell_losses(struct watch *watch)
{
	const struct alarm_name name = {ALARM_EVENTS_LOST, "event ring"};
	const uint64_t lost = worker_losses(watch->workers).events;

	if (lost != watch->lost_told) {
		tell(watch->logger, LOG_SEVERITY_WARNING, "FLOWD_EVENTS_LOST",
		    "%llu event records were lost: more came than could be logged",
		    (unsigned long long)(lost - watch->lost_told));
		watch->lost_told = lost;
		alarm_raise(watch->alarms, &name, "event records were lost: more came than could be logged",
		    worker_wall() / 1000000);
	} else {
		alarm_settle(watch->alarms, &name, worker_wall() / 1000000);
	}
}

void
watch_follow(struct watch *watch, const struct snapshot *snapshot, const struct snapshot_registry *registry)
{
	if (!policy_alarms_follow(watch->policies, snapshot, registry, worker_wall() / 1000000)) {
		tell(watch->logger, LOG_SEVERITY_ERROR, "FLOWD_ALARMS", "out of memory for the alarms of policies");
	}
	sample_policies(watch, registry);
}

void
watch_note(struct watch *watch, const struct event *event, const struct snapshot_registry *registry)
{
	screen_alarms_note(watch->screens, event, registry);
}

void
watch_tick(struct watch *watch, const struct snapshot *snapshot, const struct snapshot_registry *registry)
{
	sample_policies(watch, registry);
	screen_alarms_tick(watch->screens, worker_wall() / 1000000);
	sample_pools(watch, snapshot);
	resources_sample(watch->resources, watch->workers, worker_wall() / 1000000);
	loads_sample(watch->loads, watch->workers, worker_now(), worker_wall() / 1000000);
	tell_losses(watch);
}
