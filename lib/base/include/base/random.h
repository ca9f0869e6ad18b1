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

/* Uniform in [0, bound) without bias; bound > 0. */
uint32_t random_below(struct random_source *source, uint32_t bound);

#endif
