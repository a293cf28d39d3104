/* change.c - the front of change: who may be handed to the driver, and what its answers may be. */
#include "store/front.h"

enum { EFFECTS_ON_DATA = EFFECT_ERASE | EFFECT_BLANK | EFFECT_PSEUDONYMISE | EFFECT_RESTRICT };

static bool may_answer(enum effect effect, enum outcome outcome)
{
    switch (outcome) {
    case OUT_GONE:
    case OUT_PSEUDONYMISED:
    case OUT_RESTRICTED:
        return outcome == front_success(effect);
    case OUT_SCRUBBED: /* a vendor's delete that only overwrites says so */
        return effect == EFFECT_BLANK || effect == EFFECT_ERASE;
    case OUT_UNRESTRICTED:
        return effect == EFFECT_RESTRICT;
    case OUT_ATTESTED:
        return effect == EFFECT_ERASE || effect == EFFECT_BLANK;
    case OUT_UNKNOWN:
    case OUT_ABSENT:
    case OUT_NOT_DELETABLE:
    case OUT_RETAINED:
    case OUT_HELD:
    case OUT_REFUSED:
    case OUT_SUBMITTED:
    case OUT_RETRY:
    case OUT_FAILED:
        return true;
    case OUT_PRESENT:
    case OUT_COUNT:
        break;
    }
    return false;
}

/* What the vendor has, it has, although nothing more is sent. */
static void not_sent(struct artefact *artefact, enum outcome outcome, const char *note)
{
    if (artefact->outcome != OUT_SUBMITTED)
        store_answer(artefact, outcome, note);
}

static bool is_others_too(const struct permit *permit, const struct artefact *artefact, enum effect effect)
{
    struct artefact alone = *artefact;
    alone.scope = SCOPE_CONTACT;
    return artefact->scope != SCOPE_CONTACT && permit_covers(permit, &alone, effect);
}

/* Whether the driver may see it at all; else it is answered here. */
static bool admit(const struct store *store, const struct permit *permit, enum effect effect, struct artefact *artefact)
{
    const struct store_kind *kind = store_kind_of(store, artefact->kind);
    bool able = kind != NULL && (kind->effects & effect) != 0;
    artefact->effect = effect;
    if (!permit_covers(permit, artefact, effect)) {
        bool others = is_others_too(permit, artefact, effect);
        not_sent(artefact, others ? OUT_RETAINED : OUT_REFUSED,
                 others ? "it belongs to others too, who are not to be erased now" : "the permit does not cover it");
        if (artefact->outcome == OUT_RETAINED)
            artefact->effect = EFFECT_NONE;
    } else if (!able) {
        bool restricting = effect == EFFECT_RESTRICT;
        not_sent(artefact, restricting ? OUT_UNRESTRICTED : OUT_REFUSED,
                 restricting ? "this store cannot restrict this kind" : "this store cannot do that to this kind");
    } else {
        return true;
    }
    return false;
}

static bool leaves_backup(enum outcome outcome)
{
    return outcome == OUT_GONE || outcome == OUT_SCRUBBED || outcome == OUT_PSEUDONYMISED;
}

/* The store has done nothing, and says so. */
static bool did_nothing(enum outcome outcome)
{
    return outcome == OUT_ABSENT || outcome == OUT_HELD || outcome == OUT_REFUSED || outcome == OUT_RETAINED ||
           outcome == OUT_RETRY || outcome == OUT_NOT_DELETABLE || outcome == OUT_UNRESTRICTED;
}

/* What was known before the driver was called. */
struct before { bool submitted, sent; };

static enum status conclude(const struct store *store, struct store_call *call, const struct before *before,
                            struct artefact *artefact, struct err *err)
{
    if (artefact->ticket.n > TICKET_BYTES_MAX) {
        artefact->ticket = STR_NONE;
        store_answer(artefact, OUT_UNKNOWN, "the driver gave a ticket that is too long");
    }
    if (!may_answer(artefact->effect, artefact->outcome))
        store_answer(artefact, OUT_UNKNOWN, "the driver gave an outcome that does not fit what was asked");
    if (!before->sent && did_nothing(artefact->outcome))
        artefact->sent_ms = TIME_NONE;
    if (before->submitted && (artefact->outcome == OUT_UNKNOWN || artefact->outcome == OUT_HELD ||
                              artefact->outcome == OUT_RETRY || artefact->outcome == OUT_REFUSED))
        artefact->outcome = OUT_SUBMITTED;
    if (artefact->outcome == OUT_UNKNOWN)
        return OK;
    artefact->at_ms = call->now_ms;
    if (artefact->outcome == front_success(artefact->effect) && artefact->not_before_ms == TIME_NONE)
        artefact->not_before_ms = call->now_ms + store_kind_of(store, artefact->kind)->settle_ms;
    return leaves_backup(artefact->outcome) ? front_backup(store, call, artefact, err) : OK;
}

static struct before hand_over(const struct store_call *call, struct artefact *artefact)
{
    struct before before = {artefact->outcome == OUT_SUBMITTED, artefact->sent_ms != TIME_NONE};
    store_answer(artefact, OUT_UNKNOWN, NULL);
    artefact->not_before_ms = TIME_NONE;
    if (!before.sent)
        artefact->sent_ms = call->now_ms;
    return before;
}

/* One call of the driver; its failure is returned after the outcomes it did give were taken. */
static enum status change_batch(struct store *store, struct store_call *call, enum effect effect,
                                struct artefact **batch, size_t n, struct err *err)
{
    bool held = !gate_open(call->gate);
    if (held || store_call_late(call)) {
        for (size_t i = 0; i < n; i++) {
            not_sent(batch[i], held ? OUT_HELD : OUT_RETRY, held ? "a hold may have arrived" : "out of time");
            batch[i]->at_ms = call->now_ms;
        }
        return OK;
    }
    struct before *before = ARENA_ARRAY(call->a, struct before, n);
    if (before == NULL)
        return ARENA_FULL(err, call->a);
    for (size_t i = 0; i < n; i++)
        before[i] = hand_over(call, batch[i]);
    enum status s = store->driver->change(store, call, effect, batch, n, err);
    for (size_t i = 0; i < n; i++)
        TRY(conclude(store, call, &before[i], batch[i], err));
    return s;
}

/* ---- locks, and what is scheduled ---- */

static bool admit_mirror(const struct store *store, const struct permit *permit, enum effect effect,
                         struct artefact *artefact)
{
    const struct store_kind *kind = store_kind_of(store, artefact->kind);
    bool able = kind != NULL && (kind->effects & effect) != 0;
    bool covered = permit_covers(permit, artefact, effect);
    if (!able && (effect != EFFECT_RECALL || artefact->mirror == MIRROR_NONE))
        artefact->mirror = MIRROR_NOT_APPLICABLE;
    else if (!covered && effect == EFFECT_LOCK)
        artefact->mirror = MIRROR_FAILED;
    return able && covered && !(effect == EFFECT_UNLOCK && artefact->mirror == MIRROR_FOREIGN);
}

static bool may_mirror(enum effect effect, enum mirror mirror)
{
    bool lock = effect == EFFECT_LOCK;
    switch (mirror) {
    case MIRROR_NONE:
        return !lock;
    case MIRROR_MIRRORED:
    case MIRROR_OVER_QUOTA:
        return lock;
    case MIRROR_FOREIGN:
        return effect != EFFECT_RECALL;
    case MIRROR_FAILED:
    case MIRROR_NOT_APPLICABLE:
        return true;
    case MIRROR_COUNT:
        break;
    }
    return false;
}

/* Nothing the driver did beside its answer, its ticket and residuals counts. */
static void conclude_mirror(const struct store_call *call, enum effect effect, const struct artefact *before,
                            struct artefact *artefact)
{
    enum mirror mirror = may_mirror(effect, artefact->mirror) ? artefact->mirror : MIRROR_FAILED;
    struct artefact after = *before;
    if (artefact->ticket.n <= TICKET_BYTES_MAX)
        after.ticket = artefact->ticket;
    after.residuals = artefact->residuals;
    after.residuals_n = artefact->residuals_n;
    bool locked = before->mirror == MIRROR_MIRRORED || before->mirror == MIRROR_OVER_QUOTA ||
                  before->mirror == MIRROR_FOREIGN;
    if (effect != EFFECT_RECALL || !locked)
        after.mirror = mirror;
    if (effect == EFFECT_RECALL && mirror == MIRROR_NONE) {
        after.sent_ms = TIME_NONE;
        if (before->outcome == OUT_SUBMITTED) {
            store_answer(&after, OUT_PRESENT, NULL);
            after.at_ms = call->now_ms;
            after.not_before_ms = TIME_NONE;
        }
    }
    *artefact = after;
}

static enum status mirror_batch(struct store *store, struct store_call *call, enum effect effect,
                                struct artefact **batch, size_t n, struct err *err)
{
    if (!gate_open(call->gate) || store_call_late(call)) {
        for (size_t i = 0; i < n && effect == EFFECT_LOCK; i++)
            batch[i]->mirror = MIRROR_FAILED;
        return OK;
    }
    struct artefact *before = ARENA_ARRAY(call->a, struct artefact, n);
    if (before == NULL)
        return ARENA_FULL(err, call->a);
    for (size_t i = 0; i < n; i++) {
        before[i] = *batch[i];
        batch[i]->mirror = MIRROR_FAILED; /* until it is answered */
    }
    enum status s = store->driver->change(store, call, effect, batch, n, err);
    for (size_t i = 0; i < n; i++)
        conclude_mirror(call, effect, &before[i], batch[i]);
    return s;
}

enum status store_change(struct store *store, struct store_call *call, const struct permit *permit, enum effect effect,
                         struct artefact **artefacts, size_t n, struct err *err)
{
    bool on_data = ((unsigned)effect & EFFECTS_ON_DATA) != 0;
    ASSERT(permit != NULL && effect != EFFECT_NONE);
    ASSERT(effect != EFFECT_PSEUDONYMISE || call->pseudonymiser != NULL);
    bool seen_before = front_begin(store, call);
    call->gate = permit_gate(permit);
    struct artefact **admitted = ARENA_ARRAY(call->a, struct artefact *, n);
    if (admitted == NULL && n > 0)
        return ARENA_FULL(err, call->a);
    size_t admitted_n = 0, batch_max = store->driver->change_batch_max;
    ASSERT(batch_max > 0);
    for (size_t i = 0; i < n; i++) {
        ASSERT(str_eq(artefacts[i]->store, store->name));
        if (on_data ? admit(store, permit, effect, artefacts[i]) : admit_mirror(store, permit, effect, artefacts[i]))
            admitted[admitted_n++] = artefacts[i];
    }
    enum status s = OK;
    for (size_t i = 0; i < admitted_n && s == OK; i += batch_max) {
        size_t batch_n = front_smaller(batch_max, admitted_n - i);
        s = on_data ? change_batch(store, call, effect, admitted + i, batch_n, err)
                    : mirror_batch(store, call, effect, admitted + i, batch_n, err);
    }
    front_end(store, call, seen_before);
    return front_named(store, s, err);
}
