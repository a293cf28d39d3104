/*
 * sqlite_levels.c - keys that come in at random sink in order.
 *
 * A row put at random into a tree of fifty million costs a page: read, written to the log, written again. A load puts it
 * into a tree small enough for the cache. What is too much there goes to the next, and from there to the bottom, in slices
 * of neighbouring keys: the cursor of each level goes round the key space, so that every slice meets rows that gathered
 * since it was here last. All of it is rows and transactions: nothing to rebuild after a crash, nothing that another
 * process could not see.
 */
#include "registry/sqlite.h"

#include "base/buf.h"

struct level { uint64_t held; unsigned char cursor[ROW_KEY_MAX]; size_t cursor_n; };

/* A statement of a level's own, needed once in a load. '$' stands for its tree. */
static enum status prepare(struct sqlite *s, enum table t, int depth, const char *text, sqlite3_stmt **out, struct err *err)
{
    struct buf b;
    buf_init(&b, 1024);
    for (; *text != '\0'; text++) {
        if (*text == '$')
            buf_fmt(&b, "%s_%d", sqlite_level_name(t), depth);
        else
            buf_char(&b, *text);
    }
    enum status status = buf_check(&b, err);
    if (status == OK)
        status = sqlite_prepare(s, b.p, out, err);
    buf_release(&b);
    return status;
}

static enum status level_get(struct sqlite *s, enum table t, int depth, struct level *out, struct err *err)
{
    sqlite3_stmt *st;
    bool found;
    *out = (struct level){.held = 0};
    TRY(prepare(s, t, depth, "SELECT held,cursor FROM level WHERE name='$'", &st, err));
    enum status status = sqlite_step(s, st, "read", &found, err);
    size_t n = status == OK && found ? (size_t)sqlite3_column_bytes(st, 1) : 0;
    if (status == OK && n > sizeof(out->cursor))
        status = FAIL(err, E_INVALID, "%s is damaged: a level's cursor", s->path);
    if (status == OK && found) {
        out->held = (uint64_t)sqlite3_column_int64(st, 0);
        if (n > 0)
            memcpy(out->cursor, sqlite3_column_blob(st, 1), n);
        out->cursor_n = n;
    }
    sqlite3_finalize(st);
    return status;
}

static enum status step_and_end(struct sqlite *s, sqlite3_stmt *st, struct err *err)
{
    bool found;
    enum status status = sqlite_step(s, st, "write", &found, err);
    sqlite3_finalize(st);
    return status;
}

static enum status level_put(struct sqlite *s, enum table t, int depth, const struct level *l, struct err *err)
{
    sqlite3_stmt *st;
    TRY(prepare(s, t, depth, "INSERT INTO level(name,held,cursor) VALUES('$',?1,?2)"
                             " ON CONFLICT(name) DO UPDATE SET held=excluded.held,cursor=excluded.cursor", &st, err));
    sqlite3_bind_int64(st, 1, (int64_t)l->held);
    sqlite_bind_str(st, 2, (struct str){(const char *)l->cursor, l->cursor_n});
    return step_and_end(s, st, err);
}

static enum status run(struct sqlite *s, enum table t, enum row_sql which, struct str from, struct str to, struct err *err)
{
    sqlite3_stmt *st;
    bool found;
    TRY(sqlite_row_statement(s, t, which, &st, err));
    sqlite_bind_str(st, ROW_PARAM_KEY, from);
    sqlite_bind_str(st, ROW_PARAM_UNTIL, to);
    TRY(sqlite_step(s, st, "write", &found, err));
    sqlite3_reset(st);
    return OK;
}

/* Rows of [from, to] go one level down. */
static enum status move(struct sqlite *s, enum table t, int depth, struct str from, struct str to, struct err *err)
{
    TRY(run(s, t, depth == 0 ? ROW_SQL_SINK_0 : ROW_SQL_SINK_1, from, to, err));
    return run(s, t, depth == 0 ? ROW_SQL_LEAVE_0 : ROW_SQL_LEAVE_1, from, to, err);
}

/* The key `n` rows behind the cursor; *found is false when there are fewer. */
static enum status slice_end(struct sqlite *s, enum table t, int depth, const struct level *l, uint64_t n,
                             unsigned char to[ROW_KEY_MAX], size_t *to_n, bool *found, struct err *err)
{
    sqlite3_stmt *st;
    TRY(prepare(s, t, depth, "SELECT key FROM $ WHERE key>?1 ORDER BY key LIMIT 1 OFFSET ?2", &st, err));
    sqlite_bind_str(st, 1, (struct str){(const char *)l->cursor, l->cursor_n});
    sqlite3_bind_int64(st, 2, (int64_t)(n - 1));
    enum status status = sqlite_step(s, st, "read", found, err);
    if (status == OK && *found) {
        *to_n = (size_t)sqlite3_column_bytes(st, 0);
        ASSERT(*to_n > 0 && *to_n <= ROW_KEY_MAX);
        memcpy(to, sqlite3_column_blob(st, 0), *to_n);
    }
    sqlite3_finalize(st);
    return status;
}

static enum status count(struct sqlite *s, enum table t, int depth, uint64_t *out, struct err *err)
{
    sqlite3_stmt *st;
    bool found;
    TRY(prepare(s, t, depth, "SELECT count(*) FROM $", &st, err));
    enum status status = sqlite_step(s, st, "read", &found, err);
    if (status == OK)
        *out = (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return status;
}

/* The next `n` rows behind the cursor, or those up to the end of the key space; there it begins anew, and is counted:
 * what was removed or written twice meanwhile is known again. *sunk: about how many rows went down. */
static enum status sink_slice(struct sqlite *s, enum table t, int depth, struct level *l, uint64_t n, uint64_t *sunk,
                              struct err *err)
{
    unsigned char from[ROW_KEY_MAX + 1] = {0}, to[ROW_KEY_MAX + 1];
    size_t to_n = sizeof(to);
    bool found;
    memcpy(from, l->cursor, l->cursor_n); /* and a zero byte: the least key behind the cursor */
    memset(to, 0xff, sizeof(to)); /* behind every key */
    TRY(slice_end(s, t, depth, l, n, to, &to_n, &found, err));
    TRY(move(s, t, depth, (struct str){(const char *)from, l->cursor_n ? l->cursor_n + 1 : 0}, (struct str){(const char *)to, to_n}, err));
    *sunk = (uint64_t)sqlite3_changes64(s->db);
    l->held -= *sunk < l->held ? *sunk : l->held;
    l->cursor_n = 0;
    if (!found)
        return count(s, t, depth, &l->held, err);
    memcpy(l->cursor, to, to_n);
    l->cursor_n = to_n;
    return OK;
}

/* At the end of the key space what is still too much waits for the next load. */
static enum status sink_table(struct sqlite *s, enum table t, uint64_t added, struct err *err)
{
    for (int depth = 0; depth < LEVELS && added > 0; depth++) {
        struct level l;
        uint64_t sunk = 0;
        TRY(level_get(s, t, depth, &l, err));
        l.held += added;
        if (l.held > s->level_max[depth])
            TRY(sink_slice(s, t, depth, &l, l.held - s->level_max[depth], &sunk, err));
        TRY(level_put(s, t, depth, &l, err));
        added = sunk;
    }
    return OK;
}

enum status sqlite_sink(struct sqlite *s, struct err *err)
{
    for (enum table t = 0; t < TABLE_COUNT; t++)
        if (s->loaded[t] > 0)
            TRY(sink_table(s, t, s->loaded[t], err));
    return OK;
}

enum status sqlite_settle(struct sqlite *s, enum table t, struct str key, struct err *err)
{
    sqlite3_stmt *st;
    bool found;
    TRY(sqlite_row_statement(s, t, ROW_SQL_LEVELS, &st, err));
    sqlite_bind_str(st, ROW_PARAM_KEY, key);
    TRY(sqlite_step(s, st, "read", &found, err));
    sqlite3_reset(st);
    if (!found)
        return OK;
    TRY(move(s, t, 0, key, key, err));
    return move(s, t, 1, key, key, err);
}
