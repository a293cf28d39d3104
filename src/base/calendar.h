/*
 * calendar.h - instants, civil dates, ISO 8601 periods and time zones (rules 2.1, 2.2).
 *
 * An instant is int64_t milliseconds since 1970-01-01T00:00:00Z; TIME_NONE is "unknown". Proleptic Gregorian calendar,
 * years 1..9999.
 */
#ifndef EXPUNGE_CALENDAR_H
#define EXPUNGE_CALENDAR_H

#include "base/arena.h"
#include "base/period.h"
#include "base/zone.h"

#define TIME_NONE INT64_MIN
#define DAY_MS INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)
#define TIME_LEAST INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define TIME_MOST INT64_C(253402300799999)  /* 9999-12-31T23:59:59.999Z */

struct civil {
    int year, month, day, hour, minute, second, ms;
};

int64_t civil_to_ms(const struct civil *c);      /* as UTC; fields must be valid */
void ms_to_civil(int64_t ms, struct civil *out); /* as UTC */
bool civil_valid(const struct civil *c);         /* real calendar date, 0..23, 0..59, second 0..60, ms 0..999 */
int days_in_month(int year, int month);
int weekday(int year, int month, int day); /* 0 = Monday .. 6 = Sunday */

int64_t end_of_year(int64_t ms, const struct zone *z); /* first instant of the next local year */

/* RFC 3339 UTC with milliseconds and Z, e.g. 2026-01-31T13:05:00.000Z. out holds at least 25 bytes. Instants outside
 * years 1..9999 show as the nearest inside; TIME_NONE as "". */
void time_text(int64_t ms, char out[32]);
struct str time_str(int64_t ms, struct arena *a); /* absent for TIME_NONE */
/* Options and command lines: RFC 3339 with any offset, or a date alone (midnight in z). */
enum status time_parse(struct str s, const struct zone *z, int64_t *out, struct err *err) MUST_USE;

#endif
