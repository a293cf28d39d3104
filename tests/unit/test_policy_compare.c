/* What differs between two versions, as a table of one change each. */
#include "tests/lib/policy_case.h"

#define BASE "categories: {standard_support: {erase_after: P2Y}, b: {keep: P1Y, erase_after: P2Y, law: {cite: X}}}\n"

static void each_change_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *category; /* NULL: no change listed */
        bool shorter, longer, start, added, removed, keep_shorter, law, classification;
    } cases[] = {
        {BASE, NULL, 0, 0, 0, 0, 0, 0, 0, 0},
        {"categories: {standard_support: {erase_after: P1Y}, b: {keep: P1Y, erase_after: P2Y, law: {cite: X}}}",
         "standard_support", .shorter = true},
        {"categories: {standard_support: {erase_after: P3Y}, b: {keep: P1Y, erase_after: P2Y, law: {cite: X}}}",
         "standard_support", .longer = true},
        {"categories: {standard_support: {erase_after: P2Y, from: end_of_year}, b: {keep: P1Y, erase_after: P2Y, "
             "law: {cite: X}}}",
         "standard_support", .start = true},
        {"categories: {standard_support: {erase_after: P2Y}, b: {keep: P6M, erase_after: P2Y, law: {cite: X}}}", "b",
         .keep_shorter = true},
        {"categories: {standard_support: {erase_after: P2Y}, b: {keep: P18M, erase_after: P2Y, law: {cite: X}}}", "b",
         .longer = true},
        {"categories: {standard_support: {erase_after: P2Y}, b: {keep: P1Y, erase_after: P2Y, law: {cite: Y}}}", "b",
         .law = true},
        {"categories: {standard_support: {erase_after: P2Y}, b: {keep: P1Y, erase_after: P2Y, law: {cite: X, "
             "confirmed: {by: A, on: 2026-01-01}}}}",
         "b", .law = true},
        {"categories: {standard_support: {erase_after: P2Y}, b: {keep: P1Y, erase_after: P2Y, law: {cite: X}, "
             "on_request: {sms: erase}}}",
         "b", .law = true},
        {"categories: {standard_support: {erase_after: P2Y, hold: h}, b: {keep: P1Y, erase_after: P2Y, law: {cite: "
             "X}}}",
         "standard_support", .longer = true},
        {"categories: {standard_support: {erase_after: P2Y}}", "b", .removed = true},
        {BASE "default_category: b\n", NULL, .classification = true},
        {BASE "classify: [{when: 'queue:a', category: b}]\n", NULL, .classification = true},
        {BASE "hold_grace: P13D\n", "(hold_grace)", .shorter = true},
        {BASE "minimum_age: P2D\n", "(minimum_age)", .longer = true},
    };
    struct policy_case was;
    policy_case_init(&was, BASE, "UTC");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct policy_case is;
        policy_case_init(&is, cases[i].yaml, "UTC");
        assert_string_equal(is.problems.p, "");
        struct policy_change *list;
        size_t n;
        bool classification;
        struct err err = {.code = OK};
        assert_int_equal(policy_compare(&was.policy, &is.policy, &is.a, &list, &n, &classification, &err), OK);
        assert_int_equal(classification, cases[i].classification);
        assert_int_equal(n, cases[i].category != NULL ? 1 : 0);
        if (n == 1) {
            assert_true(str_is(list[0].category, cases[i].category));
            assert_int_equal(list[0].shorter, cases[i].shorter);
            assert_int_equal(list[0].longer, cases[i].longer);
            assert_int_equal(list[0].start_changed, cases[i].start);
            assert_int_equal(list[0].removed, cases[i].removed);
            assert_int_equal(list[0].keep_shorter, cases[i].keep_shorter);
            assert_int_equal(list[0].law_changed, cases[i].law);
            assert_false(list[0].added);
        }
        policy_case_release(&is);
    }
    policy_case_release(&was);
}

static void added_categories_holds_dropped_and_zones_are_told(void **state)
{
    (void)state;
    struct policy_case was, is;
    policy_case_init(&was, "categories: {standard_support: {erase_after: P2Y}, a: {erase_after: P1Y, hold: h}}", "UTC");
    policy_case_init(&is, "categories: {standard_support: {erase_after: P2Y}, a: {erase_after: P1Y}, c: "
         "{erase_after: P1Y}}",
                     "Europe/Berlin");
    struct policy_change *list;
    size_t n;
    bool classification;
    struct err err = {.code = OK};
    assert_int_equal(policy_compare(&was.policy, &is.policy, &is.a, &list, &n, &classification, &err), OK);
    assert_int_equal(n, 3);
    assert_true(str_is(list[0].category, "a") || str_is(list[1].category, "a"));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(list[i].added, str_is(list[i].category, "c"));
        assert_int_equal(list[i].shorter, !str_is(list[i].category, "c"));
        assert_int_equal(list[i].start_changed, str_is(list[i].category, "(timezone)"));
    }
    policy_case_release(&is);
    policy_case_release(&was);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_named),
        cmocka_unit_test(added_categories_holds_dropped_and_zones_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
