/*
 * A syslog server: datagrams of RFC 5424 (transport by RFC 5426), never waited for.
 *
 * A datagram that the system does not take at once (the way there may come up a moment after we do) waits in a bounded
 * ring and is tried again; what does not fit is counted. Each server is on its own: one that cannot be reached costs the
 * others nothing.
 */
#ifndef LOGD_REMOTE_H
#define LOGD_REMOTE_H

#include <stdint.h>

#include "base/text.h"
#include "ipc/resolve.h"
#include "plan.h"

enum { REMOTE_WAITING = 1024 }; /* datagrams a server */

struct remote;

/* UDP, of the host's namespace; -1: nothing is sent in that family. */
struct remote_sockets {
	int inet;
	int inet6;
};

/* NULL: no memory. `host` is borrowed as long as the remote lives. */
struct remote *remote_create(const struct plan_host *host) __attribute__((warn_unused_result));
void remote_destroy(struct remote *remote);
/* Where a server that is configured by name is; NULL: all waits. */
void remote_set_address(struct remote *remote, const struct resolve_address *address);
/* Sends or queues. Takes the text's content over. */
void remote_send(struct remote *remote, const struct remote_sockets *sockets, struct text *datagram);
/* Tries what waits; call about once a second. */
void remote_poll(struct remote *remote, const struct remote_sockets *sockets);
/* Datagrams lost since the start. */
uint64_t remote_lost(const struct remote *remote);

#endif
