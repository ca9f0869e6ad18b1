/*
 * What logd does: takes records, writes each to every destination that wants it, follows the configuration, and answers
 * `show log`.
 *
 * Threads: one. Life cycle: service_create() -> the loop calls service_*() -> service_destroy(), which writes what waits.
 */
#ifndef LOGD_SERVICE_H
#define LOGD_SERVICE_H

#include "ipc/daemon.h"
#include "ipc/server.h"

struct service;

struct service_start {
	int listener;
	int folder; /* DIR/log */
	int socket; /* UDP, of the host's namespace; -1: nothing is sent to servers */
	const char *state;
};

/* Owns the descriptors. NULL: no memory. */
struct service *service_create(const struct service_start *start) __attribute__((warn_unused_result));
void service_destroy(struct service *service);
struct ipc_server *service_server(struct service *service);
/* Work at the end of each pass of the loop. */
void service_flush(struct service *service);
/* Work about once a second. */
void service_tick(struct service *service);

#endif
