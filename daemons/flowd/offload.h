/*
 * What a sender's offloads leave in a frame on a virtual link: checksums that were to be completed by hardware, and
 * segments larger than any frame. Ports that hand over such frames as they are (AF_PACKET) look for them here; the driver
 * does not pass on the kernel's own marks.
 */
#ifndef FLOWD_OFFLOAD_H
#define FLOWD_OFFLOAD_H

#include <stdint.h>

/*
 * The flags (enum packet_flag) for a frame of `length` octets on a port that carries IP packets of up to `mtu` octets.
 * A half-made checksum is the sum over the pseudo header alone, where hardware would add the rest: one that a complete
 * checksum may equal by chance, so that it counts only when the segment's sum is wrong too.
 */
uint16_t offload_flags(const uint8_t *frame, uint32_t length, uint32_t mtu);

#endif
