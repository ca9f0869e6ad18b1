/*
 * The random source that is handed in: the kernel's when live, a seed in replay, tests, fuzzing and benchmarks.
 *
 * The seeded generator is xoshiro256** seeded by splitmix64 (Blackman, Vigna, 2018): repeatable, not secret. The kernel's
 * is drawn in blocks with getrandom(2). Draw only for events in order, so that the same input gives the same output.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random_source {
	/* Returns 64 random bits. */
	uint64_t (*draw)(struct random_source *source);
	uint64_t state[4];
	uint64_t block[32];
	uint32_t left;
};

struct random_source random_seeded(uint64_t seed);
struct random_source random_from_kernel(void);

static inline uint64_t
random_u64(struct random_source *source)
{
	return source->draw(source);
}

/* What is left of random_below_by(), once in 2^32 / bound times. */
uint32_t random_below_rest(struct random_source *source, uint64_t product, uint32_t bound);

/* Uniform in [0, bound) without bias, by 32 random bits that were drawn already (Lemire, 2019); bound > 0. */
static inline uint32_t
random_below_by(struct random_source *source, uint32_t bits, uint32_t bound)
{
	const uint64_t product = (uint64_t)bits * bound;

	return (uint32_t)product >= bound ? (uint32_t)(product >> 32) : random_below_rest(source, product, bound);
}

static inline uint32_t
random_below(struct random_source *source, uint32_t bound)
{
	return random_below_by(source, (uint32_t)random_u64(source), bound);
}

#endif
