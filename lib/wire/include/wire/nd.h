/*
 * Neighbour discovery (RFC 4861): the messages of ICMPv6 types 133 to 137 and their options.
 *
 *   |     type      |    code = 0   |           checksum            |
 *   |  solicitations: reserved; neighbour advertisement: R, S, O    |
 *   |  neighbour messages and redirects: target (16 octets)         |
 *   |  options: type, length in units of 8 octets, value            |
 *
 * Parsing is of the ICMPv6 message alone; hop limit, addresses and checksum are the caller's. What
 * a router needs is read: the messages of hosts and of neighbours. The parameters of other routers'
 * advertisements are not.
 */
#ifndef WIRE_ND_H
#define WIRE_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ethernet.h"
#include "wire/icmp6.h"

enum {
	ND_HOP_LIMIT = 255, /* RFC 4861 11.2: whoever sends more than a hop away cannot have it */
	ND_ROUTER_SOLICITATION = 8,
	ND_ROUTER_ADVERTISEMENT = 16,
	ND_NEIGHBOUR = 24, /* octets of a solicitation or an advertisement without options */
	ND_LINK_OPTION = 8, /* of the link-layer address on Ethernet */
	ND_NONCE = 6,
	ND_NONCE_OPTION = 8,
	ND_OPTIONS_MOST = 16, /* in a message: more are nobody's */
	/* The longest messages of ours, with one link-layer address and a nonce. */
	ND_NEIGHBOUR_MOST = ND_NEIGHBOUR + ND_LINK_OPTION + ND_NONCE_OPTION,
};

enum nd_flag {
	ND_ROUTER = 1 << 7,
	ND_SOLICITED = 1 << 6,
	ND_OVERRIDE = 1 << 5,
};

struct nd_message {
	struct ipv6_address target; /* neighbour messages and redirects */
	uint8_t type;
	uint8_t flags; /* enum nd_flag; advertisements of neighbours */
	bool has_source_mac;
	bool has_target_mac;
	bool has_nonce; /* RFC 7527 */
	uint8_t source_mac[ETHERNET_ADDRESS];
	uint8_t target_mac[ETHERNET_ADDRESS];
	uint8_t nonce[ND_NONCE]; /* of other lengths: not ours, so not kept */
};

/* False when it is cut short, its code is not 0, an option is cut short or empty, there are too
 * many of them, its target is no single station's, or a link-layer address is none of a station. */
bool nd_parse(const uint8_t *bytes, size_t length, struct nd_message *message);

/* Writes a neighbour solicitation or advertisement with the options that the message has; the
 * checksum is left zero. Returns its octets, at most ND_NEIGHBOUR_MOST. */
size_t nd_build(uint8_t *to, const struct nd_message *message);

enum nd_advertisement_flag {
	ND_MANAGED = 1 << 7,
	ND_OTHER = 1 << 6,
};

enum nd_prefix_flag {
	ND_ON_LINK = 1 << 7,
	ND_AUTONOMOUS = 1 << 6,
};

/* The fixed part of a router advertisement (RFC 4861 4.2). */
struct nd_advertisement {
	uint32_t reachable;   /* milliseconds; 0: the host's own */
	uint32_t retransmit;  /* milliseconds; 0: the host's own */
	uint16_t lifetime;    /* seconds as a default router; 0: it is none */
	uint8_t hop_limit;    /* 0: the host's own */
	uint8_t flags;        /* enum nd_advertisement_flag; with the preference of RFC 4191 */
};

struct nd_prefix {
	struct ipv6_address prefix;
	uint32_t valid;     /* seconds; UINT32_MAX: for ever */
	uint32_t preferred;
	uint8_t length;
	uint8_t flags; /* enum nd_prefix_flag */
};

enum {
	ND_PREFIX_OPTION = 32,
	ND_MTU_OPTION = 8,
	ND_DNS_OPTION = 8, /* and IPV6_ADDRESS for each server (RFC 8106 5.1) */
};

/* Each writes its part and returns its octets. The checksum is left zero. */
size_t nd_build_advertisement(uint8_t *to, const struct nd_advertisement *advertisement);
size_t nd_build_source_mac(uint8_t *to, const uint8_t *mac);
size_t nd_build_mtu(uint8_t *to, uint32_t mtu);
size_t nd_build_prefix(uint8_t *to, const struct nd_prefix *prefix);
/* => 0 < count <= 8 */
size_t nd_build_dns(
    uint8_t *to, const struct ipv6_address *servers, unsigned count, uint32_t lifetime);

/* --- multicast listener discovery, version 2 (RFC 3810) --- */

enum {
	MLD_REPORT = 8,      /* octets of a report without records */
	MLD_RECORD = 20,     /* of a record without sources */
	MLD_QUERY_LEAST = 24, /* version 1's whole message (RFC 2710 3) */
	MLD_HOP_LIMIT = 1,
};

enum mld_record {
	MLD_IS_EXCLUDE = 2, /* an answer: a member of the group, of all sources */
	MLD_TO_INCLUDE = 3, /* left it */
	MLD_TO_EXCLUDE = 4, /* joined it */
};

/* ff02::16: all routers that understand version 2 */
#define MLD_ROUTERS ((struct ipv6_address){0xff02000000000000, 0x16})

/* Writes the head and `count` records of one kind; the checksum is left zero. */
size_t mld_build_report(
    uint8_t *to, enum mld_record kind, const struct ipv6_address *groups, uint16_t count);
/* The router alert for listener discovery (RFC 2711) in a hop-by-hop header: 8 octets. */
size_t mld_build_router_alert(uint8_t *to);
/* The group that a query asks for, :: for all. False when it is cut short. */
bool mld_parse_query(const uint8_t *bytes, size_t length, struct ipv6_address *group);

#endif
