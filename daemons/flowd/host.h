/*
 * The host path: a network namespace of its own in which local services (sshd, ...) run, and how packets get there.
 *
 * The namespace has a name of the state directory's own (daemon_host_namespace()); DIR/run/host-netns holds it. For each
 * routing instance with local addresses there is a TUN interface sp<N> that carries these addresses as /32 or /128
 * (link-local ones excepted, which belong to a link), and a routing table 1000+N that leads back to it; `ip rule from
 * ADDRESS` chooses the table, so that an answer leaves by the TUN of the instance in which it was asked for, with the
 * address that was asked (cs06832).
 *
 * The namespace outlives flowd: services go on while flowd is started again. host_remove() takes it away.
 *
 * Threads: the control thread owns it; the worker reads and writes the TUN descriptors that it was told, between
 * host_apply() and the host_trim() after it.
 */
#ifndef FLOWD_HOST_H
#define FLOWD_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/snapshot.h"
#include "namespace.h"

enum {
	HOST_INSTANCES = 256, /* routing instances that may have a TUN */
	HOST_MTU = 1500,
};

struct host;

/* Makes the namespace if it is not there, and enters it. => while the process may. NULL with a sentence. */
struct host *host_create(const char *state, struct text *error) __attribute__((warn_unused_result));
/* Closes the TUNs; the namespace stays. */
void host_destroy(struct host *host);
/* Deletes the namespace of a state directory, if there is one. => while the process may */
void host_remove(const char *state);
struct namespace *host_namespace(struct host *host);

/*
 * Brings TUNs, addresses and rules to what the snapshot says. What fails is told in `error`, the rest goes on. TUNs that
 * are not wanted any more stay open until host_trim().
 */
void host_apply(struct host *host, const struct snapshot *snapshot, struct text *error);
/* => the worker has let go of descriptors that host_descriptor() does not give any more */
void host_trim(struct host *host);
/* The TUN of an instance, or -1. */
int host_descriptor(const struct host *host, uint16_t instance);

#endif
