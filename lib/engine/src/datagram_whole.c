/*
 * A datagram of which all fragments have come: what only then can be checked, and the datagram in one
 * piece for those who need it so: ourselves, and what reads or changes payloads.
 *
 * The sum was made while the fragments came; each but the last is of an even number of octets, so the
 * sum of all is that of the whole. A UDP length other than the payload's is refused here: octets that
 * it leaves out would have to come in fragments of their own, and no sender does that.
 */
#include "engine_private.h"

#include <string.h>

enum reason
datagram_check(const struct datagram *datagram)
{
	const uint32_t length = datagram->end - datagram->before;
	uint64_t sum = datagram->sum;

	assert(datagram_complete(datagram));
	if (datagram->length != 0 && datagram->length != length) {
		return REASON_UDP_BAD_LENGTH;
	}
	if ((datagram->flags & DATAGRAM_SUMMED) == 0) {
		return REASON_NONE;
	}
	if (datagram->protocol != IPV4_PROTOCOL_ICMP) {
		sum += __builtin_bswap16((uint16_t)length); /* of the pseudo-header */
	}
	if (checksum_fold(sum) == 0xffff) {
		return REASON_NONE;
	}
	if (datagram->protocol == IPV4_PROTOCOL_TCP) {
		return REASON_TCP_BAD_CHECKSUM;
	}
	if (datagram->protocol == IPV4_PROTOCOL_UDP_LITE) {
		return REASON_UDP_LITE_BAD_CHECKSUM;
	}
	return datagram->protocol == IPV4_PROTOCOL_UDP ? REASON_UDP_BAD_CHECKSUM
						       : REASON_ICMP_BAD_CHECKSUM;
}

/* The header of the whole, which lies there as its first fragment had it. */
static void
finish_header4(uint8_t *ip, uint16_t length)
{
	bytes_store_16(ip + 2, length);
	bytes_store_16(ip + 6, bytes_load_16(ip + 6) & IPV4_DONT_FRAGMENT);
	ipv4_set_checksum(ip, (uint8_t)((ip[0] & 0xf) * 4));
}

/* The same for IPv6: what named the fragment header names what that named. => `headers` octets are
 * those before the fragment header */
static void
finish_header6(uint8_t *ip, uint16_t length, uint16_t headers, uint8_t next)
{
	uint8_t *names = ip + 6;

	for (uint16_t at = IPV6_HEADER; at < headers;) {
		names = ip + at;
		at = (uint16_t)(at + (names[1] + 1) * 8);
	}
	*names = next;
	bytes_store_16(ip + 4, (uint16_t)(length - IPV6_HEADER));
}

struct packet *
datagram_linear(struct engine *engine, const struct datagram *datagram)
{
	const struct datagram_table *table = &engine->datagrams;
	const struct datagram_piece *head = &table->pieces[datagram->first];
	const struct packet *first = head->packet;
	const bool ipv6 = datagram->key.version == 6;
	const uint16_t headers = ipv6 ? (uint16_t)(head->at - IPV6_FRAGMENT_HEADER) : head->at;
	const uint32_t length = headers + datagram->end;

	assert(datagram_complete(datagram) && datagram->held == datagram->pieces);
	/* IPv6 can be larger by its fixed header. */
	if (length > DATAGRAM_OCTETS_MOST) {
		reason_note(engine, REASON_PACKET_POOL_EMPTY);
		return NULL;
	}
	struct packet *whole = packet_obtain_large(engine, (uint16_t)length);

	if (whole == NULL) {
		return NULL;
	}
	memcpy(whole->data, first->data, headers);
	for (uint32_t i = datagram->first; i != DATAGRAM_NONE; i = table->pieces[i].next) {
		const struct datagram_piece *piece = &table->pieces[i];

		memcpy(whole->data + headers + piece->offset, piece->packet->data + piece->at,
		    piece->size);
	}
	whole->length = length;
	whole->tailroom = (uint16_t)(whole->tailroom - length);
	whole->port = first->port;
	whole->instance = first->instance;
	whole->flags = first->flags;
	whole->result = first->result;
	if (ipv6) {
		finish_header6(whole->data, (uint16_t)length, headers, first->data[headers]);
	} else {
		finish_header4(whole->data, (uint16_t)length);
	}
	return whole;
}
