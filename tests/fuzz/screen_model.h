/*
 * What screens must say of a packet, worked out slowly and without a line of lib/engine or lib/wire: from the requirements
 * (REQ-SCR-001 to 029, 045 to 052), the octets as they stand and lists that are searched from end to end. The fuzz target of
 * the screens holds the engine against it.
 *
 * IPv4. One model a zone: sources and destinations are counted by the zone that they come in from. Between two packets time may pass, never go
 * back. Packets are those of strangers: nothing in the gateway speaks to them, so none of their sessions gets beyond its first
 * packet; identifiers and source ports are the caller's to choose such that two packets in one piece are of two sessions.
 */
#ifndef FUZZ_SCREEN_MODEL_H
#define FUZZ_SCREEN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/screens.h"

enum {
	MODEL_LIST = 4096, /* more than packets in an input */
};

/* What is configured, and what the world looks like to the zone. */
struct screen_model_setup {
	uint64_t on;
	uint64_t kept;
	uint32_t icmp_flood; /* packets a second */
	uint32_t udp_flood;
	uint64_t sweep_ns;
	uint64_t scan_ns;
	uint32_t limit_source;
	uint32_t limit_destination;
	/* Is the source routed back through the zone? */
	bool (*at_home)(uint32_t source);
	/* Sessions of an address that began in the zone: as source, or as destination. */
	uint32_t (*sessions)(void *context, uint32_t address, bool as_source);
	void *context;
};

/* Bits by enum screen. */
struct screen_verdict {
	uint64_t must; /* detect it */
	uint64_t may;  /* detect it besides: what depends on more than the model knows */
	bool dropped;  /* by one of `must`: nothing of the packet goes anywhere */
	bool followed; /* a fragment that is looked at together with others: say what became of it */
};

struct screen_model;

struct screen_model *screen_model_create(const struct screen_model_setup *setup);
/* Everything was long ago. */
void screen_model_forget(struct screen_model *model);
struct screen_verdict screen_model_see(struct screen_model *model, const uint8_t *ip, size_t length, uint64_t now);
/* After a packet that is `followed`: was it dropped, for whatever reason? */
void screen_model_became(struct screen_model *model, bool dropped);

#endif
