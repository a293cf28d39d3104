/* store.c - the front: the only caller of a driver's operations. Permits, gates, batches, deadlines, outcomes. */
#include "store/store.h"

#include "base/clock.h"

#include <stdio.h>

enum { CALL_MAX_MS = 60000, CONTROL_LASTS_MS = 5 * 60000, NOTE_BYTES_MAX = 400 };
enum { EFFECTS_ON_DATA = EFFECT_ERASE | EFFECT_BLANK | EFFECT_PSEUDONYMISE | EFFECT_RESTRICT };

/* A control that was seen a little while ago still speaks. Answers whether it does, for end(). */
static bool begin(const struct store *store, struct store_call *call)
{
    ASSERT(call->a != NULL && call->deadline_ms >= call->now_ms);
    if (call->deadline_ms - call->now_ms > CALL_MAX_MS)
        call->deadline_ms = call->now_ms + CALL_MAX_MS;
    call->began_ms = clock_monotonic_ms();
    call->control_seen = call->control_seen ||
                         (store->control_known && call->now_ms >= store->control_ms &&
                          call->now_ms - store->control_ms < CONTROL_LASTS_MS);
    return call->control_seen;
}

/* Only what this call has seen anew is remembered: else one control would vouch for ever. */
static void end(struct store *store, const struct store_call *call, bool seen_before)
{
    if (!call->control_seen || seen_before)
        return;
    store->control_known = true;
    store->control_ms = call->now_ms;
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

void store_mirror(struct artefact *artefact, enum mirror mirror)
{
    artefact->mirror = mirror;
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
    bool seen_before = begin(store, call);
    *out = (struct store_check){.server_ms = TIME_NONE};
    enum status s = store->driver->check(store, call, out, err);
    end(store, call, seen_before);
    return named(store, s, err);
}

bool store_serves(const struct store *store, struct str source)
{
    for (size_t i = 0; i < store->sources_n; i++)
        if (str_eq(store->sources[i], source))
            return true;
    return store->sources_n == 0;
}

bool store_owns(const struct store *store, struct str source, const struct locator *locator)
{
    return store->driver->owns != NULL && store_serves(store, source) && store->driver->owns(store, locator);
}

/* Stands between driver and engine: completes and checks what a driver yields. */
struct passage {
    const struct store *store;
    struct store_call *call;
    const struct store_sink *sink;
    const struct store_target *targets; /* of this sub-batch */
    const size_t *at;                   /* where the caller has them */
    struct store_seen *seen;            /* as the driver answers */
    const char **bad;                   /* why a target stays unknown, whatever the driver thinks */
    size_t n;
};

static const char *wrong_with(const struct store_kind *kind, const struct artefact *found)
{
    if (kind == NULL)
        return "the driver yields a kind of artefact it has not declared";
    if (found->locator.n == 0 || found->locator.n > LOCATOR_BYTES_MAX)
        return "the locator of an artefact is empty or too long";
    if (found->ticket.n > TICKET_BYTES_MAX || found->owners_n > OWNERS_MAX)
        return "the ticket or the owners of an artefact are too many";
    return NULL;
}

static enum status pass_artefact(void *ctx, size_t target, const struct artefact *found, struct err *err)
{
    const struct passage *pass = ctx;
    if (target >= pass->n)
        return FAIL(err, E_INVALID, "the driver yields an artefact of a contact it was not asked for");
    const struct store_kind *kind = store_kind_of(pass->store, found->kind);
    const char *wrong = wrong_with(kind, found);
    if (wrong != NULL) {
        pass->bad[target] = wrong;
        return OK;
    }
    struct artefact whole = *found;
    whole.store = pass->store->name;
    whole.contact = pass->targets[target].contact;
    whole.stage = kind->stage;
    whole.effect = EFFECT_NONE;
    whole.mirror = MIRROR_NONE;
    whole.at_ms = whole.sent_ms = whole.verified_ms = whole.not_before_ms = whole.first_try_ms = TIME_NONE;
    pass->call->control_seen = true; /* it shows us something */
    return pass->sink->add(pass->sink->ctx, pass->at[target], &whole, err);
}

static enum status pass_lead(void *ctx, size_t target, const struct locator *lead, struct err *err)
{
    const struct passage *pass = ctx;
    if (target >= pass->n)
        return FAIL(err, E_INVALID, "the driver yields a locator for a contact it was not asked for");
    return pass->sink->lead != NULL ? pass->sink->lead(pass->sink->ctx, pass->at[target], lead, err) : OK;
}

static bool pass_owner(void *ctx, struct str source, struct str id, struct row_key *out)
{
    const struct passage *pass = ctx;
    return pass->sink->owner != NULL && pass->sink->owner(pass->sink->ctx, source, id, out);
}

static enum status find_batch(struct store *store, struct passage *pass, struct store_seen *seen, struct err *err)
{
    struct store_sink through = {pass, pass_artefact, pass_lead, pass_owner};
    pass->seen = ARENA_ARRAY(pass->call->a, struct store_seen, pass->n);
    pass->bad = ARENA_ARRAY(pass->call->a, const char *, pass->n);
    if (pass->seen == NULL || pass->bad == NULL)
        return ARENA_FULL(err, pass->call->a);
    for (size_t i = 0; i < pass->n; i++)
        pass->seen[i] = (struct store_seen){.blind_before_ms = TIME_NONE, .not_before_ms = TIME_NONE};
    enum status s = store->driver->find(store, pass->call, pass->targets, pass->n, &through, pass->seen, err);
    if (s != OK) /* whatever the driver thought before it failed */
        return s == E_RETRY && store_call_late(pass->call) ? OK : s;
    for (size_t i = 0; i < pass->n; i++) {
        if (pass->bad[i] != NULL)
            seen[pass->at[i]].why = pass->bad[i];
        else if (pass->seen[i].ticket.n <= TICKET_BYTES_MAX)
            seen[pass->at[i]] = pass->seen[i];
    }
    return OK;
}

enum status store_find(struct store *store, struct store_call *call, const struct store_target *targets, size_t n,
                       const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    bool seen_before = begin(store, call);
    struct store_target *mine = ARENA_ARRAY(call->a, struct store_target, n);
    size_t *at = ARENA_ARRAY(call->a, size_t, n), mine_n = 0, batch = store->driver->find_batch_max;
    if ((mine == NULL || at == NULL) && n > 0)
        return ARENA_FULL(err, call->a);
    for (size_t i = 0; i < n; i++) {
        bool here = store_serves(store, targets[i].source);
        seen[i] = (struct store_seen){.sight = here ? SIGHT_UNKNOWN : SIGHT_WHOLE,
                                      .blind_before_ms = TIME_NONE,
                                      .not_before_ms = TIME_NONE,
                                      .why = here ? "there was no time to search for it" : NULL};
        if (here) {
            mine[mine_n] = targets[i];
            at[mine_n++] = i;
        }
    }
    ASSERT(batch > 0);
    enum status s = OK;
    for (size_t i = 0; i < mine_n && s == OK && !store_call_late(call); i += batch) {
        struct passage pass = {.store = store,
                               .call = call,
                               .sink = sink,
                               .targets = mine + i,
                               .at = at + i,
                               .n = smaller(batch, mine_n - i)};
        s = find_batch(store, &pass, seen, err);
    }
    end(store, call, seen_before);
    return named(store, s, err);
}

/* ---- change ---- */

/* Of an effect on data. */
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
    case EFFECT_UNLOCK:
    case EFFECT_RECALL:
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
    if (artefact->outcome == success_of(artefact->effect) && artefact->not_before_ms == TIME_NONE)
        artefact->not_before_ms = call->now_ms + store_kind_of(store, artefact->kind)->settle_ms;
    if (!store->backup_age.set || !leaves_backup(artefact->outcome))
        return OK;
    int64_t until_ms = period_add_back(call->now_ms, &store->backup_age, zone_utc());
    return store_residual(call, artefact, "backup", until_ms, err);
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
    bool seen_before = begin(store, call);
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
        size_t batch_n = smaller(batch_max, admitted_n - i);
        s = on_data ? change_batch(store, call, effect, admitted + i, batch_n, err)
                    : mirror_batch(store, call, effect, admitted + i, batch_n, err);
    }
    end(store, call, seen_before);
    return named(store, s, err);
}

/* ---- verify ---- */

static void judge(struct store_call *call, struct artefact *artefact)
{
    enum outcome o = artefact->outcome;
    bool fits = o == OUT_ABSENT || o == OUT_PRESENT || o == OUT_UNKNOWN || o == OUT_RETRY || o == OUT_NOT_DELETABLE ||
                o == OUT_SUBMITTED || o == OUT_ATTESTED || o == OUT_UNRESTRICTED || o == OUT_HELD ||
                (o == success_of(artefact->effect) && o != OUT_GONE) ||
                (o == OUT_SCRUBBED && artefact->effect == EFFECT_ERASE);
    if (!fits)
        store_answer(artefact, OUT_UNKNOWN, "the driver gave an outcome that a read-back cannot have");
    if (artefact->ticket.n > TICKET_BYTES_MAX) {
        artefact->ticket = STR_NONE;
        store_answer(artefact, OUT_UNKNOWN, "the driver gave a ticket that is too long");
    }
    if (artefact->outcome == OUT_ABSENT || artefact->outcome == OUT_SCRUBBED ||
        artefact->outcome == OUT_PSEUDONYMISED || artefact->outcome == OUT_RESTRICTED)
        artefact->verified_ms = call->now_ms;
    if (artefact->outcome == OUT_PRESENT)
        call->control_seen = true;
}

enum status store_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n,
                         struct err *err)
{
    bool seen_before = begin(store, call);
    size_t batch = store->driver->verify_batch_max;
    ASSERT(batch > 0);
    for (size_t i = 0; i < n; i++) {
        ASSERT(str_eq(artefacts[i]->store, store->name));
        store_answer(artefacts[i], OUT_UNKNOWN, NULL);
    }
    enum status s = OK;
    for (size_t i = 0; i < n && s == OK && !store_call_late(call); i += batch)
        s = store->driver->verify(store, call, artefacts + i, smaller(batch, n - i), err);
    for (size_t i = 0; i < n; i++)
        judge(call, artefacts[i]);
    end(store, call, seen_before);
    return named(store, s, err);
}
