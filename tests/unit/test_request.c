/* test_request.c - states and legal dates of requests. */
#include "model/request.h"

#include <setjmp.h>
#include <cmocka.h>

static const struct zone *zone_named(const char *name)
{
    const struct zone *z;
    struct err err;
    assert_int_equal(zone_open(str_of(name), &z, &err), OK);
    return z;
}

static int64_t at(const char *text)
{
    int64_t ms;
    struct err err;
    assert_int_equal(time_parse(str_of(text), zone_utc(), &ms, &err), OK);
    return ms;
}

static void expect_time(int64_t ms, const char *expected)
{
    char text[32] = "none";
    if (ms != TIME_NONE)
        time_text(ms, text);
    assert_string_equal(text, expected);
}

/* The last permitted instants of a request received then. */
static void clock_is(enum regime regime, const char *received, const char *zone, const char *due, const char *extended)
{
    struct request_clock c = request_clock_of(regime, at(received), zone_named(zone));
    expect_time(c.due_ms, due);
    expect_time(c.extended_due_ms, extended);
}

static void gdpr_gives_one_calendar_month(void **state UNUSED)
{
    clock_is(REGIME_GDPR, "2026-03-05T10:00:00Z", "UTC", "2026-04-05T23:59:59.999Z", "2026-06-05T23:59:59.999Z");
    clock_is(REGIME_GDPR, "2026-12-15T10:00:00Z", "UTC", "2027-01-15T23:59:59.999Z", "2027-03-15T23:59:59.999Z");
    clock_is(REGIME_UK_GDPR, "2026-03-05T10:00:00Z", "UTC", "2026-04-05T23:59:59.999Z", "2026-06-05T23:59:59.999Z");
    clock_is(REGIME_OTHER, "2026-03-05T10:00:00Z", "UTC", "2026-04-05T23:59:59.999Z", "2026-06-05T23:59:59.999Z");
}

static void a_missing_day_is_the_months_last(void **state UNUSED)
{
    clock_is(REGIME_GDPR, "2026-01-31T10:00:00Z", "UTC", "2026-02-28T23:59:59.999Z", "2026-04-30T23:59:59.999Z");
    clock_is(REGIME_GDPR, "2028-01-30T10:00:00Z", "UTC", "2028-02-29T23:59:59.999Z", "2028-04-30T23:59:59.999Z");
    clock_is(REGIME_GDPR, "2026-08-31T10:00:00Z", "UTC", "2026-09-30T23:59:59.999Z", "2026-11-30T23:59:59.999Z");
    clock_is(REGIME_GDPR, "2027-11-30T10:00:00Z", "UTC", "2027-12-30T23:59:59.999Z", "2028-02-29T23:59:59.999Z");
    clock_is(REGIME_GDPR, "2028-02-29T10:00:00Z", "UTC", "2028-03-29T23:59:59.999Z", "2028-05-29T23:59:59.999Z");
}

static void days_are_local_days(void **state UNUSED)
{
    /* 5 March in UTC is 6 March in Tokyo */
    clock_is(REGIME_GDPR, "2026-03-05T20:00:00Z", "Asia/Tokyo", "2026-04-06T14:59:59.999Z", "2026-06-06T14:59:59.999Z");
    /* received in winter time, due in summer time, extended too */
    clock_is(REGIME_GDPR, "2026-03-05T10:00:00Z", "Europe/London", "2026-04-05T22:59:59.999Z",
             "2026-06-05T22:59:59.999Z");
    /* the last day has 23 hours (29 March 2026), or 25 (25 October 2026) */
    clock_is(REGIME_GDPR, "2026-02-28T23:30:00Z", "Europe/Berlin", "2026-04-01T21:59:59.999Z",
             "2026-06-01T21:59:59.999Z");
    clock_is(REGIME_GDPR, "2026-09-25T10:00:00Z", "Europe/London", "2026-10-25T23:59:59.999Z",
             "2026-12-25T23:59:59.999Z");
    clock_is(REGIME_GDPR, "2028-02-26T10:00:00Z", "Europe/London", "2028-03-26T22:59:59.999Z",
             "2028-05-26T22:59:59.999Z");
}

static void the_hour_of_receipt_does_not_matter(void **state UNUSED)
{
    clock_is(REGIME_GDPR, "2026-03-05T00:00:00Z", "UTC", "2026-04-05T23:59:59.999Z", "2026-06-05T23:59:59.999Z");
    clock_is(REGIME_GDPR, "2026-03-05T23:59:59.999Z", "UTC", "2026-04-05T23:59:59.999Z", "2026-06-05T23:59:59.999Z");
}

static void ccpa_counts_calendar_days(void **state UNUSED)
{
    const char *la = "America/Los_Angeles";
    clock_is(REGIME_CCPA, "2026-06-01T18:00:00Z", la, "2026-07-17T06:59:59.999Z", "2026-08-31T06:59:59.999Z");
    /* over the end of February in a leap year, and over the change to summer time */
    clock_is(REGIME_CCPA, "2028-02-01T18:00:00Z", la, "2028-03-18T06:59:59.999Z", "2028-05-02T06:59:59.999Z");
}

static void ccpa_is_acknowledged_in_ten_weekdays(void **state UNUSED)
{
    static const struct { const char *received, *by; } cases[] = {
        {"2026-06-01T10:00:00Z", "2026-06-15T23:59:59.999Z"}, /* Monday */
        {"2026-06-05T10:00:00Z", "2026-06-19T23:59:59.999Z"}, /* Friday */
        {"2026-06-06T10:00:00Z", "2026-06-19T23:59:59.999Z"}, /* Saturday */
        {"2026-06-07T10:00:00Z", "2026-06-19T23:59:59.999Z"}, /* Sunday */
        {"2026-12-31T10:00:00Z", "2027-01-14T23:59:59.999Z"}, /* holidays are not taken out */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct request_clock c = request_clock_of(REGIME_CCPA, at(cases[i].received), zone_utc());
        expect_time(c.acknowledge_ms, cases[i].by);
    }
    struct request_clock gdpr = request_clock_of(REGIME_GDPR, at("2026-06-01T10:00:00Z"), zone_utc());
    assert_true(gdpr.acknowledge_ms == TIME_NONE);
}

static void without_receipt_there_are_no_dates(void **state UNUSED)
{
    struct request_clock c = request_clock_of(REGIME_CCPA, TIME_NONE, zone_utc());
    assert_true(c.acknowledge_ms == TIME_NONE && c.due_ms == TIME_NONE && c.extended_due_ms == TIME_NONE);
}

/* One row a state, one column a target, in the order of the enum. */
static void only_these_moves_are_allowed(void **state UNUSED)
{
    static const char *const allowed[REQUEST_STATE_COUNT] = {
        /*               rvaRpcXw */
        /* received  */ ".xx...xx",
        /* verifying */ "..x...xx",
        /* assessing */ "...x.xxx",
        /* running   */ "....xx.x",
        /* partial   */ "...x.x..",
        /* completed */ "...x....",
        /* refused   */ "........",
        /* withdrawn */ "........",
    };
    for (int from = 0; from < REQUEST_STATE_COUNT; from++)
        for (int to = 0; to < REQUEST_STATE_COUNT; to++)
            assert_int_equal(request_may_move((enum request_state)from, (enum request_state)to),
                             allowed[from][to] == 'x');
    assert_false(request_may_move(REQUEST_STATE_COUNT, REQUEST_RUNNING));
    assert_false(request_may_move(REQUEST_RUNNING, REQUEST_STATE_COUNT));
    assert_false(request_may_move(REQUEST_RUNNING, (enum request_state)40));
}

static void states_have_names(void **state UNUSED)
{
    static const char *const names[] = {"received", "verifying", "assessing", "running",
                                        "partial",  "completed", "refused",   "withdrawn"};
    for (int s = 0; s < REQUEST_STATE_COUNT; s++)
        assert_string_equal(request_state_name((enum request_state)s), names[s]);
    assert_string_equal(request_state_name(REQUEST_STATE_COUNT), "invalid");
}

static void numbers_change_hands(void **state UNUSED)
{
    struct identifier open = {.from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct identifier years = {.from_ms = 1000, .to_ms = 2000};
    struct identifier since = {.from_ms = 1000, .to_ms = TIME_NONE};
    struct identifier until = {.from_ms = TIME_NONE, .to_ms = 2000};
    assert_true(identifier_covers(&open, 5));
    assert_false(identifier_covers(&years, 999));
    assert_true(identifier_covers(&years, 1000));
    assert_true(identifier_covers(&years, 1999));
    assert_false(identifier_covers(&years, 2000));
    assert_true(identifier_covers(&since, 9999));
    assert_false(identifier_covers(&since, 0));
    assert_true(identifier_covers(&until, -5));
    assert_false(identifier_covers(&until, 2000));
    assert_true(identifier_covers(&years, TIME_NONE)); /* an unknown start could be within */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gdpr_gives_one_calendar_month),
        cmocka_unit_test(a_missing_day_is_the_months_last),
        cmocka_unit_test(days_are_local_days),
        cmocka_unit_test(the_hour_of_receipt_does_not_matter),
        cmocka_unit_test(ccpa_counts_calendar_days),
        cmocka_unit_test(ccpa_is_acknowledged_in_ten_weekdays),
        cmocka_unit_test(without_receipt_there_are_no_dates),
        cmocka_unit_test(only_these_moves_are_allowed),
        cmocka_unit_test(states_have_names),
        cmocka_unit_test(numbers_change_hands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
