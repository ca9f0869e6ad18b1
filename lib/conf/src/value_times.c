/*
 * Times of day and dates. See value_read.h.
 */
#include <stdint.h>

#include "value_read.h"

/* hh:mm is hh:mm:00 (E-093). */
bool
value_check_time(const char *value, size_t length, const struct value_result *result)
{
	uint32_t hour = 0;
	uint32_t minute = 0;
	uint32_t second = 0;
	size_t at = 0;
	const bool good = value_take_number(value, length, &at, 2, &hour) && value_take_char(value, length, &at, ':') &&
	    value_take_number(value, length, &at, 2, &minute) &&
	    (at == length || (value_take_char(value, length, &at, ':') && value_take_number(value, length, &at, 2, &second))) &&
	    at == length && hour <= 24 && minute <= 59 && second <= 59 && (hour < 24 || minute + second == 0);

	if (!good) {
		return value_refuse(result, "a time looks like 07:30 or 07:30:00, from 00:00:00 to 24:00:00");
	}
	text_printf(result->canonical, "%02u:%02u:%02u", hour, minute, second);
	return true;
}

static uint32_t
days_of_month(uint32_t year, uint32_t month)
{
	static const uint32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool
value_check_date(const char *value, size_t length, const struct value_result *result)
{
	uint32_t year = 0;
	uint32_t month = 0;
	uint32_t day = 0;
	uint32_t hour = 0;
	uint32_t minute = 0;
	uint32_t second = 0;
	size_t at = 0;
	const bool shape = value_take_number(value, length, &at, 4, &year) && value_take_char(value, length, &at, '-') &&
	    value_take_number(value, length, &at, 2, &month) && value_take_char(value, length, &at, '-') &&
	    value_take_number(value, length, &at, 2, &day) && value_take_char(value, length, &at, '.') &&
	    value_take_number(value, length, &at, 2, &hour) && value_take_char(value, length, &at, ':') &&
	    value_take_number(value, length, &at, 2, &minute) &&
	    (at == length || (value_take_char(value, length, &at, ':') && value_take_number(value, length, &at, 2, &second)));

	if (!shape || at != length || year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_of_month(year, month) || hour > 23 || minute > 59 || second > 59) {
		return value_refuse(result, "a date looks like 2026-12-31.18:00, in the local calendar");
	}
	text_printf(result->canonical, "%04u-%02u-%02u.%02u:%02u", year, month, day, hour, minute);
	if (second != 0) {
		text_printf(result->canonical, ":%02u", second);
	}
	return true;
}
