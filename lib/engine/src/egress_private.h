/*
 * The last steps of every packet that leaves, inline: they stand on the established packet's way.
 */
#ifndef ENGINE_EGRESS_PRIVATE_H
#define ENGINE_EGRESS_PRIVATE_H

#include "engine_private.h"

/* => the packet has `ip` within its data: afterwards data is at the IP packet and just that long */
static inline void
packet_to_ip(struct packet *packet, uint8_t *ip, uint16_t length)
{
	const uint32_t before = (uint32_t)(ip - packet->data);
	const uint32_t after = packet->length - before - length;

	assert(ip >= packet->data && before + length <= packet->length);
	packet->data = ip;
	packet->headroom = (uint16_t)(packet->headroom + before);
	packet->tailroom = (uint16_t)(packet->tailroom + after);
	packet->length = length;
}

/* Puts the frame header before the IP packet of `length` octets at `ip` within the packet and sends
 * just that. `vlan` is the unit's. => before `ip` there is room for ETHERNET_ROOM octets */
static inline void
egress_frame_at(struct engine *engine, struct packet *packet, uint8_t *ip, uint16_t length,
    struct unit *unit, const uint8_t *mac, uint16_t vlan)
{
	const uint16_t header = ethernet_header_length(vlan);
	const uint32_t before = (uint32_t)(ip - packet->data);

	assert(vlan == unit->vlan && (unit->flags & UNIT_USABLE) != 0);
	assert(before + length <= packet->length && packet->headroom + before >= header);
	packet->headroom = (uint16_t)(packet->headroom + before - header);
	packet->tailroom = (uint16_t)(packet->tailroom + packet->length - before - length);
	packet->data = ip - header;
	packet->length = (uint32_t)length + header;
	packet->port = unit->port;
	ethernet_build(ip - header, mac, unit->mac, vlan,
	    ip[0] >> 4 == 6 ? ETHERNET_TYPE_IPV6 : ETHERNET_TYPE_IPV4);
	unit->counters.out_packets += 1U + packet->segments_more;
	unit->counters.out_bytes += (uint32_t)length + header;
	output_put(engine, packet, ENGINE_SEND);
}

/* The same for a packet that is an IP packet and nothing else. => data is at the IP header */
static inline void
egress_frame(struct engine *engine, struct packet *packet, struct unit *unit, const uint8_t *mac)
{
	egress_frame_at(engine, packet, packet->data, (uint16_t)packet->length, unit, mac,
	    unit->vlan);
}

/* The usual case of packet_to_ip() and egress_send(): a neighbour that is known and needs no
 * question, and room. False: nothing was done. */
static inline bool
egress_at_once(struct engine *engine, struct packet *packet, uint8_t *ip, uint16_t length,
    struct unit *unit, uint32_t index)
{
	struct neighbour *neighbour = &engine->neighbours.entries[index];
	const unsigned known =
	    1U << NEIGHBOUR_REACHABLE | 1U << NEIGHBOUR_PROBE | 1U << NEIGHBOUR_PERMANENT;

	if (packet->headroom + (ip - packet->data) < ETHERNET_ROOM ||
	    (1U << (neighbour->state & 7) & known) == 0) {
		return false;
	}
	assert(neighbour->unit == (uint16_t)(unit - engine->units));
	neighbour->used = engine->tick;
	/* The tag is a constant in the usual case. */
	if (unit->vlan == ETHERNET_VLAN_NONE) {
		egress_frame_at(
		    engine, packet, ip, length, unit, neighbour->mac, ETHERNET_VLAN_NONE);
	} else {
		egress_frame_at(engine, packet, ip, length, unit, neighbour->mac, unit->vlan);
	}
	return true;
}

#endif
