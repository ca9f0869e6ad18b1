/*
 * Big-endian loads and stores at a place whose length the caller has checked.
 *
 * The parsers of lib/wire take a block out of a bounded reader (base/reader.h), whose length is
 * checked once and exactly, and then read the block's fields with these. They work at any
 * alignment.
 */
#ifndef WIRE_BYTES_H
#define WIRE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t
bytes_load_16(const uint8_t *from)
{
	uint16_t value;

	memcpy(&value, from, sizeof value);
	return __builtin_bswap16(value);
}

static inline uint32_t
bytes_load_32(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof value);
	return __builtin_bswap32(value);
}

static inline uint64_t
bytes_load_64(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof value);
	return __builtin_bswap64(value);
}

static inline void
bytes_store_16(uint8_t *to, uint16_t value)
{
	const uint16_t swapped = __builtin_bswap16(value);

	memcpy(to, &swapped, sizeof swapped);
}

static inline void
bytes_store_32(uint8_t *to, uint32_t value)
{
	const uint32_t swapped = __builtin_bswap32(value);

	memcpy(to, &swapped, sizeof swapped);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the loads swap");

#endif
