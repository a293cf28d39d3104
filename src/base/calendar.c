/* calendar.c - civil dates by arithmetic, and instants as text. */
#include "base/calendar.h"

#include "base/scan.h"

#include <stdio.h>

/* Days since 1970-01-01. The year is taken to begin in March, so that the leap day is its last; 400 years are 146097
 * days (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of_days(int64_t days, struct civil *out)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* 0 = March */
    out->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = (int)(year_of_era + era * 400 + (out->month <= 2));
}

int64_t civil_to_ms(const struct civil *c)
{
    return days_of_date(c->year, c->month, c->day) * DAY_MS + c->hour * HOUR_MS + c->minute * MINUTE_MS +
           c->second * INT64_C(1000) + c->ms;
}

void ms_to_civil(int64_t ms, struct civil *out)
{
    int64_t days = ms / DAY_MS, rest = ms % DAY_MS;
    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    date_of_days(days, out);
    out->hour = (int)(rest / HOUR_MS);
    out->minute = (int)(rest / MINUTE_MS % 60);
    out->second = (int)(rest / 1000 % 60);
    out->ms = (int)(rest % 1000);
}

int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    ASSERT(month >= 1 && month <= 12);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

bool civil_valid(const struct civil *c)
{
    return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour >= 0 && c->hour <= 23 && c->minute >= 0 &&
           c->minute <= 59 && c->second >= 0 && c->second <= 60 && c->ms >= 0 && c->ms <= 999;
}

int weekday(int year, int month, int day)
{
    int64_t since_thursday = days_of_date(year, month, day) % 7; /* 1970-01-01 was a Thursday */
    return (int)((since_thursday + 7 + 3) % 7);
}

int64_t end_of_year(int64_t ms, const struct zone *z)
{
    if (ms == TIME_NONE)
        return TIME_NONE;
    struct civil local;
    zone_civil(z, ms, &local);
    return zone_instant(z, &(struct civil){.year = local.year + 1, .month = 1, .day = 1});
}

void time_text(int64_t ms, char out[32])
{
    out[0] = '\0';
    if (ms == TIME_NONE)
        return;
    struct civil c;
    ms_to_civil(ms < TIME_LEAST ? TIME_LEAST : ms > TIME_MOST ? TIME_MOST : ms, &c);
    snprintf(out, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)c.year % 10000, (unsigned)c.month % 100,
             (unsigned)c.day % 100, (unsigned)c.hour % 100, (unsigned)c.minute % 100, (unsigned)c.second % 100,
             (unsigned)c.ms % 1000);
}

struct str time_str(int64_t ms, struct arena *a)
{
    if (ms == TIME_NONE)
        return STR_NONE;
    char text[32];
    time_text(ms, text);
    return arena_str(a, str_of(text));
}

static bool scan_date(struct str *s, struct civil *c)
{
    return scan_digits(s, 4, 4, &c->year) && scan_char(s, '-') && scan_digits(s, 2, 2, &c->month) &&
           scan_char(s, '-') && scan_digits(s, 2, 2, &c->day);
}

static bool scan_clock(struct str *s, struct civil *c)
{
    return scan_digits(s, 2, 2, &c->hour) && scan_char(s, ':') && scan_digits(s, 2, 2, &c->minute) &&
           scan_char(s, ':') && scan_digits(s, 2, 2, &c->second) &&
           (!scan_char(s, '.') || scan_fraction_ms(s, &c->ms));
}

enum status time_parse(struct str s, const struct zone *z, int64_t *out, struct err *err)
{
    struct civil c = {0};
    struct str rest = s;
    if (!scan_date(&rest, &c))
        return FAIL(err, E_INVALID, "\"%.*s\" is not a time: write 2026-01-31 or 2026-01-31T13:05:00Z", STR_ARG(s));
    if (rest.n == 0) {
        if (!civil_valid(&c))
            return FAIL(err, E_INVALID, "there is no day %.*s", STR_ARG(s));
        *out = zone_instant(z, &c);
        return OK;
    }
    int minutes;
    if (!(scan_char(&rest, 'T') || scan_char(&rest, 't') || scan_char(&rest, ' ')) || !scan_clock(&rest, &c))
        return FAIL(err, E_INVALID, "\"%.*s\" is not a time: write 2026-01-31 or 2026-01-31T13:05:00Z", STR_ARG(s));
    if (!scan_offset(&rest, false, &minutes) || rest.n > 0)
        return FAIL(err, E_INVALID, "\"%.*s\" does not end with Z or an offset such as +01:00", STR_ARG(s));
    if (!civil_valid(&c))
        return FAIL(err, E_INVALID, "there is no such time as %.*s", STR_ARG(s));
    *out = civil_to_ms(&c) - minutes * MINUTE_MS;
    return OK;
}
