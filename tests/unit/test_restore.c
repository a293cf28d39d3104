#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/restore.h"
#include "tests/lib/centre.h"

static void erase_one(struct world *w, const char *id, int days)
{
    centre_ingest(w, centre_record(w, id, NULL, days, NULL, NULL));
    centre_files(w, id, days);
    world_reopen(w, engine_now(w->e), OPEN_STORES | OPEN_WRITE);
    if (w->e->disarmed)
        centre_arm(w);
    centre_purge(w, false);
    assert_int_equal(centre_status(w, id), STATUS_PURGED);
}

static void test_erased_again(void **state)
{
    struct world *w = *state;
    struct restore r, *list;
    size_t n;
    bool closed;
    erase_one(w, "c-1", 900);
    centre_files(w, "c-1", 900); /* the backup brought it back */
    world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    WORLD_OK(w, restore_declare(w->e, STR("artefacts"), WORLD_NOW_MS - DAY_MS, &w->a, &r, &w->err));
    assert_true(r.risen == 1 && r.remaining == 1);
    WORLD_OK(w, restore_store_closed(w->e, STR("artefacts"), &w->a, &closed, &w->err));
    assert_true(closed);
    WORLD_OK(w, restore_status(w->e, &w->a, &list, &n, &w->err));
    assert_true(n == 1 && list[0].remaining == 1 && list[0].stopped == 0);
    struct chain c = centre_chain(w, "c-1");
    assert_true(c.state == CHAIN_ERASING && c.mandate.reason == REASON_REPLAYED && c.queue == QUEUE_RISEN);
    assert_int_equal(centre_count(w, "RESTORE_DECLARED"), 1);
    assert_int_equal(centre_count(w, "RISEN"), 1);
    centre_purge(w, false);
    assert_false(centre_has_files(w, "c-1", 900));
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    WORLD_OK(w, restore_store_closed(w->e, STR("artefacts"), &w->a, &closed, &w->err));
    assert_false(closed); /* the purge opened it */
    assert_int_equal(centre_count(w, "STORE_CHANGED"), 1);
}

static void test_held_keeps_it_closed(void **state)
{
    struct world *w = *state;
    struct restore r, *list;
    size_t n;
    erase_one(w, "c-1", 900);
    centre_files(w, "c-1", 900);
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_hold(w, "CASE-7", "c-1");
    WORLD_OK(w, restore_declare(w->e, STR("artefacts"), WORLD_NOW_MS - DAY_MS, &w->a, &r, &w->err));
    centre_purge(w, false);
    assert_true(centre_has_files(w, "c-1", 900)); /* a hold wins (2.21) */
    WORLD_OK(w, restore_status(w->e, &w->a, &list, &n, &w->err));
    assert_true(n == 1 && list[0].remaining == 1 && list[0].stopped == 1);
}

static void test_refusals(void **state)
{
    struct world *w = *state;
    struct restore r;
    assert_int_equal(restore_declare(w->e, STR("nowhere"), WORLD_NOW_MS - DAY_MS, &w->a, &r, &w->err), E_ABSENT);
    assert_int_equal(restore_declare(w->e, STR("artefacts"), WORLD_NOW_MS + DAY_MS, &w->a, &r, &w->err), E_INVALID);
}

static void test_again_is_earlier(void **state)
{
    struct world *w = *state;
    struct restore r;
    WORLD_OK(w, restore_declare(w->e, STR("artefacts"), WORLD_NOW_MS - DAY_MS, &w->a, &r, &w->err));
    assert_int_equal(r.risen, 0);
    WORLD_OK(w, restore_declare(w->e, STR("artefacts"), WORLD_NOW_MS - 9 * DAY_MS, &w->a, &r, &w->err));
    WORLD_OK(w, restore_declare(w->e, STR("artefacts"), WORLD_NOW_MS - 2 * DAY_MS, &w->a, &r, &w->err));
    assert_true(r.as_of_ms == WORLD_NOW_MS - 9 * DAY_MS);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_erased_again), IN_WORLD(test_held_keeps_it_closed), IN_WORLD(test_refusals),
                                       IN_WORLD(test_again_is_earlier)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
