/* What was erased where, sealed beside the tombstone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "engine/epoch.h"
#include "engine/ledger.h"

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

static void ids_and_locators_come_back_and_nothing_is_in_clear(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct ledger l;
    centre_ingest(w, centre_record(w, "secret-id", NULL, YOUNG, NULL, NULL));
    centre_files(w, "secret-id", YOUNG);
    struct row_key key = centre_chain(w, "secret-id").key;
    assert_int_equal(ledger_get(w->e, &key, &w->a, &l, &w->err), E_ABSENT);
    (void)visit_once(w, "secret-id", false, REASON_OPERATOR);
    WORLD_OK(w, ledger_get(w->e, &key, &w->a, &l, &w->err));
    assert_true(str_is(l.chain.legs[0].id, "secret-id"));
    assert_int_equal(l.work_n, 2);
    assert_int_equal(l.work[0].outcome, OUT_GONE);
    assert_int_equal(l.chain.legs[0].attributes_n, 0);
    assert_true(l.changed_ms == WORLD_NOW_MS);
    struct str name = {(const char *)key.b, ROW_KEY_BYTES}, body;
    uint64_t version;
    WORLD_OK(w, registry_record_get(w->e->registry, TABLE_LEDGER, name, &w->a, &body, &version, &w->err));
    assert_int_not_equal(version, 0);
    assert_false(str_contains(body, "secret-id"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ids_and_locators_come_back_and_nothing_is_in_clear, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
