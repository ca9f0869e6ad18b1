/*
 * See calendar.h.
 */
#include "calendar.h"

int64_t
calendar_day(int64_t year, uint32_t month, uint32_t day)
{
	/* the year begins in March, so that the leap day is its last */
	const int64_t shifted = month <= 2 ? year - 1 : year;
	const int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	const int64_t in_era = shifted - era * 400;
	const int64_t in_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

uint32_t
calendar_weekday(int64_t day)
{
	/* 1970-01-01 was a Thursday */
	const int64_t weekday = (day + 4) % 7;

	return (uint32_t)(weekday < 0 ? weekday + 7 : weekday);
}

int64_t
calendar_year(int64_t day)
{
	int64_t year = 1970 + day / 366;

	while (calendar_day(year + 1, 1, 1) <= day) {
		year++;
	}
	while (calendar_day(year, 1, 1) > day) {
		year--;
	}
	return year;
}
