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
	uint64_t sum = datagram->sum;

	assert(datagram_complete(datagram));
	if (datagram->length != 0 && datagram->length != datagram->end) {
		return REASON_UDP_BAD_LENGTH;
	}
	if ((datagram->flags & DATAGRAM_SUMMED) == 0) {
		return REASON_NONE;
	}
	if (datagram->protocol != IPV4_PROTOCOL_ICMP) {
		sum += __builtin_bswap16((uint16_t)datagram->end); /* of the pseudo-header */
	}
	if (checksum_fold(sum) == 0xffff) {
		return REASON_NONE;
	}
	if (datagram->protocol == IPV4_PROTOCOL_TCP) {
		return REASON_TCP_BAD_CHECKSUM;
	}
	return datagram->protocol == IPV4_PROTOCOL_UDP ? REASON_UDP_BAD_CHECKSUM
						       : REASON_ICMP_BAD_CHECKSUM;
}

struct packet *
datagram_linear(struct engine *engine, const struct datagram *datagram)
{
	const struct datagram_table *table = &engine->datagrams;
	const struct packet *first = table->pieces[datagram->first].packet;
	struct ipv4_header header;

	assert(datagram_complete(datagram) && datagram->held == datagram->pieces);
	ipv4_load(first->data, &header);
	const uint32_t length = header.header_length + datagram->end;
	struct packet *whole = length > DATAGRAM_OCTETS_MOST
				   ? NULL
				   : packet_obtain_large(engine, (uint16_t)length);

	if (whole == NULL) {
		return NULL;
	}
	memcpy(whole->data, first->data, header.header_length);
	for (uint32_t i = datagram->first; i != DATAGRAM_NONE; i = table->pieces[i].next) {
		const struct datagram_piece *piece = &table->pieces[i];
		const uint8_t *from = piece->packet->data;

		memcpy(whole->data + header.header_length + piece->offset,
		    from + (from[0] & 0xf) * 4, piece->size);
	}
	whole->length = length;
	whole->tailroom = (uint16_t)(whole->tailroom - length);
	whole->port = first->port;
	whole->instance = first->instance;
	whole->flags = first->flags;
	whole->result = first->result;
	bytes_store_16(whole->data + 2, (uint16_t)length);
	bytes_store_16(whole->data + 6, header.fragment & IPV4_DONT_FRAGMENT);
	ipv4_set_checksum(whole->data, header.header_length);
	return whole;
}
