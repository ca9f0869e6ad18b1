/*
 * What we answer a SYN with: a SYN with ACK in the server's name, back to the station that the SYN came from, as it came. No
 * route is looked up for it and no neighbour asked for, so a flood of forged sources costs neither. From a tunnel, which
 * has no stations, it goes by its route.
 *
 * The window is 0: nothing comes before the server is there to take it.
 */
#include "egress_private.h"

#include <string.h>

#include "wire/checksum.h"

enum {
	SEGMENT_DEFAULT = 536,   /* RFC 9293 3.7.1, for who does not say */
	SEGMENT_DEFAULT6 = 1220,
	TCP_CHECKSUM_AT = 16,
	TCP_OFFSET_AT = 12,
};

uint16_t
syn_segment_build(uint8_t *to, struct syn_segment *segment)
{
	const uint8_t ip_header = segment->ipv6 ? IPV6_HEADER : IPV4_HEADER;
	uint8_t *tcp = to + ip_header;
	const uint8_t length = (uint8_t)(TCP_HEADER + tcp_options_build(tcp + TCP_HEADER, &segment->options));
	const struct flow_addresses *addresses = segment->addresses;
	uint64_t pseudo;

	segment->header.header_length = TCP_HEADER;
	tcp_build(tcp, &segment->header);
	tcp[TCP_OFFSET_AT] = (uint8_t)(length / 4 << 4);
	segment->header.header_length = length;
	if (segment->ipv6) {
		const struct ipv6_header header = {
		    .source = addresses->source,
		    .destination = addresses->destination,
		    .payload_length = length,
		    .next_header = IPV4_PROTOCOL_TCP,
		    .hop_limit = segment->hop_limit,
		};

		ipv6_build(to, &header);
		pseudo = ipv6_pseudo_at(to + IPV6_SOURCE_AT, IPV4_PROTOCOL_TCP, length);
	} else {
		const struct ipv4_header header = {
		    .source = (uint32_t)addresses->source.low,
		    .destination = (uint32_t)addresses->destination.low,
		    .total_length = (uint16_t)(IPV4_HEADER + length),
		    .fragment = IPV4_DONT_FRAGMENT,
		    .header_length = IPV4_HEADER,
		    .ttl = segment->hop_limit,
		    .protocol = IPV4_PROTOCOL_TCP,
		};

		ipv4_build(to, &header);
		pseudo = checksum_pseudo(header.source, header.destination, IPV4_PROTOCOL_TCP, length);
	}
	bytes_store_16(tcp + TCP_CHECKSUM_AT, checksum_finish(pseudo + checksum_sum(tcp, length)));
	return (uint16_t)(ip_header + length);
}

/* Makes a packet with room for `length` octets of which `packet` had none that are needed: false when it has not. Its data is
 * then where the IP header comes. `ip` is in the packet. */
static bool
renew(struct packet *packet, const uint8_t *ip, uint16_t length)
{
	const uint32_t before = (uint32_t)(ip - packet->data);
	const uint32_t all = packet->headroom + packet->length + packet->tailroom;
	uint8_t *const first = packet->data - packet->headroom;
	uint32_t start = packet->headroom + before;

	assert(before <= packet->length);
	if (start + length > all) {
		start = ETHERNET_ROOM;
		if (start + length > all) {
			return false;
		}
	}
	packet_is_ours(packet);
	packet->data = first + start;
	packet->headroom = (uint16_t)start;
	packet->length = length;
	packet->tailroom = (uint16_t)(all - start - length);
	return true;
}

bool
syn_packet_become(struct packet *packet, const uint8_t *ip, struct syn_segment *segment)
{
	uint8_t block[SYN_SEGMENT_MOST];
	const uint16_t length = syn_segment_build(block, segment);

	if (!renew(packet, ip, length)) {
		return false;
	}
	memcpy(packet->data, block, length);
	return true;
}

struct packet *
syn_packet_fresh(struct engine *engine, struct syn_segment *segment)
{
	struct packet *packet = packet_obtain(engine, SYN_SEGMENT_MOST + ETHERNET_ROOM);

	if (packet == NULL) {
		return NULL;
	}
	packet->result = (struct packet_result){
	    .policy = PACKET_NO_POLICY,
	    .reason = REASON_SYN_PROXY,
	    .in_unit = PACKET_NO_UNIT,
	    .out_unit = PACKET_NO_UNIT,
	    .from_zone = PACKET_NO_ZONE,
	    .to_zone = PACKET_NO_ZONE,
	};
	const bool good = syn_packet_become(packet, packet->data, segment);

	assert(good);
	return good ? packet : NULL;
}

void
syn_offer_read(const struct item *item, struct syn_offer *offer)
{
	const struct tcp_header *header = &item->segment.header;
	struct tcp_options options;
	const uint16_t otherwise = (item->flags & ITEM_IPV6) != 0 ? SEGMENT_DEFAULT6 : SEGMENT_DEFAULT;

	tcp_options_parse(item->ip + item->ip_header + TCP_HEADER, (size_t)header->header_length - TCP_HEADER, &options);
	*offer = (struct syn_offer){
	    .sequence = header->sequence,
	    .client_value = options.value,
	    .segment = options.segment != 0 ? options.segment : otherwise,
	    .scale = options.scale,
	    .sack = options.sack,
	    .stamps = options.stamps,
	};
}

/* The largest segment that we let a client send: what it sends comes in on the unit. */
static uint16_t
own_segment(const struct engine *engine, const struct unit *unit, bool ipv6)
{
	const uint16_t headers = (uint16_t)((ipv6 ? IPV6_HEADER : IPV4_HEADER) + TCP_HEADER);
	const uint16_t mtu = ipv6 ? unit->mtu6 : unit->mtu;
	const uint16_t most = mtu > headers ? (uint16_t)(mtu - headers) : SEGMENT_DEFAULT;

	return engine->segment_most != 0 && engine->segment_most < most ? engine->segment_most : most;
}

void
syn_station(const struct engine *engine, const struct item *item, uint8_t station[ETHERNET_ADDRESS])
{
	const struct packet *packet = item->packet;
	const uint8_t *from = packet->data + ETHERNET_ADDRESS;

	if ((engine->units[item->unit].flags & UNIT_TUNNEL) != 0 || item->ip - packet->data < ETHERNET_HEADER ||
	    ethernet_to_group(from)) {
		memset(station, 0, ETHERNET_ADDRESS);
		return;
	}
	memcpy(station, from, ETHERNET_ADDRESS);
}

/* What a SYN gets that came in on a unit. `back` are its addresses turned round. */
static struct syn_segment
answer_to(const struct engine *engine, uint16_t unit, struct flow_key key, const struct flow_addresses *back,
    const struct syn_offer *offer)
{
	const struct flow_fields fields = flow_fields_of(key);
	const bool ipv6 = flow_key_is_ipv6(key);

	return (struct syn_segment){
	    .addresses = back,
	    .header = {
		.source_port = fields.destination_port,
		.destination_port = fields.source_port,
		.sequence = offer->answer,
		.acknowledgement = offer->sequence + 1,
		.flags = TCP_SYN | TCP_ACK,
	    },
	    .options = {
		.segment = own_segment(engine, &engine->units[unit], ipv6),
		.scale = offer->scale == TCP_SCALE_NONE ? TCP_SCALE_NONE : SYN_SCALE,
		.sack = offer->sack,
		.stamps = offer->stamps,
		.value = offer->value,
		.echo = offer->client_value,
	    },
	    .hop_limit = IPV4_TTL_DEFAULT,
	    .ipv6 = ipv6,
	};
}

/* Sends it back to a station, or by its route where there are none. False: it is still the caller's. */
static bool
send_back(struct engine *engine, struct packet *packet, uint16_t unit, uint16_t instance,
    const uint8_t station[ETHERNET_ADDRESS])
{
	static const uint8_t none[ETHERNET_ADDRESS];

	if (memcmp(station, none, sizeof none) == 0) {
		return packet->data[0] >> 4 == 6 ? egress_originate6(engine, packet, instance, unit)
						 : egress_originate(engine, packet, instance, unit);
	}
	if (!packet_make_room(packet, ETHERNET_ROOM)) {
		return false;
	}
	egress_frame(engine, packet, &engine->units[unit], station);
	return true;
}

void
syn_answer(struct engine *engine, struct item *item, const struct syn_offer *offer, enum reason reason)
{
	const struct flow_addresses forth = item_flow_addresses(item);
	const struct flow_addresses back = flow_addresses_reverse(&forth);
	struct syn_segment segment = answer_to(engine, item->unit, item->key, &back, offer);
	uint8_t station[ETHERNET_ADDRESS];

	syn_station(engine, item, station);
	if (syn_packet_become(item->packet, item->ip, &segment) &&
	    send_back(engine, item->packet, item->unit, item->instance, station)) {
		verdict_set(engine, item->packet, VERDICT_PROXY, reason);
	} else {
		finish_drop(engine, item->packet, REASON_PACKET_POOL_EMPTY);
	}
}

void
syn_answer_again(struct engine *engine, const struct syn_half *half)
{
	const struct unit *unit = &engine->units[half->unit];
	const struct flow_addresses back = flow_addresses_reverse(&half->addresses);

	/* Its interface may have gone since. */
	if ((unit->flags & UNIT_USABLE) == 0 || unit->zone != half->zone) {
		return;
	}
	struct syn_segment segment = answer_to(engine, half->unit, half->key, &back, &half->offer);
	struct packet *packet = syn_packet_fresh(engine, &segment);

	if (packet != NULL && !send_back(engine, packet, half->unit, unit->instance, half->station)) {
		output_put(engine, packet, ENGINE_FREE);
	}
}
