/*
 * The inside of a queue by AF_PACKET, shared by packet_queue.c (its life, receiving, counters) and packet_send.c.
 */
#ifndef FLOWD_PACKET_QUEUE_PRIVATE_H
#define FLOWD_PACKET_QUEUE_PRIVATE_H

#include <linux/if_packet.h>
#include <net/if.h>
#include <stdatomic.h>

#include "packet_queue.h"

enum {
	PACKET_SEGMENTS_OCTETS = 131072, /* of segments of one superframe that is cut, with their headers, as many as go at a time */
};

/* Slots shared with the kernel. Of each the status says whose it is; whoever has it writes it with release. */
struct packet_ring {
	uint8_t *slots;
	uint32_t next; /* ours */
};

struct packet_queue {
	const struct buffers *buffers;
	struct packet_ring receive;  /* whoever receives */
	struct packet_ring transmit; /* whoever sends, with the next four */
	uint8_t *segments;
	bool cuts;      /* the interface takes no superframes of TCP */
	uint32_t cut;   /* superframes, since it was asked last */
	uint32_t unsent; /* slots back to where the first frame may be that was not sent yet; 0: all were */
	size_t rings_size;
	uint32_t slot;  /* octets */
	uint32_t slots; /* of each ring */
	unsigned netdev;
	int descriptor;
	int sender; /* a second socket: whatever the first one sends goes by its ring */
	char name[IF_NAMESIZE];
	uint64_t dropped; /* the control thread's: what the kernel said in all */
	_Atomic uint64_t in_packets;
	_Atomic uint64_t in_cut;
	_Atomic uint64_t in_starved;
	_Atomic uint64_t out_packets;
	_Atomic uint64_t out_lost;
};

/* Does the interface take superframes? */
bool packet_queue_takes_superframes(const struct packet_queue *queue);

static inline void
packet_count(_Atomic uint64_t *counter, uint64_t more)
{
	/* One writer: a plain addition, made visible. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_relaxed);
}

/* => ahead <= queue->slots */
static inline struct tpacket2_hdr *
packet_slot_at(const struct packet_queue *queue, const struct packet_ring *ring, uint32_t ahead)
{
	uint32_t index = ring->next + ahead;

	index -= index >= queue->slots ? queue->slots : 0;
	return (struct tpacket2_hdr *)(void *)(ring->slots + (size_t)index * queue->slot);
}

static inline uint32_t
packet_slot_status(struct tpacket2_hdr *slot)
{
	return atomic_load_explicit((_Atomic uint32_t *)&slot->tp_status, memory_order_acquire);
}

/* The next slot is the kernel's. */
static inline void
packet_slot_give(const struct packet_queue *queue, struct packet_ring *ring, uint32_t status)
{
	struct tpacket2_hdr *slot = packet_slot_at(queue, ring, 0);

	atomic_store_explicit((_Atomic uint32_t *)&slot->tp_status, status, memory_order_release);
	ring->next = ring->next + 1 == queue->slots ? 0 : ring->next + 1;
}

#endif
