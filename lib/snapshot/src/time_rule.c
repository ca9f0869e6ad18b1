/*
 * Reading and applying POSIX TZ rules. See time_rule.h.
 */
#include "time_rule.h"

#include <assert.h>

#include "base/reader.h"
#include "calendar.h"

enum {
	DAY_SECONDS = 86400,
	HOUR_SECONDS = 3600,
	CHANGE_TIME = 2 * HOUR_SECONDS, /* when the rule says nothing else */
};

/* A cursor over the rule's octets: peek without moving, take to move. */
static uint8_t
peek(const struct reader *reader)
{
	return reader_left(reader) == 0 ? 0 : *reader->next;
}

static bool
take(struct reader *reader, uint8_t octet)
{
	if (peek(reader) != octet) {
		return false;
	}
	reader_skip(reader, 1);
	return true;
}

static bool
is_digit(uint8_t octet)
{
	return octet >= '0' && octet <= '9';
}

static bool
is_letter(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}

static bool
read_number(struct reader *reader, uint32_t most, uint32_t *number)
{
	*number = 0;
	if (!is_digit(peek(reader))) {
		return false;
	}
	while (is_digit(peek(reader))) {
		*number = *number * 10 + (uint32_t)(reader_u8(reader) - '0');
		if (*number > most) {
			return false;
		}
	}
	return true;
}

/* An abbreviation: letters, or anything in <...>. */
static bool
skip_name(struct reader *reader)
{
	uint32_t length = 0;

	if (take(reader, '<')) {
		while (reader_left(reader) > 0 && !take(reader, '>')) {
			reader_skip(reader, 1);
			length++;
		}
		return length > 0;
	}
	while (is_letter(peek(reader))) {
		reader_skip(reader, 1);
		length++;
	}
	return length >= 3;
}

/* [+-]hh[:mm[:ss]], up to 167 hours. */
static bool
read_time(struct reader *reader, int64_t *seconds)
{
	const bool negative = take(reader, '-');
	uint32_t hours = 0;
	uint32_t minutes = 0;
	uint32_t rest = 0;

	if (!negative) {
		(void)take(reader, '+');
	}
	if (!read_number(reader, 167, &hours)) {
		return false;
	}
	if (take(reader, ':') && (!read_number(reader, 59, &minutes) ||
	    (take(reader, ':') && !read_number(reader, 59, &rest)))) {
		return false;
	}
	*seconds = (int64_t)hours * HOUR_SECONDS + (int64_t)minutes * 60 + rest;
	if (negative) {
		*seconds = -*seconds;
	}
	return true;
}

static bool
read_date(struct reader *reader, struct time_rule_date *date)
{
	if (!take(reader, ',')) {
		return false;
	}
	date->time = CHANGE_TIME;
	if (take(reader, 'M')) {
		date->form = TIME_RULE_MONTH;
		if (!read_number(reader, 12, &date->month) || date->month == 0 || !take(reader, '.') ||
		    !read_number(reader, 5, &date->week) || date->week == 0 || !take(reader, '.') ||
		    !read_number(reader, 6, &date->day)) {
			return false;
		}
	} else {
		date->form = take(reader, 'J') ? TIME_RULE_JULIAN : TIME_RULE_DAY;
		if (!read_number(reader, 365, &date->day) || (date->form == TIME_RULE_JULIAN && date->day == 0)) {
			return false;
		}
	}
	return !take(reader, '/') || read_time(reader, &date->time);
}

enum time_rule_result
time_rule_parse(const uint8_t *bytes, size_t length, struct time_rule *rule)
{
	struct reader reader = reader_over(bytes, length);
	int64_t west = 0;

	*rule = (struct time_rule){.has_summer = false};
	if (length == 0 || !take(&reader, '\n') || take(&reader, '\n')) {
		return length == 0 || bytes[0] == '\n' ? TIME_RULE_NONE : TIME_RULE_BROKEN;
	}
	if (!skip_name(&reader) || !read_time(&reader, &west)) {
		return TIME_RULE_BROKEN;
	}
	rule->standard_offset = -west;
	if (take(&reader, '\n')) {
		return TIME_RULE_PARSED;
	}
	rule->summer_offset = rule->standard_offset + HOUR_SECONDS;
	if (!skip_name(&reader)) {
		return TIME_RULE_BROKEN;
	}
	if (peek(&reader) != ',') {
		if (!read_time(&reader, &west)) {
			return TIME_RULE_BROKEN;
		}
		rule->summer_offset = -west;
	}
	rule->has_summer = true;
	if (!read_date(&reader, &rule->start) || !read_date(&reader, &rule->end) || !take(&reader, '\n')) {
		return TIME_RULE_BROKEN;
	}
	return TIME_RULE_PARSED;
}

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970 of the rule's date in a year. */
static int64_t
day_of(const struct time_rule_date *date, int64_t year)
{
	const int64_t first = calendar_day(year, 1, 1);

	switch (date->form) {
	case TIME_RULE_MONTH:
		break;
	case TIME_RULE_JULIAN:
		return first + (int64_t)date->day - 1 + (is_leap(year) && date->day > 59 ? 1 : 0);
	case TIME_RULE_DAY:
		return first + (int64_t)date->day;
	}
	const int64_t month = calendar_day(year, date->month, 1);
	const int64_t next =
	    date->month == 12 ? calendar_day(year + 1, 1, 1) : calendar_day(year, date->month + 1, 1);
	int64_t day = month + (int64_t)((date->day + 7 - calendar_weekday(month)) % 7);
	day += (int64_t)(date->week - 1) * 7;
	while (day >= next) {
		day -= 7;
	}
	return day;
}

void
time_rule_changes(const struct time_rule *rule, int64_t year, struct time_segment changes[2])
{
	assert(rule->has_summer);
	const int64_t start =
	    day_of(&rule->start, year) * DAY_SECONDS + rule->start.time - rule->standard_offset;
	const int64_t end = day_of(&rule->end, year) * DAY_SECONDS + rule->end.time - rule->summer_offset;
	const uint32_t first = start <= end ? 0 : 1;

	changes[first] = (struct time_segment){.from = start, .offset = rule->summer_offset};
	changes[1 - first] = (struct time_segment){.from = end, .offset = rule->standard_offset};
}
