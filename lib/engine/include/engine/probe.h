/*
 * A bare look-up in the session table, batched and prefetched as for packets: what benchmarks hold the whole way against.
 * Changes nothing.
 */
#ifndef ENGINE_PROBE_H
#define ENGINE_PROBE_H

#include <stdint.h>

struct engine;

/* A packet's addresses as it comes in; host order. */
struct engine_tuple {
	uint32_t source;
	uint32_t destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t instance;
	uint8_t protocol;
};

/* How many of the tuples belong to a session. => count <= ENGINE_BURST */
uint32_t engine_probe(const struct engine *engine, const struct engine_tuple *tuples, uint32_t count);

#endif
