/* The daily run: lanes, plans, resumption, two at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "tests/lib/centre.h"

enum { OLD = 800, YOUNG = 30 };

static void second_purge_is_refused_while_one_runs(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    struct row_key worker;
    WORLD_OK(w, worker_begin(w->e, &worker, &w->err));
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 256);
    buf_add(&b, worker.b, ROW_KEY_BYTES);
    buf_cstr(&b, "run-x");
    WORLD_OK(w, registry_meta_put(w->e->registry, "purge", buf_view(&b), 0, NULL, &w->err));
    struct tally t = {.dry_run = false};
    struct purge_options o = {.limit = 0};
    assert_int_equal(purge_run(w->e, &o, &t, &w->a, &w->err), E_CONFLICT);
    assert_non_null(strstr(w->err.text, "run-x"));
    worker_end(w->e, &worker);
    WORLD_OK(w, purge_run(w->e, &o, &t, &w->a, &w->err));
}

static void plan_given_as_a_file_is_the_plan(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_files(w, "old-1", OLD);
    const char *path = world_path(w, "plan.txt");
    struct tally t = {.dry_run = false};
    struct purge_options dry = {.dry_run = true, .plan_path = path}, real = {.plan_path = path};
    WORLD_OK(w, purge_run(w->e, &dry, &t, &w->a, &w->err));
    centre_ingest(w, centre_record(w, "old-2", NULL, OLD, NULL, NULL)); /* due too, but not in the plan */
    centre_files(w, "old-2", OLD);
    struct tally done = {.dry_run = false};
    WORLD_OK(w, purge_run(w->e, &real, &done, &w->a, &w->err));
    assert_int_equal(done.purged, 1);
    assert_false(centre_has_files(w, "old-1", OLD));
    assert_true(centre_has_files(w, "old-2", OLD));
    struct tally again = {.dry_run = false};
    assert_int_equal(purge_run(w->e, &real, &again, &w->a, &w->err), E_CONFLICT);
}

static void line_that_changed_after_the_plan_is_left_alone(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_files(w, "old-1", OLD);
    const char *path = world_path(w, "plan.txt");
    struct tally t = {.dry_run = false};
    struct purge_options dry = {.dry_run = true, .plan_path = path}, real = {.plan_path = path};
    WORLD_OK(w, purge_run(w->e, &dry, &t, &w->a, &w->err));
    centre_ingest(w, centre_record(w, "old-1", NULL, 10, NULL, NULL));
    struct tally done = {.dry_run = false};
    WORLD_OK(w, purge_run(w->e, &real, &done, &w->a, &w->err));
    assert_int_equal(done.purged, 0);
    assert_int_equal(done.changed, 1);
    assert_true(centre_has_files(w, "old-1", OLD));
}

static void accepted_order_that_was_interrupted_is_finished_by_the_purge(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    centre_arm(w);
    struct order order = {.ids_n = 0};
    struct order_options o = {.note = STR("x")};
    struct run_record run;
    WORLD_OK(w, order_add(&order, STR("c-1"), &w->a, &w->err));
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
    WORLD_OK(w, run_new(w->e, "order", &w->a, &run, &w->err));
    WORLD_OK(w, order_accept(w->e, &order, &o, &run, &w->a, &w->err)); /* ... and here the process dies */
    struct tally t = centre_purge(w, false);
    assert_int_equal(t.purged, 1);
    assert_false(centre_has_files(w, "c-1", YOUNG));
}

static void held_contacts_are_counted_once_and_among_those_looked_at(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "due-1", NULL, OLD, NULL, NULL));
    centre_ingest(w, centre_record(w, "due-2", NULL, OLD, NULL, NULL));
    centre_ingest(w, centre_record(w, "young", NULL, YOUNG, NULL, NULL));
    centre_hold(w, "CASE", "due-1");
    centre_hold(w, "CASE", "young"); /* not due: its hold stops nothing yet */
    struct tally t = centre_purge(w, true);
    assert_int_equal(t.would, 1);
    assert_int_equal(t.held, 1);
    assert_int_equal(t.considered, 2);
    t = centre_purge(w, false);
    assert_int_equal(t.purged, 1);
    assert_int_equal(t.held, 1);
    assert_int_equal(t.considered, 2);
    assert_false(t.held_at_least);
}

static void batches_above_one_visit_are_all_worked_off(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    w->e->config.guard_floor = 5000;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4 << 20);
    for (int i = 0; i < 1203; i++)
        buf_cstr(&b, centre_record(w, arena_fmt(&w->a, "old-%d", i).p, NULL, OLD + i % 7, NULL, NULL));
    centre_ingest(w, b.p);
    struct tally t = centre_purge(w, false);
    assert_int_equal(t.purged, 1203);
    assert_int_equal(centre_purge(w, false).considered, 0);
}

static void run_is_in_the_log_and_the_published_log_is_written(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_purge(w, false);
    assert_int_equal(centre_count(w, "RUN"), 1);
    assert_int_equal(centre_count(w, "PLANNED"), 1);
    assert_true(world_has(w, "audit/checkpoint"));
}

static void preview_at_another_time_writes_nothing(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, YOUNG, NULL, NULL));
    size_t before, after, plans, runs;
    (void)world_entries(w, &before);
    world_reopen(w, WORLD_NOW_MS + 3000 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    w->e->test_clock = false; /* as on a production registry */
    const char *path = world_path(w, "plan.txt");
    struct tally t = {.dry_run = false}, none = {.dry_run = false};
    struct purge_options dry = {.dry_run = true, .plan_path = path}, real = {.plan_path = path};
    WORLD_OK(w, purge_run(w->e, &dry, &t, &w->a, &w->err));
    assert_int_equal(t.considered, 1);
    struct row *rows;
    WORLD_OK(w, registry_record_page(w->e->registry, TABLE_PLAN, t.run, STR_NONE, 10, &w->a, &rows, &plans, &w->err));
    WORLD_OK(w, registry_record_page(w->e->registry, TABLE_RUN, STR_NONE, STR_NONE, 10, &w->a, &rows, &runs, &w->err));
    assert_int_equal(plans, 0);
    assert_int_equal(runs, 0);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    (void)world_entries(w, &after);
    assert_int_equal(after, before);
    WORLD_OK(w, clock_check(w->e, &w->err));
    assert_int_equal(purge_run(w->e, &real, &none, &w->a, &w->err), E_INVALID);
    assert_non_null(strstr(w->err.text, "preview"));
}

/* A crash left the plan half done, and a dead claim has moved the row's version. */
static void lines_a_resumed_plan_drops_though_due_are_planned_anew(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_ingest(w, centre_record(w, "old-2", NULL, OLD, NULL, NULL));
    centre_files(w, "old-1", OLD);
    struct run_record run;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &run, &w->err));
    WORLD_OK(w, plan_make(w->e, &run, 0, &w->a, &w->err));
    WORLD_OK(w, run_put(w->e, &run, NULL, &w->a, &w->err));
    struct chain moved = centre_chain(w, "old-1");
    struct row row;
    WORLD_OK(w, registry_chain_row(&moved, &w->a, &row, &w->err));
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    assert_int_equal(g.result, OK);
    struct tally t = centre_purge(w, false);
    assert_int_equal(t.changed, 1);
    assert_int_equal(t.purged, 2);
    assert_int_equal(tally_exit(&t, false), 0);
    assert_false(centre_has_files(w, "old-1", OLD));
    assert_int_equal(centre_count(w, "RESUMED"), 1);
    assert_int_equal(centre_count(w, "PLANNED"), 1); /* the fresh one */
    assert_int_equal(centre_purge(w, false).considered, 0);
}

static void line_of_a_named_plan_that_changed_and_is_due_is_told_by_the_exit_status(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    const char *path = world_path(w, "plan.txt");
    struct tally t = {.dry_run = false}, done = {.dry_run = false};
    struct purge_options dry = {.dry_run = true, .plan_path = path}, real = {.plan_path = path};
    WORLD_OK(w, purge_run(w->e, &dry, &t, &w->a, &w->err));
    struct chain moved = centre_chain(w, "old-1");
    struct row row;
    WORLD_OK(w, registry_chain_row(&moved, &w->a, &row, &w->err));
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    WORLD_OK(w, purge_run(w->e, &real, &done, &w->a, &w->err));
    assert_int_equal(done.still_due, 1);
    assert_int_equal(tally_exit(&done, false), 1);
}

/* One contact's list of artefacts cannot be read: the other goes all the same. */
static void damaged_work_of_one_contact_stops_no_other(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_ingest(w, centre_record(w, "old-2", NULL, OLD, NULL, NULL));
    char key[ROW_KEY_BYTES + 4] = {0};
    memcpy(key, centre_chain(w, "old-1").key.b, ROW_KEY_BYTES);
    WORLD_OK(w, registry_record_put(w->e->registry, TABLE_WORK, (struct str){key, sizeof key}, STR("\xff\xff"), 0, NULL, &w->err));
    struct tally t = centre_purge(w, false);
    assert_int_equal(t.purged, 1);
    assert_int_equal(t.needs_decision, 1);
    assert_int_equal(centre_status(w, "old-1"), STATUS_NEEDS_DECISION);
    assert_int_equal(tally_exit(&t, false), 1);
}

static pthread_t purging_thread;
static int closed_looks;

/* The first looks of the one who erases find the epoch old, as if a hold were arriving: the gate closes. */
static int64_t clock_that_closes_the_gate(void *ctx)
{
    int64_t now = engine_now(ctx);
    if (!pthread_equal(pthread_self(), purging_thread) || !closed_looks)
        return now;
    closed_looks--;
    return now + HOUR_MS;
}

static void what_a_gate_left_is_finished_by_the_same_run(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_ingest(w, centre_record(w, "old-2", NULL, OLD, NULL, NULL));
    centre_files(w, "old-1", OLD);
    centre_files(w, "old-2", OLD);
    purging_thread = pthread_self();
    closed_looks = 3;
    w->e->watch.clock = clock_that_closes_the_gate;
    struct tally t = centre_purge(w, false);
    assert_int_equal(closed_looks, 0);
    assert_true(t.artefacts[OUT_HELD] > 0);
    assert_int_equal(t.purged, 2);
    assert_int_equal(t.considered, 2);
    assert_int_equal(t.verifying + t.partial, 0);
    assert_int_equal(tally_exit(&t, false), 0);
    assert_false(centre_has_files(w, "old-1", OLD) || centre_has_files(w, "old-2", OLD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(second_purge_is_refused_while_one_runs, world_begin, world_end),
        cmocka_unit_test_setup_teardown(plan_given_as_a_file_is_the_plan, world_begin, world_end),
        cmocka_unit_test_setup_teardown(line_that_changed_after_the_plan_is_left_alone, world_begin, world_end),
        cmocka_unit_test_setup_teardown(accepted_order_that_was_interrupted_is_finished_by_the_purge, world_begin, world_end),
        cmocka_unit_test_setup_teardown(held_contacts_are_counted_once_and_among_those_looked_at, world_begin, world_end),
        cmocka_unit_test_setup_teardown(batches_above_one_visit_are_all_worked_off, world_begin, world_end),
        cmocka_unit_test_setup_teardown(run_is_in_the_log_and_the_published_log_is_written, world_begin, world_end),
        cmocka_unit_test_setup_teardown(lines_a_resumed_plan_drops_though_due_are_planned_anew, world_begin, world_end),
        cmocka_unit_test_setup_teardown(line_of_a_named_plan_that_changed_and_is_due_is_told_by_the_exit_status, world_begin, world_end),
        cmocka_unit_test_setup_teardown(damaged_work_of_one_contact_stops_no_other, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_a_gate_left_is_finished_by_the_same_run, world_begin, world_end),
        cmocka_unit_test_setup_teardown(preview_at_another_time_writes_nothing, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
