/* test_store.c - the front of check, find and verify, with a driver that misbehaves. */
#include "tests/lib/folder_world.h"
#include "tests/lib/lying_store.h"
#include "tests/lib/store_trial.h"

static const struct store_kind kinds[] = {
    {KIND_RECORDING, EFFECT_ERASE | EFFECT_RESTRICT | EFFECT_PSEUDONYMISE, SCOPE_CONTACT, STAGE_FREE, 5000, 0}};
static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
enum { N = ARRAY_LEN(names) };

struct world { struct trial t; struct lying_world lying; struct store_target targets[N]; };

static void start(struct world *w, enum lie lie)
{
    trial_open_driver(&w->t, &lying_driver, kinds, ARRAY_LEN(kinds));
    w->lying = (struct lying_world){.lie = LIE_NONE};
    w->t.store->own = &w->lying;
    for (size_t i = 0; i < N; i++) {
        w->lying.there[i] = true;
        w->targets[i] = trial_target(names[i]);
    }
    assert_int_equal(trial_find(&w->t, w->targets, 8), OK);
    w->lying.lie = lie;
}

static const struct permit *permit(struct world *w, enum effect effect)
{
    return trial_permit(&w->t, w->targets, N, effect);
}

static void find_goes_through_every_batch(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    assert_int_equal(w.t.found_n, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct artefact *a = w.t.found[i];
        assert_int_equal(w.t.found_target[i], i);
        assert_true(str_is(a->locator, names[i]));
        assert_true(row_key_eq(&a->contact, &w.targets[i].contact));
        assert_true(str_is(a->store, "under-test"));
        assert_int_equal(a->stage, STAGE_FREE);
        assert_int_equal(a->at_ms, TIME_NONE);
        assert_int_equal(w.t.seen[i].sight, SIGHT_WHOLE);
    }
    assert_int_equal(w.t.leads_n, 8);
    assert_true(str_is(w.t.leads[7].path, "7"));
    trial_close(&w.t);
}

static void a_failing_batch_leaves_its_own_targets_unknown(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_SEES_WHOLE_AND_FAILS);
    assert_int_equal(trial_find(&w.t, w.targets, 8), E_RETRY);
    assert_string_equal(w.t.err.text, "store under-test: it went away");
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(w.t.seen[i].sight, SIGHT_UNKNOWN);
    w.lying.lie = LIE_FAILS_AFTER_FINDING;
    w.lying.finds = 0;
    assert_int_equal(trial_find(&w.t, w.targets, 8), E_RETRY);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(w.t.seen[i].sight, i < 4 ? SIGHT_WHOLE : SIGHT_UNKNOWN);
    trial_close(&w.t);
}

static void out_of_time_is_no_failure(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_TOO_LATE);
    w.lying.finds = w.lying.asked = 0;
    assert_int_equal(trial_find(&w.t, w.targets, N), OK);
    assert_int_equal(w.lying.asked, 8); /* the third batch is not begun */
    for (size_t i = 0; i < N; i++)
        assert_int_equal(w.t.seen[i].sight, i < 4 ? SIGHT_WHOLE : SIGHT_UNKNOWN);
    assert_non_null(w.t.seen[9].why);
    trial_close(&w.t);
}

static void one_bad_artefact_makes_its_target_unknown(void **state)
{
    (void)state;
    static const enum lie lies[] = {LIE_FOREIGN_KIND, LIE_NO_LOCATOR, LIE_LONG_LOCATOR, LIE_LONG_TICKET};
    struct world w;
    start(&w, LIE_NONE);
    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        w.lying.lie = lies[i];
        assert_int_equal(trial_find(&w.t, w.targets, 8), OK);
        assert_int_equal(w.t.found_n, 7);
        for (size_t k = 0; k < 8; k++)
            assert_int_equal(w.t.seen[k].sight, k == 2 ? SIGHT_UNKNOWN : SIGHT_WHOLE);
        assert_non_null(w.t.seen[2].why);
    }
    w.lying.lie = LIE_FOREIGN_TARGET;
    assert_int_equal(trial_find(&w.t, w.targets, 8), E_INVALID);
    for (size_t k = 0; k < 8; k++)
        assert_int_equal(w.t.seen[k].sight, SIGHT_UNKNOWN);
    trial_close(&w.t);
}

static void a_store_is_asked_for_its_sources_only(void **state)
{
    (void)state;
    struct world w;
    struct str sources[] = {STR("other"), STR("branch-b")};
    struct locator ours = {KIND_RECORDING, STR("lying"), STR("x")}, theirs = {KIND_RECORDING, STR("acme"), STR("x")};
    start(&w, LIE_NONE);
    w.lying.asked = 0;
    for (size_t i = 0; i < 8; i += 2)
        w.targets[i].source = STR("branch-b");
    assert_true(store_owns(w.t.store, STR("branch"), &ours));
    assert_false(store_owns(w.t.store, STR("branch"), &theirs));
    w.t.store->sources = sources;
    w.t.store->sources_n = 2;
    assert_int_equal(trial_find(&w.t, w.targets, 8), OK);
    assert_int_equal(w.lying.asked, 4);
    assert_int_equal(w.t.found_n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(w.t.found_target[i], 2 * i);
        assert_true(row_key_eq(&w.t.found[i]->contact, &w.targets[2 * i].contact));
    }
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(w.t.seen[i].sight, SIGHT_WHOLE); /* nothing of the others lies here */
    assert_true(store_owns(w.t.store, STR("branch-b"), &ours));
    assert_false(store_owns(w.t.store, STR("branch"), &ours));
    assert_true(store_serves(w.t.store, STR_NONE)); /* of an unknown source: of any */
    trial_close(&w.t);
}

static void a_vendor_may_search_until_later(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    w.lying.seen = (struct store_seen){SIGHT_LATER, TIME_NONE, STR("job-7"), TRIAL_NOW_MS + 1000, NULL};
    assert_int_equal(trial_find(&w.t, w.targets, 1), OK);
    assert_int_equal(w.t.seen[0].sight, SIGHT_LATER);
    assert_true(str_is(w.t.seen[0].ticket, "job-7"));
    assert_int_equal(w.t.seen[0].not_before_ms, TRIAL_NOW_MS + 1000);
    w.lying.seen.ticket = arena_fmt(&w.t.a, "%0*d", TICKET_BYTES_MAX + 1, 0);
    assert_int_equal(trial_find(&w.t, w.targets, 1), OK);
    assert_int_equal(w.t.seen[0].sight, SIGHT_UNKNOWN);
    trial_close(&w.t);
}

static void a_control_is_remembered_for_a_while(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE); /* has found something */
    assert_int_equal(trial_find(&w.t, w.targets, 1), OK);
    assert_true(w.lying.control_seen);
    struct artefact *first = w.t.found[0];
    w.t.now_ms += 5 * MINUTE_MS;
    for (size_t i = 0; i < N; i++)
        w.lying.there[i] = false;
    assert_int_equal(trial_find(&w.t, w.targets, 1), OK);
    assert_false(w.lying.control_seen); /* too long ago, though it was used since */
    assert_int_equal(trial_find(&w.t, w.targets, 1), OK);
    assert_false(w.lying.control_seen); /* nothing was seen */
    w.lying.shows_control = true;
    assert_int_equal(trial_verify(&w.t, &first, 1), OK);
    assert_int_equal(first->outcome, OUT_ABSENT);
    assert_int_equal(trial_find(&w.t, w.targets, 1), OK);
    assert_true(w.lying.control_seen);
    trial_close(&w.t);
}

static void what_was_submitted_is_read_back(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    struct artefact *a = w.t.found[0];
    assert_int_equal(period_parse(STR("P35D"), &w.t.store->backup_age, &w.t.err), OK);
    a->effect = EFFECT_ERASE;
    a->outcome = OUT_SUBMITTED;
    a->ticket = STR("job-1");
    w.lying.answer = OUT_SUBMITTED;
    assert_int_equal(trial_verify(&w.t, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_SUBMITTED);
    assert_int_equal(a->verified_ms, TIME_NONE);
    assert_int_equal(a->residuals_n, 0);
    w.lying.answer = OUT_ABSENT;
    assert_int_equal(trial_verify(&w.t, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_ABSENT);
    assert_int_equal(a->verified_ms, TRIAL_NOW_MS);
    assert_int_equal(a->residuals_n, 1); /* it went just now: a backup still has it */
    assert_int_equal(a->residuals[0].until_ms, TRIAL_NOW_MS + 35 * DAY_MS);
    trial_close(&w.t);
}

static void a_store_that_keeps_is_caught(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_KEEPS);
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_ERASE), EFFECT_ERASE, w.t.found, 8), OK);
    assert_int_equal(w.t.found[0]->outcome, OUT_GONE);
    assert_int_equal(trial_verify(&w.t, w.t.found, 8), OK);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(w.t.found[i]->outcome, OUT_PRESENT);
        assert_int_equal(w.t.found[i]->verified_ms, TIME_NONE);
    }
    trial_close(&w.t);
}

static void answers_that_do_not_fit_are_unknown(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_WRONG_ANSWER);
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_RESTRICT), EFFECT_RESTRICT, w.t.found, 8), OK);
    assert_int_equal(w.t.found[3]->outcome, OUT_UNKNOWN);
    assert_int_equal(w.t.found[3]->residuals_n, 0);
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_ERASE), EFFECT_ERASE, w.t.found, 8), OK);
    assert_int_equal(trial_verify(&w.t, w.t.found, 8), OK);
    assert_int_equal(w.t.found[3]->outcome, OUT_UNKNOWN); /* "pseudonymised", though it was to be erased */
    assert_int_equal(w.t.found[3]->verified_ms, TIME_NONE);
    trial_close(&w.t);
}

static void residuals_keep_the_later_date(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    struct artefact *a = w.t.found[0];
    assert_int_equal(store_residual(&w.t.call, a, "backup", 100, NULL), OK);
    assert_int_equal(store_residual(&w.t.call, a, "backup", 50, NULL), OK);
    assert_int_equal(store_residual(&w.t.call, a, "replica", 70, NULL), OK);
    assert_int_equal(a->residuals_n, 2);
    assert_int_equal(a->residuals[0].until_ms, 100);
    assert_int_equal(store_residual(&w.t.call, a, "backup", TIME_NONE, NULL), OK);
    assert_int_equal(store_residual(&w.t.call, a, "backup", 900, NULL), OK);
    assert_int_equal(a->residuals[0].until_ms, TIME_NONE); /* no bounded date is the latest */
    trial_close(&w.t);
}

static void pseudonyms_have_a_shape(void **state)
{
    (void)state;
    assert_true(store_is_pseudonym(STR("PSN-ABCDEFGHIJKLMNOPQR23")));
    assert_false(store_is_pseudonym(STR("PSN-ABCDEFGHIJKLMNOPQR2")));
    assert_false(store_is_pseudonym(STR("PSN-ABCDEFGHIJKLMNOPQR2 ")));
    assert_false(store_is_pseudonym(STR("+447700900123")));
    assert_false(store_is_pseudonym(STR_NONE));
}

static void check_names_what_is_missing(void **state)
{
    (void)state;
    struct world w;
    struct store_check check;
    start(&w, LIE_NONE);
    struct store_call call = {.now_ms = 0, .deadline_ms = 600000, .a = &w.t.a};
    assert_int_equal(store_check(w.t.store, &call, &check, NULL), OK);
    assert_int_equal(call.deadline_ms, 60000); /* a call is never longer */
    assert_int_equal(check.n, 1);
    assert_false(check.findings[0].good);
    assert_true(str_is(check.findings[0].what, "permission store:Delete is missing"));
    assert_int_equal(check.server_ms, TIME_NONE);
    trial_close(&w.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_goes_through_every_batch),
        cmocka_unit_test(a_failing_batch_leaves_its_own_targets_unknown),
        cmocka_unit_test(out_of_time_is_no_failure),
        cmocka_unit_test(one_bad_artefact_makes_its_target_unknown),
        cmocka_unit_test(a_store_is_asked_for_its_sources_only),
        cmocka_unit_test(a_vendor_may_search_until_later),
        cmocka_unit_test(a_control_is_remembered_for_a_while),
        cmocka_unit_test(what_was_submitted_is_read_back),
        cmocka_unit_test(a_store_that_keeps_is_caught),
        cmocka_unit_test(answers_that_do_not_fit_are_unknown),
        cmocka_unit_test(residuals_keep_the_later_date),
        cmocka_unit_test(pseudonyms_have_a_shape),
        cmocka_unit_test(check_names_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
