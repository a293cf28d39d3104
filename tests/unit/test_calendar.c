/* Civil dates against the C library's timegm; instants as text. */
#include "base/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static struct civil date(int year, int month, int day)
{
    return (struct civil){.year = year, .month = month, .day = day};
}

static void days_agree_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = -719162; day <= 2932896; day += 13) { /* 0001-01-01 to 9999-12-31 */
        struct civil c;
        ms_to_civil(day * DAY_MS, &c);
        struct tm tm = {.tm_year = c.year - 1900, .tm_mon = c.month - 1, .tm_mday = c.day};
        assert_int_equal(timegm(&tm), day * 86400);
        assert_int_equal((tm.tm_wday + 6) % 7, weekday(c.year, c.month, c.day));
        assert_true(civil_valid(&c));
        assert_int_equal(civil_to_ms(&c), day * DAY_MS);
    }
}

static void instants_before_1970_have_positive_parts(void **state)
{
    (void)state;
    struct civil c;
    ms_to_civil(-1, &c);
    assert_int_equal(c.year, 1969);
    assert_int_equal(c.day, 31);
    assert_int_equal(c.hour, 23);
    assert_int_equal(c.second, 59);
    assert_int_equal(c.ms, 999);
    assert_int_equal(civil_to_ms(&c), -1);
}

static void invalid_dates_are_told(void **state)
{
    (void)state;
    struct civil good[] = {date(2024, 2, 29), date(2000, 2, 29), date(1, 1, 1), date(9999, 12, 31)};
    struct civil bad[] = {date(2023, 2, 29), date(1900, 2, 29), date(0, 1, 1),  date(10000, 1, 1),
                          date(2024, 13, 1), date(2024, 0, 1),  date(2024, 4, 31), date(2024, 1, 0)};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(civil_valid(&good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(civil_valid(&bad[i]));
    struct civil c = date(2024, 1, 1);
    c.hour = 24;
    assert_false(civil_valid(&c));
    c.hour = 23;
    c.second = 60;
    assert_true(civil_valid(&c));
    c.second = 61;
    assert_false(civil_valid(&c));
}

static void time_text_is_rfc3339(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "1970-01-01T00:00:00.000Z"},
                {INT64_C(1769864700007), "2026-01-31T13:05:00.007Z"},
                {-1, "1969-12-31T23:59:59.999Z"},
                {TIME_LEAST, "0001-01-01T00:00:00.000Z"},
                {TIME_MOST, "9999-12-31T23:59:59.999Z"},
                {INT64_MAX, "9999-12-31T23:59:59.999Z"},
                {INT64_MIN + 1, "0001-01-01T00:00:00.000Z"},
                {TIME_NONE, ""}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[32];
        time_text(rows[i].ms, text);
        assert_string_equal(text, rows[i].text);
    }
    struct arena a;
    arena_init(&a, 4096);
    assert_null(time_str(TIME_NONE, &a).p);
    assert_true(str_is(time_str(0, &a), "1970-01-01T00:00:00.000Z"));
    arena_release(&a);
}

static void time_parse_reads_its_own_text(void **state)
{
    (void)state;
    for (int64_t ms = TIME_LEAST; ms < TIME_MOST; ms += INT64_C(98765432123456)) {
        char text[32];
        int64_t back = 0;
        time_text(ms, text);
        assert_int_equal(time_parse(str_of(text), zone_utc(), &back, NULL), OK);
        assert_int_equal(back, ms);
    }
}

static void time_parse_accepts_offsets_and_days(void **state)
{
    (void)state;
    const struct zone *london;
    assert_int_equal(zone_open(STR("Europe/London"), &london, NULL), OK);
    static const struct {
        const char *text, *same;
    } rows[] = {{"2026-01-31T13:05:00+01:00", "2026-01-31T12:05:00.000Z"},
                {"2026-01-31T13:05:00-05:30", "2026-01-31T18:35:00.000Z"},
                {"2026-01-31t13:05:00z", "2026-01-31T13:05:00.000Z"},
                {"2026-01-31 13:05:00.1239Z", "2026-01-31T13:05:00.123Z"},
                {"2026-01-31T13:05:00.1Z", "2026-01-31T13:05:00.100Z"},
                {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
                {"2026-07-01", "2026-06-30T23:00:00.000Z"},
                {"2026-01-01", "2026-01-01T00:00:00.000Z"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms = 0, same = 0;
        assert_int_equal(time_parse(str_of(rows[i].text), london, &ms, NULL), OK);
        assert_int_equal(time_parse(str_of(rows[i].same), london, &same, NULL), OK);
        assert_int_equal(ms, same);
    }
}

static void time_parse_refuses_the_rest(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "asdf",
                                      "2026",
                                      "2026-1-31",
                                      "2026-02-29",
                                      "2026-01-31T",
                                      "2026-01-31T13:05",
                                      "2026-01-31T13:05:00",
                                      "2026-01-31T13:05:00.Z",
                                      "2026-01-31T13:05:00+0100",
                                      "2026-01-31T13:05:00+01",
                                      "2026-01-31T13:05:00Zx",
                                      "2026-01-31T24:00:00Z",
                                      "2026-01-31T13:60:00Z",
                                      "2026-01-31T13:05:00+24:00",
                                      "0000-01-01",
                                      " 2026-01-31",
                                      "1769864700"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t ms = 42;
        struct err err = {0};
        assert_int_equal(time_parse(str_of(bad[i]), zone_utc(), &ms, &err), E_INVALID);
        assert_int_equal(err.code, E_INVALID);
        assert_int_equal(ms, 42);
    }
}

static void the_year_ends_in_its_zone(void **state)
{
    (void)state;
    const struct zone *york;
    assert_int_equal(zone_open(STR("America/New_York"), &york, NULL), OK);
    int64_t late = 0;
    assert_int_equal(time_parse(STR("2027-01-01T03:00:00Z"), york, &late, NULL), OK);
    char text[32];
    time_text(end_of_year(late, york), text);
    assert_string_equal(text, "2027-01-01T05:00:00.000Z");
    time_text(end_of_year(late, zone_utc()), text);
    assert_string_equal(text, "2028-01-01T00:00:00.000Z");
    assert_int_equal(end_of_year(TIME_NONE, york), TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_agree_with_the_c_library),
        cmocka_unit_test(instants_before_1970_have_positive_parts),
        cmocka_unit_test(invalid_dates_are_told),
        cmocka_unit_test(time_text_is_rfc3339),
        cmocka_unit_test(time_parse_reads_its_own_text),
        cmocka_unit_test(time_parse_accepts_offsets_and_days),
        cmocka_unit_test(time_parse_refuses_the_rest),
        cmocka_unit_test(the_year_ends_in_its_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
