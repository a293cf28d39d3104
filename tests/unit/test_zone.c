/* Zones: names, wall clocks, gaps and repeated hours. */
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

/* A wall clock written as if it were UTC. */
static struct civil wall(const char *text)
{
    struct civil c;
    ms_to_civil(instant(text), &c);
    return c;
}

static void assert_instant(int64_t ms, const char *text)
{
    char shown[32];
    time_text(ms, shown);
    assert_string_equal(shown, text);
}

static void names_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "Nowhere/City", "../zoneinfo/UTC", "Europe/../UTC", "/usr/share/zoneinfo/UTC",
                                      "Europe", "zone1970.tab", "right/Europe/London", "posix/Europe/London",
                                      "Europe/London ", "GMT+1:00", "EST5EDT,M3.2.0,M11.1.0",
                                      "AVeryLongNameOfSeventyCharactersOrSoWhichIsLongerThanAnyZoneHasEverHad"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct zone *z = NULL;
        struct err err = {0};
        assert_int_equal(zone_open(str_of(bad[i]), &z, &err), E_INVALID);
        assert_null(z);
    }
    const struct zone *z = NULL;
    assert_int_equal(zone_open(STR_NONE, &z, NULL), E_INVALID);
}

static void a_zone_is_opened_once(void **state)
{
    (void)state;
    assert_ptr_equal(zone("UTC"), zone_utc());
    assert_ptr_equal(zone("Europe/London"), zone("Europe/London"));
    assert_ptr_not_equal(zone("Europe/London"), zone("Europe/Berlin"));
    assert_true(str_is(zone_name(zone("Europe/London")), "Europe/London"));
    assert_true(str_is(zone_name(zone_utc()), "UTC"));
}

static void wall_clocks_of_several_zones_do_not_mix(void **state)
{
    (void)state;
    const struct zone *london = zone("Europe/London"), *york = zone("America/New_York");
    const struct zone *kathmandu = zone("Asia/Kathmandu");
    int64_t noon = instant("2026-07-01T12:00:00.123Z");
    struct civil c;
    for (int i = 0; i < 3; i++) {
        zone_civil(london, noon, &c);
        assert_int_equal(c.hour, 13);
        assert_int_equal(c.ms, 123);
        zone_civil(york, noon, &c);
        assert_int_equal(c.hour, 8);
        zone_civil(kathmandu, noon, &c);
        assert_int_equal(c.hour * 60 + c.minute, 17 * 60 + 45);
        zone_civil(zone_utc(), noon, &c);
        assert_int_equal(c.hour, 12);
    }
    /* Far beyond the table in the zone's file. */
    zone_civil(london, instant("2150-07-01T12:00:00Z"), &c);
    assert_int_equal(c.hour, 13);
}

static void gaps_and_repeats(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *wall, *instant;
    } rows[] = {
        {"Europe/London", "2026-03-29T00:59:59.999Z", "2026-03-29T00:59:59.999Z"},
        {"Europe/London", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00.000Z"}, /* skipped */
        {"Europe/London", "2026-03-29T01:30:00Z", "2026-03-29T01:00:00.000Z"}, /* skipped */
        {"Europe/London", "2026-03-29T02:00:00Z", "2026-03-29T01:00:00.000Z"},
        {"Europe/London", "2026-10-25T00:59:00Z", "2026-10-24T23:59:00.000Z"},
        {"Europe/London", "2026-10-25T01:30:00Z", "2026-10-25T00:30:00.000Z"}, /* the earlier one */
        {"Europe/London", "2026-10-25T02:00:00Z", "2026-10-25T02:00:00.000Z"},
        {"America/New_York", "2026-03-08T02:30:00Z", "2026-03-08T07:00:00.000Z"},
        {"America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T05:30:00.000Z"},
        {"America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T07:00:00.000Z"},
        {"Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00.000Z"}, /* a day that never was */
        {"Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-30T10:00:00.000Z"},
        {"UTC", "2026-03-29T01:30:00Z", "2026-03-29T01:30:00.000Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct civil c = wall(rows[i].wall);
        assert_instant(zone_instant(zone(rows[i].zone), &c), rows[i].instant);
    }
}

static void every_instant_but_the_repeated_comes_back(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/London", "America/New_York", "Australia/Lord_Howe", "America/St_Johns"};
    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        const struct zone *z = zone(names[k]);
        int repeated = 0;
        for (int64_t ms = instant("2026-01-01"); ms < instant("2027-01-01"); ms += 30 * MINUTE_MS) {
            struct civil c;
            zone_civil(z, ms, &c);
            int64_t back = zone_instant(z, &c);
            assert_true(back == ms || (back < ms && back >= ms - HOUR_MS));
            repeated += back != ms;
        }
        assert_int_equal(repeated, k == 2 ? 1 : 2); /* Lord Howe moves by half an hour */
    }
}

static void the_forward_clock_never_goes_back(void **state)
{
    (void)state;
    const struct zone *london = zone("Europe/London");
    int64_t last = INT64_MIN;
    for (int64_t ms = instant("2026-10-24T22:00:00Z"); ms < instant("2026-10-25T04:00:00Z"); ms += MINUTE_MS) {
        struct civil c;
        zone_civil_forward(london, ms, &c);
        int64_t reading = civil_to_ms(&c);
        assert_true(reading >= last);
        last = reading;
    }
    struct civil c;
    zone_civil_forward(london, instant("2026-10-25T01:30:00Z"), &c); /* 01:30 for the second time */
    assert_int_equal(c.hour * 60 + c.minute, 2 * 60);
    zone_civil_forward(london, instant("2026-10-25T00:30:00Z"), &c);
    assert_int_equal(c.hour * 60 + c.minute, 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(a_zone_is_opened_once),
        cmocka_unit_test(wall_clocks_of_several_zones_do_not_mix),
        cmocka_unit_test(gaps_and_repeats),
        cmocka_unit_test(every_instant_but_the_repeated_comes_back),
        cmocka_unit_test(the_forward_clock_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
