/*
 * See cycles.h.
 */
#include "cycles.h"

#include <time.h>

static uint64_t
clock_nanoseconds(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static uint64_t
nanoseconds(void)
{
	return clock_nanoseconds(CLOCK_MONOTONIC);
}

uint64_t
own_nanoseconds(void)
{
	return clock_nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}

double
cycles_a_nanosecond(void)
{
	const uint64_t start = nanoseconds();
	const uint64_t first = cycles_now();
	uint64_t now = start;

	while (now - start < 50000000U) {
		now = nanoseconds();
	}
	return (double)(cycles_now() - first) / (double)(now - start);
}
