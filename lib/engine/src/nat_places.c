/*
 * Maps of addresses. See nat_places.h.
 */
#include "nat_places.h"

#include <assert.h>
#include <string.h>

enum { BITS = 64 };

void
nat_places_open_all(struct nat_places *places)
{
	memset(places->maps[NAT_MAP_FREE], 0, sizeof(places->maps[NAT_MAP_FREE]));
}

void
nat_places_reset(struct nat_places *places)
{
	places->used = 0;
	nat_places_open_all(places);
	memset(places->maps[NAT_MAP_RESTING], 0xff, sizeof(places->maps[NAT_MAP_RESTING]));
}

uint32_t
nat_places_assign(struct nat_places *places, uint32_t count)
{
	const uint32_t first = places->used;

	if (count == 0 || count > NAT_PLACES - first) {
		return NAT_PLACE_NONE;
	}
	places->used += count;
	return first;
}

void
nat_places_close(struct nat_places *places, struct nat_place_of of, uint32_t place)
{
	struct nat_place_map *map = &places->maps[of.map][of.class];

	assert(place < NAT_PLACES && of.class < NAT_PLACE_CLASSES);
	map->closed[place / BITS] |= 1ULL << place % BITS;
	if (map->closed[place / BITS] == UINT64_MAX) {
		map->summary[place / BITS / BITS] |= 1ULL << place / BITS % BITS;
	}
}

void
nat_places_open(struct nat_places *places, struct nat_place_of of, uint32_t place)
{
	struct nat_place_map *map = &places->maps[of.map][of.class];

	assert(place < NAT_PLACES && of.class < NAT_PLACE_CLASSES);
	map->closed[place / BITS] &= ~(1ULL << place % BITS);
	map->summary[place / BITS / BITS] &= ~(1ULL << place / BITS % BITS);
}

/* Bits from `low` on within a word whose first bit is `first`. */
static uint64_t
bits_from(uint32_t first, uint32_t low)
{
	return low <= first ? UINT64_MAX : low - first >= BITS ? 0 : UINT64_MAX << (low - first);
}

/* The first open place in low..high, or none. */
static uint32_t
search(const struct nat_place_map *map, uint32_t low, uint32_t high)
{
	uint64_t open = ~map->closed[low / BITS] & bits_from(low / BITS * BITS, low);
	uint32_t word = low / BITS;

	for (uint32_t group = (word + 1) / BITS; open == 0 && group <= high / BITS / BITS; group++) {
		const uint64_t words = ~map->summary[group] & bits_from(group * BITS, low / BITS + 1);

		if (words != 0) {
			word = group * BITS + (uint32_t)__builtin_ctzll(words);
			open = ~map->closed[word];
		}
	}
	const uint32_t place = open == 0 ? NAT_PLACE_NONE : word * BITS + (uint32_t)__builtin_ctzll(open);

	return place <= high ? place : NAT_PLACE_NONE;
}

uint32_t
nat_places_next(
    const struct nat_places *places, struct nat_place_of of, struct nat_place_range range, uint32_t from)
{
	const struct nat_place_map *map = &places->maps[of.map][of.class];
	const uint32_t last = range.first + range.count - 1;
	uint32_t found;

	assert(range.count > 0 && from >= range.first && from <= last && last < NAT_PLACES);
	found = search(map, from, last);
	return found != NAT_PLACE_NONE || from == range.first ? found : search(map, range.first, from - 1);
}
