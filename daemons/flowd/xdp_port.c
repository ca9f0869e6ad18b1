/*
 * An interface by AF_XDP. See xdp_port.h.
 *
 * What can fail is a table: the step, the error number, and the sentence that helps.
 */
#include "xdp_port.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	RING_MOST = 4096,
	RING_LEAST = 64,
	ANY = 0,
};

/* Where opening failed: the program's steps, then a queue's. */
enum stage {
	STAGE_PROGRAM = 16,
	STAGE_QUEUE = 32,
};

struct advice {
	int stage;
	int failure; /* errno; ANY: each other one */
	const char *sentence;
};

static const struct advice advices[] = {
    {STAGE_QUEUE + XDP_QUEUE_SOCKET, EAFNOSUPPORT, "this kernel has no AF_XDP (CONFIG_XDP_SOCKETS)"},
    {STAGE_QUEUE + XDP_QUEUE_SOCKET, EPERM, "no right to open an AF_XDP socket (the capability net_raw)"},
    {STAGE_QUEUE + XDP_QUEUE_SOCKET, ANY, "no AF_XDP socket"},
    {STAGE_QUEUE + XDP_QUEUE_MEMORY, ENOBUFS, "the packet buffers cannot be locked in memory: raise the limit of locked "
                                              "memory (systemd: LimitMEMLOCK=infinity)"},
    {STAGE_QUEUE + XDP_QUEUE_MEMORY, ANY, "the kernel does not take the packet buffers"},
    {STAGE_QUEUE + XDP_QUEUE_RINGS, ANY, "no rings of AF_XDP"},
    {STAGE_QUEUE + XDP_QUEUE_BIND, EBUSY, "another program has a queue of it by AF_XDP: end that program"},
    {STAGE_QUEUE + XDP_QUEUE_BIND, ANY, "its queue cannot be had by AF_XDP"},
    {STAGE_PROGRAM + XDP_STEP_MAP, EPERM, "no right to load an XDP program (the capabilities bpf and net_admin)"},
    {STAGE_PROGRAM + XDP_STEP_MAP, ANY, "this kernel makes no map of AF_XDP sockets"},
    {STAGE_PROGRAM + XDP_STEP_LOAD, EPERM, "no right to load an XDP program (the capabilities bpf and net_admin)"},
    {STAGE_PROGRAM + XDP_STEP_LOAD, ANY, "the kernel does not take the XDP program"},
    {STAGE_PROGRAM + XDP_STEP_ATTACH, EBUSY, "another XDP program is on it: take that off with `ip link set dev INTERFACE "
                                             "xdp off`, or end the program that put it there"},
    {STAGE_PROGRAM + XDP_STEP_ATTACH, EEXIST, "another XDP program is on it: take that off with `ip link set dev INTERFACE "
                                              "xdp off`, or end the program that put it there"},
    {STAGE_PROGRAM + XDP_STEP_ATTACH, ERANGE, "its MTU is too large for its driver's XDP: lower it"},
    {STAGE_PROGRAM + XDP_STEP_ATTACH, EOPNOTSUPP, "its driver has no XDP"},
    {STAGE_PROGRAM + XDP_STEP_ATTACH, EINVAL, "its driver does not take the XDP program"},
    {STAGE_PROGRAM + XDP_STEP_ATTACH, ANY, "no XDP program can be put on it"},
};

static void
explain(int stage, int failure, const char *netdev, struct text *error)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		if (advices[i].stage == stage && (advices[i].failure == failure || advices[i].failure == ANY)) {
			text_printf(error, "%s (%s); netdev:%s works everywhere", advices[i].sentence, strerror(failure), netdev);
			return;
		}
	}
}

/* A power of two; all queues together don't take more than the port's share. */
static uint32_t
ring_length(const struct xdp_request *request)
{
	uint32_t length = RING_MOST;

	while (length > RING_LEAST && length * request->queues > request->share) {
		length /= 2;
	}
	return length;
}

/* A packet socket of no protocol gets no packet; its membership goes with it. -1: the interface stays as it is. */
static int
promiscuous(unsigned index)
{
	const struct packet_mreq membership = {.mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC};
	const int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (descriptor >= 0) {
		(void)setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership));
	}
	return descriptor;
}

static bool
queues_open(struct xdp_port *port, const struct xdp_request *request, struct text *error)
{
	struct xdp_binding binding = {
	    .buffers = request->buffers,
	    .netdev = request->index,
	    .ring = ring_length(request),
	};
	int failure = 0;

	for (uint32_t i = 0; i < request->queues; i++) {
		binding.queue = i;
		const enum xdp_queue_step step = xdp_queue_create(&port->queues[i], &binding, &failure);

		if (step != XDP_QUEUE_MADE) {
			explain(STAGE_QUEUE + (int)step, failure, request->netdev, error);
			return false;
		}
		port->queue_count++;
		failure = -xdp_program_serve(&port->program, i, xdp_queue_descriptor(port->queues[i]));
		if (failure != 0) {
			explain(STAGE_PROGRAM + XDP_STEP_MAP, failure, request->netdev, error);
			return false;
		}
	}
	return true;
}

bool
xdp_port_open(struct xdp_port *port, const struct xdp_request *request, struct text *error)
{
	int failure = 0;

	*port = (struct xdp_port){.promiscuous = -1, .program = {.map = -1, .program = -1, .link = -1}};
	if (request->queues > XDP_QUEUES) {
		text_printf(error, "it has %u receive queues, and %d at most are served: ethtool -L %s combined %d (or rx)",
		    (unsigned)request->queues, XDP_QUEUES, request->netdev, XDP_QUEUES);
		return false;
	}
	/* The program is there first: an interface's driver may make its rings anew when it comes, and queues want them. */
	const enum xdp_step step = xdp_program_attach(&port->program, request->index, request->queues, &failure);

	if (step != XDP_STEP_DONE) {
		explain(STAGE_PROGRAM + (int)step, failure, request->netdev, error);
		return false;
	}
	if (!queues_open(port, request, error)) {
		xdp_port_close(port);
		return false;
	}
	port->promiscuous = promiscuous(request->index);
	return true;
}

void
xdp_port_close(struct xdp_port *port)
{
	xdp_program_detach(&port->program);
	for (uint32_t i = 0; i < port->queue_count; i++) {
		xdp_queue_destroy(port->queues[i]);
	}
	port->queue_count = 0;
	if (port->promiscuous >= 0) {
		(void)close(port->promiscuous);
		port->promiscuous = -1;
	}
}

bool
xdp_port_zero_copy(const struct xdp_port *port)
{
	bool all = port->queue_count > 0;

	for (uint32_t i = 0; i < port->queue_count; i++) {
		all = all && xdp_queue_zero_copy(port->queues[i]);
	}
	return all;
}

struct xdp_counters
xdp_port_counters(const struct xdp_port *port)
{
	struct xdp_counters sum = {.in_packets = 0};

	for (uint32_t i = 0; i < port->queue_count; i++) {
		const struct xdp_counters one = xdp_queue_counters(port->queues[i]);

		sum.in_packets += one.in_packets;
		sum.out_packets += one.out_packets;
		sum.out_lost += one.out_lost;
		sum.in_large += one.in_large;
		sum.in_full += one.in_full;
		sum.in_starved += one.in_starved;
		sum.invalid += one.invalid;
	}
	return sum;
}
