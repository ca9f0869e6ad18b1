/*
 * Archiving. See service.h.
 *
 * Sites stand in order of preference: the oldest file is offered to one after the other, the first that takes it is enough.
 * When none does, all rest, longer each time, and begin anew with the next commit. One transfer runs at a time.
 */
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attempt.h"
#include "conf/op.h"
#include "ipc/connection.h"
#include "ipc/rpc.h"
#include "queue.h"

enum {
	REST_FIRST = 10, /* seconds after all sites refused */
	REST_LONGEST = 3600,
	BUSY = 100, /* milliseconds between looks at a running transfer */
	IDLE = 1000,
	SITES_MOST = 16,
	KEY_LENGTH = 512,
};

static const char last_file[] = "last"; /* the commit that was queued last */

struct place {
	char *name;
	struct site site;
	uint64_t transfers;
	int64_t last; /* UTC seconds of the last success; 0: none */
	struct text trouble; /* "": none */
};

struct service {
	struct ipc_server *server;
	struct logger *logger;
	const char *state;
	struct queue queue;
	struct place places[SITES_MOST];
	size_t place_count;
	struct text told; /* the payload of the last TRANSFER, for the next interval */
	bool on_commit;
	uint32_t interval; /* minutes */
	uint64_t last;     /* commit that was queued last */
	int64_t due;       /* monotonic seconds: of the next interval */
	struct attempt attempt;
	char file[QUEUE_NAME]; /* that is under way */
	size_t turn;           /* the place that has it, or gets it next */
	int64_t again;         /* monotonic seconds: not before */
	int64_t rest;          /* seconds */
};

static int64_t
now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* --- what was queued last ----------------------------------------------------------------------------------------- */

static uint64_t
read_last(void)
{
	const int file = open(last_file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char digits[32] = "";

	if (file >= 0) {
		(void)!read(file, digits, sizeof(digits) - 1);
		close(file);
	}
	return strtoull(digits, NULL, 10);
}

static void
write_last(uint64_t commit)
{
	const int file = open("last.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	char digits[32];
	const int length = snprintf(digits, sizeof(digits), "%llu\n", (unsigned long long)commit);

	if (file < 0) {
		return;
	}
	const bool good = write(file, digits, (size_t)length) == length && fsync(file) == 0;

	close(file);
	if (good) {
		(void)!rename("last.new", last_file);
	}
}

/* --- what is to be done ------------------------------------------------------------------------------------------- */

static void
forget_places(struct service *service)
{
	for (size_t i = 0; i < service->place_count; i++) {
		free(service->places[i].name);
		text_release(&service->places[i].trouble);
	}
	service->place_count = 0;
	service->turn = 0;
}

/* A site that stands in the new list too keeps what is known of it. */
static void
keep_history(struct service *service, struct place *place)
{
	for (size_t i = 0; i < service->place_count; i++) {
		struct place *old = &service->places[i];

		if (strcmp(old->name, place->name) == 0) {
			place->transfers = old->transfers;
			place->last = old->last;
			text_append(&place->trouble, text_string(&old->trouble));
		}
	}
}

static bool
same_places(const struct service *service, const struct place *places, size_t count)
{
	bool same = service->place_count == count;

	for (size_t i = 0; same && i < count; i++) {
		same = strcmp(service->places[i].name, places[i].name) == 0;
	}
	return same;
}

static void
take_places(struct service *service, const struct ipc_transfer *transfer)
{
	struct place places[SITES_MOST];
	size_t count = 0;

	for (size_t i = 0; i < transfer->sites.count && count < SITES_MOST; i++) {
		struct place place = {.trouble = TEXT_EMPTY};
		const char *why = NULL;

		if (!site_parse(transfer->sites.items[i].value, &place.site, &why)) {
			continue; /* the check of the configuration said so */
		}
		place.name = strdup(transfer->sites.items[i].value);
		if (place.name != NULL) {
			keep_history(service, &place);
			places[count++] = place;
		}
	}
	if (!same_places(service, places, count)) {
		attempt_stop(&service->attempt);
	}
	const size_t turn = service->turn;

	forget_places(service);
	memcpy(service->places, places, count * sizeof(places[0]));
	service->place_count = count;
	service->turn = service->attempt.process > 0 ? turn : 0;
}

static void
add(struct service *service, const struct ipc_transfer *transfer)
{
	const uint64_t lost = service->queue.lost;
	struct text error = TEXT_EMPTY;

	if (!queue_add(&service->queue, transfer, &error)) {
		logger_printf(service->logger, LOG_SEVERITY_ERROR, "TRANSFER_NOT_QUEUED", "%s", text_string(&error));
	}
	if (service->queue.lost != lost) {
		logger_printf(service->logger, LOG_SEVERITY_WARNING, "TRANSFER_QUEUE_FULL",
		    "more than %d configurations wait for an archive site: the oldest is not archived", QUEUE_MOST);
	}
	text_release(&error);
}

static void
plan_interval(struct service *service, uint32_t minutes)
{
	if (minutes != service->interval || service->due == 0) {
		service->due = minutes == 0 ? 0 : now_seconds() + (int64_t)minutes * 60;
	}
	service->interval = minutes;
}

static bool
take_transfer(struct service *service, const struct ipc_message *message, uint64_t *id)
{
	struct ipc_transfer transfer;

	if (!ipc_transfer_decode(&transfer, message->payload, message->length)) {
		return false;
	}
	*id = transfer.id;
	take_places(service, &transfer);
	service->on_commit = transfer.on_commit;
	plan_interval(service, transfer.interval);
	text_clear(&service->told);
	if (service->place_count > 0 && transfer.interval > 0) {
		text_append_bytes(&service->told, (const char *)message->payload, message->length);
	}
	if (service->place_count > 0 && transfer.on_commit && transfer.id != 0 && transfer.id != service->last) {
		add(service, &transfer);
		service->last = transfer.id;
		write_last(transfer.id);
		service->again = 0;
		service->rest = REST_FIRST;
	}
	ipc_transfer_release(&transfer);
	return true;
}

static void
pass_interval(struct service *service)
{
	struct ipc_transfer transfer;

	if (service->due == 0 || now_seconds() < service->due) {
		return;
	}
	service->due = now_seconds() + (int64_t)service->interval * 60;
	if (service->told.length > 0 && !text_failed(&service->told) &&
	    ipc_transfer_decode(&transfer, service->told.bytes, service->told.length)) {
		add(service, &transfer);
		ipc_transfer_release(&transfer);
	}
}

/* --- transfers ---------------------------------------------------------------------------------------------------- */

static void
rest(struct service *service)
{
	service->turn = 0;
	service->again = now_seconds() + service->rest;
	service->rest = service->rest * 2 > REST_LONGEST ? REST_LONGEST : service->rest * 2;
}

static void
refused(struct service *service, const char *why)
{
	struct place *place = &service->places[service->turn];

	logger_printf(service->logger, LOG_SEVERITY_WARNING, "TRANSFER_FAILED", "%s did not get %s: %s", place->name,
	    service->file + QUEUE_DIGITS + 1, why);
	text_clear(&place->trouble);
	text_append(&place->trouble, why);
	service->turn++;
	if (service->turn >= service->place_count) {
		rest(service);
	}
}

static void
taken(struct service *service)
{
	struct place *place = &service->places[service->turn];

	logger_printf(service->logger, LOG_SEVERITY_INFO, "TRANSFER_DONE", "%s has %s", place->name,
	    service->file + QUEUE_DIGITS + 1);
	text_clear(&place->trouble);
	place->transfers++;
	place->last = (int64_t)time(NULL);
	queue_remove(&service->queue, service->file);
	service->turn = 0;
	service->rest = REST_FIRST;
}

static void
go_on(struct service *service)
{
	struct text why = TEXT_EMPTY;

	if (service->attempt.process > 0) {
		const enum attempt_state state = attempt_poll(&service->attempt);

		if (state == ATTEMPT_DONE) {
			taken(service);
		} else if (state == ATTEMPT_FAILED) {
			attempt_why(&service->attempt, &why);
			refused(service, text_string(&why));
		}
	}
	if (service->attempt.process == 0 && service->place_count > 0 && now_seconds() >= service->again &&
	    queue_first(&service->queue, service->file)) {
		text_release(&service->attempt.said);
		text_clear(&why);
		if (!attempt_start(&service->attempt, &service->places[service->turn].site, service->file, &why)) {
			refused(service, text_string(&why));
		}
	}
	text_release(&why);
}

int
service_tick(struct service *service)
{
	pass_interval(service);
	if (service->queue.count > 0) {
		go_on(service);
	}
	return service->attempt.process > 0 ? BUSY : IDLE;
}

/* --- questions ---------------------------------------------------------------------------------------------------- */

static void
add_time(struct op_tree *tree, struct op_node *parent, int64_t wall)
{
	const time_t seconds = (time_t)wall;
	char words[32] = "never";
	struct tm utc;

	if (wall != 0 && gmtime_r(&seconds, &utc) != NULL) {
		(void)strftime(words, sizeof(words), "%Y-%m-%d %H:%M:%S", &utc);
	}
	(void)op_add(tree, parent, "last-transfer", words);
}

static void
add_key(struct op_tree *tree)
{
	char line[KEY_LENGTH] = "";
	struct text error = TEXT_EMPTY;
	FILE *file = attempt_make_key(&error) ? fopen("ssh/id_ed25519.pub", "re") : NULL;

	if (file == NULL || fgets(line, sizeof(line), file) == NULL) {
		(void)op_addf(tree, tree->root, "public-key", "none: %s",
		    error.length > 0 ? text_string(&error) : strerror(errno));
	} else {
		line[strcspn(line, "\n")] = '\0';
		(void)op_add(tree, tree->root, "public-key", line);
	}
	if (file != NULL) {
		(void)fclose(file);
	}
	text_release(&error);
}

static void
describe(const struct service *service, struct op_tree *tree)
{
	bool remote = false;

	op_tree_start(tree, "archival-information");
	for (size_t i = 0; i < service->place_count; i++) {
		const struct place *place = &service->places[i];
		struct op_node *node = op_add(tree, tree->root, "archive-site", NULL);
		const bool busy = service->attempt.process > 0 && service->turn == i;

		remote = remote || place->site.kind == SITE_SCP || place->site.kind == SITE_GIT_SSH;
		(void)op_add(tree, node, "site-name", place->name);
		(void)op_add_number(tree, node, "transfer-count", place->transfers);
		add_time(tree, node, place->last);
		(void)op_add(tree, node, "site-state",
		    busy ? "transferring" : place->trouble.length > 0 ? text_string(&place->trouble) : "ok");
	}
	(void)op_add_number(tree, tree->root, "waiting-count", service->queue.count);
	(void)op_add_number(tree, tree->root, "lost-count", service->queue.lost);
	if (remote) {
		add_key(tree);
	}
}

static void
send_tree(struct ipc_client *client, uint32_t request, const struct op_tree *tree)
{
	size_t length = 0;
	uint8_t *octets = op_tree_octets(tree, &length);
	const bool sent = ipc_rpc_send(client->connection, IPC_RPC_DATA, request, octets, length);

	ipc_rpc_end(client, request, sent ? NULL : "out of memory");
}

static void
take_rpc(const struct service *service, struct ipc_client *client, const struct ipc_message *message)
{
	struct reader reader = reader_over(message->payload, message->length);
	struct op_tree request = {.root = NULL};
	struct op_tree answer;

	if (!op_tree_decode(&request, &reader) || request.root == NULL) {
		ipc_rpc_end(client, message->request, "malformed request");
	} else if (strcmp(request.root->name, "get-archival-information") != 0) {
		ipc_rpc_end(client, message->request, "transferd has no such command");
	} else {
		describe(service, &answer);
		send_tree(client, message->request, &answer);
		op_tree_release(&answer);
	}
	op_tree_release(&request);
}

/* --- the server's handler ----------------------------------------------------------------------------------------- */

static bool
on_allowed(void *context, const struct ipc_peer *peer)
{
	const struct service *service = context;

	return ipc_peer_allowed(peer, service->state, IPC_ALLOW_DAEMONS);
}

static void
on_message(void *context, struct ipc_client *client, const struct ipc_message *message)
{
	struct service *service = context;
	struct ipc_result result = {.accepted = true};
	struct text encoded = TEXT_EMPTY;

	if (message->type == IPC_RPC) {
		take_rpc(service, client, message);
	} else if (message->type == IPC_RPC_CANCEL) {
		ipc_rpc_end(client, message->request, "cancelled");
	} else if (message->type == IPC_TRANSFER && take_transfer(service, message, &result.id)) {
		ipc_result_encode(&result, &encoded);
		(void)ipc_connection_send(client->connection, IPC_RESULT, message->request, encoded.bytes, encoded.length);
		text_release(&encoded);
	} else {
		ipc_client_close(client);
	}
}

static void
on_gone(void *context, struct ipc_client *client, const char *why)
{
	struct service *service = context;

	(void)client;
	if (why[0] != '\0') {
		logger_printf(service->logger, LOG_SEVERITY_ERROR, "TRANSFERD_PEER_REFUSED", "%s", why);
	}
}

static const struct ipc_server_handler handler = {
    .allowed = on_allowed,
    .message = on_message,
    .gone = on_gone,
};

struct service *
service_create(int listener, const char *state, struct logger *logger, struct text *error)
{
	struct service *service = calloc(1, sizeof(*service));
	const int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (service == NULL || here < 0) {
		text_append(error, service == NULL ? "out of memory" : strerror(errno));
		free(service);
		return NULL;
	}
	service->logger = logger;
	service->state = state;
	service->rest = REST_FIRST;
	service->attempt.words = -1;
	service->last = read_last();
	if (queue_open(&service->queue, here, error)) {
		service->server = ipc_server_create(listener, "transferd", &handler, service);
	}
	close(here);
	if (service->server == NULL) {
		service_destroy(service);
		return NULL;
	}
	return service;
}

void
service_destroy(struct service *service)
{
	attempt_stop(&service->attempt);
	text_release(&service->attempt.said);
	ipc_server_destroy(service->server);
	forget_places(service);
	text_release(&service->told);
	queue_close(&service->queue);
	free(service);
}

struct ipc_server *
service_server(struct service *service)
{
	return service->server;
}
