/*
 * Parameter problems (RFC 4443 3.4, RFC 8200 4.2 to 4.4): what an IPv6 packet's extension headers ask of us that we do not know.
 *
 *   a hop-by-hop option whose ignorance discards   by every router on the way: code 2, at the option
 *   the same among the options for a destination   by ourselves only, likewise
 *   a routing header with segments left            by ourselves only: code 0, at its type (RFC 5095 3 for type 0)
 *   a protocol behind them that we have not        by ourselves only: code 1, at the octet that names it
 *
 * The two highest bits of an option say what ignorance does: 0 skips it, 1 discards silently, 2 tells the sender, 3 tells the sender of
 * what was for one host. Like all our errors they are limited, and said to single hosts only; what a screen or host-inbound-traffic
 * drops gets none.
 *
 * What is told of by the headers alone comes before policies, screens and host-inbound-traffic, and would show a stranger that we
 * are here, and let us reflect. RFC 8200 wants every router to tell; a gateway tells those whom it would answer a ping: where
 * host-inbound-traffic of the interface that it came in by lets ping in. Elsewhere it is dropped without a word, by the same
 * reason. As of segments left, that is so of the addresses of this interface: another's need a policy too, which is not asked here.
 *
 * All of it is rare: the chain is walked once more here, and nobody else has to remember its places.
 */
#include "engine_private.h"

#include "wire/icmp6.h"

enum {
	OPTION_ACTION_SHIFT = 6,
	NEXT_HEADER_AT = 6,
	ROUTING_TYPE_AT = 2, /* of its header */
};

enum option_action {
	ACTION_SKIP,
	ACTION_DISCARD,
	ACTION_TELL,
	ACTION_TELL_ONE, /* unless it was for a group */
};

static struct ipv6_chain
chain_of(const struct item *item)
{
	struct ipv6_chain chain;
	const enum ipv6_chain_status status = ipv6_chain_parse(
	    item->ip + IPV6_HEADER, (size_t)item->length - IPV6_HEADER, item->ip[NEXT_HEADER_AT], &chain);

	assert(status == IPV6_CHAIN_OK);
	(void)status;
	return chain;
}

/* => `at` is within the packet's extension headers */
static void
tell(struct engine *engine, struct item *item, uint8_t code, uint16_t at, enum reason reason)
{
	const struct icmp6_header error = {.type = ICMP6_PARAMETER_PROBLEM, .code = code, .parameter = at};

	if (engine->log_drops != 0) {
		drop_log(engine, item, reason);
	}
	reply_error6(engine, item, &error, reason);
}

/* An option that is not to be ignored; finishes the packet. */
static void
refuse_option(struct engine *engine, struct item *item, uint16_t at, enum reason reason)
{
	const enum option_action action = (enum option_action)(item->ip[at] >> OPTION_ACTION_SHIFT);

	if (action == ACTION_TELL ||
	    (action == ACTION_TELL_ONE && !ipv6_is_multicast(item->addresses.destination))) {
		tell(engine, item, ICMP6_PARAMETER_OPTION, at, reason);
	} else {
		finish_refused(engine, item, reason);
	}
}

/* Is the destination an address of the unit that it came in by? */
static bool
for_ourselves(const struct engine *engine, const struct item *item)
{
	struct way way;

	return !ipv6_is_multicast(item->addresses.destination) &&
	       route_find6(engine, item->instance, item->unit, item->addresses.destination, &way) == REASON_NONE &&
	       way.local && way.unit == item->unit;
}

bool
problem6_told(struct engine *engine, struct item *item, enum reason reason)
{
	const bool option = reason == REASON_EXTENSION_OPTION || reason == REASON_JUMBOGRAM;
	const bool routing = reason == REASON_ROUTING_HEADER || reason == REASON_ROUTING_HEADER_ZERO;

	/* A malformed option is told by the same reason: then there are no headers to go by. */
	if ((!option && !routing) || (item->flags & (ITEM_IPV6 | ITEM_FROM_HOST)) != ITEM_IPV6 ||
	    item->zone == SNAPSHOT_NONE || !local_answers_ping(engine, item->unit)) {
		return false;
	}
	const struct ipv6_chain chain = chain_of(item);
	const enum reason wrong = check_addresses6(engine, item);

	/* What it is about may not be told of: an error. Of a fragment that is not the first nobody knows. */
	if (wrong != REASON_NONE || chain.fragment_offset != 0 ||
	    check_source_way6(engine, item) != REASON_NONE) {
		return false;
	}
	item->icmp_type = item->length > item->ip_header ? item->ip[item->ip_header] : 0;
	if (option) {
		refuse_option(engine, item, (uint16_t)(IPV6_HEADER + chain.bad_at), reason);
		return true;
	}
	if (chain.segments_left == 0 || !for_ourselves(engine, item)) {
		return false;
	}
	tell(engine, item, ICMP6_PARAMETER_HEADER, (uint16_t)(IPV6_HEADER + chain.routing_at + ROUTING_TYPE_AT), reason);
	return true;
}

bool
problem6_option(struct engine *engine, struct item *item)
{
	if (item->ip_header == IPV6_HEADER || item->protocol == IPV6_NEXT_AUTHENTICATION) {
		return false;
	}
	const struct ipv6_chain chain = chain_of(item);

	if ((chain.flags & IPV6_CHAIN_DESTINATION_DISCARD) == 0) {
		return false;
	}
	refuse_option(engine, item, (uint16_t)(IPV6_HEADER + chain.destination_bad_at), REASON_EXTENSION_OPTION);
	return true;
}

void
problem6_protocol(struct engine *engine, struct item *item, enum reason reason)
{
	uint16_t at = NEXT_HEADER_AT;
	uint16_t header = IPV6_HEADER;

	/* The headers were walked over before, and end where the protocol's begins. */
	while (header < item->ip_header) {
		const uint8_t kind = item->ip[at];

		at = header;
		header = (uint16_t)(header + (kind == IPV6_NEXT_FRAGMENT	  ? 8
						 : kind == IPV6_NEXT_AUTHENTICATION ? item->ip[header + 1] * 4 + 8
										  : item->ip[header + 1] * 8 + 8));
	}
	assert(header == item->ip_header);
	tell(engine, item, ICMP6_PARAMETER_NEXT_HEADER, at, reason);
}
