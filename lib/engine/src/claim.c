/*
 * Our own IPv6 addresses on a link: asked for before they are used, announced when they are ours
 * (RFC 4862 5.4, RFC 4861 7.2.6). See discovery_private.h.
 *
 * The pool is walked by unit; a unit has few addresses. Under neighbours_auto nothing is asked or
 * announced: captures are played against addresses that are ours from the start. Of several workers the first one asks,
 * announces and answers; the others take them for ours.
 */
#include "engine_private.h"

#include <string.h>

enum {
	TICKS_ASK = 1 * TICKS_A_SECOND, /* RetransTimer */
	QUESTIONS = 1,                  /* DupAddrDetectTransmits */
	SAY_AGAIN = 60 * TICKS_A_SECOND, /* a record about the same address */
	DUE_MOST = 64,
};

size_t
claim_table_size(uint32_t claims, uint32_t units)
{
	return line_up(claims * sizeof(struct claim)) + line_up(units * sizeof(struct discovery));
}

void
claim_table_init(
    struct claim_table *table, void *memory, uint32_t claims, uint32_t units, uint32_t tick)
{
	uint8_t *next = memory;

	table->claims = (struct claim *)(void *)next;
	next += line_up(claims * sizeof(struct claim));
	table->units = (struct discovery *)(void *)next;
	table->capacity = claims;
	table->count = 0;
	table->unit_count = units;
	table->free = CLAIM_NONE;
	for (uint32_t i = claims; i > 0; i--) {
		table->claims[i - 1].state = CLAIM_ABSENT;
		table->claims[i - 1].next = table->free;
		wheel_link_init(&table->claims[i - 1].link);
		table->free = i - 1;
	}
	for (uint32_t i = 0; i < units; i++) {
		table->units[i] = (struct discovery){.claims = CLAIM_NONE};
		wheel_link_init(&table->units[i].link);
	}
	wheel_init(&table->wheel, &table->claims[0].link, sizeof(struct claim), tick);
	wheel_init(&table->advertisers, &table->units[0].link, sizeof(struct discovery), tick);
}

bool
unit_discovers(const struct engine *engine, uint16_t number)
{
	const struct unit *unit = &engine->units[number];

	return engine->snapshot != NULL && number < engine->snapshot->unit_count &&
	       engine->snapshot->flow.inet6_mode != INET6_MODE_DROP &&
	       (unit->flags & UNIT_USABLE) != 0 && (unit->flags & UNIT_TUNNEL) == 0 &&
	       unit->zone != SNAPSHOT_NONE && engine->snapshot->units[number].has_inet6;
}

static bool
configured(const struct engine *engine, uint16_t number, struct ipv6_address address)
{
	const struct snapshot_unit *unit = &engine->snapshot->units[number];

	for (uint16_t i = 0; i < unit->address6_count; i++) {
		if (ipv6_equal(unit->addresses6[i].address, address)) {
			return true;
		}
	}
	return false;
}

static struct claim *
find(const struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	const struct claim_table *table = &engine->claims;

	for (uint32_t i = table->units[unit].claims; i != CLAIM_NONE; i = table->claims[i].next) {
		if (ipv6_equal(table->claims[i].address, address)) {
			return &table->claims[i];
		}
	}
	return NULL;
}

static void
begin(struct engine *engine, struct claim *claim)
{
	struct claim_table *table = &engine->claims;

	claim->asked = 0;
	claim->state = CLAIM_VALID;
	if (!engine->config.neighbours_auto && engine->config.worker == 0) {
		claim->state = CLAIM_TENTATIVE;
		timer_arm(&table->wheel, engine->tick, (uint32_t)(claim - table->claims),
		    engine->tick + 1);
	}
}

static void
take_address(struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	struct claim_table *table = &engine->claims;
	const uint32_t index = table->free;

	if (find(engine, unit, address) != NULL) {
		return;
	}
	if (index == CLAIM_NONE) {
		reason_note(engine, REASON_ND_ADDRESSES_FULL);
		return;
	}
	struct claim *claim = &table->claims[index];

	assert(claim->state == CLAIM_ABSENT);
	table->free = claim->next;
	table->count++;
	claim->address = address;
	claim->unit = unit;
	claim->said = 0;
	claim->next = table->units[unit].claims;
	table->units[unit].claims = index;
	begin(engine, claim);
}

/* Gives up the unit's claims that are configured no more. */
static void
release_unit(struct engine *engine, uint16_t unit)
{
	struct claim_table *table = &engine->claims;
	const bool discovers = unit_discovers(engine, unit);
	uint32_t *link = &table->units[unit].claims;

	while (*link != CLAIM_NONE) {
		const uint32_t index = *link;
		struct claim *claim = &table->claims[index];

		if (discovers && configured(engine, unit, claim->address)) {
			/* The configuration may have mended it. */
			if (claim->state == CLAIM_DUPLICATE) {
				begin(engine, claim);
			}
			link = &claim->next;
			continue;
		}
		*link = claim->next;
		wheel_cancel(&table->wheel, index);
		claim->state = CLAIM_ABSENT;
		claim->next = table->free;
		table->free = index;
		assert(table->count > 0);
		table->count--;
	}
}

/* Asks for the unit's addresses again. */
static void
restart(struct engine *engine, uint16_t unit)
{
	struct claim_table *table = &engine->claims;

	for (uint32_t i = table->units[unit].claims; i != CLAIM_NONE; i = table->claims[i].next) {
		begin(engine, &table->claims[i]);
	}
	advertise_restart(engine, unit);
}

void
claims_apply(struct engine *engine)
{
	for (uint32_t i = 0; i < engine->claims.unit_count; i++) {
		release_unit(engine, (uint16_t)i);
	}
	for (uint32_t i = 0; i < engine->claims.unit_count; i++) {
		const uint16_t unit = (uint16_t)i;

		if (unit_discovers(engine, unit)) {
			const struct snapshot_unit *from = &engine->snapshot->units[unit];

			for (uint16_t a = 0; a < from->address6_count; a++) {
				take_address(engine, unit, from->addresses6[a].address);
			}
		}
		advertise_apply(engine, unit);
	}
}

void
engine_set_link(struct engine *engine, uint16_t unit, bool up)
{
	if (unit >= engine->claims.unit_count) {
		return;
	}
	struct discovery *discovery = &engine->claims.units[unit];
	const bool returns = up && discovery->down;

	discovery->down = !up;
	if (!up) {
		neighbour_lose_unit(engine, unit);
	} else if (returns) {
		restart(engine, unit);
		nat_announce_unit(engine, unit);
	}
}

enum claim_state
claim_of(const struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	const struct claim *claim = find(engine, unit, address);

	if (claim != NULL) {
		return (enum claim_state)claim->state;
	}
	return unit_discovers(engine, unit) && configured(engine, unit, address) ? CLAIM_VALID
									       : CLAIM_ABSENT;
}

struct ipv6_address
claim_speaker(const struct engine *engine, uint16_t unit)
{
	const struct ipv6_address none = {0, 0};
	const struct snapshot_unit *from = &engine->snapshot->units[unit];

	if (claim_of(engine, unit, from->link_local) == CLAIM_VALID) {
		return from->link_local;
	}
	for (uint16_t i = 0; i < from->address6_count; i++) {
		if (claim_of(engine, unit, from->addresses6[i].address) == CLAIM_VALID) {
			return from->addresses6[i].address;
		}
	}
	return none;
}

void
claim_contested(struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	struct claim *claim = find(engine, unit, address);

	if (claim == NULL) {
		return;
	}
	const bool lost = claim->state == CLAIM_TENTATIVE;

	if (lost) {
		claim->state = CLAIM_DUPLICATE;
		wheel_cancel(&engine->claims.wheel, (uint32_t)(claim - engine->claims.claims));
	} else if (claim->said != 0 && engine->tick - claim->said < SAY_AGAIN) {
		return;
	}
	claim->said = engine->tick != 0 ? engine->tick : 1;
	struct event *event = event_next(engine, EVENT_ADDRESS_DUPLICATE);

	if (event == NULL) {
		return;
	}
	event->policy = PACKET_NO_POLICY;
	event->application = UINT32_MAX;
	event->from_zone = PACKET_NO_ZONE;
	event->to_zone = PACKET_NO_ZONE;
	event->unit = unit;
	event->source = address;
	event->reason = (uint16_t)(claim->state == CLAIM_DUPLICATE ? REASON_ND_DUPLICATE
								   : REASON_ND_CONFLICT);
	event->logged = 1;
}

bool
claim_asked(
    const struct engine *engine, uint16_t unit, const struct nd_message *solicitation)
{
	const struct claim *claim = find(engine, unit, solicitation->target);

	return claim != NULL && claim->asked > 0 && solicitation->has_nonce &&
	       memcmp(claim->nonce, solicitation->nonce, sizeof claim->nonce) == 0;
}

static void
ask(struct engine *engine, struct claim *claim)
{
	const uint64_t nonce = random_u64(engine->config.random);

	memcpy(claim->nonce, &nonce, sizeof claim->nonce);
	claim->asked++;
	listener_join(engine, claim->unit, claim->address);
	nd_ask_duplicate(engine, claim->unit, claim);
	timer_arm(&engine->claims.wheel, engine->tick,
	    (uint32_t)(claim - engine->claims.claims), engine->tick + TICKS_ASK);
}

static void
timer(struct engine *engine, struct claim *claim)
{
	assert(claim->state == CLAIM_TENTATIVE);
	if (engine->claims.units[claim->unit].down) {
		return; /* engine_set_link() begins again */
	}
	if (claim->asked < QUESTIONS) {
		ask(engine, claim);
		return;
	}
	claim->state = CLAIM_VALID;
	/* The first report may have had no source that a switch heeds. */
	listener_join(engine, claim->unit, claim->address);
	nd_announce(engine, claim->unit, claim->address);
}

bool
claims_advance(struct engine *engine)
{
	struct claim_table *table = &engine->claims;
	uint32_t due[DUE_MOST];
	const uint32_t count = wheel_advance(&table->wheel, engine->tick, due, DUE_MOST);

	for (uint32_t i = 0; i < count; i++) {
		timer(engine, &table->claims[due[i]]);
	}
	return wheel_behind(&table->wheel, engine->tick);
}
