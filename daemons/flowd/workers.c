/*
 * All workers, as the control thread sees them: their life cycle, jobs, and what is added up over them. See worker.h.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "worker_private.h"

static void
worker_remove(struct worker *worker)
{
	if (worker == NULL) {
		return;
	}
	worker_memory_destroy(worker);
	if (worker->wake >= 0) {
		(void)close(worker->wake);
	}
	event_ring_destroy(worker->events);
	worker_exchange_destroy(worker);
	free(worker);
}

static struct worker *
worker_make(struct workers *all, uint16_t number, const struct worker_start *start, struct text *error)
{
	struct worker *worker = aligned_alloc(RING_LINE, sizeof(*worker));

	if (worker == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	memset(worker, 0, sizeof(*worker));
	worker->all = all;
	worker->number = number;
	worker->pool = start->pools.frames;
	worker->large = start->pools.large;
	worker->frame_offset = rte_pktmbuf_priv_size(worker->pool) + RTE_PKTMBUF_HEADROOM;
	worker->random = random_from_kernel();
	worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker->events = event_ring_create(start->sizing->values[CHASSIS_EVENT_RECORDS]);
	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		worker->hosts[i] = -1;
	}
	if (worker->wake < 0 || worker->events == NULL || !worker_exchange_create(worker)) {
		text_append(error, "out of memory or descriptors");
		worker_remove(worker);
		return NULL;
	}
	if (!worker_memory_create(worker, start->sizing, error)) {
		worker_remove(worker);
		return NULL;
	}
	return worker;
}

struct workers *
worker_create(const struct worker_start *start, struct text *error)
{
	struct workers *workers = calloc(1, sizeof(*workers));

	if (workers == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	struct random_source random = random_from_kernel();

	workers->count = start->count;
	const struct hash_key secret = {.low = random_u64(&random), .high = random_u64(&random)};

	workers->sharing = engine_sharing_of(&secret, start->count);
	for (uint16_t i = 0; i < workers->count; i++) {
		workers->each[i] = worker_make(workers, i, start, error);
		if (workers->each[i] == NULL) {
			worker_destroy(workers);
			return NULL;
		}
	}
	return workers;
}

void
worker_destroy(struct workers *workers)
{
	if (workers == NULL) {
		return;
	}
	for (uint16_t i = 0; i < workers->count; i++) {
		worker_remove(workers->each[i]);
	}
	free(workers);
}

bool
worker_start(struct workers *workers)
{
	if (!worker_memory_start(workers)) {
		return false;
	}
	for (uint16_t i = 0; i < workers->count; i++) {
		struct worker *worker = workers->each[i];

		worker->started = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
		if (!worker->started) {
			worker_stop(workers);
			return false;
		}
	}
	return true;
}

static void
stop_job(const struct worker_hands *hands, void *argument)
{
	struct workers *workers = argument;

	workers->each[hands->worker]->stopping = true;
}

void
worker_stop(struct workers *workers)
{
	for (uint16_t i = 0; i < workers->count; i++) {
		struct worker *worker = workers->each[i];

		if (worker->started) {
			worker_run_on(workers, i, stop_job, workers);
			(void)pthread_join(worker->thread, NULL);
			worker->started = false;
		}
	}
	worker_memory_stop(workers);
}

uint16_t
worker_count(const struct workers *workers)
{
	return workers->count;
}

void
worker_run_on(struct workers *workers, uint16_t number, worker_job *job, void *argument)
{
	struct worker *worker = workers->each[number];
	struct call call = {.job = job, .argument = argument};

	if (!worker->started) {
		const struct worker_hands hands = {.engine = worker->engine, .now = worker_now(), .worker = number};

		job(&hands, argument);
		return;
	}
	(void)sem_init(&call.done, 0, 0);
	atomic_store_explicit(&worker->pending, &call, memory_order_release);
	(void)eventfd_write(worker->wake, 1);
	while (sem_wait(&call.done) != 0) {
		/* interrupted: wait on */
	}
	(void)sem_destroy(&call.done);
}

void
worker_run(struct workers *workers, worker_job *job, void *argument)
{
	for (uint16_t i = 0; i < workers->count; i++) {
		worker_run_on(workers, i, job, argument);
	}
}

struct port_change {
	struct workers *workers;
	uint16_t index;
	struct worker_port port;
};

static void
port_job(const struct worker_hands *hands, void *argument)
{
	const struct port_change *change = argument;
	struct worker *worker = change->workers->each[hands->worker];

	if (!change->port.open) {
		worker_flush(worker, change->index);
	}
	worker->ports[change->index] = change->port;
}

void
worker_set_port(struct workers *workers, uint16_t index, const struct worker_port *port)
{
	struct port_change change = {.workers = workers, .index = index, .port = *port};

	worker_run(workers, port_job, &change);
}

struct tap_change {
	struct workers *workers;
	struct tap *tap;
};

static void
add_tap_job(const struct worker_hands *hands, void *argument)
{
	const struct tap_change *change = argument;
	struct worker *worker = change->workers->each[hands->worker];

	worker->taps[worker->tap_count++] = change->tap;
}

static void
remove_tap_job(const struct worker_hands *hands, void *argument)
{
	const struct tap_change *change = argument;
	struct worker *worker = change->workers->each[hands->worker];

	for (unsigned i = 0; i < worker->tap_count; i++) {
		if (worker->taps[i] == change->tap) {
			worker->taps[i] = worker->taps[--worker->tap_count];
			return;
		}
	}
}

bool
worker_add_tap(struct workers *workers, struct tap *tap)
{
	struct tap_change change = {.workers = workers, .tap = tap};

	/* Only jobs change the number, and they are over. */
	if (workers->each[0]->tap_count == WORKER_TAPS) {
		return false;
	}
	worker_run(workers, add_tap_job, &change);
	return true;
}

void
worker_remove_tap(struct workers *workers, struct tap *tap)
{
	struct tap_change change = {.workers = workers, .tap = tap};

	worker_run(workers, remove_tap_job, &change);
}

struct host_change {
	struct workers *workers;
	const int *descriptors;
};

static void
host_job(const struct worker_hands *hands, void *argument)
{
	const struct host_change *change = argument;
	struct worker *worker = change->workers->each[hands->worker];

	memcpy(worker->hosts, change->descriptors, sizeof(worker->hosts));
	worker->host_count = 0;
	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		if (worker->hosts[i] >= 0) {
			worker->host_count = (uint16_t)(i + 1);
		}
	}
}

void
worker_set_hosts(struct workers *workers, const int *descriptors)
{
	struct host_change change = {.workers = workers, .descriptors = descriptors};

	worker_run(workers, host_job, &change);
}

struct event_ring *
worker_events(struct workers *workers, uint16_t worker)
{
	return workers->each[worker]->events;
}

struct worker_losses
worker_losses(const struct workers *workers)
{
	struct worker_losses losses = {.events = 0};

	for (uint16_t i = 0; i < workers->count; i++) {
		const struct worker *worker = workers->each[i];

		losses.events += event_ring_lost(worker->events);
		losses.transmit += atomic_load_explicit(&worker->lost_transmit, memory_order_relaxed);
		losses.handed += atomic_load_explicit(&worker->lost_handed, memory_order_relaxed);
		losses.host += atomic_load_explicit(&worker->lost_host, memory_order_relaxed);
	}
	return losses;
}

struct worker_rounds
worker_rounds(const struct workers *workers)
{
	struct worker_rounds rounds = {.longest = 0};

	for (uint16_t i = 0; i < workers->count; i++) {
		const struct worker *worker = workers->each[i];
		const uint64_t longest = atomic_load_explicit(&worker->longest_round, memory_order_relaxed);

		rounds.longest = longest > rounds.longest ? longest : rounds.longest;
		rounds.over += atomic_load_explicit(&worker->long_rounds, memory_order_relaxed);
	}
	return rounds;
}

struct worker_load
worker_load(const struct workers *workers, uint16_t worker)
{
	const struct worker *one = workers->each[worker];
	struct worker_load load = {
	    .busy = atomic_load_explicit(&one->busy, memory_order_relaxed),
	    .packets = atomic_load_explicit(&one->processed, memory_order_relaxed),
	    .handed = atomic_load_explicit(&one->handed, memory_order_relaxed),
	    .lost = atomic_load_explicit(&one->refused, memory_order_relaxed),
	};

	assert(worker < workers->count);
	for (uint16_t i = 0; i < workers->count; i++) {
		if (i != worker) {
			load.waiting += ring_count(workers->each[i]->packets_to[worker]);
		}
	}
	return load;
}

uint32_t
worker_sessions(const struct workers *workers)
{
	uint32_t sessions = 0;

	for (uint16_t i = 0; i < workers->count; i++) {
		sessions += engine_session_capacity(workers->each[i]->engine);
	}
	return sessions;
}
