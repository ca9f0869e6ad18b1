/*
 * Payloads of lib/ipc: what is encoded comes back, and a payload cut at every byte, or with one byte too many, is refused
 * without a leak. Blocks are of the exact size, so that a read behind the end is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/log.h"
#include "ipc/payload.h"

/* Decodes and releases; true when the payload was taken. */
typedef bool try_decode(const void *payload, size_t length);

static bool
try_command(const void *payload, size_t length)
{
	struct ipc_command command;

	if (!ipc_command_decode(&command, payload, length)) {
		return false;
	}
	ipc_string_release(command.line);
	return true;
}

static bool
try_done(const void *payload, size_t length)
{
	struct ipc_done done;

	if (!ipc_done_decode(&done, payload, length)) {
		return false;
	}
	ipc_done_release(&done);
	return true;
}

static bool
try_complete(const void *payload, size_t length)
{
	struct ipc_complete complete;

	if (!ipc_complete_decode(&complete, payload, length)) {
		return false;
	}
	ipc_string_release(complete.line);
	return true;
}

static bool
try_candidates(const void *payload, size_t length)
{
	struct ipc_candidates list;

	if (!ipc_candidates_decode(&list, payload, length)) {
		return false;
	}
	ipc_candidates_release(&list);
	return true;
}

static bool
try_verify(const void *payload, size_t length)
{
	struct ipc_verify verify;

	return ipc_verify_decode(&verify, payload, length);
}

static bool
try_result(const void *payload, size_t length)
{
	struct ipc_result result;

	if (!ipc_result_decode(&result, payload, length)) {
		return false;
	}
	ipc_result_release(&result);
	return true;
}

static bool
try_rpc_done(const void *payload, size_t length)
{
	struct ipc_rpc_done done;

	if (!ipc_rpc_done_decode(&done, payload, length)) {
		return false;
	}
	ipc_string_release(done.message);
	return true;
}

static bool
try_record(const void *payload, size_t length)
{
	struct ipc_log_record record;

	if (!ipc_log_record_decode(&record, payload, length)) {
		return false;
	}
	ipc_log_record_release(&record);
	return true;
}

/* Whole is taken; each shorter and the next longer are not. */
static void
only_whole(try_decode *decode, struct text *encoded)
{
	assert_false(text_failed(encoded));
	for (size_t length = 0; length <= encoded->length + 1; length++) {
		char *exact = malloc(length == 0 ? 1 : length);
		size_t known = length < encoded->length ? length : encoded->length;

		assert_non_null(exact);
		memcpy(exact, encoded->bytes, known);
		memset(exact + known, 0, length - known);
		assert_int_equal(decode(exact, length), length == encoded->length);
		free(exact);
	}
	text_release(encoded);
}

static void
test_front_end(void **state)
{
	struct text out = TEXT_EMPTY;
	struct ipc_command command = {.line = "show route", .width = 132, .indent = 14};
	struct ipc_done done = {.status = IPC_DONE_ERROR,
	    .mode = IPC_MODE_CONFIGURE,
	    .level = "security zones",
	    .user = "root",
	    .host = "albuquerque",
	    .question = "sure? "};
	struct ipc_complete complete = {.line = "show ", .reason = IPC_COMPLETE_HELP};
	struct ipc_candidates list = IPC_CANDIDATES_EMPTY;
	struct ipc_candidates back;

	(void)state;
	ipc_command_encode(&command, &out);
	assert_true(ipc_command_decode(&command, out.bytes, out.length));
	assert_string_equal(command.line, "show route");
	assert_int_equal(command.width, 132);
	assert_int_equal(command.indent, 14);
	ipc_string_release(command.line);
	only_whole(try_command, &out);

	ipc_done_encode(&done, &out);
	assert_true(ipc_done_decode(&done, out.bytes, out.length));
	assert_int_equal(done.status, IPC_DONE_ERROR);
	assert_int_equal(done.mode, IPC_MODE_CONFIGURE);
	assert_string_equal(done.level, "security zones");
	assert_string_equal(done.user, "root");
	assert_string_equal(done.host, "albuquerque");
	assert_string_equal(done.question, "sure? ");
	ipc_done_release(&done);
	only_whole(try_done, &out);

	ipc_complete_encode(&complete, &out);
	only_whole(try_complete, &out);

	list.replace = 3;
	ipc_candidates_add(&list, IPC_CANDIDATE_KEYWORD, "route", "Show routes");
	ipc_candidates_add(&list, IPC_CANDIDATE_ENTER, "<[Enter]>", NULL);
	ipc_candidates_encode(&list, &out);
	ipc_candidates_release(&list);
	assert_true(ipc_candidates_decode(&back, out.bytes, out.length));
	assert_int_equal(back.replace, 3);
	assert_int_equal(back.count, 2);
	assert_string_equal(back.items[0].word, "route");
	assert_int_equal(back.items[1].kind, IPC_CANDIDATE_ENTER);
	assert_string_equal(back.items[1].help, "");
	ipc_candidates_release(&back);
	only_whole(try_candidates, &out);
}

static void
test_daemons(void **state)
{
	struct text out = TEXT_EMPTY;
	struct ipc_verify verify = {.id = 0x1122334455667788ULL, .text = "system;", .length = 7};
	struct ipc_result result = {.id = 9, .accepted = false};
	struct ipc_rpc_done done = {.ok = false, .message = "no such session"};

	(void)state;
	ipc_verify_encode(&verify, &out);
	assert_true(ipc_verify_decode(&verify, out.bytes, out.length));
	assert_true(verify.id == 0x1122334455667788ULL);
	assert_int_equal(verify.length, 7);
	assert_memory_equal(verify.text, "system;", 7);
	only_whole(try_verify, &out);

	ipc_result_add(&result,
	    &(struct ipc_diagnostic){.error = true, .line = 12, .path = "security zones", .message = "no such interface"});
	ipc_result_encode(&result, &out);
	ipc_result_release(&result);
	assert_true(ipc_result_decode(&result, out.bytes, out.length));
	assert_false(result.accepted);
	assert_int_equal(result.id, 9);
	assert_int_equal(result.count, 1);
	assert_true(result.items[0].error);
	assert_int_equal(result.items[0].line, 12);
	assert_string_equal(result.items[0].path, "security zones");
	assert_string_equal(result.items[0].statement, "");
	assert_string_equal(result.items[0].message, "no such interface");
	ipc_result_release(&result);
	only_whole(try_result, &out);

	ipc_rpc_done_encode(&done, &out);
	only_whole(try_rpc_done, &out);
}

static void
test_log_record(void **state)
{
	struct text out = TEXT_EMPTY;
	struct ipc_log_record record = {.facility = LOG_FACILITY_USER,
	    .severity = LOG_SEVERITY_INFO,
	    .wall = -5,
	    .program = "RT_FLOW",
	    .tag = "RT_FLOW_SESSION_CREATE",
	    .text = "session created"};
	struct ipc_log_record back;

	(void)state;
	ipc_pairs_add(&record.pairs, "source-address", "10.0.0.1");
	ipc_pairs_addf(&record.pairs, "source-port", "%u", 1024U);
	ipc_pairs_addf(&record.pairs, "empty", "%s", "");
	ipc_log_record_encode(&record, &out);
	ipc_pairs_release(&record.pairs);
	assert_true(ipc_log_record_decode(&back, out.bytes, out.length));
	assert_true(back.wall == -5);
	assert_int_equal(back.facility, LOG_FACILITY_USER);
	assert_int_equal(back.severity, LOG_SEVERITY_INFO);
	assert_string_equal(back.tag, "RT_FLOW_SESSION_CREATE");
	assert_string_equal(ipc_pairs_find(&back.pairs, "source-port"), "1024");
	assert_string_equal(ipc_pairs_find(&back.pairs, "empty"), "");
	assert_null(ipc_pairs_find(&back.pairs, "port"));
	ipc_log_record_release(&back);
	only_whole(try_record, &out);
}

/* Values that no encoder writes. */
static void
test_nonsense(void **state)
{
	static const uint8_t nul_inside[] = {0, 80, 0, 0, 0, 0, 0, 3, 'a', 0, 'b'};
	static const uint8_t many_pairs[] = {1, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
	    0xff, 0xff, 0, 0, 0, 0};
	static const uint8_t reason[] = {3, 0, 0, 0, 0};
	static const uint8_t facility[] = {24, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0};
	static const uint8_t flag[] = {2, 0, 0, 0, 0};

	(void)state;
	assert_false(try_command(nul_inside, sizeof(nul_inside)));
	assert_false(try_record(many_pairs, sizeof(many_pairs)));
	assert_false(try_complete(reason, sizeof(reason)));
	assert_false(try_record(facility, sizeof(facility)));
	assert_false(try_rpc_done(flag, sizeof(flag)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_front_end),
	    cmocka_unit_test(test_daemons),
	    cmocka_unit_test(test_log_record),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests_name("ipc_payload", tests, NULL, NULL);
}
