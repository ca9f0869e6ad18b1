/*
 * request message: a word to whoever else is at a command line.
 */
#include <string.h>
#include <time.h>

#include "command.h"
#include "history.h"
#include "ipc/server.h"

/* Returns how many sessions got it; `user` NULL: everybody's. */
static size_t
tell(struct mgd *mgd, const char *user, const struct text *notice)
{
	const struct ipc_client *client;
	size_t told = 0;

	for (size_t i = 0; (client = ipc_server_client(mgd->server, i)) != NULL; i++) {
		const struct session *session = client->data;

		if (session != NULL && session->known && (user == NULL || strcmp(session->user, user) == 0) &&
		    session_has_room(session) &&
		    ipc_connection_send(client->connection, IPC_CLI_NOTICE, 0, notice->bytes, notice->length) == IPC_OK) {
			told++;
		}
	}
	return told;
}

enum command_outcome
command_message(struct session *session, const struct op_command *command)
{
	const struct op_node *request = command->request.root;
	const char *user = op_value(request, "user");
	const char *message = op_value(request, "message");
	struct text notice = TEXT_EMPTY;
	size_t told = 0;

	if ((user != NULL) == (op_find(request, "all") != NULL)) {
		session_failf(session, "error: request message all message TEXT, or request message user NAME message TEXT\n");
		return COMMAND_WRONG;
	}
	text_printf(&notice, "Message from %s@%s at ", session->user, mgd_host_name(session->mgd));
	history_append_time((int64_t)time(NULL), &notice);
	text_printf(&notice, "\n%s\n", message == NULL ? "" : message);
	if (!text_failed(&notice)) {
		told = tell(session->mgd, user, &notice);
	}
	text_release(&notice);
	if (told == 0) {
		session_failf(session, "error: %s is not at a command line\n", user == NULL ? "nobody" : user);
		return COMMAND_WRONG;
	}
	return COMMAND_DONE;
}
