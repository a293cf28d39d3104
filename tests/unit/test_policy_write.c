/* The canonical text: the same policy gives the same version however it is written, and comes back from its text. */
#include "tests/lib/policy_case.h"

static struct str written(struct policy_case *c, const struct policy *p)
{
    struct buf b;
    struct err err = {.code = OK};
    buf_init(&b, POLICY_BYTES_MAX);
    assert_int_equal(policy_write(p, &b, &err), OK);
    struct str text = arena_str(&c->a, buf_view(&b));
    buf_release(&b);
    return text;
}

static void the_text_is_canonical(void **state)
{
    (void)state;
    struct policy_case c;
    policy_case_init(&c,
                     "categories:\n"
                     "  standard_support: {erase_after: P2Y}\n"
                     "  fin: {keep: P5Y, erase_after: P7Y, from: record_created, note: n, on_request: {sms: "
                          "restrict, default: erase},\n"
                     "        law: {cite: X, resists: [uk-gdpr, gdpr], confirmed: {by: Ann, on: 2026-01-05}}}\n"
                     "classify: [{when: 'queue:a', category: fin}]\n",
                     "Europe/London");
    assert_string_equal(
        written(&c, &c.policy).p,
        "{\"categories\":["
        "{\"erase_after\":\"P7Y\",\"erase_within\":\"P30D\",\"from\":\"record_created\",\"keep\":\"P5Y\","
        "\"law\":{\"cite\":\"X\",\"confirmed\":{\"by\":\"Ann\",\"on\":\"2026-01-05T00:00:00.000Z\"},"
        "\"resists\":[\"gdpr\",\"uk-gdpr\"]},\"name\":\"fin\",\"note\":\"n\","
        "\"on_request\":{\"default\":\"erase\",\"sms\":\"restrict\"}},"
        "{\"erase_after\":\"P2Y\",\"erase_within\":\"P30D\",\"from\":\"interaction_end\",\"name\":"
             "\"standard_support\"}],"
        "\"classify\":[{\"category\":\"fin\",\"when\":\"queue:a\"}],\"cooling_off\":\"P7D\","
        "\"default_category\":\"standard_support\",\"hold_grace\":\"P14D\",\"minimum_age\":\"P1D\","
        "\"open_ask_after\":\"P30D\",\"timezone\":\"Europe/London\",\"verify_again\":\"P1D\"}");
    policy_case_release(&c);
}

static void the_version_is_of_the_rules_alone(void **state)
{
    (void)state;
    struct policy_case a, b;
    policy_case_init(&a, "categories: {standard_support: {erase_after: P2Y}, b: {erase_after: P1Y}}", "UTC");
    policy_case_init(&b,
                     "purge: {at: '03:00'}\nhold_grace: P14D\ncategories:\n  b:\n    erase_after: P1Y\n"
                     "    from: interaction_end\n  standard_support: {erase_within: P30D, erase_after: P2Y}\n",
                     "UTC");
    assert_int_equal(a.policy.version.n, 16);
    assert_true(str_eq(a.policy.version, b.policy.version));
    policy_case_release(&b);
    static const char *const others[] = {
        "categories: {standard_support: {erase_after: P2Y}, b: {erase_after: P2Y}}",
        "categories: {standard_support: {erase_after: P2Y}, b: {erase_after: P1Y}}\nhold_grace: P15D",
        "categories: {standard_support: {erase_after: P2Y}, b: {erase_after: P1Y}}\ndefault_category: b",
        "categories: {standard_support: {erase_after: P2Y}, b: {erase_after: P1Y}}\nclassify: [{when: 'queue:a', "
             "category: b}]",
        "categories: {standard_support: {erase_after: P2Y}, b: {erase_after: P1Y, hold: b}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        policy_case_init(&b, others[i], "UTC");
        assert_string_equal(b.problems.p, "");
        assert_false(str_eq(a.policy.version, b.policy.version));
        policy_case_release(&b);
    }
    policy_case_release(&a);
}

static void a_stored_version_comes_back_the_same(void **state)
{
    (void)state;
    struct policy_case c;
    policy_case_init(&c, policy_case_yaml, "Europe/Berlin");
    struct str text = written(&c, &c.policy);
    struct policy back;
    struct err err = {.code = OK};
    assert_int_equal(policy_load(text, &c.a, &back, &err), OK);
    assert_true(str_eq(text, written(&c, &back)));
    assert_true(str_eq(back.version, c.policy.version));
    assert_memory_equal(&back.digest, &c.policy.digest, sizeof(back.digest));
    assert_ptr_equal(back.zone, c.policy.zone);
    struct policy_change *changes;
    size_t n = 99;
    bool classification = true;
    assert_int_equal(policy_compare(&c.policy, &back, &c.a, &changes, &n, &classification, &err), OK);
    assert_int_equal(n, 0);
    assert_false(classification);
    struct leg leg = leg_case(1, "", at("2026-01-01"));
    leg.channel = STR("trade");
    policy_classify(&back, STR("s"), &leg, &c.a);
    assert_true(str_is(leg.category, "fin"));
    policy_case_release(&c);
}

static void damaged_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "{}", "[]", "{\"timezone\":\"Mars/Olympus\"}", "{\"timezone\":\"UTC\"}",
        "{\"timezone\":\"UTC\",\"categories\":[{\"from\":\"interaction_end\",\"erase_after\":\"P1Y\"}],\"classify\":"
             "[]}",
        "{\"timezone\":\"UTC\",\"categories\":[{\"name\":\"a\",\"from\":\"interaction_end\"}],\"classify\":[],"
             "\"default_category\":\"a\"}",
        "{\"timezone\":\"UTC\",\"categories\":[{\"name\":\"a\",\"from\":\"birth\",\"erase_after\":\"P1Y\"}],"
             "\"classify\":[]}",
        "{\"timezone\":\"UTC\",\"categories\":[{\"name\":\"a\",\"from\":\"interaction_end\",\"erase_after\":"
             "\"1Y\"}],\"classify\":[]}",
        "{\"timezone\":\"UTC\",\"categories\":[{\"name\":\"a\",\"from\":\"interaction_end\",\"erase_after\":"
             "\"P1Y\"}],\"classify\":[],\"default_category\":\"b\"}",
        /* no hold_grace: a missing period must not read as none */
        "{\"timezone\":\"UTC\",\"categories\":[{\"name\":\"a\",\"from\":\"interaction_end\",\"erase_after\":"
             "\"P1Y\"}],\"classify\":[],\"default_category\":\"a\"}",
        /* keep without an effect */
        "{\"timezone\":\"UTC\",\"categories\":[{\"name\":\"a\",\"from\":\"interaction_end\",\"erase_after\":\"P1Y\","
             "\"keep\":\"P1Y\"}],\"classify\":[]}",
    };
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct policy p = {.categories_n = 77};
        struct err err = {.code = OK};
        assert_int_equal(policy_load(str_of(bad[i]), &a, &p, &err), E_INVALID);
        assert_int_equal(p.categories_n, 77);
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_canonical),
        cmocka_unit_test(the_version_is_of_the_rules_alone),
        cmocka_unit_test(a_stored_version_comes_back_the_same),
        cmocka_unit_test(damaged_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
