/*
 * The sum of long blocks. See wire/checksum.h.
 */
#include "wire/checksum.h"

uint64_t
checksum_sum_words(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 0;

	for (size_t at = 0; at + 4 <= length; at += 4) {
		uint32_t word;

		memcpy(&word, bytes + at, sizeof word);
		sum += word;
	}
	return sum;
}
