#include "audit/meaning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct meaning meaning;
static uint64_t next_index;

static int each_setup(void **state)
{
    (void)state;
    meaning_init(&meaning, 16 << 20);
    next_index = 0;
    return 0;
}

static int each_teardown(void **state)
{
    (void)state;
    meaning_release(&meaning);
    return 0;
}

static void see(const char *text)
{
    struct entry_view view;
    struct meaning_fact fact;
    struct err err;

    if (entry_check(str_of(text), &view, &err) != OK)
        fail_msg("%s: %s", err.text, text);
    meaning_read(&view, &fact);
    assert_int_equal(meaning_take(&meaning, next_index++, &fact, &err), OK);
}

static void intent(unsigned id, int64_t n)
{
    char text[1024];

    (void)snprintf(text, sizeof(text),
                   "{\"actor\":\"a\",\"at\":1000,\"chains_root\":\"" HASH "\",\"effects\":[\"erase\"],"
                   "\"id\":\"%08x%024x\","
                   "\"n\":%lld,\"policy\":\"p\",\"reason\":\"OPERATOR\",\"stores\":[],\"type\":\"INTENT\",\"v\":1}",
                   id * 2654435761u, id, (long long)n);
    see(text);
}

/* `more` is put before "stores". */
static void result(const char *type, unsigned id, const char *more, const char *stores, const char *verdict)
{
    char text[1024];
    bool verified = strcmp(type, "VERIFIED") == 0;

    (void)snprintf(text, sizeof(text),
                   "{\"actor\":\"a\",\"at\":1000,\"chain\":\"" HASH "\",\"id\":\"%032x\",\"ids\":[],"
                   "\"intent\":\"%08x%024x\"%s%s,\"stores\":%s%s,\"type\":\"%s\",\"v\":1,\"verdict\":\"%s\"}",
                   0xFFFFFF, id * 2654435761u, id, more, verified ? ",\"residuals\":[]" : "", stores,
                   verified ? ",\"times\":{}" : "", type, verdict);
    see(text);
}

static void outcome(unsigned id)
{
    result("OUTCOME", id, "", "{\"s\":{\"gone\":1}}", "VERIFYING");
}

static void a_proper_story_has_no_findings(void **state)
{
    (void)state;
    intent(1, 2);
    assert_int_equal(meaning.intents_open, 1);
    intent(2, 0);
    outcome(1);
    assert_int_equal(meaning.intents_open, 1);
    outcome(1);
    assert_int_equal(meaning.intents_open, 0);
    result("VERIFIED", 1, "", "{\"s\":{\"absent\":1,\"unknown\":0}}", "PURGED");
    assert_true(!meaning.any && meaning.intents == 2 && meaning.entries == 5);
}

static void outcomes_need_their_intent(void **state)
{
    (void)state;
    outcome(1);
    assert_true(meaning.any && meaning.first == FINDING_NO_INTENT && meaning.first_index == 0);
    intent(1, 1);
    outcome(1);
    outcome(2);
    result("VERIFIED", 3, "", "{}", "PARTIAL");
    assert_int_equal(meaning.findings[FINDING_NO_INTENT], 3);
    outcome(1); /* one more than the intent has chains */
    assert_int_equal(meaning.findings[FINDING_SURPLUS_OUTCOME], 1);
    intent(1, 5);
    assert_int_equal(meaning.findings[FINDING_INTENT_TWICE], 1);
    assert_int_equal(meaning.first_index, 0);
}

static void an_intent_may_stand_in_last_years_log(void **state)
{
    (void)state;
    result("VERIFIED", 9, ",\"intent_log\":\"log.example/2025\"", "{}", "PURGED");
    assert_true(!meaning.any && meaning.intents_elsewhere == 1);
}

static void purged_is_said_only_when_verified(void **state)
{
    (void)state;
    static const char *const OPEN[] = {"failed", "held", "present", "refused", "retry", "submitted", "unknown"};

    intent(1, 100);
    result("OUTCOME", 1, "", "{\"s\":{\"gone\":1}}", "PURGED");
    assert_int_equal(meaning.findings[FINDING_VERDICT], 1);
    for (size_t i = 0; i < ARRAY_LEN(OPEN); i++) {
        char stores[64];

        (void)snprintf(stores, sizeof(stores), "{\"a\":{},\"s\":{\"%s\":1}}", OPEN[i]);
        result("VERIFIED", 1, "", stores, "PURGED");
        assert_int_equal(meaning.findings[FINDING_VERDICT], 2 + i);
        result("VERIFIED", 1, "", stores, "PARTIAL");
        assert_int_equal(meaning.findings[FINDING_VERDICT], 2 + i);
    }
}

#define APPROVED(actor, delay)                                                                                         \
    "{\"actor\":\"" actor "\",\"at\":1000," delay "\"digest\":\"" HASH "\","                                     \
    "\"id\":\"00112233445566778899aabbccddeeff\",\"requester\":\"ann\",\"type\":\"APPROVED\",\"v\":1}"

static void approvers_are_somebody_else(void **state)
{
    (void)state;
    see(APPROVED("bob", ""));
    see(APPROVED("ann", "\"delay\":\"P3D\","));
    assert_false(meaning.any);
    see(APPROVED("ann", ""));
    assert_true(meaning.any && meaning.first == FINDING_SELF_APPROVED && meaning.first_index == 2);
}

static void at(int64_t ms, const char *type, const char *more)
{
    char text[512];

    (void)snprintf(text, sizeof(text), "{\"actor\":\"a\",\"at\":%lld,\"id\":\"00112233445566778899aabbccddeeff\"%s,"
                   "\"type\":\"%s\",\"v\":1}",
                   (long long)ms, more, type);
    see(text);
}

static void time_runs_forward(void **state)
{
    (void)state;
    at(10000000, "RESUMED", "");
    at(10000000 - 300000, "RESUMED", "");
    assert_false(meaning.any);
    at(10000000 - 300001, "RESUMED", "");
    assert_true(meaning.any && meaning.first == FINDING_TIME && meaning.first_index == 2);
    at(5000000, "CLOCK_CONFIRMED", ",\"now\":5000000");
    at(5000000, "RESUMED", "");
    assert_int_equal(meaning.findings[FINDING_TIME], 1);
}

static void many_intents_are_kept_apart(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3000; i++)
        intent(i, 1);
    for (unsigned i = 1; i <= 3000; i += 2)
        outcome(i);
    assert_int_equal(meaning.intents_open, 1500);
    assert_false(meaning.any);
    outcome(3001);
    assert_int_equal(meaning.findings[FINDING_NO_INTENT], 1);
}

static void full_memory_is_said(void **state)
{
    (void)state;
    struct meaning small;
    struct meaning_fact fact = {.chains = 1};
    struct entry_view view;
    struct err err;

    assert_int_equal(entry_check(STR("{\"actor\":\"a\",\"at\":1000,\"chains_root\":\"" HASH "\",\"effects\":[],\"id\":"
                                     "\"00112233445566778899aabbccddeeff\",\"n\":1,\"policy\":\"p\",\"reason\":"
                                     "\"OPERATOR\",\"stores\":[],\"type\":\"INTENT\",\"v\":1}"),
                                 &view, &err),
                     OK);
    meaning_read(&view, &fact);
    meaning_init(&small, 100);
    assert_int_equal(meaning_take(&small, 0, &fact, &err), E_LIMIT);
    meaning_release(&small);
}

static void the_oldest_open_intents_are_listed(void **state)
{
    (void)state;
    struct meaning_open open[5];
    for (unsigned i = 1; i <= 100; i++)
        intent(i, i);
    for (unsigned i = 1; i <= 100; i++)
        if (i % 10 != 3)
            for (unsigned k = 0; k < i; k++)
                outcome(i);
    outcome(13);
    assert_int_equal(meaning.intents_open, 10);
    assert_int_equal(meaning_open_intents(&meaning, open, 5), 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(open[i].index, 10 * i + 2);
        assert_int_equal(open[i].owing, 10 * i + 3 - (i == 1));
    }
    assert_int_equal(meaning_open_intents(&meaning, open, 1), 1);
    assert_int_equal(open[0].index, 2);
    assert_false(meaning.any);
}

static void an_approval_stands_before_what_names_it(void **state)
{
    (void)state;
    static const char POLICY[] = "{\"actor\":\"bob\",\"approval\":\"%s\",\"at\":1000,\"counts\":{},\"id\":"
                                 "\"ffffffffffffffffffffffffffffffff\",\"previous\":null,\"type\":\"POLICY_CHANGED\","
                                 "\"v\":1,\"version\":\"p\"}";
    static const char OVERRIDE[] = "{\"actor\":\"bob\",\"approval\":\"%s\",\"at\":1000,\"id\":"
                                   "\"ffffffffffffffffffffffffffffffff\",\"type\":\"OVERRIDE\",\"v\":1,\"what\":\"grace\"}";
    char text[512];
    (void)snprintf(text, sizeof(text), POLICY, "00112233445566778899aabbccddeeff");
    see(text);
    assert_true(meaning.any && meaning.first == FINDING_NO_APPROVAL);
    see(APPROVED("bob", ""));
    see(text);
    (void)snprintf(text, sizeof(text), OVERRIDE, "00112233445566778899aabbccddeeff");
    see(text);
    assert_int_equal(meaning.findings[FINDING_NO_APPROVAL], 1);
    (void)snprintf(text, sizeof(text), OVERRIDE, "10112233445566778899aabbccddeeff");
    see(text);
    assert_int_equal(meaning.findings[FINDING_NO_APPROVAL], 2);
}

/* An intent is no approval, and the other way round, whatever their ids. */
static void kinds_are_not_mixed_up(void **state)
{
    (void)state;
    see(APPROVED("bob", ""));
    see("{\"actor\":\"a\",\"at\":1000,\"chain\":\"" HASH "\",\"id\":\"ffffffffffffffffffffffffffffffff\",\"ids\":[],\"intent\":"
        "\"00112233445566778899aabbccddeeff\",\"stores\":{},\"type\":\"OUTCOME\",\"v\":1,\"verdict\":\"PARTIAL\"}");
    assert_int_equal(meaning.findings[FINDING_NO_INTENT], 1);
}

static void a_lost_chain_names_an_intent_that_was_there(void **state)
{
    (void)state;
    static const char LOST[] = "{\"actor\":\"a\",\"at\":1000,\"chain\":\"" HASH "\",\"id\":\"ffffffffffffffffffffffffffffffff\","
                               "\"intent\":\"%08x%024x\",\"matter\":\"" HASH "\",\"result\":\"lost\",\"stores\":[],"
                               "\"type\":\"LOST_IN_FLIGHT\",\"v\":1}";
    char text[512];
    intent(1, 1);
    (void)snprintf(text, sizeof(text), LOST, 2654435761u, 1);
    see(text);
    assert_false(meaning.any);
    assert_int_equal(meaning.intents_open, 1); /* it settles nothing */
    (void)snprintf(text, sizeof(text), LOST, 5u, 5);
    see(text);
    assert_int_equal(meaning.findings[FINDING_NO_INTENT], 1);
}

static void every_finding_has_its_words(void **state)
{
    (void)state;
    for (unsigned f = 0; f < FINDING_COUNT; f++)
        assert_true(strlen(finding_text((enum finding)f)) > 10);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, each_setup, each_teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_proper_story_has_no_findings), EACH(outcomes_need_their_intent),
        EACH(an_intent_may_stand_in_last_years_log), EACH(purged_is_said_only_when_verified),
        EACH(approvers_are_somebody_else), EACH(time_runs_forward), EACH(many_intents_are_kept_apart),
        EACH(full_memory_is_said),
        EACH(the_oldest_open_intents_are_listed),
        EACH(an_approval_stands_before_what_names_it),
        EACH(kinds_are_not_mixed_up),
        EACH(a_lost_chain_names_an_intent_that_was_there), EACH(every_finding_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
