/*
 * The addresses and ports of a frame, as a person names a flow; for the replay's texts only, the engine has its own.
 */
#ifndef FRONT_FLOW_H
#define FRONT_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct flow {
	bool ipv4;  /* else nothing below counts */
	bool ports; /* TCP, UDP; ICMP echo: both are the identifier */
	uint8_t protocol;
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t source; /* host order */
	uint32_t destination;
};

/* Reads an Ethernet frame with up to two VLAN tags. A later fragment has no ports. */
struct flow flow_of_frame(const uint8_t *bytes, size_t length);
/* "10.0.0.1:80", or "10.0.0.1" without ports. */
void flow_append_endpoint(struct text *out, uint32_t address, bool ports, uint16_t port);
/* "tcp", "udp", "icmp", else the number. */
void flow_append_protocol(struct text *out, uint8_t protocol);

#endif
