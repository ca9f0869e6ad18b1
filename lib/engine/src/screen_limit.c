/*
 * Limits of sessions by address (REQ-SCR-027 to 029): how many sessions each source and each destination has, by the zone
 * that they come in from. Exact at any number of sessions: there is a place for both addresses of each.
 *
 * Counted while any zone has such a screen, or a baseline is measured. When the first one comes the sessions that there are, are counted once, some in
 * each call of engine_advance(), so that traffic does not wait: until the last of them is counted (a million take two
 * tenths of a second) an address may have more than its limit. The table is emptied the same way before. A session is checked
 * before the policies and counted when it is made (E-120: refused while the count is at the limit, and no longer).
 *
 * An address is known by 64 bits of a keyed hash. Places are tried one after the other; what is behind one that becomes free
 * moves up.
 */
#include "engine_private.h"

#include "engine/memory.h"

#include <string.h>

enum {
	SIDES = 2, /* source, destination */
	/* What a change of the configuration does at once, and each call of engine_advance() after it. */
	PLACES_AT_ONCE = 4096,
	SESSIONS_AT_ONCE = 1024,
	PLACES_A_STEP = 512,
	SESSIONS_A_STEP = 64,
	OTHERS_KNOW_NS = 1000000000, /* after which all workers have the same configuration */
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

static uint64_t
add(struct screen_limits *limits, uint64_t name)
{
	struct screen_holder *holder = &limits->holders[place_of(limits, name)];

	holder->name = name;
	return ++holder->count;
}

static void
take(struct screen_limits *limits, uint64_t name)
{
	const uint32_t place = place_of(limits, name);

	if (limits->holders[place].name != name) {
		return; /* another worker told of it before we counted */
	}
	assert(limits->holders[place].count > 0);
	if (--limits->holders[place].count == 0) {
		give_back(limits, place);
	}
}

/* `levels`: how many its source and its destination have now, of a session that began. */
static void
count_sides(struct engine *engine, const struct flow_addresses *addresses, const struct screen_change *change,
    uint64_t levels[SIDES])
{
	struct screen_limits *limits = &engine->screens.session_limits;
	const struct ipv6_address sides[SIDES] = {addresses->source, addresses->destination};

	for (unsigned side = 0; limits->counting && side < SIDES; side++) {
		const uint64_t name = name_of(limits, sides[side], change->zone, side);

		if (change->began) {
			levels[side] = add(limits, name);
		} else {
			take(limits, name);
		}
	}
}

void
screen_count_holders(
    struct engine *engine, const struct flow_addresses *addresses, const struct screen_change *change)
{
	uint64_t levels[SIDES];

	count_sides(engine, addresses, change, levels);
}

static void
change(struct engine *engine, const struct session *session, bool began, uint64_t levels[SIDES])
{
	const struct flow_addresses addresses =
	    session_addresses_of(&engine->table, session, SESSION_FORTH);
	const struct screen_change what = {.zone = session->common.zone[SESSION_FORTH], .began = began};

	count_sides(engine, &addresses, &what, levels);
	if (engine_shares(engine)) {
		screen_say_holders(engine, &addresses, &what);
	}
}

void
screen_session_change(struct engine *engine, const struct session *session, bool began)
{
	uint64_t levels[SIDES] = {0, 0};

	/* Those behind are counted, or are not there any more, when the walk comes by. */
	if (session_index(&engine->table, session) < engine->screens.session_limits.counted) {
		change(engine, session, began, levels);
	}
	if (engine->baseline != NULL) {
		baseline_session(engine, session, began, levels);
	}
}

bool
screen_limits_whole(const struct engine *engine)
{
	const struct screen_limits *limits = &engine->screens.session_limits;

	return limits->counting && limits->counted == engine->table.capacity;
}

/* Goes on with the walk over the sessions; it has ended when `counted` is the capacity. */
static bool
count_some(struct engine *engine, uint32_t slots)
{
	struct screen_limits *limits = &engine->screens.session_limits;
	const struct session_table *table = &engine->table;
	const uint32_t first = limits->counted;
	const uint32_t last = table->fresh - first > slots ? first + slots : table->fresh;
	uint64_t levels[SIDES];

	for (uint32_t i = first; i < last; i++) {
		if (table->sessions[i].common.number != 0) {
			change(engine, &table->sessions[i], true, levels);
		}
	}
	limits->counted = last == table->fresh ? table->capacity : last;
	return limits->counted < table->capacity;
}

/* Makes some places free. Whoever calls the engine has pages behind them by then (engine/memory.h). */
static void
empty_some(struct screen_limits *limits, uint32_t places)
{
	const uint32_t left = limits->mask - limits->emptied + 1;
	const uint32_t now = left < places ? left : places;

	memset(&limits->holders[limits->emptied], 0, now * sizeof(limits->holders[0]));
	limits->emptied += now;
}

static bool
empty(const struct screen_limits *limits)
{
	return limits->emptied > limits->mask;
}

static void
begin_counting(struct engine *engine, uint32_t slots)
{
	engine->screens.session_limits.counting = true;
	engine->screens.session_limits.counted = 0;
	if (!engine_shares(engine)) {
		(void)count_some(engine, slots);
	}
}

bool
screen_limits_advance(struct engine *engine)
{
	struct screen_limits *limits = &engine->screens.session_limits;

	if (limits->counting && engine_shares(engine) && engine->now < limits->begin) {
		return false;
	}
	if (limits->counting) {
		return limits->counted < engine->table.capacity && count_some(engine, SESSIONS_A_STEP);
	}
	if (limits->wanted && empty(limits)) {
		begin_counting(engine, SESSIONS_A_STEP);
	} else if (limits->wanted) {
		empty_some(limits, PLACES_A_STEP);
	}
	return limits->wanted;
}

void
screen_limits_apply(struct engine *engine)
{
	struct screen_limits *limits = &engine->screens.session_limits;

	limits->wanted = engine->baseline != NULL || engine_limits_wanted(engine->snapshot);
	if (limits->counting && !limits->wanted) {
		limits->counting = false;
		limits->emptied = 0;
	}
	/* In a small table at once. */
	if (limits->wanted && !limits->counting) {
		limits->begin = engine->now + OTHERS_KNOW_NS;
		empty_some(limits, PLACES_AT_ONCE);
		if (empty(limits)) {
			begin_counting(engine, SESSIONS_AT_ONCE);
		}
	}
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
