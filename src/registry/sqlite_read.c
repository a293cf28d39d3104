/* sqlite_read.c - rows by key, by page, by queue. */
#include "registry/key_range.h"
#include "registry/sqlite.h"

static enum status read_row(sqlite3_stmt *st, enum table table, struct arena *a, struct row *out, struct err *err)
{
    struct row row = {
        .table = table,
        .version = (uint64_t)sqlite3_column_int64(st, ROW_COLUMN_VERSION),
        .add = sqlite3_column_int64(st, ROW_COLUMN_NUMBER),
        .queue = (enum chain_queue)sqlite3_column_int(st, ROW_COLUMN_QUEUE),
        .queue_category = (uint16_t)sqlite3_column_int(st, ROW_COLUMN_CATEGORY),
        .queue_time_ms = sqlite3_column_int64(st, ROW_COLUMN_TIME),
    };
    TRY(sqlite_column_str(st, ROW_COLUMN_KEY, a, &row.key, err));
    if (sqlite3_column_type(st, ROW_COLUMN_BODY) != SQLITE_NULL)
        TRY(sqlite_column_str(st, ROW_COLUMN_BODY, a, &row.body, err));
    *out = row;
    return OK;
}

static bool stands_twice(enum table t)
{
    return sqlite_level_name(t) != NULL && t != TABLE_CHAIN;
}

/* The same key from a lower level: covered by the row above, but for its version. */
static bool covered(sqlite3_stmt *st, enum table table, struct row *above)
{
    if (!stands_twice(table))
        return false;
    const void *p = sqlite3_column_blob(st, ROW_COLUMN_KEY);
    struct str key = {p ? p : "", (size_t)sqlite3_column_bytes(st, ROW_COLUMN_KEY)};
    if (!str_eq(key, above->key))
        return false;
    above->version += (uint64_t)sqlite3_column_int64(st, ROW_COLUMN_VERSION);
    return true;
}

static enum status get_one(struct sqlite *s, sqlite3_stmt *st, enum table table, struct str key, struct arena *a,
                           struct row *out, struct err *err)
{
    bool found;
    sqlite_bind_str(st, ROW_PARAM_KEY, key);
    TRY(sqlite_step(s, st, "read", &found, err));
    enum status status = OK;
    if (found)
        status = read_row(st, table, a, out, err);
    else
        *out = (struct row){.table = table, .key = key};
    while (status == OK && found && stands_twice(table)) {
        TRY(sqlite_step(s, st, "read", &found, err));
        if (found)
            (void)covered(st, table, out);
    }
    sqlite3_reset(st);
    return status;
}

/* Several keys are read in one transaction, so that what committed together is seen together. */
enum status sqlite_get(struct backend *b, enum table table, const struct str *keys, size_t n, struct arena *a,
                       struct row *out, struct err *err)
{
    struct sqlite *s = b->own;
    sqlite3_stmt *st;
    TRY(sqlite_row_statement(s, table, ROW_SQL_GET, &st, err));
    if (n > 1)
        TRY(sqlite_run(s, SQL_BEGIN_READ, err));
    enum status status = OK;
    for (size_t i = 0; i < n && status == OK; i++)
        status = get_one(s, st, table, keys[i], a, &out[i], err);
    if (n > 1 && status == OK)
        status = sqlite_run(s, SQL_COMMIT, err);
    if (status != OK)
        sqlite_rollback(s);
    return status;
}

/* A list that grows while a statement is read. */
struct rows { struct row *items; size_t n, cap; };

static enum status read_rows(struct sqlite *s, sqlite3_stmt *st, enum table table, size_t max, struct arena *a,
                             struct rows *rows, struct err *err)
{
    enum status status = OK;
    while (status == OK) {
        bool found;
        TRY(sqlite_step(s, st, "read", &found, err));
        if (!found)
            break;
        if (rows->n > 0 && covered(st, table, &rows->items[rows->n - 1]))
            continue;
        if (rows->n == max) /* of a table with levels: the last row was whole */
            break;
        if (!arena_grow(a, (void **)&rows->items, &rows->cap, rows->n + 1, sizeof(*rows->items)))
            status = ARENA_FULL(err, a);
        else
            status = read_row(st, table, a, &rows->items[rows->n], err);
        rows->n += status == OK;
    }
    sqlite3_reset(st);
    return status;
}

enum status sqlite_page(struct backend *b, enum table table, struct str prefix, struct str after, size_t max,
                        struct arena *a, struct row **out, size_t *n, struct err *err)
{
    struct sqlite *s = b->own;
    sqlite3_stmt *st;
    struct rows rows = {0};
    struct key_range range;
    key_range_of(prefix, after, &range);
    TRY(sqlite_row_statement(s, table, ROW_SQL_PAGE, &st, err));
    sqlite_bind_str(st, ROW_PARAM_KEY, key_range_from(&range));
    sqlite_bind_str(st, ROW_PARAM_UNTIL, key_range_end(&range));
    if (!stands_twice(table))
        sqlite3_bind_int64(st, ROW_PARAM_MAX, (int64_t)max);
    TRY(read_rows(s, st, table, max, a, &rows, err));
    *out = rows.items;
    *n = rows.n;
    return OK;
}

/* In order of arrival, as they lie: where it has come is the last one's number. */
static enum status walk_chains(struct sqlite *s, struct walk *w, size_t max, struct arena *a, struct row **out, size_t *n,
                               struct err *err)
{
    sqlite3_stmt *st;
    struct rows rows = {0};
    int64_t after = 0;
    if (w->n != 0 && w->n != sizeof(after))
        return FAIL(err, E_INVALID, "this is not where a walk of this registry stopped");
    memcpy(&after, w->at, w->n);
    TRY(sqlite_row_statement(s, TABLE_CHAIN, ROW_SQL_WALK, &st, err));
    sqlite3_bind_int64(st, ROW_PARAM_NUMBER, after);
    sqlite3_bind_int64(st, ROW_PARAM_MAX, (int64_t)max);
    TRY(read_rows(s, st, TABLE_CHAIN, max, a, &rows, err));
    for (size_t i = 0; i < rows.n; i++) {
        after = rows.items[i].add;
        rows.items[i].add = 0;
    }
    memcpy(w->at, &after, sizeof(after));
    w->n = sizeof(after);
    w->done = rows.n < max;
    *out = rows.items;
    *n = rows.n;
    return OK;
}

/* In order of keys: where it has come is the last key. */
enum status sqlite_walk(struct backend *b, enum table table, struct walk *w, size_t max, struct arena *a,
                        struct row **out, size_t *n, struct err *err)
{
    if (table == TABLE_CHAIN)
        return walk_chains(b->own, w, max, a, out, n, err);
    struct str after = w->n > 0 ? (struct str){(const char *)w->at, w->n} : STR_NONE;
    if (w->n > ROW_KEY_MAX)
        return FAIL(err, E_INVALID, "this is not where a walk of this registry stopped");
    TRY(sqlite_page(b, table, STR(""), after, max, a, out, n, err));
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

static enum status queue_category(struct sqlite *s, const struct queue_query *q, enum table table,
                                  const struct place *from, size_t max, struct arena *a, struct rows *rows,
                                  struct err *err)
{
    sqlite3_stmt *st;
    TRY(sqlite_row_statement(s, table, q->bodies ? ROW_SQL_QUEUE_BODY : ROW_SQL_QUEUE, &st, err));
    sqlite3_bind_int(st, ROW_PARAM_QUEUE, (int)q->queue);
    sqlite3_bind_int(st, ROW_PARAM_CATEGORY, from->category);
    sqlite3_bind_int64(st, ROW_PARAM_TIME, from->time_ms);
    sqlite_bind_str(st, ROW_PARAM_KEY, from->key);
    sqlite3_bind_int64(st, ROW_PARAM_UNTIL, q->until_ms);
    sqlite3_bind_int64(st, ROW_PARAM_MAX, (int64_t)(max - rows->n));
    return read_rows(s, st, table, max, a, rows, err);
}

/* The first category at or after `least` with rows in the queue; -1: none. */
static enum status next_category(struct sqlite *s, const struct queue_query *q, enum table table, int least, int *out,
                                 struct err *err)
{
    sqlite3_stmt *st;
    bool found;
    TRY(sqlite_row_statement(s, table, ROW_SQL_QUEUE_CATEGORY, &st, err));
    sqlite3_bind_int(st, ROW_PARAM_QUEUE, (int)q->queue);
    sqlite3_bind_int(st, ROW_PARAM_CATEGORY, least);
    TRY(sqlite_step(s, st, "read", &found, err));
    *out = found && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int(st, 0) : -1;
    sqlite3_reset(st);
    return OK;
}

static struct place first_place(const struct queue_query *q)
{
    struct place first = {.category = q->category < 0 ? 0 : q->category, .time_ms = INT64_MIN, .key = STR("")};
    if (!q->after || first.category > q->after_category)
        return first;
    return (struct place){q->after_category, q->after_time_ms, {(const char *)q->after_key.b, ROW_KEY_BYTES}};
}

enum status sqlite_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a, struct row **out,
                         size_t *n, struct err *err)
{
    struct sqlite *s = b->own;
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
