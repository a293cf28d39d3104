#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/contact_text.h"

static void test_outcome_words(void **state)
{
    (void)state;
    assert_true(str_is(outcome_words(OUT_GONE), "deleted"));
    assert_true(str_is(outcome_words(OUT_NOT_DELETABLE), "not deletable"));
    assert_true(str_is(outcome_words(OUT_ABSENT), "absent"));
    for (int i = 0; i < OUT_COUNT; i++)
        assert_true(outcome_words((enum outcome)i).n > 0);
}

static void test_no_end_in_sight_is_no_date(void **state)
{
    (void)state;
    assert_int_equal(stated(KEEP_UNBOUNDED_MS), TIME_NONE);
    assert_int_equal(stated(TIME_MOST), TIME_NONE);
    assert_int_equal(stated(TIME_NONE), TIME_NONE);
    assert_int_equal(stated(KEEP_UNBOUNDED_MS - 1), KEEP_UNBOUNDED_MS - 1);
    assert_int_equal(stated(0), 0);
}

static void test_nothing_found_is_not_nothing_sought(void **state)
{
    (void)state;
    struct chain c = {.state = CHAIN_ACTIVE};
    assert_non_null(strstr(no_artefacts_words(&c), "contact locate"));
    c.state = CHAIN_ERASED;
    assert_string_equal(no_artefacts_words(&c), "No store had anything of it.");
}

static void test_a_grace_is_named(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 16);
    struct chain c = {.state = CHAIN_ACTIVE, .grace_until_ms = DAY_MS};
    struct str words = grace_words(&c, NULL, 0, DAY_MS - 1, &a);
    assert_true(str_ends(words, STR("until 1970-01-02T00:00:00Z")) || str_ends(words, STR("until 1970-01-02T00:00:00.000Z")));
    assert_int_equal(grace_words(&c, NULL, 0, DAY_MS, &a).n, 0); /* over */
    arena_release(&a);
}

static void test_owed(void **state)
{
    (void)state;
    struct artefact work[] = {
        {.store = STR("rec"), .outcome = OUT_GONE, .not_before_ms = TIME_NONE},
        {.store = STR("wh"), .outcome = OUT_RETRY, .note = STR("database is locked"), .not_before_ms = 2000},
        {.store = STR("wh"), .outcome = OUT_FAILED, .not_before_ms = 1000},
        {.store = STR("mail"), .outcome = OUT_REFUSED, .not_before_ms = TIME_NONE},
    };
    struct contact_view v = {.artefacts = work, .artefacts_n = ARRAY_LEN(work)};
    struct owed owed[OWED_MAX];
    assert_int_equal(owed_by_store(&v, owed, OWED_MAX), 2);
    assert_true(str_is(owed[0].store, "wh") && str_is(owed[0].why, "database is locked"));
    assert_int_equal(owed[0].artefacts, 2);
    assert_int_equal(owed[0].next_ms, 1000);
    assert_true(str_is(owed[1].store, "mail") && str_is(owed[1].why, "refused"));
    assert_int_equal(owed[1].next_ms, TIME_NONE);
    assert_int_equal(owed_by_store(&v, owed, 1), 1);
    v.artefacts_n = 1;
    assert_int_equal(owed_by_store(&v, owed, OWED_MAX), 0);
}

/* A store that was away has no artefact to be known by: it is named all the same, once. */
static void test_owed_by_a_store_that_was_away(void **state)
{
    (void)state;
    struct artefact work[] = {{.store = STR("wh"), .outcome = OUT_RETRY, .not_before_ms = TIME_NONE}};
    struct contact_view v = {.artefacts = work, .status = STATUS_PARTIAL,
                             .chain = {.state = CHAIN_ERASING, .partial = true, .away_store = STR("rec"), .next_ms = 7 * DAY_MS}};
    struct owed owed[OWED_MAX];
    struct cli c = {.err = {.code = OK}};
    arena_init(&c.arena, 1 << 16);
    assert_int_equal(owed_of(&v, owed, OWED_MAX), 1);
    assert_true(str_is(owed[0].store, "rec") && owed[0].artefacts == 0 && owed[0].next_ms == 7 * DAY_MS);
    struct str words = owed_words(&c, &owed[0]);
    assert_true(str_starts(words, STR("store rec could not be searched; tried again 1970-01-08")));
    v.artefacts_n = 1;
    assert_int_equal(owed_of(&v, owed, OWED_MAX), 2);
    assert_true(str_is(owed[0].store, "wh") && str_is(owed[1].store, "rec"));
    assert_int_equal(owed_of(&v, owed, 1), 1);
    work[0].store = STR("rec");
    assert_int_equal(owed_of(&v, owed, OWED_MAX), 1);
    assert_int_equal(owed[0].artefacts, 1);
    v.artefacts_n = 0;
    v.chain.away_store = STR_NONE;
    assert_int_equal(owed_of(&v, owed, OWED_MAX), 1);
    assert_true(!owed[0].store.n && str_starts(owed_words(&c, &owed[0]), STR("a store could not be searched whole")));
    v.status = STATUS_VERIFYING;
    assert_int_equal(owed_of(&v, owed, OWED_MAX), 0);
    arena_release(&c.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_outcome_words), cmocka_unit_test(test_owed), cmocka_unit_test(test_owed_by_a_store_that_was_away),
                                       cmocka_unit_test(test_no_end_in_sight_is_no_date),
                                       cmocka_unit_test(test_nothing_found_is_not_nothing_sought),
                                       cmocka_unit_test(test_a_grace_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
