/*
 * Octets for parsers: a copy whose last octet is the last of its heap block, so that the sanitizer sees one that is read behind it.
 */
#ifndef TESTS_EXACT_BLOCK_H
#define TESTS_EXACT_BLOCK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The caller frees it. */
static inline uint8_t *
exact_block(const void *bytes, size_t length)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return copy;
}

#endif
