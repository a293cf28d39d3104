/* Dates over all legs of a chain, holds, graces and what a person decided. */
#include "tests/lib/policy_case.h"

#include "model/schedule.h"

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

static void a_chain_is_due_when_its_last_leg_is(void **state)
{
    (void)state;
    struct leg legs[2] = {leg_case(1, "std", at("2024-03-10")), leg_case(2, "std", at("2024-03-12"))};
    struct chain chain = chain_case(legs, 2);
    struct schedule s = chain_schedule(&c.policy, &chain);
    assert_true(s.single);
    assert_int_equal(s.anchor_ms, at("2024-03-12"));
    assert_int_equal(s.due_ms, at("2026-03-12"));
    assert_int_equal(s.overdue_ms, at("2026-04-11"));
    legs[0].category = STR("fin");
    s = chain_schedule(&c.policy, &chain);
    assert_false(s.single);
    assert_null(s.category);
    assert_true(str_is(s.binding->name, "fin"));
    assert_int_equal(s.keep_until_ms, at("2029-03-11"));
    assert_int_equal(s.due_ms, at("2031-03-10"));
    legs[1].category = STR("frozen"); /* one leg that never is: the chain never is */
    s = chain_schedule(&c.policy, &chain);
    assert_int_equal(s.due_ms, TIME_NONE);
    assert_int_equal(s.overdue_ms, TIME_NONE);
}

/* A cut-off on the anchor must answer exactly as the dates do; wherever it would not, `single` is false. */
static void single_means_that_a_cutoff_answers(void **state)
{
    (void)state;
    static const struct { const char *category; bool single; } cases[] = {
        {"std", true}, {"fin", true}, {"same", false}, {"year", false}, {"fraud", false}, {"frozen", false}, {"gone",
             false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct leg leg = leg_case(1, cases[i].category, at("2020-03-10T12:00:00Z"));
        leg.case_closed_ms = leg.ended_ms;
        struct chain chain = chain_case(&leg, 1);
        struct schedule s = chain_schedule(&c.policy, &chain);
        assert_int_equal(s.single, cases[i].single);
        if (s.single)
            assert_int_equal(s.due_ms, period_add_back(s.anchor_ms, &s.category->erase_after, c.policy.zone));
    }
    struct leg leg = leg_case(1, "std", TIME_NONE); /* ended, at an unknown time: a ceiling */
    leg.end_stated = true;
    leg.registered_ms = at("2020-03-10");
    struct chain chain = chain_case(&leg, 1);
    assert_false(chain_schedule(&c.policy, &chain).single);
    assert_int_equal(chain_schedule(&c.policy, &chain).due_ms, at("2022-03-10"));
}

static void the_minimum_age_counts_from_the_end(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2020-03-10"));
    leg.registered_ms = at("2026-01-01");
    struct chain chain = chain_case(&leg, 1);
    assert_int_equal(chain_schedule(&c.policy, &chain).erase_ms, at("2022-03-10"));
    assert_int_equal(chain_schedule(&c.policy, &chain).due_ms, at("2022-03-10"));
    leg = leg_case(1, "created", at("2026-01-05"));
    leg.created_ms = at("2020-01-01");
    leg.registered_ms = at("2020-01-01");
    assert_int_equal(chain_schedule(&c.policy, &chain).due_ms, at("2026-01-06"));
}

static void an_open_chain_is_never_due(void **state)
{
    (void)state;
    struct leg legs[2] = {leg_case(1, "created", at("2020-01-01")), leg_case(2, "created", at("2020-01-01"))};
    legs[0].created_ms = legs[1].created_ms = at("2020-01-01");
    struct chain chain = chain_case(legs, 2);
    assert_int_equal(chain_schedule(&c.policy, &chain).due_ms, at("2021-01-01"));
    legs[1].end_stated = false;
    assert_true(chain_schedule(&c.policy, &chain).open);
    assert_int_equal(chain_schedule(&c.policy, &chain).due_ms, TIME_NONE);
    struct chain empty = chain_case(NULL, 0);
    assert_int_equal(chain_schedule(&c.policy, &empty).due_ms, TIME_NONE);
}

static void a_decided_category_replaces_only_the_unmapped(void **state)
{
    (void)state;
    struct leg legs[2] = {leg_case(1, "std", at("2020-01-01")), leg_case(2, "hipaa", at("2020-01-01"))};
    legs[0].unmapped = true;
    struct chain chain = chain_case(legs, 2);
    chain.decided = STR("category:chat");
    assert_int_equal(chain_decided(&chain), DECIDED_CATEGORY);
    assert_true(str_is(leg_as_decided(&c.policy, &chain, &legs[0]).category, "chat"));
    assert_false(leg_as_decided(&c.policy, &chain, &legs[0]).unmapped);
    assert_true(str_is(leg_as_decided(&c.policy, &chain, &legs[1]).category, "hipaa"));
    chain.decided = STR("category:nobody"); /* no such category: nothing is decided by it */
    assert_true(leg_as_decided(&c.policy, &chain, &legs[0]).unmapped);
    static const struct { const char *text; enum decided is; } words[] = {
        {"erase", DECIDED_ERASE}, {"keep", DECIDED_KEEP}, {"", DECIDED_NOTHING}, {"ERASE", DECIDED_NOTHING},
        {"erase it", DECIDED_NOTHING}, {NULL, DECIDED_NOTHING},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        chain.decided = str_of(words[i].text);
        assert_int_equal(chain_decided(&chain), words[i].is);
    }
}

static void holds_by_id_by_subject_and_by_category(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2020-01-01"));
    struct row_key person = key_case(9), other = key_case(8);
    leg.subjects = &person;
    leg.subjects_n = 1;
    struct chain chain = chain_case(&leg, 1);
    struct hold hold = {.scope = HOLD_SUBJECT, .subjects = &other, .subjects_n = 1, .released_ms = TIME_NONE,
                        .grace_until_ms = TIME_NONE};
    assert_false(chain_held(&chain, NULL, 0, &c.policy));
    assert_false(chain_held(&chain, &hold, 1, &c.policy));
    hold.subjects = &person;
    assert_true(chain_held(&chain, &hold, 1, &c.policy));
    hold.released_ms = at("2026-01-01");
    hold.grace_until_ms = at("2026-01-15");
    assert_false(chain_held(&chain, &hold, 1, &c.policy));
    assert_int_equal(chain_grace_ms(&chain, &hold, 1, at("2026-01-14")), at("2026-01-15"));
    assert_int_equal(chain_grace_ms(&chain, &hold, 1, at("2026-01-15")), TIME_NONE);
    chain.grace_until_ms = at("2026-01-20"); /* the later of the two counts */
    assert_int_equal(chain_grace_ms(&chain, &hold, 1, at("2026-01-14")), at("2026-01-20"));
    assert_int_equal(chain_grace_ms(&chain, &hold, 1, at("2026-01-20")), TIME_NONE);
    struct chain_hold member = {.matter = key_case(7)};
    chain.holds = &member;
    chain.holds_n = 1;
    assert_true(chain_held(&chain, NULL, 0, &c.policy));
    chain.holds_n = 0;
    leg.category = STR("fraud"); /* its hold is not written yet */
    assert_true(chain_held(&chain, NULL, 0, &c.policy));
    chain.past_holds = &member;
    chain.past_holds_n = 1; /* written, and released */
    assert_false(chain_held(&chain, NULL, 0, &c.policy));
    chain.past_holds_n = 0;
    chain.state = CHAIN_ERASED;
    assert_false(chain_held(&chain, NULL, 0, &c.policy));
}

static void risen_is_later_than_what_was_last_verified(void **state)
{
    (void)state;
    struct chain chain = chain_case(NULL, 0);
    assert_false(chain_is_risen(&chain));
    chain.risen_ms = 100;
    assert_true(chain_is_risen(&chain));
    chain.verified_ms = 99;
    assert_true(chain_is_risen(&chain));
    chain.verified_again_ms = 100;
    assert_false(chain_is_risen(&chain));
    chain.verified_again_ms = TIME_NONE;
    chain.verified_ms = 101;
    assert_false(chain_is_risen(&chain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_due_when_its_last_leg_is),
        cmocka_unit_test(single_means_that_a_cutoff_answers),
        cmocka_unit_test(the_minimum_age_counts_from_the_end),
        cmocka_unit_test(an_open_chain_is_never_due),
        cmocka_unit_test(a_decided_category_replaces_only_the_unmapped),
        cmocka_unit_test(holds_by_id_by_subject_and_by_category),
        cmocka_unit_test(risen_is_later_than_what_was_last_verified),
    };
    return cmocka_run_group_tests(tests, start, end);
}
