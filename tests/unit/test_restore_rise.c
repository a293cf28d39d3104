#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/restore.h"
#include "tests/lib/centre.h"

static uint64_t rise(struct world *w, const char *store, int64_t since_ms)
{
    struct restore r = {.store = str_of(store), .id = STR("restore-1")};
    WORLD_OK(w, restore_rise(w->e, &r, since_ms, &w->err));
    return r.risen;
}

static void erase_one(struct world *w)
{
    centre_ingest(w, centre_record(w, "c-1", NULL, 900, NULL, NULL));
    centre_ingest(w, centre_record(w, "kept", NULL, 10, NULL, NULL));
    centre_files(w, "c-1", 900);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_purge(w, false);
}

static void test_only_since(void **state)
{
    struct world *w = *state;
    erase_one(w);
    assert_int_equal(rise(w, "artefacts", WORLD_NOW_MS + 1), 0); /* the backup was made after it */
    assert_int_equal(rise(w, "other", WORLD_NOW_MS - DAY_MS), 0);
    assert_int_equal(rise(w, "artefacts", WORLD_NOW_MS), 1);
    assert_int_equal(rise(w, "artefacts", WORLD_NOW_MS), 0); /* again: it is risen already */
    assert_int_equal(centre_chain(w, "kept").state, CHAIN_ACTIVE);
}

static void test_work_is_to_be_done_again(void **state)
{
    struct world *w = *state;
    struct artefact *work;
    size_t n;
    uint64_t parts;
    erase_one(w);
    assert_int_equal(rise(w, "artefacts", WORLD_NOW_MS - 1), 1);
    struct chain c = centre_chain(w, "c-1");
    WORLD_OK(w, registry_work_get(w->e->registry, &c.key, &w->a, &work, &n, &parts, &w->err));
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++)
        assert_true(work[i].outcome == OUT_UNKNOWN && work[i].verified_ms == TIME_NONE && work[i].effect == EFFECT_ERASE);
    assert_true(c.legs_n == 1 && str_is(c.legs[0].id, "c-1")); /* from the ledger */
    assert_int_equal(c.purged_ms, TIME_NONE);
}

/* Delivered again and found gone, it is still known what was erased where. */
static void test_after_a_document_about_the_erased(void **state)
{
    struct world *w = *state;
    erase_one(w);
    world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_ingest(w, centre_record(w, "c-1", NULL, 899, NULL, NULL)).risen, 1);
    for (int hours = 1; hours < 3; hours++) {
        centre_purge(w, false);
        world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS + hours * HOUR_MS, OPEN_STORES | OPEN_WRITE);
    }
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    assert_int_equal(rise(w, "artefacts", WORLD_NOW_MS), 1);
}

/* A worker that died with a claim holds no restore up; one that lives does. */
static void test_claims_of_the_dead_are_no_bar(void **state)
{
    struct world *w = *state;
    struct row_key worker;
    struct claim claim;
    enum status result;
    erase_one(w);
    struct chain c = centre_chain(w, "c-1");
    WORLD_OK(w, registry_worker_start(w->e->registry, &worker, WORLD_NOW_MS, MINUTE_MS, STR("w"), &w->err));
    WORLD_OK(w, registry_claim(w->e->registry, &worker, &c, 1, WORLD_NOW_MS, &w->a, &claim, &result, &w->err));
    assert_int_equal(result, OK);
    struct restore r = {.store = STR("artefacts"), .id = STR("restore-1")};
    assert_int_equal(restore_rise(w->e, &r, WORLD_NOW_MS - 1, &w->err), E_RETRY);
    world_reopen(w, WORLD_NOW_MS + 3 * MINUTE_MS, OPEN_STORES | OPEN_WRITE);
    assert_int_equal(rise(w, "artefacts", WORLD_NOW_MS - 1), 1);
    c = centre_chain(w, "c-1");
    assert_false(chain_claimed(&c));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_only_since), IN_WORLD(test_work_is_to_be_done_again),
                                       IN_WORLD(test_claims_of_the_dead_are_no_bar),
                                       IN_WORLD(test_after_a_document_about_the_erased)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
