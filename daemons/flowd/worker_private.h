/*
 * The workers' inside, shared by workers.c (all of them: life cycle, jobs), worker.c (a worker's rounds and sleep) and
 * worker_packets.c (ports, TUNs, what the engine says). See worker.h and worker.c.
 */
#ifndef FLOWD_WORKER_PRIVATE_H
#define FLOWD_WORKER_PRIVATE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include <rte_spinlock.h>

#include "ahead.h"
#include "base/ring.h"
#include "worker.h"

struct rte_mbuf;

struct call {
	worker_job *job;
	void *argument;
	sem_t done;
};

struct transmit {
	struct rte_mbuf *packets[ENGINE_BURST];
	uint16_t count;
};

/* Packets for a worker: for its ring, or, of our own, for the next burst. What comes in a burst finds room beside one less. */
struct handing {
	struct packet *packets[2 * ENGINE_BURST];
	uint32_t count;
};

struct worker {
	/* the worker's own while it runs */
	struct engine *engine;
	struct rte_mempool *pool;
	struct rte_mempool *large;
	struct worker_port ports[CHASSIS_PORTS];
	struct transmit transmit[CHASSIS_PORTS];
	int hosts[HOST_INSTANCES];
	uint16_t host_count; /* highest instance with a TUN, + 1 */
	uint64_t now;
	uint64_t advance_at;
	uint64_t wall_at;
	struct random_source random;
	unsigned rounds;
	bool busy_last;      /* the round before this one had something to do */
	bool awake;          /* the round before this one was the last thing: no sleep between them */
	uint64_t noted_over; /* ns: a round that takes longer is looked at */
	bool host_waits; /* a TUN was readable when the sleep ended */
	bool stopping;
	struct tap *taps[WORKER_TAPS];
	unsigned tap_count;
	struct handing handing[WORKERS_MOST]; /* [number]: its own */
	uint32_t message_room;                /* in each ring of messages, at least, as it was seen last */
	uint32_t frame_offset;                /* from a struct packet to where its frame begins, as a rule */

	/* fixed after worker_create() */
	struct workers *all;
	uint16_t number;
	void *memory;
	size_t memory_size;
	struct ahead ahead; /* under memory_lock while the threads run */
	struct event_ring *events; /* this thread writes, the control thread reads */
	pthread_t thread;
	int wake;
	bool started;
	/* with several workers: this thread puts, the others take; NULL for itself */
	struct ring *packets_to[WORKERS_MOST];  /* of struct packet * */
	struct ring *messages_to[WORKERS_MOST]; /* of struct engine_message */

	/* shared; with the others `asleep`, in a line of its own as each of them takes it with each burst (worker_exchange.c) */
	_Alignas(RING_LINE) _Atomic unsigned asleep;
	_Alignas(RING_LINE) _Atomic(struct call *) pending;
	_Atomic uint64_t lost_transmit;
	_Atomic uint64_t lost_host;
	_Atomic uint64_t long_rounds;   /* that took over WORKER_ROUND_LONG */
	_Atomic uint64_t longest_round; /* ns */
	_Atomic uint64_t lost_handed;
	_Atomic uint64_t busy;      /* ns, of rounds that had something to do */
	_Atomic uint64_t processed; /* packets */
	_Atomic uint64_t handed;    /* over to others */
	_Atomic uint64_t refused;   /* what others had for it and found no room: each of them adds to it */
	_Atomic uint32_t marks[ENGINE_POOLS];       /* see worker_memory.c */
	_Atomic uint32_t marks_again[ENGINE_POOLS];
};

struct workers {
	struct worker *each[WORKERS_MOST];
	rte_spinlock_t transmit_locks[CHASSIS_PORTS][QUEUES_MOST]; /* of ports with fewer queues than there are workers */
	uint16_t count;
	struct engine_sharing sharing;
	/* worker_memory.c */
	pthread_t memory_thread;
	pthread_mutex_t memory_lock;
	pthread_cond_t memory_ready;
	int memory_wake;
	bool memory_started;
	bool memory_begun; /* under memory_lock: what is in no pool has pages */
	_Atomic bool memory_stopping;
};

/* Does this worker receive from a port? From its queue of the worker's own number, and each n-th further one of n workers. */
static inline bool
worker_receives(const struct worker *worker, unsigned index)
{
	return worker->ports[index].open && worker->number < worker->ports[index].queue_count;
}

/* The thread; context is the worker. */
void *worker_main(void *context);
/* The engine's way to a fresh packet; context is the worker. */
struct packet *worker_take_packet(void *context);
/* To one with room for a datagram of any length. */
struct packet *worker_take_large(void *context);
/* A burst from a port, or what an instance's host sent, through the engine. True when there was any. */
bool worker_receive_port(struct worker *worker, unsigned index);
bool worker_receive_host(struct worker *worker, uint16_t instance);
/* Packets through the engine, after what others said. */
void worker_process(struct worker *worker, struct packet *const *packets, uint32_t count);
/* Sends, delivers and frees what the engine has put out; moves its event records on. */
void worker_drain(struct worker *worker);
/*
 * worker_exchange.c, with several workers. False: no memory.
 */
bool worker_exchange_create(struct worker *worker) __attribute__((warn_unused_result));
void worker_exchange_destroy(struct worker *worker);
/* Passes on what the engine has to say; reads what others said. */
void worker_say(struct worker *worker);
void worker_hear(struct worker *worker);
/* Puts a packet with what another worker gets; puts all of that into the rings. */
void worker_hand(struct worker *worker, uint16_t to, struct packet *packet);
void worker_hand_all(struct worker *worker);
/* A burst from a port: each packet to the worker whose it is, our own through the engine as soon as there are enough. */
void worker_part(struct worker *worker, struct packet *const *packets, uint32_t count);
/* What others put into their rings for us is fetched while something else is done. */
void worker_expect_handed(struct worker *worker);
/* What others handed over, and our own that is left, through the engine. True when anything was handed over. */
bool worker_receive_handed(struct worker *worker);
/* From now on others wake it; false: it has to look again first. */
bool worker_falls_asleep(struct worker *worker);
void worker_wakes(struct worker *worker);
/* Until there may be something to do: worker_sleep.c. */
void worker_sleep(struct worker *worker);
/* The calling thread is to get a processor soon when it wakes up, and no more of it than others. */
void worker_ask_for_slices(void);
/*
 * worker_memory.c. False: no memory, with what there is to say about it.
 */
bool worker_memory_create(struct worker *worker, const struct sizing *sizing, struct text *error)
    __attribute__((warn_unused_result));
void worker_memory_destroy(struct worker *worker);
/* Before the workers start; after they have stopped. */
bool worker_memory_start(struct workers *workers) __attribute__((warn_unused_result));
void worker_memory_stop(struct workers *workers);
/* Says how far the pools are used, when that is news: the worker's thread, now and then. */
void worker_memory_say(struct worker *worker);
/* Sends what waits for a port. */
void worker_flush(struct worker *worker, unsigned index);

#endif
