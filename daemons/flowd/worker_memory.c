/*
 * The memory of the workers' engines, and the thread that has pages behind it before packets need them (ahead.h). See worker.h.
 *
 * A worker says how much of its pools was ever used (`marks`) when one comes near what has pages (`marks_again`), once a
 * millisecond at most; the thread gets more. It sleeps until somebody says something, so an idle gateway has no work by it.
 * Tables that are used all over are whole before the first configuration is in force (worker_memory_ready()).
 *
 * Shared: `marks` is written by its worker, `marks_again` by the thread here, both relaxed: a value that comes late is followed
 * by another word. `memory_lock` is held around what the thread and control both change, the struct ahead.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "worker_private.h"

bool
worker_memory_create(struct worker *worker, const struct sizing *sizing, struct text *error)
{
	struct engine_config config = sizing_engine(sizing, worker->all->count);

	config.check_mac = true;
	config.records_logged_only = true;
	config.worker = worker->number;
	config.sharing = worker->all->sharing.secret;
	config.packet_take = worker_take_packet;
	config.packet_take_large = worker_take_large;
	config.packet_context = worker;
	config.random = &worker->random;
	worker->memory_size = engine_size(&config);
	worker->memory =
	    mmap(NULL, worker->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (worker->memory == MAP_FAILED) {
		worker->memory = NULL;
		text_printf(error, "no memory for %u sessions (%zu octets): %s", (unsigned)config.sessions,
		    worker->memory_size, strerror(errno));
		return false;
	}
	(void)madvise(worker->memory, worker->memory_size, MADV_HUGEPAGE);
	worker->engine = engine_init(worker->memory, worker->memory_size, &config);
	if (worker->engine == NULL) {
		text_printf(error, "the engine does not take %u sessions", (unsigned)config.sessions);
		return false;
	}
	ahead_init(&worker->ahead, worker->engine, worker->memory, worker->memory_size);
	return true;
}

void
worker_memory_destroy(struct worker *worker)
{
	if (worker->memory != NULL) {
		(void)munmap(worker->memory, worker->memory_size);
	}
}

void
worker_memory_say(struct worker *worker)
{
	uint32_t marks[ENGINE_POOLS];
	bool near = false;

	engine_pool_marks(worker->engine, marks);
	for (unsigned i = 0; i < ENGINE_POOLS; i++) {
		near = near || marks[i] >= atomic_load_explicit(&worker->marks_again[i], memory_order_relaxed);
	}
	if (near) {
		for (unsigned i = 0; i < ENGINE_POOLS; i++) {
			atomic_store_explicit(&worker->marks[i], marks[i], memory_order_relaxed);
		}
		(void)eventfd_write(worker->all->memory_wake, 1);
	}
}

/* --- the thread ------------------------------------------------------------------------------------------------- */

static void
follow(struct worker *worker)
{
	for (unsigned i = 0; i < ENGINE_POOLS; i++) {
		if (i != ENGINE_POOL_LIMITS) {
			const uint32_t mark = atomic_load_explicit(&worker->marks[i], memory_order_relaxed);
			const uint32_t again = ahead_follow(&worker->ahead, (enum engine_pool)i, mark);

			atomic_store_explicit(&worker->marks_again[i], again, memory_order_relaxed);
		}
	}
}

static void *
memory_main(void *context)
{
	struct workers *workers = context;
	uint64_t told = 0;

	(void)pthread_setname_np(pthread_self(), "memory");
	for (uint16_t i = 0; i < workers->count; i++) {
		ahead_begin(&workers->each[i]->ahead);
	}
	(void)pthread_mutex_lock(&workers->memory_lock);
	workers->memory_begun = true;
	(void)pthread_cond_broadcast(&workers->memory_ready);
	(void)pthread_mutex_unlock(&workers->memory_lock);
	do {
		(void)pthread_mutex_lock(&workers->memory_lock);
		for (uint16_t i = 0; i < workers->count; i++) {
			follow(workers->each[i]);
		}
		(void)pthread_mutex_unlock(&workers->memory_lock);
		(void)eventfd_read(workers->memory_wake, &told);
	} while (!atomic_load_explicit(&workers->memory_stopping, memory_order_acquire));
	return NULL;
}

bool
worker_memory_start(struct workers *workers)
{
	workers->memory_wake = eventfd(0, EFD_CLOEXEC);
	if (workers->memory_wake < 0) {
		return false;
	}
	for (uint16_t i = 0; i < workers->count; i++) {
		/* Nobody ever nears the table of limits: it is all there when it is used. */
		atomic_store_explicit(&workers->each[i]->marks_again[ENGINE_POOL_LIMITS], UINT32_MAX, memory_order_relaxed);
	}
	(void)pthread_mutex_init(&workers->memory_lock, NULL);
	(void)pthread_cond_init(&workers->memory_ready, NULL);
	workers->memory_started = pthread_create(&workers->memory_thread, NULL, memory_main, workers) == 0;
	if (!workers->memory_started) {
		(void)close(workers->memory_wake);
	}
	return workers->memory_started;
}

void
worker_memory_stop(struct workers *workers)
{
	if (!workers->memory_started) {
		return;
	}
	atomic_store_explicit(&workers->memory_stopping, true, memory_order_release);
	(void)eventfd_write(workers->memory_wake, 1);
	(void)pthread_join(workers->memory_thread, NULL);
	(void)close(workers->memory_wake);
	(void)pthread_cond_destroy(&workers->memory_ready);
	(void)pthread_mutex_destroy(&workers->memory_lock);
	workers->memory_started = false;
}

void
worker_memory_ready(struct workers *workers, bool limits)
{
	if (!workers->memory_started) {
		return;
	}
	(void)pthread_mutex_lock(&workers->memory_lock);
	while (!workers->memory_begun) {
		(void)pthread_cond_wait(&workers->memory_ready, &workers->memory_lock);
	}
	for (uint16_t i = 0; limits && i < workers->count; i++) {
		ahead_whole(&workers->each[i]->ahead, ENGINE_POOL_LIMITS);
	}
	(void)pthread_mutex_unlock(&workers->memory_lock);
}
