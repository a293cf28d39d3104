/*
 * csv_columns.h - which column of a CSV file means what: the option `columns: {ROLE: HEADER}` matched with a header.
 */
#ifndef EXPUNGE_INTAKE_CSV_COLUMNS_H
#define EXPUNGE_INTAKE_CSV_COLUMNS_H

#include "intake/intake.h"

enum csv_use { CSV_ID, CSV_VERSION, CSV_SOURCE, CSV_TEXT, CSV_LOWER, CSV_TIME, CSV_END, CSV_COUNT, CSV_LINK, CSV_PERSON,
               CSV_CATEGORY };
/* A role that a column can have. */
struct csv_role {
    const char *name;
    enum csv_use use;
    enum fact fact;            /* TEXT, LOWER, TIME */
    enum subject_type subject; /* PERSON */
};

/* One column in one role; a column may have several. In the order in which a record is read: the id first. */
struct csv_binding {
    const struct csv_role *role;
    size_t column;
};
struct csv_columns {
    struct str *headers;
    size_t headers_n;
    bool *mapped; /* of each header: some role takes it, so it is no attribute */
    struct csv_binding *bindings;
    size_t bindings_n;
};

/* Reports roles that do not exist and a missing id. */
void csv_columns_check(const struct yaml *columns, struct problems *p);
/* E_INVALID, naming every configured column that the header lacks, or one that stands there twice. */
enum status csv_columns_bind(const struct yaml *columns, struct str *headers, size_t headers_n, struct arena *a,
                             struct csv_columns *out, struct err *err) MUST_USE;

#endif
