/*
 * sallyport-flowd: the data plane.
 *
 *   sallyport-flowd --state DIR --chassis FILE [--sessions N] [--listen FD] [--notify FD] [--user NAME] [--group NAME]
 *   sallyport-flowd --state DIR --cleanup
 *
 * Starts as root: makes the host namespace, starts DPDK, opens the ports. Then it becomes --user with net_raw and
 * net_admin only. It starts closed: nothing is forwarded before mgd has put a configuration in force.
 *
 * Threads: this one becomes the control thread; the workers move packets; one thread lives in each network namespace that
 * a port or the host path is in; DPDK has one for interrupts that does nothing here. The namespaces' threads alone keep
 * the rights and run programs; control and workers, which read what others send, are confined.
 *
 * At its end flowd gives the interfaces back as they were. The host namespace stays, because services run in it; --cleanup
 * (as root, when no flowd runs) takes it away, and gives interfaces back that a killed flowd left changed.
 * Exit status: 0 after TERM, 2 for a bad command line or chassis file, 1 otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffers.h"
#include "chassis.h"
#include "control.h"
#include "edge.h"
#include "host.h"
#include "ipc/daemon.h"
#include "ledger.h"
#include "port.h"
#include "port_system.h"
#include "worker.h"

#define KEPT      "cap_net_raw,cap_net_admin=eip"
#define KEPT_LOCK "cap_net_raw,cap_net_admin,cap_ipc_lock=eip"
#define KEPT_XDP  "cap_net_raw,cap_net_admin,cap_ipc_lock,cap_bpf=eip"

struct flowd {
	struct daemon_options options;
	const char *chassis_path;
	uint32_t sessions; /* instead of what the chassis file says; 0: not said */
	bool cleanup;
	struct chassis chassis;
	struct sizing sizing;
	struct buffers buffers;
	struct ledger *ledger;
	struct host *host;
	struct workers *worker;
	struct edge *edge;
	int signals;
	int listener;
};

static int
complain(const struct flowd *flowd, struct text *error)
{
	return daemon_failed(&flowd->options, "flowd", error);
}

static bool
take_options(struct flowd *flowd, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *end = NULL;

		if (strcmp(argv[i], "--cleanup") == 0) {
			flowd->cleanup = true;
		} else if (strcmp(argv[i], "--chassis") == 0 && i + 1 < argc) {
			flowd->chassis_path = argv[++i];
		} else if (strcmp(argv[i], "--sessions") == 0 && i + 1 < argc) {
			const unsigned long number = strtoul(argv[++i], &end, 10);

			if (*end != '\0' || number == 0 || number > UINT32_MAX) {
				return false;
			}
			flowd->sessions = (uint32_t)number;
		} else {
			return false;
		}
	}
	return flowd->cleanup != (flowd->chassis_path != NULL);
}

static bool
read_file(const char *path, struct text *content, struct text *error)
{
	FILE *file = fopen(path, "re");
	char piece[4096];
	size_t length;

	if (file == NULL) {
		text_printf(error, "%s: %s", path, strerror(errno));
		return false;
	}
	while ((length = fread(piece, 1, sizeof(piece), file)) > 0 && content->length <= CHASSIS_FILE_SIZE) {
		text_append_bytes(content, piece, length);
	}
	const bool good = ferror(file) == 0 && !text_failed(content);

	if (!good) {
		text_printf(error, "%s: cannot be read", path);
	}
	(void)fclose(file);
	return good;
}

static uint16_t
workers_of(const struct flowd *flowd)
{
	return (uint16_t)flowd->sizing.values[CHASSIS_WORKERS];
}

/* How large the tables are; false when they do not fit. */
static bool
size_tables(struct flowd *flowd, struct text *error)
{
	const uint64_t memory = sizing_memory();

	if (flowd->sessions != 0) {
		flowd->chassis.settings[CHASSIS_SESSIONS] = flowd->sessions;
	}
	flowd->sizing = sizing_for(flowd->chassis.settings, memory);
	return sizing_fits(&flowd->sizing, workers_of(flowd), memory, error);
}

static int
read_chassis(struct flowd *flowd)
{
	struct text content = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	struct text why = TEXT_EMPTY;
	int status = 0;

	if (!read_file(flowd->chassis_path, &content, &error)) {
		status = 2;
		(void)complain(flowd, &error);
	} else if (!chassis_parse(&flowd->chassis, flowd->chassis_path, &content, &error)) {
		status = 2;
		(void)fputs(text_string(&error), stderr);
		daemon_notify_failure(&flowd->options, text_string(&error));
	} else if (!size_tables(flowd, &why)) {
		status = 2;
		text_printf(&error, "%s: %s", flowd->chassis_path, text_string(&why));
		(void)complain(flowd, &error);
	}
	text_release(&why);
	text_release(&error);
	text_release(&content);
	return status;
}

static bool
open_ledger(struct flowd *flowd, struct text *error)
{
	struct text path = TEXT_EMPTY;

	text_printf(&path, "%s/run", flowd->options.state);
	if (mkdir(text_string(&path), 0750) != 0 && errno != EEXIST) {
		text_printf(error, "%s: %s", text_string(&path), strerror(errno));
		text_release(&path);
		return false;
	}
	text_append(&path, "/flowd-netdevs");
	flowd->ledger = ledger_open(text_string(&path), error);
	text_release(&path);
	return flowd->ledger != NULL;
}

/* For whoever wants to run a service behind the gateway's own addresses. */
static bool
write_host_name(const struct flowd *flowd, struct text *error)
{
	struct text path = TEXT_EMPTY;
	struct text name = TEXT_EMPTY;
	bool good = false;

	text_printf(&path, "%s/run/host-netns", flowd->options.state);
	FILE *file = fopen(text_string(&path), "we");

	if (file != NULL && daemon_host_namespace(flowd->options.state, &name)) {
		good = fprintf(file, "%s\n", text_string(&name)) > 0;
		(void)fprintf(stderr, "sallyport-flowd: local services run in the network namespace %s\n",
		    text_string(&name));
	}
	if (file == NULL || fclose(file) != 0 || !good) {
		text_printf(error, "%s: %s", text_string(&path), strerror(errno));
		good = false;
	}
	text_release(&name);
	text_release(&path);
	return good;
}

static bool
open_host(struct flowd *flowd, struct text *error)
{
	flowd->host = host_create(flowd->options.state, error);
	return flowd->host != NULL && write_host_name(flowd, error);
}

static bool
has_xdp(const struct flowd *flowd)
{
	bool found = false;

	for (size_t i = 0; i < flowd->chassis.count; i++) {
		found = found || flowd->chassis.ports[i].kind == CHASSIS_XDP;
	}
	return found;
}

static bool
open_ports(struct flowd *flowd, struct text *error)
{
	struct edge_start start = {.chassis = &flowd->chassis, .ledger = flowd->ledger};
	struct buffers_need need = {.mtu = port_largest_mtu(&flowd->chassis), .chunks = has_xdp(flowd)};
	struct worker_start workers = {.sizing = &flowd->sizing, .count = workers_of(flowd)};
	struct text run = TEXT_EMPTY;

	text_printf(&run, "%s/run", flowd->options.state);
	const bool started = port_system_start(&flowd->chassis, text_string(&run), error);

	text_release(&run);
	if (!started || !buffers_create(&flowd->buffers, &need, error)) {
		return false;
	}
	workers.pools = (struct worker_pools){.frames = flowd->buffers.frames, .large = flowd->buffers.large};
	start.buffers = &flowd->buffers;
	flowd->worker = worker_create(&workers, error);
	if (flowd->worker == NULL) {
		return false;
	}
	start.worker = flowd->worker;
	flowd->edge = edge_create(&start, error);
	return flowd->edge != NULL;
}

static bool
give_up_rights(struct text *error)
{
	cap_t none = cap_init();
	const bool done = none != NULL && cap_set_proc(none) == 0;

	if (!done) {
		text_printf(error, "capabilities: %s", strerror(errno));
	}
	(void)cap_free(none);
	return done;
}

static bool
drop_privileges(struct flowd *flowd, struct text *error)
{
	/* A packet ring is locked memory, and a port that comes back later must be able to have one. */
	const struct rlimit unlimited = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
	const char *keep = setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0 ? KEPT : KEPT_LOCK;

	if (has_xdp(flowd)) {
		keep = KEPT_XDP;
	}
	/* After the change of user the way to the directory may be barred further up. */
	if (!daemon_enter_state(&flowd->options, error) || !daemon_drop_privileges(&flowd->options, keep, error)) {
		return false;
	}
	if (flowd->options.user != NULL && geteuid() != 0 &&
	    (!edge_settle(flowd->edge, keep) || !namespace_settle(host_namespace(flowd->host), keep))) {
		text_append(error, "the capabilities net_raw and net_admin cannot be kept");
		return false;
	}
	/* This thread and the worker that it starts have all that they need open; those in the namespaces do the rest. */
	return give_up_rights(error) && daemon_confine(error);
}

static bool
serve(struct flowd *flowd, struct text *error)
{
	const struct control_start start = {
	    .options = &flowd->options,
	    .edge = flowd->edge,
	    .host = flowd->host,
	    .worker = flowd->worker,
	    .listener = flowd->listener,
	    .signals = flowd->signals,
	};
	struct control *control = control_create(&start, error);

	flowd->listener = -1;
	if (control == NULL) {
		return false;
	}
	if (!worker_start(flowd->worker)) {
		text_append(error, "the workers cannot be started");
		control_destroy(control);
		return false;
	}
	(void)fprintf(stderr, "sallyport-flowd: packet buffers in pages of %u KiB, for frames of up to %u octets\n",
	    (unsigned)(port_system_page() / 1024), (unsigned)flowd->buffers.room);
	(void)fprintf(stderr, "sallyport-flowd: %zu ports, room for %u sessions\n", flowd->chassis.count,
	    (unsigned)worker_sessions(flowd->worker));
	daemon_notify(&flowd->options, "ready");
	control_run(control);
	worker_stop(flowd->worker);
	control_destroy(control);
	return true;
}

static int
run(struct flowd *flowd)
{
	struct text error = TEXT_EMPTY;
	bool good = false;

	flowd->signals = daemon_signals();
	if (!open_ledger(flowd, &error)) {
		return complain(flowd, &error);
	}
	flowd->listener = daemon_listen(&flowd->options, "flowd");
	if (flowd->signals < 0 || flowd->listener < 0) {
		text_printf(&error, "cannot listen: %s", strerror(-flowd->listener));
	} else {
		good = open_host(flowd, &error) && open_ports(flowd, &error) && drop_privileges(flowd, &error) &&
		    serve(flowd, &error);
	}
	edge_destroy(flowd->edge);
	worker_destroy(flowd->worker);
	host_destroy(flowd->host);
	ledger_close(flowd->ledger);
	if (flowd->listener >= 0) {
		(void)close(flowd->listener);
	}
	return good ? 0 : complain(flowd, &error);
}

static int
clean_up(struct flowd *flowd)
{
	struct text error = TEXT_EMPTY;

	if (!open_ledger(flowd, &error)) {
		return complain(flowd, &error);
	}
	edge_return_all(flowd->ledger);
	ledger_close(flowd->ledger);
	host_remove(flowd->options.state);
	return 0;
}

int
main(int argc, char **argv)
{
	struct flowd flowd = {.signals = -1, .listener = -1};
	struct text error = TEXT_EMPTY;
	int status;

	if (!daemon_options_take(&flowd.options, &argc, argv, &error)) {
		(void)complain(&flowd, &error);
		return 2;
	}
	if (!take_options(&flowd, argc, argv)) {
		(void)fprintf(stderr, "sallyport-flowd: --state DIR, and --chassis FILE [--sessions N] or --cleanup\n");
		return 2;
	}
	if (flowd.cleanup) {
		return clean_up(&flowd);
	}
	status = read_chassis(&flowd);
	if (status == 0) {
		status = run(&flowd);
	}
	chassis_release(&flowd.chassis);
	return status;
}
