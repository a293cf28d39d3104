/* What ingest writes together: counts, entries, many contacts on one chain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"

enum { OLD = 800, YOUNG = 30 };

static void thousands_of_contacts_in_several_batches(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 16 << 20);
    for (int i = 0; i < 4500; i++) {
        struct arena one = w->a;
        arena_init(&w->a, 1 << 16);
        buf_cstr(&b, centre_record(w, arena_fmt(&w->a, "c-%d", i).p, NULL, YOUNG, NULL, NULL));
        arena_release(&w->a);
        w->a = one;
    }
    struct ingest_report r = centre_ingest(w, b.p);
    assert_int_equal(r.read, 4500);
    assert_int_equal(r.registered, 4500);
    assert_int_equal(centre_count(w, "REGISTERED"), 3);
    assert_int_equal(centre_chain(w, "c-4499").legs_n, 1);
    r = centre_ingest(w, b.p);
    assert_int_equal(r.duplicate, 4500);
    assert_int_equal(centre_count(w, "REGISTERED"), 3);
}

static void the_log_says_how_many_were_registered_and_no_id(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "secret-contact-id", NULL, YOUNG, NULL, NULL));
    size_t n;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++) {
        assert_false(str_contains(entries[i].body, "secret-contact-id"));
        if (str_is(entries[i].type, "REGISTERED"))
            assert_true(str_contains(entries[i].body, "\"n\":1"));
    }
}

static void several_deliveries_of_one_contact_in_one_batch(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    struct ingest_report r = centre_ingest(w, arena_fmt(&w->a, "%s%s%s", centre_record(w, "c-1", NULL, 12, NULL, NULL),
                                                        centre_record(w, "c-1", NULL, 10, NULL, NULL),
                                                        centre_record(w, "c-1", NULL, 11, NULL, NULL)).p);
    assert_int_equal(r.registered, 1);
    assert_int_equal(r.read, 3);
    assert_true(centre_chain(w, "c-1").legs[0].ended_ms == WORLD_NOW_MS - 10 * DAY_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(thousands_of_contacts_in_several_batches, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_log_says_how_many_were_registered_and_no_id, world_begin, world_end),
        cmocka_unit_test_setup_teardown(several_deliveries_of_one_contact_in_one_batch, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
