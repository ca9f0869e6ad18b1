/*
 * sallyport-mgd: the one owner of configurations.
 *
 *   sallyport-mgd --state DIR [--listen FD] [--notify FD] [--user NAME] [--group NAME]
 *                 [--config FILE | --config-descriptor FD --config-name FILE] [--patience SECONDS]
 *
 * --config is the first configuration, for a DIR that holds no committed one; the supervisor opens it for us.
 * --patience is how long a daemon may look at a configuration (30 s).
 * One thread, one poll loop. Exit status: 0 after TERM, 2 for bad input, 1 otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "boot.h"
#include "commit.h"
#include "conversation.h"
#include "keep.h"
#include "link.h"
#include "mgd.h"
#include "monitor.h"
#include "relay.h"

enum {
	DEFAULT_PATIENCE = 30, /* seconds */
	TICK = 1000,           /* milliseconds */
	TICK_DOWN = 100,       /* while a daemon is away */
	POLLS = 1 + 1 + LINK_COUNT + MONITORS_MOST + (IPC_SERVER_CLIENTS + 1) + IPC_SERVER_CLIENTS,
};

/* --- front ends ------------------------------------------------------------------------------------------------- */

static bool
on_allowed(void *context, const struct ipc_peer *peer)
{
	/* Whether he may do anything is found when he says what he wants: then he can be told. */
	return access_may_connect(context, peer);
}

static void
on_message(void *context, struct ipc_client *client, const struct ipc_message *message)
{
	if (client->data == NULL) {
		client->data = conversation_start(context, client);
	}
	if (client->data == NULL) {
		ipc_client_close(client);
	} else {
		conversation_take(client->data, message);
	}
}

static void
on_drained(void *context, struct ipc_client *client)
{
	struct mgd *mgd = context;
	struct session *session = client->data;

	if (session != NULL && session->relay != NULL) {
		relay_serve(session, 0);
	}
	if (session != NULL) {
		monitors_drained(mgd->monitors, session);
	}
}

static void
on_gone(void *context, struct ipc_client *client, const char *why)
{
	struct mgd *mgd = context;

	if (why[0] != '\0') {
		logger_printf(mgd->logger, LOG_SEVERITY_WARNING, "MGD_PEER_REFUSED", "%s", why);
	}
	conversation_end(client->data);
	client->data = NULL;
}

static const struct ipc_server_handler handler = {
    .allowed = on_allowed,
    .message = on_message,
    .drained = on_drained,
    .gone = on_gone,
};

/* --- the loop --------------------------------------------------------------------------------------------------- */

static size_t
prepare_relays(struct mgd *mgd, struct pollfd *polls, struct session **sessions)
{
	const struct ipc_client *client;
	size_t count = 0;

	for (size_t i = 0; (client = ipc_server_client(mgd->server, i)) != NULL; i++) {
		struct session *session = client->data;

		if (session != NULL && session->relay != NULL && session_has_room(session)) {
			polls[count] = relay_prepare(session->relay);
			sessions[count++] = session;
		}
	}
	return count;
}

static void
tick_sessions(struct mgd *mgd)
{
	const struct ipc_client *client;

	for (size_t i = 0; (client = ipc_server_client(mgd->server, i)) != NULL; i++) {
		struct session *session = client->data;

		if (session != NULL && session->relay != NULL) {
			relay_tick(session);
		} else if (session != NULL) {
			access_tick(session);
		}
	}
}

static void
tick(struct mgd *mgd, int64_t *last)
{
	machine_cpu_tick(&mgd->cpu, mgd_now());
	commit_tick(mgd);
	keep_tick(mgd);
	if (mgd_now() - *last >= (links_down(mgd) ? TICK_DOWN : TICK)) {
		*last = mgd_now();
		links_tick(mgd);
		tick_sessions(mgd);
		monitors_tick(mgd->monitors);
		logger_poll(mgd->logger);
	}
}

static int
patience(const struct mgd *mgd)
{
	int left = commit_left(mgd);
	int most = links_down(mgd) ? TICK_DOWN : TICK / 2;

	if (ipc_server_busy(mgd->server)) {
		return 0;
	}
	return left < 0 || left > most ? most : left;
}

static void
run(struct mgd *mgd, int signals)
{
	struct session *sessions[IPC_SERVER_CLIENTS];
	struct pollfd polls[POLLS];
	int64_t last = 0;

	for (;;) {
		size_t links = 2;
		size_t monitors = links + LINK_COUNT;
		size_t relays = monitors + MONITORS_MOST;
		size_t clients;
		size_t count;

		polls[0] = (struct pollfd){.fd = signals, .events = POLLIN};
		polls[1] = (struct pollfd){.fd = logger_descriptor(mgd->logger),
		    .events = logger_wants_write(mgd->logger) ? POLLOUT : 0};
		(void)links_prepare(mgd, polls + links);
		(void)monitors_prepare(mgd->monitors, polls + monitors);
		clients = relays + prepare_relays(mgd, polls + relays, sessions);
		count = clients + ipc_server_prepare(mgd->server, polls + clients, IPC_SERVER_CLIENTS + 1);
		if (poll(polls, count, patience(mgd)) < 0 && errno != EINTR) {
			return;
		}
		if (polls[0].revents != 0) {
			return;
		}
		if (polls[1].revents != 0) {
			logger_poll(mgd->logger);
		}
		links_serve(mgd, polls + links, LINK_COUNT);
		monitors_serve(mgd->monitors, polls + monitors);
		for (size_t i = relays; i < clients; i++) {
			if (polls[i].revents != 0 && sessions[i - relays]->relay != NULL) {
				relay_serve(sessions[i - relays], polls[i].revents);
			}
		}
		ipc_server_serve(mgd->server, polls + clients, count - clients);
		tick(mgd, &last);
	}
}

/* --- start and end ---------------------------------------------------------------------------------------------- */

static bool
complain(const struct mgd *mgd, const char *what)
{
	fprintf(stderr, "sallyport-mgd: %s\n", what);
	daemon_notify_failure(&mgd->options, what);
	return false;
}

static bool
open_store(struct mgd *mgd)
{
	struct text error = TEXT_EMPTY;
	int folder;

	/* Made by the supervisor when there is one. */
	if (mkdir("db", 0700) != 0 && errno != EEXIST) {
		return complain(mgd, strerror(errno));
	}
	folder = open("db", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		return complain(mgd, strerror(errno));
	}
	mgd->store = store_create(folder, mgd->release);
	if (mgd->store == NULL) {
		return complain(mgd, "the folder of configurations cannot be read");
	}
	mgd->wrap = wrap_create(folder, &error);
	if (mgd->wrap == NULL) {
		(void)complain(mgd, text_string(&error));
	}
	text_release(&error);
	return mgd->wrap != NULL;
}

static bool
open_schema(struct mgd *mgd)
{
	struct text error = TEXT_EMPTY;

	mgd->schema = schema_create(&error);
	if (mgd->schema == NULL) {
		(void)complain(mgd, text_string(&error));
	} else {
		mgd->commands = op_table_create(mgd->schema);
	}
	text_release(&error);
	return mgd->commands != NULL;
}

static void
close_mgd(struct mgd *mgd)
{
	ipc_server_destroy(mgd->server);
	monitors_destroy(mgd->monitors);
	links_destroy(mgd);
	commit_destroy(mgd);
	conf_tree_destroy(mgd->candidate);
	conf_tree_destroy(mgd->running);
	store_destroy(mgd->store);
	wrap_destroy(mgd->wrap);
	op_table_destroy(mgd->commands);
	schema_destroy(mgd->schema);
	logger_destroy(mgd->logger);
}

/* The exit status. */
static int
serve(struct mgd *mgd, const struct boot_file *file, int listener, int signals)
{
	if (!open_schema(mgd) || !open_store(mgd) || !links_create(mgd, commit_listener())) {
		close(listener);
		return 1;
	}
	if (!boot_configuration(mgd, file)) {
		(void)complain(mgd, "there is no configuration that could be put in force");
		close(listener);
		return 2;
	}
	mgd->monitors = monitors_create();
	mgd->server = ipc_server_create(listener, "mgd", &handler, mgd);
	if (mgd->server == NULL || mgd->monitors == NULL) {
		close(listener);
		return 1;
	}
	daemon_notify(&mgd->options, "ready");
	run(mgd, signals);
	keep_finish(mgd);
	return 0;
}

static int
start(struct mgd *mgd, const struct boot_file *file)
{
	struct text error = TEXT_EMPTY;
	struct daemon_descriptors opened;
	int status;

	if (!daemon_begin(&mgd->options, "mgd", &opened, &error) || !daemon_confine(&error)) {
		return daemon_failed(&mgd->options, "mgd", &error);
	}
	mgd->logger = logger_create("run/logd.sock", "mgd");
	if (mgd->logger == NULL) {
		return 1;
	}
	status = serve(mgd, file, opened.listener, opened.signals);
	logger_poll(mgd->logger);
	close_mgd(mgd);
	close(opened.signals);
	return status;
}

static bool
take_own_option(struct mgd *mgd, struct boot_file *file, const char *name, const char *value)
{
	char *end = NULL;

	if (strcmp(name, "--config") == 0) {
		file->name = value;
		file->descriptor = open(value, O_RDONLY | O_CLOEXEC);
		return file->descriptor >= 0 || complain(mgd, strerror(errno));
	}
	if (strcmp(name, "--config-descriptor") == 0) {
		file->descriptor = (int)strtol(value, &end, 10);
		return *end == '\0' && fcntl(file->descriptor, F_SETFD, FD_CLOEXEC) == 0;
	}
	if (strcmp(name, "--config-name") == 0) {
		file->name = value;
		return true;
	}
	if (strcmp(name, "--patience") == 0) {
		long seconds = strtol(value, &end, 10);

		mgd->patience = (int)seconds * 1000;
		return *end == '\0' && seconds > 0 && seconds < 3600;
	}
	return false;
}

int
main(int argc, char **argv)
{
	struct mgd mgd = {.release = SALLYPORT_VERSION, .patience = DEFAULT_PATIENCE * 1000};
	struct boot_file file = {.descriptor = -1, .name = "the configuration file"};
	struct text error = TEXT_EMPTY;

	if (!daemon_options_take(&mgd.options, &argc, argv, &error)) {
		(void)complain(&mgd, text_string(&error));
		text_release(&error);
		return 2;
	}
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc || !take_own_option(&mgd, &file, argv[i], argv[i + 1])) {
			fprintf(stderr, "sallyport-mgd: bad option %s\n", argv[i]);
			return 2;
		}
	}
	return start(&mgd, &file);
}
