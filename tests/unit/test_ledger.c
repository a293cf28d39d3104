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

/* A thousand artefacts with long names are more than a row takes, and come back whole. */
static void a_long_line_lies_in_several_rows(void **state)
{
    struct world *w = *state;
    enum { N = 1000 };
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct chain c = world_chain(w, false, "c-1", NULL);
    struct artefact *work = ARENA_ARRAY(&w->a, struct artefact, N);
    struct ledger l = {.version = 0};
    assert_non_null(work);
    for (size_t i = 0; i < N; i++) {
        work[i] = (struct artefact){.store = STR("artefacts"), .contact = c.key, .outcome = OUT_GONE, .count = (int64_t)i};
        work[i].at_ms = work[i].verified_ms = work[i].not_before_ms = work[i].first_try_ms = TIME_NONE;
        work[i].locator = arena_fmt(&w->a, "%01000zu", i);
    }
    for (size_t n = N; n > 0; n = n == N ? 1 : 0) { /* and shorter again */
        struct group g = {.rows = NULL};
        struct ledger line = {.chain = c, .work = work, .work_n = n};
        WORLD_OK(w, ledger_rows(w->e, &line, &l, WORLD_NOW_MS, &w->a, &g.rows, &g.rows_n, &w->err));
        WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
        assert_int_equal(g.result, OK);
        WORLD_OK(w, ledger_get(w->e, &c.key, &w->a, &l, &w->err));
        assert_int_equal(l.work_n, n);
        assert_int_equal(l.parts, n == N ? 6 : 1);
        assert_true(str_eq(l.work[n - 1].locator, work[n - 1].locator));
    }
    assert_int_equal(l.version, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ids_and_locators_come_back_and_nothing_is_in_clear, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_long_line_lies_in_several_rows, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
