/*
 * Frames for engine_world.h, octet by octet: nothing here is of lib/wire, which is under test.
 */
#include "engine_world.h"

#include <string.h>

static uint16_t
sum16(const uint8_t *bytes, uint32_t length, uint32_t start)
{
	uint32_t sum = start;

	for (uint32_t i = 0; i < length; i++) {
		sum += (uint32_t)bytes[i] << ((i & 1) == 0 ? 8 : 0);
	}
	while (sum >> 16 != 0) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void
put16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void
put32(uint8_t *to, uint32_t value)
{
	put16(to, (uint16_t)(value >> 16));
	put16(to + 2, (uint16_t)value);
}

static uint32_t
put_tcp(uint8_t *to, const struct world_packet *packet)
{
	const uint32_t header = packet->scale != 0 ? 24 : 20;

	put32(to + 4, packet->sequence);
	put32(to + 8, packet->acknowledgement);
	to[12] = (uint8_t)(header / 4 << 4);
	to[13] = packet->flags;
	put16(to + 14, packet->window != 0 ? packet->window : 65535);
	if (packet->scale != 0) {
		to[20] = 3;
		to[21] = 3;
		to[22] = (uint8_t)(packet->scale - 1);
	}
	return header;
}

static uint32_t
put_transport(uint8_t *to, const struct world_packet *packet)
{
	uint32_t header = 8;

	if (packet->protocol != 6 && packet->protocol != 17 && packet->protocol != 1) {
		return 0;
	}
	put16(to, packet->source_port);
	put16(to + 2, packet->destination_port);
	if (packet->protocol == 6) {
		header = put_tcp(to, packet);
	} else if (packet->protocol == 17) {
		put16(to + 4, (uint16_t)(8 + packet->payload));
	} else {
		to[0] = packet->type;
		to[1] = packet->code;
		put16(to + 2, 0);
		put16(to + 4, packet->source_port);
		put16(to + 6, 1);
	}
	return header;
}

uint32_t
world_frame(uint8_t *to, const struct world_packet *packet, bool ethernet)
{
	uint8_t *ip = to;

	memset(to, 0, 100);
	if (ethernet) {
		static const uint8_t macs[] = {2, 0x53, 0x50, 0, 0, 0, 2, 0, 0, 0, 0, 99};

		memcpy(to, macs, sizeof macs);
		if (packet->vlan != 0) {
			put16(to + 12, 0x8100);
			put16(to + 14, packet->vlan);
		}
		ip += packet->vlan != 0 ? 18 : 14;
		put16(ip - 2, 0x0800);
	}
	uint8_t *transport = ip + 20;
	const uint32_t header = put_transport(transport, packet);
	const uint32_t length = header + packet->payload;

	for (uint32_t i = 0; i < packet->payload; i++) {
		transport[header + i] = (uint8_t)i;
	}
	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)(20 + length));
	put16(ip + 4, 77);
	put16(ip + 6, packet->dont_fragment ? 0x4000 : 0);
	ip[8] = packet->ttl != 0 ? packet->ttl : 64;
	ip[9] = packet->protocol;
	put32(ip + 12, packet->source);
	put32(ip + 16, packet->destination);
	put16(ip + 10, sum16(ip, 20, 0));
	const uint32_t pseudo = (packet->source >> 16) + (packet->source & 0xffff) +
				(packet->destination >> 16) + (packet->destination & 0xffff) +
				packet->protocol + length;

	if (packet->protocol == 6) {
		put16(transport + 16, sum16(transport, length, pseudo));
	} else if (packet->protocol == 17) {
		put16(transport + 6, sum16(transport, length, pseudo));
	} else if (packet->protocol == 1) {
		put16(transport + 2, sum16(transport, length, 0));
	}
	return (uint32_t)(ip - to) + 20 + length;
}

struct packet_result
world_packet_in(struct world *world, uint16_t port, const struct world_packet *packet)
{
	uint8_t frame[2048];

	return world_input(world, port, frame, world_frame(frame, packet, port != UINT16_MAX));
}

struct packet_result
world_tcp(struct world *world, uint16_t port, uint32_t source, uint32_t destination, uint32_t ports,
    uint32_t numbers[2], uint8_t flags)
{
	const struct world_packet packet = {.protocol = 6,
	    .source = source,
	    .destination = destination,
	    .source_port = (uint16_t)(ports >> 16),
	    .destination_port = (uint16_t)ports,
	    .sequence = numbers[0],
	    .acknowledgement = numbers[1],
	    .flags = flags};

	return world_packet_in(world, port, &packet);
}

struct packet_result
world_arp(struct world *world, uint16_t port, uint16_t vlan, uint16_t operation, uint32_t sender,
    uint32_t target, uint8_t station)
{
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, station};
	uint8_t *arp = frame + (vlan != 0 ? 18 : 14);

	if (vlan != 0) {
		put16(frame + 12, 0x8100);
		put16(frame + 14, vlan);
	}
	put16(arp - 2, 0x0806);
	put16(arp, 1);
	put16(arp + 2, 0x0800);
	arp[4] = 6;
	arp[5] = 4;
	put16(arp + 6, operation);
	memcpy(arp + 8, frame + 6, 6);
	put32(arp + 14, sender);
	put32(arp + 24, target);
	return world_input(world, port, frame, sizeof frame);
}
