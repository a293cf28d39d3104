/*
 * postgresql.h - the parts of the PostgreSQL backend among themselves: the connection, statements, parameters, errors.
 * For backend_postgresql.c and postgresql_*.c alone.
 *
 * The registry is the schema "expunge" of one database. Statements are prepared on first use and run with binary parameters
 * and results, never in blocking calls: every wait has an end. Whatever goes wrong inside a statement, the connection is
 * dropped: the server undoes what it had begun, and the next call connects anew.
 */
#ifndef EXPUNGE_POSTGRESQL_H
#define EXPUNGE_POSTGRESQL_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "registry/backend.h"

/* On a table of rows; '@' in their text stands for its name. See postgresql_sql.c. */
enum row_statement { ROW_GET, ROW_PAGE, ROW_INSERT, ROW_LOCK, ROW_UPDATE, ROW_DELETE, ROW_SUM, ROW_QUEUE, ROW_QUEUE_BODY,
                     ROW_QUEUE_CATEGORY, ROW_STATEMENT_COUNT };
/* What GET, PAGE and QUEUE answer. */
enum answer_column { ANSWER_ORDINAL, ANSWER_KEY, ANSWER_VERSION, ANSWER_NUMBER, ANSWER_QUEUE, ANSWER_CATEGORY, ANSWER_TIME,
                     ANSWER_BODY };
enum other_statement { SQL_BEGIN, SQL_COMMIT, SQL_ENTRY_ADD, SQL_ENTRY_PENDING, SQL_ENTRY_REMOVE, SQL_LOG_STATE, SQL_LOG_LOCK,
                       SQL_LOG_NUMBER, SQL_ENTRY_FORGET, SQL_STATEMENT_COUNT };

struct postgresql {
    PGconn *db;       /* NULL: not connected */
    char *conninfo;   /* may hold a password: wiped at the end, never shown */
    char *place;      /* as people know it: postgresql://host:port/database */
    bool row_prepared[TABLE_COUNT][ROW_STATEMENT_COUNT];
    bool prepared[SQL_STATEMENT_COUNT];
    bool refused;     /* the last failure was the server's word on a statement, after which the transaction is undone for certain */
    bool unsure;      /* a commit's answer was lost: before anything is read, what it may have left must be durable */
};

/* ---- postgresql_connect.c ---- */
/* E_INVALID: not an address. Does not connect. */
enum status postgresql_address(struct str url, struct postgresql *s, struct err *err) MUST_USE;
/* Connects when there is no connection. E_RETRY: not to be reached now. */
enum status postgresql_ready(struct postgresql *s, struct err *err) MUST_USE;
void postgresql_drop(struct postgresql *s); /* the connection, with whatever was open in it */
void postgresql_release(struct postgresql *s);

/* ---- postgresql_schema.c ---- */
enum { POSTGRESQL_SCHEMA_VERSION = 2 };
enum status postgresql_schema_create(struct postgresql *s, struct err *err) MUST_USE;
/* Recognises the schema, brings an earlier one up to date. */
enum status postgresql_schema_check(struct postgresql *s, struct err *err) MUST_USE;

/* ---- postgresql_params.c: parameters in binary; columns of rows as arrays ---- */
enum { PARAMS_MAX = 6, PARAM_BYTES_MAX = 256 << 20 };
struct params { int n; struct buf bytes[PARAMS_MAX]; bool null[PARAMS_MAX]; };
void params_init(struct params *p);
void params_release(struct params *p);
void param_int(struct params *p, int64_t v);
void param_bytes(struct params *p, struct str s); /* absent: NULL */
/* An array of n items, which follow. */
void param_array(struct params *p, bool bytes, size_t n);
void param_item_int(struct params *p, int64_t v);
void param_item_bytes(struct params *p, struct str s);
void param_item_null(struct params *p);
enum status params_check(const struct params *p, struct err *err) MUST_USE; /* E_LIMIT: too much */

/* ---- postgresql_sql.c ---- */
/* The status and the sentence for a failed result; `doing` is a verb phrase: "read". Drops the connection. */
enum status postgresql_fail(struct postgresql *s, const PGresult *r, const char *doing, struct err *err);
/* One statement, its answer. Clear *out with PQclear. */
enum status postgresql_row_query(struct postgresql *s, enum table t, enum row_statement which, const struct params *p,
                                 PGresult **out, struct err *err) MUST_USE;
enum status postgresql_query(struct postgresql *s, enum other_statement which, const struct params *p, PGresult **out,
                             struct err *err) MUST_USE;
/* Not kept prepared: a text that is made for one question. */
enum status postgresql_once(struct postgresql *s, const char *sql, const struct params *p, PGresult **out, struct err *err) MUST_USE;
/* Plain SQL without parameters, several statements; text results of the last. out may be NULL. */
enum status postgresql_exec(struct postgresql *s, const char *sql, PGresult **out, struct err *err) MUST_USE;

/* What is to be used in a pipeline is prepared before it begins. Rows: all that writes them, or (adds) what adds to numbers. */
enum status postgresql_prepare_rows(struct postgresql *s, enum table t, bool adds, struct err *err) MUST_USE;
enum status postgresql_prepare(struct postgresql *s, const enum other_statement *which, size_t n, struct err *err) MUST_USE;
/* Statements sent one after another without waiting; their answers come in the same order. */
enum status pipeline_begin(struct postgresql *s, struct err *err) MUST_USE;
enum status pipeline_row(struct postgresql *s, enum table t, enum row_statement which, const struct params *p, struct err *err) MUST_USE;
enum status pipeline_add(struct postgresql *s, enum other_statement which, const struct params *p, struct err *err) MUST_USE;
enum status pipeline_flush(struct postgresql *s, struct err *err) MUST_USE; /* nothing more is sent before the answers are read */
enum status pipeline_next(struct postgresql *s, PGresult **out, struct err *err) MUST_USE;
enum status pipeline_end(struct postgresql *s, struct err *err) MUST_USE;   /* every answer was read */

int64_t result_int(const PGresult *r, int row, int column); /* bigint, integer or smallint */
struct str result_bytes(const PGresult *r, int row, int column); /* a view; NULL: absent */

/* ---- the operations of backend.h ---- */
enum status postgresql_get(struct backend *b, enum table table, const struct str *keys, size_t n, struct arena *a,
                           struct row *out, struct err *err);
enum status postgresql_page(struct backend *b, enum table table, struct str prefix, struct str after, size_t max,
                            struct arena *a, struct row **out, size_t *n, struct err *err);
enum status postgresql_walk(struct backend *b, enum table table, struct walk *w, size_t max, struct arena *a,
                            struct row **out, size_t *n, struct err *err);
enum status postgresql_queue(struct backend *b, const struct queue_query *q, size_t max, struct arena *a,
                             struct row **out, size_t *n, struct err *err);
enum status postgresql_commit(struct backend *b, struct group *groups, size_t n, struct err *err);
enum status postgresql_number(struct backend *b, uint64_t *size, struct err *err);
enum status postgresql_entries(struct backend *b, const struct entry_query *q, size_t max, struct arena *a,
                               struct entry **out, size_t *n, uint64_t *looked_to, struct err *err);
enum status postgresql_forget(struct backend *b, const struct row_key *subject, uint64_t *n, struct err *err);

#endif
