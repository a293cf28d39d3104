/* Queues worked off in batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "engine/epoch.h"

enum { YOUNG = 30 };

static void lane_takes_what_is_due_and_stops(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    struct order order = {.ids_n = 0};
    struct order_options o = {.note = STR("x")};
    struct run_record run;
    WORLD_OK(w, order_add(&order, STR("c-1"), &w->a, &w->err));
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
    WORLD_OK(w, run_new(w->e, "order", &w->a, &run, &w->err));
    WORLD_OK(w, order_accept(w->e, &order, &o, &run, &w->a, &w->err));
    struct tally t = {.dry_run = false};
    WORLD_OK(w, tally_init(&t, w->e, &w->a, &w->err));
    struct working_run work = {.engine = w->e, .run = &run, .tally = &t};
    struct epoch_thread *epoch;
    WORLD_OK(w, worker_begin(w->e, &work.worker, &w->err));
    WORLD_OK(w, epoch_start(w->e, &epoch, &w->err));
    struct lane retry = {.name = "retries", .query = {.queue = QUEUE_RETRY, .category = -1, .until_ms = WORLD_NOW_MS}};
    WORLD_OK(w, lane_batch(&work, &retry, &w->err));
    assert_int_equal(t.considered, 0);
    assert_true(retry.done);
    struct lane requests = {.name = "requests", .query = {.queue = QUEUE_REQUEST, .category = -1, .until_ms = INT64_MAX}};
    WORLD_OK(w, lane_batch(&work, &requests, &w->err));
    assert_int_equal(t.considered, 1);
    assert_int_equal(t.purged, 1);
    epoch_stop(&epoch);
    worker_end(w->e, &work.worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lane_takes_what_is_due_and_stops, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
