/*
 * Limits of what our own host gets, by the kinds of limits.def, so that a flood to the gateway itself neither starves its
 * host nor fills the session table, and sessions that are there go on.
 *
 * A kind has a bucket of tokens for all its packets, and buckets for its sources. These are a fixed number that sources share
 * by a keyed hash: nobody chooses whose bucket he empties. A packet over its source's limit does not count for the others'.
 * Buckets count in hundredths of a token, so that a tick adds exactly the rate.
 */
#include "engine_private.h"

enum {
	TOKEN = TICKS_A_SECOND,
};

struct limit_row {
	uint32_t total;
	uint32_t each;
};

static const struct limit_row rows[HOST_LIMIT_COUNT] = {
#define HOST_LIMIT(symbol, total, each) [HOST_LIMIT_##symbol] = {total, each},
#include "engine/limits.def"
#undef HOST_LIMIT
};

static bool
host_bucket_take(struct host_bucket *bucket, uint32_t tick, uint32_t rate, uint32_t packets)
{
	const uint32_t passed = tick - bucket->tick;
	const uint32_t filled = passed < TICKS_A_SECOND ? passed * rate : rate * TOKEN;

	assert(rate > 0 && rate <= UINT32_MAX / (4 * TOKEN) && packets <= UINT32_MAX / (4 * TOKEN));
	bucket->tick = tick;
	bucket->spent = bucket->spent > filled ? bucket->spent - filled : 0;
	if (bucket->spent + packets * TOKEN > rate * TOKEN) {
		return false;
	}
	bucket->spent += packets * TOKEN;
	return true;
}

enum reason
host_limit_take(struct engine *engine, enum host_limit kind, const struct item *item)
{
	const struct limit_row *row = &rows[kind];
	const uint32_t packets = 1U + item->packet->segments_more;
	/* An IPv4 address, or the network's half of an IPv6 address. */
	const uint64_t hash = hash_pair(&engine->table.secret, item_sender(item), kind);

	if (row->each != 0 &&
	    !host_bucket_take(&engine->host_sources[hash % HOST_SOURCES], engine->tick, row->each, packets)) {
		return REASON_HOST_SOURCE_RATE;
	}
	if (row->total != 0 && !host_bucket_take(&engine->host_kinds[kind], engine->tick, row->total, packets)) {
		return REASON_HOST_RATE;
	}
	return REASON_NONE;
}

enum host_limit
host_limit_of_session(const struct session_common *common)
{
	if (common->protocol == IPV4_PROTOCOL_TCP && !tcp_opening(common->tcp)) {
		return HOST_LIMIT_ESTABLISHED;
	}
	if (common->in_unit == PACKET_NO_UNIT) {
		return HOST_LIMIT_RETURNING;
	}
	if (common->protocol == IPV4_PROTOCOL_TCP) {
		return HOST_LIMIT_OPENING;
	}
	return common->protocol == IPV4_PROTOCOL_UDP ? HOST_LIMIT_DATAGRAMS : HOST_LIMIT_ROUTING;
}
