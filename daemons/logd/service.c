/*
 * The heart of logd.
 *
 * A configuration is made into destinations at VERIFY and kept; APPLY swaps them, which cannot fail. Before the first configuration everything goes to the file `messages`.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/op.h"
#include "destinations.h"
#include "ipc/log.h"
#include "ipc/names_link.h"
#include "ipc/payload.h"
#include "ipc/rpc.h"
#include "show.h"

enum { LOSSES_EVERY = 10 }; /* seconds */

struct service {
	struct service_start start;
	struct ipc_server *server;
	struct schema *schema; /* made with the first configuration: records need none */
	struct destinations *force;
	struct destinations *kept; /* verified, not in force; NULL: none */
	uint64_t lost; /* by destinations that are no more */
	uint64_t told;
	uint32_t quiet; /* seconds until losses are told again */
	struct names *names; /* of log servers */
	struct names_link *link;
	uint64_t names_version; /* that the destinations know */
};

/* What a connection is busy with. */
struct asker {
	struct show *show;
};

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
	destinations_write(service->force, &record);
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

static struct destinations *
create(const struct service *service, const struct conf_node *top, uint64_t id)
{
	return destinations_create(
	    &(struct destinations_start){.folder = service->start.folder, .sockets = service->start.sockets, .id = id}, top);
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
		service->kept = create(service, conf_tree_top(tree), verify.id);
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
	if (setenv("TZ", destinations_plan(destinations)->time_zone, 1) == 0) {
		tzset();
	}
	if (!destinations_want(destinations, service->names, names_link_now())) {
		say(service, LOG_SEVERITY_ERROR, "LOGD_NAMES", "out of memory for the names of log servers");
	}
	destinations_resolve(destinations, service->names);
	service->names_version = names_version(service->names);
	names_link_serve(service->link);
	destinations_tick(destinations);
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
	if (service->kept == NULL || destinations_id(service->kept) != apply.id) {
		refuse(&result, "no configuration of this id was verified");
	} else {
		put_in_force(service, service->kept);
		service->kept = NULL;
	}
	answer(client, message->request, &result);
}

/* --- questions -------------------------------------------------------------------------------------------------- */

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

	switch (show_continue(asker->show, client)) {
	case SHOW_DONE:
		stop_show(client);
		break;
	case SHOW_MORE:
		ipc_client_expect_drained(client);
		break;
	case SHOW_WAITS:
		break;
	}
}

static void
start_show(struct service *service, struct ipc_client *client, uint32_t request, const struct op_node *asked)
{
	const int folder = service->start.folder;
	const char *name = op_value(asked, "filename");
	struct text error = TEXT_EMPTY;
	struct asker *asker = calloc(1, sizeof(*asker));

	stop_show(client);
	service_flush(service);
	if (asker != NULL) {
		asker->show = strcmp(asked->name, "monitor-log") == 0 ? show_follow(folder, name, request, &error) :
		                                                        show_start(folder, name, request, &error);
	}
	if (asker == NULL || asker->show == NULL) {
		ipc_rpc_end(client, request, asker == NULL ? "out of memory" : text_string(&error));
		free(asker);
	} else {
		client->data = asker;
		continue_show(client);
	}
	text_release(&error);
}

/* `sent`: all of the answer but its end. */
static void
end_rpc(struct ipc_client *client, uint32_t request, bool sent)
{
	ipc_rpc_end(client, request, sent ? NULL : "out of memory");
}

static void
clear_log(struct service *service, struct ipc_client *client, uint32_t request, const struct op_node *asked)
{
	const char *name = op_value(asked, "filename");
	const char *user = op_value(asked, "asked-by");
	struct text error = TEXT_EMPTY;

	if (!show_good_name(name)) {
		ipc_rpc_end(client, request, "a log file's name has letters, digits and the signs - _ .");
	} else if (!destinations_clear(service->force, name, op_find(asked, "all") != NULL, &error)) {
		ipc_rpc_end(client, request, text_string(&error));
	} else {
		text_printf(&error, "%s was cleared by %s", name, user == NULL ? "nobody known" : user);
		say(service, LOG_SEVERITY_NOTICE, "LOGD_CLEARED", text_string(&error));
		ipc_rpc_end(client, request, NULL);
	}
	text_release(&error);
}

static void
take_rpc(struct service *service, struct ipc_client *client, const struct ipc_message *message)
{
	struct reader reader = reader_over(message->payload, message->length);
	struct op_tree tree = {.root = NULL};

	if (!op_tree_decode(&tree, &reader) || tree.root == NULL) {
		ipc_rpc_end(client, message->request, "malformed request");
	} else if (strcmp(tree.root->name, "get-log") == 0 && op_value(tree.root, "filename") == NULL) {
		service_flush(service);
		end_rpc(client, message->request, show_files(service->start.folder, message->request, client->connection));
	} else if (strcmp(tree.root->name, "get-log") == 0 || strcmp(tree.root->name, "monitor-log") == 0) {
		start_show(service, client, message->request, tree.root);
	} else if (strcmp(tree.root->name, "clear-log") == 0) {
		clear_log(service, client, message->request, tree.root);
	} else if (strcmp(tree.root->name, "get-security-log-streams") == 0) {
		end_rpc(client, message->request, show_streams(service->force, message->request, client->connection));
	} else {
		ipc_rpc_end(client, message->request, "logd has no such command");
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
	destinations_write(service->force, &record);
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
		ipc_rpc_end(client, message->request, "cancelled");
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
	struct text path = TEXT_EMPTY;

	if (service == NULL) {
		return NULL;
	}
	service->start = *start;
	service->force = create(service, NULL, 0);
	service->server = ipc_server_create(start->listener, "logd", &handler, service);
	daemon_socket_path(start->state, "resolverd", &path);
	service->names = names_create(&(struct names_listener){.changed = NULL});
	service->link = service->names == NULL || text_failed(&path) ? NULL :
	                                                               names_link_create(service->names, text_string(&path), "logd");
	text_release(&path);
	if (service->force == NULL || service->server == NULL || service->link == NULL) {
		service_destroy(service);
		return NULL;
	}
	return service;
}

void
service_destroy(struct service *service)
{
	if (service->server != NULL) {
		ipc_server_destroy(service->server);
	}
	names_link_destroy(service->link);
	names_destroy(service->names);
	destinations_destroy(service->kept);
	destinations_destroy(service->force);
	schema_destroy(service->schema);
	if (service->start.sockets.inet >= 0) {
		close(service->start.sockets.inet);
	}
	if (service->start.sockets.inet6 >= 0) {
		close(service->start.sockets.inet6);
	}
	close(service->start.folder);
	free(service);
}

struct ipc_server *
service_server(struct service *service)
{
	return service->server;
}

size_t
service_polls(const struct service *service, struct pollfd *polls)
{
	polls[0] = (struct pollfd){.fd = names_link_descriptor(service->link), .events = POLLIN};
	return 1 + destinations_polls(service->force, polls + 1);
}

static void
follow_names(struct service *service)
{
	names_link_serve(service->link);
	if (service->names_version != names_version(service->names)) {
		service->names_version = names_version(service->names);
		destinations_resolve(service->force, service->names);
	}
}

void
service_serve(struct service *service, const struct pollfd *polls, size_t count)
{
	if (polls[0].revents != 0) {
		follow_names(service);
	}
	destinations_serve(service->force, polls + 1, count - 1);
}

void
service_flush(struct service *service)
{
	struct ipc_client *client;

	destinations_flush(service->force);
	/* Who follows a file gets what was written to it. */
	for (size_t i = 0; (client = ipc_server_client(service->server, i)) != NULL; i++) {
		if (client->data != NULL) {
			continue_show(client);
		}
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
	follow_names(service);
	destinations_tick(service->force);
	tell_losses(service);
}
