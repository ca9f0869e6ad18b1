/*
 * The neighbour table: hash chains over a pool, a wheel for timers, a pool of places for waiting
 * packets.
 *
 * When the pool is full an entry that nobody used lately is given up: a failed one, or the least
 * recently used stale (or made-up) one of a few that are looked at. One that works or is asked for
 * is never given up for a stranger, so a scan over a connected subnet cannot push out the
 * neighbours in use. Entries made because somebody asked us use at most three quarters of the pool.
 * Only who asks, and what is counted, look which family an address is of.
 */
#include "egress_private.h"

#include <string.h>

#include "wire/icmp.h"

enum {
	TICKS_ASK = 1 * TICKS_A_SECOND,
	TICKS_REACHABLE = 60 * TICKS_A_SECOND,
	TICKS_SPREAD = TICKS_REACHABLE / 4,
	TICKS_STALE = 1200 * TICKS_A_SECOND,
	TICKS_FAILED = 2 * TICKS_A_SECOND,
	EVICT_LOOKS = 64,
	ADVANCE_MOST = 64,
	CASCADE_MOST = 256,
	CONTROL_WORKER = 0,
};

static size_t
entries_size(uint32_t capacity)
{
	return (size_t)capacity * sizeof(struct neighbour);
}

static size_t
heads_size(uint32_t capacity)
{
	return line_up((size_t)heads_for(capacity) * sizeof(uint32_t));
}

size_t
neighbour_table_size(uint32_t capacity, uint32_t held)
{
	return entries_size(capacity) + heads_size(capacity) + line_up((size_t)held * sizeof(struct held));
}

void
neighbour_table_init(struct neighbour_table *table, void *memory, uint32_t capacity, uint32_t held,
    struct hash_key secret, uint32_t tick)
{
	uint8_t *next = memory;

	table->entries = (struct neighbour *)(void *)next;
	next += entries_size(capacity);
	table->heads = (uint32_t *)(void *)next;
	next += heads_size(capacity);
	table->held = (struct held *)(void *)next;
	table->secret = secret;
	table->capacity = capacity;
	table->count = 0;
	table->held_count = 0;
	table->superframes = 0;
	table->unanswered6 = 0;
	table->head_mask = heads_for(capacity) - 1;
	for (uint32_t i = 0; i <= table->head_mask; i++) {
		table->heads[i] = NEIGHBOUR_NONE;
	}
	table->free = NEIGHBOUR_NONE;
	for (uint32_t i = capacity; i > 0; i--) {
		struct neighbour *entry = &table->entries[i - 1];

		entry->state = NEIGHBOUR_ABSENT;
		entry->next = table->free;
		wheel_link_init(&entry->link);
		table->free = i - 1;
	}
	table->held_free = NEIGHBOUR_NONE;
	for (uint32_t i = held; i > 0; i--) {
		table->held[i - 1].next = table->held_free;
		table->held_free = i - 1;
	}
	wheel_init(&table->wheel, &table->entries[0].link, sizeof(struct neighbour), tick);
	table->wheel.cascade_most = CASCADE_MOST;
}

static uint32_t *
chain_of(const struct neighbour_table *table, uint16_t unit, struct ipv6_address address)
{
	uint64_t hash = hash_pair(&table->secret, unit, address.low);

	/* Those of IPv4 are done. */
	if (address.high != 0) {
		hash = hash_pair(&table->secret, hash, address.high);
	}
	return &table->heads[hash & table->head_mask];
}

uint32_t
neighbour_find(const struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	const struct neighbour_table *table = &engine->neighbours;
	uint32_t index = *chain_of(table, unit, address);

	while (index != NEIGHBOUR_NONE) {
		const struct neighbour *entry = &table->entries[index];

		if (ipv6_equal(entry->address, address) && entry->unit == unit) {
			break;
		}
		index = entry->next;
	}
	return index;
}

/* The count of those of the entry's unit and family that nobody has answered for; NULL: it is none of them. */
static uint32_t *
unanswered_of(const struct engine *engine, const struct neighbour *entry)
{
	const bool unanswered =
	    entry->state == NEIGHBOUR_INCOMPLETE || entry->state == NEIGHBOUR_FAILED;

	return unanswered ? &engine->claims.units[entry->unit].unanswered[!ipv6_is_mapped(entry->address)]
			  : NULL;
}

/* Before and after the state of an entry changes. */
static void
uncount(struct engine *engine, const struct neighbour *entry)
{
	uint32_t *count = unanswered_of(engine, entry);

	if (count != NULL) {
		assert(*count > 0);
		(*count)--;
		engine->neighbours.unanswered6 -= !ipv6_is_mapped(entry->address);
	}
}

static void
count(struct engine *engine, const struct neighbour *entry)
{
	uint32_t *count = unanswered_of(engine, entry);

	if (count != NULL) {
		(*count)++;
		engine->neighbours.unanswered6 += !ipv6_is_mapped(entry->address);
	}
}

static void
set_state(struct engine *engine, struct neighbour *entry, enum neighbour_state state)
{
	uncount(engine, entry);
	entry->state = (uint8_t)state;
	count(engine, entry);
}

/* Takes the first waiting packet off an entry's queue; NULL when there is none. */
static struct packet *
queue_take(struct neighbour_table *table, struct neighbour *entry)
{
	if (entry->waiting == 0) {
		return NULL;
	}
	const uint32_t place = entry->first;
	struct packet *packet = table->held[place].packet;

	entry->first = table->held[place].next;
	entry->waiting--;
	table->held[place].next = table->held_free;
	table->held_free = place;
	assert(table->held_count > 0);
	table->held_count--;
	if (packet->segment_size != 0) {
		assert(table->superframes > 0);
		table->superframes--;
	}
	return packet;
}

static void
forget(struct engine *engine, uint32_t index)
{
	struct neighbour_table *table = &engine->neighbours;
	struct neighbour *entry = &table->entries[index];
	uint32_t *link = chain_of(table, entry->unit, entry->address);
	struct packet *packet;

	for (packet = queue_take(table, entry); packet != NULL; packet = queue_take(table, entry)) {
		reason_note(engine, REASON_EGRESS_DOWN);
		output_put(engine, packet, ENGINE_FREE);
	}
	while (*link != index) {
		assert(*link != NEIGHBOUR_NONE);
		link = &table->entries[*link].next;
	}
	*link = entry->next;
	wheel_cancel(&table->wheel, index);
	uncount(engine, entry);
	entry->state = NEIGHBOUR_ABSENT;
	entry->serial++;
	entry->next = table->free;
	table->free = index;
	table->count--;
}

/* Gives up an entry that nobody misses. */
static bool
evict(struct engine *engine)
{
	const struct neighbour_table *table = &engine->neighbours;
	uint32_t oldest = NEIGHBOUR_NONE;
	uint32_t age = 0;
	/* A walk from a place that moves with time: no state of its own to keep. */
	const uint32_t start = (uint32_t)(engine->now >> 10) % table->capacity;

	for (uint32_t i = 0; i < EVICT_LOOKS && i < table->capacity; i++) {
		const uint32_t index = (start + i) % table->capacity;
		const struct neighbour *entry = &table->entries[index];

		if (entry->state == NEIGHBOUR_FAILED) {
			oldest = index;
			break;
		}
		if ((entry->state == NEIGHBOUR_STALE || entry->state == NEIGHBOUR_PERMANENT) &&
		    engine->tick - entry->used >= age) {
			age = engine->tick - entry->used;
			oldest = index;
		}
	}
	if (oldest == NEIGHBOUR_NONE) {
		return false;
	}
	forget(engine, oldest);
	return true;
}

static uint32_t
create(struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	struct neighbour_table *table = &engine->neighbours;

	if (table->free == NEIGHBOUR_NONE && !evict(engine)) {
		return NEIGHBOUR_NONE;
	}
	const uint32_t index = table->free;
	struct neighbour *entry = &table->entries[index];
	uint32_t *chain = chain_of(table, unit, address);

	assert(entry->state == NEIGHBOUR_ABSENT && entry->waiting == 0);
	table->free = entry->next;
	table->count++;
	entry->address = address;
	entry->unit = unit;
	entry->tries = 0;
	entry->used = engine->tick;
	entry->confirmed = engine->tick;
	entry->router = false;
	set_state(engine, entry, NEIGHBOUR_INCOMPLETE);
	entry->next = *chain;
	*chain = index;
	if (engine->config.neighbours_auto) {
		set_state(engine, entry, NEIGHBOUR_PERMANENT);
		memset(entry->mac, 0, sizeof entry->mac);
		entry->mac[0] = 2;
		entry->mac[3] = (uint8_t)(address.low >> 16);
		entry->mac[4] = (uint8_t)(address.low >> 8);
		entry->mac[5] = (uint8_t)address.low;
	}
	return index;
}

/* May one more be asked for? */
static bool
may_ask(const struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	const struct neighbour_table *table = &engine->neighbours;
	const bool ipv6 = !ipv6_is_mapped(address);

	return engine->claims.units[unit].unanswered[ipv6] < (table->capacity + 3) / 4 &&
	       (!ipv6 || table->unanswered6 < (table->capacity + 1) / 2);
}

uint32_t
neighbour_get(struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	struct neighbour_table *table = &engine->neighbours;
	uint32_t *recent = &table->recent[unit & (NEIGHBOUR_RECENT - 1)];
	const struct neighbour *entry = &table->entries[*recent];

	if (entry->state != NEIGHBOUR_ABSENT && entry->unit == unit && ipv6_equal(entry->address, address)) {
		return *recent;
	}
	uint32_t index = neighbour_find(engine, unit, address);

	if (index == NEIGHBOUR_NONE && may_ask(engine, unit, address)) {
		index = create(engine, unit, address);
	}
	*recent = index == NEIGHBOUR_NONE ? *recent : index;
	return index;
}

/* Is the question that is open one to all, which any station may answer? */
static bool
asks_all(const struct neighbour *entry)
{
	return entry->state == NEIGHBOUR_INCOMPLETE || entry->tries == NEIGHBOUR_TRIES;
}

/* What other workers have to know of an entry. */
static void
say(struct engine *engine, const struct neighbour *entry, enum engine_message_kind kind, uint16_t worker)
{
	struct engine_message message = {
	    .kind = (uint8_t)kind,
	    .worker = worker,
	    .first = entry->address,
	    .place = entry->unit,
	};

	memcpy(message.mac, entry->mac, sizeof message.mac);
	sharing_say(engine, &message);
}

static void
ask(struct engine *engine, uint32_t index)
{
	struct neighbour *entry = &engine->neighbours.entries[index];
	const uint8_t *mac;

	entry->tries++;
	mac = asks_all(entry) ? NULL : entry->mac;
	if (engine->config.worker != CONTROL_WORKER) {
		say(engine, entry, MESSAGE_ASK, CONTROL_WORKER);
	} else if (ipv6_is_mapped(entry->address)) {
		(void)arp_request(engine, entry->unit, (uint32_t)entry->address.low, mac);
	} else {
		nd_solicit(engine, entry->unit, entry->address, mac);
	}
	timer_arm(&engine->neighbours.wheel, engine->tick, index, engine->tick + TICKS_ASK);
}

enum reason
neighbour_hold(struct engine *engine, uint32_t index, struct packet *packet)
{
	struct neighbour_table *table = &engine->neighbours;
	struct neighbour *entry = &table->entries[index];

	if (entry->state == NEIGHBOUR_FAILED) {
		return REASON_NEIGHBOUR_UNREACHABLE;
	}
	assert(entry->state == NEIGHBOUR_INCOMPLETE);
	const uint32_t superframes = table->superframes + (packet->segment_size != 0 ? 1U : 0U);

	if (entry->waiting == NEIGHBOUR_QUEUE || table->held_free == NEIGHBOUR_NONE ||
	    superframes > NEIGHBOUR_SUPERFRAMES) {
		return REASON_NEIGHBOUR_QUEUE_FULL;
	}
	table->superframes = superframes;
	const uint32_t place = table->held_free;

	table->held_free = table->held[place].next;
	table->held_count++;
	table->held[place].packet = packet;
	if (entry->waiting == 0) {
		entry->first = place;
	} else {
		table->held[entry->last].next = place;
	}
	entry->last = place;
	entry->waiting++;
	if (entry->tries == 0) {
		ask(engine, index);
	}
	return REASON_NEIGHBOUR_WAIT;
}

void
neighbour_refresh(struct engine *engine, uint32_t index)
{
	struct neighbour *entry = &engine->neighbours.entries[index];

	assert(entry->state == NEIGHBOUR_STALE || entry->state == NEIGHBOUR_REACHABLE);
	set_state(engine, entry, NEIGHBOUR_PROBE);
	entry->tries = 0;
	ask(engine, index);
}

/*
 * How long an entry is reachable: 45 to 60 s, by its place, so that neighbours who were learned at once (a link came up, a
 * table was cleared) neither age nor are asked again at once. 07816
 */
static uint32_t
reachable_ticks(uint32_t index)
{
	const uint32_t golden = 2654435761U; /* successive places fall far apart */

	return TICKS_REACHABLE - (uint32_t)(((uint64_t)(index * golden) * TICKS_SPREAD) >> 32);
}

/* The address is known: all that waited goes. */
static void
confirm(struct engine *engine, uint32_t index, const uint8_t *mac)
{
	struct neighbour_table *table = &engine->neighbours;
	struct neighbour *entry = &table->entries[index];
	struct unit *unit = &engine->units[entry->unit];
	struct packet *packet;

	memcpy(entry->mac, mac, sizeof entry->mac);
	set_state(engine, entry, NEIGHBOUR_REACHABLE);
	entry->tries = 0;
	entry->confirmed = engine->tick;
	timer_arm(&table->wheel, engine->tick, index, engine->tick + reachable_ticks(index));
	for (packet = queue_take(table, entry); packet != NULL; packet = queue_take(table, entry)) {
		entry->used = engine->tick;
		egress_frame(engine, packet, unit, entry->mac);
	}
	if (engine_shares(engine) && engine->config.worker == CONTROL_WORKER) {
		say(engine, entry, MESSAGE_NEIGHBOUR, ENGINE_ALL_WORKERS);
	}
}

void
neighbour_wanted(struct engine *engine, const struct engine_message *message)
{
	const struct unit *unit = unit_of(engine, message->place);
	const uint32_t index = unit == NULL || (unit->flags & UNIT_USABLE) == 0
				   ? NEIGHBOUR_NONE
				   : neighbour_get(engine, message->place, message->first);

	if (index == NEIGHBOUR_NONE) {
		return; /* it asks again, and gives up as we would */
	}
	struct neighbour *entry = &engine->neighbours.entries[index];

	entry->used = engine->tick;
	switch ((enum neighbour_state)entry->state) {
	case NEIGHBOUR_INCOMPLETE:
		if (entry->tries == 0) {
			ask(engine, index);
		}
		break;
	case NEIGHBOUR_STALE:
		/* It may use it on, and hears what comes of the question. */
		say(engine, entry, MESSAGE_NEIGHBOUR, message->from);
		neighbour_refresh(engine, index);
		break;
	case NEIGHBOUR_REACHABLE:
	case NEIGHBOUR_PROBE:
	case NEIGHBOUR_PERMANENT:
		say(engine, entry, MESSAGE_NEIGHBOUR, message->from);
		break;
	case NEIGHBOUR_FAILED:
		say(engine, entry, MESSAGE_SILENCE, message->from);
		break;
	}
}

bool
neighbour_answered(
    struct engine *engine, uint16_t unit, struct ipv6_address address, const uint8_t *mac)
{
	const uint32_t index = neighbour_find(engine, unit, address);

	if (index == NEIGHBOUR_NONE) {
		return false;
	}
	const struct neighbour *entry = &engine->neighbours.entries[index];

	if ((entry->state != NEIGHBOUR_INCOMPLETE && entry->state != NEIGHBOUR_PROBE) ||
	    entry->tries == 0 ||
	    (!asks_all(entry) && !ethernet_same_address(entry->mac, mac))) {
		return false;
	}
	confirm(engine, index, mac);
	return true;
}

void
neighbour_heard(struct engine *engine, uint16_t unit, struct ipv6_address address,
    const uint8_t *mac, bool may_create)
{
	const struct neighbour_table *table = &engine->neighbours;
	uint32_t index = neighbour_find(engine, unit, address);

	if (engine->config.neighbours_auto) {
		return;
	}
	if (index == NEIGHBOUR_NONE) {
		if (!may_create || table->count >= table->capacity - table->capacity / 4) {
			return;
		}
		index = create(engine, unit, address);
		if (index != NEIGHBOUR_NONE) {
			confirm(engine, index, mac);
		}
		return;
	}
	const struct neighbour *entry = &table->entries[index];
	const bool same = ethernet_same_address(entry->mac, mac);

	if (!neighbour_usable(entry)) {
		if (may_create) {
			confirm(engine, index, mac);
		}
	} else if (same && may_create) {
		confirm(engine, index, mac);
	} else if (!same && entry->state != NEIGHBOUR_PROBE) {
		neighbour_refresh(engine, index);
	}
}

void
neighbour_sweep(struct engine *engine)
{
	const struct neighbour_table *table = &engine->neighbours;

	for (uint32_t i = 0; i < table->capacity && table->count > 0; i++) {
		const struct neighbour *entry = &table->entries[i];

		if (entry->state != NEIGHBOUR_ABSENT &&
		    ((engine->units[entry->unit].flags & UNIT_USABLE) == 0 ||
			(!ipv6_is_mapped(entry->address) && !unit_discovers(engine, entry->unit)))) {
			forget(engine, i);
		}
	}
}

void
neighbour_lose_unit(struct engine *engine, uint16_t unit)
{
	const struct neighbour_table *table = &engine->neighbours;

	for (uint32_t i = 0; i < table->capacity && table->count > 0; i++) {
		if (table->entries[i].state != NEIGHBOUR_ABSENT && table->entries[i].unit == unit) {
			forget(engine, i);
		}
	}
}

void
engine_clear_neighbour(struct engine *engine, uint64_t now, const struct engine_neighbour_view *view)
{
	const uint32_t index = neighbour_find(engine, view->unit, view->address);

	assert(now >= engine->now);
	engine->now = now;
	engine->tick = (uint32_t)(now / TICK_NS);
	if (index != NEIGHBOUR_NONE) {
		forget(engine, index);
	}
}

/* No answer came: whoever sent what waited hears of it. */
static void
fail(struct engine *engine, uint32_t index)
{
	struct neighbour_table *table = &engine->neighbours;
	struct neighbour *entry = &table->entries[index];
	struct packet *packet;

	set_state(engine, entry, NEIGHBOUR_FAILED);
	timer_arm(&table->wheel, engine->tick, index, engine->tick + TICKS_FAILED);
	if (engine_shares(engine) && engine->config.worker == CONTROL_WORKER) {
		say(engine, entry, MESSAGE_SILENCE, ENGINE_ALL_WORKERS);
	}
	for (packet = queue_take(table, entry); packet != NULL; packet = queue_take(table, entry)) {
		const bool ours = packet->result.reason != REASON_NEIGHBOUR_WAIT;

		reason_note(engine, REASON_NEIGHBOUR_UNREACHABLE);
		if (ours || !reply_late_unreachable(engine, packet, ICMP_UNREACHABLE_HOST)) {
			output_put(engine, packet, ENGINE_FREE);
		}
	}
}

void
neighbour_told(struct engine *engine, const struct engine_message *message)
{
	const uint32_t index = message->place < engine->config.units
				   ? neighbour_find(engine, message->place, message->first)
				   : NEIGHBOUR_NONE;

	if (index == NEIGHBOUR_NONE || (engine->units[message->place].flags & UNIT_USABLE) == 0) {
		return;
	}
	if (message->kind == MESSAGE_NEIGHBOUR) {
		confirm(engine, index, message->mac);
	} else if (engine->neighbours.entries[index].state != NEIGHBOUR_FAILED) {
		fail(engine, index);
	}
}

static void
timer(struct engine *engine, uint32_t index)
{
	struct neighbour *entry = &engine->neighbours.entries[index];

	switch ((enum neighbour_state)entry->state) {
	case NEIGHBOUR_INCOMPLETE:
	case NEIGHBOUR_PROBE:
		if (entry->tries < NEIGHBOUR_TRIES) {
			ask(engine, index);
		} else {
			fail(engine, index);
		}
		return;
	case NEIGHBOUR_REACHABLE:
		set_state(engine, entry, NEIGHBOUR_STALE);
		timer_arm(&engine->neighbours.wheel, engine->tick, index, engine->tick + TICKS_STALE);
		return;
	case NEIGHBOUR_STALE:
	case NEIGHBOUR_FAILED:
		forget(engine, index);
		return;
	case NEIGHBOUR_PERMANENT:
		return;
	}
}

bool
neighbour_advance(struct engine *engine)
{
	uint32_t due[ADVANCE_MOST];
	const uint32_t count =
	    wheel_advance(&engine->neighbours.wheel, engine->tick, due, ADVANCE_MOST);

	for (uint32_t i = 0; i < count; i++) {
		/* An earlier one of this batch may have needed the place. */
		if (engine->neighbours.entries[due[i]].state != NEIGHBOUR_ABSENT &&
		    !wheel_armed(&engine->neighbours.wheel, due[i])) {
			timer(engine, due[i]);
		}
	}
	return wheel_behind(&engine->neighbours.wheel, engine->tick);
}
