/*
 * Records of packets that are dropped whatever the policies say (security flow log): reasons of kind
 * ILLEGAL with dropped-illegal-packet, ICMP without session or without leave with dropped-icmp-packet.
 *
 * The packet may be wrong in any way, so the record shows what its octets say as far as there are
 * any: addresses of the fixed header, ports when they follow. DROP_RECORDS a second are written; one
 * that comes after others were left out says how many. They leave the last quarter of the ring to the
 * sessions' records.
 */
#include "engine_private.h"

#include "engine/reasons.h"
#include "wire/icmp.h"

/* What the octets of a packet say. */
struct seen {
	struct flow_addresses addresses;
	uint16_t ports[2];
	uint8_t protocol;
	uint8_t icmp[2]; /* type, code */
};

/* The first four octets behind the header. */
static void
see_transport(struct seen *seen, struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 4);

	if (b == NULL) {
		return;
	}
	if (ip_protocol_has_ports(seen->protocol)) {
		seen->ports[0] = bytes_load_16(b);
		seen->ports[1] = bytes_load_16(b + 2);
	} else if (seen->protocol == IPV4_PROTOCOL_ICMP || seen->protocol == IPV6_NEXT_ICMP) {
		seen->icmp[0] = b[0];
		seen->icmp[1] = b[1];
	}
}

static void
see_ipv4(struct seen *seen, struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, IPV4_HEADER);

	if (b == NULL) {
		return;
	}
	const uint8_t header = (uint8_t)((b[0] & 0xf) * 4);
	const bool first = (bytes_load_16(b + 6) & 0x1fff) == 0;

	seen->protocol = b[9];
	seen->addresses.source = ipv6_mapped(bytes_load_32(b + 12));
	seen->addresses.destination = ipv6_mapped(bytes_load_32(b + 16));
	if (header >= IPV4_HEADER && first) {
		reader_skip(reader, (size_t)header - IPV4_HEADER);
		see_transport(seen, reader);
	}
}

static struct seen
see(const uint8_t *ip, size_t length)
{
	struct reader reader = reader_over(ip, length);
	struct seen seen = {.addresses = {ipv6_mapped(0), ipv6_mapped(0)}};

	if (length > 0 && ip[0] >> 4 == 6) {
		const uint8_t *b = reader_bytes(&reader, IPV6_HEADER);

		if (b != NULL) {
			seen.protocol = b[6];
			seen.addresses.source = ipv6_address_load(b + IPV6_SOURCE_AT);
			seen.addresses.destination = ipv6_address_load(b + IPV6_DESTINATION_AT);
			see_transport(&seen, &reader);
		}
	} else {
		see_ipv4(&seen, &reader);
	}
	return seen;
}

static void
say(struct event *event, const struct seen *seen)
{
	event->source = seen->addresses.source;
	event->destination = seen->addresses.destination;
	event->nat_source = event->source;
	event->nat_destination = event->destination;
	event->source_port = seen->ports[0];
	event->destination_port = seen->ports[1];
	event->nat_source_port = seen->ports[0];
	event->nat_destination_port = seen->ports[1];
	event->protocol = seen->protocol;
	event->icmp_type = seen->icmp[0];
	event->icmp_code = seen->icmp[1];
}

void
drop_log_see(struct event *event, const uint8_t *ip, size_t length)
{
	const struct seen seen = see(ip, length);

	say(event, &seen);
}

static bool
wanted(const struct engine *engine, const struct seen *seen, enum reason reason)
{
	const bool icmp =
	    seen->protocol == IPV4_PROTOCOL_ICMP || seen->protocol == IPV6_NEXT_ICMP;

	return ((engine->log_drops & DROP_LOG_ILLEGAL) != 0 &&
		   reason_kind(reason) == REASON_KIND_ILLEGAL) ||
	       ((engine->log_drops & DROP_LOG_ICMP) != 0 && icmp);
}

void
drop_log(struct engine *engine, const struct item *item, enum reason reason)
{
	const struct packet *packet = item->packet;

	if (item->ip == NULL) {
		return;
	}
	assert(item->ip >= packet->data && item->ip <= packet->data + packet->length);
	const struct seen seen =
	    see(item->ip, packet->length - (uint32_t)(item->ip - packet->data));

	if (!wanted(engine, &seen, reason)) {
		return;
	}
	struct event *event =
	    event_spare(engine) && reply_token(engine, &engine->drop_limit, REASON_DROP_LOG_RATE)
		? event_next(engine, EVENT_PACKET_DROP)
		: NULL;

	if (event == NULL) {
		engine->drops_unsaid++;
		return;
	}
	say(event, &seen);
	event->session = packet->result.session;
	event->policy = PACKET_NO_POLICY;
	event->application = UINT32_MAX;
	event->from_zone = packet->result.from_zone;
	event->to_zone = packet->result.to_zone;
	event->unit = packet->result.in_unit;
	event->reason = (uint16_t)reason;
	event->packets[0] = engine->drops_unsaid;
	event->logged = 1;
	engine->drops_unsaid = 0;
}
