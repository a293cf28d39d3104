/* Anchors and the two dates of a leg (rules 2.1, 2.2, 2.4, 2.6), as tables. */
#include "tests/lib/policy_case.h"

static struct policy_case c;

static int start(void **state)
{
    (void)state;
    policy_case_init(&c, policy_case_yaml, "UTC");
    return 0;
}

static int end(void **state)
{
    (void)state;
    policy_case_release(&c);
    return 0;
}

static int64_t maybe(const char *text)
{
    return text == NULL ? TIME_NONE : at(text);
}

static void dates_from_a_known_start(void **state)
{
    (void)state;
    static const struct { const char *category, *start, *keep, *due, *overdue; } cases[] = {
        {"std", "2024-03-10T12:00:00Z", NULL, "2026-03-10T12:00:00Z", "2026-04-09T12:00:00Z"},
        /* the missing day: back for erasing, forward for keeping, and `keep` to the end of its day */
        {"std", "2024-02-29T12:00:00Z", NULL, "2026-02-28T23:59:59.999Z", "2026-03-30T23:59:59.999Z"},
        {"fin", "2024-02-29T12:00:00Z", "2029-03-02", "2031-02-28T23:59:59.999Z", "2031-03-30T23:59:59.999Z"},
        {"fin", "2024-03-10T12:00:00Z", "2029-03-11", "2031-03-10T12:00:00Z", "2031-04-09T12:00:00Z"},
        /* equal periods: retention wins until its day has ended */
        {"same", "2024-03-10T12:00:00Z", "2025-03-11", "2025-03-11", "2025-04-10"},
        {"year", "2024-03-10T12:00:00Z", NULL, "2031-01-01", "2031-01-31"},
        {"year", "2024-12-31T23:59:59.999Z", NULL, "2031-01-01", "2031-01-31"},
        {"chat", "2024-03-10T12:00:00Z", NULL, "2024-06-08T12:00:00Z", "2024-07-08T12:00:00Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct leg leg = leg_case(1, cases[i].category, at(cases[i].start));
        struct dates d = policy_dates(&c.policy, &leg);
        assert_false(d.ceiling);
        assert_int_equal(d.keep_until_ms, maybe(cases[i].keep));
        assert_int_equal(d.due_ms, maybe(cases[i].due));
        assert_int_equal(d.overdue_ms, maybe(cases[i].overdue));
    }
}

static void a_day_ends_in_the_configured_zone(void **state)
{
    (void)state;
    struct policy_case berlin;
    policy_case_init(&berlin, policy_case_yaml, "Europe/Berlin");
    struct leg leg = leg_case(1, "fin", at("2024-03-10T23:30:00Z")); /* already the 11th in Berlin */
    assert_int_equal(policy_dates(&berlin.policy, &leg).keep_until_ms, at("2029-03-11T23:00:00Z"));
    leg = leg_case(1, "year", at("2024-12-31T23:30:00Z"));
    assert_int_equal(policy_anchor_ms(&berlin.policy, policy_category(&berlin.policy, STR("year")), &leg),
                     at("2025-12-31T23:00:00Z"));
    policy_case_release(&berlin);
}

static void an_unknown_start_is_bounded_by_registration(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "fin", TIME_NONE);
    leg.registered_ms = at("2024-03-10T12:00:00Z");
    leg.end_stated = true; /* it ended, at a time nobody can believe */
    struct dates d = policy_dates(&c.policy, &leg);
    assert_true(d.ceiling);
    assert_int_equal(d.anchor_ms, TIME_NONE);
    assert_int_equal(d.keep_until_ms, at("2029-03-11"));
    assert_int_equal(d.due_ms, at("2031-03-10T12:00:00Z"));
    leg.category = STR("created");
    leg.end_stated = false;
    d = policy_dates(&c.policy, &leg);
    assert_true(d.ceiling);
    assert_int_equal(d.due_ms, at("2025-03-10T12:00:00Z"));
    leg.category = STR("year");
    leg.end_stated = true;
    assert_int_equal(policy_dates(&c.policy, &leg).due_ms, at("2031-01-01"));
}

static void a_start_still_to_come_is_never_due_and_keeps_without_end(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "case", at("2020-01-01"));
    struct dates d = policy_dates(&c.policy, &leg);
    assert_int_equal(d.due_ms, TIME_NONE);
    assert_int_equal(d.overdue_ms, TIME_NONE);
    assert_int_equal(d.keep_until_ms, KEEP_UNBOUNDED_MS);
    assert_false(d.ceiling);
    leg.case_closed_ms = at("2024-01-01");
    assert_int_equal(policy_dates(&c.policy, &leg).due_ms, at("2026-01-01"));
    struct leg open = leg_case(1, "fin", TIME_NONE); /* no end stated */
    open.registered_ms = at("2020-01-01");
    assert_int_equal(policy_dates(&c.policy, &open).due_ms, TIME_NONE);
    assert_int_equal(policy_dates(&c.policy, &open).keep_until_ms, KEEP_UNBOUNDED_MS);
    struct leg frozen = leg_case(1, "frozen", at("2020-01-01"));
    assert_int_equal(policy_dates(&c.policy, &frozen).due_ms, TIME_NONE);
    char text[32];
    time_text(KEEP_UNBOUNDED_MS, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void the_unmapped_are_kept_as_the_longest(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2024-03-10T12:00:00Z"));
    leg.unmapped = true;
    struct dates d = policy_dates(&c.policy, &leg);
    assert_int_equal(d.keep_until_ms, at("2029-03-11")); /* fin's five years */
    assert_int_equal(d.due_ms, at("2029-03-11"));        /* std's two have passed by then */
    leg.unmapped = false;
    leg.category = STR("was_removed");
    assert_int_equal(policy_dates(&c.policy, &leg).keep_until_ms, at("2029-03-11"));
    leg = leg_case(1, "std", TIME_NONE);
    leg.unmapped = true;
    assert_int_equal(policy_dates(&c.policy, &leg).keep_until_ms, KEEP_UNBOUNDED_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_from_a_known_start),
        cmocka_unit_test(a_day_ends_in_the_configured_zone),
        cmocka_unit_test(an_unknown_start_is_bounded_by_registration),
        cmocka_unit_test(a_start_still_to_come_is_never_due_and_keeps_without_end),
        cmocka_unit_test(the_unmapped_are_kept_as_the_longest),
    };
    return cmocka_run_group_tests(tests, start, end);
}
