/*
 * From a line to the function that does it: the op table of lib/conf parses, commands.def says who.
 */
#include "command_run.h"

#include <string.h>

#include "access.h"
#include "command_help.h"
#include "command_line.h"
#include "editing.h"
#include "monitor.h"
#include "password.h"
#include "relay.h"
#include "share.h"

struct row {
	const char *rpc;
	command_function *run;
};

static const struct row rows[] = {
#define COMMAND(name, function) {name, function},
#include "commands.def"
#undef COMMAND
};

static command_function *
function_of(const char *rpc)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].rpc, rpc) == 0) {
			return rows[i].run;
		}
	}
	return NULL;
}

static enum command_outcome
refuse(struct session *session, const struct op_error *error, const char *line)
{
	struct text out = TEXT_EMPTY;

	op_error_render(error, line, session->indent, &out);
	session_fail(session, &out);
	text_release(&out);
	return COMMAND_WRONG;
}

static enum command_outcome
run_guarded(struct session *session, const struct op_command *command, command_function *run)
{
	struct access_guard guard;

	if (!access_guard_start(session, command, &guard)) {
		return COMMAND_WRONG;
	}
	enum command_outcome outcome = run(session, command);

	/* Whatever way a password came in by, it is not kept. */
	if (command->rpc->mode == OP_MODE_CONFIGURATION && !password_hash_all(editing_candidate(session))) {
		session_failf(session, "error: a password could not be hashed and was left out\n");
		outcome = COMMAND_WRONG;
	}
	return access_guard_end(session, &guard) ? outcome : COMMAND_WRONG;
}

enum command_outcome
command_run(struct session *session, const char *line, enum op_mode mode)
{
	struct op_command command = {.rpc = NULL};
	struct op_error error = OP_ERROR_EMPTY;
	enum command_outcome outcome = COMMAND_DONE;
	struct text why = TEXT_EMPTY;
	command_function *run;

	if (!op_parse(session->mgd->commands, mode, line, &command, &error)) {
		outcome = refuse(session, &error, line);
		op_error_release(&error);
		return outcome;
	}
	op_error_release(&error);
	if (command.rpc == NULL) {
		return COMMAND_DONE;
	}
	run = function_of(command.rpc->name);
	if (!access_command(session, &command, mode) || !command_line_expand(session, line, &command)) {
		outcome = COMMAND_WRONG;
	} else if (!share_left(session, &command, &why)) {
		session_failf(session, "error: %s\n", text_string(&why));
		outcome = COMMAND_WRONG;
	} else if (command.rpc->daemon != OP_DAEMON_MGD) {
		relay_start(session, &command);
		outcome = COMMAND_LATER;
	} else if (run == NULL) {
		session_failf(session, "error: %s is not there yet\n", command.rpc->words);
		outcome = COMMAND_WRONG;
	} else {
		outcome = run_guarded(session, &command, run);
	}
	text_release(&why);
	op_command_release(&command);
	return outcome;
}
