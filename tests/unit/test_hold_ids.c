/* test_hold_ids.c - contacts named by a hold: unknown, of several sources, with legs and links. */
#include "engine/hold_parts.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static enum status apply(struct world *w, const char *id, const char *source, struct hold_reply *out)
{
    struct str ids[] = {str_of(id)};
    struct hold_order o = {.matter = STR("M-1"), .review_ms = TIME_NONE, .scope = HOLD_IDS, .ids = ids, .ids_n = 1, .source = str_of(source)};
    return hold_apply(w->e, &o, &w->a, out, &w->err);
}

static void an_unknown_id_is_held_before_it_comes(void **state)
{
    struct world *w = *state;
    struct hold_reply r;
    assert_int_equal(apply(w, "c-1", NULL, &r), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), "--source"));
    WORLD_OK(w, apply(w, "c-1", CENTRE_SOURCE, &r));
    assert_int_equal(r.covered, 0);
    assert_int_equal(r.pending_n, 1);
    assert_true(str_is(r.pending[0], "c-1"));
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    WORLD_OK(w, apply(w, CENTRE_SOURCE "/c-2", NULL, &r)); /* its source is known now */
    assert_int_equal(r.pending_n, 1);
    assert_true(str_is(r.pending[0], CENTRE_SOURCE "/c-2"));
}

static void other_legs_and_links_are_named(void **state)
{
    struct world *w = *state;
    struct hold_reply r;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", "c-1", 800, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-far", NULL, 800, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-3", NULL, 800, NULL, ",\"RelatedContactId\":\"c-far\""));
    WORLD_OK(w, apply(w, "c-2", NULL, &r));
    assert_int_equal(r.related_n, 1);
    assert_true(str_is(r.related[0], "c-1"));
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD); /* a chain is held when any leg is */
    WORLD_OK(w, apply(w, "c-3", NULL, &r));
    assert_int_equal(r.related_n, 1);
    assert_true(str_is(r.related[0], "c-far"));
    assert_int_equal(centre_status(w, "c-far"), STATUS_EXPIRY_DUE); /* shown, not held */
}

static void an_id_of_two_sources_is_held_in_both(void **state)
{
    struct world *w = *state;
    struct hold_reply r;
    struct chain other = world_chain(w, true, "c-1", NULL);
    WORLD_OK(w, registry_source_add(w->e->registry, STR("connect-eu"), &w->err));
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    WORLD_OK(w, apply(w, "c-1", NULL, &r));
    assert_int_equal(r.covered, 2);
    assert_int_equal(r.ambiguous_n, 1);
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    WORLD_OK(w, registry_chains(w->e->registry, &other.key, 1, &w->a, &other, &w->err));
    assert_int_equal(other.holds_n, 1);
}

static void many_legs_of_one_chain_are_all_held(void **state)
{
    enum { LEGS = 60 };
    struct world *w = *state;
    struct hold_reply r;
    struct str ids[LEGS];
    for (size_t i = 0; i < LEGS; i++) {
        ids[i] = arena_fmt(&w->a, "leg-%zu", i);
        centre_ingest(w, centre_record(w, ids[i].p, "leg-0", 800, NULL, NULL));
    }
    struct hold_order o = {.matter = STR("M-1"), .review_ms = TIME_NONE, .scope = HOLD_IDS, .ids = ids, .ids_n = LEGS};
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
    assert_int_equal(r.covered, LEGS);
    assert_int_equal(r.related_n, 0);
    assert_int_equal(centre_chain(w, "leg-7").holds_n, LEGS);
}

static void an_id_too_long_is_refused(void **state)
{
    struct world *w = *state;
    struct hold_reply r;
    char id[ID_BYTES_MAX + 2];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    assert_int_equal(apply(w, id, CENTRE_SOURCE, &r), E_INVALID);
    assert_int_equal(apply(w, "", CENTRE_SOURCE, &r), E_INVALID);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_id_is_held_before_it_comes), TEST(other_legs_and_links_are_named), TEST(an_id_of_two_sources_is_held_in_both),
        TEST(many_legs_of_one_chain_are_all_held), TEST(an_id_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
