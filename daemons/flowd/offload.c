/*
 * Marks of offloads. See offload.h.
 */
#include "offload.h"

#include <linux/virtio_net.h>
#include <string.h>

#include "wire/bytes.h"
#include "wire/sctp.h"
#include "wire/segment.h"

enum {
	TCP_SUM_AT = 16, /* in their headers */
	UDP_SUM_AT = 6,
	TCP_FLAGS_AT = 13,
	TCP_CWR = 0x80,
};

static void
finish_sctp(const struct virtio_net_hdr *header, uint16_t moved, struct packet *packet)
{
	const uint32_t start = (uint32_t)header->csum_start + moved;

	/* SCTP's CRC is no sum: there is no half of it. */
	if (header->csum_offset == SCTP_CHECKSUM_AT && packet->length >= start + SCTP_HEADER) {
		bytes_store_32(packet->data + start + SCTP_CHECKSUM_AT,
		    sctp_checksum(packet->data + start, packet->length - start));
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
		if (header->csum_offset == TCP_SUM_AT || header->csum_offset == UDP_SUM_AT) {
			packet->flags = PACKET_CHECKSUM_DUE;
		} else {
			finish_sctp(header, moved, packet);
		}
		return;
	}
	if (header->gso_size == 0 || !segment_layout_of_frame(&layout, packet->data, packet->length) ||
	    !kind_known(header->gso_type, &layout)) {
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
