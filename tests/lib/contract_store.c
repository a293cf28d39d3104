/* contract_store.c - what must be true of every store, told through the front alone. */
#include "tests/lib/contract_store.h"

#include <setjmp.h>

#include <cmocka.h>

#define assert_status(t, call)                                                                                         \
    do {                                                                                                               \
        if ((call) != OK)                                                                                              \
            fail_msg("%s", (t)->err.text);                                                                             \
    } while (0)

static void start(struct trial *t, const struct contract_store *c)
{
    c->fill(c->ctx);
    trial_open(t, c->yaml, c->base_dir);
    assert_status(t, trial_find(t, c->targets, c->n));
}

static const struct permit *permit_all(struct trial *t, const struct contract_store *c, enum effect effect)
{
    return trial_permit(t, c->targets, c->n, effect);
}

static void assert_outcomes(const struct trial *t, enum outcome outcome)
{
    for (size_t i = 0; i < t->found_n; i++)
        if (t->found[i]->outcome != outcome)
            fail_msg("%.*s is %s, not %s: %.*s", STR_ARG(t->found[i]->locator), outcome_name(t->found[i]->outcome),
                     outcome_name(outcome), STR_ARG(t->found[i]->note));
}

static void assert_untouched(const struct contract_store *c)
{
    for (size_t i = 0; i < c->n; i++)
        assert_true(c->left(c->ctx, i) > 0);
}

static bool same_artefact(const struct artefact *a, const struct artefact *b)
{
    return a->kind == b->kind && str_eq(a->locator, b->locator) && row_key_eq(&a->contact, &b->contact);
}

static void finds_everything(const struct contract_store *c)
{
    struct trial t;
    size_t distinct = 0;
    start(&t, c);
    for (size_t i = 0; i < t.found_n; i++) {
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || same_artefact(t.found[i], t.found[k]);
        distinct += !repeated;
        assert_true(str_is(t.found[i]->store, "under-test"));
        assert_true(row_key_eq(&t.found[i]->contact, &c->targets[t.found_target[i]].contact));
        assert_non_null(store_kind_of(t.store, t.found[i]->kind));
    }
    assert_int_equal(distinct, c->artefacts);
    for (size_t i = 0; i < c->n; i++) {
        assert_int_equal(t.seen[i].sight, SIGHT_WHOLE);
        assert_non_null(trial_found(&t, i, 0));
    }
    struct store_target stranger = trial_target("nobody-has-this-id");
    assert_status(&t, trial_find(&t, &stranger, 1));
    assert_int_equal(t.found_n, 0);
    assert_int_equal(t.seen[0].sight, SIGHT_WHOLE);
    trial_close(&t);
}

static void erases_all_and_twice(const struct contract_store *c)
{
    struct trial t;
    start(&t, c);
    const struct permit *permit = permit_all(&t, c, EFFECT_ERASE);
    assert_status(&t, trial_verify(&t, t.found, t.found_n));
    assert_outcomes(&t, OUT_PRESENT);
    assert_status(&t, trial_change(&t, permit, EFFECT_ERASE, t.found, t.found_n));
    assert_outcomes(&t, OUT_GONE);
    for (size_t i = 0; i < t.found_n; i++) {
        assert_int_equal(t.found[i]->at_ms, TRIAL_NOW_MS);
        assert_int_equal(t.found[i]->sent_ms, TRIAL_NOW_MS);
    }
    for (size_t i = 0; i < c->n; i++)
        assert_int_equal(c->left(c->ctx, i), 0);
    assert_status(&t, trial_verify(&t, t.found, t.found_n));
    assert_outcomes(&t, OUT_ABSENT);
    for (size_t i = 0; i < t.found_n; i++)
        assert_int_equal(t.found[i]->verified_ms, TRIAL_NOW_MS);
    assert_status(&t, trial_change(&t, permit, EFFECT_ERASE, t.found, t.found_n));
    assert_outcomes(&t, OUT_ABSENT);
    assert_status(&t, trial_find(&t, c->targets, c->n));
    assert_int_equal(t.found_n, 0);
    trial_close(&t);
}

static void touches_what_is_permitted_only(const struct contract_store *c)
{
    struct trial t;
    start(&t, c);
    const struct permit *permit = trial_permit(&t, &c->targets[0], 1, EFFECT_ERASE);
    assert_status(&t, trial_change(&t, permit, EFFECT_ERASE, t.found, t.found_n));
    for (size_t i = 0; i < t.found_n; i++)
        assert_int_equal(t.found[i]->outcome, t.found_target[i] == 0 ? OUT_GONE : OUT_REFUSED);
    assert_int_equal(c->left(c->ctx, 0), 0);
    for (size_t i = 1; i < c->n; i++)
        assert_true(c->left(c->ctx, i) > 0);
    trial_close(&t);
}

static void stops_at_a_closed_gate(const struct contract_store *c)
{
    struct trial t;
    start(&t, c);
    const struct permit *permit = permit_all(&t, c, EFFECT_ERASE);
    t.watch.epoch++; /* a hold */
    t.found[0]->outcome = OUT_SUBMITTED; /* by an earlier visit: it is not forgotten */
    assert_status(&t, trial_change(&t, permit, EFFECT_ERASE, t.found, t.found_n));
    assert_int_equal(t.found[0]->outcome, OUT_SUBMITTED);
    t.found[0]->outcome = OUT_HELD;
    assert_outcomes(&t, OUT_HELD);
    for (size_t i = 0; i < t.found_n; i++)
        assert_int_equal(t.found[i]->sent_ms, TIME_NONE);
    assert_untouched(c);
    t.watch.epoch--;
    t.watch.read_ms = t.now_ms - 1001; /* what is known of holds is too old */
    assert_status(&t, trial_change(&t, permit, EFFECT_ERASE, t.found, t.found_n));
    assert_outcomes(&t, OUT_HELD);
    assert_untouched(c);
    trial_close(&t);
}

static void is_never_gone_while_away(const struct contract_store *c)
{
    struct trial t;
    start(&t, c);
    const struct permit *permit = permit_all(&t, c, EFFECT_ERASE);
    struct artefact **found = t.found;
    size_t n = t.found_n;
    c->away(c->ctx);
    enum status changed = trial_change(&t, permit, EFFECT_ERASE, found, n);
    for (size_t i = 0; i < n; i++)
        assert_true(found[i]->outcome == OUT_UNKNOWN || found[i]->outcome == OUT_RETRY);
    enum status verified = trial_verify(&t, found, n);
    for (size_t i = 0; i < n; i++)
        assert_true(found[i]->outcome == OUT_UNKNOWN || found[i]->outcome == OUT_RETRY);
    enum status searched = trial_find(&t, c->targets, c->n);
    for (size_t i = 0; i < c->n; i++)
        assert_int_equal(t.seen[i].sight, SIGHT_UNKNOWN);
    c->back(c->ctx);
    assert_int_equal(changed, E_RETRY);
    assert_int_equal(verified, E_RETRY);
    assert_int_equal(searched, E_RETRY);
    assert_untouched(c);
    assert_status(&t, trial_find(&t, c->targets, c->n));
    assert_status(&t, trial_change(&t, permit, EFFECT_ERASE, t.found, t.found_n));
    assert_outcomes(&t, OUT_GONE);
    trial_close(&t);
}

static void a_lie_is_caught(const struct contract_store *c)
{
    struct trial t;
    start(&t, c);
    const struct permit *permit = permit_all(&t, c, EFFECT_ERASE);
    if (c->lie != NULL)
        c->lie(c->ctx);
    assert_status(&t, trial_change(&t, permit, EFFECT_ERASE, t.found, t.found_n));
    if (c->lie == NULL)
        c->fill(c->ctx); /* it comes back behind our back */
    assert_status(&t, trial_verify(&t, t.found, t.found_n));
    assert_outcomes(&t, OUT_PRESENT);
    for (size_t i = 0; i < t.found_n; i++)
        assert_int_equal(t.found[i]->verified_ms, TIME_NONE);
    if (c->honest != NULL)
        c->honest(c->ctx);
    trial_close(&t);
}

static void out_of_time_is_not_done(const struct contract_store *c)
{
    struct trial t;
    start(&t, c);
    const struct permit *permit = permit_all(&t, c, EFFECT_ERASE);
    struct store_call call = {.now_ms = t.now_ms, .deadline_ms = t.now_ms, .a = &t.a};
    assert_status(&t, store_change(t.store, &call, permit, EFFECT_ERASE, t.found, t.found_n, &t.err));
    assert_outcomes(&t, OUT_RETRY);
    assert_untouched(c);
    call = (struct store_call){.now_ms = t.now_ms, .deadline_ms = t.now_ms, .a = &t.a};
    assert_status(&t, store_verify(t.store, &call, t.found, t.found_n, &t.err));
    assert_outcomes(&t, OUT_UNKNOWN);
    for (size_t i = 0; i < t.found_n; i++)
        assert_int_equal(t.found[i]->sent_ms, TIME_NONE);
    trial_close(&t);
}

static void shared_without_owners_is_retained(const struct contract_store *c)
{
    struct trial t;
    start(&t, c);
    struct artefact *first = t.found[0];
    const struct permit *permit = permit_all(&t, c, EFFECT_ERASE);
    first->scope = SCOPE_SHARED;
    first->owners_n = 0;
    assert_status(&t, trial_change(&t, permit, EFFECT_ERASE, &first, 1));
    assert_int_equal(first->outcome, OUT_RETAINED);
    assert_int_equal(first->effect, EFFECT_NONE);
    first->scope = SCOPE_CONTACT;
    assert_status(&t, trial_verify(&t, &first, 1));
    assert_int_equal(first->outcome, OUT_PRESENT);
    trial_close(&t);
}

static void other_effects_read_back(const struct contract_store *c, enum effect effect, enum outcome success)
{
    struct trial t;
    start(&t, c);
    const struct permit *permit = permit_all(&t, c, effect);
    for (int twice = 0; twice < 2; twice++) {
        assert_status(&t, trial_change(&t, permit, effect, t.found, t.found_n));
        assert_outcomes(&t, success);
        assert_status(&t, trial_verify(&t, t.found, t.found_n));
        assert_outcomes(&t, success);
    }
    assert_untouched(c); /* it is still there */
    for (size_t i = 0; i < c->n && effect != EFFECT_RESTRICT && c->in_clear != NULL; i++)
        assert_false(c->in_clear(c->ctx, i));
    size_t n = t.found_n;
    assert_status(&t, trial_find(&t, c->targets, c->n));
    assert_int_equal(t.found_n, n); /* and still found, so that it can be erased later */
    assert_status(&t, trial_change(&t, permit_all(&t, c, EFFECT_ERASE), EFFECT_ERASE, t.found, t.found_n));
    assert_outcomes(&t, OUT_GONE);
    for (size_t i = 0; i < c->n; i++)
        assert_int_equal(c->left(c->ctx, i), 0);
    trial_close(&t);
}

static void says_what_it_cannot_do(const struct contract_store *c)
{
    struct trial t;
    start(&t, c);
    const struct permit *permit = permit_all(&t, c, EFFECT_RECALL);
    assert_status(&t, trial_change(&t, permit, EFFECT_RECALL, t.found, t.found_n));
    const struct store_kind *kind = store_kind_of(t.store, t.found[0]->kind);
    if ((kind->effects & EFFECT_RECALL) == 0)
        assert_int_equal(t.found[0]->mirror, MIRROR_NOT_APPLICABLE);
    assert_int_equal(t.found[0]->outcome, OUT_UNKNOWN); /* of its data nothing was asked */
    assert_int_equal(t.found[0]->effect, EFFECT_NONE);
    if ((kind->effects & EFFECT_RESTRICT) == 0) {
        permit = permit_all(&t, c, EFFECT_RESTRICT);
        assert_status(&t, trial_change(&t, permit, EFFECT_RESTRICT, t.found, 1));
        assert_int_equal(t.found[0]->outcome, OUT_UNRESTRICTED);
    }
    assert_untouched(c);
    trial_close(&t);
}

static void checks_itself(const struct contract_store *c)
{
    struct trial t;
    struct store_check check;
    start(&t, c);
    struct store_call call = {.now_ms = t.now_ms, .deadline_ms = t.now_ms + 30000, .a = &t.a};
    assert_status(&t, store_check(t.store, &call, &check, &t.err));
    assert_true(check.n > 0);
    for (size_t i = 0; i < check.n; i++)
        if (!check.findings[i].good)
            fail_msg("%.*s", STR_ARG(check.findings[i].what));
    c->away(c->ctx);
    call = (struct store_call){.now_ms = t.now_ms, .deadline_ms = t.now_ms + 30000, .a = &t.a};
    enum status s = store_check(t.store, &call, &check, &t.err);
    c->back(c->ctx);
    assert_int_equal(s, E_RETRY);
    trial_close(&t);
}

void contract_store(const struct contract_store *c)
{
    assert_true(c->n >= 3);
    checks_itself(c);
    finds_everything(c);
    erases_all_and_twice(c);
    touches_what_is_permitted_only(c);
    stops_at_a_closed_gate(c);
    is_never_gone_while_away(c);
    out_of_time_is_not_done(c);
    shared_without_owners_is_retained(c);
    says_what_it_cannot_do(c);
    a_lie_is_caught(c);
    if ((c->effects & EFFECT_PSEUDONYMISE) != 0)
        other_effects_read_back(c, EFFECT_PSEUDONYMISE, OUT_PSEUDONYMISED);
    if ((c->effects & EFFECT_BLANK) != 0)
        other_effects_read_back(c, EFFECT_BLANK, OUT_SCRUBBED);
    if ((c->effects & EFFECT_RESTRICT) != 0)
        other_effects_read_back(c, EFFECT_RESTRICT, OUT_RESTRICTED);
}
