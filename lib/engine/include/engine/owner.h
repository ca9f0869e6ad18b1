/*
 * Which of several workers a packet goes to first.
 *
 * A pure function of the packet and a secret that all workers share, so it does not matter who received it. It is the same
 * for both directions of a flow that is not translated: a keyed hash over addresses, ports and protocol, symmetric. An ICMP
 * error goes where the packet that it quotes went, an ICMP query by its identifier, a fragment by the addresses and
 * identification of its datagram (there it is found out where the whole datagram belongs). What speaks of the link itself
 * (ARP, neighbour and listener discovery), and all that is no sound IP packet, goes to worker 0.
 *
 * The worker that gets a packet by this may know that its session is another's: then it hands it over. See message.h.
 */
#ifndef ENGINE_OWNER_H
#define ENGINE_OWNER_H

#include <stdint.h>

#include "base/hash.h"
#include "engine/packet.h"
#include "wire/ipv6.h"

struct engine_sharing {
	struct hash_key secret; /* of all workers: whoever knew it could make the tables that go by it degenerate */
	struct hash_key shares; /* derived from it, for hash_shares() alone: whoever knew it could send everything to one of them */
	uint16_t workers;
};

/* Derives what is derived: who asks whose a packet is has got this from here. */
struct engine_sharing engine_sharing_of(const struct hash_key *secret, uint16_t workers);

/* A flow, in either direction. Addresses of IPv4 as ::ffff:a.b.c.d; ports as in a session's key: ICMP queries have their
 * identifier in both. */
struct engine_flow {
	struct ipv6_address source;
	struct ipv6_address destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint8_t protocol;
};

/* Of a hash the high half is scaled, so that any number of workers gets equal shares. */
static inline uint16_t
engine_share_of(const struct engine_sharing *sharing, uint64_t hash)
{
	return (uint16_t)((hash >> 32) * sharing->workers >> 32);
}

/* An end of an IPv4 flow. */
static inline uint64_t
engine_end4(uint32_t address, uint16_t port)
{
	return (uint64_t)address << 16 | port;
}

/* engine_flow_owner() of an IPv4 flow by its ends: the smaller one counts first. Inline: each new session asks several times. */
static inline uint16_t
engine_flow_owner4(const struct engine_sharing *sharing, uint64_t from, uint64_t to, uint8_t protocol)
{
	const uint64_t low = from < to ? from : to;
	const uint64_t high = from < to ? to : from;

	return engine_share_of(sharing, hash_shares(&sharing->shares, low | (uint64_t)protocol << 48, high));
}

uint16_t engine_flow_owner(const struct engine_sharing *sharing, const struct engine_flow *flow);
/* => packet is a frame as it came in; PACKET_FROM_HOST is worker 0's */
uint16_t engine_owner(const struct engine_sharing *sharing, const struct packet *packet);

/* The same of a burst. => sharing->workers > 1; `owners` has room for `count` */
void engine_owners(const struct engine_sharing *sharing, struct packet *const *packets, uint32_t count, uint16_t *owners);

#endif
