/* registry_commit.c - groups committed so that a caller never meets an unknown fate: OK or E_CONFLICT, in the end. */
#include "registry/front.h"

enum { FATE_ROUNDS = 20, FATE_BYTES = 1 << 20 };

/* Entries carry ids nobody else draws: one that is there tells that its group is. */
static enum status entry_is_there(struct backend *b, const struct entry *e, struct arena *a, bool *there,
                                  struct err *err)
{
    struct entry_query q = {.to = UINT64_MAX, .from_ms = TIME_NONE, .to_ms = TIME_NONE, .id = e->id};
    struct entry *found;
    size_t n = 0;
    TRY(backend_entries(b, &q, 1, a, &found, &n, err));
    *there = n > 0;
    return OK;
}

/* Whether the row reads as this write left it. A row whose version was not stated can tell nothing. */
static enum status row_is_there(struct backend *b, const struct row *row, struct arena *a, bool *there,
                                struct err *err)
{
    struct row now;
    TRY(backend_get(b, row->table, &row->key, 1, a, &now, err));
    if (row->op == ROW_REMOVE)
        *there = now.version == 0;
    else
        *there = now.version == row->version + 1 && str_eq(now.body, row->body);
    return OK;
}

static enum status group_is_there(struct backend *b, const struct group *g, bool *there, struct err *err)
{
    struct arena a;
    enum status status = OK;
    *there = false;
    arena_init(&a, FATE_BYTES);
    if (g->entries_n > 0) {
        status = entry_is_there(b, &g->entries[0], &a, there, err);
    } else {
        for (size_t i = 0; i < g->rows_n; i++) {
            const struct row *row = &g->rows[i];
            bool condition = row->op == ROW_REMOVE && row->version == 0;
            if (row->op == ROW_ADD || row->version == VERSION_ANY || condition)
                continue;
            status = row_is_there(b, row, &a, there, err);
            break;
        }
    }
    arena_release(&a);
    return status;
}

/* Looked up; when it is not there, done again, which conflicts should the first attempt land after all. */
static enum status settle_fate(struct backend *b, struct group *g, struct err *err)
{
    for (int round = 0; round < FATE_ROUNDS && g->result == E_RETRY; round++) {
        bool there;
        TRY(group_is_there(b, g, &there, err));
        if (there) {
            g->result = OK;
            return OK;
        }
        TRY(backend_commit(b, g, 1, err));
        if (g->result == E_CONFLICT) {
            TRY(group_is_there(b, g, &there, err));
            g->result = there ? OK : E_CONFLICT;
        }
    }
    return OK;
}

static enum status settle_fates(struct backend *b, struct group *groups, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        TRY(settle_fate(b, &groups[i], err));
    return OK;
}

enum status registry_commit(struct registry *r, struct group *groups, size_t n, struct err *err)
{
    TRY(backend_commit(&r->backend, groups, n, err));
    return settle_fates(&r->backend, groups, n, err);
}

enum status registry_load(struct registry *r, struct group *groups, size_t n, struct err *err)
{
    TRY(backend_load(&r->backend, groups, n, err));
    return settle_fates(&r->backend, groups, n, err);
}

enum status registry_commit_one(struct registry *r, struct row *rows, size_t rows_n, struct entry *entry,
                                struct err *err)
{
    struct group g = {.rows = rows, .rows_n = rows_n, .entries = entry, .entries_n = entry != NULL};
    TRY(registry_commit(r, &g, 1, err));
    if (g.result == E_CONFLICT)
        return FAIL(err, E_CONFLICT, "the registry was changed by somebody else meanwhile: try again");
    if (g.result != OK)
        return FAIL(err, g.result, "the registry did not answer whether the change was made: try again");
    return OK;
}
