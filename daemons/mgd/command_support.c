/*
 * request support information: what a support engineer asks for, one command after the other, as if its user had typed them.
 * Each needs its own permission, and what it may not show is said in its place. Secrets are left out, whoever asks.
 */
#include "command.h"
#include "command_run.h"

static const char *const lines[] = {
    "show system uptime",
    "show version",
    "show chassis hardware",
    "show chassis routing-engine",
    "show chassis environment",
    "show system alarms",
    "show system unsupported",
    "show system memory",
    "show system storage",
    "show system processes",
    "show system resources",
    "show system workers",
    "show system users",
    "show system commit",
    "show system archival",
    "show configuration",
    "show configuration unused",
    "show interfaces",
    "show interfaces ports",
    "show arp",
    "show ipv6 neighbors",
    "show route summary",
    "show route",
    "show schedulers",
    "show security zones",
    "show security policies hit-count",
    "show security policies memory",
    "show security alarms detail",
    "show security flow status",
    "show security flow statistics",
    "show security flow session summary",
    "show security nat source summary",
    "show security nat destination summary",
    "show security nat source pool all",
    "show security dns-cache",
    "show security log streams",
};

/* Goes on behind a command that has ended, until one has to be waited for. */
static void
go_on(struct session *session)
{
	while (session->then_at < sizeof(lines) / sizeof(lines[0])) {
		const char *line = lines[session->then_at++];

		session_sayf(session, "%s@%s> %s", session->user, mgd_host_name(session->mgd), line);
		if (command_run(session, line, OP_MODE_OPERATIONAL) == COMMAND_LATER) {
			return;
		}
		session_say(session, "");
	}
	session->then = NULL;
	session->discreet = false;
	session_done(session, IPC_DONE_OK);
}

/* The command that was waited for has ended. */
static void
follow(struct session *session)
{
	session_say(session, "");
	go_on(session);
}

enum command_outcome
command_support(struct session *session, const struct op_command *command)
{
	(void)command;
	session->then = follow;
	session->then_at = 0;
	session->discreet = true;
	session->indent = OP_INDENT_ECHO;
	go_on(session);
	return COMMAND_LATER;
}
