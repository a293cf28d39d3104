/* sql_connection.c - the list of database engines; statements written piece by piece. */
#include "store/sql_connection.h"

enum { SQL_BYTES_MAX = 1 << 20 };

static const struct sql_engine *const engines[] = {&sql_sqlite};

static bool split_url(struct str url, struct str *scheme, struct str *address)
{
    return str_split(url, ':', scheme, address) && address->n > 0;
}

const struct sql_engine *sql_engine_of(struct str url)
{
    struct str scheme, address;
    for (size_t i = 0; split_url(url, &scheme, &address) && i < ARRAY_LEN(engines); i++)
        if (str_is(scheme, engines[i]->scheme))
            return engines[i];
    return NULL;
}

enum status sql_open(struct str url, struct str base_dir, struct sql_connection **out, struct err *err)
{
    struct str scheme, address;
    const struct sql_engine *engine = sql_engine_of(url);
    if (engine == NULL) /* the URL may hold a password: not repeated */
        return FAIL(err, E_INVALID, "'url' names no database engine that is built in; there is sqlite:PATH");
    (void)split_url(url, &scheme, &address);
    return engine->open(address, base_dir, out, err);
}

void sql_close(struct sql_connection *c)
{
    if (c != NULL)
        c->engine->close(c);
}

void sql_query_init(struct sql_query *q, struct sql_connection *c, struct arena *a)
{
    *q = (struct sql_query){.c = c, .a = a};
    buf_init(&q->text, SQL_BYTES_MAX);
}

void sql_query_release(struct sql_query *q)
{
    buf_release(&q->text);
}

void sql_add(struct sql_query *q, const char *sql)
{
    buf_cstr(&q->text, sql);
}

static void add_quoted(struct sql_query *q, struct str name)
{
    buf_char(&q->text, '"');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"')
            buf_char(&q->text, '"');
        buf_char(&q->text, name.p[i]);
    }
    buf_char(&q->text, '"');
}

void sql_add_name(struct sql_query *q, struct str name)
{
    struct str part;
    while (str_split(name, '.', &part, &name)) {
        add_quoted(q, part);
        buf_char(&q->text, '.');
    }
    add_quoted(q, name);
}

/* With its table in front: SQLite takes a lone "name" that is no column for a string, which matches or misses
 * everything. */
void sql_add_column(struct sql_query *q, struct str table, struct str column)
{
    sql_add_name(q, table);
    buf_char(&q->text, '.');
    add_quoted(q, column);
}

void sql_add_value(struct sql_query *q, struct sql_value v)
{
    void *values = q->values;
    q->full = q->full || !arena_grow(q->a, &values, &q->cap, q->n + 1, sizeof(v));
    if (q->full)
        return;
    q->values = values;
    q->values[q->n++] = v;
    q->c->engine->placeholder(&q->text, q->n);
}

enum status sql_query_prepare(struct sql_query *q, struct sql_statement **out, struct err *err)
{
    struct sql_statement *s;
    if (q->full)
        return ARENA_FULL(err, q->a);
    TRY(buf_check(&q->text, err));
    TRY(q->c->engine->prepare(q->c, buf_view(&q->text), &s, err));
    for (size_t i = 0; i < q->n; i++) {
        enum status status = q->c->engine->bind(s, i + 1, &q->values[i], err);
        if (status != OK) {
            q->c->engine->finish(s);
            return status;
        }
    }
    *out = s;
    return OK;
}

enum status sql_query_run(struct sql_query *q, int64_t *count, int64_t *affected, struct err *err)
{
    const struct sql_engine *engine = q->c->engine;
    struct sql_statement *s;
    bool row = false;
    TRY(sql_query_prepare(q, &s, err));
    enum status status = engine->step(s, &row, err);
    if (status == OK && count != NULL && !row)
        status = FAIL(err, E_IO, "a count came back without a row");
    if (status == OK && count != NULL)
        *count = engine->integer(s, 0);
    if (status == OK && affected != NULL)
        *affected = engine->affected(s);
    engine->finish(s);
    return status;
}
