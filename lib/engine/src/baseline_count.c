/*
 * What a baseline counts of packets and sessions. Packets as the screens that count see them: all that come in from a zone
 * and have a header that can be read, of fragments the first, whatever becomes of them afterwards.
 *
 * Without a baseline none of this is called: packets come here by a unit's flag, sessions by the counts of their limits.
 */
#include "engine_private.h"

#include "baseline_private.h"
#include "wire/icmp.h"

enum {
	SESSIONS_A_STEP = 64, /* that are counted before the measurement begins */
};

static struct ipv6_address
source_of(const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0 ? item->addresses.source : ipv6_mapped(item->source);
}

static struct ipv6_address
destination_of(const struct item *item)
{
	return (item->flags & ITEM_IPV6) != 0 ? item->addresses.destination : ipv6_mapped(item->destination);
}

/* One more of all that comes from the zone, in the second that is under way. */
static void
count_zone(struct baseline *baseline, uint32_t place, enum baseline_measure measure)
{
	baseline->states[place].second[measure]++;
}

static void
count_address(struct engine *engine, uint32_t place, enum baseline_measure measure, struct ipv6_address address, uint16_t port)
{
	const struct baseline_key key = {
	    .address = address,
	    .port = port,
	    .place = (uint8_t)place,
	    .measure = (uint8_t)measure,
	};

	baseline_window(engine->baseline, &key, engine->now)->count++;
}

static void
count_segment(struct engine *engine, const struct item *item, uint32_t place, struct baseline_counts *counts)
{
	const uint8_t flags = item->segment.header.flags;

	counts->close += (flags & (TCP_FIN | TCP_RST)) != 0;
	if (!tcp_is_start(flags)) {
		return;
	}
	counts->syn++;
	count_zone(engine->baseline, place, BASELINE_SYN_RATE);
	count_address(engine, place, BASELINE_SYN_RATE_SOURCE, source_of(item), 0);
	count_address(engine, place, BASELINE_SYN_RATE_DESTINATION, destination_of(item), 0);
	count_address(engine, place, BASELINE_SYN_RATE_SERVICE, destination_of(item), item->segment.header.destination_port);
}

_Static_assert(BASELINE_UDP_RATE_SOURCE == BASELINE_UDP_RATE + 1 && BASELINE_UDP_RATE_DESTINATION == BASELINE_UDP_RATE + 2 &&
    BASELINE_ICMP_RATE_SOURCE == BASELINE_ICMP_RATE + 1 && BASELINE_ICMP_RATE_DESTINATION == BASELINE_ICMP_RATE + 2,
    "rows of one kind stand in the order zone, source, destination");

/* => `all` is a row of scope ZONE; those of addresses follow it */
static void
count_pair(struct engine *engine, const struct item *item, uint32_t place, enum baseline_measure all)
{
	count_zone(engine->baseline, place, all);
	count_address(engine, place, all + 1, source_of(item), 0);
	count_address(engine, place, all + 2, destination_of(item), 0);
}

static void
count_packet(struct engine *engine, const struct item *item, uint32_t place, enum reason reason)
{
	struct baseline_counts *counts = &engine->baseline->states[place].counts;
	const bool icmp = item->protocol == IPV4_PROTOCOL_ICMP || item->protocol == IPV6_NEXT_ICMP;

	engine->baseline->touched = true;
	counts->packets += 1U + item->packet->segments_more;
	if (reason != REASON_NONE) {
		counts->errors++;
		return;
	}
	counts->octets += item->length;
	counts->fragments += (item->flags & ITEM_FRAGMENT) != 0;
	counts->tcp += item->protocol == IPV4_PROTOCOL_TCP;
	counts->udp += item->protocol == IPV4_PROTOCOL_UDP;
	counts->icmp += icmp;
	if (!screen_begins_datagram(item)) {
		return;
	}
	if (item->protocol == IPV4_PROTOCOL_UDP) {
		count_pair(engine, item, place, BASELINE_UDP_RATE);
	} else if (screen_is_echo(item)) {
		counts->echo++;
		count_pair(engine, item, place, BASELINE_ICMP_RATE);
	} else if (item->protocol == IPV4_PROTOCOL_TCP && (item->flags & ITEM_FRAGMENT) == 0) {
		count_segment(engine, item, place, counts);
	}
}

enum reason
baseline_packet(struct engine *engine, struct item *item, enum reason reason)
{
	const struct unit *unit = &engine->units[item->unit];

	if ((unit->flags & UNIT_WATCHED) != 0 && engine->baseline->going) {
		const uint32_t place = baseline_place(engine->baseline, item->zone);

		baseline_roll(engine->baseline, engine->now);
		if (place < BASELINE_ZONES) {
			count_packet(engine, item, place, reason);
		} else {
			engine->baseline->totals.unmeasured++;
		}
	}
	return (unit->flags & UNIT_SCREENED) != 0 ? screen_packet(engine, item, reason) : reason;
}

static void
count_service(struct baseline *baseline, uint8_t protocol, uint16_t port)
{
	const bool udp = protocol == IPV4_PROTOCOL_UDP;
	uint32_t *sessions = &baseline->ports[udp ? 1 : 0][port];

	if (*sessions == 0) {
		baseline->totals.tcp_ports += udp ? 0 : 1;
		baseline->totals.udp_ports += udp ? 1 : 0;
	}
	*sessions += *sessions < UINT32_MAX ? 1 : 0;
}

static void
count_protocol(struct baseline *baseline, struct baseline_counts *counts, const struct session *session)
{
	const uint8_t protocol = session->common.protocol;

	counts->sessions++;
	counts->sessions_tcp += protocol == IPV4_PROTOCOL_TCP;
	counts->sessions_udp += protocol == IPV4_PROTOCOL_UDP;
	counts->sessions_icmp += protocol == IPV4_PROTOCOL_ICMP || protocol == IPV6_NEXT_ICMP;
	if (protocol == IPV4_PROTOCOL_TCP || protocol == IPV4_PROTOCOL_UDP) {
		count_service(baseline, protocol, flow_fields_of(session->forth.key).destination_port);
	}
}

/* The most sessions that it had in its second. */
static void
count_level(struct engine *engine, uint32_t place, enum baseline_measure measure, struct ipv6_address address, uint64_t level)
{
	const struct baseline_key key = {.address = address, .place = (uint8_t)place, .measure = (uint8_t)measure};
	struct baseline_window *window = baseline_window(engine->baseline, &key, engine->now);

	if (level > window->count) {
		window->count = level > UINT32_MAX ? UINT32_MAX : (uint32_t)level;
	}
}

static void
count_session(struct engine *engine, const struct session *session, uint32_t place, const uint64_t levels[2])
{
	struct baseline *baseline = engine->baseline;
	struct baseline_zone_state *state = &baseline->states[place];
	const struct flow_addresses addresses = session_addresses_of(&engine->table, session, SESSION_FORTH);
	const uint16_t to_zone = session->common.zone[SESSION_BACK];
	const uint32_t to = to_zone == SNAPSHOT_ZONE_SELF ? BASELINE_ZONES : baseline_place(baseline, to_zone);

	state->level++;
	if (state->level > state->second[BASELINE_SESSIONS]) {
		state->second[BASELINE_SESSIONS] = state->level;
	}
	count_protocol(baseline, &state->counts, session);
	count_zone(baseline, place, BASELINE_SESSION_RATE);
	count_address(engine, place, BASELINE_SESSION_RATE_SOURCE, addresses.source, 0);
	count_address(engine, place, BASELINE_SESSION_RATE_DESTINATION, addresses.destination, 0);
	count_level(engine, place, BASELINE_SESSIONS_SOURCE, addresses.source, levels[0]);
	count_level(engine, place, BASELINE_SESSIONS_DESTINATION, addresses.destination, levels[1]);
	baseline_know(baseline, place, BASELINE_KNOWN_SOURCES, addresses.source);
	baseline_know(baseline, place, BASELINE_KNOWN_REACHED, addresses.destination);
	if (to < BASELINE_ZONES) {
		baseline_know(baseline, to, BASELINE_KNOWN_CALLERS, addresses.source);
		baseline_know(baseline, to, BASELINE_KNOWN_SERVERS, addresses.destination);
	}
}

/* Our own host's sessions are no zone's. */
static bool
session_counts(const struct session *session)
{
	return session->common.zone[SESSION_FORTH] != SNAPSHOT_ZONE_SELF;
}

void
baseline_session(struct engine *engine, const struct session *session, bool began, const uint64_t levels[2])
{
	struct baseline *baseline = engine->baseline;

	/* Those behind are counted, or are not there any more, when the walk comes by. */
	if (!session_counts(session) || session_index(&engine->table, session) >= baseline->counted) {
		return;
	}
	if (baseline->going) {
		baseline_roll(baseline, engine->now);
	}
	const uint32_t place = baseline_place(baseline, session->common.zone[SESSION_FORTH]);

	if (place == BASELINE_ZONES) {
		return;
	}
	if (!began) {
		assert(baseline->states[place].level > 0);
		baseline->states[place].level--;
	} else if (baseline->going) {
		count_session(engine, session, place, levels);
	} else {
		baseline->states[place].level++;
	}
}

/* Counts sessions that there are before the measurement; some in each call, so that traffic does not wait. */
static void
count_before(struct engine *engine)
{
	struct baseline *baseline = engine->baseline;
	const struct session_table *table = &engine->table;
	const uint32_t left = table->fresh - baseline->counted;
	const uint32_t last = baseline->counted + (left < SESSIONS_A_STEP ? left : SESSIONS_A_STEP);

	for (; baseline->counted < last; baseline->counted++) {
		const struct session *session = &table->sessions[baseline->counted];

		if (session->common.number != 0 && session_counts(session)) {
			const uint32_t place = baseline_place(baseline, session->common.zone[SESSION_FORTH]);

			if (place < BASELINE_ZONES) {
				baseline->states[place].level++;
			}
		}
	}
	if (baseline->counted == table->fresh) {
		baseline->counted = table->capacity;
	}
}

bool
baseline_advance(struct engine *engine)
{
	struct baseline *baseline = engine->baseline;

	if (baseline == NULL || baseline->going) {
		return false;
	}
	if (screen_limits_whole(engine)) {
		count_before(engine);
		if (baseline->counted == engine->table.capacity) {
			baseline_begin(baseline, engine->now);
		}
	}
	return !baseline->going;
}

bool
engine_baseline_prepare(struct engine *engine)
{
	assert(engine->baseline != NULL);
	(void)screen_limits_advance(engine);
	return baseline_advance(engine);
}

/* All units, or none, have their packets counted. */
static void
watch(struct engine *engine, bool on)
{
	for (uint32_t i = 0; i < engine->config.units; i++) {
		struct unit *unit = &engine->units[i];

		unit->flags = (uint16_t)(on ? unit->flags | UNIT_WATCHED : unit->flags & ~UNIT_WATCHED);
	}
}

void
engine_baseline_start(struct engine *engine, struct baseline *baseline)
{
	assert(engine->baseline == NULL && baseline->counted == 0);
	engine->baseline = baseline;
	watch(engine, true);
	screen_limits_apply(engine);
}

const struct baseline *
engine_baseline(const struct engine *engine)
{
	return engine->baseline;
}

void
engine_baseline_settle(struct engine *engine, uint64_t now, uint32_t *cursor)
{
	assert(engine->baseline != NULL);
	if (engine->baseline->going) {
		baseline_settle(engine->baseline, now > engine->now ? now : engine->now, cursor);
	} else {
		*cursor = UINT32_MAX;
	}
}

struct baseline *
engine_baseline_stop(struct engine *engine)
{
	struct baseline *baseline = engine->baseline;

	if (baseline != NULL) {
		engine->baseline = NULL;
		watch(engine, false);
		screen_limits_apply(engine);
	}
	return baseline;
}
