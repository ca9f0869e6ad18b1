/*
 * The packets of a scene.
 */
#ifndef BENCH_SCENE_PACKET_H
#define BENCH_SCENE_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/probe.h"
#include "scene_shape.h"

struct scene_segment { /* one packet to be made */
	uint32_t flow;
	bool back;     /* from the server */
	bool land;     /* from its own destination */
	const struct scene_port *port; /* of a translated flow's answer; NULL: as the table has it */
	uint8_t protocol; /* 0: the plan's */
	uint8_t flags; /* TCP */
	uint32_t sequence;
	uint32_t acknowledgement;
};

/* What a flow's packets look like. */
struct engine_tuple scene_tuple(const struct scene *scene, uint32_t flow, bool back);
/* Writes the frame of packet `slot` of the burst. */
void scene_make(struct scene *scene, uint32_t slot, const struct scene_segment *segment);
/* Writes all frames of the burst: packets of established flows below `sessions`, in random order, both directions by turns. The
 * flows are chosen many at a time, so that what each was translated to is looked up then: done for each burst those look-ups
 * alone took 14 cycles of the engine's caches a packet at 4 million sessions. */
void scene_make_established(struct scene *scene, struct random_source *random, uint32_t sessions);

#endif
