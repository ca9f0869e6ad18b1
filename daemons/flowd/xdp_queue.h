/*
 * One queue of an interface by AF_XDP: a socket and its four rings, over the memory of the packet buffers (buffers.h).
 *
 * A chunk belongs either to the pool (and whoever holds its buffer) or to the kernel, by the fill ring (empty, to receive
 * into) or by the transmit ring (a frame to send); a bit for each chunk says which. What the kernel hands back is checked
 * against it. At the end every chunk that the kernel still has goes back to the pool.
 *
 * Life cycle: xdp_queue_create() -> xdp_program_serve() with its descriptor -> ... -> xdp_queue_destroy().
 * Threads: create and destroy in the interface's namespace, while no worker has the queue; one worker receives, one
 * (at a time) sends; counters by the control thread.
 * Source: linux/Documentation/networking/af_xdp.rst.
 */
#ifndef FLOWD_XDP_QUEUE_H
#define FLOWD_XDP_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "buffers.h"

struct xdp_queue;

struct xdp_binding {
	const struct buffers *buffers;
	unsigned netdev;
	uint32_t queue;
	uint32_t ring; /* descriptors of each ring: a power of two */
};

/* Where it failed; `XDP_QUEUE_MADE`: nowhere. */
enum xdp_queue_step {
	XDP_QUEUE_MADE,
	XDP_QUEUE_SOCKET,
	XDP_QUEUE_MEMORY,
	XDP_QUEUE_RINGS,
	XDP_QUEUE_BIND,
};

/* `*failure` is an errno when it could not be made. */
enum xdp_queue_step xdp_queue_create(struct xdp_queue **queue, const struct xdp_binding *binding, int *failure)
    __attribute__((warn_unused_result));
/* => the program is off, so that nothing comes in any more */
void xdp_queue_destroy(struct xdp_queue *queue);

/* Readable when frames are there. */
int xdp_queue_descriptor(const struct xdp_queue *queue);
/* Does the driver write into our buffers itself? */
bool xdp_queue_zero_copy(const struct xdp_queue *queue);

/* At most `most` frames; they are the caller's now. */
uint16_t xdp_queue_receive(struct xdp_queue *queue, struct rte_mbuf **buffers, uint16_t most);
/* Takes the first of `count` frames, as many as there is room for, and says how many; they are not the caller's any more. */
uint16_t xdp_queue_send(struct xdp_queue *queue, struct rte_mbuf **buffers, uint16_t count);

struct xdp_counters {
	uint64_t in_packets;
	uint64_t out_packets;
	uint64_t out_lost;   /* too large for a buffer of the shared memory, or none was free */
	uint64_t in_large;  /* the kernel: frames that no buffer holds, or while there was none; it does not tell them apart */
	uint64_t in_full;   /* the kernel: the ring was full */
	uint64_t in_starved; /* of both: times when no empty buffer was there */
	uint64_t invalid;   /* descriptors that the kernel refused, or that made no sense to us */
};
struct xdp_counters xdp_queue_counters(const struct xdp_queue *queue);

#endif
