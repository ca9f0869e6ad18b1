/*
 * The sending side of logs while nobody listens: bounded, counted, and told once somebody does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/connection.h"
#include "ipc/log.h"

enum { WAITING = 4096 }; /* records that a logger keeps */

struct fixture {
	char folder[64];
	char path[96];
	struct logger *logger;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->folder, "/tmp/ipc-log-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/logd.sock", fixture->folder);
	fixture->logger = logger_create(fixture->path, "test");
	assert_non_null(fixture->logger);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	logger_destroy(fixture->logger);
	unlink(fixture->path);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

/* Reads records until none has come for a while; the logger is driven meanwhile. */
static size_t
receive_all(struct fixture *fixture, struct ipc_connection *server, char *last, size_t capacity)
{
	size_t count = 0;
	int quiet = 0;

	while (quiet < 20) {
		struct ipc_message message;
		enum ipc_status status;

		logger_poll(fixture->logger);
		status = ipc_wait_message(server, &message, 10);
		if (status == IPC_AGAIN) {
			quiet++;
			continue;
		}
		struct ipc_log_record record;

		assert_int_equal(status, IPC_OK);
		assert_int_equal(message.type, IPC_LOG_RECORD);
		assert_true(ipc_log_record_decode(&record, message.payload, message.length));
		(void)snprintf(last, capacity, "%s %s", record.tag, record.text);
		ipc_log_record_release(&record);
		count++;
		quiet = 0;
	}
	return count;
}

static struct ipc_connection *
accept_logger(struct fixture *fixture, int listener)
{
	/* It tries once a second. */
	for (int i = 0; i < 300; i++) {
		struct ipc_connection *server;

		logger_poll(fixture->logger);
		server = ipc_accept(listener, "logd");
		if (server != NULL) {
			return server;
		}
		(void)poll(NULL, 0, 10);
	}
	fail_msg("the logger does not connect");
	return NULL;
}

static void
test_nobody_listens(void **state)
{
	struct fixture *fixture = *state;
	struct ipc_connection *server;
	char last[256] = "";
	int listener;

	for (int i = 0; i < WAITING + 100; i++) {
		logger_printf(fixture->logger, LOG_SEVERITY_INFO, "TAG", "record %d", i);
	}
	assert_int_equal(logger_dropped(fixture->logger), 100);
	assert_int_equal(logger_descriptor(fixture->logger), -1);
	listener = ipc_listen(fixture->path);
	assert_true(listener >= 0);
	server = accept_logger(fixture, listener);
	/* The oldest are kept, and one of its own says how many are not. */
	assert_int_equal(receive_all(fixture, server, last, sizeof(last)), WAITING + 1);
	assert_non_null(strstr(last, "LOG_RECORDS_DROPPED 100 log records"));
	logger_printf(fixture->logger, LOG_SEVERITY_INFO, "TAG", "later");
	assert_int_equal(receive_all(fixture, server, last, sizeof(last)), 1);
	assert_string_equal(last, "TAG later");
	ipc_connection_destroy(server);
	close(listener);
}

/* A listener that accepts and never reads holds up nothing. */
static void
test_nobody_reads(void **state)
{
	struct fixture *fixture = *state;
	int listener = ipc_listen(fixture->path);
	struct ipc_connection *server;
	char filler[1001];

	assert_true(listener >= 0);
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	server = accept_logger(fixture, listener);
	for (int i = 0; i < 20000; i++) {
		logger_printf(fixture->logger, LOG_SEVERITY_INFO, "TAG", "%s", filler);
	}
	assert_true(logger_dropped(fixture->logger) > 10000);
	assert_true(logger_wants_write(fixture->logger));
	ipc_connection_destroy(server);
	close(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_nobody_listens, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nobody_reads, setup, teardown),
	};

	return cmocka_run_group_tests_name("ipc_log", tests, NULL, NULL);
}
