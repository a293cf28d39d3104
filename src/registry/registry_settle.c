/* registry_settle.c - a visit's end: what became of each chain, written while its claim is still ours. */
#include "registry/front.h"

/* One round over those not settled yet. */
struct round {
    struct settlement **pending;
    size_t n;
    struct chain *fresh;
    struct group *groups;
    size_t *of; /* groups[i] settles pending[of[i]] */
    size_t groups_n;
};

static enum status round_start(struct registry *r, struct settlement *s, size_t n, struct arena *a, struct round *out,
                               struct err *err)
{
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, n);
    *out = (struct round){.pending = ARENA_ARRAY(a, struct settlement *, n), .fresh = ARENA_ARRAY(a, struct chain, n),
                          .groups = ARENA_ARRAY(a, struct group, n), .of = ARENA_ARRAY(a, size_t, n)};
    if (keys == NULL || out->pending == NULL || out->fresh == NULL || out->groups == NULL || out->of == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++) {
        if (s[i].result != E_RETRY)
            continue;
        keys[out->n] = s[i].claim.chain;
        out->pending[out->n++] = &s[i];
    }
    return registry_chains(r, keys, out->n, a, out->fresh, err);
}

static bool is_ours(const struct claim *claim, const struct chain *fresh)
{
    return fresh->version > 0 && !row_key_is_none(&claim->worker) && row_key_eq(&fresh->worker, &claim->worker);
}

/* *fits: not too large, whatever comes of it later: what is written before anything is sent leaves half of the room. */
static enum status make_group(const struct settlement *s, struct chain *fresh, struct arena *a, struct group *out,
                              bool *fits, struct err *err)
{
    struct row *rows = ARENA_ARRAY(a, struct row, s->rows_n + 1);
    if (rows == NULL)
        return ARENA_FULL(err, a);
    if (s->change != NULL)
        s->change(s->ctx, fresh, a);
    if (s->free_claim) {
        fresh->worker = (struct row_key){{0}};
        fresh->claimed_ms = TIME_NONE;
    }
    TRY(registry_chain_row_within(fresh, BODY_BYTES_MAX, a, &rows[0], fits, err));
    if (!*fits)
        return OK;
    if (s->rows_n > 0)
        memcpy(rows + 1, s->rows, s->rows_n * sizeof(*rows));
    *out = (struct group){.rows = rows, .rows_n = s->rows_n + 1, .entries = s->entries, .entries_n = s->entries_n};
    *fits = !s->as_claimed || group_bytes(out) <= GROUP_BYTES_MAX / 2;
    return OK;
}

static enum status round_run(struct registry *r, struct round *round, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < round->n; i++) {
        struct settlement *s = round->pending[i];
        bool moved = s->as_claimed && round->fresh[i].version != s->claim.chain_version, fits;
        if (!is_ours(&s->claim, &round->fresh[i]) || moved) {
            s->result = E_CONFLICT;
            continue;
        }
        TRY(make_group(s, &round->fresh[i], a, &round->groups[round->groups_n], &fits, err));
        if (fits)
            round->of[round->groups_n++] = i;
        else
            s->result = E_LIMIT;
    }
    TRY(registry_commit(r, round->groups, round->groups_n, err));
    for (size_t g = 0; g < round->groups_n; g++) {
        struct settlement *s = round->pending[round->of[g]];
        if (round->groups[g].result == E_LIMIT)
            s->result = E_LIMIT;
        if (round->groups[g].result != OK)
            continue; /* a hold or a document came between: read again */
        s->result = OK;
        s->claim.chain_version = round->fresh[round->of[g]].version + 1;
    }
    return OK;
}

enum status registry_settle(struct registry *r, struct settlement *s, size_t n, int64_t now_ms, struct arena *a,
                            struct err *err)
{
    (void)now_ms;
    for (size_t i = 0; i < n; i++)
        s[i].result = E_RETRY;
    for (int i = 0; i < CONFLICT_ROUNDS; i++) {
        struct round round;
        TRY(round_start(r, s, n, a, &round, err));
        if (round.n == 0)
            break;
        TRY(round_run(r, &round, a, err));
    }
    return OK;
}
