/* test_hold_follow.c - what became of chains that were in flight when their hold came. */
#include "engine/hold_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static struct hold_reply apply(struct world *w, const char *id)
{
    struct str ids[] = {str_of(id)};
    struct hold_order o = {.matter = STR("M-1"), .review_ms = TIME_NONE, .scope = HOLD_IDS, .ids = ids, .ids_n = 1};
    struct hold_reply r;
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
    return r;
}

/* Claimed by a worker that lives, one recording found. */
static struct row_key claim_sent(struct world *w, const char *id, enum outcome outcome, int64_t sent_ms, struct claim *claim)
{
    struct row_key worker;
    struct chain c = centre_chain(w, id);
    enum status result;
    struct artefact f = {.store = STR("artefacts"), .kind = KIND_RECORDING, .locator = STR("a"), .contact = c.key, .effect = EFFECT_ERASE,
                         .outcome = outcome, .sent_ms = sent_ms, .at_ms = WORLD_NOW_MS, .verified_ms = TIME_NONE, .not_before_ms = TIME_NONE, .first_try_ms = TIME_NONE};
    struct row *rows = NULL;
    size_t n = 0;
    WORLD_OK(w, registry_worker_start(w->e->registry, &worker, WORLD_NOW_MS, 60000, STR("test"), &w->err));
    WORLD_OK(w, registry_claim(w->e->registry, &worker, &c, 1, WORLD_NOW_MS, &w->a, claim, &result, &w->err));
    assert_int_equal(result, OK);
    WORLD_OK(w, registry_work_rows(&c.key, &f, 1, 0, &w->a, &rows, &n, &w->err));
    struct group g = {.rows = rows, .rows_n = n};
    WORLD_OK(w, registry_commit(w->e->registry, &g, 1, &w->err));
    return worker;
}

static struct row_key claim(struct world *w, const char *id, enum outcome outcome, struct claim *claim)
{
    return claim_sent(w, id, outcome, TIME_NONE, claim);
}

static struct hold only_hold(struct world *w)
{
    struct hold *holds;
    size_t n;
    WORLD_OK(w, registry_holds(w->e->registry, &w->a, &holds, &n, &w->err));
    assert_int_equal(n, 1);
    return holds[0];
}

static void what_was_untouched_is_freed_when_the_claim_ends(void **state)
{
    struct world *w = *state;
    struct claim cl;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    struct row_key worker = claim(w, "c-1", OUT_PRESENT, &cl);
    struct hold_reply r = apply(w, "c-1");
    assert_int_equal(r.in_flight_n, 1);
    assert_true(str_is(r.in_flight[0], "c-1"));
    assert_int_equal(r.lost_n, 0);
    assert_int_equal(only_hold(w).in_flight_n, 1);
    WORLD_OK(w, holds_follow_up(w->e, &w->a, &w->err)); /* the worker lives: not yet */
    assert_int_equal(centre_count(w, "LOST_IN_FLIGHT"), 0);
    WORLD_OK(w, registry_worker_stop(w->e->registry, &worker, &w->err));
    WORLD_OK(w, holds_follow_up(w->e, &w->a, &w->err));
    assert_int_equal(centre_count(w, "LOST_IN_FLIGHT"), 1);
    assert_int_equal(only_hold(w).in_flight_n, 0);
    size_t n;
    struct entry *entries = world_entries(w, &n);
    assert_true(str_contains(entries[n - 1].body, "\"result\":\"freed\""));
    WORLD_OK(w, holds_follow_up(w->e, &w->a, &w->err)); /* once */
    assert_int_equal(centre_count(w, "LOST_IN_FLIGHT"), 1);
}

static void waiting_ends_with_the_time_given(void **state)
{
    struct world *w = *state;
    struct claim cl;
    struct str ids[] = {STR("c-1")};
    struct hold_order o = {.matter = STR("M-1"), .review_ms = TIME_NONE, .scope = HOLD_IDS, .ids = ids, .ids_n = 1, .wait_ms = 50};
    struct hold_reply r;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    (void)claim(w, "c-1", OUT_PRESENT, &cl);
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
    assert_int_equal(r.in_flight_n, 1);
    assert_int_equal(centre_count(w, "LOST_IN_FLIGHT"), 0);
}

static void what_was_changed_is_lost_by_store(void **state)
{
    struct world *w = *state;
    struct claim cl;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    struct row_key worker = claim(w, "c-1", OUT_GONE, &cl);
    WORLD_OK(w, registry_worker_stop(w->e->registry, &worker, &w->err));
    struct hold_reply r = apply(w, "c-1"); /* nobody works on it any more: told at once */
    assert_int_equal(r.in_flight_n, 0);
    assert_int_equal(r.lost_n, 1);
    assert_true(str_is(r.lost[0].id, "c-1"));
    assert_int_equal(r.lost[0].stores_n, 1);
    assert_true(str_is(r.lost[0].stores[0], "artefacts"));
    assert_int_equal(only_hold(w).in_flight_n, 0);
    size_t n;
    struct entry *entries = world_entries(w, &n);
    assert_true(str_contains(entries[n - 1].body, "\"result\":\"lost\",\"setting\":\"Litigation Holds\",\"stores\":[\"artefacts\"]"));
}

static void begin(void *ctx, struct chain *fresh, struct arena *a)
{
    (void)a;
    fresh->state = CHAIN_ERASING;
    memcpy(fresh->open_intent.b, ctx, ROW_KEY_BYTES);
}

/* Died between intent and settlement: its rows still say untouched; the recording is not there. */
static void behind_a_dead_workers_intent_what_is_not_there_is_lost(void **state)
{
    struct world *w = *state;
    struct claim cl;
    struct receipt receipt;
    struct opening opening;
    struct entry entry;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    struct row_key worker = claim(w, "c-1", OUT_UNKNOWN, &cl);
    struct chain c = centre_chain(w, "c-1");
    WORLD_OK(w, opening_of_chain(w->e, &c, &w->a, &opening, &w->err));
    struct str stores[] = {STR("artefacts")};
    struct intent_facts facts = {.functionality = FUNC_RETENTION_PURGE, .reason = REASON_RETENTION_EXPIRY, .run = STR("r"), .effects = EFFECT_ERASE,
                                 .stores = stores, .stores_n = 1};
    WORLD_OK(w, journal_intent(w->e, &facts, &opening, 1, WORLD_NOW_MS, &w->a, &entry, &w->err));
    struct settlement s = {.claim = cl, .change = begin, .ctx = entry.id};
    WORLD_OK(w, registry_settle(w->e->registry, &s, 1, WORLD_NOW_MS, &w->a, &w->err));
    assert_int_equal(s.result, OK);
    WORLD_OK(w, registry_intend(w->e->registry, &c.key, 1, EFFECT_ERASE, &entry, &w->a, &receipt, &w->err));
    WORLD_OK(w, registry_worker_stop(w->e->registry, &worker, &w->err));
    struct hold_reply r = apply(w, "c-1");
    assert_int_equal(r.lost_n, 1);
    assert_int_equal(r.lost[0].stores_n, 1);
    c = centre_chain(w, "c-1");
    assert_false(chain_claimed(&c));
    assert_true(row_key_is_none(&c.open_intent));
    assert_int_equal(centre_count(w, "OUTCOME"), 1);
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
}

static void one_never_begun_is_freed_without_an_intent(void **state)
{
    struct world *w = *state;
    struct claim cl;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    struct row_key worker = claim(w, "c-1", OUT_UNKNOWN, &cl);
    WORLD_OK(w, registry_worker_stop(w->e->registry, &worker, &w->err));
    struct hold_reply r = apply(w, "c-1");
    assert_int_equal(r.lost_n, 0);
    assert_int_equal(centre_count(w, "LOST_IN_FLIGHT"), 1); /* "freed" */
}

/* The gate closed after it had been sent: whatever the outcome says, the vendor may do it. */
static void what_was_sent_once_is_not_freed(void **state)
{
    struct world *w = *state;
    static const enum outcome outcomes[] = {OUT_HELD, OUT_RETRY, OUT_UNKNOWN, OUT_PRESENT, OUT_ABSENT};
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        struct claim cl;
        const char *id = arena_fmt(&w->a, "c-%zu", i).p;
        centre_ingest(w, centre_record(w, id, NULL, 800, NULL, NULL));
        struct row_key worker = claim_sent(w, id, outcomes[i], WORLD_NOW_MS, &cl);
        WORLD_OK(w, registry_worker_stop(w->e->registry, &worker, &w->err));
        assert_int_equal(apply(w, id).lost_n, 1);
    }
}

static void a_standing_holds_number_is_filled_in(void **state)
{
    struct world *w = *state;
    struct hold_order o = {.matter = STR("M-1"), .review_ms = TIME_NONE, .scope = HOLD_FILTER, .filter_text = STR("channel:voice")};
    struct hold_reply r;
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
    struct hold h = only_hold(w);
    h.covered = -1; /* as when it was too much to look at at once */
    WORLD_OK(w, hold_put(w->e, &h, NULL, &w->a, &w->err));
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    WORLD_OK(w, holds_follow_up(w->e, &w->a, &w->err));
    assert_int_equal(only_hold(w).covered, 1);
}

static void what_comes_later_is_counted_in_the_list_and_at_the_release(void **state)
{
    struct world *w = *state;
    struct hold_order o = {.matter = STR("M-1"), .review_ms = TIME_NONE, .scope = HOLD_FILTER, .filter_text = STR("channel:voice")};
    struct hold_reply r;
    struct hold_summary *list;
    uint64_t freed, still;
    size_t n;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
    assert_int_equal(r.covered, 1);
    centre_ingest(w, centre_record(w, "c-2", NULL, 800, NULL, NULL));
    WORLD_OK(w, holds_list(w->e, false, &w->a, &list, &n, &w->err));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].members, 2);
    WORLD_OK(w, hold_release(w->e, STR("M-1"), STR_NONE, &w->a, &freed, &still, &w->err));
    assert_int_equal(freed, 2);
    assert_int_equal(still, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_untouched_is_freed_when_the_claim_ends), TEST(what_was_changed_is_lost_by_store),
        TEST(waiting_ends_with_the_time_given),
        TEST(behind_a_dead_workers_intent_what_is_not_there_is_lost), TEST(one_never_begun_is_freed_without_an_intent),
        TEST(what_was_sent_once_is_not_freed), TEST(a_standing_holds_number_is_filled_in),
        TEST(what_comes_later_is_counted_in_the_list_and_at_the_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
