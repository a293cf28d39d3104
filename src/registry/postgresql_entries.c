/* postgresql_entries.c - the log's entries. A commit leaves them pending; an integrator, one at a time, gives the positions. */
#include "registry/postgresql.h"

enum { COLUMN_POSITION, COLUMN_ID, COLUMN_TYPE, COLUMN_AT, COLUMN_ACTOR, COLUMN_SUBJECT, COLUMN_BODY };

static struct str key_str(const struct row_key *k)
{
    return (struct str){(const char *)k->b, ROW_KEY_BYTES};
}

/* Waits for its turn. What is numbered is what the statement behind the lock sees: every entry that was OK before. They are
 * ordered by seq, which is drawn while a group commits: of two, one OK before the other was handed over, it has the lower. */
static enum status number_pending(struct postgresql *s, uint64_t *size, struct err *err)
{
    static const enum other_statement all[] = {SQL_BEGIN, SQL_LOG_LOCK, SQL_LOG_NUMBER, SQL_COMMIT};
    uint64_t counted = 0;
    TRY(postgresql_prepare(s, all, ARRAY_LEN(all), err));
    TRY(pipeline_begin(s, err));
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        TRY(pipeline_add(s, all[i], NULL, err));
    TRY(pipeline_flush(s, err));
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        PGresult *r;
        TRY(pipeline_next(s, &r, err));
        if (all[i] == SQL_LOG_NUMBER)
            counted = (uint64_t)result_int(r, 0, 0);
        bool done = all[i] != SQL_COMMIT || strcmp(PQcmdStatus(r), "COMMIT") == 0;
        PQclear(r);
        if (!done)
            return postgresql_fail(s, NULL, "number the entries of", err);
    }
    TRY(pipeline_end(s, err));
    *size = counted;
    return OK;
}

enum status postgresql_number(struct backend *b, uint64_t *size, struct err *err)
{
    struct postgresql *s = b->own;
    PGresult *r;
    TRY(postgresql_query(s, SQL_LOG_STATE, NULL, &r, err));
    bool pending = result_int(r, 0, 0) != 0;
    uint64_t counted = (uint64_t)result_int(r, 0, 1);
    PQclear(r);
    if (pending)
        return number_pending(s, size, err);
    *size = counted;
    return OK;
}

enum status postgresql_forget(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err)
{
    struct params p;
    PGresult *r;
    params_init(&p);
    param_bytes(&p, key_str(subject));
    enum status status = postgresql_query(b->own, SQL_ENTRY_FORGET, &p, &r, err);
    params_release(&p);
    TRY(status);
    int64_t count = 0;
    (void)str_to_i64(str_of(PQcmdTuples(r)), &count);
    PQclear(r);
    *n = (uint64_t)count;
    return OK;
}

static int64_t at_most_max(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

/* One condition, its parameter behind the others. */
static void condition(struct buf *text, struct params *p, const char *sql, struct str bytes, int64_t number)
{
    if (bytes.p != NULL)
        param_bytes(p, bytes);
    else
        param_int(p, number);
    buf_fmt(text, "%s$%d", sql, p->n);
}

/* The conditions on the entry alone; those on the position are numbers and stand in the text. */
static void query_text(const struct entry_query *q, size_t max, struct buf *b, struct params *p)
{
    buf_cstr(b, "SELECT l.position,e.id,e.type,e.at,e.actor,e.subject,e.body FROM ");
    if (q->id != NULL) {
        buf_cstr(b, "entry e LEFT JOIN log l ON l.seq=e.seq WHERE true");
        condition(b, p, " AND e.id=", (struct str){(const char *)q->id, 16}, 0);
    } else {
        buf_fmt(b, "log l JOIN entry e ON e.seq=l.seq WHERE l.position>=%lld AND l.position<%lld",
                (long long)at_most_max(q->from), (long long)at_most_max(q->to));
    }
    if (q->subject != NULL)
        condition(b, p, " AND e.subject=", key_str(q->subject), 0);
    if (q->type.p != NULL)
        condition(b, p, " AND e.type=", q->type, 0);
    if (q->actor.p != NULL)
        condition(b, p, " AND e.actor=", q->actor, 0);
    if (q->from_ms != TIME_NONE)
        condition(b, p, " AND e.at>=", STR_NONE, q->from_ms);
    if (q->to_ms != TIME_NONE)
        condition(b, p, " AND e.at<", STR_NONE, q->to_ms);
    buf_fmt(b, " ORDER BY l.position %s LIMIT %zu", q->newest_first ? "DESC" : "ASC", max);
}

static enum status read_entry(const struct postgresql *s, const PGresult *r, int i, struct arena *a, struct entry *out,
                              struct err *err)
{
    bool pending = PQgetisnull(r, i, COLUMN_POSITION);
    struct str id = result_bytes(r, i, COLUMN_ID), subject = result_bytes(r, i, COLUMN_SUBJECT);
    struct entry e = {.index = pending ? INDEX_PENDING : (uint64_t)result_int(r, i, COLUMN_POSITION),
                      .at_ms = result_int(r, i, COLUMN_AT),
                      .type = arena_str(a, result_bytes(r, i, COLUMN_TYPE)),
                      .actor = arena_str(a, result_bytes(r, i, COLUMN_ACTOR)),
                      .body = arena_str(a, result_bytes(r, i, COLUMN_BODY))};
    if (id.n != sizeof(e.id))
        return FAIL(err, E_INVALID, "%s is damaged: an entry has no id", s->place);
    memcpy(e.id, id.p, sizeof(e.id));
    if (subject.n == ROW_KEY_BYTES)
        memcpy(e.subject.b, subject.p, ROW_KEY_BYTES);
    if (e.type.p == NULL || e.actor.p == NULL || e.body.p == NULL)
        return ARENA_FULL(err, a);
    *out = e;
    return OK;
}

static enum status read_entries(const struct postgresql *s, const PGresult *r, struct arena *a, struct entry **out,
                                struct err *err)
{
    size_t n = (size_t)PQntuples(r);
    *out = ARENA_ARRAY(a, struct entry, n);
    if (*out == NULL)
        return ARENA_FULL(err, a);
    for (size_t i = 0; i < n; i++)
        TRY(read_entry(s, r, (int)i, a, &(*out)[i], err));
    return OK;
}

/* The whole query in one call: the next one goes on behind the last entry, or has nothing left to look at. */
enum status postgresql_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a,
                               struct entry **out, size_t *n, uint64_t *looked_to, struct err *err)
{
    struct postgresql *s = b->own;
    CLEANUP(buf_release) struct buf text;
    struct params p;
    PGresult *r = NULL;
    struct entry *entries = NULL;
    buf_init(&text, 2048);
    params_init(&p);
    query_text(q, max, &text, &p);
    enum status status = buf_check(&text, err);
    if (status == OK)
        status = postgresql_once(s, text.p, &p, &r, err);
    params_release(&p);
    if (status == OK)
        status = read_entries(s, r, a, &entries, err);
    if (status == OK) {
        *out = entries;
        *n = (size_t)PQntuples(r);
        if (*n < max)
            *looked_to = q->newest_first ? q->from : q->to;
        else
            *looked_to = entries[*n - 1].index + !q->newest_first;
    }
    PQclear(r);
    return status;
}
