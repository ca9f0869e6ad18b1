/*
 * The seeded generator and the kernel's. See base/random.h.
 */
#include "base/random.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/hash.h"

static uint64_t
draw_seeded(struct random_source *source)
{
	uint64_t *s = source->state;
	const uint64_t result = hash_rotate(s[1] * 5, 7) * 9;
	const uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = hash_rotate(s[3], 45);
	return result;
}

static uint64_t
draw_kernel(struct random_source *source)
{
	if (source->left == 0) {
		/* 256 bytes are never cut short and never interrupted once the kernel's pool is up (getrandom(2)). */
		if (getrandom(source->block, sizeof source->block, 0) != (ssize_t)sizeof source->block) {
			abort();
		}
		source->left = sizeof source->block / sizeof source->block[0];
	}
	source->left--;
	return source->block[source->left];
}

struct random_source
random_seeded(uint64_t seed)
{
	struct random_source source = {.draw = draw_seeded};

	for (int i = 0; i < 4; i++) {
		uint64_t z = (seed += 0x9e3779b97f4a7c15ULL);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
		source.state[i] = z ^ (z >> 31);
	}
	return source;
}

struct random_source
random_from_kernel(void)
{
	return (struct random_source){.draw = draw_kernel};
}

uint32_t
random_below_rest(struct random_source *source, uint64_t product, uint32_t bound)
{
	const uint32_t threshold = (uint32_t)(-bound) % bound;

	while ((uint32_t)product < threshold) {
		product = (random_u64(source) & 0xffffffffU) * bound;
	}
	return (uint32_t)(product >> 32);
}
