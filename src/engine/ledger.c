#include "engine/ledger.h"
#include "base/pack.h"

enum { F_CHAIN = 1, F_WORK = 2, F_CHANGED = 3 };

/* Repeating an erasure needs ids, times and locators; what an attribute said about a person it does not. */
static enum status without_attributes(struct chain *c, struct arena *a, struct err *err)
{
    struct leg *legs = ARENA_ARRAY(a, struct leg, c->legs_n + 1);
    if (!legs)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < c->legs_n; i++) {
        legs[i] = c->legs[i];
        legs[i].attributes = NULL;
        legs[i].attributes_n = 0;
    }
    c->legs = legs;
    return OK;
}

enum status ledger_row(struct engine *e, const struct chain *before, const struct artefact *work, size_t n, uint64_t version,
                       int64_t now_ms, struct arena *a, struct row *out, struct err *err)
{
    struct row chain;
    struct chain kept = *before;
    TRY(without_attributes(&kept, a, err));
    TRY(registry_chain_row(&kept, a, &chain, err));
    struct row *rows = NULL;
    size_t rows_n = 0;
    TRY(registry_work_rows(&before->key, work, n, 0, a, &rows, &rows_n, err));
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, BODY_BYTES_MAX);
    pack_str(&b, F_CHAIN, chain.body);
    for (size_t i = 0; i < rows_n; i++)
        pack_str(&b, F_WORK, rows[i].body);
    pack_int(&b, F_CHANGED, now_ms);
    TRY(buf_check(&b, err));
    return registry_ledger_row(e->registry, &before->key, buf_view(&b), version, now_ms, now_ms, a, out, err);
}

enum status ledger_get(struct engine *e, const struct row_key *key, struct arena *a, struct ledger *out, struct err *err)
{
    struct str plain;
    uint64_t version;
    TRY(registry_ledger_get(e->registry, key, a, &plain, &version, err));
    if (!version)
        return FAIL(err, E_ABSENT, "no ledger line is kept for this contact any more");
    struct ledger l = {.version = version, .changed_ms = TIME_NONE};
    struct unpack u;
    for (unpack_init(&u, plain); unpack_next(&u);) {
        if (u.number == F_CHAIN && u.is_bytes) {
            struct row row = {.table = TABLE_CHAIN, .key = {(const char *)key->b, sizeof key->b}, .version = 1, .body = u.s};
            TRY(registry_chain_read(&row, a, &l.chain, err));
        } else if (u.number == F_WORK && u.is_bytes) {
            TRY(registry_work_read(u.s, a, &l.work, &l.work_n, err));
        } else if (u.number == F_CHANGED && !u.is_bytes) {
            l.changed_ms = u.i;
        }
    }
    if (u.bad)
        return FAIL(err, E_IO, "a ledger line is damaged: restore the registry from a backup");
    *out = l;
    return OK;
}
