/*
 * A ring between two threads: one puts items of a fixed size in, one takes them out, in order; neither waits for the other,
 * and what an item points at goes over with it.
 *
 * Shared: `written` (stored with release by ring_put(), loaded with acquire by ring_take()) and `read` (the other way round).
 * Each side keeps the other's number as it last saw it, and looks again only when that says full or empty: so a line of
 * memory moves between the processors once in many items.
 *
 * Life cycle: ring_create() -> ... -> ring_destroy(). Items that are left are forgotten.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	RING_LINE = 64, /* octets of a cache line */
};

struct ring {
	/* fixed */
	_Alignas(RING_LINE) uint8_t *items;
	uint32_t mask;
	uint32_t size; /* of an item, octets */
	/* of who puts */
	_Alignas(RING_LINE) _Atomic uint32_t written;
	uint32_t read_seen;
	/* of who takes */
	_Alignas(RING_LINE) _Atomic uint32_t read;
	uint32_t written_seen;
};

/* => capacity is a power of two, size > 0. NULL: no memory. */
struct ring *ring_create(uint32_t capacity, uint32_t size) __attribute__((warn_unused_result));
void ring_destroy(struct ring *ring);

/* Puts the first of `count` items in, as many as there is room for, and says how many. */
static inline uint32_t
ring_put(struct ring *ring, const void *items, uint32_t count)
{
	const uint32_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
	const uint8_t *from = items;
	uint32_t room = ring->mask + 1 - (written - ring->read_seen);

	if (room < count) {
		ring->read_seen = atomic_load_explicit(&ring->read, memory_order_acquire);
		room = ring->mask + 1 - (written - ring->read_seen);
	}
	const uint32_t put = count < room ? count : room;

	for (uint32_t i = 0; i < put; i++) {
		memcpy(ring->items + (size_t)((written + i) & ring->mask) * ring->size, from + (size_t)i * ring->size,
		    ring->size);
	}
	atomic_store_explicit(&ring->written, written + put, memory_order_release);
	return put;
}

/* Takes up to `most` items out; says how many. */
static inline uint32_t
ring_take(struct ring *ring, void *items, uint32_t most)
{
	const uint32_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
	uint8_t *to = items;
	uint32_t there = ring->written_seen - read;

	if (there == 0) {
		ring->written_seen = atomic_load_explicit(&ring->written, memory_order_acquire);
		there = ring->written_seen - read;
	}
	const uint32_t taken = most < there ? most : there;

	for (uint32_t i = 0; i < taken; i++) {
		memcpy(to + (size_t)i * ring->size, ring->items + (size_t)((read + i) & ring->mask) * ring->size, ring->size);
	}
	if (taken > 0) {
		atomic_store_explicit(&ring->read, read + taken, memory_order_release);
	}
	return taken;
}

/* As who takes sees it. */
static inline bool
ring_empty(const struct ring *ring)
{
	return atomic_load_explicit(&ring->read, memory_order_relaxed) ==
	    atomic_load_explicit(&ring->written, memory_order_acquire);
}

#endif
