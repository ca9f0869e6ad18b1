/*
 * What becomes of a datagram's fragments once they go: the first is judged as any packet, the others go along its session, and
 * what is for ourselves is put together. See datagram.c for when.
 */
#include "egress_private.h"

#include "inspect_private.h"

void
datagram_drop_with(struct engine *engine, const struct datagram *datagram, struct item *item)
{
	item->packet->result.policy = datagram->policy;
	finish_refused(engine, item, (enum reason)datagram->reason);
}

struct item
datagram_recall(struct packet *packet, uint16_t zone, uint8_t flags)
{
	struct item item = {
	    .packet = packet,
	    .ip = packet->data,
	    .unit = packet->result.in_unit,
	    .zone = zone,
	    .flags = flags,
	};
	struct ipv6_chain chain;
	struct ipv4_header header;

	if ((item.flags & ITEM_IPV6) != 0) {
		(void)inspect_headers6(&item, packet->length, &chain);
		return item;
	}
	ipv4_load(packet->data, &header);
	item.source = header.source;
	item.destination = header.destination;
	item.length = header.total_length;
	item.ip_header = header.header_length;
	item.ttl = header.ttl;
	item.protocol = header.protocol;
	return item;
}

struct item
datagram_recall_piece(const struct datagram *datagram, const struct datagram_piece *piece, struct packet *packet)
{
	struct item item = datagram_recall(packet, datagram->key.zone, piece->flags);

	item.instance = datagram->key.instance;
	return item;
}

bool
datagram_item_remains(const struct engine *engine, const struct item *item)
{
	const struct unit *unit = unit_of(engine, item->unit);

	return (item->flags & ITEM_FROM_HOST) != 0 ||
	       (unit != NULL && (unit->flags & UNIT_USABLE) != 0 && unit->zone == item->zone &&
		   unit->instance == item->instance);
}

bool
datagram_unit_remains(const struct engine *engine, struct item *item)
{
	const struct unit *unit = unit_of(engine, item->unit);

	if (unit == NULL || (unit->flags & UNIT_USABLE) == 0 || unit->zone != item->zone) {
		return false;
	}
	item->instance = unit->instance;
	return true;
}

bool
datagram_follow(struct engine *engine, struct item *item, const struct datagram *datagram)
{
	if ((datagram->flags & DATAGRAM_HANDED) != 0) {
		sharing_hand(engine, item, datagram->worker, true);
		return true;
	}
	item->key = datagram->flow;
	item->hash = datagram->flow_hash;
	item->key_addresses = datagram->flow_addresses;
	item->protocol = datagram->protocol;
	item->segment.header.flags = 0;
	item->segment.header.sequence = datagram->sequence;
	item->flags |= ITEM_LATER;
	if ((datagram->flags & DATAGRAM_RELATED) != 0) {
		item->flags |= ITEM_RELATED;
	}
	return session_take(engine, item);
}

/* Judges the first fragment. True: the others may follow. */
static bool
judge(struct engine *engine, struct item *item, struct datagram *datagram)
{
	const struct packet_result *result = &item->packet->result;
	struct transport_head head;

	/* It was right when it came. */
	if (!datagram_item_remains(engine, item) ||
	    inspect_head(engine, item, &head) != REASON_NONE) {
		finish_drop(engine, item->packet, REASON_SESSION_ZONE);
	} else {
		if (item->protocol == IPV4_PROTOCOL_TCP) {
			item->segment.payload = (uint16_t)(datagram->end - datagram->before -
			    item->segment.header.header_length);
		} else if (item->protocol == IPV4_PROTOCOL_SCTP) {
			item->segment.payload = (uint16_t)(datagram->end - datagram->before);
		}
		process_item(engine, item);
	}
	datagram->policy = result->policy;
	datagram->session = result->session;
	datagram->reason = result->reason;
	if (result->reason == REASON_HANDED_OFF) {
		datagram->flags |= DATAGRAM_HANDED;
		datagram->worker = engine->outputs[(engine->output_tail - 1) & engine->output_mask].worker;
	}
	return result->verdict == VERDICT_FORWARD || result->verdict == VERDICT_HOST ||
	       result->reason == REASON_NEIGHBOUR_WAIT ||
	       result->reason == REASON_HANDED_OFF;
}

bool
datagram_start(struct engine *engine, const struct item *current, struct datagram *datagram, uint32_t place)
{
	struct datagram_table *table = &engine->datagrams;
	bool going = true;

	for (uint32_t i = datagram->first; i != DATAGRAM_NONE; i = table->pieces[i].next) {
		const struct datagram_piece *piece = &table->pieces[i];
		struct item item = i == place ? *current
					      : datagram_recall_piece(datagram, piece,
						    datagram_release(table, datagram, i));

		if (i == datagram->first) {
			going = judge(engine, &item, datagram);
		} else if (!going) {
			datagram_drop_with(engine, datagram, &item);
		} else if (!datagram_item_remains(engine, &item)) {
			finish_drop(engine, item.packet, REASON_SESSION_ZONE);
		} else if (!datagram_follow(engine, &item, datagram)) {
			datagram->reason = REASON_FRAGMENT_NO_SESSION;
			datagram_drop_with(engine, datagram, &item);
			going = false;
		}
	}
	if (going) {
		datagram->state = DATAGRAM_FOLLOWS;
	}
	return going;
}

void
datagram_deliver(struct engine *engine, struct packet *last, struct datagram *datagram)
{
	struct datagram_table *table = &engine->datagrams;
	struct packet *whole = datagram_linear(engine, datagram);
	const uint8_t flags = table->pieces[datagram->first].flags;

	last->result.verdict = VERDICT_DROP;
	last->result.reason = REASON_PACKET_POOL_EMPTY;
	for (uint32_t i = datagram->first; i != DATAGRAM_NONE; i = table->pieces[i].next) {
		output_put(engine, datagram_release(table, datagram, i), ENGINE_FREE);
	}
	if (whole == NULL) {
		return;
	}
	struct item item = {
	    .packet = whole,
	    .ip = whole->data,
	    .unit = last->result.in_unit,
	    .zone = datagram->key.zone,
	    .instance = datagram->key.instance,
	    .flags = flags & (ITEM_FROM_HOST | ITEM_GROUP_FRAME | ITEM_IPV6),
	};
	enum reason reason = inspect_whole(engine, &item, whole->length);

	whole->result.in_unit = item.unit;
	whole->result.from_zone = item.zone;
	if (reason == REASON_NONE && !datagram_item_remains(engine, &item)) {
		reason = REASON_SESSION_ZONE;
	}
	if (reason != REASON_NONE) {
		finish_drop(engine, whole, reason);
	} else {
		process_item(engine, &item);
	}
	last->result = whole->result;
}
