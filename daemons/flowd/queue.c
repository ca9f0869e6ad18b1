/*
 * A queue of a port. See queue.h.
 */
#include "queue.h"

#include <rte_ethdev.h>

#include "packet_queue.h"
#include "xdp_queue.h"

uint16_t
queue_receive(const struct queue *queue, struct rte_mbuf **buffers, uint16_t most)
{
	if (queue->packet != NULL) {
		return packet_queue_receive(queue->packet, buffers, most);
	}
	return queue->xdp != NULL ? xdp_queue_receive(queue->xdp, buffers, most) :
	                            rte_eth_rx_burst(queue->device, queue->number, buffers, most);
}

uint16_t
queue_send(const struct queue *queue, struct rte_mbuf **buffers, uint16_t count)
{
	if (queue->packet != NULL) {
		return packet_queue_send(queue->packet, buffers, count);
	}
	return queue->xdp != NULL ? xdp_queue_send(queue->xdp, buffers, count) :
	                            rte_eth_tx_burst(queue->device, queue->number, buffers, count);
}
