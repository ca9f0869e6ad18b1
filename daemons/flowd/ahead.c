/*
 * Pages ahead of an engine. See ahead.h.
 */
#include "ahead.h"

#include <assert.h>

#include "base/pages.h"

void
ahead_init(struct ahead *ahead, const struct engine *engine, const void *memory, size_t size)
{
	*ahead = (struct ahead){.memory = memory, .size = size};
	ahead->count = engine_arrays(engine, ahead->arrays);
}

void
ahead_begin(const struct ahead *ahead)
{
	const uint8_t *next = ahead->memory;

	/* Between the pools' arrays, and behind the last. */
	for (uint32_t i = 0; i < ahead->count; i++) {
		const struct engine_array *array = &ahead->arrays[i];

		assert(array->start >= next);
		(void)pages_populate(next, (size_t)(array->start - next));
		next = array->start + array->item * array->count;
	}
	(void)pages_populate(next, (size_t)(ahead->memory + ahead->size - next));
}

static void
populate_to(struct ahead *ahead, uint32_t index, uint32_t places)
{
	const struct engine_array *array = &ahead->arrays[index];

	if (places > ahead->done[index]) {
		(void)pages_populate(
		    array->start + array->item * ahead->done[index], array->item * (places - ahead->done[index]));
		ahead->done[index] = places;
	}
}

uint32_t
ahead_follow(struct ahead *ahead, enum engine_pool pool, uint32_t mark)
{
	uint32_t again = UINT32_MAX;

	for (uint32_t i = 0; i < ahead->count; i++) {
		const struct engine_array *array = &ahead->arrays[i];

		if (array->pool == pool) {
			const uint32_t wanted = engine_pool_ahead(array->count, mark);

			populate_to(ahead, i, wanted);
			again = wanted < array->count ? mark + (wanted - mark) / 2 : UINT32_MAX;
		}
	}
	return again;
}

void
ahead_whole(struct ahead *ahead, enum engine_pool pool)
{
	for (uint32_t i = 0; i < ahead->count; i++) {
		if (ahead->arrays[i].pool == pool) {
			populate_to(ahead, i, ahead->arrays[i].count);
		}
	}
}
