/*
 * sql_rows.c - a contact's rows in one table: counted, deleted, overwritten, marked, read back.
 *
 * A change is one transaction: count, compare with the fuse, change, compare what was affected with what was counted,
 * ask the gate once more, commit. Whatever does not agree rolls back, and nothing was done.
 */
#include "store/sql.h"

/* ---- conditions ---- */

static struct sql_value text_value(struct str text)
{
    return (struct sql_value){SQL_VALUE_TEXT, 0, text};
}

static void add_exact(struct sql_query *q, struct str table, struct str column)
{
    sql_add(q, q->c->engine->as_text[0]);
    sql_add_column(q, table, column);
    sql_add(q, q->c->engine->as_text[1]);
}

/* The ids in the types in which the column may hold them. */
static void add_ids(struct sql_query *q, enum sql_key_type type, const struct sql_rows *rows, size_t n)
{
    bool any = false, integers = type == SQL_KEY_INTEGER || (type == SQL_KEY_ANY && q->c->engine->mixes_types);
    for (size_t i = 0; i < n; i++) {
        int64_t number;
        if (type != SQL_KEY_INTEGER) {
            sql_add(q, any ? ", " : "");
            sql_add_value(q, text_value(rows[i].id));
            any = true;
        }
        if (integers && str_to_i64(rows[i].id, &number)) {
            sql_add(q, any ? ", " : "");
            sql_add_value(q, (struct sql_value){SQL_VALUE_INTEGER, number, STR_NONE});
            any = true;
        }
    }
    if (!any)
        sql_add(q, "NULL"); /* IN (NULL) is never true */
}

/*
 * "column holds one of the ids". The first list lets an index find the rows, whatever type the column has; the second
 * compares exact texts, because the first alone would let '0123', '1e3' or a number beyond 64 bits meet an integer they
 * are not, and a case-insensitive column meet another id.
 */
static void add_holds_id(struct sql_query *q, struct str table, struct str column, const struct sql_table *t,
                         const struct sql_rows *rows, size_t n)
{
    sql_add_column(q, table, column);
    sql_add(q, " IN (");
    add_ids(q, t->key_type, rows, n);
    sql_add(q, ") AND ");
    add_exact(q, table, column);
    sql_add(q, " IN (");
    for (size_t i = 0; i < n; i++) {
        sql_add(q, i > 0 ? ", " : "");
        sql_add_value(q, text_value(rows[i].id));
    }
    sql_add(q, ")");
}

/* " WHERE ": the rows of these ids. */
static void add_where(struct sql_query *q, const struct sql_table *t, const struct sql_rows *rows, size_t n)
{
    sql_add(q, " WHERE ");
    if (t->via_table.n == 0) {
        add_holds_id(q, t->name, t->key, t, rows, n);
        return;
    }
    sql_add_column(q, t->name, t->key);
    sql_add(q, " IN (SELECT ");
    sql_add_column(q, t->via_table, t->via_parent);
    sql_add(q, " FROM ");
    sql_add_name(q, t->via_table);
    sql_add(q, " WHERE ");
    add_holds_id(q, t->via_table, t->via_key, t, rows, n);
    sql_add(q, ")");
}

/* ---- counting ---- */

/* SELECT id, count(*) ... GROUP BY id */
static void write_count(struct sql_query *q, const struct sql_table *t, const struct sql_rows *rows, size_t n)
{
    bool via = t->via_table.n > 0;
    struct str id_table = via ? t->via_table : t->name, id_column = via ? t->via_key : t->key;
    sql_add(q, "SELECT ");
    add_exact(q, id_table, id_column);
    sql_add(q, ", count(*) FROM ");
    sql_add_name(q, t->name);
    if (via) {
        sql_add(q, " JOIN ");
        sql_add_name(q, t->via_table);
        sql_add(q, " ON ");
        sql_add_column(q, t->name, t->key);
        sql_add(q, " = ");
        sql_add_column(q, t->via_table, t->via_parent);
    }
    sql_add(q, " WHERE ");
    add_holds_id(q, id_table, id_column, t, rows, n);
    sql_add(q, " GROUP BY 1");
}

enum status sql_rows_count(struct sql_connection *c, const struct sql_table *t, struct sql_rows *rows, size_t n,
                           struct arena *a, struct err *err)
{
    CLEANUP(sql_query_release) struct sql_query q;
    struct sql_statement *s;
    bool row;
    sql_query_init(&q, c, a);
    for (size_t i = 0; i < n; i++)
        rows[i].count = 0;
    write_count(&q, t, rows, n);
    TRY(sql_query_prepare(&q, &s, err));
    enum status status;
    while ((status = c->engine->step(s, &row, err)) == OK && row) {
        struct str id = c->engine->text(s, 0);
        for (size_t i = 0; i < n; i++)
            if (str_eq(rows[i].id, id))
                rows[i].count += c->engine->integer(s, 1);
    }
    c->engine->finish(s);
    return status;
}

/* ---- changing ---- */

struct change {
    struct sql_connection *c;
    const struct sql_profile *profile;
    const struct sql_table *t;
    struct store_call *call;
    enum effect effect;
};

static void answer_all(struct sql_rows *rows, size_t n, enum outcome outcome, const char *note)
{
    for (size_t i = 0; i < n; i++)
        store_answer(rows[i].artefact, outcome, note);
}

/* A statement that must meet exactly the rows that were counted. E_CONFLICT: it did not. */
static enum status run_exactly(struct sql_query *q, int64_t expected, struct err *err)
{
    int64_t affected = -1;
    TRY(sql_query_run(q, NULL, &affected, err));
    if (affected != expected)
        return FAIL(err, E_CONFLICT, "%lld rows were affected, %lld were counted", (long long)affected,
                    (long long)expected);
    return OK;
}

static enum status delete_rows(const struct change *x, struct sql_rows *rows, size_t n, int64_t total, struct err *err)
{
    CLEANUP(sql_query_release) struct sql_query q;
    sql_query_init(&q, x->c, x->call->a);
    sql_add(&q, "DELETE FROM ");
    sql_add_name(&q, x->t->name);
    add_where(&q, x->t, rows, n);
    return run_exactly(&q, total, err);
}

static struct sql_value blank_of(const struct sql_scrub *s)
{
    return s->how == SQL_SCRUB_NULL ? (struct sql_value){SQL_VALUE_NULL, 0, STR_NONE} : text_value(s->text);
}

/* UPDATE ... SET every scrubbed column to its blank; with `pseudonyms`, those are left to be replaced one by one. */
static enum status blank_columns(const struct change *x, bool pseudonyms, struct sql_rows *rows, size_t n,
                                 int64_t total, struct err *err)
{
    CLEANUP(sql_query_release) struct sql_query q;
    size_t set = 0;
    sql_query_init(&q, x->c, x->call->a);
    sql_add(&q, "UPDATE ");
    sql_add_name(&q, x->t->name);
    for (size_t i = 0; i < x->t->scrubs_n; i++) {
        const struct sql_scrub *s = &x->t->scrubs[i];
        if (pseudonyms && s->how == SQL_SCRUB_PSEUDONYM)
            continue;
        sql_add(&q, set++ == 0 ? " SET " : ", ");
        sql_add_name(&q, s->column);
        sql_add(&q, " = ");
        sql_add_value(&q, blank_of(s));
    }
    add_where(&q, x->t, rows, n);
    return set == 0 ? OK : run_exactly(&q, total, err);
}

/* The different values a column has in these rows, copied. */
static enum status distinct_values(struct sql_connection *c, const struct sql_table *t, struct str column,
                                   const struct sql_rows *rows, size_t n, struct arena *a, struct str **out,
                                   size_t *out_n, struct err *err)
{
    CLEANUP(sql_query_release) struct sql_query q;
    struct sql_statement *s;
    struct str *values = NULL;
    size_t values_n = 0, cap = 0;
    bool row;
    sql_query_init(&q, c, a);
    sql_add(&q, "SELECT DISTINCT ");
    add_exact(&q, t->name, column);
    sql_add(&q, " FROM ");
    sql_add_name(&q, t->name);
    add_where(&q, t, rows, n);
    TRY(sql_query_prepare(&q, &s, err));
    enum status status;
    while ((status = c->engine->step(s, &row, err)) == OK && row) {
        struct str value = c->engine->text(s, 0);
        void *p = values;
        if (value.n == 0)
            continue;
        if (!arena_grow(a, &p, &cap, values_n + 1, sizeof(*values)) ||
            (values = p, value = arena_str(a, value)).p == NULL) {
            status = ARENA_FULL(err, a);
            break;
        }
        values[values_n++] = value;
    }
    c->engine->finish(s);
    *out = values;
    *out_n = values_n;
    return status;
}

static enum status replace_value(const struct change *x, struct str column, struct str value,
                                 const struct sql_rows *rows, size_t n, struct err *err)
{
    CLEANUP(sql_query_release) struct sql_query q;
    struct str pseudonym = store_pseudonym(x->call, value);
    if (pseudonym.p == NULL)
        return ARENA_FULL(err, x->call->a);
    sql_query_init(&q, x->c, x->call->a);
    sql_add(&q, "UPDATE ");
    sql_add_name(&q, x->t->name);
    sql_add(&q, " SET ");
    sql_add_name(&q, column);
    sql_add(&q, " = ");
    sql_add_value(&q, text_value(pseudonym));
    add_where(&q, x->t, rows, n);
    sql_add(&q, " AND ");
    add_exact(&q, x->t->name, column);
    sql_add(&q, " = ");
    sql_add_value(&q, text_value(value));
    x->call->calls++;
    return sql_query_run(&q, NULL, NULL, err);
}

static enum status pseudonymise_rows(const struct change *x, struct sql_rows *rows, size_t n, int64_t total,
                                     struct err *err)
{
    for (size_t i = 0; i < x->t->scrubs_n; i++) {
        struct str *values = NULL;
        size_t values_n = 0;
        if (x->t->scrubs[i].how != SQL_SCRUB_PSEUDONYM)
            continue;
        struct str column = x->t->scrubs[i].column;
        TRY(distinct_values(x->c, x->t, column, rows, n, x->call->a, &values, &values_n, err));
        for (size_t k = 0; k < values_n; k++)
            if (!store_is_pseudonym(values[k]))
                TRY(replace_value(x, column, values[k], rows, n, err));
    }
    return blank_columns(x, true, rows, n, total, err);
}

static enum status restrict_rows(const struct change *x, struct sql_rows *rows, size_t n, int64_t total,
                                 struct err *err)
{
    CLEANUP(sql_query_release) struct sql_query q;
    sql_query_init(&q, x->c, x->call->a);
    sql_add(&q, "UPDATE ");
    sql_add_name(&q, x->t->name);
    sql_add(&q, " SET ");
    sql_add_name(&q, x->t->restrict_column);
    sql_add(&q, " = ");
    sql_add_value(&q, text_value(x->t->restrict_value));
    add_where(&q, x->t, rows, n);
    return run_exactly(&q, total, err);
}

static enum status apply(const struct change *x, struct sql_rows *rows, size_t n, int64_t total, struct err *err)
{
    x->call->calls++;
    if (x->effect == EFFECT_ERASE)
        return delete_rows(x, rows, n, total, err);
    if (x->effect == EFFECT_BLANK)
        return blank_columns(x, false, rows, n, total, err);
    if (x->effect == EFFECT_PSEUDONYMISE)
        return pseudonymise_rows(x, rows, n, total, err);
    ASSERT(x->effect == EFFECT_RESTRICT);
    return restrict_rows(x, rows, n, total, err);
}

static enum outcome success_of(enum effect effect)
{
    return effect == EFFECT_ERASE           ? OUT_GONE
           : effect == EFFECT_BLANK         ? OUT_SCRUBBED
           : effect == EFFECT_PSEUDONYMISE ? OUT_PSEUDONYMISED
                                            : OUT_RESTRICTED;
}

/* Marks the ids some child of this table still has rows of: deleting their parents first would lose them. */
static enum status answer_with_children(const struct change *x, struct sql_rows *rows, size_t n, struct err *err)
{
    struct sql_rows *child = ARENA_ARRAY(x->call->a, struct sql_rows, n);
    if (child == NULL)
        return ARENA_FULL(err, x->call->a);
    for (size_t k = 0; k < x->profile->n; k++) {
        const struct sql_table *t = &x->profile->tables[k];
        if (!str_eq(t->via_table, x->t->name) || t->via_table.n == 0)
            continue;
        memcpy(child, rows, n * sizeof(*rows));
        TRY(sql_rows_count(x->c, t, child, n, x->call->a, err));
        for (size_t i = 0; i < n; i++)
            if (child[i].count > 0)
                store_answer(rows[i].artefact, OUT_RETRY, "rows of another table still refer to these; they go first");
    }
    return OK;
}

/* Answers those for whom nothing is to be done; gathers the others at the front. */
static enum status sort_out(const struct change *x, struct sql_rows *rows, size_t *n, int64_t *total, struct err *err)
{
    size_t kept = 0;
    TRY(sql_rows_count(x->c, x->t, rows, *n, x->call->a, err));
    answer_all(rows, *n, OUT_UNKNOWN, NULL);
    if (x->effect == EFFECT_ERASE)
        TRY(answer_with_children(x, rows, *n, err));
    *total = 0;
    for (size_t i = 0; i < *n; i++) {
        if (rows[i].artefact->outcome != OUT_UNKNOWN)
            continue;
        if (rows[i].count == 0) {
            store_answer(rows[i].artefact, OUT_ABSENT, NULL); /* the table was read in this very transaction */
        } else if (rows[i].count > x->t->max_rows) {
            store_answer(rows[i].artefact, OUT_REFUSED, "more rows than max_rows allows for one contact");
        } else {
            *total += rows[i].count;
            struct sql_rows kept_row = rows[i];
            rows[i] = rows[kept];
            rows[kept++] = kept_row;
        }
    }
    *n = kept;
    return OK;
}

/* Inside the transaction. Leaves in *n those whose change is ready to be committed. */
static enum status change_inside(const struct change *x, struct sql_rows *rows, size_t *n, struct err *err)
{
    int64_t total = 0;
    TRY(sort_out(x, rows, n, &total, err));
    if (*n == 0)
        return OK;
    if (gate_open(x->call->gate))
        TRY(apply(x, rows, *n, total, err));
    if (!gate_open(x->call->gate)) { /* again: what was done is undone */
        answer_all(rows, *n, OUT_HELD, "a hold may have arrived");
        *n = 0;
    }
    return OK;
}

static enum status attempt(const struct change *x, struct sql_rows *rows, size_t n, struct err *err)
{
    const struct sql_engine *engine = x->c->engine;
    size_t ready = n;
    TRY(engine->begin(x->c, err));
    enum status s = change_inside(x, rows, &ready, err);
    if (s != OK || ready == 0) {
        engine->rollback(x->c);
        return s;
    }
    s = engine->commit(x->c, err);
    if (s != OK) {
        engine->rollback(x->c);
        answer_all(rows, ready, OUT_UNKNOWN, "the database did not say that it committed");
        return s;
    }
    answer_all(rows, ready, success_of(x->effect), NULL);
    return OK;
}

enum status sql_rows_change(struct sql_connection *c, const struct sql_profile *profile, const struct sql_table *t,
                            struct store_call *call, enum effect effect, struct sql_rows *rows, size_t n,
                            struct err *err)
{
    struct change x = {c, profile, t, call, effect};
    enum status s = attempt(&x, rows, n, err);
    if (s != E_CONFLICT) {
        if (s != OK && s != E_IO)
            answer_all(rows, n, OUT_UNKNOWN, NULL); /* rolled back: as if never tried */
        return s;
    }
    for (size_t i = 0; i < n; i++) { /* one of them: find out which */
        s = n > 1 ? attempt(&x, &rows[i], 1, err) : E_CONFLICT;
        if (s == E_CONFLICT)
            store_answer(rows[i].artefact, OUT_REFUSED, "the database refused it, or other rows than counted were met");
        else if (s != OK)
            return s;
    }
    return OK;
}

/* ---- reading back ---- */

/* Rows of the id in which the column is anything but the value. */
static enum status count_other(struct sql_connection *c, const struct sql_table *t, struct str column,
                               struct sql_value value, const struct sql_rows *row, struct arena *a, int64_t *out,
                               struct err *err)
{
    CLEANUP(sql_query_release) struct sql_query q;
    sql_query_init(&q, c, a);
    sql_add(&q, "SELECT count(*) FROM ");
    sql_add_name(&q, t->name);
    add_where(&q, t, row, 1);
    sql_add(&q, " AND ");
    sql_add_column(&q, t->name, column);
    sql_add(&q, " IS DISTINCT FROM ");
    sql_add_value(&q, value);
    return sql_query_run(&q, out, NULL, err);
}

static enum status scrub_holds(struct sql_connection *c, const struct sql_table *t, const struct sql_scrub *s,
                               enum effect effect, const struct sql_rows *row, struct arena *a, bool *out,
                               struct err *err)
{
    if (effect == EFFECT_PSEUDONYMISE && s->how == SQL_SCRUB_PSEUDONYM) {
        struct str *values = NULL;
        size_t n = 0;
        TRY(distinct_values(c, t, s->column, row, 1, a, &values, &n, err));
        for (size_t i = 0; i < n; i++)
            *out = *out && store_is_pseudonym(values[i]);
        return OK;
    }
    int64_t other = 1;
    TRY(count_other(c, t, s->column, blank_of(s), row, a, &other, err));
    *out = *out && other == 0;
    return OK;
}

static enum status reads_changed(struct sql_connection *c, const struct sql_table *t, enum effect effect,
                                 const struct sql_rows *row, struct arena *a, bool *out, struct err *err)
{
    *out = false;
    if (effect == EFFECT_RESTRICT && t->restrict_column.n > 0) {
        int64_t other = 1;
        TRY(count_other(c, t, t->restrict_column, text_value(t->restrict_value), row, a, &other, err));
        *out = other == 0;
    } else if (effect == EFFECT_BLANK || effect == EFFECT_PSEUDONYMISE) {
        *out = t->scrubs_n > 0;
        for (size_t i = 0; i < t->scrubs_n && *out; i++)
            TRY(scrub_holds(c, t, &t->scrubs[i], effect, row, a, out, err));
    }
    return OK;
}

enum status sql_rows_verify(struct sql_connection *c, const struct sql_table *t, struct store_call *call,
                            struct sql_rows *rows, size_t n, struct err *err)
{
    call->calls++;
    TRY(sql_rows_count(c, t, rows, n, call->a, err));
    for (size_t i = 0; i < n; i++) {
        bool changed;
        if (rows[i].count == 0) {
            store_answer(rows[i].artefact, OUT_ABSENT, NULL);
            continue;
        }
        TRY(reads_changed(c, t, rows[i].artefact->effect, &rows[i], call->a, &changed, err));
        store_answer(rows[i].artefact, changed ? success_of(rows[i].artefact->effect) : OUT_PRESENT, NULL);
    }
    return OK;
}

/* ---- a person's rows ---- */

/* The ways a phone number in normal form (+44...) stands in databases. */
static void add_forms(struct sql_query *q, const struct sql_table *t, struct str value)
{
    sql_add_value(q, text_value(value));
    if (t->subject_type != SUBJECT_PHONE || !str_starts(value, STR("+")))
        return;
    struct str digits = {value.p + 1, value.n - 1};
    struct str zeros = arena_fmt(q->a, "00%.*s", STR_ARG(digits));
    sql_add(q, ", ");
    sql_add_value(q, text_value(digits));
    sql_add(q, ", ");
    sql_add_value(q, text_value(zeros.p != NULL ? zeros : digits));
}

enum status sql_subject_keys(struct sql_connection *c, const struct sql_table *t, const struct identifier *identifiers,
                             size_t n, struct arena *a, void *ctx,
                             enum status (*found)(void *ctx, struct str key, int64_t rows, struct err *err),
                             struct err *err)
{
    CLEANUP(sql_query_release) struct sql_query q;
    struct sql_statement *s;
    size_t asked = 0;
    bool row, email = t->subject_type == SUBJECT_EMAIL;
    sql_query_init(&q, c, a);
    sql_add(&q, "SELECT ");
    add_exact(&q, t->name, t->key);
    sql_add(&q, ", count(*) FROM ");
    sql_add_name(&q, t->name);
    sql_add(&q, email ? " WHERE lower(" : " WHERE (");
    sql_add_column(&q, t->name, t->subject_column);
    sql_add(&q, ") IN (");
    for (size_t i = 0; i < n; i++) {
        if (identifiers[i].type != t->subject_type)
            continue;
        sql_add(&q, asked++ > 0 ? ", " : "");
        add_forms(&q, t, identifiers[i].value);
    }
    sql_add(&q, ") GROUP BY 1");
    if (asked == 0)
        return OK;
    TRY(sql_query_prepare(&q, &s, err));
    enum status status;
    while ((status = c->engine->step(s, &row, err)) == OK && row) {
        status = found(ctx, c->engine->text(s, 0), c->engine->integer(s, 1), err);
        if (status != OK)
            break;
    }
    c->engine->finish(s);
    return status;
}
