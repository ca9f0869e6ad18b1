/*
 * The baseline of live traffic. See baseline.h.
 */
#include "baseline.h"

#include <assert.h>
#include <stdlib.h>

#include "base/pages.h"

struct baseline_keeper {
	struct workers *workers;
	struct baseline *of[WORKERS_MOST]; /* running: the engines'; NULL: never measured */
	bool running;
	int64_t began;
	uint64_t ended; /* monotonic */
};

struct baseline_keeper *
baseline_keeper_create(struct workers *workers)
{
	struct baseline_keeper *keeper = calloc(1, sizeof(*keeper));

	if (keeper != NULL) {
		keeper->workers = workers;
	}
	return keeper;
}

static void
forget(struct baseline_keeper *keeper)
{
	for (unsigned i = 0; i < WORKERS_MOST; i++) {
		free(keeper->of[i]);
		keeper->of[i] = NULL;
	}
	keeper->began = 0;
}

void
baseline_keeper_destroy(struct baseline_keeper *keeper)
{
	if (keeper != NULL) {
		forget(keeper);
		free(keeper);
	}
}

static void
start_job(const struct worker_hands *hands, void *argument)
{
	const struct baseline_keeper *keeper = argument;

	engine_baseline_start(hands->engine, keeper->of[hands->worker]);
}

bool
baseline_keeper_start(struct baseline_keeper *keeper)
{
	struct random_source random = random_from_kernel();

	assert(!keeper->running);
	forget(keeper);
	for (uint16_t i = 0; i < worker_count(keeper->workers); i++) {
		void *memory = calloc(1, baseline_size());

		if (memory == NULL) {
			forget(keeper);
			return false;
		}
		keeper->of[i] = baseline_init(memory, &random);
		(void)pages_populate(memory, baseline_size());
	}
	worker_memory_ready(keeper->workers, true);
	keeper->began = worker_wall() / 1000000;
	keeper->running = true;
	worker_run(keeper->workers, start_job, keeper);
	return true;
}

static void
stop_job(const struct worker_hands *hands, void *argument)
{
	(void)argument;
	(void)engine_baseline_stop(hands->engine);
}

void
baseline_keeper_stop(struct baseline_keeper *keeper)
{
	assert(keeper->running);
	worker_run(keeper->workers, stop_job, NULL);
	keeper->running = false;
	keeper->ended = worker_now();
	for (unsigned i = 0; i < WORKERS_MOST; i++) {
		if (keeper->of[i] != NULL) {
			baseline_end(keeper->of[i], keeper->ended);
		}
	}
}

bool
baseline_keeper_running(const struct baseline_keeper *keeper)
{
	return keeper->running;
}

int64_t
baseline_keeper_began(const struct baseline_keeper *keeper)
{
	return keeper->began;
}

/* One step of reading what an engine has: seconds that are over, then the totals, then a zone a step. */
struct reading {
	struct baseline_report *report;
	uint32_t settled; /* cursor */
	uint32_t place;
	bool totals;
};

static void
read_step(struct reading *reading, const struct baseline *baseline, uint64_t now)
{
	if (!reading->totals) {
		baseline_report_totals(baseline, now, reading->report);
		reading->totals = true;
	} else {
		baseline_report_zone(baseline, reading->place++, reading->report);
	}
}

static bool
read_more(const struct reading *reading)
{
	return !reading->totals || reading->place < reading->report->totals.zones;
}

static void
read_job(const struct worker_hands *hands, void *argument)
{
	struct reading *reading = argument;

	if (reading->settled != UINT32_MAX) {
		engine_baseline_settle(hands->engine, hands->now, &reading->settled);
	} else {
		read_step(reading, engine_baseline(hands->engine), hands->now);
	}
}

static void
read_worker(struct baseline_keeper *keeper, uint16_t worker, struct baseline_report *report)
{
	struct reading reading = {.report = report};

	while (reading.settled != UINT32_MAX || read_more(&reading)) {
		if (keeper->running) {
			worker_run_on(keeper->workers, worker, read_job, &reading);
		} else {
			reading.settled = UINT32_MAX;
			read_step(&reading, keeper->of[worker], keeper->ended);
		}
	}
}

struct baseline_report *
baseline_keeper_report(struct baseline_keeper *keeper)
{
	struct baseline_report *report = calloc(1, sizeof(*report));
	struct baseline_report *one = calloc(1, sizeof(*one));

	assert(keeper->began != 0);
	for (uint16_t i = 0; i < worker_count(keeper->workers) && report != NULL && one != NULL; i++) {
		read_worker(keeper, i, i == 0 ? report : one);
		if (i > 0) {
			baseline_report_add(report, one);
		}
	}
	if (one == NULL) {
		free(report);
		return NULL;
	}
	free(one);
	return report;
}
