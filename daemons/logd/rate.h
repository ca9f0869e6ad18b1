/*
 * A gate that lets so many records pass in a second, and counts what it keeps out, to be told once the second is over.
 * A value; time is monotonic seconds.
 */
#ifndef LOGD_RATE_H
#define LOGD_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
	uint32_t limit; /* a second; 0: everything passes */
	uint64_t second;
	uint32_t passed;     /* in it */
	uint64_t suppressed; /* not told yet */
	uint64_t total;      /* suppressed since the start */
};

static inline bool
rate_pass(struct rate *rate, uint64_t now)
{
	if (rate->limit == 0) {
		return true;
	}
	if (now != rate->second) {
		rate->second = now;
		rate->passed = 0;
	}
	if (rate->passed < rate->limit) {
		rate->passed++;
		return true;
	}
	rate->suppressed++;
	rate->total++;
	return false;
}

/* How many were kept out in the seconds that are over; then they count as told. */
static inline uint64_t
rate_take_suppressed(struct rate *rate, uint64_t now)
{
	const uint64_t suppressed = rate->suppressed;

	if (now == rate->second) {
		return 0;
	}
	rate->suppressed = 0;
	return suppressed;
}

#endif
