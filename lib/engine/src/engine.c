/*
 * The engine's memory, configuration, clock and queues. See engine/engine.h for the life cycle.
 *
 * Memory, in this order, each part on a cache line: engine, session table, neighbours, claims,
 * datagrams, address translation, screens, answered SYNs, what is shared with other workers, units, policy counters,
 * outputs, events.
 */
#include "engine_private.h"

#include <string.h>

_Static_assert(SNAPSHOT_INSTANCES_MOST == FLOW_INSTANCES, "a flow's key has room for the instance");

enum {
	SESSIONS_MOST = 1 << 29,
	NAT_RESTING_MOST = 1 << 18,
	NAT_BLOCKS_MOST = 1 << 12,
	NAT_MAPPINGS_MOST = 1 << 16,
	OUTPUT_SPARE = 1024, /* places for packets of our own in one call */
	/*
	 * With 10,000 policies a new session takes 661 cycles when its burst is looked up together, else 736; with 100,000 it was
	 * 1261 without and 1150 when only the memory was fetched, and is 810. With 10 it would take 194 instructions more.
	 */
	FORESEEN_POLICIES = 100,
};

static uint32_t
output_places(const struct engine_config *config)
{
	uint32_t places = 1;

	const uint32_t relayed = config->workers > 1 ? RELAY_HELD : 0;

	while (places < config->held + config->fragments_held + relayed + 2 * ENGINE_BURST + OUTPUT_SPARE) {
		places *= 2;
	}
	return places;
}

static struct datagram_limits
datagram_limits(const struct engine_config *config)
{
	return (struct datagram_limits){
	    .entries = config->datagrams,
	    .pieces = config->fragments,
	    .held = config->fragments_held,
	};
}

/* At least half of the sessions' number, a power of two. */
static uint32_t
resting_for(uint32_t sessions)
{
	uint32_t resting = 64;

	while (resting < sessions / 2 && resting < NAT_RESTING_MOST) {
		resting *= 2;
	}
	return resting;
}

struct engine_config
engine_config_for(uint32_t sessions)
{
	return (struct engine_config){
	    .sessions = sessions,
	    .neighbours = 16384,
	    .held = 2048,
	    .claims = 4096,
	    .datagrams = 4096,
	    .fragments = 16384,
	    .fragments_held = 4096,
	    .events = 8192,
	    .policies = SNAPSHOT_POLICIES_MOST,
	    .policies_foreseen = FORESEEN_POLICIES,
	    .units = SNAPSHOT_UNITS_MOST,
	    .zones = SNAPSHOT_ZONES_MOST,
	    .nat_pools = SNAPSHOT_NAT_POOLS_MOST,
	    .nat_rules = SNAPSHOT_NAT_RULES_MOST,
	    .nat_blocks = sessions < NAT_BLOCKS_MOST ? sessions : NAT_BLOCKS_MOST,
	    .nat_resting = resting_for(sessions),
	    .nat_bindings = sessions,
	    .nat_mappings = sessions < NAT_MAPPINGS_MOST ? sessions : NAT_MAPPINGS_MOST,
	    .nat_remotes = sessions < NAT_MAPPINGS_MOST ? sessions * 2 : NAT_MAPPINGS_MOST * 2,
	    .workers = 1,
	};
}

static bool
config_sane(const struct engine_config *config)
{
	return config->sessions > 0 && config->sessions <= SESSIONS_MOST &&
	       config->neighbours > 0 && config->neighbours <= 1 << 24 && config->held <= 1 << 20 &&
	       config->claims > 0 && config->claims <= 1 << 20 &&
	       config->datagrams <= 1 << 20 && config->fragments <= 1 << 24 &&
	       config->fragments_held <= 1 << 20 && config->events >= 8 &&
	       config->events <= 1 << 24 && config->units > 0 &&
	       config->units <= UINT16_MAX && config->policies <= 1 << 26 &&
	       config->nat_pools <= SNAPSHOT_NAT_POOLS_MOST && config->nat_rules <= SNAPSHOT_NAT_RULES_MOST && config->nat_blocks <= 1 << 20 &&
	       config->nat_resting > 0 && config->nat_resting <= 1 << 24 &&
	       (config->nat_resting & (config->nat_resting - 1)) == 0 &&
	       config->nat_mappings > 0 && config->nat_mappings <= 1 << 24 && config->nat_remotes > 0 &&
	       config->nat_remotes <= 1 << 24 && config->nat_bindings <= 1 << 29 && config->worker < config->workers &&
	       config->workers <= ENGINE_WORKERS_MOST;
}

size_t
engine_size(const struct engine_config *config)
{
	const struct datagram_limits limits = datagram_limits(config);

	if (!config_sane(config)) {
		return 0;
	}
	return line_up(sizeof(struct engine)) + session_table_size(config->sessions) +
	       neighbour_table_size(config->neighbours, config->held) +
	       claim_table_size(config->claims, config->units) +
	       datagram_table_size(&limits) + nat_state_size(config) + screen_state_size(config) +
	       syn_state_size(config) +
	       sharing_size(config) +
	       config->units * sizeof(struct unit) +
	       line_up(config->policies * sizeof(struct engine_policy_counters)) +
	       line_up(output_places(config) * sizeof(struct engine_output)) +
	       line_up(config->events * sizeof(struct event));
}

static struct hash_key
draw_key(struct random_source *random)
{
	return (struct hash_key){.low = random_u64(random), .high = random_u64(random)};
}

struct engine *
engine_init(void *memory, size_t size, const struct engine_config *config)
{
	uint8_t *next = memory;
	const struct datagram_limits limits = datagram_limits(config);
	struct engine *engine = memory;

	if (!config_sane(config) || config->random == NULL || size < engine_size(config) ||
	    ((uintptr_t)memory & (CACHE_LINE - 1)) != 0) {
		return NULL;
	}
	next += line_up(sizeof(struct engine));
	engine->config = *config;
	session_table_init(&engine->table, next, config->sessions, draw_key(config->random), 0);
	engine->table.worker = config->worker;
	engine->table.workers = config->workers;
	next += session_table_size(config->sessions);
	neighbour_table_init(&engine->neighbours, next, config->neighbours, config->held,
	    draw_key(config->random), 0);
	next += neighbour_table_size(config->neighbours, config->held);
	claim_table_init(&engine->claims, next, config->claims, config->units, 0);
	next += claim_table_size(config->claims, config->units);
	datagram_table_init(&engine->datagrams, next, &limits, draw_key(config->random), 0);
	next += datagram_table_size(&limits);
	nat_state_init(&engine->nat, next, config);
	next += nat_state_size(config);
	screen_state_init(&engine->screens, next, config);
	next += screen_state_size(config);
	syn_state_init(&engine->syn, next, config);
	next += syn_state_size(config);
	sharing_init(&engine->sharing, next, config);
	next += sharing_size(config);
	engine->units = (struct unit *)(void *)next;
	next += config->units * sizeof(struct unit);
	engine->policies = (struct engine_policy_counters *)(void *)next;
	next += line_up(config->policies * sizeof(struct engine_policy_counters));
	engine->outputs = (struct engine_output *)(void *)next;
	engine->output_mask = output_places(config) - 1;
	next += line_up(output_places(config) * sizeof(struct engine_output));
	engine->events = (struct event *)(void *)next;
	engine->event_size = config->events;
	for (unsigned zone = 0; zone < REPLY_ZONES; zone++) {
		engine->reply_limits[zone][REPLY_ERROR] = reply_limit_share(config, ICMP_RATE);
		engine->reply_limits[zone][REPLY_TOO_LARGE] = reply_limit_share(config, ICMP_RATE);
		engine->reply_limits[zone][REPLY_RESET] = reply_limit_share(config, RESET_RATE);
	}
	engine->nat_limit = reply_limit_share(config, NAT_RECORDS);
	engine->drop_limit = reply_limit_share(config, DROP_RECORDS);
	assert((size_t)(next + line_up(config->events * sizeof(struct event)) -
			(uint8_t *)memory) == engine_size(config));
	return engine;
}

static void
take_unit(struct engine *engine, uint16_t number, const struct snapshot *snapshot)
{
	struct unit *unit = &engine->units[number];
	const struct snapshot_unit *from = &snapshot->units[number];
	const struct engine_unit_counters counters = unit->counters;

	*unit = (struct unit){.zone = SNAPSHOT_NONE, .port = SNAPSHOT_NONE, .counters = counters};
	if (!from->present) {
		return;
	}
	unit->flags = UNIT_PRESENT;
	unit->flags |= from->has_inet ? UNIT_INET : 0;
	unit->flags |= from->has_inet6 ? UNIT_INET6 : 0;
	unit->flags |= from->tunnel ? UNIT_TUNNEL : 0;
	unit->port = from->port;
	unit->vlan = from->vlan;
	unit->mtu = from->mtu;
	unit->mtu6 = from->mtu6;
	unit->mtu_least = from->has_inet6 && from->mtu6 < from->mtu ? from->mtu6 : from->mtu;
	unit->zone = from->zone;
	unit->instance = from->instance;
	unit->flags |= from->zone < snapshot->zone_count && snapshot->zones[from->zone].screens != NULL
			   ? UNIT_SCREENED
			   : 0;
	unit->flags |= engine->baseline != NULL ? UNIT_WATCHED : 0;
	unit->flags |= from->address_count > 1 ? UNIT_ADDRESSES : 0;
	if (from->address_count > 0) {
		unit->address = from->addresses[0].address;
		unit->prefix_length = from->addresses[0].length;
		unit->broadcast =
		    address_broadcast(from->addresses[0].address, from->addresses[0].length);
	}
	if (from->enabled && from->port < snapshot->port_count &&
	    snapshot->ports[from->port].present) {
		const struct snapshot_port *port = &snapshot->ports[from->port];

		unit->flags |= port->enabled ? UNIT_USABLE : 0;
		memcpy(unit->mac, port->mac, sizeof unit->mac);
	}
}

static uint8_t
tcp_checks_of(const struct snapshot *snapshot)
{
	if (snapshot == NULL) {
		return TCP_CHECK_WINDOW;
	}
	return (uint8_t)((snapshot->flow.sequence_check ? TCP_CHECK_WINDOW : 0) |
			 (snapshot->flow.reset_invalidates ? TCP_CHECK_RESET_ENDS : 0));
}

void
engine_apply(struct engine *engine, const struct snapshot *snapshot, const struct fib *fib)
{
	const struct snapshot *former = engine->snapshot;
	const bool changed = snapshot != former;

	engine->snapshot = snapshot;
	engine->fib = fib;
	engine->generation++;
	if (!changed) {
		return;
	}
	engine->snapshot_generation = engine->generation;
	engine->tcp_checks = tcp_checks_of(snapshot);
	engine->segment_most = snapshot == NULL ? 0 : snapshot->flow.segment_most;
	for (uint32_t i = 0; i < engine->config.units; i++) {
		if (snapshot != NULL && i < snapshot->unit_count) {
			take_unit(engine, (uint16_t)i, snapshot);
		} else {
			engine->units[i].flags = 0;
			engine->units[i].zone = SNAPSHOT_NONE;
		}
	}
	owned6_apply(engine);
	engine->log_drops = snapshot == NULL ? 0 : snapshot->flow.log_drops;
	aging_apply(engine);
	screen_limits_apply(engine);
	neighbour_sweep(engine);
	claims_apply(engine);
	nat_pools_apply(engine, former);
	nat_announce_apply(engine, former);
	nat_persistent_apply(engine);
	session_sweep_begin(engine);
	if (snapshot == NULL) {
		datagram_close(engine);
		relay_close(engine);
	}
}

void
engine_set_wall(struct engine *engine, uint64_t now, int64_t utc_microseconds)
{
	engine->wall_offset = utc_microseconds - (int64_t)(now / 1000);
}

bool
engine_advance(struct engine *engine, uint64_t now)
{
	assert(now >= engine->now);
	engine->now = now;
	engine->tick = (uint32_t)(now / TICK_NS);
	/* Of what ends the others have to hear: without room for it all waits. */
	const bool told = !engine_shares(engine) || sharing_may_advance(engine);
	const bool sessions = !told || session_advance(engine);
	const bool swept = told && session_sweep_advance(engine);
	const bool neighbours = neighbour_advance(engine);
	const bool claims = claims_advance(engine);
	const bool advertisers = advertise_advance(engine);
	const bool datagrams = datagram_advance(engine);

	relay_advance(engine);
	if (engine_shares(engine) && told) {
		referrals_advance(engine);
	}
	const bool ports = nat_pools_advance(engine);
	const bool mappings = nat_persistent_advance(engine);
	const bool announcements = nat_announce_advance(engine);
	const bool screens = told && screen_advance(engine);
	const bool baseline = baseline_advance(engine);
	const bool halves = syn_queue_advance(engine);

	return swept || baseline || halves || screens || ports || mappings || announcements || sessions || neighbours || claims || advertisers || datagrams;
}

uint32_t
engine_take_output(struct engine *engine, struct engine_output *outputs, uint32_t max)
{
	uint32_t count = 0;

	while (count < max && engine->output_head != engine->output_tail) {
		outputs[count] = engine->outputs[engine->output_head & engine->output_mask];
		engine->output_head++;
		count++;
	}
	return count;
}

bool
engine_take_event(struct engine *engine, struct event *event)
{
	if (engine->event_count == 0) {
		return false;
	}
	*event = engine->events[engine->event_head];
	engine->event_count--;
	/*
	 * Empty, it begins anew: the same few lines are written again and stay in the cache, where the whole ring would not find
	 * room.
	 */
	engine->event_head =
	    engine->event_count == 0 || engine->event_head + 1 == engine->event_size ? 0 : engine->event_head + 1;
	return true;
}
