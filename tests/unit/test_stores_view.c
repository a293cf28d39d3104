#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/stores_view.h"
#include "tests/lib/centre.h"

static struct store_line list_one(struct world *w, const char *name)
{
    struct store_line *list;
    size_t n;
    WORLD_OK(w, stores_list(w->e, &w->a, &list, &n, &w->err));
    for (size_t i = 0; i < n; i++)
        if (str_is(list[i].name, name))
            return list[i];
    return (struct store_line){.name = STR_NONE};
}

static void test_remembered_on_erasure(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    centre_files(w, "c-1", 900);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    assert_false(list_one(w, "artefacts").held);
    centre_arm(w);
    centre_purge(w, false);
    struct store_line l = list_one(w, "artefacts");
    assert_true(l.held && l.configured && l.up && !l.retired && l.held_ms == WORLD_NOW_MS);
    assert_true(str_is(l.type, "folder") && l.kinds_n > 0);
}

static void test_remember_once(void **state)
{
    struct world *w = *state;
    struct str body;
    uint64_t version;
    WORLD_OK(w, stores_remember(w->e, STR("artefacts"), &w->err));
    WORLD_OK(w, stores_remember(w->e, STR("artefacts"), &w->err));
    WORLD_OK(w, registry_record_get(w->e->registry, TABLE_STORE, STR("artefacts"), &w->a, &body, &version, &w->err));
    assert_int_equal(version, 1);
}

static void test_retire(void **state)
{
    struct world *w = *state;
    WORLD_OK(w, stores_remember(w->e, STR("old-bucket"), &w->err));
    assert_false(store_is_duty(w->e, STR("old-bucket"))); /* this engine opened before it was known */
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    assert_true(store_is_duty(w->e, STR("old-bucket")));
    assert_int_equal(store_retire(w->e, STR("artefacts"), STR("x"), &w->a, &w->err), E_CONFLICT);
    assert_int_equal(store_retire(w->e, STR("never"), STR("x"), &w->a, &w->err), E_ABSENT);
    assert_int_equal(store_retire(w->e, STR("old-bucket"), STR_NONE, &w->a, &w->err), E_INVALID);
    WORLD_OK(w, store_retire(w->e, STR("old-bucket"), STR("bucket deleted"), &w->a, &w->err));
    assert_int_equal(store_retire(w->e, STR("old-bucket"), STR("x"), &w->a, &w->err), E_CONFLICT);
    assert_int_equal(centre_count(w, "STORE_CHANGED"), 1);
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    assert_false(store_is_duty(w->e, STR("old-bucket")));
    struct store_line l = list_one(w, "old-bucket");
    assert_true(l.retired && str_contains(l.why, "bucket deleted"));
}

static void test_retired_store_ends_the_duty(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    struct chain c = centre_chain(w, "c-1");
    struct artefact lost = {.store = STR("old-bucket"), .kind = KIND_RECORDING, .locator = STR("a/b"), .contact = c.legs[0].key,
                            .effect = EFFECT_ERASE, .outcome = OUT_RETRY, .at_ms = TIME_NONE, .verified_ms = TIME_NONE,
                            .not_before_ms = TIME_NONE, .first_try_ms = TIME_NONE};
    struct row *rows = NULL;
    size_t n = 0;
    WORLD_OK(w, registry_work_rows(&c.key, &lost, 1, 0, &w->a, &rows, &n, &w->err));
    struct group g = {.rows = rows, .rows_n = n};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    WORLD_OK(w, stores_remember(w->e, lost.store, &w->err));
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PARTIAL);
    WORLD_OK(w, store_retire(w->e, lost.store, STR("bucket deleted"), &w->a, &w->err));
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
}

static void test_check(void **state)
{
    struct world *w = *state;
    struct store_examined *list;
    size_t n;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES);
    WORLD_OK(w, stores_check(w->e, STR_NONE, &w->a, &list, &n, &w->err));
    assert_true(n == 1 && list[0].reached && list[0].good && list[0].check.n > 0);
    assert_int_equal(stores_check(w->e, STR("nope"), &w->a, &list, &n, &w->err), E_ABSENT);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_remembered_on_erasure), IN_WORLD(test_remember_once), IN_WORLD(test_retire),
                                       IN_WORLD(test_retired_store_ends_the_duty), IN_WORLD(test_check)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
