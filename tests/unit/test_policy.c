/* Names of start events and regimes, category numbers and lookup. */
#include "tests/lib/policy_case.h"

static void every_name_parses_back(void **state)
{
    (void)state;
    for (int i = START_INTERACTION_END; i <= START_END_OF_YEAR; i++) {
        enum start_event e;
        assert_true(start_event_parse(str_of(start_event_name((enum start_event)i)), &e));
        assert_int_equal(e, i);
    }
    for (int i = REGIME_GDPR; i < REGIME_COUNT; i++) {
        enum regime r;
        assert_true(regime_parse(str_of(regime_name((enum regime)i)), &r));
        assert_int_equal(r, i);
    }
}

static void other_names_are_refused(void **state)
{
    (void)state;
    enum start_event e = START_END_OF_YEAR;
    enum regime r = REGIME_CCPA;
    assert_false(start_event_parse(STR("Interaction_End"), &e));
    assert_false(start_event_parse(STR_NONE, &e));
    assert_false(regime_parse(STR("none"), &r)); /* no request comes under no regime */
    assert_false(regime_parse(STR("hipaa"), &r));
    assert_false(regime_parse(STR(""), &r));
    assert_int_equal(e, START_END_OF_YEAR);
    assert_int_equal(r, REGIME_CCPA);
}

/* Stored in queues: these numbers may never change. First two bytes of SHA-256, as sha256sum prints them. */
static void category_numbers_are_fixed(void **state)
{
    (void)state;
    assert_int_equal(category_code(STR("")), 0xe3b0);
    assert_int_equal(category_code(STR("abc")), 0xba78);
}

static void a_leg_without_a_known_category_is_unmapped(void **state)
{
    (void)state;
    struct policy_case c;
    policy_case_init(&c, policy_case_yaml, "UTC");
    bool unmapped = true;
    struct leg leg = leg_case(1, "chat", 0);
    const struct category *chat = policy_category_of(&c.policy, &leg, &unmapped);
    assert_true(str_is(chat->name, "chat") && !unmapped);
    assert_ptr_equal(&c.policy.categories[policy_category_index(&c.policy, chat)], chat);
    leg.unmapped = true;
    (void)policy_category_of(&c.policy, &leg, &unmapped);
    assert_true(unmapped);
    leg = leg_case(1, "was_removed", 0);
    assert_true(str_is(policy_category_of(&c.policy, &leg, &unmapped)->name, "std"));
    assert_true(unmapped);
    assert_null(policy_category(&c.policy, STR("was_removed")));
    policy_case_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_parses_back),
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(category_numbers_are_fixed),
        cmocka_unit_test(a_leg_without_a_known_category_is_unmapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
