/*
 * A ring between two threads. See base/ring.h.
 */
#include "base/ring.h"

#include <assert.h>
#include <stdlib.h>

#include "base/pages.h"

struct ring *
ring_create(uint32_t capacity, uint32_t size)
{
	struct ring *ring = aligned_alloc(RING_LINE, sizeof(*ring));

	assert(capacity > 0 && (capacity & (capacity - 1)) == 0 && size > 0);
	if (ring == NULL) {
		return NULL;
	}
	*ring = (struct ring){.mask = capacity - 1, .size = size};
	ring->items = calloc(capacity, size);
	if (ring->items == NULL) {
		free(ring);
		return NULL;
	}
	(void)pages_populate(ring->items, (size_t)capacity * size);
	return ring;
}

void
ring_destroy(struct ring *ring)
{
	if (ring != NULL) {
		free(ring->items);
		free(ring);
	}
}
