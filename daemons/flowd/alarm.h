/*
 * The alarm table: what somebody should look at, by kind and subject, until somebody has.
 *
 * alarm_raise() makes an alarm active, or counts one more time for one that is there; alarm_settle() says that what it is
 * about has ended: the alarm stays in the table as ended, for whoever reads it later. Only alarm_clear() takes it out. Each
 * of the three writes a log record: whoever raises does so once an interval, not once a packet.
 *
 * Bounded: of ALARMS_MOST the oldest that has ended makes room; when none has, the newcomer is not kept, counted, and
 * logged all the same.
 *
 * Threads: the control thread. A new kind is a row of alarms.def.
 */
#ifndef FLOWD_ALARM_H
#define FLOWD_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/log.h"

enum {
	ALARMS_MOST = 1024,
	/* With its end. The longest names a policy and two zones; one may have 252 octets (63 characters). */
	ALARM_SUBJECT = 800,
	ALARM_MESSAGE = 1024, /* tells of the subject, and why */
};

enum alarm_kind {
#define ALARM(symbol, name, severity, help) ALARM_##symbol,
#include "alarms.def"
#undef ALARM
	ALARM_KINDS
};

struct alarm {
	uint32_t id; /* never given twice */
	enum alarm_kind kind;
	bool active;
	uint64_t count; /* how often it was raised */
	int64_t first;  /* UTC seconds */
	int64_t last;
	char subject[ALARM_SUBJECT]; /* what it is about: with the kind it names the alarm */
	char message[ALARM_MESSAGE]; /* of the last time */
};

struct alarms;

/* Borrows the logger. NULL: no memory. */
struct alarms *alarms_create(struct logger *logger) __attribute__((warn_unused_result));
void alarms_destroy(struct alarms *alarms);

/* Names an alarm. */
struct alarm_name {
	enum alarm_kind kind;
	const char *subject;
};
/* `now`: UTC seconds. */
void alarm_raise(struct alarms *alarms, const struct alarm_name *name, const char *message, int64_t now);
/* Nothing happens when there is none, or when it has ended already. */
void alarm_settle(struct alarms *alarms, const struct alarm_name *name, int64_t now);

/* Which alarms are meant: all conditions hold. */
struct alarm_filter {
	uint32_t id;      /* 0: any */
	int kind;         /* -1: any */
	int severity;     /* -1: any; else this and worse */
	bool active_only;
};
#define ALARM_FILTER_ALL ((struct alarm_filter){.kind = -1, .severity = -1})
bool alarm_matches(const struct alarm *alarm, const struct alarm_filter *filter);
/* Takes them out; returns how many. */
size_t alarm_clear(struct alarms *alarms, const struct alarm_filter *filter, int64_t now);

size_t alarms_count(const struct alarms *alarms);
/* In the order of their ids. => index < alarms_count() */
const struct alarm *alarms_at(const struct alarms *alarms, size_t index);
/* How many found no room since the start. */
uint64_t alarms_refused(const struct alarms *alarms);
const char *alarm_kind_name(enum alarm_kind kind);
enum log_severity alarm_severity(enum alarm_kind kind);
/* -1: there is none of this name. */
int alarm_kind_find(const char *name);

#endif
