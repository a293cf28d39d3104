/* Every store asked; leads handed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/lib/centre.h"
#include "tests/lib/scripted_store.h"
#include "engine/epoch.h"

enum { YOUNG = 30 };


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

static void artefacts_of_every_leg_are_found_once(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "leg-1", NULL, YOUNG, NULL, NULL));
    centre_ingest(w, centre_record(w, "leg-2", "leg-1", YOUNG, NULL, NULL));
    centre_files(w, "leg-1", YOUNG);
    centre_files(w, "leg-2", YOUNG);
    struct visit_result r = visit_once(w, "leg-1", false, REASON_OPERATOR);
    assert_int_equal(r.outcomes[OUT_GONE], 4);
    assert_int_equal(r.ids_n, 2);
}

static void a_store_that_cannot_be_asked_leaves_the_contact_partial(void **state)
{
    struct world *w = *state;
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    assert_int_equal(remove(world_path(w, "artefacts/.expunge-control")), 0);
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.status, STATUS_PARTIAL);
    assert_true(r.why.n > 0);
    assert_true(centre_has_files(w, "c-1", YOUNG));
}

static void what_was_seen_before_a_store_failed_counts(void **state)
{
    struct world *w = *state;
    struct script s = {.find_status = E_RETRY};
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    scripted_store(w, &s);
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.status, STATUS_PARTIAL);
    assert_true(str_contains(r.why, "it answers no more"));
    assert_int_equal(r.outcomes[OUT_UNKNOWN], 2); /* found, and known by the next visit */
    assert_true(centre_has_files(w, "c-1", YOUNG)); /* the store is away: nothing is sent */
}

static void a_search_that_goes_on_leaves_the_contact_partial(void **state)
{
    struct world *w = *state;
    struct script s = {.sight = SIGHT_LATER};
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    scripted_store(w, &s);
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.status, STATUS_PARTIAL);
    assert_true(str_contains(r.why, "still searching"));
    assert_int_equal(r.outcomes[OUT_GONE], 2); /* what is found is not waited with */
    s.sight = SIGHT_WHOLE;
    w->e->fixed_now_ms = WORLD_NOW_MS + HOUR_MS;
    assert_int_equal(visit_once(w, "c-1", false, REASON_OPERATOR).status, STATUS_PURGED);
}

static void a_store_of_other_sources_is_not_asked(void **state)
{
    struct world *w = *state;
    world_edit(w, "expunge.yaml", "stores:\n",
               "sources:\n  eu: {type: amazon-connect, instance: " CENTRE_SOURCE "}\n  us: {type: amazon-connect}\nstores:\n"
               "  branch:\n    type: folder\n    path: artefacts\n    control: .expunge-control\n    sources: [us]\n"
               "    artefacts: [{kind: export, key: \"recordings/**/{contact_id}*\"}]\n");
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_ingest(w, centre_record(w, "c-1", NULL, YOUNG, NULL, NULL));
    centre_files(w, "c-1", YOUNG);
    assert_true(store_serves(w->e->stores[0], STR("us")));
    struct visit_result r = visit_once(w, "c-1", false, REASON_OPERATOR);
    assert_int_equal(r.outcomes[OUT_GONE], 2); /* by the other store, which is everybody's; none as export */
    assert_int_equal(r.status, STATUS_PURGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(artefacts_of_every_leg_are_found_once, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_store_that_cannot_be_asked_leaves_the_contact_partial, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_was_seen_before_a_store_failed_counts, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_search_that_goes_on_leaves_the_contact_partial, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_store_of_other_sources_is_not_asked, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
