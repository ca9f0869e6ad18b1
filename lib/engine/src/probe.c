/*
 * See engine/probe.h: the three stages of process.c without the packets, and the first one of nat_rules.c.
 */
#include "engine/probe.h"

#include "engine_private.h"

uint32_t
engine_probe(const struct engine *engine, const struct engine_tuple *tuples, uint32_t count)
{
	const struct session_table *table = &engine->table;
	struct flow_key keys[ENGINE_BURST];
	uint64_t hashes[ENGINE_BURST];
	uint32_t guesses[ENGINE_BURST];
	uint32_t found = 0;

	assert(count <= ENGINE_BURST);
	for (uint32_t i = 0; i < count; i++) {
		const struct flow_fields fields = {
		    .source = tuples[i].source,
		    .destination = tuples[i].destination,
		    .source_port = tuples[i].source_port,
		    .destination_port = tuples[i].destination_port,
		    .instance = tuples[i].instance,
		    .protocol = tuples[i].protocol,
		};

		keys[i] = flow_key_of(&fields);
		hashes[i] = session_table_hash4(table, keys[i]);
		session_table_prefetch_bucket(table, hashes[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		guesses[i] = session_table_guess(table, hashes[i]);
		if (guesses[i] != SESSION_NONE) {
			__builtin_prefetch(
			    session_flow(session_of(table, guesses[i]), guesses[i] & 1));
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		if (guesses[i] != SESSION_NONE &&
		    flow_key_equal(session_flow(session_of(table, guesses[i]), guesses[i] & 1)->key,
			keys[i])) {
			found++;
		} else {
			found += session_table_find(table, keys[i], hashes[i]) != SESSION_NONE;
		}
	}
	return found;
}

bool
engine_probe_destination(
    const struct engine *engine, uint16_t unit, const struct engine_tuple *tuple, struct engine_destination *destination)
{
	const struct flow_fields fields = {
	    .source = tuple->source,
	    .destination = tuple->destination,
	    .source_port = tuple->source_port,
	    .destination_port = tuple->destination_port,
	    .instance = tuple->instance,
	    .protocol = tuple->protocol,
	};
	const struct item item = {
	    .key = flow_key_of(&fields), .source = tuple->source, .destination = tuple->destination, .unit = unit,
	    .instance = tuple->instance, .protocol = tuple->protocol};
	struct nat_public public = {.rule = SNAPSHOT_NAT_NONE};

	nat_public_find(engine, &item, &public);
	*destination = (struct engine_destination){
	    .address = public.destination,
	    .port = public.port != 0 ? public.port : tuple->destination_port,
	    .instance = public.instance,
	    .by_static = public.mapping != NULL,
	};
	return public.found;
}
