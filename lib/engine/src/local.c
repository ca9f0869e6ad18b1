/*
 * Packets to ourselves: host-inbound-traffic (REQ-HI-001 to 014).
 *
 * The list that counts is the ingress unit's (the snapshot has put the interface's own or the
 * zone's there). An address of another unit needs that unit's list too, and a policy from the
 * ingress zone to the owner's zone, also when they are equal (REQ-HI-009). What is allowed is then
 * answered here (echo, ident-reset, traceroute, services that do not run) or, when the service
 * runs, delivered to our host with a session, so that the replies find their way. Routing protocols
 * that the list allows are delivered too, also when they come to a multicast group. Broadcasts and
 * multicasts are never answered and make no session. What is delivered or answered has its limits
 * (host_limit.c).
 *
 * IPv6: the same. `ping` is the echo of either family. Services are reached by addresses that more
 * than a link knows, as our host's side is no part of the link. Under mode packet-based no policy is
 * asked; what is delivered makes a session as ever.
 */
#include "egress_private.h"

#include "wire/icmp.h"
#include "wire/icmp6.h"

struct service_row {
	uint8_t protocol;
	uint16_t low;
	uint16_t high;
};

static const struct service_row service_rows[HOST_SERVICE_COUNT] = {
#define HOST_SERVICE(symbol, name, protocol, low, high)                                            \
	[HOST_SERVICE_##symbol] = {protocol, low, high},
#include "engine/services.def"
#undef HOST_SERVICE
};

_Static_assert(HOST_SERVICE_COUNT <= 64, "services are bits of a word");

static const struct service_row protocol_rows[HOST_PROTOCOL_COUNT] = {
#define HOST_PROTOCOL(symbol, name, protocol, low, high)                                           \
	[HOST_PROTOCOL_##symbol] = {protocol, low, high},
#include "engine/protocols.def"
#undef HOST_PROTOCOL
};

_Static_assert(HOST_PROTOCOL_COUNT <= 32, "protocols are bits of half a word");

/* What a packet to us asks for. */
struct asked {
	uint16_t port; /* ICMP and IGMP: the type */
	uint32_t protocols; /* bit by enum host_protocol */
	uint64_t services;  /* bit by enum host_service */
};

enum {
	IP_PROTOCOL_IGMP = 2,
};

static bool
row_fits(const struct service_row *row, uint8_t protocol, uint16_t port)
{
	return row->protocol == protocol && port >= row->low && port <= row->high;
}

static struct asked
asked_of(const struct item *item)
{
	const struct flow_fields fields = flow_fields_of(item->key);
	struct asked asked = {.port = fields.destination_port};
	uint8_t protocol = item->protocol;

	if (protocol == IPV4_PROTOCOL_ICMP || protocol == IPV6_NEXT_ICMP) {
		asked.port = item->icmp_type;
	} else if (item->protocol == IP_PROTOCOL_IGMP && item->length > item->ip_header) {
		asked.port = item->ip[item->ip_header];
	}
	/* The row of ping is of ICMP. */
	const bool echo = protocol == IPV6_NEXT_ICMP && asked.port == ICMP6_ECHO;
	const uint16_t port = echo ? ICMP_ECHO : asked.port;

	protocol = echo ? IPV4_PROTOCOL_ICMP : protocol;
	for (unsigned i = 0; i < HOST_SERVICE_COUNT; i++) {
		if (service_rows[i].low != 0 && row_fits(&service_rows[i], protocol, port)) {
			asked.services |= (uint64_t)1 << i;
		}
	}
	for (unsigned i = 0; i < HOST_PROTOCOL_COUNT; i++) {
		if (row_fits(&protocol_rows[i], protocol, port)) {
			asked.protocols |= 1U << i;
		}
	}
	return asked;
}

static bool
inbound_allows(const struct snapshot_host_inbound *inbound, const struct item *item,
    const struct asked *asked)
{
	for (uint16_t i = 0; i < inbound->custom_count; i++) {
		const struct snapshot_host_port *custom = &inbound->custom[i];

		if (custom->protocol == item->protocol && asked->port >= custom->low &&
		    asked->port <= custom->high) {
			return true;
		}
	}
	if ((asked->services & inbound->services) != 0 ||
	    (asked->protocols & inbound->protocols) != 0) {
		return true;
	}
	const bool any_can = item->protocol == IPV4_PROTOCOL_TCP ||
			     item->protocol == IPV4_PROTOCOL_UDP ||
			     (asked->services & (uint64_t)1 << HOST_SERVICE_PING) != 0;

	return inbound->any_service && any_can && (asked->services & inbound->except) == 0;
}

static bool
unit_allows(const struct engine *engine, uint16_t unit, const struct item *item,
    const struct asked *asked)
{
	return unit < engine->snapshot->unit_count &&
	    inbound_allows(&engine->snapshot->units[unit].host_inbound, item, asked);
}

/* Is it a routing protocol's that the unit's list allows, so that the host gets it? */
static bool
routing_allowed(const struct engine *engine, uint16_t unit, const struct asked *asked)
{
	return unit < engine->snapshot->unit_count &&
	    (engine->snapshot->units[unit].host_inbound.protocols & asked->protocols) != 0;
}

/* True: it is over a limit, and finished. */
static bool
over_limit(struct engine *engine, struct item *item, enum host_limit kind)
{
	const enum reason reason = host_limit_take(engine, kind, item);

	if (reason != REASON_NONE) {
		finish_drop(engine, item->packet, reason);
	}
	return reason != REASON_NONE;
}

static enum host_limit
limit_of_first(const struct item *item, bool routing)
{
	if (item->protocol == IPV4_PROTOCOL_TCP) {
		return HOST_LIMIT_OPENING;
	}
	return routing ? HOST_LIMIT_ROUTING : HOST_LIMIT_DATAGRAMS;
}

/* To our host, without session. */
static void
deliver_alone(struct engine *engine, struct item *item, uint16_t instance)
{
	struct packet *packet = item->packet;

	packet_to_ip(packet, item->ip, item->length);
	packet->instance = instance;
	packet->result.to_zone = SNAPSHOT_ZONE_SELF;
	verdict_set(engine, packet, VERDICT_HOST, REASON_HOST_INBOUND);
	output_put(engine, packet, ENGINE_HOST);
}

static void
deliver(struct engine *engine, struct item *item, struct admission *admission, bool routing)
{
	/* Before the limit of handshakes: a flood of forged SYNs does not take what honest clients need. */
	if ((item->flags & ITEM_PROXIED) != 0) {
		syn_hold(engine, item);
		return;
	}
	if (over_limit(engine, item, limit_of_first(item, routing))) {
		return;
	}
	admission->to_zone = SNAPSHOT_ZONE_SELF;
	admission->reason = REASON_HOST_INBOUND;
	admission->flags |= SESSION_HOST;
	item->packet->result.to_zone = SNAPSHOT_ZONE_SELF;
	admit_prepare(engine, item, admission);
	admit_create(engine, item, admission);
}

/* Is there anybody on our host's side who takes it? Nobody is there on a link alone. */
static bool
host_takes(const struct engine *engine, const struct item *item, const struct asked *asked,
    bool routing)
{
	if ((item->flags & ITEM_IPV6) != 0 &&
	    (ipv6_is_link_local(item->addresses.source) ||
		ipv6_is_link_local(item->addresses.destination))) {
		return false;
	}
	return routing || (asked->services & engine->snapshot->services_running) != 0;
}

/* Allowed; what now? */
static void
serve(struct engine *engine, struct item *item, struct admission *admission,
    const struct asked *asked)
{
	const bool routing = routing_allowed(engine, item->unit, asked);

	if ((item->flags & ITEM_IPV6) != 0 && problem6_option(engine, item)) {
		return;
	}
	if (host_takes(engine, item, asked, routing)) {
		deliver(engine, item, admission, routing);
	} else if (item->protocol == IPV6_NEXT_ICMP && item->icmp_type != ICMP6_ECHO) {
		finish_drop(engine, item->packet, REASON_SERVICE_CLOSED);
	} else if (item->protocol == IPV4_PROTOCOL_ICMP || item->protocol == IPV6_NEXT_ICMP) {
		if (!over_limit(engine, item, HOST_LIMIT_ECHO)) {
			reply_echo(engine, item);
		}
	} else if ((asked->services & (uint64_t)1 << HOST_SERVICE_IDENT_RESET) != 0) {
		reply_reset(engine, item, REASON_IDENT_RESET);
	} else if (item->protocol == IPV4_PROTOCOL_TCP) {
		reply_reset(engine, item, REASON_SERVICE_CLOSED);
	} else {
		const bool probe =
		    (asked->services & (uint64_t)1 << HOST_SERVICE_TRACEROUTE) != 0;

		reply_unreachable(engine, item,
		    item->protocol == IPV4_PROTOCOL_UDP || item->protocol == IPV4_PROTOCOL_UDP_LITE ? ICMP_UNREACHABLE_PORT
												    : ICMP_UNREACHABLE_PROTOCOL, 0,
		    probe ? REASON_TRACEROUTE : REASON_SERVICE_CLOSED);
	}
}

/* To a broadcast of the unit, or to a multicast group. */
static void
group_packet(struct engine *engine, struct item *item, const struct asked *asked)
{
	struct packet *packet = item->packet;
	const bool multicast = (item->flags & ITEM_IPV6) != 0 ||
			       ipv4_class(item->destination) == IPV4_CLASS_MULTICAST;
	const bool routing = routing_allowed(engine, item->unit, asked);
	const bool service = !multicast && item->protocol == IPV4_PROTOCOL_UDP &&
			     unit_allows(engine, item->unit, item, asked) &&
			     (asked->services & engine->snapshot->services_running) != 0;

	if (!routing && !service) {
		finish_drop(engine, packet,
		    multicast ? REASON_DESTINATION_MULTICAST : REASON_DESTINATION_BROADCAST);
		return;
	}
	if (over_limit(engine, item, routing ? HOST_LIMIT_ROUTING : HOST_LIMIT_DATAGRAMS)) {
		return;
	}
	deliver_alone(engine, item, item->instance);
}

/* Is the destination an address of the unit where the packet came in? */
static bool
ingress_owns(const struct engine *engine, const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0
		   ? unit_owns6(engine, item->unit, item->addresses.destination)
		   : unit_owns(engine, item->unit, item->destination);
}

bool
local_answers_ping(const struct engine *engine, uint16_t unit)
{
	const uint64_t ping = (uint64_t)1 << HOST_SERVICE_PING;

	if (unit >= engine->snapshot->unit_count) {
		return false;
	}
	const struct snapshot_host_inbound *inbound = &engine->snapshot->units[unit].host_inbound;

	return (inbound->services & ping) != 0 || (inbound->any_service && (inbound->except & ping) == 0);
}

bool
local_allows(const struct engine *engine, const struct item *item)
{
	const struct asked asked = asked_of(item);

	return unit_allows(engine, item->unit, item, &asked);
}

void
local_packet(struct engine *engine, struct item *item, const struct way *way)
{
	const struct asked asked = asked_of(item);

	/* The host, its limits and our own answers have one owner. */
	if (engine->config.worker != 0) {
		sharing_hand(engine, item, 0, true);
		return;
	}
	if (way == NULL) {
		group_packet(engine, item, &asked);
		return;
	}
	struct admission admission = {
	    .way = *way,
	    .to_zone = engine->units[way->unit].zone,
	    .judged_zone = engine->units[way->unit].zone,
	    .policy = PACKET_NO_POLICY,
	    .application = UINT32_MAX,
	};
	const bool other = way->unit != item->unit && !ingress_owns(engine, item);

	item->packet->result.to_zone = SNAPSHOT_ZONE_SELF;
	if (!unit_allows(engine, item->unit, item, &asked) ||
	    (other && !unit_allows(engine, way->unit, item, &asked))) {
		finish_refused(engine, item, REASON_HOST_INBOUND_DENIED);
		return;
	}
	if (other) {
		item->packet->result.to_zone = admission.to_zone;
		if (admission.to_zone == SNAPSHOT_NONE) {
			finish_drop(engine, item->packet, REASON_NULL_ZONE_EGRESS);
			return;
		}
		const bool asked_policy = (item->flags & ITEM_IPV6) == 0 || !packet_based6(engine);

		if (asked_policy && !policy_permits(engine, item, &admission)) {
			return;
		}
	}
	serve(engine, item, &admission, &asked);
}
