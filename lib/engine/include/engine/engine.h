/*
 * The engine: packets in, verdicts out. No DPDK, sockets, threads, clock, locale, printf, malloc: its caller gives it
 * memory, time, randomness and packets.
 *
 * Life cycle: engine_size() -> caller's memory -> engine_init() -> engine_apply() -> { engine_process(),
 * engine_advance(), engine_take_output(), engine_take_event() } ... A fresh engine is closed: without a snapshot it drops
 * everything. Nothing needs to be torn down: the caller frees the memory.
 *
 * Threads: one engine belongs to one worker thread; every function here is called from it. Time is monotonic nanoseconds
 * and never goes back; wall time is seconds and microseconds of UTC that the caller says.
 *
 * Outputs: engine_process() and engine_advance() put what has to happen into a queue inside the engine; the caller drains
 * it with engine_take_output() after each call. Every packet handed in comes back exactly once: at once, or later when
 * the engine had held it.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "engine/event.h"
#include "engine/fib.h"
#include "engine/message.h"
#include "engine/owner.h"
#include "engine/packet.h"
#include "engine/snapshot.h"
#include "engine/views.h"

enum {
	ENGINE_BURST = 32, /* most packets in one engine_process() */
	ENGINE_WORKERS_MOST = 32,
};

struct engine;

struct engine_config {
	uint32_t sessions;   /* pool size */
	uint32_t neighbours; /* ARP entries over all units */
	uint32_t held;       /* packets that may wait for a neighbour, over all */
	uint32_t claims;     /* own IPv6 addresses that are asked for before they are used, over all units */
	uint32_t datagrams;  /* that may be incomplete at a time */
	uint32_t fragments;  /* of them all that are known */
	uint32_t fragments_held; /* and that may wait for others */
	uint32_t events;     /* ring of event records */
	uint32_t policies;   /* highest policy identity + 1 that counters have room for */
	uint32_t policies_foreseen; /* with so many, those of a burst's first packets are looked up together */
	uint32_t units;      /* likewise */
	uint32_t zones;
	uint32_t nat_pools;    /* highest pool identity + 1 that counters have room for */
	uint32_t nat_rules;    /* likewise of rules */
	uint32_t nat_blocks;   /* pairs of translated address and protocol that may have ports in use: 8 KB each, when used */
	uint32_t nat_resting;  /* ports that may rest after their session; a power of two */
	uint32_t nat_bindings; /* hosts that may keep an address (no-port-translation, address-persistent) */
	uint32_t nat_mappings; /* translations that are kept for hosts (persistent-nat) */
	uint32_t nat_remotes;  /* whom those hosts have sent to, over all */
	uint16_t workers;      /* how many engines there are: ports are shared out among them */
	uint16_t worker;     /* this engine's owner id: sessions it makes carry it */
	struct hash_key sharing; /* with several workers: the same for all, drawn at random */
	/* replay --arp auto: every next hop resolves at once to 02:00:00 and its last three octets, and our own IPv6
	 * addresses are ours from the start */
	bool neighbours_auto;
	/* Live: sessions and denials that no policy wants in the log leave no record, as nobody reads it; off: all do. */
	bool records_logged_only;
	bool check_mac; /* live: drop unicast frames to other stations; off: any unicast frame counts as sent to us */
	/* A fresh packet for what we originate with nothing to reuse (ARP requests, fragments); NULL when there is none.
	 * Length 0, at least 32 octets of headroom; tailroom for a whole frame, else it comes back with ENGINE_FREE. */
	struct packet *(*packet_take)(void *context);
	/* One for a whole datagram that came in fragments: 65535 octets behind data. NULL, or none: dropped. */
	struct packet *(*packet_take_large)(void *context);
	void *packet_context;
	struct random_source *random; /* borrowed; must outlive the engine */
};

/* A sane configuration for `sessions` sessions; the callbacks are left NULL. */
struct engine_config engine_config_for(uint32_t sessions);

/* The tables that can get full; resources.def is the table of them. */
enum engine_resource {
#define RESOURCE(symbol, name, field, full) ENGINE_RESOURCE_##symbol,
#include "engine/resources.def"
#undef RESOURCE
	ENGINE_RESOURCES
};
const char *engine_resource_name(enum engine_resource resource);
/* What happens when it is full. */
const char *engine_resource_effect(enum engine_resource resource);
uint32_t engine_resource_size(const struct engine_config *config, enum engine_resource resource);
/* => size is at least 1 */
void engine_resource_set(struct engine_config *config, enum engine_resource resource, uint32_t size);

size_t engine_size(const struct engine_config *config);
/* => memory is engine_size() octets, 64-aligned, zeroed. Returns NULL when it is too small or the config is senseless.
 * The secret of the hash is drawn from config->random here. */
struct engine *engine_init(void *memory, size_t size, const struct engine_config *config);

/* Takes a new configuration and forwarding table into force; either may be the one that is there already. After it
 * returns the engine holds no pointer into the former ones. Both NULL: closes the engine, and the packets that it held come
 * back through engine_take_output(). */
void engine_apply(struct engine *engine, const struct snapshot *snapshot, const struct fib *fib);
/* UTC at monotonic `now`, microseconds since 1970. A step moves schedulers and log stamps, never a timeout. */
void engine_set_wall(struct engine *engine, uint64_t now, int64_t utc_microseconds);

/* Runs up to ENGINE_BURST packets; fills each packet's result. */
void engine_process(struct engine *engine, uint64_t now, struct packet *const *packets, uint32_t count);
/* Timers: sessions, neighbours, held packets. Bounded work a call; returns true when more is due already. */
bool engine_advance(struct engine *engine, uint64_t now);

enum engine_verb {
	ENGINE_SEND,    /* transmit on packet->port */
	ENGINE_HOST,    /* write data (an IP packet) to the host's TUN of packet->instance */
	ENGINE_FREE,    /* done with */
	ENGINE_HANDOFF, /* belongs to worker `worker`: pass it over its ring and call engine_process() there */
};

struct engine_output {
	struct packet *packet;
	uint8_t verb; /* enum engine_verb */
	uint16_t worker;
};

/* Up to `max` outputs in order; returns how many; 0 when drained. */
uint32_t engine_take_output(struct engine *engine, struct engine_output *outputs, uint32_t max);
/* The next event record, or false. When the ring was full records were lost: counted under reason event-ring-full. */
bool engine_take_event(struct engine *engine, struct event *event);

/* The next message for other workers, or false. => the config has several; there is nothing else to be taken first */
bool engine_take_message(struct engine *engine, struct engine_message *message);
/* For how many messages to each other worker there is room. => the caller takes that many, and loses none */
void engine_set_message_room(struct engine *engine, uint32_t room);
/* What another worker's engine said. See engine/message.h for the order. */
void engine_give_message(struct engine *engine, uint64_t now, const struct engine_message *message);

/* Show, clear and counters: bounded steps with a cursor, to be called between bursts. */
enum {
	ENGINE_STEP_VIEWS = 64,   /* that a step asks for at most, and */
	ENGINE_STEP_SLOTS = 4096, /* slots that it looks at, so that it takes some tens of microseconds */
};
/* => *cursor starts at 0. Fills up to `max` views of sessions from *cursor on, looking at no more than `steps` slots;
 * returns how many; *cursor is UINT32_MAX at the end. */
uint32_t engine_list_sessions(const struct engine *engine, uint64_t now, uint32_t *cursor, uint32_t steps,
    struct engine_session_view *views, uint32_t max);
/* Ends a session with reason session-cleared; false when there is none of that number. */
bool engine_clear_session(struct engine *engine, uint64_t now, uint64_t session);
uint32_t engine_list_neighbours(const struct engine *engine, uint64_t now, uint32_t *cursor,
    struct engine_neighbour_view *views, uint32_t max);

/* Forgets the neighbour of that unit and address, if it is still there. Packets that waited come back to be freed. */
void engine_clear_neighbour(struct engine *engine, uint64_t now, const struct engine_neighbour_view *view);
/* Are router advertisements sent by timers, whether packets come or not? */
bool engine_advertises(const struct engine *engine);
uint32_t engine_list_advertisers(const struct engine *engine, uint64_t now, uint32_t *cursor,
    struct engine_advertiser_view *views, uint32_t max);

/* The link of a unit is there or not; up until it is said otherwise. Without it neighbours are forgotten, and when it is back
 * its IPv6 addresses are asked for again. May be said as often as one likes. */
void engine_set_link(struct engine *engine, uint16_t unit, bool up);

struct engine_policy_counters {
	uint64_t hits;       /* sessions made, packets refused */
	int64_t first_hit;   /* UTC seconds; without hits senseless */
	int64_t last_hit;
	uint64_t packets;
	uint64_t bytes;
};

struct engine_unit_counters {
	uint64_t in_packets;
	uint64_t in_bytes;
	uint64_t out_packets;
	uint64_t out_bytes;
};

/* Whose ports are apart from each other's: TCP; UDP; ICMP queries. */
enum { ENGINE_NAT_CLASSES = 3 };

/* Of a source NAT pool, by identity. */
struct engine_nat_counters {
	uint64_t sessions; /* that it gave an address or port to, ever */
	uint64_t failures; /* that it refused: it had nothing left */
	uint32_t ports[ENGINE_NAT_CLASSES]; /* in use now; those that rest are not counted */
	uint32_t addresses; /* in use now by hosts of their own (no-port-translation) */
	uint32_t ports_most[ENGINE_NAT_CLASSES]; /* that were in use at a time */
	uint32_t held;       /* sessions that have an address of it now */
};

/* Of a rule of a rule-set, by identity. */
struct engine_nat_rule_counters {
	uint64_t hits;     /* sessions that it was about, also when it says that nothing is translated */
	uint64_t failures; /* sessions that were refused for want of an address or port */
	uint32_t sessions; /* that it is about, now */
};
struct engine_nat_rule_counters engine_nat_rule_counters(const struct engine *engine, uint16_t rule);
/* Of its counters those that only grow. */
void engine_clear_nat_rule(struct engine *engine, uint16_t rule);
/* What it has given and refused; what is in use now stays. */
void engine_clear_nat_pool(struct engine *engine, uint16_t pool);

/* Hosts that keep an address: the next of them, at most `most`, looking at `slots` places from *cursor on; *cursor becomes UINT32_MAX at the end. */
uint32_t engine_list_nat_bindings(const struct engine *engine, uint32_t *cursor, uint32_t slots,
    struct engine_nat_binding_view *views, uint32_t most);

/* Translations that are kept for hosts: as the list before. */
uint32_t engine_list_nat_mappings(const struct engine *engine, uint32_t *cursor, uint32_t slots,
    struct engine_nat_mapping_view *views, uint32_t most);
/* Forgets the mapping of that host, port, instance, pool and protocol; false: there is none, or it has sessions. */
bool engine_clear_nat_mapping(struct engine *engine, const struct engine_nat_mapping_view *view);

struct engine_nat_mapping_counts {
	uint32_t mappings; /* now, and room for */
	uint32_t mappings_most;
	uint32_t remotes;
	uint32_t remotes_most;
};
struct engine_nat_mapping_counts engine_nat_mapping_counts(const struct engine *engine);

struct engine_nat_counters engine_nat_counters(const struct engine *engine, uint16_t pool);

/* How often a screen detected something that came in from a zone, or on a unit. => screen < SCREEN_COUNT */
uint64_t engine_screen_zone_count(const struct engine *engine, uint16_t zone, enum screen screen);
uint64_t engine_screen_unit_count(const struct engine *engine, uint16_t unit, enum screen screen);
void engine_clear_screen_zone(struct engine *engine, uint16_t zone);
void engine_clear_screen_unit(struct engine *engine, uint16_t unit);

struct engine_resource_use {
	uint32_t used;
	uint32_t most; /* that were in use at a time; 0: not known */
	uint32_t limit;
};
struct engine_resource_use engine_resource_use(const struct engine *engine, enum engine_resource resource);
/* Memory that is set aside for it; what was never used is not touched. */
uint64_t engine_resource_octets(const struct engine *engine, enum engine_resource resource);

struct engine_datagram_counts {
	uint32_t datagrams; /* incomplete now, and room for */
	uint32_t datagrams_most;
	uint32_t held; /* fragments that wait */
	uint32_t held_most;
};

struct engine_datagram_counts engine_datagram_counts(const struct engine *engine);
uint64_t engine_reason_count(const struct engine *engine, enum reason reason);
struct engine_policy_counters engine_policy_counters(const struct engine *engine, uint32_t policy);
/* Forgets the policy's hits; what its sessions carry is counted on. */
void engine_clear_policy_hits(struct engine *engine, uint32_t policy);
struct engine_unit_counters engine_unit_counters(const struct engine *engine, uint16_t unit);
/* Begins them anew. */
void engine_clear_unit_counters(struct engine *engine, uint16_t unit);
/* Seconds that a session of a protocol may be idle when its application says nothing (REQ-SES-001 to 005). */
uint32_t engine_idle_timeout(uint8_t protocol);
uint32_t engine_session_count(const struct engine *engine);
uint32_t engine_session_capacity(const struct engine *engine);

#endif
