/* Ids the registry does not know are looked for in every store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"

enum { YOUNG = 30 };

static void found_in_a_store_only_needs_a_decision(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_files(w, "stray-1", YOUNG);
    struct order_options o = {.note = STR("x"), .source = STR(CENTRE_SOURCE)};
    struct tally t = centre_erase(w, &o, "stray-1", "nowhere-1", NULL);
    assert_int_equal(t.needs_decision, 1);
    assert_int_equal(t.unknown_n, 1);
    assert_true(str_is(t.unknown[0], "nowhere-1"));
    assert_int_equal(tally_exit(&t, true), 1);
    assert_true(centre_has_files(w, "stray-1", YOUNG));
    assert_int_equal(centre_status(w, "stray-1"), STATUS_NEEDS_DECISION);
    struct str body;
    uint64_t known; /* the store it was found in is a duty from then on */
    WORLD_OK(w, registry_record_get(w->e->registry, TABLE_STORE, STR("artefacts"), &w->a, &body, &known, &w->err));
    assert_true(known > 0);
}

static void dry_run_registers_nothing(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_files(w, "stray-1", YOUNG);
    struct order_options o = {.dry_run = true, .source = STR(CENTRE_SOURCE)};
    struct tally t = centre_erase(w, &o, "stray-1", NULL);
    assert_int_equal(t.needs_decision, 1);
    assert_int_equal(centre_chain(w, "stray-1").version, 0);
    struct str body;
    uint64_t known;
    WORLD_OK(w, registry_record_get(w->e->registry, TABLE_STORE, STR("artefacts"), &w->a, &body, &known, &w->err));
    assert_int_equal(known, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found_in_a_store_only_needs_a_decision, world_begin, world_end),
        cmocka_unit_test_setup_teardown(dry_run_registers_nothing, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
