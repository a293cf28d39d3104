/* Periods: text, adding (rule 2.1), and cut-offs that are the exact inverse of adding. */
#include "base/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct zone *zone(const char *name)
{
    const struct zone *z = NULL;
    assert_int_equal(zone_open(str_of(name), &z, NULL), OK);
    return z;
}

static int64_t instant(const char *text)
{
    int64_t ms = 0;
    assert_int_equal(time_parse(str_of(text), zone_utc(), &ms, NULL), OK);
    return ms;
}

static struct period period(const char *text)
{
    struct period p = {0};
    assert_int_equal(period_parse(str_of(text), &p, NULL), OK);
    return p;
}

static void assert_instant(int64_t ms, const char *text)
{
    char shown[32];
    time_text(ms, shown);
    assert_string_equal(shown, text);
}

static void text_comes_back(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {{"P7Y", "P7Y"},       {"P1Y2M3D", "P1Y2M3D"},     {"P2W", "P14D"},     {"P2555D", "P2555D"},
                {"PT36H", "PT36H"},   {"P1DT2H3M4S", "P1DT2H3M4S"}, {"PT90M", "PT1H30M"}, {"P0D", "P0D"},
                {"P1000Y", "P1000Y"}, {"P0Y1M", "P1M"},           {"PT0S", "P0D"}};
    struct arena a;
    arena_init(&a, 4096);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct period p = period(rows[i].in);
        assert_true(p.set);
        assert_true(str_is(period_text(&p, &a), rows[i].out));
    }
    struct period unset = {0};
    assert_null(period_text(&unset, &a).p);
    arena_release(&a);
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "P",     "PT",     "7Y",         "P7",     "p7y",   "P1.5Y",
                                      "P-1Y", "-P1Y",  "P1Y ",   "P1S",        "PT1Y",   "P1D1Y", "P1YT",
                                      "1",    "P1Y1Y", "PT1M1H", "P99999999D", "P1YT1D", "P1D2W", "P 1Y"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct period p = {0};
        struct err err = {0};
        assert_int_equal(period_parse(str_of(bad[i]), &p, &err), E_INVALID);
        assert_false(p.set);
    }
    static const char *const long_ones[] = {"P1001Y", "P12012M", "P999Y9999999D"};
    for (size_t i = 0; i < ARRAY_LEN(long_ones); i++) {
        struct period p = {0};
        assert_int_equal(period_parse(str_of(long_ones[i]), &p, NULL), E_LIMIT);
    }
}

static void periods_compare_by_length(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {{"P1Y", "P365D", 0}, {"P1Y", "P366D", -1}, {"P12M", "P1Y", 0},   {"P7Y", "P6Y", 1},
                {"P1M", "P30D", 1},  {"PT24H", "P1D", 0},  {"PT23H", "P1D", -1}, {"P0D", "PT1S", -1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct period a = period(rows[i].a), b = period(rows[i].b);
        assert_int_equal(period_cmp(&a, &b), rows[i].order);
        assert_int_equal(period_cmp(&b, &a), -rows[i].order);
    }
}

struct addition {
    const char *zone, *start, *period, *end;
};

static const struct addition back[] = {
    {"UTC", "2019-05-17T08:09:10.111Z", "P7Y", "2026-05-17T08:09:10.111Z"},
    {"UTC", "2019-01-01", "P2555D", "2025-12-30T00:00:00.000Z"},
    {"UTC", "2020-02-29", "P1Y", "2021-02-28T23:59:59.999Z"}, /* a missing day: the last instant of the one before */
    {"UTC", "2020-02-29T23:00:00Z", "P4Y", "2024-02-29T23:00:00.000Z"},
    {"UTC", "2024-01-31T10:00:00Z", "P1M", "2024-02-29T23:59:59.999Z"},
    {"UTC", "2023-12-31T10:00:00Z", "P2M", "2024-02-29T23:59:59.999Z"},
    {"UTC", "2024-01-31T10:00:00Z", "P1M1D", "2024-03-01T23:59:59.999Z"},
    {"UTC", "2024-11-15", "P14M", "2026-01-15T00:00:00.000Z"},
    {"UTC", "2024-01-01", "PT36H", "2024-01-02T12:00:00.000Z"},
    {"Europe/London", "2026-01-10T09:00:00Z", "P6M", "2026-07-10T08:00:00.000Z"}, /* the wall clock is kept */
    {"Europe/London", "2026-02-28T01:30:00Z", "P29D", "2026-03-29T01:00:00.000Z"}, /* into the skipped hour */
    {"Europe/London", "2026-09-25T00:30:00Z", "P30D", "2026-10-25T00:30:00.000Z"}, /* the first 01:30 */
    {"Europe/London", "2026-10-25T01:30:00Z", "P1D", "2026-10-26T02:00:00.000Z"},  /* the second 01:30 */
    {"America/New_York", "2026-03-07T07:30:00Z", "P1D", "2026-03-08T07:00:00.000Z"},
};
static const struct addition keep[] = {
    {"UTC", "2019-05-17T08:09:10.111Z", "P7Y", "2026-05-18T00:00:00.000Z"},
    {"UTC", "2019-05-17", "P7Y", "2026-05-18T00:00:00.000Z"},
    {"UTC", "2020-02-29T10:00:00Z", "P1Y", "2021-03-02T00:00:00.000Z"}, /* 1 March, then its end */
    {"UTC", "2020-02-29T10:00:00Z", "P4Y", "2024-03-01T00:00:00.000Z"},
    {"UTC", "2024-12-31T10:00:00Z", "P2M", "2025-03-02T00:00:00.000Z"},
    {"UTC", "2024-12-31T10:00:00Z", "P0D", "2025-01-01T00:00:00.000Z"},
    {"Europe/London", "2019-06-30T23:30:00Z", "P5Y", "2024-07-01T23:00:00.000Z"}, /* 1 July in London */
    {"Europe/London", "2026-10-24T22:59:59.999Z", "P1D", "2026-10-26T00:00:00.000Z"},
    {"America/New_York", "2025-12-31T23:00:00Z", "P1Y", "2027-01-01T05:00:00.000Z"},
};

static void adding_keeps_the_wall_clock_or_clamps_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(back); i++) {
        struct period p = period(back[i].period);
        assert_instant(period_add_back(instant(back[i].start), &p, zone(back[i].zone)), back[i].end);
    }
}

static void keeping_ends_with_the_last_local_day(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keep); i++) {
        struct period p = period(keep[i].period);
        assert_instant(period_add_keep(instant(keep[i].start), &p, zone(keep[i].zone)), keep[i].end);
    }
}

static void unknown_stays_unknown(void **state)
{
    (void)state;
    struct period p = period("P1Y");
    assert_int_equal(period_add_back(TIME_NONE, &p, zone_utc()), TIME_NONE);
    assert_int_equal(period_add_keep(TIME_NONE, &p, zone_utc()), TIME_NONE);
    assert_int_equal(period_cutoff(TIME_NONE, &p, zone_utc()), TIME_NONE);
    assert_int_equal(period_cutoff_keep(TIME_NONE, &p, zone_utc()), TIME_NONE);
}

static const char *const periods[] = {"P1M",   "P1Y",   "P7Y",      "P2555D", "P90D",
                                      "P1M1D", "PT12H", "P1Y1MT1H", "P0D",    "P30Y"};
static const char *const zones[] = {"UTC", "Europe/London", "America/New_York"};

/* What the cut-off promises, around it and at `start`. */
static void check(int64_t now, int64_t start, const struct period *p, const struct zone *z)
{
    int64_t cutoff = period_cutoff(now, p, z);
    assert_true(period_add_back(cutoff, p, z) <= now);
    assert_true(period_add_back(cutoff + 1, p, z) > now);
    assert_int_equal(period_add_back(start, p, z) <= now, start <= cutoff);
    int64_t cutoff_keep = period_cutoff_keep(now, p, z);
    assert_true(period_add_keep(cutoff_keep, p, z) <= now);
    assert_true(period_add_keep(cutoff_keep + 1, p, z) > now);
    assert_int_equal(period_add_keep(start, p, z) <= now, start <= cutoff_keep);
}

/* Every hour and one millisecond beside it around month ends, leap days and clock changes, of starts that end there. */
static void cutoffs_are_exact_around_awkward_days(void **state)
{
    (void)state;
    static const char *const days[] = {"2024-02-28", "2026-02-27", "2026-03-08",
                                       "2026-03-28", "2026-10-24", "2026-10-31"};
    for (size_t k = 0; k < ARRAY_LEN(zones); k++)
        for (size_t d = 0; d < ARRAY_LEN(days); d++)
            for (size_t i = 0; i < ARRAY_LEN(periods); i++) {
                struct period p = period(periods[i]);
                int64_t day = instant(days[d]);
                for (int64_t at = day; at < day + 3 * DAY_MS; at += 150 * MINUTE_MS) {
                    int64_t now = at + (at / (150 * MINUTE_MS)) % 3 - 1;
                    check(now, period_cutoff(now, &p, zone_utc()) + (at - day), &p, zone(zones[k]));
                }
            }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void cutoffs_are_exact_for_random_times(void **state)
{
    (void)state;
    uint64_t seed = 20261121;
    for (int i = 0; i < 1500; i++) {
        struct period p = period(periods[next_random(&seed) % ARRAY_LEN(periods)]);
        const struct zone *z = zone(zones[next_random(&seed) % ARRAY_LEN(zones)]);
        int64_t start = instant("2001-01-01") + (int64_t)(next_random(&seed) % (uint64_t)(9000 * DAY_MS));
        int64_t near = (int64_t)(next_random(&seed) % (uint64_t)(6 * DAY_MS)) - 3 * DAY_MS;
        check(period_add_back(start, &p, z), start, &p, z);
        check(period_add_back(start, &p, z) + near, start, &p, z);
    }
}

static void adding_never_decreases(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(zones); k++)
        for (size_t i = 0; i < ARRAY_LEN(periods); i++) {
            struct period p = period(periods[i]);
            const struct zone *z = zone(zones[k]);
            int64_t last_back = INT64_MIN, last_keep = INT64_MIN;
            for (int64_t start = instant("2025-10-20"); start < instant("2026-04-02"); start += 97 * MINUTE_MS) {
                int64_t b = period_add_back(start, &p, z), f = period_add_keep(start, &p, z);
                assert_true(b >= last_back && f >= last_keep && f > b);
                last_back = b;
                last_keep = f;
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(periods_compare_by_length),
        cmocka_unit_test(adding_keeps_the_wall_clock_or_clamps_back),
        cmocka_unit_test(keeping_ends_with_the_last_local_day),
        cmocka_unit_test(unknown_stays_unknown),
        cmocka_unit_test(cutoffs_are_exact_around_awkward_days),
        cmocka_unit_test(cutoffs_are_exact_for_random_times),
        cmocka_unit_test(adding_never_decreases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
