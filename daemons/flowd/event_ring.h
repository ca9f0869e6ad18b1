/*
 * A ring of event records between two threads: one writes, one reads, neither waits for the other.
 *
 * The writer's side is event_ring_write(), event_ring_publish(); the reader's is event_ring_descriptor() to sleep on,
 * event_ring_seen() after waking up, event_ring_read(). What the reader has not made room for is lost and counted.
 *
 * Shared: `written` (stored with release by event_ring_publish(), loaded with acquire by event_ring_read()), `read` (the
 * other way round), and `told`, which keeps the writer from waking a reader that has been woken already.
 */
#ifndef FLOWD_EVENT_RING_H
#define FLOWD_EVENT_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/event.h"

struct event_ring;

/* => capacity is a power of two. NULL: no memory or descriptors */
struct event_ring *event_ring_create(uint32_t capacity) __attribute__((warn_unused_result));
void event_ring_destroy(struct event_ring *ring);

/* Puts a record in; the reader sees it after event_ring_publish(). */
void event_ring_write(struct event_ring *ring, const struct event *event);
void event_ring_publish(struct event_ring *ring);

/* Becomes readable when there are records. */
int event_ring_descriptor(const struct event_ring *ring);
/* Before reading: the descriptor is quiet until more is published. */
void event_ring_seen(struct event_ring *ring);
/* The next record, or false. */
bool event_ring_read(struct event_ring *ring, struct event *event);
/* How many wait to be read, and how many there is room for. */
uint32_t event_ring_waiting(const struct event_ring *ring);
uint32_t event_ring_capacity(const struct event_ring *ring);
uint64_t event_ring_lost(const struct event_ring *ring);

#endif
