/*
 * Which parts of an engine's memory are used from when on. A packet that is the first to write a page waits for the kernel, some
 * milliseconds at worst, so the caller has pages behind memory before it is used (base/pages.h).
 *
 * Pools are used from their beginning on, and a place that was never used only when no other is free; so their arrays need
 * pages some way ahead of the mark alone. What is in no array here is used from the start.
 */
#ifndef ENGINE_MEMORY_H
#define ENGINE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct snapshot;

/* Whose places an array has. */
enum engine_pool {
	ENGINE_POOL_SESSIONS,
	ENGINE_POOL_NAT_BLOCKS,
	ENGINE_POOL_NAT_BINDINGS,
	ENGINE_POOL_NAT_MAPPINGS,
	ENGINE_POOL_NAT_REMOTES,
	ENGINE_POOL_REFERRALS,
	ENGINE_POOL_LIMITS, /* counters of limits: all of it, while engine_limits_wanted() */
	ENGINE_POOLS
};

struct engine_array {
	const uint8_t *start;
	size_t item; /* octets of a place */
	uint32_t count;
	enum engine_pool pool;
};

enum { ENGINE_ARRAYS = 13 };

/* All of them, as they lie in memory; returns how many. Does not change after engine_init(): any thread. */
uint32_t engine_arrays(const struct engine *engine, struct engine_array arrays[ENGINE_ARRAYS]);
/* How many places of each pool were ever used. The engine's own thread. */
void engine_pool_marks(const struct engine *engine, uint32_t marks[ENGINE_POOLS]);
/* Places of a pool of `count` of which `mark` were used that ought to have pages: some more. */
uint32_t engine_pool_ahead(uint32_t count, uint32_t mark);
/* Does this configuration limit sessions by address? Then ENGINE_POOL_LIMITS is written as soon as it is in force. */
bool engine_limits_wanted(const struct snapshot *snapshot);

#endif
