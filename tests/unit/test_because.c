/* The lines of `contact explain`: their order, their rules, and what they never show. */
#include "tests/lib/policy_case.h"

#include "model/because.h"

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

static void the_order_of_reasoning(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "fin", at("2024-03-10"));
    struct chain chain = chain_case(&leg, 1);
    struct decision d = decide_case(&c, &chain, REASON_GDPR_ERASURE, REGIME_GDPR, at("2026-01-01"));
    static const struct { const char *rule, *text, *value; } lines[] = {
        {"2.6", "its category", "fin"},
        {"2.2", "its clock started (interaction_end)", "2024-03-10T00:00:00.000Z"},
        {"2.5", "not before its legal minimum: MiFID II 16(7) (confirmed)", "2029-03-11T00:00:00.000Z"},
        {"2.4", "to be erased after", "2031-03-10T00:00:00.000Z"},
        {"2.5", "a person asks for erasure", "gdpr"},
        {"2.8", "a confirmed legal minimum binds kinds of it: MiFID II 16(7)", "2029-03-11T00:00:00.000Z"},
        {"2.8", "a legal minimum retains part of it", "partial"},
    };
    assert_int_equal(d.because_n, ARRAY_LEN(lines));
    for (size_t i = 0; i < d.because_n; i++) {
        assert_string_equal(d.because[i].rule.p, lines[i].rule);
        assert_string_equal(d.because[i].text.p, lines[i].text);
        assert_string_equal(d.because[i].value.p, lines[i].value);
    }
}

static bool says(const struct decision *d, const char *text)
{
    for (size_t i = 0; i < d->because_n; i++)
        if (strstr(d->because[i].text.p, text) != NULL)
            return true;
    return false;
}

static void neither_matter_nor_value_is_shown(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2024-03-10"));
    leg.unmapped = true;
    leg.unmapped_value = STR("SECRET-VALUE");
    struct chain_hold member = {.matter = key_case(7), .since_ms = at("2025-05-05")};
    struct chain chain = chain_case(&leg, 1);
    chain.holds = &member;
    chain.holds_n = 1;
    struct row_key person = key_case(9);
    leg.subjects = &person;
    leg.subjects_n = 1;
    struct hold hold = {.scope = HOLD_SUBJECT, .subjects = &person, .subjects_n = 1, .matter_text = STR("CASE-77"),
                        .reason = STR("SECRET"), .applied_ms = at("2025-06-06"), .released_ms = TIME_NONE};
    struct decide_input in = {.policy = &c.policy, .chain = &chain, .holds = &hold, .holds_n = 1,
         .now_ms = at("2026-01-01")};
    struct decision d;
    struct err err = {.code = OK};
    assert_int_equal(decide(&in, &c.a, &d, &err), OK);
    assert_true(says(&d, "legal hold since") && says(&d, "a standing one") && says(&d, "mapped to nothing"));
    assert_false(says(&d, "SECRET") || says(&d, "CASE-77"));
    for (size_t i = 0; i < d.because_n; i++)
        if (d.because[i].value.p != NULL)
            assert_null(strstr(d.because[i].value.p, "SECRET"));
    assert_string_equal(d.why.p, "legal hold");
}

static void what_is_unknown_is_said(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", TIME_NONE);
    leg.registered_ms = at("2026-01-01");
    leg.defaulted = leg.end_stated = leg.time_suspect = true;
    struct chain chain = chain_case(&leg, 1);
    struct decision d = decide_case(&c, &chain, REASON_NONE, REGIME_NONE, at("2026-01-02"));
    assert_true(says(&d, "no rule matched") && says(&d, "implausible") && says(&d, "registration counts instead"));
    leg = leg_case(1, "case", at("2026-01-01"));
    d = decide_case(&c, &chain, REASON_NONE, REGIME_NONE, at("2026-01-02"));
    assert_true(says(&d, "case_closed has not been told") && says(&d, "no law is cited"));
    leg.end_stated = false;
    assert_true((d = decide_case(&c, &chain, REASON_NONE, REGIME_NONE, at("2026-01-02")), says(&d, "never due")));
}

static void long_chains_are_cut_and_brief_ones_silent(void **state)
{
    (void)state;
    struct leg legs[25];
    for (unsigned char i = 0; i < 25; i++)
        legs[i] = leg_case(i, "std", at("2024-03-10"));
    struct chain chain = chain_case(legs, 25);
    struct decision d = decide_case(&c, &chain, REASON_NONE, REGIME_NONE, at("2025-01-01"));
    assert_true(says(&d, "leg 20 of 25") && says(&d, "and 5 more legs"));
    assert_false(says(&d, "leg 21 of 25"));
    struct decide_input in = {.policy = &c.policy, .chain = &chain, .now_ms = at("2025-01-01"), .brief = true};
    struct err err = {.code = OK};
    assert_int_equal(decide(&in, &c.a, &d, &err), OK);
    assert_int_equal(d.because_n, 0);
    assert_true(d.why.n > 0);
}

static void a_full_arena_is_remembered(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64);
    struct reasons r = {.a = &a};
    for (int i = 0; i < 10; i++)
        because_add(&r, "2.4", STR_NONE, "line %d", i);
    assert_true(r.full);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_reasoning),
        cmocka_unit_test(neither_matter_nor_value_is_shown),
        cmocka_unit_test(what_is_unknown_is_said),
        cmocka_unit_test(long_chains_are_cut_and_brief_ones_silent),
        cmocka_unit_test(a_full_arena_is_remembered),
    };
    return cmocka_run_group_tests(tests, start, end);
}
