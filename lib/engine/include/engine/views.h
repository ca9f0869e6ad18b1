/*
 * What `show` sees of the engine's tables: plain copies, valid for as long as the caller likes.
 *
 * Addresses are host order; a session's are IPv6 ones, with IPv4 as ::ffff:a.b.c.d. Index 0 is forth (what the session's first packet did), 1 is back (the replies).
 */
#ifndef ENGINE_VIEWS_H
#define ENGINE_VIEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/ipv6.h"

enum session_state {
	SESSION_OPEN,         /* not TCP */
	SESSION_TCP_OPENING,  /* the handshake is not complete */
	SESSION_TCP_ESTABLISHED,
	SESSION_TCP_CLOSING,  /* FIN in one direction */
	SESSION_TCP_CLOSED,   /* FIN in both, or RST: it only lingers for the last segments */
};

enum session_nat { /* what of a session is translated: bits */
	SESSION_NAT_SOURCE = 1 << 0,
	SESSION_NAT_DESTINATION = 1 << 1,
	SESSION_NAT_BY_STATIC = 1 << 2, /* one of them by a static mapping */
};

struct engine_session_view {
	uint64_t session;
	uint64_t packets[2];
	uint64_t bytes[2];
	/* As a packet of that direction arrives: without NAT source[1] is destination[0]. What leaves forth is the reverse of [1],
	 * what leaves back is the reverse of [0]. */
	struct ipv6_address source[2];
	struct ipv6_address destination[2];
	uint16_t source_port[2]; /* ICMP: the identifier, in both; the translated one in [1] */
	uint16_t destination_port[2];
	uint32_t policy;      /* identity, PACKET_DEFAULT_POLICY, or PACKET_NO_POLICY for sessions of our own host */
	uint32_t application; /* index in the snapshot's applications, UINT32_MAX: none */
	uint32_t timeout;     /* seconds without a packet after which it ends */
	uint32_t left;        /* seconds until it ends when no more packets come */
	uint32_t age;         /* seconds since it was made */
	uint16_t unit[2];     /* where a packet of that direction comes in: PACKET_NO_UNIT for our own host */
	uint16_t instance[2]; /* and its routing instance */
	uint16_t from_zone;
	uint16_t to_zone;
	uint16_t worker;
	uint8_t protocol;
	uint8_t state; /* enum session_state */
	uint8_t nat;   /* enum session_nat */
	uint16_t nat_pool; /* of the source, or SNAPSHOT_NAT_NONE */
	uint8_t icmp_type; /* of the first packet */
	uint8_t icmp_code;
};

enum neighbour_state {
	NEIGHBOUR_INCOMPLETE, /* asked, no answer yet */
	NEIGHBOUR_REACHABLE,
	NEIGHBOUR_STALE, /* used on, asked again with the next packet */
	NEIGHBOUR_PROBE, /* used on, asked again */
	NEIGHBOUR_FAILED, /* did not answer */
	NEIGHBOUR_PERMANENT, /* made up by neighbours_auto */
};

struct engine_neighbour_view {
	struct ipv6_address address; /* IPv4 as ::ffff:a.b.c.d */
	uint32_t age; /* seconds since it was last confirmed */
	uint32_t left; /* seconds until it expires without use */
	uint16_t unit;
	uint8_t state; /* enum neighbour_state */
	uint8_t mac[6];
	bool router; /* says of itself that it is one */
};

/* Router advertisements of a unit on which they are configured. */
struct engine_advertiser_view {
	uint32_t sent;
	uint32_t solicited; /* solicitations that came in */
	uint32_t heard;     /* advertisements of other routers that came in */
	uint32_t since;     /* seconds since the last one was sent */
	uint16_t unit;
};

/* What a host keeps being translated to. Ports and protocol are 0 when it is the address alone. */
struct engine_nat_mapping_view {
	uint32_t host; /* host order, as all of these */
	uint32_t address;
	uint16_t host_port;
	uint16_t port;
	uint16_t host_instance;
	uint16_t instance;
	uint16_t pool; /* that the rule names */
	uint16_t rule;
	uint8_t protocol;
	uint8_t kind; /* enum nat_persistent_kind; NONE: it does not stand any more, and goes with its sessions */
	uint32_t sessions;
	uint32_t sessions_most;
	uint32_t seconds; /* that it stays without sessions */
	uint32_t left;    /* of them; 0 while it has some */
	uint32_t remotes; /* that may send, where not all may */
};

/* A host that keeps an address. */
struct engine_nat_binding_view {
	uint32_t host; /* host order, as all of these */
	uint32_t address;
	uint32_t sessions;
	uint16_t instance; /* of the host */
	uint16_t pool;
	uint8_t protocol; /* of those that have no ports; 0: of all that have */
	bool alone;       /* nobody else has the address */
};

#endif
