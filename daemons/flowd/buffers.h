/*
 * Packet buffers: the pools that all ports and the engine draw from. A buffer's private area holds a struct packet.
 *
 * Two layouts. Without `xdp:` ports DPDK's own. With them every buffer lies whole in one chunk of a memory that starts at
 * a page: AF_XDP's kernel side writes straight into it (its UMEM is this very memory), and a frame that came in by one port
 * leaves by another without being copied. A chunk is a power of two that divides a page, so that no frame crosses a page
 * and drivers that do zero-copy take it:
 *
 *   0         64                192              256 + ...
 *   | object   | struct rte_mbuf | struct packet   | headroom | frame ...                              | chunk
 *                                                  ^ what AF_XDP calls the packet's headroom begins at 256 less ours
 *
 * Life cycle: made once, before ports are opened; DPDK frees them with the process.
 * Threads: pools serve all threads; the rest is fixed.
 */
#ifndef FLOWD_BUFFERS_H
#define FLOWD_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct rte_mbuf;
struct rte_mempool;

enum {
	BUFFERS_FRAMES = 16383, /* over all ports */
	BUFFERS_LARGE = 255,    /* for superframes, and datagrams that came in fragments: few are in use longer than a burst */
	BUFFERS_OBJECT_HEADER = 64, /* DPDK's, in a chunk before its buffer */
	BUFFERS_XDP_HEADROOM = 256, /* XDP_PACKET_HEADROOM: what the kernel leaves before a frame in any case */
	BUFFERS_LINK = 22,      /* octets of a frame that are not its IP packet: Ethernet's header and two tags */
	BUFFERS_MTU_XDP = 3600, /* IP octets: the largest MTU of a chassis with xdp ports, */
	BUFFERS_MTU = 9216,     /* and of one without */
};

struct buffers {
	struct rte_mempool *frames;
	struct rte_mempool *large; /* with room for 65535 octets */
	uint8_t *area;             /* chunks of `frames` one after the other; NULL without xdp ports */
	size_t area_size;
	uint32_t chunk;
	uint32_t offset;           /* of a received frame in its chunk */
	uint32_t ring_frame;       /* octets of a frame of AF_PACKET's ring, whose frames have to fit into a buffer */
	uint32_t room;             /* octets of the largest frame that either of them holds */
};

struct buffers_need {
	uint32_t mtu; /* the largest of all ports: IP octets */
	bool chunks;  /* there are xdp ports */
};

/* => the packet system was started. False with a sentence. */
bool buffers_create(struct buffers *buffers, const struct buffers_need *need, struct text *error)
    __attribute__((warn_unused_result));
/* Does a frame of an IP packet of `mtu` octets fit? */
bool buffers_hold(const struct buffers *buffers, uint32_t mtu);

#endif
