/* registry_sealed.c - openings and ledger lines: rows whose bodies are sealed. */
#include "registry/front.h"

static enum status sealed_get(struct registry *r, enum table t, const char *purpose, const struct row_key *key,
                              struct arena *a, struct str *plain, uint64_t *version, struct err *err)
{
    struct row row;
    struct str opened = STR_NONE;
    TRY(registry_get_one(r, t, key_str(key), a, &row, err));
    if (row.version > 0)
        TRY(r->sealer->unseal(r->sealer->ctx, purpose, row.body, a, &opened, err));
    *plain = opened;
    *version = row.version;
    return OK;
}

static enum status sealed_row(struct registry *r, const char *purpose, struct str plain, int64_t now_ms,
                              const struct row_key *key, struct arena *a, struct row *row, struct err *err)
{
    row->op = ROW_PUT;
    row->key = arena_str(a, key_str(key));
    if (row->key.p == NULL)
        return ARENA_FULL(err, a);
    TRY(r->sealer->seal(r->sealer->ctx, purpose, now_ms, plain, a, &row->body, err));
    if (row->body.n > BODY_BYTES_MAX)
        return FAIL(err, E_LIMIT, "a sealed %s of %zu bytes: a registry row has at most %d", purpose, row->body.n,
                    BODY_BYTES_MAX);
    return OK;
}

enum status registry_opening_get(struct registry *r, const struct row_key *owner, struct arena *a, struct str *plain,
                                 uint64_t *version, struct err *err)
{
    return sealed_get(r, TABLE_OPENING, "opening", owner, a, plain, version, err);
}

enum status registry_opening_row(struct registry *r, const struct row_key *owner, struct str plain, uint64_t version,
                                 int64_t now_ms, struct arena *a, struct row *out, struct err *err)
{
    struct row row = {.table = TABLE_OPENING, .version = version};
    TRY(sealed_row(r, "opening", plain, now_ms, owner, a, &row, err));
    *out = row;
    return OK;
}

enum status registry_ledger_get(struct registry *r, const struct row_key *chain, struct arena *a, struct str *plain,
                                uint64_t *version, struct err *err)
{
    return sealed_get(r, TABLE_LEDGER, "ledger", chain, a, plain, version, err);
}

enum status registry_ledger_row(struct registry *r, const struct row_key *chain, struct str plain, uint64_t version,
                                int64_t changed_ms, int64_t now_ms, struct arena *a, struct row *out,
                                struct err *err)
{
    struct row row = {.table = TABLE_LEDGER, .version = version, .queue = QUEUE_LEDGER, .queue_time_ms = changed_ms};
    TRY(sealed_row(r, "ledger", plain, now_ms, chain, a, &row, err));
    *out = row;
    return OK;
}
