/*
 * Arrays that grow one by one, or to a number: for what reads configurations and messages (never lib/engine, which has no heap).
 *
 *   struct thing *items = array_grow(list->items, list->count, &list->capacity, sizeof(*items));
 *
 *   if (items == NULL) {
 *           return false;
 *   }
 *   list->items = items;
 *   items[list->count++] = thing;
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Room for one more item of `size` octets behind `count`: the array, which may have moved, and `*capacity` says how many it
 * has room for. NULL: memory is short, and the array is what it was. => an empty one is NULL with capacity 0; free() ends it
 */
void *array_grow(void *array, size_t count, size_t *capacity, size_t size) __attribute__((warn_unused_result));

/*
 * An array in which things stand by their numbers: with room for `number`, whose new items are zeros, and `*count` says how many
 * there are. NULL: memory is short, and the array is what it was.
 */
void *array_reach(void *array, uint32_t *count, uint32_t number, size_t size) __attribute__((warn_unused_result));

#endif
