/*
 * sql_connection.h - what a database engine must do for the sql driver. One file per engine: sql_sqlite.c.
 *
 * Statements: identifiers are quoted from the profile, values are always bound. Statuses: E_RETRY busy, locked, away or
 * out of time; E_DENIED no permission; E_CONFLICT a constraint refused; E_INVALID the statement names what does not
 * exist.
 */
#ifndef EXPUNGE_SQL_CONNECTION_H
#define EXPUNGE_SQL_CONNECTION_H

#include "base/arena.h"
#include "base/buf.h"

enum sql_type { SQL_VALUE_NULL, SQL_VALUE_INTEGER, SQL_VALUE_TEXT };
struct sql_value { enum sql_type type; int64_t integer; struct str text; };

struct sql_engine;
/* The engine's own follows behind it. */
struct sql_connection {
    const struct sql_engine *engine;
    int64_t until_ms; /* by clock_monotonic_ms: a statement still running then is stopped (E_RETRY) */
};
struct sql_statement; /* the engine's own */

struct sql_engine {
    const char *scheme;     /* "sqlite": before the ':' of the URL */
    bool mixes_types;       /* a column may be compared with texts and integers in one list */
    const char *as_text[2]; /* around a column: its exact text, compared bytewise */
    /* A statement that counts columns of this table and name whose declared type holds no id as text or integer (REAL,
     * BLOB): their rows would be missed. Parameters: table, column. NULL: the engine has no such types to fear. */
    const char *unfit_columns;
    enum status (*open)(struct str address, struct str base_dir, struct sql_connection **out, struct err *err);
    void (*close)(struct sql_connection *c);
    /* Still the database that was opened. E_RETRY: open it again. */
    enum status (*alive)(struct sql_connection *c, struct err *err);
    void (*placeholder)(struct buf *sql, size_t number); /* 1-based */
    enum status (*prepare)(struct sql_connection *c, struct str sql, struct sql_statement **out, struct err *err);
    enum status (*bind)(struct sql_statement *s, size_t number, const struct sql_value *v, struct err *err);
    enum status (*step)(struct sql_statement *s, bool *row, struct err *err);
    int64_t (*integer)(struct sql_statement *s, size_t column); /* 0-based */
    struct str (*text)(struct sql_statement *s, size_t column); /* absent: NULL. Until the next step */
    int64_t (*affected)(struct sql_statement *s);               /* rows the last statement changed */
    void (*finish)(struct sql_statement *s);                    /* NULL-safe */
    enum status (*begin)(struct sql_connection *c, struct err *err); /* a transaction that may write */
    enum status (*commit)(struct sql_connection *c, struct err *err);
    void (*rollback)(struct sql_connection *c);
};
extern const struct sql_engine sql_sqlite;

/* By the URL's scheme. E_INVALID: no such engine; E_RETRY: it is away. */
enum status sql_open(struct str url, struct str base_dir, struct sql_connection **out, struct err *err) MUST_USE;
const struct sql_engine *sql_engine_of(struct str url); /* NULL: none */
void sql_close(struct sql_connection *c);               /* NULL-safe */

/* A statement being written, with the values to bind. Check once, at the end, when it is prepared. */
struct sql_query {
    struct sql_connection *c;
    struct arena *a;
    struct buf text;
    struct sql_value *values;
    size_t n, cap;
    bool full;
};
void sql_query_init(struct sql_query *q, struct sql_connection *c, struct arena *a);
void sql_query_release(struct sql_query *q);
void sql_add(struct sql_query *q, const char *sql);
void sql_add_name(struct sql_query *q, struct str name);                      /* quoted; "schema.table" in two parts */
void sql_add_column(struct sql_query *q, struct str table, struct str column); /* "table"."column" */
void sql_add_value(struct sql_query *q, struct sql_value v);                  /* a placeholder */
enum status sql_query_prepare(struct sql_query *q, struct sql_statement **out, struct err *err) MUST_USE;
/* Runs it. count: the first column of the first row; affected: rows changed. Either may be NULL. */
enum status sql_query_run(struct sql_query *q, int64_t *count, int64_t *affected, struct err *err) MUST_USE;

#endif
