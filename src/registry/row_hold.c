/* row_hold.c - holds as rows, and the list of standing ones that is read consistently. */
#include "registry/front.h"

enum { PAGE_ROWS = 500 };

#define AT(type, member) {type, offsetof(struct hold, member), 0}
/* Stored numbers: append only. */
static const struct field hold_fields[] = {
    AT(FIELD_KEY, matter),
    AT(FIELD_TEXT, matter_text),
    AT(FIELD_TEXT, reason),
    AT(FIELD_TEXT, by),
    AT(FIELD_TEXT, by_claim),
    {FIELD_ENUM, offsetof(struct hold, scope), HOLD_FILTER + 1},
    AT(FIELD_TEXT, filter_text),
    AT(FIELD_TIME, applied_ms),
    AT(FIELD_TIME, review_ms),
    AT(FIELD_TIME, released_ms),
    AT(FIELD_TIME, grace_until_ms),
    AT(FIELD_TEXT, released_by),
    AT(FIELD_INT, covered),
    AT(FIELD_BOOL, system),
    AT(FIELD_TIME, waived_ms),
    AT(FIELD_TEXT, waived_by),
};
enum hold_list { HOLD_SUBJECTS = FIELD_LISTS, HOLD_IN_FLIGHT };

/* Standing holds decide about every chain, so none may be overlooked by a page that is stale: their keys stand in one
 * row, which is read by key. */
static const struct str standing_key = {"standing_holds", 14};

static enum status hold_row(const struct hold *h, struct arena *a, struct row *out, struct err *err)
{
    struct buf b;
    buf_init(&b, BODY_BYTES_MAX);
    fields_pack(&b, hold_fields, ARRAY_LEN(hold_fields), h);
    pack_keys(&b, HOLD_SUBJECTS, h->subjects, h->subjects_n);
    pack_keys(&b, HOLD_IN_FLIGHT, h->in_flight, h->in_flight_n);
    *out = (struct row){.table = TABLE_HOLD, .op = ROW_PUT, .version = h->version, .key = key_str(&h->key)};
    return body_take(&b, "a hold", a, &out->body, err);
}

static enum status hold_read(const struct row *row, struct arena *a, struct hold *out, struct err *err)
{
    struct hold h = {.version = row->version};
    struct unpack u;
    fields_clear(hold_fields, ARRAY_LEN(hold_fields), &h);
    unpack_init(&u, row->body);
    while (unpack_next(&u)) {
        if (field_read(&u, hold_fields, ARRAY_LEN(hold_fields), &h))
            continue;
        if (u.number == HOLD_SUBJECTS)
            TRY(unpack_keys(&u, a, &h.subjects, &h.subjects_n, err));
        else if (u.number == HOLD_IN_FLIGHT)
            TRY(unpack_keys(&u, a, &h.in_flight, &h.in_flight_n, err));
    }
    if (u.bad || row->key.n != ROW_KEY_BYTES)
        return fail_damaged("hold", row->key, err);
    memcpy(h.key.b, row->key.p, ROW_KEY_BYTES);
    *out = h;
    return OK;
}

/* The list with this key in it; *listed: it is there already. */
static enum status standing_row(struct registry *r, const struct row_key *key, struct arena *a, struct row *out,
                                bool *listed, struct err *err)
{
    struct row now;
    TRY(registry_get_one(r, TABLE_META, standing_key, a, &now, err));
    size_t n = now.version > 0 ? now.body.n : 0;
    *listed = false;
    for (size_t i = 0; i + ROW_KEY_BYTES <= n; i += ROW_KEY_BYTES)
        *listed |= memcmp(now.body.p + i, key->b, ROW_KEY_BYTES) == 0;
    if (n + ROW_KEY_BYTES > BODY_BYTES_MAX)
        return FAIL(err, E_LIMIT, "there are already %zu standing holds: as many as a registry keeps",
                    n / ROW_KEY_BYTES);
    char *list = arena_alloc(a, n + ROW_KEY_BYTES);
    if (list == NULL)
        return ARENA_FULL(err, a);
    if (n > 0)
        memcpy(list, now.body.p, n);
    memcpy(list + n, key->b, ROW_KEY_BYTES);
    *out = (struct row){.table = TABLE_META, .op = ROW_PUT, .key = standing_key, .version = now.version,
                        .body = {list, n + ROW_KEY_BYTES}};
    return OK;
}

static enum status hold_changed(struct registry *r, const struct hold *h, bool *changed, struct arena *a,
                                struct err *err)
{
    struct row now;
    TRY(registry_get_one(r, TABLE_HOLD, key_str(&h->key), a, &now, err));
    *changed = now.version != h->version;
    return OK;
}

enum status registry_hold_put(struct registry *r, const struct hold *h, struct entry *entry, struct arena *a,
                              struct err *err)
{
    struct row rows[3];
    ASSERT(!row_key_is_none(&h->key) && !row_key_is_none(&h->matter));
    TRY(hold_row(h, a, &rows[0], err));
    rows[1] = epoch_row();
    for (int i = 0; i < CONFLICT_ROUNDS; i++) {
        bool listed = true, changed;
        if (h->scope != HOLD_IDS)
            TRY(standing_row(r, &h->key, a, &rows[2], &listed, err));
        enum status status = registry_commit_one(r, rows, listed ? 2 : 3, entry, err);
        if (status != E_CONFLICT)
            return status;
        TRY(hold_changed(r, h, &changed, a, err));
        if (changed || listed)
            break; /* else another hold was listed meanwhile: read the list again */
    }
    return FAIL(err, E_CONFLICT, "the hold was changed by somebody else meanwhile: look at it again");
}

struct holds { struct hold *items; size_t n, cap; };

static enum status holds_add(struct holds *holds, const struct row *row, struct arena *a, struct err *err)
{
    if (!arena_grow(a, (void **)&holds->items, &holds->cap, holds->n + 1, sizeof(*holds->items)))
        return ARENA_FULL(err, a);
    TRY(hold_read(row, a, &holds->items[holds->n], err));
    holds->n++;
    return OK;
}

static enum status read_standing(struct registry *r, struct holds *holds, struct arena *a, struct err *err)
{
    struct row list;
    TRY(registry_get_one(r, TABLE_META, standing_key, a, &list, err));
    size_t n = list.version > 0 ? list.body.n / ROW_KEY_BYTES : 0;
    struct str *keys = ARENA_ARRAY(a, struct str, n);
    struct row *rows = ARENA_ARRAY(a, struct row, n);
    if (keys == NULL || rows == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        keys[i] = (struct str){list.body.p + i * ROW_KEY_BYTES, ROW_KEY_BYTES};
    TRY(backend_get(&r->backend, TABLE_HOLD, keys, n, a, rows, err));
    for (size_t i = 0; i < n; i++) {
        if (rows[i].version == 0)
            return FAIL(err, E_INVALID, "the registry has lost a hold: restore it from a backup");
        TRY(holds_add(holds, &rows[i], a, err));
    }
    return OK;
}

enum status registry_holds(struct registry *r, struct arena *a, struct hold **out, size_t *n, struct err *err)
{
    struct holds holds = {0};
    struct str after = STR_NONE;
    size_t rows_n;
    TRY(read_standing(r, &holds, a, err));
    do {
        struct row *rows;
        TRY(backend_page(&r->backend, TABLE_HOLD, STR(""), after, PAGE_ROWS, a, &rows, &rows_n, err));
        for (size_t i = 0; i < rows_n; i++) {
            after = rows[i].key;
            TRY(holds_add(&holds, &rows[i], a, err));
            if (holds.items[holds.n - 1].scope != HOLD_IDS)
                holds.n--; /* read by key already */
        }
    } while (rows_n == PAGE_ROWS);
    *out = holds.items;
    *n = holds.n;
    return OK;
}
