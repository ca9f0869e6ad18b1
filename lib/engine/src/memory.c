/*
 * Which parts of the engine's memory are used from when on. See engine/memory.h.
 */
#include "engine/memory.h"

#include "engine_private.h"
#include "lines.h"
#include "nat_private.h"

enum {
	AHEAD_PART = 32, /* of a pool: at a million new sessions a second a million of room are followed in 15 ms */
	AHEAD_LEAST = 64,
};

static const uint8_t *
octets_of(const void *array)
{
	return array;
}

uint32_t
engine_arrays(const struct engine *engine, struct engine_array arrays[ENGINE_ARRAYS])
{
	const struct session_table *table = &engine->table;
	const struct nat_state *nat = &engine->nat;
	const struct screen_limits *limits = &engine->screens.session_limits;
	const struct referrals *referrals = &engine->sharing.referrals;
	const uint32_t sessions = table->capacity;
	const struct engine_array all[ENGINE_ARRAYS] = {
	    {octets_of(table->sessions), sizeof(*table->sessions), sessions, ENGINE_POOL_SESSIONS},
	    {octets_of(table->rare), sizeof(*table->rare), sessions, ENGINE_POOL_SESSIONS},
	    {octets_of(table->addresses), sizeof(*table->addresses), sessions, ENGINE_POOL_SESSIONS},
	    {octets_of(nat->ports.blocks), line_up(sizeof(*nat->ports.blocks)), nat->ports.capacity, ENGINE_POOL_NAT_BLOCKS},
	    {octets_of(nat->bindings.entries), sizeof(*nat->bindings.entries), nat->bindings.capacity, ENGINE_POOL_NAT_BINDINGS},
	    {octets_of(nat->mappings.entries), sizeof(*nat->mappings.entries), nat->mappings.capacity, ENGINE_POOL_NAT_MAPPINGS},
	    {octets_of(nat->mappings.remotes), sizeof(*nat->mappings.remotes), nat->mappings.remote_capacity, ENGINE_POOL_NAT_REMOTES},
	    {octets_of(nat->session_mappings), sizeof(*nat->session_mappings), sessions, ENGINE_POOL_SESSIONS},
	    {octets_of(nat->session_layers), sizeof(*nat->session_layers), sessions, ENGINE_POOL_SESSIONS},
	    {octets_of(nat->session_rules), sizeof(*nat->session_rules), sessions, ENGINE_POOL_SESSIONS},
	    {octets_of(limits->holders), sizeof(*limits->holders), limits->mask + 1, ENGINE_POOL_LIMITS},
	    {octets_of(engine->syn.splices), sizeof(*engine->syn.splices), sessions, ENGINE_POOL_SESSIONS},
	    {octets_of(referrals->entries), sizeof(*referrals->entries), referrals->capacity, ENGINE_POOL_REFERRALS},
	};
	uint32_t count = 0;

	for (uint32_t i = 0; i < ENGINE_ARRAYS; i++) {
		if (all[i].count > 0) {
			assert(count == 0 ||
			       arrays[count - 1].start + arrays[count - 1].item * arrays[count - 1].count <= all[i].start);
			arrays[count++] = all[i];
		}
	}
	return count;
}

void
engine_pool_marks(const struct engine *engine, uint32_t marks[ENGINE_POOLS])
{
	const struct nat_state *nat = &engine->nat;

	marks[ENGINE_POOL_SESSIONS] = engine->table.fresh;
	marks[ENGINE_POOL_NAT_BLOCKS] = nat->ports.fresh;
	marks[ENGINE_POOL_NAT_BINDINGS] = nat->bindings.fresh;
	marks[ENGINE_POOL_NAT_MAPPINGS] = nat->mappings.fresh;
	marks[ENGINE_POOL_NAT_REMOTES] = nat->mappings.remote_fresh;
	marks[ENGINE_POOL_REFERRALS] = engine->sharing.referrals.fresh;
	marks[ENGINE_POOL_LIMITS] = 0;
}

uint32_t
engine_pool_ahead(uint32_t count, uint32_t mark)
{
	const uint32_t ahead = count / AHEAD_PART + AHEAD_LEAST;

	assert(mark <= count);
	return count - mark < ahead ? count : mark + ahead;
}

bool
engine_limits_wanted(const struct snapshot *snapshot)
{
	const uint64_t bits = screen_bit(SCREEN_LIMIT_SOURCE) | screen_bit(SCREEN_LIMIT_DESTINATION);
	bool wanted = false;

	for (uint32_t i = 0; snapshot != NULL && i < snapshot->zone_count; i++) {
		const struct snapshot_screens *screens = snapshot->zones[i].screens;

		wanted = wanted || (screens != NULL && (screens->on & bits) != 0);
	}
	return wanted;
}
