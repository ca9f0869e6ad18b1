/*
 * sallyport-logd: the one writer of logs.
 *
 *   sallyport-logd --state DIR [--listen FD] [--notify FD] [--user NAME] [--group NAME]
 *
 * The supervisor starts it in the gateway's host namespace: what it sends to servers leaves through the data plane.
 * One thread, one poll loop. Exit status: 0 after TERM, 2 for a bad command line, 1 otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ipc/daemon.h"
#include "ipc/server.h"
#include "service.h"

enum { EXTRA_POLLS = 1 }; /* signals */

static int
open_folder(const char *state)
{
	struct text path = TEXT_EMPTY;
	int folder;

	text_printf(&path, "%s/log", state);
	folder = text_failed(&path) ? -1 : open(text_string(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		fprintf(stderr, "sallyport-logd: %s: %s\n", text_string(&path), strerror(errno));
	}
	text_release(&path);
	return folder;
}

static void
run(struct service *service, int signals)
{
	struct ipc_server *server = service_server(service);
	struct pollfd polls[IPC_SERVER_CLIENTS + 1 + EXTRA_POLLS + SERVICE_POLLS];
	time_t last = 0;

	for (;;) {
		struct timespec now;
		struct pollfd *const server_polls = polls + EXTRA_POLLS + service_polls(service, polls + EXTRA_POLLS);
		const size_t own = (size_t)(server_polls - polls);
		size_t count;

		polls[0] = (struct pollfd){.fd = signals, .events = POLLIN};
		count = ipc_server_prepare(server, server_polls, IPC_SERVER_CLIENTS + 1);
		if (poll(polls, count + own, ipc_server_busy(server) ? 0 : 1000) < 0 && errno != EINTR) {
			return;
		}
		if (polls[0].revents != 0) {
			return;
		}
		service_serve(service, polls + EXTRA_POLLS, own - EXTRA_POLLS);
		ipc_server_serve(server, server_polls, count);
		service_flush(service);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec != last) {
			last = now.tv_sec;
			service_tick(service);
		}
	}
}

static int
start(struct daemon_options *options)
{
	struct service_start begin = {.folder = -1};
	struct text error = TEXT_EMPTY;
	struct service *service = NULL;
	struct daemon_descriptors opened;

	if (!daemon_open(options, "logd", &opened, &error)) {
		return daemon_failed(options, "logd", &error);
	}
	begin.listener = opened.listener;
	begin.sockets.inet = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* A machine may do without IPv6. */
	begin.sockets.inet6 = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (begin.sockets.inet < 0) {
		text_printf(&error, "cannot send to servers: %s", strerror(errno));
		return daemon_failed(options, "logd", &error);
	}
	if (!daemon_enter_state(options, &error) || !daemon_drop_privileges(options, NULL, &error) ||
	    !daemon_confine(&error)) {
		return daemon_failed(options, "logd", &error);
	}
	begin.state = options->state;
	begin.folder = open_folder(options->state);
	if (begin.folder < 0 || (service = service_create(&begin)) == NULL) {
		return 1;
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
	return daemon_main("logd", argc, argv, start);
}
