/*
 * The policies of a scene with their classifier, and its routes.
 */
#ifndef BENCH_SCENE_WORLD_H
#define BENCH_SCENE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "scene_shape.h"

struct rib;

/* False: no memory. */
bool scene_policies(struct scene *scene) __attribute__((warn_unused_result));
/* Source rules of a rule-set: the last one is of all clients, the others are of networks that have none. */
bool scene_rules(struct scene *scene) __attribute__((warn_unused_result));
bool scene_routes(struct scene *scene) __attribute__((warn_unused_result));
/* The scene's routes and `count` more prefixes of a family, as a table of the whole Internet has them; NULL: no memory. */
struct rib *scene_rib(uint32_t count, bool inet6) __attribute__((warn_unused_result));
/* A destination within the additional prefix of that number. */
uint32_t scene_prefix_host(uint32_t number);
struct ipv6_address scene_prefix_host6(uint32_t number);

#endif
