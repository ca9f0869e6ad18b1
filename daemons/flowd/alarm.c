/*
 * The alarm table. See alarm.h.
 *
 * Alarms stand in an array in the order of their ids: the oldest first. A table is short and changes seldom; it is walked.
 */
#include "alarm.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind_row {
	const char *name;
	enum log_severity severity;
};

static const struct kind_row kinds[ALARM_KINDS] = {
#define ALARM(symbol, name, severity, help) [ALARM_##symbol] = {name, LOG_SEVERITY_##severity},
#include "alarms.def"
#undef ALARM
};

struct alarms {
	struct logger *logger;
	struct alarm *items;
	size_t count;
	uint32_t last_id;
	uint64_t refused;
};

struct alarms *
alarms_create(struct logger *logger)
{
	struct alarms *alarms = calloc(1, sizeof(*alarms));

	if (alarms == NULL || (alarms->items = calloc(ALARMS_MOST, sizeof(*alarms->items))) == NULL) {
		free(alarms);
		return NULL;
	}
	alarms->logger = logger;
	return alarms;
}

void
alarms_destroy(struct alarms *alarms)
{
	if (alarms == NULL) {
		return;
	}
	free(alarms->items);
	free(alarms);
}

const char *
alarm_kind_name(enum alarm_kind kind)
{
	assert(kind < ALARM_KINDS);
	return kinds[kind].name;
}

enum log_severity
alarm_severity(enum alarm_kind kind)
{
	assert(kind < ALARM_KINDS);
	return kinds[kind].severity;
}

int
alarm_kind_find(const char *name)
{
	for (int kind = 0; kind < ALARM_KINDS; kind++) {
		if (strcmp(kinds[kind].name, name) == 0) {
			return kind;
		}
	}
	return -1;
}

/* Alarms are about traffic: they go where traffic logs go. */
static void
log_alarm(const struct alarms *alarms, const struct alarm *alarm, const char *tag, const char *word)
{
	struct ipc_log_record record = {
	    .facility = LOG_FACILITY_USER,
	    .severity = (uint8_t)(alarm->active ? kinds[alarm->kind].severity : LOG_SEVERITY_NOTICE),
	    .wall = alarm->last * 1000000,
	    .program = "RT_FLOW",
	    .tag = tag,
	    .pairs = IPC_PAIRS_EMPTY,
	};
	struct text text = TEXT_EMPTY;

	ipc_pairs_addf(&record.pairs, "alarm-id", "%u", alarm->id);
	ipc_pairs_add(&record.pairs, "alarm-type", kinds[alarm->kind].name);
	ipc_pairs_add(&record.pairs, "alarm-subject", alarm->subject);
	ipc_pairs_addf(&record.pairs, "alarm-count", "%llu", (unsigned long long)alarm->count);
	text_printf(&text, "alarm %u %s (%s): %s", alarm->id, word, kinds[alarm->kind].name, alarm->message);
	record.text = text_string(&text);
	if (alarms->logger != NULL && !record.pairs.failed && !text_failed(&text)) {
		logger_send(alarms->logger, &record);
	}
	ipc_pairs_release(&record.pairs);
	text_release(&text);
}

static struct alarm *
find(const struct alarms *alarms, const struct alarm_name *name)
{
	for (size_t i = 0; i < alarms->count; i++) {
		struct alarm *alarm = &alarms->items[i];

		if (alarm->kind == name->kind && strncmp(alarm->subject, name->subject, ALARM_SUBJECT - 1) == 0) {
			return alarm;
		}
	}
	return NULL;
}

static void
take_out(struct alarms *alarms, size_t index)
{
	alarms->count--;
	memmove(&alarms->items[index], &alarms->items[index + 1], (alarms->count - index) * sizeof(alarms->items[0]));
}

/* False: all are active. */
static bool
make_room(struct alarms *alarms)
{
	if (alarms->count < ALARMS_MOST) {
		return true;
	}
	for (size_t i = 0; i < alarms->count; i++) {
		if (!alarms->items[i].active) {
			take_out(alarms, i);
			return true;
		}
	}
	return false;
}

static void
copy_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

void
alarm_raise(struct alarms *alarms, const struct alarm_name *name, const char *message, int64_t now)
{
	struct alarm *alarm = find(alarms, name);
	struct alarm unkept;

	assert(name->kind < ALARM_KINDS);
	if (alarm == NULL) {
		alarm = &unkept;
		if (make_room(alarms)) {
			alarm = &alarms->items[alarms->count++];
		} else {
			alarms->refused++;
		}
		*alarm = (struct alarm){.id = ++alarms->last_id, .kind = name->kind, .first = now};
		copy_text(alarm->subject, sizeof(alarm->subject), name->subject);
	}
	alarm->active = true;
	alarm->count++;
	alarm->last = now;
	copy_text(alarm->message, sizeof(alarm->message), message);
	log_alarm(alarms, alarm, "RT_ALARM_RAISED", "raised");
}

void
alarm_settle(struct alarms *alarms, const struct alarm_name *name, int64_t now)
{
	struct alarm *alarm = find(alarms, name);

	if (alarm == NULL || !alarm->active) {
		return;
	}
	alarm->active = false;
	alarm->last = now;
	log_alarm(alarms, alarm, "RT_ALARM_ENDED", "ended");
}

bool
alarm_matches(const struct alarm *alarm, const struct alarm_filter *filter)
{
	return (filter->id == 0 || alarm->id == filter->id) && (filter->kind < 0 || (int)alarm->kind == filter->kind) &&
	    (filter->severity < 0 || (int)kinds[alarm->kind].severity <= filter->severity) &&
	    (!filter->active_only || alarm->active);
}

size_t
alarm_clear(struct alarms *alarms, const struct alarm_filter *filter, int64_t now)
{
	size_t cleared = 0;

	for (size_t i = 0; i < alarms->count;) {
		struct alarm *alarm = &alarms->items[i];

		if (!alarm_matches(alarm, filter)) {
			i++;
			continue;
		}
		alarm->last = now;
		alarm->active = false;
		log_alarm(alarms, alarm, "RT_ALARM_CLEARED", "cleared by command");
		take_out(alarms, i);
		cleared++;
	}
	return cleared;
}

size_t
alarms_count(const struct alarms *alarms)
{
	return alarms->count;
}

const struct alarm *
alarms_at(const struct alarms *alarms, size_t index)
{
	assert(index < alarms->count);
	return &alarms->items[index];
}

uint64_t
alarms_refused(const struct alarms *alarms)
{
	return alarms->refused;
}
