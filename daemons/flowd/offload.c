/*
 * Offload marks of frames. See offload.h.
 */
#include "offload.h"

#include <stdbool.h>

#include "base/reader.h"
#include "engine/packet.h"

enum {
	ETHERNET_HEADER = 14,
	VLAN_TAG = 4,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV4 = 0x0800,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	TCP_CHECKSUM = 16, /* where the field stands in the header */
	UDP_CHECKSUM = 6,
};

static uint32_t
sum_words(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2) {
		sum += ((uint32_t)bytes[i] << 8) | bytes[i + 1];
	}
	if (length % 2 != 0) {
		sum += (uint32_t)bytes[length - 1] << 8;
	}
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > UINT16_MAX) {
		sum = (sum & UINT16_MAX) + (sum >> 16);
	}
	return (uint16_t)sum;
}

/* `ip` is at the first octet of an IPv4 header. */
static bool
checksum_partial(struct reader ip)
{
	const uint8_t *header = ip.next;
	const uint8_t version = reader_u8(&ip);
	const uint32_t header_length = (version & 15U) * 4U;

	reader_skip(&ip, 1);
	const uint16_t total = reader_u16(&ip);

	reader_skip(&ip, 2);
	const uint16_t fragment = reader_u16(&ip);

	reader_skip(&ip, 1);
	const uint8_t protocol = reader_u8(&ip);

	reader_skip(&ip, 2);
	const uint8_t *addresses = reader_bytes(&ip, 8);

	if (reader_failed(&ip) || version >> 4 != 4 || header_length < 20 || total < header_length ||
	    (fragment & 0x3fffU) != 0 || (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP)) {
		return false;
	}
	struct reader whole = reader_over(header, (size_t)(ip.end - header));

	reader_skip(&whole, header_length);
	const uint32_t length = total - header_length;
	const uint8_t *segment = reader_bytes(&whole, length);
	const uint32_t field = protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;

	if (segment == NULL || length < field + 2) {
		return false;
	}
	const uint32_t pseudo = sum_words(addresses, 8) + protocol + length;
	const uint16_t carried = (uint16_t)((segment[field] << 8) | segment[field + 1]);

	return carried == fold(pseudo) && fold(pseudo + sum_words(segment, length)) != UINT16_MAX;
}

uint16_t
offload_flags(const uint8_t *frame, uint32_t length, uint32_t mtu)
{
	struct reader reader = reader_over(frame, length);

	if (length > mtu + ETHERNET_HEADER + 2 * VLAN_TAG) {
		return PACKET_SUPERFRAME;
	}
	reader_skip(&reader, ETHERNET_HEADER - 2);
	uint16_t type = reader_u16(&reader);

	if (type == ETHERTYPE_VLAN) {
		reader_skip(&reader, VLAN_TAG - 2);
		type = reader_u16(&reader);
	}
	if (reader_failed(&reader) || type != ETHERTYPE_IPV4) {
		return 0;
	}
	return checksum_partial(reader) ? PACKET_CHECKSUM_PARTIAL : 0;
}
