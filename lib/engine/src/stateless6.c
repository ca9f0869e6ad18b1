/*
 * IPv6 under mode packet-based (REQ-FW-017): each packet by its route alone, as a router would. No
 * sessions, no policies; what is checked of every packet (inspect6.c, addresses6.c), zones that an
 * interface must be in, and host-inbound-traffic hold on.
 */
#include "egress_private.h"

#include "wire/icmp.h"

/* Where it goes is known. */
static void
forward(struct engine *engine, struct item *item, const struct way *way)
{
	const struct unit *out = &engine->units[way->unit];
	const bool from_host = (item->flags & ITEM_FROM_HOST) != 0;

	item->packet->result.to_zone = out->zone;
	if (out->zone == SNAPSHOT_NONE) {
		finish_drop(engine, item->packet, REASON_NULL_ZONE_EGRESS);
		return;
	}
	if (!from_host && ipv6_is_link_local(item->addresses.source)) {
		finish_refused(engine, item, REASON_LINK_LOCAL);
		return;
	}
	if (!from_host && item->ttl <= 1) {
		reply_time_exceeded(engine, item, REASON_TTL_EXCEEDED);
		return;
	}
	if (item->length > out->mtu6) {
		reply_unreachable(engine, item, ICMP_UNREACHABLE_FRAGMENTATION, out->mtu6,
		    REASON_FRAGMENTATION_NEEDED);
		return;
	}
	const uint32_t neighbour = neighbour_get(engine, way->unit, way->next_hop);

	if (neighbour == NEIGHBOUR_NONE) {
		finish_drop(engine, item->packet, REASON_NEIGHBOUR_TABLE_FULL);
		return;
	}
	stateless_forward(engine, item, way->unit, neighbour,
	    from_host ? REASON_HOST_OUTBOUND : REASON_PACKET_BASED);
}

void
stateless_packet6(struct engine *engine, struct item *item)
{
	const bool from_host = (item->flags & ITEM_FROM_HOST) != 0;
	enum reason reason = check_addresses6(engine, item);
	struct way way;

	if (reason == REASON_NONE && ipv6_is_multicast(item->addresses.destination)) {
		reason = REASON_DESTINATION_MULTICAST;
	} else if (reason == REASON_NONE && !from_host) {
		reason = (item->flags & ITEM_GROUP_FRAME) != 0 ? REASON_FRAME_BROADCAST
							       : check_source_way6(engine, item);
	}
	if (reason != REASON_NONE) {
		finish_refused(engine, item, reason);
		return;
	}
	reason = route_find6(
	    engine, item->instance, item->unit, item->addresses.destination, &way);
	if (reason != REASON_NONE) {
		refuse_route(engine, item, reason);
	} else if (!way.local) {
		forward(engine, item, &way);
	} else if (from_host) {
		finish_drop(engine, item->packet, REASON_HOST_TO_SELF);
	} else if ((item->flags & ITEM_FRAGMENT) != 0) {
		datagram_packet(engine, item); /* we see it whole */
	} else {
		local_packet(engine, item, &way);
	}
}
