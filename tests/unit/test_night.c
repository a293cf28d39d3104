/* When the daily run begins, and whether this night has had its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/night.h"
#include "engine/runs.h"
#include "tests/lib/world.h"

static int64_t at(const char *text)
{
    int64_t ms;
    assert_int_equal(time_parse(str_of(text), zone_utc(), &ms, NULL), OK);
    return ms;
}

static void the_latest_beginning_is_never_in_the_future(void **state)
{
    (void)state;
    static const struct { const char *zone, *at, *now, *latest; } cases[] = {
        {"UTC", "02:00", "2026-11-21T02:00:00Z", "2026-11-21T02:00:00Z"},
        {"UTC", "02:00", "2026-11-21T01:59:59Z", "2026-11-20T02:00:00Z"},
        {"UTC", "00:00", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
        {"UTC", "23:30", "2026-03-01T05:00:00Z", "2026-02-28T23:30:00Z"},
        {"Europe/London", "02:00", "2026-07-01T01:30:00Z", "2026-07-01T01:00:00Z"},
        {"Europe/London", "01:30", "2026-03-29T00:59:00Z", "2026-03-28T01:30:00Z"}, /* the hour that is skipped ... */
        {"Europe/London", "01:30", "2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z"}, /* ... the instant after the gap */
        {"Europe/London", "23:30", "2026-10-25T22:00:00Z", "2026-10-24T22:30:00Z"}, /* a day of 25 hours */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config c = {.purge_at = str_of(cases[i].at)};
        assert_int_equal(zone_open(str_of(cases[i].zone), &c.purge_zone, NULL), OK);
        assert_int_equal(night_latest(&c, at(cases[i].now)), at(cases[i].latest));
    }
}

static bool due(struct world *w, int64_t latest)
{
    bool yes;
    WORLD_OK(w, night_is_due(w->e, latest, &yes, &w->err));
    return yes;
}

static void run_at(struct world *w, int64_t now, const char *kind, bool dry)
{
    struct run_record r;
    world_reopen(w, now, OPEN_WRITE);
    WORLD_OK(w, run_new(w->e, kind, &w->a, &r, &w->err));
    r.has_digest = true;
    r.dry_run = dry;
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
}

static void a_real_purge_since_is_the_nights_own(void **state)
{
    struct world *w = *state;
    int64_t latest = WORLD_NOW_MS;
    run_at(w, latest - HOUR_MS, "purge", false);
    assert_true(due(w, latest));
    for (int i = 0; i < 600; i++) /* more than one page of others */
        run_at(w, latest + i, "order", false);
    run_at(w, latest + HOUR_MS, "purge", true);
    assert_true(due(w, latest));
    run_at(w, latest + 2 * HOUR_MS, "purge", false);
    assert_false(due(w, latest));
    assert_true(due(w, latest + 3 * HOUR_MS));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_beginning_is_never_in_the_future),
        WORLD_TEST(a_real_purge_since_is_the_nights_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
