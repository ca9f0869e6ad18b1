/*
 * The civil calendar in days.
 */
#ifndef SNAPSHOT_CALENDAR_H
#define SNAPSHOT_CALENDAR_H

#include <stdint.h>

/* Days since 1970-01-01 of a date of the civil calendar, and the weekday of such a day (0 is Sunday). */
int64_t calendar_day(int64_t year, uint32_t month, uint32_t day);
uint32_t calendar_weekday(int64_t day);
int64_t calendar_year(int64_t day);

#endif
