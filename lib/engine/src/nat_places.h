/*
 * Which addresses of pools have nothing left: so that the one that has is found without asking the others.
 *
 * Each pool of several addresses has places, one an address; a map says of a class of protocols which are closed: one map for
 * free ports, at first open, one for those that rest and may be woken, at first closed. A place is closed by who found nothing
 * there, and opened when something comes back; that it is open is a guess, that it is closed is true. Words of 64 places have a bit each in a summary.
 *
 * Memory is the engine's; one thread.
 */
#ifndef ENGINE_NAT_PLACES_H
#define ENGINE_NAT_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#define NAT_PLACE_NONE UINT32_MAX

enum {
	NAT_PLACES = 65536, /* over all pools; those that find no room are searched by trying */
	NAT_PLACE_WORDS = NAT_PLACES / 64,
	NAT_PLACE_CLASSES = 3,
};

enum nat_map {
	NAT_MAP_FREE,
	NAT_MAP_RESTING,
	NAT_MAPS
};

struct nat_place_map {
	uint64_t summary[NAT_PLACE_WORDS / 64];
	uint64_t closed[NAT_PLACE_WORDS];
};

struct nat_places {
	uint32_t used; /* handed out */
	struct nat_place_map maps[NAT_MAPS][NAT_PLACE_CLASSES];
};

/* Takes all places back; all have free ports, and none has one that rests. */
void nat_places_reset(struct nat_places *places);
/* `count` places one after the other: the first, or NAT_PLACE_NONE when there is no room. */
uint32_t nat_places_assign(struct nat_places *places, uint32_t count);

/* Which map: what it is about, and the class of protocols. */
struct nat_place_of {
	enum nat_map map;
	uint32_t class;
};
void nat_places_close(struct nat_places *places, struct nat_place_of of, uint32_t place);
void nat_places_open(struct nat_places *places, struct nat_place_of of, uint32_t place);
static inline bool
nat_places_are_open(const struct nat_places *places, struct nat_place_of of, uint32_t place)
{
	return (places->maps[of.map][of.class].closed[place / 64] >> place % 64 & 1) == 0;
}
/* All may have free ports. */
void nat_places_open_all(struct nat_places *places);
/* The first open one of first..first + count - 1 from `from` on, round the end; NAT_PLACE_NONE: all are closed. */
struct nat_place_range {
	uint32_t first;
	uint32_t count;
};
uint32_t nat_places_next(
    const struct nat_places *places, struct nat_place_of of, struct nat_place_range range, uint32_t from);

#endif
