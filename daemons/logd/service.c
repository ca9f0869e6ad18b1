/*
 * The heart of logd.
 *
 * A record is rendered at most once in each form and then handed to every destination whose filter lets it pass; no
 * destination's trouble reaches another. A configuration is made into a plan at VERIFY and kept; APPLY swaps the plans,
 * which cannot fail. Before the first configuration everything goes to the file `messages`.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/op.h"
#include "file.h"
#include "format.h"
#include "ipc/log.h"
#include "ipc/payload.h"
#include "plan.h"
#include "remote.h"
#include "show.h"

enum { LOSSES_EVERY = 10 }; /* seconds */

struct destinations {
	struct plan plan;
	struct log_file **files; /* as plan.files */
	struct remote **remotes; /* as plan.hosts */
	uint64_t id;
};

struct service {
	struct service_start start;
	struct ipc_server *server;
	struct schema *schema; /* made with the first configuration: records need none */
	struct destinations *force;
	struct destinations *kept; /* verified, not in force; NULL: none */
	uint64_t lost; /* by destinations that are no more */
	uint64_t told;
	uint32_t quiet; /* seconds until losses are told again */
};

/* What a connection is busy with. */
struct asker {
	struct show *show;
};

static void
destinations_destroy(struct destinations *destinations)
{
	if (destinations == NULL) {
		return;
	}
	for (size_t i = 0; destinations->files != NULL && i < destinations->plan.file_count; i++) {
		log_file_destroy(destinations->files[i]);
	}
	for (size_t i = 0; destinations->remotes != NULL && i < destinations->plan.host_count; i++) {
		remote_destroy(destinations->remotes[i]);
	}
	free(destinations->files);
	free(destinations->remotes);
	plan_release(&destinations->plan);
	free(destinations);
}

static struct destinations *
destinations_create(const struct service *service, const struct conf_node *top, uint64_t id)
{
	struct destinations *destinations = calloc(1, sizeof(*destinations));
	bool good = destinations != NULL && plan_create(&destinations->plan, top);

	if (good) {
		destinations->id = id;
		destinations->files = calloc(destinations->plan.file_count + 1, sizeof(struct log_file *));
		destinations->remotes = calloc(destinations->plan.host_count + 1, sizeof(struct remote *));
		good = destinations->files != NULL && destinations->remotes != NULL;
	}
	for (size_t i = 0; good && i < destinations->plan.file_count; i++) {
		destinations->files[i] = log_file_create(service->start.folder, destinations->plan.files[i].name);
		good = destinations->files[i] != NULL;
	}
	for (size_t i = 0; good && i < destinations->plan.host_count; i++) {
		destinations->remotes[i] = remote_create(&destinations->plan.hosts[i]);
		good = destinations->remotes[i] != NULL;
	}
	if (!good) {
		destinations_destroy(destinations);
		return NULL;
	}
	return destinations;
}

static uint64_t
destinations_lost(const struct destinations *destinations)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < destinations->plan.file_count; i++) {
		lost += log_file_lost(destinations->files[i]);
	}
	for (size_t i = 0; i < destinations->plan.host_count; i++) {
		lost += remote_lost(destinations->remotes[i]);
	}
	return lost;
}

/* --- records ---------------------------------------------------------------------------------------------------- */

static void
write_to_file(const struct destinations *force, size_t index, const struct ipc_log_record *record, const char *body)
{
	const struct plan_file *to = &force->plan.files[index];
	struct text line = TEXT_EMPTY;

	if (!plan_passes(&to->filter, record, body)) {
		return;
	}
	if (to->structured) {
		format_rfc5424(record, force->plan.host_name, true, &line);
		text_append_char(&line, '\n');
	} else {
		format_plain(record, force->plan.host_name, &line);
	}
	if (!text_failed(&line)) {
		log_file_append(force->files[index], line.bytes, line.length);
	}
	text_release(&line);
}

static void
send_to_host(const struct service *service, size_t index, const struct ipc_log_record *record, const char *body)
{
	const struct destinations *force = service->force;
	const struct plan_host *to = &force->plan.hosts[index];
	struct text datagram = TEXT_EMPTY;

	if (service->start.socket < 0 || !to->resolved || !plan_passes(&to->filter, record, body)) {
		return;
	}
	format_rfc5424(record, force->plan.host_name, to->structured, &datagram);
	remote_send(force->remotes[index], service->start.socket, &datagram);
}

static void
write_record(const struct service *service, const struct ipc_log_record *record)
{
	const struct destinations *force = service->force;
	struct text body = TEXT_EMPTY;

	format_body(record, &body);
	for (size_t i = 0; i < force->plan.file_count; i++) {
		write_to_file(force, i, record, text_string(&body));
	}
	for (size_t i = 0; i < force->plan.host_count; i++) {
		send_to_host(service, i, record, text_string(&body));
	}
	text_release(&body);
}

static void
say(const struct service *service, enum log_severity severity, const char *tag, const char *message)
{
	struct timespec now;
	struct ipc_log_record record = {.facility = LOG_FACILITY_DAEMON,
	    .severity = (uint8_t)severity,
	    .process = (uint32_t)getpid(),
	    .program = "logd",
	    .tag = tag,
	    .text = message};

	clock_gettime(CLOCK_REALTIME, &now);
	record.wall = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	write_record(service, &record);
}

/* --- configuration ---------------------------------------------------------------------------------------------- */

static void
add_diagnostics(struct ipc_result *result, const struct diagnostics *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct diagnostic *one = &list->items[i];

		ipc_result_add(result,
		    &(struct ipc_diagnostic){.error = one->severity == DIAGNOSTIC_ERROR,
		        .line = one->line,
		        .path = one->path,
		        .statement = one->statement,
		        .message = one->message});
	}
}

static void
answer(struct ipc_client *client, uint32_t request, struct ipc_result *result)
{
	struct text encoded = TEXT_EMPTY;

	ipc_result_encode(result, &encoded);
	if (text_failed(&encoded) ||
	    ipc_connection_send(client->connection, IPC_RESULT, request, encoded.bytes, encoded.length) != IPC_OK) {
		ipc_client_close(client);
	}
	text_release(&encoded);
	ipc_result_release(result);
}

static void
refuse(struct ipc_result *result, const char *message)
{
	result->accepted = false;
	ipc_result_add(result, &(struct ipc_diagnostic){.error = true, .message = message});
}

static struct conf_tree *
load(struct service *service, const struct ipc_verify *verify, struct ipc_result *result)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text error = TEXT_EMPTY;
	struct conf_tree *tree = NULL;

	if (service->schema == NULL) {
		service->schema = schema_create(&error);
	}
	if (service->schema == NULL || (tree = conf_tree_create(service->schema)) == NULL) {
		refuse(result, text_failed(&error) || error.length == 0 ? "out of memory" : text_string(&error));
	} else if (!conf_load(tree, CONF_FORMAT_TEXT, NULL, verify->text, verify->length, &list)) {
		add_diagnostics(result, &list);
		conf_tree_destroy(tree);
		tree = NULL;
	}
	diagnostics_release(&list);
	text_release(&error);
	return tree;
}

static void
take_verify(struct service *service, struct ipc_client *client, const struct ipc_message *message)
{
	struct ipc_result result = {.accepted = false};
	struct ipc_verify verify;
	struct conf_tree *tree;

	if (!ipc_verify_decode(&verify, message->payload, message->length)) {
		ipc_client_close(client);
		return;
	}
	destinations_destroy(service->kept);
	service->kept = NULL;
	result.id = verify.id;
	tree = load(service, &verify, &result);
	if (tree != NULL) {
		service->kept = destinations_create(service, conf_tree_top(tree), verify.id);
		result.accepted = service->kept != NULL;
		if (service->kept == NULL) {
			refuse(&result, "out of memory");
		}
		conf_tree_destroy(tree);
	}
	answer(client, message->request, &result);
}

static void
put_in_force(struct service *service, struct destinations *destinations)
{
	if (service->force != NULL) {
		service->lost += destinations_lost(service->force);
		destinations_destroy(service->force);
	}
	service->force = destinations;
	if (setenv("TZ", destinations->plan.time_zone, 1) == 0) {
		tzset();
	}
	for (size_t i = 0; i < destinations->plan.host_count; i++) {
		if (!destinations->plan.hosts[i].resolved) {
			struct text message = TEXT_EMPTY;

			text_printf(&message, "syslog host %s: names are not resolved yet, write its address",
			    destinations->plan.hosts[i].name);
			say(service, LOG_SEVERITY_WARNING, "LOGD_HOST_UNRESOLVED", text_string(&message));
			text_release(&message);
		}
	}
}

static void
take_apply(struct service *service, struct ipc_client *client, const struct ipc_message *message)
{
	struct ipc_result result = {.accepted = true};
	struct ipc_apply apply;

	if (!ipc_apply_decode(&apply, message->payload, message->length)) {
		ipc_client_close(client);
		return;
	}
	result.id = apply.id;
	if (service->kept == NULL || service->kept->id != apply.id) {
		refuse(&result, "no configuration of this id was verified");
	} else {
		put_in_force(service, service->kept);
		service->kept = NULL;
	}
	answer(client, message->request, &result);
}

/* --- questions -------------------------------------------------------------------------------------------------- */

static void
fail_rpc(struct ipc_client *client, uint32_t request, const char *why)
{
	struct ipc_rpc_done done = {.ok = false, .message = why};
	struct text encoded = TEXT_EMPTY;

	ipc_rpc_done_encode(&done, &encoded);
	(void)ipc_connection_send(client->connection, IPC_RPC_DONE, request, encoded.bytes, encoded.length);
	text_release(&encoded);
}

static void
stop_show(struct ipc_client *client)
{
	struct asker *asker = client->data;

	if (asker != NULL) {
		show_end(asker->show);
		free(asker);
		client->data = NULL;
	}
}

static void
continue_show(struct ipc_client *client)
{
	struct asker *asker = client->data;

	if (show_continue(asker->show, client->connection) == SHOW_DONE) {
		stop_show(client);
	} else {
		ipc_client_expect_drained(client);
	}
}

static void
start_show(struct service *service, struct ipc_client *client, uint32_t request, const char *name)
{
	struct text error = TEXT_EMPTY;
	struct asker *asker = calloc(1, sizeof(*asker));

	stop_show(client);
	service_flush(service);
	if (asker != NULL) {
		asker->show = show_start(service->start.folder, name, request, &error);
	}
	if (asker == NULL || asker->show == NULL) {
		fail_rpc(client, request, asker == NULL ? "out of memory" : text_string(&error));
		free(asker);
	} else {
		client->data = asker;
		continue_show(client);
	}
	text_release(&error);
}

static void
take_rpc(struct service *service, struct ipc_client *client, const struct ipc_message *message)
{
	struct reader reader = reader_over(message->payload, message->length);
	struct op_tree tree = {.root = NULL};

	if (!op_tree_decode(&tree, &reader) || tree.root == NULL) {
		fail_rpc(client, message->request, "malformed request");
	} else if (strcmp(tree.root->name, "get-log") == 0) {
		start_show(service, client, message->request, op_value(tree.root, "filename"));
	} else {
		fail_rpc(client, message->request, "logd has no such command");
	}
	op_tree_release(&tree);
}

static void
take_record(struct service *service, struct ipc_client *client, const struct ipc_message *message)
{
	struct ipc_log_record record;

	if (!ipc_log_record_decode(&record, message->payload, message->length)) {
		say(service, LOG_SEVERITY_ERROR, "LOGD_MALFORMED_RECORD", "a malformed record came in and its sender is out");
		ipc_client_close(client);
		return;
	}
	write_record(service, &record);
	ipc_log_record_release(&record);
}

/* --- the server's handler --------------------------------------------------------------------------------------- */

static bool
on_allowed(void *context, const struct ipc_peer *peer)
{
	const struct service *service = context;

	return ipc_peer_allowed(peer, service->start.state, IPC_ALLOW_DAEMONS);
}

static void
on_message(void *context, struct ipc_client *client, const struct ipc_message *message)
{
	struct service *service = context;

	if (message->type == IPC_LOG_RECORD) {
		take_record(service, client, message);
	} else if (message->type == IPC_VERIFY) {
		take_verify(service, client, message);
	} else if (message->type == IPC_APPLY) {
		take_apply(service, client, message);
	} else if (message->type == IPC_ABORT) {
		destinations_destroy(service->kept);
		service->kept = NULL;
	} else if (message->type == IPC_RPC) {
		take_rpc(service, client, message);
	} else if (message->type == IPC_RPC_CANCEL) {
		stop_show(client);
		fail_rpc(client, message->request, "cancelled");
	} else {
		ipc_client_close(client);
	}
}

static void
on_drained(void *context, struct ipc_client *client)
{
	(void)context;
	if (client->data != NULL) {
		continue_show(client);
	}
}

static void
on_gone(void *context, struct ipc_client *client, const char *why)
{
	struct service *service = context;

	stop_show(client);
	if (why[0] != '\0') {
		say(service, LOG_SEVERITY_ERROR, "LOGD_PEER_REFUSED", why);
	}
}

static const struct ipc_server_handler handler = {
    .allowed = on_allowed,
    .message = on_message,
    .drained = on_drained,
    .gone = on_gone,
};

struct service *
service_create(const struct service_start *start)
{
	struct service *service = calloc(1, sizeof(*service));

	if (service == NULL) {
		return NULL;
	}
	service->start = *start;
	service->force = destinations_create(service, NULL, 0);
	service->server = ipc_server_create(start->listener, "logd", &handler, service);
	if (service->force == NULL || service->server == NULL) {
		service_destroy(service);
		return NULL;
	}
	return service;
}

void
service_destroy(struct service *service)
{
	ipc_server_destroy(service->server);
	destinations_destroy(service->kept);
	destinations_destroy(service->force);
	schema_destroy(service->schema);
	if (service->start.socket >= 0) {
		close(service->start.socket);
	}
	close(service->start.folder);
	free(service);
}

struct ipc_server *
service_server(struct service *service)
{
	return service->server;
}

void
service_flush(struct service *service)
{
	for (size_t i = 0; i < service->force->plan.file_count; i++) {
		log_file_flush(service->force->files[i]);
	}
}

/* Once in a while, and without counting that the telling itself may be lost on the way. */
static void
tell_losses(struct service *service)
{
	uint64_t lost = service->lost + destinations_lost(service->force);
	struct text message = TEXT_EMPTY;

	if (service->quiet > 0) {
		service->quiet--;
		return;
	}
	if (lost == service->told) {
		return;
	}
	text_printf(&message, "%llu messages did not reach a destination", (unsigned long long)(lost - service->told));
	say(service, LOG_SEVERITY_WARNING, "LOGD_MESSAGES_LOST", text_string(&message));
	text_release(&message);
	service->told = service->lost + destinations_lost(service->force);
	service->quiet = LOSSES_EVERY;
}

void
service_tick(struct service *service)
{
	for (size_t i = 0; i < service->force->plan.host_count; i++) {
		remote_poll(service->force->remotes[i], service->start.socket);
	}
	tell_losses(service);
}
