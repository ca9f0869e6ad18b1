/*
 * What the engine benchmarks run on: two zones, two ports, a default route, some policies, an
 * engine in huge pages where the kernel gives them, and a burst of packets that is made anew for
 * each measurement.
 *
 * A flow's number gives its addresses and ports, so that flows need no memory of their own:
 * 10.x.y.z:p > 198.18.0.1:80, or 2001:db8::10.x.y.z and so on.
 */
#ifndef BENCH_SCENE_H
#define BENCH_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "engine/engine.h"
#include "engine/probe.h"

enum {
	SCENE_ROOM = 128, /* octets before and after a frame */
	SCENE_BLOCK = 512,
	SCENE_ZONE_IN = 2,
	SCENE_ZONE_OUT = 3,
};

struct scene {
	struct engine *engine;
	void *memory;
	size_t size;
	uint64_t now;
	struct random_source random;
	struct engine_config config;
	struct snapshot_port ports[2];
	struct snapshot_unit units[3];
	struct snapshot_address addresses[3];
	struct snapshot_address6 addresses6[3];
	struct snapshot_zone zones[4];
	struct snapshot_instance instance;
	struct snapshot_policy *policies;
	struct snapshot snapshot;
	struct classifier *classifier;
	struct fib *fib;
	uint16_t tags[2][4096];
	struct packet packets[ENGINE_BURST];
	struct packet *burst[ENGINE_BURST];
	uint8_t *blocks;
	struct snapshot_nat_pool pool; /* scene_translate() */
	struct snapshot_nat_range range;
	struct snapshot_nat_source source;
	uint16_t pool_number;
	bool inet6; /* the packets that are made are of IPv6 */
	bool translated; /* the last policy translates sources */
	struct scene_port *ports_of; /* what it gave to each flow */
};

struct scene_port { /* a translated address and port */
	uint32_t address;
	uint16_t port;
};

struct scene_segment { /* one packet to be made */
	uint32_t flow;
	bool back;     /* from the server */
	uint8_t flags; /* TCP */
	uint32_t sequence;
	uint32_t acknowledgement;
};

/* An engine with room for `sessions` and a policy list of `policies`, of which the last permits.
 * NULL: no memory. */
struct scene *scene_create(uint32_t sessions, uint32_t policies)
    __attribute__((warn_unused_result));
void scene_destroy(struct scene *scene);
/* From now on the policy translates sources to a pool of 64 addresses with ports. False: no memory. => there are no sessions */
bool scene_translate(struct scene *scene) __attribute__((warn_unused_result));
/* What a flow's packets look like. */
struct engine_tuple scene_tuple(uint32_t flow, bool back);
/* Writes the frame of packet `slot` of the burst. */
void scene_make(struct scene *scene, uint32_t slot, const struct scene_segment *segment);
/* Runs the burst's first `count` packets without measuring and throws outputs and records away. */
void scene_run(struct scene *scene, uint32_t count);
void scene_drain(struct scene *scene);
/* Sets up sessions for flows [0, count): whole handshakes. False when the engine did not make them.
 */
bool scene_establish(struct scene *scene, uint32_t count) __attribute__((warn_unused_result));

#endif
