/*
 * A gateway without ports, threads or a clock: lib/snapshot and lib/engine under a caller who hands in configurations, time
 * and frames and takes what comes out. `sallyport replay`, the packet tests and the fuzzers drive the engine through it.
 *
 * Life cycle: gateway_create() -> gateway_configure() -> { gateway_advance(), gateway_process() } ... -> gateway_destroy().
 * Time is nanoseconds since the caller's own zero and never goes back; the wall clock runs along with it from the point
 * that gateway_set_wall() says. Timers run in steps of GATEWAY_STEP, so that what they cause has its right time.
 *
 * Everything random comes from one seeded generator: the same calls give the same bytes.
 */
#ifndef FRONT_GATEWAY_H
#define FRONT_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "engine/engine.h"
#include "snapshot/snapshot.h"

#define GATEWAY_SECOND 1000000000ULL
#define GATEWAY_STEP (GATEWAY_SECOND / 10)

struct gateway;

/* Where everything that leaves goes. A packet is the gateway's again when the call returns. */
struct gateway_sink {
	/* verb ENGINE_SEND or ENGINE_HOST only */
	void (*output)(void *context, uint64_t now, const struct engine_output *output);
	void (*event)(void *context, const struct event *event);
	void *context;
};

struct gateway_options {
	uint32_t sessions; /* size of the session table */
	uint32_t policies_most; /* 0: as many as there is room for live; for tests of full tables */
	uint64_t seed;
	bool neighbours_auto;
	/* Octets free behind a frame. Zero makes a read beyond the frame's end one beyond its heap block. */
	uint16_t tailroom;
};

/* NULL when memory ran out. The sink is copied. */
struct gateway *gateway_create(const struct gateway_options *options, const struct gateway_sink *sink)
    __attribute__((warn_unused_result));
void gateway_destroy(struct gateway *gateway);

/* Sets UTC microseconds at the gateway's present time; may be called again (a clock step). */
void gateway_set_wall(struct gateway *gateway, int64_t utc_microseconds);
int64_t gateway_wall(const struct gateway *gateway);
uint64_t gateway_now(const struct gateway *gateway);

/*
 * Compiles `tree` and takes it into force; on errors returns false, and what was in force stays. The tree is borrowed until
 * the next successful gateway_configure(), since schedules are compiled again as time goes by.
 */
bool gateway_configure(struct gateway *gateway, const struct conf_tree *tree, struct diagnostics *list)
    __attribute__((warn_unused_result));
/* In force; NULL before the first configuration. */
const struct snapshot *gateway_snapshot(const struct gateway *gateway);
const struct rib *gateway_rib(const struct gateway *gateway);
const struct fib *gateway_fib(const struct gateway *gateway);
const struct snapshot_registry *gateway_registry(const struct gateway *gateway);
struct engine *gateway_engine(struct gateway *gateway);
/* A port's index by its name, or SNAPSHOT_NONE: gateway_process() takes that too, the frame is dropped as port-unknown. */
uint16_t gateway_port(const struct gateway *gateway, const char *name);
/* A unit goes up or down: the forwarding table follows. False when memory ran out. */
bool gateway_set_unit_state(struct gateway *gateway, const char *unit, bool up) __attribute__((warn_unused_result));

/* Runs timers up to `now`, each at its time. False when the snapshot had to be compiled again and could not be. */
bool gateway_advance(struct gateway *gateway, uint64_t now) __attribute__((warn_unused_result));
/*
 * Runs one frame at the present time. => gateway_advance() went there before. Fills `result`; false when memory ran out.
 * `flags` are enum packet_flag; with PACKET_FROM_HOST `port` is the instance.
 */
bool gateway_process(struct gateway *gateway, const uint8_t *bytes, uint32_t length, uint16_t port, uint16_t flags,
    struct packet_result *result) __attribute__((warn_unused_result));

#endif
