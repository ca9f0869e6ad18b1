/*
 * Packets to ourselves: host-inbound-traffic (REQ-HI-001 to 013).
 *
 * The list that counts is the ingress unit's (the snapshot has put the interface's own or the
 * zone's there). An address of another unit needs that unit's list too, and a policy from the
 * ingress zone to the owner's zone, also when they are equal (REQ-HI-009). What is allowed is then
 * answered here (echo, ident-reset, traceroute, services that do not run) or, when the service
 * runs, delivered to our host with a session, so that the replies find their way. Broadcasts are
 * never answered and make no session.
 */
#include "egress_private.h"

#include "wire/icmp.h"

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

/* The services that a packet may be for. ICMP has its type as port. */
static uint64_t
services_of(uint8_t protocol, uint16_t port)
{
	uint64_t services = 0;

	for (unsigned i = 0; i < HOST_SERVICE_COUNT; i++) {
		const struct service_row *row = &service_rows[i];

		if (row->protocol == protocol && port >= row->low && port <= row->high &&
		    row->low != 0) {
			services |= (uint64_t)1 << i;
		}
	}
	return services;
}

static bool
inbound_allows(const struct snapshot_host_inbound *inbound, const struct item *item, uint16_t port,
    uint64_t services)
{
	for (uint16_t i = 0; i < inbound->custom_count; i++) {
		const struct snapshot_host_port *custom = &inbound->custom[i];

		if (custom->protocol == item->protocol && port >= custom->low &&
		    port <= custom->high) {
			return true;
		}
	}
	if ((services & inbound->services) != 0) {
		return true;
	}
	const bool any_can = item->protocol == IPV4_PROTOCOL_TCP ||
			     item->protocol == IPV4_PROTOCOL_UDP ||
			     (services & (uint64_t)1 << HOST_SERVICE_PING) != 0;

	return inbound->any_service && any_can && (services & inbound->except) == 0;
}

static bool
unit_allows(const struct engine *engine, uint16_t unit, const struct item *item, uint16_t port,
    uint64_t services)
{
	return unit < engine->snapshot->unit_count &&
	    inbound_allows(&engine->snapshot->units[unit].host_inbound, item, port, services);
}

/* Allowed; what now? */
static void
serve(struct engine *engine, struct item *item, struct admission *admission, uint64_t services)
{
	const uint64_t running = services & engine->snapshot->services_running;

	if (item->protocol == IPV4_PROTOCOL_ICMP) {
		reply_echo(engine, item);
	} else if ((services & (uint64_t)1 << HOST_SERVICE_IDENT_RESET) != 0) {
		reply_reset(engine, item, REASON_IDENT_RESET);
	} else if (running != 0) {
		admission->to_zone = SNAPSHOT_ZONE_SELF;
		admission->reason = REASON_HOST_INBOUND;
		admission->flags |= SESSION_HOST;
		item->packet->result.to_zone = SNAPSHOT_ZONE_SELF;
		admit_prepare(engine, item, admission);
		admit_create(engine, item, admission);
	} else if (item->protocol == IPV4_PROTOCOL_TCP) {
		reply_reset(engine, item, REASON_SERVICE_CLOSED);
	} else {
		const bool probe = (services & (uint64_t)1 << HOST_SERVICE_TRACEROUTE) != 0;

		reply_unreachable(engine, item, ICMP_UNREACHABLE_PORT, 0,
		    probe ? REASON_TRACEROUTE : REASON_SERVICE_CLOSED);
	}
}

static void
broadcast_packet(struct engine *engine, struct item *item, uint16_t port, uint64_t services)
{
	struct packet *packet = item->packet;

	if (item->protocol != IPV4_PROTOCOL_UDP ||
	    !unit_allows(engine, item->unit, item, port, services) ||
	    (services & engine->snapshot->services_running) == 0) {
		finish_drop(engine, packet, REASON_DESTINATION_BROADCAST);
		return;
	}
	packet_to_ip(packet, item->ip, item->length);
	packet->instance = item->instance;
	packet->result.to_zone = SNAPSHOT_ZONE_SELF;
	verdict_set(engine, packet, VERDICT_HOST, REASON_HOST_INBOUND);
	output_put(engine, packet, ENGINE_HOST);
}

void
local_packet(struct engine *engine, struct item *item, const struct way *way)
{
	const struct flow_fields fields = flow_fields_of(item->key);
	const uint16_t port =
	    item->protocol == IPV4_PROTOCOL_ICMP ? item->icmp_type : fields.destination_port;
	const uint64_t services = services_of(item->protocol, port);

	if (way == NULL) {
		broadcast_packet(engine, item, port, services);
		return;
	}
	struct admission admission = {
	    .way = *way,
	    .to_zone = engine->units[way->unit].zone,
	    .policy = PACKET_NO_POLICY,
	    .application = UINT32_MAX,
	};
	const bool other =
	    way->unit != item->unit && !unit_owns(engine, item->unit, item->destination);

	item->packet->result.to_zone = SNAPSHOT_ZONE_SELF;
	if (!unit_allows(engine, item->unit, item, port, services) ||
	    (other && !unit_allows(engine, way->unit, item, port, services))) {
		finish_drop(engine, item->packet, REASON_HOST_INBOUND_DENIED);
		return;
	}
	if (other) {
		item->packet->result.to_zone = admission.to_zone;
		if (admission.to_zone == SNAPSHOT_NONE) {
			finish_drop(engine, item->packet, REASON_NULL_ZONE_EGRESS);
			return;
		}
		if (!policy_permits(engine, item, &admission)) {
			return;
		}
	}
	serve(engine, item, &admission, services);
}
