/*
 * IPv6 under mode packet-based (REQ-FW-017): each packet by its route alone, as a router would. No
 * sessions, no policies; what is checked of every packet (inspect6.c, addresses6.c), and that an
 * interface must be in a zone, hold on.
 *
 * What is to or from ourselves is not forwarded: it goes the usual way with a session of its own, so
 * that our host's questions get their answers, and errors about them.
 */
#include "egress_private.h"

#include "wire/icmp.h"

/* Where it goes is known. */
static void
forward(struct engine *engine, struct item *item, const struct way *way)
{
	const struct unit *out = &engine->units[way->unit];

	item->packet->result.to_zone = out->zone;
	if (out->zone == SNAPSHOT_NONE) {
		finish_drop(engine, item->packet, REASON_NULL_ZONE_EGRESS);
		return;
	}
	if (ipv6_is_link_local(item->addresses.source)) {
		finish_refused(engine, item, REASON_LINK_LOCAL);
		return;
	}
	if (item->ttl <= 1) {
		reply_time_exceeded(engine, item, REASON_TTL_EXCEEDED);
		return;
	}
	if (item->length > out->mtu6 && !item_fits(out, item)) {
		reply_unreachable(engine, item, ICMP_UNREACHABLE_FRAGMENTATION, out->mtu6,
		    REASON_FRAGMENTATION_NEEDED);
		return;
	}
	const uint32_t neighbour = neighbour_get(engine, way->unit, way->next_hop);

	if (neighbour == NEIGHBOUR_NONE) {
		finish_drop(engine, item->packet, REASON_NEIGHBOUR_TABLE_FULL);
		return;
	}
	stateless_forward(engine, item, way->unit, neighbour, REASON_PACKET_BASED);
}

/* The way of its destination, or why there is none; false: it is from ourselves, or for us. */
static inline bool
find_way_through(const struct engine *engine, const struct item *item, struct way *way, enum reason *reason)
{
	const struct ipv6_address destination = item->addresses.destination;

	if ((item->flags & ITEM_FROM_HOST) != 0 || ipv6_is_multicast(destination)) {
		return false;
	}
	*reason = route_find6(engine, item->instance, item->unit, destination, way);
	return *reason != REASON_NONE || !way->local;
}

bool
passes_through6(const struct engine *engine, const struct item *item)
{
	struct way way;
	enum reason reason;

	return find_way_through(engine, item, &way, &reason);
}

bool
stateless_packet6(struct engine *engine, struct item *item)
{
	struct way way;
	enum reason found;

	if (!find_way_through(engine, item, &way, &found)) {
		return false;
	}
	enum reason reason = check_addresses6(engine, item);

	if (reason == REASON_NONE) {
		reason = (item->flags & ITEM_GROUP_FRAME) != 0 ? REASON_FRAME_BROADCAST
							       : check_source_way6(engine, item);
	}
	if (reason != REASON_NONE) {
		finish_refused(engine, item, reason);
	} else if (found != REASON_NONE) {
		refuse_route(engine, item, found);
	} else {
		forward(engine, item, &way);
	}
	return true;
}
