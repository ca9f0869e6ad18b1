/*
 * The worker. See worker.h.
 *
 * One round: a burst from each port, what the host sent, due timers, a waiting job; what the engine says goes out at once.
 * A round that found nothing to do is tried again a few times (ROUNDS_AWAKE), because under load the next frames are
 * microseconds away; then the worker sleeps in poll(2) on the ports' packet sockets, the TUNs and its own wake-up
 * descriptor until a frame comes or timers are due (SLEEP_MILLISECONDS). So an idle gateway costs a hundred wake-ups a
 * second, a loaded one batches, and on a machine with two cores the kernel's side of the virtual links gets its turn. With
 * a port that has no descriptor to sleep on (a DPDK device) it naps for NAP_MICROSECONDS instead.
 *
 * Shared with the control thread: `pending` (stored by control with release, loaded here with acquire; the worker clears it
 * with release before it posts the job's semaphore), the event ring (see there), and counters that one side adds to and the
 * other reads (relaxed).
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "worker_private.h"

enum {
	EVENT_RING = 16384, /* records */
	ROUNDS_AWAKE = 64,
	ROUNDS_A_HOST = 8, /* busy rounds for each look at what the host sent */
	SLEEP_MILLISECONDS = 10,
	NAP_MICROSECONDS = 50,
	ADVANCE_STEPS = 16,   /* calls of engine_advance() in a round: 64 held traffic up for 2 ms when sessions end in masses */
	SESSION_OCTETS = 320,
	SESSIONS_MOST = 1000000,
	SESSIONS_LEAST = 1000,
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
	worker->advance_at = more ? worker->now : worker->now + ADVANCE_EVERY;
	return more;
}

static bool
run_job(struct worker *worker)
{
	struct call *call = atomic_load_explicit(&worker->pending, memory_order_acquire);
	const struct worker_hands hands = {.engine = worker->engine, .now = worker->now};

	if (call == NULL) {
		return false;
	}
	call->job(&hands, call->argument);
	worker_drain(worker);
	atomic_store_explicit(&worker->pending, NULL, memory_order_release);
	(void)sem_post(&call->done);
	return true;
}

static void
sleep_until_something(struct worker *worker)
{
	struct pollfd waits[1 + CHASSIS_PORTS + HOST_INSTANCES];
	nfds_t waiting = 0;
	uint64_t told = 0;

	for (unsigned i = 0; i < CHASSIS_PORTS; i++) {
		if (worker->ports[i].open && worker->ports[i].descriptor < 0) {
			(void)usleep(NAP_MICROSECONDS);
			return;
		}
	}
	waits[waiting++] = (struct pollfd){.fd = worker->wake, .events = POLLIN};
	for (unsigned i = 0; i < CHASSIS_PORTS; i++) {
		if (worker->ports[i].open) {
			waits[waiting++] = (struct pollfd){.fd = worker->ports[i].descriptor, .events = POLLIN};
		}
	}
	for (uint16_t i = 0; i < worker->host_count; i++) {
		if (worker->hosts[i] >= 0) {
			waits[waiting++] = (struct pollfd){.fd = worker->hosts[i], .events = POLLIN};
		}
	}
	if (poll(waits, waiting, SLEEP_MILLISECONDS) <= 0) {
		return;
	}
	if (waits[0].revents != 0) {
		(void)eventfd_read(worker->wake, &told);
	}
	for (nfds_t i = 1; i < waiting; i++) {
		if ((waits[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
			/* An interface went down; taking the error off makes the next sleep a sleep again. */
			int failure = 0;
			socklen_t length = sizeof(failure);

			(void)getsockopt(waits[i].fd, SOL_SOCKET, SO_ERROR, &failure, &length);
			(void)usleep(NAP_MICROSECONDS);
		}
	}
}

/* One look at everything. True when there was something to do. */
static bool
work(struct worker *worker)
{
	bool busy = false;

	worker->now = worker_now();
	for (unsigned i = 0; i < CHASSIS_PORTS; i++) {
		if (worker->ports[i].open) {
			busy |= worker_receive_port(worker, i);
		}
	}
	/* A TUN costs a system call to look at: under load not in each round. */
	if (!busy || worker->rounds % ROUNDS_A_HOST == 0) {
		for (unsigned i = 0; i < worker->host_count; i++) {
			if (worker->hosts[i] >= 0) {
				busy |= worker_receive_host(worker, (uint16_t)i);
			}
		}
	}
	worker->rounds++;
	busy |= advance(worker);
	busy |= run_job(worker);
	return busy;
}

static void *
worker_main(void *context)
{
	struct worker *worker = context;
	unsigned idle = 0;

	(void)rte_thread_register();
	while (!worker->stopping) {
		const bool busy = work(worker);

		idle = busy ? 0 : idle + 1;
		if (idle >= ROUNDS_AWAKE) {
			sleep_until_something(worker);
			idle = ROUNDS_AWAKE - 1; /* after a timer's wake-up one round is enough */
		}
	}
	rte_thread_unregister();
	return NULL;
}

static uint32_t
sessions_for_machine(void)
{
	const long pages = sysconf(_SC_PHYS_PAGES);
	const long page = sysconf(_SC_PAGESIZE);

	if (pages <= 0 || page <= 0) {
		return SESSIONS_LEAST;
	}
	const uint64_t fit = (uint64_t)pages * (uint64_t)page / 4 / SESSION_OCTETS;

	return fit > SESSIONS_MOST ? SESSIONS_MOST : fit < SESSIONS_LEAST ? SESSIONS_LEAST : (uint32_t)fit;
}

static bool
engine_make(struct worker *worker, struct text *error)
{
	struct engine_config config = engine_config_for(worker->sessions);

	config.check_mac = true;
	config.packet_take = worker_take_packet;
	config.packet_take_large = worker_take_large;
	config.packet_context = worker;
	config.random = &worker->random;
	worker->memory_size = engine_size(&config);
	worker->memory =
	    mmap(NULL, worker->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (worker->memory == MAP_FAILED) {
		worker->memory = NULL;
		text_printf(error, "no memory for %u sessions (%zu octets): %s", (unsigned)worker->sessions,
		    worker->memory_size, strerror(errno));
		return false;
	}
	(void)madvise(worker->memory, worker->memory_size, MADV_HUGEPAGE);
	worker->engine = engine_init(worker->memory, worker->memory_size, &config);
	if (worker->engine == NULL) {
		text_printf(error, "the engine does not take %u sessions", (unsigned)worker->sessions);
		return false;
	}
	worker->sessions = engine_session_capacity(worker->engine);
	return true;
}

struct worker *
worker_create(const struct worker_pools *pools, uint32_t sessions, struct text *error)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	worker->pool = pools->frames;
	worker->large = pools->large;
	worker->random = random_from_kernel();
	worker->sessions = sessions == 0 ? sessions_for_machine() : sessions;
	worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker->events = event_ring_create(EVENT_RING);
	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		worker->hosts[i] = -1;
	}
	if (worker->wake < 0 || worker->events == NULL) {
		text_append(error, "out of memory or descriptors");
		worker_destroy(worker);
		return NULL;
	}
	if (!engine_make(worker, error)) {
		worker_destroy(worker);
		return NULL;
	}
	return worker;
}

void
worker_destroy(struct worker *worker)
{
	if (worker == NULL) {
		return;
	}
	if (worker->memory != NULL) {
		(void)munmap(worker->memory, worker->memory_size);
	}
	if (worker->wake >= 0) {
		(void)close(worker->wake);
	}
	event_ring_destroy(worker->events);
	free(worker);
}

bool
worker_start(struct worker *worker)
{
	worker->started = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
	return worker->started;
}

struct port_change {
	struct worker *worker;
	uint16_t index;
	struct worker_port port;
};

static void
stop_job(const struct worker_hands *hands, void *argument)
{
	struct worker *worker = argument;

	(void)hands;
	worker->stopping = true;
}

void
worker_stop(struct worker *worker)
{
	if (!worker->started) {
		return;
	}
	worker_run(worker, stop_job, worker);
	(void)pthread_join(worker->thread, NULL);
	worker->started = false;
}

void
worker_run(struct worker *worker, void (*job)(const struct worker_hands *hands, void *argument), void *argument)
{
	struct call call = {.job = job, .argument = argument};

	if (!worker->started) {
		const struct worker_hands hands = {.engine = worker->engine, .now = worker_now()};

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

static void
port_job(const struct worker_hands *hands, void *argument)
{
	const struct port_change *change = argument;

	(void)hands;
	if (!change->port.open) {
		worker_flush(change->worker, change->index);
	}
	change->worker->ports[change->index] = change->port;
}

void
worker_set_port(struct worker *worker, uint16_t index, const struct worker_port *port)
{
	struct port_change change = {.worker = worker, .index = index, .port = *port};

	worker_run(worker, port_job, &change);
}

struct host_change {
	struct worker *worker;
	const int *descriptors;
};

static void
host_job(const struct worker_hands *hands, void *argument)
{
	const struct host_change *change = argument;
	struct worker *worker = change->worker;

	(void)hands;
	memcpy(worker->hosts, change->descriptors, sizeof(worker->hosts));
	worker->host_count = 0;
	for (unsigned i = 0; i < HOST_INSTANCES; i++) {
		if (worker->hosts[i] >= 0) {
			worker->host_count = (uint16_t)(i + 1);
		}
	}
}

void
worker_set_hosts(struct worker *worker, const int *descriptors)
{
	struct host_change change = {.worker = worker, .descriptors = descriptors};

	worker_run(worker, host_job, &change);
}

struct event_ring *
worker_events(struct worker *worker)
{
	return worker->events;
}

struct worker_marks
worker_marks(const struct worker *worker, uint16_t index)
{
	return (struct worker_marks){
	    .partial = atomic_load_explicit(&worker->partial[index], memory_order_relaxed),
	    .superframe = atomic_load_explicit(&worker->superframe[index], memory_order_relaxed),
	};
}

struct worker_losses
worker_losses(const struct worker *worker)
{
	return (struct worker_losses){
	    .events = event_ring_lost(worker->events),
	    .transmit = atomic_load_explicit(&worker->lost_transmit, memory_order_relaxed),
	    .host = atomic_load_explicit(&worker->lost_host, memory_order_relaxed),
	};
}

uint32_t
worker_sessions(const struct worker *worker)
{
	return worker->sessions;
}
