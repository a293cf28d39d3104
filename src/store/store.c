/* store.c - the front of check, find and verify: batches, deadlines, controls; and what drivers call. */
#include "store/front.h"

#include "base/clock.h"

#include <stdio.h>

enum { CALL_MAX_MS = 60000, CONTROL_LASTS_MS = 5 * 60000, NOTE_BYTES_MAX = 400 };

bool front_begin(const struct store *store, struct store_call *call)
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
void front_end(struct store *store, const struct store_call *call, bool seen_before)
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

enum status front_named(const struct store *store, enum status s, struct err *err)
{
    return s == OK ? OK : err_prefix(err, "store %.*s", STR_ARG(store->name));
}

enum outcome front_success(enum effect effect)
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

enum status front_backup(const struct store *store, struct store_call *call, struct artefact *artefact, struct err *err)
{
    if (!store->backup_age.set || artefact->outcome == OUT_RESTRICTED)
        return OK;
    int64_t until_ms = period_add_back(call->now_ms, &store->backup_age, zone_utc());
    return store_residual(call, artefact, "backup", until_ms, err);
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
    bool seen_before = front_begin(store, call);
    *out = (struct store_check){.server_ms = TIME_NONE};
    enum status s = store->driver->check(store, call, out, err);
    front_end(store, call, seen_before);
    return front_named(store, s, err);
}

bool store_serves(const struct store *store, struct str source)
{
    for (size_t i = 0; i < store->sources_n; i++)
        if (str_eq(store->sources[i], source))
            return true;
    return store->sources_n == 0 || source.n == 0; /* of an unknown source: of any */
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
    bool seen_before = front_begin(store, call);
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
                               .n = front_smaller(batch, mine_n - i)};
        s = find_batch(store, &pass, seen, err);
    }
    front_end(store, call, seen_before);
    return front_named(store, s, err);
}

/* ---- verify ---- */

static void judge(struct store_call *call, struct artefact *artefact)
{
    enum outcome o = artefact->outcome;
    bool fits = o == OUT_ABSENT || o == OUT_PRESENT || o == OUT_UNKNOWN || o == OUT_RETRY || o == OUT_NOT_DELETABLE ||
                o == OUT_SUBMITTED || o == OUT_ATTESTED || o == OUT_UNRESTRICTED || o == OUT_HELD ||
                (o == front_success(artefact->effect) && o != OUT_GONE) ||
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
    bool seen_before = front_begin(store, call);
    size_t batch = store->driver->verify_batch_max;
    bool *submitted = ARENA_ARRAY(call->a, bool, n);
    if (submitted == NULL && n > 0)
        return ARENA_FULL(err, call->a);
    ASSERT(batch > 0);
    for (size_t i = 0; i < n; i++) {
        ASSERT(str_eq(artefacts[i]->store, store->name));
        submitted[i] = artefacts[i]->outcome == OUT_SUBMITTED;
        store_answer(artefacts[i], OUT_UNKNOWN, NULL);
    }
    enum status s = OK;
    for (size_t i = 0; i < n && s == OK && !store_call_late(call); i += batch)
        s = store->driver->verify(store, call, artefacts + i, front_smaller(batch, n - i), err);
    for (size_t i = 0; i < n; i++) {
        judge(call, artefacts[i]);
        if (submitted[i] && artefacts[i]->verified_ms == call->now_ms) /* the vendor has done it meanwhile */
            TRY(front_backup(store, call, artefacts[i], err));
    }
    front_end(store, call, seen_before);
    return front_named(store, s, err);
}
