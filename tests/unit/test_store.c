/* test_store.c - the front, with a driver that misbehaves. */
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

static void a_failed_find_has_seen_nothing(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_SEES_WHOLE_AND_FAILS);
    assert_int_equal(trial_find(&w.t, w.targets, 8), E_RETRY);
    assert_string_equal(w.t.err.text, "store under-test: it went away");
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(w.t.seen[i].sight, SIGHT_UNKNOWN);
    w.lying.lie = LIE_FOREIGN_KIND;
    assert_int_equal(trial_find(&w.t, w.targets, 1), E_INVALID);
    w.lying.lie = LIE_NO_LOCATOR;
    assert_int_equal(trial_find(&w.t, w.targets, 1), E_LIMIT);
    trial_close(&w.t);
}

static void gone_is_dated_and_settles(void **state)
{
    (void)state;
    struct world w;
    struct err err;
    start(&w, LIE_NONE);
    assert_int_equal(period_parse(STR("P35D"), &w.t.store->backup_age, &err), OK);
    const struct permit *p = permit(&w, EFFECT_ERASE);
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(trial_change(&w.t, p, EFFECT_ERASE, w.t.found, 8), OK);
        for (size_t i = 0; i < 8; i++) {
            assert_int_equal(w.t.found[i]->outcome, OUT_GONE);
            assert_int_equal(w.t.found[i]->at_ms, TRIAL_NOW_MS);
            assert_int_equal(w.t.found[i]->not_before_ms, TRIAL_NOW_MS + 5000);
            assert_int_equal(w.t.found[i]->residuals_n, 1);
            assert_true(str_is(w.t.found[i]->residuals[0].kind, "backup"));
            assert_int_equal(w.t.found[i]->residuals[0].until_ms, TRIAL_NOW_MS + 35 * DAY_MS);
        }
    }
    assert_int_equal(w.lying.calls, 4); /* twice two batches of four */
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

static void what_is_forgotten_stays_unknown(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_FORGETS);
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_ERASE), EFFECT_ERASE, w.t.found, 8), OK);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(w.t.found[i]->outcome, i % 2 == 0 ? OUT_GONE : OUT_UNKNOWN);
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

static void a_failing_batch_leaves_the_rest_unknown(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_FAILS_LATER);
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_ERASE), EFFECT_ERASE, w.t.found, 8), E_RETRY);
    assert_string_equal(w.t.err.text, "store under-test: the store went away");
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(w.t.found[i]->outcome, i < 4 ? OUT_GONE : OUT_UNKNOWN);
    assert_int_equal(w.t.found[0]->at_ms, TRIAL_NOW_MS);
    trial_close(&w.t);
}

static void the_driver_sees_only_what_is_permitted(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    struct row_key both[2] = {w.targets[0].contact, w.targets[9].contact};
    struct artefact *a = w.t.found[0];
    const struct permit *one = trial_permit(&w.t, w.targets, 1, EFFECT_ERASE);
    assert_int_equal(trial_change(&w.t, one, EFFECT_ERASE, &w.t.found[1], 1), OK);
    assert_int_equal(w.t.found[1]->outcome, OUT_REFUSED);
    a->scope = SCOPE_SHARED;
    assert_int_equal(trial_change(&w.t, one, EFFECT_ERASE, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_RETAINED);
    a->owners = both;
    a->owners_n = 2; /* the other owner is not in the permit */
    assert_int_equal(trial_change(&w.t, one, EFFECT_ERASE, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_REFUSED);
    assert_int_equal(w.lying.changes, 0);
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_ERASE), EFFECT_ERASE, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_GONE);
    assert_int_equal(w.lying.changes, 1);
    assert_int_equal(trial_change(&w.t, one, EFFECT_RESTRICT, &a, 1), OK); /* another effect than permitted */
    assert_int_equal(a->outcome, OUT_REFUSED);
    trial_close(&w.t);
}

static void what_a_kind_cannot_have_done(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    const struct permit *p = permit(&w, EFFECT_BLANK);
    assert_int_equal(trial_change(&w.t, p, EFFECT_BLANK, w.t.found, 1), OK);
    assert_int_equal(w.t.found[0]->outcome, OUT_REFUSED);
    w.t.store->kinds[0].effects = EFFECT_ERASE;
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_RESTRICT), EFFECT_RESTRICT, w.t.found, 1), OK);
    assert_int_equal(w.t.found[0]->outcome, OUT_UNRESTRICTED);
    assert_int_equal(w.lying.changes, 0);
    trial_close(&w.t);
}

static void a_closed_gate_stops_before_the_driver(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    const struct permit *p = permit(&w, EFFECT_ERASE);
    w.t.watch.epoch++;
    assert_int_equal(trial_change(&w.t, p, EFFECT_ERASE, w.t.found, 8), OK);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(w.t.found[i]->outcome, OUT_HELD);
    assert_int_equal(w.lying.calls, 0);
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
        cmocka_unit_test(a_failed_find_has_seen_nothing),
        cmocka_unit_test(gone_is_dated_and_settles),
        cmocka_unit_test(a_store_that_keeps_is_caught),
        cmocka_unit_test(what_is_forgotten_stays_unknown),
        cmocka_unit_test(answers_that_do_not_fit_are_unknown),
        cmocka_unit_test(a_failing_batch_leaves_the_rest_unknown),
        cmocka_unit_test(the_driver_sees_only_what_is_permitted),
        cmocka_unit_test(what_a_kind_cannot_have_done),
        cmocka_unit_test(a_closed_gate_stops_before_the_driver),
        cmocka_unit_test(residuals_keep_the_later_date),
        cmocka_unit_test(pseudonyms_have_a_shape),
        cmocka_unit_test(check_names_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
