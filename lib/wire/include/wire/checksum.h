/*
 * The Internet checksum (RFC 1071), its pseudo-header for TCP and UDP (RFC 9293 3.1, RFC 768) and
 * its incremental update (RFC 1624, equation 3).
 *
 * Sums are of 16-bit words in the machine's own order: one's complement sums may be made in either
 * order (RFC 1071 2.B), and are swapped once at the end. Words of 32 or 64 bits are sums of 16-bit
 * ones already when what carries over is added again (RFC 1071 2.C). A sum is kept in 64 bits; those
 * of checksum_sum() and checksum_pseudo() are far below that, so that some can be added.
 */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	CHECKSUM_SHORT = 128, /* octets: longer blocks are for vectors */
};

/* The sum of all whole 32-bit words of a block. */
uint64_t checksum_sum_words(const uint8_t *bytes, size_t length);

/* The same by words of 64 bits: the carries count as ones. */
static inline uint64_t
checksum_sum_short(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 0;
	uint64_t word;
	uint32_t half;
	size_t at = 0;

	for (; at + sizeof word <= length; at += sizeof word) {
		memcpy(&word, bytes + at, sizeof word);
		sum += word;
		sum += sum < word;
	}
	sum = (sum & 0xffffffffU) + (sum >> 32);
	if ((length & 4) != 0) {
		memcpy(&half, bytes + at, sizeof half);
		sum += half;
	}
	return sum;
}

/* The sum of `length` octets; an odd last octet counts as the high half of a word. */
static inline uint64_t
checksum_sum(const uint8_t *bytes, size_t length)
{
	uint64_t sum = length <= CHECKSUM_SHORT ? checksum_sum_short(bytes, length)
						: checksum_sum_words(bytes, length);
	size_t at = length & ~(size_t)3;

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
	/* Both halves the other way round are added: the upper half of the result has the carry of
	 * the lower one in it. */
	sum += sum << 32 | sum >> 32;
	uint32_t half = (uint32_t)(sum >> 32);

	half += half << 16 | half >> 16;
	return (uint16_t)(half >> 16);
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

/* The same with the addresses as they stand in an IP header: 8 octets. */
static inline uint64_t
checksum_pseudo_at(const uint8_t *addresses, uint8_t protocol, uint16_t length)
{
	uint32_t words[2];

	memcpy(words, addresses, sizeof words);
	return (uint64_t)words[0] + words[1] + ((uint32_t)protocol << 8) +
	       __builtin_bswap16(length);
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
