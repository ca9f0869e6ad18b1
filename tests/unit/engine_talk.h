/*
 * A client and a server that talk TCP through the small world's engine, and what tests of sessions ask of it.
 */
#ifndef ENGINE_TALK_H
#define ENGINE_TALK_H

#include <stdint.h>

#include "engine_world.h"

#define CLIENT IP(10, 0, 0, 2)
#define SERVER IP(8, 8, 8, 8)

enum {
	ISN_CLIENT = 1000,
	ISN_SERVER = 500000,
	PORTS = 4000 << 16 | 80,
	PORTS_BACK = 80 << 16 | 4000,
};

/* For cmocka: *state is the world. */
int talk_setup(void **state);
int talk_teardown(void **state);
/* How a packet ends. */
void expect(struct packet_result result, enum packet_verdict verdict, enum reason reason);
uint32_t read32(const uint8_t *from);
/* A segment of the client, or of the server. */
struct packet_result forth(struct world *world, uint32_t sequence, uint32_t acknowledgement, uint8_t flags);
struct packet_result back(struct world *world, uint32_t sequence, uint32_t acknowledgement, uint8_t flags);
/* The three of a handshake. */
void shake_hands(struct world *world);
/* The one session that there is. */
struct engine_session_view only_session(struct world *world);
/* There is a record of its end for this reason, and no session any more. */
void expect_close(struct world *world, enum reason reason);

#endif
