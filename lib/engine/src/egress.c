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

bool
egress_originate(struct engine *engine, struct packet *packet, uint16_t instance)
{
	struct way way;

	assert(packet->length >= IPV4_HEADER);
	if (route_find(engine, instance, bytes_load_32(packet->data + 16), &way) != REASON_NONE ||
	    way.local) {
		return false;
	}
	const struct unit *unit = &engine->units[way.unit];
	const uint32_t neighbour = neighbour_get(engine, way.unit, ipv6_mapped(way.next_hop));

	if (unit->zone == SNAPSHOT_NONE || neighbour == NEIGHBOUR_NONE) {
		return false;
	}
	if (packet->length > unit->mtu) {
		return fragment_send(engine, packet, neighbour, unit->mtu);
	}
	const enum reason sent = egress_send(engine, packet, neighbour);

	return sent == REASON_NONE || sent == REASON_NEIGHBOUR_WAIT;
}
