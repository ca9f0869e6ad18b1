/*
 * What workers give each other: packets and messages of their engines, by a ring each way between each two of them.
 *
 * Messages go into their ring before the packets of the same call are sent or handed over, and a worker reads all that have
 * come after it took packets from anywhere and before it gives them to its engine. So no packet overtakes the message
 * that it was caused by (engine/message.h).
 *
 * A ring of packets that is full loses the packet, and counts it. A ring of messages is never full of what sessions say: each
 * engine knows how much room there is in all of them, and with little begins and ends no session (engine/message.h). What is
 * left for answers is a quarter of what one call may say; should even that be used up the message is lost and counted.
 *
 * A worker that is going to sleep says so, and looks once more; who puts something into its ring looks whether it sleeps
 * afterwards, and wakes it. Both change `asleep` by one operation on memory that all agree on the order of, so one of them sees
 * what the other did.
 */
#include <assert.h>
#include <string.h>
#include <sys/eventfd.h>

#include <rte_mbuf.h>

#include "worker_private.h"

enum {
	PACKETS = 4096,   /* that may wait for a worker from each other one */
	MESSAGES = 8192,
	MESSAGE_BURST = 32,
	ROOM_LOW = MESSAGES / 2, /* from here on each round asks how much there is */
	HANDED_BURSTS = 4, /* that one worker's packets may take at a time */
};

_Static_assert((int)ROOM_LOW >= (int)ENGINE_MESSAGES + (int)ENGINE_MESSAGES / 2, "there is room for what one call of an engine says");

bool
worker_exchange_create(struct worker *worker)
{
	worker->message_room = MESSAGES;
	for (uint16_t i = 0; i < worker->all->count; i++) {
		if (i == worker->number) {
			continue;
		}
		worker->packets_to[i] = ring_create(PACKETS, sizeof(struct packet *));
		worker->messages_to[i] = ring_create(MESSAGES, sizeof(struct engine_message));
		if (worker->packets_to[i] == NULL || worker->messages_to[i] == NULL) {
			return false;
		}
	}
	return true;
}

void
worker_exchange_destroy(struct worker *worker)
{
	for (unsigned i = 0; i < WORKERS_MOST; i++) {
		ring_destroy(worker->packets_to[i]);
		ring_destroy(worker->messages_to[i]);
	}
}

static void
count(_Atomic uint64_t *counter, uint64_t more)
{
	/* One writer: a plain addition, made visible. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_relaxed);
}

static void
wake(struct worker *other)
{
	if (atomic_fetch_add_explicit(&other->asleep, 0, memory_order_seq_cst) != 0 &&
	    atomic_exchange_explicit(&other->asleep, 0, memory_order_seq_cst) != 0) {
		(void)eventfd_write(other->wake, 1);
	}
}

/* What another worker's ring had no room for. */
static void
count_lost(struct worker *worker, uint16_t to, uint32_t lost)
{
	count(&worker->lost_handed, lost);
	(void)atomic_fetch_add_explicit(&worker->all->each[to]->refused, lost, memory_order_relaxed);
}

static void
put_message(struct worker *worker, uint16_t to, const struct engine_message *message)
{
	if (ring_put(worker->messages_to[to], message, 1) == 0) {
		count_lost(worker, to, 1);
	}
}

/* Asks the other workers' side of the rings only when there may be little room. */
static void
tell_room(struct worker *worker)
{
	uint32_t room = MESSAGES;

	if (worker->message_room >= ROOM_LOW) {
		return;
	}
	for (uint16_t i = 0; i < worker->all->count; i++) {
		const uint32_t here = i == worker->number ? MESSAGES : ring_room(worker->messages_to[i]);

		room = here < room ? here : room;
	}
	worker->message_room = room;
	engine_set_message_room(worker->engine, room);
}

void
worker_say(struct worker *worker)
{
	struct engine_message message;
	uint32_t said = 0;
	bool told[WORKERS_MOST] = {false};

	while (engine_take_message(worker->engine, &message)) {
		for (uint16_t i = 0; i < worker->all->count; i++) {
			if (i != worker->number && (message.worker == i || message.worker == ENGINE_ALL_WORKERS)) {
				put_message(worker, i, &message);
				told[i] = true;
			}
		}
		said++;
	}
	if (said == 0) {
		return;
	}
	worker->message_room -= said < worker->message_room ? said : worker->message_room;
	engine_set_message_room(worker->engine, worker->message_room);
	for (uint16_t i = 0; i < worker->all->count; i++) {
		if (told[i]) {
			wake(worker->all->each[i]);
		}
	}
}

/* Up to a burst of what one worker said, and what it causes: answers, and packets that waited for a neighbour. */
static bool
hear_some(struct worker *worker, struct ring *ring)
{
	struct engine_message messages[MESSAGE_BURST];
	const uint32_t got = ring_take(ring, messages, MESSAGE_BURST);

	for (uint32_t m = 0; m < got; m++) {
		engine_give_message(worker->engine, worker->now, &messages[m]);
	}
	if (got > 0) {
		worker_drain(worker);
	}
	return got > 0;
}

void
worker_hear(struct worker *worker)
{
	for (uint16_t i = 0; i < worker->all->count; i++) {
		/* A ring's worth is all that had come before we began. */
		for (unsigned bursts = 0; i != worker->number && bursts < MESSAGES / MESSAGE_BURST; bursts++) {
			if (!hear_some(worker, worker->all->each[i]->messages_to[worker->number])) {
				break;
			}
		}
	}
	tell_room(worker);
}

void
worker_hand(struct worker *worker, uint16_t to, struct packet *packet)
{
	struct handing *handing = &worker->handing[to];

	assert(to != worker->number);
	handing->packets[handing->count++] = packet;
	if (handing->count >= ENGINE_BURST) {
		worker_hand_all(worker);
	}
}

void
worker_hand_all(struct worker *worker)
{
	for (uint16_t i = 0; i < worker->all->count; i++) {
		struct handing *handing = &worker->handing[i];

		if (handing->count == 0 || i == worker->number) {
			continue;
		}
		const uint32_t put = ring_put(worker->packets_to[i], handing->packets, handing->count);

		for (uint32_t p = put; p < handing->count; p++) {
			rte_pktmbuf_free(handing->packets[p]->handle);
		}
		if (put < handing->count) {
			count_lost(worker, i, handing->count - put);
		}
		count(&worker->handed, put);
		handing->count = 0;
		wake(worker->all->each[i]);
	}
}

/* Up to a burst of our own through the engine; what is left moves up. */
static void
process_own(struct worker *worker)
{
	struct handing *own = &worker->handing[worker->number];
	const uint32_t burst = own->count < ENGINE_BURST ? own->count : ENGINE_BURST;

	worker_process(worker, own->packets, burst);
	own->count -= burst;
	memmove(own->packets, own->packets + burst, own->count * sizeof(own->packets[0]));
}

/* No branch says whose a packet is: that would be a coin's throw for each. */
void
worker_part(struct worker *worker, struct packet *const *packets, uint32_t count)
{
	const struct handing *own = &worker->handing[worker->number];
	uint16_t owners[ENGINE_BURST];

	assert(count <= ENGINE_BURST && own->count < ENGINE_BURST);
	engine_owners(&worker->all->sharing, packets, count, owners);
	for (uint32_t i = 0; i < count; i++) {
		struct handing *handing = &worker->handing[owners[i]];

		handing->packets[handing->count++] = packets[i];
	}
	/* The others have them before ours take their time. */
	worker_hand_all(worker);
	if (own->count >= ENGINE_BURST) {
		process_own(worker);
	}
}

void
worker_expect_handed(struct worker *worker)
{
	for (uint16_t i = 0; i < worker->all->count; i++) {
		if (i != worker->number) {
			ring_ahead(worker->all->each[i]->packets_to[worker->number], ENGINE_BURST);
		}
	}
}

/*
 * Fills a burst with what one worker handed over. Three lines of each packet come from that one's processor and are going to be
 * written: DPDK's head of the buffer, the packet, and the frame's headers. They are on their way together, and come once.
 */
static bool
take_handed(struct worker *worker, struct ring *ring)
{
	struct handing *own = &worker->handing[worker->number];
	const uint32_t got = ring_take(ring, own->packets + own->count, ENGINE_BURST - own->count);

	for (uint32_t i = 0; i < got; i++) {
		const uint8_t *packet = (const uint8_t *)own->packets[own->count + i];

		__builtin_prefetch(packet, 1);
		__builtin_prefetch(packet + worker->frame_offset, 1);
		__builtin_prefetch(packet - sizeof(struct rte_mbuf), 1);
	}
	own->count += got;
	return got > 0;
}

bool
worker_receive_handed(struct worker *worker)
{
	const struct handing *own = &worker->handing[worker->number];
	bool busy = false;

	for (uint16_t i = 0; i < worker->all->count; i++) {
		struct ring *ring = worker->all->each[i]->packets_to[worker->number];

		/* As many bursts as are full, and the rest once: the others and our ports have their turn. */
		for (unsigned burst = 0; i != worker->number && burst < HANDED_BURSTS; burst++) {
			busy |= take_handed(worker, ring);
			if (own->count < ENGINE_BURST) {
				break;
			}
			process_own(worker);
		}
	}
	while (own->count > 0) {
		process_own(worker);
	}
	/* Also when there is no packet to read them for. */
	worker_hear(worker);
	return busy;
}

bool
worker_falls_asleep(struct worker *worker)
{
	(void)atomic_exchange_explicit(&worker->asleep, 1, memory_order_seq_cst);
	for (uint16_t i = 0; i < worker->all->count; i++) {
		const struct worker *other = worker->all->each[i];

		if (i != worker->number && !(ring_empty(other->packets_to[worker->number]) &&
		                               ring_empty(other->messages_to[worker->number]))) {
			worker_wakes(worker);
			return false;
		}
	}
	return true;
}

void
worker_wakes(struct worker *worker)
{
	(void)atomic_exchange_explicit(&worker->asleep, 0, memory_order_seq_cst);
}
