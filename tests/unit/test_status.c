/* What people see: each status alone, and which wins over which. */
#include "tests/lib/policy_case.h"

#define NOW "2026-06-01T12:00:00Z"

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

static enum contact_status status_of(const struct chain *chain)
{
    return chain_status(chain, NULL, 0, &c.policy, at(NOW));
}

static void each_status_by_what_makes_it(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2026-01-01"));
    struct chain_hold member = {.matter = key_case(7)};
    struct chain chain = chain_case(&leg, 1);
    assert_int_equal(status_of(&chain), STATUS_ACTIVE);
    leg = leg_case(1, "std", at("2020-01-01"));
    assert_int_equal(status_of(&chain), STATUS_EXPIRY_DUE);
    chain.grace_until_ms = at(NOW) + 1;
    assert_int_equal(status_of(&chain), STATUS_ACTIVE);
    chain.grace_until_ms = TIME_NONE;
    leg.end_stated = false;
    assert_int_equal(status_of(&chain), STATUS_NEEDS_DECISION); /* silent for six years */
    leg.newest_ms = at(NOW) - 30 * DAY_MS;
    assert_int_equal(status_of(&chain), STATUS_NEEDS_DECISION);
    leg.newest_ms++;
    assert_int_equal(status_of(&chain), STATUS_OPEN);
    leg.newest_ms = -1; /* known from a store alone */
    leg.registered_ms = chain.registered_ms = at(NOW);
    assert_int_equal(status_of(&chain), STATUS_NEEDS_DECISION);
    chain.decided = STR("erase");
    assert_int_equal(status_of(&chain), STATUS_OPEN);
    chain.decided = STR_NONE;
    chain.holds = &member;
    chain.holds_n = 1;
    assert_int_equal(status_of(&chain), STATUS_LITIGATION_HOLD);
    chain.holds_n = 0;
    chain.state = CHAIN_REVIEW;
    assert_int_equal(status_of(&chain), STATUS_NEEDS_DECISION);
    chain.decided = STR("keep");
    assert_int_equal(status_of(&chain), STATUS_OPEN);
}

static void from_claim_to_purged(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2020-01-01"));
    struct chain chain = chain_case(&leg, 1);
    chain.worker = key_case(3);
    assert_int_equal(status_of(&chain), STATUS_PURGING);
    chain.state = CHAIN_ERASING;
    assert_int_equal(status_of(&chain), STATUS_PURGING);
    chain.worker = (struct row_key){.b = {0}};
    assert_int_equal(status_of(&chain), STATUS_PARTIAL); /* begun, nothing sent: every store owes */
    chain.submitted_any = true;
    assert_int_equal(status_of(&chain), STATUS_VERIFYING);
    chain.partial = true;
    assert_int_equal(status_of(&chain), STATUS_PARTIAL);
    chain.failed = true;
    assert_int_equal(status_of(&chain), STATUS_FAILED);
    chain.partial = chain.failed = false;
    chain.queue = QUEUE_VERIFY;
    chain.worker = key_case(3); /* claimed to read back */
    assert_int_equal(status_of(&chain), STATUS_VERIFYING);
    chain.worker = (struct row_key){.b = {0}};
    chain.verified_ms = at("2026-05-01");
    chain.retained_until_ms = at("2027-01-01");
    assert_int_equal(status_of(&chain), STATUS_RETAINED);
    chain.retained_until_ms = TIME_NONE;
    chain.state = CHAIN_ERASED;
    assert_int_equal(status_of(&chain), STATUS_VERIFYING); /* never PURGED without a purge */
    chain.scrubbed_until_ms = at("2027-01-01");
    assert_int_equal(status_of(&chain), STATUS_SCRUBBED);
    chain.purged_ms = at("2026-05-01");
    assert_int_equal(status_of(&chain), STATUS_SCRUBBED);
    chain.scrubbed_until_ms = at("2026-05-31");
    assert_int_equal(status_of(&chain), STATUS_PURGED);
    chain.worker = key_case(3); /* claimed for the second verification */
    assert_int_equal(status_of(&chain), STATUS_PURGED);
    chain.risen_ms = at("2026-05-02");
    assert_int_equal(status_of(&chain), STATUS_PURGING);
    chain.worker = (struct row_key){.b = {0}};
    assert_int_equal(status_of(&chain), STATUS_PARTIAL);
}

/* Everything is true of one chain; taking away the highest shows the next. */
static void the_order_of_precedence(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2020-01-01"));
    struct chain_hold member = {.matter = key_case(7)};
    struct chain chain = chain_case(&leg, 1);
    chain.state = CHAIN_ERASING;
    chain.worker = key_case(3);
    chain.holds = &member;
    chain.holds_n = 1;
    chain.needs_decision = chain.failed = chain.partial = chain.submitted_any = true;
    chain.retained_until_ms = chain.scrubbed_until_ms = at("2027-01-01");
    leg.end_stated = false;
    assert_int_equal(status_of(&chain), STATUS_PURGING);
    chain.worker = (struct row_key){.b = {0}};
    assert_int_equal(status_of(&chain), STATUS_LITIGATION_HOLD);
    chain.holds_n = 0;
    assert_int_equal(status_of(&chain), STATUS_NEEDS_DECISION);
    chain.needs_decision = false;
    assert_int_equal(status_of(&chain), STATUS_FAILED);
    chain.failed = false;
    assert_int_equal(status_of(&chain), STATUS_PARTIAL);
    chain.partial = false;
    assert_int_equal(status_of(&chain), STATUS_VERIFYING);
    chain.verified_ms = at("2026-05-01");
    assert_int_equal(status_of(&chain), STATUS_RETAINED);
    chain.retained_until_ms = TIME_NONE;
    assert_int_equal(status_of(&chain), STATUS_SCRUBBED);
    chain.scrubbed_until_ms = TIME_NONE;
    chain.purged_ms = at("2026-05-01");
    assert_int_equal(status_of(&chain), STATUS_PURGED);
    chain.state = CHAIN_ACTIVE;
    leg.newest_ms = at(NOW);
    assert_int_equal(status_of(&chain), STATUS_OPEN);
    leg.end_stated = true;
    assert_int_equal(status_of(&chain), STATUS_EXPIRY_DUE);
}

static void a_claim_to_mirror_a_hold_is_no_purge(void **state)
{
    (void)state;
    struct leg leg = leg_case(1, "std", at("2020-01-01"));
    struct row_key person = key_case(9);
    leg.subjects = &person;
    leg.subjects_n = 1;
    struct hold hold = {.scope = HOLD_SUBJECT, .subjects = &person, .subjects_n = 1, .released_ms = TIME_NONE,
                        .grace_until_ms = TIME_NONE};
    struct chain chain = chain_case(&leg, 1);
    chain.worker = key_case(3);
    assert_int_equal(chain_status(&chain, &hold, 1, &c.policy, at(NOW)), STATUS_LITIGATION_HOLD);
    chain.state = CHAIN_ERASING; /* begun before the hold came: in flight */
    assert_int_equal(chain_status(&chain, &hold, 1, &c.policy, at(NOW)), STATUS_PURGING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_by_what_makes_it),
        cmocka_unit_test(from_claim_to_purged),
        cmocka_unit_test(the_order_of_precedence),
        cmocka_unit_test(a_claim_to_mirror_a_hold_is_no_purge),
    };
    return cmocka_run_group_tests(tests, start, end);
}
