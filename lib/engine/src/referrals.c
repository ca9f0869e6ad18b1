/*
 * Referrals: whose packets are that come here by their hash and are another worker's. See sharing_private.h.
 *
 * There is room for as many as for sessions. With less than all of their keys' hashes leading elsewhere that is never full; when it
 * is, the session that wants one more ends (session-unreferred), because its answers would find nobody.
 *
 * Life cycle: MESSAGE_REFER makes one, MESSAGE_REFER_END takes it away, and so does a packet that was sent after it in vain. One
 * whose end was never said does not stay for ever: its owner is asked about it every ASK_AFTER, a few at a time, and says again
 * that it has ended when it knows nothing of it.
 * Threads: the engine's own.
 */
#include "egress_private.h"

enum {
	ASK_MOST = 16, /* that one call looks at: a million in about a minute */
	ASK_AFTER = 60 * TICKS_A_SECOND,
	COARSE = TICKS_A_SECOND, /* ticks of what is kept in 16 bits: 18 hours, and none gets that old unasked */
	OWNER_NONE = UINT16_MAX, /* of an entry in the free list */
};

static uint16_t
coarse(uint32_t tick)
{
	return (uint16_t)(tick / COARSE);
}

/* By the hash of the session table, which a packet has already. A chain's link
 * holds an index + 1, so that memory that was never touched is an empty table. */
static uint32_t *
chain_of(const struct referrals *referrals, uint64_t hash)
{
	return &referrals->heads[hash & referrals->head_mask];
}

/* The link that leads to a referral, or to the end of its chain. */
static uint32_t *
referral_link(const struct sharing *sharing, uint64_t hash, uint64_t high, const struct flow_addresses *addresses)
{
	uint32_t *link = chain_of(&sharing->referrals, hash);

	while (*link != 0) {
		struct referral *referral = &sharing->referrals.entries[*link - 1];

		if (referral->high == high && flow_addresses_equal(&referral->addresses, addresses)) {
			break;
		}
		link = &referral->next;
	}
	return link;
}

/* => link is the end of its chain */
static bool
referral_add(struct sharing *sharing, uint32_t *link, const struct engine_message *message, uint32_t tick)
{
	struct referrals *referrals = &sharing->referrals;
	const struct flow_addresses addresses = {message->first, message->second};
	uint32_t index = referrals->free;

	if (index != REFERRAL_NONE) {
		referrals->free = referrals->entries[index].next;
	} else if (referrals->fresh < referrals->capacity) {
		index = referrals->fresh++;
	} else {
		return false;
	}
	referrals->entries[index] =
	    (struct referral){.addresses = addresses,
		.high = message->word,
		.next = *link,
		.owner = message->from,
		.asked = coarse(tick)};
	referrals->count++;
	*link = index + 1;
	return true;
}

static void
referral_remove(struct sharing *sharing, uint32_t *link)
{
	struct referrals *referrals = &sharing->referrals;
	const uint32_t index = *link - 1;

	*link = referrals->entries[index].next;
	referrals->entries[index].owner = OWNER_NONE;
	referrals->entries[index].next = referrals->free;
	referrals->free = index;
	assert(referrals->count > 0);
	referrals->count--;
}

void
sharing_expect(const struct engine *engine, const struct item *item)
{
	__builtin_prefetch(chain_of(&engine->sharing.referrals, item->hash));
}

bool
sharing_find(const struct engine *engine, const struct item *item, uint16_t *owner)
{
	if (engine->sharing.referrals.count == 0) {
		return false;
	}
	const struct flow_addresses addresses = item_flow_addresses(item);
	const uint32_t *link = referral_link(&engine->sharing, item->hash, item->key.high, &addresses);

	if (*link == 0) {
		return false;
	}
	*owner = engine->sharing.referrals.entries[*link - 1].owner;
	return true;
}

static void
refuse(struct engine *engine, const struct engine_message *message, uint8_t full)
{
	struct engine_message refusal = *message;

	refusal.kind = MESSAGE_REFUSE;
	refusal.worker = message->from;
	refusal.more = full;
	sharing_say(engine, &refusal);
}

void
referral_begins(struct engine *engine, const struct engine_message *message)
{
	struct sharing *sharing = &engine->sharing;
	const struct flow_addresses addresses = {message->first, message->second};
	const struct flow_key key = sharing_key_of(engine, message);
	uint32_t *link = referral_link(sharing, session_table_hash(&engine->table, key), key.high, &addresses);
	const bool same = *link != 0 && sharing->referrals.entries[*link - 1].owner == message->from;

	if (same) {
		return;
	}
	if (*link != 0 || sharing_session_lives(engine, message)) {
		refuse(engine, message, 0);
	} else if (!referral_add(sharing, link, message, engine->tick)) {
		reason_note(engine, REASON_REFERRALS_FULL);
		refuse(engine, message, 1);
	}
}

void
referral_ends(struct engine *engine, const struct engine_message *message)
{
	struct sharing *sharing = &engine->sharing;
	const struct flow_addresses addresses = {message->first, message->second};
	const struct flow_key key = sharing_key_of(engine, message);
	uint32_t *link = referral_link(sharing, session_table_hash(&engine->table, key), key.high, &addresses);

	if (*link != 0 && sharing->referrals.entries[*link - 1].owner == message->from) {
		referral_remove(sharing, link);
	}
}

void
referrals_advance(struct engine *engine)
{
	struct referrals *referrals = &engine->sharing.referrals;

	for (uint32_t i = 0; i < ASK_MOST && referrals->count > 0; i++) {
		referrals->swept = referrals->swept + 1 < referrals->fresh ? referrals->swept + 1 : 0;
		struct referral *referral = &referrals->entries[referrals->swept];

		if (referral->owner == OWNER_NONE ||
		    (uint16_t)(coarse(engine->tick) - referral->asked) < ASK_AFTER / COARSE) {
			continue;
		}
		const struct engine_message question = {
		    .kind = MESSAGE_REFER_STILL,
		    .worker = referral->owner,
		    .first = referral->addresses.source,
		    .second = referral->addresses.destination,
		    .word = referral->high,
		};

		referral->asked = coarse(engine->tick);
		sharing_say(engine, &question);
	}
}
