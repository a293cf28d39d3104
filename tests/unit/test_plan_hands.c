/* Several visits of one purge at the same time: everything once, counted once, ended once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/plan_hands.h"
#include "tests/lib/centre.h"

enum { OLD = 800, CONTACTS = 1600, WITH_FILES = 20 };

static void begin(struct world *w)
{
    CLEANUP(buf_release) struct buf b;
    world_edit(w, "expunge.yaml", "# purge: {at: \"02:00\", zone: UTC, guard: {floor: 100,", "purge: {at: \"02:00\", zone: UTC, guard: {floor: 100000,");
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE);
    centre_arm(w);
    buf_init(&b, 8 << 20);
    for (int i = 0; i < CONTACTS; i++) {
        const char *id = arena_fmt(&w->a, "c-%d", i).p;
        buf_cstr(&b, centre_record(w, id, NULL, OLD, NULL, NULL));
        if (i % WITH_FILES == 0)
            centre_files(w, id, OLD);
    }
    centre_ingest(w, b.p);
}

struct told { uint64_t n, purged; };

static void on_contact(void *ctx, const struct visit_result *r)
{
    struct told *told = ctx; /* no lock: whoever tells has it */
    told->n++;
    told->purged += r->status == STATUS_PURGED;
}

static void each_contact_is_purged_by_one_of_them(void **state)
{
    struct world *w = *state;
    struct told told = {0};
    struct tally t = {.on_contact = on_contact, .ctx = &told};
    const struct purge_options o = {.visits = 3};
    begin(w);
    WORLD_OK(w, purge_run(w->e, &o, &t, &w->a, &w->err));
    assert_int_equal(t.considered, CONTACTS);
    assert_int_equal(t.purged, CONTACTS);
    assert_int_equal(t.busy + t.changed + t.partial + t.failed, 0);
    assert_int_equal(t.artefacts[OUT_GONE], 2 * CONTACTS / WITH_FILES);
    assert_false(t.elsewhere);
    assert_int_equal(told.n, CONTACTS);
    assert_int_equal(told.purged, CONTACTS);
    assert_true(t.on_contact == on_contact && t.ctx == &told); /* as it was */
    for (int i = 0; i < CONTACTS; i += WITH_FILES) {
        const char *id = arena_fmt(&w->a, "c-%d", i).p;
        assert_false(centre_has_files(w, id, OLD));
        assert_int_equal(centre_status(w, id), STATUS_PURGED);
    }
    struct run_record run;
    WORLD_OK(w, run_get(w->e, t.run, &w->a, &run, &w->err));
    assert_true(str_is(run.state, "done") && run.ended_ms != TIME_NONE);
    assert_int_equal(run.worked, CONTACTS);
    assert_int_equal(run.purged, CONTACTS); /* parts of all, each counted once */
    struct registry_worker *workers;
    size_t n;
    WORLD_OK(w, registry_workers(w->e->registry, &w->a, &workers, &n, &w->err));
    assert_int_equal(n, 0); /* all have left */
    struct tally again = centre_purge(w, false);
    assert_int_equal(again.considered, 0);
}

static void stores_that_have_changed_are_not_worked_beside_the_old_ones(void **state)
{
    struct world *w = *state;
    struct tally t = {.on_contact = NULL};
    const struct purge_options o = {.visits = 2};
    begin(w);
    world_edit(w, "expunge.yaml", "stores:\n", "stores:\n  other: {type: folder, path: artefacts, control: .expunge-control, artefacts: "
                                               "[{kind: recording, key: \"other/{contact_id}\"}]}\n");
    assert_int_equal(purge_run(w->e, &o, &t, &w->a, &w->err), E_CONFLICT);
    assert_int_equal(t.purged, 0);
    assert_true(centre_has_files(w, "c-0", OLD));
    world_reopen(w, WORLD_NOW_MS, OPEN_STORES | OPEN_WRITE); /* with the new one */
    struct tally later = {.on_contact = NULL};
    WORLD_OK(w, purge_run(w->e, &o, &later, &w->a, &w->err));
    assert_int_equal(later.purged, CONTACTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_contact_is_purged_by_one_of_them, world_begin, world_end),
        cmocka_unit_test_setup_teardown(stores_that_have_changed_are_not_worked_beside_the_old_ones, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
