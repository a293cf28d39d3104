/* Rule 2.6: which category a contact gets. */
#include "tests/lib/policy_case.h"

static void rules_as_a_table(void **state)
{
    (void)state;
    static const struct { const char *attribute, *queue, *channel, *category; bool unmapped, defaulted; } cases[] = {
        {NULL, NULL, NULL, "std", false, true},
        {NULL, "Payments EU", NULL, "chat", false, false},
        {"fin", NULL, NULL, "fin", false, false},
        {" FIN ", NULL, NULL, "fin", false, false},
        {"", NULL, NULL, "std", false, true},                /* `*` wants something there */
        {"   ", NULL, NULL, "std", false, true},
        {"gold", NULL, NULL, "std", true, false},
        {"gold", "Payments EU", NULL, "std", true, false},   /* kept as the longest: the latest of the two */
        {"gold", NULL, "trade", "std", true, false},         /* as long as fin: the first rule */
        {"std", "Payments EU", NULL, "std", false, false},   /* neither keeps: the first */
        {NULL, "Payments VIP", NULL, "hipaa", false, false}, /* keep P3Y beats none, though it stands later */
        {NULL, "Payments VIP", "trade", "fin", false, false}, /* keep P5Y beats P3Y */
        {"chat", "Payments VIP", "trade", "fin", false, false},
    };
    struct policy_case c;
    policy_case_init(&c, policy_case_yaml, "UTC");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int ended = 0; ended < 2; ended++) { /* the times of the contact must not matter */
            struct leg leg = leg_case(1, "", ended ? at("2026-01-01") : TIME_NONE);
            struct attribute attribute = {STR("retentionCategory"), str_of(cases[i].attribute)};
            leg.attributes = &attribute;
            leg.attributes_n = cases[i].attribute != NULL ? 1 : 0;
            leg.queue = str_of(cases[i].queue);
            leg.channel = str_of(cases[i].channel);
            leg.unmapped = leg.defaulted = !cases[i].unmapped; /* must be written */
            policy_classify(&c.policy, STR("s"), &leg, &c.a);
            if (!str_is(leg.category, cases[i].category) || leg.unmapped != cases[i].unmapped ||
                leg.defaulted != cases[i].defaulted)
                fail_msg("case %zu gave %.*s, unmapped %d, defaulted %d", i, STR_ARG(leg.category), leg.unmapped,
                         leg.defaulted);
            if (leg.unmapped)
                assert_true(str_is(leg.unmapped_value, "gold"));
            else
                assert_null(leg.unmapped_value.p);
        }
    policy_case_release(&c);
}

static void the_name_outlives_the_policy(void **state)
{
    (void)state;
    struct policy_case c;
    struct arena a, full;
    arena_init(&a, 4096);
    arena_init(&full, 1);
    policy_case_init(&c, policy_case_yaml, "UTC");
    struct leg leg = leg_case(1, "", at("2026-01-01"));
    policy_classify(&c.policy, STR("s"), &leg, &full); /* no room: still classified */
    assert_true(str_is(leg.category, "std"));
    policy_classify(&c.policy, STR("s"), &leg, &a);
    policy_case_release(&c);
    assert_true(str_is(leg.category, "std"));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_as_a_table),
        cmocka_unit_test(the_name_outlives_the_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
