/*
 * A queue of a port, as a worker uses it: by AF_PACKET, by AF_XDP, or of a DPDK device. Two branches a burst.
 *
 * Threads: one worker receives by a queue, and one sends (or several, one after the other).
 */
#ifndef FLOWD_QUEUE_H
#define FLOWD_QUEUE_H

#include <stdint.h>

struct packet_queue;
struct rte_mbuf;
struct xdp_queue;

enum {
	QUEUES_MOST = 16, /* of one port */
};

struct queue {
	struct packet_queue *packet;
	struct xdp_queue *xdp; /* both NULL: a DPDK device */
	uint16_t device;       /* DPDK's number, */
	uint16_t number;       /* and that of its queue */
	int descriptor;        /* readable when frames are there; -1: it has to be polled */
};

/* At most `most` frames; they are the caller's now. */
uint16_t queue_receive(const struct queue *queue, struct rte_mbuf **buffers, uint16_t most);
/* Takes the first of `count` frames, and says how many. */
uint16_t queue_send(const struct queue *queue, struct rte_mbuf **buffers, uint16_t count);

#endif
