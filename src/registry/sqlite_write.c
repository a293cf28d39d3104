/* sqlite_write.c - groups of rows and entries: one durable transaction, each group all or nothing in it. */
#include "registry/sqlite.h"

static void bind_row(sqlite3_stmt *st, const struct row *row)
{
    sqlite_bind_str(st, ROW_PARAM_KEY, row->key);
    if (row->version != VERSION_ANY) /* parameters a statement lacks answer SQLITE_RANGE: nothing to bind */
        sqlite3_bind_int64(st, ROW_PARAM_VERSION, (int64_t)row->version);
    sqlite3_bind_blob64(st, ROW_PARAM_BODY, row->body.p ? row->body.p : "", row->body.n, SQLITE_STATIC);
    sqlite3_bind_int64(st, ROW_PARAM_NUMBER, row->add);
    sqlite3_bind_int(st, ROW_PARAM_QUEUE, (int)row->queue);
    sqlite3_bind_int(st, ROW_PARAM_CATEGORY, row->queue_category);
    sqlite3_bind_int64(st, ROW_PARAM_TIME, row->queue_time_ms);
}

static enum row_sql statement_of(const struct row *row)
{
    switch (row->op) {
    case ROW_ADD:
        return ROW_SQL_ADD;
    case ROW_PUT:
        return row->version == VERSION_ANY ? ROW_SQL_UPSERT : row->version == 0 ? ROW_SQL_INSERT : ROW_SQL_UPDATE;
    case ROW_REMOVE:
        return row->version == VERSION_ANY ? ROW_SQL_DELETE_ANY : row->version == 0 ? ROW_SQL_GET : ROW_SQL_DELETE;
    }
    ASSERT(!"a row operation");
    return ROW_SQL_COUNT;
}

static enum status write_row(struct sqlite *s, const struct row *row, bool *conflict, struct err *err)
{
    enum row_sql which = statement_of(row);
    sqlite3_stmt *st;
    bool found;
    TRY(sqlite_row_statement(s, row->table, which, &st, err));
    bind_row(st, row);
    TRY(sqlite_step(s, st, "write", &found, err));
    sqlite3_reset(st);
    if (which == ROW_SQL_GET) /* remove what must not be there: a condition and nothing else */
        *conflict = found;
    else if (which == ROW_SQL_INSERT || which == ROW_SQL_UPDATE || which == ROW_SQL_DELETE)
        *conflict = sqlite3_changes(s->db) != 1;
    else
        *conflict = false;
    return OK;
}

static enum status write_content(struct sqlite *s, const struct group *g, bool *conflict, struct err *err)
{
    *conflict = false;
    for (size_t i = 0; i < g->rows_n && !*conflict; i++)
        TRY(write_row(s, &g->rows[i], conflict, err));
    for (size_t i = 0; i < g->entries_n && !*conflict; i++)
        TRY(sqlite_entry_add(s, &g->entries[i], conflict, err));
    return OK;
}

static enum status write_group(struct sqlite *s, struct group *g, struct err *err)
{
    bool conflict;
    bool alone = g->rows_n + g->entries_n <= 1; /* one statement is all or nothing by itself */
    if (!alone)
        TRY(sqlite_run(s, SQL_SAVEPOINT, err));
    TRY(write_content(s, g, &conflict, err));
    if (!alone && conflict)
        TRY(sqlite_run(s, SQL_UNDO, err));
    if (!alone)
        TRY(sqlite_run(s, SQL_RELEASE, err));
    g->result = conflict ? E_CONFLICT : OK;
    return OK;
}

enum status sqlite_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    struct sqlite *s = b->own;
    for (size_t i = 0; i < n; i++)
        groups[i].result = E_RETRY;
    enum status status = sqlite_run(s, SQL_BEGIN_WRITE, err);
    for (size_t i = 0; i < n && status == OK; i++)
        status = write_group(s, &groups[i], err);
    if (status == OK)
        status = sqlite_run(s, SQL_COMMIT, err);
    if (status != OK)
        sqlite_rollback(s);
    return status;
}
