/*
 * ARP (RFC 826): questions to us are answered, ours are asked, and little is believed.
 *
 * A question is answered when its target is one of the unit's own addresses or translated to (REQ-NAT-040), whatever subnet the
 * sender is in: interfaces here may have /32 addresses whose hosts are reached by routes that point
 * at the interface. Learnt are the sender of such a question and the answer to a question of ours
 * (neighbour_private.h: whose answer counts). A frame from another station that claims our address is
 * dropped by name.
 */
#include "engine_private.h"

#include <string.h>

#include "wire/arp.h"

/* Is it one that we answer for on the unit? */
static bool
is_ours(const struct engine *engine, uint16_t unit, uint32_t address)
{
	return unit_owns(engine, unit, address) || nat_answers(engine, unit, address);
}

/* Learns who has an address, if it is one that a station can have. */
static void
heard(struct engine *engine, uint16_t unit, const struct arp_packet *arp, bool may_create)
{
	if (ipv4_class(arp->sender) == IPV4_CLASS_UNICAST) {
		neighbour_heard(
		    engine, unit, ipv6_mapped(arp->sender), arp->sender_mac, may_create);
	}
}

static void
finish_arp(struct engine *engine, struct packet *packet)
{
	verdict_set(engine, packet, VERDICT_CONSUME, REASON_ARP);
	output_put(engine, packet, ENGINE_FREE);
}

/* Turns the request's frame round. => the frame holds a whole ARP packet at `offset` */
static void
answer(struct engine *engine, struct packet *packet, uint16_t unit_number, uint16_t offset,
    const struct arp_packet *request)
{
	struct unit *unit = &engine->units[unit_number];
	struct arp_packet reply = {
	    .operation = ARP_REPLY,
	    .sender = request->target,
	    .target = request->sender,
	};

	memcpy(reply.sender_mac, unit->mac, sizeof reply.sender_mac);
	memcpy(reply.target_mac, request->sender_mac, sizeof reply.target_mac);
	ethernet_build(packet->data, request->sender_mac, unit->mac, unit->vlan, ETHERNET_TYPE_ARP);
	arp_build(packet->data + offset, &reply);
	packet->port = unit->port;
	unit->counters.out_packets++;
	unit->counters.out_bytes += packet->length;
	verdict_set(engine, packet, VERDICT_CONSUME, REASON_ARP);
	output_put(engine, packet, ENGINE_SEND);
}

static void
request_input(struct engine *engine, struct packet *packet, uint16_t unit, uint16_t offset,
    const struct arp_packet *request)
{
	if (request->sender == request->target) {
		heard(engine, unit, request, false);
		finish_drop(engine, packet, REASON_ARP_UNASKED);
		return;
	}
	if (!is_ours(engine, unit, request->target)) {
		finish_drop(engine, packet, REASON_ARP_NOT_FOR_US);
		return;
	}
	/* A station that probes before it takes an address has none yet (RFC 5227 2.1.1). */
	if (request->sender != 0) {
		heard(engine, unit, request, true);
	}
	/* A frame with a priority tag for a unit without: the answer's header is shorter. */
	const uint16_t surplus =
	    (uint16_t)(offset - ethernet_header_length(engine->units[unit].vlan));

	packet->data += surplus;
	packet->headroom = (uint16_t)(packet->headroom + surplus);
	packet->length -= surplus;
	answer(engine, packet, unit, (uint16_t)(offset - surplus), request);
}

void
arp_input(struct engine *engine, struct packet *packet, uint16_t unit, uint16_t offset)
{
	struct arp_packet arp;

	if (!arp_parse(packet->data + offset, packet->length - offset, &arp)) {
		finish_drop(engine, packet, REASON_ARP_MALFORMED);
		return;
	}
	if (is_ours(engine, unit, arp.sender)) {
		finish_drop(engine, packet, REASON_ARP_CONFLICT);
		return;
	}
	if (arp.operation == ARP_REQUEST) {
		request_input(engine, packet, unit, offset, &arp);
		return;
	}
	if (neighbour_answered(engine, unit, ipv6_mapped(arp.sender), arp.sender_mac)) {
		finish_arp(engine, packet);
		return;
	}
	/* Nobody asked: a contradiction is worth a question, nothing more. */
	heard(engine, unit, &arp, false);
	finish_drop(engine, packet, REASON_ARP_UNASKED);
}

/* Sends a request from an address of ours to one station, or (mac NULL) to all. */
static bool
send_request(struct engine *engine, uint16_t unit_number, const uint32_t addresses[2], const uint8_t *mac)
{
	static const uint8_t everybody[ETHERNET_ADDRESS] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct unit *unit = &engine->units[unit_number];
	const uint16_t header = ethernet_header_length(unit->vlan);
	struct packet *packet = packet_obtain(engine, ARP_FRAME_LEAST);
	struct arp_packet request = {
	    .operation = ARP_REQUEST,
	    .sender = addresses[0],
	    .target = addresses[1],
	};

	if (packet == NULL) {
		return false;
	}
	memset(packet->data, 0, ARP_FRAME_LEAST);
	packet->length = ARP_FRAME_LEAST;
	packet->tailroom = (uint16_t)(packet->tailroom - ARP_FRAME_LEAST);
	packet->port = unit->port;
	memcpy(request.sender_mac, unit->mac, sizeof request.sender_mac);
	ethernet_build(
	    packet->data, mac != NULL ? mac : everybody, unit->mac, unit->vlan, ETHERNET_TYPE_ARP);
	arp_build(packet->data + header, &request);
	unit->counters.out_packets++;
	unit->counters.out_bytes += packet->length;
	output_put(engine, packet, ENGINE_SEND);
	return true;
}

bool
arp_request(struct engine *engine, uint16_t unit, uint32_t address, const uint8_t *mac)
{
	const uint32_t addresses[2] = {unit_speaking_address(engine, unit), address};

	return send_request(engine, unit, addresses, mac);
}

bool
arp_announce(struct engine *engine, uint16_t unit, uint32_t address)
{
	const uint32_t addresses[2] = {address, address};

	return send_request(engine, unit, addresses, NULL);
}
