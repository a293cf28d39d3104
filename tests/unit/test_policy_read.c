/* The policy part of a configuration: what is read, and that every problem is told with its place. */
#include "tests/lib/policy_case.h"

#include "base/file.h"

static struct policy_case c;

static int start(void **state)
{
    (void)state;
    c = (struct policy_case){.problems = STR_NONE};
    return 0;
}

static int end(void **state)
{
    (void)state;
    policy_case_release(&c);
    return 0;
}

static void categories_are_read(void **state)
{
    (void)state;
    policy_case_init(&c, policy_case_yaml, "UTC");
    assert_string_equal(c.problems.p, "");
    const struct category *fin = policy_category(&c.policy, STR("fin"));
    assert_int_equal(fin->keep.years, 5);
    assert_int_equal(fin->erase_after.years, 7);
    assert_int_equal(fin->erase_within.days, 30);
    assert_true(fin->law.resists[REGIME_GDPR] && fin->law.resists[REGIME_UK_GDPR]);
    assert_false(fin->law.resists[REGIME_CCPA] || fin->law.resists[REGIME_OTHER]);
    assert_true(str_is(fin->law.confirmed_by, "Ann"));
    assert_int_equal(fin->law.confirmed_ms, at("2026-01-05"));
    assert_int_equal(fin->on_request[KIND_RECORDING], EFFECT_RESTRICT);
    assert_int_equal(fin->on_request[KIND_CONTACT_RECORD], EFFECT_PSEUDONYMISE);
    assert_int_equal(fin->on_request[KIND_TRANSCRIPT], EFFECT_ERASE);
    assert_int_equal(policy_category(&c.policy, STR("fin_open"))->law.confirmed_by.n, 0);
    const struct category *fraud = policy_category(&c.policy, STR("fraud"));
    assert_true(str_is(fraud->hold, "fraud"));
    assert_int_equal(fraud->review.years, 1);
    assert_int_equal(fraud->from, START_CASE_CLOSED);
    assert_int_equal(policy_category(&c.policy, STR("frozen"))->review.years, 1);
    assert_int_equal(c.policy.rules_n, 4);
    assert_true(str_is(c.policy.default_category, "std"));
}

static void presets_are_the_rules_ones(void **state)
{
    (void)state;
    policy_case_init(&c, "categories: {standard_support: {erase_after: P2Y}, b: {keep: P1Y, erase_after: P2Y}}", "UTC");
    assert_string_equal(c.problems.p, "");
    assert_true(str_is(c.policy.default_category, "standard_support"));
    assert_int_equal(c.policy.minimum_age.days, 1);
    assert_int_equal(c.policy.hold_grace.days, 14);
    assert_int_equal(c.policy.cooling_off.days, 7);
    assert_int_equal(c.policy.verify_again.days, 1);
    assert_int_equal(c.policy.open_ask_after.days, 30);
    /* With a minimum and nothing said: what can be undone. Without: everything goes. */
    const struct category *b = policy_category(&c.policy, STR("b")), *s = policy_category(&c.policy,
         STR("standard_support"));
    for (int k = 1; k < KIND_COUNT; k++) {
        assert_int_equal(b->on_request[k], EFFECT_RESTRICT);
        assert_int_equal(s->on_request[k], EFFECT_ERASE);
    }
    assert_false(s->keep.set || s->review.set);
    assert_int_equal(s->from, START_INTERACTION_END);
}

static void unnamed_kinds_take_the_stated_default(void **state)
{
    (void)state;
    policy_case_init(&c,
                     "categories: {standard_support: {keep: P1Y, erase_after: P2Y, on_request: {default: "
                          "pseudonymise}},\n"
                     "  b: {keep: P1Y, erase_after: P2Y, on_request: {email: erase}}}",
                     "UTC");
    assert_string_equal(c.problems.p, "");
    assert_int_equal(policy_category(&c.policy, STR("standard_support"))->on_request[KIND_SMS], EFFECT_PSEUDONYMISE);
    assert_int_equal(policy_category(&c.policy, STR("b"))->on_request[KIND_EMAIL], EFFECT_ERASE);
    assert_int_equal(policy_category(&c.policy, STR("b"))->on_request[KIND_SMS], EFFECT_RESTRICT);
}

/* Each YAML gives exactly this one problem, at this place. */
static const struct problem_case { const char *yaml, *place, *says; } cases[] = {
    {"categories: {standard_support: {keep: P3Y, erase_after: P2Y}}", "p.yaml:1:39:", "longer than 'erase_after'"},
    {"categories: {standard_support: {keep: P1Y}}", "p.yaml:1:14:", "no 'erase_after'"},
    {"categories: {standard_support: {}}", "p.yaml:1:14:", "no 'erase_after'"},
    {"categories: {standard_support: {erase_after: 2Y}}", "p.yaml:1:46:", ""},
    {"categories: {standard_support: {erase_after: P-2Y}}", "p.yaml:1:46:", ""},
    {"categories: {standard_support: {erase_after: P2Y, keeep: P1Y}}", "p.yaml:1:51:", "keeep"},
    {"categories: {Standard Support: {erase_after: P2Y}}\ndefault_category: Standard Support", "p.yaml:1:14:",
         "a-z"},
    {"categories: {standard_support: {erase_after: P2Y, from: birth}}", "p.yaml:1:57:", "no start event"},
    {"categories: {standard_support: {erase_after: P2Y}, b: {hold: b, from: case_closed}}", "p.yaml:1:71:",
     "without a period"},
    {"categories: {standard_support: {keep: P1Y, erase_after: P2Y, law: {resists: [gdpr]}}}", "p.yaml:1:67:",
         "'cite'"},
    {"categories: {standard_support: {erase_after: P2Y, law: {cite: X, resists: [gdpr]}}}", "p.yaml:1:75:",
     "without 'keep'"},
    {"categories: {standard_support: {keep: P1Y, erase_after: P2Y, law: {cite: X, resists: [hipaa]}}}",
     "p.yaml:1:87:", "Art. 17(3)(b)"},
    {"categories: {standard_support: {keep: P1Y, erase_after: P2Y, law: {cite: X, resists: [PCI]}}}",
         "p.yaml:1:87:",
     "PCI DSS is a contract"},
    {"categories: {standard_support: {keep: P1Y, erase_after: P2Y, law: {cite: X, confirmed: yes}}}",
         "p.yaml:1:88:",
     "{by: NAME, on: DATE}"},
    {"categories: {standard_support: {keep: P1Y, erase_after: P2Y, law: {cite: X, confirmed: {by: Ann}}}}",
     "p.yaml:1:88:", "both"},
    {"categories: {standard_support: {keep: P1Y, erase_after: P2Y, law: {cite: X, confirmed: {by: A, on: "
         "2026-02-30}}}}",
     "p.yaml:1:100:", ""},
    {"categories: {standard_support: {erase_after: P2Y, on_request: {email: erase}}}", "p.yaml:1:63:",
         "without 'keep'"},
    {"categories: {standard_support: {keep: P1Y, erase_after: P2Y, on_request: {letter: erase}}}", "p.yaml:1:75:",
     "no kind"},
    {"categories: {standard_support: {keep: P1Y, erase_after: P2Y, on_request: {none: erase}}}", "p.yaml:1:75:",
     "no kind"},
    {"categories: {standard_support: {keep: P1Y, erase_after: P2Y, on_request: {email: lock}}}", "p.yaml:1:82:",
     "erase, pseudonymise, restrict"},
    {"categories: {standard_support: {erase_after: P2Y, review: P1Y}}", "p.yaml:1:59:", "without 'hold'"},
    {"categories: {standard_support: {erase_after: P2Y, hold: 'A b'}}", "p.yaml:1:57:", "hold's name"},
    {"categories: {a: {erase_after: P2Y}}", "p.yaml:1:1:", "default category 'standard_support'"},
    {"categories: {a: {erase_after: P2Y}}\ndefault_category: b", "p.yaml:2:19:", "default category 'b'"},
    {"categories: {}", "p.yaml:1:13:", "1 to 1000"},
    {"timezone: UTC", "p.yaml:1:1:", "'categories' is missing"},
    {"categories: {standard_support: {erase_after: P2Y}}\nclassify: [{when: 'queue:a', category: b}]",
         "p.yaml:2:40:",
     "no category 'b'"},
    {"categories: {standard_support: {erase_after: P2Y}}\nclassify: [{when: 'queue:a', category: '{queue}'}]",
     "p.yaml:2:40:", "{attribute.NAME}"},
    {"categories: {standard_support: {erase_after: P2Y}}\nclassify: [{when: 'queue:a', category: '{attribute.}'}]",
     "p.yaml:2:40:", "{attribute.NAME}"},
    {"categories: {standard_support: {erase_after: P2Y}}\nclassify: [{category: standard_support}]", "p.yaml:2:12:",
     "'when'"},
    {"categories: {standard_support: {erase_after: P2Y}}\nclassify: [{when: 'status:open', category: "
         "standard_support}]",
     "p.yaml:2:19:", "status"},
    {"categories: {standard_support: {erase_after: P2Y}}\nclassify: [{when: 'nonsense', category: "
         "standard_support}]",
     "p.yaml:2:19:", ""},
    {"categories: {standard_support: {erase_after: P2Y}}\nhold_grace: fortnight", "p.yaml:2:13:", ""},
    /* sha256 of both begins with the same two bytes */
    {"categories: {standard_support: {erase_after: P2Y}, c93: {erase_after: P2Y}, c437: {erase_after: P2Y}}",
     "p.yaml:1:1:", "share a number"},
};

static void each_problem_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct policy_case one;
        policy_case_init(&one, cases[i].yaml, "UTC");
        if (strncmp(one.problems.p, cases[i].place, strlen(cases[i].place)) != 0 ||
            strstr(one.problems.p, cases[i].says) == NULL || strchr(one.problems.p, '\n') != strrchr(one.problems.p,
                 '\n'))
            fail_msg("%s\n  gave: %s\n  wanted: %s ...%s", cases[i].yaml, one.problems.p, cases[i].place,
                 cases[i].says);
        assert_int_equal(one.policy.version.n, 0); /* nobody can mistake it for a usable one */
        policy_case_release(&one);
    }
}

static void all_problems_come_at_once(void **state)
{
    (void)state;
    policy_case_init(&c,
                     "default_category: nobody\n"
                     "categories:\n"
                     "  a: {keep: P3Y, erase_after: P2Y, law: {resists: [sox]}}\n"
                     "  b: {}\n"
                     "classify:\n"
                     "  - {when: 'queue:a', category: nobody}\n",
                     "UTC");
    size_t lines = 0;
    for (const char *p = c.problems.p; *p != '\0'; p++)
        lines += *p == '\n';
    assert_int_equal(lines, 6);
}

static void the_shipped_template_is_valid(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    struct str text;
    struct err err = {.code = OK};
    assert_int_equal(file_read("examples/template.yaml", 1 << 20, &a, &text, &err), OK);
    policy_case_init(&c, text.p, "UTC");
    arena_release(&a);
    assert_string_equal(c.problems.p, "");
    static const struct { const char *name, *erase_after; } guide[] = {
        {"financial_services", "P7Y"}, {"healthcare", "P6Y"},      {"payment_card", "P1Y"},
        {"standard_support", "P2Y"},   {"chat_transient", "P90D"}, {"fraud_investigation", "P6Y"},
    };
    assert_int_equal(c.policy.categories_n, ARRAY_LEN(guide));
    for (size_t i = 0; i < ARRAY_LEN(guide); i++) {
        const struct category *one = policy_category(&c.policy, str_of(guide[i].name));
        assert_non_null(one);
        assert_true(str_is(period_text(&one->erase_after, &c.a), guide[i].erase_after));
        assert_int_equal(one->law.confirmed_by.n, 0); /* counsel has confirmed nothing yet */
    }
    assert_true(str_is(policy_category(&c.policy, STR("fraud_investigation"))->hold, "fraud"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(categories_are_read, start, end),
        cmocka_unit_test_setup_teardown(presets_are_the_rules_ones, start, end),
        cmocka_unit_test_setup_teardown(unnamed_kinds_take_the_stated_default, start, end),
        cmocka_unit_test(each_problem_is_told),
        cmocka_unit_test_setup_teardown(all_problems_come_at_once, start, end),
        cmocka_unit_test_setup_teardown(the_shipped_template_is_valid, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
