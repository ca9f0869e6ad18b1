/*
 * Two workers in threads of their own, each with packets for both and more to say than rings hold: every message arrives once and
 * in order, and before the packets that were handed over after it; what a ring of packets has no room for is counted, and no
 * message is lost as long as an engine keeps to the room that it was told of.
 *
 * The engine and the rounds of a worker are stubs here.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../daemons/flowd/worker_private.h"
#include "base/random.h"

enum {
	FRAME = 64,
	ROUNDS = 4000,
	BUFFERS = ROUNDS * ENGINE_BURST,
	SAY_MOST = 300, /* in a round; the room that is left is less at times */
	STALLED = 600,  /* rounds that the second worker misses first */
};

struct frame { /* never used twice: who gets it may look at it at any time */
	struct packet packet;
	uint8_t octets[FRAME];
};

struct engine {
	uint32_t to_say;
	uint32_t said;  /* to the other, ever */
	uint32_t heard; /* from the other */
	uint32_t room;
	uint32_t processed;
	uint32_t handed;
	uint32_t refused; /* rounds in which there was no room for what it wanted to say */
	bool wrong;
};

struct party {
	struct workers all;
	struct engine engines[2];
	struct frame *frames[2];
	_Atomic uint32_t done;
	_Atomic uint32_t begun;
};

bool
engine_take_message(struct engine *engine, struct engine_message *message)
{
	if (engine->to_say == 0) {
		return false;
	}
	engine->to_say--;
	*message = (struct engine_message){.worker = ENGINE_ALL_WORKERS, .number = engine->said++};
	return true;
}

void
engine_give_message(struct engine *engine, uint64_t now, const struct engine_message *message)
{
	(void)now;
	engine->wrong |= message->number != engine->heard;
	engine->heard++;
}

void
engine_set_message_room(struct engine *engine, uint32_t room)
{
	engine->room = room;
}

void
worker_drain(struct worker *worker)
{
	worker_say(worker);
	worker_hand_all(worker);
}

/* A packet's length says how much had been said when it was made: it must have been heard. */
void
worker_process(struct worker *worker, struct packet *const *packets, uint32_t count)
{
	worker_hear(worker);
	for (uint32_t i = 0; i < count; i++) {
		const bool own = packets[i]->instance == worker->number;

		worker->engine->wrong |= !own && packets[i]->length - FRAME > worker->engine->heard;
		worker->engine->processed++;
	}
	worker_drain(worker);
}

static void
make_frame(const struct worker *worker, struct frame *frame, uint32_t number)
{
	uint8_t *octets = frame->octets;

	octets[12] = 0x08;
	octets[14] = 0x45;
	octets[17] = FRAME - 14;
	octets[23] = 17;
	octets[34] = (uint8_t)(number >> 8);
	octets[35] = (uint8_t)number;
	frame->packet = (struct packet){.data = octets, .length = FRAME + worker->engine->said, .instance = worker->number};
}

struct run {
	struct party *party;
	uint16_t number;
};

static void
one_round(struct worker *worker, struct frame *frames, struct random_source *random)
{
	struct packet *burst[ENGINE_BURST];
	const uint32_t wanted = random_below(random, SAY_MOST);

	worker_expect_handed(worker);
	worker_hear(worker);
	if (wanted <= worker->engine->room) {
		worker->engine->to_say = wanted;
		worker_drain(worker);
	} else {
		worker->engine->refused++;
	}
	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		make_frame(worker, &frames[i], random_below(random, 65536));
		burst[i] = &frames[i].packet;
	}
	worker_part(worker, burst, ENGINE_BURST);
	(void)worker_receive_handed(worker);
}

static void *
work(void *context)
{
	const struct run *run = context;
	struct party *party = run->party;
	struct worker *worker = party->all.each[run->number];
	struct random_source random = random_seeded(40U + run->number);

	while (run->number == 1 && atomic_load(&party->begun) < STALLED) {
		(void)sched_yield();
	}
	for (uint32_t i = 0; i < ROUNDS; i++) {
		one_round(worker, party->frames[run->number] + i * ENGINE_BURST, &random);
		(void)atomic_fetch_add(&party->begun, run->number == 0);
		if (i % 16 == 0) {
			(void)sched_yield();
		}
	}
	(void)atomic_fetch_add(&party->done, 1);
	while (atomic_load(&party->done) < 2 || worker_receive_handed(worker)) {
		(void)worker_receive_handed(worker);
	}
	(void)worker_receive_handed(worker);
	worker_hear(worker);
	return NULL;
}

static void
test_threads(void **state)
{
	struct party *party = calloc(1, sizeof(*party));
	struct run runs[2];
	pthread_t threads[2];
	uint64_t lost = 0;

	(void)state;
	assert_non_null(party);
	party->all = (struct workers){
	    .count = 2, .sharing = engine_sharing_of(&(struct hash_key){.low = 5, .high = 6}, 2)};
	for (uint16_t i = 0; i < 2; i++) {
		struct worker *worker = aligned_alloc(RING_LINE, sizeof(*worker));

		party->frames[i] = calloc(BUFFERS, sizeof(struct frame));
		assert_non_null(worker);
		assert_non_null(party->frames[i]);
		memset(worker, 0, sizeof(*worker));
		worker->all = &party->all;
		worker->number = i;
		worker->wake = -1;
		worker->engine = &party->engines[i];
		party->engines[i].room = UINT32_MAX;
		party->all.each[i] = worker;
		assert_true(worker_exchange_create(worker));
	}
	for (uint16_t i = 0; i < 2; i++) {
		runs[i] = (struct run){.party = party, .number = i};
		assert_int_equal(pthread_create(&threads[i], NULL, work, &runs[i]), 0);
	}
	for (uint16_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		lost += atomic_load(&party->all.each[i]->lost_handed);
	}
	for (uint16_t i = 0; i < 2; i++) {
		const struct engine *engine = &party->engines[i];

		assert_false(engine->wrong);
		assert_int_equal(engine->heard, party->engines[!i].said);
	}
	/* While the second one was away its ring was full: no message was lost, and of the packets each is counted. */
	assert_true(party->engines[0].refused > 0);
	assert_true(lost > 0);
	assert_int_equal(party->engines[0].processed + party->engines[1].processed + lost, 2 * BUFFERS);
	for (uint16_t i = 0; i < 2; i++) {
		worker_exchange_destroy(party->all.each[i]);
		free(party->all.each[i]);
		free(party->frames[i]);
	}
	free(party);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};

	return cmocka_run_group_tests_name("flowd_exchange_threads", tests, NULL, NULL);
}
