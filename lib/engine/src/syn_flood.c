/*
 * tcp syn-flood: who of those without session is dropped, answered by us, or proven (REQ-SCR-032 to 044). See syn_private.h.
 *
 * SYNs are counted by the second, by the zone that they come in from. What the source's or the destination's threshold drops
 * is not counted further: it comes near no server. Each SYN beyond a threshold counts once as detected (53675). The alarm is
 * raised with the one SYN in a second that goes beyond attack and alarm threshold together (E-115).
 */
#include "engine_private.h"

/* What the rates of the table are of, beside those of screens. */
enum {
	RATE_SOURCE = SCREEN_COUNT,
	RATE_DESTINATION,
	RATE_SERVICE,
};
_Static_assert((int)RATE_SERVICE <= UINT8_MAX, "an octet says of what a rate is");

static struct flow_addresses
addresses_of(const struct item *item)
{
	if ((item->flags & ITEM_IPV6) != 0) {
		return item->addresses;
	}
	return (struct flow_addresses){ipv6_mapped(item->source), ipv6_mapped(item->destination)};
}

static uint32_t
count_of(struct engine *engine, const struct screen_rate_key *key, uint32_t threshold)
{
	const uint32_t count = screen_rate_count(&engine->screens.tables, key, engine->now);

	if (engine_shares(engine)) {
		screen_say_rate(engine, key, threshold);
	}
	return count;
}

/* A destination and its port as one: a name of 128 bits, which half is keyed. */
static struct ipv6_address
service_name(const struct engine *engine, struct ipv6_address destination, uint16_t port)
{
	return (struct ipv6_address){
	    .high = hash_four(screen_target_secret(engine), destination.high, destination.low, port, RATE_SERVICE),
	    .low = destination.low ^ (uint64_t)port << 48,
	};
}

/* May we speak for the destination at all: is it a single host's? What it is otherwise is told by who looks for its way. */
static bool
to_single_host(const struct engine *engine, const struct item *item)
{
	if ((item->flags & ITEM_GROUP_FRAME) != 0) {
		return false;
	}
	return (item->flags & ITEM_IPV6) != 0 ? !ipv6_is_multicast(item->addresses.destination)
					       : ipv4_class(item->destination) == IPV4_CLASS_UNICAST &&
						     !unit_broadcast(engine, item->unit, item->destination);
}

/* Beyond the attack threshold. True: it goes on. */
static bool
answer(struct engine *engine, struct item *item)
{
	struct syn_offer offer;

	if (!to_single_host(engine, item)) {
		return true;
	}
	/* No honest SYN is that large. */
	if ((item->flags & ITEM_FRAGMENT) != 0) {
		screen_say(engine, item, SCREEN_TCP_SYN_FLOOD, SCREEN_OUTCOME_DROPPED);
		finish_refused(engine, item, REASON_SCREEN_TCP_SYN_FLOOD);
		return false;
	}
	if (!engine->snapshot->flow.syn_cookies) {
		item->flags |= ITEM_PROXIED;
		return true;
	}
	syn_offer_read(item, &offer);
	syn_cookie_make(&engine->syn.cookies, engine->config.random, item, &offer, engine->now);
	syn_answer(engine, item, &offer, REASON_SYN_COOKIE);
	return false;
}

/* Was the same SYN answered by us, and is the answer on its way? The server's answer would come too late then. */
static bool
waits_for_ack(const struct engine *engine, const struct item *item)
{
	const struct syn_queue *queue = &engine->syn.queue;

	if (queue->count == 0) {
		return false;
	}
	const struct syn_half *half = syn_queue_find(queue, item->key, item->hash);

	return half != NULL && half->offer.sequence == item->segment.header.sequence;
}

/* True: it goes on. */
static bool
count_syn(struct engine *engine, struct item *item, const struct snapshot_screens *screens)
{
	const struct snapshot_syn_flood *limits = &screens->syn_flood;
	const struct flow_addresses addresses = addresses_of(item);

	const struct screen_rate_key source = {
	    .address = addresses.source, .zone = item->zone, .screen = RATE_SOURCE};
	const struct screen_rate_key destination = {
	    .address = addresses.destination, .zone = item->zone, .screen = RATE_DESTINATION};

	if (count_of(engine, &source, limits->source) > limits->source ||
	    count_of(engine, &destination, limits->destination) > limits->destination) {
		const enum reason reason = screen_detect(engine, item, SCREEN_TCP_SYN_FLOOD);

		if (reason != REASON_NONE) {
			finish_refused(engine, item, reason);
		}
		return reason == REASON_NONE;
	}
	const struct screen_rate_key service = {
	    .address = service_name(engine, addresses.destination, item->segment.header.destination_port),
	    .zone = item->zone,
	    .screen = RATE_SERVICE,
	};
	const uint32_t count = count_of(engine, &service, limits->attack);
	const bool kept = (screens->kept & screen_bit(SCREEN_TCP_SYN_FLOOD)) != 0;

	if (count <= limits->attack) {
		if (waits_for_ack(engine, item)) {
			item->flags |= ITEM_PROXIED;
		}
		return true;
	}
	/* With several workers a count can jump. */
	if (engine_shares(engine) ? count > limits->attack + limits->alarm &&
					screen_rate_first(&engine->screens.tables, &service, engine->now)
				  : count == limits->attack + limits->alarm + 1) {
		screen_alarm(engine, item, SCREEN_TCP_SYN_FLOOD, kept ? SCREEN_OUTCOME_KEPT : SCREEN_OUTCOME_PROXIED);
	}
	if (kept) {
		return screen_detect(engine, item, SCREEN_TCP_SYN_FLOOD) == REASON_NONE;
	}
	screen_count(engine, item, SCREEN_TCP_SYN_FLOOD);
	return answer(engine, item);
}

/* Is the number the client's next one, or the one before it? */
static bool
continues(const struct syn_offer *offer, const struct tcp_header *header)
{
	return header->sequence == offer->sequence + 1 || header->sequence == offer->sequence;
}

/* What a segment other than a SYN says about a place of the queue. True: it proves that somebody is there. */
static bool
look_at_half(struct engine *engine, const struct item *item, struct syn_half *half, const struct tcp_options *options)
{
	const struct tcp_header *header = &item->segment.header;
	struct syn_offer *offer = &engine->syn.offer;

	if ((header->flags & TCP_RST) != 0) {
		/* It never asked. */
		if (header->sequence == half->offer.sequence + 1) {
			syn_queue_remove(&engine->syn.queue, half);
		}
		return false;
	}
	if (header->acknowledgement != half->offer.answer + 1 || !continues(&half->offer, header)) {
		return false;
	}
	*offer = half->offer;
	offer->client_value = options->stamps ? options->value : offer->client_value;
	return true;
}

/* Its window as a SYN says it. */
static uint16_t
unscaled(uint16_t window, uint8_t scale)
{
	const uint32_t octets = scale == TCP_SCALE_NONE ? window : (uint32_t)window << scale;

	return octets > UINT16_MAX ? UINT16_MAX : (uint16_t)octets;
}

static struct tcp_options
options_of(const struct item *item)
{
	struct tcp_options options;

	tcp_options_parse(item->ip + item->ip_header + TCP_HEADER,
	    (size_t)item->segment.header.header_length - TCP_HEADER, &options);
	return options;
}

static void
look_for_proof(struct engine *engine, struct item *item)
{
	const struct tcp_header *header = &item->segment.header;
	const struct tcp_options options = options_of(item);
	struct syn_half *half = syn_queue_find(&engine->syn.queue, item->key, item->hash);
	struct syn_offer *offer = &engine->syn.offer;
	const bool kept = half != NULL && look_at_half(engine, item, half, &options);

	if (!kept && ((header->flags & TCP_RST) != 0 ||
			 !syn_cookie_check(&engine->syn.cookies, item, &options, offer, engine->now))) {
		return;
	}
	item->flags |= ITEM_PROVEN;
	offer->window = unscaled(header->window, offer->scale);
	/* Somebody else's, if it was not this one. */
	if (half != NULL) {
		syn_queue_remove(&engine->syn.queue, half);
	}
}

bool
syn_flood_cookie(const struct engine *engine, const struct item *item)
{
	const unsigned acknowledges = TCP_SYN | TCP_RST | TCP_ACK;
	struct syn_offer offer;

	if ((item->flags & (ITEM_FRAGMENT | ITEM_FROM_HOST)) != 0 ||
	    (item->segment.header.flags & acknowledges) != TCP_ACK ||
	    (engine->units[item->unit].flags & UNIT_SCREENED) == 0) {
		return false;
	}
	const struct snapshot_screens *screens = engine->snapshot->zones[item->zone].screens;

	if (screens == NULL || (screens->on & screen_bit(SCREEN_TCP_SYN_FLOOD)) == 0) {
		return false;
	}
	const struct tcp_options options = options_of(item);

	return syn_cookie_check(&engine->syn.cookies, item, &options, &offer, engine->now);
}

bool
syn_flood_runs(const struct engine *engine, const struct item *item)
{
	if ((engine->units[item->unit].flags & UNIT_SCREENED) == 0 ||
	    !syn_cookie_made(&engine->syn.cookies, engine->now)) {
		return false;
	}
	const struct snapshot_screens *screens = engine->snapshot->zones[item->zone].screens;

	return engine->snapshot->flow.syn_cookies && screens != NULL &&
	       (screens->on & screen_bit(SCREEN_TCP_SYN_FLOOD)) != 0;
}

bool
syn_flood(struct engine *engine, struct item *item)
{
	const struct snapshot_screens *screens = engine->snapshot->zones[item->zone].screens;
	const uint8_t flags = item->segment.header.flags;

	assert(screens != NULL && item->protocol == IPV4_PROTOCOL_TCP);
	if ((screens->on & screen_bit(SCREEN_TCP_SYN_FLOOD)) == 0) {
		return true;
	}
	if (tcp_is_start(flags)) {
		return count_syn(engine, item, screens);
	}
	if ((flags & TCP_SYN) == 0 && (flags & (TCP_ACK | TCP_RST)) != 0 && (item->flags & ITEM_FRAGMENT) == 0) {
		look_for_proof(engine, item);
	}
	return true;
}
