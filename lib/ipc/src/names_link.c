/*
 * The way to the resolver. See ipc/names_link.h.
 */
#include "ipc/names_link.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ipc/connection.h"

struct names_link {
	struct names *names;
	char *socket;
	char *program;
	struct ipc_connection *connection; /* NULL: not connected */
	uint64_t retry;
};

uint64_t
names_link_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

struct names_link *
names_link_create(struct names *names, const char *socket, const char *program)
{
	struct names_link *link = calloc(1, sizeof(*link));

	if (link == NULL) {
		return NULL;
	}
	link->names = names;
	link->socket = strdup(socket);
	link->program = strdup(program);
	if (link->socket == NULL || link->program == NULL) {
		names_link_destroy(link);
		return NULL;
	}
	return link;
}

void
names_link_destroy(struct names_link *link)
{
	if (link == NULL) {
		return;
	}
	ipc_connection_destroy(link->connection);
	free(link->socket);
	free(link->program);
	free(link);
}

static void
disconnect(struct names_link *link, uint64_t now)
{
	ipc_connection_destroy(link->connection);
	link->connection = NULL;
	link->retry = now + 1;
	names_forget_questions(link->names, now);
}

/* False: the connection is over. */
static bool
take_answers(struct names_link *link, uint64_t now)
{
	const enum ipc_status filled = ipc_connection_fill(link->connection);
	struct ipc_message message;
	enum ipc_status status;

	while ((status = ipc_connection_next(link->connection, &message)) == IPC_OK) {
		struct resolve_answer answer;

		if (message.type != IPC_RESOLVE_ANSWER ||
		    !resolve_answer_decode(&answer, message.payload, message.length)) {
			return false;
		}
		names_take_answer(link->names, message.request, &answer, now);
	}
	return status == IPC_AGAIN && (filled == IPC_OK || filled == IPC_AGAIN);
}

/* False: the connection is over. */
static bool
ask(struct names_link *link, uint64_t now)
{
	struct resolve_question question;
	uint32_t request;
	bool good = true;

	while (good && ipc_connection_queued(link->connection) < IPC_QUEUE_HIGH &&
	    names_next_question(link->names, now, &question, &request)) {
		struct text encoded = TEXT_EMPTY;

		resolve_question_encode(&question, &encoded);
		good = !text_failed(&encoded) &&
		    ipc_connection_send(link->connection, IPC_RESOLVE_ASK, request, encoded.bytes, encoded.length) == IPC_OK;
		text_release(&encoded);
	}
	return good && ipc_connection_flush(link->connection) == IPC_OK;
}

void
names_link_serve(struct names_link *link)
{
	const uint64_t now = names_link_now();

	names_tick(link->names, now);
	if (link->connection == NULL && names_count(link->names) > 0 && now >= link->retry) {
		link->connection = ipc_connect(link->socket, link->program, NULL);
		link->retry = now + 1;
	}
	if (link->connection == NULL) {
		return;
	}
	if (!take_answers(link, now) || !ask(link, now)) {
		disconnect(link, now);
	}
}

int
names_link_descriptor(const struct names_link *link)
{
	return link->connection == NULL ? -1 : ipc_connection_descriptor(link->connection);
}
