/*
 * A worker's packets: from ports and TUNs into the engine, and out again where it says. See worker.h.
 *
 * A struct packet lies in its buffer's private area. All of this runs in the worker's thread.
 */
#include <unistd.h>

#include <rte_mbuf.h>

#include "offload.h"
#include "wire/segment.h"
#include "worker_private.h"

enum {
	HOST_BURST = 16, /* packets from one TUN in a round */
	TRANSMIT_TRIES = 16,
	LINK = 22, /* octets of a frame that are not its IP packet: Ethernet's header and two tags */
};

static void
count(_Atomic uint64_t *counter, uint64_t more)
{
	/* One writer: a plain addition, made visible. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_relaxed);
}

static struct packet *
packet_of(struct rte_mbuf *buffer)
{
	return rte_mbuf_to_priv(buffer);
}

static void
packet_describe(struct rte_mbuf *buffer, struct packet *packet)
{
	packet->data = rte_pktmbuf_mtod(buffer, uint8_t *);
	packet->handle = buffer;
	packet->length = rte_pktmbuf_pkt_len(buffer);
	packet->headroom = rte_pktmbuf_headroom(buffer);
	packet->tailroom = rte_pktmbuf_tailroom(buffer);
	packet->port = 0;
	packet->instance = 0;
	/* A queue that has read marks has put them there. */
	if ((buffer->ol_flags & OFFLOAD_MARKED) == 0) {
		packet->flags = 0;
		packet->segment_size = 0;
		packet->segments_more = 0;
	}
}

struct packet *
worker_take_packet(void *context)
{
	struct worker *worker = context;
	struct rte_mbuf *buffer = rte_pktmbuf_alloc(worker->pool);

	if (buffer == NULL) {
		return NULL;
	}
	struct packet *packet = packet_of(buffer);

	packet_describe(buffer, packet);
	return packet;
}

struct packet *
worker_take_large(void *context)
{
	struct worker *worker = context;
	struct rte_mbuf *buffer = rte_pktmbuf_alloc(worker->large);

	if (buffer == NULL) {
		return NULL;
	}
	struct packet *packet = packet_of(buffer);

	/* All of it: a datagram may be as large as a buffer can be. */
	buffer->data_off = 0;
	packet_describe(buffer, packet);
	return packet;
}

/* By a queue of our own, or by one that we share with other workers. */
static uint16_t
send_burst(struct worker *worker, unsigned index, struct rte_mbuf **packets, uint16_t count)
{
	const struct worker_port *port = &worker->ports[index];
	const uint16_t number = worker->number % port->queue_count;
	rte_spinlock_t *lock = &worker->all->transmit_locks[index][number];

	if (port->queue_count >= worker->all->count) {
		return queue_send(&port->queues[worker->number], packets, count);
	}
	rte_spinlock_lock(lock);
	const uint16_t sent = queue_send(&port->queues[number], packets, count);

	rte_spinlock_unlock(lock);
	return sent;
}

/* Copies of a port's frames for those who watch it. */
static void
watch_frames(const struct worker *worker, unsigned index, struct rte_mbuf *const *buffers, uint16_t count, bool outward)
{
	for (unsigned i = 0; i < worker->tap_count; i++) {
		for (uint16_t k = 0; tap_port(worker->taps[i]) == index && k < count; k++) {
			const struct tap_frame frame = {
			    .length = rte_pktmbuf_data_len(buffers[k]),
			    .outward = outward,
			    .octets = rte_pktmbuf_mtod(buffers[k], const uint8_t *),
			};

			tap_put(worker->taps[i], worker->number, &frame);
		}
	}
}

void
worker_flush(struct worker *worker, unsigned index)
{
	struct transmit *transmit = &worker->transmit[index];
	uint16_t sent = 0;

	if (worker->tap_count > 0) {
		watch_frames(worker, index, transmit->packets, transmit->count, true);
	}
	for (unsigned i = 0; worker->ports[index].open && i < TRANSMIT_TRIES && sent < transmit->count; i++) {
		sent = (uint16_t)(sent + send_burst(worker, index, transmit->packets + sent, (uint16_t)(transmit->count - sent)));
	}
	if (sent < transmit->count) {
		count(&worker->lost_transmit, (uint64_t)transmit->count - sent);
		rte_pktmbuf_free_bulk(transmit->packets + sent, (unsigned)(transmit->count - sent));
	}
	transmit->count = 0;
}

static void
transmit_all(struct worker *worker)
{
	for (unsigned i = 0; i < CHASSIS_PORTS; i++) {
		if (worker->transmit[i].count > 0) {
			worker_flush(worker, i);
		}
	}
}

static void
put_frame(struct worker *worker, uint16_t port, struct rte_mbuf *buffer)
{
	struct transmit *transmit = &worker->transmit[port];

	transmit->packets[transmit->count++] = buffer;
	if (transmit->count == ENGINE_BURST) {
		worker_flush(worker, port);
	}
}

/* Segment `number` of a packet in a buffer of its own; NULL, and counted, when there is none that holds it. */
static struct rte_mbuf *
cut_segment(struct worker *worker, const struct packet *packet, const struct segment_layout *layout, uint32_t number)
{
	struct rte_mbuf *buffer = rte_pktmbuf_alloc(worker->pool);

	if (buffer != NULL && (uint32_t)layout->payload + packet->segment_size <= rte_pktmbuf_tailroom(buffer)) {
		const uint32_t length =
		    segment_build(layout, packet->data, packet->segment_size, number, rte_pktmbuf_mtod(buffer, uint8_t *));

		packet_describe(buffer, packet_of(buffer));
		packet_of(buffer)->length = length;
		buffer->data_len = (uint16_t)length;
		buffer->pkt_len = length;
		return buffer;
	}
	rte_pktmbuf_free(buffer);
	return NULL;
}

/* To a port that takes whole frames alone: does what the sender left undone. False: what was a superframe has left in pieces. */
static bool
finish_packet(struct worker *worker, struct packet *packet)
{
	struct segment_layout layout;
	const bool known = segment_layout_of_frame(&layout, packet->data, packet->length);

	if (!known || packet->segment_size == 0) {
		if (known) {
			segment_complete_checksum(&layout, packet->data);
		}
		return true;
	}
	const uint32_t segments = segment_count(&layout, packet->segment_size);

	for (uint32_t i = 0; i < segments; i++) {
		struct rte_mbuf *buffer = cut_segment(worker, packet, &layout, i);

		if (buffer == NULL) {
			count(&worker->lost_transmit, 1);
		} else {
			put_frame(worker, packet->port, buffer);
		}
	}
	return false;
}

static void
send_packet(struct worker *worker, struct packet *packet)
{
	struct rte_mbuf *buffer = packet->handle;

	if (packet->port >= CHASSIS_PORTS ||
	    (offload_marked(packet) && !worker->ports[packet->port].takes_marks && !finish_packet(worker, packet))) {
		rte_pktmbuf_free(buffer);
		return;
	}

	/* The engine moved the data's bounds within the buffer. */
	buffer->data_off = (uint16_t)(packet->data - (uint8_t *)buffer->buf_addr);
	buffer->data_len = (uint16_t)packet->length;
	buffer->pkt_len = packet->length;
	buffer->ol_flags = 0;
	put_frame(worker, packet->port, buffer);
}

static void
write_to_host(struct worker *worker, uint16_t instance, const uint8_t *data, uint32_t length)
{
	const int descriptor = instance < HOST_INSTANCES ? worker->hosts[instance] : -1;

	if (descriptor < 0 || write(descriptor, data, length) != (ssize_t)length) {
		count(&worker->lost_host, 1);
	}
}

/* The host's own stack gets whole packets: there are few, and a TUN that knew of marks would want them with all others too. */
static void
give_to_host(struct worker *worker, const struct packet *packet)
{
	struct segment_layout layout;

	if (!offload_marked(packet) || !segment_layout_of(&layout, packet->data, packet->length, 0)) {
		write_to_host(worker, packet->instance, packet->data, packet->length);
		return;
	}
	if (packet->segment_size == 0) {
		segment_complete_checksum(&layout, packet->data);
		write_to_host(worker, packet->instance, packet->data, packet->length);
		return;
	}
	const uint32_t segments = segment_count(&layout, packet->segment_size);

	for (uint32_t i = 0; i < segments; i++) {
		struct rte_mbuf *buffer = cut_segment(worker, packet, &layout, i);

		if (buffer == NULL) {
			count(&worker->lost_host, 1);
			continue;
		}
		write_to_host(worker, packet->instance, rte_pktmbuf_mtod(buffer, const uint8_t *), rte_pktmbuf_pkt_len(buffer));
		rte_pktmbuf_free(buffer);
	}
}

static void
drain_outputs(struct worker *worker)
{
	struct engine_output outputs[ENGINE_BURST];
	uint32_t got;

	while ((got = engine_take_output(worker->engine, outputs, ENGINE_BURST)) > 0) {
		for (uint32_t i = 0; i < got; i++) {
			struct packet *packet = outputs[i].packet;

			switch ((enum engine_verb)outputs[i].verb) {
			case ENGINE_SEND:
				send_packet(worker, packet);
				break;
			case ENGINE_HOST:
				give_to_host(worker, packet);
				rte_pktmbuf_free(packet->handle);
				break;
			case ENGINE_FREE:
				rte_pktmbuf_free(packet->handle);
				break;
			case ENGINE_HANDOFF:
				worker_hand(worker, outputs[i].worker, packet);
				break;
			}
		}
	}
}

static void
drain_events(struct worker *worker)
{
	struct event event;

	/* What nobody wants to read must not take the place of what somebody does. */
	while (engine_take_event(worker->engine, &event)) {
		if (event.logged != 0) {
			event_ring_write(worker->events, &event);
		}
	}
	event_ring_publish(worker->events);
}

void
worker_drain(struct worker *worker)
{
	const bool several = worker->all->count > 1;

	if (several) {
		worker_say(worker);
	}
	drain_outputs(worker);
	if (several) {
		worker_hand_all(worker);
	}
	transmit_all(worker);
	drain_events(worker);
}

void
worker_process(struct worker *worker, struct packet *const *packets, uint32_t burst)
{
	if (worker->all->count > 1) {
		worker_hear(worker);
	}
	engine_process(worker->engine, worker->now, packets, burst);
	count(&worker->processed, burst);
	worker_drain(worker);
}

static bool
receive_queue(struct worker *worker, unsigned index, const struct queue *queue)
{
	struct rte_mbuf *buffers[ENGINE_BURST];
	struct packet *packets[ENGINE_BURST];
	const uint16_t got = queue_receive(queue, buffers, ENGINE_BURST);
	const uint32_t most = worker->ports[index].bounds_frames ? worker->ports[index].mtu + LINK : UINT32_MAX;
	uint32_t kept = 0;

	if (worker->tap_count > 0) {
		watch_frames(worker, index, buffers, got, false);
	}
	for (uint16_t i = 0; i < got; i++) {
		if (buffers[i]->nb_segs > 1 && rte_pktmbuf_linearize(buffers[i]) != 0) {
			rte_pktmbuf_free(buffers[i]);
			continue;
		}
		struct packet *packet = packet_of(buffers[i]);

		packet_describe(buffers[i], packet);
		packet->port = (uint16_t)index;
		if (packet->length > most && packet->segment_size == 0) {
			packet->flags |= PACKET_SUPERFRAME;
		}
		packets[kept++] = packet;
	}
	if (worker->all->count > 1) {
		worker_part(worker, packets, kept);
	} else if (kept > 0) {
		worker_process(worker, packets, kept);
	}
	return got > 0;
}

bool
worker_receive_port(struct worker *worker, unsigned index)
{
	const struct worker_port *port = &worker->ports[index];
	bool busy = false;

	for (unsigned i = worker->number; i < port->queue_count; i += worker->all->count) {
		busy |= receive_queue(worker, index, &port->queues[i]);
	}
	return busy;
}

/* An IP packet of our own host, with room for an Ethernet header before it. */
static struct packet *
read_host(struct worker *worker, uint16_t instance)
{
	struct rte_mbuf *buffer = rte_pktmbuf_alloc(worker->pool);

	if (buffer == NULL) {
		return NULL;
	}
	const ssize_t length =
	    read(worker->hosts[instance], rte_pktmbuf_mtod(buffer, void *), rte_pktmbuf_tailroom(buffer));

	if (length <= 0) {
		rte_pktmbuf_free(buffer);
		return NULL;
	}
	buffer->data_len = (uint16_t)length;
	buffer->pkt_len = (uint32_t)length;
	struct packet *packet = packet_of(buffer);

	packet_describe(buffer, packet);
	packet->instance = instance;
	packet->flags = PACKET_FROM_HOST;
	return packet;
}

bool
worker_receive_host(struct worker *worker, uint16_t instance)
{
	struct packet *packets[HOST_BURST];
	uint32_t got = 0;

	while (got < HOST_BURST && (packets[got] = read_host(worker, instance)) != NULL) {
		got++;
	}
	if (got > 0) {
		worker_process(worker, packets, got);
	}
	return got > 0;
}
