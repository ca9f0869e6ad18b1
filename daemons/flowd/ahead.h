/*
 * Pages ahead of an engine: its memory has pages behind it before a packet needs them (engine/memory.h, base/pages.h).
 *
 * Of tables that are used all over at once: all, by ahead_begin(). Of pools: some places more than were ever used, by
 * ahead_follow(). So memory that nobody needs is not taken, and a worker hardly ever waits for a page.
 *
 * Belongs to one thread; the engine's may run meanwhile, as only pages are got and nothing is written.
 */
#ifndef FLOWD_AHEAD_H
#define FLOWD_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/memory.h"

struct ahead {
	const uint8_t *memory;
	size_t size;
	struct engine_array arrays[ENGINE_ARRAYS];
	uint32_t count;
	uint32_t done[ENGINE_ARRAYS]; /* places of each array that have pages */
};

/* => `memory` is an initialised engine's, of `size` octets, borrowed */
void ahead_init(struct ahead *ahead, const struct engine *engine, const void *memory, size_t size);
/* What is in no pool. */
void ahead_begin(const struct ahead *ahead);
/* What a pool will need soon that has used `mark` places. Returns the mark at which it is time to be called again; UINT32_MAX:
 * never. */
uint32_t ahead_follow(struct ahead *ahead, enum engine_pool pool, uint32_t mark);
/* All of a pool. */
void ahead_whole(struct ahead *ahead, enum engine_pool pool);

#endif
