/*
 * What a sender leaves to its network card, as the kernel tells of it and wants to be told: superframes and half-made checksums
 * (wire/segment.h), by the header that AF_PACKET has before each frame (PACKET_VNET_HDR, include/uapi/linux/virtio_net.h).
 *
 * Pure; the packet's data are changed where it is said.
 */
#ifndef FLOWD_OFFLOAD_H
#define FLOWD_OFFLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/packet.h"

struct virtio_net_hdr;

enum {
	OFFLOAD_UDP_SEGMENT = 5, /* a gso_type: VIRTIO_NET_HDR_GSO_UDP_L4, which the headers have from Linux 6.2 on */
};

/*
 * Sets the packet's marks from the header that came before its frame: flags, segment_size and segments_more; all 0 when nothing was
 * left undone. `moved` is how far the frame's headers stand behind where the header says, because of a tag that was put back.
 * What nobody behind us makes is made here: the CRC of SCTP, and checksums within tunnels. What no card would be given is
 * PACKET_SUPERFRAME: what is not what the header says, over a thousand segments, those of a SYN.
 */
void offload_read(const struct virtio_net_hdr *header, uint16_t moved, struct packet *packet);
/* The header to go before a packet that leaves, and the checksum's field as the kernel wants to find it. */
void offload_write(struct packet *packet, struct virtio_net_hdr *header);

/* In ol_flags of a received buffer: offload_read() has set its packet's marks. No driver sets it here: no port asks for large
 * receives. */
#define OFFLOAD_MARKED RTE_MBUF_F_RX_LRO

/* Has it anything that is left to be done? */
static inline bool
offload_marked(const struct packet *packet)
{
	return (packet->flags & PACKET_CHECKSUM_DUE) != 0 || packet->segment_size != 0;
}

#endif
