/*
 * The addresses and ports of a frame, as a person names a flow; for the replay's texts only, the engine has its own.
 */
#ifndef FRONT_FLOW_H
#define FRONT_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "wire/ipv6.h"

struct flow {
	bool ip;    /* IPv4 or IPv6; else nothing below counts */
	bool ports; /* TCP, UDP; ICMP echo: both are the identifier */
	uint8_t protocol;
	uint16_t source_port;
	uint16_t destination_port;
	struct ipv6_address source; /* IPv4 as ::ffff:a.b.c.d */
	struct ipv6_address destination;
};

/* Reads an Ethernet frame with up to two VLAN tags. A later fragment has no ports. */
struct flow flow_of_frame(const uint8_t *bytes, size_t length);
/* "10.0.0.1:80" and "[2001:db8::1]:80", or the address alone without ports. */
void flow_append_endpoint(struct text *out, struct ipv6_address address, bool ports, uint16_t port);
/* "tcp", "udp", "icmp", "icmp6", else the number. */
void flow_append_protocol(struct text *out, uint8_t protocol);

#endif
