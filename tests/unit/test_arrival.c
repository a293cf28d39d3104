/* One document's facts on its chain: register, update, move, echo, adopt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"

enum { OLD = 800, YOUNG = 30 };

static void legs_join_their_initial_contact_in_any_order(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-3", "leg-1", YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-2", "leg-1", YOUNG, NULL, NULL));
    struct chain c = centre_chain(w, "leg-2"), first = centre_chain(w, "leg-1");
    assert_int_equal(c.legs_n, 3);
    assert_true(row_key_eq(&c.key, &first.key));
}

static void later_copy_naming_another_initial_contact_moves_the_leg(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-2", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL));
    assert_int_equal(centre_chain(w, "leg-1").legs_n, 1);
    struct ingest_report r = centre_ingest(w, centre_record(w, "leg-2", "leg-1", YOUNG - 1, NULL, NULL));
    assert_int_equal(r.updated, 1);
    struct chain c = centre_chain(w, "leg-2");
    assert_int_equal(c.legs_n, 2);
    struct row_key own = engine_contact_key(w->e, STR(CENTRE_SOURCE), STR("leg-2"));
    struct chain left;
    WORLD_OK(w, registry_chains(w->e->registry, &own, 1, &w->a, &left, &w->err));
    assert_int_equal(left.version, 0);
}

static void older_copy_never_overwrites(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, 10, "payment_card", NULL));
    struct ingest_report r = centre_ingest(w, centre_record(w, "c-1", NULL, 20, "chat_transient", NULL));
    assert_int_equal(r.registered, 0);
    struct chain c = centre_chain(w, "c-1");
    assert_true(str_is(c.legs[0].category, "payment_card"));
    assert_true(c.legs[0].ended_ms == WORLD_NOW_MS - 10 * DAY_MS);
}

static void identical_copy_is_a_duplicate(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    const char *record = centre_record(w, "c-1", NULL, 10, NULL, NULL);
    centre_ingest(w, record);
    struct ingest_report r = centre_ingest(w, record);
    assert_int_equal(r.duplicate, 1);
    assert_int_equal(r.updated, 0);
    r = centre_ingest(w, arena_fmt(&w->a, "%s%s%s", record, record, record).p);
    assert_int_equal(r.duplicate, 3);
}

static void hold_announced_before_the_contact_holds_it(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_hold(w, "CASE-1", "late-1");
    centre_ingest(w, centre_record(w, "late-1", "late-0", OLD, NULL, NULL));
    assert_int_equal(centre_status(w, "late-1"), STATUS_LITIGATION_HOLD);
    assert_int_equal(centre_chain(w, "late-1").holds_n, 1);
}

static void hold_survives_every_redelivery_and_move(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-2", NULL, OLD, NULL, NULL));
    centre_hold(w, "CASE-1", "leg-2");
    centre_ingest(w, centre_record(w, "leg-2", "leg-1", OLD - 1, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-1", NULL, OLD, NULL, NULL));
    assert_int_equal(centre_status(w, "leg-2"), STATUS_LITIGATION_HOLD);
    assert_int_equal(centre_status(w, "leg-1"), STATUS_LITIGATION_HOLD);
}

static void leg_of_an_erased_chain_is_a_chain_of_its_own(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL));
    struct order_options o = {.note = STR("x")};
    assert_int_equal(centre_erase(w, &o, "leg-1", NULL).purged, 1);
    struct ingest_report r = centre_ingest(w, centre_record(w, "leg-2", "leg-1", YOUNG, NULL, NULL));
    assert_int_equal(r.registered, 1);
    struct chain c = centre_chain(w, "leg-2");
    assert_int_equal(c.legs_n, 1);
    assert_int_equal(c.state, CHAIN_ACTIVE);
    bool related = false;
    for (size_t i = 0; i < c.legs[0].related_n; i++)
        related |= str_is(c.legs[0].related[i], "leg-1");
    assert_true(related);
}

/* Its id is the key of an erased chain, of which it was never a leg: nothing was decided about it. */
static void first_contact_that_comes_after_its_legs_were_erased_lives(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-2", "leg-1", OLD, NULL, NULL));
    struct order_options o = {.note = STR("x")};
    assert_int_equal(centre_erase(w, &o, "leg-2", NULL).purged, 1);
    struct ingest_report r = centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL));
    assert_int_equal(r.registered, 1);
    assert_int_equal(centre_status(w, "leg-1"), STATUS_ACTIVE);
    assert_int_equal(centre_status(w, "leg-2"), STATUS_PURGED);
    r = centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG - 1, NULL, NULL));
    assert_int_equal(r.updated, 1);
    assert_int_equal(centre_chain(w, "leg-1").legs_n, 1);
    assert_int_equal(centre_chain(w, "leg-2").legs_n, 1);
    centre_hold(w, "CASE-1", "leg-1");
    assert_int_equal(centre_status(w, "leg-1"), STATUS_LITIGATION_HOLD);
    assert_int_equal(centre_status(w, "leg-2"), STATUS_PURGED);
}

/* Before the second verification too: nobody would look there any more. */
static void late_document_that_names_a_new_place_rises(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    const char *known = ",\"Recordings\":[{\"Location\":\"rec/a.wav\",\"StorageType\":\"S3\"}]";
    const char *other = ",\"Recordings\":[{\"Location\":\"rec/b.wav\",\"StorageType\":\"S3\"}]";
    centre_ingest(w, centre_record(w, "c-1", NULL, OLD, NULL, known));
    struct order_options o = {.note = STR("x")};
    (void)centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(centre_chain(w, "c-1").state, CHAIN_ERASED);
    assert_int_equal(centre_ingest(w, centre_record(w, "c-1", NULL, OLD - 1, NULL, known)).echo, 1);
    assert_int_equal(centre_chain(w, "c-1").state, CHAIN_ERASED);
    assert_int_equal(centre_ingest(w, centre_record(w, "c-1", NULL, OLD - 2, NULL, other)).risen, 1);
    assert_int_equal(centre_chain(w, "c-1").state, CHAIN_ERASING);
}

static void category_with_a_hold_opens_its_matter(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "f-1", NULL, OLD, "fraud_investigation", NULL));
    assert_int_equal(centre_status(w, "f-1"), STATUS_LITIGATION_HOLD);
    assert_int_equal(centre_count(w, "HOLD_APPLIED"), 1);
    centre_ingest(w, centre_record(w, "f-1", NULL, OLD - 1, "fraud_investigation", NULL));
    assert_int_equal(centre_count(w, "HOLD_APPLIED"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(legs_join_their_initial_contact_in_any_order, world_begin, world_end),
        cmocka_unit_test_setup_teardown(later_copy_naming_another_initial_contact_moves_the_leg, world_begin, world_end),
        cmocka_unit_test_setup_teardown(older_copy_never_overwrites, world_begin, world_end),
        cmocka_unit_test_setup_teardown(identical_copy_is_a_duplicate, world_begin, world_end),
        cmocka_unit_test_setup_teardown(hold_announced_before_the_contact_holds_it, world_begin, world_end),
        cmocka_unit_test_setup_teardown(hold_survives_every_redelivery_and_move, world_begin, world_end),
        cmocka_unit_test_setup_teardown(leg_of_an_erased_chain_is_a_chain_of_its_own, world_begin, world_end),
        cmocka_unit_test_setup_teardown(first_contact_that_comes_after_its_legs_were_erased_lives, world_begin, world_end),
        cmocka_unit_test_setup_teardown(late_document_that_names_a_new_place_rises, world_begin, world_end),
        cmocka_unit_test_setup_teardown(category_with_a_hold_opens_its_matter, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
