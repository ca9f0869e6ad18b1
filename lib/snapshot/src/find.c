/*
 * Numbers of what a snapshot has, by name. See snapshot/snapshot.h.
 */
#include <string.h>

#include "snapshot/snapshot.h"

uint16_t
snapshot_find_unit(const struct snapshot *snapshot, const char *name)
{
	for (uint16_t i = 0; i < snapshot->unit_count; i++) {
		if (snapshot->units[i].present && strcmp(snapshot->units[i].name, name) == 0) {
			return i;
		}
	}
	return SNAPSHOT_NONE;
}

uint16_t
snapshot_find_zone(const struct snapshot *snapshot, const char *name)
{
	for (uint16_t i = 0; i < snapshot->zone_count; i++) {
		if (snapshot->zones[i].present && strcmp(snapshot->zones[i].name, name) == 0) {
			return i;
		}
	}
	return SNAPSHOT_NONE;
}

uint16_t
snapshot_find_instance(const struct snapshot *snapshot, const char *name)
{
	for (uint16_t i = 0; i < snapshot->instance_count; i++) {
		if (snapshot->instances[i].present && strcmp(snapshot->instances[i].name, name) == 0) {
			return i;
		}
	}
	return SNAPSHOT_NONE;
}
