/*
 * Ethernet II frames with at most one IEEE 802.1Q tag.
 *
 *   0                   6                  12      14      16      18
 *   +---------+---------+---------+---------+-------+-------+-------+
 *   | destination MAC   | source MAC        | 0x8100| tag   | type  |  tagged: 18 octets
 *   +---------+---------+---------+---------+-------+-------+-------+
 *   | destination MAC   | source MAC        | type  |                  untagged: 14
 */
#ifndef WIRE_ETHERNET_H
#define WIRE_ETHERNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "wire/bytes.h"

enum {
	ETHERNET_ADDRESS = 6,
	ETHERNET_HEADER = 14,
	ETHERNET_TAG = 4,
	ETHERNET_HEADER_MOST = ETHERNET_HEADER + ETHERNET_TAG,
	ETHERNET_TYPE_IPV4 = 0x0800,
	ETHERNET_TYPE_ARP = 0x0806,
	ETHERNET_TYPE_VLAN = 0x8100,
	ETHERNET_TYPE_VLAN_SERVICE = 0x88a8,
	ETHERNET_TYPE_IPV6 = 0x86dd,
	ETHERNET_VLAN_NONE = 0, /* untagged, or a priority tag (IEEE 802.1Q 9.6) */
};

struct ethernet_header {
	uint16_t type;   /* of what follows the tag */
	uint16_t vlan;   /* 1 to 4094, or ETHERNET_VLAN_NONE */
	uint16_t length; /* of the header */
	bool tagged;
};

/* False when the frame is shorter than its header. */
static inline bool
ethernet_parse(const uint8_t *frame, size_t length, struct ethernet_header *header)
{
	struct reader reader = reader_over(frame, length);
	const uint8_t *plain = reader_bytes(&reader, ETHERNET_HEADER);

	if (plain == NULL) {
		return false;
	}
	header->type = bytes_load_16(plain + 12);
	header->vlan = ETHERNET_VLAN_NONE;
	header->length = ETHERNET_HEADER;
	header->tagged = header->type == ETHERNET_TYPE_VLAN;
	if (!header->tagged) {
		return true;
	}
	const uint8_t *tag = reader_bytes(&reader, ETHERNET_TAG);

	if (tag == NULL) {
		return false;
	}
	header->vlan = bytes_load_16(tag) & 0xfff;
	header->type = bytes_load_16(tag + 2);
	header->length = ETHERNET_HEADER_MOST;
	return true;
}

/* Is the destination a group (broadcast or multicast)? => ethernet_parse() said true */
static inline bool
ethernet_to_group(const uint8_t *frame)
{
	return (frame[0] & 1) != 0;
}

static inline bool
ethernet_same_address(const uint8_t *left, const uint8_t *right)
{
	return memcmp(left, right, ETHERNET_ADDRESS) == 0;
}

/* Is it an address that one station can have: not a group, not zero? */
static inline bool
ethernet_station(const uint8_t *address)
{
	static const uint8_t zero[ETHERNET_ADDRESS];

	return (address[0] & 1) == 0 && !ethernet_same_address(address, zero);
}

/* Octets of a header with or without a tag. */
static inline uint16_t
ethernet_header_length(uint16_t vlan)
{
	return vlan == ETHERNET_VLAN_NONE ? ETHERNET_HEADER : ETHERNET_HEADER_MOST;
}

/* Writes the header of ethernet_header_length(vlan) octets. */
static inline void
ethernet_build(
    uint8_t *to, const uint8_t *destination, const uint8_t *source, uint16_t vlan, uint16_t type)
{
	memcpy(to, destination, ETHERNET_ADDRESS);
	memcpy(to + 6, source, ETHERNET_ADDRESS);
	if (vlan == ETHERNET_VLAN_NONE) {
		bytes_store_16(to + 12, type);
		return;
	}
	bytes_store_16(to + 12, ETHERNET_TYPE_VLAN);
	bytes_store_16(to + 14, vlan);
	bytes_store_16(to + 16, type);
}

#endif
