/*
 * Configuration mode: entering and leaving, moving, changing, committing.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "audit.h"
#include "command.h"
#include "command_run.h"
#include "commit.h"
#include "confirm.h"
#include "editing.h"
#include "schedule.h"

enum { DEFAULT_CONFIRM = 10 }; /* minutes */

enum command_outcome
command_configure(struct session *session, const struct op_command *command)
{
	const struct op_node *request = command->request.root;
	enum edit_kind kind = op_find(request, "exclusive") != NULL ? EDIT_EXCLUSIVE
	    : op_find(request, "private") != NULL                   ? EDIT_PRIVATE
	                                                            : EDIT_SHARED;

	if (!editing_open(session, kind)) {
		return COMMAND_WRONG;
	}
	audit_configure(session->mgd, session->user, true);
	session_say(session, "Entering configuration mode");
	(void)editing_tell_editors(session, false);
	if (editing_changed(session)) {
		session_say(session, "The configuration has been changed but not committed");
	}
	if (session->mgd->unconfirmed) {
		session_sayf(session, "# commit confirmed will be rolled back in %u minutes", confirm_minutes_left(session->mgd));
	}
	return COMMAND_DONE;
}

enum command_outcome
command_leave(struct session *session, const struct op_command *command)
{
	(void)session;
	(void)command;
	return COMMAND_LEAVE;
}

enum command_outcome
command_help(struct session *session, const struct op_command *command)
{
	struct text out = TEXT_EMPTY;

	op_help(session->mgd->commands, command->rpc->mode, &out);
	session_print(session, &out);
	text_release(&out);
	return COMMAND_DONE;
}

enum command_outcome
command_operational(struct session *session, const struct op_command *command)
{
	const char *line = op_value(command->request.root, "command");
	struct op_error error = OP_ERROR_EMPTY;
	struct op_command parsed = {.rpc = NULL};
	bool leaves;

	if (line == NULL) {
		return COMMAND_DONE;
	}
	/* What changes the mode has no place behind `run`. */
	leaves = op_parse(session->mgd->commands, OP_MODE_OPERATIONAL, line, &parsed, &error) && parsed.rpc != NULL &&
	    (strcmp(parsed.rpc->name, "open-configuration") == 0 || strcmp(parsed.rpc->name, "edit-configuration") == 0 ||
	        strncmp(parsed.rpc->name, "operational-", 12) == 0);
	op_command_release(&parsed);
	op_error_release(&error);
	if (leaves) {
		session_failf(session, "error: '%s' cannot be run from configuration mode\n", line);
		return COMMAND_WRONG;
	}
	session->indent = OP_INDENT_ECHO;
	return command_run(session, line, OP_MODE_OPERATIONAL);
}

/* --- changes ---------------------------------------------------------------------------------------------------- */

enum command_outcome
command_change(struct session *session, const struct op_command *command, enum conf_edit_verb verb)
{
	const char *words = op_value(command->request.root, "statement");
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_editor editor;
	bool good;

	if (!editing_allowed(session)) {
		return COMMAND_WRONG;
	}
	editor = editing_editor(session);
	good = conf_edit(&editor, verb, words == NULL ? "" : words, &list);
	editing_keep_level(session, &editor);
	const bool absent = good && conf_only_absent(&list);

	/* Whether it is there is told to those who may see it. */
	if ((!good || absent) && access_hides(session, &list)) {
		access_tell_denied(session);
		good = false;
	} else {
		access_diagnose(session, &list);
	}
	if (good && !absent) {
		editing_set_changed(session, true);
	}
	diagnostics_release(&list);
	return good ? COMMAND_DONE : COMMAND_WRONG;
}

/* --- moving ----------------------------------------------------------------------------------------------------- */

static void
push_level(struct session *session, const char *level)
{
	struct text copy = TEXT_EMPTY;

	text_append(&copy, level);
	if (session->depth == SESSION_LEVELS) {
		text_release(&session->before[0]);
		memmove(session->before, session->before + 1, (SESSION_LEVELS - 1) * sizeof(session->before[0]));
		session->depth--;
	}
	session->before[session->depth++] = copy;
}

enum command_outcome
command_edit(struct session *session, const struct op_command *command)
{
	const char *words = op_value(command->request.root, "statement");
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_editor editor = editing_editor(session);
	struct text before = TEXT_EMPTY;
	bool good;

	if (!access_sees(session, words == NULL ? "" : words, ACCESS_SOME)) {
		access_tell_denied(session);
		return COMMAND_WRONG;
	}
	text_append(&before, text_string(&session->level));
	good = conf_edit(&editor, CONF_EDIT_ENTER, words == NULL ? "" : words, &list);
	editing_keep_level(session, &editor);
	access_diagnose(session, &list);
	if (good && strcmp(text_string(&before), text_string(&session->level)) != 0) {
		push_level(session, text_string(&before));
	}
	text_release(&before);
	diagnostics_release(&list);
	return good ? COMMAND_DONE : COMMAND_WRONG;
}

enum command_outcome
command_up(struct session *session, const struct op_command *command)
{
	struct conf_editor editor = editing_editor(session);
	bool moved = conf_edit_up(&editor, (uint32_t)op_number(command->request.root, "levels", 1));

	editing_keep_level(session, &editor);
	if (!moved) {
		session_say(session, "warning: already at top of configuration");
	}
	return COMMAND_DONE;
}

/* May the line stand behind `top`? What works on the candidate may; `moves` tells whether it is edit. */
static bool
fits_behind_top(const struct session *session, const char *line, bool *moves)
{
	static const char *const rpcs[] = {"configuration-edit", "configuration-set", "configuration-delete",
	    "configuration-insert", "configuration-activate", "configuration-deactivate", "configuration-show",
	    "configuration-rename", "configuration-copy", "configuration-annotate", "configuration-protect",
	    "configuration-unprotect", "configuration-wildcard-delete", "configuration-wildcard-range",
	    "configuration-replace"};
	struct op_error error = OP_ERROR_EMPTY;
	struct op_command parsed = {.rpc = NULL};
	bool fits = !op_parse(session->mgd->commands, OP_MODE_CONFIGURATION, line, &parsed, &error);

	/* A line that does not parse is run all the same: that says what is wrong with it. */
	for (size_t i = 0; parsed.rpc != NULL && i < sizeof(rpcs) / sizeof(rpcs[0]); i++) {
		fits = fits || strcmp(parsed.rpc->name, rpcs[i]) == 0;
	}
	*moves = parsed.rpc != NULL && strcmp(parsed.rpc->name, rpcs[0]) == 0;
	op_command_release(&parsed);
	op_error_release(&error);
	return fits;
}

/* Alone it moves; before a command it is that command's level only. */
enum command_outcome
command_top(struct session *session, const struct op_command *command)
{
	const char *line = op_value(command->request.root, "command");
	struct text before = session->level;
	enum command_outcome outcome = COMMAND_DONE;
	bool moves = true;

	if (line != NULL && !fits_behind_top(session, line, &moves)) {
		session_failf(session, "error: '%s' cannot stand behind top\n", line);
		return COMMAND_WRONG;
	}
	session->level = TEXT_EMPTY;
	if (line != NULL) {
		session->indent = OP_INDENT_ECHO;
		outcome = command_run(session, line, OP_MODE_CONFIGURATION);
	}
	if (moves && outcome == COMMAND_DONE) {
		text_release(&before);
	} else {
		text_release(&session->level);
		session->level = before;
	}
	return outcome;
}

enum command_outcome
command_exit(struct session *session, const struct op_command *command)
{
	bool at_once = op_find(command->request.root, "configuration-mode") != NULL;

	if (!at_once && session->depth > 0) {
		text_release(&session->level);
		session->level = session->before[--session->depth];
		return COMMAND_DONE;
	}
	if (!at_once && session->level.length > 0) {
		text_clear(&session->level);
		return COMMAND_DONE;
	}
	if (editing_changed(session)) {
		session_say(session, "The configuration has been changed but not committed");
	}
	editing_leave(session);
	return COMMAND_DONE;
}

/* --- commit ----------------------------------------------------------------------------------------------------- */

enum command_outcome
command_commit(struct session *session, const struct op_command *command)
{
	const struct op_node *request = command->request.root;
	struct commit_order order = {
	    .check_only = op_find(request, "check") != NULL,
	    .and_quit = op_find(request, "and-quit") != NULL,
	    .comment = op_value(request, "comment"),
	};

	if (op_find(request, "confirmed") != NULL) {
		order.confirm = (uint32_t)op_number(request, "confirm-timeout", DEFAULT_CONFIRM);
	}
	if (session->mgd->commit != NULL) {
		session_failf(session, "error: another commit is under way\n");
		return COMMAND_WRONG;
	}
	if (!editing_allowed(session)) {
		return COMMAND_WRONG;
	}
	if (op_value(request, "at") != NULL) {
		if (order.check_only || order.confirm != 0) {
			session_failf(session, "error: at has no place beside check and confirmed\n");
			return COMMAND_WRONG;
		}
		if (!schedule_parse(op_value(request, "at"), (int64_t)time(NULL), &order.at)) {
			session_failf(session,
			    "error: at: must be reboot, or a time to come, HH:MM[:SS] of today or \"YYYY-MM-DD HH:MM[:SS]\" (UTC)\n");
			return COMMAND_WRONG;
		}
	}
	audit_commit(session->mgd, session->user, order.check_only, order.comment);
	commit_start(session->mgd, session, &order);
	return COMMAND_LATER;
}

enum command_outcome
command_update(struct session *session, const struct op_command *command)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	bool good;

	(void)command;
	if (session->editing != EDIT_PRIVATE) {
		session_failf(session, "error: only a private candidate is updated: configure private\n");
		return COMMAND_WRONG;
	}
	good = editing_update(session, &list);
	access_diagnose(session, &list);
	if (!good) {
		session_failf(session, "error: the candidate was not updated\n");
	}
	diagnostics_release(&list);
	return good ? COMMAND_DONE : COMMAND_WRONG;
}
