/*
 * The heart of transferd: what it was told to archive, what waits, what runs, and what it says about that.
 *
 * Life cycle: service_create() -> { poll; ipc_server_serve(); service_tick() } -> service_destroy(). One thread. => the
 * working directory is DIR/transfer
 */
#ifndef TRANSFERD_SERVICE_H
#define TRANSFERD_SERVICE_H

#include <stdint.h>

#include "ipc/log.h"
#include "ipc/server.h"

struct service;

/* `listener` is taken over, `state` (DIR) is borrowed. NULL with a sentence. */
struct service *service_create(int listener, const char *state, struct logger *logger, struct text *error)
    __attribute__((warn_unused_result));
void service_destroy(struct service *service);
struct ipc_server *service_server(struct service *service);
/* Goes on with what is due. Returns how many milliseconds may pass until the next call. */
int service_tick(struct service *service);

#endif
