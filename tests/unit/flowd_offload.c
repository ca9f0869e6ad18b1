/*
 * The kernel's header of what a sender left undone, read and written.
 *
 * The frame: 10.0.0.1:1000 > 10.0.0.2:80, 25 octets of payload. By hand: the pseudo header's words are 0a00 0001 0a00 0002 0006 002d,
 * their sum 1436: what a half-made checksum holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/virtio_net.h>

#include "offload.h"
#include "wire/sctp.h"

enum {
	ETHERNET = 14,
	TRANSPORT = ETHERNET + 20,
	PAYLOAD = 25,
	FRAME = TRANSPORT + 20 + PAYLOAD,
};

static const uint8_t segment[FRAME] = {
    0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
    0x45, 0, 0, 65, 0, 0, 0x40, 0, 64, 6, 0x26, 0xb5, 10, 0, 0, 1, 10, 0, 0, 2,
    0x03, 0xe8, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x10, 0x20, 0, 0xde, 0xad, 0, 0,
};

/* A packet over a copy of the frame, in a block of just its size. */
static struct packet
packet_of(const uint8_t *frame, uint32_t length)
{
	uint8_t *block = malloc(length);

	assert_non_null(block);
	memcpy(block, frame, length);
	return (struct packet){.data = block, .length = length, .flags = 0x7f, .segment_size = 7, .segments_more = 7};
}

static void
expect_marks(struct packet *packet, uint16_t flags, uint16_t size, uint16_t more)
{
	assert_int_equal(packet->flags, flags);
	assert_int_equal(packet->segment_size, size);
	assert_int_equal(packet->segments_more, more);
	free(packet->data);
}

static void
marks_of(const struct virtio_net_hdr *header, uint16_t flags, uint16_t size, uint16_t more)
{
	struct packet packet = packet_of(segment, FRAME);

	offload_read(header, 0, &packet);
	expect_marks(&packet, flags, size, more);
}

static void
marks_are_read(void **state)
{
	const struct virtio_net_hdr none = {.flags = VIRTIO_NET_HDR_F_DATA_VALID};
	const struct virtio_net_hdr due = {
	    .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = TRANSPORT, .csum_offset = 16};
	struct virtio_net_hdr large = due;

	(void)state;
	marks_of(&none, 0, 0, 0);
	marks_of(&due, PACKET_CHECKSUM_DUE, 0, 0);
	large.gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN;
	large.gso_size = 10;
	marks_of(&large, PACKET_CHECKSUM_DUE, 10, 2);
	large.gso_size = PAYLOAD;
	marks_of(&large, PACKET_CHECKSUM_DUE, 0, 0);
}

/* What the header says of it and it is not, or what nobody knows how to cut. */
static void
unknown_is_a_superframe(void **state)
{
	static const uint8_t kinds[] = {VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_HDR_GSO_UDP, OFFLOAD_UDP_SEGMENT, 9};
	struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = TRANSPORT, .csum_offset = 16, .gso_size = 10};

	(void)state;
	for (size_t i = 0; i < sizeof kinds; i++) {
		header.gso_type = kinds[i];
		marks_of(&header, PACKET_SUPERFRAME, 0, 0);
	}
	header.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	header.gso_size = 0;
	marks_of(&header, PACKET_SUPERFRAME, 0, 0);
}

/* No card would be given it: a thousand SYNs at the price of one, octets behind the packet's end that a kernel would cut with the rest,
 * 1025 segments. */
static void
forged_is_a_superframe(void **state)
{
	enum { LONG = TRANSPORT + 20 + 1025 };
	static const uint8_t flags[] = {0x12, 0x14, 0x30}; /* SYN, RST, URG */
	const struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
	    .csum_start = TRANSPORT, .csum_offset = 16, .gso_size = 1};
	uint8_t frame[LONG] = {0};
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < sizeof flags; i++) {
		packet = packet_of(segment, FRAME);
		packet.data[TRANSPORT + 13] = flags[i];
		offload_read(&header, 0, &packet);
		expect_marks(&packet, PACKET_SUPERFRAME, 0, 0);
	}
	memcpy(frame, segment, FRAME);
	packet = packet_of(frame, FRAME + 1);
	offload_read(&header, 0, &packet);
	expect_marks(&packet, PACKET_SUPERFRAME, 0, 0);
	/* The IP header of 20 + 20 + 1024 octets: words 4500 0428 0000 4000 4006 0a00 0001 0a00 0002, sum dd31, checksum 22ce. */
	frame[ETHERNET + 2] = 0x04;
	frame[ETHERNET + 3] = 0x28;
	frame[ETHERNET + 10] = 0x22;
	frame[ETHERNET + 11] = 0xce;
	packet = packet_of(frame, LONG - 1);
	offload_read(&header, 0, &packet);
	expect_marks(&packet, PACKET_CHECKSUM_DUE, 1, 1023);
	frame[ETHERNET + 3] = 0x29;
	frame[ETHERNET + 11] = 0xcd;
	packet = packet_of(frame, LONG);
	offload_read(&header, 0, &packet);
	expect_marks(&packet, PACKET_SUPERFRAME, 0, 0);
}

/* The half-made checksum of what a tunnel carries is completed at once, as none behind us looks there; one that would lie outside
 * is not. The octets from the start on are 0102 and, where it stands, 1436: ffff - 1538 = eac7. */
static void
inner_checksum_is_finished(void **state)
{
	enum { INNER = TRANSPORT + 20 };
	struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = INNER, .csum_offset = 16};
	uint8_t frame[FRAME];
	struct packet packet;

	(void)state;
	memcpy(frame, segment, FRAME);
	memset(frame + INNER, 0, FRAME - INNER);
	frame[INNER] = 1;
	frame[INNER + 1] = 2;
	frame[INNER + 16] = 0x14;
	frame[INNER + 17] = 0x36;
	packet = packet_of(frame, FRAME);
	offload_read(&header, 0, &packet);
	assert_memory_equal(packet.data, frame, INNER + 16);
	assert_int_equal(packet.data[INNER + 16] << 8 | packet.data[INNER + 17], 0xeac7);
	expect_marks(&packet, 0, 0, 0);
	header.csum_start = FRAME - 17;
	packet = packet_of(frame, FRAME);
	offload_read(&header, 0, &packet);
	assert_memory_equal(packet.data, frame, FRAME);
	expect_marks(&packet, 0, 0, 0);
}

/* SCTP's CRC32c is made at once, also behind a tag that was put back; a start that lies outside does nothing. */
static void
sctp_is_finished(void **state)
{
	uint8_t frame[ETHERNET + 4 + 20 + 16] = {[12] = 0x81, [15] = 5, [16] = 0x08, [ETHERNET + 4] = 0x45, [ETHERNET + 4 + 20 + 12] = 1};
	const struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = TRANSPORT, .csum_offset = 8};
	const struct virtio_net_hdr outside = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = sizeof frame - 8, .csum_offset = 8};
	const uint32_t crc = sctp_checksum(frame + TRANSPORT + 4, 16);
	struct packet packet = packet_of(frame, sizeof frame);

	(void)state;
	offload_read(&header, 4, &packet);
	assert_int_equal(packet.data[TRANSPORT + 4 + 8] << 24 | packet.data[TRANSPORT + 4 + 9] << 16 |
	                     packet.data[TRANSPORT + 4 + 10] << 8 | packet.data[TRANSPORT + 4 + 11], (int)crc);
	expect_marks(&packet, 0, 0, 0);
	packet = packet_of(frame, sizeof frame);
	offload_read(&outside, 4, &packet);
	assert_memory_equal(packet.data, frame, sizeof frame);
	expect_marks(&packet, 0, 0, 0);
}

static void
header_is_written(void **state)
{
	struct packet packet = packet_of(segment, FRAME);
	struct virtio_net_hdr header;

	(void)state;
	packet.flags = 0;
	packet.segment_size = 0;
	offload_write(&packet, &header);
	assert_int_equal(header.flags, 0);
	assert_int_equal(packet.data[TRANSPORT + 16], 0xde);
	packet.flags = PACKET_CHECKSUM_DUE;
	offload_write(&packet, &header);
	assert_int_equal(header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(header.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	assert_int_equal(header.csum_start, TRANSPORT);
	assert_int_equal(header.csum_offset, 16);
	assert_int_equal(packet.data[TRANSPORT + 16] << 8 | packet.data[TRANSPORT + 17], 0x1436);
	packet.segment_size = 10;
	packet.data[TRANSPORT + 13] |= 0x80;
	offload_write(&packet, &header);
	assert_int_equal(header.gso_type, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN);
	assert_int_equal(header.gso_size, 10);
	assert_int_equal(header.hdr_len, FRAME - PAYLOAD);
	free(packet.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(marks_are_read),
	    cmocka_unit_test(unknown_is_a_superframe),
	    cmocka_unit_test(forged_is_a_superframe),
	    cmocka_unit_test(inner_checksum_is_finished),
	    cmocka_unit_test(sctp_is_finished),
	    cmocka_unit_test(header_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
