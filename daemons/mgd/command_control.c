/*
 * restart, request system reboot and halt: what the supervisor does when mgd says so, because it alone may end and start
 * daemons. To reboot the gateway is to start all of it anew; the machine below it goes on.
 */
#include <string.h>

#include "audit.h"
#include "command.h"

/* False, and told: nobody is there who could do it. */
static bool
supervised(struct session *session)
{
	if (session->mgd->options.notify >= 0) {
		return true;
	}
	session_failf(session, "error: this daemon was not started by 'sallyport up': nobody can start it again\n");
	return false;
}

enum command_outcome
command_restart(struct session *session, const struct op_command *command)
{
	const struct op_node *request = command->request.root;
	const char *process = op_value(request, "process");
	struct text order = TEXT_EMPTY;

	if (!supervised(session)) {
		return COMMAND_WRONG;
	}
	text_printf(&order, "restart %s%s", process, op_find(request, "immediately") != NULL ? " immediately" : "");
	session_sayf(session, "%s is started again", process);
	if (!text_failed(&order)) {
		daemon_notify(&session->mgd->options, text_string(&order));
	}
	text_release(&order);
	return COMMAND_DONE;
}

/* Asks, once. False: the question is on its way, or the answer was no. */
static bool
agreed(struct session *session, const char *question, enum command_outcome *outcome)
{
	if (session->content.length == 0) {
		text_append(&session->question, question);
		*outcome = COMMAND_QUESTION;
		return false;
	}
	*outcome = COMMAND_DONE;
	return strcmp(text_string(&session->content), "yes") == 0;
}

static enum command_outcome
end_gateway(struct session *session, const char *question, const char *order, const char *notice)
{
	enum command_outcome outcome = COMMAND_WRONG;

	if (!supervised(session) || !agreed(session, question, &outcome)) {
		return outcome;
	}
	session_tell_all(session->mgd, notice);
	session_say(session, "Shutdown NOW!");
	logger_printf(session->mgd->logger, LOG_SEVERITY_NOTICE, "UI_SYSTEM_SHUTDOWN", "%s: %s", session->user, notice);
	logger_poll(session->mgd->logger);
	daemon_notify(&session->mgd->options, order);
	return COMMAND_DONE;
}

enum command_outcome
command_reboot(struct session *session, const struct op_command *command)
{
	(void)command;
	return end_gateway(session, "Reboot the system ? [yes,no] (no) ", "again", "the gateway starts again now");
}

enum command_outcome
command_halt(struct session *session, const struct op_command *command)
{
	(void)command;
	return end_gateway(session, "Halt the system ? [yes,no] (no) ", "halt", "the gateway halts now");
}

enum command_outcome
command_power_off(struct session *session, const struct op_command *command)
{
	(void)command;
	session_failf(session,
	    "error: the machine's power is not the gateway's: 'request system halt' ends the gateway, the machine's own "
	    "'poweroff' the machine\n");
	return COMMAND_WRONG;
}
