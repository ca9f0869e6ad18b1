/*
 * Allocations that fail, one by one, in what the daemons send each other: a payload is whole or refused, never half, and
 * nothing is lost (the leak checker looks).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failing_memory.h"
#include "ipc/connection.h"
#include "ipc/log.h"
#include "ipc/payload.h"
#include "ipc/server.h"

/* Does its work and cleans up; true when it succeeded. Must never succeed halfway. */
typedef bool work_function(void);

/* Fails the first allocation, then the second and so on, until the work gets by without a failure. */
static void
each_allocation(work_function *work)
{
	bool done = false;
	int least = 0;

	for (uint32_t at = 0; at < 2000 && !done; at++) {
		bool good;

		failing_memory_start(at);
		good = work();
		done = !failing_memory_failed(); /* the failure was never reached */
		failing_memory_stop();
		assert_true(good || !done);
		least += good ? 0 : 1;
	}
	assert_true(done);
	assert_true(least > 0);
}

static bool
work_record(void)
{
	struct ipc_log_record record = {.facility = 1, .severity = 6, .program = "RT_FLOW", .tag = "TAG", .text = "text"};
	struct ipc_log_record back;
	struct text out = TEXT_EMPTY;
	bool good;

	for (int i = 0; i < 20; i++) {
		ipc_pairs_addf(&record.pairs, "name", "value %d", i);
	}
	ipc_log_record_encode(&record, &out);
	good = !text_failed(&out);
	assert_true(!good || !record.pairs.failed);
	if (good) {
		good = ipc_log_record_decode(&back, out.bytes, out.length);
	}
	if (good) {
		assert_int_equal(back.pairs.count, 20);
		assert_string_equal(back.pairs.items[19].value, "value 19");
		ipc_log_record_release(&back);
	}
	ipc_pairs_release(&record.pairs);
	text_release(&out);
	return good;
}

static bool
work_result(void)
{
	struct ipc_result result = {.id = 4};
	struct ipc_result back;
	struct text out = TEXT_EMPTY;
	bool good;

	for (int i = 0; i < 20; i++) {
		ipc_result_add(&result, &(struct ipc_diagnostic){.error = true, .path = "a b", .message = "no"});
	}
	ipc_result_encode(&result, &out);
	good = !text_failed(&out) && ipc_result_decode(&back, out.bytes, out.length);
	if (good) {
		assert_int_equal(back.count, 20);
		ipc_result_release(&back);
	}
	ipc_result_release(&result);
	text_release(&out);
	return good;
}

static bool
work_front_end(void)
{
	struct ipc_candidates list = IPC_CANDIDATES_EMPTY;
	struct ipc_candidates back;
	struct ipc_command command = {.line = "show route"};
	struct ipc_done done = {.level = "a", .user = "b", .host = "c", .question = "d"};
	struct text out = TEXT_EMPTY;
	bool good;

	for (int i = 0; i < 20; i++) {
		ipc_candidates_add(&list, IPC_CANDIDATE_KEYWORD, "word", "help");
	}
	ipc_candidates_encode(&list, &out);
	good = !text_failed(&out) && ipc_candidates_decode(&back, out.bytes, out.length);
	if (good) {
		assert_int_equal(back.count, 20);
		ipc_candidates_release(&back);
	}
	ipc_candidates_release(&list);
	text_clear(&out);
	ipc_command_encode(&command, &out);
	if (!text_failed(&out) && ipc_command_decode(&command, out.bytes, out.length)) {
		ipc_string_release(command.line);
	} else {
		good = false;
	}
	text_clear(&out);
	ipc_done_encode(&done, &out);
	if (!text_failed(&out) && ipc_done_decode(&done, out.bytes, out.length)) {
		ipc_done_release(&done);
	} else {
		good = false;
	}
	text_release(&out);
	return good;
}

/* Two ends of one socket, a message through. */
static bool
work_connection(void)
{
	int pair[2];
	struct ipc_connection *left;
	struct ipc_connection *right;
	struct ipc_message message;
	bool good;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	left = ipc_connection_create(pair[0], "left");
	right = ipc_connection_create(pair[1], "right");
	good = left != NULL && right != NULL &&
	    ipc_connection_send(left, IPC_CLI_OUTPUT, 1, "hello", 5) == IPC_OK &&
	    ipc_wait_message(right, &message, 0) == IPC_OK;
	if (good) {
		assert_int_equal(message.length, 5);
		assert_memory_equal(message.payload, "hello", 5);
	}
	ipc_connection_destroy(left);
	ipc_connection_destroy(right);
	return good;
}

static bool
work_logger(void)
{
	struct logger *logger = logger_create("/nonexistent/logd.sock", "test");
	bool good = logger != NULL;

	if (good) {
		logger_printf(logger, LOG_SEVERITY_INFO, "TAG", "%s", "text");
		good = logger_dropped(logger) == 0;
	}
	logger_destroy(logger);
	return good;
}

static void
test_payloads(void **state)
{
	(void)state;
	each_allocation(work_record);
	each_allocation(work_result);
	each_allocation(work_front_end);
}

static void
test_connections(void **state)
{
	(void)state;
	each_allocation(work_connection);
	each_allocation(work_logger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_payloads),
	    cmocka_unit_test(test_connections),
	};

	return cmocka_run_group_tests_name("ipc_memory", tests, NULL, NULL);
}
