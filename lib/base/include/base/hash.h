/*
 * Keyed hashes for anything that an attacker can choose.
 *
 * SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) with a 128-bit secret key: 2-4 rounds for
 * strings of any length, 1-3 rounds for two, four or five words. The key comes from the random source that the program was given.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t low;
	uint64_t high;
};

/* SipHash-2-4 of `length` bytes. */
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t length);

static inline uint64_t
hash_rotate(uint64_t value, unsigned bits)
{
	return (value << bits) | (value >> (64 - bits));
}

struct hash_state {
	uint64_t v0;
	uint64_t v1;
	uint64_t v2;
	uint64_t v3;
};

static inline void
hash_round(struct hash_state *s)
{
	s->v0 += s->v1;
	s->v1 = hash_rotate(s->v1, 13) ^ s->v0;
	s->v0 = hash_rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = hash_rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = hash_rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = hash_rotate(s->v1, 17) ^ s->v2;
	s->v2 = hash_rotate(s->v2, 32);
}

static inline struct hash_state
hash_start(const struct hash_key *key)
{
	return (struct hash_state){
	    .v0 = key->low ^ 0x736f6d6570736575ULL,
	    .v1 = key->high ^ 0x646f72616e646f6dULL,
	    .v2 = key->low ^ 0x6c7967656e657261ULL,
	    .v3 = key->high ^ 0x7465646279746573ULL,
	};
}

/* SipHash-1-3 of exactly two words: what the flow table's keys are. Inline: it stands on the packet's way. */
static inline uint64_t
hash_pair(const struct hash_key *key, uint64_t first, uint64_t second)
{
	struct hash_state s = hash_start(key);
	const uint64_t tail = (uint64_t)16 << 56;

	s.v3 ^= first;
	hash_round(&s);
	s.v0 ^= first;
	s.v3 ^= second;
	hash_round(&s);
	s.v0 ^= second;
	s.v3 ^= tail;
	hash_round(&s);
	s.v0 ^= tail;
	s.v2 ^= 0xff;
	hash_round(&s);
	hash_round(&s);
	hash_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* Both halves of a product. */
static inline uint64_t
hash_fold(uint64_t left, uint64_t right)
{
	__extension__ const unsigned __int128 product = (unsigned __int128)left * right;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * For sharing work out: two words by multiplications with the secret. Nobody who does not know the key can say where words lead;
 * but it is no PRF, and who could see very many results might find the key. So it is for nothing whose collisions cost memory
 * or time, and has a key of its own. Where two workers hand half of their packets over, 130 cycles a packet; with hash_pair() 149.
 */
static inline uint64_t
hash_shares(const struct hash_key *key, uint64_t first, uint64_t second)
{
	return hash_fold(hash_fold(first ^ key->low, second ^ key->high) ^ key->high, hash_rotate(key->low, 32) | 1);
}

/* SipHash-1-3 of whole words; the top eight bits of the last one are the length in octets. */
static inline __attribute__((always_inline)) uint64_t
hash_words(const struct hash_key *key, const uint64_t *words, unsigned count)
{
	struct hash_state s = hash_start(key);

	for (unsigned i = 0; i < count; i++) {
		s.v3 ^= words[i];
		hash_round(&s);
		s.v0 ^= words[i];
	}
	s.v2 ^= 0xff;
	hash_round(&s);
	hash_round(&s);
	hash_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* hash_pair() of exactly four words. */
static inline uint64_t
hash_four(const struct hash_key *key, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth)
{
	const uint64_t words[] = {first, second, third, fourth, (uint64_t)32 << 56};

	return hash_words(key, words, sizeof words / sizeof words[0]);
}

/* The same of five, an IPv6 flow: as of 39 octets, whose length the last octet would be. Where all have one length it need say none. */
static inline uint64_t
hash_five(const struct hash_key *key, const uint64_t words[5])
{
	return hash_words(key, words, 5);
}

#endif
