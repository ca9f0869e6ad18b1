/*
 * Addresses and ports of pools: taken for a session, given back at its end.
 *
 * How a port is found: nat_pool_ports.c. It belongs to a translated address in an instance, whatever pool it came from; an address that a host has for itself is
 * a port of its /16 in a class of its own (nat_ports.h). So both survive a change of the pool they came from.
 */
#include "engine_private.h"

#include "wire/icmp.h"

enum {
	RANGES_TRIED = 32,    /* of a pool, for one host's address */
	BINDING_WORKER = 0,   /* whose are addresses that hosts have for themselves */
	OVERFLOWS_MOST = 4,   /* pools that follow one another */
	IP_PROTOCOL_GRE = 47,
};

bool
nat_pool_place(const struct snapshot_nat_pool *pool, uint32_t address, uint32_t *place)
{
	*place = 0;
	for (uint16_t i = 0; i < pool->range_count; i++) {
		const struct snapshot_nat_range *range = &pool->ranges[i];

		if (address >= range->low && address <= range->high) {
			*place += address - range->low;
			return true;
		}
		*place += range->high - range->low + 1;
	}
	return false;
}

/* An address as a port of its /16. */
static struct nat_space
space_of_host(uint32_t address, uint16_t instance, uint8_t protocol)
{
	const uint64_t class = NAT_CLASS_ADDRESSES + (uint64_t)protocol;

	return (struct nat_space){.key = (address & 0xffff0000U) | (uint64_t)instance << 32 | class << 48};
}

static bool
class_of(const struct flow_fields *flow, uint8_t icmp_type, enum nat_class *class)
{
	if (flow->protocol == IPV4_PROTOCOL_TCP || flow->protocol == IPV4_PROTOCOL_SCTP) {
		*class = NAT_CLASS_TCP;
	} else if (flow->protocol == IPV4_PROTOCOL_UDP || flow->protocol == IPV4_PROTOCOL_UDP_LITE) {
		*class = NAT_CLASS_UDP;
	} else if (flow->protocol == IPV4_PROTOCOL_ICMP &&
		   (icmp_is_request(icmp_type) || icmp_is_reply(icmp_type))) {
		*class = NAT_CLASS_QUERY;
	} else {
		return false;
	}
	return true;
}

static enum nat_class
class_of_session(const struct session_common *common)
{
	return nat_has_ports(common->protocol) ? nat_class_of(common->protocol) : NAT_CLASS_QUERY;
}

/* An address that nobody else has: any of the range, by its parts that lie in one /16. */
static bool
address_of_range(struct engine *engine, const struct snapshot_nat_range *range, uint8_t protocol,
    struct translation *nat)
{
	uint32_t low = range->low;

	for (;;) {
		const uint32_t part_end = low | 0xffff;
		const uint32_t high = part_end < range->high ? part_end : range->high;
		uint16_t place;

		if (nat_ports_take(&engine->nat.ports, space_of_host(low, nat->instance, protocol),
			(uint16_t)low, (uint16_t)high, NAT_WANT_ANY, engine->tick, engine->config.random, &place)) {
			nat->source = (low & 0xffff0000U) | place;
			return true;
		}
		if (high == range->high) {
			return false;
		}
		low = high + 1;
	}
}

static bool
address_alone(struct engine *engine, const struct snapshot_nat_pool *pool, uint8_t protocol, struct translation *nat)
{
	for (uint16_t i = 0; i < pool->range_count && i < RANGES_TRIED; i++) {
		if (address_of_range(engine, &pool->ranges[i], protocol, nat)) {
			return true;
		}
	}
	return false;
}

static void
give_address(struct engine *engine, uint32_t address, uint16_t instance, uint8_t protocol)
{
	nat_ports_give(&engine->nat.ports, space_of_host(address, instance, protocol), (uint16_t)address, engine->tick);
}

static void
count_address(struct engine *engine, uint16_t pool, int32_t change)
{
	engine->nat.pools[pool].counters.addresses += (uint32_t)change;
}

/* Where the worker that has none begins to look for a host's address. With several, each begins (and ends) with the same. */
static uint32_t
place_of_host(const struct engine *engine, const struct nat_binding_key *key, const struct snapshot_nat_pool *pool)
{
	const uint64_t hash = hash_pair(
	    &engine->sharing.with.secret, key->host | (uint64_t)key->instance << 32, key->pool | (uint64_t)key->protocol << 32);

	return (uint32_t)((hash >> 32) * pool->size >> 32);
}

/* A binding of the host with the address that it has for itself from now on; NAT_BINDING_NONE: no room. */
static uint32_t
bind_alone(struct engine *engine, const struct nat_binding_key *key, uint32_t index, const struct translation *nat)
{
	struct nat_bindings *bindings = &engine->nat.bindings;

	if (index == NAT_BINDING_NONE) {
		index = nat_bindings_add(bindings, key, nat->source);
		if (index == NAT_BINDING_NONE) {
			give_address(engine, nat->source, nat->instance, key->protocol);
			return NAT_BINDING_NONE;
		}
	}
	struct nat_binding *binding = &bindings->entries[index];

	if (!binding->alone) {
		count_address(engine, key->pool, 1);
	} else {
		/* The pool has changed; its former sessions end with their next packets. */
		give_address(engine, binding->address, binding->instance, key->protocol);
	}
	binding->address = nat->source;
	binding->instance = nat->instance;
	binding->alone = true;
	return index;
}

/* address-shared, and all are taken: the host's part of the pool, with others. */
static uint32_t
bind_shared(struct engine *engine, const struct nat_binding_key *key, const struct snapshot_nat_pool *pool,
    uint32_t index, struct translation *nat)
{
	struct nat_bindings *bindings = &engine->nat.bindings;

	nat->source = nat_pool_address(pool, place_of_host(engine, key, pool));
	if (index == NAT_BINDING_NONE) {
		index = nat_bindings_add(bindings, key, nat->source);
	}
	if (index == NAT_BINDING_NONE) {
		return NAT_BINDING_NONE;
	}
	struct nat_binding *binding = &bindings->entries[index];

	if (binding->alone) {
		give_address(engine, binding->address, binding->instance, key->protocol);
		count_address(engine, key->pool, -1);
	}
	binding->address = nat->source;
	binding->instance = nat->instance;
	binding->alone = false;
	return index;
}

/* The address that a host keeps while it has sessions: for itself, but where hosts share them. */
static enum reason
address_of_host(struct engine *engine, const struct nat_binding_key *key, const struct snapshot_nat_pool *pool,
    struct translation *nat)
{
	struct nat_bindings *bindings = &engine->nat.bindings;
	uint32_t index = nat_bindings_find(bindings, key);
	uint32_t place;

	if (engine->config.worker != BINDING_WORKER) {
		return REASON_HANDED_OFF;
	}
	if (index != NAT_BINDING_NONE && (bindings->entries[index].alone || pool->shared) &&
	    nat_pool_place(pool, bindings->entries[index].address, &place) &&
	    bindings->entries[index].instance == nat->instance) {
		nat->source = bindings->entries[index].address;
	} else if (address_alone(engine, pool, key->protocol, nat)) {
		index = bind_alone(engine, key, index, nat);
	} else if (pool->shared) {
		index = bind_shared(engine, key, pool, index, nat);
	} else {
		return REASON_NAT_NO_ADDRESSES;
	}
	if (index == NAT_BINDING_NONE) {
		return REASON_NAT_BINDINGS_FULL;
	}
	/* Two tunnels by GRE could not be told apart at their far end. */
	if (!bindings->entries[index].alone && nat->protocol == IP_PROTOCOL_GRE) {
		if (bindings->entries[index].sessions == 0) {
			nat_bindings_remove(bindings, index);
		}
		return REASON_NAT_PROTOCOL;
	}
	bindings->entries[index].sessions++;
	nat->flags |= SESSION_NAT_BINDING | (key->protocol != 0 ? SESSION_NAT_PROTOCOL : 0);
	return REASON_NONE;
}

static enum reason
port_of_address(struct engine *engine, const struct snapshot_nat_pool *pool, uint32_t address, enum nat_class class,
    struct translation *nat)
{
	return nat_pool_port(engine, pool, address, class, nat) || nat_pool_port_resting(engine, pool, address, class, nat)
		   ? REASON_NONE
		   : REASON_NAT_NO_PORTS;
}

/* address-persistent: a port of the one address that the host keeps (REQ-NAT-016). */
static enum reason
port_of_host(struct engine *engine, const struct nat_binding_key *key, const struct snapshot_nat_pool *pool,
    enum nat_class class, struct translation *nat)
{
	struct nat_bindings *bindings = &engine->nat.bindings;
	uint32_t index = nat_bindings_find(bindings, key);
	uint32_t place;

	if (index != NAT_BINDING_NONE && nat_pool_place(pool, bindings->entries[index].address, &place)) {
		if (port_of_address(engine, pool, bindings->entries[index].address, class, nat) != REASON_NONE) {
			return REASON_NAT_NO_PORTS;
		}
	} else {
		const enum reason reason =
		    engine_shares(engine)
			? port_of_address(
			      engine, pool, nat_pool_address(pool, place_of_host(engine, key, pool)), class, nat)
			: nat_pool_port_any(engine, key->pool, pool, class, nat);

		if (reason != REASON_NONE) {
			return reason;
		}
		if (index == NAT_BINDING_NONE) {
			index = nat_bindings_add(bindings, key, nat->source);
		} else {
			bindings->entries[index].address = nat->source;
		}
		if (index == NAT_BINDING_NONE) {
			nat_pool_port_give(engine, class, nat);
			return REASON_NAT_BINDINGS_FULL;
		}
	}
	bindings->entries[index].sessions++;
	nat->flags |= SESSION_NAT_BINDING;
	return REASON_NONE;
}

/* REQ-NAT-013, 014: by position; whom no position is for stays as he is. */
static void
address_by_place(const struct snapshot_nat_pool *pool, struct translation *nat)
{
	const uint32_t place = nat->source - pool->host_low;

	if (nat->source >= pool->host_low && place < pool->size) {
		nat->source = nat_pool_address(pool, place);
	}
}

static enum reason
take_from(struct engine *engine, const struct item *item, uint16_t number, const struct snapshot_nat_pool *pool,
    struct translation *nat)
{
	const struct flow_fields fields = flow_fields_of(item->key);
	struct nat_binding_key key = {.host = fields.source, .instance = fields.instance, .pool = number};
	enum nat_class class = NAT_CLASS_TCP;

	switch ((enum nat_pool_kind)pool->kind) {
	case NAT_POOL_STATIC:
		address_by_place(pool, nat);
		return REASON_NONE;
	case NAT_POOL_ADDRESSES:
		return address_of_host(engine, &key, pool, nat);
	case NAT_POOL_PORTS:
		break;
	}
	if (!class_of(&fields, item->icmp_type, &class)) {
		/* E-235: an address a host. Two tunnels by GRE could not be told apart at their far end. */
		key.protocol = fields.protocol;
		return fields.protocol == IP_PROTOCOL_GRE ? REASON_NAT_PROTOCOL
							  : address_of_host(engine, &key, pool, nat);
	}
	const enum reason reason = engine->snapshot->nat.address_persistent || pool->paired
				       ? port_of_host(engine, &key, pool, class, nat)
				       : nat_pool_port_any(engine, number, pool, class, nat);

	if (reason == REASON_NONE && class == NAT_CLASS_QUERY) {
		nat->destination_port = nat->source_port;
	}
	return reason;
}

bool
nat_pool_foresee(struct engine *engine, const struct item *item, uint16_t number, struct translation *nat)
{
	const struct snapshot_nat *snapshot = &engine->snapshot->nat;
	const struct flow_fields fields = flow_fields_of(item->key);
	enum nat_class class = NAT_CLASS_TCP;

	if (number >= snapshot->pool_count || number >= engine->nat.pool_count) {
		return false;
	}
	const struct snapshot_nat_pool *pool = &snapshot->pools[number];

	if (!pool->present || pool->kind != NAT_POOL_PORTS || pool->paired || snapshot->address_persistent ||
	    !class_of(&fields, item->icmp_type, &class)) {
		return false;
	}
	nat->instance = pool->instance != SNAPSHOT_NONE ? pool->instance : engine->units[nat->unit].instance;
	if (!nat_pool_port_foresee(engine, number, pool, class, nat)) {
		return false;
	}
	nat->destination_port = class == NAT_CLASS_QUERY ? nat->source_port : nat->destination_port;
	return true;
}

void
nat_pool_count(struct engine *engine, uint16_t pool)
{
	struct engine_nat_counters *counters = &engine->nat.pools[pool].counters;

	counters->sessions++;
	counters->held++;
}

void
nat_pool_count_failure(struct engine *engine, uint16_t pool)
{
	engine->nat.pools[pool].counters.failures++;
}

static void
count_taken(struct engine *engine, const struct item *item, const struct translation *nat)
{
	struct engine_nat_counters *counters = &engine->nat.pools[nat->pool].counters;
	const struct flow_fields fields = flow_fields_of(item->key);
	enum nat_class class = NAT_CLASS_TCP;

	if ((nat->flags & SESSION_NAT_PORT) != 0 && class_of(&fields, item->icmp_type, &class)) {
		counters->ports[class]++;
		counters->ports_most[class] = counters->ports[class] > counters->ports_most[class]
						  ? counters->ports[class]
						  : counters->ports_most[class];
	}
}

enum reason
nat_pool_take(struct engine *engine, const struct item *item, uint16_t number, struct translation *nat)
{
	const struct snapshot_nat *snapshot = &engine->snapshot->nat;
	enum reason reason = REASON_NAT_NO_EGRESS_POOL;

	for (int i = 0; i < OVERFLOWS_MOST && number < snapshot->pool_count && number < engine->nat.pool_count; i++) {
		const struct snapshot_nat_pool *pool = &snapshot->pools[number];

		if (!pool->present || pool->size == 0) {
			return reason;
		}
		nat->pool = number;
		nat->instance =
		    pool->instance != SNAPSHOT_NONE ? pool->instance : engine->units[nat->unit].instance;
		reason = take_from(engine, item, number, pool, nat);
		if (reason == REASON_NONE) {
			count_taken(engine, item, nat);
			return REASON_NONE;
		}
		if (reason == REASON_HANDED_OFF) {
			return reason;
		}
		/* Another worker may have what this one has not. */
		if (reason != REASON_NAT_NO_PORTS || sharing_last_try(engine, item)) {
			nat_pool_count_failure(engine, number);
		}
		if (reason != REASON_NAT_NO_PORTS && reason != REASON_NAT_NO_ADDRESSES) {
			return reason;
		}
		number = pool->overflow == SNAPSHOT_NAT_INTERFACE && nat->unit < engine->snapshot->unit_count
			     ? engine->snapshot->units[nat->unit].nat_pool
			     : pool->overflow;
	}
	return reason;
}

static void
release_binding(struct engine *engine, const struct nat_holding *holding)
{
	struct nat_bindings *bindings = &engine->nat.bindings;
	const struct nat_binding_key key = {
	    .host = holding->host,
	    .instance = holding->host_instance,
	    .pool = holding->pool,
	    .protocol = (holding->flags & SESSION_NAT_PROTOCOL) != 0 ? holding->protocol : 0,
	};
	const uint32_t index = nat_bindings_find(bindings, &key);

	assert(index != NAT_BINDING_NONE && bindings->entries[index].sessions > 0);
	if (index == NAT_BINDING_NONE || --bindings->entries[index].sessions > 0) {
		return;
	}
	const struct nat_binding *binding = &bindings->entries[index];

	if (binding->alone) {
		give_address(engine, binding->address, binding->instance, key.protocol);
		count_address(engine, holding->pool, -1);
	}
	nat_bindings_remove(bindings, index);
}

void
nat_pool_release(struct engine *engine, const struct nat_holding *holding, bool rest)
{
	assert(holding->pool < engine->nat.pool_count);
	if ((holding->flags & SESSION_NAT_PORT) != 0) {
		nat_pool_port_release(engine, holding, rest);
	}
	if ((holding->flags & SESSION_NAT_BINDING) != 0) {
		release_binding(engine, holding);
	}
}

void
nat_pool_give_back(struct engine *engine, const struct item *item, struct translation *nat)
{
	const struct flow_fields fields = flow_fields_of(item->key);
	struct nat_holding holding = {
	    .host = fields.source,
	    .address = nat->source,
	    .host_instance = fields.instance,
	    .instance = nat->instance,
	    .port = nat->source_port,
	    .pool = nat->pool,
	    .flags = nat->flags,
	    .protocol = fields.protocol,
	    .layer = nat->layer,
	};

	if (nat->pool == SNAPSHOT_NAT_NONE) {
		return;
	}
	(void)class_of(&fields, item->icmp_type, &holding.class);
	nat_pool_release(engine, &holding, false);
	nat->pool = SNAPSHOT_NAT_NONE;
	nat->layer = 0;
	nat->flags &= (uint16_t)~(SESSION_NAT_PORT | SESSION_NAT_BINDING | SESSION_NAT_PROTOCOL);
}

void
nat_pool_give_up(struct engine *engine, const struct item *item, struct translation *nat)
{
	const uint16_t pool = nat->pool;

	if (pool == SNAPSHOT_NAT_NONE) {
		return;
	}
	engine->nat.pools[pool].counters.sessions--;
	engine->nat.pools[pool].counters.held--;
	if (nat->mapping != 0) {
		nat_persistent_give_up(engine, nat);
		nat->pool = SNAPSHOT_NAT_NONE;
	} else {
		nat_pool_give_back(engine, item, nat);
	}
}

void
nat_session_ended(struct engine *engine, const struct session *session)
{
	const struct session_common *common = &session->common;
	const struct session_rare *rare = &engine->table.rare[session_index(&engine->table, session)];
	const struct flow_fields forth = flow_fields_of(session->forth.key);
	const struct flow_fields back = flow_fields_of(session->back.key);
	struct nat_holding holding = {
	    .host = forth.source,
	    .address = back.destination,
	    .host_instance = forth.instance,
	    .instance = common->nat_instance,
	    .port = back.destination_port,
	    .pool = rare->nat_pool,
	    .flags = common->flags,
	    .protocol = common->protocol,
	    .class = class_of_session(common),
	};

	if (engine->nat.rule_sessions > 0) {
		nat_rules_end(engine, session);
	}
	if ((common->flags & SESSION_NAT_PERSISTENT) != 0) {
		nat_persistent_end(engine, session);
	}
	if (rare->nat_pool != SNAPSHOT_NAT_NONE) {
		if (engine->nat.pools[rare->nat_pool].layered) {
			uint8_t *layer = &engine->nat.session_layers[session_index(&engine->table, session)];

			holding.layer = *layer;
			*layer = 0;
		}
		assert(engine->nat.pools[rare->nat_pool].counters.held > 0);
		engine->nat.pools[rare->nat_pool].counters.held--;
		nat_pool_release(engine, &holding, true);
	}
}
