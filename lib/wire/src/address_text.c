/*
 * Addresses as text. See wire/address_text.h.
 */
#include "wire/address_text.h"

#include <assert.h>

enum {
	GROUPS = 8,
	GROUP_BITS = 16,
};

static char *
put_decimal(char *to, uint8_t number)
{
	if (number >= 100) {
		*to++ = (char)('0' + number / 100);
	}
	if (number >= 10) {
		*to++ = (char)('0' + number / 10 % 10);
	}
	*to++ = (char)('0' + number % 10);
	return to;
}

static char *
put_hexadecimal(char *to, uint16_t number)
{
	static const char digits[] = "0123456789abcdef";
	unsigned shift = 12;

	while (shift > 0 && number >> shift == 0) {
		shift -= 4;
	}
	for (;; shift -= 4) {
		*to++ = digits[number >> shift & 0xf];
		if (shift == 0) {
			return to;
		}
	}
}

static char *
put_ipv4(char *to, uint32_t address)
{
	for (unsigned shift = 24; shift > 0; shift -= 8) {
		to = put_decimal(to, (uint8_t)(address >> shift));
		*to++ = '.';
	}
	return put_decimal(to, (uint8_t)address);
}

/* How many groups from `first` on are zero. */
static unsigned
zeros_from(const uint16_t groups[GROUPS], unsigned first)
{
	unsigned count = 0;

	while (first + count < GROUPS && groups[first + count] == 0) {
		count++;
	}
	return count;
}

static char *
put_groups(char *to, const uint16_t groups[GROUPS])
{
	unsigned run = 0;
	unsigned length = 1; /* one group alone stays as it is */

	for (unsigned i = 0; i < GROUPS; i++) {
		const unsigned zeros = zeros_from(groups, i);

		if (zeros > length) {
			run = i;
			length = zeros;
		}
	}
	for (unsigned i = 0; i < GROUPS;) {
		if (length > 1 && i == run) {
			*to++ = ':';
			*to++ = ':';
			i += length;
			continue;
		}
		if (i > 0 && !(length > 1 && i == run + length)) {
			*to++ = ':';
		}
		to = put_hexadecimal(to, groups[i]);
		i++;
	}
	return to;
}

const char *
address_text(char to[ADDRESS_TEXT], struct ipv6_address address)
{
	uint16_t groups[GROUPS];
	char *end;

	if (ipv6_is_mapped(address)) {
		end = put_ipv4(to, (uint32_t)address.low);
	} else {
		for (unsigned i = 0; i < GROUPS; i++) {
			const uint64_t half = i < GROUPS / 2 ? address.high : address.low;

			groups[i] =
			    (uint16_t)(half >> (GROUPS / 2 - 1 - i % (GROUPS / 2)) * GROUP_BITS);
		}
		end = put_groups(to, groups);
	}
	assert(end - to < ADDRESS_TEXT);
	*end = '\0';
	return to;
}
