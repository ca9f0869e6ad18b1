/*
 * Neighbour discovery (RFC 4861): questions to us are answered, ours are asked, and little is
 * believed.
 *
 * A message counts only when its hop limit is 255, so that it comes from the link, and when no
 * extension header stands before it (RFC 6980). A question is answered when its target is an
 * address of the unit that is ours for sure. Learnt are the sender of such a question, if it is on
 * the link by its address, and the answer to a question of ours. What nobody asked for changes
 * nothing: a contradiction to what we know is worth a question, nothing more. Redirects and other
 * routers' advertisements are dropped: this is a router. Nothing is proxied.
 */
#include "engine_private.h"

#include <string.h>

static void
finish_nd(struct engine *engine, struct item *item)
{
	verdict_set(engine, item->packet, VERDICT_CONSUME, REASON_ND);
	output_put(engine, item->packet, ENGINE_FREE);
}

static void
solicit(struct engine *engine, const struct link_message *message,
    const struct nd_message *solicitation)
{
	uint8_t *at;
	struct packet *packet = link_message_start(engine, message, &at);

	if (packet != NULL) {
		const size_t length = nd_build(at, solicitation);

		assert(length == message->length);
		(void)length;
		link_message_send(engine, packet, message);
	}
}

void
nd_solicit(struct engine *engine, uint16_t unit, struct ipv6_address target, const uint8_t *mac)
{
	struct nd_message solicitation = {
	    .type = ICMP6_NEIGHBOUR_SOLICITATION,
	    .target = target,
	    .has_source_mac = true,
	};
	const struct link_message message = {
	    .source = claim_speaker(engine, unit),
	    .destination = mac != NULL ? target : ipv6_solicited_node(target),
	    .mac = mac,
	    .unit = unit,
	    .length = ND_NEIGHBOUR + ND_LINK_OPTION,
	};

	if (ipv6_is_unspecified(message.source)) {
		return;
	}
	memcpy(solicitation.source_mac, engine->units[unit].mac, ETHERNET_ADDRESS);
	solicit(engine, &message, &solicitation);
}

void
nd_ask_duplicate(struct engine *engine, uint16_t unit, const struct claim *claim)
{
	struct nd_message solicitation = {
	    .type = ICMP6_NEIGHBOUR_SOLICITATION,
	    .target = claim->address,
	    .has_nonce = true,
	};
	const struct link_message message = {
	    .destination = ipv6_solicited_node(claim->address),
	    .unit = unit,
	    .length = ND_NEIGHBOUR + ND_NONCE_OPTION,
	};

	memcpy(solicitation.nonce, claim->nonce, sizeof solicitation.nonce);
	solicit(engine, &message, &solicitation);
}

/* Says that an address is ours: to a station, or (mac NULL) to a group. */
static void
advertise(struct engine *engine, uint16_t unit, struct ipv6_address address,
    struct ipv6_address destination, const uint8_t *mac)
{
	struct nd_message advertisement = {
	    .type = ICMP6_NEIGHBOUR_ADVERTISEMENT,
	    .flags = (uint8_t)(ND_ROUTER | ND_OVERRIDE | (mac != NULL ? ND_SOLICITED : 0)),
	    .target = address,
	    .has_target_mac = true,
	};
	const struct link_message message = {
	    .source = address,
	    .destination = destination,
	    .mac = mac,
	    .unit = unit,
	    .length = ND_NEIGHBOUR + ND_LINK_OPTION,
	};
	uint8_t *at;
	struct packet *packet = link_message_start(engine, &message, &at);

	if (packet != NULL) {
		memcpy(advertisement.target_mac, engine->units[unit].mac, ETHERNET_ADDRESS);
		(void)nd_build(at, &advertisement);
		link_message_send(engine, packet, &message);
	}
}

void
nd_announce(struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	advertise(engine, unit, address, IPV6_ALL_NODES, NULL);
}

/* Is the address on the unit's link by itself: link-local, or of a subnet there? */
static bool
on_link(const struct engine *engine, uint16_t number, struct ipv6_address address)
{
	const struct snapshot_unit *unit = &engine->snapshot->units[number];

	if (ipv6_is_link_local(address)) {
		return true;
	}
	for (uint16_t i = 0; i < unit->address6_count; i++) {
		if (unit->addresses6[i].length < IPV6_LENGTH_MOST &&
		    ipv6_covers(unit->addresses6[i].address, unit->addresses6[i].length, address)) {
			return true;
		}
	}
	return false;
}

/* May a message come from there? */
static enum reason
check_source(struct engine *engine, const struct item *item, const struct ipv6_header *ip,
    const struct nd_message *message)
{
	const enum ipv6_class class = ipv6_class(ip->source);

	if (class == IPV6_CLASS_UNSPECIFIED) {
		if (message->has_source_mac) {
			return REASON_ND_MALFORMED;
		}
		if (message->type == ICMP6_ROUTER_SOLICITATION) {
			return REASON_NONE;
		}
		return message->type == ICMP6_NEIGHBOUR_SOLICITATION &&
			       ipv6_is_solicited_node(ip->destination)
			   ? REASON_NONE
			   : REASON_ND_SOURCE;
	}
	if (class != IPV6_CLASS_UNICAST && class != IPV6_CLASS_UNIQUE_LOCAL &&
	    class != IPV6_CLASS_LINK_LOCAL) {
		return REASON_ND_SOURCE;
	}
	if (claim_of(engine, item->unit, ip->source) != CLAIM_ABSENT) {
		claim_contested(engine, item->unit, ip->source);
		return REASON_ND_CONFLICT;
	}
	return REASON_NONE;
}

/* Somebody asks whether an address of ours is free (RFC 4862 5.4.3). */
static void
duplicate_question(struct engine *engine, struct item *item, const struct nd_message *question)
{
	if (claim_asked(engine, item->unit, question)) {
		finish_drop(engine, item->packet, REASON_ND_LOOPED);
		return;
	}
	if (claim_of(engine, item->unit, question->target) == CLAIM_TENTATIVE) {
		claim_contested(engine, item->unit, question->target);
		finish_drop(engine, item->packet, REASON_ND_CONFLICT);
		return;
	}
	nd_announce(engine, item->unit, question->target);
	finish_nd(engine, item);
}

static void
solicitation_input(struct engine *engine, struct item *item, const struct ipv6_header *ip,
    const struct nd_message *question)
{
	/* Without the option the frame's sender is who asks: RFC 4861 7.2.4 allows to know it. */
	const uint8_t *mac = question->has_source_mac ? question->source_mac
						      : item->packet->data + ETHERNET_ADDRESS;
	const enum claim_state state = claim_of(engine, item->unit, question->target);

	if (state == CLAIM_ABSENT) {
		finish_drop(engine, item->packet, REASON_ND_NOT_FOR_US);
	} else if (state == CLAIM_DUPLICATE) {
		finish_drop(engine, item->packet, REASON_ND_DUPLICATE);
	} else if (ipv6_is_unspecified(ip->source)) {
		duplicate_question(engine, item, question);
	} else if (state == CLAIM_TENTATIVE) {
		finish_drop(engine, item->packet, REASON_ND_TENTATIVE);
	} else if (!ethernet_station(mac)) {
		finish_drop(engine, item->packet, REASON_ND_MALFORMED);
	} else {
		if (on_link(engine, item->unit, ip->source)) {
			neighbour_heard(engine, item->unit, ip->source, mac, question->has_source_mac);
		}
		advertise(engine, item->unit, question->target, ip->source, mac);
		finish_nd(engine, item);
	}
}

/* The MAC address that an answer to our question gives, or NULL: it is no such answer (RFC 4861
 * 7.2.5). */
static const uint8_t *
answered_mac(const struct neighbour *entry, const struct nd_message *answer)
{
	const bool probed = entry->state == NEIGHBOUR_PROBE;

	if ((answer->flags & ND_SOLICITED) == 0 || (!probed && !answer->has_target_mac)) {
		return NULL;
	}
	if (!answer->has_target_mac) {
		return entry->mac;
	}
	return !probed || (answer->flags & ND_OVERRIDE) != 0 ||
		       ethernet_same_address(answer->target_mac, entry->mac)
		   ? answer->target_mac
		   : NULL;
}

static void
advertisement_input(struct engine *engine, struct item *item, const struct ipv6_header *ip,
    const struct nd_message *answer)
{
	const uint32_t index = neighbour_find(engine, item->unit, answer->target);

	if (claim_of(engine, item->unit, answer->target) != CLAIM_ABSENT) {
		claim_contested(engine, item->unit, answer->target);
		finish_drop(engine, item->packet, REASON_ND_CONFLICT);
		return;
	}
	if ((answer->flags & ND_SOLICITED) != 0 && ipv6_is_multicast(ip->destination)) {
		finish_drop(engine, item->packet, REASON_ND_MALFORMED);
		return;
	}
	if (index == NEIGHBOUR_NONE) {
		finish_drop(engine, item->packet, REASON_ND_UNASKED);
		return;
	}
	struct neighbour *entry = &engine->neighbours.entries[index];
	const uint8_t *mac = answered_mac(entry, answer);

	if (mac != NULL && neighbour_answered(engine, item->unit, answer->target, mac)) {
		entry->router = (answer->flags & ND_ROUTER) != 0;
		finish_nd(engine, item);
		return;
	}
	if (answer->has_target_mac) {
		neighbour_heard(engine, item->unit, answer->target, answer->target_mac, false);
	}
	finish_drop(engine, item->packet, REASON_ND_UNASKED);
}

static void
router_solicitation_input(struct engine *engine, struct item *item)
{
	if (advertise_solicited(engine, item->unit)) {
		finish_nd(engine, item);
	} else {
		finish_drop(engine, item->packet, REASON_ND_NO_ADVERTISEMENT);
	}
}

/* Everything that a message must be before any of it counts. */
static enum reason
check_message(struct engine *engine, const struct item *item, const struct ipv6_header *ip,
    uint16_t offset, struct nd_message *message)
{
	if ((item->flags & ITEM_FROM_HOST) != 0) {
		return REASON_ND_SOURCE;
	}
	if (ip->hop_limit != ND_HOP_LIMIT) {
		return REASON_ND_HOP_LIMIT;
	}
	if (offset != IPV6_HEADER) {
		return REASON_ND_EXTENSION;
	}
	if (!nd_parse(item->ip + offset, (size_t)item->length - offset, message)) {
		return REASON_ND_MALFORMED;
	}
	return check_source(engine, item, ip, message);
}

void
nd_input(struct engine *engine, struct item *item, uint16_t offset)
{
	struct nd_message message;
	struct ipv6_header ip;

	assert(offset >= IPV6_HEADER && item->length >= offset + ICMP6_HEADER);
	ipv6_load(item->ip, &ip);
	if (icmp6_is_listener(item->ip[offset])) {
		listener_input(engine, item, &ip, offset);
		return;
	}
	const enum reason reason = check_message(engine, item, &ip, offset, &message);

	if (reason != REASON_NONE) {
		finish_drop(engine, item->packet, reason);
		return;
	}
	if (message.type == ICMP6_NEIGHBOUR_SOLICITATION) {
		solicitation_input(engine, item, &ip, &message);
	} else if (message.type == ICMP6_NEIGHBOUR_ADVERTISEMENT) {
		advertisement_input(engine, item, &ip, &message);
	} else if (message.type == ICMP6_ROUTER_SOLICITATION) {
		router_solicitation_input(engine, item);
	} else if (message.type == ICMP6_ROUTER_ADVERTISEMENT) {
		advertise_heard(engine, item->unit);
		finish_drop(engine, item->packet, REASON_ND_ROUTER_ADVERTISEMENT);
	} else {
		finish_drop(engine, item->packet, REASON_ND_REDIRECT);
	}
}
