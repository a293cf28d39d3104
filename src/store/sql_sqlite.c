/* sql_sqlite.c - SQLite as an engine of the sql driver. */
#include "store/sql_connection.h"

#include "base/clock.h"
#include "base/file.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUSY_MS = 2000, BUSY_STEP_MS = 2, PROGRESS_STEPS = 2000, PATH_BYTES_MAX = 8 << 10 };

struct sqlite_connection { struct sql_connection base; sqlite3 *db; };
struct sql_statement { sqlite3_stmt *stmt; sqlite3 *db; };

static struct sqlite_connection *own(struct sql_connection *c)
{
    return (struct sqlite_connection *)c;
}

static enum status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
    case SQLITE_CANTOPEN: /* not mounted, or being replaced */
    case SQLITE_PROTOCOL:
    case SQLITE_SCHEMA:
        return E_RETRY;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return E_DENIED;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return E_CONFLICT;
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
        return E_LIMIT;
    case SQLITE_ERROR:
    case SQLITE_RANGE:
        return E_INVALID;
    default:
        return E_IO;
    }
}

static enum status fail(sqlite3 *db, struct err *err)
{
    return FAIL(err, status_of(sqlite3_errcode(db)), "SQLite: %s", sqlite3_errmsg(db));
}

static int out_of_time(void *ctx)
{
    const struct sqlite_connection *c = ctx;
    return c->base.until_ms != 0 && clock_monotonic_ms() >= c->base.until_ms;
}

/* Another visit, or another program, is writing: mostly for a moment. */
static int wait_for_lock(void *ctx, int tries)
{
    if (tries * BUSY_STEP_MS >= BUSY_MS || out_of_time(ctx))
        return 0;
    clock_sleep_ms(BUSY_STEP_MS);
    return 1;
}

/* secure_delete: what is deleted is overwritten with zeros in the file. A double-quoted name is never a string. */
static enum status prepare_database(struct sqlite_connection *c, struct err *err)
{
    sqlite3_busy_handler(c->db, wait_for_lock, c);
    sqlite3_progress_handler(c->db, PROGRESS_STEPS, out_of_time, c);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    /* The version is read because opening alone reads nothing: a file that is no database would pass. */
    static const char settings[] = "PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA schema_version";
    if (sqlite3_exec(c->db, settings, NULL, NULL, NULL) != SQLITE_OK)
        return fail(c->db, err);
    return OK;
}

static void sqlite_close(struct sql_connection *c)
{
    (void)sqlite3_close_v2(own(c)->db);
    free(c);
}

static enum status sqlite_open(struct str address, struct str base_dir, struct sql_connection **out, struct err *err)
{
    struct arena a;
    arena_init(&a, PATH_BYTES_MAX);
    struct str path = path_join(&a, base_dir, address);
    struct sqlite_connection *c = calloc(1, sizeof(*c));
    if (path.p == NULL || c == NULL) {
        free(c);
        arena_release(&a);
        return FAIL(err, E_LIMIT, "out of memory");
    }
    c->base.engine = &sql_sqlite;
    /* Without CREATE: an empty database that appears in place of the real one would show everything as erased. */
    int code = sqlite3_open_v2(path.p, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    enum status s = code == SQLITE_OK ? prepare_database(c, err)
                                      : FAIL(err, status_of(code), "cannot open %s: %s", path.p, sqlite3_errstr(code));
    arena_release(&a);
    if (s != OK) {
        sqlite_close(&c->base);
        return s;
    }
    *out = &c->base;
    return OK;
}

static enum status sqlite_alive(struct sql_connection *c, struct err *err)
{
    int moved = 0;
    (void)sqlite3_file_control(own(c)->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved ? FAIL(err, E_RETRY, "SQLite: the file was replaced") : OK;
}

/* Without its number: SQLite searches the list of numbered ones for each of them. */
static void sqlite_placeholder(struct buf *sql, size_t number)
{
    (void)number;
    buf_char(sql, '?');
}

static enum status sqlite_prepare(struct sql_connection *c, struct str sql, struct sql_statement **out, struct err *err)
{
    struct sql_statement *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    s->db = own(c)->db;
    if (sqlite3_prepare_v2(s->db, sql.p, (int)sql.n, &s->stmt, NULL) != SQLITE_OK) {
        free(s);
        return fail(own(c)->db, err);
    }
    *out = s;
    return OK;
}

/* Texts are the caller's until the statement is finished. */
static enum status sqlite_bind(struct sql_statement *s, size_t number, const struct sql_value *v, struct err *err)
{
    int code = SQLITE_OK;
    switch (v->type) {
    case SQL_VALUE_NULL:
        code = sqlite3_bind_null(s->stmt, (int)number);
        break;
    case SQL_VALUE_INTEGER:
        code = sqlite3_bind_int64(s->stmt, (int)number, v->integer);
        break;
    case SQL_VALUE_TEXT:
        code = sqlite3_bind_text64(s->stmt, (int)number, v->text.p, v->text.n, SQLITE_STATIC, SQLITE_UTF8);
        break;
    }
    return code == SQLITE_OK ? OK : fail(s->db, err);
}

static enum status sqlite_step(struct sql_statement *s, bool *row, struct err *err)
{
    int code = sqlite3_step(s->stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fail(s->db, err);
    *row = code == SQLITE_ROW;
    return OK;
}

static int64_t sqlite_integer(struct sql_statement *s, size_t column)
{
    return sqlite3_column_int64(s->stmt, (int)column);
}

static struct str sqlite_text(struct sql_statement *s, size_t column)
{
    const char *p = (const char *)sqlite3_column_text(s->stmt, (int)column);
    return p == NULL ? STR_NONE : (struct str){p, (size_t)sqlite3_column_bytes(s->stmt, (int)column)};
}

static int64_t sqlite_affected(struct sql_statement *s)
{
    return sqlite3_changes64(s->db);
}

static void sqlite_finish(struct sql_statement *s)
{
    if (s == NULL)
        return;
    (void)sqlite3_finalize(s->stmt);
    free(s);
}

static enum status sqlite_begin(struct sql_connection *c, struct err *err)
{
    return sqlite3_exec(own(c)->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? OK : fail(own(c)->db, err);
}

static enum status sqlite_commit(struct sql_connection *c, struct err *err)
{
    if (sqlite3_exec(own(c)->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return fail(own(c)->db, err);
    /* The write-ahead log still holds what was deleted. Readers may prevent this now; a later commit tries again. */
    (void)sqlite3_wal_checkpoint_v2(own(c)->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return OK;
}

static void sqlite_rollback(struct sql_connection *c)
{
    if (!sqlite3_get_autocommit(own(c)->db))
        (void)sqlite3_exec(own(c)->db, "ROLLBACK", NULL, NULL, NULL);
}

const struct sql_engine sql_sqlite = {.scheme = "sqlite",
                                      .mixes_types = true,
                                      .as_text = {"CAST(", " AS TEXT) COLLATE BINARY"},
                                      .unfit_columns = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2 "
                                                       "COLLATE NOCASE AND upper(type) NOT LIKE '%INT%' AND "
                                                       "(upper(type) LIKE '%REAL%' OR upper(type) LIKE '%FLOA%' OR "
                                                       "upper(type) LIKE '%DOUB%' OR upper(type) LIKE '%BLOB%')",
                                      .open = sqlite_open,
                                      .close = sqlite_close,
                                      .alive = sqlite_alive,
                                      .placeholder = sqlite_placeholder,
                                      .prepare = sqlite_prepare,
                                      .bind = sqlite_bind,
                                      .step = sqlite_step,
                                      .integer = sqlite_integer,
                                      .text = sqlite_text,
                                      .affected = sqlite_affected,
                                      .finish = sqlite_finish,
                                      .begin = sqlite_begin,
                                      .commit = sqlite_commit,
                                      .rollback = sqlite_rollback};
