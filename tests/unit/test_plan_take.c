/* Which plan goes on, and who may make the next one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/plan_work.h"
#include "tests/lib/centre.h"

enum { OLD = 800 };

static struct row_key begin(struct world *w)
{
    struct row_key k;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    WORLD_OK(w, worker_begin(w->e, &k, &w->err));
    return k;
}

static struct run_record planned(struct world *w)
{
    struct run_record r;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    WORLD_OK(w, plan_make(w->e, &r, 0, &w->a, &w->err));
    return r;
}

static bool take(struct world *w, const struct row_key *worker, struct run_record *r)
{
    bool found;
    WORLD_OK(w, plan_take(w->e, NULL, worker, &w->a, r, &found, &w->err));
    return found;
}

static void one_makes_a_plan_at_a_time_and_a_dead_ones_lock_is_taken_over(void **state)
{
    struct world *w = *state;
    struct row_key one = begin(w), two;
    WORLD_OK(w, worker_begin(w->e, &two, &w->err));
    WORLD_OK(w, plan_lock(w->e, &one, STR("run-x"), &w->a, &w->err));
    assert_int_equal(plan_lock(w->e, &two, STR("run-y"), &w->a, &w->err), E_CONFLICT);
    assert_non_null(strstr(w->err.text, "run-x"));
    plan_unlock(w->e, &two, &w->a); /* not its own: nothing happens */
    assert_int_equal(plan_lock(w->e, &two, STR("run-y"), &w->a, &w->err), E_CONFLICT);
    worker_end(w->e, &one);
    WORLD_OK(w, plan_lock(w->e, &two, STR("run-y"), &w->a, &w->err));
    plan_unlock(w->e, &two, &w->a);
    WORLD_OK(w, plan_lock(w->e, &two, STR("run-z"), &w->a, &w->err));
}

static void a_plan_its_maker_works_off_is_no_crash(void **state)
{
    struct world *w = *state;
    struct row_key one = begin(w), two;
    struct run_record r = planned(w), taken;
    bool stopped;
    WORLD_OK(w, worker_begin(w->e, &two, &w->err));
    WORLD_OK(w, plan_open(w->e, &r, &one, &w->a, &stopped, &w->err));
    assert_false(stopped);
    assert_true(take(w, &two, &taken));
    assert_true(str_eq(taken.id, r.id));
    assert_int_equal(centre_count(w, "RESUMED"), 0);
    worker_end(w->e, &one);
    worker_end(w->e, &two);
    WORLD_OK(w, worker_begin(w->e, &one, &w->err));
    assert_true(take(w, &one, &taken));
    assert_true(take(w, &one, &taken));
    assert_int_equal(centre_count(w, "RESUMED"), 1); /* said once */
}

static void what_the_guard_stopped_waits_for_its_approval(void **state)
{
    struct world *w = *state;
    struct row_key one = begin(w);
    struct run_record r = planned(w), taken;
    bool stopped;
    w->e->config.guard_floor = 0;
    WORLD_OK(w, plan_open(w->e, &r, &one, &w->a, &stopped, &w->err));
    assert_true(stopped);
    assert_int_equal(centre_count(w, "STOPPED"), 1);
    assert_false(take(w, &one, &taken));
    w->e->actor = (struct actor){.id = STR("second"), .identified = true, .role = STR("privacy-approver")};
    WORLD_OK(w, approve(w->e, &r.digest, &w->a, &taken, &w->err));
    assert_true(take(w, &one, &taken));
    assert_true(str_is(taken.state, "running"));
}

static void paused_and_ended_plans_are_left_alone(void **state)
{
    struct world *w = *state;
    struct row_key one = begin(w);
    struct run_record r = planned(w), taken;
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    r.state = STR("paused");
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    assert_false(take(w, &one, &taken));
    r.state = STR("done");
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    assert_false(take(w, &one, &taken));
}

/* Its last worker died between its last line and the end of the run. */
static void a_plan_that_is_over_and_was_not_ended_is_ended(void **state)
{
    struct world *w = *state;
    struct row_key dead = begin(w), next;
    struct run_record r = planned(w), taken, read;
    struct part part;
    struct share s;
    bool found, over, ended;
    struct tally t = {.dry_run = false};
    struct plan_work p;
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    WORLD_OK(w, part_join(w->e, &r, &dead, &part, &w->err));
    WORLD_OK(w, share_lease(w->e, &r, &dead, &s, &found, &over, &w->err));
    part.purged = 1;
    WORLD_OK(w, share_worked(w->e, &r, &s, 1, &part, &w->err));
    WORLD_OK(w, worker_begin(w->e, &next, &w->err));
    assert_false(take(w, &next, &taken)); /* it lives, and will end it */
    worker_end(w->e, &dead);
    assert_true(take(w, &next, &taken));
    struct working_run work = {.engine = w->e, .worker = next, .run = &taken, .tally = &t};
    plan_begin(&p, &work);
    WORLD_OK(w, plan_step(&p, &over, &w->err));
    assert_false(over);
    part = (struct part){.left = false};
    WORLD_OK(w, part_join(w->e, &taken, &next, &part, &w->err));
    part.left = true;
    WORLD_OK(w, part_put(w->e, &taken, &part, &w->err));
    WORLD_OK(w, plan_leave(&p, &ended, &w->err));
    assert_true(ended);
    WORLD_OK(w, run_get(w->e, r.id, &w->a, &read, &w->err));
    assert_true(str_is(read.state, "done"));
    assert_int_equal(read.purged, 1);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(one_makes_a_plan_at_a_time_and_a_dead_ones_lock_is_taken_over),
        WORLD_TEST(a_plan_its_maker_works_off_is_no_crash),
        WORLD_TEST(what_the_guard_stopped_waits_for_its_approval),
        WORLD_TEST(paused_and_ended_plans_are_left_alone),
        WORLD_TEST(a_plan_that_is_over_and_was_not_ended_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
