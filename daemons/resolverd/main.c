/*
 * sallyport-resolverd: asks name servers for those that want to know (flowd for dns-name addresses, logd for its servers).
 *
 *   sallyport-resolverd --state DIR [--listen FD] [--notify FD] [--user NAME] [--group NAME]
 *
 * It runs in the gateway's host namespace, so that its questions leave through the data plane like those of any local
 * program; it has no capability, sees no configuration, no packet of others, and keeps nothing. What strangers send is
 * parsed here and nowhere else; who asked gets addresses and a time to live.
 *
 * One thread, one poll loop. Exit status: 0 after TERM, 2 for a bad command line, 1 otherwise.
 */
#include <ares.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "ipc/daemon.h"
#include "ipc/server.h"
#include "query.h"

enum {
	QUERIES_MOST = 128, /* at a time; more are answered as failed at once */
	OWN_POLLS = 1,      /* signals */
	WAIT = 1000,        /* milliseconds */
};

struct running {
	struct query *query;       /* NULL: free */
	struct ipc_client *client; /* NULL: it has gone */
	uint32_t request;
	size_t polls; /* in this pass */
};

struct resolver {
	struct ipc_server *server;
	const char *state;
	struct running running[QUERIES_MOST];
};

static void
answer(struct ipc_client *client, uint32_t request, const struct resolve_answer *what)
{
	struct text encoded = TEXT_EMPTY;

	resolve_answer_encode(what, &encoded);
	if (text_failed(&encoded) ||
	    ipc_connection_send(client->connection, IPC_RESOLVE_ANSWER, request, encoded.bytes, encoded.length) != IPC_OK) {
		ipc_client_close(client);
	}
	text_release(&encoded);
}

static void
take_question(struct resolver *resolver, struct ipc_client *client, const struct ipc_message *message)
{
	struct resolve_answer busy = {.status = RESOLVE_FAILED, .reason = "too many questions at a time"};
	struct resolve_question question;
	struct running *place = NULL;

	if (!resolve_question_decode(&question, message->payload, message->length)) {
		ipc_client_close(client);
		return;
	}
	for (size_t i = 0; i < QUERIES_MOST && place == NULL; i++) {
		place = resolver->running[i].query == NULL ? &resolver->running[i] : NULL;
	}
	if (place != NULL) {
		place->query = query_start(&question);
		place->client = client;
		place->request = message->request;
	}
	if (place == NULL || place->query == NULL) {
		answer(client, message->request, &busy);
	}
}

/* Answers what is answered. */
static void
finish(struct resolver *resolver)
{
	for (size_t i = 0; i < QUERIES_MOST; i++) {
		struct running *running = &resolver->running[i];
		const struct resolve_answer *what = running->query == NULL ? NULL : query_done(running->query);

		if (what == NULL) {
			continue;
		}
		if (running->client != NULL) {
			answer(running->client, running->request, what);
		}
		query_destroy(running->query);
		*running = (struct running){.query = NULL};
	}
}

static bool
on_allowed(void *context, const struct ipc_peer *peer)
{
	const struct resolver *resolver = context;

	return ipc_peer_allowed(peer, resolver->state, IPC_ALLOW_DAEMONS);
}

static void
on_message(void *context, struct ipc_client *client, const struct ipc_message *message)
{
	if (message->type == IPC_RESOLVE_ASK) {
		take_question(context, client, message);
	} else {
		ipc_client_close(client);
	}
}

static void
on_gone(void *context, struct ipc_client *client, const char *why)
{
	struct resolver *resolver = context;

	(void)why;
	for (size_t i = 0; i < QUERIES_MOST; i++) {
		if (resolver->running[i].client == client) {
			resolver->running[i].client = NULL;
		}
	}
}

static void
run(struct resolver *resolver, int signals)
{
	static struct pollfd polls[OWN_POLLS + QUERIES_MOST * QUERY_POLLS + IPC_SERVER_CLIENTS + 1];

	for (;;) {
		int wait = ipc_server_busy(resolver->server) ? 0 : WAIT;
		size_t count = OWN_POLLS;

		polls[0] = (struct pollfd){.fd = signals, .events = POLLIN};
		for (size_t i = 0; i < QUERIES_MOST; i++) {
			struct running *running = &resolver->running[i];

			running->polls = running->query == NULL ? 0 : query_polls(running->query, polls + count, &wait);
			count += running->polls;
		}
		const size_t clients = ipc_server_prepare(resolver->server, polls + count, IPC_SERVER_CLIENTS + 1);

		if ((poll(polls, count + clients, wait) < 0 && errno != EINTR) || polls[0].revents != 0) {
			return;
		}
		size_t at = OWN_POLLS;

		for (size_t i = 0; i < QUERIES_MOST; i++) {
			struct running *running = &resolver->running[i];

			if (running->query != NULL) {
				query_serve(running->query, polls + at, running->polls);
				at += running->polls;
			}
		}
		finish(resolver);
		ipc_server_serve(resolver->server, polls + count, clients);
		finish(resolver);
	}
}

static int
start(struct daemon_options *options)
{
	static const struct ipc_server_handler handler = {
	    .allowed = on_allowed,
	    .message = on_message,
	    .gone = on_gone,
	};
	static struct resolver resolver;
	struct text error = TEXT_EMPTY;
	struct daemon_descriptors opened;

	if (!daemon_begin(options, "resolverd", &opened, &error) || !daemon_confine(&error)) {
		return daemon_failed(options, "resolverd", &error);
	}
	resolver.state = options->state;
	resolver.server = ipc_server_create(opened.listener, "resolverd", &handler, &resolver);
	if (resolver.server == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		return 1;
	}
	daemon_notify(options, "ready");
	run(&resolver, opened.signals);
	for (size_t i = 0; i < QUERIES_MOST; i++) {
		query_destroy(resolver.running[i].query);
		resolver.running[i].query = NULL;
	}
	ipc_server_destroy(resolver.server);
	ares_library_cleanup();
	return 0;
}

int
main(int argc, char **argv)
{
	return daemon_main("resolverd", argc, argv, start);
}
