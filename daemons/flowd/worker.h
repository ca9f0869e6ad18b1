/*
 * The workers: threads that each own an engine and move packets between ports, engine and the host's TUNs. All functions
 * here are about all of them, as the control thread sees them.
 *
 * Others reach them in two ways:
 *   worker_run()         a job that each worker runs, one after the other, between two bursts while the caller waits. Jobs
 *                        take bounded steps (see the engine's cursors), and add up what they find. A worker takes a job's
 *                        pointer with one acquire load; its end is the acknowledgement: after a job that published a
 *                        snapshot nobody reads the former one any more. worker_run_on() is for one of them.
 *   worker_events()      the event records that an engine wrote: a ring for each, with one writer and one reader.
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
#include "queue.h"
#include "sizing.h"
#include "tap.h"

enum {
	WORKERS_MOST = CHASSIS_WORKERS_MOST,
};

struct rte_mempool;
struct workers;

/* Buffers, with a struct packet in each one's private area (buffers.h). */
struct worker_pools {
	struct rte_mempool *frames;
	struct rte_mempool *large; /* for datagrams that came in fragments */
};

struct worker_start {
	struct worker_pools pools;
	const struct sizing *sizing; /* borrowed */
	uint16_t count;    /* how many workers; WORKERS_MOST at most */
};
struct workers *worker_create(const struct worker_start *start, struct text *error) __attribute__((warn_unused_result));
/* => stopped, or never started */
void worker_destroy(struct workers *workers);
bool worker_start(struct workers *workers) __attribute__((warn_unused_result));
void worker_stop(struct workers *workers);
/* How many there are. */
uint16_t worker_count(const struct workers *workers);

/* What a job may touch, in the worker's thread. */
struct worker_hands {
	struct engine *engine;
	uint64_t now; /* monotonic ns */
	uint16_t worker;
};
typedef void worker_job(const struct worker_hands *hands, void *argument);
/*
 * Waits until the engines' tables have memory behind them, so that no packet waits for it: those that are used all over, and,
 * where `limits`, those of limits of sessions by address. To be asked before a configuration is in force.
 */
void worker_memory_ready(struct workers *workers, bool limits);
/* One after the other, from worker 0 on. */
void worker_run(struct workers *workers, worker_job *job, void *argument);
/* => worker < worker_count() */
void worker_run_on(struct workers *workers, uint16_t worker, worker_job *job, void *argument);

/* Which device stands behind a port of the chassis; one that is not open is taken away. */
struct worker_port {
	bool open;
	bool takes_marks;        /* what is left undone of a packet leaves as it is (offload.h); else it is done before */
	bool bounds_frames;      /* what is larger than its MTU and no superframe is dropped */
	bool unhurried;          /* a capture: there is no need to poll it all the time */
	uint16_t queue_count;    /* worker k of n receives by the queues k, k + n, ... and sends by one, see worker_packets.c */
	struct queue queues[QUEUES_MOST];
	uint32_t mtu;
};
void worker_set_port(struct workers *workers, uint16_t index, const struct worker_port *port);
/*
 * Frames of its port are copied to a tap from now on, by every worker; and no longer. False: there are WORKER_TAPS already.
 */
enum { WORKER_TAPS = 4 };
bool worker_add_tap(struct workers *workers, struct tap *tap) __attribute__((warn_unused_result));
void worker_remove_tap(struct workers *workers, struct tap *tap);
/* The TUNs of HOST_INSTANCES routing instances, -1 where there is none. */
void worker_set_hosts(struct workers *workers, const int *descriptors);

/* The records that an engine wrote; the caller is the ring's reader. => worker < worker_count() */
struct event_ring *worker_events(struct workers *workers, uint16_t worker);

struct worker_losses {
	uint64_t events;   /* records lost on the way to the logger */
	uint64_t transmit; /* packets that a device did not take */
	uint64_t host;     /* packets that a TUN did not take */
	uint64_t handed;   /* packets and messages that another worker's ring had no room for */
};
struct worker_losses worker_losses(const struct workers *workers);
enum {
	WORKER_ROUND_LONG = 1000000, /* ns: packets should never wait that long */
};

/* How long a packet may have waited while a worker did something else. What the machine's scheduler took from the worker is
 * part of it. */
struct worker_rounds {
	uint64_t longest; /* ns, of all workers since the start */
	uint64_t over;    /* rounds that took over WORKER_ROUND_LONG */
};
struct worker_rounds worker_rounds(const struct workers *workers);
/* What one worker did since the start. */
struct worker_load {
	uint64_t busy;    /* ns, in rounds that had something to do */
	uint64_t packets; /* that went through its engine */
	uint64_t handed;  /* that it handed over to others */
	uint64_t lost;    /* packets and messages for it that its rings had no room for */
	uint32_t waiting; /* packets in its rings now */
};
/* => worker < worker_count() */
struct worker_load worker_load(const struct workers *workers, uint16_t worker);
uint32_t worker_sessions(const struct workers *workers); /* room for */

/* Monotonic nanoseconds and UTC microseconds, as the engine wants them. */
uint64_t worker_now(void);
int64_t worker_wall(void);

#endif
