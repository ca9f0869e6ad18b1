/*
 * How full the engine's tables are. A row of engine/resources.def each.
 */
#include "engine_private.h"

#include <string.h>

#include "nat_private.h"

struct row {
	const char *name;
	const char *effect;
	size_t field; /* in struct engine_config: uint32_t */
};

static const struct row rows[ENGINE_RESOURCES] = {
#define RESOURCE(symbol, name, field, full)                                                                            \
	[ENGINE_RESOURCE_##symbol] = {(name), (full), offsetof(struct engine_config, field)},
#include "engine/resources.def"
#undef RESOURCE
};

const char *
engine_resource_name(enum engine_resource resource)
{
	assert(resource < ENGINE_RESOURCES);
	return rows[resource].name;
}

const char *
engine_resource_effect(enum engine_resource resource)
{
	assert(resource < ENGINE_RESOURCES);
	return rows[resource].effect;
}

static struct engine_resource_use
use_of_datagrams(const struct engine *engine, enum datagram_resource resource)
{
	const struct datagram_table *table = &engine->datagrams;

	return (struct engine_resource_use){.used = table->used[resource], .limit = table->most[resource]};
}

struct engine_resource_use
engine_resource_use(const struct engine *engine, enum engine_resource resource)
{
	const struct nat_state *nat = &engine->nat;

	switch (resource) {
	case ENGINE_RESOURCE_SESSIONS:
		/* A slot that was never used is taken only when no other is free. */
		return (struct engine_resource_use){
		    .used = engine->table.count, .most = engine->table.fresh, .limit = engine->table.capacity};
	case ENGINE_RESOURCE_NEIGHBOURS:
		return (struct engine_resource_use){
		    .used = engine->neighbours.count, .limit = engine->neighbours.capacity};
	case ENGINE_RESOURCE_HELD_PACKETS:
		return (struct engine_resource_use){
		    .used = engine->neighbours.held_count, .limit = engine->config.held};
	case ENGINE_RESOURCE_OWN_ADDRESSES:
		return (struct engine_resource_use){.used = engine->claims.count, .limit = engine->claims.capacity};
	case ENGINE_RESOURCE_DATAGRAMS:
		return use_of_datagrams(engine, DATAGRAM_ENTRIES);
	case ENGINE_RESOURCE_FRAGMENTS:
		return use_of_datagrams(engine, DATAGRAM_PIECES);
	case ENGINE_RESOURCE_HELD_FRAGMENTS:
		return use_of_datagrams(engine, DATAGRAM_HELD);
	case ENGINE_RESOURCE_NAT_BLOCKS:
		return (struct engine_resource_use){.used = nat->ports.block_count, .limit = nat->ports.capacity};
	case ENGINE_RESOURCE_NAT_BINDINGS:
		return (struct engine_resource_use){
		    .used = nat->bindings.count, .most = nat->bindings.fresh, .limit = nat->bindings.capacity};
	case ENGINE_RESOURCE_NAT_MAPPINGS:
		return (struct engine_resource_use){
		    .used = nat->mappings.count, .most = nat->mappings.fresh, .limit = nat->mappings.capacity};
	case ENGINE_RESOURCE_NAT_REMOTES:
		return (struct engine_resource_use){.used = nat->mappings.remote_count,
		    .most = nat->mappings.remote_fresh,
		    .limit = nat->mappings.remote_capacity};
	case ENGINE_RESOURCES:
		break;
	}
	return (struct engine_resource_use){0};
}

void
engine_resource_set(struct engine_config *config, enum engine_resource resource, uint32_t size)
{
	assert(resource < ENGINE_RESOURCES);
	memcpy((uint8_t *)config + rows[resource].field, &size, sizeof size);
}

uint32_t
engine_resource_size(const struct engine_config *config, enum engine_resource resource)
{
	uint32_t size;

	assert(resource < ENGINE_RESOURCES);
	memcpy(&size, (const uint8_t *)config + rows[resource].field, sizeof size);
	return size;
}

uint64_t
engine_resource_octets(const struct engine *engine, enum engine_resource resource)
{
	struct engine_config without = engine->config;

	engine_resource_set(&without, resource, 1);
	return engine_size(&engine->config) - engine_size(&without);
}
