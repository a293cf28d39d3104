/* What a run did, counted, and the exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "engine/tally.h"

enum { OLD = 800 };

static void exit_status_says_whether_all_was_done(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct tally t = {.purged = 2};
    (void)w;
    assert_int_equal(tally_exit(&t, true), 0);
    t.held = 1;
    assert_int_equal(tally_exit(&t, true), 1);
    assert_int_equal(tally_exit(&t, false), 0); /* a purge that skips held contacts has done its work */
    t = (struct tally){.held = 1};
    assert_int_equal(tally_exit(&t, true), 3);
    t = (struct tally){.verifying = 1};
    assert_int_equal(tally_exit(&t, true), 1);
    assert_int_equal(tally_exit(&t, false), 1);
    t = (struct tally){.guard_stopped = true, .purged = 5};
    assert_int_equal(tally_exit(&t, false), 3);
    t = (struct tally){.unknown_n = 1};
    assert_int_equal(tally_exit(&t, true), 1);
    t = (struct tally){.retained = 1, .refused = 1};
    assert_int_equal(tally_exit(&t, true), 3);
    t = (struct tally){.retained = 1, .erased_in_part = 1}; /* a law keeps the rest, but something went */
    assert_int_equal(tally_exit(&t, true), 1);
    t = (struct tally){.purged = 5, .stopped = "paused"};
    assert_int_equal(tally_exit(&t, false), 1);
}

static void results_are_counted_by_what_became_of_them(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct tally t = {.dry_run = false};
    struct visit_result r = {.did = VISIT_WORKED, .status = STATUS_PURGED};
    (void)w;
    r.outcomes[OUT_GONE] = 3;
    tally_add(&t, &r);
    r = (struct visit_result){.did = VISIT_HELD, .status = STATUS_LITIGATION_HOLD};
    tally_add(&t, &r);
    assert_string_equal(visit_outcome(&r, false), "held");
    r = (struct visit_result){.did = VISIT_WORKED, .status = STATUS_PARTIAL};
    tally_add(&t, &r);
    assert_string_equal(visit_outcome(&r, false), "partial");
    assert_int_equal(t.considered, 3);
    assert_int_equal(t.purged, 1);
    assert_int_equal(t.held, 1);
    assert_int_equal(t.partial, 1);
    assert_int_equal(t.artefacts[OUT_GONE], 3);
    r = (struct visit_result){.did = VISIT_WORKED, .status = STATUS_RETAINED};
    tally_add(&t, &r);
    r = (struct visit_result){.did = VISIT_REFUSED, .status = STATUS_ACTIVE};
    tally_add(&t, &r);
    assert_int_equal(t.retained, 2);
    assert_int_equal(t.erased_in_part, 1);
}

static void a_dry_run_counts_what_would_go(void **state)
{
    struct tally t = {.dry_run = true};
    struct visit_result go = {.did = VISIT_WORKED, .status = STATUS_ACTIVE}, held = {.did = VISIT_HELD, .status = STATUS_LITIGATION_HOLD};
    (void)state;
    tally_add(&t, &go);
    tally_add(&t, &held);
    assert_int_equal(t.considered, 2);
    assert_int_equal(t.would, 1);
    assert_int_equal(t.held, 1);
    assert_int_equal(t.erased_in_part, 0);
}

static void what_others_counted_is_added(void **state)
{
    struct visit_stats mine[] = {{STR("a"), 1, 2, 3}}, theirs[] = {{STR("a"), 10, 20, 30}};
    struct tally t = {.stores = mine, .stores_n = 1}, other = {.stores = theirs, .stores_n = 1};
    struct visit_result purged = {.did = VISIT_WORKED, .status = STATUS_PURGED, .outcomes = {[OUT_GONE] = 2}};
    struct visit_result changed = {.did = VISIT_CHANGED, .status = STATUS_ACTIVE, .still_due = true};
    struct visit_result held = {.did = VISIT_HELD, .status = STATUS_LITIGATION_HOLD};
    (void)state;
    tally_add(&t, &purged);
    tally_add(&other, &purged);
    tally_add(&other, &changed);
    tally_add(&other, &held);
    tally_merge(&t, &other);
    assert_int_equal(t.considered, 4);
    assert_int_equal(t.purged, 2);
    assert_int_equal(t.changed, 1);
    assert_int_equal(t.still_due, 1);
    assert_int_equal(t.held, 1);
    assert_int_equal(t.artefacts[OUT_GONE], 4);
    assert_int_equal(mine[0].calls, 11);
    assert_int_equal(mine[0].artefacts, 22);
    assert_int_equal(mine[0].errors, 33);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(exit_status_says_whether_all_was_done, world_begin, world_end),
        cmocka_unit_test(a_dry_run_counts_what_would_go),
        cmocka_unit_test(what_others_counted_is_added),
        cmocka_unit_test_setup_teardown(results_are_counted_by_what_became_of_them, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
