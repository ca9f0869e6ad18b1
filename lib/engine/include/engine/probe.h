/*
 * What the engine would make of a packet that nobody sent: a bare look-up in the session table, batched and prefetched as for
 * packets (what benchmarks hold the whole way against), and the destination behind its translation. Changes nothing.
 */
#ifndef ENGINE_PROBE_H
#define ENGINE_PROBE_H

#include <stdbool.h>
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

/* What a first packet's destination becomes before its route is looked up, by static mappings and rules. */
struct engine_destination {
	uint32_t address;
	uint16_t port;     /* the packet's own, when it stays */
	uint16_t instance; /* that the address is reached in */
	bool by_static;
};
/* False: it stays as it is. => a snapshot is in force; the tuple's instance is the unit's */
bool engine_probe_destination(
    const struct engine *engine, uint16_t unit, const struct engine_tuple *tuple, struct engine_destination *destination);

#endif
