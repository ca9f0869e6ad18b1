/*
 * The Internet checksum (RFC 1071), its pseudo-header for TCP and UDP (RFC 9293 3.1, RFC 768) and
 * its incremental update (RFC 1624, equation 3).
 *
 * Sums are of 16-bit words in the machine's own order: one's complement sums may be made in either
 * order (RFC 1071 2.B), and are swapped once at the end. A sum is 64 bits wide and takes more than
 * 2^31 words before it could overflow.
 */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The sum of `length` octets; an odd last octet counts as the high half of a word. */
static inline uint64_t
checksum_sum(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 0;
	size_t at = 0;

	for (; at + 4 <= length; at += 4) {
		uint32_t word;

		memcpy(&word, bytes + at, sizeof word);
		sum += word;
	}
	if ((length & 2) != 0) {
		uint16_t word;

		memcpy(&word, bytes + at, sizeof word);
		sum += word;
		at += 2;
	}
	if ((length & 1) != 0) {
		sum += bytes[at];
	}
	return sum;
}

/* Folds a sum to 16 bits, still in the machine's order and not complemented: 0xffff for a block
 * with a right checksum. */
static inline uint16_t
checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffffU) + (sum >> 32);
	sum = (sum & 0xffffffffU) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The checksum as the number to be stored big-endian. */
static inline uint16_t
checksum_finish(uint64_t sum)
{
	return __builtin_bswap16((uint16_t)~checksum_fold(sum));
}

/* The pseudo-header's sum. Addresses are host order, `length` is that of the transport header and
 * its payload. */
static inline uint64_t
checksum_pseudo(uint32_t source, uint32_t destination, uint8_t protocol, uint16_t length)
{
	return (uint64_t)__builtin_bswap32(source) + __builtin_bswap32(destination) +
	    __builtin_bswap16((uint16_t)protocol) + __builtin_bswap16(length);
}

/* What a checksum becomes when a 16-bit word that it covers goes from `before` to `after` (all host
 * order). */
static inline uint16_t
checksum_update_16(uint16_t checksum, uint16_t before, uint16_t after)
{
	uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~before + after;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline uint16_t
checksum_update_32(uint16_t checksum, uint32_t before, uint32_t after)
{
	const uint16_t high =
	    checksum_update_16(checksum, (uint16_t)(before >> 16), (uint16_t)(after >> 16));

	return checksum_update_16(high, (uint16_t)before, (uint16_t)after);
}

#endif
