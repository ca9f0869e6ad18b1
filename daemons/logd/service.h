/*
 * What logd does: takes records, writes each to every destination that wants it, follows the configuration, and answers
 * `show log`.
 *
 * Threads: one. Life cycle: service_create() -> the loop calls service_*() -> service_destroy(), which writes what waits.
 */
#ifndef LOGD_SERVICE_H
#define LOGD_SERVICE_H

#include "destinations.h"
#include "ipc/daemon.h"
#include "ipc/server.h"

struct service;

struct service_start {
	int listener;
	int folder; /* DIR/log */
	struct remote_sockets sockets; /* inet -1: nothing is sent to servers */
	const char *state;
};

/* Owns the descriptors. NULL: no memory. */
struct service *service_create(const struct service_start *start) __attribute__((warn_unused_result));
void service_destroy(struct service *service);
struct ipc_server *service_server(struct service *service);
enum { SERVICE_POLLS = DESTINATIONS_POLLS + 1 };
/* What to wait for besides the server's; => room for SERVICE_POLLS */
size_t service_polls(const struct service *service, struct pollfd *polls);
/* => from a pass in which nothing else was served since service_polls() */
void service_serve(struct service *service, const struct pollfd *polls, size_t count);
/* Work at the end of each pass of the loop. */
void service_flush(struct service *service);
/* Work about once a second. */
void service_tick(struct service *service);

#endif
