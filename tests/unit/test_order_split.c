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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_named_leg_goes, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_first_leg_can_go_alone_too, world_begin, world_end),
        cmocka_unit_test_setup_teardown(hold_goes_with_its_leg, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
