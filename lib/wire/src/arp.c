/*
 * ARP packets. See wire/arp.h.
 */
#include "wire/arp.h"

#include <string.h>

#include "base/reader.h"
#include "wire/ethernet.h"

enum {
	ARP_HARDWARE_ETHERNET = 1,
};

bool
arp_parse(const uint8_t *bytes, size_t length, struct arp_packet *packet)
{
	struct reader reader = reader_over(bytes, length);
	const uint16_t hardware = reader_u16(&reader);
	const uint16_t protocol = reader_u16(&reader);
	const uint8_t hardware_length = reader_u8(&reader);
	const uint8_t protocol_length = reader_u8(&reader);

	packet->operation = reader_u16(&reader);
	reader_copy(&reader, packet->sender_mac, sizeof packet->sender_mac);
	packet->sender = reader_u32(&reader);
	reader_copy(&reader, packet->target_mac, sizeof packet->target_mac);
	packet->target = reader_u32(&reader);
	return !reader_failed(&reader) && hardware == ARP_HARDWARE_ETHERNET &&
	       protocol == ETHERNET_TYPE_IPV4 && hardware_length == ETHERNET_ADDRESS &&
	       protocol_length == 4 &&
	       (packet->operation == ARP_REQUEST || packet->operation == ARP_REPLY) &&
	       ethernet_station(packet->sender_mac);
}

void
arp_build(uint8_t *to, const struct arp_packet *packet)
{
	bytes_store_16(to, ARP_HARDWARE_ETHERNET);
	bytes_store_16(to + 2, ETHERNET_TYPE_IPV4);
	to[4] = ETHERNET_ADDRESS;
	to[5] = 4;
	bytes_store_16(to + 6, packet->operation);
	memcpy(to + 8, packet->sender_mac, sizeof packet->sender_mac);
	bytes_store_32(to + 14, packet->sender);
	memcpy(to + 18, packet->target_mac, sizeof packet->target_mac);
	bytes_store_32(to + 24, packet->target);
}
