/*
 * Frames as bytes: making and reading them. See frame.h. RFC 791, 792, 793, 768, 826; IEEE 802.3, 802.1Q.
 */
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "frame.h"

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_VLAN = 0x8100,
	IP_HEADER = 20,
	TCP_HEADER = 20,
	QUOTED = 8, /* octets of transport that a quotation has at least */
	DEFAULT_TTL = 64,
	DEFAULT_WINDOW = 65535,
	FLAG_DF = 0x4000,
	FLAG_MF = 0x2000,
	OFFSET_MASK = 0x1fff,
};

static uint32_t
sum_words(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		sum += (i % 2 == 0) ? (uint32_t)bytes[i] << 8 : bytes[i];
	}
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > UINT16_MAX) {
		sum = (sum >> 16) + (sum & UINT16_MAX);
	}
	return (uint16_t)~sum;
}

/* RFC 1071, with the pseudo-header for TCP and UDP. */
static uint16_t
transport_checksum(const struct ip_words *ip, const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	if (ip->protocol == 6 || ip->protocol == 17) {
		sum = (ip->source >> 16) + (ip->source & UINT16_MAX) + (ip->destination >> 16) +
		    (ip->destination & UINT16_MAX) + ip->protocol + (uint32_t)length;
	}
	return fold(sum_words(sum, bytes, length));
}

/* RFC 9260 appendix A, bit by bit; what stands in the checksum's place counts as 0. The octets are lowest first. */
static uint32_t
sctp_crc(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		crc ^= i >= 8 && i < 12 ? 0 : bytes[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78U : crc >> 1;
		}
	}
	return __builtin_bswap32(~crc);
}

/* RFC 3828: as UDP's, over what it covers; the pseudo-header says how long all is. */
static uint16_t
light_checksum(const struct ip_words *ip, const uint8_t *bytes, size_t length)
{
	const size_t coverage = (size_t)bytes[4] << 8 | bytes[5];
	const uint32_t sum = (ip->source >> 16) + (ip->source & UINT16_MAX) + (ip->destination >> 16) +
	    (ip->destination & UINT16_MAX) + ip->protocol + (uint32_t)length;

	return fold(sum_words(sum, bytes, coverage == 0 || coverage > length ? length : coverage));
}

static uint32_t
value_of(const struct ip_words *ip, enum ip_field field, uint32_t otherwise)
{
	return ip->fields[field].given ? ip->fields[field].value : otherwise;
}

static void
put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
build_payload(struct writer *writer, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		writer_u8(writer, (uint8_t)i);
	}
}

static void
build_tcp(struct writer *writer, const struct ip_words *ip)
{
	const bool mss = ip->fields[FIELD_MSS].given;
	const bool scale = ip->fields[FIELD_WSCALE].given;
	const unsigned words = TCP_HEADER / 4U + (mss ? 1U : 0U) + (scale ? 1U : 0U);

	writer_u16(writer, ip->source_port);
	writer_u16(writer, ip->destination_port);
	writer_u32(writer, value_of(ip, FIELD_SEQ, 0));
	writer_u32(writer, value_of(ip, FIELD_ACK, 0));
	writer_u8(writer, (uint8_t)(words << 4));
	writer_u8(writer, ip->flags);
	writer_u16(writer, (uint16_t)value_of(ip, FIELD_WIN, DEFAULT_WINDOW));
	writer_u32(writer, 0);
	if (mss) {
		writer_u16(writer, 0x0204);
		writer_u16(writer, (uint16_t)ip->fields[FIELD_MSS].value);
	}
	if (scale) {
		writer_u16(writer, 0x0103);
		writer_u8(writer, 3);
		writer_u8(writer, (uint8_t)ip->fields[FIELD_WSCALE].value);
	}
}

static void
build_light(struct writer *writer, const struct ip_words *ip, uint32_t length)
{
	uint8_t *start = writer->next;

	writer_u16(writer, ip->source_port);
	writer_u16(writer, ip->destination_port);
	writer_u16(writer, length == 0 ? 0 : (uint16_t)(8 + length / 2));
	writer_u16(writer, 0);
	build_payload(writer, length);
	if (!writer_failed(writer)) {
		const uint16_t sum = light_checksum(ip, start, 8 + length);

		put_u16(start + 6, (uint16_t)((sum == 0 ? UINT16_MAX : sum) ^ (ip->bad_checksum ? 0x5555 : 0)));
	}
}

static void
build_sctp(struct writer *writer, const struct ip_words *ip, uint32_t length)
{
	uint8_t *start = writer->next;

	writer_u16(writer, ip->source_port);
	writer_u16(writer, ip->destination_port);
	writer_u32(writer, 0x01020304);
	writer_u32(writer, 0);
	writer_u16(writer, 0x0003);
	writer_u16(writer, (uint16_t)(4 + length));
	build_payload(writer, length);
	if (!writer_failed(writer)) {
		const uint32_t crc = sctp_crc(start, 16 + length);

		put_u16(start + 8, (uint16_t)(crc >> 16));
		put_u16(start + 10, (uint16_t)((crc ^ (ip->bad_checksum ? 0x5555 : 0)) & UINT16_MAX));
	}
}

static bool
is_icmp_error(const struct ip_words *ip)
{
	return ip->protocol == 1 && (ip->type == 3 || ip->type == 4 || ip->type == 5 || ip->type == 11 || ip->type == 12);
}

static void build_ip(struct writer *writer, const struct ip_words *ip, const struct ip_words *inner);

static void
build_icmp(struct writer *writer, const struct ip_words *ip, const struct ip_words *inner)
{
	writer_u8(writer, ip->type);
	writer_u8(writer, ip->code);
	writer_u16(writer, 0);
	if (is_icmp_error(ip)) {
		writer_u16(writer, 0);
		writer_u16(writer, (uint16_t)value_of(ip, FIELD_MTU, 0));
	} else {
		writer_u16(writer, (uint16_t)value_of(ip, FIELD_IDENT, 0));
		writer_u16(writer, (uint16_t)value_of(ip, FIELD_NUMBER, 0));
	}
	if (inner != NULL) {
		uint8_t whole[FRAME_SIZE];
		struct writer quoted = writer_over(whole, sizeof(whole));

		build_ip(&quoted, inner, NULL);
		writer_bytes(writer, whole, (size_t)(whole[0] & 15) * 4 + QUOTED);
	}
}

/* Octets of the checksum field in the transport header; 0: the protocol has none. */
static size_t
checksum_place(uint8_t protocol)
{
	return protocol == 6 ? 16 : protocol == 17 ? 6 : protocol == 1 ? 2 : 0;
}

static void
build_transport(struct writer *writer, const struct ip_words *ip, const struct ip_words *inner)
{
	const uint32_t length = value_of(ip, FIELD_LEN, 0);
	const size_t place = ip->bare ? 0 : checksum_place(ip->protocol);
	uint8_t *start = writer->next;

	if (ip->bare || value_of(ip, FIELD_OFFSET, 0) > 0) {
		build_payload(writer, length);
		return;
	}
	if (ip->protocol == 132) {
		build_sctp(writer, ip, length);
		return;
	}
	if (ip->protocol == 136) {
		build_light(writer, ip, length);
		return;
	}
	if (ip->protocol == 6) {
		build_tcp(writer, ip);
	} else if (ip->protocol == 17) {
		writer_u16(writer, ip->source_port);
		writer_u16(writer, ip->destination_port);
		writer_u16(writer, (uint16_t)(8 + length));
		writer_u16(writer, 0);
	} else if (ip->protocol == 1) {
		build_icmp(writer, ip, inner);
	}
	build_payload(writer, length);
	if (place > 0 && !writer_failed(writer)) {
		const uint16_t sum = transport_checksum(ip, start, (size_t)(writer->next - start));

		put_u16(start + place, (uint16_t)(ip->bad_checksum ? sum ^ 0x5555 : sum));
	}
}

static void
build_ip(struct writer *writer, const struct ip_words *ip, const struct ip_words *inner)
{
	const uint32_t options = value_of(ip, FIELD_OPTIONS, 0);
	uint8_t *start = writer->next;
	size_t header = IP_HEADER + options;

	writer_u8(writer, (uint8_t)(0x40 | header / 4));
	writer_u8(writer, (uint8_t)value_of(ip, FIELD_TOS, 0));
	writer_u16(writer, 0);
	writer_u16(writer, (uint16_t)value_of(ip, FIELD_ID, 0));
	writer_u16(writer, (uint16_t)((value_of(ip, FIELD_DF, 0) != 0 ? FLAG_DF : 0) |
	    (value_of(ip, FIELD_MF, 0) != 0 ? FLAG_MF : 0) | value_of(ip, FIELD_OFFSET, 0) / 8));
	writer_u8(writer, (uint8_t)value_of(ip, FIELD_TTL, DEFAULT_TTL));
	writer_u8(writer, ip->protocol);
	writer_u16(writer, 0);
	writer_u32(writer, ip->source);
	writer_u32(writer, ip->destination);
	for (uint32_t i = 0; i < options; i++) {
		writer_u8(writer, 1);
	}
	build_transport(writer, ip, inner);
	if (!writer_failed(writer)) {
		put_u16(start + 2, (uint16_t)(writer->next - start));
		put_u16(start + 10, fold(sum_words(0, start, header)));
		start[10] ^= ip->bad_ip_checksum ? 0x55 : 0;
	}
}

static void
build_arp(struct writer *writer, const struct frame_words *frame)
{
	static const uint8_t nobody[MAC_LENGTH];

	writer_u16(writer, 1);
	writer_u16(writer, TYPE_IPV4);
	writer_u8(writer, MAC_LENGTH);
	writer_u8(writer, 4);
	writer_u16(writer, frame->arp_operation);
	writer_bytes(writer, frame->has_arp_mac ? frame->arp_mac : frame->smac, MAC_LENGTH);
	writer_u32(writer, frame->ip.source);
	writer_bytes(writer, frame->arp_operation == 1 ? nobody : frame->dmac, MAC_LENGTH);
	writer_u32(writer, frame->ip.destination);
}

size_t
frame_build(const struct frame_words *frame, bool ethernet, uint16_t tag, uint8_t *bytes, size_t size)
{
	struct writer writer = writer_over(bytes, size);

	if (frame->kind == FRAME_RAW) {
		writer_bytes(&writer, frame->raw, frame->raw_length);
		return writer_failed(&writer) ? 0 : writer_length(&writer);
	}
	if (ethernet) {
		writer_bytes(&writer, frame->dmac, MAC_LENGTH);
		writer_bytes(&writer, frame->smac, MAC_LENGTH);
		if (tag != 0) {
			writer_u16(&writer, TYPE_VLAN);
			writer_u16(&writer, tag);
		}
		writer_u16(&writer, frame->kind == FRAME_ARP ? TYPE_ARP : TYPE_IPV4);
	}
	if (frame->kind == FRAME_ARP) {
		build_arp(&writer, frame);
	} else {
		build_ip(&writer, &frame->ip, frame->has_inner ? &frame->inner : NULL);
	}
	for (uint32_t i = 0; i < frame->pad; i++) {
		writer_u8(&writer, 0);
	}
	return writer_failed(&writer) ? 0 : writer_length(&writer);
}

static void
set_field(struct ip_words *ip, enum ip_field field, uint32_t value)
{
	ip->fields[field] = (struct field){.given = true, .value = value};
}

static void
read_tcp_options(struct reader *options, struct ip_words *ip)
{
	while (reader_left(options) > 0) {
		const uint8_t kind = reader_u8(options);
		struct reader value;

		if (kind <= 1) {
			if (kind == 0) {
				return;
			}
			continue;
		}
		value = reader_sub(options, (size_t)reader_u8(options) - 2);
		if (kind == 2) {
			set_field(ip, FIELD_MSS, reader_u16(&value));
		} else if (kind == 3) {
			set_field(ip, FIELD_WSCALE, reader_u8(&value));
		}
	}
}

/* `whole`: more than a quotation's first octets. */
static void
read_tcp(struct reader *reader, struct ip_words *ip, bool whole)
{
	struct reader options;
	size_t header;

	set_field(ip, FIELD_SEQ, reader_u32(reader));
	if (!whole) {
		return;
	}
	set_field(ip, FIELD_ACK, reader_u32(reader));
	header = (size_t)(reader_u8(reader) >> 4) * 4;
	ip->flags = reader_u8(reader);
	set_field(ip, FIELD_WIN, reader_u16(reader));
	reader_skip(reader, 4);
	options = reader_sub(reader, header - TCP_HEADER);
	read_tcp_options(&options, ip);
}

static bool read_ip(struct reader *reader, struct ip_words *ip, struct frame_words *frame, struct text *error);

static void
read_icmp(struct reader *reader, struct ip_words *ip, struct frame_words *frame, struct text *error)
{
	ip->type = reader_u8(reader);
	ip->code = reader_u8(reader);
	reader_skip(reader, 2);
	if (is_icmp_error(ip) && frame != NULL) {
		struct reader inner;

		reader_skip(reader, 2);
		set_field(ip, FIELD_MTU, reader_u16(reader));
		inner = *reader;
		frame->has_inner = read_ip(&inner, &frame->inner, NULL, error);
		return;
	}
	set_field(ip, FIELD_IDENT, reader_u16(reader));
	set_field(ip, FIELD_NUMBER, reader_u16(reader));
}

/* SCTP and UDP-Lite behind their ports. */
static void
read_other_ports(struct reader *reader, const struct ip_words *ip, size_t length, struct text *error)
{
	const uint8_t *start = reader->next - 4;
	const bool sctp = ip->protocol == 132;

	if (length < (sctp ? 16U : 8U)) {
		return;
	}
	const bool right = sctp ? sctp_crc(start, length) == ((uint32_t)start[8] << 24 | (uint32_t)start[9] << 16 |
							     (uint32_t)start[10] << 8 | start[11])
				: light_checksum(ip, start, length) == 0 && (start[6] | start[7]) != 0;

	if (!right) {
		text_append(error, "wrong transport checksum");
	}
	reader_skip(reader, sctp ? 12 : 4);
}

static void
read_transport(struct reader *reader, struct ip_words *ip, struct frame_words *frame, struct text *error)
{
	const size_t length = reader_left(reader);
	const bool whole = frame != NULL;

	if (value_of(ip, FIELD_OFFSET, 0) > 0) {
		set_field(ip, FIELD_LEN, (uint32_t)length);
		return;
	}
	if (whole && value_of(ip, FIELD_MF, 0) == 0 && checksum_place(ip->protocol) > 0) {
		const bool unchecked = ip->protocol == 17 && length >= 8 && reader->next[6] == 0 && reader->next[7] == 0;

		if (!unchecked && transport_checksum(ip, reader->next, length) != 0) {
			text_append(error, "wrong transport checksum");
		}
	}
	if (ip->protocol == 6 || ip->protocol == 17 || ip->protocol == 132 || ip->protocol == 136) {
		ip->ports = true;
		ip->source_port = reader_u16(reader);
		ip->destination_port = reader_u16(reader);
	}
	if ((ip->protocol == 132 || ip->protocol == 136) && whole && value_of(ip, FIELD_MF, 0) == 0) {
		read_other_ports(reader, ip, length, error);
	} else if (ip->protocol == 6) {
		read_tcp(reader, ip, whole);
	} else if (ip->protocol == 17) {
		const uint16_t udp_length = reader_u16(reader);

		if (whole && value_of(ip, FIELD_MF, 0) == 0 && udp_length != length) {
			text_append(error, "wrong UDP length");
		}
		reader_skip(reader, 2);
	} else if (ip->protocol == 1) {
		read_icmp(reader, ip, frame, error);
	}
	if (whole) {
		set_field(ip, FIELD_LEN, (uint32_t)reader_left(reader));
	}
}

/* `frame` is NULL for a quotation: cut short, its checksums and total length are those of the packet it quotes. */
static bool
read_ip(struct reader *reader, struct ip_words *ip, struct frame_words *frame, struct text *error)
{
	const uint8_t *start = reader->next;
	const uint8_t first = reader_u8(reader);
	const size_t header = (size_t)(first & 15) * 4;
	struct reader payload;
	uint16_t total;
	uint16_t fragment;

	set_field(ip, FIELD_TOS, reader_u8(reader));
	total = reader_u16(reader);
	set_field(ip, FIELD_ID, reader_u16(reader));
	fragment = reader_u16(reader);
	set_field(ip, FIELD_TTL, reader_u8(reader));
	ip->protocol = reader_u8(reader);
	reader_skip(reader, 2);
	ip->source = reader_u32(reader);
	ip->destination = reader_u32(reader);
	reader_skip(reader, header - IP_HEADER);
	if (reader_failed(reader) || first >> 4 != 4 || header < IP_HEADER || total < header) {
		text_append(error, "not an IPv4 packet");
		return false;
	}
	if (fold(sum_words(0, start, header)) != 0) {
		text_append(error, frame != NULL ? "wrong IP checksum" : "wrong IP checksum in the quoted packet");
	}
	set_field(ip, FIELD_DF, (fragment & FLAG_DF) != 0 ? 1 : 0);
	set_field(ip, FIELD_MF, (fragment & FLAG_MF) != 0 ? 1 : 0);
	set_field(ip, FIELD_OFFSET, (uint32_t)(fragment & OFFSET_MASK) * 8);
	set_field(ip, FIELD_OPTIONS, (uint32_t)(header - IP_HEADER));
	payload = frame != NULL ? reader_sub(reader, total - header) : *reader;
	read_transport(&payload, ip, frame, error);
	if (reader_failed(&payload)) {
		text_append(error, "the packet is cut short");
		return false;
	}
	return true;
}

static bool
read_arp(struct reader *reader, struct frame_words *frame)
{
	reader_skip(reader, 6);
	frame->arp_operation = reader_u16(reader);
	frame->has_arp_mac = true;
	reader_copy(reader, frame->arp_mac, MAC_LENGTH);
	frame->ip.source = reader_u32(reader);
	reader_skip(reader, MAC_LENGTH);
	frame->ip.destination = reader_u32(reader);
	return !reader_failed(reader);
}

bool
frame_read(const uint8_t *bytes, size_t length, bool ethernet, struct frame_words *frame, uint16_t *tag,
    struct text *error)
{
	struct reader reader = reader_over(bytes, length);
	uint16_t type = TYPE_IPV4;
	const size_t before = error->length;

	memset(frame, 0, sizeof(*frame));
	*tag = 0;
	if (ethernet) {
		reader_copy(&reader, frame->dmac, MAC_LENGTH);
		reader_copy(&reader, frame->smac, MAC_LENGTH);
		frame->has_dmac = true;
		frame->has_smac = true;
		type = reader_u16(&reader);
		if (type == TYPE_VLAN) {
			*tag = reader_u16(&reader);
			type = reader_u16(&reader);
		}
	}
	frame->kind = type == TYPE_ARP ? FRAME_ARP : type == TYPE_IPV4 ? FRAME_IP : FRAME_RAW;
	if (frame->kind == FRAME_ARP && !read_arp(&reader, frame)) {
		text_append(error, "ARP that is cut short");
	}
	if (frame->kind == FRAME_IP && !read_ip(&reader, &frame->ip, frame, error)) {
		return false;
	}
	return error->length == before;
}
