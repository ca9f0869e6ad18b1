/*
 * Alarms about the use of source NAT pools. See nat_alarm.h.
 *
 * What is raised stands by identity with the name that it was raised under: a pool may be gone, or be called otherwise, by the
 * time that its alarm ends.
 */
#include "nat_alarm.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	PERCENT = 100,
	NAME_SIZE = 256, /* 63 characters are up to 252 octets */
};

struct raised {
	char name[NAME_SIZE];
	bool active;
};

struct nat_alarms {
	struct alarms *alarms;
	struct raised *raised; /* by identity */
};

uint64_t
nat_pool_room(const struct snapshot_nat_pool *pool)
{
	const uint64_t layers = pool->layers <= 1 ? 1 : pool->layers;

	return layers * pool->size * ((uint64_t)pool->port_high - pool->port_low + 1);
}

uint32_t
nat_pool_used(const struct snapshot_nat_pool *pool, const struct engine_nat_counters *counters)
{
	uint64_t room = 0;
	uint64_t used = 0;

	switch ((enum nat_pool_kind)pool->kind) {
	case NAT_POOL_PORTS:
		room = nat_pool_room(pool);
		for (size_t i = 0; i < ENGINE_NAT_CLASSES; i++) {
			used = counters->ports[i] > used ? counters->ports[i] : used;
		}
		break;
	case NAT_POOL_ADDRESSES:
		room = pool->size;
		used = counters->addresses;
		break;
	case NAT_POOL_STATIC:
		break;
	}
	if (room == 0) {
		return 0;
	}
	return used >= room ? PERCENT : (uint32_t)(used * PERCENT / room);
}

struct nat_alarms *
nat_alarms_create(struct alarms *alarms)
{
	struct nat_alarms *watch = calloc(1, sizeof(*watch));

	if (watch == NULL || (watch->raised = calloc(SNAPSHOT_NAT_POOLS_MOST, sizeof(*watch->raised))) == NULL) {
		free(watch);
		return NULL;
	}
	watch->alarms = alarms;
	return watch;
}

void
nat_alarms_destroy(struct nat_alarms *watch)
{
	if (watch == NULL) {
		return;
	}
	free(watch->raised);
	free(watch);
}

/* The thresholds of a pool that is there. */
static bool
has_thresholds(const struct snapshot_nat *nat, uint16_t pool)
{
	return pool < nat->pool_count && nat->pools[pool].present && nat->pools[pool].alarm_raise > 0;
}

bool
nat_alarms_watches(const struct nat_alarms *watch, const struct snapshot_nat *nat, uint16_t pool)
{
	return pool < SNAPSHOT_NAT_POOLS_MOST && (watch->raised[pool].active || has_thresholds(nat, pool));
}

static void
settle(struct nat_alarms *watch, struct raised *raised, int64_t wall)
{
	raised->active = false;
	alarm_settle(watch->alarms, &(struct alarm_name){ALARM_NAT_POOL, raised->name}, wall);
}

void
nat_alarms_sample(struct nat_alarms *watch, const struct snapshot_nat *nat, uint16_t pool,
    const struct engine_nat_counters *counters, int64_t wall)
{
	struct raised *raised = &watch->raised[pool];
	char message[ALARM_MESSAGE];

	if (!has_thresholds(nat, pool)) {
		if (raised->active) {
			settle(watch, raised, wall);
		}
		return;
	}
	const struct snapshot_nat_pool *row = &nat->pools[pool];
	const uint32_t used = nat_pool_used(row, counters);

	if (raised->active && used <= row->alarm_clear) {
		settle(watch, raised, wall);
	} else if (!raised->active && used >= row->alarm_raise) {
		raised->active = true;
		(void)snprintf(raised->name, sizeof(raised->name), "%s", row->name);
		(void)snprintf(message, sizeof(message), "source NAT pool %s: %u percent in use, the threshold is %u", row->name,
		    used, row->alarm_raise);
		alarm_raise(watch->alarms, &(struct alarm_name){ALARM_NAT_POOL, raised->name}, message, wall);
	}
}

void
nat_counters_add(struct engine_nat_counters *sum, const struct engine *engine, uint16_t pool)
{
	const struct engine_nat_counters more = engine_nat_counters(engine, pool);

	sum->sessions += more.sessions;
	sum->failures += more.failures;
	sum->addresses += more.addresses;
	for (size_t i = 0; i < ENGINE_NAT_CLASSES; i++) {
		sum->ports[i] += more.ports[i];
		sum->ports_most[i] += more.ports_most[i];
	}
	sum->held += more.held;
}
