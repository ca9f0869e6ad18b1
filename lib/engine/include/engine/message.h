/*
 * What the engines of several workers tell each other. The caller carries messages: it takes them out of one engine and gives
 * them to another one, in order, and knows nothing of what they say.
 *
 * Order is what makes it work: a caller hands over what engine_take_message() says before it sends or hands over the packets
 * that engine_take_output() says, and gives a worker all messages that have come before it gives it packets to process. So a
 * reply, which can only come after its question has left, never overtakes the message that says whose it is.
 *
 * And none about a session may be lost. Before each call the caller says how many messages it has room for
 * (engine_set_message_room()); the engine begins and ends no session that it could not tell of. A caller that takes all there are
 * after each call, and loses none, need not say anything.
 */
#ifndef ENGINE_MESSAGE_H
#define ENGINE_MESSAGE_H

#include <stdint.h>

#include "wire/ipv6.h"

enum {
	ENGINE_MESSAGES = 2048, /* most that one call of an engine puts; there has to be room for them all */
	ENGINE_ALL_WORKERS = UINT16_MAX,
};

enum engine_message_kind {
	MESSAGE_REFER,     /* packets of this key are the sender's */
	MESSAGE_REFER_END, /* they were */
	MESSAGE_REFUSE,    /* they are another's already, or (more: 1) there is no room to know: the session that said so has to end */
	MESSAGE_REFER_STILL, /* are they still? If not, MESSAGE_REFER_END once more */
	MESSAGE_ASK,       /* to worker 0: who has this address on that unit? */
	MESSAGE_NEIGHBOUR, /* from worker 0: who has it */
	MESSAGE_SILENCE,   /* from worker 0: nobody answered */
	MESSAGE_RATE,      /* so many packets more of what a screen counts */
	MESSAGE_TARGET,    /* to the worker that counts a source's targets: one more */
	MESSAGE_BLOCK,     /* a source is blocked */
	MESSAGE_HOLDER,    /* a session more, or less, of a pair of addresses that screens limit */
};

struct engine_message {
	struct ipv6_address first;  /* source, neighbour, what is counted; IPv4 as ::ffff:a.b.c.d */
	struct ipv6_address second; /* destination */
	uint64_t word;   /* of a key: all but the addresses, or its hash; of a screen: the target, a time, or a threshold */
	uint32_t number; /* how many; a threshold's microseconds */
	uint16_t from;   /* worker */
	uint16_t worker; /* to whom, or ENGINE_ALL_WORKERS: all others */
	uint16_t place;  /* unit or zone */
	uint8_t kind;    /* enum engine_message_kind */
	uint8_t screen;
	uint8_t mac[6];
	uint8_t more; /* MESSAGE_HOLDER: 1 one more, 0 one less; MESSAGE_REFUSE: 1 no room */
	uint8_t pad;
};
_Static_assert(sizeof(struct engine_message) == 64, "a message is a cache line");

#endif
