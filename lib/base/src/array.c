/*
 * Arrays that grow one by one. See base/array.h.
 */
#include "base/array.h"

#include <assert.h>
#include <stdlib.h>

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
