/* period.c - see period.h. */
#include "base/calendar.h"

#include "base/buf.h"
#include "base/scan.h"

enum { YEARS_MAX = 1000 };

struct part {
    char letter;
    int64_t *into;
    int64_t unit;
};

/* Parts in their order, each at most once; at least one. */
static bool scan_parts(struct str *s, const struct part *parts, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        struct str at = *s;
        int v;
        if (!scan_digits(&at, 1, 7, &v) || !scan_char(&at, parts[i].letter))
            continue;
        *parts[i].into += v * parts[i].unit;
        *s = at;
        found++;
    }
    return found > 0;
}

enum status period_parse(struct str s, struct period *out, struct err *err)
{
    int64_t years = 0, months = 0, days = 0, ms = 0;
    const struct part dates[] = {{'Y', &years, 1}, {'M', &months, 1}, {'W', &days, 7}, {'D', &days, 1}};
    const struct part clocks[] = {{'H', &ms, HOUR_MS}, {'M', &ms, MINUTE_MS}, {'S', &ms, 1000}};
    struct str rest = s;
    bool good = scan_char(&rest, 'P');
    bool dated = good && scan_parts(&rest, dates, ARRAY_LEN(dates));
    bool timed = good && scan_char(&rest, 'T');
    if (timed)
        good = scan_parts(&rest, clocks, ARRAY_LEN(clocks));
    if (!good || !(dated || timed) || rest.n > 0)
        return FAIL(err, E_INVALID, "\"%.*s\" is not a period: write P7Y, P6M, P90D or PT12H", STR_ARG(s));
    if (years + months / 12 + days / 365 + ms / DAY_MS / 365 > YEARS_MAX)
        return FAIL(err, E_LIMIT, "the period %.*s is longer than %d years", STR_ARG(s), YEARS_MAX);
    *out = (struct period){.years = (int)years, .months = (int)months, .days = (int)days, .ms = ms, .set = true};
    return OK;
}

static void part_text(struct buf *b, int64_t v, char letter)
{
    if (v != 0)
        buf_fmt(b, "%lld%c", (long long)v, letter);
}

struct str period_text(const struct period *p, struct arena *a)
{
    if (!p->set)
        return STR_NONE;
    if (p->years == 0 && p->months == 0 && p->days == 0 && p->ms == 0)
        return arena_str(a, STR("P0D"));
    struct buf b CLEANUP(buf_release);
    buf_init(&b, 128);
    buf_char(&b, 'P');
    part_text(&b, p->years, 'Y');
    part_text(&b, p->months, 'M');
    part_text(&b, p->days, 'D');
    if (p->ms != 0) {
        buf_char(&b, 'T');
        part_text(&b, p->ms / HOUR_MS, 'H');
        part_text(&b, p->ms / MINUTE_MS % 60, 'M');
        part_text(&b, p->ms / 1000 % 60, 'S');
    }
    return arena_str(a, buf_view(&b));
}

int period_cmp(const struct period *a, const struct period *b)
{
    static const struct civil first = {.year = 2001, .month = 1, .day = 1};
    int64_t start = civil_to_ms(&first);
    int64_t x = period_add_back(start, a, zone_utc()), y = period_add_back(start, b, zone_utc());
    return (x > y) - (x < y);
}

enum clamp { CLAMP_BACK, CLAMP_FORWARD };

static int64_t add(int64_t start_ms, const struct period *p, const struct zone *z, enum clamp clamp)
{
    ASSERT(p->set);
    struct civil local;
    zone_civil_forward(z, start_ms, &local);
    int months = local.month - 1 + p->months;
    local.year += p->years + months / 12;
    local.month = months % 12 + 1;
    int last = days_in_month(local.year, local.month);
    int64_t date_time;
    if (local.day <= last) {
        date_time = civil_to_ms(&local);
    } else {
        struct civil end = {.year = local.year, .month = local.month, .day = last};
        date_time = civil_to_ms(&end) + DAY_MS - (clamp == CLAMP_BACK);
    }
    ms_to_civil(date_time + p->days * DAY_MS, &local);
    return zone_instant(z, &local) + p->ms;
}

int64_t period_add_back(int64_t start_ms, const struct period *p, const struct zone *z)
{
    return start_ms == TIME_NONE ? TIME_NONE : add(start_ms, p, z, CLAMP_BACK);
}

int64_t period_add_keep(int64_t start_ms, const struct period *p, const struct zone *z)
{
    if (start_ms == TIME_NONE)
        return TIME_NONE;
    struct civil day;
    zone_civil_forward(z, add(start_ms, p, z, CLAMP_FORWARD), &day);
    struct civil midnight = {.year = day.year, .month = day.month, .day = day.day};
    ms_to_civil(civil_to_ms(&midnight) + DAY_MS, &midnight);
    return zone_instant(z, &midnight);
}

/* The last start whose end is not after now. Adding never decreases, so halving finds it exactly; the first bounds are
 * the longest and the shortest that the period can be. */
static int64_t cutoff(int64_t now_ms, const struct period *p, const struct zone *z,
                      int64_t (*end_of)(int64_t, const struct period *, const struct zone *))
{
    ASSERT(p->set);
    if (now_ms == TIME_NONE)
        return TIME_NONE;
    int64_t longest = p->years * INT64_C(366) + p->months * INT64_C(31) + p->days + 4;
    int64_t shortest = p->years * INT64_C(365) + p->months * INT64_C(28) + p->days - 4;
    int64_t due = now_ms - p->ms - longest * DAY_MS, not_due = now_ms - p->ms - shortest * DAY_MS;
    ASSERT(end_of(due, p, z) <= now_ms && end_of(not_due, p, z) > now_ms);
    while (not_due - due > 1) {
        int64_t middle = due + (not_due - due) / 2;
        if (end_of(middle, p, z) <= now_ms)
            due = middle;
        else
            not_due = middle;
    }
    return due;
}

int64_t period_cutoff(int64_t now_ms, const struct period *p, const struct zone *z)
{
    return cutoff(now_ms, p, z, period_add_back);
}

int64_t period_cutoff_keep(int64_t now_ms, const struct period *p, const struct zone *z)
{
    return cutoff(now_ms, p, z, period_add_keep);
}
