/*
 * Marks of offloads. See offload.h.
 */
#include "offload.h"

#include <linux/virtio_net.h>
#include <string.h>

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/sctp.h"
#include "wire/segment.h"
#include "wire/tcp.h"

enum {
	UDP_SUM_AT = 6, /* in their headers */
	TCP_FLAGS_AT = 13,
	TCP_CWR = 0x80,
	SEGMENTS_MOST = 1024, /* 64 octets of each: no sender has smaller ones by the thousand, and whoever cuts them does so meanwhile */
};

/* Is the sum that is to be made that of the frame's own TCP or UDP header? Of a tunnel's packet it is that of what is inside. */
static bool
sum_is_outer(const struct virtio_net_hdr *header, uint16_t moved, const struct packet *packet)
{
	const uint32_t start = (uint32_t)header->csum_start + moved;
	struct segment_layout layout;

	return segment_layout_of_frame(&layout, packet->data, packet->length) && layout.transport == start &&
	    layout.checksum == start + header->csum_offset;
}

/* What nobody behind us would complete is completed as the sender's card would have: from the start to the frame's end. */
static void
finish_sum(const struct virtio_net_hdr *header, uint16_t moved, struct packet *packet)
{
	const uint32_t start = (uint32_t)header->csum_start + moved;
	const uint32_t at = start + header->csum_offset;

	if (header->csum_offset == SCTP_CHECKSUM_AT) {
		/* SCTP's CRC is no sum: there is no half of it. */
		if (packet->length >= start + SCTP_HEADER) {
			bytes_store_32(packet->data + at, sctp_checksum(packet->data + start, packet->length - start));
		}
	} else if (at + sizeof(uint16_t) <= packet->length) {
		/* The half that is there is part of the sum. */
		const uint16_t sum = checksum_finish(checksum_sum(packet->data + start, packet->length - start));

		bytes_store_16(packet->data + at, sum == 0 && header->csum_offset == UDP_SUM_AT ? UINT16_MAX : sum);
	}
}

/* The kinds of superframes that we know are those of TCP and of UDP's UDP_SEGMENT; not UFO, which leaves IP to be fragmented. */
static bool
kind_known(uint8_t kind, const struct segment_layout *layout)
{
	switch (kind & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return layout->tcp && !layout->inet6;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return layout->tcp && layout->inet6;
	case OFFLOAD_UDP_SEGMENT:
		return !layout->tcp;
	default:
		return false;
	}
}

/* Would a card have been given it? Each segment would have the flags of a SYN or RST; and a kernel that cuts it cuts all of the frame,
 * also what the packet's own length leaves out. */
static bool
superframe_good(const struct virtio_net_hdr *header, const struct segment_layout *layout, const struct packet *packet)
{
	const uint8_t flags = layout->tcp ? packet->data[layout->transport + TCP_FLAGS_AT] : 0;

	return kind_known(header->gso_type, layout) && layout->length == packet->length &&
	    (flags & (TCP_SYN | TCP_RST | TCP_URGENT)) == 0 && segment_count(layout, header->gso_size) <= SEGMENTS_MOST;
}

void
offload_read(const struct virtio_net_hdr *header, uint16_t moved, struct packet *packet)
{
	struct segment_layout layout;

	packet->flags = 0;
	packet->segment_size = 0;
	packet->segments_more = 0;
	if (header->gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		if ((header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0) {
			return;
		}
		if (sum_is_outer(header, moved, packet)) {
			packet->flags = PACKET_CHECKSUM_DUE;
		} else {
			finish_sum(header, moved, packet);
		}
		return;
	}
	if (header->gso_size == 0 || !segment_layout_of_frame(&layout, packet->data, packet->length) ||
	    !superframe_good(header, &layout, packet)) {
		packet->flags = PACKET_SUPERFRAME;
		return;
	}
	packet->flags = PACKET_CHECKSUM_DUE;
	if (segment_count(&layout, header->gso_size) > 1) {
		packet->segment_size = header->gso_size;
		packet->segments_more = (uint16_t)(segment_count(&layout, header->gso_size) - 1);
	}
}

void
offload_write(struct packet *packet, struct virtio_net_hdr *header)
{
	struct segment_layout layout;

	memset(header, 0, sizeof(*header));
	if (!offload_marked(packet) || !segment_layout_of_frame(&layout, packet->data, packet->length)) {
		return;
	}
	segment_begin_checksum(&layout, packet->data);
	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->csum_start = layout.transport;
	header->csum_offset = (uint16_t)(layout.checksum - layout.transport);
	header->hdr_len = layout.payload;
	if (packet->segment_size == 0) {
		return;
	}
	header->gso_size = packet->segment_size;
	if (!layout.tcp) {
		header->gso_type = OFFLOAD_UDP_SEGMENT;
		return;
	}
	header->gso_type = layout.inet6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	if ((packet->data[layout.transport + TCP_FLAGS_AT] & TCP_CWR) != 0) {
		header->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	}
}
