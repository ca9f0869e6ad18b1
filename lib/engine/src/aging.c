/*
 * Aggressive aging (REQ-SES-008 to 012, E-121): when the session table is fuller than the high
 * watermark all timeouts are shorter by `cut` until it is emptier than the low one.
 *
 * Nothing is done to the sessions for that. A session's deadline stays the one of its whole timeout;
 * the cut comes off when the session is looked at (session_cut()). And the wheel that names sessions
 * whose time may be over runs ahead of the clock by `lead`: it is armed for a session's end plus the
 * lead. When aging begins the ends come nearer by up to the cut, and the lead grows by the cut, so
 * that whoever was armed before comes due in time without being armed anew. Sessions therefore come
 * due in the order of their deadlines, those that are silent longest first, and session_advance()
 * turns the wheel in bounded steps; one that comes due early (a timeout near the least second, or
 * aging that has ended meanwhile) is armed again for what is left. A wheel does not turn back, so
 * the lead stays when aging ends, until the wheel is empty.
 *
 * So at any time: a session is armed for no later than its end plus the lead.
 */
#include "engine_private.h"

enum {
	PERCENT = 100,
	TICKS_A_UNIT = 10 * TICKS_A_SECOND, /* early-ageout's unit (E-121) */
	TIMEOUT_LEAST = TICKS_A_SECOND,
};

uint32_t
session_base(const struct session_common *common)
{
	if ((common->flags & SESSION_FIXED) == 0) {
		return common->timeout;
	}
	return tcp_lingers(common->tcp) ? TIMEOUT_LINGER : TIMEOUT_HANDSHAKE;
}

uint32_t
session_cut(const struct engine *engine, const struct session_common *common)
{
	const uint32_t base = session_base(common);
	const uint32_t most = base > TIMEOUT_LEAST ? base - TIMEOUT_LEAST : 0;

	return engine->aging.cut < most ? engine->aging.cut : most;
}

static void
event_aging(struct engine *engine, enum event_kind kind, uint8_t percent)
{
	struct event *event = event_next(engine, kind);

	if (event == NULL) {
		return;
	}
	event->policy = PACKET_NO_POLICY;
	event->application = UINT32_MAX;
	event->from_zone = PACKET_NO_ZONE;
	event->to_zone = PACKET_NO_ZONE;
	event->unit = PACKET_NO_UNIT;
	event->sessions = engine->table.count;
	event->percent = percent;
	event->logged = 1;
}

void
aging_update(struct engine *engine)
{
	struct aging *aging = &engine->aging;
	const uint32_t count = engine->table.count;

	if (aging->cut == 0) {
		if (count > aging->high) {
			aging->cut = aging->configured;
			aging->lead += aging->cut;
			event_aging(engine, EVENT_AGING_START, aging->high_percent);
		}
	} else if (count < aging->low || count == 0 || aging->configured == 0) {
		aging->cut = 0;
		event_aging(engine, EVENT_AGING_STOP, aging->low_percent);
	}
}

void
aging_apply(struct engine *engine)
{
	const struct snapshot_flow none = {.early_ageout = 0};
	const struct snapshot_flow *flow =
	    engine->snapshot != NULL ? &engine->snapshot->flow : &none;
	struct aging *aging = &engine->aging;
	const uint64_t capacity = engine->table.capacity;

	aging->configured = (uint32_t)flow->early_ageout * TICKS_A_UNIT;
	aging->high_percent = flow->high_watermark;
	aging->low_percent = flow->low_watermark;
	aging->high = aging->configured == 0 ? UINT32_MAX
					     : (uint32_t)(capacity * flow->high_watermark / PERCENT);
	aging->low = (uint32_t)((capacity * flow->low_watermark + PERCENT - 1) / PERCENT);
	aging_update(engine);
	if (aging->cut != 0) {
		aging->lead +=
		    aging->configured > aging->cut ? aging->configured - aging->cut : 0;
		aging->cut = aging->configured;
	}
}
