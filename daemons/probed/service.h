/*
 * Requests for probes and their answers: a piece for the lines that came, an empty one now and then from a probe that is
 * silent, so that who waits knows that it goes on. A probe ends with its asker.
 *
 * Life cycle: service_create() -> { service_prepare(), poll, service_serve() } -> service_destroy(). One thread.
 */
#ifndef PROBED_SERVICE_H
#define PROBED_SERVICE_H

#include <poll.h>
#include <stddef.h>

#include "ipc/payload.h"

enum {
	SERVICE_PROBES = IPC_PROBES, /* at a time; more are refused */
	SERVICE_TICK = 1000, /* milliseconds after which service_serve() is due at the latest */
};

struct service;
struct ipc_server;

/* Owns `listener`; `state` is borrowed. NULL: no memory. */
struct service *service_create(int listener, const char *state) __attribute__((warn_unused_result));
void service_destroy(struct service *service);
struct ipc_server *service_server(struct service *service);
/* => room for SERVICE_PROBES; returns how many */
size_t service_prepare(const struct service *service, struct pollfd *polls);
void service_serve(struct service *service, const struct pollfd *polls, size_t count);

#endif
