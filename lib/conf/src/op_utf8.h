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
