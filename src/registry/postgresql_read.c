/* postgresql_read.c - rows by key, by page, by queue. */
#include "registry/key_range.h"
#include "registry/postgresql.h"

enum { KEYS_AT_ONCE = 5000 };

static enum status copy_bytes(struct str view, struct arena *a, struct str *out, struct err *err)
{
    *out = arena_str(a, view);
    return out->p || !view.p ? OK : ARENA_FULL(err, a);
}

static enum status read_row(const PGresult *r, int i, enum table table, struct arena *a, struct row *out, struct err *err)
{
    struct row row = {
        .table = table,
        .version = (uint64_t)result_int(r, i, ANSWER_VERSION),
        .add = result_int(r, i, ANSWER_NUMBER),
        .queue = (enum chain_queue)result_int(r, i, ANSWER_QUEUE),
        .queue_category = (uint16_t)result_int(r, i, ANSWER_CATEGORY),
        .queue_time_ms = result_int(r, i, ANSWER_TIME),
    };
    TRY(copy_bytes(result_bytes(r, i, ANSWER_KEY), a, &row.key, err));
    TRY(copy_bytes(result_bytes(r, i, ANSWER_BODY), a, &row.body, err));
    *out = row;
    return OK;
}

static enum status get_some(struct postgresql *s, enum table table, const struct str *keys, size_t n, struct arena *a,
                            struct row *out, struct err *err)
{
    struct params p;
    PGresult *r = NULL;
    params_init(&p);
    param_array(&p, true, n);
    for (size_t i = 0; i < n; i++) {
        param_item_bytes(&p, keys[i]);
        out[i] = (struct row){.table = table, .key = keys[i]};
    }
    enum status status = postgresql_row_query(s, table, ROW_GET, &p, &r, err);
    params_release(&p);
    for (int i = 0; status == OK && i < PQntuples(r); i++) {
        int64_t at = result_int(r, i, ANSWER_ORDINAL) - 1;
        ASSERT(at >= 0 && (size_t)at < n);
        status = read_row(r, i, table, a, &out[at], err);
    }
    PQclear(r);
    return status;
}

enum status postgresql_get(struct backend *b, enum table table, const struct str *keys, size_t n, struct arena *a,
                           struct row *out, struct err *err)
{
    for (size_t i = 0; i < n; i += KEYS_AT_ONCE)
        TRY(get_some(b->own, table, keys + i, n - i < KEYS_AT_ONCE ? n - i : KEYS_AT_ONCE, a, out + i, err));
    return OK;
}

/* A list that grows answer by answer. */
struct rows { struct row *items; size_t n, cap; };

static enum status add_rows(struct postgresql *s, enum table table, enum row_statement which, const struct params *p,
                            struct arena *a, struct rows *rows, struct err *err)
{
    PGresult *r;
    TRY(postgresql_row_query(s, table, which, p, &r, err));
    size_t n = (size_t)PQntuples(r);
    enum status status = OK;
    if (!arena_grow(a, (void **)&rows->items, &rows->cap, rows->n + n, sizeof(*rows->items)))
        status = ARENA_FULL(err, a);
    for (size_t i = 0; i < n && status == OK; i++)
        status = read_row(r, (int)i, table, a, &rows->items[rows->n++], err);
    PQclear(r);
    return status;
}

enum status postgresql_page(struct backend *b, enum table table, struct str prefix, struct str after, size_t max,
                            struct arena *a, struct row **out, size_t *n, struct err *err)
{
    struct rows rows = {0};
    struct key_range range;
    struct params p;
    key_range_of(prefix, after, &range);
    params_init(&p);
    param_bytes(&p, key_range_from(&range));
    param_bytes(&p, key_range_end(&range));
    param_int(&p, (int64_t)max);
    enum status status = add_rows(b->own, table, ROW_PAGE, &p, a, &rows, err);
    params_release(&p);
    if (status == OK) {
        *out = rows.items;
        *n = rows.n;
    }
    return status;
}

/* In order of keys: where it has come is the last key. */
enum status postgresql_walk(struct backend *b, enum table table, struct walk *w, size_t max, struct arena *a,
                            struct row **out, size_t *n, struct err *err)
{
    struct str after = w->n > 0 ? (struct str){(const char *)w->at, w->n} : STR_NONE;
    if (w->n > ROW_KEY_MAX)
        return FAIL(err, E_INVALID, "this is not where a walk of this registry stopped");
    TRY(postgresql_page(b, table, STR(""), after, max, a, out, n, err));
    w->done = *n < max;
    if (*n > 0) {
        struct str last = (*out)[*n - 1].key;
        memcpy(w->at, last.p, last.n);
        w->n = last.n;
    }
    return OK;
}

/* Where to go on: strictly after (category, time, key). */
struct place { int category; int64_t time_ms; struct str key; };

static enum status queue_category(struct postgresql *s, const struct queue_query *q, enum table table,
                                  const struct place *from, size_t max, struct arena *a, struct rows *rows,
                                  struct err *err)
{
    struct params p;
    params_init(&p);
    param_int(&p, q->queue);
    param_int(&p, from->category);
    param_int(&p, from->time_ms);
    param_bytes(&p, from->key);
    param_int(&p, q->until_ms);
    param_int(&p, (int64_t)(max - rows->n));
    enum status status = add_rows(s, table, q->bodies ? ROW_QUEUE_BODY : ROW_QUEUE, &p, a, rows, err);
    params_release(&p);
    return status;
}

/* The first category at or after `least` with rows in the queue; -1: none. */
static enum status next_category(struct postgresql *s, const struct queue_query *q, enum table table, int least, int *out,
                                 struct err *err)
{
    struct params p;
    PGresult *r;
    params_init(&p);
    param_int(&p, q->queue);
    param_int(&p, least);
    enum status status = postgresql_row_query(s, table, ROW_QUEUE_CATEGORY, &p, &r, err);
    params_release(&p);
    TRY(status);
    *out = PQgetisnull(r, 0, 0) ? -1 : (int)result_int(r, 0, 0);
    PQclear(r);
    return OK;
}

static struct place first_place(const struct queue_query *q)
{
    struct place first = {.category = q->category < 0 ? 0 : q->category, .time_ms = INT64_MIN, .key = STR("")};
    if (!q->after || first.category > q->after_category)
        return first;
    return (struct place){q->after_category, q->after_time_ms, {(const char *)q->after_key.b, ROW_KEY_BYTES}};
}

enum status postgresql_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a,
                             struct row **out, size_t *n, struct err *err)
{
    struct postgresql *s = b->own;
    enum table table = q->queue == QUEUE_LEDGER ? TABLE_LEDGER : TABLE_CHAIN;
    struct rows rows = {0};
    struct place from = first_place(q);
    while (q->category < 0 || from.category == q->category) {
        int category = from.category;
        if (q->category < 0)
            TRY(next_category(s, q, table, from.category, &category, err));
        if (category < 0)
            break;
        if (category != from.category)
            from = (struct place){category, INT64_MIN, STR("")};
        TRY(queue_category(s, q, table, &from, max, a, &rows, err));
        if (rows.n == max)
            break;
        from = (struct place){category + 1, INT64_MIN, STR("")};
    }
    *out = rows.items;
    *n = rows.n;
    return OK;
}
