/*
 * Sending by AF_PACKET. See packet_queue.h.
 *
 * Usual frames are copied into the slots of a ring, and the kernel is told once a burst. It copies them in turn (hdr_len says all of
 * it), so that a slot is ours again as soon as its frame is out. What fits into no slot, as superframes do not, is sent from its
 * buffer by a call of its own, of a socket without a ring, after what was before it.
 *
 * The kernel stops at a frame that the interface does not take, and would begin with it the next time: it is made one of a length
 * that cannot be, which PACKET_LOSS has it pass over, and is counted.
 */
#include "packet_queue_private.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <rte_mbuf.h>

#include "offload.h"
#include "wire/segment.h"

enum {
	BURST = 64,
	KICKS = 16,       /* tries for a burst of which frames are refused */
	ASK_AFTER = 4096, /* superframes: an interface that takes none is asked again */
	IMPOSSIBLE = 0x7fffffff, /* a frame's length */
};

/* Where a frame begins in its slot, behind the kernel's header of offloads. */
enum { DATA_AT = sizeof(struct tpacket2_hdr) + sizeof(struct virtio_net_hdr) };
_Static_assert(sizeof(struct tpacket2_hdr) % TPACKET_ALIGNMENT == 0, "the kernel's header ends where it is rounded to");

/* --- the ring ---------------------------------------------------------------------------------------------------- */

/* The first frame of those that the kernel was told of and did not send, or NULL. */
static struct tpacket2_hdr *
refused_slot(const struct packet_queue *queue)
{
	for (uint32_t back = queue->unsent; back > 0; back--) {
		struct tpacket2_hdr *slot = packet_slot_at(queue, &queue->transmit, queue->slots - back);

		if ((packet_slot_status(slot) & TP_STATUS_SEND_REQUEST) != 0) {
			return slot;
		}
	}
	return NULL;
}

/* Is the last frame of the ring still to be sent? The kernel sends them in their order, and says success of a part. */
static bool
some_wait(const struct packet_queue *queue)
{
	return (packet_slot_status(packet_slot_at(queue, &queue->transmit, queue->slots - 1)) & TP_STATUS_SEND_REQUEST) != 0;
}

/* Tells the kernel of what is in the ring. What is still there afterwards goes with the next burst. */
static void
kick(struct packet_queue *queue)
{
	uint64_t lost = 0;

	for (int i = 0; queue->unsent > 0 && i < KICKS; i++) {
		struct tpacket2_hdr *slot;

		if (sendto(queue->descriptor, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0) {
			queue->unsent = some_wait(queue) ? queue->unsent : 0;
		} else if (errno != EAGAIN && errno != EINTR && (slot = refused_slot(queue)) != NULL) {
			slot->tp_len = IMPOSSIBLE;
			lost++;
		}
	}
	if (lost > 0) {
		packet_count(&queue->out_lost, lost);
		atomic_store_explicit(&queue->out_packets,
		    atomic_load_explicit(&queue->out_packets, memory_order_relaxed) - lost, memory_order_relaxed);
	}
}

/* Puts a frame into the ring; false: it is full. => it fits into a slot */
static bool
put(struct packet_queue *queue, struct virtio_net_hdr *header, const uint8_t *frame, uint32_t length)
{
	struct tpacket2_hdr *slot = packet_slot_at(queue, &queue->transmit, 0);
	uint8_t *to = (uint8_t *)slot + DATA_AT;

	if (packet_slot_status(slot) != TP_STATUS_AVAILABLE) {
		return false;
	}
	header->hdr_len = (uint16_t)length;
	memcpy(to - sizeof(*header), header, sizeof(*header));
	memcpy(to, frame, length);
	slot->tp_len = length + (uint32_t)sizeof(*header);
	packet_slot_give(queue, &queue->transmit, TP_STATUS_SEND_REQUEST);
	queue->unsent += queue->unsent < queue->slots ? 1U : 0U;
	return true;
}

/* --- frames that fit into no slot -------------------------------------------------------------------------------- */

/* 0 or an errno. */
static int
send_alone(const struct packet_queue *queue, struct virtio_net_hdr *header, uint8_t *frame, uint32_t length)
{
	struct iovec pieces[2] = {
	    {.iov_base = header, .iov_len = sizeof(*header)}, {.iov_base = frame, .iov_len = length}};
	const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};

	return sendmsg(queue->sender, &message, MSG_DONTWAIT) < 0 ? errno : 0;
}

struct batch {
	struct mmsghdr messages[BURST];
	struct iovec pieces[BURST][2];
	struct virtio_net_hdr plain;
	unsigned count;
};

static void
batch_add(struct batch *batch, uint8_t *frame, uint32_t length)
{
	const unsigned i = batch->count++;

	assert(i < BURST);
	batch->pieces[i][0] = (struct iovec){.iov_base = &batch->plain, .iov_len = sizeof(batch->plain)};
	batch->pieces[i][1] = (struct iovec){.iov_base = frame, .iov_len = length};
	batch->messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = batch->pieces[i], .msg_iovlen = 2}};
}

/* All of them, each tried once; says how many went. */
static unsigned
batch_send(const struct packet_queue *queue, struct batch *batch)
{
	unsigned sent = 0;

	for (unsigned at = 0; at < batch->count;) {
		const int now = sendmmsg(queue->sender, batch->messages + at, batch->count - at, MSG_DONTWAIT);

		sent += now > 0 ? (unsigned)now : 0;
		at += now > 0 ? (unsigned)now : 1;
	}
	batch->count = 0;
	return sent;
}

/* Cuts a superframe and sends the segments. */
static void
send_segments(struct packet_queue *queue, const struct packet *packet)
{
	struct segment_layout layout;
	struct batch batch;
	uint32_t segments = 0;
	uint32_t sent = 0;
	size_t used = 0;

	batch.count = 0;
	memset(&batch.plain, 0, sizeof(batch.plain));
	if (segment_layout_of_frame(&layout, packet->data, packet->length)) {
		segments = segment_count(&layout, packet->segment_size);
	}
	for (uint32_t i = 0; i < segments; i++) {
		if (batch.count == BURST || used + layout.payload + packet->segment_size > PACKET_SEGMENTS_OCTETS) {
			sent += batch_send(queue, &batch);
			used = 0;
		}
		const uint32_t length = segment_build(&layout, packet->data, packet->segment_size, i, queue->segments + used);

		batch_add(&batch, queue->segments + used, length);
		used += length;
	}
	sent += batch_send(queue, &batch);
	packet_count(&queue->out_packets, sent);
	packet_count(&queue->out_lost, 1U + packet->segments_more - sent);
}

/* Has a superframe to be cut, as far as we know? */
static bool
has_to_be_cut(struct packet_queue *queue)
{
	if (queue->cuts && ++queue->cut >= ASK_AFTER) {
		queue->cut = 0;
		queue->cuts = !packet_queue_takes_superframes(queue);
	}
	return queue->cuts;
}

/* A superframe was refused. Was it for being one? */
static bool
refused_whole(struct packet_queue *queue, const struct virtio_net_hdr *header, int failure)
{
	if (header->gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		return false;
	}
	if (header->gso_type == OFFLOAD_UDP_SEGMENT) {
		return failure == EINVAL || failure == ENOBUFS; /* an older kernel, or a card that has only TCP's */
	}
	queue->cuts = !packet_queue_takes_superframes(queue);
	return queue->cuts;
}

static void
send_large(struct packet_queue *queue, struct packet *packet, struct virtio_net_hdr *header)
{
	const bool superframe = header->gso_type != VIRTIO_NET_HDR_GSO_NONE;
	const uint32_t packets = 1U + packet->segments_more;
	int failure;

	kick(queue);
	if (superframe && has_to_be_cut(queue)) {
		send_segments(queue, packet);
		return;
	}
	failure = send_alone(queue, header, packet->data, packet->length);
	if (failure == 0) {
		packet_count(&queue->out_packets, packets);
	} else if (refused_whole(queue, header, failure)) {
		send_segments(queue, packet);
	} else {
		packet_count(&queue->out_lost, packets);
	}
}

/* ----------------------------------------------------------------------------------------------------------------- */

uint16_t
packet_queue_send(struct packet_queue *queue, struct rte_mbuf **buffers, uint16_t number)
{
	uint64_t usual = 0;
	uint16_t done = 0;

	for (; done < number; done++) {
		struct packet *packet = rte_mbuf_to_priv(buffers[done]);
		struct virtio_net_hdr header;

		offload_write(packet, &header);
		if (header.gso_type != VIRTIO_NET_HDR_GSO_NONE || (uint32_t)DATA_AT + packet->length > queue->slot) {
			send_large(queue, packet, &header);
		} else if (put(queue, &header, packet->data, packet->length)) {
			usual++;
		} else {
			break;
		}
	}
	packet_count(&queue->out_packets, usual);
	kick(queue);
	rte_pktmbuf_free_bulk(buffers, done);
	return done;
}
