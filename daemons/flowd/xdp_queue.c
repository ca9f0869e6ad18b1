/*
 * A queue by AF_XDP. See xdp_queue.h.
 *
 * The four rings are shared with the kernel, each with one producer and one consumer. We produce into `fill` and `transmit`
 * and consume `receive` and `complete`: our cursor is kept here and shown to the kernel by a store with release, whose
 * partner is the kernel's load with acquire, and the other way round for the kernel's cursor.
 *
 * Sending: without zero-copy the kernel copies a frame during sendto(2), a few dozen frames a call; the call is repeated while
 * it says so and frames are left.
 */
#include "xdp_queue.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rte_mbuf.h>

enum {
	BURST = 64,
	KICKS = 8,          /* calls of sendto(2) for a burst */
	BIND_TRIES = 100,   /* the kernel gives a queue free a moment after its last socket was closed */
	BIND_PAUSE = 2000000, /* ns */
	MAP_BITS = 64,
};

struct ring {
	_Atomic uint32_t *producer;
	_Atomic uint32_t *consumer;
	_Atomic uint32_t *flags;
	void *entries;
	void *map;
	size_t map_size;
	uint32_t mask;
	uint32_t cursor; /* ours: producer of fill and transmit, consumer of the others */
};

struct xdp_queue {
	struct ring receive;
	struct ring fill;
	struct ring transmit;
	struct ring complete;
	const struct buffers *buffers;
	uint64_t *lent_in;  /* a bit for each chunk: the kernel has it, to receive into, */
	uint64_t *lent_out; /* or to send: two, because two workers may receive and send */
	uint32_t owed;  /* empty buffers that the fill ring is short of */
	int descriptor;
	bool zero_copy;
	_Atomic uint64_t in_packets;
	_Atomic uint64_t out_packets;
	_Atomic uint64_t out_lost;
	_Atomic uint64_t invalid;
};

/* --- making it --------------------------------------------------------------------------------------------------- */

static void *
at(void *map, uint64_t offset)
{
	return (uint8_t *)map + offset;
}

struct ring_plan {
	struct ring *ring;
	int option;
	uint64_t page; /* mmap(2)'s offset */
	size_t entry;
	const struct xdp_ring_offset *offsets;
};

static int
ring_map(const struct xdp_queue *queue, const struct ring_plan *plan, uint32_t length)
{
	struct ring *ring = plan->ring;

	ring->map_size = plan->offsets->desc + length * plan->entry;
	ring->map = mmap(NULL, ring->map_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, queue->descriptor,
	    (off_t)plan->page);
	if (ring->map == MAP_FAILED) {
		ring->map = NULL;
		return errno;
	}
	ring->producer = at(ring->map, plan->offsets->producer);
	ring->consumer = at(ring->map, plan->offsets->consumer);
	ring->flags = at(ring->map, plan->offsets->flags);
	ring->entries = at(ring->map, plan->offsets->desc);
	ring->mask = length - 1;
	return 0;
}

static int
rings_make(struct xdp_queue *queue, uint32_t length)
{
	struct xdp_mmap_offsets offsets;
	socklen_t size = sizeof(offsets);
	const struct ring_plan plans[] = {
	    {&queue->fill, XDP_UMEM_FILL_RING, XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t), &offsets.fr},
	    {&queue->complete, XDP_UMEM_COMPLETION_RING, XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(uint64_t), &offsets.cr},
	    {&queue->receive, XDP_RX_RING, XDP_PGOFF_RX_RING, sizeof(struct xdp_desc), &offsets.rx},
	    {&queue->transmit, XDP_TX_RING, XDP_PGOFF_TX_RING, sizeof(struct xdp_desc), &offsets.tx},
	};
	int failure = 0;

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (setsockopt(queue->descriptor, SOL_XDP, plans[i].option, &length, sizeof(length)) != 0) {
			return errno;
		}
	}
	if (getsockopt(queue->descriptor, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) != 0) {
		return errno;
	}
	if (size != sizeof(offsets)) {
		return EPROTO; /* a kernel from before need-wakeup */
	}
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]) && failure == 0; i++) {
		failure = ring_map(queue, &plans[i], length);
	}
	return failure;
}

static int
memory_register(const struct xdp_queue *queue)
{
	const struct buffers *buffers = queue->buffers;
	const struct xdp_umem_reg memory = {
	    .addr = (uintptr_t)buffers->area,
	    .len = buffers->area_size,
	    .chunk_size = buffers->chunk,
	    .headroom = buffers->offset - BUFFERS_XDP_HEADROOM,
	};

	return setsockopt(queue->descriptor, SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory)) == 0 ? 0 : errno;
}

static int
bind_queue(struct xdp_queue *queue, const struct xdp_binding *binding)
{
	const struct sockaddr_xdp address = {
	    .sxdp_family = AF_XDP,
	    .sxdp_flags = XDP_USE_NEED_WAKEUP, /* the driver chooses zero-copy where it can */
	    .sxdp_ifindex = binding->netdev,
	    .sxdp_queue_id = binding->queue,
	};
	const struct timespec pause = {.tv_nsec = BIND_PAUSE};
	struct xdp_options options = {.flags = 0};
	socklen_t size = sizeof(options);

	for (int i = 0; bind(queue->descriptor, (const struct sockaddr *)&address, sizeof(address)) != 0; i++) {
		if (errno != EBUSY || i == BIND_TRIES) {
			return errno;
		}
		(void)nanosleep(&pause, NULL);
	}
	if (getsockopt(queue->descriptor, SOL_XDP, XDP_OPTIONS, &options, &size) == 0) {
		queue->zero_copy = (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
	}
	return 0;
}

static enum xdp_queue_step
make(struct xdp_queue *queue, const struct xdp_binding *binding, int *failure)
{
	queue->descriptor = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (queue->descriptor < 0) {
		*failure = errno;
		return XDP_QUEUE_SOCKET;
	}
	*failure = memory_register(queue);
	if (*failure != 0) {
		return XDP_QUEUE_MEMORY;
	}
	*failure = rings_make(queue, binding->ring);
	if (*failure != 0) {
		return XDP_QUEUE_RINGS;
	}
	*failure = bind_queue(queue, binding);
	return *failure != 0 ? XDP_QUEUE_BIND : XDP_QUEUE_MADE;
}

/* --- chunks ------------------------------------------------------------------------------------------------------ */

static uint64_t
chunk_of(const struct xdp_queue *queue, const struct rte_mbuf *buffer)
{
	return (uint64_t)((const uint8_t *)buffer - queue->buffers->area) / queue->buffers->chunk;
}

static void
lend(uint64_t *lent, uint64_t chunk)
{
	assert((lent[chunk / MAP_BITS] & (UINT64_C(1) << (chunk % MAP_BITS))) == 0);
	lent[chunk / MAP_BITS] |= UINT64_C(1) << (chunk % MAP_BITS);
}

static struct rte_mbuf *
buffer_of(const struct xdp_queue *queue, uint64_t chunk)
{
	return at(queue->buffers->area, chunk * queue->buffers->chunk + BUFFERS_OBJECT_HEADER);
}

/* The buffer that the kernel had and gives back by its address in the memory; NULL when it never had it. */
static struct rte_mbuf *
take_back(struct xdp_queue *queue, uint64_t *lent, uint64_t address)
{
	const uint64_t chunk = address / queue->buffers->chunk;
	const uint64_t bit = UINT64_C(1) << (chunk % MAP_BITS);

	if (address >= queue->buffers->area_size || (lent[chunk / MAP_BITS] & bit) == 0) {
		atomic_fetch_add_explicit(&queue->invalid, 1, memory_order_relaxed);
		return NULL;
	}
	lent[chunk / MAP_BITS] &= ~bit;
	return buffer_of(queue, chunk);
}

static void
count(_Atomic uint64_t *counter, uint64_t more)
{
	/* One writer: a plain addition, made visible. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_relaxed);
}

/* Hands the kernel empty buffers, as many as it is short of and the pool has. */
static void
fill(struct xdp_queue *queue)
{
	struct ring *ring = &queue->fill;
	uint64_t *entries = ring->entries;

	while (queue->owed > 0) {
		struct rte_mbuf *buffers[BURST];
		const uint32_t many = queue->owed < BURST ? queue->owed : BURST;

		if (rte_pktmbuf_alloc_bulk(queue->buffers->frames, buffers, many) != 0) {
			return; /* the kernel counts what it has no buffer for; the next round tries again */
		}
		for (uint32_t i = 0; i < many; i++) {
			const uint64_t chunk = chunk_of(queue, buffers[i]);

			lend(queue->lent_in, chunk);
			entries[ring->cursor++ & ring->mask] = chunk * queue->buffers->chunk;
		}
		queue->owed -= many;
		atomic_store_explicit(ring->producer, ring->cursor, memory_order_release);
	}
}

/* --- receiving --------------------------------------------------------------------------------------------------- */

static bool
needs_wakeup(const struct ring *ring)
{
	return (atomic_load_explicit(ring->flags, memory_order_relaxed) & XDP_RING_NEED_WAKEUP) != 0;
}

uint16_t
xdp_queue_receive(struct xdp_queue *queue, struct rte_mbuf **buffers, uint16_t most)
{
	struct ring *ring = &queue->receive;
	const struct xdp_desc *entries = ring->entries;
	const uint32_t there = atomic_load_explicit(ring->producer, memory_order_acquire) - ring->cursor;
	const uint32_t got = there < most ? there : most;
	uint16_t kept = 0;

	for (uint32_t i = 0; i < got; i++) {
		const struct xdp_desc descriptor = entries[(ring->cursor + i) & ring->mask];
		const uint32_t offset = (uint32_t)(descriptor.addr % queue->buffers->chunk);
		struct rte_mbuf *buffer = take_back(queue, queue->lent_in, descriptor.addr);

		if (buffer == NULL) {
			continue;
		}
		assert(offset + descriptor.len <= queue->buffers->chunk);
		buffer->data_off = (uint16_t)(offset - (queue->buffers->offset - RTE_PKTMBUF_HEADROOM));
		buffer->data_len = (uint16_t)descriptor.len;
		buffer->pkt_len = descriptor.len;
		buffers[kept++] = buffer;
	}
	ring->cursor += got;
	atomic_store_explicit(ring->consumer, ring->cursor, memory_order_release);
	queue->owed += got;
	if (queue->owed > 0) {
		fill(queue);
	}
	if (needs_wakeup(&queue->fill)) {
		(void)recvfrom(queue->descriptor, NULL, 0, MSG_DONTWAIT, NULL, NULL);
	}
	if (kept > 0) {
		count(&queue->in_packets, kept);
	}
	return kept;
}

/* --- sending ----------------------------------------------------------------------------------------------------- */

/* Buffers of frames that are out go back to the pool. */
static void
reap(struct xdp_queue *queue)
{
	struct ring *ring = &queue->complete;
	const uint64_t *entries = ring->entries;
	uint32_t there = atomic_load_explicit(ring->producer, memory_order_acquire) - ring->cursor;

	while (there > 0) {
		struct rte_mbuf *buffers[BURST];
		const uint32_t many = there < BURST ? there : BURST;
		unsigned kept = 0;

		for (uint32_t i = 0; i < many; i++) {
			buffers[kept] = take_back(queue, queue->lent_out, entries[ring->cursor++ & ring->mask]);
			kept += buffers[kept] != NULL ? 1 : 0;
		}
		rte_pktmbuf_free_bulk(buffers, kept);
		there -= many;
	}
	atomic_store_explicit(ring->consumer, ring->cursor, memory_order_release);
}

static bool
in_area(const struct xdp_queue *queue, const struct rte_mbuf *buffer)
{
	return (uintptr_t)buffer - (uintptr_t)queue->buffers->area < queue->buffers->area_size;
}

/* The frame in a buffer of the shared memory: itself, or a copy in its stead; NULL when there is no room for one. */
static struct rte_mbuf *
shared(const struct xdp_queue *queue, struct rte_mbuf *buffer)
{
	struct rte_mbuf *copy;

	if (in_area(queue, buffer)) {
		return buffer;
	}
	copy = rte_pktmbuf_alloc(queue->buffers->frames);
	if (copy != NULL && buffer->data_len <= rte_pktmbuf_tailroom(copy)) {
		memcpy(rte_pktmbuf_mtod(copy, void *), rte_pktmbuf_mtod(buffer, const void *), buffer->data_len);
		copy->data_len = buffer->data_len;
		copy->pkt_len = buffer->data_len;
	} else {
		rte_pktmbuf_free(copy);
		copy = NULL;
	}
	rte_pktmbuf_free(buffer);
	return copy;
}

/* Tells the kernel, until all of the ring is on its way or it does not get on. */
static void
kick(const struct xdp_queue *queue)
{
	const struct ring *ring = &queue->transmit;

	for (int i = 0; i < KICKS && needs_wakeup(ring); i++) {
		if (sendto(queue->descriptor, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY &&
		    errno != ENOBUFS) {
			return;
		}
		if (atomic_load_explicit(ring->consumer, memory_order_acquire) == ring->cursor) {
			return;
		}
	}
}

uint16_t
xdp_queue_send(struct xdp_queue *queue, struct rte_mbuf **buffers, uint16_t many)
{
	struct ring *ring = &queue->transmit;
	struct xdp_desc *entries = ring->entries;
	uint16_t taken = 0;
	uint16_t lost = 0;

	reap(queue);
	const uint32_t room =
	    ring->mask + 1 - (ring->cursor - atomic_load_explicit(ring->consumer, memory_order_acquire));

	while (taken < many && taken < room) {
		struct rte_mbuf *buffer = shared(queue, buffers[taken++]);

		if (buffer == NULL) {
			lost++;
			continue;
		}
		const uint64_t address = (uint64_t)(rte_pktmbuf_mtod(buffer, const uint8_t *) - queue->buffers->area);

		lend(queue->lent_out, chunk_of(queue, buffer));
		entries[ring->cursor++ & ring->mask] = (struct xdp_desc){.addr = address, .len = buffer->data_len};
	}
	atomic_store_explicit(ring->producer, ring->cursor, memory_order_release);
	kick(queue);
	count(&queue->out_packets, (uint64_t)taken - lost);
	if (lost > 0) {
		count(&queue->out_lost, lost);
	}
	return taken;
}

/* --- life -------------------------------------------------------------------------------------------------------- */

enum xdp_queue_step
xdp_queue_create(struct xdp_queue **made, const struct xdp_binding *binding, int *failure)
{
	const size_t words = BUFFERS_FRAMES / MAP_BITS + 1;
	struct xdp_queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL || (queue->lent_in = calloc(2 * words, sizeof(*queue->lent_in))) == NULL) {
		free(queue);
		*failure = ENOMEM;
		return XDP_QUEUE_MEMORY;
	}
	queue->lent_out = queue->lent_in + words;
	queue->buffers = binding->buffers;
	queue->owed = binding->ring;
	const enum xdp_queue_step step = make(queue, binding, failure);

	if (step != XDP_QUEUE_MADE) {
		xdp_queue_destroy(queue);
		return step;
	}
	fill(queue);
	*made = queue;
	return XDP_QUEUE_MADE;
}

static void
ring_unmap(const struct ring *ring)
{
	if (ring->map != NULL) {
		(void)munmap(ring->map, ring->map_size);
	}
}

void
xdp_queue_destroy(struct xdp_queue *queue)
{
	/* When close(2) comes back the kernel neither writes nor reads any of our memory for this socket. */
	if (queue->descriptor >= 0) {
		(void)close(queue->descriptor);
	}
	ring_unmap(&queue->receive);
	ring_unmap(&queue->fill);
	ring_unmap(&queue->transmit);
	ring_unmap(&queue->complete);
	for (uint64_t chunk = 0; chunk < BUFFERS_FRAMES; chunk++) {
		const uint64_t lent = queue->lent_in[chunk / MAP_BITS] | queue->lent_out[chunk / MAP_BITS];

		if ((lent & (UINT64_C(1) << (chunk % MAP_BITS))) != 0) {
			rte_pktmbuf_free(buffer_of(queue, chunk));
		}
	}
	free(queue->lent_in);
	free(queue);
}

int
xdp_queue_descriptor(const struct xdp_queue *queue)
{
	return queue->descriptor;
}

bool
xdp_queue_zero_copy(const struct xdp_queue *queue)
{
	return queue->zero_copy;
}

struct xdp_counters
xdp_queue_counters(const struct xdp_queue *queue)
{
	struct xdp_statistics statistics = {.rx_dropped = 0};
	socklen_t size = sizeof(statistics);

	(void)getsockopt(queue->descriptor, SOL_XDP, XDP_STATISTICS, &statistics, &size);
	return (struct xdp_counters){
	    .in_packets = atomic_load_explicit(&queue->in_packets, memory_order_relaxed),
	    .out_packets = atomic_load_explicit(&queue->out_packets, memory_order_relaxed),
	    .out_lost = atomic_load_explicit(&queue->out_lost, memory_order_relaxed),
	    .in_large = statistics.rx_dropped,
	    .in_full = statistics.rx_ring_full,
	    .in_starved = statistics.rx_fill_ring_empty_descs,
	    .invalid = statistics.rx_invalid_descs + statistics.tx_invalid_descs +
	        atomic_load_explicit(&queue->invalid, memory_order_relaxed),
	};
}
