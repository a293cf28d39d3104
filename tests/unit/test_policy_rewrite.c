#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/policies.h"
#include "tests/lib/centre.h"

static void new_schedule(struct world *w, const char *from, const char *to)
{
    world_edit(w, "expunge.yaml", from, to);
    world_reopen(w, WORLD_NOW_MS, OPEN_WRITE);
    w->e->policy = w->e->config.policy; /* as activation leaves it, died before the rewriting */
}

static uint64_t rewrite(struct world *w)
{
    uint64_t n;
    WORLD_OK(w, policy_rewrite_pending(w->e, &w->a, &n, &w->err));
    return n;
}

static void test_goes_on_after_a_crash(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, 11, "healthcare", NULL));
    new_schedule(w, "#  - {when: \"channel:chat\", category: chat_transient}", "  - {when: \"channel:voice\", category: chat_transient}");
    assert_int_equal(rewrite(w), 0); /* nothing is pending */
    WORLD_OK(w, registry_meta_put(w->e->registry, POLICY_REWRITE_META, STR("classify x"), 0, NULL, &w->err));
    assert_int_equal(rewrite(w), 1); /* the attribute of c-2 stands above: the first of equal rules */
    struct chain c = centre_chain(w, "c-1");
    assert_true(str_is(c.legs[0].category, "chat_transient") && !c.legs[0].defaulted);
    assert_true(c.queue == QUEUE_DUE && c.queue_category == category_code(STR("chat_transient")));
    assert_int_equal(centre_count(w, "RECLASSIFIED"), 1);
    assert_int_equal(rewrite(w), 0); /* done once */
    assert_int_equal(centre_count(w, "RECLASSIFIED"), 1);
}

/* A walk is gone on with where the note says; of another schedule's place nothing is believed. */
static void test_goes_on_at_its_place(void **state)
{
    struct world *w = *state;
    struct walk walk = {.n = 0};
    struct chain *chains;
    size_t n;
    for (int i = 0; i < 20; i++)
        centre_ingest(w, centre_record(w, arena_fmt(&w->a, "c-%d", i).p, NULL, 10, NULL, NULL));
    new_schedule(w, "#  - {when: \"channel:chat\", category: chat_transient}", "  - {when: \"channel:voice\", category: chat_transient}");
    do
        WORLD_OK(w, registry_walk_chains(w->e->registry, &walk, 12, &w->a, &chains, &n, &w->err));
    while (!n);
    assert_false(walk.done);
    CLEANUP(buf_release) struct buf place;
    buf_init(&place, 1024);
    buf_hex(&place, walk.at, walk.n);
    struct str note = arena_fmt(&w->a, "classify %.*s %s 12", STR_ARG(w->e->policy.version), place.p);
    WORLD_OK(w, registry_meta_put(w->e->registry, POLICY_REWRITE_META, note, 0, NULL, &w->err));
    assert_int_equal(rewrite(w), 12 + 20 - n); /* what was done counts, and is not done again */
    note = arena_fmt(&w->a, "classify another %s 12", place.p);
    struct str done;
    uint64_t version;
    WORLD_OK(w, registry_meta_get(w->e->registry, POLICY_REWRITE_META, &w->a, &done, &version, &w->err));
    WORLD_OK(w, registry_meta_put(w->e->registry, POLICY_REWRITE_META, note, version, NULL, &w->err));
    assert_int_equal(rewrite(w), n); /* those the place had passed over */
}

static void test_mixed_places_only(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 100, "healthcare", NULL));
    centre_ingest(w, centre_record(w, "c-2", "c-1", 99, "payment_card", NULL));
    struct chain before = centre_chain(w, "c-1");
    assert_int_equal(before.queue, QUEUE_MIXED);
    new_schedule(w, "erase_after: P6Y\n    law: {cite: \"45", "erase_after: P8Y\n    law: {cite: \"45");
    WORLD_OK(w, registry_meta_put(w->e->registry, POLICY_REWRITE_META, STR("place x"), 0, NULL, &w->err));
    assert_int_equal(rewrite(w), 1);
    struct chain after = centre_chain(w, "c-1");
    assert_true(after.queue == QUEUE_MIXED && after.queue_time_ms > before.queue_time_ms + 700 * DAY_MS);
    assert_int_equal(centre_count(w, "RECLASSIFIED"), 0); /* nobody was given another category */
}

static void test_new_hold_category(void **state)
{
    struct world *w = *state;
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, NULL, NULL));
    new_schedule(w, "#  - {when: \"channel:chat\", category: chat_transient}", "  - {when: \"channel:voice\", category: fraud_investigation}");
    WORLD_OK(w, registry_meta_put(w->e->registry, POLICY_REWRITE_META, STR("classify x"), 0, NULL, &w->err));
    assert_int_equal(rewrite(w), 1);
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    assert_int_equal(centre_chain(w, "c-1").holds_n, 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_WORLD(test_goes_on_after_a_crash), IN_WORLD(test_goes_on_at_its_place), IN_WORLD(test_mixed_places_only), IN_WORLD(test_new_hold_category)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
