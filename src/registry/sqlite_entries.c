/* sqlite_entries.c - the log's entries. Position = seq - 1: rows are only ever appended, so seq has no gaps. */
#include "registry/sqlite.h"

#include "base/buf.h"

enum entry_param { PARAM_FROM = 1, PARAM_TO, PARAM_SUBJECT, PARAM_TYPE, PARAM_ACTOR, PARAM_FROM_MS, PARAM_TO_MS,
                   PARAM_ID, PARAM_MAX };

static struct str key_str(const struct row_key *k)
{
    return (struct str){(const char *)k->b, ROW_KEY_BYTES};
}

enum status sqlite_entry_add(struct sqlite *s, const struct entry *e, bool *known, struct err *err)
{
    sqlite3_stmt *st;
    bool found;
    TRY(sqlite_statement(s, SQL_ENTRY_ADD, &st, err));
    sqlite_bind_str(st, 1, (struct str){(const char *)e->id, sizeof(e->id)});
    sqlite_bind_str(st, 2, e->type);
    sqlite3_bind_int64(st, 3, e->at_ms);
    sqlite_bind_str(st, 4, e->actor);
    if (row_key_is_none(&e->subject))
        sqlite3_bind_null(st, 5);
    else
        sqlite_bind_str(st, 5, key_str(&e->subject));
    sqlite_bind_str(st, 6, e->body);
    TRY(sqlite_step(s, st, "write", &found, err));
    sqlite3_reset(st);
    *known = sqlite3_changes(s->db) != 1;
    return OK;
}

enum status sqlite_number(struct backend *b, uint64_t *size, struct err *err)
{
    struct sqlite *s = b->own;
    sqlite3_stmt *st;
    bool found;
    TRY(sqlite_statement(s, SQL_ENTRY_SIZE, &st, err));
    TRY(sqlite_step(s, st, "read", &found, err));
    *size = found ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return OK;
}

enum status sqlite_forget(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err)
{
    struct sqlite *s = b->own;
    sqlite3_stmt *st;
    bool found;
    TRY(sqlite_statement(s, SQL_ENTRY_FORGET, &st, err));
    sqlite_bind_str(st, 1, key_str(subject));
    TRY(sqlite_step(s, st, "write", &found, err));
    sqlite3_reset(st);
    *n = (uint64_t)sqlite3_changes(s->db);
    return OK;
}

static void query_text(const struct entry_query *q, struct buf *b)
{
    buf_cstr(b, "SELECT seq,id,type,at,actor,subject,body FROM entry WHERE seq>?1 AND seq<=?2");
    if (q->subject != NULL)
        buf_cstr(b, " AND subject=?3");
    if (q->type.p != NULL)
        buf_cstr(b, " AND type=?4");
    if (q->actor.p != NULL)
        buf_cstr(b, " AND actor=?5");
    if (q->from_ms != TIME_NONE)
        buf_cstr(b, " AND at>=?6");
    if (q->to_ms != TIME_NONE)
        buf_cstr(b, " AND at<?7");
    if (q->id != NULL)
        buf_cstr(b, " AND id=?8");
    buf_cstr(b, q->newest_first ? " ORDER BY seq DESC LIMIT ?9" : " ORDER BY seq LIMIT ?9");
}

static int64_t at_most_max(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static void bind_query(sqlite3_stmt *st, const struct entry_query *q, size_t max)
{
    sqlite3_bind_int64(st, PARAM_FROM, at_most_max(q->from));
    sqlite3_bind_int64(st, PARAM_TO, at_most_max(q->to));
    if (q->subject != NULL)
        sqlite_bind_str(st, PARAM_SUBJECT, key_str(q->subject));
    if (q->type.p != NULL)
        sqlite_bind_str(st, PARAM_TYPE, q->type);
    if (q->actor.p != NULL)
        sqlite_bind_str(st, PARAM_ACTOR, q->actor);
    if (q->from_ms != TIME_NONE)
        sqlite3_bind_int64(st, PARAM_FROM_MS, q->from_ms);
    if (q->to_ms != TIME_NONE)
        sqlite3_bind_int64(st, PARAM_TO_MS, q->to_ms);
    if (q->id != NULL)
        sqlite_bind_str(st, PARAM_ID, (struct str){(const char *)q->id, 16});
    sqlite3_bind_int64(st, PARAM_MAX, (int64_t)max);
}

static enum status read_entry(const struct sqlite *s, sqlite3_stmt *st, struct arena *a, struct entry *out,
                              struct err *err)
{
    struct entry e = {.index = (uint64_t)sqlite3_column_int64(st, 0) - 1, .at_ms = sqlite3_column_int64(st, 3)};
    if (sqlite3_column_bytes(st, 1) != (int)sizeof(e.id))
        return FAIL(err, E_INVALID, "%s is damaged: entry %llu has no id", s->path, (unsigned long long)e.index);
    memcpy(e.id, sqlite3_column_blob(st, 1), sizeof(e.id));
    TRY(sqlite_column_str(st, 2, a, &e.type, err));
    TRY(sqlite_column_str(st, 4, a, &e.actor, err));
    if (sqlite3_column_bytes(st, 5) == ROW_KEY_BYTES)
        memcpy(e.subject.b, sqlite3_column_blob(st, 5), ROW_KEY_BYTES);
    TRY(sqlite_column_str(st, 6, a, &e.body, err));
    *out = e;
    return OK;
}

static enum status read_entries(struct sqlite *s, sqlite3_stmt *st, struct arena *a, struct entry **out, size_t *n,
                                struct err *err)
{
    size_t cap = 0;
    for (;;) {
        bool found;
        TRY(sqlite_step(s, st, "read", &found, err));
        if (!found)
            return OK;
        if (!arena_grow(a, (void **)out, &cap, *n + 1, sizeof(**out)))
            return ARENA_FULL(err, a);
        TRY(read_entry(s, st, a, &(*out)[*n], err));
        ++*n;
    }
}

/* The whole query in one call: the next one goes on behind the last entry, or has nothing left to look at. */
enum status sqlite_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a,
                           struct entry **out, size_t *n, uint64_t *looked_to, struct err *err)
{
    struct sqlite *s = b->own;
    struct buf text;
    sqlite3_stmt *st = NULL;
    struct entry *entries = NULL;
    size_t entries_n = 0;
    buf_init(&text, 1024);
    query_text(q, &text);
    enum status status = buf_check(&text, err);
    if (status == OK)
        status = sqlite_prepare(s, text.p, &st, err);
    buf_release(&text);
    TRY(status);
    bind_query(st, q, max);
    status = read_entries(s, st, a, &entries, &entries_n, err);
    sqlite3_finalize(st);
    if (status == OK) {
        *out = entries;
        *n = entries_n;
        if (entries_n < max)
            *looked_to = q->newest_first ? q->from : q->to;
        else
            *looked_to = entries[entries_n - 1].index + !q->newest_first;
    }
    return status;
}
