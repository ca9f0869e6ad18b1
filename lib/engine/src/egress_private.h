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
	packet->l3 = 0;
}

/* Puts the frame header before the IP packet and sends it. => there is headroom for ETHERNET_ROOM
 * octets */
static inline void
egress_frame(struct engine *engine, struct packet *packet, struct unit *unit, const uint8_t *mac)
{
	const uint16_t header = ethernet_header_length(unit->vlan);

	assert(packet->headroom >= header && (unit->flags & UNIT_USABLE) != 0);
	packet->data -= header;
	packet->headroom = (uint16_t)(packet->headroom - header);
	packet->length += header;
	packet->port = unit->port;
	ethernet_build(packet->data, mac, unit->mac, unit->vlan, ETHERNET_TYPE_IPV4);
	unit->counters.out_packets++;
	unit->counters.out_bytes += packet->length;
	output_put(engine, packet, ENGINE_SEND);
}

/* The usual case of egress_send(): a neighbour that is known and needs no question, and room.
 * False: nothing was done. */
static inline bool
egress_at_once(struct engine *engine, struct packet *packet, struct unit *unit, uint32_t index)
{
	struct neighbour *neighbour = &engine->neighbours.entries[index];
	const unsigned known =
	    1U << NEIGHBOUR_REACHABLE | 1U << NEIGHBOUR_PROBE | 1U << NEIGHBOUR_PERMANENT;

	if (packet->headroom < ETHERNET_ROOM || (1U << (neighbour->state & 7) & known) == 0) {
		return false;
	}
	assert(neighbour->unit == (uint16_t)(unit - engine->units));
	neighbour->used = engine->tick;
	egress_frame(engine, packet, unit, neighbour->mac);
	return true;
}

#endif
