/* row_work.c - artefacts under way: as many to a row as fit, in rows numbered from 0. Row 0 says how many there are, so
 * that they are read by key, never by a page that may be stale. */
#include "registry/front.h"

#define AT(type, member) {type, offsetof(struct artefact, member), 0}
#define AT_ENUM(member, limit) {FIELD_ENUM, offsetof(struct artefact, member), limit}
/* Stored numbers: append only. */
static const struct field artefact_fields[] = {
    AT(FIELD_TEXT, store),
    AT_ENUM(kind, KIND_COUNT),
    AT_ENUM(scope, SCOPE_SUBJECT + 1),
    AT_ENUM(stage, STAGE_DERIVED + 1),
    AT(FIELD_TEXT, locator),
    AT(FIELD_KEY, contact),
    AT(FIELD_INT, count),
    AT(FIELD_TEXT, ticket),
    AT_ENUM(effect, 2 * EFFECT_RECALL),
    AT_ENUM(outcome, OUT_COUNT),
    AT(FIELD_TIME, at_ms),
    AT(FIELD_TIME, verified_ms),
    AT(FIELD_TIME, not_before_ms),
    AT(FIELD_INT, tries),
    AT(FIELD_TIME, first_try_ms),
    AT(FIELD_TEXT, note),
    AT(FIELD_TIME, sent_ms),
    AT_ENUM(mirror, MIRROR_COUNT),
};
enum artefact_list { ARTEFACT_OWNERS = FIELD_LISTS, ARTEFACT_RESIDUAL };
enum { RESIDUAL_KIND = 1, RESIDUAL_UNTIL };
enum work_field { WORK_ARTEFACT = PART_COUNT + 1 };

static void artefact_pack(struct buf *b, const struct artefact *f)
{
    struct buf item;
    buf_init(&item, BODY_BYTES_MAX);
    fields_pack(b, artefact_fields, ARRAY_LEN(artefact_fields), f);
    pack_keys(b, ARTEFACT_OWNERS, f->owners, f->owners_n);
    for (size_t i = 0; i < f->residuals_n; i++) {
        buf_clear(&item);
        pack_str(&item, RESIDUAL_KIND, f->residuals[i].kind);
        pack_time(&item, RESIDUAL_UNTIL, f->residuals[i].until_ms);
        pack_buf(b, ARTEFACT_RESIDUAL, &item);
    }
    buf_release(&item);
}

static void residual_read(struct unpack *outer, struct residual *out)
{
    struct unpack u;
    *out = (struct residual){.until_ms = TIME_NONE};
    unpack_init(&u, outer->s);
    while (unpack_next(&u)) {
        if (u.number == RESIDUAL_KIND)
            out->kind = u.s;
        else if (u.number == RESIDUAL_UNTIL)
            out->until_ms = unpack_time(u.i);
    }
    outer->bad |= u.bad || !outer->is_bytes;
}

static enum status artefact_read(struct unpack *outer, struct arena *a, struct artefact *out, struct err *err)
{
    struct artefact f = {.count = 0};
    struct unpack u;
    size_t residuals = 0;
    fields_clear(artefact_fields, ARRAY_LEN(artefact_fields), &f);
    for (unpack_init(&u, outer->s); unpack_next(&u);)
        residuals += u.number == ARTEFACT_RESIDUAL;
    f.residuals = residuals > 0 ? ARENA_ARRAY(a, struct residual, residuals) : NULL;
    if (residuals > 0 && f.residuals == NULL)
        return ARENA_FULL(err, a);
    for (unpack_init(&u, outer->s); unpack_next(&u);) {
        if (field_read(&u, artefact_fields, ARRAY_LEN(artefact_fields), &f))
            continue;
        if (u.number == ARTEFACT_OWNERS)
            TRY(unpack_keys(&u, a, &f.owners, &f.owners_n, err));
        else if (u.number == ARTEFACT_RESIDUAL)
            residual_read(&u, &f.residuals[f.residuals_n++]);
    }
    outer->bad |= u.bad || !outer->is_bytes;
    *out = f;
    return OK;
}

enum status registry_work_read(struct str body, struct arena *a, struct artefact **out, size_t *n, struct err *err)
{
    size_t old = *n, more = 0;
    struct unpack u;
    for (unpack_init(&u, body); unpack_next(&u);)
        more += u.number == WORK_ARTEFACT;
    struct artefact *all = ARENA_ARRAY(a, struct artefact, old + more);
    if (all == NULL)
        return ARENA_FULL(err, a);
    if (old > 0)
        memcpy(all, *out, old * sizeof(*all));
    size_t all_n = old;
    for (unpack_init(&u, body); unpack_next(&u);)
        if (u.number == WORK_ARTEFACT)
            TRY(artefact_read(&u, a, &all[all_n++], err));
    if (u.bad)
        return FAIL(err, E_INVALID, "a list of artefacts in the registry is damaged: restore it from a backup");
    *out = all;
    *n = all_n;
    return OK;
}

/* The artefacts from *next on that fit into one part, packed. */
static enum status part_fill(struct buf *b, const struct artefact *artefacts, size_t n, size_t *next, struct err *err)
{
    struct buf item;
    buf_init(&item, BODY_BYTES_MAX);
    size_t first = *next;
    while (*next < n) {
        buf_clear(&item);
        artefact_pack(&item, &artefacts[*next]);
        if (*next > first && b->n + item.n > PART_BYTES)
            break;
        pack_buf(b, WORK_ARTEFACT, &item);
        ++*next;
    }
    buf_release(&item);
    return b->failed ? FAIL(err, E_LIMIT, "one artefact is larger than the %d bytes a registry row may have",
                            BODY_BYTES_MAX)
                     : OK;
}

struct parts { struct row *items; size_t n, cap; };

static enum status parts_add(struct parts *parts, struct row row, struct arena *a, struct err *err)
{
    if (!arena_grow(a, (void **)&parts->items, &parts->cap, parts->n + 1, sizeof(*parts->items)))
        return ARENA_FULL(err, a);
    parts->items[parts->n++] = row;
    return OK;
}

/* Every artefact in PUT rows; row 0 gets its number of rows only when all are made: it is packed last. */
static enum status put_rows(const struct row_key *chain, const struct artefact *artefacts, size_t n, struct arena *a,
                            struct parts *parts, struct err *err)
{
    size_t next = 0;
    struct buf b;
    if (n == 0)
        return OK;
    do {
        struct row row = {.table = TABLE_WORK, .op = ROW_PUT, .version = VERSION_ANY};
        buf_init(&b, BODY_BYTES_MAX);
        enum status status = part_fill(&b, artefacts, n, &next, err);
        if (status != OK) {
            buf_release(&b);
            return status;
        }
        TRY(body_take(&b, "a list of artefacts", a, &row.body, err));
        TRY(part_key(chain, parts->n, a, &row.key, err));
        TRY(parts_add(parts, row, a, err));
    } while (next < n);
    buf_init(&b, BODY_BYTES_MAX);
    pack_int(&b, PART_COUNT, (int64_t)parts->n);
    buf_str(&b, parts->items[0].body);
    return body_take(&b, "a list of artefacts", a, &parts->items[0].body, err);
}

enum status registry_work_rows(const struct row_key *chain, const struct artefact *artefacts, size_t n,
                               uint64_t parts_stored, struct arena *a, struct row **rows, size_t *rows_n,
                               struct err *err)
{
    struct parts parts = {0};
    TRY(put_rows(chain, artefacts, n, a, &parts, err));
    for (uint64_t part = parts.n; part < parts_stored; part++) {
        struct row row = {.table = TABLE_WORK, .op = ROW_REMOVE, .version = VERSION_ANY};
        TRY(part_key(chain, part, a, &row.key, err));
        TRY(parts_add(&parts, row, a, err));
    }
    struct row *all = ARENA_ARRAY(a, struct row, *rows_n + parts.n);
    if (all == NULL)
        return ARENA_FULL(err, a);
    if (*rows_n > 0)
        memcpy(all, *rows, *rows_n * sizeof(*all));
    if (parts.n > 0)
        memcpy(all + *rows_n, parts.items, parts.n * sizeof(*all));
    *rows = all;
    *rows_n += parts.n;
    return OK;
}

enum status registry_work_get(struct registry *r, const struct row_key *chain, struct arena *a,
                              struct artefact **out, size_t *n, uint64_t *parts, struct err *err)
{
    struct artefact *artefacts = NULL;
    size_t artefacts_n = 0, rows_n;
    struct row *rows;
    struct str first;
    TRY(part_key(chain, 0, a, &first, err));
    TRY(parts_get(r, TABLE_WORK, first, chain, a, &rows, &rows_n, err));
    for (size_t i = 0; i < rows_n; i++)
        TRY(registry_work_read(rows[i].body, a, &artefacts, &artefacts_n, err));
    *out = artefacts;
    *n = artefacts_n;
    *parts = rows_n;
    return OK;
}
