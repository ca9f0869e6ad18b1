/*
 * A gateway with four sessions, for the fuzz targets of errors about them: a TCP session, a UDP session and a ping of a client to
 * one server, and one of UDP to another. One family at a time; addresses of IPv4 are ::ffff:a.b.c.d here.
 */
#ifndef FUZZ_TALKERS_H
#define FUZZ_TALKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway.h"
#include "wire/ipv6.h"

enum {
	TALKERS_FLOWS = 4,
	TALKERS_TCP = 6,
	TALKERS_UDP = 17,
	TALKERS_PACKET_MOST = 68, /* of a flow, with an extension header */
};

struct talkers_flow {
	struct ipv6_address server;
	uint16_t port; /* ping: the identifier, on both sides */
	uint16_t server_port;
	uint8_t protocol; /* TALKERS_TCP, TALKERS_UDP, or the family's ICMP */
};

struct talkers {
	const char *configuration; /* set statements: the client is behind port 0, the servers behind port 1 */
	struct ipv6_address client;
	struct talkers_flow flows[TALKERS_FLOWS];
	bool inet6;
	/* made by talkers_begin() */
	struct gateway *gateway;
	struct conf_tree *tree;
	uint32_t sent; /* that left because of the last packet */
};

/* An IP header before `length` octets; returns its own length. */
size_t talkers_put_ip(const struct talkers *talkers, uint8_t *ip, const struct ipv6_address addresses[2], uint8_t protocol,
    size_t length);
/* The checksum of what is behind an IP header, at `at`. => the family's ICMP, TCP or UDP */
void talkers_put_sum(const struct talkers *talkers, uint8_t *ip, uint8_t protocol, uint8_t *transport, size_t length, size_t at);
/* A packet of a flow, forth or back, with `extension` octets (0 or 8; IPv6) of destination options. Returns its length. */
struct talkers_how {
	bool back;
	uint8_t flags; /* TCP */
	size_t extension;
};
size_t talkers_packet(const struct talkers *talkers, uint8_t *ip, const struct talkers_flow *flow, const struct talkers_how *how);
/* As a frame in a block of its own size, on the clients' side or on the servers'. */
struct packet_result talkers_send(struct talkers *talkers, const uint8_t *ip, size_t length, bool back);
/* The gateway is made the first time. All sessions begin. */
void talkers_begin(struct talkers *talkers);
/* They are there as they were and go on; then they are cleared. */
void talkers_end(struct talkers *talkers);
/* Are these octets, 8 at least, the transport header of a packet that `from` sent to `to` in a session? */
bool talkers_sent(const struct talkers *talkers, const struct ipv6_address ends[2], uint8_t protocol, const uint8_t *transport);

#endif
