/*
 * Multicast listener discovery as a listener (RFC 3810): switches that snoop send questions for our
 * addresses only where somebody joined their groups, so we say that we did: when an address
 * appears, and when a router asks. We route no multicast: others' reports are consumed.
 */
#include "engine_private.h"

#include <string.h>

enum {
	GROUPS_MOST = 60, /* in a report of 1280 octets */
	REPORT_GAP = 1 * TICKS_A_SECOND, /* between answers on a unit, whoever asks */
};

static void
report(struct engine *engine, uint16_t unit, enum mld_record kind,
    const struct ipv6_address *groups, uint16_t count)
{
	const struct ipv6_address link_local = engine->snapshot->units[unit].link_local;
	const struct ipv6_address none = {0, 0};
	const struct link_message message = {
	    /* Link-local, or :: while that is not ours for sure (RFC 3810 5.2.13). */
	    .source = claim_of(engine, unit, link_local) == CLAIM_VALID ? link_local : none,
	    .destination = MLD_ROUTERS,
	    .unit = unit,
	    .length = (uint16_t)(MLD_REPORT + count * MLD_RECORD),
	    .router_alert = true,
	};
	uint8_t *at;
	struct packet *packet = link_message_start(engine, &message, &at);

	if (packet != NULL) {
		(void)mld_build_report(at, kind, groups, count);
		link_message_send(engine, packet, &message);
	}
}

void
listener_join(struct engine *engine, uint16_t unit, struct ipv6_address address)
{
	const struct ipv6_address groups[] = {ipv6_solicited_node(address), IPV6_ALL_ROUTERS};

	report(engine, unit, MLD_TO_EXCLUDE, groups, 2);
}

/* Says all groups of a unit again. */
static void
answer(struct engine *engine, uint16_t unit)
{
	const struct snapshot_unit *configured = &engine->snapshot->units[unit];
	struct ipv6_address groups[GROUPS_MOST] = {IPV6_ALL_ROUTERS};
	uint16_t count = 1;

	for (uint16_t i = 0; i < configured->address6_count && count < GROUPS_MOST; i++) {
		const struct ipv6_address group =
		    ipv6_solicited_node(configured->addresses6[i].address);
		uint16_t same = 0;

		while (same < count && !ipv6_equal(groups[same], group)) {
			same++;
		}
		groups[same] = group;
		count = (uint16_t)(count + (same == count));
	}
	report(engine, unit, MLD_IS_EXCLUDE, groups, count);
}

void
listener_input(
    struct engine *engine, struct item *item, const struct ipv6_header *ip, uint16_t offset)
{
	const uint8_t *message = item->ip + offset;
	const bool query = message[0] == ICMP6_LISTENER_QUERY;
	struct ipv6_address group;

	/* RFC 3810 5: a hop limit of 1 and a link-local source, or for reports none yet; the router
	 * alert stands in a hop-by-hop header. */
	if ((item->flags & ITEM_FROM_HOST) != 0 || ip->hop_limit != MLD_HOP_LIMIT ||
	    offset == IPV6_HEADER ||
	    (!ipv6_is_link_local(ip->source) && (query || !ipv6_is_unspecified(ip->source))) ||
	    (query && !mld_parse_query(message, (size_t)item->length - offset, &group))) {
		finish_drop(engine, item->packet, REASON_MLD_MALFORMED);
		return;
	}
	struct discovery *discovery = &engine->claims.units[item->unit];

	if (query && engine->tick - discovery->reported >= REPORT_GAP &&
	    unit_discovers(engine, item->unit)) {
		discovery->reported = engine->tick;
		answer(engine, item->unit);
	}
	verdict_set(engine, item->packet, VERDICT_CONSUME, REASON_MLD);
	output_put(engine, item->packet, ENGINE_FREE);
}
