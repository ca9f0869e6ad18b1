/*
 * Where the fragments of a datagram go when there are several workers.
 *
 * Fragments but the first have no ports, so their hash is of addresses and identification (engine/owner.h), and all of a
 * datagram come to one worker first: by this table it sends them after the first one, in the order in which they came, to the
 * worker whose session it is. That one follows, holds or puts them together as if it had got them itself (datagram.c), so
 * what screens and checks see is one datagram, whole. Those that come before the first one wait here.
 *
 * The first one goes to where its session is: here; where a referral says; where the hash of its ports leads, which may have a
 * session or a referral; and if there is none anywhere to that one, or to worker 0 if it is for ourselves.
 *
 * An entry ends soon after all of its datagram has come, as its identification may be used again. That is known of what comes in
 * order or backwards, from both ends; of others it is not, and their entry ends with the time that fragments have. It is
 * known by 64 bits of a keyed hash. In a full set the one that got a fragment the longest ago goes, and what waits for it is dropped: it fails
 * closed, as it does when too many wait.
 */
#include "egress_private.h"

#include "inspect_private.h"

enum {
	NOWHERE = UINT16_MAX,
	WAIT_TICKS = 30 * TICKS_A_SECOND,
	AGAIN_TICKS = TICKS_A_SECOND / 5,
	SWEEP_SETS = 8, /* that one relay_advance() looks at */
};

#define PLACE_NONE UINT32_MAX

static struct packet *
waiting_take(struct relays *relays, struct relay *relay, struct relay_place *copy)
{
	if (relay->waiting == 0) {
		return NULL;
	}
	const uint32_t index = relay->first;
	struct relay_place *place = &relays->places[index];

	*copy = *place;
	relay->first = place->next;
	relay->waiting--;
	place->next = relays->free;
	relays->free = index;
	assert(relays->held > 0);
	relays->held--;
	return copy->packet;
}

static void
relay_drop(struct engine *engine, struct relay *relay, enum reason reason)
{
	struct relay_place place;

	while (waiting_take(&engine->sharing.relays, relay, &place) != NULL) {
		struct item item = {.packet = place.packet, .ip = place.packet->data};

		finish_refused(engine, &item, reason);
	}
	*relay = (struct relay){.name = 0};
}

/* Its entry; a new one takes the place of the oldest of its set. */
static struct relay *
relay_get(struct engine *engine, const struct datagram_key *key)
{
	struct relays *relays = &engine->sharing.relays;
	const uint64_t name = hash_bytes(&engine->sharing.with.secret, key, sizeof *key) | 1;
	struct relay *set = &relays->relays[(name >> 32) % RELAY_SETS * RELAY_WAYS];
	struct relay *oldest = set;

	for (unsigned i = 0; i < RELAY_WAYS; i++) {
		if (set[i].name == name &&
		    engine->tick - set[i].tick < (set[i].complete ? AGAIN_TICKS : WAIT_TICKS)) {
			set[i].tick = engine->tick;
			return &set[i];
		}
		if (oldest->name != 0 &&
		    (set[i].name == 0 || engine->tick - set[i].tick > engine->tick - oldest->tick)) {
			oldest = &set[i];
		}
	}
	relay_drop(engine, oldest, REASON_FRAGMENT_EVICTED);
	*oldest = (struct relay){.name = name, .tick = engine->tick, .high = UINT32_MAX, .worker = NOWHERE};
	return oldest;
}

/* Is it for ourselves, by the route? Its session is with worker 0 then, if it has one. */
static bool
to_ourselves(const struct engine *engine, const struct item *item)
{
	struct way way;

	if ((item->flags & ITEM_IPV6) != 0) {
		return ipv6_is_multicast(item->addresses.destination) ||
		       (route_find6(engine, item->instance, item->unit, item->addresses.destination, &way) ==
			       REASON_NONE &&
			   way.local);
	}
	return item->destination == UINT32_MAX || ipv4_class(item->destination) == IPV4_CLASS_MULTICAST ||
	       unit_broadcast(engine, item->unit, item->destination) ||
	       (route_find(engine, item->instance, item->destination, &way) == REASON_NONE && way.local);
}

/* Where the datagram of a first fragment goes. */
static uint16_t
relay_worker(struct engine *engine, const struct item *first)
{
	const uint16_t self = engine->config.worker;
	struct transport_head head;
	struct item item = *first;
	uint16_t owner = self;

	/* What is wrong with it is said here. */
	if (inspect_head(engine, &item, &head) != REASON_NONE || item_session(engine, &item) != SESSION_NONE) {
		return self;
	}
	if (sharing_find(engine, &item, &owner)) {
		return owner;
	}
	owner = sharing_owner(engine, &item);
	if (owner != self && (item.packet->flags & PACKET_ADMIT) == 0) {
		return owner;
	}
	return to_ourselves(engine, &item) ? 0 : self;
}

/* It waits, or is dropped for want of room. */
static void
relay_hold(struct engine *engine, struct relay *relay, struct item *item)
{
	struct relays *relays = &engine->sharing.relays;
	const uint32_t index = relays->free;

	if (relays->held == RELAY_HELD) {
		finish_drop(engine, item->packet, REASON_FRAGMENT_TABLE_FULL);
		return;
	}
	struct relay_place *place = &relays->places[index];

	packet_to_ip(item->packet, item->ip, item->length);
	relays->free = place->next;
	relays->held++;
	*place = (struct relay_place){
	    .packet = item->packet, .next = PLACE_NONE, .flags = item->flags, .zone = item->zone};
	if (relay->waiting == 0) {
		relay->first = index;
	} else {
		relays->places[relay->last].next = index;
	}
	relay->last = index;
	relay->waiting++;
	verdict_set(engine, item->packet, VERDICT_CONSUME, REASON_FRAGMENT_HELD);
}

static void
relay_on(struct engine *engine, const struct relay *relay, struct item *item)
{
	if (relay->worker != engine->config.worker) {
		sharing_hand_unseen(engine, item, relay->worker, relay->worker == 0);
	} else {
		datagram_enter(engine, item);
	}
}

/* What waited goes before the first one: in the order in which it came. */
static void
relay_release(struct engine *engine, struct relay *relay)
{
	struct relay_place place;

	while (waiting_take(&engine->sharing.relays, relay, &place) != NULL) {
		struct item item = datagram_recall(place.packet, place.zone, (uint8_t)place.flags);

		/* A change may have come between. */
		if (!datagram_unit_remains(engine, &item)) {
			finish_drop(engine, item.packet, REASON_SESSION_ZONE);
		} else {
			relay_on(engine, relay, &item);
		}
	}
}

static void
relay_count(struct relay *relay, const struct relay_piece *piece)
{
	const uint32_t end = piece->offset + piece->size;

	if (piece->offset <= relay->low && end > relay->low) {
		relay->low = end;
	}
	if (!piece->more || (end >= relay->high && piece->offset < relay->high)) {
		relay->high = piece->offset;
	}
	relay->complete = relay->waiting == 0 && relay->low >= relay->high;
}

void
relay_packet(struct engine *engine, struct item *item, const struct relay_piece *piece)
{
	struct relay *relay = relay_get(engine, piece->key);

	/* Another first one of the same datagram goes where the others are, to be refused there. */
	if (piece->offset == 0 && relay->complete) {
		*relay = (struct relay){.name = relay->name, .tick = engine->tick, .high = UINT32_MAX, .worker = NOWHERE};
	}
	if (piece->offset == 0 && relay->worker == NOWHERE) {
		relay->worker = relay_worker(engine, item);
	}
	if (relay->worker == NOWHERE) {
		relay_hold(engine, relay, item);
	} else {
		relay_release(engine, relay);
		relay_on(engine, relay, item);
	}
	relay_count(relay, piece);
}

void
relay_advance(struct engine *engine)
{
	struct relays *relays = &engine->sharing.relays;

	for (uint32_t i = 0; i < SWEEP_SETS * RELAY_WAYS && relays->held > 0; i++) {
		struct relay *relay = &relays->relays[relays->swept++ % (RELAY_SETS * RELAY_WAYS)];

		if (relay->waiting > 0 && engine->tick - relay->tick >= WAIT_TICKS) {
			relay_drop(engine, relay, REASON_FRAGMENT_TIMEOUT);
		}
	}
}

void
relay_close(struct engine *engine)
{
	struct relays *relays = &engine->sharing.relays;

	for (uint32_t i = 0; i < RELAY_SETS * RELAY_WAYS && relays->held > 0; i++) {
		relay_drop(engine, &relays->relays[i], REASON_NO_CONFIGURATION);
	}
}
