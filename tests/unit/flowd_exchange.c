/*
 * Messages to a worker that reads none: nobody waits, the engine is told how much room there is, what has none is counted, and
 * what came before is there in order.
 *
 * Packets: each goes to whose it is, once, in order, in bursts as large as there is.
 *
 * The engine and the rounds of a worker are stubs here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../daemons/flowd/worker_private.h"

enum {
	ROOM = 8192, /* of a ring of messages */
	PACKET_ROOM = 4096,
};

static uint32_t to_say;
static uint32_t said;
static uint32_t heard;
static uint32_t room; /* that the engine was told */
static bool answers; /* each message that is heard */
static uint32_t most_waiting;

bool
engine_take_message(struct engine *engine, struct engine_message *message)
{
	(void)engine;
	if (to_say == 0) {
		return false;
	}
	to_say--;
	*message = (struct engine_message){.worker = answers ? 0 : 1, .number = said++};
	return true;
}

void
engine_give_message(struct engine *engine, uint64_t now, const struct engine_message *message)
{
	(void)engine;
	(void)now;
	assert_int_equal(message->number, heard);
	heard++;
	to_say += answers;
	most_waiting = to_say > most_waiting ? to_say : most_waiting;
}

void
engine_set_message_room(struct engine *engine, uint32_t messages)
{
	(void)engine;
	room = messages;
}

void
worker_drain(struct worker *worker)
{
	worker_say(worker);
}

/* A packet's length is its number: each is processed once, by whose it is, and in the order in which one worker got them. */
enum { FRAMES = 20000, FRAME = 64 };

static uint16_t owner_of[FRAMES];
static uint16_t receiver_of[FRAMES];
static uint32_t last_of[2][2]; /* by receiver and owner: the highest number so far, + 1 */
static uint32_t processed;
static uint32_t bursts;

void
worker_process(struct worker *worker, struct packet *const *packets, uint32_t count)
{
	assert_in_range(count, 1, ENGINE_BURST);
	bursts++;
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t number = packets[i]->port;
		uint32_t *last = &last_of[receiver_of[number]][worker->number];

		assert_int_equal(owner_of[number], worker->number);
		assert_in_range(number, *last, FRAMES);
		*last = number + 1;
		processed++;
	}
}

static void
make(struct workers *all)
{
	*all = (struct workers){
	    .count = 2, .sharing = engine_sharing_of(&(struct hash_key){.low = 5, .high = 6}, 2)};
	for (uint16_t i = 0; i < 2; i++) {
		all->each[i] = aligned_alloc(RING_LINE, sizeof(struct worker));
		assert_non_null(all->each[i]);
		memset(all->each[i], 0, sizeof(struct worker));
		all->each[i]->all = all;
		all->each[i]->number = i;
		assert_true(worker_exchange_create(all->each[i]));
	}
}

static void
unmake(struct workers *all)
{
	for (uint16_t i = 0; i < 2; i++) {
		worker_exchange_destroy(all->each[i]);
		free(all->each[i]);
	}
}

/* A UDP datagram from a port of its own, in a frame. */
static void
make_frame(struct packet *packet, uint8_t *frame, uint32_t number)
{
	memset(frame, 0, FRAME);
	frame[12] = 0x08;
	frame[14] = 0x45;
	frame[17] = FRAME - 14;
	frame[23] = 17;
	frame[29] = 1;
	frame[33] = 2;
	frame[34] = (uint8_t)(number >> 8);
	frame[35] = (uint8_t)number;
	*packet = (struct packet){.data = frame, .length = FRAME, .port = (uint16_t)number};
}

/* Both get bursts of any size and part them; what is left over waits for the end of a round. */
static void
test_packets(void **state)
{
	static struct packet packets[FRAMES];
	static uint8_t frames[FRAMES][FRAME];
	struct packet *burst[ENGINE_BURST];
	struct random_source random = random_seeded(12);
	struct workers all;
	uint32_t next = 0;
	uint32_t counts[2] = {0};

	(void)state;
	make(&all);
	while (next < FRAMES) {
		struct worker *worker = all.each[random_below(&random, 2)];
		uint32_t count = 0;

		for (uint32_t wanted = random_below(&random, ENGINE_BURST + 1); count < wanted && next < FRAMES; next++) {
			make_frame(&packets[next], frames[next], next);
			owner_of[next] = engine_owner(&all.sharing, &packets[next]);
			receiver_of[next] = worker->number;
			counts[owner_of[next]]++;
			burst[count++] = &packets[next];
		}
		worker_expect_handed(worker);
		worker_part(worker, burst, count);
		if (random_below(&random, 2) == 0) {
			(void)worker_receive_handed(worker);
			assert_int_equal(worker->handing[worker->number].count, 0);
		}
	}
	while (worker_receive_handed(all.each[0]) || worker_receive_handed(all.each[1])) {
		/* what is left */
	}
	assert_int_equal(processed, FRAMES);
	assert_in_range(counts[0], FRAMES / 3, FRAMES);
	assert_in_range(counts[1], FRAMES / 3, FRAMES);
	assert_in_range(bursts, FRAMES / ENGINE_BURST, FRAMES / 8);
	assert_int_equal(atomic_load(&all.each[0]->lost_handed) + atomic_load(&all.each[1]->lost_handed), 0);
	unmake(&all);
}

/* A worker that takes nothing loses what its ring has no room for, and each is counted. */
static void
test_packets_lost(void **state)
{
	static struct packet packet;
	static uint8_t frame[FRAME];
	struct packet *burst[ENGINE_BURST];
	struct workers all;
	uint32_t sent = 0;

	(void)state;
	make(&all);
	for (uint32_t number = 0; number == 0 || engine_owner(&all.sharing, &packet) != 1; number++) {
		make_frame(&packet, frame, number);
	}
	for (unsigned i = 0; i < ENGINE_BURST; i++) {
		burst[i] = &packet;
	}
	for (; sent < PACKET_ROOM + 3 * ENGINE_BURST; sent += ENGINE_BURST) {
		worker_part(all.each[0], burst, ENGINE_BURST);
	}
	assert_int_equal(atomic_load(&all.each[0]->lost_handed), 3 * ENGINE_BURST);
	assert_int_equal(atomic_load(&all.each[0]->handed), PACKET_ROOM);
	/* For which they were is known too. */
	assert_int_equal(atomic_load(&all.each[1]->refused), 3 * ENGINE_BURST);
	assert_int_equal(atomic_load(&all.each[0]->refused), 0);
	assert_int_equal(ring_count(all.each[0]->packets_to[1]), PACKET_ROOM);
	unmake(&all);
}

/* What the engine is told it may say is what the fullest ring has room for, and never more; once half is left it is asked for. */
static void
test_full(void **state)
{
	struct workers all;

	(void)state;
	make(&all);
	worker_say(all.each[0]);
	worker_hear(all.each[0]);
	assert_int_equal(all.each[0]->message_room, ROOM);
	to_say = ROOM / 2;
	worker_say(all.each[0]);
	assert_int_equal(room, ROOM / 2);
	to_say = 100;
	worker_say(all.each[0]);
	assert_int_equal(room, ROOM / 2 - 100);
	worker_hear(all.each[0]);
	assert_int_equal(room, ROOM / 2 - 100);
	to_say = ROOM / 2 - 100;
	worker_say(all.each[0]);
	worker_hear(all.each[0]);
	assert_int_equal(room, 0);
	assert_int_equal(atomic_load(&all.each[0]->lost_handed), 0);
	/* An engine that said more than it may would lose that, at once, and it is counted. */
	to_say = ENGINE_MESSAGES;
	worker_say(all.each[0]);
	assert_int_equal(atomic_load(&all.each[0]->lost_handed), ENGINE_MESSAGES);
	worker_hear(all.each[1]);
	assert_int_equal(heard, ROOM);
	/* There is room again, and it is told. */
	worker_hear(all.each[0]);
	assert_int_equal(room, ROOM);
	said = heard;
	to_say = 5;
	worker_say(all.each[0]);
	worker_hear(all.each[1]);
	assert_int_equal(heard, ROOM + 5);
	unmake(&all);
}

/* What is heard may cause as much to say: it is said in between, so that no engine's queue has to hold all of it. */
static void
test_answers(void **state)
{
	struct workers all;

	(void)state;
	make(&all);
	said = heard;
	to_say = 4000;
	worker_say(all.each[0]);
	answers = true;
	worker_hear(all.each[1]);
	answers = false;
	assert_in_range(most_waiting, 1, 64);
	assert_int_equal(atomic_load(&all.each[0]->lost_handed) + atomic_load(&all.each[1]->lost_handed), 0);
	assert_int_equal(ring_room(all.each[1]->messages_to[0]), ROOM - 4000);
	unmake(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_packets),
	    cmocka_unit_test(test_packets_lost),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests_name("flowd_exchange", tests, NULL, NULL);
}
