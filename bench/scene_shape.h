/*
 * What a scene is made of. scene.h says what it is for and how it is made, scene_packet.h has its packets, scene_world.h its
 * policies and routes.
 */
#ifndef BENCH_SCENE_SHAPE_H
#define BENCH_SCENE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "engine/engine.h"

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
	uint32_t rules;    /* then: by so many source rules of a rule-set; 0: by the policies */
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
	struct snapshot_nat_rule *rules; /* plan.rules */
	struct classifier *rule_classifier;
	uint16_t pool_number;
	struct scene_port *ports_of; /* what it gave to each flow */
	struct scene_choice choices[SCENE_CHOICES];
	uint32_t chosen; /* of them, still to be made; the last ones first */
};

/* The plan of addresses. */
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
