/*
 * The time stamp counter and its rate, calibrated against CLOCK_MONOTONIC.
 */
#ifndef BENCH_CYCLES_H
#define BENCH_CYCLES_H

#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>

/* What stands before is done: else loads for the making of a packet would be waited for in the time of its burst. */
static inline uint64_t
cycles_now(void)
{
	_mm_lfence();
	return __rdtsc();
}
#else
#include <time.h>

/* Elsewhere a "cycle" is a nanosecond. */
static inline uint64_t
cycles_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}
#endif

/* Nanoseconds that the calling thread had a processor: what others do with the machine is not in it. */
uint64_t own_nanoseconds(void);
/* Cycles a nanosecond, measured over about 50 ms. */
double cycles_a_nanosecond(void);

#endif
