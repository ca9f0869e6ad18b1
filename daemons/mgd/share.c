/*
 * Shares of commands that go on. See share.h.
 */
#include "share.h"

#include <string.h>

#include "ipc/payload.h"
#include "ipc/server.h"
#include "relay.h"

struct share {
	const char *rpc;
	const char *subject; /* the argument by which a person knows which one it is */
	unsigned all;        /* at a time */
	unsigned own;        /* of them a user's */
};

/* A user's. All of them are processes of probed: whoever has as many as he may of each leaves some. */
enum {
	OWN_TAPS = 2,
	OWN_PINGS = 6,
	OWN_TRACES = 4,
	OWN_QUESTIONS = 2,
};
_Static_assert(OWN_TAPS + OWN_PINGS + OWN_TRACES + OWN_QUESTIONS < (int)IPC_PROBES, "nobody takes all");

static const struct share shares[] = {
    {"monitor-traffic", "interface", IPC_TAPS, OWN_TAPS},
    {"ping", "destination", IPC_PROBES, OWN_PINGS},
    {"traceroute", "destination", IPC_PROBES, OWN_TRACES},
    {"get-host-information", "destination", IPC_PROBES, OWN_QUESTIONS},
};

/* The command of that name that runs in a session; NULL: none. */
static const struct op_command *
running_in(const struct session *session, const char *rpc)
{
	const struct op_command *command = session->relay == NULL ? NULL : relay_command(session->relay);

	return command != NULL && strcmp(command->rpc->name, rpc) == 0 ? command : NULL;
}

struct held {
	unsigned count;
	struct text names; /* "root ge-0/0/0, bin ge-0/0/1" */
};

/* Of one user, or of all. */
static void
find_held(const struct mgd *mgd, const struct share *share, const char *user, struct held *held)
{
	const struct ipc_client *client;

	for (size_t i = 0; (client = ipc_server_client(mgd->server, i)) != NULL; i++) {
		const struct session *session = client->data;
		const struct op_command *command = session == NULL ? NULL : running_in(session, share->rpc);

		if (command == NULL || (user != NULL && strcmp(session->user, user) != 0)) {
			continue;
		}
		text_append(&held->names, held->count++ == 0 ? "" : ", ");
		if (user == NULL) {
			text_printf(&held->names, "%s ", session->user);
		}
		text_append(&held->names, op_value(command->request.root, share->subject));
	}
}

static bool
is_left(const struct session *session, const struct op_command *command, const struct share *share, struct text *why)
{
	struct held own = {.names = TEXT_EMPTY};
	struct held all = {.names = TEXT_EMPTY};
	bool left = true;

	find_held(session->mgd, share, session->user, &own);
	find_held(session->mgd, share, NULL, &all);
	if (own.count >= share->own) {
		text_printf(why, "%u commands '%s' of %s run already (%s), as many as one user may have: end one of them first",
		    own.count, command->rpc->words, session->user, text_string(&own.names));
		left = false;
	} else if (all.count >= share->all) {
		text_printf(why, "%u commands '%s' run already (%s), and there is no room for more: one of them has to end first",
		    all.count, command->rpc->words, text_string(&all.names));
		left = false;
	}
	text_release(&own.names);
	text_release(&all.names);
	return left;
}

bool
share_left(const struct session *session, const struct op_command *command, struct text *why)
{
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (strcmp(shares[i].rpc, command->rpc->name) == 0) {
			return is_left(session, command, &shares[i], why);
		}
	}
	return true;
}
