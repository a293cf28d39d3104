/* The one queue a chain stands in, by what it waits for. */
#include "tests/lib/policy_case.h"

#define NOW "2026-06-01T12:00:00Z"

static struct policy_case c;
static struct leg leg;
static struct chain chain;

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

static int fresh(void **state)
{
    (void)state;
    leg = leg_case(1, "std", at("2026-01-01"));
    chain = chain_case(&leg, 1);
    return 0;
}

static void expect_place(enum chain_queue queue, const char *category, int64_t time_ms)
{
    chain.queue = QUEUE_LEDGER; /* must be written */
    chain.queue_category = 77;
    chain.queue_time_ms = 77;
    chain_place(&chain, NULL, 0, &c.policy, at(NOW));
    assert_int_equal(chain.queue, queue);
    assert_int_equal(chain.queue_category, category != NULL ? category_code(str_of(category)) : 0);
    assert_int_equal(chain.queue_time_ms, time_ms);
}

static void by_category_and_anchor_where_a_cutoff_answers(void **state)
{
    (void)state;
    expect_place(QUEUE_DUE, "std", at("2026-01-01"));
    leg.category = STR("fin"); /* keep ends before erase_after: the same queue serves */
    expect_place(QUEUE_DUE, "fin", at("2026-01-01"));
    leg.category = STR("case");
    leg.case_closed_ms = at("2026-02-02");
    expect_place(QUEUE_DUE, "case", at("2026-02-02"));
    struct leg legs[2] = {leg_case(1, "std", at("2026-01-01")), leg_case(2, "std", at("2026-03-03"))};
    chain = chain_case(legs, 2);
    expect_place(QUEUE_DUE, "std", at("2026-03-03"));
    legs[1].category = STR("chat");
    expect_place(QUEUE_MIXED, NULL, at("2028-01-01"));
    chain.mandate.reason = REASON_RETENTION_EXPIRY;
    expect_place(QUEUE_MIXED, NULL, at("2028-01-01"));
}

static void by_computed_time_elsewhere(void **state)
{
    (void)state;
    leg.category = STR("year");
    expect_place(QUEUE_MIXED, NULL, at("2033-01-01"));
    leg.category = STR("case"); /* never due: last, where an activation finds it */
    expect_place(QUEUE_MIXED, NULL, KEEP_UNBOUNDED_MS);
    leg.category = STR("std");
    leg.unmapped = true;
    expect_place(QUEUE_MIXED, NULL, at("2031-01-02"));
    leg.unmapped = false;
    leg.ended_ms = TIME_NONE; /* ended, nobody knows when: a ceiling */
    expect_place(QUEUE_MIXED, NULL, leg.registered_ms + (at("2028-01-01") - at("2026-01-01")));
    leg.end_stated = false;
    leg.newest_ms = at(NOW) - DAY_MS;
    expect_place(QUEUE_OPEN, NULL, at(NOW) - DAY_MS);
}

static void a_silent_contact_waits_for_a_person(void **state)
{
    (void)state;
    leg.end_stated = false;
    leg.newest_ms = at(NOW) - 30 * DAY_MS;
    expect_place(QUEUE_REVIEW, NULL, chain.registered_ms);
    leg.newest_ms++;
    expect_place(QUEUE_OPEN, NULL, leg.newest_ms);
    leg.newest_ms = -1; /* no document says that it is alive */
    leg.registered_ms = chain.registered_ms = at(NOW);
    expect_place(QUEUE_REVIEW, NULL, at(NOW));
    chain.decided = STR("keep"); /* and is not asked again every night */
    expect_place(QUEUE_OPEN, NULL, KEEP_UNBOUNDED_MS);
}

/* Of the chain as holds_reviews_and_graces_come_first left it. */
static void a_waived_grace_is_none_for_a_request(void)
{
    struct chain waits = chain;
    struct chain_hold past = {.matter = key_case(7)};
    struct hold released = {.matter = key_case(7), .released_ms = at("2026-05-27"), .grace_until_ms = at("2026-06-10"),
                            .waived_ms = TIME_NONE};
    waits.past_holds = &past;
    waits.past_holds_n = 1;
    chain_place(&waits, &released, 1, &c.policy, at(NOW));
    assert_int_equal(waits.queue, QUEUE_WAKE);
    released.waived_ms = at("2026-05-28");
    released.waived_by = STR("bob");
    chain_place(&waits, &released, 1, &c.policy, at(NOW));
    assert_int_equal(waits.queue, QUEUE_REQUEST);
    assert_int_equal(waits.queue_time_ms, 9);
    waits.mandate.reason = REASON_RETENTION_EXPIRY;
    chain_place(&waits, &released, 1, &c.policy, at(NOW));
    assert_int_equal(waits.queue, QUEUE_WAKE);
    assert_int_equal(waits.queue_time_ms, at("2026-06-10"));
}

static void holds_reviews_and_graces_come_first(void **state)
{
    (void)state;
    struct chain_hold member = {.matter = key_case(7)};
    chain.mandate = (struct mandate){.reason = REASON_GDPR_ERASURE, .accepted_ms = 5, .deadline_ms = 9};
    chain.grace_until_ms = at("2026-06-10");
    chain.needs_decision = true;
    chain.holds = &member;
    chain.holds_n = 1;
    expect_place(QUEUE_PARKED, NULL, chain.registered_ms);
    chain.holds_n = 0;
    expect_place(QUEUE_REVIEW, NULL, chain.registered_ms);
    chain.decided = STR("erase");
    expect_place(QUEUE_WAKE, NULL, at("2026-06-10"));
    a_waived_grace_is_none_for_a_request();
    chain.grace_until_ms = TIME_NONE;
    expect_place(QUEUE_REQUEST, NULL, 9);
    chain.decided = STR_NONE;
    chain.needs_decision = false;
    chain.state = CHAIN_REVIEW;
    expect_place(QUEUE_REVIEW, NULL, chain.registered_ms);
    leg.category = STR("fraud");
    expect_place(QUEUE_PARKED, NULL, chain.registered_ms);
}

static void what_is_asked_for(void **state)
{
    (void)state;
    chain.mandate = (struct mandate){.reason = REASON_OPERATOR, .accepted_ms = 5, .deadline_ms = TIME_NONE};
    expect_place(QUEUE_REQUEST, NULL, 5);
    chain.next_ms = at(NOW) + 1;
    expect_place(QUEUE_RETRY, NULL, at(NOW) + 1);
    chain.next_ms = at(NOW);
    expect_place(QUEUE_REQUEST, NULL, 5);
    leg.end_stated = false; /* open, but somebody asks */
    expect_place(QUEUE_REQUEST, NULL, 5);
    chain = chain_case(NULL, 0);
    expect_place(QUEUE_NONE, NULL, 0);
    chain.state = CHAIN_ANNOUNCED;
    expect_place(QUEUE_NONE, NULL, 0);
}

static void on_the_way_to_purged(void **state)
{
    (void)state;
    chain.state = CHAIN_ERASING;
    chain.mandate.reason = REASON_RETENTION_EXPIRY;
    chain.next_ms = 123;
    expect_place(QUEUE_RETRY, NULL, 123);
    chain.submitted_any = true;
    expect_place(QUEUE_VERIFY, NULL, 123);
    chain.partial = true;
    expect_place(QUEUE_RETRY, NULL, 123);
    chain.partial = false;
    chain.failed = true;
    expect_place(QUEUE_RETRY, NULL, 123);
    chain.failed = false;
    chain.next_ms = TIME_NONE;
    expect_place(QUEUE_VERIFY, NULL, at(NOW));
    chain.risen_ms = 50;
    chain.next_ms = 60;
    expect_place(QUEUE_RISEN, NULL, 60);
    chain.tries = 1;
    expect_place(QUEUE_VERIFY, NULL, 60);
    chain.risen_ms = TIME_NONE;
    chain.state = CHAIN_ERASED;
    chain.verified_ms = chain.purged_ms = 100;
    chain.next_ms = 200;
    expect_place(QUEUE_VERIFY, NULL, 200);
    chain.risen_ms = 150; /* judged not before the second verification */
    expect_place(QUEUE_RISEN, NULL, 200);
    chain.risen_ms = TIME_NONE;
    chain.verified_again_ms = 210;
    expect_place(QUEUE_GONE, NULL, 100);
    chain.purged_ms = TIME_NONE; /* scrubbed */
    expect_place(QUEUE_GONE, NULL, 210);
    chain.risen_ms = 300;
    expect_place(QUEUE_RISEN, NULL, 300);
    chain.grace_until_ms = at("2026-06-10");
    expect_place(QUEUE_WAKE, NULL, at("2026-06-10"));
    chain.risen_ms = TIME_NONE; /* nothing to erase: no grace to wait for */
    expect_place(QUEUE_GONE, NULL, 210);
}

static void the_rest_comes_back_when_its_minimum_ends(void **state)
{
    (void)state;
    leg.category = STR("fin");
    chain.state = CHAIN_ERASING;
    chain.mandate.reason = REASON_GDPR_ERASURE;
    chain.submitted_any = true;
    chain.verified_ms = at("2026-05-01");
    chain.retained_until_ms = at("2031-01-02");
    chain.next_ms = at("2031-01-02");
    expect_place(QUEUE_KEPT, "fin", at("2026-01-01"));
    struct leg legs[2] = {leg, leg_case(2, "std", at("2026-03-03"))};
    chain.legs = legs;
    chain.legs_n = 2;
    expect_place(QUEUE_MIXED, NULL, at("2031-01-02"));
    legs[0].category = STR("std"); /* nothing by law: what is shared is looked at again */
    chain.next_ms = at("2026-07-01");
    expect_place(QUEUE_RETRY, NULL, at("2026-07-01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(by_category_and_anchor_where_a_cutoff_answers, fresh),
        cmocka_unit_test_setup(by_computed_time_elsewhere, fresh),
        cmocka_unit_test_setup(a_silent_contact_waits_for_a_person, fresh),
        cmocka_unit_test_setup(holds_reviews_and_graces_come_first, fresh),
        cmocka_unit_test_setup(what_is_asked_for, fresh),
        cmocka_unit_test_setup(on_the_way_to_purged, fresh),
        cmocka_unit_test_setup(the_rest_comes_back_when_its_minimum_ends, fresh),
    };
    return cmocka_run_group_tests(tests, start, end);
}
