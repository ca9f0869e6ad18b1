/*
 * UTF-8 as far as output needs it: RFC 3629, no surrogates, nothing overlong.
 */
#ifndef CONF_OP_UTF8_H
#define CONF_OP_UTF8_H

#include <stddef.h>

/* The octets of the character at `at`, 0 when it is none. => `at` is NUL-terminated and not at its end */
static inline size_t
op_utf8_length(const char *at)
{
	const unsigned char *c = (const unsigned char *)at;
	const unsigned char first = c[0];
	const size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 :
	    first >= 0xf0 && first < 0xf5                                                                          ? 4 :
	                                                                                                             0;

	for (size_t i = 1; i < length; i++) {
		if ((c[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	const int overlong = (first == 0xe0 && c[1] < 0xa0) || (first == 0xf0 && c[1] < 0x90);
	const int beyond = (first == 0xed && c[1] >= 0xa0) || (first == 0xf4 && c[1] >= 0x90);
	const int control = first == 0xc2 && c[1] < 0xa0; /* C1: terminals obey some of them */

	return overlong || beyond || control ? 0 : length;
}

/*
 * May the valid character at `at` be part of a name? Not what is invisible or turns the direction of what follows, and none
 * of the quotation marks that configuration text takes for plain ones.
 */
static inline int
op_utf8_names(const char *at)
{
	const unsigned char *c = (const unsigned char *)at;
	const unsigned second = (c[0] & 0xf0) == 0xe0 ? (unsigned)(c[1] & 0x3f) << 6 | (c[2] & 0x3f) : 0;

	if (c[0] == 0xe2) { /* U+2000 to U+2FFF */
		return !((second >= 0x00b && second <= 0x00f) || (second >= 0x028 && second <= 0x02e) || (second >= 0x060 && second <= 0x06f) ||
		    second == 0x018 || second == 0x019 || second == 0x01c || second == 0x01d);
	}
	return !(c[0] == 0xef && second == 0xeff) && !(c[0] == 0xd8 && c[1] == 0x9c) && !(c[0] == 0xc2 && c[1] == 0xad) &&
	    !(c[0] == 0xf3 && c[1] == 0xa0);
}

/* How many columns a valid string takes (wide characters count as one). */
static inline size_t
op_utf8_columns(const char *string)
{
	size_t columns = 0;

	for (; *string != '\0'; string++) {
		columns += ((unsigned char)*string & 0xc0) != 0x80;
	}
	return columns;
}

#endif
