/*
 * ARP for Ethernet and IPv4 (RFC 826, RFC 5227).
 *
 *   |  hardware type = 1  | protocol type = 0x0800 | 6 | 4 | operation |
 *   |  sender MAC (6)  | sender IP (4)  | target MAC (6) | target IP (4)  |
 */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ARP_PACKET = 28,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	ARP_FRAME_LEAST = 60, /* an Ethernet frame without its checksum: shorter ones are padded */
};

struct arp_packet {
	uint32_t sender; /* host order */
	uint32_t target;
	uint16_t operation;
	uint8_t sender_mac[6];
	uint8_t target_mac[6];
};

/* False when it is cut short, not for Ethernet and IPv4, neither request nor reply, or its sender
 * is no single station. */
bool arp_parse(const uint8_t *bytes, size_t length, struct arp_packet *packet);
/* Writes ARP_PACKET octets. */
void arp_build(uint8_t *to, const struct arp_packet *packet);

#endif
