/*
 * sqlite.h - the parts of the SQLite backend among themselves: the connection, its prepared statements, its errors.
 * For backend_sqlite.c and sqlite_*.c alone.
 */
#ifndef EXPUNGE_SQLITE_H
#define EXPUNGE_SQLITE_H

#include <sqlite3.h>

#include "registry/backend.h"

enum { SQLITE_SCHEMA_VERSION = 3, SQLITE_APPLICATION_ID = 0x45585047 /* "EXPG" */ };

/* Statements on a table of rows. Parameters are numbered alike in all: see sqlite_sql.c. */
enum row_sql {
    ROW_SQL_GET, ROW_SQL_PAGE, ROW_SQL_INSERT, ROW_SQL_UPDATE, ROW_SQL_UPSERT, ROW_SQL_DELETE, ROW_SQL_DELETE_ANY,
    ROW_SQL_ADD, ROW_SQL_QUEUE, ROW_SQL_QUEUE_BODY, ROW_SQL_QUEUE_CATEGORY,
    ROW_SQL_WALK, ROW_SQL_UPDATE_ANY, ROW_SQL_KEY, ROW_SQL_KEY_LOAD, ROW_SQL_UNKEY, /* chains */
    ROW_SQL_UPSERT_LOAD, ROW_SQL_LEVELS, /* subjects */
    ROW_SQL_SINK_0, ROW_SQL_SINK_1, ROW_SQL_LEAVE_0, ROW_SQL_LEAVE_1, /* both: keys ?1 to ?8 put below, taken out */
    ROW_SQL_COUNT
};
enum row_param { ROW_PARAM_KEY = 1, ROW_PARAM_VERSION, ROW_PARAM_BODY, ROW_PARAM_NUMBER, ROW_PARAM_QUEUE,
                 ROW_PARAM_CATEGORY, ROW_PARAM_TIME, ROW_PARAM_UNTIL, ROW_PARAM_MAX };
/* What GET, PAGE and QUEUE answer. */
enum row_column { ROW_COLUMN_KEY, ROW_COLUMN_VERSION, ROW_COLUMN_NUMBER, ROW_COLUMN_QUEUE, ROW_COLUMN_CATEGORY,
                  ROW_COLUMN_TIME, ROW_COLUMN_BODY, ROW_COLUMN_LEVEL /* of tables with levels alone */ };
enum sql {
    SQL_BEGIN_READ, SQL_BEGIN_WRITE, SQL_COMMIT, SQL_SAVEPOINT, SQL_RELEASE, SQL_UNDO,
    SQL_ENTRY_ADD, SQL_ENTRY_SIZE, SQL_ENTRY_FORGET, SQL_COUNT
};

/* Random keys cost a page each in a large tree. So a load puts them into a small tree, LEVEL 0, from which they sink in
 * key order through a middle one to the bottom, a slice with each load: many rows a page. See sqlite_levels.c. */
enum { LEVELS = 2 /* above the bottom */, LEVEL_0_MAX = 200000, LEVEL_1_MAX = 4000000 /* rows */ };

struct sqlite {
    sqlite3 *db;
    char *path; /* as people know it, for messages */
    bool memory;
    uint64_t level_max[LEVELS];  /* rows a level may hold; tests make them small */
    uint64_t loaded[TABLE_COUNT]; /* rows this transaction put into level 0 */
    sqlite3_stmt *row_statements[TABLE_COUNT][ROW_SQL_COUNT];
    sqlite3_stmt *statements[SQL_COUNT];
};

/* The name of the tree whose keys come in at random, TABLE_CHAIN's keys and TABLE_SUBJECT; NULL: this table has no levels.
 * Level 0 is NAME_0, level 1 NAME_1, the bottom NAME. */
const char *sqlite_level_name(enum table t);

/* The status and the sentence for a result code of SQLite; `doing` is a verb phrase: "read", "write". */
enum status sqlite_fail(const struct sqlite *s, int rc, const char *doing, struct err *err);
enum status sqlite_prepare(struct sqlite *s, const char *text, sqlite3_stmt **out, struct err *err) MUST_USE;
/* Prepared once, kept until close. Bind, sqlite_step, then sqlite3_reset. */
enum status sqlite_statement(struct sqlite *s, enum sql which, sqlite3_stmt **out, struct err *err) MUST_USE;
enum status sqlite_row_statement(struct sqlite *s, enum table t, enum row_sql which, sqlite3_stmt **out,
                                 struct err *err) MUST_USE;
/* *row: there is a row to read. On failure the statement is already reset. */
enum status sqlite_step(struct sqlite *s, sqlite3_stmt *st, const char *doing, bool *row, struct err *err) MUST_USE;
enum status sqlite_run(struct sqlite *s, enum sql which, struct err *err) MUST_USE; /* to its end, and reset */
enum status sqlite_exec(struct sqlite *s, const char *text, struct err *err) MUST_USE;
void sqlite_rollback(struct sqlite *s); /* when a transaction is open */
void sqlite_finalize(struct sqlite *s); /* every kept statement */
void sqlite_bind_str(sqlite3_stmt *st, int param, struct str s); /* as blob; absent binds an empty one */
enum status sqlite_column_str(sqlite3_stmt *st, int column, struct arena *a, struct str *out, struct err *err) MUST_USE;

/* The operations of backend.h. */
enum status sqlite_open(struct str url, bool create, struct backend *b, struct err *err);
void sqlite_close(struct backend *b);
enum status sqlite_get(struct backend *b, enum table table, const struct str *keys, size_t n, struct arena *a,
                       struct row *out, struct err *err);
enum status sqlite_page(struct backend *b, enum table table, struct str prefix, struct str after, size_t max,
                        struct arena *a, struct row **out, size_t *n, struct err *err);
enum status sqlite_walk(struct backend *b, enum table table, struct walk *w, size_t max, struct arena *a,
                        struct row **out, size_t *n, struct err *err);
enum status sqlite_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a, struct row **out,
                         size_t *n, struct err *err);
enum status sqlite_commit(struct backend *b, struct group *groups, size_t n, struct err *err);
enum status sqlite_number(struct backend *b, uint64_t *size, struct err *err);
enum status sqlite_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a,
                           struct entry **out, size_t *n, uint64_t *looked_to, struct err *err);
enum status sqlite_forget(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err);
enum status sqlite_load(struct backend *b, struct group *groups, size_t n, struct err *err);

/* sqlite_levels.c; both inside a transaction that writes. */
/* The row, if it is above, is brought down to the bottom, where every statement of a commit finds it. */
enum status sqlite_settle(struct sqlite *s, enum table t, struct str key, struct err *err) MUST_USE;
/* What a load made too much of sinks. */
enum status sqlite_sink(struct sqlite *s, struct err *err) MUST_USE;

/* Inside a commit's transaction. *known: an entry of this id is there already, nothing was written. */
enum status sqlite_entry_add(struct sqlite *s, const struct entry *e, bool *known, struct err *err) MUST_USE;

#endif
