#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/contact_decide.h"
#include "engine/runs.h"
#include "tests/lib/centre.h"

static enum status decide_it(struct world *w, const char *id, const char *decision, struct chain *after)
{
    struct chain c = centre_chain(w, id);
    return contact_decide(w->e, &c.key, str_of(decision), STR("counsel says so"), &w->a, after, &w->err);
}

static void test_erase_runs(void **state)
{
    struct world *w = *state;
    struct chain c;
    centre_ingest(w, centre_record(w, "bank", NULL, 100, "financial_services", NULL));
    centre_files(w, "bank", 100);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    WORLD_OK(w, decide_it(w, "bank", "erase", &c));
    assert_int_equal(c.mandate.reason, REASON_OPERATOR);
    assert_int_equal(c.queue, QUEUE_REQUEST);
    assert_int_equal(centre_count(w, "DECIDED"), 1);
    struct chain stored = centre_chain(w, "bank");
    assert_true(str_is(stored.decided, "erase") && stored.version == c.version);
    centre_arm(w);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "bank"), STATUS_PURGED);
    assert_false(centre_has_files(w, "bank", 100));
    assert_int_equal(decide_it(w, "bank", "keep", &c), E_CONFLICT); /* erased: nothing left to decide */
}

static void test_keep(void **state)
{
    struct world *w = *state;
    struct chain c;
    centre_ingest(w, centre_record(w, "bank", NULL, 100, "financial_services", NULL));
    WORLD_OK(w, decide_it(w, "bank", "erase", &c));
    WORLD_OK(w, decide_it(w, "bank", "keep", &c)); /* a later word counts */
    assert_int_equal(c.mandate.reason, REASON_NONE);
    assert_int_equal(c.queue, QUEUE_DUE);
}

/* Asked twice, it waits once. */
static void approve_only_run(struct world *w)
{
    struct run_record *runs, what;
    struct actor me = w->e->actor;
    size_t n;
    WORLD_OK(w, runs_since(w->e, 0, 10, &w->a, &runs, &n, &w->err));
    assert_int_equal(n, 1);
    assert_true(str_is(runs[0].kind, "decide") && str_is(runs[0].state, "waiting"));
    w->e->actor = (struct actor){.id = STR("bob"), .identified = true, .role = STR("privacy-approver")};
    WORLD_OK(w, approve(w->e, &runs[0].digest, &w->a, &what, &w->err));
    w->e->actor = me;
}

static void test_category_of_unmapped(void **state)
{
    struct world *w = *state;
    struct chain c;
    centre_ingest(w, centre_record(w, "odd", NULL, 900, "no_such_thing", NULL));
    assert_int_equal(centre_status(w, "odd"), STATUS_ACTIVE); /* not before the longest minimum */
    assert_int_equal(decide_it(w, "odd", "category:standard_support", &c), E_DENIED); /* due earlier: rule 2.7 */
    assert_int_equal(decide_it(w, "odd", "category:standard_support", &c), E_DENIED);
    assert_int_equal(centre_status(w, "odd"), STATUS_ACTIVE);
    assert_int_equal(centre_count(w, "DECIDED"), 0);
    approve_only_run(w);
    WORLD_OK(w, decide_it(w, "odd", "category:standard_support", &c));
    assert_int_equal(centre_status(w, "odd"), STATUS_EXPIRY_DUE);
    assert_int_equal(centre_count(w, "DECIDED"), 1);
    WORLD_OK(w, decide_it(w, "odd", "keep", &c));
    w->e->fixed_now_ms++;
    assert_int_equal(decide_it(w, "odd", "category:standard_support", &c), E_DENIED); /* that approval is spent */
    assert_int_equal(decide_it(w, "odd", "category:nonsense", &c), E_INVALID);
}

static void test_refusals(void **state)
{
    struct world *w = *state;
    struct chain c;
    centre_ingest(w, centre_record(w, "plain", NULL, 100, NULL, NULL));
    assert_int_equal(decide_it(w, "plain", "erase", &c), E_CONFLICT); /* nothing asks for a decision */
    assert_int_equal(decide_it(w, "plain", "burn", &c), E_INVALID);
    assert_int_equal(decide_it(w, "nobody", "keep", &c), E_ABSENT);
    assert_int_equal(centre_count(w, "DECIDED"), 0);
}

static void test_held_stays_parked(void **state)
{
    struct world *w = *state;
    struct chain c;
    centre_ingest(w, centre_record(w, "bank", NULL, 100, "financial_services", NULL));
    centre_hold(w, "CASE-7", "bank");
    WORLD_OK(w, decide_it(w, "bank", "erase", &c));
    assert_int_equal(c.queue, QUEUE_PARKED);
}

/* Known from a store alone, registered just now. */
static void test_erase_what_no_document_tells_of(void **state)
{
    struct world *w = *state;
    struct order_options o = {.source = STR(CENTRE_SOURCE), .note = STR("clean up")};
    struct chain c;
    centre_files(w, "stray", 100);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_erase(w, &o, "stray", NULL);
    assert_int_equal(centre_status(w, "stray"), STATUS_NEEDS_DECISION);
    assert_true(centre_has_files(w, "stray", 100));
    WORLD_OK(w, decide_it(w, "stray", "erase", &c));
    centre_arm(w);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "stray"), STATUS_PURGED);
    assert_false(centre_has_files(w, "stray", 100));
}

/* Its end was never told: after a month a person is asked, until a document answers. */
static void test_silent_contacts_are_asked_about(void **state)
{
    struct world *w = *state;
    const int64_t later = WORLD_NOW_MS + 31 * DAY_MS;
    centre_ingest(w, "{\"AWSContactTraceRecordFormatVersion\":\"2017-03-10\",\"ContactId\":\"quiet\",\"Channel\":\"VOICE\","
                     "\"InstanceARN\":\"arn:aws:connect:eu-west-2:123456789012:instance/" CENTRE_SOURCE "\","
                     "\"InitiationTimestamp\":\"2026-01-02T10:00:00Z\",\"LastUpdateTimestamp\":\"2026-01-02T10:00:00Z\"}\n");
    assert_int_equal(centre_status(w, "quiet"), STATUS_OPEN);
    assert_int_equal(centre_chain(w, "quiet").queue, QUEUE_OPEN);
    centre_arm(w);
    world_reopen(w, later, OPEN_STORES | OPEN_WRITE);
    assert_int_equal(centre_status(w, "quiet"), STATUS_NEEDS_DECISION);
    centre_purge(w, false);
    struct chain c = centre_chain(w, "quiet");
    assert_int_equal(c.queue, QUEUE_REVIEW);
    assert_true(c.needs_decision && c.state == CHAIN_ACTIVE);
    centre_ingest(w, centre_record(w, "quiet", NULL, 1, NULL, NULL));
    assert_int_equal(centre_status(w, "quiet"), STATUS_ACTIVE);
    assert_int_equal(centre_chain(w, "quiet").queue, QUEUE_DUE);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_erase_runs), IN_WORLD(test_keep), IN_WORLD(test_category_of_unmapped),
                                       IN_WORLD(test_refusals), IN_WORLD(test_silent_contacts_are_asked_about), IN_WORLD(test_erase_what_no_document_tells_of), IN_WORLD(test_held_stays_parked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
