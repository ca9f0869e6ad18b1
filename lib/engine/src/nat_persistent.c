/*
 * Persistent NAT: a rule that has it gives all sessions from one address and port of a host the same outside, and lets inbound
 * packets to it in: everybody's, those of hosts that the host has sent to, or of their same ports only. The policies judge them
 * as from where they come to where the host is.
 *
 * A mapping (nat_mappings.h) holds what it has of its pool, in the sessions' place; they count in it. Without sessions it stays for
 * the rule's inactivity-timeout. It admits while the rule still says so and the pool still has what it holds; a rule's other
 * words (who may send, how long, how many) count from the commit on. The filter is endpoint-dependent as RFC 4787 5 has it.
 *
 * What a rule matches counts from the commit on as well. A mapping remembers the host's packet that it was given to last, and
 * when it is used first after a change of the configuration, the rules are asked whose that packet would be now: with its
 * source, destination, ports and protocol, and the interfaces that it came in and left by. If none would have it, or one that
 * gives another pool or keeps nothing, or the host has a static mapping now, the mapping does not count any more: nobody gets in, and it goes with its last session.
 * Only the last destination is remembered: a rule that is narrowed to others ends the mapping, though it may cover some that the
 * host sent to before. It then gets another one with its next packet.
 */
#include "engine_private.h"

#include "nat_rewrite.h"

enum {
	DUE_MOST = 64, /* mappings that one call ends */
};

bool
nat_persistent_fits(const struct engine *engine, const struct item *item, const struct snapshot_nat_source *source,
    uint16_t pool)
{
	if (source->persistent == NAT_PERSISTENT_NONE || pool >= engine->snapshot->nat.pool_count) {
		return false;
	}
	return source->persistent_address || nat_has_ports(item->protocol);
}

/* Does a pool still have what the mapping has of it? */
static bool
pool_has(const struct snapshot_nat *nat, const struct nat_mapping *mapping)
{
	uint32_t place;

	if (mapping->held_pool >= nat->pool_count || !nat->pools[mapping->held_pool].present) {
		return false;
	}
	const struct snapshot_nat_pool *pool = &nat->pools[mapping->held_pool];

	if (!nat_pool_place(pool, mapping->outside.address, &place)) {
		return false;
	}
	switch ((enum nat_pool_kind)pool->kind) {
	case NAT_POOL_STATIC:
		return mapping->held == 0 && mapping->inside.host - pool->host_low == place;
	case NAT_POOL_ADDRESSES:
		return (mapping->held & SESSION_NAT_BINDING) != 0 && (mapping->held & SESSION_NAT_PORT) == 0;
	case NAT_POOL_PORTS:
		break;
	}
	return (mapping->held & SESSION_NAT_PORT) != 0 && mapping->outside.port >= pool->port_low &&
	    mapping->outside.port <= pool->port_high;
}

/* Has the host a static mapping for that packet, which goes before all rules? */
static bool
mapped_since(const struct engine *engine, const struct nat_mapping *mapping)
{
	const struct nat_meeting *meeting = &mapping->meeting;
	const struct nat_host host = {
	    .address = mapping->inside.host,
	    .remote = meeting->destination,
	    .port = meeting->source_port,
	    .remote_port = meeting->destination_port,
	    .unit = meeting->out_unit,
	    .instance = mapping->inside.instance,
	    .protocol = meeting->protocol,
	};
	uint16_t port = 0;

	return nat_static_host(&engine->snapshot->nat, &host, &port) != NULL;
}

/* The configuration is another one: is its host still somebody's? */
static void
ask_again(const struct engine *engine, struct nat_mapping *mapping)
{
	const uint16_t rule = nat_rules_again(engine, mapping->inside.host, &mapping->meeting);

	mapping->generation = engine->snapshot_generation;
	mapping->uncovered = rule == SNAPSHOT_NAT_NONE || mapped_since(engine, mapping);
	mapping->rule = mapping->uncovered ? mapping->rule : rule;
}

/* The rules have just given it to the host's packet. */
static void
confirm(const struct engine *engine, const struct item *item, const struct admission *admission, struct nat_mapping *mapping)
{
	const struct flow_fields fields = flow_fields_of(item->key);
	const struct translation *nat = admission->nat;

	mapping->meeting = (struct nat_meeting){
	    .destination = nat->destination,
	    .destination_port = nat->destination_port,
	    .source_port = fields.source_port,
	    .in_unit = item->unit,
	    .out_unit = admission->way.unit,
	    .protocol = fields.protocol,
	};
	mapping->generation = engine->snapshot_generation;
	mapping->uncovered = false;
	mapping->rule = nat->rule;
}

/* What the rule says that the mapping is of; NULL: nothing any more. */
static const struct snapshot_nat_source *
source_of(const struct engine *engine, struct nat_mapping *mapping)
{
	const struct snapshot_nat *nat = engine->snapshot == NULL ? NULL : &engine->snapshot->nat;

	if (nat == NULL) {
		return NULL;
	}
	if (mapping->generation != engine->snapshot_generation) {
		ask_again(engine, mapping);
	}
	if (mapping->uncovered || mapping->rule >= nat->rule_count || !nat->rules[mapping->rule].present ||
	    nat->rules[mapping->rule].kind != NAT_RULE_SOURCE || nat->rules[mapping->rule].action >= nat->source_count) {
		return NULL;
	}
	const struct snapshot_nat_source *source = &nat->sources[nat->rules[mapping->rule].action];

	if (source->persistent == NAT_PERSISTENT_NONE || source->persistent_address != (mapping->outside.protocol == 0) ||
	    (source->kind == NAT_SOURCE_POOLS ? source->pool_count == 0 || source->pools[0] != mapping->inside.pool :
						source->kind != NAT_SOURCE_INTERFACE)) {
		return NULL;
	}
	return pool_has(nat, mapping) ? source : NULL;
}

/* What it holds goes back. => it has no sessions */
static void
drop(struct engine *engine, uint32_t index)
{
	const struct nat_mapping *mapping = &engine->nat.mappings.entries[index];
	const struct nat_holding holding = {
	    .host = mapping->inside.host,
	    .address = mapping->outside.address,
	    .host_instance = mapping->inside.instance,
	    .instance = mapping->held_instance,
	    .port = mapping->outside.port,
	    .pool = mapping->held_pool,
	    .flags = mapping->held,
	    .protocol = mapping->host_protocol,
	    .class = nat_class_of(mapping->outside.protocol),
	};

	nat_mappings_remove(&engine->nat.mappings, index);
	nat_pool_release(engine, &holding, true);
}

/* It does not stand any more: nobody gets in by it. */
static void
discard(struct engine *engine, uint32_t index)
{
	if (engine->nat.mappings.entries[index].sessions > 0) {
		nat_mappings_detach(&engine->nat.mappings, index);
	} else {
		drop(engine, index);
	}
}

/* A new mapping with what the pool gives it. */
static enum reason
make(struct engine *engine, const struct item *item, const struct nat_inside *inside, struct translation *nat,
    uint32_t *index)
{
	struct nat_mappings *mappings = &engine->nat.mappings;
	const bool address = inside->protocol == 0;

	nat->exclusive = true;
	const enum reason reason = nat_pool_take(engine, item, inside->pool, nat);

	if (reason != REASON_NONE) {
		return reason;
	}
	if (nat->source == inside->host && (nat->flags & (SESSION_NAT_PORT | SESSION_NAT_BINDING)) == 0) {
		return REASON_NONE; /* no place of a pool by position is his: he stays as he is */
	}
	const struct nat_outside outside = {
	    .address = nat->source,
	    .port = address ? 0 : nat->source_port,
	    .instance = engine->units[nat->unit].instance,
	    .protocol = inside->protocol,
	};
	const uint32_t former = nat_mappings_find_outside(mappings, &outside);

	if (former != NAT_MAPPING_NONE) {
		discard(engine, former); /* of a pool that was another one then */
	}
	*index = nat_mappings_add(mappings, inside, &outside);
	if (*index == NAT_MAPPING_NONE) {
		nat_pool_give_back(engine, item, nat);
		return REASON_NAT_BINDINGS_FULL;
	}
	struct nat_mapping *mapping = &mappings->entries[*index];

	mapping->held_pool = nat->pool;
	mapping->held_instance = nat->instance;
	mapping->held = nat->flags & (SESSION_NAT_PORT | SESSION_NAT_BINDING | SESSION_NAT_PROTOCOL);
	mapping->host_protocol = item->protocol;
	nat->flags &= (uint16_t)~(SESSION_NAT_PORT | SESSION_NAT_BINDING | SESSION_NAT_PROTOCOL);
	return REASON_NONE;
}

enum reason
nat_persistent_take(struct engine *engine, const struct item *item, const struct admission *admission, uint16_t pool)
{
	struct nat_mappings *mappings = &engine->nat.mappings;
	struct translation *nat = admission->nat;
	const struct snapshot_nat_source *wanted = nat->persistent;

	if (engine->config.worker != 0) {
		return REASON_HANDED_OFF; /* whose all mappings are */
	}
	const struct flow_fields fields = flow_fields_of(item->key);
	const struct nat_inside inside = {
	    .host = fields.source,
	    .port = wanted->persistent_address ? 0 : fields.source_port,
	    .instance = fields.instance,
	    .pool = pool,
	    .protocol = wanted->persistent_address ? 0 : fields.protocol,
	};
	uint32_t index = nat_mappings_find_inside(mappings, &inside);

	if (index != NAT_MAPPING_NONE) {
		struct nat_mapping *known = &mappings->entries[index];

		confirm(engine, item, admission, known);
		if (known->outside.instance != engine->units[nat->unit].instance || source_of(engine, known) == NULL) {
			discard(engine, index);
			index = NAT_MAPPING_NONE;
		} else if (known->sessions >= wanted->persistent_sessions) {
			nat_pool_count_failure(engine, pool);
			return REASON_NAT_MAPPING_SESSIONS;
		}
	}
	if (index == NAT_MAPPING_NONE) {
		const enum reason reason = make(engine, item, &inside, nat, &index);

		if (reason != REASON_NONE || index == NAT_MAPPING_NONE) {
			return reason;
		}
	}
	struct nat_mapping *mapping = &mappings->entries[index];

	confirm(engine, item, admission, mapping);
	nat->source = mapping->outside.address;
	nat->source_port = mapping->outside.protocol == 0 ? nat->source_port : mapping->outside.port;
	nat->pool = mapping->held_pool;
	nat->mapping = index + 1;
	nat->flags |= SESSION_NAT_PERSISTENT;
	return REASON_NONE;
}

void
nat_persistent_give_up(struct engine *engine, struct translation *nat)
{
	const uint32_t index = nat->mapping - 1;

	assert(nat->mapping > 0);
	/* One that waits already has its timer; a new one is nobody's. */
	if (engine->nat.mappings.entries[index].sessions == 0 && !wheel_armed(&engine->nat.mappings.wheel, index)) {
		drop(engine, index);
	}
	nat->mapping = 0;
	nat->flags &= (uint16_t)~SESSION_NAT_PERSISTENT;
}

/* Has the host sent to whoever the packet is from? */
static bool
may_send(const struct nat_mappings *mappings, uint32_t index, const struct snapshot_nat_source *source,
    const struct flow_fields *fields)
{
	switch ((enum nat_persistent_kind)source->persistent) {
	case NAT_PERSISTENT_NONE:
		return false;
	case NAT_PERSISTENT_ANY_REMOTE_HOST:
		return true;
	case NAT_PERSISTENT_TARGET_HOST:
		return nat_mappings_noted(mappings, index, fields->source, 0);
	case NAT_PERSISTENT_TARGET_HOST_PORT:
		return nat_mappings_noted(mappings, index, fields->source, fields->source_port);
	}
	return false;
}

void
nat_persistent_apply(struct engine *engine)
{
	const struct snapshot_nat *nat = engine->snapshot == NULL ? NULL : &engine->snapshot->nat;

	engine->nat.persistent_elsewhere = false;
	for (uint16_t i = 0; nat != NULL && engine->config.worker != 0 && i < nat->source_count; i++) {
		engine->nat.persistent_elsewhere |= nat->sources[i].persistent != NAT_PERSISTENT_NONE;
	}
}

bool
nat_persistent_covers(const struct engine *engine, uint32_t address)
{
	const struct snapshot_nat *nat = &engine->snapshot->nat;
	uint32_t place;

	for (uint16_t i = 0; i < nat->source_count; i++) {
		const struct snapshot_nat_source *source = &nat->sources[i];
		const bool pool = source->persistent != NAT_PERSISTENT_NONE && source->kind == NAT_SOURCE_POOLS &&
				  source->pool_count > 0 && source->pools[0] < nat->pool_count;

		if (pool && nat_pool_place(&nat->pools[source->pools[0]], address, &place)) {
			return true;
		}
	}
	return false; /* those of interfaces are ours, and are handed over for that */
}

void
nat_persistent_find(const struct engine *engine, const struct flow_fields *fields, struct nat_public *public)
{
	const struct nat_mappings *mappings = &engine->nat.mappings;
	struct nat_outside outside = {
	    .address = fields->destination,
	    .port = fields->destination_port,
	    .instance = fields->instance,
	    .protocol = fields->protocol,
	};
	uint32_t index = NAT_MAPPING_NONE;

	if (nat_has_ports(fields->protocol)) {
		index = nat_mappings_find_outside(mappings, &outside);
	}
	if (index == NAT_MAPPING_NONE && mappings->address_count > 0) {
		outside.port = 0;
		outside.protocol = 0;
		index = nat_mappings_find_outside(mappings, &outside);
	}
	if (index == NAT_MAPPING_NONE) {
		return;
	}
	struct nat_mapping *mapping = &mappings->entries[index];
	const struct snapshot_nat_source *source = source_of(engine, mapping);

	if (source == NULL) {
		public->lapsed = index + 1;
		return;
	}
	public->filtered = !may_send(mappings, index, source, fields);
	public->found = !public->filtered;
	public->destination = mapping->inside.host;
	public->port = mapping->inside.port;
	public->instance = mapping->inside.instance;
	public->persistent = index + 1;
}

void
nat_persistent_remove(struct engine *engine, struct nat_public *public)
{
	assert(public->lapsed > 0);
	discard(engine, public->lapsed - 1);
	public->lapsed = 0;
}

bool
nat_persistent_full(const struct engine *engine, const struct nat_public *public)
{
	struct nat_mapping *mapping = &engine->nat.mappings.entries[public->persistent - 1];
	const struct snapshot_nat_source *source = source_of(engine, mapping);

	return source == NULL || mapping->sessions >= source->persistent_sessions;
}

static void
join(struct engine *engine, uint32_t number)
{
	struct nat_mappings *mappings = &engine->nat.mappings;

	if (number == 0) {
		return;
	}
	mappings->entries[number - 1].sessions++;
	if (wheel_armed(&mappings->wheel, number - 1)) {
		wheel_cancel(&mappings->wheel, number - 1);
	}
}

void
nat_persistent_start(struct engine *engine, const struct session *session, const struct admission *admission)
{
	struct nat_mappings *mappings = &engine->nat.mappings;
	const struct translation *nat = admission->nat;
	const struct nat_session_mappings row = {
	    .source = nat->mapping,
	    .destination = admission->public == NULL ? 0 : admission->public->persistent,
	};

	engine->nat.session_mappings[session_index(&engine->table, session)] = row;
	join(engine, row.source);
	join(engine, row.destination);
	if (row.source != 0 && nat->persistent->persistent != NAT_PERSISTENT_ANY_REMOTE_HOST) {
		nat_mappings_note(mappings, row.source - 1, nat->destination,
		    nat->persistent->persistent == NAT_PERSISTENT_TARGET_HOST ? 0 : nat->destination_port);
	}
}

static void
leave(struct engine *engine, uint32_t number)
{
	struct nat_mappings *mappings = &engine->nat.mappings;
	const uint32_t index = number - 1;

	if (number == 0) {
		return;
	}
	struct nat_mapping *mapping = &mappings->entries[index];

	assert(mapping->used && mapping->sessions > 0);
	if (--mapping->sessions > 0) {
		return;
	}
	const struct snapshot_nat_source *source = mapping->detached ? NULL : source_of(engine, mapping);

	if (source == NULL) {
		drop(engine, index);
		return;
	}
	timer_arm(&mappings->wheel, engine->tick, index, engine->tick + (uint32_t)source->persistent_seconds * TICKS_A_SECOND);
}

void
nat_persistent_end(struct engine *engine, const struct session *session)
{
	struct nat_session_mappings *row = &engine->nat.session_mappings[session_index(&engine->table, session)];
	const struct nat_session_mappings ended = *row;

	*row = (struct nat_session_mappings){0};
	leave(engine, ended.source);
	leave(engine, ended.destination);
}

bool
nat_persistent_stands(const struct engine *engine, const struct session *session)
{
	const struct nat_session_mappings *row =
	    &engine->nat.session_mappings[session_index(&engine->table, session)];
	struct nat_mapping *mapping;

	if (row->destination == 0) {
		return true;
	}
	mapping = &engine->nat.mappings.entries[row->destination - 1];
	return !mapping->detached && source_of(engine, mapping) != NULL;
}

bool
nat_persistent_instance(const struct engine *engine, const struct session *session, uint16_t *instance)
{
	const struct nat_session_mappings *row =
	    &engine->nat.session_mappings[session_index(&engine->table, session)];

	if (row->destination == 0) {
		return false;
	}
	*instance = engine->nat.mappings.entries[row->destination - 1].inside.instance;
	return true;
}

bool
nat_persistent_advance(struct engine *engine)
{
	struct nat_mappings *mappings = &engine->nat.mappings;
	uint32_t due[DUE_MOST];

	if (mappings->wheel.armed == 0) {
		return false;
	}
	const uint32_t count = wheel_advance(&mappings->wheel, engine->tick, due, DUE_MOST);

	for (uint32_t i = 0; i < count; i++) {
		assert(mappings->entries[due[i]].sessions == 0);
		drop(engine, due[i]);
	}
	return wheel_behind(&mappings->wheel, engine->tick);
}

static struct engine_nat_mapping_view
view_of(const struct engine *engine, uint32_t index)
{
	const struct nat_mappings *mappings = &engine->nat.mappings;
	struct nat_mapping *mapping = &mappings->entries[index];
	const struct snapshot_nat_source *source = mapping->detached ? NULL : source_of(engine, mapping);
	const uint32_t left = mapping->sessions > 0 ? 0 : mapping->link.deadline - engine->tick;

	return (struct engine_nat_mapping_view){
	    .host = mapping->inside.host,
	    .address = mapping->outside.address,
	    .host_port = mapping->inside.port,
	    .port = mapping->outside.port,
	    .protocol = mapping->inside.protocol,
	    .host_instance = mapping->inside.instance,
	    .instance = mapping->outside.instance,
	    .pool = mapping->inside.pool,
	    .rule = mapping->rule,
	    .kind = source == NULL ? NAT_PERSISTENT_NONE : source->persistent,
	    .sessions = mapping->sessions,
	    .sessions_most = source == NULL ? 0 : source->persistent_sessions,
	    .seconds = source == NULL ? 0 : source->persistent_seconds,
	    .left = (left + TICKS_A_SECOND - 1) / TICKS_A_SECOND,
	    .remotes = mapping->remote_count,
	};
}

uint32_t
engine_list_nat_mappings(const struct engine *engine, uint32_t *cursor, uint32_t slots,
    struct engine_nat_mapping_view *views, uint32_t most)
{
	const struct nat_mappings *mappings = &engine->nat.mappings;
	uint32_t count = 0;

	while (*cursor < mappings->fresh && slots-- > 0 && count < most) {
		const uint32_t index = (*cursor)++;

		if (mappings->entries[index].used) {
			views[count++] = view_of(engine, index);
		}
	}
	if (*cursor >= mappings->fresh) {
		*cursor = UINT32_MAX;
	}
	return count;
}

bool
engine_clear_nat_mapping(struct engine *engine, const struct engine_nat_mapping_view *view)
{
	const struct nat_inside inside = {
	    .host = view->host,
	    .port = view->host_port,
	    .instance = view->host_instance,
	    .pool = view->pool,
	    .protocol = view->protocol,
	};
	const uint32_t index = nat_mappings_find_inside(&engine->nat.mappings, &inside);

	if (index == NAT_MAPPING_NONE || engine->nat.mappings.entries[index].sessions > 0) {
		return false;
	}
	drop(engine, index);
	return true;
}

struct engine_nat_mapping_counts
engine_nat_mapping_counts(const struct engine *engine)
{
	const struct nat_mappings *mappings = &engine->nat.mappings;

	return (struct engine_nat_mapping_counts){
	    .mappings = mappings->count,
	    .mappings_most = mappings->capacity,
	    .remotes = mappings->remote_count,
	    .remotes_most = mappings->remote_capacity,
	};
}
