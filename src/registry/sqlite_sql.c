/* sqlite_sql.c - statements, kept prepared, and what SQLite's result codes mean to a caller. */
#include "registry/sqlite.h"

#include <errno.h>

#include "base/buf.h"
#include "base/file.h"

/* '$' stands for the table. ?1 key, ?2 version expected, ?3 body, ?4 number, ?5 queue, ?6 category, ?7 time, ?8 until
 * (a time; PAGE: the key to end before), ?9 at most. "queue<>0" repeats the index's own condition, or
 * SQLite would not use it. */
#define QUEUE_WHERE \
    " FROM \"$\" INDEXED BY $_place WHERE queue=?5 AND queue<>0 AND category=?6 AND (time,key)>(?7,?1) AND time<=?8" \
    " ORDER BY time,key LIMIT ?9"
#define PLACED_SQL \
    [ROW_SQL_QUEUE] = "SELECT key,version,0,queue,category,time,NULL" QUEUE_WHERE, \
    [ROW_SQL_QUEUE_BODY] = "SELECT key,version,0,queue,category,time,body" QUEUE_WHERE, \
    [ROW_SQL_QUEUE_CATEGORY] = "SELECT min(category) FROM \"$\" INDEXED BY $_place" \
                               " WHERE queue=?5 AND queue<>0 AND category>=?6"
static const char *const ledger_sql[ROW_SQL_COUNT] = {
    [ROW_SQL_GET] = "SELECT key,version,0,queue,category,time,body FROM \"$\" WHERE key=?1",
    [ROW_SQL_PAGE] = "SELECT key,version,0,queue,category,time,body FROM \"$\" WHERE key>=?1 AND key<?8"
                     " ORDER BY key LIMIT ?9",
    [ROW_SQL_INSERT] = "INSERT INTO \"$\"(key,version,queue,category,time,body) VALUES(?1,?2+1,?5,?6,?7,?3)"
                       " ON CONFLICT(key) DO NOTHING",
    [ROW_SQL_UPDATE] = "UPDATE \"$\" SET version=version+1,queue=?5,category=?6,time=?7,body=?3"
                       " WHERE key=?1 AND version=?2",
    [ROW_SQL_UPSERT] = "INSERT INTO \"$\"(key,version,queue,category,time,body) VALUES(?1,1,?5,?6,?7,?3)"
                       " ON CONFLICT(key) DO UPDATE SET version=version+1,queue=excluded.queue,"
                       "category=excluded.category,time=excluded.time,body=excluded.body",
    [ROW_SQL_DELETE] = "DELETE FROM \"$\" WHERE key=?1 AND version=?2",
    [ROW_SQL_DELETE_ANY] = "DELETE FROM \"$\" WHERE key=?1",
    PLACED_SQL,
};
/* A chain's key stands in one of three trees. */
#define CHAIN_ID "coalesce((SELECT id FROM chain_key_0 WHERE key=?1),(SELECT id FROM chain_key_1 WHERE key=?1)," \
                 "(SELECT id FROM chain_key WHERE key=?1))"
#define CHAIN_KEYS(tree) "SELECT key,id FROM " tree " WHERE key>=?1 AND key<?8"
static const char *const chain_sql[ROW_SQL_COUNT] = {
    [ROW_SQL_GET] = "SELECT key,version,0,queue,category,time,body FROM chain WHERE id=" CHAIN_ID,
    [ROW_SQL_PAGE] = "SELECT k.key,version,0,queue,category,time,body FROM (" CHAIN_KEYS("chain_key_0") " UNION ALL "
                     CHAIN_KEYS("chain_key_1") " UNION ALL " CHAIN_KEYS("chain_key") ") AS k JOIN chain ON chain.id=k.id"
                     " ORDER BY k.key LIMIT ?9",
    [ROW_SQL_WALK] = "SELECT key,version,id,queue,category,time,body FROM chain WHERE id>?4 ORDER BY id LIMIT ?9",
    [ROW_SQL_INSERT] = "INSERT INTO chain(key,version,queue,category,time,body) SELECT ?1,?2+1,?5,?6,?7,?3"
                       " WHERE " CHAIN_ID " IS NULL",
    [ROW_SQL_KEY] = "INSERT INTO chain_key(key,id) VALUES(?1,last_insert_rowid())",
    [ROW_SQL_KEY_LOAD] = "INSERT INTO chain_key_0(key,id) VALUES(?1,last_insert_rowid())",
    [ROW_SQL_UNKEY] = "DELETE FROM chain_key WHERE key=?1",
    [ROW_SQL_SINK_0] = "INSERT INTO chain_key_1 SELECT key,id FROM chain_key_0 WHERE key>=?1 AND key<=?8 ORDER BY key",
    [ROW_SQL_SINK_1] = "INSERT INTO chain_key SELECT key,id FROM chain_key_1 WHERE key>=?1 AND key<=?8 ORDER BY key",
    [ROW_SQL_LEAVE_0] = "DELETE FROM chain_key_0 WHERE key>=?1 AND key<=?8",
    [ROW_SQL_LEAVE_1] = "DELETE FROM chain_key_1 WHERE key>=?1 AND key<=?8",
    [ROW_SQL_UPDATE] = "UPDATE chain SET version=version+1,queue=?5,category=?6,time=?7,body=?3"
                       " WHERE id=" CHAIN_ID " AND version=?2",
    [ROW_SQL_UPDATE_ANY] = "UPDATE chain SET version=version+1,queue=?5,category=?6,time=?7,body=?3 WHERE id=" CHAIN_ID,
    [ROW_SQL_DELETE] = "DELETE FROM chain WHERE id=" CHAIN_ID " AND version=?2",
    [ROW_SQL_DELETE_ANY] = "DELETE FROM chain WHERE id=" CHAIN_ID,
    PLACED_SQL,
};
static const char *const plain_sql[ROW_SQL_COUNT] = {
    [ROW_SQL_GET] = "SELECT key,version,number,0,0,0,body FROM \"$\" WHERE key=?1",
    [ROW_SQL_PAGE] = "SELECT key,version,number,0,0,0,body FROM \"$\" WHERE key>=?1 AND key<?8 ORDER BY key LIMIT ?9",
    [ROW_SQL_INSERT] = "INSERT INTO \"$\"(key,version,number,body) VALUES(?1,?2+1,?4,?3) ON CONFLICT(key) DO NOTHING",
    [ROW_SQL_UPDATE] = "UPDATE \"$\" SET version=version+1,number=?4,body=?3 WHERE key=?1 AND version=?2",
    [ROW_SQL_UPSERT] = "INSERT INTO \"$\"(key,version,number,body) VALUES(?1,1,?4,?3)"
                       " ON CONFLICT(key) DO UPDATE SET version=version+1,number=excluded.number,body=excluded.body",
    [ROW_SQL_DELETE] = "DELETE FROM \"$\" WHERE key=?1 AND version=?2",
    [ROW_SQL_DELETE_ANY] = "DELETE FROM \"$\" WHERE key=?1",
    [ROW_SQL_ADD] = "INSERT INTO \"$\"(key,version,number,body) VALUES(?1,1,?4,?3)"
                    " ON CONFLICT(key) DO UPDATE SET version=version+1,number=number+excluded.number",
};
/* A subject's row may stand in several trees, written blindly in each: the uppermost has what it says, and its version is
 * the sum of theirs. UPSERT_LOAD is such a blind write; LEVELS asks whether it stands above the bottom. */
#define LEVEL_ROWS(tree, level, where) "SELECT key,version,number,0,0,0,body," level " FROM \"" tree "\" WHERE " where
#define EACH_LEVEL(where) LEVEL_ROWS("$_0", "0", where) " UNION ALL " LEVEL_ROWS("$_1", "1", where) " UNION ALL " \
                          LEVEL_ROWS("$", "2", where) " ORDER BY 1,8"
#define SUBJECT_SINK(from, to) \
    "INSERT INTO \"" to "\"(key,version,number,body) SELECT key,version,number,body FROM \"" from "\" WHERE key>=?1 AND key<=?8" \
    " ORDER BY key ON CONFLICT(key) DO UPDATE SET version=version+excluded.version,number=excluded.number,body=excluded.body"
static const char *const subject_sql[ROW_SQL_COUNT] = {
    [ROW_SQL_GET] = EACH_LEVEL("key=?1"),
    [ROW_SQL_PAGE] = EACH_LEVEL("key>=?1 AND key<?8"),
    [ROW_SQL_LEVELS] = "SELECT 1 FROM \"$_0\" WHERE key=?1 UNION ALL SELECT 1 FROM \"$_1\" WHERE key=?1",
    [ROW_SQL_UPSERT_LOAD] = "INSERT INTO \"$_0\"(key,version,number,body) VALUES(?1,1,?4,?3)"
                            " ON CONFLICT(key) DO UPDATE SET version=version+1,number=excluded.number,body=excluded.body",
    [ROW_SQL_SINK_0] = SUBJECT_SINK("$_0", "$_1"),
    [ROW_SQL_SINK_1] = SUBJECT_SINK("$_1", "$"),
    [ROW_SQL_LEAVE_0] = "DELETE FROM \"$_0\" WHERE key>=?1 AND key<=?8",
    [ROW_SQL_LEAVE_1] = "DELETE FROM \"$_1\" WHERE key>=?1 AND key<=?8",
};
static const char *const other_sql[SQL_COUNT] = {
    [SQL_BEGIN_READ] = "BEGIN",
    [SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_SAVEPOINT] = "SAVEPOINT one_group",
    [SQL_RELEASE] = "RELEASE one_group",
    [SQL_UNDO] = "ROLLBACK TO one_group",
    [SQL_ENTRY_ADD] = "INSERT INTO entry(id,type,at,actor,subject,body) VALUES(?1,?2,?3,?4,?5,?6)"
                      " ON CONFLICT(id) DO NOTHING",
    [SQL_ENTRY_SIZE] = "SELECT coalesce(max(seq),0) FROM entry",
    [SQL_ENTRY_FORGET] = "UPDATE entry SET subject=NULL WHERE subject=?1",
};

const char *sqlite_level_name(enum table t)
{
    return t == TABLE_CHAIN ? "chain_key" : t == TABLE_SUBJECT ? "subject" : NULL;
}

static const char *row_text(enum table t, enum row_sql which)
{
    if (t == TABLE_CHAIN)
        return chain_sql[which];
    if (t == TABLE_LEDGER)
        return ledger_sql[which];
    return t == TABLE_SUBJECT && subject_sql[which] ? subject_sql[which] : plain_sql[which];
}

static enum status fail_io(const struct sqlite *s, const char *doing, struct err *err)
{
    int cause = s->db ? sqlite3_system_errno(s->db) : 0;
    char text[128];
    if (cause == ENOSPC || cause == EDQUOT)
        return FAIL(err, E_LIMIT, "%s: disk full; nothing was changed", s->path);
    if (cause == EACCES || cause == EPERM || cause == EROFS)
        return FAIL(err, E_DENIED, "cannot %s %s: %s", doing, s->path, errno_text(cause, text, sizeof(text)));
    return FAIL(err, E_IO, "cannot %s %s: %s", doing, s->path,
                cause ? errno_text(cause, text, sizeof(text)) : sqlite3_errmsg(s->db));
}

enum status sqlite_fail(const struct sqlite *s, int rc, const char *doing, struct err *err)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return FAIL(err, E_RETRY, "%s is busy: another process or thread is writing to it", s->path);
    case SQLITE_FULL:
        return FAIL(err, E_LIMIT, "%s: disk full; nothing was changed", s->path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return FAIL(err, E_DENIED, "cannot %s %s: it is read-only for this user", doing, s->path);
    case SQLITE_CORRUPT:
        return FAIL(err, E_INVALID, "%s is damaged (%s): restore it from a backup", s->path, sqlite3_errstr(rc));
    case SQLITE_NOTADB:
        return FAIL(err, E_INVALID, "%s is not an SQLite database", s->path);
    case SQLITE_NOMEM:
        return FAIL(err, E_LIMIT, "out of memory while trying to %s %s", doing, s->path);
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        return fail_io(s, doing, err);
    default:
        return FAIL(err, E_IO, "cannot %s %s: %s", doing, s->path, s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
    }
}

enum status sqlite_prepare(struct sqlite *s, const char *text, sqlite3_stmt **out, struct err *err)
{
    int rc = sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? OK : sqlite_fail(s, rc, "read", err);
}

enum status sqlite_statement(struct sqlite *s, enum sql which, sqlite3_stmt **out, struct err *err)
{
    if (s->statements[which] == NULL)
        TRY(sqlite_prepare(s, other_sql[which], &s->statements[which], err));
    *out = s->statements[which];
    return OK;
}

static enum status row_prepare(struct sqlite *s, enum table t, enum row_sql which, sqlite3_stmt **out, struct err *err)
{
    const char *text = row_text(t, which);
    ASSERT(text != NULL); /* a queue of a table without places, a number where rows have places, ... */
    struct buf b;
    buf_init(&b, 1024);
    for (; *text != '\0'; text++) {
        if (*text == '$')
            buf_cstr(&b, table_name(t));
        else
            buf_char(&b, *text);
    }
    enum status status = buf_check(&b, err);
    if (status == OK)
        status = sqlite_prepare(s, b.p, out, err);
    buf_release(&b);
    return status;
}

enum status sqlite_row_statement(struct sqlite *s, enum table t, enum row_sql which, sqlite3_stmt **out,
                                 struct err *err)
{
    ASSERT((unsigned)t < TABLE_COUNT && which < ROW_SQL_COUNT);
    if (s->row_statements[t][which] == NULL)
        TRY(row_prepare(s, t, which, &s->row_statements[t][which], err));
    *out = s->row_statements[t][which];
    return OK;
}

enum status sqlite_step(struct sqlite *s, sqlite3_stmt *st, const char *doing, bool *row, struct err *err)
{
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        *row = rc == SQLITE_ROW;
        return OK;
    }
    enum status status = sqlite_fail(s, rc, doing, err);
    sqlite3_reset(st);
    return status;
}

enum status sqlite_run(struct sqlite *s, enum sql which, struct err *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sqlite_statement(s, which, &st, err));
    TRY(sqlite_step(s, st, "write", &row, err));
    sqlite3_reset(st);
    return OK;
}

enum status sqlite_exec(struct sqlite *s, const char *text, struct err *err)
{
    int rc = sqlite3_exec(s->db, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : sqlite_fail(s, rc, "write", err);
}

void sqlite_rollback(struct sqlite *s)
{
    if (!sqlite3_get_autocommit(s->db)) /* SQLite itself rolls back after some failures */
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

void sqlite_finalize(struct sqlite *s)
{
    for (size_t t = 0; t < TABLE_COUNT; t++)
        for (size_t i = 0; i < ROW_SQL_COUNT; i++)
            sqlite3_finalize(s->row_statements[t][i]);
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(s->statements[i]);
}

/* The bytes are not copied: they must outlive the step. Rebinding before every step makes that safe. */
void sqlite_bind_str(sqlite3_stmt *st, int param, struct str s)
{
    ASSERT(sqlite3_bind_blob64(st, param, s.p ? s.p : "", s.n, SQLITE_STATIC) == SQLITE_OK);
}

enum status sqlite_column_str(sqlite3_stmt *st, int column, struct arena *a, struct str *out, struct err *err)
{
    const void *p = sqlite3_column_blob(st, column);
    struct str bytes = {p ? p : "", (size_t)sqlite3_column_bytes(st, column)};
    *out = arena_str(a, bytes);
    return out->p ? OK : ARENA_FULL(err, a);
}
