/*
 * One queue of an interface by AF_PACKET: a socket with a ring each way.
 *
 * Every frame has the kernel's header of what its sender left undone before it (offload.h), each way. Usual frames are copied
 * from the ring into a buffer. What does not fit into a slot of the ring is marked there and waits whole in the socket's queue,
 * in the same order: it is read from there into a large buffer, so that superframes neither need large slots nor overtake others.
 * A tag that the kernel took off is put back. Frames leave by a second ring, large ones by calls of their own, all in their order.
 *
 * A superframe leaves as it is where the interface takes it. Where it does not (another end with XDP, a card without TSO), or
 * where the kernel refuses its kind, it is cut here; segments leave in its place.
 *
 * Life cycle: packet_queue_create() of all queues of a port -> packet_queues_spread() -> ... -> packet_queue_destroy().
 * Threads: create, spread and destroy in the interface's namespace, while no worker has the queue; one worker receives, one
 * (at a time) sends; counters by the control thread.
 * Source: linux/Documentation/networking/packet_mmap.rst, packet(7).
 */
#ifndef FLOWD_PACKET_QUEUE_H
#define FLOWD_PACKET_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "buffers.h"

struct packet_queue;

struct packet_binding {
	const struct buffers *buffers;
	const char *name; /* the interface's, */
	unsigned netdev;  /* and its index */
	uint32_t octets;  /* of each ring, about */
};

/* NULL with an errno. */
struct packet_queue *packet_queue_create(const struct packet_binding *binding, int *failure)
    __attribute__((warn_unused_result));
void packet_queue_destroy(struct packet_queue *queue);
/* The kernel spreads frames over them by flow, fragments as they are on the wire. 0 or an errno. */
int packet_queues_spread(struct packet_queue *const *queues, unsigned count) __attribute__((warn_unused_result));

/* Readable when frames are there. */
int packet_queue_descriptor(const struct packet_queue *queue);
/* At most `most` frames; they are the caller's now. One with OFFLOAD_MARKED in its ol_flags has marks in its struct packet. */
uint16_t packet_queue_receive(struct packet_queue *queue, struct rte_mbuf **buffers, uint16_t most);
/* Takes the first of `count` frames, as many as there is room for, and says how many; they are not the caller's any more. */
uint16_t packet_queue_send(struct packet_queue *queue, struct rte_mbuf **buffers, uint16_t count);

struct packet_counters {
	uint64_t in_packets; /* a superframe is as many as it stands for */
	uint64_t out_packets;
	uint64_t in_full;    /* the ring or the socket's queue was full */
	uint64_t in_starved; /* no large buffer was free, or none is large enough */
	uint64_t out_lost;   /* the interface did not take it */
};
/* The kernel's part begins anew with each look: it is added up here. */
struct packet_counters packet_queue_counters(struct packet_queue *queue);

#endif
