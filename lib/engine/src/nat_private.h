/*
 * The engine's state of address translation, and what its files call of it.
 *
 * nat.c decides what a first packet is translated to; nat_pool.c takes addresses and ports and gives them back; nat_persistent.c
 * keeps them for hosts;
 * nat_rewrite.c changes packets, and what ICMP errors quote; nat_session.c keeps or ends sessions after a change;
 * nat_announce.c answers and announces translated addresses.
 */
#ifndef ENGINE_NAT_PRIVATE_H
#define ENGINE_NAT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "wire/ipv4.h"
#include "nat_bindings.h"
#include "nat_mappings.h"
#include "nat_ports.h"

/* Are a protocol's ports translated? */
static inline bool
nat_has_ports(uint8_t protocol)
{
	return ip_protocol_has_ports(protocol);
}

/* Whose ports a protocol's are taken from. => nat_has_ports() */
static inline enum nat_class
nat_class_of(uint8_t protocol)
{
	return protocol == IPV4_PROTOCOL_TCP || protocol == IPV4_PROTOCOL_SCTP ? NAT_CLASS_TCP : NAT_CLASS_UDP;
}

/*
 * An address and where the search for its port begins, drawn for the pool's next session when the last one got its own: then
 * the port's bits are in the cache when they are wanted, and the session's keys can be foreseen (nat_foresee()). The port is
 * random among the free ones as before, and nobody outside can tell when it was drawn.
 */
struct nat_ahead {
	struct nat_next next;
	uint32_t place; /* of the address in its pool */
	bool drawn;
};

struct nat_pool_state {
	struct engine_nat_counters counters;
	struct nat_ahead ahead;
	uint32_t first; /* of its places, one an address; NAT_PLACE_NONE: it has none */
	uint32_t hint;  /* the address where a port came back last */
	uint32_t scan;  /* where the search for a free one goes on, without places */
	bool layered;   /* a session had a port of a higher layer, ever: the others are of layer 0 */
};

/* The mappings that a session counts in: index + 1, 0: none. */
struct nat_session_mappings {
	uint32_t source;
	uint32_t destination;
};

/* The rules that a session met: identity + 1, 0: none. */
struct nat_session_rules {
	uint16_t source;
	uint16_t destination;
};

enum {
	NAT_GUESSES = 64,
};

struct nat_state {
	struct nat_ports ports;
	/* By the last bits of a unit: the pool of the source of the last session that began by leaving there, or
	 * SNAPSHOT_NAT_NONE. The next one's is likely to be the same. */
	uint16_t guesses[NAT_GUESSES];
	struct nat_places places;
	uint32_t reopen; /* tick: what rested when places were assigned has woken, and belongs to none */
	bool reopens;
	struct nat_bindings bindings;
	struct nat_mappings mappings;
	struct nat_session_rules *session_rules; /* by session */
	uint32_t rule_sessions; /* sessions with a rule now: without any nobody looks */
	struct nat_session_mappings *session_mappings; /* by session, of those with SESSION_NAT_PERSISTENT */
	uint8_t *session_layers; /* by session: of its port (nat_ports.h) */
	struct nat_pool_state *pools; /* by identity */
	struct engine_nat_rule_counters *rules; /* by identity */
	bool persistent_elsewhere; /* there are rules with persistent-nat, and another worker has their mappings */
	uint32_t pool_count;
	uint32_t rule_count;
};

/* What a first packet becomes. */
struct translation {
	uint32_t source;
	uint32_t destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t pool;     /* of the source, or SNAPSHOT_NAT_NONE */
	uint16_t rule;     /* for the source, or SNAPSHOT_NAT_NONE */
	uint16_t unit;     /* whose pools and mappings the source gets: of the egress, hairpins apart */
	uint16_t instance; /* where ports and addresses of the pool are taken */
	uint16_t flags;    /* enum session_flag, of translation */
	uint8_t protocol;
	uint8_t tries;
	uint8_t layer;   /* of the port: nat_ports.h */
	bool last_port;  /* it was its address's last one */
	bool exclusive;  /* a port of an overloaded pool too is its alone */
	uint32_t mapping; /* that the source counts in: index + 1, 0: none */
	const struct snapshot_nat_source *persistent; /* the rule's, when it keeps translations; or NULL */
	uint16_t start;    /* where the search for a port begins */
	bool has_start;    /* else it is drawn */
	bool may_wake;     /* ports that rest may be taken */
};

/* What somebody has of a pool. */
struct nat_holding {
	uint32_t host;
	uint32_t address; /* translated */
	uint16_t host_instance;
	uint16_t instance;
	uint16_t port;
	uint16_t pool;
	uint16_t flags;
	uint8_t protocol;
	uint8_t layer;
	enum nat_class class;
};

enum {
	NAT_ANNOUNCEMENTS = 256, /* ranges that are still to be announced, at most */
};

struct nat_announcement {
	struct snapshot_nat_range range;
	uint16_t unit;
};

struct nat_announcements {
	uint32_t count;
	struct nat_announcement ranges[NAT_ANNOUNCEMENTS];
};

size_t nat_state_size(const struct engine_config *config);
/* => memory is nat_state_size() octets, 64-aligned, zeroed */
void nat_state_init(struct nat_state *state, void *memory, const struct engine_config *config);

#endif
