/*
 * Which port of which address of a pool: found in a few steps up to the last one.
 *
 * The address is drawn at random (REQ-NAT-008); where it has nothing left the pool's map of addresses (nat_places.h) names one
 * that has, and when none has, one with a port that rests. What comes back opens its address again. Pools for which there was no
 * room in the maps are tried a few addresses at a time.
 *
 * Address and place among the ports are drawn one session ahead (struct nat_ahead).
 */
#include "engine_private.h"

#include <string.h>

enum {
	ADDRESSES_TRIED = 16, /* for one session */
	STEER_TRIES = 16,     /* ports that are drawn so that answers come to the worker that drew them */
	WAKE_MOST = 256,      /* ports that one nat_pools_advance() wakes */
	WAKE_OF_ONE = 2,      /* while one is taken: as many come as go */
};

uint32_t
nat_pool_address(const struct snapshot_nat_pool *pool, uint32_t place)
{
	uint16_t i = 0;

	while (place > pool->ranges[i].high - pool->ranges[i].low) {
		place -= pool->ranges[i].high - pool->ranges[i].low + 1;
		i++;
		assert(i < pool->range_count);
	}
	return pool->ranges[i].low + place;
}

static uint32_t
layers_of(const struct snapshot_nat_pool *pool, const struct translation *nat)
{
	return pool->layers <= 1 || nat->exclusive ? 1 : pool->layers;
}

static void
set_port(struct translation *nat, uint32_t address, struct nat_layer_port taken)
{
	nat->source = address;
	nat->source_port = taken.port;
	nat->layer = taken.layer;
	nat->flags |= SESSION_NAT_PORT;
}

void
nat_pool_port_give(struct engine *engine, enum nat_class class, struct translation *nat)
{
	if ((nat->flags & SESSION_NAT_PORT) != 0) {
		nat_ports_give_at_once(&engine->nat.ports,
		    nat_space_layer(nat_space_of(nat->source, nat->instance, class), nat->layer), nat->source_port);
		nat->flags &= (uint16_t)~SESSION_NAT_PORT;
	}
}

/* Do answers to an address and port come to this worker by their hash? */
static bool
answers_come_here(
    const struct engine *engine, const struct translation *nat, uint32_t address, uint16_t port, enum nat_class class)
{
	const uint16_t from = class == NAT_CLASS_QUERY ? port : nat->destination_port;

	return engine_flow_owner4(&engine->sharing.with, engine_end4(nat->destination, from), engine_end4(address, port),
		   nat->protocol) == engine->config.worker;
}

static inline bool
port_drawn(struct engine *engine, const struct snapshot_nat_pool *pool, uint32_t address, enum nat_class class,
    struct translation *nat)
{
	const struct nat_port_range range = {pool->port_low, pool->port_high};
	const struct nat_space space = nat_space_of(address, nat->instance, class);
	const uint16_t start = nat->has_start ? nat->start : nat_ports_start(&range, engine->config.random);
	struct nat_layer_port taken;

	nat->has_start = false;
	if (!nat_ports_take_layer(&engine->nat.ports, space, layers_of(pool, nat), &range, start, &taken)) {
		return false;
	}
	set_port(nat, address, taken);
	nat->last_port = taken.last;
	return true;
}

/* Of a few that are drawn one whose answers come here: then nobody has to be told, and no answer has to be handed over. */
static __attribute__((noinline)) bool
port_of_several(struct engine *engine, const struct snapshot_nat_pool *pool, uint32_t address, enum nat_class class,
    struct translation *nat)
{
	for (int tries = STEER_TRIES; port_drawn(engine, pool, address, class, nat); tries--) {
		if (tries == 0 || answers_come_here(engine, nat, address, nat->source_port, class)) {
			return true;
		}
		nat_pool_port_give(engine, class, nat);
	}
	return false;
}

bool
nat_pool_port(struct engine *engine, const struct snapshot_nat_pool *pool, uint32_t address, enum nat_class class,
    struct translation *nat)
{
	return engine_shares(engine) ? port_of_several(engine, pool, address, class, nat)
				     : port_drawn(engine, pool, address, class, nat);
}

bool
nat_pool_port_resting(struct engine *engine, const struct snapshot_nat_pool *pool, uint32_t address, enum nat_class class,
    struct translation *nat)
{
	const struct nat_space space = nat_space_of(address, nat->instance, class);
	struct nat_layer_port taken = {0};

	for (uint32_t layer = 0; nat->may_wake && layer < layers_of(pool, nat); layer++) {
		if (nat_ports_take_resting(&engine->nat.ports, nat_space_layer(space, layer), pool->port_low,
			pool->port_high, &taken.port)) {
			taken.layer = (uint8_t)layer;
			set_port(nat, address, taken);
			return true;
		}
	}
	return false;
}

/* A pool of many addresses, and one of its maps. */
struct search {
	const struct snapshot_nat_pool *pool;
	struct nat_place_range range;
	struct nat_place_of of;
};

/* A port of the address at a place; it is closed when that was the last one. */
static bool
port_at_place(struct engine *engine, const struct search *search, uint32_t place, struct translation *nat)
{
	const enum nat_class class = (enum nat_class)search->of.class;

	if (!nat_pool_port(
		engine, search->pool, nat_pool_address(search->pool, place - search->range.first), class, nat)) {
		return false;
	}
	if (nat->last_port) {
		nat_places_close(&engine->nat.places, search->of, place);
	}
	return true;
}

/* A port of the first address from a place on that the map leaves open. */
static bool
port_by_map(struct engine *engine, const struct search *search, uint32_t from, struct translation *nat)
{
	struct nat_places *places = &engine->nat.places;
	const enum nat_class class = (enum nat_class)search->of.class;

	for (uint32_t i = 0; i < ADDRESSES_TRIED; i++) {
		const uint32_t place = nat_places_next(places, search->of, search->range, from);

		if (place == NAT_PLACE_NONE) {
			return false;
		}
		const uint32_t address = nat_pool_address(search->pool, place - search->range.first);

		if (search->of.map == NAT_MAP_FREE ? port_at_place(engine, search, place, nat)
						   : nat_pool_port_resting(engine, search->pool, address, class, nat)) {
			return true;
		}
		/* Without a block it may have one when there is one again. */
		if (search->of.map == NAT_MAP_RESTING ||
		    nat_ports_room(&engine->nat.ports, nat_space_of(address, nat->instance, class))) {
			nat_places_close(places, search->of, place);
		}
		from = place + 1 < search->range.first + search->range.count ? place + 1 : search->range.first;
	}
	return false;
}

/* There are fewer blocks than addresses, and all are in use: of one of them, if it is the pool's. */
static bool
port_by_block(
    struct engine *engine, const struct snapshot_nat_pool *pool, enum nat_class class, struct translation *nat)
{
	uint32_t place;

	for (uint32_t i = 0; i < ADDRESSES_TRIED; i++) {
		const struct nat_space space = nat_ports_any_space(&engine->nat.ports, engine->config.random);
		const uint32_t address = (uint32_t)space.key;

		if (space.key == nat_space_of(address, nat->instance, class).key && nat_pool_place(pool, address, &place) &&
		    nat_pool_port(engine, pool, address, class, nat)) {
			return true;
		}
	}
	return false;
}

/* The same without a map: where a port came back last, or one of the next in turn. */
static bool
port_by_trying(struct engine *engine, struct nat_pool_state *state, const struct snapshot_nat_pool *pool,
    enum nat_class class, struct translation *nat)
{
	for (uint32_t i = 0; i < ADDRESSES_TRIED && i < pool->size; i++) {
		state->scan = state->scan + 1 < pool->size ? state->scan + 1 : 0;
		if (nat_pool_port(engine, pool, nat_pool_address(pool, state->scan), class, nat)) {
			return true;
		}
	}
	return nat_pool_port_resting(engine, pool, nat_pool_address(pool, state->hint < pool->size ? state->hint : 0), class, nat);
}

static void
draw(struct engine *engine, const struct snapshot_nat_pool *pool, struct nat_ahead *ahead)
{
	struct random_source *random = engine->config.random;
	const uint64_t bits = random_u64(random);
	const uint32_t count = (uint32_t)pool->port_high - pool->port_low + 1;

	ahead->place = random_below_by(random, (uint32_t)bits, pool->size);
	ahead->next.start = (uint16_t)(pool->port_low + random_below_by(random, (uint32_t)(bits >> 32), count));
	ahead->next.found = false;
	ahead->drawn = true;
}

/* The port that was foreseen, if nothing has changed and there is one after it. */
static bool
port_foreseen(struct engine *engine, const struct snapshot_nat_pool *pool, const struct nat_next *next,
    enum nat_class class, struct translation *nat)
{
	const struct nat_port_range range = {pool->port_low, pool->port_high};
	const uint32_t address = (uint32_t)next->space.key;

	/* What the policies made of the destination may lead answers elsewhere. */
	if (engine_shares(engine) && !answers_come_here(engine, nat, address, next->port, class)) {
		return false;
	}
	if (next->space.key != nat_space_of(address, nat->instance, class).key ||
	    !nat_ports_take_foreseen(&engine->nat.ports, &range, next)) {
		return false;
	}
	nat->last_port = false;
	set_port(nat, address, (struct nat_layer_port){.port = next->port});
	return true;
}

enum reason
nat_pool_port_any(struct engine *engine, uint16_t number, const struct snapshot_nat_pool *pool, enum nat_class class,
    struct translation *nat)
{
	struct nat_pool_state *state = &engine->nat.pools[number];
	struct nat_ahead *ahead = &state->ahead;
	bool found;

	if (!ahead->drawn) {
		draw(engine, pool, ahead);
	}
	const uint32_t first = ahead->place;

	assert(first < pool->size && ahead->next.start >= pool->port_low && ahead->next.start <= pool->port_high);
	nat->start = ahead->next.start;
	nat->has_start = true;
	if (engine->nat.ports.resting_head != engine->nat.ports.resting_tail) {
		(void)nat_ports_advance(&engine->nat.ports, engine->tick, WAKE_OF_ONE);
	}
	if (port_foreseen(engine, pool, &ahead->next, class, nat)) {
		found = true;
	} else if (pool->size == 1) {
		found = nat_pool_port(engine, pool, pool->ranges[0].low, class, nat) ||
			nat_pool_port_resting(engine, pool, pool->ranges[0].low, class, nat);
	} else if (state->first == NAT_PLACE_NONE) {
		found = nat_pool_port(engine, pool, nat_pool_address(pool, first), class, nat) ||
			port_by_trying(engine, state, pool, class, nat);
	} else {
		struct search search = {.pool = pool, .range = {state->first, pool->size}, .of = {NAT_MAP_FREE, class}};

		found = (nat_places_are_open(&engine->nat.places, search.of, state->first + first) &&
			    port_at_place(engine, &search, state->first + first, nat)) ||
			port_by_map(engine, &search, state->first + first, nat) ||
			(engine->nat.ports.free == NAT_BLOCK_NONE && port_by_block(engine, pool, class, nat));
		search.of.map = NAT_MAP_RESTING;
		found = found || (nat->may_wake && port_by_map(engine, &search, state->first + first, nat));
	}
	draw(engine, pool, ahead);
	ahead->next.space = nat_space_of(nat_pool_address(pool, ahead->place), nat->instance, class);
	nat_ports_prefetch(&engine->nat.ports, &ahead->next);
	return found ? REASON_NONE : REASON_NAT_NO_PORTS;
}

/* Of several workers: a free port whose answers come here, from the drawn one on and round the line that was fetched. */
static void
foresee_steered(const struct engine *engine, const struct snapshot_nat_pool *pool, enum nat_class class,
    const struct translation *nat, struct nat_next *next)
{
	const struct nat_port_range range = {pool->port_low, pool->port_high};
	const uint32_t first = next->start / NAT_WORD_PORTS;
	const uint32_t line = first & ~(uint32_t)(NAT_LINE_WORDS - 1);
	uint64_t wanted = UINT64_MAX << next->start % NAT_WORD_PORTS;

	next->found = false;
	for (uint32_t i = 0, tries = 0; i < NAT_LINE_WORDS; i++) {
		const uint32_t word = line | ((first + i) & (NAT_LINE_WORDS - 1));
		uint64_t open = nat_ports_open(&engine->nat.ports, &range, next, word) & wanted;

		for (; open != 0 && tries < STEER_TRIES; tries++) {
			next->port = (uint16_t)(word * NAT_WORD_PORTS + (uint32_t)__builtin_ctzll(open));
			if (answers_come_here(engine, nat, (uint32_t)next->space.key, next->port, class)) {
				next->found = true;
				return;
			}
			open &= open - 1;
		}
		wanted = UINT64_MAX;
	}
}

bool
nat_pool_port_foresee(struct engine *engine, uint16_t number, const struct snapshot_nat_pool *pool,
    enum nat_class class, struct translation *nat)
{
	struct nat_ahead *ahead = &engine->nat.pools[number].ahead;

	if (!ahead->drawn) {
		return false;
	}
	const struct nat_space space = nat_space_of((uint32_t)ahead->next.space.key, nat->instance, class);

	if (space.key != ahead->next.space.key) {
		ahead->next.space = space;
		nat_ports_prefetch(&engine->nat.ports, &ahead->next);
	}
	if (engine_shares(engine)) {
		foresee_steered(engine, pool, class, nat, &ahead->next);
	} else {
		nat_ports_foresee(&engine->nat.ports, pool->port_high, &ahead->next);
	}
	nat->source = (uint32_t)space.key;
	nat->source_port = ahead->next.port;
	return ahead->next.found;
}

static bool
has_places(const struct snapshot_nat_pool *pool)
{
	return pool->present && pool->kind == NAT_POOL_PORTS && pool->size > 1;
}

static bool
same_pool(const struct snapshot_nat_pool *pool, const struct snapshot_nat_pool *former)
{
	if (has_places(pool) != has_places(former)) {
		return false;
	}
	return !has_places(pool) ||
	       (pool->size == former->size && pool->layers == former->layers && pool->port_low == former->port_low &&
		   pool->port_high == former->port_high && pool->instance == former->instance &&
		   pool->range_count == former->range_count &&
		   memcmp(pool->ranges, former->ranges, pool->range_count * sizeof(*pool->ranges)) == 0);
}

/* Then what is known of their addresses is still true. */
static bool
same_pools(const struct snapshot *snapshot, const struct snapshot *former)
{
	if (snapshot == NULL || former == NULL || snapshot->nat.pool_count != former->nat.pool_count) {
		return false;
	}
	for (uint32_t i = 0; i < snapshot->nat.pool_count; i++) {
		if (!same_pool(&snapshot->nat.pools[i], &former->nat.pools[i])) {
			return false;
		}
	}
	return true;
}

void
nat_pools_apply(struct engine *engine, const struct snapshot *former)
{
	const struct snapshot_nat *nat = engine->snapshot == NULL ? NULL : &engine->snapshot->nat;

	for (uint32_t i = 0; i < engine->nat.pool_count; i++) {
		engine->nat.pools[i].ahead.drawn = false;
	}
	memset(engine->nat.guesses, 0xff, sizeof(engine->nat.guesses)); /* SNAPSHOT_NAT_NONE */
	if (same_pools(engine->snapshot, former)) {
		return;
	}
	nat_places_reset(&engine->nat.places);
	for (uint32_t i = 0; nat != NULL && i < engine->nat.pool_count; i++) {
		const struct snapshot_nat_pool *pool = i < nat->pool_count ? &nat->pools[i] : NULL;

		engine->nat.pools[i].first = pool != NULL && has_places(pool)
						 ? nat_places_assign(&engine->nat.places, pool->size)
						 : NAT_PLACE_NONE;
	}
	engine->nat.reopen = engine->tick + NAT_REST_TICKS + 1;
	engine->nat.reopens = engine->nat.ports.resting_head != engine->nat.ports.resting_tail;
}

bool
nat_pools_advance(struct engine *engine)
{
	if (engine->nat.reopens && (int32_t)(engine->tick - engine->nat.reopen) >= 0) {
		nat_places_open_all(&engine->nat.places);
		engine->nat.reopens = false;
	}
	return nat_ports_advance(&engine->nat.ports, engine->tick, WAKE_MOST);
}

void
nat_pool_port_release(struct engine *engine, const struct nat_holding *holding, bool rest)
{
	struct nat_pool_state *state = &engine->nat.pools[holding->pool];
	const struct snapshot_nat *snapshot = engine->snapshot == NULL ? NULL : &engine->snapshot->nat;
	const struct nat_space space =
	    nat_space_layer(nat_space_of(holding->address, holding->instance, holding->class), holding->layer);
	struct nat_place_of of = {rest ? NAT_MAP_RESTING : NAT_MAP_FREE, (uint32_t)holding->class};
	uint32_t place = NAT_PLACE_NONE;

	assert(state->counters.ports[holding->class] > 0);
	state->counters.ports[holding->class]--;
	if (snapshot != NULL && holding->pool < snapshot->pool_count &&
	    nat_pool_place(&snapshot->pools[holding->pool], holding->address, &place)) {
		state->hint = place;
		place = state->first == NAT_PLACE_NONE ? NAT_PLACE_NONE : state->first + place;
	} else {
		place = NAT_PLACE_NONE;
	}
	if (place != NAT_PLACE_NONE) {
		nat_places_open(&engine->nat.places, of, place);
	}
	if (rest) {
		nat_ports_give_place(&engine->nat.ports, space, holding->port, engine->tick, place);
	} else {
		nat_ports_give_at_once(&engine->nat.ports, space, holding->port);
	}
}
