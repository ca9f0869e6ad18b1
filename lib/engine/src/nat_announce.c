/*
 * Translated addresses on a link: those in a unit's subnets are answered for (REQ-NAT-040), and announced when they appear,
 * so that neighbours forget who had them before (RFC 5944 4.6: an ARP request from and to the address).
 *
 * What appears with a configuration is a list of ranges, worked off a few addresses at a time.
 */
#include "engine_private.h"

enum {
	ANNOUNCE_MOST = 16, /* addresses in one call */
};

bool
nat_answers(const struct engine *engine, uint16_t unit, uint32_t address)
{
	if (unit >= engine->snapshot->unit_count) {
		return false;
	}
	const struct snapshot_unit *configured = &engine->snapshot->units[unit];
	uint32_t low = 0;
	uint32_t high = configured->answer_count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (configured->answers[middle].high < address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < configured->answer_count && configured->answers[low].low <= address;
}

static void
announce_range(struct engine *engine, uint16_t unit, uint32_t low, uint32_t high)
{
	struct nat_announcements *list = &engine->announcements;

	if (list->count < NAT_ANNOUNCEMENTS) {
		list->ranges[list->count++] =
		    (struct nat_announcement){.range = {.low = low, .high = high}, .unit = unit};
	}
}

/* Of a range, what the former configuration had not. => `former` is sorted and disjoint */
static void
announce_new(struct engine *engine, uint16_t unit, struct snapshot_nat_range range, const struct snapshot_unit *former)
{
	const uint16_t count = former == NULL ? 0 : former->answer_count;

	for (uint16_t i = 0; i < count && former->answers[i].low <= range.high; i++) {
		const struct snapshot_nat_range *had = &former->answers[i];

		if (had->high < range.low) {
			continue;
		}
		if (had->low > range.low) {
			announce_range(engine, unit, range.low, had->low - 1);
		}
		if (had->high >= range.high) {
			return;
		}
		range.low = had->high + 1;
	}
	announce_range(engine, unit, range.low, range.high);
}

/* Was the unit there, on the same link? */
static bool
same_link(const struct snapshot_unit *unit, const struct snapshot_unit *former)
{
	return former->present && former->enabled && former->port == unit->port && former->vlan == unit->vlan;
}

void
nat_announce_apply(struct engine *engine, const struct snapshot *former)
{
	const struct snapshot *snapshot = engine->snapshot;

	engine->announcements.count = 0;
	if (snapshot == NULL || engine->config.neighbours_auto || engine->config.worker != 0) {
		return;
	}
	for (uint16_t i = 0; i < snapshot->unit_count; i++) {
		const struct snapshot_unit *unit = &snapshot->units[i];
		const struct snapshot_unit *before =
		    former != NULL && i < former->unit_count && same_link(unit, &former->units[i]) ? &former->units[i]
												    : NULL;

		for (uint16_t r = 0; r < unit->answer_count; r++) {
			announce_new(engine, i, unit->answers[r], before);
		}
	}
}

void
nat_announce_unit(struct engine *engine, uint16_t unit)
{
	if (engine->snapshot == NULL || unit >= engine->snapshot->unit_count || engine->config.neighbours_auto ||
	    engine->config.worker != 0) {
		return;
	}
	for (uint16_t i = 0; i < engine->snapshot->units[unit].answer_count; i++) {
		announce_new(engine, unit, engine->snapshot->units[unit].answers[i], NULL);
	}
}

bool
nat_announce_advance(struct engine *engine)
{
	struct nat_announcements *list = &engine->announcements;

	for (int i = 0; i < ANNOUNCE_MOST && list->count > 0; i++) {
		struct nat_announcement *last = &list->ranges[list->count - 1];
		const struct unit *unit = unit_of(engine, last->unit);

		if (unit == NULL || (unit->flags & UNIT_USABLE) == 0 || unit->zone == SNAPSHOT_NONE) {
			list->count--;
			continue;
		}
		if (output_room(engine) == 0 || !arp_announce(engine, last->unit, last->range.low)) {
			return false; /* later, there is no packet for it */
		}
		if (last->range.low == last->range.high) {
			list->count--;
		} else {
			last->range.low++;
		}
	}
	return list->count > 0;
}
