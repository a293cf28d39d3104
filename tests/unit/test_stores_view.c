#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/certificate_parts.h"
#include "engine/ledger.h"
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
    assert_int_equal(centre_status(w, "c-1"), STATUS_SCRUBBED); /* nobody has read that store: never PURGED */
    c = centre_chain(w, "c-1");
    struct ledger l;
    WORLD_OK(w, ledger_get(w->e, &c.key, &w->a, &l, &w->err));
    assert_int_equal(l.work[0].outcome, OUT_ATTESTED);
    assert_int_equal(l.residuals_n, 1);
    assert_true(str_is(l.residuals[0].kind, "store old-bucket: retired and not read"));
    struct certificate cert;
    struct certificate_options o = {.disclose = false};
    WORLD_OK(w, certificate_of_chain(w->e, &c.key, &o, &w->a, &cert, &w->err));
    assert_true(cert.proven && !cert.erased);
    assert_true(str_is(cert.verdict, "SCRUBBED"));
    assert_true(str_contains(cert.headline, "retired without having been read back"));
    world_reopen(w, WORLD_NOW_MS + 40 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false); /* a second look does not see more */
    assert_true(centre_chain(w, "c-1").verified_again_ms != TIME_NONE);
    assert_int_equal(centre_status(w, "c-1"), STATUS_SCRUBBED);
}

/* Configured and searched once, so it is in the work or not; then taken out, and given up. */
static void test_retired_and_never_found_in(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    centre_files(w, "c-1", 900);
    WORLD_OK(w, stores_remember(w->e, STR("old-bucket"), &w->err));
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PARTIAL);
    WORLD_OK(w, store_retire(w->e, STR("old-bucket"), STR("sold"), &w->a, &w->err));
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-1"), STATUS_SCRUBBED);
    world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-2", NULL, 900, NULL, NULL)); /* registered since: it was never a duty */
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-2"), STATUS_PURGED);
}

/* Purged, read back and only then taken out: the second look does without it. */
static void test_retired_after_the_read_back(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    centre_files(w, "c-1", 900);
    centre_arm(w);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    world_edit(w, "expunge.yaml", "  artefacts:\n", "  other:\n");
    world_reopen(w, WORLD_NOW_MS + 40 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PARTIAL);
    WORLD_OK(w, store_retire(w->e, STR("artefacts"), STR("sold"), &w->a, &w->err));
    world_reopen(w, WORLD_NOW_MS + 41 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    assert_true(centre_chain(w, "c-1").verified_again_ms != TIME_NONE);
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
                                       IN_WORLD(test_retired_store_ends_the_duty),
                                       IN_WORLD(test_retired_and_never_found_in), IN_WORLD(test_retired_after_the_read_back), IN_WORLD(test_check)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
