/*
 * A queue by AF_PACKET. See packet_queue.h.
 */
#include "packet_queue_private.h"

#include <assert.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "offload.h"
#include "queue.h"
#include "wire/bytes.h"
#include "wire/ethernet.h"

enum {
	BLOCK_SLOTS = 32,     /* whole pages, see buffers.c */
	BURST = 64,
	LARGE_BURST = 8,      /* superframes of a burst: half a megabyte, which a processor's own cache holds until they are out */
	LARGE_HEADROOM = 64,  /* octets before a superframe in its buffer */
	READS_MOST = 8,       /* for one superframe */
	ADDRESSES = 2 * ETHERNET_ADDRESS,
	SOCKET_OCTETS = 33554432, /* superframes that may wait each way, with what the kernel adds */
};

/* --- making it --------------------------------------------------------------------------------------------------- */

/* Asked by its socket, which is in its namespace. */
bool
packet_queue_takes_superframes(const struct packet_queue *queue)
{
	struct ethtool_value what = {.cmd = ETHTOOL_GTSO};
	struct ifreq request = {.ifr_flags = 0};

	(void)stpcpy(request.ifr_name, queue->name);
	request.ifr_data = (void *)&what;
	return ioctl(queue->descriptor, SIOCETHTOOL, &request) == 0 && what.data != 0;
}

/* The ring that frames come in by, and behind it that which they leave by. */
static int
rings_make(struct packet_queue *queue, const struct packet_binding *binding)
{
	const uint32_t block = queue->slot * BLOCK_SLOTS;
	const uint32_t blocks = binding->octets / block > 0 ? binding->octets / block : 1;
	const struct tpacket_req request = {
	    .tp_block_size = block,
	    .tp_block_nr = blocks,
	    .tp_frame_size = queue->slot,
	    .tp_frame_nr = blocks * BLOCK_SLOTS,
	};

	if (setsockopt(queue->descriptor, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) != 0 ||
	    setsockopt(queue->descriptor, SOL_PACKET, PACKET_TX_RING, &request, sizeof(request)) != 0) {
		return errno;
	}
	queue->slots = request.tp_frame_nr;
	queue->rings_size = 2 * (size_t)block * blocks;
	queue->receive.slots = mmap(NULL, queue->rings_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, queue->descriptor, 0);
	if (queue->receive.slots == MAP_FAILED) {
		queue->receive.slots = NULL;
		return errno;
	}
	queue->transmit.slots = queue->receive.slots + (size_t)block * blocks;
	return 0;
}

/* It receives nothing. */
static int
sender_make(struct packet_queue *queue, const struct packet_binding *binding)
{
	static const int on = 1;
	static const int octets = SOCKET_OCTETS;
	const struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)binding->netdev};

	queue->sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	return queue->sender >= 0 &&
	        setsockopt(queue->sender, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) == 0 &&
	        setsockopt(queue->sender, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) == 0 &&
	        setsockopt(queue->sender, SOL_SOCKET, SO_SNDBUFFORCE, &octets, sizeof(octets)) == 0 &&
	        bind(queue->sender, (const struct sockaddr *)&address, sizeof(address)) == 0 ?
	    0 : errno;
}

/* All options before it is bound: no frame comes in any other way. */
static int
make(struct packet_queue *queue, const struct packet_binding *binding)
{
	static const int version = TPACKET_V2;
	static const int on = 1;
	static const int octets = SOCKET_OCTETS;
	const struct packet_mreq membership = {.mr_ifindex = (int)binding->netdev, .mr_type = PACKET_MR_PROMISC};
	const struct sockaddr_ll address = {
	    .sll_family = AF_PACKET, .sll_protocol = htobe16(ETH_P_ALL), .sll_ifindex = (int)binding->netdev};
	const struct {
		int level;
		int name;
		const void *value;
		socklen_t size;
	} options[] = {
	    {SOL_PACKET, PACKET_VERSION, &version, sizeof(version)},
	    {SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)},
	    {SOL_PACKET, PACKET_COPY_THRESH, &on, sizeof(on)},
	    {SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)},
	    {SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)},
	    {SOL_PACKET, PACKET_LOSS, &on, sizeof(on)}, /* see packet_send.c */
	    {SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets)},
	    {SOL_SOCKET, SO_SNDBUFFORCE, &octets, sizeof(octets)},
	};

	queue->descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (queue->descriptor < 0) {
		return errno;
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (setsockopt(queue->descriptor, options[i].level, options[i].name, options[i].value, options[i].size) != 0) {
			return errno;
		}
	}
	const int failure = rings_make(queue, binding);

	if (failure != 0) {
		return failure;
	}
	if (bind(queue->descriptor, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    setsockopt(queue->descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership)) != 0) {
		return errno;
	}
	queue->cuts = !packet_queue_takes_superframes(queue);
	return sender_make(queue, binding);
}

struct packet_queue *
packet_queue_create(const struct packet_binding *binding, int *failure)
{
	struct packet_queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL || (queue->segments = malloc(PACKET_SEGMENTS_OCTETS)) == NULL) {
		free(queue);
		*failure = ENOMEM;
		return NULL;
	}
	assert(strlen(binding->name) < IF_NAMESIZE);
	queue->buffers = binding->buffers;
	queue->descriptor = -1;
	queue->sender = -1;
	queue->slot = binding->buffers->ring_frame;
	queue->netdev = binding->netdev;
	(void)stpcpy(queue->name, binding->name);
	*failure = make(queue, binding);
	if (*failure != 0) {
		packet_queue_destroy(queue);
		return NULL;
	}
	return queue;
}

void
packet_queue_destroy(struct packet_queue *queue)
{
	if (queue->receive.slots != NULL) {
		(void)munmap(queue->receive.slots, queue->rings_size);
	}
	if (queue->descriptor >= 0) {
		(void)close(queue->descriptor);
	}
	if (queue->sender >= 0) {
		(void)close(queue->sender);
	}
	free(queue->segments);
	free(queue);
}

/* What came before the group was whole came by several queues. */
static void
discard(struct packet_queue *queue)
{
	struct rte_mbuf *buffers[BURST];
	uint32_t seen = 0;
	uint16_t got;

	while (seen < queue->slots && (got = packet_queue_receive(queue, buffers, BURST)) > 0) {
		rte_pktmbuf_free_bulk(buffers, got);
		seen += got;
	}
	atomic_store_explicit(&queue->in_packets, 0, memory_order_relaxed);
}

int
packet_queues_spread(struct packet_queue *const *queues, unsigned number)
{
	uint32_t group = (uint32_t)(PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_UNIQUEID) << 16;
	socklen_t size = sizeof(group);

	for (unsigned i = 0; number > 1 && i < number; i++) {
		if (setsockopt(queues[i]->descriptor, SOL_PACKET, PACKET_FANOUT, &group, sizeof(group)) != 0 ||
		    (i == 0 && getsockopt(queues[i]->descriptor, SOL_PACKET, PACKET_FANOUT, &group, &size) != 0)) {
			return errno;
		}
		/* The kernel chose its number; the others join it. */
		group = (group & UINT16_MAX) | (uint32_t)PACKET_FANOUT_HASH << 16;
	}
	for (unsigned i = 0; number > 1 && i < number; i++) {
		discard(queues[i]);
	}
	return 0;
}

/* --- receiving --------------------------------------------------------------------------------------------------- */

/* Octets that the tag takes which the kernel took off. */
static uint16_t
tag_room(const struct tpacket2_hdr *slot)
{
	return (slot->tp_status & TP_STATUS_VLAN_VALID) != 0 ? ETHERNET_TAG : 0;
}

static void
put_tag(const struct tpacket2_hdr *slot, uint8_t *frame)
{
	const bool named = (slot->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;

	bytes_store_16(frame + ADDRESSES, named ? slot->tp_vlan_tpid : ETHERNET_TYPE_VLAN);
	bytes_store_16(frame + ADDRESSES + 2, slot->tp_vlan_tci);
}

/* The frame is in the buffer: its length, and what the kernel says of it. */
static void
describe(struct rte_mbuf *buffer, uint32_t length, const struct virtio_net_hdr *header, uint16_t moved)
{
	struct packet *packet = rte_mbuf_to_priv(buffer);

	buffer->data_len = (uint16_t)length;
	buffer->pkt_len = length;
	if (header->flags != 0 || header->gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		packet->data = rte_pktmbuf_mtod(buffer, uint8_t *);
		packet->length = length;
		offload_read(header, moved, packet);
		buffer->ol_flags = OFFLOAD_MARKED;
	}
}

/* Copies the frame of a slot into a buffer; false: it is not whole. */
static bool
take_small(struct packet_queue *queue, const struct tpacket2_hdr *slot, struct rte_mbuf *buffer)
{
	const uint8_t *from = (const uint8_t *)slot + slot->tp_mac;
	const uint16_t moved = tag_room(slot);
	const uint32_t length = slot->tp_snaplen;
	uint8_t *to = rte_pktmbuf_mtod(buffer, uint8_t *);
	struct virtio_net_hdr header;

	if (length < slot->tp_len || length < ETHERNET_HEADER || length + moved > rte_pktmbuf_tailroom(buffer)) {
		packet_count(&queue->in_cut, 1);
		return false;
	}
	assert(slot->tp_mac >= sizeof(header) && slot->tp_mac + length <= queue->slot);
	memcpy(&header, from - sizeof(header), sizeof(header));
	if (moved == 0) {
		memcpy(to, from, length);
	} else {
		memcpy(to, from, ADDRESSES);
		put_tag(slot, to);
		memcpy(to + ADDRESSES + moved, from + ADDRESSES, length - ADDRESSES);
	}
	describe(buffer, length + moved, &header, moved);
	return true;
}

/*
 * Takes off the socket's queue what waits there for a slot. False: it is not there.
 * An error that waited takes nothing off: the interface went down. What is of another length is of a slot that has been given back.
 */
static bool
read_waiting(const struct packet_queue *queue, const struct tpacket2_hdr *slot, struct msghdr *message)
{
	const ssize_t whole = (ssize_t)(sizeof(struct virtio_net_hdr) + slot->tp_len);

	for (unsigned i = 0; i < READS_MOST; i++) {
		const ssize_t got = recvmsg(queue->descriptor, message, MSG_DONTWAIT | MSG_TRUNC);

		if (got == whole || (got < 0 && errno != ENETDOWN)) {
			return got == whole;
		}
	}
	return false;
}

/* Reads what waits whole for a slot; NULL: it is lost. */
static struct rte_mbuf *
take_large(struct packet_queue *queue, const struct tpacket2_hdr *slot)
{
	struct rte_mbuf *buffer = rte_pktmbuf_alloc(queue->buffers->large);
	const uint16_t moved = tag_room(slot);
	struct virtio_net_hdr header = {.flags = 0};
	struct iovec pieces[3] = {{.iov_base = &header, .iov_len = sizeof(header)}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 1};

	if (buffer != NULL) {
		uint8_t *to;

		buffer->data_off = LARGE_HEADROOM;
		to = rte_pktmbuf_mtod(buffer, uint8_t *);
		pieces[1] = (struct iovec){.iov_base = to, .iov_len = ADDRESSES};
		pieces[2] = (struct iovec){.iov_base = to + ADDRESSES + moved,
		    .iov_len = (size_t)buffer->buf_len - LARGE_HEADROOM - ADDRESSES - moved};
		message.msg_iovlen = 3;
		put_tag(slot, to); /* overwritten where there is none */
	}
	if (!read_waiting(queue, slot, &message) || buffer == NULL || slot->tp_len < ETHERNET_HEADER ||
	    (message.msg_flags & MSG_TRUNC) != 0) {
		rte_pktmbuf_free(buffer);
		packet_count(&queue->in_starved, 1);
		return NULL;
	}
	describe(buffer, slot->tp_len + moved, &header, moved);
	return buffer;
}

/* How many usual frames are there, of so many at most? */
static uint16_t
small_there(const struct packet_queue *queue, uint16_t most)
{
	uint16_t there = 0;

	while (there < most && (packet_slot_status(packet_slot_at(queue, &queue->receive, there)) & (TP_STATUS_USER | TP_STATUS_COPY)) == TP_STATUS_USER) {
		there++;
	}
	return there;
}

static uint16_t
receive_small(struct packet_queue *queue, struct rte_mbuf **buffers, uint16_t there)
{
	struct rte_mbuf *fresh[BURST];
	uint16_t kept = 0;

	/* One way to the pool for all of them. Without buffers they wait in the ring. */
	if (there == 0 || rte_pktmbuf_alloc_bulk(queue->buffers->frames, fresh, there) != 0) {
		return 0;
	}
	for (uint16_t i = 0; i < there; i++) {
		struct tpacket2_hdr *slot = packet_slot_at(queue, &queue->receive, 0);

		if (take_small(queue, slot, fresh[i])) {
			buffers[kept++] = fresh[i];
		} else {
			rte_pktmbuf_free(fresh[i]);
		}
		packet_slot_give(queue, &queue->receive, TP_STATUS_KERNEL);
	}
	return kept;
}

uint16_t
packet_queue_receive(struct packet_queue *queue, struct rte_mbuf **buffers, uint16_t most)
{
	const uint16_t wanted = most < BURST ? most : BURST;
	uint64_t packets = 0;
	uint16_t kept = 0;

	for (unsigned large = 0; kept < wanted && large < LARGE_BURST; large++) {
		struct tpacket2_hdr *slot;

		kept = (uint16_t)(kept + receive_small(queue, buffers + kept, small_there(queue, (uint16_t)(wanted - kept))));
		slot = packet_slot_at(queue, &queue->receive, 0);
		if (kept == wanted ||
		    (packet_slot_status(slot) & (TP_STATUS_USER | TP_STATUS_COPY)) != (TP_STATUS_USER | TP_STATUS_COPY)) {
			break;
		}
		buffers[kept] = take_large(queue, slot);
		kept = (uint16_t)(kept + (buffers[kept] != NULL ? 1 : 0));
		packet_slot_give(queue, &queue->receive, TP_STATUS_KERNEL);
	}
	for (uint16_t i = 0; i < kept; i++) {
		const struct packet *packet = rte_mbuf_to_priv(buffers[i]);

		packets += 1U + ((buffers[i]->ol_flags & OFFLOAD_MARKED) != 0 ? packet->segments_more : 0U);
	}
	if (packets > 0) {
		packet_count(&queue->in_packets, packets);
	}
	return kept;
}

/* --- looking at it ----------------------------------------------------------------------------------------------- */

int
packet_queue_descriptor(const struct packet_queue *queue)
{
	return queue->descriptor;
}

struct packet_counters
packet_queue_counters(struct packet_queue *queue)
{
	struct tpacket_stats lost = {.tp_drops = 0};
	socklen_t size = sizeof(lost);

	if (getsockopt(queue->descriptor, SOL_PACKET, PACKET_STATISTICS, &lost, &size) == 0) {
		queue->dropped += lost.tp_drops;
	}
	return (struct packet_counters){
	    .in_packets = atomic_load_explicit(&queue->in_packets, memory_order_relaxed),
	    .out_packets = atomic_load_explicit(&queue->out_packets, memory_order_relaxed),
	    .in_full = queue->dropped + atomic_load_explicit(&queue->in_cut, memory_order_relaxed),
	    .in_starved = atomic_load_explicit(&queue->in_starved, memory_order_relaxed),
	    .out_lost = atomic_load_explicit(&queue->out_lost, memory_order_relaxed),
	};
}
