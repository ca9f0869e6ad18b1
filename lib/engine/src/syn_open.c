/*
 * The handshake with the server, for a client that has completed one with us. See syn_private.h.
 *
 * What the server gets is what it would have got from the client: its sequence number, its options. While it does not answer
 * our SYN is sent again, by the sessions' wheel, which is armed for that and not for the session's end. What the client sends
 * meanwhile is taken and forgotten: its window is closed, so it sends it again.
 */
#include "egress_private.h"

#include "nat_rewrite.h"

enum {
	FIRST_AGAIN = TICKS_A_SECOND, /* then twice as long each time (RFC 6298 5.5) */
	TRIES_MOST = 6,
};

static struct syn_splice *
splice_of(const struct engine *engine, const struct session *session)
{
	return &engine->syn.splices[session_index(&engine->table, session)];
}

/* The packet was taken, and is of no use any more. */
static void
finish_taken(struct engine *engine, struct packet *packet)
{
	verdict_set(engine, packet, VERDICT_PROXY, REASON_SYN_PROXY);
	output_put(engine, packet, ENGINE_FREE);
}

/* Answers a SYN of which nothing is kept. */
static void
answer_with_cookie(struct engine *engine, struct item *item, struct syn_offer *offer)
{
	syn_cookie_make(&engine->syn.cookies, engine->config.random, item, offer, engine->now);
	syn_answer(engine, item, offer, REASON_SYN_COOKIE);
}

/* There is no place for a SYN. */
static void
hold_no_more(struct engine *engine, struct item *item, struct syn_offer *offer)
{
	if (syn_queue_crowded(&engine->syn.queue, engine->tick)) {
		answer_with_cookie(engine, item, offer);
		return;
	}
	reason_note(engine, REASON_SYN_QUEUE_FULL);
	screen_say(engine, item, SCREEN_TCP_SYN_FLOOD, SCREEN_OUTCOME_DROPPED);
	finish_refused(engine, item, REASON_SCREEN_TCP_SYN_FLOOD);
}

void
syn_hold(struct engine *engine, struct item *item)
{
	const struct snapshot_syn_flood *limits = &engine->snapshot->zones[item->zone].screens->syn_flood;
	const uint32_t share = (limits->queue + engine->config.workers - 1) / engine->config.workers;
	struct syn_queue *queue = &engine->syn.queue;
	struct syn_half *half = syn_queue_find(queue, item->key, item->hash);
	struct syn_offer offer;

	syn_offer_read(item, &offer);
	if (half != NULL && half->offer.sequence != offer.sequence) {
		answer_with_cookie(engine, item, &offer);
		return;
	}
	if (half != NULL) {
		/* Its SYN once more. */
		offer.answer = half->offer.answer;
		offer.value = half->offer.value;
	} else {
		half = syn_queue_add(queue, item, share, engine->tick, engine->tick + limits->timeout * TICKS_A_SECOND);
		if (half == NULL) {
			hold_no_more(engine, item, &offer);
			return;
		}
		const uint64_t drawn = random_u64(engine->config.random);

		offer.answer = (uint32_t)drawn;
		offer.value = offer.stamps ? (uint32_t)(drawn >> 32) : 0;
		half->unit = item->unit;
		syn_station(engine, item, half->station);
	}
	half->offer = offer;
	syn_answer(engine, item, &offer, REASON_SYN_PROXY);
}

/* The SYN to the server. */
static struct syn_segment
server_syn(const struct engine *engine, const struct syn_offer *offer, const struct flow_addresses *addresses,
    struct flow_key key)
{
	const struct flow_fields fields = flow_fields_of(key);
	const uint16_t most = engine->segment_most;

	return (struct syn_segment){
	    .addresses = addresses,
	    .header = {
		.source_port = fields.source_port,
		.destination_port = fields.destination_port,
		.sequence = offer->sequence,
		.window = offer->window,
		.flags = TCP_SYN,
	    },
	    .options = {
		.segment = most != 0 && most < offer->segment ? most : offer->segment,
		.scale = offer->scale,
		.sack = offer->sack,
		.stamps = offer->stamps,
		.value = offer->client_value,
	    },
	    .hop_limit = IPV4_TTL_DEFAULT,
	    .ipv6 = flow_key_is_ipv6(key),
	};
}

bool
syn_convert(struct engine *engine, struct item *item)
{
	const struct syn_offer *offer = &engine->syn.offer;
	const struct flow_addresses addresses = item_flow_addresses(item);
	struct packet *packet = item->packet;
	struct syn_segment segment = server_syn(engine, offer, &addresses, item->key);

	assert((item->flags & ITEM_PROVEN) != 0);
	segment.hop_limit = item->ttl;
	if (!syn_packet_become(packet, item->ip, &segment)) {
		finish_drop(engine, packet, REASON_PACKET_POOL_EMPTY);
		return false;
	}
	item->ip = packet->data;
	item->length = (uint16_t)packet->length;
	item->ip_header = (uint16_t)(packet->length - segment.header.header_length);
	item->segment = (struct tcp_segment){.header = segment.header, .scale = offer->scale};
	item->flags |= ITEM_DONT_FRAGMENT;
	return true;
}

/* When our SYN is sent again. */
static void
arm_again(struct engine *engine, const struct session *session, const struct syn_splice *splice)
{
	const uint32_t lead = engine->aging.lead;
	const uint32_t end = session_end_tick(engine, &session->common);
	uint32_t next = engine->tick + ((uint32_t)FIRST_AGAIN << (splice->tries - 1));

	if (splice->tries >= TRIES_MOST || (int32_t)(next - end) > 0) {
		next = end;
	}
	timer_arm(&engine->table.wheel, engine->tick + lead, session_index(&engine->table, session), next + lead);
}

void
syn_opened(struct engine *engine, struct session *session)
{
	const struct syn_offer *offer = &engine->syn.offer;
	struct syn_splice *splice = splice_of(engine, session);

	*splice = (struct syn_splice){
	    .sequence = offer->answer,
	    .value = offer->value,
	    .client_first = offer->sequence,
	    .client_value = offer->client_value,
	    .segment = offer->segment,
	    .window = offer->window,
	    .client_scale = offer->scale,
	    .server_scale = TCP_SCALE_NONE,
	    .client_sack = offer->sack,
	    .client_stamps = offer->stamps,
	    .tries = 1,
	};
	session->common.flags |= SESSION_SPLICED;
	arm_again(engine, session, splice);
}

/* Is the way of a direction known? REASON_NONE, or why not; with REASON_NO_SESSION the session ended. */
static enum reason
find_way(struct engine *engine, struct session *session, unsigned direction)
{
	const struct flow *flow = session_flow(session, direction);
	enum reason why = REASON_NONE;

	if (flow->generation == engine->generation &&
	    (flow->out_unit == PACKET_NO_UNIT ||
		engine->neighbours.entries[flow->neighbour].serial == flow->neighbour_serial)) {
		return REASON_NONE;
	}
	if (session_resolve(engine, session, direction, &why)) {
		return REASON_NONE;
	}
	if (why == REASON_NEIGHBOUR_TABLE_FULL) {
		return why;
	}
	session_end(engine, session, why);
	return REASON_NO_SESSION;
}

/* Sends a segment of ours, which is all of the packet, along a direction of the session. False: it is still the caller's.
 * => find_way() */
static bool
send_along(struct engine *engine, const struct session *session, unsigned direction, struct packet *packet)
{
	const struct flow *flow = direction == SESSION_FORTH ? &session->forth : &session->back;
	const bool ipv6 = flow_key_is_ipv6(flow->key);
	const struct item item = {
	    .packet = packet,
	    .ip = packet->data,
	    .length = (uint16_t)packet->length,
	    .ip_header = ipv6 ? IPV6_HEADER : IPV4_HEADER,
	    .protocol = IPV4_PROTOCOL_TCP,
	    .flags = ipv6 ? ITEM_IPV6 : 0,
	};

	if ((session->common.flags & SESSION_NAT) != 0) {
		nat_rewrite(&item, &flow->rewrite);
	}
	if (flow->out_unit == PACKET_NO_UNIT) {
		packet->instance = flow->out_instance;
		output_put(engine, packet, ENGINE_HOST);
		return true;
	}
	packet->result.out_unit = flow->out_unit;
	const enum reason sent = egress_send(engine, packet, flow->neighbour);

	return sent == REASON_NONE || sent == REASON_NEIGHBOUR_WAIT;
}

static void
send_fresh(struct engine *engine, const struct session *session, unsigned direction, struct packet *packet)
{
	if (!send_along(engine, session, direction, packet)) {
		output_put(engine, packet, ENGINE_FREE);
	}
}

/* A segment of a direction, without numbers. */
static struct syn_segment
segment_of(const struct engine *engine, const struct session *session, unsigned direction,
    struct flow_addresses *addresses, uint8_t flags)
{
	const struct flow_key key = direction == SESSION_FORTH ? session->forth.key : session->back.key;
	const struct flow_fields fields = flow_fields_of(key);

	*addresses = session_addresses_of(&engine->table, session, direction);
	return (struct syn_segment){
	    .addresses = addresses,
	    .header = {
		.source_port = fields.source_port,
		.destination_port = fields.destination_port,
		.flags = flags,
	    },
	    .options = {.scale = TCP_SCALE_NONE},
	    .hop_limit = IPV4_TTL_DEFAULT,
	    .ipv6 = flow_key_is_ipv6(key),
	};
}

/* What the client hears when there is no server. */
static struct syn_segment
client_reset(const struct engine *engine, const struct session *session, struct flow_addresses *addresses)
{
	const struct syn_splice *splice = splice_of(engine, session);
	struct syn_segment segment = segment_of(engine, session, SESSION_BACK, addresses, TCP_RST | TCP_ACK);

	segment.header.sequence = splice->sequence + 1;
	segment.header.acknowledgement = splice->client_first + 1;
	return segment;
}

/* The packet becomes a segment of ours and goes along a direction. */
static void
answer_with(struct engine *engine, struct item *item, const struct session *session, unsigned direction,
    struct syn_segment *segment)
{
	struct packet *packet = item->packet;

	if (syn_packet_become(packet, item->ip, segment) && send_along(engine, session, direction, packet)) {
		verdict_set(engine, packet, VERDICT_PROXY, REASON_SYN_PROXY);
	} else {
		finish_drop(engine, packet, REASON_PACKET_POOL_EMPTY);
	}
}

/* From the client, whose window is closed. */
static void
client_packet(struct engine *engine, struct item *item, struct session *session)
{
	const struct syn_splice *splice = splice_of(engine, session);
	const struct tcp_header *header = &item->segment.header;
	struct flow_addresses addresses;

	if ((header->flags & TCP_RST) == 0 || header->sequence != splice->client_first + 1) {
		finish_taken(engine, item->packet);
		return;
	}
	struct syn_segment reset = segment_of(engine, session, SESSION_FORTH, &addresses, TCP_RST);

	reset.header.sequence = header->sequence;
	answer_with(engine, item, session, SESSION_FORTH, &reset);
	session_end(engine, session, REASON_CLOSE_TCP_RST);
}

/* Notes what the server said. => it is its SYN with ACK */
static void
agree(struct syn_splice *splice, const struct item *item, const struct tcp_options *options)
{
	splice->sequence -= item->segment.header.sequence;
	splice->value -= options->stamps ? options->value : 0;
	splice->server_scale = splice->client_scale == TCP_SCALE_NONE ? TCP_SCALE_NONE : options->scale;
	splice->server_sack = splice->client_sack && options->sack;
	splice->server_stamps = splice->client_stamps && options->stamps;
	if (options->segment != 0) {
		splice->segment = options->segment;
	} else {
		splice->segment = (item->flags & ITEM_IPV6) != 0 ? 1220 : 536;
	}
	splice->server = true;
}

/* The ACK that completes the server's handshake. */
static struct syn_segment
server_ack(const struct engine *engine, const struct session *session, const struct item *item,
    struct flow_addresses *addresses, const struct tcp_options *options)
{
	const struct syn_splice *splice = splice_of(engine, session);
	struct syn_segment segment = segment_of(engine, session, SESSION_FORTH, addresses, TCP_ACK);

	segment.header.sequence = splice->client_first + 1;
	segment.header.acknowledgement = item->segment.header.sequence + 1;
	segment.header.window = splice->window;
	if (splice->server_scale != TCP_SCALE_NONE) {
		segment.header.window = (uint16_t)(splice->window >> splice->client_scale);
	}
	segment.options.stamps = splice->server_stamps;
	segment.options.value = splice->client_value;
	segment.options.echo = options->value;
	return segment;
}

/* What opens the client's window. */
static struct syn_segment
client_ack(const struct engine *engine, const struct session *session, const struct item *item,
    struct flow_addresses *addresses, const struct tcp_options *options)
{
	const struct syn_splice *splice = splice_of(engine, session);
	struct syn_segment segment = segment_of(engine, session, SESSION_BACK, addresses, TCP_ACK);

	segment.header.sequence = item->segment.header.sequence + splice->sequence + 1;
	segment.header.acknowledgement = splice->client_first + 1;
	segment.header.window = item->segment.header.window;
	if (splice->client_scale != TCP_SCALE_NONE) {
		segment.header.window = (uint16_t)(item->segment.header.window >> SYN_SCALE);
	}
	segment.options.stamps = splice->client_stamps;
	segment.options.value = splice->value + (splice->server_stamps ? options->value : 0);
	segment.options.echo = splice->client_value;
	return segment;
}

/* The server's SYN with ACK: both sides get their ACK. */
static void
server_answers(struct engine *engine, struct item *item, struct session *session)
{
	struct session_common *common = &session->common;
	struct syn_splice *splice = splice_of(engine, session);
	const struct syn_splice former = *splice;
	const struct tcp_header *header = &item->segment.header;
	struct flow_addresses addresses[2];
	struct tcp_options options;

	tcp_options_parse(item->ip + item->ip_header + TCP_HEADER, (size_t)header->header_length - TCP_HEADER, &options);
	agree(splice, item, &options);
	struct syn_segment forth = server_ack(engine, session, item, &addresses[SESSION_FORTH], &options);
	struct syn_segment back = client_ack(engine, session, item, &addresses[SESSION_BACK], &options);
	struct packet *second = syn_packet_fresh(engine, &back);

	if (second == NULL) {
		/* It sends it again. */
		*splice = former;
		finish_drop(engine, item->packet, REASON_PACKET_POOL_EMPTY);
		return;
	}
	answer_with(engine, item, session, SESSION_FORTH, &forth);
	send_fresh(engine, session, SESSION_BACK, second);
	const struct tcp_segment completes = {.header = forth.header, .scale = TCP_SCALE_NONE};
	const enum tcp_outcome outcome = tcp_track(common, SESSION_FORTH, &completes, 0);

	assert(outcome == TCP_PASS && common->tcp == TCP_STATE_ESTABLISHED);
	(void)outcome;
	common->flags &= (uint16_t)~SESSION_FIXED;
	common->deadline = engine->tick + common->timeout;
	session_arm(engine, session);
}

static void
server_packet(struct engine *engine, struct item *item, struct session *session)
{
	struct session_common *common = &session->common;
	const struct tcp_header *header = &item->segment.header;
	const uint8_t flags = header->flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);
	const bool acknowledges = (flags & TCP_ACK) != 0 &&
				  header->acknowledgement == splice_of(engine, session)->client_first + 1;
	struct flow_addresses addresses;

	if ((flags & TCP_RST) != 0 && acknowledges) {
		struct syn_segment reset = client_reset(engine, session, &addresses);

		answer_with(engine, item, session, SESSION_BACK, &reset);
		session_end(engine, session, REASON_CLOSE_TCP_RST);
	} else if (flags == (TCP_SYN | TCP_ACK) && acknowledges &&
		   tcp_track(common, SESSION_BACK, &item->segment, engine->tcp_checks) == TCP_PASS) {
		server_answers(engine, item, session);
	} else if (flags == TCP_ACK && !acknowledges) {
		/* An old connection that it still has (RFC 9293 3.5.1). */
		struct syn_segment reset = segment_of(engine, session, SESSION_FORTH, &addresses, TCP_RST);

		reset.header.sequence = header->acknowledgement;
		answer_with(engine, item, session, SESSION_FORTH, &reset);
	} else {
		finish_refused(engine, item, REASON_TCP_STATE);
	}
}

void
syn_open_packet(struct engine *engine, struct item *item, struct session *session, unsigned direction)
{
	struct packet *packet = item->packet;
	struct flow *flow = session_flow(session, direction);

	assert((session->common.flags & SESSION_SPLICED) != 0 && !splice_of(engine, session)->server);
	packet->result.session = session->common.number;
	packet->result.policy = session->common.policy;
	packet->result.to_zone = session->common.zone[!direction];
	const enum reason reason =
	    direction == SESSION_BACK ? find_way(engine, session, SESSION_FORTH) : REASON_NONE;

	if (reason != REASON_NONE) {
		finish_drop(engine, packet, reason);
		return;
	}
	flow->packets++;
	flow->bytes += item->length;
	if (direction == SESSION_FORTH) {
		client_packet(engine, item, session);
	} else {
		server_packet(engine, item, session);
	}
}

void
syn_open_again(struct engine *engine, struct session *session)
{
	struct syn_splice *splice = splice_of(engine, session);
	const struct flow_addresses addresses = session_addresses_of(&engine->table, session, SESSION_FORTH);
	const struct syn_offer offer = {
	    .sequence = splice->client_first,
	    .client_value = splice->client_value,
	    .segment = splice->segment,
	    .window = splice->window,
	    .scale = splice->client_scale,
	    .sack = splice->client_sack,
	    .stamps = splice->client_stamps,
	};

	if (splice->server) {
		session_arm(engine, session);
		return;
	}
	const enum reason reason = find_way(engine, session, SESSION_FORTH);

	if (reason == REASON_NO_SESSION) {
		return;
	}
	struct syn_segment segment = server_syn(engine, &offer, &addresses, session->forth.key);
	struct packet *packet =
	    reason == REASON_NONE && splice->tries < TRIES_MOST ? syn_packet_fresh(engine, &segment) : NULL;

	splice->tries = (uint8_t)(splice->tries + (splice->tries < TRIES_MOST));
	if (packet != NULL) {
		send_fresh(engine, session, SESSION_FORTH, packet);
	}
	arm_again(engine, session, splice);
}

void
syn_open_failed(struct engine *engine, struct session *session)
{
	const struct syn_splice *splice = splice_of(engine, session);
	struct flow_addresses addresses;
	enum reason why = REASON_NONE;

	if (splice->server || !answer_token(engine, REPLY_RESET, session->common.zone[SESSION_FORTH]) || !session_resolve(engine, session, SESSION_BACK, &why)) {
		return;
	}
	struct syn_segment segment = client_reset(engine, session, &addresses);
	struct packet *packet = syn_packet_fresh(engine, &segment);

	if (packet != NULL) {
		send_fresh(engine, session, SESSION_BACK, packet);
	}
}
