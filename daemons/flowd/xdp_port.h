/*
 * An interface as a port by AF_XDP: its program (xdp_program.h) and a socket for each queue that its driver receives by
 * (xdp_queue.h).
 *
 * All queues have to be served: what comes in by another one is lost. Frames are received whatever address they are for; the
 * interface is promiscuous as long as the descriptor behind `promiscuous` is open.
 *
 * Threads: open and close in the interface's namespace (namespace_run()).
 */
#ifndef FLOWD_XDP_PORT_H
#define FLOWD_XDP_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "xdp_program.h"
#include "xdp_queue.h"

enum {
	XDP_QUEUES = 16, /* of one interface */
};

struct xdp_port {
	struct xdp_program program;
	struct xdp_queue *queues[XDP_QUEUES];
	uint32_t queue_count;
	int promiscuous;
};

struct xdp_request {
	const struct buffers *buffers;
	const char *netdev;
	unsigned index;
	uint32_t queues;  /* how many the driver has */
	uint32_t share;   /* of the packet buffers: as many may wait empty for this port's frames */
};

/* False with a sentence that says what to do; nothing is left behind then. */
bool xdp_port_open(struct xdp_port *port, const struct xdp_request *request, struct text *error)
    __attribute__((warn_unused_result));
/* => no worker has its queues */
void xdp_port_close(struct xdp_port *port);

/* Zero-copy in all queues? */
bool xdp_port_zero_copy(const struct xdp_port *port);
/* Of all queues. */
struct xdp_counters xdp_port_counters(const struct xdp_port *port);

#endif
