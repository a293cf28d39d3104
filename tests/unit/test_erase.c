/* The one way through on a real registry and a real folder: what is erased, what is not, and what the log says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/lib/centre.h"
#include "tests/lib/scripted_store.h"

enum { OLD = 800, YOUNG = 30 };

static void expired_contact_goes_from_store_and_reads_back_gone(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    struct ingest_report r = centre_ingest(w, arena_fmt(&w->a, "%s%s", centre_record(w, "old-1", NULL, OLD, NULL, NULL),
                                                        centre_record(w, "young-1", NULL, YOUNG, NULL, NULL)).p);
    assert_int_equal(r.registered, 2);
    centre_files(w, "old-1", OLD);
    centre_files(w, "young-1", YOUNG);
    struct tally t = centre_purge(w, false);
    assert_int_equal(t.purged, 1);
    assert_int_equal(t.artefacts[OUT_GONE], 2);
    assert_false(centre_has_files(w, "old-1", OLD));
    assert_true(centre_has_files(w, "young-1", YOUNG));
    assert_int_equal(centre_status(w, "old-1"), STATUS_PURGED);
    assert_int_equal(centre_status(w, "young-1"), STATUS_ACTIVE);
    assert_int_equal(centre_count(w, "INTENT"), 1);
    assert_int_equal(centre_count(w, "OUTCOME"), 1);
    assert_int_equal(centre_count(w, "VERIFIED"), 1);
    struct tally again = centre_purge(w, false);
    assert_int_equal(again.considered, 0);
    assert_int_equal(centre_count(w, "INTENT"), 1);
}

static void held_contact_is_not_touched_until_released(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_files(w, "old-1", OLD);
    centre_hold(w, "CASE-7", "old-1");
    struct tally t = centre_purge(w, false);
    assert_int_equal(t.purged, 0);
    assert_int_equal(t.held, 1);
    assert_true(centre_has_files(w, "old-1", OLD));
    assert_int_equal(centre_status(w, "old-1"), STATUS_LITIGATION_HOLD);
    struct order_options o = {.note = STR("asked")};
    struct tally order = centre_erase(w, &o, "old-1", NULL);
    assert_int_equal(order.held, 1);
    assert_int_equal(tally_exit(&order, true), 3);
    assert_true(centre_has_files(w, "old-1", OLD));
    assert_int_equal(centre_count(w, "INTENT"), 0);
}

static void dry_run_changes_nothing(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_files(w, "old-1", OLD);
    struct tally t = centre_purge(w, true);
    assert_true(t.dry_run);
    assert_int_equal(t.considered, 1);
    assert_int_equal(t.artefacts[OUT_PRESENT], 2);
    assert_true(centre_has_files(w, "old-1", OLD));
    assert_int_equal(centre_count(w, "INTENT"), 0);
    assert_int_equal(centre_status(w, "old-1"), STATUS_EXPIRY_DUE);
}

static void disarmed_registry_only_shows_its_plan(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_files(w, "old-1", OLD);
    struct tally t = centre_purge(w, false);
    assert_true(t.disarmed);
    assert_true(t.dry_run);
    assert_true(centre_has_files(w, "old-1", OLD));
}

static void order_erases_a_chain_whole(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, arena_fmt(&w->a, "%s%s", centre_record(w, "leg-2", "leg-1", YOUNG, NULL, NULL),
                               centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL)).p);
    centre_files(w, "leg-1", YOUNG);
    centre_files(w, "leg-2", YOUNG);
    struct order_options o = {.note = STR("asked by the customer")};
    struct tally t = centre_erase(w, &o, "leg-2", "leg-1", "nobody", NULL);
    assert_int_equal(t.given, 3);
    assert_int_equal(t.duplicate, 1);
    assert_int_equal(t.unknown_n, 1);
    assert_int_equal(t.legs_added, 1);
    assert_int_equal(t.purged, 1);
    assert_int_equal(tally_exit(&t, true), 1);
    assert_false(centre_has_files(w, "leg-1", YOUNG));
    assert_false(centre_has_files(w, "leg-2", YOUNG));
    struct tally again = centre_erase(w, &o, "leg-1", NULL);
    assert_int_equal(again.already, 1);
    assert_int_equal(tally_exit(&again, true), 0);
}

static void missing_control_file_means_unknown_never_gone(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    assert_int_equal(remove(world_path(w, "artefacts/.expunge-control")), 0);
    struct order_options o = {.note = STR_NONE};
    struct tally t = centre_erase(w, &o, "c-1", NULL);
    assert_int_equal(t.purged, 0);
    assert_int_equal(t.partial, 1);
    assert_true(centre_has_files(w, "c-1", YOUNG));
    assert_int_equal(centre_status(w, "c-1"), STATUS_PARTIAL);
}

static void what_comes_back_before_the_second_look_rises(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    centre_ingest(w, centre_record(w, "old-1", NULL, OLD, NULL, NULL));
    centre_files(w, "old-1", OLD);
    assert_int_equal(centre_purge(w, false).purged, 1);
    centre_files(w, "old-1", OLD);
    world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_count(w, "RISEN"), 1);
    world_reopen(w, WORLD_NOW_MS + 3 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    struct tally t = centre_purge(w, false);
    assert_int_equal(t.purged, 1);
    assert_false(centre_has_files(w, "old-1", OLD));
    world_reopen(w, WORLD_NOW_MS + 5 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    struct chain c = centre_chain(w, "old-1");
    assert_true(c.verified_again_ms != TIME_NONE);
    assert_int_equal(c.queue, QUEUE_GONE);
}

static void erased_contact_delivered_again_is_risen_and_erased_again(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    const char *record = centre_record(w, "old-1", NULL, OLD, NULL, NULL);
    centre_ingest(w, record);
    centre_files(w, "old-1", OLD);
    assert_int_equal(centre_purge(w, false).purged, 1);
    assert_int_equal(centre_ingest(w, record).echo, 1);
    world_reopen(w, WORLD_NOW_MS + 2 * DAY_MS, OPEN_STORES | OPEN_WRITE);
    centre_purge(w, false);
    assert_int_equal(centre_ingest(w, record).risen, 1);
    centre_files(w, "old-1", OLD);
    assert_int_equal(centre_status(w, "old-1"), STATUS_PARTIAL);
    struct tally t = centre_purge(w, false);
    assert_int_equal(t.purged, 1);
    assert_false(centre_has_files(w, "old-1", OLD));
}

static const struct artefact *tried(struct world *w, int64_t now_ms)
{
    struct order_options o = {.note = STR("again")};
    size_t n;
    struct row_key key = centre_chain(w, "c-1").key;
    w->e->fixed_now_ms = now_ms;
    (void)centre_erase(w, &o, "c-1", NULL);
    const struct artefact *f = scripted_work(w, &key, &n);
    assert_int_equal(n, 2);
    return f;
}

/* The folder's horizon is seven days. */
static void the_horizon_counts_while_the_store_answers(void **state)
{
    struct world *w = *state;
    struct script s = {.changed = OUT_RETRY};
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    scripted_store(w, &s);
    const struct artefact *f = tried(w, WORLD_NOW_MS);
    assert_int_equal(f->outcome, OUT_RETRY);
    assert_int_equal(f->tries, 1);
    s.change_status = E_RETRY; /* away */
    f = tried(w, WORLD_NOW_MS + 10 * DAY_MS);
    assert_int_equal(f->tries, 1);
    assert_int_not_equal(f->outcome, OUT_FAILED);
    s.change_status = OK;
    f = tried(w, WORLD_NOW_MS + 11 * DAY_MS);
    assert_int_equal(f->outcome, OUT_RETRY);
    f = tried(w, WORLD_NOW_MS + 19 * DAY_MS);
    assert_int_equal(f->outcome, OUT_FAILED);
}

static void a_date_the_vendor_names_is_waited_for(void **state)
{
    struct world *w = *state;
    struct script s = {.changed = OUT_RETRY, .not_before_ms = WORLD_NOW_MS + 30 * DAY_MS};
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    scripted_store(w, &s);
    const struct artefact *f = tried(w, WORLD_NOW_MS);
    assert_int_equal(f->tries, 0);
    assert_true(f->not_before_ms == WORLD_NOW_MS + 30 * DAY_MS);
    assert_true(f->sent_ms == TIME_NONE); /* it refused */
    assert_true(centre_chain(w, "c-1").next_ms == WORLD_NOW_MS + 30 * DAY_MS);
    s.not_before_ms = 0;
    f = tried(w, WORLD_NOW_MS + 30 * DAY_MS);
    assert_int_equal(f->outcome, OUT_RETRY); /* the horizon begins now */
    assert_int_equal(f->tries, 1);
    f = tried(w, WORLD_NOW_MS + 38 * DAY_MS);
    assert_int_equal(f->outcome, OUT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_horizon_counts_while_the_store_answers, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_date_the_vendor_names_is_waited_for, world_begin, world_end),
        cmocka_unit_test_setup_teardown(expired_contact_goes_from_store_and_reads_back_gone, world_begin, world_end),
        cmocka_unit_test_setup_teardown(held_contact_is_not_touched_until_released, world_begin, world_end),
        cmocka_unit_test_setup_teardown(dry_run_changes_nothing, world_begin, world_end),
        cmocka_unit_test_setup_teardown(disarmed_registry_only_shows_its_plan, world_begin, world_end),
        cmocka_unit_test_setup_teardown(order_erases_a_chain_whole, world_begin, world_end),
        cmocka_unit_test_setup_teardown(missing_control_file_means_unknown_never_gone, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_comes_back_before_the_second_look_rises, world_begin, world_end),
        cmocka_unit_test_setup_teardown(erased_contact_delivered_again_is_risen_and_erased_again, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
