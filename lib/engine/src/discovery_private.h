/*
 * What a unit says and hears on its link in IPv6: neighbour discovery (nd.c), its own addresses
 * (claim.c), listener reports for switches that snoop (listener.c) and router advertisements
 * (advertise.c). link_message.c frames what they send.
 *
 * An address of ours is tentative until one question for it stayed without an answer (RFC 4862
 * 5.4), then it is announced and answered for; one that another station has is a duplicate: it is
 * logged, and neither answered for nor spoken from until the link or the configuration changes.
 * There is nothing of that for IPv4.
 *
 * Threads: the engine's only.
 */
#ifndef ENGINE_DISCOVERY_PRIVATE_H
#define ENGINE_DISCOVERY_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wheel.h"
#include "engine/packet.h"
#include "engine/snapshot.h"
#include "wire/nd.h"

struct engine;
struct item;

#define CLAIM_NONE UINT32_MAX

enum claim_state {
	CLAIM_ABSENT, /* not ours */
	CLAIM_TENTATIVE,
	CLAIM_VALID,
	CLAIM_DUPLICATE,
};

/* An address of ours on a unit. */
struct claim {
	struct ipv6_address address;
	struct wheel_link link;
	uint32_t next; /* of its unit, or in the free list */
	uint32_t said; /* tick of the last record about a conflict; 0: none yet */
	uint16_t unit;
	uint8_t state; /* enum claim_state */
	uint8_t asked; /* questions sent */
	uint8_t nonce[ND_NONCE]; /* of the last question (RFC 7527) */
};

/* What goes on on a unit's link. */
struct discovery {
	struct wheel_link link; /* the next router advertisement */
	uint32_t claims;        /* the first one */
	uint32_t advertised;    /* tick of the last router advertisement */
	uint32_t reported;      /* tick of the last answer to a listener query */
	uint32_t sent;          /* router advertisements */
	uint32_t solicited;     /* and what came in */
	uint32_t heard;
	uint32_t unanswered[2]; /* neighbours that are incomplete or failed, of IPv4 and of IPv6 */
	uint64_t content;       /* a hash of what is advertised; 0: nothing yet */
	uint8_t initial;        /* router advertisements that still go out in quick succession */
	bool advertising;       /* hosts take us for their router */
	bool down;              /* the link is lost */
};

struct claim_table {
	struct claim *claims;
	struct discovery *units;
	uint32_t capacity;
	uint32_t count;
	uint32_t free;
	uint32_t unit_count;
	struct wheel wheel;        /* of the claims */
	struct wheel advertisers;  /* of the units */
};

size_t claim_table_size(uint32_t claims, uint32_t units);
void claim_table_init(
    struct claim_table *table, void *memory, uint32_t claims, uint32_t units, uint32_t tick);

/* After a new snapshot: new addresses are asked for, those that went are forgotten. */
void claims_apply(struct engine *engine);
/* Timers; true when more is due. */
bool claims_advance(struct engine *engine);
/* An address of a unit. One that the table has no room for is valid without a question. */
enum claim_state claim_of(
    const struct engine *engine, uint16_t unit, struct ipv6_address address);
/* An address of the unit that it may speak from on its link; ::: none yet. */
struct ipv6_address claim_speaker(const struct engine *engine, uint16_t unit);
/* Another station uses the address: a tentative one becomes a duplicate; the log hears of it. */
void claim_contested(struct engine *engine, uint16_t unit, struct ipv6_address address);
/* Is it our own question that came back by a loop? */
bool claim_asked(
    const struct engine *engine, uint16_t unit, const struct nd_message *solicitation);
/* Does the unit take part in IPv6 on its link? */
bool unit_discovers(const struct engine *engine, uint16_t unit);

/* nd.c: the question before an address is used. */
void nd_ask_duplicate(struct engine *engine, uint16_t unit, const struct claim *claim);
/* Tells the link that an address is here: unsolicited, to all nodes. */
void nd_announce(struct engine *engine, uint16_t unit, struct ipv6_address address);

/* listener.c: joins the group that questions for an address go to. */
void listener_join(struct engine *engine, uint16_t unit, struct ipv6_address address);
/* A listener message; finishes the packet. => as nd_input() */
void listener_input(
    struct engine *engine, struct item *item, const struct ipv6_header *ip, uint16_t offset);

/* advertise.c: the snapshot changed; what is said as before goes on at its pace. */
void advertise_apply(struct engine *engine, uint16_t unit);
/* The link came back: hosts there may be new. */
void advertise_restart(struct engine *engine, uint16_t unit);
/* A host asks for a router advertisement; false: none is configured there. */
bool advertise_solicited(struct engine *engine, uint16_t unit);
/* Another router advertises itself. */
void advertise_heard(struct engine *engine, uint16_t unit);
bool advertise_advance(struct engine *engine);

/* An ICMPv6 message of ours to the link, whose fields are as they will be in the packet. */
struct link_message {
	struct ipv6_address source;
	struct ipv6_address destination;
	const uint8_t *mac; /* NULL: the group's */
	uint16_t unit;
	uint16_t length;    /* octets of the ICMPv6 message */
	bool router_alert;  /* with that hop-by-hop option, and a hop limit of 1 */
};

/* A packet with the message's headers; NULL, and counted, when there is none. `at` is where the
 * ICMPv6 message is to be written. */
struct packet *link_message_start(
    struct engine *engine, const struct link_message *message, uint8_t **at);
/* Sets the checksum and sends it. => the ICMPv6 message is written */
void link_message_send(
    struct engine *engine, struct packet *packet, const struct link_message *message);

#endif
