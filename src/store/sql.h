/*
 * sql.h - the parts of the sql driver: the profile of the tables, and what is done to a contact's rows in one of them.
 *
 * A locator is TABLE.KEY#ID: the table and column of the profile, and the id whose rows they are.
 */
#ifndef EXPUNGE_SQL_H
#define EXPUNGE_SQL_H

#include "store/sql_connection.h"
#include "store/store.h"

/* ---- sql_profile.c ---- */

enum sql_key_type { SQL_KEY_ANY, SQL_KEY_TEXT, SQL_KEY_INTEGER };
enum sql_scrub_how { SQL_SCRUB_PSEUDONYM, SQL_SCRUB_NULL, SQL_SCRUB_TEXT };
struct sql_scrub { struct str column; enum sql_scrub_how how; struct str text; };
struct sql_table {
    struct str name;
    enum artefact_kind kind;
    struct str key; /* column with the contact's id; with via: column that refers to the parent */
    enum sql_key_type key_type;
    /* Rows of a child: those whose `key` is in via_parent of the rows of via_table whose via_key is the contact's id.
     */
    struct str via_table, via_key, via_parent;
    struct sql_scrub *scrubs;
    size_t scrubs_n;
    struct str restrict_column, restrict_value; /* absent: cannot restrict */
    struct str subject_column; /* rows are a person's: found by identifier, `key` is the row's own id */
    enum subject_type subject_type;
    int64_t max_rows;
};
struct sql_profile { struct sql_table *tables; size_t n; };
/* Reads `tables:`; reports problems. Declares the kinds. */
enum status sql_profile_read(struct store *store, const struct yaml *list, struct problems *p, struct sql_profile *out,
                             struct err *err) MUST_USE;
bool sql_table_pseudonymises(const struct sql_table *t);

/* ---- sql_rows.c ---- */

/* Rows of one id. */
struct sql_rows { struct str id; int64_t count; struct artefact *artefact; };
/* Fills count of each id. E_INVALID names a table or column that is not there. */
enum status sql_rows_count(struct sql_connection *c, const struct sql_table *t, struct sql_rows *rows, size_t n,
                           struct arena *a, struct err *err) MUST_USE;
/* In one transaction; sets the artefacts' outcomes. When the database refuses the batch, each id is tried alone.
 * `profile`: parents whose children's rows remain are not erased. */
enum status sql_rows_change(struct sql_connection *c, const struct sql_profile *profile, const struct sql_table *t,
                            struct store_call *call, enum effect effect, struct sql_rows *rows, size_t n,
                            struct err *err) MUST_USE;
/* Sets what each id's rows read as; fills count. */
enum status sql_rows_verify(struct sql_connection *c, const struct sql_table *t, struct store_call *call,
                            struct sql_rows *rows, size_t n, struct err *err) MUST_USE;
/* Calls found for each row key of the person's rows. */
enum status sql_subject_keys(struct sql_connection *c, const struct sql_table *t, const struct identifier *identifiers,
                             size_t n, struct arena *a, void *ctx,
                             enum status (*found)(void *ctx, struct str key, int64_t rows, struct err *err),
                             struct err *err) MUST_USE;

#endif
