/*
 * Limits of sessions by address (REQ-SCR-027 to 029): how many sessions each source and each destination has, by the zone
 * that they come in from. Exact at any number of sessions: there is a place for both addresses of each.
 *
 * Counted while any zone has such a screen; when the first one comes all sessions that there are, are counted once. A session
 * is checked before the policies and counted when it is made (E-120: refused while the count is at the limit, and no longer).
 *
 * An address is known by 64 bits of a keyed hash. Places are tried one after the other; what is behind one that becomes free
 * moves up.
 */
#include "engine_private.h"

#include <string.h>

enum {
	SIDES = 2, /* source, destination */
};

static uint32_t
places_for(uint32_t sessions)
{
	uint64_t places = 64;

	while (places < (uint64_t)sessions * SIDES * 5 / 4) {
		places *= 2;
	}
	return (uint32_t)places;
}

size_t
screen_limits_size(uint32_t sessions)
{
	return (size_t)places_for(sessions) * sizeof(struct screen_holder);
}

void
screen_limits_init(struct screen_limits *limits, void *memory, uint32_t sessions, struct hash_key secret)
{
	limits->holders = memory;
	limits->mask = places_for(sessions) - 1;
	limits->secret = secret;
}

/* 0 is a free place's. */
static uint64_t
name_of(const struct screen_limits *limits, struct ipv6_address address, uint16_t zone, unsigned side)
{
	return hash_four(&limits->secret, address.high, address.low, zone, side) | 1;
}

static uint32_t
home_of(const struct screen_limits *limits, uint64_t name)
{
	return (uint32_t)(name >> 32) & limits->mask;
}

/* Its place, or the free one where it would stand. */
static uint32_t
place_of(const struct screen_limits *limits, uint64_t name)
{
	uint32_t place = home_of(limits, name);

	while (limits->holders[place].name != 0 && limits->holders[place].name != name) {
		place = (place + 1) & limits->mask;
	}
	return place;
}

static void
give_back(struct screen_limits *limits, uint32_t hole)
{
	struct screen_holder *holders = limits->holders;

	for (uint32_t i = (hole + 1) & limits->mask; holders[i].name != 0; i = (i + 1) & limits->mask) {
		const uint32_t home = home_of(limits, holders[i].name);

		if (((i - home) & limits->mask) >= ((i - hole) & limits->mask)) {
			holders[hole] = holders[i];
			hole = i;
		}
	}
	holders[hole] = (struct screen_holder){.name = 0};
}

static void
add(struct screen_limits *limits, uint64_t name)
{
	struct screen_holder *holder = &limits->holders[place_of(limits, name)];

	holder->name = name;
	holder->count++;
}

static void
take(struct screen_limits *limits, uint64_t name)
{
	const uint32_t place = place_of(limits, name);

	assert(limits->holders[place].name == name && limits->holders[place].count > 0);
	if (--limits->holders[place].count == 0) {
		give_back(limits, place);
	}
}

void
screen_session_change(struct engine *engine, const struct session *session, bool began)
{
	struct screen_limits *limits = &engine->screens.session_limits;
	const struct flow_addresses addresses =
	    session_addresses_of(&engine->table, session, SESSION_FORTH);
	const struct ipv6_address sides[SIDES] = {addresses.source, addresses.destination};

	for (unsigned side = 0; side < SIDES; side++) {
		const uint64_t name =
		    name_of(limits, sides[side], session->common.zone[SESSION_FORTH], side);

		if (began) {
			add(limits, name);
		} else {
			take(limits, name);
		}
	}
}

void
screen_limits_apply(struct engine *engine)
{
	struct screen_limits *limits = &engine->screens.session_limits;
	const struct snapshot *snapshot = engine->snapshot;
	const uint64_t bits = screen_bit(SCREEN_LIMIT_SOURCE) | screen_bit(SCREEN_LIMIT_DESTINATION);
	bool wanted = false;

	for (uint32_t i = 0; snapshot != NULL && i < snapshot->zone_count; i++) {
		const struct snapshot_screens *screens = snapshot->zones[i].screens;

		wanted = wanted || (screens != NULL && (screens->on & bits) != 0);
	}
	if (wanted && !limits->counting) {
		memset(limits->holders, 0, ((size_t)limits->mask + 1) * sizeof(limits->holders[0]));
		for (uint32_t i = 0; i < engine->table.capacity; i++) {
			if (engine->table.sessions[i].common.number != 0) {
				screen_session_change(engine, &engine->table.sessions[i], true);
			}
		}
	}
	limits->counting = wanted;
}

enum reason
screen_limit(struct engine *engine, const struct item *item)
{
	static const enum screen rows[SIDES] = {SCREEN_LIMIT_SOURCE, SCREEN_LIMIT_DESTINATION};
	const struct screen_limits *limits = &engine->screens.session_limits;
	const struct snapshot_screens *screens = engine->snapshot->zones[item->zone].screens;
	const struct flow_addresses addresses = item_flow_addresses(item);
	const struct ipv6_address sides[SIDES] = {addresses.source, addresses.destination};
	enum reason reason = REASON_NONE;

	for (unsigned side = 0; limits->counting && screens != NULL && side < SIDES && reason == REASON_NONE;
	     side++) {
		const uint64_t name = name_of(limits, sides[side], item->zone, side);

		if ((screens->on & screen_bit(rows[side])) != 0 &&
		    limits->holders[place_of(limits, name)].count >= screens->thresholds[rows[side]]) {
			reason = screen_detect(engine, item, rows[side]);
		}
	}
	return reason;
}
