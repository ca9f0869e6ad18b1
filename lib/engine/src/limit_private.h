/*
 * What the engine keeps of the limits of our own host (host_limit.c) and of aggressive aging (aging.c).
 */
#ifndef ENGINE_LIMIT_PRIVATE_H
#define ENGINE_LIMIT_PRIVATE_H

#include <stdint.h>

#include "engine/reasons.h"

struct engine;
struct item;
struct session_common;

/* The kinds of traffic to our own host that have a limit of their own. See limits.def. */
enum host_limit {
#define HOST_LIMIT(symbol, total, each) HOST_LIMIT_##symbol,
#include "engine/limits.def"
#undef HOST_LIMIT
	HOST_LIMIT_COUNT
};

enum {
	HOST_SOURCES = 4096,
};

/* See host_limit.c. */
struct host_bucket {
	uint32_t tick;  /* when it was used last */
	uint32_t spent; /* of its tokens then, in hundredths: one that was never used is full */
};

/* See aging.c. Times are ticks. */
struct aging {
	uint32_t cut;        /* what timeouts are shorter by now; 0: they are normal */
	uint32_t lead;       /* the sessions' wheel is ahead of the clock */
	uint32_t configured; /* the cut when it is aggressive; 0: never */
	uint32_t high;       /* more sessions than this begin it */
	uint32_t low;        /* fewer end it */
	uint8_t high_percent;
	uint8_t low_percent;
};

/* host_limit.c: may the item, as the packets that it stands for, of that kind go to our own host? REASON_NONE, or over which limit it
 * is. */
enum reason host_limit_take(struct engine *engine, enum host_limit kind, const struct item *item);
/* The kind of a packet to our own host by its session. */
enum host_limit host_limit_of_session(const struct session_common *common);

#endif
