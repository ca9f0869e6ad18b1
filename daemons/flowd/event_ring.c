/*
 * A ring of event records. See event_ring.h.
 */
#include "event_ring.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/pages.h"

enum {
	LINE = 64, /* octets of a cache line */
};

struct event_ring {
	_Alignas(LINE) struct event *events;
	uint32_t capacity;
	int descriptor;
	/* the writer's */
	_Atomic uint64_t lost;
	_Atomic uint32_t written;
	uint32_t next;
	/* the reader's, on a line of its own */
	_Alignas(LINE) _Atomic uint32_t read;
	_Atomic bool told;
};

struct event_ring *
event_ring_create(uint32_t capacity)
{
	struct event_ring *ring = aligned_alloc(LINE, sizeof(*ring));

	assert(capacity > 0 && (capacity & (capacity - 1)) == 0);
	if (ring == NULL) {
		return NULL;
	}
	*ring = (struct event_ring){.capacity = capacity};
	ring->events = calloc(capacity, sizeof(*ring->events));
	ring->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ring->events == NULL || ring->descriptor < 0) {
		event_ring_destroy(ring);
		return NULL;
	}
	(void)pages_populate(ring->events, capacity * sizeof(*ring->events));
	return ring;
}

void
event_ring_destroy(struct event_ring *ring)
{
	if (ring == NULL) {
		return;
	}
	if (ring->descriptor >= 0) {
		(void)close(ring->descriptor);
	}
	free(ring->events);
	free(ring);
}

void
event_ring_write(struct event_ring *ring, const struct event *event)
{
	if (ring->next - atomic_load_explicit(&ring->read, memory_order_acquire) == ring->capacity) {
		/* One writer: a plain addition, made visible. */
		atomic_store_explicit(&ring->lost, atomic_load_explicit(&ring->lost, memory_order_relaxed) + 1,
		    memory_order_relaxed);
		return;
	}
	ring->events[ring->next & (ring->capacity - 1)] = *event;
	ring->next++;
}

void
event_ring_publish(struct event_ring *ring)
{
	if (atomic_load_explicit(&ring->written, memory_order_relaxed) == ring->next) {
		return;
	}
	atomic_store_explicit(&ring->written, ring->next, memory_order_release);
	/* Both sides swap `told` with acquire and release: either the reader's look comes after our store, or we wake it. */
	if (!atomic_exchange_explicit(&ring->told, true, memory_order_acq_rel)) {
		(void)eventfd_write(ring->descriptor, 1);
	}
}

int
event_ring_descriptor(const struct event_ring *ring)
{
	return ring->descriptor;
}

void
event_ring_seen(struct event_ring *ring)
{
	eventfd_t woken = 0;

	(void)eventfd_read(ring->descriptor, &woken);
	(void)atomic_exchange_explicit(&ring->told, false, memory_order_acq_rel);
}

bool
event_ring_read(struct event_ring *ring, struct event *event)
{
	const uint32_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);

	if (read == atomic_load_explicit(&ring->written, memory_order_acquire)) {
		return false;
	}
	*event = ring->events[read & (ring->capacity - 1)];
	atomic_store_explicit(&ring->read, read + 1, memory_order_release);
	return true;
}

uint32_t
event_ring_waiting(const struct event_ring *ring)
{
	return atomic_load_explicit(&ring->written, memory_order_acquire) -
	    atomic_load_explicit(&ring->read, memory_order_relaxed);
}

uint32_t
event_ring_capacity(const struct event_ring *ring)
{
	return ring->capacity;
}

uint64_t
event_ring_lost(const struct event_ring *ring)
{
	return atomic_load_explicit(&ring->lost, memory_order_relaxed);
}
