/* registry_claim.c - chains claimed: the worker is written into each row whose version is still the one decided on. */
#include "registry/front.h"

/* What one call works on. */
struct claiming {
    struct registry *r;
    struct arena *a;
    const struct row_key *worker;
    int64_t now_ms;
    int64_t lease_until_ms;
    struct worker_state *others; /* who else has claimed among these chains */
    size_t others_n;
};

static struct worker_state *other_of(struct claiming *c, const struct row_key *worker)
{
    for (size_t i = 0; i < c->others_n; i++)
        if (row_key_eq(&c->others[i].key, worker))
            return &c->others[i];
    return NULL;
}

/* Every other worker found in the rows, each read once. */
static enum status read_others(struct claiming *c, const struct chain *chains, size_t n, struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(c->a, struct row_key, n);
    c->others = ARENA_ARRAY(c->a, struct worker_state, n);
    if (keys == NULL || c->others == NULL)
        return ARENA_FULL(err, c->a);
    for (size_t i = 0; i < n; i++) {
        const struct row_key *k = &chains[i].worker;
        if (row_key_is_none(k) || row_key_eq(k, c->worker) || other_of(c, k) != NULL)
            continue;
        c->others[c->others_n].key = *k;
        keys[c->others_n++] = *k;
    }
    return worker_states(c->r, keys, c->others_n, c->now_ms, c->a, c->others, err);
}

static enum status is_free(struct claiming *c, const struct chain *chain, bool *free, struct err *err)
{
    struct worker_state *other = row_key_is_none(&chain->worker) ? NULL : other_of(c, &chain->worker);
    if (other != NULL && !other->alive && other->version > 0)
        TRY(worker_bury(c->r, other, err));
    *free = other == NULL || !other->alive;
    return OK;
}

static bool named_before(const struct chain *chains, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (row_key_eq(&chains[k].key, &chains[i].key))
            return true;
    return false;
}

/* What to write for one chain; its result when nothing is. */
static enum status claim_row(struct claiming *c, uint64_t version, struct chain *now, struct row *out,
                             enum status *result, struct err *err)
{
    bool free = false, fits;
    *result = now->version == 0 ? E_ABSENT : now->version != version ? E_CONFLICT : OK;
    if (*result != OK)
        return OK;
    TRY(is_free(c, now, &free, err));
    if (!free) {
        *result = E_CONFLICT;
        return OK;
    }
    now->worker = *c->worker;
    now->claimed_ms = c->now_ms;
    TRY(registry_chain_row_within(now, BODY_BYTES_MAX, c->a, out, &fits, err));
    *result = fits ? OK : E_LIMIT;
    return OK;
}

static enum status own_lease(struct claiming *c, struct err *err)
{
    struct worker_state own;
    TRY(worker_states(c->r, c->worker, 1, c->now_ms, c->a, &own, err));
    if (!own.alive)
        return FAIL(err, E_CONFLICT, "this worker was silent for too long and was taken for dead: start it again");
    c->lease_until_ms = own.lease_until_ms;
    return OK;
}

static void take(const struct claiming *c, const struct chain *row, struct chain *chain, struct claim *claim,
                 enum status *result)
{
    *chain = *row;
    *claim = (struct claim){.chain = row->key, .worker = *c->worker, .chain_version = row->version,
                            .lease_until_ms = c->lease_until_ms};
    *result = OK;
}

/* A claim of unknown fate that was done, and a hold that changed the row at once, look like a conflict: the row tells. */
static enum status take_what_is_ours(struct claiming *c, struct chain *chains, size_t n, struct claim *claims,
                                     const struct group *groups, const size_t *of, enum status *results,
                                     struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(c->a, struct row_key, n);
    struct chain *now = ARENA_ARRAY(c->a, struct chain, n);
    size_t *at = ARENA_ARRAY(c->a, size_t, n), lost_n = 0;
    if (keys == NULL || now == NULL || at == NULL)
        return ARENA_FULL(err, c->a);
    for (size_t g = 0; g < n; g++) {
        if (groups[g].result != E_CONFLICT && groups[g].result != E_RETRY)
            continue;
        keys[lost_n] = chains[of[g]].key;
        at[lost_n++] = of[g];
    }
    TRY(registry_chains(c->r, keys, lost_n, c->a, now, err));
    for (size_t i = 0; i < lost_n; i++)
        if (row_key_eq(&now[i].worker, c->worker) && now[i].claimed_ms == c->now_ms)
            take(c, &now[i], &chains[at[i]], &claims[at[i]], &results[at[i]]);
    return OK;
}

static enum status claim_all(struct claiming *c, struct chain *chains, struct chain *now, size_t n,
                             struct claim *claims, enum status *results, struct err *err)
{
    struct group *groups = ARENA_ARRAY(c->a, struct group, n);
    struct row *rows = ARENA_ARRAY(c->a, struct row, n);
    size_t *of = ARENA_ARRAY(c->a, size_t, n), groups_n = 0;
    if (groups == NULL || rows == NULL || of == NULL)
        return ARENA_FULL(err, c->a);
    for (size_t i = 0; i < n; i++) {
        results[i] = E_CONFLICT;
        if (named_before(chains, i))
            continue;
        TRY(claim_row(c, chains[i].version, &now[i], &rows[groups_n], &results[i], err));
        if (results[i] != OK)
            continue;
        groups[groups_n] = (struct group){.rows = &rows[groups_n], .rows_n = 1};
        of[groups_n++] = i;
    }
    TRY(registry_commit(c->r, groups, groups_n, err));
    for (size_t g = 0; g < groups_n; g++) {
        size_t i = of[g];
        results[i] = groups[g].result == E_RETRY ? E_CONFLICT : groups[g].result;
        if (results[i] != OK)
            continue;
        now[i].version++;
        take(c, &now[i], &chains[i], &claims[i], &results[i]);
    }
    return take_what_is_ours(c, chains, groups_n, claims, groups, of, results, err);
}

enum status registry_claim(struct registry *r, const struct row_key *worker, struct chain *chains, size_t n,
                           int64_t now_ms, struct arena *a, struct claim *claims, enum status *results,
                           struct err *err)
{
    struct claiming c = {.r = r, .a = a, .worker = worker, .now_ms = now_ms};
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, n);
    struct chain *now = ARENA_ARRAY(a, struct chain, n);
    ASSERT(!row_key_is_none(worker));
    if (keys == NULL || now == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        keys[i] = chains[i].key;
    TRY(own_lease(&c, err));
    TRY(registry_chains(r, keys, n, a, now, err));
    TRY(read_others(&c, now, n, err));
    return claim_all(&c, chains, now, n, claims, results, err);
}
