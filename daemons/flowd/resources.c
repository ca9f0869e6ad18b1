/*
 * How full the tables are. See resources.h.
 */
#include "resources.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PERCENT = 100,
	EVENT_RECORDS = ENGINE_RESOURCES, /* behind those of the engine */
	ROWS,
};

struct resources {
	struct alarms *alarms;
	struct resource rows[ROWS];
	bool raised[ROWS];
};

struct resources *
resources_create(struct alarms *alarms)
{
	struct resources *resources = calloc(1, sizeof(*resources));

	if (resources == NULL) {
		return NULL;
	}
	resources->alarms = alarms;
	for (size_t i = 0; i < ENGINE_RESOURCES; i++) {
		resources->rows[i].name = engine_resource_name((enum engine_resource)i);
		resources->rows[i].effect = engine_resource_effect((enum engine_resource)i);
	}
	resources->rows[EVENT_RECORDS].name = chassis_setting_word(CHASSIS_EVENT_RECORDS);
	resources->rows[EVENT_RECORDS].effect = "records for the log are lost (log-ring-full)";
	return resources;
}

void
resources_destroy(struct resources *resources)
{
	free(resources);
}

size_t
resources_count(const struct resources *resources)
{
	(void)resources;
	return ROWS;
}

const struct resource *
resources_at(const struct resources *resources, size_t index)
{
	assert(index < ROWS);
	return &resources->rows[index];
}

static uint32_t
percent_of(uint64_t used, uint64_t limit)
{
	return limit == 0 ? 0 : (uint32_t)(used * PERCENT / limit);
}

void
resource_watch(struct resources *resources, size_t index, uint32_t percent, int64_t wall)
{
	const struct resource *row = &resources->rows[index];
	const struct alarm_name name = {ALARM_RESOURCE, row->name};
	char message[ALARM_MESSAGE];

	assert(index < ROWS);
	if (resources->raised[index] && percent < RESOURCE_CLEAR) {
		resources->raised[index] = false;
		alarm_settle(resources->alarms, &name, wall);
	} else if (!resources->raised[index] && percent >= RESOURCE_RAISE) {
		resources->raised[index] = true;
		(void)snprintf(message, sizeof(message), "%s: %u percent in use; when all are, %s", row->name, percent,
		    row->effect);
		alarm_raise(resources->alarms, &name, message, wall);
	}
}

struct sample {
	struct resource rows[ENGINE_RESOURCES];
};

static void
sample_job(const struct worker_hands *hands, void *argument)
{
	struct sample *sample = argument;

	for (size_t i = 0; i < ENGINE_RESOURCES; i++) {
		struct resource *row = &sample->rows[i];
		const struct engine_resource_use use = engine_resource_use(hands->engine, (enum engine_resource)i);
		const uint32_t percent = percent_of(use.used, use.limit);

		row->used += use.used;
		row->most += use.most;
		row->limit += use.limit;
		row->octets += engine_resource_octets(hands->engine, (enum engine_resource)i);
		row->percent = percent > row->percent ? percent : row->percent;
	}
}

static void
sample_rings(struct resource *row, struct workers *workers)
{
	for (uint16_t i = 0; i < worker_count(workers); i++) {
		const struct event_ring *ring = worker_events(workers, i);
		const uint32_t waiting = event_ring_waiting(ring);
		const uint32_t percent = percent_of(waiting, event_ring_capacity(ring));

		row->used += waiting;
		row->limit += event_ring_capacity(ring);
		row->octets += (uint64_t)event_ring_capacity(ring) * sizeof(struct event);
		row->percent = percent > row->percent ? percent : row->percent;
	}
}

static void
keep(struct resource *row, const struct resource *now)
{
	const uint64_t most = now->most > now->used ? now->most : now->used;

	row->used = now->used;
	row->limit = now->limit;
	row->octets = now->octets;
	row->percent = now->percent;
	row->most = most > row->most ? most : row->most;
}

void
resources_sample(struct resources *resources, struct workers *workers, int64_t wall)
{
	struct sample sample = {.rows[0].used = 0};
	struct resource rings = {.used = 0};

	worker_run(workers, sample_job, &sample);
	sample_rings(&rings, workers);
	for (size_t i = 0; i < ROWS; i++) {
		keep(&resources->rows[i], i == EVENT_RECORDS ? &rings : &sample.rows[i]);
		resource_watch(resources, i, resources->rows[i].percent, wall);
	}
}
