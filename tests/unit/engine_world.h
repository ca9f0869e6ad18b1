/*
 * A small world around an engine for tests: three ports, five units, four zones, hand-made, and
 * packets as exact-size heap blocks so that the sanitizer sees an octet too far.
 *
 *   port 0  unit 1  10.0.0.1/24            zone trust
 *   port 1  unit 2  192.0.2.1/24           zone untrust     default route by 192.0.2.254
 *   port 2  unit 3  VLAN 10  10.3.0.1/24   zone dmz
 *           unit 4  VLAN 20  10.4.0.1/24   no zone
 *           unit 5  VLAN 30  10.5.0.1/32   zone trust       10.5.1.0/24 points at it
 *   unit 6 is an st0 unit without port, zone untrust, 10.66.0.0/16 points at it
 *   198.51.100.0/24 reject, 203.0.113.0/24 discard, 100.64.0.0/16 to the zoneless unit 4
 *   trust -> untrust and trust -> dmz: the policies of the test; by default one that permits all
 * from trust to untrust
 *
 * With WORLD_WORKERS=n in the environment there are n engines, as workers share packets: each gets what
 * engine_owner() gives it, and messages and packets that they hand over reach the others at once. What
 * comes out is the same, but for ports that are drawn; tests that ask by world_*() see no difference.
 */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "engine/engine.h"
#include "rib/rib.h"
#include "snapshot/classifier.h"

#define IP(a, b, c, d)                                                                             \
	(((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) | (uint32_t)(d))
#define SECOND 1000000000ULL

enum {
	WORLD_PORTS = 3,
	WORLD_UNITS = 7,
	WORLD_ZONES = 5,
	WORLD_POLICIES = 8,
	WORLD_SENT = 256,
	WORLD_WORKERS = 8,
	TRUST = 2,
	UNTRUST = 3,
	DMZ = 4,
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16,
};

struct world_rule {
	uint16_t from_zone;
	uint16_t to_zone;
	uint8_t action;
	uint8_t flags;
	uint8_t protocol; /* 0: any */
	uint16_t low;
	uint16_t high;
	uint32_t timeout; /* of the application; 0: default */
	const uint16_t *schedulers;
	uint16_t scheduler_count;
	uint16_t source_nat;      /* indices, when the world's nat has so many */
	uint16_t destination_nat;
};

struct world_sent { /* an output, copied */
	uint8_t verb;
	uint16_t port;
	uint16_t instance;
	uint16_t flags;
	uint16_t segment_size;
	uint16_t segments_more;
	uint32_t length;
	uint8_t data[1700]; /* its first octets */
};

struct world {
	uint64_t now;
	struct random_source random;
	struct engine_config config;
	void *memories[WORLD_WORKERS];
	struct engine *engine;               /* the first one */
	struct engine *engines[WORLD_WORKERS]; /* config.workers of them, which share the packets */
	uint16_t tags[WORLD_PORTS][4096];
	struct snapshot_port ports[WORLD_PORTS];
	struct snapshot_unit units[WORLD_UNITS];
	struct snapshot_address addresses[WORLD_UNITS];
	struct snapshot_zone zones[WORLD_ZONES];
	struct snapshot_instance instances[2];
	struct snapshot_policy policies[WORLD_POLICIES];
	struct snapshot_application applications[WORLD_POLICIES];
	struct snapshot snapshots[2]; /* the one in force alternates */
	unsigned which;
	struct rib_static statics[16];
	struct rib_next_hop hops[16];
	uint32_t static_count;
	struct world_rule rules[WORLD_POLICIES];
	uint32_t rule_count;
	struct snapshot_flow flow;
	struct snapshot_nat nat;
	uint64_t services_running;
	struct classifier *classifier;
	struct fib *fib;
	uint64_t fib_id;
	struct world_sent sent[WORLD_SENT];
	uint32_t sent_count; /* SEND and HOST outputs since the last packet */
	uint32_t freed;
	uint32_t handed; /* packets that went from one engine to another, ever */
	const struct packet *current; /* that was handed in last, and what became of it */
	struct packet_result result;
	/* Marks of the packets that come in. */
	uint16_t flags;
	uint16_t segment_size;
	uint16_t segments_more;
	uint32_t spare; /* packets that the engine may take from packet_take */
	uint32_t spare_large; /* and from packet_take_large */
};

/* What a test varies of a packet. */
struct world_packet {
	uint32_t source;
	uint32_t destination;
	uint16_t source_port; /* ICMP: identifier */
	uint16_t destination_port;
	uint16_t payload; /* octets */
	uint16_t vlan;
	uint16_t window; /* 0: 65535 */
	uint32_t sequence;
	uint32_t acknowledgement;
	uint8_t protocol;
	uint8_t flags; /* TCP */
	uint8_t ttl;   /* 0: 64 */
	uint8_t type;  /* ICMP */
	uint8_t code;
	uint8_t scale; /* TCP window scale option + 1; 0: none */
	bool dont_fragment;
};

struct world *world_create(void);
void world_destroy(struct world *world);
/* Compiles what the fields say now and applies it. */
void world_apply(struct world *world);
/* Only a new forwarding table. */
void world_apply_fib(struct world *world);
void world_add_route(
    struct world *world, uint32_t prefix, uint8_t length, uint16_t unit, uint32_t gateway);

/* The frame's octets; returns their number. Without Ethernet header for `port` UINT16_MAX. */
uint32_t world_frame(uint8_t *to, const struct world_packet *packet, bool ethernet);
/* Hands octets in on a port (UINT16_MAX: from our host) and gathers what comes out. */
struct packet_result world_input(
    struct world *world, uint16_t port, const uint8_t *data, uint32_t length);
struct packet_result world_packet_in(
    struct world *world, uint16_t port, const struct world_packet *packet);
/* The same with a TCP segment, briefly. */
struct packet_result world_tcp(struct world *world, uint16_t port, uint32_t source,
    uint32_t destination, uint32_t ports, uint32_t numbers[2], uint8_t flags);
/* Runs timers up to `now`, in steps of at most a second. */
void world_advance(struct world *world, uint64_t now);
void world_drain(struct world *world);
/* The IP packet in an output: skips the Ethernet header. */
const uint8_t *world_ip(const struct world_sent *sent);
bool world_event(struct world *world, enum event_kind kind, struct event *event);
/* Lets both neighbours that most tests use be known: 10.0.0.2 on unit 1 and 192.0.2.254 on unit 2.
 */
struct packet_result world_arp(struct world *world, uint16_t port, uint16_t vlan,
    uint16_t operation, uint32_t sender, uint32_t target, uint8_t station);

/* Over all engines, as those of one engine. */
uint32_t world_session_count(const struct world *world);
uint64_t world_reason_count(const struct world *world, enum reason reason);
bool world_clear_session(struct world *world, uint64_t session);
uint32_t world_list_sessions(struct world *world, struct engine_session_view *views, uint32_t most);
struct engine_nat_counters world_nat_counters(const struct world *world, uint16_t pool);
uint64_t world_policy_hits(const struct world *world, uint32_t policy);
struct engine_datagram_counts world_datagram_counts(const struct world *world);
void world_set_link(struct world *world, uint16_t unit, bool up);
void world_close(struct world *world);
void world_clear_neighbour(struct world *world, const struct engine_neighbour_view *view);
/* Skips a test of what each engine has for itself: sizes, rates, numbers. */
void world_needs_one_engine(void);
/* Throws all records away. */
void world_forget_events(struct world *world);

#endif
