/*
 * Packets larger than the egress MTU that may be fragmented (RFC 791 2.3, RFC 1812 4.2.2.7), and for
 * IPv6 those of our own making (RFC 8200 4.5).
 *
 * Pieces are made of fresh packets, the first piece is the packet itself, cut. Options that must be
 * copied are all copied: every piece has the whole header. What is cut may be a fragment itself.
 */
#include "engine_private.h"

#include <string.h>

#include "wire/segment.h"

enum {
	PIECES_MOST = 128, /* of one packet, besides the first: enough for 64 KB in 576 octets */
};

static struct packet *
obtain(struct engine *engine, struct packet *(*take)(void *context), uint16_t length)
{
	struct packet *packet = take == NULL || output_room(engine) == 0
				    ? NULL
				    : take(engine->config.packet_context);

	if (packet == NULL) {
		reason_note(engine, REASON_PACKET_POOL_EMPTY);
		return NULL;
	}
	packet_is_ours(packet);
	packet->flags = 0;
	packet->length = 0;
	if (packet->tailroom < length) {
		reason_note(engine, REASON_PACKET_POOL_EMPTY);
		output_put(engine, packet, ENGINE_FREE);
		return NULL;
	}
	return packet;
}

struct packet *
packet_obtain(struct engine *engine, uint16_t length)
{
	return obtain(engine, engine->config.packet_take, length);
}

struct packet *
packet_obtain_large(struct engine *engine, uint16_t length)
{
	return obtain(engine, engine->config.packet_take_large, length);
}

/* A piece with the octets [from, from + size) of the payload; NULL when there is no packet for it.
 */
static struct packet *
make_piece(
    struct engine *engine, const struct packet *whole, uint8_t header, uint16_t from, uint16_t size)
{
	struct packet *piece = packet_obtain(engine, (uint16_t)(header + size + ETHERNET_ROOM));

	if (piece == NULL) {
		return NULL;
	}
	memcpy(piece->data, whole->data, header);
	memcpy(piece->data + header, whole->data + header + from, size);
	piece->length = (uint32_t)header + size;
	piece->tailroom = (uint16_t)(piece->tailroom - piece->length);
	piece->result = whole->result;
	piece->result.reason = REASON_FRAGMENTED;
	return piece;
}

/* `fragment` is that field of what is cut, which may be a fragment itself. */
static void
set_piece(struct packet *piece, uint16_t fragment, uint16_t from, bool more)
{
	const uint8_t header = (uint8_t)((piece->data[0] & 0xf) * 4);

	bytes_store_16(piece->data + 2, (uint16_t)piece->length);
	bytes_store_16(piece->data + 6,
	    (uint16_t)((fragment | (more ? IPV4_MORE_FRAGMENTS : 0)) + from / 8));
	ipv4_set_checksum(piece->data, header);
}

static void
send_piece(struct engine *engine, struct packet *piece, uint32_t neighbour)
{
	const enum reason sent = egress_send(engine, piece, neighbour);

	if (sent != REASON_NONE && sent != REASON_NEIGHBOUR_WAIT) {
		reason_note(engine, sent);
		output_put(engine, piece, ENGINE_FREE);
	}
}

/* Nobody completes the checksum of what is in pieces. => data is at the IP header */
static void
complete_checksum(struct packet *packet)
{
	struct segment_layout layout;

	if ((packet->flags & PACKET_CHECKSUM_DUE) != 0 && segment_layout_of(&layout, packet->data, packet->length, 0)) {
		segment_complete_checksum(&layout, packet->data);
	}
	packet->flags &= (uint16_t)~PACKET_CHECKSUM_DUE;
}

bool
fragment_send(struct engine *engine, struct packet *packet, uint32_t neighbour, uint16_t mtu)
{
	const uint8_t header = (uint8_t)((packet->data[0] & 0xf) * 4);
	const uint16_t payload = (uint16_t)(packet->length - header);
	const uint16_t step = (uint16_t)((mtu - header) & ~7);
	const uint16_t fragment =
	    bytes_load_16(packet->data + 6) & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET);
	struct packet *pieces[PIECES_MOST];
	uint32_t count = 0;

	assert(header >= IPV4_HEADER && packet->length > mtu);
	if (mtu < IPV4_HEADER_MOST + 8) {
		return false;
	}
	complete_checksum(packet);
	for (uint32_t from = step; from < payload; from += step) {
		const uint16_t size = (uint16_t)(payload - from < step ? payload - from : step);

		if (count == sizeof pieces / sizeof pieces[0]) {
			break;
		}
		pieces[count] = make_piece(engine, packet, header, (uint16_t)from, size);
		if (pieces[count] == NULL) {
			break;
		}
		set_piece(pieces[count], fragment, (uint16_t)from, from + size < payload);
		count++;
	}
	if ((uint64_t)(count + 1) * step < payload) {
		for (uint32_t i = 0; i < count; i++) {
			output_put(engine, pieces[i], ENGINE_FREE);
		}
		return false;
	}
	packet->tailroom = (uint16_t)(packet->tailroom + payload - step);
	packet->length = (uint32_t)header + step;
	set_piece(packet, fragment, 0, true);
	verdict_set(engine, packet, VERDICT_FORWARD, REASON_FRAGMENTED);
	send_piece(engine, packet, neighbour);
	for (uint32_t i = 0; i < count; i++) {
		send_piece(engine, pieces[i], neighbour);
	}
	return true;
}

/*
 *   | next header |   reserved    |      offset           |res|M|
 *   |                      identification                       |
 * => there are IPV6_FRAGMENT_HEADER octets of room behind the fixed header
 */
static void
set_piece6(struct packet *piece, uint8_t next, uint32_t identification, uint16_t from, bool more)
{
	uint8_t *fragment = piece->data + IPV6_HEADER;

	bytes_store_16(piece->data + 4, (uint16_t)(piece->length - IPV6_HEADER));
	piece->data[6] = IPV6_NEXT_FRAGMENT;
	fragment[0] = next;
	fragment[1] = 0;
	bytes_store_16(fragment + 2, (uint16_t)(from | (more ? 1 : 0)));
	bytes_store_32(fragment + 4, identification);
}

static struct packet *
make_piece6(struct engine *engine, const struct packet *whole, uint16_t from, uint16_t size)
{
	const uint16_t headers = IPV6_HEADER + IPV6_FRAGMENT_HEADER;
	struct packet *piece = packet_obtain(engine, (uint16_t)(headers + size + ETHERNET_ROOM));

	if (piece == NULL) {
		return NULL;
	}
	memcpy(piece->data, whole->data, IPV6_HEADER);
	memcpy(piece->data + headers, whole->data + IPV6_HEADER + from, size);
	piece->length = (uint32_t)headers + size;
	piece->tailroom = (uint16_t)(piece->tailroom - piece->length);
	piece->result = whole->result;
	piece->result.reason = REASON_FRAGMENTED;
	return piece;
}

/* Cuts the packet to its first `size` octets of payload, with room for a fragment header. */
static bool
cut_first6(struct packet *packet, uint16_t size)
{
	const uint32_t length = (uint32_t)IPV6_HEADER + size;

	packet->tailroom = (uint16_t)(packet->tailroom + packet->length - length);
	packet->length = length;
	if (!packet_make_room(packet, ETHERNET_ROOM + IPV6_FRAGMENT_HEADER)) {
		return false;
	}
	memmove(packet->data - IPV6_FRAGMENT_HEADER, packet->data, IPV6_HEADER);
	packet->data -= IPV6_FRAGMENT_HEADER;
	packet->headroom = (uint16_t)(packet->headroom - IPV6_FRAGMENT_HEADER);
	packet->length += IPV6_FRAGMENT_HEADER;
	return true;
}

bool
fragment_send6(struct engine *engine, struct packet *packet, uint32_t neighbour, uint16_t mtu)
{
	const uint16_t payload = (uint16_t)(packet->length - IPV6_HEADER);
	const uint16_t step = (uint16_t)((mtu - IPV6_HEADER - IPV6_FRAGMENT_HEADER) & ~7);
	const uint32_t identification = (uint32_t)random_u64(engine->config.random);
	const uint8_t next = packet->data[6];
	struct packet *pieces[PIECES_MOST];
	uint32_t count = 0;
	bool good = true;

	assert(packet->length > mtu && !ipv6_is_extension(next));
	if (mtu < IPV6_MTU_LEAST) {
		return false;
	}
	for (uint32_t from = step; good && from < payload; from += step) {
		const uint16_t size = (uint16_t)(payload - from < step ? payload - from : step);
		struct packet *piece = make_piece6(engine, packet, (uint16_t)from, size);

		good = piece != NULL;
		if (good) {
			set_piece6(
			    piece, next, identification, (uint16_t)from, from + size < payload);
			pieces[count++] = piece;
		}
	}
	if (!good || !cut_first6(packet, step)) {
		for (uint32_t i = 0; i < count; i++) {
			output_put(engine, pieces[i], ENGINE_FREE);
		}
		return false;
	}
	set_piece6(packet, next, identification, 0, true);
	verdict_set(engine, packet, VERDICT_FORWARD, REASON_FRAGMENTED);
	send_piece(engine, packet, neighbour);
	for (uint32_t i = 0; i < count; i++) {
		send_piece(engine, pieces[i], neighbour);
	}
	return true;
}

_Static_assert(PIECES_MOST * (IPV6_MTU_LEAST - IPV6_HEADER - IPV6_FRAGMENT_HEADER) > UINT16_MAX,
    "any IPv6 packet fits in the pieces");
