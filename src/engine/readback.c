/* Verification: what was changed is read back by another path, no sooner than it has settled (rules 2.15-2.17). */
#include "engine/job.h"
#include "engine/stores_view.h"

static void read_back_again_later(struct run *r, struct artefact *f)
{
    f->tries++;
    f->not_before_ms = r->now_ms + backoff_ms(f->tries);
}

/* The store said it would do it by itself: what has become of it? */
static void judge_submitted(struct run *r, struct artefact *f, enum outcome seen)
{
    f->outcome = OUT_SUBMITTED;
    if (seen == OUT_ABSENT || outcome_is_settled(seen)) {
        f->outcome = seen == OUT_ABSENT && f->effect == EFFECT_ERASE ? OUT_GONE : seen;
        f->at_ms = f->verified_ms = r->now_ms;
        f->not_before_ms = TIME_NONE;
    } else if (seen == OUT_PRESENT || seen == OUT_HELD) {
        f->outcome = seen;
        if (!f->note.n)
            f->note = STR("the store took it on and did not do it");
        if (f->first_try_ms == TIME_NONE)
            f->first_try_ms = r->now_ms;
        read_back_again_later(r, f);
    } else if (f->not_before_ms == TIME_NONE || f->not_before_ms <= r->now_ms) {
        read_back_again_later(r, f);
    }
}

/* `seen` is what the store answered; f->outcome what the change had answered. */
static void judge(struct run *r, struct artefact *f, enum outcome claimed, enum outcome seen)
{
    if (claimed == OUT_SUBMITTED) {
        judge_submitted(r, f, seen);
        return;
    }
    bool as_claimed = outcome_is_gone(claimed) ? seen == OUT_ABSENT || seen == OUT_GONE : seen == claimed;
    if (as_claimed) {
        f->outcome = claimed;
        f->verified_ms = r->now_ms;
        return;
    }
    f->outcome = claimed;
    if (seen == OUT_PRESENT || outcome_is_settled(seen)) { /* it said yes and kept the data */
        f->outcome = OUT_PRESENT;
        f->note = STR("reads back as still there");
        if (f->first_try_ms == TIME_NONE)
            f->first_try_ms = r->now_ms;
    }
    read_back_again_later(r, f);
}

/* What is to be read back in this store; turn->own: what each had been answered when it was changed. */
static enum status gather(struct run *r, size_t store, size_t total, struct err *err)
{
    struct store_turn *turn = turn_at(r, store);
    if (!turn->store || r->away[store])
        return OK;
    turn->batch = ARENA_ARRAY(r->a, struct artefact *, total + 1);
    enum outcome *claimed = ARENA_ARRAY(r->a, enum outcome, total + 1);
    if (!turn->batch || !claimed)
        return ARENA_FULL(err, r->a);
    for (EACH_JOB(r, j)) {
        if (!j->active)
            continue;
        for (EACH_WORK(j, f))
            if (str_eq(f->store, turn->store->name) && artefact_to_verify(f, r->now_ms)) {
                claimed[turn->batch_n] = f->outcome;
                turn->batch[turn->batch_n++] = f;
            }
    }
    turn->own = claimed;
    turn->takes_part = turn->batch_n > 0;
    return OK;
}

static enum status verify_turn(struct store_turn *turn, struct err *why)
{
    return store_verify(turn->store, &turn->call, turn->batch, turn->batch_n, why);
}

/* A second look asks again what was verified before; a retired store answers no more (rule 2.23). */
static void forget_read_back(const struct run *r, struct job *j)
{
    for (EACH_WORK(j, f))
        if (outcome_is_settled(f->outcome) && store_is_duty(r->engine, f->store)) {
            f->verified_ms = TIME_NONE;
            f->not_before_ms = TIME_NONE;
        }
}

enum status run_readback(struct run *r, struct err *err)
{
    for (EACH_JOB(r, j))
        if (j->active && j->read_back_only)
            forget_read_back(r, j);
    size_t total = 0;
    bool any = false;
    for (EACH_JOB(r, j))
        total += j->active ? j->work_n : 0;
    for (size_t store = 0; store < r->engine->stores_n; store++)
        TRY(gather(r, store, total, err));
    TRY(turns_take(r, verify_turn, err));
    for (size_t store = 0; store < r->engine->stores_n; store++) {
        const struct store_turn *turn = &r->turns[store];
        const enum outcome *claimed = turn->own;
        any |= turn->takes_part;
        for (size_t i = 0; i < turn->batch_n; i++)
            judge(r, turn->batch[i], claimed[i], turn->batch[i]->outcome); /* those not reached are unknown, whatever the status */
    }
    for (EACH_JOB(r, j))
        for (EACH_WORK(j, f))
            j->found_again |= any && j->active && j->read_back_only && f->outcome == OUT_PRESENT;
    return OK;
}
