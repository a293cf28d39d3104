/* Acceptance is durable before the first call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/lib/centre.h"

enum { YOUNG = 30 };

static void accepted_chains_carry_their_mandate(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "held-1", NULL, YOUNG, NULL, NULL));
    centre_hold(w, "CASE", "held-1");
    struct order order = {.ids_n = 0};
    struct order_options o = {.note = STR("because")};
    struct run_record run;
    WORLD_OK(w, run_new(w->e, "order", &w->a, &run, &w->err));
    WORLD_OK(w, order_add(&order, STR("c-1"), &w->a, &w->err));
    WORLD_OK(w, order_add(&order, STR("held-1"), &w->a, &w->err));
    WORLD_OK(w, order_look_up(w->e, &order, &o, &w->a, &w->err));
    WORLD_OK(w, order_accept(w->e, &order, &o, &run, &w->a, &w->err));
    struct chain c = centre_chain(w, "c-1"), held = centre_chain(w, "held-1");
    assert_int_equal(c.mandate.reason, REASON_OPERATOR);
    assert_int_equal(c.queue, QUEUE_REQUEST);
    assert_true(str_is(c.mandate.note, "because"));
    assert_int_equal(held.mandate.reason, REASON_NONE);
    assert_int_equal(held.queue, QUEUE_PARKED);
    uint64_t version = c.version;
    WORLD_OK(w, order_accept(w->e, &order, &o, &run, &w->a, &w->err)); /* again: nothing more to write */
    assert_int_equal(centre_chain(w, "c-1").version, version);
}

static void retry_makes_a_failed_contact_due_at_once(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    assert_int_equal(rename(world_path(w, "artefacts/.expunge-control"), world_path(w, "control-away")), 0);
    struct order_options o = {.note = STR("x")};
    assert_int_equal(centre_erase(w, &o, "c-1", NULL).partial, 1);
    assert_int_equal(rename(world_path(w, "control-away"), world_path(w, "artefacts/.expunge-control")), 0);
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    o.retry = true;
    assert_int_equal(centre_erase(w, &o, "c-1", NULL).purged, 1);
    assert_false(centre_has_files(w, "c-1", YOUNG));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepted_chains_carry_their_mandate, world_begin, world_end),
        cmocka_unit_test_setup_teardown(retry_makes_a_failed_contact_due_at_once, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
