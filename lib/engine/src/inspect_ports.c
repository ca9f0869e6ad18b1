/*
 * The rarer protocols with ports: SCTP (RFC 9260) and UDP-Lite (RFC 3828), over IPv4 and IPv6.
 *
 * What is checked: UDP-Lite's coverage is 0 or from its header to the packet's end, its checksum is there and right over
 * what it covers. SCTP has a common header and a first chunk within the packet, and a right CRC32c; a CRC of 0 is one that hardware
 * was to make. Verification tags and chunks are the hosts' to check: sessions know ports and addresses only.
 *
 * Of fragments the first one must have the header, of SCTP up to its first chunk's. UDP-Lite's sum is checked with the last fragment
 * where it covers all; where it covers a part, and SCTP's CRC, the receiver does that. All fragments of an SCTP packet are gathered before
 * the first goes on: other ports change the CRC by a difference that depends on the length of the whole.
 *
 * Not inline, any of it: TCP, UDP and ICMP pass by here.
 */
#include "engine_private.h"

#include <string.h>

#include "inspect_private.h"
#include "wire/sctp.h"
#include "wire/udp_lite.h"

static const enum reason udp_lite_reasons[] = {
    [UDP_LITE_OK] = REASON_NONE,
    [UDP_LITE_TRUNCATED] = REASON_UDP_LITE_TRUNCATED,
    [UDP_LITE_BAD_COVERAGE] = REASON_UDP_LITE_BAD_COVERAGE,
    [UDP_LITE_NO_CHECKSUM] = REASON_UDP_LITE_NO_CHECKSUM,
};

static const enum reason sctp_reasons[] = {
    [SCTP_OK] = REASON_NONE,
    [SCTP_TRUNCATED] = REASON_SCTP_TRUNCATED,
    [SCTP_BAD_CHUNK] = REASON_SCTP_BAD_CHUNK,
};

static uint64_t
pseudo_of(const struct item *item, uint16_t length)
{
	return (item->flags & ITEM_IPV6) != 0 ? ipv6_pseudo_at(item->ip + IPV6_SOURCE_AT, item->protocol, length)
					      : checksum_pseudo_at(item->ip + 12, item->protocol, length);
}

static enum reason
inspect_udp_lite(struct item *item, const uint8_t *transport, uint16_t length)
{
	struct udp_lite_header header;
	const enum udp_lite_status status = udp_lite_parse(transport, length, &header);

	if (status != UDP_LITE_OK) {
		return udp_lite_reasons[status];
	}
	if (header.coverage > length) {
		return REASON_UDP_LITE_BAD_COVERAGE;
	}
	key_add_ports(item, header.source_port, header.destination_port);
	return check_sum(transport, header.coverage == 0 ? length : header.coverage, pseudo_of(item, length),
	    UDP_LITE_CHECKSUM_AT, REASON_UDP_LITE_BAD_CHECKSUM);
}

static enum reason
inspect_sctp(struct item *item, const uint8_t *transport, uint16_t length)
{
	struct sctp_header header;
	const enum sctp_status status = sctp_parse(transport, length, &header);

	if (status != SCTP_OK) {
		return sctp_reasons[status];
	}
	if (header.chunk > length - SCTP_HEADER) {
		return REASON_SCTP_BAD_CHUNK;
	}
	const uint32_t stored = bytes_load_32(transport + SCTP_CHECKSUM_AT);

	key_add_ports(item, header.source_port, header.destination_port);
	if (stored == sctp_checksum(transport, length)) {
		return REASON_NONE;
	}
	return stored == 0 ? REASON_CHECKSUM_PARTIAL : REASON_SCTP_BAD_CHECKSUM;
}

enum reason
inspect_ports(struct item *item, const uint8_t *transport, uint16_t length)
{
	if (item->protocol == IPV4_PROTOCOL_SCTP) {
		return inspect_sctp(item, transport, length);
	}
	return item->protocol == IPV4_PROTOCOL_UDP_LITE ? inspect_udp_lite(item, transport, length) : REASON_NONE;
}

enum reason
head_ports(struct item *item, const uint8_t *transport, uint16_t length, struct transport_head *head)
{
	struct udp_lite_header light;
	struct sctp_header header;

	if (item->protocol == IPV4_PROTOCOL_SCTP) {
		const enum sctp_status status = sctp_parse(transport, length, &header);

		if (status != SCTP_TRUNCATED) {
			key_add_ports(item, header.source_port, header.destination_port);
		}
		return sctp_reasons[status];
	}
	if (item->protocol != IPV4_PROTOCOL_UDP_LITE) {
		return REASON_NONE;
	}
	const enum udp_lite_status status = udp_lite_parse(transport, length, &light);

	if (status != UDP_LITE_TRUNCATED) {
		key_add_ports(item, light.source_port, light.destination_port);
		head->summed = light.coverage == 0;
	}
	return udp_lite_reasons[status];
}
