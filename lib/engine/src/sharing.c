/*
 * What engines that share the packets tell each other about sessions, and how packets get to the worker whose they are. See
 * sharing_private.h for what is kept, engine/owner.h for where a packet goes first.
 *
 * Where a session is made:
 *   - where the hash of its first packet leads, as a rule; a translated port is drawn so that replies lead there too;
 *   - with worker 0, when it is to or from ourselves, or takes an address of a pool for a host of its own: so the host's TUNs,
 *     its limits and these addresses have one owner;
 *   - with another one when the first has no port of the pool left (sharing_try_next()).
 * Wherever the hash of one of its keys leads elsewhere, that worker gets a referral. When it has a session (or another's
 * referral) of that key it refuses, and the session that came later ends: with one worker it would not have begun.
 *
 * No message about a session is lost: the caller says how many it has room for (engine_set_message_room()). With little room no
 * session begins (worker-messages-full), with less none ends by its packets, and those whose time is over wait. So what a session
 * has to say finds room always, and the rest is left to answers.
 *
 * A packet that was handed over and finds no session goes back to where its hash leads, and the referral that sent it is
 * taken away. What goes to and fro is dropped in the end.
 */
#include "egress_private.h"

#include <string.h>

enum {
	ROUNDS = 2, /* in which workers are tried for a port: for free ones, then for those that rest */
	/* Messages that there has to be room for. The rest is for what has to be answered. */
	ROOM_TO_ADVANCE = ENGINE_MESSAGES * 3 / 4, /* what engine_advance() may say at most */
	ROOM_TO_BEGIN = ENGINE_MESSAGES / 2,       /* a burst, and all that follows from it */
	ROOM_TO_END = ENGINE_MESSAGES / 4,
};

size_t
sharing_size(const struct engine_config *config)
{
	if (config->workers == 1) {
		return 0;
	}
	return line_up(config->sessions * sizeof(struct referral)) +
	       line_up(heads_for(config->sessions) * sizeof(uint32_t)) +
	       line_up(RELAY_SETS * RELAY_WAYS * sizeof(struct relay)) +
	       line_up(RELAY_HELD * sizeof(struct relay_place)) + ENGINE_MESSAGES * sizeof(struct engine_message);
}

void
sharing_init(struct sharing *sharing, void *memory, const struct engine_config *config)
{
	struct referrals *referrals = &sharing->referrals;
	uint8_t *next = memory;

	sharing->with = engine_sharing_of(&config->sharing, config->workers);
	sharing->room = UINT32_MAX;
	if (config->workers == 1) {
		return;
	}
	referrals->capacity = config->sessions;
	referrals->head_mask = heads_for(config->sessions) - 1;
	referrals->free = REFERRAL_NONE;
	referrals->entries = (struct referral *)(void *)next;
	next += line_up(config->sessions * sizeof(struct referral));
	referrals->heads = (uint32_t *)(void *)next;
	next += line_up(heads_for(config->sessions) * sizeof(uint32_t));
	sharing->relays.relays = (struct relay *)(void *)next;
	next += line_up(RELAY_SETS * RELAY_WAYS * sizeof(struct relay));
	sharing->relays.places = (struct relay_place *)(void *)next;
	next += line_up(RELAY_HELD * sizeof(struct relay_place));
	sharing->messages = (struct engine_message *)(void *)next;
	for (uint32_t i = 0; i < RELAY_HELD; i++) {
		sharing->relays.places[i].next = i + 1 < RELAY_HELD ? i + 1 : REFERRAL_NONE;
	}
}

/* --- whose a packet is -------------------------------------------------------------------------- */

static uint16_t
owner_of_key(const struct engine *engine, struct flow_key key)
{
	const struct flow_fields fields = flow_fields_of(key);

	return engine_flow_owner4(&engine->sharing.with, engine_end4(fields.source, fields.source_port),
	    engine_end4(fields.destination, fields.destination_port), fields.protocol);
}

static uint16_t
owner_of_key6(const struct engine *engine, struct flow_key key, const struct flow_addresses *addresses)
{
	const struct flow_fields fields = flow_fields_of(key);
	const struct engine_flow flow = {
	    .source = addresses->source,
	    .destination = addresses->destination,
	    .source_port = fields.source_port,
	    .destination_port = fields.destination_port,
	    .protocol = fields.protocol,
	};

	return engine_flow_owner(&engine->sharing.with, &flow);
}

uint16_t
sharing_owner(const struct engine *engine, const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0 ? owner_of_key6(engine, item->key, &item->key_addresses)
					      : owner_of_key(engine, item->key);
}

/* What a client agreed with us goes with its segment, where the buffer begins: no note of it can be lost or left over. */
static uint8_t *
proof_place(const struct packet *packet)
{
	return packet->headroom < sizeof(struct syn_offer) ? NULL : packet->data - packet->headroom;
}

/* False: there is no room for it. */
static bool
put_proof(const struct engine *engine, struct packet *packet)
{
	uint8_t *place = proof_place(packet);

	if (place == NULL) {
		return false;
	}
	memcpy(place, &engine->syn.offer, sizeof engine->syn.offer);
	packet->flags |= PACKET_PROVEN;
	return true;
}

void
sharing_prove(struct engine *engine, struct item *item)
{
	const uint8_t *place = proof_place(item->packet);

	assert(place != NULL);
	memcpy(&engine->syn.offer, place, sizeof engine->syn.offer);
	item->flags |= ITEM_PROVEN;
}

static void
first_hand(struct packet *packet)
{
	if ((packet->flags & PACKET_HANDED) == 0) {
		packet->flags |= PACKET_HANDED;
		packet->handed = 0;
		packet->tried = 0;
	}
}

void
sharing_hand(struct engine *engine, struct item *item, uint16_t worker, bool admit)
{
	struct packet *packet = item->packet;

	assert((item->flags & ITEM_FROM_HOST) == 0 && worker < engine->config.workers);
	first_hand(packet);
	packet->flags &= (uint16_t)~PACKET_PROVEN;
	if ((item->flags & ITEM_PROVEN) != 0 && !put_proof(engine, packet)) {
		finish_drop(engine, packet, REASON_PACKET_POOL_EMPTY);
		return;
	}
	packet->flags = (uint16_t)(admit ? packet->flags | PACKET_ADMIT : packet->flags & ~PACKET_ADMIT);
	if (packet->handed++ >= HAND_OVERS_MOST) {
		finish_drop(engine, packet, REASON_HANDED_ASTRAY);
		return;
	}
	if (item->ip == packet->data) {
		packet->flags |= PACKET_AT_IP;
		packet->flags |= (item->flags & ITEM_GROUP_FRAME) != 0 ? PACKET_TO_GROUP : 0;
		packet->instance = item->unit;
	} else {
		/* It is counted again where it goes. */
		engine->units[item->unit].counters.in_packets -= 1U + packet->segments_more;
		engine->units[item->unit].counters.in_bytes -= packet->length;
	}
	verdict_set(engine, packet, VERDICT_NONE, REASON_HANDED_OFF);
	output_put(engine, packet, ENGINE_HANDOFF);
	engine->outputs[(engine->output_tail - 1) & engine->output_mask].worker = worker;
}

void
sharing_hand_unseen(struct engine *engine, struct item *item, uint16_t worker, bool admit)
{
	if ((item->packet->flags & PACKET_HANDED) == 0) {
		item->packet->flags |= PACKET_UNCOUNTED;
	}
	sharing_hand(engine, item, worker, admit);
}

bool
sharing_hands_over(struct engine *engine, struct item *item)
{
	const uint16_t flags = item->packet->flags;
	uint16_t owner;

	if ((item->flags & ITEM_FROM_HOST) != 0) {
		return false;
	}
	if (sharing_find(engine, item, &owner)) {
		sharing_hand_unseen(engine, item, owner, false);
		return true;
	}
	owner = sharing_owner(engine, item);
	if ((flags & PACKET_ADMIT) != 0 || owner == engine->config.worker) {
		return false;
	}
	if ((flags & PACKET_HANDED) != 0) {
		const struct flow_addresses addresses = item_flow_addresses(item);
		const struct engine_message end = {
		    .kind = MESSAGE_REFER_END,
		    .worker = owner,
		    .first = addresses.source,
		    .second = addresses.destination,
		    .word = item->key.high,
		};

		(void)sharing_say_spare(engine, &end);
	}
	sharing_hand_unseen(engine, item, owner, false);
	return true;
}

static uint16_t
tries_of(const struct item *item)
{
	return (item->packet->flags & PACKET_HANDED) != 0 ? item->packet->tried : 0;
}

bool
sharing_last_try(const struct engine *engine, const struct item *item)
{
	return !engine_shares(engine) || tries_of(item) + 1 >= ROUNDS * engine->config.workers ||
	       (item->flags & ITEM_FROM_HOST) != 0;
}

bool
sharing_may_wake(const struct engine *engine, const struct item *item)
{
	return !engine_shares(engine) || tries_of(item) >= engine->config.workers ||
	       (item->flags & ITEM_FROM_HOST) != 0;
}

void
sharing_try_next(struct engine *engine, struct item *item)
{
	const uint16_t next = (uint16_t)((engine->config.worker + 1U) % engine->config.workers);
	struct packet *packet = item->packet;

	assert(!sharing_last_try(engine, item));
	first_hand(packet);
	packet->tried++;
	sharing_hand(engine, item, next, true);
}

/* --- sessions ----------------------------------------------------------------------------------- */

static void
say_key(struct engine *engine, const struct session *session, unsigned direction, enum engine_message_kind kind)
{
	const struct flow_key key = direction == SESSION_FORTH ? session->forth.key : session->back.key;
	const struct flow_addresses addresses = session_addresses_of(&engine->table, session, direction);
	const uint16_t owner =
	    flow_key_is_ipv6(key) ? owner_of_key6(engine, key, &addresses) : owner_of_key(engine, key);

	/* What our own host sends comes by its TUN. */
	if (owner == engine->config.worker || (direction == SESSION_FORTH && session->common.in_unit == PACKET_NO_UNIT)) {
		return;
	}
	const struct engine_message message = {
	    .kind = (uint8_t)kind,
	    .worker = owner,
	    .first = addresses.source,
	    .second = addresses.destination,
	    .word = key.high,
	};

	sharing_say(engine, &message);
}

void
sharing_key_begins(struct engine *engine, const struct session *session, unsigned direction)
{
	say_key(engine, session, direction, MESSAGE_REFER);
}

void
sharing_key_ends(struct engine *engine, const struct session *session, unsigned direction)
{
	say_key(engine, session, direction, MESSAGE_REFER_END);
}

void
sharing_session_begins(struct engine *engine, const struct session *session)
{
	sharing_key_begins(engine, session, SESSION_FORTH);
	sharing_key_begins(engine, session, SESSION_BACK);
}

void
sharing_session_ends(struct engine *engine, const struct session *session)
{
	sharing_key_ends(engine, session, SESSION_FORTH);
	sharing_key_ends(engine, session, SESSION_BACK);
}

/* --- messages ----------------------------------------------------------------------------------- */

/* How many messages the caller takes now. */
static uint32_t
room_left(const struct sharing *sharing)
{
	const uint32_t waiting = sharing->put - sharing->taken;
	const uint32_t room = sharing->room < ENGINE_MESSAGES ? sharing->room : ENGINE_MESSAGES;

	return waiting < room ? room - waiting : 0;
}

bool
sharing_may_begin(const struct engine *engine)
{
	return room_left(&engine->sharing) >= ROOM_TO_BEGIN;
}

bool
sharing_may_end(const struct engine *engine)
{
	return room_left(&engine->sharing) >= ROOM_TO_END;
}

bool
sharing_may_advance(const struct engine *engine)
{
	return room_left(&engine->sharing) >= ROOM_TO_ADVANCE;
}

void
engine_set_message_room(struct engine *engine, uint32_t room)
{
	engine->sharing.room = room;
}

void
sharing_say(struct engine *engine, const struct engine_message *message)
{
	struct sharing *sharing = &engine->sharing;

	if (!engine_shares(engine)) {
		return;
	}
	if (sharing->put - sharing->taken == ENGINE_MESSAGES) {
		reason_note(engine, REASON_WORKER_MESSAGE_LOST);
		return;
	}
	struct engine_message *place = &sharing->messages[sharing->put++ % ENGINE_MESSAGES];

	*place = *message;
	place->from = engine->config.worker;
}

bool
sharing_say_spare(struct engine *engine, const struct engine_message *message)
{
	const bool spare = !engine_shares(engine) || sharing_may_advance(engine);

	if (spare) {
		sharing_say(engine, message);
	} else {
		reason_note(engine, REASON_WORKER_MESSAGE_LOST);
	}
	return spare;
}

bool
engine_take_message(struct engine *engine, struct engine_message *message)
{
	struct sharing *sharing = &engine->sharing;

	if (sharing->taken == sharing->put) {
		return false;
	}
	*message = sharing->messages[sharing->taken++ % ENGINE_MESSAGES];
	return true;
}

struct flow_key
sharing_key_of(const struct engine *engine, const struct engine_message *message)
{
	const struct flow_addresses addresses = {message->first, message->second};
	struct flow_key key = {
	    .low = (uint64_t)(uint32_t)addresses.source.low | (uint64_t)(uint32_t)addresses.destination.low << 32,
	    .high = message->word,
	};

	if (flow_key_is_ipv6(key)) {
		key.low = flow_hash6(&engine->table, key.high, &addresses);
	}
	return key;
}

/* The session of a key that a message names, or SESSION_NONE. */
static uint32_t
session_of_message(const struct engine *engine, const struct engine_message *message)
{
	const struct flow_key key = sharing_key_of(engine, message);

	if (flow_key_is_ipv6(key)) {
		const struct flow_addresses addresses = {message->first, message->second};

		return session_table_find6(
		    &engine->table, key, session_table_hash(&engine->table, key), &addresses);
	}
	return session_table_find(&engine->table, key, session_table_hash(&engine->table, key));
}

bool
sharing_session_lives(struct engine *engine, const struct engine_message *message)
{
	const uint32_t reference = session_of_message(engine, message);

	if (reference == SESSION_NONE) {
		return false;
	}
	struct session *session = session_of(&engine->table, reference);

	if ((int32_t)(engine->tick - session_end_tick(engine, &session->common)) < 0) {
		return true;
	}
	session_end(engine, session, session_timeout_reason(session));
	return false;
}

static void
refused(struct engine *engine, const struct engine_message *message)
{
	const uint32_t reference = session_of_message(engine, message);

	if (reference != SESSION_NONE) {
		session_end(engine, session_of(&engine->table, reference),
		    message->more != 0 ? REASON_CLOSE_UNREFERRED : REASON_CLOSE_CLASH);
	}
}

/* Who has a referral asks whether it is still true: the message that ended it may have been lost. */
static void
still_asked(struct engine *engine, const struct engine_message *message)
{
	if (session_of_message(engine, message) == SESSION_NONE) {
		struct engine_message end = *message;

		end.kind = MESSAGE_REFER_END;
		end.worker = message->from;
		sharing_say(engine, &end);
	}
}

void
engine_give_message(struct engine *engine, uint64_t now, const struct engine_message *message)
{
	assert(engine->config.workers > 1 && now >= engine->now);
	engine->now = now;
	engine->tick = (uint32_t)(now / TICK_NS);
	if (engine->snapshot == NULL && message->kind > MESSAGE_REFUSE) {
		return;
	}
	switch ((enum engine_message_kind)message->kind) {
	case MESSAGE_REFER:
		referral_begins(engine, message);
		break;
	case MESSAGE_REFER_END:
		referral_ends(engine, message);
		break;
	case MESSAGE_REFER_STILL:
		still_asked(engine, message);
		break;
	case MESSAGE_REFUSE:
		refused(engine, message);
		break;
	case MESSAGE_ASK:
		neighbour_wanted(engine, message);
		break;
	case MESSAGE_NEIGHBOUR:
	case MESSAGE_SILENCE:
		neighbour_told(engine, message);
		break;
	case MESSAGE_RATE:
	case MESSAGE_TARGET:
	case MESSAGE_BLOCK:
	case MESSAGE_HOLDER:
		screen_told(engine, message);
		break;
	}
}
