/*
 * The control thread. See control.h.
 *
 * VERIFY compiles a configuration and keeps it; APPLY puts the kept one in force, which is a job of the worker between two
 * bursts: when it has ended nobody reads the former snapshot and forwarding table any more, and they are freed. The state
 * of links changes the RIB, and where that changes what is in force a new forwarding table is published the same way.
 * Schedulers are compiled for a span of time; before it ends the same configuration is compiled again, and so it is when
 * DNS says something new of a name in an address book: policies, their counters and sessions stay.
 */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "configuration.h"
#include "dns.h"
#include "ipc/log.h"
#include "ipc/payload.h"
#include "ipc/server.h"
#include "journal.h"
#include "tell.h"
#include "watch.h"

enum {
	OWN_POLLS = 3,         /* signals, logger, names */
	EVENTS_MOST = 4096,    /* event records in one pass */
	SCHEDULE_MARGIN = 120, /* seconds before the compiled schedules end */
	TICK_MILLISECONDS = 1000,
	NAMES_SHARE = 10,      /* of the time at most goes into compiling for new addresses of names */
};

struct control {
	struct control_start start;
	struct schema *schema;
	struct snapshot_registry *registry;
	struct compiler compiler;
	struct configuration *force; /* NULL: none yet, the engine is closed */
	struct configuration *kept;  /* verified, not in force; NULL: none */
	struct logger *logger;
	struct ipc_server *server;
	struct watch *watch;
	struct baseline_keeper *baseline;
	struct dns *dns;
	uint64_t names_again; /* not before that are new addresses of names compiled */
	uint64_t ticked;
	bool renewing; /* it was asked for */
};

/* --- events ----------------------------------------------------------------------------------------------------- */

static const struct snapshot *
snapshot_in_force(const struct control *control)
{
	return control->force == NULL ? NULL : control->force->snapshot;
}

/* Of one worker. True when there may be more. */
static bool
drain_ring(struct control *control, struct event_ring *events, uint32_t most)
{
	const struct journal journal = {
	    .registry = control->registry,
	    .snapshot = snapshot_in_force(control),
	};
	struct event event;
	bool more = true;

	event_ring_seen(events);
	for (uint32_t i = 0; i < most && more; i++) {
		more = event_ring_read(events, &event);
		if (more) {
			journal_write(&journal, &event, control->logger);
			watch_note(control->watch, &event, control->registry);
		}
	}
	return more;
}

/* At most so many of each worker. True when there may be more. */
static bool
drain_events(struct control *control, uint32_t most)
{
	bool more = false;

	logger_hold(control->logger);
	for (uint16_t i = 0; i < worker_count(control->start.worker); i++) {
		more |= drain_ring(control, worker_events(control->start.worker, i), most);
	}
	logger_flow(control->logger);
	return more;
}

/* What was written up to now; in a storm there is always more, and who waits for its end waits for ever. */
static void
drain_written(struct control *control)
{
	logger_hold(control->logger);
	for (uint16_t i = 0; i < worker_count(control->start.worker); i++) {
		struct event_ring *events = worker_events(control->start.worker, i);

		(void)drain_ring(control, events, event_ring_waiting(events));
	}
	logger_flow(control->logger);
}

/* --- configurations --------------------------------------------------------------------------------------------- */

static void
give_hosts(struct control *control)
{
	int descriptors[HOST_INSTANCES];

	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		descriptors[i] = host_descriptor(control->start.host, (uint16_t)i);
	}
	worker_set_hosts(control->start.worker, descriptors);
}

static void
prepare_host(struct control *control, const struct configuration *configuration)
{
	struct text error = TEXT_EMPTY;

	host_apply(control->start.host, configuration->snapshot, &error);
	if (error.length > 0) {
		tell(control->logger, LOG_SEVERITY_ERROR, "FLOWD_HOST_PATH", "the way to local services: %s",
		    text_string(&error));
	}
	text_release(&error);
}

static void
replace_fib(struct configuration *configuration, struct fib *fib)
{
	snapshot_fib_destroy(configuration->fib);
	configuration->fib = fib;
}

/* Takes `next` over. Cannot fail. */
static void
put_in_force(struct control *control, struct configuration *next)
{
	struct configuration *former = control->force;

	configuration_rule_links(next, control->start.edge);
	/* Links may have changed since it was compiled; without memory for another table the one of then has to do. */
	if (configuration_take_links(next, control->start.edge)) {
		struct fib *fib = configuration_fib(next, &control->compiler);

		if (fib != NULL) {
			replace_fib(next, fib);
		}
	}
	rib_carry_ages(next->rib, former == NULL ? NULL : former->rib, worker_now());
	prepare_host(control, next);
	give_hosts(control);
	/* What was written so far speaks of the former snapshot's applications. */
	drain_written(control);
	configuration_publish(next, control->start.worker);
	configuration_tell_links(next, control->start.edge, control->start.worker);
	drain_written(control);
	control->force = next;
	host_trim(control->start.host);
	dns_follow(control->dns, next->tree);
	watch_follow(control->watch, next->snapshot, control->registry);
	configuration_destroy(former);
	if (former == NULL) {
		daemon_notify(control->start.options, "forwarding");
	}
}

static void
recompile(struct control *control)
{
	struct configuration *again = configuration_again(&control->compiler, control->force);

	if (again == NULL) {
		tell(control->logger, LOG_SEVERITY_ERROR, "FLOWD_COMPILE",
		    "the configuration in force could not be compiled again; it stays as it is");
		return;
	}
	put_in_force(control, again);
}

static void
follow_links(struct control *control)
{
	struct configuration *force = control->force;

	if (force == NULL) {
		return;
	}
	configuration_tell_links(force, control->start.edge, control->start.worker);
	if (!configuration_macs_current(force, control->start.edge)) {
		recompile(control);
		return;
	}
	if (!configuration_take_links(force, control->start.edge)) {
		return;
	}
	struct configuration next = *force;

	next.fib = configuration_fib(force, &control->compiler);
	if (next.fib == NULL) {
		tell(control->logger, LOG_SEVERITY_ERROR, "FLOWD_COMPILE", "out of memory for a new forwarding table");
		return;
	}
	configuration_publish(&next, control->start.worker);
	replace_fib(force, next.fib);
}

static void
follow_schedules(struct control *control)
{
	const int64_t seconds = worker_wall() / 1000000;
	const struct snapshot *snapshot;

	if (control->force == NULL) {
		return;
	}
	snapshot = control->force->snapshot;
	if (snapshot->scheduler_count > 0 &&
	    (seconds < snapshot->schedules_from || seconds + SCHEDULE_MARGIN >= snapshot->schedules_until)) {
		recompile(control);
	}
}

/* Names that change all the time must not keep us from all else. */
static void
follow_names(struct control *control)
{
	const uint64_t now = worker_now();

	if (control->force == NULL || control->force->names_version == dns_version(control->dns) ||
	    now < control->names_again) {
		return;
	}
	recompile(control);
	dns_note_compiled(control->dns, worker_now() - now);
	control->names_again = worker_now() + (uint64_t)TICK_MILLISECONDS * 1000000U + NAMES_SHARE * (worker_now() - now);
}

/* --- mgd's messages --------------------------------------------------------------------------------------------- */

static void
send_result(struct ipc_client *client, uint32_t request, struct ipc_result *result, const struct diagnostics *list)
{
	struct text payload = TEXT_EMPTY;

	for (size_t i = 0; list != NULL && i < list->count; i++) {
		struct ipc_diagnostic what = {
		    .error = list->items[i].severity == DIAGNOSTIC_ERROR,
		    .line = list->items[i].line,
		    .path = list->items[i].path,
		    .statement = list->items[i].statement,
		    .message = list->items[i].message,
		};

		ipc_result_add(result, &what);
	}
	ipc_result_encode(result, &payload);
	if (result->failed || text_failed(&payload)) {
		ipc_client_close(client); /* out of memory: it will ask again */
	} else {
		(void)ipc_connection_send(client->connection, IPC_RESULT, request, text_string(&payload), payload.length);
	}
	text_release(&payload);
	ipc_result_release(result);
}

static void
take_verify(struct control *control, struct ipc_client *client, const struct ipc_message *message)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct ipc_result result = {.accepted = false};
	struct ipc_verify verify;

	if (!ipc_verify_decode(&verify, message->payload, message->length)) {
		ipc_client_close(client);
		return;
	}
	const struct configuration_source source = {.id = verify.id, .text = verify.text, .length = verify.length};

	configuration_destroy(control->kept);
	control->kept = configuration_create(&control->compiler, &source, &list);
	result.id = verify.id;
	result.accepted = control->kept != NULL;
	send_result(client, message->request, &result, &list);
	diagnostics_release(&list);
}

static void
take_apply(struct control *control, struct ipc_client *client, const struct ipc_message *message)
{
	struct ipc_result result = {.accepted = false};
	struct ipc_apply apply;

	if (!ipc_apply_decode(&apply, message->payload, message->length)) {
		ipc_client_close(client);
		return;
	}
	result.id = apply.id;
	if (control->kept != NULL && control->kept->id == apply.id) {
		struct configuration *next = control->kept;

		control->kept = NULL;
		put_in_force(control, next);
		result.accepted = true;
	} else {
		result.accepted = control->force != NULL && control->force->id == apply.id;
	}
	send_result(client, message->request, &result, NULL);
}

static void
take_abort(struct control *control, struct ipc_client *client, const struct ipc_message *message)
{
	struct ipc_apply apply;

	if (!ipc_apply_decode(&apply, message->payload, message->length)) {
		ipc_client_close(client);
	} else if (control->kept != NULL && control->kept->id == apply.id) {
		configuration_destroy(control->kept);
		control->kept = NULL;
	}
}

/* --- answers ---------------------------------------------------------------------------------------------------- */

static struct answer_sources
sources_of(const struct control *control)
{
	return (struct answer_sources){
	    .registry = control->registry,
	    .configuration = control->force,
	    .edge = control->start.edge,
	    .worker = control->start.worker,
	    .dns = control->dns,
	    .alarms = watch_alarms(control->watch),
	    .resources = watch_resources(control->watch),
	    .loads = watch_loads(control->watch),
	    .baseline = control->baseline,
	};
}

static void
take_rpc(struct control *control, struct ipc_client *client, const struct ipc_message *message)
{
	const struct answer_sources sources = sources_of(control);

	answers_begin(&sources, client, message);
}

static void
take_cancel(struct control *control, struct ipc_client *client, const struct ipc_message *message)
{
	const struct answer_sources sources = sources_of(control);

	answers_cancel(&sources, client, message->request);
}

struct message_row {
	enum ipc_type type;
	void (*take)(struct control *control, struct ipc_client *client, const struct ipc_message *message);
};

static const struct message_row messages[] = {
    {IPC_VERIFY, take_verify},
    {IPC_APPLY, take_apply},
    {IPC_ABORT, take_abort},
    {IPC_RPC, take_rpc},
    {IPC_RPC_CANCEL, take_cancel},
};

static bool
client_allowed(void *context, const struct ipc_peer *peer)
{
	const struct control *control = context;

	return ipc_peer_allowed(peer, control->start.options->state, IPC_ALLOW_DAEMONS);
}

static void
client_message(void *context, struct ipc_client *client, const struct ipc_message *message)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (messages[i].type == message->type) {
			messages[i].take(context, client, message);
			return;
		}
	}
	ipc_client_close(client); /* nothing that is for us */
}

static void
client_drained(void *context, struct ipc_client *client)
{
	const struct answer_sources sources = sources_of(context);

	answers_continue(&sources, client);
}

static void
client_gone(void *context, struct ipc_client *client, const char *why)
{
	const struct control *control = context;

	answers_forget(client);
	if (why[0] != '\0') {
		tell(control->logger, LOG_SEVERITY_NOTICE, "FLOWD_PEER", "%s", why);
	}
}

static bool
look_again(struct control *control)
{
	const struct answer_sources sources = sources_of(control);

	return answers_look_again(&sources, control->server);
}

/* --- the loop --------------------------------------------------------------------------------------------------- */

struct control *
control_create(const struct control_start *start, struct text *error)
{
	static const struct ipc_server_handler handler = {client_allowed, client_message, client_drained, client_gone};
	struct control *control = calloc(1, sizeof(*control));
	struct text path = TEXT_EMPTY;

	if (control == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	control->start = *start;
	daemon_socket_path(start->options->state, "logd", &path);
	control->schema = schema_create(error);
	control->registry = snapshot_registry_create();
	control->logger = logger_create(text_string(&path), "flowd");
	control->server = ipc_server_create(start->listener, "flowd", &handler, control);
	control->baseline = baseline_keeper_create(start->worker);
	control->watch = control->logger == NULL ? NULL : watch_create(control->logger, start->worker);
	control->dns = control->watch == NULL || control->baseline == NULL ?
	    NULL :
	    dns_create(start->options->state, control->logger, watch_alarms(control->watch));
	text_release(&path);
	if (control->schema == NULL || control->dns == NULL || control->registry == NULL || control->logger == NULL || control->server == NULL) {
		text_append(error, error->length == 0 ? "out of memory" : "");
		control_destroy(control);
		return NULL;
	}
	control->compiler = (struct compiler){
	    .schema = control->schema,
	    .registry = control->registry,
	    .edge = start->edge,
	    .dns = control->dns,
	};
	edge_set_logger(start->edge, control->logger);
	edge_set_alarms(start->edge, watch_alarms(control->watch));
	tell(control->logger, LOG_SEVERITY_NOTICE, "FLOWD_STARTED",
	    "%zu ports, room for %u sessions; local services run in the network namespace %s", edge_port_count(start->edge),
	    (unsigned)worker_sessions(start->worker), namespace_name(host_namespace(start->host)));
	return control;
}

void
control_destroy(struct control *control)
{
	if (control == NULL) {
		return;
	}
	edge_set_logger(control->start.edge, NULL);
	edge_set_alarms(control->start.edge, NULL);
	if (control->server != NULL) {
		ipc_server_destroy(control->server);
	}
	configuration_destroy(control->kept);
	configuration_destroy(control->force);
	dns_destroy(control->dns);
	baseline_keeper_destroy(control->baseline);
	watch_destroy(control->watch);
	if (control->logger != NULL) {
		logger_destroy(control->logger);
	}
	if (control->registry != NULL) {
		snapshot_registry_destroy(control->registry);
	}
	if (control->schema != NULL) {
		schema_destroy(control->schema);
	}
	free(control);
}

static void
tick(struct control *control)
{
	const uint64_t now = worker_now();

	if (now - control->ticked < (uint64_t)TICK_MILLISECONDS * 1000000U) {
		return;
	}
	control->ticked = now;
	logger_poll(control->logger);
	if (edge_tick(control->start.edge)) {
		follow_links(control);
	}
	if (!control->renewing && edge_wants_renewal(control->start.edge)) {
		control->renewing = true;
		tell(control->logger, LOG_SEVERITY_NOTICE, "FLOWD_RENEWAL",
		    "no port is open, and a network namespace was made anew: flowd asks to be started again, to enter it");
		daemon_notify(control->start.options, "renew");
	}
	follow_schedules(control);
	dns_serve(control->dns);
	watch_tick(control->watch, snapshot_in_force(control), control->registry);
}

void
control_run(struct control *control)
{
	struct pollfd polls[OWN_POLLS + WORKERS_MOST + EDGE_POLLS + IPC_SERVER_CLIENTS + 1];
	struct pollfd *const event_polls = polls + OWN_POLLS;
	const uint16_t workers = worker_count(control->start.worker);
	struct pollfd *const edge_polls = event_polls + workers;
	bool more = false;
	bool again = false;

	for (;;) {
		const bool writing = logger_wants_write(control->logger);

		polls[0] = (struct pollfd){.fd = control->start.signals, .events = POLLIN};
		polls[1] = (struct pollfd){.fd = writing ? logger_descriptor(control->logger) : -1, .events = POLLOUT};
		polls[2] = (struct pollfd){.fd = dns_descriptor(control->dns), .events = POLLIN};
		for (uint16_t i = 0; i < workers; i++) {
			const int descriptor = event_ring_descriptor(worker_events(control->start.worker, i));

			event_polls[i] = (struct pollfd){.fd = descriptor, .events = POLLIN};
		}
		const size_t edges = edge_prepare(control->start.edge, edge_polls);
		struct pollfd *const server_polls = edge_polls + edges;
		const size_t clients = ipc_server_prepare(control->server, server_polls, IPC_SERVER_CLIENTS + 1);
		const int most = again ? ANSWERS_AGAIN : TICK_MILLISECONDS;
		const int wait =
		    more || ipc_server_busy(control->server) ? 0 : edge_wait(control->start.edge, most);

		if (poll(polls, OWN_POLLS + workers + edges + clients, wait) < 0 && errno != EINTR) {
			return;
		}
		if (polls[0].revents != 0) {
			return;
		}
		if (polls[1].revents != 0) {
			logger_poll(control->logger);
		}
		if (polls[2].revents != 0) {
			dns_serve(control->dns);
		}
		if (edge_serve(control->start.edge, edge_polls, edges)) {
			follow_links(control);
		}
		more = drain_events(control, EVENTS_MOST);
		ipc_server_serve(control->server, server_polls, clients);
		again = look_again(control);
		tick(control);
		follow_names(control);
	}
}
