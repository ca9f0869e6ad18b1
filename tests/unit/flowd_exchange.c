/*
 * Messages to a worker that reads none: who has something to say waits a moment for room, once, and goes on; what has no room
 * is counted, and what came before is there in order.
 *
 * The engine and the rounds of a worker are stubs here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../daemons/flowd/worker_private.h"

enum {
	ROOM = 8192, /* of a ring of messages */
};

static uint32_t to_say;
static uint32_t said;
static uint32_t heard;

uint64_t
worker_now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

bool
engine_take_message(struct engine *engine, struct engine_message *message)
{
	(void)engine;
	if (to_say == 0) {
		return false;
	}
	to_say--;
	*message = (struct engine_message){.worker = 1, .number = said++};
	return true;
}

void
engine_give_message(struct engine *engine, uint64_t now, const struct engine_message *message)
{
	(void)engine;
	(void)now;
	assert_int_equal(message->number, heard);
	heard++;
}

void
worker_drain(struct worker *worker)
{
	(void)worker;
}

void
worker_process(struct worker *worker, struct packet *const *packets, uint32_t count)
{
	(void)worker;
	(void)packets;
	(void)count;
}

static void
test_full(void **state)
{
	struct workers all = {.count = 2};
	uint64_t begin;

	(void)state;
	for (uint16_t i = 0; i < 2; i++) {
		all.each[i] = calloc(1, sizeof(struct worker));
		assert_non_null(all.each[i]);
		all.each[i]->all = &all;
		all.each[i]->number = i;
		assert_true(worker_exchange_create(all.each[i]));
	}
	to_say = ROOM;
	worker_say(all.each[0]);
	assert_int_equal(atomic_load(&all.each[0]->lost_handed), 0);
	/* A whole call's messages: waited for one by one they would take a second. */
	to_say = ENGINE_MESSAGES;
	begin = worker_now();
	worker_say(all.each[0]);
	assert_in_range(worker_now() - begin, 0, UINT64_C(500000000));
	assert_int_equal(atomic_load(&all.each[0]->lost_handed), ENGINE_MESSAGES);
	worker_hear(all.each[1]);
	assert_int_equal(heard, ROOM);
	/* There is room again. */
	said = heard;
	to_say = 5;
	worker_say(all.each[0]);
	worker_hear(all.each[1]);
	assert_int_equal(heard, ROOM + 5);
	for (uint16_t i = 0; i < 2; i++) {
		worker_exchange_destroy(all.each[i]);
		free(all.each[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_full)};

	return cmocka_run_group_tests_name("flowd_exchange", tests, NULL, NULL);
}
