/* test_change.c - the front of change: who reaches the driver, what its answers may be, locks. */
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
    assert_int_equal(a->outcome, OUT_RETAINED);
    assert_int_equal(a->effect, EFFECT_NONE); /* looked at again when the other one goes */
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

static void what_the_vendor_has_is_not_forgotten(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    struct artefact *a = w.t.found[0];
    const struct permit *p = permit(&w, EFFECT_ERASE);
    w.lying.answer = OUT_SUBMITTED;
    assert_int_equal(trial_change(&w.t, p, EFFECT_ERASE, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_SUBMITTED);
    assert_int_equal(a->sent_ms, TRIAL_NOW_MS);
    w.t.now_ms += 1000;
    w.t.watch.read_ms = w.t.now_ms;
    w.t.watch.epoch++; /* a hold arrives */
    assert_int_equal(trial_change(&w.t, p, EFFECT_ERASE, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_SUBMITTED);
    w.t.watch.epoch--;
    const struct permit *other = trial_permit(&w.t, w.targets + 1, 1, EFFECT_ERASE);
    assert_int_equal(trial_change(&w.t, other, EFFECT_ERASE, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_SUBMITTED);
    static const enum outcome nothing[] = {OUT_HELD, OUT_RETRY, OUT_REFUSED};
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
        w.lying.answer = nothing[i];
        assert_int_equal(trial_change(&w.t, p, EFFECT_ERASE, &a, 1), OK);
        assert_int_equal(a->outcome, OUT_SUBMITTED);
        assert_int_equal(a->sent_ms, TRIAL_NOW_MS); /* the first time counts */
    }
    w.lying.answer = OUT_GONE;
    assert_int_equal(trial_change(&w.t, p, EFFECT_ERASE, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_GONE);
    assert_int_equal(a->sent_ms, TRIAL_NOW_MS);
    trial_close(&w.t);
}

static void sent_is_what_may_have_been_done(void **state)
{
    (void)state;
    static const struct { enum outcome answer; bool sent; } cases[] = {
        {OUT_GONE, true},      {OUT_SUBMITTED, true}, {OUT_SCRUBBED, true},       {OUT_FAILED, true},
        {OUT_ABSENT, false},   {OUT_HELD, false},     {OUT_RETRY, false},         {OUT_REFUSED, false},
        {OUT_RETAINED, false}, {OUT_PRESENT, true},   {OUT_NOT_DELETABLE, false}, {OUT_UNRESTRICTED, true},
    };
    struct world w;
    start(&w, LIE_NONE);
    const struct permit *p = permit(&w, EFFECT_ERASE);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct artefact a = *w.t.found[0], *one = &a;
        w.lying.answer = cases[i].answer;
        assert_int_equal(trial_change(&w.t, p, EFFECT_ERASE, &one, 1), OK);
        assert_int_equal(a.sent_ms, cases[i].sent ? TRIAL_NOW_MS : TIME_NONE);
        a.sent_ms = 5; /* an earlier try, of which nobody knows what it did: that it is absent now may be our doing */
        a.outcome = OUT_UNKNOWN;
        assert_int_equal(trial_change(&w.t, p, EFFECT_ERASE, &one, 1), OK);
        assert_int_equal(a.sent_ms, 5);
    }
    trial_close(&w.t);
}

static void a_ticket_too_long_is_no_answer(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_LONG_TICKET);
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_ERASE), EFFECT_ERASE, w.t.found, 1), OK);
    assert_int_equal(w.t.found[0]->outcome, OUT_UNKNOWN);
    assert_int_equal(w.t.found[0]->ticket.n, 0);
    assert_int_equal(w.t.found[0]->sent_ms, TRIAL_NOW_MS);
    trial_close(&w.t);
}

static enum mirror mirrored(struct world *w, enum effect effect, enum mirror before, enum mirror answer)
{
    struct artefact a = *w->t.found[0], *one = &a;
    a.outcome = OUT_RETAINED;
    a.mirror = before;
    w->lying.mirror = answer;
    assert_int_equal(trial_change(&w->t, permit(w, effect), effect, &one, 1), OK);
    assert_int_equal(a.outcome, OUT_RETAINED); /* whatever the driver wrote there */
    assert_int_equal(a.effect, EFFECT_NONE);
    assert_int_equal(a.at_ms, TIME_NONE);
    assert_int_equal(a.sent_ms, TIME_NONE);
    return a.mirror;
}

static void locks_have_a_field_of_their_own(void **state)
{
    (void)state;
    static const struct { enum effect effect; enum mirror before, answer, after; } cases[] = {
        {EFFECT_LOCK, MIRROR_NONE, MIRROR_MIRRORED, MIRROR_MIRRORED},
        {EFFECT_LOCK, MIRROR_NONE, MIRROR_FOREIGN, MIRROR_FOREIGN},
        {EFFECT_LOCK, MIRROR_NONE, MIRROR_OVER_QUOTA, MIRROR_OVER_QUOTA},
        {EFFECT_LOCK, MIRROR_MIRRORED, MIRROR_NONE, MIRROR_FAILED}, /* no answer to a lock */
        {EFFECT_UNLOCK, MIRROR_MIRRORED, MIRROR_NONE, MIRROR_NONE},
        {EFFECT_UNLOCK, MIRROR_MIRRORED, MIRROR_MIRRORED, MIRROR_FAILED},
        {EFFECT_UNLOCK, MIRROR_FOREIGN, MIRROR_NONE, MIRROR_FOREIGN}, /* never reaches the driver */
        {EFFECT_RECALL, MIRROR_NONE, MIRROR_NONE, MIRROR_NONE},
        {EFFECT_RECALL, MIRROR_NONE, MIRROR_MIRRORED, MIRROR_FAILED},
        {EFFECT_RECALL, MIRROR_MIRRORED, MIRROR_NONE, MIRROR_MIRRORED}, /* the lock stays */
        {EFFECT_RECALL, MIRROR_FOREIGN, MIRROR_FAILED, MIRROR_FOREIGN},
    };
    struct world w;
    start(&w, LIE_NONE);
    w.t.store->kinds[0].effects |= EFFECT_LOCK | EFFECT_UNLOCK | EFFECT_RECALL;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(mirrored(&w, cases[i].effect, cases[i].before, cases[i].answer), cases[i].after);
    assert_int_equal(w.lying.changes, ARRAY_LEN(cases) - 1);
    w.lying.lie = LIE_FAILS_LATER;
    w.lying.calls = 1;
    struct artefact *a = w.t.found[0];
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_LOCK), EFFECT_LOCK, &a, 1), E_RETRY);
    assert_int_equal(a->mirror, MIRROR_FAILED);
    w.t.store->kinds[0].effects = EFFECT_ERASE;
    assert_int_equal(mirrored(&w, EFFECT_LOCK, MIRROR_NONE, MIRROR_MIRRORED), MIRROR_NOT_APPLICABLE);
    trial_close(&w.t);
}

static void a_lock_that_is_not_sent(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    w.t.store->kinds[0].effects |= EFFECT_LOCK | EFFECT_UNLOCK | EFFECT_RECALL;
    const struct permit *lock = permit(&w, EFFECT_LOCK), *unlock = permit(&w, EFFECT_UNLOCK);
    w.t.watch.epoch++;
    assert_int_equal(mirrored(&w, EFFECT_LOCK, MIRROR_NONE, MIRROR_MIRRORED), MIRROR_MIRRORED); /* a permit of now */
    size_t changes = w.lying.changes;
    w.t.watch.epoch++;
    struct artefact *a = w.t.found[0];
    assert_int_equal(trial_change(&w.t, lock, EFFECT_LOCK, &a, 1), OK);
    assert_int_equal(a->mirror, MIRROR_FAILED);
    a->mirror = MIRROR_MIRRORED;
    assert_int_equal(trial_change(&w.t, unlock, EFFECT_UNLOCK, &a, 1), OK);
    assert_int_equal(a->mirror, MIRROR_MIRRORED);
    assert_int_equal(w.lying.changes, changes);
    trial_close(&w.t);
}

static void what_is_recalled_was_not_sent(void **state)
{
    (void)state;
    struct world w;
    start(&w, LIE_NONE);
    w.t.store->kinds[0].effects |= EFFECT_RECALL;
    struct artefact *a = w.t.found[0];
    a->outcome = OUT_SUBMITTED;
    a->sent_ms = 5;
    w.lying.mirror = MIRROR_FAILED;
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_RECALL), EFFECT_RECALL, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_SUBMITTED);
    assert_int_equal(a->sent_ms, 5);
    w.lying.mirror = MIRROR_NONE;
    assert_int_equal(trial_change(&w.t, permit(&w, EFFECT_RECALL), EFFECT_RECALL, &a, 1), OK);
    assert_int_equal(a->outcome, OUT_PRESENT);
    assert_int_equal(a->sent_ms, TIME_NONE);
    assert_int_equal(a->mirror, MIRROR_NONE);
    trial_close(&w.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gone_is_dated_and_settles),
        cmocka_unit_test(what_is_forgotten_stays_unknown),
        cmocka_unit_test(a_failing_batch_leaves_the_rest_unknown),
        cmocka_unit_test(the_driver_sees_only_what_is_permitted),
        cmocka_unit_test(what_a_kind_cannot_have_done),
        cmocka_unit_test(a_closed_gate_stops_before_the_driver),
        cmocka_unit_test(what_the_vendor_has_is_not_forgotten),
        cmocka_unit_test(sent_is_what_may_have_been_done),
        cmocka_unit_test(a_ticket_too_long_is_no_answer),
        cmocka_unit_test(locks_have_a_field_of_their_own),
        cmocka_unit_test(a_lock_that_is_not_sent),
        cmocka_unit_test(what_is_recalled_was_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
