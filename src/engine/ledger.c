#include "engine/ledger.h"
#include "base/pack.h"

enum { F_CHAIN = 1, F_WORK = 2, F_CHANGED = 3, F_RESIDUAL = 4 /* its kind; without a date */ };
/* Larger than what a settlement takes, which says so for one contact alone. */
enum { LINE_BYTES_MAX = 64 << 20 };

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

enum status ledger_rows(struct engine *e, const struct ledger *line, const struct ledger *stored, int64_t now_ms, struct arena *a,
                        struct row **rows, size_t *rows_n, struct err *err)
{
    struct row chain;
    struct chain kept = line->chain;
    TRY(without_attributes(&kept, a, err));
    TRY(registry_chain_row(&kept, a, &chain, err));
    struct row *parts = NULL;
    size_t parts_n = 0;
    TRY(registry_work_rows(&kept.key, line->work, line->work_n, 0, a, &parts, &parts_n, err));
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, LINE_BYTES_MAX);
    pack_str(&b, F_CHAIN, chain.body);
    for (size_t i = 0; i < parts_n; i++)
        pack_str(&b, F_WORK, parts[i].body);
    pack_int(&b, F_CHANGED, now_ms);
    for (size_t i = 0; i < line->residuals_n; i++)
        pack_str(&b, F_RESIDUAL, line->residuals[i].kind);
    TRY(buf_check(&b, err));
    return registry_ledger_rows(e->registry, &kept.key, buf_view(&b), stored->version, stored->parts, now_ms, now_ms, a, rows,
                                rows_n, err);
}

static enum status residual_add(struct ledger *l, struct str kind, struct arena *a, struct err *err)
{
    struct residual *more = ARENA_ARRAY(a, struct residual, l->residuals_n + 1);
    if (!more)
        return ARENA_FULL(err, a);
    if (l->residuals_n)
        memcpy(more, l->residuals, l->residuals_n * sizeof *more);
    more[l->residuals_n++] = (struct residual){kind, TIME_NONE};
    l->residuals = more;
    return OK;
}

enum status ledger_get(struct engine *e, const struct row_key *key, struct arena *a, struct ledger *out, struct err *err)
{
    struct str plain;
    uint64_t version, parts;
    TRY(registry_ledger_get(e->registry, key, a, &plain, &version, &parts, err));
    if (!version)
        return FAIL(err, E_ABSENT, "no ledger line is kept for this contact any more");
    struct ledger l = {.version = version, .parts = parts, .changed_ms = TIME_NONE};
    struct unpack u;
    for (unpack_init(&u, plain); unpack_next(&u);) {
        if (u.number == F_CHAIN && u.is_bytes) {
            struct row row = {.table = TABLE_CHAIN, .key = {(const char *)key->b, sizeof key->b}, .version = 1, .body = u.s};
            TRY(registry_chain_read(&row, a, &l.chain, err));
        } else if (u.number == F_WORK && u.is_bytes) {
            TRY(registry_work_read(u.s, a, &l.work, &l.work_n, err));
        } else if (u.number == F_CHANGED && !u.is_bytes) {
            l.changed_ms = u.i;
        } else if (u.number == F_RESIDUAL && u.is_bytes) {
            TRY(residual_add(&l, u.s, a, err));
        }
    }
    if (u.bad)
        return FAIL(err, E_IO, "a ledger line is damaged: restore the registry from a backup");
    *out = l;
    return OK;
}
