/*
 * A hash map from two numbers to one, for the time of a compilation: open addressing, at most half full.
 */
#include "classifier_build.h"

enum {
	FIRST_SIZE = 64,
	TABLE_SPARE = 2,
};

static uint32_t
slot_of(const struct pair_map *map, uint32_t first, uint32_t second)
{
	uint32_t place = classifier_hash(first, second) & map->mask;

	while (map->slots[place].used != 0 &&
	    (map->slots[place].first != first || map->slots[place].second != second)) {
		place = (place + 1) & map->mask;
	}
	return place;
}

static bool
grow_map(struct pair_map *map, struct arena *scratch)
{
	const struct pair_map former = *map;
	const uint32_t size = former.slots == NULL ? FIRST_SIZE : (former.mask + 1) * 2;

	map->slots = arena_take(scratch, size, sizeof(*map->slots));
	if (map->slots == NULL) {
		*map = former;
		return false;
	}
	map->mask = size - 1;
	for (uint32_t i = 0; former.slots != NULL && i <= former.mask; i++) {
		if (former.slots[i].used != 0) {
			map->slots[slot_of(map, former.slots[i].first, former.slots[i].second)] = former.slots[i];
		}
	}
	return true;
}

uint32_t *
pair_map_place(struct pair_map *map, struct arena *scratch, uint32_t first, uint32_t second, uint32_t fresh)
{
	if ((map->slots == NULL || (map->count + 1) * TABLE_SPARE > map->mask) && !grow_map(map, scratch)) {
		return NULL;
	}
	struct pair_map_slot *slot = &map->slots[slot_of(map, first, second)];
	if (slot->used == 0) {
		*slot = (struct pair_map_slot){.first = first, .second = second, .value = fresh, .used = 1};
		map->count++;
	}
	return &slot->value;
}

uint32_t
pair_map_find(const struct pair_map *map, uint32_t first, uint32_t second)
{
	if (map->slots == NULL) {
		return CLASSIFIER_NONE;
	}
	const struct pair_map_slot *slot = &map->slots[slot_of(map, first, second)];
	return slot->used == 0 ? CLASSIFIER_NONE : slot->value;
}
