/*
 * hold_dead.c - a chain whose worker died before the hold came: what it left is read in the stores, its intent is closed
 * and its claim given back, so that the contact is held and nothing else.
 */
#include "engine/hold_parts.h"

#include "engine/job.h"
#include "model/schedule.h"

struct doubt { struct engine *e; struct artefact *work; size_t n; struct arena *a; };

/* Those of one store: what does not read as still there counts as changed. */
static enum status look_in_store(const struct doubt *d, struct store *store, bool *read, struct err *err)
{
    struct artefact *copies = ARENA_ARRAY(d->a, struct artefact, d->n + 1);
    struct artefact **asked = ARENA_ARRAY(d->a, struct artefact *, d->n + 1);
    size_t *at = ARENA_ARRAY(d->a, size_t, d->n + 1), k = 0;
    if (!copies || !asked || !at)
        return ARENA_FULL(err, d->a);
    for (size_t i = 0; i < d->n; i++)
        if (artefact_is_doubtful(&d->work[i]) && str_eq(d->work[i].store, store->name)) {
            copies[k] = d->work[i];
            asked[k] = &copies[k];
            at[k++] = i;
        }
    if (!k)
        return OK;
    int64_t now = engine_now(d->e);
    struct store_call call = {.now_ms = now, .deadline_ms = now + CALL_MAX_MS, .keep_until_ms = TIME_NONE, .a = d->a};
    struct err why = {.code = OK};
    enum status s = store_verify(store, &call, asked, k, &why);
    *read &= s != E_RETRY;
    for (size_t i = 0; i < k && s != E_RETRY; i++)
        if (copies[i].outcome != OUT_PRESENT)
            d->work[at[i]].sent_ms = now;
    return OK;
}

/* *read: false when a store cannot be asked now. One that nobody has configured any more cannot be asked ever. */
static enum status look(const struct doubt *d, bool *read, struct err *err)
{
    struct engine *e = d->e;
    *read = true;
    for (size_t i = 0; i < d->n; i++) {
        struct artefact *f = &d->work[i];
        if (!artefact_is_doubtful(f) || (e->stores_connected && engine_store(e, f->store)))
            continue;
        bool configured = false;
        for (size_t k = 0; k < e->config.stores_n; k++)
            configured |= str_eq(e->config.stores[k].name, f->store);
        if (configured)
            *read = false;
        else
            f->sent_ms = engine_now(e);
    }
    for (size_t i = 0; i < e->stores_n && *read; i++)
        if (e->stores[i])
            TRY(look_in_store(d, e->stores[i], read, err));
    return OK;
}

/* Nothing was ever sent: it is as if its erasure had not begun. What expiry wanted is planned anew when the hold ends. */
static void unclaim(const struct engine *e, struct chain *c, bool untouched, int64_t now_ms)
{
    c->worker = c->open_intent = (struct row_key){{0}};
    c->claimed_ms = TIME_NONE;
    if (untouched && c->state == CHAIN_ERASING && !c->submitted_any && !chain_is_risen(c)) {
        c->state = CHAIN_ACTIVE;
        c->next_ms = TIME_NONE;
        if (c->mandate.reason == REASON_RETENTION_EXPIRY)
            c->mandate = (struct mandate){.accepted_ms = TIME_NONE, .deadline_ms = TIME_NONE};
    }
    c->submitted_any |= !untouched;
    chain_place(c, e->holds, e->holds_n, &e->policy, now_ms);
}

static bool work_untouched(const struct artefact *work, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct artefact *f = &work[i];
        bool acted = outcome_is_settled(f->outcome) || f->outcome == OUT_SUBMITTED;
        if (f->sent_ms != TIME_NONE || (f->effect != EFFECT_NONE && acted))
            return false;
    }
    return true;
}

/* The row as it was read, or nothing: with what was found in the stores, and the OUTCOME of the intent left open. */
static enum status write_off(struct run *r, struct job *j, bool *done, struct err *err)
{
    struct row *rows = NULL;
    struct row *with;
    struct entry entry;
    struct chain c = j->chain;
    size_t n = 0;
    bool any, opening;
    TRY(opening_of_chain(r->engine, &j->chain, r->a, &j->opening, err));
    if (c.state != CHAIN_ERASED)
        TRY(registry_work_rows(&c.key, j->work, j->work_n, j->parts, r->a, &rows, &n, err));
    with = ARENA_ARRAY(r->a, struct row, n + 2);
    if (!with)
        return ARENA_FULL(err, r->a);
    if (n)
        memcpy(with + 1, rows, n * sizeof *rows);
    TRY(job_close_intent(r, j, &entry, &any, err));
    TRY(opening_row(r->engine, &j->opening, r->now_ms, r->a, &with[n + 1], &opening, err));
    unclaim(r->engine, &c, work_untouched(j->work, j->work_n), r->now_ms);
    TRY(registry_chain_row(&c, r->a, &with[0], err));
    struct group g = {.rows = with, .rows_n = 1 + n + opening, .entries = &entry, .entries_n = any};
    TRY(registry_commit(r->engine->registry, &g, 1, err));
    *done = g.result == OK;
    return OK;
}

/* Whether an intent that names it became durable: only then was anything sent. */
static enum status was_announced(struct engine *e, const struct chain *c, struct arena *a, bool *yes, struct err *err)
{
    struct row_key *chains;
    size_t n;
    *yes = false;
    if (row_key_is_none(&c->open_intent))
        return OK;
    enum status s = registry_intent_chains(e->registry, &c->open_intent, a, &chains, &n, err);
    *yes = s == OK;
    return s == E_ABSENT ? OK : s;
}

enum status hold_bury(struct engine *e, const struct chain *c, struct arena *a, bool *done, struct err *err)
{
    struct visit v = {.engine = e, .run = c->mandate.run_id};
    struct run r = {.visit = &v, .engine = e, .a = a, .n = 1, .now_ms = engine_now(e)};
    struct job j = {.chain = *c};
    bool announced, read = true;
    *done = false;
    TRY(engine_holds(e, NULL, err));
    if (c->state != CHAIN_ERASED) {
        TRY(registry_work_get(e->registry, &c->key, a, &j.work, &j.work_n, &j.parts, err));
        TRY(was_announced(e, c, a, &announced, err));
        struct doubt d = {.e = e, .work = j.work, .n = announced ? j.work_n : 0, .a = a};
        TRY(look(&d, &read, err));
    }
    return read ? write_off(&r, &j, done, err) : OK;
}
