/*
 * The queue of half-open connections of mode syn-proxy: a place for each client that we have answered and that has not
 * acknowledged yet (REQ-SCR-034, REQ-SCR-035).
 *
 * Found by the hash of the flow's key, in chains. A zone has as many places as its screen's queue-size says, all together
 * SYN_QUEUE_MOST; a flood fills its own zone's share and then finds no place, and each place is free again after the screen's
 * timeout. An IPv6 flow is known by the keyed hash of its addresses. Who waits is answered again in the meantime, twice as long
 * after each time (RFC 6298 5.5): its ACK may have got lost, and where the server speaks first nobody else would say anything. A
 * place has ANSWERS_MOST such answers, so a flood that fills the queue makes less than one a place and second.
 *
 * A SYN that finds no place is refused, and its name kept (`refused`: a keyed name a place, a later one takes it). When the same
 * SYN comes once more there is somebody who waits for an answer, as those that a flood forges do not: it takes the place of
 * the one in its zone that has waited longest. So honest clients get through with their second or third SYN while a flood
 * keeps the queue full, and there are never more than queue-size. A flood in which names do not last until then (more than
 * CROWD_MOST refused in a second) is answered by cookies beyond the queue, which need no place.
 */
#include "engine_private.h"

enum {
	CHAINS = SYN_QUEUE_MOST,
	ADVANCE_MOST = 128,
	CROWD_MOST = SYN_REFUSED_MOST / 4, /* a second: three of four names are there after it */
	/* Of a name: the time in units of 80 ms, and a bit that is always there. */
	TIME_SHIFT = 3,
	TIME_MASK = 0x3ff,
	NAME_LEAST = TIME_MASK + 1,
	ANSWER_AGAIN = TICKS_A_SECOND,
	ANSWERS_MOST = 5,
	AGAIN_FIRST = 6,  /* nobody asks again before half a second (RFC 6298 2.1: one) */
	AGAIN_LAST = 400, /* nor after half a minute */
};

size_t
syn_state_size(const struct engine_config *config)
{
	return line_up(SYN_QUEUE_MOST * sizeof(struct syn_half)) + line_up(CHAINS * sizeof(uint32_t)) +
	       line_up(config->zones * sizeof(struct syn_share)) +
	       line_up(SYN_REFUSED_MOST * sizeof(uint32_t)) + line_up(config->sessions * sizeof(struct syn_splice));
}

/* Chains name places by their number plus one, so that zeroed memory is an empty queue; places that were never used come
 * in order, so that they need not be touched before. */
void
syn_state_init(struct syn_state *state, void *memory, const struct engine_config *config)
{
	uint8_t *next = memory;
	struct syn_queue *queue = &state->queue;

	queue->halves = (struct syn_half *)(void *)next;
	next += line_up(SYN_QUEUE_MOST * sizeof(struct syn_half));
	queue->chains = (uint32_t *)(void *)next;
	next += line_up(CHAINS * sizeof(uint32_t));
	queue->shares = (struct syn_share *)(void *)next;
	queue->zones = config->zones;
	next += line_up(config->zones * sizeof(struct syn_share));
	queue->refused = (uint32_t *)(void *)next;
	next += line_up(SYN_REFUSED_MOST * sizeof(uint32_t));
	state->splices = (struct syn_splice *)(void *)next;
	wheel_init(&queue->wheel, &queue->halves[0].link, sizeof(struct syn_half), 0);
}

static uint32_t *
chain_of(const struct syn_queue *queue, uint64_t hash)
{
	return &queue->chains[hash & (CHAINS - 1)];
}

struct syn_half *
syn_queue_find(const struct syn_queue *queue, struct flow_key key, uint64_t hash)
{
	if (queue->count == 0) {
		return NULL;
	}
	for (uint32_t i = *chain_of(queue, hash); i != 0; i = queue->halves[i - 1].next) {
		if (flow_key_equal(queue->halves[i - 1].key, key)) {
			return &queue->halves[i - 1];
		}
	}
	return NULL;
}

/* A free place's number plus one; 0: there is none. */
static uint32_t
take_free(struct syn_queue *queue)
{
	const uint32_t place = queue->free;

	if (place != 0) {
		queue->free = queue->halves[place - 1].next;
		return place;
	}
	if (queue->fresh == SYN_QUEUE_MOST) {
		return 0;
	}
	wheel_link_init(&queue->halves[queue->fresh].link);
	return ++queue->fresh;
}

/* Has this very SYN been refused, as long ago as a host waits before it asks again? If not, it is noted. */
static bool
was_refused(struct syn_queue *queue, const struct item *item, uint32_t now)
{
	const uint32_t name =
	    (((uint32_t)(item->hash >> 32) ^ item->segment.header.sequence) & ~(uint32_t)TIME_MASK) | NAME_LEAST;
	uint32_t *place = &queue->refused[item->hash & (SYN_REFUSED_MOST - 1)];
	const uint32_t time = now >> TIME_SHIFT & TIME_MASK;
	const uint32_t since = (time - *place) & TIME_MASK;

	if ((*place & ~(uint32_t)TIME_MASK) == name && since <= AGAIN_LAST) {
		return since >= AGAIN_FIRST;
	}
	*place = name | time;
	return false;
}

bool
syn_queue_crowded(struct syn_queue *queue, uint32_t now)
{
	const uint32_t passed = now - queue->crowd_since;

	if (passed >= TICKS_A_SECOND) {
		queue->crowd_before = passed < 2 * TICKS_A_SECOND ? queue->crowd : 0;
		queue->crowd = 0;
		queue->crowd_since = now;
	}
	queue->crowd++;
	return queue->crowd > CROWD_MOST || queue->crowd_before > CROWD_MOST;
}

static void
enter(struct syn_queue *queue, uint32_t place, const struct item *item)
{
	struct syn_half *half = &queue->halves[place - 1];
	struct syn_share *share = &queue->shares[item->zone];
	uint32_t *const chain = chain_of(queue, item->hash);

	half->key = item->key;
	half->addresses = item_flow_addresses(item);
	half->hash = (uint32_t)item->hash;
	half->zone = item->zone;
	half->next = *chain;
	*chain = place;
	half->older = share->newest;
	half->newer = 0;
	if (share->newest != 0) {
		queue->halves[share->newest - 1].newer = place;
	} else {
		share->oldest = place;
	}
	share->newest = place;
	share->count++;
	queue->count++;
}

/* Until it is answered again, or forgotten. */
static void
arm(struct syn_queue *queue, const struct syn_half *half, uint32_t now)
{
	const uint32_t next = now + ((uint32_t)ANSWER_AGAIN << half->answers);
	const bool last = half->answers == ANSWERS_MOST || (int32_t)(next - half->end) >= 0;

	timer_arm(&queue->wheel, now, (uint32_t)(half - queue->halves), last ? half->end : next);
}

struct syn_half *
syn_queue_add(
    struct syn_queue *queue, const struct item *item, uint32_t most, uint32_t now, uint32_t end)
{
	if (item->zone >= queue->zones) {
		return NULL;
	}
	struct syn_share *share = &queue->shares[item->zone];
	uint32_t place = share->count < most ? take_free(queue) : 0;

	if (place == 0) {
		if (!was_refused(queue, item, now) || share->oldest == 0) {
			return NULL;
		}
		syn_queue_remove(queue, &queue->halves[share->oldest - 1]);
		place = take_free(queue);
	}
	assert(place != 0);
	enter(queue, place, item);
	struct syn_half *half = &queue->halves[place - 1];

	half->end = end;
	half->answers = 0;
	arm(queue, half, now);
	return half;
}

void
syn_queue_remove(struct syn_queue *queue, struct syn_half *half)
{
	const uint32_t place = (uint32_t)(half - queue->halves) + 1;
	struct syn_share *share = &queue->shares[half->zone];
	uint32_t *link = chain_of(queue, half->hash);

	while (*link != place) {
		assert(*link != 0);
		link = &queue->halves[*link - 1].next;
	}
	*link = half->next;
	*(half->older != 0 ? &queue->halves[half->older - 1].newer : &share->oldest) = half->newer;
	*(half->newer != 0 ? &queue->halves[half->newer - 1].older : &share->newest) = half->older;
	wheel_cancel(&queue->wheel, place - 1);
	assert(queue->count > 0 && share->count > 0);
	queue->count--;
	share->count--;
	half->next = queue->free;
	queue->free = place;
}

bool
syn_queue_advance(struct engine *engine)
{
	struct syn_queue *queue = &engine->syn.queue;
	uint32_t due[ADVANCE_MOST];

	if (queue->wheel.armed == 0) {
		return false;
	}
	const uint32_t count = wheel_advance(&queue->wheel, engine->tick, due, ADVANCE_MOST);

	for (uint32_t i = 0; i < count; i++) {
		struct syn_half *half = &queue->halves[due[i]];

		if ((int32_t)(engine->tick - half->end) >= 0) {
			syn_queue_remove(queue, half);
			reason_note(engine, REASON_SYN_TIMEOUT);
		} else {
			syn_answer_again(engine, half);
			half->answers++;
			arm(queue, half, engine->tick);
		}
	}
	return wheel_behind(&queue->wheel, engine->tick);
}
