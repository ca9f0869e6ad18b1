/*
 * sallyport-probed: ping and traceroute for the command line.
 *
 *   sallyport-probed --state DIR [--listen FD] [--notify FD] [--user NAME] [--group NAME]
 *
 * The supervisor starts it in the gateway's host namespace, so that probes leave through the data plane as those of any
 * local program. It has no capability, sees no configuration and keeps nothing; what answers from the network say is read by
 * ping(8) and traceroute(8), processes of their own that end with the question.
 *
 * One thread, one poll loop. Exit status: 0 after TERM, 2 for a bad command line, 1 otherwise.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "ipc/daemon.h"
#include "ipc/server.h"
#include "service.h"

enum { OWN_POLLS = 1 }; /* signals */

static void
run(struct service *service, int signals)
{
	struct ipc_server *server = service_server(service);
	struct pollfd polls[OWN_POLLS + SERVICE_PROBES + IPC_SERVER_CLIENTS + 1];

	for (;;) {
		const size_t probes = service_prepare(service, polls + OWN_POLLS);
		size_t count;

		polls[0] = (struct pollfd){.fd = signals, .events = POLLIN};
		count = ipc_server_prepare(server, polls + OWN_POLLS + probes, IPC_SERVER_CLIENTS + 1);
		if (poll(polls, OWN_POLLS + probes + count, ipc_server_busy(server) ? 0 : SERVICE_TICK) < 0 && errno != EINTR) {
			return;
		}
		if (polls[0].revents != 0) {
			return;
		}
		service_serve(service, polls + OWN_POLLS, probes);
		ipc_server_serve(server, polls + OWN_POLLS + probes, count);
	}
}

static int
start(struct daemon_options *options)
{
	struct text error = TEXT_EMPTY;
	struct service *service;
	struct daemon_descriptors opened;

	if (!daemon_begin(options, "probed", &opened, &error)) {
		return daemon_failed(options, "probed", &error);
	}
	service = service_create(opened.listener, options->state);
	if (service == NULL) {
		text_append(&error, "out of memory");
		return daemon_failed(options, "probed", &error);
	}
	daemon_notify(options, "ready");
	run(service, opened.signals);
	service_destroy(service);
	close(opened.signals);
	return 0;
}

int
main(int argc, char **argv)
{
	return daemon_main("probed", argc, argv, start);
}
