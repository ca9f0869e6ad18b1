/*
 * Running answers. See answers.h.
 */
#include "answers.h"

#include <stdlib.h>
#include <string.h>

#include "ipc/rpc.h"

enum {
	CHUNKS_MOST = 16, /* chunks for one asker in one pass */
};

#define SILENCE_MOST UINT64_C(5000000000) /* ns; after that an empty chunk says that there will be more */

/* Is the chunk to be sent? */
static bool
is_due(const struct answer *answer, enum answer_progress progress, const struct op_tree *tree)
{
	return progress == ANSWER_END || (tree->root != NULL && tree->root->first != NULL) ||
	    worker_now() - answer->said > SILENCE_MOST;
}

/* One chunk of an answer. True when the answer has ended. */
static bool
answer_step(const struct answer_sources *sources, struct ipc_client *client, struct answer *answer)
{
	struct text error = TEXT_EMPTY;
	struct op_tree tree;
	enum answer_progress progress = ANSWER_END;

	op_tree_start(&tree, answer->row->root);
	if (!answer->cancelled) {
		progress = answer->row->step(answer, sources, &tree, &error);
	}
	if (progress != ANSWER_FAILED && !answer->cancelled && is_due(answer, progress, &tree)) {
		answer->said = worker_now();
		size_t length = 0;
		uint8_t *octets = op_tree_octets(&tree, &length);

		if (!ipc_rpc_send(client->connection, IPC_RPC_DATA, answer->number, octets, length)) {
			text_append(&error, "out of memory");
			progress = ANSWER_FAILED;
		}
	}
	answer->waits = progress == ANSWER_LATER;
	const bool ended = progress == ANSWER_END || progress == ANSWER_FAILED;

	if (ended) {
		ipc_rpc_end(client, answer->number, progress == ANSWER_FAILED ? text_string(&error) : NULL);
	}
	op_tree_release(&tree);
	text_release(&error);
	return ended;
}

void
answers_continue(const struct answer_sources *sources, struct ipc_client *client)
{
	unsigned chunks = 0;

	while (client->data != NULL && chunks < CHUNKS_MOST &&
	    ipc_connection_queued(client->connection) < IPC_QUEUE_HIGH) {
		struct answer *answer = client->data;

		chunks++;
		if (answer_step(sources, client, answer)) {
			client->data = answer->next;
			answer_destroy(answer);
		} else if (answer->waits) {
			return;
		}
	}
	if (client->data != NULL) {
		ipc_client_expect_drained(client);
	}
}

bool
answers_look_again(const struct answer_sources *sources, struct ipc_server *server)
{
	struct ipc_client *client;
	bool waits = false;

	for (size_t i = 0; (client = ipc_server_client(server, i)) != NULL; i++) {
		const struct answer *answer = client->data;

		if (answer != NULL && answer->waits) {
			waits = true;
			answers_continue(sources, client);
		}
	}
	return waits;
}

void
answers_begin(const struct answer_sources *sources, struct ipc_client *client, const struct ipc_message *message)
{
	struct reader reader = reader_over(message->payload, message->length);
	const struct answer_row *row;
	struct answer *answer;
	struct op_tree request;

	if (!op_tree_decode(&request, &reader)) {
		ipc_client_close(client);
		return;
	}
	row = answer_row_find(request.root->name);
	answer = row == NULL ? NULL : answer_create(row, &request, message->request);
	if (answer == NULL) {
		ipc_rpc_end(client, message->request, row == NULL ? "flowd does not know this command" : "out of memory");
		op_tree_release(&request);
		return;
	}
	answer->said = worker_now();
	struct answer *last = client->data;

	if (last == NULL) {
		client->data = answer;
	} else {
		while (last->next != NULL) {
			last = last->next;
		}
		last->next = answer;
	}
	answers_continue(sources, client);
}

void
answers_cancel(const struct answer_sources *sources, struct ipc_client *client, uint32_t request)
{
	for (struct answer *answer = client->data; answer != NULL; answer = answer->next) {
		if (answer->number == request) {
			answer->cancelled = true;
		}
	}
	answers_continue(sources, client);
}

void
answers_forget(struct ipc_client *client)
{
	while (client->data != NULL) {
		struct answer *answer = client->data;

		client->data = answer->next;
		answer_destroy(answer);
	}
}
