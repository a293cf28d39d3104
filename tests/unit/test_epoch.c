/* The thread that keeps the hold epoch current. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "base/clock.h"
#include "engine/epoch.h"

enum { YOUNG = 30 };

static void a_hold_is_seen_within_a_second(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct epoch_thread *epoch;
    WORLD_OK(w, epoch_start(w->e, &epoch, &w->err));
    uint64_t before = w->e->watch.epoch;
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_hold(w, "CASE", "c-1");
    for (int i = 0; i < 100 && w->e->watch.epoch == before; i++)
        clock_sleep_ms(10);
    assert_true(w->e->watch.epoch > before);
    struct gate g = {.epoch = before, .until_ms = INT64_MAX, .watch = &w->e->watch};
    assert_false(gate_open(&g));
    epoch_stop(&epoch);
    assert_null(epoch);
    epoch_stop(&epoch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hold_is_seen_within_a_second, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
