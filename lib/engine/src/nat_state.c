/*
 * Memory of address translation, and its counters. See nat_private.h.
 */
#include "engine_private.h"

#include "engine/views.h"
#include "nat_private.h"

#include <string.h>

size_t
nat_state_size(const struct engine_config *config)
{
	return nat_ports_size(config->nat_blocks, config->nat_resting) + nat_bindings_size(config->nat_bindings) +
	    nat_mappings_size(config->nat_mappings, config->nat_remotes) +
	    line_up(config->sessions * sizeof(struct nat_session_mappings)) + line_up(config->sessions) +
	    line_up(config->sessions * sizeof(struct nat_session_rules)) +
	    line_up(config->nat_pools * sizeof(struct nat_pool_state)) +
	    line_up(config->nat_rules * sizeof(struct engine_nat_rule_counters));
}

static struct hash_key
draw_secret(struct random_source *random)
{
	return (struct hash_key){.low = random_u64(random), .high = random_u64(random)};
}

void
nat_state_init(struct nat_state *state, void *memory, const struct engine_config *config)
{
	uint8_t *next = memory;

	nat_ports_init(&state->ports, next, config->nat_blocks, config->nat_resting, draw_secret(config->random),
	    config->worker, config->workers);
	state->ports.places = &state->places;
	next += nat_ports_size(config->nat_blocks, config->nat_resting);
	nat_bindings_init(&state->bindings, next, config->nat_bindings, draw_secret(config->random));
	next += nat_bindings_size(config->nat_bindings);
	nat_mappings_init(&state->mappings, next, config->nat_mappings, config->nat_remotes, draw_secret(config->random));
	next += nat_mappings_size(config->nat_mappings, config->nat_remotes);
	state->session_mappings = (struct nat_session_mappings *)(void *)next;
	next += line_up(config->sessions * sizeof(struct nat_session_mappings));
	state->session_layers = next;
	next += line_up(config->sessions);
	state->session_rules = (struct nat_session_rules *)(void *)next;
	next += line_up(config->sessions * sizeof(struct nat_session_rules));
	state->pools = (struct nat_pool_state *)(void *)next;
	state->pool_count = config->nat_pools;
	next += line_up(config->nat_pools * sizeof(struct nat_pool_state));
	state->rules = (struct engine_nat_rule_counters *)(void *)next;
	state->rule_count = config->nat_rules;
}

struct engine_nat_counters
engine_nat_counters(const struct engine *engine, uint16_t pool)
{
	return pool < engine->nat.pool_count ? engine->nat.pools[pool].counters : (struct engine_nat_counters){0};
}

void
engine_clear_nat_pool(struct engine *engine, uint16_t pool)
{
	if (pool < engine->nat.pool_count) {
		struct engine_nat_counters *counters = &engine->nat.pools[pool].counters;

		counters->sessions = 0;
		counters->failures = 0;
		memcpy(counters->ports_most, counters->ports, sizeof(counters->ports_most));
	}
}

uint32_t
engine_list_nat_bindings(const struct engine *engine, uint32_t *cursor, uint32_t slots,
    struct engine_nat_binding_view *views, uint32_t most)
{
	const struct nat_bindings *bindings = &engine->nat.bindings;
	uint32_t count = 0;

	while (*cursor < bindings->fresh && slots-- > 0 && count < most) {
		const struct nat_binding *binding = &bindings->entries[(*cursor)++];
		const struct nat_binding_key key = nat_binding_key_of(binding);

		if (binding->sessions > 0) {
			views[count++] = (struct engine_nat_binding_view){
			    .host = key.host,
			    .address = binding->address,
			    .sessions = binding->sessions,
			    .instance = key.instance,
			    .pool = key.pool,
			    .protocol = key.protocol,
			    .alone = binding->alone,
			};
		}
	}
	if (*cursor >= bindings->fresh) {
		*cursor = UINT32_MAX;
	}
	return count;
}
