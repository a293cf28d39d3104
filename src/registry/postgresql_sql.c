/* postgresql_sql.c - statements and their answers, the waits for them, and what SQLSTATEs mean to a caller. */
#include "registry/postgresql.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"

/* Longer than the server's own limit for one statement (postgresql_connect.c): whoever reaches this one has lost the server. */
enum { ANSWER_MS = 90000, NAME_MAX_BYTES = 24 };

/* The index's own condition, queue<>0, is repeated, or PostgreSQL would not use it. Places are columns of their own: the next
 * page is one descent of the index. */
#define QUEUE_WHERE \
    " FROM @ WHERE queue=$1::bigint AND queue<>0 AND category=$2::bigint AND (time,key)>($3,$4) AND time<=$5 ORDER BY time,key LIMIT $6"
#define ROW_COMMON \
    [ROW_LOCK] = "SELECT key,version FROM @ WHERE key=ANY($1::bytea[]) ORDER BY key FOR UPDATE", \
    [ROW_DELETE] = "DELETE FROM @ WHERE key=ANY($1::bytea[])"

static const char *const placed_sql[ROW_STATEMENT_COUNT] = {
    ROW_COMMON,
    [ROW_GET] = "SELECT i.n,r.key,r.version,0::bigint,r.queue,r.category,r.time,r.body"
                " FROM unnest($1::bytea[]) WITH ORDINALITY AS i(key,n) JOIN @ r ON r.key=i.key",
    [ROW_PAGE] = "SELECT 0::bigint,key,version,0::bigint,queue,category,time,body FROM @ WHERE key>=$1 AND key<$2"
                 " ORDER BY key LIMIT $3",
    [ROW_INSERT] = "INSERT INTO @(key,version,queue,category,time,body) SELECT unnest($1::bytea[]),unnest($2::bigint[]),"
                   "unnest($3::bigint[]),unnest($4::bigint[]),unnest($5::bigint[]),unnest($6::bytea[]) ON CONFLICT(key) DO NOTHING RETURNING key",
    [ROW_UPDATE] = "UPDATE @ r SET version=r.version+1,queue=u.queue,category=u.category,time=u.time,body=u.body FROM (SELECT"
                   " unnest($1::bytea[]) AS key,unnest($2::bigint[]) AS queue,unnest($3::bigint[]) AS category,"
                   "unnest($4::bigint[]) AS time,unnest($5::bytea[]) AS body) u WHERE r.key=u.key",
    [ROW_QUEUE] = "SELECT 0::bigint,key,version,0::bigint,queue,category,time,NULL::bytea" QUEUE_WHERE,
    [ROW_QUEUE_BODY] = "SELECT 0::bigint,key,version,0::bigint,queue,category,time,body" QUEUE_WHERE,
    [ROW_QUEUE_CATEGORY] = "SELECT min(category) FROM @ WHERE queue=$1::bigint AND queue<>0 AND category>=$2::bigint",
};
static const char *const plain_sql[ROW_STATEMENT_COUNT] = {
    ROW_COMMON,
    [ROW_GET] = "SELECT i.n,r.key,r.version,r.number,0::bigint,0::bigint,0::bigint,r.body"
                " FROM unnest($1::bytea[]) WITH ORDINALITY AS i(key,n) JOIN @ r ON r.key=i.key",
    [ROW_PAGE] = "SELECT 0::bigint,key,version,number,0::bigint,0::bigint,0::bigint,body FROM @ WHERE key>=$1 AND key<$2"
                 " ORDER BY key LIMIT $3",
    [ROW_INSERT] = "INSERT INTO @(key,version,number,body) SELECT unnest($1::bytea[]),unnest($2::bigint[]),unnest($3::bigint[]),"
                   "unnest($4::bytea[]) ON CONFLICT(key) DO NOTHING RETURNING key",
    [ROW_UPDATE] = "UPDATE @ r SET version=r.version+1,number=u.number,body=u.body FROM (SELECT unnest($1::bytea[]) AS key,"
                   "unnest($2::bigint[]) AS number,unnest($3::bytea[]) AS body) u WHERE r.key=u.key",
    [ROW_SUM] = "INSERT INTO @ AS r(key,version,number,body) SELECT unnest($1::bytea[]),unnest($2::bigint[]),"
                "unnest($3::bigint[]),''::bytea ON CONFLICT(key) DO UPDATE SET version=r.version+excluded.version,"
                "number=r.number+excluded.number",
};
/* The log: `entry` as committed, `pending` the seq of those without a position, `log` the positions. */
static const char *const other_sql[SQL_STATEMENT_COUNT] = {
    [SQL_BEGIN] = "BEGIN ISOLATION LEVEL READ COMMITTED",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ENTRY_ADD] = "INSERT INTO entry(id,type,at,actor,subject,body) SELECT unnest($1::bytea[]),unnest($2::bytea[]),"
                      "unnest($3::bigint[]),unnest($4::bytea[]),unnest($5::bytea[]),unnest($6::bytea[])"
                      " ON CONFLICT(id) DO NOTHING RETURNING id,seq",
    [SQL_ENTRY_PENDING] = "INSERT INTO pending(seq) SELECT unnest($1::bigint[])",
    [SQL_ENTRY_REMOVE] = "DELETE FROM entry WHERE seq=ANY($1::bigint[])",
    [SQL_LOG_STATE] = "SELECT EXISTS(SELECT FROM pending)::int,(SELECT coalesce(max(position)+1,0) FROM log)",
    [SQL_LOG_LOCK] = "SELECT pg_advisory_xact_lock(hashtext('expunge.log'))",
    [SQL_LOG_NUMBER] = "WITH taken AS (DELETE FROM pending RETURNING seq), placed AS (INSERT INTO log(position,seq)"
                       " SELECT (SELECT coalesce(max(position)+1,0) FROM log)+row_number() OVER (ORDER BY seq)-1,seq"
                       " FROM taken ORDER BY seq RETURNING position)"
                       " SELECT coalesce((SELECT max(position)+1 FROM placed),(SELECT max(position)+1 FROM log),0)",
    [SQL_ENTRY_FORGET] = "UPDATE entry SET subject=NULL WHERE subject=$1",
};

static enum status status_of(const char *state)
{
    static const struct { char state[6]; enum status status; } known[] = {
        {"40001", E_RETRY}, {"40P01", E_RETRY} /* deadlock */, {"55P03", E_RETRY} /* lock_timeout */,
        {"57014", E_RETRY} /* statement_timeout */, {"57P01", E_RETRY}, {"57P02", E_RETRY}, {"57P03", E_RETRY},
        {"23505", E_RETRY} /* two numbered the log at once */, {"25P03", E_RETRY} /* idle too long in a transaction */, {"53300", E_RETRY} /* too many connections */,
        {"53100", E_LIMIT} /* disk full */, {"53200", E_LIMIT}, {"54000", E_LIMIT}, {"42501", E_DENIED}, {"25006", E_DENIED},
        {"42P01", E_INVALID}, {"42P06", E_CONFLICT} /* the schema is there */, {"3F000", E_INVALID}, {"42703", E_INVALID}, {"XX001", E_INVALID}, {"XX002", E_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(state, known[i].state) == 0)
            return known[i].status;
    return strncmp(state, "08", 2) == 0 ? E_RETRY : E_IO;
}

enum status postgresql_fail(struct postgresql *s, const PGresult *r, const char *doing, struct err *err)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL; /* without DETAIL, which shows values */
    enum status code = state ? status_of(state) : E_RETRY; /* no SQLSTATE: libpq itself, the connection is lost */
    const char *severity = r ? PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED) : NULL;
    enum status status;
    s->refused = severity && strcmp(severity, "ERROR") == 0; /* FATAL: the connection ends, perhaps behind a commit */
    if (code == E_LIMIT)
        status = FAIL(err, code, "%s: %s; nothing was changed", s->place, text);
    else if (code == E_RETRY && state == NULL)
        status = FAIL(err, code, "the connection to %s was lost", s->place);
    else
        status = FAIL(err, code, "cannot %s %s: %s", doing, s->place, text ? text : "no reason was given");
    postgresql_drop(s);
    return status;
}

static enum status wait_for(struct postgresql *s, bool sending, int64_t until_ms, struct err *err)
{
    struct pollfd p = {.fd = PQsocket(s->db), .events = (short)(POLLIN | (sending ? POLLOUT : 0))};
    int64_t left_ms = until_ms - clock_monotonic_ms();
    int n = left_ms > 0 && p.fd >= 0 ? poll(&p, 1, (int)left_ms) : 0;
    if (n < 0 && errno == EINTR)
        return OK;
    if (n > 0 && (p.revents & ~POLLOUT) != 0 && PQconsumeInput(s->db) != 1)
        return postgresql_fail(s, NULL, "read", err);
    if (n > 0)
        return OK;
    postgresql_drop(s);
    return FAIL(err, E_RETRY, "%s did not answer for %d seconds", s->place, ANSWER_MS / 1000);
}

/* The next result, NULL between the answers of two statements. */
static enum status next_result(struct postgresql *s, PGresult **out, struct err *err)
{
    int64_t until_ms = clock_monotonic_ms() + ANSWER_MS;
    for (;;) {
        int unsent = PQflush(s->db);
        if (unsent < 0)
            return postgresql_fail(s, NULL, "write", err);
        if (!PQisBusy(s->db)) {
            *out = PQgetResult(s->db);
            return OK;
        }
        TRY(wait_for(s, unsent > 0, until_ms, err));
    }
}

/* *out: the answer, which is good. */
static enum status good_result(struct postgresql *s, PGresult **out, struct err *err)
{
    PGresult *r;
    TRY(next_result(s, &r, err));
    ExecStatusType t = PQresultStatus(r); /* of NULL: PGRES_FATAL_ERROR */
    if (t == PGRES_COMMAND_OK || t == PGRES_TUPLES_OK || t == PGRES_PIPELINE_SYNC) {
        *out = r;
        return OK;
    }
    enum status status = postgresql_fail(s, r, "use", err);
    PQclear(r);
    return status;
}

/* Only what was sent is awaited: between two answers comes a NULL. */
static enum status one_answer(struct postgresql *s, PGresult **out, struct err *err)
{
    PGresult *r = NULL, *end;
    TRY(good_result(s, &r, err));
    enum status status = PQresultStatus(r) == PGRES_PIPELINE_SYNC ? OK : next_result(s, &end, err);
    if (status == OK) {
        *out = r;
        return OK;
    }
    PQclear(r);
    return status;
}

static void statement_text(enum table t, enum row_statement which, struct buf *out)
{
    const char *text = (table_has_places(t) ? placed_sql : plain_sql)[which];
    ASSERT(text != NULL); /* a queue of a table without places, or a number where rows have places */
    for (; *text != '\0'; text++) {
        if (*text == '@')
            buf_fmt(out, "\"%s\"", table_name(t));
        else
            buf_char(out, *text);
    }
}

static void row_name(char out[NAME_MAX_BYTES], enum table t, enum row_statement which)
{
    struct buf b;
    buf_init(&b, NAME_MAX_BYTES);
    buf_fmt(&b, "r%d_%d", (int)t, (int)which);
    memcpy(out, b.p, b.n + 1);
    buf_release(&b);
}

static void other_name(char out[NAME_MAX_BYTES], enum other_statement which)
{
    struct buf b;
    buf_init(&b, NAME_MAX_BYTES);
    buf_fmt(&b, "s%d", (int)which);
    memcpy(out, b.p, b.n + 1);
    buf_release(&b);
}

/* Outside of a pipeline alone. */
static enum status prepare(struct postgresql *s, const char *name, const char *text, struct err *err)
{
    PGresult *r;
    if (PQsendPrepare(s->db, name, text, 0, NULL) != 1)
        return postgresql_fail(s, NULL, "use", err);
    TRY(one_answer(s, &r, err));
    PQclear(r);
    return OK;
}

static enum status prepare_row(struct postgresql *s, enum table t, enum row_statement which, struct err *err)
{
    ASSERT((unsigned)t < TABLE_COUNT && which < ROW_STATEMENT_COUNT);
    if (s->row_prepared[t][which])
        return OK;
    char name[NAME_MAX_BYTES];
    CLEANUP(buf_release) struct buf text;
    buf_init(&text, 4096);
    statement_text(t, which, &text);
    row_name(name, t, which);
    TRY(buf_check(&text, err));
    TRY(prepare(s, name, text.p, err));
    s->row_prepared[t][which] = true;
    return OK;
}

static enum status prepare_other(struct postgresql *s, enum other_statement which, struct err *err)
{
    char name[NAME_MAX_BYTES];
    if (s->prepared[which])
        return OK;
    other_name(name, which);
    TRY(prepare(s, name, other_sql[which], err));
    s->prepared[which] = true;
    return OK;
}

/* By the name of a prepared statement, or once, by its text. */
static enum status send(struct postgresql *s, const char *name, const char *text, const struct params *p, struct err *err)
{
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    int n = p ? p->n : 0;
    if (p != NULL)
        TRY(params_check(p, err));
    for (int i = 0; i < n; i++) {
        values[i] = p->null[i] ? NULL : p->bytes[i].p ? p->bytes[i].p : "";
        lengths[i] = (int)p->bytes[i].n;
        formats[i] = 1;
    }
    int sent = text ? PQsendQueryParams(s->db, text, n, NULL, values, lengths, formats, 1)
                    : PQsendQueryPrepared(s->db, name, n, values, lengths, formats, 1);
    return sent == 1 ? OK : postgresql_fail(s, NULL, "use", err);
}

enum status postgresql_row_query(struct postgresql *s, enum table t, enum row_statement which, const struct params *p,
                                 PGresult **out, struct err *err)
{
    char name[NAME_MAX_BYTES];
    TRY(postgresql_ready(s, err));
    TRY(prepare_row(s, t, which, err));
    row_name(name, t, which);
    TRY(send(s, name, NULL, p, err));
    return one_answer(s, out, err);
}

enum status postgresql_query(struct postgresql *s, enum other_statement which, const struct params *p, PGresult **out,
                             struct err *err)
{
    char name[NAME_MAX_BYTES];
    TRY(postgresql_ready(s, err));
    TRY(prepare_other(s, which, err));
    other_name(name, which);
    TRY(send(s, name, NULL, p, err));
    return one_answer(s, out, err);
}

enum status postgresql_once(struct postgresql *s, const char *sql, const struct params *p, PGresult **out, struct err *err)
{
    TRY(postgresql_ready(s, err));
    TRY(send(s, NULL, sql, p, err));
    return one_answer(s, out, err);
}

enum status postgresql_exec(struct postgresql *s, const char *sql, PGresult **out, struct err *err)
{
    PGresult *last = NULL, *r;
    if (PQsendQuery(s->db, sql) != 1)
        return postgresql_fail(s, NULL, "use", err);
    for (;;) {
        enum status status = next_result(s, &r, err);
        if (status == OK && r == NULL)
            break;
        PQclear(last);
        last = NULL;
        TRY(status);
        ExecStatusType t = PQresultStatus(r);
        if (t != PGRES_COMMAND_OK && t != PGRES_TUPLES_OK) {
            status = postgresql_fail(s, r, "use", err);
            PQclear(r);
            return status;
        }
        last = r;
    }
    if (out != NULL)
        *out = last;
    else
        PQclear(last);
    return OK;
}

enum status postgresql_prepare_rows(struct postgresql *s, enum table t, bool adds, struct err *err)
{
    static const enum row_statement writes[] = {ROW_INSERT, ROW_LOCK, ROW_UPDATE, ROW_DELETE};
    for (size_t i = 0; i < ARRAY_LEN(writes) && !adds; i++)
        TRY(prepare_row(s, t, writes[i], err));
    return adds ? prepare_row(s, t, ROW_SUM, err) : OK;
}

enum status postgresql_prepare(struct postgresql *s, const enum other_statement *which, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        TRY(prepare_other(s, which[i], err));
    return OK;
}

enum status pipeline_begin(struct postgresql *s, struct err *err)
{
    return PQenterPipelineMode(s->db) == 1 ? OK : postgresql_fail(s, NULL, "use", err);
}

enum status pipeline_row(struct postgresql *s, enum table t, enum row_statement which, const struct params *p,
                         struct err *err)
{
    char name[NAME_MAX_BYTES];
    ASSERT(s->row_prepared[t][which]);
    row_name(name, t, which);
    return send(s, name, NULL, p, err);
}

enum status pipeline_add(struct postgresql *s, enum other_statement which, const struct params *p, struct err *err)
{
    char name[NAME_MAX_BYTES];
    ASSERT(s->prepared[which]);
    other_name(name, which);
    return send(s, name, NULL, p, err);
}

enum status pipeline_flush(struct postgresql *s, struct err *err)
{
    return PQpipelineSync(s->db) == 1 ? OK : postgresql_fail(s, NULL, "use", err);
}

enum status pipeline_next(struct postgresql *s, PGresult **out, struct err *err)
{
    return one_answer(s, out, err);
}

enum status pipeline_end(struct postgresql *s, struct err *err)
{
    PGresult *r;
    TRY(one_answer(s, &r, err));
    bool end = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
    PQclear(r);
    ASSERT(end); /* an answer was left unread */
    return PQexitPipelineMode(s->db) == 1 ? OK : postgresql_fail(s, NULL, "use", err);
}

int64_t result_int(const PGresult *r, int row, int column)
{
    const unsigned char *p = (const unsigned char *)PQgetvalue(r, row, column);
    int n = PQgetlength(r, row, column);
    uint64_t v = n > 0 && (p[0] & 0x80) != 0 ? UINT64_MAX : 0;
    ASSERT(n == 2 || n == 4 || n == 8);
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

struct str result_bytes(const PGresult *r, int row, int column)
{
    if (PQgetisnull(r, row, column))
        return STR_NONE;
    return (struct str){PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column)};
}
