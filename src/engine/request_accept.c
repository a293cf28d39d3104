/* request_accept.c - the duty written into the chains: from here on any purge finishes it; or taken back from them. */
#include "engine/request_parts.h"

enum { CHUNK = VISIT_CHAINS_MAX, TRIES_MAX = 10 };

struct accepting {
    struct engine *e;
    const struct request *q;
    struct mandate mandate;
    bool revoke;
    struct arena scratch; /* of a chunk */
};

struct mandate request_mandate(const struct engine *e, const struct request *q, struct str run_id)
{
    return (struct mandate){.reason = q->regime == REGIME_CCPA ? REASON_CCPA_ERASURE : REASON_GDPR_ERASURE, .actor = e->actor.id,
                            .request_id = q->id, .regime = str_of(regime_name(q->regime)), .run_id = run_id,
                            .accepted_ms = engine_now(e), .deadline_ms = q->due_ms};
}

/* Another request's duty stands: what it erases is erased for both. */
static bool change(const struct accepting *x, struct chain *c)
{
    if (!c->version || chain_claimed(c) || c->state == CHAIN_ERASED)
        return false;
    if (x->revoke) {
        if (!str_eq(c->mandate.request_id, x->q->id) || c->state != CHAIN_ACTIVE || c->submitted_any)
            return false;
        c->mandate = (struct mandate){.accepted_ms = TIME_NONE, .deadline_ms = TIME_NONE};
        return true;
    }
    if (c->mandate.request_id.n)
        return false;
    c->mandate = x->mandate;
    c->next_ms = TIME_NONE;
    return true;
}

static enum status change_chunk(struct accepting *x, const struct row_key *keys, size_t n, bool *conflict, struct err *err)
{
    struct engine *e = x->e;
    struct chain *chains = ARENA_ARRAY(&x->scratch, struct chain, n);
    struct row *rows = ARENA_ARRAY(&x->scratch, struct row, n);
    struct group *groups = ARENA_ARRAY(&x->scratch, struct group, n);
    size_t k = 0;
    if (!chains || !rows || !groups)
        return ARENA_FULL(err, &x->scratch);
    TRY(registry_chains(e->registry, keys, n, &x->scratch, chains, err));
    for (size_t i = 0; i < n; i++) {
        if (!change(x, &chains[i]))
            continue;
        chain_place(&chains[i], e->holds, e->holds_n, &e->policy, engine_now(e));
        TRY(registry_chain_row(&chains[i], &x->scratch, &rows[k], err));
        groups[k] = (struct group){.rows = &rows[k], .rows_n = 1};
        k++;
    }
    TRY(registry_commit(e->registry, groups, k, err));
    *conflict = false;
    for (size_t i = 0; i < k; i++)
        *conflict |= groups[i].result != OK;
    return OK;
}

static enum status change_all(struct accepting *x, const struct row_key *keys, size_t n, struct err *err)
{
    enum status s = engine_holds(x->e, NULL, err);
    arena_init(&x->scratch, REQUEST_SCRATCH_MAX);
    for (size_t at = 0; at < n && s == OK; at += CHUNK) {
        bool conflict = true;
        for (int tries = 0; conflict && s == OK && tries < TRIES_MAX; tries++) {
            s = change_chunk(x, keys + at, n - at < CHUNK ? n - at : CHUNK, &conflict, err);
            arena_reset(&x->scratch);
        }
    }
    arena_release(&x->scratch);
    return s;
}

enum status request_accept(struct engine *e, const struct request *q, const struct row_key *keys, size_t n, struct str run_id,
                           struct err *err)
{
    struct accepting x = {.e = e, .q = q, .mandate = request_mandate(e, q, run_id)};
    return change_all(&x, keys, n, err);
}

enum status request_revoke(struct engine *e, const struct request *q, const struct row_key *keys, size_t n, struct err *err)
{
    struct accepting x = {.e = e, .q = q, .revoke = true};
    return change_all(&x, keys, n, err);
}
