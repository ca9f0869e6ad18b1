/*
 * A burst of packets, in stages, and the packets of sessions.
 *
 * Stage 1 inspects every packet and prefetches its bucket, stage 2 reads the buckets and prefetches
 * the two session lines that the packet needs, stage 3 runs the packets in order. What stage 2
 * found is only a guess: stage 3 compares the key, and looks again when the guess was wrong or when
 * a packet before it in the burst may have made the session.
 *
 * A session packet that is dropped (time to live, size, window) neither refreshes the session nor
 * moves its TCP state (os58621, os58124).
 */
#include "egress_private.h"

#include "nat_rewrite.h"
#include "wire/icmp.h"

enum {
	PREFETCH_AHEAD = 4, /* packets */
};

static void
deliver_to_host(
    struct engine *engine, struct item *item, const struct flow *flow, enum reason reason)
{
	struct packet *packet = item->packet;

	packet_to_ip(packet, item->ip, item->length);
	packet->instance = flow->out_instance;
	verdict_set(engine, packet, VERDICT_HOST, reason);
	output_put(engine, packet, ENGINE_HOST);
}

/* The packet cannot leave at once: it is too large, or its neighbour is not known, or is to be
 * asked again. */
static __attribute__((noinline)) void
leave_slowly(struct engine *engine, struct item *item, const struct flow *flow,
    const struct unit *unit, enum reason reason)
{
	struct packet *packet = item->packet;

	if (!item_fits(unit, item)) {
		assert((item->flags & ITEM_IPV6) == 0 && packet->segment_size == 0);
		if (!fragment_send(engine, packet, flow->neighbour, unit->mtu)) {
			finish_drop(engine, packet, REASON_PACKET_POOL_EMPTY);
		}
		return;
	}
	const enum reason sent = egress_send(engine, packet, flow->neighbour);

	if (sent == REASON_NONE) {
		verdict_set(engine, packet, VERDICT_FORWARD, reason);
	} else if (sent == REASON_NEIGHBOUR_WAIT) {
		verdict_set(engine, packet, VERDICT_PROXY, sent);
	} else if (sent == REASON_NEIGHBOUR_UNREACHABLE) {
		item->ip = packet->data; /* may have been moved */
		packet->result.out_unit = PACKET_NO_UNIT;
		if ((item->flags & ITEM_IPV6) == 0 && !nat_restore(engine, packet)) {
			finish_drop(engine, packet, sent);
			return;
		}
		reply_unreachable(engine, item, ICMP_UNREACHABLE_HOST, 0, sent);
	} else {
		packet->result.out_unit = PACKET_NO_UNIT;
		finish_drop(engine, packet, sent);
	}
}

/* The packet leaves on a unit: sends it, lets it wait, or says why not. */
static inline __attribute__((always_inline)) void
leave(struct engine *engine, struct item *item, const struct flow *flow, struct unit *unit,
    enum reason reason)
{
	struct packet *packet = item->packet;

	packet->result.out_unit = flow->out_unit;
	if ((item->length <= unit->mtu_least || item_fits(unit, item)) &&
	    egress_at_once(engine, packet, item->ip, item->length, unit, flow->neighbour)) {
		verdict_set(engine, packet, VERDICT_FORWARD, reason);
		return;
	}
	packet_to_ip(packet, item->ip, item->length);
	leave_slowly(engine, item, flow, unit, reason);
}

/* A packet in transit has one hop less before it. */
static inline __attribute__((always_inline)) void
spend_hop(struct item *item)
{
	if ((item->flags & (ITEM_FROM_HOST | ITEM_IPV6)) == 0) {
		ipv4_decrement_ttl(item->ip);
	} else if ((item->flags & ITEM_FROM_HOST) == 0) {
		ipv6_decrement_hop_limit(item->ip);
	}
}

void
stateless_forward(struct engine *engine, struct item *item, uint16_t unit, uint32_t neighbour,
    enum reason reason)
{
	const struct flow flow = {.out_unit = unit, .neighbour = neighbour};

	spend_hop(item);
	leave(engine, item, &flow, &engine->units[unit], reason);
}

static void
count_packet(struct engine *engine, const struct session_common *common, struct flow *flow, const struct item *item)
{
	const uint32_t packets = 1U + item->packet->segments_more;
	const uint16_t length = item->length;

	flow->packets += packets;
	flow->bytes += length;
	if ((common->flags & SESSION_COUNT) != 0 && common->policy < engine->config.policies) {
		engine->policies[common->policy].packets += packets;
		engine->policies[common->policy].bytes += length;
	}
}

/* The packet would end its session, and other workers could not be told: it is dropped, and the next one does it. */
static __attribute__((noinline)) bool
end_must_wait(struct engine *engine, struct item *item)
{
	if (!engine_shares(engine) || sharing_may_end(engine)) {
		return false;
	}
	finish_drop(engine, item->packet, REASON_WORKER_MESSAGES_FULL);
	return true;
}

/* Its SYN was answered by a cookie, and came once more when the flood was over: the client believes what it heard first, so what
 * the server says is not for it. It begins anew, as the client has proven to be there. Finishes the item. */
static __attribute__((noinline)) void
begin_proven(struct engine *engine, struct item *item, struct session *session)
{
	if (end_must_wait(engine, item)) {
		return;
	}
	session_end(engine, session, REASON_CLOSE_REPLACED);
	item->packet->result.session = 0;
	admit_packet(engine, item);
}

/* TCP: judges the segment. True: it goes on. */
static bool
track_segment(struct engine *engine, struct item *item, struct session *session, unsigned direction,
    enum tcp_outcome *outcome)
{
	struct session_common *common = &session->common;
	const uint8_t before = common->tcp;

	*outcome = tcp_track(common, direction, &item->segment, engine->tcp_checks);
	if (*outcome == TCP_OUT_OF_WINDOW || *outcome == TCP_OUT_OF_STATE) {
		if (tcp_opening(before) && direction == SESSION_FORTH && syn_flood_cookie(engine, item)) {
			begin_proven(engine, item, session);
			return false;
		}
		finish_refused(engine, item,
		    *outcome == TCP_OUT_OF_WINDOW ? REASON_TCP_WINDOW : REASON_TCP_STATE);
		return false;
	}
	if (before != common->tcp) {
		if (tcp_lingers(common->tcp)) {
			session_fix_deadline(engine, session, TIMEOUT_LINGER);
		} else if (tcp_opening(before) && !tcp_opening(common->tcp)) {
			common->flags &= (uint16_t)~SESSION_FIXED;
			common->deadline = engine->tick + common->timeout;
			if (common->timeout < TIMEOUT_HANDSHAKE) {
				session_arm(engine, session);
			}
		}
	}
	return true;
}

/* To our own host by a session that is there. True: it is over a limit, and finished. */
static __attribute__((noinline)) bool
over_host_limit(struct engine *engine, struct item *item, const struct session_common *common)
{
	const enum reason reason =
	    host_limit_take(engine, host_limit_of_session(common), item);

	if (reason != REASON_NONE) {
		finish_drop(engine, item->packet, reason);
	}
	return reason != REASON_NONE;
}

/* A reset that has gone on: the session ends, or, when others could not be told, as soon as they can. */
static __attribute__((noinline)) void
end_by_reset(struct engine *engine, struct session *session)
{
	if (!engine_shares(engine) || sharing_may_end(engine)) {
		session_end(engine, session, REASON_CLOSE_TCP_RST);
	} else {
		session_fix_deadline(engine, session, 0);
	}
}

void
session_forward(struct engine *engine, struct item *item, struct session *session,
    unsigned direction, enum reason reason)
{
	struct session_common *common = &session->common;
	struct flow *flow = session_flow(session, direction);
	struct packet *packet = item->packet;
	enum tcp_outcome outcome = TCP_PASS;
	struct unit *unit = NULL;

	packet->result.session = common->number;
	packet->result.policy = common->policy;
	packet->result.to_zone = common->zone[!direction];
	if (flow->out_unit != PACKET_NO_UNIT) {
		unit = &engine->units[flow->out_unit];
		if ((item->flags & ITEM_FROM_HOST) == 0 && item->ttl <= 1) {
			reply_time_exceeded(engine, item, REASON_TTL_EXCEEDED);
			return;
		}
		if (item->length > unit->mtu_least && item_too_large(unit, item)) {
			reply_unreachable(engine, item, ICMP_UNREACHABLE_FRAGMENTATION,
			    unit_mtu(unit, item), REASON_FRAGMENTATION_NEEDED);
			return;
		}
	} else if (reason == REASON_SESSION && over_host_limit(engine, item, common)) {
		return;
	}
	if (item->protocol == IPV4_PROTOCOL_TCP) {
		if ((item->flags & (ITEM_BEGAN | ITEM_LATER)) == 0 &&
		    !track_segment(engine, item, session, direction, &outcome)) {
			return;
		}
		if ((item->segment.header.flags & TCP_SYN) != 0 && engine->segment_most != 0) {
			(void)tcp_limit_segment(item->ip + item->ip_header,
			    item->segment.header.header_length, engine->segment_most);
		}
	}
	if ((common->flags & SESSION_FIXED) == 0 && outcome != TCP_PASS_UNTRACKED) {
		common->deadline = engine->tick + common->timeout;
	}
	count_packet(engine, common, flow, item);
	if ((common->flags & SESSION_NAT) != 0) {
		nat_rewrite(item, &flow->rewrite);
	}
	if (unit == NULL) {
		deliver_to_host(engine, item, flow, reason);
	} else {
		spend_hop(item);
		leave(engine, item, flow, unit, reason);
	}
	if (outcome == TCP_RESET) {
		end_by_reset(engine, session);
	}
}

/* The error goes to the sender of the packet it quotes, and comes from a host, which is another one than that: `target`, as it is
 * behind a translation. */
static bool
related_addresses_right(const struct item *item, struct flow_key target)
{
	if ((item->flags & ITEM_IPV6) == 0) {
		return item->destination == flow_fields_of(item->key).destination &&
		       item->source != flow_fields_of(target).source && ipv4_class(item->source) == IPV4_CLASS_UNICAST;
	}
	const enum ipv6_class class = ipv6_class(item->addresses.source);

	return ipv6_equal(item->addresses.destination, item->key_addresses.destination) &&
	       !ipv6_equal(item->addresses.source, item->addresses.destination) &&
	       (class == IPV6_CLASS_UNICAST || class == IPV6_CLASS_UNIQUE_LOCAL);
}

/* May an ICMP error about a packet of the session go on? Redirects are of a link: no host may believe one that
 * crossed a router (RFC 1122 3.2.2.2). */
static enum reason
check_related(const struct engine *engine, const struct item *item, const struct session *session,
    unsigned direction)
{
	const struct session_common *common = &session->common;
	const struct flow *back = direction == SESSION_FORTH ? &session->back : &session->forth;

	if (!related_addresses_right(item, back->key)) {
		return REASON_ICMP_NO_SESSION;
	}
	if ((item->flags & ITEM_IPV6) == 0 && item->icmp_type == ICMP_REDIRECT) {
		return REASON_ICMP_REDIRECT;
	}
	if (common->protocol == IPV4_PROTOCOL_TCP && (engine->tcp_checks & TCP_CHECK_WINDOW) != 0 &&
	    !tcp_quoted_in_window(common, !direction, item->segment.header.sequence)) {
		return REASON_TCP_WINDOW;
	}
	return (item->flags & ITEM_FROM_HOST) == 0 ? check_related_source(engine, item) : REASON_NONE;
}

/* An ICMP error about a packet of the session: it goes where that packet came from, and says
 * nothing else about it. */
static __attribute__((noinline)) void
forward_related(
    struct engine *engine, struct item *item, struct session *session, unsigned direction)
{
	struct session_common *common = &session->common;
	const struct flow *flow = session_flow(session, direction);
	struct packet *packet = item->packet;

	packet->result.session = common->number;
	packet->result.policy = common->policy;
	packet->result.to_zone = common->zone[!direction];
	enum reason reason = check_related(engine, item, session, direction);

	/* Any router on the way may send one, so its session says nothing about its source. */
	if (reason == REASON_NONE && (item->flags & ITEM_FROM_HOST) == 0 &&
	    (engine->units[item->unit].flags & UNIT_SCREENED) != 0) {
		reason = screen_related(engine, item);
	}
	if (reason != REASON_NONE) {
		finish_refused(engine, item, reason);
		return;
	}
	if (flow->out_unit == PACKET_NO_UNIT) {
		if (!over_host_limit(engine, item, common)) {
			deliver_to_host(engine, item, flow, REASON_SESSION);
		}
		return;
	}
	struct unit *unit = &engine->units[flow->out_unit];

	/* No error is sent because of an error. */
	if ((item->flags & ITEM_FROM_HOST) == 0 && item->ttl <= 1) {
		finish_drop(engine, packet, REASON_TTL_EXCEEDED);
		return;
	}
	if (item_too_large(unit, item)) {
		finish_drop(engine, packet, REASON_FRAGMENTATION_NEEDED);
		return;
	}
	if ((common->flags & SESSION_NAT) != 0) {
		nat_rewrite_related(item, session, direction);
	}
	spend_hop(item);
	leave(engine, item, flow, unit, REASON_SESSION);
}

/* Has the way to be looked up: after a change, or as the neighbour's entry is another's now? */
static inline bool
way_outdated(const struct engine *engine, const struct flow *flow)
{
	if (flow->generation != engine->generation) {
		return true;
	}
	return flow->out_unit != PACKET_NO_UNIT &&
	    engine->neighbours.entries[flow->neighbour].serial != flow->neighbour_serial;
}

/* In a frame to all, an ICMP error, or of a session for whose server we answered. True: it is finished. */
static __attribute__((noinline)) bool
rare_packet(struct engine *engine, struct item *item, struct session *session, unsigned direction)
{
	/* What came to everybody on a link is not for one host behind us (RFC 1812 5.3.4). */
	if ((item->flags & ITEM_GROUP_FRAME) != 0) {
		finish_refused(engine, item, REASON_FRAME_BROADCAST);
		return true;
	}
	if ((session->common.flags & SESSION_SPLICED) != 0 && end_must_wait(engine, item)) {
		return true;
	}
	if ((session->common.flags & SESSION_SPLICED) != 0 &&
	    !syn_splice_packet(engine, item, session, direction)) {
		return true;
	}
	if ((item->flags & ITEM_RELATED) != 0) {
		forward_related(engine, item, session, direction);
		return true;
	}
	return false;
}

/* A packet whose key is that of a session. False: the session ended, the packet is as if it had
 * none. */
static inline __attribute__((always_inline)) bool
session_packet(
    struct engine *engine, struct item *item, struct session *session, unsigned direction)
{
	struct session_common *common = &session->common;
	const struct flow *flow = session_flow(session, direction);
	enum reason why = REASON_NONE;

	/* Aggressive aging takes off its cut at most. */
	if ((int32_t)(engine->tick + engine->aging.cut - common->deadline) >= 0 &&
	    (int32_t)(engine->tick - session_end_tick(engine, common)) >= 0) {
		if (end_must_wait(engine, item)) {
			return true;
		}
		session_end(engine, session, session_timeout_reason(session));
		return false;
	}
	if (item->zone != common->zone[direction]) {
		item->packet->result.session = common->number;
		finish_refused(engine, item, REASON_SESSION_ZONE);
		return true;
	}
	if (way_outdated(engine, flow) && !session_resolve(engine, session, direction, &why)) {
		if (why == REASON_NEIGHBOUR_TABLE_FULL) {
			finish_drop(engine, item->packet, why);
			return true;
		}
		if (end_must_wait(engine, item)) {
			return true;
		}
		session_end(engine, session, why);
		return false;
	}
	/* Few: one branch for all of them. */
	if (((item->flags & (ITEM_GROUP_FRAME | ITEM_RELATED)) | (common->flags & SESSION_SPLICED)) != 0 &&
	    rare_packet(engine, item, session, direction)) {
		return true;
	}
	if (tcp_lingers(common->tcp) && tcp_is_start(item->segment.header.flags)) {
		if (end_must_wait(engine, item)) {
			return true;
		}
		session_end(engine, session, REASON_CLOSE_REPLACED);
		return false;
	}
	session_forward(engine, item, session, direction, REASON_SESSION);
	return true;
}

/* Is what the table may hold for the item's key its session? */
static inline bool
guess_right(const struct engine *engine, const struct item *item)
{
	const uint32_t guess = item->guess;

	if (guess == SESSION_NONE) {
		return false;
	}
	struct session *session = session_of(&engine->table, guess);

	return session->common.number != 0 &&
	       flow_key_equal(session_flow(session, guess & 1)->key, item->key) &&
	       ((item->flags & ITEM_IPV6) == 0 ||
		   flow_addresses_equal(session_flow_addresses(&engine->table, guess),
		       &item->key_addresses));
}

uint32_t
item_session(const struct engine *engine, const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0
		   ? session_table_find6(
			 &engine->table, item->key, item->hash, &item->key_addresses)
		   : session_table_find(&engine->table, item->key, item->hash);
}

bool
session_take(struct engine *engine, struct item *item)
{
	const uint32_t reference = item_session(engine, item);

	return reference != SESSION_NONE &&
	       session_packet(
		   engine, item, session_of(&engine->table, reference), reference & 1);
}

void
process_item(struct engine *engine, struct item *item)
{
	if (!session_take(engine, item) && !(engine_shares(engine) && sharing_hands_over(engine, item))) {
		admit_packet(engine, item);
	}
}

static void
run_item(struct engine *engine, struct item *item)
{
	uint32_t reference = item->guess;

	if ((item->flags & ITEM_FRAGMENT) != 0) {
		datagram_packet(engine, item);
		return;
	}
	if (!guess_right(engine, item)) {
		reference = session_table_guess(&engine->table, item->hash) == SESSION_NONE &&
				    !session_table_displaced(&engine->table, item->hash)
				? SESSION_NONE
				: item_session(engine, item);
	}
	if (reference != SESSION_NONE &&
	    session_packet(engine, item, session_of(&engine->table, reference), reference & 1)) {
		return;
	}
	if (!(engine_shares(engine) && sharing_hands_over(engine, item))) {
		admit_packet(engine, item);
	}
}

static void
prefetch_session(const struct session_table *table, const struct item *item)
{
	const uint32_t reference = item->guess;
	const struct session *session = session_of(table, reference);

	if ((item->flags & ITEM_IPV6) != 0) {
		__builtin_prefetch(session_flow_addresses(table, reference));
	}

	__builtin_prefetch(&session->common, 1);
	__builtin_prefetch((reference & 1) == SESSION_FORTH ? &session->forth : &session->back, 1);
}

void
engine_process(struct engine *engine, uint64_t now, struct packet *const *packets, uint32_t count)
{
	uint32_t found = 0;

	assert(count <= ENGINE_BURST && now >= engine->now);
	engine->now = now;
	engine->tick = (uint32_t)(now / TICK_NS);
	for (uint32_t i = 0; i < count; i++) {
		if (i + PREFETCH_AHEAD < count) {
			__builtin_prefetch(packets[i + PREFETCH_AHEAD]->data);
		}
		if (inspect_packet(engine, packets[i], &engine->items[found])) {
			session_table_prefetch_bucket(&engine->table, engine->items[found].hash);
			found++;
		}
	}
	for (uint32_t i = 0; i < found; i++) {
		struct item *item = &engine->items[i];

		item->guess = session_table_guess(&engine->table, item->hash);
		if (item->guess != SESSION_NONE) {
			prefetch_session(&engine->table, item);
		} else if (engine->sharing.referrals.count != 0) {
			sharing_expect(engine, item);
		}
	}
	engine->foreseen_items = 0;
	if (found > 1 && engine->snapshot->policy_count >= engine->config.policies_foreseen) {
		policy_foresee(engine, found);
	}
	for (uint32_t i = 0; i < found; i++) {
		run_item(engine, &engine->items[i]);
	}
}
