/*
 * What screens detected: counters by zone and unit, and records.
 *
 * SCREEN_RECORDS a second are written of each screen of a zone, so that a flood from one zone does not hide what another zone's
 * screens detect; how many were left out is said once a second while there are any, by zone. They leave the last quarter of the ring
 * to the sessions' records.
 */
#include "engine_private.h"

#include <string.h>

enum {
	SCREEN_RECORDS = 10,
	SUMMARY_NS = 1000000000,
};

size_t
screen_state_size(const struct engine_config *config)
{
	return line_up(SCREEN_RATE_SETS * SCREEN_WAYS * sizeof(struct screen_rate)) +
	       line_up(SCREEN_SCAN_SETS * SCREEN_WAYS * sizeof(struct screen_scan)) +
	       line_up(screen_limits_size(config->sessions * config->workers)) +
	       line_up(config->zones * sizeof(struct screen_counts)) + line_up(config->zones * sizeof(struct screen_log)) +
	       line_up(config->units * sizeof(struct screen_counts));
}

void
screen_state_init(struct screen_state *state, void *memory, const struct engine_config *config)
{
	uint8_t *next = memory;

	state->tables.secret = (struct hash_key){
	    .low = random_u64(config->random),
	    .high = random_u64(config->random),
	};
	screen_limits_init(&state->session_limits, next, config->sessions * config->workers, state->tables.secret);
	next += line_up(screen_limits_size(config->sessions * config->workers));
	state->tables.rates = (struct screen_rate *)(void *)next;
	next += line_up(SCREEN_RATE_SETS * SCREEN_WAYS * sizeof(struct screen_rate));
	state->tables.scans = (struct screen_scan *)(void *)next;
	next += line_up(SCREEN_SCAN_SETS * SCREEN_WAYS * sizeof(struct screen_scan));
	state->zones = (struct screen_counts *)(void *)next;
	next += line_up(config->zones * sizeof(struct screen_counts));
	state->logs = (struct screen_log *)(void *)next;
	next += line_up(config->zones * sizeof(struct screen_log));
	state->units = (struct screen_counts *)(void *)next;
}

static const struct event event_empty = {
    .policy = PACKET_NO_POLICY,
    .application = UINT32_MAX,
    .from_zone = PACKET_NO_ZONE,
    .to_zone = PACKET_NO_ZONE,
    .unit = PACKET_NO_UNIT,
    .nat_pool = SNAPSHOT_NAT_NONE,
    .logged = 1,
};

static struct event *
next_record(struct engine *engine, enum event_kind kind, enum screen screen)
{
	struct event *event = event_next(engine, kind);

	if (event == NULL) {
		return NULL;
	}
	const struct event filled = *event;

	*event = event_empty;
	event->kind = filled.kind;
	event->time = filled.time;
	event->wall = filled.wall;
	event->reason = (uint16_t)screen_reason(screen);
	event->screen = (uint8_t)screen;
	return event;
}

/* May one more be written? A limit that was never asked is zero. */
static bool
may_write(struct engine *engine, struct reply_limit *limit, struct reply_limit fresh)
{
	if (limit->rate == 0) {
		*limit = fresh;
	}
	return reply_token(engine, limit, REASON_SCREEN_LOG_RATE);
}

static void
leave_out(struct engine *engine, uint16_t zone, enum screen screen)
{
	struct screen_state *state = &engine->screens;
	struct screen_log *log = &state->logs[zone];

	log->unsaid[screen]++;
	if (!log->listed) {
		log->listed = true;
		log->next = state->left_out;
		state->left_out = (uint32_t)zone + 1;
	}
	state->summary = state->summary == 0 ? engine->now + SUMMARY_NS : state->summary;
}

static void
record(struct engine *engine, const struct item *item, enum screen screen, enum screen_outcome outcome, enum event_kind kind)
{
	const struct engine_config *config = &engine->config;
	const struct packet *packet = item->packet;
	const uint16_t zone = item->zone < config->zones ? item->zone : 0;
	struct screen_log *log = &engine->screens.logs[zone];
	const bool alarm = kind == EVENT_ALARM;
	struct reply_limit *limit = alarm ? &log->alarms : &log->limits[screen];
	const struct reply_limit fresh = alarm ? (struct reply_limit){.tokens = SCREEN_RECORDS, .rate = SCREEN_RECORDS}
					       : reply_limit_share(config, SCREEN_RECORDS);
	struct event *event =
	    event_spare(engine) && may_write(engine, limit, fresh) ? next_record(engine, kind, screen) : NULL;

	if (event == NULL) {
		leave_out(engine, zone, screen);
		return;
	}
	drop_log_see(event, item->ip, packet->length - (size_t)(item->ip - packet->data));
	event->from_zone = item->zone;
	event->unit = item->unit;
	event->screen_outcome = (uint8_t)outcome;
}

void
screen_count(struct engine *engine, const struct item *item, enum screen screen)
{
	assert(screen < SCREEN_COUNT);
	if (item->zone < engine->config.zones) {
		engine->screens.zones[item->zone].detected[screen]++;
	}
	if (item->unit < engine->config.units) {
		engine->screens.units[item->unit].detected[screen]++;
	}
}

void
screen_alarm(struct engine *engine, const struct item *item, enum screen screen, enum screen_outcome outcome)
{
	record(engine, item, screen, outcome, EVENT_ALARM);
}

void
screen_say(struct engine *engine, const struct item *item, enum screen screen, enum screen_outcome outcome)
{
	record(engine, item, screen, outcome, EVENT_SCREEN);
}

enum reason
screen_detect(struct engine *engine, const struct item *item, enum screen screen)
{
	const struct snapshot_screens *screens = engine->snapshot->zones[item->zone].screens;
	enum screen_outcome outcome = SCREEN_OUTCOME_DROPPED;

	assert(screens != NULL);
	screen_count(engine, item, screen);
	if ((screens->kept & screen_bit(screen)) != 0) {
		outcome = SCREEN_OUTCOME_KEPT;
	} else if (screen_action(screen) != SCREEN_DROP) {
		outcome = screen_action(screen) == SCREEN_RECORD ? SCREEN_OUTCOME_RECORDED
								 : SCREEN_OUTCOME_CLEANED;
	}
	screen_say(engine, item, screen, outcome);
	return outcome == SCREEN_OUTCOME_DROPPED ? screen_reason(screen) : REASON_NONE;
}

/* Of a zone; false: there is no room for all of it now. */
static bool
summarize_zone(struct engine *engine, uint16_t zone)
{
	struct screen_log *log = &engine->screens.logs[zone];

	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		if (log->unsaid[i] == 0) {
			continue;
		}
		struct event *event = event_spare(engine)
					  ? next_record(engine, EVENT_SCREEN_SUMMARY, (enum screen)i)
					  : NULL;

		if (event == NULL) {
			return false;
		}
		event->from_zone = zone;
		event->packets[0] = log->unsaid[i];
		log->unsaid[i] = 0;
	}
	return true;
}

static void
summarize(struct engine *engine)
{
	struct screen_state *state = &engine->screens;

	while (state->left_out != 0) {
		const uint16_t zone = (uint16_t)(state->left_out - 1);

		if (!summarize_zone(engine, zone)) {
			return; /* the next time */
		}
		state->left_out = state->logs[zone].next;
		state->logs[zone].listed = false;
	}
	state->summary = 0;
}

bool
screen_advance(struct engine *engine)
{
	if (engine->screens.summary != 0 && engine->now >= engine->screens.summary) {
		summarize(engine);
	}
	return screen_limits_advance(engine);
}

uint64_t
engine_screen_zone_count(const struct engine *engine, uint16_t zone, enum screen screen)
{
	assert(screen < SCREEN_COUNT);
	return zone < engine->config.zones ? engine->screens.zones[zone].detected[screen] : 0;
}

uint64_t
engine_screen_unit_count(const struct engine *engine, uint16_t unit, enum screen screen)
{
	assert(screen < SCREEN_COUNT);
	return unit < engine->config.units ? engine->screens.units[unit].detected[screen] : 0;
}

void
engine_clear_screen_zone(struct engine *engine, uint16_t zone)
{
	if (zone < engine->config.zones) {
		engine->screens.zones[zone] = (struct screen_counts){.detected = {0}};
	}
}

void
engine_clear_screen_unit(struct engine *engine, uint16_t unit)
{
	if (unit < engine->config.units) {
		engine->screens.units[unit] = (struct screen_counts){.detected = {0}};
	}
}
