/* store.c - the front: the only caller of a driver's operations. Permits, gates, batches, deadlines, outcomes. */
#include "store/store.h"

#include "base/clock.h"

#include <stdio.h>

enum { CALL_MAX_MS = 60000, NOTE_BYTES_MAX = 400 };

static void begin(struct store_call *call)
{
    ASSERT(call->a != NULL && call->deadline_ms >= call->now_ms);
    if (call->deadline_ms - call->now_ms > CALL_MAX_MS)
        call->deadline_ms = call->now_ms + CALL_MAX_MS;
    call->began_ms = clock_monotonic_ms();
}

bool store_call_late(const struct store_call *call)
{
    return clock_monotonic_ms() - call->began_ms >= call->deadline_ms - call->now_ms;
}

static enum status named(const struct store *store, enum status s, struct err *err)
{
    return s == OK ? OK : err_prefix(err, "store %.*s", STR_ARG(store->name));
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- what drivers call ---- */

bool store_is_pseudonym(struct str value)
{
    if (value.n != 24 || !str_starts(value, STR("PSN-")))
        return false;
    for (size_t i = 4; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
            return false;
    }
    return true;
}

struct str store_pseudonym(const struct store_call *call, struct str value)
{
    ASSERT(call->pseudonymiser != NULL);
    if (store_is_pseudonym(value))
        return value;
    struct str p = call->pseudonymiser->of(call->pseudonymiser->ctx, value, call->a);
    ASSERT(p.p == NULL || store_is_pseudonym(p)); /* else doing it again would make a pseudonym of the pseudonym */
    return p;
}

void store_answer(struct artefact *artefact, enum outcome outcome, const char *note)
{
    artefact->outcome = outcome;
    artefact->note = str_of(note);
}

enum status store_residual(struct store_call *call, struct artefact *artefact, const char *kind, int64_t until_ms,
                           struct err *err)
{
    for (size_t i = 0; i < artefact->residuals_n; i++) {
        struct residual *r = &artefact->residuals[i];
        if (!str_is(r->kind, kind))
            continue;
        if (until_ms == TIME_NONE || (r->until_ms != TIME_NONE && r->until_ms < until_ms))
            r->until_ms = until_ms; /* TIME_NONE: no bounded date, later than all */
        return OK;
    }
    struct residual *more = ARENA_ARRAY(call->a, struct residual, artefact->residuals_n + 1);
    if (more == NULL)
        return ARENA_FULL(err, call->a);
    if (artefact->residuals_n > 0)
        memcpy(more, artefact->residuals, artefact->residuals_n * sizeof(*more));
    more[artefact->residuals_n] = (struct residual){str_of(kind), until_ms};
    artefact->residuals = more;
    artefact->residuals_n++;
    return OK;
}

enum status store_finding(struct store_call *call, struct store_check *out, bool good, struct err *err, const char *fmt,
                          ...)
{
    char text[NOTE_BYTES_MAX];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    void *findings = out->findings;
    if (!arena_grow(call->a, &findings, &out->cap, out->n + 1, sizeof(*out->findings)))
        return ARENA_FULL(err, call->a);
    out->findings = findings;
    struct str what = arena_str(call->a, str_of(text));
    if (what.p == NULL)
        return ARENA_FULL(err, call->a);
    out->findings[out->n++] = (struct store_finding){good, what};
    return OK;
}

/* ---- check and find ---- */

enum status store_check(struct store *store, struct store_call *call, struct store_check *out, struct err *err)
{
    begin(call);
    *out = (struct store_check){.server_ms = TIME_NONE};
    return named(store, store->driver->check(store, call, out, err), err);
}

/* Stands between driver and engine: completes and checks what a driver yields. */
struct passage {
    const struct store *store;
    const struct store_sink *sink;
    const struct store_target *targets;
    size_t first, n; /* the part of the targets the driver was given */
};

static enum status pass_artefact(void *ctx, size_t target, const struct artefact *found, struct err *err)
{
    const struct passage *pass = ctx;
    ASSERT(target < pass->n);
    const struct store_kind *kind = store_kind_of(pass->store, found->kind);
    if (kind == NULL)
        return FAIL(err, E_INVALID, "the driver yields a kind (%s) it has not declared", kind_name(found->kind));
    if (found->locator.n == 0 || found->locator.n > LOCATOR_BYTES_MAX)
        return FAIL(err, E_LIMIT, "a locator of %zu bytes; at most %d", found->locator.n, (int)LOCATOR_BYTES_MAX);
    if (found->ticket.n > TICKET_BYTES_MAX || found->owners_n > OWNERS_MAX)
        return FAIL(err, E_LIMIT, "ticket or owners of an artefact are too many");
    struct artefact whole = *found;
    whole.store = pass->store->name;
    whole.contact = pass->targets[target + pass->first].contact;
    whole.stage = kind->stage;
    whole.effect = EFFECT_NONE;
    whole.at_ms = whole.verified_ms = whole.not_before_ms = whole.first_try_ms = TIME_NONE;
    return pass->sink->add(pass->sink->ctx, target + pass->first, &whole, err);
}

static enum status pass_lead(void *ctx, size_t target, const struct locator *lead, struct err *err)
{
    const struct passage *pass = ctx;
    ASSERT(target < pass->n);
    return pass->sink->lead != NULL ? pass->sink->lead(pass->sink->ctx, target + pass->first, lead, err) : OK;
}

enum status store_find(struct store *store, struct store_call *call, const struct store_target *targets, size_t n,
                       const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    begin(call);
    for (size_t i = 0; i < n; i++)
        seen[i] = (struct store_seen){SIGHT_UNKNOWN, TIME_NONE};
    size_t batch = store->driver->find_batch_max;
    ASSERT(batch > 0);
    for (size_t i = 0; i < n; i += batch) {
        struct passage pass = {store, sink, targets, i, smaller(batch, n - i)};
        struct store_sink through = {&pass, pass_artefact, pass_lead};
        if (store_call_late(call))
            return FAIL(err, E_RETRY, "store %.*s: not finished in time", STR_ARG(store->name));
        enum status s = store->driver->find(store, call, targets + i, pass.n, &through, seen + i, err);
        if (s == OK)
            continue;
        for (size_t k = i; k < i + pass.n; k++)
            seen[k].sight = SIGHT_UNKNOWN; /* whatever the driver thought before it failed */
        return named(store, s, err);
    }
    return OK;
}

/* ---- change ---- */

static enum outcome success_of(enum effect effect)
{
    switch (effect) {
    case EFFECT_ERASE:
        return OUT_GONE;
    case EFFECT_BLANK:
        return OUT_SCRUBBED;
    case EFFECT_PSEUDONYMISE:
        return OUT_PSEUDONYMISED;
    case EFFECT_RESTRICT:
        return OUT_RESTRICTED;
    case EFFECT_LOCK:
        return OUT_HELD;
    case EFFECT_UNLOCK:
    case EFFECT_RECALL:
        return OUT_PRESENT;
    case EFFECT_NONE:
        break;
    }
    return OUT_UNKNOWN;
}

static bool may_answer(enum effect effect, enum outcome outcome)
{
    switch (outcome) {
    case OUT_GONE:
    case OUT_PSEUDONYMISED:
    case OUT_RESTRICTED:
    case OUT_PRESENT:
        return outcome == success_of(effect);
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
    case OUT_COUNT:
        break;
    }
    return false;
}

/* Whether the driver may see it at all; else it is answered here. */
static bool admit(const struct store *store, const struct permit *permit, enum effect effect, struct artefact *artefact)
{
    ASSERT(str_eq(artefact->store, store->name));
    artefact->effect = effect;
    store_answer(artefact, OUT_UNKNOWN, NULL);
    const struct store_kind *kind = store_kind_of(store, artefact->kind);
    bool able = kind != NULL && (kind->effects & effect) != 0;
    bool touches = (effect & (EFFECT_LOCK | EFFECT_UNLOCK | EFFECT_RECALL)) == 0;
    if (touches && artefact->scope == SCOPE_SHARED && artefact->owners_n == 0)
        store_answer(artefact, OUT_RETAINED, "it belongs to several contacts and cannot say to which");
    else if (!permit_covers(permit, artefact, effect))
        store_answer(artefact, OUT_REFUSED, "the permit does not cover it");
    else if (!able && effect == EFFECT_RESTRICT)
        store_answer(artefact, OUT_UNRESTRICTED, "this store cannot restrict this kind");
    else if (!able)
        store_answer(artefact, OUT_REFUSED, "this store cannot do that to this kind");
    else
        return true;
    return false;
}

static bool leaves_backup(enum outcome outcome)
{
    return outcome == OUT_GONE || outcome == OUT_SCRUBBED || outcome == OUT_PSEUDONYMISED;
}

static enum status conclude(const struct store *store, struct store_call *call, struct artefact *artefact,
                            struct err *err)
{
    if (!may_answer(artefact->effect, artefact->outcome))
        store_answer(artefact, OUT_UNKNOWN, "the driver gave an outcome that does not fit what was asked");
    ASSERT(artefact->ticket.n <= TICKET_BYTES_MAX);
    if (artefact->outcome == OUT_UNKNOWN)
        return OK;
    artefact->at_ms = call->now_ms;
    if (artefact->outcome == success_of(artefact->effect) && artefact->not_before_ms == TIME_NONE)
        artefact->not_before_ms = call->now_ms + store_kind_of(store, artefact->kind)->settle_ms;
    if (!store->backup_age.set || !leaves_backup(artefact->outcome))
        return OK;
    int64_t until_ms = period_add_back(call->now_ms, &store->backup_age, zone_utc());
    return store_residual(call, artefact, "backup", until_ms, err);
}

/* One call of the driver; its failure is returned after the outcomes it did give were taken. */
static enum status change_batch(struct store *store, struct store_call *call, enum effect effect,
                                struct artefact **batch, size_t n, struct err *err)
{
    if (!gate_open(call->gate) || store_call_late(call)) {
        bool held = !gate_open(call->gate);
        for (size_t i = 0; i < n; i++)
            store_answer(batch[i], held ? OUT_HELD : OUT_RETRY, held ? "a hold may have arrived" : "out of time");
    } else {
        for (size_t i = 0; i < n; i++)
            batch[i]->not_before_ms = TIME_NONE;
        TRY(store->driver->change(store, call, effect, batch, n, err));
    }
    return OK;
}

enum status store_change(struct store *store, struct store_call *call, const struct permit *permit, enum effect effect,
                         struct artefact **artefacts, size_t n, struct err *err)
{
    ASSERT(permit != NULL && success_of(effect) != OUT_UNKNOWN);
    ASSERT(effect != EFFECT_PSEUDONYMISE || call->pseudonymiser != NULL);
    begin(call);
    call->gate = permit_gate(permit);
    struct artefact **admitted = ARENA_ARRAY(call->a, struct artefact *, n);
    if (admitted == NULL && n > 0)
        return ARENA_FULL(err, call->a);
    size_t admitted_n = 0, batch_max = store->driver->change_batch_max;
    ASSERT(batch_max > 0);
    for (size_t i = 0; i < n; i++)
        if (admit(store, permit, effect, artefacts[i]))
            admitted[admitted_n++] = artefacts[i];
    enum status s = OK;
    for (size_t i = 0; i < admitted_n && s == OK; i += batch_max)
        s = change_batch(store, call, effect, admitted + i, smaller(batch_max, admitted_n - i), err);
    for (size_t i = 0; i < admitted_n; i++)
        TRY(conclude(store, call, admitted[i], err));
    return named(store, s, err);
}

/* ---- verify ---- */

static void judge(const struct store_call *call, struct artefact *artefact)
{
    enum outcome o = artefact->outcome;
    bool fits = o == OUT_ABSENT || o == OUT_PRESENT || o == OUT_UNKNOWN || o == OUT_RETRY || o == OUT_NOT_DELETABLE ||
                o == OUT_SUBMITTED || o == OUT_ATTESTED || o == OUT_UNRESTRICTED || o == OUT_HELD ||
                (o == success_of(artefact->effect) && o != OUT_GONE) ||
                (o == OUT_SCRUBBED && artefact->effect == EFFECT_ERASE);
    if (!fits)
        store_answer(artefact, OUT_UNKNOWN, "the driver gave an outcome that a read-back cannot have");
    if (artefact->outcome == OUT_ABSENT || artefact->outcome == OUT_SCRUBBED ||
        artefact->outcome == OUT_PSEUDONYMISED || artefact->outcome == OUT_RESTRICTED)
        artefact->verified_ms = call->now_ms;
}

enum status store_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n,
                         struct err *err)
{
    begin(call);
    size_t batch = store->driver->verify_batch_max;
    ASSERT(batch > 0);
    for (size_t i = 0; i < n; i++) {
        ASSERT(str_eq(artefacts[i]->store, store->name));
        store_answer(artefacts[i], OUT_UNKNOWN, NULL);
    }
    enum status s = OK;
    for (size_t i = 0; i < n && s == OK; i += batch) {
        if (store_call_late(call))
            s = FAIL(err, E_RETRY, "not finished in time");
        else
            s = store->driver->verify(store, call, artefacts + i, smaller(batch, n - i), err);
    }
    for (size_t i = 0; i < n; i++)
        judge(call, artefacts[i]);
    return named(store, s, err);
}
