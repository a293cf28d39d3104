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

enum ledger_field { LEDGER_SEALED = PART_COUNT + 1 };

static struct str sealed_start(struct str first)
{
    struct unpack u;
    struct str start = STR_NONE;
    unpack_init(&u, first);
    while (unpack_next(&u))
        if (u.number == LEDGER_SEALED && u.is_bytes)
            start = u.s;
    return u.bad ? STR_NONE : start;
}

enum status registry_ledger_get(struct registry *r, const struct row_key *chain, struct arena *a, struct str *plain,
                                uint64_t *version, uint64_t *parts, struct err *err)
{
    struct row *rows;
    size_t n, bytes = 0, at = 0;
    struct str opened = STR_NONE;
    TRY(parts_get(r, TABLE_LEDGER, key_str(chain), chain, a, &rows, &n, err));
    for (size_t i = 0; i < n; i++) {
        rows[i].body = i == 0 ? sealed_start(rows[0].body) : rows[i].body;
        bytes += rows[i].body.n;
    }
    char *sealed = arena_alloc(a, bytes + 1);
    if (sealed == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; at += rows[i++].body.n)
        if (rows[i].body.n > 0)
            memcpy(sealed + at, rows[i].body.p, rows[i].body.n);
    if (n > 0)
        TRY(r->sealer->unseal(r->sealer->ctx, "ledger", (struct str){sealed, bytes}, a, &opened, err));
    *plain = opened;
    *version = n > 0 ? rows[0].version : 0;
    *parts = n;
    return OK;
}

/* Row 0 alone stands in the queue, under the chain's own key. */
static enum status ledger_part(const struct row_key *chain, size_t part, size_t parts, struct str bytes, struct arena *a,
                               struct row *row, struct err *err)
{
    struct buf b;
    if (part > 0) {
        row->body = bytes;
        return part_key(chain, part, a, &row->key, err);
    }
    row->key = arena_str(a, key_str(chain));
    if (row->key.p == NULL)
        return ARENA_FULL(err, a);
    if (row->op == ROW_REMOVE)
        return OK;
    buf_init(&b, BODY_BYTES_MAX);
    pack_int(&b, PART_COUNT, (int64_t)parts);
    pack_str(&b, LEDGER_SEALED, bytes);
    return body_take(&b, "a ledger line", a, &row->body, err);
}

enum status registry_ledger_rows(struct registry *r, const struct row_key *chain, struct str plain, uint64_t version,
                                 uint64_t parts_stored, int64_t changed_ms, int64_t now_ms, struct arena *a,
                                 struct row **rows, size_t *rows_n, struct err *err)
{
    struct str sealed = STR_NONE;
    if (plain.p != NULL)
        TRY(r->sealer->seal(r->sealer->ctx, "ledger", now_ms, plain, a, &sealed, err));
    size_t parts = (sealed.n + PART_BYTES - 1) / PART_BYTES;
    size_t n = parts > parts_stored ? parts : (size_t)parts_stored;
    struct row *all = ARENA_ARRAY(a, struct row, *rows_n + n);
    if (all == NULL)
        return ARENA_FULL(err, a);
    if (*rows_n > 0)
        memcpy(all, *rows, *rows_n * sizeof(*all));
    for (size_t i = 0; i < n; i++) {
        size_t from = i * PART_BYTES, rest = i < parts ? sealed.n - from : 0;
        struct row *row = &all[*rows_n + i];
        *row = (struct row){.table = TABLE_LEDGER, .op = i < parts ? ROW_PUT : ROW_REMOVE,
                            .version = i == 0 ? version : VERSION_ANY};
        if (i == 0 && parts > 0) {
            row->queue = QUEUE_LEDGER;
            row->queue_time_ms = changed_ms;
        }
        struct str bytes = i < parts ? (struct str){sealed.p + from, rest < PART_BYTES ? rest : PART_BYTES} : STR_NONE;
        TRY(ledger_part(chain, i, parts, bytes, a, row, err));
    }
    *rows = all;
    *rows_n += n;
    return OK;
}
