/* test_engine.c - what engine_open refuses, what it finds, and holds read again when the epoch moves. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/clock.h"
#include "engine/journal.h"
#include "tests/lib/story.h"

static void the_time_is_the_one_told(void **state)
{
    struct world *w = *state;
    assert_int_equal(engine_now(w->e), WORLD_NOW_MS);
    world_reopen(w, TIME_NONE, 0);
    int64_t real = clock_now_ms(), ours = engine_now(w->e);
    assert_true(ours >= real && ours < real + MINUTE_MS);
}

static void another_schedule_is_a_warning_not_a_change(void **state)
{
    struct world *w = *state;
    struct str version = arena_str(&w->a, w->e->policy.version);
    world_close(w);
    world_edit(w, "expunge.yaml", "erase_after: P2Y", "erase_after: P3Y");
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, 0));
    assert_true(w->e->config_differs);
    assert_true(str_eq(w->e->policy.version, version));
    assert_int_equal(policy_category(&w->e->policy, STR("standard_support"))->erase_after.years, 2);
}

static void arming_is_seen(void **state)
{
    struct world *w = *state;
    assert_true(w->e->disarmed);
    WORLD_OK(w, registry_meta_put(w->e->registry, "armed", STR("yes"), 0, NULL, &w->err));
    world_reopen(w, WORLD_NOW_MS, 0);
    assert_false(w->e->disarmed);
}

static void the_wrong_keys_are_refused(void **state)
{
    struct world *w = *state;
    world_close(w);
    struct str key = world_read(w, "keys/identifier.key");
    char *other = arena_cstr(&w->a, key);
    other[0] = other[0] == '0' ? '1' : '0';
    world_write(w, "keys/identifier.key", other);
    assert_int_equal(world_open(w, WORLD_NOW_MS, 0), E_DENIED);
    assert_true(str_contains(str_of(w->err.text), "identifier key"));
}

static void a_store_that_is_away_does_not_stop_the_rest(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES);
    assert_int_equal(w->e->stores_n, 1);
    assert_non_null(engine_store(w->e, STR("artefacts")));
    assert_null(w->e->store_down[0].p);
    assert_null(engine_store(w->e, STR("nowhere")));
    world_close(w);
    assert_int_equal(unlink(world_path(w, "artefacts/.expunge-control")), 0);
    WORLD_OK(w, world_open(w, WORLD_NOW_MS, OPEN_STORES));
    if (!engine_store(w->e, STR("artefacts")))
        assert_true(w->e->store_down[0].n > 0);
}

/* Rule 2.23. */
static void a_store_once_used_stays_a_duty(void **state)
{
    struct world *w = *state;
    WORLD_OK(w, registry_record_put(w->e->registry, TABLE_STORE, STR("old-bucket"), STR("used"), 0, NULL, &w->err));
    WORLD_OK(w, registry_record_put(w->e->registry, TABLE_STORE, STR("older"), STR("retired: sold"), 0, NULL, &w->err));
    WORLD_OK(w, registry_record_put(w->e->registry, TABLE_STORE, STR("artefacts"), STR("used"), 0, NULL, &w->err));
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES);
    assert_int_equal(w->e->stores_n, 2);
    assert_true(str_is(w->e->store_names[1], "old-bucket"));
    assert_null(w->e->stores[1]);
    assert_true(str_contains(w->e->store_down[1], "store retire"));
}

static void put_hold(struct world *w, const char *filter, int64_t *version)
{
    struct hold h = {.key = {{(unsigned char)(filter[0])}},
                     .matter = {{1}},
                     .version = (uint64_t)*version,
                     .matter_text = STR("M-1"),
                     .reason = STR("x"),
                     .by = STR("os:x@y"),
                     .scope = HOLD_FILTER,
                     .filter_text = str_of(filter),
                     .applied_ms = WORLD_NOW_MS,
                     .review_ms = TIME_NONE,
                     .released_ms = TIME_NONE,
                     .grace_until_ms = TIME_NONE};
    struct opening o;
    struct entry e;
    WORLD_OK(w, opening_of_text(w->e, &h.matter, h.matter_text, &w->a, &o, &w->err));
    WORLD_OK(w, journal_hold(w->e, true, &o, "filter", 0, STR_NONE, TIME_NONE, WORLD_NOW_MS, &w->a, &e, &w->err));
    WORLD_OK(w, registry_hold_put(w->e->registry, &h, &e, &w->a, &w->err));
}

static void holds_are_read_again_when_the_epoch_moves(void **state)
{
    struct world *w = *state;
    uint64_t first, second;
    int64_t version = 0;
    WORLD_OK(w, engine_holds(w->e, &first, &w->err));
    assert_int_equal(w->e->holds_n, 0);
    put_hold(w, "queue:'Payments *'", &version);
    WORLD_OK(w, engine_holds(w->e, &second, &w->err));
    assert_true(second != first);
    assert_int_equal(w->e->holds_n, 1);
    assert_int_equal(w->e->holds[0].filter.n, 1); /* compiled */
    WORLD_OK(w, engine_holds(w->e, &first, &w->err));
    assert_int_equal(first, second);
}

static void mistakes_are_in_the_report(void **state)
{
    struct world *w = *state;
    struct engine *e = NULL;
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, 1 << 16);
    world_close(w);
    world_edit(w, "expunge.yaml", "timezone: UTC", "timezone: Mars");
    struct engine_options o = {.config_path = w->config, .now_ms = TIME_NONE};
    assert_int_equal(engine_open(&o, &e, &report, &w->err), E_INVALID);
    assert_null(e);
    assert_true(str_contains(buf_view(&report), "Mars"));
}

static void a_registry_without_policy_was_not_made_by_init(void **state)
{
    struct world *w = *state;
    struct str body;
    uint64_t version;
    WORLD_OK(w, registry_meta_get(w->e->registry, "policy", &w->a, &body, &version, &w->err));
    WORLD_OK(w, registry_record_remove(w->e->registry, TABLE_META, STR("policy"), version, &w->err));
    world_close(w);
    assert_int_equal(world_open(w, WORLD_NOW_MS, 0), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), "expunge init"));
}

static void a_claimed_name_is_kept_beside_the_actor(void **state)
{
    struct world *w = *state;
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, 1 << 16);
    struct engine_options o = {.config_path = w->config, .now_ms = WORLD_NOW_MS, .by = STR("Ann Example")};
    world_close(w);
    WORLD_OK(w, engine_open(&o, &w->e, &report, &w->err));
    assert_true(str_is(w->e->actor.claim, "Ann Example"));
    assert_true(str_starts(w->e->actor.id, STR("os:")));
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {WORLD_TEST(the_time_is_the_one_told),
                                       WORLD_TEST(another_schedule_is_a_warning_not_a_change),
                                       WORLD_TEST(arming_is_seen),
                                       WORLD_TEST(the_wrong_keys_are_refused),
                                       WORLD_TEST(a_store_that_is_away_does_not_stop_the_rest),
                                       WORLD_TEST(a_store_once_used_stays_a_duty),
                                       WORLD_TEST(holds_are_read_again_when_the_epoch_moves),
                                       WORLD_TEST(mistakes_are_in_the_report),
                                       WORLD_TEST(a_registry_without_policy_was_not_made_by_init),
                                       WORLD_TEST(a_claimed_name_is_kept_beside_the_actor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
