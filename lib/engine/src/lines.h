/*
 * The memory of tables: whole cache lines, one table behind the other, and numbers of places that are powers of two.
 *
 * Threads: pure functions.
 */
#ifndef ENGINE_LINES_H
#define ENGINE_LINES_H

#include <stddef.h>
#include <stdint.h>

enum {
	CACHE_LINE = 64,
	HEADS_LEAST = 16,
};

/* Octets that begin a line and fill the last one. */
static inline size_t
line_up(size_t size)
{
	return (size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
}

/* Heads of the chains of a hash table with room for so many. => capacity <= 2^31 */
static inline uint32_t
heads_for(uint32_t capacity)
{
	uint32_t heads = HEADS_LEAST;

	while (heads < capacity) {
		heads *= 2;
	}
	return heads;
}

#endif
