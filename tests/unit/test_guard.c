/* The guard on expiry (2.25) and the clock (2.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"

enum { OLD = 800 };

static void more_than_the_floor_needs_an_approval(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    bool yes;
    uint64_t limit;
    WORLD_OK(w, guard_allows(w->e, 100, &w->a, &yes, &limit, &w->err));
    assert_true(yes);
    assert_int_equal(limit, 100);
    WORLD_OK(w, guard_allows(w->e, 101, &w->a, &yes, &limit, &w->err));
    assert_false(yes);
}

static void what_was_erased_in_the_last_day_counts_too(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct run_record r;
    bool yes;
    uint64_t limit;
    WORLD_OK(w, run_new(w->e, "purge", &w->a, &r, &w->err));
    r.worked = r.planned = 60;
    WORLD_OK(w, run_put(w->e, &r, NULL, &w->a, &w->err));
    WORLD_OK(w, guard_allows(w->e, 120, &w->a, &yes, &limit, &w->err));
    assert_int_equal(limit, 180); /* three times the largest run */
    assert_true(yes);
    WORLD_OK(w, guard_allows(w->e, 121, &w->a, &yes, &limit, &w->err));
    assert_false(yes);
}

static void purge_stops_before_the_first_deletion(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    w->e->config.guard_floor = 2;
    for (int i = 0; i < 3; i++)
        centre_ingest(w, centre_record(w, arena_fmt(&w->a, "old-%d", i).p, NULL, OLD, NULL, NULL));
    centre_files(w, "old-1", OLD);
    struct tally t = centre_purge(w, false);
    assert_true(t.guard_stopped);
    assert_int_equal(tally_exit(&t, false), 3);
    assert_true(centre_has_files(w, "old-1", OLD));
    assert_int_equal(centre_count(w, "INTENT"), 0);
    assert_int_equal(centre_count(w, "STOPPED"), 1);
}

static void guard_does_not_block_orders(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    w->e->config.guard_floor = 1;
    for (int i = 0; i < 3; i++)
        centre_ingest(w, centre_record(w, arena_fmt(&w->a, "old-%d", i).p, NULL, OLD, NULL, NULL));
    struct order_options o = {.note = STR("x")};
    assert_int_equal(centre_erase(w, &o, "old-0", "old-1", "old-2", NULL).purged, 3);
}

static void clock_before_the_last_entry_is_refused(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    w->e->test_clock = false; /* as on a production registry */
    WORLD_OK(w, clock_check(w->e, &w->err));
    world_reopen(w, WORLD_NOW_MS - 4 * MINUTE_MS, OPEN_STORES | OPEN_WRITE);
    w->e->test_clock = false; /* as on a production registry */
    WORLD_OK(w, clock_check(w->e, &w->err));
    world_reopen(w, WORLD_NOW_MS - 6 * MINUTE_MS, OPEN_STORES | OPEN_WRITE);
    w->e->test_clock = false; /* as on a production registry */
    assert_int_equal(clock_check(w->e, &w->err), E_DENIED);
    struct tally t = {.dry_run = false};
    struct purge_options o = {.limit = 0};
    centre_arm(w);
    assert_int_equal(purge_run(w->e, &o, &t, &w->a, &w->err), E_DENIED);
    w->e->test_clock = true; /* made by init --test-clock: comparisons are skipped */
    WORLD_OK(w, clock_check(w->e, &w->err));
}

static void clock_before_the_latest_entry_is_refused_though_a_newer_one_is_earlier(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "old-0", NULL, OLD, NULL, NULL));
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    w->e->test_clock = false; /* as on a production registry */
    assert_int_equal(clock_check(w->e, &w->err), E_DENIED);
    world_reopen(w, WORLD_NOW_MS + DAY_MS, OPEN_STORES | OPEN_WRITE);
    w->e->test_clock = false; /* as on a production registry */
    WORLD_OK(w, clock_check(w->e, &w->err));
}

static int64_t server_ms;
static enum status check_elsewhere(struct backend *b, struct arena *a, struct backend_state *out, struct err *err)
{
    (void)b;
    (void)a;
    (void)err;
    *out = (struct backend_state){.server_ms = server_ms, .what = STR("elsewhere")};
    return OK;
}

/* Leases are judged by each machine's own clock, so it must be close to the server's. */
static void clock_far_from_the_servers_is_refused(void **state)
{
    struct world *w = *state;
    static struct backend_driver elsewhere;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    const struct backend_driver *real = w->e->registry->backend.driver;
    elsewhere = *real;
    elsewhere.check = check_elsewhere;
    w->e->registry->backend.driver = &elsewhere;
    w->e->test_clock = false; /* the server's clock counts */
    static const struct { int64_t ahead_ms; enum status expected; } cases[] = {
        {0, OK}, {15 * 1000, OK}, {-15 * 1000, OK}, {25 * 1000, E_DENIED}, {-25 * 1000, E_DENIED}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        server_ms = engine_now(w->e) + cases[i].ahead_ms;
        assert_int_equal(clock_check(w->e, &w->err), cases[i].expected);
    }
    w->e->registry->backend.driver = real;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(more_than_the_floor_needs_an_approval, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_was_erased_in_the_last_day_counts_too, world_begin, world_end),
        cmocka_unit_test_setup_teardown(purge_stops_before_the_first_deletion, world_begin, world_end),
        cmocka_unit_test_setup_teardown(guard_does_not_block_orders, world_begin, world_end),
        cmocka_unit_test_setup_teardown(clock_before_the_last_entry_is_refused, world_begin, world_end),
        cmocka_unit_test_setup_teardown(clock_before_the_latest_entry_is_refused_though_a_newer_one_is_earlier, world_begin, world_end),
        cmocka_unit_test_setup_teardown(clock_far_from_the_servers_is_refused, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
