/*
 * Reading a rib: walks, look-ups, and the ages that outlive a commit.
 */
#include <assert.h>

#include "rib_private.h"

static struct rib_route
view_of(const struct rib *rib, uint32_t index)
{
	const struct rib_candidate *candidate = &rib->candidates[index];

	return (struct rib_route){
	    .table = candidate->table,
	    .origin = candidate->origin,
	    .prefix = candidate->prefix,
	    .length = rib_length_out(candidate->table.family, candidate->length),
	    .flags = candidate->flags,
	    .protocol = candidate->protocol,
	    .preference = candidate->preference,
	    .active = candidate->active,
	    .hidden = candidate->hop.kind == RIB_HOP_NONE,
	    .since = candidate->since,
	    .hop = candidate->hop,
	    .next_hop_count = candidate->next_hop_count,
	    .selected = candidate->selected,
	    .next_hops = candidate->next_hop_count == 0 ? NULL : &rib->next_hops[candidate->next_hop_start],
	};
}

void
rib_each_route(const struct rib *rib, struct rib_table table,
    bool (*each)(void *context, const struct rib_route *route), void *context)
{
	const struct rib_span span = rib_span_of(rib, table);

	for (uint32_t i = span.start; i < span.start + span.count; i++) {
		const struct rib_prefix *route = &rib->routes[i];
		if (route->active != RIB_NOWHERE) {
			const struct rib_route view = view_of(rib, route->active);
			if (!each(context, &view)) {
				return;
			}
		}
		for (uint32_t j = route->start; j < route->start + route->count; j++) {
			if (j == route->active) {
				continue;
			}
			const struct rib_route view = view_of(rib, j);
			if (!each(context, &view)) {
				return;
			}
		}
	}
}

void
rib_each_active(const struct rib *rib, struct rib_table table,
    bool (*each)(void *context, const struct rib_route *route), void *context)
{
	const struct rib_span span = rib_span_of(rib, table);

	for (uint32_t i = span.start; i < span.start + span.count; i++) {
		if (rib->routes[i].active == RIB_NOWHERE) {
			continue;
		}
		const struct rib_route view = view_of(rib, rib->routes[i].active);
		if (!each(context, &view)) {
			return;
		}
	}
}

bool
rib_lookup(const struct rib *rib, struct rib_table table, struct ipv6_address destination, struct rib_route *route)
{
	uint32_t found = rib_find_covering(rib, table, destination);

	while (found != RIB_NOWHERE && rib->routes[found].active == RIB_NOWHERE) {
		found = rib->routes[found].parent;
	}
	if (found == RIB_NOWHERE) {
		return false;
	}
	*route = view_of(rib, rib->routes[found].active);
	return true;
}

int32_t
rib_next_instance(const struct rib *rib, int32_t after)
{
	for (uint32_t i = after < 0 ? 0 : (uint32_t)after + 1; i < rib->instance_count; i++) {
		if (rib->instances[i].present) {
			return (int32_t)i;
		}
	}
	return -1;
}

const char *
rib_instance_name(const struct rib *rib, uint16_t instance)
{
	if (instance >= rib->instance_count || !rib->instances[instance].present) {
		return NULL;
	}
	return rib->instances[instance].name;
}

const char *
rib_protocol_name(enum rib_protocol protocol)
{
	switch (protocol) {
	case RIB_DIRECT:
		return "Direct";
	case RIB_LOCAL:
		return "Local";
	case RIB_STATIC:
		break;
	}
	return "Static";
}

static bool
same_route(const struct rib_candidate *left, const struct rib_candidate *right)
{
	return left->protocol == right->protocol && left->preference == right->preference &&
	    left->origin == right->origin && left->active == right->active &&
	    rib_hop_equal(&left->hop, &right->hop);
}

void
rib_carry_ages(struct rib *rib, const struct rib *former, uint64_t now)
{
	assert(rib->routes != NULL);
	for (uint32_t i = 0; i < rib->candidate_count; i++) {
		struct rib_candidate *candidate = &rib->candidates[i];
		const uint32_t route = former == NULL ?
		    RIB_NOWHERE :
		    rib_find_prefix(former, candidate->table, candidate->prefix, candidate->length);
		candidate->since = now;
		if (route == RIB_NOWHERE) {
			continue;
		}
		for (uint32_t j = 0; j < former->routes[route].count; j++) {
			const struct rib_candidate *other = &former->candidates[former->routes[route].start + j];
			if (same_route(candidate, other)) {
				candidate->since = other->since;
				break;
			}
		}
	}
}
