/* store_sql.c - the sql driver: rows of contacts in the tables of a database. */
#include "store/sql.h"

#include "base/clock.h"
#include "base/secret.h"

#include <stdlib.h>

static const struct option sql_options[] = {
    {.name = "url",
     .type = OPT_TEXT,
     .required = true,
     .help = "sqlite:PATH (relative to the configuration's folder), or where it is kept: env:NAME, file:PATH, "
             "credential:NAME"},
    {.name = "tables",
     .type = OPT_YAML,
     .required = true,
     .help = "list of {name, kind, key, key_type, via, scrub, restrict, subject, max_rows}, children before parents"},
    {.name = NULL}};

struct sql_store { struct sql_profile profile; struct str url; struct sql_connection *c; };

static enum status sql_configure(struct store *store, struct problems *p, struct err *err)
{
    struct sql_store *own = ARENA_NEW(&store->arena, struct sql_store);
    if (own == NULL)
        return ARENA_FULL(err, &store->arena);
    store->own = own;
    own->url = option_text(&store->options, "url");
    if (own->url.n > 0 && !secret_is_reference(own->url) && sql_engine_of(own->url) == NULL)
        problem_at(p, option_of(&store->options, "url")->node,
                   "'url' must be sqlite:PATH, or env:NAME, file:PATH or credential:NAME that holds one");
    const struct yaml *tables = option_of(&store->options, "tables")->node;
    return tables != NULL ? sql_profile_read(store, tables, p, &own->profile, err) : OK;
}

static enum status sql_store_open(struct store *store, struct err *err)
{
    struct sql_store *own = store->own;
    struct str url = own->url, base_dir = store->options.base_dir;
    struct arena a;
    arena_init(&a, 256 << 10);
    enum status s = secret_is_reference(own->url) ? secret_read(own->url, base_dir, &a, &url, err) : OK;
    if (s == OK)
        s = sql_open(url, base_dir, &own->c, err);
    arena_release(&a);
    return s;
}

static void sql_store_close(struct store *store)
{
    struct sql_store *own = store->own;
    if (own == NULL)
        return;
    sql_close(own->c);
    own->c = NULL;
}

/* The connection for this call: made anew when the database is no longer the one that was opened. */
static enum status connect(struct store *store, struct store_call *call, struct sql_connection **out, struct err *err)
{
    struct sql_store *own = store->own;
    if (own->c != NULL && own->c->engine->alive(own->c, NULL) != OK)
        sql_store_close(store);
    if (own->c == NULL)
        TRY(sql_store_open(store, err));
    own->c->until_ms = call->began_ms + (call->deadline_ms - call->now_ms);
    *out = own->c;
    return OK;
}

/* ---- check ---- */

/* A key kept as 42.0 or as bytes compares with no id: the rows would be there, and nobody would see them. */
static enum status key_fits(struct sql_connection *c, const struct sql_table *t, struct store_call *call, struct err *err)
{
    struct str table = t->via_table.n ? t->via_table : t->name, column = t->via_table.n ? t->via_key : t->key;
    struct sql_statement *s = NULL;
    bool row = false;
    if (c->engine->unfit_columns == NULL)
        return OK;
    TRY(c->engine->prepare(c, str_of(c->engine->unfit_columns), &s, err));
    const struct sql_value values[] = {{SQL_VALUE_TEXT, 0, table}, {SQL_VALUE_TEXT, 0, column}};
    enum status status = c->engine->bind(s, 1, &values[0], err);
    if (status == OK)
        status = c->engine->bind(s, 2, &values[1], err);
    if (status == OK)
        status = c->engine->step(s, &row, err);
    if (status == OK && row && c->engine->integer(s, 0) > 0)
        status = FAIL(err, E_INVALID, "table %.*s: the key column %.*s holds real numbers or bytes, which no id can be "
                      "compared with; name a text or integer column", STR_ARG(table), STR_ARG(column));
    c->engine->finish(s);
    call->calls++;
    return status;
}

/* Preparing names every table and column without reading a row. */
static enum status check_table(struct sql_connection *c, const struct sql_table *t, struct store_call *call,
                               struct store_check *out, struct err *err)
{
    struct sql_rows nobody = {.id = STR("expunge-check")};
    struct err why = {.code = OK};
    enum status s = sql_rows_count(c, t, &nobody, 1, call->a, &why);
    if (s == OK)
        s = key_fits(c, t, call, &why);
    const struct str columns[] = {t->restrict_column, t->subject_column};
    for (size_t i = 0; i < ARRAY_LEN(columns) + t->scrubs_n && s == OK; i++) {
        struct str column = i < ARRAY_LEN(columns) ? columns[i] : t->scrubs[i - ARRAY_LEN(columns)].column;
        if (column.n == 0)
            continue;
        CLEANUP(sql_query_release) struct sql_query q;
        sql_query_init(&q, c, call->a);
        sql_add(&q, "SELECT count(");
        sql_add_column(&q, t->name, column);
        sql_add(&q, ") FROM ");
        sql_add_name(&q, t->name);
        sql_add(&q, " WHERE 1 = 0");
        s = sql_query_run(&q, NULL, NULL, &why);
    }
    call->calls++;
    if (s == E_RETRY)
        return FAIL(err, s, "%s", why.text);
    return store_finding(call, out, s == OK, err, "table %.*s: %s", STR_ARG(t->name),
                         s == OK ? "is there, with the columns of the profile" : why.text);
}

static enum status sql_check(struct store *store, struct store_call *call, struct store_check *out, struct err *err)
{
    const struct sql_store *own = store->own;
    struct sql_connection *c;
    TRY(connect(store, call, &c, err));
    TRY(store_finding(call, out, true, err, "the database answers"));
    for (size_t i = 0; i < own->profile.n; i++)
        TRY(check_table(c, &own->profile.tables[i], call, out, err));
    enum status writable = c->engine->begin(c, err);
    if (writable == E_DENIED)
        return store_finding(call, out, false, err, "the database is read-only: write permission is missing");
    TRY(writable);
    c->engine->rollback(c);
    return store_finding(call, out, true, err, "the database can be written");
}

/* ---- find ---- */

struct search {
    const struct store_sink *sink;
    struct store_call *call;
    const struct sql_table *t;
    size_t target;
};

static struct str locator_of(const struct sql_table *t, struct str id, struct arena *a)
{
    return arena_fmt(a, "%.*s.%.*s#%.*s", STR_ARG(t->name), STR_ARG(t->key), STR_ARG(id));
}

static enum status yield(const struct search *s, struct str id, int64_t rows, enum scope scope, struct err *err)
{
    struct artefact found = {.kind = s->t->kind, .scope = scope, .count = rows};
    found.locator = locator_of(s->t, id, s->call->a);
    if (found.locator.p == NULL)
        return ARENA_FULL(err, s->call->a);
    return s->sink->add(s->sink->ctx, s->target, &found, err);
}

static enum status yield_person(void *ctx, struct str key, int64_t rows, struct err *err)
{
    return key.n == 0 ? OK : yield(ctx, key, rows, SCOPE_SUBJECT, err);
}

static bool id_usable(struct str id)
{
    size_t at;
    return id.n > 0 && !str_find(id, '\0', &at);
}

static enum status find_in_table(struct sql_connection *c, struct search *s, const struct store_target *targets,
                                 size_t n, struct err *err)
{
    if (s->t->subject_column.n > 0) {
        for (s->target = 0; s->target < n; s->target++)
            TRY(sql_subject_keys(c, s->t, targets[s->target].identifiers, targets[s->target].identifiers_n, s->call->a,
                                 s, yield_person, err));
        return OK;
    }
    struct sql_rows *rows = ARENA_ARRAY(s->call->a, struct sql_rows, n);
    if (rows == NULL)
        return ARENA_FULL(err, s->call->a);
    for (size_t i = 0; i < n; i++)
        rows[i].id = targets[i].id;
    s->call->calls++;
    TRY(sql_rows_count(c, s->t, rows, n, s->call->a, err));
    for (s->target = 0; s->target < n; s->target++)
        if (rows[s->target].count > 0)
            TRY(yield(s, targets[s->target].id, rows[s->target].count, SCOPE_CONTACT, err));
    return OK;
}

static enum status sql_find(struct store *store, struct store_call *call, const struct store_target *targets, size_t n,
                            const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    const struct sql_store *own = store->own;
    struct sql_connection *c;
    TRY(connect(store, call, &c, err));
    for (size_t i = 0; i < own->profile.n; i++) {
        struct search s = {sink, call, &own->profile.tables[i], 0};
        TRY(key_fits(c, s.t, call, err));
        TRY(find_in_table(c, &s, targets, n, err));
    }
    for (size_t i = 0; i < n; i++)
        seen[i].sight = id_usable(targets[i].id) ? SIGHT_WHOLE : SIGHT_UNKNOWN;
    return OK;
}

/* ---- change and verify ---- */

/* The table and id of a locator. */
static const struct sql_table *read_locator(const struct sql_profile *profile, struct str locator, struct str *id)
{
    struct str place;
    if (!str_split(locator, '#', &place, id) || !id_usable(*id))
        return NULL;
    for (size_t i = 0; i < profile->n; i++) {
        const struct sql_table *t = &profile->tables[i];
        bool fits = place.n == t->name.n + 1 + t->key.n && str_starts(place, t->name) && str_ends(place, t->key) &&
                    place.p[t->name.n] == '.';
        if (fits)
            return t;
    }
    return NULL;
}

static int by_id(const void *a, const void *b)
{
    return str_cmp(((const struct sql_rows *)a)->id, ((const struct sql_rows *)b)->id);
}

/* This table's artefacts, each id once; `doubles` (of two sources with one id) are moved behind. */
static size_t gather(const struct sql_profile *profile, const struct sql_table *t, struct artefact **artefacts,
                     size_t n, struct sql_rows *rows, size_t *all)
{
    size_t found = 0, distinct = 0;
    for (size_t i = 0; i < n; i++) {
        struct str id;
        if (read_locator(profile, artefacts[i]->locator, &id) == t)
            rows[found++] = (struct sql_rows){id, 0, artefacts[i]};
    }
    qsort(rows, found, sizeof(*rows), by_id);
    for (size_t i = 0; i < found; i++) {
        if (distinct > 0 && str_eq(rows[distinct - 1].id, rows[i].id))
            continue;
        struct sql_rows row = rows[distinct];
        rows[distinct++] = rows[i];
        rows[i] = row;
    }
    *all = found;
    return distinct;
}

static void answer_doubles(const struct sql_rows *rows, size_t distinct, size_t all)
{
    for (size_t i = distinct; i < all; i++)
        for (size_t k = 0; k < distinct; k++)
            if (str_eq(rows[i].id, rows[k].id))
                store_answer(rows[i].artefact, rows[k].artefact->outcome, rows[k].artefact->note.p);
}

static void answer_strangers(const struct sql_profile *profile, struct artefact **artefacts, size_t n)
{
    struct str id;
    for (size_t i = 0; i < n; i++)
        if (read_locator(profile, artefacts[i]->locator, &id) == NULL)
            store_answer(artefacts[i], OUT_UNKNOWN, "its table is no longer in the profile");
}

/* Table by table in the order of the profile, so that children go before their parents. */
static enum status sql_change(struct store *store, struct store_call *call, enum effect effect,
                              struct artefact **artefacts, size_t n, struct err *err)
{
    const struct sql_store *own = store->own;
    struct sql_connection *c;
    TRY(connect(store, call, &c, err));
    struct sql_rows *rows = ARENA_ARRAY(call->a, struct sql_rows, n);
    if (rows == NULL)
        return ARENA_FULL(err, call->a);
    answer_strangers(&own->profile, artefacts, n);
    for (size_t i = 0; i < own->profile.n; i++) {
        size_t all, distinct = gather(&own->profile, &own->profile.tables[i], artefacts, n, rows, &all);
        if (distinct == 0)
            continue;
        TRY(sql_rows_change(c, &own->profile, &own->profile.tables[i], call, effect, rows, distinct, err));
        answer_doubles(rows, distinct, all);
    }
    return OK;
}

static enum status sql_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n,
                              struct err *err)
{
    const struct sql_store *own = store->own;
    struct sql_connection *c;
    TRY(connect(store, call, &c, err));
    struct sql_rows *rows = ARENA_ARRAY(call->a, struct sql_rows, n);
    if (rows == NULL)
        return ARENA_FULL(err, call->a);
    answer_strangers(&own->profile, artefacts, n);
    for (size_t i = 0; i < own->profile.n; i++) {
        size_t all, distinct = gather(&own->profile, &own->profile.tables[i], artefacts, n, rows, &all);
        if (distinct == 0)
            continue;
        TRY(sql_rows_verify(c, &own->profile.tables[i], call, rows, distinct, err));
        for (size_t k = distinct; k < all; k++) /* of another source, and something else may have been done to it */
            TRY(sql_rows_verify(c, &own->profile.tables[i], call, &rows[k], 1, err));
    }
    return OK;
}

const struct store_driver store_sql = {.name = "sql",
                                       .help = "rows in the tables of a database",
                                       .options = sql_options,
                                       .find_batch_max = 200,
                                       .change_batch_max = 500,
                                       .verify_batch_max = 500,
                                       .retry_horizon_ms = 7 * DAY_MS,
                                       .configure = sql_configure,
                                       .open = sql_store_open,
                                       .close = sql_store_close,
                                       .check = sql_check,
                                       .find = sql_find,
                                       .change = sql_change,
                                       .verify = sql_verify};
