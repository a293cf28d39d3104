/* test_hold_apply.c - a hold put in force, and what it answers. */
#include "engine/holds.h"

#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/asking.h"

static enum status apply_ids(struct world *w, const char *matter, struct str *ids, size_t n, struct hold_reply *out)
{
    struct hold_order o = {.matter = str_of(matter), .reason = STR("court order"), .review_ms = TIME_NONE, .scope = HOLD_IDS, .ids = ids,
                           .ids_n = n};
    return hold_apply(w->e, &o, &w->a, out, &w->err);
}

static void ids_are_held_at_once(void **state)
{
    struct world *w = *state;
    struct hold_reply r;
    struct str ids[] = {STR("c-1"), STR("c-2"), STR("c-1")};
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, 800, NULL, NULL));
    assert_int_equal(centre_status(w, "c-1"), STATUS_EXPIRY_DUE);
    WORLD_OK(w, apply_ids(w, "M-1", ids, 3, &r));
    assert_true(str_is(r.matter, "M-1"));
    assert_int_equal(r.covered, 2);
    assert_int_equal(r.pending_n + r.related_n + r.already_purged_n + r.in_flight_n + r.lost_n + r.ambiguous_n, 0);
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    assert_int_equal(centre_chain(w, "c-2").queue, QUEUE_PARKED);
    assert_int_equal(centre_count(w, "HOLD_APPLIED"), 1);
}

static void a_hold_states_what_it_must(void **state)
{
    struct world *w = *state;
    struct hold_reply r;
    struct str ids[] = {STR("c-1")};
    struct hold_order past = {.matter = STR("M"), .review_ms = WORLD_NOW_MS, .scope = HOLD_IDS, .ids = ids, .ids_n = 1};
    assert_int_equal(apply_ids(w, " ", ids, 1, &r), E_INVALID);
    assert_int_equal(apply_ids(w, "M", ids, 0, &r), E_INVALID);
    assert_int_equal(hold_apply(w->e, &past, &w->a, &r, &w->err), E_INVALID);
    assert_int_equal(centre_count(w, "HOLD_APPLIED"), 0);
}

static void what_is_gone_is_named(void **state)
{
    struct world *w = *state;
    struct order_options o = {.dry_run = false};
    struct hold_reply r;
    struct str ids[] = {STR("c-1"), STR("c-2")};
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, 800, NULL, NULL));
    centre_files(w, "c-1", 800);
    (void)centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(centre_status(w, "c-1"), STATUS_PURGED);
    WORLD_OK(w, apply_ids(w, "M-1", ids, 2, &r));
    assert_int_equal(r.covered, 1);
    assert_int_equal(r.already_purged_n, 1);
    assert_true(str_is(r.already_purged[0], "c-1"));
}

static void a_person_is_held_by_hash(void **state)
{
    struct world *w = *state;
    struct identifier phone = {.type = SUBJECT_PHONE, .value = STR(ASKING_PHONE), .from_ms = TIME_NONE, .to_ms = TIME_NONE};
    struct hold_order o = {.matter = STR("M-1"), .review_ms = TIME_NONE, .scope = HOLD_SUBJECT, .identifiers = &phone, .identifiers_n = 1};
    struct hold_reply r;
    struct hold_summary *list;
    size_t n;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
    assert_int_equal(r.covered, 1);
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    centre_ingest(w, centre_record(w, "c-later", NULL, 800, NULL, NULL)); /* standing: also what comes later */
    assert_int_equal(centre_status(w, "c-later"), STATUS_LITIGATION_HOLD);
    WORLD_OK(w, holds_list(w->e, false, &w->a, &list, &n, &w->err));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].scope, HOLD_SUBJECT);
    assert_int_equal(list[0].members, 2);
}

static void a_filter_holds_what_it_matches(void **state)
{
    struct world *w = *state;
    struct hold_order o = {.matter = STR("M-1"), .review_ms = TIME_NONE, .scope = HOLD_FILTER, .filter_text = STR("channel:voice from:2024-01-01")};
    struct hold_reply r;
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    centre_ingest(w, centre_record(w, "c-2", NULL, 3000, NULL, NULL));
    WORLD_OK(w, hold_apply(w->e, &o, &w->a, &r, &w->err));
    assert_int_equal(r.covered, 1);
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
    assert_int_equal(centre_status(w, "c-2"), STATUS_EXPIRY_DUE);
    o.filter_text = STR("channel:voice status:ACTIVE");
    assert_int_equal(hold_apply(w->e, &o, &w->a, &r, &w->err), E_INVALID);
    assert_true(str_contains(str_of(w->err.text), "column 22"));
}

static void nothing_held_is_erased(void **state)
{
    struct world *w = *state;
    struct hold_reply r;
    struct str ids[] = {STR("c-1")};
    centre_arm(w);
    centre_ingest(w, centre_record(w, "c-1", NULL, 800, NULL, NULL));
    centre_files(w, "c-1", 800);
    WORLD_OK(w, apply_ids(w, "M-1", ids, 1, &r));
    (void)centre_purge(w, false);
    assert_true(centre_has_files(w, "c-1", 800));
    assert_int_equal(centre_status(w, "c-1"), STATUS_LITIGATION_HOLD);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, asking_begin, world_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ids_are_held_at_once), TEST(a_hold_states_what_it_must), TEST(what_is_gone_is_named), TEST(a_person_is_held_by_hash),
        TEST(a_filter_holds_what_it_matches), TEST(nothing_held_is_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
