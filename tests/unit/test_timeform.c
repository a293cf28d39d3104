/* The forms of time in vendors' documents, and texts that are none. */
#include "base/timeform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct row {
    const char *text, *utc;
};

static void assert_instant(int64_t ms, const char *text)
{
    char shown[32];
    time_text(ms, shown);
    assert_string_equal(shown, text);
}

static const struct row zoned[] = {
    {"2026-01-31T13:05:00Z", "2026-01-31T13:05:00.000Z"},
    {"2026-01-31T13:05:00.123Z", "2026-01-31T13:05:00.123Z"},
    {"2026-01-31T13:05:00.12Z", "2026-01-31T13:05:00.120Z"},
    {"2026-01-31T13:05:00.123456789Z", "2026-01-31T13:05:00.123Z"},
    {"2017-07-13T17:20:02+0000", "2017-07-13T17:20:02.000Z"},
    {"2017-07-13T12:00:00-05:00", "2017-07-13T17:00:00.000Z"},
    {"2017-07-13T12:00:00+02", "2017-07-13T10:00:00.000Z"},
    {"2017-7-3T12:00:00Z", "2017-07-03T12:00:00.000Z"},
    {"2017-07-13 12:00:00 +0100", "2017-07-13T11:00:00.000Z"},
    {"2017-07-13T12:00Z", "2017-07-13T12:00:00.000Z"},
    {"1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.001Z"},
    {"1504902988", "2017-09-08T20:36:28.000Z"},
    {"1504902988123", "2017-09-08T20:36:28.123Z"},
    {"1504902988.25", "2017-09-08T20:36:28.250Z"},
    {"99999999999", "5138-11-16T09:46:39.000Z"},
    {"100000000000", "1973-03-03T09:46:40.000Z"},
    {"0", "1970-01-01T00:00:00.000Z"},
    {"-1.5", "1969-12-31T23:59:58.500Z"},
    {" 1504902988\n", "2017-09-08T20:36:28.000Z"},
    {"Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06.000Z"},
    {"21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06.000Z"},
    {"Tue, 1 Jul 2003 10:52 +0200 (CEST)", "2003-07-01T08:52:00.000Z"},
    {"Thu,  13  Feb 1969 23:32:54 -0330", "1969-02-14T03:02:54.000Z"},
    {"1 January 2024 00:00:00 PST", "2024-01-01T08:00:00.000Z"},
    {"Mon, 1 Jan 49 00:00:00 -0000", "2049-01-01T00:00:00.000Z"},
};

static void every_form_is_recognised(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(zoned); i++) {
        int64_t ms = 0;
        assert_int_equal(time_form_parse(str_of(zoned[i].text), NULL, &ms, NULL), OK);
        assert_instant(ms, zoned[i].utc);
    }
}

static void a_time_without_zone_needs_one(void **state)
{
    (void)state;
    const struct zone *london;
    assert_int_equal(zone_open(STR("Europe/London"), &london, NULL), OK);
    static const struct row rows[] = {{"2026-07-31T13:05:00", "2026-07-31T12:05:00.000Z"},
                                      {"2026-07-31 13:05:00,5", "2026-07-31T12:05:00.500Z"},
                                      {"2026-07-31", "2026-07-30T23:00:00.000Z"},
                                      {"31 Jul 2026 13:05", "2026-07-31T12:05:00.000Z"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms = 0;
        struct err err = {0};
        assert_int_equal(time_form_parse(str_of(rows[i].text), london, &ms, NULL), OK);
        assert_instant(ms, rows[i].utc);
        assert_int_equal(time_form_parse(str_of(rows[i].text), NULL, &ms, &err), E_INVALID);
        assert_string_equal(err.text, "the time states no zone");
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "asdf",
                                      "2026-02-30T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-01-31T25:00:00Z",
                                      "2026-01-31T13:05:00X",
                                      "2026-01-31T13:05:00Z tail",
                                      "26-01-31T13:05:00Z",
                                      "01/31/2026",
                                      "31-01-2026",
                                      "1504902988s",
                                      "1.5e9",
                                      "15 04",
                                      "0x59b2fc0c",
                                      "99999999999999999",
                                      "-99999999999",
                                      "9999999999999999999999",
                                      "1504902988.",
                                      "Fri, 31 Feb 2020 09:55:06 -0600",
                                      "Fri, 21 Nov 1997 09:55:06 MARS",
                                      "Fri, 21 Nov",
                                      "null"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t ms = 42;
        assert_int_equal(time_form_parse(str_of(bad[i]), zone_utc(), &ms, NULL), E_INVALID);
        assert_int_equal(ms, 42);
    }
}

static void plausible_is_since_2000_and_not_ahead(void **state)
{
    (void)state;
    int64_t now = INT64_C(1795219200000), y2000 = INT64_C(946684800000);
    assert_true(time_plausible(now, now));
    assert_true(time_plausible(y2000, now));
    assert_false(time_plausible(y2000 - 1, now));
    assert_true(time_plausible(now + 5 * MINUTE_MS, now));
    assert_false(time_plausible(now + 5 * MINUTE_MS + 1, now));
    assert_false(time_plausible(1, now));
    assert_false(time_plausible(TIME_NONE, now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_recognised),
        cmocka_unit_test(a_time_without_zone_needs_one),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(plausible_is_since_2000_and_not_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
