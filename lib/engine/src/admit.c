/*
 * Packets without session, from the address checks to the session that is made for them.
 *
 * Order: addresses that must not be in transit, SYN floods and who has proven to be there (syn_flood.c),
 * SYN check (REQ-SES-014 to 017), replies without session, static mapping of the destination, route, to ourselves? (local.c), zones, policy, other
 * translation of the destination, time to live and size, translation of the source, session. A packet
 * that no policy permits is not told whether its time to live would have lasted. What our own host
 * sends needs no policy; it too gets a session.
 *
 * Whether an address is ours is asked of the forwarding table of the instance where the packet came
 * in, for sources as for destinations. Instances may use the same addresses, so one that is ours in
 * another instance only can be a stranger's here; where an instance's routes lead to another's
 * interface (rib-groups) its local addresses are in the table too.
 */
#include "engine_private.h"

#include "wire/icmp.h"
#include "wire/icmp6.h"

enum {
	PORT_DNS = 53,
	FULL_SAID_NS = 1000000000, /* how often a full table is logged at most */
};

/* May it be a source in transit (RFC 1812 5.3.7, RFC 1122 3.2.1.3)? */
static enum reason
check_source(const struct engine *engine, const struct item *item)
{
	switch (ipv4_class(item->source)) {
	case IPV4_CLASS_UNICAST:
		return unit_broadcast(engine, item->unit, item->source) ? REASON_SOURCE_BROADCAST
									: REASON_NONE;
	case IPV4_CLASS_ZERO:
		/* A host that has no address yet asks for one by broadcast (RFC 2131). */
		return item->source == 0 && item->destination == UINT32_MAX ? REASON_NONE
									    : REASON_SOURCE_ZERO;
	case IPV4_CLASS_LOOPBACK:
		return REASON_SOURCE_LOOPBACK;
	case IPV4_CLASS_MULTICAST:
		return REASON_SOURCE_MULTICAST;
	case IPV4_CLASS_RESERVED:
		return REASON_SOURCE_RESERVED;
	case IPV4_CLASS_BROADCAST:
		return REASON_SOURCE_BROADCAST;
	}
	return REASON_SOURCE_RESERVED;
}

/* The source as a destination: an address of ours, or the broadcast address of another unit? */
static enum reason
check_source_way(const struct engine *engine, const struct item *item)
{
	const struct fib_hop *hop = fib_lookup(engine->fib, item->instance, item->source);
	const bool gateway = hop->kind == FIB_GATEWAY && hop->gateway != item->source;
	struct way way;

	/* By a gateway it is nobody's broadcast as far as we know. */
	if (gateway || way_of_hop(engine, hop, &way) != REASON_NONE) {
		return REASON_NONE;
	}
	if (way.local) {
		return REASON_SOURCE_OURS;
	}
	/* Of its own unit it was looked at before. */
	return way.unit != item->unit && unit_broadcast(engine, way.unit, item->source) ? REASON_SOURCE_BROADCAST : REASON_NONE;
}

static enum reason
check_destination(const struct item *item)
{
	switch (ipv4_class(item->destination)) {
	case IPV4_CLASS_UNICAST:
	case IPV4_CLASS_BROADCAST:
		return REASON_NONE;
	case IPV4_CLASS_MULTICAST:
		return (item->flags & ITEM_FROM_HOST) == 0 ? REASON_NONE : REASON_DESTINATION_MULTICAST;
	case IPV4_CLASS_ZERO:
		return REASON_DESTINATION_ZERO;
	case IPV4_CLASS_LOOPBACK:
		return REASON_DESTINATION_LOOPBACK;
	case IPV4_CLASS_RESERVED:
		return REASON_DESTINATION_RESERVED;
	}
	return REASON_DESTINATION_RESERVED;
}

/* A TCP segment that may not begin a session. True: it is finished. */
static bool
refuse_segment(struct engine *engine, struct item *item)
{
	const uint8_t flags = item->segment.header.flags;
	const struct snapshot *snapshot = engine->snapshot;

	if (tcp_is_start(flags)) {
		return false;
	}
	/* Without SYN check any segment may begin one but those that end or refuse one. */
	if (!snapshot->flow.syn_check && (flags & TCP_RST) == 0 &&
	    (flags & (TCP_SYN | TCP_FIN)) != (TCP_SYN | TCP_FIN) &&
	    (flags & (TCP_SYN | TCP_ACK | TCP_FIN)) != 0) {
		return false;
	}
	if ((item->flags & ITEM_FROM_HOST) == 0 && (flags & (TCP_SYN | TCP_RST)) == 0 &&
	    item->zone < snapshot->zone_count && snapshot->zones[item->zone].tcp_rst) {
		reply_reset(engine, item, REASON_NO_SESSION);
	} else {
		finish_drop(engine, item->packet, REASON_NO_SESSION);
	}
	return true;
}

/* What only a session can explain. True: it is finished. */
static bool
refuse_without_session(struct engine *engine, struct item *item)
{
	if ((item->flags & ITEM_RELATED) != 0 ||
	    (item->protocol == IPV4_PROTOCOL_ICMP && icmp_is_reply(item->icmp_type)) ||
	    (item->protocol == IPV6_NEXT_ICMP && icmp6_is_reply(item->icmp_type))) {
		finish_refused(engine, item, REASON_ICMP_NO_SESSION);
		return true;
	}
	if (item->protocol == IPV4_PROTOCOL_TCP) {
		return refuse_segment(engine, item);
	}
	if (item->protocol == IPV4_PROTOCOL_UDP && (item->flags & ITEM_FROM_HOST) == 0 &&
	    (uint16_t)item->key.high == PORT_DNS && !engine->snapshot->flow.allow_dns_reply) {
		finish_drop(engine, item->packet, REASON_DNS_REPLY_NO_SESSION);
		return true;
	}
	return false;
}

void
refuse_route(struct engine *engine, struct item *item, enum reason reason)
{
	if (reason == REASON_NO_ROUTE) {
		reply_unreachable(engine, item, ICMP_UNREACHABLE_NET, 0, reason);
	} else if (reason == REASON_ROUTE_REJECT) {
		reply_unreachable(engine, item, ICMP_UNREACHABLE_HOST, 0, reason);
	} else {
		finish_drop(engine, item->packet, reason);
	}
}

/* Is an address of it good on one link only? Of IPv6's destinations only ours got here. */
static bool
on_link_only(const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0
		   ? ipv6_is_link_local(item->addresses.source)
		   : ipv4_link_local(item->source) || ipv4_link_local(item->destination);
}

enum reason
check_related_source(const struct engine *engine, const struct item *item)
{
	const bool ipv6 = (item->flags & ITEM_IPV6) != 0;
	enum reason reason = ipv6 ? REASON_NONE : check_source(engine, item);

	if (reason == REASON_NONE) {
		reason = ipv6 ? check_source_way6(engine, item) : check_source_way(engine, item);
	}
	return reason == REASON_NONE && item->packet->result.to_zone != SNAPSHOT_ZONE_SELF && on_link_only(item)
		   ? REASON_LINK_LOCAL
		   : reason;
}

/* True: a limit of sessions refuses it; it is finished. */
static bool
over_limit(struct engine *engine, struct item *item)
{
	const enum reason reason =
	    engine->screens.session_limits.counting ? screen_limit(engine, item) : REASON_NONE;

	if (reason != REASON_NONE) {
		finish_refused(engine, item, reason);
	}
	return reason != REASON_NONE;
}

/* Asks the policies, and remembers what they said. False: finished. */
static inline bool
ask_policies(struct engine *engine, struct item *item, struct admission *admission)
{
	struct unit *unit = &engine->units[item->unit];
	const bool permits = policy_permits(engine, item, admission);

	unit->flags = (uint16_t)(permits ? unit->flags & ~UNIT_REFUSES : unit->flags | UNIT_REFUSES);
	return permits;
}

/* A packet in transit. */
static void
admit_transit(struct engine *engine, struct item *item, const struct way *way, const struct nat_public *public)
{
	const struct unit *out = &engine->units[way->unit];
	struct translation nat = {.flags = 0};
	struct admission admission = {
	    .way = *way,
	    .to_zone = out->zone,
	    .judged_zone = public->found && !engine->snapshot->nat.by_rules ? SNAPSHOT_ZONE_GLOBAL : out->zone,
	    .public = public,
	    .nat = engine->snapshot->nat.active && (item->flags & (ITEM_FROM_HOST | ITEM_IPV6)) == 0 ? &nat : NULL,
	    .policy = PACKET_NO_POLICY,
	    .application = UINT32_MAX,
	    .reason = REASON_HOST_OUTBOUND,
	};

	if (out->zone == SNAPSHOT_NONE) {
		finish_drop(engine, item->packet, REASON_NULL_ZONE_EGRESS);
		return;
	}
	if ((item->flags & ITEM_IPV6) == 0 &&
	    unit_broadcast(engine, way->unit, public->found ? public->destination : item->destination)) {
		finish_drop(engine, item->packet, REASON_DESTINATION_BROADCAST);
		return;
	}
	if ((item->flags & ITEM_FROM_HOST) == 0 && on_link_only(item)) {
		finish_refused(engine, item, REASON_LINK_LOCAL);
		return;
	}
	const bool from_host = (item->flags & ITEM_FROM_HOST) != 0;
	/* See UNIT_REFUSES. */
	const bool early = from_host || (engine->units[item->unit].flags & UNIT_REFUSES) == 0;

	item->packet->result.to_zone = out->zone;
	if (early && admission.nat != NULL) {
		nat_foresee(engine, item, &admission);
	} else if (early) {
		admit_prepare(engine, item, &admission);
	}
	if (!from_host && over_limit(engine, item)) {
		return;
	}
	if (from_host) {
		admission.flags = SESSION_HOST;
	} else if (!ask_policies(engine, item, &admission)) {
		return;
	}
	if (admission.nat == NULL && !early) {
		admit_prepare(engine, item, &admission);
	}
	if (admission.nat != NULL) {
		if (!nat_destination(engine, item, &admission)) {
			return;
		}
		out = &engine->units[admission.way.unit];
	} else if ((item->flags & ITEM_IPV6) != 0 && engine->snapshot->nat.active &&
		   nat_refuses6(engine, item, &admission)) {
		return;
	}
	if ((out->flags & UNIT_TUNNEL) != 0) {
		finish_drop(engine, item->packet, REASON_NO_TUNNEL);
		return;
	}
	if (!from_host && item->ttl <= 1) {
		reply_time_exceeded(engine, item, REASON_TTL_EXCEEDED);
		return;
	}
	const uint16_t mtu = unit_mtu(out, item);

	if (item->length > mtu && item_too_large(out, item)) {
		reply_unreachable(engine, item, ICMP_UNREACHABLE_FRAGMENTATION, mtu,
		    REASON_FRAGMENTATION_NEEDED);
		return;
	}
	if ((item->flags & ITEM_PROXIED) != 0) {
		syn_hold(engine, item);
		return;
	}
	if (admission.nat == NULL || nat_source(engine, item, &admission)) {
		admit_create(engine, item, &admission);
	}
}

void
admit_prepare(const struct engine *engine, const struct item *item, struct admission *admission)
{
	struct flow_pair *pair = &admission->pair;

	pair->keys[SESSION_FORTH] = item->key;
	pair->keys[SESSION_BACK] =
	    flow_key_reverse(item->key, engine->units[admission->way.unit].instance);
	pair->hashes[SESSION_FORTH] = item->hash;
	if ((item->flags & ITEM_IPV6) != 0) {
		pair->keys[SESSION_BACK].low = flow_hash6_other(
		    &engine->table, item->key, &item->key_addresses, pair->keys[SESSION_BACK].high);
		pair->addresses = &item->key_addresses;
	}
	pair->hashes[SESSION_BACK] = session_table_hash_other(
	    &engine->table, pair->keys[SESSION_FORTH], pair->hashes[SESSION_FORTH], pair->keys[SESSION_BACK]);
	session_table_prefetch_add(&engine->table, pair);
}

/* No session for want of room; said once a second. */
static void
refuse_session(
    struct engine *engine, struct item *item, const struct admission *admission, enum reason reason)
{
	const bool say =
	    reason == REASON_SESSION_TABLE_FULL && engine->now - engine->full_said >= FULL_SAID_NS;
	struct admission refused = *admission;

	if (say) {
		engine->full_said = engine->now;
	}
	refused.reason = reason;
	event_deny(engine, item, &refused, say);
	finish_drop(engine, item->packet, reason);
}

/* What was taken of a pool is given back. */
static void
give_up(struct engine *engine, const struct item *item, struct admission *admission)
{
	if (admission->nat != NULL) {
		nat_pool_give_up(engine, item, admission->nat);
	}
}

void
admit_create(struct engine *engine, struct item *item, struct admission *admission)
{
	const struct way *way = &admission->way;

	if (engine_shares(engine) && !sharing_may_begin(engine)) {
		give_up(engine, item, admission);
		refuse_session(engine, item, admission, REASON_WORKER_MESSAGES_FULL);
		return;
	}
	if (way->local && over_limit(engine, item)) {
		return;
	}
	if ((item->flags & ITEM_PROVEN) != 0 && !syn_convert(engine, item)) {
		give_up(engine, item, admission);
		return;
	}
	const uint32_t neighbour =
	    way->local ? NEIGHBOUR_NONE : neighbour_get(engine, way->unit, way->next_hop);
	bool clash = false;

	if (!way->local && neighbour == NEIGHBOUR_NONE) {
		give_up(engine, item, admission);
		finish_drop(engine, item->packet, REASON_NEIGHBOUR_TABLE_FULL);
		return;
	}
	struct session *session = session_table_add(&engine->table, &admission->pair, &clash);

	while (session == NULL && clash && admission->nat != NULL && nat_again(engine, item, admission)) {
		session = session_table_add(&engine->table, &admission->pair, &clash);
	}
	if (session == NULL) {
		give_up(engine, item, admission);
		refuse_session(engine, item, admission,
		    clash ? REASON_SESSION_CLASH : REASON_SESSION_TABLE_FULL);
		return;
	}
	session_start(engine, session, item, admission);
	if ((item->flags & ITEM_PROVEN) != 0) {
		syn_opened(engine, session);
	}
	if (engine_shares(engine)) {
		sharing_session_begins(engine, session);
	}
	if (way->local) {
		flow_set_host(engine, &session->forth, engine->units[way->unit].instance);
	} else {
		flow_set_neighbour(engine, &session->forth, way->unit, neighbour);
	}
	session_forward(engine, item, session, SESSION_FORTH, admission->reason);
}

/* May the packet have its addresses, wherever it goes? */
static inline __attribute__((always_inline)) enum reason
check_addresses(const struct engine *engine, const struct item *item)
{
	const enum reason reason =
	    (item->flags & ITEM_FROM_HOST) != 0 ? REASON_NONE : check_source(engine, item);

	return reason != REASON_NONE ? reason : check_destination(item);
}

/* Was its way found with those of the burst? */
static bool
known_way(const struct engine *engine, const struct item *item, struct way *way, enum reason *reason)
{
	const struct foreseen *foreseen = foreseen_of(engine, item);

	if (foreseen != NULL) {
		*way = foreseen->way;
		*reason = REASON_NONE;
	}
	return foreseen != NULL;
}

/* The way of a packet and what is wrong with it; false: the packet is finished. */
static inline __attribute__((always_inline)) bool
find_way(struct engine *engine, struct item *item, struct way *way, enum reason *reason,
    struct nat_public *public)
{
	const struct snapshot_nat *nat = &engine->snapshot->nat;

	if ((item->flags & ITEM_FROM_HOST) == 0) {
		const bool group = item->destination == UINT32_MAX ||
				   ipv4_class(item->destination) == IPV4_CLASS_MULTICAST ||
				   unit_broadcast(engine, item->unit, item->destination);

		/* One that was to a single host but came to all is judged as such first. */
		*reason = !group && (item->flags & ITEM_GROUP_FRAME) != 0
			      ? REASON_FRAME_BROADCAST
			      : check_source_way(engine, item);
		if (*reason != REASON_NONE) {
			finish_refused(engine, item, *reason);
			return false;
		}
		if (group) {
			local_packet(engine, item, NULL);
			return false;
		}
	}
	if ((nat->static_count != 0 || nat->destination_classifier != NULL || engine->nat.mappings.count != 0) &&
	    (item->flags & ITEM_FROM_HOST) == 0) {
		nat_public_find(engine, item, public);
		if (public->lapsed != 0) {
			nat_persistent_remove(engine, public);
		}
		if (public->filtered) {
			*reason = REASON_NAT_FILTERED;
			finish_refused(engine, item, *reason);
			return false;
		}
	}
	if (engine->nat.persistent_elsewhere && public->rule == SNAPSHOT_NAT_NONE && (item->flags & ITEM_FROM_HOST) == 0 &&
	    nat_persistent_covers(engine, item->destination)) {
		sharing_hand(engine, item, 0, true);
		return false;
	}
	if (public->found) {
		*reason = route_find(engine, public->instance, public->destination, way);
	} else if (!known_way(engine, item, way, reason)) {
		*reason = route_find(engine, item->instance, item->destination, way);
	}
	return true;
}

static __attribute__((noinline)) bool
find_way6(struct engine *engine, struct item *item, struct way *way, enum reason *reason)
{
	if ((item->flags & ITEM_FROM_HOST) == 0) {
		const bool group = ipv6_is_multicast(item->addresses.destination);

		*reason = !group && (item->flags & ITEM_GROUP_FRAME) != 0
			      ? REASON_FRAME_BROADCAST
			      : check_source_way6(engine, item);
		if (*reason != REASON_NONE) {
			finish_refused(engine, item, *reason);
			return false;
		}
		if (group) {
			local_packet(engine, item, NULL);
			return false;
		}
	}
	if (!known_way(engine, item, way, reason)) {
		*reason = route_find6(engine, item->instance, item->unit, item->addresses.destination, way);
	}
	return true;
}

/* By the route: is its destination an address of ours? */
static bool
to_ourselves(const struct engine *engine, const struct item *item)
{
	struct way way;
	const enum reason reason =
	    (item->flags & ITEM_IPV6) != 0
		? route_find6(engine, item->instance, item->unit, item->addresses.destination, &way)
		: route_find(engine, item->instance, item->destination, &way);

	return reason == REASON_NONE && way.local;
}

void
admit_packet(struct engine *engine, struct item *item)
{
	const bool ipv6 = (item->flags & ITEM_IPV6) != 0;
	enum reason reason =
	    ipv6 ? check_addresses6(engine, item) : check_addresses(engine, item);
	struct nat_public public = {.rule = SNAPSHOT_NAT_NONE};
	struct way way;

	if (reason != REASON_NONE) {
		finish_refused(engine, item, reason);
		return;
	}
	/* Nobody may send it with 0: not worth an answer (RFC 1122 3.2.1.7). */
	if (item->ttl == 0 && (item->flags & ITEM_FROM_HOST) == 0) {
		finish_drop(engine, item->packet, REASON_TTL_EXCEEDED);
		return;
	}
	const bool screened = (item->flags & ITEM_FROM_HOST) == 0 &&
			      (engine->units[item->unit].flags & UNIT_SCREENED) != 0 &&
			      (item->packet->flags & (PACKET_HANDED | PACKET_UNCOUNTED)) != PACKET_HANDED &&
			      engine->snapshot->zones[item->zone].screens != NULL;

	if (screened) {
		item->packet->flags &= (uint16_t)~PACKET_UNCOUNTED;
	}
	if (screened && item->protocol == IPV4_PROTOCOL_TCP && (item->flags & ITEM_RELATED) == 0) {
		/* Who answers SYNs to ourselves has to get what follows. */
		if (engine->config.worker != 0 && to_ourselves(engine, item)) {
			sharing_hand(engine, item, 0, true);
			item->packet->flags |= PACKET_UNCOUNTED;
			return;
		}
		if (!syn_flood(engine, item)) {
			return;
		}
	}
	if ((item->packet->flags & PACKET_PROVEN) != 0) {
		sharing_prove(engine, item);
	}
	if ((item->flags & ITEM_PROVEN) == 0 && refuse_without_session(engine, item)) {
		return;
	}
	if (screened) {
		reason = screen_first(engine, item);
		if (reason != REASON_NONE) {
			finish_refused(engine, item, reason);
			return;
		}
	}
	if (!(ipv6 ? find_way6(engine, item, &way, &reason)
		   : find_way(engine, item, &way, &reason, &public))) {
		return;
	}
	/* The policies judge first, as they will when there are tunnels. */
	if (reason != REASON_NONE && reason != REASON_NO_TUNNEL) {
		refuse_route(engine, item, reason);
	} else if (!way.local) {
		admit_transit(engine, item, &way, &public);
	} else if ((item->flags & ITEM_FROM_HOST) != 0) {
		finish_drop(engine, item->packet, REASON_HOST_TO_SELF);
	} else if (public.found) {
		finish_refused(engine, item, REASON_NAT_TO_SELF);
	} else {
		local_packet(engine, item, &way);
	}
}
