/* request.c - states of a person's request, and its dates. */
#include "model/request.h"

enum { ACKNOWLEDGE_WORKDAYS = 10, CCPA_DAYS = 45, CCPA_EXTENDED_DAYS = 90, GDPR_MONTHS = 1, GDPR_EXTENDED_MONTHS = 3 };

static const char *const state_names[REQUEST_STATE_COUNT] = {
    [REQUEST_RECEIVED] = "received", [REQUEST_VERIFYING] = "verifying", [REQUEST_ASSESSING] = "assessing",
    [REQUEST_RUNNING] = "running",   [REQUEST_PARTIAL] = "partial",     [REQUEST_COMPLETED] = "completed",
    [REQUEST_REFUSED] = "refused",   [REQUEST_WITHDRAWN] = "withdrawn",
};

#define TO(state) (1u << REQUEST_##state)
static const unsigned moves[REQUEST_STATE_COUNT] = {
    [REQUEST_RECEIVED] = TO(VERIFYING) | TO(ASSESSING) | TO(REFUSED) | TO(WITHDRAWN),
    [REQUEST_VERIFYING] = TO(ASSESSING) | TO(REFUSED) | TO(WITHDRAWN),
    /* completed: nothing was found */
    [REQUEST_ASSESSING] = TO(RUNNING) | TO(REFUSED) | TO(WITHDRAWN) | TO(COMPLETED),
    /* withdrawn: stops what is not sent */
    [REQUEST_RUNNING] = TO(PARTIAL) | TO(COMPLETED) | TO(WITHDRAWN),
    /* what a law or a hold kept is erased when that ends */
    [REQUEST_PARTIAL] = TO(RUNNING) | TO(COMPLETED),
    /* something has risen, or was registered after the answer */
    [REQUEST_COMPLETED] = TO(RUNNING),
};

const char *request_state_name(enum request_state s)
{
    return (size_t)s < ARRAY_LEN(state_names) ? state_names[s] : "invalid";
}

bool request_may_move(enum request_state from, enum request_state to)
{
    return (size_t)from < ARRAY_LEN(moves) && (size_t)to < ARRAY_LEN(moves) && (moves[from] & (1u << to)) != 0;
}

/* Last millisecond of the local day that lies `days` after the date; the time of day is not looked at. */
static int64_t end_of_day(struct civil date, int64_t days, const struct zone *z)
{
    struct civil day = {.year = date.year, .month = date.month, .day = date.day};
    ms_to_civil(civil_to_ms(&day) + (days + 1) * DAY_MS, &day);
    return zone_instant(z, &day) - 1;
}

/* The same day number, or the month's last day (Reg. 1182/71 Art. 3(2)(c)). */
static struct civil months_later(struct civil date, int months)
{
    int count = date.month - 1 + months;
    date.year += count / 12;
    date.month = count % 12 + 1;
    int last = days_in_month(date.year, date.month);
    if (date.day > last)
        date.day = last;
    return date;
}

/* Days until n weekdays have passed, the day of receipt not counted. Public holidays are not taken out: they differ by
 * place, and the date only becomes earlier. */
static int64_t workdays_to_days(struct civil date, int n)
{
    int day = weekday(date.year, date.month, date.day); /* 0 = Monday */
    int64_t days = 0;
    while (n > 0) {
        days++;
        day = (day + 1) % 7;
        if (day < 5)
            n--;
    }
    return days;
}

struct request_clock request_clock_of(enum regime regime, int64_t received_ms, const struct zone *z)
{
    struct request_clock clock = {TIME_NONE, TIME_NONE, TIME_NONE};
    if (received_ms == TIME_NONE)
        return clock;
    struct civil received;
    zone_civil(z, received_ms, &received);
    if (regime == REGIME_CCPA) { /* 11 CCR 7021: calendar days, whatever verification takes */
        clock.acknowledge_ms = end_of_day(received, workdays_to_days(received, ACKNOWLEDGE_WORKDAYS), z);
        clock.due_ms = end_of_day(received, CCPA_DAYS, z);
        clock.extended_due_ms = end_of_day(received, CCPA_EXTENDED_DAYS, z);
    } else { /* Art. 12(3) GDPR; not put off by weekends or holidays: the strictest reading */
        clock.due_ms = end_of_day(months_later(received, GDPR_MONTHS), 0, z);
        clock.extended_due_ms = end_of_day(months_later(received, GDPR_EXTENDED_MONTHS), 0, z);
    }
    return clock;
}

bool identifier_covers(const struct identifier *i, int64_t started_ms)
{
    if (started_ms == TIME_NONE) /* it could be: a person looks at every proposal */
        return true;
    return (i->from_ms == TIME_NONE || started_ms >= i->from_ms) && (i->to_ms == TIME_NONE || started_ms < i->to_ms);
}
