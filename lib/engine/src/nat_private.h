/*
 * The engine's state of address translation, and what its files call of it.
 *
 * nat.c decides what a first packet is translated to; nat_pool.c takes addresses and ports and gives them back;
 * nat_rewrite.c changes packets, and what ICMP errors quote; nat_session.c keeps or ends sessions after a change;
 * nat_announce.c answers and announces translated addresses.
 */
#ifndef ENGINE_NAT_PRIVATE_H
#define ENGINE_NAT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "nat_bindings.h"
#include "nat_ports.h"

struct nat_pool_state {
	struct engine_nat_counters counters;
	uint32_t hint; /* place in the pool of the address where a port came back last */
	uint32_t scan; /* where the search for a free one goes on */
};

struct nat_state {
	struct nat_ports ports;
	struct nat_bindings bindings;
	struct nat_pool_state *pools; /* by identity */
	uint32_t pool_count;
};

size_t nat_state_size(const struct engine_config *config);
/* => memory is nat_state_size() octets, 64-aligned, zeroed */
void nat_state_init(struct nat_state *state, void *memory, const struct engine_config *config);

#endif
