/*
 * A worker's thread. See worker.h.
 *
 * One round: a burst from each port, what the host sent, due timers, a waiting job; what the engine says goes out at once.
 * A round that found nothing to do is tried again a few times (ROUNDS_AWAKE), because under load the next frames are
 * microseconds away; then the worker sleeps (worker_sleep.c). So an idle gateway costs a hundred wake-ups a second, a loaded
 * one batches, and on a machine with two cores the kernel's side of the virtual links gets its turn.
 *
 * Worker 0 alone reads the TUNs, and ports whose frames come in one queue. Of several workers each receives from its queues,
 * keeps the packets that are its own and hands the others over (worker_exchange.c): what it keeps and what it is handed goes
 * through the engine together, in bursts as large as there is; and each stays on a processor of its own.
 *
 * Shared with the control thread: `pending` (stored by control with release, loaded here with acquire; the worker clears it
 * with release before it posts the job's semaphore), the event ring (see there), and counters that one side adds to and the
 * other reads (relaxed).
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "worker_private.h"

enum {
	ROUNDS_AWAKE = 64,
	THREAD_NAME = 16,  /* the kernel's bound */
	ROUNDS_A_HOST = 8, /* busy rounds for each look at what the host sent */
	ADVANCE_STEPS = 16,   /* calls of engine_advance() in a round: 64 held traffic up for 2 ms when sessions end in masses */
};

#define ADVANCE_EVERY UINT64_C(1000000)    /* ns */
#define WALL_EVERY    UINT64_C(1000000000) /* ns */

uint64_t
worker_now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

int64_t
worker_wall(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static bool
advance(struct worker *worker)
{
	bool more = true;

	if (worker->now < worker->advance_at) {
		return false;
	}
	if (worker->now >= worker->wall_at) {
		engine_set_wall(worker->engine, worker->now, worker_wall());
		worker->wall_at = worker->now + WALL_EVERY;
	}
	for (unsigned i = 0; more && i < ADVANCE_STEPS; i++) {
		more = engine_advance(worker->engine, worker->now);
		worker_drain(worker);
	}
	worker_memory_say(worker);
	worker->advance_at = more ? worker->now : worker->now + ADVANCE_EVERY;
	return more;
}

static bool
run_job(struct worker *worker)
{
	struct call *call = atomic_load_explicit(&worker->pending, memory_order_acquire);
	const struct worker_hands hands = {.engine = worker->engine, .now = worker->now, .worker = worker->number};

	if (call == NULL) {
		return false;
	}
	call->job(&hands, call->argument);
	worker_drain(worker);
	atomic_store_explicit(&worker->pending, NULL, memory_order_release);
	(void)sem_post(&call->done);
	return true;
}

/* A round that took longer than those before it, or than any should. */
static void
note_round(struct worker *worker, uint64_t took)
{
	const uint64_t longest = atomic_load_explicit(&worker->longest_round, memory_order_relaxed);
	const uint64_t over = atomic_load_explicit(&worker->long_rounds, memory_order_relaxed);

	if (took > longest) {
		atomic_store_explicit(&worker->longest_round, took, memory_order_relaxed);
	}
	if (took > WORKER_ROUND_LONG) {
		atomic_store_explicit(&worker->long_rounds, over + 1, memory_order_relaxed);
	}
	worker->noted_over = took > WORKER_ROUND_LONG ? WORKER_ROUND_LONG : took;
}

/* One writer: a plain addition, made visible. */
static void
note_busy(struct worker *worker, uint64_t took)
{
	atomic_store_explicit(
	    &worker->busy, atomic_load_explicit(&worker->busy, memory_order_relaxed) + took, memory_order_relaxed);
}

/* One look at everything. True when there was something to do. */
static bool
work(struct worker *worker)
{
	const uint64_t now = worker_now();
	bool busy = false;

	if (worker->awake && now - worker->now > worker->noted_over) {
		note_round(worker, now - worker->now);
	}
	if (worker->busy_last) {
		note_busy(worker, now - worker->now);
	}
	worker->awake = true;
	worker->now = now;
	if (worker->all->count > 1) {
		worker_expect_handed(worker);
	}
	for (unsigned i = 0; i < CHASSIS_PORTS; i++) {
		if (worker_receives(worker, i)) {
			busy |= worker_receive_port(worker, i);
		}
	}
	if (worker->all->count > 1) {
		busy |= worker_receive_handed(worker);
	}
	/* A TUN costs a system call to look at: when the sleep ended because of one, and under load now and then. */
	if (worker->number == 0 && (worker->host_waits || worker->rounds % ROUNDS_A_HOST == 0)) {
		worker->host_waits = false;
		for (unsigned i = 0; i < worker->host_count; i++) {
			if (worker->hosts[i] >= 0) {
				busy |= worker_receive_host(worker, (uint16_t)i);
			}
		}
	}
	worker->rounds++;
	busy |= advance(worker);
	busy |= run_job(worker);
	worker->busy_last = busy;
	return busy;
}

/* On one of the processors that this process may use. */
static void
stay(unsigned number)
{
	cpu_set_t allowed;
	cpu_set_t one;
	unsigned count;

	CPU_ZERO(&allowed);
	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0 || CPU_COUNT(&allowed) == 0) {
		return;
	}
	count = number % (unsigned)CPU_COUNT(&allowed);
	for (unsigned i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &allowed) && count-- == 0) {
			CPU_SET(i, &one);
			(void)sched_setaffinity(0, sizeof(one), &one);
			return;
		}
	}
}

void *
worker_main(void *context)
{
	struct worker *worker = context;
	unsigned idle = 0;

	char name[THREAD_NAME];

	(void)snprintf(name, sizeof(name), "worker-%u", (unsigned)worker->number);
	(void)pthread_setname_np(pthread_self(), name);
	(void)rte_thread_register();
	worker_ask_for_slices();
	if (worker->all->count > 1) {
		stay(worker->number);
	}
	while (!worker->stopping) {
		const bool busy = work(worker);

		idle = busy ? 0 : idle + 1;
		if (idle >= ROUNDS_AWAKE) {
			if (worker->all->count == 1) {
				worker_sleep(worker);
				worker->awake = false;
			} else if (worker_falls_asleep(worker)) {
				worker_sleep(worker);
				worker_wakes(worker);
				worker->awake = false;
			}
			idle = ROUNDS_AWAKE - 1; /* after a timer's wake-up one round is enough */
		}
	}
	rte_thread_unregister();
	return NULL;
}

