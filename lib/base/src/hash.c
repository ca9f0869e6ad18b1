/*
 * SipHash-2-4 over bytes. See base/hash.h for the source.
 */
#include "base/hash.h"

static uint64_t
load_little(const uint8_t *b, size_t length)
{
	uint64_t value = 0;

	for (size_t i = 0; i < length; i++) {
		value |= (uint64_t)b[i] << (8 * i);
	}
	return value;
}

uint64_t
hash_bytes(const struct hash_key *key, const void *bytes, size_t length)
{
	struct hash_state s = hash_start(key);
	const uint8_t *b = bytes;
	size_t left = length;
	uint64_t word;

	for (; left >= 8; b += 8, left -= 8) {
		word = load_little(b, 8);
		s.v3 ^= word;
		hash_round(&s);
		hash_round(&s);
		s.v0 ^= word;
	}
	word = load_little(b, left) | ((uint64_t)(length & 0xff) << 56);
	s.v3 ^= word;
	hash_round(&s);
	hash_round(&s);
	s.v0 ^= word;
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++) {
		hash_round(&s);
	}
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
