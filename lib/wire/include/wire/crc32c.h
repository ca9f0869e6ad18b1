/*
 * CRC32c (RFC 9260 appendix A, RFC 3720 12.1), reflected: the lowest bit of an octet is the first.
 *
 * A state is the register between octets. It is linear: the states of two messages of one length
 * differ by the state of their difference, begun at 0. So a change of a few octets changes the CRC
 * by what their difference becomes behind all octets that follow, and those need not be read.
 */
#ifndef WIRE_CRC32C_H
#define WIRE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#define CRC32C_BEGIN UINT32_MAX

/* The state after these octets. */
uint32_t crc32c_add(uint32_t state, const uint8_t *bytes, size_t length);
/* The same where the processor has no instruction for it. */
uint32_t crc32c_add_by_table(uint32_t state, const uint8_t *bytes, size_t length);
/* The state after so many octets of 0, in a number of steps that grows with the logarithm of it. */
uint32_t crc32c_add_zeros(uint32_t state, uint32_t octets);

static inline uint32_t
crc32c_finish(uint32_t state)
{
	return ~state;
}

#endif
