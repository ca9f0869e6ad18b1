/*
 * How large the tables are. See sizing.h.
 */
#include "sizing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/event.h"

enum {
	CLASSES = 5, /* less than 1 GiB, 1, 4, 16, 64 GiB */
	EVENTS_LEAST = 1024,
	LINE = 512,
};

#define GIB (UINT64_C(1) << 30)

/* A machine that is sold with 4 GiB has somewhat less. */
static const uint64_t class_memory[CLASSES] = {0, GIB * 7 / 8, GIB * 7 / 2, GIB * 14, GIB * 56};

struct size_row {
	enum engine_resource resource;
	uint32_t sizes[CLASSES];
};

/* 0: as many as there are sessions. */
static const struct size_row rows[CHASSIS_SETTINGS] = {
    [CHASSIS_WORKERS] = {ENGINE_RESOURCES, {1, 1, 1, 1, 1}},
    [CHASSIS_SESSIONS] = {ENGINE_RESOURCE_SESSIONS, {65536, 262144, 1000000, 2000000, 8000000}},
    [CHASSIS_NEIGHBOURS] = {ENGINE_RESOURCE_NEIGHBOURS, {4096, 8192, 16384, 16384, 65536}},
    [CHASSIS_HELD_PACKETS] = {ENGINE_RESOURCE_HELD_PACKETS, {1024, 2048, 2048, 2048, 4096}},
    [CHASSIS_OWN_ADDRESSES] = {ENGINE_RESOURCE_OWN_ADDRESSES, {4096, 4096, 4096, 4096, 4096}},
    [CHASSIS_DATAGRAMS] = {ENGINE_RESOURCE_DATAGRAMS, {1024, 4096, 4096, 8192, 16384}},
    [CHASSIS_FRAGMENTS] = {ENGINE_RESOURCE_FRAGMENTS, {4096, 16384, 16384, 32768, 65536}},
    [CHASSIS_HELD_FRAGMENTS] = {ENGINE_RESOURCE_HELD_FRAGMENTS, {1024, 4096, 4096, 4096, 4096}},
    [CHASSIS_NAT_BLOCKS] = {ENGINE_RESOURCE_NAT_BLOCKS, {512, 1024, 4096, 8192, 32768}},
    [CHASSIS_NAT_BINDINGS] = {ENGINE_RESOURCE_NAT_BINDINGS, {0, 0, 0, 0, 0}},
    [CHASSIS_NAT_MAPPINGS] = {ENGINE_RESOURCE_NAT_MAPPINGS, {8192, 16384, 65536, 65536, 262144}},
    [CHASSIS_NAT_REMOTES] = {ENGINE_RESOURCE_NAT_REMOTES, {16384, 32768, 131072, 131072, 524288}},
    [CHASSIS_EVENT_RECORDS] = {ENGINE_RESOURCES, {8192, 16384, 16384, 16384, 65536}},
};

static uint32_t
power_of_two(uint32_t least)
{
	uint32_t power = EVENTS_LEAST;

	while (power < least) {
		power *= 2;
	}
	return power;
}

struct sizing
sizing_for(const uint32_t said[CHASSIS_SETTINGS], uint64_t memory)
{
	struct sizing sizing = {.values = {0}};
	unsigned class = CLASSES - 1;

	while (memory < class_memory[class]) {
		class--;
	}
	for (unsigned i = 0; i < CHASSIS_SETTINGS; i++) {
		sizing.values[i] = said[i] != 0 ? said[i] : rows[i].sizes[class];
		if (sizing.values[i] == 0) {
			sizing.values[i] = sizing.values[CHASSIS_SESSIONS];
		}
	}
	sizing.values[CHASSIS_EVENT_RECORDS] = power_of_two(sizing.values[CHASSIS_EVENT_RECORDS]);
	return sizing;
}

/* What the workers share out among them; the rest each of them has for itself, or one has for all. */
static bool
is_shared(unsigned setting)
{
	return setting == CHASSIS_SESSIONS;
}

static uint32_t
share(uint32_t all, uint16_t workers)
{
	return all / workers + (all % workers != 0);
}

struct engine_config
sizing_engine(const struct sizing *sizing, uint16_t workers)
{
	struct engine_config config = engine_config_for(share(sizing->values[CHASSIS_SESSIONS], workers));

	for (unsigned i = 0; i < CHASSIS_SETTINGS; i++) {
		const uint32_t value = is_shared(i) ? share(sizing->values[i], workers) : sizing->values[i];

		if (rows[i].resource != ENGINE_RESOURCES) {
			engine_resource_set(&config, rows[i].resource, value);
		}
	}
	config.workers = workers;
	return config;
}

uint64_t
sizing_octets(const struct sizing *sizing, uint16_t workers)
{
	const struct engine_config config = sizing_engine(sizing, workers);
	const uint64_t events = (uint64_t)sizing->values[CHASSIS_EVENT_RECORDS] * sizeof(struct event);

	return (engine_size(&config) + events) * workers;
}

bool
sizing_fits(const struct sizing *sizing, uint16_t workers, uint64_t memory, struct text *error)
{
	const uint64_t need = sizing_octets(sizing, workers);

	if (need <= memory / 4 * 3) {
		return true;
	}
	text_printf(error,
	    "the tables that the chassis file asks for (sessions %u) need %.1f GiB; of the %.1f GiB of memory here at most three "
	    "quarters may be theirs",
	    (unsigned)sizing->values[CHASSIS_SESSIONS], (double)need / (double)GIB, (double)memory / (double)GIB);
	return false;
}

/* --- the machine ------------------------------------------------------------------------------------------------ */

/* A file's first line. */
static bool
read_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");
	const bool good = file != NULL && fgets(line, size, file) != NULL;

	if (file != NULL) {
		(void)fclose(file);
	}
	line[good ? strcspn(line, "\n") : 0] = '\0';
	return good;
}

/* The least memory.max on the way from a control group up to the root. */
static uint64_t
group_limit(char *group)
{
	uint64_t least = UINT64_MAX;
	char line[LINE];

	for (;;) {
		struct text path = TEXT_EMPTY;
		char *slash = strrchr(group, '/');

		text_printf(&path, "/sys/fs/cgroup%s/memory.max", group);
		if (read_line(text_string(&path), line, LINE)) {
			char *end = line;
			const unsigned long long limit = strtoull(line, &end, 10); /* or "max" */

			least = end != line && limit < least ? limit : least;
		}
		text_release(&path);
		if (slash == NULL) {
			return least;
		}
		*slash = '\0';
	}
}

uint64_t
sizing_memory(void)
{
	const long pages = sysconf(_SC_PHYS_PAGES);
	const long page = sysconf(_SC_PAGESIZE);
	const uint64_t machine = pages <= 0 || page <= 0 ? 0 : (uint64_t)pages * (uint64_t)page;
	char group[LINE];
	uint64_t limit = UINT64_MAX;

	/* Of the unified hierarchy alone: "0::/system.slice/sallyport.service". */
	if (read_line("/proc/self/cgroup", group, LINE) && strncmp(group, "0::", 3) == 0) {
		limit = group_limit(group + 3);
	}
	return limit < machine ? limit : machine;
}
