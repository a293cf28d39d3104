/* test_hold_release.c - a matter released: what is freed, what stays held, and the grace. */
#include "engine/holds.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static void apply(struct world *w, const char *matter, enum hold_scope scope, const char *what)
{
    struct str ids[] = {str_of(what)};
    struct hold_order o = {.matter = str_of(matter), .review_ms = TIME_NONE, .scope = scope};
    struct hold_reply r;
    if (scope == HOLD_IDS) {
        o.ids = ids;
        o.ids_n = 1;
        o.source = STR(CENTRE_SOURCE);
    } else {
        o.filter_text = str_of(what);
    }
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
}

static uint64_t release(struct world *w, const char *matter, uint64_t *still_held)
{
    uint64_t freed;
    WORLD_OK(w, hold_release(w->e, str_of(matter), STR("closed"), &w->a, &freed, still_held, &w->err));
    return freed;
}

static void only_what_no_other_hold_covers_is_freed(void **state)
{
    struct world *w = *state;
    uint64_t still;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, 800, NULL, NULL));
    apply(w, "M-1", HOLD_IDS, "c-1");
    apply(w, "M-1", HOLD_IDS, "c-2"); /* applied again: added */
    apply(w, "M-2", HOLD_IDS, "c-2");
    assert_int_equal(release(w, "M-1", &still), 1);
    assert_int_equal(still, 1);
    assert_int_equal(centre_count(w, "HOLD_RELEASED"), 2);
    assert_int_equal(centre_status(w, "c-2"), STATUS_LITIGATION_HOLD);
    struct chain c = centre_chain(w, "c-1");
    assert_int_equal(c.holds_n, 0);
    assert_int_equal(c.past_holds_n, 1);
    assert_int_equal(c.queue, QUEUE_WAKE);
    assert_int_equal(c.grace_until_ms, WORLD_NOW_MS + 14 * DAY_MS);
    assert_int_equal(release(w, "M-2", &still), 1);
    assert_int_equal(still, 0);
}

static void nothing_is_erased_in_the_grace(void **state)
{
    struct world *w = *state;
    uint64_t still;
    centre_arm(w);
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    centre_files(w, "c-1", 800);
    apply(w, "M-1", HOLD_IDS, "c-1");
    assert_int_equal(release(w, "M-1", &still), 1);
    world_reopen(w, WORLD_NOW_MS + 13 * DAY_MS, OPEN_WRITE | OPEN_STORES);
    (void)centre_purge(w, false);
    assert_true(centre_has_files(w, "c-1", 800));
    world_reopen(w, WORLD_NOW_MS + 15 * DAY_MS, OPEN_WRITE | OPEN_STORES);
    (void)centre_purge(w, false);
    assert_false(centre_has_files(w, "c-1", 800));
}

static void an_unknown_matter_is_told(void **state)
{
    struct world *w = *state;
    uint64_t freed, still;
    assert_int_equal(hold_release(w->e, STR("M-9"), STR("closed"), &w->a, &freed, &still, &w->err), E_ABSENT);
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    apply(w, "M-1", HOLD_IDS, "c-1");
    (void)release(w, "M-1", &still);
    assert_int_equal(hold_release(w->e, STR("M-1"), STR("closed"), &w->a, &freed, &still, &w->err), E_ABSENT);
}

static void what_a_filter_held_wakes(void **state)
{
    struct world *w = *state;
    uint64_t still;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    apply(w, "M-1", HOLD_FILTER, "channel:voice");
    centre_ingest(w, centre_record(w, "c-2", NULL, 800, NULL, NULL)); /* parked on arrival, in no list */
    apply(w, "M-2", HOLD_IDS, "c-2");
    assert_int_equal(centre_chain(w, "c-2").queue, QUEUE_PARKED);
    (void)release(w, "M-1", &still);
    assert_int_equal(centre_status(w, "c-2"), STATUS_LITIGATION_HOLD);
    assert_int_equal(release(w, "M-2", &still), 1);
    assert_int_equal(centre_chain(w, "c-2").queue, QUEUE_WAKE);
    assert_int_equal(centre_status(w, "c-1"), STATUS_ACTIVE); /* in grace */
}

static void a_filters_chain_parked_without_a_list_is_found(void **state)
{
    struct world *w = *state;
    uint64_t still;
    apply(w, "M-1", HOLD_FILTER, "channel:voice");
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_PARKED);
    assert_int_equal(release(w, "M-1", &still), 1);
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_WAKE);
}

/* Its first row was its own; the document put it into another chain. */
static void a_leg_that_moved_is_freed_where_it_stands(void **state)
{
    struct world *w = *state;
    uint64_t still;
    apply(w, "M-1", HOLD_IDS, "c-2");
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", "c-1", 800, NULL, NULL));
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    assert_int_equal(release(w, "M-1", &still), 1);
    assert_int_equal(centre_chain(w, "c-1").holds_n, 0);
    assert_int_equal(centre_chain(w, "c-1").queue, QUEUE_WAKE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_what_no_other_hold_covers_is_freed), TEST(nothing_is_erased_in_the_grace), TEST(an_unknown_matter_is_told),
        TEST(what_a_filter_held_wakes), TEST(a_filters_chain_parked_without_a_list_is_found), TEST(a_leg_that_moved_is_freed_where_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
