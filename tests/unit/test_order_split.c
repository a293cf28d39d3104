/* --leg-only: one leg as a chain of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"

enum { OLD = 800, YOUNG = 30 };

static void only_the_named_leg_goes(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-2", "leg-1", YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-3", "leg-1", YOUNG, NULL, NULL));
    for (int i = 1; i <= 3; i++)
        centre_files(w, arena_fmt(&w->a, "leg-%d", i).p, YOUNG);
    struct order_options o = {.note = STR("x"), .leg_only = true};
    assert_int_equal(centre_erase(w, &o, "leg-2", NULL).purged, 1);
    assert_false(centre_has_files(w, "leg-2", YOUNG));
    assert_true(centre_has_files(w, "leg-1", YOUNG));
    assert_int_equal(centre_chain(w, "leg-1").legs_n, 2);
    assert_int_equal(centre_chain(w, "leg-2").state, CHAIN_ERASED);
}

static void the_first_leg_can_go_alone_too(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-2", "leg-1", YOUNG, NULL, NULL));
    centre_files(w, "leg-1", YOUNG);
    centre_files(w, "leg-2", YOUNG);
    struct order_options o = {.note = STR("x"), .leg_only = true};
    assert_int_equal(centre_erase(w, &o, "leg-1", NULL).purged, 1);
    assert_false(centre_has_files(w, "leg-1", YOUNG));
    assert_true(centre_has_files(w, "leg-2", YOUNG));
    assert_int_equal(centre_status(w, "leg-2"), STATUS_ACTIVE);
}

static void hold_goes_with_its_leg(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-2", "leg-1", YOUNG, NULL, NULL));
    centre_hold(w, "CASE", "leg-1");
    struct order_options o = {.note = STR("x"), .leg_only = true};
    struct tally t = centre_erase(w, &o, "leg-2", NULL);
    assert_int_equal(t.purged, 1);
    assert_int_equal(centre_status(w, "leg-1"), STATUS_LITIGATION_HOLD);
}

static const struct backend_driver *real_driver;
static struct row_key watched;
static size_t conditions;

static enum status commit_watched(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < groups[i].rows_n; k++) {
            const struct row *row = &groups[i].rows[k];
            conditions += row->table == TABLE_CHAIN && row->op == ROW_REMOVE && row->version == 0 &&
                          str_eq(row->key, (struct str){(const char *)watched.b, ROW_KEY_BYTES});
        }
    return real_driver->commit(b, groups, n, err);
}

/* A leg that gets a new chain may not be announced under its own key at the same moment. */
static void moved_legs_demand_that_no_row_is_theirs(void **state)
{
    struct world *w = *state;
    static struct backend_driver watching;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-2", "leg-1", YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-3", "leg-1", YOUNG, NULL, NULL));
    real_driver = w->e->registry->backend.driver;
    watching = *real_driver;
    watching.commit = commit_watched;
    watched = engine_contact_key(w->e, STR(CENTRE_SOURCE), STR("leg-3"));
    conditions = 0;
    w->e->registry->backend.driver = &watching;
    struct order_options o = {.note = STR("x"), .leg_only = true};
    assert_int_equal(centre_erase(w, &o, "leg-1", NULL).purged, 1);
    w->e->registry->backend.driver = real_driver;
    assert_int_equal(conditions, 1);
    struct row_key second = centre_chain(w, "leg-2").key, third = centre_chain(w, "leg-3").key;
    assert_true(row_key_eq(&second, &third));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_named_leg_goes, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_first_leg_can_go_alone_too, world_begin, world_end),
        cmocka_unit_test_setup_teardown(hold_goes_with_its_leg, world_begin, world_end),
        cmocka_unit_test_setup_teardown(moved_legs_demand_that_no_row_is_theirs, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
