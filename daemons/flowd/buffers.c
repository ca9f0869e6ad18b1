/*
 * Packet buffers. See buffers.h.
 */
#include "buffers.h"

#include <assert.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

#include "engine/packet.h"

enum {
	CACHE = 256,
	PAGE = 4096,
	CHUNK_SMALL = 2048,
	CHUNK_LARGE = 4096,
	RING_FRAME = 2048,  /* AF_PACKET: what is enough for usual frames */
	RING_STEP = 128,    /* 32 frames make whole pages */
	RING_HEADER = 80,   /* what the kernel writes before a frame, with its mark of offloads */
	FRAMES_JUMBO = 8191,
};

#define PACKET_PRIVATE RTE_ALIGN(sizeof(struct packet), RTE_MBUF_PRIV_ALIGN)
/* Of a frame's first octet in its chunk. */
#define CHUNK_OFFSET (BUFFERS_OBJECT_HEADER + sizeof(struct rte_mbuf) + PACKET_PRIVATE + RTE_PKTMBUF_HEADROOM)
/* The largest frame of AF_PACKET's ring that a chunk's buffer takes. */
#define RING_FRAME_OF(chunk) (((chunk) - CHUNK_OFFSET) / RING_STEP * RING_STEP)

static_assert(CHUNK_OFFSET >= BUFFERS_XDP_HEADROOM, "the kernel writes no frame before its headroom's end");
static_assert(RING_FRAME_OF(CHUNK_LARGE) - RING_HEADER - 1 >= BUFFERS_MTU_XDP + BUFFERS_LINK, "the largest frame fits into a chunk");

static struct rte_mempool *
checked(struct rte_mempool *pool, struct text *error)
{
	if (pool == NULL) {
		text_printf(error, "no memory for packet buffers: %s", rte_strerror(rte_errno));
	}
	return pool;
}

/* The memory of all chunks: whole pages, huge ones if DPDK has them. */
static const struct rte_memzone *
area_reserve(uint32_t chunk)
{
	const size_t size = (size_t)BUFFERS_FRAMES * chunk;
	const struct rte_memzone *zone =
	    rte_memzone_reserve_aligned("packets", RTE_ALIGN(size, RTE_PGSIZE_2M), SOCKET_ID_ANY, 0, RTE_PGSIZE_2M);

	return zone != NULL ? zone : rte_memzone_reserve_aligned("packets", RTE_ALIGN(size, PAGE), SOCKET_ID_ANY, 0, PAGE);
}

/* A pool whose objects are chunks; NULL with DPDK's error number. */
static struct rte_mempool *
chunks_create(struct buffers *buffers, uint32_t chunk)
{
	struct rte_pktmbuf_pool_private facts = {.mbuf_priv_size = PACKET_PRIVATE};
	struct rte_mempool_objsz size;
	const uint32_t element = chunk - BUFFERS_OBJECT_HEADER;
	const struct rte_memzone *zone;
	struct rte_mempool *pool;

	if (rte_mempool_calc_obj_size(element, RTE_MEMPOOL_F_NO_SPREAD, &size) != chunk ||
	    size.header_size != BUFFERS_OBJECT_HEADER || (zone = area_reserve(chunk)) == NULL) {
		return NULL;
	}
	pool = rte_mempool_create_empty("packets", BUFFERS_FRAMES, element, CACHE, sizeof(facts), SOCKET_ID_ANY,
	    RTE_MEMPOOL_F_NO_SPREAD);
	facts.mbuf_data_room_size = (uint16_t)(element - sizeof(struct rte_mbuf) - PACKET_PRIVATE);
	if (pool == NULL) {
		return NULL;
	}
	rte_pktmbuf_pool_init(pool, &facts);
	if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL) != 0 ||
	    rte_mempool_populate_virt(pool, zone->addr, zone->len, zone->hugepage_sz, NULL, NULL) < BUFFERS_FRAMES) {
		rte_mempool_free(pool);
		return NULL;
	}
	(void)rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	buffers->area = zone->addr;
	buffers->area_size = (size_t)BUFFERS_FRAMES * chunk;
	buffers->chunk = chunk;
	buffers->offset = CHUNK_OFFSET;
	return pool;
}

/* One octet more than fits stays recognizable: the kernel cuts what is too long for the ring. */
static void
set_ring_frame(struct buffers *buffers, uint32_t ring_frame)
{
	buffers->ring_frame = ring_frame;
	buffers->room = ring_frame - RING_HEADER - 1;
}

static struct rte_mempool *
frames_create(struct buffers *buffers, uint32_t frame)
{
	const uint32_t ring_frame = RTE_ALIGN(frame + RING_HEADER + 1, RING_STEP);
	const unsigned count = ring_frame > CHUNK_LARGE ? FRAMES_JUMBO : BUFFERS_FRAMES;

	set_ring_frame(buffers, ring_frame < RING_FRAME ? RING_FRAME : ring_frame);
	return rte_pktmbuf_pool_create("packets", count, CACHE, PACKET_PRIVATE,
	    (uint16_t)(buffers->ring_frame + RTE_PKTMBUF_HEADROOM), SOCKET_ID_ANY);
}

static struct rte_mempool *
chunks_for(struct buffers *buffers, uint32_t frame)
{
	const uint32_t small = (uint32_t)RING_FRAME_OF(CHUNK_SMALL);
	const bool fits = frame <= small - RING_HEADER - 1;
	const uint32_t large = (uint32_t)RING_FRAME_OF(CHUNK_LARGE);

	set_ring_frame(buffers, fits ? small : large);
	return chunks_create(buffers, fits ? CHUNK_SMALL : CHUNK_LARGE);
}

bool
buffers_create(struct buffers *buffers, const struct buffers_need *need, struct text *error)
{
	const uint32_t most = need->chunks ? BUFFERS_MTU_XDP : BUFFERS_MTU;
	const uint32_t frame = (need->mtu < most ? need->mtu : most) + BUFFERS_LINK;

	*buffers = (struct buffers){.area = NULL};
	buffers->frames = checked(need->chunks ? chunks_for(buffers, frame) : frames_create(buffers, frame), error);
	if (buffers->frames == NULL) {
		return false;
	}
	buffers->large = checked(rte_pktmbuf_pool_create("large packets", BUFFERS_LARGE, 0, PACKET_PRIVATE, UINT16_MAX,
	    SOCKET_ID_ANY), error);
	return buffers->large != NULL;
}

bool
buffers_hold(const struct buffers *buffers, uint32_t mtu)
{
	return mtu + BUFFERS_LINK <= buffers->room;
}
