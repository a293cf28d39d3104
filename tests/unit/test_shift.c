/* Workers on duty, in steps and without sleeping: the night's run is made once and shared, orders are finished, ends are clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/shift.h"
#include "tests/lib/centre.h"

enum { OLD = 800, YOUNG = 30, WORKERS = 3 };

static void lay_out(struct world *w, int n, int days)
{
    CLEANUP(buf_release) struct buf b;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    w->e->config.guard_floor = 5000;
    buf_init(&b, 4 << 20);
    for (int i = 0; i < n; i++)
        buf_cstr(&b, centre_record(w, arena_fmt(&w->a, "c-%d", i).p, NULL, days, NULL, NULL));
    centre_ingest(w, b.p);
}

static bool step(struct world *w, struct shift *s, int64_t *next)
{
    bool idle;
    uint64_t epoch;
    WORLD_OK(w, registry_epoch(w->e->registry, &epoch, &w->err));
    w->e->watch.epoch = epoch;
    w->e->watch.read_ms = engine_now(w->e);
    WORLD_OK(w, shift_step(s, next, &idle, &w->err));
    return !idle;
}

static struct tally work(struct world *w, struct shift *s, size_t n)
{
    struct tally total = {.given = 0};
    int64_t next;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < n; i++)
            more |= step(w, &s[i], &next);
    }
    for (size_t i = 0; i < n; i++)
        WORLD_OK(w, shift_end(&s[i], &total, &w->err));
    return total;
}

static size_t runs_of(struct world *w, const char *kind, struct run_record *last)
{
    struct run_record *runs;
    size_t n, found = 0;
    WORLD_OK(w, runs_since(w->e, WORLD_NOW_MS - DAY_MS, 1000, &w->a, &runs, &n, &w->err));
    for (size_t i = 0; i < n; i++)
        if (str_is(runs[i].kind, kind)) {
            *last = runs[i];
            found++;
        }
    return found;
}

static void the_night_is_planned_by_one_and_worked_by_all(void **state)
{
    struct world *w = *state;
    struct shift s[WORKERS];
    struct run_record run;
    enum { N = 900 };
    lay_out(w, N, OLD);
    for (size_t i = 0; i < WORKERS; i++)
        WORLD_OK(w, shift_begin(w->e, false, &s[i], &w->err));
    struct tally t = work(w, s, WORKERS);
    assert_int_equal(t.purged, N);
    assert_int_equal(t.busy + t.changed, 0);
    assert_int_equal(runs_of(w, "purge", &run), 1);
    assert_true(str_is(run.state, "done"));
    assert_int_equal(run.purged, N);
    assert_int_equal(centre_count(w, "PLANNED"), 1);
    assert_int_equal(centre_count(w, "VERIFIED"), N);
    WORLD_OK(w, shift_begin(w->e, false, &s[0], &w->err)); /* the same night once more */
    assert_int_equal(work(w, s, 1).considered, 0);
    assert_int_equal(runs_of(w, "purge", &run), 1);
}

static void what_became_due_meanwhile_waits_for_the_next_night(void **state)
{
    struct world *w = *state;
    struct shift s;
    struct run_record run;
    lay_out(w, 2, OLD);
    WORLD_OK(w, shift_begin(w->e, false, &s, &w->err));
    assert_int_equal(work(w, &s, 1).purged, 2);
    centre_ingest(w, centre_record(w, "late", NULL, OLD, NULL, NULL));
    world_reopen(w, WORLD_NOW_MS + 23 * HOUR_MS, OPEN_STORES | OPEN_WRITE);
    WORLD_OK(w, shift_begin(w->e, false, &s, &w->err));
    assert_int_equal(work(w, &s, 1).purged, 0);
    world_reopen(w, WORLD_NOW_MS + 72 * HOUR_MS, OPEN_STORES | OPEN_WRITE); /* two nights missed: caught up once */
    WORLD_OK(w, shift_begin(w->e, false, &s, &w->err));
    struct tally t = work(w, &s, 1);
    assert_int_equal(centre_status(w, "late"), STATUS_PURGED);
    assert_true(t.purged >= 1);
    assert_int_equal(runs_of(w, "purge", &run), 2);
}

static void an_order_left_by_a_crash_is_finished_by_the_lanes(void **state)
{
    struct world *w = *state;
    struct shift s[2];
    struct run_record run, own;
    struct order order = {.ids_n = 0};
    struct order_options o = {.note = STR("x")};
    lay_out(w, 120, YOUNG);
    for (int i = 0; i < 120; i++)
        WORLD_OK(w, order_add(&order, arena_fmt(&w->a, "c-%d", i), &w->a, &w->err));
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
    WORLD_OK(w, run_new(w->e, "order", &w->a, &run, &w->err));
    WORLD_OK(w, run_put(w->e, &run, NULL, &w->a, &w->err));
    WORLD_OK(w, order_accept(w->e, &order, &o, &run, &w->a, &w->err));
    for (size_t i = 0; i < 2; i++)
        WORLD_OK(w, shift_begin(w->e, false, &s[i], &w->err));
    int64_t next;
    (void)step(w, &s[0], &next);
    (void)step(w, &s[1], &next);
    assert_true(s[0].lanes.tally.purged > 0 && s[1].lanes.tally.purged > 0); /* the page was divided */
    struct tally total = {.given = 0};
    for (int i = 0; i < 40; i++) {
        (void)step(w, &s[i % 2], &next);
        w->e->fixed_now_ms += 500;
    }
    for (size_t i = 0; i < 2; i++)
        WORLD_OK(w, shift_end(&s[i], &total, &w->err));
    assert_int_equal(total.purged, 120);
    assert_int_equal(total.busy, 0);
    assert_int_equal(runs_of(w, "worker", &own), 2);
    assert_true(str_is(own.state, "done"));
}

static void idle_it_asks_less_and_less_often(void **state)
{
    struct world *w = *state;
    struct shift s;
    struct tally t = {.given = 0};
    int64_t next = 0, before = 0, now = WORLD_NOW_MS;
    lay_out(w, 1, YOUNG);
    WORLD_OK(w, shift_begin(w->e, false, &s, &w->err));
    while (step(w, &s, &next))
        ;
    for (int i = 0; i < 20; i++) {
        before = next - now;
        now = w->e->fixed_now_ms = next;
        while (step(w, &s, &next))
            ;
    }
    assert_true(before > 0 && before <= 30000);
    assert_int_equal(s.lanes.idle_ms, 30000);
    assert_int_equal(s.plan.idle_ms, 30000);
    WORLD_OK(w, shift_end(&s, &t, &w->err));
    assert_int_equal(t.considered, 0);
    struct run_record own;
    assert_int_equal(runs_of(w, "worker", &own), 0); /* it did nothing: nothing to tell */
}

static void a_worker_that_ends_leaves_no_claim_and_no_lease(void **state)
{
    struct world *w = *state;
    struct shift s[2];
    struct tally t = {.given = 0};
    struct registry_worker *workers;
    size_t n;
    int64_t next;
    lay_out(w, 600, OLD);
    WORLD_OK(w, shift_begin(w->e, false, &s[0], &w->err));
    (void)step(w, &s[0], &next);
    assert_true(s[0].plan.on && s[0].plan.tally.purged > 0);
    WORLD_OK(w, shift_end(&s[0], &t, &w->err));
    WORLD_OK(w, registry_workers(w->e->registry, &w->a, &workers, &n, &w->err));
    assert_int_equal(n, 0);
    WORLD_OK(w, shift_begin(w->e, false, &s[1], &w->err));
    struct tally rest = work(w, &s[1], 1);
    assert_int_equal(t.purged + rest.purged, 600);
    assert_int_equal(centre_count(w, "RESUMED"), 0); /* nobody crashed */
}

static void unarmed_it_erases_nothing(void **state)
{
    struct world *w = *state;
    struct shift s;
    struct run_record run;
    lay_out(w, 2, OLD);
    w->e->disarmed = true;
    WORLD_OK(w, shift_begin(w->e, false, &s, &w->err));
    assert_int_equal(work(w, &s, 1).considered, 0);
    assert_int_equal(runs_of(w, "purge", &run), 0);
}

static void another_schedule_put_in_force_is_heeded_by_the_next_batch(void **state)
{
    struct world *w = *state;
    struct shift s;
    struct tally t = {.given = 0};
    int64_t next;
    lay_out(w, 600, OLD);
    WORLD_OK(w, shift_begin(w->e, false, &s, &w->err));
    (void)step(w, &s, &next);
    uint64_t done = s.plan.tally.purged;
    assert_in_range(done, 1, 599);
    world_edit(w, "expunge.yaml", "    erase_after: P2Y", "    erase_after: P9Y");
    struct world other = *w; /* a second process */
    other.e = NULL;
    WORLD_OK(&other, world_open(&other, WORLD_NOW_MS, OPEN_WRITE));
    struct str longer = other.e->config.policy.version;
    CLEANUP(buf_release) struct buf body;
    buf_init(&body, 1 << 20);
    WORLD_OK(&other, policy_write(&other.e->config.policy, &body, &other.err));
    struct str old;
    uint64_t version;
    WORLD_OK(&other, registry_record_put(other.e->registry, TABLE_POLICY, longer, buf_view(&body), 0, NULL, &other.err));
    WORLD_OK(&other, registry_meta_get(other.e->registry, "policy", &other.a, &old, &version, &other.err));
    WORLD_OK(&other, registry_meta_put(other.e->registry, "policy", longer, version, NULL, &other.err));
    world_close(&other);
    for (int i = 0; i < 10; i++)
        (void)step(w, &s, &next);
    WORLD_OK(w, shift_end(&s, &t, &w->err));
    assert_int_equal(t.purged, done); /* what is left is kept for nine years now */
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_night_is_planned_by_one_and_worked_by_all),
        WORLD_TEST(what_became_due_meanwhile_waits_for_the_next_night),
        WORLD_TEST(an_order_left_by_a_crash_is_finished_by_the_lanes),
        WORLD_TEST(idle_it_asks_less_and_less_often),
        WORLD_TEST(a_worker_that_ends_leaves_no_claim_and_no_lease),
        WORLD_TEST(unarmed_it_erases_nothing),
        WORLD_TEST(another_schedule_put_in_force_is_heeded_by_the_next_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
