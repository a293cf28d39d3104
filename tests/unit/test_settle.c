/* What a visit leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "tests/lib/scripted_store.h"
#include "engine/epoch.h"
#include "base/json.h"

enum { YOUNG = 30 };


/* One visit of one chain under a worker of its own. */
static struct visit_result visit_once(struct world *w, const char *id, bool verify_only, enum reason reason)
{
    struct epoch_thread *epoch = NULL;
    struct visit_result result;
    struct row_key worker, key = centre_chain(w, id).key;
    struct mandate m = {.reason = reason, .accepted_ms = WORLD_NOW_MS, .deadline_ms = TIME_NONE};
    WORLD_OK(w, worker_begin(w->e, &worker, &w->err));
    WORLD_OK(w, epoch_start(w->e, &epoch, &w->err));
    struct visit v = {.engine = w->e, .worker = worker, .run = STR("run-1"), .verify_only = verify_only, .mandate = &m};
    WORLD_OK(w, visit_chains(&v, &key, 1, &w->a, &result, &w->err));
    epoch_stop(&epoch);
    worker_end(w->e, &worker);
    return result;
}

static void outcome_names_its_intent_and_verified_carries_the_verdict(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    (void)visit_once(w, "c-1", false, REASON_OPERATOR);
    size_t n;
    struct entry *entries = world_entries(w, &n);
    struct str intent = STR_NONE;
    for (size_t i = 0; i < n; i++) {
        const struct json *j;
        WORLD_OK(w, json_parse(entries[i].body, &w->a, &j, &w->err));
        if (str_is(entries[i].type, "INTENT"))
            intent = json_string(json_get(j, "id"));
        if (str_is(entries[i].type, "OUTCOME"))
            assert_true(str_eq(json_string(json_get(j, "intent")), intent));
        if (str_is(entries[i].type, "VERIFIED")) {
            assert_true(str_eq(json_string(json_get(j, "intent")), intent));
            assert_true(str_is(json_string(json_get(j, "verdict")), "PURGED"));
        }
    }
    assert_int_equal(intent.n, 32);
}

static void second_verification_is_due_a_day_later(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    (void)visit_once(w, "c-1", false, REASON_OPERATOR);
    struct chain c = centre_chain(w, "c-1");
    assert_int_equal(c.queue, QUEUE_VERIFY);
    assert_true(c.queue_time_ms == WORLD_NOW_MS + DAY_MS);
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_STORES | OPEN_WRITE);
    (void)visit_once(w, "c-1", false, REASON_NONE);
    c = centre_chain(w, "c-1");
    assert_true(c.verified_again_ms == WORLD_NOW_MS + DAY_MS);
    assert_int_equal(c.queue, QUEUE_GONE);
}

static void legal_minimum_restricts_and_completes_when_it_ends(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct policy *p = &w->e->policy;
    for (size_t i = 0; i < p->categories_n; i++)
        if (str_is(p->categories[i].name, "financial_services"))
            p->categories[i].law.confirmed_by = STR("counsel");
    centre_ingest(w, centre_record(w, "law-1", NULL, YOUNG, "financial_services", NULL));
    centre_files(w, "law-1", YOUNG);
    struct chain c = centre_chain(w, "law-1");
    c.mandate = (struct mandate){.reason = REASON_GDPR_ERASURE, .regime = STR("gdpr"), .request_id = STR("R-2026-000001"),
                                 .accepted_ms = WORLD_NOW_MS, .deadline_ms = WORLD_NOW_MS + 30 * DAY_MS};
    struct row row;
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_chain_row(&c, &w->a, &row, &w->err));
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    struct visit_result r = visit_once(w, "law-1", false, REASON_NONE);
    assert_int_equal(r.status, STATUS_RETAINED);
    assert_int_equal(r.outcomes[OUT_RESTRICTED], 1); /* the recording */
    assert_int_equal(r.outcomes[OUT_GONE], 1);       /* the transcript */
    assert_false(centre_has_files(w, "law-1", YOUNG));
    int64_t later = centre_chain(w, "law-1").retained_until_ms;
    assert_true(later > WORLD_NOW_MS + 4 * 365 * DAY_MS);
    w->e->fixed_now_ms = later + DAY_MS;
    r = visit_once(w, "law-1", false, REASON_NONE);
    assert_int_equal(r.status, STATUS_PURGED);
    assert_int_equal(r.outcomes[OUT_GONE], 2);
}

static void blind(struct world *w, const char *source)
{
    if (source)
        world_edit(w, "expunge.yaml", "stores:\n", source);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
}

static void a_blind_store_is_believed_when_the_vendors_record_has_aged_out(void **state)
{
    struct world *w = *state;
    struct script s = {.sight = SIGHT_BLIND};
    blind(w, "sources:\n  eu: {type: amazon-connect, instance: " CENTRE_SOURCE ", record_retention: P60D}\nstores:\n");
    scripted_store(w, &s);
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.status, STATUS_PARTIAL);
    assert_true(r.why.n > 0);
    assert_false(centre_has_files(w, "c-1", YOUNG)); /* what it does see is erased */
    assert_int_equal(centre_count(w, "VERIFIED"), 0);
    struct chain c = centre_chain(w, "c-1");
    assert_true(c.next_ms >= WORLD_NOW_MS + 30 * DAY_MS && c.next_ms <= WORLD_NOW_MS + 31 * DAY_MS);
    size_t n;
    struct entry *entries = world_entries(w, &n);
    assert_true(str_is(entries[n - 1].type, "OUTCOME"));
    assert_true(str_contains(entries[n - 1].body, "\"kind\":\"vendor record\""));
    w->e->fixed_now_ms = c.next_ms;
    r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.status, STATUS_PURGED);
    assert_int_equal(centre_count(w, "VERIFIED"), 1);
}

static void nor_for_ever_when_nobody_says_how_old_that_gets(void **state)
{
    struct world *w = *state;
    struct script s = {.sight = SIGHT_BLIND};
    blind(w, NULL);
    scripted_store(w, &s);
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).status, STATUS_PARTIAL);
    w->e->fixed_now_ms = WORLD_NOW_MS + 3650 * DAY_MS;
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.status, STATUS_PARTIAL);
    assert_true(str_contains(r.why, "record_retention"));
    s.sight = SIGHT_WHOLE;
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).status, STATUS_PURGED);
}

static void a_store_that_was_away_is_named_until_it_has_been_searched(void **state)
{
    struct world *w = *state;
    struct script s = {.sight = SIGHT_WHOLE, .find_status = E_RETRY};
    blind(w, NULL);
    scripted_store(w, &s);
    struct str name = w->e->store_names[0];
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).status, STATUS_PARTIAL);
    assert_true(str_eq(centre_chain(w, "c-1").away_store, name));
    s.find_status = OK;
    s.sight = SIGHT_BLIND;
    w->e->fixed_now_ms = centre_chain(w, "c-1").next_ms;
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).status, STATUS_PARTIAL);
    assert_int_equal(centre_chain(w, "c-1").away_store.n, 0); /* it answered; what it has forgotten is another matter */
    s.find_status = E_RETRY;
    s.sight = SIGHT_UNKNOWN;
    (void)visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_true(str_eq(centre_chain(w, "c-1").away_store, name));
    s.find_status = OK;
    s.sight = SIGHT_WHOLE;
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).status, STATUS_PURGED);
    assert_int_equal(centre_chain(w, "c-1").away_store.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(outcome_names_its_intent_and_verified_carries_the_verdict, world_begin, world_end),
        cmocka_unit_test_setup_teardown(second_verification_is_due_a_day_later, world_begin, world_end),
        cmocka_unit_test_setup_teardown(legal_minimum_restricts_and_completes_when_it_ends, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_blind_store_is_believed_when_the_vendors_record_has_aged_out, world_begin, world_end),
        cmocka_unit_test_setup_teardown(nor_for_ever_when_nobody_says_how_old_that_gets, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_store_that_was_away_is_named_until_it_has_been_searched, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
