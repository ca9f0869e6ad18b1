/*
 * The ring of event records: nothing is lost while there is room, what has no room is counted, order holds, and a reader
 * that sleeps is woken. The last test runs both sides as threads; the thread sanitizer watches it.
 */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event_ring.h"

enum {
	RECORDS = 200000,
	WAKE = 5000, /* milliseconds after which a reader was forgotten */
};

static bool
readable(const struct event_ring *ring, int milliseconds)
{
	struct pollfd waiting = {.fd = event_ring_descriptor(ring), .events = POLLIN};

	return poll(&waiting, 1, milliseconds) == 1;
}

static void
order_and_room(void **state)
{
	struct event_ring *ring = event_ring_create(4);
	struct event event = {.session = 0};

	(void)state;
	assert_non_null(ring);
	assert_false(event_ring_read(ring, &event));
	for (uint64_t i = 1; i <= 6; i++) {
		event.session = i;
		event_ring_write(ring, &event);
	}
	/* Not before it is published. */
	assert_false(event_ring_read(ring, &event));
	event_ring_publish(ring);
	for (uint64_t i = 1; i <= 4; i++) {
		assert_true(event_ring_read(ring, &event));
		assert_int_equal(event.session, i);
	}
	assert_false(event_ring_read(ring, &event));
	assert_int_equal(event_ring_lost(ring), 2);
	event.session = 7;
	event_ring_write(ring, &event);
	event_ring_publish(ring);
	assert_true(event_ring_read(ring, &event));
	assert_int_equal(event.session, 7);
	event_ring_destroy(ring);
}

static void
wakes_once_until_it_was_seen(void **state)
{
	struct event_ring *ring = event_ring_create(8);
	struct event event = {.session = 1};

	(void)state;
	assert_non_null(ring);
	event_ring_publish(ring);
	assert_false(readable(ring, 0));
	event_ring_write(ring, &event);
	event_ring_publish(ring);
	assert_true(readable(ring, 0));
	event_ring_seen(ring);
	assert_false(readable(ring, 0));
	event_ring_write(ring, &event);
	event_ring_publish(ring);
	assert_true(readable(ring, 0));
	event_ring_destroy(ring);
}

static void *
write_all(void *context)
{
	struct event_ring *ring = context;
	struct event event = {.session = 0};

	for (uint64_t i = 1; i <= RECORDS; i++) {
		event.session = i;
		event.policy = (uint32_t)(i * 7);
		event_ring_write(ring, &event);
		event_ring_publish(ring);
	}
	return NULL;
}

/* Whole records in order; those that are missing were counted; the reader is never left asleep. */
static void
two_threads(void **state)
{
	struct event_ring *ring = event_ring_create(64);
	struct event event = {.session = 0};
	uint64_t last = 0;
	uint64_t got = 0;
	pthread_t writer;

	(void)state;
	assert_non_null(ring);
	assert_int_equal(pthread_create(&writer, NULL, write_all, ring), 0);
	while (got + event_ring_lost(ring) < RECORDS) {
		assert_true(readable(ring, WAKE));
		event_ring_seen(ring);
		while (event_ring_read(ring, &event)) {
			assert_true(event.session > last);
			assert_int_equal(event.policy, (uint32_t)(event.session * 7));
			last = event.session;
			got++;
		}
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_int_equal(got + event_ring_lost(ring), RECORDS);
	event_ring_destroy(ring);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(order_and_room),
	    cmocka_unit_test(wakes_once_until_it_was_seen),
	    cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
