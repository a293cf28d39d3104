/* sqlite_write.c - groups of rows and entries: one durable transaction, each group all or nothing in it. */
#include "registry/sqlite.h"

static void bind_row(sqlite3_stmt *st, const struct row *row)
{
    sqlite_bind_str(st, ROW_PARAM_KEY, row->key);
    /* Parameters a statement lacks answer SQLITE_RANGE: nothing to bind. INSERT leaves version + 1. */
    sqlite3_bind_int64(st, ROW_PARAM_VERSION, row->version == VERSION_ANY ? 0 : (int64_t)row->version);
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
    case ROW_COPY:
        return ROW_SQL_INSERT;
    case ROW_PUT:
        return row->version == VERSION_ANY ? ROW_SQL_UPSERT : row->version == 0 ? ROW_SQL_INSERT : ROW_SQL_UPDATE;
    case ROW_REMOVE:
        return row->version == VERSION_ANY ? ROW_SQL_DELETE_ANY : row->version == 0 ? ROW_SQL_GET : ROW_SQL_DELETE;
    }
    ASSERT(!"a row operation");
    return ROW_SQL_COUNT;
}

struct writing { struct sqlite *s; bool load; };

/* *found: it answered a row; *changed: how many it wrote. */
static enum status run(struct sqlite *s, const struct row *row, enum row_sql which, bool *found, int *changed, struct err *err)
{
    sqlite3_stmt *st;
    TRY(sqlite_row_statement(s, row->table, which, &st, err));
    bind_row(st, row);
    TRY(sqlite_step(s, st, "write", found, err));
    sqlite3_reset(st);
    *changed = sqlite3_changes(s->db);
    return OK;
}

static enum status write_plain(struct sqlite *s, const struct row *row, bool *conflict, struct err *err)
{
    enum row_sql which = statement_of(row);
    bool found;
    int changed;
    TRY(run(s, row, which, &found, &changed, err));
    if (which == ROW_SQL_GET) /* remove what must not be there: a condition and nothing else */
        *conflict = found;
    else if (which == ROW_SQL_INSERT || which == ROW_SQL_UPDATE || which == ROW_SQL_DELETE)
        *conflict = changed != 1;
    else
        *conflict = false;
    return OK;
}

static enum status chain_insert(const struct writing *w, const struct row *row, bool *conflict, struct err *err)
{
    bool found;
    int changed;
    TRY(run(w->s, row, ROW_SQL_INSERT, &found, &changed, err));
    *conflict = changed != 1;
    if (*conflict)
        return OK;
    w->s->loaded[TABLE_CHAIN] += w->load;
    return run(w->s, row, w->load ? ROW_SQL_KEY_LOAD : ROW_SQL_KEY, &found, &changed, err);
}

/* Its key leaves the tree where it stands. */
static enum status chain_unkey(struct sqlite *s, const struct row *row, struct err *err)
{
    static const enum row_sql trees[] = {ROW_SQL_LEAVE_0, ROW_SQL_LEAVE_1, ROW_SQL_UNKEY};
    sqlite3_stmt *st;
    bool found;
    int changed = 0;
    for (size_t i = 0; i < ARRAY_LEN(trees) && changed == 0; i++) {
        TRY(sqlite_row_statement(s, row->table, trees[i], &st, err));
        sqlite_bind_str(st, ROW_PARAM_KEY, row->key);
        if (trees[i] != ROW_SQL_UNKEY)
            sqlite_bind_str(st, ROW_PARAM_UNTIL, row->key);
        TRY(sqlite_step(s, st, "write", &found, err));
        sqlite3_reset(st);
        changed = sqlite3_changes(s->db);
    }
    return OK;
}

/* Chains lie in order of arrival, and their keys elsewhere. */
static enum status write_chain(const struct writing *w, const struct row *row, bool *conflict, struct err *err)
{
    bool found;
    int changed;
    if (row->op == ROW_PUT && row->version == VERSION_ANY) {
        *conflict = false;
        TRY(run(w->s, row, ROW_SQL_UPDATE_ANY, &found, &changed, err));
        return changed ? OK : chain_insert(w, row, conflict, err);
    }
    if (row->op == ROW_COPY || (row->op == ROW_PUT && row->version == 0))
        return chain_insert(w, row, conflict, err);
    TRY(write_plain(w->s, row, conflict, err));
    return row->op == ROW_REMOVE && row->version != 0 && !*conflict ? chain_unkey(w->s, row, err) : OK;
}

static enum status write_row(const struct writing *w, const struct row *row, bool *conflict, struct err *err)
{
    bool found;
    int changed;
    if (row->table == TABLE_CHAIN)
        return write_chain(w, row, conflict, err);
    if (sqlite_level_name(row->table) == NULL)
        return write_plain(w->s, row, conflict, err);
    if (w->load && row->op == ROW_PUT && row->version == VERSION_ANY) {
        *conflict = false;
        w->s->loaded[row->table]++;
        return run(w->s, row, ROW_SQL_UPSERT_LOAD, &found, &changed, err);
    }
    TRY(sqlite_settle(w->s, row->table, row->key, err));
    return write_plain(w->s, row, conflict, err);
}

static enum status write_content(const struct writing *w, const struct group *g, bool *conflict, struct err *err)
{
    *conflict = false;
    for (size_t i = 0; i < g->rows_n && !*conflict; i++)
        TRY(write_row(w, &g->rows[i], conflict, err));
    for (size_t i = 0; i < g->entries_n && !*conflict; i++)
        TRY(sqlite_entry_add(w->s, &g->entries[i], conflict, err));
    return OK;
}

static enum status write_group(const struct writing *w, struct group *g, struct err *err)
{
    struct sqlite *s = w->s;
    bool conflict;
    bool alone = g->rows_n + g->entries_n <= 1; /* it conflicts before it has written anything, or not at all */
    if (!alone)
        TRY(sqlite_run(s, SQL_SAVEPOINT, err));
    TRY(write_content(w, g, &conflict, err));
    if (!alone && conflict)
        TRY(sqlite_run(s, SQL_UNDO, err));
    if (!alone)
        TRY(sqlite_run(s, SQL_RELEASE, err));
    g->result = conflict ? E_CONFLICT : OK;
    return OK;
}

static enum status write_groups(struct sqlite *s, bool load, struct group *groups, size_t n, struct err *err)
{
    struct writing w = {s, load};
    memset(s->loaded, 0, sizeof(s->loaded));
    for (size_t i = 0; i < n; i++)
        groups[i].result = E_RETRY;
    enum status status = sqlite_run(s, SQL_BEGIN_WRITE, err);
    for (size_t i = 0; i < n && status == OK; i++)
        status = write_group(&w, &groups[i], err);
    if (status == OK && load)
        status = sqlite_sink(s, err);
    if (status == OK)
        status = sqlite_run(s, SQL_COMMIT, err);
    if (status != OK)
        sqlite_rollback(s);
    return status;
}

enum status sqlite_commit(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    return write_groups(b->own, false, groups, n, err);
}

enum status sqlite_load(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    return write_groups(b->own, true, groups, n, err);
}
