/*
 * ICMPv6 messages of our own to a link: headers before, checksum and frame after.
 */
#include "egress_private.h"

enum {
	ROUTER_ALERT = 8, /* octets of the hop-by-hop header */
};

static uint16_t
headers_of(const struct link_message *message)
{
	return message->router_alert ? IPV6_HEADER + ROUTER_ALERT : IPV6_HEADER;
}

struct packet *
link_message_start(struct engine *engine, const struct link_message *message, uint8_t **at)
{
	const uint16_t headers = headers_of(message);
	const uint16_t whole = (uint16_t)(headers + message->length);
	struct packet *packet = packet_obtain(engine, (uint16_t)(whole + ETHERNET_ROOM));
	const struct ipv6_header header = {
	    .source = message->source,
	    .destination = message->destination,
	    .payload_length = (uint16_t)(whole - IPV6_HEADER),
	    .next_header = message->router_alert ? IPV6_NEXT_HOP_BY_HOP : IPV6_NEXT_ICMP,
	    .hop_limit = message->router_alert ? MLD_HOP_LIMIT : ND_HOP_LIMIT,
	};

	if (packet == NULL) {
		return NULL;
	}
	packet->length = whole;
	packet->tailroom = (uint16_t)(packet->tailroom - whole);
	if (!packet_make_room(packet, ETHERNET_ROOM)) {
		reason_note(engine, REASON_PACKET_POOL_EMPTY);
		output_put(engine, packet, ENGINE_FREE);
		return NULL;
	}
	ipv6_build(packet->data, &header);
	if (message->router_alert) {
		(void)mld_build_router_alert(packet->data + IPV6_HEADER);
	}
	*at = packet->data + headers;
	return packet;
}

void
link_message_send(
    struct engine *engine, struct packet *packet, const struct link_message *message)
{
	uint8_t group[ETHERNET_ADDRESS];

	assert(packet->length == (uint32_t)headers_of(message) + message->length);
	assert(message->mac != NULL || ipv6_is_multicast(message->destination));
	icmp6_set_checksum(packet->data + IPV6_SOURCE_AT, packet->data + headers_of(message),
	    message->length);
	ipv6_group_mac(message->destination, group);
	egress_frame(engine, packet, &engine->units[message->unit],
	    message->mac != NULL ? message->mac : group);
}
