/*
 * Forwarding tables of each routing instance, published apart from the snapshot because next hops change without a
 * commit. Built by lib/snapshot from lib/rib (which knows nothing of the engine); read-only here.
 *
 * inet: a longest-prefix trie. A node has 256 entries (a stride of 8 bits, leaves pushed down): a look-up is at most four
 * dependent loads. An entry is either a node's index with FIB_NODE set, or a next hop's index; next hop 0 is "no route".
 *
 * inet6: the prefixes cut the addresses into intervals, each with its next hop, which are found by a tree of their
 * own (engine/address_tree.h). So memory is bound by the number of prefixes, however they lie: 18 octets for each of at most
 * two intervals, and 96 more for one within a network of 64 bits; nodes of 256 entries would take up to 16 for a prefix.
 */
#ifndef ENGINE_FIB_H
#define ENGINE_FIB_H

#include <stdint.h>

#include "engine/address_tree.h"
#include "wire/ipv6.h"

#define FIB_NODE 0x80000000U

enum fib_kind {
	FIB_NO_ROUTE,
	FIB_LOCAL,   /* one of our addresses: unit owns it */
	FIB_DIRECT,  /* the destination itself is the neighbour on unit */
	FIB_GATEWAY, /* by `gateway` on unit */
	FIB_DISCARD,
	FIB_REJECT,
	FIB_TABLE, /* look up again in `instance` (next-table) */
};

struct fib_hop {
	uint8_t kind; /* enum fib_kind */
	uint16_t unit;
	uint16_t instance;
	uint32_t gateway; /* inet: host order; inet6: index in gateways6 */
};

struct fib {
	uint64_t id; /* grows with every publication */
	uint16_t instance_count;
	uint32_t node_count;
	uint32_t hop_count;
	const uint32_t *roots; /* by instance: an entry; an absent instance has hop 0 */
	const uint32_t (*nodes)[256];
	const struct fib_hop *hops;
	uint32_t gateway6_count;
	const struct address_tree *roots6; /* by instance: of indices in hops; NULL: no inet6 route anywhere */
	const struct ipv6_address *gateways6;
};

/* The next hop for a destination (host order) in an instance; follows FIB_TABLE at most 8 deep, then FIB_NO_ROUTE. */
const struct fib_hop *fib_lookup(const struct fib *fib, uint16_t instance, uint32_t destination);
/* The same for inet6. Link-local and multicast destinations belong to a link, not to a table: not for these. */
const struct fib_hop *fib_lookup6(const struct fib *fib, uint16_t instance, struct ipv6_address destination);

#endif
