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
#include "engine/probe.h"

enum {
	SCENE_ROOM = 128, /* octets before and after a frame */
	SCENE_BLOCK = 512,
	SCENE_CHOICES = 1 << 16,
	SCENE_ZONE_IN = 2,
	SCENE_ZONE_OUT = 3,
	SCENE_UNIT_IN = 1,
	SCENE_UNIT_OUT = 2,
};

/* What a scene is to be. */
struct scene_plan {
	uint32_t sessions; /* the pool's size */
	uint32_t policies;
	uint8_t protocol;  /* of the flows: 0 is TCP, else UDP or ICMP (echo), IPv4 only */
	bool spread;       /* flows go to all policies, not only to the last */
	bool inet6;        /* the packets that are made are of IPv6 */
	bool translated;   /* sources to a pool of addresses with ports */
	bool small_pages;  /* no huge pages, though there may be some */
	uint16_t workers;  /* how many share the packets, and which one this is; 0: one alone */
	uint16_t worker;
};

struct scene_port { /* a translated address, by its place in the pool, and port */
	uint16_t place;
	uint16_t port;
};

/* Whose an established packet will be. */
struct scene_choice {
	uint32_t flow;
	struct scene_port port;
};

struct scene {
	struct scene_plan plan;
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
	struct snapshot_screens screens; /* of both zones, when they are on */
	struct snapshot_instance instance;
	struct snapshot_policy *policies;
	struct snapshot snapshot;
	struct snapshot published[2]; /* what the engine has: copies of it by turns, as after commits */
	unsigned turn;
	struct classifier *classifier;
	struct fib *fib;
	uint16_t tags[2][4096];
	struct packet packets[ENGINE_BURST];
	struct packet *burst[ENGINE_BURST];
	uint8_t *blocks;
	struct snapshot_nat_pool pool; /* plan.translated */
	struct snapshot_nat_range range;
	struct snapshot_nat_source source;
	uint16_t pool_number;
	struct scene_port *ports_of; /* what it gave to each flow */
	struct scene_choice choices[SCENE_CHOICES];
	uint32_t chosen; /* of them, still to be made; the last ones first */
};


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
/* What a flow's packets look like. */
struct engine_tuple scene_tuple(const struct scene *scene, uint32_t flow, bool back);
/* Writes the frame of packet `slot` of the burst. */
void scene_make(struct scene *scene, uint32_t slot, const struct scene_segment *segment);
/* Writes all frames of the burst: packets of established flows below `sessions`, in random order, both directions by turns. The
 * flows are chosen many at a time, so that what each was translated to is looked up then: done for each burst those look-ups
 * alone took 14 cycles of the engine's caches a packet at 4 million sessions. */
void scene_make_established(struct scene *scene, struct random_source *random, uint32_t sessions);
/* Runs the burst's first `count` packets without measuring and throws outputs and records away. */
void scene_run(struct scene *scene, uint32_t count);
void scene_drain(struct scene *scene);
/* Sets up sessions for flows [0, count): whole handshakes. False when the engine did not make them.
 */
bool scene_establish(struct scene *scene, uint32_t count) __attribute__((warn_unused_result));

/* scene_world.c: policies with their classifier, and routes; false: no memory. */
bool scene_policies(struct scene *scene) __attribute__((warn_unused_result));
bool scene_routes(struct scene *scene) __attribute__((warn_unused_result));
/* The scene's routes and `count` more prefixes of a family, as a table of the whole Internet has them; NULL: no memory. */
struct rib;
struct rib *scene_rib(uint32_t count, bool inet6) __attribute__((warn_unused_result));
/* A destination within the additional prefix of that number. */
uint32_t scene_prefix_host(uint32_t number);
struct ipv6_address scene_prefix_host6(uint32_t number);

/* The plan of addresses, for the scene's own files. */
#define SCENE_ADDRESS_IN 0xc0000301U  /* 192.0.3.1/24 */
#define SCENE_ADDRESS_OUT 0xc0000201U /* 192.0.2.1/24 */
#define SCENE_SERVER 0xc6120001U /* 198.18.0.1; with `spread` 198.18.0.0 and a policy's number */

enum {
	SCENE_INET6_BITS = 96, /* before an address of IPv4 in one of IPv6 */
};

/* The same plan in IPv6: an address of IPv4 in the last 32 bits of this prefix. */
static inline struct ipv6_address
scene_inet6_of(uint32_t address)
{
	return (struct ipv6_address){0x20010db800000000, address};
}

#endif
