/*
 * CRC32c. See wire/crc32c.h.
 *
 * A register is a polynomial over GF(2), its highest bit that of x^0; an octet of 0 multiplies it by x^8.
 */
#include "wire/crc32c.h"

#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL UINT32_C(0x82f63b78)
#define ONE UINT32_C(0x80000000)

/* What four bits add. */
static const uint32_t halves[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

/* x^8, and each the square of the one before: 1, 2, 4, ... octets of 0. */
static const uint32_t zeros[] = {
    0x00800000, 0x00008000, 0x82f63b78, 0x6ea2d55c, 0x18b8ea18, 0x510ac59a, 0xb82be955, 0xb8fdb1e7,
    0x88e56f72, 0x74c360a4, 0xe4172b16, 0x0d65762a, 0x35d73a62, 0x28461564, 0xbf455269, 0xe2ea32dc,
};

uint32_t
crc32c_add_by_table(uint32_t state, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		state ^= bytes[i];
		state = state >> 4 ^ halves[state & 0xf];
		state = state >> 4 ^ halves[state & 0xf];
	}
	return state;
}

#if defined(__x86_64__)

static bool
has_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}

static __attribute__((target("sse4.2"))) uint32_t
add_by_instruction(uint32_t state, const uint8_t *bytes, size_t length)
{
	uint64_t wide = state;
	uint64_t word;
	size_t at = 0;

	for (; at + sizeof word <= length; at += sizeof word) {
		memcpy(&word, bytes + at, sizeof word);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	state = (uint32_t)wide;
	for (; at < length; at++) {
		state = __builtin_ia32_crc32qi(state, bytes[at]);
	}
	return state;
}

#else

static bool
has_instruction(void)
{
	return false;
}

static uint32_t
add_by_instruction(uint32_t state, const uint8_t *bytes, size_t length)
{
	return crc32c_add_by_table(state, bytes, length);
}

#endif

uint32_t
crc32c_add(uint32_t state, const uint8_t *bytes, size_t length)
{
	return has_instruction() ? add_by_instruction(state, bytes, length)
				 : crc32c_add_by_table(state, bytes, length);
}

static uint32_t
multiply(uint32_t left, uint32_t right)
{
	uint32_t product = 0;

	for (; left != 0; left <<= 1) {
		if ((left & ONE) != 0) {
			product ^= right;
		}
		right = (right & 1) != 0 ? right >> 1 ^ POLYNOMIAL : right >> 1;
	}
	return product;
}

uint32_t
crc32c_add_zeros(uint32_t state, uint32_t octets)
{
	uint32_t power = zeros[0];

	for (size_t i = 0; octets != 0; i++, octets >>= 1) {
		power = i < sizeof zeros / sizeof zeros[0] ? zeros[i] : multiply(power, power);
		if ((octets & 1) != 0) {
			state = multiply(state, power);
		}
	}
	return state;
}
