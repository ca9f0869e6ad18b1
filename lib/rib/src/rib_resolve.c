/*
 * What is in force: each candidate's hop from unit states, and each prefix's active candidate.
 *
 * Everything is worked out afresh at each change, from direct routes up: first what needs no recursion, then, round by
 * round, routes whose next hops are found through other active routes (RIB_RESOLVE), each round standing on the one
 * before. So nothing can hold itself up. A recursion deeper than RESOLVE_ROUNDS, or one that swings between two answers,
 * counts as a loop: its routes are unusable until the next change; when loops do not end after RESOLVE_ATTEMPTS, so is
 * every recursive route.
 */
#include <assert.h>

#include "rib_private.h"

enum {
	RESOLVE_ROUNDS = 16,
	RESOLVE_ATTEMPTS = 8,
};

static struct rib_hop
no_hop(void)
{
	return (struct rib_hop){.kind = RIB_HOP_NONE, .unit = RIB_NO_UNIT, .instance = RIB_NO_INSTANCE};
}

static struct rib_hop
plain_hop(enum rib_hop_kind kind, uint16_t unit)
{
	return (struct rib_hop){.kind = kind, .unit = unit, .instance = RIB_NO_INSTANCE};
}

static struct rib_hop
gateway_hop(uint16_t unit, struct ipv6_address gateway)
{
	return (struct rib_hop){
	    .kind = RIB_HOP_GATEWAY, .unit = unit, .instance = RIB_NO_INSTANCE, .gateway = gateway};
}

bool
rib_unit_is_up(const struct rib *rib, uint16_t unit)
{
	return unit < rib->unit_count && rib->units[unit].present && rib->units[unit].up;
}

/* A next hop that names a unit: only units of the table's own instance count. */
static struct rib_hop
hop_by_unit(const struct rib *rib, const struct rib_candidate *candidate, uint16_t unit)
{
	if (!rib_unit_is_up(rib, unit) || rib->units[unit].instance != candidate->table.instance) {
		return no_hop();
	}
	return plain_hop(RIB_HOP_DIRECT, unit);
}

static const struct rib_candidate *
local_candidate(const struct rib *rib, uint32_t route)
{
	for (uint32_t i = 0; i < rib->routes[route].count; i++) {
		const struct rib_candidate *candidate = &rib->candidates[rib->routes[route].start + i];
		if (candidate->protocol == RIB_LOCAL) {
			return candidate;
		}
	}
	return NULL;
}

/* The gateway is on a network that one of our units is directly on: the longest such route counts. */
static struct rib_hop
hop_by_direct(const struct rib *rib, uint32_t route, struct ipv6_address address)
{
	for (; route != RIB_NOWHERE; route = rib->routes[route].parent) {
		for (uint32_t i = 0; i < rib->routes[route].count; i++) {
			const struct rib_candidate *direct = &rib->candidates[rib->routes[route].start + i];
			if (direct->protocol == RIB_DIRECT && rib_unit_is_up(rib, direct->unit)) {
				return gateway_hop(direct->unit, address);
			}
		}
	}
	return no_hop();
}

/* The gateway is reached by another active route: the longest one but the candidate's own prefix. */
static struct rib_hop
hop_by_recursion(const struct rib *rib, const struct rib_candidate *candidate, uint32_t route, struct ipv6_address address)
{
	for (; route != RIB_NOWHERE; route = rib->routes[route].parent) {
		const struct rib_prefix *through = &rib->routes[route];
		if (through->active == RIB_NOWHERE ||
		    (ipv6_equal(through->prefix, candidate->prefix) && through->length == candidate->length)) {
			continue;
		}
		const struct rib_hop *hop = &rib->candidates[through->active].hop;
		if (hop->kind == RIB_HOP_DIRECT) {
			return gateway_hop(hop->unit, address);
		}
		return hop->kind == RIB_HOP_GATEWAY ? *hop : no_hop();
	}
	return no_hop();
}

static struct rib_hop
hop_by_address(const struct rib *rib, const struct rib_candidate *candidate, struct ipv6_address address)
{
	const uint32_t route = rib_find_covering(rib, candidate->table, address);

	if (route == RIB_NOWHERE) {
		return no_hop();
	}
	if (rib->routes[route].length == IPV6_LENGTH_MOST) {
		const struct rib_candidate *local = local_candidate(rib, route);
		if (local != NULL) {
			return hop_by_unit(rib, candidate, local->unit); /* E-055 */
		}
	}
	if ((candidate->flags & RIB_RESOLVE) != 0) {
		return hop_by_recursion(rib, candidate, route, address);
	}
	return hop_by_direct(rib, route, address);
}

static struct rib_hop
hop_of(const struct rib *rib, const struct rib_candidate *candidate, const struct rib_next_hop *next_hop)
{
	if (next_hop->by_unit) {
		return hop_by_unit(rib, candidate, next_hop->unit);
	}
	if (!next_hop->on_unit) {
		return hop_by_address(rib, candidate, next_hop->address);
	}
	return hop_by_unit(rib, candidate, next_hop->unit).kind == RIB_HOP_NONE
	    ? no_hop()
	    : gateway_hop(next_hop->unit, next_hop->address);
}

static void
resolve_next_hops(const struct rib *rib, struct rib_candidate *candidate)
{
	for (uint16_t i = 0; i < candidate->next_hop_count; i++) {
		const struct rib_next_hop *next_hop = &rib->next_hops[candidate->next_hop_start + i];
		candidate->hop = hop_of(rib, candidate, next_hop);
		if (candidate->hop.kind != RIB_HOP_NONE) {
			candidate->selected = i;
			return;
		}
	}
	candidate->hop = no_hop();
	candidate->selected = UINT16_MAX;
}

static void
resolve_static(const struct rib *rib, struct rib_candidate *candidate)
{
	switch (candidate->kind) {
	case RIB_STATIC_NEXT_HOPS:
		resolve_next_hops(rib, candidate);
		break;
	case RIB_STATIC_DISCARD:
		candidate->hop = plain_hop(RIB_HOP_DISCARD, RIB_NO_UNIT);
		break;
	case RIB_STATIC_REJECT:
		candidate->hop = plain_hop(RIB_HOP_REJECT, RIB_NO_UNIT);
		break;
	case RIB_STATIC_TABLE:
		candidate->hop = plain_hop(RIB_HOP_TABLE, RIB_NO_UNIT);
		candidate->hop.instance = candidate->next_table;
		break;
	}
}

static bool
is_recursive(const struct rib_candidate *candidate)
{
	return candidate->source == RIB_NOWHERE && candidate->kind == RIB_STATIC_NEXT_HOPS &&
	    (candidate->flags & RIB_RESOLVE) != 0;
}

/* An address of a unit that is down stays ours: better rejected here than sent to where a default route points. */
static void
resolve_candidate(const struct rib *rib, struct rib_candidate *candidate)
{
	const bool up = rib_unit_is_up(rib, candidate->unit);

	switch (candidate->protocol) {
	case RIB_DIRECT:
		candidate->hop = up ? plain_hop(RIB_HOP_DIRECT, candidate->unit) : no_hop();
		break;
	case RIB_LOCAL:
		candidate->hop = plain_hop(up ? RIB_HOP_LOCAL : RIB_HOP_REJECT, candidate->unit);
		break;
	case RIB_STATIC:
		resolve_static(rib, candidate);
		break;
	}
}

static void
take_over_from_originals(struct rib *rib)
{
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		struct rib_candidate *copy = &rib->candidates[i];
		if (copy->source != RIB_NOWHERE) {
			copy->hop = rib->candidates[copy->source].hop;
			copy->selected = rib->candidates[copy->source].selected;
			copy->retained = rib->candidates[copy->source].retained;
		}
	}
}

/* Usable ones by rank; then what RIB_RETAIN keeps. */
static void
choose_active(struct rib *rib)
{
	for (uint32_t i = 0; i < rib->route_count; i++) {
		struct rib_prefix *route = &rib->routes[i];
		uint32_t retained = RIB_NOWHERE;
		route->active = RIB_NOWHERE;
		for (uint32_t j = route->start; j < route->start + route->count; j++) {
			const struct rib_candidate *candidate = &rib->candidates[j];
			if (candidate->hop.kind == RIB_HOP_NONE) {
				continue;
			}
			if (!candidate->retained) {
				route->active = j;
				break;
			}
			if (retained == RIB_NOWHERE) {
				retained = j;
			}
		}
		if (route->active == RIB_NOWHERE) {
			route->active = retained;
		}
	}
}

/* One round of recursion over the active routes of the round before. Returns whether a hop changed. */
static bool
resolve_round(struct rib *rib)
{
	bool changed = false;

	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		struct rib_candidate *candidate = &rib->candidates[i];
		if (!is_recursive(candidate) || candidate->looping) {
			continue;
		}
		const struct rib_hop before = candidate->hop;
		resolve_next_hops(rib, candidate);
		changed = changed || !rib_hop_equal(&before, &candidate->hop);
	}
	take_over_from_originals(rib);
	choose_active(rib);
	return changed;
}

static void
forget_recursive(struct rib *rib)
{
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		struct rib_candidate *candidate = &rib->candidates[i];
		if (is_recursive(candidate)) {
			candidate->hop = no_hop();
			candidate->selected = UINT16_MAX;
		}
	}
	take_over_from_originals(rib);
	choose_active(rib);
}

/* Marks those that one more round would still change, and says whether there are any. */
static bool
mark_loops(struct rib *rib)
{
	bool any = false;

	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		struct rib_candidate *candidate = &rib->candidates[i];
		if (!is_recursive(candidate) || candidate->looping) {
			continue;
		}
		struct rib_candidate again = *candidate;
		resolve_next_hops(rib, &again);
		candidate->looping = !rib_hop_equal(&again.hop, &candidate->hop);
		any = any || candidate->looping;
	}
	return any;
}

static void
resolve_recursive(struct rib *rib)
{
	for (uint32_t attempt = 0; attempt < RESOLVE_ATTEMPTS; attempt++) {
		uint32_t rounds = 0;
		forget_recursive(rib);
		while (resolve_round(rib)) {
			if (++rounds == RESOLVE_ROUNDS) {
				break;
			}
		}
		if (rounds < RESOLVE_ROUNDS || !mark_loops(rib)) {
			return;
		}
	}
	forget_recursive(rib);
}

/* What has no hop now: a lost one is kept by RIB_RETAIN, none at all rejects by RIB_PASSIVE. */
static void
apply_attributes(struct rib *rib)
{
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		struct rib_candidate *candidate = &rib->candidates[i];
		if (candidate->source != RIB_NOWHERE || candidate->hop.kind != RIB_HOP_NONE) {
			continue;
		}
		if ((candidate->flags & RIB_RETAIN) != 0 && candidate->former.kind != RIB_HOP_NONE) {
			candidate->hop = candidate->former;
			candidate->retained = true;
		} else if ((candidate->flags & RIB_PASSIVE) != 0) {
			candidate->hop = plain_hop(RIB_HOP_REJECT, RIB_NO_UNIT);
			candidate->retained = true;
		}
	}
	take_over_from_originals(rib);
	choose_active(rib);
}

/* Compares with what was before and stamps what changed. */
static bool
settle(struct rib *rib, uint64_t now)
{
	bool changed = false;

	for (uint32_t i = 0; i < rib->route_count; i++) {
		const struct rib_prefix *route = &rib->routes[i];
		for (uint32_t j = route->start; j < route->start + route->count; j++) {
			struct rib_candidate *candidate = &rib->candidates[j];
			candidate->active = route->active == j;
			if (candidate->active != candidate->was_active ||
			    !rib_hop_equal(&candidate->hop, &candidate->former)) {
				candidate->since = now;
				changed = changed || candidate->active || candidate->was_active;
			}
		}
	}
	return changed;
}

bool
rib_resolve(struct rib *rib, uint64_t now)
{
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		struct rib_candidate *candidate = &rib->candidates[i];
		candidate->former = candidate->hop;
		candidate->was_active = candidate->active;
		candidate->looping = false;
		candidate->retained = false;
		if (candidate->source == RIB_NOWHERE && !is_recursive(candidate)) {
			resolve_candidate(rib, candidate);
		}
	}
	if (rib->has_recursion) {
		resolve_recursive(rib);
	}
	take_over_from_originals(rib);
	apply_attributes(rib);
	return settle(rib, now);
}

bool
rib_set_unit_state(struct rib *rib, uint16_t unit, bool up, uint64_t now)
{
	if (unit >= rib->unit_count || !rib->units[unit].present || rib->units[unit].up == up) {
		return false;
	}
	assert(rib->routes != NULL);
	rib->units[unit].up = up;
	return rib_resolve(rib, now);
}
