/*
 * Screens that count, with several workers. What each counts by itself it tells the others, so that a threshold means all of
 * them; what is on its way meanwhile is the error:
 *   - floods: a worker says what it counted when it is a quarter of its even share of what is left up to the threshold, also when
 *     another one's message makes that less. So what nobody was told of goes to nothing as the threshold comes near. No worker
 *     blocks before the threshold is passed; all do when it is, but for what was counted while messages were on their way;
 *   - scans and sweeps: each target is told to the worker that counts its source (by a keyed hash), which tells all when it
 *     blocks. The packets that are on their way then, the tenth target's among them, pass; none is counted twice;
 *   - limits of sessions: each session is told to all when it begins and ends. An address may have as many more as begin in
 *     other workers in the time of a message. Those that were there before the limit are told in steps, from a second after
 *     the change on, when all workers know of it.
 */
#include "engine_private.h"

const struct hash_key *
screen_target_secret(const struct engine *engine)
{
	return engine_shares(engine) ? &engine->sharing.with.secret : &engine->screens.tables.secret;
}

/* `more`: of what has just been counted nobody else knows. */
static void
say_rate(struct engine *engine, const struct screen_rate_key *key, uint32_t threshold, uint16_t more)
{
	const struct screen_rate_share share = {
	    .threshold = threshold, .workers = engine->config.workers, .more = more};
	const uint32_t unsaid = screen_rate_unsaid(&engine->screens.tables, key, &share, engine->now);
	const struct engine_message message = {
	    .kind = MESSAGE_RATE,
	    .worker = ENGINE_ALL_WORKERS,
	    .first = key->address,
	    .word = threshold,
	    .number = unsaid,
	    .place = key->zone,
	    .screen = key->screen,
	};

	if (unsaid > 0) {
		(void)sharing_say_spare(engine, &message);
	}
}

void
screen_say_rate(struct engine *engine, const struct screen_rate_key *key, uint32_t threshold)
{
	say_rate(engine, key, threshold, 1);
}

static uint16_t
counting_worker(const struct engine *engine, const struct screen_scan_key *key)
{
	const uint64_t hash = hash_pair(&engine->sharing.with.secret, key->source.high, key->source.low);

	return (uint16_t)((hash >> 32) * engine->config.workers >> 32);
}

/* This worker counts the source. Blocked, the others hear of it. */
static uint64_t
count_target(struct engine *engine, const struct screen_scan_key *key, uint64_t what, uint64_t window)
{
	const uint64_t until = screen_scan_target(&engine->screens.tables, key, what, window, engine->now);
	const struct engine_message block = {
	    .kind = MESSAGE_BLOCK,
	    .worker = ENGINE_ALL_WORKERS,
	    .first = key->source,
	    .word = until - engine->now,
	    .place = key->zone,
	    .screen = key->screen,
	};

	if (until != 0) {
		(void)sharing_say_spare(engine, &block);
	}
	return until;
}

uint64_t
screen_shared_target(struct engine *engine, const struct screen_scan_key *key, uint64_t what, uint64_t window)
{
	const struct engine_message target = {
	    .kind = MESSAGE_TARGET,
	    .worker = counting_worker(engine, key),
	    .first = key->source,
	    .second = key->destination,
	    .word = what,
	    .number = (uint32_t)(window / 1000),
	    .place = key->zone,
	    .screen = key->screen,
	};

	if (target.worker == engine->config.worker) {
		return count_target(engine, key, what, window);
	}
	(void)sharing_say_spare(engine, &target);
	return 0;
}

void
screen_say_holders(
    struct engine *engine, const struct flow_addresses *addresses, const struct screen_change *change)
{
	const struct engine_message message = {
	    .kind = MESSAGE_HOLDER,
	    .worker = ENGINE_ALL_WORKERS,
	    .first = addresses->source,
	    .second = addresses->destination,
	    .place = change->zone,
	    .more = change->began ? 1 : 0,
	};

	sharing_say(engine, &message);
}

static void
told_target(struct engine *engine, const struct engine_message *message)
{
	const struct screen_scan_key key = {
	    .source = message->first,
	    .destination = message->second,
	    .zone = message->place,
	    .screen = message->screen,
	};
	const struct screen_scan_key source = {
	    .source = message->first, .zone = message->place, .screen = message->screen};
	const uint64_t until = count_target(engine, &key, message->word, message->number * UINT64_C(1000));

	if (until != 0) {
		screen_scan_block(&engine->screens.tables, &source, until, engine->now);
	}
}

void
screen_told(struct engine *engine, const struct engine_message *message)
{
	const struct snapshot *snapshot = engine->snapshot;
	const struct snapshot_screens *screens =
	    message->place < snapshot->zone_count ? snapshot->zones[message->place].screens : NULL;
	const struct screen_rate_key rate = {
	    .address = message->first, .zone = message->place, .screen = message->screen};
	const struct screen_scan_key source = {
	    .source = message->first, .zone = message->place, .screen = message->screen};
	const struct flow_addresses addresses = {message->first, message->second};

	const struct screen_change change = {.zone = message->place, .began = message->more != 0};

	if (message->kind == MESSAGE_HOLDER) {
		screen_count_holders(engine, &addresses, &change);
		return;
	}
	/* SYNs have thresholds of their own. */
	if (message->kind == MESSAGE_RATE && message->screen >= SCREEN_COUNT) {
		screen_rate_more(&engine->screens.tables, &rate, message->number, engine->now);
		say_rate(engine, &rate, (uint32_t)message->word, 0);
		return;
	}
	if (screens == NULL || (screens->on & screen_bit(message->screen)) == 0) {
		return;
	}
	if (message->kind == MESSAGE_RATE) {
		screen_rate_add(&engine->screens.tables, &rate, screens->thresholds[message->screen], message->number,
		    engine->now);
		say_rate(engine, &rate, screens->thresholds[message->screen], 0);
	} else if (message->kind == MESSAGE_TARGET) {
		told_target(engine, message);
	} else if (message->kind == MESSAGE_BLOCK) {
		screen_scan_block(&engine->screens.tables, &source, engine->now + message->word, engine->now);
	}
}
