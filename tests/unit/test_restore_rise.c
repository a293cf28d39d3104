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

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_only_since), IN_WORLD(test_work_is_to_be_done_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
