/*
 * All octets go out: through a pipe that takes them piece by piece, past signals, and not to a reader that is gone.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/output.h"

enum { OCTETS = 1 << 20 }; /* more than a pipe holds */

struct reader {
	int from;
	pthread_t writer;
	char *got;
	size_t length;
};

static void
nothing(int number)
{
	(void)number;
}

/* Reads slowly at first, and disturbs the writer while it waits. */
static void *
take(void *context)
{
	struct reader *reader = context;
	ssize_t got = 1;

	for (unsigned i = 0; i < 20; i++) {
		usleep(1000);
		(void)pthread_kill(reader->writer, SIGUSR1);
	}
	while (got > 0 && reader->length < OCTETS) {
		got = read(reader->from, reader->got + reader->length, OCTETS - reader->length);
		reader->length += got > 0 ? (size_t)got : 0;
	}
	return NULL;
}

static void
test_pieces_and_signals(void **state)
{
	const struct sigaction action = {.sa_handler = nothing}; /* without SA_RESTART: write() ends with EINTR */
	struct reader reader = {.writer = pthread_self(), .got = malloc(OCTETS)};
	char *sent = malloc(OCTETS);
	pthread_t thread;
	int ends[2];

	(void)state;
	assert_non_null(sent);
	assert_non_null(reader.got);
	for (size_t i = 0; i < OCTETS; i++) {
		sent[i] = (char)(i * 31 >> 3);
	}
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	assert_int_equal(pipe(ends), 0);
	reader.from = ends[0];
	assert_int_equal(pthread_create(&thread, NULL, take, &reader), 0);
	assert_true(output_all(ends[1], sent, OCTETS));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(reader.length, OCTETS);
	assert_memory_equal(reader.got, sent, OCTETS);
	close(ends[0]);
	close(ends[1]);
	free(sent);
	free(reader.got);
}

static void
test_reader_gone(void **state)
{
	int ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_false(output_all(ends[1], "x", 1));
	assert_int_equal(errno, EPIPE);
	assert_true(output_all(ends[1], "", 0));
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces_and_signals),
	    cmocka_unit_test(test_reader_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
