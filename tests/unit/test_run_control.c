/* Runs stopped and let go on by people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/shares.h"
#include "tests/lib/centre.h"

enum { OLD = 800, YOUNG = 30, TWO_BATCHES = VISIT_CHAINS_MAX + 20 };

/* A run that somebody stops while its first batch is told. */
struct stopping {
    struct world *w;
    struct tally tally;
    bool cancel, done;
};

static void stop_it(void *ctx, const struct visit_result *r)
{
    struct stopping *x = ctx;
    struct run_record run;
    uint64_t freed;
    (void)r;
    if (x->done)
        return;
    x->done = true;
    if (x->cancel)
        WORLD_OK(x->w, run_cancel(x->w->e, x->tally.run, &x->w->a, &run, &freed, &x->w->err));
    else
        WORLD_OK(x->w, run_pause(x->w->e, x->tally.run, &x->w->a, &run, &x->w->err));
}

static void begin(struct world *w, int n, int days)
{
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    w->e->config.guard_floor = 5000;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4 << 20);
    for (int i = 0; i < n; i++)
        buf_cstr(&b, centre_record(w, arena_fmt(&w->a, "c-%d", i).p, NULL, days, NULL, NULL));
    centre_ingest(w, b.p);
}

static struct tally purge_stopped(struct world *w, bool cancel)
{
    struct stopping x = {.w = w, .cancel = cancel, .tally = {.on_contact = stop_it}};
    struct purge_options o = {.limit = 0};
    x.tally.ctx = &x;
    WORLD_OK(w, purge_run(w->e, &o, &x.tally, &w->a, &w->err));
    return x.tally;
}

static struct tally order_stopped(struct world *w, int n, bool cancel)
{
    struct stopping x = {.w = w, .cancel = cancel, .tally = {.on_contact = stop_it}};
    struct order order = {.ids_n = 0};
    struct order_options o = {.note = STR("x")};
    x.tally.ctx = &x;
    for (int i = 0; i < n; i++)
        WORLD_OK(w, order_add(&order, arena_fmt(&w->a, "c-%d", i), &w->a, &w->err));
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
    WORLD_OK(w, order_run(w->e, &order, &o, &x.tally, &w->a, &w->err));
    return x.tally;
}

static struct run_record run_of(struct world *w, struct str id)
{
    struct run_record r;
    WORLD_OK(w, run_get(w->e, id, &w->a, &r, &w->err));
    return r;
}

static size_t count(struct world *w, const char *type, const char *part)
{
    size_t n, found = 0;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++)
        found += str_is(entries[i].type, type) && str_contains(entries[i].body, part);
    return found;
}

/* How many of c-0 ... are still there, and how many of those carry an order. */
static int left(struct world *w, int n, int *ordered)
{
    int active = 0;
    *ordered = 0;
    for (int i = 0; i < n; i++) {
        struct chain c = centre_chain(w, arena_fmt(&w->a, "c-%d", i).p);
        active += c.state == CHAIN_ACTIVE;
        *ordered += c.state == CHAIN_ACTIVE && c.mandate.reason == REASON_OPERATOR;
    }
    return active;
}

static void a_paused_purge_goes_on_with_its_own_plan(void **state)
{
    struct world *w = *state;
    struct run_record r;
    begin(w, TWO_BATCHES, OLD);
    struct tally t = purge_stopped(w, false);
    assert_string_equal(t.stopped, "paused");
    assert_int_equal(t.purged, SHARE_LINES_LEAST);
    assert_int_equal(tally_exit(&t, false), 1);
    assert_true(str_is(run_of(w, t.run).state, "paused"));
    assert_int_equal(run_of(w, t.run).worked, SHARE_LINES_LEAST);
    WORLD_OK(w, run_resume(w->e, t.run, &w->a, &r, &w->err));
    assert_true(str_is(r.state, "running"));
    struct tally rest = centre_purge(w, false);
    assert_true(str_eq(rest.run, t.run));
    assert_int_equal(rest.purged, TWO_BATCHES - SHARE_LINES_LEAST);
    assert_true(str_is(run_of(w, t.run).state, "done"));
    assert_int_equal(count(w, "RUN", "\"state\":\"paused\""), 1);
    assert_int_equal(count(w, "RUN", "\"state\":\"resumed\""), 1);
    assert_int_equal(centre_count(w, "RESUMED"), 0); /* nobody crashed */
}

static void a_cancelled_purge_does_not(void **state)
{
    struct world *w = *state;
    struct run_record r;
    uint64_t freed;
    begin(w, TWO_BATCHES, OLD);
    struct tally t = purge_stopped(w, true);
    assert_string_equal(t.stopped, "cancelled");
    assert_int_equal(run_resume(w->e, t.run, &w->a, &r, &w->err), E_CONFLICT);
    assert_int_equal(run_pause(w->e, t.run, &w->a, &r, &w->err), E_CONFLICT);
    assert_int_equal(run_cancel(w->e, t.run, &w->a, &r, &freed, &w->err), E_CONFLICT);
    struct tally next = centre_purge(w, false);
    assert_false(str_eq(next.run, t.run));
}

static void a_cancelled_order_is_taken_back(void **state)
{
    struct world *w = *state;
    int ordered;
    begin(w, TWO_BATCHES, YOUNG);
    struct tally t = order_stopped(w, TWO_BATCHES, true);
    assert_string_equal(t.stopped, "cancelled");
    assert_int_equal(t.purged, VISIT_CHAINS_MAX);
    assert_int_equal(left(w, TWO_BATCHES, &ordered), TWO_BATCHES - VISIT_CHAINS_MAX);
    assert_int_equal(ordered, 0);
    assert_int_equal(centre_chain(w, arena_fmt(&w->a, "c-%d", TWO_BATCHES - 1).p).queue, QUEUE_DUE);
    assert_true(str_is(run_of(w, t.run).state, "cancelled"));
    assert_int_equal(run_of(w, t.run).worked, VISIT_CHAINS_MAX);
    assert_int_equal(count(w, "RUN", "\"state\":\"cancelled\""), 1);
    (void)centre_purge(w, false);
    assert_int_equal(left(w, TWO_BATCHES, &ordered), TWO_BATCHES - VISIT_CHAINS_MAX);
}

static void a_paused_order_keeps_what_it_accepted_and_nothing_begins(void **state)
{
    struct world *w = *state;
    struct run_record r;
    int ordered;
    begin(w, TWO_BATCHES, YOUNG);
    struct tally t = order_stopped(w, TWO_BATCHES, false);
    assert_string_equal(t.stopped, "paused");
    assert_int_equal(tally_exit(&t, true), 1);
    (void)centre_purge(w, false);
    assert_int_equal(left(w, TWO_BATCHES, &ordered), TWO_BATCHES - VISIT_CHAINS_MAX);
    assert_int_equal(ordered, TWO_BATCHES - VISIT_CHAINS_MAX);
    WORLD_OK(w, run_resume(w->e, t.run, &w->a, &r, &w->err));
    (void)centre_purge(w, false);
    assert_int_equal(left(w, TWO_BATCHES, &ordered), 0);
}

static void a_paused_order_can_be_cancelled(void **state)
{
    struct world *w = *state;
    struct run_record r;
    uint64_t freed;
    int ordered;
    begin(w, TWO_BATCHES, YOUNG);
    struct tally t = order_stopped(w, TWO_BATCHES, false);
    WORLD_OK(w, run_cancel(w->e, t.run, &w->a, &r, &freed, &w->err));
    assert_int_equal(freed, TWO_BATCHES - VISIT_CHAINS_MAX);
    (void)left(w, TWO_BATCHES, &ordered);
    assert_int_equal(ordered, 0);
    WORLD_OK(w, run_cancel(w->e, t.run, &w->a, &r, &freed, &w->err)); /* goes on with what is left: nothing */
    assert_int_equal(freed, 0);
    assert_int_equal(count(w, "RUN", "\"state\":\"cancelled\""), 1);
}

/* Accepted, and the process died before its first visit. */
static struct run_record accepted(struct world *w, int n)
{
    struct order order = {.ids_n = 0};
    struct order_options o = {.note = STR("x")};
    struct run_record run;
    for (int i = 0; i < n; i++)
        WORLD_OK(w, order_add(&order, arena_fmt(&w->a, "c-%d", i), &w->a, &w->err));
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
    WORLD_OK(w, run_new(w->e, "order", &w->a, &run, &w->err));
    WORLD_OK(w, run_put(w->e, &run, NULL, &w->a, &w->err));
    WORLD_OK(w, order_accept(w->e, &order, &o, &run, &w->a, &w->err));
    return run;
}

static void the_purge_takes_back_what_whoever_cancelled_did_not(void **state)
{
    struct world *w = *state;
    int ordered;
    begin(w, 3, YOUNG);
    struct run_record run = accepted(w, 3);
    run.state = STR("cancelled");
    WORLD_OK(w, run_put(w->e, &run, NULL, &w->a, &w->err)); /* ... and here the canceller died */
    (void)left(w, 3, &ordered);
    assert_int_equal(ordered, 3);
    assert_int_equal(centre_purge(w, false).purged, 0);
    assert_int_equal(left(w, 3, &ordered), 3);
    assert_int_equal(ordered, 0);
}

static void what_others_asked_for_stays(void **state)
{
    struct world *w = *state;
    struct run_record r;
    uint64_t freed;
    int ordered;
    begin(w, 4, YOUNG);
    struct run_record one = accepted(w, 2); /* c-0, c-1 */
    struct run_record two = accepted(w, 3); /* c-0 and c-1 are now asked for by this one, c-2 too */
    WORLD_OK(w, run_cancel(w->e, one.id, &w->a, &r, &freed, &w->err));
    assert_int_equal(freed, 0);
    (void)left(w, 4, &ordered);
    assert_int_equal(ordered, 3);
    WORLD_OK(w, run_cancel(w->e, two.id, &w->a, &r, &freed, &w->err));
    assert_int_equal(freed, 3);
}

static void what_a_worker_has_in_hand_is_not_taken_back(void **state)
{
    struct world *w = *state;
    struct run_record r;
    struct row_key worker;
    struct claim claim;
    enum status result;
    uint64_t freed;
    begin(w, 2, YOUNG);
    struct run_record run = accepted(w, 2);
    WORLD_OK(w, worker_begin(w->e, &worker, &w->err));
    struct chain c = centre_chain(w, "c-0");
    WORLD_OK(w, registry_claim(w->e->registry, &worker, &c, 1, engine_now(w->e), &w->a, &claim, &result, &w->err));
    assert_int_equal(result, OK);
    WORLD_OK(w, run_cancel(w->e, run.id, &w->a, &r, &freed, &w->err));
    assert_int_equal(freed, 1);
    assert_int_equal(centre_chain(w, "c-0").mandate.reason, REASON_OPERATOR);
    worker_end(w->e, &worker);
    WORLD_OK(w, run_cancel(w->e, run.id, &w->a, &r, &freed, &w->err));
    assert_int_equal(freed, 1);
}

static void one_that_waits_needs_its_approval(void **state)
{
    struct world *w = *state;
    struct run_record r;
    begin(w, 3, OLD);
    w->e->config.guard_floor = 2;
    struct tally t = centre_purge(w, false);
    assert_true(t.guard_stopped);
    assert_int_equal(run_pause(w->e, t.run, &w->a, &r, &w->err), E_CONFLICT);
    assert_int_equal(run_resume(w->e, t.run, &w->a, &r, &w->err), E_DENIED);
    assert_true(str_is(run_of(w, t.run).state, "waiting"));
    w->e->actor = (struct actor){.id = STR("bob"), .identified = true, .role = STR("privacy-approver")};
    WORLD_OK(w, approve(w->e, &t.plan_digest, &w->a, &r, &w->err));
    WORLD_OK(w, run_resume(w->e, t.run, &w->a, &r, &w->err));
    assert_int_equal(centre_purge(w, false).purged, 3);
}

static void one_that_waits_may_come_under_the_guard(void **state)
{
    struct world *w = *state;
    struct run_record r;
    begin(w, 3, OLD);
    w->e->config.guard_floor = 2;
    struct tally t = centre_purge(w, false);
    w->e->config.guard_floor = 3;
    WORLD_OK(w, run_resume(w->e, t.run, &w->a, &r, &w->err));
    struct tally done = centre_purge(w, false);
    assert_true(str_eq(done.run, t.run));
    assert_int_equal(done.purged, 3);
}

static void an_old_plan_is_not_resumed(void **state)
{
    struct world *w = *state;
    struct run_record r;
    begin(w, 3, OLD);
    w->e->config.guard_floor = 2;
    struct tally t = centre_purge(w, false);
    w->e->config.guard_floor = 3;
    w->e->fixed_now_ms += 31 * DAY_MS;
    assert_int_equal(run_resume(w->e, t.run, &w->a, &r, &w->err), E_CONFLICT);
}

static void a_crash_is_said_to_be_taken_up_again(void **state)
{
    struct world *w = *state;
    begin(w, 3, OLD);
    w->e->config.guard_floor = 2;
    struct run_record r = run_of(w, centre_purge(w, false).run);
    r.state = STR("running");
    r.ended_ms = TIME_NONE;
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    assert_int_equal(centre_purge(w, false).purged, 3);
    assert_int_equal(count(w, "RESUMED", "\"n\":3"), 1);
}

static void what_the_guard_stopped_is_in_the_log(void **state)
{
    struct world *w = *state;
    begin(w, 3, OLD);
    w->e->config.guard_floor = 2;
    (void)centre_purge(w, false);
    assert_int_equal(count(w, "STOPPED", "\"limit\":2,\"n\":3"), 1);
    assert_int_equal(count(w, "STOPPED", "\"why\":\"guard\""), 1);
}

static void other_kinds_and_ends_are_refused(void **state)
{
    struct world *w = *state;
    struct run_record r, out;
    uint64_t freed;
    begin(w, 1, OLD);
    assert_int_equal(run_pause(w->e, STR("nothing"), &w->a, &out, &w->err), E_ABSENT);
    WORLD_OK(w, run_new(w->e, "policy", &w->a, &r, &w->err));
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    assert_int_equal(run_pause(w->e, r.id, &w->a, &out, &w->err), E_UNSUPPORTED);
    assert_int_equal(run_cancel(w->e, r.id, &w->a, &out, &freed, &w->err), E_UNSUPPORTED);
    assert_int_equal(run_resume(w->e, r.id, &w->a, &out, &w->err), E_UNSUPPORTED);
    WORLD_OK(w, run_new(w->e, "order", &w->a, &r, &w->err));
    r.state = STR("done");
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    assert_int_equal(run_pause(w->e, r.id, &w->a, &out, &w->err), E_CONFLICT);
    assert_int_equal(run_cancel(w->e, r.id, &w->a, &out, &freed, &w->err), E_CONFLICT);
    assert_int_equal(run_resume(w->e, r.id, &w->a, &out, &w->err), E_CONFLICT);
    assert_int_equal(centre_count(w, "RUN"), 0);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_paused_purge_goes_on_with_its_own_plan),
        WORLD_TEST(a_cancelled_purge_does_not),
        WORLD_TEST(a_cancelled_order_is_taken_back),
        WORLD_TEST(a_paused_order_keeps_what_it_accepted_and_nothing_begins),
        WORLD_TEST(a_paused_order_can_be_cancelled),
        WORLD_TEST(the_purge_takes_back_what_whoever_cancelled_did_not),
        WORLD_TEST(what_others_asked_for_stays),
        WORLD_TEST(what_a_worker_has_in_hand_is_not_taken_back),
        WORLD_TEST(one_that_waits_needs_its_approval),
        WORLD_TEST(one_that_waits_may_come_under_the_guard),
        WORLD_TEST(an_old_plan_is_not_resumed),
        WORLD_TEST(a_crash_is_said_to_be_taken_up_again),
        WORLD_TEST(what_the_guard_stopped_is_in_the_log),
        WORLD_TEST(other_kinds_and_ends_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
