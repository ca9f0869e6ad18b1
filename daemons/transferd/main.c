/*
 * sallyport-transferd: copies of configurations, on other machines.
 *
 *   sallyport-transferd --state DIR [--listen FD] [--notify FD] [--user NAME] [--group NAME]
 *
 * The supervisor starts it in the gateway's host namespace: it goes out as the gateway's own programs do. It runs scp and
 * git, as a user that owns nothing but DIR/transfer, and it never sees a secret: mgd wrapped them.
 * One thread, one poll loop. Exit status: 0 after TERM, 2 for a bad command line, 1 otherwise.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ipc/daemon.h"
#include "ipc/server.h"
#include "service.h"

enum { EXTRA_POLLS = 2 }; /* signals, logger */

static void
run(struct service *service, struct logger *logger, int signals)
{
	struct ipc_server *server = service_server(service);
	struct pollfd polls[IPC_SERVER_CLIENTS + 1 + EXTRA_POLLS];

	for (;;) {
		const int patience = service_tick(service);
		size_t count;

		logger_poll(logger);
		polls[0] = (struct pollfd){.fd = signals, .events = POLLIN};
		polls[1] = (struct pollfd){
		    .fd = logger_descriptor(logger), .events = logger_wants_write(logger) ? POLLOUT : 0};
		count = ipc_server_prepare(server, polls + EXTRA_POLLS, IPC_SERVER_CLIENTS + 1);
		if (poll(polls, count + EXTRA_POLLS, ipc_server_busy(server) ? 0 : patience) < 0 && errno != EINTR) {
			return;
		}
		if (polls[0].revents != 0) {
			return;
		}
		ipc_server_serve(server, polls + EXTRA_POLLS, count);
	}
}

static int
start(struct daemon_options *options)
{
	struct text error = TEXT_EMPTY;
	struct service *service = NULL;
	struct logger *logger;
	struct daemon_descriptors opened;

	if (!daemon_begin(options, "transferd", &opened, &error)) {
		return daemon_failed(options, "transferd", &error);
	}
	if (chdir("transfer") != 0) {
		text_printf(&error, "transfer: %s", strerror(errno));
		return daemon_failed(options, "transferd", &error);
	}
	logger = logger_create("../run/logd.sock", "transferd");
	if (logger == NULL || (service = service_create(opened.listener, "..", logger, &error)) == NULL) {
		logger_destroy(logger);
		return daemon_failed(options, "transferd", &error);
	}
	daemon_notify(options, "ready");
	run(service, logger, opened.signals);
	service_destroy(service);
	logger_poll(logger);
	logger_destroy(logger);
	close(opened.signals);
	return 0;
}

int
main(int argc, char **argv)
{
	return daemon_main("transferd", argc, argv, start);
}
