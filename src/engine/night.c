#include "engine/night.h"
#include "engine/runs.h"

enum { PAGE = 500, ARENA_MAX = 32 << 20 };

static int64_t on_day_of(const struct config *c, int64_t ms)
{
    struct civil day;
    zone_civil(c->purge_zone, ms, &day);
    const char *at = c->purge_at.p; /* HH:MM, checked when it was read */
    day.hour = (at[0] - '0') * 10 + (at[1] - '0');
    day.minute = (at[3] - '0') * 10 + (at[4] - '0');
    day.second = day.ms = 0;
    return zone_instant(c->purge_zone, &day);
}

int64_t night_latest(const struct config *c, int64_t now_ms)
{
    int64_t today = on_day_of(c, now_ms), before = now_ms;
    if (today <= now_ms)
        return today;
    while (on_day_of(c, before) > now_ms) /* days of 23 and 25 hours */
        before -= 12 * HOUR_MS;
    return on_day_of(c, before);
}

enum status night_is_due(struct engine *e, int64_t latest_ms, bool *due, struct err *err)
{
    struct arena a;
    enum status s = OK;
    int64_t since = latest_ms;
    *due = true;
    arena_init(&a, ARENA_MAX);
    for (size_t n = PAGE; s == OK && *due && n == PAGE;) {
        struct run_record *runs;
        arena_reset(&a);
        s = runs_since(e, since, PAGE, &a, &runs, &n, err);
        for (size_t i = 0; s == OK && i < n; i++)
            *due &= !(str_is(runs[i].kind, "purge") && !runs[i].dry_run && runs[i].has_digest);
        if (s == OK && n && runs[n - 1].started_ms > since)
            since = runs[n - 1].started_ms; /* some once more, none left out */
        else if (s == OK && n == PAGE)
            s = FAIL(err, E_LIMIT, "more than %d runs began in the same millisecond", PAGE);
    }
    arena_release(&a);
    return s;
}
