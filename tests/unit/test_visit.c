/* One visit from decision to settlement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "engine/epoch.h"
#include "engine/holds.h"

enum { OLD = 800, YOUNG = 30 };


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

static const struct backend_driver *real_driver;
static struct world *racing;
static int epoch_reads;

/* Another process applies a hold after our claim is durable and just before we read the epoch (rule 2.12). */
static void hold_from_elsewhere(struct world *w)
{
    struct engine *mine = w->e;
    w->e = NULL;
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_WRITE));
    centre_hold(w, "CASE-RACE", "c-1");
    world_close(w);
    w->e = mine;
}

static enum status get_with_hold(struct backend *b, enum table table, const struct str *keys, size_t n, struct arena *a,
                                 struct row *out, struct err *err)
{
    bool epoch = table == TABLE_META && n == 1 && str_is(keys[0], "epoch");
    if (epoch && ++epoch_reads == 2)
        hold_from_elsewhere(racing);
    return real_driver->get(b, table, keys, n, a, out, err);
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

static void hold_that_lands_between_claim_and_epoch_wins(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    static struct backend_driver slow;
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    real_driver = w->e->registry->backend.driver;
    slow = *real_driver;
    slow.get = get_with_hold;
    racing = w;
    epoch_reads = 0;
    w->e->registry->backend.driver = &slow;
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    w->e->registry->backend.driver = real_driver;
    assert_true(epoch_reads > 1);
    assert_true(centre_has_files(w, "c-1", YOUNG));
    assert_int_equal(r.did, VISIT_BUSY);
    assert_int_equal(centre_count(w, "INTENT"), 0);
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    struct chain c = centre_chain(w, "c-1");
    assert_false(chain_claimed(&c));
}

static void a_chain_named_twice_is_worked_on_once(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    struct epoch_thread *epoch = NULL;
    struct visit_result results[2];
    struct row_key worker, keys[2] = {centre_chain(w, "c-1").key, centre_chain(w, "c-1").key};
    struct mandate m = {.reason = REASON_OPERATOR, .accepted_ms = WORLD_NOW_MS, .deadline_ms = TIME_NONE};
    WORLD_OK(w, worker_begin(w->e, &worker, &w->err));
    WORLD_OK(w, epoch_start(w->e, &epoch, &w->err));
    struct visit v = {.engine = w->e, .worker = worker, .run = STR("run-1"), .mandate = &m};
    WORLD_OK(w, visit_chains(&v, keys, 2, &w->a, results, &w->err));
    epoch_stop(&epoch);
    worker_end(w->e, &worker);
    assert_int_equal(results[0].status, STATUS_PURGED);
    assert_int_equal(results[1].did, VISIT_CHANGED);
    assert_int_equal(centre_count(w, "INTENT"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_visit_does_nothing_twice, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_chain_with_nothing_anywhere_is_purged_without_an_intent, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_contact_that_nothing_asks_to_erase_is_kept, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_claim_is_given_back, world_begin, world_end),
        cmocka_unit_test_setup_teardown(store_no_longer_configured_keeps_contacts_partial, world_begin, world_end),
        cmocka_unit_test_setup_teardown(hold_that_lands_between_claim_and_epoch_wins, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_chain_named_twice_is_worked_on_once, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
