/*
 * The way out: room for a frame header, the header, the output queue; and what we send of our own
 * accord.
 */
#include "egress_private.h"

#include <string.h>

bool
packet_make_room(struct packet *packet, uint16_t headroom)
{
	if (packet->headroom >= headroom) {
		return true;
	}
	const uint16_t shift = (uint16_t)(headroom - packet->headroom);

	if (packet->tailroom < shift) {
		return false;
	}
	memmove(packet->data + shift, packet->data, packet->length);
	packet->data += shift;
	packet->headroom = headroom;
	packet->tailroom = (uint16_t)(packet->tailroom - shift);
	return true;
}

enum reason
egress_send(struct engine *engine, struct packet *packet, uint32_t index)
{
	struct neighbour *neighbour = &engine->neighbours.entries[index];

	if (!packet_make_room(packet, ETHERNET_ROOM)) {
		return REASON_PACKET_POOL_EMPTY;
	}
	if (!neighbour_usable(neighbour) && neighbour->state != NEIGHBOUR_PERMANENT) {
		return neighbour_hold(engine, index, packet);
	}
	neighbour->used = engine->tick;
	egress_frame(engine, packet, &engine->units[neighbour->unit], neighbour->mac);
	if (neighbour->state == NEIGHBOUR_STALE) {
		neighbour_refresh(engine, index);
	}
	return REASON_NONE;
}

/* The neighbour that a packet of our own goes to; NEIGHBOUR_NONE: it cannot. */
static uint32_t
own_neighbour(struct engine *engine, const struct way *way)
{
	return way->local || engine->units[way->unit].zone == SNAPSHOT_NONE
		   ? NEIGHBOUR_NONE
		   : neighbour_get(engine, way->unit, way->next_hop);
}

static bool
send_own(struct engine *engine, struct packet *packet, uint32_t neighbour)
{
	const enum reason sent = egress_send(engine, packet, neighbour);

	return sent == REASON_NONE || sent == REASON_NEIGHBOUR_WAIT;
}

bool
egress_originate(struct engine *engine, struct packet *packet, uint16_t instance, uint16_t unit)
{
	struct way way;

	assert(packet->length >= IPV4_HEADER);
	if (route_find(engine, instance, bytes_load_32(packet->data + 16), &way) != REASON_NONE ||
	    engine->units[way.unit].zone != engine->units[unit].zone) {
		return false;
	}
	const uint16_t mtu = engine->units[way.unit].mtu;
	const uint32_t neighbour = own_neighbour(engine, &way);

	if (neighbour == NEIGHBOUR_NONE) {
		return false;
	}
	return packet->length > mtu ? fragment_send(engine, packet, neighbour, mtu)
				    : send_own(engine, packet, neighbour);
}

bool
egress_originate6(struct engine *engine, struct packet *packet, uint16_t instance, uint16_t unit)
{
	struct way way;

	assert(packet->length >= IPV6_HEADER);
	if (route_find6(engine, instance, unit,
		ipv6_address_load(packet->data + IPV6_DESTINATION_AT), &way) != REASON_NONE ||
	    engine->units[way.unit].zone != engine->units[unit].zone) {
		return false;
	}
	const uint16_t mtu = engine->units[way.unit].mtu6;
	const uint32_t neighbour = own_neighbour(engine, &way);

	if (neighbour == NEIGHBOUR_NONE) {
		return false;
	}
	return packet->length > mtu ? fragment_send6(engine, packet, neighbour, mtu)
				    : send_own(engine, packet, neighbour);
}
