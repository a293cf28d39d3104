/* One visit from decision to settlement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "engine/epoch.h"

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

static void a_second_visit_does_nothing_twice(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).status, STATUS_PURGED);
    size_t before = centre_count(w, "INTENT");
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).did, VISIT_ALREADY);
    assert_int_equal(centre_count(w, "INTENT"), before);
}

static void a_chain_with_nothing_anywhere_is_purged_without_an_intent(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).status, STATUS_PURGED);
    assert_int_equal(centre_count(w, "INTENT"), 0);
    assert_int_equal(centre_count(w, "VERIFIED"), 1);
}

static void a_contact_that_nothing_asks_to_erase_is_kept(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    assert_int_equal(visit_once(w, "c-1", false, REASON_RETENTION_EXPIRY).did, VISIT_KEPT);
    assert_true(centre_has_files(w, "c-1", YOUNG));
    assert_false(chain_claimed(&(struct chain){.worker = centre_chain(w, "c-1").worker}));
}

static void the_claim_is_given_back(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    (void)visit_once(w, "c-1", false, REASON_OPERATOR);
    struct chain c = centre_chain(w, "c-1");
    assert_false(chain_claimed(&c));
    assert_int_equal(c.state, CHAIN_ERASED);
    assert_int_equal(c.legs[0].id.n, 0); /* the tombstone holds no id */
}

static void store_no_longer_configured_keeps_contacts_partial(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    WORLD_OK(w, registry_record_put(w->e->registry, TABLE_STORE, STR("old-bucket"), STR("held artefacts"), 0, NULL, &w->err));
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.status, STATUS_PARTIAL);
    assert_true(str_contains(r.why, "retire"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_visit_does_nothing_twice, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_chain_with_nothing_anywhere_is_purged_without_an_intent, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_contact_that_nothing_asks_to_erase_is_kept, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_claim_is_given_back, world_begin, world_end),
        cmocka_unit_test_setup_teardown(store_no_longer_configured_keeps_contacts_partial, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
