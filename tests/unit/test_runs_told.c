/* What people are told of runs that have not begun. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/runs.h"
#include "tests/lib/centre.h"

enum { OLD = 800 };

/* One run of `kind` in `state`, begun `days` ago, its plan under a digest of `mark`. */
static struct run_record stored(struct world *w, const char *kind, const char *state, int days, unsigned char mark, bool dry)
{
    struct run_record r;
    w->e->fixed_now_ms = WORLD_NOW_MS - days * DAY_MS;
    WORLD_OK(w, run_new(w->e, kind, &w->a, &r, &w->err));
    w->e->fixed_now_ms = WORLD_NOW_MS;
    r.state = str_of(state);
    r.dry_run = dry;
    r.has_digest = true;
    memset(r.digest.b, mark, HASH_BYTES);
    r.planned = 5;
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    return r;
}

static struct str told(struct world *w, const struct run_record *run)
{
    struct run_record *runs, one;
    size_t n;
    struct str listed = STR_NONE;
    WORLD_OK(w, run_get(w->e, run->id, &w->a, &one, &w->err));
    WORLD_OK(w, run_told(w->e, &one, &w->a, &w->err));
    WORLD_OK(w, runs_since(w->e, TIME_LEAST, 100, &w->a, &runs, &n, &w->err));
    WORLD_OK(w, runs_told(w->e, runs, n, &w->a, &w->err));
    for (size_t i = 0; i < n; i++)
        if (str_eq(runs[i].id, run->id))
            listed = runs[i].state;
    assert_true(str_eq(listed, one.state)); /* the list and the page agree */
    return listed;
}

static void a_dry_run_is_planned_and_what_waits_waits(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct run_record dry = stored(w, "purge", "waiting", 2, 1, true), guarded = stored(w, "purge", "waiting", 1, 2, false),
                      order = stored(w, "order", "waiting", 1, 3, false), gone = stored(w, "purge", "cancelled", 1, 4, true);
    assert_true(str_is(told(w, &dry), "planned"));
    assert_true(str_is(told(w, &guarded), "waiting"));
    assert_true(str_is(told(w, &order), "waiting"));
    assert_true(str_is(told(w, &gone), "cancelled"));
}

static void after_thirty_days_a_plan_has_lapsed(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct run_record last = stored(w, "purge", "waiting", 30, 1, true), dry = stored(w, "purge", "waiting", 31, 2, true),
                      guarded = stored(w, "purge", "waiting", 31, 3, false), what;
    assert_true(str_is(told(w, &last), "planned"));
    assert_true(str_is(told(w, &dry), "lapsed"));
    assert_true(str_is(told(w, &guarded), "lapsed"));
    w->e->actor = (struct actor){.id = STR("bob"), .identified = true, .role = STR("privacy-approver")};
    assert_int_equal(approve(w->e, &dry.digest, &w->a, &what, &w->err), E_ABSENT); /* as it is told */
    WORLD_OK(w, approve(w->e, &last.digest, &w->a, &what, &w->err));
}

static void a_later_plan_worked_off_overtakes_it_unless_it_is_approved(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct run_record before = stored(w, "purge", "waiting", 5, 1, true), approved = stored(w, "purge", "waiting", 4, 2, true),
                      done = stored(w, "purge", "done", 3, 3, false), after = stored(w, "purge", "waiting", 2, 4, true), what;
    w->e->actor = (struct actor){.id = STR("bob"), .identified = true, .role = STR("privacy-approver")};
    WORLD_OK(w, approve(w->e, &approved.digest, &w->a, &what, &w->err));
    assert_true(str_is(told(w, &before), "lapsed"));
    assert_true(str_is(told(w, &approved), "planned"));
    assert_true(str_is(told(w, &done), "done"));
    assert_true(str_is(told(w, &after), "planned"));
}

/* What is told is not what is stored: a dry run's plan is still worked off by its file. */
static void a_plan_told_of_is_still_worked_off(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "c-1", NULL, OLD, NULL, NULL));
    struct purge_options o = {.dry_run = true, .plan_path = world_path(w, "plan.txt")};
    struct tally planned = {0}, worked = {0};
    struct run_record r;
    WORLD_OK(w, purge_run(w->e, &o, &planned, &w->a, &w->err));
    WORLD_OK(w, run_get(w->e, planned.run, &w->a, &r, &w->err));
    assert_true(str_is(r.state, "waiting") && str_is(told(w, &r), "planned"));
    o.dry_run = false;
    WORLD_OK(w, purge_run(w->e, &o, &worked, &w->a, &w->err));
    assert_true(str_eq(worked.run, planned.run));
    assert_true(str_is(told(w, &r), "done"));
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(a_dry_run_is_planned_and_what_waits_waits),
                                       WORLD_TEST(after_thirty_days_a_plan_has_lapsed),
                                       WORLD_TEST(a_later_plan_worked_off_overtakes_it_unless_it_is_approved),
                                       WORLD_TEST(a_plan_told_of_is_still_worked_off)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
