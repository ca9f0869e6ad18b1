/*
 * What `show` and `clear` read and do, in bounded steps.
 */
#include "engine_private.h"

static uint8_t
state_of(const struct session_common *common)
{
	if (common->protocol != IPV4_PROTOCOL_TCP) {
		return SESSION_OPEN;
	}
	switch ((enum tcp_state)common->tcp) {
	case TCP_STATE_NONE:
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_BOTH:
	case TCP_STATE_SYN_BOTH_FORTH:
	case TCP_STATE_SYN_BOTH_BACK:
	case TCP_STATE_SYN_RECEIVED:
	case TCP_STATE_EARLY_FIN:
	case TCP_STATE_PICKUP:
		return SESSION_TCP_OPENING;
	case TCP_STATE_ESTABLISHED:
		return SESSION_TCP_ESTABLISHED;
	case TCP_STATE_FIN_FORTH:
	case TCP_STATE_FIN_BACK:
		return SESSION_TCP_CLOSING;
	case TCP_STATE_CLOSED:
	case TCP_STATE_RESET:
	case TCP_STATE_COUNT:
		return SESSION_TCP_CLOSED;
	}
	return SESSION_TCP_CLOSED;
}

uint8_t
session_nat_bits(const struct session *session)
{
	const uint16_t flags = session->common.flags;
	const struct flow_fields forth = flow_fields_of(session->forth.key);
	const struct flow_fields back = flow_fields_of(session->back.key);
	uint8_t bits = 0;

	if ((flags & SESSION_NAT) == 0) {
		return 0;
	}
	if (forth.source != back.destination ||
	    (forth.protocol != IPV4_PROTOCOL_ICMP && forth.source_port != back.destination_port)) {
		bits |= SESSION_NAT_SOURCE;
	}
	if (forth.destination != back.source ||
	    (forth.protocol != IPV4_PROTOCOL_ICMP && forth.destination_port != back.source_port)) {
		bits |= SESSION_NAT_DESTINATION;
	}
	if ((flags & (SESSION_NAT_STATIC_SOURCE | SESSION_NAT_STATIC_DESTINATION)) != 0) {
		bits |= SESSION_NAT_BY_STATIC;
	}
	return bits;
}

static void
view_session(const struct engine *engine, uint32_t index, uint32_t tick, uint64_t now,
    struct engine_session_view *view)
{
	const struct session *session = &engine->table.sessions[index];
	const struct session_common *common = &session->common;
	const struct session_rare *rare = &engine->table.rare[index];
	const struct flow *flows[2] = {&session->forth, &session->back};
	const uint32_t timeout = session_base(common) - session_cut(engine, common);
	const int32_t left = (int32_t)(session_end_tick(engine, common) - tick);

	*view = (struct engine_session_view){
	    .session = common->number,
	    .policy = common->policy,
	    .application = rare->application,
	    .timeout = timeout / TICKS_A_SECOND,
	    .left = left > 0 ? ((uint32_t)left + TICKS_A_SECOND - 1) / TICKS_A_SECOND : 0,
	    .age = (uint32_t)((now - rare->created) / 1000000000ULL),
	    .from_zone = common->zone[SESSION_FORTH],
	    .to_zone = common->zone[SESSION_BACK],
	    .worker = common->owner,
	    .protocol = common->protocol,
	    .state = state_of(common),
	    .icmp_type = rare->icmp_type,
	    .icmp_code = rare->icmp_code,
	    .nat = session_nat_bits(session),
	    .nat_pool = rare->nat_pool,
	};
	for (unsigned i = 0; i < 2; i++) {
		const struct flow_fields fields = flow_fields_of(flows[i]->key);
		const struct flow_addresses addresses =
		    session_addresses_of(&engine->table, session, i);

		view->source[i] = addresses.source;
		view->destination[i] = addresses.destination;
		view->source_port[i] = fields.source_port;
		view->destination_port[i] = fields.destination_port;
		view->instance[i] = fields.instance;
		view->packets[i] = flows[i]->packets;
		view->bytes[i] = flows[i]->bytes;
	}
	view->unit[SESSION_FORTH] = common->in_unit;
	view->unit[SESSION_BACK] = session->forth.out_unit;
}

uint32_t
engine_list_sessions(const struct engine *engine, uint64_t now, uint32_t *cursor, uint32_t steps,
    struct engine_session_view *views, uint32_t max)
{
	const uint32_t tick = (uint32_t)(now / TICK_NS);
	uint32_t count = 0;
	uint32_t index = *cursor;

	for (uint32_t i = 0; i < steps && count < max && index < engine->table.fresh; i++, index++) {
		const struct session_common *common = &engine->table.sessions[index].common;

		/* One whose time is over is gone, even when the wheel has not come by. */
		if (common->number != 0 &&
		    (int32_t)(session_end_tick(engine, common) - tick) > 0) {
			view_session(engine, index, tick, now, &views[count]);
			count++;
		}
	}
	*cursor = index < engine->table.fresh ? index : UINT32_MAX;
	return count;
}

bool
engine_clear_session(struct engine *engine, uint64_t now, uint64_t number)
{
	struct session *session = session_table_by_number(&engine->table, number);

	assert(now >= engine->now);
	engine->now = now;
	engine->tick = (uint32_t)(now / TICK_NS);
	if (session == NULL) {
		return false;
	}
	session_end(engine, session, REASON_CLOSE_CLEARED);
	return true;
}

uint32_t
engine_list_neighbours(const struct engine *engine, uint64_t now, uint32_t *cursor,
    struct engine_neighbour_view *views, uint32_t max)
{
	const struct neighbour_table *table = &engine->neighbours;
	const uint32_t tick = (uint32_t)(now / TICK_NS);
	uint32_t count = 0;
	uint32_t index = *cursor;

	for (; count < max && index < table->capacity; index++) {
		const struct neighbour *entry = &table->entries[index];

		if (entry->state == NEIGHBOUR_ABSENT) {
			continue;
		}
		const int32_t left = entry->state == NEIGHBOUR_PERMANENT
					 ? 0
					 : (int32_t)(entry->link.deadline - tick);

		views[count] = (struct engine_neighbour_view){
		    .address = entry->address,
		    .age = (tick - entry->confirmed) / TICKS_A_SECOND,
		    .left = left > 0 ? (uint32_t)left / TICKS_A_SECOND : 0,
		    .unit = entry->unit,
		    .state = entry->state,
		    .router = entry->router,
		};
		__builtin_memcpy(views[count].mac, entry->mac, sizeof entry->mac);
		count++;
	}
	*cursor = index < table->capacity ? index : UINT32_MAX;
	return count;
}

uint64_t
engine_reason_count(const struct engine *engine, enum reason reason)
{
	return reason < REASON_COUNT ? engine->reasons[reason] : 0;
}

struct engine_policy_counters
engine_policy_counters(const struct engine *engine, uint32_t policy)
{
	return policy < engine->config.policies ? engine->policies[policy]
						: (struct engine_policy_counters){0};
}

void
engine_clear_policy_hits(struct engine *engine, uint32_t policy)
{
	if (policy < engine->config.policies) {
		engine->policies[policy].hits = 0;
	}
}

struct engine_unit_counters
engine_unit_counters(const struct engine *engine, uint16_t unit)
{
	return unit < engine->config.units ? engine->units[unit].counters
					   : (struct engine_unit_counters){0};
}

void
engine_clear_unit_counters(struct engine *engine, uint16_t unit)
{
	if (unit < engine->config.units) {
		engine->units[unit].counters = (struct engine_unit_counters){0};
	}
}

uint32_t
engine_session_count(const struct engine *engine)
{
	return engine->table.count;
}

uint32_t
engine_session_capacity(const struct engine *engine)
{
	return engine->table.capacity;
}

struct engine_datagram_counts
engine_datagram_counts(const struct engine *engine)
{
	const struct datagram_table *table = &engine->datagrams;

	return (struct engine_datagram_counts){
	    .datagrams = table->used[DATAGRAM_ENTRIES],
	    .datagrams_most = table->most[DATAGRAM_ENTRIES],
	    .held = table->used[DATAGRAM_HELD],
	    .held_most = table->most[DATAGRAM_HELD],
	};
}
