/*
 * Arrays that grow. See base/array.h.
 */
#include "base/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

void *
array_grow(void *array, size_t count, size_t *capacity, size_t size)
{
	assert(count <= *capacity && (array != NULL || *capacity == 0));
	if (count < *capacity) {
		return array;
	}
	const size_t wanted = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
	void *moved = wanted > *capacity ? reallocarray(array, wanted, size) : NULL;

	if (moved != NULL) {
		*capacity = wanted;
	}
	return moved;
}

void *
array_reach(void *array, uint32_t *count, uint32_t number, size_t size)
{
	if (number < *count) {
		return array;
	}
	const size_t wanted = (size_t)number + 1;
	uint8_t *moved = reallocarray(array, wanted, size);

	if (moved == NULL) {
		return NULL;
	}
	memset(moved + *count * size, 0, (wanted - *count) * size);
	*count = (uint32_t)wanted;
	return moved;
}
