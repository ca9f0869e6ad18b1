/*
 * Neighbour discovery (RFC 4861): questions to us are answered, ours are asked, and little is
 * believed.
 */
#include "egress_private.h"

#include <string.h>

#include "wire/nd.h"

/* An ICMPv6 message of ours to the link. */
struct message {
	struct ipv6_address source;
	struct ipv6_address destination;
	const uint8_t *mac; /* NULL: the group's */
	uint16_t length;
};

/* A packet with the message's IPv6 header and room for its octets, which data is at; NULL when there
 * is none. */
static struct packet *
message_start(struct engine *engine, const struct message *message)
{
	const uint16_t whole = (uint16_t)(IPV6_HEADER + message->length);
	struct packet *packet = packet_obtain(engine, (uint16_t)(whole + ETHERNET_ROOM));
	const struct ipv6_header header = {
	    .source = message->source,
	    .destination = message->destination,
	    .payload_length = message->length,
	    .next_header = IPV6_NEXT_ICMP,
	    .hop_limit = ND_HOP_LIMIT,
	};

	if (packet == NULL) {
		return NULL;
	}
	packet->length = whole;
	packet->tailroom = (uint16_t)(packet->tailroom - whole);
	if (!packet_make_room(packet, ETHERNET_ROOM)) {
		output_put(engine, packet, ENGINE_FREE);
		return NULL;
	}
	ipv6_build(packet->data, &header);
	return packet;
}

/* => the ICMPv6 message is written, but for its checksum */
static void
message_send(
    struct engine *engine, struct packet *packet, uint16_t unit, const struct message *message)
{
	uint8_t mac[ETHERNET_ADDRESS];

	icmp6_set_checksum(
	    packet->data + IPV6_SOURCE_AT, packet->data + IPV6_HEADER, message->length);
	ipv6_group_mac(message->destination, mac);
	egress_frame(engine, packet, &engine->units[unit], message->mac != NULL ? message->mac : mac);
}

bool
nd_solicit(
    struct engine *engine, uint16_t unit, struct ipv6_address target, const uint8_t *mac)
{
	struct nd_message solicitation = {
	    .type = ICMP6_NEIGHBOUR_SOLICITATION,
	    .target = target,
	    .has_source_mac = true,
	};
	const struct message message = {
	    .source = engine->snapshot->units[unit].link_local,
	    .destination = mac != NULL ? target : ipv6_solicited_node(target),
	    .mac = mac,
	    .length = ND_NEIGHBOUR + ND_LINK_OPTION,
	};
	struct packet *packet =
	    ipv6_is_unspecified(message.source) ? NULL : message_start(engine, &message);

	if (packet == NULL) {
		return false;
	}
	memcpy(solicitation.source_mac, engine->units[unit].mac, ETHERNET_ADDRESS);
	(void)nd_build(packet->data + IPV6_HEADER, &solicitation);
	message_send(engine, packet, unit, &message);
	return true;
}
