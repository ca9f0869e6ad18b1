/*
 * What the engine benchmarks run on: two zones, two ports, a default route, some policies, an
 * engine in huge pages where the kernel gives them, and a burst of packets that is made anew for
 * each measurement.
 *
 * A flow's number gives its addresses and ports, so that flows need no memory of their own:
 * 10.x.y.z:p > 198.18.0.1:80, or 2001:db8::10.x.y.z and so on. The last policy permits them; with `spread` flow f goes to a
 * server of its own policy, so that the look-ups walk over all of them.
 */
#ifndef BENCH_SCENE_H
#define BENCH_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "engine/engine.h"
#include "scene_shape.h"

/* NULL: no memory. */
struct scene *scene_create(const struct scene_plan *plan) __attribute__((warn_unused_result));
void scene_destroy(struct scene *scene);
/* Of the engine's resident memory that in huge pages, in percent; and all of it in octets. */
uint32_t scene_huge_percent(const struct scene *scene, uint64_t *resident);
/* From now on the screens of `on` (bits) are on in both zones, those that have a threshold with that one; or none. */
void scene_set_screens(struct scene *scene, uint64_t on, uint32_t threshold);
/* The engine takes the scene's snapshot and a forwarding table, as after a commit or a change of routes. */
void scene_publish(struct scene *scene, const struct fib *fib);
/* What tells whose a packet is, for scenes with several workers. */
struct engine_sharing scene_sharing(const struct scene *scene);
/* Runs the burst's first `count` packets without measuring and throws outputs and records away. */
void scene_run(struct scene *scene, uint32_t count);
void scene_drain(struct scene *scene);
/* Sets up sessions for flows [0, count): whole handshakes. False when the engine did not make them.
 */
bool scene_establish(struct scene *scene, uint32_t count) __attribute__((warn_unused_result));

#endif
