/*
 * The worker: one thread that owns the engine and moves packets between ports, engine and the host's TUNs.
 *
 * Others reach it in three ways:
 *   worker_run()         a job that the worker runs between two bursts while the caller waits. Jobs take bounded steps (see
 *                        the engine's cursors). The worker takes a job's pointer with one acquire load; its end is the
 *                        acknowledgement: after a job that published a snapshot nobody reads the former one any more.
 *   worker_events()      the event records that the engine wrote: a ring with one writer and one reader.
 *   worker_marks()       counts of frames that a sender's offloads left unfinished.
 *
 * Life cycle: worker_create() -> worker_start() -> ... -> worker_stop() -> worker_destroy().
 * Threads: the control thread calls all functions here.
 */
#ifndef FLOWD_WORKER_H
#define FLOWD_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "base/text.h"
#include "chassis.h"
#include "engine/engine.h"
#include "event_ring.h"
#include "host.h"

struct rte_mempool;
struct worker;

/* Buffers, with a struct packet in each one's private area (port_pool_create()). */
struct worker_pools {
	struct rte_mempool *frames;
	struct rte_mempool *large; /* for datagrams that came in fragments */
};

/* `sessions` 0: by the machine's memory */
struct worker *worker_create(const struct worker_pools *pools, uint32_t sessions, struct text *error)
    __attribute__((warn_unused_result));
/* => stopped, or never started */
void worker_destroy(struct worker *worker);
bool worker_start(struct worker *worker) __attribute__((warn_unused_result));
void worker_stop(struct worker *worker);

/* What a job may touch, in the worker's thread. */
struct worker_hands {
	struct engine *engine;
	uint64_t now; /* monotonic ns */
};
void worker_run(struct worker *worker, void (*job)(const struct worker_hands *hands, void *argument), void *argument);

/* Which device stands behind a port of the chassis; one that is not open is taken away. */
struct worker_port {
	bool open;
	bool looks_for_offloads; /* frames come as a sender's offloads left them */
	uint16_t device;
	int descriptor;          /* to sleep on; -1: the port has to be polled */
	uint32_t mtu;
};
void worker_set_port(struct worker *worker, uint16_t index, const struct worker_port *port);
/* The TUNs of HOST_INSTANCES routing instances, -1 where there is none. */
void worker_set_hosts(struct worker *worker, const int *descriptors);

/* The records that the engine wrote; the caller is the ring's reader. */
struct event_ring *worker_events(struct worker *worker);

struct worker_marks {
	uint64_t partial;    /* half-made checksums */
	uint64_t superframe;
};
struct worker_marks worker_marks(const struct worker *worker, uint16_t index);

struct worker_losses {
	uint64_t events;   /* records lost on the way to the logger */
	uint64_t transmit; /* packets that a device did not take */
	uint64_t host;     /* packets that a TUN did not take */
};
struct worker_losses worker_losses(const struct worker *worker);
uint32_t worker_sessions(const struct worker *worker); /* room for */

/* Monotonic nanoseconds and UTC microseconds, as the engine wants them. */
uint64_t worker_now(void);
int64_t worker_wall(void);

#endif
