/* Verification reads back by another path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/centre.h"
#include "tests/lib/scripted_store.h"
#include "engine/epoch.h"

enum { OLD = 800, YOUNG = 30 };


/* One visit of one chain under a worker of its own. */
static struct visit_result visit_once(struct world *w, const char *id, bool verify_only, enum reason reason)
{
    struct epoch_thread *epoch = NULL;
    struct visit_result result;
    struct row_key worker, key = centre_chain(w, id).key;
    struct mandate m = {.reason = reason, .accepted_ms = WORLD_NOW_MS, .deadline_ms = TIME_NONE};
    WORLD_OK(w, worker_begin(w->e, &worker, &w->err));
    WORLD_OK(w, epoch_start(w->e, &epoch, &w->err));
    struct visit v = {.engine = w->e, .worker = worker, .run = STR("run-1"), .verify_only = verify_only, .mandate = &m};
    WORLD_OK(w, visit_chains(&v, &key, 1, &w->a, &result, &w->err));
    epoch_stop(&epoch);
    worker_end(w->e, &worker);
    return result;
}

static void verify_finds_what_came_back(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).status, STATUS_PURGED);
    assert_int_equal(visit_once(w, "c-1", true, REASON_NONE).status, STATUS_PURGED);
    assert_int_equal(centre_count(w, "RISEN"), 0);
    centre_files(w, "c-1", YOUNG);
    struct visit_result r = visit_once(w, "c-1", true, REASON_NONE);
    assert_int_equal(r.status, STATUS_PARTIAL);
    assert_int_equal(centre_count(w, "RISEN"), 1);
    assert_true(centre_has_files(w, "c-1", YOUNG)); /* reading back never erases */
}

static void verify_of_a_live_contact_erases_nothing(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, OLD, NULL, NULL));
    centre_files(w, "c-1", OLD);
    (void)visit_once(w, "c-1", true, REASON_NONE);
    assert_true(centre_has_files(w, "c-1", OLD));
}

/* Submitted at the first visit; what has become of it is asked by reading back, never by sending it again. */
static void what_is_submitted_is_polled(void **state)
{
    struct world *w = *state;
    struct script s = {.changed = OUT_SUBMITTED, .not_before_ms = WORLD_NOW_MS + HOUR_MS};
    size_t n;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    scripted_store(w, &s);
    struct row_key key = centre_chain(w, "c-1").key;
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).outcomes[OUT_SUBMITTED], 2);
    assert_int_equal(s.changes, 2);
    assert_int_equal(s.reads, 0); /* not before the vendor's time */
    s.read = OUT_SUBMITTED;
    s.not_before_ms = WORLD_NOW_MS + 3 * HOUR_MS;
    w->e->fixed_now_ms = WORLD_NOW_MS + HOUR_MS;
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.outcomes[OUT_SUBMITTED], 2);
    assert_int_equal(s.reads, 2);
    const struct artefact *f = scripted_work(w, &key, &n);
    assert_int_equal(f->not_before_ms, WORLD_NOW_MS + 3 * HOUR_MS);
    assert_true(f->sent_ms == WORLD_NOW_MS);
    s.read = s.changed = OUT_UNKNOWN;
    s.not_before_ms = 0;
    w->e->fixed_now_ms = WORLD_NOW_MS + 3 * HOUR_MS;
    r = visit_once(w, "c-1", false, REASON_OPERATOR); /* the vendor did nothing: it is there, and sent again later */
    assert_int_equal(r.outcomes[OUT_PRESENT], 2);
    assert_int_equal(s.changes, 2);
    w->e->fixed_now_ms = WORLD_NOW_MS + 9 * HOUR_MS;
    r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(s.changes, 4);
    assert_int_equal(r.status, STATUS_PURGED);
    assert_int_equal(centre_count(w, "INTENT"), 2); /* one for each time something was sent */
}

static void what_the_vendor_did_by_itself_is_gone(void **state)
{
    struct world *w = *state;
    struct script s = {.changed = OUT_SUBMITTED, .not_before_ms = WORLD_NOW_MS + HOUR_MS};
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    scripted_store(w, &s);
    (void)visit_once(w, "c-1", false, REASON_OPERATOR);
    world_remove_tree(world_path(w, "artefacts/recordings"));
    world_remove_tree(world_path(w, "artefacts/transcripts"));
    w->e->fixed_now_ms = WORLD_NOW_MS + HOUR_MS;
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.outcomes[OUT_GONE], 2);
    assert_int_equal(r.status, STATUS_PURGED);
    assert_int_equal(s.changes, 2);
    assert_int_equal(centre_count(w, "INTENT"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verify_finds_what_came_back, world_begin, world_end),
        cmocka_unit_test_setup_teardown(verify_of_a_live_contact_erases_nothing, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_is_submitted_is_polled, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_the_vendor_did_by_itself_is_gone, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
