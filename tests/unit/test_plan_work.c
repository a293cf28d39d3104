/* One plan, several workers, in steps: side by side, one dead in the middle, stopped by people; ended once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/plan_work.h"
#include "tests/lib/centre.h"

enum { OLD = 800, CONTACTS = 600 };

struct hand { struct row_key worker; struct tally tally; struct working_run work; struct plan_work plan; };

static struct run_record begin(struct world *w, int n)
{
    struct run_record run;
    CLEANUP(buf_release) struct buf b;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    buf_init(&b, 4 << 20);
    for (int i = 0; i < n; i++)
        buf_cstr(&b, centre_record(w, arena_fmt(&w->a, "c-%d", i).p, NULL, OLD, NULL, NULL));
    centre_ingest(w, b.p);
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &run, &w->err));
    WORLD_OK(w, plan_make(w->e, &run, 0, &w->a, &w->err));
    assert_int_equal(run.planned, n);
    WORLD_OK(w, run_put(w->e, &run, NULL, &w->a, &w->err));
    return run;
}

static void hand_begin(struct world *w, struct hand *h, struct run_record *run)
{
    *h = (struct hand){.tally = {.dry_run = false}};
    WORLD_OK(w, worker_begin(w->e, &h->worker, &w->err));
    WORLD_OK(w, tally_init(&h->tally, w->e, &w->a, &w->err));
    h->work = (struct working_run){.engine = w->e, .worker = h->worker, .run = run, .tally = &h->tally};
    plan_begin(&h->plan, &h->work);
    w->e->watch.read_ms = INT64_MAX; /* no thread here: the epoch counts as just read */
}

static bool step(struct world *w, struct hand *h)
{
    bool more;
    uint64_t epoch;
    WORLD_OK(w, registry_epoch(w->e->registry, &epoch, &w->err));
    w->e->watch.epoch = epoch;
    w->e->watch.read_ms = engine_now(w->e);
    WORLD_OK(w, plan_step(&h->plan, &more, &w->err));
    return more;
}

static bool leave(struct world *w, struct hand *h)
{
    bool ended;
    WORLD_OK(w, plan_leave(&h->plan, &ended, &w->err));
    worker_end(w->e, &h->worker);
    return ended;
}

static struct run_record run_of(struct world *w, const struct run_record *run)
{
    struct run_record r;
    WORLD_OK(w, run_get(w->e, run->id, &w->a, &r, &w->err));
    return r;
}

static void two_workers_share_a_plan_and_the_last_to_leave_ends_it(void **state)
{
    struct world *w = *state;
    struct run_record run = begin(w, CONTACTS);
    struct hand h[2];
    hand_begin(w, &h[0], &run);
    hand_begin(w, &h[1], &run);
    for (bool more = true; more;) {
        more = step(w, &h[0]);
        more |= step(w, &h[1]);
    }
    assert_int_equal(h[0].tally.purged + h[1].tally.purged, CONTACTS);
    assert_true(h[0].tally.purged > 0 && h[1].tally.purged > 0);
    assert_int_equal(h[0].tally.busy + h[1].tally.busy + h[0].tally.changed + h[1].tally.changed, 0);
    assert_false(leave(w, &h[0]));
    assert_true(str_is(run_of(w, &run).state, "running"));
    assert_true(leave(w, &h[1]));
    struct run_record r = run_of(w, &run);
    assert_true(str_is(r.state, "done"));
    assert_int_equal(r.worked, CONTACTS);
    assert_int_equal(r.purged, CONTACTS);
    assert_int_equal(centre_count(w, "RUN"), 1);
    assert_int_equal(centre_count(w, "VERIFIED"), CONTACTS); /* each once */
}

/* A worker dies after a batch of which nothing could be said: another works it again, and every contact counts once. */
static void what_a_dead_worker_could_not_tell_is_counted_by_the_one_that_takes_over(void **state)
{
    struct world *w = *state;
    struct run_record run = begin(w, CONTACTS), taken;
    struct hand dead, heir;
    bool found;
    hand_begin(w, &dead, &run);
    (void)step(w, &dead);
    assert_int_equal(dead.tally.purged, SHARE_LINES_LEAST);
    assert_true(step(w, &dead)); /* this one's share row is put back: as if it had died before writing it */
    struct share lost = dead.plan.share;
    struct part part = dead.plan.part;
    lost.worked = 0;
    lost.worker = dead.worker;
    part.purged -= SHARE_LINES_LEAST;
    part.considered -= SHARE_LINES_LEAST;
    WORLD_OK(w, share_worked(w->e, &run, &lost, 0, &part, &w->err));
    arena_release(&dead.plan.a);
    worker_end(w->e, &dead.worker);
    struct row_key next;
    WORLD_OK(w, worker_begin(w->e, &next, &w->err));
    WORLD_OK(w, plan_take(w->e, NULL, &next, &w->a, &taken, &found, &w->err));
    assert_true(found && str_eq(taken.id, run.id));
    assert_int_equal(centre_count(w, "RESUMED"), 1);
    worker_end(w->e, &next);
    hand_begin(w, &heir, &run);
    while (step(w, &heir))
        ;
    assert_true(leave(w, &heir));
    assert_int_equal(heir.tally.purged, CONTACTS - SHARE_LINES_LEAST);
    assert_int_equal(heir.tally.changed, 0);
    struct run_record r = run_of(w, &run);
    assert_int_equal(r.purged, CONTACTS);
    assert_int_equal(centre_count(w, "VERIFIED"), CONTACTS); /* nothing was erased twice */
    assert_int_equal(centre_count(w, "RUN"), 1);
}

/* Claimed, and dead before the intent: the line is still the plan's. */
static void a_claim_of_the_dead_is_no_change_of_the_contact(void **state)
{
    struct world *w = *state;
    struct run_record run = begin(w, 3);
    struct row_key dead;
    struct hand h;
    struct chain chains[] = {centre_chain(w, "c-0"), centre_chain(w, "c-1")};
    struct claim claims[2];
    enum status results[2];
    WORLD_OK(w, worker_begin(w->e, &dead, &w->err));
    WORLD_OK(w, registry_claim(w->e->registry, &dead, chains, 2, engine_now(w->e), &w->a, claims, results, &w->err));
    worker_end(w->e, &dead);
    centre_ingest(w, centre_record(w, "c-1", NULL, OLD, NULL, ",\"LastUpdateTimestampX\":1")); /* a document: that is a change */
    struct chain moved = centre_chain(w, "c-1");
    struct row row;
    WORLD_OK(w, registry_chain_row(&moved, &w->a, &row, &w->err));
    struct group g = {.rows = &row, .rows_n = 1};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    hand_begin(w, &h, &run);
    while (step(w, &h))
        ;
    assert_int_equal(h.tally.purged, 2);
    assert_int_equal(h.tally.changed, 1);
    assert_true(leave(w, &h));
}

static void stopping_reaches_every_worker_and_nobody_ends_what_is_paused(void **state)
{
    struct world *w = *state;
    struct run_record run = begin(w, CONTACTS), out;
    struct hand h[2];
    hand_begin(w, &h[0], &run);
    hand_begin(w, &h[1], &run);
    assert_true(step(w, &h[0]));
    WORLD_OK(w, run_pause(w->e, run.id, &w->a, &out, &w->err));
    assert_false(step(w, &h[0]));
    assert_false(step(w, &h[1]));
    assert_string_equal(h[0].plan.stopped, "paused");
    assert_string_equal(h[1].plan.stopped, "paused");
    assert_false(leave(w, &h[0]) || leave(w, &h[1]));
    assert_int_equal(run_of(w, &run).worked, SHARE_LINES_LEAST);
    WORLD_OK(w, run_resume(w->e, run.id, &w->a, &out, &w->err));
    struct tally t = centre_purge(w, false);
    assert_int_equal(t.purged, CONTACTS - SHARE_LINES_LEAST);
    assert_int_equal(run_of(w, &run).purged, CONTACTS);
    assert_int_equal(centre_count(w, "RESUMED"), 0);
}

static void what_is_cancelled_ends_with_its_last_worker(void **state)
{
    struct world *w = *state;
    struct run_record run = begin(w, CONTACTS), out;
    struct hand h;
    uint64_t freed;
    hand_begin(w, &h, &run);
    assert_true(step(w, &h));
    WORLD_OK(w, run_cancel(w->e, run.id, &w->a, &out, &freed, &w->err));
    assert_false(step(w, &h));
    assert_true(leave(w, &h));
    assert_true(str_is(run_of(w, &run).state, "cancelled"));
    assert_int_equal(run_of(w, &run).purged, SHARE_LINES_LEAST);
    assert_int_equal(centre_count(w, "RUN"), 2); /* cancelled, finished */
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(two_workers_share_a_plan_and_the_last_to_leave_ends_it),
        WORLD_TEST(what_a_dead_worker_could_not_tell_is_counted_by_the_one_that_takes_over),
        WORLD_TEST(a_claim_of_the_dead_is_no_change_of_the_contact),
        WORLD_TEST(stopping_reaches_every_worker_and_nobody_ends_what_is_paused),
        WORLD_TEST(what_is_cancelled_ends_with_its_last_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
