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

bool
syn_packet_renew(struct packet *packet, const uint8_t *ip, uint16_t length)
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
	packet->data = first + start;
	packet->headroom = (uint16_t)start;
	packet->length = length;
	packet->tailroom = (uint16_t)(all - start - length);
	return true;
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
own_segment(const struct engine *engine, const struct item *item)
{
	const struct unit *unit = &engine->units[item->unit];
	const uint16_t headers = (uint16_t)(((item->flags & ITEM_IPV6) != 0 ? IPV6_HEADER : IPV4_HEADER) + TCP_HEADER);
	const uint16_t mtu = unit_mtu(unit, item);
	const uint16_t most = mtu > headers ? (uint16_t)(mtu - headers) : SEGMENT_DEFAULT;

	return engine->segment_most != 0 && engine->segment_most < most ? engine->segment_most : most;
}

/* The station that a frame came from; false: nobody can be answered there. */
static bool
station_of(const struct engine *engine, const struct item *item, uint8_t mac[ETHERNET_ADDRESS])
{
	const struct packet *packet = item->packet;

	if ((engine->units[item->unit].flags & UNIT_TUNNEL) != 0 || item->ip - packet->data < ETHERNET_HEADER) {
		return false;
	}
	memcpy(mac, packet->data + ETHERNET_ADDRESS, ETHERNET_ADDRESS);
	return !ethernet_to_group(mac);
}

void
syn_answer(struct engine *engine, struct item *item, const struct syn_offer *offer, enum reason reason)
{
	struct packet *packet = item->packet;
	struct unit *unit = &engine->units[item->unit];
	const struct flow_addresses forth = item_flow_addresses(item);
	const struct flow_addresses back = flow_addresses_reverse(&forth);
	struct syn_segment segment = {
	    .addresses = &back,
	    .header = {
		.source_port = item->segment.header.destination_port,
		.destination_port = item->segment.header.source_port,
		.sequence = offer->answer,
		.acknowledgement = offer->sequence + 1,
		.flags = TCP_SYN | TCP_ACK,
	    },
	    .options = {
		.segment = own_segment(engine, item),
		.scale = offer->scale == TCP_SCALE_NONE ? TCP_SCALE_NONE : SYN_SCALE,
		.sack = offer->sack,
		.stamps = offer->stamps,
		.value = offer->value,
		.echo = offer->client_value,
	    },
	    .hop_limit = IPV4_TTL_DEFAULT,
	    .ipv6 = (item->flags & ITEM_IPV6) != 0,
	};
	uint8_t mac[ETHERNET_ADDRESS];
	uint8_t block[SYN_SEGMENT_MOST];
	const bool station = station_of(engine, item, mac);
	const uint16_t length = syn_segment_build(block, &segment);
	bool sent = false;

	if (!syn_packet_renew(packet, item->ip, length)) {
		finish_drop(engine, packet, REASON_PACKET_POOL_EMPTY);
		return;
	}
	memcpy(packet->data, block, length);
	if (station && packet_make_room(packet, ETHERNET_ROOM)) {
		egress_frame(engine, packet, unit, mac);
		sent = true;
	} else if (!station) {
		sent = segment.ipv6 ? egress_originate6(engine, packet, item->instance, item->unit)
				    : egress_originate(engine, packet, item->instance, item->unit);
	}
	if (sent) {
		verdict_set(engine, packet, VERDICT_PROXY, reason);
	} else {
		finish_drop(engine, packet, REASON_PACKET_POOL_EMPTY);
	}
}
