/*
 * What a worker does when there is nothing to do. See worker.c.
 *
 * It sleeps in poll(2) on the sockets of its ports' queues, the TUNs and its own wake-up descriptor until a frame comes or
 * timers are due. The sockets say so as soon as the kernel has put a frame into their ring: nothing has to be armed. With a
 * device that has no descriptor it goes on looking, and lets others have the processor in between.
 *
 * How soon it gets a processor again when others are busy is up to the scheduler, and a frame waits meanwhile. A worker has the
 * same share as any program: it asks for a short slice of it (SLICE_NANOSECONDS), which Linux from 6.12 on takes as a wish to be
 * served soon. During `show` of 100,000 sessions on two processors 14 packets of 6,000 waited over a millisecond, for 1.9 ms at most;
 * 69, for 6.2 ms, without. A higher priority would do so at the cost of others; who wants that gives flowd's processes one.
 */
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker_private.h"

enum {
	SLEEP_MILLISECONDS = 10,
	SLICE_NANOSECONDS = 100000, /* the shortest that the kernel takes */
	NAP_MICROSECONDS = 50,
	WAITS = 1 + CHASSIS_PORTS * QUEUES_MOST + HOST_INSTANCES,
};

/* How a worker may wait for its ports. */
enum waiting {
	WAIT_DESCRIPTORS, /* each has some */
	WAIT_NAP,         /* a capture has none, and is in no hurry */
	WAIT_POLL,        /* a device has none */
};

static enum waiting
ports_wait(const struct worker *worker)
{
	enum waiting waiting = WAIT_DESCRIPTORS;

	for (unsigned i = 0; i < CHASSIS_PORTS; i++) {
		const struct worker_port *port = &worker->ports[i];

		if (!worker_receives(worker, i) || port->queues[0].descriptor >= 0) {
			continue;
		}
		if (!port->unhurried) {
			return WAIT_POLL;
		}
		waiting = WAIT_NAP;
	}
	return waiting;
}

static nfds_t
gather(const struct worker *worker, struct pollfd *waits, nfds_t *hosts)
{
	nfds_t count = 0;

	waits[count++] = (struct pollfd){.fd = worker->wake, .events = POLLIN};
	for (unsigned i = 0; i < CHASSIS_PORTS; i++) {
		const struct worker_port *port = &worker->ports[i];

		for (unsigned q = worker->number; port->open && q < port->queue_count; q += worker->all->count) {
			waits[count++] = (struct pollfd){.fd = port->queues[q].descriptor, .events = POLLIN};
		}
	}
	*hosts = count;
	for (uint16_t i = 0; worker->number == 0 && i < worker->host_count; i++) {
		if (worker->hosts[i] >= 0) {
			waits[count++] = (struct pollfd){.fd = worker->hosts[i], .events = POLLIN};
		}
	}
	return count;
}

/* As sched_setattr(2) has it: the C library does not, and the kernel's own header cannot stand beside sched.h. */
struct scheduling {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t deadline;
	uint64_t period;
};
_Static_assert(sizeof(struct scheduling) == 48, "the first version of the kernel's");

void
worker_ask_for_slices(void)
{
	struct scheduling wish = {.size = sizeof(wish)};

	/* All else as it is: whoever started us may have said something about it. Only the policy for all programs has slices. */
	if (syscall(SYS_sched_getattr, 0, &wish, sizeof(wish), 0) == 0 && wish.policy == SCHED_OTHER) {
		wish.runtime = SLICE_NANOSECONDS;
		(void)syscall(SYS_sched_setattr, 0, &wish, 0);
	}
}

static void
sleep_on_descriptors(struct worker *worker)
{
	struct pollfd waits[WAITS];
	nfds_t hosts = 0;
	const nfds_t count = gather(worker, waits, &hosts);
	uint64_t told = 0;

	if (poll(waits, count, SLEEP_MILLISECONDS) <= 0) {
		return;
	}
	if (waits[0].revents != 0) {
		(void)eventfd_read(worker->wake, &told);
	}
	for (nfds_t i = 1; i < count; i++) {
		worker->host_waits |= i >= hosts && waits[i].revents != 0;
		if ((waits[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
			/* An interface went down; taking the error off makes the next sleep a sleep again. */
			int failure = 0;
			socklen_t length = sizeof(failure);

			(void)getsockopt(waits[i].fd, SOL_SOCKET, SO_ERROR, &failure, &length);
			(void)usleep(NAP_MICROSECONDS);
		}
	}
}

void
worker_sleep(struct worker *worker)
{
	switch (ports_wait(worker)) {
	case WAIT_DESCRIPTORS:
		sleep_on_descriptors(worker);
		break;
	case WAIT_NAP:
		(void)usleep(NAP_MICROSECONDS);
		break;
	case WAIT_POLL:
		(void)sched_yield();
		break;
	}
}
