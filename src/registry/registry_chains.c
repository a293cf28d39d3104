/* registry_chains.c - chains by key, by contact, by queue, by subject. */
#include "registry/front.h"

static enum status get_keys(struct registry *r, enum table t, const struct row_key *keys, size_t n, struct arena *a,
                            struct row **out, struct err *err)
{
    struct str *names = ARENA_ARRAY(a, struct str, n);
    struct row *rows = ARENA_ARRAY(a, struct row, n);
    if (names == NULL || rows == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        names[i] = key_str(&keys[i]);
    TRY(backend_get(&r->backend, t, names, n, a, rows, err));
    *out = rows;
    return OK;
}

enum status registry_chains(struct registry *r, const struct row_key *keys, size_t n, struct arena *a,
                            struct chain *out, struct err *err)
{
    struct row *rows;
    TRY(get_keys(r, TABLE_CHAIN, keys, n, a, &rows, err));
    for (size_t i = 0; i < n; i++) {
        if (rows[i].version > 0)
            TRY(registry_chain_read(&rows[i], a, &out[i], err));
        else
            out[i] = (struct chain){.key = keys[i]};
    }
    return OK;
}

enum status registry_chain_of(struct registry *r, const struct row_key *contacts, size_t n, struct arena *a,
                              struct row_key *chains, struct err *err)
{
    struct row *rows;
    TRY(get_keys(r, TABLE_LEG, contacts, n, a, &rows, err));
    for (size_t i = 0; i < n; i++)
        if (rows[i].version > 0 && rows[i].body.n != ROW_KEY_BYTES)
            return fail_damaged("leg", rows[i].key, err);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].version > 0)
            memcpy(chains[i].b, rows[i].body.p, ROW_KEY_BYTES);
        else
            chains[i] = contacts[i];
    }
    return OK;
}

enum status registry_leg_rows(const struct row_key *contact, const struct row_key *chain, struct arena *a,
                              struct row out[2], size_t *n, struct err *err)
{
    bool own = row_key_eq(contact, chain);
    struct str key = arena_str(a, key_str(contact)), body = arena_str(a, key_str(chain));
    if (key.p == NULL || body.p == NULL)
        return ARENA_FULL(err, a);
    out[0] = (struct row){.table = TABLE_LEG, .op = own ? ROW_REMOVE : ROW_PUT, .version = VERSION_ANY, .key = key,
                          .body = own ? STR_NONE : body};
    if (!own)
        out[1] = (struct row){.table = TABLE_CHAIN, .op = ROW_REMOVE, .version = 0, .key = key};
    *n = own ? 1 : 2;
    return OK;
}

enum status registry_subject_row(const struct row_key *subject, const struct row_key *chain, struct arena *a,
                                 struct row *out, struct err *err)
{
    struct row_key *key = ARENA_ARRAY(a, struct row_key, 2);
    if (key == NULL)
        return ARENA_FULL(err, a);
    key[0] = *subject;
    key[1] = *chain;
    *out = (struct row){.table = TABLE_SUBJECT, .op = ROW_PUT, .version = VERSION_ANY,
                        .key = {(const char *)key, 2 * ROW_KEY_BYTES}};
    return OK;
}

enum status registry_queue(struct registry *r, const struct queue_query *q, size_t max, struct arena *a,
                           struct queue_line **out, size_t *n, struct err *err)
{
    struct queue_query places = *q;
    struct row *rows;
    size_t rows_n;
    places.bodies = false;
    TRY(backend_queue(&r->backend, &places, max, a, &rows, &rows_n, err));
    struct queue_line *lines = ARENA_ARRAY(a, struct queue_line, rows_n);
    if (lines == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < rows_n; i++) {
        if (rows[i].key.n != ROW_KEY_BYTES)
            return fail_damaged("contact", rows[i].key, err);
        lines[i] = (struct queue_line){.version = rows[i].version, .category = rows[i].queue_category,
                                       .time_ms = rows[i].queue_time_ms};
        memcpy(lines[i].chain.b, rows[i].key.p, ROW_KEY_BYTES);
    }
    *out = lines;
    *n = rows_n;
    return OK;
}

enum status registry_by_subject(struct registry *r, const struct row_key *subject, size_t max, struct arena *a,
                                struct row_key **chains, size_t *n, bool *more, struct err *err)
{
    struct row *rows;
    size_t rows_n;
    TRY(backend_page(&r->backend, TABLE_SUBJECT, key_str(subject), STR_NONE, max + 1, a, &rows, &rows_n, err));
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, rows_n);
    if (keys == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < rows_n; i++) {
        if (rows[i].key.n != 2 * ROW_KEY_BYTES)
            return fail_damaged("subject", rows[i].key, err);
        memcpy(keys[i].b, rows[i].key.p + ROW_KEY_BYTES, ROW_KEY_BYTES);
    }
    *more = rows_n > max;
    *n = rows_n > max ? max : rows_n;
    *chains = keys;
    return OK;
}

enum status registry_walk_chains(struct registry *r, struct walk *w, size_t max, struct arena *a,
                                 struct chain **out, size_t *n, struct err *err)
{
    struct walk next = *w;
    struct row *rows;
    size_t rows_n;
    TRY(backend_walk(&r->backend, TABLE_CHAIN, &next, max, a, &rows, &rows_n, err));
    struct chain *chains = ARENA_ARRAY(a, struct chain, rows_n);
    if (chains == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < rows_n; i++)
        TRY(registry_chain_read(&rows[i], a, &chains[i], err));
    *out = chains;
    *n = rows_n;
    *w = next;
    return OK;
}
