/*
 * The rule in a TZif file's footer: POSIX TZ, such as "CET-1CEST,M3.5.0,M10.5.0/3" or "<+0330>-3:30".
 */
#ifndef SNAPSHOT_TIME_RULE_H
#define SNAPSHOT_TIME_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From `from` up to the next segment's `from` local time is UTC plus `offset` seconds. */
struct time_segment {
	int64_t from;
	int64_t offset;
};

enum time_rule_form {
	TIME_RULE_MONTH,     /* Mm.w.d */
	TIME_RULE_JULIAN,    /* Jn: 1 to 365, no leap day */
	TIME_RULE_DAY,       /* n: 0 to 365 */
};

struct time_rule_date {
	enum time_rule_form form;
	uint32_t month;
	uint32_t week; /* 1 to 5; 5 is the last */
	uint32_t day;
	int64_t time; /* seconds of local time on that day; may lie outside it */
};

struct time_rule {
	int64_t standard_offset; /* seconds east of UTC */
	int64_t summer_offset;
	bool has_summer;
	struct time_rule_date start; /* of summer time */
	struct time_rule_date end;
};

enum time_rule_result {
	TIME_RULE_NONE, /* an empty footer */
	TIME_RULE_PARSED,
	TIME_RULE_BROKEN,
};

enum time_rule_result time_rule_parse(const uint8_t *bytes, size_t length, struct time_rule *rule)
    __attribute__((warn_unused_result));
/* The two changes of a year in order of time. => rule->has_summer */
void time_rule_changes(const struct time_rule *rule, int64_t year, struct time_segment changes[2]);

#endif
