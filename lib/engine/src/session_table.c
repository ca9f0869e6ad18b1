/*
 * The session table: buckets, placement, the pool. See session_private.h for the layout.
 *
 * Placement looks at home first, then at the other bucket, then tries to move one of the sixteen
 * entries there to its own other bucket. At three quarters of the buckets' slots (the most that
 * session_table_size() lets happen) a bucket is full for about one key in five, so that all sixteen
 * fail once in 10^11; then the session is refused as if the pool were empty.
 *
 * A session's number is round * capacity + slot + 1: never used twice, found without a search. Of several workers each has
 * every so manyth number.
 */
#include "session_private.h"

#include <string.h>

enum {
	BUCKET_LOAD_EIGHTHS = 6, /* of the slots are used by a full pool, at most */
	/* Sessions that one call moves between the wheel's levels: some microseconds. */
	CASCADE_MOST = 256,
};

static uint32_t
bucket_count_for(uint32_t capacity)
{
	uint64_t buckets = 2;

	while (buckets * BUCKET_SLOTS * BUCKET_LOAD_EIGHTHS < (uint64_t)capacity * 2 * 8) {
		buckets *= 2;
	}
	assert(buckets <= (uint64_t)1 << 31);
	return (uint32_t)buckets;
}

size_t
session_table_size(uint32_t capacity)
{
	return bucket_count_for(capacity) * sizeof(struct bucket) +
	       capacity * sizeof(struct session) +
	       line_up(capacity * sizeof(struct session_rare)) +
	       capacity * sizeof(struct session_addresses);
}

void
session_table_init(struct session_table *table, void *memory, uint32_t capacity,
    struct hash_key secret, uint32_t tick)
{
	const uint32_t buckets = bucket_count_for(capacity);
	uint8_t *next = memory;

	assert(capacity > 0 && capacity < (uint32_t)1 << 30);
	table->buckets = (struct bucket *)(void *)next;
	next += buckets * sizeof(struct bucket);
	table->sessions = (struct session *)(void *)next;
	next += capacity * sizeof(struct session);
	table->rare = (struct session_rare *)(void *)next;
	next += line_up(capacity * sizeof(struct session_rare));
	table->addresses = (struct session_addresses *)(void *)next;
	table->secret = secret;
	table->workers = 1;
	table->worker = 0;
	table->mask = buckets - 1;
	table->capacity = capacity;
	table->count = 0;
	table->free = 0;
	table->fresh = 0;
	wheel_init(&table->wheel, &table->rare[0].link, sizeof(struct session_rare), tick);
	table->wheel.cascade_most = CASCADE_MOST;
}

/* `addresses` is NULL for IPv4. */
static inline __attribute__((always_inline)) bool
reference_is(const struct session_table *table, uint32_t reference, struct flow_key key,
    const struct flow_addresses *addresses)
{
	const struct session *session = session_of(table, reference);

	return flow_key_equal(
		   (reference & 1) == SESSION_FORTH ? session->forth.key : session->back.key,
		   key) &&
	       (addresses == NULL ||
		   flow_addresses_equal(session_flow_addresses(table, reference), addresses));
}

static inline __attribute__((always_inline)) uint32_t
bucket_find(const struct session_table *table, uint32_t bucket, uint16_t tag, struct flow_key key,
    const struct flow_addresses *addresses)
{
	const struct bucket *b = &table->buckets[bucket];

	for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
		if (b->tags[i] == tag && reference_is(table, b->references[i], key, addresses)) {
			return b->references[i];
		}
	}
	return SESSION_NONE;
}

static inline __attribute__((always_inline)) uint32_t
table_find(const struct session_table *table, struct flow_key key, uint64_t hash,
    const struct flow_addresses *addresses)
{
	const uint16_t tag = bucket_tag(hash);
	const uint32_t home = bucket_home(table, hash);
	const uint32_t found = bucket_find(table, home, tag, key, addresses);

	if (found != SESSION_NONE || table->buckets[home].displaced == 0) {
		return found;
	}
	return bucket_find(table, bucket_other(table, home, tag), tag, key, addresses);
}

uint32_t
session_table_find(const struct session_table *table, struct flow_key key, uint64_t hash)
{
	return table_find(table, key, hash, NULL);
}

uint32_t
session_table_find6(const struct session_table *table, struct flow_key key, uint64_t hash,
    const struct flow_addresses *addresses)
{
	assert(flow_key_is_ipv6(key));
	return table_find(table, key, hash, addresses);
}

/* A flow of either family; `addresses` is NULL for IPv4. */
static uint32_t
find_flow(const struct session_table *table, struct flow_key key, uint64_t hash,
    const struct flow_addresses *addresses)
{
	return addresses == NULL ? session_table_find(table, key, hash)
				 : session_table_find6(table, key, hash, addresses);
}

static bool
bucket_put(
    struct session_table *table, uint32_t bucket, uint16_t tag, uint32_t reference, bool away)
{
	struct bucket *b = &table->buckets[bucket];
	const unsigned slot = bucket_slot(b, 0);

	if (slot == BUCKET_SLOTS) {
		return false;
	}
	assert(b->tags[slot] == 0);
	b->tags[slot] = tag;
	b->references[slot] = reference;
	if (away) {
		b->away |= (uint8_t)(1U << slot);
		table->buckets[bucket_other(table, bucket, tag)].displaced++;
	}
	return true;
}

static void
bucket_take(struct session_table *table, uint32_t bucket, unsigned slot)
{
	struct bucket *b = &table->buckets[bucket];
	const uint8_t bit = (uint8_t)(1U << slot);

	assert(b->tags[slot] != 0);
	if ((b->away & bit) != 0) {
		struct bucket *home = &table->buckets[bucket_other(table, bucket, b->tags[slot])];

		assert(home->displaced > 0);
		home->displaced--;
		b->away &= (uint8_t)~bit;
	}
	b->tags[slot] = 0;
}

/* Makes room in a full bucket by moving one of its entries to that entry's other bucket. */
static bool
bucket_displace(struct session_table *table, uint32_t bucket)
{
	struct bucket *b = &table->buckets[bucket];

	for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
		const uint16_t tag = b->tags[i];
		const uint32_t other = bucket_other(table, bucket, tag);
		const bool was_away = (b->away & (1U << i)) != 0;

		if (bucket_put(table, other, tag, b->references[i], !was_away)) {
			bucket_take(table, bucket, i);
			return true;
		}
	}
	return false;
}

static bool
table_put(struct session_table *table, uint64_t hash, uint32_t reference)
{
	const uint16_t tag = bucket_tag(hash);
	const uint32_t home = bucket_home(table, hash);
	const uint32_t other = bucket_other(table, home, tag);

	if (bucket_put(table, home, tag, reference, false) ||
	    bucket_put(table, other, tag, reference, true)) {
		return true;
	}
	if (bucket_displace(table, home)) {
		return bucket_put(table, home, tag, reference, false);
	}
	if (bucket_displace(table, other)) {
		return bucket_put(table, other, tag, reference, true);
	}
	return false;
}

static void
table_take(struct session_table *table, uint64_t hash, uint32_t reference)
{
	const uint16_t tag = bucket_tag(hash);
	uint32_t bucket = bucket_home(table, hash);

	for (unsigned where = 0; where < 2; where++) {
		const struct bucket *b = &table->buckets[bucket];

		for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
			if (b->tags[i] == tag && b->references[i] == reference) {
				bucket_take(table, bucket, i);
				return;
			}
		}
		bucket = bucket_other(table, bucket, tag);
	}
	assert(false && "an entry that was put is there");
}

void
session_table_prefetch_free(const struct session_table *table)
{
	if (table->free != SESSION_NONE) {
		const struct session *session = &table->sessions[table->free];

		__builtin_prefetch(&table->rare[table->free], 1);
		__builtin_prefetch(&session->forth, 1);
		__builtin_prefetch(&session->common, 1);
		__builtin_prefetch(&session->back, 1);
	}
}

void
session_table_prefetch_add(const struct session_table *table, const struct flow_pair *pair)
{
	session_table_prefetch_bucket(table, pair->hashes[SESSION_BACK]);
	session_table_prefetch_free(table);
}

struct session *
session_table_add(struct session_table *table, const struct flow_pair *pair, bool *clash)
{
	const uint32_t index = table->free;
	struct flow_addresses reverse;
	const struct flow_addresses *back = NULL;

	if (pair->addresses != NULL) {
		reverse = flow_addresses_reverse(pair->addresses);
		back = &reverse;
	}
	assert(find_flow(table, pair->keys[SESSION_FORTH], pair->hashes[SESSION_FORTH],
		   pair->addresses) == SESSION_NONE);
	/* Equal keys with unequal addresses would be as rare as a guessed hash. */
	*clash = flow_key_equal(pair->keys[SESSION_FORTH], pair->keys[SESSION_BACK]) ||
		 find_flow(table, pair->keys[SESSION_BACK], pair->hashes[SESSION_BACK], back) !=
		     SESSION_NONE;
	if (*clash || index == SESSION_NONE) {
		return NULL;
	}
	if (!table_put(table, pair->hashes[SESSION_FORTH], index << 1 | SESSION_FORTH)) {
		return NULL;
	}
	if (!table_put(table, pair->hashes[SESSION_BACK], index << 1 | SESSION_BACK)) {
		table_take(table, pair->hashes[SESSION_FORTH], index << 1 | SESSION_FORTH);
		return NULL;
	}
	struct session *session = &table->sessions[index];
	struct session_rare *rare = &table->rare[index];

	assert(session->common.number == 0 && index <= table->fresh);
	if (index == table->fresh) {
		table->fresh++;
		table->free = table->fresh < table->capacity ? table->fresh : SESSION_NONE;
	} else {
		table->free = rare->link.next;
	}
	table->count++;
	wheel_link_init(&rare->link);
	memset(session, 0, sizeof *session);
	session->forth.key = pair->keys[SESSION_FORTH];
	session->back.key = pair->keys[SESSION_BACK];
	if (back != NULL) {
		table->addresses[index].flows[SESSION_FORTH] = *pair->addresses;
		table->addresses[index].flows[SESSION_BACK] = *back;
	}
	session->common.number = ((uint64_t)rare->round * table->capacity + index) * table->workers + table->worker + 1;
	return session;
}

void
session_table_remove(struct session_table *table, struct session *session)
{
	const uint32_t index = session_index(table, session);
	struct session_rare *rare = &table->rare[index];

	assert(session->common.number != 0 && table->count > 0);
	const uint64_t hash = session_table_hash(table, session->forth.key);

	table_take(table, hash, index << 1 | SESSION_FORTH);
	table_take(table, session_table_hash_other(table, session->forth.key, hash, session->back.key),
	    index << 1 | SESSION_BACK);
	wheel_cancel(&table->wheel, index);
	session->common.number = 0;
	rare->round++;
	rare->link.next = table->free;
	table->free = index;
	table->count--;
}

bool
session_table_rekey(
    struct session_table *table, struct session *session, unsigned direction, struct flow_key key)
{
	const uint32_t reference = session_index(table, session) << 1 | direction;
	struct flow *flow = session_flow(session, direction);
	const uint64_t hash = session_table_hash(table, key);
	const uint64_t former = session_table_hash(table, flow->key);
	const struct flow_addresses *addresses =
	    flow_key_is_ipv6(key) ? session_flow_addresses(table, reference) : NULL;

	assert(flow_key_is_ipv6(key) == flow_key_is_ipv6(flow->key));
	if (find_flow(table, key, hash, addresses) != SESSION_NONE) {
		return false;
	}
	table_take(table, former, reference);
	if (!table_put(table, hash, reference)) {
		/* Nothing was moved, so the place that it had is free. */
		const bool back = table_put(table, former, reference);

		assert(back);
		(void)back;
		return false;
	}
	flow->key = key;
	return true;
}

struct session *
session_table_by_number(const struct session_table *table, uint64_t number)
{
	if (number == 0 || (number - 1) % table->workers != table->worker) {
		return NULL;
	}
	struct session *session = &table->sessions[(number - 1) / table->workers % table->capacity];

	return session->common.number == number ? session : NULL;
}
