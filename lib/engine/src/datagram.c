/*
 * Fragments (RFC 791 3.2, RFC 8200 4.5): sessions follow the first one of a datagram (REQ-FW-013).
 *
 * A fragment is entered in the table of datagrams. Before the first one came the others are held.
 * The first is judged as any packet; it makes a session or belongs to one, and then it and all others
 * go along that session as they are, as they come, each a packet of its own: nothing is copied and
 * nothing waits. When it is refused, so are the others, by the same reason. All of a datagram has to be
 * there before any of it goes
 *   - when it is for ourselves: it is put together, so that we and our services see it whole;
 *   - when it is TCP: the state of the session needs to know the segment's length.
 * The fragment that completes a datagram is let go only if the transport's length and checksum are
 * right over all of it (datagram_whole.c): a wrong one never arrives complete.
 *
 * Refused whole, with all that is held and all that comes yet: fragments that overlap (RFC 5722, for
 * IPv4 too), that are beyond the end or give another one, that would make it larger than 65535
 * octets (the ping of death), whose first holds no whole transport header (RFC 3128), that are too
 * many. Dropped alone: an exact duplicate (RFC 8200 4.5: the network makes them), and a fragment of
 * a length that cannot be.
 *
 * A datagram that is complete is forgotten at once, as its identification may be used again soon
 * (RFC 4963). One that is not ends 30 s after its first fragment came (IPv6: 60 s); if all of it was
 * held its sender is told (ICMP time exceeded, code 1) where it may talk to us or has a session; of
 * one that went on the destination tells. Who has to go when there is no room: datagram_private.h.
 * All of that fails closed.
 */
#include "egress_private.h"

#include "inspect_private.h"

enum {
	TIMEOUT_IPV4 = 30 * TICKS_A_SECOND,
	TIMEOUT_IPV6 = 60 * TICKS_A_SECOND,
	ADVANCE_MOST = 64, /* datagrams that one call ends */
};

/* A fragment of the burst, as its headers have it. */
struct fragment {
	struct datagram_key key;
	uint32_t offset; /* octets */
	uint16_t size;
	uint16_t at;      /* of the payload in the packet */
	uint16_t headers; /* that the whole has before it, and that count for its length */
	bool more;
};

static void
describe4(const struct item *item, struct fragment *fragment)
{
	struct ipv4_header header;

	ipv4_load(item->ip, &header);
	*fragment = (struct fragment){
	    .key =
		{
		    .source = {0, 0xffff00000000U | header.source},
		    .destination = {0, 0xffff00000000U | header.destination},
		    .identification = header.identification,
		    .protocol = header.protocol,
		    .version = 4,
		},
	    .offset = (header.fragment & IPV4_FRAGMENT_OFFSET) * 8U,
	    .size = (uint16_t)(header.total_length - header.header_length),
	    .at = header.header_length,
	    .headers = header.header_length,
	    .more = (header.fragment & IPV4_MORE_FRAGMENTS) != 0,
	};
}

/* => its headers were right when it was inspected */
static void
describe6(const struct item *item, struct fragment *fragment)
{
	const struct flow_addresses *addresses = &item->addresses;
	struct ipv6_header header;
	struct ipv6_chain chain;

	ipv6_load(item->ip, &header);
	(void)ipv6_chain_parse(
	    item->ip + IPV6_HEADER, header.payload_length, header.next_header, &chain);
	const uint16_t at = (uint16_t)(IPV6_HEADER + chain.fragment_at + IPV6_FRAGMENT_HEADER);

	*fragment = (struct fragment){
	    .key =
		{
		    .source = {addresses->source.high, addresses->source.low},
		    .destination = {addresses->destination.high, addresses->destination.low},
		    .identification = chain.identification,
		    .version = 6,
		},
	    .offset = chain.fragment_offset,
	    .size = (uint16_t)(item->length - at),
	    .at = at,
	    .headers = chain.fragment_at,
	    .more = (chain.flags & IPV6_CHAIN_MORE_FRAGMENTS) != 0,
	};
}

static void
describe(const struct item *item, struct fragment *fragment)
{
	if ((item->flags & ITEM_IPV6) != 0) {
		describe6(item, fragment);
	} else {
		describe4(item, fragment);
	}
	fragment->key.instance = item->instance;
	fragment->key.zone = item->zone;
}

/* Drops what is held; `reason` is of each. */
static void
drop_held(struct engine *engine, struct datagram *datagram, enum reason reason)
{
	struct datagram_table *table = &engine->datagrams;

	for (uint32_t i = datagram->first; i != DATAGRAM_NONE; i = table->pieces[i].next) {
		struct packet *packet = datagram_release(table, datagram, i);

		if (packet != NULL) {
			struct item item = {.packet = packet, .ip = packet->data};

			finish_refused(engine, &item, reason);
		}
	}
}

/* Forgets a datagram; what is held of it is dropped. */
static void
forget(struct engine *engine, struct datagram *datagram, enum reason reason)
{
	struct datagram_table *table = &engine->datagrams;
	const uint32_t index = datagram_index(table, datagram);

	drop_held(engine, datagram, reason);
	datagram_drop_pieces(table, datagram);
	wheel_cancel(&table->wheel, index);
	datagram_remove(table, index);
}

/* From now on all of it is dropped. */
static void
refuse(struct engine *engine, struct datagram *datagram, enum reason reason)
{
	assert(reason_kind(reason) != REASON_KIND_PASS);
	if (datagram->state != DATAGRAM_REFUSED) {
		reason_note(engine, REASON_DATAGRAM_REFUSED);
	}
	drop_held(engine, datagram, reason);
	datagram_drop_pieces(&engine->datagrams, datagram);
	datagram->state = DATAGRAM_REFUSED;
	datagram->reason = (uint16_t)reason;
}

/* Room for one more of `resource`, made by ending others; false: there is none, or it would be
 * `self` that has to go. */
static bool
make_room(
    struct engine *engine, enum datagram_resource resource, uint16_t group, uint32_t self)
{
	struct datagram_table *table = &engine->datagrams;

	while (!datagram_room(table, resource)) {
		const uint32_t victim =
		    datagram_victim(table, resource, group, random_u64(engine->config.random));

		if (victim == DATAGRAM_NONE || victim == self) {
			return false;
		}
		reason_note(engine, REASON_DATAGRAM_EVICTED);
		forget(engine, &table->entries[victim], REASON_FRAGMENT_EVICTED);
	}
	return true;
}

/* The datagram of a fragment, made when it is the first that comes; NULL: no room. */
static struct datagram *
datagram_get(struct engine *engine, const struct datagram_key *key)
{
	struct datagram_table *table = &engine->datagrams;
	uint32_t index = datagram_find(table, key);

	if (index == DATAGRAM_NONE) {
		if (!make_room(engine, DATAGRAM_ENTRIES, datagram_group_of(table, key),
			DATAGRAM_NONE)) {
			return NULL;
		}
		index = datagram_add(table, key);
		timer_arm(&table->wheel, engine->tick, index,
		    engine->tick + (key->version == 4 ? TIMEOUT_IPV4 : TIMEOUT_IPV6));
	}
	return &table->entries[index];
}

static const enum reason outcome_reasons[] = {
    [DATAGRAM_ADDED] = REASON_NONE,
    [DATAGRAM_DUPLICATE] = REASON_FRAGMENT_DUPLICATE,
    [DATAGRAM_OVERLAP] = REASON_FRAGMENT_OVERLAP,
    [DATAGRAM_BAD_END] = REASON_FRAGMENT_BAD_END,
    [DATAGRAM_TOO_MANY] = REASON_FRAGMENT_TOO_MANY,
};

/* Would the whole be larger than any datagram? Its header is the first one's, which may come last and have options that the
 * others lack. */
static bool
oversize(const struct datagram_table *table, struct datagram *datagram, const struct fragment *fragment)
{
	uint32_t end = fragment->offset + fragment->size;

	if (datagram->last != DATAGRAM_NONE) {
		const struct datagram_piece *last = &table->pieces[datagram->last];
		const uint32_t other = (uint32_t)last->offset + last->size;

		end = other > end ? other : end;
	}
	if (fragment->headers > datagram->headers) {
		datagram->headers = fragment->headers;
	}
	return datagram->headers + end > DATAGRAM_OCTETS_MOST;
}

/* Enters a fragment as a piece. */
static enum reason
enter(struct engine *engine, const struct item *item, struct datagram *datagram,
    const struct fragment *fragment, uint32_t *place)
{
	struct datagram_table *table = &engine->datagrams;
	const uint8_t *payload = item->ip + fragment->at;

	if (oversize(table, datagram, fragment)) {
		return REASON_FRAGMENT_OVERSIZE;
	}
	if (!make_room(engine, DATAGRAM_PIECES, datagram->group, datagram_index(table, datagram))) {
		return REASON_FRAGMENT_TABLE_FULL;
	}
	const struct datagram_piece piece = {
	    .offset = (uint16_t)fragment->offset,
	    .size = fragment->size,
	    .sum = checksum_fold(checksum_sum(payload, fragment->size)),
	    .at = fragment->at,
	};

	return outcome_reasons[datagram_add_piece(table, datagram, &piece, fragment->more, place)];
}

/* Did others of its octets come before? One that contradicts the end may do that too. */
static bool
overlaps(const struct engine *engine, const struct datagram *datagram,
    const struct fragment *fragment, enum reason reason)
{
	return reason == REASON_FRAGMENT_OVERLAP ||
	       (reason == REASON_FRAGMENT_BAD_END &&
		   datagram_overlaps(&engine->datagrams, datagram, fragment->offset,
		       fragment->offset + fragment->size));
}

/* Is it for ourselves? By its session where it has one, else by the route, as in admit.c. */
static bool
for_ourselves(struct engine *engine, const struct item *item)
{
	const uint32_t reference = item_session(engine, item);
	struct way way;

	if ((item->flags & ITEM_FROM_HOST) != 0) {
		return false;
	}
	if (reference != SESSION_NONE) {
		/* Its way may not be known yet. */
		return session_of(&engine->table, reference)->common.zone[!(reference & 1)] ==
		       SNAPSHOT_ZONE_SELF;
	}
	if ((item->flags & ITEM_IPV6) != 0) {
		return ipv6_is_multicast(item->addresses.destination) ||
		       (route_find6(engine, item->instance, item->unit,
			    item->addresses.destination, &way) == REASON_NONE &&
			   way.local);
	}
	if (item->destination == UINT32_MAX ||
	    ipv4_class(item->destination) == IPV4_CLASS_MULTICAST ||
	    unit_broadcast(engine, item->unit, item->destination)) {
		return true;
	}
	return route_find(engine, item->instance, item->destination, &way) == REASON_NONE &&
	       way.local;
}

/* The first fragment: what all of it is. */
static enum reason
take_head(struct engine *engine, struct item *item, struct datagram *datagram)
{
	struct transport_head head = {.summed = false};
	const enum reason reason = inspect_head(engine, item, &head);

	if (reason != REASON_NONE) {
		return reason;
	}
	datagram->flags |= DATAGRAM_HAS_FIRST;
	datagram->flow = item->key;
	datagram->flow_hash = item->hash;
	datagram->flow_addresses = item->key_addresses;
	datagram->before = head.before;
	datagram->sequence = item->segment.header.sequence;
	datagram->length = head.length;
	datagram->protocol = item->protocol;
	datagram->sum += head.pseudo;
	if (head.summed) {
		datagram->flags |= DATAGRAM_SUMMED;
	}
	if ((item->flags & ITEM_RELATED) != 0) {
		datagram->flags |= DATAGRAM_RELATED;
	}
	if (for_ourselves(engine, item)) {
		datagram->flags |= DATAGRAM_GATHER | DATAGRAM_LINEAR;
	} else if (item->protocol == IPV4_PROTOCOL_TCP || item->protocol == IPV4_PROTOCOL_SCTP) {
		datagram->flags |= DATAGRAM_GATHER;
	}
	return REASON_NONE;
}

/* Holds a fragment. False: no room, and it is still the caller's. */
static bool
keep(struct engine *engine, struct item *item, struct datagram *datagram, uint32_t place)
{
	struct datagram_table *table = &engine->datagrams;

	if (!make_room(engine, DATAGRAM_HELD, datagram->group, datagram_index(table, datagram))) {
		return false;
	}
	packet_to_ip(item->packet, item->ip, item->length);
	item->ip = item->packet->data;
	/* Those that are above an octet come with the look-up, which is still before it. */
	table->pieces[place].flags = (uint8_t)item->flags;
	datagram_hold(table, datagram, place, item->packet);
	verdict_set(engine, item->packet, VERDICT_CONSUME, REASON_FRAGMENT_HELD);
	return true;
}

/* A fragment was entered: it is held, or it goes on, with those that waited for it. REASON_NONE: it
 * is finished; else all of the datagram is refused. */
static enum reason
go_on(struct engine *engine, struct item *item, struct datagram *datagram, uint32_t place)
{
	const bool complete = datagram_complete(datagram);
	const bool linear = (datagram->flags & DATAGRAM_LINEAR) != 0;
	const bool ready = (datagram->flags & DATAGRAM_HAS_FIRST) != 0 &&
			   ((datagram->flags & DATAGRAM_GATHER) == 0 || complete);
	const enum reason wrong = complete && ready ? datagram_check(datagram) : REASON_NONE;

	if (wrong != REASON_NONE) {
		return wrong;
	}
	if ((!ready || linear) && !keep(engine, item, datagram, place)) {
		return REASON_FRAGMENT_TABLE_FULL;
	}
	if (!ready) {
		return REASON_NONE;
	}
	if (linear) {
		datagram_deliver(engine, item->packet, datagram);
	} else if (datagram->state == DATAGRAM_OPEN) {
		if (!datagram_start(engine, item, datagram, place)) {
			refuse(engine, datagram, (enum reason)datagram->reason);
		}
	} else if (!datagram_follow(engine, item, datagram)) {
		return REASON_FRAGMENT_NO_SESSION;
	}
	if (complete) {
		if (datagram->state != DATAGRAM_REFUSED) {
			reason_note(engine, REASON_DATAGRAM_COMPLETE);
		}
		forget(engine, datagram, REASON_NONE);
	}
	return REASON_NONE;
}

void
datagram_enter(struct engine *engine, struct item *item)
{
	struct fragment fragment;
	uint32_t place = DATAGRAM_NONE;

	describe(item, &fragment);
	struct datagram *datagram = datagram_get(engine, &fragment.key);

	if (datagram == NULL) {
		finish_drop(engine, item->packet, REASON_FRAGMENT_TABLE_FULL);
		return;
	}
	if (datagram->state == DATAGRAM_REFUSED) {
		datagram_drop_with(engine, datagram, item);
		return;
	}
	enum reason reason = enter(engine, item, datagram, &fragment, &place);

	if (reason != REASON_NONE) {
		reason = screen_fragment(
		    engine, item, reason, overlaps(engine, datagram, &fragment, reason));
	}
	if (reason == REASON_FRAGMENT_DUPLICATE || reason == REASON_FRAGMENT_TABLE_FULL) {
		finish_drop(engine, item->packet, reason);
		return;
	}
	if (reason == REASON_NONE && fragment.offset == 0) {
		reason = take_head(engine, item, datagram);
	}
	if (reason == REASON_NONE) {
		reason = go_on(engine, item, datagram, place);
	}
	if (reason != REASON_NONE) {
		refuse(engine, datagram, reason);
		datagram_drop_with(engine, datagram, item);
	}
}

void
datagram_packet(struct engine *engine, struct item *item)
{
	struct fragment fragment;

	describe(item, &fragment);
	if (fragment.size == 0 || (fragment.more && fragment.size % 8 != 0)) {
		finish_refused(engine, item, REASON_FRAGMENT_BAD_LENGTH);
		return;
	}
	if (engine_shares(engine) && (item->flags & ITEM_FROM_HOST) == 0) {
		const struct relay_piece piece = {
		    .key = &fragment.key, .offset = fragment.offset, .size = fragment.size, .more = fragment.more};

		relay_packet(engine, item, &piece);
	} else {
		datagram_enter(engine, item);
	}
}

/* The sender of a datagram whose first fragment we hold hears that the others did not come, unless
 * that told a stranger of us. */
static void
complain(struct engine *engine, struct datagram *datagram)
{
	struct datagram_table *table = &engine->datagrams;
	const struct datagram_piece *piece = &table->pieces[datagram->first];
	struct packet *packet = datagram_release(table, datagram, datagram->first);
	struct item item = datagram_recall_piece(datagram, piece, packet);
	struct transport_head head;

	if (datagram_item_remains(engine, &item) &&
	    inspect_head(engine, &item, &head) == REASON_NONE &&
	    ((datagram->flags & DATAGRAM_LINEAR) != 0
		    ? local_allows(engine, &item)
		    : item_session(engine, &item) != SESSION_NONE)) {
		if (engine->log_drops != 0) {
			drop_log(engine, &item, REASON_FRAGMENT_TIMEOUT);
		}
		reply_reassembly_time(engine, &item, REASON_FRAGMENT_TIMEOUT);
	} else {
		finish_refused(engine, &item, REASON_FRAGMENT_TIMEOUT);
	}
}

bool
datagram_advance(struct engine *engine)
{
	struct datagram_table *table = &engine->datagrams;
	uint32_t due[ADVANCE_MOST];
	const uint32_t count = wheel_advance(&table->wheel, engine->tick, due, ADVANCE_MOST);

	for (uint32_t i = 0; i < count; i++) {
		struct datagram *datagram = &table->entries[due[i]];

		if (datagram->state != DATAGRAM_REFUSED) {
			reason_note(engine, REASON_DATAGRAM_TIMEOUT);
		}
		if (datagram->state == DATAGRAM_OPEN &&
		    (datagram->flags & DATAGRAM_HAS_FIRST) != 0) {
			complain(engine, datagram);
		}
		forget(engine, datagram, REASON_FRAGMENT_TIMEOUT);
	}
	return wheel_behind(&table->wheel, engine->tick);
}

void
datagram_close(struct engine *engine)
{
	struct datagram_table *table = &engine->datagrams;

	for (unsigned i = 0; i < DATAGRAM_GROUPS; i++) {
		while (table->groups[i].oldest != DATAGRAM_NONE) {
			forget(engine, &table->entries[table->groups[i].oldest],
			    REASON_NO_CONFIGURATION);
		}
	}
}
