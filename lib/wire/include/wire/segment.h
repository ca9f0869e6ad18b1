/*
 * Superframes: TCP segments and UDP datagrams that a sender leaves to its network card to cut, and checksums that it leaves to
 * it to make.
 *
 * A superframe is one IP packet whose payload is that of many: each of them begins with the same headers and has `size` octets
 * of payload, the last one what is left. Between virtual interfaces nobody cuts them. What they become on a wire is said here:
 *
 *   TCP   the sequence number goes on by the payload before; CWR stands in the first segment alone (RFC 3168 6.1.2), FIN and
 *         PSH in the last one.
 *   UDP   each datagram has its own length (as UDP_SEGMENT of Linux has it).
 *   IPv4  the identification goes on by one (RFC 791 3.2, RFC 6864 4); total length and header checksum are each one's own.
 *   IPv6  the payload length is each one's own; extension headers are in all of them.
 *
 * A half-made checksum is the sum of the pseudo-header alone, not complemented, where hardware adds the rest.
 * Pure functions. Frames are linear.
 */
#ifndef WIRE_SEGMENT_H
#define WIRE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the headers of a TCP or UDP packet stand in its frame. */
struct segment_layout {
	uint32_t length;    /* of the frame, up to the segment's or datagram's end */
	uint16_t ip;        /* the IP header */
	uint16_t transport; /* the TCP or UDP header */
	uint16_t payload;   /* what follows it: as many octets of headers each segment has */
	uint16_t checksum;  /* the transport checksum's field */
	bool tcp;           /* else UDP */
	bool inet6;
};

/* `ip` says where in the frame of `length` octets its IP packet begins. False when it is no whole TCP or UDP packet, or a
 * fragment of one. */
bool segment_layout_of(struct segment_layout *layout, const uint8_t *frame, uint32_t length, uint16_t ip)
    __attribute__((warn_unused_result));
/* The same for an Ethernet frame, with a tag or without. */
bool segment_layout_of_frame(struct segment_layout *layout, const uint8_t *frame, uint32_t length)
    __attribute__((warn_unused_result));

/* How many segments of `size` octets of payload it makes; 1 also for no payload. => size > 0 */
uint32_t segment_count(const struct segment_layout *layout, uint16_t size);
/* Writes segment `number` with all its headers and right checksums, and says how many octets. => number < segment_count();
 * `to` has room for layout->payload + size octets and is not in the frame */
uint32_t segment_build(
    const struct segment_layout *layout, const uint8_t *frame, uint16_t size, uint32_t number, uint8_t *to);

/* Makes the checksum half, as whoever completes it wants it; and whole. What stood in its field does not matter. */
void segment_begin_checksum(const struct segment_layout *layout, uint8_t *frame);
void segment_complete_checksum(const struct segment_layout *layout, uint8_t *frame);

#endif
