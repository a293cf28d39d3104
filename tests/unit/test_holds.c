/* test_holds.c - the list of holds, and holds that a category opens. */
#include "engine/hold_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static struct hold_summary *list(struct world *w, bool released_too, size_t *n)
{
    struct hold_summary *out;
    WORLD_OK(w, holds_list(w->e, released_too, &w->a, &out, n, &w->err));
    return out;
}

static void a_category_opens_its_matter(void **state)
{
    struct world *w = *state;
    size_t n;
    uint64_t freed, still;
    centre_ingest(w, centre_record(w, "c-1", NULL, 3000, "fraud_investigation", NULL));
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    struct hold_summary *s = list(w, false, &n);
    assert_int_equal(n, 1);
    assert_true(str_is(s[0].matter, "fraud/c-1"));
    assert_true(s[0].system);
    assert_int_equal(s[0].members, 1);
    centre_ingest(w, centre_record(w, "c-2", "c-1", 2999, "fraud_investigation", NULL)); /* the same chain */
    (void)list(w, false, &n);
    assert_int_equal(n, 1);
    assert_int_equal(centre_count(w, "HOLD_APPLIED"), 1);
    WORLD_OK(w, hold_release(w->e, STR("fraud/c-1"), STR("closed"), &w->a, &freed, &still, &w->err));
    assert_int_equal(freed, 1);
    centre_ingest(w, centre_record(w, "c-1", NULL, 2998, "fraud_investigation", NULL)); /* released stays released */
    assert_int_equal(centre_chain(w, "c-1").holds_n, 0);
    (void)list(w, false, &n);
    assert_int_equal(n, 0);
    s = list(w, true, &n);
    assert_int_equal(n, 1);
    assert_int_equal(s[0].released_ms, WORLD_NOW_MS);
}

/* The row was written, the chain was not: the next document makes good. */
static void a_hold_half_opened_is_completed(void **state)
{
    struct world *w = *state;
    struct chain c = world_chain(w, false, "c-1", NULL);
    c.legs[0].category = STR("fraud_investigation");
    struct chain again = c;
    WORLD_OK(w, holds_open_for_category(w->e, &c, WORLD_NOW_MS, &w->a, &w->err));
    assert_int_equal(c.holds_n, 1);
    WORLD_OK(w, holds_open_for_category(w->e, &again, WORLD_NOW_MS, &w->a, &w->err));
    assert_int_equal(again.holds_n, 1);
    assert_int_equal(centre_count(w, "HOLD_APPLIED"), 1);
    struct chain plain = world_chain(w, false, "c-2", NULL);
    WORLD_OK(w, holds_open_for_category(w->e, &plain, WORLD_NOW_MS, &w->a, &w->err));
    assert_int_equal(plain.holds_n, 0);
}

static void old_holds_stand_out(void **state)
{
    struct world *w = *state;
    struct str ids[] = {STR("c-1")};
    struct hold_order o = {.matter = STR("M-1"), .reason = STR("why"), .review_ms = WORLD_NOW_MS + DAY_MS, .scope = HOLD_IDS, .ids = ids, .ids_n = 1,
                           .source = STR(CENTRE_SOURCE)};
    struct hold_reply r;
    size_t n;
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
    struct hold_summary *s = list(w, false, &n);
    assert_false(s[0].overdue);
    assert_false(s[0].over_a_year);
    assert_true(str_is(s[0].reason, "why"));
    assert_true(str_eq(s[0].by, w->e->actor.id));
    w->e->actor.claim = STR("Ms Counsel");
    o.matter = STR("M-2");
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
    s = list(w, false, &n);
    assert_int_equal(n, 2);
    assert_true(str_eq(s[1].by, arena_fmt(&w->a, "Ms Counsel (%.*s)", STR_ARG(w->e->actor.id))));
    world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS, OPEN_WRITE);
    s = list(w, false, &n);
    assert_true(s[0].overdue);
    assert_false(s[0].over_a_year);
    world_reopen(w, WORLD_NOW_MS + 366 * DAY_MS, OPEN_WRITE);
    s = list(w, false, &n);
    assert_true(s[0].over_a_year);
}

static void names_are_sorted_once_each(void **state)
{
    struct world *w = *state;
    struct names l = {0};
    const char *in[] = {"b", "a", "c", "a"};
    for (size_t i = 0; i < ARRAY_LEN(in); i++)
        WORLD_OK(w, names_add(&l, str_of(in[i]), &w->a, &w->err));
    names_settle(&l);
    assert_int_equal(l.n, 3);
    assert_true(str_is(l.items[0], "a") && str_is(l.items[1], "b") && str_is(l.items[2], "c"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(a_category_opens_its_matter), TEST(a_hold_half_opened_is_completed), TEST(old_holds_stand_out),
                                       TEST(names_are_sorted_once_each)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
