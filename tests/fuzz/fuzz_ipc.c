/*
 * Fuzz target: payloads of the messages that cross the local sockets. The first octet says which; what decodes must encode to
 * the very octets that it came from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/log.h"
#include "ipc/payload.h"
#include "ipc/resolve.h"
#include "target.h"

struct payload {
	const uint8_t *bytes;
	size_t length;
	struct text again;
};

static void
run_command(struct payload *payload)
{
	struct ipc_command command;

	if (ipc_command_decode(&command, payload->bytes, payload->length)) {
		ipc_command_encode(&command, &payload->again);
		ipc_string_release(command.line);
	}
}

static void
run_done(struct payload *payload)
{
	struct ipc_done done;

	if (ipc_done_decode(&done, payload->bytes, payload->length)) {
		ipc_done_encode(&done, &payload->again);
		ipc_done_release(&done);
	}
}

static void
run_complete(struct payload *payload)
{
	struct ipc_complete complete;

	if (ipc_complete_decode(&complete, payload->bytes, payload->length)) {
		ipc_complete_encode(&complete, &payload->again);
		ipc_string_release(complete.line);
	}
}

static void
run_candidates(struct payload *payload)
{
	struct ipc_candidates candidates;

	if (ipc_candidates_decode(&candidates, payload->bytes, payload->length)) {
		ipc_candidates_encode(&candidates, &payload->again);
		ipc_candidates_release(&candidates);
	}
}

static void
run_verify(struct payload *payload)
{
	struct ipc_verify verify;

	if (ipc_verify_decode(&verify, payload->bytes, payload->length)) {
		ipc_verify_encode(&verify, &payload->again);
	}
}

static void
run_apply(struct payload *payload)
{
	struct ipc_apply apply;

	if (ipc_apply_decode(&apply, payload->bytes, payload->length)) {
		ipc_apply_encode(&apply, &payload->again);
	}
}

static void
run_result(struct payload *payload)
{
	struct ipc_result result;

	if (ipc_result_decode(&result, payload->bytes, payload->length)) {
		ipc_result_encode(&result, &payload->again);
		ipc_result_release(&result);
	}
}

static void
run_rpc_done(struct payload *payload)
{
	struct ipc_rpc_done done;

	if (ipc_rpc_done_decode(&done, payload->bytes, payload->length)) {
		ipc_rpc_done_encode(&done, &payload->again);
		ipc_string_release(done.message);
	}
}

static void
run_log_record(struct payload *payload)
{
	struct ipc_log_record record;

	if (ipc_log_record_decode(&record, payload->bytes, payload->length)) {
		ipc_log_record_encode(&record, &payload->again);
		ipc_log_record_release(&record);
	}
}

static void
run_question(struct payload *payload)
{
	struct resolve_question question;

	if (resolve_question_decode(&question, payload->bytes, payload->length)) {
		resolve_question_encode(&question, &payload->again);
	}
}

static void
run_answer(struct payload *payload)
{
	struct resolve_answer answer;

	if (resolve_answer_decode(&answer, payload->bytes, payload->length)) {
		resolve_answer_encode(&answer, &payload->again);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static void (*const rows[])(struct payload *payload) = {run_command, run_done, run_complete, run_candidates, run_verify,
	    run_apply, run_result, run_rpc_done, run_log_record, run_question, run_answer};
	struct payload payload = {.length = length - 1, .again = TEXT_EMPTY};
	uint8_t *exact;

	if (length == 0) {
		return 0;
	}
	exact = malloc(payload.length + (payload.length == 0 ? 1 : 0));
	if (exact == NULL) {
		abort();
	}
	memcpy(exact, bytes + 1, payload.length);
	payload.bytes = exact;
	rows[bytes[0] % (sizeof(rows) / sizeof(rows[0]))](&payload);
	if (payload.again.length > 0 &&
	    (payload.again.length != payload.length || memcmp(payload.again.bytes, exact, payload.length) != 0)) {
		fprintf(stderr, "message %u: decoded and encoded it differs\n", bytes[0]);
		abort();
	}
	text_release(&payload.again);
	free(exact);
	return 0;
}
